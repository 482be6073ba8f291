"""A history of a chain: the law of the day, told as it happens.

``scope.calendar`` states the law in words. Here it is a generator: it reads the state of the chain
and yields what happens next, event by event. ``History`` lets each event change the state
(``scope.state.apply``) and writes it into the log before it asks the law to go on. So a state
changes by events alone; simulation, game, plant and twin share one account of what an event does.

The law also yields what it waits for: a moment on SimPy's clock, or a person's answer.

The way of an order: placed on day 0, seen there on day 1, shipped that afternoon as far as stock
goes and the rest a day later, received after a lead time of two days:

>>> chain = serial(["mine", "depot", "shop"], demand=Constant(5), lead_time={"shop": 2},
...                on_hand={"depot": 3, "shop": 20})
>>> late = Scenario(chain, {"depot": BaseStock(5), "shop": lambda view: 8 * (view.day == 0)}, 5)
>>> for event in simulate(late.set("depot->shop.order_delay", 1)).log:
...     if "shop" in (event.node, event.partner) and event.partner:
...         print(event.day, event.kind, event.node, event.quantity, event.due)
0 ordered shop 8.0 1
1 accepted depot 8.0 None
1 shipped depot 5.0 3
2 shipped depot 3.0 4
3 received shop 5.0 None
4 received shop 3.0 None
"""

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import Any

from simpy import Environment, Event

from twinlab.modeling.line.nested import Nested, follow, nested
from twinlab.modeling.simulation import plan as plans
from twinlab.modeling.simulation.measures import nights_of
from twinlab.modeling.simulation.plan import ItemPlan, Plan, make_plan
from twinlab.modeling.simulation.random_streams import BLOCK, Draws, draw_streams, left_of
from twinlab.modeling.simulation.run import Run
from twinlab.organization.view import Supplier, View, split_order
from twinlab.scope import Log, Scenario, ScenarioError
from twinlab.scope.base import EventRow, ItemKey, check_known
from twinlab.scope.calendar import AFTERNOON, DUST, MORNING, NIGHT
from twinlab.scope.memory import remembered
from twinlab.scope.state import CHANGES, State, go_on, units_due

__all__ = ["Game", "simulate"]

Happening = EventRow | Event


def simulate(
    scenario: Scenario, seed: int = 0, replication: int = 0, start: State | None = None
) -> Run:
    """Live through one history of a scenario, and log everything that happens.

    ``replication`` numbers the histories of a seed. ``start`` is a state to go on from; its ``day``
    is the first day to live, and ``scenario.days`` the end; tables may have changed since.

    Raises:
        ScenarioError: a rule returns no quantity, or the start does not fit the scenario.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> run = simulate(shop, seed=1)
    >>> len(run.log.of("demanded")), run.log == simulate(shop, seed=1).log
    (50, True)
    """
    history = History(scenario, seed, replication, start)
    history.live()
    return history.run()


