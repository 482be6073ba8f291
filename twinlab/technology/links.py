"""Links: how letters travel between a plant and its twins, in one shape whatever carries them.

What was received comes again until it is acknowledged. Numbered events stay in an outbox until
every reader has *heard* them: the word of a twin, which also asks again for what it misses. Who
asks for what is no longer kept is told that it is *gone*.

========  ==============================================================================
FileLink  a post box in one SQLite file, between processes of one machine
Bus       in this process, on simulated time: late, lost, doubled and shuffled as you like
========  ==============================================================================
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
CREATE TABLE IF NOT EXISTS letters (number INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT, source TEXT, sequence INTEGER, raw BLOB);
CREATE INDEX IF NOT EXISTS by_channel ON letters (channel, number);
CREATE INDEX IF NOT EXISTS by_source ON letters (source, sequence);
CREATE INDEX IF NOT EXISTS unnumbered ON letters (number) WHERE sequence IS NULL;
CREATE TABLE IF NOT EXISTS readers (name TEXT, channel TEXT, place, PRIMARY KEY (name, channel));
CREATE TABLE IF NOT EXISTS heard (reader TEXT, source TEXT, first, at,
    PRIMARY KEY (reader, source));
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT);"""
_DROP_READ = """DELETE FROM letters WHERE sequence IS NULL AND number <=
    (SELECT MIN(place) FROM readers WHERE readers.channel IN (letters.channel, ''))"""
_DROP_HEARD = """DELETE FROM letters WHERE source = ?1
    AND sequence < (SELECT MAX(sequence) FROM letters WHERE source = ?1)
    AND sequence < (SELECT MIN(COALESCE(h.first, 0)) FROM heard r
        LEFT JOIN heard h ON h.reader = r.reader AND h.source = ?1 WHERE r.source = '')"""
_KEPT = """SELECT sequence,
    (SELECT raw FROM letters WHERE source = ?1 ORDER BY sequence DESC LIMIT 1)
    FROM letters WHERE source = ?1 AND sequence IS NOT NULL ORDER BY sequence LIMIT 1"""
_MISSED = """SELECT number, 'events', source, sequence, 0, raw FROM letters
    WHERE source = ? AND sequence = ? AND number <= COALESCE(
        (SELECT place FROM readers WHERE channel = ''),
        (SELECT place FROM readers WHERE name = ? AND channel = 'events'), 0)"""
_REMEDIES = {
    "locked": "another process holds it: call again when it has done",
    "full": "make room on the disk and call again",
    "not a database": "give the name of another file",
    "unable to open": "is there such a folder, and may you write there?",
    "closed": "open the link anew",
}


@dataclass(frozen=True)
class Faults(Row):
    """How letters fare on their way: late, lost, doubled, out of order.

    >>> Faults(loss=0.02, duplicates=0.05)
    Faults(delay=Constant(value=0.0), loss=0.02, duplicates=0.05, disorder=0.0)
    """

    delay: Distribution = column(
        "days", Constant(0), "from happening to arriving, for each message", low=0
    )
    loss: float = column("share", 0.0, "messages that never arrive", low=0, high=1)
    duplicates: float = column("share", 0.0, "messages that arrive twice", low=0, high=1)
    disorder: float = column("share", 0.0, "messages that take up to a day longer", low=0, high=1)


_PERFECT = Faults()


_Row = tuple[str, str, int | None, int, bytes]  # channel, source, number, time, the letter itself


def _letter(channel: str, raw: bytes) -> _Row:
    """Bytes with what stands on them, if they bear it; only events have numbers here."""
    with suppress(ValueError, TypeError, LookupError, AttributeError, RecursionError):
        found = json.loads(raw)
        number = found.get("sequence") if channel == "events" else None
        moment = datetime.fromisoformat(found["time"]) - DAY_ZERO
        number = None if number is None else min(int(number), _FAR)
        return channel, str(found["source"]), number, round(moment / timedelta(microseconds=1)), raw
    return channel, "", None, 0, raw


