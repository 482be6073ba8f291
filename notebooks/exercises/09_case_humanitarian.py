"""Exercises of notebook 09: a plan for seasons not seen, a day too late, a split."""

from functools import cache

import twinlab as tl
from twinlab.cases import relief
from twinlab.cases.humanitarian import relief_cost


@cache
def ranked():
    """The fifty seasons, the hardest first."""
    need = {s.name: sum(sum(hit.need.values()) for hit in s.hits) for s in relief.problem().seasons}
    return sorted(map(int, need), key=lambda year: -need[str(year)])


def half(rng):
    """Of each two seasons that are alike, one is known, and the other is still to come."""
    years = ranked()
    return {"known": tuple(sorted(years[at + rng.randint(0, 1)] for at in range(0, 50, 2)))}


@cache
def drawn():
    """The season of 2008, whose true needs are drawn anew by seed."""
    return tl.cases.humanitarian(true_need={})


@cache
def season(seed, act, day=100):
    """What a season of its own need costs if one orders on the morning of a day [million USD]."""
    pair = drawn().twin(seed=seed, day=day)
    pair.act(drawn().options("East")[act], "Ana", act)
    pair.plant.advance(drawn().days - pair.plant.day, untold=True)
    return float(relief_cost(pair.plant.run)[0]) / 1e6


def late(seed, day):
    """What it costs to order later than on day 100 [million USD]."""
    return season(seed, "air and cash", day) - season(seed, "air and cash")


def near(answer, seed, day):
    """Within a percent, or rounded to ten thousand dollars: some days cost next to nothing."""
    right = late(seed, day)
    return abs(answer - right) <= max(0.005 + 1e-9, 0.01 * abs(right))


def agencies(rng):
    """Costs of three agencies alone, of B and C together, and of all [thousand USD]."""
    alone = {who: rng.randint(250, 480) for who in "abc"}
    pair = round((alone["b"] + alone["c"]) * rng.uniform(0.78, 0.82))
    return alone | {"bc": pair, "abc": round(sum(alone.values()) * rng.uniform(0.86, 0.92))}


def alike(a, b, c, abc):
    """What B and C pay if each saves the same part of its cost alone."""
    return abc * (b + c) / (a + b + c)


EXERCISES = {
    "9.1": tl.course.Exercise(
        goal="09/1",
        draw=half,
        such_as=lambda: {},
        hints=(
            "several depots beat one: which lie near those in need, and out of the storms' way?",
            "the solver makes a plan for what it is told: `preposition(problem).stocks`.",
            "fair plans cost little more, and cling less to the storms known: `equity=0.98`.",
        ),
        points=3,
    ),
    "9.2": tl.course.Exercise(
        goal="09/2",
        draw=lambda rng: {"seed": rng.randint(100, 9999), "day": rng.randint(101, 103)},
        solve=late,
        judge=near,
        such_as=0.0,
        unit="million USD",
        hints=(
            "`lived(seed, act, day, season)` from above lives a season, `million` gives its cost.",
            'take `million(lived(n.seed, "air and cash", n.day, drawn))[0]` less that of day 100.',
        ),
        slips={
            "that is what doing nothing costs more than ordering on day 100.": (
                lambda seed: season(seed, "do nothing") - season(seed, "air and cash")
            ),
            "the sign is turned: later less earlier.": lambda seed, day: -late(seed, day),
        },
    ),
    "9.3": tl.course.Exercise(
        goal="09/3",
        draw=agencies,
        solve=lambda a, b, c, bc, abc: alike(a, b, c, abc) - bc,
        such_as=0.0,
        unit="thousand USD",
        tolerance=0.025,
        hints=(
            "each pays the same part of its cost alone: all of them together pay `n.abc`.",
            "what B and C pay then, less what they pay as a pair, `n.bc`.",
        ),
        slips={
            "that is what B and C pay; take off what they pay as a pair.": alike,
            "that is what B and C save already; asked is what they would save more by leaving.": (
                lambda a, b, c, abc: b + c - alike(a, b, c, abc)
            ),
        },
    ),
}
