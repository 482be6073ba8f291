"""The event store: every message once, on SQLite, in the order in which things happened.

A file is kept in write-ahead mode with ``synchronous=FULL``: what was committed survives a crash of
the process and of the machine. Copies of a message change nothing; what cannot be read ends in the
table of dead letters, with the reason, and never stops the rest.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any
from weakref import finalize

from twinlab.scope import Result, SyncError, TwinError
from twinlab.scope.columns import column
from twinlab.scope.later import pd, sqlite3
from twinlab.technology.messages import Message

__all__ = ["EventStore", "Intake"]

MOST_MISSING = 10_000  # of one source, that are listed at once

_TABLES = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, source TEXT, sequence INTEGER, time INTEGER, arrived REAL, raw BLOB);
CREATE INDEX IF NOT EXISTS by_time ON events (time, source, sequence);
CREATE INDEX IF NOT EXISTS by_source ON events (source, sequence);
CREATE TABLE IF NOT EXISTS dead_letters (
    number INTEGER PRIMARY KEY, arrived REAL, reason TEXT, raw BLOB);
"""


@dataclass(frozen=True)
class Intake(Result):
    """What a delivery brought.

    >>> Intake(3, 1, 0)
    new 3 messages · copies 1 messages · dead 0 messages
    """

    new: int = column("messages", meaning="that were not there yet")
    copies: int = column("messages", meaning="that were there already")
    dead: int = column("messages", meaning="that cannot be read: dead letters")


class EventStore:
    """Messages on disk or in memory, each once, in the order of time, source and sequence.

    >>> store = EventStore()
    >>> told = Message("/shop/crm", 0, "crm.demanded.v1", 0, {}).encode()
    >>> store.take([told, told, b"{"])
    new 1 messages · copies 1 messages · dead 1 messages
    >>> store.dead_letters()["reason"][0]
    'no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'
    """

    def __init__(self, path: str = ":memory:") -> None:
        """Open a store, or make it."""
        # Widgets' callbacks come on other threads; the lock keeps them apart.
        self._base = sqlite3.connect(path, check_same_thread=False)
        finalize(self, self._base.close)  # where nobody calls close
        self._lock = Lock()
        self._base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _TABLES)

    def __repr__(self) -> str:
        counts = [count for count, _ in self.sequences().values()]
        return f"EventStore({sum(counts):,} messages of {len(counts)} sources)"

    def take(
        self,
        raws: Iterable[bytes],
        arrived: float = 0.0,
        check: Callable[[Message], object] = lambda message: None,
    ) -> Intake:
        """Store messages in one transaction; ``check`` raises a TwinError for what cannot be.

        ``arrived`` is the day on which they came.
        """
        read, dead, total, new = [], [], 0, 0
        for raw in raws:
            total += 1
            try:
                message = Message.decode(raw)
                check(message)
                read.append((message, bytes(raw)))
            except (TwinError, RecursionError) as problem:
                dead.append((arrived, _reason(problem), bytes(raw)))
        with self._lock, self._base:
            for message, raw in read:
                try:
                    new += self._add(message, raw, arrived)
                except SyncError as problem:
                    dead.append((arrived, _reason(problem), raw))
            self._base.executemany(
                "INSERT INTO dead_letters (arrived, reason, raw) VALUES (?, ?, ?)", dead
            )
        return Intake(new, total - len(dead) - new, len(dead))

    def _add(self, message: Message, raw: bytes, arrived: float) -> int:
        """Add a message and say 1, or 0 for a copy; SyncError if its number is another's."""
        row = (message.id, message.source, message.sequence, message.time, arrived, raw)
        asked = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        if self._base.execute(asked, row).rowcount:
            return 1
        [[known]] = self._base.execute("SELECT raw FROM events WHERE id = ?", row[:1])
        if known != raw and Message.decode(known) != message:
            raise SyncError(
                f"number {message.sequence} of {message.source!r} was another message: has the "
                "plant begun anew? then give the twin a new store"
            )
        return 0

    def messages(self, since: int = -(2**62)) -> Iterator[Message]:
        """Give the messages from a time on (microseconds), in the order of what happened."""
        asked = "SELECT raw FROM events WHERE time >= ? ORDER BY time, source, sequence"
        return (Message.decode(raw) for (raw,) in self._rows(asked, since))

    def sequences(self) -> dict[str, tuple[int, int]]:
        """By source: how many messages there are, and the highest sequence."""
        asked = "SELECT source, COUNT(*), MAX(sequence) FROM events GROUP BY source"
        return {source: (count, last) for source, count, last in self._rows(asked)}

    def missing(self, source: str, last: int) -> list[int]:
        """Sequences of a source, from 0 to the last one known of, that have not come.

        At most ``MOST_MISSING`` of them, the first ones: a message may claim any number.
        """
        asked = "SELECT sequence FROM events WHERE source = ? AND sequence <= ?"
        there = {number for (number,) in self._rows(asked, source, last)}
        return list(islice((n for n in range(last + 1) if n not in there), MOST_MISSING))

    def dead_letters(self) -> "pd.DataFrame":
        """What could not be read: the day it came, the reason and the bytes."""
        asked = "SELECT arrived, reason, raw FROM dead_letters ORDER BY number"
        return pd.DataFrame(self._rows(asked), columns=["arrived", "reason", "raw"])

    def _rows(self, asked: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._base.execute(asked, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()


def _reason(problem: Exception) -> str:
    """Why, in a text that a file can hold."""
    return str(problem)[:1000].encode(errors="backslashreplace").decode()
