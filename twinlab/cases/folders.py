"""Where the case studies' tables lie: in the installed package, else in the source tree."""

import csv
from functools import cache
from pathlib import Path

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
    raise NetworkError(
        f"no tables of the case {name!r} in {places[0]} or {places[1]}: install twinlab from its "
        "wheel, or work in a full copy of its repository"
    )


@cache
def rows(case: str, table: str) -> tuple[dict[str, str], ...]:
    """Read a table of a case as rows of text by column.

    >>> rows("humanitarian", "ration")[0]["commodity"]
    'cereal'
    """
    with (dataset(case) / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
