"""Message check: can a message be folded, and may its source say that?

What passes cannot stop a twin. What each kind of message must say, and what a field must be in any
message, are two tables, ``KINDS`` and ``FIELDS``; other fields are kept as they are.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from twinlab.modeling.inference.outages import Flows
from twinlab.organization.orders import decided
from twinlab.scope import Event, Scenario, State, SyncError
from twinlab.scope.base import grouped
from twinlab.scope.log import NAMES
from twinlab.scope.snapshot import check_machine, from_plain, is_number, is_value, unpack
from twinlab.technology.messages import DAY, Message

HEADQUARTERS = "/plant/sys"  # who opens a plant, and answers orders
ALONE = ("opened", "changed", "refused", "done", "failed")  # what it alone tells
LAST_DAY = 1_000_000


class MessageCheck:
    """Reads messages by the tables of a model."""

    def __init__(self, model: Scenario) -> None:
        self.model, network = model, model.network
        self.flows = Flows(network)
        self.travel = {v.key: round(v.lead_time.average) for v in network.lanes}  # days expected
        # By source, destination and product.
        self.modes = grouped((lane.key[:3], lane.mode) for lane in network.lanes)
        self.places: dict[str, Any] = {"node": network.named, "items": network.items}
        self.places |= {"made": network.made, "kept": network.brought}
        self.places["sold"] = {(d.node, d.product) for d in network.demands}

    def check(self, message: Message, origin: str = "", mapped: bool = False) -> None:
        """See that a message can be folded and its source speaks for itself; a SyncError if not.

        ``origin``: the MQTT topic, if any; what is ``mapped`` speaks for whom the mapping says.
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
            if message.kind in ("disrupted", "recovered", "state"):
                self.flows.told(message.kind, message.time // DAY, message.data)

    def _says(self, message: Message) -> None:
        """What a kind must say is there, and what it says is what it should be."""
        data, day = message.data, message.time // DAY
        if (kind := KINDS.get(message.kind)) is None:
            raise SyncError(f"a twin does not hear of {message.kind!r}")
        if not 0 <= day < LAST_DAY:
            zero = "day 0 is 2026-01-01, or a mapping's day_zero"
            raise SyncError(f"the message is of day {day}, not of 0 to {LAST_DAY - 1}: {zero}")
        if data.get("day", day) != day:
            raise SyncError(f"the message is of day {day} and speaks of day {data['day']!r:.80}")
        for name in kind.needs:
            if data.get(name) in (None, ""):
                raise SyncError(f"{message.kind} says {name}, which is missing")
        for name, value in data.items():
            test = FIELDS.get(name)
            if test and value is not None and not test[0](value, day):
                raise SyncError(f"{name} is {test[1]}, got {value!r:.80}")

    def _speaks(self, message: Message, origin: str) -> None:
        """A source speaks for its own node, headquarters for the plant; a topic is its source's."""
        source, told = message.source, message.data.get("node")
        own = source.split("/")[1] if "/" in source else None
        if source == HEADQUARTERS:
            allowed = not told
        else:
            known = own in self.places["node"] and told in (None, own)
            allowed = known and message.kind not in ALONE
        if not allowed:
            problem = f"{source!r} may not tell of {message.kind!r} at {told!r:.80}"
            raise SyncError(f"{problem}: a source speaks for its own node of this network")
        if origin and not origin.endswith("/events" + source):
            raise SyncError(f"{source!r} spoke on the topic {origin!r}, which is not its own")

    def opening(self, message: Message) -> State:
        """The state that the opening message tells of; a SyncError if it is none of the network."""
        state = from_plain(message.data["state"], self.model.network)
        if state.day != message.time // DAY:
            raise SyncError(f"the state is of day {state.day}, the message of another")
        return state

    def event(self, message: Message) -> Event:
        """The event that a message tells of; a SyncError if the network has no such place."""
        data, kind = message.data, message.kind
        names, day = NAMES.get(kind, {}), message.time // DAY
        texts = (data.get(names.get(n, n)) or "" for n in ("node", "product", "partner", "mode"))
        node, product, partner, mode = texts
        told = data.get(names.get("quantity", "quantity"), 0.0)
        quantity = float(told) if is_number(told) else 0.0
        note = data.get(names.get("note", "note"), None if is_number(told) else told)
        note = unpack(data["memory"]) if kind == "remembered" else note
        due = data.get(names.get("due", "due"))
        event = Event(day, kind, node, product, quantity, partner, mode, due, note)
        check_machine(event)
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
        """The event on its lane: where only one fits it need not say by which mode."""
        ends = (event.partner, event.node) if gets else (event.node, event.partner)
        modes = self.modes.get((*ends, event.product), [])
        if not event.mode and len(modes) == 1:
            event = event._replace(mode=modes[0])
        if event.mode not in modes:
            which = f" by {event.mode!r}: mode is one of {modes}" if modes else ""
            lane = f"{ends[0]} → {ends[1]} for {event.product!r}"
            raise SyncError(f"the network has no lane {lane}{which}")
        return event


def _are(value: Any, *limits: Any) -> bool:
    return isinstance(value, list) and all(is_number(one, *limits) for one in value)


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
    **dict.fromkeys("quantity error sampled bad kwh minutes zero pace".split(), _AMOUNT),
    "loss": (lambda value, day: is_number(value, 0, 1), "a share from 0 to 1"),
    **dict.fromkeys("node product partner mode ref asset signal unit cause what".split(), _TEXT),
    **dict.fromkeys("lane path order".split(), _TEXT),
    **dict.fromkeys("value from note".split(), _VALUE),
    **dict.fromkeys("count upto".split(), _WHOLE),
    **dict.fromkeys("due expected_end".split(), _DUE),
    "delivered": (lambda v, day: is_number(v, -LAST_DAY, day, int), "a day up to its own"),
    "left": (lambda v, day: _are(v, -LAST_DAY, day, int), "a list of days up to its own"),
    "quantities": (lambda value, day: _are(value, 0), "a list of units by day"),
    "changes": (lambda v, day: isinstance(v, dict) and all(map(is_value, v.values())), "a table"),
    "versions": (lambda v, day: isinstance(v, dict) and _are([*v.values()], 0), "a table"),
    "memory": (lambda value, day: isinstance(unpack(value), dict), "a table"),
    "state": (lambda value, day: isinstance(value, dict), "a table"),
}


