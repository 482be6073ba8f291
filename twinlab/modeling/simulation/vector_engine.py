"""The vector engine: many replications side by side, as NumPy arrays over replications.

It lives by the same law as a history (``scope.calendar``), with the same plan, the same random
numbers and the same rules, but with code of its own: every number of a history is a row of numbers
here, one per replication. The two agree to the last bit on everything that a night records.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from twinlab.modeling.simulation.plan import ItemPlan, Plan, TurnPlan, make_plan, open_view
from twinlab.modeling.simulation.random_streams import BLOCK, RandomStreams, draw_streams
from twinlab.modeling.simulation.vector_state import VectorService, VectorState, record_rows
from twinlab.organization.view import PriorityFailover, View, split_order
from twinlab.scope import Scenario, ScenarioError
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array
from twinlab.scope.state import State, go_on


class VectorShipping:
    """The last part of a node's turn."""

    def __init__(
        self, plan: Plan, streams: RandomStreams, state: VectorState, service: VectorService
    ) -> None:
        """Work on a state, and tell the service what customers get."""
        self.plan, self.streams, self.state, self.service = plan, streams, state, service
        self.factors = [
            (streams.making if item.unlimited else streams.shipping).get(item.key)
            for item in plan.items
        ]
        self.making = [streams.making.get(item.key) for item in plan.items]
        self.moving = [streams.moving.get(lane.key) for lane in plan.lanes]
        self.limited = {
            at
            for at, lane in enumerate(plan.lanes)
            if lane.row.capacity < math.inf or self.moving[at] is not None
        }
        self.sent = list(state.counts["sent"])

    def ship(self, item: ItemPlan, day: int) -> None:
        """Hand over what is owed, claim by claim, as far as stock and lanes allow."""
        state = self.state
        available, factor = self._available(item, day)
        share = self._share(item.number, available) if item.node.proportional else None
        for claim, at in zip(state.claims[item.number], item.claims, strict=True):
            owed = state.owed[claim]
            quantity = owed if factor is None else owed * factor
            if share is not None:
                quantity = np.minimum(quantity, owed * share)
            if at in self.limited:
                quantity = self._lane_limit(at, quantity, day)
            # A row of its own: it stays under way when what is owed changes.
            quantity = quantity.copy() if available is None else np.minimum(quantity, available)
            leaves = state.without_dust(quantity)
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
            self.state.left = self.state.left - leaves

    def _available(self, item: ItemPlan, day: int) -> tuple[Any, Any]:
        """Units that can leave today (None: any), and the share of what is owed that may."""
        factors = self.factors[item.number]
        factor = None if factors is None else factors[day]
        if not item.unlimited:
            return self.state.on_hand[item.number], factor
        if item.node.capacity < math.inf:
            limit = item.node.capacity if factor is None else item.node.capacity * factor
            return np.minimum(self.state.left, limit) + np.zeros(self.state.width), None
        return None, factor

    def _share(self, item: int, available: Array | None) -> Array | None:
        """The part of what each claimant is owed that it gets, in proportion; None: all."""
        if available is None:
            return None
        total = np.zeros(self.state.width)
        for claim in self.state.claims[item]:
            total += self.state.owed[claim]
        short = total > available
        if not short.any():
            return None
        return np.divide(available, total, out=np.ones(self.state.width), where=short)

    def _lane_limit(self, at: int, quantity: Array, day: int) -> Array:
        lane, moving = self.plan.lanes[at].row, self.moving[at]
        if lane.capacity < math.inf:
            limit = lane.capacity if moving is None else lane.capacity * moving[day]
            return np.asarray(np.minimum(quantity, limit))
        return quantity if moving is None else quantity * moving[day]

    def _send(self, at: int, quantity: Array, day: int) -> None:
        """Put goods on their way to arrive on their day."""
        state = self.state
        for row in (state.in_transit[at], state.shipped[at]):
            row += quantity
        counted = self.sent[at]
        counted += state.goes
        ring, slot = state.pipeline[at], state.slots[at][day]
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
            self.state.lost[item.number] += gone
            self.service.lost[at] = gone
            owed -= gone


