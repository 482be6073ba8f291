"""The solutions that a notebook shows for practice are code that runs, and `check` takes them."""

import ast
import re

import pytest

import twinlab as tl
from tests.notebooks.claims import FOLDER, slices

NEEDED = {"04": ["region", "paid"], "05": ["stocked", "lost", "seen", "compounders"],
          "06": ["np", "task", "bare", "board", "weekdays", "methods"],
          "07": ["np", "chain"]}  # fmt: skip
SHOWN = re.compile(r"\*\*(\d+)\. .*?<details>.*?```python\n(.*?)```", re.S)


def shown():
    """The number of each exercise, its notebook, and the code behind the word Solution."""
    for number in NEEDED:
        path = next(FOLDER.glob(f"{number}_*.ipynb"))
        for cell in slices.read(path).cells:
            for at, source in SHOWN.findall(cell.source if cell.cell_type == "markdown" else ""):
                yield pytest.param(path, f"{int(number)}.{at}", source, id=f"{int(number)}.{at}")


def answer(source, names):
    """What the last line says, or the rule that is written above it."""
    *lines, last = ast.parse(source).body
    exec(compile(ast.Module(lines, []), "solution", "exec"), names)
    if "rule" in names:
        return names["rule"]
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "solution", "eval"), names)
    return None


@pytest.mark.parametrize(("path", "number", "source"), [*shown()])
def test_the_solution_that_is_shown_is_right(path, number, source, capsys):
    names = vars(slices.ran(path, 0, tuple(NEEDED[path.name[:2]])))
    names = {"tl": tl, "mine": tl.course.numbers(number)} | names
    given = answer(source, names)
    if number == "5.4":
        given = len(given), "this twin does not see a closure that is shorter than its step of time"
    if given is None:  # a table to be read: it runs
        exec(compile(source, "solution", "exec"), names)
        assert capsys.readouterr().out
    else:
        assert tl.course.check(number, given).status in {"PASS", "NOTED"}
