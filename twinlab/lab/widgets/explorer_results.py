"""What the explorer shows of a scenario: means of many replications, and small multiples of them.

The picture has a row per tier: what it has, what it owes and what it sends. It is redrawn while a
slider moves, so it is written as SVG by hand: a hundredth of a second, where matplotlib takes a
third of one for so many axes. ``still_multiples`` draws the same for readers without a kernel.
"""

import html
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.drawing import BLUE, CLOSED, GREY, VERMILLION
from twinlab.management.kpi_tree import grouped
from twinlab.modeling import Replications, estimate, replicate
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.scope import Network, Outage, Scenario
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array
from twinlab.scope.later import pd
from twinlab.scope.result import shown

# A band that is drawn: nine replications in ten lie inside.
LEVELS = (0.05, 0.95)

Daily = tuple[str, tuple[str, ...], str]  # a measure, of which nodes, and of which product


@dataclass(frozen=True)
class GroupSeries:
    """A group of nodes by day, as the mean of many replications.

    ``stock``: all units on hand, and ``spread`` the band of nine replications in ten. ``ready``:
    units of products that are sent or sold from here. ``short``: units owed, or lost so far.
    ``flow``: units a day sent or served, mean of a week.
    """

    label: str
    stock: Array
    spread: Array
    ready: Array
    short: Array
    flow: Array


@dataclass(frozen=True)
class ResultRow:
    """One number of the result table, as text too, and its interval where chance plays."""

    label: str
    value: float
    text: str
    interval: str


def result_row(name: str, values: Any, unit: str) -> ResultRow:
    """The mean of what replications have, rounded for reading; no interval within the rounding.

    >>> result_row("fill rate", np.array([0.98, 0.99, np.nan]), "share").text
    '98.5 %'
    >>> result_row("cost", np.array([1000.0, 1010.0, 1020.0]), "USD/day").interval
    '[985, 1,035]'
    """
    known = values[~np.isnan(values)]
    mean = low = high = float(known.mean()) if len(known) else math.nan
    if len(known) > 1:
        found = estimate(known)
        mean, low, high = found.mean, found.low, found.high
    share = unit == "share"
    text, *ends = (
        "–" if math.isnan(v) else f"{100 * v:.1f}" if share else f"{v:,.0f}"
        for v in (mean, low, high)
    )
    interval = f"[{', '.join(ends)}]" if ends[0] != ends[1] else ""
    if share:
        return ResultRow(name, mean, f"{text} %" if len(known) else text, interval)
    return ResultRow(f"{name} [{unit}]", mean, text, interval)


@dataclass(frozen=True)
class ExplorerResults:
    """The futures of a scenario, ready to be drawn and read."""

    days: range
    groups: tuple[GroupSeries, ...]
    closed: tuple[tuple[int, int], ...]
    rows: tuple[ResultRow, ...]
    replications: int

    @property
    def words(self) -> str:
        """What its numbers are."""
        if self.replications == 1:
            return "one replication"
        return f"mean of {self.replications} replications, 95 % interval"


def explorer_results(scenario: Scenario, seed: int, replications: int = 200) -> ExplorerResults:
    """Turn a scenario into what is drawn; the only place where the explorer meets an engine.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 10})
    >>> seen = explorer_results(Scenario(chain, BaseStock(10), days=20), seed=1)
    >>> [row.text for row in seen.rows]
    ['100.0 %', '0', '–', '0', '5', '0']
    """
    groups = {label: tuple(names) for label, names in grouped(scenario.network).items()}
    ready = {label: _ready(scenario.network, nodes) for label, nodes in groups.items()}
    daily: list[Any] = ["demand", "on_time"]
    for label, nodes in groups.items():
        measures = ("on_hand", "backlog", "lost", "shipped", "served")
        daily += [(measure, nodes) for measure in measures] + ready[label]
    batch = replicate(scenario, replications, seed, daily=daily)
    series = tuple(_series(batch, label, nodes, ready[label]) for label, nodes in groups.items())
    closed = _closed(scenario, seed)
    return ExplorerResults(batch.days, series, closed, _rows(batch), replications)


