"""The bus between a plant and its twin: in this process, on simulated time, as bad as you like."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from twinlab.scope.chance import Constant, Distribution
from twinlab.scope.columns import Row, column
from twinlab.technology.messages import Message


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
        self._luck = np.random.default_rng(seed)
        self._under_way: list[tuple[float, int, bytes]] = []
        self._outbox: dict[tuple[str, int], bytes] = {}
        self._count = 0

    def publish(self, message: Message) -> None:
        """Send a message on its way."""
        raw = message.encode()
        self._outbox[message.source, message.sequence] = raw
        self.carry(raw)

    def carry(self, raw: bytes) -> None:
        """Carry bytes to the other end, or lose them, as the link has it."""
        lost, twice, late, much = self._luck.random(4)
        delays = self.link.delay.draw(self._luck, np.ones(2), 1).ravel()
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
