"""Feeds: what is polled for records that a mapping reads: folders of files, databases, machines.

A feed has a ``name``, an ``overlap`` in seconds, and ``poll(place)``: what is new since a place, as
letters of one record in JSON, and the next place, to be kept together with what was read.
"""

import asyncio
import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any
from uuid import uuid4

from twinlab.scope.errors import SyncError, brief, check_known
from twinlab.scope.kinds import Amount
from twinlab.scope.later import needs
from twinlab.technology.messages import Letter

__all__ = ["Folder", "OpcUaFeed", "SqlFeed"]

Polled = tuple[list[Letter], Any]
Row = tuple[str, dict[str, Any]]  # where it stands, and its cells
_EARLY = "1970-01-01 00:00:00"


def _letter(record: dict[str, Any], origin: str) -> Letter:
    def plain(value: Any) -> Any:
        return (
            float(value)
            if isinstance(value, Decimal)
            else getattr(value, "isoformat", value.__str__)()
        )

    return Letter(json.dumps(record, default=plain).encode(), origin)


class Folder:
    r"""A folder into which other systems put tables: CSV, TSV, XLSX (first sheet); a row, a record.

    Separator and encoding (UTF-8, UTF-16, cp1252) are found. A file is read again when it changes.
    What cannot be read, such as a file half written, is a letter that a mapping refuses with why.

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

    def poll(self, place: Any = None) -> Polled:
        """Give the rows of the files that are new or have changed.

        Raises:
            SyncError: there is no such folder.
        """
        if not self.path.is_dir():
            raise SyncError(f"{self.path} is no folder: make it, or mend the path of the feed")
        known, seen, letters = {*(place or {}).values()}, {}, []
        for file in sorted(self.path.glob(self.pattern)):
            read = _READERS.get(file.suffix.lower())
            if read is None or file.name[0] in "~.":  # what Excel keeps beside an open file
                continue
            if read is _from_sheet:
                needs("openpyxl", "link")
            seen[file.name], rows = _read(file, read, known)
            letters += [_letter(cells, f"{file.name} {where}".strip()) for where, cells in rows]
        return letters, seen


def _read(
    file: Path, read: Callable[[bytes], Iterable[Row]], known: set[str]
) -> tuple[str, list[Row]]:
    """The mark of a file's content and, if it is not known, its rows."""
    mark = ""
    try:
        raw = file.read_bytes()
        mark = sha256(raw).hexdigest()
        return mark, [] if mark in known else [*read(raw)]
    except Exception as problem:  # a broken workbook raises anything
        mark = mark or f"{file.name}: {problem}"
        why = f"{file.name} cannot be read: {problem or type(problem).__name__}; it is read again "
        told = [("", {"unreadable": why + "when it changes: mend it, or wait if it is not whole"})]
        return mark, [] if mark in known else told


def _from_text(raw: bytes) -> Iterator[Row]:
    utf16, text = raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "\0"
    for code in ("utf-16",) if utf16 else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = codecs.getincrementaldecoder(code)().decode(raw)  # its end may be cut off
            break
    if "\0" in text:
        raise SyncError("it is no text")
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=lambda sign: len(next(csv.reader([first], delimiter=sign), ())))
    rows = [*csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)]
    whole = len(rows) if text[-1:] in ("", "\n", "\r") else len(rows) - 1
    yield from _records(rows[:whole])
    if rows[whole:]:
        why = f"row {whole}, {brief(rows[whole])}, has no line end: it may be half written, end it"
        yield f"row {whole}", {"unreadable": why}


def _from_sheet(raw: bytes) -> Iterator[Row]:
    book = needs("openpyxl", "link").load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    yield from _records(book.worksheets[0].iter_rows(values_only=True))


def _clean(cell: Any) -> Any:
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date()  # which a workbook keeps as a midnight
    return cell.strip() if isinstance(cell, str) else cell


def _records(rows: Iterable[Sequence[Any]]) -> Iterator[Row]:
    """Each row below the first, which names the columns; blank ones are left out."""
    cleaned = ([_clean(cell) for cell in cells] for cells in rows)
    head = next(cleaned, [])
    for name in head:
        if name and head.count(name) > 1:
            raise SyncError(f"two columns are called {name!r}: drop one of them")
    for number, cells in enumerate(cleaned, 1):
        if any(cell not in (None, "") for cell in cells[len(head) :]):
            why = f"{len(cells)} cells, but {len(head)} columns: put text with separators in quotes"
            yield f"row {number}", {"unreadable": f"row {number} has {why}"}
        elif any(cell not in (None, "") for cell in cells):
            yield f"row {number}", dict(zip(map(str, head), cells, strict=False))


_READERS = dict.fromkeys((".csv", ".tsv", ".txt"), _from_text) | {".xlsx": _from_sheet}


