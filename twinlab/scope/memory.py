"""What rules remember, day by day: what grows shares what is the same with the day before."""

from copy import deepcopy
from itertools import chain
from operator import is_
from typing import Any

import numpy as np

_PLAIN = (int, float, str, bytes, np.generic, type(None))  # what never changes


def remembered(memory: dict[str, Any], before: Any) -> dict[str, Any]:
    """Copy a memory, beside the copy of it before: of plain lists and dicts, only what is new.

    A list or dict that grows by a number a day costs a number a day, and a glance at the others.
    Anything else is copied whole. ``deepcopy`` makes the memory as it was of what is kept.
    """
    known: dict[int, Any] = {}  # by identity, so that one thing under two names stays one thing
    pairs = [(memory, before)]
    for now, was in pairs:
        for name, value in now.items():
            old, kind = was.get(name) if type(was) is dict else None, type(value)
            if kind not in (dict, list):
                continue
            parts = [*chain.from_iterable(value.items())] if kind is dict else value
            shared = _gone_on_from(old, parts)
            if all(map(_never_changes, fresh := parts[len(shared) :])):
                shared += fresh
                known[id(value)] = Past(kind, shared)
            elif kind is dict and all(value is not inner for inner, _ in pairs):
                pairs.append((value, old))
    return deepcopy(memory, known)


def _never_changes(value: Any) -> bool:
    return all(isinstance(part, _PLAIN) for part in (value if type(value) is tuple else (value,)))


def _gone_on_from(old: Any, parts: list[Any]) -> list[Any]:
    """The list that begins these parts; a new one, if another has gone on from it already."""
    latest = type(old) is Past and old.size == len(old.parts) <= len(parts)
    return old.parts if latest and all(map(is_, old.parts, parts)) else []


class Past:
    """A list or dict as it was once: the first so many parts of a list that has grown since."""

    def __init__(self, kind: type, parts: list[Any]) -> None:
        self.kind, self.parts, self.size = kind, parts, len(parts)

    def __deepcopy__(self, memo: Any) -> Any:
        parts = self.parts[: self.size]
        return parts if self.kind is list else dict(zip(parts[::2], parts[1::2], strict=True))
