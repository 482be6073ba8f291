"""The monthly series around the chip shortage, 2019-2022, as shares of the year before it all.

Used by ``derive.py`` only; see README.md for the sources, their licence and their traps.
"""

import csv
import json
from pathlib import Path
from statistics import fmean

from facts import read
from series import CAR_PARTS, MONTHLY, car_parts, monthly

# The base: the twelve months before the pandemic; of the stock, their end.
BASE = ("2019-03", "2020-02")
COLUMNS = {
    "month": ("year-month", "which month"),
    "production": ("thousand cars/month", "cars built in the US, seasonally adjusted (DAUPSA)"),
    "sales": ("million cars/year", "cars sold, seasonally adjusted annual rate (LAUTOSA)"),
    "inventory": ("thousand cars", "stock of domestic cars at the month's end (AUINSA)"),
    "days_of_supply": ("days", "stock of domestic cars over their sales (AISRSA)"),
    "vehicle_sales": ("million vehicles/year", "all vehicles sold, trucks included (TOTALSA)"),
    "production_share": ("share", "production over its mean from March 2019 to February 2020"),
    "sales_share": ("share", "sales over their mean from March 2019 to February 2020"),
    "stock_share": ("share", "inventory over that at the end of February 2020"),
}
CHECKS = {
    "name": ("name", "number of the sources"),
    "value": ("unit", "that number"),
    "unit": ("unit", "its unit"),
    "source": ("text", "where it comes from"),
}
TEXT = ("month", "name", "unit", "source")


def months(facts: Path) -> list[list[str]]:
    """One row per month; what a series does not have stays empty."""
    table = read(facts / "us_auto_monthly" / "us_auto_monthly.csv")
    base = [row for row in table if BASE[0] <= row["month"] <= BASE[1]]
    ids = {
        "production": "domestic_auto_production_sa_k",
        "sales": "auto_sales_saar_m",
        "inventory": "domestic_auto_inventories_nsa_k",
    }
    means = {name: fmean(float(row[column]) for row in base) for name, column in ids.items()}
    means["inventory"] = float(base[-1][ids["inventory"]])
    rows = []
    for row in table:
        if "2019-01" <= row["month"] <= "2022-12":
            ratio = row["auto_inventory_sales_ratio_sa"]
            days = f"{float(ratio) * 365 / 12:.1f}" if ratio else ""
            plain = [row[column] for column in ids.values()]
            shares = [f"{float(row[c]) / means[n]:.4f}" if row[c] else "" for n, c in ids.items()]
            rows.append([row["month"], *plain, days, row["total_vehicle_sales_saar_m"], *shares])
    return rows


def write(folder: Path, facts: Path) -> None:
    """Write the tables; describe their columns, and those of the checks, in the data package."""
    made = {"chip_shortage": (COLUMNS, months), "monthly": (MONTHLY, monthly)}
    made |= {"car_parts": (CAR_PARTS, car_parts)}
    for name, (columns, rows) in made.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows(facts))
    path = folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    described = {name: columns for name, (columns, _) in made.items()} | {"checks": CHECKS}
    for name, columns in described.items():
        text = TEXT if name != "car_parts" else ("sales",)
        fields = [
            {"name": n, "type": "string" if n in text else "number", "unit": u, "description": m}
            for n, (u, m) in columns.items()
        ]
        package["resources"].append(
            {"name": name, "path": f"{name}.csv", "schema": {"fields": fields}}
        )
    here = json.loads(Path(__file__).with_name("datapackage.json").read_text(encoding="utf-8"))
    package["licenses"] = here["licenses"]
    path.write_text(json.dumps(package, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
