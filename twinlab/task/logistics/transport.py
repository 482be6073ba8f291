"""How long goods are on their way, and when this shipment will arrive.

Who sends how much where at least cost: linear programs with shadow prices.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.management.flows import customers_use, mean_flows
from twinlab.modeling.compare import Change
from twinlab.organization.view import Shares
from twinlab.scope.columns import Row, Sealed, column
from twinlab.scope.distributions import days_of, mean_of
from twinlab.scope.errors import ScenarioError, SolverError
from twinlab.scope.kinds import Amount, Level, Limit, ranged
from twinlab.scope.later import optimize, stats
from twinlab.scope.log import Log
from twinlab.scope.scenario import Scenario

__all__ = ["Arc", "network_flow", "plan_lanes", "transit_of", "transit_time"]


# -- describe ---------------------------------------------------------------------------------


def transit_of(log: Log, source: str, destination: str) -> TransitTime:
    """Measure a lane's transit time from a log, counting what is still under way at its end.

    Raises:
        ScenarioError: nothing has arrived on that lane.

    >>> chain = Scenario(serial(["mine", "shop"], demand=4, lead_time=3), BaseStock(16), days=20)
    >>> transit_of(simulate(chain).log, "mine", "shop").mean
    3.0
    """
    ways = [e for e in log.of("shipped") if (e.node, e.partner) == (source, destination)]
    if not ways:
        raise ScenarioError(f"the log has no shipment from {source!r} to {destination!r}")
    today = log[-1].day
    done = [e.due - e.day for e in ways if e.due is not None and e.due <= today]
    return transit_time(done, [today - e.day for e in ways if e.due is None or e.due > today])


def transit_time(days: Sequence[Amount], under_way: Sequence[Amount] = ()) -> TransitTime:
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
    shares = np.diff(reached, prepend=0.0)
    return TransitTime(tuple(seen.quantiles[arrived].tolist()), tuple(shares.tolist()))


# -- predict ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TransitTime:
    """The distribution of the days that a lane takes, as it was seen."""

    days: tuple[float, ...]
    shares: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean days under way."""
        return float(np.dot(self.days, self.shares))

    @ranged
    def eta(self, age: Amount = 0.0, level: Level = 0.9) -> Arrival:
        """Predict the arrival of a shipment that has been under way for some days.

        Shipments that took no longer than that are ruled out, so the time already waited counts.

        Raises:
            ScenarioError: none has ever taken longer than this age.

        >>> print(transit_time([2, 2, 3, 5]).eta(age=2))
        arrives in 2 days after 2 days under way; 90 % between 1 and 3
        """
        days, shares = np.array(self.days), np.array(self.shares)
        later = days > age if age > 0 else days >= 0
        if not later.any():
            raise ScenarioError(f"none took more than {age:g} days so far: ask the carrier")
        days, shares = days[later], shares[later] / shares[later].sum()
        ends, tails = np.cumsum(shares), ((1 - level) / 2, (1 + level) / 2)
        low, high = (float(days[np.searchsorted(ends, t - 1e-12)] - age) for t in tails)
        return Arrival(age, float(days @ shares) - age, low, high, level)


@dataclass(frozen=True)
class Arrival:
    """When a shipment will arrive, in days from now: mean and interval."""

    age: float
    mean: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        return (
            f"arrives in {self.mean:.3g} days after {self.age:g} days under way; "
            f"{100 * self.level:g} % between {self.low:g} and {self.high:g}"
        )


@dataclass(frozen=True)
class Arc(Row):
    """A way that goods can take, at a cost per unit and up to a capacity."""

    source: str = column("place", meaning="where it begins")
    destination: str = column("place", meaning="where it ends")
    cost: float = column("USD/unit", meaning="cost of moving one unit")
    capacity: float = column("units", math.inf, "most that can be moved", low=0)


@dataclass(frozen=True)
class Flow(Sealed):
    """How much moves on each way at least cost, and what one unit more or less would change.

    ``price`` of a place with demand: what one unit more of it would cost. ``relief`` of a supply, a
    throughput or a way's capacity: what one unit more of it would save.
    """

    by_way: tuple[float, ...]
    cost: float
    price: Mapping[str, float]
    relief: Mapping[str, float]


