"""A plan: a scenario with numbers for names, and the one order in which both engines do sums."""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, cast

from twinlab.organization.view import FullSharing, PriorityFailover, Supplier, View
from twinlab.scope import Network, Scenario
from twinlab.scope.calendar import turns
from twinlab.scope.entities import Demand, ItemKey, Lane, LaneKey, Node, Recipe, StockLoss
from twinlab.scope.errors import check_known, warn
from twinlab.scope.network import grouped
from twinlab.scope.scenario import targets
from twinlab.scope.state import Claim, State

# What engines record of the stocks every night: ``owed`` by claim (lanes, then each item's
# customers), ``in_transit`` by lane, ``in_process`` by recipe, the others by item.
STOCKS = ("on_hand", "on_order", "owed", "in_transit", "in_process")


@dataclass(frozen=True, slots=True)
class LanePlan:
    """A lane: where its goods come from and go to, by item number."""

    row: Lane
    key: LaneKey
    source: int
    destination: int
    delay: int  # days until the source sees an order; one more where the buyer decides at night
    shut: bool  # for ever: it has no capacity, or its source can make or supply nothing


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """One product at one node: who claims it, who brings it, who decides on it."""

    key: ItemKey
    node: Node
    number: int
    holding_cost: float
    made: int | None  # its recipe's number
    lanes_in: tuple[int, ...]
    customers: int | None  # its demand row's number
    waits: bool  # whether they wait for what is not in stock
    claims: tuple[int, ...]  # in order of service: lane numbers, and -1 for the customers
    claim_keys: tuple[Claim, ...]  # the same, as a state names them
    users: tuple[tuple[int, float], ...]  # (recipe number, units per unit) that consume it
    rule: Any
    sourcing: Any
    sharing: Any

    @property
    def unlimited(self) -> bool:
        """Whether it comes from outside, without stock."""
        return self.made is None and not self.lanes_in


@dataclass(frozen=True, slots=True)
class RecipePlan:
    """A recipe with the numbers of its product and components."""

    row: Recipe
    key: ItemKey
    item: int
    components: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class TurnPlan:
    """One node's afternoon: what it receives, makes and ships, in order."""

    node: Node
    lanes_in: tuple[int, ...]
    recipes: tuple[int, ...]
    items: tuple[int, ...]


Items = tuple[ItemPlan, ...]
Lanes = tuple[LanePlan, ...]


@dataclass(frozen=True)
class Plan:
    """Everything about a scenario that chance does not decide."""

    scenario: Scenario
    items: Items
    lanes: Lanes
    recipes: tuple[RecipePlan, ...]
    demands: tuple[Demand, ...]
    sellers: tuple[int, ...]  # the item number of each demand row
    turns: tuple[TurnPlan, ...]
    deciders: tuple[int, ...]  # item numbers, downstream first
    upstream: tuple[int, ...]  # item numbers, upstream first
    losing: tuple[int, ...]  # item numbers of stock that a disruption may destroy
    _echelons: dict[int, tuple[tuple[int, float], ...]] = field(default_factory=dict)

    @cached_property
    def stock_keys(self) -> dict[str, list[Any]]:
        """What is recorded of the stocks every night, by table of the state, and in which order."""
        items, lanes = [item.key for item in self.items], [lane.key for lane in self.lanes]
        made, owed = [recipe.key for recipe in self.recipes], list[Any]([*lanes, *items])
        return dict(zip(STOCKS, (items, items, owed, lanes, made), strict=True))

    @cached_property
    def feeds(self) -> list[list[tuple[int, float]]]:
        """What each item goes into, and the share or quantity that it has in it."""
        feeds: list[list[tuple[int, float]]] = [[] for _ in self.items]
        for item in self.items:
            for lane, share in zip(item.lanes_in, _usual_shares(item, self.lanes), strict=True):
                feeds[self.lanes[lane].source].append((item.number, share))
        for recipe in self.recipes:
            for component, need in recipe.components:
                feeds[component].append((recipe.item, need))
        return feeds

    @cached_property
    def _places(self) -> list[int]:
        """Where each item stands in ``upstream``."""
        return sorted(range(len(self.upstream)), key=self.upstream.__getitem__)

    def echelon(self, number: int, node: str = "") -> tuple[tuple[int, float], ...]:
        """What an item's echelon counts (of one node): (item number, weight), itself first."""
        if node:
            return tuple(of for of in self.echelon(number) if self.items[of[0]].node.name == node)
        if number not in self._echelons:
            found, weights, waiting = list[int](), {number: 1.0}, [self._places[number]]
            while waiting:
                at = self.upstream[heappop(waiting)]
                found.append(at)
                for fed, share in self.feeds[at]:
                    # In a cycle, what comes back is not counted a second time.
                    if share and self._places[fed] > self._places[at]:
                        if fed not in weights:
                            heappush(waiting, self._places[fed])
                        weights[fed] = weights.get(fed, 0.0) + share * weights[at]
            self._echelons[number] = tuple((at, weights[at]) for at in found)
        return self._echelons[number]

    def customers(self, number: int, node: str = "") -> list[tuple[int, float]]:
        """Demand rows of an item and downstream (of one node), and their weight in its units."""
        weighed = ((self.items[at].customers, weight) for at, weight in self.echelon(number, node))
        return [(row, weight) for row, weight in weighed if row is not None]

    def columns(self, node: str = "", product: str = "") -> list[int]:
        """The item numbers of a node and product (empty: all); a ScenarioError if there is none."""
        keys = [item.key for item in self.items]
        found = [at for at, (n, p) in enumerate(keys) if node in ("", n) and product in ("", p)]
        if not found:
            if node:
                check_known(node, {n for n, _ in keys}, f"nothing of {node!r} here")
            here = {p for n, p in keys if node in ("", n)}
            check_known(product, here, f"no product {product!r} at {node or 'any node'!r}")
        return found


