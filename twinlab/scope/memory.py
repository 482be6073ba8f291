"""What rules remember, day by day: each memory shares what is the same with the one before."""

from copy import deepcopy
from itertools import chain, islice
from operator import is_
from typing import Any

import numpy as np


class Past:
    """What a rule remembered once, in parts that it shares with what it remembered before.

    Of lists and dicts, only what is new is copied: one that grows by a number a day costs a number
    a day, and a glance at the others. Anything else is copied whole, and tuples if they must be.

    >>> memory = {"seen": [3.0]}
    >>> first = Past.of(memory)
    >>> memory["seen"].append(4.0)
    >>> second = Past.of(memory, first)
    >>> first.value, second.value
    ({'seen': [3.0]}, {'seen': [3.0, 4.0]})
    """

    __slots__ = ("kind", "parts", "size")

    def __init__(self, kind: Any, parts: list[Any]) -> None:
        self.kind, self.parts, self.size = kind, parts, len(parts)

    @classmethod
    def of(cls, memory: Any, before: Any = None) -> Any:
        """Keep a memory that may change, beside what was kept of it before."""
        try:
            return _kept(memory, before, set())
        except RecursionError:  # something stands in it twice, and is to be one thing again
            return Past(None, [deepcopy(memory)])

    @property
    def value(self) -> Any:
        """The memory as it was, in a copy of one's own."""
        parts = [own(part) for part in self.parts[: self.size]]
        if self.kind is dict:
            return dict(zip(parts[::2], parts[1::2], strict=True))
        return parts if self.kind else parts[0]


_PLAIN = (int, float, str, bytes, np.generic, type(None))  # what never changes


def _kept(value: Any, before: Any, seen: set[int]) -> Any:
    kind = type(value)
    alone = [value] if kind is not tuple else value
    if all(isinstance(each, _PLAIN) for each in alone):
        return value
    if kind not in (dict, list):
        return Past(None, [deepcopy(value)])
    if id(value) in seen:
        raise RecursionError
    seen.add(id(value))
    parts = list(chain.from_iterable(value.items())) if kind is dict else value
    grown = isinstance(before, Past) and before.kind is kind and before.size <= len(parts)
    old, size = (before.parts, before.size) if grown else ([], 0)
    if not all(map(is_, islice(old, size), parts)):
        fresh = [_kept(*pair, seen) for pair in zip(parts, islice(old, size), strict=False)]
        if not all(map(is_, fresh, old)):
            return Past(kind, fresh + [_kept(part, None, seen) for part in parts[size:]])
    if grown and size == len(parts):
        return before
    if len(old) > size:  # somebody else has gone on from there
        old = old[:size]
    old.extend([_kept(part, None, seen) for part in parts[size:]])
    return Past(kind, old)


def own(memory: Any) -> Any:
    """A copy of one's own of a memory, or of what was kept of it."""
    return memory.value if isinstance(memory, Past) else deepcopy(memory)
