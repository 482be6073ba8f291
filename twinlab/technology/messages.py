"""Messages: how events travel from the systems of a plant to its twin.

Every message is a CloudEvents 1.0 envelope in JSON (CNCF 2019): an ``id`` that is the same for
every copy, its ``source`` (a system of a node), a ``type`` such as ``wms.shipped.v1``, its ``time``
and a ``sequence`` per source, so that a receiver can tell duplicates, order and gaps.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from twinlab.scope.errors import SyncError

__all__ = ["Message"]

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)  # the morning of day 0
DAY = 86_400_000_000  # microseconds
MOST_BYTES = 1_000_000

# Which system of a node tells of which kind of event: order books (ERP), warehouse (WMS),
# production (MES), customers (CRM), sensors (IoT), and the link itself.
_TOLD_BY = {
    "erp": "ordered accepted decided remembered",
    "wms": "shipped received served",
    "mes": "consumed started finished",
    "crm": "demanded lost",
    "iot": "disrupted recovered counted",
    "sys": "opened closed changed refused",
}
SYSTEMS = {kind: system for system, kinds in _TOLD_BY.items() for kind in kinds.split()}
_NAMESPACE = uuid5(NAMESPACE_URL, "twinlab")


@dataclass(frozen=True)
class Message:
    """One event on its way; ``time`` counts microseconds since the morning of day 0.

    >>> told = Message("/shop/wms", 3, "wms.served.v1", 5, {"day": 0, "quantity": 4.0})
    >>> Message.decode(told.encode()) == told
    True
    >>> told.id == Message("/shop/wms", 3, "wms.served.v1", 9, {}).id
    True
    """

    source: str
    sequence: int
    type: str
    time: int
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The same for every copy: made from source and sequence."""
        return f"urn:uuid:{uuid5(_NAMESPACE, f'{self.source}|{self.sequence}')}"

    @property
    def kind(self) -> str:
        """What happened: the middle part of the type."""
        return self.type.split(".")[1]

    def encode(self) -> bytes:
        """The message as it travels, in JSON."""
        envelope = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": (DAY_ZERO + timedelta(microseconds=self.time)).isoformat(),
            "sequence": str(self.sequence),
            "data": self.data,
        }
        return json.dumps(envelope, allow_nan=False, default=_plain).encode()

    @classmethod
    def decode(cls, raw: bytes) -> "Message":
        """Read a message.

        Raises:
            SyncError: it is no message, and why.
        """
        if len(raw) > MOST_BYTES:
            raise SyncError(f"{len(raw):,} bytes; a message has at most {MOST_BYTES:,}")
        try:
            found = json.loads(raw, parse_constant=_refuse)
        except (ValueError, RecursionError) as problem:
            raise SyncError(f"no JSON: {problem}") from None
        if not isinstance(found, dict) or found.get("specversion") != "1.0":
            raise SyncError("no CloudEvents 1.0 envelope: specversion is missing or another")
        data: Any = found.get("data")
        if not isinstance(data, dict):
            raise SyncError(f"data is a table of names and values, got {data!r}")
        message = cls(
            _text(found, "source"), _sequence(found), _text(found, "type"), _time(found), data
        )
        if found.get("id") != message.id:
            raise SyncError(f"id {found.get('id')!r} is not that of source and sequence")
        system, _, version = message.type.partition(".")[0], "", message.type.rpartition(".")[2]
        if message.type.count(".") != 2 or version != "v1" or SYSTEMS.get(message.kind) != system:
            raise SyncError(f"no message has type {message.type!r} here: see technology.messages")
        return message


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise SyncError(f"{name} is a text, got {value!r}")
    try:
        value.encode()
    except UnicodeEncodeError:  # half a character, which neither a file nor an id can hold
        raise SyncError(f"{name} is a text, got {value!r}") from None
    return value


def _sequence(found: dict[str, Any]) -> int:
    value = str(found.get("sequence", ""))
    if not (value.isdecimal() and len(value) < 16):
        raise SyncError(f"sequence is a whole number, got {found.get('sequence')!r}")
    return int(value)


def _time(found: dict[str, Any]) -> int:
    try:
        moment = datetime.fromisoformat(_text(found, "time"))
        return round((moment - DAY_ZERO) / timedelta(microseconds=1))
    except (ValueError, TypeError, OverflowError):
        raise SyncError(f"time is a moment with its zone, got {found.get('time')!r}") from None


def _plain(value: Any) -> Any:
    """A number of NumPy's as a plain one."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise SyncError(f"a message cannot carry {value!r}")


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")
