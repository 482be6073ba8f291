"""Exercises of notebook 09: complete sets of relief goods, a day too late, a split."""

from functools import cache

import twinlab as tl
from twinlab.cases import relief
from twinlab.cases.humanitarian import relief_cost

SET = dict.fromkeys(["Buckets", "WaterContainers", "Tarpaulins"], 2.5)  # people whom a unit helps
ALONE = {"A": 371, "B": 442, "C": 297}
TOGETHER = {("A", "B"): 776, ("A", "C"): 630, ("B", "C"): 602, ("A", "B", "C"): 963}


@cache
def sets():
    """Whom the stock of Madagascar covers with complete sets."""
    return relief.complete_sets(relief.madagascar(), SET)


@cache
def season(act, day=100):
    """What the season of 2008 costs if one orders on the morning of a day [million USD]."""
    case = tl.cases.humanitarian()
    pair = case.twin(seed=1, day=day - 12)
    pair.live(12)
    pair.act(case.options("East")[act], "Ana", act)
    pair.plant.advance(case.days - pair.plant.day, untold=True)
    return relief_cost(pair.plant.run)[0] / 1e6


def gain(pays):
    """What B and C gain by leaving [thousand USD]."""
    return tl.organization.CostGame(ALONE | TOGETHER).check(pays).objections["B + C"]


def alike():
    """Each saves the same part of its cost alone."""
    return {who: 963 * cost / sum(ALONE.values()) for who, cost in ALONE.items()}


EXERCISES = {
    "9.1": tl.course.Exercise(
        goal="09/1",
        solve=lambda: sets().where_they_lie,
        unit="people",
        hints=(
            "`relief.complete_sets(stock, people)` takes the people whom a unit helps, by item.",
            "its items are called Buckets, WaterContainers, Tarpaulins; take `where_they_lie`.",
        ),
        slips={
            "that is if everything were brought together first.": lambda: sets().brought_together,
            "those are sets, not people: one helps 2.5.": lambda: sets().where_they_lie / 2.5,
            "that is the item of which there is most; a set lacks the others.": (
                lambda: max(sets().people.values())
            ),
        },
    ),
    "9.2": tl.course.Exercise(
        goal="09/2",
        solve=lambda: season("air and cash", 101) - season("air and cash"),
        unit="million USD",
        hints=(
            "`lived(seed, act, day)` from above lives a season, `million` gives its cost.",
            'take `million(lived(1, "air and cash", 101))[0]` less that of day 100.',
        ),
        slips={
            "that is what doing nothing costs more than ordering on day 100.": (
                lambda: season("do nothing") - season("air and cash")
            ),
            "the sign is turned: later less earlier.": (
                lambda: season("air and cash") - season("air and cash", 101)
            ),
        },
    ),
    "9.3": tl.course.Exercise(
        goal="09/3",
        solve=lambda: gain(alike()),
        unit="thousand USD",
        hints=(
            "together they pay 963 instead of 1,110: each pays the same part of its cost alone.",
            "what B and C pay then, less the 602 that they pay as a pair.",
        ),
        slips={
            "that is the gain under the Shapley value; here all save the same part.": (
                lambda: tl.organization.CostGame(ALONE | TOGETHER).shapley().objections["B + C"]
            ),
            "that is what B and C pay; take off the 602 that they pay as a pair.": (
                lambda: alike()["B"] + alike()["C"]
            ),
        },
    ),
}
