"""Mitigation under a budget: which measures to buy, and what the chosen ones really save.

The value of the twin: what decisions with it saved, on the same luck as decisions without it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from twinlab.management.money import Worth, customers_loss
from twinlab.modeling.compare import progress
from twinlab.modeling.simulation.output_analysis import Seeds, estimate
from twinlab.modeling.simulation.replicate import beyond, replicate
from twinlab.modeling.simulation.replications import Replications
from twinlab.modeling.simulation.run import Run
from twinlab.scope.columns import Row, column
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.result import Estimate, Listing, shown
from twinlab.scope.scenario import Scenario

__all__ = ["Frontier", "Measure", "Plan", "frontier", "value_of_twin"]


YEAR = 365.0  # days
Chosen = tuple[int, ...]  # which measures, by their places in the list
MOST = 64  # plans to simulate: beyond, the search is no longer a lesson


@dataclass(frozen=True)
class Measure(Row):
    """Something that can be bought against losses: its yearly cost, and what it changes.

    >>> more = Measure("more stock", 500, lambda chain: chain.set("shop.up_to", 30))
    >>> more.cost
    500.0
    """

    name: str = column("name", meaning="what is bought")
    cost: float = column("USD/year", meaning="taken from the budget", low=0)
    change: Callable[[Scenario], Scenario]  # type: ignore[misc]

    def check(self) -> None:
        """What is changed can be called."""
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
    efficient: bool = column("yes/no", meaning="no cheaper plan loses as little, when chosen")
    saved: float = column("USD/year", 0.0, "less loss than the next cheaper efficient plan")
    saved_low: float = column("USD/year", 0.0, "95 % interval, paired by history")
    saved_high: float = column("USD/year", 0.0, "95 % interval, paired by history")
    note: str = column("words", "", "what still moves on the last day")

    def __str__(self) -> str:
        doubt = ", which luck could explain" if self.saved_low <= 0 < self.cost else ""
        return (
            f"{shown(self.cost)} USD/year: {self.measures}: loss {shown(self.loss)} "
            f"[{shown(self.loss_low)}, {shown(self.loss_high)}] USD/year, "
            f"promised {shown(self.promised)}{doubt}{self.note and '; ' + self.note}"
        )


@dataclass(frozen=True, repr=False)
class Frontier(Listing):
    """All plans that were simulated, cheapest first: chosen on one luck, judged on another."""

    plans: tuple[Plan, ...]
    seeds: Seeds
    caption = "Plans, cheapest first"

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

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.efficient), str(self.seeds)])


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
    Efficient plans are chosen on one luck, and what plans lose is told from another.

    Raises:
        ScenarioError: no measure, a name twice, or more than 64 plans to simulate.

    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 10})
    >>> risky = Scenario(chain, BaseStock(10), days=365).disrupt(Outage("mine", rate=0.01, days=5))
    >>> more = Measure("more stock", 500, lambda s: s.set("shop.up_to", 20))
    >>> frontier(risky, [more], 64, seed=1)
    0 USD/year: nothing: loss 3,055 [2,681, 3,429] USD/year, promised 3,055
    500 USD/year: more stock: loss 1,542 [1,347, 1,736] USD/year, promised 1,542
    chosen on seed 1, judged on seed 8416231834
    """
    listed = tuple(measures)
    names = [m.name for m in listed]
    if not listed or len(set(names)) < len(names):
        raise ScenarioError(f"frontier needs measures with a name of their own each, got {names}")
    seeds, places = Seeds.of(seed), range(len(listed))
    losses: dict[Chosen, Array] = {}
    judged: dict[Chosen, Array] = {}
    notes: dict[Chosen, str] = {}

    def yearly(batch: Replications) -> Array:
        return np.asarray(customers_loss(batch, worth)) * (YEAR / len(batch.days))

    def live(plans: Iterable[Chosen]) -> None:
        """Find the loss per year of those plans that were not simulated yet."""
        new = [plan for plan in plans if plan not in losses]
        if len(new) > MOST:
            raise ScenarioError(f"{len(new)} plans to simulate, at most {MOST}: drop some measures")
        for plan in progress(new, "simulating plans"):
            changed = scenario
            for at in plan:
                changed = listed[at].change(changed)
            losses[plan] = yearly(replicate(changed, replications, seeds.chosen))
            batch = replicate(changed, replications, seeds.judged)
            judged[plan], notes[plan] = yearly(batch), beyond(batch, yearly)

    live([(), *((at,) for at in places)])
    gains = [float((losses[()] - losses[(at,)]).mean()) for at in places]
    everything = chain(*(combinations(places, size) for size in range(len(listed) + 1)))
    live(everything if every_plan else undominated([m.cost for m in listed], gains))
    means = {plan: float(loss.mean()) for plan, loss in losses.items()}
    return Frontier(_judged(means, judged, listed, notes), seeds)


