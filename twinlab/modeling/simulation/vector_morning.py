"""Orders flow up, in the vector engine: blocks of items decide, and their orders are posted."""

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.modeling.simulation.vector_blocks import Decision, Sums, stack
from twinlab.modeling.simulation.vector_state import Days, open_days
from twinlab.organization.view import View, split_order
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError

if TYPE_CHECKING:
    from twinlab.modeling.simulation.vector_engine import VectorEngine


class BlockView(View):
    """The books of a block of decision makers; what was asked is added up where it is read."""

    __slots__ = ("asked",)
    asked: Callable[[], Any]

    @property
    def demand(self) -> Any:
        """Units asked since the last decision."""
        return self.asked()

    @demand.setter
    def demand(self, value: Any) -> None:
        self.asked = lambda: value


class Morning:
    """Orders flow up: block by block, decisions are made and posted."""

    def __init__(self, engine: "VectorEngine") -> None:
        """Prepare a rule and a view for every block."""
        self.engine, self.state, self.layout = engine, engine.state, engine.layout
        layout, streams, plan = engine.layout, engine.streams, engine.plan
        self.decided = np.zeros((layout.deciding, engine.width))
        self.late = layout.rows_of(layout.late)
        rows = {plan.sellers[at]: row for at, row in enumerate(plan.demands)}
        demands = [rows[number] for number in layout.sellers]
        self.demand = Days([streams.demand[row.node, row.product] for row in demands])
        self.todo: dict[bool, list[tuple[Decision, Any, BlockView, Any]]] = {False: [], True: []}
        for block in layout.decisions:
            first = block.items[0]
            rule = first.rule if block.alone else stack([item.rule for item in block.items])
            view = engine.view_of(block)
            view.asked = partial(self._asked, block)
            self.todo[first.node.evening_review].append((block, rule, view, self._gates(block)))

    def _gates(self, block: Decision) -> Any:
        """Where orders are split by who is open, or may be: that, day by day, by supplier."""
        if block.split == "ranks" and not block.alone:
            lanes = self.layout.orders[block.placed]
        elif block.alone:
            lanes = list(block.items[0].lanes_in)
        else:
            return None
        ever = np.broadcast_to(1.0, (self.engine.plan.scenario.days, 1))
        tables = [open_days(self.engine.plan, self.engine.streams, at) for at in lanes]
        return Days([ever if table is None else table for table in tables])

    def _asked(self, block: Decision) -> Array:
        """Units asked of a block since its last decision."""
        if block.since is None:
            asked = block.asks(self.state.table).copy()
        else:
            asked = self.state.since[block.since].copy()
        return asked[0] if block.alone else asked

    def add_up(self, sums: Sums) -> Array:
        """Sums of rows of the table."""
        return sums(self.state.table)

    def arrive(self, day: int) -> None:
        """Orders that are due reach those with whom they were placed; customers ask."""
        state = self.state
        if len(state.late):
            state.late[:] = state.late_ring.due(day)
            state.late_ring.due(day).fill(0.0)
            state.table[self.late] += state.late
        state.demanded[:] = self.demand[day]
        state.owed[self.engine.customers] += state.demanded

    def decide(self, day: int, evening: bool) -> None:
        """Every block whose nodes review now decides, downstream first."""
        state = self.state
        for block, rule, view, gates in self.todo[evening]:
            if block.since is not None and not evening:
                state.since[block.since] = block.asks(state.table)
            decided = self.decided[block.rows]
            if day % block.items[0].node.review_period:
                for table in (decided, state.ordered[block.rows], state.placed[block.placed]):
                    table.fill(0.0)
                continue
            self._show(block, view, gates, day)
            self._ask(block, rule, view, decided)
            if block.since is not None:
                state.since[block.since] = 0.0
            self._post(block, view, gates, day)
        if self.todo[evening]:
            _check_decisions(self.engine, self.decided, day)
        if len(state.since) and not evening:
            state.since[:] = self.layout.rest(state.table)

    def _show(self, block: Decision, view: BlockView, gates: Any, day: int) -> None:
        """Open the books of a block. A rule of one's own may keep what it sees: it gets copies."""
        state, rows = self.state, block.rows
        view.day, view.backlog = day, self.add_up(block.backlog)
        view.on_hand, view.on_order = state.on_hand[rows], state.on_order[rows]
        if block.alone:
            view.backlog, view.on_hand = view.backlog[0].copy(), view.on_hand[0].copy()
            view.on_order = view.on_order[0].copy()
            for supplier, is_open in zip(view.suppliers, gates[day] if gates else (), strict=True):
                supplier.open = is_open

    def _ask(self, block: Decision, rule: Any, view: BlockView, decided: Array) -> None:
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

    def _post(self, block: Decision, view: View, gates: Any, day: int) -> None:
        """Orders are placed, with suppliers or with one's own production."""
        state, decided = self.state, self.decided[block.rows]
        ordered, placed = state.ordered[block.rows], state.placed[block.placed]
        np.multiply(decided, decided >= DUST, out=ordered)
        if block.split:
            self._divide(block, view, gates, day)
            state.on_order[block.rows] = block.on_order(state.table)
            ordered[:] = block.ordered(state.table)
        else:
            placed[:] = ordered
            state.on_order[block.rows] += ordered
        if block.now is not None:
            which, rows = block.now
            state.table[rows] += placed[which]
        if block.later is not None:
            which, late, delays = block.later
            state.late_ring.add(day + delays, late, placed[which])

    def _divide(self, block: Decision, view: View, gates: Any, day: int) -> None:
        """Split what is ordered over the suppliers."""
        ordered, placed = self.state.ordered[block.rows], self.state.placed[block.placed]
        if block.split == "own":
            placed[:] = split_order(block.items[0].sourcing, view, ordered[0])
        elif block.split == "shares":
            for step in block.lanes:
                share = 1.0 if step.factors is None else step.factors
                placed[step.rows] = ordered[step.which] * share
        else:
            left, first, opened = ordered.copy(), block.ranks[0], gates[day]
            for step in block.ranks:
                part = left[step.which] * opened[step.rows]
                placed[step.rows] = part
                left[step.which] -= part
            placed[first.rows] += left[first.which]
        placed *= placed >= DUST


def _check_decisions(engine: "VectorEngine", decided: Array, day: int) -> None:
    """Every number decided today must be a quantity."""
    if decided.min() >= 0.0 and decided.max() < math.inf:
        return
    row, column = np.argwhere(~((decided >= 0.0) & (decided < math.inf)))[0]
    item = engine.plan.items[engine.layout.order[row]]
    raise ScenarioError(
        f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} returned "
        f"{decided[row, column]} on day {day}: a rule returns numbers of units of at least "
        "0 (for example np.maximum(0, 50 - view.inventory_position))"
    )
