"""Known until: how far everything is known, by source, on a clock that no message turns.

A source that numbers its messages *closes* from time to time: a message ``closed`` says how many it
has sent by then. Until its newest closing of which all are here, everything is known of it. Each
source closes only itself. One unheard for three days is *silent* and left out; a hole that was
asked for three times in vain is *written off*: counted, shown, no longer waited for.
"""

from dataclasses import dataclass, field
from typing import Any

from twinlab.scope import SyncError
from twinlab.scope.later import pd
from twinlab.technology.messages import DAY, Message

__all__ = ["Known"]

SKEW = 0.5  # days that a message may be ahead of the receiver's clock
AHEAD = 1_000  # numbers that a message may be ahead of what is here
PATIENCE = 3  # how often a hole is asked for before it is written off
SILENT = 3.0  # days without a word


@dataclass
class Source:
    """What is known of one source.

    ``first`` is the first number that is neither here nor written off, ``beyond`` what came after
    it; ``closings`` are [count, time] of those that wait for messages; ``claimed`` is one more than
    the highest number it spoke of. ``until`` is in microseconds, ``heard`` in days.
    """

    numbered: bool = False
    first: int = 0
    beyond: set[int] = field(default_factory=set)
    closings: list[list[int]] = field(default_factory=list)
    closed: bool = False
    claimed: int = 0
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
        sets = {"beyond": sorted(self.beyond), "written_off": sorted(self.written_off)}
        return vars(self) | sets

    def holes(self) -> list[int]:
        """Numbers that were sent for certain and are not here."""
        top = max((count for count, _ in self.closings), default=0)
        top = max(top, max(self.beyond, default=-1) + 1)
        return [number for number in range(self.first, top) if number not in self.beyond]

    def settle(self) -> None:
        """Move on over what is here, and to the newest closing of which everything is."""
        while self.first in self.beyond:
            self.beyond.discard(self.first)
            self.first += 1
        if self.closings and min(self.closings)[0] <= self.first:
            done = [time for count, time in self.closings if count <= self.first]
            self.closed, self.until = True, max(self.until, *done)
            self.closings = [one for one in self.closings if one[0] > self.first]

    def write_off(self) -> list[int]:
        """Count one more asking for every hole, and give up those asked for often enough."""
        holes = self.holes()
        self.asked = {number: self.asked.get(number, 0) + 1 for number in holes}
        given_up = {number for number, times in self.asked.items() if times > PATIENCE}
        self.written_off |= given_up
        self.beyond |= given_up
        self.lost += len(given_up)
        return holes


