"""The steps of a day as compiled loops: the vector engine's work where Numba is installed.

They do the same sums in the same order as the steps on arrays, number by number, so no result
depends on who did the work. What disruptions, shares or yields touch is left to the arrays.
The environment variable ``TWINLAB_COMPILED`` decides: 0 never, 1 always; else it pays from some ten
million item-days on, or once the loops are loaded.
"""

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

from twinlab.modeling.simulation.measures import IN_FULL
from twinlab.modeling.simulation.vector_afternoon import Afternoon, Touched
from twinlab.modeling.simulation.vector_blocks import Decision, Handover, Making, Sums, numbers
from twinlab.modeling.simulation.vector_morning import Morning
from twinlab.modeling.simulation.vector_night import Night
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array

PAYS = 1e7  # item-days, from which loading the loops costs less than it saves


def compiles(work: float) -> bool:
    """Whether so many item-days are lived through by compiled loops.

    >>> import os
    >>> compiles(1.0) and not os.environ.get("TWINLAB_COMPILED") and not loops.cache_info().currsize
    False
    """
    wish = os.environ.get("TWINLAB_COMPILED", "")
    if wish == "0" or find_spec("numba") is None:
        return False
    return wish == "1" or work >= PAYS or loops.cache_info().currsize > 0


@cache
def loops() -> SimpleNamespace:
    """The loops, compiled; kept on disk where that can be written."""
    from numba import njit

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            return njit(cache=True, nogil=True)(function)
        except RuntimeError:  # nowhere to keep it
            return njit(nogil=True)(function)

    plain = (add_up, post, receive, start, hand_over, send, judge, close)
    return SimpleNamespace(**{function.__name__: compiled(function) for function in plain})


class CompiledMorning(Morning):
    """Sums and orders in loops."""

    def __init__(self, engine: Any) -> None:
        """Number the rows when they are needed."""
        super().__init__(engine)
        self.seen: dict[int, Any] = {}

    def add_up(self, sums: Sums) -> Array:
        """Sums of rows of the table."""
        if sums.plain and sums.whole:
            return sums(self.state.table)
        found = np.empty((len(sums.ends) - 1, self.engine.width))
        loops().add_up(self.state.table, sums.ends, sums.index, sums.factors, found)
        return found

    def _post(self, block: Decision, view: Any, gates: Any, day: int) -> None:
        if block.split or block.now is None or block.later is not None:
            super()._post(block, view, gates, day)
            return
        if id(block) not in self.seen:
            at, row, seen = self.layout.at, block.rows.start, np.array(numbers(block.now[1]))
            rows = at("ordered", row), at("placed", block.placed.start), at("on_order", row)
            self.seen[id(block)] = *rows, seen
        loops().post(self.state.table, self.decided[block.rows], *self.seen[id(block)])


