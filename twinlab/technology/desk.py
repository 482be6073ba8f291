"""The desk: the life of every order from proposal to done, and a trail that only grows."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from twinlab.scope import Scenario, State, SyncError
from twinlab.scope.errors import check_known
from twinlab.scope.later import pd
from twinlab.scope.result import Listing
from twinlab.technology.links import FileLink
from twinlab.technology.messages import Message
from twinlab.technology.orders import Order, Rights
from twinlab.technology.seals import seal
from twinlab.technology.store import EventStore

__all__ = ["Orders"]

NEXT = {  # what may follow a step; what is not here is an end
    "": "proposed",
    "proposed": "approved rejected withdrawn expired",
    "approved": "sent withdrawn expired",
    "sent": "acknowledged refused expired",
    "acknowledged": "done failed",
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
    lines: list[Any] = field(default_factory=list, repr=False)

    @property
    def table(self) -> "pd.DataFrame":
        """One row an order: what it changes, its value now and then, and how far it has come."""
        heads = "id kind what value now step proposer by role reason until".split()
        rows = [[getattr(order, name) for name in heads] for order in self.orders]
        return pd.DataFrame(rows, columns=heads).set_index("id")

    @property
    def trail(self) -> "pd.DataFrame":
        """One row a step, in the order in which they were taken."""
        rows = [[number, *json.loads(line), chain] for number, line, chain in self.lines]
        return pd.DataFrame(rows, columns=_HEADS).set_index("number")

    def whole(self) -> bool:
        """Whether nobody has edited a line of the trail; lines cut off at its end do not show."""
        before = ""
        for at, (number, line, chain) in enumerate(self.lines, 1):
            if (number, chain) != (at, sha256((before + line).encode()).hexdigest()):
                return False
            before = chain
        return True


class Desk:
    """Where the orders of a twin are kept, sent until answered, and answers are noted."""

    def __init__(
        self, name: str, link: FileLink | None, store: EventStore, now: Callable[[], float]
    ) -> None:
        self.name, self.link, self.store, self._now = name, link, store, now
        kept = store.recall("orders", {"newest": {}, "versions": {}, "last": -1})
        self._newest: dict[str, list[Any]] = kept["newest"]  # by path: time, number, value
        self.versions: dict[str, int] = kept["versions"]
        self._last: int = kept["last"]  # number of an order of this name, also of a lost store
        self._orders, self._read = dict[str, Order](), 0
        self._tried: dict[str, int] = {}  # days on which they were sent
        self.rights = Rights()

    def plain(self) -> dict[str, Any]:
        """What the plant has said, as plain values, for a store."""
        return {"newest": self._newest, "versions": self.versions, "last": self._last}

    @property
    def orders(self) -> dict[str, Order]:
        """All orders by id, as the trail has them, whoever wrote it."""
        for number, line, _ in self.store.trail(self._read):
            _, name, step, by, role, reason, text = json.loads(line)
            order, self._read = Order.read(text) if text else self._orders[name], number
            took = {"step": step, "by": by, "role": role, "reason": reason}
            self._orders[name] = replace(order, proposer=order.proposer or by, **took)
        return self._orders

    @property
    def listed(self) -> Orders:
        """The orders and their trail, to be looked at."""
        return Orders(tuple(self.orders.values()), self.store.trail())

    @property
    def decisions(self) -> dict[str, Any]:
        """The newest value of every path that the plant reported to have changed."""
        return {path: value for path, (_, _, value) in self._newest.items()}

    def propose(self, order: Order, model: Scenario, state: State, alone: bool) -> Order:
        """Note a new order, tied to the versions of what it changes; ``alone``: a twin may send it.

        Raises:
            SyncError: it cannot be, or goes too far.
        """
        values, right = order.effect(model, state, state.day).values, self.rights[order.kind]
        right.limit(values)
        ours = [name for name in self.orders if name.rpartition("-")[0] == self.name]
        self._last = max([self._last, *(int(name.rpartition("-")[2]) for name in ours)]) + 1
        now = {path: before for path, (before, _) in values.items()}
        seen, name = {path: self.versions.get(path, 0) for path in now}, f"{self.name}-{self._last}"
        text = replace(order, id=name, now=now, seen=seen).text
        order = self._note(name, "proposed", order.proposer, "", order.reason, text)
        if not (alone and right.automatic):
            return order
        return self._approve(name, self.name, "automatic", "its kind is listed as automatic")

    def approve(self, name: str, by: str, role: str, reason: str) -> Order:
        """Approve and send an order; a SyncError if that may not be."""
        self._admit(name, by, role, reason)
        return self._approve(name, by, role, reason)

    def reject(self, name: str, by: str, role: str, reason: str) -> Order:
        """Reject a proposed order; a SyncError if that may not be."""
        self._admit(name, by, role, reason)
        return self.take(name, "rejected", by, role, reason)

    def withdraw(self, name: str, by: str, reason: str) -> Order:
        """Withdraw an order as the one who has proposed it; a SyncError if that may not be."""
        if by != self._find(name).proposer:
            raise SyncError(f"{name} was proposed by {self._orders[name].proposer!r}: reject it")
        return self.take(name, "withdrawn", by, "", reason)

    def _admit(self, name: str, by: str, role: str, reason: str) -> None:
        """See that somebody may judge an order, and says why."""
        order = self._find(name)
        roles = self.rights[order.kind].roles
        if role not in roles.split(", "):
            raise SyncError(f"a {role or 'nobody'} does not judge {order.kind} orders: ask {roles}")
        if by == order.proposer:
            raise SyncError(f"{by!r} has proposed {name}: another person judges it")
        if not (by.strip() and reason.strip()):
            raise SyncError(f"{name}: say who judges it, and the reason")

    def _approve(self, name: str, by: str, role: str, reason: str) -> Order:
        if self.link is None:
            raise SyncError("no link leads to the plant: give the twin one, such as a FileLink")
        if self.link.key_of(self.name) is None:
            here = f"{type(self.link).__name__}(…, keys={{{self.name!r}: …}})"
            raise SyncError(f"{self.name!r} has no key to seal orders: {here}, or TWINLAB_KEYS")
        self.take(name, "approved", by, role, reason)
        return self.send(name)

    def send(self, name: str) -> Order:
        """Send an approved order, or send it again."""
        order, link = self._find(name), self.link
        key = None if link is None else link.key_of(self.name)
        if link is None or key is None:
            return order
        self._tried[name] = int(self._now())
        link.send([seal(key, self.name, order.text)], "commands")
        return order if order.step == "sent" else self.take(name, "sent", self.name)

    def again(self, day: int, known: float) -> None:
        """Send what is not answered once more a day, until it expires for sure."""
        for name, order in list(self.orders.items()):
            if order.step in ("proposed", "approved", "sent"):
                if order.until < (known - 0.5 if order.step == "sent" else day):
                    self.take(name, "expired", self.name, "", f"day {order.until} is over")
                elif order.step != "proposed" and self._tried.get(name, -1) < day:
                    self.send(name)

    def hear(self, reply: Message) -> None:
        """Note a plant's answer, whoever asked; what came late does not undo what is newer."""
        data, kind, when = reply.data, reply.kind, [reply.time, reply.sequence]
        name = str(data.get("order", ""))
        for path, version in data.get("versions", {}).items():
            self.versions[path] = max(self.versions.get(path, 0), version)
        for path, value in data["changes"].items() if kind == "changed" else ():
            if self._newest.get(path, when)[:2] <= when:
                self._newest[path] = [*when, value]
        if name.rpartition("-")[0] == self.name and name.rpartition("-")[2].isdecimal():
            self._last = max(self._last, int(name.rpartition("-")[2][:9]))
        steps = ["acknowledged"] if kind == "changed" else ["acknowledged", kind]
        for step in [kind] if kind == "refused" else steps:
            if name in self.orders and step in NEXT.get(self.orders[name].step, "").split():
                self.take(name, step, "plant", "", str(data.get("note", "")))

    def take(self, name: str, step: str, by: str, role: str = "", reason: str = "") -> Order:
        """Take a step with an order; a SyncError if it cannot follow the last one."""
        before = self._find(name).step
        if step not in NEXT.get(before, "").split():
            raise SyncError(f"order {name} is {before}: it cannot become {step}")
        return self._note(name, step, by, role, reason)

    def _find(self, name: str) -> Order:
        check_known(name, self.orders, f"there is no order {name!r}", SyncError)
        return self._orders[name]

    def _note(self, *line: str) -> Order:
        said = [round(self._now(), 6), *line, *[""] * (6 - len(line))]
        self.store.append(json.dumps(said))
        return self.orders[line[0]]
