"""Food for Syria: which basket, bought where, sent which way; one linear program."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from twinlab.cases.relief.tables import rows
from twinlab.scope.errors import ScenarioError, SolverError, did_you_mean

Way = tuple[str, str]
_GRAMS = 1e6  # in a tonne
_NEED = "requirement"


@dataclass(frozen=True, repr=False)
class Basket:
    """What everybody gets a day, where it is bought and how it travels.

    ``grams`` per person and day by food; ``bought`` t/day by (supplier, food); ``carried`` t/day
    by way; ``nutrition`` the share of the daily requirement by nutrient; costs in USD/day.
    """

    people: float
    grams: Mapping[str, float]
    bought: Mapping[Way, float]
    carried: Mapping[Way, float]
    nutrition: Mapping[str, float]
    food_cost: float
    transport_cost: float

    @property
    def cost(self) -> float:
        """Food and transport, per person and day [USD]."""
        return (self.food_cost + self.transport_cost) / self.people

    @property
    def weight(self) -> float:
        """What a person gets in a day [g]."""
        return sum(self.grams.values())

    def __repr__(self) -> str:
        """Say it in three lines."""
        parts = ", ".join(f"{name} {grams:.0f}" for name, grams in self.grams.items())
        short = [f"{name} {share:.0%}" for name, share in self.nutrition.items() if share < 0.9995]
        return (
            f"{self.weight:.0f} g per person and day: {parts}\n"
            f"{self.cost:.3f} USD per person and day: food {self.food_cost:,.0f}, "
            f"transport {self.transport_cost:,.0f} USD/day for {self.people:,.0f} people\n"
            f"below the requirement: {', '.join(short) or 'nothing'}"
        )


class _Tables:
    """The case's network of food, by number."""

    def __init__(self) -> None:
        content = rows("nutrients")
        self.nutrients = [r["nutrient"] for r in content if r["food"] == _NEED]
        self.amount = {(r["food"], r["nutrient"]): float(r["amount"]) for r in content}
        self.price = {(r["supplier"], r["food"]): float(r["price"]) for r in rows("food_prices")}
        known = {food for food, _ in self.amount}
        self.foods = sorted({food for _, food in self.price} & known)
        self.nodes = {r["name"]: at for at, r in enumerate(rows("food_nodes"))}
        self.people = {r["name"]: float(r["people"]) for r in rows("food_nodes")}
        self.ways = [(r["source"], r["destination"]) for r in rows("food_ways")]
        self.carriage = [float(r["cost"]) for r in rows("food_ways")]
        self.offers = [(s, f) for s, f in self.price if f in set(self.foods)]

    def row(self, node: str, food: str) -> int:
        """The balance of a food at a node."""
        return self.nodes[node] * len(self.foods) + self.foods.index(food)


@cache
def _tables() -> _Tables:
    return _Tables()


def least_cost_basket(nutrition: float = 1.0, closed: Collection[str] = ()) -> Basket:
    """Find the cheapest basket that feeds everybody, with where to buy it and how to send it.

    min Σ price·bought + Σ cost·carried, where every node passes on what it gets, every person gets
    the same x grams of each food, and Σ content·x ≥ ``nutrition`` × requirement for each of
    eleven nutrients. ``closed`` names suppliers that sell nothing. A linear program (HiGHS).

    Raises:
        ScenarioError: a supplier is unknown or the share is below 0.
        SolverError: no basket reaches that.

    Source: WFP's Syria instance; model after Peters et al. (2021), without palatability.

    >>> basket = least_cost_basket()
    >>> round(min(basket.nutrition.values()), 6), basket.people
    (1.0, 67000.0)
    """
    if not nutrition >= 0:
        raise ScenarioError(f"least_cost_basket: nutrition is {nutrition!r}: give a share from 0")
    return _solve(nutrition, None, closed)


