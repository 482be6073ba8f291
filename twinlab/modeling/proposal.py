"""Proposals: which of some changes would be cheapest from today's state on?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from twinlab.modeling import Change, Replications, Seeds, estimate, other_seed, replicate
from twinlab.modeling.experiments import Objective
from twinlab.modeling.simulation.work import share
from twinlab.scope import Scenario, ScenarioError, State
from twinlab.scope.later import pd


def daily_cost(batch: Replications) -> Any:
    """The usual goal: the total cost of a day, by history."""
    return batch.kpis.total_cost


def propose(
    scenario: Scenario,
    start: State,
    options: Mapping[str, Sequence[Any]],
    goal: Objective = daily_cost,
    replications: int = 200,
    seed: int = 0,
) -> Change:
    """Simulate every combination of some values from a state on, and propose the cheapest.

    The seed by which a change was chosen flatters it, so its gain is judged on another. Workers of
    the ``joblib.parallel_config`` in force share the combinations; that changes no number.

    Raises:
        ScenarioError: a path leads nowhere.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> full = Scenario(net, BaseStock(60), days=50)
    >>> propose(full, State.initial(net), {"shop.up_to": [30, 60]}).values
    {'shop.up_to': 30}
    """

    def outcome(values: Mapping[str, Any], numbers: int) -> Any:
        changed = scenario.set(values)
        return np.asarray(goal(replicate(changed, replications, numbers, start=start)))

    empty = [path for path, values in options.items() if not values]
    if empty:
        raise ScenarioError(f"options: {empty[0]!r} has no values to try: give at least one")
    tried = [dict(zip(options, values, strict=True)) for values in product(*options.values())]
    seeds = Seeds.of(seed_ahead(seed))
    costs = [float(each.mean()) for each in share(outcome, [(one, seeds.chosen) for one in tried])]
    best = Change.of(scenario, tried[int(np.argmin(costs))])
    before, after = (outcome(values, seeds.judged) for values in ({}, best.values))
    table = pd.DataFrame([one | {"goal": cost} for one, cost in zip(tried, costs, strict=True)])
    gain, reached = estimate(before - after), estimate(after)
    return replace(best, gain=gain, goal=reached, seeds=seeds, tried=table)


def seed_ahead(seed: int) -> int:
    """The seed of a look ahead: never a plant's own, whatever the seeds, as that is its future."""
    return other_seed(seed, "ahead")
