"""The vector engine: many replications side by side, block by block.

It lives by the same law as a history (``scope.calendar``), with the same plan, the same random
numbers and the same rules, but with code of its own: every number of a history is a row of numbers
here, one per replication, and rows that do the same at the same moment are moved by one operation
on arrays (see ``vector_layout``). The two agree to the last bit on everything that a night records.
"""

from functools import partial
from typing import Any

import numpy as np

from twinlab.modeling.simulation.measures import IN_FULL
from twinlab.modeling.simulation.output_analysis import Spread
from twinlab.modeling.simulation.plan import Plan, make_plan, open_view
from twinlab.modeling.simulation.random_streams import BLOCK, RandomStreams, draw_streams
from twinlab.modeling.simulation.vector_afternoon import Afternoon
from twinlab.modeling.simulation.vector_blocks import Decision, Sums, span
from twinlab.modeling.simulation.vector_layout import Layout
from twinlab.modeling.simulation.vector_morning import BlockView, Morning
from twinlab.modeling.simulation.vector_state import SETTLE, VectorState, facts_of, record_rows
from twinlab.scope import Scenario
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array
from twinlab.scope.state import State, go_on


class Night:
    """What customers got on time, and which replenishment cycles had a stock-out."""

    def __init__(self, engine: "VectorEngine") -> None:
        """Remember what customers wait for."""
        self.state, self.layout = engine.state, engine.layout
        rows = dict(zip(engine.plan.sellers, engine.plan.demands, strict=True))
        self.customers = engine.customers
        self.sold = span(engine.layout.row[number] for number in engine.layout.sellers)
        waits = [rows[number].backorders for number in engine.layout.sellers]
        self.losers = span(k for k, wait in enumerate(waits) if not wait)
        self.lose = not all(waits)
        self.waiting = self.state.owed[self.customers].copy()
        self.spoilt = np.zeros(self.waiting.shape, dtype=bool)
        self.begins = True  # a first day begins a replenishment cycle

    def judge(self) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        state, claims, sold = self.state, len(self.layout.claims), len(self.waiting)
        noted = state.noted
        np.greater(state.given, 0.0, out=noted[:claims])
        lines, in_full, cycles, spoilt = noted[claims:].reshape(4, sold, -1)
        owed, served = state.owed[self.customers], state.given[self.customers]
        if self.lose:
            gone = owed[self.losers]
            gone = gone * (gone >= DUST)
            state.lost[self.losers] = gone
            owed[self.losers] -= gone
            if not isinstance(self.customers, slice):
                state.owed[self.customers] = owed
        np.greater(state.demanded, 0.0, out=lines)
        on_time = np.subtract(served, self.waiting, out=state.on_time)
        np.maximum(on_time, 0.0, out=on_time)
        np.greater_equal(on_time, state.demanded * IN_FULL, out=in_full)
        in_full &= lines
        if self.begins:
            cycles.fill(True)
        else:
            np.greater(state.came[self.sold], 0.0, out=cycles)
        self.begins = False
        self.waiting[:] = owed
        short = owed + state.lost >= DUST
        np.greater(self.spoilt, cycles, out=self.spoilt)  # a new cycle has none yet
        np.greater(short, self.spoilt, out=spoilt)
        self.spoilt |= short
        state.counts += noted


class VectorEngine:
    """A width of replications, from a start state to the last day of the scenario."""

    def __init__(
        self, plan: Plan, streams: RandomStreams, width: int, start: State | None = None
    ) -> None:
        """Set up the rows of numbers, from a state or from the network's first morning."""
        fresh, start = start is None, go_on(start, plan.scenario)
        self.plan, self.streams, self.width, self.start = plan, streams, width, start
        self.layout = layout = Layout(plan, facts_of(plan, streams, start))
        self.state = VectorState(layout, width, start)
        self.customers = layout.customers()
        self.day = start.day
        self.morning, self.night = Morning(self), Night(self)
        self.afternoon = Afternoon(self, fresh)
        row = {number: (layout.at("demanded", k), 1.0) for k, number in enumerate(layout.sellers)}
        self.everybody = Sums([[row[number] for number in plan.sellers]])
        self.spread = Spread()
        self.lived = 0  # days on record

    def live(self, day: int) -> None:
        """Live through one day, and add it to the record."""
        self.day, state = day, self.state
        self.morning.arrive(day)
        self.morning.decide(day, evening=False)
        state.asked_today[:] = self.layout.asked(state.table)
        self.afternoon.live(day)
        self.night.judge()
        self.morning.decide(day, evening=True)
        state.totals += state.today
        self.spread.add(state.ordered, state.asked_today, self.everybody(state.table)[0])
        self.lived += 1
        if self.lived % SETTLE == 0:
            state.settle()

    def forget(self) -> None:
        """Take what there was so far for a warm-up: the record begins anew."""
        for table in (self.state.totals, self.state.counts, self.state.counted):
            table.fill(0)
        self.spread, self.lived, self.night.begins = Spread(), 0, True

    def tonight(self, rows: Any = slice(None)) -> Array:
        """Rows of today's record."""
        return self.state.read(self.state.today, self.state.noted, rows)

    def amounts(self, rows: Any = slice(None)) -> Array:
        """Rows of the record of all days together."""
        self.state.settle()
        return self.state.read(self.state.totals, self.state.counted, rows)

    # -- what a view may show --

    def view_of(self, block: Decision) -> BlockView:
        """The view of a block; what others share is worked out item by item."""

        def of_all(one: Any) -> Any:
            if block.alone:
                return one(block.items[0].number)
            return np.stack([np.broadcast_to(one(i.number), self.width) for i in block.items])

        shared = partial(of_all, self._echelon_position), partial(of_all, self._point_of_sale)
        view = open_view(self.plan, block.items[0], self.start, *shared)
        told = (view.suppliers, 0, 0.0, 0.0, 0.0, 0.0, view.memory, view.echelon, view.sales)
        return BlockView(view.node, view.product, *told)

    def _backlog(self, number: int) -> Any:
        """Units asked of an item and not yet handed over: claims in order of service, then use."""
        state, item, total = self.state, self.plan.items[number], np.zeros(self.width)
        for claim in self.layout.claims_of(item):
            total += state.owed[claim]
        for recipe, need in item.users:
            total += state.to_make[self.layout.recipe[recipe]] * need
        return total

    def _echelon_position(self, number: int) -> Array:
        """Units of an item here and, as weighed by the plan, everywhere downstream."""
        state, total = self.state, np.zeros(self.width)
        for other, weight in self.plan.echelon(number):
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

    def _point_of_sale(self, number: int) -> Array:
        """What customers ask for today, of an item and, as weighed by the plan, downstream."""
        total, demands = np.zeros(self.width), self.plan.demands
        for at, weight in self.plan.customers(number):
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
            engine.forget()
        engine.live(day)
        nights.append(engine.tonight()[:, column])
    recorded = np.array(nights[warm_up:]).reshape(-1, len(engine.state.where))
    return {name: recorded[:, part] for name, part in record_rows(engine.plan).items()}
