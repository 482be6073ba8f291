"""Messages: how events travel from the systems of a plant to its twin.

Every message is a CloudEvents 1.0 envelope in JSON (CNCF 2019). A source that numbers its messages
in ``sequence`` lets a receiver see gaps; one that does not is *unnumbered*.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from twinlab.scope.errors import SyncError
from twinlab.scope.snapshot import parse, plain

__all__ = ["Letter", "Message", "read"]

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)  # the morning of day 0
DAY = 86_400_000_000  # microseconds

_TOLD_BY = {  # which system tells of which kinds of events; sys is the link itself
    "erp": "ordered withdrawn accepted decided remembered",
    "wms": "shipped received served counted",
    "mes": "consumed started finished scrapped state maintained worked",
    "crm": "demanded lost complained forecast",
    "qms": "inspected faulted",
    "plm": "revised",
    "iot": "disrupted recovered sensed energy",
    "sys": "opened closed changed refused done failed gone heard",
}
SYSTEMS = {kind: system for system, kinds in _TOLD_BY.items() for kind in kinds.split()}
TYPES = {kind: f"{system}.{kind}.v1" for kind, system in SYSTEMS.items()}
_KINDS = {name: kind for kind, name in TYPES.items()}
_TEXT = re.compile("[^\0\ud800-\udfff]+")  # no half characters
_NUMBER = re.compile("[0-9]{1,15}")


class Letter(bytes):
    """Bytes that came, and their ``origin``: a topic, a file and its row, a table and its key.

    Those of a message that was written here bear a ``stamp``: its source, number and time.

    >>> Letter(b"{}", "orders.csv row 17").origin
    'orders.csv row 17'
    """

    origin = ""
    stamp: tuple[str, int | None, int] | None = None

    def __new__(cls, raw: bytes, origin: str = "") -> "Letter":
        """Give bytes their origin."""
        letter = super().__new__(cls, raw)
        letter.origin = origin
        return letter


@dataclass(frozen=True)
class Message:
    """One event on its way; ``time`` counts microseconds since the morning of day 0.

    Messages of one source and ``id`` are copies of each other. An id that is not given is made from
    source and sequence. ``raw`` are the bytes that it was read from, if from its own alone.

    >>> told = Message("/shop/wms", 3, "wms.served.v1", 5, {"day": 0, "quantity": 4.0})
    >>> Message.decode(told.encode()) == told
    True
    >>> told.id == Message("/shop/wms", 3, "wms.served.v1", 9, {}).id
    True
    """

    source: str
    sequence: int | None
    type: str
    time: int
    data: Mapping[str, Any]
    id: str = ""
    raw: bytes = field(default=b"", init=False, repr=False, compare=False)
    # What happened: the middle part of the type.
    kind: str = field(init=False, repr=False, compare=False)
    # Where it stands among others: time, source, sequence and id.
    place: tuple[int, str, int, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        mine, number = vars(self), -1 if self.sequence is None else self.sequence
        if not self.id:
            if self.sequence is None:
                raise SyncError(f"a message of {self.source!r} has neither an id nor a sequence")
            mine["id"] = str(number)
        mine["kind"] = _KINDS.get(self.type) or self.type.partition(".")[2].partition(".")[0]
        mine["place"] = (self.time, self.source, number, self.id)

    def encode(self) -> Letter:
        """The message as it travels, in JSON."""
        return written(self.source, self.sequence, self.type, self.time, self.data, self.id)

    @classmethod
    def decode(cls, raw: bytes) -> "Message":
        """Read a message; a SyncError says why something is none."""
        return cls.of(parse(raw), raw)

    @staticmethod
    def data_of(found: dict[str, Any]) -> Any:
        """The data of an envelope; those of a producer that sends bytes are JSON in base64."""
        with suppress(LookupError, ValueError, TypeError, SyncError):
            return parse(b64decode(found["data_base64"], validate=True))
        return found.get("data")

    @classmethod
    def of(cls, found: Any, raw: bytes = b"") -> "Message":
        """Read an envelope, and keep its bytes; a SyncError says why something is none."""
        if not isinstance(found, dict) or found.get("specversion") != "1.0":
            raise SyncError("no CloudEvents 1.0 envelope: specversion is missing or another")
        data, number, kind = cls.data_of(found), found.get("sequence"), found.get("type")
        if not isinstance(data, dict):
            raise SyncError(f"data is a table of names and values, got {data!r:.80}")
        if number is not None and not _NUMBER.fullmatch(str(number)):
            raise SyncError(f"sequence is a whole number, got {number!r:.80}")
        if str(kind) not in _KINDS:
            raise SyncError(f"no message has type {kind!r:.80}: a mapping can read other ones")
        source, name, told = _text(found, "source"), _text(found, "id"), found.get("time")
        try:
            since = datetime.fromisoformat(str(told).upper()) - DAY_ZERO
        except (ValueError, TypeError, OverflowError):
            raise SyncError(f"time is a moment with its zone, got {told!r:.80}") from None
        sequence, time = None if number is None else int(number), since // timedelta.resolution
        message = cls(source, sequence, str(kind), time, data, name)
        vars(message)["raw"] = bytes(raw)
        return message


class Refused(NamedTuple):
    """What a door refuses, and why."""

    reason: str
    raw: bytes


# What is in a letter of a feed: messages, what is refused, None for what nobody asked to read.
Door = Callable[[bytes, str], Iterable[Message | Refused | None]]


def read(letter: bytes, feed: str = "") -> Iterator[Message | Refused]:
    """Give the messages of a letter: one, or those of a batch; a SyncError if it is no JSON.

    >>> told = Message("/shop/wms", 3, "wms.served.v1", 5, {}).encode()
    >>> len(list(read(b"[" + told + b"," + told + b"]")))
    2
    """
    alone = letter if letter[:1] == b"{" else b""
    for found in records(letter):
        try:
            yield Message.of(found, alone)
        except SyncError as problem:
            yield Refused(str(problem), json.dumps(found).encode())


def records(letter: bytes) -> list[Any]:
    """The records of a letter: those of a batch, or its one; a SyncError if it is no JSON."""
    found = parse(letter)
    return found if isinstance(found, list) else [found]


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not _TEXT.fullmatch(value) or len(value.encode()) > 1000:
        rule = "a text of up to 1,000 bytes without signs that no file can hold"
        raise SyncError(f"{name} is {rule}, got {value!r:.80}")
    return value


def written(
    source: str, sequence: int | None, kind: str, time: int, data: Any, name: str = ""
) -> Letter:
    """A message as it travels; ``kind`` is its whole type, its id its number if it has no name."""
    moment = DAY_ZERO + timedelta(microseconds=time)
    head = {"specversion": "1.0", "id": name or str(sequence), "source": source, "type": kind}
    envelope = {**head, "time": moment.isoformat(), "data": data}
    if sequence is not None:
        envelope["sequence"] = str(sequence)
    letter = Letter(_WRITER.encode(envelope).encode())
    letter.stamp = source, sequence, time
    return letter


# Made once: json.dumps would make its own anew for every message.
_WRITER = json.JSONEncoder(allow_nan=False, default=plain)