class VectorAfternoon:
    """The second part of a day, turn by turn."""

    def __init__(
        self, plan: Plan, streams: RandomStreams, state: VectorState, service: VectorService
    ) -> None:
        """Work on a state, and tell the service what customers get."""
        self.plan, self.streams, self.state, self.service = plan, streams, state, service
        self.shipping = VectorShipping(plan, streams, state, service)
        shares = [streams.good_share[r.key] for r in plan.recipes]
        self.good_share = [None if (share == 1.0).all() else share for share in shares]

    def goods_flow(self, day: int) -> None:
        """Give every node its turn, upstream first."""
        for turn in self.plan.turns:
            self.state.left = turn.node.capacity
            whole = self.streams.whole.get(turn.node.name)
            if whole is not None and turn.node.capacity < math.inf:
                self.state.left = self.state.left * whole[day]
            self._receive(turn, day)
            for recipe in turn.recipes:
                self._produce(recipe, turn, day)
            for number in turn.items:
                self.shipping.ship(self.plan.items[number], day)

    def _receive(self, turn: TurnPlan, day: int) -> None:
        state = self.state
        for at in turn.lanes_in:
            goods = self._unload(at, day)
            if goods is None:
                continue
            item = self.plan.lanes[at].destination
            for row in (state.on_hand[item], state.received[item]):
                row += goods
            self._take(state.on_order[item], goods)
            self._take(state.in_transit[at], goods)
            self._note_arrival(item, goods)
        for recipe in turn.recipes:
            ring = state.process[recipe]
            if len(ring) > 1:
                finished = ring[day % len(ring)]
                if finished is not None:
                    ring[day % len(ring)] = None
                    self._take_in(recipe, *finished)

    def _unload(self, at: int, day: int) -> Array | None:
        """What arrives on a lane today; None if that is nothing."""
        ring = self.state.pipeline[at]
        slot = day % len(ring)
        if isinstance(ring, list):
            goods, ring[slot] = ring[slot], None
            return goods
        arrived: Array = ring[slot].copy()
        ring[slot] = 0.0
        return arrived

    def _take_in(self, recipe: int, started: Array, good: Array) -> None:
        state, item = self.state, self.plan.recipes[recipe].item
        for row in (state.on_hand[item], state.finished[item]):
            row += good
        if good is not started:
            state.scrap[item] += started - good
        self._take(state.on_order[item], started)
        self._take(state.in_process[recipe], started)
        self._note_arrival(item, good)

    def _produce(self, recipe: int, turn: TurnPlan, day: int) -> None:
        state, plan, capacity = self.state, self.plan.recipes[recipe], turn.node.capacity
        making = self.shipping.making[plan.item]
        wanted = state.to_make[recipe]
        quantity = wanted.copy()
        if capacity < math.inf:
            limit = capacity if making is None else capacity * making[day]
            np.minimum(quantity, state.left, out=quantity)
            np.minimum(quantity, limit, out=quantity)
        elif making is not None:
            quantity *= making[day]
        for component, need in plan.components:
            stock = state.on_hand[component]
            np.minimum(quantity, stock if need == 1.0 else stock / need, out=quantity)
        starts = state.without_dust(quantity)
        if starts is None:
            return
        for component, need in plan.components:
            used = starts if need == 1.0 else starts * need
            self._take(state.on_hand[component], used)
            state.consumed[component] += used
        if capacity < math.inf:
            state.left = state.left - starts
        wanted -= starts
        state.in_process[recipe] += starts
        state.started[plan.item] += starts
        share = self.good_share[recipe]
        good = starts if share is None else starts * share[day]
        self._finish(recipe, starts, good, day + plan.row.production_time)

    def _finish(self, recipe: int, started: Array, good: Array, due: int) -> None:
        """Take production in on the day it is due, if that is not today."""
        if not self.plan.recipes[recipe].row.production_time:
            self._take_in(recipe, started, good)
            return
        ring = self.state.process[recipe]
        there = ring[due % len(ring)]
        if there is not None:
            started, good = there[0] + started, there[1] + good
        ring[due % len(ring)] = (started, good)

    # -- small moves --

    def _take(self, row: Array, quantity: Array) -> None:
        """Subtract; what rounding leaves below zero is cut there."""
        row -= quantity
        np.maximum(row, self.state.zero, out=row)

    def _note_arrival(self, item: int, goods: Array) -> None:
        """Something new for the customers of an item begins a replenishment cycle."""
        if item in self.service.place:
            self.service.arrived[self.service.place[item]] |= goods > 0.0


