"""What notebook 00 claims: a closure of four weeks, three tiers up."""

from functools import cache

import numpy as np

import twinlab as tl
from tests.notebooks.claims import Claims, above, agrees, below, holds

claims = Claims("00")
ON_THE_WAY = {"chips": (10, 5), "ECUs": (3, 3 + 4), "cars": (3, 2 + 10)}  # days under way, of stock


def late(chain, seed, replications=24):
    """For every history, the days on which a customer is not served on the day."""
    bands = ["demand", "on_time"]
    batch = tl.replicate(chain.change(days=170), replications, seed, daily=bands)
    missed = batch.series("demand") - batch.series("on_time") > 1e-9
    return [np.flatnonzero(days) for days in missed.T]


@cache
def noticed(seed):
    """The late days of a closure of four weeks, in each history."""
    return late(claims.cells(seed, "four_weeks").four_weeks, seed)


@cache
def ideas(seed):
    """Every idea of the notebook in many replications: batches by name."""
    found = claims.cells(seed, "ideas", "calm")
    found = found.ideas | {"calm": found.calm}
    return {name: tl.replicate(idea, 100, seed=seed) for name, idea in found.items()}


@claims.says(
    "It can deliver 240 chips a day, half as much again as is usually needed.",
    "The chip maker comes back with 240 chips a day, of which 160 are used up at once",
)
def capacity():
    chain = claims.cells(1, "calm", "sales")
    need = 4 * sum(chain.sales.values())
    return [agrees(240, [chain.calm.value("chip maker.capacity")]), agrees(1.5, [240 / need], 0)]


@claims.says("(160.4 chips come in: they left on day 50.)")
def ten_days_on_the_way():
    run = tl.simulate(claims.cells(1, "calm").calm, seed=1)
    left = [e.quantity for e in run.log.of("shipped") if (e.day, e.node) == (50, "chip maker")]
    return agrees(160.4, left, 0.05)


@claims.says("In the calm history every customer was served on the day: the fill rate is 1.")
def calm(seed):
    return holds((ideas(seed)["calm"].kpis.fill_rate == 1).all())


@claims.says("To begin with it closes for one week, and nobody notices.")
def one_week(seed):
    return holds(not any(map(len, late(claims.cells(seed, "closed").closed, seed))))


@claims.says(
    "The chip maker closed on day 60 and reopened on day 88. The customers noticed on day 99: 39 "
    "days after the closure began, and 11 days after it was over."
)
def the_history_of_the_notebook():
    run = tl.simulate(claims.cells(1, "four_weeks").four_weeks, seed=1)
    first = np.flatnonzero(run.series("demand") - run.series("on_time") > 1e-9)[0]
    return [agrees(99, [first], 0), agrees(39, [first - 60], 0), agrees(11, [first - 88], 0)]


@claims.says(
    "| | chips | ECUs | cars for the north | in all | |---|---|---|---|---| | days under way | 10 "
    "| 3 | 3 | 16 | | days of stock | 5 | 3 + 4 | 2 + 10 | 24 | 60 + 16 + 24 = day 100."
)
def by_hand():
    under_way, stock = (sum(days) for days in zip(*ON_THE_WAY.values(), strict=True))
    chain = claims.cells(1, "calm", "on_hand", "sales")
    chips = chain.on_hand["ECU plant", "chip"] / 160
    ecus = [chain.on_hand[site, "ECU"] / 40 for site in ("ECU plant", "car plant")]
    cars = [chain.on_hand["car plant", "car"] / 40, chain.on_hand["north", "car"] / 20]
    return [
        agrees(16, [under_way], 0),
        agrees(24, [stock], 0),
        agrees(24, [chips + sum(ecus) + sum(cars)], 0),
        agrees(100, [60 + under_way + stock], 0),
    ]


@claims.says("The simulation says 99, and with other luck anything from 98 to 101")
def first_days(seed):
    first = [days[0] for days in noticed(seed)]
    return [agrees(99.5, first, 1), holds(min(first) >= 97 and max(first) <= 102, first)]


