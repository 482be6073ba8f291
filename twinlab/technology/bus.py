"""The bus between a plant and its twin, in this process and on simulated time.

Its link loses, delays, doubles and shuffles messages as you like; commands, which go the other way
(``Dispatch``), always arrive.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.distributions import Constant, Distribution
from twinlab.scope.errors import SyncError
from twinlab.technology.messages import Message

__all__ = ["Bus", "Link"]


@dataclass(frozen=True)
class Link(Row):
    """How messages fare on their way: late, lost, doubled, out of order.

    >>> Link(loss=0.02, duplicates=0.05)
    Link(delay=Constant(value=0.0), loss=0.02, duplicates=0.05, disorder=0.0)
    """

    delay: Distribution = column(
        "days", Constant(0), "from happening to arriving, for each message", low=0
    )
    loss: float = column("share", 0.0, "messages that never arrive", low=0, high=1)
    duplicates: float = column("share", 0.0, "messages that arrive twice", low=0, high=1)
    disorder: float = column("share", 0.0, "messages that take up to a day longer", low=0, high=1)


class Bus:
    """Carries messages one way and commands the other; deterministic by its seed.

    ``now`` is the simulated time in days: whoever publishes moves it on. What was published stays
    in an outbox, so that gaps can be asked for again.

    >>> bus = Bus()
    >>> bus.publish(Message("/shop/crm", 0, "crm.demanded.v1", 0, {}))
    >>> len(bus.deliver()), len(bus.deliver())
    (1, 0)
    """

    def __init__(self, link: Link | None = None, seed: int = 0) -> None:
        """Open a bus over a link."""
        self.link = link or Link()
        self.now = 0.0
        self.commands: list[bytes] = []
        self.commanded = 0  # how many commands have ever been numbered
        self._random = np.random.default_rng(seed)
        self._under_way: list[tuple[float, int, bytes]] = []
        self._outbox: dict[tuple[str, int], bytes] = {}
        self._count = 0

    def __repr__(self) -> str:
        return f"Bus(day {self.now:g}, {len(self._outbox):,} messages sent, {self.link})"

    def publish(self, message: Message) -> None:
        """Send a message on its way."""
        raw = message.encode()
        self._outbox[message.source, message.sequence] = raw
        self.carry(raw)

    def carry(self, raw: bytes) -> None:
        """Carry bytes to the other end, or lose them, as the link has it."""
        lost, twice, late, much = self._random.random(4)
        delays = self.link.delay.draw(self._random, np.ones(2), 1).ravel()
        if lost < self.link.loss:
            return
        extra = much if late < self.link.disorder else 0.0
        for delay in delays[: 2 if twice < self.link.duplicates else 1]:
            self._count += 1
            heappush(self._under_way, (self.now + max(delay, 0.0) + extra, self._count, raw))

    def deliver(self) -> list[bytes]:
        """Hand over what has arrived by now, in the order of arrival."""
        found = []
        while self._under_way and self._under_way[0][0] <= self.now:
            found.append(heappop(self._under_way)[2])
        return found

    def ask_again(self, wanted: Iterable[tuple[str, int]]) -> None:
        """Send messages once more, by source and sequence; over the same link."""
        for key in wanted:
            if key in self._outbox:
                self.carry(self._outbox[key])


class Dispatch:
    """The sending end of a bus: every command has a number and is valid until a day.

    >>> dispatch = Dispatch(Bus())
    >>> dispatch.send({"shop.up_to": 90}, until=12), dispatch.reported(0)
    (0, 'sent')
    """

    def __init__(self, bus: Bus) -> None:
        """Nothing has been sent yet."""
        self.bus = bus
        self._reported: dict[int, str] = {}
        self._heard: set[str] = set()
        self._newest: dict[str, tuple[int, int]] = {}

    def send(self, changes: Mapping[str, Any], until: int) -> int:
        """Send a command: values by path, and until when it may still be carried out.

        Raises:
            SyncError: a value is no number or text.
        """
        try:
            plain = {k: v.item() if hasattr(v, "item") else v for k, v in changes.items()}
            command = {"id": self.bus.commanded, "changes": plain, "until": until}
            raw = json.dumps(command, allow_nan=False).encode()
        except (TypeError, ValueError):
            raise SyncError(f"a command carries numbers and texts, got {changes!r}") from None
        number = self.bus.commanded
        self.bus.commanded += 1
        self._reported[number] = "sent"
        self.bus.commands.append(raw)
        return number

    def reported(self, number: int) -> str:
        """What the plant says of a command: sent, changed, or refused with its reason.

        Raises:
            SyncError: there is no such command.
        """
        if number not in self._reported:
            raise SyncError(f"no command {number!r}: {len(self._reported)} were sent")
        return self._reported[number]

    def hear(self, replies: Iterable[Message]) -> Iterator[dict[str, Any]]:
        """Note the plant's replies, and give the changes that it has now carried out.

        Also those that somebody else asked for, or this twin in an earlier life; what came late
        does not undo what is newer.
        """
        for reply in replies:
            if reply.id in self._heard:
                continue
            self._heard.add(reply.id)
            number, when = reply.data.get("command"), (reply.time, reply.sequence)
            if isinstance(number, int) and self._reported.get(number) == "sent":
                said = [reply.kind, str(reply.data.get("note", ""))]
                self._reported[number] = ": ".join(filter(None, said))
            if reply.kind == "changed":
                changes = reply.data.get("changes", {})
                fresh = [path for path in changes if self._newest.get(path, when) <= when]
                self._newest |= dict.fromkeys(fresh, when)
                yield {path: changes[path] for path in fresh}


def read_command(raw: bytes) -> dict[str, Any]:
    """Read a command as it travels.

    Raises:
        SyncError: it is none.

    >>> read_command(b'{"id": 0, "until": 12, "changes": {"shop.up_to": 90}}')["changes"]
    {'shop.up_to': 90}
    """
    try:
        command = json.loads(raw)
        json.dumps(command, allow_nan=False)
        number, until, changes = command["id"], command["until"], command["changes"]
    except (ValueError, TypeError, LookupError, RecursionError) as problem:
        raise SyncError(f"no command: {problem!r}") from None
    if not (isinstance(number, int) and isinstance(until, int) and isinstance(changes, dict)):
        raise SyncError("a command has a whole number as id and until, and changes by path")
    return {"id": number, "until": until, "changes": changes}
