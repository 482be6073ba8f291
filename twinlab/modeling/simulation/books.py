"""The books of one history: every number of today, and what every night has recorded.

Numbers stand in plain lists by item, lane or recipe number: quick to change one by one.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlab.modeling.simulation.measures import BY_LANE, FLOWS, IN_FULL, STOCKS
from twinlab.modeling.simulation.plan import Plan
from twinlab.modeling.simulation.random_streams import RandomStreams
from twinlab.scope.calendar import DUST
from twinlab.scope.state import Posted, State


class Books:
    """Today's numbers of a chain, the log of its events, and the nights' records.

    ``owed`` holds the lanes first, then each item's customers.
    """

    def __init__(self, plan: Plan, luck: RandomStreams, column: int, start: State) -> None:
        self.plan = plan
        self.start = start
        self.day = start.day
        self.log: list[tuple[Any, ...]] = []
        self._open_luck(luck, column)
        self._open_state(start)
        self.nights: dict[str, list[list[float]]] = {name: [] for name in (*STOCKS, *FLOWS)}
        self.service = Service(self)
        self.begin(start.day)
        self.claims = [
            tuple(at if at >= 0 else len(plan.lanes) + item.number for at in item.claims)
            for item in plan.items
        ]

    def _open_luck(self, luck: RandomStreams, column: int) -> None:
        """One replication's draws, as lists by day; None where nothing ever goes wrong."""

        def days(table: dict[Any, Any], key: Any) -> list[Any] | None:
            array = table.get(key)
            return None if array is None else array[:, column % array.shape[1]].tolist()

        plan = self.plan
        keys = [item.key for item in plan.items]
        self.demand = [days(luck.demand, (row.node, row.product)) or [] for row in plan.demands]
        self.lead_time = [days(luck.lead_time, lane.row.key) or [] for lane in plan.lanes]
        self.good_share = [days(luck.good_share, keys[r.item]) or [] for r in plan.recipes]
        self.making = [days(luck.making, key) for key in keys]
        self.shipping = [days(luck.shipping, key) for key in keys]
        self.moving = [days(luck.moving, lane.row.key) for lane in plan.lanes]
        self.held = [days(luck.held, lane.row.key) for lane in plan.lanes]
        self.whole = [days(luck.whole, turn.node.name) for turn in plan.turns]
        self.active = [array[:, column % array.shape[1]].tolist() for array in luck.active]

    def _open_state(self, start: State) -> None:
        """The start state by number in place of name."""
        keys = [item.key for item in self.plan.items]
        lanes = [lane.row.key for lane in self.plan.lanes]
        made = [keys[recipe.item] for recipe in self.plan.recipes]
        self.on_hand = [start.on_hand.get(key, 0.0) for key in keys]
        self.on_order = [start.on_order.get(key, 0.0) for key in keys]
        self.asked = [start.asked.get(key, 0.0) for key in keys]
        self.owed = [start.owed.get(key, 0.0) for key in (*lanes, *keys)]
        self.to_make = [start.to_make.get(key, 0.0) for key in made]
        self.mail = [_by_day(start.mail.get(key, ())) for key in lanes]
        self.requests = [_by_day(start.mail.get(key, ())) for key in made]
        self.in_transit = [start.in_transit.get(key, 0.0) for key in lanes]
        self.in_process = [start.in_process.get(key, 0.0) for key in made]
        self.left = math.inf  # of the capacity of the node whose turn it is
        self.dock = [0.0] * len(lanes)
        self.done = [(0.0, 0.0)] * len(made)

    # -- the day --

    def begin(self, day: int) -> None:
        """Begin a day: no flow has happened yet."""
        self.day = day
        items, lanes = len(self.plan.items), len(self.plan.lanes)
        (
            self.asked_today,
            self.demanded,
            self.ordered,
            self.received,
            self.started,
            self.finished,
            self.consumed,
            self.scrap,
            self.shipped,
            self.sent,
            self.served,
            self.lost,
            self.on_time,
            self.lines,
            self.lines_in_full,
            self.cycles,
            self.cycles_spoilt,
        ) = ([0.0] * (lanes if name in BY_LANE.values() else items) for name in FLOWS)

    def close(self, day: int) -> None:
        """Close the books of a day: record every stock and flow."""
        self.service.judge(self)
        nights = self.nights
        for name in STOCKS:
            nights[name].append(getattr(self, name).copy())
        for name in FLOWS:
            nights[name].append(getattr(self, name))
        self.log.append((day, "closed"))

    def ask(self, item: int, quantity: float) -> None:
        """Somebody asks an item for units."""
        self.asked[item] += quantity
        self.asked_today[item] += quantity

    def order(self, item: int, quantity: float) -> None:
        """An item's node orders units."""
        self.on_order[item] += quantity
        self.ordered[item] += quantity

    def delayed(self, lane: int, day: int, left: int) -> int:
        """The day on which goods arrive that have days of moving left; held days do not count."""
        held = self.held[lane]
        if held is None:
            return day + left
        while left > 0:
            day += 1
            left -= int(day >= len(held) or not held[day])
        return day

    def backlog(self, item: int) -> float:
        """Units asked of an item and not yet handed over: claims in order of service, then use."""
        total = 0.0
        for claim in self.claims[item]:
            total += self.owed[claim]
        for recipe, need in self.plan.items[item].users:
            total += self.to_make[recipe] * need
        return total

    def echelon_position(self, item: int) -> float:
        """Units of an item here and, as weighed by the plan, everywhere downstream."""
        total = 0.0
        for number, weight in self.plan.echelon(item):
            position = self.on_hand[number] + self.on_order[number] - self.backlog(number)
            if number != item:
                position -= _unseen(self, number)
            total += weight * position
        return total

    def point_of_sale(self, item: int) -> float:
        """What customers ask for today, of an item and, as weighed by the plan, downstream."""
        total = 0.0
        for row, weight in self.plan.customers(item):
            total += weight * self.demand[row][self.day]
        return total

    def recorded(self) -> dict[str, NDArray[np.float64]]:
        """The nights' records as arrays of days × items (lanes, claims or recipes)."""
        return {
            name: np.array(rows, dtype=np.float64).reshape(len(rows), len(getattr(self, name)))
            for name, rows in self.nights.items()
        }


