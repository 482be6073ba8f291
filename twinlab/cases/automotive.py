"""The automotive case: five tiers behind US car sales, the chip shortage, months to forecast."""

from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import product
from math import sqrt
from typing import Any, cast

import numpy as np

from twinlab.cases.folders import Case, base_stock_chain, dataset, rows
from twinlab.management.risk import RiskEvent, closures, common_causes
from twinlab.modeling import Replications, replicate
from twinlab.scope import Constant, DemandShift, Gamma, Network, Outage, Result, Scenario
from twinlab.scope.base import Amount, Share, Whole, pd

__all__ = ["automotive", "automotive_risks", "car_parts", "chip_shortage", "monthly"]


def automotive(days: int = 365, loyal: Share = 0.0, lots: Amount = 1.0) -> Case:
    """Load a calm year of the chain from wafer fab, steel mill and resin plant to US car buyers.

    A 1 : 1000 scale model: 48.5 vehicles a day stand for 48,500. A unit of every product is what
    goes into one vehicle; money is in USD of 2017. Day 0 is 1 January, and the chain is in
    its steady state. Everybody keeps the inventory position that the tables start with,

        S = on hand + under way + in process = mean flow × (lead time + safety days),

    and splits orders over suppliers by the lanes' ``sourcing_share``.

    A share of buyers is ``loyal``: they take a car of their brands (American, Asian, European) or
    leave. Beside each market then stand dealers of these brands, with their part of its customers,
    cars and plants; buyers who take any car go to the market's own lot, and no car changes lots.
    ``lots`` is what dealers keep of their stock of the calm years; in 2021 and 2022 it was less.

    Source: ``datasets/automotive/README.md`` says of every column whether it is measured (US
    content reports, sales, input-output accounts, sea distances, freight factors) or assumed.

    >>> chain = automotive(days=30)
    >>> chain.network
    Network(15 products, 68 nodes, 265 lanes, 65 recipes, 4 demands, 226 stocks)
    >>> sum(d.pattern.average for d in chain.network.demands)  # vehicles a day
    48.494
    """
    network = _tables(dataset("automotive"))
    markets = {demand.node for demand in network.demands}
    stocks = (stock for stock in network.stocks if stock.node in markets)
    kept = [replace(stock, on_hand=lots * stock.on_hand) for stock in stocks if lots != 1]
    network = network.change(*kept) if kept else network
    return base_stock_chain(_by_brand(network, loyal) if loyal else network, days)


_tables = cache(Network.from_tables)


def _by_brand(network: Network, loyal: float) -> Network:
    """Divide every market into lots: one for who takes any car, one for each group of brands.

    A lot gets a part of each plant's cars, and that part of what lies there and is under way: as
    many days of stock as the market had, and plants send what they sent. Its customers ask by a
    gamma law of the market's scale. Independent, such parts sum to the very law that was divided.
    """
    takes: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows("automotive", "assumed/brands"):
        takes[""][row["plant"]] = 1 - loyal
        takes[row["brand"]][row["plant"]] = loyal * row["share"]
    held = {s.node: s for s in network.stocks if s.product == "vehicle"}
    lots, gone = list[Any](), list[Any]()
    for demand, (brand, part) in product(network.demands, takes.items()):
        market, lot, law = demand.node, held[demand.node], cast(Gamma, demand.pattern)
        name = f"{brand}-brand {market.removesuffix('market')}dealers" if brand else market
        ways = [v for v in network.into[market, "vehicle"] if v.source in part]
        size = sum(v.sourcing_share * part[v.source] for v in ways)
        if not size:  # nobody takes any car
            gone += [network.node(market), demand, lot, *ways]
            continue
        role = f"{brand}-brand dealers" if brand else "market"
        lots.append(replace(network.node(market), name=name, role=role))
        asked = Gamma(mean=size * law.mean, sd=sqrt(size) * law.sd)
        lots.append(replace(demand, node=name, pattern=asked))
        lots.append(replace(lot, node=name, on_hand=size * lot.on_hand))
        for way in ways:
            here, due = part[way.source], part[way.source] * way.initial_pipeline
            share = here * way.sourcing_share / size
            lots.append(replace(way, destination=name, sourcing_share=share, initial_pipeline=due))
    return network.change(*lots).without(*gone)


def automotive_risks(seed: Whole = 0) -> list[RiskEvent]:
    """List the closures of single sites, and the regional events, at the rates that are assumed.

    Source: ``assumed/rates.csv``, with ranges and reasons; nobody publishes such rates.

    >>> events = automotive_risks()
    >>> len(events), round(sum(event.rate for event in events), 2)  # a year
    (256, 2.06)
    """
    network, rates = automotive().network, defaultdict[str, dict[str, float]](dict)
    for row in rows("automotive", "assumed/rates"):
        rates[row["kind"]][row["name"]] = row["rate"]
    single = closures(network, rates["role"].pop("site"), rates["role"])
    return single + common_causes(network, rates["country"], seed=seed)


def monthly() -> "pd.DataFrame":
    """Read what was sold and built in the US in each month since 1993 [thousand].

    >>> monthly().loc["2020-04"].tolist()
    [124.917, 436.0, 1.78]
    """
    table = pd.read_csv(dataset("automotive") / "monthly.csv", index_col="month")
    return table.set_axis(pd.PeriodIndex(table.index, freq="M"))


