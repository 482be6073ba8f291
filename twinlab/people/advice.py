"""Advice that can be followed or overridden, and what overriding it was worth.

*Override value-added* is the outcome with the advice followed throughout, less the outcome with the
decisions taken, on the same luck: above zero, the person's overrides saved money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.modeling.event_engine import Game, simulate
from twinlab.modeling.output import Estimate, estimate
from twinlab.modeling.replicate import replicate
from twinlab.modeling.run import Run
from twinlab.organization.view import View
from twinlab.people.biases import Rule, ask
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

Outcome = Callable[[Any], Any]


def total_cost(history: Any) -> Any:
    """Give the total cost of a run or of each history of a batch, in USD.

    >>> from twinlab import BaseStock, Constant, serial
    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand=8, holding_cost=1)
    >>> total_cost(simulate(Scenario(net, BaseStock(8), days=2)))
    16.0
    """
    return history.kpis.total_cost * len(history.days)


@dataclass(frozen=True)
class TakesAdvice(Row):
    """Mix advice with one's own idea: w × advice + (1 − w) × own; w = 1 follows, w = 0 ignores.

    Both are kept in ``view.memory`` and so in the log. Source: weight of advice, Yaniv (2004).

    >>> view = View("shop", "bike")
    >>> TakesAdvice(own=lambda view: 20.0, advice=lambda view: 10.0, weight=0.3)(view)
    17.0
    >>> view.memory["advised"]
    10.0
    """

    own: Rule
    advice: Rule
    weight: float = column("share", 0.3, "weight of advice w", low=0, high=1)

    def __call__(self, view: View) -> Any:
        """Hear the advice, think, and mix."""
        advised = ask(self.advice, view, "adviser")
        own = ask(self.own, view, "own")
        view.memory["advised"], view.memory["own idea"] = advised, own
        return self.weight * advised + (1.0 - self.weight) * own


@dataclass(frozen=True)
class Decision:
    """One decision on which there was advice: the day, what was advised and what was ordered.

    ``value`` is what deviating from the advice on this day saved, if everything before was as
    played and all advice after is followed.

    >>> Decision(day=3, advised=8.0, ordered=12.0).override
    4.0
    """

    day: int
    advised: float
    ordered: float
    value: float = float("nan")

    @property
    def override(self) -> float:
        """Units ordered beyond the advice."""
        return self.ordered - self.advised


@dataclass(frozen=True, repr=False)
class OverrideValue:
    """What one player's overrides were worth: decision by decision, and in all.

    >>> print(OverrideValue(taken=120.0, followed=100.0, decisions=(Decision(0, 8, 12, -20.0),)))
    1 of 1 pieces of advice overridden: cost 120 USD, 100 USD with the advice followed; override value-added -20 USD
    """  # noqa: E501 (a doctest line)

    taken: float
    followed: float
    decisions: tuple[Decision, ...]

    @property
    def value(self) -> float:
        """Saved by overriding (below zero: lost) [USD]; the decisions' values add up to it."""
        return self.followed - self.taken

    @property
    def table(self) -> pd.DataFrame:
        """One row per decision: day, advised, ordered, override [units], its value [USD]."""
        import pandas as pd

        rows = [(d.day, d.advised, d.ordered, d.override, d.value) for d in self.decisions]
        heads = ["day", "advised", "ordered", "override", "value"]
        return pd.DataFrame(rows, columns=heads).set_index("day")

    def __repr__(self) -> str:
        """Say it in a line."""
        overridden = sum(abs(d.override) > 1e-9 for d in self.decisions)
        return (
            f"{overridden} of {len(self.decisions)} pieces of advice overridden: cost "
            f"{self.taken:,.0f} USD, {self.followed:,.0f} USD with the advice followed; override "
            f"value-added {self.value:,.0f} USD"
        )


