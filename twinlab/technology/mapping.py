"""Mapping: a table says which field of a foreign record becomes which field of a message.

A field is a path into the record (``a.b.0``) with words after ``|``, a constant (``=kg``), or a
list of which the first found counts. Words: ``number`` (``number ,`` where 1.234 means 1234),
``abs``, ``text``, ``last`` (after the last / or :), ``count`` (of a list), ``utc`` or ``zone
Europe/Berlin`` (of times that do not say it), ``name node`` (by the table ``names.node``, where
a name that ends in * stands for all that begin so). A record also has ``each`` (an element of the
list of which each makes a message), ``origin``, ``topic.0``, ``payload`` (all of it), ``digest``.
"""

import json
import tomllib
from collections.abc import Iterator
from collections.abc import Mapping as Table
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from twinlab.scope.errors import SyncError, brief, check_known
from twinlab.technology.fields import Read, at, field, moment, number, plain, text
from twinlab.technology.messages import DAY, DAY_ZERO, SYSTEMS, Message, Refused, read, records

__all__ = ["Mapping"]

_SHIPPED = Path(__file__).parent / "mappings"
_LAST_DAY = 1_000_000
_KINDS = [kind for kind, system in SYSTEMS.items() if system != "sys"]
_FEED = ("query", "watermark", "overlap")
_NEEDED = {*"id source time node product quantity asset signal value".split()}
_NUMBERS = "quantity error loss sampled bad kwh minutes"
# What a value must be, by field.
_FITS: dict[str, Read] = {
    **dict.fromkeys("id source node product partner mode ref cause".split(), text),
    **dict.fromkeys("asset signal unit what lane path".split(), text),
    **dict.fromkeys(_NUMBERS.split(), partial(number, least=0)),
    **dict.fromkeys("time due expected_end".split(), moment),
    **dict.fromkeys("value note left from quantities".split(), plain),
}


