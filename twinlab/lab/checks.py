"""Kind checks of exercises: at once, without a network, with hints that come one by one.

The exercises stand beside the notebooks, in ``exercises/NN_name.py``: a file per notebook, in
Python, which defines ``EXERCISES``, a dict of number to ``Exercise``.
"""

import html
import math
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from numbers import Real
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

from twinlab.scope.errors import ScenarioError, check_known

__all__ = ["Exercise", "Verdict", "check"]

_tries = dict[str, int]()
_lock = Lock()
_LOOKS = {"PASS": "#009E73", "TODO": "#767676", "NOT YET": "#D55E00"}
_HOW = "write notebook and exercise, '0.1' or '2.3'"


@dataclass(frozen=True)
class Exercise:
    """What is right, how near is near enough, and what helps whoever is not there yet.

    ``answer`` computes what is right: a number, a name, a yes or no, or several of these in a
    tuple. ``tolerance`` is a share of the right number. ``slips`` maps a hint to the wrong answer
    that calls for it. ``within`` judges an answer where several are right, in place of comparing.

    >>> Exercise(answer=lambda: 225.0, unit="units").judge(226)
    True
    """

    answer: Callable[[], Any]
    unit: str = ""
    tolerance: float = 0.01
    hints: tuple[str, ...] = ()
    slips: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    within: Callable[[Any], bool] | None = None

    def judge(self, given: Any) -> bool:
        """Tell whether an answer is right."""
        if self.within:
            return bool(self.within(given))
        return _same(given, self.answer(), self.tolerance)

    def slip(self, given: Any) -> str | None:
        """Find the hint for a well-known wrong answer."""
        return next((t for t, wrong in self.slips.items() if _same(given, wrong(), 0.005)), None)


@dataclass(frozen=True, repr=False)
class Verdict:
    """What is to be said about an answer."""

    status: str
    words: str

    def __repr__(self) -> str:
        return f"[{self.status}] {self.words}"

    def _repr_html_(self) -> str:
        style = f"border-left:6px solid {_LOOKS[self.status]};padding:4px 10px;font-size:15px"
        return f'<div role="status" style="{style}">{html.escape(repr(self))}</div>'


def check(number: str | float, answer: Any = None) -> Verdict:
    """Check an answer to an exercise: ``[TODO]``, ``[PASS]``, or ``[NOT YET]`` with a hint.

    Every wrong try shows the next hint; the last one stays.

    Raises:
        ScenarioError: there is no exercise of that number, or no folder of exercises here.

    >>> check("2.1")
    [TODO] 2.1: put your answer in place of None, then run the cell.
    """
    number = str(number)
    notebook = number.partition(".")[0]
    if not notebook.isdecimal():
        raise ScenarioError(f"check: no exercise {number!r}: {_HOW}")
    found: dict[str, Exercise] = read_exercises(int(notebook)).EXERCISES
    check_known(number, found, f"check: no exercise {number!r}")
    exercise = found[number]
    answer = answer.tolist() if hasattr(answer, "tolist") else answer  # numpy's and pandas' values
    if answer is None or answer is Ellipsis:
        return Verdict("TODO", f"{number}: put your answer in place of None, then run the cell.")
    shown = f"{answer:g}" if isinstance(answer, float) else str(answer)
    shown = f"{number}: {shown} {exercise.unit if _is_number(answer) else ''}".rstrip()
    problem = _kind_problem(answer, exercise.answer())
    if problem is None and exercise.judge(answer):
        with _lock:
            _tries.pop(number, None)
        return Verdict("PASS", f"{shown} is right.")
    with _lock:
        tried = _tries.get(number, 0)
        _tries[number] = tried + 1
    hints = exercise.hints or ("compare with what the cells above show.",)
    hint = problem or exercise.slip(answer) or hints[min(tried, len(hints) - 1)]
    return Verdict("NOT YET", f"{shown} is not it. Hint: {hint}")


def read_exercises(notebook: int) -> SimpleNamespace:
    """Read all that the file of a notebook's exercises defines, ``EXERCISES`` above all.

    A kernel works in the folder of its notebook, and the exercises stand beside the notebooks.

    >>> sorted(read_exercises(6).EXERCISES)
    ['6.1', '6.2']
    """
    here, name = Path.cwd(), f"exercises/{notebook:02}_*.py"
    files = [*sorted(here.glob(name)), *sorted(here.glob(f"notebooks/{name}"))]
    if not files:
        place = f"keep the folder 'exercises' beside the notebooks; it is looked for in {here}"
        raise ScenarioError(f"check: no exercise '{notebook}.1': {_HOW}, and {place}")
    return _read(files[0])


@cache
def _read(file: Path) -> SimpleNamespace:
    try:
        names = SimpleNamespace(**runpy.run_path(str(file)))
        wrong = [n for n, made in names.EXERCISES.items() if not isinstance(made, Exercise)]
    except Exception as problem:
        raise ScenarioError(f"check: {file}: {type(problem).__name__}: {problem}") from problem
    if wrong:
        raise ScenarioError(f"check: {file}: {wrong[0]!r} must be an Exercise(answer, unit, …)")
    return names


def _kind_problem(given: Any, wanted: Any) -> str | None:
    """Say which kind of answer is asked for, where another kind was given."""
    if isinstance(wanted, bool):
        return None if isinstance(given, bool) else "the answer is True or False."
    if isinstance(wanted, str):
        return None if isinstance(given, str) else "the answer is a name in quotes."
    if isinstance(wanted, tuple | list):
        fine = isinstance(given, tuple | list) and len(given) == len(wanted)
        return None if fine else f"the answer has {len(wanted)} parts, such as (1, 2)."
    return None if _is_number(given) else "the answer is a number, without quotes and units."


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and not math.isnan(value)


def _same(given: Any, wanted: Any, tolerance: float) -> bool:
    """Compare with mercy: near numbers, names in any case, parts one by one."""
    if _kind_problem(given, wanted):
        return False
    if isinstance(wanted, tuple | list):
        return all(_same(g, w, tolerance) for g, w in zip(given, wanted, strict=True))
    if isinstance(wanted, str):
        return bool(given.strip().casefold() == wanted.casefold())
    return math.isclose(given, wanted, rel_tol=tolerance, abs_tol=tolerance * 1e-3)