class CompiledAfternoon(Afternoon):
    """Receiving, handing over and sending in loops, where nothing special touches them."""

    def __init__(self, engine: Any, fresh: bool) -> None:
        """Number the rows."""
        super().__init__(engine, fresh)
        at, layout = self.layout.at, self.layout
        self.into: dict[int, Any] = {}
        for block in (block for blocks in layout.receives.values() for block in blocks):
            items = np.array(numbers(block[1]))
            rows = np.array([at("on_hand") + items, at("received") + items, at("on_order") + items])
            self.into[id(block)] = np.array(numbers(block[2])), rows, block[0]
        self.starts: dict[int, Any] = {}
        self.lines: dict[int, Any] = {}
        for handover, _, by_step in self.handovers:
            free = not handover.proportional and handover.supply < 2
            if free and not any(touch for step in by_step for touch in step):
                claims = np.array([k for step, _ in handover.steps for k in numbers(step.rows)])
                stock = np.array([k for _, rows in handover.steps for k in numbers(rows)])
                stock = at("on_hand") + stock if handover.supply == 0 else np.full(len(stock), -1)
                self.lines[id(handover)] = at("owed") + claims, at("given") + claims, stock
        ways = [way for ways in self.pipeline.sends.values() for way in ways]
        certain = len(ways) == 1 and ways[0][2].span == 0 and self.pipeline.renewed
        self.plain = certain and not len(layout.backward) and len(layout.sends) == 1
        if self.plain:
            self.sent = at("given") + np.array(numbers(layout.sends[0][1]))
            self.leads = ways[0][2][0][:, 0]

    def _start(self, block: Making, shut: Touched, day: int) -> Any:
        if shut is not None:
            return super()._start(block, shut, day)
        if id(block) not in self.starts:
            self.starts[id(block)] = self._rows_of(block)
        rows, parts, needs = self.starts[id(block)]
        made = np.empty((rows.shape[1] - 1, self.state.width))
        loops().start(self.state.table, rows, parts, needs, self.left, made)
        return made

    def _rows_of(self, block: Making) -> tuple[Any, ...]:
        at, recipes, plan = self.layout.at, numbers(block.recipes), self.layout.plan
        lines = [plan.recipes[self.layout.recipes[k]].components for k in recipes]
        hand = np.array([self.layout.row[number] for line in lines for number, _ in line], np.intp)
        ends = np.cumsum([0, *map(len, lines)])
        rows = np.zeros((5, len(ends)), np.intp)
        for row, name in enumerate(("to_make", "in_process", "started")):
            rows[row, :-1] = at(name) + np.array(recipes)
        rows[3, :-1] = -1 if block.nodes is None else numbers(block.nodes)
        rows[4] = ends
        parts = np.array([at("on_hand") + hand, at("consumed") + self.layout.consumed[hand]])
        needs = np.array([need for line in lines for _, need in line])
        return rows, parts, needs

    def _receive(self, block: Any, goods: Array) -> None:
        lanes, rows, first = self.into[id(block)]
        loops().receive(self.state.table, goods, lanes, rows, first)

    def _hand_over(self, block: Handover, shut: Touched, by_step: Any, day: int) -> None:
        if id(block) in self.lines:
            loops().hand_over(self.state.table, *self.lines[id(block)])
        else:
            super()._hand_over(block, shut, by_step, day)

    def _send(self, stage: int, day: int) -> None:
        if not self.plain:
            super()._send(stage, day)

    def _move(self, goods: Array, day: int) -> None:
        if not self.plain:
            super()._move(goods, day)
            return
        ring = self.pipeline.ring.table
        slots = (day + self.leads) % len(ring)
        loops().send(self.state.table, self.sent, self.layout.at("in_transit"), goods, ring, slots)


class CompiledNight(Night):
    """Service and totals in loops."""

    def __init__(self, engine: Any) -> None:
        """Number the rows."""
        super().__init__(engine)
        at, sold = self.layout.at, len(self.waiting)
        each = np.arange(sold)
        customers, row = np.array(numbers(self.customers)), np.array(numbers(self.sold))
        parts = [at("owed") + customers, at("given") + customers, at("received") + row]
        parts += [at(name) + each for name in ("demanded", "on_time", "lost")]
        self.rows = np.array(parts, dtype=np.intp).reshape(6, sold)
        self.loses = np.zeros(sold, dtype=bool)
        self.loses[self.losers] = self.lose
        self.kept = np.array([self.waiting, self.spoilt])

    def judge(self) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        state, claims = self.state, len(self.layout.claims)
        np.greater(state.given, 0.0, out=state.noted[:claims])
        begins, self.begins = self.begins, False
        loops().judge(state.table, self.rows, self.loses, begins, self.kept, state.noted[claims:])
        state.counts += state.noted

    def close(self) -> None:
        """Add the day to the record."""
        if not self.spread.count:
            super().close()
            return
        (first, squares, _), state = self.spread.series[0], self.state
        self.spread.count += 1
        loops().close(state.today, state.totals, self.amounts, first, squares)
        self._count()


# -- the loops: rows of a table, by number; columns are replications --


def add_up(table: Any, ends: Any, rows: Any, factors: Any, found: Any) -> None:
    """Sums of rows (see ``Sums``)."""
    for i in range(len(found)):
        found[i, :] = 0.0
        for p in range(ends[i], ends[i + 1]):
            r, factor = rows[p], factors[p, 0]
            for c in range(table.shape[1]):
                part = table[r, c] * factor
                found[i, c] += part


def post(table: Any, decided: Any, ordered: Any, placed: Any, on_order: Any, seen: Any) -> None:
    """Orders without dust: what is placed, is on order, and adds up where it is seen."""
    for i in range(len(decided)):
        for c in range(table.shape[1]):
            units = decided[i, c] if decided[i, c] >= DUST else 0.0
            table[ordered + i, c] = units
            table[placed + i, c] = units
            table[on_order + i, c] += units
            table[seen[i], c] += units


