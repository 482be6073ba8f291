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
        self.nodes = {node.name for node in network.nodes}
        self.places: dict[str, Any] = {
            "node": self.nodes,
            "made": self.recipes.keys(),
            "kept": {(v.destination, v.product) for v in network.lanes} | self.recipes.keys(),
            "sold": {(d.node, d.product) for d in network.demands},
        }
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
            test, what = FIELDS[name]
            if data.get(name) is not None and not test(data[name], day):
                raise SyncError(f"{name} is {what}, got {data[name]!r:.80}")

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
        return self._placed(event, kind.place) if kind.place else event

    def opening(self, message: Message) -> State:
        """The state that the opening message tells of.

        Raises:
            SyncError: it is no state of this network.
        """
        state = from_plain(message.data.get("state"), self.model.network)
        if state.day != message.time // DAY:
            raise SyncError(f"the state is of day {state.day}, the message of another")
        return state

    def _placed(self, event: Event, place: str) -> Event:
        """The event, if the network has such a place; with its mode, where one lane only fits."""
        if place == "made" and event.note is not None and not _is_amount(event.note, event.day):
            raise SyncError(
                f"note says how many units of {event.product!r}, got {event.note!r:.80}"
            )
        own = event.node == event.partner and event.kind in ("ordered", "accepted")
        if place in ("sends", "gets") and not own:
            return self._on_lane(event, place == "gets")
        there = self.places["made" if own else place]
        if (event.node if place == "node" else event.item) not in there:
            raise SyncError(
                f"the network has no {event.product!r} at {event.node!r} that could be {event.kind}"
            )
        return event

    def _on_lane(self, event: Event, gets: bool) -> Event:
        ends = (event.partner, event.node) if gets else (event.node, event.partner)
        modes = self.modes.get((*ends, event.product), [])
        if not event.mode and len(modes) == 1:
            event = event._replace(mode=modes[0])
        if event.mode not in modes:
            which = f" by {event.mode!r}: mode is one of {modes}" if modes else ""
            raise SyncError(
                f"the network has no lane {ends[0]} → {ends[1]} for {event.product!r}{which}"
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


# -- fields: what a value must be, on the day of the message, and how to say it --


def _is_whole(value: Any, low: int = 0, high: float = MOST) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_amount(value: Any, day: int) -> bool:
    """JSON also holds 1e999 and numbers of a thousand digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST


def _is_text(value: Any, day: int) -> bool:
    return isinstance(value, str) and len(value) <= 1000 and value.isprintable()


def _is_value(value: Any, day: int) -> bool:
    return isinstance(value, str) or (isinstance(value, int | float) and abs(value) <= MOST)


def _are(test: Callable[[Any, int], bool], kind: type = list) -> Callable[[Any, int], bool]:
    """All parts of a list or a table are so."""

    def check(value: Any, day: int) -> bool:
        parts = value.values() if isinstance(value, dict) else value
        return isinstance(value, kind) and all(test(part, day) for part in parts)

    return check


Test = tuple[Callable[[Any, int], bool], str]
_AMOUNT: Test = (_is_amount, "a number of at least 0 and at most 1e15")
_TEXT: Test = (_is_text, "a text of up to 1,000 signs")
_VALUE: Test = (_is_value, "a number or a text")
_WHOLE: Test = (lambda value, day: _is_whole(value), "a whole number of at least 0")
_DUE: Test = (lambda value, day: _is_whole(value, day, 2 * LAST_DAY), "a day from its own on")
FIELDS: dict[str, Test] = {
    **dict.fromkeys("quantity error sampled bad kwh minutes loss zero pace".split(), _AMOUNT),
    **dict.fromkeys("node product partner mode ref asset signal unit cause what".split(), _TEXT),
    **dict.fromkeys("lane path".split(), _TEXT),
    **dict.fromkeys("value from note".split(), _VALUE),
    **dict.fromkeys("count upto".split(), _WHOLE),
    **dict.fromkeys("due expected_end".split(), _DUE),
    "left": (_are(lambda v, day: _is_whole(v, -LAST_DAY, day)), "a list of days up to its own"),
    "quantities": (_are(_is_amount), "a list of units by day"),
    "changes": (_are(_is_value, dict), "a table of paths and values"),
    "memory": (lambda value, day: isinstance(unpack(value), dict), "a table"),
    "state": (lambda value, day: isinstance(value, dict), "a table"),
}


class Kind(NamedTuple):
    """What a kind of message must say, what it may say, and what the network must have there."""

    needs: str
    may: str = ""
    place: str = ""


_ITEM, _MOVE = "node product quantity", "node product quantity partner"
KINDS = {
    "demanded": Kind(_ITEM, "due ref", "sold"),
    "served": Kind(_ITEM, "ref", "sold"),
    "lost": Kind(_ITEM, "ref", "sold"),
    "complaint": Kind(_ITEM, "cause ref", "sold"),
    "forecast": Kind("node product quantities", "ref", "sold"),
    "decided": Kind(_ITEM, "", "kept"),
    "remembered": Kind("node product memory", "", "kept"),
    "counted": Kind(_ITEM, "error ref", "kept"),
    "consumed": Kind(_ITEM, "ref", "kept"),
    "scrapped": Kind(_ITEM, "cause ref", "kept"),
    "inspected": Kind("node product sampled bad", "cause ref", "kept"),
    "ordered": Kind(_MOVE, "mode due ref", "gets"),
    "accepted": Kind(_MOVE, "mode ref", "sends"),
    "shipped": Kind(_MOVE, "mode due ref", "sends"),
    "received": Kind(_MOVE, "mode left ref", "gets"),
    "started": Kind(_ITEM, "due note ref", "made"),
    "finished": Kind(_ITEM, "note ref", "made"),
    "disrupted": Kind("node", "product partner mode what lane loss expected_end note", "node"),
    "recovered": Kind("node", "product partner mode what lane note", "node"),
    "sensed": Kind("node asset signal value", "unit", "node"),
    "state": Kind("node asset note", "", "node"),
    "maintained": Kind("node asset", "what", "node"),
    "energy": Kind("node kwh", "asset minutes", "node"),
    "revised": Kind("path value", "from node"),
    "opened": Kind("state", "zero pace"),
    "closed": Kind("count"),
    "changed": Kind("changes", "note"),
    "refused": Kind("", "note"),
    "gone": Kind("upto"),
}
