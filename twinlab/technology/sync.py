"""Synchronisation: the receiving end of links and feeds.

A ``Follower`` takes what has come through the door into the store, acknowledges it, folds it, and
tells its senders what it has heard and what it misses.
"""

import time
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from twinlab.scope import Scenario, SyncError
from twinlab.technology.commands import Dispatch
from twinlab.technology.known import SKEW, Known
from twinlab.technology.links import FileLink
from twinlab.technology.mapping import Mapping
from twinlab.technology.messages import DAY, DAY_ZERO, Letter, Message, Refused, read
from twinlab.technology.store import EventStore, Intake
from twinlab.technology.tracker import Tracker, Unfoldable

KEEP_EVERY = 20_000  # messages folded between two checkpoints that outlive the process
COUNTS = ("new", "copies", "dead", "ignored")
RECORD = 10_000  # bytes of a letter that is kept whole when something in it is refused
REAL_TIME = (DAY_ZERO.timestamp(), 86_400.0)  # when day 0 began, and seconds a day


class Feed(Protocol):
    """Something that is polled for records; ``place`` says from where it goes on."""

    name: str
    overlap: float  # seconds by which its records may become visible late

    def poll(self, place: Any) -> tuple[list[Letter], Any]:
        """Give new records, and the place from which to go on."""


