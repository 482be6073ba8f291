"""Synchronisation: the receiving end of links and feeds."""

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

from twinlab.scope import Scenario, SyncError, TwinError
from twinlab.scope.later import pd
from twinlab.technology.desk import Desk
from twinlab.technology.known import SKEW, Known
from twinlab.technology.links import FileLink
from twinlab.technology.mapping import Mapping
from twinlab.technology.messages import DAY, DAY_ZERO, Letter, Message, Refused, read
from twinlab.technology.store import EventStore, Intake
from twinlab.technology.tracker import Tracker, Unfoldable

__all__ = ["Follower"]

KEEP_EVERY = 20_000  # messages folded between two checkpoints that outlive the process
RECORD = 10_000  # bytes of a letter that is kept whole when something in it is refused
REAL_TIME = (DAY_ZERO.timestamp(), 86_400.0)  # when day 0 began, and seconds a day


@runtime_checkable
class Feed(Protocol):
    """Something with a ``name``, and an ``overlap``: seconds by which its records may come late."""

    def poll(self, place: Any) -> tuple[list[Letter], Any]:
        """Give new records, and the place from which the next poll goes on."""


Inputs = dict[str, tuple[Any, Mapping | None]]  # links and feeds by name; "" is the plant's


class Gate:
    """Lets messages in, and remembers what a receiver must: known until, clock, orders."""

    def __init__(self, name: str, inputs: Inputs, store: EventStore, tracker: Tracker) -> None:
        self.name, self.inputs, self.store, self.tracker = name, inputs, store, tracker
        self.link: FileLink | None = inputs.get("", (None, None))[0]
        self.known = Known(store.recall("known"))
        self.desk = Desk(name, self.link, store, lambda: self.now)
        self._start_clock(*store.recall("clock", REAL_TIME))

    @property
    def now(self) -> float:
        """Days since the morning of day 0, on a clock that no message turns."""
        if self.link is not None and self.link.now is not None:
            return self.link.now
        return (time.time() - self.clock[0]) / self.clock[1]

    def _start_clock(self, zero: float, pace: float) -> None:
        """A simulated life says once when its day 0 began, and how long a day takes."""
        self.clock = (zero, pace)
        self.known.ahead = max(SKEW, 10.0 / pace)  # ten seconds, if that is more

    def come(self, problems: list[TwinError]) -> Iterator[tuple[str, Sequence[bytes], Any]]:
        """Give what has come from links, which are told when it is stored, and from feeds."""
        for name, (source, _) in self.inputs.items():
            try:
                if isinstance(source, FileLink):
                    while letters := source.receive(self.name):
                        yield name, letters, {}
                        source.acknowledge(self.name)
                else:
                    began = self.now
                    letters, place = source.poll(self.store.recall(f"place:{name}"))
                    self.known.polled(name, round(began * DAY - source.overlap * 1e6), began)
                    yield name, letters, {f"place:{name}": place}
            except TwinError as problem:
                problems.append(problem)

    def notes(self, **more: Any) -> dict[str, Any]:
        """What goes into the store together with the messages."""
        kept = {"known": self.known.plain(), "orders": self.desk.plain(), **more}
        return kept | ({"clock": self.clock} if self.clock != REAL_TIME else {})

    def door(self, letter: bytes, feed: str) -> Iterator[Message | Refused | None]:
        """What is in a letter: messages that can be folded, what is refused, what is ignored."""
        if feed not in self.inputs:
            raise SyncError(f"nobody listens to {feed!r} now: twin.listen(…) comes first")
        source, mapping = self.inputs[feed]
        for found in mapping.messages(letter) if mapping else read(letter):
            if not isinstance(found, Message):
                yield found
                continue
            try:
                mapped = mapping is not None and found.sequence is None
                origin = "" if mapped else getattr(letter, "origin", "")
                self.tracker.check.check(found, origin, mapped)
                self._admit(found, isinstance(source, FileLink))
                yield found
            except Exception as problem:  # whatever it is, it stops one message only
                whole = bytes(letter) if len(letter) < RECORD else found.encode()
                yield Refused(str(problem), whole)

    def _admit(self, message: Message, by_link: bool) -> None:
        if message.time < self.tracker.oldest:
            raise SyncError(f"it is of day {message.time // DAY}, which is pruned")
        self.known.take(message, self.now, by_link)
        if message.kind in ("changed", "refused", "done", "failed"):
            self.desk.hear(message)
        if message.kind == "opened" and "pace" in message.data and self.clock == REAL_TIME:
            self._start_clock(message.data["zero"], message.data["pace"])


