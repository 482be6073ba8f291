"""Message check: is what a message tells possible in this network? What passes is folded."""

from typing import Any

from twinlab.scope import Event, Network, State, SyncError
from twinlab.technology.messages import DAY, Message
from twinlab.technology.snapshot import from_plain, unpack

_LAST_DAY = 1_000_000
_MOST = 1e15  # units in one message
_DEPTH = 40  # levels of lists and tables in one message


class MessageCheck:
    """Reads messages by the tables of a network.

    >>> reading = MessageCheck(serial(["mine", "shop"], demand=Normal(5, 1)))
    >>> said = {"day": 0, "node": "shop", "product": "unit", "quantity": 4.0}
    >>> reading.event(Message("/shop/wms", 1, "wms.served.v1", 0, said)).quantity
    4.0
    """

    def __init__(self, network: Network) -> None:
        """Look everything up once."""
        self.network = network
        self.lanes = {lane.key: lane for lane in network.lanes}
        self.recipes = {(r.node, r.product): r for r in network.recipes}
        self.sold = {(d.node, d.product) for d in network.demands}
        self.kept = {(v.destination, v.product) for v in network.lanes} | self.recipes.keys()

    def check(self, message: Message) -> None:
        """See that a message can be folded: whatever passes here cannot stop the fold later.

        Raises:
            SyncError: it cannot, and why.
        """
        if not _is_shallow(message.data, _DEPTH):
            raise SyncError(f"a message has at most {_DEPTH} levels of lists and tables")
        self.event(message)
        if message.kind == "opened":
            self.opening(message)

    def event(self, message: Message) -> Event:
        """The event that a message tells of, if it can have happened in this network.

        Raises:
            SyncError: a value is missing, of another kind, or unknown to the network.
        """
        data = message.data
        day, quantity = data.get("day"), data.get("quantity", 0.0)
        if day is None or not _is_day(day) or not 0 <= day < _LAST_DAY:
            raise SyncError(f"day is a whole number of at least 0, got {day!r}")
        if message.time // DAY != day:
            raise SyncError(f"the message is of day {message.time // DAY} and speaks of day {day}")
        if not _is_number(quantity) or quantity < 0:
            raise SyncError(f"quantity is a number of at least 0, got {quantity!r}")
        due = data.get("due")
        if due is not None and not (_is_day(due) and day <= int(due) < 2 * _LAST_DAY):
            raise SyncError(f"due is a day from {day} on, got {due!r}")
        node, product, partner, mode = (_text(data, n) for n in _TEXTS)
        note = unpack(data.get("note")) if message.kind == "remembered" else data.get("note")
        event = Event(day, message.kind, node, product, float(quantity), partner, mode, due, note)
        look = _LOOKS.get(message.kind)
        if look is not None:
            look(self, event, message)
        return event

    def opening(self, message: Message) -> State:
        """The state that the opening message tells of.

        Raises:
            SyncError: it is no state of this network.
        """
        return from_plain(message.data.get("state"), self.network)

    # -- what must be there, by kind --

    def _item(self, event: Event, known: Any) -> None:
        if (event.node, event.product) not in known:
            raise SyncError(
                f"the network has no {event.product!r} at {event.node!r} that could be {event.kind}"
            )

    def _lane(self, source: str, destination: str, event: Event) -> None:
        if source == destination and event.kind in ("ordered", "accepted"):
            self._item(event, self.recipes)
        elif (source, destination, event.product, event.mode) not in self.lanes:
            raise SyncError(
                f"the network has no lane {source} → {destination} for {event.product!r}"
            )

    def of_customers(self, event: Event, message: Message) -> None:
        """Somebody sells it there."""
        self._item(event, self.sold)

    def of_stock(self, event: Event, message: Message) -> None:
        """Somebody keeps it there; what is remembered is a table."""
        self._item(event, self.kept)
        if event.kind == "remembered" and not isinstance(event.note, dict):
            raise SyncError(f"a memory is a table of names and values, got {event.note!r}")

    def from_seller(self, event: Event, message: Message) -> None:
        """The lane to a partner exists."""
        self._lane(event.node, event.partner, event)

    def from_buyer(self, event: Event, message: Message) -> None:
        """The lane from a partner exists; a receipt says when its goods left."""
        self._lane(event.partner, event.node, event)
        left = message.data.get("left", [])
        if not isinstance(left, list) or not all(
            _is_day(day) and -_LAST_DAY < day <= event.day for day in left
        ):
            raise SyncError(f"left is a list of days up to day {event.day}, got {left!r}")
        if event.kind == "ordered" and event.due is None:
            raise SyncError("an order says in due when it is seen")

    def of_production(self, event: Event, message: Message) -> None:
        """It is made there, and the note says how much."""
        self._item(event, self.recipes)
        told = _is_number(event.note) and event.note >= 0
        if event.kind == "started" and event.due is None:
            raise SyncError("production that started says in due when it will be finished")
        if not told and not (event.kind == "started" and event.note is None):
            raise SyncError(f"{event.kind} says in its note how many units, got {event.note!r}")

    def of_closing(self, event: Event, message: Message) -> None:
        """Counts by source."""
        last = message.data.get("last", {})
        if not isinstance(last, dict) or not all(
            source.isprintable() and _is_day(count) and 0 <= count <= _MOST
            for source, count in last.items()
        ):
            raise SyncError(f"last says how many messages every source has sent, got {last!r}")

    def of_reply(self, event: Event, message: Message) -> None:
        """Changes by path."""
        changes = message.data.get("changes", {})
        if not isinstance(changes, dict):
            raise SyncError(f"changes is a table of paths and values, got {changes!r}")


_TEXTS = ("node", "product", "partner", "mode")

_TOLD = {
    MessageCheck.of_customers: "demanded served lost",
    MessageCheck.of_stock: "decided remembered counted consumed",
    MessageCheck.from_seller: "shipped accepted",
    MessageCheck.from_buyer: "received ordered",
    MessageCheck.of_production: "started finished",
    MessageCheck.of_closing: "closed",
    MessageCheck.of_reply: "changed refused",
}
_LOOKS = {kind: look for look, kinds in _TOLD.items() for kind in kinds.split()}


def _text(data: Any, name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise SyncError(f"{name} is a text, got {value!r}")
    return value


def _is_day(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """A finite number; JSON also holds 1e999 and numbers of a thousand digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST


def _is_shallow(value: Any, levels: int) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels > 0 and all(_is_shallow(part, levels - 1) for part in parts)
