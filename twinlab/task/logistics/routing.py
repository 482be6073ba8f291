"""Which vehicle visits whom, when and in which order: routing with PyVRP."""

import math
import warnings
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any

import numpy as np

from twinlab.management.flows import asked_lanes, mean_flows
from twinlab.modeling.compare import Change
from twinlab.scope import Node, Result, Scenario, ScenarioError, SolverError
from twinlab.scope.base import Amount, Array, Count, Row, Whole, check_known, column, lane_paths
from twinlab.scope.kinds import Number, Range
from twinlab.scope.later import needs, pd

__all__ = ["Fleet", "Stop", "great_circle", "milk_run", "route"]

# PyVRP counts in whole numbers, and their sums must not overflow: see ``_whole``.
STEPS, FINE = 1_000_000, 1_000_000_000
MOST = 10**10
NEVER = 2**63 - 1
Point = tuple[Number, Annotated[float, Range("a latitude from -90 to 90", -90, 90)]]
# Names, tables of distances and times, fleets and their depots by number, what each place wants.
Job = tuple[Sequence[str], Array, tuple["Fleet", ...], list[int], list["Stop"]]


class Fleet(Row, frozen=True):
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


Fleets = Fleet | Sequence[Fleet]


class Stop(Row, frozen=True):
    """What a place wants and when; one with a prize is left out where serving it costs more."""

    units: float = column("units", 0.0, "to be brought", low=0)
    earliest: float = column("time", 0.0, "when service may begin: who comes sooner waits", low=0)
    latest: float = column("time", math.inf, "when service must have begun", low=0)
    service: float = column("time", 0.0, "how long it takes", low=0)
    prize: float | None = column("USD", None, "lost where it is left out; none: never is", low=0)


class RoutePlan(Result, frozen=True):
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
    fleet: Fleets,
    *,
    demand: Mapping[str, Amount | Stop] | None = None,
    iterations: Count = 2000,
    seed: Whole = 1,
) -> RoutePlan:
    """Plan routes at least cost from depots to all other places, by iterated local search.

    ``distances`` is the table of distances from each place (row) to each place (column), in the
    order of ``names`` (a frame: by its labels), or two tables, of distances and of travel times
    (else they are the same); a way that does not exist is infinitely long. Fleets name depots; a
    vehicle leaves so that it is away as shortly as can be. Nothing is left to chance. A good plan,
    not a proven one; the same seed and iterations give the same plan. Fractions are counted exactly
    (tenths, thirds, …); numbers without a common denominator up to a million to nine digits (six
    for distances without a reach), money to six.
    Source: Dantzig & Ramser (1959); Solomon (1987); Wouda, Lan & Kool (2024), PyVRP.

    Raises:
        ScenarioError: the table does not fit the names, or a demand or depot has an unknown name.
        SolverError: the fleet cannot serve everybody, with the reason.
        SyncError: PyVRP is not installed.

    >>> table = [[0, 3, 5], [3, 0, 4], [5, 4, 0]]
    >>> route(["depot", "a", "b"], table, Fleet(1), iterations=50).tours
    (('depot', 'a', 'b', 'depot'),)
    >>> wanted = {"a": Stop(earliest=12, service=1), "b": Stop(prize=5)}
    >>> plan = route(["depot", "a", "b"], table, Fleet(1), demand=wanted, iterations=50)
    >>> plan.tours, plan.arrivals, plan.left_out
    ((('depot', 'a', 'depot'),), ((9.0, 12.0, 16.0),), ('b',))
    """
    fleets = (fleet,) if isinstance(fleet, Fleet) else tuple(fleet)
    tables, (homes, stops) = _tables(names, distances), _places(names, fleets, demand or {})
    _check_stops(job := (names, tables, fleets, homes, stops))
    found, left = _search(job, iterations, seed)
    tours, kinds, arrivals, waiting, hours = zip(*found, strict=True) if found else ((),) * 5
    lengths = tuple(float(sum(tables[0][way] for way in pairwise(tour))) for tour in tours)
    loads = tuple(float(sum(stops[at].units for at in tour)) for tour in tours)
    costs = tuple(
        car.fixed_cost + car.cost_per_distance * length + car.cost_per_time * time
        for car, length, time in zip((fleets[k] for k in kinds), lengths, hours, strict=True)
    )
    cost = sum(costs, 0.0) + sum(stops[at].prize or 0.0 for at in left)
    called = tuple(tuple(names[at] for at in tour) for tour in (*tours, left))
    timed = kinds, arrivals, waiting, costs, cost, called[-1]
    return RoutePlan(called[:-1], lengths, loads, sum(lengths, 0.0), *timed)


