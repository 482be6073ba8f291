"""What many replications of a scenario amount to, and whether they have settled."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.simulation.kpis import KPIs, check_kpis, evaluate
from twinlab.modeling.simulation.measures import BY_ITEM, BY_LANE, MEASURES, measure
from twinlab.modeling.simulation.output_analysis import estimate, other_seed
from twinlab.modeling.simulation.plan import Plan
from twinlab.modeling.simulation.run import daily_table
from twinlab.modeling.simulation.vector_blocks import Records
from twinlab.modeling.simulation.vector_engine import replay
from twinlab.scope import Estimate, Result, Scenario, ScenarioError, State
from twinlab.scope.base import Array, check_known, did_you_mean, parts, pd, schema

__all__ = ["Replications", "horizon_of"]


def world_seeds(seed: int, count: int) -> list[int]:
    """The seeds of the worlds of a mixture, whatever they are."""
    return [other_seed(seed, f"world {at}") for at in range(count)]


class Daily(NamedTuple):
    """A measure whose daily values are kept: of some nodes (none named: all), of a product."""

    measure: str
    nodes: tuple[str, ...] = ()
    product: str = ""


# Measures that are plain sums of rows of a record, and of which.
LEVELS = (0.05, 0.5, 0.95)  # of quantiles, if no others are asked for
_SUMS = BY_ITEM | BY_LANE | {"backlog": "owed", "in_process": "in_process"}


def read_daily(plan: Plan, given: str | tuple[Any, ...]) -> Daily:
    """Read ``"backlog"``, ``("backlog", "shop")``, ``("backlog", ("north", "south"), "bike")``."""
    name, nodes, product = (*((given,) if isinstance(given, str) else given), "", "")[:3]
    named = (nodes,) if isinstance(nodes, str) else nodes
    check_known(name, MEASURES, f"daily: no measure {name!r}")
    if name not in _SUMS:
        problem = f"daily: {name!r} is money or emissions, which are not kept by the day"
        remedy = "ask for a stock or flow, or take the KPIs of the whole history"
        raise ScenarioError(f"{problem}: {remedy}")
    daily = Daily(name, tuple(filter(None, named)), product)
    daily_rows(plan, daily)
    return daily


def daily_rows(plan: Plan, daily: Daily) -> list[int]:
    """The rows of a record whose sum is the measure today."""
    nodes, name = daily.nodes or ("",), _SUMS[daily.measure]
    wanted = {at for node in nodes for at in plan.columns(node, daily.product)}
    items, sources = range(len(plan.items)), [lane.source for lane in plan.lanes]
    owners = {"owed": [*sources, *items], "in_process": [r.item for r in plan.recipes]}
    owners |= dict.fromkeys(BY_LANE.values(), sources)
    asked = owners.get(name, items)
    return Records(plan).rows_of(name, [at for at, owner in enumerate(asked) if owner in wanted])


class Replications(Result, frozen=True, eq=False):
    """What many replications of a scenario amount to, one number per replication.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> batch = replicate(shop, 200, seed=1)
    >>> fill_rate(batch).shape
    (200,)
    """

    plan: Plan
    seed: int
    replications: int
    given: State | None
    warm_up: int
    totals: Array
    stretches: Array  # of the rows that ``horizon`` watches: the last days but some, the last days
    variances: dict[str, Array]
    daily_values: dict[Daily, Array]
    worlds: tuple[Scenario, ...] = ()  # of a mixture: each has as many of the replications

    @property
    def scenario(self) -> Scenario:
        """What was simulated."""
        return self.plan.scenario

    @property
    def days(self) -> range:
        """The days that count: those lived through, without the warm-up."""
        return range((self.given.day if self.given else 0) + self.warm_up, self.scenario.days)

    @cached_property
    def _records(self) -> dict[str, Array]:
        records = Records(self.plan)
        return {name: records.whole(name, self.totals).T for name in records.rows}

    @cached_property
    def _measures(self) -> dict[str, Array]:
        return measure(self.plan, self._records)

    def total(self, name: str, node: str = "", product: str = "") -> Array:
        """A measure, or a count such as ``cycles``, summed over days and items [replications]."""
        table = self._measures if name in MEASURES else self._records
        if name not in table:
            raise ScenarioError(f"no measure {name!r}; {did_you_mean(name, MEASURES)}")
        return np.asarray(table[name][:, self.plan.columns(node, product)].sum(axis=1))

    def variance(self, name: str, node: str = "", product: str = "") -> Array:
        """Variance over days of an item's orders or requests, or all demand, if it was kept."""
        rows = self.plan.columns(node, product)
        if name == "demand" and not node and not product:
            return np.asarray(self.variances["demand"])
        if name in ("ordered", "asked") and len(rows) == 1:
            return np.asarray(self.variances[name][rows[0]])
        problem = f"the variance of {name!r} is kept for one product at one node"
        raise ScenarioError(f"{problem}, not for {len(rows)} items: name node and product")

    @cached_property
    def kpis(self) -> KPIs:
        """Every KPI, as an array over replications."""
        return evaluate(self)

    @cached_property
    def horizon(self) -> "Horizon":
        """Whether stocks, backlog and losses have settled by the last day (see ``horizon_of``)."""
        return horizon_of(self)

    def estimate(self, kpi: str, confidence: float = 0.95) -> Estimate:
        """The mean of a KPI over the replications, with its interval; says what still moves.

        Raises a ScenarioError where there is no such KPI.

        >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
        >>> print(replicate(shop, 200, seed=1).estimate("fill_rate"))
        0.9628 [0.9616, 0.964]: mean of 200 replications, 95 % interval
        """
        check_kpis([kpi])
        return replace(estimate(getattr(self.kpis, kpi), confidence), note=self.horizon.note)

    @property
    def table(self) -> "pd.DataFrame":
        """Every KPI with its mean, interval and unit; a column says if the chain still moves."""
        known = [c for c in schema(KPIs) if np.isfinite(getattr(self.kpis, c.name)).sum() > 1]
        rows = [parts(estimate(getattr(self.kpis, c.name)), "mean", "low", "high") for c in known]
        table = pd.DataFrame(rows, columns=["mean", "low", "high"])
        table.index = pd.Index([c.name for c in known], name="kpi")
        moving = ", ".join(f"{what} of {node}" for what, node, _ in self.horizon.moving)
        still = {f"still moving on day {self.days.stop}": moving} if moving else {}
        return table.assign(unit=[c.unit for c in known], **still)

    def series(self, measure: str, nodes: Any = (), product: str = "") -> Array:
        """Daily values that were asked for with ``daily``, of a measure [days × replications]."""
        wanted = read_daily(self.plan, (measure, nodes, product))
        if wanted not in self.daily_values:
            problem = f"no daily values of {tuple(wanted)}: call replicate(…, daily=[…])"
            remedy = f"this batch has {[tuple(kept) for kept in self.daily_values]}"
            raise ScenarioError(f"{problem}; {remedy}")
        return self.daily_values[wanted]

    def quantiles(
        self, measure: str, nodes: Any = (), product: str = "", levels: Sequence[float] = LEVELS
    ) -> Array:
        """Quantiles over the replications of the daily values of a measure [levels × days]."""
        return np.quantile(self.series(measure, nodes, product), levels, axis=1)

    def history(self, replication: int) -> "pd.DataFrame":
        """One of the batch's replications as a daily table, lived through again by this engine."""
        if not 0 <= replication < self.replications:
            raise ScenarioError(
                f"replication {replication!r}: this batch has 0 to {self.replications - 1}"
            )
        worlds = self.worlds or (self.scenario,)
        world, at = divmod(replication, self.replications // len(worlds))
        seed = world_seeds(self.seed, world + 1)[world] if self.worlds else self.seed
        nights = replay(worlds[world], seed, at, self.given, self.warm_up)
        return daily_table(self.plan, self.days, measure(self.plan, nights))

    def _sentence(self) -> str:
        nodes = len(self.scenario.network.nodes)
        out = f" after a warm-up of {self.warm_up}" if self.warm_up else ""
        of = f" of {len(self.worlds):,} worlds" if self.worlds else ""
        said = f"Replications({self.replications:,} replications{of} × {len(self.days)} days{out}"
        return f"{said}, {nodes} nodes, seed {self.seed})"


FALSE_ALARMS = 0.01  # of batches that have settled, one in so many is said to move
PHASE = 0.05  # of its level: less may be the phase of lots, as a stretch is no whole number of them
TRIFLE = 0.001  # of what an item has on hand, on order and owes


class Horizon(Result, frozen=True):
    """What still moves by the last day: by (measure, node, product), how much higher it is."""

    said: str
    moving: Mapping[tuple[str, str, str], Estimate]

    @property
    def note(self) -> str:
        """What a result must say of it: empty if all has settled, or if nobody can tell."""
        return self.said if self.moving else ""

    def _sentence(self) -> str:
        return self.said


def horizon_of(batch: Replications, calm: Replications | None = None) -> Horizon:
    """Tell whether backlog, lost sales, stock or orders of any item still move on the last day.

    The mean of the last quarter of the days is compared with that of the quarter before, paired by
    history (of a season or review period, whole ones are compared); with ``calm``, with the same
    days of that batch of the same seed: what a disruption did must be over. Something moves if the
    interval of its change leaves out 0 (Student's t, one false alarm in 100 batches over all
    items), and it changes by more than a twentieth of its level. Few replications tell little.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=60)
    >>> print(horizon_of(replicate(shop, 100, seed=1)))
    settled: the last 15 days are like those before
    >>> print(horizon_of(replicate(shop.set("mine.capacity", 4), 100, seed=1)).note)
    still moving on day 60: backlog of shop/unit by 15.03 [14.2, 15.86], ..., and 1 more
    """
    days, whole = stretch(batch.scenario, len(batch.days))
    if batch.replications < 2 or not days or not (whole or calm):
        said = f"{len(batch.days)} days hold no two whole seasons or review periods to compare"
        said = said if batch.replications > 1 else "one history cannot tell luck from its course"
        return Horizon(f"whether it has settled cannot be told: {said}", {})
    rest = calm.stretches[1] if calm else batch.stretches[0]
    levels = (_levels(batch.plan, s) / days for s in (batch.stretches[1], rest))
    moving = _moving(batch.plan, *levels)
    if not moving:
        against = "the calm twin's" if calm else "those before"
        return Horizon(f"settled: the last {days} days are like {against}", {})
    named = [f"{k.replace('_', ' ')} of {n}/{p} by {by.short}" for (k, n, p), by in moving.items()]
    named = [*named[:2], f"and {len(named) - 2} more"] if len(named) > 2 else named
    return Horizon(f"still moving on day {batch.days.stop}: {', '.join(named)}", moving)


def stretch(scenario: Scenario, days: int) -> tuple[int, bool]:
    """How many last days are compared with as many before, and whether they are whole cycles."""
    seasons = [round(row.season_days) for row in scenario.network.demands if row.season]
    cycle = math.lcm(*seasons, *(node.review_period for node in scenario.network.nodes))
    whole = 2 * cycle <= days
    return (max(days // 4 // cycle, 1) * cycle if whole else days // 4), whole


WATCHED = ("on_hand", "on_order", "owed", "lost")


def watched_rows(plan: Plan) -> Any:
    """Which rows of a record are watched: on hand, on order, owed and lost."""
    rows = (Records(plan).rows[name] for name in WATCHED)
    return np.concatenate([np.arange(part.start, part.stop) for part in rows])


def _levels(plan: Plan, sums: Array) -> Array:
    """Sums of the watched rows by measure and item: lost, backlog, on hand, on order."""
    records, rows, lanes = Records(plan), watched_rows(plan), len(plan.lanes)
    record = np.zeros((rows.max(initial=0) + 1, sums.shape[1]))
    record[rows] = sums
    on_hand, on_order, owed, lost = (records.whole(name, record) for name in WATCHED)
    backlog = owed[lanes:].copy()
    np.add.at(backlog, [lane.source for lane in plan.lanes], owed[:lanes])
    return np.stack([lost, backlog, on_hand, on_order])


def _moving(plan: Plan, now: Array, rest: Array) -> dict[tuple[str, str, str], Estimate]:
    """What is higher or lower than where it should rest (measures × items × replications)."""
    change, level = now - rest, np.maximum(now.mean(axis=2), rest.mean(axis=2))
    mean, found = np.abs(change.mean(axis=2)), {}
    confidence = 1 - FALSE_ALARMS / max(1, int(np.count_nonzero(change.any(axis=2))))
    large = np.argwhere(mean > PHASE * level + TRIFLE * level[1:].sum(axis=0)).tolist()
    for at, item in sorted(large, key=lambda x: (x[0], -mean[x[0], x[1]] / level[x[0], x[1]])):
        by = estimate(change[at, item], confidence)
        if by.low > 0 or by.high < 0:
            found[("lost", "backlog", "on_hand", "on_order")[at], *plan.items[item].key] = by
    return found
