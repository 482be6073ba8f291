"""Kind checks of exercises: at once, without a network, with hints that come one by one.

The exercises stand beside the notebooks, in ``exercises/NN_name.py``: a file per notebook, in
Python, which defines ``EXERCISES``, a dict of number to ``Exercise``. What is right of those that
count stands in ``exercises/teacher``, as ``SOLUTIONS``; students do not have that folder.
"""

import html
import inspect
import math
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from numbers import Real
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from twinlab.course.seat import PlayFirst
from twinlab.course.students import Numbers, enrolled, remember, wrong_tries
from twinlab.scope.errors import ScenarioError, brief, check_known
from twinlab.scope.result import Estimate

__all__ = ["Exercise", "Solution", "Verdict", "check", "exercises", "numbers", "read_exercises"]
__all__ += ["is_right", "sentence"]

_LOOKS = {"PASS": "#009E73", "TODO": "#767676", "NOT YET": "#D55E00", "NOTED": "#0072B2"}
_HOW = "write notebook and exercise, '0.1' or '2.3'"
_NEAR = 0.005  # share of a wrong answer that is well known


@dataclass(frozen=True, repr=False)
class Verdict:
    """What is to be said about an answer.

    >>> Verdict("NOTED", "2.4: thank you.")
    [NOTED] 2.4: thank you.
    """

    status: str
    words: str = ""

    def __repr__(self) -> str:
        return f"[{self.status}] {self.words}"

    def _repr_html_(self) -> str:
        style = f"border-left:6px solid {_LOOKS[self.status]};padding:4px 10px;font-size:15px"
        return f'<div role="status" style="{style}">{html.escape(repr(self))}</div>'


@dataclass(frozen=True)
class Exercise:
    """What is asked: how numbers are drawn, what is right, how near is near enough, what helps.

    ``goal`` is the notebook and the number of the aim that it tests. ``draw`` makes a student's
    numbers; ``solve`` computes what is right from those of them that it names: a number, a name, a
    yes or no, or several in a tuple. ``judge`` takes an answer in place of comparing, where several
    are right: True, a hint, or a ``Verdict``; ``solve`` then gives an example. ``such_as`` shows
    the kind of the answer, and ``tolerance`` is a share of the right number. ``slips`` maps a hint
    to the wrong answer that calls for it. Without solve and judge, the answer is taken down.

    >>> order = Exercise(
    ...     "02/1",
    ...     solve=lambda cost, price: 300 * (1 - cost / price),
    ...     draw=lambda luck: {"cost": luck.randint(2, 6), "price": luck.randint(8, 20)},
    ... )
    >>> order.assess(200, {"cost": 4, "price": 12})
    [PASS]
    """

    goal: str
    solve: Callable[..., Any] | None = None
    draw: Callable[[Random], dict[str, Any]] | None = None
    judge: Callable[..., Any] | None = None
    such_as: Any = 0.0
    unit: str = ""
    tolerance: float = 0.01
    hints: tuple[str, ...] = ()
    slips: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    points: float = 1.0

    def assess(self, answer: Any, own: Mapping[str, Any]) -> Verdict:
        """Tell whether an answer is right with these numbers; the words are a hint, or empty."""
        if problem := _kind_problem(answer, self.such_as):
            return Verdict("NOT YET", problem)
        if self.judge:
            try:
                said = call(self.judge, own, answer)
            except Exception as failed:
                said = f"it cannot be judged: {type(failed).__name__}: {failed}"
        elif self.solve:
            said = same(answer, self.right(own), self.tolerance)
        else:
            said = Verdict("NOTED")
        if isinstance(said, Verdict):
            return said
        if isinstance(said, str) or not said:
            return Verdict("NOT YET", said or self.slip(answer, own))
        return Verdict("PASS")

    def right(self, own: Mapping[str, Any]) -> Any:
        """What is right with these numbers, or an example of it."""
        return call(self.solve, own) if self.solve else None

    def slip(self, answer: Any, own: Mapping[str, Any]) -> str:
        """Find the hint for a well-known wrong answer, or nothing."""
        return next((t for t, f in self.slips.items() if same(answer, call(f, own), _NEAR)), "")


