"""Food for Syria: which basket, bought where, sent which way; one linear program."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.cases.relief.tables import rows
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import SolverError
from twinlab.scope.later import optimize
from twinlab.task.logistics.prepositioning import Key, coefficients

Way = tuple[str, str]
_NEED = "requirement"
GAPS = ("Folate(ug)",)  # the source says 0 where nobody measured: for lentils and flour, too


@dataclass(frozen=True, repr=False)
class Basket(Sealed):
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
        parts = ", ".join(f"{name} {grams:.0f}" for name, grams in self.grams.items())
        short = [f"{name} {share:.0%}" for name, share in self.nutrition.items() if share < 0.9995]
        return (
            f"{self.weight:.0f} g per person and day: {parts}\n"
            f"{self.cost:.3f} USD per person and day: food {self.food_cost:,.0f}, "
            f"transport {self.transport_cost:,.0f} USD/day for {self.people:,.0f} people\n"
            f"below the requirement: {', '.join(short) or 'nothing'}"
        )


def least_cost_basket(unknown: Collection[str] = GAPS) -> Basket:
    """Find the cheapest basket that feeds everybody, with where to buy it and how to send it.

    min Σ price·bought + Σ cost·carried, where every node passes on what it gets, every person gets
    the same x grams of each food, and Σ content·x ≥ requirement for each nutrient. Nutrients in
    ``unknown`` are left out: of the source's eleven, folate has zeros that are gaps.
    A linear program (HiGHS). Source: WFP's Syria instance; model after Peters et al. (2021),
    without palatability.

    >>> basket = least_cost_basket()
    >>> round(min(basket.nutrition.values()), 6), basket.people
    (1.0, 67000.0)
    >>> least_cost_basket(unknown=()).cost > 1.09 * basket.cost  # zeros taken for measurements
    True
    """
    return _solve(None, unknown)


def general_ration(unknown: Collection[str] = GAPS) -> Basket:
    """Buy and send WFP's general ration (salt left out, which nobody sells here) most cheaply.

    >>> round(general_ration().weight)
    550
    """
    return _solve({r["food"]: float(r["grams"]) for r in rows("ration") if r["food"]}, unknown)


def _solve(ration: Mapping[str, float] | None, unknown: Collection[str]) -> Basket:
    """The cheapest way to a ration, or to the cheapest basket with every known nutrient."""
    offers = {(r["supplier"], r["food"]): float(r["price"]) for r in rows("food_prices")}
    amount = {(r["food"], r["nutrient"]): float(r["amount"])
              for r in rows("nutrients") if r["nutrient"] not in unknown}  # fmt: skip
    needed = {nutrient: units for (food, nutrient), units in amount.items() if food == _NEED}
    foods = sorted({food for _, food in offers} & {food for food, _ in amount})
    costs: dict[Key, float] = {("grams", food): 0.0 for food in foods}
    costs |= {("bought", *offer): usd for offer, usd in offers.items() if offer[1] in foods}
    costs |= {("carried", way["source"], way["destination"], food): float(way["cost"])
              for way in rows("food_ways") for food in foods}  # fmt: skip
    limits: list[Any] = [(0, None)] * len(costs)
    if ration is not None:
        limits[: len(foods)] = [(ration.get(food, 0.0),) * 2 for food in foods]
    content = [{("grams", food): -amount[food, n] / 100 for food in foods} for n in needed]
    least = [-units if ration is None else 0.0 for units in needed.values()]
    balance = _balance(foods, costs)
    found = optimize.linprog(
        list(costs.values()), bounds=limits, method="highs",
        A_ub=coefficients(content, costs), b_ub=least,
        A_eq=coefficients(balance, costs), b_eq=np.zeros(len(balance)),
    )  # fmt: skip
    if found.x is None:
        raise SolverError(f"food basket: {found.message} Look for foods that nobody sells")
    return _basket(dict(zip(costs, found.x.tolist(), strict=True)), costs, amount)


def _balance(foods: Sequence[str], variables: Iterable[Key]) -> list[dict[Key, float]]:
    """One row per place and food: bought + received − sent − handed out = 0 [t/day]."""
    balance: dict[Key, dict[Key, float]] = {
        (place, food): {("grams", food): -people / 1e6}
        for place, people in _people().items() for food in foods
    }  # fmt: skip
    for key in variables:
        if key[0] == "bought":
            balance[key[1:]][key] = 1.0
        elif key[0] == "carried":
            _, source, destination, food = key
            balance[source, food][key] = -1.0
            balance[destination, food][key] = 1.0
    return list(balance.values())


def _people() -> dict[str, float]:
    return {r["name"]: float(r["people"]) for r in rows("food_nodes")}


def _basket(
    found: Mapping[Key, float], costs: Mapping[Key, float], amount: Mapping[Way, float]
) -> Basket:
    """Read the solver's numbers."""
    grams = {key[1]: x for key, x in found.items() if key[0] == "grams" and x > 1e-6}
    spent = {"grams": 0.0, "bought": 0.0, "carried": 0.0}
    carried: dict[Way, float] = {}
    for key, x in found.items():
        spent[key[0]] += costs[key] * x
        if key[0] == "carried":
            carried[key[1:3]] = carried.get(key[1:3], 0.0) + x
    return Basket(
        people=sum(_people().values()),
        grams=grams,
        bought={key[1:]: x for key, x in found.items() if key[0] == "bought" and x > 1e-9},
        carried={way: x for way, x in carried.items() if x > 1e-9},
        nutrition={
            n: sum(g * amount[f, n] / 100 for f, g in grams.items()) / needed
            for (food, n), needed in amount.items() if food == _NEED
        },
        food_cost=spent["bought"],
        transport_cost=spent["carried"],
    )  # fmt: skip
