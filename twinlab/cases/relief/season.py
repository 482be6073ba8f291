"""Storms over the north-western Caribbean: fifty seasons with all their storms, as they were.

Need follows from the real track by distance and wind (``datasets/humanitarian/README.md``).
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from twinlab.cases.humanitarian import SEASONS
from twinlab.cases.relief.goods import figures, rows
from twinlab.management.flows import waiting_level
from twinlab.scope.base import Amount, ScenarioError, Share, check_known, grouped, pd
from twinlab.task.logistics.relief_plan import Depot, Good, Hit, ReliefProblem, ReliefSeason, Way
from twinlab.task.logistics.routing import great_circle

__all__ = "places plan_doubt problem track".split()


def places() -> dict[str, tuple[float, float]]:
    """Where depots and people are: (longitude, latitude) by name.

    >>> places()["Havana"]
    (-82.38, 23.13)
    """
    return points("assumed/places")


def points(table: str) -> dict[str, tuple[float, float]]:
    """Where the rows of a table are: (longitude, latitude) by name."""
    return {r["name"]: (r["longitude"], r["latitude"]) for r in rows(table)}


def problem(
    years: Collection[int] = SEASONS,
    *,
    shortage: Amount | None = None,
    cash: bool = True,
    prices: Mapping[str, Amount] | None = None,
    share: Mapping[str, Share] | None = None,
) -> ReliefProblem:
    """Set up the seasons to prepare for: nine possible depots, four goods, road, sea and air.

    ``years`` are the seasons of the past that count, all alike, with all their storms. A missing
    cover costs ``shortage`` times its price (10; 3 to 20 are heard of: this matters most);
    ``prices`` [USD/cover] replace those of ``commodities``, which no source states; ``share`` says
    which part of a place's need is looked after (a tenth everywhere). A storm leaves a depot half
    of its stock (category 1 and 2) or nothing (3 and above); shops serve a part of the need, and
    air freight comes later and less. Assumed, with ranges: ``assumed/figures``, ``commodities``.
    Source: NOAA HURDAT2; damage after Emanuel (2011), stock loss and cost ratios after Rawls &
    Turnquist (2010).

    Raises:
        ScenarioError: a year without a track or twice, a place or a good that is not there.

    >>> problem()
    4 goods, 9 depots, 41 hits in 50 seasons; a missing cover costs 10 × its price
    """
    f, table, where = figures(), rows("commodities"), rows("assumed/places")
    own, part = prices or {}, {r["name"]: f["agency_share"] for r in where}
    usual = {r["name"]: r["price"] for r in table}
    told: Any = (years, SEASONS, "season"), (share or (), part, "place"), (own, usual, "good")
    for name, known, what in ((name, *rest) for names, *rest in told for name in names):
        check_known(name, known, f"problem: no {what} {name!r}")
    if len({*years}) < len(years):
        raise ScenarioError("problem: a season stands twice: give others weight by `weighted`")
    goods = list[Good]()
    for r in table:
        price, level = own.get(r["name"], r["price"]), partial(waiting_level, good=r["name"])
        paid = (r["premium"] or None) if cash else None
        goods.append(Good(r["name"], r["weight"], price, level, paid))
    depots = [Depot(r["name"], r["capacity"], r["fixed_cost"]) for r in where if r["depot"]]
    hits = {year: tuple(_hits(year, part if share is None else share)) for year in years}
    seasons = [ReliefSeason(str(year), 1 / len(hits), each) for year, each in hits.items()]
    lost = f["shortage_multiple"] if shortage is None else shortage
    costs = (lost, f["holding_rate"], f["cash_hours"], {"air": f["air_limit"]})
    return ReliefProblem(tuple(goods), tuple(depots), tuple(_ways()), tuple(seasons), *costs)


def _ways() -> Iterator[Way]:
    """Roads within a country, ships and aircraft between any two places."""
    f, where, towns = figures(), places(), rows("assumed/places")
    modes = {  # h until it starts, way over great circle, km/h, USD/t-km, USD/t
        "road": ("road_start", f["road_circuity"], "truck_speed", "road_cost", 0.0),
        "sea": ("sea_start", f["circuity"], "sea_speed", "sea_cost", f["sea_handling"]),
        "air": ("air_start", 1.0, "air_speed", "air_cost", f["air_handling"]),
    }
    for a, b, mode in product((r for r in towns if r["depot"]), towns, modes):
        start, bend, speed, cost, handling = modes[mode]
        km = bend * great_circle(where[a["name"]], where[b["name"]])
        if a["country"] == b["country"] if mode == "road" else a is not b:
            hours, paid = f[start] + km / f[speed], (f[cost] * km + handling) / 1000
            yield Way(a["name"], b["name"], mode, hours, paid)


def _hits(year: int, part: Mapping[str, float]) -> Iterator[Hit]:
    """The storms of a season in their order, and what they leave of depots, shops and airports."""
    f, depots = figures(), {r["name"] for r in rows("assumed/places") if r["depot"]}
    felt = grouped((row["storm"], row) for row in rows("hits") if row["season"] == year)
    for storm, table in felt.items():
        winds = (f["hurricane_wind"], f["major_wind"])
        force = {r["place"]: sum(r["wind"] >= least for least in winds) for r in table}  # 0, 1, 2
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


def plan_doubt() -> "pd.DataFrame":
    """Tabulate how sure the plan is: computed by ``python datasets/humanitarian/doubt.py``."""
    return pd.DataFrame(rows("doubt")).set_index("name").replace("", np.nan)


def track(storm: str) -> list[tuple[float, float, float]]:
    """List the fixes of a storm: (longitude, latitude, wind in knots).

    Raises:
        ScenarioError: no such storm.

    >>> max(wind for _, _, wind in track("Dorian 2019"))
    160
    """
    fixes = grouped((f"{row['storm']} {row['season']}", row) for row in rows("tracks"))
    check_known(storm, fixes, f"track: no storm {storm!r}")
    return [(row["longitude"], row["latitude"], row["wind"]) for row in fixes[storm]]
