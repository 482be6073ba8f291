"""Numbers out of the raw files: storms over places, food in Syria, days from order to delivery.

Used by ``derive.py`` only; see README.md for every source, its licence and its traps.
"""

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

Row = dict[str, str]
Fix = tuple[datetime, float, float, float]  # when, latitude, longitude, wind [knots]

EARTH_KM = 6371.0
KNOT = 0.514444  # m/s
FOLATE, VITAMIN_A = "Folate(ug)", "VitaminA(ug)"
UNMEASURED = """Cheese|Corn-soya blend (CSB)|WSB|Lentils|Maize|Maize meal|Sorghum/millet
Soya-fortified maize meal|Soya-fortified wheat flour|Wheatflour""".replace("\n", "|")
# Where the source's zero stands for a value that nobody measured.
MISSING = {(food, FOLATE) for food in UNMEASURED.split("|")}
MISSING |= {("Oil", VITAMIN_A)}  # WFP's oil is fortified
LPI_NAMES = {
    "Congo, DRC": "Congo, Dem. Rep.",
    "Côte d'Ivoire": "Cote d Ivoire",
    "Kyrgyzstan": "Kyrgyz Republic",
}


LOT = 100.0  # kg: what a relief agency sends is not smaller
CODED = ("country", "vendor")
FIRST_DAY = date(2006, 1, 1)  # of the shipments: day 0


def day(text: str) -> int | str:
    """A date as the days since the first one; blank stays blank."""
    return (date.fromisoformat(text) - FIRST_DAY).days if text else ""


def read(path: Path) -> list[Row]:
    """Read a CSV file, packed or not, as a list of rows."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def great_circle(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Distance between two (latitude, longitude) in km."""
    south, west, north, east = (math.radians(v) for v in (*a, *b))
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


class Storms:
    """The tracks of 1975-2024, and the wind they brought to a place."""

    def __init__(self, facts: Path, figure: dict[str, float]) -> None:
        """Read the fixes, in order of time, by (season, name)."""
        self.figure = figure
        self.tracks: dict[tuple[int, str], list[Fix]] = defaultdict(list)
        for row in read(facts / "noaa_hurdat2_storms" / "storms_gulf_se_us_1975_2024.csv"):
            when = datetime(*(int(row[part]) for part in ("year", "month", "day", "hour")))
            fix = (when, float(row["lat"]), float(row["long"]), float(row["wind"]))
            self.tracks[int(row["year"]), row["name"]].append(fix)
        for track in self.tracks.values():
            track.sort()

    def strongest(self, key: tuple[int, str], place: Row) -> tuple[float, datetime]:
        """The strongest wind of a storm at a place [knots], and its (first) hour."""
        here = float(place["latitude"]), float(place["longitude"])
        radius, decay = self.figure["storm_radius"], self.figure["storm_decay"]
        felt = (
            (wind * min(1.0, (radius / max(great_circle(here, (lat, lon)), 1.0)) ** decay), when)
            for when, lat, lon, wind in hourly(self.tracks[key])
        )
        return max(felt, key=lambda hour: hour[0])

    def wind(self, key: tuple[int, str], place: Row) -> float:
        """The strongest wind of a storm at a place [knots]."""
        return self.strongest(key, place)[0]

    def need(self, wind: float, people: float) -> float:
        """People in need: Emanuel's damaged share at that wind, of all people."""
        low, half = self.figure["wind_threshold"], self.figure["wind_half"]
        v = max(0.0, wind * KNOT - low) / (half - low)
        return people * v**3 / (1 + v**3)


def hourly(track: list[Fix]) -> Iterator[Fix]:
    """Fixes an hour apart; where the extract has a gap only its ends."""
    for before, after in pairwise(track):
        hours = (after[0] - before[0]).total_seconds() / 3600
        steps = max(1, round(hours)) if hours <= 6 else 1
        for step in range(steps):
            part = step / steps
            lat, lon, wind = (
                a + part * (b - a) for a, b in zip(before[1:], after[1:], strict=True)
            )
            yield before[0] + timedelta(hours=hours * part), lat, lon, wind
    yield track[-1]


class Items:
    """Relief items as ESUPS describes them: t and m3 of one, people whom it covers, stock."""

    def __init__(self, facts: Path) -> None:
        """Read items and the stock of Madagascar."""
        folder = facts / "esups_madagascar"
        per = {r["Item"]: float(r["PersonsPerItem"]) for r in read(folder / "personsPerItem.csv")
               if r["Month"] == "DEFAULT"}  # fmt: skip
        self.items = {
            r["ItemName"]: (
                per[r["ItemName"]],
                round(float(r["WeightMetricTon"]) * 1000, 4),
                float(r["CubicMeters"]),
            )
            for r in read(folder / "items.csv")
        }
        self.stock = [
            (r["ItemName"], r["gglAddress"].removesuffix(", Madagascar"), int(float(r["Total"])))
            for r in read(folder / "actual.csv")
        ]


