"""Sources for nbgrader and Otter from the same notebooks; their tests call ``is_right``."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twinlab.course.exercises import Exercise, exercises
from twinlab.course.folders import NEVER, call_of, checks, notebooks_here
from twinlab.course.plays import write

_SCHEMA = {"schema_version": 3, "grade": False, "solution": True, "locked": False, "task": False}
_CONFIG = (
    "# ASSIGNMENT CONFIG\ngenerate: true\nfiles:\n  - exercises\nautograder_files:\n  - teacher"
)


def cell(source: str, kind: str = "code", **metadata: Any) -> dict[str, Any]:
    """A cell of a notebook."""
    more: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": metadata} | more


def emit(question: Callable[..., list[Any]], folder: Path) -> None:
    """Write a folder for each notebook, with its exercises, and beside it what is right."""
    beside, otter = notebooks_here(), question is for_otter
    public = shutil.ignore_patterns("teacher", *NEVER)
    for notebook in sorted(beside.glob("[0-9][0-9]_*.ipynb")):
        place = folder / ("" if otter else "source") / notebook.stem
        teacher = place / "teacher" if otter else folder.resolve() / "teacher"
        shutil.copytree(beside / "exercises", place / "exercises", ignore=public)
        shutil.copytree(beside / "exercises", teacher / "exercises", dirs_exist_ok=True)
        book, known = (
            json.loads(notebook.read_text("utf-8")),
            exercises(int(place.name[:2]), beside),
        )
        cells = [cell(_CONFIG, "raw")] if otter else []
        for each in book["cells"]:
            source = "".join(each["source"])
            number, *at = next(checks(source), ("",)) if each["cell_type"] == "code" else ("",)
            if number in known:
                path = "teacher" if otter else str(teacher)
                cells += question(number, known[number], *_split(source, number, *at), path)
            elif "tl.course.hand_in(" not in source:
                cells.append(each)
            if "import twinlab" in source and each["cell_type"] == "code":
                cells.append(cell('tl.course.enrol("your name")  # for numbers of your own'))
        cells = [each | {"id": f"cell-{at}"} for at, each in enumerate(cells)]
        write(place / notebook.name, book | {"cells": cells, "nbformat_minor": 5})


def _split(source: str, number: str, start: int, end: int) -> tuple[str, str]:
    """A cell with a solution to cut out, and the name of its answer."""
    text = source.encode()
    given, line = text[start:end].decode(), text.rfind(b"\n", 0, start) + 1
    named = given.isidentifier() and given != "None"
    name = given if named else f"answer_{number.replace('.', '_')}"
    above = text[:line].decode() + ("" if named else f"{name} = None\n")
    solved = f"# BEGIN SOLUTION\n{name} = {call_of(number)}\n# END SOLUTION\n"
    return above + solved + (text[line:start] + name.encode() + text[end:]).decode(), name


def for_nbgrader(number: str, made: Exercise, source: str, name: str, path: str) -> list[Any]:
    """An exercise for nbgrader: a cell to solve and one of hidden tests, or one to read."""
    this = number.replace(".", "_")
    if not made.solve:
        bare = re.sub("# BEGIN SOLUTION\n.*?# END SOLUTION\n", "", source, flags=re.S)
        graded = {"grade_id": f"read_{this}", "grade": True, "points": made.points}
        return [cell(bare, nbgrader=_SCHEMA | graded)]
    source = re.sub("^(# (BEGIN|END) SOLUTION)$", r"##\1", source, flags=re.M)
    test = f'assert tl.course.is_right("{number}", {name}, {path!r})'
    graded = {"grade_id": f"test_{this}", "grade": True, "solution": False, "locked": True}
    return [
        cell(source, nbgrader=_SCHEMA | {"grade_id": f"answer_{this}"}),
        cell(
            f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS",
            nbgrader=_SCHEMA | graded | {"points": made.points},
        ),
    ]


def for_otter(number: str, made: Exercise, source: str, name: str, path: str) -> list[Any]:
    """An exercise for Otter Assign, between its raw cells."""
    test = cell(f'# HIDDEN\nassert tl.course.is_right("{number}", {name}, {path!r})')
    tests = [cell("# BEGIN TESTS", "raw"), test, cell("# END TESTS", "raw")] if made.solve else []
    manual = "" if made.solve else "\nmanual: true"
    head = f"# BEGIN QUESTION\nname: q{number.replace('.', '_')}\npoints: {made.points:g}{manual}"
    solution = [cell("# BEGIN SOLUTION", "raw"), cell(source), cell("# END SOLUTION", "raw")]
    return [cell(head, "raw"), *solution, *tests, cell("# END QUESTION", "raw")]
