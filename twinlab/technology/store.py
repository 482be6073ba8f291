"""The event store: every message once, in the order in which things happened.

In SQLite, in a file or in memory, or in PostgreSQL. A delivery is one transaction: what is
committed survives a crash of the process and of the machine, and of what fails nothing is there.
Copies change nothing; what is refused is a dead letter, with the reason, and never stops the rest.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from twinlab.scope import SyncError
from twinlab.scope.later import pd
from twinlab.technology.database import Database
from twinlab.technology.intake import Delivery, Intake, bury, dead, storable
from twinlab.technology.messages import Door, Letter, Message, read

__all__ = ["EventStore", "Intake"]

MOST_MISSING = 10_000  # of one source, that are listed at once
PAGE = 2_000  # messages that are read at once

# An event whose raw is empty was pruned: its copies and its number are still known.
_TABLES = """
CREATE TABLE events (
    source {text} NOT NULL, id {text} NOT NULL, sequence BIGINT NOT NULL, time BIGINT NOT NULL,
    arrived DOUBLE PRECISION, raw {bytes} NOT NULL, PRIMARY KEY (source, id));
CREATE UNIQUE INDEX by_number ON events (source, sequence) WHERE sequence >= 0;
CREATE INDEX by_time ON events (time, source, sequence, id);
CREATE TABLE dead_letters (
    number {auto}, digest TEXT NOT NULL UNIQUE, arrived DOUBLE PRECISION, feed TEXT, origin TEXT,
    reason TEXT, raw {bytes} NOT NULL);
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)
"""
_FORM = {"form of the tables": 2}  # a note
_NOTE = """INSERT INTO notes VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value"""
_FROM = """SELECT time, source, sequence, id, raw FROM events
    WHERE (time, source, sequence, id) > (?, ?, ?, ?) AND length(raw) > 0
    ORDER BY time, source, sequence, id LIMIT ?"""
_GAPS = """SELECT before, sequence FROM (
    SELECT sequence, LAG(sequence, 1, CAST(-1 AS BIGINT)) OVER (ORDER BY sequence) AS before FROM (
        SELECT sequence FROM events WHERE source = ? AND sequence BETWEEN 0 AND ?
        UNION ALL SELECT CAST(? AS BIGINT)) AS numbers) AS pairs
    WHERE sequence > before + 1 ORDER BY sequence LIMIT ?"""


class EventStore:
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
        self._base = Database(where)
        with self._base.work("begin"):
            there = {name for (name,) in self._base.rows(self._base.words["there"])}
            if there.isdisjoint(("events", "dead_letters", "notes")):
                for table in _TABLES.format_map(self._base.words).split(";"):
                    self._base.run(table)
                self._note(_FORM)
            elif "notes" not in there or any(self.recall(n) != form for n, form in _FORM.items()):
                raise SyncError(
                    f"{self._base.name} has tables of another twinlab, or of somebody else: leave "
                    "it as it is, and give the twin a new store"
                )

    def __repr__(self) -> str:
        counts = [count for count, _ in self.sequences().values()]
        return f"EventStore({sum(counts):,} messages of {len(counts)} sources)"

    def take(
        self,
        letters: Iterable[bytes],
        arrived: float = 0.0,
        door: Door = read,
        feed: str = "",
        notes: Callable[[], Mapping[str, Any]] = dict,
    ) -> Intake:
        """Store what a door finds in letters that came on a day, in one transaction.

        A letter over which the door stumbles is dead as a whole. ``notes`` is called when the
        events are in, and what it gives is kept in the same transaction. Where a connection breaks
        in the very end, what came may be there all the same, and is a copy when it comes again:
        after an error, fold what ``messages`` gives.
        """
        delivery = Delivery(door)
        for letter in letters:
            delivery.open(letter, feed, arrived)
        with self._base.work("begin"):
            intake = delivery.enter(self._base, float(arrived))
            self._note(notes())
        return intake

    def replay_dead(
        self, door: Door, arrived: float, notes: Callable[[], Mapping[str, Any]] = dict
    ) -> Intake:
        """Show all dead letters to a door once more, with their origins and their feeds' names.

        Those that pass leave the table. What is still refused of the others stays, with the day on
        which it first came, and with the new reason.
        """
        delivery, asked = Delivery(door), "SELECT raw, origin, feed, arrived FROM dead_letters"
        with self._base.work("begin"):
            for raw, origin, feed, day in self._base.rows(f"{asked} ORDER BY number"):
                delivery.open(Letter(raw, origin), feed, day)
            self._base.run("DELETE FROM dead_letters")
            intake = delivery.enter(self._base, float(arrived))
            self._note(notes())
        return intake

    def condemn(self, message: Message, reason: str) -> None:
        """Make a stored message a dead letter: it cannot be folded after all."""
        gone = "DELETE FROM events WHERE source = ? AND id = ? RETURNING arrived"
        with self._base.work("begin"):
            [[arrived]] = self._base.rows(gone, message.source, message.id) or [[0.0]]
            bury(self._base, [dead(reason, message.encode(), Letter(b""), "", arrived)])

    def prune(self, before: int, notes: Mapping[str, Any]) -> int:
        """Forget what messages from before a time (microseconds) say; how many they are is given.

        That they came is still known: copies of them are copies, their numbers are not missing.
        """
        forget = "UPDATE events SET raw = ? WHERE time < ? AND length(raw) > 0"
        with self._base.work("begin"):
            count = int(self._base.run(forget, b"", before).rowcount)
            self._note(notes)
        return count

    def keep(self, name: str, value: Any) -> None:
        """Keep a note: a value that JSON can hold."""
        with self._base.work("begin"):
            self._note({name: value})

    def recall(self, name: str, default: Any = None) -> Any:
        """The value of a note."""
        found = self._base.rows("SELECT value FROM notes WHERE name = ?", storable(name))
        return json.loads(found[0][0]) if found else default

    def _note(self, notes: Mapping[str, Any]) -> None:
        for name, value in notes.items():
            try:
                self._base.run(_NOTE, storable(name), json.dumps(value))
            except (TypeError, ValueError) as problem:
                raise SyncError(
                    f"note {name!r} is no value that JSON can hold: {problem}"
                ) from None

    def messages(self, since: int = -(2**62)) -> Iterator[Message]:
        """Give the messages from a time on (microseconds), in the order of what happened."""
        place: tuple[Any, ...] | None = (since, "", -1, "")
        while place:
            page = self._base.rows(_FROM, *place, PAGE)
            yield from (Message.decode(row[-1]) for row in page)
            place = page[-1][:-1] if len(page) == PAGE else None

    def sequences(self) -> dict[str, tuple[int, int]]:
        """By source: how many messages came, and the highest sequence (−1: none has a number)."""
        asked = "SELECT source, COUNT(*), MAX(sequence) FROM events GROUP BY source ORDER BY source"
        return {source: (count, last) for source, count, last in self._base.rows(asked)}

    def missing(self, source: str, last: int) -> list[int]:
        """Sequences of a source, from 0 to the last one known of, that have not come.

        At most ``MOST_MISSING`` of them, the first ones: a message may claim any number.
        """
        gaps = self._base.rows(_GAPS, source, last, last + 1, MOST_MISSING)
        return list(islice(chain(*(range(low + 1, high) for low, high in gaps)), MOST_MISSING))

    def dead_letters(self) -> "pd.DataFrame":
        """What is refused: the day it first came, its feed and origin, the reason, the bytes."""
        heads = ["arrived", "feed", "origin", "reason", "raw"]
        asked = f"SELECT {', '.join(heads)} FROM dead_letters ORDER BY number"
        return pd.DataFrame(self._base.rows(asked), columns=heads)

    def close(self) -> None:
        """Close the file, or leave the server."""
        self._base.close()
