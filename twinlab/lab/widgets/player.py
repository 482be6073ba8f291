"""Sliders and menus on any function that draws a chart: move one, and the chart follows."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from twinlab.lab.charts.drawing import Chart, as_png
from twinlab.lab.widgets.levers import Latest, Lever, LeverRow, step_size
from twinlab.scope import ScenarioError, TwinError

__all__ = ["Player", "play"]


_BIG = "font-size:15px;line-height:1.5"
_SMALL = "font-size:14px;line-height:1.4"
Choice = Sequence[Any]


def play(picture: Callable[..., Chart], levers: Mapping[str, Choice]) -> Player:
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


class Menu(ipywidgets.HBox):
    """A menu of texts.

    >>> Menu("regime", ["own orders", "full"], print).value
    'own orders'
    """

    def __init__(self, label: str, texts: Sequence[str], moved: Callable[[], None]) -> None:
        """Offer the texts; the first one is chosen."""
        self.menu = ipywidgets.Dropdown(
            options=list(texts),
            description=label,
            style={"description_width": "initial"},
            layout=ipywidgets.Layout(max_width="660px"),
        )
        super().__init__([self.menu])
        self.menu.observe(lambda _: moved(), "value")

    @property
    def value(self) -> Any:
        """What is chosen."""
        return self.menu.value


class Player(ipywidgets.VBox):
    """A picture and its levers."""

    def __init__(self, picture: Callable[..., Chart], levers: Mapping[str, Choice]) -> None:
        """Draw once with every lever at its start."""
        self._picture = picture
        self._latest = Latest(self._redraw)
        self.names = list(levers)
        self.rows = [_row(name, levers[name], self._latest.ask) for name in self.names]
        self.status, self.frame, self.rest, self._line = (ipywidgets.HTML() for _ in range(4))
        self.frame.layout = ipywidgets.Layout(max_width="930px")
        self.problem = ""
        self.chart = picture(**self.values)
        super().__init__([*self.rows, self.status, self.frame, self.rest, self._line])
        self._show()

    @property
    def values(self) -> dict[str, Any]:
        """Where the levers stand."""
        return {name: row.value for name, row in zip(self.names, self.rows, strict=True)}

    @property
    def code(self) -> str:
        """The line of Python that gives the same picture."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{getattr(self._picture, '__name__', 'picture')}({given})"

    def __repr__(self) -> str:
        """Say what the picture shows, and how to get it without the levers."""
        return f"{self.problem or self.chart.words}\n{self.code}"

    def _redraw(self) -> None:
        try:
            self.chart, self.problem = self._picture(**self.values), ""
        except TwinError as problem:
            self.problem = str(problem)
        except Exception as problem:  # the picture may be a student's own
            self.problem = f"{type(problem).__name__}: {problem}"
        self._show()

    def _show(self) -> None:
        # The first line above the picture, the rest below it: the picture stays near the levers.
        first, *rest = html.escape(self.problem or self.chart.words).splitlines() or [""]
        self.status.value = f'<span role="status" style="{_BIG}">{first}</span>'
        self.rest.value = f'<span role="status" style="{_SMALL}">{"<br>".join(rest)}</span>'
        # An old picture must not be taken for the answer to what was asked.
        dim = "opacity:0.25" if self.problem else ""
        self.frame.value = f'<div style="{dim}">{self.chart.svg}</div>'
        self._line.value = f"<code>{html.escape(self.code)}</code>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(super()._repr_mimebundle_(**options) or {})
        return bundle | {"text/plain": repr(self), "image/png": as_png(self.chart.figure)}


def _row(name: str, choice: Choice, moved: Callable[[], None]) -> LeverRow | Menu:
    label = name.replace("_", " ")
    if choice and all(isinstance(text, str) for text in choice):
        return Menu(label, choice, moved)
    if len(choice) not in (3, 4) or isinstance(choice[0], str):
        raise ScenarioError(
            f"play: {name!r} has {choice!r}: give (low, high, start), (low, high, start, unit), "
            "or a list of texts"
        )
    low, high, start = (float(number) for number in choice[:3])
    if not low <= start <= high or low == high:
        raise ScenarioError(f"play: {name!r} starts at {start:g}, outside {low:g} to {high:g}")
    whole = all(isinstance(number, int) for number in choice[:3])
    text = f"{label} [{choice[3]}]" if len(choice) == 4 else label
    step = step_size(low, start, high, 1.0 if whole else 0.0)
    return LeverRow(Lever(name, text, start, low, high, step, whole), moved)
