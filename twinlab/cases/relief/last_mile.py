"""The last mile after hurricane Ike (2008): a few trucks, twenty-two loads, thirteen towns.

Cheapest routes save fuel; a schedule of least social cost saves waiting. Both use the same trucks.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from twinlab.cases.relief.goods import figures, rows
from twinlab.cases.relief.season import points
from twinlab.management.flows import deprivation_cost, gini
from twinlab.scope.base import Count, Result, column
from twinlab.task.logistics.routing import Fleet, great_circle, route

__all__ = "Schedule cheapest_schedule schedules social_schedule towns_in_need".split()

DEPOT = "Holguin"
Trip = tuple[int, ...]  # loads by number, in the order in which they are handed out


class Load(NamedTuple):
    """What one truck brings to one town [t]: food and drinking water for so many people."""

    town: str
    people: float
    tonnes: float


@dataclass(frozen=True)
class Schedule(Result):
    """Trips of the trucks, in the order in which they leave, and what they mean for people."""

    trucks: int = column("trucks")
    trips: tuple[tuple[str, ...], ...] = column("name", meaning="towns of each trip, in order")
    waits: tuple[float, ...] = column("h", meaning="from the storm to the arrival of each load")
    people: tuple[float, ...] = column("people", meaning="who live on each load")
    distance: float = column("km", meaning="of all trips")
    truck_cost: float = column("USD", meaning="of all trips")
    mean_wait: float = column("h", meaning="of a person")
    longest_wait: float = column("h", meaning="until the last load arrives")

    @property
    def deprivation(self) -> float:
        """What the wait costs the people [USD]: Σ people × g(wait)."""
        return float(np.dot(self.people, deprivation_cost(self.waits)))

    @property
    def social_cost(self) -> float:
        """Trucks plus deprivation [USD] (Holguín-Veras et al. 2013)."""
        return self.truck_cost + self.deprivation

    @property
    def burden_gini(self) -> float:
        """How unevenly deprivation cost is shared: the Gini index over people."""
        return gini(deprivation_cost(self.waits), self.people)

    def served(self, hours: Sequence[float]) -> list[float]:
        """The share of people who have been reached by each hour."""
        people, waits = np.array(self.people), np.array(self.waits)
        return [float(people[waits <= hour].sum() / people.sum()) for hour in hours]

    def sentence(self) -> str:
        """What is driven, and how long people wait."""
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
    grams = sum(r["grams"] for r in rows("ration"))
    each = figure["round_days"] * (grams / 1e6 + figure["kit_water"] / 1000)  # t per person
    full = figure["truck_load"]
    loads = []
    for row in rows("towns"):
        left = row["need"] * figure["agency_share"] * each
        while row["name"] != DEPOT and left > 1e-9:
            tonnes = min(full, left)
            loads.append(Load(row["name"], tonnes / each, tonnes))
            left -= tonnes
    return tuple(loads)


def schedules(trucks: Count) -> dict[str, Schedule]:
    """Plan with both dispatchers: the fewest kilometres, and the least social cost.

    >>> list(schedules(4))
    ['fewest km', 'least social cost']
    """
    return {"fewest km": cheapest_schedule(trucks), "least social cost": social_schedule(trucks)}


def cheapest_schedule(trucks: Count) -> Schedule:
    """Drive the fewest kilometres: routes by PyVRP, the shortest trip leaves first.

    Raises:
        ScenarioError: there is no truck.

    >>> plan = cheapest_schedule(4)
    >>> len(plan.waits), plan.trucks
    (22, 4)
    """
    return _schedule(_cheapest_trips(), trucks)


@cache
def social_schedule(trucks: Count) -> Schedule:
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
    where = points("towns")
    stops = [where[DEPOT], *(where[load.town] for load in towns_in_need())]
    bend = figures()["road_circuity"]
    return tuple(tuple(bend * great_circle(a, b) for b in stops) for a in stops)


@cache
def _cheapest_trips() -> tuple[Trip, ...]:
    loads = towns_in_need()
    fleet = Fleet(len(loads), capacity=figures()["truck_load"])
    tonnes = {str(at): load.tonnes for at, load in enumerate(loads, 1)}
    plan = route(["0", *tonnes], _kilometres(), fleet, demand=tonnes, iterations=400)
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
        driven += sum(km[a][b] for a, b in zip((0, *trip), (*trip, 0), strict=True))
    towns = tuple(tuple(dict.fromkeys(loads[at - 1].town for at in trip)) for trip in trips)
    people, cost = tuple(load.people for load in loads), driven * figure["truck_cost"]
    mean = float(np.dot(people, waits) / sum(people))
    return Schedule(trucks, towns, tuple(waits), people, driven, cost, mean, max(waits))


def _neighbours(trips: Sequence[Trip]) -> Iterator[list[Trip]]:
    """Schedules one step away: a trip leaves at another time, or a load joins another trip.

    It may join where there is room for it, at any of the stops.
    """
    tonnes = [each.tonnes for each in towns_in_need()]
    for a in range(len(trips)):
        rest = [*trips[:a], *trips[a + 1 :]]
        yield from ([*rest[:b], trips[a], *rest[b:]] for b in range(len(trips)) if a != b)
    for a, trip in enumerate(trips):
        for at, load in enumerate(trip):
            left = (*trip[:at], *trip[at + 1 :])
            rest = [*trips[:a], *([left] if left else []), *trips[a + 1 :]]
            room = figures()["truck_load"] * (1 + 1e-9) - tonnes[load - 1]
            for b, other in enumerate(rest):
                if sum(tonnes[each - 1] for each in other) <= room:
                    ways = ((*other[:n], load, *other[n:]) for n in range(len(other) + 1))
                    yield from ([*rest[:b], way, *rest[b + 1 :]] for way in ways)
            if left:
                yield from ([*rest[:b], (load,), *rest[b:]] for b in range(len(rest) + 1))
