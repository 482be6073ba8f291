"""Pre-positioning: which relief goods should lie where before anybody knows which storms will come.

A season brings hits in turn; what one leaves waits for the next. A cover: a good for a person.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace
from functools import lru_cache
from itertools import chain, product
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.formulas.programs import Constraint, Search, minimize
from twinlab.scope import Listing, Result, ScenarioError
from twinlab.scope.base import Amount, Array, Count, Limit, Row, Share, check_known, column, pd
from twinlab.scope.network import grouped

__all__ = """Depot Good Hit ReliefPlan ReliefProblem ReliefSeason Way judge near_plans preposition
worth""".split()

Covers = Mapping[str, Mapping[str, float]]  # by depot and good
NOT_SENT = ("cash", "missing", "lost", "left")  # what flows are beside modes, so no mode's name
TOO_LATE = 0.999  # a wait that is so much of the shortage cost: who comes then has not come


class Good(Row, frozen=True):
    """Something that people need."""

    name: str = column("name", meaning="what it is called")
    weight: float = column("kg/cover", meaning="of what one person needs", low=0.001)
    price: float = column("USD/cover", meaning="paid for what is used", low=0)
    level: Callable[[float], Any] = np.zeros_like  # share of the shortage cost by hours of waiting
    cash: float | None = column("share", None, "of the price, where people can buy it", low=0)


class Depot(Row, frozen=True):
    """A place where relief goods could lie."""

    name: str = column("name", meaning="how ways and hits call it")
    capacity: float = column("kg", meaning="most it can hold", low=0)
    fixed_cost: float = column("USD/season", 0.0, "cost of keeping it open", low=0)


class Way(Row, frozen=True):
    """How goods come from a depot to a place: by which mode, how soon, at what cost."""

    depot: str = column("name", meaning="where it starts")
    place: str = column("name", meaning="where it ends")
    mode: str = column("name", meaning="road, sea, air, …")
    hours: float = column("h", 0.0, "from the hit until goods are there", low=0)
    cost: float = column("USD/kg", 0.0, "of freight", low=0)


class Hit(Row, frozen=True):
    """One thing that happens: who needs help where, and what it leaves of stocks and ways.

    Who is not named keeps all stock, has no shops, all throughput, no delay (of modes with limits).
    """

    name: str = column("name", meaning="what it is called")
    need: Mapping[str, float] = column("people", {}, "in need, by place", low=0)
    surviving: Mapping[str, float] = column("share", {}, "usable stock by depot", low=0, high=1)
    shops: Mapping[str, float] = column("share", {}, "who can buy, by place", low=0, high=1)
    throughput: Mapping[str, float] = column("share", {}, "of limits, by place", low=0, high=1)
    delay: Mapping[str, float] = column("h", {}, "of limited modes, by place", low=0)


class ReliefSeason(Row, frozen=True):
    """What may happen until stocks are filled up again: hits in their order, none if it is calm."""

    name: str = column("name", meaning="what it is called")
    probability: float = column("share", meaning="chance of such a season", low=0, high=1)
    hits: tuple[Hit, ...] = ()


class ReliefProblem(Result, frozen=True):
    """What is known before the season.

    A missing cover costs ``shortage`` × its price, keeping one ready ``holding`` × its price a
    season; cash is there after ``cash_hours``. ``limits`` say how many kg a mode brings to one
    place after one hit. All assumed, unless you know better. Probabilities that do not sum to one,
    and names that are unknown or stand twice, are a ScenarioError.
    """

    goods: tuple[Good, ...]
    depots: tuple[Depot, ...]
    ways: tuple[Way, ...]
    seasons: tuple[ReliefSeason, ...]
    shortage: Amount = 10.0
    holding: Amount = 0.25
    cash_hours: Amount = 96.0
    limits: Mapping[str, Limit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("goods", "depots", "ways", "seasons"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        super().__post_init__()
        lists: list[Any] = [self.depots, self.goods, self.seasons]
        lists += [season.hits for season in self.seasons]
        depots, goods, *others = ([row.name for row in rows] for rows in lists)
        ways, hits = [(w.depot, w.place, w.mode) for w in self.ways], [hit for _, hit in self.hits]
        for names in (depots, goods, ways, *others):
            if len({*names}) < len(names) or not (depots and goods):
                raise ScenarioError(f"problem: each name once, and at least one, got {names!r:.80}")
        if not math.isclose(total := math.fsum(self.weights), 1.0) or not all(self.weights):
            way = "add a calm ReliefSeason('calm', p), leave out what never comes"
            raise ScenarioError(f"problem: probabilities sum to {total:g}, or one is 0: {way}")
        starts, ends, modes = ([way[at] for way in ways] for at in range(3))
        told: Any = [("depot", depots, [*starts, *(at for hit in hits for at in hit.surviving)])]
        places = {*ends}.union(*(hit.need for hit in hits))
        told += [("place", places, (*h.shops, *h.throughput, *h.delay)) for h in hits]
        told += [("mode", {*modes}.difference(NOT_SENT), [*modes, *self.limits])]
        for what, known, name in ((*rest, name) for *rest, names in told for name in names):
            check_known(name, known, f"problem: {name!r} is not a {what}")

    def _sentence(self) -> str:
        size = f"{len(self.goods)} goods, {len(self.depots)} depots, {len(self.hits)} hits in"
        price = f"a missing cover costs {self.shortage:g} × its price"
        return f"{size} {len(self.seasons)} seasons; {price}"

    @property
    def weights(self) -> Array:
        """The probability of each season."""
        return np.array([season.probability for season in self.seasons])

    @property
    def hits(self) -> list[tuple[float, Hit]]:
        """All hits, each with the probability of its season."""
        return [(season.probability, hit) for season in self.seasons for hit in season.hits]

    @property
    def needs(self) -> dict[str, float]:
        """People in need by place, expected in a season."""
        told = grouped((at, p * n) for p, hit in self.hits for at, n in hit.need.items() if n > 0)
        return {at: math.fsum(each) for at, each in told.items()}

    def weighted(self, weights: Sequence[Amount]) -> "ReliefProblem":
        """The same seasons, weighted anew: one weight of at least 0 each; 0 leaves one out."""
        w = np.asarray(weights, dtype=np.float64)
        if w.shape != self.weights.shape or not w.sum() > 0:
            raise ScenarioError(f"weighted: {len(self.seasons)} weights, not all 0, got {w!r:.60}")
        pairs = zip(self.seasons, (w / w.sum()).tolist(), strict=True)
        kept = ((s, p, tuple(map(_of_those_in_need, s.hits))) for s, p in pairs if p > 0)
        seasons = tuple(replace(s, probability=p, hits=hits) for s, p, hits in kept)
        return replace(self, seasons=seasons)

    @property
    def mean_season(self) -> ReliefSeason:
        """The average season as one hit, with shops, throughput and delay of the average person."""
        needs = self.needs

        def kept(depot: str) -> list[float]:
            return [math.prod(h.surviving.get(depot, 1.0) for h in s.hits) for s in self.seasons]

        def mean(name: str, usual: float) -> dict[str, float]:
            of = [(p, hit.need, getattr(hit, name)) for p, hit in self.hits]
            told = {at: [p * n.get(at, 0.0) * x.get(at, usual) for p, n, x in of] for at in needs}
            return {at: round(math.fsum(each) / needs[at], 12) for at, each in told.items()}

        left = {d.name: round(float(self.weights @ kept(d.name)), 12) for d in self.depots}
        ways = mean("shops", 0.0), mean("throughput", 1.0), mean("delay", 0.0)
        return ReliefSeason("average", 1.0, (Hit("average", needs, left, *ways),))


def _of_those_in_need(hit: Hit) -> Hit:
    """The hit without what it says of other places, which another season may know."""
    tables = hit.shops, hit.throughput, hit.delay
    told = ({at: x for at, x in table.items() if at in hit.need} for table in tables)
    return Hit(hit.name, hit.need, hit.surviving, *told)


class Flow(NamedTuple):
    """A good in a hit: sent by a mode, bought with cash, missing; stock that is lost or left.

    Before the season a stock of a good; without a good, whether the depot is open.
    """

    season: str = ""
    hit: str = ""
    how: str = "stock"  # a mode; cash; missing; lost; left
    depot: str = ""  # empty with cash and missing
    place: str = ""  # empty with lost and left
    good: str = ""


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
        """Tabulate the flows of one hit, a row each [covers]; an unknown hit is refused."""
        check_known(hit, dict.fromkeys(f.hit for f in self.flows), f"plan: no hit {hit!r}")
        told = [(*flow, covers) for flow, covers in self.flows.items() if flow.hit == hit]
        return pd.DataFrame(told, columns=[*Flow._fields, "covers"])

    def _sentence(self) -> str:
        last = min(self, key=lambda season: season.coverage)
        least, where = min([(share, at) for at, share in self.places.items()] or [(1.0, "any")])
        near = "" if math.isnan(self.gap) else f"; another saves {self.gap:.2%} at most"
        cost = f"expected cost {self.cost:,.0f} USD/season, {self.first_stage:,.0f} of it before"
        seasons = f"{last.coverage:.0%} in season {last.season}, {least:.0%} at {where}"
        kept = f"{self.name}: {self.weight / 1000:,.0f} t kept ready; {cost} the season{near}"
        return f"{kept}\ncovers {self.coverage:.0%} of the need, {seasons}"

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
    at most 1 − ``equity`` of each place's expected need, all goods together, is missing; ``opened``
    are all the depots that open; ``excluded`` sets of depots are not the answer. The plan foresees
    the later hits of a season: ``judge`` says what that flatters.
    Source: after Rawls & Turnquist (2010); Balcik & Beamon (2008).

    Raises:
        SolverError: no plan keeps to budget and equity, or none was found in time.

    >>> ways = [Way("near", "town", "road", cost=1), Way("far", "town", "road", cost=5)]
    >>> hit = ReliefSeason("hit", 0.5, [Hit("storm", {"town": 40}, {"near": 0})])
    >>> parts = [Good("kit", 1, 2)], [Depot("near", 99, 10), Depot("far", 99, 10)], ways
    >>> plan = preposition(ReliefProblem(*parts, [ReliefSeason("calm", 0.5), hit]))
    >>> plan.name, plan.stocks["far"]["kit"], round(plan.cost)
    ('far', 40.0, 170)
    """
    names, program = [d.name for d in problem.depots], _Program(problem)
    for name in chain(opened or (), *excluded):
        check_known(name, names, f"preposition: {name!r} is not a depot")
    for d in problem.depots:
        stock = {Flow(depot=d.name, good=g.name): g for g in problem.goods}
        program.costs |= {key: problem.holding * g.price for key, g in stock.items()}
        program.costs[open_ := Flow(depot=d.name)] = d.fixed_cost
        program.bounds[open_] = (0.0, 1.0) if opened is None else 2 * (float(d.name in opened),)
        full = {key: g.weight for key, g in stock.items()} | {open_: -d.capacity}
        program.rows.append(Constraint(full, high=0.0))
    program.rows.append(Constraint(dict(program.costs), high=budget))
    for inside in excluded:
        cut = {Flow(depot=name): 1.0 if name in inside else -1.0 for name in names}
        program.rows.append(Constraint(cut, high=len(inside) - 1.0))
    program.add([(s, k, s.probability) for s in problem.seasons for k in range(len(s.hits))])
    for place, people in problem.needs.items() if equity else ():
        missing = [flow for flow in program.paid if flow[2::2] == ("missing", place)]
        terms = {flow: program.chance[flow.season] for flow in missing}
        program.rows.append(Constraint(terms, high=(1 - equity) * people * len(problem.goods)))
    remedy = "no plan: raise the budget, demand less equity, allow more depots, ways or cash"
    gap = program.solve(remedy, {Flow(depot=name) for name in names}, search)
    return program.plan([name for name in names if program.values[Flow(depot=name)]], gap)


