"""Deciding in the event engine: orders arrive, customers come, and every node decides."""

import math
from collections.abc import Generator
from copy import deepcopy
from functools import partial
from typing import Any

import simpy

from twinlab.modeling.simulation.books import Books
from twinlab.modeling.simulation.plan import Plan, open_view
from twinlab.organization.view import split_order
from twinlab.scope.calendar import DUST
from twinlab.scope.errors import ScenarioError


class Morning:
    """Orders flow up: the first part of a day, and the decisions of the evening."""

    def __init__(
        self, plan: Plan, books: Books, clock: simpy.Environment, asked: frozenset[int]
    ) -> None:
        """Give every item its view; ``asked`` are the items on which a person decides."""
        self.plan, self.books, self.clock, self.asked = plan, books, clock, asked
        self.question: simpy.Event | None = None  # what a person must answer now
        self.number = 0  # the item it is about
        self.views = [
            open_view(
                plan,
                item,
                books.start,
                partial(books.echelon_position, item.number),
                partial(books.point_of_sale, item.number),
            )
            for item in plan.items
        ]
        self.remembering = {number for number, view in enumerate(self.views) if view.memory}
        may_shut = [lane.shut or bool(self._factors(at)) for at, lane in enumerate(plan.lanes)]
        self.watched = {i.number for i in plan.items if any(may_shut[at] for at in i.lanes_in)}

    def orders_arrive(self, day: int) -> None:
        """Orders in the mail reach their suppliers; customers come."""
        books, plan, log = self.books, self.plan, self.books.log.append
        for at, letters in enumerate(books.mail):
            quantity = letters.pop(day, 0.0)
            if quantity:
                lane = plan.lanes[at]
                log(
                    (
                        day,
                        "accepted",
                        lane.row.source,
                        lane.row.product,
                        quantity,
                        lane.row.destination,
                        lane.row.mode,
                    )
                )
                books.ask(lane.source, quantity)
                books.owed[at] += quantity
        for at, posted in enumerate(books.requests):
            quantity = posted.pop(day, 0.0)
            if quantity:
                node, product = plan.items[plan.recipes[at].item].key
                log((day, "accepted", node, product, quantity, node))
                self._request(at, quantity)
        for at, row in enumerate(plan.demands):
            quantity = books.demand[at][day]
            if quantity > 0.0:
                log((day, "demanded", row.node, row.product, quantity))
                item = plan.sellers[at]
                books.ask(item, quantity)
                books.demanded[item] += quantity
                books.owed[len(plan.lanes) + item] += quantity

    # -- deciding --

    def decide(self, number: int, day: int, seen: int) -> Generator[simpy.Event, Any, None]:
        """Ask the decision maker of an item, and place what it orders (seen from ``seen`` on)."""
        books, item = self.books, self.plan.items[number]
        view = self.views[number]
        view.day = day
        view.on_hand = books.on_hand[number]
        view.on_order = books.on_order[number]
        view.backlog = books.backlog(number)
        view.demand = books.asked[number]
        books.asked[number] = 0.0
        if number in self.watched:
            for at, supplier in zip(item.lanes_in, view.suppliers, strict=True):
                supplier.open = self._open(at, day)
        if number in self.asked:
            self.question, self.number = self.clock.event(), number
            answer = yield self.question
        else:
            answer = item.rule(view)
        quantity = self.quantity(item.rule, answer, number, day)
        node, product = item.key
        books.log.append((day, "decided", node, product, quantity))
        if view.memory or number in self.remembering:
            self.remembering.add(number)
            note = deepcopy(view.memory)
            books.log.append((day, "remembered", node, product, 0.0, "", "", None, note))
        if quantity > 0.0:
            self._place(number, quantity, day, seen)

    def quantity(self, rule: Any, answer: Any, number: int, day: int) -> float:
        """An answer as units, 0 for dust; ScenarioError if it is no quantity."""
        try:
            quantity = float(answer)
        except (TypeError, ValueError):
            quantity = math.nan
        if not 0.0 <= quantity < math.inf:
            node, product = self.plan.items[number].key
            raise ScenarioError(
                f"{rule!r} of {node!r} for {product!r} returned {answer!r} on day {day}: a rule "
                "returns one number of units of at least 0 (for example max(0, 50 - "
                "view.inventory_position))"
            )
        return quantity if quantity >= DUST else 0.0

    def _place(self, number: int, quantity: float, day: int, seen: int) -> None:
        """Send an order to the suppliers, or to the node's own production."""
        books, item, log = self.books, self.plan.items[number], self.books.log.append
        node, product = item.key
        if item.made is not None:
            log((day, "ordered", node, product, quantity, node, "", seen))
            books.order(number, quantity)
            if seen > day:
                books.requests[item.made][seen] += quantity
            else:
                self._request(item.made, quantity)
            return
        view = self.views[number]
        one = len(item.lanes_in) == 1
        parts = [quantity] if one else split_order(item.sourcing, view, quantity)
        for at, part in zip(item.lanes_in, parts, strict=True):
            if part < DUST:
                continue
            lane = self.plan.lanes[at]
            due = day + lane.delay
            log((day, "ordered", node, product, part, lane.row.source, lane.row.mode, due))
            books.order(number, part)
            if due > day:
                books.mail[at][due] += part
            else:
                books.ask(lane.source, part)
                books.owed[at] += part

    def _request(self, recipe: int, quantity: float) -> None:
        """An order to make something is seen: it asks the node's own components."""
        self.books.to_make[recipe] += quantity
        for component, need in self.plan.recipes[recipe].components:
            self.books.ask(component, quantity * need)

    def _factors(self, lane: int) -> list[list[float]]:
        """What disruptions leave of a lane and of its source, where they touch them at all."""
        source = self.plan.lanes[lane].source
        at_source = self.books.making if self.plan.items[source].unlimited else self.books.shipping
        return [f for f in (self.books.moving[lane], at_source[source]) if f is not None]

    def _open(self, lane: int, day: int) -> float:
        """1.0 if goods can leave on a lane today, 0.0 while its way or its source is shut."""
        shut = self.plan.lanes[lane].shut
        return float(not shut and all(factor[day] > 0.0 for factor in self._factors(lane)))
