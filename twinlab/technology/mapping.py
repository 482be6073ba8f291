"""Mapping: a table says which field of a foreign record becomes which field of a message.

A field is a path into the record (``a.b.0``; ``a.b.kind``, of a list the first whose type ends so)
with words after ``|``, a constant (``=kg``), or a list of which the first found counts. Words:
``number`` (``number ,`` where 1.234 means 1234), ``abs``, ``text``, ``last`` (after the last / or
:), ``count`` (of a list), ``digest``, ``utc`` or ``zone Europe/Berlin`` (of times that do not say
it), ``name node`` (by the table ``names.node``; there x* stands for all that begin with x). A
record also has ``each`` (an element of the list of which each makes a message), ``origin``,
``topic.0`` and ``payload`` (all of it).

Records are polled from *feeds*, folders of files, databases and machines: ``poll(place)`` gives
what is new, as letters of one record in JSON, and the place to go on from.
"""

import json
import re
import tomllib
from collections import ChainMap
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial, reduce
from hashlib import sha256
from pathlib import Path
from typing import Any, cast
from uuid import uuid4
from zoneinfo import ZoneInfo

from twinlab.scope.base import Amount, needs
from twinlab.scope.dialect import read_number
from twinlab.scope.errors import SyncError, TwinError, brief, check_known, did_you_mean
from twinlab.scope.tables import records_of
from twinlab.technology.message_check import FIELDS, KINDS
from twinlab.technology.messages import DAY_ZERO, SYSTEMS, Letter, Message, Refused, read, records

__all__ = ["Folder", "Mapping", "OpcUaFeed", "SqlFeed"]


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
            if file.suffix.lower() not in (".csv", ".tsv", ".txt", ".xlsx") or file.name[0] in "~.":
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


Read = Callable[[Any], Any]
_FEED = ("query", "watermark", "overlap")
_TABLE = ("id", "source", "each", "names", "day_zero", "events", *_FEED)
_ROW = ("id", "source", "each", "kind", "when", "time", *FIELDS)
_KINDS = [kind for kind in KINDS if SYSTEMS[kind] != "sys"]
_DOTTED = re.compile(r"^(\d\d?)\.(\d\d?)\.(\d{4})\b", re.ASCII)


class Mapping:
    """Makes messages of foreign records: CloudEvents, EPCIS documents, JSON, rows of tables.

    ``feed`` is what the table says of the query that gives the records.

    >>> row = {"kind": "demanded", "node": "=shop", "product": "sku", "quantity": "qty | number",
    ...        "time": "at"}
    >>> orders = Mapping({"id": "order", "events": [row]}, "orders")
    >>> told = b'{"order": "A1", "sku": "bike", "qty": "2,5", "at": "2026-01-03T09:00:00Z"}'
    >>> [message] = orders.messages(told)
    >>> message.id, message.source, message.data["day"], message.data["quantity"]
    ('A1#demanded', '/orders', 2, 2.5)
    """

    def __init__(self, table: dict[str, Any], name: str = "mapping") -> None:
        """Compile a table; a SyncError says in which row a mistake is, and what to write."""
        self.name, rows, zero = name, table.get("events"), str(table.get("day_zero", DAY_ZERO))
        self.feed = {word: table[word] for word in _FEED if word in table}
        for word in table:
            check_known(word, _TABLE, f"mapping {name!r} has no {word!r}", SyncError)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise SyncError(f"mapping {name!r} needs id = 'path' and rows, [[{name}.events]]")
        start = _moment(zero + "T00:00Z" * (len(zero) == 10), UTC)
        shared = {"source": f"=/{name}"} | {n: table[n] for n in _TABLE[:4] if n in table}
        where = f"mapping {name!r}, row"
        self._rows = [_Row(shared | row, start, f"{where} {n}") for n, row in enumerate(rows, 1)]

    def __repr__(self) -> str:
        return f"Mapping({self.name!r}: {', '.join(dict.fromkeys(r.kind for r in self._rows))})"

    @classmethod
    def read(cls, path: str | Path, name: str) -> "Mapping":
        """Read a mapping from a table of a TOML file; SyncError if there is none or a mistake."""
        try:
            tables = tomllib.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as problem:
            raise SyncError(f"{path} cannot be read as TOML: {problem}") from None
        check_known(name, tables, f"{path} has no mapping {name!r}", SyncError)
        return cls(tables[name], name)

    @classmethod
    def shipped(cls, name: str, names: dict[str, Any], day_zero: str = "2026-01-01") -> "Mapping":
        """Give a mapping that comes with the library your names: theirs to yours, by table."""
        files = Path(__file__).parent.glob("mappings/*.toml")
        tables = dict(ChainMap(*(tomllib.loads(file.read_text("utf-8")) for file in files)))
        check_known(name, tables, f"no mapping {name!r} comes with twinlab", SyncError)
        return cls(tables[name] | {"names": names, "day_zero": day_zero}, name)

    def messages(self, letter: bytes, feed: str = "") -> Iterator[Message | Refused | None]:
        """Give messages, what is refused, None where no row speaks of it; SyncError if no JSON."""
        for found in (event for record in records(letter) for event in _events(record)):
            told = list(self._told(found, getattr(letter, "origin", "")))
            wrong = [each for each in told if isinstance(each, str)]
            yield from (each for each in told if not isinstance(each, str))
            if wrong:
                more = f"; and {len(wrong) - 1} more" if len(wrong) > 1 else ""
                yield Refused(wrong[0] + more, json.dumps(found).encode())
            elif not told:
                yield None

    def _told(self, found: Any, origin: str) -> Iterator[Message | Refused | str]:
        """The messages of a record, and what is wrong with the rest of it."""
        record, kind = found if isinstance(found, dict) else {}, str(at(found, "type")).split(".")
        if "specversion" in record and len(kind) == 3 and SYSTEMS.get(kind[1]) == kind[0]:
            yield from read(json.dumps(found).encode())  # our own
        elif "unreadable" in record or not (record or origin):
            wanted = f"a record is a table of names and values, got {brief(found)}"
            yield str(record.get("unreadable", wanted))
        else:
            told = {"data": Message.data_of(record), "payload": found, "origin": origin}
            view = record | told | {"topic": origin.split("/")}
            for row in self._rows:
                yield from row.messages(view)


