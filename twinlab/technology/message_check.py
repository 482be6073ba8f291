"""Message check: can a message be folded, and may its source say that?

What passes cannot stop a twin. Which field stands for what, and what each kind of message must say,
are two tables, ``FIELDS`` and ``KINDS``; fields beyond them are kept as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from twinlab.scope import Event, Scenario, State, SyncError, TwinError
from twinlab.technology.messages import DAY, Message
from twinlab.technology.snapshot import from_plain, unpack

HEADQUARTERS = "/plant/sys"  # who opens a plant, and answers commands
LAST_DAY = 1_000_000
MOST = 1e15  # units in one message


class MessageCheck:
    """Reads messages by the tables of a model.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8))
    >>> said = {"node": "shop", "product": "unit", "quantity": 4.0}
    >>> MessageCheck(chain).event(Message("/shop/wms", 1, "wms.served.v1", 0, said)).quantity
    4.0
    """

    def __init__(self, model: Scenario) -> None:
        """Look everything up once."""
        self.model, network = model, model.network
        self.lanes = {lane.key: lane for lane in network.lanes}
        self.recipes = {(r.node, r.product): r for r in network.recipes}
        self.sold = {(d.node, d.product) for d in network.demands}
        self.kept = {(v.destination, v.product) for v in network.lanes} | self.recipes.keys()
        self.nodes = {node.name for node in network.nodes}
        self.modes: dict[tuple[str, str, str], list[str]] = {}
        for lane in network.lanes:
            self.modes.setdefault(lane.key[:3], []).append(lane.mode)

    def check(self, message: Message, origin: str = "", mapped: bool = False) -> None:
        """See that a message can be folded, and that its source speaks for nobody else.

        ``origin`` is the MQTT topic on which it came, if any; what a mapping has made speaks for
        whom the mapping says.

        Raises:
            SyncError: it cannot, and why.
        """
        if not mapped:
            self._speaks(message, origin)
        self._says(message)
        if message.kind == "opened":
            self.opening(message)
        elif message.kind == "changed":
            decided(self.model, message.data["changes"])
        else:
            self.event(message)

    def _says(self, message: Message) -> None:
        """What a kind must say is there, and what it may say is what it should be."""
        kind, data, day = KINDS.get(message.kind), message.data, message.time // DAY
        if kind is None:
            raise SyncError(f"a twin does not hear of {message.kind!r}")
        if not 0 <= day < LAST_DAY:
            raise SyncError(f"day {day} is before the morning of day 0, 2026-01-01 unless mapped")
        if data.get("day", day) != day:
            raise SyncError(f"the message is of day {day} and speaks of day {data['day']!r:.80}")
        missing = [name for name in kind.needs.split() if data.get(name) in (None, "")]
        if missing:
            raise SyncError(f"{message.kind} says {missing[0]}, which is missing")
        for name in (*kind.needs.split(), *kind.may.split()):
            if data.get(name) is not None:
                FIELDS[name](name, data[name], day)

    def _speaks(self, message: Message, origin: str) -> None:
        """A source speaks for its own node, headquarters for the plant; a topic is its source's."""
        source, node = message.source, message.source.split("/")[1:2]
        if source == HEADQUARTERS:
            allowed = not message.data.get("node")
        else:
            allowed = node[0] in self.nodes if node else False
            allowed = allowed and message.kind not in ("opened", "changed", "refused")
            allowed = allowed and message.data.get("node", node[0]) == node[0]
        if not allowed:
            raise SyncError(
                f"{source!r} may not tell of {message.kind!r} at {message.data.get('node', '')!r}: "
                "a source speaks for its own node of this network"
            )
        if origin and not origin.endswith("/events" + source):
            raise SyncError(f"{source!r} spoke on the topic {origin!r}, which is not its own")

    def event(self, message: Message) -> Event:
        """The event that a message tells of, if it can have happened in this network.

        Raises:
            SyncError: the network has no such place.
        """
        data, kind = message.data, KINDS[message.kind]
        day, note = message.time // DAY, data.get("note")
        node, product, partner, mode = (
            data.get(n) or "" for n in ("node", "product", "partner", "mode")
        )
        if message.kind == "remembered":
            note = unpack(data["memory"])
        quantity = float(data.get("quantity", 0.0))
        event = Event(
            day, message.kind, node, product, quantity, partner, mode, data.get("due"), note
        )
        return event if kind.place is None else kind.place(self, event)

    def opening(self, message: Message) -> State:
        """The state that the opening message tells of.

        Raises:
            SyncError: it is no state of this network.
        """
        state = from_plain(message.data.get("state"), self.model.network)
        if state.day != message.time // DAY:
            raise SyncError(f"the state is of day {state.day}, the message of another")
        return state

    # -- what the network must have, by kind --

    def somewhere(self, event: Event) -> Event:
        """The node exists."""
        if event.node not in self.nodes:
            raise SyncError(f"the network has no {event.node!r} that could be {event.kind}")
        return event

    def _item(self, event: Event, known: Any) -> Event:
        if (event.node, event.product) not in known:
            raise SyncError(
                f"the network has no {event.product!r} at {event.node!r} that could be {event.kind}"
            )
        return event

    def sells(self, event: Event) -> Event:
        """Somebody sells it there."""
        return self._item(event, self.sold)

    def keeps(self, event: Event) -> Event:
        """Somebody keeps it there."""
        return self._item(event, self.kept)

    def makes(self, event: Event) -> Event:
        """It is made there; a note says how many units."""
        if event.note is not None:
            _number("note", event.note, event.day)
        return self._item(event, self.recipes)

    def sends(self, event: Event) -> Event:
        """The lane to a partner exists."""
        return self._lane(event.node, event.partner, event)

    def gets(self, event: Event) -> Event:
        """The lane from a partner exists."""
        return self._lane(event.partner, event.node, event)

    def _lane(self, source: str, destination: str, event: Event) -> Event:
        """With the mode of the lane, where nobody says it and there is one lane only."""
        if source == destination and event.kind in ("ordered", "accepted"):
            return self._item(event, self.recipes)
        modes = self.modes.get((source, destination, event.product), [])
        if not event.mode and len(modes) == 1:
            event = event._replace(mode=modes[0])
        if event.mode not in modes:
            which = f" by {event.mode!r}: mode is one of {modes}" if modes else ""
            raise SyncError(
                f"the network has no lane {source} → {destination} for {event.product!r}{which}"
            )
        return event