def receive(table: Any, goods: Any, lanes: Any, rows: Any, first: bool) -> None:
    """Goods of some lanes go into stock; ``rows``: on hand, received, on order."""
    for k in range(len(lanes)):
        hand, got, order = rows[0, k], rows[1, k], rows[2, k]
        for c in range(table.shape[1]):
            units = goods[lanes[k], c]
            table[hand, c] += units
            table[got, c] = units if first else table[got, c] + units
            table[order, c] = max(table[order, c] - units, 0.0)


def start(table: Any, rows: Any, parts: Any, needs: Any, left: Any, made: Any) -> None:
    """Production starts (see ``Afternoon``); ``parts``: components on hand and consumed.

    ``rows``: to make, in process, started, the node if its capacity is limited (or -1), first part.
    """
    for k in range(len(made)):
        node = rows[3, k]
        wanted, busy, begun = rows[0, k], rows[1, k], rows[2, k]
        for c in range(table.shape[1]):
            units = table[wanted, c]
            if node >= 0:
                units = min(units, left[node, c])
            for p in range(rows[4, k], rows[4, k + 1]):
                units = min(units, table[parts[0, p], c] / needs[p])
            if units < DUST:
                units = 0.0
            for p in range(rows[4, k], rows[4, k + 1]):
                used = units * needs[p]
                table[parts[0, p], c] = max(table[parts[0, p], c] - used, 0.0)
                table[parts[1, p], c] += used
            if node >= 0:
                left[node, c] -= units
            table[wanted, c] -= units
            table[busy, c] += units
            table[begun, c] = units
            made[k, c] = units


def hand_over(table: Any, owed: Any, given: Any, stock: Any) -> None:
    """What is owed leaves, claim by claim, as far as stock goes (-1: it has no end)."""
    for k in range(len(owed)):
        claim, gone, item = owed[k], given[k], stock[k]
        for c in range(table.shape[1]):
            units = table[claim, c]
            if item >= 0:
                units = min(units, table[item, c])
            if units < DUST:
                units = 0.0
            table[claim, c] -= units
            table[gone, c] = units
            if item >= 0:
                table[item, c] -= units


def send(table: Any, claims: Any, transit: int, goods: Any, ring: Any, slots: Any) -> None:
    """Goods that were handed over are under way, those that arrived no longer."""
    for k in range(len(claims)):
        for c in range(table.shape[1]):
            units = table[claims[k], c]
            table[transit + k, c] = max(table[transit + k, c] + units - goods[k, c], 0.0)
            ring[slots[k], k, c] = units


def judge(table: Any, rows: Any, loses: Any, begins: bool, kept: Any, marks: Any) -> None:
    """What customers get (see ``Night``); ``kept``: what waits, and whether a cycle is spoilt.

    ``marks``: what was so today (lines, lines in full, cycles, spoilt ones), by seller.
    """
    sold = len(loses)
    for s in range(sold):
        owed, given, came = rows[0, s], rows[1, s], rows[2, s]
        asked, on_time, lost = rows[3, s], rows[4, s], rows[5, s]
        for c in range(table.shape[1]):
            units = max(table[given, c] - kept[0, s, c], 0.0)
            table[on_time, c] = units
            demand, waits = table[asked, c], table[owed, c]
            marks[s, c] = demand > 0.0
            marks[sold + s, c] = (demand > 0.0) & (units >= demand * IN_FULL)
            cycle = begins | (table[came, c] > 0.0)
            gone = waits if loses[s] & (waits >= DUST) else 0.0
            waits -= gone
            short, spoilt = waits + gone >= DUST, (kept[1, s, c] > 0.0) & (not cycle)
            marks[2 * sold + s, c] = cycle
            marks[3 * sold + s, c] = short & (not spoilt)
            table[lost, c] = gone
            table[owed, c] = waits
            kept[0, s, c] = waits
            kept[1, s, c] = 1.0 if short | spoilt else 0.0


def close(today: Any, totals: Any, amounts: Any, first: Any, squares: Any) -> None:
    """Add tonight to the totals, and the squares of amounts around those of the first night."""
    for i in range(len(today)):
        for c in range(today.shape[1]):
            totals[i, c] += today[i, c]
    for i in range(len(amounts)):
        for c in range(today.shape[1]):
            beyond = amounts[i, c] - first[i, c]
            squares[i, c] += beyond * beyond
