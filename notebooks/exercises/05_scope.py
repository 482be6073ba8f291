"""Exercises of notebook 05: two suppliers, two compounders, one maker of nylon."""

from bisect import bisect_right
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
def calm():
    """168 days in which nothing closes."""
    nodes = [tl.Node(name, tier=tier) for name, tier in DEPTH.items()]
    nodes[-1] = tl.Node("car plant", tier=0, capacity=100)
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
    held = {(c, p): u for c in COMPOUNDERS for p, u in {"nylon": 200, "resin": 40}.items()}
    held |= {(m, p): u for m in MAKERS for p, u in {"resin": 100, "fuel line": 40}.items()}
    held |= {("car plant", "fuel line"): 80, ("car plant", "car"): 80}
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


def lost(site, days, tier=None, period=1):
    """Cars not sold, on average, when a site closes from day 42 on, as a narrow twin sees it."""
    outage = tl.Outage(site, start=START, days=days, stock_ships=site == "car plant")
    seen = tl.restrict(calm().disrupt(outage), tier, period)
    return float(np.mean(tl.replicate(seen.scenario, 32, seed=1).kpis.lost_sales))


@cache
def longest(site):
    """The longest closure, in days, with less than five cars lost on average."""
    return bisect_right(range(1, 61), False, key=lambda days: lost(site, days) >= 5)


@cache
def first_seen_by_week():
    """The shortest strike, in days, that costs at least one car in the weekly twin."""
    return next(days for days in range(1, 29) if lost("car plant", days, period=7) >= 1)


@cache
def hidden_causes(what="common cause"):
    """Blind spots of one kind in a twin of the tl.cases.automotive case's tiers 0 and 1."""
    return sum(spot.what == what for spot in tl.restrict(tl.cases.automotive(), 1).blind_spots)


EXERCISES = {
    "5.1": tl.course.Exercise(
        goal="05/1",
        solve=lambda: longest("nylon plant"),
        unit="days",
        tolerance=0.001,
        hints=(
            'call `lost("nylon plant", days)` for some numbers of days: where does it pass 1?',
            "add up the days of stock between the nylon plant and the customers, and start there.",
            "the longest closure that still costs less than five cars on average.",
        ),
        slips={
            "with this one a car is already lost: the longest that costs none is shorter.": (
                lambda: longest("nylon plant") + 1
            ),
            "the twin of tiers 0 and 1 never loses a car: leave `tier` out.": lambda: 0,
        },
    ),
    "5.2": tl.course.Exercise(
        goal="05/2",
        solve=first_seen_by_week,
        unit="days",
        tolerance=0.001,
        hints=(
            'call `lost("car plant", days, period=7)` for days from 1 on.',
            "a week makes good what the rest of the week can: how much can the plant make a day?",
        ),
        slips={
            "that is what the daily twin notices first: set `period=7`.": (
                lambda: longest("car plant") + 1
            ),
            "this strike costs the weekly twin nothing yet: one day more.": (
                lambda: first_seen_by_week() - 1
            ),
        },
    ),
    "5.3": tl.course.Exercise(
        goal="05/3",
        solve=hidden_causes,
        unit="sites",
        tolerance=0.001,
        hints=(
            "`tl.scope.restrict(chain, tier=1).table` lists what a twin of tiers 0 and 1 misses.",
            "count the rows whose first column says `common cause`.",
        ),
        slips={
            "these are all sites beyond the boundary; how many are a common cause?": (
                lambda: hidden_causes("site") + hidden_causes("supplier")
            ),
            "these are the suppliers at the boundary; look for `common cause`.": (
                lambda: hidden_causes("supplier")
            ),
        },
    ),
}
