"""The cheapest flow of a product through a scenario's lanes, as a scenario to be tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twinlab.organization.sourcing import Shares
from twinlab.scope.entities import Lane
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario
from twinlab.task.flows import requirements
from twinlab.task.logistics.flow import Way, network_flow
from twinlab.task.recommendation import Recommendation

# -- prescribe --------------------------------------------------------------------------------


def plan_lanes(scenario: Scenario, product: str) -> Recommendation:
    """Recommend the shares of suppliers that move a product's average demand at least cost.

    A minimum-cost flow on the product's lanes: cost per unit and stock on the way (sender's holding
    cost × lead time), within capacities of lanes and sources. Costs per shipment and all chance are
    left out, so compare the scenario before you believe it.

    Raises:
        ScenarioError: no lane carries the product.
        SolverError: the lanes cannot carry what is wanted.

    >>> from twinlab import BaseStock, Demand, Lane, Network, Node, Normal, Product
    >>> network = Network(
    ...     products=[Product("bike")],
    ...     nodes=[Node("near", capacity=3), Node("far"), Node("shop")],
    ...     lanes=[Lane("near", "shop", "bike", cost_per_unit=1),
    ...            Lane("far", "shop", "bike", cost_per_unit=4)],
    ...     demands=[Demand("shop", "bike", Normal(5, 1))])
    >>> print(plan_lanes(Scenario(network, BaseStock(9)), "bike"))
    cheapest flow of bike: 11 USD/day by averages
      near → shop (road): 0.6
      far → shop (road): 0.4
    """
    lanes = [v for v in scenario.network.lanes if v.product == product]
    if not lanes:
        raise ScenarioError(f"plan_lanes: no lane carries {product!r}")
    nodes = {n.name: n for n in scenario.network.nodes}
    ways = [
        Way(v.source, v.destination, _unit_cost(v, nodes[v.source].holding_cost), v.capacity)
        for v in lanes
    ]
    fed, ends = {v.destination for v in lanes}, {v.source for v in lanes}
    supply = {name: min(nodes[name].capacity, 1e12) for name in ends - fed}
    wanted = {name: rate for name, rate in _wanted(scenario, product).items() if name in ends | fed}
    plan = network_flow(ways, dict(sorted(supply.items())), wanted)
    into: dict[str, float] = {}
    for lane, amount in zip(lanes, plan.by_way, strict=True):
        into[lane.destination] = into.get(lane.destination, 0.0) + amount
    shares = {
        lane: amount / into[lane.destination]
        for lane, amount in zip(lanes, plan.by_way, strict=True) if into[lane.destination] > 0
    }  # fmt: skip
    return Recommendation(
        f"cheapest flow of {product}", f"{plan.cost:,.6g} USD/day by averages",
        {f"{v.source} → {v.destination} ({v.mode})": share for v, share in shares.items()},
        _with_shares(scenario, product, shares),
    )  # fmt: skip


def _unit_cost(lane: Lane, holding: float) -> float:
    return lane.cost_per_unit + holding * lane.lead_time.average


def _wanted(scenario: Scenario, product: str) -> dict[str, float]:
    """Units a day that customers and recipes take at each node."""
    wanted: dict[str, float] = {}
    for row in scenario.network.demands:
        if row.product == product:
            wanted[row.node] = wanted.get(row.node, 0.0) + row.pattern.average
    rates = requirements(scenario)
    for recipe in scenario.network.recipes:
        need = recipe.components.get(product, 0.0) / recipe.good_share.average
        if need > 0:
            made = rates[recipe.node, recipe.product]
            wanted[recipe.node] = wanted.get(recipe.node, 0.0) + need * made
    return wanted


def _with_shares(scenario: Scenario, product: str, shares: dict[Lane, float]) -> Scenario:
    changed = [replace(lane, sourcing_share=min(1.0, share)) for lane, share in shares.items()]
    split: dict[Any, Any] = {(lane.destination, product): Shares() for lane in shares}
    return scenario.change(
        network=scenario.network.change(*changed), sourcing={**dict(scenario.sourcing), **split}
    )
