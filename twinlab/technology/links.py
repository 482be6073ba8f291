"""Links: how letters travel between a plant and its twins, in one shape whatever carries them.

What was received comes again until it is acknowledged. Numbered events stay in an outbox until
every twin has said what it has *heard* and misses; what it misses in vain is told to be *gone*.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from time import time
from typing import Any

import numpy as np

from twinlab.scope.base import Row, SyncError, column
from twinlab.scope.distributions import Constant, Distribution
from twinlab.technology.messages import DAY, Letter, Message
from twinlab.technology.seals import read_keys
from twinlab.technology.store import Database

__all__ = ["Bus", "Faults", "FileLink"]

Told = Mapping[str, tuple[int, Sequence[int]]]  # by source: the first number not heard, the missing
Notes = Mapping[str, Any] | None
Keys = Mapping[str, bytes] | None  # by name
FORGOTTEN = 30 * 86_400  # seconds after which nobody waits for a reader that says nothing

_TABLES = """CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT, channel, source, sequence, time, raw);
CREATE INDEX IF NOT EXISTS by_channel ON letters (channel, number);
CREATE INDEX IF NOT EXISTS by_source ON letters (source, sequence, time)
    WHERE sequence IS NOT NULL;
CREATE TABLE IF NOT EXISTS readers (name, channel, place, at, PRIMARY KEY (name, channel));
CREATE TABLE IF NOT EXISTS heard (reader, source, first, PRIMARY KEY (reader, source))"""
_PUT = "INSERT INTO letters (channel, source, sequence, time, raw) VALUES (?, ?, ?, ?, ?)"
_READS = "INSERT INTO readers VALUES (?, ?, 0, ?) ON CONFLICT DO UPDATE SET at = excluded.at"
_AFTER = """SELECT number, raw FROM letters WHERE channel = ? AND number > COALESCE(
    (SELECT place FROM readers WHERE name = ? AND channel = ?), 0) ORDER BY number LIMIT ?"""
_MOVE = "UPDATE readers SET place = MAX(place, ?) WHERE name = ? AND channel = ?"
_DROP_READ = """DELETE FROM letters WHERE channel = ? AND sequence IS NULL
    AND number <= (SELECT MIN(place) FROM readers WHERE channel = ?)"""
_DROP_HEARD = """DELETE FROM letters WHERE source = ? AND sequence < MIN(
    (SELECT MAX(sequence) FROM letters WHERE source = ? AND sequence IS NOT NULL),
    (SELECT MIN(COALESCE(first, 0)) FROM readers
        LEFT JOIN heard ON reader = name AND source = ? WHERE channel = 'events'))"""
_KEPT = """SELECT MIN(sequence), MAX(sequence), MAX(time) FROM letters
    WHERE source = ? AND sequence IS NOT NULL"""
_TAKE_OUT = """DELETE FROM letters WHERE source = ? AND sequence = ?
    RETURNING 'events', source, sequence, time, raw"""


@dataclass(frozen=True)
class Faults(Row):
    """How letters fare on their way: late, lost, doubled, out of order.

    >>> Faults(loss=0.02, duplicates=0.05)
    Faults(delay=Constant(value=0.0), loss=0.02, duplicates=0.05, disorder=0.0)
    """

    delay: Distribution = column("days", Constant(0), "each message is under way", low=0)
    loss: float = column("share", 0.0, "messages that never arrive", low=0, high=1)
    duplicates: float = column("share", 0.0, "messages that arrive twice", low=0, high=1)
    disorder: float = column("share", 0.0, "messages that take up to a day longer", low=0, high=1)


_PERFECT = Faults()


def _stamp(raw: bytes) -> tuple[str, int | None, int]:
    """Source, number and time that a letter bears, if it is a message."""
    if isinstance(raw, Letter) and raw.stamp:
        return raw.stamp
    with suppress(SyncError):
        found = Message.decode(raw)
        return found.source, found.sequence, found.time
    return "", None, 0


class FileLink(Database):
    """A post box in one SQLite file, for processes on one machine: no server, no thread.

    A new reader begins with the oldest letter kept; one that says nothing for 30 days is no longer
    waited for. What goes wrong with the file is a SyncError.

    >>> link = FileLink(":memory:")
    >>> link.send([b"{}", b"[]"], notes={"day": 3})
    >>> link.receive("twin"), link.acknowledge("twin"), link.receive("twin"), link.recall("day")
    ([b'{}', b'[]'], None, [], 3)
    """

    now: float | None = None  # days, where time is simulated
    spacing = 1.0  # seconds between two askings

    def __init__(self, path: str, keys: Keys = None) -> None:
        """Open a post box, or make it; orders need the keys of those who seal them."""
        super().__init__(path, _TABLES)
        self.path, self._keys = path, read_keys() if keys is None else keys
        self._given: dict[tuple[str, str], int] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    def key_of(self, name: str) -> bytes | None:
        """The key with which somebody seals, if it is known here."""
        return self._keys.get(name)

    def send(self, raws: Iterable[bytes], channel: str = "events", notes: Notes = None) -> None:
        """Send letters and keep notes (JSON values), in one transaction."""
        stamps = _stamp if channel == "events" else lambda _: ("", None, 0)
        self._put([(channel, *stamps(raw), bytes(raw)) for raw in raws], notes)

    def _put(self, rows: Iterable[Any], notes: Notes = None) -> None:
        """Write letters (channel, source, number, time, bytes) and notes, or nothing."""
        with self._work():
            self._base.executemany(_PUT, rows)
            self._note(notes or {})

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> Sequence[bytes]:
        """Give the letters after a reader's place; the same again until it acknowledges."""
        self._arrive()
        if (reader, channel) not in self._given:
            self._rows(_READS, reader, channel, time())
        found = self._rows(_AFTER, channel, reader, channel, most)
        self._given[reader, channel] = found[-1][0] if found else 0
        return [raw for _, raw in found]

    def acknowledge(self, reader: str, channel: str = "events") -> None:
        """Move a reader's place behind what it was given; that need not be given again."""
        if given := self._given.pop((reader, channel), 0):
            with self._work():
                self._run(_MOVE, given, reader, channel)
                self._run(_DROP_READ, channel, channel)  # without a number nobody asks again

    def heard(self, reader: str, told: Told) -> None:
        """Take the word of a twin: forget what all have heard, send again what it misses."""
        with self._work():
            self._run("DELETE FROM readers WHERE at < ?", time() - FORGOTTEN)
            self._run(_READS, reader, "events", time())
            for source, (first, missing) in told.items():
                self._run("REPLACE INTO heard VALUES (?, ?, ?)", reader, source, first)
                self._run(_DROP_HEARD, source, source, source)
                self._repeat(source, first, missing)

    def _repeat(self, source: str, first: int, missing: Sequence[int]) -> None:
        """Send again what is kept of the missing, and say what is gone."""
        [[lowest, last, moment]] = self._rows(_KEPT, source)
        if last is None:
            return
        # Nobody misses a last message of which he has not heard.
        wanted = missing or [last] * (first <= last)
        if wanted:
            self._put([row for n in wanted for row in self._rows(_TAKE_OUT, source, n)])
        if min(missing, default=lowest) < lowest:
            data, name = {"day": moment // DAY, "upto": lowest}, f"gone-{lowest}-{moment}"
            gone = Message(source, None, "sys.gone.v1", moment, data, name).encode()
            self._put([("events", source, None, moment, gone)], {"": "gone"})

    def answer(self) -> bool:
        """Say whether something was gone that somebody has asked for since the last call."""
        self._arrive()
        return bool(self._rows("DELETE FROM notes WHERE name = '' RETURNING name"))

    def _arrive(self) -> None:
        """Nothing is under way: what was sent is there."""


class Bus(FileLink):
    """A link in this process, on simulated time; deterministic by its seed.

    ``now`` is the time in days: events that are sent move it on. Faults hit both ways. Who shares
    it shares a key that is made by chance, unless others are given.

    >>> bus = Bus()
    >>> bus.send([Message("/shop/crm", 0, "crm.demanded.v1", 0, {}).encode()])
    >>> len(bus.receive("twin")), bus.acknowledge("twin"), len(bus.receive("twin"))
    (1, None, 0)
    """

    now: float
    spacing = 0.0

    def __init__(self, faults: Faults | None = None, seed: int = 0, keys: Keys = None) -> None:
        """Open a bus with its faults, or none."""
        super().__init__(":memory:", keys or {})
        self._shared = secrets.token_bytes(32) if keys is None else None
        self.faults, self.now, self._count = faults or _PERFECT, 0.0, 0
        # The way back has luck of its own: which events are lost does not depend on it.
        self._luck = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        self._under_way: list[tuple[float, int, str, Any]] = []

    def __repr__(self) -> str:
        return f"Bus(day {self.now:g}, {self._count:,} letters carried, {self.faults})"

    def key_of(self, name: str) -> bytes | None:
        """The key with which somebody seals: the one that all share, or his own."""
        return self._shared or super().key_of(name)

    def _put(self, rows: Iterable[Any], notes: Notes = None) -> None:
        """Keep what has a number in the outbox, and put all on its way, each at its own time."""
        rows = list(rows)
        if self.faults == _PERFECT:  # what is kept is there at once
            super()._put(rows, notes)
            self._count += len(rows)
            self.now = max([self.now, *(moment / DAY for *_, moment, _ in rows)])
            return
        super()._put([("sent", *row[1:]) for row in rows if row[2] is not None], notes)
        for channel, _, _, moment, raw in rows:
            self.now = max(self.now, moment / DAY)
            self.carry(raw, channel)

    def carry(self, raw: Any, channel: str = "events") -> None:
        """Put bytes on their way as they are, or lose them, as the faults have it."""
        faults, luck, times = self.faults, self._luck[channel != "events"], [0.0]
        if faults != _PERFECT:
            lost, twice, late, much = luck.random(4)
            extra = much if late < faults.disorder else 0.0
            times = [max(d, 0.0) + extra for d in faults.delay.draw(luck, np.ones(2), 1).ravel()]
            times = times[: 0 if lost < faults.loss else 2 if twice < faults.duplicates else 1]
        for days in times:
            self._count += 1
            heappush(self._under_way, (self.now + days, self._count, channel, raw))

    def heard(self, reader: str, told: Told) -> None:
        """Send the word of a twin back; what it misses comes with a later ``receive``."""
        if self.faults == _PERFECT:
            super().heard(reader, told)
        else:
            self.carry((reader, told), "heard")

    def _arrive(self) -> None:
        """Put what has come where it is read; the sender's end answers the words of twins."""
        way = self._under_way
        with self._work():
            while way and way[0][0] <= self.now:
                come = list[Any]()
                while way and way[0][0] <= self.now:
                    come.append(heappop(way)[2:])
                super()._put((to, "", None, 0, raw) for to, raw in come if to != "heard")
                for to, word in come:
                    if to == "heard":
                        super().heard(*word)
