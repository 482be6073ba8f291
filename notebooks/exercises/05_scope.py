"""Exercises of notebook 05: two suppliers, two compounders, one maker of nylon."""

from bisect import bisect_left
from functools import cache

import numpy as np

import twinlab as tl

DEPTH = {
    "nylon plant": 3,
    "compounder 1": 2,
    "compounder 2": 2,
    "fuel lines A": 1,
    "fuel lines B": 1,
    "car plant": 0,
}
COMPOUNDERS, MAKERS = ("compounder 1", "compounder 2"), ("fuel lines A", "fuel lines B")
START = 42  # day


def evenly(view, quantity):
    """Split an order evenly over the suppliers that are open; over all, if none is."""
    count = sum(s.open for s in view.suppliers)
    return [
        quantity * np.where(count > 0, s.open / np.maximum(count, 1), 0.5) for s in view.suppliers
    ]


@cache
def calm(nylon=0, capacity=100, yard=80):
    """168 days in which nothing closes, with so much more nylon at each compounder."""
    nodes = [tl.Node(name, tier=tier) for name, tier in DEPTH.items()]
    nodes[-1] = tl.Node("car plant", tier=0, capacity=capacity)
    lanes = [
        tl.Lane("nylon plant", c, "nylon", lead_time=tl.Constant(10), initial_pipeline=20)
        for c in COMPOUNDERS
    ]
    lanes += [
        tl.Lane(c, m, "resin", lead_time=tl.Constant(5), initial_pipeline=10)
        for c in COMPOUNDERS
        for m in MAKERS
    ]
    lanes += [
        tl.Lane(m, "car plant", "fuel line", lead_time=tl.Constant(2), initial_pipeline=20)
        for m in MAKERS
    ]
    recipes = [tl.Recipe(c, "resin", {"nylon": 1}) for c in COMPOUNDERS]
    recipes += [tl.Recipe(m, "fuel line", {"resin": 1}) for m in MAKERS]
    recipes += [tl.Recipe("car plant", "car", {"fuel line": 1})]
    held = {(c, p): u for c in COMPOUNDERS for p, u in {"nylon": 200 + nylon, "resin": 40}.items()}
    held |= {(m, p): u for m in MAKERS for p, u in {"resin": 100, "fuel line": 40}.items()}
    held |= {("car plant", "fuel line"): 80, ("car plant", "car"): yard}
    levels = dict(held)
    for v in lanes:
        levels[v.destination, v.product] += v.lead_time.average * v.initial_pipeline
    network = tl.Network(
        [tl.Product(p) for p in ("nylon", "resin", "fuel line", "car")],
        nodes,
        lanes,
        recipes,
        [tl.Demand("car plant", "car", tl.Normal(40, 4), backorders=False)],
        [tl.Stock(*item, units) for item, units in held.items()],
    )
    rules = {item: tl.BaseStock(level) for item, level in levels.items()}
    split = {m: evenly for m in MAKERS} | {("car plant", "fuel line"): evenly}
    return tl.Scenario(network, rules, days=168, sourcing=split)


@cache
def lost(site, days, period=1, **own):
    """Cars not sold, on average, when a site closes from day 42 on, in one's own chain."""
    outage = tl.Outage(site, start=START, days=days, stock_ships=site == "car plant")
    seen = tl.restrict(calm(**own).disrupt(outage), None, period)
    return float(np.mean(tl.replicate(seen.scenario, 32, seed=1).kpis.lost_sales))


def longest(nylon, limit):
    """The longest closure of the nylon plant, in days, that costs fewer cars than the limit."""
    return bisect_left(range(1, 91), limit, key=lambda d: lost("nylon plant", d, nylon=nylon))


def first_seen(capacity, yard, period=7):
    """The shortest strike, in days, that costs at least one car in the twin by the week."""
    own = {"capacity": capacity, "yard": yard}
    return next(d for d in range(1, 29) if lost("car plant", d, period, **own) >= 1)


def spots(site, days, tier, period):
    """How many blind spots a twin of this window lists."""
    return len(tl.restrict(calm().disrupt(tl.Outage(site, start=START, days=days)), tier, period)
               .blind_spots)  # fmt: skip


def hides(answer, site, days, tier, period):
    """The number is counted, the sentence is for the teacher."""
    if answer[0] != spots(site, days, tier, period):
        return "the number: count the rows of `seen(site, days, tier, period).table`."
    return tl.course.sentence(words=12)(answer[1])


EXERCISES = {
    "5.1": tl.course.Exercise(
        goal="05/1",
        solve=longest,
        draw=lambda luck: {"nylon": luck.randint(0, 400), "limit": luck.randint(5, 200)},
        unit="days",
        tolerance=0.001,
        hints=(
            'call `lost("nylon plant", days, chain=…)` for some days; `stocked` makes your chain.',
            "add up the days of stock between the nylon plant and the customers, and start there.",
            "the longest closure that still costs fewer cars than your limit.",
        ),
        slips={
            "with this one your limit is passed: one day less.": (
                lambda nylon, limit: longest(nylon, limit) + 1
            ),
            "the twin of tiers 0 and 1 never loses a car: leave `tier` out.": lambda: 0,
        },
    ),
    "5.2": tl.course.Exercise(
        goal="05/1",
        solve=first_seen,
        draw=lambda luck: {"capacity": luck.randint(60, 160), "yard": luck.randint(80, 200)},
        unit="days",
        tolerance=0.001,
        hints=(
            'call `lost("car plant", days, period=7, chain=mine)` for days from 1 on.',
            "a week makes good what the rest of the week can: how much can your plant make a day?",
        ),
        slips={
            "this strike costs the weekly twin nothing yet: one day more.": (
                lambda capacity, yard: first_seen(capacity, yard) - 1
            ),
        },
    ),
    "5.3": tl.course.Exercise(
        goal="05/2",
        draw=lambda luck: {
            "own": luck.randint(200, 900) / 100,
            "plant": luck.randint(50, 400) / 100,
        },
        such_as=(0.01, 0.02),
        unit="shares",
        hints=(
            "each supplier closes for a reason of its own, or because the plant does.",
            "how often does one of them close, for whatever reason? Who believes that the two are"
            " independent squares that.",
            "in truth both close if the plant does, or if it does not and both have bad luck.",
        ),
        points=2,
    ),
    "5.4": tl.course.Exercise(
        goal="05/3",
        judge=hides,
        draw=lambda luck: {
            "site": luck.choice(list(DEPTH)),
            "days": luck.randint(2, 41),
            "tier": luck.randint(0, 3),
            "period": luck.randint(2, 28),
        },
        such_as=(9, "this twin does not see …"),
    ),
}
