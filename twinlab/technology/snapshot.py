"""A state as plain JSON values, and back: for the opening message and for files."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from twinlab.scope.errors import SyncError
from twinlab.scope.state import State
from twinlab.scope.under_way import Batch, Posted, Shipment

_ROWS = {"mail": Posted, "under_way": Shipment, "batches": Batch}


def to_plain(state: State) -> dict[str, Any]:
    """The state with its keys as lists, ready for JSON.

    >>> from twinlab import Normal, serial
    >>> opening = State.initial(serial(["mine", "shop"], demand=Normal(5, 1)))
    >>> from_plain(to_plain(opening)) == opening
    True
    """
    plain: dict[str, Any] = {}
    for name in (f.name for f in fields(state)):
        value = getattr(state, name)
        if isinstance(value, dict):
            value = [[list(key), _listed(entry)] for key, entry in value.items()]
        plain[name] = value
    return plain


def from_plain(plain: Any) -> State:
    """The state that was written.

    Raises:
        SyncError: it is not what ``to_plain`` writes.
    """
    try:
        state = State()
        for name in (f.name for f in fields(state)):
            value, make = plain[name], _ROWS.get(name)
            if isinstance(getattr(state, name), dict):
                value = {tuple(key): entry for key, entry in value}
            if make is not None:
                value = {key: [make(*row) for row in rows] for key, rows in value.items()}
            setattr(state, name, value)
    except (KeyError, TypeError, ValueError) as problem:
        raise SyncError(f"no state can be read from this: {problem!r}") from None
    return state


def _listed(entry: Any) -> Any:
    return [list(row) for row in entry] if isinstance(entry, list) else entry
