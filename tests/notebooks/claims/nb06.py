"""Claims of notebook 06: what should we do this morning?"""

from functools import cache

import numpy as np

import twinlab as tl
from tests.notebooks.claims import SEEDS, Claims, above, agrees, below, holds
from twinlab import task

claims = Claims("06")
BOARD = ("works", "board")


@cache
def seen():
    """The chain, the morning and the recommendation that the notebook shows: its own luck."""
    return claims.cells(0, "chain", "now", "bulk", "agent", upto="prescribe(shut, agent)")


@claims.says(
    "production will wait for boards within four weeks in four out of five futures.",
)
def goes_on(seed):
    chance = task.inventory.predict(seen().chain, BOARD, seen().now, seed=seed, days=28).chance[-1]
    return agrees(0.8, chance, rounding=0.06)


@claims.says("and z = 1.64 makes it enough in 95 % of cases.")
def normal(seed):
    drawn = np.random.default_rng(seed).normal(0, 1, 20_000)
    return agrees(0.95, drawn < 1.64, 0.001)


@claims.says("a lot half as large again costs little more.")
def flat():
    best = task.inventory.EconomicLot(150, holding_cost=0.02, demand=200)
    return holds(1 < best.cost(1.5 * best.quantity) / best.cost(best.quantity) < 1.1)


@cache
def worth(seed: int) -> dict[str, np.ndarray]:
    """What the notebook's plans save, day by day, in years that did not choose them [USD/day]."""
    chain, bulk, agent = seen().chain, seen().bulk.scenario, seen().agent
    closures = tl.Outage("board maker", rate=1 / 200, days=tl.Gamma(14, 14))
    shut = bulk.change(days=1460).disrupt(closures)
    second = task.sourcing.prescribe
    quarter, standby = (second(shut, agent, share=share).scenario for share in (0.25, 0.0))
    calm, lots = (tl.cost(tl.replicate(one, 48, seed)) for one in (chain, bulk))
    one, part, two = (tl.cost(tl.replicate(s, 150, seed)) for s in (shut, quarter, standby))
    return {
        "lots": calm - lots,
        "share": lots / calm,
        "a quarter": one - part,
        "stand-by": one - two,
    }


@claims.says(
    "the stand-by is worth several times as much as the lots.",
    "Ordering in lots saves more than half of the daily cost of a year without closures, because "
    "until now a truck came every day.",
    "A share for the second source is not the same as a stand-by.",
)
def insurance(seed):
    found = worth(seed)
    return [
        above(2 * found["lots"].mean(), found["stand-by"]),
        above(0, found["stand-by"] - found["a quarter"]),
        below(0.5, found["share"]),
        agrees(123, found["lots"], 2),
    ]


@claims.says("In a year without a closure it is worth nothing.")
def no_closure(seed):
    calm = seen().bulk.scenario
    guarded = task.sourcing.prescribe(calm, seen().agent).scenario
    alone, two = (tl.cost(tl.replicate(one, 16, seed)) for one in (calm, guarded))
    return agrees(0, alone - two, 1e-9)


@claims.says(
    "a better forecast moved a level that guards against something else, in these twelve weeks "
    "down, in others up.",
    "Either way it stays below 2,184, the level that counts the lead time as well (it is found by "
    "simulation).",
)
def clever():
    """From other pasts, each judged by fewer origins than in the notebook (they take long)."""
    levels = []
    for seed in SEEDS:
        past = claims.cells(seed, "asked", "tried", "chain", upto="judged = methods.evaluate")
        best = {"best": past.tried["Holt-Winters"]}
        found = task.demand.prescribe(past.chain, BOARD, past.asked, best, origins=12)
        levels.append(found.scenario.value("works/board.up_to"))
    counted = task.inventory.prescribe(seen().chain, BOARD).scenario.value("works/board.up_to")
    return [
        holds(min(levels) < 2050 < max(levels), levels),
        holds(max(levels) < 2184, levels),
        agrees(2184, counted, 15),
    ]


@claims.says("the good forecast lowers the level of boards, and customers are served worse.")
def lower(seed):
    """What the notebook shows, on other luck of its years."""
    plans = seen().chain, seen().chain.set("works/board.up_to", 1989)
    was, now = (tl.replicate(one, 32, seed).kpis.fill_rate for one in plans)
    return below(0, now - was)


@claims.says("To leave those out would make lives look short (compare the first two lines below).")
def censored(seed):
    life = claims.cells(seed, "ages", "failed", upto="fit_weibull(ages, failed)")
    all_heads = task.maintenance.fit_weibull(life.ages, life.failed).law.average
    return holds(all_heads > task.maintenance.fit_weibull(life.ages[life.failed]).law.average)


@claims.says(
    "their worth is a paired difference on common random numbers. Maintenance is its formula, for"
)
def heads(seed):
    """A policy fitted to forty other heads saves about as much by the law that drew them."""
    life = claims.cells(seed, "ages", "failed", upto="fit_weibull(ages, failed)")
    fitted = task.maintenance.fit_weibull(life.ages, life.failed).law
    advice = task.maintenance.prescribe(fitted, planned_cost=200, failure_cost=800)
    age = advice.values["replacement_age"]
    true = tl.modeling.Weibull(3, 150)
    saved = 800 / true.average - task.maintenance.replacement_cost(true, age, 200, 800)
    return agrees(5, 2 * saved, 1)


@claims.says(
    "1,000 boards: a third of the cost, but the lot shrinks only by the square root of three."
)
def cheaper():
    return agrees(1000, (2 * 200 * 50 / 0.02) ** 0.5, 0.1)


@claims.says(
    "About 302.", "Soldering alone could feed far more, but now the test is the bottleneck"
)
def third_machine():
    """By hand: what a delivered lamp needs of each station, in 480 minutes less repairs."""
    seen_test = 1 / (
        1 - 0.06 * 0.95 * 0.8
    )  # a fault found and sent back is mounted and tested anew
    lost = 0.06 * 0.95 * 0.2 * seen_test  # found, and thrown away
    tests = seen_test / (1 - lost)
    capacity = {"test": 480 / (1.5 * tests), "mount": 3 * 480 / (4.4 * tests)}
    capacity["solder"] = (
        3 * 480 / (3.0 * (1 + 45 / tl.modeling.Weibull(3, 600).average)) * (1 - lost)
    )
    return [
        agrees(302, capacity["test"], 0.6),
        holds(min(capacity, key=capacity.get) == "test", capacity),
        holds(capacity["solder"] > 1.4 * capacity["test"], capacity),
    ]


claims.given(
    "It is half past seven.",
    "Ask it for a quarter of every order, or only while the board maker is closed?",
    "6 % of the mounted lamps are loose",
    "With a maker that works for 200 days and closes for 14",
    "the other three quarters of the orders still wait there.",
    "A new carrier brings boards for 50 USD a shipment instead of 150.",
    "Guess first: a third?",
    "Then set the second slider of the first picture to 50",
    "You may buy a third solder machine.",
)
