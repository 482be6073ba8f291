"""Claims of notebook 05: does the answer depend on where we look?"""

from functools import cache
from typing import Any

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds

claims = Claims("05")
COMPOUNDERS = ("compounder 1", "compounder 2")


@cache
def lost(seed: int, site: str, days: int, tier: int = 3, period: int = 1, lived: int = 168) -> Any:
    """Cars not sold, in 32 replications."""
    made = claims.cells(0, "calm")
    outage = tl.Outage(site, start=42, days=days, stock_ships=site == "car plant")
    hit = made.calm.change(days=lived).disrupt(outage)
    return tl.replicate(
        tl.scope.restrict(hit, tier, period).scenario, 32, seed=seed
    ).kpis.lost_sales


@claims.says("Until tier 2 the twin sees nothing at all, however long the plant is closed.")
def nothing(seed):
    return [agrees(0, lost(seed, "nylon plant", 56, tier), 1e-9) for tier in (0, 1, 2)]


@claims.says(
    "The step comes at the last tier, and it is all or nothing.",
    "By its own light this chain is safe",
)
def last_tier(seed):
    """Losses are over long before the last day: 84 more days add nothing."""
    whole = lost(seed, "nylon plant", 42)
    alone = [lost(seed, site, 42) for site in (*COMPOUNDERS, "fuel lines A", "fuel lines B")]
    return [
        agrees(763, whole, 5),
        agrees(1319, lost(seed, "nylon plant", 56), 5),
        agrees(0, lost(seed, "nylon plant", 42, lived=252) - whole, 0.5),
        *(below(1, one) for one in alone),
    ]


@claims.says(
    "if each fails one year in twenty, both fail one year in four hundred.",
)
def independent():
    return agrees(1 / 400, (1 / 20) ** 2, 1e-9)


@claims.says(
    "For the whole one it saves 400 cars: every unit of it becomes a car, in each of the 200 "
    "replications.",
    "For the narrow twin the stock is money thrown away.",
)
def more_nylon(seed):
    made = claims.cells(0, "calm", "more", "six_weeks")
    saved = {}
    for tier in (2, 3):
        pair = (
            tl.scope.restrict(s.disrupt(made.six_weeks), tier).scenario
            for s in (made.calm, made.more)
        )
        was, now = (tl.replicate(one, 200, seed=seed).kpis.lost_sales for one in pair)
        saved[tier] = was - now
    return [holds(abs(saved[3] - 400).max() < 1e-6), holds(abs(saved[2]).max() < 1e-9)]


@claims.says(
    "In a week the plant can make 700 cars and customers ask for 280. A strike of four days leaves "
    "300: enough for the week.",
    "By the day, a strike of four days costs 79 cars; by the week, none.",
    "A strike of a whole week costs 200 in both.",
)
def strike(seed):
    return [
        agrees(79, lost(seed, "car plant", 4), 2),
        agrees(0, lost(seed, "car plant", 4, period=7), 0.5),
        agrees(200, lost(seed, "car plant", 7), 3),
        agrees(200, lost(seed, "car plant", 7, period=7), 3),
    ]


@claims.says(
    "In a calm half-year it sells about as many cars (weeks have luck of their own).",
    "so less of the same orders is under way and more of it on the shelf:",
)
def calm_weeks(seed):
    calm = claims.cells(0, "calm").calm
    day, week = (
        tl.replicate(one, 32, seed=seed)
        for one in (calm, tl.scope.restrict(calm, period=7).scenario)
    )
    sold = week.total("served").mean() / day.total("served").mean()
    return [agrees(1, sold, 0.01), above(1.05, week.kpis.mean_stock / day.kpis.mean_stock)]


@claims.says(
    "22 days. The stock on the way covers 23: 10 of nylon, 2 + 5 of resin, 2 + 2 of fuel lines and "
    "2 of cars.",
    "Demand varies, so the 23rd day already costs about 10 cars.",
)
def nobody_hurt(seed):
    calm = claims.cells(0, "calm").calm
    cost = {}
    for days in (22, 23):
        hit = calm.disrupt(tl.Outage("nylon plant", start=42, days=days))
        cost[days] = tl.replicate(hit, 256, seed=seed).kpis.lost_sales
    return [
        holds(10 + 2 + 5 + 2 + 2 + 2 == 23),
        below(5, cost[22]),
        above(5, cost[23]),
        agrees(10, cost[23], 1),
    ]


@claims.says(
    "5 days. A strike of d days leaves (7 − d) × 100 cars and 80 in the yard, against 280 ± 11 "
    "asked in a week.",
)
def wakes_up(seed):
    return [
        agrees(11, 4 * 7**0.5, 0.6),
        below(1, lost(seed, "car plant", 4, period=7)),
        above(1, lost(seed, "car plant", 5, period=7)),
    ]


@claims.says("17: every site beyond the boundary stands behind two or more suppliers.")
def common_causes():
    table = tl.scope.restrict(tl.cases.automotive(), tier=1).table
    kinds = table["cannot answer about"].value_counts()
    return holds(kinds["common cause"] == 17 == kinds["site"], kinds.to_dict())


claims.given(
    "On 31 March 2012 an explosion closed one chemical plant in Marl, Germany.",
    "It made nylon-12",
    "On 17 April more than 200 managers",
    "In a calm half-year",
    "only its shape is that of 2012.",
    "in 2012 engineers began at once to look for other materials.",
    "(from day 42, whole days)",
    "(whole days, from day 42)",
    "look at it through a twin of tiers 0 and 1.",
)