@claims.says(
    "So a closure of 28 days, against 24 days of stock, leaves customers short on 31 days."
)
def days_short(seed):
    return agrees(31, list(map(len, noticed(seed))), 1)


@claims.says(
    "Chips and fair shares together cost least, and nobody waits. The runner-up, chips alone, is "
    "established to cost more, but hardly more: where nothing is scarce, there is little to share.",
)
def best(seed):
    found = ideas(seed)
    mean = {name: tl.cost(batch).mean() for name, batch in found.items()}
    order = sorted(mean, key=mean.get)
    behind = tl.cost(found["chips"]) - tl.cost(found["chips + fair shares"])
    both = found["chips + fair shares"].kpis.fill_rate
    return [
        holds(order[:2] == ["chips + fair shares", "chips"], mean),
        above(0, behind),
        below(0.002 * mean["chips"], behind),
        holds(both.min() > 0.9999, both.min()),
    ]


@claims.says(
    "Fair shares alone cost nothing, halve the days on which somebody waits, and cost less than "
    "doing nothing by far."
)
def fair_shares(seed):
    made, found = claims.cells(seed, "fair", "four_weeks"), ideas(seed)
    stocks = made.fair.network.stocks == made.four_weeks.network.stocks
    waits = [len(days) for days in late(made.fair, seed)]
    share = np.array(waits) / [len(days) for days in noticed(seed)]
    gain = 1 - tl.cost(found["fair shares"]) / tl.cost(found["nothing"])
    return [holds(stocks), agrees(0.5, share, 0.07), above(0.1, gain)]


@claims.says(
    "Cars in the regions cost far more than doing nothing, and still leave customers short.",
    "Stock far upstream is cheap, because little work has gone into it yet.",
)
def more_cars(seed):
    found = ideas(seed)
    ratio = tl.cost(found["cars"]) / tl.cost(found["nothing"])
    keeping = claims.cells(1, "keeping").keeping
    return [
        above(1.3, ratio),
        below(0.995, found["cars"].kpis.fill_rate),
        holds(keeping["chip"] == min(keeping.values()), keeping),
    ]


@claims.says("The second source is nearly free here")
def second_source(seed):
    found = ideas(seed)
    extra = tl.cost(found["second source"]) / tl.cost(found["chips"]) - 1
    return [below(0.01, extra), holds(found["second source"].kpis.fill_rate.min() > 0.9999)]


@claims.says("against 7.30 USD for keeping it for a year?", "The west buys a fifth of all cars")
def given_by_the_tables():
    made = claims.cells(1, "keeping", "sales")
    west = made.sales["west"] / sum(made.sales.values())
    return [agrees(7.30, [365 * made.keeping["chip"]], 1e-9), agrees(0.2, [west], 1e-9)]


@claims.says(
    "What lies at a closed site does not help, and how long it stays closed does not matter. So "
    "customers notice the car plant first: nearest to them, the least stock lies in between."
)
def nearest_first(seed):
    """Over the five sites: the first day without a car is the one reckoned by hand."""
    chain = claims.cells(seed, "calm").calm
    first = {}
    for site, below_it in tl.course.read_exercises(0).BELOW.items():
        for lasts in (35, 60):
            hit = chain.disrupt(tl.Outage(site, start=60, days=lasts))
            first[site, lasts] = [days[0] - 60 - below_it for days in late(hit, seed, 8)]
    return [
        *(holds(max(map(abs, days)) <= 3, site, days) for site, days in first.items()),
        *(holds(first[site, 35] == first[site, 60]) for site, _ in first),
    ]


claims.given(
    "Drag the first slider slowly from 7 to 28 days",
    "no buyer orders more out of fear",
    "customers do not ask for 40 cars on every day",
    "All rows have the same 200 histories; gains are differences in pairs, with their 95 % "
    "interval.",
    "between which two days, at most 5 apart, do customers first go without a car? You are right "
    "if it is so in at least 180 of 200 histories whose luck you do not know.",
    "The chip maker closes on day 60 for your",
    "in steps of 100, with which on average at least 99 % of the cars of the year are served on "
    "the day (50 replications",
)
