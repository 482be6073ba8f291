"""The control tower: what in a morning's state needs somebody, ranked by the money at risk."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

import numpy as np

from twinlab.management import flows
from twinlab.management.stress_test import risk_exposure
from twinlab.management.tickets import Alert, Tower
from twinlab.modeling import Change, Replications, wilson
from twinlab.modeling.inference.outages import seller
from twinlab.scope import Lane, LaneOutage, Network, Outage, Scenario
from twinlab.scope.base import DUST, ItemKey, ScenarioError, State, shown, targets, upstream_items
from twinlab.scope.columns import Row, Sealed, column
from twinlab.scope.distributions import days_of, mean_of, outcomes
from twinlab.scope.state import fit

__all__ = ["Limits", "control_tower"]

Closed = Iterable[tuple[Alert, set[ItemKey]]]  # and what is below
Late = Mapping[tuple[Any, ...], float] | None  # chances of shipments, by lane and day they left


class Limits(Row, frozen=True):
    """From where on the tower speaks up.

    >>> Limits(cover_days=60).late_days
    2.0
    """

    late_days: float = column("days", 2.0, "a shipment is late beyond its usual time plus", low=0)
    false_alarms: float = column("share", 0.05, "of calm mornings with one late", low=0, high=1)
    cover_days: float = column("days", 90.0, "stock that lasts longer is too much", low=0)
    probability: float = column("share", 0.1, "of a shortage or closure", low=0, high=1)
    money: float = column("USD", 0.0, "less at risk is not shown", low=0)
    turnover: float = column("share", 0.01, "of a day's turnover; less is not shown", low=0)


class Morning(Sealed, frozen=True):
    """Everything that lies before the controller: what is closed, and what comes when."""

    scenario: Scenario
    state: State
    forecast: Replications | None
    limits: Limits
    shortage_cost: flows.ShortageCost

    @cached_property
    def flows_on(self) -> Callable[[int | range], dict[ItemKey, float]]:
        """Mean units that leave each item a day, on a day or over some days to come."""
        return cache(partial(flows.mean_flows, self.scenario))

    def use(self, item: ItemKey, days: float) -> float:
        """Mean units a day that leave an item over some days from today on."""
        today = self.state.day
        return self.flows_on(range(today, today + max(1, math.ceil(days))))[item]

    @cached_property
    def closures(self) -> list[tuple[Any, float, float]]:
        """Outages that may hold today: how probably, and then until which day on average."""
        found, today = [], self.state.day
        for row in self.scenario.disruptions:
            if isinstance(row, Outage | LaneOutage) and not row.rate and row.start <= today:
                ends = row.start + np.ceil(outcomes(row.days))
                chance = float((ends > today).mean())
                if row.loss and chance and chance >= self.limits.probability:
                    found.append((row, chance, float(ends[ends > today].mean())))
        return found

    @cached_property
    def shut(self) -> dict[tuple[str, ...], tuple[Any, float]]:
        """The items and lanes that are rather closed than open: by which outage, until when."""
        network = self.scenario.network
        rather = [(row, end) for row, p, end in self.closures if row.loss == 1.0 and p >= 0.5]
        found = {getattr(at, "key", at): by for by in rather for at in targets(by[0], network)}
        sources = ((v.key, (v.source, v.product)) for v in network.lanes)
        return found | {key: found[item] for key, item in sources if item in found}

    def narrowed(self, outage: Any, days: float) -> Network:
        """The network with what an outage leaves of capacities (of flows, where unlimited)."""
        network, hit = self.scenario.network, targets(outage, self.scenario.network)
        rows: list[tuple[Any, float]] = []
        if isinstance(outage, Outage):
            if not outage.product and not network.brought.issuperset(hit):
                rows = [(network.node(outage.node), sum(self.use(i, days) for i in hit))]
            hit = [] if rows else [v for v in network.lanes if (v.source, v.product) in hit]
        for lane in hit:
            item = (lane.destination, lane.product)
            part = dict(flows.asked_lanes(self.scenario, item)).get(lane, 0.0)
            rows.append((lane, part * self.use(item, days)))
        whole = ((row, row.capacity if row.capacity < math.inf else flow) for row, flow in rows)
        return network.change(*(replace(v, capacity=most * (1 - outage.loss)) for v, most in whole))

    @cached_property
    def under_way(self) -> dict[tuple[str, ...], list[tuple[float, float, float]]]:
        """Goods under way by lane: units, days late (0: in time), day of arrival (inf: unsure).

        Late is what takes longer than usual, and so long that on calm mornings a share of
        ``false_alarms`` shows one, however many are looked at (Bonferroni). A time of L days is met
        under way on L mornings (Cox 1962, length-biased sampling), at an age of at least a on
        L − a + 1. Goods that nobody tracks are judged by their age, and come when so old ones do.
        """
        today, told = self.state.day, self.state.tracked
        found: dict[tuple[str, ...], list[tuple[float, float, float]]] = defaultdict(list)
        level = self.limits.false_alarms / max(1, sum(map(len, self.state.under_way.values())))
        for lane in self.scenario.network.lanes:
            times = np.rint(outcomes(lane.lead_time))
            usual, total = float(times.mean()), max(times.sum(), 1.0)
            outage, _ = self.shut.get(lane.key, (None, 0.0))
            stands = not told and getattr(outage, "holds_transit", False)
            for due, units, left in self.state.under_way.get(lane.key, ()):
                comes = max(due, today)
                days = (comes if told else today) - left
                longer, late = times[times >= days], days - usual
                met = (longer if told else longer - days + 1).sum() / total
                late *= late > self.limits.late_days and met <= level
                if not told and due <= today and len(longer):
                    comes = left + math.ceil(longer.mean())
                unsure = stands or (late and not told)
                found[lane.key].append((units, late, math.inf if unsure else comes))
        return found

    def open(self, item: ItemKey) -> list[Lane]:
        """The lanes into an item that are open (all, if none is)."""
        lanes = self.scenario.network.into.get(item, [])
        return [v for v in lanes if v.key not in self.shut] or lanes

    def asked(self, item: ItemKey) -> list[Lane]:
        """The lanes to which the item's orders of today go."""
        may = self.open(item)
        return [v for v, _ in flows.asked_lanes(self.scenario, item, may) if v in may] or may

    def receipts(self, item: ItemKey) -> dict[float, float]:
        """What is certain to come on which day."""
        receipts: dict[float, float] = defaultdict(float)
        for lane in self.scenario.network.into.get(item, ()):
            for units, _, comes in self.under_way[lane.key]:
                receipts[comes] += units
            for order in self.state.open_orders.get(lane.key, ()):
                if lane.key not in self.shut:
                    receipts[round(order.due + days_of(lane.lead_time))] += order.quantity
        for lot in self.state.lots.get(item, ()):
            receipts[max(lot.due, self.state.day)] += lot.good
        return receipts

    def below(self, found: set[ItemKey]) -> set[ItemKey]:
        """Some items, and all that takes from them."""
        for item in upstream_items(self.scenario.network):
            if found & flows.feeders(self.scenario, item).keys():
                found.add(item)
        return found


