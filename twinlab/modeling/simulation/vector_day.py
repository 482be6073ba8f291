"""A day of the vector engine: orders flow up, goods flow down, books close, block by block."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.modeling.simulation import vector_layout as layouts
from twinlab.modeling.simulation.measures import IN_FULL
from twinlab.modeling.simulation.output_analysis import Spread
from twinlab.modeling.simulation.vector_blocks import Days, Rows, Sums, index, span, stack
from twinlab.modeling.simulation.vector_state import SETTLE, Pipeline
from twinlab.organization.view import View, split_order
from twinlab.scope.base import DUST, Array, ScenarioError

if TYPE_CHECKING:
    from twinlab.modeling.simulation.vector_engine import VectorEngine


class BlockView(View):
    """The books of a block of decision makers; what was asked is added up where it is read."""

    __slots__ = ("asked", "gates")
    asked: Callable[[], Any]
    gates: Days | None  # who is open, by supplier, where it matters

    @property
    def demand(self) -> Any:
        """Units asked since the last decision."""
        return self.asked()

    @demand.setter
    def demand(self, value: Any) -> None:
        self.asked = lambda: value


def gates_of(engine: "VectorEngine", block: layouts.Decision) -> Days | None:
    """Who of the suppliers is open on which day, where a rule or the split asks for it."""
    lanes = block.items[0].lanes_in if block.alone else engine.layout.orders[block.placed]
    if not lanes or not (block.alone or block.split == "ranks"):
        return None
    ever = np.broadcast_to(1.0, (engine.plan.scenario.days, 1))
    tables = [layouts.open_days(engine.plan, engine.streams, at) for at in lanes]
    return Days([ever if table is None else table for table in tables])


class Morning:
    """Orders flow up: block by block, decisions are made and posted."""

    def __init__(self, engine: "VectorEngine") -> None:
        """Prepare a rule and a view for every block."""
        self.engine, self.state, self.layout = engine, engine.state, engine.layout
        layout = engine.layout
        self.decided = np.zeros((layout.deciding, engine.width))
        self.seen_late = layout.seen(list(layout.late))
        keys = [layout.plan.items[number].key for number in layout.sellers]
        self.demand = Days([engine.streams.demand[key] for key in keys])
        self.keeping = touched((item.key for item in layout.items), engine.streams.keeping)
        self.todo: dict[bool, list[tuple[layouts.Decision, Any, BlockView]]] = {False: [], True: []}
        for block in layout.decisions:
            first, view = block.items[0], engine.view_of(block)
            rule = first.rule if block.alone else stack([item.rule for item in block.items])
            view.asked, view.gates = partial(self._asked, block), gates_of(engine, block)
            self.todo[first.node.evening_review].append((block, rule, view))

    def _asked(self, block: layouts.Decision) -> Array:
        """Units asked of a block since its last decision."""
        since = block.since
        asked = block.asks(self.state.table) if since is None else self.state.since[since]
        return (asked[0] if block.alone else asked).copy()

    def add_up(self, sums: Sums) -> Array:
        """Sums of rows of the table."""
        return sums(self.state.table)

    def arrive(self, day: int) -> None:
        """Stock is destroyed; due orders reach those with whom they were placed; customers ask."""
        state = self.state
        destroy(state.on_hand, self.keeping, day, state.scrapped)
        if len(state.late):
            state.late[:] = state.late_ring.due(day)
            state.late_ring.due(day).fill(0.0)
            state.table[self.seen_late] += state.late
        state.demanded[:] = self.demand[day]
        state.owed[self.layout.customers] += state.demanded

    def decide(self, day: int, evening: bool) -> None:
        """Every block whose nodes review now decides, downstream first."""
        state = self.state
        for block, rule, view in self.todo[evening]:
            if block.since is not None and not evening:
                state.since[block.since] = block.asks(state.table)
            decided = self.decided[block.rows]
            view.day = day
            if day % block.items[0].node.review_period:
                self._rest(block, view, decided)
                continue
            self._show(block, view)
            self._ask(block, rule, view, decided)
            if block.since is not None:
                state.since[block.since] = 0.0
            self._post(block, view)
        if self.todo[evening]:
            self._check(day)
        if len(state.since) and not evening:
            state.since[:] = self.layout.rest(state.table)

    def _rest(self, block: layouts.Decision, view: BlockView, decided: Array) -> None:
        """Nothing is ordered today; what others tell comes all the same."""
        for table in (decided, self.state.ordered[block.rows], self.state.placed[block.placed]):
            table.fill(0.0)
        if view.feed is not None:
            self._show(block, view)

    def _show(self, block: layouts.Decision, view: BlockView) -> None:
        """Open the books of a block. A rule of one's own may keep what it sees: it gets copies."""
        state, rows = self.state, block.rows
        books = self.add_up(block.backlog), state.on_hand[rows], state.on_order[rows]
        if block.alone:
            books = books[0][0].copy(), books[1][0].copy(), books[2][0].copy()
            opened = () if view.gates is None else view.gates[view.day]
            for supplier, is_open in zip(view.suppliers, opened, strict=True):
                supplier.open = is_open
        view.backlog, view.on_hand, view.on_order = books
        if view.feed is not None:
            view.feed()

    def _ask(self, block: layouts.Decision, rule: Any, view: BlockView, decided: Array) -> None:
        """The rule's answer as units of every replication."""
        try:
            decided[:] = rule(view)
        except (TypeError, ValueError) as problem:
            item = block.items[0]
            raise ScenarioError(
                f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} cannot decide for many "
                f"replications at once ({problem}): write it with array functions, such as "
                "np.maximum(0, …) and np.where(…), or wrap it: ScalarRule(rule)"
            ) from None

    def _post(self, block: layouts.Decision, view: BlockView) -> None:
        """Orders are placed, with suppliers or with one's own production."""
        state, decided = self.state, self.decided[block.rows]
        ordered, placed = state.ordered[block.rows], state.placed[block.placed]
        np.multiply(decided, decided >= DUST, out=ordered)
        if block.split:
            self._divide(block, view, ordered, placed)
        else:
            placed[:] = ordered
            state.on_order[block.rows] += ordered
        if block.now is not None:
            which, rows = block.now
            state.table[rows] += placed[which]
        if block.later is not None:
            which, late, delays = block.later
            state.late_ring.add(view.day + delays, late, placed[which])

    def _divide(
        self, block: layouts.Decision, view: BlockView, ordered: Array, placed: Array
    ) -> None:
        """Split what is ordered over the suppliers."""
        if block.split == "own":
            placed[:] = split_order(block.items[0].sourcing, view, ordered[0])
        elif block.split == "shares":
            for step in block.lanes:
                placed[step.rows] = ordered[step.which] * step.factors
        else:
            left, first, gates = ordered.copy(), block.ranks[0], view.gates
            for step in block.ranks:
                part = left[step.which] * gates[view.day][step.rows]  # type: ignore[index]
                placed[step.rows] = part
                left[step.which] -= part
            placed[first.rows] += left[first.which]
        placed *= placed >= DUST
        on_order = self.state.on_order[block.rows]
        ordered.fill(0.0)
        for step in block.lanes:
            on_order[step.which] += placed[step.rows]
            ordered[step.which] += placed[step.rows]

    def _check(self, day: int) -> None:
        """Every number decided today must be a quantity."""
        decided = self.decided
        if decided.min() >= 0.0 and decided.max() < math.inf:
            return
        row, column = np.argwhere(~((decided >= 0.0) & (decided < math.inf)))[0]
        item = self.layout.items[row]
        raise ScenarioError(
            f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} returned "
            f"{decided[row, column]} on day {day}: a rule returns numbers of units of at least "
            "0 (for example np.maximum(0, 50 - view.inventory_position))"
        )


