"""Pre-positioning against enumeration, its own laws, and nonsense."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from twinlab import NetworkError, TwinError
from twinlab.task.logistics import (
    Depot,
    Storm,
    StormSeason,
    judge_stocks,
    preposition,
    value_of_stochastic_solution,
)


def drawn(seed, depots=3, towns=3, storms=4):
    """A season at random: some ways are missing, some stock is lost."""
    rng = np.random.default_rng(seed)
    sites = [Depot(f"d{i}", rng.integers(20, 80), rng.integers(5, 60), rng.uniform(0.1, 1))
             for i in range(depots)]  # fmt: skip
    chances = rng.dirichlet(np.ones(storms))
    chances[-1] = 1 - chances[:-1].sum()
    hits = [
        Storm(
            f"s{s}", chances[s],
            {f"t{j}": float(rng.integers(0, 50)) for j in range(towns) if rng.random() < 0.7},
            {f"d{i}": float(rng.choice([0, 0.5])) for i in range(depots) if rng.random() < 0.4},
        )
        for s in range(storms)
    ]  # fmt: skip
    ways = {(f"d{i}", f"t{j}"): rng.uniform(0.5, 5)
            for i in range(depots) for j in range(towns) if rng.random() < 0.9}  # fmt: skip
    return StormSeason(sites, hits, ways, shortage_cost=10.0)


def by_enumeration(season, budget):
    """Every set of open depots, each with a dense linear program written out anew."""
    names = [d.name for d in season.depots]
    moves = [(s, d, p) for s in season.storms for d in names for p in s.need
             if (d, p) in season.transport]  # fmt: skip
    gaps = [(s, p) for s in season.storms for p in s.need]
    chosen = [*names, *moves, *gaps]
    cost = [d.unit_cost for d in season.depots]
    cost += [s.probability * season.transport[d, p] for s, d, p in moves]
    cost += [s.probability * season.shortage_cost for s, _ in gaps]
    stock = [[-s.surviving.get(d, 1.0) * (v == d) + (v[:2] == (s, d)) for v in chosen]
             for s in season.storms for d in names]  # fmt: skip
    spent = [d.unit_cost for d in season.depots] + [0.0] * (len(chosen) - len(names))
    met = [[float(v == (s, p) or (v in moves and v[0] is s and v[2] == p)) for v in chosen]
           for s, p in gaps]  # fmt: skip
    found = []
    for opened in product([0, 1], repeat=len(names)):
        fixed = sum(d.fixed_cost * y for d, y in zip(season.depots, opened, strict=True))
        bounds = [(0, d.capacity * y) for d, y in zip(season.depots, opened, strict=True)]
        bounds += [(0, None)] * (len(chosen) - len(names))
        limits = [budget - fixed] + [0.0] * len(stock)
        best = linprog(cost, [spent, *stock], limits, met, [s.need[p] for s, p in gaps], bounds)
        found += [best.fun + fixed] if best.status == 0 else []
    return min(found)


@pytest.mark.parametrize("budget", [1e6, 60.0, 0.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_plan_is_the_best_of_all_sets_of_depots(seed, budget):
    season = drawn(seed)
    assert preposition(season, budget).cost == pytest.approx(
        by_enumeration(season, budget), rel=1e-6
    )


@pytest.mark.parametrize("seed", range(10))
def test_foresight_beats_the_plan_and_the_plan_beats_the_average(seed):
    """WS ≤ RP ≤ EEV (Madansky's inequalities)."""
    found = value_of_stochastic_solution(drawn(seed, depots=4, towns=4, storms=6))
    slack = 1e-6 * found.plan.cost
    assert found.foresight <= found.plan.cost + slack
    assert found.plan.cost <= found.average_plan.cost + slack
    assert found.stochastic_solution >= -slack
    assert found.perfect_information >= -slack


def test_a_sure_storm_leaves_nothing_to_know():
    depots = [Depot("near", 100, 10, 1)]
    season = StormSeason(depots, [Storm("hit", 1, {"t": 5})], {("near", "t"): 1}, 20)
    found = value_of_stochastic_solution(season)
    assert found.stochastic_solution == pytest.approx(0)
    assert found.perfect_information == pytest.approx(0)


@pytest.mark.parametrize("shortage", [1.5, 4, 30])
def test_one_depot_is_a_newsvendor(shortage):
    """Stock up to the smallest need whose probability reaches (π − t − c) / (π − t)."""
    needs, way, hold = [10, 20, 30, 40], 1.0, 0.9
    storms = [Storm(f"s{n}", 0.25, {"t": n}) for n in needs]
    season = StormSeason([Depot("d", 100, 0, hold)], storms, {("d", "t"): way}, shortage)
    ratio = (shortage - way - hold) / (shortage - way)
    level = next((n for i, n in enumerate(needs) if (i + 1) / 4 >= ratio), 40) if ratio > 0 else 0
    assert preposition(season).stocks["d"] == pytest.approx(level)


@pytest.mark.parametrize("seed", range(5))
def test_goods_are_neither_made_nor_forgotten(seed):
    season = drawn(seed)
    plan = preposition(season, 90.0)
    assert plan.first_stage <= 90 + 1e-6
    for storm, outcome in zip(season.storms, plan.outcomes, strict=True):
        for depot in season.depots:
            sent = sum(x for (d, _), x in outcome.shipments.items() if d == depot.name)
            share = storm.surviving.get(depot.name, 1)
            assert sent <= plan.stocks[depot.name] * share + 1e-6
        assert sum(outcome.shipments.values()) == pytest.approx(outcome.served)
        assert 0 <= outcome.coverage <= 1
        shipping = sum(season.transport[w] * x for w, x in outcome.shipments.items())
        missed = season.shortage_cost * (outcome.need - outcome.served)
        assert outcome.cost == pytest.approx(shipping + missed)
    expected = sum(o.probability * o.cost for o in plan.outcomes)
    assert plan.cost == pytest.approx(plan.first_stage + expected)


def test_more_budget_never_costs_more():
    season = drawn(7, depots=4, towns=4, storms=6)
    costs = [preposition(season, budget).cost for budget in (0, 20, 50, 100, 200)]
    assert costs == sorted(costs, reverse=True)


def test_a_plan_judged_again_is_itself():
    season = drawn(2)
    plan = preposition(season)
    again = judge_stocks(season, plan.stocks)
    assert again.cost == pytest.approx(plan.cost)
    assert again.reliability == plan.reliability


def test_reliability_adds_the_chances_of_seasons_without_shortage():
    storms = [Storm("calm", 0.5), Storm("small", 0.3, {"t": 10}), Storm("big", 0.2, {"t": 90})]
    season = StormSeason([Depot("d", 100)], storms, {("d", "t"): 1}, 5)
    plan = judge_stocks(season, {"d": 40})
    assert plan.reliability == pytest.approx(0.8)
    assert plan.coverage == pytest.approx((0.3 * 10 + 0.2 * 40) / (0.3 * 10 + 0.2 * 90))


SITES, CALM = [Depot("d", 10)], [Storm("calm", 1)]


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: Storm("x", 1.2), "probability must be 0 to 1 share, got 1.2"),
        (lambda: Storm("x", 0.2, {"t": -1}), "need must be at least 0 units, got -1"),
        (lambda: Storm("x", 0.2, {}, {"d": 2}), "surviving must be 0 to 1 share, got 2"),
        (lambda: StormSeason(SITES, [Storm("x", 0.4)], {}, 1), "sum to 0.4, not 1: add a calm"),
        (lambda: StormSeason(SITES, CALM, {("e", "t"): 1}, 1), "'e' is not a depot"),
        (
            lambda: StormSeason(SITES, CALM, {}, -1),
            "shortage_cost must be a finite number of at",
        ),
        (lambda: judge_stocks(StormSeason(SITES, CALM, {}, 1), {"D": 1}), "did you mean 'd'"),
        (lambda: judge_stocks(StormSeason(SITES, CALM, {}, 1), {"d": 11}), "give 0 to 10"),
        (
            lambda: preposition(StormSeason(SITES, CALM, {}, 1), -5),
            "or inf, got -5",
        ),
    ],
)
def test_mistakes_are_explained(mistake, words):
    with pytest.raises(TwinError, match=words):
        mistake()


def test_a_depot_says_how_much_it_holds():
    with pytest.raises(NetworkError, match="capacity must be at least 0 units"):
        Depot("d", -1)
