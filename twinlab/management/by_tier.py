"""The futures of a scenario tier by tier: what is had, owed and sent, and the numbers beside it."""

from typing import Any, NamedTuple

import numpy as np

from twinlab.management.kpi_tree import grouped
from twinlab.modeling import Replications, estimate, replicate
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.scope import Outage, Scenario
from twinlab.scope.base import DUST, Array, pd

Nodes = tuple[str, ...]
Daily = tuple[str, Nodes, str]  # a measure, of which nodes, and of which product


class GroupSeries(NamedTuple):
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


class ResultRow(NamedTuple):
    """One number of the result table, as text too, and its interval where chance plays."""

    label: str
    value: float
    text: str
    interval: str


def result_row(name: str, values: Any, unit: str) -> ResultRow:
    """The mean of what replications have, rounded for reading; no interval within the rounding."""
    known = values[~np.isnan(values)]
    mean = low = high = float(known.mean()) if len(known) else np.nan
    if len(known) > 1:
        found = estimate(known)
        mean, low, high = found.mean, found.low, found.high
    share = unit == "share"
    text, *ends = (f"{100 * v:.1f}" if share else f"{v:,.0f}" for v in (mean, low, high))
    text = f"{text}{' %' * share}" if len(known) else "–"
    interval = f"[{', '.join(ends)}]" if ends[0] != ends[1] else ""
    return ResultRow(name if share else f"{name} [{unit}]", mean, text, interval)


class ByTier(NamedTuple):
    """The futures of a scenario, ready to be drawn and read."""

    days: range
    groups: tuple[GroupSeries, ...]
    closed: tuple[tuple[int, int], ...]
    rows: tuple[ResultRow, ...]
    replications: int
    scenario: Scenario

    @property
    def words(self) -> str:
        """What its numbers are."""
        many = f"mean of {self.replications} replications, 95 % interval"
        return "one replication" if self.replications == 1 else many


def by_tier(scenario: Scenario, seed: int, replications: int = 200) -> ByTier:
    """Turn a scenario into what a picture of its tiers shows."""
    network, measures = scenario.network, ("on_hand", "backlog", "lost", "shipped", "served")
    groups = {label: tuple(names) for label, names in grouped(network).items()}
    sent = {(lane.source, lane.product) for lane in network.lanes}
    sent |= {(demand.node, demand.product) for demand in network.demands}
    ready, daily = dict[str, list[Daily]](), list[Any](["demand", "on_time"])
    for label, nodes in groups.items():
        products = sorted({product for node, product in sent if node in nodes})
        stocks = ((tuple(n for n in nodes if (n, p) in sent), p) for p in products)
        ready[label] = [("on_hand", *stock) for stock in stocks]
        daily += [(measure, nodes) for measure in measures] + ready[label]
    batch = replicate(scenario, replications, seed, daily=daily)
    series = tuple(_series(batch, label, nodes, ready[label]) for label, nodes in groups.items())
    waiting, kpis = batch.series("demand") - batch.series("on_time"), batch.kpis
    short = waiting > DUST
    firsts = np.where(short.any(axis=0), batch.days[0] + short.argmax(axis=0), np.nan)
    rows = (
        result_row("fill rate", kpis.fill_rate, "share"),
        result_row("days customers are short", short.sum(axis=0), "days"),
        result_row("first such day", firsts, "day"),
        result_row("not served on the day, in all", waiting.sum(axis=0), "units"),
        result_row("stock, mean", kpis.mean_stock, "units"),
        result_row("cost", kpis.total_cost, "USD/day"),
    )
    # Closures of a node that are the same in all replications.
    active = draw_streams(scenario, seed).active if scenario.disruptions else []
    pairs = zip(scenario.disruptions, active, strict=True)
    shut = [days for d, days in pairs if isinstance(d, Outage) and days.shape[1] == 1]
    found = (np.flatnonzero(days[:, 0]).tolist() for days in shut)
    closed = tuple((at[0], at[-1]) for at in found if at)
    return ByTier(batch.days, series, closed, rows, replications, scenario)


def _series(batch: Replications, label: str, nodes: Nodes, ready: list[Daily]) -> GroupSeries:
    def mean(name: str) -> Array:
        return np.asarray(batch.series(name, nodes).mean(axis=1))

    sent = pd.Series(mean("shipped") + mean("served"))
    return GroupSeries(
        label,
        stock=mean("on_hand"),
        spread=batch.quantiles("on_hand", nodes, levels=(0.05, 0.95)),
        ready=np.zeros(len(sent)) + sum(batch.series(*stock).mean(axis=1) for stock in ready),
        short=mean("backlog") + np.cumsum(mean("lost")),
        flow=sent.rolling(7, min_periods=1).mean().to_numpy(),
    )
