"""Shipping in the batch engine: nodes hand over what they owe, in many histories at once."""

import math
from typing import Any

import numpy as np

from twinlab.modeling.batch_service import BatchService
from twinlab.modeling.ledger import Ledger
from twinlab.modeling.luck import Luck
from twinlab.modeling.plan import ItemPlan, Plan
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array


class BatchShipping:
    """The last part of a node's turn."""

    def __init__(self, plan: Plan, luck: Luck, books: Ledger, service: BatchService) -> None:
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
