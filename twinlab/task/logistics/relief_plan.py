"""Pre-positioning: which relief goods should lie where before anybody knows which storms will come.

A season brings hits, one after the other; what a hit leaves waits for the next. Units are covers:
one good for one person.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.formulas.programs import Constraint, Search, minimize
from twinlab.scope import Listing, Result, ScenarioError
from twinlab.scope.base import Array, Count, Limit, Share, check_known, column, pd
from twinlab.task.logistics.relief_problem import NOT_SENT, Good, Hit, ReliefProblem, ReliefSeason

__all__ = """Flow NearPlans ReliefPlan ReliefWorth SeasonOutcome judge near_plans preposition
worth""".split()

Covers = Mapping[str, Mapping[str, float]]  # by depot and good
TOO_LATE = 0.999  # a wait that is so much of the shortage cost: who comes then has not come


class Flow(NamedTuple):
    """A good in a hit: sent by a mode, bought with cash, missing; stock that is lost or left."""

    season: str
    hit: str
    how: str  # a mode; cash; missing; lost; left
    depot: str  # empty with cash and missing
    place: str  # empty with lost and left
    good: str


class SeasonOutcome(Result, frozen=True):
    """How one season goes with a plan, all its hits together."""

    season: str = column("name", meaning="which season")
    probability: float = column("share", meaning="chance of such a season")
    needed: float = column("covers", meaning="people in need × goods")
    coverage: float = column("share", meaning="of what is needed that comes; 1 if nothing is")
    sent: float = column("covers", meaning="that come from depots")
    cash: float = column("covers", meaning="that people buy")
    missing: float = column("covers", meaning="that nobody brings")
    lost: float = column("covers", meaning="of stock that hits spoil")
    cost: float = column("USD", meaning="after hits: goods, freight, cash, waiting, shortage")


class ReliefPlan(Listing, frozen=True):
    """What lies where before the season, how every season goes then, and covers by ``flows``."""

    seasons: tuple[SeasonOutcome, ...]
    flows: Mapping[Flow, float]
    name: str = column("name", meaning="depots that are kept open")
    weight: float = column("kg", meaning="of all stocks")
    first_stage: float = column("USD/season", meaning="paid in any case")
    second_stage: float = column("USD/season", meaning="expected after hits")
    cost: float = column("USD/season", meaning="of both stages")
    coverage: float = column("share", meaning="expected covers that come, of those needed")
    places: Mapping[str, float] = column("share", meaning="coverage by place")
    stocks: Covers = column("covers", meaning="kept ready, by open depot and good")
    gap: float = column("share", meaning="of the cost that a better plan may save; – if unknown")

    @property
    def costs(self) -> Array:
        """What each season costs, both stages [USD]."""
        return self.first_stage + np.array([season.cost for season in self])

    def outcome(self, hit: str) -> "pd.DataFrame":
        """Tabulate the flows of one hit, a row each [covers].

        Raises:
            ScenarioError: the plan knows no such hit.
        """
        check_known(hit, dict.fromkeys(f.hit for f in self.flows), f"plan: no hit {hit!r}")
        told = [(*flow, covers) for flow, covers in self.flows.items() if flow.hit == hit]
        return pd.DataFrame(told, columns=[*Flow._fields, "covers"])

    def _sentence(self) -> str:
        last = min(self, key=lambda season: season.coverage)
        lowest = min([(share, place) for place, share in self.places.items()] or [(1.0, "any")])
        near = "" if math.isnan(self.gap) else f"; another saves {self.gap:.2%} at most"
        return (
            f"{self.name}: {self.weight / 1000:,.0f} t kept ready; expected cost {self.cost:,.0f} "
            f"USD/season, {self.first_stage:,.0f} of it before the season{near}\n"
            f"covers {self.coverage:.0%} of the need, {last.coverage:.0%} in season {last.season}, "
            f"{lowest[0]:.0%} at {lowest[1]}"
        )

    __repr__ = Result.sentence


def preposition(
    problem: ReliefProblem,
    *,
    budget: Limit = math.inf,
    equity: Share = 0.0,
    opened: Collection[str] | None = None,
    excluded: Iterable[Collection[str]] = (),
    search: Search = Search(gap=1e-3),
) -> ReliefPlan:
    """Find what should lie where before the season, so that the expected cost is least.

    Two stages [y open, r stock, x sent after a hit, h bought with cash, w missing, e kept for the
    next hit, ρ surviving share, v price, q = shortage × v, L(t) share of q that a wait of t is]:
    min Σ F y + holding v r + E Σ (freight + v + q L(t)) x + (cash v + q L(t_cash)) h + q w with
    Σ kg r ≤ capacity y, Σ x + e ≤ ρ e₋ (e₋ = r before the first hit), Σ x + h + w = need,
    h ≤ shops × need, Σ kg x ≤ a mode's limit at a place. The first stage costs at most ``budget``;
    at most 1 − ``equity`` of each place's expected need is missing; ``opened`` are all the depots
    that open; ``excluded`` sets of depots are not the answer. The plan foresees the later hits of
    a season: ``judge`` says what that flatters.
    Source: after Rawls & Turnquist (2010); Balcik & Beamon (2008).

    Raises:
        SolverError: no plan keeps to budget and equity, or none was found in time.

    >>> from twinlab.task.logistics import Depot, Way
    >>> hit = Hit("storm", {"town": 40}, {"near": 0})
    >>> ways = [Way("near", "town", "road", cost=1), Way("far", "town", "road", cost=5)]
    >>> seasons = [ReliefSeason("calm", 0.5), ReliefSeason("hit", 0.5, [hit])]
    >>> depots = [Depot("near", 100, 10), Depot("far", 100, 10)]
    >>> plan = preposition(ReliefProblem([Good("kit", 1, 2)], depots, ways, seasons))
    >>> plan.name, plan.stocks["far"]["kit"], round(plan.cost)
    ('far', 40.0, 170)
    """
    names, program = [d.name for d in problem.depots], _Program(problem)
    for name in (n for each in (opened or (), *excluded) for n in each):
        check_known(name, names, f"preposition: {name!r} is not a depot")
    for d in problem.depots:
        stock = {_ready(d.name, g.name): g for g in problem.goods}
        program.costs |= {key: problem.holding * g.price for key, g in stock.items()}
        program.costs[_ready(d.name)] = d.fixed_cost
        free = (0.0, 1.0) if opened is None else (float(d.name in opened),) * 2
        program.bounds[_ready(d.name)] = free
        full = {key: g.weight for key, g in stock.items()} | {_ready(d.name): -d.capacity}
        program.rows.append(Constraint(full, high=0.0))
    program.rows.append(Constraint(dict(program.costs), high=budget))
    for inside in excluded:
        cut = {_ready(name): 1.0 if name in inside else -1.0 for name in names}
        program.rows.append(Constraint(cut, high=len(inside) - 1.0))
    program.add([(s, k, s.probability) for s in problem.seasons for k in range(len(s.hits))])
    chance = {season.name: season.probability for season in problem.seasons}
    for place, people in problem.needs.items() if equity else ():
        missing = {f: chance[f.season] for f in program.paid if f[2::2] == ("missing", place)}
        most = (1 - equity) * people * len(problem.goods)
        program.rows.append(Constraint(missing, high=most))
    remedy = "no plan: raise the budget, demand less equity, allow more depots, ways or cash"
    gap = program.solve(remedy, {_ready(name) for name in names}, search)
    return program.plan([name for name in names if program.values[_ready(name)]], gap)


def judge(problem: ReliefProblem, plan: ReliefPlan | Covers, foresight: bool = True) -> ReliefPlan:
    """Judge a plan, or stocks by depot and good, by all seasons: the best that can be done then.

    With ``foresight`` of the later hits of a season; or hit by hit, not knowing whether another
    comes, which never costs less.

    Raises:
        ScenarioError: a depot or good is unknown, or more lies in a depot than it can hold.

    >>> from twinlab.task.logistics import Depot, Way, judge
    >>> seasons = [ReliefSeason("hit", 1, [Hit("storm", {"town": 40})])]
    >>> ways = [Way("far", "town", "road", cost=5)]
    >>> problem = ReliefProblem([Good("kit", 1, 2)], [Depot("far", 100, 10)], ways, seasons)
    >>> judge(problem, {"far": {"kit": 30}}).coverage
    0.75
    """
    stocks = plan.stocks if isinstance(plan, ReliefPlan) else plan
    depots, goods = {d.name: d for d in problem.depots}, {g.name: g for g in problem.goods}
    for depot, covers in stocks.items():
        check_known(depot, depots, f"stocks: {depot!r} is not a depot")
        for good in covers:
            check_known(good, goods, f"stocks: {good!r} is not a good")
        most, kg = depots[depot].capacity, sum(goods[g].weight * x for g, x in covers.items())
        if not kg <= most * (1 + 1e-6) or min(covers.values(), default=0) < 0:
            limits = f"give each at least 0, together 0 to {most:,.0f} kg"
            raise ScenarioError(f"stocks: {depot!r} holds {dict(covers)}, {kg:,.0f} kg: {limits}")
    program = _Program(problem)
    program.values = {_ready(d, g): stocks.get(d, {}).get(g, 0.0) for d, g in program.items}
    hits = [(s, k, 1.0) for s in problem.seasons for k in range(len(s.hits))]
    steps = [hits] if foresight else [[h for h in hits if h[1] == k] for k in range(len(hits))]
    for step in filter(None, steps):
        program.costs, program.rows = {}, []
        program.add(step)
        program.solve("judge: check that all costs are finite")
    open_too = isinstance(plan, ReliefPlan)
    return program.plan([d for d in stocks if open_too or any(stocks[d].values())], math.nan)


def _ready(depot: str, good: str = "") -> Flow:
    """The variable of a stock before the season; without a good, whether the depot is open."""
    return Flow("", "", "stock", depot, "", good)


@lru_cache(4096)
def _wait(good: Good, hours: float) -> float:
    share = float(good.level(hours))
    if not 0 <= share <= 1:
        raise ScenarioError(f"{good.name!r}: level({hours:g}) is {share!r}: give 0 to 1")
    return share


class _Program:
    """What is decided: costs, bounds and rows by flow, and values as far as they are known."""

    def __init__(self, problem: ReliefProblem) -> None:
        self.problem, self.rows = problem, list[Constraint]()
        self.items = [(d.name, g.name) for d in problem.depots for g in problem.goods]
        self.costs, self.values, self.paid = (dict[Flow, float]() for _ in range(3))
        self.bounds = dict[Flow, tuple[float, float]]()
        self.hits = list[tuple[ReliefSeason, int]]()

    def add(self, hits: Iterable[tuple[ReliefSeason, int, float]]) -> None:
        """Add hits of seasons, each with its weight; stock whose value is known is given."""
        kg = {g.name: g.weight for g in self.problem.goods}
        for season, k, weight in hits:
            hit, offers = season.hits[k], dict(self._offers(season, season.hits[k]))
            self.hits.append((season, k))
            self.paid |= offers
            self.costs |= {flow: weight * cost for flow, cost in offers.items()}
            met, out, limited = (defaultdict[Any, dict[Flow, float]](dict) for _ in range(3))
            for flow in offers:
                met[flow.place, flow.good][flow] = out[flow.depot, flow.good][flow] = 1.0
                limited[flow.place, flow.how][flow] = kg[flow.good]
                if flow.how == "cash":
                    self.bounds[flow] = (0.0, hit.need[flow.place] * hit.shops[flow.place])
            for (place, _), terms in met.items():
                self.rows.append(Constraint(terms, hit.need[place], hit.need[place]))
            for place, mode in product(hit.need, self.problem.limits):
                most = self.problem.limits[mode] * hit.throughput.get(place, 1.0)
                self.rows.append(Constraint(limited[place, mode], high=most))
            for item in self.items:
                self._follow(season, k, item, out[item])

    def _offers(self, season: ReliefSeason, hit: Hit) -> Iterator[tuple[Flow, float]]:
        """How the needs of a hit can be met, or not, and what a cover costs then [USD]."""
        problem, at = self.problem, (season.name, hit.name)
        for good, way in product(problem.goods, problem.ways):
            late = hit.delay.get(way.place, 0.0) if way.mode in problem.limits else 0.0
            if hit.need.get(way.place) and (wait := _wait(good, way.hours + late)) < TOO_LATE:
                paid = good.weight * way.cost + good.price * (1 + problem.shortage * wait)
                yield Flow(*at, way.mode, way.depot, way.place, good.name), paid
        for good, (place, people) in product(problem.goods, hit.need.items()):
            lost = problem.shortage * good.price
            if people:
                yield Flow(*at, "missing", "", place, good.name), lost
            if people and good.cash is not None and hit.shops.get(place):
                paid = good.price * good.cash + lost * _wait(good, problem.cash_hours)
                yield Flow(*at, "cash", "", place, good.name), paid

    def _follow(self, season: ReliefSeason, k: int, item: Any, terms: dict[Flow, float]) -> None:
        """What a hit takes from a stock, and what is left for the next one."""
        start = self._start(season, k, item)
        self.costs.setdefault(start, 0.0)
        if start in self.values:
            self.bounds[start] = (self.values[start],) * 2
        terms[start] = -season.hits[k].surviving.get(item[0], 1.0)
        if k + 1 < len(season.hits):
            rest = self._start(season, k + 1, item)
            self.costs[rest], terms[rest] = 0.0, 1.0
        self.rows.append(Constraint(terms, high=0.0))

    @staticmethod
    def _start(season: ReliefSeason, k: int, item: tuple[str, str]) -> Flow:
        """The variable of what is in a depot before hit k, or left after the one before."""
        before = (season.name, season.hits[k - 1].name, "left", item[0], "", item[1])
        return Flow(*before) if k else _ready(*item)

    def solve(self, remedy: str, whole: Set[Any] = frozenset(), search: Search = Search()) -> float:
        """Find the values, and say which share of the cost a better plan may save."""
        found = minimize(self.costs, self.rows, remedy, self.bounds, whole, search)
        # Specks below a millionth of a cover are nothing.
        self.values |= {flow: x if x > 1e-6 else 0.0 for flow, x in found.values.items()}
        sent: dict[Any, float] = defaultdict(float)
        for flow in self.paid:
            sent[flow.season, flow.hit, flow.depot, flow.good] += self.values[flow]
        for (season, k), item in product(self.hits, self.items):  # solvers may leave too little
            hit, there = season.hits[k], self.values[self._start(season, k, item)]
            lost = there * (1 - hit.surviving.get(item[0], 1.0))
            left = max(0.0, there - lost - sent[season.name, hit.name, *item])
            for how, units in (("lost", lost), ("left", left)):
                self.values[Flow(season.name, hit.name, how, item[0], "", item[1])] = units
        return found.gap

    def plan(self, chosen: Collection[str], gap: float) -> ReliefPlan:
        """What the values mean, season by season."""
        problem, goods = self.problem, {g.name: g for g in self.problem.goods}
        flows = {flow: x for flow, x in self.values.items() if x and flow.season}
        total, short = defaultdict[Any, float](float), defaultdict[str, float](float)
        chance = {season.name: season.probability for season in problem.seasons}
        for flow, x in flows.items():
            how = flow.how if flow.how in NOT_SENT else "sent"
            total[flow.season, how] += x
            total[flow.season, "cost"] += x * self.paid.get(flow, 0.0)
            short[flow.place] += chance[flow.season] * x / len(goods) if how == "missing" else 0.0
        seasons, needs = list[SeasonOutcome](), problem.needs
        for s in problem.seasons:
            need = len(goods) * sum(sum(hit.need.values()) for hit in s.hits)
            told = [total[s.name, how] for how in ("sent", "cash", "missing", "lost", "cost")]
            coverage = 1 - told[2] / need if need else 1.0
            seasons.append(SeasonOutcome(s.name, s.probability, need, coverage, *told))
        stocks = {d: {g: self.values[_ready(d, g)] for g in goods} for d in chosen}
        ready = [(goods[g], x) for covers in stocks.values() for g, x in covers.items()]
        first = sum(problem.holding * good.price * x for good, x in ready)
        first += sum(d.fixed_cost for d in problem.depots if d.name in chosen)
        second = float(problem.weights @ [season.cost for season in seasons])
        coverage = 1 - sum(short.values()) / sum(needs.values()) if needs else 1.0
        places = {place: 1 - short[place] / people for place, people in needs.items()}
        kg, name = sum(good.weight * x for good, x in ready), " + ".join(chosen) or "nothing"
        costs = (first, second, first + second)
        return ReliefPlan(tuple(seasons), flows, name, kg, *costs, coverage, places, stocks, gap)


class NearPlans(Listing, frozen=True):
    """Plans that open other depots, the cheapest first."""

    caption = "Plans that cost nearly the same"
    plans: tuple[ReliefPlan, ...]


def near_plans(
    problem: ReliefProblem, count: Count = 6, search: Search = Search(gap=1e-3)
) -> NearPlans:
    """Find the cheapest plans that differ in their open depots: what cost does not decide.

    Each is found after the depots of those before are cut off: Σ_in y − Σ_out y ≤ |in| − 1.

    >>> from twinlab.task.logistics import Depot, Way
    >>> seasons = [ReliefSeason("hit", 1, [Hit("storm", {"town": 40})])]
    >>> ways = [Way("near", "town", "road", cost=1), Way("far", "town", "road", cost=2)]
    >>> depots = [Depot("near", 100, 10), Depot("far", 100, 10)]
    >>> [p.name for p in near_plans(ReliefProblem([Good("kit", 1, 2)], depots, ways, seasons), 2)]
    ['near', 'near + far']
    """
    found = list[ReliefPlan]()
    while len(found) < min(count, 2 ** len(problem.depots)):
        cuts = [[*plan.stocks] for plan in found]
        found.append(preposition(problem, excluded=cuts, search=search))
    return NearPlans(tuple(sorted(found, key=lambda plan: plan.cost)))


class ReliefWorth(Result, frozen=True):
    """What thinking in seasons is worth, against one average season and against foresight.

    ``plan`` has the least expected cost (RP), ``average_plan`` is that for the average season,
    judged by all (EEV); ``foresight`` is the expected cost of who knows the season beforehand (WS,
    wait and see). Always WS ≤ RP ≤ EEV. Source: Birge & Louveaux (2011) chapter 4.
    """

    plan: ReliefPlan
    average_plan: ReliefPlan
    foresight: float = column("USD/season", meaning="expected cost of who knows the season")
    stochastic_solution: float = column("USD/season", meaning="VSS = EEV − RP")
    perfect_information: float = column("USD/season", meaning="EVPI = RP − WS")


def worth(problem: ReliefProblem, search: Search = Search(gap=1e-3)) -> ReliefWorth:
    """Say what planning for all seasons is worth, and what knowing the season would be worth.

    >>> from twinlab.task.logistics import Depot, Way
    >>> hit = Hit("storm", {"town": 40}, {"near": 0})
    >>> ways = [Way("near", "town", "road", cost=1), Way("far", "town", "road", cost=5)]
    >>> seasons = [ReliefSeason("calm", 0.5), ReliefSeason("hit", 0.5, [hit])]
    >>> depots = [Depot("near", 100, 10), Depot("far", 100, 10)]
    >>> found = worth(ReliefProblem([Good("kit", 1, 2)], depots, ways, seasons))
    >>> round(found.stochastic_solution), round(found.perfect_information)
    (260, 15)
    """
    average = preposition(replace(problem, seasons=(problem.mean_season,)), search=search)
    judged, plan = judge(problem, average), preposition(problem, search=search)
    plan = min(plan, judged, key=lambda each: each.cost)  # within the gap, luck may favour it
    foresight = 0.0
    for season, known in zip(problem.seasons, plan.costs.tolist(), strict=True):
        sure = replace(problem, seasons=(replace(season, probability=1.0),))
        own = preposition(sure, search=search).cost if season.hits else 0.0
        foresight += season.probability * min(own, known)
    vss, evpi = judged.cost - plan.cost, plan.cost - foresight
    return ReliefWorth(plan, judged, foresight, vss, evpi)
