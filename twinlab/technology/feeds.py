"""Feeds: what is polled for records that a mapping reads: folders of files, databases, machines.

``poll(place)`` gives what is new, as letters of one record in JSON, and the place to go on from.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from twinlab.scope.base import Amount, needs
from twinlab.scope.errors import SyncError, TwinError, check_known
from twinlab.scope.tables import records_of
from twinlab.technology.messages import Letter

__all__ = ["Folder", "OpcUaFeed", "SqlFeed"]


def _letter(record: dict[str, Any], origin: str) -> Letter:
    raw = json.dumps(record, default=lambda v: float(v) if isinstance(v, Decimal) else str(v))
    return Letter(raw.encode(), origin)


class Folder:
    r"""A folder into which other systems put tables: CSV, TSV, XLSX (first sheet); a row, a record.

    Separator and encoding (UTF-8, UTF-16, cp1252) are found. A file is read again when it changes.
    What is no table, or half written, is a letter that a mapping refuses with why.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "orders.csv").write_bytes("Nr;Ort\n1;Köln\n".encode("cp1252"))
    ...     letters, place = Folder(folder).poll(None)
    ...     print(letters[0].origin, json.loads(letters[0]), len(Folder(folder).poll(place)[0]))
    orders.csv row 1 {'Nr': '1', 'Ort': 'Köln'} 0
    """

    overlap = 0.0

    def __init__(self, path: str | Path, pattern: str = "*") -> None:
        """Watch the files of a folder whose names fit a pattern."""
        self.path, self.pattern, self.name = Path(path), pattern, str(Path(path) / pattern)

    def poll(self, place: Any = None) -> tuple[list[Letter], Any]:
        """Give the rows of the files that are new or have changed; SyncError without a folder."""
        if not self.path.is_dir():
            raise SyncError(f"{self.path} is no folder: make it, or mend the path of the feed")
        known, seen, letters = {*(place or {}).values()}, dict[str, str](), list[Letter]()
        for file in sorted(self.path.glob(self.pattern)):
            kind = file.suffix.lower()
            if kind not in (".csv", ".tsv", ".txt", ".xlsx") or file.name[0] in "~.":
                continue  # what Excel keeps beside an open file begins with ~
            try:
                raw = file.read_bytes()
                seen[file.name] = sha256(raw).hexdigest()
                rows = {} if seen[file.name] in known else records_of(raw)
            except Exception as problem:  # a broken workbook raises anything
                if type(problem) is TwinError:  # a library is missing: read when it is there
                    raise
                why = f"{file.name} cannot be read: {problem!r}; mend it, or wait until it is whole"
                rows = {"": {"unreadable": why}}
            letters += [_letter(row, f"{file.name} {at}".strip()) for at, row in rows.items()]
        return letters, seen


class SqlFeed:
    """A query of a database, polled by a watermark: the moment at which a row was last written.

    The query takes it as ``:since``, ``overlap`` seconds before the newest row: what was written
    earlier may be committed later, so the overlap must be longer than the longest transaction.

    >>> query = "SELECT 7 AS id, '2026-03-02 08:00:00' AS write_date WHERE write_date >= :since"
    >>> feed = SqlFeed("sqlite://", query)
    >>> letters, place = feed.poll(None)
    >>> letters, place["since"], feed.poll(place)[0]
    ([b'{"id": 7, "write_date": "2026-03-02 08:00:00"}'], '2026-03-02 07:59:00', [])
    """

    def __init__(
        self, url: str, query: str, watermark: str = "write_date", overlap: Amount = 60.0
    ) -> None:
        """Watch what a query gives; SyncError if it has no ``:since``."""
        self._sql = needs("sqlalchemy", "link")
        self.query, self.watermark, self.overlap = self._sql.text(query), watermark, overlap
        if "since" not in self.query.compile().params:
            raise SyncError(f"the query lacks WHERE {watermark} >= :since; it would read all anew")
        try:
            address = url.replace("postgresql:", "postgresql+psycopg:", 1)
            self._engine = self._sql.create_engine(address, poolclass=self._sql.NullPool)
        except (self._sql.exc.SQLAlchemyError, ImportError) as problem:
            raise SyncError(f"no database has this address: {problem}") from None
        self.name = f"{self._engine.url.database}/{sha256(query.encode()).hexdigest()[:8]}"

    def poll(self, place: Any = None) -> tuple[list[Letter], Any]:
        """Give what was written since, once while it is the same; SyncError if nothing answers."""
        since, old = (place["since"], {*place["seen"]}) if place else ("1970-01-01 00:00:00", ())
        try:
            with self._engine.connect() as base:
                rows = [*base.execute(self.query, {"since": since}).mappings()]
            marks = [datetime.fromisoformat(str(row[self.watermark])) for row in rows]
        except (self._sql.exc.SQLAlchemyError, LookupError, ValueError) as problem:
            why = f"{self.name}: {getattr(problem, 'orig', None) or problem}"
            way = f"does the database run, the query fit it, {self.watermark!r} give moments?"
            raise SyncError(f"{why}: {way}") from None
        if not rows:
            return [], place
        after = max(marks) - timedelta(seconds=self.overlap)
        key = next(iter(rows[0]))
        letters = [_letter({**row}, f"{key} {row[key]}") for row in rows]
        keys = [sha256(letter).hexdigest()[:16] for letter in letters]
        seen = [key for key, mark in zip(keys, marks, strict=True) if mark >= after]
        new = [letter for letter, key in zip(letters, keys, strict=True) if key not in old]
        return new, {"since": str(after), "seen": seen}


class OpcUaFeed:
    """An asset of an OPC UA server: each change of its variables, told by a subscription.

    A record has asset, signal, value, good and source_time. What was polled is kept until somebody
    polls from the place after it; changes while nobody listens are lost, for machines keep none.

    >>> OpcUaFeed.overlap
    0.0
    """

    overlap = 0.0

    def __init__(self, url: str, asset: str) -> None:
        """Listen, in a thread, to an asset below a server's objects; SyncError if there is none."""
        self.name, self.asset, self._url = f"{url}/{asset}", asset, url
        self._opc, self._client = needs("asyncua.sync", "opcua"), cast(Any, None)
        self._life, self._first, self._letters = uuid4().hex, 0, list[Letter]()
        self.poll()

    def poll(self, place: Any = None) -> tuple[list[Letter], Any]:
        """Give the changes since a place; SyncError if the server is away and none is left."""
        if place and place[0] == self._life:
            del self._letters[: place[1] - self._first]
            self._first = place[1]
        try:
            if self._client is None:
                self._listen()
            self._client.check_connection()
        except Exception as problem:  # the network's, the server's or its library's
            self.close()
            if not self._letters:
                raise SyncError(f"{self.name}: {problem or type(problem).__name__}") from None
        letters = list(self._letters)
        return letters, [self._life, self._first + len(letters)]

    def close(self) -> None:
        """Stop listening."""
        client, self._client = self._client, None
        with suppress(Exception):
            client.disconnect()

    def _listen(self) -> None:
        loop = self._opc.ThreadLoop()
        loop.daemon = True  # so it does not keep Python from ending
        loop.start()
        self._client = client = self._opc.Client(self._url, tloop=loop)
        client.close_tloop = True
        client.connect()
        below = {node.read_browse_name().Name: node for node in client.nodes.objects.get_children()}
        check_known(self.asset, below, f"there is no {self.asset!r}", SyncError)
        signals = below[self.asset].get_variables()
        self._signals = {node.nodeid: node.read_browse_name().Name for node in signals}
        client.create_subscription(100, self).subscribe_data_change(signals, queuesize=1000)

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        """Note a change; the subscription calls this."""
        told, signal = data.monitored_item.Value, self._signals[node.nodeid]
        at = (told.SourceTimestamp or datetime.now(UTC)).replace(tzinfo=UTC)
        record = {"asset": self.asset, "signal": signal, "value": value, "source_time": at}
        good = {"good": told.StatusCode.is_good()}
        self._letters.append(_letter(record | good, f"{self.asset}/{signal}"))
