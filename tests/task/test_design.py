"""Centres and designed networks against every possible choice; searches that stop; mistakes."""

import math
from itertools import combinations, product

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.task.logistics import Search, Site, centres, facilities

INF = math.inf


# -- centres and service distance -------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_centres_are_the_best_of_all_choices(seed):
    draw = np.random.default_rng(seed)
    sites, customers, count = "uvwxyz", "abcdefg", int(draw.integers(1, 4))
    far = {pair: INF if draw.random() < 0.25 else float(draw.integers(0, 40))
           for pair in product(sites, customers)}  # fmt: skip
    best = min(max(min(far[s, c] for s in some) for c in customers)
               for some in combinations(sites, count))  # fmt: skip
    if math.isinf(best):
        with pytest.raises(tl.SolverError, match=f"{count} of 6 sites do not reach everybody"):
            centres(far, count)
        return
    plan = centres(far, count)
    assert plan.distance == best == max(far[plan.nearest[c], c] for c in customers)
    assert len(plan.open) <= count
    assert {*plan.nearest.values()} <= {*plan.open}


def test_a_service_distance_costs_more_and_is_kept():
    cost = {("n", "a"): 1, ("n", "b"): 2, ("s", "a"): 9, ("s", "b"): 1}
    far = {("n", "a"): 10, ("n", "b"): 70, ("s", "a"): 20, ("s", "b"): 10}
    sites, demand = {"n": Site(3), "s": Site(50)}, {"a": 4, "b": 4}
    free, near = (facilities(sites, demand, {p: usd if far[p] <= most else INF
                                             for p, usd in cost.items()})
                  for most in (INF, 50))  # fmt: skip
    assert (free.open, free.cost) == (("n",), 15)
    assert (near.open, near.cost) == (("n", "s"), 61)
    assert near.links == (("n", "a", 4), ("s", "b", 4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: centres({}, 1), "no distance for any pair"),
        (lambda: centres({("n", "a"): 1, ("s", "b"): 1}, 1), r"no distance for .*'n', 'b'"),
        (lambda: centres({("n", "a"): math.nan}, 1), "must be a number of at least 0, or inf"),
        (lambda: centres({("n", "a"): -1}, 1), "must be a number of at least 0, or inf"),
        (lambda: centres({("n", "a"): 1}, 0), "count must be a whole number of at least 1"),
        (lambda: centres({("n", "a"): INF}, 1), "do not reach everybody: allow more"),
        (lambda: Search(gap=math.nan), "gap is a number in share"),
        (lambda: Search(gap=-0.1), "gap must be at least 0"),
        (lambda: Search(time_limit=-1), "time_limit must be at least 0"),
    ],
)  # fmt: skip
def test_distances_of_no_sense_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


# -- a search that stops before the proof -----------------------------------------------------


def knapsack(search):
    """Sixty things in thirty sacks: a proof takes seconds."""
    draw = np.random.default_rng(0)
    weights, worth = draw.integers(1, 100, (30, 60)), draw.integers(1, 100, 60)
    rows = [Constraint(dict(enumerate(map(float, w))), high=w.sum() / 2) for w in weights]
    costs = {at: -float(usd) for at, usd in enumerate(worth)}
    return minimize(costs, rows, "too heavy", dict.fromkeys(costs, (0, 1)), {*costs}, search)


def test_a_search_that_may_stop_says_how_far_the_optimum_may_be():
    """The bound -2,120 is below the optimum -2,090; what is found lies within its gap of it."""
    near = knapsack(Search(gap=0.05))
    assert 0 < near.gap <= 0.05
    assert near.cost * (1 + near.gap) <= -2090 <= near.cost


def test_time_that_runs_out_leaves_a_plan_with_its_gap_or_says_that_there_is_none():
    with pytest.raises(tl.SolverError, match=r"no plan found in 1e-09 s: give more time .*HiGHS"):
        knapsack(Search(time_limit=1e-9))
    late = knapsack(Search(time_limit=0.5))
    assert late.gap > 0
    assert late.cost * (1 + late.gap) <= -2090 <= late.cost
    with pytest.raises(tl.SolverError, match="no plan found in 0 s"):
        facilities({"n": Site(3)}, {"a": 4}, {("n", "a"): 1}, search=Search(time_limit=0))


def test_a_proven_plan_has_no_gap():
    plan = facilities({"n": Site(3)}, {"a": 4}, {("n", "a"): 1}, search=Search(0.1, 60))
    assert (plan.cost, plan.gap) == (7, 0)
