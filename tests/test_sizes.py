"""Small enough to read: the longest file, class and function, and the library as a whole."""

import ast
import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "twinlab"
README, DESIGN = PACKAGE.parent / "README.md", PACKAGE.parent / "DESIGN.md"
HEART_LINES = 6_000  # what README's first block runs
IMPORT_SHARE = 0.0485
FILE_LINES = 510
CLASS_LINES = 150
STATEMENTS = 30
PARAMETERS = 6
LIBRARY_LINES = 36_591
TECHNOLOGY_LINES = 3_200

Function = ast.FunctionDef | ast.AsyncFunctionDef


def statements(function: Function) -> int:
    """Statements at any depth; the docstring is not one, the functions inside are."""
    documented = ast.get_docstring(function) is not None
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1 - documented


def parameters(function: Function, method: bool) -> int:
    """Parameters a caller may fill: neither `self` nor `cls` of a method."""
    given = function.args
    static = any(ast.unparse(name) == "staticmethod" for name in function.decorator_list)
    count = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
    return count - (method and not static)


def offences(source: str, name: str) -> Iterator[str]:
    def over(line: int, what: str, count: int, limit: int) -> Iterator[str]:
        if count > limit:
            yield f"{name}:{line}: {what}, {count} where {limit} are allowed"

    tree = ast.parse(source)
    methods = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for child in node.body
    }
    yield from over(1, "lines of the file", len(source.splitlines()), FILE_LINES)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            yield from over(node.lineno, f"lines of class {node.name}", length, CLASS_LINES)
        elif isinstance(node, Function):
            here = (node.lineno, f"statements of {node.name}()")
            yield from over(*here, statements(node), STATEMENTS)
            here = (node.lineno, f"parameters of {node.name}()")
            yield from over(*here, parameters(node, id(node) in methods), PARAMETERS)


def sources() -> dict[str, str]:
    return {str(p.relative_to(PACKAGE)): p.read_text("utf-8") for p in PACKAGE.rglob("*.py")}


def test_files_classes_and_functions_are_small():
    found = [text for name, source in sources().items() for text in offences(source, name)]
    assert not found, "\n".join(["", *found])


def test_the_library_is_small():
    lines = {name: len(source.splitlines()) for name, source in sources().items()}
    longest = "\n".join(f"{n:5} {name}" for name, n in sorted(lines.items(), key=lambda x: -x[1]))
    assert sum(lines.values()) <= LIBRARY_LINES, f"{sum(lines.values())} lines\n{longest}"
    floor = sum(count for name, count in lines.items() if name.startswith("technology/"))
    assert floor <= TECHNOLOGY_LINES, f"{floor} lines of technology\n{longest}"


def run_by_the_first_block() -> set[str]:
    """The modules in which something is called by the first code that README shows."""
    text = README.read_text("utf-8").partition("```python")[2].partition("```")[0]
    code = "".join(e.source for e in doctest.DocTestParser().get_examples(text))
    files = set()

    def note(frame, event, argument):
        if event == "call":
            files.add(frame.f_code.co_filename)

    exec("import twinlab as tl", names := {})
    sys.setprofile(note)
    try:
        exec(code, names)
    finally:
        sys.setprofile(None)
    return {str(Path(f).relative_to(PACKAGE)) for f in files if f.startswith(str(PACKAGE))}


def test_the_heart_is_small_and_its_reading_order_is_whole():
    heart = run_by_the_first_block()
    assert "modeling/simulation/history.py" in heart
    lines = sum(len(source.splitlines()) for name, source in sources().items() if name in heart)
    assert lines <= HEART_LINES, f"{lines} lines in {sorted(heart)}"
    page = DESIGN.read_text("utf-8").partition("## Read it in this order")[2].partition("\n## ")[0]
    assert heart <= set(re.findall(r"`([\w/]+\.py)`", page))


def test_imports_are_few():
    trees = [ast.parse(source) for source in sources().values()]
    imports = [
        n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)
    ]
    lines = sum((n.end_lineno or 0) - n.lineno + 1 for n in imports)
    everything = sum(len(source.splitlines()) for source in sources().values())
    assert lines <= IMPORT_SHARE * everything, f"{lines / everything:.1%} of the lines are imports"


def test_the_formatter_formats_everything():
    assert not [name for name, source in sources().items() if "fmt:" in source]


def planted(source: str) -> list[str]:
    return [text.partition(": ")[2].partition(",")[0] for text in offences(source, "planted.py")]


def test_a_planted_long_file_is_caught():
    assert planted("x = 1\n" * FILE_LINES) == []
    assert planted("x = 1\n" * (FILE_LINES + 1)) == ["lines of the file"]


def test_a_planted_long_class_is_caught():
    source = "class Long:\n" + "    x = 1\n" * (CLASS_LINES - 1)
    assert planted(source) == []
    assert planted(source + "    x = 1\n") == ["lines of class Long"]


def test_a_planted_long_function_is_caught():
    source = 'def long():\n    """Say."""\n    if x:\n' + "        x = 1\n" * (STATEMENTS - 1)
    assert planted(source) == []
    assert planted(source + "        x = 1\n") == ["statements of long()"]


def test_planted_parameters_are_caught():
    assert planted("def f(a, b, c, d, *, e, f): ...\n") == []
    assert planted("def f(a, b, c, d, *, e, f, g): ...\n") == ["parameters of f()"]
    assert planted("class A:\n    def f(self, a, b, c, d, e, f): ...\n") == []
    assert planted("class A:\n    @staticmethod\n    def f(a, b, c, d, e, f, g): ...\n") == [
        "parameters of f()"
    ]