class VectorEngine:
    """A width of replications, from a start state to the last day of the scenario."""

    def __init__(
        self, plan: Plan, streams: RandomStreams, width: int, start: State | None = None
    ) -> None:
        """Set up the rows of numbers, from a state or from the network's first morning."""
        fresh, start = start is None, go_on(start, plan.scenario)
        self.plan, self.streams, self.width = plan, streams, width
        self.state = state = VectorState(plan, streams, width, start, fresh)
        self.service = VectorService(plan, state)
        self.afternoon = VectorAfternoon(plan, streams, state, self.service)
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
        self.demand = [streams.demand[row.node, row.product] for row in plan.demands]
        self.open = [_open_days(plan, streams, at) for at in range(len(plan.lanes))]
        self.usual = [_usual_lane(item, plan) for item in plan.items]

    def live(self, day: int) -> None:
        """Live through one day: morning, afternoon, night."""
        self.day = day
        self._orders_arrive(day)
        for item, period in self._morning:
            self._review(item, period, day, day)
        _check_decisions(self.plan, self.state.decided, day)
        self.afternoon.goods_flow(day)
        for item, period in self._evening:
            self._review(item, period, day, day + 1)
        if self._evening:
            _check_decisions(self.plan, self.state.decided, day)
        self.service.judge(day)

    def _orders_arrive(self, day: int) -> None:
        state, plan = self.state, self.plan
        for at, ring in enumerate(state.open_orders):
            if len(ring) > 1:
                orders = ring[day % len(ring)]
                state.ask(plan.lanes[at].source, orders)
                state.owed[at] += orders
                orders.fill(0.0)
        for at, ring in enumerate(state.requests):
            if len(ring) > 1:
                self._request(at, ring[day % len(ring)])
                ring[day % len(ring)].fill(0.0)
        for at, item in enumerate(plan.sellers):
            today = self.demand[at][day]
            state.ask(item, today)
            state.demanded[item] += today
            self.service.demanded[self.service.place[item]] = today
            state.owed[len(plan.lanes) + item] += today

    # -- deciding --

    def _review(self, item: ItemPlan, period: int, day: int, seen: int) -> None:
        if day % period == 0:
            self._decide(item, day, seen)
        else:
            self.state.decided[item.number].fill(0.0)

    def _decide(self, item: ItemPlan, day: int, seen: int) -> None:
        state, number = self.state, item.number
        view = self.views[number]
        view.day = day
        asked = state.asked[number] if number in state.lasting else state.asked_today[number]
        # Copies, since a rule may keep what it sees: they cost a tenth of the time.
        view.on_hand, view.on_order = state.on_hand[number].copy(), state.on_order[number].copy()
        view.demand, view.backlog = asked.copy(), state.backlog(number)
        for at, supplier in zip(item.lanes_in, view.suppliers, strict=True):
            days = self.open[at]
            if days is not None:
                supplier.open = days[day]
        quantity = state.without_dust(self._quantity(item, view))
        if quantity is not None:
            self._place(item, quantity, day, seen)

    def _quantity(self, item: ItemPlan, view: View) -> Array:
        """The rule's answer as units of every replication."""
        decided = self.state.decided[item.number]
        try:
            decided[:] = item.rule(view)
        except (TypeError, ValueError) as problem:
            raise ScenarioError(
                f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} cannot decide for many "
                f"replications at once ({problem}): write it with array functions, such as "
                "np.maximum(0, …) and np.where(…), or wrap it: ScalarRule(rule)"
            ) from None
        if item.number in self.state.lasting:
            self.state.asked[item.number].fill(0.0)
        return np.asarray(decided)

    def _place(self, item: ItemPlan, quantity: Array, day: int, seen: int) -> None:
        """Send orders to the suppliers, or to the node's own production."""
        state, number = self.state, item.number
        if item.made is not None:
            state.order(number, quantity)
            if seen > day:
                ring = state.requests[item.made]
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
        state, lane = self.state, self.plan.lanes[at]
        state.order(number, quantity)
        if lane.delay:
            ring = state.open_orders[at]
            ring[(day + lane.delay) % len(ring)] += quantity
        else:
            state.ask(lane.source, quantity)
            row = state.owed[at]
            row += quantity

    def _request(self, recipe: int, quantity: Array) -> None:
        state = self.state
        state.to_make[recipe] += quantity
        for component, need in self.plan.recipes[recipe].components:
            state.ask(component, quantity * need)


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


