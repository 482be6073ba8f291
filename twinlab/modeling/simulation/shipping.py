"""Shipping in the event engine: a node hands over what it owes, claim by claim."""

import math
from typing import Any

import simpy

from twinlab.modeling.simulation.books import Books
from twinlab.modeling.simulation.plan import Plan
from twinlab.scope.calendar import AFTERNOON, ARRIVALS, DUST

# From a shipment's afternoon back to the arrivals of the same day, on the clock.
BACK = ARRIVALS - AFTERNOON


class Shipping:
    """The last part of a node's turn, and the shipments that are under way."""

    def __init__(self, plan: Plan, books: Books, clock: simpy.Environment) -> None:
        """Put the shipments that were under way at the start back on the clock."""
        self.plan, self.books, self.clock = plan, books, clock
        self.waits = {
            item: row.backorders for item, row in zip(plan.sellers, plan.demands, strict=True)
        }
        for at, lane in enumerate(plan.lanes):
            for shipment in books.start.under_way.get(lane.row.key, ()):
                self.under_way(at, shipment.quantity, shipment.due - clock.now + ARRIVALS)

    def under_way(self, lane: int, quantity: float, days: float) -> None:
        """Let a shipment reach its destination's dock after some days."""
        self.clock.timeout(days, (lane, quantity)).callbacks.append(self._arrive)

    def _arrive(self, event: Any) -> None:
        lane, quantity = event.value
        self.books.dock[lane] += quantity

    def ship(self, item: int, day: int) -> None:
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
                available -= quantity
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
            return min(self.books.left, plan.node.capacity * factor), 1.0
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
        books.owed[claim] -= quantity
        if plan.unlimited:
            self.books.left -= quantity
        else:
            books.on_hand[item] -= quantity
        node, product = plan.key
        if at < 0:
            books.served[item] += quantity
            books.log.append((day, "served", node, product, quantity))
            return
        row = self.plan.lanes[at].row
        due = books.delayed(at, day, books.lead_time[at][day])
        books.in_transit[at] += quantity
        books.shipped[at] += quantity
        books.sent[at] = 1.0
        books.log.append((day, "shipped", node, product, quantity, row.destination, row.mode, due))
        if due > day:
            self.under_way(at, quantity, due - day + BACK)
        else:
            books.dock[at] += quantity

    def _lose(self, item: int, claim: int, day: int) -> None:
        """Customers who do not wait go away."""
        books = self.books
        quantity = books.owed[claim]
        if quantity >= DUST:
            books.owed[claim] = 0.0
            books.lost[item] += quantity
            node, product = self.plan.items[item].key
            books.log.append((day, "lost", node, product, quantity))
