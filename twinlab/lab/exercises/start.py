"""Exercises of notebook 00: a supplier three tiers up closes."""

from bisect import bisect_left, bisect_right
from functools import cache

import numpy as np

from twinlab.lab.charts.maps import ripple
from twinlab.lab.checks import Exercise
from twinlab.modeling import Run, replicate, simulate
from twinlab.people.rules import BaseStock
from twinlab.scope import Constant, Network, Normal, Outage, Scenario
from twinlab.scope.distributions import Array
from twinlab.scope.entities import Demand, Lane, Node, Product, Recipe, Stock

SALES = {"north": 20, "south": 12, "west": 8}  # cars per day, 40 in all
DAYS_AWAY = {"north": 3, "south": 4, "west": 6}
UPSTREAM = ("chip maker", "foundry", "ECU plant", "engine plant", "car plant")
KEEPING = {"chip": 0.02, "casting": 0.10, "ECU": 0.30, "engine": 1, "car": 8}  # USD/unit/day
IN_STOCK = {
    ("ECU plant", "chip"): 5,
    ("ECU plant", "ECU"): 3,
    ("engine plant", "casting"): 3,
    ("engine plant", "engine"): 3,
    ("car plant", "ECU"): 4,
    ("car plant", "engine"): 4,
    ("car plant", "car"): 2,
    **{(region, "car"): 10 for region in SALES},
}
WAY_NORTH = [
    ("ECU plant", "chip"),
    ("ECU plant", "ECU"),
    ("car plant", "ECU"),
    ("car plant", "car"),
    ("north", "car"),
]
START, FOUR_WEEKS = 60, 28  # days
CHIP_LEVELS = range(2400, 5001, 100)


def network() -> Network:
    """The chain of the notebook's tables."""
    tiers = dict.fromkeys(UPSTREAM, 1) | {"chip maker": 3, "foundry": 3}
    tiers |= {"ECU plant": 2, "engine plant": 2}
    nodes = [Node("chip maker", "supplier", tier=3, capacity=240, holding_cost=0.02)]
    nodes += [Node("foundry", "supplier", tier=3, holding_cost=0.10)]
    nodes += [Node(name, "plant", tier=tiers[name]) for name in UPSTREAM[2:]]
    nodes += [Node(region, "region", tier=0) for region in SALES]
    lanes = [
        Lane("chip maker", "ECU plant", "chip", lead_time=Constant(10), initial_pipeline=160),
        Lane("foundry", "engine plant", "casting", lead_time=Constant(2), initial_pipeline=40),
        Lane("ECU plant", "car plant", "ECU", lead_time=Constant(3), initial_pipeline=40),
        Lane("engine plant", "car plant", "engine", lead_time=Constant(1), initial_pipeline=40),
    ]
    lanes += [
        Lane("car plant", region, "car", lead_time=Constant(days), initial_pipeline=SALES[region])
        for region, days in DAYS_AWAY.items()
    ]
    made = {("ECU plant", "ECU"): {"chip": 4}, ("engine plant", "engine"): {"casting": 1}}
    made[("car plant", "car")] = {"ECU": 1, "engine": 1}
    return Network(
        [Product(name) for name in KEEPING],
        nodes,
        lanes,
        [Recipe(*item, parts) for item, parts in made.items()],
        [
            Demand(region, "car", Normal(cars, cars / 5), backorder_cost=100)
            for region, cars in SALES.items()
        ],
        [Stock(*item, days * daily(item), KEEPING[item[1]]) for item, days in IN_STOCK.items()],
    )


def daily(item: tuple[str, str]) -> int:
    """Units of an item that are used up in a day."""
    return SALES.get(item[0], 160 if item[1] == "chip" else 40)


@cache
def calm() -> Scenario:
    """A year in which nothing closes."""
    chain = network()
    under_way = {
        (v.destination, v.product): v.lead_time.average * v.initial_pipeline for v in chain.lanes
    }
    rules = {
        (s.node, s.product): BaseStock(s.on_hand + under_way.get((s.node, s.product), 0))
        for s in chain.stocks
    }
    return Scenario(chain, rules, days=365)


def closed(name: str, days: int) -> Run:
    """The history in which a node is closed from day 60."""
    return simulate(calm().disrupt(Outage(name, start=START, days=Constant(days))), seed=1)


def fill_rates(closed_days: int, chips_up_to: float = 2400) -> Array:
    """The fill rates of 200 replications in which the chip maker closes on day 60."""
    hit = calm().disrupt(Outage("chip maker", start=START, days=Constant(closed_days)))
    batch = replicate(hit.set("ECU plant/chip.up_to", chips_up_to), 200, seed=1)
    return np.asarray(batch.kpis.fill_rate)


@cache
def unnoticed() -> int:
    """The longest closure of the chip maker that half of the replications do not notice."""

    def noticed(days: int) -> bool:
        return bool((fill_rates(days) == 1).mean() < 0.5)

    return bisect_right(range(1, 60), False, key=noticed)


@cache
def chips() -> int:
    """The smallest level of chips, in hundreds, that serves 99 % in spite of four weeks."""
    return CHIP_LEVELS[bisect_left(CHIP_LEVELS, 0.99, key=mean_fill)]


def mean_fill(level: float) -> float:
    """The mean fill rate with a level of chips and a closure of four weeks."""
    return float(fill_rates(FOUR_WEEKS, level).mean())


@cache
def first_noticed() -> str:
    """The node whose closure customers notice first."""
    base = simulate(calm(), seed=1)

    def day(name: str) -> float:
        seen = ripple(closed(name, FOUR_WEEKS), base)["tier 0"].short_from
        return float("inf") if seen is None else seen

    return min(UPSTREAM, key=day)


EXERCISES = {
    "0.1": Exercise(
        answer=unnoticed,
        unit="days",
        tolerance=0.001,
        hints=(
            "one week goes unnoticed and four weeks do not: try the days in between.",
            "`(batch.kpis.fill_rate == 1).mean()` is the share of replications that notice nothing.",  # noqa: E501
            "the longest closure for which that share is still at least a half.",
        ),
        slips={
            "these are the days of stock on the way to the north; the others go short sooner.": lambda: (  # noqa: E501
                sum(IN_STOCK[item] for item in WAY_NORTH)
            ),
            "with this one most replications notice: the longest that half of them miss is shorter.": lambda: (  # noqa: E501
                unnoticed() + 1
            ),
        },
    ),
    "0.2": Exercise(
        answer=chips,
        unit="chips",
        tolerance=0.001,
        hints=(
            "2,400 chips are too few, and 2,400 + 10 × 160 are more than enough.",
            'replicate `four_weeks.set("ECU plant/chip.up_to", level)` in steps of 100.',
            "the first level at which the mean of `batch.kpis.fill_rate` is at least 0.99.",
        ),
        slips={
            "close, but on average fewer than 99 % are served on the day with this level.": lambda: (  # noqa: E501
                chips() - 100
            ),
            "this is what has to be added; the question asks for the whole level.": lambda: (
                chips() - 2400
            ),
        },
    ),
    "0.3": Exercise(
        answer=first_noticed,
        hints=(
            "count the days of stock between the closed node and the customers.",
            'compare `tl.lab.ripple(run, calm_run)["tier 0"].short_from` of the five closures.',
            "the less stock lies in between, the sooner they notice: which node is nearest?",
        ),
        slips={
            "that one is the farthest: all the stock of the chain lies in between.": lambda: (
                "chip maker"
            ),
        },
    ),
}
