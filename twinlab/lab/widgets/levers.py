"""What live views share: sliders made from a scenario's columns, redrawing, and what is said.

A view is redrawn for the newest move only; whatever goes wrong is told in its status line. The
plainest view has sliders and menus on any function that draws a chart: ``play``.
"""

import html
import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import ipywidgets

from twinlab.lab.charts.pictures import Chart, Picture, common
from twinlab.scope import Scenario, ScenarioError, TwinError
from twinlab.scope.base import find, is_distribution

__all__ = ["Player", "play"]

BIG = "font-size:15px;line-height:1.5"
_STEPS = 40  # of a slider, at least
Range = tuple[float, float]
Texts = Sequence[str]
Levers = Texts | Mapping[str, Range | None]


class Latest:
    """Does work for the newest request; requests that come meanwhile are answered by one more turn.

    Callbacks of widgets run on several threads. Whoever finds the work under way leaves a note and
    goes; whoever does it looks at the note before it goes.

    >>> drawn = []
    >>> redraw = Latest(lambda: drawn.append("picture"))
    >>> redraw.ask()
    >>> drawn
    ['picture']
    """

    def __init__(self, work: Callable[[], None]) -> None:
        """Know the work; it must look up for itself what is wanted now."""
        self._work, self._asked, self._turn = work, threading.Event(), threading.Lock()

    def ask(self) -> None:
        """Do the work, or leave it to the thread that is at it."""
        self._asked.set()
        while self._asked.is_set() and self._turn.acquire(blocking=False):
            try:
                self._asked.clear()
                self._work()
            finally:
                self._turn.release()


def told(problem: Exception, where: str = "") -> str:
    """What went wrong, in words: the library's own errors are words already."""
    kind = "" if isinstance(problem, TwinError) else f"{type(problem).__name__}{where}: "
    return f"{kind}{problem}"


class LiveView(ipywidgets.VBox):
    """A status line that is read aloud, a picture, a table; without a kernel, words and a still.

    Subclasses show themselves (``_show``) and say how they stand (``repr``).
    """

    _where = ""  # something went wrong, in words, where it was not foreseen

    def __init__(self) -> None:
        self.problem = ""
        self.status, self.table, self._line = (ipywidgets.HTML() for _ in range(3))
        self.picture: Any = Picture()
        super().__init__()

    def _reach(self, chart: Chart, rows: Mapping[str, Any], draw: Callable[..., Chart]) -> None:
        """Let axes hold this picture, and that at each end of each lever, the others as here."""
        far = [chart]
        for name, row in rows.items():
            for end in row.ends:
                with suppress(Exception):  # what cannot be drawn needs no room
                    far.append(draw(name, end))
        self.picture.limits = common(far)

    def _attempt(self, work: Callable[[], None]) -> None:
        """Do some work and show what came of it, be it a problem."""
        self.picture.busy = True
        try:
            work()
            self.problem = ""
        except Exception as problem:  # a rule or a picture of the student's own may raise anything
            self.problem = told(problem, self._where)
        self._show()
        # An old picture must not be taken for the answer to what was asked.
        self.picture.set_trait("busy", False)
        self.picture.set_trait("old", bool(self.problem))

    def _say(self, words: str, code: str = "") -> None:
        """Bring the status line, and the line of code, to these words."""
        self.status.value = f'<span role="status" style="{BIG}">{html.escape(words)}</span>'
        self._line.value = f"<code>{html.escape(code)}</code>"

    def _tabulate(self, caption: str, heads: Texts, rows: Iterable[Texts], looks: Texts) -> None:
        """Show a table: the first text of a row is its name, ``looks`` are the others' styles."""
        top = "".join(f"<th scope='col' style='text-align:right'>{head}</th>" for head in heads)
        parts = [f"<tr><td></td>{top}</tr>" if heads else ""]
        for name, *texts in (map(html.escape, row) for row in rows):
            cells = zip(looks, texts, strict=True)
            shown = "".join(f"<td style='{look}'>{text}</td>" for look, text in cells)
            head = f"<th scope='row' style='text-align:left;font-weight:normal'>{name}</th>"
            parts.append(f"<tr>{head}{shown}</tr>")
        style = f"{BIG};border-spacing:10px {4 if heads else 2}px"
        said = f"<caption style='text-align:left'>{html.escape(caption)}</caption>"
        self.table.value = f"<table style='{style}'>{said}{''.join(parts)}</table>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(super()._repr_mimebundle_(**options) or {})
        return bundle | {"text/plain": repr(self), "image/png": self.picture.still}


class Lever(NamedTuple):
    """A number of a scenario that can be moved: its path, words and range."""

    path: str
    label: str
    value: float
    low: float
    high: float
    step: float
    whole: bool


