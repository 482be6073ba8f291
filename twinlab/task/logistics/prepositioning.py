"""Pre-positioning: where relief stock should lie before anybody knows which storm will come."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.scope.errors import ScenarioError, SolverError, did_you_mean
from twinlab.scope.later import optimize, sparse
from twinlab.scope.ranges import Amount, Limit
from twinlab.task.logistics.storms import StormOutcome, StormPlan, StormSeason

Key = tuple[Any, ...]  # a variable by name: ("stock", depot), ("shipped", storm, depot, place), …
Constraint = tuple[dict[Key, float], float, float]


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
        return (
            f"wait and see         {self.foresight:10,.0f} USD/season\n"
            f"plan for all storms  {self.plan.cost:10,.0f} USD/season\n"
            f"plan for the average {self.average_plan.cost:10,.0f} USD/season\n"
            f"EVPI {self.perfect_information:,.0f}, VSS {self.stochastic_solution:,.0f} USD/season"
        )


def preposition(season: StormSeason, budget: Limit = math.inf) -> StormPlan:
    """Find where stock should lie before the season, so that the expected cost is least.

    Two stages [y open, r stock, x shipped, w missing, ρ surviving share]:
    min Σ F y + c r + Σ_s p_s (Σ t x + π Σ w), where r ≤ capacity·y, Σ_j x ≤ ρ_s r,
    Σ_i x + w = need_s, and Σ F y + c r ≤ ``budget``. Solved by HiGHS to optimality.
    Source: after Rawls & Turnquist (2010), whose stock damage ρ and costs it keeps, with one unit
    of goods and one size of depot.

    Raises:
        SolverError: the solver found no answer.

    >>> from twinlab.task.logistics.storms import Depot, Storm
    >>> depots = [Depot("near", 100, 10, 1), Depot("far", 100, 10, 1)]
    >>> storms = [Storm("calm", 0.5), Storm("hit", 0.5, {"town": 40}, {"near": 0})]
    >>> ways = {("near", "town"): 1, ("far", "town"): 5}
    >>> plan = preposition(StormSeason(depots, storms, ways, shortage_cost=20))
    >>> {depot: round(units) for depot, units in plan.stocks.items()}, round(plan.cost)
    ({'near': 0, 'far': 40}, 150)
    """
    return _solve(season, budget, None)


def judge_stocks(season: StormSeason, stocks: Mapping[str, Amount]) -> StormPlan:
    """Judge given stocks by all storms: the best that can be done with them once a storm is there.

    >>> from twinlab.task.logistics.storms import Depot, Storm
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
        if units > depot.capacity * (1 + 1e-9):
            raise ScenarioError(
                f"stocks: {name!r} holds {units!r} units: give 0 to {depot.capacity:g}"
            )
    return _solve(season, math.inf, stocks)


def worth_of_storms(season: StormSeason) -> StormWorth:
    """Say what planning for all storms is worth, and what knowing the storm would be worth.

    >>> from twinlab.task.logistics.storms import Depot, Storm
    >>> depots = [Depot("near", 100, 10, 1), Depot("far", 100, 10, 1)]
    >>> storms = [Storm("calm", 0.5), Storm("hit", 0.5, {"town": 40}, {"near": 0})]
    >>> ways = {("near", "town"): 1, ("far", "town"): 5}
    >>> found = worth_of_storms(StormSeason(depots, storms, ways, shortage_cost=20))
    >>> round(found.stochastic_solution), round(found.perfect_information)
    (300, 25)
    """
    average = preposition(replace(season, storms=(season.mean_storm,)))
    foresight = sum(
        storm.probability * preposition(replace(season, storms=(sure,))).cost
        for storm in season.storms
        if (sure := replace(storm, probability=1.0)).total > 0  # a calm season costs nothing
    )
    return StormWorth(preposition(season), judge_stocks(season, average.stocks), foresight)


def coefficients(rows: Iterable[Mapping[Key, float]], variables: Iterable[Key]) -> Any:
    """The sparse matrix of a linear program, whose rows name their variables.

    >>> coefficients([{"x": 1, "y": -2}, {"y": 3}], ["x", "y"]).toarray().tolist()
    [[1, -2], [0, 3]]
    """
    at = {key: number for number, key in enumerate(variables)}
    cells = [
        (value, row, at[key]) for row, terms in enumerate(rows) for key, value in terms.items()
    ]
    values, below, along = zip(*cells, strict=True)
    return sparse.coo_array((values, (below, along)), shape=(max(below) + 1, len(at))).tocsr()


