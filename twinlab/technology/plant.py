"""The plant: a make-believe reality with hidden parameters that tells events and obeys orders.

A twin never sees a plant, only what a company's systems tell: that goods left, not when they will
arrive; how much was started, not how much will be good.

On a durable link a plant outlives its process: the link keeps, with the messages of a day, what it
was ordered and what it answered. Opened again, it relives its luck in silence, and goes on.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Any
from zlib import crc32

import numpy as np

from twinlab.modeling.inference.foreseen import Assessment, ask_more
from twinlab.modeling.simulation.history import History
from twinlab.modeling.simulation.random_streams import left_of
from twinlab.modeling.simulation.run import Run
from twinlab.organization.orders import Expedite, Maintain, Order, Rights, Values
from twinlab.scope import Scenario, ScenarioError, State, SyncError, TwinError
from twinlab.scope.columns import Row, column
from twinlab.scope.log import NAMES, Event, EventRow, told
from twinlab.scope.snapshot import pack, to_plain
from twinlab.technology.desk import order_in
from twinlab.technology.links import FileLink
from twinlab.technology.message_check import HEADQUARTERS
from twinlab.technology.messages import DAY, SYSTEMS, TYPES, written
from twinlab.technology.seals import unseal

__all__ = ["Plant", "Sensors"]

MOST_A_DAY = 10  # orders of one signer that are obeyed
OPEN_ANEW = "open anew"  # a letter to itself: somebody has missed the opening


class Sensors(Row, frozen=True):
    """What a plant's systems can tell.

    >>> Sensors(tracking=True)
    Sensors(tracking=True, counting=False, count_error=0.0, reporting=True, ...)
    """

    tracking: bool = column("yes/no", False, "arrivals and yields are known from the beginning")
    counting: bool = column("yes/no", False, "every night sensors count the stock")
    count_error: float = column("share", 0.0, "standard deviation of a count", low=0, high=1)
    reporting: bool = column("yes/no", True, "outages are told of when they begin and end")
    foretelling: bool = column("yes/no", False, "with an outage, its end is told")
    shrinkage: float = column(
        "share/day", 0.0, "stock that vanishes each night, and no system knows", low=0, high=1
    )
    assessments: tuple[Assessment, ...] = ()  # told on the morning of their day


class Voice:
    """The systems of a plant: they tell of all that happens in a history, numbered by source."""

    def __init__(self, history: History, sensors: Sensors, seed: int) -> None:
        self.history, self.sensors = history, sensors
        history.listener = self._tell
        self.silent = False  # while it tells what has been told
        self.said: list[bytes] = []
        self._day, self._told = -1, 0  # and how many events of it
        self._ordered = len(history.plan.scenario.disruptions)  # those after them are orders
        self._eyes = np.random.default_rng([seed, 1])
        # Without news a customer service closes its day, too.
        customers = (f"/{d.node}/crm" for d in history.plan.scenario.network.demands)
        self._sequences = dict.fromkeys(customers, 0)  # the next number of every source
        ask_more(history.plan.scenario, sensors.assessments)  # somebody does ask there

    def open(self, clock: tuple[float, float] | None) -> None:
        """Say what the plant holds, and how its days pass (when day 0 began, seconds a day)."""
        opening, day = self.history.state.copy(), self.history.state.day
        opening.tracked = self.sensors.tracking
        said: dict[str, Any] = {"state": to_plain(opening)}
        for _, goods in said["state"]["under_way"] if not opening.tracked else ():
            goods[:] = [shipment._replace(due=None) for shipment in goods]
        if clock is not None:
            said["zero"], said["pace"] = clock
        self.send(HEADQUARTERS, "opened", day * DAY, said)
        since_before = self._struck(day).keys() & self._struck(day - 1).keys()
        for what, node, product, partner, mode in sorted(since_before):
            self._day, self._told = day, -1  # this very morning
            self._tell((day, "disrupted", node, product, 0.0, partner, mode, None, what))
        self.assess()

    def assess(self, since: int = 0) -> None:
        """Say on a morning what was assessed on a day or later, of days to come."""
        day = self.history.state.day
        for one in sorted(self.sensors.assessments, key=lambda one: one.day):
            if since <= one.day <= day and (left := one.quantities[day - one.day :]):
                said: dict[str, Any] = {"node": one.node, "product": one.product}
                said |= {"quantities": list(left), "error": one.error, "ref": one.ref}
                self.send(f"/{one.node}/crm", "forecast", day * DAY, said)

    def rest(self, until: int, clock: tuple[float, float] | None) -> None:
        """Some days of which the systems tell nothing but how they end."""
        self.history.listener = None
        self.history.live(until)
        self.history.listener = self._tell
        self.open(clock)

    def _tell(self, row: EventRow) -> None:
        """Tell of an event, before it changes the true state."""
        # A microsecond after the morning: the opening comes before all that happens on its day.
        self._told = 1 if row[0] != self._day else self._told + 1
        event, self._day = told(row), row[0]
        if event.kind == "remembered" and not event.product:
            return  # nobody sees a line as it stands
        if event.kind in ("disrupted", "recovered"):
            if not self.sensors.reporting:
                return
            if "loss" in self._outage(event):  # what ends may not be all that strikes there
                event = event._replace(kind="disrupted")
        at = self._day * DAY + self._told
        if event.kind == "closed":
            self._count(at)
            for source, number in list(self._sequences.items()):
                self.send(source, "closed", self._day * DAY + DAY - 1, {"count": number + 1})
        else:
            names = NAMES.get(event.kind, {})
            said = ((n, v) for n, v in event._asdict().items() if n not in ("kind", "day", "note"))
            data = {names.get(n, n): value for n, value in said if value not in ("", None)}
            source = f"/{event.node}/{SYSTEMS[event.kind]}"
            self.send(source, event.kind, at, data | self._known(event))

    def _known(self, event: Event) -> dict[str, Any]:
        """What the systems know of an event, in place of what only the plant knows."""
        if event.kind == "received":
            lane = (event.partner, event.node, event.product, event.mode)
            there = self.history.state.under_way[lane]
            return {"left": [s.left for s in there if s.due <= event.day]}
        if event.kind == "remembered":
            return {"memory": pack(event.note)}
        if event.kind == "disrupted":
            return self._outage(event)
        if event.kind in ("shipped", "started") and not self.sensors.tracking:
            return {"due": None} if event.kind == "shipped" else {}
        named = NAMES.get(event.kind, {}).get("note", "note")
        return {} if event.note is None else {named: event.note}

    def _struck(self, day: int) -> dict[tuple[str, ...], list[tuple[float, float, int]]]:
        """By kind and place what strikes on a day: loss, end and number of each disruption."""
        rows, found = self.history.plan.scenario.disruptions, defaultdict[Any, list[Any]](list)
        for at, (row, active) in enumerate(zip(rows, self.history.draws.active, strict=True)):
            if 0 <= day < len(active) and active[day]:
                names = ("source", "node", "product", "destination", "mode")
                source, node, *rest = (getattr(row, name, "") for name in names)
                end = next((d for d in range(day, len(active)) if not active[d]), inf)
                place = (type(row).__name__, node or source, *rest)
                found[place].append((getattr(row, "loss", 0.0), end, at))
        return found

    def _outage(self, event: Event) -> dict[str, Any]:
        """What is lost at a place from now on, and until when: the worst, if several strike."""
        place = (event.note, event.node, event.product, event.partner, event.mode)
        said, found = {"what": event.note}, self._struck(event.day).get(place)
        if not found:
            return said
        _, end, at = max(found)
        struck = self.history.plan.scenario.disruptions[at]
        how = next((n for n in ("stock_ships", "holds_transit") if getattr(struck, n, False)), None)
        said |= {"loss": getattr(struck, "loss", None), "note": how}
        known = self.sensors.foretelling or at >= self._ordered
        return said | ({"expected_end": end} if known and end < inf else {})

    def _count(self, at: int) -> None:
        """Sensors count what is in stock, as well as they can."""
        stock = self.history.state.on_hand if self.sensors.counting else {}
        for (node, product), units in stock.items():
            seen = max(0.0, units * (1 + self.sensors.count_error * self._eyes.standard_normal()))
            data = {"node": node, "product": product, "quantity": seen}
            data["error"] = self.sensors.count_error * seen
            self.send(f"/{node}/{SYSTEMS['counted']}", "counted", at, data)

    def send(self, source: str, kind: str, at: int, data: dict[str, Any]) -> None:
        """Say something at a time, unless it has been said."""
        sequence = self._sequences.get(source, 0)
        self._sequences[source] = sequence + 1
        if not self.silent:
            data = {"day": at // DAY} | data
            self.said.append(written(source, sequence, TYPES[kind], at, data))


class OrderBook:
    """What a plant was ordered: judged when it comes, begun once, and done on its day."""

    def __init__(self, voice: Voice, rights: Rights, key_of: Callable[[str], bytes | None]) -> None:
        self.voice, self.history, self._rights, self._key_of = voice, voice.history, rights, key_of
        self._answered = dict[str, Any]()  # by signer and id
        self._versions, self._obeyed = Counter[str](), Counter[tuple[str, int]]()
        self._begun = list[tuple[Order, int, Values]]()  # the day on which each is done

    def act(self, letter: Any) -> dict[str, Any]:
        """Judge a letter, or do again what was done about it, and answer."""
        day = self.history.state.day
        act = self._judge(letter, day) if isinstance(letter, bytes) else letter
        if act is letter and act["begins"]:
            self._begin(order_in(act["text"]), day)
        self._answered[act["key"]] = act
        self.voice.send(HEADQUARTERS, act["kind"], day * DAY, act["said"])
        return {**act}

    def _judge(self, raw: bytes, day: int) -> dict[str, Any]:
        """Begin an order, or refuse it with a reason; a copy gets the same answer."""
        act: dict[str, Any] = {"key": "", "text": "", "begins": False, "kind": "refused"}
        said: dict[str, Any] = {"order": ""}  # who has no key says nothing of anybody's orders
        try:
            who, text = unseal(raw, self._key_of)
            order = order_in(text)
            act |= {"key": f"{who}\n{order.id}", "text": text}
            said["order"] = order.id
            if same := self._answered.get(act["key"]):
                if same["text"] != text:
                    raise SyncError(f"{order.id} was another order: {same['text']:.200}")
                return {**same, "begins": False}
            values = order.effect(self.history.plan.scenario, self.history.state, day).values
            said["versions"] = {path: self._versions[path] for path in values}
            self._allow(who, order, values, day)
            self._begin(order, day)
            self._obeyed[who, day] += 1
            decided = {path: then for path, (_, then) in values.items() if order.decides}
            said |= self._changed(values, decided)
            act |= {"begins": True, "kind": "changed"}
        # A rule of one's own may refuse a value in its own way.
        except (TwinError, TypeError, ValueError) as problem:
            said["note"] = str(problem)[:1000]
        return act | {"said": said}

    def _allow(self, who: str, order: Order, values: Values, day: int) -> None:
        """Refuse, with a SyncError, what may not be obeyed."""
        right, seen = self._rights[order.kind], {path: self._versions[path] for path in values}
        now = {path: before for path, (before, _) in values.items()} if order.decides else order.now
        at, last = getattr(order, "day", 0), self.history.plan.scenario.days - 1
        strange = right.signers and who not in right.signers.split(", ")
        often = self._obeyed[who, day] >= MOST_A_DAY
        for wrong, why in (
            (strange, f"{who!r} may not order {order.kind}, only {right.signers}"),
            (at > last, f"day {at} comes after the last one, day {last}"),
            (order.until < day, f"it was valid until day {order.until}: it is day {day}"),
            (order.seen != seen, f"decided on versions {dict(order.seen)}: they are {seen}"),
            (order.now != now, f"decided on {dict(order.now)}: the plant has {now}"),
            (often, f"{who!r} has had {MOST_A_DAY} orders obeyed today: wait a day"),
        ):
            if wrong:
                raise SyncError(why)
        right.limit(values)

    def _changed(self, paths: Iterable[str], decided: Mapping[str, Any]) -> dict[str, Any]:
        """What a twin must know of a change: decisions, and the versions of what it was about."""
        return {"changes": decided, "versions": {path: self._versions[path] for path in paths}}

    def _begin(self, order: Order, day: int) -> None:
        """From now on the plant decides as an order says, and knows when that is done."""
        values, changed, _ = order.effect(self.history.plan.scenario, self.history.state, day)
        self.history.change_rules(changed)
        self._versions.update(values.keys())
        self._begun.append((order, order.ends(day), values))

    def close(self) -> None:
        """The last order of a morning has come: do what is to be done today, and say so."""
        day = self.history.state.day
        due = [one for one in self._begun if one[1] <= day]
        self._begun = [one for one in self._begun if one[1] > day]
        for order, _, values in due:
            note = self._finish(order, values, day)
            kind, said = ("failed", {"note": note}) if note else ("done", {})
            self.voice.send(HEADQUARTERS, kind, day * DAY, {"order": order.id, **said})

    def _finish(self, order: Order, values: Values, day: int) -> str:
        """Do the last that an order asks for, and say what keeps it from being done."""
        truth = self.history.plan.scenario
        if isinstance(order, Expedite):
            if any(truth.value(path) != then for path, (_, then) in values.items()):
                return "it does not go back: another order has changed the same lanes"
            back = {path: before for path, (before, _) in values.items()}
            self.history.change_rules(truth.set(back))
            self._versions.update(back.keys())
            told = {"order": order.id} | self._changed(back, back)
            self.voice.send(HEADQUARTERS, "changed", day * DAY, told)
        elif isinstance(order, Maintain) and order.asset:
            self.history.goods.lines[order.node].order(order.asset, order.id)
        elif isinstance(order, Maintain):
            told, source = {"node": order.node, "asset": order.node}, f"/{order.node}/mes"
            self.voice.send(source, "maintained", day * DAY, told)
        elif rows := order.effect(truth, self.history.state, day).rows:
            if shut(self.history, rows[-1]):
                return f"{rows[-1][5]!r} is closed on day {day}: nothing was ordered"
            self.history.injected += rows
        return ""


def shut(history: History, row: EventRow) -> bool:
    """Whether nothing can come of an order that is placed today: a node or lane is closed."""
    day, _, node, product, _, partner, mode = row[:7]
    item, plan, draws = (partner, product), history.plan, history.draws
    made = partner == node or item not in plan.scenario.network.brought
    gates = [left_of(draws.making if made else draws.shipping, item, day)]
    for lane in plan.lanes:
        if lane.key == (partner, node, product, mode):
            gates += [left_of(draws.moving, lane.key, day), 1.0 - lane.shut]
    return 0.0 in gates


class Plant:
    """A scenario that is lived through day by day, and told over a link.

    It says at once what it holds. ``pace``: seconds a day, by the computer's clock. It obeys orders
    sealed with a key of its link, as far as ``rights`` go. On a durable link that has seen it
    before it goes on where it was; a SyncError if it has seen another one.

    >>> truth = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> plant = Plant(truth, Bus(), seed=1)
    >>> plant.advance(30)
    >>> plant.day, len(plant.link.receive("anna")) > 100
    (30, True)
    """

    def __init__(
        self,
        truth: Scenario,
        link: FileLink,
        seed: int = 0,
        sensors: Sensors | None = None,
        pace: float | None = None,
        rights: Rights | None = None,
    ) -> None:
        self.link, self.seed, self.sensors = link, seed, sensors or Sensors()
        self._history = History(truth, seed)
        self._voice = Voice(self._history, self.sensors, seed)
        # By morning what was ordered and answered, or the day until which nobody hears anything.
        self._acted: dict[int, list[Any]] = {}
        self.rights = rights or Rights()
        self._book = OrderBook(self._voice, self.rights, link.key_of)
        self._clock = None if pace is None else (time.time() - self.day * pace, pace)
        # A chain is recognised by what it begins with.
        self._chain = crc32(json.dumps(to_plain(State.initial(truth.network))).encode())
        self._reopen = False  # somebody asked for what is gone
        kept = link.recall("plant") if link.now is None else None
        if kept is not None:
            self._relive(kept)
        else:
            self._voice.open(self._clock)
            self._post()

    def __repr__(self) -> str:
        return str(self.truth.dated(f"Plant(day {self.day} of {self.truth.days})"))

    @property
    def truth(self) -> Scenario:
        """What is really so, with the rules that decide now."""
        return self._history.plan.scenario

    @property
    def state(self) -> State:
        """What is really there."""
        return self._history.state

    @property
    def day(self) -> int:
        """The day whose morning it is."""
        return self.state.day

    @property
    def run(self) -> Run:
        """The history so far; only the lab looks at it."""
        return self._history.run()

    def advance(self, days: int = 1, untold: bool = False) -> None:
        """Live through some days: obey orders each morning, and tell everything that happens.

        ``untold``: nobody hears of these days, which is quick. Beyond its story is a ScenarioError.
        """
        until, left = self.day + days, self.truth.days - self.day
        if days > left:
            ends = f"the plant's story ends on day {self.truth.days}: it is day {self.day}"
            raise ScenarioError(f"{ends}, so advance by at most {left} days")
        while self.day < until:
            day = self.day
            if acts := self._live([until] if untold else self._read()):
                self._acted[day] = acts
            self._post()
            self.link.acknowledge("plant", "commands")

    def keep_pace(self, days: int) -> None:
        """Live until a day by the computer's clock, answer meanwhile, and catch up if late."""
        zero, pace = self._clock or (time.time(), 0.0)
        while self.day < min(days, self.truth.days):
            left = zero + (self.day + 1) * pace - time.time()
            if left <= 0:
                self.advance()
            else:
                self._reopen = self.link.answer() or self._reopen
                time.sleep(min(left, 0.05))

    def _read(self) -> list[Any]:
        anew, self._reopen = self.link.answer() or self._reopen, False
        return [OPEN_ANEW] * anew + list[Any](self.link.receive("plant", "commands"))

    def _live(self, acts: list[Any]) -> list[Any]:
        """One day: act on what came in the morning; everything else is the history's."""
        for at, act in enumerate(acts):
            if isinstance(act, int):
                self._voice.rest(act, self._clock)
                return acts
            if act == OPEN_ANEW:
                self._voice.open(self._clock)
                continue
            acts[at] = self._book.act(act)
        self._book.close()
        for item, units in self.state.on_hand.items() if self.sensors.shrinkage else ():
            self.state.on_hand[item] = units * (1 - self.sensors.shrinkage)
        # SimPy stops before anything that happens on the next morning.
        self._history.live(until=self.day + 1)
        self._voice.assess(since=self.day)
        return acts

    def _relive(self, kept: dict[str, Any]) -> None:
        """Live through the same luck again, in silence: it has been told."""
        if [kept["seed"], kept["chain"]] != [self.seed, self._chain]:
            problem = f"{self.link!r} has seen another plant, of seed {kept['seed']}"
            raise SyncError(f"{problem}: open the same case with the same seed, or take a new file")
        self._voice.silent = True
        self._voice.open(self._clock)
        self._acted = {day: letters for day, letters in kept["acted"]}
        self._clock = tuple(kept["clock"]) if kept["clock"] else None
        while self.day < kept["day"]:
            self._live(self._acted.get(self.day, []))
        self._voice.silent = False

    def _post(self) -> None:
        """Send what is to be told, together with what is needed to go on from here."""
        kept = {"seed": self.seed, "chain": self._chain, "day": self.day, "clock": self._clock}
        durable = self.link.now is None
        notes = {"plant": kept | {"acted": list(self._acted.items())}} if durable else None
        self.link.send(self._voice.said, notes=notes)
        self._voice.said = []
        if not durable:
            self.link.now = float(self.day)
