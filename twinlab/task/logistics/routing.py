"""Which vehicle visits whom, when and in which order: routing with PyVRP."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from twinlab.scope import NetworkError, Result, ScenarioError, SolverError
from twinlab.scope.columns import Row, column
from twinlab.scope.distributions import Array
from twinlab.scope.errors import check_known
from twinlab.scope.kinds import Amount, Count, Whole
from twinlab.scope.later import needs

__all__ = ["Fleet", "Stop", "route"]

# PyVRP counts in whole numbers, and their sums must not overflow: see ``_whole``.
STEPS = 1_000_000
MOST = 10**10
NEVER = 2**63 - 1
# Names, tables of distances and times, fleets and their depots by number, what each place wants.
Job = tuple[Sequence[str], Array, tuple["Fleet", ...], list[int], list["Stop"]]


@dataclass(frozen=True)
class Fleet(Row):
    """Vehicles of one kind, from and to a depot; one without limit is a travelling salesman."""

    vehicles: int = column("vehicles", meaning="how many there are", low=1)
    capacity: float = column("units", math.inf, "most one can carry", low=0)
    reach: float = column("distance", math.inf, "longest route of one", low=0)
    depot: str = column("name", "", "its place; empty: the first one")
    fixed_cost: float = column("USD", 0.0, "of each vehicle that drives", low=0)
    cost_per_distance: float = column("USD/distance", 1.0, "of driving", low=0)
    cost_per_time: float = column("USD/time", 0.0, "from leaving until it is back", low=0)
    shift: float = column("time", math.inf, "longest from leaving until it is back", low=0)
    earliest: float = column("time", 0.0, "when it may leave", low=0)
    latest: float = column("time", math.inf, "when it must be back", low=0)


@dataclass(frozen=True)
class Stop(Row):
    """What a place wants and when; one with a prize is left out where serving it costs more."""

    units: float = column("units", 0.0, "to be brought", low=0)
    earliest: float = column("time", 0.0, "when service may begin: who comes sooner waits", low=0)
    latest: float = column("time", math.inf, "when service must have begun", low=0)
    service: float = column("time", 0.0, "how long it takes", low=0)
    prize: float | None = column("USD", None, "lost where it is left out; none: never is", low=0)

    def check(self) -> None:
        """It is open at some time."""
        if self.latest < self.earliest:
            late = f"latest {self.latest:g} is before earliest {self.earliest:g}"
            raise NetworkError(f"Stop: {late}: swap them, or leave one out")


@dataclass(frozen=True)
class RoutePlan(Result):
    """Routes of vehicles, each from a depot and back."""

    tours: tuple[tuple[str, ...], ...] = column("name", meaning="places of each, in order")
    lengths: tuple[float, ...] = column("distance", meaning="of each")
    loads: tuple[float, ...] = column("units", meaning="that each brings")
    distance: float = column("distance", meaning="of all routes together")
    fleets: tuple[int, ...] = column("number", meaning="of the fleet that drives each, from 0")
    arrivals: tuple[tuple[float, ...], ...] = column("time", meaning="in each place; first: leaves")
    waiting: tuple[float, ...] = column("time", meaning="of each, until places open")
    costs: tuple[float, ...] = column("USD", meaning="of each: fixed, by distance, by time")
    cost: float = column("USD", meaning="of all routes, and prizes missed")
    left_out: tuple[str, ...] = column("name", meaning="places that cost more than their prize")


def route(
    names: Sequence[str],
    distances: Any,
    fleet: Fleet | Sequence[Fleet],
    *,
    demand: Mapping[str, Amount | Stop] | None = None,
    iterations: Count = 2000,
    seed: Whole = 1,
) -> RoutePlan:
    """Plan routes at least cost from depots to all other places, by iterated local search.

    ``distances`` is the table of distances from each place (row) to each place (column), in the
    order of ``names``, or two tables, of distances and of travel times (else they are the same); a
    way that does not exist is infinitely long. The places of fleets are depots. Cost is that of
    vehicles, distance and time and of prizes missed; who leaves is away as shortly as can be. A
    good plan, not a proven one; the same seed and iterations give the same plan. Fractions are
    counted exactly (tenths, thirds, …); numbers without a common denominator up to a million to
    nine digits, money to six.
    Source: Dantzig & Ramser (1959); Solomon (1987); Wouda, Lan & Kool (2024), PyVRP.

    Raises:
        ScenarioError: the table does not fit the names, or a demand or depot has an unknown name.
        SolverError: the fleet cannot serve everybody, with the reason.
        SyncError: PyVRP is not installed.

    >>> table = [[0, 3, 5], [3, 0, 4], [5, 4, 0]]
    >>> plan = route(["depot", "a", "b"], table, Fleet(1), iterations=50)
    >>> plan.distance, plan.tours
    (12.0, (('depot', 'a', 'b', 'depot'),))
    >>> wanted = {"a": Stop(earliest=12, service=1), "b": Stop(prize=5)}
    >>> plan = route(["depot", "a", "b"], table, Fleet(1), demand=wanted, iterations=50)
    >>> plan.tours, plan.arrivals, plan.left_out
    ((('depot', 'a', 'depot'),), ((9.0, 12.0, 16.0),), ('b',))
    """
    fleets = (fleet,) if isinstance(fleet, Fleet) else tuple(fleet)
    tables = _tables(names, distances)
    job = (names, tables, fleets, *_places(names, fleets, demand or {}))
    _check_stops(job)
    found, left = _search(job, iterations, seed)
    parts = zip(*(_drive(job, *one) for one in found), strict=True) if found else [()] * 7
    tours, lengths, loads, kinds, arrivals, waiting, costs = map(tuple, parts)
    cost = float(sum(costs)) + sum(job[4][at].prize or 0.0 for at in left)
    timed = kinds, arrivals, waiting, costs, cost, tuple(names[at] for at in left)
    return RoutePlan(tours, lengths, loads, float(sum(lengths)), *timed)


def _tables(names: Sequence[str], distances: Any) -> Array:
    """The tables of distances and of times as numbers, nothing from a place to itself."""
    try:
        table = np.array(distances, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ScenarioError(f"route: distances are a table of numbers: {problem}") from None
    count = len(names)
    if table.shape not in ((count, count), (2, count, count)) or count < 2:
        raise ScenarioError(
            f"route: distances are a table of {count} rows and columns, a depot and at least one "
            f"other place, or two tables, of distances and times; got shape {table.shape}"
        )
    tables = np.array(np.broadcast_to(table, (2, count, count)))
    tables[:, range(count), range(count)] = 0.0
    for kind, a, b in np.argwhere(~(tables >= 0))[:1]:
        raise ScenarioError(
            f"route: the {('distance', 'time')[kind]} {names[a]!r} → {names[b]!r} must be a number "
            f"of at least 0, or inf where there is no way, got {tables[kind, a, b]:g}"
        )
    tables[:, np.isinf(tables).any(axis=0)] = np.inf
    return tables


def _places(
    names: Sequence[str], fleets: Sequence[Fleet], demand: Mapping[str, Any]
) -> tuple[list[int], list[Stop]]:
    """Where each fleet is at home, and what each place wants; a depot nothing."""
    for depot in (fleet.depot for fleet in fleets if fleet.depot):
        check_known(depot, names, f"route: no place {depot!r} for a depot")
    homes = [list(names).index(fleet.depot or names[0]) for fleet in fleets]
    stops = {name for at, name in enumerate(names) if at not in homes}
    unknown = [name for name in demand if name not in stops]
    if unknown or len({*names}) < len(names):
        raise ScenarioError(f"route: demand of {unknown or names}: each place once, no depot")
    if not fleets or not stops:
        raise ScenarioError("route: give at least one Fleet, and one place that is no depot")
    wanted = (demand.get(name, 0.0) for name in names)
    return homes, [one if isinstance(one, Stop) else Stop(one) for one in wanted]


def _check_stops(job: Job) -> None:
    """See that the vehicles carry all, and that some vehicle could serve each stop alone."""
    from scipy.sparse.csgraph import csgraph_from_dense, shortest_path

    names, tables, fleets, homes, stops = job
    wanted = sum(stop.units for stop in stops if stop.prize is None)
    if wanted > (1 + 1e-9) * (most := sum(fleet.vehicles * fleet.capacity for fleet in fleets)):
        said = f"{wanted:g} units are wanted and all vehicles together carry {most:g}"
        raise SolverError(f"route: {said}: add vehicles or capacity")
    graphs = [csgraph_from_dense(t, null_value=np.inf) for one in tables for t in (one, one.T)]
    ways = [np.array([shortest_path(graph, indices=home) for graph in graphs]) for home in homes]
    for at, stop in enumerate(stops):
        pairs = zip(fleets, ways, strict=True)
        told = [_obstacle(names[at], stop, fleet, way[:, at].tolist()) for fleet, way in pairs]
        if stop.prize is None and all(told):
            remedy = "give it a way, or more capacity, reach or time, or leave it out (by a prize)"
            raise SolverError(f"route: {'; '.join(dict.fromkeys(told))}: {remedy}")


def _obstacle(name: str, stop: Stop, fleet: Fleet, ways: list[float]) -> str:
    """Why a vehicle could not even serve this stop alone; empty if it could."""
    out, back, there, home = ways
    begin = max(fleet.earliest + there, stop.earliest)
    for value, limit, words in (
        (
            stop.units,
            fleet.capacity,
            "{1:g} in one place, {0!r}, is more than vehicles carry, {2:g}",
        ),
        (
            out + back,
            fleet.reach,
            "the shortest way to {0!r} and back is {1:g} long, a reach {2:g}",
        ),
        (begin, stop.latest, "{0!r} must be reached by {2:g} and cannot be before {1:g}"),
        (
            begin + stop.service + home,
            fleet.latest,
            "who serves {0!r} is back at {1:g}, after {2:g}",
        ),
        (there + stop.service + home, fleet.shift, "to serve {0!r} takes {1:g}, a shift {2:g}"),
    ):
        if value > limit * (1 + 1e-9) or math.isinf(value):
            return words.format(name, value, limit)
    return ""


def _whole(numbers: Array, limits: Sequence[float], fine: int = 1) -> tuple[Any, list[int], float]:
    """Numbers and limits of sums in whole steps, exact if they have a common measure; the steps.

    ``fine``: how many times smaller than they must be exact steps should be.
    """
    steps, finite = 1, np.where(np.isinf(numbers), 0.0, numbers)
    most, ends = float(finite.max()), [limit for limit in limits if limit < math.inf]
    for number in np.unique([*finite.ravel(), *ends]):
        near = Fraction(number).limit_denominator(STEPS)
        steps = math.lcm(steps, near.denominator)
        if abs(float(near) - number) > 1e-12 * number or steps * most * len(numbers) > MOST:
            steps = 0
            break
    scale = float(steps or (1000 * STEPS if ends else STEPS) / most)
    if steps:
        scale *= max(1, min(fine, int(100 * MOST / (steps * most * len(numbers) + 1))))
    slack = 1e-9 if steps else len(numbers)
    upper = [limit * scale * (1 + 1e-12) + slack for limit in limits]
    whole = [int(min(end, 2.0**62)) if end < math.inf else NEVER for end in upper]
    return np.round(finite * scale).astype(np.int64), whole, scale


def _prices(rates: Array, lumps: Array, most: Array) -> Any:
    """Rates per step (of which a way has so many) and lumps in one whole money, to six digits."""
    largest = max((rates * most).max(), lumps.max()) or 1.0
    unit = max(rates[rates > 0].min(initial=largest), largest / 1e13)
    prices = np.append(rates, lumps) / unit
    if not np.allclose(prices, np.rint(prices), 1e-12, 1e-9):
        prices *= min(STEPS, 1e13 * unit / largest)
    return np.rint(prices).astype(np.int64)


def _counted(job: Job) -> tuple[list[Any], float, float]:
    """The job in whole numbers with their limits, what to penalize up to, and steps per time."""
    _, (table, times), fleets, _, stops = job
    ways, reach, per_distance = _whole(table, [fleet.reach for fleet in fleets])
    far = int(ways.max())
    longest = 2 * len(stops) * far  # of all routes on ways that exist
    ways[np.isinf(table)] = longest + 1
    reach = [min(end, longest) for end in reach] if np.isinf(table).any() else reach
    hours = [[stop.service, stop.earliest, *(fleet.earliest for fleet in fleets)] for stop in stops]
    ends = [*(s.latest for s in stops), *(f.latest for f in fleets), *(f.shift for f in fleets)]
    clock, late, per_time = _whole(np.hstack([times, hours]), ends, far // 10**4)
    rates = [fleet.cost_per_distance for fleet in fleets]
    hourly = [fleet.cost_per_time * per_distance / per_time for fleet in fleets]
    if not (np.any(hours) or min(ends) < math.inf or any(hourly)):
        clock[:] = 0  # then nothing depends on it
    lumps = [fleet.fixed_cost for fleet in fleets] + [stop.prize or 0.0 for stop in stops]
    most = np.repeat([far, clock[:, : len(stops)].max()], len(fleets))
    prices = _prices(np.array(rates + hourly), per_distance * np.array(lumps), most)
    way, units = far * int(prices[: len(fleets)].max()), np.array([stop.units for stop in stops])
    loads, room, _ = _whole(units, [fleet.capacity for fleet in fleets], way // 10**4)
    counts = len(stops) * max(int(part.max()) for part in (ways, clock, loads))
    highest = max(1e5, min(max(2 * int(prices[2 * len(fleets) :].max()), way / 20), 1e17 / counts))
    return [ways, reach, clock, late, prices, loads.tolist(), room], highest, per_time


def _search(job: Job, iterations: int, seed: int) -> tuple[list[tuple[Any, ...]], list[int]]:
    """What each vehicle visits, of which fleet it is and when it leaves; what is left out."""
    pyvrp, (_, _, fleets, homes, stops) = needs("pyvrp", "methods"), job
    (ways, reach, clock, late, prices, loads, room), highest, per_time = _counted(job)
    count, kinds = len(stops), len(fleets)
    parts = np.split(prices, [kinds, 2 * kinds, 3 * kinds])
    rates, hourly, fees, prizes = (part.tolist() for part in parts)
    service, early, *leave = clock[:, count:].T.tolist()
    places = [at for at in range(count) if at not in homes]
    clients = [
        pyvrp.Client(
            at,
            [loads[at]],
            [],
            service[at],
            early[at],
            late[at],
            prize=prizes[at],
            required=stops[at].prize is None,
        )
        for at in places
    ]
    vehicles = [
        pyvrp.VehicleType(
            fleet.vehicles,
            [room[k]],
            k,
            k,
            fees[k],
            leave[k][0],
            late[count + k],
            late[count + kinds + k],
            reach[k],
            rates[k],
            hourly[k],
        )
        for k, fleet in enumerate(fleets)
    ]
    depots, where = [pyvrp.Depot(home) for home in homes], [pyvrp.Location(0, 0)] * count
    data = pyvrp.ProblemData(where, clients, depots, vehicles, [ways], [clock[:, :count]])
    params = pyvrp.SolveParams(penalty=pyvrp.PenaltyParams(max_penalty=highest))
    stop = pyvrp.stop.MaxIterations(iterations)
    with warnings.catch_warnings(action="ignore"):  # that it is hard to find a plan
        best = pyvrp.solve(data, stop, seed, False, params=params).best
    if not best.is_feasible():
        raise SolverError(
            "route: no plan on the ways that exist, within capacity and reach, windows and shifts, "
            "each place served by one vehicle at once, found in "
            f"{iterations} iterations: add vehicles or iterations"
        )
    either = not clock.any() and (ways == ways.T).all()  # a route and its reverse are one
    found = []
    for one in best.routes():
        visit = [places[activity.idx] for activity in one if activity.is_client()]
        visit = min(visit, visit[::-1]) if either else visit
        found.append((visit, one.vehicle_type(), one.start_time() / per_time))
    return sorted(found), [places[one.idx] for one in best.unplanned()]


def _drive(job: Job, visit: list[int], kind: int, start: float) -> tuple[Any, ...]:
    """Places, length, load, fleet, arrivals, waiting and cost of a route."""
    names, (table, times), fleets, homes, stops = job
    tour, fleet, arrivals, waiting, now = (
        [homes[kind], *visit, homes[kind]],
        fleets[kind],
        [start],
        0.0,
        start,
    )
    for a, b in pairwise(tour):
        arrivals.append(now + float(times[a, b]))
        now = max(arrivals[-1], stops[b].earliest)
        waiting += now - arrivals[-1]
        now += stops[b].service
    length = float(sum(table[a, b] for a, b in pairwise(tour)))
    cost = fleet.fixed_cost + fleet.cost_per_distance * length + fleet.cost_per_time * (now - start)
    load = float(sum(stops[at].units for at in visit))
    return tuple(names[at] for at in tour), length, load, kind, tuple(arrivals), waiting, cost
