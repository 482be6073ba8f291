"""Exercises of notebook 04: who should know what, and who should decide?"""

from functools import cache, partial

import twinlab as tl

NAMES = ("shop", "depot", "plant", "mill")
SEASON = tl.Season(tl.Normal(100, 30), price=10, cost=2, salvage=1)


def chain(shared, window, stages):
    """The notebook's chain of forecasters."""
    sites = NAMES[:stages]
    network = tl.serial(
        ["outside", *reversed(sites)],
        demand=tl.Normal(100, 5),
        lead_time=2,
        on_hand=dict.fromkeys(sites, 250.0),
    )
    rule = tl.ForecastBaseStock(window, 2, 50, from_point_of_sale=shared, first_guess=100)
    return tl.Scenario(network, rule, sharing=tl.PointOfSale() if shared else tl.OwnOrders())


@cache
def amplification(shared, window):
    """Var(orders of the third site) / Var(customers' demand), the mean of 64 replications."""
    batch = tl.replicate(chain(shared, window, 3), 64, seed=1)
    return float(tl.end_to_end_bullwhip(batch, "plant").mean())


@cache
def window(shared):
    """The shortest moving average that keeps the amplification up to the third site below 2."""
    return next(days for days in range(12, 60) if amplification(shared, days) < 2)


def paid(history):
    """What stock and waiting cost."""
    return tl.cost(history, "holding") + tl.cost(history, "owing")


def bears(name, share, history):
    """One's own stock, and a share of what waiting costs."""
    return tl.cost(history, "holding", name) + share * tl.cost(history, "owing")


def firms(share):
    """A depot that bears this share of the waiting, and a shop that bears the rest."""
    parts = {"depot": share, "shop": 1 - share}
    kpis = {n: partial(bears, n, part) for n, part in parts.items()}
    roles = [tl.Role(n, {f"{n}.up_to": (50, 180)}, kpi, "USD/day") for n, kpi in kpis.items()]
    return tl.Organization(roles, paid)


@cache
def start():
    """The notebook's depot and shop."""
    asks = tl.Demand("shop", "unit", tl.Normal(20, 5), backorder_cost=9)
    rates = {"lead_time": {"depot": 5, "shop": 3}, "holding_cost": {"depot": 0.5, "shop": 1}}
    two = tl.serial(["mine", "depot", "shop"], demand=asks, on_hand=80, **rates)
    return tl.Scenario(two, tl.BaseStock(90), days=200)


def cost(scenario):
    """Its mean cost, on luck that tuned nothing."""
    return float(paid(tl.replicate(scenario, 200, seed=2)).mean())


@cache
def vendor(tenths):
    """What the chain costs if the depot decides for both and bears so much of the waiting."""
    both = firms(0).give("shop.up_to", "depot", charge=partial(bears, "shop", tenths / 10))
    own = both["depot"].objective
    return cost(tl.tune(start(), both.decides, own, 24, seed=1, evaluations=30).scenario)


@cache
def enough():
    """The least share, in tenths, with which that costs less than two firms at 30 %."""
    how = {"replications": 24, "evaluations": 20, "rounds": 5}
    alone = cost(tl.best_response(start(), firms(0.3), seed=1, **how).scenario)
    return next(tenths / 10 for tenths in range(4, 11) if vendor(tenths) < alone)


EXERCISES = {
    "4.1": tl.course.Exercise(
        goal="04/1",
        solve=lambda: window(shared=False),
        unit="days",
        tolerance=0.001,
        hints=(
            'try `amplify("own orders", window, 3)` for longer and longer windows.',
            "a window of 10 days gives more than 3; look between 12 and 30.",
            "the first window whose number is below 2, not the last above it.",
        ),
        slips={
            "that is enough where the site sees the sales; here it sees own orders.": (
                lambda: window(shared=True)
            ),
            "with this window the third site still amplifies by more than 2.": (
                lambda: window(shared=False) - 1
            ),
        },
    ),
    "4.2": tl.course.Exercise(
        goal="04/2",
        solve=lambda: tl.coordinating(SEASON, flexibility=0.3).price,
        unit="USD/unit",
        tolerance=0.003,
        hints=(
            "the best order of both together is enough in 8/9 of all seasons: 136.6 units.",
            "one unit more must earn the shop nothing: (10 − w)/9 = (w − 1) x.",
            "x is 0.7 of the chance that demand is below 0.7 × 136.6.",
        ),
        slips={
            "that is the price if nothing goes back: the cost of a unit.": lambda: SEASON.cost,
            "that is right for 20 %; here 30 % may go back.": (
                lambda: tl.coordinating(SEASON, flexibility=0.2).price
            ),
        },
    ),
    "4.3": tl.course.Exercise(
        goal="04/3",
        solve=enough,
        unit="share",
        tolerance=0.001,
        hints=(
            "try `vendor(share)` for 0.6, 0.7 and so on, and judge each with seed 2.",
            'judge `plans["two firms, depot bears 30%"]` in the same way.',
        ),
        slips={
            "with that share the chain still costs more than two firms.": lambda: enough() - 0.1,
        },
    ),
}
