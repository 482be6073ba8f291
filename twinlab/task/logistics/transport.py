"""How long goods are on their way, when they arrive, who sends how much where at least cost."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twinlab.modeling.compare import Change
from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.scope import Log, Result, Scenario, ScenarioError
from twinlab.scope.base import Amount, Array, Level, Limit, Positive, Row, column, shown, stats
from twinlab.scope.distributions import Empirical, days_of
from twinlab.scope.scenario import lane_paths
from twinlab.task.learning import FEW, adaptive
from twinlab.task.logistics.design import design_network, sourced
from twinlab.task.maintenance import TimeLeft

__all__ = """Arc TransitTime describe lead_time_law network_flow predict prescribe
transit_time""".split()

Limits = Mapping[str, Limit]  # by place
Amounts = Mapping[str, Amount]
Days = Sequence[float]


def describe(log: Log, source: str, destination: str) -> "TransitTime":
    """Measure a lane's transit time from a log, counting what is still under way at its end.

    Raises:
        ScenarioError: nothing has arrived on that lane.

    >>> chain = Scenario(serial(["mine", "shop"], demand=4, lead_time=3), BaseStock(16), days=20)
    >>> describe(simulate(chain).log, "mine", "shop")
    3 days on average, 3 to 3
    """
    sent = [e for e in log.of("shipped") if (e.node, e.partner) == (source, destination)]
    if not sent:
        raise ScenarioError(f"the log has no shipment from {source!r} to {destination!r}")
    today = log[-1].day
    done = [e.due - e.day for e in sent if e.due is not None and e.due <= today]
    return transit_time(done, [today - e.day for e in sent if e.due is None or e.due > today])


def transit_time(days: Sequence[Amount], under_way: Sequence[Amount] = ()) -> "TransitTime":
    """Estimate transit times from those of arrived shipments and the ages of those under way.

    The product-limit estimate of Kaplan & Meier (1958): leaving out what is still under way would
    make a lane look quick. What is left above the longest time seen is put there.

    Raises:
        ScenarioError: nothing has arrived, or a time is negative.

    >>> transit_time([2, 4], under_way=[3, 3]).shares
    (0.25, 0.75)
    """
    if not days:
        raise ScenarioError("transit_time: nothing has arrived yet: give at least one shipment")
    seen = stats.ecdf(stats.CensoredData(uncensored=days, right=under_way)).cdf
    arrived = np.isin(seen.quantiles, days)
    reached = seen.probabilities[arrived]
    reached[-1] = 1.0
    shares, took = np.diff(reached, prepend=0.0), seen.quantiles[arrived]
    return TransitTime(tuple(took.tolist()), tuple(shares.tolist()), float(took @ shares))


class TransitTime(Result, frozen=True):
    """The distribution of the days that a lane takes, as it was seen."""

    days: tuple[float, ...] = column("days", meaning="that a shipment may take")
    shares: tuple[float, ...] = column("share", meaning="of the shipments that take them")
    mean: float = column("days", meaning="under way")

    def _sentence(self) -> str:
        return f"{shown(self.mean)} days on average, {self.days[0]:g} to {self.days[-1]:g}"


def lead_time_law(
    ordered: Days, delivered: Days, today: float, days: Positive = 730.0, level: Level = 0.9
) -> Empirical:
    """Learn a lane's lead times from its orders of the last days, those still open included.

    Days as numbers; NaN if not delivered, and what came after ``today`` is not known. What a law so
    learned missed in those days widens it, in logs about its median (``learning.adaptive``); with
    small steps, since about a hundred orders may be open at a time.

    Raises:
        ScenarioError: nothing ordered in those days has arrived, or not one delivery per order.

    >>> law = lead_time_law([0, 0, 10, 10, 20], [3, 5, 13, 15, float("nan")], today=24)
    >>> law.average, [float(days) for days in sorted(set(law.values))]  # one is open, 4 days old
    (4.2, [3.0, 5.0])
    """
    o, came = np.asarray(ordered, dtype=np.float64), np.asarray(delivered, dtype=np.float64)
    if o.shape != came.shape:
        raise ScenarioError(f"lead_time_law: {o.size} orders and {came.size} deliveries")
    took = np.maximum(came - o, 0.5)
    places = (np.arange(200) + 0.5) / 200

    def seen(now: float) -> Array:
        recent = (now - days < o) & (o <= now)
        done = recent & (came <= now)
        if now < today and done.sum() < FEW:
            return np.full(200, np.nan)
        times = transit_time(took[done].tolist(), (now - o)[recent & ~done].tolist())
        at = np.searchsorted(np.cumsum(times.shares), places)
        return np.array(times.days)[np.minimum(at, len(times.days) - 1)]

    known = (today - days < came) & (came <= today)
    middles = {then: np.median(seen(then)) for then in np.unique(o[known])}
    errors = np.log(took[known] / [middles[then] for then in o[known]])
    ends = adaptive(errors, level, gamma=0.01, window=200, times=(o[known], came[known]))[-1]
    law = seen(today)
    middle, sides = np.median(law), np.quantile(law, ((1 - level) / 2, (1 + level) / 2))
    beside = (law < middle, law > middle), np.log(sides / middle), ends
    for side, usual, end in zip(*beside, strict=True):
        if usual and end / usual > 1:
            law[side] = middle * (law[side] / middle) ** (end / usual)
    return Empirical(tuple(law.round(2)))


def predict(transit: TransitTime, age: Amount = 0.0, level: Level = 0.9) -> TimeLeft:
    """Predict the arrival of a shipment that has been under way for some days.

    Shipments that took no longer than that are ruled out, so the time already waited counts.

    Raises:
        ScenarioError: none has ever taken longer than this age.

    >>> predict(transit_time([2, 2, 3, 5]), age=2)
    age 2 days · mean 2 days · low 1 days · high 3 days · level 0.9
    """
    days, shares = np.array(transit.days), np.array(transit.shares)
    later = days > age if age > 0 else days >= 0
    if not later.any():
        raise ScenarioError(f"none took more than {age:g} days so far: ask the carrier")
    days, shares = days[later], shares[later] / shares[later].sum()
    ends, tails = np.cumsum(shares), ((1 - level) / 2, (1 + level) / 2)
    low, high = (float(days[np.searchsorted(ends, t - 1e-12)] - age) for t in tails)
    return TimeLeft(age, float(days @ shares) - age, low, high, level)


class Arc(Row, frozen=True):
    """A way that goods can take, at a cost per unit and up to a capacity."""

    source: str = column("place", meaning="where it begins")
    destination: str = column("place", meaning="where it ends")
    cost: float = column("USD/unit", meaning="cost of moving one unit")
    capacity: float = column("units", math.inf, "most that can be moved", low=0)
    fixed_cost: float = column("USD", 0.0, "cost of having it open", low=0)


class Flow(Result, frozen=True):
    """How much moves on each way at least cost, and what one unit more or less would change."""

    by_arc: tuple[float, ...] = column("units", meaning="moved on each arc, in their order")
    cost: float = column("USD", meaning="of all that moves, and of ways that are open")
    price: Mapping[str, float] = column(
        "USD/unit", meaning="what one unit more of a place's demand would cost"
    )
    relief: Mapping[str, float] = column(
        "USD/unit", meaning="what one unit more of a supply, throughput or capacity would save"
    )


def network_flow(
    arcs: Sequence[Arc], supply: Limits, demand: Amounts, throughput: Limits | None = None
) -> Flow:
    """Send goods through a network at least cost: from supplies over depots to demands.

    min Σ c x with 0 ≤ x ≤ capacity; out − in ≤ supply where there is one, in − out = demand
    elsewhere (0 for depots), and in ≤ throughput. Without depots it is the transportation problem
    (Hitchcock 1941). Solved by HiGHS through ``scipy``; shadow prices are its dual values, one
    choice of several where the plan is degenerate. Where ways have a fixed cost, those that carry
    something are opened, x ≤ capacity · y: network design, proven to be least, without prices.
    Source: Ahuja, Magnanti & Orlin (1993) chapter 1; Magnanti & Wong (1984), design.

    Raises:
        ScenarioError: a place of supply, demand or throughput is on no way.
        SolverError: no plan serves the demands.

    >>> arcs = [Arc("plant", "depot", 1), Arc("depot", "shop", 2), Arc("plant", "shop", 5)]
    >>> plan = network_flow(arcs, {"plant": 100}, {"shop": 10}, throughput={"depot": 8})
    >>> plan.cost, plan.price["shop"], plan.relief["depot"]
    (34.0, 5.0, 2.0)
    """
    plenty = 1 + 2 * sum(demand.values())  # more than this is as good as without limit
    both = supply, throughput or {}
    supply, limits = ({p: min(most, plenty) for p, most in each.items()} for each in both)
    places = list(dict.fromkeys(end for arc in arcs for end in (arc.source, arc.destination)))
    for name in (*supply, *demand, *limits):
        if name not in places:
            raise ScenarioError(f"network_flow: no way begins or ends at {name!r}: add one")
    exact = {p: demand.get(p, 0.0) for p in places if p not in supply}

    def net(place: str, into: float) -> dict[int, float]:
        ends = {at: (arc.source == place, arc.destination == place) for at, arc in enumerate(arcs)}
        return {at: into if end else -into for at, (start, end) in ends.items() if start != end}

    rows = [Constraint(net(p, -1.0), high=most - demand.get(p, 0.0)) for p, most in supply.items()]
    for p, most in limits.items():
        come = {at: 1.0 for at, arc in enumerate(arcs) if arc.destination == p}
        rows.append(Constraint(come, high=most))
    rows += [Constraint(net(p, 1.0), units, units) for p, units in exact.items()]
    opened = {(at, "open"): arc.fixed_cost for at, arc in enumerate(arcs) if arc.fixed_cost}
    reach = {way: min(arcs[way[0]].capacity, sum(demand.values())) for way in opened}
    rows += [Constraint({way[0]: 1.0, way: -most}, high=0.0) for way, most in reach.items()]
    found = minimize(
        {at: arc.cost for at, arc in enumerate(arcs)} | opened,
        rows,
        f"no plan serves every demand: {sum(demand.values()):g} units are wanted and "
        f"{sum(supply.values()):g} supplied; add supply, or look for places that no way reaches, "
        "and throughputs or capacities that are too small",
        dict(enumerate((0.0, arc.capacity) for arc in arcs)) | dict.fromkeys(opened, (0.0, 1.0)),
        set(opened),
    )
    moved = tuple(found.values[at] for at in range(len(arcs)))
    if opened:
        return Flow(moved, found.cost, {}, {})
    count = len(supply) + len(limits)
    relief = {p: -x for p, x in zip([*supply, *limits], found.prices[:count], strict=True)}
    limited = ((at, arc) for at, arc in enumerate(arcs) if arc.capacity < math.inf)
    relief |= {f"{arc.source} → {arc.destination}": -found.limits[at] for at, arc in limited}
    asked = zip(exact, found.prices[count:], strict=True)
    return Flow(moved, found.cost, {p: price for p, price in asked if p in demand}, relief)


def prescribe(scenario: Scenario, product: str) -> Change:
    """Recommend the shares of suppliers that move a product's average demand at least cost.

    The flows of ``design_network`` as the network is: cost per unit and stock on the way, within
    capacities of lanes and sources. Costs per shipment and chance are left out: so compare it.

    Raises:
        ScenarioError: no lane carries the product.
        SolverError: the lanes cannot carry what is wanted.

    >>> network = Network(
    ...     products=[Product("bike")],
    ...     nodes=[Node("near", capacity=3), Node("far"), Node("shop")],
    ...     lanes=[Lane("near", "shop", "bike", cost_per_unit=1),
    ...            Lane("far", "shop", "bike", cost_per_unit=4)],
    ...     demands=[Demand("shop", "bike", Normal(5, 1))])
    >>> prescribe(Scenario(network, BaseStock(9)), "bike")
    cheapest flow of bike: 11 USD/day by averages
      near → shop (road): 0 → 0.6
      far → shop (road): 0 → 0.4
    """
    network, cost = scenario.network, 0.0
    sent: dict[Any, Any] = {v.key: (0.0,) for v in network.lanes if v.product == product}
    if not sent:
        raise ScenarioError(f"prescribe: no lane carries {product!r}")
    flow = design_network(scenario, {}).flow
    for v in (v for v in network.lanes if v.key in sent and lane_paths(v)[-1] in flow):
        sent[v.key] = flow[lane_paths(v)[-1]]
        under_way = network.node(v.source).holding_cost * days_of(v.lead_time)
        cost += sent[v.key][0] * (v.cost_per_unit + under_way)
    then = sourced(scenario, sent, [range(1)])
    pairs = zip(network.lanes, then.network.lanes, strict=True)
    ways = {f"{v.source} → {v.destination} ({v.mode})": (v, w) for v, w in pairs if v is not w}
    before, values = ({w: pair[at].sourcing_share for w, pair in ways.items()} for at in (0, 1))
    reason = f"{cost:,.6g} USD/day by averages"
    return Change(values, f"cheapest flow of {product}", reason, then, before)