def lever(scenario: Scenario, path: str, limits: Range | None = None) -> Lever:
    """Read a lever from the column that a path leads to; a distribution becomes its average.

    Without ``limits`` the range is that of the column, else up to three times today's value.

    Raises:
        ScenarioError: the path leads nowhere, or to something that is no finite number.

    >>> calm = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> level = lever(calm, "shop.up_to")
    >>> level.label, level.low, level.value, level.high, level.step
    ('shop: base-stock level S [units]', 0.0, 8.0, 24.0, 1.0)
    >>> lever(calm, "mine->shop.lead_time", limits=(1, 9)).label
    'mine->shop: from shipping to arrival; rounded to whole days [days]'
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
    step = step_size(float(low), float(value), float(high), 1.0 if whole else 0.0)
    where, _, name = path.rpartition(".")
    if where.startswith("disruptions"):
        where = place.holders[0].title
    label = f"{where}: {(column and column.meaning) or name} [{unit}]"
    ends = float(value), float(min(low, value)), float(max(high, value))
    return Lever(path, label, *ends, step, whole)


def step_size(low: float, value: float, high: float, least: float) -> float:
    """The largest step of the kind 1, 2, 5, 10 that gives enough steps and meets today's value."""
    size = 10.0 ** math.floor(math.log10((high - low) / _STEPS))
    for step in (5 * size, 2 * size, size, size / 10, size / 100):
        steps = (value - low) / step
        if _STEPS * step <= high - low and abs(steps - round(steps)) < 1e-6:
            return max(step, least)
    return max(size / 1000, least)


def default_levers(scenario: Scenario) -> dict[str, None]:
    """List the paths worth moving first: the first disruption, then the base-stock levels.

    >>> calm = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8))
    >>> list(default_levers(calm.disrupt(Outage("mine", start=60, days=28))))
    ['disruptions[0].days', 'disruptions[0].start', 'disruptions[0].loss', 'shop.up_to']
    """
    first = next(iter(scenario.disruptions), None)
    named = ("start", "share") if hasattr(first, "share") else ("days", "start", "loss")
    paths = [f"disruptions[0].{name}" for name in named if hasattr(first, name)]
    rules: dict[Any, Any] = dict(scenario.rules)  # type: ignore[arg-type]
    for (node, product), rule in rules.items():
        if hasattr(rule, "up_to"):
            alone = sum(other == node for other, _ in rules) == 1
            paths.append(f"{node}.up_to" if alone else f"{node}/{product}.up_to")
    return dict.fromkeys(paths[:8])  # more would not be seen with the picture


class LeverRow(ipywidgets.HBox):
    """A lever as a number box, which has a name, and a slider beside it.

    >>> row = LeverRow(Lever("shop.up_to", "shop: S [units]", 8, 0, 24, 0.2, False), print)
    >>> row.box.value = 9.0
    >>> row.value, row.moved
    (9.0, True)
    """

    def __init__(self, lever: Lever, moved: Callable[[], None]) -> None:
        """Show the lever; ``moved`` is called after each move."""
        self.lever = lever
        self._tell, self._told = moved, lever.value
        self._pairing, self._paired = threading.RLock(), True
        number, kind = (int, "Int") if lever.whole else (float, "Float")
        limits = {"min": number(lever.low), "max": number(lever.high), "step": number(lever.step)}
        box, slider = (getattr(ipywidgets, n) for n in (f"Bounded{kind}Text", f"{kind}Slider"))
        wide = {"flex": "1 1 520px", "max_width": "660px"}
        flat = {"flex": "1 1 200px", "max_width": "420px"}
        named = {"description": lever.label, "style": {"description_width": "calc(100% - 90px)"}}
        self.box = box(number(lever.value), layout=wide, **named, **limits)
        self.slider = slider(number(lever.value), readout=False, layout=flat, **limits)
        super().__init__([self.box, self.slider], layout={"flex_flow": "row wrap"})
        self.box.observe(self._typed, "value")
        self.slider.observe(self._slid, "value")

    @property
    def value(self) -> float | int:
        """Where the lever stands, in its unit."""
        value: float | int = self.slider.value
        # The browser puts a slider on the nearest step, and its sums leave dust.
        near = min(self.lever.step / 2, 1e-4 * (self.lever.high - self.lever.low))
        stands = self.lever.value if abs(value - self.lever.value) <= near else round(value, 9)
        return int(stands) if self.lever.whole else stands

    @property
    def ends(self) -> list[float | int]:
        """The lowest and the highest that it can stand at."""
        return [self.slider.min, self.slider.max]

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere than at the start."""
        return self.value != self.lever.value

    def reset(self, _: Any = None) -> None:
        """Put it back."""
        self.slider.value = self.lever.value

    def _typed(self, change: Any) -> None:
        with self._pairing:
            if not self._paired:  # the box only follows the slider
                return
        self.slider.value = change["new"]

    def _slid(self, _: Any) -> None:
        with self._pairing:
            self._paired = False
            self.box.value = self.value
            self._paired = True
            before, self._told = self._told, self.value
        if self._told != before:  # the browser's rounding is no move
            self._tell()


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
