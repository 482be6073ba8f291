"""The last mile after hurricane Ike (2008): a few trucks, twenty-two loads, thirteen towns.

Cheapest routes save fuel; a schedule of least social cost saves waiting. Both use the same trucks.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from twinlab.cases.relief.storms import distance
from twinlab.cases.relief.tables import figures, rows
from twinlab.management.deprivation import deprivation_cost, gini
from twinlab.scope.errors import ScenarioError
from twinlab.task.logistics.routing import Fleet, route

DEPOT = "Holguin"
Trip = tuple[int, ...]  # loads by number, in the order in which they are handed out


@dataclass(frozen=True)
class Load:
    """What one truck brings to one town: food and drinking water for so many people."""

    town: str
    people: float
    tonnes: float


@dataclass(frozen=True, repr=False)
class Schedule:
    """Trips of the trucks and what they mean for people.

    ``trips`` in the order in which they leave, each a sequence of towns; ``waits`` the hours from
    the storm to the arrival of each load, for ``people``.
    """

    trucks: int
    trips: tuple[tuple[str, ...], ...]
    waits: tuple[float, ...]
    people: tuple[float, ...]
    distance: float
    truck_cost: float

    @property
    def deprivation(self) -> float:
        """What the wait costs the people [USD]: Σ people × g(wait)."""
        return float(np.dot(self.people, deprivation_cost(self.waits)))

    @property
    def social_cost(self) -> float:
        """Trucks plus deprivation [USD] (Holguín-Veras et al. 2013)."""
        return self.truck_cost + self.deprivation

    @property
    def mean_wait(self) -> float:
        """Hours that a person waits, on average."""
        return float(np.dot(self.people, self.waits) / sum(self.people))

    @property
    def longest_wait(self) -> float:
        """Hours until the last load arrives."""
        return max(self.waits)

    @property
    def gini(self) -> float:
        """How unevenly the wait is shared: the Gini index over people."""
        return gini(self.waits, self.people)

    @property
    def burden_gini(self) -> float:
        """How unevenly deprivation cost is shared: the Gini index over people."""
        return gini(deprivation_cost(self.waits), self.people)

    def served(self, hours: Sequence[float]) -> list[float]:
        """The share of people who have been reached by each hour."""
        people, waits = np.array(self.people), np.array(self.waits)
        return [float(people[waits <= hour].sum() / people.sum()) for hour in hours]

    def __repr__(self) -> str:
        """Say it in two lines."""
        return (
            f"{len(self.trips)} trips with {self.trucks} trucks: {self.distance:,.0f} km, "
            f"{self.truck_cost:,.0f} USD; deprivation {self.deprivation:,.0f} USD\n"
            f"wait {self.mean_wait:.1f} h on average, {self.longest_wait:.1f} h at most; "
            f"Gini of the wait {self.gini:.3f}, of the burden {self.burden_gini:.3f}"
        )


@cache
def towns_in_need() -> tuple[Load, ...]:
    """List the truckloads that the towns around Holguín need in one round.

    Each town's need is cut into full loads and a rest. People in Holguín fetch theirs at the depot.

    >>> len(towns_in_need()), len({load.town for load in towns_in_need()})
    (22, 13)
    """
    figure = figures()
    grams = sum(float(r["grams"]) for r in rows("ration"))
    each = figure["round_days"] * (grams / 1e6 + figure["kit_water"] / 1000)  # t per person
    full = figure["truck_load"]
    loads = []
    for row in rows("towns"):
        left = float(row["need"]) * figure["agency_share"] * each
        while row["name"] != DEPOT and left > 1e-9:
            tonnes = min(full, left)
            loads.append(Load(row["name"], tonnes / each, tonnes))
            left -= tonnes
    return tuple(loads)


def schedules(trucks: int) -> dict[str, Schedule]:
    """Plan with both dispatchers: the fewest kilometres, and the least social cost.

    >>> list(schedules(4))
    ['fewest km', 'least social cost']
    """
    return {"fewest km": cheapest_schedule(trucks), "least social cost": social_schedule(trucks)}


def cheapest_schedule(trucks: int) -> Schedule:
    """Drive the fewest kilometres: routes by PyVRP, the shortest trip leaves first.

    Raises:
        ScenarioError: there is no truck.

    >>> plan = cheapest_schedule(4)
    >>> len(plan.waits), plan.trucks
    (22, 4)
    """
    return _schedule(_cheapest_trips(), _counted(trucks))


@cache
def social_schedule(trucks: int) -> Schedule:
    """Make social cost least: trucks plus deprivation, by local search from the cheapest routes.

    Loads move between trips, and trips change places, as long as that lowers the social cost. A
    good schedule, not a proven best one.

    Raises:
        ScenarioError: there is no truck, or with so few some wait beyond 120 hours.

    >>> social_schedule(4).social_cost <= cheapest_schedule(4).social_cost
    True
    """
    trips = list(_cheapest_trips())
    best = _social(trips, _counted(trucks))
    improved = True
    while improved:
        improved = False
        for other in _neighbours(trips):
            cost = _social(other, trucks)
            if cost < best - 1e-6:
                trips, best, improved = other, cost, True
                break
    return _schedule(tuple(trips), trucks)


def _counted(trucks: int) -> int:
    if isinstance(trucks, bool) or not isinstance(trucks, int) or trucks < 1:
        raise ScenarioError(f"last mile: {trucks!r} trucks: give a whole number of at least 1")
    return trucks


@cache
def _kilometres() -> tuple[tuple[float, ...], ...]:
    """Road between the depot (0) and the loads (1, 2, …); loads of a town are in one place."""
    where = {r["name"]: (float(r["longitude"]), float(r["latitude"])) for r in rows("towns")}
    points = [where[DEPOT], *(where[load.town] for load in towns_in_need())]
    bend = figures()["road_circuity"]
    return tuple(tuple(bend * distance(a, b) for b in points) for a in points)


@cache
def _cheapest_trips() -> tuple[Trip, ...]:
    loads = towns_in_need()
    names = [DEPOT, *(str(number) for number in range(1, len(loads) + 1))]
    plan = route(
        names, _kilometres(), Fleet(len(loads), capacity=figures()["truck_load"]),
        demand={str(at): load.tonnes for at, load in enumerate(loads, 1)}, iterations=400,
    )  # fmt: skip
    tours = sorted(zip(plan.lengths, plan.tours, strict=True))
    return tuple(tuple(int(name) for name in tour if name != DEPOT) for _, tour in tours)


def _timetable(trips: Sequence[Trip], trucks: int) -> tuple[list[tuple[int, float]], float]:
    """When each load arrives [h], and the km of all trips; the next free truck takes a trip."""
    km, figure = _kilometres(), figures()
    hour, stop = 1 / figure["truck_speed"], figure["stop_hours"]
    free = [figure["start_hours"]] * trucks
    arrivals, driven = [], 0.0
    for trip in trips:
        now, here = heapq.heappop(free), 0
        for load in trip:
            now += km[here][load] * hour
            arrivals.append((load, now))
            now, here = now + stop, load
        heapq.heappush(free, now + km[here][0] * hour)
        driven += sum(km[a][b] for a, b in pairwise((0, *trip, 0)))
    return arrivals, driven


def _schedule(trips: Sequence[Trip], trucks: int) -> Schedule:
    arrivals, driven = _timetable(trips, trucks)
    loads, wait = towns_in_need(), dict(arrivals)
    return Schedule(
        trucks,
        tuple(tuple(dict.fromkeys(loads[at - 1].town for at in trip)) for trip in trips),
        tuple(wait[at] for at in range(1, len(loads) + 1)),
        tuple(load.people for load in loads),
        driven,
        driven * figures()["truck_cost"],
    )


def _social(trips: Sequence[Trip], trucks: int) -> float:
    arrivals, driven = _timetable(trips, trucks)
    loads = towns_in_need()
    hours = np.array([hour for _, hour in arrivals])
    people = np.array([loads[at - 1].people for at, _ in arrivals])
    return float(people @ deprivation_cost(hours)) + driven * figures()["truck_cost"]


def _neighbours(trips: Sequence[Trip]) -> Iterator[list[Trip]]:
    """Schedules one step away: a trip leaves at another time, or a load joins another trip."""
    for a in range(len(trips)):
        rest = [*trips[:a], *trips[a + 1 :]]
        yield from ([*rest[:b], trips[a], *rest[b:]] for b in range(len(trips)) if a != b)
    for a, trip in enumerate(trips):
        for at, load in enumerate(trip):
            left = (*trip[:at], *trip[at + 1 :])
            rest = [*trips[:a], *([left] if left else []), *trips[a + 1 :]]
            yield from _placed(rest, load)
            if left:
                yield from ([*rest[:b], (load,), *rest[b:]] for b in range(len(rest) + 1))


def _placed(trips: Sequence[Trip], load: int) -> Iterator[list[Trip]]:
    """Schedules in which a load joins a trip that has room for it, at any of its stops."""
    tonnes = [each.tonnes for each in towns_in_need()]
    room = figures()["truck_load"] * (1 + 1e-9) - tonnes[load - 1]
    for a, trip in enumerate(trips):
        if sum(tonnes[at - 1] for at in trip) <= room:
            for slot in range(len(trip) + 1):
                yield [*trips[:a], (*trip[:slot], load, *trip[slot:]), *trips[a + 1 :]]
