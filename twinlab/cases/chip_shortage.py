"""The chip shortage of 2020-22: measured months of US cars, and the same months replayed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import numpy as np

from twinlab.cases.automotive import automotive, base_stock_chain
from twinlab.cases.folders import rows
from twinlab.modeling.simulation.replicate import replicate
from twinlab.modeling.simulation.replications import Replications
from twinlab.scope import Constant, DemandShift, Network, Outage, Scenario
from twinlab.scope.entities import Disruption
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import pd

__all__ = ["chip_shortage"]

DAY_0 = date(2020, 1, 1)
_BEGIN, _PANDEMIC, _SHORTAGE, _END = "2020-01", "2020-03", "2021-01", "2022-01"


class Month(NamedTuple):
    """A measured month: its days in the replay, and US cars as shares of the year before.

    Production and sales are shares of their mean from March 2019 to February 2020, the stock of
    the dealers is that of the month's last night as a share of the stock of 29 February 2020.
    """

    month: str
    start: int
    days: int
    production: float
    sales: float
    stock: float


@dataclass(frozen=True, eq=False, repr=False)
class ChipShortage:
    """The two years as a scenario, and what was measured in them."""

    scenario: Scenario
    months: tuple[Month, ...]

    def live(self, replications: int = 8, seed: int = 1) -> Replications:
        """Live through the two years, and keep what ``against`` asks for."""
        return replicate(self.scenario, replications, seed, bands=list(self._bands.values()))

    @property
    def _bands(self) -> dict[str, tuple[str, list[str], str]]:
        network = self.scenario.network
        plants = [r.node for r in network.recipes if r.product == "vehicle"]
        markets = [d.node for d in network.demands]
        return {
            "production": ("finished", plants, "vehicle"),
            "sales": ("served", markets, "vehicle"),
            "stock": ("on_hand", markets, "vehicle"),
        }

    def against(self, batch: Replications) -> pd.DataFrame:
        """Put measured and modelled months side by side, both as shares of the year before.

        The model's flows are a month's mean over the calm flow of that month, so its season, which
        the measured series leave out, is left out too.
        """
        demand = self.scenario.network.demands
        season = np.array([demand[0].scale(day) for day in range(self.scenario.days)])
        calm = sum(d.pattern.average for d in demand)
        daily = {name: batch.band(*band).mean(axis=1) for name, band in self._bands.items()}
        before = daily["stock"][self._days("2020-02")[-1]]
        rows = []
        for each in self.months:
            days = self._days(each.month)
            built = daily["production"][days].mean() / calm
            sold = daily["sales"][days].sum() / (calm * season[days].sum())
            left = daily["stock"][days[-1]] / before
            rows.append((each.production, built, each.sales, sold, each.stock, left))
        head = [(kind, who) for kind in daily for who in ("measured", "model")]
        return pd.DataFrame(
            rows, pd.Index([m.month for m in self.months]), pd.MultiIndex.from_tuples(head)
        )

    def _days(self, month: str) -> range:
        found = next(m for m in self.months if m.month == month)
        return range(found.start, found.start + found.days)


def chip_shortage(depth: float = 1.0, late_demand: float | None = None) -> ChipShortage:
    """Replay 2020 and 2021: what was built is given by month, what dealers have left follows.

    From March 2020 on every assembly plant can build at most the measured share of US car
    production, capacity = mean flow × (1 − depth × (1 − share)). Customers ask for the measured
    share of sales until December 2020, while dealers had cars enough for sales to be demand; from
    then on for ``late_demand``, as a default the mean share of the last three months of 2020. The
    measured stock is not used: it is there to be compared with.

    The plants' suppliers are left out: with their lines closed or short of chips, the plants ask
    for less of everything else than in the calm year.

    Raises:
        ScenarioError: a depth outside 0 to 1.

    >>> replay = chip_shortage()
    >>> replay.scenario.network
    Network(1 product, 14 nodes, 40 lanes, 10 recipes, 4 demands, 14 stocks)
    >>> next(m for m in replay.months if m.month == "2020-04").production
    0.0082
    """
    if not 0 <= depth <= 1:
        raise ScenarioError(f"depth is a share between 0 and 1, got {depth!r}")
    months = [m for m in measured_months() if _BEGIN <= m.month < _END]
    network = _plants_and_markets()
    late = [m.sales for m in months if "2020-10" <= m.month < _SHORTAGE]
    later = sum(late) / len(late) if late_demand is None else late_demand
    calm = {d.node: d.pattern.average for d in network.demands}
    first, end = (next(m.start for m in months if m.month == _SHORTAGE), months[-1])
    asked = [(m.start, m.days, m.sales) for m in months if _PANDEMIC <= m.month < _SHORTAGE]
    asked.append((first, end.start + end.days - first, later))
    strikes: list[Disruption] = [
        DemandShift(market, factor=factor, start=start, days=Constant(days))
        for start, days, factor in asked
        for market in calm
    ]
    for month in (m for m in months if m.month >= _PANDEMIC):
        share = max(0.0, 1 - depth * (1 - month.production))
        for node in (n for n in network.nodes if n.tier == 1):
            flow = sum(
                v.sourcing_share * calm[v.destination]
                for v in network.lanes
                if v.source == node.name
            )
            lost = max(0.0, 1 - share * flow / node.capacity)
            strikes.append(
                Outage(node.name, start=month.start, days=Constant(month.days), loss=lost)
            )
    scenario = base_stock_chain(network, end.start + end.days)
    return ChipShortage(scenario.disrupt(*strikes), tuple(months))


def measured_months() -> list[Month]:
    """Read the measured months of 2019 to 2022; a stock that was not published is NaN.

    >>> [(m.month, m.production, m.stock) for m in measured_months() if m.month == "2021-09"]
    [('2021-09', 0.4011, 0.1631)]
    """
    found = []
    for row in rows("automotive", "chip_shortage"):
        year, month = (int(part) for part in row["month"].split("-"))
        first, following = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)
        shares = (float(row[f"{name}_share"] or "nan") for name in ("production", "sales", "stock"))
        found.append(Month(row["month"], (first - DAY_0).days, (following - first).days, *shares))
    return found


def _plants_and_markets() -> Network:
    """The end of the chain: assembly plants that lack nothing but what an outage takes, and on."""
    whole = automotive().network
    return Network(
        products=[p for p in whole.products if p.name == "vehicle"],
        nodes=[n for n in whole.nodes if n.tier <= 1],
        lanes=[v for v in whole.lanes if v.product == "vehicle"],
        recipes=[replace(r, components={}) for r in whole.recipes if r.product == "vehicle"],
        demands=whole.demands,
        stocks=[s for s in whole.stocks if s.product == "vehicle"],
    )
