"""Routes in time: windows, service, shifts, several depots, unlike vehicles, stops left out.

Every plan is driven again by a loop of its own, and small ones are compared with all plans there
are; of what is published: C101.25, R101.25 and .50 (Solomon 1987, optima of Kohl et al. 1999), p01.
"""

import json
import math
from dataclasses import replace
from itertools import pairwise, permutations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from twinlab.task.logistics import Fleet, Stop, route

INF = math.inf


def timed(fleet, stops, tour, times):
    """The shortest duration of a tour and its latest start: (start, end), None if it is too late.

    Forward: as early as can be. Backward from that end: as late as can be.
    """
    now = fleet.earliest
    for a, b in pairwise(tour):
        now = max(now + times[a][b], stops[b].earliest)
        if now > stops[b].latest + 1e-9:
            return None
        now += stops[b].service
    end = late = now
    for a, b in reversed([*pairwise(tour)]):
        late = min(late - stops[b].service, stops[b].latest) - times[a][b]
    return None if end > fleet.latest + 1e-9 or end - late > fleet.shift + 1e-9 else (late, end)


def cost_of(fleet, stops, tour, table, times):
    """What a tour costs, inf if it may not be driven."""
    length = sum(table[a][b] for a, b in pairwise(tour))
    units = sum(stops[at].units for at in tour[1:-1])
    when = timed(fleet, stops, tour, times)
    if not when or units > fleet.capacity or length > fleet.reach or length == INF:
        return INF
    hours = when[1] - when[0]
    return fleet.fixed_cost + fleet.cost_per_distance * length + fleet.cost_per_time * hours


def by_trying(table, times, fleets, homes, stops):
    """The least cost of all plans: each stop left out or driven by some vehicle, in any order."""
    places = [at for at in range(len(table)) if at not in homes]
    cars = [k for k, fleet in enumerate(fleets) for _ in range(fleet.vehicles)]
    best_tour = {}

    def cheapest(k, visit):
        if (k, visit) not in best_tour:
            orders = ([homes[k], *order, homes[k]] for order in permutations(visit))
            costs = (cost_of(fleets[k], stops, order, table, times) for order in orders)
            best_tour[k, visit] = min(costs) if visit else 0.0
        return best_tour[k, visit]

    best = INF
    for choice in product(range(-1, len(cars)), repeat=len(places)):
        cost = sum(
            INF if stops[at].prize is None else stops[at].prize
            for at, car in zip(places, choice, strict=True)
            if car < 0
        )
        for car, k in enumerate(cars):
            if cost < best:
                visit = (at for at, one in zip(places, choice, strict=True) if one == car)
                cost += cheapest(k, tuple(visit))
        best = min(best, cost)
    return best


def drawn(seed, digits=0):
    """Five stops and two depots, all that there is in small: a job with two unlike fleets."""
    draw = np.random.default_rng(seed)
    xy = draw.random((7, 2)) * 20
    table = np.round(np.hypot(*(xy[:, None] - xy[None]).T), digits)
    times = np.round(table * draw.uniform(0.5, 2), digits)
    stops = [Stop(), Stop()]
    for _ in range(5):
        early = float(draw.integers(0, 40))
        prize = float(draw.integers(0, 40)) if draw.random() < 0.4 else None
        late = early + float(draw.integers(5, 60))
        stops.append(Stop(draw.integers(0, 5), early, late, float(draw.integers(0, 5)), prize))
    fleets = [
        Fleet(1, 12, reach=60, fixed_cost=15, cost_per_distance=0.7, shift=70, latest=110),
        Fleet(2, 7, depot="1", fixed_cost=4, cost_per_distance=1.3,
              cost_per_time=float(draw.choice([0, 0.25])), earliest=5),
    ]  # fmt: skip
    return table, times, fleets, stops