class Kind(NamedTuple):
    """What a kind of message must say, and what the network must have there."""

    needs: tuple[str, ...]
    place: str


KINDS = {
    kind: Kind(tuple(needs.split()), place)
    for kinds, needs, place in (
        ("demanded served lost", "node product quantity", "sold"),
        ("complained", "node product quantity note", "sold"),
        ("forecast", "node product quantities", "sold"),
        ("decided counted consumed scrapped", "node product quantity", "kept"),
        ("remembered", "node product memory", "kept"),
        ("inspected", "node product sampled bad", "kept"),
        ("ordered withdrawn received", "node product quantity partner", "gets"),
        ("accepted shipped", "node product quantity partner", "sends"),
        ("started finished", "node product quantity", "made"),
        ("disrupted recovered", "node", "node"),
        ("sensed", "node asset signal value", "node"),
        ("state", "node asset note", "node"),
        ("maintained", "node asset", "node"),
        ("worked", "node asset quantity", "node"),
        ("faulted", "node asset cause", "node"),
        ("energy", "node kwh", "node"),
        ("revised", "path value", ""),
        ("opened", "state", ""),
        ("closed", "count", ""),
        ("changed", "changes", ""),
        ("refused done failed", "", ""),
        ("gone", "upto", ""),
    )
    for kind in kinds.split()
}
