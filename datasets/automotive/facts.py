"""Numbers out of the raw files: where cars come from, when they sell, what they cost, how far.

Used by ``derive.py`` only; see README.md for every source, its licence and its traps.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev

Row = dict[str, str]

YEARS = range(2015, 2020)  # calm: after the financial crisis, before pandemic and chip shortage
VEHICLE_MAKERS = ("336111", "336112")  # automobiles; light trucks and utility vehicles
EARTH_KM = 6371.0


def read(path: Path) -> list[Row]:
    """Read a CSV file as a list of rows."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def to_one(parts: dict[str, float], digits: int = 4) -> dict[str, float]:
    """Scale parts to sum to one and round them; the largest evens out what rounding leaves."""
    total = sum(parts.values())
    shares = {name: round(part / total, digits) for name, part in parts.items()}
    ordered = dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))
    largest = next(iter(ordered))
    ordered[largest] = round(ordered[largest] + 1 - sum(ordered.values()), digits)
    return ordered


class Labels:
    """The content reports: one vote per carline, divided where a cell names several countries."""

    def __init__(self, facts: Path) -> None:
        """Read the carlines that were parsed whole."""
        rows = read(facts / "nhtsa_aala_automotive_origin" / "aala_my2025_my2026.csv")
        self.rows = [row for row in rows if row["parse_ok"] == "1"]

    def of(self, country: str = "", makers: str = "") -> list[Row]:
        """Carlines assembled (also) in a country, by some makers; all, if not given."""
        return [
            row
            for row in self.rows
            if country in ("", *row["assembly"].split("|"))
            and (not makers or row["manufacturer"] in makers.split("|"))
        ]

    def votes(
        self, cell: str = "assembly", country: str = "", makers: str = ""
    ) -> dict[str, float]:
        """Count carlines by the country that a cell names: assembly, engine or transmission."""
        counts: dict[str, float] = defaultdict(float)
        for row in self.of(country, makers):
            weight = 1 / len(row["assembly"].split("|")) if country else 1.0
            origins = row[cell].split("|")
            for origin in origins:
                counts[origin] += weight / len(origins)
        return dict(counts)

    def named_content(self, country: str) -> dict[str, float]:
        """Sum the foreign content (% of parts value) that carlines assembled in a country name."""
        sums: dict[str, float] = defaultdict(float)
        for row in self.rows:
            if row["assembly"] == country:
                for place in ("other1", "other2"):
                    if row[f"{place}_pct"]:
                        sums[row[f"{place}_country"]] += float(row[f"{place}_pct"])
        return dict(sums)

    def us_canada_content(self, makers: str) -> float:
        """Mean US and Canadian part of the parts value of some makers' US-built carlines."""
        rows = self.of("United States", makers)
        return fmean(float(row["us_canada_pct"]) for row in rows) / 100


