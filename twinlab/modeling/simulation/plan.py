"""A plan: a scenario with numbers in place of names, as both engines walk through it.

It fixes every order in which things happen and sums run, so that two engines do the same sums.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import Any, NamedTuple

from twinlab.organization.view import FullSharing, PriorityFailover, Supplier, View
from twinlab.scope import Network, Scenario
from twinlab.scope.calendar import turns, upstream_items
from twinlab.scope.entities import Demand, ItemKey, Lane, LaneKey, Node, Recipe
from twinlab.scope.errors import ScenarioError, did_you_mean, warn
from twinlab.scope.memory import own
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
Recipes = tuple[RecipePlan, ...]


@dataclass(frozen=True)
class Plan:
    """Everything about a scenario that chance does not decide."""

    scenario: Scenario
    shape: "Shape"
    items: Items
    lanes: Lanes
    recipes: Recipes
    demands: tuple[Demand, ...]
    sellers: tuple[int, ...]  # the item number of each demand row
    turns: tuple[TurnPlan, ...]
    deciders: tuple[int, ...]  # item numbers, downstream first
    upstream: tuple[int, ...]  # item numbers, upstream first
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
        return _feeds(self.items, self.lanes, self.recipes)

    @cached_property
    def _places(self) -> list[int]:
        """Where each item stands in ``upstream``."""
        return sorted(range(len(self.upstream)), key=self.upstream.__getitem__)

    def echelon(self, number: int) -> tuple[tuple[int, float], ...]:
        """What an item's echelon counts: (item number, weight), itself first, downstream last."""
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

    def customers(self, number: int) -> list[tuple[int, float]]:
        """The demand rows of an item and everything downstream, and their weight in its units."""
        weighed = ((self.items[at].customers, weight) for at, weight in self.echelon(number))
        return [(row, weight) for row, weight in weighed if row is not None]

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


def open_view(
    plan: Plan, item: ItemPlan, start: State, echelon: Callable[[], Any], sales: Callable[[], Any]
) -> View:
    """The view of an item's decision maker, with what it remembers and what others share."""
    rows = [plan.lanes[at].row for at in item.lanes_in]
    view = View(
        *item.key,
        [Supplier(v.source, v.mode, v.sourcing_rank, v.sourcing_share, v.capacity) for v in rows],
    )
    if item.key in start.memory:
        view.memory = own(start.memory[item.key])
    view.echelon, view.sales = echelon, sales
    item.sharing(view)
    return view


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
            text = f"{item.rule!r} of {row.node!r} for {row.product!r} orders for customers who do "
            text += (
                "not wait: they are gone when it comes; keep the demand of the lead time or more"
            )
            warn(text + ", or let customers wait (backorders)")


class Shape(NamedTuple):
    """What the names in a network's tables decide, by numbers: its plans share it."""

    numbers: dict[ItemKey, int]
    upstream: tuple[int, ...]
    into: list[list[int]]  # numbers of lanes, by item
    out: list[list[int]]
    users: list[list[int]]  # numbers of recipes, by component
    made: dict[int, int]  # the number of its recipe, demand row and stock row, by item
    asked: dict[int, int]
    stocked: dict[int, int]
    turns: dict[str, Any]  # lanes in, recipes and items, by node


def _shape(network: Network) -> Shape:
    """Number what has a name."""
    numbers = {key: at for at, key in enumerate(network.items)}
    into, out, users = ([list[int]() for _ in numbers] for _ in range(3))
    for at, v in enumerate(network.lanes):
        into[numbers[v.destination, v.product]].append(at)
        out[numbers[v.source, v.product]].append(at)
    for at, recipe in enumerate(network.recipes):
        for component in recipe.components:
            users[numbers[recipe.node, component]].append(at)
    tables: list[Any] = [network.recipes, network.demands, network.stocks]
    made, asked, stocked = (
        {numbers[row.node, row.product]: at for at, row in enumerate(rows)} for rows in tables
    )
    upstream = tuple(numbers[key] for key in upstream_items(network))
    here: dict[str, list[int]] = {name: [] for name in network.named}
    for at in upstream:
        here[network.items[at][0]].append(at)
    turns = {
        name: (
            tuple(sorted(lane for at in items for lane in into[at])),
            tuple(made[at] for at in items if at in made),
            tuple(at for at in sorted(items) if out[at] or at in asked),
        )
        for name, items in here.items()
    }
    return Shape(numbers, upstream, into, out, users, made, asked, stocked, turns)


_BY_RANK, _EVERYTHING = PriorityFailover(), FullSharing()
_KEPT = deque[Plan](maxlen=4)
_MOST = 100_000  # items of all plans that are kept


def make_plan(scenario: Scenario) -> Plan:
    """Number a scenario's items, lanes and recipes, and fix the order of every day.

    The latest four plans are kept, as far as they have 100,000 items together (or one of them has
    more). The next one of a network with the same names takes from them all but what differs.

    >>> plan = make_plan(Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)))
    >>> [item.key for item in plan.items], plan.deciders
    ([('mine', 'unit'), ('shop', 'unit')], (1,))
    """
    network = scenario.network
    alike = [plan for plan in tuple(_KEPT) if plan.scenario.network.items is network.items]
    plan = next((plan for plan in alike if plan.scenario is scenario), None)
    if plan is None:
        old = alike[-1] if alike else None
        shape = old.shape if old else _shape(network)
        lanes, recipes = _lanes(network, shape.numbers), _recipes(network, shape.numbers)
        items = _items(scenario, shape, lanes, old)
        plan = Plan(
            scenario=scenario,
            shape=shape,
            items=items,
            lanes=lanes,
            recipes=recipes,
            demands=tuple(network.demands),
            sellers=tuple(shape.asked),
            turns=tuple(TurnPlan(network.named[n], *shape.turns[n]) for n in turns(network)),
            deciders=tuple(at for at in reversed(shape.upstream) if not items[at].unlimited),
            upstream=shape.upstream,
        )
        _KEPT.append(plan)
        while len(_KEPT) > 1 and sum(len(kept.items) for kept in tuple(_KEPT)) > _MOST:
            _KEPT.popleft()
    _warn_of_empty_shelf(plan)
    return plan