class _Row:
    """One row of a mapping, compiled."""

    def __init__(self, row: dict[str, Any], zero: datetime, where: str) -> None:
        names, when = row.pop("names", {}), row.pop("when", {})
        self.kind, self.each, self.zero = row.pop("kind", ""), row.pop("each", ""), zero
        where = f"{where} ({self.kind})"
        check_known(self.kind, _KINDS, f"{where}: no mapping makes this kind", SyncError)
        for name in row:
            check_known(name, _ROW, f"{where}: no message has a {name!r}", SyncError)
        self.needs = ("id", "source", "time", *KINDS[self.kind].needs)
        if missing := [name for name in self.needs if name not in row]:
            raise SyncError(f"{where} needs {missing[0]} = 'path'")
        fine = isinstance(when, dict) and dict not in map(type, when.values())
        if not fine or not isinstance(self.each, str):
            raise SyncError(f"{where}: write when = {{'a.b' = value}} and each = 'path'")
        wanted = {path: one if isinstance(one, list) else [one] for path, one in when.items()}
        self.when = {path: [*one, *map(str, one)] for path, one in wanted.items()}
        self.finds = {n: (s, _field(s, names, f"{where}: {n}")) for n, s in row.items()}

    def messages(self, view: dict[str, Any]) -> Iterator[Message | str]:
        """What it says of a record, or of each element of its list."""
        found = at(view, self.each) if self.each else [None]
        for n, view["each"] in enumerate(found if isinstance(found, list) else []):
            values = ((at(view, path), wanted) for path, wanted in self.when.items())
            if all(v in wanted or ("" if v is None else str(v)) in wanted for v, wanted in values):
                try:
                    yield self._message(f"/{self.each}.{n}" if self.each else "", view)
                except SyncError as problem:
                    yield f"{self.kind}: {problem}"

    def _message(self, place: str, view: dict[str, Any]) -> Message:
        data: dict[str, Any] = {}
        for name, (spec, find) in self.finds.items():
            try:
                value = find(view)
                if value is not None:
                    data[name] = _FITS[name](value) if name in _FITS else value
                elif name in self.needs:
                    raise SyncError("is missing")
            except SyncError as problem:
                raise SyncError(f"{name} ({spec}) {problem}") from None
        source, own = data.pop("source"), data.pop("id")
        spans = {n: v - self.zero for n, v in data.items() if isinstance(v, datetime)}
        data |= {n: span.days for n, span in spans.items()}
        time, data["day"] = spans["time"] // timedelta(microseconds=1), data.pop("time")
        kind = f"{SYSTEMS[self.kind]}.{self.kind}.v1"
        return Message(source, None, kind, time, data, f"{own}#{self.kind}{place}")


def _events(found: Any) -> list[Any]:
    """The events of an EPCIS document, plain or in a CloudEvent; else the record itself."""
    body = at(found, "epcisBody") or at(found, "data.epcisBody")
    events = at(body, "eventList") or at(body, "queryResults.resultsBody.eventList")
    return events if isinstance(events, list) else [found]


# -- fields --


