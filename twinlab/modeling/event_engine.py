"""The event engine: one history of a chain, event by event, on SimPy's clock.

The three parts of a day (``scope.calendar``) are moments on the clock; shipments and production are
events that fire on the day they are due; disruptions are processes. Everything that happens is
written to the log. ``simulate`` runs a history, ``Game`` runs one in which a person decides.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from copy import deepcopy
from typing import Any

import simpy

from twinlab.modeling.afternoon import Afternoon
from twinlab.modeling.books import Books
from twinlab.modeling.luck import BLOCK, draw_luck
from twinlab.modeling.plan import make_plan
from twinlab.modeling.run import Run
from twinlab.organization.view import Supplier, View
from twinlab.scope.calendar import AFTERNOON, DUST, MORNING, NIGHT
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.log import Log
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State


def simulate(
    scenario: Scenario, seed: int = 0, replication: int = 0, start: State | None = None
) -> Run:
    """Live through one history of a scenario, and log everything that happens.

    ``replication`` numbers the histories of a seed. ``start`` is a state to go on from; its ``day``
    is the first day to live, and ``scenario.days`` the end.

    Raises:
        ScenarioError: a rule returns no quantity, or the start does not fit the scenario.

    >>> from twinlab import BaseStock, Normal, Scenario, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> run = simulate(shop, seed=1)
    >>> len(run.log.of("demanded")), run.log == simulate(shop, seed=1).log
    (50, True)
    """
    engine = EventEngine(scenario, seed, replication, start)
    engine.live()
    return engine.run()


class EventEngine:
    """A chain on SimPy's clock, from a start state to the last day of its scenario."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        replication: int = 0,
        start: State | None = None,
        asked: Iterable[int] = (),
    ) -> None:
        """Set everything up; ``asked`` are the item numbers on which a person decides."""
        if not isinstance(replication, int) or replication < 0:
            raise ScenarioError(f"replication is a whole number of at least 0, got {replication!r}")
        self.plan = plan = make_plan(scenario)
        self.seed, self.replication = seed, replication
        self.start = start.copy() if start else State.initial(scenario.network)
        if not 0 <= self.start.day <= scenario.days:
            raise ScenarioError(
                f"start is day {self.start.day}, after the scenario's {scenario.days} days: "
                f"lengthen it with scenario.change(days=…)"
            )
        block, column = divmod(replication, BLOCK)
        self.books = books = Books(plan, draw_luck(scenario, seed, block), column, self.start)
        self.clock = simpy.Environment(initial_time=self.start.day)
        self.afternoon = Afternoon(plan, books, self.clock)
        self.asked = frozenset(asked)
        self.question: simpy.Event | None = None
        self.view: View | None = None
        self.views = [self._view(number) for number in range(len(plan.items))]
        periods = [(n, plan.items[n].node.review_period) for n in plan.deciders]
        self._morning_deciders = [p for p in periods if not plan.items[p[0]].node.evening_review]
        self._evening_deciders = [p for p in periods if plan.items[p[0]].node.evening_review]
        for number, days in enumerate(books.active):
            self.clock.process(self._disruption(number, days))
        self.life = self.clock.process(self._days())

    def live(self) -> None:
        """Live on until the last day is over, or a person is asked."""
        while self.question is None and self.life.is_alive:
            self.clock.step()

    def run(self) -> Run:
        """The history so far."""
        books = self.books
        return Run(
            self.plan, self.seed, self.replication, self.start, Log(books.log), books.recorded()
        )

    # -- the days --

    def _days(self) -> Generator[simpy.Event, Any, None]:
        """Morning, afternoon and night of every day: the law of ``scope.calendar``."""
        clock = self.clock
        for day in range(self.start.day, self.plan.scenario.days):
            self.books.begin(day)
            self._orders_arrive(day)
            for number, period in self._morning_deciders:
                if day % period == 0:
                    yield from self._decide(number, day, day)
            yield clock.timeout(AFTERNOON - MORNING)
            self.afternoon.goods_flow(day)
            yield clock.timeout(NIGHT - AFTERNOON)
            for number, period in self._evening_deciders:
                if day % period == 0:
                    yield from self._decide(number, day, day + 1)
            self.books.close(day)
            yield clock.timeout(1 - NIGHT)

    def _orders_arrive(self, day: int) -> None:
        """Orders in the mail reach their suppliers; customers come."""
        books, plan, log = self.books, self.plan, self.books.log.append
        for at in plan.mailed:
            quantity = books.mail[at].pop(day, 0.0)
            if quantity:
                lane = plan.lanes[at]
                log((day, "accepted", lane.row.source, lane.row.product, quantity,
                     lane.row.destination, lane.row.mode))  # fmt: skip
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

    def _decide(self, number: int, day: int, seen: int) -> Generator[simpy.Event, Any, None]:
        """Ask the decision maker of an item, and place what it orders (seen from ``seen`` on)."""
        books, item = self.books, self.plan.items[number]
        view = self.views[number]
        view.day = day
        view.on_hand = books.on_hand[number]
        view.on_order = books.on_order[number]
        view.backlog = books.backlog(number)
        view.demand = books.asked[number]
        books.asked[number] = 0.0
        if len(item.lanes_in) > 1:
            for at, supplier in zip(item.lanes_in, view.suppliers, strict=True):
                supplier.open = books.open(at, day)
        if number in self.asked:
            self.question, self.view = self.clock.event(), view
            answer = yield self.question
        else:
            answer = item.rule(view)
        quantity = self._quantity(item.rule, answer, number, day)
        node, product = item.key
        books.log.append((day, "decided", node, product, quantity))
        if view.memory:
            note = deepcopy(view.memory)
            books.log.append((day, "remembered", node, product, 0.0, "", "", None, note))
        if quantity > 0.0:
            self._place(number, quantity, day, seen)

    def _quantity(self, rule: Any, answer: Any, number: int, day: int) -> float:
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
                books.requests[item.made][seen] = quantity
            else:
                self._request(item.made, quantity)
            return
        view = self.views[number]
        parts = [quantity] if len(item.lanes_in) == 1 else item.sourcing(view, quantity)
        for at, part in zip(item.lanes_in, parts, strict=True):
            if part < DUST:
                continue
            lane = self.plan.lanes[at]
            due = day + lane.delay
            log((day, "ordered", node, product, part, lane.row.source, lane.row.mode, due))
            books.order(number, part)
            if due > day:
                books.mail[at][due] = part
            else:
                books.ask(lane.source, part)
                books.owed[at] += part

    def _request(self, recipe: int, quantity: float) -> None:
        """An order to make something is seen: it asks the node's own components."""
        self.books.to_make[recipe] += quantity
        for component, need in self.plan.recipes[recipe].components:
            self.books.ask(component, quantity * need)

    def _view(self, number: int) -> View:
        """The view of an item's decision maker, with what it remembers."""
        item = self.plan.items[number]
        rows = [self.plan.lanes[at].row for at in item.lanes_in]
        suppliers = [
            Supplier(v.source, v.mode, v.sourcing_rank, v.sourcing_share, v.capacity) for v in rows
        ]
        view = View(*item.key, suppliers)
        view.memory = deepcopy(self.start.memory.get(item.key, {}))
        view.echelon = lambda: self.books.echelon_position(number)
        return view

    # -- disruptions --

    def _disruption(self, number: int, days: list[bool]) -> Generator[simpy.Event, Any, None]:
        """Log when a disruption begins and when it is over."""
        disruption = self.plan.scenario.disruptions[number]
        where = getattr(disruption, "node", "") or getattr(disruption, "source", "")
        partner = getattr(disruption, "destination", "")
        was_active = self.start.day > 0 and days[self.start.day - 1]
        for day in range(self.start.day, len(days)):
            if days[day] != was_active:
                was_active = days[day]
                yield self.clock.timeout(day + MORNING - self.clock.now)
                kind = "disrupted" if was_active else "recovered"
                product = getattr(disruption, "product", "")
                note = type(disruption).__name__
                self.books.log.append((day, kind, where, product, 0.0, partner, "", None, note))


