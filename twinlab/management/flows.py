"""How much flows where in a calm chain: customers' mean demand, passed up lanes and recipes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from twinlab.organization.sourcing import Shares
from twinlab.scope.calendar import upstream_items
from twinlab.scope.entities import Demand, ItemKey, Lane
from twinlab.scope.scenario import Scenario


def mean_demand(row: Demand, day: int | None = None) -> float:
    """Give customers' mean demand on a day, or over a whole season without trend [units/day].

    >>> mean_demand(Demand("shop", "bike", 4, season=(1.5, 0.5)), day=0)
    6.0
    """
    factor = row.scale(day) if day is not None else fmean(row.season or (1.0,))
    return row.pattern.average * factor


def mean_flows(scenario: Scenario, day: int | None = None) -> dict[ItemKey, float]:
    """Give the units that leave the stock of each (node, product) in a mean day [units/day].

    Orders follow ``sourcing_share`` where ``Shares`` decides, else the lane of the lowest rank.

    >>> from twinlab import BaseStock, Poisson, assembly
    >>> bikes = Scenario(assembly("plant", {"wheel": 2}, demand=Poisson(3)), BaseStock(9))
    >>> mean_flows(bikes)[("wheel supplier", "wheel")]
    6.0
    """
    network = scenario.network
    flow = dict.fromkeys(network.items, 0.0)
    for row in network.demands:
        flow[row.node, row.product] += mean_demand(row, day)
    recipes = {(r.node, r.product): r for r in network.recipes}
    incoming = ways_in(scenario)
    for item in reversed(upstream_items(network)):
        if item in recipes:
            for component, need in recipes[item].components.items():
                good = recipes[item].good_share.average
                flow[item[0], component] += flow[item] * need / good if good else 0.0
        for lane, share in asked_lanes(scenario, item, incoming.get(item, [])):
            flow[lane.source, lane.product] += flow[item] * share
    return flow


def ways_in(scenario: Scenario) -> dict[ItemKey, list[Lane]]:
    """List the lanes that bring each (node, product), in table order."""
    incoming: dict[ItemKey, list[Lane]] = {}
    for lane in scenario.network.lanes:
        incoming.setdefault((lane.destination, lane.product), []).append(lane)
    return incoming


def asked_lanes(
    scenario: Scenario, item: ItemKey, lanes: Sequence[Lane]
) -> list[tuple[Lane, float]]:
    """The lanes that an item's orders go to, with their parts of the orders."""
    total = sum(lane.sourcing_share for lane in lanes)
    if isinstance(scenario.sourcing.get(item), Shares) and total > 0:
        return [(v, v.sourcing_share / total) for v in lanes if v.sourcing_share]
    first = min(lanes, key=lambda lane: lane.sourcing_rank, default=None)
    return [(first, 1.0)] if first else []
