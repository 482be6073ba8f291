"""Goods flow down, in the vector engine: blocks receive, make and hand over, stage by stage."""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.modeling.simulation.vector_blocks import Handover, Making, Rows, numbers, span
from twinlab.modeling.simulation.vector_state import Days, Pipeline
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array

if TYPE_CHECKING:
    from twinlab.modeling.simulation.vector_engine import VectorEngine


def take(table: Array, rows: Rows, units: Array) -> None:
    """Subtract; what rounding leaves below zero is cut there."""
    left = table[rows]
    if isinstance(rows, slice):
        left -= units
        np.maximum(left, 0.0, out=left)
    else:
        left -= units
        table[rows] = np.maximum(left, 0.0, out=left)


Touched = tuple[Rows, Days] | None  # which rows of a block, and by what, day by day


def touched(keys: Iterable[Any], tables: Mapping[Any, Array]) -> Touched:
    """Which of a block are touched at times: those for which there is a table of days."""
    found = [(k, tables[key]) for k, key in enumerate(keys) if key in tables]
    if not found:
        return None
    which, some = zip(*found, strict=True)
    return span(which), Days(some)


class Afternoon:
    """Goods flow down: stage by stage, what arrives is received, goods are made and handed over."""

    def __init__(self, engine: "VectorEngine", fresh: bool) -> None:
        """Find what disruptions and limits touch."""
        self.state, self.layout, self.streams = engine.state, engine.layout, engine.streams
        layout, streams, plan, state = engine.layout, engine.streams, engine.plan, engine.state
        self.pipeline = Pipeline(streams, state, fresh)
        self.left = np.zeros((len(layout.capacities), engine.width))
        self.whole = touched(layout.limited, streams.whole)
        self.moving, self.limits = dict(streams.moving), dict[Any, Array]()
        for lane in plan.lanes:
            if lane.row.capacity < math.inf:
                ever = np.broadcast_to(1.0, (plan.scenario.days, 1))
                self.limits[lane.key] = lane.row.capacity * self.moving.pop(lane.key, ever)
        recipes = [plan.recipes[at] for at in layout.recipes]
        self.yields = {k: share for k, share in streams.good_share.items() if (share != 1.0).any()}
        self.times = np.array([r.row.production_time for r in recipes], dtype=np.intp)
        lots = [lot for rows in state.start.lots.values() for lot in rows]
        self.scraps = bool(self.yields) or any(lot.good != lot.started for lot in lots)
        self.waits = bool(lots) or bool(self.times.any())  # whether production takes time
        self.makings = []
        for block in layout.makings:
            keys = [recipes[k].key for k in numbers(block.recipes)]
            self.makings.append((block, touched(keys, streams.making), touched(keys, self.yields)))
        self.handovers = [(block, *self._what_touches(block)) for block in layout.handovers]
        self.moved = np.zeros((len(layout.lanes), engine.width))

    def _what_touches(self, block: Handover) -> tuple[Any, Any]:
        """What limits a block's source, if it has a limit, and its claims, by place in the line."""
        making, keys = self.streams.making, [item.key for item in block.items]
        table = (self.streams.shipping, making, {})[min(block.supply, 2)]
        by_step = []
        for place, (step, _) in enumerate(block.steps):
            items = [block.items[k] for k in numbers(step.which)]
            lanes = [
                self.layout.plan.lanes[i.claims[place]].key if i.claims[place] >= 0 else None
                for i in items
            ]
            leaving = touched((item.key for item in items), table)
            by_step.append((leaving, touched(lanes, self.moving), touched(lanes, self.limits)))
        return touched(keys, making) if block.supply > 1 else None, by_step

    def live(self, day: int) -> None:
        """Give every stage its turn."""
        state, goods = self.state, self.pipeline.ring.due(day)
        self.left[:] = self.layout.capacities
        if self.whole is not None:
            which, days = self.whole
            self.left[which] *= days[day]
        state.consumed.fill(0.0)
        self._finish(day)
        for stage, receives in self.layout.receives.items():
            for block in receives:
                self._receive(block, goods)
            for making in self.makings:
                if making[0].stage == stage:
                    self._make(*making, day)
            for handover in self.handovers:
                if handover[0].stage == stage:
                    self._hand_over(*handover, day)
            self._send(stage, day)
        self._move(goods, day)

    def _receive(self, block: tuple[bool, Rows, Rows], goods: Array) -> None:
        """Take in what arrives, on the first lanes of some items or on later ones."""
        first, items, lanes = block
        state, arrived = self.state, goods[lanes]
        state.on_hand[items] += arrived
        if first:
            state.received[items] = arrived
        else:
            state.received[items] += arrived
        take(state.on_order, items, arrived)

    def _send(self, stage: int, day: int) -> None:
        """Put what a stage has handed over on its way."""
        lanes, claims = self.layout.sends[stage]
        self.moved[lanes] = self.state.given[claims]
        self.pipeline.send(stage, day, self.moved)

    def _move(self, goods: Array, day: int) -> None:
        """Goods under way: those sent today, less those that arrived."""
        transit, back = self.state.in_transit, self.layout.backward
        if len(back):  # these arrived before those of today were sent
            there = np.maximum(transit[back] - goods[back], 0.0) + self.moved[back]
        transit += self.moved
        take(transit, slice(None), goods)
        if len(back):
            transit[back] = there
        if not self.pipeline.renewed:
            goods.fill(0.0)

    # -- production --

    def _finish(self, day: int) -> None:
        """Take in what is done today."""
        state = self.state
        state.finished.fill(0.0)
        if self.scraps:
            state.scrap.fill(0.0)
        if self.waits:
            started, good = state.process.due(day), state.good.due(day)
            self._take_in(slice(0, len(started)), started, good if self.scraps else started)
            started.fill(0.0)
            good.fill(0.0)

    def _take_in(self, recipes: Rows, started: Array, good: Array) -> None:
        """What recipes have made goes into stock."""
        state, first = self.state, self.layout.bought
        one = isinstance(recipes, slice)
        items = slice(recipes.start + first, recipes.stop + first) if one else recipes + first
        state.on_hand[items] += good
        state.finished[recipes] += good
        if self.scraps:
            state.scrap[recipes] += started - good
        take(state.on_order, items, started)
        take(state.in_process, recipes, started)

    def _make(self, block: Making, shut: Touched, yields: Touched, day: int) -> None:
        """Start production, and take in what is done today."""
        quantity = good = self._start(block, shut, day)
        if yields is not None:
            good, (which, days) = quantity.copy(), yields
            good[which] *= days[day]
        if block.later is not None:
            which, rows = block.later
            self.state.process.add(day + self.times[rows], rows, quantity[which])
            if self.scraps:
                self.state.good.add(day + self.times[rows], rows, good[which])
        if block.at_once is not None:
            which, rows = block.at_once
            self._take_in(rows, quantity[which], good[which])

    def _start(self, block: Making, shut: Touched, day: int) -> Any:
        """Start as much as requests, capacity and components allow."""
        state, recipes = self.state, block.recipes
        quantity = self._startable(block, shut, day)
        for step in block.components:
            used = quantity[step.which]
            used = used if step.factors is None else used * step.factors
            take(state.on_hand, step.rows, used)
            state.consumed[self.layout.consumed[step.rows]] += used
        if block.nodes is not None:
            self.left[block.nodes] -= quantity
        state.to_make[recipes] -= quantity
        state.in_process[recipes] += quantity
        state.started[recipes] = quantity
        return quantity

    def _startable(self, block: Making, shut: Touched, day: int) -> Any:
        """Units that can be started today."""
        state, nodes = self.state, block.nodes
        quantity = state.to_make[block.recipes].copy()
        if nodes is not None:
            np.minimum(quantity, self.left[nodes], out=quantity)
        if shut is not None:
            which, days = shut
            if nodes is None:
                quantity[which] *= days[day]
            else:
                limit = self.layout.capacities[nodes][which] * days[day]
                quantity[which] = np.minimum(quantity[which], limit)
        for step in block.components:
            stock = state.on_hand[step.rows]
            enough = stock if step.factors is None else stock / step.factors
            quantity[step.which] = np.minimum(quantity[step.which], enough)
        quantity *= quantity >= DUST
        return quantity

    # -- shipping --

    def _hand_over(self, block: Handover, shut: Touched, by_step: Any, day: int) -> None:
        """Hand over what is owed, claim by claim, as far as stock and lanes allow."""
        state, stock, endless = self.state, self.state.on_hand, block.supply == 1
        if block.supply > 1:
            stock = self.left[block.rows] + 0.0  # of its own
            if shut is not None:
                which, days = shut
                limit = self.layout.capacities[block.rows][which] * days[day]
                stock[which] = np.minimum(stock[which], limit)
        share = self._share(block, stock) if block.proportional else None
        for (step, items), touch in zip(block.steps, by_step, strict=True):
            owed, given = state.owed[step.rows], state.given[step.rows]
            rows = items if block.supply == 0 else step.which
            self._wanted(owed, given, touch, share if share is None else share[step.which], day)
            if not endless:
                there = stock[rows]
                np.minimum(given, there, out=given)
            given *= given >= DUST
            owed -= given
            if not endless:
                stock[rows] = np.subtract(there, given, out=there)
            if block.supply > 1:
                self.left[items] -= given

    def _wanted(self, owed: Array, given: Array, touch: Any, share: Any, day: int) -> None:
        """What of the claims could leave, whatever the stock: by share, and as lanes allow."""
        given[:] = owed
        leaving, moving, limits = touch
        if leaving is not None:
            given[leaving[0]] *= leaving[1][day]
        if share is not None:
            np.minimum(given, owed * share, out=given)
        if moving is not None:
            given[moving[0]] *= moving[1][day]
        if limits is not None:
            which, days = limits
            given[which] = np.minimum(given[which], days[day])

    def _share(self, block: Handover, stock: Array) -> Array | None:
        """The part of what each claimant is owed that it gets, in proportion; None: all."""
        there = stock[block.rows] if block.supply == 0 else stock
        total = np.zeros(there.shape)
        for step, _ in block.steps:
            total[step.which] += self.state.owed[step.rows]
        short = total > there
        if not short.any():
            return None
        return np.divide(there, total, out=np.ones(total.shape), where=short)
