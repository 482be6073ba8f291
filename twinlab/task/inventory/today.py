"""Prescribe for a chain as it stands: reorder point, base-stock level, what to order today."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twinlab.people.rules import BaseStock
from twinlab.scope.chance import Constant, Distribution, Poisson, Trace
from twinlab.scope.columns import column
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State
from twinlab.task.flows import requirements
from twinlab.task.inventory.describe import backlog_of
from twinlab.task.recommendation import Answer, Recommendation, recommend, recommend_rules


def reorder_point(
    demand: float, demand_sd: float, lead_time: float, lead_time_sd: float = 0.0,
    service: float = 0.95,
) -> float:  # fmt: skip
    """Set the stock that is enough for the lead time in a given share of cases [units].

    ROP = d L + z √(L σ_d² + d² σ_L²), z = Φ⁻¹(service) [demand d ± σ_d per day, lead time L ± σ_L].
    Demand and lead time independent, their product near normal. Source: Silver, Pyke & Thomas
    (2017) chapter 6.

    Raises:
        ScenarioError: a service outside 0 to 1, or a negative number.

    >>> round(reorder_point(20, 4, lead_time=9, lead_time_sd=1, service=0.95), 2)
    218.36
    """
    from scipy.special import ndtri  # a fifth of a second

    if not 0 < service < 1 or min(demand, demand_sd, lead_time, lead_time_sd) < 0:
        raise ScenarioError(
            f"reorder_point: service {service:g} lies between 0 and 1, all else is at least 0"
        )
    spread = math.sqrt(lead_time * demand_sd**2 + demand**2 * lead_time_sd**2)
    return float(demand * lead_time + ndtri(service) * spread)


@dataclass(frozen=True)
class Order(Answer):
    """What to order today, and why that much."""

    quantity: float = column("units", meaning="to order now")
    level: float = column("units", meaning="what the position should be")
    position: float = column("units", meaning="on hand + on order − backlog, this morning")


def order_today(
    scenario: Scenario, state: State, item: ItemKey, service: float = 0.95, lot: float = 0.0
) -> Order:
    """Decide what to order this morning, on the state as it is.

    quantity = max(0, level − position), in whole lots if a lot is given. The level is a reorder
    point over the days until the order *after* this one arrives, today included: order delay +
    lead time + review period.

    Raises:
        ScenarioError: nothing brings the item.

    >>> from twinlab import Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(20, 4), lead_time=8, on_hand={"shop": 100})
    >>> print(order_today(Scenario(shop, BaseStock(0)), State.initial(shop), ("shop", "unit")))
    quantity 99.74 units · level 199.7 units · position 100 units
    """
    level = _level(scenario, item, service, today=1.0)
    position = (
        state.on_hand[item] + state.on_order[item] - backlog_of(scenario.network, state, item)
    )
    short = max(0.0, level - position)
    return Order(math.ceil(short / lot) * lot if lot > 0 else short, level, position)


def base_stock(scenario: Scenario, item: ItemKey, service: float = 0.95) -> Recommendation:
    """Recommend the base-stock level that keeps an item in stock in a given share of days.

    The twin decides after the day's demand, and an order is there in time for the day on which it
    is due: the level covers order delay + lead time + review period − 1 days.

    Raises:
        ScenarioError: nothing brings the item.

    >>> from twinlab import Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(20, 4), lead_time=9)
    >>> print(base_stock(Scenario(shop, BaseStock(150)), ("shop", "unit")))
    base stock for 95 %: 9 days of demand at 'shop' are 180 ± 12 units
      shop/unit.up_to: 150 → 199.738
    """
    days, demand, sd = _protection(scenario, item)
    spread = math.hypot(math.sqrt(days[0]) * sd, demand * days[1])
    title = f"base stock for {100 * service:g} %"
    asked = f"{days[0] * demand:,.0f} ± {spread:,.0f} units"
    reason = f"{days[0]:g} days of demand at {item[0]!r} are {asked}"
    level = _level(scenario, item, service)
    rules: dict[ItemKey, object] = dict(scenario.rules)  # type: ignore[arg-type]
    if isinstance(rules[item], BaseStock):
        return recommend(scenario, title, reason, {f"{item[0]}/{item[1]}.up_to": level})
    return recommend_rules(scenario, title, reason, {item: BaseStock(level)})


def _level(scenario: Scenario, item: ItemKey, service: float, today: float = 0.0) -> float:
    days, demand, sd = _protection(scenario, item)
    return max(0.0, reorder_point(demand, sd, days[0] + today, days[1], service))


def _protection(scenario: Scenario, item: ItemKey) -> tuple[tuple[float, float], float, float]:
    """Days to cover and their sd; demand per day and its sd."""
    network = scenario.network
    if item not in scenario.decided_items():
        names = [", ".join(known) for known in scenario.decided_items()]
        raise ScenarioError(f"nothing brings {item!r}; {did_you_mean(', '.join(item), names)}")
    ways = [v for v in network.lanes if (v.destination, v.product) == item]
    make = [r.production_time for r in network.recipes if (r.node, r.product) == item]
    days, spread = (float(make[0]), 0.0) if make else (0.0, 0.0)
    if ways and not make:
        lane = min(ways, key=lambda v: v.sourcing_rank)
        days = lane.lead_time.average + lane.order_delay
        spread = deviation(lane.lead_time)
    row = network.node(item[0])
    days += row.review_period - 1 + row.evening_review
    mean, variance = 0.0, 0.0
    for customer in network.demands:
        # How much of this item one unit asked by these customers takes.
        share = requirements(scenario, {(customer.node, customer.product): 1.0})[item]
        mean += share * customer.pattern.average
        variance += (share * deviation(customer.pattern)) ** 2
    return (days, spread), mean, math.sqrt(variance)


def deviation(law: Distribution) -> float:
    """The standard deviation of a distribution.

    >>> deviation(Poisson(9)), deviation(Constant(4))
    (3.0, 0.0)
    """
    if isinstance(law, Poisson):
        return math.sqrt(law.mean)
    values = getattr(law, "values", None)
    if values is not None or isinstance(law, Constant | Trace):
        return float(np.std(values)) if values is not None else 0.0
    if hasattr(law, "low"):
        return float((law.high - law.low) / math.sqrt(12))  # type: ignore[attr-defined]
    return float(law.sd)  # type: ignore[attr-defined]
