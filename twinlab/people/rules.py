"""Replenishment rules: ``rule(view) -> units to order``, one array-friendly line each.

A rule may be any function of a view. Those here are frozen dataclasses, so their fields can be
shown, swept and tuned, and the same rule runs in both engines (floats in one, arrays in the other).
Biases are rules too, or are put over any rule; what is not array-friendly is a ``ScalarRule``.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from zlib import crc32

import numpy as np

from twinlab.organization.view import View
from twinlab.scope.base import Row, ScenarioError, column

__all__ = ["AnchorAndAdjust", "BaseStock", "DemandChasing", "EchelonBaseStock", "FixedLot"]
__all__ += ["ForecastBaseStock", "LearningLevel", "LotForLot", "MinMax", "NoisyRule", "Panic"]
__all__ += ["Planned", "PullToCentre", "ScalarRule"]


class BaseStock(Row, frozen=True):
    """Order up to a level: order = max(0, S − inventory position) [S = ``up_to``].

    A level of 0 orders what is asked, when it is asked. Customers who do not wait are gone when it
    comes, after L days: it serves one day in L + 1. Source: Snyder & Shen (2019) section 4.3.4.

    >>> float(BaseStock(up_to=10)(View("shop", "bike", on_hand=6, on_order=4, backlog=3)))
    3.0
    """

    up_to: float = column("units", meaning="base-stock level S")

    def __call__(self, view: View) -> Any:
        """Order what the position lacks."""
        return np.maximum(0.0, self.up_to - view.inventory_position)


class MinMax(Row, frozen=True):
    """At or below the reorder point, order up to the maximum: (s, S).

    Source: Snyder & Shen (2019) section 4.4 (order when the position is ≤ s).

    >>> view = View("shop", "bike", on_hand=4.0)
    >>> float(MinMax(reorder_point=4, up_to=10)(view)), float(MinMax(3, 10)(view))
    (6.0, 0.0)
    """

    reorder_point: float = column("units", meaning="reorder point s")
    up_to: float = column("units", meaning="order-up-to level S")

    def check(self) -> None:
        """S lies above s."""
        if self.up_to <= self.reorder_point:
            point = f"reorder_point {self.reorder_point:g}"
            raise ScenarioError(f"MinMax: up_to {self.up_to:g} must be above {point}")

    def __call__(self, view: View) -> Any:
        """Fill up, but only from the reorder point down."""
        position = view.inventory_position
        return np.where(position <= self.reorder_point, self.up_to - position, 0.0)


class FixedLot(Row, frozen=True):
    """At or below the reorder point, order as many whole lots as lift the position above it: (r, Q).

    Source: Snyder & Shen (2019) section 5.1; whole multiples of Q after Axsäter (2015) section 5.3.

    >>> view = View("shop", "bike", on_hand=4.0)
    >>> float(FixedLot(reorder_point=5, lot=10)(view)), float(FixedLot(25, 10)(view))
    (10.0, 30.0)
    """  # noqa: E501 (one sentence)

    reorder_point: float = column("units", meaning="reorder point r")
    lot: float = column("units", meaning="lot size Q", low=1e-9)
    from_echelon: bool = column("yes/no", False, "counts all that lies downstream in the position")

    def __call__(self, view: View) -> Any:
        """Order whole lots from the reorder point down."""
        position = view.echelon_position if self.from_echelon else view.inventory_position
        short = self.reorder_point - position
        return np.where(short >= 0.0, self.lot * (np.floor(short / self.lot) + 1.0), 0.0)


class EchelonBaseStock(Row, frozen=True):
    """Order up to a level of the echelon: everything here and downstream counts.

    Source: Clark & Scarf (1960); Snyder & Shen (2019) section 6.2.

    >>> float(EchelonBaseStock(up_to=20)(View("plant", "bike", echelon=lambda: 17.0)))
    3.0
    """

    up_to: float = column("units", meaning="echelon base-stock level")

    def __call__(self, view: View) -> Any:
        """Order what the echelon position lacks."""
        return np.maximum(0.0, self.up_to - view.echelon_position)


class LotForLot(Row, frozen=True):
    """Order exactly what was asked since the last decision.

    >>> LotForLot()(View("shop", "bike", demand=7.0))
    7.0
    """

    def __call__(self, view: View) -> Any:
        """Pass the demand on."""
        return view.demand


class Planned(Row, frozen=True):
    """Order what a plan says for each day, and nothing after its last.

    >>> [Planned((5, 0, 7))(View("shop", "bike", day=day)) for day in (0, 2, 3)]
    [5.0, 7.0, 0.0]
    """

    quantities: tuple[float, ...] = column("units", meaning="to order by day, from day 0 on", low=0)

    def __call__(self, view: View) -> Any:
        """Look up the day."""
        return self.quantities[view.day] if view.day < len(self.quantities) else 0.0


class ForecastBaseStock(Row, frozen=True):
    """Order up to a level that follows a moving average of demand: L days of it, and safety.

    S = L F + safety, with F the mean of the last p decisions' demand (fewer at first): of the
    orders that the node got, or of the point of sale. Its orders vary more than demand does:
    with independent demand Var(orders) / Var(demand) = 1 + 2L/p + 2L²/p², as long as no order is
    cut at zero. Source: Chen, Drezner, Ryan & Simchi-Levi (2000) Theorem 2.2.

    >>> view, rule = View("shop", "bike", demand=4.0), ForecastBaseStock(periods=2, horizon=3)
    >>> float(rule(view))  # 3 days of 4
    12.0
    >>> view.on_order, view.demand = 12.0, 6.0
    >>> float(rule(view))  # 3 days of (4 + 6) / 2
    3.0
    """

    periods: int = column("decisions", meaning="length p of the moving average", low=1)
    horizon: float = column("days", meaning="days L of demand that the level covers", low=0)
    safety: float = column("units", 0.0, "safety stock on top")
    from_point_of_sale: bool = column(
        "yes/no", False, "forecast what final customers ask, not what the node is asked"
    )
    first_guess: float | None = column(
        "units/day", None, "what it takes demand for before it has seen any", low=0
    )

    def __call__(self, view: View) -> Any:
        """Update the forecast, and order what the position lacks."""
        guesses = () if self.first_guess is None else (self.first_guess,) * self.periods
        today = view.point_of_sale if self.from_point_of_sale else view.demand
        recent = (*view.memory.get("recent", guesses), today)[-self.periods :]
        view.memory["recent"] = recent
        total = recent[0]
        for demand in recent[1:]:  # not sum(): for floats it rounds otherwise than for arrays
            total = total + demand
        level = self.horizon * (total / len(recent)) + self.safety
        return np.maximum(0.0, level - view.inventory_position)


Rule = Callable[[View], Any]


class LearningLevel(Row, frozen=True):
    """Order up to a level that moves a step up after each shortage and a smaller one down else.

    On day t, with r = u / (u + o): S ← S + pace / √t × (1[demand > S] + r − 1). The agent
    knows what a unit too many or too few costs and sees each day's demand, never its distribution.
    It is made for a lead time of one day, where a day's demand meets the level of the day before.
    Source: Robbins & Monro (1951); Burnetas & Smith (2000).

    >>> view = View("shop", "bike")
    >>> view.on_hand, view.backlog, view.demand = 10.0, 12.0, 12.0
    >>> agent = LearningLevel(start=10, overage=1, underage=3, pace=4)
    >>> float(agent(view)), float(view.memory["level"])
    (15.0, 13.0)
    """

    start: float = column("units", meaning="level that it begins with")
    overage: float = column("USD/unit", meaning="cost of a unit too many", low=1e-9)
    underage: float = column("USD/unit", meaning="cost of a unit too few", low=1e-9)
    pace: float = column("units", meaning="size of the first steps", low=1e-9)

    def __call__(self, view: View) -> Any:
        """Learn from today's demand, then order up to the new level."""
        days, level = view.memory.get("days", 0) + 1, view.memory.get("level", self.start)
        shortfall = (view.demand > level) - self.overage / (self.overage + self.underage)
        level = level + self.pace / np.sqrt(days) * shortfall
        view.memory.update(days=days, level=level)
        return np.maximum(0.0, level - view.inventory_position)


