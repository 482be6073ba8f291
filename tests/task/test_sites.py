"""Sites, flows and lots against every possible plan; pairs that may not be; numbers of no sense."""

import math
from contextlib import suppress
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from twinlab.task.inventory import wagner_whitin
from twinlab.task.logistics import (
    Arc,
    Site,
    facilities,
    gravity_location,
    network_flow,
)

INF = math.inf


def by_trying(sites, demand, cost):
    """The least cost with each customer served from one site, over all assignments."""
    best = INF
    for chosen in product(sites, repeat=len(demand)):
        loads = dict.fromkeys(sites, 0.0)
        total = sum(sites[s].fixed_cost for s in set(chosen))
        for site, (customer, units) in zip(chosen, demand.items(), strict=True):
            loads[site] += units
            total += units * cost[site, customer] if units else 0.0
        if all(loads[s] <= sites[s].capacity for s in sites):
            best = min(best, total)
    return best


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("small", [True, False])
def test_single_sourcing_with_forbidden_pairs_is_the_best_of_all(seed, small):
    draw = np.random.default_rng(seed)
    sites = {s: Site(float(draw.integers(0, 60)), float(draw.integers(5, 14)) if small else INF)
             for s in "xyz"}  # fmt: skip
    demand = {c: float(draw.integers(1, 8)) for c in "abcd"}
    cost = {(s, c): INF if draw.random() < 0.3 else float(draw.integers(1, 20))
            for s in sites for c in demand}  # fmt: skip
    best = by_trying(sites, demand, cost)
    if math.isinf(best):
        with pytest.raises(tl.SolverError, match=r"no site may serve|no choice of"):
            facilities(sites, demand, cost, single=True)
        return
    plan = facilities(sites, demand, cost, single=True)
    assert plan.cost == pytest.approx(best)
    assert len(plan.links) == len(demand)
    split = facilities(sites, demand, cost)
    assert split.cost <= plan.cost + 1e-9 if small else split.cost == pytest.approx(best)
    assert all(cost[s, c] < INF for s, c, _ in split.links)


def test_who_asks_for_nothing_needs_no_site():
    """No site may serve a, and one near b would cost 40 more; without any demand none is open."""
    sites = {"near b": Site(50), "cheap": Site(10)}
    cost = {("near b", "a"): INF, ("cheap", "a"): INF, ("near b", "b"): 1, ("cheap", "b"): INF,
            ("near b", "c"): 1, ("cheap", "c"): 2}  # fmt: skip
    plan = facilities(sites, {"a": 0, "b": 0, "c": 3}, cost)
    assert (plan.open, plan.cost) == (("cheap",), 16)
    assert facilities(sites, {"a": 0, "c": 0}, cost).open == ()
    assert facilities(sites, {"c": 3, "a": 0}, cost, single=True).links == (("cheap", "c", 3.0),)


def test_a_service_distance_opens_both():
    cost = {("n", "a"): 1, ("n", "b"): INF, ("s", "a"): INF, ("s", "b"): 1}
    plan = facilities({"n": Site(30), "s": Site(50)}, {"a": 4, "b": 4}, cost)
    assert (plan.cost, plan.open) == (88, ("n", "s"))
    assert plan.links == (("n", "a", 4.0), ("s", "b", 4.0))


ONE = {"sites": {"n": Site(3, 9)}, "demand": {"a": 4}, "cost": {("n", "a"): 1}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cost": {("n", "a"): INF}}, "no site may serve 'a'"),
        ({"cost": {("n", "a"): math.nan}}, "must be a number of at least 0, or inf, got nan"),
        ({"cost": {("n", "a"): -1}}, "cost.* must be a number of at least 0"),
        ({"cost": {}}, "no cost per unit for"),
        ({"demand": {"a": math.nan}}, r"demand\['a'\] must be a finite number of at least 0"),
        ({"demand": {"a": -4}}, r"demand\['a'\] must be"),
        ({"demand": {"a": INF}}, r"demand\['a'\] must be"),
        ({"demand": {"a": 40}}, "capacities sum to 9 and 40 is wanted"),
        ({"demand": {}}, "no cost per unit .* add it, or inf"),
        ({"count": 0}, "count must be a whole number of at least 1"),
        ({"count": 3}, "no choice of 3 of 1 sites"),
    ],
)
def test_what_cannot_be_sited_is_told(change, words):
    with pytest.raises(tl.TwinError, match=words):
        facilities(**(ONE | change))


WAYS = [Arc("plant", "depot", 1), Arc("depot", "shop", 2), Arc("plant", "shop", 5)]


def test_a_supply_without_limit_is_a_supply():
    plan = network_flow(WAYS, {"plant": INF}, {"shop": 10}, throughput={"depot": INF})
    assert (plan.cost, plan.relief["plant"], plan.relief["depot"]) == (30, 0, 0)