def hold_pipeline(books: Books) -> None:
    """Goods under way on the first morning stand still too while their lane is held."""
    for at, lane in enumerate(books.plan.lanes):
        if books.held[at] is not None:
            under_way = books.start.under_way
            under_way[lane.row.key] = [
                s._replace(due=books.delayed(at, -1, s.due + 1)) for s in under_way[lane.row.key]
            ]


def _by_day(letters: Iterable[Posted]) -> dict[int, float]:
    """Units in the mail by the day on which they are seen."""
    units: dict[int, float] = defaultdict(float)
    for letter in letters:
        units[letter.due] += letter.quantity
    return units


def _unseen(books: Books, item: int) -> float:
    """Units an item has ordered that its suppliers do not know of yet."""
    plan = books.plan.items[item]
    posted = [books.mail[lane] for lane in plan.lanes_in]
    if plan.made is not None:
        posted.append(books.requests[plan.made])
    unseen = 0.0
    for letters in posted:
        for day in sorted(letters):
            unseen += letters[day]
    return unseen


class Service:
    """What customers get on time, and which replenishment cycles have a stock-out."""

    def __init__(self, books: Books) -> None:
        lanes = len(books.plan.lanes)
        self.claims = {item: lanes + item for item in books.plan.sellers}
        self.waiting = {item: books.owed[claim] for item, claim in self.claims.items()}
        self.spoilt = dict.fromkeys(self.claims, False)

    def judge(self, books: Books) -> None:
        """Count today's service of every item that customers ask for."""
        for item, claim in self.claims.items():
            waiting, demanded = books.owed[claim], books.demanded[item]
            # The oldest orders are served first: what exceeds last night's backlog is on time.
            on_time = max(0.0, books.served[item] - self.waiting[item])
            books.on_time[item] = on_time
            if demanded > 0.0:
                books.lines[item] = 1.0
                books.lines_in_full[item] = float(on_time >= demanded * IN_FULL)
            if books.day == books.start.day or books.received[item] + books.finished[item] > 0.0:
                books.cycles[item] = 1.0
                self.spoilt[item] = False
            if not self.spoilt[item] and waiting + books.lost[item] >= DUST:
                books.cycles_spoilt[item] = 1.0
                self.spoilt[item] = True
            self.waiting[item] = waiting
