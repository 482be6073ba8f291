"""The desk of a control tower: one morning's state, and what follows from it for each item."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

from twinlab.management.flows import asked_lanes, mean_flows, use_on_order, wait, ways_in
from twinlab.management.listing import shown
from twinlab.management.money import Worth, stopped_worth
from twinlab.modeling.batch import Batch
from twinlab.scope.calendar import DUST, upstream_items
from twinlab.scope.columns import Row, Sealed, column
from twinlab.scope.disruption import Outage
from twinlab.scope.entities import ItemKey, Lane
from twinlab.scope.laws import days_of, mean_of
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State


@dataclass(frozen=True)
class Limits(Row):
    """From where on the tower speaks up.

    >>> Limits(cover_days=60).late_days
    2.0
    """

    late_days: float = column("days", 2.0, "a shipment is late beyond its usual time plus", low=0)
    cover_days: float = column("days", 90.0, "stock that lasts longer is too much", low=0)
    probability: float = column("share", 0.1, "of a shortage in the forecast", low=0, high=1)
    money: float = column("USD", 0.0, "less at risk is not shown", low=0)


@dataclass(frozen=True)
class Action:
    """A change of the scenario that the tower suggests: a path and its new value.

    >>> print(Action("shop.up_to", 30.0))
    set shop.up_to to 30
    """

    path: str
    value: Any

    def apply(self, scenario: Scenario) -> Scenario:
        """The scenario with this change: simulate it before you believe it."""
        return scenario.set(self.path, self.value)

    def __str__(self) -> str:
        return f"set {self.path} to {shown(self.value)}"


@dataclass(frozen=True)
class Supply:
    """An item's stock from today until an order of today arrives, at the mean rate of use."""

    on_hand: float  # units
    next_receipt: int | None  # first day on which certain goods come
    horizon: int  # day on which an order of today arrives
    ends_on: int | None  # first day on which something is missing
    missing: float  # most units missing before the horizon, on top of what is owed already