def milk_run(
    scenario: Scenario,
    depot: str,
    fleet: Fleets,
    *,
    distances: "pd.DataFrame | None" = None,
    every: Count = 1,
) -> Change:
    """Serve what a depot's lanes lead to on round tours, every so many days.

    A tour brings the mean demand of these days. Its cost is shared out by load, as cost per
    shipment of its lanes; their distance is that of their goods on the tour, and destinations
    decide every so many days. Costs per unit stay and chance is left out: compare the scenario.
    ``distances`` [km] are a table with a row and a column by name; none given: great circles.

    Raises:
        ScenarioError: nothing flows from the depot, or a place has no coordinates.
        SolverError: the fleet cannot serve everybody.

    >>> at = {"dc": (52.5, 13.4), "Graz": (47.1, 15.4), "Linz": (48.3, 14.3)}
    >>> network = Network(
    ...     products=[Product("unit")],
    ...     nodes=[Node(name, latitude=lat, longitude=lon) for name, (lat, lon) in at.items()],
    ...     lanes=[Lane("dc", name, "unit", cost_per_shipment=900) for name in ("Graz", "Linz")],
    ...     demands=[Demand(name, "unit", Poisson(5)) for name in ("Graz", "Linz")])
    >>> print(milk_run(Scenario(network, BaseStock(20)), "dc", Fleet(2, 12)).reason)
    2,177 km a day on direct trips, 1,245 on tours
    """
    network, flows = scenario.network, mean_flows(scenario)
    asked = [(flows[item], asked_lanes(scenario, item)) for item in network.items]
    sent = [(lane, every * flow * part) for flow, lanes in asked for lane, part in lanes if flow]
    check_known(depot, {lane.source for lane, _ in sent}, f"milk_run: {depot!r} sends nothing")
    sent = [(lane, units) for lane, units in sent if lane.source == depot]
    names = [*dict.fromkeys([depot, *(lane.destination for lane, _ in sent)])]
    nodes = [network.node(name) for name in names]
    if distances is None:
        rows = [[node_distance(start, end) for end in nodes] for start in nodes]
        distances = pd.DataFrame(rows, names, names)
    table = distances.reindex(index=names, columns=names).to_numpy()
    loads = {name: sum(units for v, units in sent if v.destination == name) for name in names[1:]}
    plan, values = route(names, table, fleet, demand=loads), {}
    for tour, load, cost, km in zip(plan.tours, plan.loads, plan.costs, plan.arrivals, strict=True):
        for lane, units in (each for each in sent if each[0].destination in tour):
            path = lane_paths(lane)[-1]
            values[f"{path}.cost_per_shipment"] = cost * units / load
            values[f"{path}.distance"] = km[tour.index(lane.destination)] - km[0]
            values[f"{lane.destination}.review_period"] = every
    new = {path: value for path, value in values.items() if value != scenario.value(path)}
    direct = sum(((table[0] + table[:, 0]) / [node.review_period for node in nodes])[1:])
    reason = f"{direct:,.4g} km a day on direct trips, {plan.distance / every:,.4g} on tours"
    return Change.of(scenario, new, f"milk run from {depot}", reason)


def great_circle(start: Point, end: Point) -> float:
    """Measure the great circle between two (longitude, latitude) points [km].

    >>> round(great_circle((-79.52, 8.98), (-82.38, 23.13)))
    1603
    """
    (west, south), (east, north) = (tuple(map(math.radians, p)) for p in (start, end))
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(half))  # the Earth's radius