def undominated(costs: Sequence[float], gains: Sequence[float]) -> list[Chosen]:
    """List the combinations that no cheaper (or as cheap) one beats, if gains simply add up.

    >>> undominated([3, 2, 2], [30, 15, 16])
    [(), (2,), (0,), (1, 2), (0, 2), (0, 1, 2)]
    """
    plans: list[tuple[float, float, Chosen]] = [(0.0, 0.0, ())]
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


def _judged(
    chosen: Mapping[Chosen, float],
    losses: Mapping[Chosen, Array],
    measures: Sequence[Measure],
    notes: Mapping[Chosen, str],
) -> tuple[Plan, ...]:
    """Every simulated plan, cheapest first: efficient as chosen, with losses as judged."""
    cost = {plan: float(sum(measures[at].cost for at in plan)) for plan in losses}
    plans: list[Plan] = []
    best, before = np.inf, losses[()]
    for plan in sorted(cost, key=lambda plan: (cost[plan], chosen[plan])):
        promised = losses[()] - sum(losses[()] - losses[(at,)] for at in plan)
        found, more = estimate(losses[plan]), estimate(losses[plan] - promised)
        saved, efficient = estimate(before - losses[plan]), chosen[plan] < best
        words = " + ".join(measures[at].name for at in plan) or "nothing"
        plans.append(
            Plan(
                words,
                cost[plan],
                float(promised.mean()),
                found.mean,
                found.low,
                found.high,
                more.mean,
                more.low,
                more.high,
                efficient,
                saved.mean,
                saved.low,
                saved.high,
                notes[plan],
            )
        )
        if efficient:
            best, before = chosen[plan], losses[plan]
    return tuple(plans)


Life = Callable[[int], Run]


@dataclass(frozen=True)
class Value:
    """Daily cost without and with the twin, and the difference, paired by history [USD/day].

    >>> print(Value(estimate([5.0, 7.0]), estimate([4.0, 5.5]), estimate([1.0, 1.5])).saved)
    1.25 [-1.927, 4.427]: mean of 2 replications, 95 % interval
    """

    without: Estimate
    with_twin: Estimate
    saved: Estimate

    def __str__(self) -> str:
        saved = f"{self.saved.mean:.4g} USD/day [{self.saved.low:.4g}, {self.saved.high:.4g}]"
        return f"the twin saves {saved} of {self.without.mean:.4g}"


def value_of_twin(without: Life, with_twin: Life, seeds: Sequence[int] = range(20)) -> Value:
    """Live through the same luck without and with a twin, and compare what it cost.

    ``without`` and ``with_twin`` live through one history for a seed and give its run.

    Raises:
        ScenarioError: fewer than two seeds, or the two lives are not of the same days.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> shop = Scenario(net, BaseStock(20), days=50)
    >>> found = value_of_twin(lambda seed: simulate(shop, seed),
    ...                       lambda seed: simulate(shop.set("shop.up_to", 15), seed), range(4))
    >>> round(found.saved.mean, 2)
    5.0
    """
    if len(seeds) < 2:
        raise ScenarioError(f"value_of_twin needs at least two seeds, got {list(seeds)}")
    pairs = [(without(seed), with_twin(seed)) for seed in seeds]
    for one, other in pairs:
        if one.days != other.days:
            raise ScenarioError(f"the lives have other days: {one.days} and {other.days}")
    costs = np.array([[one.kpis.total_cost, other.kpis.total_cost] for one, other in pairs])
    return Value(estimate(costs[:, 0]), estimate(costs[:, 1]), estimate(costs[:, 0] - costs[:, 1]))
