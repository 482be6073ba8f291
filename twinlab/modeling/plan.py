"""A plan: a scenario with numbers in place of names, as both engines walk through it.

It fixes every order in which things happen and sums run, so that two engines do the same sums.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twinlab.organization.sourcing import PriorityFailover
from twinlab.scope.calendar import turns, upstream_items
from twinlab.scope.entities import Demand, ItemKey, Lane, Node, Recipe
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario


@dataclass(frozen=True)
class LanePlan:
    """A lane: where its goods come from and go to, by item number."""

    row: Lane
    source: int
    destination: int
    delay: int  # days until the source sees an order; one more where the buyer decides at night


@dataclass(frozen=True)
class ItemPlan:
    """One product at one node: who claims it, who brings it, who decides on it."""

    key: ItemKey
    node: Node
    number: int
    holding_cost: float
    made: int | None  # its recipe's number
    lanes_in: tuple[int, ...]
    customers: int | None  # its demand row's number
    claims: tuple[int, ...]  # in order of service: lane numbers, and -1 for the customers
    users: tuple[tuple[int, float], ...]  # (recipe number, units per unit) that consume it
    rule: Any
    sourcing: Any

    @property
    def unlimited(self) -> bool:
        """Whether it comes from outside, without stock."""
        return self.made is None and not self.lanes_in


@dataclass(frozen=True)
class RecipePlan:
    """A recipe with the numbers of its product and components."""

    row: Recipe
    item: int
    components: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class TurnPlan:
    """One node's afternoon: what it receives, makes and ships, in order."""

    node: Node
    lanes_in: tuple[int, ...]
    recipes: tuple[int, ...]
    items: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """Everything about a scenario that chance does not decide."""

    scenario: Scenario
    items: tuple[ItemPlan, ...]
    lanes: tuple[LanePlan, ...]
    recipes: tuple[RecipePlan, ...]
    demands: tuple[Demand, ...]
    sellers: tuple[int, ...]  # the item number of each demand row
    turns: tuple[TurnPlan, ...]
    deciders: tuple[int, ...]  # item numbers, downstream first
    mailed: tuple[int, ...]  # lanes whose orders take days
    # Per item: (item number, weight) of what its echelon counts, itself first.
    echelons: dict[int, tuple[tuple[int, float], ...]] = field(default_factory=dict)

    def columns(self, node: str = "", product: str = "") -> list[int]:
        """The item numbers of a node and product (all, if not given).

        Raises:
            ScenarioError: nothing has these names.
        """
        keys = [item.key for item in self.items]
        found = [at for at, (n, p) in enumerate(keys) if node in ("", n) and product in ("", p)]
        if not found:
            nodes = {n for n, _ in keys}
            if node not in nodes | {""}:
                raise ScenarioError(f"nothing of {node!r} here; {did_you_mean(node, nodes)}")
            here = {p for n, p in keys if node in ("", n)}
            raise ScenarioError(
                f"no product {product!r} at {node or 'any node'!r}; {did_you_mean(product, here)}"
            )
        return found


def make_plan(scenario: Scenario) -> Plan:
    """Number a scenario's items, lanes and recipes, and fix the order of every day.

    >>> from twinlab import BaseStock, Normal, Scenario, serial
    >>> plan = make_plan(Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)))
    >>> [item.key for item in plan.items], plan.deciders
    ([('mine', 'unit'), ('shop', 'unit')], (1,))
    """
    network = scenario.network
    numbers = {key: at for at, key in enumerate(network.items)}
    nodes = {n.name: n for n in network.nodes}
    lanes = tuple(
        LanePlan(
            row=v,
            source=numbers[v.source, v.product],
            destination=numbers[v.destination, v.product],
            delay=v.order_delay + nodes[v.destination].evening_review,
        )
        for v in network.lanes
    )
    recipes = tuple(
        RecipePlan(
            row=r,
            item=numbers[r.node, r.product],
            components=tuple((numbers[r.node, c], need) for c, need in r.components.items()),
        )
        for r in network.recipes
    )
    upstream = [numbers[key] for key in upstream_items(network)]
    items = tuple(_item(scenario, key, at, lanes, recipes) for key, at in numbers.items())
    return Plan(
        scenario=scenario,
        items=items,
        lanes=lanes,
        recipes=recipes,
        demands=tuple(network.demands),
        sellers=tuple(numbers[d.node, d.product] for d in network.demands),
        turns=tuple(_turn(nodes[name], items, lanes, recipes, upstream) for name in turns(network)),
        deciders=tuple(at for at in reversed(upstream) if not items[at].unlimited),
        mailed=tuple(at for at, lane in enumerate(lanes) if lane.delay),
        echelons=_echelons(items, lanes, recipes, upstream),
    )


