"""Exercises of notebook 07: how sure are we, and what would be better?"""

from functools import cache

import twinlab as tl

LEVELS = {"roaster": 650.0, "shop": 170.0}  # kg
WIDTH = 0.0005  # of the fill rate, on either side
ASKED = tl.Normal(50, 8)  # kg a day


@cache
def chain():
    """The roaster and the shop of the notebook, with a farm that fails."""
    network = tl.serial(
        ["farm", *LEVELS],
        product="coffee",
        demand=tl.Demand("shop", "coffee", ASKED, backorder_cost=4),
        lead_time={"roaster": 10, "shop": 2},
        holding_cost={"roaster": 0.10, "shop": 0.18},
        on_hand=LEVELS,
    )
    calm = tl.Scenario(network, {node: tl.BaseStock(s) for node, s in LEVELS.items()}, days=365)
    return calm.disrupt(tl.Outage("farm", days=tl.Gamma(8, 4), rate=1 / 150))


@cache
def half_width(replications):
    """How far the interval of the mean fill rate reaches on either side."""
    fill = tl.replicate(chain(), replications, seed=1).estimate("fill_rate")
    return (fill.high - fill.low) / 2


def wanted():
    """What the law of the square root says of a thousand replications, and more until it holds."""
    count = round(1000 * (half_width(1000) / WIDTH) ** 2)
    while half_width(count) > WIDTH:
        count = round(1.1 * count)
    return count


def enough(given):
    """Narrow enough, and with at most about twice the replications that it takes."""
    # Beyond 20,000 the answer is known, and waiting for it would be long.
    fine = isinstance(given, int) and 2 < given <= 20_000
    return fine and half_width(given) <= WIDTH < half_width(max(2, given // 2))


def level(overage, underage):
    """The level of a shop that is refilled overnight."""
    return tl.newsvendor(ASKED, overage, underage).level


EXERCISES = {
    "7.1": tl.course.Exercise(
        goal="07/1",
        solve=wanted,
        unit="replications",
        judge=enough,
        hints=(
            "the half-width of a thousand replications is a start: how many times too wide is it?",
            "it falls with the square root: 3 times narrower takes 9 times as many replications.",
            "`tl.Precision(relative=0.0005)` in place of the number finds one that is enough.",
        ),
        slips={
            "the width falls with the square root of the number: square the factor.": lambda: round(
                1000 * half_width(1000) / WIDTH
            ),
        },
    ),
    "7.2": tl.course.Exercise(
        goal="07/2",
        solve=lambda: level(0.18, 4.0),
        unit="units",
        tolerance=0.002,
        hints=(
            "the same newsvendor with another price of waiting: what is the critical ratio now?",
            "u / (u + o) with u = 4 and o = 0.18 USD per kg and day.",
            "`tl.modeling.newsvendor(tl.Normal(50, 8), overage=0.18, underage=4).level`",
        ),
        slips={
            "that is the level for 0.70 USD: a waiting customer costs 4 now.": lambda: level(
                0.18, 0.70
            ),
            "overage and underage have changed places: too few is what costs 4.": lambda: level(
                4.0, 0.18
            ),
            "that is the mean demand; it would be short every second day.": lambda: ASKED.mean,
        },
    ),
}
