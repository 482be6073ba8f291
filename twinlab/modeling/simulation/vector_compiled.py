"""The steps of a day as compiled loops: the vector engine's work where Numba is installed.

They do the same sums in the same order as the steps on arrays, number by number, so no result
depends on who did the work. What disruptions, shares or yields touch is left to the arrays.
Environment ``TWINLAB_COMPILED``: 0 never, 1 always; else for ten million item-days, or if loaded.
"""

import os
from collections.abc import Callable
from functools import cache, cached_property
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import numpy as np

from twinlab.modeling.simulation.measures import IN_FULL
from twinlab.modeling.simulation.vector_blocks import Sums, index
from twinlab.modeling.simulation.vector_day import Afternoon, BlockView, Morning, Night, Touched
from twinlab.modeling.simulation.vector_layout import Decision, Handover, Making, Receiving
from twinlab.scope.base import DUST, Array

PAYS = 1e7  # item-days, from which loading the loops costs less than it saves


def compiles(work: float) -> bool:
    """Whether so many item-days are lived through by compiled loops."""
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

    plain = (add_up, post, receive, start, give, judge)
    return SimpleNamespace(**{function.__name__: compiled(function) for function in plain})


class CompiledMorning(Morning):
    """Sums and orders in loops."""

    def add_up(self, sums: Sums) -> Array:
        """Sums of rows of the table."""
        if sums.plain and sums.whole:
            return sums(self.state.table)
        found = np.empty((len(sums.ends) - 1, self.state.width))
        loops().add_up(self.state.table, sums.ends, sums.index, sums.factors, found)
        return found

    def _post(self, block: Decision, view: BlockView) -> None:
        if block.split or block.now is None or block.later is not None:
            super()._post(block, view)
            return
        if block.numbers is None:
            rows = self.layout.numbers("ordered on_order", block.rows)
            rows += self.layout.numbers("placed", block.placed)
            block.numbers = np.array([*rows, index(block.now[1])])
        loops().post(self.state.table, self.decided[block.rows], block.numbers)


class CompiledAfternoon(Afternoon):
    """Receiving, making and handing over in loops, where nothing special touches them."""

    def _start(self, block: Making, shut: Touched, day: int) -> Any:
        if shut is not None:
            return super()._start(block, shut, day)
        state, parts, recipes = self.state, block.parts, index(block.recipes)
        nodes = np.full(len(recipes), -1) if block.nodes is None else index(block.nodes)
        rows = recipes, nodes, parts.ends, parts.index, self.layout.consumed[parts.index]
        made = np.empty((len(recipes), state.width))
        goods = state.to_make, state.in_process, state.started, state.on_hand, state.consumed
        loops().start(goods, rows, parts.factors, self.left, made)
        return made

    def _receive(self, block: Receiving, goods: Array) -> None:
        if block.numbers is None:
            rows = self.layout.numbers("on_hand received on_order", block.items)
            block.numbers = np.array([*rows, index(block.lanes)])
        loops().receive(self.state.table, goods, block.numbers, block.first)

    def _hand_over(self, block: Handover, shut: Touched, by_step: Any, day: int) -> None:
        if block.supply > 1 or block.proportional or any(map(any, by_step)):
            super()._hand_over(block, shut, by_step, day)
            return
        if block.numbers is None:
            rows = self.layout.numbers("owed given", block.claims)
            stock = self.layout.at("on_hand") + block.whose
            block.numbers = np.array([*rows, np.full(len(stock), -1) if block.supply else stock])
        loops().give(self.state.table, block.numbers)


class CompiledNight(Night):
    """Service in loops."""

    @cached_property
    def _numbers(self) -> Array:
        numbers, everybody = self.layout.numbers, slice(0, len(self.waiting))
        rows = numbers("owed given", self.layout.customers) + numbers("received", self.sold)
        return np.array(rows + numbers("demanded on_time lost", everybody))

    def judge(self) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        state, claims, begins = self.state, len(self.layout.claims), self.begins
        kept, self.begins = (self.waiting, self.spoilt), False
        np.greater(state.given, 0.0, out=state.noted[:claims])
        loops().judge(state.table, self._numbers, self.loses, begins, kept, state.noted[claims:])
        state.counts += state.noted


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