def planned(table, times, fleets, stops, **more):
    names = [str(at) for at in range(len(table))]
    homes = {fleet.depot or "0" for fleet in fleets}
    demand = {name: stop for name, stop in zip(names, stops, strict=True) if name not in homes}
    return route(names, (table, times), fleets, demand=demand, **{"iterations": 1000} | more)


@pytest.mark.parametrize("seed", range(14))
def test_no_plan_costs_less(seed):
    table, times, fleets, stops = drawn(seed)
    best = by_trying(table.tolist(), times.tolist(), fleets, [0, 1], stops)
    if best == INF:
        with pytest.raises(tl.SolverError, match="route: "):
            planned(table, times, fleets, stops)
    else:
        assert planned(table, times, fleets, stops).cost == pytest.approx(best)


@pytest.mark.parametrize("seed", range(200, 212))
def test_units_do_not_matter(seed):
    """Metres or thousands of miles, seconds or weeks, grams, cents: the same plan is the best."""
    table, times, fleets, stops = drawn(seed, digits=(0, 1, 12)[seed % 3])
    best = by_trying(table.tolist(), times.tolist(), fleets, [0, 1], stops)
    km, hour, usd, ton = 10.0 ** np.random.default_rng(seed).integers(-6, 7, 4)
    there = [
        Fleet(f.vehicles, f.capacity * ton, f.reach * km, f.depot, f.fixed_cost * usd,
              f.cost_per_distance * usd / km, f.cost_per_time * usd / hour, f.shift * hour,
              f.earliest * hour, f.latest * hour)
        for f in fleets
    ]  # fmt: skip
    wanted = [
        Stop(s.units * ton, s.earliest * hour, s.latest * hour, s.service * hour,
             None if s.prize is None else s.prize * usd)
        for s in stops
    ]  # fmt: skip
    if best == INF:
        with pytest.raises(tl.SolverError, match="route: "):
            planned(table * km, times * hour, there, wanted)
    else:
        plan = planned(table * km, times * hour, there, wanted, iterations=2000)
        assert plan.cost == pytest.approx(best * usd)


def test_clocks_may_begin_anywhere():
    """Seconds since 1970, in quarters: the same plan, that much later."""
    table, times, fleets, stops = drawn(3)
    zero = 1.7e9 + 0.25
    first = planned(table, times, fleets, stops)
    rows = [replace(r, earliest=r.earliest + zero, latest=r.latest + zero) for r in fleets + stops]
    later = planned(table, times, rows[:2], rows[2:])
    assert later.tours == first.tours
    assert later.arrivals[0] == pytest.approx([zero + at for at in first.arrivals[0]], rel=1e-12)


@pytest.mark.parametrize("limit", [{"reach": 400}, {"shift": 400}, {"latest": 400}, {}])
def test_few_units_in_few_vehicles_on_drawn_roads(limit):
    """Lengths without a common measure, loads of one or two: the search finds what fits."""
    draw = np.random.default_rng(5)
    xy, units = draw.random((25, 2)) * 100, draw.integers(1, 9, 25)
    table = np.hypot(*(xy[:, None] - xy[None]).T)
    fleet = Fleet(4, math.ceil(units[1:].sum() / 4 * 1.02), **limit)
    plan = planned(table, table, [fleet], [Stop(each) for each in units])
    assert plan.distance == pytest.approx(737.35, rel=0.01)  # the least of many searches


def drive(tour, arrivals, times, stops):
    """When a vehicle is back and how long it waited; each arrival in its window, and as told."""
    now, waited = arrivals[0], 0.0
    for (a, b), there in zip(pairwise(tour), arrivals[1:], strict=True):
        assert there == pytest.approx(now + times[a][b])
        assert there <= stops[b].latest + 1e-6
        now = max(there, stops[b].earliest)
        waited += now - there
        now += stops[b].service
    return now, waited


