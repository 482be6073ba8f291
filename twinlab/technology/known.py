"""Known until: how far everything is known, by source, on a clock that no message turns.

A source that numbers its messages *closes* from time to time: a message ``closed`` says how many it
has sent by then. Until its newest closing of which all are here, everything is known of it. Each
source closes only itself. One unheard for three days is *silent* and left out; a hole that was
asked for three times in vain is *written off*: counted, shown, no longer waited for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from twinlab.scope.base import SyncError, pd
from twinlab.technology.messages import DAY, Message

SKEW = 0.5  # days that a message may be ahead of the receiver's clock
AHEAD = 1_000  # numbers that a message may be ahead of what is here
PATIENCE = 3  # how often a hole is asked for before it is written off
SILENT = 3.0  # days without a word


@dataclass
class Source:
    """What is known of one source; ``until`` is in microseconds, ``heard`` in days."""

    numbered: bool = False
    first: int = 0  # neither here nor written off
    beyond: set[int] = field(default_factory=set)  # came after it
    closings: list[list[int]] = field(default_factory=list)  # count and time, not yet whole
    closed: bool = False
    claimed: int = 0  # one more than the highest number it spoke of
    claims_asked: int = 0
    until: int = 0
    heard: float = 0.0
    asked: dict[int, int] = field(default_factory=dict)
    written_off: set[int] = field(default_factory=set)
    lost: int = 0
    before_gone: list[int] = field(default_factory=list)  # first and lost, before the last "gone"

    def __post_init__(self) -> None:
        self.beyond, self.written_off = set(self.beyond), set(self.written_off)
        self.asked = {int(number): times for number, times in self.asked.items()}

    def plain(self) -> dict[str, Any]:
        """Plain values, for a store."""
        return vars(self) | {"beyond": sorted(self.beyond), "written_off": sorted(self.written_off)}

    def holes(self) -> list[int]:
        """Numbers that were sent for certain and are not here."""
        counts = [count for count, _ in self.closings]
        top = max([*counts, *(number + 1 for number in self.beyond)], default=0)
        return [number for number in range(self.first, top) if number not in self.beyond]

    def settle(self) -> None:
        """Move on over what is here, and to the newest closing of which everything is."""
        while self.first in self.beyond:
            self.beyond.discard(self.first)
            self.first += 1
        for count, time in self.closings:
            if count <= self.first:
                self.closed, self.until = True, max(self.until, time)
        self.closings = [one for one in self.closings if one[0] > self.first]

    def take(self, message: Message) -> None:
        """Note that a message is here; a SyncError if it claims what cannot be."""
        if message.kind == "gone":
            self._drop(message.data["upto"])
        elif message.sequence is not None:
            self._number(message, message.sequence)
        elif message.kind == "closed":
            raise SyncError("what closes messages has a number itself: it has none")
        elif not self.numbered:
            self.until = max(self.until, message.time)

    def _number(self, message: Message, number: int) -> None:
        if number > self.first + len(self.beyond) + AHEAD:
            self.claimed, self.claims_asked = max(self.claimed, number + 1), 0
            here = f"all before {self.first:,} are here, those between are asked for"
            raise SyncError(f"number {number:,} is far ahead: {here}")
        count = message.data["count"] if message.kind == "closed" else 0
        if count > number + 1:
            raise SyncError(f"number {number:,} closes {count:,} messages, more than were sent")
        if self.before_gone and self.before_gone[0] <= number < self.first:
            # It is not gone, whoever said so: what is missing is asked for once more.
            self.first, self.lost = self.before_gone
            self.before_gone = []
        self.numbered, self.claimed = True, max(self.claimed, number + 1)
        if number in self.written_off:
            self.written_off.remove(number)
            self.lost -= 1
        if number >= self.first:
            self.beyond.add(number)
        closing = [count, message.time + 1]
        if message.kind == "closed" and closing not in self.closings:
            self.closings.append(closing)
        self.settle()
        if not self.closed and not self.closings and not self.beyond:
            self.until = max(self.until, message.time)

    def _drop(self, upto: int) -> None:
        """Write off for good what its sender no longer has."""
        if upto > self.claimed:
            raise SyncError(f"gone up to {upto:,}: nobody has spoken of that many messages")
        if upto > self.first:
            self.before_gone = [self.first, self.lost]
            self.lost += upto - self.first - sum(number < upto for number in self.beyond)
            self.first = upto
        self.beyond = {n for n in self.beyond if n >= self.first}
        self.written_off = {n for n in self.written_off if n >= upto}
        self.settle()

    def ask(self, counts: bool) -> tuple[int, list[int]]:
        """The first number missing, and all that miss; what was asked for too often is given up."""
        first, holes = min([self.first, *self.written_off]), self.holes()
        wanted = {*holes, *self.written_off}
        if not wanted and self.claims_asked < PATIENCE:
            self.claims_asked += 1
            wanted = {*range(self.first, min(self.claimed, self.first + AHEAD))} - self.beyond
        self.asked = {number: self.asked.get(number, 0) + counts for number in holes}
        given_up = {number for number, times in self.asked.items() if times > PATIENCE}
        self.written_off |= given_up
        self.beyond |= given_up
        self.lost += len(given_up)
        self.settle()
        return first, sorted(wanted)[:AHEAD]


class Known:
    """How far everything is known."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        self.sources = {name: Source(**one) for name, one in (kept or {}).items()}
        self.asked_at = -1.0
        self.ahead = SKEW  # a simulated life that runs fast needs more

    def plain(self) -> dict[str, Any]:
        """Everything as plain values, for a store."""
        return {name: one.plain() for name, one in self.sources.items()}

    def take(self, message: Message, now: float, by_link: bool = True) -> None:
        """Note that a message is here ``now`` (days); a SyncError if that cannot be."""
        early = message.time / DAY - now
        if early > self.ahead:
            problem = f"the message is {early:,.1f} days ahead of the twin's clock (day {now:,.1f})"
            raise SyncError(f"{problem}: set the clock of whoever sent it")
        if not by_link:
            return  # of a feed only polls count
        source = self.sources.get(message.source) or Source()
        try:
            source.take(message)
        except SyncError:
            if source.claimed:  # what lies between is asked for
                self.sources[message.source] = source
            raise
        source.heard = max(source.heard, now)
        self.sources[message.source] = source

    def polled(self, feed: str, until: int, now: float) -> None:
        """Note that a feed was asked, and until when it must have told everything."""
        source = self.sources.setdefault(feed, Source())
        source.until, source.heard = max(source.until, until), max(source.heard, now)

    def report(self, now: float) -> dict[str, tuple[int, list[int]]]:
        """What a sender should hear: by source, the first number missing and all that miss.

        Askings count when time has passed between them: an answer takes some.
        """
        counts, self.asked_at = now > self.asked_at, now
        spoken = {name: o for name, o in self.sources.items() if o.numbered or o.claimed}
        return {name: source.ask(counts) for name, source in spoken.items()}

    def silent(self, now: float) -> list[str]:
        """Sources unheard for three days: they are left out of what is known."""
        return [name for name, one in self.sources.items() if now - one.heard > SILENT]

    def until_now(self, now: float) -> int:
        """Until when everything is known of all sources that are not silent, in microseconds."""
        # Where nobody talks any more, those count who fell silent last.
        last = min(now, max((one.heard for one in self.sources.values()), default=now))
        quiet = self.silent(last)
        return min((o.until for name, o in self.sources.items() if name not in quiet), default=0)

    def by_node(self, nodes: Iterable[str]) -> dict[str, int]:
        """The day before which everything is known, by node: of its sources, or else of feeds."""
        own, feeds = dict[str, int](), list[int]()
        for name, one in self.sources.items():
            if name.startswith("/") and name.count("/") == 2:
                node = name.split("/")[1]
                own[node] = min(one.until, own.get(node, one.until))
            else:
                feeds.append(one.until)
        return {node: own.get(node, min(feeds, default=0)) // DAY for node in nodes}

    @property
    def newest(self) -> int:
        """The newest moment until which everything is known of some source."""
        return max((one.until for one in self.sources.values()), default=0)

    def gaps(self) -> list[tuple[str, int]]:
        """Source and number of what must have been sent, is not here, and is waited for."""
        return [(name, number) for name, one in self.sources.items() for number in one.holes()]

    def table(self, now: float) -> "pd.DataFrame":
        """One row per source."""
        quiet = self.silent(now)
        rows = [
            (name, o.until / DAY, o.heard, name in quiet, o.numbered, len(o.holes()), o.lost)
            for name, o in self.sources.items()
        ]
        columns = "source,known until [day],heard [day],silent,numbered,missing,lost".split(",")
        return pd.DataFrame(rows, columns=columns)
