"""The event store: every message once, in the order in which things happened.

In SQLite or PostgreSQL. A delivery is one transaction, which survives a crash or leaves nothing.
Copies change nothing; what is refused is a dead letter, with the reason, and never stops the rest.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from hashlib import sha256
from itertools import chain
from threading import RLock
from traceback import format_exception_only
from typing import Any
from weakref import finalize

from twinlab.scope import Result, SyncError, TwinError
from twinlab.scope.columns import column
from twinlab.scope.later import needs, pd, sqlite3
from twinlab.scope.snapshot import parse, plain
from twinlab.technology.messages import Door, Letter, Message, Refused, read

__all__ = ["EventStore", "Intake"]

LOT = 200  # rows that one statement writes, for a server is far
_TABLES = """CREATE TABLE IF NOT EXISTS events (
    source TEXT NOT NULL, id TEXT NOT NULL, sequence BIGINT NOT NULL, time BIGINT NOT NULL,
    arrived DOUBLE PRECISION, raw BLOB NOT NULL, PRIMARY KEY (source, id));
SELECT arrived, raw FROM events LIMIT 0;
CREATE UNIQUE INDEX IF NOT EXISTS by_number ON events (source, sequence) WHERE sequence >= 0;
CREATE INDEX IF NOT EXISTS by_time ON events (time, source, sequence, id);
CREATE TABLE IF NOT EXISTS dead_letters (
    number INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, arrived DOUBLE PRECISION, feed TEXT,
    origin TEXT, reason TEXT, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS trail (
    number BIGINT NOT NULL PRIMARY KEY, line TEXT NOT NULL, chain TEXT NOT NULL)"""
_NOTES = "CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
_SETTINGS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
_ADD = "INSERT INTO events VALUES {} ON CONFLICT DO NOTHING RETURNING time, source, sequence, id"
_BURY = """INSERT INTO dead_letters (digest, arrived, feed, origin, reason, raw)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_NOTE = "INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_POSTGRESQL = {  # says it in other words
    _SETTINGS[0]: "SET lock_timeout = '5s'",
    _SETTINGS[1]: "SET synchronous_commit = on",
    "INTEGER PRIMARY KEY": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "TEXT": 'TEXT COLLATE "C"',
    "BLOB": "BYTEA",
    "?": "%s",
}
_TAKEN = "{} of {!r} was another message: has the plant begun anew? then give the twin a new store"
_REMEDIES = {  # what a database says, and what to do
    "column": "{} has tables of another twinlab: leave it as it is, and give the twin a new store",
    "lock": "another program holds {}: close it",
    r"\bfull\b|No space|I/O": "no room is left for {}, or its disk fails: make some, or mend it",
    "read-?only|denied|unable to open": "{} cannot be written: is its folder there, and yours?",
    "not a database|malformed": "{} is no store, or damaged: take another path, or a copy of it",
    "password|role|does not exist": "{} lets nobody in: make it, and look at user and password",
    "invalid|resolve": "{} has no such address; in a password write %40 for @, %2F for /",
    "connect|closed|server": "{} cannot be reached: see that its server runs",
}
Notes = Callable[[], Mapping[str, Any]]


class Intake(Result, frozen=True):
    """What a delivery brought; ``fresh`` are its new messages, in the order in which they came.

    >>> Intake(3, 1, 0)
    new 3 messages · copies 1 messages · dead 0 messages · ignored 0 records
    """

    new: int = column("messages", meaning="that were not there yet")
    copies: int = column("messages", meaning="that were there already, also as dead letters")
    dead: int = column("messages", meaning="that are refused: dead letters")
    ignored: int = column("records", 0, "that no row of a mapping speaks of")
    fresh: tuple[Message, ...] = field(default=(), repr=False, compare=False)