class Months:
    """The monthly series of the calm years."""

    def __init__(self, facts: Path) -> None:
        """Read the months of ``YEARS``."""
        rows = read(facts / "us_auto_monthly" / "us_auto_monthly.csv")
        self.rows = [row for row in rows if int(row["month"][:4]) in YEARS]

    def column(self, name: str) -> list[float]:
        """One series."""
        return [float(row[name]) for row in self.rows]

    @cached_property
    def domestic(self) -> list[float]:
        """Sales of cars and light trucks built in North America, thousand a month."""
        cars = self.column("domestic_auto_sales_nsa_k")
        trucks = self.column("domestic_light_truck_sales_nsa_k")
        return [car + truck for car, truck in zip(cars, trucks, strict=True)]

    @cached_property
    def daily(self) -> list[float]:
        """Domestic sales by calendar day, so that long months do not look strong."""
        months = [(int(r["month"][:4]), int(r["month"][5:])) for r in self.rows]
        lengths = [31 if m in (1, 3, 5, 7, 8, 10, 12) else 30 if m != 2 else 28 + (y % 4 == 0)
                   for y, m in months]  # fmt: skip
        return [sales / days for sales, days in zip(self.domestic, lengths, strict=True)]

    def year_mean(self, at: int) -> float:
        """Mean daily sales of the year in which a month lies."""
        return fmean(self.daily[at // 12 * 12 : at // 12 * 12 + 12])

    @cached_property
    def season(self) -> tuple[float, ...]:
        """Twelve factors, January first, with mean one."""
        factors = [fmean(self.daily[m::12]) for m in range(12)]
        return tuple(round(f / fmean(factors), 3) for f in factors)

    @property
    def per_day(self) -> float:
        """All vehicles sold in a day, from the seasonally adjusted annual rate (millions)."""
        return fmean(self.column("total_vehicle_sales_saar_m")) * 1e6 / 365

    @property
    def domestic_share(self) -> float:
        """The part of all vehicles sold that was built in the US, Canada or Mexico."""
        total = sum(self.column("total_vehicle_sales_saar_m")) / 12 * 1e3
        return sum(self.domestic) / total

    @property
    def days_of_supply(self) -> float:
        """Dealers' stock of domestic cars in days of sales."""
        return fmean(self.column("auto_inventory_sales_ratio_sa")) * 365 / 12

    @property
    def daily_variation(self) -> float:
        """Coefficient of variation of a day's sales, were days independent of each other."""
        left = [
            sales / self.season[at % 12] / self.year_mean(at) - 1
            for at, sales in enumerate(self.daily)
        ]
        return stdev(left) * math.sqrt(365 / 12)


class InputOutput:
    """The benchmark input-output table, in USD per US-built light vehicle."""

    def __init__(self, facts: Path, vehicles: float) -> None:
        """Read the uses of 14 motor-vehicle industries; ``vehicles`` were built in that year."""
        folder = facts / "bea_io_motor_vehicles"
        self.vehicles = vehicles
        self.use: dict[tuple[str, str], float] = {}
        self.imported: dict[tuple[str, str], float] = {}
        for row in read(folder / "bea_2017_detail_motor_vehicle_inputs.csv"):
            key = (row["using_industry"], row["input_code"])
            self.use[key] = float(row["use_musd_2017"] or 0) * 1e6
            self.imported[key] = float(row["of_which_imported_musd"] or 0) * 1e6
        self.summary = {r["rownames"]: r for r in read(folder / "bea_2017_summary_use_table.csv")}

    def output(self, industries: Iterable[str]) -> float:
        """Everything some industries paid, profit included: their output (USD)."""
        chosen = set(industries)
        return sum(value for (industry, _), value in self.use.items() if industry in chosen)

    def bought(self, industries: Iterable[str], codes: str, imported: bool = False) -> float:
        """What some industries paid for some commodities ("336320*0.65|334300"), in USD."""
        table = self.imported if imported else self.use
        wanted = [code.partition("*") for code in codes.split("|")]
        return sum(
            table.get((industry, code), 0.0) * float(part or 1)
            for industry in industries
            for code, _, part in wanted
        )

    def surplus_share(self, industries: Iterable[str], sector: str) -> float:
        """Gross operating surplus per USD of output: of some industries, else of a whole sector."""
        if sector:
            column = {name: float(row[sector]) for name, row in self.summary.items()}
            return column["V003"] / column["Total Industry Output"]
        chosen = list(industries)
        return self.bought(chosen, "V00300") / self.output(chosen)


class Ways:
    """Distances: roads by the great circle with a detour, sea by the table of port pairs."""

    def __init__(self, facts: Path) -> None:
        """Read ports and sea distances."""
        folder = facts / "ports_sea_distances"
        ports = read(folder / "ports.csv")
        self.ports = {port["name"]: (float(port["lat"]), float(port["lon"])) for port in ports}
        self.sea: dict[tuple[str, str], float] = {}
        for row in read(folder / "sea_distances.csv"):
            km = float(row["sea_km"])
            self.sea[row["port_a"], row["port_b"]] = self.sea[row["port_b"], row["port_a"]] = km

    @staticmethod
    def straight(a: tuple[float, float], b: tuple[float, float]) -> float:
        """Great-circle distance (km, haversine)."""
        (north_a, east_a), (north_b, east_b) = [tuple(map(math.radians, p)) for p in (a, b)]
        inner = (
            math.sin((north_b - north_a) / 2) ** 2
            + math.cos(north_a) * math.cos(north_b) * math.sin((east_b - east_a) / 2) ** 2
        )
        return 2 * EARTH_KM * math.asin(math.sqrt(inner))


def freight_factors(facts: Path) -> dict[str, float]:
    """Emissions of each mode, tank to wheel plus well to tank, in kg CO2e per tonne-km."""
    wanted = {
        "sea": ("Container ship", "Average", ""),
        "car_ship": ("Vehicle transport", "Average", ""),
        "road": ("All artics", "", "Average laden"),
        "rail": ("Freight train", "", ""),
        "air": ("Long-haul, to/from UK", "", "With RF"),
    }
    found: dict[str, float] = {}
    for row in read(facts / "defra_2025_freight" / "defra_2025_freight_tonne_km.csv"):
        place = (row["vehicle"], row["detail"], row["laden_or_fuel"])
        if "refrigerated" not in row["category"]:
            for mode in (m for m, key in wanted.items() if key == place):
                found[mode] = found.get(mode, 0.0) + float(row["kgco2e_per_tonne_km"])
    return found