def _item(
    scenario: Scenario,
    key: ItemKey,
    number: int,
    lanes: tuple[LanePlan, ...],
    recipes: tuple[RecipePlan, ...],
) -> ItemPlan:
    network = scenario.network
    node = network.node(key[0])
    own_rate = [s.holding_cost for s in network.stocks if (s.node, s.product) == key]
    rate = own_rate[0] if own_rate and own_rate[0] is not None else node.holding_cost
    demand = [at for at, d in enumerate(network.demands) if (d.node, d.product) == key]
    ranked = [(v.row.service_rank, at) for at, v in enumerate(lanes) if v.source == number]
    claims = [at for _, at in sorted(ranked)]
    if demand:
        rank = network.demands[demand[0]].service_rank
        claims.insert(sum(r <= rank for r, _ in ranked), -1)
    rules: Any = scenario.rules
    return ItemPlan(
        key=key,
        node=node,
        number=number,
        holding_cost=rate,
        made=next((at for at, r in enumerate(recipes) if r.item == number), None),
        lanes_in=tuple(at for at, v in enumerate(lanes) if v.destination == number),
        customers=demand[0] if demand else None,
        claims=tuple(claims),
        users=tuple(
            (at, need) for at, r in enumerate(recipes) for c, need in r.components if c == number
        ),
        rule=rules.get(key),
        sourcing=scenario.sourcing.get(key, PriorityFailover()),
    )


def _turn(
    node: Node,
    items: tuple[ItemPlan, ...],
    lanes: tuple[LanePlan, ...],
    recipes: tuple[RecipePlan, ...],
    upstream: list[int],
) -> TurnPlan:
    place = {number: at for at, number in enumerate(upstream)}
    here = [at for at, r in enumerate(recipes) if r.row.node == node.name]
    return TurnPlan(
        node=node,
        lanes_in=tuple(at for at, v in enumerate(lanes) if v.row.destination == node.name),
        recipes=tuple(sorted(here, key=lambda at: place[recipes[at].item])),
        items=tuple(i.number for i in items if i.node.name == node.name and i.claims),
    )


def _echelons(
    items: tuple[ItemPlan, ...],
    lanes: tuple[LanePlan, ...],
    recipes: tuple[RecipePlan, ...],
    upstream: list[int],
) -> dict[int, tuple[tuple[int, float], ...]]:
    """What each echelon counts: itself, and what it feeds with the share it has in it."""
    feeds: dict[int, list[tuple[int, float]]] = {i.number: [] for i in items}
    for item in items:
        for lane, share in zip(item.lanes_in, _usual_shares(item, lanes), strict=True):
            feeds[lanes[lane].source].append((item.number, share))
    for recipe in recipes:
        for component, need in recipe.components:
            feeds[component].append((recipe.item, need))
    echelons: dict[int, tuple[tuple[int, float], ...]] = {}
    for number in reversed(upstream):
        weights = {number: 1.0}
        for fed, share in feeds[number]:
            # In a cycle, what comes back is not counted a second time.
            for further, weight in echelons.get(fed, ()):
                weights[further] = weights.get(further, 0.0) + share * weight
        echelons[number] = tuple((n, w) for n, w in weights.items() if w)
    return echelons


def _usual_shares(item: ItemPlan, lanes: tuple[LanePlan, ...]) -> list[float]:
    """The part of an item's orders that each lane gets when nothing is wrong."""
    if isinstance(item.sourcing, PriorityFailover):
        ranks = [lanes[at].row.sourcing_rank for at in item.lanes_in]
        return [float(at == ranks.index(min(ranks))) for at in range(len(ranks))]
    shares = [lanes[at].row.sourcing_share for at in item.lanes_in]
    total = sum(shares)
    return [s / total if total else 1 / len(shares) for s in shares]
