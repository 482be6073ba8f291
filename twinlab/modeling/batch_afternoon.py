"""The afternoon in the batch engine: goods flow down in many histories at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from twinlab.modeling.ledger import Ledger
from twinlab.modeling.luck import Luck
from twinlab.modeling.plan import ItemPlan, Plan, TurnPlan
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array


class BatchAfternoon:
    """The second part of a day, turn by turn."""

    def __init__(self, plan: Plan, luck: Luck, books: Ledger) -> None:
        """Work on a ledger."""
        self.plan, self.luck, self.books = plan, luck, books
        self.left: Any = math.inf  # of the capacity of the node whose turn it is

    def goods_flow(self, day: int) -> None:
        """Give every node its turn, upstream first."""
        for turn in self.plan.turns:
            self.left = turn.node.capacity
            whole = self.luck.whole.get(turn.node.name)
            if whole is not None and turn.node.capacity < math.inf:
                self.left = self.left * whole[day]
            self._receive(turn, day)
            for recipe in turn.recipes:
                self._produce(recipe, turn, day)
            for number in turn.items:
                self._ship(self.plan.items[number], day)

    def _receive(self, turn: TurnPlan, day: int) -> None:
        for at in turn.lanes_in:
            goods = self.books.pipeline[at][day % len(self.books.pipeline[at])]
            item = self.plan.lanes[at].destination
            self.books.on_hand[item] += goods
            self.books.received[item] += goods
            _take(self.books.on_order[item], goods)
            _take(self.books.in_transit[at], goods)
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
        _take(self.books.on_order[item], started)
        _take(self.books.in_process[recipe], started)
        started.fill(0.0)
        good.fill(0.0)

    def _produce(self, recipe: int, turn: TurnPlan, day: int) -> None:
        plan = self.plan.recipes[recipe]
        key, capacity = self.plan.items[plan.item].key, turn.node.capacity
        making = self.luck.making.get(key)
        quantity = self.books.to_make[recipe].copy()
        if capacity < math.inf:
            limit = capacity if making is None else capacity * making[day]
            np.minimum(quantity, self.left, out=quantity)
            np.minimum(quantity, limit, out=quantity)
        elif making is not None:
            quantity *= making[day]
        for component, need in plan.components:
            np.minimum(quantity, self.books.on_hand[component] / need, out=quantity)
        quantity *= quantity >= DUST
        for component, need in plan.components:
            used = quantity * need
            _take(self.books.on_hand[component], used)
            self.books.consumed[component] += used
        good = quantity * self.luck.good_share[key][day]
        if capacity < math.inf:
            self.left = self.left - quantity
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

    # -- shipping --

    def _ship(self, item: ItemPlan, day: int) -> None:
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
            quantity *= quantity >= DUST
            owed -= quantity
            available -= quantity  # a window on the stock itself, where there is one
            if item.unlimited and item.node.capacity < math.inf:
                self.left = self.left - quantity
            if at >= 0:
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
            return np.minimum(self.left, limit) + np.zeros(self.books.width), None
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
        self.books.sent[at] += quantity > 0.0
        ring, due = self.books.pipeline[at], self.books.due[at][day] % len(self.books.pipeline[at])
        if len(due) == 1:
            ring[due[0]] += quantity
        else:
            ring[due, self.books.columns] += quantity

    def _serve(self, item: ItemPlan, quantity: Array, owed: Array) -> None:
        self.books.served[item.number] += quantity
        assert item.customers is not None
        if not self.plan.demands[item.customers].backorders:
            self.books.lost[item.number] += owed
            owed.fill(0.0)


def _take(rows: Array, quantity: Array) -> None:
    """Subtract; what rounding leaves below zero is cut there."""
    rows -= quantity
    np.maximum(rows, 0.0, out=rows)
