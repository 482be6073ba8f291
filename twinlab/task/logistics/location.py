"""Where to open sites, and who is served from where."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.scope import Result, ScenarioError, SolverError
from twinlab.scope.columns import Row, column
from twinlab.scope.kinds import Amount, Count, Limit, Number, Positive
from twinlab.scope.later import optimize

__all__ = ["Site", "facilities", "gravity_location"]


@dataclass(frozen=True)
class Site(Row):
    """A site that could be opened: what that costs, and how much it can serve."""

    fixed_cost: float = column("USD", 0.0, "cost of having it open", low=0)
    capacity: float = column("units", math.inf, "most it can serve", low=0)


@dataclass(frozen=True)
class Facilities(Result):
    """Which sites are open, who is served from where, and what it costs; proven to be least.

    ``links`` are (site, customer, units).
    """

    links: tuple[tuple[str, str, float], ...]
    open: tuple[str, ...] = column("name", meaning="sites to have open")
    fixed_cost: float = column("USD", meaning="of having them open")
    transport_cost: float = column("USD", meaning="of serving the customers")
    cost: float = column("USD", meaning="of both")


def facilities(
    sites: Mapping[str, Site],
    demand: Mapping[str, Amount],
    cost: Mapping[tuple[str, str], Limit],
    count: Count | None = None,
    *,
    single: bool = False,
) -> Facilities:
    """Choose the sites to open, with or without capacities, at least cost.

    min Σ f y + Σ d c x with Σ x = 1 for each customer, x ≤ y, Σ d x ≤ capacity · y; ``cost`` is
    per unit and (site, customer), inf where a site may not serve; a customer may be served from
    several sites unless all are ``single``-sourced, and ``count`` asks for that many open sites:
    with free ones and distances for cost, the p-median (Hakimi 1964).
    A mixed-integer program, solved to proven optimality by HiGHS.
    Source: Balinski (1965); Daskin (2013) chapters 7 and 8.

    Raises:
        ScenarioError: a cost is missing.
        SolverError: the sites cannot serve the customers, with the reason.

    >>> cost = {("north", "a"): 1, ("north", "b"): 9, ("south", "a"): 9, ("south", "b"): 1}
    >>> plan = facilities({"north": Site(30), "south": Site(50)}, {"a": 4, "b": 4}, cost)
    >>> plan.open, plan.cost
    (('north',), 70.0)
    """
    missing = [(s, c) for s in sites for c in demand if (s, c) not in cost]
    if missing or not sites or not demand:
        raise ScenarioError(f"no cost per unit for {missing[:3] or 'any pair'}: add it, or inf")
    pairs = [(s, c) for s in sites for c in demand if cost[s, c] < math.inf]
    for c, units in demand.items():
        if units > 0 and all(to != c for _, to in pairs):
            raise SolverError(f"facilities: no site may serve {c!r}: all its costs are inf")
    total = sum(demand.values())
    costs: dict[Any, float] = {(s, c): cost[s, c] * demand[c] for s, c in pairs}  # shares x
    costs |= {s: site.fixed_cost for s, site in sites.items()}  # open or not: y
    rows = [
        Constraint({pair: 1.0 for pair in pairs if pair[1] == c}, float(units > 0), 1.0)
        for c, units in demand.items()
    ]
    rows += [Constraint({pair: 1.0, pair[0]: -1.0}, high=0.0) for pair in pairs]
    for s, site in sites.items():
        served = {pair: demand[pair[1]] for pair in pairs if pair[0] == s}
        rows.append(Constraint({**served, s: -min(site.capacity, total)}, high=0.0))
    many = (0, len(sites)) if count is None else (count, count)
    rows.append(Constraint(dict.fromkeys(sites, 1.0), *many))
    found = minimize(
        costs,
        rows,
        f"no choice of {count or 'any number of'} of {len(sites)} sites serves everybody: "
        f"capacities sum to {sum(site.capacity for site in sites.values()):g} and {total:g} is "
        f"wanted{', each customer from one site' * single}; allow more pairs, sites or capacity",
        dict.fromkeys(costs, (0.0, 1.0)),
        set(costs) if single else set(sites),
    ).values
    served_by = {pair: found[pair] * demand[pair[1]] for pair in pairs}
    links = [(*pair, x) for pair, x in served_by.items() if x > 1e-9 * max(demand.values())]
    transport = sum(cost[pair] * x for pair, x in served_by.items())
    is_open = tuple(s for s in sites if found[s] > 0)
    fixed = sum(sites[s].fixed_cost for s in is_open)
    return Facilities(tuple(links), is_open, fixed, transport, fixed + transport)


@dataclass(frozen=True)
class Spot(Result):
    """A place in the plane and the transport cost from there."""

    x: float = column("distance", meaning="along the first axis")
    y: float = column("distance", meaning="along the second axis")
    cost: float = column("USD", meaning="of straight lines to all points")


def gravity_location(points: Sequence[tuple[Number, Number]], weights: Sequence[Positive]) -> Spot:
    """Find the place from which straight lines to all points cost least: the Weber point.

    min Σ w √((x − a)² + (y − b)²), by the simplex of Nelder and Mead from the centre of gravity;
    w is cost per unit and distance times units.
    Source: Weber (1909); Chopra & Meindl, network design chapter.

    >>> spot = gravity_location([(0, 0), (4, 0), (0, 4), (4, 4)], [1, 1, 1, 1])
    >>> round(spot.x, 6), round(spot.y, 6)
    (2.0, 2.0)
    """
    if {len(point) for point in points} != {2} or len(points) != len(weights):
        raise ScenarioError(
            f"gravity_location: {len(points)} points (x, y) and {len(weights)} weights: as many"
        )
    where, w = np.asarray(points, dtype=np.float64), np.asarray(weights, dtype=np.float64)

    def cost(here: np.ndarray) -> float:
        return float(w @ np.hypot(*(where - here).T))

    near = {"xatol": 1e-9, "fatol": 1e-9}
    found = optimize.minimize(cost, w @ where / w.sum(), method="Nelder-Mead", options=near)
    # A heavy point can hold the optimum; there the cost has a corner, so try each.
    best = min([found.x, *where], key=cost)
    return Spot(float(best[0]), float(best[1]), cost(best))
