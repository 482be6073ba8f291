"""Shipping in the batch engine: nodes hand over what they owe, in many replications at once.

The afternoon in the batch engine: goods flow down in many replications at once.

The batch engine: many replications side by side, as NumPy arrays over replications.

It lives by the same law as the event engine (``scope.calendar``), with the same plan, the same luck
and the same rules, but with code of its own: every number of the event engine is a row of numbers
here, one per replication. The two agree to the last bit on everything that a night records.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from twinlab.modeling.simulation.plan import ItemPlan, Plan, TurnPlan, make_plan, open_view
from twinlab.modeling.simulation.random_streams import BLOCK, RandomStreams, draw_streams
from twinlab.modeling.simulation.vector_state import BatchService, Ledger, record_rows
from twinlab.organization.view import PriorityFailover, View, split_order
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State, go_on


class BatchShipping:
    """The last part of a node's turn."""

    def __init__(
        self, plan: Plan, luck: RandomStreams, books: Ledger, service: BatchService
    ) -> None:
        """Work on a ledger, and tell the service what customers get."""
        self.plan, self.luck, self.books, self.service = plan, luck, books, service
        self.factors = [
            (luck.making if item.unlimited else luck.shipping).get(item.key) for item in plan.items
        ]
        self.making = [luck.making.get(item.key) for item in plan.items]
        self.moving = [luck.moving.get(lane.row.key) for lane in plan.lanes]
        self.limited = {
            at
            for at, lane in enumerate(plan.lanes)
            if lane.row.capacity < math.inf or self.moving[at] is not None
        }
        self.sent, self.shipped = list(books.counts["sent"]), list(books.shipped)

    def ship(self, item: ItemPlan, day: int) -> None:
        """Hand over what is owed, claim by claim, as far as stock and lanes allow."""
        books = self.books
        available, factor = self._available(item, day)
        share = self._share(item.number, available) if item.node.proportional else None
        for claim, at in zip(books.claims[item.number], item.claims, strict=True):
            owed = books.debt[claim]
            quantity = owed if factor is None else owed * factor
            if share is not None:
                quantity = np.minimum(quantity, owed * share)
            if at in self.limited:
                quantity = self._lane_limit(at, quantity, day)
            # A row of its own: it stays under way when what is owed changes.
            quantity = quantity.copy() if available is None else np.minimum(quantity, available)
            leaves = books.without_dust(quantity)
            if leaves is not None:
                self._hand_over(item, owed, available, leaves)
            if at < 0:
                self._serve(item, leaves, owed)
            elif leaves is not None:
                self._send(at, leaves, day)

    def _hand_over(self, item: ItemPlan, owed: Array, available: Any, leaves: Array) -> None:
        owed -= leaves
        if available is not None:
            available -= leaves  # a window on the stock itself, where there is one
        if item.unlimited and item.node.capacity < math.inf:
            self.books.left = self.books.left - leaves

    def _available(self, item: ItemPlan, day: int) -> tuple[Any, Any]:
        """Units that can leave today (None: any), and the share of what is owed that may."""
        factors = self.factors[item.number]
        factor = None if factors is None else factors[day]
        if not item.unlimited:
            return self.books.stock[item.number], factor
        if item.node.capacity < math.inf:
            limit = item.node.capacity if factor is None else item.node.capacity * factor
            return np.minimum(self.books.left, limit) + np.zeros(self.books.width), None
        return None, factor

    def _share(self, item: int, available: Array | None) -> Array | None:
        """The part of what each claimant is owed that it gets, in proportion; None: all."""
        if available is None:
            return None
        total = np.zeros(self.books.width)
        for claim in self.books.claims[item]:
            total += self.books.owed[claim]
        short = total > available
        if not short.any():
            return None
        return np.divide(available, total, out=np.ones(self.books.width), where=short)

    def _lane_limit(self, at: int, quantity: Array, day: int) -> Array:
        lane, moving = self.plan.lanes[at].row, self.moving[at]
        if lane.capacity < math.inf:
            limit = lane.capacity if moving is None else lane.capacity * moving[day]
            return np.asarray(np.minimum(quantity, limit))
        return quantity if moving is None else quantity * moving[day]

    def _send(self, at: int, quantity: Array, day: int) -> None:
        """Put goods on their way to arrive on their day."""
        books = self.books
        for row in (books.under_way[at], self.shipped[at]):
            row += quantity
        counted = self.sent[at]
        counted += books.goes
        ring, slot = books.pipeline[at], books.slots[at][day]
        if isinstance(ring, list):
            there = ring[slot]
            ring[slot] = quantity if there is None else there + quantity
        else:
            flat = ring.reshape(-1)
            flat[slot] = flat.take(slot) + quantity

    def _serve(self, item: ItemPlan, quantity: Array | None, owed: Array) -> None:
        assert item.customers is not None
        at = self.service.place[item.number]
        self.service.served[at] = 0.0 if quantity is None else quantity
        if not self.plan.demands[item.customers].backorders:
            gone = owed * (owed >= DUST)
            self.books.lost[item.number] += gone
            self.service.lost[at] = gone
            owed -= gone