@dataclass(frozen=True)
class Desk(Sealed):
    """Everything that lies before the controller, and what it means for each (node, product)."""

    scenario: Scenario
    state: State
    forecast: Batch | None
    limits: Limits
    worth: Worth | None

    @cached_property
    def flows_on(self) -> Callable[[int | range], dict[ItemKey, float]]:
        """Mean units that leave each item a day, on a day or over some days to come."""
        return cache(partial(mean_flows, self.scenario))

    def use(self, item: ItemKey, days: float) -> float:
        """Mean units a day that leave an item over some days from today on."""
        today = self.state.day
        return self.flows_on(range(today, today + max(1, math.ceil(days))))[item]

    @cached_property
    def stopped(self) -> dict[ItemKey, float]:
        """What a missing unit of each item stops [USD]."""
        return stopped_worth(self.scenario.network, self.worth)

    @cached_property
    def closures(self) -> list[Outage]:
        """The planned outages that close a whole site today."""
        return [
            o for o in self.scenario.disruptions
            if isinstance(o, Outage) and not o.rate and o.loss == 1.0 and not o.product
            and o.start <= self.state.day < o.start + math.ceil(mean_of(o.days))
        ]  # fmt: skip

    @cached_property
    def lanes(self) -> dict[ItemKey, list[Lane]]:
        """The lanes into each item from sites that are open (from all, if none is)."""
        shut = {outage.node for outage in self.closures}
        return {item: [v for v in lanes if v.source not in shut] or lanes
                for item, lanes in ways_in(self.scenario).items()}  # fmt: skip

    def asked(self, item: ItemKey) -> list[Lane]:
        """The lanes to which the item's orders of today go."""
        return [v for v, _ in asked_lanes(self.scenario, item, self.lanes.get(item, []))]

    @cached_property
    def supplies(self) -> dict[ItemKey, Supply]:
        """How each item's stock will go until an order of today arrives."""
        return {item: self._supply(item) for item in self.scenario.decided_items()}

    def _supply(self, item: ItemKey) -> Supply:
        """Project an item's stock day by day: on hand + receipts − owed − mean use so far.

        What its suppliers owe it is not counted: nobody knows when it comes. An order of today
        comes by the quickest lane, or from own production.
        """
        state, recipes = self.state, self.scenario.network.recipes
        waits = [wait(self.scenario, lane) for lane in self.asked(item)]
        waits += [r.production_time for r in recipes if (r.node, r.product) == item]
        horizon = state.day + max(1, math.ceil(min(waits, default=1)))
        receipts = _receipts(self.scenario, state, item)
        owed = sum(units for claim, units in state.owed.items() if seller(claim) == item)
        on_hand = state.on_hand.get(item, 0.0)
        stock, ends_on, missing = on_hand - owed, None, 0.0
        for day in range(state.day, horizon):
            stock += receipts.get(day, 0.0) - self.flows_on(day)[item]
            if stock < -DUST:
                ends_on = day if ends_on is None else ends_on
                missing = max(missing, -stock)
        comes = min((day for day, units in receipts.items() if units > DUST), default=None)
        return Supply(on_hand, comes, horizon, ends_on, max(0.0, missing - owed))

    def missing(self, item: ItemKey) -> float:
        """Units that an item will lack before an order of today can arrive."""
        return self.supplies[item].missing if item in self.supplies else 0.0

    @cached_property
    def dry(self) -> dict[ItemKey, float]:
        """For how many days the pipelines below each item have run dry, on the longest way down."""
        network, ways = self.scenario.network, ways_in(self.scenario)
        flows = self.flows_on(self.state.day)
        found = dict.fromkeys(flows, 0.0)
        recipes = {(r.node, r.product): r.components for r in network.recipes}
        for item in reversed(upstream_items(network)):
            for part in recipes.get(item, ()):
                found[item[0], part] = max(found[item[0], part], found[item])
            for lane, share in asked_lanes(self.scenario, item, ways.get(item, [])):
                flow, above = flows[item] * share, (lane.source, lane.product)
                full = self.state.in_transit[lane.key] / flow if flow > DUST else math.inf
                gap = max(0.0, days_of(lane.lead_time) - full)
                found[above] = max(found[above], gap + found[item])
        return found

    # -- what to do --

    def quicker(self, item: ItemKey) -> Action | None:
        """Ask the next source first, if quicker and able; else lift a level that is too low."""
        asked = self.asked(item)
        spare = [lane for lane in self.lanes.get(item, []) if lane not in asked]
        spare.sort(key=lambda lane: lane.sourcing_rank)
        flow = self.flows_on(self.state.day)[item]
        able = {n.name for n in self.scenario.network.nodes if n.capacity >= flow}
        quick = [lane for lane in spare[:1] if lane.source in able]
        waits = [wait(self.scenario, lane) for lane in (*quick, *asked)]
        if len(asked) == 1 and quick and waits[0] < waits[1]:
            path = f"{asked[0].source}->{item[0]}.sourcing_rank"
            return Action(path, spare[-1].sourcing_rank + 1)
        return self.leveled(item)

    def leveled(self, item: ItemKey, cover_days: float | None = None) -> Action | None:
        """Set a base-stock level: not below the mean use of lead time and review to come.

        With ``cover_days``, not beyond that use and the stock that so many days need.
        """
        level = getattr(self.scenario.rules[item], "up_to", None)  # type: ignore[index]
        review = {n.name: n.review_period for n in self.scenario.network.nodes}[item[0]]
        days = use_on_order(self.scenario, item) + review + (cover_days or 0.0)
        bound = math.ceil(self.use(item, days) * days - DUST)
        wrong = level and (level < bound if cover_days is None else level > bound)
        return Action(f"{item[0]}/{item[1]}.up_to", bound) if wrong else None

    def overtime(self, item: ItemKey, owed: float, days: float = 7.0) -> Action | None:
        """A capacity that works off what is owed in some days, if no component is lacking."""
        node = next(n for n in self.scenario.network.nodes if n.name == item[0])
        wanted, stock = self.state.to_make.get(item, 0.0), self.state.on_hand
        needs = [(item[0], part, need * wanted) for r in self.scenario.network.recipes
                 if (r.node, r.product) == item for part, need in r.components.items()]  # fmt: skip
        short = any(stock.get((site, part), math.inf) < units - DUST for site, part, units in needs)
        if short or math.isinf(node.capacity):
            return None
        return Action(f"{item[0]}.capacity", round(node.capacity + owed / days, 3))


def seller(claim: tuple[str, ...]) -> ItemKey:
    """The item that a claim is made on: of a lane, or of a node's own customers."""
    return (claim[0], claim[1]) if len(claim) == 2 else (claim[0], claim[2])


def _receipts(scenario: Scenario, state: State, item: ItemKey) -> dict[int, float]:
    """What is certain to come on which day."""
    receipts: dict[int, float] = defaultdict(float)
    for lane in scenario.network.lanes:
        if (lane.destination, lane.product) == item:
            for goods in state.under_way.get(lane.key, ()):
                receipts[max(goods.due, state.day)] += goods.quantity
            for posted in state.mail.get(lane.key, ()):
                receipts[round(posted.due + days_of(lane.lead_time))] += posted.quantity
    for batch in state.batches.get(item, ()):
        receipts[max(batch.due, state.day)] += batch.good
    return receipts