@dataclass(frozen=True)
class Solution:
    """What is right of an exercise that counts; it stands where students do not see it.

    >>> Solution(solve=lambda cost, price: 1 - cost / price).judge is None
    True
    """

    solve: Callable[..., Any] | None = None
    judge: Callable[..., Any] | None = None
    slips: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class sentence:
    """Judge of an exercise that is a sentence: it is noted for the teacher if it is long enough.

    >>> sentence(words=4)("Because of the delay.")
    [NOTED]
    """

    words: int = 12

    def __call__(self, answer: Any) -> str | Verdict:
        """Count the words."""
        count = len(str(answer).split())
        short = f"write at least {self.words} words; these are {count}."
        return Verdict("NOTED") if count >= self.words else short


def check(number: str | float, answer: Any = None) -> Verdict:
    """Check an answer to an exercise: ``[TODO]``, ``[PASS]``, or ``[NOT YET]`` with a hint.

    Every wrong try shows the next hint; the last one stays. ``[NOTED]`` answers are taken down for
    the teacher, who has the solution.

    Raises:
        ScenarioError: there is no exercise of that number, or no folder of exercises here.

    >>> check("2.1")
    [TODO] 2.1: put your answer in place of None, then run the cell.
    """
    exercise = find(number, "check")
    number = str(number)
    if answer is None or answer is Ellipsis:
        return Verdict("TODO", f"{number}: put your answer in place of None, then run the cell.")
    if isinstance(answer, PlayFirst):
        return Verdict("TODO", f"{number}: {answer}")
    answer = plain(answer)
    told = exercise.assess(answer, enrolled().draw(number, exercise.draw))
    tried = wrong_tries(number)
    remember(number, answer, told.status)
    name = getattr(answer, "__name__", None) if callable(answer) else None
    shown = f"{answer:g}" if isinstance(answer, float) else answer
    shown = name or (shown if isinstance(shown, str) and len(shown) < 80 else brief(shown))
    shown = f"{number}: {shown} {exercise.unit if _is_number(answer) else ''}".rstrip()
    if told.status == "PASS":
        return Verdict("PASS", f"{shown} is right.")
    if told.status == "NOTED":
        return Verdict("NOTED", f"{shown} is taken down.")
    hints = exercise.hints or ("compare with what the cells above show.",)
    hint = told.words or hints[min(tried, len(hints) - 1)]
    return Verdict("NOT YET", f"{shown} is not it. Hint: {hint}")


def is_right(number: str, answer: Any, beside: str = "") -> bool:
    """Tell whether an answer is right, or noted, with your numbers: for tests of other graders.

    ``beside`` is the teacher's folder of notebooks, if it is not here.

    >>> is_right("6.1", "many")
    False
    """
    made = exercises(int(number.partition(".")[0]), Path(beside) if beside else None)[number]
    told = made.assess(plain(answer), enrolled().draw(number, made.draw))
    return told.status in ("PASS", "NOTED")


def numbers(number: str | float) -> Numbers:
    """Your own numbers of an exercise; until you ``enrol``, those for practice.

    Raises:
        ScenarioError: there is no exercise of that number, or no folder of exercises here.

    >>> numbers("6.1")
    no numbers
    """
    return enrolled().draw(str(number), find(number, "numbers").draw)


def find(number: str | float, asked: str) -> Exercise:
    """Find an exercise by its number."""
    notebook = str(number).partition(".")[0]
    if not notebook.isdecimal():
        raise ScenarioError(f"{asked}: no exercise {str(number)!r}: {_HOW}")
    found = exercises(int(notebook))
    check_known(str(number), found, f"{asked}: no exercise {str(number)!r}")
    return found[str(number)]


def exercises(notebook: int, beside: Path | None = None) -> dict[str, Exercise]:
    """All exercises of a notebook by number, with the solutions, where the teacher's folder is.

    ``beside`` is the folder of notebooks, if it is not here.

    >>> list(exercises(6))[:2]
    ['6.1', '6.2']
    """
    return _with_solutions(_file(notebook, beside or Path.cwd()))


