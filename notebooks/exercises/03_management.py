"""Exercises of notebook 03: stock against a closure, and the worst site."""

from functools import cache

import twinlab as tl
from twinlab.course import read_exercises

START = read_exercises(0)  # the chain of notebook 00

# Tier, units per day, days to recover.
SITES = {
    "chip maker": (3, 240, 35),
    "foundry": (3, 60, 14),
    "ECU plant": (2, 56, 21),
    "engine plant": (2, 56, 21),
    "car plant": (1, 52, 14),
}


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


@cache
def tested(days):
    """The stress test of all sites, closed for the same days (0: each for its own)."""
    sites = dict.fromkeys(SITES, days) if days else list(SITES)
    return tl.stress_test(calm(), 64, seed=1, sites=sites, closure=tl.Closure(start=60))


def loss(cars):
    """The least loss of the small example without S2, with so many cars of model P1 in stock."""
    suppliers, cost = {"S1": 30, "S2": 45, "S3": 60}, {"P1": 5000, "P2": 6500}
    ford = tl.Network(
        [tl.Product(p) for p in cost],
        [
            *(tl.Node(s, capacity=c, time_to_recover=2) for s, c in suppliers.items()),
            tl.Node("plant"),
        ],
        [tl.Lane(s, "plant", p) for s in suppliers for p in cost],
        demands=[tl.Demand("plant", "P1", 75), tl.Demand("plant", "P2", 50)],
        stocks=[tl.Stock("plant", "P1", cars), tl.Stock("plant", "P2", 25)],
    )
    return float(tl.risk_exposure(ford, ["S2"], shortage_cost=cost)["S2"].loss)


@cache
def enough():
    """The smallest stock of P1 without a loss."""
    return next(cars for cars in range(20, 100) if loss(cars) == 0)


EXERCISES = {
    "3.1": tl.course.Exercise(
        goal="03/1",
        solve=enough,
        unit="cars",
        tolerance=0.001,
        hints=(
            "how many parts are missing in 2 weeks, and how many of them are in stock?",
            "without S2, 90 parts a week are left for 125 cars; P2's stock covers 25 of the gap.",
            "the loss of S2 in ford.change(tl.Stock('plant', 'P1', …)), for a few stocks of P1.",
        ),
        slips={
            "that is what must be added to the 20; asked for is the stock all in all.": (
                lambda: enough() - 20
            ),
            "that is the gap of both models; P2's 25 cover part of it.": lambda: enough() + 25,
        },
    ),
    "3.2": tl.course.Exercise(
        goal="03/2",
        solve=lambda: tested(21).sites[0].site,
        such_as="a name",
        hints=(
            "give stress_test a mapping from site to days: dict.fromkeys(sites, 21).",
            "where does the least stock lie between the site and the customers?",
        ),
        slips={
            "that is the worst one when each is closed for its own time to recover.": (
                lambda: tested(0).sites[0].site
            ),
        },
    ),
}