def network_flow(
    ways: Sequence[Arc],
    supply: Mapping[str, Limit],
    demand: Mapping[str, Amount],
    throughput: Mapping[str, Limit] | None = None,
) -> Flow:
    """Send goods through a network at least cost: from supplies over depots to demands.

    min Σ c x with 0 ≤ x ≤ capacity; out − in ≤ supply where there is one, in − out = demand
    elsewhere (0 for depots), and in ≤ throughput. Without depots it is the transportation problem
    (Hitchcock 1941). Solved by HiGHS through ``scipy``; shadow prices are its dual values, one
    choice of several where the plan is degenerate.
    Source: Ahuja, Magnanti & Orlin (1993) chapter 1.

    Raises:
        ScenarioError: a place of supply, demand or throughput is on no way.
        SolverError: no plan serves the demands.

    >>> ways = [Arc("plant", "depot", 1), Arc("depot", "shop", 2), Arc("plant", "shop", 5)]
    >>> plan = network_flow(ways, {"plant": 100}, {"shop": 10}, throughput={"depot": 8})
    >>> plan.cost, plan.price["shop"], plan.relief["depot"]
    (34.0, 5.0, 2.0)
    """
    plenty = 1 + 2 * sum(demand.values())  # more than this is as good as without limit
    supply = {place: min(most, plenty) for place, most in supply.items()}
    limits = {place: min(most, plenty) for place, most in (throughput or {}).items()}
    places = list(dict.fromkeys(end for w in ways for end in (w.source, w.destination)))
    for name in (*supply, *demand, *limits):
        if name not in places:
            raise ScenarioError(f"network_flow: no way begins or ends at {name!r}: add one")
    into = {p: np.array([float(w.destination == p) for w in ways]) for p in places}
    net = {p: into[p] - [float(w.source == p) for w in ways] for p in places}
    exact = [p for p in places if p not in supply]
    upper = [-net[p] for p in supply] + [into[p] for p in limits]
    found = optimize.linprog(
        [w.cost for w in ways],
        A_ub=upper or None,
        b_ub=[supply[p] - demand.get(p, 0.0) for p in supply] + list(limits.values()),
        A_eq=[net[p] for p in exact],
        b_eq=[demand.get(p, 0.0) for p in exact],
        bounds=[(0.0, w.capacity) for w in ways],
        method="highs",
    )
    if found.status != 0:
        raise SolverError(
            f"no plan serves every demand ({found.message.rstrip('.')}): {sum(demand.values()):g} "
            f"units are wanted and {sum(supply.values()):g} supplied; add supply, or look for "
            "places that no way reaches, and throughputs or capacities that are too small"
        )
    relief = dict(zip([*supply, *limits], (-found.ineqlin.marginals).tolist(), strict=True))
    for w, price in zip(ways, found.upper.marginals.tolist(), strict=True):
        if w.capacity < math.inf:
            relief[f"{w.source} → {w.destination}"] = -price
    prices = zip(exact, found.eqlin.marginals.tolist(), strict=True)
    price = {place: y for place, y in prices if place in demand}
    return Flow(tuple(found.x.tolist()), float(found.fun), price, relief)


def plan_lanes(scenario: Scenario, product: str) -> Change:
    """Recommend the shares of suppliers that move a product's average demand at least cost.

    A minimum-cost flow on the product's lanes: cost per unit and stock on the way (sender's holding
    cost × lead time), within capacities of lanes and sources. Costs per shipment and all chance are
    left out, so compare the scenario before you believe it.

    Raises:
        ScenarioError: no lane carries the product.
        SolverError: the lanes cannot carry what is wanted.

    >>> network = Network(
    ...     products=[Product("bike")],
    ...     nodes=[Node("near", capacity=3), Node("far"), Node("shop")],
    ...     lanes=[Lane("near", "shop", "bike", cost_per_unit=1),
    ...            Lane("far", "shop", "bike", cost_per_unit=4)],
    ...     demands=[Demand("shop", "bike", Normal(5, 1))])
    >>> print(plan_lanes(Scenario(network, BaseStock(9)), "bike"))
    cheapest flow of bike: 11 USD/day by averages
      near → shop (road): 0.6
      far → shop (road): 0.4
    """
    network = scenario.network
    lanes = [v for v in network.lanes if v.product == product]
    if not lanes:
        raise ScenarioError(f"plan_lanes: no lane carries {product!r}")
    ways = []
    for v in lanes:
        under_way = network.node(v.source).holding_cost * days_of(v.lead_time)
        ways.append(Arc(v.source, v.destination, v.cost_per_unit + under_way, v.capacity))
    fed, ends = {v.destination for v in lanes}, {v.source for v in lanes}
    supply = {name: min(network.node(name).capacity, 1e12) for name in sorted(ends - fed)}
    wanted = {name: rate for name, rate in _wanted(scenario, product).items() if name in ends | fed}
    plan = network_flow(ways, supply, wanted)
    into: defaultdict[str, float] = defaultdict(float)
    for lane, amount in zip(lanes, plan.by_way, strict=True):
        into[lane.destination] += amount
    shares = {
        lane: min(1.0, amount / into[lane.destination])
        for lane, amount in zip(lanes, plan.by_way, strict=True)
        if into[lane.destination] > 0
    }
    split: dict[Any, Any] = {(lane.destination, product): Shares() for lane in shares}
    changed = [replace(lane, sourcing_share=share) for lane, share in shares.items()]
    return Change(
        {f"{v.source} → {v.destination} ({v.mode})": share for v, share in shares.items()},
        f"cheapest flow of {product}",
        f"{plan.cost:,.6g} USD/day by averages",
        scenario.change(network=network.change(*changed), sourcing={**scenario.sourcing, **split}),
    )


def _wanted(scenario: Scenario, product: str) -> dict[str, float]:
    """Units a day that customers and recipes take at each node."""
    wanted: defaultdict[str, float] = defaultdict(float)
    for row in scenario.network.demands:
        if row.product == product:
            wanted[row.node] += customers_use(row, range(scenario.days))
    made = mean_flows(scenario)
    for recipe in scenario.network.recipes:
        if product in recipe.components:
            need = recipe.components[product] / mean_of(recipe.good_share, most=1)
            wanted[recipe.node] += need * made[recipe.node, recipe.product]
    return wanted
