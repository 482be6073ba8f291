"""Links: how letters travel between a plant and its twins, in one shape whatever carries them.

What was received comes again until it is acknowledged: every reader has a name and a place.
Numbered events stay in an outbox until every reader has *heard* them: the word of a twin, which
also asks again for what it misses. What is asked for and no longer kept is told to be *gone*.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from threading import RLock
from time import time
from typing import Any
from weakref import finalize

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.distributions import Constant, Distribution
from twinlab.scope.errors import SyncError
from twinlab.scope.later import sqlite3
from twinlab.technology.messages import DAY, DAY_ZERO, Letter, Message

__all__ = ["Bus", "Faults", "FileLink"]

Told = Mapping[str, tuple[int, Sequence[int]]]  # by source: the first number not heard, the missing
PATIENCE = 10.0  # seconds that a file may be locked
FORGOTTEN = 30 * 86_400  # seconds after which nobody waits for a reader that says nothing
_FAR = 2**53  # beyond every number

_TABLES = """PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT, channel, source, sequence, raw);
CREATE INDEX IF NOT EXISTS by_channel ON letters (channel, number);
CREATE INDEX IF NOT EXISTS by_source ON letters (source, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX IF NOT EXISTS unnumbered ON letters (number) WHERE sequence IS NULL;
CREATE TABLE IF NOT EXISTS readers (name, channel, place, PRIMARY KEY (name, channel));
CREATE TABLE IF NOT EXISTS heard (reader, source, first, at, PRIMARY KEY (reader, source));
CREATE TABLE IF NOT EXISTS notes (name PRIMARY KEY, value);"""
_PUT = "INSERT INTO letters (channel, source, sequence, raw) VALUES (?, ?, ?, ?)"
_AFTER = """SELECT number, raw, rtrim(channel || '/' || ltrim(source, '/'), '/') FROM letters
    WHERE channel {} ? AND number > ? ORDER BY number LIMIT ?"""
_DROP_READ = """DELETE FROM letters WHERE sequence IS NULL AND number <=
    (SELECT MIN(place) FROM readers WHERE channel IN (letters.channel, '') AND name != '')"""
_DROP_HEARD = """DELETE FROM letters WHERE source = ?1
    AND sequence < (SELECT MAX(sequence) FROM letters WHERE source = ?1 AND sequence IS NOT NULL)
    AND sequence < (SELECT MIN(COALESCE(h.first, 0)) FROM heard r
        LEFT JOIN heard h ON h.reader = r.reader AND h.source = ?1 WHERE r.source = '')"""
_KEPT = "SELECT {} FROM letters WHERE source = ? AND sequence IS NOT NULL ORDER BY sequence"
_MISSED = """SELECT number, raw FROM letters
    WHERE source = ? AND sequence = ? AND (channel = 'sent' OR number <= COALESCE(
        (SELECT place FROM readers WHERE channel = ''),
        (SELECT place FROM readers WHERE name = ? AND channel = 'events'), 0))"""
_REMEDIES = {
    "locked": "another process holds it: call again when it has done",
    "full": "make room on the disk and call again",
    "not a database": "give the name of another file",
    "unable to open": "is there such a folder, and may you write there?",
    "closed": "open the link anew",
    "JSON": "notes are numbers, texts, lists and tables",
}


@dataclass(frozen=True)
class Faults(Row):
    """How letters fare on their way: late, lost, doubled, out of order.

    >>> Faults(loss=0.02, duplicates=0.05)
    Faults(delay=Constant(value=0.0), loss=0.02, duplicates=0.05, disorder=0.0)
    """

    delay: Distribution = column("days", Constant(0), "from sending to arriving, of each", low=0)
    loss: float = column("share", 0.0, "messages that never arrive", low=0, high=1)
    duplicates: float = column("share", 0.0, "messages that arrive twice", low=0, high=1)
    disorder: float = column("share", 0.0, "messages that take up to a day longer", low=0, high=1)


_PERFECT = Faults()


def stamp(raw: bytes) -> tuple[str, int | None, int]:
    """Source, number and time that a letter bears, if it is a message."""
    with suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
        found = json.loads(raw)
        moment, number = datetime.fromisoformat(found["time"]) - DAY_ZERO, found.get("sequence")
        number = None if number is None else min(int(number), _FAR)
        return str(found["source"]), number, round(moment / timedelta(microseconds=1))
    return "", None, 0


class FileLink:
    """A post box in one SQLite file, for processes on one machine: no server, no thread.

    A new reader begins with the oldest letter kept; one that says nothing for 30 days is no longer
    waited for. Channel ``""`` is every channel. What goes wrong with the file is a SyncError.

    >>> link = FileLink(":memory:")
    >>> link.send([b"{}", b"[]"], notes={"day": 3})
    >>> link.receive("twin"), link.acknowledge("twin"), link.receive("twin"), link.recall("day")
    ([b'{}', b'[]'], None, [], 3)
    """

    now: float | None = None  # days, where time is simulated
    spacing = 1.0  # seconds between two askings

    def __init__(self, path: str) -> None:
        """Open a post box, or make it."""
        self.path, self._lock = path, RLock()  # widgets' callbacks come on other threads
        self._given: dict[tuple[str, str], int] = {}
        with self._taught():
            self._base = sqlite3.connect(path, PATIENCE, 0, None, check_same_thread=False)
            finalize(self, self._base.close)  # where nobody calls close
            self._base.executescript(_TABLES)

    def __repr__(self) -> str:
        return f"FileLink({self.path!r})"

    def send(
        self, raws: Iterable[bytes], channel: str = "events", notes: Mapping[str, Any] | None = None
    ) -> None:
        """Send letters and keep notes (JSON values), in one transaction."""
        stamped = [(*stamp(raw)[:2], raw) for raw in raws]
        numbered = channel == "events"
        rows = [(channel, source, n if numbered else None, raw) for source, n, raw in stamped]
        with self._at() as do:
            self._base.executemany(_PUT, rows)
            for name, note in (notes or {}).items():
                row = (name, json.dumps(note, allow_nan=False))
                do("INSERT OR REPLACE INTO notes VALUES (?, ?)", row)

    def recall(self, name: str) -> Any:
        """Give a note that was kept, or None."""
        with self._at("BEGIN") as do:
            found = do("SELECT value FROM notes WHERE name = ?", (name,)).fetchall()
        return json.loads(found[0][0]) if found else None

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> list[Letter]:
        """Give the letters after a reader's place; the same again until it acknowledges."""
        self._arrive()
        if (reader, channel) not in self._given:
            with self._at() as do:
                do("INSERT OR IGNORE INTO readers VALUES (?, ?, 0)", (reader, channel))
                if channel == "events":
                    do("INSERT OR IGNORE INTO heard VALUES (?, '', 0, ?)", (reader, time()))
        found = self._after(self._place(reader, channel), channel, most)
        self._given[reader, channel] = found[-1][0] if found else 0
        return [Letter(raw, "" if channel else origin) for _, raw, origin in found]

    def _place(self, reader: str, channel: str) -> int:
        with self._at("BEGIN") as do:
            asked = "SELECT place FROM readers WHERE name = ? AND channel = ?"
            return sum(place for (place,) in do(asked, (reader, channel)))

    def _after(self, place: int, channel: str, most: int) -> list[tuple[int, bytes, str]]:
        with self._at("BEGIN") as do:
            asked = _AFTER.format("=" if channel else ">")
            return list(do(asked, (channel, place, most)))

    def acknowledge(self, reader: str, channel: str = "events") -> None:
        """Move a reader's place behind what it was given; that need not be given again."""
        if given := self._given.get((reader, channel), 0):
            with self._at() as do:
                asked = "UPDATE readers SET place = MAX(place, ?) WHERE name = ? AND channel = ?"
                do(asked, (given, reader, channel))
                do(_DROP_READ)  # of what bears no number nobody says that it was heard
            self._given[reader, channel] = 0

    def heard(self, reader: str, told: Told) -> None:
        """Take the word of a twin: forget what all have heard, send again what it misses."""
        again: list[Any] = []
        with self._at() as do:
            do("DELETE FROM heard WHERE at < ?", (time() - FORGOTTEN,))
            for source, (first, _) in {"": (0, ()), **told}.items():
                row = (reader, source, min(first, _FAR), time())
                do("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?)", row)
            for source, word in told.items():
                do(_DROP_HEARD, (source,))
                again += self._missed(do, reader, source, word)
        if again:
            self.send([raw for _, raw in again])
            with self._at():
                old = [row[:1] for row in again]
                self._base.executemany("DELETE FROM letters WHERE number = ?", old)

    def answer(self) -> bool:
        """Say whether something was gone that somebody has asked for since the last call."""
        self._arrive()
        with self._at() as do:
            return bool(do("DELETE FROM notes WHERE name = ''").rowcount)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def _at(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[Callable[..., Any]]:
        """One transaction: all of it or, whatever happens, nothing."""
        with self._taught(), self._lock, self._base:
            self._base.execute(begin)
            yield self._base.execute

    @contextmanager
    def _taught(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, TypeError, ValueError) as problem:
            text = str(problem)
            remedy = next((r for words, r in _REMEDIES.items() if words in text), "is it damaged?")
            raise SyncError(f"{self.path}: {text}; nothing has changed: {remedy}") from problem

    def _missed(self, do: Any, reader: str, source: str, told: Any) -> Iterator[Any]:
        """Give what is kept of the missing, and a word of what is not."""
        first, missing = told
        for (lowest,) in do(_KEPT.format("sequence") + " LIMIT 1", (source,)).fetchall():
            [last] = do(_KEPT.format("sequence") + " DESC LIMIT 1", (source,)).fetchone()
            # Nobody misses a last message of which he has not heard.
            for number in missing or [last] * (first <= last):
                yield from do(_MISSED, (source, number, reader)).fetchall()
            if min(missing, default=lowest) < lowest:
                [newest] = do(_KEPT.format("raw") + " DESC LIMIT 1", (source,)).fetchone()
                moment = stamp(newest)[2]
                data, name = {"day": moment // DAY, "upto": lowest}, f"gone-{lowest}-{moment}"
                gone = Message(source, None, "sys.gone.v1", moment, data, name).encode()
                do("INSERT OR REPLACE INTO notes VALUES ('', '1')")
                yield None, gone

    def _arrive(self) -> None:
        """Nothing is under way: what was sent is there."""


class Bus(FileLink):
    """A link in this process, on simulated time; deterministic by its seed.

    ``now`` is the time in days: who sends moves it on. Faults hit events, and what twins send back.

    >>> bus = Bus()
    >>> bus.send([Message("/shop/crm", 0, "crm.demanded.v1", 0, {}).encode()])
    >>> len(bus.receive("twin")), bus.acknowledge("twin"), len(bus.receive("twin"))
    (1, None, 0)
    """

    now: float
    spacing = 0.0

    def __init__(self, faults: Faults | None = None, seed: int = 0) -> None:
        """Open a bus with its faults, or none."""
        super().__init__(":memory:")
        self.faults, self.now, self._count = faults or _PERFECT, 0.0, 0
        # The way back has luck of its own: which events are lost does not depend on it.
        self._luck = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        self._under_way: list[tuple[float, int, str, Any]] = []
        self._fresh: list[tuple[str, int, bytes]] = []  # not in the outbox before a word comes

    def __repr__(self) -> str:
        return f"Bus(day {self.now:g}, {self._count:,} letters carried, {self.faults})"

    def send(
        self, raws: Iterable[bytes], channel: str = "events", notes: Mapping[str, Any] | None = None
    ) -> None:
        """Send letters, each at its own time, and keep notes (JSON values)."""
        if notes:
            super().send([], notes=notes)
        for raw in raws:
            source, number, moment = stamp(raw)
            self.now = max(self.now, moment / DAY)
            self.carry(raw, channel)
            if channel == "events" and number is not None:
                self._fresh.append((source, number, raw))

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
        self.carry((reader, told), "heard")

    def _arrive(self) -> None:
        """Put what has come where it is read; the sender's end answers the words of twins."""
        words: list[tuple[str, Told]] = []
        found: list[tuple[str, str, int | None, bytes]] = []
        while self._under_way and self._under_way[0][0] <= self.now:
            _, _, channel, raw = heappop(self._under_way)
            if channel == "heard":
                words.append(raw)
            else:
                found.append((channel, "", None, raw))
        if words:
            found += [("sent", *post) for post in self._fresh]
            self._fresh = []
        if found:
            with self._at():
                self._base.executemany(_PUT, found)
        for word in words:
            super().heard(*word)
        if words:
            self._arrive()  # what is sent again without delay
