"""SQLite or PostgreSQL by the same statements: what fails is undone, and told with a remedy."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from operator import attrgetter
from threading import RLock
from typing import Any
from weakref import finalize

from twinlab.scope.errors import SyncError
from twinlab.scope.later import needs, sqlite3

LOT = 200  # rows that one statement writes

# What the two have other words for.
_WORDS = """
mark  | ?                              | %s
text  | TEXT                           | TEXT COLLATE "C"
bytes | BLOB                           | BYTEA
auto  | INTEGER PRIMARY KEY            | BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY
begin | BEGIN IMMEDIATE                | BEGIN
there | SELECT name FROM sqlite_master | SELECT relname FROM pg_class WHERE pg_table_is_visible(oid)
ready | PRAGMA journal_mode=WAL        | SET lock_timeout = '5s'
safe  | PRAGMA synchronous=FULL        | SET synchronous_commit = on
"""
# What a database says, and what to do.
_REMEDIES = {
    "lock": "another program holds {}: close it",
    r"\bfull\b|No space|I/O": "no room is left for {}, or its disk fails: make some, or mend it",
    "read-?only|denied|unable to open": "{} cannot be written: is its folder there, and yours?",
    "not a database|malformed": "{} is no store, or damaged: take another path, or a copy of it",
    "password|role|does not exist": "{} lets nobody in: make it, and look at user and password",
    "connect|closed|server": "{} cannot be reached: see that its server runs",
}


class Database:
    """A connection that is made anew where it broke; where it leads to may hold a password."""

    def __init__(self, where: str) -> None:
        """Connect at the first call: to a path, or to ``postgresql://user@host/name``."""
        far = where.startswith(("postgresql://", "postgres://"))
        self.name = "the database" if far else repr(where)
        self.error: Any = needs("psycopg", "link").Error if far else sqlite3.Error
        words = (line.split("|") for line in _WORDS.strip().splitlines())
        self.words = {word[0].strip(): word[1 + far].strip() for word in words}
        self._where, self._reach = where, self._far if far else self._near
        self._lock, self._inside, self._closed = RLock(), False, False
        self._half_done = attrgetter("info.transaction_status" if far else "in_transaction")
        self._base: Any = None
        self._file = 0  # its number on the disk
        self._end: Any = None  # ends the connection, also where nobody calls close

    def run(self, said: str, *values: Any) -> Any:
        """Do what a statement says, within ``work``, and give the cursor."""
        return self._base.execute(said.replace("?", self.words["mark"]), values)

    def rows(self, said: str, *values: Any) -> list[Any]:
        """Do what a statement says, and give the rows of its answer."""
        with self.work():
            return list(self.run(said, *values).fetchall())

    def many(self, said: str, rows: list[Any]) -> Iterator[Any]:
        """Do what a statement says for all rows of values, which it calls ``{rows}``; its answers.

        In lots, for a server is far; what depends on a row stands in its answer, not in a count.
        """
        for at in range(0, len(rows), LOT):
            lot = rows[at : at + LOT]
            marks = ", ".join([f"({', '.join('?' * len(lot[0]))})"] * len(lot))
            yield from self.rows(said.format(rows=f"VALUES {marks}"), *chain(*lot))

    @contextmanager
    def work(self, begin: str = "") -> Iterator[None]:
        """Keep other threads out; what is done in ``work("begin")`` is done as a whole or not.

        Raises:
            SyncError: the database does not do it, and what to do.
        """
        with self._lock:
            if self._inside:
                yield  # a part of what is under way
                return
            self._inside = True
            try:
                self._connect()
                if begin:
                    self.run(self.words[begin])
                yield
                if begin:
                    self.run("COMMIT")
            except BaseException as problem:
                with suppress(self.error, AttributeError):
                    self._base.execute("ROLLBACK")
                if not isinstance(problem, self.error):
                    raise
                said = " ".join(str(problem).split())
                known = (what for sign, what in _REMEDIES.items() if re.search(sign, said))
                what = next(known, "{} does not do it").format(self.name)
                raise SyncError(f"{what}, then sync again; nothing was lost ({said})") from problem
            finally:
                self._inside = False

    def _connect(self) -> None:
        if self._closed:
            raise SyncError(f"{self.name} was closed: open it anew")
        if self._base is not None:
            if self._file != _number(self._where):
                raise SyncError(f"{self.name} was moved or deleted while it was open: put it back")
            with suppress(self.error):
                # Whoever presses Ctrl-C twice may have kept what failed from being undone.
                self._base.execute("ROLLBACK" if self._half_done(self._base) else "SELECT 1")
                return
            self._end()
            self._base = None
        base = self._reach(self._where)
        self._end = finalize(self, base.close)
        base.execute(self.words["ready"])
        base.execute(self.words["safe"])
        self._base, self._file = base, _number(self._where)

    def _near(self, path: str) -> Any:
        # Widgets' callbacks come on other threads; the lock keeps them apart.
        return sqlite3.connect(path, check_same_thread=False, isolation_level=None)

    def _far(self, url: str) -> Any:
        psycopg = needs("psycopg", "link")
        told = {"connect_timeout": "10", "tcp_user_timeout": "30000", "client_encoding": "utf8"}
        try:
            told |= psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.Error:
            told["host"] = "@"
        if "@" in f"{told.get('host')} {told.get('port')} {told.get('dbname')}":  # of a password
            raise SyncError(
                "write postgresql://user:password@host/name, and in a password %40 for @, %2F for /"
            )
        self.name = f"{told.get('dbname')!r} on {told.get('host', 'this machine')}"
        base = psycopg.connect(**told, autocommit=True)
        if base.info.parameter_status("server_encoding") not in ("UTF8", "SQL_ASCII"):
            base.close()
            raise SyncError(f"{self.name} cannot hold every letter: make it with ENCODING 'UTF8'")
        return base

    def close(self) -> None:
        """End the connection for ever."""
        with self._lock:
            self._closed = True
            if self._end is not None:
                self._end()


def _number(path: str) -> int:
    """The number of a file on its disk; 0: it is none, or not there."""
    with suppress(OSError):
        return os.stat(path).st_ino
    return 0
