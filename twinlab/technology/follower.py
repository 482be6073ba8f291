"""Following a plant: take messages in, keep the state up to date, and know what is missing."""

from __future__ import annotations

from twinlab.scope.entities import ItemKey
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State
from twinlab.technology.bus import Bus
from twinlab.technology.messages import DAY
from twinlab.technology.store import EventStore, Intake
from twinlab.technology.sync import Belief, believe, check


class Follower:
    """The receiving end of a bus: a store, and the belief that is folded from it.

    ``nights`` maps a closed day to the units on hand that night, by (node, product).

    >>> from twinlab import BaseStock, Normal, serial
    >>> from twinlab.technology import Bus, EventStore, Plant
    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, follower = Plant(chain, bus, seed=1), Follower(bus, EventStore(), State())
    >>> plant.advance(10)
    >>> _ = follower.sync(chain)
    >>> follower.belief.state.on_hand == plant.state.on_hand, follower.gaps()
    (True, [])
    """

    def __init__(self, bus: Bus, store: EventStore, start: State, trust: float = 0.0) -> None:
        """Listen to a bus."""
        self.bus, self.store, self.trust = bus, store, trust
        self.belief = Belief(start)
        self.nights: dict[int, dict[ItemKey, float]] = {}
        self._complete: State | None = None

    def sync(self, model: Scenario) -> Intake:
        """Take in what has arrived and fold it, from the last complete night on."""
        network = model.network
        intake = self.store.take(
            self.bus.deliver(), self.bus.now, lambda message: check(message, network)
        )
        done = self._complete
        since = done.day * DAY if done is not None else -DAY
        self.belief = belief = believe(self.store.messages(since), model, done, self.trust)
        self.nights |= belief.stock
        if belief.closing is not None and self._is_complete(belief.closed[belief.closing.day - 1]):
            self._complete = belief.closing  # need not be folded again
        return intake

    def _is_complete(self, counts: dict[str, int]) -> bool:
        """Whether everything has come that the sources had sent by a night."""
        return all(number >= counts.get(source, 0) for source, number in self.gaps())

    @property
    def complete_day(self) -> int:
        """The last morning up to which every message is there."""
        return self._complete.day if self._complete is not None else 0

    def gaps(self) -> list[tuple[str, int]]:
        """Source and sequence of every message that must have been sent and has not come."""
        told: dict[str, int] = {}
        for counts in self.belief.closed.values():
            for source, count in counts.items():
                told[source] = max(told.get(source, 0), int(count))
        there = self.store.sequences()
        for source, (_, last) in there.items():
            told[source] = max(told.get(source, 0), last + 1)
        return [
            (source, number)
            for source, count in told.items()
            if there.get(source, (0, 0))[0] < count
            for number in self.store.missing(source, count - 1)
        ]
