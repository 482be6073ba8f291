"""Derive the tables of the humanitarian case: ``derive.py --facts DIR``, with twinlab installed.

DIR holds the folders of raw files that README.md lists; they are not part of this project. What
is assumed stands in ``assumed/``, each figure with its reason. Two runs give identical files.
"""

import argparse
import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from facts import Food, Items, Row, Shipments, Storms, great_circle, read

from twinlab.cases.relief.goods import fit
from twinlab.scope import Constant, Demand, Gamma, Lane, LogNormal, Network, Node, Product, Stock

HERE = Path(__file__).parent
IKE = (2008, "Ike")  # the storm of the last mile
FITTED = range(2006, 2014)  # years of delivery; the ones after are there to check the law

# name: (unit, meaning) of every column of every table that is not one of the network
COLUMNS: dict[str, dict[str, tuple[str, str]]] = {
    "standards": {
        "name": ("name", "what is asked for"),
        "value": ("unit", "how much of it"),
        "unit": ("unit", "its unit"),
        "source": ("text", "who asks for it"),
    },
    "ration": {
        "commodity": ("name", "part of WFP's general ration"),
        "grams": ("g/person/day", "how much of it"),
        "food": ("name", "what it is in food_prices; blank: not there"),
        "source": ("text", "who says so"),
    },
    "hits": {
        "season": ("year", "hurricane season"),
        "storm": ("name", "one that leaves 100 people in need or more, at all places together"),
        "date": ("date", "day (UTC) of the strongest wind at the place"),
        "place": ("name", "where (assumed/places.csv)"),
        "wind": ("knots", "strongest wind at the place"),
        "need": ("people", "all people in need there"),
    },
    "commodities": {
        "name": ("name", "what one person is covered with"),
        "weight": ("kg", "per person covered"),
        "price": ("USD", "per person covered"),
        "low": ("USD", "price at least"),
        "high": ("USD", "price at most"),
        "volume": ("L", "per person covered"),
        "days": ("days", "for which it lasts"),
        "premium": ("share", "price for cash at home over price; blank: no cash for it"),
        "items": ("text", "what it is made of"),
    },
    "madagascar": {
        "item": ("name", "as in madagascar_items"),
        "depot": ("name", "where it lies"),
        "units": ("units", "stock; the source gives no date"),
    },
    "madagascar_items": {
        "item": ("name", "relief item"),
        "people": ("people", "whom one unit covers"),
        "weight": ("kg", "of one unit"),
        "volume": ("m3", "of one unit"),
    },
    "tracks": {
        "season": ("year", "hurricane season"),
        "storm": ("name", "as in hits"),
        "latitude": ("degrees north", "centre of the storm"),
        "longitude": ("degrees east", "centre of the storm"),
        "wind": ("knots", "strongest wind of the storm"),
    },
    "towns": {
        "name": ("name", "distribution point"),
        "latitude": ("degrees north", "where"),
        "longitude": ("degrees east", "where"),
        "people": ("people", "who live there"),
        "wind": ("knots", "strongest wind of hurricane Ike, 2008"),
        "need": ("people", "people in need"),
    },
    "food_prices": {
        "supplier": ("name", "who sells"),
        "food": ("name", "what"),
        "price": ("USD/t", "world price, as in Beirut"),
    },
    "nutrients": {
        "food": ("name", "food; 'requirement' is what a person needs in a day"),
        "nutrient": ("name", "with its unit"),
        "amount": ("per 100 g", "content (requirement: per person and day); blank: not measured"),
    },
    "shipments": {
        "country": ("code", "destination, as in shipment_codes"),
        "vendor": ("code", "who sells, as in shipment_codes"),
        "mode": ("label", "means of transport"),
        "incoterm": ("label", "who carries what; blank: from the project's own stores"),
        "group": ("label", "ARV, ACT, ANTM: drugs; HRDT, MRDT: tests"),
        "ordered": ("day", "purchase order, days after 1 January 2006; blank: from own stores"),
        "scheduled": ("day", "delivery as last agreed, days after 1 January 2006"),
        "delivered": ("day", "delivery, days after 1 January 2006"),
        "lines": ("number", "lines of the delivery note"),
        "quantity": ("packs", "in all lines"),
        "value": ("USD", "of all lines"),
    },
    "shipment_codes": {
        "column": ("name", "country or vendor"),
        "code": ("number", "what stands in shipments"),
        "name": ("name", "what it stands for"),
    },
    "countries": {
        "country": ("name", "destination"),
        "index": ("score 1 to 5", "Logistics Performance Index, mean of 2010 to 2016"),
        "shipments": ("shipments", "by air"),
        "days": ("days", "median from purchase order to delivery by air"),
    },
    "checks": {
        "name": ("name", "number of the sources"),
        "value": ("unit", "that number"),
        "unit": ("unit", "its unit"),
        "source": ("text", "where it comes from"),
    },
    "doubt": {
        "name": ("name", "what is asked of the plan, computed by doubt.py"),
        "value": ("unit", "what is found"),
        "low": ("unit", "lower end; blank: none"),
        "high": ("unit", "upper end; blank: none"),
        "unit": ("unit", "of the three"),
        "ends": ("text", "what the ends are, or which plan it is"),
    },
}
Tables = dict[str, list[Sequence[Any]]]


