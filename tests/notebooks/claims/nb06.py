"""Claims of notebook 06: what should we do this morning?"""

from functools import cache

import numpy as np
from scipy.stats import binom

import twinlab as tl
from tests.notebooks.claims import SEEDS, Claims, above, agrees, below, holds
from twinlab import task

claims = Claims("06")
BOARD = ("works", "board")


@cache
def seen():
    """The chain, the morning and the recommendation that the notebook shows: its own luck."""
    names = ("chain", "now", "bulk", "agent", "flood", "shut", "plans", "best")
    return claims.cells(0, *names, upto="two = tl.compare")


def morning(seed):
    """Other twelve weeks, and other tips."""
    names = ("chain", "asked", "tried", "ages", "failed", "worked")
    return claims.cells(seed, *names, upto="fit, naive")


@claims.says(
    "production will wait for boards within four weeks in more than four out of five futures.",
)
def goes_on(seed):
    chance = task.inventory.predict(seen().chain, BOARD, seen().now, seed=seed, days=28).chance[-1]
    return holds(0.8 < chance < 0.9, chance)


@claims.says("and z = 1.64 makes it enough in 95 % of cases.")
def normal(seed):
    drawn = np.random.default_rng(seed).normal(0, 1, 20_000)
    return agrees(0.95, drawn < 1.64, 0.001)


@claims.says("a lot half as large again costs little more.")
def flat():
    best = task.inventory.EconomicLot(150, holding_cost=0.02, demand=200)
    return holds(1 < best.cost(1.5 * best.quantity) / best.cost(best.quantity) < 1.1)


def paid(scenario, many: int, seed: int):
    """What a day costs from the notebook's morning on [USD/day]."""
    return tl.cost(tl.replicate(scenario, many, seed, start=seen().now))


@cache
def worth(seed: int) -> dict[str, np.ndarray]:
    """What the notebook's plans save, day by day, in futures that did not choose them [USD/day]."""
    chain, bulk, shut = seen().chain, seen().bulk.scenario, seen().shut
    calm, lots = (paid(one, 48, seed) for one in (chain, bulk))
    one, part, two = (paid(s, 100, seed) for s in (shut, *seen().plans.values()))
    return {
        "lots": calm - lots,
        "share": lots / calm,
        "a quarter": one - part,
        "stand-by": one - two,
        "dearer": paid(seen().best.scenario, 100, seed) - two,
    }


@claims.says(
    "the stand-by is worth several times as much as the lots; the runner-up, the chosen shares, "
    "costs some 7,000 USD a year more.",
    "Ordering in lots saves more than half of the daily cost of a year without closures, because "
    "until now a truck came every day.",
    "A share for the second source is not the same as a stand-by.",
    "Lots with a reorder point cost about a third of what a truck every day costs",
)
def insurance(seed):
    found = worth(seed)
    return [
        above(2 * found["lots"].mean(), found["stand-by"]),
        agrees(7000, 365 * found["dearer"], 500),
        above(0, found["stand-by"] - found["a quarter"]),
        below(0.5, found["share"]),
        agrees(1 / 3, found["share"], 0.04),
        agrees(126, found["lots"], 2),
    ]


@claims.says(
    "Who is asked only while the maker is closed guards best for the money: a fixed quarter leaves "
    "the other three quarters of every order waiting.",
    "it asks both, the agent for a twentieth, and for all while the maker is closed. That serves "
    "as well and costs a little more, as each order now pays two trucks and some dear boards. "
    "Against the flood nothing here helps: it closes both.",
)
def both_asked(seed):
    found, dearer = worth(seed), worth(seed)["dearer"]
    served = [
        tl.replicate(one, 50, seed, start=seen().now).kpis.fill_rate
        for one in (seen().best.scenario, seen().plans["stand-by"])
    ]
    shares = [seen().best.scenario.network.lanes[at].sourcing_share for at in (0, 1)]
    return [
        above(0, found["stand-by"] - found["a quarter"]),
        above(0, dearer),
        below(40, dearer),
        above(-0.003, served[0] - served[1]),
        holds(np.allclose(shares, [0.95, 0.05]), shares),
        holds(len({(one.start, one.days) for one in seen().flood}) == 1),
    ]


@claims.says("In a year without a closure it is worth nothing.")
def no_closure(seed):
    calm = seen().bulk.scenario
    guarded = task.sourcing.prescribe(calm, seen().agent).scenario
    alone, two = (paid(one, 16, seed) for one in (calm, guarded))
    return agrees(0, alone - two, 1e-9)


