"""How people order: rules with a bias, and biases put over any rule; both engines run them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from twinlab.organization.view import View
from twinlab.scope.columns import Row, column

Rule = Callable[[View], Any]


@dataclass(frozen=True)
class AnchorAndAdjust(Row):
    """Start from a forecast and adjust it by part of what stock and pipeline lack.

    O = max(0, L̂ + α (S' − S − β SL)) with L̂ = θ L + (1 − θ) L̂ of the last decision: S is the net
    stock, SL the units on order, L what was asked. With α = β = 1 it is base stock plus forecast;
    people have a β near a third: they forget most of what is under way. Before day ``starts`` it
    orders its first forecast. Source: Sterman (1989).

    >>> view = View("retailer", "case")
    >>> view.day, view.demand, view.on_hand, view.on_order = 4, 8.0, 8.0, 16.0
    >>> float(AnchorAndAdjust(theta=0, alpha=1, beta=1, goal=28)(view))
    8.0
    """

    theta: float = column("share", 0.36, "weight θ of the newest demand", low=0, high=1)
    alpha: float = column("share", 0.26, "part α of a gap that is ordered", low=0, high=2)
    beta: float = column("share", 0.34, "part β of the pipeline that is counted", low=0, high=2)
    goal: float = column("units", 17.0, "stock (and pipeline) goal S'", low=0)
    forecast: float = column("units/day", 4.0, "the first forecast of demand", low=0)
    starts: int = column("day", 0, "the first day that it decides freely", low=0)

    def __call__(self, view: View) -> Any:
        """Update the forecast, and adjust it."""
        before = view.memory.get("forecast", self.forecast)
        forecast = self.theta * view.demand + (1.0 - self.theta) * before
        view.memory["forecast"] = forecast
        if view.day < self.starts:
            return self.forecast
        gap = self.goal - view.net_stock - self.beta * view.on_order
        return np.maximum(0.0, forecast + self.alpha * gap)


@dataclass(frozen=True)
class PullToCentre(Row):
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


@dataclass(frozen=True)
class DemandChasing(Row):
    """Follow a rule, drawn towards what was asked last: (1 − c) × rule + c × demand.

    Source: Schweitzer & Cachon (2000); Bostian, Holt & Smith (2008).

    >>> view = View("shop", "bike")
    >>> view.demand = 20.0
    >>> DemandChasing(lambda view: 10.0, weight=0.3)(view)
    13.0
    """

    rule: Rule
    weight: float = column("share", 0.3, "chasing weight c", low=0, high=1)

    def __call__(self, view: View) -> Any:
        """Mix the rule's answer with the last demand."""
        return (1.0 - self.weight) * self.rule(view) + self.weight * view.demand


@dataclass(frozen=True)
class Panic(Row):
    """Follow a rule, and while short order extra: rule + strength × backlog.

    The backlog is already in any sensible rule; panic orders it again, every time.
    Source: hoarding and phantom orders, Sterman & Dogan (2015).

    >>> view = View("shop", "bike")
    >>> view.backlog = 6.0
    >>> Panic(lambda view: 10.0, strength=0.5)(view)
    13.0
    """

    rule: Rule
    strength: float = column("units/unit", 0.5, "extra units per unit owed", low=0)

    def __call__(self, view: View) -> Any:
        """Order more than the rule says, if anything is owed."""
        return self.rule(view) + self.strength * view.backlog


@dataclass(frozen=True)
class Wavering(Row):
    """Follow a rule, give or take a mood, in whole units: round(max(0, rule + spread × N(0, 1))).

    The mood is drawn from the seed, the node and the day, so it is the same in both engines, and
    the same in every history: it is one person's, not chance's.

    >>> view = View("shop", "bike")
    >>> moody = Wavering(lambda view: 10.0, spread=3, seed=1)
    >>> float(moody(view)), float(moody(view))
    (5.0, 5.0)
    """

    rule: Rule
    spread: float = column("units", 1.0, "standard deviation of the mood", low=0)
    seed: int = column("number", 0, "whose moods these are", low=0)
    whole: bool = column("yes/no", True, "rounds to whole units")

    def __call__(self, view: View) -> Any:
        """Add the day's mood to the rule's answer."""
        mood = np.random.default_rng([self.seed, crc32(view.node.encode()), view.day])
        answer = np.maximum(0.0, self.rule(view) + self.spread * mood.standard_normal())
        return np.round(answer) if self.whole else answer


def ask(rule: Rule, view: View, name: str) -> Any:
    """Ask a rule that has a memory of its own under a name, within the view's memory.

    Two rules asked about one view (an adviser and the person advised) would else overwrite what the
    other remembers.
    """
    whole = view.memory
    # A copy: the memory of the state that a run starts from is not ours to change.
    view.memory = dict(whole.get(name, {}))
    try:
        answer = rule(view)
        whole[name] = view.memory
    finally:
        view.memory = whole
    return answer
