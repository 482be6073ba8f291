"""Exercises of notebook 00: a supplier three tiers up closes."""

from bisect import bisect_left, bisect_right
from functools import cache

import numpy as np

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
WAY_NORTH = (
    ("ECU plant", "chip"),
    ("ECU plant", "ECU"),
    ("car plant", "ECU"),
    ("car plant", "car"),
    ("north", "car"),
)
START, FOUR_WEEKS = 60, 28  # days
CHIP_LEVELS = range(2400, 5001, 100)


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


def closed(name, days):
    """The calm year in which a node closes on day 60."""
    return calm().disrupt(tl.Outage(name, start=START, days=days))


def fill_rates(closed_days, chips_up_to=2400):
    """The fill rates of 200 replications in which the chip maker closes on day 60."""
    hit = closed("chip maker", closed_days).set("ECU plant/chip.up_to", chips_up_to)
    return np.asarray(tl.replicate(hit, 200, seed=1).kpis.fill_rate)


@cache
def unnoticed():
    """The longest closure of the chip maker that half of the replications do not notice."""

    def noticed(days):
        return (fill_rates(days) == 1).mean() < 0.5

    return bisect_right(range(1, 60), False, key=noticed)


@cache
def chips():
    """The smallest level of chips, in hundreds, that serves 99 % in spite of four weeks."""

    def mean_fill(level):
        return fill_rates(FOUR_WEEKS, level).mean()

    return CHIP_LEVELS[bisect_left(CHIP_LEVELS, 0.99, key=mean_fill)]


@cache
def first_noticed():
    """The node whose closure customers notice first."""
    base = tl.simulate(calm(), seed=1)

    def day(name):
        hit = tl.simulate(closed(name, FOUR_WEEKS), seed=1)
        seen = tl.lab.ripple(hit, base)["tier 0"].short_from
        return float("inf") if seen is None else seen

    return min(UPSTREAM, key=day)


EXERCISES = {
    "0.1": tl.course.Exercise(
        goal="00/1",
        solve=unnoticed,
        unit="days",
        tolerance=0.001,
        hints=(
            "one week goes unnoticed and four weeks do not: try the days in between.",
            "`(batch.kpis.fill_rate == 1).mean()` is the share of replications that notice "
            "nothing.",
            "the longest closure for which that share is still at least a half.",
        ),
        slips={
            "these are the days of stock on the way to the north; the others go short "
            "sooner.": lambda: sum(IN_STOCK[item] for item in WAY_NORTH),
            "with this one most replications notice: the longest that half of them miss is "
            "shorter.": lambda: unnoticed() + 1,
        },
    ),
    "0.2": tl.course.Exercise(
        goal="00/2",
        solve=chips,
        unit="chips",
        tolerance=0.001,
        hints=(
            "2,400 chips are too few, and 2,400 + 10 × 160 are more than enough.",
            'replicate `four_weeks.set("ECU plant/chip.up_to", level)` in steps of 100.',
            "the first level at which the mean of `batch.kpis.fill_rate` is at least 0.99.",
        ),
        slips={
            "close, but on average fewer than 99 % are served on the day with this level.": (
                lambda: chips() - 100
            ),
            "this is what has to be added; the question asks for the whole level.": (
                lambda: chips() - 2400
            ),
        },
    ),
    "0.3": tl.course.Exercise(
        goal="00/3",
        solve=first_noticed,
        such_as="a name",
        hints=(
            "count the days of stock between the closed node and the customers.",
            'compare `tl.lab.ripple(run, calm_run)["tier 0"].short_from` of the five closures.',
            "the less stock lies in between, the sooner they notice: which node is nearest?",
        ),
        slips={
            "that one is the farthest: all the stock of the chain lies in between.": (
                lambda: "chip maker"
            ),
        },
    ),
}
