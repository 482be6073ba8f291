"""How much flows where, what it costs when customers get none, and how long they wait."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import fmean
from typing import Any

import numpy as np

from twinlab.modeling import Replications, Run
from twinlab.modeling.inference.foreseen import Added
from twinlab.modeling.simulation.kpis import Value
from twinlab.organization.view import PriorityFailover, Supplier, View, split_order
from twinlab.scope import Demand, Lane, Network, Scenario, ScenarioError
from twinlab.scope.base import Amount, Array, Day, ItemKey, check_known, did_you_mean
from twinlab.scope.calendar import DUST, upstream_first, upstream_items
from twinlab.scope.distributions import Trace, days_of, mean_of
from twinlab.scope.kinds import ranged

__all__ = """deprivation_cost gini total_shortage_cost waiting_cost waiting_level
waits""".split()

# USD per unit that a customer does not get, by product; none given: as the demand rows say.
ShortageCost = Mapping[str, Amount] | None
ByItem = dict[ItemKey, float]


def mean_flows(
    scenario: Scenario, day: Day | range | None = None, wanted: ByItem | None = None
) -> ByItem:
    """Give the units that leave the stock of each (node, product) at mean demand [units/day].

    The explosion of requirements planning in average rates: what a recipe starts is what is needed
    over its good share. Demand has season and trend, and is that of a ``day``, or the mean over a
    range of days (none given: all days of the scenario); ``wanted`` replaces it. Laws are taken as
    they are drawn: cut at zero, a good share at one. Source: Orlicky (1975).
    """
    network = scenario.network
    flow = dict.fromkeys(network.items, 0.0)
    if wanted is None:
        days = range(scenario.days) if day is None else day
        days = days if isinstance(days, range) else range(day := scenario.day_of(days), day + 1)
        wanted = {(row.node, row.product): customers_use(row, days) for row in network.demands}
    for item, units in wanted.items():
        if item not in flow:
            names = [f"{node}, {product}" for node, product in network.items]
            raise ScenarioError(f"wanted: no item {item!r}; {did_you_mean(', '.join(item), names)}")
        flow[item] += units
    for item, takes in reversed(flowing(scenario)):
        for feeder, units in takes.items():
            flow[feeder] += flow[item] * units
    return flow


def flowing(scenario: Scenario) -> list[tuple[ItemKey, dict[ItemKey, float]]]:
    """Give all items with what one unit takes, upstream first along the lanes that are asked."""
    takes = {item: feeders(scenario, item) for item in upstream_items(scenario.network)}
    ways = [(feeder, item) for item, each in takes.items() for feeder in each]
    passed, order = set[ItemKey](), upstream_first(list(takes), ways, ())
    for item in reversed(order):
        passed.add(item)
        for feeder in passed.intersection(takes[item]):
            problem = f"{feeder[1]!r} flows in a circle through {feeder[0]!r} and {item[0]!r}"
            remedy = "give one of them a lane of rank 1 from a source outside"
            raise ScenarioError(f"{problem}: {remedy}")
    return [(item, takes[item]) for item in order]


def customers_use(row: Demand, days: range) -> float:
    """Customers' mean demand over some days; of a trace, what it holds for them."""
    if isinstance(row.pattern, Added):
        usual = customers_use(replace(row, pattern=row.pattern.law), days)
        return usual + float(row.pattern.units.values[days.start : days.stop].sum()) / len(days)
    if isinstance(row.pattern, Trace) and days.stop <= len(row.pattern.values):
        return fmean(row.pattern.values[days] * row.scales(np.array(days)))
    return mean_of(row.pattern) * fmean(row.scales(np.array(days)))


def feeders(scenario: Scenario, item: ItemKey) -> dict[ItemKey, float]:
    """What one unit of an item takes from which other items."""
    takes: dict[ItemKey, float] = {}
    recipe = scenario.network.made.get(item)
    if recipe and (good := mean_of(recipe.good_share, most=1.0)):
        takes = {(item[0], part): need / good for part, need in recipe.components.items()}
    for lane, share in asked_lanes(scenario, item):
        supplier = (lane.source, lane.product)
        takes[supplier] = takes.get(supplier, 0.0) + share
    return takes