def storm_tables(storms: Storms, places: list[Row], figure: dict[str, float]) -> Tables:
    """Where every damaging storm struck, by place, and its track."""
    hits: list[Sequence[Any]] = []
    tracks: list[Sequence[Any]] = []
    for (season, name), track in sorted(storms.tracks.items(), key=lambda item: item[1][0]):
        felt = {p["name"]: storms.strongest((season, name), p) for p in places}
        people = {p["name"]: storms.need(felt[p["name"]][0], float(p["people"])) for p in places}
        if sum(people.values()) < figure["smallest_need"]:
            continue
        hits += [(season, name, when.date(), place, round(wind, 1), round(people[place]))
                 for place, (wind, when) in felt.items()
                 if people[place] >= 1 or wind >= figure["hurricane_wind"]]  # fmt: skip
        tracks += [(season, name, lat, lon, round(wind)) for _, lat, lon, wind in track]
    return {"hits": hits, "tracks": tracks}


# name: (its items, how many for how many people, days, cash premium)
GOODS = {
    "water": ("2 containers and a bucket for 5 people; tablets to treat water", "inf", ""),
    "food": ("14 days of the general ration, 555 g a day", "14", "cash_food"),
    "shelter": ("2 tarpaulins and a tool kit for 5 people", "inf", "cash_shelter"),
    "health": ("a hygiene kit for 5 people; medicine", "inf", ""),
}
FAMILY = {  # units for a family of five, by ESUPS item and the figure of its price
    "water": (("WaterContainers", 2, "price_container"), ("Buckets", 1, "price_bucket")),
    "food": (),
    "shelter": (("Tarpaulins", 2, "price_tarpaulin"), ("ShelterToolKit", 1, "price_tools")),
    "health": (("HygieneAndDignityKits", 1, "price_hygiene"),),
}
LOOSE = {
    "water": "tablets",
    "food": "food",
    "health": "medicine",
}  # what comes by weight, per person

ENDS = ("value", "low", "high")


def commodities(items: Items, ranges: dict[str, Row]) -> list[Sequence[Any]]:
    """Weight, price and volume of covering one person, by commodity; prices are assumed."""

    def figure(name: str, end: str = "value") -> float:
        return float(ranges[name][end])

    loose = {"water": figure("weight_tablets"), "health": figure("weight_medicine")}
    loose["food"] = 14 * sum(float(r["grams"]) for r in read(HERE / "ration.csv")) / 1000
    rows = []
    for name, (text, days, premium) in GOODS.items():
        weight = sum(n * items.items[item][1] for item, n, _ in FAMILY[name]) / 5
        volume = sum(n * items.items[item][2] for item, n, _ in FAMILY[name]) * 1000 / 5
        prices = [sum(n * figure(price, end) for _, n, price in FAMILY[name]) / 5
                  for end in ENDS]  # fmt: skip
        if name in LOOSE:
            weight += loose[name]
            volume += loose[name] / figure("loose_density")
            more = (figure(f"price_{LOOSE[name]}", end) for end in ENDS)
            prices = [a + b for a, b in zip(prices, more, strict=True)]
        rows.append((name, round(weight, 3), *(round(usd, 2) for usd in prices),
                     round(volume, 2), days, premium and figure(premium), text))  # fmt: skip
    return rows


def town_table(storms: Storms, towns: list[Row]) -> list[Sequence[Any]]:
    """Every town's need after hurricane Ike."""
    rows = []
    for town in towns:
        wind = storms.wind(IKE, town)
        people = float(town["people"])
        rows.append((town["name"], town["latitude"], town["longitude"], town["people"],
                     round(wind), round(storms.need(wind, people))))  # fmt: skip
    return rows