class Game:
    """A history that stops whenever a person must decide.

    Raises:
        ScenarioError: a player decides nothing in this scenario.

    >>> from twinlab import BaseStock, Normal, Scenario, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=3)
    >>> game = Game(shop, players=["shop"], seed=1)
    >>> while game.view:
    ...     game.order(5)
    >>> [event.quantity for event in game.run.log.of("decided")]
    [5.0, 5.0, 5.0]
    """

    def __init__(self, scenario: Scenario, players: Iterable[str], seed: int = 0) -> None:
        """Start the history and go to the first decision of a player (a node's name)."""
        plan = make_plan(scenario)
        deciding = dict.fromkeys(plan.items[n].key[0] for n in plan.deciders)
        asked = list(players)
        for name in asked:
            if name not in deciding:
                raise ScenarioError(
                    f"players: {name!r} decides nothing; {did_you_mean(name, deciding)}"
                )
        numbers = [n for n in plan.deciders if plan.items[n].key[0] in asked]
        self._engine = EventEngine(scenario, seed, asked=numbers)
        self._engine.live()

    @property
    def view(self) -> View | None:
        """What the person sees who must decide now; None when the last day is over."""
        return self._engine.view if self._engine.question else None

    def order(self, quantity: float) -> None:
        """Answer with a quantity, and live on to the next question.

        Raises:
            ScenarioError: the game is over, or that is no quantity.
        """
        question = self._engine.question
        if question is None:
            raise ScenarioError("the game is over: start another one with Game(scenario, players)")
        number = next(n for n, v in enumerate(self._engine.views) if v is self._engine.view)
        self._engine._quantity("you", quantity, number, self._engine.books.day)
        self._engine.question = None
        question.succeed(quantity)
        self._engine.live()

    @property
    def run(self) -> Run:
        """The history so far."""
        return self._engine.run()
