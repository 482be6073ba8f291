"""Exercises of notebook 11: a twin from tables. They ask about the shipped chain, template."""

from bisect import bisect_left
from functools import cache, partial

import numpy as np

import twinlab as tl
from twinlab.cases.folders import dataset

SHOPS = (("city shop", "filter"), ("coast shop", "filter"))
SATURDAY = 5  # Monday is 0
SAFETIES = [quarter / 4 for quarter in range(1, 17)]  # times the first margin


@cache
def history():
    """What the shops have sold by day."""
    return tl.read_history(dataset("template"))


def on_day(shop, day):
    """Mean sales of a shop on a weekday."""
    sold = history().series((shop, "filter"))
    return float(sold.groupby(sold.index.day_of_week).mean()[day])


@cache
def first():
    """The chain of the template with its sales as demand, and levels to begin with."""
    network = tl.Network.from_tables(dataset("template"))
    network = network.change(*[history().demand(row) for row in network.demands])
    plain = tl.Scenario(network, tl.LotForLot(), days=364, start=history().end)
    return tl.task.inventory.first_levels(plain).scenario


@cache
def usual(shop):
    """Mean use in the days until an order is here, and the margin above it in the first level."""
    days = tl.task.demand.days_to_cover(first(), *shop)
    use = tl.task.inventory.describe(first())[shop].demand
    return days, use, first().rules[shop].up_to - days * use


def level(safety):
    """The chain in which each shop keeps the same level every day."""
    rules = {}
    for shop in SHOPS:
        days, use, margin = usual(shop)
        rules[shop] = tl.BaseStock(days * use + safety * margin)
    return first().decide(rules)


def week_ahead(view, safety):
    """The rule of the notebook: what the coming days will ask, and safety."""
    days, use, margin = usual((view.node, view.product))
    coming = use * factors()[view.node][view.day + 1 :][:days].sum()
    return np.maximum(0, coming + safety * margin - view.inventory_position)


@cache
def factors():
    """How much more or less than the mean each shop's customers ask, day by day."""
    return {row.node: row.scales(np.arange(999)) for row in first().network.demands}


def weekly(safety):
    """The same chain, in which both shops look a week ahead."""
    return first().decide(dict.fromkeys(SHOPS, partial(week_ahead, safety=safety)))


@cache
def enough(weekly_rule):
    """The least safety, in quarters of a margin, that serves 99 %."""
    changed = weekly if weekly_rule else level

    def served(safety):
        return tl.replicate(changed(safety), 200, seed=1).estimate("fill_rate").mean

    return SAFETIES[bisect_left(SAFETIES, 0.99, key=served)]


EXERCISES = {
    "11.1": tl.course.Exercise(
        goal="11/1",
        solve=lambda: on_day("coast shop", SATURDAY),
        unit="filters",
        tolerance=0.005,
        hints=(
            "look at the table of weekdays: which row is Saturday, and which column the coast?",
            "Monday is 0, so Saturday is 5.",
            '`usual["coast shop", "filter"][5]`, with the shipped chain as `source`',
        ),
        slips={
            "that is the city shop.": lambda: on_day("city shop", SATURDAY),
            "that is a Sunday: Monday is 0, so Saturday is 5.": lambda: on_day(
                "coast shop", SATURDAY + 1
            ),
            "that is the mean of all days: take Saturdays only.": lambda: float(
                history().series(("coast shop", "filter")).mean()
            ),
        },
    ),
    "11.2": tl.course.Exercise(
        goal="11/2",
        solve=lambda: enough(True),
        unit="margins",
        tolerance=0.001,
        hints=(
            "one margin is too little with this rule.",
            'try `tl.replicate(with_rule("week ahead", safety), 200, seed=1)` in steps of 0.25.',
            'the first safety at which `estimate("fill_rate").mean` is at least 0.99.',
        ),
        slips={
            "that is what the same level every day needs: ask for the rule 'week ahead'.": (
                lambda: enough(False)
            ),
            "close, but fewer than 99 % are served with this.": lambda: enough(True) - 0.25,
        },
    ),
}
