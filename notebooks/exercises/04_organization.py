"""Exercises of notebook 04: who should know what, and who should decide?"""

from bisect import bisect_left
from functools import cache

import numpy as np

import twinlab as tl

SHOPS = ("north", "east", "south", "west")
PLAN = (90, 560)  # levels of a shop and of the depot


@cache
def network():
    """The notebook's depot and four shops."""
    return tl.distribution(
        "depot",
        SHOPS,
        demand=tl.Demand("any", "unit", tl.Normal(20, 6), backorder_cost=9),
        lead_time={"depot": 5, **dict.fromkeys(SHOPS, 3)},
        holding_cost={"depot": 0.5, **dict.fromkeys(SHOPS, 1)},
        on_hand={"depot": 300, **dict.fromkeys(SHOPS, 80)},
    )


def region(shop, depot, surges, sharing=None):
    """The notebook's region; in each shop a surge starts once in so many days."""
    rules = {"depot": depot, **dict.fromkeys(SHOPS, shop)}
    made = tl.Scenario(network(), rules, days=240, sharing=sharing or tl.OwnOrders())
    surge = {"factor": 2, "rate": 1 / surges, "days": tl.Uniform(8, 22)}
    return made.disrupt(*(tl.DemandShift(name, **surge) for name in SHOPS))


def paid(scenario):
    """What stock and waiting cost in a hundred histories [USD/day]."""
    batch = tl.replicate(scenario, 100, seed=2)
    return tl.cost(batch, "holding") + tl.cost(batch, "owing")


@cache
def data(surges, age, noise):
    """What the customers' sales are worth to the depot, so old and so noisy [USD/day]."""
    seen = {"depot": tl.Channel(tl.PointOfSale(), age, 1, noise)}
    follows = tl.ForecastBaseStock(10, 5, 80, True, 80)
    plan, sees = (tl.BaseStock(level) for level in PLAN), tl.BaseStock(PLAN[0])
    return float(np.mean(paid(region(*plan, surges)) - paid(region(sees, follows, surges, seen))))


@cache
def asks(surges, safety, delay):
    """What it costs if shops may ask a boss who answers after so many days [USD/day]."""
    own = tl.ForecastBaseStock(10, 3, safety, False, 20)
    shop = tl.Authority(own, 60 + safety, 0, delay)
    return float(np.mean(paid(region(shop, tl.BaseStock(PLAN[1]), surges))))


def slowest(surges, safety):
    """The longest wait for an answer, in days up to 20, that is better than no boss to ask."""
    plan = asks(surges, safety, 999)
    return bisect_left(range(21), plan, key=lambda days: asks(surges, safety, days)) - 1


def about(answer, surges, safety):
    """A day more or less is luck."""
    return abs(answer - slowest(surges, safety)) <= 1


EXERCISES = {
    "4.1": tl.course.Exercise(
        goal="04/1",
        solve=data,
        draw=lambda luck: {
            "surges": luck.randint(60, 240),
            "age": luck.randint(1, 5),
            "noise": luck.randint(0, 25) / 100,
        },
        unit="USD/day",
        tolerance=0.02,
        hints=(
            "the plan's cost less that of a depot that forecasts from the sales, paired.",
            "`trial` in Play shows how the two are built; take 100 replications with seed 2.",
        ),
        slips={
            "that is the worth of fresh sales without errors: yours are older.": (
                lambda surges: data(surges, 0, 0)
            ),
            "the other way round: what the plan costs, less what it costs with the sales.": (
                lambda surges, age, noise: -data(surges, age, noise)
            ),
        },
    ),
    "4.2": tl.course.Exercise(
        goal="04/2",
        solve=slowest,
        judge=about,
        draw=lambda luck: {
            "surges": luck.randint(6000, 20_000) / 100,
            "safety": luck.randint(15, 35),
        },
        unit="days",
        hints=(
            "compare with the plan for 2, 4, 8 days: the gain falls as the boss gets slower.",
            "look for the number of days at which the gain is lost; one more or less is luck.",
        ),
        slips={
            "a surge lasts about so long: that answer comes when it is over.": lambda: 15,
            "a boss who answers at once is the best one; how slow may he be?": lambda: 0,
        },
    ),
    "4.3": tl.course.Exercise(
        goal="04/3",
        draw=lambda luck: {
            "price": luck.randint(80, 140) / 10,
            "cost": luck.randint(20, 40) / 10,
            "share": luck.randint(30, 70) / 100,
        },
        such_as=(6.0, 4.0),
        unit="USD/unit",
        hints=(
            "`tl.deal(season, tl.BuyBack(price, back))` tells efficiency and both profits.",
            "to every price belongs one sum back that loses nothing: `tl.coordinating`.",
            "among those the price decides who gets how much: at the cost of a unit, all is the"
            " shop's; at the shop's own price, nothing.",
        ),
        points=2,
    ),
    "4.4": tl.course.Exercise(
        goal="04/4",
        judge=tl.course.sentence(words=20),
        such_as="in my world we should …",
        draw=lambda luck: {"surges": luck.randint(6000, 30_000) / 100},
    ),
}