def _lanes(network: Network, numbers: dict[ItemKey, int]) -> Lanes:
    """Every lane, by numbers, with what its ends make of it."""
    nodes, into = network.named, network.into
    return tuple(
        LanePlan(
            row=v,
            key=v.key,
            source=numbers[v.source, v.product],
            destination=numbers[v.destination, v.product],
            delay=v.order_delay + nodes[v.destination].evening_review,
            shut=0 in (v.capacity, (v.source, v.product) in into or nodes[v.source].capacity),
        )
        for v in network.lanes
    )


def _recipes(network: Network, numbers: dict[ItemKey, int]) -> Recipes:
    """Every recipe, by numbers."""
    return tuple(
        RecipePlan(
            row=r,
            key=(r.node, r.product),
            item=numbers[r.node, r.product],
            components=tuple((numbers[r.node, c], need) for c, need in r.components.items()),
        )
        for r in network.recipes
    )


# Which items read a row of a table, besides their numbers.
_READERS: dict[str, Callable[[Any], list[ItemKey]]] = {
    "lanes": lambda row: [(row.source, row.product)],
    "recipes": lambda row: [(row.node, component) for component in row.components],
    "demands": lambda row: [(row.node, row.product)],
    "stocks": lambda row: [(row.node, row.product)],
}


def _differing(scenario: Scenario, old: Scenario) -> set[ItemKey]:
    """The items that differ between two scenarios of the same names."""
    network, was, found = scenario.network, old.network, set[ItemKey]()
    for table, read in _READERS.items():
        rows = zip(getattr(was, table), getattr(network, table), strict=True)
        found.update(key for before, row in rows if row is not before for key in read(row))
    for name, node in network.named.items():
        if node is not was.named[name]:
            found.update((name, product) for product in network.held.get(name, ()))
    for what in ("rules", "sourcing", "sharing"):
        before, now = getattr(old, what), getattr(scenario, what)
        keys = {**before, **now} if now is not before else ()
        found.update(key for key in keys if now.get(key) is not before.get(key))
    return found


def _items(scenario: Scenario, shape: Shape, lanes: Lanes, old: Plan | None) -> Items:
    """Every item with its lanes in, its claims, its recipe, its users and its demand row."""
    network, items = scenario.network, list(old.items if old else ())
    by_item: Any = scenario
    for key in _differing(scenario, old.scenario) if old else network.items:
        number, node = shape.numbers[key], network.named[key[0]]
        row = shape.stocked.get(number)
        own_rate = None if row is None else network.stocks[row].holding_cost
        claims = sorted(shape.out[number], key=lambda at: lanes[at].row.service_rank)
        customers = shape.asked.get(number)
        demand = None if customers is None else network.demands[customers]
        if demand is not None:
            before = (lanes[at].row.service_rank <= demand.service_rank for at in claims)
            claims.insert(sum(before), -1)
        items[number : number + 1] = [
            ItemPlan(
                key=key,
                node=node,
                number=number,
                holding_cost=node.holding_cost if own_rate is None else own_rate,
                made=shape.made.get(number),
                lanes_in=tuple(shape.into[number]),
                customers=customers,
                waits=demand is None or demand.backorders,
                claims=tuple(claims),
                claim_keys=tuple(lanes[at].key if at >= 0 else key for at in claims),
                users=tuple(
                    (at, network.recipes[at].components[key[1]]) for at in shape.users[number]
                ),
                rule=by_item.rules.get(key),
                sourcing=by_item.sourcing.get(key, _BY_RANK),
                sharing=by_item.sharing.get(key, _EVERYTHING),
            )
        ]
    return tuple(items)


def _feeds(items: Items, lanes: Lanes, recipes: Recipes) -> list[list[tuple[int, float]]]:
    feeds: list[list[tuple[int, float]]] = [[] for _ in items]
    for item in items:
        for lane, share in zip(item.lanes_in, _usual_shares(item, lanes), strict=True):
            feeds[lanes[lane].source].append((item.number, share))
    for recipe in recipes:
        for component, need in recipe.components:
            feeds[component].append((recipe.item, need))
    return feeds


def _usual_shares(item: ItemPlan, lanes: Lanes) -> list[float]:
    """The part of an item's orders that each lane gets when nothing is wrong."""
    if isinstance(item.sourcing, PriorityFailover):
        ranks = [(lanes[at].shut, lanes[at].row.sourcing_rank) for at in item.lanes_in]
        return [float(at == ranks.index(min(ranks))) for at in range(len(ranks))]
    shares = [lanes[at].row.sourcing_share for at in item.lanes_in]
    total = sum(shares)
    return [s / total if total else 1 / len(shares) for s in shares]
