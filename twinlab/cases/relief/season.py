"""Storms over the north-western Caribbean: fifty seasons, each with its worst storm, as it was.

What is needed follows from the real track: distance and wind give the wind at a place, the wind the
share of people in need (``datasets/humanitarian/README.md``).
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from twinlab.cases.relief.goods import figures, rows
from twinlab.scope.base import Result, ScenarioError, column
from twinlab.scope.network import grouped
from twinlab.task.logistics.routing import great_circle
from twinlab.task.logistics.storms import Depot, Storm, StormSeason

__all__ = "kit places storm_season track".split()

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
    return points("assumed/places")


def points(table: str) -> dict[str, Point]:
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
        Depot(r["name"], r["capacity"] / 13.04, r["fixed_cost"], each.holding_cost)
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
