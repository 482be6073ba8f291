"""How much flows where in a calm chain: customers' mean demand, passed up lanes and recipes."""

from __future__ import annotations

from twinlab.organization.sourcing import Shares
from twinlab.scope.calendar import upstream_items
from twinlab.scope.entities import ItemKey, Lane
from twinlab.scope.scenario import Scenario


def mean_flows(scenario: Scenario, day: int) -> dict[ItemKey, float]:
    """Give the units that leave the stock of each (node, product) at a day's mean [units/day].

    >>> from twinlab import BaseStock, Poisson, assembly
    >>> bikes = Scenario(assembly("plant", {"wheel": 2}, demand=Poisson(3)), BaseStock(9))
    >>> mean_flows(bikes, day=0)[("wheel supplier", "wheel")]
    6.0
    """
    network = scenario.network
    flow = dict.fromkeys(network.items, 0.0)
    for row in network.demands:
        flow[row.node, row.product] += row.pattern.average * row.scale(day)
    recipes, incoming = {(r.node, r.product): r for r in network.recipes}, ways_in(scenario)
    for item in reversed(upstream_items(network)):
        if item in recipes and (good := recipes[item].good_share.average):
            for component, need in recipes[item].components.items():
                flow[item[0], component] += flow[item] * need / good
        for lane, share in asked_lanes(scenario, item, incoming.get(item, [])):
            flow[lane.source, lane.product] += flow[item] * share
    return flow


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
