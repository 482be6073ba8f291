"""How much flows where in a calm chain: customers' mean demand, passed up lanes and recipes."""

from __future__ import annotations

from collections.abc import Mapping

from twinlab.organization.sourcing import Shares
from twinlab.scope.calendar import upstream_items
from twinlab.scope.entities import ItemKey, Lane
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario


def mean_flows(
    scenario: Scenario, day: int | None = None, wanted: Mapping[ItemKey, float] | None = None
) -> dict[ItemKey, float]:
    """Give the units that leave the stock of each (node, product) at mean demand [units/day].

    The explosion of requirements planning in average rates: what a recipe starts is what is needed
    over its good share. With a ``day``, demand is that of the season; ``wanted`` replaces it.
    Source: Orlicky (1975).

    Raises:
        ScenarioError: a wanted item is unknown, or goods flow in a circle.

    >>> from twinlab import BaseStock, Poisson, assembly
    >>> bikes = Scenario(assembly("plant", {"wheel": 2}, demand=Poisson(3)), BaseStock(9))
    >>> mean_flows(bikes, day=0)[("wheel supplier", "wheel")]
    6.0
    """
    network = scenario.network
    flow = dict.fromkeys(network.items, 0.0)
    if wanted is None:
        wanted = {
            (row.node, row.product): row.pattern.average * (1.0 if day is None else row.scale(day))
            for row in network.demands
        }
    for item, units in wanted.items():
        if item not in flow:
            names = [f"{node}, {product}" for node, product in network.items]
            raise ScenarioError(f"wanted: no item {item!r}; {did_you_mean(', '.join(item), names)}")
        flow[item] += units
    passed: set[ItemKey] = set()
    for item in reversed(upstream_items(network)):
        passed.add(item)
        for feeder, units in _feeders(scenario, item).items():
            if feeder in passed:
                raise ScenarioError(
                    f"{feeder[1]!r} flows in a circle through {feeder[0]!r} and {item[0]!r}: give "
                    "one of them a lane of rank 1 from a source outside"
                )
            flow[feeder] += flow[item] * units
    return flow


def _feeders(scenario: Scenario, item: ItemKey) -> dict[ItemKey, float]:
    """What one unit of an item takes from which other items."""
    found: dict[ItemKey, float] = {}
    for recipe in scenario.network.recipes:
        good = recipe.good_share.average
        if (recipe.node, recipe.product) == item and good:
            found = {(item[0], part): need / good for part, need in recipe.components.items()}
    for lane, share in asked_lanes(scenario, item, ways_in(scenario).get(item, [])):
        supplier = (lane.source, lane.product)
        found[supplier] = found.get(supplier, 0.0) + share
    return found


def ways_in(scenario: Scenario) -> dict[ItemKey, list[Lane]]:
    """List the lanes that bring each (node, product), in table order."""
    incoming: dict[ItemKey, list[Lane]] = {}
    for lane in scenario.network.lanes:
        incoming.setdefault((lane.destination, lane.product), []).append(lane)
    return incoming


def asked_lanes(scenario: Scenario, item: ItemKey, lanes: list[Lane]) -> list[tuple[Lane, float]]:
    """The lanes that an item's orders go to, with their parts of the orders.

    Orders follow ``sourcing_share`` where ``Shares`` decides, else the lane of the lowest rank.
    """
    total = sum(lane.sourcing_share for lane in lanes)
    if isinstance(scenario.sourcing.get(item), Shares) and total > 0:
        return [(v, v.sourcing_share / total) for v in lanes if v.sourcing_share]
    return [(v, 1.0) for v in sorted(lanes, key=lambda v: v.sourcing_rank)[:1]]