def read_exercises(notebook: int) -> SimpleNamespace:
    """Read all that the file of a notebook's exercises defines, ``EXERCISES`` above all.

    A kernel works in the folder of its notebook, and the exercises stand beside the notebooks.

    >>> len(read_exercises(6).EXERCISES) >= 2
    True
    """
    return _read(_file(notebook, Path.cwd()), "EXERCISES", Exercise)


def _file(notebook: int, here: Path) -> Path:
    name = f"exercises/{notebook:02}_*.py"
    files = [*sorted(here.glob(name)), *sorted(here.glob(f"notebooks/{name}"))]
    if not files:
        place = f"keep the folder 'exercises' beside the notebooks; it is looked for in {here}"
        raise ScenarioError(f"check: no exercise '{notebook}.1': {_HOW}, and {place}")
    return files[0]


@cache
def _with_solutions(file: Path) -> dict[str, Exercise]:
    found = dict(_read(file, "EXERCISES", Exercise).EXERCISES)
    teachers = file.parent / "teacher" / file.name
    solved = _read(teachers, "SOLUTIONS", Solution).SOLUTIONS if teachers.is_file() else {}
    for number, made in solved.items():
        check_known(number, found, f"{teachers}: no exercise {number!r}")
        parts = {f.name: getattr(made, f.name) for f in fields(made)}
        found[number] = replace(found[number], **parts)
    return found


@cache
def _read(file: Path, table: str, kind: type) -> SimpleNamespace:
    try:
        names = SimpleNamespace(**runpy.run_path(str(file)))
        wrong = [n for n, made in getattr(names, table).items() if not isinstance(made, kind)]
    except Exception as problem:
        raise ScenarioError(f"check: {file}: {type(problem).__name__}: {problem}") from problem
    if wrong:
        raise ScenarioError(f"check: {file}: {wrong[0]!r} must be made by {kind.__name__}(…)")
    return names


def call(function: Callable[..., Any], own: Mapping[str, Any], *given: Any) -> Any:
    """Call a function with those numbers that it names."""
    named = inspect.signature(function).parameters
    return function(*given, **{name: value for name, value in own.items() if name in named})


def plain(answer: Any) -> Any:
    """Numpy's and pandas' values, fractions, estimates and lists of one as Python's own."""
    try:
        if isinstance(answer, Estimate):
            answer = answer.mean
        if hasattr(answer, "to_numpy"):
            answer = answer.to_numpy()
        if hasattr(answer, "tolist"):
            answer = answer.tolist()
        if isinstance(answer, Fraction | Decimal):
            answer = float(answer)
        if isinstance(answer, tuple | list):
            answer = plain(answer[0]) if len(answer) == 1 else tuple(map(plain, answer))
    except Exception:  # whatever it is, who asks for the answer says which kind is wanted
        return brief(answer)
    return answer


def _kind_problem(given: Any, wanted: Any) -> str | None:
    """Say which kind of answer is asked for, where another kind was given."""
    if isinstance(wanted, bool):
        return None if isinstance(given, bool) else "the answer is True or False."
    if isinstance(wanted, str):
        return None if isinstance(given, str) else "the answer is a name or words, in quotes."
    if isinstance(wanted, tuple | list):
        fine = isinstance(given, tuple | list) and len(given) == len(wanted)
        told = f"the answer has {len(wanted)} parts, such as {tuple(wanted)}."
        return None if fine else told
    if callable(wanted):
        return None if callable(given) else "the answer is a function: its name, without brackets."
    return None if _is_number(given) else "the answer is a number, without quotes and units."


def _is_number(value: Any) -> bool:
    fine = isinstance(value, Real) and not isinstance(value, bool)
    return fine and abs(value) < 1e300  # neither nan nor infinite


def same(given: Any, wanted: Any, tolerance: float) -> bool:
    """Compare with mercy: near numbers, names in any case, parts one by one."""
    if wanted is None or _kind_problem(given, wanted):
        return False
    if isinstance(wanted, tuple | list):
        return all(same(g, w, tolerance) for g, w in zip(given, wanted, strict=True))
    if isinstance(wanted, str):
        return bool(given.strip().casefold() == wanted.casefold())
    return math.isclose(given, wanted, rel_tol=tolerance, abs_tol=tolerance * 1e-3)