class Follower:
    """Follows what links and feeds tell, by a model; a store is read at the first sync.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, follower = Plant(chain, bus, seed=1), Follower(chain, bus)
    >>> plant.advance(10)
    >>> follower.sync().new > 10, follower.gaps(), follower.staleness
    (True, [], 0.0)
    """

    def __init__(
        self,
        model: Scenario,
        link: FileLink | None = None,
        store: EventStore | None = None,
        name: str = "twin",
    ) -> None:
        self.model, self.link, self.name = model, link, name
        self.store = EventStore() if store is None else store
        self._inputs: Inputs = {} if link is None else {"": (link, None)}
        self._whole, self._asked_at = False, -1e9
        self._begin()
        if link is not None:
            link.receive(name, most=0)  # from now on letters are kept for this reader

    def _begin(self) -> None:
        self._tracker, self._since_kept = Tracker(self.model), 0
        self._gate = Gate(self.name, self._inputs, self.store, self._tracker)

    def listen(self, source: FileLink | Feed, mapping: Mapping | None = None) -> None:
        """Hear a source of another name too: link, folder, database or machine, by a mapping."""
        name = str(getattr(source, "name", "") or source)
        if name in self._inputs:
            raise SyncError(f"the twin listens to {name!r} already")
        self._inputs[name] = (source, mapping)

    def sync(self, ask_again: bool = True) -> Intake:
        """Take in what has arrived and bring the state up to date.

        What is missing is asked for and comes with a later sync, unless ``ask_again`` is no. A feed
        that cannot be read does not stop the others: its SyncError comes last, the rest is stored.
        """
        self._prepare()
        gate, problems = self._gate, list[TwinError]()
        takes = [
            self.store.take(letters, gate.now, gate.door, name, partial(gate.notes, **place))
            for name, letters, place in gate.come(problems)
        ]
        fresh = tuple(message for one in takes for message in one.fresh)
        self._fold(fresh)
        if ask_again:
            self._answer()
        if problems:
            raise problems[0]
        names = ("new", "copies", "dead", "ignored")
        new, copies, dead, ignored = (sum(getattr(one, name) for one in takes) for name in names)
        return Intake(new, copies, dead, ignored, fresh)

    def replay_dead(self) -> Intake:
        """Try dead letters once more, after a mapping or the model was corrected."""
        self._prepare()
        intake = self.store.replay_dead(self._gate.door, self._gate.now, self._gate.notes)
        self._fold(intake.fresh)
        return intake

    def prune(self, before: int) -> int:
        """Forget messages from before a day, as far as a checkpoint keeps their sum; count them."""
        at = self._tracker.forget(before * DAY)
        return 0 if at is None else self.store.prune(at["time"], {"checkpoint": at, "pruned": True})

    @property
    def known_until(self) -> float:
        """Days until which every message is there, of all sources that are not silent."""
        return self._gate.known.until_now(self._gate.now) / DAY

    @property
    def staleness(self) -> float:
        """Days since then, on the twin's own clock: no message turns it."""
        return max(0.0, self._gate.now - self.known_until)

    @property
    def sources(self) -> "pd.DataFrame":
        """What is known by source: until when, when it last spoke, how many messages are missing.

        A source unheard for three days is *silent*; one that does not number its messages cannot
        show gaps. Messages that were asked for in vain are *lost*: no longer waited for.
        """
        return self._gate.known.table(self._gate.now)

    def gaps(self) -> list[tuple[str, int]]:
        """Source and number of every message that must have been sent and has not come."""
        return self._gate.known.gaps()

    def _load(self) -> None:
        """Read what the store holds, at first and after somebody stopped halfway."""
        if not self._whole:
            self._begin()
            kept = self.store.recall("checkpoint")
            if kept is not None:
                self._tracker.resume(kept, only=bool(self.store.recall("pruned")))
            self._fold(self.store.messages(self._tracker.restart()))

    def _prepare(self) -> None:
        """Follow the model; from here to the fold nothing is whole."""
        self._load()
        self._tracker.follow_model(self.model)
        self._whole = False

    def _fold(self, fresh: Iterable[Message]) -> None:
        """Fold what is new; what passed the door and cannot be folded becomes a dead letter."""
        messages, own = list(fresh), self.link is not None and len(self._inputs) == 1
        while not self._whole:
            try:
                until = 0 if own else self._gate.known.newest
                seen = self._gate.known.by_node(self.model.network.named)
                self._tracker.fold(messages, self.store.messages, until, seen)
                self._whole = True
            except Unfoldable as problem:
                self.store.condemn(problem.message, str(problem))
                messages = list(self.store.messages(self._tracker.restart()))
        self._since_kept += len(messages)
        if self._since_kept >= KEEP_EVERY:
            self.store.keep("checkpoint", self._tracker.plain())
            self._since_kept = 0

    def _answer(self) -> None:
        """Tell every link what is heard and what is missing, and send unanswered orders again."""
        links = [source for source, _ in self._inputs.values() if isinstance(source, FileLink)]
        spacing = max((link.spacing for link in links), default=0.0)
        if links and time.monotonic() - self._asked_at >= spacing:
            self._asked_at = time.monotonic()
            report = self._gate.known.report(self._gate.now)
            for link in links if report else ():
                link.heard(self.name, report)
            self._gate.desk.again(self._tracker.state.day, self.known_until)
