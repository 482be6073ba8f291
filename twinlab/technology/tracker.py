"""Tracker: the state of a plant, as the messages tell that have come; and what else they tell.

Messages tell less than a log: not when goods will arrive, nor how much of a batch will be good. The
fold fills in what the model expects, and corrects itself when goods arrive: a receipt names the
days on which its shipments left, or their reference, or else the oldest goods have come. New
messages extend the fold; a late one refolds it from the checkpoint before. Observations are theirs.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from typing import Any, NamedTuple

from twinlab.modeling.inference.bottlenecks import STOCK, Account, demands, flows
from twinlab.modeling.inference.drift import Observations
from twinlab.modeling.inference.foreseen import Assessment
from twinlab.modeling.inference.outages import Flow, Standstill, StockBelief, Told, covers
from twinlab.scope import Event, Scenario, SyncError
from twinlab.scope.entities import ItemKey, Recipe
from twinlab.scope.snapshot import from_plain, to_plain
from twinlab.scope.state import CHANGES, State, apply, taken, widen
from twinlab.technology.message_check import MessageCheck
from twinlab.technology.messages import DAY, Message

__all__ = ["Tracker", "observe"]

CHECKPOINTS = 12
# Kinds that change a state; the others are kept for whoever reads the store.
EFFECTS = CHANGES.keys() - {"closed", "disrupted", "recovered"}
ASSESSED = ("node", "product", "quantities", "error", "ref")
HANDLED = {"shipped", *STOCK}  # changes a stock
History = Callable[[int], Iterable[Message]] | None
Seen = Mapping[str, int] | None  # by node: before which day everything is known


class Unfoldable(SyncError):
    """A message passed every check and still cannot be folded."""

    def __init__(self, message: Message, problem: Exception) -> None:
        super().__init__(f"cannot be folded: {type(problem).__name__}: {problem}")
        self.message = message


class Books:
    """What is believed after some messages: state, references, counts, outages, flows, demand."""

    def __init__(self, state: State, plain: Mapping[str, Any] | None = None) -> None:
        self.state, kept = state, plain or {}
        # By lane and reference the days on which its shipments left.
        self.references = {(tuple(v), ref): d for v, ref, d in kept.get("refs", ())}
        self.counts = {tuple(k): StockBelief(*one) for k, one in kept.get("counts", ())}
        self.heard = {tuple(k): Told(*one) for k, one in kept.get("heard", ())}
        self.flows = {tuple(k): Standstill(*one) for k, one in kept.get("flows", ())}
        self.expected = {tuple(k): Assessment(*one) for k, one in kept.get("expected", ())}
        self.moved = defaultdict[Flow, float](float)  # units since the last morning

    def copy(self) -> "Books":
        """Books of their own, on a morning."""
        other = Books(self.state.copy())
        for name in ("references", "counts", "heard", "flows", "expected"):
            setattr(other, name, dict(getattr(self, name)))
        return other

    def plain(self) -> dict[str, Any]:
        """Everything as plain values, for a store."""
        refs = [[lane, ref, days] for (lane, ref), days in self.references.items()]
        tables: dict[str, Any] = {"counts": self.counts, "heard": self.heard, "flows": self.flows}
        tables["expected"] = {key: astuple(one) for key, one in self.expected.items()}
        rows = {name: list(table.items()) for name, table in tables.items()}
        return {"state": to_plain(self.state), "refs": refs, **rows}

    def read(self, message: Message, check: MessageCheck) -> None:
        """Let one message change what is believed."""
        kind = message.kind
        if kind == "opened":
            self.state, self.references = check.opening(message), {}
            for lane, goods in self.state.under_way.items():
                goods[:] = [
                    s._replace(due=s.left + check.travel[lane] if s.due is None else s.due)
                    for s in goods
                ]
        elif kind == "counted":
            self._count(check.event(message), float(message.data.get("error") or 0.0))
        elif kind == "forecast":
            said = {n: v for n, v in message.data.items() if n in ASSESSED and v is not None}
            one = Assessment(message.time // DAY, **said)
            self.expected[one.node, one.product, one.ref] = one
        if kind in ("disrupted", "recovered", "state"):
            self._hear(message, check)
        if kind in EFFECTS:
            event = self._expected(check.event(message), message, check)
            apply(self.state, event, check.model.network.made)
            self._note(event)
            if message.sequence is None and kind in ("shipped", "served"):
                claim = _lane(event) if kind == "shipped" else event.item
                # Who does not tell of orders cannot tell what is owed either.
                self.state.owed[claim] = max(0.0, self.state.owed[claim])

    def _count(self, event: Event, error: float) -> None:
        belief, books = self.counts.get(event.item, StockBelief()), self.state.on_hand
        belief, books[event.item] = belief.counted(books[event.item], event.quantity, error)
        self.counts[event.item] = belief

    def _hear(self, message: Message, check: MessageCheck) -> None:
        """An outage begins or ends; what it has stopped is believed to move again."""
        day, data = message.time // DAY, message.data
        place, told = check.flows.told(message.kind, day, data) or ((), None)
        if told is not None:
            self.heard[place] = told._replace(since=self.heard.get(place, told).since)
        elif place:
            self._recover(place)

    def _recover(self, place: Flow) -> None:
        self.heard.pop(place, None)
        for flow in [flow for flow in self.flows if covers(flow, place)]:
            self.flows[flow] = Standstill(rests=self.flows[flow].rests)

    def _note(self, event: Event) -> None:
        """Which flow has moved, and how much of an item that is counted was handled."""
        if event.kind in ("shipped", "served"):
            self.moved[_lane(event) if event.kind == "shipped" else event.item] += event.quantity
        elif event.kind == "started":
            self.moved[*event.item, "made"] += event.quantity
        if event.item in self.counts and event.kind in HANDLED:
            belief = self.counts[event.item]
            self.counts[event.item] = belief._replace(handled=belief.handled + event.quantity)

    def close(self, day: int, check: MessageCheck, seen: Seen) -> None:
        """A morning begins; references of goods that have arrived are forgotten."""
        if day == self.state.day + 1:
            found = check.flows.night(self.flows, self.state, self.moved, seen)
            for flow in [v for v in found if any(covers(v, place) for place in self.heard)]:
                found[flow] = self.flows.get(flow, Standstill())  # it rests for a reason
            self.flows = found
            for place in check.flows.over(self.heard, self.moved, self.state.day):
                self._recover(place)
        for item, belief in self.counts.items():
            stock = self.state.on_hand
            self.counts[item], stock[item] = belief.night(stock[item])
        self.state.day, self.moved = max(self.state.day, day), defaultdict(float)
        self.expected = {k: o for k, o in self.expected.items() if len(o.units) > day}
        away, every = self.state.under_way, self.references.items()
        kept = (key for key, left in every if any(goods.left in left for goods in away[key[0]]))
        self.references = {key: self.references[key] for key in kept}

    def _expected(self, event: Event, message: Message, check: MessageCheck) -> Event:
        """The event with what the model expects in place of what nobody told."""
        kind, day, ref = event.kind, event.day, message.data.get("ref")
        if kind == "ordered" and event.due is None:
            return event._replace(due=day)
        if kind in ("started", "finished"):
            return self._production(event, check.model.network.made[event.item], message)
        if kind == "shipped":
            lane = _lane(event)
            if ref is not None:
                self.references[lane, ref] = [*self.references.get((lane, ref), []), day]
            if event.due is None:
                return event._replace(due=day + check.travel[lane])
        if kind == "received":
            self._arrived(event, message)
        return event

    def _production(self, event: Event, recipe: Recipe, message: Message) -> Event:
        share = min(1.0, recipe.good_share.average)
        if event.kind == "started":
            due = event.day + recipe.production_time if event.due is None else event.due
            note = event.quantity * share if event.note is None else event.note
            return event._replace(due=due, note=note)
        begun = event.quantity / share if event.note is None else event.note
        if message.sequence is None:  # which lot it was is not told: the oldest
            self.state.lots[event.item] = taken(self.state.lots[event.item], begun, event.day)
        return event._replace(note=begun)

    def _arrived(self, event: Event, message: Message) -> None:
        """Of the goods under way, those arrive that the receipt names; all others go on."""
        lane = (event.partner, event.node, event.product, event.mode)
        goods, left = self.state.under_way[lane], message.data.get("left")
        if left is not None:
            for at, s in enumerate(goods):
                due = event.day if s.left in left else max(s.due, event.day + 1)
                if due != s.due:
                    goods[at] = s._replace(due=due)
            return
        named = self.references.get((lane, message.data.get("ref")), [])
        first = sorted(goods, key=lambda s: (s.left not in named, s.left))
        goods[:] = sorted(taken(first, event.quantity, event.day), key=lambda s: s.left)


def _lane(event: Event) -> tuple[str, str, str, str]:
    return (event.node, event.partner, event.product, event.mode)


class Checkpoint(NamedTuple):
    """What is believed before anything that happened at a time or after it."""

    time: int
    books: Books | None


class Tracker:
    """What is believed of a plant after some messages: ``state`` is the newest.

    ``morning`` is the one right after the last closed night, before anything of the day after it:
    whoever looks ahead starts there. ``nights``: units on hand by closed day and (node, product).

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, tracker = Plant(chain, bus, seed=1), Tracker(chain)
    >>> plant.advance(10)
    >>> tracker.fold(Message.decode(raw) for raw in bus.receive("anna"))
    >>> tracker.state.on_hand == plant.state.on_hand, tracker.morning.day
    (True, 10)
    """

    def __init__(self, model: Scenario) -> None:
        self.check = MessageCheck(model)
        self.nights: dict[int, dict[ItemKey, float]] = {}
        self._points = [Checkpoint(-(2**62), None)]
        self._seen: Seen = None
        self.restart()

    def restart(self) -> int:
        """Go back to the last checkpoint; its time is given."""
        point, network = self._points[-1], self.check.model.network
        self.books = Books(State.initial(network)) if point.books is None else point.books.copy()
        self.books.state = widen(self.books.state, network)
        self.morning = self.books.state.copy()
        self._tip: tuple[int, str, int, str] = (point.time, "", -1, "")
        self._night = -1  # closed, and its morning has not begun
        return point.time

    @property
    def state(self) -> State:
        """What is believed now."""
        return self.books.state

    @property
    def oldest(self) -> int:
        """The time before which nothing can be folded any more."""
        return self._points[0].time

    @property
    def first(self) -> State | None:
        """What there was before all messages, if some are gone."""
        books = self._points[0].books
        return None if books is None else books.state

    def follow_model(self, model: Scenario) -> None:
        """Read what comes by another model from now on."""
        if model is not self.check.model:
            self.check = MessageCheck(model)
            self.books.state = widen(self.state, model.network)
            self.morning = widen(self.morning, model.network)

    def fold(
        self, fresh: Iterable[Message], history: History = None, until: int = 0, seen: Seen = None
    ) -> None:
        """Let messages change the state, in the order of what happened; a SyncError if one cannot.

        ``history`` gives all messages from a time on, ``fresh`` ones too, for the case that one is
        late. Days before ``until`` (microseconds) are over, whether somebody said so or not.
        ``seen``: the day before which everything is known, by node; without it, everything is.
        """
        self._seen = seen
        for message in self._in_order(fresh, history):
            if 0 <= self._night < message.time // DAY:
                self._turn(self._night + 1)
            try:
                self.books.read(message, self.check)
            except Exception as problem:
                raise Unfoldable(message, problem) from problem
            self._tip = message.place
            if message.kind == "closed":
                self._night = message.time // DAY
            elif message.kind == "opened":
                self.morning = self.state.copy()
        over = max(self._night, until // DAY - 1)
        if over >= self.state.day or self._night >= 0:
            self._turn(over + 1)

    def _in_order(self, fresh: Iterable[Message], history: History) -> Iterable[Message]:
        """What is to be folded: from an older checkpoint on, if one of the messages is late."""
        messages = sorted(fresh, key=lambda message: message.place)
        if not messages or messages[0].place >= self._tip:
            return messages
        if history is None:
            raise SyncError("a message is late: give the history, such as store.messages")
        del self._points[max(0, self._newest(messages[0].time)) + 1 :]
        return list(history(self.restart()))

    def _newest(self, time: int) -> int:
        """The place of the newest checkpoint up to a time."""
        return bisect_right([point.time for point in self._points], time) - 1

    def _turn(self, day: int) -> None:
        """A morning begins: keep the state, and the stock of the night."""
        self._night = -1
        self.books.close(day, self.check, self._seen)
        kept = self.books.copy()
        self.morning = kept.state
        self.nights[day - 1] = dict(self.state.on_hand)
        self._points.append(Checkpoint(day * DAY, kept))
        if len(self._points) > CHECKPOINTS:
            # Least has to be folded again without this one; they are dense near today.
            days = [max(point.time // DAY, -1) for point in self._points]
            inner = range(1, len(days) - 1)
            worst = min(inner, key=lambda i: (days[i + 1] - days[i - 1]) / (day - days[i] + 1))
            del self._points[worst]

    # -- checkpoints that outlive a process --

    def plain(self, at: int = -1) -> dict[str, Any]:
        """A checkpoint as plain values: the newest."""
        time, books = self._points[at]
        books = books or Books(State.initial(self.check.model.network))
        return {"time": time, **books.plain()}

    def forget(self, before: int) -> dict[str, Any] | None:
        """Drop the checkpoints before the newest one up to a time, and give that, if there is."""
        at = self._newest(before)
        if at < 1:
            return None
        del self._points[:at]
        return self.plain(0)

    def resume(self, plain: dict[str, Any], only: bool) -> None:
        """Go on from a checkpoint; ``only`` if what was before is no longer in the store."""
        state = from_plain(plain["state"], self.check.model.network)
        before = [] if only else self._points[:1]
        self._points = [*before, Checkpoint(plain["time"], Books(state, plain))]
        self.restart()


READ = {"demanded", "ordered", "withdrawn", "accepted", "started", "shipped", *STOCK}
READ |= {"counted", "disrupted", "recovered", "state"}


def observe(
    messages: Iterable[Message], model: Scenario, start: State | None = None
) -> list[Observations]:
    """Collect what messages tell of the model's columns, each in its unit.

    Demands and shares of suppliers by day; lead times; yields by batch; units on nights on which
    work was left and components for it at hand; days from an order until its goods left, if they
    were there. Demand leaves out days with a message missing; the last three say nothing of a node
    once one is missing, nor while an outage is told. ``start``: what was there before the messages.

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