class BatchAfternoon:
    """The second part of a day, turn by turn."""

    def __init__(
        self, plan: Plan, luck: RandomStreams, books: Ledger, service: BatchService
    ) -> None:
        """Work on a ledger, and tell the service what customers get."""
        self.plan, self.luck, self.books, self.service = plan, luck, books, service
        self.shipping = BatchShipping(plan, luck, books, service)
        shares = [luck.good_share[plan.items[r.item].key] for r in plan.recipes]
        self.good_share = [None if (share == 1.0).all() else share for share in shares]
        self.received, self.to_make = list(books.received), list(books.to_make)

    def goods_flow(self, day: int) -> None:
        """Give every node its turn, upstream first."""
        for turn in self.plan.turns:
            self.books.left = turn.node.capacity
            whole = self.luck.whole.get(turn.node.name)
            if whole is not None and turn.node.capacity < math.inf:
                self.books.left = self.books.left * whole[day]
            self._receive(turn, day)
            for recipe in turn.recipes:
                self._produce(recipe, turn, day)
            for number in turn.items:
                self.shipping.ship(self.plan.items[number], day)

    def _receive(self, turn: TurnPlan, day: int) -> None:
        books = self.books
        for at in turn.lanes_in:
            goods = self._unload(at, day)
            if goods is None:
                continue
            item = self.plan.lanes[at].destination
            for row in (books.stock[item], self.received[item]):
                row += goods
            self._take(books.coming[item], goods)
            self._take(books.under_way[at], goods)
            self._note_arrival(item, goods)
        for recipe in turn.recipes:
            ring = books.process[recipe]
            if len(ring) > 1:
                finished = ring[day % len(ring)]
                if finished is not None:
                    ring[day % len(ring)] = None
                    self._take_in(recipe, *finished)

    def _unload(self, at: int, day: int) -> Array | None:
        """What arrives on a lane today; None if that is nothing."""
        ring = self.books.pipeline[at]
        slot = day % len(ring)
        if isinstance(ring, list):
            goods, ring[slot] = ring[slot], None
            return goods
        arrived: Array = ring[slot].copy()
        ring[slot] = 0.0
        return arrived

    def _take_in(self, recipe: int, started: Array, good: Array) -> None:
        books, item = self.books, self.plan.recipes[recipe].item
        for row in (books.stock[item], books.finished[item]):
            row += good
        if good is not started:
            books.scrap[item] += started - good
        self._take(books.coming[item], started)
        self._take(books.in_process[recipe], started)
        self._note_arrival(item, good)

    def _produce(self, recipe: int, turn: TurnPlan, day: int) -> None:
        books, plan, capacity = self.books, self.plan.recipes[recipe], turn.node.capacity
        making = self.shipping.making[plan.item]
        wanted = self.to_make[recipe]
        quantity = wanted.copy()
        if capacity < math.inf:
            limit = capacity if making is None else capacity * making[day]
            np.minimum(quantity, books.left, out=quantity)
            np.minimum(quantity, limit, out=quantity)
        elif making is not None:
            quantity *= making[day]
        for component, need in plan.components:
            stock = books.stock[component]
            np.minimum(quantity, stock if need == 1.0 else stock / need, out=quantity)
        starts = books.without_dust(quantity)
        if starts is None:
            return
        for component, need in plan.components:
            used = starts if need == 1.0 else starts * need
            self._take(books.stock[component], used)
            books.consumed[component] += used
        if capacity < math.inf:
            books.left = books.left - starts
        wanted -= starts
        books.in_process[recipe] += starts
        books.started[plan.item] += starts
        share = self.good_share[recipe]
        good = starts if share is None else starts * share[day]
        self._finish(recipe, starts, good, day + plan.row.production_time)

    def _finish(self, recipe: int, started: Array, good: Array, due: int) -> None:
        """Take production in on the day it is due, if that is not today."""
        if not self.plan.recipes[recipe].row.production_time:
            self._take_in(recipe, started, good)
            return
        ring = self.books.process[recipe]
        there = ring[due % len(ring)]
        if there is not None:
            started, good = there[0] + started, there[1] + good
        ring[due % len(ring)] = (started, good)

    # -- small moves --

    def _take(self, row: Array, quantity: Array) -> None:
        """Subtract; what rounding leaves below zero is cut there."""
        row -= quantity
        np.maximum(row, self.books.zero, out=row)

    def _note_arrival(self, item: int, goods: Array) -> None:
        """Something new for the customers of an item begins a replenishment cycle."""
        if item in self.service.place:
            self.service.arrived[self.service.place[item]] |= goods > 0.0