class Database:
    """SQLite or PostgreSQL by the same statements; a connection that broke is made anew."""

    def __init__(self, where: str, tables: str) -> None:
        self._where, self._far = where, where.startswith(("postgresql://", "postgres://"))
        self._error: Any = needs("psycopg", "link").Error if self._far else sqlite3.Error
        self._lock, self._inside = RLock(), False
        self._base: Any = None
        with self._work():
            for table in (*tables.split(";"), _NOTES):
                self._run(table)

    def _run(self, said: str, *values: Any) -> Any:
        for near, far in _POSTGRESQL.items() if self._far else ():
            said = said.replace(near, far)
        return self._base.execute(said, values)

    def _rows(self, said: str, *values: Any) -> list[Any]:
        with self._work():
            return list(self._run(said, *values).fetchall())

    @contextmanager
    def _work(self) -> Iterator[None]:
        """Keep other threads out; what is done within is done as a whole or not at all."""
        with self._lock:
            if self._inside:
                yield  # a part of what is under way
                return
            try:
                self._connect()
                self._inside = True
                yield
                self._base.commit()
            except self._error as problem:
                raise SyncError(self._remedy(" ".join(str(problem).split()))) from None
            finally:
                self._inside = False
                with suppress(self._error, AttributeError):
                    self._base.rollback()  # nothing, after a commit

    def _connect(self) -> None:
        with suppress(self._error, AttributeError):  # it broke, or is not there yet
            self._base.rollback()  # what Ctrl-C has kept from being undone
            self._base.execute("SELECT 1")
            return
        if self._far:
            limits = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "client_encoding": "utf8"}
            self._base = needs("psycopg", "link").connect(self._where, **limits)
        else:  # widgets' callbacks come on other threads; the lock keeps them apart
            how: Any = {"isolation_level": "IMMEDIATE", "check_same_thread": False}
            self._base = sqlite3.connect(self._where, **how)
        finalize(self, self._base.close)  # where nobody calls close
        for said in _SETTINGS:
            self._run(said)
        self._base.commit()

    def _remedy(self, said: str) -> str:
        place = self._where.rpartition("@")[2].partition("?")[0] if self._far else self._where
        what = next((what for sign, what in _REMEDIES.items() if re.search(sign, said)), "{} fails")
        secret = "".join(self._where.split(":", 2)[2:]).rpartition("@")[0]
        if self._far and any(part in said for part in re.findall(r"\w{3,}", secret)):
            said = "its words hold a part of the password"
        return f"{what.format(repr(place))}, then sync again; nothing was lost ({said})"

    def _note(self, notes: Mapping[str, Any]) -> None:
        for name, value in notes.items():
            self._run(_NOTE, _storable(name), json.dumps(value, default=plain, allow_nan=False))

    def recall(self, name: str, default: Any = None) -> Any:
        """The value of a note that was kept, or else a default."""
        found = self._rows("SELECT value FROM notes WHERE name = ?", _storable(name))
        return json.loads(found[0][0]) if found else default

    def close(self) -> None:
        """Close the file, or leave the server."""
        with self._lock:
            self._base.close()


