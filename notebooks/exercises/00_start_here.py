"""Exercises of notebook 00: a supplier three tiers up closes."""

from functools import cache

import twinlab as tl

SALES = {"north": 20, "south": 12, "west": 8}  # cars per day, 40 in all
DAYS_AWAY = {"north": 3, "south": 4, "west": 6}
UPSTREAM = ("chip maker", "foundry", "ECU plant", "engine plant", "car plant")
KEEPING = {"chip": 0.02, "casting": 0.10, "ECU": 0.30, "engine": 1, "car": 8}  # USD/unit/day
IN_STOCK = {  # days
    ("ECU plant", "chip"): 5,
    ("ECU plant", "ECU"): 3,
    ("engine plant", "casting"): 3,
    ("engine plant", "engine"): 3,
    ("car plant", "ECU"): 4,
    ("car plant", "engine"): 4,
    ("car plant", "car"): 2,
    **{(region, "car"): 10 for region in SALES},
}
BELOW = {  # days under way and of stock between a site and the customers in the north
    "chip maker": 10 + 5 + 3 + 3 + 4 + 3 + 2 + 10,
    "foundry": 2 + 3 + 1 + 3 + 4 + 3 + 2 + 10,
    "ECU plant": 3 + 4 + 3 + 2 + 10,
    "engine plant": 1 + 4 + 3 + 2 + 10,
    "car plant": 3 + 10,
}


def network():
    """The chain of the notebook's tables."""
    nodes = [tl.Node("chip maker", "supplier", tier=3, capacity=240, holding_cost=0.02)]
    nodes += [tl.Node("foundry", "supplier", tier=3, holding_cost=0.10)]
    nodes += [tl.Node(name, "plant", tier=2) for name in ("ECU plant", "engine plant")]
    nodes += [tl.Node("car plant", "plant", tier=1)]
    nodes += [tl.Node(region, "region", tier=0) for region in SALES]
    ways = [
        ("chip maker", "ECU plant", "chip", 10, 160),
        ("foundry", "engine plant", "casting", 2, 40),
    ]
    ways += [
        ("ECU plant", "car plant", "ECU", 3, 40),
        ("engine plant", "car plant", "engine", 1, 40),
    ]
    ways += [("car plant", r, "car", days, SALES[r]) for r, days in DAYS_AWAY.items()]
    lanes = [tl.Lane(a, b, p, lead_time=t, initial_pipeline=q) for a, b, p, t, q in ways]
    recipes = [tl.Recipe("ECU plant", "ECU", {"chip": 4})]
    recipes += [tl.Recipe("engine plant", "engine", {"casting": 1})]
    recipes += [tl.Recipe("car plant", "car", {"ECU": 1, "engine": 1})]
    demands = [
        tl.Demand(region, "car", tl.Normal(cars, cars / 5), backorder_cost=100)
        for region, cars in SALES.items()
    ]
    stocks = [
        tl.Stock(*item, days * daily(item), KEEPING[item[1]]) for item, days in IN_STOCK.items()
    ]
    return tl.Network([tl.Product(p) for p in KEEPING], nodes, lanes, recipes, demands, stocks)


def daily(item):
    """Units of an item that are used up in a day."""
    return SALES.get(item[0], 160 if item[1] == "chip" else 40)


@cache
def calm():
    """A year in which nothing closes."""
    chain = network()
    under_way = {
        (v.destination, v.product): v.lead_time.average * v.initial_pipeline for v in chain.lanes
    }
    rules = {
        (s.node, s.product): tl.BaseStock(s.on_hand + under_way.get((s.node, s.product), 0))
        for s in chain.stocks
    }
    return tl.Scenario(chain, rules, days=365)


def closed(site, start, days, *settings):
    """The calm year in which a site closes; settings are a path and its value, one by one."""
    hit = calm().disrupt(tl.Outage(site, start=start, days=days))
    return hit.set(dict(zip(settings[::2], settings[1::2], strict=True))) if settings else hit


# -- 0.1: the log is enough -------------------------------------------------------------------


def in_the_evening(seed, day):
    """Chips at the ECU plant after that day."""
    run = tl.simulate(closed("chip maker", 60, 28), seed=seed)
    return float(run.series("on_hand", "ECU plant", "chip")[day])


# -- 0.2: when do customers notice? -----------------------------------------------------------


def noticed(site, start, days):
    """In 200 histories of hidden luck, the first day on which a customer is not served."""
    hit = closed(site, start, days).change(days=start + 60)
    batch = tl.replicate(hit, 200, seed=90_001, daily=["demand", "on_time"])
    return (batch.series("demand") - batch.series("on_time") > 1e-6).argmax(axis=0)


def predicted(answer, site, start, days):
    """Whether at least 180 of the 200 histories notice between the two days, five apart at most."""
    first, last = sorted(answer)
    if last - first > 5:
        return f"your days are {last - first:g} apart: at most 5, or it is no prediction."
    seen = noticed(site, start, days)
    inside = int(((first <= seen) & (seen <= last)).sum())
    others = "sooner" if (seen < first).sum() > (seen > last).sum() else "later"
    return (
        bool(inside >= 180)
        or f"{inside} of 200 histories lie between them; others notice {others}."
    )


EXERCISES = {
    "0.1": tl.course.Exercise(
        goal="00/1",
        draw=lambda luck: {"seed": luck.randint(1, 999), "day": luck.randint(20, 69)},
        solve=in_the_evening,
        unit="chips",
        tolerance=0.001,
        hints=(
            "the ECU plant began with 800 chips; which kinds of events brought or took some?",
            "received and consumed, at the ECU plant, of the product 'chip'.",
            "800 + received − consumed, up to the evening of your day: its own events count.",
        ),
        slips={
            "that is what the log adds; the plant began with 800 chips.": (
                lambda seed, day: in_the_evening(seed, day) - 800
            ),
            "that is the evening before: the events of your day count, too.": (
                lambda seed, day: in_the_evening(seed, day - 1)
            ),
        },
    ),
    "0.2": tl.course.Exercise(
        goal="00/2",
        draw=lambda luck: {
            "site": luck.choice(UPSTREAM),
            "start": luck.randint(40, 200),
            "days": luck.randint(35, 60),
        },
        solve=lambda site, start: (start + BELOW[site] - 3, start + BELOW[site] + 2),
        judge=predicted,
        such_as=(97, 102),
        hints=("your start + days under way + days of stock, all below your site.",),
    ),
    "0.3": tl.course.Exercise(
        goal="00/3",
        draw=lambda luck: {"days": luck.randint(26, 45), "seed": luck.randint(1, 999)},
        unit="chips",
        tolerance=0.001,
        hints=(
            "2,400 chips are too few; each further day of the closure wants some 160 more.",
            'replicate `hit.set("ECU plant/chip.up_to", level)` in steps of 100.',
            "the first level at which the mean of `batch.kpis.fill_rate` is at least 0.99.",
        ),
    ),
}
