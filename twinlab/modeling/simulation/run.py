"""A run: one history, with its log, its daily table and its KPIs."""

from dataclasses import replace
from functools import cached_property

import numpy as np

from twinlab.modeling.simulation.kpis import KPIs, evaluate
from twinlab.modeling.simulation.measures import MEASURES, measure, service
from twinlab.modeling.simulation.output_analysis import SETTLING, Spread, days_left_out
from twinlab.modeling.simulation.plan import Plan
from twinlab.scope import Log, Scenario, ScenarioError, State, fold
from twinlab.scope.base import Array, Day, check_known, pd
from twinlab.scope.columns import Sealed, frozen
from twinlab.scope.result import html_of

__all__ = ["Run"]


class Run(Sealed, frozen=True, eq=False, repr=False):
    """One history of a scenario.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> simulate(shop, seed=1)
    Run(50 days, 2 nodes, 348 events, seed 1, replication 0)
    """

    plan: Plan
    seed: int
    replication: int
    start: State
    log: Log
    nights: dict[str, Array]
    warm_up: int = 0  # days left out before the first that counts

    @property
    def scenario(self) -> Scenario:
        """What was simulated."""
        return self.plan.scenario

    @property
    def days(self) -> range:
        """The days lived through."""
        return range(self.start.day, self.start.day + len(self.nights["on_hand"]))

    @cached_property
    def measures(self) -> dict[str, Array]:
        """Every measure as an array of days × items (see ``measures``)."""
        return frozen(measure(self.plan, self.nights))  # type: ignore[no-any-return]

    def series(self, name: str, node: str = "", product: str = "") -> Array:
        """One measure per day, summed over the items of a node and product (all, if not given).

        Raises a ScenarioError where there is no such measure, node or product.

        >>> shop = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 5})
        >>> simulate(Scenario(shop, BaseStock(5), days=2)).series("on_hand", "shop").tolist()
        [2.0, 1.0]
        """
        check_known(name, MEASURES, f"no measure {name!r}")
        return np.asarray(self.measures[name][:, self.plan.columns(node, product)].sum(axis=1))

    def total(self, name: str, node: str = "", product: str = "") -> float:
        """A measure, or a count such as ``cycles``, summed over days and items."""
        if name in self.nights and name not in MEASURES:
            return float(self.nights[name][:, self.plan.columns(node, product)].sum())
        return float(self.series(name, node, product).sum())

    def variance(self, name: str, node: str = "", product: str = "") -> float:
        """The variance over days of a measure summed over items, added up as replications do it."""
        everything = name == "demand" and not node and not product
        items = dict.fromkeys(self.plan.sellers) if everything else self.plan.columns(node, product)
        check_known(name, MEASURES, f"no measure {name!r}")
        spread, total = Spread(), 0.0
        for today in self.measures[name]:
            spread.add(np.array([sum(today[item] for item in items)]))
            total += sum(today[item] for item in items)
        return float(spread.variances(total)[0][0])

    @property
    def daily(self) -> "pd.DataFrame":
        """The tidy daily table: one row per day, node and product, one column per measure."""
        return daily_table(self.plan, self.days, self.measures)

    @cached_property
    def kpis(self) -> KPIs:
        """How well the whole chain did (see ``kpis``)."""
        return evaluate(self)

    @property
    def state(self) -> State:
        """The state after the last day: the fold of the log."""
        return fold(self.log, self.scenario.network, self.start)

    def state_on(self, day: Day) -> State:
        """The state on the morning of a day or date of the run, from which another can start."""
        day = self.scenario.day_of(day)
        if not self.start.day <= day <= self.start.day + len(self.days):
            raise ScenarioError(f"day {day} is outside the run's days {self.days}")
        return fold(self.log.before(day), self.scenario.network, self.start)

    def after(self, warm_up: int | str) -> "Run":
        """The same history without its first days (as in ``replicate``), in every KPI and chart."""
        found = (self.series(name) for name in SETTLING)
        out = days_left_out(warm_up, len(self.days), lambda: found)
        start = self.state_on(self.start.day + out)
        nights = {name: rows[out:].copy() for name, rows in self.nights.items()}
        nights |= service(self.plan, start, nights)  # a replenishment cycle begins anew
        log = Log(event for event in self.log.rows if event[0] >= start.day)
        return replace(self, start=start, log=log, nights=nights, warm_up=self.warm_up + out)

    def _repr_html_(self) -> str:
        return html_of(self.kpis.table, repr(self))

    def __repr__(self) -> str:
        nodes = len(self.scenario.network.nodes)
        out = f" after a warm-up of {self.warm_up}" if self.warm_up else ""
        said = f"Run({len(self.days)} days{out}, {nodes} nodes"
        return f"{said}, {len(self.log)} events, seed {self.seed}, replication {self.replication})"


def daily_table(plan: Plan, days: range, measures: dict[str, Array]) -> "pd.DataFrame":
    """Measures (days × items) as a tidy table."""
    items = [item.key for item in plan.items]
    table = {
        "day": np.repeat(np.array(days), len(items)),
        "node": [node for node, _ in items] * len(days),
        "product": [product for _, product in items] * len(days),
    }
    return plan.scenario.dated(pd.DataFrame(table | {n: m.ravel() for n, m in measures.items()}))  # type: ignore[no-any-return]
