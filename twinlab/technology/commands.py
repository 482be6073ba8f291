"""Commands: what a twin sends back to its plant, and what the plant answers.

A command has an id, the values it changes by path, and the last day on which it may be carried out.
It is sent again until it is answered; a plant carries out an id once, and answers a copy alike.
"""

import json
from collections.abc import Mapping
from typing import Any

from twinlab.scope import SyncError
from twinlab.technology.links import FileLink
from twinlab.technology.messages import Message, parse
from twinlab.technology.snapshot import is_value
from twinlab.technology.store import EventStore


class Dispatch:
    """The sending end of commands, and what has been reported of each; a store keeps both.

    >>> dispatch = Dispatch("anna", Bus(), EventStore())
    >>> dispatch.send({"shop.up_to": 90}, until=12), dispatch.reported(0)
    (0, 'sent')
    """

    def __init__(self, name: str, link: FileLink | None, store: EventStore) -> None:
        self.name, self.link, self.store = name, link, store
        kept = self.store.recall("commands", {"sent": [], "newest": {}})
        self.sent: list[list[Any]] = kept["sent"]  # text, until, day, report
        self._newest: dict[str, list[Any]] = kept["newest"]  # time, number, value

    def plain(self) -> dict[str, Any]:
        """Everything as plain values, for a store."""
        return {"sent": self.sent, "newest": self._newest}

    def send(self, changes: Mapping[str, Any], until: int, day: int = 0) -> int:
        """Send values by path on a day, valid until another; a SyncError if they cannot travel."""
        if self.link is None:
            raise SyncError("no link leads to the plant: give the twin one, such as a FileLink")
        number = len(self.sent)
        try:
            plain = {k: v.item() if hasattr(v, "item") else v for k, v in changes.items()}
            text = json.dumps({"id": f"{self.name}-{number}", "changes": plain, "until": until})
            read_command(text.encode())
        except (TypeError, ValueError, SyncError):
            raise SyncError(f"a command carries numbers and texts, got {changes!r}") from None
        self.sent.append([text, until, day, "sent"])
        self.store.keep("commands", self.plain())
        self.link.send([text.encode()], "commands")
        return number

    def again(self, day: int) -> None:
        """Send again what was sent on an earlier day, is not answered, and may still be done."""
        for command in self.sent:
            text, until, sent, report = command
            if report == "sent" and sent < day <= until and self.link is not None:
                command[2] = day
                self.link.send([text.encode()], "commands")

    def reported(self, number: int) -> str:
        """What the plant says of a command: sent, changed, or refused with its reason."""
        if not 0 <= number < len(self.sent):
            raise SyncError(f"no command {number!r}: {len(self.sent)} were sent")
        return str(self.sent[number][3])

    def hear(self, reply: Message) -> None:
        """Note a plant's reply, whoever asked; what came late does not undo what is newer."""
        for at, command in enumerate(self.sent):
            if command[3] == "sent" and reply.data.get("command") == f"{self.name}-{at}":
                command[3] = ": ".join(filter(None, [reply.kind, str(reply.data.get("note", ""))]))
        when = [reply.time, reply.sequence]
        for path, value in reply.data["changes"].items() if reply.kind == "changed" else ():
            if self._newest.get(path, when)[:2] <= when:
                self._newest[path] = [*when, value]

    @property
    def decisions(self) -> dict[str, Any]:
        """The newest value of every path that the plant reported to have changed."""
        return {path: value for path, (_, _, value) in self._newest.items()}


def read_command(raw: bytes) -> dict[str, Any]:
    """Read a command as it travels; a SyncError if it is none."""
    command = parse(raw)
    if not isinstance(command, dict):
        raise SyncError(f"no command: {command!r:.80}")
    name, until, changes = command.get("id"), command.get("until"), command.get("changes")
    if type(until) is not int or not isinstance(changes, dict) or type(name) not in (int, str):
        raise SyncError("a command has an id, a last day in until, and changes by path")
    for path, value in changes.items():
        if not is_value(value):
            raise SyncError(f"{path} becomes a number of at most 1e15 or a text: {value!r:.80}")
    return {"id": str(name)[:200], "until": until, "changes": changes}
