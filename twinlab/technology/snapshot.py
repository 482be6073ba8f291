"""A state as plain JSON values, and back: for the opening message and for files."""

import math
from dataclasses import fields
from typing import Any

import numpy as np

from twinlab.scope import Network, ScenarioError, SyncError
from twinlab.scope.state import OpenOrder, ProductionLot, Shipment, State, fit

_ROWS = {"open_orders": OpenOrder, "under_way": Shipment, "lots": ProductionLot}
_COLUMNS = {
    "open_orders": ("day", "units"),
    "under_way": ("due?", "units", "day"),
    "lots": ("day", "units", "units", "day"),
    "owed_since": ("day", "units"),
}
_MOST = 1e15


def to_plain(state: State) -> dict[str, Any]:
    """The state with its keys as lists, ready for JSON.

    >>> opening = State.initial(serial(["mine", "shop"], demand=Normal(5, 1)))
    >>> from_plain(to_plain(opening)) == opening
    True
    """
    plain: dict[str, Any] = {}
    for name in (f.name for f in fields(state)):
        value = getattr(state, name)
        if isinstance(value, dict):
            write = pack if name == "memory" else _listed
            value = [[list(key), write(entry)] for key, entry in value.items()]
        plain[name] = value
    return plain


def from_plain(plain: Any, network: Network | None = None) -> State:
    """The state that was written; with a network, only if it is one of that network.

    Raises:
        SyncError: it is not what ``to_plain`` writes, or not of this network.
    """
    try:
        state = State()
        for name in (f.name for f in fields(state)):
            value, make = plain[name], _ROWS.get(name)
            if isinstance(getattr(state, name), dict):
                value = {tuple(key): entry for key, entry in value}
            if make is not None:
                value = {key: [make(*row) for row in rows] for key, rows in value.items()}
            if name == "memory":
                value = {key: dict(unpack(entry)) for key, entry in value.items()}
            setattr(state, name, value)
        if network is not None:
            state = _fitted(state, network)
    except (KeyError, TypeError, ValueError, ScenarioError) as problem:
        raise SyncError(f"no state can be read from this: {problem!r}") from None
    return state


def _fitted(state: State, network: Network) -> State:
    """The state for a network; what belongs together has one set of keys, and numbers in it."""
    if type(state.day) is not int or type(state.tracked) is not bool:
        raise ValueError(f"day is a whole number and tracked yes or no, got {state.day!r:.80}")
    for one, other in (("owed", "owed_since"), ("in_transit", "under_way"), ("in_process", "lots")):
        if getattr(state, one).keys() != getattr(state, other).keys():
            raise ValueError(f"{one} and {other} do not have the same keys")
    for name in (f.name for f in fields(state) if isinstance(getattr(state, f.name), dict)):
        for entry in getattr(state, name).values() if name != "memory" else ():
            _check_entry(name, entry)
    return fit(state, network)


def _check_entry(name: str, entry: Any) -> None:
    """Units, or rows of days and units (the arrival of a shipment may be unknown)."""
    columns = _COLUMNS.get(name)
    rows = [[entry]] if columns is None else entry
    for row in rows:
        for part, column in zip(row, columns or ("units",), strict=True):
            if column == "due?" and part is None:
                continue
            fine = int if column.startswith(("day", "due")) else int | float
            if not isinstance(part, fine) or isinstance(part, bool) or not abs(part) <= _MOST:
                raise ValueError(f"{name} holds days and units of at most 1e15, got {row!r:.80}")


def _listed(entry: Any) -> Any:
    return [list(row) for row in entry] if isinstance(entry, list) else entry


# -- memories --


def pack(value: Any) -> Any:
    """A memory as JSON values, with a mark for what JSON would lose: tuples, arrays, other keys.

    Raises:
        SyncError: it holds something that cannot travel.

    >>> pack({1: (2.0, 3.0)})
    {'~table': [[1, {'~tuple': [2.0, 3.0]}]]}
    >>> unpack(pack({1: (2.0, 3.0)}))
    {1: (2.0, 3.0)}
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, list):
        return [pack(part) for part in value]
    if isinstance(value, dict):
        return _pack_table(value)
    marked = _marked(value)
    if marked is not None:
        return marked
    if value is None or isinstance(value, str | int | float):
        return value
    raise SyncError(f"a message cannot carry {value!r}: keep numbers, texts and lists in memory")


def _pack_table(table: dict[Any, Any]) -> dict[str, Any]:
    if all(isinstance(key, str) and not key.startswith("~") for key in table):
        return {key: pack(part) for key, part in table.items()}
    return {"~table": [[pack(key), pack(part)] for key, part in table.items()]}


def _marked(value: Any) -> dict[str, Any] | None:
    """What JSON has no word for, under its mark; None for anything else."""
    if isinstance(value, np.ndarray) and value.dtype.str[-2:] in _NUMBERS:
        return {"~array": [value.dtype.str, pack(value.tolist())]}
    if isinstance(value, tuple):
        return {"~tuple": [pack(part) for part in value]}
    if isinstance(value, float) and not math.isfinite(value):
        return {"~number": str(value)}
    return None


# What an array may hold: no text of a size that somebody else chooses.
_NUMBERS = {
    np.dtype(kind).str[-2:]: np.dtype(kind) for kind in "? i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8".split()
}
_UNPACK: dict[str, Any] = {
    "~array": lambda inside: np.array(unpack(inside[1]), dtype=_NUMBERS[inside[0][-2:]]),
    "~tuple": lambda inside: tuple(unpack(part) for part in inside),
    "~table": lambda inside: {unpack(key): unpack(part) for key, part in inside},
    "~number": float,
}


def unpack(value: Any) -> Any:
    """What was packed.

    Raises:
        SyncError: it is not what ``pack`` writes.
    """
    if isinstance(value, list):
        return [unpack(part) for part in value]
    if not isinstance(value, dict):
        return value
    mark = next(iter(value), "")
    if mark not in _UNPACK:
        return {key: unpack(part) for key, part in value.items()}
    try:
        return _UNPACK[mark](value[mark])
    except (TypeError, ValueError, LookupError, OverflowError) as problem:
        raise SyncError(f"no memory can be read from {mark!r}: {problem}") from None
