"""What the explorer draws of a scenario: the seam between the engine and the picture.

The explorer's picture: a strip per tier with what it has, what it owes and what it sends.

It is redrawn while a slider moves, so it is written as SVG by hand: a hundredth of a second, where
matplotlib takes a third of one for so many axes. ``still`` draws the same for readers without a
kernel.
"""

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from twinlab.lab.charts.daily import number, shade
from twinlab.lab.charts.drawing import BLUE, CLOSED, FONT, GREY, VERMILLION, blank, dress
from twinlab.management.kpi_tree import grouped
from twinlab.modeling.simulation.output_analysis import estimate
from twinlab.modeling.simulation.plan import make_plan
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.modeling.simulation.replicate import replicate
from twinlab.modeling.simulation.replications import Replications
from twinlab.scope import Outage, Scenario
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array

_WEEK = 7

# A band that is drawn: nine replications in ten lie inside.
LEVELS = (0.05, 0.95)


@dataclass(frozen=True)
class Strip:
    """A group of nodes by day, as the mean of many replications.

    ``stock``: all units on hand, and ``spread`` the band of nine replications in ten. ``ready``:
    units
    of products that are sent or sold from here. ``short``: units owed, or lost so far. ``flow``:
    units a day sent or served, mean of a week.
    """

    label: str
    stock: Array
    spread: Array
    ready: Array
    short: Array
    flow: Array


@dataclass(frozen=True)
class Result:
    """One number of the result table, with its unit, and its interval where chance plays."""

    name: str
    value: float
    unit: str
    low: float = math.nan
    high: float = math.nan

    def __str__(self) -> str:
        """Round for reading.

        >>> str(Result("fill rate", 0.9876, "share")), str(Result("cost", 1234.5, "USD/day"))
        ('98.8 %', '1,234')
        """
        return _rounded(self.value, self.unit)

    @property
    def interval(self) -> str:
        """The interval in brackets; empty where it is no wider than the rounding.

        >>> Result("fill rate", 0.9876, "share", 0.981, 0.994).interval
        '[98.1, 99.4]'
        """
        low, high = (_rounded(v, self.unit).removesuffix(" %") for v in (self.low, self.high))
        return f"[{low}, {high}]" if low != high else ""