def asked_lanes(
    scenario: Scenario, item: ItemKey, lanes: list[Lane] | None = None
) -> list[tuple[Lane, float]]:
    """The lanes that an item's orders go to, with their parts of the orders.

    The item's sourcing rule is asked to split one unit while these lanes (else all) are open.
    """
    into = scenario.network.into.get(item, [])
    if not into:
        return []
    rule = scenario.sourcing.get(item, PriorityFailover())
    rows = ((v.source, v.mode, v.sourcing_rank, v.sourcing_share, v.capacity) for v in into)
    can = (float(lanes is None or v in lanes) for v in into)
    suppliers = [Supplier(*row, one) for row, one in zip(rows, can, strict=True)]
    parts = split_order(rule, View(*item, suppliers), 1.0)
    return [(v, float(part)) for v, part in zip(into, parts, strict=True) if part]


def wait(scenario: Scenario, lane: Lane) -> float:
    """Mean days from deciding to arrival: an evening's night, order delay, lead time."""
    evening = scenario.network.node(lane.destination).evening_review
    return days_of(lane.lead_time) + lane.order_delay + evening


def use_on_order(scenario: Scenario, item: ItemKey) -> float:
    """How many days of its mean use an item has on order, in the mean of its sources.

    What is in production counts with what will be found bad, as in the inventory position.
    """
    days = sum(part * wait(scenario, lane) for lane, part in asked_lanes(scenario, item))
    if recipe := scenario.network.made.get(item):
        evening = scenario.network.node(item[0]).evening_review
        days += (recipe.production_time + evening) / (mean_of(recipe.good_share, most=1.0) or 1.0)
    return days


@ranged
def shortage_costs(network: Network, shortage_cost: ShortageCost = None) -> ByItem:
    """Say what one unit costs that a customer does not get [USD/unit], by (node, product).

    It is what ``shortage_cost`` gives for the product, else the row's ``lost_sale_cost``.
    """
    given, asked = dict(shortage_cost or {}), dict.fromkeys(d.product for d in network.demands)
    for product in given:
        check_known(product, asked, f"shortage_cost: no customer asks for {product!r}")
    sold = {(d.node, d.product): d.lost_sale_cost for d in network.demands}
    return {item: float(given.get(item[1], cost)) for item, cost in sold.items()}


def total_shortage_cost(history: Run | Replications, shortage_cost: ShortageCost = None) -> Value:
    """Price what customers did not get, or got late, over the whole history [USD].

    Total = Σ (asked − served) × unit cost + Σ cost of what is owed at night; of a batch, an array.

    Raises:
        ScenarioError: neither a unit nor a day of waiting costs anything, ``shortage_cost`` is
            below 0, or no customer asks for the product.

    >>> hasty = Demand("shop", "unit", Trace((3, 6)), backorders=False, lost_sale_cost=40)
    >>> shop = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 5})
    >>> total_shortage_cost(simulate(Scenario(shop, BaseStock(5), days=2)))
    40.0
    """
    network = history.scenario.network
    costs = shortage_costs(network, shortage_cost)
    if not any(costs.values()) and not any(d.backorder_cost for d in network.demands):
        products = ", ".join(f"{p!r}: …" for p in dict.fromkeys(p for _, p in costs))
        told = f"customers who are not served cost nothing here: give shortage_cost={{{products}}}"
        remedy = "in USD per unit, or a lost_sale_cost or backorder_cost in the demand rows"
        raise ScenarioError(f"{told} {remedy}")
    short = {at: history.total("demand", *at) - history.total("served", *at) for at in costs}
    return sum(short[at] * each + history.total("owing", *at) for at, each in costs.items())


