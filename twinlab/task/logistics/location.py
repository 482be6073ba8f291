"""Where to open sites, and who is served from where."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError, SolverError

# -- prescribe --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site(Row):
    """A site that could be opened: what that costs, and how much it can serve.

    >>> Site(fixed_cost=7500, capacity=5000).fixed_cost
    7500.0
    """

    fixed_cost: float = column("USD", 0.0, "cost of having it open", low=0)
    capacity: float = column("units", math.inf, "most it can serve", low=0)


@dataclass(frozen=True)
class Facilities:
    """Which sites are open, who is served from where, and what it costs; proven to be least."""

    open: tuple[str, ...]
    links: tuple[tuple[str, str, float], ...]
    fixed_cost: float
    transport_cost: float

    @property
    def cost(self) -> float:
        """Cost of open sites and transport."""
        return self.fixed_cost + self.transport_cost

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"open {', '.join(self.open)}: cost {self.cost:,.6g} (sites {self.fixed_cost:,.6g}, "
            f"transport {self.transport_cost:,.6g})"
        )


def facilities(
    sites: Mapping[str, Site],
    demand: Mapping[str, float],
    cost: Mapping[tuple[str, str], float],
    count: int | None = None,
) -> Facilities:
    """Choose the sites to open, with or without capacities, at least cost.

    min Σ f y + Σ d c x with Σ x = 1 for each customer, x ≤ y, Σ d x ≤ capacity · y; ``cost`` is
    per unit and (site, customer), a customer may be served from several sites, and ``count`` asks
    for that many open sites. A mixed-integer program, solved to proven optimality by HiGHS.
    Source: Balinski (1965); Daskin (2013) chapters 7 and 8.

    Raises:
        ScenarioError: a cost is missing.
        SolverError: the sites cannot serve the customers.

    >>> cost = {("north", "a"): 1, ("north", "b"): 9, ("south", "a"): 9, ("south", "b"): 1}
    >>> print(facilities({"north": Site(30), "south": Site(50)}, {"a": 4, "b": 4}, cost))
    open north: cost 70 (sites 30, transport 40)
    """
    missing = [(s, c) for s in sites for c in demand if (s, c) not in cost]
    if missing or not sites or not demand:
        raise ScenarioError(f"facilities: no cost per unit for {missing[:3] or 'any pair'}: add it")
    names, needs = list(sites), np.array(list(demand.values()), dtype=np.float64)
    rates = np.array([[cost[s, c] for c in demand] for s in sites], dtype=np.float64)
    fixed = np.array([sites[s].fixed_cost for s in sites])
    room = np.array([min(sites[s].capacity, needs.sum()) for s in sites])
    shares, is_open = _solve(rates * needs, fixed, (room, needs), count)
    served = shares * needs
    links = [
        (site, customer, float(served[i, j]))
        for i, site in enumerate(names) for j, customer in enumerate(demand)
        if served[i, j] > 1e-9 * needs.max() or (needs[j] == 0 and shares[i, j] > 0.5)
    ]  # fmt: skip
    return Facilities(
        tuple(name for name, yes in zip(names, is_open, strict=True) if yes), tuple(links),
        float(fixed[is_open].sum()), float((served * rates).sum()),
    )  # fmt: skip


def p_median(
    distance: Mapping[tuple[str, str], float], count: int, demand: Mapping[str, float] | None = None
) -> Facilities:
    """Open a number of sites so that the distance to the customers, by demand, is least.

    Distances are of (site, customer); without ``demand`` every customer counts once.
    Source: Hakimi (1964).

    Raises:
        ScenarioError: a distance is missing, or there are fewer sites.

    >>> p_median({("n", "a"): 1, ("n", "b"): 9, ("s", "a"): 9, ("s", "b"): 2}, count=1).open
    ('n',)
    """
    sites = {site: Site() for site, _ in distance}
    if not 1 <= count <= len(sites):
        raise ScenarioError(f"p_median: open 1 to {len(sites)} sites, got {count}")
    weights = demand or dict.fromkeys((customer for _, customer in distance), 1.0)
    return facilities(sites, weights, distance, count)


def _solve(
    costs: Array, fixed: Array, load: tuple[Array, Array], count: int | None
) -> tuple[Array, Any]:
    """Shares of customers by site, and which sites are open."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, hstack, kron

    (m, n), (room, needs) = costs.shape, load
    eye_m, eye_n = np.eye(m), np.eye(n)
    whole = hstack([kron(np.ones((1, m)), eye_n), csr_array((n, m))])
    only_open = hstack([kron(eye_m, eye_n), kron(-eye_m, np.ones((n, 1)))])
    within = hstack([kron(eye_m, needs[None, :]), kron(-np.diag(room), np.ones((1, 1)))])
    number = hstack([csr_array((1, m * n)), csr_array(np.ones((1, m)))])
    rules = [LinearConstraint(whole, 1, 1), LinearConstraint(only_open, -np.inf, 0),
             LinearConstraint(within, -np.inf, 0)]  # fmt: skip
    if count is not None:
        rules.append(LinearConstraint(number, count, count))
    found = milp(
        np.append(costs.ravel(), fixed), constraints=rules, bounds=Bounds(0, 1),
        integrality=np.append(np.zeros(m * n), np.ones(m)), options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.status != 0:
        raise SolverError(
            f"no choice of sites serves everybody ({found.message.rstrip('.')}): their capacities "
            f"sum to {room.sum():g} and {needs.sum():g} is wanted"
        )
    return found.x[: m * n].reshape(m, n), found.x[m * n :] > 0.5


@dataclass(frozen=True)
class Spot:
    """A place in the plane and the transport cost from there."""

    x: float
    y: float
    cost: float


def gravity_location(points: Sequence[tuple[float, float]], weights: Sequence[float]) -> Spot:
    """Find the place from which straight lines to all points cost least: the Weber point.

    min Σ w √((x − a)² + (y − b)²), from the centre of gravity by Weiszfeld's iteration with the
    step of Vardi & Zhang (2000) at given points; w is cost per unit and distance times units.
    Source: Weber (1909); Chopra & Meindl, network design chapter.

    Raises:
        ScenarioError: there is not one weight above 0 per point.

    >>> spot = gravity_location([(0, 0), (4, 0), (0, 4), (4, 4)], [1, 1, 1, 1])
    >>> round(spot.x, 6), round(spot.y, 6)
    (2.0, 2.0)
    """
    where, w = np.asarray(points, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if where.shape != (len(w), 2) or not len(w) or w.min() <= 0:
        raise ScenarioError("gravity_location: one weight above 0 for each point (x, y)")
    here = (w[:, None] * where).sum(axis=0) / w.sum()
    for _ in range(10_000):
        gap = np.hypot(*(where - here).T)
        away = gap > 1e-12
        pull = w[away] / gap[away]
        if not away.any():
            break
        there = (pull[:, None] * where[away]).sum(axis=0) / pull.sum()
        strength = float(np.hypot(*((there - here) * pull.sum())))
        held = float(w[~away].sum())
        share = min(1.0, held / strength) if strength > 0 else 1.0
        step = (1.0 - share) * (there - here)
        here = here + step
        if np.abs(step).max() <= 1e-12 * (1.0 + np.abs(here).max()):
            break
    cost = float(w @ np.hypot(*(where - here).T))
    return Spot(float(here[0]), float(here[1]), cost)
