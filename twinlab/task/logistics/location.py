"""Where to open sites, and who is served from where."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError, SolverError
from twinlab.scope.kinds import Amount, Count, Limit, Number, Positive
from twinlab.scope.later import optimize, sparse

__all__ = ["Site", "facilities", "gravity_location"]


@dataclass(frozen=True)
class Site(Row):
    """A site that could be opened: what that costs, and how much it can serve."""

    fixed_cost: float = column("USD", 0.0, "cost of having it open", low=0)
    capacity: float = column("units", math.inf, "most it can serve", low=0)


@dataclass(frozen=True)
class Facilities:
    """Which sites are open, who is served from where, and what it costs; proven to be least.

    ``links`` are (site, customer, units).
    """

    open: tuple[str, ...]
    links: tuple[tuple[str, str, float], ...]
    fixed_cost: float
    transport_cost: float

    @property
    def cost(self) -> float:
        """Cost of open sites and transport."""
        return self.fixed_cost + self.transport_cost


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
    needs = np.array(list(demand.values()), dtype=np.float64)
    rates = np.array([[cost[s, c] for c in demand] for s in sites], dtype=np.float64)
    may = np.isfinite(rates)
    rates[~may] = 0.0  # such a pair has the bound 0 below
    for customer, served_by in zip(demand, may.T, strict=True):
        if demand[customer] > 0 and not served_by.any():
            raise SolverError(f"facilities: no site may serve {customer!r}: all its costs are inf")
    fixed = np.array([site.fixed_cost for site in sites.values()])
    room = np.array([min(site.capacity, needs.sum()) for site in sites.values()])
    m, n = rates.shape
    each_site, each_customer = sparse.eye_array(m), sparse.eye_array(n)
    # The unknowns: shares x of each customer by site, row after row, then y of each site.
    whole = sparse.hstack([sparse.kron(np.ones((1, m)), each_customer), sparse.csr_array((n, m))])
    only_open = sparse.hstack([sparse.eye_array(m * n), sparse.kron(-each_site, np.ones((n, 1)))])
    within = sparse.hstack([sparse.kron(each_site, needs[None, :]), -each_site * room])
    number = np.append(np.zeros(m * n), np.ones(m))
    most, whole_x = np.append(may.ravel(), np.ones(m)), np.maximum(number, single)
    many = (0, m) if count is None else (count, count)
    found = optimize.milp(
        np.append((rates * needs).ravel(), fixed),
        bounds=optimize.Bounds(0, most),
        integrality=whole_x,
        options={"mip_rel_gap": 0.0},
        constraints=[
            (whole, needs > 0, 1),
            (only_open, -np.inf, 0),
            (within, -np.inf, 0),
            (number, *many),
        ],
    )
    if found.status != 0:
        raise SolverError(
            f"no choice of {count or 'any number of'} of {m} sites serves everybody "
            f"({found.message.rstrip('.')}): capacities sum to "
            f"{sum(site.capacity for site in sites.values()):g} and {needs.sum():g} is wanted"
            f"{', each customer from one site' * single}; allow more pairs, sites or capacity"
        )
    solved = np.where(whole_x > 0, np.round(found.x), found.x)
    served, is_open = solved[: m * n].reshape(m, n) * needs, solved[m * n :] > 0
    links = [
        (site, customer, float(served[i, j]))
        for i, site in enumerate(sites)
        for j, customer in enumerate(demand)
        if served[i, j] > 1e-9 * needs.max()
    ]
    return Facilities(
        tuple(name for name, yes in zip(sites, is_open, strict=True) if yes),
        tuple(links),
        float(fixed[is_open].sum()),
        float((served * rates).sum()),
    )


@dataclass(frozen=True)
class Spot:
    """A place in the plane and the transport cost from there."""

    x: float
    y: float
    cost: float


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
