"""The state of many replications: one table of numbers (rows × replications), and rings of days."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from twinlab.modeling.simulation.plan import Plan
from twinlab.modeling.simulation.random_streams import RandomStreams, arrival
from twinlab.modeling.simulation.records import Records
from twinlab.modeling.simulation.vector_blocks import Facts, Rows, numbers, span
from twinlab.modeling.simulation.vector_layout import Layout
from twinlab.scope.distributions import Array
from twinlab.scope.state import State

# Flows that count days on which something was so.
COUNTS = ("lines", "lines_in_full", "cycles", "cycles_spoilt")
SETTLE = 250  # days; a byte counts to 255
SPAN = 32  # days of a table that are put side by side at once


def certain(table: Any) -> bool:
    """Whether a table of days holds one number for all days and replications."""
    return table.shape[1] == 1 and (table.strides[0] == 0 or bool((table == table[:1]).all()))


class Days:
    """Tables of days × replications (or × 1), row by row: a table of rows × replications a day."""

    def __init__(self, tables: Sequence[Array]) -> None:
        """Put the tables side by side, a few days at a time."""
        self.tables, self.part = tables, -1
        self.width = max((table.shape[1] for table in tables), default=1)
        self.span = 0 if all(map(certain, tables)) else SPAN
        self.rows: Array = np.zeros((1, 0, 1))

    def __getitem__(self, day: int) -> Any:
        part = day // self.span if self.span else 0
        if part != self.part and self.tables:
            days = slice(part * self.span, (part + 1) * self.span or 1)
            some = [table[days] for table in self.tables]
            if self.width > 1:
                some = [np.broadcast_to(one, (len(one), self.width)) for one in some]
            self.part, self.rows = part, np.stack(some, axis=1)
        return self.rows[day % self.span if self.span else 0]


class Ring:
    """What is due on later days: a table of rows × replications for each of them."""

    def __init__(self, days: int, rows: int, width: int) -> None:
        self.table = np.zeros((days + 1, rows, width))

    def due(self, day: int) -> Any:
        """What is due on a day: a window."""
        return self.table[day % len(self.table)]

    def add(self, day: Any, rows: Rows, units: Array) -> None:
        """Put units where they are due: all on one day, or row by row on days of their own."""
        if np.ndim(day) and isinstance(rows, slice):
            rows = np.arange(rows.start, rows.stop)
        self.table[day % len(self.table), rows] += units


def open_days(plan: Plan, streams: RandomStreams, lane: int) -> Array | None:
    """1.0 on the days on which goods can leave on a lane; None if that is every day."""
    row, source = plan.lanes[lane].row, plan.items[plan.lanes[lane].source]
    if plan.lanes[lane].shut:
        return np.zeros((plan.scenario.days, 1))
    at_source = streams.making if source.unlimited else streams.shipping
    factors = [streams.moving.get(row.key), at_source.get(source.key)]
    shut = [factor > 0.0 for factor in factors if factor is not None]
    return np.logical_and.reduce(np.broadcast_arrays(*shut)).astype(float) if shut else None


def facts_of(plan: Plan, streams: RandomStreams, start: State) -> Facts:
    """What decides how a plan is cut into blocks."""
    items, told = plan.items, start.open_orders
    late = [at for at, lane in enumerate(plan.lanes) if lane.delay or told[lane.key]]
    for at, recipe in enumerate(plan.recipes):
        if items[recipe.item].node.evening_review or told[recipe.key]:
            late.append(~at)
    several = [at for item in items if len(item.lanes_in) > 1 for at in item.lanes_in]
    times = [streams.lead_time[lane.key] for lane in plan.lanes]
    quickest = [days[:1].min() if certain(days) else days.min() for days in times]
    return Facts(
        instant=tuple(at for at, days in enumerate(quickest) if days == 0),
        gated=frozenset(at for at in several if open_days(plan, streams, at) is not None),
        late=tuple(late),
        lasting=_requests_that_last(plan, start),
        remembering=frozenset(item.number for item in items if start.memory.get(item.key)),
    )


def _requests_that_last(plan: Plan, start: State) -> frozenset[int]:
    """Items whose requests are not all of today when they decide: they may add up over days."""
    place = {number: at for at, number in enumerate(plan.deciders)}
    last = len(place)
    lasting = {
        item.number
        for item in plan.items
        if item.node.evening_review or item.node.review_period > 1 or start.asked[item.key]
    }
    for lane in plan.lanes:
        if not lane.delay and place[lane.destination] > place.get(lane.source, last):
            lasting.add(lane.source)
    for recipe in plan.recipes:
        for component, _ in recipe.components:
            if place[recipe.item] > place[component]:
                lasting.add(component)
    return frozenset(number for number in lasting if not plan.items[number].unlimited)


class VectorState:
    """The stocks, flows, orders and shipments of a width of replications.

    The parts of ``table`` (see ``Layout``) are attributes: windows of rows × replications.
    """

    def __init__(self, layout: Layout, width: int, start: State) -> None:
        """Fill in the start state."""
        self.layout, self.width, self.start, plan = layout, width, start, layout.plan
        self.table = np.zeros((layout.cuts["lost"].stop, width))
        self.first = layout.at("demanded")  # the first row that is on record
        self.today = self.table[self.first :]
        self.came = self.table[layout.at("received") : layout.cuts["finished"].stop]
        self.counts = np.zeros((len(layout.claims) + 4 * len(layout.sellers), width), np.uint8)
        self.noted = np.zeros(self.counts.shape, dtype=bool)
        self.totals = self.table[:0]  # of today's rows and the counts; made when a record begins
        self.where = self._where()
        self._open()
        open_orders = [start.open_orders[key] for key in map(self._key, layout.late)]
        self.late_ring = self._ring_of(open_orders, [lane.delay for lane in plan.lanes])
        lots = [start.lots[plan.recipes[at].key] for at in layout.recipes]
        times = [recipe.row.production_time for recipe in plan.recipes]
        self.process, self.good = self._ring_of(lots, times), self._ring_of(lots, times, good=True)

    def __getattr__(self, name: str) -> Any:
        cuts = self.__dict__["layout"].cuts
        if name not in cuts:
            raise AttributeError(name)
        self.__dict__[name] = window = self.table[cuts[name]]
        return window

    def _key(self, key: int) -> Any:
        """A lane, recipe (as ~number) or item (numbered after the lanes), as states name them."""
        plan = self.layout.plan
        if key < 0:
            return plan.recipes[~key].key
        lanes = len(plan.lanes)
        return plan.lanes[key].key if key < lanes else plan.items[key - lanes].key

    def _open(self) -> None:
        """Fill the start state in."""
        layout, lanes = self.layout, len(self.layout.plan.lanes)
        decided = [lanes + number for number in layout.order[: layout.deciding]]
        made = [~at for at in layout.recipes]
        parts: dict[str, Iterable[int]] = {"owed": layout.claims, "in_transit": layout.lanes}
        parts |= {"on_hand": decided, "on_order": decided, "to_make": made, "in_process": made}
        parts |= {"since": (lanes + number for number in layout.lasting)}
        for name, keys in parts.items():
            told = getattr(self.start, "asked" if name == "since" else name)
            units = [told.get(self._key(key), 0.0) for key in keys]
            getattr(self, name)[:] = np.array(units).reshape(-1, 1)

    def _ring_of(self, under_way: Any, delays: Iterable[int], good: bool = False) -> Ring:
        """Orders that will be seen, or production (what was started, or is good of it), by day."""
        ahead = [one.due - self.start.day for each in under_way for one in each]
        ring = Ring(max([1, *ahead, *delays]), len(under_way), self.width)
        for row, each in enumerate(under_way):
            for one in each:
                ring.due(one.due)[row] += one.good if good else one[1]
        return ring

    # -- reading --

    def _where(self) -> Any:
        """For each row of a record, its row in today's table and, after it, in the counts."""
        layout, plan = self.layout, self.layout.plan
        lanes, claims = len(plan.lanes), layout.claims
        place = {number: at for at, number in enumerate(layout.sellers)}
        made = {plan.recipes[at].item: row for at, row in layout.recipe.items()}
        component = {layout.order[row]: at for at, row in enumerate(layout.components)}
        places: dict[str, Any] = dict.fromkeys(("on_hand", "on_order", "ordered"), layout.row)
        places |= dict.fromkeys(("asked_today", "received"), layout.row)
        places |= dict.fromkeys(("owed", "shipped", "sent"), claims) | {"consumed": component}
        places |= dict.fromkeys(("started", "finished", "scrap"), made)
        places |= {"in_transit": layout.lane, "in_process": layout.recipe}
        places["served"] = {number: claims[lanes + number] for number in layout.sellers}
        begin = {name: cut.start - self.first for name, cut in layout.cuts.items()}
        begin |= {"shipped": begin["given"], "served": begin["given"], "sent": len(self.today)}
        for at, name in enumerate(COUNTS):
            begin[name] = len(self.today) + len(claims) + at * len(layout.sellers)
        return np.array(
            [
                begin[name] + places.get(name, place)[number]
                for name, numbers in Records(plan).numbers.items()
                for number in numbers
            ],
            dtype=np.intp,
        )

    def tonight(self, rows: Any = slice(None)) -> Array:
        """Rows of today's record."""
        where, cut = self.where[rows], len(self.today)
        found, low = np.empty((len(where), self.width)), where < cut
        found[low], found[~low] = self.today[where[low]], self.noted[where[~low] - cut]
        return found

    def amounts(self, rows: Any = slice(None)) -> Any:
        """Rows of the record of all days together."""
        self.settle()
        return self.totals.take(self.where[rows], axis=0)

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
            some = [k for k in numbers(rows) if (leads[k].shape[1] > 1) == drawn]
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
