"""The event log: what happened, in order. State, KPIs and pictures are functions of it.

What an event means (``kind``), and what its quantity counts:

=========== ========================================================================
demanded    customers asked the node
decided     the node's rule chose how much to order or make (0 included)
ordered     the node placed an order with ``partner`` (itself: to make something);
            it is seen there on day ``due``
withdrawn   the node took back units that ``partner`` owes it, the oldest first
accepted    an order placed earlier was seen by the node, from ``partner``
shipped     the node sent goods to ``partner``, arriving on day ``due``
received    goods from ``partner`` arrived
consumed    a component went into production
started     production began, finishing on day ``due``; ``note`` units will be good
scrapped    units in stock were destroyed
finished    good units came out of production; ``note`` units had been started
served      customers got goods
lost        customers went away without
complained  customers complained of goods that they had got on day ``due``: of a fault, ``note``
remembered  the rule's memory after a decision, in ``note``; without a product: how the
            line of the node stands in the evening
worked      a station of a line, ``partner``, did so many works; ``note`` had no fault
faulted     a work gave a part the fault ``note`` at station ``partner``
sensed      a sensor of ``partner`` read this value of the signal ``mode``
state       machines of ``partner`` spent these minutes in the state ``note``
energy      machines of ``partner`` took so many kWh
maintained  a tool of ``partner`` was replaced, by the order ``note`` if there was one
disrupted   a disruption began (``note``); recovered: it ended, its recovery included
closed      the day's books closed
=========== ========================================================================

An event is written down as a plain row of these columns, ``(day, kind, node, product, quantity,
partner, mode, due, note)``, empty ones at its end left out. ``Event`` gives its columns names.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Any, NamedTuple, overload

from twinlab.scope.later import pd

__all__ = ["Event", "Log"]

EventRow = tuple[Any, ...]

# What messages of machines and of customers call the columns of an event.
NAMES = {
    "complained": {"due": "delivered"},
    "worked": {"partner": "asset"},
    "faulted": {"partner": "asset", "note": "cause"},
    "sensed": {"partner": "asset", "mode": "signal", "quantity": "value"},
    "state": {"partner": "asset", "quantity": "minutes"},
    "energy": {"partner": "asset", "quantity": "kwh"},
    "maintained": {"partner": "asset", "note": "order"},
}


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


def told(row: EventRow) -> Event:
    """The event of a row."""
    event = Event(*row)
    return event._replace(note=deepcopy(event.note)) if row[1] == "remembered" else event


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
