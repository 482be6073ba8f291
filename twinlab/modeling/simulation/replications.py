"""Bands: which rows of a record add up to a measure of some nodes.

A batch: what many replications of a scenario amount to, one number per replication.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.simulation.kpis import KPIs, check_kpis, evaluate
from twinlab.modeling.simulation.measures import BY_ITEM, BY_LANE, MEASURES, measure
from twinlab.modeling.simulation.output_analysis import Horizon, estimate, horizon_of
from twinlab.modeling.simulation.plan import Plan
from twinlab.modeling.simulation.vector_state import record_rows
from twinlab.scope.columns import Sealed
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import pd
from twinlab.scope.result import Estimate
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

__all__ = ["Replications"]


class Band(NamedTuple):
    """A measure whose daily values are kept: of some nodes (none named: all), of a product."""

    measure: str
    nodes: tuple[str, ...] = ()
    product: str = ""


def read_band(plan: Plan, given: str | tuple[Any, ...]) -> Band:
    """Read ``"backlog"``, ``("backlog", "shop")`` or ``("backlog", ("north", "south"), "bike")``.

    Raises:
        ScenarioError: there is no such measure, or it is money; there is no such node or product.
    """
    name, nodes, product = (*((given,) if isinstance(given, str) else given), "", "")[:3]
    named = (nodes,) if isinstance(nodes, str) else nodes
    band = Band(name, tuple(filter(None, named)), product)
    if name not in MEASURES:
        raise ScenarioError(f"bands: no measure {name!r}; {did_you_mean(name, MEASURES)}")
    band_rows(plan, band)
    return band


def band_rows(plan: Plan, band: Band) -> list[int]:
    """The rows of a record whose sum is the band's measure today.

    Raises:
        ScenarioError: it is no plain sum of rows, as money is not.
    """
    nodes = band.nodes or ("",)
    items = {at for node in nodes for at in plan.columns(node, band.product)}
    rows = record_rows(plan)
    lanes = [at for at, lane in enumerate(plan.lanes) if lane.source in items]
    if band.measure in BY_ITEM:
        return [rows[BY_ITEM[band.measure]].start + at for at in sorted(items)]
    if band.measure in BY_LANE:
        return [rows[BY_LANE[band.measure]].start + at for at in lanes]
    if band.measure == "backlog":
        customers = [len(plan.lanes) + at for at in sorted(items)]
        return [rows["owed"].start + at for at in [*lanes, *customers]]
    if band.measure == "in_process":
        made = [at for at, recipe in enumerate(plan.recipes) if recipe.item in items]
        return [rows["in_process"].start + at for at in made]
    raise ScenarioError(
        f"bands: {band.measure!r} is money or emissions, which are not kept by the day: ask for a "
        "stock or flow, or take the KPIs of the whole history"
    )


@dataclass(frozen=True, eq=False, repr=False)
class Replications(Sealed):
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
    traces: dict[Band, Array]

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
        return {name: self.totals[part].T for name, part in record_rows(self.plan).items()}

    @cached_property
    def _measures(self) -> dict[str, Array]:
        return measure(self.plan, self._records)

    def total(self, name: str, node: str = "", product: str = "") -> Array:
        """A measure, or a count such as ``cycles``, summed over days and items [replications].

        Raises:
            ScenarioError: there is no such measure, node or product.
        """
        table = self._measures if name in MEASURES else self._records
        if name not in table:
            raise ScenarioError(f"no measure {name!r}; {did_you_mean(name, MEASURES)}")
        return np.asarray(table[name][:, self.plan.columns(node, product)].sum(axis=1))

    def variance(self, name: str, node: str = "", product: str = "") -> Array:
        """The variance over days of one item's orders or requests, or of all demand.

        Raises:
            ScenarioError: it was not kept; replications are not stored.
        """
        rows = self.plan.columns(node, product)
        if name == "demand" and not node and not product:
            return np.asarray(self.variances["demand"])
        if name in ("ordered", "asked") and len(rows) == 1:
            return np.asarray(self.variances[name][rows[0]])
        raise ScenarioError(
            f"the variance of {name!r} is kept for one product at one node, not for {len(rows)} "
            "items: name node and product"
        )

    @cached_property
    def kpis(self) -> KPIs:
        """Every KPI, as an array over replications."""
        return evaluate(self)

    @cached_property
    def horizon(self) -> Horizon:
        """Whether stocks, backlog and losses have settled by the last day (see ``horizon_of``)."""
        return horizon_of(self)

    def estimate(self, kpi: str, confidence: float = 0.95) -> Estimate:
        """The mean of a KPI over the replications, with its interval; says what still moves.

        Raises:
            ScenarioError: there is no such KPI.

        >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
        >>> print(replicate(shop, 200, seed=1).estimate("fill_rate"))
        0.9628 [0.9616, 0.964]: mean of 200 replications, 95 % interval
        """
        check_kpis([kpi])
        return replace(estimate(getattr(self.kpis, kpi), confidence), note=self.horizon.note)

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Every KPI with its mean, interval and unit; a column says if the chain still moves."""
        rows = []
        for name, values, unit, _ in self.kpis.table():
            if np.isfinite(values).sum() > 1:
                found = estimate(values, confidence)
                rows.append((name, found.mean, found.low, found.high, unit))
        table = pd.DataFrame(rows, columns=["kpi", "mean", "low", "high", "unit"]).set_index("kpi")
        moving = ", ".join(f"{what} of {node}" for what, node, _ in self.horizon.moving)
        return table.assign(**{f"still moving on day {self.days.stop}": moving} if moving else {})

    def band(self, measure: str, nodes: Any = (), product: str = "") -> Array:
        """Daily values of a measure that was asked for with ``bands`` [days × replications].

        Raises:
            ScenarioError: it was not asked for.
        """
        band = read_band(self.plan, (measure, nodes, product))
        if band not in self.traces:
            raise ScenarioError(
                f"no daily values of {tuple(band)}: call replicate(…, bands=[…]); this batch has "
                f"{[tuple(key) for key in self.traces]}"
            )
        return self.traces[band]

    def quantiles(
        self,
        measure: str,
        nodes: Any = (),
        product: str = "",
        levels: Sequence[float] = (0.05, 0.5, 0.95),
    ) -> Array:
        """Quantiles over the replications of a band's daily values [levels × days]."""
        return np.quantile(self.band(measure, nodes, product), levels, axis=1)

    def history(self, replication: int) -> pd.DataFrame:
        """One replication's daily table, lived through again by this engine.

        Raises:
            ScenarioError: the batch has no such replication.

        >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
        >>> replicate(shop, 100, seed=1).history(70).equals(simulate(shop, 1, 70).daily)
        True
        """
        from twinlab.modeling.simulation.replicate import nights_of
        from twinlab.modeling.simulation.run import daily_table

        if not 0 <= replication < self.replications:
            raise ScenarioError(
                f"replication {replication!r}: this batch has 0 to {self.replications - 1}"
            )
        nights = nights_of(self.scenario, self.seed, replication, self.given, self.warm_up)
        return daily_table(self.plan, self.days, measure(self.plan, nights))

    def __repr__(self) -> str:
        nodes = len(self.scenario.network.nodes)
        out = f" after a warm-up of {self.warm_up}" if self.warm_up else ""
        return (
            f"Replications({self.replications:,} replications × {len(self.days)} days{out}, "
            f"{nodes} nodes, seed {self.seed})"
        )