Touched = tuple[Rows, Days] | None  # which rows of a block, and by what, day by day


def touched(keys: Iterable[Any], tables: Mapping[Any, Array]) -> Touched:
    """Which of a block are touched at times: those for which there is a table of days."""
    found = {k: tables[key] for k, key in enumerate(keys) if key in tables}
    return (span(found), Days([*found.values()])) if found else None


def scale(units: Array, by: Touched, day: int) -> None:
    """Multiply what is touched today."""
    if by is not None:
        units[by[0]] *= by[1][day]


def limit(units: Array, to: Touched, day: int) -> None:
    """Cut what is touched today."""
    if to is not None:
        units[to[0]] = np.minimum(units[to[0]], to[1][day])


def take(table: Array, rows: Rows, units: Array) -> None:
    """Subtract; what rounding leaves below zero is cut there."""
    left = table[rows]
    left -= units
    np.maximum(left, 0.0, out=left)
    if not isinstance(rows, slice):
        table[rows] = left


def destroy(table: Array, left: Touched, day: int, gone: Array) -> None:
    """Subtract, and note, what is lost of what is touched today."""
    if left is not None:
        lost = table[left[0]] * (1.0 - left[1][day])
        np.multiply(lost, lost >= DUST, out=gone)
        take(table, left[0], gone)


