"""The desk: the life of every order from proposal to done, and a trail that only grows."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from twinlab.organization.orders import Order, parts_of
from twinlab.scope import SyncError, TwinError
from twinlab.scope.errors import check_known
from twinlab.scope.snapshot import parse
from twinlab.technology.links import FileLink
from twinlab.technology.messages import Message
from twinlab.technology.seals import seal
from twinlab.technology.store import EventStore

NEXT = {  # what may follow a step; what is not here is an end
    "": ("proposed",),
    "proposed": ("approved", "rejected", "withdrawn", "expired"),
    "approved": ("sent", "withdrawn", "expired"),
    "sent": ("acknowledged", "refused", "expired"),
    "acknowledged": ("done", "failed"),
}


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
                _, name, step, by, role, reason, text = parts_of(line)
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
