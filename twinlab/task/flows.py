"""What must flow where so that customers get theirs: requirements exploded through the network."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from twinlab.organization.sourcing import Shares
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario


def requirements(
    scenario: Scenario, wanted: Mapping[ItemKey, float] | None = None
) -> dict[ItemKey, float]:
    """Units a day that must come to each (node, product), from the customers upstream.

    The requirements plan's explosion: what a recipe starts is what is needed over its good share,
    and it asks its components times their quantity. An order is split as the node's sourcing says
    (``Shares``), or asked from rank 1. ``wanted`` replaces the customers' average demand.
    Source: Orlicky (1975), in average rates.

    Raises:
        ScenarioError: a wanted item is unknown, or goods flow in a circle.

    >>> from twinlab import BaseStock, Normal, assembly
    >>> bike = Scenario(assembly("plant", {"wheel": 2}, demand=Normal(5, 1)), BaseStock(9))
    >>> requirements(bike)["wheel supplier", "wheel"]
    10.0
    """
    network = scenario.network
    if wanted is None:
        wanted = {(d.node, d.product): d.pattern.average for d in network.demands}
    for item in wanted:
        if item not in network.items:
            names = [f"{node}, {product}" for node, product in network.items]
            raise ScenarioError(f"wanted: no item {item!r}; {did_you_mean(', '.join(item), names)}")
    feeds = {item: _feeds(scenario, item) for item in network.items}
    try:
        order = list(TopologicalSorter({i: list(f) for i, f in feeds.items()}).static_order())
    except CycleError as problem:
        circle = " → ".join(f"{node} ({product})" for node, product in problem.args[1])
        raise ScenarioError(
            f"goods flow in a circle: {circle}: give no such rank 1 lanes"
        ) from None
    rates = {item: float(wanted.get(item, 0.0)) for item in network.items}
    for item in reversed(order):  # customers first
        for feeder, factor in feeds[item].items():
            rates[feeder] += rates[item] * factor
    return rates


def _feeds(scenario: Scenario, item: ItemKey) -> dict[ItemKey, float]:
    """What one unit of an item takes from which other items."""
    node, product = item
    for recipe in scenario.network.recipes:
        if (recipe.node, recipe.product) == item:
            good = recipe.good_share.average
            return {(node, part): need / good for part, need in recipe.components.items()}
    lanes = [v for v in scenario.network.lanes if (v.destination, v.product) == item]
    total = sum(v.sourcing_share for v in lanes)
    if not (isinstance(scenario.sourcing.get(item), Shares) and total > 0):
        first = sorted(lanes, key=lambda v: v.sourcing_rank)[:1]
        return {(v.source, product): 1.0 for v in first}
    found: dict[ItemKey, float] = {}
    for lane in lanes:
        supplier = (lane.source, product)
        found[supplier] = found.get(supplier, 0.0) + lane.sourcing_share / total
    return found