class SqlFeed:
    """A query of a database, polled by a watermark: the moment at which a row was last written.

    The query takes it as ``:since``. It is asked again from ``overlap`` seconds before the newest
    row on, for what was written earlier may be committed later: none is missed if the overlap is
    longer than the longest transaction. Give it a user who may only read.

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
        if not re.search(r"(?<!:):since\b", query):
            raise SyncError(f"the query lacks WHERE {watermark} >= :since; it would read all anew")
        self.query, self.watermark, self.overlap = query, watermark, overlap
        try:
            address = self._sql.make_url(url)
            if address.drivername == "postgresql":
                address = address.set(drivername="postgresql+psycopg")
            self._engine = self._sql.create_engine(address, poolclass=self._sql.NullPool)
        except (self._sql.exc.SQLAlchemyError, ImportError) as problem:
            raise SyncError(f"no database has this address: {problem}") from None
        found = re.search(r"\bfrom\s+(?:[\"`\[](.+?)[\"`\]]|(\w+))", query, re.IGNORECASE)
        self.table = (found and (found[1] or found[2])) or "query"
        self.name = f"{address.database}/{self.table}/{sha256(query.encode()).hexdigest()[:8]}"

    def poll(self, place: Any = None) -> Polled:
        """Give the rows that were written since, each once as long as it does not change.

        Raises:
            SyncError: the database does not answer, or the query or its watermark is wrong.
        """
        since, seen = (place or {}).get("since", _EARLY), {*(place or {}).get("seen", ())}
        try:
            with self._engine.connect() as base:
                asked = base.execute(self._sql.text(self.query), {"since": since}).mappings()
                rows = [dict(row) for row in asked]
        except self._sql.exc.SQLAlchemyError as problem:
            why = f"{self.name}: {getattr(problem, 'orig', None) or problem}"
            raise SyncError(f"{why}: does the database run, does the query fit it?") from None
        if not rows:
            return [], place
        marks = [self._mark(row) for row in rows]
        after = max(marks) - timedelta(seconds=self.overlap)
        found = [_letter(row, f"{self.table} {next(iter(row.values()))}") for row in rows]
        keys = [sha256(letter).hexdigest()[:16] for letter in found]
        # Written as the column writes it: where moments have no type of their own, texts compare.
        sign = "T" if "T" in str(rows[0][self.watermark]) else " "
        within = [key for key, mark in zip(keys, marks, strict=True) if mark >= after]
        new = [letter for key, letter in zip(keys, found, strict=True) if key not in seen]
        return new, {"since": after.isoformat(sign), "seen": within}

    def _mark(self, row: dict[str, Any]) -> datetime:
        check_known(self.watermark, row, f"the query gives no {self.watermark!r}", SyncError)
        value = row[self.watermark]
        try:
            return value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (ValueError, TypeError):
            raise SyncError(f"{self.watermark} should be a moment, got {brief(value)}") from None


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
        self.name, self.asset, self._life = f"{url}/{asset}", asset, uuid4().hex
        self._client, self._first = partial(needs("asyncua", "opcua").Client, url), 0
        self._letters: list[Letter] = []
        self._lock, self._tried, self._closed = Lock(), Event(), Event()
        self._trouble = "no answer within 30 seconds"
        Thread(target=lambda: asyncio.run(self._listen()), daemon=True).start()
        self._tried.wait(30)
        if self._trouble:
            self.close()
            raise SyncError(f"{self.name}: {self._trouble}")

    def poll(self, place: Any = None) -> Polled:
        """Give the changes since a place; SyncError if the server is away and none is left."""
        with self._lock:
            if place and place[0] == self._life:
                del self._letters[: place[1] - self._first]
                self._first = place[1]
            if self._trouble and not self._letters:
                raise SyncError(f"{self.name}: {self._trouble}")
            return list(self._letters), [self._life, self._first + len(self._letters)]

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()

    async def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                async with self._client() as client:
                    below = await client.nodes.objects.get_children()
                    named = {(await node.read_browse_name()).Name: node for node in below}
                    check_known(self.asset, named, f"there is no {self.asset!r}", SyncError)
                    signals = await named[self.asset].get_variables()
                    self._signals = {n.nodeid: (await n.read_browse_name()).Name for n in signals}
                    told = await client.create_subscription(100, self)
                    await told.subscribe_data_change(signals, queuesize=1000)
                    self._trouble = ""
                    self._tried.set()
                    while not self._closed.is_set():
                        await asyncio.sleep(0.1)
                        await client.check_connection()
            except Exception as problem:  # the network's, the server's or its library's
                self._trouble = str(problem) or type(problem).__name__
                self._tried.set()
                await asyncio.sleep(1)

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        """Note a change; the subscription calls this."""
        told, signal = data.monitored_item.Value, self._signals[node.nodeid]
        at = told.SourceTimestamp or told.ServerTimestamp or datetime.now(UTC)
        record = {"asset": self.asset, "signal": signal, "value": value}
        record |= {"good": told.StatusCode.is_good(), "source_time": at.replace(tzinfo=UTC)}
        with self._lock:
            self._letters.append(_letter(record, f"{self.asset}/{signal}"))
