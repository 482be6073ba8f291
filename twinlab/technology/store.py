"""The event store: every message once, on SQLite, in the order in which things happened.

A file is kept in write-ahead mode with ``synchronous=FULL``: what was committed survives a crash of
the process and of the machine. Copies of a message change nothing; what cannot be read ends in the
table of dead letters, with the reason, and never stops the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from twinlab.scope.errors import SyncError
from twinlab.technology.messages import Message

if TYPE_CHECKING:
    import pandas as pd

_TABLES = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, source TEXT, sequence INTEGER, time INTEGER, arrived REAL, raw BLOB);
CREATE INDEX IF NOT EXISTS by_time ON events (time, source, sequence);
CREATE TABLE IF NOT EXISTS dead_letters (
    number INTEGER PRIMARY KEY, arrived REAL, reason TEXT, raw BLOB);
"""


@dataclass(frozen=True)
class Intake:
    """What a delivery brought.

    >>> Intake(3, 1, 0)
    Intake(new=3, copies=1, dead=0)
    """

    new: int
    copies: int
    dead: int


class EventStore:
    """Messages on disk or in memory, each once, in the order of time, source and sequence.

    >>> store = EventStore()
    >>> told = Message("/shop/crm", 0, "crm.demanded.v1", 0, {}).encode()
    >>> store.take([told, told, b"{"])
    Intake(new=1, copies=1, dead=1)
    >>> store.dead_letters()["reason"][0]
    'no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'
    """

    def __init__(self, path: str = ":memory:") -> None:
        """Open a store, or make it."""
        # Widgets' callbacks come on other threads; the lock keeps them apart.
        self._base = sqlite3.connect(path, check_same_thread=False)
        self._lock = Lock()
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=FULL")
        self._base.executescript(_TABLES)

    def take(
        self,
        raws: Iterable[bytes],
        arrived: float = 0.0,
        check: Callable[[Message], object] = lambda message: None,
    ) -> Intake:
        """Store messages in one transaction; ``check`` raises a SyncError for what cannot be.

        ``arrived`` is the day on which they came.
        """
        rows, dead, total = [], [], 0
        for raw in raws:
            total += 1
            try:
                message = Message.decode(raw)
                check(message)
            except SyncError as problem:
                dead.append((arrived, str(problem), bytes(raw)))
                continue
            rows.append((message.id, message.source, message.sequence, message.time, arrived, raw))
        with self._lock, self._base:
            before = self._base.total_changes
            self._base.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows
            )
            new = self._base.total_changes - before
            self._base.executemany(
                "INSERT INTO dead_letters (arrived, reason, raw) VALUES (?, ?, ?)", dead
            )
        return Intake(new, total - len(dead) - new, len(dead))

    def messages(self, since: int = -(2**62)) -> Iterator[Message]:
        """Give the messages from a time on (microseconds), in the order of what happened."""
        asked = "SELECT raw FROM events WHERE time >= ? ORDER BY time, source, sequence"
        with self._lock, closing(self._base.execute(asked, (since,))) as found:
            rows = found.fetchall()
        return (Message.decode(raw) for (raw,) in rows)

    def sequences(self) -> dict[str, tuple[int, int]]:
        """By source: how many messages there are, and the highest sequence."""
        asked = "SELECT source, COUNT(*), MAX(sequence) FROM events GROUP BY source"
        with self._lock, closing(self._base.execute(asked)) as found:
            return {source: (count, last) for source, count, last in found}

    def missing(self, source: str, last: int) -> list[int]:
        """Sequences of a source, from 0 to the last one known of, that have not come."""
        asked = "SELECT sequence FROM events WHERE source = ? AND sequence <= ?"
        with self._lock, closing(self._base.execute(asked, (source, last))) as found:
            there = {number for (number,) in found}
        return [number for number in range(last + 1) if number not in there]

    def dead_letters(self) -> pd.DataFrame:
        """What could not be read: the day it came, the reason and the bytes."""
        import pandas as pd

        asked = "SELECT arrived, reason, raw FROM dead_letters ORDER BY number"
        with self._lock, closing(self._base.execute(asked)) as found:
            return pd.DataFrame(found.fetchall(), columns=["arrived", "reason", "raw"])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()
