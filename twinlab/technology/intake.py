"""How letters get into a store: through a door, to new messages, copies and dead letters."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from twinlab.scope import Result, SyncError, TwinError
from twinlab.scope.columns import column
from twinlab.technology.database import Database
from twinlab.technology.messages import Door, Letter, Message, Refused

__all__ = ["Intake"]

MOST_KEY = 2_000  # bytes of source and id that an index of PostgreSQL can hold

_ADD = "INSERT INTO events {rows} ON CONFLICT DO NOTHING RETURNING source, id"
_BURY = """INSERT INTO dead_letters (digest, arrived, feed, origin, reason, raw) {rows}
    ON CONFLICT DO NOTHING RETURNING digest"""
_KNOWN = """SELECT raw, time, source, id FROM ({rows}) AS asked
    JOIN events ON source = column1 AND id = column2"""


@dataclass(frozen=True)
class Intake(Result):
    """What a delivery brought; ``fresh`` are its new messages, in the order in which they came.

    >>> Intake(3, 1, 0)
    new 3 messages · copies 1 messages · dead 0 messages · ignored 0 records
    """

    new: int = column("messages", meaning="that were not there yet")
    copies: int = column("messages", meaning="that were there already, also as dead letters")
    dead: int = column("messages", meaning="that are refused: dead letters")
    ignored: int = column("records", 0, "that no row of a mapping speaks of")
    fresh: tuple[Message, ...] = field(default=(), repr=False, compare=False)


class Delivery:
    """What a door finds in letters, on its way into a store."""

    def __init__(self, door: Door) -> None:
        """Nothing has been opened yet."""
        self.door, self.ignored = door, 0
        self.found: list[tuple[Message, bytes, Letter, str, float]] = []
        self.refused: list[tuple[str, bytes, Letter, str, float]] = []

    def open(self, letter: bytes, feed: str, day: float) -> None:
        """Look into a letter; whatever the door stumbles over, it is the letter that is refused."""
        place = (letter if isinstance(letter, Letter) else Letter(letter), feed, float(day))
        try:
            every = list(self.door(place[0], feed))
            said = [_settled(each) for each in every if not isinstance(each, Refused | None)]
        except Exception as problem:  # a MemoryError, too
            self.refused.append((_reason(problem), letter, *place))
            return
        self.found += [(message, raw, *place) for message, raw in said]
        if len(said) < len(every):
            self.refused += [(*each, *place) for each in every if isinstance(each, Refused)]
            self.ignored += every.count(None)

    def enter(self, base: Database, day: float) -> Intake:
        """Add what is new, count copies, and bury what is refused or claims another's place."""
        rows = [(m.source, m.id, m.place[2], m.time, day, raw) for m, raw, *_ in self.found]
        new, fresh, others = set(base.many(_ADD, rows)), [], []
        for each in self.found:
            key = (each[0].source, each[0].id)
            if key in new:
                new.remove(key)
                fresh.append(each[0])
            else:
                others.append((key, *each))
        asked = base.many(_KNOWN, [key for key, *_ in others])
        known = {tuple(key): (raw, time) for raw, time, *key in asked}
        copies = len(others)
        for key, message, raw, letter, feed, came in others:
            if key not in known or not _same(message, raw, *known[key]):
                self.refused.append((_taken(message), letter, letter, feed, came))
                copies -= 1
        again = bury(base, [dead(*each) for each in self.refused])
        refused = len(self.refused) - again
        return Intake(len(fresh), copies + again, refused, self.ignored, tuple(fresh))


def bury(base: Database, rows: list[tuple[Any, ...]]) -> int:
    """Keep dead letters, and count those that were there."""
    new = set(base.many(_BURY, rows))
    return sum((digest,) not in new for digest, *_ in rows)


def dead(reason: str, raw: bytes, letter: Letter, feed: str, day: float) -> tuple[Any, ...]:
    """A row for the table of dead letters; the same bytes from the same place are a copy."""
    feed, origin = storable(feed), storable(letter.origin)
    digest = sha256(f"{feed}\0{origin}\0".encode() + raw).hexdigest()
    return (digest, day, feed, origin, storable(reason), bytes(raw))


def storable(text: str) -> str:
    """A text that both databases can hold."""
    return text[:1000].encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def _settled(message: Message) -> tuple[Message, bytes]:
    """A message as it will be read again, and its bytes."""
    if len(f"{message.source}{message.id}".encode()) > MOST_KEY:
        raise SyncError(f"source and id have at most {MOST_KEY:,} bytes, got {message.id!r:.80}")
    if message.raw:
        return message, message.raw
    raw = message.encode()
    return Message.decode(raw), raw


def _same(message: Message, raw: bytes, there: bytes, time: int) -> bool:
    """Whether a message is what is there under its id; what was pruned is known by its time."""
    if not there:
        return message.time == time
    return there == raw or Message.decode(there) == message


def _reason(problem: Exception) -> str:
    try:
        said = str(problem)
    except Exception:  # a number of thousands of digits, for example
        said = "of what cannot be written down"
    return said if isinstance(problem, TwinError) else f"{type(problem).__name__}: {said}"


def _taken(message: Message) -> str:
    """Why a message is refused whose id or number another one has."""
    if message.sequence is None:
        which, remedy = f"id {message.id!r}", "whatever tells its messages apart belongs into an id"
    else:
        which = f"number {message.sequence}"
        remedy = "has the plant begun anew? then give the twin a new store"
    return f"{which} of {message.source!r} was another message: {remedy}"
