"""The afternoon in the event engine: each node receives, produces and ships in one turn."""

import math
from typing import Any

import simpy

from twinlab.modeling.simulation.books import Books
from twinlab.modeling.simulation.plan import Plan, TurnPlan
from twinlab.modeling.simulation.shipping import BACK, Shipping
from twinlab.scope.calendar import ARRIVALS, DUST


class Afternoon:
    """Goods flow down: the second part of a day, turn by turn."""

    def __init__(self, plan: Plan, books: Books, clock: simpy.Environment) -> None:
        """Put production that was in process at the start back on the clock."""
        self.plan, self.books, self.clock = plan, books, clock
        self.shipping = Shipping(plan, books, clock)
        for at, recipe in enumerate(plan.recipes):
            for batch in books.start.batches.get(plan.items[recipe.item].key, ()):
                self._in_process(at, batch.started, batch.good, batch.due - clock.now + ARRIVALS)

    def goods_flow(self, day: int) -> None:
        """Give every node its turn, upstream first."""
        for at, turn in enumerate(self.plan.turns):
            whole = self.books.whole[at]
            self.books.left = turn.node.capacity
            if whole is not None and turn.node.capacity < math.inf:
                self.books.left *= whole[day]
            self._receive(turn, day)
            for recipe in turn.recipes:
                if self.books.to_make[recipe] > 0.0:
                    self._produce(recipe, turn, day)
            for item in turn.items:
                self.shipping.ship(item, day)

    # -- a turn --

    def _in_process(self, recipe: int, started: float, good: float, days: float) -> None:
        """Let production finish after some days."""
        self.clock.timeout(days, (recipe, started, good)).callbacks.append(self._finish)

    def _finish(self, event: Any) -> None:
        """Production is finished; its node takes it in at its turn."""
        recipe, started, good = event.value
        before = self.books.done[recipe]
        self.books.done[recipe] = (before[0] + started, before[1] + good)

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
                books.log.append(
                    (day, "received", row.destination, row.product, quantity, row.source, row.mode)
                )
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
            quantity = min(quantity, self.books.left, turn.node.capacity * factor)
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
        self.books.left -= quantity
        books.to_make[recipe] -= quantity
        books.in_process[recipe] += quantity
        books.started[plan.item] += quantity
        books.log.append((day, "started", node, product, quantity, "", "", due, good))
        if due > day:
            self._in_process(recipe, quantity, good, due - day + BACK)
        else:
            self._take_in(recipe, quantity, good, day)
