"""Synchronisation: what a twin believes of its plant is the fold of the messages that have come.

Messages tell less than a log: when goods under way will arrive and how much of a started batch will
be good is not known yet. The fold fills in what the twin's model expects, and corrects itself when
the goods arrive: a receipt names the days on which its shipments left.

``Follower`` takes messages in, keeps the state up to date, and knows what is missing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from twinlab.scope import Event, Scenario, TwinError
from twinlab.scope.entities import ItemKey
from twinlab.scope.state import State, apply, widen
from twinlab.technology.links import Bus
from twinlab.technology.message_check import MessageCheck
from twinlab.technology.messages import DAY, Message, Refused, read
from twinlab.technology.store import MOST_MISSING, EventStore, Intake

__all__ = ["Belief", "believe"]


@dataclass
class Belief:
    """What is believed after some messages.

    ``morning`` is the state right after the last closed night, before anything of the day after
    it: whoever looks ahead starts there. ``closed`` maps a closed day to how many messages every
    source had sent by that night; ``stock`` to the units on hand that night, by (node, product);
    ``replies`` are the plant's answers to commands. ``kept`` is the state of the morning of a day
    that was asked for.

    >>> Belief(State(day=3), State(day=3)).closed
    {}
    """

    state: State
    morning: State
    kept: State | None = None
    closed: dict[int, dict[str, int]] = field(default_factory=dict)
    stock: dict[int, dict[ItemKey, float]] = field(default_factory=dict)
    replies: list[Message] = field(default_factory=list)


def believe(
    messages: Iterable[Message],
    model: Scenario,
    start: State | None = None,
    count_weight: float = 0.0,
    keep: int | None = None,
) -> Belief:
    """Fold messages, in the order in which things happened, over a start state.

    ``count_weight`` is how much of the difference between a count and the books is corrected (0:
    counts are ignored; 1: the count is right). ``keep`` is the day whose morning is kept as well.

    Raises:
        SyncError: a message cannot be folded.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant = Plant(chain, bus, seed=1)
    >>> plant.advance(10)
    >>> messages = [Message.decode(raw) for raw in bus.receive("twin")]
    >>> believe(messages, chain).state.on_hand == plant.state.on_hand
    True
    """
    told = list(messages)
    state = widen(start, model.network) if start is not None else State.initial(model.network)
    belief = Belief(state, state.copy())
    nights = nights_in(told)
    reader = _Reader(
        belief, MessageCheck(model.network), count_weight, (keep, max(nights, default=-1) + 1)
    )
    for message in told:
        reader.read(message)
    return belief


def nights_in(messages: Iterable[Message]) -> dict[int, dict[str, int]]:
    """The closed days, and how many messages every source had sent by each night."""
    closed = (message.data for message in messages if message.kind == "closed")
    return {data["day"]: dict(data.get("last", {})) for data in closed}


class _Reader:
    """Reads messages one after the other into a belief."""

    def __init__(
        self,
        belief: Belief,
        reading: MessageCheck,
        count_weight: float,
        kept: tuple[int | None, int],
    ) -> None:
        self.belief, self.reading, self.count_weight = belief, reading, count_weight
        self.asked, self.last = kept

    def read(self, message: Message) -> None:
        """Let one message change the belief."""
        belief, kind = self.belief, message.kind
        if kind == "opened":
            belief.state = self._opening(message)
            belief.morning = belief.state.copy()
        elif kind in ("changed", "refused"):
            belief.replies.append(message)
        elif kind == "counted":
            event = self.reading.event(message)
            books = belief.state.on_hand
            item = (event.node, event.product)
            books[item] += self.count_weight * (event.quantity - books[item])
        else:
            event = self._expected(self.reading.event(message), message)
            apply(belief.state, event, self.reading.recipes)
            if kind == "closed":
                self._closed(event.day, message)

    def _closed(self, day: int, message: Message) -> None:
        """Note the night, and copy the state of the mornings that are wanted."""
        belief = self.belief
        belief.closed[day] = dict(message.data.get("last", {}))
        belief.stock[day] = dict(belief.state.on_hand)
        if day + 1 == self.asked:
            belief.kept = belief.state.copy()
        if day + 1 == self.last:
            belief.morning = belief.state.copy()

    def _opening(self, message: Message) -> State:
        """What the plant held when it opened, with expected arrivals where it does not say."""
        state = self.reading.opening(message)
        for key, goods in state.under_way.items():
            state.under_way[key] = [
                s if s.due is not None else s._replace(due=self._arrival(key, s.left))
                for s in goods
            ]
        return state

    def _arrival(self, lane: Any, left: int) -> int:
        return left + round(self.reading.lanes[lane].lead_time.average)

    def _expected(self, event: Event, message: Message) -> Event:
        """The event with what the model expects in place of what nobody told."""
        if event.kind == "shipped" and event.due is None:
            lane = (event.node, event.partner, event.product, event.mode)
            return event._replace(due=max(event.day, self._arrival(lane, event.day)))
        if event.kind == "started" and event.note is None:
            share = self.reading.recipes[event.node, event.product].good_share.average
            return event._replace(note=event.quantity * min(1.0, share))
        if event.kind == "received":
            self._arrived(event, message.data.get("left", ()))
        return event

    def _arrived(self, event: Event, left: Any) -> None:
        """Of the goods under way, those arrive that the receipt names; all others go on."""
        lane = (event.partner, event.node, event.product, event.mode)
        under_way = self.belief.state.under_way
        under_way[lane] = [
            s._replace(due=event.day if s.left in left else max(s.due, event.day + 1))
            for s in under_way[lane]
        ]


def present(state: State) -> State:
    """A state to start a forecast from: no stock below zero, nothing that was due before today.

    While messages are missing the books may say what cannot be; orders and production that were due
    have reached their place.
    """
    fine = state.copy()
    for claim, orders in fine.open_orders.items():
        seen = sum(order.quantity for order in orders if order.due < fine.day)
        (fine.to_make if len(claim) == 2 else fine.owed)[claim] += seen  # type: ignore[index]
        orders[:] = [order for order in orders if order.due >= fine.day]
    for item, lots in fine.lots.items():
        for done in (lot for lot in lots if lot.due < fine.day):
            fine.on_hand[item] += done.good
            fine.on_order[item] -= done.started
            fine.in_process[item] -= done.started
        lots[:] = [lot for lot in lots if lot.due >= fine.day]
    for table in (
        fine.on_hand,
        fine.owed,
        fine.on_order,
        fine.in_transit,
        fine.to_make,
        fine.in_process,
    ):
        for key, units in table.items():
            table[key] = max(0.0, units)  # type: ignore[index]
    for goods in fine.under_way.values():
        goods[:] = [s._replace(due=max(s.due, fine.day)) for s in goods]
    return fine


def _checked(message: Message, reading: MessageCheck) -> Message | Refused:
    """A message, or why it cannot be folded."""
    try:
        reading.check(message)
    except TwinError as problem:
        return Refused(str(problem), message.raw or message.encode())
    return message


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

    def __init__(
        self, bus: Bus, store: EventStore, start: State, count_weight: float = 0.0
    ) -> None:
        """Listen to a bus."""
        self.bus, self.store, self.count_weight = bus, store, count_weight
        self.belief = Belief(start, start)
        self.nights: dict[int, dict[ItemKey, float]] = {}
        self._complete: State | None = None

    def sync(self, model: Scenario) -> Intake:
        """Take in what has arrived and fold it, from the last complete night on."""
        reading = MessageCheck(model.network)

        def door(letter: bytes, feed: str) -> Iterator[Message | Refused]:
            for found in read(letter, feed):
                yield _checked(found, reading) if isinstance(found, Message) else found

        letters = self.bus.receive("twin", most=10**9)
        intake = self.store.take(letters, self.bus.now, door)
        self.bus.acknowledge("twin")
        done = self._complete
        since = done.day * DAY if done is not None else -DAY
        messages = list(self.store.messages(since))
        complete = self._last_complete(nights_in(messages))
        self.belief = belief = believe(messages, model, done, self.count_weight, complete)
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

    def ask_again(self) -> None:
        """Say what has been heard and what is missing."""
        missing: dict[str, list[int]] = {}
        for source, number in self.gaps():
            missing.setdefault(source, []).append(number)
        first = dict(self._first_missing())
        sources = first.keys() | missing.keys()
        told = {s: (first.get(s, 0), missing.get(s, [])[:1000]) for s in sorted(sources)}
        self.bus.heard("twin", told)

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