def _ready(network: Network, nodes: Sequence[str]) -> list[Daily]:
    """The stocks of products that some nodes send or sell."""
    sent = {(lane.source, lane.product) for lane in network.lanes}
    sent |= {(demand.node, demand.product) for demand in network.demands}
    products = sorted({product for node, product in sent if node in nodes})
    return [("on_hand", tuple(n for n in nodes if (n, p) in sent), p) for p in products]


def _series(
    batch: Replications, label: str, nodes: tuple[str, ...], ready: list[Daily]
) -> GroupSeries:
    def mean(name: str) -> Array:
        return np.asarray(batch.series(name, nodes).mean(axis=1))

    sent = pd.Series(mean("shipped") + mean("served"))
    return GroupSeries(
        label,
        stock=mean("on_hand"),
        spread=batch.quantiles("on_hand", nodes, levels=LEVELS),
        ready=np.zeros(len(sent)) + sum(batch.series(*stock).mean(axis=1) for stock in ready),
        short=mean("backlog") + np.cumsum(mean("lost")),
        flow=sent.rolling(7, min_periods=1).mean().to_numpy(),
    )


def _rows(batch: Replications) -> tuple[ResultRow, ...]:
    """The table's numbers: means over the replications, with their intervals."""
    waiting = batch.series("demand") - batch.series("on_time")
    short = waiting > DUST
    firsts = np.where(short.any(axis=0), batch.days[0] + short.argmax(axis=0), math.nan)
    kpis = batch.kpis
    return (
        result_row("fill rate", kpis.fill_rate, "share"),
        result_row("days customers are short", short.sum(axis=0), "days"),
        result_row("first such day", firsts, "day"),
        result_row("not served on the day, in all", waiting.sum(axis=0), "units"),
        result_row("stock, mean", kpis.mean_stock, "units"),
        result_row("cost", kpis.total_cost, "USD/day"),
    )


def _closed(scenario: Scenario, seed: int) -> tuple[tuple[int, int], ...]:
    """First and last day of every closure of a node that is the same in all replications."""
    spans = []
    active = draw_streams(scenario, seed).active if scenario.disruptions else []
    for disruption, days in zip(scenario.disruptions, active, strict=True):
        if isinstance(disruption, Outage) and days.shape[1] == 1 and days.any():
            at = np.flatnonzero(days[:, 0])
            spans.append((int(at[0]), int(at[-1])))
    return tuple(spans)


# -- the picture ------------------------------------------------------------------------------

_WIDTH, _ROW, _TOP, _FOOT = 930, 124, 40, 46  # pixels
_HIGH = 80  # of the plot in a row
_SIDES = ((70, 560), (650, 916))  # left and right edge of the two columns
_PALE = "#C9DFEE"
_BEFORE = f"stroke='{GREY}' stroke-dasharray='6 4'"
_SIGN = "<path d='M0 -12h26v13h-26z' fill='{}'/>"
_KEY = (
    (8, f"<path d='M0 -5h26' stroke='{BLUE}' stroke-width='3'/>", "all stock"),
    (128, _SIGN.format(f"{BLUE}' fill-opacity='.3"), "9 in 10 replications"),
    (342, _SIGN.format(_PALE), "ready to send"),
    (500, _SIGN.format(VERMILLION), "owed, or lost so far"),
    (707, f"<path d='M0 -5h26' stroke-width='2' {_BEFORE}/>", "before"),
    (805, _SIGN.format(CLOSED), "closed"),
)


