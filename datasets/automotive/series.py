"""What forecasts are tried on: US months since 1993, and the sales of 2,674 car parts.

Used by ``derive.py`` only; see README.md for the sources, their licence and their traps.
"""

import csv
import gzip
from pathlib import Path

from facts import Row, read

MONTHLY = {
    "month": ("year-month", "which month"),
    "cars": ("thousand cars/month", "cars sold, built in North America (DAUTONSA)"),
    "light_trucks": ("thousand trucks/month", "light trucks sold, built there (DLTRUCKSNSA)"),
    "production": ("thousand cars/month", "cars built in the US (DAUPNSA)"),
}
CAR_PARTS = {
    "part": ("number", "which part"),
    "screened": ("0 or 1", "1: among the 1,046 that many papers keep, by sales to the last month"),
    "sales": ("units/month", "sold in each of 51 months, January 1998 to March 2002"),
}
SERIES = ("domestic_auto_sales_nsa_k", "domestic_light_truck_sales_nsa_k",
          "domestic_auto_production_nsa_k")  # fmt: skip


def monthly(facts: Path) -> list[list[str]]:
    """One row per month that any of the series has; what a series does not have stays empty."""
    table = read(facts / "us_auto_monthly" / "us_auto_monthly.csv")
    rows = [[row["month"], *(row[name] for name in SERIES)] for row in table]
    return [row for row in rows if any(row[1:])]


def car_parts(facts: Path) -> list[list[str]]:
    """One row per part: its number, whether it is screened, and its sales."""

    def packed(name: str) -> list[Row]:
        with gzip.open(facts / "carparts" / name, "rt", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    kept = {row["part"] for row in packed("carparts_1046_complete_active.csv.gz")}
    return [
        [row.pop("part"), str(int(part in kept)), " ".join(f"{float(v):g}" for v in row.values())]
        for row in packed("carparts_zero_filled_wide.csv.gz")
        for part in [row["part"]]
    ]
