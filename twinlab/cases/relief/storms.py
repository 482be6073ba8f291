"""Storms over the north-western Caribbean: fifty seasons, each with its worst storm, as it was.

What is needed follows from the real track: distance and wind give the wind at a place, the wind
the share of people in need (``datasets/humanitarian/README.md``).
"""

import math
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from twinlab.cases.relief.tables import figures, rows
from twinlab.scope.errors import ScenarioError
from twinlab.task.logistics.storms import Depot, Storm, StormSeason

EARTH_KM = 6371.0
Point = tuple[float, float]  # longitude, latitude


@dataclass(frozen=True, repr=False)
class Kit:
    """One person's first week: weight [t], price [USD], cost of keeping it ready [USD/season]."""

    weight: float
    price: float
    holding_cost: float

    def __repr__(self) -> str:
        return (
            f"a kit weighs {self.weight * 1000:.1f} kg and costs {self.price:.2f} USD; "
            f"keeping it ready costs {self.holding_cost:.2f} USD a season"
        )


def kit() -> Kit:
    """Describe the unit of the case: food and drinking water for one person's first week.

    >>> found = kit()
    >>> round(found.weight * 1000, 1), round(found.price, 2)
    (24.9, 7.04)
    """
    figure = figures()
    price = {(r["supplier"], r["food"]): float(r["price"]) for r in rows("food_prices")}
    ration = [(float(r["grams"]) / 1e6, price.get(("Beirut S", r["food"]), figure["salt_price"]))
              for r in rows("ration")]  # fmt: skip
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
    return {
        r["name"]: (float(r["longitude"]), float(r["latitude"])) for r in rows("assumed/places")
    }


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
        Depot(r["name"], float(r["capacity"]), float(r["fixed_cost"]), each.holding_cost)
        for r in rows("assumed/places") if r["depot"] == "yes"
    )  # fmt: skip
    cost = each.weight * figure["freight"] * figure["circuity"]
    transport = {
        (depot.name, place): cost * distance(where[depot.name], point)
        for depot in depots for place, point in where.items()
    }  # fmt: skip
    wanted = figure["shortage_multiple"] * each.price if shortage_cost is None else shortage_cost
    return StormSeason(depots, _storms({d.name for d in depots}, years), transport, wanted)


def _storms(depots: set[str], years: Collection[int]) -> tuple[Storm, ...]:
    figure = figures()
    seasons: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in rows("storms"):
        if int(row["season"]) in years:
            seasons[row["season"], row["storm"]].append(row)
    if not seasons:
        raise ScenarioError(f"storm_season: no season in {years!r}: the tracks are of 1975 to 2024")
    storms = [Storm("calm", sum(not name for _, name in seasons) / len(seasons))]
    for (season, name), hits in seasons.items():
        if name:
            need = {r["place"]: float(r["need"]) * figure["agency_share"] for r in hits}
            left = {r["place"]: _surviving(float(r["wind"])) for r in hits if r["place"] in depots}
            storms.append(Storm(f"{name} {season}", 1 / len(seasons), need, left))
    return tuple(storms)


def _surviving(wind: float) -> float:
    """The share of a depot's stock that a wind [knots] leaves."""
    figure = figures()
    if wind >= figure["major_wind"]:
        return figure["major_survival"]
    return figure["hurricane_survival"] if wind >= figure["hurricane_wind"] else 1.0


def track(storm: str) -> list[tuple[float, float, float]]:
    """List the fixes of a storm: (longitude, latitude, wind in knots).

    >>> max(wind for _, _, wind in track("Dorian 2019"))
    160.0
    """
    return [
        (float(row["longitude"]), float(row["latitude"]), float(row["wind"]))
        for row in rows("tracks")
        if f"{row['storm']} {row['season']}" == storm
    ]


def distance(start: Point, end: Point) -> float:
    """Measure the great circle between two (longitude, latitude) points [km].

    >>> round(distance((-79.52, 8.98), (-82.38, 23.13)))
    1603
    """
    (west, south), (east, north) = (tuple(map(math.radians, p)) for p in (start, end))
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))