def stopped_costs(network: Network, shortage_cost: ShortageCost = None) -> ByItem:
    """Say what one missing unit of each (node, product) stops further down [USD/unit].

    For customers it is ``shortage_costs``, else their price, else the product's value; upstream
    the most that is stopped by what a unit goes into, per unit needed.
    """
    own = shortage_costs(network, shortage_cost)
    values = {p.name: p.value for p in network.products}
    sold = {(d.node, d.product): d.price or values[d.product] for d in network.demands}
    stopped = dict.fromkeys(network.items, 0.0) | {at: own[at] or sold[at] for at in sold}
    for item in reversed(upstream_items(network)):
        uses = [((v.source, v.product), 1.0) for v in network.into.get(item, ())]
        if recipe := network.made.get(item):
            uses += [((item[0], part), need) for part, need in recipe.components.items()]
        for above, need in uses:
            stopped[above] = max(stopped[above], stopped[item] / need)
    return stopped


# A and B: of exp(A + B hours) − exp(A) for water, else of the level 1 / (1 + exp(A − B days)).
LEVELS = {"water": (1.5031, 0.1172), "food": (4.2280, 0.7407), "shelter": (4.2047, 0.7437)}
LEVELS["health"] = (3.9031, 0.7919)
INTERCEPT, PER_HOUR = LEVELS["water"]
CALIBRATED_HOURS = 120.0


def deprivation_cost(hours: Any, tangent: bool = False) -> Any:
    """Say what it costs one person, in their own valuation, to be without water for some hours.

    g(t) = exp(1.5031 + 0.1172 t) − exp(1.5031) [USD/person; t = ``hours``, one or many]. Beyond
    the 120 h for which it was estimated, ``tangent`` goes on straight: to compare plans, no more.
    Source: Holguín-Veras et al. (2013), J. Operations Management 31: 262–280, water.

    Raises:
        ScenarioError: below 0, or beyond 120 h without the tangent.

    >>> [round(float(deprivation_cost(t)), 2) for t in (0, 24, 48)]
    [0.0, 70.39, 1242.76]
    """
    time = np.asarray(hours, dtype=np.float64)
    if not np.all(good := (time >= 0) & (time <= (np.inf if tangent else CALIBRATED_HOURS))):
        known = f"the function was estimated for 0 to {CALIBRATED_HOURS:g} hours"
        told = f"deprivation_cost: {np.extract(~good, time)[0]:g} hours: {known}"
        raise ScenarioError(f"{told}; split the wait, or use tangent=True and say so")
    beyond = np.maximum(time - CALIBRATED_HOURS, 0.0)
    grown = np.exp(INTERCEPT + PER_HOUR * (time - beyond))
    return grown * (1.0 + PER_HOUR * beyond) - np.exp(INTERCEPT)


def waiting_level(hours: Any, good: str = "water", tangent: bool = False) -> Any:
    """Say which share of the loss of never getting a good a wait of some hours already is.

    L(0) = 0. Water: deprivation cost over that of 120 h, 1 beyond (with ``tangent``: its tangent).
    Food, shelter, health: 1 / (1 + e^(a − b·days)), rescaled to L(0) = 0 and L(∞) = 1.
    Source: Holguín-Veras et al. (2013); Wang et al. (2017), Production and Operations Management
    26: 2137–2150, who asked people after an earthquake.

    Raises:
        ScenarioError: the good has no level, or hours are below 0.

    >>> [round(float(waiting_level(96, good)), 2) for good in ("water", "food", "shelter")]
    [0.06, 0.21, 0.21]
    """
    check_known(good, LEVELS, f"waiting_level: no level of {good!r}")
    time = np.asarray(hours, dtype=np.float64)
    if not np.all((time >= 0) & (time < np.inf)):
        wrong = np.extract(~((time >= 0) & (time < np.inf)), time)[0]
        raise ScenarioError(f"waiting_level: {wrong:g} hours: give finite hours of at least 0")
    if good == "water":
        cost = deprivation_cost(time if tangent else np.minimum(time, CALIBRATED_HOURS), tangent)
        return cost / deprivation_cost(CALIBRATED_HOURS)
    height, slope = LEVELS[good]
    level, none = (1.0 / (1.0 + np.exp(height - slope * days)) for days in (time / 24, 0.0))
    return (level - none) / (1.0 - none)


