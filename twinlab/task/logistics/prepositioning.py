"""Pre-positioning: where relief stock should lie before anybody knows which storm will come.

describe: ``Depot``, ``Storm``, ``StormSeason`` (in ``storms``) · predict: ``judge_stocks`` ·
prescribe: ``preposition``, ``worth_of_storms``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.scope.errors import ScenarioError, SolverError, did_you_mean
from twinlab.task.logistics.storms import Depot, Storm, StormOutcome, StormPlan, StormSeason, Way

__all__ = [
    "Depot",
    "Storm",
    "StormOutcome",
    "StormPlan",
    "StormSeason",
    "StormWorth",
    "judge_stocks",
    "preposition",
    "worth_of_storms",
]


@dataclass(frozen=True, repr=False)
class StormWorth:
    """What thinking in storms is worth, against one average storm and against foresight.

    ``plan`` minimises the expected cost (RP); ``average_plan`` is the one for the average storm,
    judged by all storms (EEV); ``foresight`` is the expected cost of somebody who knows the storm
    before placing stock (WS, wait and see). Always WS ≤ RP ≤ EEV.
    Source: Birge & Louveaux (2011) chapter 4.
    """

    plan: StormPlan
    average_plan: StormPlan
    foresight: float

    @property
    def stochastic_solution(self) -> float:
        """VSS = EEV − RP [USD/season]."""
        return self.average_plan.cost - self.plan.cost

    @property
    def perfect_information(self) -> float:
        """EVPI = RP − WS [USD/season]."""
        return self.plan.cost - self.foresight

    def __repr__(self) -> str:
        """Say it in four lines."""
        return (
            f"wait and see         {self.foresight:10,.0f} USD/season\n"
            f"plan for all storms  {self.plan.cost:10,.0f} USD/season\n"
            f"plan for the average {self.average_plan.cost:10,.0f} USD/season\n"
            f"EVPI {self.perfect_information:,.0f}, VSS {self.stochastic_solution:,.0f} USD/season"
        )


def preposition(season: StormSeason, budget: float = math.inf) -> StormPlan:
    """Find where stock should lie before the season, so that the expected cost is least.

    Two stages [y open, r stock, x shipped, w missing, ρ surviving share]:
    min Σ F y + c r + Σ_s p_s (Σ t x + π Σ w), where r ≤ capacity·y, Σ_j x ≤ ρ_s r,
    Σ_i x + w = need_s, and Σ F y + c r ≤ ``budget``. Solved by HiGHS to optimality.
    Source: after Rawls & Turnquist (2010), whose stock damage ρ and costs it keeps, with one unit
    of goods and one size of depot.

    Raises:
        ScenarioError: the budget is below 0.
        SolverError: the solver found no answer.

    >>> depots = [Depot("near", 100, 10, 1), Depot("far", 100, 10, 1)]
    >>> storms = [Storm("calm", 0.5), Storm("hit", 0.5, {"town": 40}, {"near": 0})]
    >>> ways = {("near", "town"): 1, ("far", "town"): 5}
    >>> plan = preposition(StormSeason(depots, storms, ways, shortage_cost=20))
    >>> {depot: round(units) for depot, units in plan.stocks.items()}, round(plan.cost)
    ({'near': 0, 'far': 40}, 150)
    """
    if not budget >= 0:
        raise ScenarioError(f"preposition: budget is {budget!r} USD/season: give at least 0")
    return _solve(season, budget, None)


def judge_stocks(season: StormSeason, stocks: Mapping[str, float]) -> StormPlan:
    """Judge given stocks by all storms: the best that can be done with them once a storm is there.

    >>> season = StormSeason([Depot("far", 100, 10, 1)], [Storm("hit", 1, {"town": 40})],
    ...     {("far", "town"): 5}, shortage_cost=20)
    >>> judge_stocks(season, {"far": 30}).coverage
    0.75
    """
    names = [depot.name for depot in season.depots]
    for name, units in stocks.items():
        if name not in names:
            raise ScenarioError(f"stocks: {name!r} is not a depot; {did_you_mean(name, names)}")
        depot = season.depots[names.index(name)]
        if not 0 <= units <= depot.capacity * (1 + 1e-9):
            raise ScenarioError(
                f"stocks: {name!r} holds {units!r} units: give 0 to {depot.capacity:g}"
            )
    return _solve(season, math.inf, stocks)


def worth_of_storms(season: StormSeason, budget: float = math.inf) -> StormWorth:
    """Say what planning for all storms is worth, and what knowing the storm would be worth.

    >>> depots = [Depot("near", 100, 10, 1), Depot("far", 100, 10, 1)]
    >>> storms = [Storm("calm", 0.5), Storm("hit", 0.5, {"town": 40}, {"near": 0})]
    >>> ways = {("near", "town"): 1, ("far", "town"): 5}
    >>> found = worth_of_storms(StormSeason(depots, storms, ways, shortage_cost=20))
    >>> round(found.stochastic_solution), round(found.perfect_information)
    (300, 25)
    """
    plan = preposition(season, budget)
    average = preposition(replace(season, storms=(season.mean_storm,)), budget)
    foresight = sum(
        storm.probability
        * preposition(replace(season, storms=(replace(storm, probability=1.0),)), budget).cost
        for storm in season.storms
        if storm.total > 0  # in a calm season whoever knows it keeps nothing
    )
    return StormWorth(plan, judge_stocks(season, average.stocks), foresight)


class _Columns:
    """Where each variable stands: open and stock by depot, then shipped and missing by storm."""

    def __init__(self, season: StormSeason) -> None:
        self.depots = {depot.name: at for at, depot in enumerate(season.depots)}
        count = len(self.depots)
        self.ways: list[tuple[int, Way]] = []
        self.missing: list[tuple[int, str]] = []
        for at, storm in enumerate(season.storms):
            hit = [place for place, units in storm.need.items() if units > 0]
            self.missing += [(at, place) for place in hit]
            self.ways += [(at, (d, p)) for d in self.depots for p in hit
                          if (d, p) in season.transport]  # fmt: skip
        self.stock = count
        self.shipped = 2 * count
        self.short = self.shipped + len(self.ways)
        self.size = self.short + len(self.missing)


def _solve(season: StormSeason, budget: float, stocks: Mapping[str, float] | None) -> StormPlan:
    from scipy.optimize import Bounds, LinearConstraint, milp

    place = _Columns(season)
    matrix, lower, upper = _rows(season, place, budget)
    bounds = np.zeros((place.size, 2))
    bounds[:, 1] = np.inf
    bounds[: place.stock, 1] = 1
    for name, at in place.depots.items() if stocks is not None else ():
        units = (stocks or {}).get(name, 0.0)
        bounds[place.stock + at] = units
        bounds[at] = float(units > 0)
    integrality = np.zeros(place.size)
    integrality[: place.stock] = 1
    found = milp(
        _costs(season, place), bounds=Bounds(bounds[:, 0], bounds[:, 1]), integrality=integrality,
        constraints=LinearConstraint(matrix, lower, upper), options={"mip_rel_gap": 1e-9},
    )  # fmt: skip
    if found.x is None:
        raise SolverError(f"pre-positioning: {found.message}: check that all costs are finite")
    return _plan(season, place, np.maximum(found.x, 0.0))


def _costs(season: StormSeason, place: _Columns) -> Any:
    costs = np.zeros(place.size)
    costs[: place.stock] = [depot.fixed_cost for depot in season.depots]
    costs[place.stock : place.shipped] = [depot.unit_cost for depot in season.depots]
    chance = [storm.probability for storm in season.storms]
    costs[place.shipped : place.short] = [chance[s] * season.transport[w] for s, w in place.ways]
    costs[place.short :] = [chance[s] * season.shortage_cost for s, _ in place.missing]
    return costs


def _rows(season: StormSeason, place: _Columns, budget: float) -> tuple[Any, Any, Any]:
    """The constraints: sparse matrix, lower and upper limits."""
    from scipy.sparse import coo_array

    cells: list[tuple[int, int, float]] = []
    count, storms = len(place.depots), len(season.storms)
    for at, depot in enumerate(season.depots):
        cells += [(at, place.stock + at, 1.0), (at, at, -depot.capacity)]
        for s, storm in enumerate(season.storms):
            row = count * (1 + s) + at
            cells.append((row, place.stock + at, -storm.surviving.get(depot.name, 1.0)))
    first = count * (1 + storms)
    need_row = {key: first + at for at, key in enumerate(place.missing)}
    for at, (s, (depot_name, town)) in enumerate(place.ways):
        cells.append((count * (1 + s) + place.depots[depot_name], place.shipped + at, 1.0))
        cells.append((need_row[s, town], place.shipped + at, 1.0))
    cells += [(row, place.short + at, 1.0) for at, row in enumerate(need_row.values())]
    last = first + len(place.missing)
    for at, depot in enumerate(season.depots):
        cells += [(last, at, depot.fixed_cost), (last, place.stock + at, depot.unit_cost)]
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True))
    lower = np.full(last + 1, -np.inf)
    upper = np.zeros(last + 1)
    lower[first:last] = upper[first:last] = [season.storms[s].need[p] for s, p in place.missing]
    upper[last] = budget
    return coo_array((values, (rows, columns)), shape=(last + 1, place.size)).tocsr(), lower, upper


def _plan(season: StormSeason, place: _Columns, found: Any) -> StormPlan:
    """Read the solver's numbers; specks below a millionth of a unit are nothing."""
    names = list(place.depots)
    stocks = {name: _clean(found[place.stock + at]) for name, at in place.depots.items()}
    shipped: list[dict[Way, float]] = [{} for _ in season.storms]
    for at, (s, way) in enumerate(place.ways):
        if units := _clean(found[place.shipped + at]):
            shipped[s][way] = units
    short = [0.0] * len(season.storms)
    for at, (s, _) in enumerate(place.missing):
        short[s] += _clean(found[place.short + at])
    outcomes = tuple(
        StormOutcome(
            storm.name, storm.probability, storm.need, max(0.0, storm.total - missed),
            sum(stocks[name] * (1 - storm.surviving.get(name, 1.0)) for name in names),
            sum(season.transport[w] * units for w, units in ways.items())
            + season.shortage_cost * missed,
            ways,
        )
        for storm, ways, missed in zip(season.storms, shipped, short, strict=True)
    )  # fmt: skip
    first = sum(
        depot.unit_cost * stocks[depot.name] + depot.fixed_cost * round(found[at])
        for at, depot in enumerate(season.depots)
    )
    return StormPlan(stocks, first, sum(o.probability * o.cost for o in outcomes), outcomes)


def _clean(units: float) -> float:
    return float(units) if units > 1e-6 else 0.0
