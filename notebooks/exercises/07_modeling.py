"""Exercises of notebook 07: how sure are we, and what would be better?"""

from functools import cache

import numpy as np

import twinlab as tl

LEVELS = {"roaster": 650.0, "shop": 170.0}  # kg


@cache
def chain(roaster=650.0, shop=170.0):
    """The roaster and the shop of the notebook, with a farm that fails, and other levels."""
    network = tl.serial(
        ["farm", *LEVELS],
        product="coffee",
        demand=tl.Demand("shop", "coffee", tl.Normal(50, 8), backorder_cost=4),
        lead_time={"roaster": 10, "shop": 2},
        holding_cost={"roaster": 0.10, "shop": 0.18},
        on_hand=LEVELS,
    )
    levels = {"roaster": tl.BaseStock(roaster), "shop": tl.BaseStock(shop)}
    calm = tl.Scenario(network, levels, days=365)
    return calm.disrupt(tl.Outage("farm", days=tl.Gamma(8, 4), rate=1 / 150))


@cache
def cost(roaster, shop, replications, seed=1):
    """What a day costs, in each of many years [USD/day]."""
    return tl.cost(tl.replicate(chain(roaster, shop), replications, seed=seed))


def half_width(roaster, shop, replications):
    """How far the interval of the mean cost reaches on either side [USD/day]."""
    found = tl.estimate(cost(roaster, shop, replications))
    return (found.high - found.low) / 2


def wanted(roaster, shop, width):
    """What the law of the square root says of five hundred replications, and a little more."""
    return round(1.3 * 500 * (half_width(roaster, shop, 500) / width) ** 2)


def enough(given, roaster, shop, width):
    """Narrow enough, and with at most about twice the replications that it takes."""
    if given < 3 or given > 10_000:  # waiting for more would be long
        return "more than two replications, and less than ten thousand."
    if half_width(roaster, shop, int(given)) > width:
        said = half_width(roaster, shop, int(given))
        return f"the interval reaches {said:.2f} USD to either side: not narrow enough."
    fine = given < 6 or half_width(roaster, shop, int(given) // 2) > width
    return fine or "narrow enough, but half of them would do as well."


def holds(answer, roaster, shop):
    """About nine in ten of a thousand hidden years lie inside."""
    low, high = sorted(answer)
    hidden = cost(roaster, shop, 1000, seed=30_707)
    inside = np.mean((low <= hidden) & (hidden <= high))
    if low <= hidden.mean() <= high and inside < 0.5:
        return f"it holds {inside:.0%} of the years: that guards a mean, one year differs far more."
    return abs(inside - 0.9) < 0.05 or f"it holds {inside:.0%} of a thousand other years."


def nine(roaster, shop):
    """The interval from the years that the student can see."""
    return tuple(np.quantile(cost(roaster, shop, 1000), (0.05, 0.95)))


def saved(more, less, roaster):
    """What moving coffee upstream saves [USD/year], and whether that is established."""
    pair = cost(roaster, 170.0, 500), cost(roaster + more, 170.0 - less, 500)
    found = tl.estimate(365 * (pair[0] - pair[1]))
    return found.mean, bool(found.low > 0 or found.high < 0)


EXERCISES = {
    "7.1": tl.course.Exercise(
        goal="07/1",
        solve=wanted,
        judge=enough,
        draw=lambda luck: {
            "roaster": luck.randint(600, 750),
            "shop": luck.randint(130, 200),
            "width": luck.randint(120, 250) / 100,
        },
        such_as=1000,
        unit="replications",
    ),
    "7.2": tl.course.Exercise(
        goal="07/1",
        solve=nine,
        judge=holds,
        draw=lambda luck: {"roaster": luck.randint(560, 760), "shop": luck.randint(130, 200)},
        such_as=(30.0, 50.0),
        unit="USD/day",
    ),
    "7.3": tl.course.Exercise(
        goal="07/2",
        solve=saved,
        draw=lambda luck: {
            "more": luck.randint(10, 60),
            "less": luck.randint(5, 30),
            "roaster": luck.randint(600, 700),
        },
        such_as=(700.0, True),
        unit="USD/year",
        tolerance=0.02,
        hints=(
            "`tl.compare` with 500 replications and seed 1; a gain is minus the difference.",
            "a year has 365 days, and a gain is established if its interval leaves out zero.",
        ),
        slips={
            "that is for a day: a year has 365.": (
                lambda more, less, roaster: (
                    saved(more, less, roaster)[0] / 365,
                    saved(more, less, roaster)[1],
                )
            ),
            "that is the change of cost: a saving is its opposite.": (
                lambda more, less, roaster: (
                    -saved(more, less, roaster)[0],
                    saved(more, less, roaster)[1],
                )
            ),
        },
    ),
    "7.4": tl.course.Exercise(
        goal="07/3",
        draw=lambda luck: {
            "waiting": luck.randint(700, 1200) / 100,
            "closed": luck.randint(100, 140) / 10,
        },
        such_as=(740.0, 123.0),
        unit="kg",
        hints=(
            "customers wait dearer and the farm is closed for longer: what does that call for?",
            "`tl.tune` from the chain with your numbers; or try levels on 500 replications.",
        ),
        points=2,
    ),
}
