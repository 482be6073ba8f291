"""Observations: what messages tell of the columns of a model."""

from collections import defaultdict
from collections.abc import Iterable

from twinlab.modeling.inference.bottlenecks import STOCK, Account, demands, flows
from twinlab.modeling.inference.drift import Observations
from twinlab.modeling.inference.outages import Flow
from twinlab.scope import Scenario, State
from twinlab.technology.message_check import MessageCheck
from twinlab.technology.messages import DAY, Message

__all__ = ["observe"]

READ = {"demanded", "ordered", "accepted", "started", "shipped", *STOCK}
READ |= {"counted", "disrupted", "recovered", "state"}


def observe(
    messages: Iterable[Message], model: Scenario, start: State | None = None
) -> list[Observations]:
    """Collect what messages tell of the model's columns, each in its unit.

    Demands and shares of suppliers by day; lead times; yields by batch; units on nights on which
    work was left and components for it at hand; days from an order until its goods left, if they
    were there. Demand leaves out days with a message missing; the last three say nothing of a node
    once one is missing, until it comes, nor while an outage is told. ``start``: what was there
    before the messages, if any are gone.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant = Plant(chain, bus, seed=1)
    >>> plant.advance(10)
    >>> messages = [Message.decode(raw) for raw in bus.receive("anna")]
    >>> [(seen.path, len(seen.values)) for seen in observe(messages, chain)]
    [('shop/unit.pattern', 10), ('mine->shop.lead_time', 9), ('mine->shop.order_delay', 10)]
    """
    listener = Listener(model, start)
    for message in messages:
        listener.read(message)
    listener.end_day(over=False)
    return [*demands(listener.account, listener.whole), *flows(listener.account, model)]


class Listener:
    """Reads messages into an account, and knows the nights on which none is missing."""

    def __init__(self, model: Scenario, start: State | None) -> None:
        self.check, network = MessageCheck(model), model.network
        self.account = Account(network, start or State.initial(network))
        self.rows = self.account.rows
        self.whole = defaultdict[str, list[int]](list)  # days by source
        self.sources, self.down = defaultdict[str, set[str]](set), set[Flow]()  # by node; outages
        self.next, self.holes = dict[str, int](), set[str]()  # sequences by source; sources
        # Of sources, too; the first that one of them says has the number 0.
        self.day, self.gaps, self.closed, self.first = -1, set[str](), set[str](), start is None

    def read(self, message: Message) -> None:
        """Hear a message, in the order of what happened."""
        source, kind, day = message.source, message.kind, message.time // DAY
        if day != self.day:
            self.end_day(over=True)
            self.day, self.gaps, self.closed = day, set(), set()
        if kind == "opened":
            self.account.begin(self.check.opening(message))
            self.next, self.holes, self.first = {}, set(), message.sequence == 0
        self._hear(source, message.sequence)
        if kind == "closed":
            self.closed.add(source)
            self.sources[source.split("/")[1]].add(source)
        elif kind == "changed" and any("sourcing" in path for path in message.data["changes"]):
            for lane in self.account.lanes:
                self.rows["sourcing_share", lane].clear()
        elif kind in READ:
            self._note(message)

    def _hear(self, source: str, number: int | None) -> None:
        if number is not None:
            if number != self.next.get(source, 0 if self.first else number):
                self.gaps.add(source)
            self.next[source] = number + 1

    def _note(self, message: Message) -> None:
        event, data = self.check.event(message), message.data
        self.sources[event.node].add(message.source)
        if event.kind == "counted":
            self.account.state.on_hand[event.item] = event.quantity
        elif event.kind in ("disrupted", "recovered", "state"):
            place, told = self.check.flows.told(event.kind, event.day, data) or (("",), None)
            (self.down.add if told else self.down.discard)(place)
        elif event.kind == "demanded":
            self.rows["pattern", event.item].append((event.day, event.quantity))
        else:
            if event.kind == "received":
                lane = (event.partner, event.node, event.product, event.mode)
                days = ((event.day, float(event.day - left)) for left in data.get("left") or ())
                self.rows["lead_time", lane].extend(days)
            self.account.read(event)

    def end_day(self, over: bool) -> None:
        """A day ends; ``over``: somebody speaks of a later one already."""
        fine = self.closed - self.gaps
        self.holes |= self.next.keys() - fine
        for source in fine:
            self.whole[source].append(self.day)
        known, closed = set[str](), {place[0] for place in self.down}
        for node, told in self.sources.items():
            if node not in closed and not told & self.holes and (over or told <= self.closed):
                known.add(node)
        self.account.end_day(self.day, known, closed)
