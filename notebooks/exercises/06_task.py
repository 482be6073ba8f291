"""Exercises of notebook 06: a lot and its moment, a line, a rule against luck, a learner."""

from functools import cache

import numpy as np

import twinlab as tl
from twinlab.task import demand
from twinlab.task.inventory import EconomicLot, reorder_point

WEEK = (1.2, 1.1, 1.0, 1.0, 1.0, 1.2, 0.5)  # factors, Monday first
BOARD, LAMP = ("works", "board"), ("works", "lamp")


def order(asked, spread, days, late, order_cost):
    """When to order, enough in 95 % of cases, and how much of it [boards]."""
    point = reorder_point(asked, spread, lead_time=days, lead_time_sd=late, service=0.95)
    return point, EconomicLot(order_cost, 0.02, asked).quantity


@cache
def works(order_cost, keep):
    """The works without its line, where trucks and shelves have another price."""
    nodes = [tl.Node("board maker", "supplier", tier=1), tl.Node("works", "plant")]
    far = tl.Lane(
        "board maker", "works", "board", lead_time=tl.Gamma(9, 2), cost_per_shipment=order_cost
    )
    make = tl.Recipe("works", "lamp", {"board": 1}, production_time=1, initial_in_process=200)
    asks = tl.Demand("works", "lamp", tl.Normal(200, 30), WEEK, season_days=7, backorder_cost=2)
    stocks = [tl.Stock(*BOARD, 2000, keep), tl.Stock(*LAMP, 200, 0.05)]
    parts = [tl.Product("board"), tl.Product("lamp")]
    network = tl.Network(parts, nodes, [far], [make], [asks], stocks)
    return tl.Scenario(network, {BOARD: tl.BaseStock(2050), LAMP: tl.BaseStock(320)}, days=365)


def lived(rule, order_cost, keep):
    """What 100 years cost that nobody has seen [USD/day]."""
    chain = works(order_cost, keep).decide({BOARD: rule})
    return tl.cost(tl.replicate(chain, 100, seed=20_617))


@cache
def rival(order_cost, keep):
    """The notebook's rule: the lot and the reorder point by formula."""
    point, lot = order(200, 30, 9, 2, order_cost)
    return lived(tl.FixedLot(point, lot * (0.02 / keep) ** 0.5), order_cost, keep)


def beats(rule, order_cost, keep):
    """It costs less than the formulas' rule: the whole interval of the paired difference."""
    saved = tl.estimate(rival(order_cost, keep) - lived(rule, order_cost, keep))
    if saved.low > 0.01:  # a cent, for rounding
        return True
    return f"against the rule by formula it saves {saved.short} USD/day: not established."


def lower(order_cost, keep):
    """A rule that waits a little longer before it orders."""
    return tl.FixedLot(2270, order(200, 30, 9, 2, order_cost)[1] * (0.02 / keep) ** 0.5)


@cache
def left(swing, seed):
    """RMSSE of the ridge on lags, as a share of that of a mean of 28 days."""
    usual = 200 * (1 + swing * (np.tile(WEEK, 12) - 1))
    sold = np.random.default_rng(seed).normal(usual, 30)
    tried = {"ridge": demand.Lags(season=7, lags=7), "mean": demand.MovingAverage(28)}
    found = demand.evaluate(tried, sold, horizon=7, origins=14, season=7)
    return found["ridge"].RMSSE / found["mean"].RMSSE


EXERCISES = {
    "6.1": tl.course.Exercise(
        goal="06/1",
        solve=order,
        draw=lambda luck: {
            "asked": luck.randint(150, 300),
            "spread": luck.randint(20, 60),
            "days": luck.randint(6, 14),
            "late": luck.randint(10, 30) / 10,
            "order_cost": luck.randint(40, 140),
        },
        such_as=(2474.0, 1732.0),
        unit="boards",
        hints=(
            "`task.inventory.reorder_point` tells when, `task.inventory.EconomicLot` how much.",
            "the position at which to order covers the lead time's demand and 1.64 standard"
            " deviations of it; the lot is √(2KD/h).",
        ),
        slips={
            "the point has no safety stock yet: lead times and demand vary.": (
                lambda asked, spread, days, late, order_cost: (
                    asked * days,
                    order(asked, spread, days, late, order_cost)[1],
                )
            ),
            "that is the lot for 150 USD an order.": (
                lambda asked, spread, days, late: order(asked, spread, days, late, 150)
            ),
            "the point guards against demand only: lead times vary, too.": (
                lambda asked, spread, days, order_cost: order(asked, spread, days, 0, order_cost)
            ),
        },
    ),
    "6.2": tl.course.Exercise(
        goal="06/2",
        draw=lambda luck: {
            "mount": luck.randint(390, 440) / 100,
            "test": luck.randint(120, 150) / 100,
            "loose": luck.randint(30, 60) / 1000,
        },
        such_as=(300.0, "mount"),
        unit="lamps a day",
        hints=(
            "the least capacity of the three stations counts; `.bottleneck` is that station.",
            "set your numbers in the line, and ask `task.production.predict` for the loads.",
        ),
        points=2,
    ),
    "6.3": tl.course.Exercise(
        goal="06/3",
        solve=lower,
        judge=beats,
        such_as=abs,
        draw=lambda luck: {
            "order_cost": luck.randint(60, 150),
            "keep": luck.randint(300, 600) / 10_000,
        },
    ),
    "6.4": tl.course.Exercise(
        goal="06/4",
        solve=left,
        draw=lambda luck: {"swing": luck.randint(0, 120) / 100, "seed": luck.randint(1, 9999)},
        unit="of the error",
        tolerance=0.02,
        hints=(
            "judge both with `methods.evaluate(…, horizon=7, origins=14, season=7)`.",
            "divide the learner's RMSSE by that of the mean: above 1, learning has lost.",
        ),
        slips={
            "that is the mean against the learner: turn it round.": (
                lambda swing, seed: 1 / left(swing, seed)
            ),
        },
    ),
}