def judge(problem: ReliefProblem, plan: ReliefPlan | Covers, foresight: bool = True) -> ReliefPlan:
    """Judge a plan, or stocks by open depot and good, by all seasons: the best that can be done.

    With ``foresight`` of a season's later hits, or hit by hit without, which never costs less.

    Raises:
        ScenarioError: a depot or good is unknown, or more lies in a depot than it can hold.

    >>> from twinlab.task.logistics import judge
    >>> year, way = ReliefSeason("year", 1, [Hit("storm", {"x": 40})]), Way("d", "x", "road")
    >>> problem = ReliefProblem([Good("kit", 1, 2)], [Depot("d", 100, 10)], [way], [year])
    >>> judge(problem, {"d": {"kit": 30}}).coverage
    0.75
    """
    stocks, program = plan.stocks if isinstance(plan, ReliefPlan) else plan, _Program(problem)
    depots, goods = {d.name: d for d in problem.depots}, program.goods
    for depot, covers in stocks.items():
        check_known(depot, depots, f"stocks: {depot!r} is not a depot")
        for good in covers:
            check_known(good, goods, f"stocks: {good!r} is not a good")
        most, kg = depots[depot].capacity, sum(goods[g].weight * x for g, x in covers.items())
        if not kg <= most * (1 + 1e-6) or min(covers.values(), default=0) < 0:
            limits = f"give each at least 0, together 0 to {most:,.0f} kg"
            raise ScenarioError(f"stocks: {depot!r} holds {dict(covers)}, {kg:,.0f} kg: {limits}")
    for d, g in product(depots, goods):
        program.values[Flow(depot=d, good=g)] = stocks.get(d, {}).get(g, 0.0)
    hits = [(s, k, 1.0) for s in problem.seasons for k in range(len(s.hits))]
    for step in grouped((0 if foresight else hit[1], hit) for hit in hits).values():
        program.costs, program.rows = {}, []
        program.add(step)
        program.solve("judge: check that all costs are finite")
    return program.plan([*stocks], math.nan)