class Production:
    """Goods are made, and come into stock when they are done."""

    def __init__(self, engine: "VectorEngine") -> None:
        """Find what disruptions and limits touch."""
        self.state, self.layout, self.streams = engine.state, engine.layout, engine.streams
        layout, streams, plan = engine.layout, engine.streams, engine.plan
        self.left = np.zeros((len(layout.capacities), engine.width))
        self.whole = touched(layout.limited, streams.whole)
        # What is left of each item's making: a share, or units where capacity has a limit.
        self.making = dict(streams.making)
        for item in plan.items:
            if item.key in self.making and item.node.capacity < math.inf:
                self.making[item.key] = item.node.capacity * self.making[item.key]
        recipes = [plan.recipes[at] for at in layout.recipes]
        yields = {k: share for k, share in streams.good_share.items() if (share != 1.0).any()}
        self.times = np.array([r.row.production_time for r in recipes], dtype=np.intp)
        lots = [lot for rows in self.state.start.lots.values() for lot in rows]
        self.scraps = bool(yields) or any(lot.good != lot.started for lot in lots)
        self.waits = bool(lots) or bool(self.times.any())  # whether production takes time
        self.makings = []
        for block in layout.makings:
            keys = [recipes[k].key for k in index(block.recipes)]
            self.makings.append((block, touched(keys, self.making), touched(keys, yields)))

    def finish(self, day: int) -> None:
        """Take in what is done today; capacity is as it is in the morning."""
        state = self.state
        self.left[:] = self.layout.capacities
        scale(self.left, self.whole, day)
        state.consumed.fill(0.0)
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
        state, made = self.state, slice(self.layout.bought, None)  # items stand as recipes do
        state.on_hand[made][recipes] += good
        state.finished[recipes] += good
        if self.scraps:
            state.scrap[recipes] += started - good
        take(state.on_order[made], recipes, started)
        take(state.in_process, recipes, started)

    def make(self, stage: int, day: int) -> None:
        """Start production, and take in what is done the same day."""
        for block, shut, yields in self.makings:
            if block.stage != stage:
                continue
            quantity = good = self._start(block, shut, day)
            if yields is not None:
                good = quantity.copy()
                scale(good, yields, day)
            if block.at_once:
                self._take_in(block.recipes, quantity, good)
                continue
            due = day + self.times[block.recipes]
            self.state.process.add(due, block.recipes, quantity)
            if self.scraps:
                self.state.good.add(due, block.recipes, good)

    def _start(self, block: layouts.Making, shut: Touched, day: int) -> Any:
        """Start as much as requests, capacity and components allow."""
        state, recipes, nodes = self.state, block.recipes, block.nodes
        quantity = state.to_make[recipes].copy()
        if nodes is not None:
            np.minimum(quantity, self.left[nodes], out=quantity)
        (scale if nodes is None else limit)(quantity, shut, day)
        for step in block.components:
            enough = state.on_hand[step.rows] / step.factors
            quantity[step.which] = np.minimum(quantity[step.which], enough)
        quantity *= quantity >= DUST
        for step in block.components:
            used = quantity[step.which] * step.factors
            take(state.on_hand, step.rows, used)
            state.consumed[self.layout.consumed[step.rows]] += used
        if nodes is not None:
            self.left[nodes] -= quantity
        state.to_make[recipes] -= quantity
        state.in_process[recipes] += quantity
        state.started[recipes] = quantity
        return quantity


