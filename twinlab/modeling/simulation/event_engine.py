"""The event engine: one history of a chain, event by event, on SimPy's clock.

The three parts of a day (``scope.calendar``) are moments on the clock; shipments and production are
events that fire on the day they are due. Everything that happens is written to the
log. ``simulate`` runs a history, ``Game`` runs one in which a person decides.
"""

from collections.abc import Generator, Iterable
from typing import Any

import simpy

from twinlab.modeling.simulation.afternoon import Afternoon
from twinlab.modeling.simulation.books import Books, hold_pipeline
from twinlab.modeling.simulation.morning import Morning
from twinlab.modeling.simulation.plan import make_plan
from twinlab.modeling.simulation.random_streams import BLOCK, RandomStreams, draw_streams
from twinlab.modeling.simulation.run import Run
from twinlab.organization.view import View
from twinlab.scope.calendar import AFTERNOON, MORNING, NIGHT
from twinlab.scope.errors import ScenarioError, check_known
from twinlab.scope.log import Log
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State, go_on

__all__ = ["Game", "simulate"]


def simulate(
    scenario: Scenario, seed: int = 0, replication: int = 0, start: State | None = None
) -> Run:
    """Live through one history of a scenario, and log everything that happens.

    ``replication`` numbers the replications of a seed. ``start`` is a state to go on from; its
    ``day`` is the first day to live, and ``scenario.days`` the end; tables may have changed since.

    Raises:
        ScenarioError: a rule returns no quantity, or the start does not fit the scenario.

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
        self.plan = plan = make_plan(scenario)
        self.seed, self.replication = seed, replication
        self.start = go_on(start, scenario)
        block, column = divmod(replication, BLOCK)
        luck = draw_streams(scenario, seed, block, start=start)
        _settle_arrivals(self.start, luck, column)
        self.books = books = Books(plan, luck, column, self.start)
        if start is None:
            hold_pipeline(books)
        self.clock = simpy.Environment(initial_time=self.start.day)
        self.afternoon = Afternoon(plan, books, self.clock)
        self.morning = Morning(plan, books, self.clock, frozenset(asked))
        periods = [(n, plan.items[n].node.review_period) for n in plan.deciders]
        self._morning_deciders = [p for p in periods if not plan.items[p[0]].node.evening_review]
        self._evening_deciders = [p for p in periods if plan.items[p[0]].node.evening_review]
        self.life = self.clock.process(self._days())

    def live(self) -> None:
        """Live on until the last day is over, or a person is asked."""
        while self.morning.question is None and not self.life.processed:
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
            self._note_disruptions(day)
            self.morning.orders_arrive(day)
            for number, period in self._morning_deciders:
                if day % period == 0:
                    yield from self.morning.decide(number, day, day)
            yield clock.timeout(AFTERNOON - MORNING)
            self.afternoon.goods_flow(day)
            yield clock.timeout(NIGHT - AFTERNOON)
            for number, period in self._evening_deciders:
                if day % period == 0:
                    yield from self.morning.decide(number, day, day + 1)
            self.books.close(day)
            yield clock.timeout(1 - NIGHT)

    def _note_disruptions(self, day: int) -> None:
        """Log which disruptions begin this morning, and which are over."""
        for disruption, days in zip(self.plan.scenario.disruptions, self.books.active, strict=True):
            before = day > 0 and days[day - 1]
            if days[day] != before:
                kind = "disrupted" if days[day] else "recovered"
                where = getattr(disruption, "node", "") or getattr(disruption, "source", "")
                product, note = getattr(disruption, "product", ""), type(disruption).__name__
                partner = getattr(disruption, "destination", "")
                mode = getattr(disruption, "mode", "")
                self.books.log.append((day, kind, where, product, 0.0, partner, mode, None, note))


def _settle_arrivals(start: State, luck: RandomStreams, column: int) -> None:
    """In this history it is settled when goods arrive whose arrival nobody tracks."""
    for key, days in luck.arrivals.items():
        goods = start.under_way[key]
        start.under_way[key] = [
            one._replace(due=int(due[column % len(due)]))
            for one, due in zip(goods, days, strict=True)
        ]
    start.tracked = True


class Game:
    """A history that stops whenever a person must decide.

    Raises:
        ScenarioError: a player decides nothing in this scenario.

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
            check_known(name, deciding, f"players: {name!r} decides nothing")
        numbers = [n for n in plan.deciders if plan.items[n].key[0] in asked]
        self._engine = EventEngine(scenario, seed, asked=numbers)
        self._engine.live()

    def __repr__(self) -> str:
        return f"Game({self.view or 'over'})"

    @property
    def view(self) -> View | None:
        """What the person sees who must decide now; None when the last day is over."""
        morning = self._engine.morning
        return morning.views[morning.number] if morning.question else None

    def order(self, quantity: float) -> None:
        """Answer with a quantity, and live on to the next question.

        Raises:
            ScenarioError: the game is over, or that is no quantity.
        """
        morning = self._engine.morning
        question = morning.question
        if question is None:
            raise ScenarioError("the game is over: start another one with Game(scenario, players)")
        morning.quantity("your order", quantity, morning.number, self._engine.books.day)
        morning.question = None
        question.succeed(quantity)
        self._engine.live()

    @property
    def run(self) -> Run:
        """The history so far."""
        return self._engine.run()
