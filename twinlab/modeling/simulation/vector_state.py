"""The state of many replications: rows of numbers, one column each; and what customers get.

``record`` is one block of rows: every stock and flow that a night records, in the order of
``measures``. The named parts (``on_hand``, ``shipped``, …) are lists of windows on it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from twinlab.modeling.simulation.measures import FLOWS, IN_FULL
from twinlab.modeling.simulation.plan import STOCKS, LanePlan, Plan
from twinlab.modeling.simulation.random_streams import RandomStreams, arrival
from twinlab.scope.calendar import DUST
from twinlab.scope.distributions import Array
from twinlab.scope.state import Claim, OpenOrder, ProductionLot, State

# Flows that count days on which something was so.
COUNTS = ("sent", "lines", "lines_in_full", "cycles", "cycles_spoilt")
SETTLE = 250  # days; a byte counts to 255


# By day of arrival: an array, or one row per day where all replications have one lead time.
Ring = list[Array | None] | Array


def record_rows(plan: Plan) -> dict[str, slice]:
    """Say which rows of a record hold which stock or flow.

    >>> from twinlab.modeling.simulation.plan import make_plan
    >>> plan = make_plan(Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)))
    >>> record_rows(plan)["owed"]
    slice(4, 7, None)
    """
    lengths = {name: len(keys) for name, keys in plan.stock_keys.items()}
    lengths |= dict.fromkeys(("shipped", "sent"), len(plan.lanes))
    rows, begin = {}, 0
    for name in (*STOCKS, *FLOWS):
        rows[name] = slice(begin, begin + lengths.get(name, len(plan.items)))
        begin = rows[name].stop
    return rows


class VectorState:
    """The stocks, flows, orders and shipments of a width of replications."""

    def __init__(
        self, plan: Plan, streams: RandomStreams, width: int, start: State, fresh: bool
    ) -> None:
        """Lay out the rows and fill in the start state (``fresh``: a network's first morning)."""
        self.plan, self.streams, self.width, self.start = plan, streams, width, start
        self.rows = rows = record_rows(plan)
        self.record = np.zeros((rows[FLOWS[-1]].stop, width))
        stocks, asked = rows["asked_today"].start, rows["asked_today"].stop
        # Stocks and requests stand for today; other flows add up until somebody clears them.
        self.today, self.flows = self.record[:asked], self.record[stocks:]
        # The rows one by one: indexing a block takes as long as adding up a thousand numbers.
        named = [list(self.block(name)) for name in (*STOCKS, *FLOWS)]
        self.on_hand, self.on_order, self.owed, self.in_transit, self.in_process = named[:5]
        self.asked_today, self.demanded, self.ordered, self.received, self.started = named[5:10]
        self.finished, self.consumed, self.scrap, self.shipped = named[10:14]
        self.lost = list(self.block("lost"))
        self.asked = list(np.zeros((len(plan.items), width)))
        self.to_make = list(np.zeros((len(plan.recipes), width)))
        # Yes or no, day by day: bytes, that ``settle`` adds to the record before they overflow.
        self.counts = {name: np.zeros(self.block(name).shape, np.uint8) for name in COUNTS}
        self.goes = np.zeros(width, dtype=bool)
        self._dust = np.full(width, DUST)
        self.claims = [
            tuple(at if at >= 0 else len(plan.lanes) + item.number for at in item.claims)
            for item in plan.items
        ]
        self.left: Any = np.inf  # of the capacity of the node whose turn it is
        self.columns = np.arange(width)
        self.zero = np.zeros(width)
        self.decided = np.zeros((len(plan.items), width))
        self.lasting = _requests_that_last(plan, start)
        self._open_state(start)
        self._open_lanes(start, fresh)
        self._open_recipes(start)

    # -- opening --

    def _open_state(self, start: State) -> None:
        keys = self.plan.stock_keys
        keys = keys | {"asked": keys["on_hand"], "to_make": keys["in_process"]}
        for name, names in keys.items():
            for row, key in zip(getattr(self, name), names, strict=True):
                row.fill(getattr(start, name).get(key, 0.0))

    def _open_lanes(self, start: State, fresh: bool) -> None:
        """Rings of days: goods under way by arrival, open orders by when they are seen."""
        self.pipeline: list[Ring] = []
        self.slots: list[Any] = []  # by day: where in the ring a shipment goes
        self.open_orders: list[Array] = []
        for lane in self.plan.lanes:
            ring, slots = _open_ring(lane, self.streams, self.columns, start, fresh)
            self.pipeline.append(ring)
            self.slots.append(slots)
            self.open_orders.append(_open_orders(start, lane.key, lane.delay, self.width))

    def _open_recipes(self, start: State) -> None:
        """Rings of production by finishing day, and last night's requests."""
        self.process: list[list[tuple[Array, Array] | None]] = []
        self.requests: list[Array] = []
        for recipe in self.plan.recipes:
            lots, evening = start.lots[recipe.key], self.plan.items[recipe.item].node.evening_review
            length = _days(recipe.row.production_time, lots, start.day)
            started, good = np.zeros((length, self.width)), np.zeros((length, self.width))
            for lot in lots:
                started[lot.due % length] += lot.started
                good[lot.due % length] += lot.good
            pairs = zip(started, good, strict=True)
            self.process.append([pair if pair[0].any() else None for pair in pairs])
            self.requests.append(_open_orders(start, recipe.key, evening, self.width))

    # -- small moves --

    def block(self, name: str) -> Array:
        """All rows of one stock or flow."""
        return self.record[self.rows[name]]

    def without_dust(self, quantity: Array) -> Array | None:
        """Leave out dust; None if nothing is left. ``goes`` says in which replications it is."""
        np.greater_equal(quantity, self._dust, out=self.goes)
        count = int(np.count_nonzero(self.goes))
        if count == self.width:
            return quantity
        return quantity * self.goes if count else None

    def settle(self) -> None:
        """Put the counts on record."""
        for name, counts in self.counts.items():
            rows = self.block(name)
            rows += counts
            counts.fill(0)

    def ask(self, item: int, quantity: Array) -> None:
        """Somebody asks an item for units."""
        row = self.asked_today[item]
        row += quantity
        if item in self.lasting:
            self.asked[item] += quantity

    def order(self, item: int, quantity: Array) -> None:
        """An item's node orders units."""
        row = self.on_order[item]
        row += quantity
        row = self.ordered[item]
        row += quantity

    def backlog(self, item: int) -> Array:
        """Units asked of an item and not yet handed over: claims in order of service, then use."""
        claims = self.claims[item]
        total = self.owed[claims[0]].copy() if claims else np.zeros(self.width)
        for claim in claims[1:]:
            total += self.owed[claim]
        for recipe, need in self.plan.items[item].users:
            total += self.to_make[recipe] if need == 1.0 else self.to_make[recipe] * need
        return total


def _requests_that_last(plan: Plan, start: State) -> set[int]:
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
    return {number for number in lasting if not plan.items[number].unlimited}


def _days(usual: int, under_way: Sequence[OpenOrder | ProductionLot], today: int) -> int:
    """How many days a ring needs: one where nothing is ever under way."""
    return 1 + max([usual, bool(under_way), *(one.due - today for one in under_way)])


def _open_orders(start: State, claim: Claim, delay: int, width: int) -> Array:
    """Open orders by the day on which they are seen."""
    orders = start.open_orders[claim]
    ring = np.zeros((_days(delay, orders, start.day), width))
    for order in orders:
        ring[order.due % len(ring)] += order.quantity
    return ring


def _open_ring(
    lane: LanePlan, streams: RandomStreams, columns: Any, start: State, fresh: bool
) -> tuple[Ring, Any]:
    """A lane's ring of days with what is under way at the start, and the slots of shipments."""
    key = lane.key
    times, held = streams.lead_time[key], streams.held.get(key)
    due = arrival(np.arange(len(times))[:, None], times, held)
    longest = int((due - np.arange(len(due))[:, None]).max(initial=0))
    told = streams.arrivals.get(key)
    waiting = [
        (
            arrival(-1, s.due + 1, held) if fresh else told[at] if told else np.array([s.due]),
            s.quantity,
        )
        for at, s in enumerate(start.under_way.get(key, ()))
    ]
    longest = max([longest, *(int(days.max()) - start.day for days, _ in waiting)])
    width = len(columns)
    ring = np.zeros((longest + 1, width))
    for days, quantity in waiting:
        ring[np.broadcast_to(days, width) % len(ring), columns] += quantity
    if due.shape[1] > 1:
        return ring, due % len(ring) * width + columns
    # All replications have one lead time: a day's goods stay the row that was shipped.
    return [row if row.any() else None for row in ring], (due[:, 0] % len(ring)).tolist()


class VectorService:
    """What customers get on time, and which replenishment cycles have a stock-out."""

    def __init__(self, plan: Plan, state: VectorState) -> None:
        self.state = state
        sellers = list(dict.fromkeys(plan.sellers))
        self.sellers = np.array(sellers, dtype=np.intp)
        shape = (len(sellers), state.width)
        self.place = {item: at for at, item in enumerate(sellers)}
        self.demanded, self.served, self.lost = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.arrived = np.zeros(shape, dtype=bool)
        self.rows = as_slice(self.sellers)
        self.customers = as_slice(len(plan.lanes) + self.sellers)
        self.waiting = state.block("owed")[self.customers].copy()
        self.zero, self.spare = np.zeros(shape), np.zeros(shape)
        self.spoilt = np.zeros((len(sellers), state.width), dtype=bool)

    def judge(self, day: int) -> None:
        """Count what customers get on time, and which cycles have a stock-out."""
        state, rows, counts = self.state, self.rows, self.state.counts
        if day == state.start.day:
            self.arrived.fill(True)
        lines = self.demanded > 0.0
        on_time = np.subtract(self.served, self.waiting, out=self.waiting)
        np.maximum(on_time, self.zero, out=on_time)
        state.block("served")[rows] += self.served
        state.block("on_time")[rows] += on_time
        counts["lines"][rows] += lines
        lines &= on_time >= np.multiply(self.demanded, IN_FULL, out=self.spare)
        counts["lines_in_full"][rows] += lines
        counts["cycles"][rows] += self.arrived
        np.greater(self.spoilt, self.arrived, out=self.spoilt)  # a new cycle has none yet
        self.waiting[:] = state.block("owed")[self.customers]
        short = np.add(self.waiting, self.lost, out=self.spare) >= DUST
        counts["cycles_spoilt"][rows] += np.greater(short, self.spoilt)
        self.spoilt |= short
        self.arrived.fill(False)


def as_slice(numbers: Any) -> Any:
    """Row numbers as a slice, if they are consecutive: a window is read faster than picked rows."""
    first = int(numbers[0]) if len(numbers) else 0
    same = np.array_equal(numbers, np.arange(first, first + len(numbers)))
    return slice(first, first + len(numbers)) if same else numbers
