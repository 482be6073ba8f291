"""Where to open sites, with whole numbers proven: in the plane, of a list, of a whole network."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.modeling.formulas.programs import Constraint, Search, minimize
from twinlab.scope import Result, ScenarioError, SolverError
from twinlab.scope.base import Amount, Count, Limit, Number, Positive, Row, column, optimize

__all__ = ["Search", "Site", "centres", "facilities", "gravity_location"]

Pair = tuple[str, str]  # site and customer


@dataclass(frozen=True)
class Site(Row):
    """A site that could be opened: what that costs, and how much it can serve."""

    fixed_cost: float = column("USD", 0.0, "cost of having it open", low=0)
    capacity: float = column("units", math.inf, "most it can serve", low=0)


@dataclass(frozen=True)
class Facilities(Result):
    """Which sites are open, who is served from where, and what it costs.

    ``links`` are (site, customer, units).
    """

    links: tuple[tuple[str, str, float], ...]
    open: tuple[str, ...] = column("name", meaning="sites to have open")
    fixed_cost: float = column("USD", meaning="of having them open")
    transport_cost: float = column("USD", meaning="of serving the customers")
    cost: float = column("USD", meaning="of both")
    gap: float = column("share", 0.0, "of it that a better plan may save; 0: proven to be least")


def facilities(
    sites: Mapping[str, Site],
    demand: Mapping[str, Amount],
    cost: Mapping[Pair, Limit],
    count: Count | None = None,
    *,
    single: bool = False,
    search: Search = Search(),
) -> Facilities:
    """Choose the sites to open, with or without capacities, at least cost.

    min Σ f y + Σ d c x with Σ x = 1 for each customer, x ≤ y, Σ d x ≤ capacity · y; ``cost`` is
    per unit and (site, customer), inf where a site may not serve (too far, say); a
    customer may be served from several sites unless all are ``single``-sourced, and ``count`` asks
    for that many open sites: with free ones and distances for cost, the p-median (Hakimi 1964).
    A mixed-integer program, solved by HiGHS: proven, unless ``search`` may stop before.
    Source: Balinski (1965); Daskin (2013) chapters 7 and 8.

    Raises:
        ScenarioError: a cost is missing.
        SolverError: the sites cannot serve the customers, with the reason.

    >>> cost = {("north", "a"): 1, ("north", "b"): 9, ("south", "a"): 9, ("south", "b"): 1}
    >>> plan = facilities({"north": Site(30), "south": Site(50)}, {"a": 4, "b": 4}, cost)
    >>> plan.open, plan.cost
    (('north',), 70.0)
    >>> facilities({"north": Site(), "south": Site()}, {"a": 1, "b": 2}, cost, count=1).open
    ('south',)
    """
    _all_there(sites, demand, cost, "cost per unit")
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
        search,
    )
    served_by = {pair: found.values[pair] * demand[pair[1]] for pair in pairs}
    links = [(*pair, x) for pair, x in served_by.items() if x > 1e-9 * max(demand.values())]
    transport = sum(cost[pair] * x for pair, x in served_by.items())
    is_open = tuple(s for s in sites if found.values[s] > 0)
    fixed = sum(sites[s].fixed_cost for s in is_open)
    return Facilities(tuple(links), is_open, fixed, transport, fixed + transport, found.gap)


def _all_there(sites: Any, customers: Any, table: Mapping[Any, float], what: str) -> None:
    missing = [(s, c) for s in sites for c in customers if (s, c) not in table]
    if missing or not sites or not customers:
        raise ScenarioError(f"no {what} for {missing[:3] or 'any pair'}: add it, or inf")


@dataclass(frozen=True)
class Centres(Result):
    """The sites from which nobody is far, and who is nearest to which."""

    open: tuple[str, ...] = column("name", meaning="sites to have open")
    distance: float = column("distance", meaning="to the customer who has it farthest")
    nearest: Mapping[str, str] = column("name", meaning="open site of each customer")


def centres(distances: Mapping[Pair, Limit], count: Count) -> Centres:
    """Choose at most so many sites that the largest distance to a customer is least: p-centre.

    ``distances`` are by (site, customer), inf where a site may not serve. Bisection of them finds
    the least within which ``count`` sites cover everybody: min Σ y with Σ y ≥ 1 over the sites
    near each customer. Source: Hakimi (1964); Minieka (1970); Daskin (2013) chapter 5.

    Raises:
        ScenarioError: a distance is missing.
        SolverError: so many sites do not reach everybody.

    >>> line = {(str(a), str(b)): abs(a - b) for a in range(10) for b in range(10)}
    >>> plan = centres(line, 2)
    >>> plan.open, plan.distance
    (('2', '7'), 2.0)
    """
    sites, customers = ({pair[end]: 1.0 for pair in distances} for end in (0, 1))
    _all_there(sites, customers, distances, "distance")

    def cover(radius: float) -> dict[str, float]:
        near = [{s: 1.0 for s in sites if distances[s, c] <= radius} for c in customers]
        rows, bounds = [Constraint(terms, low=1.0) for terms in near], dict.fromkeys(sites, (0, 1))
        return minimize(sites, rows, "centres: no cover", bounds, set(sites)).values

    least = max(min(distances[s, c] for s in sites) for c in customers)
    radii = sorted({far for far in distances.values() if least <= far < math.inf})
    at = bisect_left(radii, True, key=lambda radius: sum(cover(radius).values()) <= count)
    if at == len(radii):
        wrong = f"centres: {count} of {len(sites)} sites do not reach everybody"
        raise SolverError(f"{wrong}: allow more of them, or more pairs")
    chosen = [s for s, is_open in cover(radii[at]).items() if is_open]
    nearest = {c: min(chosen, key=lambda s: distances[s, c]) for c in customers}
    return Centres(tuple(chosen), float(radii[at]), nearest)


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
        many = f"{len(points)} points (x, y) and {len(weights)} weights"
        raise ScenarioError(f"gravity_location: {many}: as many")
    where, w = np.asarray(points, dtype=np.float64), np.asarray(weights, dtype=np.float64)

    def cost(here: np.ndarray) -> float:
        return float(w @ np.hypot(*(where - here).T))

    near = {"xatol": 1e-9, "fatol": 1e-9}
    found = optimize.minimize(cost, w @ where / w.sum(), method="Nelder-Mead", options=near)
    # A heavy point can hold the optimum; there the cost has a corner, so try each.
    best = min([found.x, *where], key=cost)
    return Spot(float(best[0]), float(best[1]), cost(best))
