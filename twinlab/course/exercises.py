"""Kind checks of exercises: at once, without a network, with hints that come one by one.

Beside the notebooks, ``exercises/NN_name.py`` defines ``EXERCISES``: ``Exercise`` by number. What
is right of those that count stands in ``exercises/teacher``, as ``SOLUTIONS``, for the teacher.
"""

import html
import inspect
import math
import re
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from twinlab.course.plays import PlayFirst
from twinlab.course.students import Numbers, enrolled, remember
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import ScenarioError, brief, check_known
from twinlab.scope.result import Estimate

__all__ = ["Exercise", "Solution", "Verdict", "check", "exercises", "numbers", "read_exercises"]
__all__ += ["sentence"]

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


class Exercise(Sealed, frozen=True):
    """What is asked: how numbers are drawn, what is right, and what helps.

    ``goal`` is the notebook and the number of the aim that it tests. ``draw`` makes a student's
    numbers; ``solve`` computes what is right from those that it names. Where several answers are
    right, ``judge`` takes one and says True, a hint, or a ``Verdict``; ``solve`` then gives an
    example. ``such_as`` shows the kind of the answer; ``tolerance`` is a share of the right number;
    ``slips`` maps a hint to the wrong answer that calls for it. Without solve and judge, the answer
    is taken down.

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
        answer = plain(answer)
        if problem := _kind_problem(answer, self.such_as):
            return Verdict("NOT YET", problem)
        if self.judge:
            try:
                said = call(self.judge, own, answer)
            except Exception as failed:
                said = f"it cannot be judged: {type(failed).__name__}: {failed}"
        else:
            wanted = self.right(own)
            said = same(answer, wanted, self.tolerance) if self.solve else Verdict("NOTED")
        if isinstance(said, Verdict):
            return said
        if said and not isinstance(said, str):
            return Verdict("PASS")
        slips = (hint for hint, f in self.slips.items() if same(answer, call(f, own), _NEAR))
        return Verdict("NOT YET", said or next(slips, ""))

    def right(self, own: Mapping[str, Any]) -> Any:
        """What is right with these numbers, or an example of it."""
        return call(self.solve, own) if self.solve else None


class Solution(Sealed, frozen=True):
    """What is right of an exercise that counts; it stands where students do not see it.

    >>> Solution(solve=lambda cost, price: 1 - cost / price).judge is None
    True
    """

    solve: Callable[..., Any] | None = None
    judge: Callable[..., Any] | None = None
    slips: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


def sentence(words: int = 12) -> Callable[[Any], str | Verdict]:
    """Judge of an exercise that is a sentence: it is noted for the teacher if it is long enough.

    >>> sentence(words=4)("Because of the delay.")
    [NOTED]
    """

    def judge(answer: Any) -> str | Verdict:
        count = len(str(answer).split())
        return Verdict("NOTED") if count >= words else f"write {words} words; these are {count}."

    return judge


def check(number: str | float, answer: Any = None) -> Verdict:
    """Check an answer to an exercise: ``[TODO]``, ``[PASS]``, or ``[NOT YET]`` with a hint.

    Every wrong try shows the next hint; the last one stays. ``[NOTED]`` answers are taken down for
    the teacher, who has the solution. A number that no exercise here has is an error.

    >>> check("2.1")
    [TODO] 2.1: put your answer in place of None, then run the cell.
    """
    number = str(number)
    exercise = _find(number, "check")
    if answer is None or answer is Ellipsis:
        return Verdict("TODO", f"{number}: put your answer in place of None, then run the cell.")
    if isinstance(answer, PlayFirst):
        return Verdict("TODO", f"{number}: {answer}")
    answer = plain(answer)
    told = exercise.assess(answer, enrolled().draw(number, exercise.draw))
    tried = remember(number, answer, told.status)
    if isinstance(answer, str) and len(answer) < 80:
        shown = answer
    elif _is_number(answer):
        shown = f"{f'{answer:g}' if isinstance(answer, float) else answer} {exercise.unit}".rstrip()
    else:
        shown = getattr(answer, "__name__", brief(answer)) if callable(answer) else brief(answer)
    if told.status != "NOT YET":
        how = "right" if told.status == "PASS" else "taken down"
        return Verdict(told.status, f"{number}: {shown} is {how}.")
    hints = exercise.hints or ("compare with what the cells above show.",)
    hint = told.words or hints[min(tried, len(hints) - 1)]
    return Verdict("NOT YET", f"{number}: {shown} is not it. Hint: {hint}")


def numbers(number: str | float) -> Numbers:
    """Your own numbers of an exercise, as for ``check``; until you ``enrol``, those for practice.

    >>> "days" in numbers("6.1")
    True
    """
    return enrolled().draw(str(number), _find(str(number), "numbers").draw)


def _find(number: str, asked: str) -> Exercise:
    if not re.match(r"\d+\.", number):
        raise ScenarioError(f"{asked}: no exercise {number!r}: {_HOW}")
    found = exercises(int(number.partition(".")[0]))
    check_known(number, found, f"{asked}: no exercise {number!r}")
    return found[number]


def exercises(notebook: int, beside: str | Path = "") -> dict[str, Exercise]:
    """All exercises of a notebook by number, with the solutions, where the teacher's folder is.

    ``beside`` is the folder of notebooks, if it is not here.

    >>> list(exercises(6))[:2]
    ['6.1', '6.2']
    """
    file = _file(notebook, beside)
    teachers, found = file.parent / "teacher" / file.name, dict(_read(file).EXERCISES)
    for number, made in _read(teachers).SOLUTIONS.items() if teachers.is_file() else ():
        check_known(number, found, f"{teachers}: no exercise {number!r}")
        found[number] = replace(found[number], **vars(made))
    return found


def read_exercises(notebook: int) -> SimpleNamespace:
    """Read all that the file of a notebook's exercises defines, ``EXERCISES`` above all.

    >>> len(read_exercises(6).EXERCISES) >= 2
    True
    """
    return _read(_file(notebook))


def _file(notebook: int, beside: str | Path = "") -> Path:
    here, name = Path.cwd() / beside, f"exercises/{notebook:02}_*.py"
    files = sorted(here.glob(name)) or sorted(here.glob(f"notebooks/{name}"))
    if not files:
        place = f"keep the folder 'exercises' beside the notebooks; it is looked for in {here}"
        raise ScenarioError(f"check: no exercise '{notebook}.1': {_HOW}, and {place}")
    return files[0]


@cache
def _read(file: Path) -> SimpleNamespace:
    solved = file.parent.name == "teacher"
    table, kind = ("SOLUTIONS", Solution) if solved else ("EXERCISES", Exercise)
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
        answer = answer.to_numpy() if hasattr(answer, "to_numpy") else answer
        answer = answer.tolist() if hasattr(answer, "tolist") else answer
        if isinstance(answer, Estimate):
            return answer.mean
        if isinstance(answer, Fraction | Decimal):
            return float(answer)
        if isinstance(answer, tuple | list):
            return plain(answer[0]) if len(answer) == 1 else tuple(map(plain, answer))
    except Exception:  # whatever it is, who asks for the answer says which kind is wanted
        return brief(answer)
    return answer


def _kind_problem(given: Any, wanted: Any) -> str:
    """Say which kind of answer is asked for, where another kind was given."""
    if isinstance(wanted, bool):
        return "" if isinstance(given, bool) else "the answer is True or False."
    if isinstance(wanted, str):
        return "" if isinstance(given, str) else "the answer is a name or words, in quotes."
    if isinstance(wanted, tuple | list):
        fine = isinstance(given, tuple | list) and len(given) == len(wanted)
        return "" if fine else f"the answer has {len(wanted)} parts, such as {tuple(wanted)}."
    if callable(wanted):
        return "" if callable(given) else "the answer is a function: its name, without brackets."
    return "" if _is_number(given) else "the answer is a number, without quotes and units."


def _is_number(value: Any) -> bool:
    """Whether it is a number, and neither nan nor infinite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def same(given: Any, wanted: Any, tolerance: float) -> bool:
    """Compare with mercy: near numbers, names in any case, parts one by one."""
    if wanted is None or _kind_problem(given, wanted):
        return False
    if isinstance(wanted, tuple | list):
        return all(same(g, w, tolerance) for g, w in zip(given, wanted, strict=True))
    if isinstance(wanted, str):
        return bool(given.strip().casefold() == wanted.casefold())
    return math.isclose(given, wanted, rel_tol=tolerance, abs_tol=tolerance * 1e-3)
