"""Claims of notebook 04: who should know what, and who should decide?"""

from functools import cache

import numpy as np

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds
from twinlab.modeling import coordinating, deal
from twinlab.organization import BuyBack, RevenueSharing, Season, Wholesale

claims = Claims("04")
SEASON = Season(tl.Normal(100, 30), price=10, cost=2, salvage=1)


def judged(scenario, seed, histories=60):
    return tl.replicate(scenario, histories, seed=1000 * seed + 7)


@cache
def amplified(seed: int, regime: str) -> float:
    return float(claims.cells(seed, "amplify").amplify(regime, 5, 4)[1])


@claims.says(
    "So the sales take away three quarters of the variance at the mill, but not the rest: whoever "
    "changes a level, orders the change.",
    "if all see the sales; with own orders it is at least the product of this over the sites.",
)
def bullwhip(seed):
    own, shared = amplified(seed, "own orders"), amplified(seed, "sales")
    exact = [1 + 2 * days / 5 + 2 * days**2 / 25 for days in (2, 8)]
    return [
        agrees(0.75, 1 - shared / own, 0.02),
        agrees(exact[1], shared, 0.04 * exact[1]),
        holds(own > 0.97 * exact[0] ** 4, own, exact),
    ]


@claims.says("A longer window is the other cure, and it needs nobody's data.")
def window(seed):
    amplify = claims.cells(seed, "amplify").amplify
    own = {days: amplify("own orders", days, 3)[1] for days in (5, 18, 19)}
    return holds(own[5] > own[18] > 2 > own[19], own)


LOTS = {5: ((18, 105), (18, 190)), 20: ((16, 80), (15, 200)), 40: ((13, 80), (13, 220))}


@cache
def shared_lots(seed: int, size: int) -> np.ndarray:
    """What full sharing saves, a share of stock and waiting, at the levels of a finer search."""
    made = claims.cells(seed, "lots", "paid")
    own, full = (
        made.paid(judged(made.lots(size, sees, *levels), seed))
        for sees, levels in zip((False, True), LOTS[size], strict=True)
    )
    return (own - full) / own.mean()


@claims.says(
    "Where orders tell everything (lots of a day), sharing is worth next to nothing. With lots of "
    "eight days it is worth about a tenth of what stock and waiting cost:",
    "First four shops that ask for 5 units a day each, in lots of one, four and eight days.",
)
def lots(seed):
    return [
        below(0.012, shared_lots(seed, 5)),
        above(0.03, shared_lots(seed, 20)),
        agrees(0.095, shared_lots(seed, 40), 0.02),
    ]


