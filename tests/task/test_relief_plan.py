"""Pre-positioning against enumeration, the formula it came from, its own laws, and nonsense."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.optimize import linprog

from twinlab import SolverError, TwinError
from twinlab.task.logistics import (
    Depot,
    Good,
    Hit,
    ReliefProblem,
    ReliefSeason,
    Search,
    Way,
    judge,
    near_plans,
    preposition,
    worth,
)

EXACTLY = Search()


def late(hours):
    return 1 - np.exp(-hours / 60)


def drawn(seed, depots=3, seasons=3, places=3, hits=2):
    """Two goods, one of them for cash, one mode with a limit: at random, some ways missing."""
    rng = np.random.default_rng(seed)
    towns = [f"t{j}" for j in range(places)]
    sites = [Depot(f"d{i}", rng.integers(40, 160), rng.integers(5, 90)) for i in range(depots)]
    goods = [Good("water", 1.0, 2.0, late), Good("food", 2.0, 3.0, late, 1.3)]
    ways = [Way(d.name, t, mode, rng.uniform(5, 60), rng.uniform(0.1, 1))
            for d in sites for t in towns for mode in ("road", "air")
            if rng.random() < 0.7]  # fmt: skip

    def hit(name):
        hurt = {t: float(rng.integers(0, 40)) for t in towns if rng.random() < 0.7}
        left = {d.name: float(rng.choice([0, 0.5])) for d in sites if rng.random() < 0.5}
        some = {t: 0.5 for t in towns if rng.random() < 0.5}
        return Hit(name, hurt, left, {t: 0.4 for t in towns}, some, {t: 20 for t in some})

    chances = rng.dirichlet(np.ones(seasons))
    chances[-1] = 1 - chances[:-1].sum()
    many = [rng.integers(0, hits + 1) for _ in chances]
    years = [ReliefSeason(f"s{n}", p, [hit(f"h{n}{k}") for k in range(m)])
             for n, (p, m) in enumerate(zip(chances, many, strict=True))]  # fmt: skip
    limits = {"air": 30.0} if any(way.mode == "air" for way in ways) else {}
    return ReliefProblem(goods, sites, ways, years, 8.0, limits=limits)


class Dense:
    """The program written out anew, hit by hit, to be solved for a set of open depots."""

    def __init__(self, problem):
        self.problem, self.less, self.same, self.most = problem, [], [], {}
        self.first = {("r", d.name, g.name): problem.holding * g.price
                      for d in problem.depots for g in problem.goods}  # fmt: skip
        self.cost, self.missed, self.wanted = dict(self.first), {}, {}
        for season in problem.seasons:
            for k, hit in enumerate(season.hits):
                for good, (place, people) in product(problem.goods, hit.need.items()):
                    self.meet(season.probability, hit, good, place, people)
                self.limit(hit)
                self.follow(season, k, hit)

    def meet(self, p, hit, good, place, people):
        lost = self.problem.shortage * good.price
        ways = {("w", hit.name, place, good.name): lost}
        self.missed.setdefault(place, {})["w", hit.name, place, good.name] = p
        self.wanted[place] = self.wanted.get(place, 0) + p * people
        if good.cash is not None:
            cash = ("h", hit.name, place, good.name)
            ways[cash] = good.cash * good.price + lost * late(self.problem.cash_hours)
            self.most[cash] = people * hit.shops.get(place, 0)
        for w in (w for w in self.problem.ways if w.place == place):
            hours = w.hours + (hit.delay.get(place, 0) if w.mode == "air" else 0)
            paid = w.cost * good.weight + good.price + lost * late(hours)
            ways["x", hit.name, w.depot, place, w.mode, good.name] = paid
        self.cost |= {n: p * paid for n, paid in ways.items()}
        self.same.append((dict.fromkeys(ways, 1), people))

    def sent(self, hit, **what):
        at = {"depot": 2, "place": 3, "mode": 4, "good": 5}
        return [n for n in self.cost if n[:2] == ("x", hit.name)
                and all(n[at[word]] == name for word, name in what.items())]  # fmt: skip

    def limit(self, hit):
        kg = {g.name: g.weight for g in self.problem.goods}
        for place in hit.need:
            air = {n: kg[n[5]] for n in self.sent(hit, place=place, mode="air")}
            self.less.append((air, 30 * hit.throughput.get(place, 1)))

    def follow(self, season, k, hit):
        for d, g in product(self.problem.depots, self.problem.goods):
            before = ("e", season.hits[k - 1].name) if k else ("r",)
            row = dict.fromkeys(self.sent(hit, depot=d.name, good=g.name), 1)
            row[*before, d.name, g.name] = -hit.surviving.get(d.name, 1)
            row["e", hit.name, d.name, g.name] = 1
            self.cost["e", hit.name, d.name, g.name] = 0
            self.less.append((row, 0))

    def table(self, rows):
        at = {n: i for i, n in enumerate(self.cost)}
        table = np.zeros((len(rows), len(at)))
        for i, (row, _) in enumerate(rows):
            table[i, [at[n] for n in row]] = [*row.values()]
        return table, [end for _, end in rows]

    def solve(self, opened, budget, equity):
        """The cost with these depots open; infinite if nothing keeps to budget and equity."""
        fixed = sum(d.fixed_cost for d in opened)
        rows = [*self.less, (self.first, min(budget - fixed, 1e9))]
        rows += [(row, (1 - equity) * self.wanted[place]) for place, row in self.missed.items()]
        for d in self.problem.depots:
            full = {("r", d.name, g.name): g.weight for g in self.problem.goods}
            rows.append((full, d.capacity * (d in opened)))
        ends = [(0, self.most.get(n)) for n in self.cost]
        met = self.table(self.same) if self.same else ()
        best = linprog([*self.cost.values()], *self.table(rows), *(met or (None, None)), ends)
        return best.fun + fixed if best.status == 0 else np.inf


def by_enumeration(problem, budget=np.inf, equity=0.0):
    """The costs of all sets of open depots, the least first."""
    dense, sets = Dense(problem), product([0, 1], repeat=len(problem.depots))
    opened = ([d for d, y in zip(problem.depots, each, strict=True) if y] for each in sets)
    return sorted(dense.solve(each, budget, equity) for each in opened)


@pytest.mark.parametrize(("budget", "equity"), [(np.inf, 0.0), (80.0, 0.0), (np.inf, 0.8)])
@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_the_best_of_all_sets_of_depots(seed, budget, equity):
    problem, wanted = drawn(seed), by_enumeration(drawn(seed), budget, equity)
    if wanted[0] == np.inf:
        with pytest.raises(SolverError, match="demand less equity"):
            preposition(problem, budget=budget, equity=equity)
        return
    plan = preposition(problem, budget=budget, equity=equity, search=EXACTLY)
    assert plan.cost == pytest.approx(wanted[0], rel=1e-6, abs=1e-6)
    assert plan.first_stage <= budget + 1e-6
    assert min(plan.places.values(), default=1) >= equity - 1e-6
    assert plan.gap == 0


@pytest.mark.parametrize("seed", range(6))
def test_near_plans_are_the_next_best_sets_of_depots(seed):
    """Written by enumeration; a set may also be opened and not used, which is never cheaper."""
    problem = drawn(seed)
    found = near_plans(problem, 4, EXACTLY)
    wanted = by_enumeration(problem)
    assert [p.cost for p in found] == pytest.approx(wanted[:4], rel=1e-6)
    assert len({p.name for p in found}) == 4
    assert all(a.cost <= b.cost for a, b in pairwise(found))
    assert len(near_plans(problem, 99, EXACTLY)) == 8
    again = [preposition(problem, opened=[*p.stocks], search=EXACTLY).cost for p in found]
    assert again == pytest.approx([p.cost for p in found], rel=1e-6)


def single(seed, storms=4):
    """One good, one hit a season: depots, storms, transport, shortage as they once were given."""
    rng = np.random.default_rng(seed)
    hold = rng.uniform(0.1, 1)
    sites = [Depot(f"d{i}", rng.integers(20, 80), rng.integers(5, 60)) for i in range(3)]
    chances = rng.dirichlet(np.ones(storms))
    chances[-1] = 1 - chances[:-1].sum()
    needs = [{f"t{j}": float(rng.integers(0, 50)) for j in range(3)} for _ in chances]
    left = [{f"d{i}": float(rng.choice([0, 0.5, 1])) for i in range(3)} for _ in chances]
    freight = {(f"d{i}", f"t{j}"): rng.uniform(0.5, 5) for i in range(3) for j in range(3)}
    return hold, sites, chances, needs, left, freight


@pytest.mark.parametrize("seed", range(5))
def test_one_good_and_one_hit_is_the_formula_of_rawls_and_turnquist(seed):
    """min Σ F y + c r + Σ p (Σ t x + π Σ w): written out anew, a set of depots at a time."""
    hold, sites, chances, needs, left, freight = single(seed)
    seasons = [ReliefSeason(f"s{n}", p, [Hit("storm", needs[n], left[n])])
               for n, p in enumerate(chances)]  # fmt: skip
    ways = [Way(*ends, "road", cost=t) for ends, t in freight.items()]
    # What is used is paid here (1 USD); a missing unit costs 10.
    problem = ReliefProblem([Good("unit", 1, 1)], sites, ways, seasons, 10, hold)
    best = np.inf
    for opened in product([0, 1], repeat=3):
        # r (3), then x (9) and w (3) of each storm
        cost = [hold] * 3
        less, met = [], []
        for p in chances:
            cost += [p * (freight[f"d{i}", f"t{j}"] + 1) for i in range(3) for j in range(3)]
            cost += [p * 10] * 3
        for n, i in product(range(len(chances)), range(3)):
            row = np.zeros(len(cost))
            row[i], row[3 + 12 * n + 3 * i : 6 + 12 * n + 3 * i] = -left[n][f"d{i}"], 1
            less.append(row)
            row = np.zeros(len(cost))
            row[[3 + 12 * n + 3 * k + i for k in range(4)]] = 1
            met.append((row, needs[n][f"t{i}"]))
        ends = [(0, d.capacity * y) for d, y in zip(sites, opened, strict=True)]
        ends += [(0, None)] * (len(cost) - 3)
        rows, wanted = zip(*met, strict=True)
        found = linprog(cost, less, [0] * len(less), rows, wanted, ends)
        fixed = sum(d.fixed_cost * y for d, y in zip(sites, opened, strict=True))
        best = min(best, found.fun + fixed)
    assert preposition(problem, search=EXACTLY).cost == pytest.approx(best, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_foresight_beats_the_plan_and_the_plan_beats_the_average(seed):
    """WS ≤ RP ≤ EEV (Madansky's inequalities), and to know the next hit never costs."""
    found = worth(drawn(seed, seasons=5))
    assert found.foresight <= found.plan.cost <= found.average_plan.cost
    assert found.stochastic_solution >= 0 <= found.perfect_information
    problem = drawn(seed, seasons=5)
    blind, knowing = judge(problem, found.plan, foresight=False), judge(problem, found.plan)
    assert knowing.cost == pytest.approx(found.plan.cost)
    assert (blind.costs >= knowing.costs - 1e-6).all()


def test_who_does_not_know_the_next_hit_may_give_too_much_away():
    """Cheap need first, dear need second: foresight keeps the goods, who is blind sends them."""
    hits = [Hit("first", {"far": 10}), Hit("second", {"near": 10})]
    ways = [Way("d", "far", "road", 0, 5), Way("d", "near", "road", 0, 1)]
    problem = ReliefProblem([Good("kit", 1, 2)], [Depot("d", 10)], ways,
                            [ReliefSeason("year", 1, hits)])  # fmt: skip
    knows, blind = (judge(problem, {"d": {"kit": 10}}, each) for each in (True, False))
    assert blind.cost - knows.cost == pytest.approx(10 * (5 - 1))
    assert knows.outcome("first").how.tolist() == ["missing", "left"]


def test_a_sure_season_leaves_nothing_to_know():
    seasons = [ReliefSeason("year", 1, [Hit("storm", {"t": 5})])]
    ways = [Way("near", "t", "road", cost=1)]
    found = worth(ReliefProblem([Good("kit", 1, 2)], [Depot("near", 100, 10)], ways, seasons))
    assert found.stochastic_solution == found.perfect_information == pytest.approx(0)


@pytest.mark.parametrize("shortage", [1.5, 4, 30])
def test_one_depot_is_a_newsvendor(shortage):
    """Stock up to the smallest need whose probability reaches (π − t − v − c) / (π − t − v)."""
    needs, freight, hold = [10, 20, 30, 40], 0.5, 0.9
    seasons = [ReliefSeason(f"s{n}", 0.25, [Hit("storm", {"t": n})]) for n in needs]
    ways = [Way("d", "t", "road", cost=freight)]
    problem = ReliefProblem([Good("kit", 1, 1)], [Depot("d", 100)], ways, seasons, shortage, hold)
    used = freight + 1
    ratio = (shortage - used - hold) / (shortage - used) if shortage > used else 0
    level = next((n for i, n in enumerate(needs) if (i + 1) / 4 >= ratio), 40) if ratio > 0 else 0
    plan = preposition(problem)
    assert plan.stocks.get("d", {"kit": 0})["kit"] == pytest.approx(level)


@pytest.mark.parametrize("foresight", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_units_are_conserved_over_the_hits_of_a_season(seed, foresight):
    """What lies ready = sent + lost + left; what is needed = sent + cash + missing."""
    problem = drawn(seed, hits=4)
    plan = judge(problem, preposition(problem), foresight)
    weights = {good.name: good.weight for good in problem.goods}
    for season in problem.seasons:
        there = {(d, g): x for d, covers in plan.stocks.items() for g, x in covers.items()}
        for hit in season.hits:
            flows = {
                f: x for f, x in plan.flows.items() if (f.season, f.hit) == (season.name, hit.name)
            }
            for item, before in there.items():
                out = {f.how: 0.0 for f in flows} | {"lost": 0.0, "left": 0.0}
                for f, x in flows.items():
                    if (f.depot, f.good) == item:
                        out[f.how] += x
                assert sum(out.values()) == pytest.approx(before)
                kept = hit.surviving.get(item[0], 1.0)
                assert out["lost"] == pytest.approx((1 - kept) * before)
                there[item] = out["left"]
            for (place, people), good in product(hit.need.items(), weights):
                came = sum(x for f, x in flows.items() if (f.place, f.good) == (place, good))
                assert came == pytest.approx(people)
                cash = sum(x for f, x in flows.items()
                           if (f.how, f.place, f.good) == ("cash", place, good))  # fmt: skip
                assert cash <= people * hit.shops.get(place, 0) + 1e-6
            for place in hit.need:
                air = sum(x * weights[f.good] for f, x in flows.items()
                          if (f.how, f.place) == ("air", place))  # fmt: skip
                assert air <= 30 * hit.throughput.get(place, 1) + 1e-6
    assert plan.cost == pytest.approx(problem.weights @ plan.costs)
    assert {s.season: s.missing for s in plan} == pytest.approx(
        {s.name: sum(x for f, x in plan.flows.items() if (f.season, f.how) == (s.name, "missing"))
         for s in problem.seasons}
    )  # fmt: skip


def test_a_hit_with_nobody_in_need_still_spoils_stock():
    hits = [Hit("sea", {}, {"d": 0.5}), Hit("land", {"t": 10})]
    problem = ReliefProblem([Good("kit", 1, 2)], [Depot("d", 50)], [Way("d", "t", "road")],
                            [ReliefSeason("year", 1, hits)])  # fmt: skip
    for foresight in (True, False):
        plan = judge(problem, {"d": {"kit": 12}}, foresight)
        assert (plan["year"].lost, plan["year"].missing) == (6, 4)
    assert preposition(problem).stocks == {"d": {"kit": 20}}


def test_equity_costs_and_reaches_who_is_far():
    ways = [Way("d", "near", "road", 1, 0), Way("d", "far", "road", 1, 30)]
    seasons = [ReliefSeason("year", 1, [Hit("storm", {"near": 10, "far": 10})])]
    problem = ReliefProblem([Good("kit", 1, 2)], [Depot("d", 50)], ways, seasons)
    plain, fair = preposition(problem), preposition(problem, equity=0.9)
    assert plain.places == {"near": 1, "far": 0}
    assert fair.places["far"] == pytest.approx(0.9)
    assert fair.cost > plain.cost


def test_more_budget_never_costs_more():
    costs = [preposition(drawn(7), budget=b, search=EXACTLY).cost for b in (0, 20, 50, 100, 200)]
    assert costs == sorted(costs, reverse=True)


def test_weights_make_seasons_likelier_or_leave_them_out():
    problem = drawn(3)
    again = problem.weighted([2, 0, 6])
    assert [(s.name, s.probability) for s in again.seasons] == [("s0", 0.25), ("s2", 0.75)]
    for wrong in ([1, 1], [1, 1, -1], [0, 0, 0], [1, 1, np.nan]):
        with pytest.raises(TwinError, match="weighted"):
            problem.weighted(wrong)


def test_a_plan_names_its_sites_and_its_worst_season():
    told = str(preposition(drawn(1)))
    assert all(part in told for part in ("t kept ready", "at most", "in season s"))
    assert "at most" not in str(judge(drawn(1), preposition(drawn(1))))  # nobody has proven it


GOODS, SITES, CALM = [Good("kit", 1, 2)], [Depot("d", 10)], [ReliefSeason("calm", 1)]
PLAIN = ReliefProblem(GOODS, SITES, [], CALM)


def one(**change):
    return replace(PLAIN, **change)


def hurt(**change):
    return [ReliefSeason("year", 1, [Hit("storm", {"t": 1}, **change)])]


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: ReliefSeason("x", 1.2), "probability must be 0 to 1 share, got 1.2"),
        (lambda: Hit("x", {"t": -1}), "need must be at least 0 people, got -1"),
        (lambda: Hit("x", {"t": np.nan}), "need is a number in people, got nan"),
        (lambda: Hit("x", {}, {"d": 2}), "surviving must be 0 to 1 share, got 2"),
        (lambda: Depot("d", -1), "capacity must be at least 0 kg"),
        (lambda: one(seasons=[ReliefSeason("x", 0.4)]), "sum to 0.4, or one is 0: add a calm"),
        (lambda: one(seasons=[*CALM, ReliefSeason("x", 0)]), "sum to 1, or one is 0"),
        (lambda: one(ways=[Way("e", "t", "road")]), "'e' is not a depot; known are: d"),
        (lambda: one(ways=[Way("d", "t", "cash")]), "'cash' is not a mode"),
        (lambda: one(ways=[Way("d", "t", "road")] * 2), "each name once"),
        (lambda: one(goods=[]), "at least one, got"),
        (lambda: one(depots=SITES * 2), "each name once"),
        (lambda: one(limits={"air": 3}), "'air' is not a mode"),
        (lambda: one(seasons=hurt(surviving={"x": 0})), "'x' is not a depot"),
        (lambda: one(seasons=hurt(shops={"T": 0})), "'T' is not a place; did you mean 't'"),
        (lambda: one(shortage=-1), "shortage must be a finite number of at least 0"),
        (lambda: one(shortage=np.nan), "shortage must be a finite number of at least 0"),
        (lambda: judge(PLAIN, {"D": {"kit": 1}}), "did you mean 'd'"),
        (lambda: judge(PLAIN, {"d": {"kid": 1}}), "did you mean 'kit'"),
        (lambda: judge(PLAIN, {"d": {"kit": 11}}), "together 0 to 10 kg"),
        (lambda: judge(PLAIN, {"d": {"kit": -1}}), "at least 0, together"),
        (lambda: preposition(PLAIN, budget=-5), "or inf, got -5"),
        (lambda: preposition(PLAIN, budget=np.nan), "or inf, got nan"),
        (lambda: preposition(PLAIN, equity=1.1), "equity must be a share"),
        (lambda: preposition(PLAIN, opened=["D"]), "did you mean 'd'"),
        (lambda: preposition(PLAIN, excluded=[["x"]]), "'x' is not a depot"),
        (lambda: preposition(PLAIN, excluded=[["d"], []]), "no plan"),
        (lambda: preposition(PLAIN).outcome("Ike"), "no hit 'Ike'"),
        (
            lambda: preposition(
                one(goods=[Good("kit", 1, 2, lambda h: 2)], ways=[Way("d", "t", "road")],
                    seasons=hurt())
            ),
            r"level\(0\) is 2: give a share",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_explained(mistake, words):
    with pytest.raises(TwinError, match=words):
        mistake()


def test_seasons_that_are_left_out_take_their_places_along():
    """A season may name shops of a place where only another one brings need."""
    one = ReliefSeason("a", 0.5, [Hit("h", {"Z": 5}, shops={"Z": 0.5})])
    other = ReliefSeason("b", 0.5, [Hit("h", {"T": 5}, shops={"Z": 0.5, "T": 0.2})])
    goods, ways = [Good("kit", 1, 2, cash=1.2)], [Way("D", "T", "road")]
    problem = ReliefProblem(goods, [Depot("D", 100, 10)], ways, [one, other])
    alone = problem.weighted([0, 1])
    assert alone.seasons[0].hits[0].shops == {"T": 0.2}
    found = worth(problem)
    assert found.foresight <= found.plan.cost <= found.average_plan.cost


def test_a_good_weighs_something_so_that_a_closed_depot_holds_none():
    with pytest.raises(TwinError, match=r"weight must be at least 0.001"):
        Good("card", 0, 2)
    problem = ReliefProblem([Good("card", 0.001, 2)], [Depot("D", 100, 10)],
                            [Way("D", "T", "road")],
                            [ReliefSeason("a", 1, [Hit("h", {"T": 40})])])  # fmt: skip
    plan = preposition(problem)
    assert (plan.name, round(plan.cost)) == ("D", 110)  # price, holding, and the open depot
    assert judge(problem, plan).cost == pytest.approx(plan.cost)
    assert preposition(problem, opened=[]).coverage == 0
