"""The desk: the life of every order from proposal to done, and a trail that only grows."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from twinlab.modeling import Change
from twinlab.organization.orders import SOURCING, Maintain, Order, Rights, SetRules, SetSourcing
from twinlab.scope import Outage, Scenario, State, SyncError, TwinError
from twinlab.scope.errors import check_known
from twinlab.scope.later import pd
from twinlab.scope.result import Listing
from twinlab.technology.links import FileLink
from twinlab.technology.messages import Message, parse
from twinlab.technology.seals import seal
from twinlab.technology.store import EventStore

__all__ = ["Ordering", "Orders"]

NEXT = {  # what may follow a step; what is not here is an end
    "": ("proposed",),
    "proposed": ("approved", "rejected", "withdrawn", "expired"),
    "approved": ("sent", "withdrawn", "expired"),
    "sent": ("acknowledged", "refused", "expired"),
    "acknowledged": ("done", "failed"),
}
_HEADS = ["number", "day", "id", "step", "by", "role", "reason", "order", "chain"]


@dataclass(frozen=True)
class Orders(Listing):
    """The orders of a twin, by id, and the trail of their steps.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, twin = Plant(chain, bus, seed=1), Twin(chain, bus)
    >>> order = twin.propose(SetRules({"shop.up_to": 9}), "the mine is late")
    >>> twin.approve(order.id, "anna", "supply planner", "it is").step
    'sent'
    >>> plant.advance()
    >>> twin.sync().dead, twin.orders[order.id].step, twin.orders.whole()
    (0, 'done', True)
    """

    caption = "Orders"
    orders: tuple[Order, ...] = ()
    lines: tuple[Any, ...] = ()

    @property
    def table(self) -> "pd.DataFrame":
        """One row an order: what it changes, its value now and then, and how far it has come."""
        heads = "id kind what value now step proposer by role reason until".split()
        rows = [[getattr(order, name) for name in heads] for order in self.orders]
        return pd.DataFrame(rows, columns=heads).set_index("id")

    @property
    def trail(self) -> "pd.DataFrame":
        """One row a step, in the order in which they were taken."""
        rows = [[number, *_parts(line), chain] for number, line, chain in self.lines]
        return pd.DataFrame(rows, columns=_HEADS).set_index("number")

    def whole(self) -> bool:
        """Whether nobody has edited a line of the trail; lines cut off at its end do not show."""
        before = ""
        for at, (number, line, chain) in enumerate(self.lines, 1):
            if (number, chain) != (at, sha256((before + line).encode()).hexdigest()):
                return False
            before = chain
        return True


def _parts(line: str) -> list[Any]:
    with suppress(ValueError, TypeError):
        day, name, step, by, role, reason, text = json.loads(line)
        return [day, name, step, by, role, reason, text]
    return [None] * 6 + [line]  # somebody has edited it


def order_of(what: Change | Order) -> Order:
    """An order as it is, or the one that makes a change; a SyncError if no kind does."""
    if isinstance(what, Order):
        return what
    if what.how is not None or not what.values or not all(isinstance(p, str) for p in what.values):
        raise SyncError(f"{what.title or 'this change'} is more than numbers by path: no order")
    lanes = [path for path in what.values if path.endswith(SOURCING)]
    if 0 < len(lanes) < len(what.values):
        raise SyncError(f"rules and sourcing are two orders: propose {lanes} by itself")
    return (SetSourcing if lanes else SetRules)(what.values)


def order_in(text: str) -> Order:
    """The order that a text holds as it travels; a TwinError if it is none."""
    return Order.read(parse(text.encode(errors="replace")))


class Desk:
    """Keeps the orders of a twin, sends them until they are answered, and notes the answers."""

    def __init__(
        self, name: str, link: FileLink | None, store: EventStore, now: Callable[[], float]
    ) -> None:
        self.name, self.link, self.store, self._now = name, link, store, now
        kept = store.recall("orders", {"newest": {}, "versions": {}, "last": -1})
        self._newest: dict[str, list[Any]] = kept["newest"]  # by path: time, number, value
        self.versions: dict[str, int] = kept["versions"]
        self.last: int = kept["last"]  # number of an order of this name, also of a lost store
        self._orders, self._read = dict[str, Order](), 0
        self._sent: dict[str, int] = {}  # the day on which each was last sent

    def plain(self) -> dict[str, Any]:
        """What the plant has said, as plain values, for a store."""
        return {"newest": self._newest, "versions": self.versions, "last": self.last}

    @property
    def orders(self) -> dict[str, Order]:
        """All orders by id, as the trail has them, whoever wrote it."""
        for number, line, _ in self.store.trail(self._read):
            self._read = number
            with suppress(TwinError, LookupError, TypeError):  # see Orders.whole
                _, name, step, by, role, reason, text = _parts(line)
                order = order_in(text) if text else self._orders[name]
                took = {"step": step, "by": by, "role": role, "reason": reason}
                self._orders[name] = replace(order, proposer=order.proposer or by, **took)
                self._count(name)
        return self._orders

    @property
    def decisions(self) -> dict[str, Any]:
        """The newest value of every path that the plant reported to have changed."""
        return {path: value for path, (_, _, value) in self._newest.items()}

    def find(self, name: str) -> Order:
        """The order of an id; a SyncError if there is none."""
        check_known(name, self.orders, f"there is no order {name!r}", SyncError)
        return self._orders[name]

    def take(self, name: str, step: str, *who: str, text: str = "") -> Order:
        """Note a step, by whom, in which role and why; a SyncError if it cannot follow the last."""
        before = "" if text and name not in self.orders else self.find(name).step
        if step not in NEXT.get(before, ()):
            raise SyncError(f"order {name} is {before}: it cannot become {step}")
        printed = ("".join(c if c.isprintable() else " " for c in part) for part in (*who, "", ""))
        said = [" ".join(part.split())[:1000] for part in printed]
        if not said[0]:
            raise SyncError(f"order {name}: say who it is")
        self.store.append(json.dumps([round(self._now(), 6), name, step, *said[:3], text]))
        return self.orders[name]

    def approve(self, name: str, *who: str) -> Order:
        """Approve an order, and send it; a SyncError if it cannot be sent."""
        if self.link is None:
            raise SyncError("no link leads to the plant: give the twin one, such as a FileLink")
        if self.link.key_of(self.name) is None:
            here = f"{type(self.link).__name__}(…, keys={{{self.name!r}: …}})"
            raise SyncError(f"{self.name!r} has no key to seal orders: {here}, or TWINLAB_KEYS")
        self.take(name, "approved", *who)
        return self.send(name)

    def send(self, name: str) -> Order:
        """Send an approved order, or send it again; without a link or key it waits."""
        order, key = self._orders[name], self.link and self.link.key_of(self.name)
        if self.link is None or not isinstance(key, bytes):
            return order
        self._sent[name] = int(self._now())
        self.link.send([seal(key, self.name, order.text)], "commands")
        return order if order.step == "sent" else self.take(name, "sent", self.name)

    def again(self, day: int, known: float) -> None:
        """Send what is not answered once more a day, until its last day is over for sure."""
        for name, order in list(self.orders.items()):
            over = known - 0.5 if order.step == "sent" else day
            if "expired" in NEXT.get(order.step, ()) and order.until < over:
                self.take(name, "expired", self.name, "", f"day {order.until} is over")
            elif order.step in ("approved", "sent") and self._sent.get(name, -1) < day:
                self.send(name)

    def hear(self, reply: Message) -> None:
        """Note a plant's answer, whoever asked; what came late does not undo what is newer."""
        data, kind, when = reply.data, reply.kind, [reply.time, reply.sequence]
        for path, version in data.get("versions", {}).items():
            self.versions[path] = max(self.versions.get(path, 0), version)
        for path, value in data["changes"].items() if kind == "changed" else ():
            if self._newest.get(path, when)[:2] <= when:
                self._newest[path] = [*when, value]
        name = str(data.get("order", ""))
        self._count(name)
        steps = {"refused": ("refused",), "changed": ("acknowledged",)}
        for step in steps.get(kind, ("acknowledged", kind)):
            if name in self.orders and step in NEXT.get(self.orders[name].step, ()):
                self.take(name, step, "plant", "", str(data.get("note", "")))

    def _count(self, name: str) -> None:
        if own := re.fullmatch(re.escape(self.name) + "-([0-9]{1,9})", name):
            self.last = max(self.last, int(own[1]))