@lru_cache(4096)
def _wait(good: Good, hours: float) -> float:
    try:
        share = float(said := good.level(hours))
    except (TypeError, ValueError, ArithmeticError) as problem:
        said, share = problem, math.nan
    if not 0 <= share <= 1:
        raise ScenarioError(f"{good.name!r}: level({hours:g}) is {said!r}: give a share, 0 to 1")
    return share


def _offers(problem: ReliefProblem, at: tuple[str, str], hit: Hit) -> Iterator[tuple[Flow, float]]:
    """Ways to meet what a hit leaves people in need of, and what each costs [USD/cover]."""
    for good, way in product(problem.goods, problem.ways):
        late = hit.delay.get(way.place, 0.0) if way.mode in problem.limits else 0.0
        if hit.need.get(way.place) and (wait := _wait(good, way.hours + late)) < TOO_LATE:
            paid = good.weight * way.cost + good.price * (1 + problem.shortage * wait)
            yield Flow(*at, way.mode, way.depot, way.place, good.name), paid
    for good, place in product(problem.goods, (to for to, people in hit.need.items() if people)):
        lost = problem.shortage * good.price
        yield Flow(*at, "missing", "", place, good.name), lost
        if good.cash is not None and hit.shops.get(place):
            paid = good.price * good.cash + lost * _wait(good, problem.cash_hours)
            yield Flow(*at, "cash", "", place, good.name), paid


