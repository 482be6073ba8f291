"""Each floor imports only from the floors below it; only the lab imports a widget or plot library.

`python tests/test_floors.py` prints the picture of the floors.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "twinlab"
ELEMENTS = ["scope", "organization", "modeling", "technology", "people", "management", "task"]
TOP = ["twin", "cases", "course", "lab", "__main__"]
# The package itself (`import twinlab`) stands highest: it gathers every name.
FLOORS = [*ELEMENTS, *TOP, "__init__"]
LAB_ONLY = {"IPython", "anywidget", "ipywidgets", "matplotlib", "pyvis"}
RUNS_CELLS = Path("course", "grading.py")  # of hand-ins, in a process of its own


def imports(source: str, package: list[str]) -> Iterator[tuple[int, str]]:
    """Line and full name of every import in the source of a module that lies in `package`.

    The whole tree is walked: an import inside a function or for type checking is one too.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            for alias in node.names:
                yield node.lineno, ".".join([*base, alias.name])
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            name = node.args[0]
            if called in {"import_module", "__import__"} and isinstance(name, ast.Constant):
                yield node.lineno, str(name.value)


def floor_of(name: str) -> str | None:
    """Floor of an imported name such as `twinlab.scope.network`; None for other libraries."""
    first, _, rest = name.partition(".")
    if first != PACKAGE.name:
        return None
    floor = rest.partition(".")[0]
    return floor if floor in FLOORS else "__init__"


def offences(package: Path) -> list[str]:
    found = []
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        here = inside.parts[0].removesuffix(".py")
        if here not in FLOORS:
            found.append(f"{inside}: '{here}' is on no floor; the floors are {', '.join(FLOORS)}")
            continue
        folders = [PACKAGE.name, *inside.parts[:-1]]
        for line, name in imports(path.read_text("utf-8"), folders):
            there = floor_of(name)
            if there and FLOORS.index(there) > FLOORS.index(here):
                found.append(f"{inside}:{line}: {here} imports upward from {there} ({name})")
            if name.partition(".")[0] in LAB_ONLY and here != "lab" and inside != RUNS_CELLS:
                found.append(f"{inside}:{line}: only lab may import {name.partition('.')[0]}")
    return found


def drawn(package: Path, width: int = 78) -> str:
    """The floors with their files, highest first, in plain text."""
    lines = []
    for floor in reversed(FLOORS[:-1]):
        names = sorted(p.stem for p in (package / floor).rglob("*.py") if p.stem != "__init__")
        built = (package / floor).is_dir() or (package / f"{floor}.py").is_file()
        if floor == ELEMENTS[-1]:
            lines.append("-" * width)
        number = str(ELEMENTS.index(floor) + 1) if floor in ELEMENTS else " "
        row = f"{number} {floor:<13}"
        for name in names if built else ["(not built)"]:
            if len(row) + 1 + len(name) > width:
                lines.append(row)
                row = " " * 15
            row += f" {name}"
        lines.append(row.rstrip())
    return "\n".join(lines)


def complaint(found: list[str], package: Path) -> str:
    rule = "imports may only go down; only lab imports widgets and plots"
    return "\n".join(["", drawn(package), "", f"{rule}:", *found])


def test_imports_go_down():
    found = offences(PACKAGE)
    assert not found, complaint(found, PACKAGE)


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ("from twinlab.task import inventory", "scope imports upward from task"),
        ("from ..task.inventory import order", "scope imports upward from task"),
        ("from .. import twin", "scope imports upward from twin"),
        ("import twinlab", "scope imports upward from __init__"),
        ("def f():\n    import twinlab.lab", "scope imports upward from lab"),
        ("if TYPE_CHECKING:\n    from twinlab.people import rules", "upward from people"),
        ("import_module('twinlab.management.kpis')", "scope imports upward from management"),
        ("import matplotlib.pyplot as plt", "only lab may import matplotlib"),
    ],
)
def test_a_planted_import_is_caught(tmp_path, planted, words):
    package = small_package(tmp_path)
    assert not offences(package), "the copy must be clean before the planting"
    (package / "scope" / "planted.py").write_text(planted, "utf-8")
    found = offences(package)
    assert len(found) == 1
    assert found[0].startswith(str(Path("scope", "planted.py")))
    assert words in found[0]
    assert "1 scope" in complaint(found, package)


def test_imports_that_are_allowed(tmp_path):
    package = small_package(tmp_path)
    (package / "task").mkdir(exist_ok=True)
    allowed = "import numpy\nfrom ..scope import entities\nfrom twinlab.task import inventory\n"
    (package / "task" / "planted.py").write_text(allowed, "utf-8")
    assert not offences(package)


def small_package(folder: Path) -> Path:
    """A clean package of the same shape, so that planted tests do not depend on today's code."""
    package = folder / "twinlab"
    for path in ["scope/entities.py", "people/rules.py", "twin.py", "__init__.py"]:
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).touch()
    (package / "people/rules.py").write_text("from ..scope import entities\n", "utf-8")
    (package / "__init__.py").write_text("from .people import rules\n", "utf-8")
    return package


if __name__ == "__main__":
    print(drawn(PACKAGE))
