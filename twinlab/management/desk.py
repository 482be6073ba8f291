"""The desk of a control tower: one morning's state, and what follows from it for each item."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from twinlab.management.flows import asked_lanes, mean_flows, ways_in
from twinlab.management.money import Worth, stopped_worth
from twinlab.management.supply import Supply, seller, supply_of, wait
from twinlab.management.tables import shown
from twinlab.modeling.batch import Batch
from twinlab.scope.calendar import DUST, upstream_items
from twinlab.scope.columns import Row, column
from twinlab.scope.disruption import Outage
from twinlab.scope.entities import ItemKey, Lane
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Limits(Row):
    """From where on the tower speaks up."""

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
        """Say it as an instruction."""
        return f"set {self.path} to {shown(self.value)}"


@dataclass(frozen=True)
class Desk:
    """Everything that finders look at."""

    scenario: Scenario
    state: State
    forecast: Batch | None
    limits: Limits
    worth: Worth | None

    @cached_property
    def flows(self) -> dict[ItemKey, float]:
        """Mean units that leave each item today."""
        return mean_flows(self.scenario, self.state.day)

    @cached_property
    def stopped(self) -> dict[ItemKey, float]:
        """What a missing unit of each item stops [USD]."""
        return stopped_worth(self.scenario.network, self.worth)

    @cached_property
    def ways(self) -> dict[ItemKey, list[Lane]]:
        """All lanes into each item."""
        return ways_in(self.scenario)

    @cached_property
    def lanes(self) -> dict[ItemKey, list[Lane]]:
        """The lanes into each item from sites that are open (from all, if none is)."""
        shut = {outage.node for outage in self.closures}
        return {item: [v for v in lanes if v.source not in shut] or lanes
                for item, lanes in self.ways.items()}  # fmt: skip

    def asked(self, item: ItemKey) -> list[Lane]:
        """The lanes to which the item's orders of today go."""
        return [v for v, _ in asked_lanes(self.scenario, item, self.lanes.get(item, []))]

    @cached_property
    def supplies(self) -> dict[ItemKey, Supply]:
        """How each item's stock will go until an order of today arrives."""
        return {
            item: supply_of(self.scenario, self.state, item, self.flows[item], self.asked(item))
            for item in self.scenario.decided_items()
        }

    def missing(self, item: ItemKey) -> float:
        """Units that an item will lack before an order of today can arrive."""
        return self.supplies[item].missing if item in self.supplies else 0.0

    @cached_property
    def claims(self) -> dict[ItemKey, list[tuple[str, ...]]]:
        """Who is owed something by each item: lanes' keys, or the item for its customers."""
        found: dict[ItemKey, list[tuple[str, ...]]] = defaultdict(list)
        for claim, units in self.state.owed.items():
            if units > DUST:
                found[seller(claim)].append(claim)
        return found

    @cached_property
    def closures(self) -> list[Outage]:
        """The planned outages that close a whole site today."""
        return [
            o for o in self.scenario.disruptions
            if isinstance(o, Outage) and not o.rate and o.loss == 1.0 and not o.product
            and o.start <= self.state.day < o.start + math.ceil(o.days.average)
        ]  # fmt: skip

    @cached_property
    def dry(self) -> dict[ItemKey, float]:
        """For how many days the pipelines below each item have run dry, on the longest way down."""
        found = dict.fromkeys(self.flows, 0.0)
        recipes = {(r.node, r.product): r.components for r in self.scenario.network.recipes}
        for item in reversed(upstream_items(self.scenario.network)):
            for part in recipes.get(item, ()):
                found[item[0], part] = max(found[item[0], part], found[item])
            for lane, share in asked_lanes(self.scenario, item, self.ways.get(item, [])):
                flow, above = self.flows[item] * share, (lane.source, lane.product)
                full = self.state.in_transit[lane.key] / flow if flow > DUST else math.inf
                gap = max(0.0, lane.lead_time.average - full)
                found[above] = max(found[above], gap + found[item])
        return found

    def has_parts(self, item: ItemKey) -> bool:
        """Whether no component is lacking for what is to be made of an item."""
        needs = [r.components for r in self.scenario.network.recipes if (r.node, r.product) == item]
        wanted = self.state.to_make.get(item, 0.0)
        return all(
            self.state.on_hand.get((item[0], part), math.inf) >= need * wanted - DUST
            for components in needs
            for part, need in components.items()
        )

    def level(self, item: ItemKey) -> float | None:
        """The base-stock level of an item, if its rule has one."""
        found = getattr(self.scenario.rules[item], "up_to", None)  # type: ignore[index]
        return None if found is None else float(found)

    def quicker(self, item: ItemKey) -> Action | None:
        """Ask the next source first, if quicker and able; else lift a level that is too low."""
        asked = self.asked(item)
        spare = [lane for lane in self.lanes.get(item, []) if lane not in asked]
        spare.sort(key=lambda lane: lane.sourcing_rank)
        able = {n.name for n in self.scenario.network.nodes if n.capacity >= self.flows[item]}
        quick = [lane for lane in spare[:1] if lane.source in able]
        if len(asked) == 1 and quick and wait(quick[0]) < wait(asked[0]):
            return Action(
                f"{asked[0].source}->{item[0]}.sourcing_rank", spare[-1].sourcing_rank + 1
            )
        return self.lifted(item)

    def lifted(self, item: ItemKey) -> Action | None:
        """A base-stock level below the mean use of lead time and review, lifted to it."""
        level, least = self.level(item), math.ceil(self.use(item))
        return Action(f"{item[0]}/{item[1]}.up_to", least) if level and level < least else None

    def lowered(self, item: ItemKey) -> Action | None:
        """A base-stock level beyond the cover that is allowed, lowered to it."""
        level = self.level(item)
        most = math.ceil(self.use(item) + self.flows[item] * self.limits.cover_days)
        return Action(f"{item[0]}/{item[1]}.up_to", most) if level and level > most else None

    def use(self, item: ItemKey) -> float:
        """Mean use over the lead time and a review of an item [units]."""
        review = {n.name: n.review_period for n in self.scenario.network.nodes}[item[0]]
        return self.flows[item] * (min(map(wait, self.asked(item)), default=0.0) + review)
