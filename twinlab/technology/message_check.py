"""Message check: can a message be folded, and may its source say that?

What passes cannot stop a twin. Which field stands for what, and what each kind of message must say,
are two tables, ``FIELDS`` and ``KINDS``; fields beyond them are kept as they are.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from twinlab.scope import Event, Scenario, State, SyncError, TwinError
from twinlab.technology.messages import DAY, Message
from twinlab.technology.snapshot import from_plain, is_number, is_value, unpack

HEADQUARTERS = "/plant/sys"  # who opens a plant, and answers commands
LAST_DAY = 1_000_000


class MessageCheck:
    """Reads messages by the tables of a model.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8))
    >>> said = {"node": "shop", "product": "unit", "quantity": 4.0}
    >>> MessageCheck(chain).event(Message("/shop/wms", 1, "wms.served.v1", 0, said)).quantity
    4.0
    """

    def __init__(self, model: Scenario) -> None:
        self.model, network = model, model.network
        self.lanes = {lane.key: lane for lane in network.lanes}
        self.recipes = network.made
        self.places: dict[str, Any] = {
            "node": network.named,
            "made": network.made,
            "kept": network.brought,
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
        source, told = message.source, message.data.get("node")
        own = source.split("/")[1] if "/" in source else None
        if source == HEADQUARTERS:
            allowed = not told
        else:
            allowed = own in self.places["node"] and told in (None, own)
            allowed = allowed and message.kind not in ("opened", "changed", "refused")
        if not allowed:
            raise SyncError(
                f"{source!r} may not tell of {message.kind!r} at {told!r:.80}: a source speaks for "
                "its own node of this network"
            )
        if origin and not origin.endswith("/events" + source):
            raise SyncError(f"{source!r} spoke on the topic {origin!r}, which is not its own")

    def opening(self, message: Message) -> State:
        """The state that the opening message tells of.

        Raises:
            SyncError: it is no state of this network.
        """
        state = from_plain(message.data["state"], self.model.network)
        if state.day != message.time // DAY:
            raise SyncError(f"the state is of day {state.day}, the message of another")
        return state

    def event(self, message: Message) -> Event:
        """The event that a message tells of, if it can have happened in this network.

        Where only one lane fits it gets that lane's mode.

        Raises:
            SyncError: the network has no such place.
        """
        data, kind = message.data, message.kind
        node, product, partner, mode = (
            data.get(name) or "" for name in ("node", "product", "partner", "mode")
        )
        quantity, day = float(data.get("quantity", 0.0)), message.time // DAY
        note = unpack(data["memory"]) if kind == "remembered" else data.get("note")
        event = Event(day, kind, node, product, quantity, partner, mode, data.get("due"), note)
        place = KINDS[kind].place
        if place in ("gets", "sends"):
            if node != partner or kind not in ("ordered", "accepted"):
                return self._on_lane(event, place == "gets")
            place = "made"  # an order with itself
        elif place == "made" and not (note is None or is_number(note, 0)):
            raise SyncError(f"note says how many units of {product!r}, got {note!r:.80}")
        if place and (node if place == "node" else event.item) not in self.places[place]:
            raise SyncError(f"the network has no {product!r} at {node!r} that could be {kind}")
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


def decided(model: Scenario, changes: Mapping[str, Any], strict: bool = False) -> Scenario:
    """A model that decides as a plant reports that it now does, or as a command wants it to.

    What this model does not have, or cannot be, is left aside, unless ``strict``.

    Raises:
        TwinError: a change is of the plant itself, not of a decision.
    """
    for path, value in changes.items():
        try:
            if isinstance(model.value(path), int | float) and isinstance(value, str):
                raise SyncError(f"{path} is a number, got {value!r}")
            changed = model.set(path, value)
        except (TwinError, TypeError, ValueError):
            if strict:
                raise
            continue
        if changed.network != model.network or changed.disruptions != model.disruptions:
            raise SyncError(f"{path!r} is no decision: commands change rules, not the plant itself")
        model = changed
    return model


# What a value must be, on the day of the message, and how to say it.
Test = tuple[Callable[[Any, int], bool], str]
_AMOUNT: Test = (lambda value, day: is_number(value, 0), "a number of at least 0 and at most 1e15")
_TEXT: Test = (
    lambda value, day: isinstance(value, str) and len(value) <= 1000 and value.isprintable(),
    "a text of up to 1,000 signs",
)
_VALUE: Test = (lambda value, day: is_value(value), "a number or a text")
_WHOLE: Test = (lambda value, day: is_number(value, 0, kind=int), "a whole number of at least 0")
_DUE: Test = (lambda v, day: is_number(v, day, 2 * LAST_DAY, int), "a day from its own on")
FIELDS: dict[str, Test] = {
    **dict.fromkeys("quantity error sampled bad kwh minutes loss zero pace".split(), _AMOUNT),
    **dict.fromkeys("node product partner mode ref asset signal unit cause what".split(), _TEXT),
    **dict.fromkeys("lane path".split(), _TEXT),
    **dict.fromkeys("value from note".split(), _VALUE),
    **dict.fromkeys("count upto".split(), _WHOLE),
    **dict.fromkeys("due expected_end".split(), _DUE),
    "left": (
        lambda v, day: isinstance(v, list) and all(is_number(d, -LAST_DAY, day, int) for d in v),
        "a list of days up to its own",
    ),
    "quantities": (
        lambda value, day: isinstance(value, list) and all(is_number(v, 0) for v in value),
        "a list of units by day",
    ),
    "changes": (
        lambda value, day: isinstance(value, dict) and all(map(is_value, value.values())),
        "a table of paths and values",
    ),
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
