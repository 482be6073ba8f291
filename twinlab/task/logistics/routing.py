"""Which vehicle visits whom, and in which order: routing with PyVRP."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError, SolverError, TwinError

# PyVRP counts in whole numbers; fractions are scaled up to about this many steps.
STEPS = 1_000_000

# -- prescribe --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fleet(Row):
    """Vehicles of one kind, from and to the depot; one without limit is a travelling salesman."""

    vehicles: int = column("vehicles", meaning="how many there are", low=1)
    capacity: float = column("units", math.inf, "most one can carry", low=0)
    reach: float = column("distance", math.inf, "longest route of one", low=0)


@dataclass(frozen=True)
class RoutePlan:
    """Routes of vehicles, each from the depot and back, with their lengths and loads."""

    tours: tuple[tuple[str, ...], ...]
    lengths: tuple[float, ...]
    loads: tuple[float, ...]

    @property
    def distance(self) -> float:
        """Length of all routes together."""
        return float(sum(self.lengths))


def route(
    names: Sequence[str],
    distances: Any,
    fleet: Fleet,
    *,
    demand: Mapping[str, float] | None = None,
    iterations: int = 2000,
    seed: int = 1,
) -> RoutePlan:
    """Plan routes from the first place, the depot, to all others, by iterated local search.

    ``distances`` is the table of distances from each place (row) to each place (column), in the
    order of ``names``. A good plan, not a proven one; the same seed and iterations give the same
    plan. Source: Dantzig & Ramser (1959); Wouda, Lan & Kool (2024), PyVRP.

    Raises:
        ScenarioError: the table does not fit the names, or a demand has an unknown name.
        SolverError: the fleet cannot serve everybody.
        TwinError: PyVRP is not installed.

    >>> table = [[0, 3, 5], [3, 0, 4], [5, 4, 0]]
    >>> plan = route(["depot", "a", "b"], table, Fleet(1), iterations=50)
    >>> plan.distance, plan.tours
    (12.0, (('depot', 'a', 'b', 'depot'),))
    """
    table, wanted = np.asarray(distances, dtype=np.float64), demand or {}
    if table.shape != (len(names), len(names)) or len(names) < 2 or table.min() < 0:
        raise ScenarioError(
            f"route: distances are a table of {len(names)} rows and columns, none below 0; got "
            f"shape {table.shape}"
        )
    unknown = [name for name in wanted if name not in names[1:]]
    if unknown or len(set(names)) < len(names):
        raise ScenarioError(f"route: demand of {unknown or names}: each place once, no depot")
    needs = np.array([wanted.get(name, 0.0) for name in names])
    if needs.sum() > fleet.vehicles * fleet.capacity or needs.max() > fleet.capacity:
        raise SolverError(
            f"route: {needs.sum():g} units are wanted ({needs.max():g} in one place) and "
            f"{fleet.vehicles} vehicles carry {fleet.capacity:g} each: add vehicles or capacity"
        )
    visits = _search(table, needs, fleet, iterations, seed)
    order = [[0, *visit, 0] for visit in visits]
    return RoutePlan(
        tuple(tuple(names[at] for at in tour) for tour in order),
        tuple(float(sum(table[a, b] for a, b in pairwise(tour))) for tour in order),
        tuple(float(needs[visit].sum()) for visit in visits),
    )


def _search(
    table: Array, needs: Array, fleet: Fleet, iterations: int, seed: int
) -> list[list[int]]:
    """The places that each vehicle visits, by number, in a settled order of vehicles."""
    try:
        import pyvrp
        from pyvrp.stop import MaxIterations
    except ModuleNotFoundError:
        raise TwinError("routing needs PyVRP: pip install 'twinlab-scom[methods]'") from None
    length = 1.0 if (table == np.round(table)).all() else STEPS / table.max()
    load = 1.0 if (needs == np.round(needs)).all() else STEPS / needs.max()
    limited = not math.isinf(fleet.capacity)
    ways: Any = np.round(table * length).astype(np.int64)
    np.fill_diagonal(ways, 0)
    loads = [[math.ceil(need * load)] if limited else [] for need in needs]
    vehicles = pyvrp.VehicleType(
        fleet.vehicles,
        capacity=[int(fleet.capacity * load)] if limited else [],
        max_distance=int(min(fleet.reach * length, np.iinfo(np.int64).max)),
    )
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in needs],
        clients=[pyvrp.Client(at, delivery=loads[at]) for at in range(1, len(needs))],
        depots=[pyvrp.Depot(0)],
        vehicle_types=[vehicles],
        distance_matrices=[ways],
        duration_matrices=[np.zeros_like(ways)],
    )
    best = pyvrp.solve(data, MaxIterations(iterations), seed=seed, collect_stats=False).best
    if not best.is_feasible():
        raise SolverError(
            f"route: no plan within capacity and reach found in {iterations} iterations: add "
            "vehicles or iterations"
        )
    visits = [[1 + activity.idx for activity in r if activity.is_client()] for r in best.routes()]
    if (table == table.T).all():  # then a route and its reverse are one: settle which is shown
        visits = [min(visit, visit[::-1]) for visit in visits]
    return sorted(visits)