class Afternoon(Production):
    """Goods flow down: stage by stage, what arrives is received, goods are made and handed over."""

    def __init__(self, engine: "VectorEngine", fresh: bool) -> None:
        """Find what disruptions and limits touch of what is handed over."""
        super().__init__(engine)
        plan = engine.plan
        self.pipeline = Pipeline(engine.streams, engine.state, fresh)
        self.moving, self.limits = dict(engine.streams.moving), dict[Any, Array]()
        for lane in plan.lanes:
            if lane.row.capacity < math.inf:
                ever = np.broadcast_to(1.0, (plan.scenario.days, 1))
                self.limits[lane.key] = lane.row.capacity * self.moving.pop(lane.key, ever)
        self.handovers = [(block, *self._touches(block)) for block in engine.layout.handovers]
        self.moved = np.zeros((len(engine.layout.lanes), engine.width))

    def _touches(
        self, block: layouts.Handover
    ) -> tuple[Touched, list[tuple[Touched, Touched, Touched]]]:
        """What limits a block's source, if it has a limit, and its claims, by place in the line."""
        leaving = (self.streams.shipping, self.making, {})[min(block.supply, 2)]
        keys, by_step = [item.key for item in block.items], []
        for place, (step, _) in enumerate(block.steps):
            which = index(step.which)
            claims = [block.items[k].claim_keys[place] for k in which]
            lanes = touched(claims, self.moving), touched(claims, self.limits)
            by_step.append((touched([keys[k] for k in which], leaving), *lanes))
        return touched(keys, self.making) if block.supply > 1 else None, by_step

    def live(self, day: int) -> None:
        """Give every stage its turn."""
        goods = self.pipeline.ring.due(day)
        self.finish(day)
        for stage, receives in self.layout.receives.items():
            for block in receives:
                self._receive(block, goods)
            self.make(stage, day)
            for handover in self.handovers:
                if handover[0].stage == stage:
                    self._hand_over(*handover, day)
            lanes, claims = self.layout.sends[stage]
            self.moved[lanes] = self.state.given[claims]
            self.pipeline.send(stage, day, self.moved)
        self._move(goods, day)

    def _receive(self, block: layouts.Receiving, goods: Array) -> None:
        """Take in what arrives."""
        state, items, arrived = self.state, block.items, goods[block.lanes]
        state.on_hand[items] += arrived
        if block.first:
            state.received[items] = arrived
        else:
            state.received[items] += arrived
        take(state.on_order, items, arrived)

    def _hand_over(self, block: layouts.Handover, shut: Touched, by_step: Any, day: int) -> None:
        """Hand over what is owed, claim by claim, as far as stock and lanes allow."""
        state, stock = self.state, None if block.supply == 1 else self.state.on_hand
        if block.supply > 1:
            stock = self.left[block.rows] + 0.0  # of its own
            limit(stock, shut, day)
        share = self._share(block, stock) if block.proportional and stock is not None else None
        for (step, items), (leaving, moving, limits) in zip(block.steps, by_step, strict=True):
            owed, given = state.owed[step.rows], state.given[step.rows]
            given[:] = owed
            scale(given, leaving, day)
            if share is not None:
                np.minimum(given, owed * share[step.which], out=given)
            scale(given, moving, day)
            limit(given, limits, day)
            rows = step.which if block.supply > 1 else items
            if stock is not None:
                there = stock[rows]
                np.minimum(given, there, out=given)
            given *= given >= DUST
            owed -= given
            if stock is not None:
                stock[rows] = np.subtract(there, given, out=there)
            if block.supply > 1:
                self.left[items] -= given

    def _share(self, block: layouts.Handover, stock: Array) -> Array | None:
        """The part of what each claimant is owed that it gets, in proportion; None: all."""
        there = stock if block.supply else stock[block.rows]
        total = np.zeros(there.shape)
        for step, _ in block.steps:
            total[step.which] += self.state.owed[step.rows]
        short = total > there
        if not short.any():
            return None
        return np.divide(there, total, out=np.ones(total.shape), where=short)

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