@claims.says(
    "a better forecast moved a level that guards against something else, in these twelve weeks "
    "down, in others up.",
    "Either way it stays below 2,218, the level that counts the lead time as well (it is found by "
    "simulation).",
)
def clever():
    """From other pasts, each judged by fewer origins than in the notebook (they take long)."""
    levels = []
    for past in map(morning, SEEDS[:3]):
        best = {"best": past.tried["Holt-Winters"]}
        found = task.demand.prescribe(past.chain, BOARD, past.asked, best, origins=12)
        levels.append(found.scenario.value("works/board.up_to"))
    counted = task.inventory.prescribe(seen().chain, BOARD).scenario.value("works/board.up_to")
    return [
        holds(min(levels) < 2050 < max(levels), levels),
        holds(max(levels) < 2218, levels),
        agrees(2218, counted, 15),
    ]


@claims.says("the good forecast lowers the level of boards, and customers are served worse.")
def lower(seed):
    """What the notebook shows, on other luck of its futures."""
    plans = seen().chain, seen().chain.set("works/board.up_to", 1962)
    was, then = (tl.replicate(p, 32, seed, start=seen().now).kpis.fill_rate for p in plans)
    return below(0, then - was)


@claims.says(
    "On twelve weeks of lamps the ridge gains nothing on Holt-Winters, which sees the same week "
    "(from most other twelve weeks it is worse)",
)
def ridge_on_lamps():
    """From other pasts, judged by fewer origins."""
    apart = []
    for seed in SEEDS[:3]:
        names = ("Holt-Winters", "ridge on lags")
        two = {name: morning(seed).tried[name] for name in names}
        found = task.demand.evaluate(two, morning(seed).asked, horizon=7, origins=12, season=7)
        apart.append(found["ridge on lags"].RMSSE - found["Holt-Winters"].RMSSE)
    return holds(np.median(apart) > 0, apart)


@claims.says("On car sales it is a little ahead, over ten years too; in some years the other wins.")
def ridge_on_cars():
    """From 120 months, and from 48 of other years than the notebook shows."""
    found = claims.cells(0, "cars", "rivals", upto="evaluate(rivals")
    two = {name: found.rivals[name] for name in ("ridge on lags", "Holt-Winters on logs")}
    judged = [
        task.demand.evaluate(two, found.cars[:end], horizon=3, origins=many, season=12)
        for end, many in (("2022", 120), ("2015", 48))
    ]
    ahead = [logs - ridge for ridge, logs in ([j[n].RMSSE for n in two] for j in judged)]
    return [holds(0 < ahead[0] < 0.1, ahead[0]), holds(-0.1 < ahead[1] < 0, ahead[1])]


@claims.says(
    "the fixed interval, too wide before, held in two of three months. The adaptive one does not "
    "keep its promise of nine in ten either, but it comes closer.",
)
def intervals():
    """The table, and the same for the first two months ahead."""
    found = claims.cells(0, "made", "held", "cars", upto="held.groupby")
    years = found.cars.index[found.made.origins + 2].year
    late, early = found.held[years >= 2020].mean(), found.held[(years > 2012) & (years < 2017)]
    low, high = found.made.bands(0.9)
    inside = ((low <= found.made.actuals) & (found.made.actuals <= high))[years >= 2020]
    return [
        agrees(2 / 3, late["fixed"], 0.03),
        holds(early["fixed"].mean() > 0.95, early["fixed"].mean()),
        holds(late["fixed"] + 0.1 < late["adaptive"] < 0.9, late["adaptive"]),
        holds(inside.mean() < 0.9, inside.mean(axis=0)),
    ]


@cache
def obeyed(days: int) -> np.ndarray:
    """Lamps served a day, of those wanted, in histories that the notebook does not show."""
    more = seen().chain.set("works/lamp.pattern", tl.Normal(240, 30))
    told = task.production.plan_departments(more, seen().now, horizon=28, safety_time=days)
    checks = [told.prove(3, seed=seed)["served works/lamp"] for seed in SEEDS[:2]]
    return np.array([check.actual.mean / check.wanted for check in checks])


@claims.says(
    "Bought as lead times are on average, boards come late in half of all cases, and a day without "
    "boards is not made up for: the first plan is not proved. Three days of safety time are "
    "enough.",
)
def safety_time():
    plain, safe = obeyed(0), obeyed(3)
    late = np.random.default_rng(1).gamma(81 / 4, 4 / 9, 20_000) > 9
    return [
        holds(plain.mean() < min(0.98, safe.mean() - 0.01), plain),
        holds(abs(safe.mean() - 1) < 0.02, safe),
        agrees(0.5, late, 0.04),
    ]


