"""Exercises of notebook 11: a twin from your own tables."""

from bisect import bisect_left
from functools import cache, partial

import numpy as np
import pandas as pd

import twinlab as tl
from twinlab.cases.folders import dataset

DAYS_AWAY = {"city shop": 2, "coast shop": 3}
PLANT = {("plant", "cartridge"): 1750, ("plant", "housing"): 400, ("plant", "filter"): 200}
SATURDAY = 5  # day 0 is a Monday
SAFETIES = range(0, 100, 5)  # filters


@cache
def sales():
    """Filters sold by day (rows) and shop (columns)."""
    table = pd.read_csv(dataset("template") / "sales.csv")
    return table.pivot(index="day", columns="node", values="units")


@cache
def by_weekday():
    """Mean sales by weekday (rows, Monday first) and shop."""
    return sales().groupby(sales().index % 7).mean()


def demand(node):
    """A shop's demand, fitted to its sales."""
    sold = sales()[node]
    factors = by_weekday()[node] / sold.mean()
    spread = (sold / factors[sold.index % 7].to_numpy()).std()
    law = tl.NegativeBinomial(sold.mean(), spread)
    return tl.Demand(
        node,
        "filter",
        law,
        season=tuple(factors),
        season_days=7,
        backorders=False,
        lost_sale_cost=15,
        price=40,
    )


def rules(shops):
    """Who decides how: the plant's fixed levels, and these rules of the shops."""
    plant = {item: tl.BaseStock(level) for item, level in PLANT.items()}
    return plant | {(shop, "filter"): rule for shop, rule in shops.items()}


@cache
def level(safety):
    """The chain of the template, in which each shop keeps the same level every day."""
    network = tl.Network.from_tables(dataset("template")).change(*[demand(s) for s in DAYS_AWAY])
    shops = {
        s: tl.BaseStock(round(sales()[s].mean() * days) + safety) for s, days in DAYS_AWAY.items()
    }
    return tl.Scenario(network, rules(shops), days=364)


def week_ahead(view, safety):
    """The rule of the notebook: what the coming days will ask, and safety stock."""
    days = range(1, DAYS_AWAY[view.node] + 1)
    coming = sum(by_weekday()[view.node][(view.day + d) % 7] for d in days)
    return np.maximum(0, coming + safety - view.inventory_position)


def weekly(safety):
    """The same chain, in which both shops look a week ahead."""
    rule = partial(week_ahead, safety=safety)
    return level(safety).change(rules=rules(dict.fromkeys(DAYS_AWAY, rule)))


@cache
def enough(weekly_rule):
    """The least safety stock, in steps of 5, that serves 99 % [filters]."""
    changed = weekly if weekly_rule else level

    def served(safety):
        return tl.replicate(changed(safety), 200, seed=1).estimate("fill_rate").mean

    return SAFETIES[bisect_left(SAFETIES, 0.99, key=served)]


def on_day(node, day):
    """Mean sales of a shop on a weekday."""
    return float(by_weekday()[node][day])


EXERCISES = {
    "11.1": tl.lab.Exercise(
        answer=lambda: on_day("coast shop", SATURDAY),
        unit="filters",
        tolerance=0.005,
        hints=(
            "look at the table of weekdays: which row is Saturday, and which column the coast?",
            "day 0 is a Monday, so Saturdays are the days with day % 7 == 5.",
            '`by_weekday["coast shop"][5]`',
        ),
        slips={
            "that is the city shop.": lambda: on_day("city shop", SATURDAY),
            "that is a Sunday: Monday is 0, so Saturday is 5.": lambda: on_day(
                "coast shop", SATURDAY + 1
            ),
            "that is the mean of all days: take Saturdays only.": lambda: float(
                sales()["coast shop"].mean()
            ),
        },
    ),
    "11.2": tl.lab.Exercise(
        answer=lambda: enough(True),
        unit="filters",
        tolerance=0.001,
        hints=(
            "30 filters are a little too few with this rule.",
            'try `tl.replicate(with_rule("week ahead", safety), 200, seed=1)` in steps of 5.',
            'the first safety stock at which `estimate("fill_rate").mean` is at least 0.99.',
        ),
        slips={
            "that is what the same level every day needs: ask for the rule 'week ahead'.": (
                lambda: enough(False)
            ),
            "close, but fewer than 99 % are served with this.": lambda: enough(True) - 5,
        },
    ),
}