class Follower:
    """Takes in, keeps, folds and answers, in the name of a reader.

    ``now`` is its own clock, in days: that of a simulated link, or the computer's.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, follower = Plant(chain, bus, seed=1), Follower(chain, bus, EventStore())
    >>> plant.advance(10)
    >>> follower.sync(chain).new > 10
    True
    >>> follower.tracker.state.on_hand == plant.state.on_hand, follower.known.gaps()
    (True, [])
    """

    def __init__(
        self,
        model: Scenario,
        link: FileLink | None,
        store: EventStore,
        name: str = "twin",
        count_weight: float = 0.0,
    ) -> None:
        """Listen to a link; what the store holds already is read at the first sync."""
        self.name, self.link, self.store, self.count_weight = name, link, store, count_weight
        self.feeds: dict[str, tuple[Any, Mapping | None]] = {}
        self._model, self._asked_at, self._whole = model, -1e9, False
        self._set_up()

    def _set_up(self) -> None:
        """Begin as if nothing had been read."""
        self.tracker = Tracker(self._model, None, self.count_weight)
        self.known, self._clock, self._since_kept = Known(), REAL_TIME, 0
        self.dispatch = Dispatch(self.name, self.link)

    def _load(self) -> None:
        """Go on from what the store holds."""
        self._set_up()
        self.known = Known(self.store.recall("known"))
        kept, keep = self.store.recall("commands"), partial(self.store.keep, "commands")
        self.dispatch = Dispatch(self.name, self.link, kept, keep)
        self._start_clock(self.store.recall("clock"))
        kept = self.store.recall("checkpoint")
        if kept is not None:
            self.tracker.resume(kept, only=bool(self.store.recall("pruned")))
        self._fold(self.store.messages(self.tracker.restart()))

    def listen(self, source: Any, mapping: Mapping | None) -> None:
        """Hear another source too.

        Raises:
            SyncError: it hears a source of that name already.
        """
        name = str(getattr(source, "name", "") or source)
        if name in self.feeds:
            raise SyncError(f"the twin listens to {name!r} already")
        self.feeds[name] = (source, mapping)

    @property
    def now(self) -> float:
        """Days since the morning of day 0."""
        if self.link is not None and self.link.now is not None:
            return self.link.now
        zero, pace = self._clock
        return (time.time() - zero) / pace

    def _start_clock(self, told: Any) -> None:
        """A simulated life says once when its day 0 began, and how long a day takes."""
        if told is not None:
            zero, pace = told
            self._clock = (zero, pace)
            self.known.ahead = max(SKEW, 10.0 / pace)  # ten seconds, if that is more

    def sync(self, model: Scenario, ask_again: bool = True) -> Intake:
        """Take in all that has come, fold it, and say what is missing.

        A feed that cannot be read does not stop the others: its error is raised at the end.

        Raises:
            SyncError: a feed or the store failed; what was not stored comes again.
        """
        self._prepare(model)
        intakes, problems = list[Intake](), list[SyncError]()
        self._whole = False  # until all is folded: whoever stops this halfway loads anew
        for name in [""] * (self.link is not None) + list(self.feeds):
            for letters, place in self._arrivals(name, problems):
                intakes.append(self._take(letters, name, place))
                self._acknowledge(name)
        counts = (sum(getattr(one, name) for one in intakes) for name in COUNTS)
        fresh = tuple(message for one in intakes for message in one.fresh)
        self._fold(fresh)
        self._whole = True
        if ask_again:
            self._answer()
        if problems:
            raise problems[0]
        new, copies, dead, ignored = counts
        return Intake(new, copies, dead, ignored, fresh)

    def _prepare(self, model: Scenario) -> None:
        if not self._whole:
            self._load()
        if model is not self._model:
            self._model = model
            self.tracker.follow_model(model)

    # -- taking in --

    def _link(self, name: str) -> FileLink | None:
        """The link of a name, if it is one: feeds are polled."""
        source = self.link if name == "" else self.feeds[name][0]
        return source if hasattr(source, "receive") else None

    def _arrivals(
        self, name: str, problems: list[SyncError]
    ) -> Iterator[tuple[list[Letter], dict[str, Any]]]:
        """Letters, and what is to be remembered of where they came from."""
        link, began = self._link(name), self.now
        while True:
            try:
                if link is not None:
                    letters, place = link.receive(self.name), {}
                else:
                    feed: Feed = self.feeds[name][0]
                    letters, at = feed.poll(self.store.recall(f"place:{name}"))
                    place = {f"place:{name}": at}
            except SyncError as problem:
                problems.append(problem)
                return
            if link is None:
                self.known.polled(name, round(began * DAY - feed.overlap * 1e6), began)
            if letters or link is None:
                yield letters, place
            if link is None or not letters:
                return

    def _acknowledge(self, name: str) -> None:
        link = self._link(name)
        if link is not None:
            link.acknowledge(self.name)

    def _take(self, letters: Iterable[Letter], name: str, place: dict[str, Any]) -> Intake:
        return self.store.take(letters, self.now, self.door, name, lambda: self._notes() | place)

    def _notes(self) -> dict[str, Any]:
        """What goes into the store together with the messages."""
        kept = {"known": self.known.plain(), "commands": self.dispatch.plain()}
        return kept | ({"clock": self._clock} if self._clock != REAL_TIME else {})

    def door(self, letter: bytes, feed: str) -> Iterator[Message | Refused | None]:
        """What is in a letter: messages that can be folded, what is refused, what is ignored."""
        mapping = self.feeds[feed][1] if feed else None
        for found in mapping.messages(letter) if mapping else read(letter):
            if not isinstance(found, Message):
                yield found
                continue
            try:
                self._admit(found, feed, letter)
            except Exception as problem:  # whatever it is, it stops one message only
                raw = bytes(letter) if len(letter) < RECORD else found.encode()
                yield Refused(f"{problem}", raw)
            else:
                yield found

    def _admit(self, message: Message, feed: str, letter: bytes) -> None:
        mapped = message.sequence is None and bool(feed) and self.feeds[feed][1] is not None
        self.tracker.check.check(message, "" if mapped else getattr(letter, "origin", ""), mapped)
        if message.time < self.tracker.oldest:
            raise SyncError(f"it is of day {message.time // DAY}, which is pruned")
        if self._link(feed) is None:
            self.known.early(message, self.now)
        else:
            self.known.take(message, self.now)
        if message.kind in ("changed", "refused"):
            self.dispatch.hear(message)
        if message.kind == "opened" and "pace" in message.data and self._clock == REAL_TIME:
            self._start_clock((message.data["zero"], message.data["pace"]))

    def replay_dead(self, model: Scenario) -> Intake:
        """Try dead letters once more."""
        self._prepare(model)
        self._whole = False
        intake = self.store.replay_dead(self.door, self.now, self._notes)
        self._fold(intake.fresh)
        self._whole = True
        return intake

    # -- folding --

    def _fold(self, fresh: Iterable[Message]) -> None:
        """Fold what is new; what passed the door and cannot be folded becomes a dead letter."""
        messages = list(fresh)
        while True:
            try:
                until = self.known.newest if self.feeds else 0
                self.tracker.fold(messages, self.store.messages, until)
                break
            except Unfoldable as problem:
                self.store.condemn(problem.message, str(problem))
                messages = list(self.store.messages(self.tracker.restart()))
        self._since_kept += len(messages)
        if self._since_kept >= KEEP_EVERY:
            self.store.keep("checkpoint", self.tracker.plain())
            self._since_kept = 0

    @property
    def ready(self) -> bool:
        """Whether all that the store holds has been read."""
        return self._whole

    def prune(self, before: int) -> int:
        """Forget the messages of the days before the newest checkpoint up to a day; count them."""
        at = self.tracker.forget(before * DAY)
        if at is None:
            return 0
        return self.store.prune(at["time"], {"checkpoint": at, "pruned": True})

    # -- answering --

    def _answer(self) -> None:
        """Tell every link what is heard and what is missing, and send unanswered commands again."""
        links = [link for name in ["", *self.feeds] if (link := self._link(name)) is not None]
        spacing = max((link.spacing for link in links), default=0.0)
        if links and time.monotonic() - self._asked_at >= spacing:
            self._asked_at = time.monotonic()
            report = self.known.report()
            for link in links if report else ():
                link.heard(self.name, report)
            self.dispatch.again(self.tracker.state.day)