class Supply(NamedTuple):
    """An item's stock from today until an order of today arrives, at the mean rate of use."""

    on_hand: float  # units
    next_receipt: float  # first day on which certain goods come
    horizon: int  # day on which an order of today arrives
    ends_on: int | None  # first day on which something is missing
    missing: float  # most units missing before the horizon, on top of what is owed already


class Situation(Morning, frozen=True):
    """What a morning means for each (node, product)."""

    @cached_property
    def stopped(self) -> dict[ItemKey, float]:
        """What a missing unit of each item stops [USD]."""
        return flows.stopped_costs(self.scenario.network, self.shortage_cost)

    @cached_property
    def supplies(self) -> dict[ItemKey, Supply]:
        """How each item's stock will go until an order of today arrives."""
        return {item: self._supply(item) for item in self.scenario.network.decided}

    def _supply(self, item: ItemKey, lost: tuple[float, float] = (0.0, 0.0)) -> Supply:
        """Project an item's stock day by day: on hand + receipts − owed − mean use so far.

        ``lost`` is a day and the units that do not come on it after all.

        What its suppliers owe it is not counted, nor what a closed lane has not sent: nobody knows
        when it comes. An order of today comes by the quickest lane, or from own production.
        """
        state, recipe = self.state, self.scenario.network.made.get(item)
        waits = [flows.wait(self.scenario, lane) for lane in self.asked(item)]
        waits += [recipe.production_time] if recipe else []
        horizon = state.day + max(1, math.ceil(min(waits, default=1)))
        receipts = self.receipts(item)
        receipts[lost[0]] -= lost[1]
        owed = sum(units for claim, units in state.owed.items() if seller(claim) == item)
        on_hand = state.on_hand.get(item, 0.0)
        stock, ends_on, missing = on_hand - owed, None, 0.0
        for day in range(state.day, horizon):
            stock += receipts.get(day, 0.0) - self.flows_on(day)[item]
            if stock < -DUST:
                ends_on = day if ends_on is None else ends_on
                missing = max(missing, -stock)
        comes = min((day for day, units in receipts.items() if units > DUST), default=math.inf)
        return Supply(on_hand, comes, horizon, ends_on, max(0.0, missing - owed))

    def missing(self, item: ItemKey) -> float:
        """Units that an item will lack before an order of today can arrive."""
        return self.supplies[item].missing if item in self.supplies else 0.0

    @cached_property
    def empty_days(self) -> dict[tuple[str, ...], float]:
        """For how many days the pipelines below an item, or of a lane, are empty, at most."""
        use = self.flows_on(self.state.day)
        found = dict.fromkeys([*use, *(v.key for v in self.scenario.network.lanes)], 0.0)
        network = self.scenario.network
        for item in reversed(upstream_items(network)):
            for part in network.made[item].components if item in network.made else ():
                found[item[0], part] = max(found[item[0], part], found[item])
            for lane, share in flows.asked_lanes(self.scenario, item):
                flow, above = use[item] * share, (lane.source, lane.product)
                full = self.state.in_transit[lane.key] / flow if flow > DUST else math.inf
                found[lane.key] = max(0.0, days_of(lane.lead_time) - full) + found[item]
                found[above] = max(found[above], found[lane.key])
        return found

    def due(self, item: ItemKey) -> int | None:
        """The last day to order by the quickest open lane before a stock ends, if it does."""
        ends = self.supplies[item].ends_on if item in self.supplies else None
        waits = [flows.wait(self.scenario, lane) for lane in self.open(item)]
        return None if ends is None else math.floor(ends - min(waits, default=0) + DUST)

    def change(self, path: str, value: float) -> Change:
        """A suggestion: a path of the scenario, its value and a new one."""
        return Change({path: value}, before={path: self.scenario.value(path)})

    def quicker(self, item: ItemKey) -> Change | None:
        """Ask the next source first, if quicker and able; else lift a level that is too low."""
        asked, node = self.asked(item), self.scenario.network.node
        spare = [lane for lane in self.open(item) if lane not in asked]
        spare.sort(key=lambda lane: lane.sourcing_rank)
        flow = self.flows_on(self.state.day)[item]
        quick = [lane for lane in spare[:1] if node(lane.source).mean_output >= flow]
        waits = [flows.wait(self.scenario, lane) for lane in (*quick, *asked)]
        if len(asked) == 1 and quick and waits[0] < waits[1]:
            path = f"{asked[0].source}->{item[0]}.sourcing_rank"
            return self.change(path, spare[-1].sourcing_rank + 1)
        return self.leveled(item)

    def leveled(self, item: ItemKey, cover_days: float | None = None) -> Change | None:
        """Set a base-stock level: not below the mean use of lead time and review to come.

        With ``cover_days``, not beyond that use and the stock that so many days need.
        """
        level = getattr(self.scenario.rules[item], "up_to", None)  # type: ignore[index]
        review = self.scenario.network.node(item[0]).review_period
        days = flows.use_on_order(self.scenario, item) + review + (cover_days or 0.0)
        bound = math.ceil(self.use(item, days) * days - DUST)
        wrong = level and (level < bound if cover_days is None else level > bound)
        return self.change(f"{item[0]}/{item[1]}.up_to", bound) if wrong else None

    def overtime(self, item: ItemKey, owed: float, days: float = 7.0) -> Change | None:
        """A capacity that works off what is owed in some days, if no component is lacking."""
        network, wanted = self.scenario.network, self.state.to_make.get(item, 0.0)
        parts = network.made[item].components if item in network.made else {}
        here = ((self.state.on_hand.get((item[0], c), math.inf), n) for c, n in parts.items())
        short = any(units < need * wanted - DUST for units, need in here)
        node = network.node(item[0])
        if short or math.isinf(node.capacity):
            return None
        more = owed / days / (mean_of(node.output, most=1) or 1.0)
        return self.change(f"{item[0]}.capacity", round(node.capacity + more, 3))


