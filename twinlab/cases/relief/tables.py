"""Reading the tables of the humanitarian case (``datasets/humanitarian/README.md``)."""

from functools import cache, partial

from twinlab.cases import folders

rows = partial(folders.rows, "humanitarian")


@cache
def figures() -> dict[str, float]:
    """Read the assumed figures by name.

    >>> figures()["kit_days"]
    7.0
    """
    return {row["name"]: float(row["value"]) for row in rows("assumed/figures")}
