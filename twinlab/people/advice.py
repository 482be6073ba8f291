"""Advice that can be followed or overridden, and what overriding it was worth.

*Override value-added* is the cost with the advice followed throughout, less the cost of the
decisions taken, on common random numbers: above zero, the person's overrides saved money.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.modeling import estimate, replicate
from twinlab.organization.view import View
from twinlab.people.rules import Rule, ask
from twinlab.scope import Estimate, Listing, Result, Scenario, ScenarioError
from twinlab.scope.base import Row, column, pd

__all__ = ["Decision", "OverrideValue", "TakesAdvice", "override_value"]


@dataclass(frozen=True)
class TakesAdvice(Row):
    """Mix advice with one's own idea: w × advice + (1 − w) × own; w = 1 follows, w = 0 ignores.

    Both are kept in ``view.memory`` and so in the log. Source: weight of advice, Yaniv (2004).

    >>> mixed = TakesAdvice(own=lambda view: 20.0, advice=lambda view: 10.0, weight=0.3)
    >>> mixed(View("shop", "bike"))
    17.0
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
class Decision(Result):
    """One decision on which there was advice.

    ``value`` is what deviating from the advice on this day saved, if everything before was as
    played and all advice after is followed.

    >>> Decision(day=4, advised=8.0, ordered=12.0).override
    4.0
    """

    day: int = column("day", meaning="when it was taken")
    advised: float = column("units", meaning="what the adviser said")
    ordered: float = column("units", meaning="what the person ordered")
    value: float = column("USD", float("nan"), "saved by deviating (below zero: lost)")

    @property
    def override(self) -> float:
        """Units ordered beyond the advice."""
        return self.ordered - self.advised


@dataclass(frozen=True)
class OverrideValue(Listing):
    """What one player's overrides were worth [USD]: decision by decision, and in all.

    >>> OverrideValue((Decision(0, 8, 12, -20.0),), taken=120.0, followed=100.0)
    1 of 1 pieces of advice overridden: cost 120 USD, 100 USD with the advice followed;
    override value-added -20 USD
    """

    decisions: tuple[Decision, ...]
    taken: float
    followed: float

    @property
    def value(self) -> float:
        """Saved by overriding (below zero: lost); the decisions' values add up to it."""
        return self.followed - self.taken

    @property
    def table(self) -> "pd.DataFrame":
        """One row per decision: day, advised, ordered and override, its value."""
        table = super().table
        table.insert(2, "override [units]", [decision.override for decision in self.decisions])
        return table

    def sentence(self) -> str:
        """How often the advice was overridden, and what that cost or saved."""
        overridden = sum(abs(d.override) > 1e-9 for d in self.decisions)
        return (
            f"{overridden} of {len(self.decisions)} pieces of advice overridden: cost "
            f"{self.taken:,.0f} USD, {self.followed:,.0f} USD with the advice followed; override "
            f"value-added {self.value:,.0f} USD"
        )

    def __repr__(self) -> str:
        return self.sentence()


def override_value(
    scenario: Scenario,
    player: str,
    replications: int = 200,
    seed: int = 0,
    *,
    outcome: Callable[[Any], Any],
) -> Estimate:
    """Estimate what a simulated player's overrides are worth, over many replications [USD].

    The player's rule is a ``TakesAdvice``; it is compared, history by history on the same
    seed, with its adviser alone, by ``outcome``: a cost of each history of a batch.

    Raises:
        ScenarioError: the player's rule hears no advice.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), on_hand=6, holding_cost=1)
    >>> shop = Scenario(net, TakesAdvice(own=BaseStock(9), advice=BaseStock(6), weight=0.5), days=9)
    >>> print(override_value(shop, "shop", outcome=lambda batch: batch.total("holding")))
    -11.38 [-11.47, -11.29]: mean of 200 replications, 95 % interval
    """
    rules: Any = scenario.rules
    heard = {key: rule for key, rule in rules.items() if key[0] == player}
    if not heard or not all(isinstance(rule, TakesAdvice) for rule in heard.values()):
        problem = f"override_value: {player!r} hears no advice"
        raise ScenarioError(f"{problem}: give it TakesAdvice(own=rule, advice=rule, weight=0.3)")
    taken = replicate(scenario, replications, seed)
    follow: Any = {key: rule.advice for key, rule in heard.items()}
    followed = replicate(scenario.decide(follow), replications, seed)
    return estimate(np.asarray(outcome(followed)) - np.asarray(outcome(taken)))
