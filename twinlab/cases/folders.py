"""Where the case studies' tables lie: in the installed package, else in the source tree."""

import csv
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from twinlab.scope.errors import NetworkError

_PACKAGE = Path(__file__).resolve().parents[1]


def dataset(name: str) -> Path:
    """Find the folder of a case study's tables.

    Raises:
        NetworkError: neither the package nor its source tree holds such a folder.

    >>> dataset("automotive").name
    'automotive'
    """
    places = [home / "datasets" / name for home in (_PACKAGE, _PACKAGE.parent)]
    for folder in places:
        if (folder / "nodes.csv").is_file():
            return folder
    problem = f"no tables of the case {name!r} in {places[0]} or {places[1]}"
    remedy = "install twinlab from its wheel, or work in a full copy of its repository"
    raise NetworkError(f"{problem}: {remedy}")


@cache
def rows(case: str, table: str) -> tuple[dict[str, Any], ...]:
    """Read a table of a case as rows by column: numbers, yes and no as such, all else as text.

    >>> rows("humanitarian", "ration")[0]["commodity"], rows("humanitarian", "ration")[0]["grams"]
    ('cereal', 400)
    """
    with (dataset(case) / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return tuple({k: _value(word) for k, word in row.items()} for row in csv.DictReader(file))


def _value(word: str) -> Any:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(word)
    return {"yes": True, "no": False}.get(word, word)


@cache
def figures(case: str, table: str = "figures") -> dict[str, float]:
    """Read a table of names and values.

    >>> figures("factory")["minutes_per_day"]
    480.0
    """
    return {row["name"]: float(row["value"]) for row in rows(case, table)}