def fitted(shipments: Shipments, mode: str) -> LogNormal | Gamma:
    """The law that the days of the fitted years follow most likely, lognormal or gamma."""
    days = [float(days) for how, _, year, days in shipments.lead_times()
            if how == mode and year in FITTED and days > 0]  # fmt: skip
    law = fit(days).law
    return type(law)(round(law.mean, 2), round(law.sd, 2))


DEPOTS = {"West": "Pinar del Rio", "Centre": "Camaguey", "East": "Holguin"}  # by region
HUB = "Panama hub"
Where = dict[str, tuple[float, float]]  # latitude, longitude by place


def pipeline(shipments: Shipments, goods: list[Sequence[Any]], figure: dict[str, float]) -> Network:
    """Four goods from a maker by ship to Panama, by ship or plane to Cuba, by road to people."""
    places = {r["name"]: r for r in read(HERE / "assumed" / "places.csv")}
    where: Where = {name: point(places[name]) for name in (HUB, *DEPOTS.values())}
    where |= {region: centre([r for r in places.values() if r["region"] == region])
              for region in DEPOTS}  # fmt: skip
    sea, freight = fitted(shipments, "Ocean"), shipments.freight("Ocean")
    lanes: list[Lane] = []
    products, demands, stocks = [], [], []
    for name, weight, price, *_, lasts, premium, _ in goods:
        units = 1.0 if lasts == "inf" else float(lasts)  # a unit of food is a day's ration
        kg, usd = weight / units, price / units
        products.append(Product(name, weight=round(kg, 4), value=round(usd, 4)))
        lanes += ways(products[-1], sea, freight, where, figure)
        late = round(figure["shortage_multiple"] * usd / figure["wait_days"], 4)
        kept = {"hub": figure["hub_cover"]}
        kept |= dict.fromkeys(DEPOTS.values(), figure["depot_cover"]) | dict.fromkeys(DEPOTS, 0)
        rate = round(usd * figure["holding_rate"] / 365, 6)
        stocks += [Stock(at, name, n * units, holding_cost=rate) for at, n in kept.items()]
        for region in DEPOTS:
            demands.append(Demand(region, name, Constant(0), backorders=True, backorder_cost=late))
            if premium:
                lanes.append(
                    Lane("market", region, name, "cash", int(figure["market_days"]),
                         cost_per_unit=round(premium * usd, 4), sourcing_rank=3)
                )  # fmt: skip

    def node(name: str, role: str, tier: int, **more: Any) -> Node:
        lat, lon = where[name]
        return Node(as_node(name), role, tier, latitude=lat, longitude=lon, **more)

    return Network(
        products=products,
        nodes=[
            Node("maker", "supplier", 3),
            node(HUB, "hub", 2, country="Panama", review_period=int(figure["hub_review"])),
            Node("market", "market", 1, country="Cuba"),
            *(node(n, "depot", 1, country="Cuba", proportional=True) for n in DEPOTS.values()),
            *(node(name, "region", 0, country="Cuba") for name in DEPOTS),
        ],
        lanes=lanes,
        demands=demands,
        stocks=stocks,
    )


def ways(
    good: Product, sea: LogNormal | Gamma, freight: float, where: Where, figure: dict[str, float]
) -> Iterable[Lane]:
    """The lanes of one good, but for cash."""

    def lane(start: str, end: str, mode: str, days: str, rank: int = 1, **more: float) -> Lane:
        km, cost = haul(where[start], where[end], mode, figure)
        return Lane(as_node(start), end, good.name, mode, int(figure[days]), sourcing_rank=rank,
                    distance=round(km, 1), cost_per_unit=round(cost * good.weight, 4),
                    sourcing_share=float(rank == 1), **more)  # fmt: skip

    cost, room = round(freight * good.weight, 4), round(figure["air_daily"] / good.weight, 1)
    yield Lane("maker", "hub", good.name, "sea", sea, cost_per_unit=cost, sourcing_share=1)
    for region, depot in DEPOTS.items():
        yield lane(HUB, depot, "sea", "sea_days")
        yield lane(HUB, depot, "air", "air_days", 2, capacity=room)
        yield lane(depot, region, "road", "road_days")
    yield lane("Camaguey", "East", "road", "neighbour_days", 2)  # a neighbour's depot


def as_node(place: str) -> str:
    """How the pipeline calls a place."""
    return "hub" if place == HUB else place