@pytest.mark.parametrize(
    ("supply", "demand", "words"),
    [
        ({"plant": math.nan}, {"shop": 1}, r"supply\['plant'\] must be"),
        ({"plant": -5}, {"shop": 1}, r"supply\['plant'\] must be"),
        ({"plant": 5}, {"shop": -1}, r"demand\['shop'\] must be"),
        ({"plant": 5}, {"shop": 9}, "no plan serves every demand"),
        ([5], {"shop": 9}, "supply must be a mapping of text to number"),
    ],
)
def test_a_flow_of_no_sense_is_told(supply, demand, words):
    with pytest.raises(tl.TwinError, match=words):
        network_flow(WAYS, supply, demand)


@pytest.mark.parametrize(
    ("points", "weights"),
    [
        ([(0, 0), (1, math.nan)], [1, 1]), ([(0, 0), (1, 1)], [1, 0]), ([(0, 0)], [1, 1]), ([], []),
        ([(0, 0, 0)], [1]), ([(0, "x")], [1]), ([(0, 0), (1, 2)], [1, math.nan]), (3, [1]),
    ],
)  # fmt: skip
def test_a_centre_of_nothing_is_told(points, weights):
    with pytest.raises(tl.TwinError, match="gravity_location"):
        gravity_location(points, weights)


# -- lots -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_lots_are_the_best_of_all_choices_of_periods(seed):
    draw = np.random.default_rng(seed)
    needs = draw.integers(0, 90, 6) * (draw.random(6) < 0.8) + (np.arange(6) == 0)
    prices, best = draw.integers(1, 5, 6), INF
    for chosen in product([False, True], repeat=5):
        ordered, cost = 0, 0.0
        for t, units in enumerate(needs):
            if t == 0 or chosen[t - 1]:
                ordered, cost = t, cost + 70
            cost += units * (prices[ordered] + 1.5 * (t - ordered))
        best = min(best, cost)
    plan = wagner_whitin(needs, 70, 1.5, prices)
    assert plan.cost == pytest.approx(best)
    assert sum(plan.orders) == needs.sum()
    assert wagner_whitin(pd.Series(needs), 70, 1.5, list(prices)) == plan


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (([10, math.nan, 20], 100, 1), r"demand\[1\] must be .* got nan: fill in or leave out"),
        (([10, -1], 100, 1), r"demand\[1\] must be a finite number of at least 0, got -1"),
        (([10, INF], 100, 1), r"demand\[1\] must be a finite number"),
        (([10, None], 100, 1), r"demand\[1\] must be"),
        (([], 100, 1), "0 periods"),
        (([10], math.nan, 1), "setup must be"),
        (([10], 100, -1), "holding must be"),
        (([10], 100, 1, [math.nan]), r"unit_costs\[0\] must be"),
        ((pd.Series([1.0, None]), 100, 1), r"demand\[1\] must be"),
    ],
)
def test_lots_of_no_sense_are_told(given, words):
    with pytest.raises(tl.TwinError, match=words):
        wagner_whitin(*given)


def test_ways_with_a_fixed_cost_are_opened_only_if_that_is_cheapest():
    """Every choice of open ways is tried: the program finds the cheapest, and its cost."""
    generator = np.random.default_rng(3)
    sources, shops = {"a": 9.0, "b": 9.0}, {"x": 4.0, "y": 5.0, "z": 6.0}
    pairs = list(product(sources, shops))
    costs, fees = generator.integers(1, 9, 6), generator.integers(5, 25, 6)
    ways = [Arc(*pair, c, 7, fee) for pair, c, fee in zip(pairs, costs, fees, strict=True)]
    plan, least = network_flow(ways, sources, shops), INF
    for chosen in product([False, True], repeat=6):
        some = [way for way, kept in zip(ways, chosen, strict=True) if kept]
        with suppress(tl.TwinError):
            free = [replace(way, fixed_cost=0) for way in some]
            fixed = sum(way.fixed_cost for way in some)
            least = min(least, network_flow(free, sources, shops).cost + fixed)
    assert plan.cost == pytest.approx(least)
    opened = [(way, x) for way, x in zip(ways, plan.by_arc, strict=True) if x > 1e-9]
    assert plan.cost == pytest.approx(sum(way.fixed_cost + way.cost * x for way, x in opened))
    assert len(opened) < 6
    assert (plan.price, plan.relief) == ({}, {})


@pytest.mark.parametrize("scale", [1e-9, 1e-6, 1e9])
def test_the_best_place_is_the_same_in_any_unit(scale):
    points = [(0.13, 0.85), (0.76, 0.26), (0.5, 0.45), (0.65, 0.79), (0.09, 0.03), (0.84, 0.43)]
    weights = [0.7, 0.2, 0.9, 0.4, 0.6, 0.5]
    one = gravity_location(points, weights)
    two = gravity_location(
        [(x * scale, y * scale) for x, y in points], [w * scale for w in weights]
    )
    assert (two.x / scale, two.y / scale) == pytest.approx((one.x, one.y), abs=1e-6)
    assert two.cost / scale**2 == pytest.approx(one.cost)