def _rounded(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    return f"{100 * value:.1f} %" if unit == "share" else f"{value:,.0f}"


@dataclass(frozen=True)
class Outlook:
    """The futures of a scenario, ready to be drawn and read."""

    days: range
    strips: tuple[Strip, ...]
    closed: tuple[tuple[int, int], ...]
    results: tuple[Result, ...]
    replications: int

    @property
    def words(self) -> str:
        """What its numbers are."""
        if self.replications == 1:
            return "one history"
        return f"mean of {self.replications} replications, 95 % interval"


def look_ahead(scenario: Scenario, seed: int, replications: int = 200) -> Outlook:
    """Turn a scenario into what is drawn; the only place where the explorer meets an engine.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 10})
    >>> seen = look_ahead(Scenario(chain, BaseStock(10), days=20), seed=1)
    >>> [str(result) for result in seen.results]
    ['100.0 %', '0', '–', '0', '5', '0']
    """
    groups = grouped(scenario.network)
    bands: list[tuple[Any, ...]] = [("demand",), ("on_time",)]
    for nodes in groups.values():
        bands += [
            (name, tuple(nodes)) for name in ("on_hand", "backlog", "lost", "shipped", "served")
        ]
        bands += _ready(scenario, nodes)
    batch = replicate(scenario, replications, seed, daily=bands)
    strips = tuple(_strip(batch, label, nodes) for label, nodes in groups.items())
    return Outlook(batch.days, strips, _closed(scenario, seed), _results(batch), replications)


def _ready(scenario: Scenario, nodes: Sequence[str]) -> list[tuple[Any, ...]]:
    """Bands of the stock of products that some nodes send or sell."""
    claimed = {item.key for item in make_plan(scenario).items if item.claims}
    products = dict.fromkeys(product for node, product in claimed if node in nodes)
    return [
        ("on_hand", tuple(n for n in nodes if (n, product) in claimed), product)
        for product in sorted(products)
    ]


def _strip(batch: Replications, label: str, nodes: list[str]) -> Strip:
    def mean(name: str) -> Array:
        return np.asarray(batch.series(name, nodes).mean(axis=1))

    ready = [batch.series(*band).mean(axis=1) for band in _ready(batch.scenario, nodes)]
    return Strip(
        label,
        stock=mean("on_hand"),
        spread=batch.quantiles("on_hand", nodes, levels=LEVELS),
        ready=np.asarray(sum(ready)) if ready else np.zeros(len(batch.days)),
        short=mean("backlog") + np.cumsum(mean("lost")),
        flow=_weekly(mean("shipped") + mean("served")),
    )


def _results(batch: Replications) -> tuple[Result, ...]:
    """The table's numbers: means over the replications, with their intervals."""
    waiting = batch.series("demand") - batch.series("on_time")
    short = waiting > DUST
    some = short.any(axis=0)
    firsts = np.where(some, batch.days[0] + short.argmax(axis=0), math.nan)
    return (
        _result("fill rate", batch.kpis.fill_rate, "share"),
        _result("days customers are short", short.sum(axis=0), "days"),
        _result("first such day", firsts, "day"),
        _result("not served on the day, in all", waiting.sum(axis=0), "units"),
        _result("stock, mean", batch.kpis.mean_stock, "units"),
        _result("cost", batch.kpis.total_cost, "USD/day"),
    )


def _result(name: str, values: Any, unit: str) -> Result:
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return Result(name, float(known.mean()) if len(known) else math.nan, unit)
    found = estimate(known)
    return Result(name, found.mean, unit, found.low, found.high)


def _closed(scenario: Scenario, seed: int) -> tuple[tuple[int, int], ...]:
    """First and last day of every closure of a node that is the same in all replications."""
    spans = []
    active = draw_streams(scenario, seed).active if scenario.disruptions else []
    for disruption, days in zip(scenario.disruptions, active, strict=True):
        if isinstance(disruption, Outage) and days.shape[1] == 1 and days.any():
            at = np.flatnonzero(days[:, 0])
            spans.append((int(at[0]), int(at[-1])))
    return tuple(spans)


def _weekly(flow: Array) -> Array:
    """The mean of the last seven days, or of as many as there are."""
    sums = np.cumsum(np.concatenate([np.zeros(1), flow]))
    ends = np.arange(1, len(flow) + 1)
    starts = np.maximum(0, ends - _WEEK)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))


_WIDTH, _ROW, _TOP, _FOOT = 930, 124, 40, 46  # pixels
_HIGH = 80  # of the plot in a row
_SIDES = ((70, 560), (650, 916))  # left and right edge of the two columns
_DASHES = "6 4"
_PALE = "#C9DFEE"
_KEY = (
    (f"<path d='M0 -5h26' stroke='{BLUE}' stroke-width='3'/>", "all stock"),
    (f"<path d='M0 -12h26v13h-26z' fill='{BLUE}' fill-opacity='.3'/>", "9 in 10 replications"),
    (f"<path d='M0 -12h26v13h-26z' fill='{_PALE}'/>", "ready to send"),
    (f"<path d='M0 -12h26v13h-26z' fill='{VERMILLION}'/>", "owed, or lost so far"),
    (
        f"<path d='M0 -5h26' stroke='{GREY}' stroke-width='2' stroke-dasharray='{_DASHES}'/>",
        "before",
    ),
    (f"<path d='M0 -12h26v13h-26z' fill='{CLOSED}'/>", "closed"),
)

_KEY_AT = (8, 124, 304, 456, 664, 768)  # where each sign stands