class Known:
    """How far everything is known.

    >>> known = Known()
    >>> for number in (0, 2):
    ...     known.take(Message("/shop/crm", number, "crm.demanded.v1", number, {}), now=1.0)
    >>> known.gaps(), known.until_now(1.0)
    ([('/shop/crm', 1)], 0)
    """

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        """Begin, or go on from what ``plain`` gave."""
        self.sources = {name: Source(**one) for name, one in (kept or {}).items()}
        self.ahead = SKEW  # a simulated life that runs fast needs more

    def plain(self) -> dict[str, Any]:
        """Everything as plain values, for a store."""
        return {name: one.plain() for name, one in self.sources.items()}

    def take(self, message: Message, now: float) -> None:
        """Note that a message is here; ``now`` is the receiver's clock in days.

        Raises:
            SyncError: it is of the future, or claims what cannot be.
        """
        self.early(message, now)
        source = self.sources.get(message.source, Source())
        if message.kind == "gone":
            self._gone(source, message)
        elif message.sequence is None:
            if message.kind == "closed":
                raise SyncError("what closes messages has a number itself: it has none")
            if not source.numbered:
                source.until = max(source.until, message.time)
        else:
            self._numbered(source, message, message.sequence)
        source.heard = max(source.heard, now)
        self.sources[message.source] = source

    def early(self, message: Message, now: float) -> None:
        """See that a message is not of the future.

        Raises:
            SyncError: it is.
        """
        early = message.time / DAY - now
        if early > self.ahead:
            raise SyncError(
                f"the message is {early:,.1f} days ahead of the twin's clock (day {now:,.1f}): set "
                "the clock of whoever sent it"
            )

    def _numbered(self, source: Source, message: Message, number: int) -> None:
        if number > source.first + len(source.beyond) + AHEAD:
            source.claimed, source.claims_asked = max(source.claimed, number + 1), 0
            self.sources[message.source] = source
            raise SyncError(
                f"number {number:,} is far ahead: all before {source.first:,} are here. Those "
                "between are asked for again"
            )
        count = message.data.get("count", 0) if message.kind == "closed" else 0
        if count > number + 1:
            raise SyncError(f"number {number:,} closes {count:,} messages, more than were sent")
        if source.before_gone and source.before_gone[0] <= number < source.first:
            # It is not gone, whoever said so: what is missing is asked for once more.
            source.first, source.lost = source.before_gone
            source.before_gone = []
        source.numbered, source.claimed = True, max(source.claimed, number + 1)
        if number in source.written_off:
            source.written_off.remove(number)
            source.lost -= 1
        if number >= source.first:
            source.beyond.add(number)
        closing = [count, message.time + 1]
        if message.kind == "closed" and closing not in source.closings:
            source.closings.append(closing)
        source.settle()
        if not source.closed and not source.closings and not source.beyond:
            source.until = max(source.until, message.time)

    def _gone(self, source: Source, message: Message) -> None:
        """What a sender no longer has is written off for good."""
        upto = message.data["upto"]
        if upto > source.claimed:
            raise SyncError(f"gone up to {upto:,}: nobody has spoken of that many messages")
        if upto > source.first:
            source.before_gone = [source.first, source.lost]
            there = sum(source.first <= number < upto for number in source.beyond)
            source.lost += upto - source.first - there
            source.first = upto
        source.beyond = {n for n in source.beyond if n >= source.first}
        source.written_off = {n for n in source.written_off if n >= upto}
        source.settle()

    def polled(self, feed: str, until: int, now: float) -> None:
        """Note that a feed was asked, and until when it must have told everything."""
        source = self.sources.setdefault(feed, Source())
        source.until, source.heard = max(source.until, until), max(source.heard, now)

    def report(self) -> dict[str, tuple[int, list[int]]]:
        """What a sender should hear: by source, the first number missing and all that miss.

        Every call asks: a hole that stays is written off after some.
        """
        found = {}
        for name, source in self.sources.items():
            if source.numbered or source.claimed:
                upto = min([source.first, *source.written_off])
                wanted = {*source.write_off(), *source.written_off}
                if not wanted and source.claims_asked < PATIENCE:
                    source.claims_asked += 1
                    end = min(source.claimed, source.first + AHEAD)
                    wanted = {*range(source.first, end)} - source.beyond
                found[name] = (upto, sorted(wanted)[:AHEAD])
                source.settle()
        return found

    def silent(self, now: float) -> list[str]:
        """Sources unheard for three days: they are left out of what is known."""
        return [name for name, one in self.sources.items() if now - one.heard > SILENT]

    def until_now(self, now: float) -> int:
        """Until when everything is known of all sources that are not silent, in microseconds."""
        # Where nobody talks any more, those count who fell silent last.
        last = min(now, max((one.heard for one in self.sources.values()), default=now))
        quiet = set(self.silent(last))
        return min((o.until for name, o in self.sources.items() if name not in quiet), default=0)

    @property
    def newest(self) -> int:
        """The newest moment until which everything is known of some source."""
        return max((one.until for one in self.sources.values()), default=0)

    def gaps(self) -> list[tuple[str, int]]:
        """Source and number of what must have been sent, is not here, and is waited for."""
        return [(name, number) for name, one in self.sources.items() for number in one.holes()]

    def table(self, now: float) -> "pd.DataFrame":
        """One row per source."""
        quiet = set(self.silent(now))
        rows = [
            (name, o.until / DAY, o.heard, name in quiet, o.numbered, len(o.holes()), o.lost)
            for name, o in self.sources.items()
        ]
        columns = "source,known until [day],heard [day],silent,numbered,missing,lost".split(",")
        return pd.DataFrame(rows, columns=columns)
