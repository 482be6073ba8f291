"""Exercises of notebook 04: who should know what, and who should decide?"""

from functools import cache

import twinlab as tl

NAMES = ("shop", "depot", "plant", "mill", "mine")
SEASON = tl.Season(tl.Normal(100, 30), price=10, cost=2, salvage=1)
FREE = tl.Season(
    tl.Normal(100, 30), price=10, cost=2
)  # the same, but unsold units are worth nothing


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
    """Var(orders of the plant) / Var(customers' demand), the mean of 64 replications."""
    batch = tl.replicate(chain(shared, window, 3), 64, seed=1)
    return float(tl.end_to_end_bullwhip(batch, "plant").mean())


@cache
def window(shared):
    """The shortest moving average that keeps the amplification up to the plant below 2."""
    return next(days for days in range(12, 60) if amplification(shared, days) < 2)


def even_price():
    """The wholesale price at which a coordinating buy-back gives both sides half."""
    low, high = SEASON.cost, SEASON.price
    for _ in range(40):
        price = (low + high) / 2
        profits = tl.deal(SEASON, tl.coordinating(SEASON, price=price)).profits
        low, high = (price, high) if profits.retailer > profits.supplier else (low, price)
    return price


EXERCISES = {
    "4.1": tl.lab.Exercise(
        answer=lambda: window(shared=False),
        unit="days",
        tolerance=0.001,
        hints=(
            'try `amplify("own orders", window, 3)[-1]` for longer and longer windows.',
            "a window of 10 days gives more than 3; look between 12 and 30.",
            "the first window whose number is below 2, not the last above it.",
        ),
        slips={
            "that is enough where the plant sees the point of sale; here it sees own orders.": (
                lambda: window(shared=True)
            ),
            "with this window the plant still amplifies by more than 2.": (
                lambda: window(shared=False) - 1
            ),
        },
    ),
    "4.2": tl.lab.Exercise(
        answer=lambda: tl.coordinating(SEASON, price=7).buy_back,
        unit="USD/unit",
        tolerance=0.001,
        hints=(
            "the retailer orders the chain's quantity if its critical ratio is the chain's: 8/9.",
            "its critical ratio is (10 − 7) / (10 − b): solve for b.",
        ),
        slips={
            "an unsold unit is still worth 1 USD: the chain's critical ratio is (10 − 2)/(10 − "
            "1).": lambda: tl.coordinating(FREE, price=7).buy_back,
        },
    ),
    "4.3": tl.lab.Exercise(
        answer=even_price,
        unit="USD/unit",
        tolerance=0.001,
        hints=(
            "try `deal(season, coordinating(season, price=price))` for some prices.",
            "the retailer's share of the chain's profit is (10 − w) / (10 − 2).",
        ),
        slips={
            "half of the retail price is not half of the profit: making a unit costs 2 USD.": (
                lambda: SEASON.price / 2
            ),
        },
    ),
}