class AdvisedGame(Game):
    """A game in which a rule advises the person before each decision.

    >>> from twinlab import BaseStock, Constant, serial
    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand=5, holding_cost=1)
    >>> game = AdvisedGame(Scenario(net, BaseStock(9), days=3), "shop", BaseStock(5))
    >>> game.advice
    5.0
    >>> game.order(9)
    >>> while game.view:
    ...     game.order(game.advice)
    >>> print(game.value())
    1 of 3 pieces of advice overridden: cost 19 USD, 15 USD with the advice followed; override value-added -4 USD
    """  # noqa: E501 (a doctest line)

    def __init__(self, scenario: Scenario, player: str, adviser: Rule, seed: int = 0) -> None:
        """Start, with one player (a node's name) and one adviser."""
        super().__init__(scenario, [player], seed)
        self.scenario, self.player, self.adviser, self.seed = scenario, player, adviser, seed
        self.decisions: list[Decision] = []
        self._items = {key for key in scenario.decided_items() if key[0] == player}
        if len(self._items) > 1:
            raise ScenarioError(f"AdvisedGame: {player!r} decides for {len(self._items)} products")
        self.advice = self._hear()

    def order(self, quantity: float) -> None:
        """Decide; what was advised is kept beside it."""
        view, advised = self.view, self.advice
        day = view.day if view else 0
        super().order(quantity)  # which complains if the game is over, or that is no quantity
        assert advised is not None
        self.decisions.append(Decision(day, advised, float(quantity)))
        self.advice = self._hear()

    def value(self, outcome: Outcome = total_cost) -> OverrideValue:
        """What the overrides were worth, now that the game is over.

        Raises:
            ScenarioError: the game is not over.
        """
        if self.view is not None:
            raise ScenarioError("the game is not over: overrides have no outcome yet")
        ordered = [d.ordered for d in self.decisions]
        return _judge(self, ordered, outcome)

    def _hear(self) -> float | None:
        """What the adviser says now; None when the game is over."""
        return float(ask(self.adviser, self.view, "adviser")) if self.view else None


@dataclass(frozen=True)
class _AsPlayed:
    """Order what was ordered, as long as there is any; then follow the advice."""

    orders: tuple[float, ...]
    adviser: Rule

    def __call__(self, view: View) -> float:
        advised = float(ask(self.adviser, view, "adviser"))
        count = view.memory.get("decisions", 0)
        view.memory["decisions"] = count + 1
        return self.orders[count] if count < len(self.orders) else advised


def _judge(game: AdvisedGame, ordered: Sequence[float], outcome: Outcome) -> OverrideValue:
    """Let decision after decision be the player's own; each one's value is the step it makes."""

    def played(count: int) -> float:
        rule = _AsPlayed(tuple(ordered[:count]), game.adviser)
        run = simulate(game.scenario.decide({game.player: rule}), game.seed)
        return float(outcome(run))

    costs = [played(0)]
    for count, decision in enumerate(game.decisions, start=1):
        # Following the advice changes nothing: no need to live through it again.
        costs.append(costs[-1] if decision.override == 0 else played(count))
    decisions = [
        Decision(d.day, d.advised, d.ordered, before - after)
        for d, before, after in zip(game.decisions, costs, costs[1:], strict=False)
    ]
    return OverrideValue(costs[-1], costs[0], tuple(decisions))


def override_value(
    scenario: Scenario, player: str, replications: int = 200, seed: int = 0,
    outcome: Outcome = total_cost,
) -> Estimate:  # fmt: skip
    """Estimate what a simulated player's overrides are worth, over many histories [USD].

    The player's rule is a ``TakesAdvice``; it is compared, history by history on the same luck,
    with its adviser alone. Above zero, overriding pays.

    Raises:
        ScenarioError: the player's rule hears no advice.

    >>> from twinlab import BaseStock, Normal, serial
    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), on_hand=6, holding_cost=1)
    >>> stubborn = TakesAdvice(own=BaseStock(9), advice=BaseStock(6), weight=0.5)
    >>> print(override_value(Scenario(net, stubborn, days=10), "shop"))
    -14.3 [-14.4, -14.21]: mean of 200 histories, 95 % interval
    """
    rules: Any = scenario.rules
    heard = {key: rule for key, rule in rules.items() if key[0] == player}
    if not heard or not all(isinstance(rule, TakesAdvice) for rule in heard.values()):
        raise ScenarioError(
            f"override_value: {player!r} hears no advice: give it "
            "TakesAdvice(own=rule, advice=rule, weight=0.3)"
        )
    taken = replicate(scenario, replications, seed)
    follow: Any = {key: rule.advice for key, rule in heard.items()}
    followed = replicate(scenario.decide(follow), replications, seed)
    return estimate(np.asarray(outcome(followed)) - np.asarray(outcome(taken)))


def decisions_in(run: Run, player: str) -> tuple[Decision, ...]:
    """List what a simulated player was advised and what it ordered, from the log of a run.

    >>> from twinlab import BaseStock, Constant, serial
    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand=6)
    >>> stubborn = TakesAdvice(own=BaseStock(9), advice=BaseStock(6), weight=0.5)
    >>> decisions_in(simulate(Scenario(net, stubborn, days=1)), "shop")[0].override
    1.5
    """
    return tuple(_paired(run.log.of("decided", "remembered"), player))


def _paired(events: Iterable[Any], player: str) -> Iterable[Decision]:
    ordered = 0.0
    for event in events:
        if event.node != player:
            continue
        if event.kind == "decided":
            ordered = event.quantity
        elif "advised" in event.note:
            yield Decision(event.day, float(event.note["advised"]), ordered)