def general_ration(closed: Collection[str] = ()) -> Basket:
    """Buy and send WFP's general ration (salt left out, which nobody sells here) most cheaply.

    >>> round(general_ration().weight)
    550
    """
    ration = {r["food"]: float(r["grams"]) for r in rows("ration") if r["food"]}
    return _solve(0.0, ration, closed)


def _solve(nutrition: float, ration: Mapping[str, float] | None, closed: Collection[str]) -> Basket:
    from scipy.optimize import linprog

    t = _tables()
    sellers = dict.fromkeys(supplier for supplier, _ in t.price)
    for name in closed:
        if name not in sellers:
            raise ScenarioError(f"closed: {name!r} sells nothing; {did_you_mean(name, sellers)}")
    foods, offers = len(t.foods), len(t.offers)
    bounds: list[tuple[float, float | None]] = [(0, None)] * foods
    if ration is not None:
        bounds = [(ration.get(food, 0.0),) * 2 for food in t.foods]
    bounds += [(0, 0) if supplier in closed else (0, None) for supplier, _ in t.offers]
    bounds += [(0, None)] * (len(t.ways) * foods)
    costs = np.zeros(len(bounds))
    costs[foods : foods + offers] = [t.price[offer] for offer in t.offers]
    costs[foods + offers :] = np.repeat(t.carriage, foods)
    needed = [-nutrition * t.amount[_NEED, n] for n in t.nutrients]
    found = linprog(
        costs, A_ub=_content(t, len(bounds)), b_ub=needed, A_eq=_balance(t, len(bounds)),
        b_eq=np.zeros(len(t.nodes) * foods), bounds=bounds, method="highs",
    )  # fmt: skip
    if found.x is None:
        raise SolverError(
            f"food basket: {found.message} With {sorted(closed)} closed, open a supplier or ask "
            f"for less than {nutrition:g} of the requirement"
        )
    return _basket(t, found.x, costs)


def _content(t: _Tables, size: int) -> Any:
    """One row per nutrient: minus its content in a gram of each food."""
    matrix = np.zeros((len(t.nutrients), size))
    for at, nutrient in enumerate(t.nutrients):
        matrix[at, : len(t.foods)] = [-t.amount[food, nutrient] / 100 for food in t.foods]
    return matrix


def _balance(t: _Tables, size: int) -> Any:
    """One row per node and food: bought + received − sent − handed out = 0 [t/day]."""
    from scipy.sparse import coo_array

    foods, offers = len(t.foods), len(t.offers)
    cells = [(t.row(node, food), at, -people / _GRAMS)
             for node, people in t.people.items() for at, food in enumerate(t.foods)]  # fmt: skip
    cells += [(t.row(*offer), foods + at, 1.0) for at, offer in enumerate(t.offers)]
    for at, (source, destination) in enumerate(t.ways):
        for number, food in enumerate(t.foods):
            column = foods + offers + at * foods + number
            cells += [(t.row(source, food), column, -1.0), (t.row(destination, food), column, 1.0)]
    places, columns, values = zip(*cells, strict=True)
    return coo_array((values, (places, columns)), shape=(len(t.nodes) * foods, size)).tocsr()


def _basket(t: _Tables, found: Any, costs: Any) -> Basket:
    foods, offers = len(t.foods), len(t.offers)
    grams = {food: float(x) for food, x in zip(t.foods, found, strict=False) if x > 1e-6}
    bought, carried = found[foods : foods + offers], found[foods + offers :]
    by_way = carried.reshape(len(t.ways), foods).sum(axis=1)
    return Basket(
        people=sum(t.people.values()),
        grams=grams,
        bought={offer: float(x) for offer, x in zip(t.offers, bought, strict=True) if x > 1e-9},
        carried={way: float(x) for way, x in zip(t.ways, by_way, strict=True) if x > 1e-9},
        nutrition={
            n: sum(g * t.amount[f, n] / 100 for f, g in grams.items()) / t.amount[_NEED, n]
            for n in t.nutrients
        },
        food_cost=float(bought @ costs[foods : foods + offers]),
        transport_cost=float(carried @ costs[foods + offers :]),
    )