def control_tower(
    scenario: Scenario,
    state: State,
    *,
    forecast: Replications | None = None,
    limits: Limits | None = None,
    shortage_cost: flows.ShortageCost = None,
    late: Late = None,
) -> Tower:
    """Look over a chain's state and list what needs somebody, most money at risk first.

    Money at risk = units that will be missing × what a missing unit stops further down (a chip
    stops a car); for too much stock, the cost of keeping the excess until it is used. Less than
    ``limits.turnover`` of what a day's demand is worth is no exception, but a closure always is.
    ``shortage_cost`` prices a unit that a customer does not get. With a ``forecast``
    (``replicate(…, start=state)``) shortages ahead come with their probability; with ``late``,
    chances by (source, destination, product, mode, day it left), shipments that may be late.

    Raises:
        ScenarioError: the state is not one of this network, the forecast starts on another day,
            no such shipment is under way, or a shortage of nothing that customers ask costs money.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}, lead_time=3)
    >>> closed = Scenario(chain, BaseStock(20), days=40).disrupt(Outage("mine", start=4, days=6))
    >>> control_tower(closed, simulate(closed).state_on(6), shortage_cost={"unit": 40})
    morning of day 6: 2 exceptions
    1,000 USD, closed site, mine: closed until day 10, ... → supply-risk manager
    200 USD, run-out, shop (unit): 5 units end on day 8; ... → inventory planner
    """
    state = fit(state, scenario.network)
    if forecast is not None and forecast.days.start != state.day:
        told = f"the forecast starts on day {forecast.days.start}, the state is of day {state.day}:"
        raise ScenarioError(f"{told} forecast with replicate(scenario, start=state)")
    here = Situation(scenario, state, forecast, limits or Limits(), shortage_cost)
    if not any(here.stopped.values()):
        remedy = "give shortage_cost={product: USD per unit}"
        raise ScenarioError(f"no shortage costs money here: {remedy}")
    finders = (_run_outs, _late_shipments, _backlogs, _overstocks, _shortages_ahead)
    day, rows = range(state.day, state.day + 1), scenario.network.demands
    turnover = sum(flows.customers_use(d, day) * here.stopped[d.node, d.product] for d in rows)
    least = max(here.limits.money, here.limits.turnover * turnover)
    every = [alert for finder in finders for alert in finder(here)]
    every += _at_risk(here, late)
    found = [alert for alert in every if alert.money >= least]
    closed = sorted(_closures(here, found), key=lambda pair: pair[0].money)
    causes = _causes(here, closed, found)
    for at, alert in enumerate(found):
        if alert.kind != "overstock":  # it follows from nothing that is missing, and can wait
            item = (alert.node, alert.product)
            found[at] = replace(alert, root=causes[item], due=here.due(item))
    found = [*(alert for alert, _ in closed), *found]  # of the same money, the cause comes first
    return Tower(tuple(sorted(found, key=lambda a: -a.money)), state.day)


