"""Derive the tables of the automotive case: ``python datasets/automotive/derive.py --facts DIR``.

DIR holds the folders of raw files that README.md lists; they are not part of this project. What
is assumed stands in ``assumed/``, each figure with its reason. Two runs give identical files.
"""

import argparse
import csv
import math
from pathlib import Path

import shortage
from facts import VEHICLE_MAKERS, YEARS
from knowledge import HERE, Case, Item

from twinlab.scope import Constant, Demand, Gamma, Lane, Network, Node, Product, Recipe, Stock
from twinlab.scope.distributions import Distribution


class Tables:
    """The rows of the case, made from what is known about it."""

    def __init__(self, case: Case) -> None:
        """Make all rows, downstream first."""
        self.case = case
        self.lanes: list[Lane] = []
        self.recipes: list[Recipe] = []
        self.stocks: list[Stock] = []
        for item, units in case.flow.items():
            self._item(item, units)
        order = {name: at for at, name in enumerate(case.site)}
        kinds = {name: at for at, name in enumerate(case.product)}
        self.lanes.sort(key=lambda v: (order[v.destination], kinds[v.product], -v.sourcing_share))
        self.recipes.sort(key=lambda r: (order[r.node], kinds[r.product]))
        self.stocks.sort(key=lambda s: (order[s.node], kinds[s.product]))

    def _item(self, item: Item, units: float) -> None:
        """A product at a site: its recipe or its lanes, and its stock."""
        case, (site, product) = self.case, item
        if product in case.site[site]["makes"].split("|"):
            days = int(case.product[product]["production_days"])
            under_way = round(units * case.recent(days), 3)
            self.recipes.append(Recipe(
                site, product, case.recipe(product), days,
                cost=case.making_cost(product), initial_in_process=under_way,
            ))  # fmt: skip
            lead, spread, pipeline = float(days), 0.0, under_way * days
        else:
            lanes = [self._lane(maker, item, share) for maker, share in case.sources(*item).items()]
            self.lanes += lanes
            pipeline = sum(v.initial_pipeline * v.lead_time.average for v in lanes)
            lead = sum(v.sourcing_share * v.lead_time.average for v in lanes)
            spread = sum(v.sourcing_share * getattr(v.lead_time, "sd", 0.0) for v in lanes)
        level = units * (lead + case.safety_days(item, lead, spread))
        rate = case.value[product] * case.figure["holding_rate"] / 365
        self.stocks.append(Stock(site, product, round(level - pipeline, 3), round(rate, 4)))

    def _lane(self, source: str, item: Item, share: float) -> Lane:
        case, (site, product) = self.case, item
        way = case.way(source, site, product)
        tonnes = float(case.product[product]["weight"]) / 1000
        cost = sum(km * case.figure[f"{kind}_cost"] for kind, km in way.legs)
        emitted = sum(km * case.factors[kind] for kind, km in way.legs)
        lead: Distribution = Constant(way.days)
        if way.mode == "sea":
            lead = Gamma(mean=way.days, sd=round(way.days * case.figure["sea_sd"], 2))
        return Lane(
            source, site, product, way.mode, lead,
            cost_per_unit=round(cost * tonnes, 4),
            distance=round(way.km),
            emission_factor=round(emitted / way.km, 5),
            sourcing_rank=list(case.sources(site, product)).index(source) + 1,
            sourcing_share=share,
            initial_pipeline=round(case.flow[item] * share * case.recent(way.days), 3),
        )  # fmt: skip

    def network(self) -> Network:
        """Everything together."""
        case = self.case
        return Network(
            products=[Product(n, float(spec["weight"]), round(case.value[n], 2))
                      for n, spec in case.product.items()],
            nodes=[self._node(name) for name in case.site],
            lanes=self.lanes,
            recipes=self.recipes,
            demands=[self._demand(market) for market in case.markets],
            stocks=self.stocks,
        )  # fmt: skip

    def _node(self, name: str) -> Node:
        case, site = self.case, self.case.site[name]
        made = [p for p in site["makes"].split("|") if p]
        spec = case.product[made[0]] if made else None
        units = sum(case.flow[name, p] * (1 + float(case.product[p]["headroom"])) for p in made)
        worth = [case.value[p] for p in made or ["vehicle"]]
        rate = sum(worth) / len(worth) * case.figure["holding_rate"] / 365
        return Node(
            name, spec["role"] if spec else "market", int(spec["tier"]) if spec else 0,
            site["country"], float(site["latitude"]), float(site["longitude"]),
            capacity=round(units, 2) if made else math.inf,
            holding_cost=round(rate, 4),
            proportional=bool(made),
            time_to_recover=int(spec["recover_days"]) if spec else 0,
        )  # fmt: skip

    def _demand(self, market: str) -> Demand:
        case = self.case
        # Regions vary independently of each other; together they vary as the whole market does.
        people = [case.figure[m] / sum(case.figure[n] for n in case.markets) for m in case.markets]
        variation = case.months.daily_variation / math.sqrt(sum(p * p for p in people))
        mean = case.demand[market]
        surplus = case.money.surplus_share(VEHICLE_MAKERS, "")
        return Demand(
            market, "vehicle", Gamma(mean=mean, sd=round(mean * variation, 3)),
            season=case.months.season, backorders=False,
            lost_sale_cost=round(case.value["vehicle"] * surplus, 2),
            price=round(case.value["vehicle"], 2),
        )  # fmt: skip


