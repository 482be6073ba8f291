"""Shipping in the batch engine: nodes hand over what they owe, in many histories at once."""

from __future__ import annotations

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
        self.uniform = [due.shape[1] == 1 for due in books.due]

    def ship(self, item: ItemPlan, day: int) -> None:
        """Hand over what is owed, claim by claim, as far as stock and lanes allow."""
        available, factor = self._available(item, day)
        share = self._share(item.number, available) if item.node.proportional else None
        for claim, at in zip(self.books.claims[item.number], item.claims, strict=True):
            owed = self.books.owed[claim]
            quantity = owed if factor is None else owed * factor
            if share is not None:
                quantity = np.minimum(quantity, owed * share)
            if at >= 0:
                quantity = self._lane_limit(at, quantity, day)
            quantity = np.minimum(quantity, available)
            goes = quantity >= DUST
            quantity *= goes
            owed -= quantity
            available -= quantity  # a window on the stock itself, where there is one
            if item.unlimited and item.node.capacity < math.inf:
                self.books.left = self.books.left - quantity
            if at >= 0:
                self.books.sent[at] += goes
                self._send(at, quantity, day)
            else:
                self._serve(item, quantity, owed)

    def _available(self, item: ItemPlan, day: int) -> tuple[Any, Any]:
        """Units that can leave an item today, and the share of what is owed that may."""
        factors = (self.luck.making if item.unlimited else self.luck.shipping).get(item.key)
        factor = None if factors is None else factors[day]
        if not item.unlimited:
            return self.books.on_hand[item.number], factor
        if item.node.capacity < math.inf:
            limit = item.node.capacity if factor is None else item.node.capacity * factor
            return np.minimum(self.books.left, limit) + np.zeros(self.books.width), None
        return np.full(self.books.width, math.inf), factor

    def _share(self, item: int, available: Array) -> Array:
        """The part of what each claimant is owed that it gets, in proportion."""
        total = np.zeros(self.books.width)
        for claim in self.books.claims[item]:
            total += self.books.owed[claim]
        short = total > available
        return np.divide(available, total, out=np.ones(self.books.width), where=short)

    def _lane_limit(self, at: int, quantity: Array, day: int) -> Array:
        lane = self.plan.lanes[at].row
        moving = self.luck.moving.get(lane.key)
        if lane.capacity < math.inf:
            limit = lane.capacity if moving is None else lane.capacity * moving[day]
            return np.asarray(np.minimum(quantity, limit))
        return quantity if moving is None else quantity * moving[day]

    def _send(self, at: int, quantity: Array, day: int) -> None:
        """Put goods on their way to arrive on their day."""
        self.books.in_transit[at] += quantity
        self.books.shipped[at] += quantity
        ring, due = self.books.pipeline[at], self.books.due[at][day]
        if self.uniform[at]:
            ring[due[0] % len(ring)] += quantity
        else:
            ring[due % len(ring), self.books.columns] += quantity

    def _serve(self, item: ItemPlan, quantity: Array, owed: Array) -> None:
        self.books.served[item.number] += quantity
        assert item.customers is not None
        at = self.service.place[item.number]
        self.service.served[at] = quantity
        if not self.plan.demands[item.customers].backorders:
            gone = owed * (owed >= DUST)
            self.books.lost[item.number] += gone
            self.service.lost[at] = gone
            owed -= gone