class History:
    """One history: the state of the chain, the log of what happened, and the clock."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int = 0,
        replication: int = 0,
        start: State | None = None,
        players: Iterable[str] = (),
    ) -> None:
        """Stand on the first morning; ``players`` are the nodes at which a person decides."""
        self.plan = make_plan(scenario)
        self.seed, self.replication = seed, replication
        self.start = go_on(start, scenario)
        block, column = divmod(replication, BLOCK)
        self.draws = Draws(draw_streams(scenario, seed, block, start=start), column)
        self.draws.settle(self.start, fresh=start is None)
        self.state, self.log = self.start.copy(), list[EventRow]()
        self.listener: Callable[[EventRow], None] | None = None  # hears of an event before a state
        self.clock = Environment(initial_time=self.start.day)
        self.orders = Orders(self.plan, self.state, self.draws, self.clock, players)
        self.goods = Goods(self.plan, self.state, self.draws)
        self.goods.lines = nested(scenario, self.state, seed, replication) if scenario.lines else {}
        self.injected = list[EventRow]()  # orders of the next morning that nobody's rule decides
        self._stocks: dict[str, list[list[float]]] = {name: [] for name in self.plan.stock_keys}
        self.clock.process(self._live())

    def live(self, until: float | None = None) -> None:
        """Live on to a morning, or to the end of the last day; a question to a person stops it."""
        self.clock.run(until)

    def change_rules(self, scenario: Scenario) -> None:
        """From now on, let the decisions of a scenario hold, and disruptions that it adds."""
        plan, draws, players = make_plan(scenario), self.draws, self.orders.players
        now = self.plan.scenario
        if (scenario.disruptions, scenario.sharing) != (now.disruptions, now.sharing):
            block, column = divmod(self.replication, BLOCK)
            draws = Draws(draw_streams(scenario, self.seed, block), column)
        orders = Orders(plan, self.state, draws, self.clock, players)
        self.plan, self.draws, self.orders, lines = plan, draws, orders, self.goods.lines
        self.goods = Goods(plan, self.state, draws)
        self.goods.lines = lines
        follow(lines, scenario)

    def run(self) -> Run:
        """The history so far."""
        nights = nights_of(self.plan, self.start, self.log, self._stocks)
        return Run(self.plan, self.seed, self.replication, self.start, Log(self.log), nights)

    def _live(self) -> Generator[Event, Any, None]:
        """Let everything that happens change the state; wait for the clock and for people."""
        state, log = self.state, self.log
        recipes = {recipe.key: recipe.row for recipe in self.plan.recipes}
        for happening in self._days():
            if isinstance(happening, tuple):
                if self.listener is not None:
                    self.listener(happening)
                log.append(happening)
                CHANGES[happening[1]](state, happening, recipes)
            else:
                yield happening

    def _days(self) -> Iterator[Happening]:
        """The law: orders flow up in the morning, goods flow down in the afternoon."""
        clock = self.clock
        for day in range(self.start.day, self.plan.scenario.days):
            yield from self._disruptions(day)
            for key, left in self.draws.keeping.items():
                if (units := self.state.on_hand[key] * (1.0 - left[day])) >= DUST:
                    yield day, "scrapped", *key, units
            while self.injected:
                yield self.injected.pop(0)
            yield from self.orders.arrive(day)
            yield from self.orders.decide(day, evening=False)
            yield clock.timeout(AFTERNOON - MORNING)
            yield from self.goods.flow(day)
            yield clock.timeout(NIGHT - AFTERNOON)
            yield from self.orders.decide(day, evening=True)
            yield day, "closed"
            for name, keys in self.plan.stock_keys.items():
                table = getattr(self.state, name)
                self._stocks[name].append(list(map(table.get, keys, repeat(0.0))))
            yield clock.timeout(1 - NIGHT)

    def _disruptions(self, day: int) -> Iterator[EventRow]:
        for disruption, days in zip(self.plan.scenario.disruptions, self.draws.active, strict=True):
            if days[day] != (day > 0 and days[day - 1]):
                columns = ("node", "source", "product", "destination", "mode")
                node, source, *rest = (getattr(disruption, name, "") for name in columns)
                kind, note = "disrupted" if days[day] else "recovered", type(disruption).__name__
                yield day, kind, node or source, rest[0], 0.0, *rest[1:], None, note


class Orders:
    """Orders flow up: they reach their suppliers, customers come, and every node decides."""

    def __init__(
        self, plan: Plan, state: State, draws: Draws, clock: Environment, players: Iterable[str]
    ) -> None:
        """Give every decision maker a view, morning or evening; players will be asked."""
        self.plan, self.state, self.draws = plan, state, draws
        self.clock, self.players = clock, frozenset(players)
        self.question: Event | None = None  # what a person must answer now
        self.item = self.plan.items[0]  # the item it is about
        self.deciding: dict[bool, list[tuple[ItemPlan, View, Any, Any]]] = {False: [], True: []}
        self.views = dict[int, View]()
        self.past = dict[ItemKey, Any]()
        for number in plan.deciders:
            item = plan.items[number]
            self.views[number] = view = View(*item.key)
            view.echelon = partial(self._echelon_position, number)
            view.sales = partial(self._point_of_sale, number)
            own = {"echelon": self._echelon_position, "sales": self._point_of_sale}
            view.own = {name: partial(tell, number, view.node) for name, tell in own.items()}
            plans.open_view(view, plan, item, state, draws.noise)
            row = (item, view, self._gates(item), item.rule)
            self.deciding[item.node.evening_review].append(row)

    def arrive(self, day: int) -> Iterator[EventRow]:
        """Orders that are due reach their suppliers, lane by lane; then customers come."""
        open_orders = self.state.open_orders
        for lane in self.plan.lanes:
            orders = open_orders[lane.key]
            if orders and (quantity := units_due(orders, day)):
                source, destination, product, mode = lane.key
                yield day, "accepted", source, product, quantity, destination, mode
        for recipe in self.plan.recipes:
            if quantity := units_due(open_orders[recipe.key], day):
                node, product = recipe.key
                yield day, "accepted", node, product, quantity, node, ""
        for row in self.plan.demands:
            quantity = self.draws.demand[row.node, row.product][day]
            if quantity > 0.0:
                yield day, "demanded", row.node, row.product, quantity

    def decide(self, day: int, evening: bool) -> Iterator[Happening]:
        """Every item whose node reviews now gets its decision, downstream first."""
        for item, view, gates, rule in self.deciding[evening]:
            rests = day % item.node.review_period
            if rests and view.feed is None:
                continue
            self._show(item, view, gates, day)
            if rests:
                yield from self._remember(item, view, day)
                continue
            if item.node.name in self.players:
                self.question, self.item = self.clock.event(), item
                yield self.question
                answer, self.question = self.question.value, None
            else:
                answer = rule(view)
            quantity = as_units(answer, item.rule, item, day)
            node, product = item.key
            yield day, "decided", node, product, quantity
            if view.memory or view.told or item.key in self.state.memory:
                yield from self._remember(item, view, day)
            if quantity > 0.0:
                yield from self._place(item, view, quantity, day)

    def _show(self, item: ItemPlan, view: View, gates: Any, day: int) -> None:
        state, key = self.state, item.key
        view.day, view.backlog, view.demand = day, self._backlog(item), state.asked[key]
        view.on_hand, view.on_order = state.on_hand[key], state.on_order[key]
        for supplier, lefts in gates:
            supplier.open = float(all(left[day] > 0.0 for left in lefts))
        if view.feed is not None:
            view.feed()

    def _remember(self, item: ItemPlan, view: View, day: int) -> Iterator[EventRow]:
        memory = {**view.memory, **view.told}
        self.past[item.key] = past = remembered(memory, self.past.get(item.key, {}))
        yield day, "remembered", *item.key, 0.0, "", "", None, past
        self.state.memory[item.key] = memory  # as it is; the log has what it was

    def _gates(self, item: ItemPlan) -> list[tuple[Supplier, list[list[float]]]]:
        """Suppliers that may be closed, and what is left of their lane and its source by day."""
        gates = []
        for at, supplier in zip(item.lanes_in, self.views[item.number].suppliers, strict=True):
            lane, source = self.plan.lanes[at], self.plan.items[self.plan.lanes[at].source]
            leaving = self.draws.making if source.unlimited else self.draws.shipping
            lefts = [self.draws.moving.get(lane.key), leaving.get(source.key)]
            lefts += [[0.0] * self.plan.scenario.days] if lane.shut else []
            gates.append((supplier, [left for left in lefts if left is not None]))
        return [gate for gate in gates if gate[1]]

    def _place(self, item: ItemPlan, view: View, quantity: float, day: int) -> Iterator[EventRow]:
        """Send an order to the suppliers, or to the node's own production."""
        node, product = item.key
        if item.made is not None:
            yield day, "ordered", node, product, quantity, node, "", day + item.node.evening_review
            return
        one = len(item.lanes_in) == 1
        parts = [quantity] if one else split_order(item.sourcing, view, quantity)
        for at, part in zip(item.lanes_in, parts, strict=True):
            if part >= DUST:
                lane = self.plan.lanes[at]
                source, _, _, mode = lane.key
                yield day, "ordered", node, product, part, source, mode, day + lane.delay

    # -- what a view may show --

    def _backlog(self, item: ItemPlan) -> float:
        """Units asked of an item and not yet handed over: claims in order of service, then use."""
        total, owed, to_make = 0.0, self.state.owed, self.state.to_make
        for claim in item.claim_keys:
            total += owed[claim]
        for recipe, need in item.users:
            total += to_make[self.plan.recipes[recipe].key] * need
        return total

    def _echelon_position(self, number: int, node: str = "") -> float:
        """Units (at a node) of an item here and, as weighed by the plan, everywhere downstream."""
        total, on_hand, on_order = 0.0, self.state.on_hand, self.state.on_order
        for other, weight in self.plan.echelon(number, node):
            item = self.plan.items[other]
            position = on_hand.get(item.key, 0.0) + on_order.get(item.key, 0.0)
            position -= self._backlog(item)
            if other != number:
                position -= self._unseen(item)
            total += weight * position
        return total

    def _unseen(self, item: ItemPlan) -> float:
        """Units an item has ordered that its suppliers do not know of yet, by the day they will."""
        keys = [self.plan.lanes[at].key for at in item.lanes_in]
        total = 0.0
        for key in keys if item.made is None else [*keys, item.key]:
            orders = self.state.open_orders[key]
            for day in sorted({order.due for order in orders}):
                total += units_due([order for order in orders if order.due == day], day)
        return total

    def _point_of_sale(self, number: int, node: str = "") -> float:
        """What customers (of a node) ask for today, of an item and, as weighed, downstream."""
        total, day = 0.0, self.views[number].day
        for at, weight in self.plan.customers(number, node):
            row = self.plan.demands[at]
            total += weight * self.draws.demand[row.node, row.product][day]
        return total