@dataclass(frozen=True)
class Panel:
    """One small plot: where it lies on the page, and which days and values it spans."""

    left: float
    right: float
    top: float
    days: range
    low: float
    high: float
    tall: float = _HIGH

    def x(self, day: float) -> float:
        """The page's x of a day."""
        span = max(1, self.days[-1] - self.days[0])
        return self.left + (day - self.days[0]) / span * (self.right - self.left)

    def y(self, value: float) -> float:
        """The page's y of a value."""
        return self.top + self.tall * (self.high - value) / (self.high - self.low)

    def path(self, values: Array) -> str:
        """A line through the values."""
        xs = [f"{self.x(day):.1f}" for day in self.days]
        ys = self.y(1.0) - self.y(0.0)
        points = zip(xs, (ys * values + self.y(0.0)).tolist(), strict=True)
        return "M" + "L".join(f"{x} {y:.1f}" for x, y in points)

    def between(self, lower: Array, upper: Array) -> str:
        """The area between two lines."""
        back = self.path(upper)[1:].split("L")[::-1]
        return f"{self.path(lower)}L{'L'.join(back)}z"

    def area(self, values: Array) -> str:
        """The area between the values and zero."""
        base = f"{self.y(0.0):.1f}"
        return f"{self.path(values)}L{self.right:.1f} {base}L{self.left:.1f} {base}z"

    def closed(self, spans: Iterable[tuple[int, int]]) -> str:
        """Closed days, grey from the first to the last."""
        signs = []
        for first, last in spans:
            x, end = self.x(first), self.x(min(last + 1, self.days[-1]))
            shape = f"M{x:.1f} {self.top}H{end:.1f}v{self.tall}H{x:.1f}z"
            signs.append(f"<path d='{shape}' fill='{CLOSED}'/>")
        return "".join(signs)


def svg_text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    """Words on the page."""
    looks = f"text-anchor='{anchor}' fill='{pen.INK}' font-weight='{weight}'"
    return f"<text x='{x:.1f}' y='{y:.1f}' {looks}>{words}</text>"


def svg_page(words: str, height: float, parts: Iterable[str]) -> str:
    """A page as inline SVG, with words for those who do not see it."""
    return (
        f'<svg role="img" aria-label="{html.escape(words, quote=True)}" viewBox="0 0 {_WIDTH} '
        f'{height}" style="width:100%;max-width:{_WIDTH}px;background:#fff" '
        f'font-family="sans-serif" font-size="17" fill="none">{"".join(parts)}</svg>'
    )


def small_multiples(before: ExplorerResults, now: ExplorerResults, words: str) -> str:
    """The picture as inline SVG, with words for those who do not see it.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 10})
    >>> seen = explorer_results(Scenario(chain, BaseStock(10), days=20), seed=1)
    >>> small_multiples(seen, seen, "nothing happens").partition(" style")[0]
    '<svg role="img" aria-label="nothing happens" viewBox="0 0 930 334"'
    """
    height = _TOP + _ROW * len(now.groups) + _FOOT
    parts = [
        f"<g transform='translate({x} 20)'>{sign}{svg_text(34, 0, text)}</g>"
        for x, sign, text in _KEY
    ]
    panels: list[Panel] = []
    for row, (was, series) in enumerate(zip(before.groups, now.groups, strict=True)):
        panels = _panels(was, series, now.days, _TOP + _ROW * row + 26)
        parts += _row(panels, was, series, now)
    parts.append(svg_text(_SIDES[1][0] - 44, _TOP + 16, "going out [units/day, 7-day mean]"))
    for panel in panels:
        for day in _days(panel):
            parts.append(svg_text(panel.x(day), panel.top + _HIGH + 19, str(day), "middle"))
        parts.append(svg_text((panel.left + panel.right) / 2, height - 7, "day", "middle"))
    return svg_page(words, height, parts)


def _panels(was: GroupSeries, now: GroupSeries, days: range, top: float) -> list[Panel]:
    """The two plots of a group, with room for what was and what is now."""
    low = -_ceiling(max(was.short.max(), now.short.max()))
    highs = [max(was.spread.max(), now.spread.max()), max(was.flow.max(), now.flow.max())]
    return [
        Panel(left, right, top, days, bottom, _ceiling(high) or 1.0)
        for (left, right), bottom, high in zip(_SIDES, (low, 0.0), highs, strict=True)
    ]


