"""Reading the tables of the humanitarian case (``datasets/humanitarian/README.md``)."""

import csv
from functools import cache

from twinlab.cases.folders import dataset


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Read a table of the case as rows of text by column.

    >>> rows("ration")[0]["commodity"]
    'cereal'
    """
    path = dataset("humanitarian") / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


@cache
def figures() -> dict[str, float]:
    """Read the assumed figures by name.

    >>> figures()["kit_days"]
    7.0
    """
    return {row["name"]: float(row["value"]) for row in rows("assumed/figures")}