class Food:
    """The World Food Programme's Syria instance: what foods cost in Beirut, and what they hold."""

    def __init__(self, facts: Path) -> None:
        """Read prices and nutrients."""
        folder = facts / "wfp_syria_food_program"
        self.required = read(folder / "nutrient_requirements.csv")[0]
        self.nutrients = [row for row in read(folder / "food_nutrition.csv") if possible(row)]
        self.world = read(folder / "food_internationalprice.csv")

    def prices(self) -> list[tuple[str, str, float]]:
        """USD per tonne by (supplier, food): Beirut is abroad, so the world's."""
        held = {row["Food"] for row in self.nutrients}
        return [("Beirut S", r["Food"], float(r["InternationalPrice"]))
                for r in self.world if r["Food"] in held]  # fmt: skip

    def contents(self) -> list[tuple[str, str, float | str]]:
        """What 100 g hold by (food, nutrient); blank where zero stands for not measured."""
        content = [(row["Food"], row) for row in self.nutrients]
        return [
            (name, nutrient, "" if (name, nutrient) in MISSING else float(amount))
            for name, row in (*content, ("requirement", self.required))
            for nutrient, amount in row.items()
            if nutrient not in ("Food", "Type")
        ]


def possible(row: Row) -> bool:
    """Protein and fat weigh no more than the food (sorghum grits: 360 g of protein in 100 g)."""
    return float(row["Protein(g)"]) + float(row["Fat(g)"]) <= 100


class Shipments:
    """USAID's medical shipments: days from order to delivery, freight per kilogram."""

    def __init__(self, facts: Path) -> None:
        """Read the lines that state when they were ordered."""
        self.rows = read(facts / "scms_shipments" / "scms_clean.csv.gz")
        self.lines = [row for row in self.rows if row["po_date"] and row["mode"]]
        self.lpi = defaultdict(list)
        for row in read(facts / "world_bank_lpi" / "lpi_2010_2016.csv"):
            self.lpi[row["Country"]].append(float(row["Overall LPI Score"]))

    def lead_times(self) -> list[tuple[str, str, int, int]]:
        """(mode, country, year of delivery, days) of each shipment; its last line counts."""
        found: dict[str, tuple[str, str, int, int]] = {}
        for row in self.lines:
            there = date.fromisoformat(row["delivered_date"])
            days = (there - date.fromisoformat(row["po_date"])).days
            new = (row["mode"], row["country"], there.year, days)
            if row["shipment"] not in found or days > found[row["shipment"]][3]:
                found[row["shipment"]] = new
        return list(found.values())

    def whole(self) -> list[tuple[str | int, ...]]:
        """Each shipment with its lines put together, in order of delivery, names as codes."""
        lines: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            lines[row["shipment"]].append(row)
        code = {(column, name): number for column, number, name in self.codes()}
        found = [
            (*(code[column, own[0][column]] for column in CODED), own[0]["mode"] or "unknown",
             own[0]["incoterm"], own[0]["product_group"], day(own[0]["po_date"]),
             day(min(row["scheduled_date"] for row in own)), day(own[0]["delivered_date"]),
             len(own), sum(int(row["quantity"]) for row in own),
             round(sum(float(row["value_usd"]) for row in own)))
            for own in lines.values()
        ]  # fmt: skip
        return sorted(found, key=lambda row: (row[7], row[6]))

    def codes(self) -> list[tuple[str, int, str]]:
        """The numbers that stand for countries and vendors, in the order of their names."""
        return [
            (column, number, name)
            for column in CODED
            for number, name in enumerate(sorted({row[column] for row in self.rows}))
        ]

    def freight(self, mode: str) -> float:
        """Median USD per kilogram of direct drops that state freight and weight, from 100 kg on.

        Smaller lots pay a minimum charge (1.66 by sea, 11.17 by air with them); what comes from
        the project's own stores travels another way at another price.
        """
        return median(
            float(row["freight_usd"]) / float(row["weight_kg"])
            for row in self.rows
            if row["mode"] == mode
            and row["fulfill_via"] == "Direct Drop"
            and row["freight_note"] == "numeric"
            and float(row["weight_kg"] or 0) >= LOT
        )

    def countries(self, mode: str) -> list[tuple[str, float, int, float]]:
        """(country, mean performance index, shipments, median days) by one mode, from 10 on."""
        days = defaultdict(list)
        for how, country, _, lead in self.lead_times():
            if how == mode and lead > 0:
                days[country].append(lead)
        rows = []
        for country in sorted(days):
            scores = self.lpi.get(LPI_NAMES.get(country, country))
            if scores and len(days[country]) >= 10:
                rows.append((country, round(fmean(scores), 3), len(days[country]),
                             float(median(days[country]))))  # fmt: skip
        return rows
