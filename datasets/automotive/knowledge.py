"""What is known and assumed about the case: who buys where, what things cost, how goods travel.

Used by ``derive.py`` only.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from facts import (
    VEHICLE_MAKERS,
    InputOutput,
    Labels,
    Months,
    Row,
    Ways,
    freight_factors,
    read,
    to_one,
)

HERE = Path(__file__).parent
NORTH_AMERICA = "North America"
Item = tuple[str, str]


@dataclass(frozen=True)
class Way:
    """How goods get from one site to another: legs of (kind of transport, km), and days."""

    mode: str
    legs: tuple[tuple[str, float], ...]
    days: int

    @property
    def km(self) -> float:
        """Length of all legs."""
        return sum(km for _, km in self.legs)


class Case:
    """What is assumed and what the facts say, by name."""

    def __init__(self, facts: Path) -> None:
        """Read the assumed tables and the facts."""
        folder = HERE / "assumed"
        self.figure = {r["name"]: float(r["value"]) for r in read(folder / "figures.csv")}
        self.product: dict[str, Row] = {r["name"]: r for r in read(folder / "products.csv")}
        self.site = {r["name"]: r for r in read(folder / "sites.csv")}
        self.country = {r["country"]: r for r in read(folder / "countries.csv")}
        self.listed = read(folder / "sourcing.csv")
        self.labels = Labels(facts)
        self.months = Months(facts)
        self.money = InputOutput(facts, self.figure["us_light_vehicles_2017"])
        self.ways = Ways(facts)
        self.factors = freight_factors(facts)

    # -- who makes what, and who buys where --

    @property
    def markets(self) -> list[str]:
        """The customers' regions."""
        return [name for name, site in self.site.items() if not site["makes"]]

    def makers(self, product: str) -> list[str]:
        """The sites that make a product."""
        return [n for n, site in self.site.items() if product in site["makes"].split("|")]

    def parts(self, product: str) -> list[str]:
        """The components of a product."""
        return [c for c in self.product[product]["components"].split("|") if c]

    def land(self, site: str) -> str:
        """The landmass of a site."""
        return self.country[self.site[site]["country"]]["land"]

    @cached_property
    def plant_shares(self) -> dict[str, float]:
        """Each assembly plant's part of the market.

        North America against overseas is measured (sales); who has how much within the two is
        counted over carlines.
        """
        votes = {
            plant: sum(self.votes(plant, "assembly").values()) for plant in self.makers("vehicle")
        }
        inside = {p: v for p, v in votes.items() if self.land(p) == NORTH_AMERICA}
        outside = {p: v for p, v in votes.items() if p not in inside}
        near = self.months.domestic_share
        shares = {p: near * v / sum(inside.values()) for p, v in inside.items()}
        shares |= {p: (1 - near) * v / sum(outside.values()) for p, v in outside.items()}
        return to_one(shares)

    def votes(self, plant: str, cell: str) -> dict[str, float]:
        """Count an assembly plant's carlines by the country that a cell names."""
        site = self.site[plant]
        return self.labels.votes(cell, site["country"], site["makers"])

    def sources(self, buyer: str, product: str) -> dict[str, float]:
        """Where a site buys a product: share by supplier."""
        if buyer in self.markets:
            return self.plant_shares
        origin = self.product[product]["origin"]
        if origin == "listed":
            return self._listed(buyer, product)
        by_country = {self.site[maker]["country"]: maker for maker in self.makers(product)}
        if origin != "labels":
            votes = self._home_and_imports(self.site[buyer]["country"], product, by_country)
            return to_one({by_country[c]: share for c, share in votes.items()})
        votes = self.votes(buyer, product)
        total = sum(votes.values())
        large = {c: v for c, v in votes.items() if v / total >= self.figure["smallest_source"]}
        return to_one({by_country[c]: v for c, v in large.items() if c in by_country})

    def _listed(self, buyer: str, product: str) -> dict[str, float]:
        places = [self.site[buyer]["country"], self.land(buyer), ""]
        rows = [r for r in self.listed if r["product"] == product]
        place = next(p for p in places if any(r["buyer"] == p for r in rows))
        shares = {r["supplier"]: r["share"] for r in rows if r["buyer"] == place}
        if "import" in shares.values():
            imported = self.import_share(product)
            words = {"home": 1 - imported, "import": imported}
            return to_one({supplier: words[word] for supplier, word in shares.items()})
        return to_one({supplier: float(share) for supplier, share in shares.items()})

    def import_share(self, product: str) -> float:
        """The imported part of what US industries of this case buy of a product (by value)."""
        users = [p for p in self.product if product in self.parts(p)]
        industries = [i for user in users for i in self.product[user]["industry"].split("|")]
        codes = self.product[product]["codes"]
        imported = self.money.bought(industries, codes, imported=True)
        return imported / self.money.bought(industries, codes)

    def _home_and_imports(
        self, country: str, product: str, makers: dict[str, str]
    ) -> dict[str, float]:
        """Home supply; the US also imports, from the countries that its carlines name most."""
        home = country if country in makers else self.country[country]["hub"]
        imported = self.import_share(product)
        if home != "United States" or imported < self.figure["smallest_source"]:
            return {home: 1.0}
        named = self.labels.named_content("United States")
        ranked = sorted((c for c in named if c in makers), key=lambda c: -named[c])
        sources = int(self.product[product]["origin"].removeprefix("imports "))
        abroad = {c: named[c] for c in ranked[:sources]}
        return {home: 1 - imported} | {
            c: imported * v / sum(abroad.values()) for c, v in abroad.items()
        }

    # -- money --

    @cached_property
    def value(self) -> dict[str, float]:
        """USD of each product in one vehicle, from the input-output coefficients."""
        money, known = self.money, {"vehicle": 0.0}
        known["vehicle"] = money.output(VEHICLE_MAKERS) / money.vehicles
        for name in list(self.product)[1:]:
            uses = self.uses(name, known)
            known[name] = sum(uses.values())
        return known

    def uses(self, part: str, known: dict[str, float]) -> dict[str, float]:
        """USD of a part in each product that it goes into, per vehicle."""
        spec = self.product[part]
        users = [p for p in self.product if part in self.parts(p)]
        if not spec["codes"]:
            return {user: known[user] * self.figure["wafer_value"] for user in users}
        return {
            user: known[user]
            * self.money.bought(self.product[user]["industry"].split("|"), spec["codes"])
            / self.money.output(self.product[user]["industry"].split("|"))
            for user in users
        }

    def recipe(self, product: str) -> dict[str, float]:
        """Units of each component per unit; over all users they add up to one kit per vehicle."""
        return {
            part: round(self.uses(part, self.value)[product] / self.value[part], 4)
            for part in self.parts(product)
        }

    def making_cost(self, product: str) -> float:
        """What a maker pays beside the components followed here: value less profit less parts."""
        spec = self.product[product]
        profit = self.money.surplus_share(spec["industry"].split("|"), spec["margin"])
        parts = sum(self.uses(part, self.value)[product] for part in self.parts(product))
        return round(self.value[product] * (1 - profit) - parts, 2)

    # -- flows --

    @cached_property
    def demand(self) -> dict[str, float]:
        """Mean units a day of each market."""
        people = {m: self.figure[m] for m in self.markets}
        per_day = self.months.per_day / self.figure["scale"]
        return {m: round(per_day * n / sum(people.values()), 3) for m, n in people.items()}

    @cached_property
    def flow(self) -> dict[Item, float]:
        """Mean units a day of each product at each site that buys or makes it."""
        flows = {(market, "vehicle"): units for market, units in self.demand.items()}
        for product in self.product:
            for (buyer, wanted), units in list(flows.items()):
                if wanted == product:
                    for maker, share in self.sources(buyer, product).items():
                        flows[maker, product] = flows.get((maker, product), 0.0) + units * share
            for maker in self.makers(product):
                for part, need in self.recipe(product).items():
                    used = flows[maker, product] * need
                    flows[maker, part] = flows.get((maker, part), 0.0) + used
        return flows

    # -- transport --

    def way(self, source: str, destination: str, product: str) -> Way:
        """The way of a product between two sites."""
        a, b = self._place(source), self._place(destination)
        figure = self.figure
        direct = self.ways.straight(a, b)
        if self.land(source) != self.land(destination):
            if product.endswith(("chip", "wafer")):
                return Way("air", (("air", direct),), round(figure["air_days"]))
            return self._by_sea(source, destination, product)
        mode, km = self._on_land(direct, product)
        days = figure[f"{mode}_days"] + km / figure[f"{mode}_km_per_day"]
        return Way(mode, ((mode, km),), round(days))

    def _on_land(self, direct: float, product: str) -> tuple[str, float]:
        """Road or rail, and how far: some heavy goods go by rail when it is far."""
        km = direct * self.figure["road_detour"]
        by_rail = self.product[product]["rail"] == "yes" and km >= self.figure["rail_from_km"]
        return ("rail" if by_rail else "road", km)

    def _by_sea(self, source: str, destination: str, product: str) -> Way:
        """The quickest pair of ports."""
        figure, ways = self.figure, self.ways
        ship = "car_ship" if product == "vehicle" else "sea"
        found = []
        for out in self.country[self.site[source]["country"]]["ports"].split("|"):
            for into in self.country[self.site[destination]["country"]]["ports"].split("|"):
                ends = ((self._place(source), ways.ports[out]),
                        (ways.ports[into], self._place(destination)))  # fmt: skip
                land = [self._on_land(ways.straight(*end), product) for end in ends]
                sea = ways.sea[out, into]
                days = figure["port_days"] + sea / figure["ship_km_per_day"]
                days += sum(km / figure[f"{mode}_km_per_day"] for mode, km in land)
                found.append(Way("sea", ((ship, sea), *land), round(days)))
        return min(found, key=lambda way: (way.days, way.km))

    def _place(self, site: str) -> tuple[float, float]:
        return (float(self.site[site]["latitude"]), float(self.site[site]["longitude"]))

    # -- stocks --

    def recent(self, days: float) -> float:
        """Mean season factor of the last days of the year: what is under way on 1 January."""
        season = self.months.season
        whole = max(1, round(days))
        return sum(season[int((365 - back) / 365 * 12)] for back in range(1, whole + 1)) / whole

    def safety_days(self, item: Item, lead: float, spread: float) -> float:
        """Days of stock beside the lead time: by kind, for the season's peak and for late ships."""
        site, product = item
        if site in self.markets:
            return self.months.days_of_supply
        made = product in self.site[site]["makes"].split("|")
        kind = float(self.product[product]["ready_days" if made else "part_days"])
        peak = max(self.months.season) - 1
        return kind + peak * lead + self.figure["lead_time_cover"] * spread