class Night:
    """Books close: what customers got, which cycles had a stock-out; days add up."""

    def __init__(self, engine: "VectorEngine") -> None:
        """Remember what customers wait for."""
        self.state, self.layout, plan = engine.state, engine.layout, engine.plan
        sellers = self.layout.sellers
        self.sold = span(self.layout.row[number] for number in sellers)
        self.loses = np.array([not plan.items[number].waits for number in sellers], dtype=bool)
        self.losers = span(np.flatnonzero(self.loses)) if self.loses.any() else None
        self.waiting = self.state.owed[self.layout.customers].copy()
        self.spoilt = np.zeros(self.waiting.shape, dtype=bool)
        place = {number: at for at, number in enumerate(sellers)}
        self.everybody = Sums([[(place[number], 1.0) for number in plan.sellers]])
        at, first = self.layout.at, self.layout.at("demanded")
        # What each item is asked and orders, in the record.
        self.flows = slice(at("asked_today", -first), at("received", -first))
        self.forget()

    def forget(self) -> None:
        """Begin the record anew."""
        state = self.state
        state.totals = np.zeros((len(state.today) + len(state.counts), state.width))
        state.counts.fill(0)
        self.spread, self.begins = Spread(), True  # a first day begins a replenishment cycle

    def close(self) -> None:
        """Add the day to the record."""
        state = self.state
        state.totals[: len(state.today)] += state.today
        self.spread.add(state.today[self.flows], self.everybody(state.demanded)[0])
        if self.spread.count % SETTLE == 0:
            state.settle()

    def variances(self) -> dict[str, Array]:
        """Variances over days: of orders and requests by item, and of all demand."""
        order, deciding, totals = self.layout.order, self.layout.deciding, self.state.totals
        found, demand = np.zeros((2, len(order), self.state.width)), np.zeros(self.state.width)
        if self.spread.count:
            everybody = self.everybody(totals[: len(self.waiting)])[0]
            rows, demand = self.spread.variances(totals[self.flows], everybody)
            found[0, order], found[1, order[:deciding]] = rows[: len(order)], rows[len(order) :]
        return {"asked": found[0], "ordered": found[1], "demand": demand}

    def judge(self) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        state, customers, claims = self.state, self.layout.customers, len(self.layout.claims)
        np.greater(state.given, 0.0, out=state.noted[:claims])
        lines, in_full, cycles, spoilt = state.noted[claims:].reshape(4, *self.waiting.shape)
        owed, served = state.owed[customers], state.given[customers]
        if self.losers is not None:
            gone = owed[self.losers]
            gone = gone * (gone >= DUST)
            state.lost[self.losers] = gone
            owed[self.losers] -= gone
            if not isinstance(customers, slice):
                state.owed[customers] = owed
        np.greater(state.demanded, 0.0, out=lines)
        on_time = np.subtract(served, self.waiting, out=state.on_time)
        np.maximum(on_time, 0.0, out=on_time)
        np.greater_equal(on_time, state.demanded * IN_FULL, out=in_full)
        in_full &= lines
        np.greater(state.came[self.sold], -1.0 if self.begins else 0.0, out=cycles)
        self.begins = False
        self.waiting[:] = owed
        short = owed + state.lost >= DUST
        np.greater(self.spoilt, cycles, out=self.spoilt)  # a new cycle has none yet
        np.greater(short, self.spoilt, out=spoilt)
        self.spoilt |= short
        state.counts += state.noted