def car_parts() -> "pd.DataFrame":
    """Read the sales of spare parts by month [parts × months].

    The 1,046 that many papers keep (``screened`` = 1) were chosen by sales up to the last month.

    >>> car_parts().shape, len(car_parts().query("screened == 1"))
    ((2674, 51), 1046)
    """
    table = pd.read_csv(dataset("automotive") / "car_parts.csv", index_col=["part", "screened"])
    months = pd.period_range("1998-01", periods=51, freq="M")
    return pd.DataFrame([row.split() for row in table.sales], table.index, months, dtype=float)


class ChipShortage(Result, frozen=True, eq=False):
    """The two years as a scenario, and what was measured in them."""

    scenario: Scenario
    months: "pd.DataFrame"

    def _sentence(self) -> str:
        return f"{len(self.months)} months of the chip shortage: {self.scenario.network}"

    def live(self, replications: int = 8, seed: int = 1) -> Replications:
        """Live through the two years, and keep what ``against`` asks for."""
        return replicate(self.scenario, replications, seed, daily=list(self._daily.values()))

    @property
    def _daily(self) -> dict[str, tuple[str, list[str], str]]:
        network = self.scenario.network
        plants = [r.node for r in network.recipes]
        markets = [d.node for d in network.demands]
        return {
            "production": ("finished", plants, "vehicle"),
            "sales": ("served", markets, "vehicle"),
            "stock": ("on_hand", markets, "vehicle"),
        }

    def against(self, replications: Replications) -> "pd.DataFrame":
        """Put measured and modelled months side by side, both as shares of the year before.

        The model's flows are shares of that month's calm flow: its season is left out, as there.
        """
        demand, months = self.scenario.network.demands, self.months
        calm = sum(d.pattern.average for d in demand)
        lived = {name: replications.series(*one).mean(axis=1) for name, one in self._daily.items()}
        lived["season"] = demand[0].scales(np.arange(self.scenario.days))
        by = pd.DataFrame(lived).groupby(np.repeat(months.index, months.days))
        sold, left = by.sales.sum() / (calm * by.season.sum()), by.stock.last()
        model = {"production": by.production.mean() / calm, "sales": sold}
        model["stock"] = left / left["2020-02"]
        both: dict[str, Any] = {"measured": months, "model": model}
        return pd.DataFrame({(n, who): both[who][n] for n in model for who in both})


def chip_shortage(depth: Share = 1.0, late_demand: float | None = None) -> ChipShortage:
    """Replay 2020 and 2021: what was built is given by month, what dealers have left follows.

    From March 2020 on every assembly plant can build at most the measured share of US car
    production, capacity = mean flow × (1 − depth × (1 − share)). Customers ask for the measured
    share of sales until December 2020, while dealers had cars enough for sales to be demand; from
    then on for ``late_demand``, as a default the mean share of the last three months of 2020.

    The plants' suppliers are left out: with their lines closed or short of chips, the plants ask
    for less of everything else than in the calm year.

    Raises:
        ScenarioError: a depth outside 0 to 1.

    >>> replay = chip_shortage()
    >>> replay.scenario.network
    Network(1 product, 14 nodes, 40 lanes, 10 recipes, 4 demands, 14 stocks)
    >>> float(replay.months.production["2020-04"])
    0.0082
    """
    months = measured_months()["2020-01":"2021-12"]
    struck = months["2020-03":]
    network = _plants_and_markets()
    calm = {d.node: d.pattern.average for d in network.demands}
    flow: dict[str, float] = defaultdict(float)
    for lane in network.lanes:
        flow[lane.source] += lane.sourcing_share * calm[lane.destination]
    before, first, days = struck[:"2020-12"], int(months.start["2021-01"]), int(months.days.sum())
    asked = [*before[["start", "days", "sales"]].itertuples(index=False)]
    late = float(before.sales[-3:].mean()) if late_demand is None else late_demand
    strikes: list[DemandShift | Outage] = [
        DemandShift(market, factor=factor, start=start, days=Constant(length))
        for start, length, factor in (*asked, (first, days - first, late))
        for market in calm
    ]
    for month in struck.itertuples():
        share, length = max(0.0, 1 - depth * (1 - month.production)), Constant(month.days)
        for node in (n for n in network.nodes if n.tier == 1):
            lost = max(0.0, 1 - share * flow[node.name] / node.capacity)
            strikes.append(Outage(node.name, start=month.start, days=length, loss=lost))
    return ChipShortage(base_stock_chain(network, days).disrupt(*strikes), months)


def measured_months() -> Any:
    """Read the measured months of 2019 to 2022: start and days in the replay, US cars as shares.

    Production and sales are shares of their mean from March 2019 to February 2020, the stock of
    the dealers is that of the month's last night as a share of the stock of 29 February 2020.
    """
    table = pd.read_csv(dataset("automotive") / "chip_shortage.csv", index_col="month")
    shares = table.filter(like="_share").rename(columns=lambda name: name.removesuffix("_share"))
    months = pd.PeriodIndex(table.index, freq="M")
    start = (months.start_time - pd.Timestamp("2020-01-01")).days
    return shares.assign(start=start, days=months.days_in_month)


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
