"""Commands to a plant: numbered, valid until a day, and what the plant says of them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from twinlab.scope.errors import SyncError
from twinlab.technology.links import FileLink
from twinlab.technology.messages import Message


class Dispatch:
    """The twin's end of a link: every command has a number and is valid until a day.

    >>> dispatch = Dispatch(Bus())
    >>> dispatch.send({"shop.up_to": 90}, until=12), dispatch.reported(0)
    (0, 'sent')
    """

    def __init__(self, bus: FileLink) -> None:
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
            number = self.bus.recall("commanded") or 0
            command = {"id": number, "changes": plain, "until": until}
            raw = json.dumps(command, allow_nan=False).encode()
        except (TypeError, ValueError):
            raise SyncError(f"a command carries numbers and texts, got {changes!r}") from None
        self._reported[number] = "sent"
        self.bus.send([raw], "commands", {"commanded": number + 1})
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