def _solve(season: StormSeason, budget: float, stocks: Mapping[str, float] | None) -> StormPlan:
    costs = _costs(season)
    rows, lowest, highest = zip(*_rows(season, costs, budget), strict=True)
    low = np.zeros(len(costs))
    high = np.array([1.0 if key[0] == "open" else np.inf for key in costs])
    if stocks is not None:
        for at, (kind, name, *_) in enumerate(costs):
            units = stocks.get(name, 0.0)
            if kind in ("open", "stock"):
                low[at] = high[at] = units if kind == "stock" else units > 0
    # Goods are counted in the largest depot: the solver's tolerances are meant for numbers near 1.
    most = max([1.0, *(depot.capacity for depot in season.depots)])
    unit = np.array([1.0 if key[0] == "open" else most for key in costs])
    found = optimize.milp(
        np.array(list(costs.values())) * unit, bounds=optimize.Bounds(low / unit, high / unit),
        integrality=[key[0] == "open" for key in costs],
        constraints=optimize.LinearConstraint(coefficients(rows, costs) * unit / most,
                                     np.array(lowest) / most, np.array(highest) / most),
        options={"mip_rel_gap": 1e-9},
    )  # fmt: skip
    if found.x is None:
        raise SolverError(f"pre-positioning: {found.message}: check that all costs are finite")
    # Specks below a millionth of a unit are nothing.
    amounts = [x if x > 1e-6 else 0.0 for x in (found.x * unit).tolist()]
    return _plan(season, dict(zip(costs, amounts, strict=True)))


def _costs(season: StormSeason) -> dict[Key, float]:
    """What each variable costs: open and stock by depot, then shipped and missing by storm."""
    costs: dict[Key, float] = {("open", d.name): d.fixed_cost for d in season.depots}
    costs |= {("stock", d.name): d.unit_cost for d in season.depots}
    hits = [(storm, [place for place, units in storm.need.items() if units > 0])
            for storm in season.storms]  # fmt: skip
    for s, (storm, places) in enumerate(hits):
        costs |= {
            ("shipped", s, d.name, place): storm.probability * season.transport[d.name, place]
            for d in season.depots for place in places if (d.name, place) in season.transport
        }  # fmt: skip
    for s, (storm, places) in enumerate(hits):
        costs |= {("missing", s, p): storm.probability * season.shortage_cost for p in places}
    return costs


def _rows(season: StormSeason, costs: Collection[Key], budget: float) -> Iterator[Constraint]:
    """The constraints: terms, and what their sum must be at least and at most."""
    for d in season.depots:
        yield {("stock", d.name): 1.0, ("open", d.name): -d.capacity}, -math.inf, 0.0
    for s, storm in enumerate(season.storms):
        for d in season.depots:
            sent = {key: 1.0 for p in storm.need if (key := ("shipped", s, d.name, p)) in costs}
            kept = storm.surviving.get(d.name, 1.0)
            yield {("stock", d.name): -kept, **sent}, -math.inf, 0.0
    for s, storm in enumerate(season.storms):
        for p, units in storm.need.items():
            if units > 0:
                ways = [("shipped", s, d.name, p) for d in season.depots]
                got = {key: 1.0 for key in ways if key in costs}
                yield {("missing", s, p): 1.0, **got}, units, units
    spent = {("open", d.name): d.fixed_cost for d in season.depots}
    spent |= {("stock", d.name): d.unit_cost for d in season.depots}
    yield spent, -math.inf, budget


def _plan(season: StormSeason, found: Mapping[Key, float]) -> StormPlan:
    """Read the solver's numbers."""
    stocks = {depot.name: found["stock", depot.name] for depot in season.depots}
    outcomes = []
    for s, storm in enumerate(season.storms):
        ways = {(key[2], key[3]): x for key, x in found.items()
                if x and key[:2] == ("shipped", s)}  # fmt: skip
        missed = sum(x for key, x in found.items() if key[:2] == ("missing", s))
        lost = sum(units * (1 - storm.surviving.get(d, 1.0)) for d, units in stocks.items())
        cost = sum(season.transport[way] * units for way, units in ways.items())
        cost += season.shortage_cost * missed
        outcomes.append(
            StormOutcome(storm.name, storm.probability, storm.need,
                         max(0.0, storm.total - missed), lost, cost, ways)
        )  # fmt: skip
    first = sum(
        depot.unit_cost * stocks[depot.name] + depot.fixed_cost * round(found["open", depot.name])
        for depot in season.depots
    )
    expected = sum(outcome.probability * outcome.cost for outcome in outcomes)
    return StormPlan(stocks, first, expected, tuple(outcomes))