class EventStore(Database):
    """Messages on disk or in memory, each once, in the order of time, source and sequence.

    What its database cannot do is a SyncError with a remedy, and then nothing is half done.

    >>> store = EventStore()
    >>> told = Message("/shop/crm", 0, "crm.demanded.v1", 0, {}).encode()
    >>> store.take([told, told, b"{"])
    new 1 messages · copies 1 messages · dead 1 messages · ignored 0 records
    >>> store.dead_letters()["reason"][0]
    'no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'
    """

    def __init__(self, where: str = ":memory:") -> None:
        """Open a store, or make it, at a path or at ``postgresql://user@host/database``."""
        super().__init__(where, _TABLES)

    def __repr__(self) -> str:
        counts = [count for count, _ in self.sequences().values()]
        return f"EventStore({sum(counts):,} messages of {len(counts)} sources)"

    def take(
        self,
        letters: Iterable[bytes],
        arrived: float = 0.0,
        door: Door = read,
        feed: str = "",
        notes: Notes = dict,
    ) -> Intake:
        """Store what a door finds in letters that came on a day, and notes, in one transaction.

        A letter over which the door stumbles is dead as a whole. ``notes`` is called when the
        events are in. Whoever got an error folds ``messages``: they may be in all the same.
        """
        found = [each for letter in letters for each in _open(door, letter, feed, float(arrived))]
        return self._enter(found, float(arrived), notes)

    def replay_dead(self, door: Door, arrived: float, notes: Notes = dict) -> Intake:
        """Show all dead letters to a door once more; those that pass leave the table."""
        asked = "DELETE FROM dead_letters RETURNING number, raw, origin, feed, arrived"
        with self._work():
            found: list[Any] = []
            for _, raw, origin, feed, day in sorted(self._rows(asked)):
                found += _open(door, Letter(raw, origin), feed, day)
            return self._enter(found, float(arrived), notes)

    def _enter(self, found: list[Any], arrived: float, notes: Notes) -> Intake:
        """Add what is new, count copies, and bury what is refused or claims another's place."""
        fresh, ignored, dead, new = list[Message](), 0, 0, set[Any]()
        told = [what for what, *_ in found if isinstance(what, Message)]
        rows = [(m.source, m.id, m.place[2], m.time, arrived, m.raw) for m in told]
        with self._work():
            for lot in (rows[at : at + LOT] for at in range(0, len(rows), LOT)):
                said = _ADD.format(", ".join(["(?, ?, ?, ?, ?, ?)"] * len(lot)))
                new.update(self._rows(said, *chain(*lot)))  # whose id and number were free
            for what, *place in found:
                if what is None:
                    ignored += 1
                elif isinstance(what, Refused):
                    dead += self._bury(*what, *place)
                elif what.place in new:
                    new.remove(what.place)
                    fresh.append(what)
                elif not self._has(what):
                    name = f"id {what.id!r}" if what.place[2] < 0 else f"number {what.sequence}"
                    dead += self._bury(_TAKEN.format(name, what.source), place[0], *place)
            self._note(notes())
        copies = len(found) - len(fresh) - dead - ignored
        return Intake(len(fresh), copies, dead, ignored, tuple(fresh))

    def _has(self, message: Message) -> bool:
        """Whether it is what is there under its id; of what was pruned, the time is known."""
        asked = "SELECT raw, time FROM events WHERE source = ? AND id = ?"
        raw, time = self._run(asked, message.source, message.id).fetchone() or (b"", None)
        if not raw:
            return bool(time == message.time)
        return raw == message.raw or Message.decode(raw) == message

    def _bury(self, reason: str, raw: bytes, letter: bytes, feed: str, day: float) -> int:
        """Keep a dead letter, unless these bytes from this place are there; how many are new."""
        feed, origin = _storable(feed), _storable(getattr(letter, "origin", ""))
        digest = sha256(f"{feed}\0{origin}\0".encode() + raw).hexdigest()
        row = (digest, day, feed, origin, _storable(reason), bytes(raw))
        return int(self._run(_BURY, *row).rowcount)

    def condemn(self, message: Message, reason: str) -> None:
        """Make a stored message a dead letter: it cannot be folded after all."""
        gone = "DELETE FROM events WHERE source = ? AND id = ? RETURNING arrived"
        with self._work():
            [[day]] = self._rows(gone, message.source, message.id) or [[0.0]]
            self._bury(reason, message.encode(), b"", "", day)

    def prune(self, before: int, notes: Mapping[str, Any]) -> int:
        """Forget what messages from before a time (microseconds) say, but not that they came."""
        forget = "UPDATE events SET raw = ? WHERE time < ? AND length(raw) > 0"
        with self._work():
            count = int(self._run(forget, b"", before).rowcount)
            self._note(notes)
        return count

    def keep(self, name: str, value: Any) -> None:
        """Keep a note: a value that JSON can hold."""
        with self._work():
            self._note({name: value})

    def append(self, line: str) -> None:
        """Add a line to the trail, with the hash of all lines before it and itself."""
        last = "SELECT number, chain FROM trail ORDER BY number DESC LIMIT 1"
        with self._work():
            [[number, before]] = self._rows(last) or [[0, ""]]
            hashed = sha256((before + line).encode()).hexdigest()
            self._run("INSERT INTO trail VALUES (?, ?, ?)", number + 1, line, hashed)

    def trail(self, after: int = 0) -> list[tuple[int, str, str]]:
        """Lines after a number, each with its number and hash."""
        asked = "SELECT number, line, chain FROM trail WHERE number > ? ORDER BY number"
        return self._rows(asked, after)

    def messages(self, since: int = -(2**62)) -> Iterator[Message]:
        """Give the messages from a time on (microseconds), in the order of what happened."""
        asked = """SELECT raw FROM events WHERE time >= ? AND length(raw) > 0
            ORDER BY time, source, sequence, id"""
        for (raw,) in self._rows(asked, since):
            yield Message.of(parse(raw))

    def sequences(self) -> dict[str, tuple[int, int]]:
        """By source: how many messages came, and the highest sequence (−1: none has a number)."""
        asked = "SELECT source, COUNT(*), MAX(sequence) FROM events GROUP BY source ORDER BY source"
        return {source: (count, last) for source, count, last in self._rows(asked)}

    def dead_letters(self) -> "pd.DataFrame":
        """What is refused: the day it first came, its feed and origin, the reason, the bytes."""
        heads = ["arrived", "feed", "origin", "reason", "raw"]
        asked = f"SELECT {', '.join(heads)} FROM dead_letters ORDER BY number"
        return pd.DataFrame(self._rows(asked), columns=heads)


def _open(door: Door, letter: bytes, feed: str, day: float) -> list[Any]:
    """What is in a letter, as it will be read again; one that the door stumbles over is refused."""
    try:
        found = list(door(letter, feed))
        for at, what in enumerate(found):
            if not isinstance(what, Refused | None) and not what.raw:
                found[at] = Message.decode(what.encode())
    except Exception as problem:  # a MemoryError, too
        taught = isinstance(problem, TwinError)
        said = str(problem) if taught else format_exception_only(problem)[-1].strip()
        found = [Refused(said, letter)]
    return [(what, letter, feed, day) for what in found]


def _storable(text: str) -> str:
    """A text that both databases can hold."""
    return text[:1000].encode(errors="backslashreplace").decode().replace("\0", "\\x00")
