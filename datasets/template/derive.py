"""Make the template's sales, the only table that nobody could type: python derive.py.

Invented, with a fixed seed. Two runs give the same bytes (a test does it again).
"""

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

FIRST, WEEKS = date(2025, 1, 6), 52  # a Monday
HOLIDAYS = (date(2025, 12, 25), date(2025, 12, 26), date(2026, 1, 1))
# Monday to Sunday, as a share of the mean day: the city buys on its way from work, and is closed
# on Sundays; the coast buys on the weekend.
WEEKDAYS = {
    "city shop": (0.95, 0.85, 0.90, 1.10, 1.50, 1.70, 0.00),
    "coast shop": (0.60, 0.55, 0.65, 0.80, 1.20, 1.90, 1.30),
}
PER_DAY = {"city shop": 30.0, "coast shop": 20.0}
SPREAD = 8.0  # the gamma shape of a day's level: busier and quieter days than Poisson alone has


def main(folder: Path) -> None:
    """Write sales.csv: a year of days; a shop has no row for a day on which it is closed."""
    draw = np.random.default_rng(11)
    rows = ["date,node,product,quantity"]
    for day in (FIRST + timedelta(days=at) for at in range(7 * WEEKS)):
        for node, mean in PER_DAY.items():
            share = WEEKDAYS[node][day.weekday()]
            if share and day not in HOLIDAYS:
                rate = mean * share * draw.gamma(SPREAD, 1 / SPREAD)
                rows.append(f"{day},{node},filter,{draw.poisson(rate)}")
    (folder / "sales.csv").write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