_SHOWN = attrgetter("source", "mode", "sourcing_rank", "sourcing_share", "capacity")


def open_view(view: View, plan: Plan, item: ItemPlan, start: State, noise: Any) -> None:
    """Fill in an item's suppliers and what it remembers; show of others what they share."""
    if (luck := noise.get(item.key)) is not None:
        view.luck = lambda: luck[view.day]
    view.suppliers = [Supplier(*_SHOWN(plan.lanes[at].row)) for at in item.lanes_in]
    view.memory = deepcopy(start.memory.get(item.key, {}))
    item.sharing(view)


def _warn_of_empty_shelf(plan: Plan) -> None:
    """Say it where a level of 0 meets customers who do not wait for what is ordered for them."""
    for row, at in zip(plan.demands, plan.sellers, strict=True):
        item = plan.items[at]
        level = getattr(item.rule, "up_to", None)
        if row.backorders or not isinstance(level, int | float) or level > 0:
            continue
        days = [plan.lanes[v].row.lead_time.average for v in item.lanes_in]
        days += [] if item.made is None else [plan.recipes[item.made].row.production_time]
        if min(days) > 0:
            warn(
                f"{item.rule!r} of {row.node!r} for {row.product!r} orders for customers who do "
                "not wait: they are gone when it comes; keep the demand of the lead time or more, "
                "or let customers wait (backorders)"
            )


_BY_RANK, _EVERYTHING = PriorityFailover(), FullSharing()
_KEPT = deque[Plan](maxlen=4)
_MOST = 100_000  # items of all plans that are kept


def make_plan(scenario: Scenario) -> Plan:
    """Number a scenario's items, lanes and recipes, and fix the order of every day.

    The latest four plans are kept, up to 100,000 items together (or the newest alone).
    """
    plan = next((plan for plan in tuple(_KEPT) if plan.scenario is scenario), None)
    if plan is None:
        plan = _number(scenario)
        _KEPT.append(plan)
        while len(_KEPT) > 1 and sum(len(kept.items) for kept in tuple(_KEPT)) > _MOST:
            _KEPT.popleft()
    _warn_of_empty_shelf(plan)
    return plan