def at(record: Any, path: str) -> Any:
    """What stands at a path of a record; None, too, for an empty text."""
    whole = isinstance(record, dict) and path in record  # a header may have dots
    for part in (path,) if whole else path.split("."):
        try:
            record = record[_place(record, part) if isinstance(record, list) else part]
        except (LookupError, TypeError, ValueError):
            return None
    return None if record == "" else record


def _place(elements: list[Any], part: str) -> int:
    """Where in a list: a place, or the first of a type (among a hundred: letters may be long)."""
    if part.lstrip("-").isdecimal():
        return int(part)
    return [re.split("[/:-]", str(at(one, "type")))[-1] for one in elements[:100]].index(part)


def _field(spec: Any, names: Any, where: str) -> Read:
    """What reads a field from a record: a path with words, a constant, or the first of a list."""
    if isinstance(spec, list):
        firsts = [_field(one, names, where) for one in spec]
        return lambda record: next((v for f in firsts if (v := f(record)) is not None), None)
    if not isinstance(spec, str) or spec.startswith("="):
        return lambda record: spec[1:] if isinstance(spec, str) else spec
    path, *words = (part.strip() for part in spec.split("|"))
    steps = [_word(word, names, where) for word in words]
    return lambda r: reduce(lambda v, step: v if v is None else step(v), steps, at(r, path))


def _word(word: str, names: Any, where: str) -> Read:
    head, _, given = word.partition(" ")
    try:
        if head == "name":
            ours = {str(key): str(name) for key, name in names[given].items()}
            return partial(_name, given, ours)
        if head == "zone":
            return partial(_moment, zone=ZoneInfo(names.get("zone", {}).get(given, given)))
        return _WORDS[word]
    except (LookupError, ValueError, TypeError, AttributeError, OSError):
        said = f"{where}: {word!r} is no word, no 'zone Europe/Berlin', or lacks names.{given}"
        raise SyncError(f"{said}; {did_you_mean(word, _WORDS)}") from None


def _want(fine: Any, wanted: str, value: Any) -> Any:
    if not fine:
        raise SyncError(f"should be {wanted}, got {brief(value)}")
    return value


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()  # so a sheet keeps an article's number
    text = str(int(value) if whole else value)
    fine = type(value) in (str, int, float) and len(text) <= 1000 and text.isprintable()
    _want(fine, "a number or a text of up to 1,000 signs", value)
    return text


def _number(value: Any, point: str = "") -> float:
    """A number, also in a text: with the given point, or one that it cannot but have."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = read_number(value, point)
    fine = type(value) in (int, float) and abs(value) <= 1e15
    wanted = "a number up to 1e15, the same everywhere ('path | number .' or 'number ,' says how)"
    return float(_want(fine, wanted, value))


def _moment(value: Any, zone: Any = None) -> datetime:
    """ISO 8601, 2.3.2026 08:00, seconds (to nanoseconds) since 1970; a day alone is its noon."""
    with suppress(ValueError, OverflowError, OSError):
        if type(value) in (int, float):
            thousands = sum(abs(value) >= 1e11 * 1000**n for n in range(3))  # years 1973 to 5138
            value = datetime.fromtimestamp(value / 1000**thousands, UTC)
        elif isinstance(value, str):
            written = _DOTTED.sub(lambda m: f"{m[3]}-{m[2]:0>2}-{m[1]:0>2}", value.strip().upper())
            value = datetime.fromisoformat(written)
    zone = getattr(value, "tzinfo", None) or zone
    way = "a moment such as 2026-03-02T08:00:00Z (its zone: 'path | utc' or '| zone Europe/Berlin')"
    found: datetime = _want(isinstance(value, datetime) and zone, way, value)
    alone = found.tzinfo is None and found.time() == time()
    return found.replace(hour=12 if alone else found.hour, tzinfo=zone)


def _name(table: str, names: dict[str, str], value: Any) -> str:
    key = _text(value)
    starts = (f"{key[:n]}*" for n in range(len(key), -1, -1))  # the longest that fits
    key = key if key in names else next((start for start in starts if start in names), key)
    _want(key in names, f"one of the mapping's names.{table} (add it there)", value)
    return names[key]


_FITS = {"id": _text, "source": _text} | dict.fromkeys(("time", "due", "expected_end"), _moment)
_WORDS: dict[str, Read] = {
    "number": _number,
    "number .": partial(_number, point="."),
    "number ,": partial(_number, point=","),
    "abs": lambda value: abs(_number(value)),
    "text": _text,
    "last": lambda value: re.split("[/:]", _text(value).rstrip("/"))[-1],
    "count": lambda value: len(_want(isinstance(value, list), "a list", value)),
    "digest": lambda value: sha256(json.dumps(value, sort_keys=True).encode()).hexdigest(),
    "utc": partial(_moment, zone=UTC),
}