def waiting_cost(deliveries: Sequence[Amount], horizon: Amount, tangent: bool = False) -> float:
    """Add up one person's deprivation cost over the waits between deliveries.

    Σ g(tₖ − tₖ₋₁) from hour 0 to the horizon: equal waits are the cheapest [USD/person].

    Raises:
        ScenarioError: deliveries are not in order within 0 to ``horizon``, or a wait is too long.

    >>> round(waiting_cost([24], horizon=48), 2), round(waiting_cost([12], horizon=48), 2)
    (140.77, 314.96)
    """
    moments = [0.0, *deliveries, horizon]
    if any(later < sooner for sooner, later in pairwise(moments)):
        told = f"waiting_cost: deliveries {list(deliveries)!r}"
        raise ScenarioError(f"{told} must rise from 0 to {horizon:g} hours")
    return float(np.sum(deprivation_cost(np.diff(moments), tangent)))


def waits(demand: Array, backlog: Array) -> Array:
    """Say how many units of an item wait longer than 0, 1, 2, … nights, first come, first served.

    ``demand`` by day without what is lost, ``backlog`` of each night: days × histories, or days;
    the answer is nights × histories. What was owed before is served first; what is unserved at the
    end has waited until then. So with L(t) for a wait of t nights, Σ waits(t) · (L(t + 1) − L(t))
    adds up L over all units, and the sum is unit-nights of waiting.

    Raises:
        ScenarioError: a number is below 0, or demand and backlog are not of the same days.

    >>> waits([5, 0, 4, 0], [5, 2, 4, 1]).ravel().tolist()
    [9.0, 3.0, 0.0, 0.0]
    """
    wanted, owed = (np.asarray(each, dtype=np.float64) for each in (demand, backlog))
    wanted, owed = (e[:, None] if e.ndim == 1 else e for e in (wanted, owed))
    if not (owed.ndim == 2 and owed.size and wanted.shape in (owed.shape, (len(owed), 1))):
        told = f"waits: demand {wanted.shape}, backlog {owed.shape}"
        raise ScenarioError(f"{told}: give both by day, or by day and history, at least one")
    for name, each in (("demand", wanted), ("backlog", owed)):
        if not (np.all(each >= 0) and np.isfinite(each).all()):
            raise ScenarioError(f"waits: {name} must be finite numbers of at least 0")
    wanted, days = np.broadcast_to(wanted, owed.shape), len(owed)
    served = np.maximum.accumulate((asked := np.cumsum(wanted, axis=0)) - owed)
    late = (asked[: days - n] - served[n:] for n in range(days))  # of those asked by each day
    found = [np.clip(x, 0, wanted[: len(x)]).sum(axis=0) for x in late]
    return np.where(np.array(found) > DUST, found, 0.0)


def gini(values: Sequence[Amount], weights: Sequence[Amount] | None = None) -> float:
    """Measure how unevenly something is shared: 0 if all have the same, near 1 if one has all.

    G = Σᵢⱼ wᵢ wⱼ |xᵢ − xⱼ| / (2 W² x̄) [W = Σ w; weights are heads, 1 each by default].
    Source: Gini (1912); for relief, Gutjahr & Fischer (2018), EJOR 270: 185–197.

    Raises:
        ScenarioError: nothing is given, something is negative, or lengths differ.

    >>> gini([5, 5, 5]), gini([0, 0, 0, 8])
    (0.0, 0.75)
    """
    x = np.asarray(values, dtype=np.float64)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)
    if x.size == 0 or x.shape != w.shape:
        raise ScenarioError(f"gini: {x.size} values and {w.size} weights: give as many, at least 1")
    if not w.sum() > 0:
        raise ScenarioError("gini: no weight is above 0: give each its number of heads")
    total, gaps = w @ x, np.abs(x[:, None] - x)
    return float(w @ gaps @ w / (2 * w.sum() * total)) if total else 0.0
