"""Exercises of notebook 03: stock against a closure, and the worst site."""

from functools import cache
from math import inf

from twinlab.lab.checks import Exercise
from twinlab.management import (
    Closure,
    ExposureModel,
    StressTest,
    risk_exposure,
    stress_test,
)
from twinlab.people import BaseStock
from twinlab.scope import Demand, Lane, Network, Node, Normal, Product, Recipe, Scenario, Stock

SALES = {"north": 20, "south": 12, "west": 8}  # cars per day
KEEPING = {"chip": 0.02, "casting": 0.10, "ECU": 0.30, "engine": 1, "car": 8}  # USD/unit/day
# Tier, units per day, days to recover.
SITES = {"chip maker": (3, 240, 35), "foundry": (3, 60, 14), "ECU plant": (2, 56, 21),
         "engine plant": (2, 56, 21), "car plant": (1, 52, 14)}  # fmt: skip
WAYS = [("chip maker", "ECU plant", "chip", 10, 160), ("foundry", "engine plant", "casting", 2, 40),
        ("ECU plant", "car plant", "ECU", 3, 40), ("engine plant", "car plant", "engine", 1, 40),
        ("car plant", "north", "car", 3, 20), ("car plant", "south", "car", 4, 12),
        ("car plant", "west", "car", 6, 8)]  # days, units/day  # fmt: skip
ON_HAND = {("ECU plant", "chip"): 800, ("ECU plant", "ECU"): 120, ("engine plant", "casting"): 120,
           ("engine plant", "engine"): 120, ("car plant", "ECU"): 160,
           ("car plant", "engine"): 160, ("car plant", "car"): 80, ("north", "car"): 200,
           ("south", "car"): 120, ("west", "car"): 80}  # fmt: skip


def calm() -> Scenario:
    """The chain of the notebook, for a year."""
    nodes = [Node(site, "", tier, capacity=units, time_to_recover=days)
             for site, (tier, units, days) in SITES.items()]  # fmt: skip
    network = Network(
        [Product(name) for name in KEEPING],
        [*nodes, *(Node(region, "region") for region in SALES)],
        [Lane(a, b, p, lead_time=t, initial_pipeline=q) for a, b, p, t, q in WAYS],  # type: ignore[arg-type]
        [Recipe("ECU plant", "ECU", {"chip": 4}), Recipe("engine plant", "engine", {"casting": 1}),
         Recipe("car plant", "car", {"ECU": 1, "engine": 1})],
        [Demand(region, "car", Normal(cars, cars / 5), backorders=False, lost_sale_cost=4000)
         for region, cars in SALES.items()],
        [Stock(*item, units, KEEPING[item[1]]) for item, units in ON_HAND.items()],
    )  # fmt: skip
    way = {(b, p): t * q for _, b, p, t, q in WAYS}
    rules = {item: BaseStock(units + way.get(item, 0)) for item, units in ON_HAND.items()}
    return Scenario(network, rules, days=365)


@cache
def tested(days: int) -> StressTest:
    """The stress test of all sites, closed for the same days (0: each for its own)."""
    sites = dict.fromkeys(SITES, days) if days else list(SITES)
    return stress_test(calm(), 64, seed=1, sites=sites, closure=Closure(start=60))


def loss(cars: float) -> float:
    """The least loss of the small example without S2, with so many cars of model P1 in stock."""
    suppliers = {"S1": 30, "S2": 45, "S3": 60}
    model = ExposureModel(
        capacity=suppliers,
        makes={(s, p): {} for s in suppliers for p in ("P1", "P2")},
        links={(s, "plant", p): inf for s in suppliers for p in ("P1", "P2")},
        stock={("plant", "P1"): cars, ("plant", "P2"): 25},
        demand={("plant", "P1"): 75, ("plant", "P2"): 50},
        worth={("plant", "P1"): 5000, ("plant", "P2"): 6500},
        time_to_recover=dict.fromkeys(suppliers, 2),
    )
    return float(risk_exposure(model, ["S2"])["S2"].loss)


@cache
def enough() -> int:
    """The smallest stock of P1 without a loss."""
    return next(cars for cars in range(20, 100) if loss(cars) == 0)


EXERCISES = {
    "3.1": Exercise(
        answer=enough,
        unit="cars",
        tolerance=0.001,
        hints=(
            "how many parts are missing in 2 weeks, and how many of them are in stock?",
            "without S2, 90 parts a week are left for 125 cars; P2's stock covers 25 of the gap.",
            "risk_exposure(replace(ford, stock=…), ['S2']) for a few stocks of P1.",
        ),
        slips={
            "that is what must be added to the 20; asked for is the stock all in all.": lambda: (
                enough() - 20
            ),
            "that is the gap of both models; P2's 25 cover part of it.": lambda: enough() + 25,
        },
    ),
    "3.2": Exercise(
        answer=lambda: tested(21).sites[0].site,
        hints=(
            "give stress_test a mapping from site to days: dict.fromkeys(sites, 21).",
            "where does the least stock lie between the site and the customers?",
        ),
        slips={
            "that is the worst one when each is closed for its own time to recover.": lambda: (
                tested(0).sites[0].site
            )
        },
    ),
}
