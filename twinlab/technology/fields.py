"""Fields of a mapping: a path into a foreign record, and words that make a plain value of it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from twinlab.scope.errors import SyncError, brief, check_known
from twinlab.scope.tables import read_number

Read = Callable[[Any], Any]
_DOTTED = re.compile(r"^(\d\d?)\.(\d\d?)\.(\d{4})\b", re.ASCII)
_parts = cache(str.split)
_ODD = re.compile("[\0\ud800-\udfff]")  # what no file can hold
# A number as it is written with a point or a comma; the other sign parts thousands.
_WRITTEN = {
    point: re.compile(rf"[-+]?(\d+|[1-9]\d{{0,2}}(\{other}\d{{3}})+)(\{point}\d+)?", re.ASCII)
    for point, other in (".,", ",.")
}


def field(spec: Any, names: Mapping[str, Any], where: str) -> Read:
    """What reads a field from a record: a path with words, a constant, or the first of a list.

    Raises:
        SyncError: an unknown word, zone or table of names, with ``where`` it stands.

    >>> field("lines.0.qty | number", {}, "row 1")({"lines": [{"qty": "1.234,5"}]})
    1234.5
    """
    if isinstance(spec, list):
        firsts = [field(one, names, where) for one in spec]
        return lambda record: next((v for f in firsts if (v := f(record)) is not None), None)
    if not isinstance(spec, str) or spec[:1] == "=":
        constant = spec[1:] if isinstance(spec, str) else spec
        return lambda record: constant
    path, *words = (part.strip() for part in spec.split("|"))
    steps = [_word(word, names, where) for word in words]

    def read(record: Any) -> Any:
        value = at(record, path)
        for step in steps if value is not None else ():
            value = step(value)
        return value

    return read


def at(record: Any, path: str) -> Any:
    """What stands at a path of a record; None, too, for an empty text."""
    for part in (path,) if path in record else _parts(path, "."):
        if isinstance(record, dict):
            record = record.get(part)
        elif isinstance(record, list) and part.isdecimal() and int(part) < len(record):
            record = record[int(part)]
        else:
            return None
    return None if record == "" else record


def _word(word: str, names: Mapping[str, Any], where: str) -> Read:
    head, _, rest = word.partition(" ")
    check_known(head, _WORDS, f"{where}: there is no word {head!r}", SyncError)
    given: Any = rest.strip()
    if head == "name":
        check_known(given, names, f"{where}: there is no table names.{given}, add it", SyncError)
        given = (given, names[given])
    elif head == "zone":
        try:
            given = ZoneInfo(names.get("zone", {}).get(given, given))
        except (ValueError, LookupError, OSError):
            way = f"write 'zone Europe/Berlin', or add names.zone = {{{given} = 'Europe/Berlin'}}"
            raise SyncError(f"{where}: there is no zone {given!r}: {way}") from None
    elif given and (head != "number" or given not in _WRITTEN):
        raise SyncError(f"{where}: write {head!r}, not {word!r}")
    return partial(_WORDS[head], given)


def _want(fine: bool, wanted: str, value: Any) -> Any:
    if not fine:
        raise SyncError(f"should be {wanted}, got {brief(value)}")
    return value


# -- what a value must be --


def number(value: Any, least: float = -1e15) -> float:
    """A number in a range, not written as a text."""
    fine = type(value) in (int, float) and least <= value <= 1e15
    ways = "('path | number' reads a text, 'path | abs' drops a sign)"
    return float(_want(fine, f"a number from {least:g} to 1e15 {ways}", value))


def text(value: Any) -> str:
    """A text that every store can hold."""
    fine = isinstance(value, str) and len(value) <= 1000 and not _ODD.search(value)
    return str(_want(fine, "a text of up to 1,000 signs ('path | text' writes a number)", value))


def moment(value: Any, zone: Any = None) -> datetime:
    """A moment: ISO 8601, 2.3.2026 08:00, or seconds or milliseconds since 1970.

    ``zone`` counts if it says none; a day without a time is its noon, which is that day elsewhere.
    """
    try:
        if isinstance(value, datetime):
            found = value
        elif type(value) in (int, float):
            found = datetime.fromtimestamp(value / (1000 if abs(value) >= 1e11 else 1), UTC)
        else:
            written = _DOTTED.sub(lambda m: f"{m[3]}-{m[2]:0>2}-{m[1]:0>2}", value.strip())
            found = datetime.fromisoformat(written + "T12:00" * (len(written) == 10))
    except (ValueError, AttributeError, OverflowError, OSError):
        found = _want(False, "a moment such as 2026-03-02T08:00:00Z", value)
    zoned = "a moment with its zone: write 'path | utc' or 'path | zone Europe/Berlin'"
    _want(bool(found.tzinfo or zone), zoned, value)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def plain(value: Any) -> Any:
    """A text, a number, yes or no, or a list of up to 1,000 numbers."""
    if isinstance(value, list):
        _want(len(value) <= 1000, "up to 1,000 numbers", value)
        _ = [number(one) for one in value]
    elif not isinstance(value, bool):
        _ = text(value) if isinstance(value, str) else number(value)
    return value


# -- words: what is given with them, then the value --


def _number(sign: str, value: Any) -> float:
    if not isinstance(value, str):
        return number(value)
    written = re.sub(r"\s", "", value)
    points = [p for p in sign or _WRITTEN if _WRITTEN[p].fullmatch(written)]
    meant = {float(written.replace(".,"[p == "."], "").replace(",", ".")) for p in points}
    clear = "the same everywhere: write 'path | number .' or 'path | number ,'"
    _want(len(meant) < 2, clear, value)
    try:
        return number(meant.pop() if meant else read_number(written))
    except ValueError:
        return float(_want(False, "a number", value))


def _text(_: str, value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()  # so a sheet keeps an article's number
    _want(type(value) in (str, int, float), "a text or a number", value)
    return text(str(int(value) if whole else value))


def _name(given: tuple[str, Mapping[str, str]], value: Any) -> str:
    (table, names), key = given, _text("", value)
    if key not in names:  # the longest of those that end in * and fit
        starts = (f"{key[:n]}*" for n in range(len(key), -1, -1))
        key = next((start for start in starts if start in names), key)
    _want(key in names, f"one of the mapping's names.{table} (add it there)", value)
    return names[key]


_WORDS: dict[str, Callable[[Any, Any], Any]] = {
    "number": _number,
    "abs": lambda _, value: abs(_number("", value)),
    "text": _text,
    "last": lambda _, value: re.split("[/:]", _text("", value).rstrip("/"))[-1],
    "count": lambda _, value: len(_want(isinstance(value, list), "a list", value)),
    "utc": lambda _, value: moment(value, UTC),
    "zone": lambda zone, value: moment(value, zone),
    "name": _name,
}