class BatchEngine:
    """A width of replications, from a start state to the last day of the scenario."""

    def __init__(
        self, plan: Plan, luck: RandomStreams, width: int, start: State | None = None
    ) -> None:
        """Set up the rows of numbers, from a state or from the network's first morning."""
        fresh, start = start is None, go_on(start, plan.scenario)
        self.plan, self.luck, self.width = plan, luck, width
        self.books = books = Ledger(plan, luck, width, start, fresh)
        self.service = BatchService(plan, books)
        self.afternoon = BatchAfternoon(plan, luck, books, self.service)
        self.day = start.day
        self.views = [
            open_view(
                plan,
                item,
                start,
                partial(_echelon_position, self, item.number),
                partial(_point_of_sale, self, item.number),
            )
            for item in plan.items
        ]
        periods = [(plan.items[n], plan.items[n].node.review_period) for n in plan.deciders]
        self._morning = [(i, p) for i, p in periods if not i.node.evening_review]
        self._evening = [(i, p) for i, p in periods if i.node.evening_review]
        self.demand = [luck.demand[row.node, row.product] for row in plan.demands]
        self.open = [_open_days(plan, luck, at) for at in range(len(plan.lanes))]
        self.usual = [_usual_lane(item, plan) for item in plan.items]

    def live(self, day: int) -> None:
        """Live through one day: morning, afternoon, night."""
        self.day = day
        self._orders_arrive(day)
        for item, period in self._morning:
            self._review(item, period, day, day)
        _check_decisions(self.plan, self.books.decided, day)
        self.afternoon.goods_flow(day)
        for item, period in self._evening:
            self._review(item, period, day, day + 1)
        if self._evening:
            _check_decisions(self.plan, self.books.decided, day)
        self.service.judge(day)

    def _orders_arrive(self, day: int) -> None:
        books, plan = self.books, self.plan
        for at, ring in enumerate(books.open_orders):
            if len(ring) > 1:
                orders = ring[day % len(ring)]
                books.ask(plan.lanes[at].source, orders)
                books.owed[at] += orders
                orders.fill(0.0)
        for at, ring in enumerate(books.requests):
            if len(ring) > 1:
                self._request(at, ring[day % len(ring)])
                ring[day % len(ring)].fill(0.0)
        for at, item in enumerate(plan.sellers):
            today = self.demand[at][day]
            books.ask(item, today)
            books.demanded[item] += today
            self.service.demanded[self.service.place[item]] = today
            books.owed[len(plan.lanes) + item] += today

    # -- deciding --

    def _review(self, item: ItemPlan, period: int, day: int, seen: int) -> None:
        if day % period == 0:
            self._decide(item, day, seen)
        else:
            self.books.decided[item.number].fill(0.0)

    def _decide(self, item: ItemPlan, day: int, seen: int) -> None:
        books, number = self.books, item.number
        view = self.views[number]
        view.day = day
        asked = books.asked[number] if number in books.lasting else books.asked_rows[number]
        # Copies, since a rule may keep what it sees: they cost a tenth of the time.
        view.on_hand, view.on_order = books.stock[number].copy(), books.coming[number].copy()
        view.demand, view.backlog = asked.copy(), books.backlog(number)
        for at, supplier in zip(item.lanes_in, view.suppliers, strict=True):
            days = self.open[at]
            if days is not None:
                supplier.open = days[day]
        quantity = books.without_dust(self._quantity(item, view))
        if quantity is not None:
            self._place(item, quantity, day, seen)

    def _quantity(self, item: ItemPlan, view: View) -> Array:
        """The rule's answer as units of every replication."""
        decided = self.books.decided[item.number]
        try:
            decided[:] = item.rule(view)
        except (TypeError, ValueError) as problem:
            raise ScenarioError(
                f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} cannot decide for many "
                f"replications at once ({problem}): write it with array functions, such as "
                "np.maximum(0, …) and np.where(…), or wrap it: ScalarRule(rule)"
            ) from None
        if item.number in self.books.lasting:
            self.books.asked[item.number].fill(0.0)
        return np.asarray(decided)

    def _place(self, item: ItemPlan, quantity: Array, day: int, seen: int) -> None:
        """Send orders to the suppliers, or to the node's own production."""
        books, number = self.books, item.number
        if item.made is not None:
            books.order(number, quantity)
            if seen > day:
                ring = books.requests[item.made]
                ring[seen % len(ring)] += quantity
            else:
                self._request(item.made, quantity)
            return
        if len(item.lanes_in) == 1:
            self._post(item.lanes_in[0], number, quantity, day)
            return
        usual = self.usual[number]
        if usual is not None and all(self.open[at] is None for at in item.lanes_in):
            self._post(usual, number, quantity, day)
            return
        parts = split_order(item.sourcing, self.views[number], quantity)
        for at, part in zip(item.lanes_in, parts, strict=True):
            self._post(at, number, part * (part >= DUST), day)

    def _post(self, at: int, number: int, quantity: Array, day: int) -> None:
        """Order from one supplier."""
        books, lane = self.books, self.plan.lanes[at]
        books.order(number, quantity)
        if lane.delay:
            ring = books.open_orders[at]
            ring[(day + lane.delay) % len(ring)] += quantity
        else:
            books.ask(lane.source, quantity)
            row = books.debt[at]
            row += quantity

    def _request(self, recipe: int, quantity: Array) -> None:
        books = self.books
        books.to_make[recipe] += quantity
        for component, need in self.plan.recipes[recipe].components:
            books.ask(component, quantity * need)


