"""Routes against every possible plan: full vehicles, missing roads, one-way streets."""

import math
from itertools import combinations, pairwise, permutations

import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from twinlab.task.logistics import Fleet, route

INF = math.inf


def by_trying(table, needs, fleet):
    """The least length of all plans (needs as whole numbers or fractions), inf if there is none."""
    count, best = len(table), INF
    for order in permutations(range(1, count)):
        for cuts in range(min(fleet.vehicles, count - 1)):
            for places in combinations(range(1, count - 1), cuts):
                ends = [0, *places, count - 1]
                tours = [[0, *order[a:b], 0] for a, b in pairwise(ends)]
                lengths = [sum(table[a][b] for a, b in pairwise(tour)) for tour in tours]
                loads = [sum(needs[at] for at in tour) for tour in tours]
                if max(loads) <= fleet.capacity and max(lengths) <= fleet.reach:
                    best = min(best, sum(lengths))
    return best


def planned(table, needs, fleet, unit=1.0, iterations=200):
    names = [str(k) for k in range(len(table))]
    demand = {name: need * unit for name, need in zip(names[1:], needs[1:], strict=True)}
    return route(names, table, fleet, demand=demand, iterations=iterations)


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_is_shorter(seed):
    """Five places; ways differ there and back, a fifth of them are missing, vehicles are small."""
    draw = np.random.default_rng(seed)
    table = draw.integers(1, 30, (6, 6)).astype(float)
    table[draw.random((6, 6)) < 0.2] = INF
    np.fill_diagonal(table, 0)
    needs = [0, *draw.integers(0, 5, 5).tolist()]
    fleet = Fleet(int(draw.integers(1, 4)), int(draw.integers(5, 9)),
                  reach=float(draw.choice([60, INF])))  # fmt: skip
    best = by_trying(table, needs, fleet)
    if math.isinf(best):
        with pytest.raises(tl.SolverError, match="route: "):
            planned(table, needs, fleet)
        return
    plan = planned(table, needs, fleet)
    assert plan.distance == best
    assert sorted(p for tour in plan.tours for p in tour[1:-1]) == list("12345")


@pytest.mark.parametrize("unit", [0.1, 0.01, 1 / 3, 1 / 7, 1e-9, 0.001, 1e6])
@pytest.mark.parametrize("seed", range(3))
def test_vehicles_may_be_exactly_full_in_any_unit(seed, unit):
    """Three vehicles that must all be full: the plan is that of whole units."""
    draw = np.random.default_rng(seed)
    xy = draw.integers(0, 50, (7, 2))
    table = np.abs(xy[:, None] - xy[None]).sum(-1)
    needs = [0, 4, 3, 5, 2, 6, 1]
    whole = planned(table, needs, Fleet(3, 7))
    part = planned(table, needs, Fleet(3, 7 * unit), unit)
    assert part.distance == whole.distance == by_trying(table, needs, Fleet(3, 7))
    assert part.loads == pytest.approx([7 * unit] * 3)


@pytest.mark.parametrize("unit", [0.1, 1 / 3, 0.01, 1e6])
def test_a_vehicle_that_is_a_little_too_small_stays_so(unit):
    table = np.ones((4, 4))
    with pytest.raises(tl.SolverError, match="carry"):
        planned(table, [0, 3, 3, 3], Fleet(3, 2.999 * unit), unit, iterations=20)
    with pytest.raises(tl.SolverError, match="served by one vehicle at once"):
        planned(table, [0, 3, 3, 3], Fleet(2, 5.5 * unit), unit, iterations=20)


def test_drawn_loads_fill_a_vehicle_to_the_last_digit():
    """Numbers without a common measure: a capacity that is the float sum of three of them."""
    needs = [0.0, *np.random.default_rng(3).random(6).tolist()]
    xy = np.random.default_rng(4).random((7, 2))
    table = np.hypot(*(xy[:, None] - xy[None]).T)
    fleet = Fleet(2, max(sum(needs[1:4]), sum(needs[4:])))
    plan = planned(table, needs, fleet)
    slack = Fleet(2, fleet.capacity * (1 + 1e-12))
    assert plan.distance == pytest.approx(by_trying(table, needs, slack))


