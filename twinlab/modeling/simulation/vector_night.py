"""Books close, in the vector engine: what customers got, and what the days add up to."""

from typing import TYPE_CHECKING

import numpy as np

from twinlab.modeling.simulation.measures import IN_FULL
from twinlab.modeling.simulation.output_analysis import Spread
from twinlab.modeling.simulation.vector_blocks import Sums, span
from twinlab.modeling.simulation.vector_state import SETTLE
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array

if TYPE_CHECKING:
    from twinlab.modeling.simulation.vector_engine import VectorEngine


class Night:
    """Books close: what customers got, which cycles had a stock-out; days add up."""

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
        place = {number: at for at, number in enumerate(engine.layout.sellers)}
        self.everybody = Sums([[(place[number], 1.0) for number in engine.plan.sellers]])
        self.forget()

    def forget(self) -> None:
        """Begin the record anew."""
        state, cuts = self.state, self.layout.cuts
        rows = len(state.today) + len(state.counts)
        state.totals = np.zeros((rows, state.width))
        state.counts.fill(0)
        # Of what each item is asked and orders, and of what all customers ask.
        self.amounts = state.table[cuts["asked_today"].start : cuts["ordered"].stop]
        self.spread, self.demand_spread = Spread(), Spread()
        self.lived, self.begins = 0, True  # a first day begins a replenishment cycle

    def close(self) -> None:
        """Add the day to the record."""
        state = self.state
        state.totals[: len(state.today)] += state.today
        self.spread.add(self.amounts)
        self._count()

    def _count(self) -> None:
        self.demand_spread.add(self.everybody(self.state.demanded)[0])
        self.lived += 1
        if self.lived % SETTLE == 0:
            self.state.settle()

    def variances(self) -> dict[str, Array]:
        """Variances over days: of orders and requests by item, and of all demand."""
        layout, state = self.layout, self.state
        shape, found = (len(layout.order), state.width), dict[str, Array]()
        cuts, rows, demand = layout.cuts, np.zeros(self.amounts.shape), np.zeros(state.width)
        if self.lived:
            begin, end = (
                at - state.first for at in (cuts["asked_today"].start, cuts["ordered"].stop)
            )
            rows = self.spread.variances(state.totals[begin:end])[0]
            everybody = self.everybody(state.totals[: len(state.demanded)])[0]
            demand = self.demand_spread.variances(everybody)[0]
        found["asked"], found["ordered"] = np.zeros(shape), np.zeros(shape)
        found["asked"][layout.order] = rows[: shape[0]]
        found["ordered"][layout.order[: layout.deciding]] = rows[shape[0] :]
        return found | {"demand": demand}

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