class _Row(NamedTuple):
    kind: str
    each: str
    prefix: str
    when: dict[str, list[Any]]
    finds: dict[str, tuple[Any, Read]]


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

    def __init__(self, table: Table[str, Any], name: str = "mapping") -> None:
        """Compile a table; a SyncError says in which row a mistake is, and what to write."""
        self.name, self.names = name, table.get("names", {})
        self.feed = {word: table[word] for word in _FEED if word in table}
        words = ("id", "source", "each", "names", "day_zero", "events", *_FEED)
        for word in table:
            check_known(word, words, f"mapping {name!r} has no {word!r}", SyncError)
        rows = table.get("events")
        listed = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        if not rows or not listed or "id" not in table:
            raise SyncError(f"mapping {name!r} needs id = 'path' and rows, [[{name}.events]]")
        for word, theirs in self.names.items() if isinstance(self.names, dict) else [("", None)]:
            pairs = theirs.items() if isinstance(theirs, dict) else [(word, None)]
            if not all(isinstance(one, str) for pair in pairs for one in pair):
                raise SyncError(f"mapping {name!r}: names.{word} should be {{'theirs': 'yours'}}")
        zero = str(table.get("day_zero", DAY_ZERO))
        self._zero = moment(zero + "T00:00" * (len(zero) == 10), UTC)
        self._each, self._digests = table.get("each", ""), "digest" in str(table)
        shared = {"id": table["id"], "source": table.get("source", f"=/{name}"), "each": self._each}
        self._rows = [self._row(shared | row, number) for number, row in enumerate(rows, 1)]

    def __repr__(self) -> str:
        return f"Mapping({self.name!r}: {', '.join(dict.fromkeys(r.kind for r in self._rows))})"

    @classmethod
    def read(cls, path: str | Path, name: str) -> "Mapping":
        """Read a mapping from a table of a TOML file.

        Raises:
            SyncError: there is no such table, or it has a mistake.
        """
        try:
            tables = tomllib.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as problem:
            raise SyncError(f"{path} cannot be read as TOML: {problem}") from None
        check_known(name, tables, f"{path} has no mapping {name!r}", SyncError)
        return cls(tables[name], name)

    @classmethod
    def shipped(cls, name: str, names: Table[str, Any], day_zero: str = "2026-01-01") -> "Mapping":
        """Give a mapping that comes with the library your names: theirs to yours, by table.

        Raises:
            SyncError: there is none of this name, or a table of names is missing.

        >>> Mapping.shipped("odoo_sale", {"node": {"WH": "shop"}, "product": {"BIKE-01": "bike"}})
        Mapping('odoo_sale': demanded)
        """
        files = (tomllib.loads(path.read_text("utf-8")) for path in _SHIPPED.glob("*.toml"))
        known = {one: table for file in files for one, table in file.items()}
        check_known(name, known, f"no mapping {name!r} comes with twinlab", SyncError)
        return cls(known[name] | {"names": names, "day_zero": day_zero}, name)

    def _row(self, row: dict[str, Any], number: int) -> _Row:
        kind, each, when = row.pop("kind", ""), row.pop("each"), row.pop("when", {})
        where = f"mapping {self.name!r}, row {number} ({kind})"
        check_known(kind, _KINDS, f"{where}: no mapping makes this kind", SyncError)
        if "time" not in row or not isinstance(each, str) or not isinstance(when, dict):
            raise SyncError(f"{where} needs time = 'path'; when = {{path = value}}, each = 'path'")
        for name in row:
            check_known(name, _FITS, f"{where}: no message has a {name!r}", SyncError)
        finds = {n: (s, field(s, self.names, f"{where}: {n}")) for n, s in row.items()}
        return _Row(kind, each, "" if each == self._each else f"{each}.", dict(_flat(when)), finds)

    def messages(self, letter: bytes, feed: str = "") -> Iterator[Message | Refused | None]:
        """Give what is in a letter: messages, what is refused, None where no row speaks of it.

        Raises:
            SyncError: the letter is no JSON.
        """
        for found in (event for record in records(letter) for event in _events(record)):
            if _is_own(found):
                yield from read(json.dumps(found).encode())
                continue
            told, wrong = self._map(found, getattr(letter, "origin", ""))
            yield from told
            if wrong:
                more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
                yield Refused("; ".join(wrong[:3]) + more, json.dumps(found).encode())
            elif not told:
                yield None

    def _map(self, found: Any, origin: str) -> tuple[list[Message], list[str]]:
        """The messages of a record, and what is wrong with the rest of it."""
        record = found if isinstance(found, dict) else {}
        if record.keys() == {"unreadable"} or not (record or origin):
            wanted = f"a record is a table of names and values, got {brief(found)}"
            return [], [str(record.get("unreadable", wanted))]
        view = record | {"payload": found, "origin": origin, "topic": origin.split("/")}
        if self._digests:
            view["digest"] = sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
        told: dict[str, Message] = {}
        wrong: list[str] = []
        for row, place in ((one, place) for one in self._rows for place in _places(one, view)):
            try:
                message = self._message(row, place, view)
                if message.id in told:
                    raise SyncError(f"two rows make {message.id!r}: give one an id of its own")
                told[message.id] = message
            except SyncError as problem:
                wrong.append(str(problem))
        if not told and not wrong:
            spoken = [row for row in self._rows if _meets(row, view)]
            wrong = [f"{row.kind}: there is nothing in {row.each}" for row in spoken]
        return list(told.values()), wrong

    def _message(self, row: _Row, place: str, view: dict[str, Any]) -> Message:
        data: dict[str, Any] = {"day": 0}
        for name, (spec, find) in row.finds.items():
            try:
                value = find(view)
                if value is not None:
                    value = _FITS[name](value)
                    data[name] = self._since(value) if isinstance(value, datetime) else value
                elif name in _NEEDED:
                    raise SyncError("is missing")
            except SyncError as problem:
                raise SyncError(f"{row.kind}: {name} ({spec}) {problem}") from None
        time, source, own = data.pop("time"), data.pop("source"), data.pop("id")
        data["day"] = time // DAY
        data |= {name: data[name] // DAY for name in ("due", "expected_end") if name in data}
        kind = f"{SYSTEMS[row.kind]}.{row.kind}.v1"
        return Message(source, None, kind, time, data, text(f"{own}#{row.kind}{place}"))

    def _since(self, value: datetime) -> int:
        """Microseconds since the morning of day 0."""
        time = (value - self._zero) // timedelta(microseconds=1)
        if not 0 <= time < _LAST_DAY * DAY:
            raise SyncError(f"should be from day_zero, {self._zero}, on, got {value.isoformat()}")
        return time


def _events(found: Any) -> list[Any]:
    """The events of an EPCIS document, plain or in a CloudEvent; else the record itself."""
    sent = isinstance(found, dict) and found.get("specversion") == "1.0"
    inside = found.get("data") if sent else found
    if not isinstance(inside, dict) or inside.get("type") != "EPCISDocument":
        return [found]
    events = at(inside, "epcisBody.eventList")
    return events if isinstance(events, list) else [events]


def _is_own(found: Any) -> bool:
    kind = str(found.get("type")).split(".") if isinstance(found, dict) else []
    return len(kind) == 3 and "specversion" in found and SYSTEMS.get(kind[1]) == kind[0]


def _places(row: _Row, view: dict[str, Any]) -> Iterator[str]:
    """The places at which a row speaks of a record: all of it, or elements of its list."""
    found = at(view, row.each) if row.each else [None]
    for n, view["each"] in enumerate(found if isinstance(found, list) else []):
        if _meets(row, view):
            yield f"/{row.prefix}{n}" if row.each else ""
    view.pop("each", None)


def _flat(when: dict[str, Any], before: str = "") -> Iterator[tuple[str, list[Any]]]:
    """By path, the values that are wanted, also as texts; TOML makes tables of dotted keys."""
    for name, wanted in when.items():
        if isinstance(wanted, dict):
            yield from _flat(wanted, f"{before}{name}.")
        else:
            each = wanted if isinstance(wanted, list) else [wanted]
            yield before + name, [*each, *map(str, each)]


def _meets(row: _Row, view: dict[str, Any]) -> bool:
    """Whether a record is as the row wants it; what is missing is an empty text."""
    for path, wanted in row.when.items():
        value = at(view, path)
        value = "" if value is None else value
        if value not in wanted and str(value) not in wanted:
            return False
    return True