@cache
def depots(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """All costs, and those of stock and waiting, of the three depots of one shop."""
    made = claims.cells(seed, "pair", "CountsDays", "paid")
    found = []
    for rule, level in ((tl.BaseStock, 316), (made.CountsDays, 80), (tl.EchelonBaseStock, 672)):
        batch = judged(made.pair(rule, level), seed)
        found.append((tl.cost(batch), made.paid(batch)))
    return found


@claims.says(
    "The number that sells data is the fourth: over a third of all costs, goods under way "
    "included.",
    "The depot that counts days gets most of it from its own books; what the data add is about a "
    "tenth.",
)
def one_shop(seed):
    (own, _), (counts, _), (sees, _) = depots(seed)
    return [
        below(0, sees - 2 / 3 * own),
        above(0.7, (own - counts) / (own - sees)),
        agrees(0.105, 1 - sees.mean() / counts.mean(), 0.025),
    ]


@claims.says(
    "Firms that decide for themselves cost the chain more than one decider; less where the charge "
    "for waiting is shared fairly. Move the share: the vendor who bears 30 % is worse than no "
    "vendor:",
    "The vendor who bears everything is the one decider.",
)
def vendors(seed):
    """At the levels that searches on more luck find: depot, shop."""
    made = claims.cells(seed, "start", "paid")
    levels = {"whole": (105.4, 74.9), "fair": (102.0, 74.8), "unfair": (89.4, 87.9)}
    levels["weak"] = (101.3, 69.7)
    cost = {}
    for name, (depot, shop) in levels.items():
        rules = {"depot": tl.BaseStock(depot), "shop": tl.BaseStock(shop)}
        cost[name] = made.paid(judged(made.start.decide(rules), seed, 200))
    return [above(0, cost["fair"] - cost["whole"]), above(0, cost["unfair"] - cost["fair"]),
            above(0, cost["weak"] - cost["unfair"])]  # fmt: skip


@claims.says(
    "With a price of 6 USD and nothing else a tenth of the profit is lost, and no price above the "
    "cost loses none. All others lose nothing:",
    "Buy-back and revenue sharing with the same shares pay the same in every single season, not "
    "only on average.",
    "For both together, the best order is enough in a share (10 − 2) / (10 − 1) = 8/9 of all "
    "seasons.",
)
def contracts():
    others = [coordinating(SEASON, price=w) for w in (3, 6, 9)]
    others += [coordinating(SEASON, share=s) for s in (0.1, 0.5, 0.9)]
    others += [coordinating(SEASON, flexibility=s) for s in (0.1, 0.3, 0.5)]
    sold = np.random.default_rng(1).normal(100, 30, 1000).clip(0, 136)
    paid = [c.transfer(SEASON, 136, sold) for c in (BuyBack(6, 5.5), RevenueSharing(1, 0.5))]
    return [
        agrees(0.1, 1 - deal(SEASON, Wholesale(6)).efficiency, 0.005),
        *(holds(deal(SEASON, Wholesale(w)).efficiency < 1 - 1e-5, w) for w in (2.1, 3, 5, 8)),
        *(holds(deal(SEASON, each).efficiency > 1 - 1e-6, each) for each in others),
        holds(abs(paid[0] - paid[1]).max() < 1e-9, paid),
        agrees(8 / 9, (10 - 2) / (10 - 1), 1e-9),
    ]


LEVELS = {"plan": (40, 560), "ask, 2 days": (20, 560), "ask, 14 days": (40, 560),
          "free ± 15, ask, 14 days": (20, 560), "shops decide": (20, 560),
          "share sales": (40, 560), "share sales, 14 days old": (40, 560),
          "VMI, bears all": (20, 560), "VMI, bears 10 %": (0, 480)}  # fmt: skip


@cache
def world(seed: int, surges: int) -> dict[str, np.ndarray]:
    """What each option saves against the plan; in calm all have the plan's own levels."""
    made = claims.cells(seed, "option", "bosses", "ages", "paid")
    calm = {name: (0 if "10 %" in name else 20, 440) for name in LEVELS}
    levels = LEVELS if surges else calm
    cost = {name: made.paid(judged(made.option(name, surges, *each), seed, 100))
            for name, each in levels.items()}  # fmt: skip
    return {name: cost["plan"] - each for name, each in cost.items()}


@claims.says(
    "With surges, let the shops decide. The runner-up, a boss who answers in 2 days, keeps most of "
    "the gain and loses some 6,900 USD a year against it: that is established. A boss who takes as "
    "long as a surge lasts is worse than no boss at all, since the level comes when the surge is "
    "over;",
    "A free band of ± 15 turns that loss into a gain. A vendor who bears everything helps, though "
    "it follows four days late; with a weak charge it is the worst of all,",
    "Fresh sales help the depot; two weeks old they cost more than none.",
)
def decision(seed):
    saved = world(seed, 120)
    alone, fast = saved["shops decide"], saved["ask, 2 days"]
    worst = saved["VMI, bears 10 %"]
    return [
        agrees(6900, 365 * (alone - fast), 550),
        above(0.5, fast.mean() / alone.mean()),
        below(0, saved["ask, 14 days"]),
        above(0, saved["free ± 15, ask, 14 days"]),
        above(0, saved["VMI, bears all"]),
        above(0, fast - saved["VMI, bears all"]),
        above(0, saved["share sales"]),
        below(0, saved["share sales, 14 days old"]),
        *(below(0, worst - each) for name, each in saved.items() if "10 %" not in name),
    ]


@claims.says("In calm the plan wins against all: who follows a forecast, follows noise.")
def calm(seed):
    return [below(0, each) for name, each in world(seed, 0).items() if name != "plan"]


@claims.says("the answer must come within about half a surge.")
def half(seed):
    """A surge lasts 15 days on average: an answer after 4 days pays, one after 12 does not."""
    made = claims.cells(seed, "region", "paid")

    def cost(delay):
        own = tl.ForecastBaseStock(10, 3, 30, False, 20)
        way = made.region(tl.Authority(own, 90, 0, delay), tl.BaseStock(560), 120)
        return made.paid(judged(way, seed, 100))

    plan = cost(999)
    return [above(0, plan - cost(4)), below(0, plan - cost(12))]


claims.given(
    "One depot, four shops.",
    "Customers ask for 20 units a day in each shop, with a standard deviation of 6.",
    "for some 15 days customers ask for twice as much.",
    "(double marginalization)",
    "Shops that decide may order out of fear",
    "with 80 units for safety, while the levels of the plan are 90 and 560? Take 100 replications "
    "with seed 2.",
)