def point(place: Row) -> tuple[float, float]:
    """Latitude and longitude of a place."""
    return float(place["latitude"]), float(place["longitude"])


def centre(places: list[Row]) -> tuple[float, float]:
    """Where the people of some places live on average."""
    people = [float(p["people"]) for p in places]
    lat, lon = (
        sum(n * at[axis] for n, at in zip(people, map(point, places), strict=True)) / sum(people)
        for axis in (0, 1)
    )
    return round(lat, 2), round(lon, 2)


def haul(
    start: tuple[float, float], end: tuple[float, float], mode: str, figure: dict[str, float]
) -> tuple[float, float]:
    """Kilometres of a way and USD per kilogram on it."""
    km = great_circle(start, end)
    if mode == "road":
        km = km * figure["road_circuity"] + figure["local_km"]
        return km, km * figure["road_cost"] / 1000
    km *= figure["circuity"] if mode == "sea" else 1.0
    return km, (km * figure[f"{mode}_cost"] + figure[f"{mode}_handling"]) / 1000


def checks(storms: Storms, items: Items, shipments: Shipments) -> list[Sequence[Any]]:
    """Numbers of the sources that tests and prose lean on."""
    leads = shipments.lead_times()
    medical, tracks = "USAID SCMS delivery history", "NOAA HURDAT2, dplyr extract"
    rows = [
        ("fixes", sum(map(len, storms.tracks.values())), "fixes", tracks),
        ("storms", len(storms.tracks), "storms", tracks),
        ("stock of Madagascar", sum(units for *_, units in items.stock), "units", "ESUPS"),
        ("depots of Madagascar", len({depot for _, depot, _ in items.stock}), "depots", "ESUPS"),
        ("shipments", len(leads), "shipments", f"{medical}: with order date and mode"),
        ("shipments before their order", sum(d <= 0 for *_, d in leads), "shipments", medical),
        *((f"freight {mode}", round(shipments.freight(mode), 4), "USD/kg",
           f"{medical}: median of lots from 100 kg on") for mode in ("Air", "Ocean")),
    ]  # fmt: skip
    return [tuple(row) for row in rows]


def write(folder: Path, tables: Tables, licenses: list[dict[str, str]]) -> None:
    """Write every table and add its columns to the data package of the network."""
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS[name])
            writer.writerows(rows)
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"] += [
        {"name": name, "path": f"{name}.csv", "schema": {"fields": described(name)}}
        for name in COLUMNS
    ]
    package["licenses"] = licenses
    path.write_text(json.dumps(package, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def described(name: str) -> Iterable[dict[str, str]]:
    """The columns of a table in the words of a data package."""
    kinds = {"name": "string", "label": "string", "text": "string", "date": "date"}
    return [
        {"name": column, "type": "string" if column == "unit" else kinds.get(unit, "number"),
         "unit": unit, "description": meaning}
        for column, (unit, meaning) in COLUMNS[name].items()
    ]  # fmt: skip


def main() -> None:
    """Derive the tables and the checks from a folder of raw facts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True, help="folder of the raw data folders")
    parser.add_argument("--out", type=Path, default=HERE, help="where to write (default: here)")
    given = parser.parse_args()
    assumed = {r["name"]: r for r in read(HERE / "assumed" / "figures.csv")}
    figure = {name: float(row["value"]) for name, row in assumed.items()}
    storms, food, items = Storms(given.facts, figure), Food(given.facts), Items(given.facts)
    shipments = Shipments(given.facts)
    # Read before the network overwrites the package, where both are in one folder.
    licenses = json.loads((HERE / "datapackage.json").read_text(encoding="utf-8"))["licenses"]
    goods = commodities(items, assumed)
    pipeline(shipments, goods, figure).to_tables(given.out)
    write(given.out, {
        **storm_tables(storms, read(HERE / "assumed" / "places.csv"), figure),
        "commodities": goods,
        "madagascar": items.stock,
        "madagascar_items": [(name, *each) for name, each in sorted(items.items.items())],
        "towns": town_table(storms, read(HERE / "assumed" / "towns.csv")),
        "food_prices": food.prices(),
        "nutrients": food.contents(),
        "shipments": shipments.whole(),
        "shipment_codes": shipments.codes(),
        "countries": shipments.countries("Air"),
        "checks": checks(storms, items, shipments),
    }, licenses)  # fmt: skip


if __name__ == "__main__":
    main()
