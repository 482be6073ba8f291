"""Claims of notebook 04: who should know what, and who should decide?"""

from functools import cache

import numpy as np
import pytest

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds
from twinlab.modeling import coordinating, deal
from twinlab.organization import BuyBack, Season

claims = Claims("04")
SEASON = Season(tl.Normal(100, 30), price=10, cost=2, salvage=1)


@cache
def amplified(seed: int, regime: str) -> list[float]:
    return [float(x) for x in claims.cells(seed, "amplify").amplify(regime, 5, 4)]


@claims.says(
    "So seeing the point of sale takes away three quarters of the variance at the mill, but not "
    "the rest.",
    "if all see the point of sale. With own orders only, it is at least the product of the same "
    "expression over the sites.",
)
def formula(seed):
    own, shared = amplified(seed, "own orders"), amplified(seed, "point of sale")
    exact = [1 + 2 * days / 5 + 2 * days**2 / 25 for days in (2, 4, 6, 8)]
    return [
        agrees(0.75, 1 - shared[-1] / own[-1], 0.02),
        *(agrees(said, found, 0.04 * said) for said, found in zip(exact, shared, strict=True)),
        *(holds(own[k] > exact[0] ** (k + 1) * 0.97, own) for k in range(4)),
    ]


@claims.says(
    "A longer window is the other cure.",
    "With the point of sale a window of about two days less does the same.",
)
def window(seed):
    amplify = claims.cells(seed, "amplify").amplify
    own = {days: amplify("own orders", days, 3)[-1] for days in (18, 19)}
    shared = {days: amplify("point of sale", days, 3)[-1] for days in (16, 17)}
    return [holds(own[18] > 2 > own[19], own), holds(shared[16] > 2 > shared[17], shared)]


@cache
def depots(seed: int) -> dict[str, np.ndarray]:
    """Cost, stock and service of the three depots, at the levels that `tune` finds."""
    made = claims.cells(seed, "depots", upto="depots |=").depots
    found = {}
    for name, level in {"own stock": 316, "counts days": 80, "sees all": 672}.items():
        batch = tl.replicate(made[name].set("depot.up_to", level), 100, seed=seed)
        kpis = batch.kpis
        found[name] = np.array([kpis.total_cost, kpis.mean_stock, kpis.fill_rate])
    return found


@claims.says(
    "the chain holds less than half of the stock, serves better, and costs over a third less "
    "(goods under way included).",
    "A depot that merely counts days gets most of it from its own books.",
    "What shared information adds to that is about a tenth.",
)
def information(seed):
    own, counts, sees = depots(seed).values()
    return [
        below(0, sees[1] - 0.5 * own[1]),
        above(0, sees[2] - own[2]),
        below(0, sees[0] - 2 / 3 * own[0]),
        above(0.7, (own[0] - counts[0]) / (own[0] - sees[0])),
        agrees(0.105, 1 - sees[0].mean() / counts[0].mean(), 0.025),
    ]


@claims.says("This shop orders 400 units, every four days or so")
def lots():
    return agrees(4, 400 / 100, 0.1)


@claims.says(
    "At the end the plant's number looks better than under the planner, the shop's worse, and the "
    "network pays the difference.",
    "One empties its shelves, the other fills them:",
)
def alone(seed):
    """The levels that the notebook finds, on luck that did not find them."""
    firm = claims.cells(seed, "start", "plant", "shop", upto="firm = Organization")
    levels = {"planner": (33, 40), "alone": (26, 44), "silos": (10, 86)}
    runs = {}
    for name, (plant, shop) in levels.items():
        rules = {"plant": tl.BaseStock(plant), "shop": tl.BaseStock(shop)}
        runs[name] = tl.replicate(firm.start.decide(rules), 100, seed=seed)
    cost = {name: tl.cost(run) for name, run in runs.items()}
    own = {name: [role.kpi(run) for role in (firm.plant, firm.shop)] for name, run in runs.items()}
    return [
        below(0, own["alone"][0] - own["planner"][0]),
        above(0, own["alone"][1] - own["planner"][1]),
        above(2, cost["alone"] - cost["planner"]),
        above(30, cost["silos"] - cost["alone"]),
    ]


@claims.says(
    "For both together it is (10 − 2) / (10 − 1) = 8/9.",
    "the retailer orders what is best for both, at any w.",
    "a slightly lower price and a credit of 7.75 USD, and both earn more.",
)
def contract():
    best = deal(SEASON, coordinating(SEASON, price=8)).quantity
    same = [deal(SEASON, coordinating(SEASON, price=w)).quantity for w in (3, 4, 5, 9)]
    dear = deal(SEASON, BuyBack(8.2191, 1.0)).profits  # 1 USD is what a unit is worth anyway
    fair = deal(SEASON, BuyBack(8, 7.75)).profits
    return [
        agrees(8 / 9, (10 - 2) / (10 - 1), 1e-9),
        holds(same == pytest.approx([best] * 4), same, best),
        holds(fair.retailer > dear.retailer, fair, dear),
        holds(fair.supplier > dear.supplier, fair, dear),
    ]


@claims.says("(10 − 7) / (10 − b) = (10 − 2) / (10 − 1), so b = 10 − 3 × 9/8 = 6.625, which is")
def credit():
    return agrees(10 - 3 * 9 / 8, 6.625, 1e-9)


@claims.says(
    "The retailer earns the share (10 − w) / (10 − 2) of the chain's profit: a half at w = 6, with "
    "a credit of 5.5 USD."
)
def half():
    profits = deal(SEASON, BuyBack(6, 5.5)).profits
    return agrees(0.5, profits.retailer / (profits.retailer + profits.supplier), 1e-4)


claims.given(
    "All, half, none?",
    "Customers ask for 100 units a day on average, with a standard deviation of 5.",
    "(double marginalization)",
    "The wholesale price is 7 USD.",
    "Work it out (to a tenth of a cent, or exactly)",
    "3. Half and half.",
    "Real people also order more out of fear",
)
