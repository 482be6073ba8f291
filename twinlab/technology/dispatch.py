"""Dispatch: commands on their way to the plant, and what the plant says of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from twinlab.scope.errors import SyncError
from twinlab.technology.bus import Bus
from twinlab.technology.messages import Message


class Dispatch:
    """The sending end of a bus: every command has a number and is valid until a day.

    >>> dispatch = Dispatch(Bus())
    >>> dispatch.send({"shop.up_to": 90}, until=12), dispatch.reported(0)
    (0, 'sent')
    """

    def __init__(self, bus: Bus) -> None:
        """Nothing has been sent yet."""
        self.bus = bus
        self._changes: list[dict[str, Any]] = []
        self._reported: list[str] = []

    def send(self, changes: Mapping[str, Any], until: int) -> int:
        """Send a command: values by path, and until when it may still be carried out."""
        number = len(self._changes)
        plain = {k: v.item() if hasattr(v, "item") else v for k, v in changes.items()}
        self._changes.append(plain)
        self._reported.append("sent")
        command = {"id": number, "changes": plain, "until": until}
        self.bus.commands.append(json.dumps(command).encode())
        return number

    def reported(self, number: int) -> str:
        """What the plant says of a command: sent, changed, or refused with its reason.

        Raises:
            SyncError: there is no such command.
        """
        if not 0 <= number < len(self._changes):
            raise SyncError(f"no command {number!r}: {len(self._changes)} were sent")
        return self._reported[number]

    def hear(self, replies: Iterable[Message]) -> Iterator[dict[str, Any]]:
        """Note the plant's replies, and give the changes that it has now carried out."""
        for reply in replies:
            number = reply.data.get("command")
            if not isinstance(number, int) or not 0 <= number < len(self._changes):
                continue
            if self._reported[number] == "sent":
                said = [reply.kind, str(reply.data.get("note", ""))]
                self._reported[number] = ": ".join(filter(None, said))
                if reply.kind == "changed":
                    yield self._changes[number]