class Ordering:
    """What a twin does at its desk: propose, and let persons or itself decide.

    >>> issubclass(Twin, Ordering)
    True
    """

    model: Scenario
    rights: Rights

    @property
    def state(self) -> State:
        """What is believed now."""
        raise NotImplementedError

    @property
    def day(self) -> int:
        """The day whose morning it is."""
        return self.state.day

    def _at_desk(self, acts: bool = True) -> tuple[Desk, bool]:
        """The desk, and whether the twin may decide by itself; a SyncError if it may not act."""
        raise NotImplementedError

    @property
    def orders(self) -> Orders:
        """All orders by id, how far they have come, and the trail of their steps."""
        desk, _ = self._at_desk(acts=False)
        return Orders(tuple(desk.orders.values()), tuple(desk.store.trail()))

    @property
    def planned(self) -> list[Outage]:
        """Days of maintenance to come, as the plant has acknowledged them."""
        known = self._at_desk(acts=False)[0].orders.values()
        still = [one for one in known if isinstance(one, Maintain) and one.step == "acknowledged"]
        return [Outage(v.node, start=v.day, stock_ships=True) for v in still if v.day >= self.day]

    def propose(
        self, what: Change | Order, reason: str = "", by: str = "twin", valid_days: int = 3
    ) -> Order:
        """Propose an order, which the plant may begin within some days once it is approved.

        What ``rights`` list as automatic a twin in ``Mode.TWIN`` approves and sends at once.

        Raises:
            SyncError: no order makes that change, it goes too far, or nothing leads to the plant.
            ScenarioError: the model has no such value to change.
        """
        (desk, alone), order, state = self._at_desk(), order_of(what), self.state
        values, right = order.effect(self.model, state, state.day).values, self.rights[order.kind]
        right.limit(values)
        name = f"{desk.name}-{max(desk.last, len(desk.orders) - 1) + 1}"
        now = {path: before for path, (before, _) in values.items()}
        seen = {path: desk.versions.get(path, 0) for path in now}
        order = replace(order, id=name, now=now, seen=seen, until=state.day + valid_days)
        order = desk.take(name, "proposed", by, "", reason, text=order.text)
        if not (alone and right.automatic):
            return order
        return desk.approve(name, desk.name, "automatic", "its kind is listed as automatic")

    def approve(self, id: str, by: str, role: str, reason: str) -> Order:
        """Approve and send what another has proposed, in a role that may; else a SyncError."""
        return self._admitted(id, by, role, reason).approve(id, by, role, reason)

    def reject(self, id: str, by: str, role: str, reason: str) -> Order:
        """Reject a proposal, in a role that may approve it; a SyncError if that may not be."""
        return self._admitted(id, by, role, reason).take(id, "rejected", by, role, reason)

    def withdraw(self, id: str, by: str, reason: str = "") -> Order:
        """Withdraw what one has proposed and is not sent; a SyncError if that may not be."""
        desk, _ = self._at_desk()
        if by != desk.find(id).proposer:
            raise SyncError(f"{id} was proposed by {desk.find(id).proposer!r}: reject it")
        return desk.take(id, "withdrawn", by, "", reason)

    def _admitted(self, name: str, by: str, role: str, reason: str) -> Desk:
        desk, _ = self._at_desk()
        order = desk.find(name)
        roles = self.rights[order.kind].roles
        if role not in roles.split(", "):
            raise SyncError(f"role {role!r} does not judge {order.kind} orders: ask {roles}")
        if by == order.proposer:
            raise SyncError(f"{by!r} has proposed {name}: another person judges it")
        if not reason.strip():
            raise SyncError(f"{name}: give a reason")
        return desk
