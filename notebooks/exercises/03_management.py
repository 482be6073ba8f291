"""Exercises of notebook 03: a goal, a last day to act, stock against a closure, a memo."""

import math

import twinlab as tl

START = tl.course.read_exercises(0)  # the chain of notebook 00

# Tier, units per day, days to recover.
SITES = {
    "chip maker": (3, 240, 35),
    "foundry": (3, 60, 14),
    "ECU plant": (2, 56, 21),
    "engine plant": (2, 56, 21),
    "car plant": (1, 52, 14),
}
EVERY = {"chip maker": 3, "foundry": 3, "ECU plant": 8, "engine plant": 8, "car plant": 14}  # years


def calm():
    """The chain of notebook 00 with capacities and times to recover, where nobody waits."""
    nodes = [
        tl.Node(site, "", tier, capacity=units, time_to_recover=days)
        for site, (tier, units, days) in SITES.items()
    ]
    demands = [
        tl.Demand(region, "car", tl.Normal(cars, cars / 5), backorders=False, lost_sale_cost=4000)
        for region, cars in START.SALES.items()
    ]
    chain = START.calm()
    return chain.change(network=chain.network.change(*nodes, *demands))


def risky():
    """The chain in which every site closes by chance, for half to one and a half its time."""
    return calm().disrupt(
        *(
            tl.Outage(
                site,
                rate=1 / (365 * EVERY[site]),
                days=tl.Uniform(0.5 * days, 1.5 * days),
            )
            for site, (_, _, days) in SITES.items()
        )
    )


# -- 3.1: met with a probability --------------------------------------------------------------


def met(target, seed):
    """In which share of 100 years the fill rate is at least the target, with its interval."""
    years = tl.replicate(risky(), 100, seed=seed)
    (found,) = tl.management.judge([tl.management.Goal("fill_rate", target)], years)
    return found.met


# -- 3.2: the last day to act -----------------------------------------------------------------


def last_day(chips, start):
    """The last whole day before the stocks below the closed chip maker end."""
    kept = calm().network.change(tl.Stock("ECU plant", "chip", chips))
    lasts = tl.risk_exposure(kept, ["chip maker"])["chip maker"].time_to_survive
    return math.ceil(round(start + lasts, 6)) - 1


# -- 3.3: stock that outlasts S2 --------------------------------------------------------------


def loss(cars, p1=75, s1=30, p2=25):
    """The least loss without S2: so many cars of P1 in stock, and asked for; S1's parts; P2."""
    suppliers, cost = {"S1": s1, "S2": 45, "S3": 60}, {"P1": 5000, "P2": 6500}
    ford = tl.Network(
        [tl.Product(p) for p in cost],
        [
            *(tl.Node(s, capacity=c, time_to_recover=2) for s, c in suppliers.items()),
            tl.Node("plant"),
        ],
        [tl.Lane(s, "plant", p) for s in suppliers for p in cost],
        demands=[tl.Demand("plant", "P1", p1), tl.Demand("plant", "P2", 50)],
        stocks=[tl.Stock("plant", "P1", cars), tl.Stock("plant", "P2", p2)],
    )
    return float(tl.risk_exposure(ford, ["S2"], shortage_cost=cost)["S2"].loss)


# ---------------------------------------------------------------------------------------------

EXERCISES = {
    "3.1": tl.course.Exercise(
        goal="03/1",
        draw=lambda luck: {"target": luck.randint(950, 995) / 1000, "seed": luck.randint(1, 999)},
        solve=lambda target, seed: met(target, seed).low,
        tolerance=0.01,
        hints=(
            "replicate `risky` 100 times with your seed, and judge a goal with your target.",
            "it says: met in 0.640 [0.542, 0.727]; asked for is where the interval begins.",
        ),
        slips={
            "that is the share of years; of so few years it may be luck: where does its interval "
            "begin?": lambda target, seed: met(target, seed).mean,
        },
    ),
    "3.2": tl.course.Exercise(
        goal="03/2",
        draw=lambda luck: {"chips": 10 * luck.randint(80, 240), "start": luck.randint(40, 140)},
        solve=last_day,
        tolerance=1e-4,
        hints=(
            "how many days do stocks below the chip maker last? 24 of them with 800 chips.",
            "what is ordered elsewhere has as far to go: goods under way give no time to act.",
            "the time to survive of your own network says it: `tl.risk_exposure`.",
        ),
        slips={
            "on that day it is too late: stocks are at their end in the evening before.": (
                lambda chips, start: last_day(chips, start) + 1
            ),
            "on that day the first customers go without a car: what helps must leave sooner.": (
                lambda chips, start: last_day(chips, start) + 17
            ),
        },
    ),
    "3.3": tl.course.Exercise(
        goal="03/3",
        draw=lambda luck: {
            "p1": luck.randint(75, 109),
            "s1": luck.randint(20, 44),
            "p2": luck.randint(10, 39),
        },
        unit="cars",
        tolerance=1e-4,
        hints=(
            "how many parts are missing in 2 weeks, and how many of them are in stock?",
            "without S2 you have s1 + 60 parts a week for p1 + 50 cars; P2's stock covers some.",
            "the loss of S2 in your own network, for a few stocks of P1.",
        ),
    ),
    "3.4": tl.course.Exercise(
        goal="03/4",
        draw=lambda luck: {"years": luck.randint(2, 40), "price": 250 * luck.randint(120, 720)},
        judge=tl.course.sentence(words=25),
        such_as="Buy …",
        points=2,
    ),
}