class _Program:
    """What is decided: costs, bounds and rows by flow, and values as far as they are known."""

    def __init__(self, problem: ReliefProblem) -> None:
        self.problem, self.goods = problem, {good.name: good for good in problem.goods}
        self.rows, self.held = list[Constraint](), list[Any]()  # held: what each hit does to stocks
        self.costs, self.values, self.paid = (dict[Flow, float]() for _ in range(3))
        self.bounds = dict[Flow, Any]()
        self.chance = {season.name: season.probability for season in problem.seasons}

    def add(self, hits: Iterable[tuple[ReliefSeason, int, float]]) -> None:
        """Add hits of seasons, each with its weight; stock whose value is known is given."""
        goods, limits = self.goods, self.problem.limits
        for season, k, weight in hits:
            at, hit = (season.name, season.hits[k].name), season.hits[k]
            met, out, limited = (defaultdict[Any, dict[Flow, float]](dict) for _ in range(3))
            for flow, paid in _offers(self.problem, at, hit):
                self.paid[flow], self.costs[flow] = paid, weight * paid
                met[flow.place, flow.good][flow] = out[flow.depot, flow.good][flow] = 1.0
                limited[flow.place, flow.how][flow] = goods[flow.good].weight
                if flow.how == "cash":
                    self.bounds[flow] = (0.0, hit.need[flow.place] * hit.shops[flow.place])
            for (place, _), terms in met.items():
                self.rows.append(Constraint(terms, hit.need[place], hit.need[place]))
            for place, mode in product(hit.need, limits):
                most = limits[mode] * hit.throughput.get(place, 1.0)
                self.rows.append(Constraint(limited[place, mode], high=most))
            before = (season.name, season.hits[k - 1].name, "left") if k else Flow()[:3]
            for depot, good in product((d.name for d in self.problem.depots), goods):
                start = Flow(*before, depot, "", good)
                lost, left = (Flow(*at, how, *start[3:]) for how in ("lost", "left"))
                kept, terms = hit.surviving.get(depot, 1.0), out[depot, good]
                self.held.append((start, kept, [*terms], lost, left))
                self.costs.setdefault(start, 0.0)
                self.bounds[start] = tuple(self.values.get(start, end) for end in (0.0, math.inf))
                terms[start] = -kept
                if hit is not season.hits[-1]:
                    self.costs[left], terms[left] = 0.0, 1.0
                self.rows.append(Constraint(terms, high=0.0))

    def solve(self, remedy: str, whole: Set[Any] = frozenset(), search: Search = Search()) -> float:
        """Find the values, and say which share of the cost a better plan may save."""
        found = minimize(self.costs, self.rows, remedy, self.bounds, whole, search)
        # Specks below a millionth of a cover are nothing.
        values = self.values
        values |= {flow: x if x > 1e-6 else 0.0 for flow, x in found.values.items()}
        for start, kept, sent, lost, left in self.held:  # solvers may leave too little
            values[lost] = values[start] * (1 - kept)
            values[left] = max(0.0, values[start] - values[lost] - sum(values[f] for f in sent))
        return found.gap

    def plan(self, chosen: Collection[str], gap: float) -> ReliefPlan:
        """What the values mean, season by season."""
        problem, goods = self.problem, self.goods
        flows = {flow: x for flow, x in self.values.items() if x and flow.season}
        total, short = defaultdict[Any, float](float), defaultdict[str, float](float)
        for flow, x in flows.items():
            how = flow.how if flow.how in NOT_SENT else "sent"
            total[flow.season, how] += x
            total[flow.season, "cost"] += x * self.paid.get(flow, 0.0)
            short[flow.place] += (how == "missing") * self.chance[flow.season] * x / len(goods)
        seasons, needs = list[SeasonOutcome](), problem.needs
        for s in problem.seasons:
            need = len(goods) * sum(sum(hit.need.values()) for hit in s.hits)
            told = [total[s.name, how] for how in ("sent", "cash", "missing", "lost", "cost")]
            coverage = 1 - told[2] / need if need else 1.0
            seasons.append(SeasonOutcome(s.name, s.probability, need, coverage, *told))
        stocks = {d: {g: self.values[Flow(depot=d, good=g)] for g in goods} for d in chosen}
        ready = [(goods[g], x) for covers in stocks.values() for g, x in covers.items()]
        first = sum(problem.holding * good.price * x for good, x in ready)
        first += sum(d.fixed_cost for d in problem.depots if d.name in chosen)
        second = float(problem.weights @ [season.cost for season in seasons])
        coverage = 1 - sum(short.values()) / sum(needs.values()) if needs else 1.0
        places = {place: 1 - short[place] / people for place, people in needs.items()}
        kg, name = sum(good.weight * x for good, x in ready), " + ".join(chosen) or "nothing"
        whom = (first, second, first + second, coverage, places, stocks, gap)
        return ReliefPlan(tuple(seasons), flows, name, kg, *whom)


