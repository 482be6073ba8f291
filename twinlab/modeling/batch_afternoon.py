"""The afternoon in the batch engine: goods flow down in many histories at once."""

import math

import numpy as np

from twinlab.modeling.batch_service import BatchService
from twinlab.modeling.batch_shipping import BatchShipping
from twinlab.modeling.ledger import Ledger
from twinlab.modeling.luck import Luck
from twinlab.modeling.plan import Plan, TurnPlan
from twinlab.scope.chance import Array


class BatchAfternoon:
    """The second part of a day, turn by turn."""

    def __init__(self, plan: Plan, luck: Luck, books: Ledger, service: BatchService) -> None:
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