def checks(case: Case) -> list[tuple[str, float, str, str]]:
    """Numbers of the sources that the running case is compared with."""
    months, money = case.months, case.money
    years = f"{YEARS[0]}-{YEARS[-1]}"
    sales, labels, table = f"BEA via FRED {years}", "NHTSA Part 583 MY2025-26", "BEA IO 2017"
    outlays = money.output(VEHICLE_MAKERS)
    carriers = money.bought(VEHICLE_MAKERS, "481000|482000|483000|484000")
    votes = case.labels.votes()
    large = {c: v / sum(votes.values()) for c, v in votes.items() if v / sum(votes.values()) > 0.02}
    named = {plant: site["makers"] for plant, site in case.site.items() if site["makers"]}
    seaways = (("Nagoya", "Los Angeles"), ("Bremerhaven", "Brunswick"))
    rows = [
        ("sales", months.per_day / 1000, "thousand vehicles/day", f"{sales}: TOTALSA"),
        ("north_american_share", months.domestic_share, "share", f"{sales}: DAUTONSA DLTRUCKSNSA"),
        ("days_of_supply", months.days_of_supply, "days", f"{sales}: AISRSA"),
        ("daily_variation", months.daily_variation, "sd/mean", f"{sales}: DAUTONSA DLTRUCKSNSA"),
        ("vehicle_value", case.value["vehicle"], "USD", table),
        ("surplus_share", money.surplus_share(VEHICLE_MAKERS, ""), "share of output", table),
        ("carriers", carriers / outlays, "share of output", f"{table}: bought by vehicle makers"),
        *((f"imports {p}", case.import_share(p), "share of use", table)
          for p in ("engine", "transmission", "body", "seats", "chassis", "electronics")),
        *((f"us_canada_content {plant}", case.labels.us_canada_content(makers),
           "share of parts value", labels) for plant, makers in named.items()),
        ("carlines", sum(votes.values()), "carlines", labels),
        *((f"carlines {country}", share, "share of carlines", labels)
          for country, share in sorted(large.items(), key=lambda pair: -pair[1])),
        *((f"sea {a} - {b}", case.ways.sea[a, b], "km", "searoute 1.6.0") for a, b in seaways),
        *((f"emission {kind}", factor, "kg CO2e/tonne-km", "DESNZ 2025: TTW + WTT")
          for kind, factor in case.factors.items()),
    ]  # fmt: skip
    return [(name, round(value, 5), unit, source) for name, value, unit, source in rows]


def main() -> None:
    """Derive the tables and the checks from a folder of raw facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True, help="folder of the raw data folders")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (default: here)")
    given = parser.parse_args()
    case = Case(given.facts)
    Tables(case).network().to_tables(given.out)
    with (given.out / "checks.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "value", "unit", "source"))
        writer.writerows(checks(case))
    shortage.write(given.out, given.facts)


if __name__ == "__main__":
    main()
