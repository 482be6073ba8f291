"""The batch engine: many histories side by side, as NumPy arrays over replications.

It lives by the same law as the event engine (``scope.calendar``), with the same plan, the same luck
and the same rules, but with code of its own: every number of the event engine is a row of numbers
here, one per replication. The two agree to the last bit on everything that a night records.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from twinlab.modeling.batch_afternoon import BatchAfternoon
from twinlab.modeling.batch_service import BatchService
from twinlab.modeling.ledger import Ledger
from twinlab.modeling.luck import Luck
from twinlab.modeling.plan import ItemPlan, Plan, open_view
from twinlab.organization.sourcing import PriorityFailover, split_order
from twinlab.organization.view import View
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.restart import go_on
from twinlab.scope.state import State


class BatchEngine:
    """A width of histories, from a start state to the last day of the scenario."""

    def __init__(self, plan: Plan, luck: Luck, width: int, start: State | None = None) -> None:
        """Set up the rows of numbers, from a state or from the network's first morning."""
        fresh, start = start is None, go_on(start, plan.scenario)
        self.plan, self.luck, self.width = plan, luck, width
        self.books = books = Ledger(plan, luck, width, start, fresh)
        self.service = BatchService(plan, books)
        self.afternoon = BatchAfternoon(plan, luck, books, self.service)
        self.day = start.day
        self.views = [
            open_view(
                plan, item, start,
                partial(_echelon_position, self, item.number),
                partial(_point_of_sale, self, item.number),
            ) for item in plan.items
        ]  # fmt: skip
        periods = [(plan.items[n], plan.items[n].node.review_period) for n in plan.deciders]
        self._morning = [(i, p) for i, p in periods if not i.node.evening_review]
        self._evening = [(i, p) for i, p in periods if i.node.evening_review]
        self.demand = [luck.demand[row.node, row.product] for row in plan.demands]
        self.open = [_open_days(plan, luck, at) for at in range(len(plan.lanes))]
        self.usual = [_usual_lane(item, plan) for item in plan.items]

    def live(self, day: int) -> None:
        """Live through one day: morning, afternoon, night."""
        self.day = day
        self._orders_arrive(day)
        for item, period in self._morning:
            self._review(item, period, day, day)
        _check_decisions(self.plan, self.books.decided, day)
        self.afternoon.goods_flow(day)
        for item, period in self._evening:
            self._review(item, period, day, day + 1)
        if self._evening:
            _check_decisions(self.plan, self.books.decided, day)
        self.service.judge(day)

    def _orders_arrive(self, day: int) -> None:
        books, plan = self.books, self.plan
        for at, mail in enumerate(books.mail):
            if len(mail) > 1:
                letters = mail[day % len(mail)]
                books.ask(plan.lanes[at].source, letters)
                books.owed[at] += letters
                letters.fill(0.0)
        for at, mail in enumerate(books.requests):
            if len(mail) > 1:
                self._request(at, mail[day % len(mail)])
                mail[day % len(mail)].fill(0.0)
        for at, item in enumerate(plan.sellers):
            today = self.demand[at][day]
            books.ask(item, today)
            books.demanded[item] += today
            self.service.demanded[self.service.place[item]] = today
            books.owed[len(plan.lanes) + item] += today

    # -- deciding --

    def _review(self, item: ItemPlan, period: int, day: int, seen: int) -> None:
        if day % period == 0:
            self._decide(item, day, seen)
        else:
            self.books.decided[item.number].fill(0.0)

    def _decide(self, item: ItemPlan, day: int, seen: int) -> None:
        books, number = self.books, item.number
        view = self.views[number]
        view.day = day
        asked = books.asked[number] if number in books.lasting else books.asked_rows[number]
        # Copies, since a rule may keep what it sees: they cost a tenth of the time.
        view.on_hand, view.on_order = books.stock[number].copy(), books.coming[number].copy()
        view.demand, view.backlog = asked.copy(), books.backlog(number)
        for at, supplier in zip(item.lanes_in, view.suppliers, strict=True):
            days = self.open[at]
            if days is not None:
                supplier.open = days[day]
        quantity = books.without_dust(self._quantity(item, view))
        if quantity is not None:
            self._place(item, quantity, day, seen)

    def _quantity(self, item: ItemPlan, view: View) -> Array:
        """The rule's answer as units of every replication."""
        decided = self.books.decided[item.number]
        try:
            decided[:] = item.rule(view)
        except (TypeError, ValueError) as problem:
            raise ScenarioError(
                f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} cannot decide for many "
                f"histories at once ({problem}): write it with array functions, such as "
                "np.maximum(0, …) and np.where(…), or wrap it: OneByOne(rule)"
            ) from None
        if item.number in self.books.lasting:
            self.books.asked[item.number].fill(0.0)
        return np.asarray(decided)

    def _place(self, item: ItemPlan, quantity: Array, day: int, seen: int) -> None:
        """Send orders to the suppliers, or to the node's own production."""
        books, number = self.books, item.number
        if item.made is not None:
            books.order(number, quantity)
            if seen > day:
                mail = books.requests[item.made]
                mail[seen % len(mail)] += quantity
            else:
                self._request(item.made, quantity)
            return
        if len(item.lanes_in) == 1:
            self._post(item.lanes_in[0], number, quantity, day)
            return
        usual = self.usual[number]
        if usual is not None and all(self.open[at] is None for at in item.lanes_in):
            self._post(usual, number, quantity, day)
            return
        parts = split_order(item.sourcing, self.views[number], quantity)
        for at, part in zip(item.lanes_in, parts, strict=True):
            self._post(at, number, part * (part >= DUST), day)

    def _post(self, at: int, number: int, quantity: Array, day: int) -> None:
        """Order from one supplier."""
        books, lane = self.books, self.plan.lanes[at]
        books.order(number, quantity)
        if lane.delay:
            mail = books.mail[at]
            mail[(day + lane.delay) % len(mail)] += quantity
        else:
            books.ask(lane.source, quantity)
            row = books.debt[at]
            row += quantity

    def _request(self, recipe: int, quantity: Array) -> None:
        books = self.books
        books.to_make[recipe] += quantity
        for component, need in self.plan.recipes[recipe].components:
            books.ask(component, quantity * need)


