"""The twin: a model and a stream of messages, from which it knows, predicts, advises and orders.

A *model* lives its own life; messages keep a *shadow* in step with its plant, to which persons send
orders; a *twin* also sends some by itself. Source: Kritzinger et al. (2018), levels of integration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

import numpy as np

from twinlab.management.control_tower import Late, Limits, control_tower
from twinlab.management.flows import ShortageCost
from twinlab.management.tickets import Tower
from twinlab.modeling import Change, Replications, estimate, experiments, replicate, simulate
from twinlab.modeling.doubt import Ranking, rank
from twinlab.modeling.experiments import Grid, Objective, Option, around, order_of, propose
from twinlab.modeling.inference.drift import Alarm, Verification, update_law, verify, watch
from twinlab.modeling.inference.foreseen import Assessment, More, World, ask_more, worlds
from twinlab.modeling.inference.outages import Outages, believed
from twinlab.modeling.simulation.kpis import cost
from twinlab.modeling.simulation.replicate import replicate_worlds
from twinlab.organization.orders import Maintain, Order, Orders, Rights, decided
from twinlab.scope import Log, Outage, Scenario, ScenarioError, State, SyncError, feasible
from twinlab.scope.base import DUST, Count, html_of
from twinlab.technology import EventStore, FileLink, Follower, Intake
from twinlab.technology.desk import Desk
from twinlab.technology.tracker import observe

__all__ = ["Foreseeing", "Mode", "Ordering", "Twin"]


class Mode(Enum):
    """How a twin is linked to its plant.

    >>> Mode.SHADOW.value
    'one way'
    """

    MODEL = "no link"
    SHADOW = "one way"
    TWIN = "both ways"


class Ordering(Follower):
    """What a twin believes, and does at its desk: propose, and let persons or itself decide.

    >>> issubclass(Twin, Ordering)
    True
    """

    seed: int
    mode: Mode
    rights: Rights

    @property
    def state(self) -> State:
        """What is believed of the plant; without a link, what the model by itself would be now."""
        return self._believed(self._tracker.state)

    def _believed(self, told: State) -> State:
        if self.mode is not Mode.MODEL:
            return feasible(told)
        today = int(self._gate.now)
        # Never with the plant's own random numbers, those of replication 0 of some seed.
        alone = simulate(self.model.change(days=max(today, 1)), self.seed, replication=1)
        return alone.state_on(today)

    @property
    def day(self) -> int:
        """The day whose morning it is."""
        return self.state.day

    @property
    def outages(self) -> Outages:
        """What is believed to be closed: heard of, or inferred from flows that stand still."""
        if self.mode is Mode.MODEL:
            return Outages((), self.day)
        books, flows = self._tracker.books, self._tracker.check.flows
        return believed(flows, books.flows, books.heard, self._tracker.morning.day)

    def _at_desk(self, acts: bool = True) -> Desk:
        """The desk; a SyncError if the twin may not act."""
        if acts and self.mode is Mode.MODEL:
            raise SyncError("a model has no way back to the plant: set twin.mode = Mode.SHADOW")
        self._load()
        return self._gate.desk

    @property
    def orders(self) -> Orders:
        """All orders by id, how far they have come, and the trail of their steps."""
        desk = self._at_desk(acts=False)
        return Orders(tuple(desk.orders.values()), tuple(desk.store.trail()))

    @property
    def planned(self) -> list[Outage]:
        """Days of maintenance to come, as the plant has acknowledged them."""
        known = (v for v in self._at_desk(acts=False).orders.values() if isinstance(v, Maintain))
        still = (v for v in known if v.step == "acknowledged" and not v.asset)
        return [Outage(v.node, start=v.day, stock_ships=True) for v in still if v.day >= self.day]

    def propose(
        self, what: Change | Order, reason: str = "", by: str = "twin", valid_days: int = 3
    ) -> Order:
        """Propose an order, which the plant may begin within some days once it is approved.

        What ``rights`` list as automatic a twin in ``Mode.TWIN`` approves and sends at once.

        Raises:
            SyncError: no order makes that change, it goes too far, or nothing leads to the plant.
            ScenarioError: the model has no such value to change.
        """
        desk, order, state = self._at_desk(), order_of(what), self.state
        values, right = order.effect(self.model, state, state.day).values, self.rights[order.kind]
        right.limit(values)
        name = f"{desk.name}-{max(desk.last, len(desk.orders) - 1) + 1}"
        now = {path: before for path, (before, _) in values.items()}
        seen = {path: desk.versions.get(path, 0) for path in now}
        order = replace(order, id=name, now=now, seen=seen, until=state.day + valid_days)
        order = desk.take(name, "proposed", by, "", reason, text=order.text)
        if self.mode is not Mode.TWIN or not right.automatic:
            return order
        return desk.approve(name, desk.name, "automatic", "its kind is listed as automatic")

    def approve(self, id: str, by: str, role: str, reason: str) -> Order:
        """Approve and send what another has proposed, in a role that may; else a SyncError."""
        return self._admitted(id, by, role, reason).approve(id, by, role, reason)

    def reject(self, id: str, by: str, role: str, reason: str) -> Order:
        """Reject a proposal, in a role that may approve it; a SyncError if that may not be."""
        return self._admitted(id, by, role, reason).take(id, "rejected", by, role, reason)

    def withdraw(self, id: str, by: str, reason: str = "") -> Order:
        """Withdraw what one has proposed and is not sent; a SyncError if that may not be."""
        desk = self._at_desk()
        if by != desk.find(id).proposer:
            raise SyncError(f"{id} was proposed by {desk.find(id).proposer!r}: reject it")
        return desk.take(id, "withdrawn", by, "", reason)

    def _admitted(self, name: str, by: str, role: str, reason: str) -> Desk:
        desk = self._at_desk()
        order = desk.find(name)
        roles = self.rights[order.kind].roles
        if role not in roles.split(", "):
            raise SyncError(f"role {role!r} does not judge {order.kind} orders: ask {roles}")
        if by == order.proposer:
            raise SyncError(f"{by!r} has proposed {name}: another person judges it")
        if not reason.strip():
            raise SyncError(f"{name}: give a reason")
        return desk


PROMISE = 0.9  # of the intervals that are verified


class Foreseeing(Ordering):
    """What a twin expects of the days to come: one outlook, or many worlds that may be true.

    >>> issubclass(Twin, Foreseeing)
    True
    """

    _promised: dict[tuple[int, int, Any], Any]  # by day of forecast and night

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """What customers are expected to ask for, by the newest ``forecast`` messages."""
        return () if self.mode is Mode.MODEL else tuple(self._tracker.books.expected.values())

    @property
    def outlook(self) -> Scenario:
        """The model with what is believed of the days to come: every look ahead begins so.

        With the outages that are believed or planned. And for each item of which ``forecast``
        messages tell, demand is that of the model plus, for each ``ref`` that they name, what the
        newest one says by day: say what comes on top of the usual, and have the usual in the model.
        """
        calm = self.model.disrupt(*self.outages.disruptions, *self.planned)
        return ask_more(calm, self.assessments)

    @property
    def _morning(self) -> State:
        """Where a look ahead starts: in the middle of a day, part of it has happened already."""
        return self._believed(self._tracker.morning)

    def worlds(self, count: Count = 200, seed: int = 0, more: More = None) -> list[World]:
        """Give worlds that may be true: what was assessed is wrong by another factor in each.

        The factor is lognormal, of mean 1 and the error that was told: one for all of the same
        ``ref``. ``more(scenario, generator)`` does more to each world.
        """
        return worlds(self.assessments, count, seed, more)

    def _look(self, days: int, count: int, daily: Any, some: Any, option: Any = ()) -> Replications:
        until, seed = self._morning.day + days, experiments.seed_ahead(self.seed)
        alone, start = self.outlook.change(days=until), self._morning
        ahead, start = experiments.under(option, alone, start, until)
        if not some:
            return replicate(ahead, count, seed, start=start, daily=daily)
        looks = [world(ahead) for world in some]
        if strange := [one for one in looks if not isinstance(one, Scenario)]:
            raise ScenarioError(f"a world gives a Scenario for a Scenario, not {strange[0]!r:.60}")
        return replicate_worlds(ahead, looks, count, seed, start=start, daily=daily)

    def rank(
        self,
        options: Mapping[str, Option],
        goal: Objective = cost,
        days: Count = 28,
        replications: int = 400,
        worlds: Sequence[World] = (),
    ) -> Ranking:
        """Look ahead under each of some options, in the same worlds and luck, and rank them.

        An option is a change, an order or several in turn, or values by path; {} does nothing. All
        are compared with the first. A goal may ask for daily demand, backlog, stock of what sells.

        Raises:
            ScenarioError: a path leads nowhere, or there are no two options.
            SyncError: an order could not be obeyed.
        """
        sold = [(row.node, row.product) for row in self.model.network.demands]
        kept = [(name, *item) for item in sold for name in ("demand", "backlog", "on_hand")]
        looks = {n: self._look(days, replications, kept, worlds, o) for n, o in options.items()}
        groups = [at for at in range(len(worlds)) for _ in range(-(-replications // len(worlds)))]
        return rank({n: goal(batch) for n, batch in looks.items()}, "", groups or None, self.seed)

    def forecast(
        self,
        days: Count = 28,
        replications: int = 400,
        daily: Sequence[Any] = ("on_hand", "backlog"),
        worlds: Sequence[World] = (),
    ) -> Replications:
        """What may come, from today's state: replications with daily values, shared by workers.

        Goods under way arrive by their lead time given how long they have been travelling. The
        replications are split evenly among ``worlds``, functions of a scenario that change laws and
        disruptions only.
        """
        today = self._morning.day
        sold = [(d.node, d.product) for d in self.model.network.demands]
        wanted = [*daily, *(("on_hand", *item) for item in sold)]
        batch = self._look(days, replications, wanted, worlds)
        edges = (0.5 - PROMISE / 2, 0.5 + PROMISE / 2)
        for item in sold:
            for at, ends in enumerate(batch.quantiles("on_hand", *item, levels=edges).T):
                self._promised[today, today + at, item] = ends
        return batch

    def verify(self) -> Verification:
        """How often stock lay within the 90 % interval of an earlier forecast, as far as known."""
        nights, promised = self._tracker.nights, self._promised.items()
        known = ((nights[d][i], ends) for (_, d, i), ends in promised if i in nights.get(d, ()))
        return verify([low - DUST <= u <= high + DUST for u, (low, high) in known], PROMISE)


class Twin(Foreseeing):
    """A model that follows a plant over a link, and whatever else it listens to.

    ``name`` tells several twins on one link apart. ``rights`` say who may order what.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant, twin = Plant(chain, bus, seed=1), Twin(chain, bus)
    >>> plant.advance(30)
    >>> twin.sync().new > 100, twin.day, twin.state.on_hand == plant.state.on_hand
    (True, 30, True)
    """

    def __init__(
        self,
        model: Scenario,
        link: FileLink | None = None,
        store: EventStore | None = None,
        seed: int = 0,
        name: str = "twin",
        rights: Rights | None = None,
    ) -> None:
        super().__init__(model, link, store, name)
        self.seed, self.mode, self.rights = seed, Mode.SHADOW, rights or Rights()
        self._promised = {}
        self._adopted: dict[str, int] = {}

    def sync(self, ask_again: bool = True) -> Intake:
        """Take in what has arrived and ask for what is missing; a model by itself hears nothing."""
        if self.mode is Mode.MODEL:
            return Intake(0, 0, 0, 0)
        try:
            return super().sync(ask_again)
        finally:
            self.model = decided(self.model, self._gate.desk.decisions)

    def heard(self, *kinds: str) -> Log:
        """Events of some kinds that messages have told of, such as what customers complained."""
        told = (message for message in self.store.messages() if message.kind in kinds)
        return Log(map(self._tracker.check.event, told))

    def tower(
        self, limits: Limits | None = None, shortage_cost: ShortageCost = None, late: Late = None
    ) -> Tower:
        """What needs somebody this morning, by money at risk: what is closed, and what may come.

        ``late``: learned chances of shipments under way, as ``control_tower`` takes them.
        """
        start, come = self._morning, self.forecast(replications=128)
        told: Any = {"forecast": come, "limits": limits, "shortage_cost": shortage_cost}
        return control_tower(self.outlook, start, late=late, **told)

    def recommend(
        self, options: Grid, days: int = 56, replications: int = 200, goal: Objective = cost
    ) -> Change:
        """The values, by paths that lead somewhere, whose mean ``goal`` is lowest from today on."""
        start = self._morning
        ahead = self.outlook.change(days=start.day + days)
        return propose(ahead, start, options, goal, replications, self.seed)

    def reroute(self, days: int = 56, replications: int = 200, goal: Objective = cost) -> Change:
        """Ask others for what is shared out to who is closed, and him again once he is open.

        The gain is that of coming back on the very day in each history; who comes back has none.
        """
        start, usual = self._morning, dict[str, float]()
        for order in self.orders.orders:
            if (order.kind, order.proposer, order.step) == ("sourcing", "twin", "done"):
                usual = {**order.now, **usual}
        ahead, closed = self.outlook.change(days=start.day + days), self.outages.disruptions
        values, followed = around(ahead, closed, usual)
        change = Change.of(ahead, values)
        if not any(value < ahead.value(path) for path, value in values.items()):
            return replace(change, title="ask again", reason="who is open")
        seed, looks = experiments.seed_ahead(self.seed), (ahead, followed)
        batches = (replicate(one, replications, seed, start=start, daily=[]) for one in looks)
        before, after = (np.asarray(goal(batch)) for batch in batches)
        reason = f"closed: {', '.join(one.where for one in self.outages.outages)}"
        gain, reached = estimate(before - after), estimate(after)
        return replace(change, title="ask others", reason=reason, gain=gain, goal=reached)

    def alarms(self, run_length: float = 1000.0) -> list[Alarm]:
        """Which columns of the model no longer hold, as far as is observed (see ``drift``)."""
        seen = observe(self.store.messages(), self.model, self._tracker.first)
        return watch((o.since(self._adopted.get(o.path, 0)) for o in seen), run_length, self.seed)

    def update_model(self, alarm: Alarm) -> None:
        """Let the model follow a change: from its day on, the law that was observed holds."""
        said = {(seen.path, repr(seen.law)) for seen in observe((), self.model)}
        self.model = update_law(self.model, alarm)
        now = observe((), self.model)
        changed = (seen.path for seen in now if (seen.path, repr(seen.law)) not in said)
        self._adopted |= dict.fromkeys([alarm.path, *changed], self.day)

    def _repr_html_(self) -> str:
        return html_of(self.state.table, repr(self))

    def __repr__(self) -> str:
        late = f", {self.staleness:.1f} days stale" if self.mode is not Mode.MODEL else ""
        return str(self.model.dated(f"Twin({self.mode.name.lower()}, day {self.day}{late})"))