@pytest.mark.parametrize("digits", [0, 1, 12])
@pytest.mark.parametrize("seed", range(10))
def test_a_plan_keeps_what_it_says(seed, digits):
    """All figures of a plan, by driving it: windows, waiting, loads, costs, who is left out."""
    table, times, fleets, stops = drawn(100 + seed, digits)
    try:
        plan = planned(table, times, fleets, stops)
    except tl.SolverError:
        pytest.skip("nobody can serve these")
    seen, total = [], 0.0
    rows = zip(plan.tours, plan.fleets, plan.lengths, plan.loads, plan.arrivals, plan.waiting,
               plan.costs, strict=True)  # fmt: skip
    for names, k, length, load, arrivals, waiting, cost in rows:
        fleet, tour = fleets[k], [int(name) for name in names]
        assert tour[0] == tour[-1] == (0, 1)[k]
        assert length == pytest.approx(sum(table[a][b] for a, b in pairwise(tour)))
        assert load == sum(stops[at].units for at in tour[1:-1]) <= fleet.capacity
        assert length <= fleet.reach + 1e-6
        assert arrivals[0] >= fleet.earliest - 1e-6
        now, waited = drive(tour, arrivals, times, stops)
        assert now <= fleet.latest + 1e-6
        hours = now - arrivals[0]
        assert hours <= fleet.shift + 1e-6
        late, end = timed(fleet, stops, tour, times)
        assert hours == pytest.approx(end - late)  # nobody is away for longer than must be
        assert waiting == pytest.approx(waited, abs=1e-6)
        assert cost == pytest.approx(
            fleet.fixed_cost + fleet.cost_per_distance * length + fleet.cost_per_time * hours
        )
        seen, total = seen + tour[1:-1], total + cost
    left = [int(name) for name in plan.left_out]
    assert sorted(seen + left) == list(range(2, 7))
    assert plan.cost == pytest.approx(total + sum(stops[at].prize for at in left))
    assert all(plan.fleets.count(k) <= fleets[k].vehicles for k in (0, 1))
    assert plan == planned(table, times, fleets, stops)


# -- what is published ------------------------------------------------------------------------

# Solomon (1987): x, y, demand and window of the depot and the first customers.
C101 = """40 50 0 0 1236, 45 68 10 912 967, 45 70 30 825 870, 42 66 10 65 146, 42 68 10 727 782,
42 65 10 15 67, 40 69 20 621 702, 40 66 20 170 225, 38 68 20 255 324, 38 70 10 534 605,
35 66 10 357 410, 35 69 10 448 505, 25 85 20 652 721, 22 75 30 30 92, 22 85 10 567 620,
20 80 40 384 429, 20 85 40 475 528, 18 75 20 99 148, 15 75 20 179 254, 15 80 10 278 345,
30 50 10 10 73, 30 52 20 914 965, 28 52 20 812 883, 28 55 10 732 777, 25 50 10 65 144,
25 52 40 169 224"""
R101 = """35 35 0 0 230, 41 49 10 161 171, 35 17 7 50 60, 55 45 13 116 126, 55 20 19 149 159,
15 30 26 34 44, 25 30 3 99 109, 20 50 5 81 91, 10 43 9 95 105, 55 60 16 97 107, 30 60 16 124 134,
20 65 12 67 77, 50 35 19 63 73, 30 25 23 159 169, 15 10 20 32 42, 30 5 8 61 71, 10 20 19 75 85,
5 30 2 157 167, 20 40 12 87 97, 15 60 17 76 86, 45 65 9 126 136, 45 20 11 62 72, 45 10 18 97 107,
55 5 29 68 78, 65 35 3 153 163, 65 20 6 172 182, 45 30 17 132 142, 35 40 16 37 47, 41 37 16 39 49,
64 42 9 63 73, 40 60 21 71 81, 31 52 27 50 60, 35 69 23 141 151, 53 52 11 37 47, 65 55 14 117 127,
63 65 8 143 153, 2 60 5 41 51, 20 20 8 134 144, 5 5 16 83 93, 60 12 31 44 54, 40 25 9 85 95,
42 7 5 97 107, 24 12 5 31 41, 23 3 7 132 142, 11 14 18 69 79, 6 38 16 32 42, 2 48 1 117 127,
8 56 27 51 61, 13 52 36 165 175, 6 68 30 108 118, 47 47 13 124 134"""


