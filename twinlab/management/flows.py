"""How much flows where in a calm chain: customers' mean demand, passed up lanes and recipes."""

from collections.abc import Mapping
from statistics import fmean

from twinlab.organization.view import PriorityFailover, Supplier, View, split_order
from twinlab.scope.calendar import upstream_items
from twinlab.scope.distributions import Trace, days_of, mean_of
from twinlab.scope.entities import Demand, ItemKey, Lane
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario


def mean_flows(
    scenario: Scenario,
    day: int | range | None = None,
    wanted: Mapping[ItemKey, float] | None = None,
) -> dict[ItemKey, float]:
    """Give the units that leave the stock of each (node, product) at mean demand [units/day].

    The explosion of requirements planning in average rates: what a recipe starts is what is needed
    over its good share. Demand has season and trend, and is that of a ``day``, or the mean over a
    range of days (none given: all days of the scenario); ``wanted`` replaces it. Laws are taken as
    they are drawn: cut at zero, a good share at one. Source: Orlicky (1975).

    Raises:
        ScenarioError: a wanted item is unknown, or goods flow in a circle.

    >>> bikes = Scenario(assembly("plant", {"wheel": 2}, demand=Poisson(3)), BaseStock(9))
    >>> mean_flows(bikes, day=0)[("wheel supplier", "wheel")]
    6.0
    """
    network = scenario.network
    flow = dict.fromkeys(network.items, 0.0)
    if wanted is None:
        days = range(scenario.days) if day is None else day
        days = days if isinstance(days, range) else range(days, days + 1)
        wanted = {(row.node, row.product): customers_use(row, days) for row in network.demands}
    for item, units in wanted.items():
        if item not in flow:
            names = [f"{node}, {product}" for node, product in network.items]
            raise ScenarioError(f"wanted: no item {item!r}; {did_you_mean(', '.join(item), names)}")
        flow[item] += units
    passed: set[ItemKey] = set()
    for item in reversed(upstream_items(network)):
        passed.add(item)
        for feeder, units in _feeders(scenario, item).items():
            if feeder in passed:
                raise ScenarioError(
                    f"{feeder[1]!r} flows in a circle through {feeder[0]!r} and {item[0]!r}: give "
                    "one of them a lane of rank 1 from a source outside"
                )
            flow[feeder] += flow[item] * units
    return flow


def customers_use(row: Demand, days: range) -> float:
    """Customers' mean demand over some days; of a trace, what it holds for them."""
    if isinstance(row.pattern, Trace) and days.stop <= len(row.pattern.values):
        return fmean(row.pattern.values[day] * row.scale(day) for day in days)
    return mean_of(row.pattern) * fmean(map(row.scale, days))


def _feeders(scenario: Scenario, item: ItemKey) -> dict[ItemKey, float]:
    """What one unit of an item takes from which other items."""
    found: dict[ItemKey, float] = {}
    recipe = scenario.network.made.get(item)
    if recipe and (good := mean_of(recipe.good_share, most=1.0)):
        found = {(item[0], part): need / good for part, need in recipe.components.items()}
    for lane, share in asked_lanes(scenario, item):
        supplier = (lane.source, lane.product)
        found[supplier] = found.get(supplier, 0.0) + share
    return found


def asked_lanes(
    scenario: Scenario, item: ItemKey, lanes: list[Lane] | None = None
) -> list[tuple[Lane, float]]:
    """The lanes that an item's orders go to, with their parts of the orders.

    The item's sourcing rule is asked to split one unit while these lanes (else all) are open.
    """
    lanes = scenario.network.into.get(item, []) if lanes is None else lanes
    if not lanes:
        return []
    rule = scenario.sourcing.get(item, PriorityFailover())
    suppliers = [
        Supplier(v.source, v.mode, v.sourcing_rank, v.sourcing_share, v.capacity) for v in lanes
    ]
    parts = split_order(rule, View(*item, suppliers), 1.0)
    return [(v, float(part)) for v, part in zip(lanes, parts, strict=True) if part]


def wait(scenario: Scenario, lane: Lane) -> float:
    """Mean days from deciding to arrival: an evening's night, order delay, whole days of lead time.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), lead_time=3.6)
    >>> wait(Scenario(chain, BaseStock(20)), chain.lanes[0])
    4.0
    """
    evening = scenario.network.node(lane.destination).evening_review
    return days_of(lane.lead_time) + lane.order_delay + evening


def use_on_order(scenario: Scenario, item: ItemKey) -> float:
    """How many days of its mean use an item has on order, in the mean of its sources.

    What is in production counts with what will be found bad, as in the inventory position.
    """
    days = sum(part * wait(scenario, lane) for lane, part in asked_lanes(scenario, item))
    if recipe := scenario.network.made.get(item):
        evening = scenario.network.node(item[0]).evening_review
        good = mean_of(recipe.good_share, most=1.0) or 1.0
        days += (recipe.production_time + evening) / good
    return days
