"""The newsvendor game: one order a round, demand from 1 to 300, nothing lasts until tomorrow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twinlab.people.advice import Decision, OverrideValue
from twinlab.people.fitting import Fit, fit_newsvendor
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.kinds import Amount, ranged

__all__ = ["HUMAN_ORDERS", "NewsvendorGame", "NewsvendorPlayer", "NewsvendorProblem"]

# Mean orders of people for a high- and a low-profit product, whose optima are 225 and 75:
# Schweitzer & Cachon (2000), experiment 1. Measured with people, no result of a model.
HUMAN_ORDERS = (176.68, 134.06)


@dataclass(frozen=True)
class NewsvendorProblem(Row):
    """Buy before demand is known; what is left over is worth nothing.

    Demand is a whole number from 1 to ``highest``, each as likely. Source: Schweitzer & Cachon
    (2000), experiment 1: with cost 3 the profit is high, with cost 9 it is low.

    >>> high, low = NewsvendorProblem(cost=3), NewsvendorProblem(cost=9)
    >>> high.optimum, low.optimum, high.mean, high.expected_profit(225), low.expected_profit(75)
    (225, 75, 150.5, 1017.0, 114.0)
    """

    cost: float = column("USD/unit", 3.0, "paid for each unit ordered", low=0)
    price: float = column("USD/unit", 12.0, "got for each unit sold", low=0)
    highest: int = column("units", 300, "the largest demand", low=1)

    def check(self) -> None:
        """A sale brings more than a unit costs."""
        if self.cost >= self.price:
            raise ScenarioError(f"cost {self.cost:g} must be below price {self.price:g}")

    @property
    def mean(self) -> float:
        """The mean demand [units]."""
        return (1 + self.highest) / 2

    @property
    def optimum(self) -> int:
        """The order with the highest expected profit: the least q with F(q) ≥ (p − c) / p."""
        return max(1, math.ceil(self.highest * (self.price - self.cost) / self.price - 1e-9))

    def profit(self, order: float, demand: float) -> float:
        """What a round brings: p × min(q, d) − c × q [USD]."""
        return self.price * min(order, demand) - self.cost * order

    def expected_profit(self, order: float) -> float:
        """What a round brings on average [USD]."""
        sold = np.minimum(order, np.arange(1, self.highest + 1)).mean()
        return float(self.price * sold - self.cost * order)

    def adjustment(self, order: float) -> float:
        """How far an order has come from the mean towards the optimum; the pull is the rest."""
        return (order - self.mean) / (self.optimum - self.mean)

    def demands(self, rounds: int, seed: int = 0) -> tuple[int, ...]:
        """Draw the demand of each round."""
        drawn = np.random.default_rng(seed).integers(1, self.highest, rounds, endpoint=True)
        return tuple(drawn.tolist())


class NewsvendorGame:
    """Rounds of the newsvendor: decide, hear the demand, decide again.

    ``adviser`` is a function of the game so far that gives an order.

    >>> game = NewsvendorGame(NewsvendorProblem(cost=9), rounds=5, seed=1)
    >>> while not game.over:
    ...     game.order(150)
    >>> game.demands, game.profit
    ((142, 154, 227, 286, 11), 486.0)
    """

    def __init__(
        self,
        problem: NewsvendorProblem | None = None,
        rounds: int = 30,
        seed: int = 0,
        adviser: Callable[[NewsvendorGame], float] | None = None,
    ) -> None:
        """Draw the demands of all rounds; they do not depend on the orders."""
        self.problem, self.rounds = problem or NewsvendorProblem(), rounds
        self._drawn = self.problem.demands(rounds, seed)
        self.adviser = adviser
        self.orders: list[float] = []
        self.decisions: list[Decision] = []
        self.advice = adviser(self) if adviser else None

    @property
    def round(self) -> int:
        """The round to order in, from 1; when the game is over, the last one."""
        return min(len(self.orders) + 1, self.rounds)

    @property
    def over(self) -> bool:
        """Whether the last round is over."""
        return len(self.orders) == self.rounds

    @property
    def demands(self) -> tuple[int, ...]:
        """The demands so far [units]."""
        return self._drawn[: len(self.orders)]

    @property
    def profit(self) -> float:
        """The profit so far [USD]."""
        return sum(map(self.problem.profit, self.orders, self.demands))

    @ranged
    def order(self, units: Amount) -> None:
        """Order for this round, and hear its demand."""
        if self.over:
            raise ScenarioError("the game is over: start another one with NewsvendorGame()")
        if self.advice is not None:
            gain, demand = self.problem.profit, self._drawn[len(self.orders)]
            value = gain(units, demand) - gain(self.advice, demand)
            self.decisions.append(Decision(len(self.orders), self.advice, float(units), value))
        self.orders.append(float(units))
        self.advice = self.adviser(self) if self.adviser and not self.over else None

    @property
    def fit(self) -> Fit:
        """The player's own pull to the centre and demand chasing."""
        problem = self.problem
        return fit_newsvendor(self.orders, self.demands, problem.optimum, problem.mean)

    def override_value(self) -> OverrideValue:
        """What overriding the advice was worth, round by round (a cost is a negative profit)."""
        if self.adviser is None:
            raise ScenarioError("nobody advised: NewsvendorGame(adviser=lambda game: 225)")
        followed = sum(d.value for d in self.decisions) - self.profit
        return OverrideValue(tuple(self.decisions), -self.profit, followed)


@dataclass(frozen=True)
class NewsvendorPlayer(Row):
    """A simulated person: pulled to the centre, chasing demand, and not quite steady.

    q = w μ + (1 − w) q* + c (last demand − μ) + spread × N(0, 1), cut to the range of demand.

    >>> game = NewsvendorGame(NewsvendorProblem(cost=3), rounds=6, seed=1)
    >>> NewsvendorPlayer(pull=0.65, chasing=0.2).play(game)
    >>> game.orders
    [177.0, 175.0, 177.0, 192.0, 204.0, 149.0]
    """

    pull: float = column("share", 0.65, "pull to the centre w", low=0, high=1)
    chasing: float = column("share", 0.0, "chasing weight c", low=0, high=1)
    spread: float = column("units", 0.0, "standard deviation of the mood", low=0)
    whole: bool = column("yes/no", True, "orders whole units")

    def play(self, game: NewsvendorGame, seed: int = 0) -> None:
        """Play a game to its end."""
        problem, mood = game.problem, np.random.default_rng([seed, 1])
        centre = self.pull * problem.mean + (1 - self.pull) * problem.optimum
        while not game.over:
            last = game.demands[-1] if game.orders else problem.mean
            order = centre + self.chasing * (last - problem.mean)
            order += self.spread * mood.standard_normal()
            game.order(float(np.clip(np.round(order) if self.whole else order, 0, problem.highest)))