def _number(scenario: Scenario) -> Plan:
    network, numbers = scenario.network, {key: at for at, key in enumerate(scenario.network.items)}
    nodes, into, lanes, recipes = network.named, network.into, list[LanePlan](), list[RecipePlan]()
    fed = [v for v in network.lanes if v.key[::2] in into or nodes[v.source].capacity]
    able = {v.key: v.sourcing_share for v in fed if v.capacity}
    shared = {key[1:3] for key, share in able.items() if share}
    for v in network.lanes:
        ends = numbers[v.source, v.product], numbers[v.destination, v.product]
        delay = v.order_delay + nodes[v.destination].evening_review
        if shut := v.key not in able:  # its buyer knows, and does not share out orders to it
            share = v.sourcing_share * (v.key[1:3] not in shared)
            v = replace(v, capacity=0.0, sourcing_share=share)
        lanes.append(LanePlan(v, v.key, *ends, delay, shut))
    for r in network.recipes:
        components = tuple((numbers[r.node, c], need) for c, need in r.components.items())
        recipes.append(RecipePlan(r, (r.node, r.product), numbers[r.node, r.product], components))
    losses = [row for row in scenario.disruptions if isinstance(row, StockLoss)]
    items, upstream = _items(scenario, lanes, recipes), [numbers[key] for key in network.upstream]
    return Plan(
        scenario=scenario,
        items=items,
        lanes=tuple(lanes),
        recipes=tuple(recipes),
        demands=tuple(network.demands),
        sellers=tuple(numbers[d.node, d.product] for d in network.demands),
        turns=_turns(network, items, upstream),
        deciders=tuple(at for at in reversed(upstream) if not items[at].unlimited),
        upstream=tuple(upstream),
        losing=tuple(sorted({numbers[key] for row in losses for key in targets(row, network)})),
    )


def _items(scenario: Scenario, lanes: list[LanePlan], recipes: list[RecipePlan]) -> Items:
    """Every item with its lanes in, its claims, its recipe, its users and its demand row."""
    network, by_item = scenario.network, cast(Any, scenario)
    into = grouped((lane.destination, at) for at, lane in enumerate(lanes))
    claimed = grouped((lane.source, (lane.row.service_rank, at)) for at, lane in enumerate(lanes))
    users = grouped((c, (at, n)) for at, r in enumerate(recipes) for c, n in r.components)
    made = {recipe.item: at for at, recipe in enumerate(recipes)}
    asked = {(d.node, d.product): at for at, d in enumerate(network.demands)}
    rates = {(s.node, s.product): s.holding_cost for s in network.stocks}
    items = []
    for number, key in enumerate(network.items):
        node, own_rate, demand = network.named[key[0]], rates.get(key), asked.get(key)
        out = sorted(claimed.get(number, ()))
        claims = [at for _, at in out]
        if demand is not None:
            claims.insert(sum(rank <= network.demands[demand].service_rank for rank, _ in out), -1)
        items.append(
            ItemPlan(
                key=key,
                node=node,
                number=number,
                holding_cost=node.holding_cost if own_rate is None else own_rate,
                made=made.get(number),
                lanes_in=tuple(into.get(number, ())),
                customers=demand,
                waits=demand is None or network.demands[demand].backorders,
                claims=tuple(claims),
                claim_keys=tuple(lanes[at].key if at >= 0 else key for at in claims),
                users=tuple(users.get(number, ())),
                rule=by_item.rules.get(key),
                sourcing=by_item.sourcing.get(key, _BY_RANK),
                sharing=by_item.sharing.get(key, _EVERYTHING),
            )
        )
    return tuple(items)


def _turns(network: Network, items: Items, upstream: list[int]) -> tuple[TurnPlan, ...]:
    found, here = [], {name: list[ItemPlan]() for name in network.named}
    for at in upstream:
        here[items[at].node.name].append(items[at])
    for name in turns(network):
        lanes_in = tuple(sorted(lane for item in here[name] for lane in item.lanes_in))
        recipes = tuple(item.made for item in here[name] if item.made is not None)
        asked = tuple(sorted(item.number for item in here[name] if item.claims))
        found.append(TurnPlan(network.named[name], lanes_in, recipes, asked))
    return tuple(found)


def _usual_shares(item: ItemPlan, lanes: Lanes) -> list[float]:
    """The part of an item's orders that each lane gets when nothing is wrong."""
    if isinstance(item.sourcing, PriorityFailover):
        ranks = [(lanes[at].shut, lanes[at].row.sourcing_rank) for at in item.lanes_in]
        return [float(at == ranks.index(min(ranks))) for at in range(len(ranks))]
    shares = [lanes[at].row.sourcing_share for at in item.lanes_in]
    total = sum(shares)
    return [s / total if total else 1 / len(shares) for s in shares]