def on_the_way(starts: Any, ends: Any, parts: Any) -> Array:
    """Where one is after a part of great circles: rows of (longitude, latitude) in degrees."""
    lon, lat = np.radians([starts, ends]).transpose(2, 0, 1)
    a, b = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=2)
    angle = np.arccos((a * b).sum(axis=1).clip(-1, 1))
    x, y, z = a.T * np.sin((1 - np.array(parts)) * angle) + b.T * np.sin(parts * angle)
    return np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))]).T


def node_distance(start: Node, end: Node) -> float:
    """The great circle between two nodes [km]."""
    ends: Any = [(node.longitude, node.latitude) for node in (start, end)]
    if lost := [n.name for n, at in zip((start, end), ends, strict=True) if None in at]:
        raise ScenarioError(f"{lost} have no latitude and longitude: give these, or distances")
    return great_circle(*ends)


def _tables(names: Sequence[str], distances: Any) -> Array:
    """The tables of distances and of times as numbers, nothing from a place to itself."""
    several = distances if isinstance(distances, list | tuple) else [distances]
    read = [
        one.reindex(names, columns=names) if {*names} & {*getattr(one, "columns", ())} else one
        for one in several
    ]
    try:
        table = np.array(read if several is distances else read[0], dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ScenarioError(f"route: distances are a table of numbers: {problem}") from None
    count = len(names)
    if table.shape not in ((count, count), (2, count, count)) or count < 2:
        wanted = f"a table of {count} rows and columns, a depot and at least one other place"
        pair = f"two tables, of distances and times; got shape {table.shape}"
        raise ScenarioError(f"route: distances are {wanted}, or {pair}")
    tables = np.array(np.broadcast_to(table, (2, count, count)))
    tables[:, range(count), range(count)] = 0.0
    for kind, a, b in np.argwhere(~(tables >= 0))[:1]:
        way = f"the {('distance', 'time')[kind]} {names[a]!r} → {names[b]!r}"
        wanted = "a number of at least 0, or inf where there is no way"
        raise ScenarioError(f"route: {way} must be {wanted}, got {tables[kind, a, b]:g}")
    tables[:, np.isinf(tables).any(axis=0)] = np.inf
    return tables


def _places(names: Sequence[str], fleets: Sequence[Fleet], demand: Any) -> tuple[list[int], Any]:
    """Where each fleet is at home, and what each place wants; a depot nothing."""
    for depot in (fleet.depot for fleet in fleets if fleet.depot):
        check_known(depot, names, f"route: no place {depot!r} for a depot")
    homes = [list(names).index(fleet.depot or names[0]) for fleet in fleets]
    stops = {name for at, name in enumerate(names) if at not in homes}
    unknown = [name for name in demand if name not in stops]
    if unknown or len({*names}) < len(names) or not fleets or not stops:
        told = f"route: demand of {unknown or names}, {len(fleets)} fleets"
        raise ScenarioError(f"{told}: each place once, no depot; one fleet and one stop at least")
    wanted = (demand.get(name, 0.0) for name in names)
    every = [one if isinstance(one, Stop) else Stop(one) for one in wanted]
    if wrong := [one for rows in (fleets, every) for one in rows if one.latest < one.earliest]:
        raise ScenarioError(f"route: {wrong[0]}: latest is before earliest: swap them")
    return homes, every


def _check_stops(job: Job) -> None:
    """See that the vehicles carry all, and that some vehicle could serve each stop alone."""
    from scipy.sparse.csgraph import csgraph_from_dense, shortest_path

    names, tables, fleets, homes, stops = job
    wanted = sum(stop.units for stop in stops if stop.prize is None)
    if wanted > (1 + 1e-9) * (most := sum(fleet.vehicles * fleet.capacity for fleet in fleets)):
        carry = f"all vehicles carry {most:g}: add some"
        raise SolverError(f"route: {wanted:g} units are wanted, {carry}")
    graphs = [csgraph_from_dense(t, null_value=np.inf) for one in tables for t in (one, one.T)]
    ways = [np.array([shortest_path(graph, indices=home) for graph in graphs]) for home in homes]
    for at, stop in enumerate(stops):
        pairs = zip(fleets, ways, strict=True)
        whys = [_obstacle(names[at], stop, fleet, way[:, at].tolist()) for fleet, way in pairs]
        if stop.prize is None and all(whys):
            remedy = "give it a way, or more capacity, reach or time, or leave it out (by a prize)"
            raise SolverError(f"route: {'; '.join(dict.fromkeys(whys))}: {remedy}")


def _obstacle(name: str, stop: Stop, fleet: Fleet, ways: list[float]) -> str:
    """Why a vehicle could not even serve this stop alone; empty if it could."""
    way, there, home = ways[0] + ways[1], ways[2], ways[3]
    begin, home = max(fleet.earliest + there, stop.earliest), stop.service + home
    whys = (
        (stop.units, fleet.capacity, "{1:g} in one place, {0!r}: vehicles carry {2:g}"),
        (way, fleet.reach, "the shortest way to {0!r} and back is {1:g} long, a reach {2:g}"),
        (begin, stop.latest, "{0!r} must be reached by {2:g} and cannot be before {1:g}"),
        (begin + home, fleet.latest, "from {0!r} a vehicle is back at {1:g}, too late for {2:g}"),
        (there + home, fleet.shift, "to serve {0!r} takes {1:g}, a shift {2:g}"),
    )
    wrong = (why for why in whys if why[0] > why[1] * (1 + 1e-9) or math.isinf(why[0]))
    return next((text.format(name, value, limit) for value, limit, text in wrong), "")


def _whole(numbers: Array, limits: Sequence[float], fine: int) -> tuple[Any, list[int], float]:
    """Numbers and limits of their sums in whole steps, so many to one; exact in a common measure.

    The largest has up to ``fine``: all kinds alike, so that too much of one weighs as of another.
    """
    steps, finite = 1, np.where(np.isinf(numbers), 0.0, numbers)
    most, ends = float(finite.max()), [limit for limit in limits if limit < math.inf]
    for number in np.unique([*finite.ravel(), *ends]):
        near = Fraction(number).limit_denominator(STEPS)
        steps = math.lcm(steps, near.denominator)
        if abs(float(near) - number) > 1e-12 * number or steps * most * len(numbers) > MOST:
            steps = 0
            break
    scale = float(steps or fine / most)
    scale *= max(1, min(fine // 1000, int(fine / (1 + steps * most)))) if steps else 1
    slack = 1e-9 if steps else len(numbers)
    upper = [limit * scale * (1 + 1e-12) + slack for limit in limits]
    whole = [int(min(end, 2.0**62)) if end < math.inf else NEVER for end in upper]
    return np.round(finite * scale).astype(np.int64), whole, scale


def _prices(prices: Array, steps: Array) -> Any:
    """Whole prices in one money; of ways of so many steps, to seven digits of the largest."""
    largest = float((prices * steps).max()) or 1.0
    unit = max(prices[(prices > 0) & (steps > 1)].min(initial=largest), largest / 1e13)
    finest = max(1.0, 1e13 * unit / largest)
    tries = np.arange(1, 1 + min(1000, int(finest)))[:, None]
    off = np.abs(tries * prices / unit - np.rint(tries * prices / unit)) * steps
    good = off.max(axis=1) <= 1e-7 * tries[:, 0] * largest / unit
    times = tries[good][0] if good.any() else min(STEPS, finest)
    return np.rint(prices / unit * times).astype(np.int64)


def _counted(job: Job) -> tuple[list[Any], list[float]]:
    """The job in whole numbers with limits; zero of its clock, steps per time, highest penalty."""
    _, (table, times), fleets, _, stops = job
    ends = [fleet.reach for fleet in fleets]
    ways, reach, per_distance = _whole(table, ends, STEPS if min(ends) == math.inf else FINE)
    far, none = 1 + int(ways.max()), np.isinf(table)
    longest = 2 * len(stops) * far  # of all routes on ways that exist
    ways[none], reach = longest + 1, [min(end, longest) if none.any() else end for end in reach]
    zero = min(fleet.earliest for fleet in fleets)
    leave = [fleet.earliest - zero for fleet in fleets]
    hours = [[stop.service, max(0.0, stop.earliest - zero), *leave] for stop in stops]
    ends = [*(s.latest for s in stops), *(f.latest for f in fleets)]
    ends = [max(0.0, end - zero) for end in ends] + [fleet.shift for fleet in fleets]
    clock, late, per_time = _whole(np.hstack([times, hours]), ends, FINE)
    units = np.array([stop.units for stop in stops])
    loads, room, _ = _whole(units, [fleet.capacity for fleet in fleets], FINE)
    rates = [fleet.cost_per_distance for fleet in fleets]
    rates += [fleet.cost_per_time * per_distance / per_time for fleet in fleets]
    lumps = [fleet.fixed_cost for fleet in fleets] + [stop.prize or 0.0 for stop in stops]
    steps = np.repeat([far, clock.max(), 1], [len(fleets), len(fleets), len(lumps)])
    prices = _prices(np.array(rates + [per_distance * lump for lump in lumps]), steps)
    most = 1e18 / (len(stops) * max(part.max() for part in (ways, clock, loads)))
    return [ways, reach, clock, late, prices.tolist(), loads.tolist(), room], [zero, per_time, most]


def _search(job: Job, iterations: int, seed: int) -> tuple[list[tuple[Any, ...]], list[int]]:
    """Each vehicle's tour, fleet, arrivals, waiting and hours; what is left out."""
    pyvrp, (_, _, fleets, homes, stops) = needs("pyvrp", "methods"), job
    (ways, reach, clock, ends, prices, loads, room), (zero, per_time, penalty) = _counted(job)
    n, k = len(stops), len(fleets)
    times, hours, must = clock[:, :n], clock[:, n:].tolist(), [stop.prize is None for stop in stops]
    places, prizes = [at for at in range(n) if at not in homes], prices[3 * k :]
    clients = [
        pyvrp.Client(at, [loads[at]], [], *hours[at][:2], ends[at], 0, prizes[at], must[at])
        for at in places
    ]
    shifts = hours[0][2:], ends[n : n + k], ends[n + k :], reach, prices[:k], prices[k : 2 * k]
    vehicles = [
        pyvrp.VehicleType(fleets[at].vehicles, [room[at]], at, at, prices[2 * k + at], *shift)
        for at, shift in enumerate(zip(*shifts, strict=True))
    ]
    depots, where = [pyvrp.Depot(home) for home in homes], [pyvrp.Location(0, 0)] * n
    data = pyvrp.ProblemData(where, clients, depots, vehicles, [ways], [times])
    params = pyvrp.PenaltyParams(20, penalty_decrease=0.5, max_penalty=penalty)  # it soon fits
    stop = pyvrp.stop.MaxIterations(iterations)
    with warnings.catch_warnings(action="ignore"):  # that it is hard to find a plan
        best = pyvrp.solve(data, stop, seed, False, params=pyvrp.SolveParams(penalty=params)).best
    if not best.is_feasible():
        limits = "on the ways that exist, within capacity and reach, windows and shifts"
        tried = f"each place served by one vehicle at once, found in {iterations} iterations"
        raise SolverError(f"route: no plan {limits}, {tried}: add vehicles or iterations")
    found, same = list[Any](), np.array_equal(ways, ways.T) and np.array_equal(times, times.T)
    same = same and min(ends) == NEVER and not np.any(hours)
    for one in best.routes():
        visit, kind = [each.idx for each in one if each.is_client()], one.vehicle_type()
        if same:  # a route and its reverse are one: settle which is shown
            visit = min(visit, visit[::-1])
        driven = pyvrp.Route(data, visit, kind)
        tour = (homes[kind], *(places[at] for at in visit), homes[kind])
        arrivals = tuple(zero + (a.start_time - a.wait_duration) / per_time for a in driven)
        taken = driven.wait_duration() / per_time, driven.duration() / per_time
        found.append((tour, kind, arrivals, *taken))
    return sorted(found), [places[each.idx] for each in best.unplanned()]
