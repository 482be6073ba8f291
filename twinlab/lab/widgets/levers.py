"""Sliders made from a scenario's columns, and the plainest view of them: ``play``.

It has sliders and menus on any function that draws a chart.
"""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import ipywidgets
import traitlets

from twinlab.lab.charts.pictures import Chart
from twinlab.lab.widgets.views import Latest, LiveView
from twinlab.scope import Scenario, ScenarioError
from twinlab.scope.base import find, is_distribution

__all__ = ["Player", "play"]

_STEPS = 40  # of a slider, at least
Range = tuple[float, float]
Levers = Sequence[str] | Mapping[str, Range | None]


class Lever(NamedTuple):
    """A number of a scenario that can be moved: its path, words and range."""

    path: str
    label: str
    value: float
    low: float
    high: float
    whole: bool

    @property
    def step(self) -> float:
        """The largest step of the kind 1, 2, 5, 10 that gives enough steps."""
        size = 10.0 ** math.floor(math.log10((self.high - self.low) / _STEPS))
        fits = [size * n for n in (1, 2, 5) if _STEPS * n * size <= (self.high - self.low) * 1.0001]
        return max(fits[-1], float(self.whole))

    @property
    def stops(self) -> list[float]:
        """Where a slider stops: at multiples of its step, at both ends, and at today's value."""
        step = self.step
        between = range(math.ceil(self.low / step), math.floor(self.high / step) + 1)
        return sorted({round(step * at, 9) for at in between} | {self.low, self.value, self.high})


def lever(scenario: Scenario, path: str, limits: Range | None = None) -> Lever:
    """Read a lever from the column that a path leads to; a distribution becomes its average.

    Without ``limits`` the range is that of the column, else up to three times today's value.
    """
    place = find(scenario, path)
    value = place.value.average if is_distribution(place.value) else place.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        remedy = "set it to a number first with scenario.set(path, number)"
        found = f"{place.value!r}, no number that a slider can move"
        raise ScenarioError(f"levers: {path!r} is {found}; {remedy}")
    column = place.column
    unit = column.unit if column else "units"
    least, most = (max(column.low, 0.0), column.high) if column else (0.0, math.inf)
    most = most if math.isfinite(most) else 3 * max(abs(value), 1.0)
    low, high = limits or ((0.0, scenario.days - 1.0) if unit == "day" else (least, most))
    if not -math.inf < low < high < math.inf:
        raise ScenarioError(f"levers: {path!r} has the range {low:g} to {high:g}: give (low, high)")
    countable = column is None or column.type is int or unit.startswith(("unit", "day"))
    whole = countable and all(number == int(number) for number in (value, low, high))
    where, _, name = path.rpartition(".")
    if where.startswith("disruptions"):
        where = place.holders[0].title
    label = f"{where}: {(column and column.meaning) or name} [{unit}]"
    ends = float(value), float(min(low, value)), float(max(high, value))
    return Lever(path, label, *ends, whole)


def default_levers(scenario: Scenario) -> dict[str, None]:
    """List the paths worth moving first: the first disruption, then the base-stock levels."""
    first = next(iter(scenario.disruptions), None)
    named = ("start", "share") if hasattr(first, "share") else ("days", "start", "loss")
    paths = [f"disruptions[0].{name}" for name in named if hasattr(first, name)]
    rules: dict[Any, Any] = dict(scenario.rules)  # type: ignore[arg-type]
    for (node, product), rule in rules.items():
        if hasattr(rule, "up_to"):
            alone = sum(other == node for other, _ in rules) == 1
            paths.append(f"{node}.up_to" if alone else f"{node}/{product}.up_to")
    return dict.fromkeys(paths[:8])  # more would not be seen with the picture


