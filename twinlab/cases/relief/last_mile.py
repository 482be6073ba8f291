"""The last mile after hurricane Ike (2008): a few trucks, twenty-two loads, thirteen towns.

Cheapest routes save fuel; a schedule of least social cost saves waiting. Both use the same trucks.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from twinlab.cases.relief.storms import distance
from twinlab.cases.relief.tables import figures, rows
from twinlab.management.deprivation import deprivation_cost, gini
from twinlab.scope.errors import ScenarioError
from twinlab.task.logistics.routing import Fleet, route

DEPOT = "Holguin"
Trip = tuple[int, ...]  # loads by number, in the order in which they are handed out


class Load(NamedTuple):
    """What one truck brings to one town [t]: food and drinking water for so many people."""

    town: str
    people: float
    tonnes: float


@dataclass(frozen=True, repr=False)
class Schedule:
    """Trips of the trucks, in the order in which they leave, and what they mean for people.

    ``waits`` are the hours from the storm to the arrival of each load, for ``people``; ``distance``
    in km, ``truck_cost`` in USD.
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
    def burden_gini(self) -> float:
        """How unevenly deprivation cost is shared: the Gini index over people."""
        return gini(deprivation_cost(self.waits), self.people)

    def served(self, hours: Sequence[float]) -> list[float]:
        """The share of people who have been reached by each hour."""
        people, waits = np.array(self.people), np.array(self.waits)
        return [float(people[waits <= hour].sum() / people.sum()) for hour in hours]

    def __repr__(self) -> str:
        return (
            f"{len(self.trips)} trips with {self.trucks} trucks: {self.distance:,.0f} km, "
            f"{self.truck_cost:,.0f} USD; deprivation {self.deprivation:,.0f} USD\n"
            f"wait {self.mean_wait:.1f} h on average, {self.longest_wait:.1f} h at most; "
            f"Gini of the wait {gini(self.waits, self.people):.3f}, "
            f"of the burden {self.burden_gini:.3f}"
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
    if isinstance(trucks, bool) or not isinstance(trucks, int) or trucks < 1:
        raise ScenarioError(f"last mile: {trucks!r} trucks: give a whole number of at least 1")
    return _schedule(_cheapest_trips(), trucks)


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
    plan, trips = cheapest_schedule(trucks), list(_cheapest_trips())
    improved = True
    while improved:
        best, improved = plan.social_cost - 1e-6, False
        for step in _neighbours(trips):
            tried = _schedule(step, trucks)
            if tried.social_cost < best:
                plan, trips, improved = tried, step, True
                break
    return plan


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
    plan = route(
        [str(at) for at in range(len(loads) + 1)], _kilometres(),
        Fleet(len(loads), capacity=figures()["truck_load"]),
        demand={str(at): load.tonnes for at, load in enumerate(loads, 1)}, iterations=400,
    )  # fmt: skip
    tours = sorted(zip(plan.lengths, plan.tours, strict=True))
    return tuple(tuple(map(int, tour[1:-1])) for _, tour in tours)


def _schedule(trips: Sequence[Trip], trucks: int) -> Schedule:
    """Drive the trips: the next free truck takes the next trip."""
    km, loads, figure = _kilometres(), towns_in_need(), figures()
    hour = 1 / figure["truck_speed"]
    free = [figure["start_hours"]] * trucks
    waits, driven = [0.0] * len(loads), 0.0
    for trip in trips:
        now, here = heapq.heappop(free), 0
        for load in trip:
            waits[load - 1] = now = now + km[here][load] * hour
            now, here = now + figure["stop_hours"], load
        heapq.heappush(free, now + km[here][0] * hour)
        driven += sum(km[a][b] for a, b in pairwise((0, *trip, 0)))
    return Schedule(
        trucks, tuple(tuple(dict.fromkeys(loads[at - 1].town for at in trip)) for trip in trips),
        tuple(waits), tuple(load.people for load in loads), driven, driven * figure["truck_cost"],
    )  # fmt: skip


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
