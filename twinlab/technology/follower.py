"""Following a plant: take messages in, keep the state up to date, and know what is missing."""

from collections.abc import Iterator
from itertools import islice

from twinlab.scope.entities import ItemKey
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State
from twinlab.technology.bus import Bus
from twinlab.technology.messages import DAY
from twinlab.technology.reading import Reading
from twinlab.technology.store import MOST_MISSING, EventStore, Intake
from twinlab.technology.sync import Belief, believe, nights_in


class Follower:
    """The receiving end of a bus: a store, and the belief that is folded from it.

    ``nights`` maps a closed day to the units on hand that night, by (node, product).

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
        self.belief = Belief(start, start)
        self.nights: dict[int, dict[ItemKey, float]] = {}
        self._complete: State | None = None

    def sync(self, model: Scenario) -> Intake:
        """Take in what has arrived and fold it, from the last complete night on."""
        reading = Reading(model.network)
        intake = self.store.take(self.bus.deliver(), self.bus.now, reading.check)
        done = self._complete
        since = done.day * DAY if done is not None else -DAY
        messages = list(self.store.messages(since))
        complete = self._last_complete(nights_in(messages))
        self.belief = belief = believe(messages, model, done, self.trust, complete)
        self.nights |= belief.stock
        if belief.kept is not None:
            self._complete = belief.kept  # need not be folded again
        return intake

    def _last_complete(self, closed: dict[int, dict[str, int]]) -> int | None:
        """The last morning up to which everything has come that the sources had sent."""
        first = dict(self._first_missing())
        mornings = (
            day + 1
            for day, counts in closed.items()
            if all(first.get(source, 0) >= count for source, count in counts.items())
        )
        return max(mornings, default=None)

    def _first_missing(self) -> Iterator[tuple[str, int]]:
        for source, (count, last) in self.store.sequences().items():
            yield source, last + 1 if count > last else self.store.missing(source, last)[0]

    @property
    def complete_day(self) -> int:
        """The last morning up to which every message is there."""
        return self._complete.day if self._complete is not None else 0

    def gaps(self) -> list[tuple[str, int]]:
        """Source and sequence of the messages that must have been sent and have not come.

        The first ``MOST_MISSING`` of them.
        """
        told: dict[str, int] = {}
        for counts in self.belief.closed.values():
            for source, count in counts.items():
                told[source] = max(told.get(source, 0), count)
        there = self.store.sequences()
        for source, (_, last) in there.items():
            told[source] = max(told.get(source, 0), last + 1)
        missing = (
            (source, number)
            for source, count in told.items()
            if there.get(source, (0, 0))[0] < count
            for number in self.store.missing(source, count - 1)
        )
        return list(islice(missing, MOST_MISSING))
