"""Synchronisation: what a twin believes of its plant is the fold of the messages that have come.

Messages tell less than a log: when goods under way will arrive and how much of a started batch will
be good is not known yet. The fold fills in what the twin's model expects, and corrects itself when
the goods arrive: a receipt names the days on which its shipments left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import SyncError
from twinlab.scope.log import Event
from twinlab.scope.network import Network
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State, happen
from twinlab.technology.messages import Message, event_of
from twinlab.technology.snapshot import from_plain


@dataclass
class Belief:
    """What is believed after some messages.

    ``closed`` maps a closed day to how many messages every source had sent by that night; ``stock``
    the units on hand every night, by (node, product); ``replies`` the plant's answers to commands.
    ``closing`` is the state right after the last closed night, before anything of the day after it.
    """

    state: State
    closing: State | None = None
    closed: dict[int, dict[str, int]] = field(default_factory=dict)
    stock: dict[int, dict[ItemKey, float]] = field(default_factory=dict)
    replies: list[Message] = field(default_factory=list)


def believe(
    messages: Iterable[Message], model: Scenario, start: State | None = None, trust: float = 0.0
) -> Belief:
    """Fold messages, in the order in which things happened, over a start state.

    ``trust`` is how much of the difference between a count and the books is corrected (0: counts
    are ignored; 1: the count is right).

    Raises:
        SyncError: a message cannot be folded.
    """
    network = model.network
    belief = Belief(start.copy() if start is not None else State.initial(network))
    reader = _Reader(belief, model, trust)
    for message in messages:
        reader.read(message)
    return belief


def check(message: Message, network: Network) -> None:
    """See that a message can be folded: whatever passes here cannot stop the fold later.

    Raises:
        SyncError: it cannot, and why.
    """
    event_of(message, network)
    last, left = message.data.get("last", {}), message.data.get("left", [])
    if message.kind == "closed" and not (
        isinstance(last, dict) and all(isinstance(count, int) for count in last.values())
    ):
        raise SyncError(f"last says how many messages every source has sent, got {last!r}")
    if not (isinstance(left, list) and all(isinstance(day, int) for day in left)):
        raise SyncError(f"left is a list of days, got {left!r}")
    if message.kind == "opened":
        from_plain(message.data.get("state")).check(network)


class _Reader:
    """Reads messages one after the other into a belief."""

    def __init__(self, belief: Belief, model: Scenario, trust: float) -> None:
        self.belief, self.trust, self.network = belief, trust, model.network
        self.lanes = {lane.key: lane for lane in self.network.lanes}
        self.recipes = {(r.node, r.product): r for r in self.network.recipes}

    def read(self, message: Message) -> None:
        """Let one message change the belief."""
        belief, kind = self.belief, message.kind
        if kind == "opened":
            belief.state = self._opening(message)
        elif kind in ("changed", "refused"):
            belief.replies.append(message)
        elif kind == "counted":
            event = event_of(message, self.network)
            books = belief.state.on_hand
            item = (event.node, event.product)
            books[item] += self.trust * (event.quantity - books[item])
        else:
            event = self._expected(event_of(message, self.network), message)
            happen(belief.state, event, self.recipes)
            if kind == "closed":
                belief.closed[event.day] = dict(message.data.get("last", {}))
                belief.stock[event.day] = dict(belief.state.on_hand)
                belief.closing = belief.state.copy()

    def _opening(self, message: Message) -> State:
        """What the plant held when it opened, with expected arrivals where it does not say."""
        state = from_plain(message.data.get("state"))
        for key, goods in state.under_way.items():
            state.under_way[key] = [
                s if s.due is not None else s._replace(due=self._arrival(key, s.left))
                for s in goods
            ]
        return state

    def _arrival(self, lane: Any, left: int) -> int:
        return left + round(self.lanes[lane].lead_time.average)

    def _expected(self, event: Event, message: Message) -> Event:
        """The event with what the model expects in place of what nobody told."""
        if event.kind == "shipped" and event.due is None:
            lane = (event.node, event.partner, event.product, event.mode)
            return event._replace(due=max(event.day, self._arrival(lane, event.day)))
        if event.kind == "started" and event.note is None:
            share = self.recipes[event.node, event.product].good_share.average
            return event._replace(note=event.quantity * min(1.0, share))
        if event.kind == "received":
            self._arrived(event, message.data.get("left", ()))
        return event

    def _arrived(self, event: Event, left: Any) -> None:
        """Of the goods under way, those arrive that the receipt names; all others go on."""
        lane = (event.partner, event.node, event.product, event.mode)
        under_way = self.belief.state.under_way
        under_way[lane] = [
            s._replace(due=event.day if s.left in left else max(s.due, event.day + 1))
            for s in under_way[lane]
        ]


def present(state: State) -> State:
    """A state to start a forecast from: no stock below zero, nothing that was due before today.

    While messages are missing the books may say what cannot be.
    """
    fine = state.copy()
    for table in (fine.on_hand, fine.owed, fine.on_order, fine.in_transit, fine.to_make):
        for key, units in table.items():
            table[key] = max(0.0, units)  # type: ignore[index]
    for goods in fine.under_way.values():
        goods[:] = [s._replace(due=max(s.due, fine.day)) for s in goods]
    for batches in fine.batches.values():
        batches[:] = [b for b in batches if b.due >= fine.day]
    return fine