def _check_decisions(plan: Plan, decided: Array, day: int) -> None:
    """Every number decided today must be a quantity."""
    if decided.min() >= 0.0 and decided.max() < math.inf:
        return
    number, column = np.argwhere(~((decided >= 0.0) & (decided < math.inf)))[0]
    item = plan.items[number]
    raise ScenarioError(
        f"{item.rule!r} of {item.key[0]!r} for {item.key[1]!r} returned "
        f"{decided[number, column]} on day {day}: a rule returns numbers of units of at least "
        "0 (for example np.maximum(0, 50 - view.inventory_position))"
    )


def _open_days(plan: Plan, luck: Luck, lane: int) -> Array | None:
    """1.0 on the days on which goods can leave on a lane; None if that is every day."""
    row, source = plan.lanes[lane].row, plan.items[plan.lanes[lane].source]
    if plan.lanes[lane].shut:
        return np.zeros((plan.scenario.days, 1))
    at_source = luck.making if source.unlimited else luck.shipping
    factors = [luck.moving.get(row.key), at_source.get(source.key)]
    shut = [factor > 0.0 for factor in factors if factor is not None]
    return np.logical_and.reduce(np.broadcast_arrays(*shut)).astype(float) if shut else None


def _usual_lane(item: ItemPlan, plan: Plan) -> int | None:
    """The lane that brings everything while all lanes are open; None: the rule must be asked."""
    if not isinstance(item.sourcing, PriorityFailover) or not item.lanes_in:
        return None
    return min(item.lanes_in, key=lambda at: plan.lanes[at].row.sourcing_rank)


def _echelon_position(engine: BatchEngine, number: int) -> Array:
    """Units of an item here and, as weighed by the plan, everywhere downstream."""
    books = engine.books
    total: Any = 0.0
    for other, weight in engine.plan.echelon(number):
        position = books.on_hand[other] + books.on_order[other] - books.backlog(other)
        if other != number:
            position = position - _unseen(engine, other)
        total = total + weight * position
    return np.asarray(total)


def _point_of_sale(engine: BatchEngine, number: int) -> Array:
    """What customers ask for today, of an item and, as weighed by the plan, downstream."""
    total = np.zeros(engine.width)
    for row, weight in engine.plan.customers(number):
        total += weight * engine.demand[row][engine.day]
    return total


def _unseen(engine: BatchEngine, number: int) -> Any:
    """Units an item has ordered that its suppliers do not know of yet."""
    item, books = engine.plan.items[number], engine.books
    unseen: Any = 0.0
    mails = [books.mail[at] for at in item.lanes_in]
    for mail in mails if item.made is None else [*mails, books.requests[item.made]]:
        # Today's letters have been seen already: their slot is empty, and comes last.
        for ahead in range(1, len(mail) + 1):
            unseen = unseen + mail[(engine.day + ahead) % len(mail)]
    return unseen