def near_plans(
    problem: ReliefProblem, count: Count = 6, search: Search = Search(gap=1e-3)
) -> list[ReliefPlan]:
    """Find the cheapest plans that differ in their open depots: what cost does not decide.

    Each is found after the depots of those before are cut off: Σ_in y − Σ_out y ≤ |in| − 1.

    >>> year, way = ReliefSeason("year", 1, [Hit("storm", {"x": 40})]), Way("d", "x", "road")
    >>> problem = ReliefProblem([Good("kit", 1, 2)], [Depot("d", 100, 10)], [way], [year])
    >>> [plan.name for plan in near_plans(problem)]
    ['d', 'nothing']
    """
    found = list[ReliefPlan]()
    for _ in range(min(count, 2 ** len(problem.depots))):
        found.append(preposition(problem, excluded=[[*p.stocks] for p in found], search=search))
    return sorted(found, key=lambda plan: plan.cost)


class ReliefWorth(Result, frozen=True):
    """What thinking in seasons is worth: always WS ≤ RP ≤ EEV (Birge & Louveaux 2011, ch. 4)."""

    plan: ReliefPlan  # its cost: RP
    average_plan: ReliefPlan  # made for the average season, judged by all; its cost: EEV
    foresight: float = column("USD/season", meaning="WS: cost of who knows the season beforehand")
    stochastic_solution: float = column("USD/season", meaning="VSS = EEV − RP")
    perfect_information: float = column("USD/season", meaning="EVPI = RP − WS")


