"""Pre-positioning: where relief stock should lie before anybody knows which storm will come."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.modeling.formulas.programs import Constraint, Search, minimize
from twinlab.scope.base import Amount, Limit, Result, Row, ScenarioError, check_known, column, shown

__all__ = """Depot Storm StormOutcome StormPlan StormSeason judge_stocks preposition
value_of_stochastic_solution""".split()

Pair = tuple[str, str]  # depot and place
Key = tuple[Any, ...]  # a variable: ("stock", depot), ("shipped", storm, depot, place), …


@dataclass(frozen=True)
class Depot(Row):
    """A place where relief stock could lie."""

    name: str = column("name", meaning="how the storms call it")
    capacity: float = column("units", meaning="most it can hold", low=0)
    fixed_cost: float = column("USD/season", 0.0, "cost of keeping it open", low=0)
    unit_cost: float = column("USD/unit/season", 0.0, "cost of holding one unit ready", low=0)


@dataclass(frozen=True)
class Storm(Row):
    """One thing that may happen: what is needed where, and what is left of each depot's stock.

    A depot that ``surviving`` does not name keeps everything.

    >>> Storm("hit", 0.5, {"town": 40, "city": 60}, {"near": 0}).total
    100.0
    """

    name: str = column("name", meaning="what it is called")
    probability: float = column("share", meaning="chance that a season brings it", low=0, high=1)
    need: Mapping[str, float] = column("units", {}, "by place", low=0)
    surviving: Mapping[str, float] = column("share", {}, "usable stock by depot", low=0, high=1)

    @property
    def total(self) -> float:
        """What is needed in all places together [units]."""
        return sum(self.need.values())


@dataclass(frozen=True)
class StormSeason(Result):
    """What is known before the season; ``shortage_cost`` is that of a missing unit [USD].

    ``transport`` gives USD/unit by (depot, place); a pair that is missing cannot be served.

    Raises:
        ScenarioError: probabilities do not sum to one, or a name is unknown.
    """

    depots: tuple[Depot, ...]
    storms: tuple[Storm, ...]
    transport: Mapping[Pair, float]
    shortage_cost: Amount

    def __post_init__(self) -> None:
        object.__setattr__(self, "depots", tuple(self.depots))
        object.__setattr__(self, "storms", tuple(self.storms))
        super().__post_init__()
        total = math.fsum(storm.probability for storm in self.storms)
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ScenarioError(
                f"season: probabilities sum to {total:g}, not 1: add a calm Storm('calm', p)"
            )
        for rows in (self.depots, self.storms):
            if len({row.name for row in rows}) < len(rows):
                raise ScenarioError(f"season: {[r.name for r in rows]}: each name stands once")
        for way, rate in [*self.transport.items(), ("shortage_cost", self.shortage_cost)]:
            if not 0 <= rate < math.inf:
                raise ScenarioError(f"season: {way} is {rate!r} USD/unit: at least 0, or left out")
        used = [*(d for s in self.storms for d in s.surviving), *(d for d, _ in self.transport)]
        for name in used:
            self.depot(name)

    def sentence(self) -> str:
        """How many depots and storms there are, and what a missing unit costs."""
        many = f"{len(self.depots)} possible depots, {len(self.storms)} storms"
        return f"{many}; a missing unit costs {self.shortage_cost:,.2f} USD"

    def depot(self, name: str) -> Depot:
        """Look up a depot by its name."""
        named = {depot.name: depot for depot in self.depots}
        check_known(name, named, f"season: {name!r} is not a depot")
        return named[name]

    @property
    def mean_storm(self) -> Storm:
        """The average storm: every need and every surviving share at its expected value."""
        places = dict.fromkeys(place for storm in self.storms for place in storm.need)
        need = {p: sum(s.probability * s.need.get(p, 0.0) for s in self.storms) for p in places}
        left = {
            d.name: sum(s.probability * s.surviving.get(d.name, 1.0) for s in self.storms)
            for d in self.depots
        }
        # Sums of probabilities may pass one by a rounding speck.
        return Storm("average", 1.0, need, {d: min(1.0, share) for d, share in left.items()})


@dataclass(frozen=True)
class StormOutcome(Result):
    """How one storm goes with a plan: units needed, served and lost, and by which ways."""

    storm: str = column("name", meaning="which storm")
    probability: float = column("share", meaning="of seasons that bring it")
    needs: Mapping[str, float] = column("units", meaning="needed, by place")
    served: float = column("units", meaning="that arrive")
    lost_stock: float = column("units", meaning="that the storm spoils")
    cost: float = column("USD", meaning="transport plus shortage")
    shipments: Mapping[Pair, float] = column("units", meaning="by depot and place")
    need: float = column("units", meaning="needed in all places together")
    coverage: float = column("share", meaning="of the need that is served, 1 if there is none")


@dataclass(frozen=True)
class StormPlan(Result):
    """Where stock lies, and how every storm goes then."""

    outcomes: tuple[StormOutcome, ...]
    stocks: Mapping[str, float] = column("units", meaning="kept ready, by depot")
    first_stage: float = column("USD/season", meaning="paid in any case")
    second_stage: float = column("USD/season", meaning="expected after the storm")
    cost: float = column("USD/season", meaning="first and second stage")
    coverage: float = column("share", meaning="expected served of expected needed units")
    reliability: float = column("share", meaning="of seasons in which everybody is served")

    def outcome(self, storm: str) -> StormOutcome:
        """Look up how a storm goes, by its name."""
        by_name = {outcome.storm: outcome for outcome in self.outcomes}
        check_known(storm, by_name, f"plan: no storm {storm!r}")
        return by_name[storm]

    def sentence(self) -> str:
        """Where stock lies, what that costs and whom it serves."""
        kept = [f"{name} {units:,.0f}" for name, units in self.stocks.items() if units > 0]
        return (
            f"stock: {', '.join(kept) or 'none'}\n"
            f"cost {self.cost:,.0f} USD/season: {self.first_stage:,.0f} before the storm, "
            f"{self.second_stage:,.0f} expected after it\n"
            f"serves {self.coverage:.1%} of the need; {self.reliability:.0%} of the seasons "
            "without shortage"
        )


@dataclass(frozen=True)
class StormWorth(Result):
    """What thinking in storms is worth, against one average storm and against foresight.

    ``plan`` minimises the expected cost (RP); ``average_plan`` is the one for the average storm,
    judged by all storms (EEV); ``foresight`` is the expected cost of somebody who knows the storm
    before placing stock (WS, wait and see). Always WS ≤ RP ≤ EEV.
    Source: Birge & Louveaux (2011) chapter 4.
    """

    plan: StormPlan
    average_plan: StormPlan
    foresight: float = column("USD/season", meaning="expected cost of who knows the storm")
    stochastic_solution: float = column("USD/season", meaning="VSS = EEV − RP")
    perfect_information: float = column("USD/season", meaning="EVPI = RP − WS")

    def sentence(self) -> str:
        """The expected costs of foresight and of both plans, and what lies between."""
        costs = self.foresight, self.plan.cost, self.average_plan.cost
        said = "expected cost {}: foresight, {}: plan for all storms, {}: plan for the average one"
        worth = f"VSS {shown(self.stochastic_solution)}, EVPI {shown(self.perfect_information)}"
        return f"{said.format(*map(shown, costs))}; {worth} USD/season"


def preposition(season: StormSeason, budget: Limit = math.inf) -> StormPlan:
    """Find where stock should lie before the season, so that the expected cost is least.

    Two stages [y open, r stock, x shipped, w missing, ρ surviving share]:
    min Σ F y + c r + Σ_s p_s (Σ t x + π Σ w), where r ≤ capacity·y, Σ_j x ≤ ρ_s r,
    Σ_i x + w = need_s, and Σ F y + c r ≤ ``budget``. Solved by HiGHS to optimality.
    Source: after Rawls & Turnquist (2010), with one unit of goods and one size of depot.

    Raises:
        SolverError: the solver found no answer.

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

    >>> season = StormSeason([Depot("far", 100, 10, 1)], [Storm("hit", 1, {"town": 40})],
    ...     {("far", "town"): 5}, shortage_cost=20)
    >>> judge_stocks(season, {"far": 30}).coverage
    0.75
    """
    for name, units in stocks.items():
        most = season.depot(name).capacity
        if units > most * (1 + 1e-9):
            raise ScenarioError(f"stocks: {name!r} holds {units!r} units: give 0 to {most:g}")
    return _solve(season, math.inf, stocks)


def value_of_stochastic_solution(season: StormSeason) -> StormWorth:
    """Say what planning for all storms is worth, and what knowing the storm would be worth.

    >>> depots = [Depot("near", 100, 10, 1), Depot("far", 100, 10, 1)]
    >>> storms = [Storm("calm", 0.5), Storm("hit", 0.5, {"town": 40}, {"near": 0})]
    >>> ways = {("near", "town"): 1, ("far", "town"): 5}
    >>> found = value_of_stochastic_solution(StormSeason(depots, storms, ways, shortage_cost=20))
    >>> round(found.stochastic_solution), round(found.perfect_information)
    (300, 25)
    """
    average = preposition(replace(season, storms=(season.mean_storm,)))
    foresight = sum(
        storm.probability * preposition(replace(season, storms=(sure,))).cost
        for storm in season.storms
        if (sure := replace(storm, probability=1.0)).total > 0  # a calm season costs nothing
    )
    plan, judged = preposition(season), judge_stocks(season, average.stocks)
    return StormWorth(plan, judged, foresight, judged.cost - plan.cost, plan.cost - foresight)


def _solve(season: StormSeason, budget: float, stocks: Mapping[str, float] | None) -> StormPlan:
    costs, rows = _program(season, budget)
    bounds = {("open", depot.name): (0.0, 1.0) for depot in season.depots}
    for depot in season.depots if stocks is not None else ():
        units = stocks.get(depot.name, 0.0)  # type: ignore[union-attr]
        bounds["open", depot.name] = (float(units > 0),) * 2
        bounds["stock", depot.name] = (units, units)
    remedy = "pre-positioning: check that all costs are finite"
    whole = {key for key in costs if key[0] == "open"}
    largest = max([1.0, *(depot.capacity for depot in season.depots)])
    found = minimize(costs, rows, remedy, bounds, whole, Search(size=largest))
    # Specks below a millionth of a unit are nothing.
    return _plan(season, {key: x if x > 1e-6 else 0.0 for key, x in found.values.items()})


def _program(season: StormSeason, budget: float) -> tuple[dict[Key, float], list[Constraint]]:
    """What every variable costs, and the constraints of the formula."""
    costs: dict[Key, float] = {("open", d.name): d.fixed_cost for d in season.depots}
    costs |= {("stock", d.name): d.unit_cost for d in season.depots}
    rows = [Constraint(dict(costs), high=budget)]
    for d in season.depots:
        rows.append(Constraint({("stock", d.name): 1.0, ("open", d.name): -d.capacity}, high=0.0))
    for s, storm in enumerate(season.storms):
        places = [place for place, units in storm.need.items() if units > 0]
        met: dict[str, dict[Key, float]] = {p: {("missing", s, p): 1.0} for p in places}
        costs |= {("missing", s, p): storm.probability * season.shortage_cost for p in met}
        for d in season.depots:
            left: dict[Key, float] = {("stock", d.name): -storm.surviving.get(d.name, 1.0)}
            for p, terms in met.items():
                if (d.name, p) in season.transport:
                    way = ("shipped", s, d.name, p)
                    costs[way] = storm.probability * season.transport[d.name, p]
                    terms[way] = left[way] = 1.0
            rows.append(Constraint(left, high=0.0))
        rows += [Constraint(terms, storm.need[p], storm.need[p]) for p, terms in met.items()]
    return costs, rows


def _plan(season: StormSeason, found: Mapping[Key, float]) -> StormPlan:
    stocks = {depot.name: found["stock", depot.name] for depot in season.depots}
    outcomes = []
    for s, storm in enumerate(season.storms):
        ways = {(key[2], key[3]): x for key, x in found.items() if x and key[:2] == ("shipped", s)}
        missed = sum(x for key, x in found.items() if key[:2] == ("missing", s))
        lost = sum(units * (1 - storm.surviving.get(d, 1.0)) for d, units in stocks.items())
        cost = sum(season.transport[way] * units for way, units in ways.items())
        cost += season.shortage_cost * missed
        need, served = storm.total, max(0.0, storm.total - missed)
        told = (served, lost, cost, ways, need, served / need if need > 0 else 1.0)
        outcomes.append(StormOutcome(storm.name, storm.probability, storm.need, *told))
    first = sum(
        depot.unit_cost * stocks[depot.name] + depot.fixed_cost * round(found["open", depot.name])
        for depot in season.depots
    )
    chances = np.array([o.probability for o in outcomes])
    needs, served, costs = np.array([(o.need, o.served, o.cost) for o in outcomes]).T
    second, need = float(chances @ costs), float(chances @ needs)
    coverage = float(chances @ served) / need if need > 0 else 1.0
    reliability = float(chances[served >= needs * (1 - 1e-9)].sum())
    return StormPlan(tuple(outcomes), stocks, first, second, first + second, coverage, reliability)
