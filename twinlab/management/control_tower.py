"""The control tower: what in today's state needs somebody, ranked by the money at risk."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twinlab.management.desk import Action, Desk, Limits, seller
from twinlab.management.exposure import ExposureModel, risk_exposure
from twinlab.management.goals import wilson
from twinlab.management.listing import Listing, shown
from twinlab.management.money import Worth, stopped_worth
from twinlab.modeling.batch import Batch
from twinlab.scope.calendar import DUST
from twinlab.scope.columns import column
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError
from twinlab.scope.laws import days_of, mean_of
from twinlab.scope.restart import fit
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State


@dataclass(frozen=True)
class Alert:
    """One exception: what, where, how much money is at risk, whose it is, why, and what to do."""

    kind: str = column("words", meaning="what is wrong")
    node: str = column("name", meaning="where")
    product: str = column("name", meaning="of what; empty: of all")
    money: float = column("USD", meaning="at risk; alerts overlap, so never add it up")
    owner: str = column("words", meaning="the role that acts")
    reason: str = column("words", meaning="why it is shown")
    action: Action | None = column("words", None, "suggested change of the scenario, if any")

    def __str__(self) -> str:
        where = self.node + (f" ({self.product})" if self.product else "")
        who = self.owner + (f": {self.action}" if self.action else "")
        return f"{shown(self.money)} USD, {self.kind}, {where}: {self.reason} → {who}"


@dataclass(frozen=True, repr=False)
class Tower(Listing):
    """The exceptions of one morning, most money first."""

    alerts: tuple[Alert, ...]
    day: int
    kind = Alert

    @property
    def caption(self) -> str:  # type: ignore[override]
        """Which morning it is."""
        return f"Exceptions on the morning of day {self.day}"

    def of(self, kind: str) -> tuple[Alert, ...]:
        """The alerts of one kind, such as ``"run-out"``."""
        return tuple(alert for alert in self.alerts if alert.kind == kind)

    def __repr__(self) -> str:
        lines = map(str, self.alerts)
        return "\n".join([f"morning of day {self.day}: {len(self.alerts)} exceptions", *lines])


def control_tower(
    scenario: Scenario, state: State, *, forecast: Batch | None = None,
    limits: Limits | None = None, worth: Worth | None = None,
) -> Tower:  # fmt: skip
    """Look over a chain's state and list what needs somebody, most money at risk first.

    Money at risk = units that will be missing × what a missing unit stops further down (a chip
    stops a car); for too much stock, the cost of keeping the excess until it is used. ``worth``
    prices a unit that a customer does not get. With a ``forecast`` (``replicate(…, start=state)``)
    shortages ahead come with their probability.

    Raises:
        ScenarioError: the state is not one of this network, the forecast starts on another day,
            or nothing that customers ask has a worth.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}, lead_time=3)
    >>> closed = Scenario(chain, BaseStock(20), days=40).disrupt(Outage("mine", start=4, days=6))
    >>> control_tower(closed, simulate(closed).state_on(6), worth={"unit": 40})
    morning of day 6: 2 exceptions
    1,000 USD, closed site, mine: closed until day 10, ... → supply-risk manager
    200 USD, run-out, shop (unit): 5 units end on day 8; ... → inventory planner
    """
    state = fit(state, scenario.network)
    if forecast is not None and forecast.days.start != state.day:
        raise ScenarioError(
            f"the forecast starts on day {forecast.days.start}, the state is of day {state.day}: "
            "forecast with replicate(scenario, start=state)"
        )
    if not any(stopped_worth(scenario.network, worth).values()):
        raise ScenarioError("nothing here is worth money: give worth={product: USD per unit}")
    limits = limits or Limits()
    desk = Desk(scenario, state, forecast, limits, worth)
    finders = (_closed_sites, _run_outs, _late_shipments, _backlogs, _overstocks, _shortages_ahead)
    found = [alert for finder in finders for alert in finder(desk) if alert.money >= limits.money]
    return Tower(tuple(sorted(found, key=lambda a: -a.money)), state.day)


def _closed_sites(desk: Desk) -> Iterable[Alert]:
    """Sites that are closed today: the least loss until goods come again, by linear program.

    Pipelines below it that have run dry must fill first: those days count as closed as well.
    """
    day, network = desk.state.day, desk.scenario.network
    for outage in desk.closures:
        end = outage.start + math.ceil(mean_of(outage.days))
        dry = max(days for item, days in desk.dry.items() if item[0] == outage.node)
        model = ExposureModel.of(network, state=desk.state, worth=desk.worth,
                                 recover={outage.node: end - day + dry},
                                 stock_ships=outage.stock_ships)  # fmt: skip
        risk = risk_exposure(model, [outage.node])[outage.node]
        reason = (
            f"closed until day {end}, pipelines below dry for {dry:.3g} days; at best, stocks "
            f"survive {risk.time_to_survive:.3g} of these {risk.time_to_recover:.3g} days"
        )
        yield Alert("closed site", outage.node, "", risk.loss, "supply-risk manager", reason)


def _run_outs(desk: Desk) -> Iterable[Alert]:
    """Stocks that end before an order of today can arrive, at the mean rate of use."""
    for item, supply in desk.supplies.items():
        if supply.missing > DUST:
            day = supply.next_receipt
            reason = (
                f"{shown(supply.on_hand)} units end on day {supply.ends_on}; "
                f"{'nothing is under way' if day is None else f'next receipt on day {day}'}; "
                f"{shown(supply.missing)} units missing by day {supply.horizon - 1}"
            )
            yield Alert("run-out", *item, supply.missing * desk.stopped[item], "inventory planner",
                        reason, desk.quicker(item))  # fmt: skip


def _late_shipments(desk: Desk) -> Iterable[Alert]:
    """Shipments that take longer than usual: what the receiver will miss, and bound capital."""
    rates = {n.name: n.holding_cost for n in desk.scenario.network.nodes}
    for lane in desk.scenario.network.lanes:
        usual, today, most = days_of(lane.lead_time), desk.state.day, desk.limits.late_days
        late = [(days, goods.quantity) for goods in desk.state.under_way.get(lane.key, [])
                if (days := max(goods.due, today) - goods.left - usual) > most]  # fmt: skip
        if late:
            item, units = (lane.destination, lane.product), sum(units for _, units in late)
            money = min(units, desk.missing(item)) * desk.stopped[item]
            money += sum(days * units for days, units in late) * rates[lane.source]
            longest = max(days for days, _ in late)
            reason = (
                f"{shown(units)} units from {lane.source} by {lane.mode} are up to {longest:.3g} "
                "days late"
            )
            yield Alert("late shipment", *item, money, "logistics manager", reason)


def _backlogs(desk: Desk) -> Iterable[Alert]:
    """Units owed to customers, and to nodes that will run short without them, of open sites."""
    owed, shut = desk.state.owed, {outage.node for outage in desk.closures}
    groups: dict[tuple[ItemKey, bool], list[tuple[str, ...]]] = {}
    for claim in owed:
        # A closed site has an alert of its own; a claim of two words is its customers'.
        if owed[claim] > DUST and claim[0] not in shut:
            groups.setdefault((seller(claim), len(claim) == 2), []).append(claim)
    for (item, customers), claims in groups.items():
        total = sum(owed[claim] for claim in claims)
        units = total if customers else sum(
            min(owed[claim], desk.missing((claim[1], claim[2]))) for claim in claims
        )  # fmt: skip
        since = min((int(queue[0][0]) for claim in claims if (queue := desk.state.orders[claim])),
                    default=desk.state.day)  # fmt: skip
        whom = "customers" if customers else ", ".join(claim[1] for claim in claims[:3])
        reason = f"{shown(total)} units owed to {whom} since day {since}"
        owner = "customer service" if customers else "supplier manager"
        yield Alert("backlog", *item, units * desk.stopped[item], owner, reason,
                    desk.overtime(item, total))  # fmt: skip


def _overstocks(desk: Desk) -> Iterable[Alert]:
    """Stocks that last too long: the cost of keeping the excess until it is used."""
    network, most = desk.scenario.network, desk.limits.cover_days
    nodes = {n.name: n.holding_cost for n in network.nodes}
    rates = {(s.node, s.product): s.holding_cost for s in network.stocks}
    for item in desk.scenario.decided_items():
        units, flow = desk.state.on_hand[item], desk.use(item, most)
        excess = units - flow * most
        if excess > DUST:
            own = rates.get(item)
            rate = nodes[item[0]] if own is None else own
            # Used up in a straight line, half of it lies there on average; unused, for a year.
            money = rate * excess * (excess / (2 * flow) if flow > DUST else 365.0)
            lasts = f"{units / flow:.3g} days" if flow > DUST else "for ever: nobody uses it"
            yield Alert("overstock", *item, money, "inventory planner",
                        f"{shown(units)} units last {lasts}", desk.leveled(item, most))  # fmt: skip


def _shortages_ahead(desk: Desk) -> Iterable[Alert]:
    """Customers who will probably go short, by the forecast."""
    batch = desk.forecast
    if batch is None:
        return
    for row in desk.scenario.network.demands:
        item = (row.node, row.product)
        late = batch.total("demand", *item) - batch.total("on_time", *item)
        share = wilson(int((late > DUST).sum()), batch.replications)
        if share.mean and share.mean >= desk.limits.probability:
            units = float(np.mean(late))
            reason = (
                f"short in {share.mean:.2f} [{share.low:.2f}, {share.high:.2f}] of histories "
                f"to day {batch.days.stop - 1}, {shown(units)} units on average"
            )
            yield Alert("shortage ahead", *item, units * desk.stopped[item], "supply planner",
                        reason, desk.leveled(item))  # fmt: skip
