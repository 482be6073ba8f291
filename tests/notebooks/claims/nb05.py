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


@cache
def decided(seed: int) -> dict[str, dict[str, Any]]:
    """What a plan costs in a year, by window [USD]."""
    made = claims.cells(seed, "yearly", "plans", "windows")
    return {window: {name: made.yearly(more, *at) for name, more in made.plans.items()}
            for window, at in made.windows.items()}  # fmt: skip


@claims.says(
    "For the narrow twin all that stock is money thrown away: leave it as it is. For the whole one "
    "20 days more of nylon save some 106,000 USD a year, and the runner-up, 10 days, some 46,000 "
    "less.",
    "The decision turns round, and neither twin has made a mistake in computing.",
    "Ten days of cars save as many cars as ten days of nylon, and cost far more than they save.",
    "The step of time changes nothing here.",
)
def decision(seed):
    narrow, whole, weekly = decided(seed).values()
    gains = [each["as it is"] - each["20 days more nylon"] for each in (whole, weekly)]
    nylon, cars = (whole[f"10 days more {what}"] for what in ("nylon", "cars"))
    return [
        *(above(0, narrow[name] - narrow["as it is"]) for name in list(narrow)[1:]),
        agrees(106_000, gains[0], 500),
        agrees(46_000, nylon - whole["20 days more nylon"], 500),
        agrees(800_000 - 400, cars - nylon, 20),
        above(0, cars - whole["as it is"]),
        above(0, weekly["10 days more nylon"] - weekly["20 days more nylon"]),
        above(0, gains[1]),
    ]


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
    "It holds more stock, since lead times are rounded:",
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
    "As it is, the stock on the way covers 23 days: 10 of nylon, 2 + 5 of resin, 2 + 2 of fuel "
    "lines and 2 of cars. Each 20 units more at both add a day, each 40 cars of the limit another."
)
def nobody_hurt(seed):
    """A day more of a closure costs a day's 40 cars; 20 units more at both give it back."""
    made = claims.cells(0, "calm", "stocked", "compounders")
    more = made.stocked({(name, "nylon"): 20 for name in made.compounders})
    cost = {}
    for chain, days in ((made.calm, 22), (made.calm, 26), (made.calm, 27), (more, 27)):
        hit = chain.disrupt(tl.Outage("nylon plant", start=42, days=days))
        cost[chain is more, days] = tl.replicate(hit, 128, seed=seed).kpis.lost_sales
    return [
        holds(10 + 2 + 5 + 2 + 2 + 2 == 23),
        below(5, cost[False, 22]),
        agrees(40, cost[False, 27] - cost[False, 26], 1),
        agrees(0, cost[True, 27] - cost[False, 26], 1),
    ]


@claims.says(
    "A strike of d days leaves (7 − d) × `capacity` cars and the yard, against 280 ± 11 asked in a "
    "week."
)
def a_week():
    return [agrees(280, 7 * 40, 1e-9), agrees(11, 4 * 7**0.5, 0.6)]


claims.given(
    "On 31 March 2012 an explosion closed one chemical plant in Marl, Germany.",
    "It made nylon-12",
    "On 17 April more than 200 managers",
    "In a calm half-year",
    "only its shape is that of 2012.",
    "in 2012 engineers began at once to look for other materials.",
    "Assume that in one year of ten nylon is missing for two to ten weeks, that a car not sold "
    "costs 2,000 USD, and that to keep the nylon of a car costs 1 USD a year, the car itself "
    "2,000. Should the compounders hold 10 or 20 days more of nylon, or the plant 10 days more of "
    "cars?",
    "Answer with a pair of shares, such as 0.01.",
)