@dataclass(frozen=True)
class Pane:
    """One small plot: where it lies on the page, and which days and values it spans."""

    left: float
    right: float
    top: float
    days: range
    low: float
    high: float

    def x(self, day: float) -> float:
        """The page's x of a day."""
        span = max(1, self.days[-1] - self.days[0])
        return self.left + (day - self.days[0]) / span * (self.right - self.left)

    def y(self, value: float) -> float:
        """The page's y of a value."""
        return self.top + _HIGH * (self.high - value) / (self.high - self.low)

    def path(self, values: Array) -> str:
        """A line through the values."""
        xs = [f"{self.x(day):.1f}" for day in self.days]
        ys = self.y(1.0) - self.y(0.0)
        base = self.y(0.0)
        points = zip(xs, (ys * values + base).tolist(), strict=True)
        return "M" + "L".join(f"{x} {y:.1f}" for x, y in points)

    def between(self, lower: Array, upper: Array) -> str:
        """The area between two lines."""
        back = self.path(upper)[1:].split("L")[::-1]
        return f"{self.path(lower)}L{'L'.join(back)}z"

    def area(self, values: Array) -> str:
        """The area between the values and zero."""
        base = f"{self.y(0.0):.1f}"
        return f"{self.path(values)}L{self.right:.1f} {base}L{self.left:.1f} {base}z"


def draw(before: Outlook, now: Outlook, words: str) -> str:
    """The picture as inline SVG, with words for those who do not see it.

    >>> from twinlab.lab.widgets.explorer_results import look_ahead
    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 10})
    >>> seen = look_ahead(Scenario(chain, BaseStock(10), days=20), seed=1)
    >>> draw(seen, seen, "nothing happens").partition(" style")[0]
    '<svg role="img" aria-label="nothing happens" viewBox="0 0 930 334"'
    """
    height = _TOP + _ROW * len(now.strips) + _FOOT
    parts = [
        f'<svg role="img" aria-label="{html.escape(words, quote=True)}" viewBox="0 0 {_WIDTH} '
        f'{height}" style="width:100%;max-width:{_WIDTH}px;background:#fff" '
        'font-family="sans-serif" font-size="17" fill="none">'
    ]
    parts += [
        f"<g transform='translate({_KEY_AT[at]} 20)'>{sign}{_text(34, 0, text)}</g>"
        for at, (sign, text) in enumerate(_KEY)
    ]
    panes: list[Pane] = []
    for row, (was, strip) in enumerate(zip(before.strips, now.strips, strict=True)):
        panes = _panes(was, strip, now.days, _TOP + _ROW * row + 26)
        parts += _row(panes, was, strip, now)
    parts.append(_text(_SIDES[1][0] - 44, _TOP + 16, "going out [units/day, 7-day mean]"))
    for pane in panes:
        for day in _days(pane):
            parts.append(_text(pane.x(day), pane.top + _HIGH + 19, str(day), "middle"))
        parts.append(_text((pane.left + pane.right) / 2, height - 7, "day", "middle"))
    return "".join(parts) + "</svg>"


def _panes(was: Strip, strip: Strip, days: range, top: float) -> list[Pane]:
    """The two plots of a strip, with room for both outlooks."""
    low = -_ceiling(max(was.short.max(), strip.short.max()))
    highs = [max(was.spread.max(), strip.spread.max()), max(was.flow.max(), strip.flow.max())]
    return [
        Pane(left, right, top, days, bottom, _ceiling(high) or 1.0)
        for (left, right), bottom, high in zip(_SIDES, (low, 0.0), highs, strict=True)
    ]


def _row(panes: Sequence[Pane], was: Strip, strip: Strip, now: Outlook) -> Iterator[str]:
    stock, flow = panes
    label = f"{html.escape(strip.label)} [units]"
    yield _text(stock.left - 62, stock.top - 9, label, weight="bold")
    for pane in panes:
        yield from _frame(pane, now.closed)
    yield f"<path d='{stock.area(strip.ready)}' fill='{_PALE}' fill-opacity='.8'/>"
    yield f"<path d='{stock.between(*strip.spread)}' fill='{BLUE}' fill-opacity='.3'/>"
    yield f"<path d='{stock.area(-strip.short)}' fill='{VERMILLION}'/>"
    for pane, old in ((stock, was.stock), (stock, -was.short), (flow, was.flow)):
        if old.any():
            yield f"<path d='{pane.path(old)}' stroke='{GREY}' stroke-dasharray='{_DASHES}'/>"
    for pane, new in ((stock, strip.stock), (flow, strip.flow)):
        yield f"<path d='{pane.path(new)}' stroke='{BLUE}' stroke-width='2.5'/>"