def _check_decisions(plan: Plan, decided: Array, day: int) -> None:
    """Every number decided today must be a quantity."""
    if decided.min() >= 0.0 and decided.max() < math.inf:
        return
    number, column = np.argwhere(~((decided >= 0.0) & (decided < math.inf)))[0]
    item = plan.items[number]
    raise ScenarioError(
        f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} returned "
        f"{decided[number, column]} on day {day}: a rule returns numbers of units of at least "
        "0 (for example np.maximum(0, 50 - view.inventory_position))"
    )


def _open_days(plan: Plan, luck: RandomStreams, lane: int) -> Array | None:
    """1.0 on the days on which goods can leave on a lane; None if that is every day."""
    row, source = plan.lanes[lane].row, plan.items[plan.lanes[lane].source]
    if plan.lanes[lane].shut:
        return np.zeros((plan.scenario.days, 1))
    at_source = luck.making if source.unlimited else luck.shipping
    factors = [luck.moving.get(row.key), at_source.get(source.key)]
    shut = [factor > 0.0 for factor in factors if factor is not None]
    return np.logical_and.reduce(np.broadcast_arrays(*shut)).astype(float) if shut else None


def _usual_lane(item: ItemPlan, plan: Plan) -> int | None:
    """The lane that brings everything while all lanes are open; None: the rule must be asked."""
    if not isinstance(item.sourcing, PriorityFailover) or not item.lanes_in:
        return None
    return min(item.lanes_in, key=lambda at: plan.lanes[at].row.sourcing_rank)


def _echelon_position(engine: BatchEngine, number: int) -> Array:
    """Units of an item here and, as weighed by the plan, everywhere downstream."""
    books = engine.books
    total: Any = 0.0
    for other, weight in engine.plan.echelon(number):
        position = books.on_hand[other] + books.on_order[other] - books.backlog(other)
        if other != number:
            position = position - _unseen(engine, other)
        total = total + weight * position
    return np.asarray(total)


def _point_of_sale(engine: BatchEngine, number: int) -> Array:
    """What customers ask for today, of an item and, as weighed by the plan, downstream."""
    total = np.zeros(engine.width)
    for row, weight in engine.plan.customers(number):
        total += weight * engine.demand[row][engine.day]
    return total


def _unseen(engine: BatchEngine, number: int) -> Any:
    """Units an item has ordered that its suppliers do not know of yet."""
    item, books = engine.plan.items[number], engine.books
    unseen: Any = 0.0
    rings = [books.open_orders[at] for at in item.lanes_in]
    for ring in rings if item.made is None else [*rings, books.requests[item.made]]:
        # Today's orders have been seen already: their slot is empty, and comes last.
        for ahead in range(1, len(ring) + 1):
            unseen = unseen + ring[(engine.day + ahead) % len(ring)]
    return unseen


def open_engine(plan: Plan, seed: int, start: Any, block: int, columns: int) -> BatchEngine:
    """A batch engine on the first day, for some replications that begin with those of a block."""
    luck = draw_streams(plan.scenario, seed, block, columns, start)
    return BatchEngine(plan, luck, columns, start)


def nights_of(
    scenario: Scenario, seed: int, replication: int, start: State | None = None, warm_up: int = 0
) -> dict[str, Array]:
    """What the batch engine records on every night of one replication (days × numbers)."""
    block, column = divmod(replication, BLOCK)
    engine = open_engine(make_plan(scenario), seed, start, block, BLOCK)
    books, nights = engine.books, []
    for at, day in enumerate(range(engine.day, scenario.days)):
        books.flows.fill(0.0)
        if at == warm_up:
            engine.service.arrived.fill(True)
        engine.live(day)
        books.settle()
        nights.append(books.record[:, column].copy())
    recorded = np.array(nights[warm_up:]).reshape(-1, len(books.record))
    return {name: recorded[:, part] for name, part in record_rows(engine.plan).items()}