@pytest.mark.parametrize(
    ("text", "count", "service", "length", "vehicles"),
    [(C101, 25, 90, 191.3, 3), (R101, 25, 10, 617.1, 8), (R101, 50, 10, 1044.0, 12)],
)
def test_solomons_first_customers(text, count, service, length, vehicles):
    """Distances cut to one decimal, as Kohl et al. (1999) and all exact methods since do."""
    rows = [[int(word) for word in row.split()] for row in text.split(",")][: 1 + count]
    xy = np.array(rows)[:, :2]
    table = np.floor(10 * np.hypot(*(xy[:, None] - xy[None]).T)) / 10
    stops = [Stop(units, early, late, service) for _, _, units, early, late in rows]
    fleet = Fleet(25, 200, latest=rows[0][4])
    plan = planned(table, table, [fleet], stops, iterations=800)
    assert plan.distance == pytest.approx(length)
    assert len(plan.tours) == vehicles


def test_four_depots_of_cordeau():
    """p01 (Cordeau, Gendreau & Laporte 1997): 50 customers (those of eil51), best known 576.87.

    The demand adds up to the loads of the routes of that plan, as it was published.
    """
    path = Path(__file__).parents[1] / "known" / "instances" / "routing.json"
    xy = json.loads(path.read_text(encoding="utf-8"))["plane"]["eil51"][:50]
    xy = np.array([*xy, (20, 20), (30, 40), (50, 30), (60, 50)])
    units = [7, 30, 16, 9, 21, 15, 19, 23, 11, 5, 19, 29, 23, 21, 10, 15, 3, 41, 9, 28, 8, 8, 16]
    units += [10, 28, 7, 15, 14, 6, 19, 11, 12, 23, 26, 17, 6, 9, 15, 14, 7, 27, 13, 11, 16, 10]
    units += [5, 25, 17, 18, 10]
    table = np.hypot(*(xy[:, None] - xy[None]).T)
    fleets = [Fleet(4, 80, depot=str(at)) for at in range(50, 54)]
    plan = planned(table, table, fleets, [*map(Stop, units), *[Stop()] * 4], iterations=2000)
    assert plan.distance == pytest.approx(576.87, abs=0.005)


# -- mistakes ---------------------------------------------------------------------------------

ROAD, NAMES = [[0, 3, 5], [3, 0, 4], [5, 4, 0]], ["D", "a", "b"]


@pytest.mark.parametrize(
    ("fleet", "demand", "words"),
    [
        (Fleet(1), {"a": Stop(latest=2)}, "'a' must be reached by 2 and cannot be before 3"),
        ([Fleet(1), Fleet(1, depot="b", earliest=9)], {"a": Stop(latest=2)}, "3; .* before 13"),
        (Fleet(1, shift=10), {"b": Stop(service=1)}, "to serve 'b' takes 11, a shift 10"),
        (Fleet(1, latest=9), {}, "from 'b' a vehicle is back at 10, too late for 9"),
        (Fleet(2, 3), {"a": 4}, "4 in one place, 'a': vehicles carry 3"),
        ([Fleet(2, 3), Fleet(1, 1)], {"a": 3, "b": 5}, "8 units are wanted, all vehicles carry 7"),
        (Fleet(1), {"a": Stop(latest=3), "b": Stop(latest=5)}, "windows and shifts"),
    ],
)  # fmt: skip
def test_what_no_vehicle_can_do_is_told_with_the_reason(fleet, demand, words):
    with pytest.raises(tl.SolverError, match=words):
        route(NAMES, ROAD, fleet, demand=demand, iterations=30)