def _frame(pane: Pane, closed: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Closed days, grid, and the numbers beside it."""
    for first, last in closed:
        x, end = pane.x(first), pane.x(min(last + 1, pane.days[-1]))
        yield f"<path d='M{x:.1f} {pane.top}H{end:.1f}v{_HIGH}H{x:.1f}z' fill='{CLOSED}'/>"
    lines = "".join(f"M{pane.x(day):.1f} {pane.top}v{_HIGH}" for day in _days(pane))
    yield f"<path d='{lines}' stroke='#e3e3e3'/>"
    for value in sorted({pane.low, 0.0, pane.high}):
        y = pane.y(value)
        colour = "#bbb" if value else "#222"
        yield f"<path d='M{pane.left} {y:.1f}H{pane.right}' stroke='{colour}'/>"
        if value == 0.0 or abs(y - pane.y(0.0)) > 16:
            yield _text(pane.left - 6, y + 6, number(abs(value)), "end")


def _days(pane: Pane) -> list[int]:
    """Round days to write under a pane, at most six."""
    step = _ceiling((pane.days[-1] - pane.days[0]) / 6, (1, 2, 5, 10)) or 1.0
    return [day for day in pane.days if day % step == 0]


def _text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='#222' "
        f"font-weight='{weight}'>{words}</text>"
    )


def _ceiling(value: float, steps: Sequence[float] = (1, 1.5, 2, 3, 4, 5, 7, 10)) -> float:
    """The next round number, so that scales seldom change while a slider moves."""
    if value <= 0:
        return 0.0
    size = 10.0 ** math.floor(math.log10(value))
    return float(next(size * n for n in steps if size * n >= value * (1 - 1e-9)))


def still(before: Outlook, now: Outlook) -> Figure:
    """The same strips as a matplotlib figure.

    >>> from twinlab.lab.widgets.explorer_results import look_ahead
    >>> seen = look_ahead(Scenario(serial(["mine", "shop"], demand=Constant(5)), BaseStock(10)), 1)
    >>> len(still(seen, seen).axes)
    4
    """
    figure = blank(9.5, 0.8 + 1.25 * len(now.strips))
    rows = figure.subplots(len(now.strips), 2, sharex=True, squeeze=False, width_ratios=[5, 3])
    for row, was, strip in zip(rows, before.strips, now.strips, strict=True):
        pairs = (was.stock, strip.stock), (was.flow, strip.flow)
        for axes, (old, new) in zip(row, pairs, strict=True):
            dress(axes)
            shade(axes, now.closed)
            axes.plot(now.days, old, color=GREY, linestyle="--", linewidth=1, label="before")
            axes.plot(now.days, new, color=BLUE, linewidth=2, label="all stock")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: number(abs(y))))
        row[0].fill_between(now.days, *strip.spread, color=BLUE, alpha=0.3, linewidth=0)
        areas = (strip.ready, _PALE, "ready to send"), (-strip.short, VERMILLION, "owed or lost")
        for height, colour, words in areas:
            row[0].fill_between(now.days, height, color=colour, linewidth=0, label=words)
        row[0].set_title(f"{strip.label} [units]", loc="left", fontsize=FONT, fontweight="bold")
        row[1].set_ylim(bottom=0)
    rows[0][1].set_title("going out [units/day, 7-day mean]", loc="left", fontsize=FONT)
    for axes in rows[-1]:
        axes.set_xlabel("day", fontsize=FONT)
    figure.legend(
        *rows[0][0].get_legend_handles_labels(),
        loc="outside upper left",
        ncols=4,
        fontsize=FONT - 1,
        frameon=False,
    )
    return figure
