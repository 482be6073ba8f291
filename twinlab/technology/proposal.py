"""Proposals: which of some changes would be cheapest from today's state on?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

import numpy as np

from twinlab.modeling.simulation.output_analysis import Seeds, estimate, other_seed
from twinlab.modeling.simulation.replicate import replicate
from twinlab.modeling.simulation.replications import Replications
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import pd
from twinlab.scope.result import Estimate
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

Goal = Callable[[Replications], Any]


@dataclass(frozen=True)
class Proposal(Sealed):
    """The best of some changes, and what it gains over going on as before, from today's state.

    ``gain`` is the fall in daily cost on new luck, paired by history: the luck by which the change
    was chosen flatters it (see ``seeds``).

    >>> print(Proposal({"shop.up_to": 90}, estimate([4.0, 6.0, 5.0]), None))
    shop.up_to = 90: saves 5 [2.516, 7.484] USD/day; worth it
    """

    changes: Mapping[str, Any]
    gain: Annotated[Estimate, None]  # nothing is known of one that is made by hand
    table: pd.DataFrame | None
    seeds: Seeds | None = None

    @property
    def worth(self) -> bool:
        """Whether the interval of the gain lies above zero."""
        return bool(self.gain.low > 0)

    def __str__(self) -> str:
        """Say it in a sentence."""
        what = ", ".join(f"{path} = {_said(value)}" for path, value in self.changes.items())
        judged = f"; {self.seeds}" if self.seeds else ""
        return f"{what}: saves {self.gain.short} USD/day; {self.gain.verdict}{judged}"


def daily_cost(batch: Replications) -> Any:
    """The usual goal: the total cost of a day, by history."""
    return batch.kpis.total_cost


def propose(
    scenario: Scenario,
    start: State,
    options: Mapping[str, Sequence[Any]],
    goal: Goal = daily_cost,
    replications: int = 200,
    seed: int = 0,
) -> Proposal:
    """Simulate every combination of some values from a state on, and propose the cheapest.

    Raises:
        ScenarioError: a path leads nowhere.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> full = Scenario(net, BaseStock(60), days=50)
    >>> propose(full, State.initial(net), {"shop.up_to": [30, 60]}).changes
    {'shop.up_to': 30}
    """

    def outcome(changed: Scenario, luck: int) -> Any:
        return np.asarray(goal(replicate(changed, replications, luck, start=start)))

    empty = [path for path, values in options.items() if not values]
    if empty:
        raise ScenarioError(f"options: {empty[0]!r} has no values to try: give at least one")
    tried = [dict(zip(options, values, strict=True)) for values in product(*options.values())]
    seeds = Seeds.of(seed_ahead(seed))
    costs = [float(outcome(changed(scenario, one), seeds.chosen).mean()) for one in tried]
    best = tried[int(np.argmin(costs))]
    before, after = (outcome(one, seeds.judged) for one in (scenario, changed(scenario, best)))
    gain = estimate(before - after)
    table = pd.DataFrame([one | {"goal": cost} for one, cost in zip(tried, costs, strict=True)])
    return Proposal(best, gain, table, seeds)


def seed_ahead(seed: int) -> int:
    """The luck of a look ahead: never a plant's own, whatever the seeds, as that is its future."""
    return other_seed(seed, "ahead")


def changed(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with some values, by path, in place of others."""
    for path, value in changes.items():
        scenario = scenario.set(path, value)
    return scenario


def _said(value: Any) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if number else str(value)
