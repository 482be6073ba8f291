"""The afternoon in the event engine: each node receives, produces and ships in one turn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import simpy

from twinlab.modeling.books import Books
from twinlab.modeling.plan import Plan, TurnPlan
from twinlab.scope.calendar import AFTERNOON, ARRIVALS, DUST

# From a shipment's afternoon to the arrivals of the same day, on the clock.
_BACK = ARRIVALS - AFTERNOON


class Afternoon:
    """Goods flow down: the second part of a day, turn by turn."""

    def __init__(self, plan: Plan, books: Books, clock: simpy.Environment) -> None:
        """Put what was under way at the start back on the clock."""
        self.plan, self.books, self.clock = plan, books, clock
        self.left = math.inf  # capacity left in the present turn
        self.waits = {
            item: row.backorders for item, row in zip(plan.sellers, plan.demands, strict=True)
        }
        for at, lane in enumerate(plan.lanes):
            for shipment in books.start.under_way.get(lane.row.key, ()):
                self._due_in(shipment.due - clock.now + ARRIVALS, self._arrive,
                             (at, shipment.quantity))  # fmt: skip
        for at, recipe in enumerate(plan.recipes):
            for batch in books.start.in_process.get(plan.items[recipe.item].key, ()):
                self._due_in(batch.due - clock.now + ARRIVALS, self._finish,
                             (at, batch.started, batch.good))  # fmt: skip

    def goods_flow(self, day: int) -> None:
        """Give every node its turn, upstream first."""
        for at, turn in enumerate(self.plan.turns):
            whole = self.books.whole[at]
            self.left = turn.node.capacity if whole is None else turn.node.capacity * whole[day]
            self._receive(turn, day)
            for recipe in turn.recipes:
                if self.books.to_make[recipe] > 0.0:
                    self._produce(recipe, turn, day)
            for item in turn.items:
                self._ship(item, day)

    # -- arrivals --

    def _due_in(self, days: float, happen: Callable[[Any], None], value: Any) -> None:
        self.clock.timeout(days, value).callbacks.append(happen)

    def _arrive(self, event: Any) -> None:
        """A shipment reaches its destination's dock."""
        lane, quantity = event.value
        self.books.dock[lane] += quantity

    def _finish(self, event: Any) -> None:
        """Production is finished; its node takes it in at its turn."""
        recipe, started, good = event.value
        before = self.books.done[recipe]
        self.books.done[recipe] = (before[0] + started, before[1] + good)

    # -- a turn --

    def _receive(self, turn: TurnPlan, day: int) -> None:
        """Take in what is due: lanes in table order, then finished production."""
        books = self.books
        for at in turn.lanes_in:
            quantity = books.dock[at]
            if quantity > 0.0:
                books.dock[at] = 0.0
                lane = self.plan.lanes[at]
                item, row = lane.destination, lane.row
                books.on_hand[item] += quantity
                books.on_order[item] = max(0.0, books.on_order[item] - quantity)
                books.in_transit[at] = max(0.0, books.in_transit[at] - quantity)
                books.received[item] += quantity
                books.log.append((day, "received", row.destination, row.product, quantity,
                                  row.source, row.mode))  # fmt: skip
        for recipe in turn.recipes:
            started, good = books.done[recipe]
            if started > 0.0:
                books.done[recipe] = (0.0, 0.0)
                self._take_in(recipe, started, good, day)

    def _take_in(self, recipe: int, started: float, good: float, day: int) -> None:
        """Good units come out of production into stock."""
        books, item = self.books, self.plan.recipes[recipe].item
        books.on_hand[item] += good
        books.on_order[item] = max(0.0, books.on_order[item] - started)
        books.in_process[recipe] = max(0.0, books.in_process[recipe] - started)
        books.finished[item] += good
        books.scrap[item] += started - good
        node, product = self.plan.items[item].key
        books.log.append((day, "finished", node, product, good, "", "", None, started))

    def _produce(self, recipe: int, turn: TurnPlan, day: int) -> None:
        """Start as much as request, capacity and components allow."""
        books, plan = self.books, self.plan.recipes[recipe]
        making = books.making[plan.item]
        factor = 1.0 if making is None else making[day]
        quantity = books.to_make[recipe]
        if turn.node.capacity < math.inf:
            quantity = min(quantity, self.left, turn.node.capacity * factor)
        else:
            quantity *= factor
        for component, need in plan.components:
            quantity = min(quantity, books.on_hand[component] / need)
        if quantity < DUST:
            return
        node, product = plan.row.node, plan.row.product
        for component, need in plan.components:
            used = quantity * need
            books.on_hand[component] = max(0.0, books.on_hand[component] - used)
            books.consumed[component] += used
            name = self.plan.items[component].key[1]
            books.log.append((day, "consumed", node, name, used, "", "", None, product))
        good = quantity * books.good_share[recipe][day]
        due = day + plan.row.production_time
        self.left -= quantity
        books.to_make[recipe] = max(0.0, books.to_make[recipe] - quantity)
        books.in_process[recipe] += quantity
        books.started[plan.item] += quantity
        books.log.append((day, "started", node, product, quantity, "", "", due, good))
        if due > day:
            self._due_in(due - day + _BACK, self._finish, (recipe, quantity, good))
        else:
            self._take_in(recipe, quantity, good, day)

    # -- shipping --

    def _ship(self, item: int, day: int) -> None:
        """Hand over what is owed, claim by claim, as far as stock and lanes allow."""
        books, plan = self.books, self.plan.items[item]
        available, factor = self._available(item, day)
        share = self._share(item, available) if plan.node.proportional else 1.0
        for claim, at in zip(books.claims[item], plan.claims, strict=True):
            owed = books.owed[claim]
            if owed <= 0.0:
                continue
            quantity = min(owed * factor, owed * share)
            if at >= 0:
                quantity = self._lane_limit(at, quantity, day)
            quantity = min(quantity, available)
            if quantity >= DUST:
                available = max(0.0, available - quantity)
                self._hand_over(item, claim, at, quantity, day)
            if at < 0 and not self.waits[item]:
                self._lose(item, claim, day)

    def _share(self, item: int, available: float) -> float:
        """The part of what each claimant is owed that it gets, in proportion."""
        total = 0.0
        for claim in self.books.claims[item]:
            total += self.books.owed[claim]
        return available / total if total > available else 1.0

    def _available(self, item: int, day: int) -> tuple[float, float]:
        """Units that can leave an item today, and the share of what is owed that may."""
        books, plan = self.books, self.plan.items[item]
        factors = books.making[item] if plan.unlimited else books.shipping[item]
        factor = 1.0 if factors is None else factors[day]
        if not plan.unlimited:
            return books.on_hand[item], factor
        if plan.node.capacity < math.inf:
            return min(self.left, plan.node.capacity * factor), 1.0
        return math.inf, factor

    def _lane_limit(self, at: int, quantity: float, day: int) -> float:
        """As much of a quantity as a lane can take today."""
        factors, capacity = self.books.moving[at], self.plan.lanes[at].row.capacity
        factor = 1.0 if factors is None else factors[day]
        if capacity < math.inf:
            return min(quantity, capacity * factor)
        return quantity * factor

    def _hand_over(self, item: int, claim: int, at: int, quantity: float, day: int) -> None:
        """Goods leave an item: by lane number ``at``, or to the customers (-1)."""
        books, plan = self.books, self.plan.items[item]
        books.owed[claim] = max(0.0, books.owed[claim] - quantity)
        if plan.unlimited:
            self.left -= quantity
        else:
            books.on_hand[item] = max(0.0, books.on_hand[item] - quantity)
        node, product = plan.key
        if at < 0:
            books.served[item] += quantity
            books.log.append((day, "served", node, product, quantity))
            return
        row = self.plan.lanes[at].row
        due = books.arrival_day(at, day)
        books.in_transit[at] += quantity
        books.shipped[at] += quantity
        books.log.append((day, "shipped", node, product, quantity, row.destination, row.mode, due))
        if due > day:
            self._due_in(due - day + _BACK, self._arrive, (at, quantity))
        else:
            books.dock[at] += quantity

    def _lose(self, item: int, claim: int, day: int) -> None:
        """Customers who do not wait go away."""
        books = self.books
        quantity = books.owed[claim]
        if quantity > 0.0:
            books.owed[claim] = 0.0
            books.lost[item] += quantity
            node, product = self.plan.items[item].key
            books.log.append((day, "lost", node, product, quantity))