def post(table: Any, decided: Any, rows: Any) -> None:
    """Orders without dust are placed, are on order, and add up where they are seen."""
    for i in range(len(decided)):
        ordered, on_order, placed, seen = rows[0, i], rows[1, i], rows[2, i], rows[3, i]
        for c in range(table.shape[1]):
            units = decided[i, c] if decided[i, c] >= DUST else 0.0
            table[ordered, c] = units
            table[placed, c] = units
            table[on_order, c] += units
            table[seen, c] += units


def receive(table: Any, goods: Any, rows: Any, first: bool) -> None:
    """Goods of some lanes go into stock."""
    for k in range(rows.shape[1]):
        on_hand, received, on_order, lane = rows[0, k], rows[1, k], rows[2, k], rows[3, k]
        for c in range(table.shape[1]):
            units = goods[lane, c]
            table[on_hand, c] += units
            table[received, c] = units if first else table[received, c] + units
            table[on_order, c] = max(table[on_order, c] - units, 0.0)


def start(goods: Any, rows: Any, needs: Any, left: Any, made: Any) -> None:
    """Production starts (see ``Production``); a node is -1 where its capacity has no limit."""
    to_make, in_process, started, on_hand, consumed = goods
    recipes, nodes, ends, components, used = rows
    for k in range(len(made)):
        recipe, node = recipes[k], nodes[k]
        for c in range(made.shape[1]):
            units = to_make[recipe, c]
            if node >= 0:
                units = min(units, left[node, c])
            for p in range(ends[k], ends[k + 1]):
                units = min(units, on_hand[components[p], c] / needs[p, 0])
            if units < DUST:
                units = 0.0
            for p in range(ends[k], ends[k + 1]):
                part = units * needs[p, 0]
                on_hand[components[p], c] = max(on_hand[components[p], c] - part, 0.0)
                consumed[used[p], c] += part
            if node >= 0:
                left[node, c] -= units
            to_make[recipe, c] -= units
            in_process[recipe, c] += units
            started[recipe, c] = units
            made[k, c] = units


def give(table: Any, rows: Any) -> None:
    """What is owed leaves, claim by claim, as far as stock goes (-1: it has no end)."""
    for k in range(rows.shape[1]):
        owed, given, stock = rows[0, k], rows[1, k], rows[2, k]
        for c in range(table.shape[1]):
            units = table[owed, c]
            if stock >= 0:
                units = min(units, table[stock, c])
            if units < DUST:
                units = 0.0
            table[owed, c] -= units
            table[given, c] = units
            if stock >= 0:
                table[stock, c] -= units


def judge(table: Any, rows: Any, loses: Any, begins: bool, kept: Any, marks: Any) -> None:
    """What customers get (see ``Night``); ``kept``: what waits, and whether a cycle is spoilt.

    ``marks``: what was so today (lines, lines in full, cycles, spoilt ones), by seller.
    """
    (waiting, spoilt), sold = kept, len(loses)
    for s in range(sold):
        owed, given, came = rows[0, s], rows[1, s], rows[2, s]
        demanded, on_time, lost = rows[3, s], rows[4, s], rows[5, s]
        for c in range(table.shape[1]):
            units = max(table[given, c] - waiting[s, c], 0.0)
            demand, waits = table[demanded, c], table[owed, c]
            cycle = begins | (table[came, c] > 0.0)
            gone = waits if loses[s] & (waits >= DUST) else 0.0
            waits -= gone
            short, before = waits + gone >= DUST, spoilt[s, c] & (not cycle)
            marks[s, c] = demand > 0.0
            marks[sold + s, c] = (demand > 0.0) & (units >= demand * IN_FULL)
            marks[2 * sold + s, c] = cycle
            marks[3 * sold + s, c] = short & (not before)
            table[on_time, c] = units
            table[lost, c] = gone
            table[owed, c] = waits
            waiting[s, c] = waits
            spoilt[s, c] = short | before
