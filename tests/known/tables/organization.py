"""Who pays what of a common cost."""

from tests.known.answers import Row
from twinlab.organization import CostGame


def split(given):
    return CostGame({tuple(names): cost for names, cost in given["costs"].items()}).shapley()


def most_opposed(given):
    objections = split(given).objections
    return max(objections, key=objections.get)


def pays(name):
    return lambda given: split(given)[name].pays


SKANE, TENNESSEE = "coop_skane_water", "coop_tennessee_valley"

ROWS = [
    *(Row(SKANE, f"shapley.{name}", pays(name)) for name in "AHKLMT"),
    Row(SKANE, "objects", most_opposed),
    *(Row(TENNESSEE, f"shapley.{name}", pays(name)) for name in "NFP"),
]