def _open_days(plan: Plan, streams: RandomStreams, lane: int) -> Array | None:
    """1.0 on the days on which goods can leave on a lane; None if that is every day."""
    row, source = plan.lanes[lane].row, plan.items[plan.lanes[lane].source]
    if plan.lanes[lane].shut:
        return np.zeros((plan.scenario.days, 1))
    at_source = streams.making if source.unlimited else streams.shipping
    factors = [streams.moving.get(row.key), at_source.get(source.key)]
    shut = [factor > 0.0 for factor in factors if factor is not None]
    return np.logical_and.reduce(np.broadcast_arrays(*shut)).astype(float) if shut else None


def _usual_lane(item: ItemPlan, plan: Plan) -> int | None:
    """The lane that brings everything while all lanes are open; None: the rule must be asked."""
    if not isinstance(item.sourcing, PriorityFailover) or not item.lanes_in:
        return None
    return min(item.lanes_in, key=lambda at: plan.lanes[at].row.sourcing_rank)


def _echelon_position(engine: VectorEngine, number: int) -> Array:
    """Units of an item here and, as weighed by the plan, everywhere downstream."""
    state = engine.state
    total: Any = 0.0
    for other, weight in engine.plan.echelon(number):
        position = state.on_hand[other] + state.on_order[other] - state.backlog(other)
        if other != number:
            position = position - _unseen(engine, other)
        total = total + weight * position
    return np.asarray(total)


def _point_of_sale(engine: VectorEngine, number: int) -> Array:
    """What customers ask for today, of an item and, as weighed by the plan, downstream."""
    total = np.zeros(engine.width)
    for row, weight in engine.plan.customers(number):
        total += weight * engine.demand[row][engine.day]
    return total


def _unseen(engine: VectorEngine, number: int) -> Any:
    """Units an item has ordered that its suppliers do not know of yet."""
    item, state = engine.plan.items[number], engine.state
    unseen: Any = 0.0
    rings = [state.open_orders[at] for at in item.lanes_in]
    for ring in rings if item.made is None else [*rings, state.requests[item.made]]:
        # Today's orders have been seen already: their slot is empty, and comes last.
        for ahead in range(1, len(ring) + 1):
            unseen = unseen + ring[(engine.day + ahead) % len(ring)]
    return unseen


def open_engine(plan: Plan, seed: int, start: Any, block: int, columns: int) -> VectorEngine:
    """A vector engine on the first day, for some replications that begin with those of a block."""
    streams = draw_streams(plan.scenario, seed, block, columns, start)
    return VectorEngine(plan, streams, columns, start)


def replay(
    scenario: Scenario, seed: int, replication: int, start: State | None = None, warm_up: int = 0
) -> dict[str, Array]:
    """What the vector engine records on every night of one replication (days × numbers)."""
    block, column = divmod(replication, BLOCK)
    engine = open_engine(make_plan(scenario), seed, start, block, BLOCK)
    state, nights = engine.state, []
    for at, day in enumerate(range(engine.day, scenario.days)):
        state.flows.fill(0.0)
        if at == warm_up:
            engine.service.arrived.fill(True)
        engine.live(day)
        state.settle()
        nights.append(state.record[:, column].copy())
    recorded = np.array(nights[warm_up:]).reshape(-1, len(state.record))
    return {name: recorded[:, part] for name, part in record_rows(engine.plan).items()}