class FileLink:
    """A post box in one SQLite file, for processes on one machine: no server, no thread.

    A new reader begins with the oldest letter kept; nobody waits for one that has been unheard for
    30 days. Channel ``""`` is every channel. What goes wrong with the file is a SyncError, and
    nothing has changed.

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
        with self._at():
            self._base = sqlite3.connect(
                path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            finalize(self, self._base.close)  # where nobody calls close
            self._base.executescript(_TABLES)

    def __repr__(self) -> str:
        [[count]] = self._rows("SELECT COUNT(*) FROM letters")
        return f"FileLink({self.path!r}, {count:,} letters)"

    def send(
        self, raws: Iterable[bytes], channel: str = "events", notes: Mapping[str, Any] | None = None
    ) -> None:
        """Send letters and keep notes (JSON values), in one transaction."""
        try:
            kept = [
                (name, json.dumps(note, allow_nan=False)) for name, note in (notes or {}).items()
            ]
        except (TypeError, ValueError) as problem:
            raise SyncError(f"notes are numbers, texts, lists and tables: {problem}") from None
        letters = [_letter(channel, raw) for raw in raws]
        with self._at("BEGIN IMMEDIATE"):
            self._put(letters)
            self._base.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", kept)

    def recall(self, name: str) -> Any:
        """Give a note that was kept, or None."""
        return next(
            (json.loads(v) for (v,) in self._rows("SELECT value FROM notes WHERE name = ?", name)),
            None,
        )

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> list[Letter]:
        """Give the letters after a reader's place; the same again until it acknowledges."""
        places = self._rows(
            "SELECT place FROM readers WHERE name = ? AND channel = ?", reader, channel
        )
        if not places:
            with self._at("BEGIN IMMEDIATE"):
                self._rows("INSERT OR IGNORE INTO readers VALUES (?, ?, 0)", reader, channel)
                if channel == "events":
                    self._rows("INSERT OR IGNORE INTO heard VALUES (?, '', 0, ?)", reader, time())
        asked = "SELECT number, channel || source, raw FROM letters WHERE number > ?"
        asked += " AND channel = ?" if channel else ""
        place = [*places, (0,)][0]
        rows = self._rows(
            f"{asked} ORDER BY number LIMIT ?", *place, *filter(None, [channel]), most
        )
        self._given[reader, channel] = rows[-1][0] if rows else 0
        return [Letter(raw, "" if channel else origin) for _, origin, raw in rows]

    def acknowledge(self, reader: str, channel: str = "events") -> None:
        """Move a reader's place behind what it was given; that need not be given again."""
        given = self._given.get((reader, channel), 0)
        if given:
            with self._at("BEGIN IMMEDIATE"):
                asked = "UPDATE readers SET place = MAX(place, ?) WHERE name = ? AND channel = ?"
                self._rows(asked, given, reader, channel)
                self._rows(_DROP_READ)  # of what bears no number nobody says that it was heard
            self._given[reader, channel] = 0

    def heard(self, reader: str, told: Told) -> None:
        """Take the word of a twin: forget what all have heard, send again what it misses."""
        said = [
            (reader, "", 0, time()),
            *((reader, s, min(n, _FAR), 0) for s, (n, _) in told.items()),
        ]
        with self._at("BEGIN IMMEDIATE"):
            late = "(SELECT reader FROM heard WHERE source = '' AND at < ?)"
            self._rows(f"DELETE FROM readers WHERE name IN {late}", time() - FORGOTTEN)
            self._rows(f"DELETE FROM heard WHERE reader IN {late}", time() - FORGOTTEN)
            self._base.executemany("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?)", said)
            again = [
                row for s, (_, missing) in told.items() for row in self._missed(reader, s, missing)
            ]
            self._base.executemany(
                "DELETE FROM letters WHERE number = ?", [row[:1] for row in again]
            )
            self._put([row[1:] for row in again])

    def answer(self) -> bool:
        """Say whether something was gone that somebody has asked for since the last call."""
        with self._at("BEGIN IMMEDIATE"):
            return bool(self._base.execute("DELETE FROM notes WHERE name = ''").rowcount)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    @contextmanager
    def _at(self, begin: str = "") -> Iterator[None]:
        """Work on the file: all of it or, whatever happens, nothing."""
        with self._lock:
            try:
                if begin:
                    self._base.execute(begin)
                yield
                if begin:
                    self._base.execute("COMMIT")
            except BaseException as problem:
                with suppress(AttributeError, sqlite3.Error):
                    self._base.rollback()
                if not isinstance(problem, sqlite3.Error):
                    raise
                text = str(problem)
                what = next(
                    (r for words, r in _REMEDIES.items() if words in text), "is the disk well?"
                )
                raise SyncError(f"{self.path}: {text}; nothing has changed: {what}") from problem

    def _rows(self, asked: str, *values: Any) -> list[Any]:
        with self._at():
            return self._base.execute(asked, values).fetchall()

    def _put(self, letters: Sequence[_Row]) -> None:
        rows = ((channel, source, number, raw) for channel, source, number, _, raw in letters)
        asked = "INSERT INTO letters (channel, source, sequence, raw) VALUES (?, ?, ?, ?)"
        self._base.executemany(asked, rows)

    def _missed(self, reader: str, source: str, missing: Sequence[int]) -> Iterator[Any]:
        """Forget what all have heard, but the newest; give again what is missing."""
        self._rows(_DROP_HEARD, source)
        for lowest, newest in self._rows(_KEPT, source):
            for number in missing:
                yield from self._rows(_MISSED, source, number, reader)
            if min(missing, default=lowest) < lowest:
                moment = _letter("", newest)[3]
                data = {"day": moment // DAY, "upto": lowest}
                name = f"gone-{lowest}-{moment}"
                gone = Message(source, None, "sys.gone.v1", moment, data, name).encode()
                self._rows("INSERT OR REPLACE INTO notes VALUES ('', '1')")
                yield None, *_letter("events", gone)


class Bus(FileLink):
    """A link in this process, on simulated time; deterministic by its seed.

    ``now`` is the time in days: who sends moves it on. Faults hit events, and also what twins send
    back.

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
        self._rows("INSERT INTO readers VALUES ('', '', ?)", _FAR)  # what was sent is under way
        self.faults, self.now = faults or _PERFECT, 0.0
        # The way back has its own luck: which events are lost does not depend on it.
        self._luck = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        self._under_way: list[tuple[float, int, str, Any]] = []
        self._count = 0

    def __repr__(self) -> str:
        return f"Bus(day {self.now:g}, {self._count:,} letters carried, {self.faults})"

    def carry(self, raw: bytes, channel: str = "events") -> None:
        """Put bytes on their way as they are, or lose them, as the faults have it."""
        self._carry(channel, raw)

    def receive(self, reader: str, channel: str = "events", most: int = 5_000) -> list[Letter]:
        """Give what has arrived by now; the same again until it is acknowledged."""
        self._arrive()
        return super().receive(reader, channel, most)

    def heard(self, reader: str, told: Told) -> None:
        """Send the word of a twin back; what it misses comes with a later ``receive``."""
        self._carry("heard", (reader, told))

    def answer(self) -> bool:
        """Say whether something was gone that somebody has asked for since the last call."""
        self._arrive()
        return super().answer()

    def _put(self, letters: Sequence[_Row]) -> None:
        """Keep what bears a number, and send all on its way."""
        super()._put([("sent", *row[1:]) for row in letters if row[2] is not None])
        for channel, _, _, moment, raw in letters:
            self.now = max(self.now, moment / DAY)
            self._carry(channel, raw)

    def _carry(self, channel: str, what: Any) -> None:
        for days in self._travel(self._luck[channel != "events"]):
            self._count += 1
            heappush(self._under_way, (self.now + days, self._count, channel, what))

    def _travel(self, luck: np.random.Generator) -> list[float]:
        """How many days each copy is under way; there is none if it is lost."""
        if self.faults == _PERFECT:
            return [0.0]
        lost, twice, late, much = luck.random(4)
        delays = self.faults.delay.draw(luck, np.ones(2), 1).ravel()
        if lost < self.faults.loss:
            return []
        extra = much if late < self.faults.disorder else 0.0
        copies = 2 if twice < self.faults.duplicates else 1
        return [max(delay, 0.0) + extra for delay in delays[:copies]]

    def _arrive(self) -> None:
        """Put what has come where it is read; the sender's end answers the words of twins."""
        found: list[_Row] = []
        while self._under_way and self._under_way[0][0] <= self.now:
            _, _, channel, what = heappop(self._under_way)
            if channel == "heard":
                super().heard(*what)
            else:
                found.append((channel, "", None, 0, what))
        if found:
            with self._at("BEGIN"):
                super()._put(found)