def test_a_reach_in_tenths_is_met_exactly():
    """0.1 + 0.2 + 0.3 out and back along a street is 1.2, whatever floats say of the sum."""
    at = np.array([0, 0.1, 0.3, 0.6])
    table = np.abs(at[:, None] - at[None])
    assert planned(table, [0, 1, 1, 1], Fleet(1, reach=1.2)).distance == pytest.approx(1.2)
    with pytest.raises(tl.SolverError, match=r"'3' and back is 1\.2 long"):
        planned(table, [0, 1, 1, 1], Fleet(1, reach=1.19))


@pytest.mark.parametrize("scale", [1e-12, 1e9, 1e15, 1e300])
def test_tables_may_be_in_any_unit(scale):
    xy = np.random.default_rng(2).integers(0, 9, (6, 2))
    table = np.abs(xy[:, None] - xy[None]).sum(-1)
    best = by_trying(table, [0] * 6, Fleet(1))
    plan = planned(table * scale, [0] * 6, Fleet(1))
    assert plan.distance == pytest.approx(best * scale)


def test_one_customer_and_nothing_to_carry():
    for fleet in (Fleet(1), Fleet(3, 0), Fleet(1, 5, reach=7)):
        assert planned([[0, 3], [4, 0]], [0, 0], fleet).tours == (("0", "1", "0"),)
    assert planned([[0, 3], [4, 0]], [0, 5], Fleet(2, 5)).loads == (5.0,)


def test_the_diagonal_says_nothing():
    for itself in (INF, math.nan, -1.0, 7.0):
        assert planned([[itself, 3], [4, itself]], [0, 0], Fleet(1)).distance == 7


def test_a_one_way_street_is_not_driven_backwards():
    """d→a→b→c→d is the only round trip."""
    table = [[0, 1, INF, INF], [INF, 0, 1, INF], [INF, INF, 0, 1], [1, INF, INF, 0]]
    frame = pd.DataFrame(table)
    plan = route(["d", "a", "b", "c"], frame, Fleet(2), iterations=100)
    assert plan.tours == (("d", "a", "b", "c", "d"),)


@pytest.mark.parametrize(
    ("table", "fleet", "words"),
    [
        ([[0, 1, INF], [1, 0, INF], [1, 1, 0]], Fleet(1), "'2' and back is inf long"),
        ([[0, 1, 1], [1, 0, 1], [INF, INF, 0]], Fleet(1), "'2' and back is inf long"),
        ([[0, 5, 9], [5, 0, 9], [9, 9, 0]], Fleet(2, reach=15), "'2' and back is 18 long"),
        ([[0, 1, 1], [1, 0, INF], [1, INF, 0]], Fleet(1), "on the ways that exist"),
        ([[0, 5, 5], [5, 0, 9], [5, 9, 0]], Fleet(1, reach=15), "within capacity and reach"),
    ],
)
def test_what_no_vehicle_can_do_is_told_with_the_reason(table, fleet, words):
    with pytest.raises(tl.SolverError, match=words):
        planned(table, [0, 0, 0], fleet, iterations=30)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distances": [[0, math.nan], [1, 0]]}, "'D' → 'a' must be a number .* got nan"),
        ({"distances": [[0, 1], [-2, 0]]}, "'a' → 'D' must be .* got -2"),
        ({"distances": [[0, "far"], [1, 0]]}, "a table of numbers"),
        ({"distances": [[0, 1], [1]]}, "a table of numbers"),
        ({"distances": None}, "got shape"),
        ({"distances": {"D": 1}}, "a table of numbers"),
        ({"names": ["D"], "distances": [[0]]}, "at least one other place"),
        ({"names": ["D", "D"]}, "each place once"),
        ({"demand": {"a": -1}}, r"demand\['a'\] must be a finite number of at least 0 .*, got -1"),
        ({"demand": {"a": math.nan}}, r"demand\['a'\] must be"),
        ({"demand": {"D": 1}}, "no depot"),
        ({"demand": [3]}, "demand must be a mapping of text to finite number"),
        ({"iterations": 0}, "iterations must be a whole number of at least 1"),
        ({"seed": -1}, "seed must be a whole number"),
    ],
)
def test_mistakes_are_explained(change, words):
    given = {"names": ["D", "a"], "distances": [[0, 1], [1, 0]], "fleet": Fleet(1)} | change
    with pytest.raises(tl.ScenarioError, match=words):
        route(**given)
