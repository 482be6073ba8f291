"""Make the template's sales, the only table that nobody could type: python derive.py.

Invented, with a fixed seed. Two runs give the same bytes (a test does it again).
"""

import sys
from pathlib import Path

import numpy as np

WEEKS = 52
# Monday to Sunday, as a share of the mean day: the city buys on its way from work, the coast on
# the weekend.
WEEKDAYS = {
    "city shop": (0.90, 0.80, 0.85, 1.00, 1.40, 1.55, 0.50),
    "coast shop": (0.60, 0.55, 0.65, 0.80, 1.20, 1.90, 1.30),
}
PER_DAY = {"city shop": 30.0, "coast shop": 20.0}
SPREAD = 8.0  # the gamma shape of a day's level: busier and quieter days than Poisson alone has


def main(folder: Path) -> None:
    """Write sales.csv: a year of days, day 0 is a Monday."""
    draw = np.random.default_rng(11)
    rows = ["day,node,units"]
    for day in range(7 * WEEKS):
        for node, mean in PER_DAY.items():
            rate = mean * WEEKDAYS[node][day % 7] * draw.gamma(SPREAD, 1 / SPREAD)
            rows.append(f"{day},{node},{draw.poisson(rate)}")
    (folder / "sales.csv").write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
