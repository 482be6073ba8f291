"""Which vehicle visits whom, and in which order: routing with PyVRP."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from twinlab.scope import Result, ScenarioError, SolverError
from twinlab.scope.columns import Row, column
from twinlab.scope.distributions import Array
from twinlab.scope.kinds import Amount, Count, Whole
from twinlab.scope.later import needs

__all__ = ["Fleet", "route"]

# PyVRP counts in whole numbers, and their sums must not overflow: see ``_whole``.
STEPS = 1_000_000
MOST = 10**10


@dataclass(frozen=True)
class Fleet(Row):
    """Vehicles of one kind, from and to the depot; one without limit is a travelling salesman."""

    vehicles: int = column("vehicles", meaning="how many there are", low=1)
    capacity: float = column("units", math.inf, "most one can carry", low=0)
    reach: float = column("distance", math.inf, "longest route of one", low=0)


@dataclass(frozen=True)
class RoutePlan(Result):
    """Routes of vehicles, each from the depot and back."""

    tours: tuple[tuple[str, ...], ...] = column("name", meaning="places of each, in order")
    lengths: tuple[float, ...] = column("distance", meaning="of each")
    loads: tuple[float, ...] = column("units", meaning="that each brings")
    distance: float = column("distance", meaning="of all routes together")


def route(
    names: Sequence[str],
    distances: Any,
    fleet: Fleet,
    *,
    demand: Mapping[str, Amount] | None = None,
    iterations: Count = 2000,
    seed: Whole = 1,
) -> RoutePlan:
    """Plan routes from the first place, the depot, to all others, by iterated local search.

    ``distances`` is the table of distances from each place (row) to each place (column), in the
    order of ``names``; a way that does not exist is infinitely long. A good plan, not a proven one;
    the same seed and iterations give the same plan. Fractions are counted exactly (tenths, thirds,
    …); numbers without a common denominator up to a million to nine digits.
    Source: Dantzig & Ramser (1959); Wouda, Lan & Kool (2024), PyVRP.

    Raises:
        ScenarioError: the table does not fit the names, or a demand has an unknown name.
        SolverError: the fleet cannot serve everybody, with the reason.
        SyncError: PyVRP is not installed.

    >>> table = [[0, 3, 5], [3, 0, 4], [5, 4, 0]]
    >>> plan = route(["depot", "a", "b"], table, Fleet(1), iterations=50)
    >>> plan.distance, plan.tours
    (12.0, (('depot', 'a', 'b', 'depot'),))
    """
    table, wanted = _table(names, distances), demand or {}
    unknown = [name for name in wanted if name not in names[1:]]
    if unknown or len(set(names)) < len(names):
        raise ScenarioError(f"route: demand of {unknown or names}: each place once, no depot")
    needs = np.array([wanted.get(name, 0.0) for name in names])
    loads, capacity = _whole(needs, fleet.capacity)
    if sum(loads.tolist()) > fleet.vehicles * capacity or loads.max() > capacity:
        raise SolverError(
            f"route: {needs.sum():g} units are wanted ({needs.max():g} in one place) and "
            f"{fleet.vehicles} vehicles carry {fleet.capacity:g} each: add vehicles or capacity"
        )
    _check_reach(names, table, fleet)
    vehicles: dict[str, Any] = {"num_available": fleet.vehicles, "capacity": [capacity]}
    ways, vehicles["max_distance"] = _whole(table, fleet.reach)
    longest = 2 * len(names) * int(ways.max())  # of all plans on ways that exist
    ways[np.isinf(table)] = longest + 1
    visits = _search(ways, longest, loads.tolist(), vehicles, (iterations, seed))
    order = [[0, *visit, 0] for visit in visits]
    lengths = [float(sum(table[a, b] for a, b in pairwise(tour))) for tour in order]
    tours = tuple(tuple(names[at] for at in tour) for tour in order)
    brought = tuple(float(needs[visit].sum()) for visit in visits)
    return RoutePlan(tours, tuple(lengths), brought, float(sum(lengths)))


def _table(names: Sequence[str], distances: Any) -> Array:
    """The table of distances as numbers, nothing from a place to itself."""
    try:
        table = np.array(distances, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ScenarioError(f"route: distances are a table of numbers: {problem}") from None
    if table.shape != (len(names), len(names)) or len(names) < 2:
        raise ScenarioError(
            f"route: distances are a table of {len(names)} rows and columns, a depot and at least "
            f"one other place; got shape {table.shape}"
        )
    np.fill_diagonal(table, 0.0)
    for a, b in np.argwhere(~(table >= 0))[:1]:
        raise ScenarioError(
            f"route: the distance {names[a]!r} → {names[b]!r} must be a number of at least 0, or "
            f"inf where there is no way, got {table[a, b]:g}"
        )
    return table


def _whole(numbers: Array, limit: float) -> tuple[Any, int]:
    """Numbers and the limit of their sums in whole steps, exact if they have a common measure."""
    steps, finite = 1, np.where(np.isinf(numbers), 0.0, numbers)
    most = float(finite.max())
    for number in np.unique([*finite.ravel(), limit if limit < math.inf else 0.0]):
        near = Fraction(number).limit_denominator(STEPS)
        steps = math.lcm(steps, near.denominator)
        if abs(float(near) - number) > 1e-12 * number or steps * most * len(numbers) > MOST:
            steps = 0
            break
    scale = steps or (STEPS if math.isinf(limit) else 1000 * STEPS) / most
    slack = 1e-9 if steps else len(numbers)
    upper = int(min(limit * scale * (1 + 1e-12) + slack, float(2**62)))
    return np.round(finite * scale).astype(np.int64), upper


def _check_reach(names: Sequence[str], table: Array, fleet: Fleet) -> None:
    """See that a vehicle's reach is enough for the shortest ways to each place and back."""
    from scipy.sparse.csgraph import csgraph_from_dense, shortest_path

    out, back = (
        shortest_path(csgraph_from_dense(ways, null_value=np.inf), indices=0)
        for ways in (table, table.T)
    )
    for name, there, home in zip(names, out, back, strict=True):
        if there + home > fleet.reach * (1 + 1e-9) or math.isinf(there + home):
            raise SolverError(
                f"route: the shortest way to {name!r} and back is {there + home:g} long, a reach "
                f"{fleet.reach:g}: give it a way or more reach, or leave it out"
            )


def _search(
    ways: Any, longest: int, loads: list[int], vehicles: dict[str, Any], effort: tuple[int, int]
) -> list[list[int]]:
    """The places that each vehicle visits, by number, in a settled order of vehicles."""
    pyvrp, iterations = needs("pyvrp", "methods"), effort[0]
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in loads],
        clients=[pyvrp.Client(at, delivery=[loads[at]]) for at in range(1, len(loads))],
        depots=[pyvrp.Depot(0)],
        vehicle_types=[pyvrp.VehicleType(**vehicles)],
        distance_matrices=[ways],
        duration_matrices=[np.zeros_like(ways)],
    )
    stop = pyvrp.stop.MaxIterations(iterations)
    best = pyvrp.solve(data, stop, seed=effort[1], collect_stats=False).best
    if not best.is_feasible() or best.distance() > longest:
        raise SolverError(
            "route: no plan on the ways that exist, within capacity and reach, each place served "
            f"by one vehicle at once, found in {iterations} iterations: add vehicles or iterations"
        )
    visits = [[1 + activity.idx for activity in r if activity.is_client()] for r in best.routes()]
    if (ways == ways.T).all():  # then a route and its reverse are one: settle which is shown
        visits = [min(visit, visit[::-1]) for visit in visits]
    return sorted(visits)