def test_what_nobody_can_serve_may_be_left_out():
    demand = {"a": Stop(9, prize=7), "b": Stop(latest=4, prize=1)}
    plan = route(NAMES, ROAD, Fleet(1, 8), demand=demand, iterations=30)
    assert (plan.tours, plan.left_out, plan.cost, plan.distance) == ((), ("a", "b"), 8, 0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fleet": Fleet(1, depot="A")}, "no place 'A' for a depot; did you mean 'a'"),
        ({"fleet": []}, "0 fleets"),
        ({"fleet": [Fleet(1, depot=n) for n in NAMES]}, "one stop at least"),
        ({"fleet": Fleet(1, earliest=2, latest=1)}, "latest is before earliest"),
        ({"demand": {"a": Stop(earliest=2, latest=1, prize=9)}}, "latest is before earliest"),
        ({"demand": {"D": Stop(1)}}, "no depot"),
        ({"distances": (ROAD, [[0, 1, math.nan], [1, 0, 1], [1, 1, 0]])}, "time 'D' → 'b' .* nan"),
        ({"distances": (ROAD, ROAD, ROAD)}, "or two tables, of distances and times; got shape"),
        ({"distances": (ROAD, [[0, 1], [1, 0]])}, "distances are a table of numbers"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(given, words):
    with pytest.raises(tl.ScenarioError, match=words):
        route(**{"names": NAMES, "distances": ROAD, "fleet": Fleet(1)} | given)


@pytest.mark.parametrize("wrong", [math.nan, -1, math.inf, "3"])
def test_columns_say_what_they_take(wrong):
    with pytest.raises(tl.NetworkError, match="service"):
        Stop(service=wrong)
    with pytest.raises(tl.NetworkError, match="fixed_cost"):
        Fleet(1, fixed_cost=wrong)


def test_frames_are_read_by_their_labels():
    table = pd.DataFrame([[0, 3, 5], [3, 0, 4], [5, 4, 0]], list("dab"), list("dab"))
    for distances in (table, [table, table]):
        plan = route(
            ["d", "b", "a"], distances, Fleet(2, 5), demand={"a": 3, "b": 3}, iterations=50
        )
        assert dict(zip((t[1] for t in plan.tours), plan.lengths, strict=True)) == {"a": 6, "b": 10}


@pytest.mark.parametrize("seed", range(4))
def test_whole_kilometres_and_odd_hours_have_a_plan(seed):
    """One van for each drop would do: too much of a coarse unit must cost more than a fine one."""
    luck, n = np.random.default_rng(seed), 7
    at = luck.uniform(0, 60, (n, 2))
    km = np.rint(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)))
    van = Fleet(6, 5, cost_per_distance=0.4, cost_per_time=35, fixed_cost=150)
    wanted = {str(i): float(luck.integers(1, 6)) for i in range(1, n)}
    names = [str(i) for i in range(n)]
    plan = route(names, [km, km / luck.uniform(30, 70, (n, n))], van, demand=wanted, iterations=100)
    assert max(plan.loads) <= 5
    assert sum(plan.loads) == sum(wanted.values())


def test_a_reach_in_whole_kilometres_is_kept_beside_odd_hours():
    km = [[0, 18, 18], [7, 0, 8], [17, 8, 0]]
    hours = [[0, 9, 0.6684102100822586], [19, 0, 2.358000357917387], [12, 5.8385595834189505, 0]]
    fleet = [Fleet(2, 5, cost_per_time=0.3, shift=50, earliest=5),
             Fleet(1, 8, 25, cost_per_distance=0.5)]  # fmt: skip
    wanted = {"a": Stop(0, 15, 30, 3), "b": Stop(1, 0, 15, 3, prize=50)}
    plan = route(["d", "a", "b"], [km, hours], fleet, demand=wanted, iterations=200)
    assert plan.cost == pytest.approx(42.452, abs=1e-3)  # the least of all tours