class Goods:
    """Goods flow down: each node receives, produces and ships in one turn."""

    def __init__(self, plan: Plan, state: State, draws: Draws) -> None:
        self.plan, self.state, self.draws = plan, state, draws
        self.left = math.inf  # of the capacity of the node whose turn it is
        self.lines = dict[str, Nested]()
        self.asked = {claim: item.number for item in plan.items for claim in item.claim_keys}

    def flow(self, day: int) -> Iterator[EventRow]:
        """An afternoon, node by node; whoever owes something in it owes it when it begins."""
        owing = {self.asked[claim] for claim, units in self.state.owed.items() if units}
        for turn in self.plan.turns:
            yield from self.turn(turn, owing, day)

    def turn(self, turn: plans.TurnPlan, owing: set[int], day: int) -> Iterator[EventRow]:
        """One node's afternoon."""
        plan, under_way = self.plan, self.state.under_way
        self.left = turn.node.capacity
        if self.left < math.inf:
            self.left *= left_of(self.draws.whole, turn.node.name, day)
        for at in turn.lanes_in:
            goods = under_way[plan.lanes[at].key]
            if goods and (quantity := units_due(goods, day)) > 0.0:
                source, destination, product, mode = plan.lanes[at].key
                yield day, "received", destination, product, quantity, source, mode
        for at in turn.recipes:
            yield from self._finish(plan.recipes[at], day)
        for at in turn.recipes:
            yield from self._produce(plan.recipes[at], turn, day)
        for at in turn.items:
            if at in owing:
                yield from self._ship(plan.items[at], day)

    def _finish(self, recipe: plans.RecipePlan, day: int) -> Iterator[EventRow]:
        if line := self.lines.get(recipe.key[0]):
            part = left_of(self.draws.making, recipe.key, day - 1) if day else 0.0
            started, good = line.step(part)  # as far as the node was open since the last turn
            yield from line.tell(day)
        else:
            lots = self.state.lots[recipe.key]
            started, good = units_due(lots, day), units_due(lots, day, column=2)
        if started > 0.0:
            node, product = recipe.key
            yield day, "finished", node, product, good, "", "", None, started

    def _produce(
        self, recipe: plans.RecipePlan, turn: plans.TurnPlan, day: int
    ) -> Iterator[EventRow]:
        state, draws, line = self.state, self.draws, self.lines.get(turn.node.name)
        capacity = turn.node.capacity if line is None else math.inf
        quantity, left = state.to_make[recipe.key], left_of(draws.making, recipe.key, day)
        if capacity < math.inf:
            quantity = min(quantity, self.left, capacity * left)
        else:
            quantity *= left
        components = [(self.plan.items[at].key, need) for at, need in recipe.components]
        for component, need in components:
            quantity = min(quantity, state.on_hand[component] / need)
        node, product = recipe.key
        if line:
            quantity = min(math.floor(quantity + DUST) if left else 0, line.engine.room)
            yield line.release(int(quantity), day)
        if quantity < DUST:
            return
        for (_, name), need in components:
            yield day, "consumed", node, name, quantity * need, "", "", None, product
        self.left -= quantity
        good = quantity * draws.good_share[recipe.key][day]
        due = day + recipe.row.production_time
        yield day, "started", node, product, quantity, "", "", due, good
        if due == day:
            yield from self._finish(recipe, day)

    def _ship(self, item: ItemPlan, day: int) -> Iterator[EventRow]:
        """Hand over what is owed, claim by claim, as far as stock and lanes allow."""
        (node, product), owed = item.key, self.state.owed
        available, part = self._available(item, day)
        share = self._fair_share(item, available) if item.node.proportional else 1.0
        for at, claim in zip(item.claims, item.claim_keys, strict=True):
            wanted = owed[claim]
            if wanted <= 0.0:
                continue
            quantity = min(wanted * part, wanted * share)
            if at >= 0:
                limit = self.plan.lanes[at].row.capacity
                left = left_of(self.draws.moving, claim, day)
                quantity = min(quantity, limit * left) if limit < math.inf else quantity * left
            quantity = min(quantity, available)
            if quantity >= DUST:
                available -= quantity
                if item.unlimited:
                    self.left -= quantity
                yield self._handed_over(item, claim, quantity, day)
            if at < 0 and not item.waits and owed[claim] >= DUST:
                yield day, "lost", node, product, owed[claim]

    def _fair_share(self, item: ItemPlan, available: float) -> float:
        """The part of what each claimant is owed that it gets, in proportion."""
        total = 0.0
        for claim in item.claim_keys:
            total += self.state.owed[claim]
        return available / total if total > available else 1.0

    def _available(self, item: ItemPlan, day: int) -> tuple[float, float]:
        """Units that can leave an item today, and the part of what is owed that may."""
        if not item.unlimited:
            return self.state.on_hand[item.key], left_of(self.draws.shipping, item.key, day)
        left = left_of(self.draws.making, item.key, day)
        if item.node.capacity < math.inf:
            return min(self.left, item.node.capacity * left), 1.0
        return math.inf, left

    def _handed_over(self, item: ItemPlan, claim: Any, quantity: float, day: int) -> EventRow:
        node, product = item.key
        if claim == item.key:
            return day, "served", node, product, quantity
        _, destination, _, mode = claim
        due = self.draws.arrival(claim, day, self.draws.lead_time[claim][day])
        return day, "shipped", node, product, quantity, destination, mode, due


