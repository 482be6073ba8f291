"""Plain JSON values: a state as such and back, for messages and files; and what others wrote."""

import json
from typing import Any

import numpy as np

from twinlab.scope.errors import ScenarioError, SyncError
from twinlab.scope.log import Event
from twinlab.scope.network import Network
from twinlab.scope.state import OpenOrder, ProductionLot, Shipment, State, fit

MOST = 1e15  # units in one message
MOST_BYTES = 1_000_000
DEPTH = 40  # levels of lists and tables in one message
_UNITS = int | float
# How the rows of a table are made, and of what: days are whole, when goods arrive may be unknown.
_ROWS: dict[str, Any] = {
    "open_orders": (OpenOrder._make, (int, _UNITS)),
    "under_way": (Shipment._make, (int | None, _UNITS, int)),
    "lots": (ProductionLot._make, (int, _UNITS, _UNITS, int)),
    "owed_since": (list, (int, _UNITS)),
}
_TOGETHER = (("owed", "owed_since"), ("in_transit", "under_way"), ("in_process", "lots"))


# What is told of a machine in counts and minutes.
COUNTED = {"working", "starved", "blocked", "down", "stopped", "setup", "failed", "maintained"}
COUNTED |= {"worked", "good", "energy"}


def is_number(value: Any, low: float = -MOST, high: float = MOST, kind: Any = (int, float)) -> bool:
    """JSON also holds 1e999, numbers of a thousand digits, and yes."""
    return isinstance(value, kind) and not isinstance(value, bool) and bool(low <= value <= high)


def is_value(value: Any) -> bool:
    """What a decision can be: a number, a text, yes or no."""
    return isinstance(value, str | bool) or is_number(value)


def check_machine(event: Event) -> None:
    """No more works are good than were done, and no reading takes the place of a count."""
    done, good = event.quantity, event.note
    if event.kind == "worked" and not (good is None or (is_number(good, 0) and good <= done)):
        raise SyncError(f"note says how many of {done:g} had no fault, got {good!r:.80}")
    if event.kind == "sensed" and event.mode in COUNTED:
        raise SyncError(f"{event.mode!r} of a machine is counted, not read: rename the signal")


def to_plain(state: State) -> dict[str, Any]:
    """The state with its keys as lists, ready for JSON."""
    plain = vars(state.copy())
    for name, table in plain.items():
        if isinstance(table, dict):
            entries = map(pack, table.values()) if name == "memory" else table.values()
            plain[name] = [[list(key), entry] for key, entry in zip(table, entries, strict=True)]
    return plain


def from_plain(plain: Any, network: Network | None = None) -> State:
    """The state that ``to_plain`` has written; a SyncError if it has not, or of another network."""
    state = State()
    try:
        for name, value in vars(state).items():
            if type(value) is dict:
                found: Any = {tuple(key): _entry(name, entry) for key, entry in plain[name]}
            elif type(found := plain[name]) is not type(value):
                raise ValueError(f"{name} is like {value}, got {found!r:.80}")
            setattr(state, name, found)
        for one, other in _TOGETHER:
            if getattr(state, one).keys() != getattr(state, other).keys():
                raise ValueError(f"{one} and {other} do not have the same keys")
        return state if network is None else fit(state, network)
    except (KeyError, TypeError, ValueError, ScenarioError) as problem:
        raise SyncError(f"no state can be read from this: {problem!r}") from None


def _entry(name: str, entry: Any) -> Any:
    """What stands in a table by one key: units, or rows of days and units, or a memory."""
    if name == "memory":
        return dict(unpack(entry))
    if name == "machines":
        if not all(isinstance(key, str) and is_number(part) for key, part in entry.items()):
            raise ValueError(f"machines hold numbers by name, got {entry!r:.80}")
        return dict(entry)
    make, kinds = _ROWS.get(name, (list, (_UNITS,)))
    rows = entry if name in _ROWS else [[entry]]
    for part, kind in (pair for row in rows for pair in zip(row, kinds, strict=True)):
        if not isinstance(part, kind) or not (part is None or is_number(part)):
            raise ValueError(f"{name} holds days and units of at most 1e15, got {entry!r:.80}")
    return [make(row) for row in rows] if name in _ROWS else entry


# -- memories --


def pack(value: Any) -> Any:
    """A memory as JSON values, with a mark for what JSON would lose: tuples, arrays, other keys."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list):
        return [pack(part) for part in value]
    for mark, (fits, write, _) in _MARKS.items():
        if fits(value):
            return {mark: write(value)}
    if isinstance(value, dict):
        return {key: pack(part) for key, part in value.items()}
    if value is None or isinstance(value, str | int | float):
        return value
    raise SyncError(f"a message cannot carry {value!r}: keep numbers, texts and lists in memory")


def unpack(value: Any) -> Any:
    """What was packed; a SyncError if ``pack`` has not written it."""
    if isinstance(value, list):
        return [unpack(part) for part in value]
    if not isinstance(value, dict):
        return value
    mark = next(iter(value), "")
    if mark not in _MARKS:
        return {key: unpack(part) for key, part in value.items()}
    try:
        return _MARKS[mark][2](value[mark])
    except (TypeError, ValueError, LookupError, OverflowError) as problem:
        raise SyncError(f"no memory can be read from {mark!r}: {problem}") from None


# What an array may hold: no text of a size that somebody else chooses.
_NUMBERS = {kind: kind for kind in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split()}
# For what JSON has no word: when its mark stands, how it is written, and how it is read.
_MARKS: dict[str, Any] = {
    "~array": (
        lambda value: isinstance(value, np.ndarray) and value.dtype.str[-2:] in _NUMBERS,
        lambda array: [array.dtype.str, pack(array.tolist())],
        lambda inside: np.array(unpack(inside[1]), dtype=_NUMBERS[inside[0][-2:]]),
    ),
    "~tuple": (
        lambda value: isinstance(value, tuple),
        lambda parts: [pack(part) for part in parts],
        lambda inside: tuple(unpack(part) for part in inside),
    ),
    "~table": (
        lambda v: isinstance(v, dict) and any(not isinstance(k, str) or k[:1] == "~" for k in v),
        lambda table: [[pack(key), pack(part)] for key, part in table.items()],
        lambda inside: {unpack(key): unpack(part) for key, part in inside},
    ),
    "~number": (lambda value: isinstance(value, float) and not np.isfinite(value), str, float),
}


# -- JSON that others wrote --


def parse(raw: bytes) -> Any:
    """Read JSON, of at most a megabyte and forty levels; a SyncError says why it is none."""
    if len(raw) > MOST_BYTES:
        raise SyncError(f"{len(raw):,} bytes; a message has at most {MOST_BYTES:,}")
    try:
        encoding = "utf-8" if raw[:2] == b'{"' else json.detect_encoding(raw)
        found = _READER.decode(raw.decode(encoding, "surrogatepass"))
    except (ValueError, RecursionError) as problem:
        raise SyncError(f"no JSON: {problem}") from None
    # As many levels as brackets at most: mostly there is no need to walk.
    if raw.count(b"{") + raw.count(b"[") > DEPTH and not _is_shallow(found, DEPTH):
        raise SyncError(f"a message has at most {DEPTH} levels of lists and tables")
    return found


def _is_shallow(value: Any, levels: int) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(part, levels - 1) for part in parts)


def plain(value: Any) -> Any:
    """A number of NumPy's as a plain one."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise SyncError(f"JSON cannot carry {value!r:.80}: give numbers, texts, lists and tables")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")


_READER = json.JSONDecoder(parse_constant=_refuse)  # made once, for all messages
