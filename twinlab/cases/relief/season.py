"""Storms over the north-western Caribbean: fifty seasons with all their storms, as they were.

What is needed follows from the real track: distance and wind give the wind at a place, the wind the
share of people in need (``datasets/humanitarian/README.md``).
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import groupby, product
from typing import Any

from twinlab.cases.relief.goods import figures, rows
from twinlab.management.flows import waiting_level
from twinlab.scope.base import Amount, check_known
from twinlab.task.logistics.relief_problem import Depot, Good, Hit, ReliefProblem, ReliefSeason, Way
from twinlab.task.logistics.routing import great_circle

__all__ = "places problem track".split()

Point = tuple[float, float]  # longitude, latitude
SEASONS = range(1975, 2025)


def places() -> dict[str, Point]:
    """Where depots and people are: (longitude, latitude) by name.

    >>> places()["Havana"]
    (-82.38, 23.13)
    """
    return points("assumed/places")


def points(table: str) -> dict[str, Point]:
    """Where the rows of a table are: (longitude, latitude) by name.

    >>> points("towns")["Moa"]
    (-74.95, 20.66)
    """
    return {r["name"]: (r["longitude"], r["latitude"]) for r in rows(table)}


def problem(
    years: Collection[int] = SEASONS,
    *,
    shortage: Amount | None = None,
    cash: bool = True,
    prices: Mapping[str, Amount] | None = None,
    share: Mapping[str, Amount] | None = None,
) -> ReliefProblem:
    """Set up the seasons to prepare for: nine possible depots, four goods, road, sea and air.

    ``years`` are the seasons of the past that count, all alike, with all their storms. A missing
    cover costs ``shortage`` times its price (10; 3 to 20 are heard of: this matters most);
    ``prices`` [USD/cover] replace those of ``commodities``, which no source states. ``share`` says
    which part of a place's need is looked after (a tenth everywhere). After a storm a depot keeps
    half of its stock (category 1 and 2) or nothing (3 and above), shops serve a part of the need,
    and air freight comes later and less. All that is assumed: ``assumed/figures``, with ranges.

    Raises:
        ScenarioError: a year without a track, a place or a good that is not there.

    Source: NOAA HURDAT2; damage after Emanuel (2011), stock loss and cost ratios after Rawls &
    Turnquist (2010).

    >>> found = problem()
    >>> len(found.depots), len(found.seasons), sum(len(season.hits) for season in found.seasons)
    (9, 50, 41)
    """
    figure, goods, where = figures(), rows("commodities"), places()
    for name, known, what in (
        *((year, SEASONS, "season") for year in years),
        *((name, where, "place") for name in share or {}),
        *((name, [r["name"] for r in goods], "good") for name in prices or {}),
    ):
        check_known(name, known, f"problem: no {what} {name!r}")
    part = dict.fromkeys(where, figure["agency_share"]) if share is None else share
    seasons = {year: tuple(_hits(year, part)) for year in years}
    return ReliefProblem(
        tuple(
            Good(
                r["name"],
                r["weight"],
                (prices or {}).get(r["name"], r["price"]),
                partial(waiting_level, good=r["name"]),
                (r["premium"] or None) if cash else None,
            )
            for r in goods
        ),
        tuple(Depot(r["name"], r["capacity"], r["fixed_cost"]) for r in _depots()),
        tuple(_ways()),
        tuple(ReliefSeason(str(year), 1 / len(seasons), hits) for year, hits in seasons.items()),
        figure["shortage_multiple"] if shortage is None else shortage,
        figure["holding_rate"],
        figure["cash_hours"],
        {"air": figure["air_limit"]},
    )


def _depots() -> list[dict[str, Any]]:
    return [r for r in rows("assumed/places") if r["depot"]]


def _ways() -> Iterator[Way]:
    """Roads within a country, ships and aircraft between any two places."""
    f = figures()
    for a, b in product(_depots(), rows("assumed/places")):
        ends = (a["name"], b["name"])
        km = great_circle(*((r["longitude"], r["latitude"]) for r in (a, b)))
        if a["country"] == b["country"]:
            road = km * f["road_circuity"]
            hours = f["road_start"] + road / f["truck_speed"]
            yield Way(*ends, "road", hours, f["road_cost"] * road / 1000)
        if a is not b:
            sea = km * f["circuity"]
            cost = (f["sea_cost"] * sea + f["sea_handling"]) / 1000
            yield Way(*ends, "sea", f["sea_start"] + sea / f["sea_speed"], cost)
            cost = (f["air_cost"] * km + f["air_handling"]) / 1000
            yield Way(*ends, "air", f["air_start"] + km / f["air_speed"], cost)


def _hits(year: int, part: Mapping[str, float]) -> Iterator[Hit]:
    """The storms of a season in their order, and what they leave of depots, shops and airports."""
    f, depots = figures(), {r["name"] for r in _depots()}
    felt = (row for row in rows("hits") if row["season"] == year)
    for storm, struck in groupby(felt, key=lambda row: row["storm"]):
        table = list(struck)
        force = {  # 0, 1 for a hurricane, 2 for a major one
            r["place"]: sum(r["wind"] >= f[least] for least in ("hurricane_wind", "major_wind"))
            for r in table
        }
        survive = (1.0, f["hurricane_survival"], f["major_survival"])
        shops = (f["cash_open"], f["cash_hurricane"], f["cash_major"])
        yield Hit(
            f"{storm} {year}",
            {r["place"]: r["need"] * part.get(r["place"], 0.0) for r in table},
            {place: survive[n] for place, n in force.items() if place in depots},
            {place: shops[n] for place, n in force.items()},
            {place: f["air_major"] for place, n in force.items() if n == 2},
            {place: f["air_delay"] for place, n in force.items() if n == 2},
        )


def track(storm: str) -> list[tuple[float, float, float]]:
    """List the fixes of a storm: (longitude, latitude, wind in knots).

    Raises:
        ScenarioError: no such storm.

    >>> max(wind for _, _, wind in track("Dorian 2019"))
    160
    """
    known = dict.fromkeys(f"{row['storm']} {row['season']}" for row in rows("tracks"))
    check_known(storm, known, f"track: no storm {storm!r}")
    fixes = [row for row in rows("tracks") if f"{row['storm']} {row['season']}" == storm]
    return [(row["longitude"], row["latitude"], row["wind"]) for row in fixes]
