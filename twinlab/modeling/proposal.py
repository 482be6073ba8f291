"""Proposals: which of some changes would be cheapest from today's state on?

And what it is worth to order elsewhere, while a supplier is closed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from twinlab.modeling import Change, Seeds, estimate, other_seed, replicate
from twinlab.modeling.experiments import Objective
from twinlab.modeling.simulation.kpis import cost
from twinlab.modeling.simulation.work import share
from twinlab.organization.orders import SOURCING, Order, SetRules, SetSourcing
from twinlab.organization.view import PriorityFailover, Shares, View
from twinlab.scope import Scenario, ScenarioError, State, SyncError
from twinlab.scope.entities import Disruption
from twinlab.scope.later import pd
from twinlab.scope.scenario import lane_paths, targets


def propose(
    scenario: Scenario,
    start: State,
    options: Mapping[str, Sequence[Any]],
    goal: Objective = cost,
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
        return np.asarray(goal(replicate(scenario.set(values), replications, numbers, start=start)))

    empty = [path for path, values in options.items() if not values]
    if empty:
        raise ScenarioError(f"options: {empty[0]!r} has no values to try: give at least one")
    tried = [dict(zip(options, values, strict=True)) for values in product(*options.values())]
    seeds = Seeds.of(seed_ahead(seed))
    means = [float(each.mean()) for each in share(outcome, [(one, seeds.chosen) for one in tried])]
    best = Change.of(scenario, tried[int(np.argmin(means))])
    before, after = (outcome(values, seeds.judged) for values in ({}, best.values))
    table = pd.DataFrame([one | {"goal": mean} for one, mean in zip(tried, means, strict=True)])
    gain, reached = estimate(before - after), estimate(after)
    return replace(best, gain=gain, goal=reached, seeds=seeds, tried=table)


def around(
    scenario: Scenario, closed: Iterable[Disruption], usual: Mapping[str, float]
) -> tuple[dict[str, float], Scenario]:
    """Ask others for what is shared out to who is closed: the shares to set, and a scenario.

    ``usual`` are the shares to come back to, by path. In the scenario, orders go around what is
    closed in each history, and come back on the day on which it opens.

    >>> lanes = [Lane(name, "shop", "unit", sourcing_share=0.5) for name in ("mine", "pit")]
    >>> nodes = [Node("mine", "supplier"), Node("pit", "supplier"), Node("shop", "retailer")]
    >>> asked = Demand("shop", "unit", Normal(5, 1))
    >>> net = Network([Product("unit")], nodes, lanes, demands=[asked])
    >>> both = Scenario(net, BaseStock(8), sourcing={"shop": Shares()})
    >>> around(both, [Outage("mine")], {})[0]
    {'mine->shop/unit/road.sourcing_share': 0.0}
    """
    network, sourcing = scenario.network, dict(scenario.sourcing)
    shut, values = set[Any](), dict[str, float]()
    for each in closed:
        if getattr(each, "loss", 0.0) == 1.0 and not getattr(each, "stock_ships", False):
            hit = targets(each, network)
            shut |= {v.key for v in network.lanes if v in hit or (v.source, v.product) in hit}
    for item, rule in scenario.sourcing.items():
        lanes = {f"{lane_paths(v)[-1]}.sourcing_share": v for v in network.into.get(item, ())}
        usually = {path: usual.get(path, lane.sourcing_share) for path, lane in lanes.items()}
        there = {path: usually[path] for path, lane in lanes.items() if lane.key not in shut}
        if not isinstance(rule, Shares) or not there:
            continue
        if not any(there.values()):
            there[min(there, key=lambda path: lanes[path].sourcing_rank)] = 1.0
            sourcing[item] = PriorityFailover()
        elif len(there) < len(lanes):
            sourcing[item] = shares_of_open
        then = {path: there.get(path, 0.0) for path in lanes}
        values |= {path: v for path, v in then.items() if v != lanes[path].sourcing_share}
    return values, scenario.set(usual).change(sourcing=sourcing)


def shares_of_open(view: View, quantity: Any) -> list[Any]:
    """Shares of who is open; while nobody is, of all."""
    some = sum(s.share * s.open for s in view.suppliers) > 0
    fit = [s.share * np.where(some, s.open, 1.0) for s in view.suppliers]
    return [quantity * (each / sum(fit)) for each in fit]


def seed_ahead(seed: int) -> int:
    """The seed of a look ahead: never a plant's own, whatever the seeds, as that is its future."""
    return other_seed(seed, "ahead")


def order_of(what: Change | Order) -> Order:
    """An order as it is, or the one that makes a change; a SyncError if no kind does."""
    if isinstance(what, Order):
        return what
    if what.how is not None or not what.values or not all(isinstance(p, str) for p in what.values):
        raise SyncError(f"{what.title or 'this change'} is more than numbers by path: no order")
    lanes = [path for path in what.values if path.endswith(SOURCING)]
    if 0 < len(lanes) < len(what.values):
        raise SyncError(f"rules and sourcing are two orders: propose {lanes} by itself")
    return (SetSourcing if lanes else SetRules)(what.values)
