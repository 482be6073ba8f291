"""The ledger of the batch engine: rows of numbers, one column per replication.

``record`` is one block of rows: every stock and flow that a night records, in the order of
``measures``. The named parts (``on_hand``, ``shipped``, …) are windows on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twinlab.modeling.luck import Luck
from twinlab.modeling.measures import FLOWS, STOCKS
from twinlab.modeling.plan import Plan
from twinlab.scope.chance import Array
from twinlab.scope.state import Claim, State


def record_rows(plan: Plan) -> dict[str, slice]:
    """Say which rows of a record hold which stock or flow.

    >>> from twinlab import BaseStock, Normal, Scenario, serial
    >>> from twinlab.modeling.plan import make_plan
    >>> plan = make_plan(Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)))
    >>> record_rows(plan)["owed"]
    slice(4, 7, None)
    """
    items, lanes, recipes = len(plan.items), len(plan.lanes), len(plan.recipes)
    lengths = {"owed": lanes + items, "in_process": recipes}
    lengths |= dict.fromkeys(("in_transit", "shipped", "sent"), lanes)
    rows, begin = {}, 0
    for name in (*STOCKS, *FLOWS):
        rows[name] = slice(begin, begin + lengths.get(name, items))
        begin = rows[name].stop
    return rows


class Ledger:
    """The stocks, flows, orders and shipments of a width of histories."""

    on_hand: Array
    on_order: Array
    owed: Array
    in_transit: Array
    in_process: Array
    demanded: Array
    asked_today: Array
    ordered: Array
    received: Array
    started: Array
    finished: Array
    consumed: Array
    scrap: Array
    shipped: Array
    sent: Array
    served: Array
    lost: Array
    on_time: Array
    lines: Array
    lines_in_full: Array
    cycles: Array
    cycles_spoilt: Array

    def __init__(self, plan: Plan, luck: Luck, width: int, start: State, fresh: bool) -> None:
        """Lay out the rows and fill in the start state (``fresh``: a network's first morning)."""
        self.plan, self.luck, self.width, self.start = plan, luck, width, start
        rows = record_rows(plan)
        self.record = np.zeros((rows[FLOWS[-1]].stop, width))
        stocks, asked = rows["asked_today"].start, rows["asked_today"].stop
        # Stocks and requests stand for today; other flows add up until somebody clears them.
        self.today, self.flows = self.record[:asked], self.record[stocks:]
        for name, part in rows.items():
            setattr(self, name, self.record[part])
        self.asked = np.zeros((len(plan.items), width))
        self.to_make = np.zeros((len(plan.recipes), width))
        self.claims = [
            tuple(at if at >= 0 else len(plan.lanes) + item.number for at in item.claims)
            for item in plan.items
        ]
        self.left: Any = np.inf  # of the capacity of the node whose turn it is
        self.columns = np.arange(width)
        self.zero = np.zeros(width)
        self.decided = np.zeros((len(plan.items), width))
        self.lasting = _requests_that_last(plan)
        self._open_state(start)
        self._open_lanes(start, fresh)
        self._open_recipes(start)

    # -- opening --

    def _open_state(self, start: State) -> None:
        keys: list[Claim] = [item.key for item in self.plan.items]
        lanes: list[Claim] = [lane.row.key for lane in self.plan.lanes]
        made = [keys[recipe.item] for recipe in self.plan.recipes]
        tables: list[tuple[Array, dict[Any, float], list[Claim]]] = [
            (self.on_hand, start.on_hand, keys), (self.on_order, start.on_order, keys),
            (self.asked, start.asked, keys), (self.owed, start.owed, [*lanes, *keys]),
            (self.to_make, start.to_make, made), (self.in_transit, start.in_transit, lanes),
            (self.in_process, start.in_process, made),
        ]  # fmt: skip
        for rows, table, names in tables:
            for row, name in zip(rows, names, strict=True):
                row.fill(table.get(name, 0.0))

    def _open_lanes(self, start: State, fresh: bool) -> None:
        """Rings of days: goods under way by arrival, orders in the mail by when they are seen."""
        self.pipeline: list[Array] = []
        self.mail: list[Array] = []
        self.due: list[Any] = []
        for lane in self.plan.lanes:
            key = lane.row.key
            times, held = self.luck.lead_time[key], self.luck.held.get(key)
            due = _arrival(np.arange(len(times))[:, None], times, held)
            self.due.append(due)
            longest = int((due - np.arange(len(due))[:, None]).max(initial=0))
            waiting = [
                (_arrival(-1, s.due + 1, held) if fresh else np.array([s.due]), s.quantity)
                for s in start.under_way.get(key, ())
            ]
            longest = max([longest, *(int(days.max()) - start.day for days, _ in waiting)])
            ring = np.zeros((longest + 1, self.width))
            for days, quantity in waiting:
                ring[np.broadcast_to(days, self.width) % len(ring), self.columns] += quantity
            self.pipeline.append(ring)
            letters = np.zeros((lane.delay + 1, self.width))
            for posted in start.mail.get(lane.row.key, ()):
                letters[posted.due % len(letters)] += posted.quantity
            self.mail.append(letters)

    def _open_recipes(self, start: State) -> None:
        """Rings of production by finishing day, and last night's requests."""
        self.process: list[tuple[Array, Array]] = []
        self.requests: list[Array | None] = []
        for recipe in self.plan.recipes:
            item = self.plan.items[recipe.item]
            length = recipe.row.production_time + 1
            started, good = np.zeros((length, self.width)), np.zeros((length, self.width))
            for batch in start.batches.get(item.key, ()):
                started[batch.due % length] += batch.started
                good[batch.due % length] += batch.good
            self.process.append((started, good))
            posted = sum(p.quantity for p in start.mail.get(item.key, ()))
            evening = item.node.evening_review
            self.requests.append(np.full(self.width, float(posted)) if evening else None)

    def open_days(self, lane: int) -> Array | None:
        """1.0 on the days on which goods can leave on a lane; None if that is every day."""
        plan = self.plan.lanes[lane]
        source = self.plan.items[plan.source]
        at_source = self.luck.making if source.unlimited else self.luck.shipping
        factors = [self.luck.moving.get(plan.row.key), at_source.get(source.key)]
        shut = [factor > 0.0 for factor in factors if factor is not None]
        return np.logical_and.reduce(np.broadcast_arrays(*shut)).astype(float) if shut else None

    # -- small moves --

    def ask(self, item: int, quantity: Array) -> None:
        """Somebody asks an item for units."""
        self.asked_today[item] += quantity
        if item in self.lasting:
            self.asked[item] += quantity

    def order(self, item: int, quantity: Array) -> None:
        """An item's node orders units."""
        self.on_order[item] += quantity
        self.ordered[item] += quantity

    def backlog(self, item: int) -> Array:
        """Units asked of an item and not yet handed over: claims in order of service, then use."""
        claims = self.claims[item]
        total = self.owed[claims[0]].copy() if claims else np.zeros(self.width)
        for claim in claims[1:]:
            total += self.owed[claim]
        for recipe, need in self.plan.items[item].users:
            total += self.to_make[recipe] * need
        return total


def _requests_that_last(plan: Plan) -> set[int]:
    """Items whose requests are not all of today when they decide: they may add up over days."""
    place = {number: at for at, number in enumerate(plan.deciders)}
    last = len(place)
    lasting = {
        item.number
        for item in plan.items
        if item.node.evening_review or item.node.review_period > 1
    }
    for lane in plan.lanes:
        if not lane.delay and place[lane.destination] > place.get(lane.source, last):
            lasting.add(lane.source)
    for recipe in plan.recipes:
        for component, _ in recipe.components:
            if place[recipe.item] > place[component]:
                lasting.add(component)
    return {number for number in lasting if not plan.items[number].unlimited}


def _arrival(days: Any, left: Any, held: Any) -> Any:
    """Arrival days of what has some days of moving left after a day; held days do not count."""
    if held is None:
        return np.atleast_1d(days + left)
    columns = np.arange(held.shape[1])
    left = np.array(np.broadcast_arrays(left, held[:1])[0])
    due = np.array(np.broadcast_to(days, left.shape))
    while (left > 0).any():
        due += left > 0
        still = (due < len(held)) & held[np.minimum(due, len(held) - 1), columns]
        left -= (left > 0) & ~still
    return due[0] if np.ndim(days) == 0 else due