def as_units(answer: Any, rule: Any, item: ItemPlan, day: int) -> float:
    """The answer of a rule or person as units, 0 for dust; a ScenarioError if it is no quantity."""
    try:
        quantity = float(answer)
    except (TypeError, ValueError):
        quantity = math.nan
    if not 0.0 <= quantity < math.inf:
        node, product = item.key
        told = f"{rule!r} of {node!r} for {product!r} returned {answer!r} on day {day}: a rule "
        told += "returns one number of units of at least 0 (for example max(0, 50 -"
        raise ScenarioError(f"{told} view.inventory_position))")
    return quantity if quantity >= DUST else 0.0


class Game:
    """A history that stops whenever a person must decide.

    Raises:
        ScenarioError: a player decides nothing in this scenario.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=3)
    >>> game = Game(shop, players=["shop"], seed=1)
    >>> while game.view:
    ...     game.order(5)
    >>> [event.quantity for event in game.run.log.of("decided")]
    [5.0, 5.0, 5.0]
    """

    def __init__(self, scenario: Scenario, players: Iterable[str], seed: int = 0) -> None:
        """Start the history and go to the first decision of a player (a node's name)."""
        asked = list(players)
        self._history = History(scenario, seed, players=asked)
        plan = self._history.plan
        deciding = dict.fromkeys(plan.items[at].node.name for at in plan.deciders)
        for name in asked:
            check_known(name, deciding, f"players: {name!r} decides nothing")
        self._history.live()

    def __repr__(self) -> str:
        return f"Game({self.view or 'over'})"

    @property
    def view(self) -> View | None:
        """What the person sees who must decide now; None when the last day is over."""
        orders = self._history.orders
        return orders.views[orders.item.number] if orders.question else None

    def order(self, quantity: float) -> None:
        """Answer with a quantity, and live on to the next question; else a ScenarioError."""
        orders, day = self._history.orders, self._history.state.day
        if orders.question is None:
            raise ScenarioError("the game is over: start another one with Game(scenario, players)")
        orders.question.succeed(as_units(quantity, "your order", orders.item, day))
        self._history.live()

    @property
    def run(self) -> Run:
        """The history so far."""
        return self._history.run()
