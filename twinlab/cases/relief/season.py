"""Storms over the north-western Caribbean: fifty seasons, each with its worst storm, as it was.

What is needed follows from the real track: distance and wind give the wind at a place, the wind the
share of people in need (``datasets/humanitarian/README.md``).

The last mile after hurricane Ike (2008) has a few trucks, twenty-two loads, thirteen towns.
Cheapest routes save fuel; a schedule of least social cost saves waiting. Both use the same trucks.
"""

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from twinlab.cases.relief.goods import figures, rows
from twinlab.management.flows import deprivation_cost, gini
from twinlab.scope.base import Count, Result, ScenarioError, column
from twinlab.scope.network import grouped
from twinlab.task.logistics.routing import Fleet, great_circle, route
from twinlab.task.logistics.storms import Depot, Storm, StormSeason

__all__ = """Schedule cheapest_schedule kit places schedules social_schedule storm_season
towns_in_need track""".split()

Point = tuple[float, float]  # longitude, latitude


@dataclass(frozen=True)
class Kit(Result):
    """One person's first week of food and drinking water."""

    weight: float = column("t")
    price: float = column("USD")
    holding_cost: float = column("USD/season", meaning="of keeping it ready")

    def sentence(self) -> str:
        """Its weight, price and cost."""
        worth = f"a kit weighs {self.weight * 1000:.1f} kg and costs {self.price:.2f} USD"
        return f"{worth}; keeping it ready costs {self.holding_cost:.2f} USD a season"


def kit() -> Kit:
    """Describe the unit of the case: food and drinking water for one person's first week.

    >>> found = kit()
    >>> round(found.weight * 1000, 1), round(found.price, 2)
    (24.9, 7.04)
    """
    figure = figures()
    price = {r["food"]: r["price"] for r in rows("food_prices") if r["supplier"] == "Beirut S"}
    salt = figure["salt_price"]
    ration = [(r["grams"] / 1e6, price.get(r["food"], salt)) for r in rows("ration")]
    daily_weight = sum(tonnes for tonnes, _ in ration) + figure["kit_water"] / 1000
    daily_price = sum(tonnes * usd for tonnes, usd in ration)
    daily_price += figure["kit_water"] * figure["water_price"]
    cost = figure["kit_days"] * daily_price
    return Kit(figure["kit_days"] * daily_weight, cost, cost * figure["holding_rate"])


def places() -> dict[str, Point]:
    """Where depots and people are: (longitude, latitude) by name.

    >>> places()["Havana"]
    (-82.38, 23.13)
    """
    return _points("assumed/places")


def _points(table: str) -> dict[str, Point]:
    return {r["name"]: (r["longitude"], r["latitude"]) for r in rows(table)}


def storm_season(
    shortage_cost: float | None = None, years: Collection[int] = range(1975, 2025)
) -> StormSeason:
    """Set up the season to prepare for: nine possible depots and fifty equally likely seasons.

    A season is stood for by the storm that left most people in need, as its track says; all calm
    seasons are one. Units are kits, the agency looks after a tenth of the need, and a depot that a
    storm hits keeps half of its stock (category 1 and 2) or nothing (3 and above).
    ``shortage_cost`` in USD per missing kit is ten times the price by default. ``years`` picks the
    seasons of the past that count, all alike.

    Raises:
        ScenarioError: the shortage cost is below 0, or no season is left.

    Source: NOAA HURDAT2; damage after Emanuel (2011), stock loss and cost ratios after Rawls &
    Turnquist (2010). It is not their instance and does not reproduce their optimum.

    >>> season = storm_season()
    >>> len(season.depots), len(season.storms), round(season.mean_storm.total)
    (9, 26, 4525)
    """
    each, figure, where = kit(), figures(), places()
    depots = tuple(
        Depot(r["name"], r["capacity"], r["fixed_cost"], each.holding_cost)
        for r in rows("assumed/places")
        if r["depot"]
    )
    cost = each.weight * figure["freight"] * figure["circuity"]
    ways = [(depot.name, place) for depot in depots for place in where]
    transport = {(start, end): cost * great_circle(where[start], where[end]) for start, end in ways}
    wanted = figure["shortage_multiple"] * each.price if shortage_cost is None else shortage_cost
    return StormSeason(depots, _storms({d.name for d in depots}, years), transport, wanted)


def _storms(depots: set[str], years: Collection[int]) -> tuple[Storm, ...]:
    figure, counted = figures(), (row for row in rows("storms") if row["season"] in years)
    seasons = grouped(((row["season"], row["storm"]), row) for row in counted)
    if not seasons:
        raise ScenarioError(f"storm_season: no season in {years!r}: the tracks are of 1975 to 2024")
    storms = [Storm("calm", sum(not name for _, name in seasons) / len(seasons))]
    # Below which wind [knots] a depot keeps which share of its stock.
    stays = [(figure["hurricane_wind"], 1.0), (figure["major_wind"], figure["hurricane_survival"])]
    stays.append((np.inf, figure["major_survival"]))
    for (season, name), hits in seasons.items():
        if name:
            need = {r["place"]: r["need"] * figure["agency_share"] for r in hits}
            winds = {r["place"]: r["wind"] for r in hits if r["place"] in depots}
            left = {
                place: next(s for most, s in stays if wind < most) for place, wind in winds.items()
            }
            storms.append(Storm(f"{name} {season}", 1 / len(seasons), need, left))
    return tuple(storms)


def track(storm: str) -> list[tuple[float, float, float]]:
    """List the fixes of a storm: (longitude, latitude, wind in knots).

    >>> max(wind for _, _, wind in track("Dorian 2019"))
    160
    """
    fixes = [row for row in rows("tracks") if f"{row['storm']} {row['season']}" == storm]
    return [(row["longitude"], row["latitude"], row["wind"]) for row in fixes]


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
    where = _points("towns")
    points = [where[DEPOT], *(where[load.town] for load in towns_in_need())]
    bend = figures()["road_circuity"]
    return tuple(tuple(bend * great_circle(a, b) for b in points) for a in points)


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
