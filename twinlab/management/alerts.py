"""What a control tower looks for: each exception has its finder, a function of the desk.

The desk is what lies before the controller: scenario, state of this morning, perhaps a forecast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinlab.management.desk import Action, Desk
from twinlab.management.exposure import ExposureModel, risk_exposure
from twinlab.management.goals import wilson
from twinlab.management.money import unit_worth
from twinlab.management.tables import shown
from twinlab.scope.calendar import DUST
from twinlab.scope.columns import column

if TYPE_CHECKING:
    pass

CATCH_UP = 7.0  # days in which extra capacity should work off a backlog


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


def closed_sites(desk: Desk) -> Iterable[Alert]:
    """Sites that are closed today: the least loss until goods come again, by linear program.

    Pipelines below it that have run dry must fill first: those days count as closed as well.
    """
    day, network = desk.state.day, desk.scenario.network
    worth = {p: money for (_, p), money in unit_worth(network, desk.worth).items()}
    for outage in desk.closures:
        end = outage.start + math.ceil(outage.days.average)
        dry = max(days for item, days in desk.dry.items() if item[0] == outage.node)
        model = ExposureModel.of(network, state=desk.state, worth=worth,
                                 recover={outage.node: end - day + dry},
                                 stock_ships=outage.stock_ships)  # fmt: skip
        risk = risk_exposure(model, [outage.node])[outage.node]
        reason = (
            f"closed until day {end}, pipelines below dry for {dry:.3g} days; at best, stocks "
            f"survive {risk.time_to_survive:.3g} of these {risk.time_to_recover:.3g} days"
        )
        yield Alert("closed site", outage.node, "", risk.loss, "supply-risk manager", reason)


def run_outs(desk: Desk) -> Iterable[Alert]:
    """Stocks that end before an order of today can arrive, at the mean rate of use."""
    for item, supply in desk.supplies.items():
        if supply.missing > DUST:
            receipt = next((d for d in sorted(supply.receipts) if supply.receipts[d] > DUST), None)
            comes = "nothing is under way" if receipt is None else f"next receipt on day {receipt}"
            reason = (
                f"{shown(supply.on_hand)} units end on day {supply.ends_on}; {comes}; "
                f"{shown(supply.missing)} units missing by day {supply.horizon - 1}"
            )
            yield Alert("run-out", *item, supply.missing * desk.stopped[item], "inventory planner",
                        reason, desk.quicker(item))  # fmt: skip


def late_shipments(desk: Desk) -> Iterable[Alert]:
    """Shipments that take longer than usual: what the receiver will miss, and bound capital."""
    rates = {n.name: n.holding_cost for n in desk.scenario.network.nodes}
    for lane in desk.scenario.network.lanes:
        usual, today = lane.lead_time.average, desk.state.day
        delays = [(max(goods.due, today) - goods.left - usual, goods.quantity)
                  for goods in desk.state.under_way.get(lane.key, [])]  # fmt: skip
        late = [(days, units) for days, units in delays if days > desk.limits.late_days]
        if late:
            item, units = (lane.destination, lane.product), sum(units for _, units in late)
            money = min(units, desk.missing(item)) * desk.stopped[item]
            money += sum(days * units for days, units in late) * rates[lane.source]
            longest = max(days for days, _ in late)
            reason = (
                f"{shown(units)} units from {lane.source} by {lane.mode} are up to {longest:.3g} "
                f"days late"
            )
            yield Alert("late shipment", *item, money, "logistics manager", reason)


def backlogs(desk: Desk) -> Iterable[Alert]:
    """Units owed to customers, and to nodes that will run short without them, of open sites."""
    capacity = {n.name: n.capacity for n in desk.scenario.network.nodes}
    shut = {outage.node for outage in desk.closures}
    for item, claims in desk.claims.items():
        if item[0] in shut:
            continue  # the closed site has an alert of its own
        for customers in (True, False):
            mine = [claim for claim in claims if (len(claim) == 2) == customers]
            owed = sum(desk.state.owed[claim] for claim in mine)
            units = owed if customers else sum(
                min(desk.state.owed[c], desk.missing((c[1], c[2]))) for c in mine
            )  # fmt: skip
            if owed > DUST:
                orders = [desk.state.orders[claim] for claim in mine]
                since = min((int(queue[0][0]) for queue in orders if queue), default=desk.state.day)
                whom = "customers" if customers else ", ".join(claim[1] for claim in mine[:3])
                reason = f"{shown(owed)} units owed to {whom} since day {since}"
                owner = "customer service" if customers else "supplier manager"
                limit, more = capacity[item[0]], None
                if math.isfinite(limit) and desk.has_parts(item):
                    more = Action(f"{item[0]}.capacity", round(limit + owed / CATCH_UP, 3))
                yield Alert("backlog", *item, units * desk.stopped[item], owner, reason, more)


def overstocks(desk: Desk) -> Iterable[Alert]:
    """Stocks that last too long: the cost of keeping the excess until it is used."""
    rates = {(s.node, s.product): s.holding_cost for s in desk.scenario.network.stocks}
    nodes = {n.name: n.holding_cost for n in desk.scenario.network.nodes}
    for item in desk.scenario.decided_items():
        units, flow = desk.state.on_hand[item], desk.flows[item]
        excess = units - flow * desk.limits.cover_days
        if excess <= DUST:
            continue
        own = rates.get(item)
        rate = nodes[item[0]] if own is None else own
        # Used up in a straight line, half of the excess lies there on average; unused, for a year.
        money = rate * excess * (excess / (2 * flow) if flow > DUST else 365.0)
        lasts = f"{units / flow:.3g} days" if flow > DUST else "for ever: nobody uses it"
        reason = f"{shown(units)} units last {lasts}"
        yield Alert("overstock", *item, money, "inventory planner", reason,
                    desk.lowered(item))  # fmt: skip


def shortages_ahead(desk: Desk) -> Iterable[Alert]:
    """Customers who will probably go short, by the forecast."""
    batch = desk.forecast
    if batch is None:
        return
    for row in desk.scenario.network.demands:
        item = (row.node, row.product)
        late = batch.total("demand", *item) - batch.total("on_time", *item)
        share = wilson(int((late > DUST).sum()), batch.replications)
        if share.share >= desk.limits.probability and share.met:
            units = float(np.mean(late))
            reason = (
                f"short in {share.share:.2f} [{share.low:.2f}, {share.high:.2f}] of histories "
                f"to day {batch.days.stop - 1}, {shown(units)} units on average"
            )
            yield Alert("shortage ahead", *item, units * desk.stopped[item], "supply planner",
                        reason, desk.lifted(item))  # fmt: skip


FINDERS = (closed_sites, run_outs, late_shipments, backlogs, overstocks, shortages_ahead)