def _causes(here: Situation, closed: Closed, others: list[Alert]) -> dict[ItemKey, str]:
    """From what the alerts of an item follow: a closure above, or what is first amiss there."""
    causes = {item: alert.title for alert, below in closed for item in below}
    own = {(a.node, a.product): a.title for a in reversed(others) if a.kind != "overstock"}
    for item in upstream_items(here.scenario.network):
        above = (causes[at] for at in flows.feeders(here.scenario, item) if at in causes)
        if item not in causes and (title := next(above, own.get(item))):
            causes[item] = title
    return causes


def _closures(here: Situation, others: list[Alert]) -> Closed:
    """What is, or may be, closed, and what is below: the least loss until goods come, by program.

    Pipelines below it that are empty must fill first: those days count as closed. What may follow
    counts, if it is more. Outages weigh as they are probable, an unknown end counts with its mean.
    """
    day, network, cost = here.state.day, here.scenario.network, here.shortage_cost
    for outage, chance, end in here.closures:
        lane, whole = isinstance(outage, LaneOutage), outage.loss == 1.0
        site = outage.node if not lane and whole and not outage.product else ""
        rest = network if site else here.narrowed(outage, end - day)
        least = partial(risk_exposure, rest, [site], state=here.state, shortage_cost=cost)
        hit, ships = targets(outage, network), not lane and outage.stock_ships
        empty = whole * max(here.empty_days[getattr(at, "key", at)] for at in hit)
        risk = least(recover={site: end - day + empty}, stock_ships=ships)[site]
        below = here.below({(v.destination, v.product) for v in hit} if lane else {*hit})
        follow = [a.money for a in others if (a.node, a.product) in below and chance >= 0.5]
        how = "closed" if whole else f"{outage.loss:.0%} of its flow lost"
        how += f" with probability {chance:.2f}, then" if chance < 1 else ""
        how += f" until {'' if end % 1 == 0 else 'about '}day {end:.0f}"
        days = risk.time_to_recover
        reason = f"{how}, pipelines below empty for {empty:.3g} days; at best, stocks survive "
        reason += f"{min(risk.time_to_survive, days):.3g} of these {days:.3g} days"
        kind, money = f"closed {'lane' if lane else 'site'}", max(chance * risk.loss, *follow, 0.0)
        where = f"{outage.source}->{outage.destination}" if lane else outage.node
        # What is ordered elsewhere has as far to go as what the empty pipelines lack.
        last = math.floor(day + risk.time_to_survive - empty + DUST) if risk.loss else None
        who = "supply-risk manager"
        yield Alert(kind, where, outage.product, money, who, reason, due=last), below


