"""What the explorer draws of a scenario: the seam between the engine and the picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.management.groups import grouped
from twinlab.modeling.batch import Batch
from twinlab.modeling.luck import draw_luck
from twinlab.modeling.output import estimate
from twinlab.modeling.plan import make_plan
from twinlab.modeling.replicate import replicate
from twinlab.scope import Outage, Scenario
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array

_WEEK = 7

# A band that is drawn: nine histories in ten lie inside.
LEVELS = (0.05, 0.95)


@dataclass(frozen=True)
class Strip:
    """A group of nodes by day, as the mean of many histories.

    ``stock``: all units on hand, and ``spread`` the band of nine histories in ten. ``ready``: units
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
    histories: int

    @property
    def words(self) -> str:
        """What its numbers are."""
        if self.histories == 1:
            return "one history"
        return f"mean of {self.histories} histories, 95 % interval"


def look_ahead(scenario: Scenario, seed: int, histories: int = 200) -> Outlook:
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
    batch = replicate(scenario, histories, seed, bands=bands)
    strips = tuple(_strip(batch, label, nodes) for label, nodes in groups.items())
    return Outlook(batch.days, strips, _closed(scenario, seed), _results(batch), histories)


def _ready(scenario: Scenario, nodes: Sequence[str]) -> list[tuple[Any, ...]]:
    """Bands of the stock of products that some nodes send or sell."""
    claimed = {item.key for item in make_plan(scenario).items if item.claims}
    products = dict.fromkeys(product for node, product in claimed if node in nodes)
    return [
        ("on_hand", tuple(n for n in nodes if (n, product) in claimed), product)
        for product in sorted(products)
    ]


def _strip(batch: Batch, label: str, nodes: list[str]) -> Strip:
    def mean(name: str) -> Array:
        return np.asarray(batch.band(name, nodes).mean(axis=1))

    ready = [batch.band(*band).mean(axis=1) for band in _ready(batch.scenario, nodes)]
    return Strip(
        label,
        stock=mean("on_hand"),
        spread=batch.quantiles("on_hand", nodes, levels=LEVELS),
        ready=np.asarray(sum(ready)) if ready else np.zeros(len(batch.days)),
        short=mean("backlog") + np.cumsum(mean("lost")),
        flow=_weekly(mean("shipped") + mean("served")),
    )


def _results(batch: Batch) -> tuple[Result, ...]:
    """The table's numbers: means over the histories, with their intervals."""
    waiting = batch.band("demand") - batch.band("on_time")
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
    """First and last day of every closure of a node that is the same in all histories."""
    spans = []
    active = draw_luck(scenario, seed).active if scenario.disruptions else []
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