def worth(problem: ReliefProblem, search: Search = Search(gap=1e-3)) -> ReliefWorth:
    """Say what planning for all seasons is worth, and what knowing the season would be worth.

    >>> years = [ReliefSeason("calm", 0.5), ReliefSeason("hit", 0.5, [Hit("storm", {"town": 40})])]
    >>> goods, ways = [Good("kit", 1, 2)], [Way("d", "town", "road")]
    >>> found = worth(ReliefProblem(goods, [Depot("d", 100, 10)], ways, years))
    >>> round(found.foresight), round(found.plan.cost), round(found.average_plan.cost)
    (55, 70, 240)
    """
    average = preposition(replace(problem, seasons=(problem.mean_season,)), search=search)
    judged, plan = judge(problem, average), preposition(problem, search=search)
    plan = min(plan, judged, key=lambda each: each.cost)  # within the gap, luck may favour it
    each = (problem.weighted(one) for one in np.eye(len(problem.seasons)).tolist())
    known = [preposition(sure, search=search).cost if sure.hits else 0.0 for sure in each]
    foresight = float(problem.weights @ np.minimum(known, plan.costs))
    vss, evpi = judged.cost - plan.cost, plan.cost - foresight
    return ReliefWorth(plan, judged, foresight, vss, evpi)