class LeverRow(anywidget.AnyWidget):
    """A lever as a number box, and a slider beside it: one value, which both show.

    The slider goes from stop to stop; the box takes every number of the range.
    """

    _esm = Path(__file__).with_name("levers.js")
    _css = Path(__file__).with_name("levers.css")
    label = traitlets.Unicode().tag(sync=True)
    stops: Any = traitlets.List().tag(sync=True)
    step = traitlets.Float().tag(sync=True)  # of the box's own arrows
    value: Any = traitlets.Any().tag(sync=True)  # where the lever stands, in its unit

    def __init__(self, lever: Lever, moved: Callable[[], None]) -> None:
        """Show the lever; ``moved`` is called after each move."""
        self.lever = lever
        stands = {"label": lever.label, "stops": lever.stops, "step": lever.step}
        super().__init__(**stands, value=lever.value)
        self.observe(lambda _: moved(), "value")

    @traitlets.validate("value")
    def _within(self, given: Any) -> float | int:
        """What is typed beyond the range is brought back to its end, and shown there."""
        low, high = self.ends
        number = min(max(float(given["value"]), low), high)
        return round(number) if self.lever.whole else number

    @property
    def ends(self) -> tuple[float | int, float | int]:
        """The lowest and the highest that it can stand at."""
        low, high = self.lever.low, self.lever.high
        return (int(low), int(high)) if self.lever.whole else (low, high)

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere than at the start."""
        return bool(self.value != self.lever.value)

    def reset(self, _: Any = None) -> None:
        """Put it back."""
        self.value = self.lever.value


Choice = Sequence[Any]


def play(picture: Callable[..., Chart], levers: Mapping[str, Choice]) -> "Player":
    """Show a picture with a slider or a menu for each of its arguments, drawn anew at each move.

    ``picture`` gives a chart for values of its arguments. A lever is (low, high, start) or
    (low, high, start, unit) for a slider, or a list of texts for a menu. Whole limits and start
    make a slider of whole numbers.

    Raises:
        ScenarioError: a lever is neither, or its start lies outside.

    >>> from twinlab.lab import Words, lines
    >>> def line(slope):
    ...     return lines([0, 1], {"y": [0, slope]}, Words("A line", "x", "y"))
    >>> lab = play(line, {"slope": (0, 10, 2)})
    >>> lab.rows[0].value = 3
    >>> print(lab)
    A line: y over x, 0 to 1
    y: first 0, lowest 0 (at 0), highest 3 (at 1), last 3
    line(slope=3)
    """
    return Player(picture, levers)


class Player(LiveView):
    """A picture and its levers."""

    def __init__(self, picture: Callable[..., Chart], levers: Mapping[str, Choice]) -> None:
        self._draw = picture
        super().__init__()
        moved = Latest(lambda: self._attempt(self._redraw)).ask
        self._named = {name: _row(name, choice, moved) for name, choice in levers.items()}
        self.rows = list(self._named.values())
        self._redraw()
        self._reach(self.chart, self._named, lambda n, end: self._draw(**self.values | {n: end}))
        self.children = [*self.rows, self.status, self.picture, self.table, self._line]
        self._show()

    @property
    def values(self) -> dict[str, Any]:
        """Where the levers stand."""
        return {name: row.value for name, row in self._named.items()}

    @property
    def code(self) -> str:
        """The line of Python that gives the same picture."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{getattr(self._draw, '__name__', 'picture')}({given})"

    def __repr__(self) -> str:
        return f"{self.problem or self.chart.words}\n{self.code}"

    def _redraw(self) -> None:
        self.chart = self._draw(**self.values)

    def _show(self) -> None:
        # The first line above the picture, the rest below it: the picture stays near the levers.
        first, *rest = (self.problem or self.chart.words).splitlines() or [""]
        cut = "" if self.problem else self.picture.show(self.chart)
        self._say(" · ".join(filter(None, [first, cut])), self.code)
        below = "<br>".join(map(html.escape, rest))
        small = "font-size:14px;line-height:1.4"
        self.table.value = f'<span role="status" style="{small}">{below}</span>'


def _row(name: str, choice: Choice, moved: Callable[[], None]) -> Any:
    """A slider or a menu; ``value`` tells where it stands."""
    label = name.replace("_", " ")
    if choice and all(isinstance(text, str) for text in choice):
        menu = ipywidgets.Dropdown(options=list(choice), description=label)
        menu.add_class("twinlab-menu")
        menu.observe(lambda _: moved(), "value")
        menu.ends = tuple(choice)
        return menu
    if len(choice) not in (3, 4) or isinstance(choice[0], str):
        remedy = "give (low, high, start), (low, high, start, unit), or a list of texts"
        raise ScenarioError(f"play: {name!r} has {choice!r}: {remedy}")
    low, high, start = (float(number) for number in choice[:3])
    if not low <= start <= high or low == high:
        raise ScenarioError(f"play: {name!r} starts at {start:g}, outside {low:g} to {high:g}")
    whole = all(isinstance(number, int) for number in choice[:3])
    text = f"{label} [{choice[3]}]" if len(choice) == 4 else label
    return LeverRow(Lever(name, text, start, low, high, whole), moved)
