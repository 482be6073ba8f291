"""The event log: what happened, in order. State, KPIs and pictures are functions of it.

What an event means (``kind``), and what its quantity counts:

=========== ========================================================================
demanded    customers asked the node
decided     the node's rule chose how much to order or make (0 included)
ordered     the node placed an order with ``partner`` (itself: to make something);
            it is seen there on day ``due``
accepted    an order placed earlier was seen by the node, from ``partner``
shipped     the node sent goods to ``partner``, arriving on day ``due``
received    goods from ``partner`` arrived
consumed    a component went into production
started     production began, finishing on day ``due``; ``note`` units will be good
finished    good units came out of production; ``note`` units had been started
served      customers got goods
lost        customers went away without
remembered  the rule's memory after a decision, in ``note``
disrupted   a disruption began (``note``); recovered: it ended, its recovery included
closed      the day's books closed
=========== ========================================================================

An event is written down as a plain row of these columns, ``(day, kind, node, product, quantity,
partner, mode, due, note)``, empty ones at its end left out: a million plain rows cost the garbage
collector nothing. ``Event`` gives the columns of a row their names.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import chain, islice
from operator import is_
from typing import Any, NamedTuple, overload

import numpy as np

from twinlab.scope.later import pd

__all__ = ["Event", "Log"]

EventRow = tuple[Any, ...]


class Event(NamedTuple):
    """Something that happened on a day at a node.

    >>> Event(3, "served", "shop", "bike", 2.0).kind
    'served'
    """

    day: int
    kind: str
    node: str = ""
    product: str = ""
    quantity: float = 0.0
    partner: str = ""
    mode: str = ""
    due: int | None = None
    note: Any = None

    @property
    def item(self) -> tuple[str, str]:
        """The (node, product) at which it happened."""
        return (self.node, self.product)


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


def told(row: EventRow) -> Event:
    """The event of a row."""
    event = Event(*row)
    return event._replace(note=own(event.note)) if row[1] == "remembered" else event


class Log(Sequence[Event]):
    """Events in the order in which they happened.

    >>> log = Log([Event(0, "demanded", "shop", "bike", 4.0), Event(0, "closed")])
    >>> log[0].quantity, len(log.of("closed"))
    (4.0, 1)
    """

    def __init__(self, events: Iterable[EventRow] = ()) -> None:
        """Keep the events as ``rows``; they become Events when they are looked at."""
        self.rows = list(events)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Event: ...
    @overload
    def __getitem__(self, at: slice) -> "Log": ...
    def __getitem__(self, at: int | slice) -> "Event | Log":
        return Log(self.rows[at]) if isinstance(at, slice) else told(self.rows[at])

    def __iter__(self) -> Iterator[Event]:
        return map(told, self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Log) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        days = self.rows[-1][0] - self.rows[0][0] + 1 if self.rows else 0
        return f"Log({len(self)} events on {days} days)"

    def of(self, *kinds: str) -> "Log":
        """Keep the events of some kinds."""
        return Log(row for row in self.rows if row[1] in kinds)

    def before(self, day: int) -> "Log":
        """Keep the events of the days before a day."""
        return Log(row for row in self.rows if row[0] < day)

    @property
    def table(self) -> "pd.DataFrame":
        """Give the log as a table, one row per event."""
        return pd.DataFrame(list(self), columns=list(Event._fields))
