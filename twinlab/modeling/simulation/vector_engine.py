"""The vector engine: many replications side by side, block by block.

It lives by the law, plan, random numbers and rules of a history, but with code of its own: each
number is a row here, one per replication, and rows that do the same at the same moment are moved
by one operation (``vector_layout``). The two agree to the last bit on all that a night records.
"""

from functools import partial
from typing import Any

import numpy as np

from twinlab.modeling.simulation import vector_compiled as compiled
from twinlab.modeling.simulation.plan import Plan, make_plan, open_view
from twinlab.modeling.simulation.random_streams import BLOCK, RandomStreams, draw_streams
from twinlab.modeling.simulation.vector_blocks import Records
from twinlab.modeling.simulation.vector_day import Afternoon, BlockView, Morning, Night
from twinlab.modeling.simulation.vector_layout import Decision, facts_of, layout_of
from twinlab.modeling.simulation.vector_state import VectorState
from twinlab.scope import Scenario
from twinlab.scope.distributions import Array
from twinlab.scope.state import State, go_on


class VectorEngine:
    """A width of replications, from a start state to the last day of the scenario."""

    def __init__(
        self, plan: Plan, streams: RandomStreams, width: int, start: State | None = None
    ) -> None:
        """Set up the rows of numbers, from a state or from the network's first morning."""
        fresh, start = start is None, go_on(start, plan.scenario)
        self.plan, self.streams, self.width, self.start = plan, streams, width, start
        self.layout = layout = layout_of(plan, facts_of(plan, streams, start))
        self.state = VectorState(layout, width, start)
        self.day = start.day
        fast = compiled.compiles(len(plan.items) * width * (plan.scenario.days - start.day))
        self.morning = (compiled.CompiledMorning if fast else Morning)(self)
        self.afternoon = (compiled.CompiledAfternoon if fast else Afternoon)(self, fresh)
        self.night = (compiled.CompiledNight if fast else Night)(self)

    def live(self, day: int) -> None:
        """Live through one day, and add it to the record."""
        self.day = day
        self.morning.arrive(day)
        self.morning.decide(day, evening=False)
        self.state.asked_today[:] = self.morning.add_up(self.layout.asked)
        self.afternoon.live(day)
        self.night.judge()
        self.morning.decide(day, evening=True)
        self.night.close()

    # -- what a view may show --

    def view_of(self, block: Decision) -> BlockView:
        """The view of a block; what others share is worked out item by item."""

        def of_all(one: Any) -> Any:
            if block.alone:
                return one(block.items[0].number)
            return np.stack([np.broadcast_to(one(i.number), self.width) for i in block.items])

        view = BlockView(*block.items[0].key)
        view.echelon = partial(of_all, self._echelon_position)
        view.sales = partial(of_all, self._point_of_sale)
        own = {"echelon": self._echelon_position, "sales": self._point_of_sale}  # who asks is alone
        view.own = {n: partial(tell, block.items[0].number, view.node) for n, tell in own.items()}
        open_view(view, self.plan, block.items[0], self.start, self.streams.noise)
        return view

    def _backlog(self, number: int) -> Any:
        """Units asked of an item and not yet handed over."""
        total = np.zeros(self.width)
        for row, need in self.layout.owing(self.plan.items[number]):
            total += self.state.table[row] * need
        return total

    def _echelon_position(self, number: int, node: str = "") -> Array:
        """Units (at a node) of an item here and, as weighed by the plan, everywhere downstream."""
        state, total = self.state, np.zeros(self.width)
        for other, weight in self.plan.echelon(number, node):
            row = self.layout.row[other]
            if row >= self.layout.deciding:
                position = -self._backlog(other)
            else:
                position = state.on_hand[row] + state.on_order[row] - self._backlog(other)
            if other != number:
                position = position - self._unseen(other)
            total += weight * position
        return total

    def _unseen(self, number: int) -> Any:
        """Units an item has ordered that its suppliers do not know of yet."""
        item, ring = self.plan.items[number], self.state.late_ring
        unseen: Any = 0.0
        for key in (*item.lanes_in, *(() if item.made is None else (~item.made,))):
            row = self.layout.late.get(key)
            # Today's orders have been seen already: their slot is empty, and comes last.
            for ahead in range(1, 1 + len(ring.table) * (row is not None)):
                unseen = unseen + ring.due(self.day + ahead)[row]
        return unseen

    def _point_of_sale(self, number: int, node: str = "") -> Array:
        """What customers (of a node) ask for today, of an item and, as weighed, downstream."""
        total, demands = np.zeros(self.width), self.plan.demands
        for at, weight in self.plan.customers(number, node):
            row = demands[at]
            total += weight * self.streams.demand[row.node, row.product][self.day]
        return total


def open_engine(plan: Plan, seed: int, start: Any, block: int, columns: int) -> VectorEngine:
    """A vector engine on the first day, for some replications that begin with those of a block."""
    streams = draw_streams(plan.scenario, seed, block, columns, start)
    return VectorEngine(plan, streams, columns, start)


def replay(
    scenario: Scenario, seed: int, replication: int, start: State | None = None, warm_up: int = 0
) -> dict[str, Array]:
    """What the vector engine records on every night of one replication (days × numbers)."""
    block, column = divmod(replication, BLOCK)
    engine = open_engine(make_plan(scenario), seed, start, block, BLOCK)
    nights = []
    for at, day in enumerate(range(engine.day, scenario.days)):
        if at == warm_up:
            engine.night.forget()
        engine.live(day)
        nights.append(engine.state.tonight()[:, column])
    records = Records(engine.plan)
    recorded = np.array(nights[warm_up:]).reshape(-1, len(engine.layout.record)).T
    return {name: records.whole(name, recorded).T for name in records.rows}
