"""The afternoon in the batch engine: goods flow down in many histories at once."""

from __future__ import annotations

import math

import numpy as np

from twinlab.modeling.batch_service import BatchService
from twinlab.modeling.batch_shipping import BatchShipping
from twinlab.modeling.ledger import Ledger
from twinlab.modeling.luck import Luck
from twinlab.modeling.plan import Plan, TurnPlan
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array


class BatchAfternoon:
    """The second part of a day, turn by turn."""

    def __init__(self, plan: Plan, luck: Luck, books: Ledger, service: BatchService) -> None:
        """Work on a ledger, and tell the service what customers get."""
        self.plan, self.luck, self.books, self.service = plan, luck, books, service
        self.shipping = BatchShipping(plan, luck, books, service)

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
        for at in turn.lanes_in:
            goods = self.books.pipeline[at][day % len(self.books.pipeline[at])]
            item = self.plan.lanes[at].destination
            self.books.on_hand[item] += goods
            self.books.received[item] += goods
            self._take(self.books.on_order[item], goods)
            self._take(self.books.in_transit[at], goods)
            self._note_arrival(item, goods)
            goods.fill(0.0)
        for recipe in turn.recipes:
            if self.plan.recipes[recipe].row.production_time:
                started, good = self.books.process[recipe]
                self._take_in(recipe, started[day % len(started)], good[day % len(good)])

    def _take_in(self, recipe: int, started: Array, good: Array) -> None:
        item = self.plan.recipes[recipe].item
        self.books.on_hand[item] += good
        self.books.finished[item] += good
        self.books.scrap[item] += started - good
        self._take(self.books.on_order[item], started)
        self._take(self.books.in_process[recipe], started)
        self._note_arrival(item, good)
        started.fill(0.0)
        good.fill(0.0)

    def _produce(self, recipe: int, turn: TurnPlan, day: int) -> None:
        plan = self.plan.recipes[recipe]
        key, capacity = self.plan.items[plan.item].key, turn.node.capacity
        making = self.luck.making.get(key)
        quantity = self.books.to_make[recipe].copy()
        if capacity < math.inf:
            limit = capacity if making is None else capacity * making[day]
            np.minimum(quantity, self.books.left, out=quantity)
            np.minimum(quantity, limit, out=quantity)
        elif making is not None:
            quantity *= making[day]
        for component, need in plan.components:
            np.minimum(quantity, self.books.on_hand[component] / need, out=quantity)
        quantity *= quantity >= DUST
        for component, need in plan.components:
            used = quantity * need
            self._take(self.books.on_hand[component], used)
            self.books.consumed[component] += used
        good = quantity * self.luck.good_share[key][day]
        if capacity < math.inf:
            self.books.left = self.books.left - quantity
        self.books.to_make[recipe] -= quantity
        self.books.in_process[recipe] += quantity
        self.books.started[plan.item] += quantity
        if plan.row.production_time:
            rings = self.books.process[recipe]
            slot = (day + plan.row.production_time) % len(rings[0])
            rings[0][slot] += quantity
            rings[1][slot] += good
        else:
            self._take_in(recipe, quantity, good)

    # -- small moves --

    def _take(self, row: Array, quantity: Array) -> None:
        """Subtract; what rounding leaves below zero is cut there."""
        row -= quantity
        np.maximum(row, self.books.zero, out=row)

    def _note_arrival(self, item: int, goods: Array) -> None:
        """Something new for the customers of an item begins a replenishment cycle."""
        if item in self.service.place:
            self.service.arrived[self.service.place[item]] |= goods > 0.0