def _row(
    panels: Sequence[Panel], was: GroupSeries, series: GroupSeries, now: ExplorerResults
) -> Iterator[str]:
    stock, flow = panels
    label = f"{html.escape(series.label)} [units]"
    yield svg_text(stock.left - 62, stock.top - 12, label, weight="bold")
    for panel in panels:
        yield panel.closed(now.closed)
        yield from _grid(panel)
    yield f"<path d='{stock.area(series.ready)}' fill='{_PALE}' fill-opacity='.8'/>"
    yield f"<path d='{stock.between(*series.spread)}' fill='{BLUE}' fill-opacity='.3'/>"
    yield f"<path d='{stock.area(-series.short)}' fill='{VERMILLION}'/>"
    for panel, old in ((stock, was.stock), (stock, -was.short), (flow, was.flow)):
        if old.any():
            yield f"<path d='{panel.path(old)}' {_BEFORE}/>"
    for panel, new in ((stock, series.stock), (flow, series.flow)):
        yield f"<path d='{panel.path(new)}' stroke='{BLUE}' stroke-width='2.5'/>"


def _grid(panel: Panel) -> Iterator[str]:
    """Lines across, and the numbers beside them."""
    lines = "".join(f"M{panel.x(day):.1f} {panel.top}v{_HIGH}" for day in _days(panel))
    yield f"<path d='{lines}' stroke='#e3e3e3'/>"
    for value in sorted({panel.low, 0.0, panel.high}):
        y = panel.y(value)
        colour = "#bbb" if value else pen.INK
        yield f"<path d='M{panel.left} {y:.1f}H{panel.right}' stroke='{colour}'/>"
        if value == 0.0 or abs(y - panel.y(0.0)) > 16:
            yield svg_text(panel.left - 6, y + 6, shown(abs(value)), "end")


def _days(panel: Panel) -> list[int]:
    """Round days to write under a panel, at most six."""
    step = _ceiling((panel.days[-1] - panel.days[0]) / 6, (1, 2, 5, 10)) or 1.0
    return [day for day in panel.days if day % step == 0]


def _ceiling(value: float, steps: Sequence[float] = (1, 1.5, 2, 3, 4, 5, 7, 10)) -> float:
    """The next round number, so that scales seldom change while a slider moves."""
    if value <= 0:
        return 0.0
    size = 10.0 ** math.floor(math.log10(value))
    return float(next(size * n for n in steps if size * n >= value * (1 - 1e-9)))


def still_multiples(before: ExplorerResults, now: ExplorerResults) -> Figure:
    """The same rows as a matplotlib figure.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Constant(5)), BaseStock(10))
    >>> seen = explorer_results(chain, 1)
    >>> len(still_multiples(seen, seen).axes)
    4
    """
    figure = pen.blank(pen.WIDTH, 0.8 + 1.25 * len(now.groups))
    rows = figure.subplots(len(now.groups), 2, sharex=True, squeeze=False, width_ratios=[5, 3])
    for (stock, flow), was, series in zip(rows, before.groups, now.groups, strict=True):
        pairs = (stock, was.stock, series.stock), (flow, was.flow, series.flow)
        for axes, old, new in pairs:
            pen.dress(axes)
            pen.shade(axes, now.closed)
            axes.plot(now.days, old, color=GREY, linestyle="--", linewidth=1, label="before")
            axes.plot(now.days, new, color=BLUE, linewidth=2, label="all stock")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: shown(abs(y))))
        stock.fill_between(now.days, *series.spread, **pen.area(BLUE, 0.3))
        areas = (series.ready, _PALE, "ready to send"), (-series.short, VERMILLION, "owed or lost")
        for height, colour, words in areas:
            stock.fill_between(now.days, height, label=words, **pen.area(colour, 1.0))
        stock.set_title(f"{series.label} [units]", loc="left", fontsize=pen.FONT, fontweight="bold")
        flow.set_ylim(bottom=0)
    rows[0][1].set_title("going out [units/day, 7-day mean]", loc="left", fontsize=pen.FONT)
    for axes in rows[-1]:
        axes.set_xlabel("day", fontsize=pen.FONT)
    handles = rows[0][0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper left", ncols=4, **pen.LEGEND)
    return figure
