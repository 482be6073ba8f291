"""Solutions of notebook 01: records that name a place which nobody knows."""

from functools import cache

import twinlab as tl

coffee = tl.course.read_exercises(1).coffee
PLACES = {"Hof": "farm", "Hafen": "port", "Rösterei": "roaster", "Laden": "shop"}


@cache
def told(seed, days):
    """Where what the planner writes down took place, and with whom."""
    plant, twin = coffee().twin(seed=seed, sensors=tl.Sensors(reporting=False))
    plant.advance(days)
    twin.sync()
    kinds = {"shipped", "received", "served"}
    moves = [m.data for m in twin.store.messages() if m.kind in kinds]
    return [(move["node"], move.get("partner")) for move in moves]


def waiting(place, seed, days):
    """How many records name the place."""
    return sum(PLACES[place] in names for names in told(seed, days))


SOLUTIONS = {
    "1.4": tl.course.Solution(
        solve=waiting,
        slips={
            "those are the records of that place; others name it as their partner.": (
                lambda place, seed, days: sum(PLACES[place] == node for node, _ in told(seed, days))
            ),
        },
    ),
}
