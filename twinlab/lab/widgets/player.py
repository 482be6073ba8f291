"""Sliders and menus on any function that draws a chart: move one, and the chart follows."""

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from twinlab.lab.charts.pictures import Chart
from twinlab.lab.widgets.levers import Latest, Lever, LeverRow, LiveView, step_size
from twinlab.scope import ScenarioError

__all__ = ["Player", "play"]

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
    >>> lab.rows[0].slider.value = 3
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
        looks = {"style": {"description_width": "initial"}, "layout": {"max_width": "660px"}}
        menu = ipywidgets.Dropdown(options=list(choice), description=label, **looks)
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
    step = step_size(low, start, high, 1.0 if whole else 0.0)
    return LeverRow(Lever(name, text, start, low, high, step, whole), moved)
