"""Mitigation under a budget: which measures to buy, and what the chosen ones really save."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from twinlab.management.money import Worth, customers_loss
from twinlab.management.tables import html_of, shown, table_of
from twinlab.modeling.experiments import progress
from twinlab.modeling.output import estimate
from twinlab.modeling.replicate import replicate
from twinlab.scope.chance import Array
from twinlab.scope.columns import column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

YEAR = 365.0  # days
MOST = 64  # plans to simulate: beyond, the search is no longer a lesson


@dataclass(frozen=True)
class Measure:
    """Something that can be bought against losses: its yearly cost, and what it changes.

    >>> more = Measure("more stock", 500, lambda chain: chain.set("shop.up_to", 30))
    >>> more.cost
    500
    """

    name: str
    cost: float  # USD/year, taken from the budget
    change: Callable[[Scenario], Scenario]

    def __post_init__(self) -> None:
        """A cost is a number, and what is changed can be called."""
        if not 0 <= self.cost < np.inf:
            raise ScenarioError(
                f"Measure {self.name!r}: cost is at least 0 USD/year, got {self.cost!r}"
            )
        if not callable(self.change):
            raise ScenarioError(
                f"Measure {self.name!r}: change is {self.change!r}: give a function of a scenario, "
                "such as lambda chain: chain.set('shop.up_to', 30)"
            )


@dataclass(frozen=True)
class Plan:
    """Some measures together: what they cost, what adding up promises, what simulation finds."""

    measures: str = column("words", meaning="what is bought")
    cost: float = column("USD/year", meaning="of the measures")
    promised: float = column("USD/year", meaning="loss, if the single savings simply add up")
    loss: float = column("USD/year", meaning="mean loss of the plan as simulated")
    loss_low: float = column("USD/year", meaning="95 % interval")
    loss_high: float = column("USD/year", meaning="95 % interval")
    interaction: float = column("USD/year", meaning="simulated less promised loss")
    interaction_low: float = column("USD/year", meaning="95 % interval, paired by history")
    interaction_high: float = column("USD/year", meaning="95 % interval, paired by history")
    efficient: bool = column("yes/no", meaning="no cheaper plan loses as little")


@dataclass(frozen=True, repr=False)
class Frontier:
    """All plans that were simulated, cheapest first."""

    plans: tuple[Plan, ...]

    @property
    def efficient(self) -> tuple[Plan, ...]:
        """The plans that no cheaper plan beats: the efficient frontier."""
        return tuple(plan for plan in self.plans if plan.efficient)

    def best(self, budget: float) -> Plan:
        """The plan with the least simulated loss within a budget [USD/year].

        Raises:
            ScenarioError: the budget is below zero.
        """
        if budget < 0:
            raise ScenarioError(f"a budget is at least 0 USD/year, got {budget!r}")
        return next(plan for plan in reversed(self.efficient) if plan.cost <= budget)

    @property
    def table(self) -> pd.DataFrame:
        """One row per plan, cheapest first."""
        return table_of(self.plans, Plan)

    def __repr__(self) -> str:
        """One line per efficient plan."""
        return "\n".join(
            f"{shown(p.cost)} USD/year: {p.measures}: loss {shown(p.loss)} [{shown(p.loss_low)}, "
            f"{shown(p.loss_high)}] USD/year, promised {shown(p.promised)}"
            for p in self.efficient
        )

    def _repr_html_(self) -> str:
        return html_of(self.table, "Plans, cheapest first")


def frontier(
    scenario: Scenario,
    measures: Sequence[Measure],
    replications: int = 200,
    seed: int = 0,
    *,
    worth: Worth | None = None,
    every_plan: bool = False,
) -> Frontier:
    """Find which measures to buy at every budget, and check every such plan by simulation.

    Each measure alone is simulated on the same luck; its saving is the paired fall of the
    customers' loss per year (see ``customers_loss``). Adding savings up gives the plans that
    no cheaper plan beats (a knapsack for all budgets at once, by dominance after Nemhauser &
    Ullmann 1969); each of them is then simulated, because measures help each other or overlap.
    ``every_plan`` simulates all combinations instead. Measures apply in the order of the list.

    Raises:
        ScenarioError: no measure, a name twice, or more than 64 plans to simulate.

    >>> from twinlab import BaseStock, Demand, Normal, Outage, serial
    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 10})
    >>> risky = Scenario(chain, BaseStock(10), days=365).disrupt(Outage("mine", rate=0.01, days=5))
    >>> more = Measure("more stock", 500, lambda s: s.set("shop.up_to", 20))
    >>> frontier(risky, [more], 64, seed=1)
    0 USD/year: nothing: loss 2,868 [2,439, 3,297] USD/year, promised 2,868
    500 USD/year: more stock: loss 1,452 [1,222, 1,682] USD/year, promised 1,452
    """
    listed = tuple(measures)
    names = [m.name for m in listed]
    if not listed or len(set(names)) < len(names):
        raise ScenarioError(f"frontier needs measures with a name of their own each, got {names}")
    trial = _Trial(scenario, listed, replications, seed, worth)
    singles = [(), *((at,) for at in range(len(listed)))]
    trial.live(singles)
    base = trial.losses[()]
    gains = [base - trial.losses[(at,)] for at in range(len(listed))]
    costs = [m.cost for m in listed]
    means = [float(gain.mean()) for gain in gains]
    trial.live(_all(len(listed)) if every_plan else undominated(costs, means))
    return Frontier(_judged(trial, costs, gains))


def undominated(costs: Sequence[float], gains: Sequence[float]) -> list[tuple[int, ...]]:
    """List the combinations that no cheaper (or as cheap) one beats, if gains simply add up.

    >>> undominated([3, 2, 2], [30, 15, 16])
    [(), (2,), (0,), (1, 2), (0, 2), (0, 1, 2)]
    """
    plans: list[tuple[float, float, tuple[int, ...]]] = [(0.0, 0.0, ())]
    for at, (cost, gain) in enumerate(zip(costs, gains, strict=True)):
        plans += [(c + cost, g + gain, (*chosen, at)) for c, g, chosen in plans]
        plans.sort(key=lambda plan: (plan[0], -plan[1]))
        kept, best = [], -np.inf
        for plan in plans:
            if plan[1] > best:
                kept.append(plan)
                best = plan[1]
        plans = kept
    return [chosen for _, _, chosen in plans]


def _all(count: int) -> list[tuple[int, ...]]:
    return [chosen for size in range(count + 1) for chosen in combinations(range(count), size)]


class _Trial:
    """Simulated plans: the customers' loss per year of every history, by chosen measures."""

    def __init__(
        self, scenario: Scenario, measures: tuple[Measure, ...], replications: int, seed: int,
        worth: Worth | None,
    ) -> None:  # fmt: skip
        self.scenario, self.measures = scenario, measures
        self.replications, self.seed, self.worth = replications, seed, worth
        self.losses: dict[tuple[int, ...], Array] = {}

    def live(self, plans: Sequence[tuple[int, ...]]) -> None:
        """Simulate those plans that were not simulated yet."""
        new = [plan for plan in plans if plan not in self.losses]
        if len(new) > MOST:
            raise ScenarioError(f"{len(new)} plans to simulate, at most {MOST}: drop some measures")
        for plan in progress(new, "simulating plans"):
            changed = self.scenario
            for at in plan:
                changed = self.measures[at].change(changed)
            batch = replicate(changed, self.replications, self.seed)
            loss = np.asarray(customers_loss(batch, self.worth))
            self.losses[plan] = loss * (YEAR / len(batch.days))


def _judged(trial: _Trial, costs: list[float], gains: list[Array]) -> tuple[Plan, ...]:
    """Every simulated plan, cheapest first, and whether a cheaper one beats it."""
    cost = {plan: float(sum(costs[at] for at in plan)) for plan in trial.losses}
    order = sorted(cost, key=lambda plan: (cost[plan], float(trial.losses[plan].mean())))
    rows, best = [], np.inf
    for plan in order:
        promised = trial.losses[()] - sum(gains[at] for at in plan)
        found, more = estimate(trial.losses[plan]), estimate(trial.losses[plan] - promised)
        words = " + ".join(trial.measures[at].name for at in plan) or "nothing"
        losses = (float(promised.mean()), found.mean, found.low, found.high)
        rows.append(
            Plan(words, cost[plan], *losses, more.mean, more.low, more.high, found.mean < best)
        )
        best = min(best, found.mean)
    return tuple(rows)