def _run_outs(here: Situation) -> Iterable[Alert]:
    """Stocks that end before an order of today can arrive, at the mean rate of use."""
    for item, supply in here.supplies.items():
        if supply.missing > DUST:
            day = supply.next_receipt
            comes = f"next receipt on day {day}" if day < math.inf else "nothing is under way"
            reason = f"{shown(supply.on_hand)} units end on day {supply.ends_on}; {comes}; "
            reason += f"{shown(supply.missing)} units missing by day {supply.horizon - 1}"
            money, action = supply.missing * here.stopped[item], here.quicker(item)
            yield Alert("run-out", *item, money, "inventory planner", reason, action)


def _late_shipments(here: Situation) -> Iterable[Alert]:
    """Shipments later than their lane's law: what the receiver will miss (else no exception)."""
    for lane in here.scenario.network.lanes:
        if late := [(days, units) for units, days, _ in here.under_way[lane.key] if days]:
            item, units = (lane.destination, lane.product), sum(units for _, units in late)
            money = min(units, here.missing(item)) * here.stopped[item]
            goods_late = f"{shown(units)} units from {lane.source} by {lane.mode}"
            reason = f"{goods_late} are up to {max(late)[0]:.3g} days late"
            yield Alert("late shipment", *item, money, "logistics manager", reason)


