"""Derive the outlines of the world's countries: ``derive.py --facts DIR`` (see README.md).

DIR holds the folder ``natural_earth_110m``, which is not part of this project. Two runs give
identical files.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LICENCE = {"name": "BSD-3-Clause", "path": "https://opensource.org/license/bsd-3-clause"}
COLUMNS = {
    "country": ("name", "as Natural Earth spells it"),
    "outline": ("tenths of a degree", "first corner, then steps: each east and north"),
}
Ring = tuple[str, list[tuple[int, int]]]  # in tenths of a degree


def rings(facts: Path) -> Iterator[Ring]:
    """Each outline to a tenth of a degree, the last corner not said again."""
    shapes = json.loads((facts / "natural_earth_110m" / "countries_110m.geojson").read_text())
    for shape in shapes["features"]:
        whole = shape["geometry"]
        parts = [whole["coordinates"]] if whole["type"] == "Polygon" else whole["coordinates"]
        for ring in (ring for part in parts for ring in part):
            corners = dict.fromkeys((round(10 * lon), round(10 * lat)) for lon, lat in ring)
            if len(corners) > 2:
                yield shape["properties"]["name"], [*corners]


def description() -> dict[str, Any]:
    """The table and its columns, as the other data packages have it."""
    fields = [
        {"name": name, "type": "string", "unit": unit, "description": words}
        | {"constraints": {"required": True}}
        for name, (unit, words) in COLUMNS.items()
    ]
    table = {"name": "land", "path": "land.csv", "schema": {"fields": fields}}
    return {"name": "world", "resources": [table], "licenses": [LICENCE]}


def main(facts: Path, out: Path) -> None:
    """Write the table and its description."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "land.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for name, ring in rings(facts):
            steps = [(x - u, y - v) for (u, v), (x, y) in pairwise([(0, 0), *ring])]
            writer.writerow([name, " ".join(str(at) for step in steps for at in step)])
    words = json.dumps(description(), indent=1, ensure_ascii=False) + "\n"
    (out / "datapackage.json").write_text(words, "utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    main(given.facts, given.out)