class AnchorAndAdjust(Row, frozen=True):
    """Start from a forecast and adjust it by part of what stock and pipeline lack.

    O = max(0, L̂ + α (S' − S − β SL)) with L̂ = θ L + (1 − θ) L̂ of the last decision: S is the net
    stock, SL the units on order, L what was asked. With α = β = 1 it is base stock plus forecast;
    people have a β near a third: they forget most of what is under way. Before day ``starts`` it
    orders its first forecast. Source: Sterman (1989).

    >>> view = View("retailer", "case", day=4, demand=8.0, on_hand=8.0, on_order=16.0)
    >>> float(AnchorAndAdjust(theta=0, alpha=1, beta=1, desired_stock=28)(view))
    8.0
    """

    theta: float = column("share", 0.36, "weight θ of the newest demand", low=0, high=1)
    alpha: float = column("share", 0.26, "part α of a gap that is ordered", low=0, high=2)
    beta: float = column("share", 0.34, "part β of the pipeline that is counted", low=0, high=2)
    desired_stock: float = column("units", 17.0, "desired stock (and pipeline) S'", low=0)
    forecast: float = column("units/day", 4.0, "the first forecast of demand", low=0)
    starts: int = column("day", 0, "the first day that it decides freely", low=0)

    def __call__(self, view: View) -> Any:
        """Update the forecast, and adjust it."""
        before = view.memory.get("forecast", self.forecast)
        forecast = self.theta * view.demand + (1.0 - self.theta) * before
        view.memory["forecast"] = forecast
        if view.day < self.starts:
            return self.forecast
        gap = self.desired_stock - view.net_stock - self.beta * view.on_order
        return np.maximum(0.0, forecast + self.alpha * gap)