@claims.says(
    "In the flow of cars five plants are full: a little more room in Mexico would save 451 USD of "
    "freight a car.",
)
def lanes():
    """By the program itself: Mexico's plant with more room."""
    found = claims.cells(0, "arcs", "most", "sold", upto="plan = flow")
    flow = task.logistics.network_flow
    plan = flow(found.arcs, found.most, found.sold)
    room = {"Mexico assembly": found.most["Mexico assembly"] + 0.1}
    wider = flow(found.arcs, found.most | room, found.sold)
    return [
        agrees(451, 10 * (plan.cost - wider.cost), 1),
        holds(sum(usd > 0 for usd in plan.relief.values()) == 5, plan.relief),
    ]


@claims.says("To leave those out would make lives look short (compare the first two lines below).")
def censored():
    fit = task.maintenance.fit_weibull
    lives = [(fit(m.ages, m.failed), fit(m.ages[m.failed])) for m in map(morning, SEEDS[:3])]
    return [holds(each.law.average > ended.law.average) for each, ended in lives]


@claims.says(
    "their worth is a paired difference on common random numbers, from this morning's state on. "
    "Maintenance is its formula, for two machines;",
)
def tips():
    """A policy fitted to forty other tips saves about as much by the law that drew them."""
    saved = []
    for life in map(morning, SEEDS[:3]):
        fitted = task.maintenance.fit_weibull(life.ages, life.failed).law
        advice = task.maintenance.prescribe(fitted, planned_cost=20, failure_cost=80)
        age, true = advice.values["replacement_age"], tl.Weibull(3, 600 * 168 / life.worked)
        cost = task.maintenance.replacement_cost(true, age, 20, 80)
        saved.append(2 * (80 / true.average - cost))
    return holds(min(saved) > 30, saved)


@cache
def town(seed):
    """The notebook's town, on other luck of its days."""
    names = ("road", "wanted", "town", "halls", "hired", "stocked", "tour", "design")
    return claims.cells(seed, *names, upto="trips = ")


@claims.says(
    "Three vans that must be there by 10 leave two shops out; a fourth serves all.",
)
def vans():
    routes = claims.cells(0, "routes", upto="tl.lab.play(routes").routes
    words = [routes(number, 80, 10.0, 60).words for number in (3, 4)]
    return [holds("2 left out" in words[0], words[0]), holds("0 left out" in words[1], words[1])]


@claims.says(
    "By averages, three halls save 34 USD a day. Simulated they cost 100 more than today: a hall "
    "without stock makes its shops wait, and the plan knows neither chance nor waiting. With 60 "
    "lamps in each hall they save 43; the milk run saves 53 and needs no hall.",
    "The three halls were proven to be the cheapest, by averages, and customers waited.",
)
def halls(seed):
    found = town(seed)
    then = found.hired, found.stocked, found.tour.scenario
    lived = [tl.replicate(one, 32, 1000 * seed) for one in (found.town, *then)]
    bare, filled, tour = (tl.cost(lived[0]) - tl.cost(one) for one in lived[1:])
    today = sum(0.05 * found.road["works"][shop] * lamps for shop, lamps in found.wanted.items())
    return [
        agrees(34, [today - found.design.cost / 365]),
        holds(found.design.gap == 0 and all(map(all, found.design.open.values()))),
        agrees(-100, bare, 1),
        agrees(43, filled),
        agrees(53, tour),
        below(-0.1, lived[1].kpis.fill_rate - lived[0].kpis.fill_rate),
        below(0, filled - tour),
    ]


@claims.says(
    "176 lamps of a lot, accepted with at most 2 bad ones, turn away at most 5 % of lots with 0.3 "
    "% bad ones, and let at most 10 % of those with 3 % pass.",
)
def sample():
    """By the binomial law; a lamp less in the sample does not keep both."""

    def keeps(n, c):
        return binom.cdf(c, n, 0.003) >= 0.95 and binom.cdf(c, n, 0.03) <= 0.1

    return [holds(keeps(176, 2)), holds(not any(keeps(175, c) for c in range(9)))]


@claims.says("A third of the order cost is not a third of the lot: it stands under the root.")
def cheaper():
    lots = [(2 * 200 * cost / 0.02) ** 0.5 for cost in (50, 150)]
    return agrees(3**-0.5, lots[0] / lots[1], 1e-9)


claims.given(
    "It is half past seven.",
    "At which position do you order, to have enough in 95 % of cases",
    "in a hundred years that you do not see, paired, with 95 % confidence.",
    "a week ahead, from 14 mornings. Which share of the mean's RMSSE is left to the learner? Guess "
    "first whether it is above 1.",
    "at 50 USD a board?",
    "US car sales since 1993",
    "One plan takes lead times as they are on average",
    "Ask it for a quarter of every order, or only while the board maker is closed?",
    "unload for a quarter of an hour at each shop.",
    "6 % of the mounted lamps are loose",
    "With a maker that works for 200 days and closes for 14",
    "the other three quarters of the orders still wait there.",
    "You buy a third solder machine.",
)