def decided(model: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """A model that decides as a plant reports that it now does.

    Rules that this model does not have are left aside.

    Raises:
        SyncError: a change is of the plant itself, not of a decision.
    """
    for path, value in changes.items():
        try:
            changed = model.set(path, value)
        except (TwinError, TypeError, ValueError):
            continue
        if changed.network != model.network or changed.disruptions != model.disruptions:
            raise SyncError(f"{path!r} is no decision: a reply changes rules, not the plant")
        model = changed
    return model


# -- fields --


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """A finite number; JSON also holds 1e999 and numbers of a thousand digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST


def _number(name: str, value: Any, day: int) -> None:
    if not (_is_number(value) and value >= 0):
        raise SyncError(f"{name} is a number of at least 0 and at most 1e15, got {value!r:.80}")


def _text(name: str, value: Any, day: int) -> None:
    if not isinstance(value, str) or len(value) > 1000 or not value.isprintable():
        raise SyncError(f"{name} is a text of up to 1,000 signs, got {value!r:.80}")


def _value(name: str, value: Any, day: int) -> None:
    if not (_is_number(value) or isinstance(value, str | bool)):
        raise SyncError(f"{name} is a number or a text, got {value!r:.80}")


def _whole(name: str, value: Any, day: int) -> None:
    if not (_is_whole(value) and 0 <= value <= MOST):
        raise SyncError(f"{name} is a whole number of at least 0, got {value!r:.80}")


def _due(name: str, value: Any, day: int) -> None:
    if not (_is_whole(value) and day <= value < 2 * LAST_DAY):
        raise SyncError(f"{name} is a day from {day} on, got {value!r:.80}")


def _left(name: str, value: Any, day: int) -> None:
    if not isinstance(value, list) or not all(
        _is_whole(one) and -LAST_DAY < one <= day for one in value
    ):
        raise SyncError(f"{name} is a list of days up to day {day}, got {value!r:.80}")


def _quantities(name: str, value: Any, day: int) -> None:
    if not isinstance(value, list) or not all(_is_number(one) and one >= 0 for one in value):
        raise SyncError(f"{name} are units by day, got {value!r:.80}")


def _table(name: str, value: Any, day: int) -> None:
    if not isinstance(value, dict):
        raise SyncError(f"{name} is a table of names and values, got {value!r:.80}")


def _memory(name: str, value: Any, day: int) -> None:
    _table(name, unpack(value), day)


def _changes(name: str, value: Any, day: int) -> None:
    _table(name, value, day)
    for path, one in value.items():
        _value(f"{name}[{path!r:.80}]", one, day)


FIELDS: dict[str, Callable[[str, Any, int], None]] = {
    **dict.fromkeys("quantity error sampled bad kwh minutes loss zero pace".split(), _number),
    **dict.fromkeys("node product partner mode ref asset signal unit cause what".split(), _text),
    **dict.fromkeys("lane path".split(), _text),
    **dict.fromkeys(("value", "from", "note"), _value),
    **dict.fromkeys(("count", "upto"), _whole),
    **dict.fromkeys(("due", "expected_end"), _due),
    "left": _left,
    "quantities": _quantities,
    "memory": _memory,
    "changes": _changes,
    "state": _table,
}


class Kind(NamedTuple):
    """What a kind of message must say, what it may say, and what the network must have there."""

    needs: str
    may: str = ""
    place: Callable[[MessageCheck, Event], Event] | None = None


_ITEM, _MOVE = "node product quantity", "node product quantity partner"
_SELLS, _KEEPS, _MAKES = MessageCheck.sells, MessageCheck.keeps, MessageCheck.makes
_SENDS, _GETS, _PLACE = MessageCheck.sends, MessageCheck.gets, MessageCheck.somewhere
KINDS = {
    "demanded": Kind(_ITEM, "due ref", _SELLS),
    "served": Kind(_ITEM, "ref", _SELLS),
    "lost": Kind(_ITEM, "ref", _SELLS),
    "complaint": Kind(_ITEM, "cause ref", _SELLS),
    "forecast": Kind("node product quantities", "ref", _SELLS),
    "decided": Kind(_ITEM, "", _KEEPS),
    "remembered": Kind("node product memory", "", _KEEPS),
    "counted": Kind(_ITEM, "error ref", _KEEPS),
    "consumed": Kind(_ITEM, "ref", _KEEPS),
    "scrapped": Kind(_ITEM, "cause ref", _KEEPS),
    "inspected": Kind("node product sampled bad", "cause ref", _KEEPS),
    "ordered": Kind(_MOVE, "mode due ref", _GETS),
    "accepted": Kind(_MOVE, "mode ref", _SENDS),
    "shipped": Kind(_MOVE, "mode due ref", _SENDS),
    "received": Kind(_MOVE, "mode left ref", _GETS),
    "started": Kind(_ITEM, "due note ref", _MAKES),
    "finished": Kind(_ITEM, "note ref", _MAKES),
    "disrupted": Kind("node", "product partner mode what lane loss expected_end note", _PLACE),
    "recovered": Kind("node", "product partner mode what lane note", _PLACE),
    "sensed": Kind("node asset signal value", "unit", _PLACE),
    "state": Kind("node asset note", "", _PLACE),
    "maintained": Kind("node asset", "what", _PLACE),
    "energy": Kind("node kwh", "asset minutes", _PLACE),
    "revised": Kind("path value", "from node"),
    "opened": Kind("state", "zero pace"),
    "closed": Kind("count"),
    "changed": Kind("changes", "note"),
    "refused": Kind("", "note"),
    "gone": Kind("upto"),
}