class PullToCentre(Row, frozen=True):
    """Order up to a quantity between the best one and the mean demand.

    q = w μ + (1 − w) q*. Mean orders of people imply w = 0.65 where profits are high and 0.78 where
    they are low. Source: Schweitzer & Cachon (2000), experiment 1.

    >>> float(PullToCentre(optimum=225, mean=150, weight=0.5)(View("shop", "paper")))
    187.5
    """

    optimum: float = column("units", meaning="best quantity q*", low=0)
    mean: float = column("units", meaning="mean demand μ", low=0)
    weight: float = column("share", 0.65, "pull to the centre w", low=0, high=1)

    def __call__(self, view: View) -> Any:
        """Order what the position lacks."""
        quantity = self.weight * self.mean + (1.0 - self.weight) * self.optimum
        return np.maximum(0.0, quantity - view.inventory_position)


class DemandChasing(Row, frozen=True):
    """Follow a rule, drawn towards what was asked last: (1 − c) × rule + c × demand.

    Source: Schweitzer & Cachon (2000); Bostian, Holt & Smith (2008).

    >>> DemandChasing(lambda view: 10.0, weight=0.3)(View("shop", "bike", demand=20.0))
    13.0
    """

    rule: Rule
    weight: float = column("share", 0.3, "chasing weight c", low=0, high=1)

    def __call__(self, view: View) -> Any:
        """Mix the rule's answer with the last demand."""
        return (1.0 - self.weight) * self.rule(view) + self.weight * view.demand


class Panic(Row, frozen=True):
    """Follow a rule, and while short order extra: rule + strength × backlog.

    The backlog is already in any sensible rule; panic orders it again, every time.
    Source: hoarding and phantom orders, Sterman & Dogan (2015).

    >>> Panic(lambda view: 10.0, strength=0.5)(View("shop", "bike", backlog=6.0))
    13.0
    """

    rule: Rule
    strength: float = column("units/unit", 0.5, "extra units per unit owed", low=0)

    def __call__(self, view: View) -> Any:
        """Order more than the rule says, if anything is owed."""
        return self.rule(view) + self.strength * view.backlog


class NoisyRule(Row, frozen=True):
    """Follow a rule, give or take a mood, in whole units: round(max(0, rule + spread × N(0, 1))).

    The mood is drawn from the seed, the node and the day: it is one person's in every history.

    >>> view, moody = View("shop", "bike"), NoisyRule(lambda view: 10.0, spread=3, seed=1)
    >>> float(moody(view)), float(moody(view))
    (5.0, 5.0)
    """

    alone: ClassVar = True  # its mood is that of its node
    rule: Rule
    spread: float = column("units", 1.0, "standard deviation of the mood", low=0)
    seed: int = column("number", 0, "whose moods these are", low=0)
    whole: bool = column("yes/no", True, "rounds to whole units")

    def __call__(self, view: View) -> Any:
        """Add the day's mood to the rule's answer."""
        mood = np.random.default_rng([self.seed, crc32(view.node.encode()), view.day])
        answer = np.maximum(0.0, self.rule(view) + self.spread * mood.standard_normal())
        return np.round(answer) if self.whole else answer


@dataclass(frozen=True)
class ScalarRule:
    """Ask a rule that decides for one history at a time once for every history.

    Slow and exact: a loop over replications, for rules with ``if`` and ``max``. Memory is kept
    per history; the rule sees no suppliers, and of others what the sharing regime shows.

    >>> rule, none = ScalarRule(lambda view: max(0.0, 10.0 - view.on_hand)), np.zeros(2)
    >>> view = View("shop", "bike", (), 0, np.array([4.0, 12.0]), none, none, none)
    >>> rule(view).tolist()
    [6.0, 0.0]
    """

    alone: ClassVar = True
    rule: Callable[[View], Any]

    def __call__(self, view: View) -> Any:
        """Ask the rule for each history."""
        if not np.ndim(view.on_hand):
            return self.rule(view)
        width = len(view.on_hand)
        if "one by one" not in view.memory:
            view.memory["one by one"] = [deepcopy(view.memory) for _ in range(width)]
        memories = view.memory["one by one"]

        @cache  # what others share is worked out once for all replications
        def shared(what: str) -> Any:
            return np.broadcast_to(getattr(view, what), width)

        def one(at: int) -> View:
            own = View(view.node, view.product, day=view.day, memory=memories[at])
            for book in ("on_hand", "on_order", "backlog", "demand"):
                setattr(own, book, float(getattr(view, book)[at]))
            own.echelon = lambda: float(shared("echelon_position")[at])
            own.sales = lambda: float(shared("point_of_sale")[at])
            return own

        return np.array([self.rule(one(at)) for at in range(width)], dtype=np.float64)