def _at_risk(here: Situation, late: Late) -> Iterable[Alert]:
    """Shipments in time that may be late: their chance × what the receiver would miss, if lost."""
    units, coming = defaultdict[tuple[Any, ...], float](float), {}
    for lane in here.scenario.network.lanes:
        sent = here.state.under_way.get(lane.key, ())
        for one, (much, days, comes) in zip(sent, here.under_way[lane.key], strict=True):
            units[*lane.key, one.left] += 0.0 if days else much
            coming[*lane.key, one.left] = comes
    for key, chance in (late or {}).items():
        if key not in coming or not 0 <= chance <= 1:
            told = f"late: {key!r}: {chance!r} is no chance of a shipment under way: give 0 to 1 by"
            such = f"(source, destination, product, mode, day it left), such as {[*coming][:1]}"
            raise ScenarioError(f"{told} {such}")
        item, much = (key[1], key[2]), units[key]
        lost = here._supply(item, (coming[key], much)).missing - here.missing(item)
        reason = f"{shown(much)} units from {key[0]} by {key[3]} are late with chance {chance:.2f}"
        if chance >= here.limits.probability:
            money = chance * lost * here.stopped[item]
            yield Alert("may be late", *item, money, "logistics manager", reason)


def _backlogs(here: Situation) -> Iterable[Alert]:
    """Units owed to customers, and to nodes that will run short without them, of open sites."""
    owed, shut = here.state.owed, here.shut
    groups: dict[tuple[ItemKey, bool], list[tuple[str, ...]]] = defaultdict(list)
    for claim in owed:
        # What is closed has an alert of its own; a claim of two words is customers'.
        if owed[claim] > DUST and claim not in shut and seller(claim) not in shut:
            groups[seller(claim), len(claim) == 2].append(claim)
    for (item, customers), claims in groups.items():
        units = total = sum(owed[claim] for claim in claims)
        if not customers:
            units = sum(min(owed[claim], here.missing((claim[1], claim[2]))) for claim in claims)
        queues = [queue for claim in claims if (queue := here.state.owed_since[claim])]
        since = min((int(queue[0][0]) for queue in queues), default=here.state.day)
        whom = "customers" if customers else ", ".join(claim[1] for claim in claims[:3])
        reason = f"{shown(total)} units owed to {whom} since day {since}"
        owner = "customer service" if customers else "supplier manager"
        money, action = units * here.stopped[item], here.overtime(item, total)
        yield Alert("backlog", *item, money, owner, reason, action)


def _overstocks(here: Situation) -> Iterable[Alert]:
    """Stocks that last too long: the cost of keeping the excess until it is used."""
    network, most = here.scenario.network, here.limits.cover_days
    rates = {(s.node, s.product): s.holding_cost for s in network.stocks}
    for item in here.scenario.network.decided:
        units, flow = here.state.on_hand[item], here.use(item, most)
        excess = units - flow * most
        if excess > DUST:
            own = rates.get(item)
            rate = network.node(item[0]).holding_cost if own is None else own
            # Used up in a straight line, half of it lies there on average; unused, for a year.
            money = rate * excess * (excess / (2 * flow) if flow > DUST else 365.0)
            lasts = f"{units / flow:.3g} days" if flow > DUST else "for ever: nobody uses it"
            reason, action = f"{shown(units)} units last {lasts}", here.leveled(item, most)
            yield Alert("overstock", *item, money, "inventory planner", reason, action)


def _shortages_ahead(here: Situation) -> Iterable[Alert]:
    """Customers who will probably go short, by the forecast."""
    if (ahead := here.forecast) is None:
        return
    for row in here.scenario.network.demands:
        item = (row.node, row.product)
        late = ahead.total("demand", *item) - ahead.total("on_time", *item)
        share = wilson(int((late > DUST).sum()), ahead.replications)
        if share.mean and share.mean >= here.limits.probability:
            units, ends = float(late.mean()), f"[{share.low:.2f}, {share.high:.2f}]"
            reason = f"short in {share.mean:.2f} {ends} of replications to day "
            reason += f"{ahead.days.stop - 1}, {shown(units)} units on average"
            money, action = units * here.stopped[item], here.leveled(item)
            yield Alert("shortage ahead", *item, money, "supply planner", reason, action)
