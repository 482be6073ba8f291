"""The state of many replications: one table of numbers (rows × replications), and rings of days."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from twinlab.modeling.simulation.random_streams import RandomStreams, arrival
from twinlab.modeling.simulation.vector_blocks import Days, Ring, Rows, Sums, certain, index, span
from twinlab.modeling.simulation.vector_layout import Layout
from twinlab.scope.distributions import Array
from twinlab.scope.state import State

SETTLE = 250  # days; a byte counts to 255


class VectorState:
    """The stocks, flows, orders and shipments of a width of replications.

    The parts of ``table`` (see ``Layout``) are attributes: windows of rows × replications.
    """

    def __init__(self, layout: Layout, width: int, start: State) -> None:
        """Fill in the start state."""
        self.layout, self.width, self.start, plan = layout, width, start, layout.plan
        self.table = np.zeros((layout.at("sent"), width))
        self.today = self.table[layout.at("demanded") :]  # what is on record
        self.came = self.table[layout.at("received") : layout.at("started")]  # or is finished
        self.noted = np.zeros((layout.cuts["cycles_spoilt"].stop - len(self.table), width), bool)
        self.counts = np.zeros(self.noted.shape, np.uint8)
        self.totals = self.table[:0]  # of today's rows and the counts; made when a record begins
        keys, lanes, made = plan.stock_keys, plan.lanes, plan.recipes
        keys = keys | {"to_make": keys["in_process"], "since": keys["on_hand"]}
        for name, known in keys.items():
            told = getattr(start, "asked" if name == "since" else name)
            units = [told.get(known[at], 0.0) for at in layout.parts[name]]
            getattr(self, name)[:] = np.array(units).reshape(-1, 1)
        late = [lanes[key].key if key >= 0 else made[~key].key for key in layout.late]
        orders = [start.open_orders[key] for key in late]
        self.late_ring = self._ring_of(orders, [lane.delay for lane in lanes])
        lots = [start.lots[made[at].key] for at in layout.recipes]
        times = [recipe.row.production_time for recipe in made]
        self.process, self.good = self._ring_of(lots, times), self._ring_of(lots, times, good=True)

    def __getattr__(self, name: str) -> Any:
        cuts = self.__dict__["layout"].cuts
        if name not in cuts:
            raise AttributeError(name)
        self.__dict__[name] = window = self.table[cuts[name]]
        return window

    def _ring_of(self, under_way: Any, delays: Iterable[int], good: bool = False) -> Ring:
        """Orders that will be seen, or production (what was started, or is good of it), by day."""
        ahead = [one.due - self.start.day for each in under_way for one in each]
        ring = Ring(max([1, *ahead, *delays]), len(under_way), self.width)
        for row, each in enumerate(under_way):
            for one in each:
                ring.due(one.due)[row] += one.good if good else one[1]
        return ring

    def tonight(self, rows: Any = slice(None)) -> Array:
        """Rows of today's record."""
        where, cut = self.layout.record[rows], len(self.today)
        found, low = np.empty((len(where), self.width)), where < cut
        found[low], found[~low] = self.today[where[low]], self.noted[where[~low] - cut]
        return found

    def sums_of(self, wanted: Sequence[Sequence[int]]) -> Callable[[], Array]:
        """How to add up rows of today's record: one sum for each list of rows."""
        cut = len(self.today)
        rows = [self.layout.record[list(each)] for each in wanted]
        counted = [k for k, each in enumerate(rows) if (each >= cut).any()]
        begin = len(self.table) - cut
        sums = Sums([[(begin + at, 1.0) for at in each[each < cut].tolist()] for each in rows])

        def tonight() -> Array:
            found = sums(self.table)
            if counted:
                found = found.copy()
                found[counted] = [self.tonight(wanted[k]).sum(axis=0) for k in counted]
            return found

        return tonight

    def amounts(self, rows: Any = slice(None)) -> Any:
        """Rows of the record of all days together."""
        self.settle()
        return self.totals.take(self.layout.record[rows], axis=0)

    def settle(self) -> None:
        """Put the counts on record."""
        self.totals[len(self.today) :] += self.counts
        self.counts.fill(0)


class Pipeline:
    """Goods under way, by the day on which they arrive."""

    def __init__(self, streams: RandomStreams, state: VectorState, fresh: bool) -> None:
        """Lay out the ring with what is under way at the start (``fresh``: the first morning)."""
        start, layout, width = state.start, state.layout, state.width
        leads, waiting = list[Any](), list[tuple[int, Any, float]]()
        for row, key in enumerate(layout.plan.lanes[at].key for at in layout.lanes):
            held, lead = streams.held.get(key), streams.lead_time[key]
            if held is not None:
                days = np.arange(len(lead))[:, None]
                lead = arrival(days, lead, held) - days
            leads.append(lead)
            told = streams.arrivals.get(key)
            for at, goods in enumerate(start.under_way.get(key, ())):
                due = told[at] if told else np.array([goods.due])
                due = arrival(-1, goods.due + 1, held) if fresh else due
                waiting.append((row, due, goods.quantity))
        longest = [int(lead.max(initial=0)) for lead in leads]
        longest += [int(due.max()) - start.day for _, due, _ in waiting]
        self.ring = Ring(max(longest, default=0), len(leads), width)
        for row, due, quantity in waiting:
            slots = np.broadcast_to(due, width) % len(self.ring.table)
            self.ring.table[slots, row, np.arange(width)] += quantity
        self.sends = {stage: self._ways(rows, leads) for stage, (rows, _) in layout.sends.items()}
        # Where all lead times are certain, a day's goods take the place of those that are gone.
        self.renewed = all(map(certain, leads)) and all(
            due.max() < start.day + leads[row][0, 0] for row, due, _ in waiting
        )

    def _ways(self, rows: Rows, leads: Sequence[Any]) -> list[tuple[Rows, Any, Days, Any]]:
        """Lanes whose lead times are drawn, and others: rows, lead times, the one of them all."""
        found = []
        for drawn in (False, True):
            some = [k for k in index(rows) if (leads[k].shape[1] > 1) == drawn]
            if some:
                days = Days([leads[k] for k in some])
                times = {int(leads[k][0, 0]) for k in some}
                one = times.pop() if not days.span and len(times) == 1 else None
                found.append((span(some), np.array(some), days, one))
        return found

    def send(self, stage: int, day: int, moved: Array) -> None:
        """Put what a stage has shipped where it is due."""
        table = self.ring.table
        size, lanes, width = table.shape
        for rows, each, days, one in self.sends[stage]:
            if days.width > 1:
                slots = ((day + days[day]) % size * lanes + each[:, None]) * width
                table.reshape(-1)[slots + np.arange(width)] += moved[rows]
                continue
            due = day + (days[day][:, 0] if one is None else one)
            to = due % size, each if one is None else rows
            if self.renewed:
                table[to] = moved[rows]
            else:
                table[to] += moved[rows]
