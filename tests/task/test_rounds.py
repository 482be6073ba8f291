"""The last mile: against enumeration and a simulator of its own, and what no truck may do."""

import math
import random
from collections import defaultdict
from dataclasses import replace
from itertools import combinations, permutations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from twinlab import ScenarioError, SolverError
from twinlab.cases import relief
from twinlab.management import waiting_level
from twinlab.scope import NetworkError
from twinlab.task.logistics import (
    Deprivation,
    Fleet,
    LastMile,
    Load,
    Road,
    Stop,
    Truck,
    drive,
    rounds,
    route,
)
from twinlab.task.logistics.rounds import Dispatcher

LACKS = [
    Deprivation("water", 5e4),
    Deprivation("food", 30, 48),
    Deprivation("tents", 90, like="shelter"),
]
DAYS = (6.0, 18.0)


def drawn(seed, loads=14, towns=6):
    """A last mile at random: cut roads, tracks, two kinds of trucks, groups with several loads."""
    luck = random.Random(seed)
    names = ["depot", *(f"t{n}" for n in range(towns))]
    ends = [(names[luck.randrange(n)], names[n]) for n in range(1, towns + 1)]
    ends += [pair for pair in combinations(names, 2) if pair not in ends and luck.random() < 0.4]
    roads = [Road(a, b, luck.uniform(5, 80), luck.random() < 0.6, luck.choice([0, 0, 0, 20, 50]))
             for a, b in ends]  # fmt: skip
    trucks = [Truck("small", 5000, 30, 2, count=luck.randint(1, 2), start=luck.uniform(0, 30)),
              Truck("big", 9000, 40, 3, True, loading=0.5, unloading=1.5)]  # fmt: skip
    rows, heads, bundles = [], {}, ["water+food", "food", "tents", "water"]
    for n in range(loads):
        town, group, turn = luck.choice(names[1:]), str(luck.randrange(2)), n
        bundle = luck.choice(bundles)
        people = heads.setdefault((town, group), luck.uniform(10, 900))
        earliest = luck.choice([0, 0, 40])
        rows.append(Load(town, group, bundle, people, luck.uniform(100, 4900), turn, earliest))
    return LastMile("depot", roads, trucks, rows, LACKS, DAYS, 120)


def small(seed, loads=6, trucks=2, gaps=False):
    """Few loads, one good each, or two in turn for the same group."""
    luck = random.Random(seed)
    roads = [Road("depot", f"t{n}", luck.uniform(10, 150), n % 2 == 0) for n in range(3)]
    roads += [Road("t0", "t1", luck.uniform(10, 60), opens=luck.choice([0, 30]))]
    fleet = [Truck("small", 1000, 30, 2), Truck("big", 2500, 40, 3, True, start=3)][:trucks]
    goods = ["water", "food"]
    rows = [Load(f"t{luck.randrange(3)}", str(n // 2 if gaps else n), luck.choice(goods),
                 luck.uniform(10, 900), luck.uniform(300, 700), n)
            for n in range(loads)]  # fmt: skip
    if gaps:
        rows = [
            replace(row, bundle="food", town=first.town, people=first.people)
            for n, row in enumerate(rows)
            for first in [rows[n // 2 * 2]]
        ]
    lacks = [Deprivation("water", 5e6), Deprivation("food", 300, 48)]
    return LastMile("depot", roads, fleet, rows, lacks, DAYS, 90)


def soonest(case, truck, here, there, now):
    """The soonest arrival of all moments to leave at: its hour, leaving, kilometres."""
    found = []
    for moment in {max(now, hour) for hour in (0.0, *(road.opens for road in case.roads))}:
        graph = nx.MultiGraph([(here, here, {"km": 0.0}), (there, there, {"km": 0.0})])
        usable = [r for r in case.roads if r.opens <= moment and (r.main or not truck.main_only)]
        graph.add_edges_from((r.source, r.destination, {"km": r.length}) for r in usable)
        if nx.has_path(graph, here, there):
            km = nx.shortest_path_length(graph, here, there, "km")
            found.append((moment + km / truck.speed, moment, km))
    return min(found)


def driven(case, trips):
    """Hours of handing out, by load, and what kilometres cost: another simulator, on the graph."""
    fleet = [truck for truck in case.trucks for _ in range(truck.count)]
    at, usd = {}, 0.0
    for truck, every in zip(fleet, trips, strict=True):
        now = truck.start
        for trip in every:
            here = case.depot
            now = max(now, *(case.loads[n].earliest for n in trip))
            for n in trip:
                now, _, km = soonest(case, truck, here, case.loads[n].town, now)
                here, usd = case.loads[n].town, usd + km * truck.cost
                while not DAYS[0] - 1e-9 <= now % 24 <= DAYS[1] + 1e-9:
                    now = math.floor(now) + 1.0  # dawn is on the hour
                at[n] = now
                now += truck.unloading
            now, _, km = soonest(case, truck, here, case.depot, now)
            usd, now = usd + km * truck.cost, now + truck.loading
    return at, usd


def full_cost(case, trips):
    """From scratch, without the table of losses."""
    at, usd = driven(case, trips)
    lacks = {lack.good: lack for lack in case.deprivations}
    got = defaultdict(list)
    for n, load in enumerate(case.loads):
        for good in load.bundle.split("+"):
            got[load.town, load.group, good].append((at[n], load.people))
    for (*_, good), moments in got.items():
        lack, end = lacks[good], 0.0
        for hour, people in [*sorted(moments), (case.horizon, sorted(moments)[-1][1])]:
            level = waiting_level(max(0.0, hour - end), lack.like or good, tangent=True)
            usd += people * lack.loss * float(level)
            end = max(end, hour) + lack.lasts
    return usd


def ways_to_order(loads):
    """Every way to bring some loads by one truck: each order, cut into trips in each way."""
    for order in permutations(loads):
        for cuts in range(2 ** max(len(order) - 1, 0)):
            trips, trip = [], []
            for place, load in enumerate(order):
                trip.append(load)
                if place == len(order) - 1 or cuts >> place & 1:
                    trips.append(tuple(trip))
                    trip = []
            yield tuple(trips)


def enumerated(case):
    """The least cost of all assignments and orders; costs by truck add up where groups are one."""
    search = Dispatcher(case)
    every = range(len(case.loads))

    def least(k, loads):
        best = math.inf
        for trips in ways_to_order(loads):
            if all(search.takes(k, *(case.loads[n] for n in trip)) for trip in trips):
                legs = search.drive(k, trips)
                at = {leg[0]: leg[3] for leg in legs}
                chains = {c for n in loads for c in search.of[n]}
                usd = search.fleet[k].cost * sum(leg[4] for leg in legs)
                best = min(best, usd + sum(search.burden(c, at)[0] for c in chains))
        return best

    if len(search.fleet) == 1:
        return least(0, every)
    parts = [{*part} for size in range(len(every) + 1) for part in combinations(every, size)]
    return min(least(0, part) + least(1, {*every} - part) for part in parts)


@pytest.mark.parametrize("seed", [1])
def test_the_search_finds_the_least_of_all_plans_of_six_loads_with_two_trucks(seed):
    case = small(seed, loads=6)
    plan = rounds(case, iterations=1500, starts=8)
    assert plan.cost == pytest.approx(enumerated(case), rel=1e-9)


@pytest.mark.parametrize("seed", [0])
def test_and_with_one_truck_and_repeated_deliveries(seed):
    case = small(seed, loads=5, trucks=1, gaps=True)
    plan = rounds(case, iterations=1500, starts=8)
    assert plan.cost == pytest.approx(enumerated(case), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_a_plan_costs_what_another_simulator_says(seed):
    """Also: the cost that the search kept by differences is that of its plan, driven anew."""
    case = drawn(seed)
    search = Dispatcher(case)
    kept, trips = search.anneal(random.Random(seed), 1500)
    plan = search.plan(trips)
    assert plan.cost == pytest.approx(kept, rel=1e-9)
    assert plan.cost == pytest.approx(full_cost(case, trips), rel=2e-5)  # losses are tabulated
    at, usd = driven(case, trips)
    hours = {leg.load: leg.handed_out for legs in plan.legs for leg in legs if leg.load >= 0}
    assert hours == pytest.approx(at)
    assert plan.truck_cost == pytest.approx(usd)


@pytest.mark.parametrize("seed", range(16))
def test_no_closed_road_no_barred_road_no_night_no_overload_and_each_load_once(seed):
    case = drawn(seed)
    plan = rounds(case, iterations=300, starts=1, seed=seed)
    fleet = [truck for truck in case.trucks for _ in range(truck.count)]
    brought = [n for trips in plan.trips for trip in trips for n in trip]
    assert sorted(brought) == [*range(len(case.loads))]
    for truck, trips, legs in zip(fleet, plan.trips, plan.legs, strict=True):
        loads = [leg.load for leg in legs]
        assert loads == [n for trip in trips for n in (*trip, -1)]
        for trip in trips:
            assert sum(case.loads[n].weight for n in trip) <= truck.capacity * (1 + 1e-9)
        place, now = case.depot, truck.start
        for leg in legs:
            assert leg.leaves >= now - 1e-9
            assert leg.way[0] == place
            for ends in zip(leg.way, leg.way[1:], strict=False):
                taken = [
                    road
                    for road in case.roads
                    if {*ends} == {road.source, road.destination}
                    and road.opens <= leg.leaves
                    and (road.main or not truck.main_only)
                ]
                assert taken, (leg, ends)
            assert leg.arrives == pytest.approx(leg.leaves + leg.distance / truck.speed)
            if leg.load >= 0:
                assert leg.way[-1] == case.loads[leg.load].town
                assert DAYS[0] - 1e-9 <= leg.handed_out % 24 <= DAYS[1] + 1e-9
                assert leg.handed_out >= case.loads[leg.load].earliest
            place = leg.way[-1]
            now = leg.handed_out + (truck.unloading if leg.load >= 0 else truck.loading)
            assert leg.handed_out >= leg.arrives - 1e-9


def test_the_same_seed_gives_the_same_plan_to_the_last_bit():
    case = drawn(3)
    plans = [rounds(case, iterations=500, starts=2, seed=seed) for seed in (1, 1, 2)]
    assert repr(plans[0]) == repr(plans[1])
    assert plans[0] == plans[1]
    assert plans[0].trips != plans[2].trips


def test_more_starts_are_never_worse():
    case = drawn(5)
    costs = [rounds(case, iterations=200, starts=starts).cost for starts in (1, 2, 4)]
    assert costs == sorted(costs, reverse=True)


def test_water_first_though_it_is_farther():
    roads, loads = [Road("depot", "near", 30), Road("depot", "far", 120)], [
        Load("near", "all", "tents", 100, 900), Load("far", "all", "water", 100, 900)]  # fmt: skip
    lacks = [Deprivation("water", 5e6), *LACKS[1:]]
    plan = rounds(LastMile("depot", roads, [Truck("van", 1000, 30)], loads, lacks), iterations=200)
    assert plan.trips == (((1,), (0,)),)
    assert [leg.handed_out for leg in plan.legs[0]] == [4, 9, 10, 12]


def test_a_ceiling_is_met_at_a_price_or_is_said_to_be_missed():
    case = relief.last_mile()
    free = rounds(case, iterations=1500, starts=1)
    assert free.ceiling == math.inf
    assert "ceiling:" not in repr(free)
    tight = rounds(case, iterations=1500, starts=1, ceiling=0.97 * free.last_wait)
    assert tight.last_wait <= tight.ceiling < free.last_wait
    missed = rounds(case, iterations=200, starts=1, ceiling=13)
    assert missed.last_wait > 13
    assert "no plan was found within the ceiling" in repr(missed)


def test_one_truck_gets_an_answer_and_is_told_what_is_no_estimate():
    case = relief.last_mile({"four-wheel": 1})
    plan = rounds(case, iterations=1000, starts=1)
    assert len(plan.trips) == 1
    assert math.isfinite(plan.cost)
    far = replace(case, trucks=[replace(case.trucks[0], start=100)])
    late = rounds(far, iterations=300, starts=1)
    thirsty = {}
    for leg in late.legs[0]:
        if leg.load >= 0 and "water" in case.loads[leg.load].bundle and leg.handed_out > 120:
            thirsty[leg.load] = case.loads[leg.load].people
    assert late.beyond == pytest.approx(sum(thirsty.values()))
    assert "no estimate" in repr(late)
    assert late.cost > plan.cost


def test_a_message_of_closed_roads_is_worth_something():
    closed = relief.last_mile(
        closed={("Mayari", "Cayo Mambi"): 60, ("Mayari", "Sagua de Tanamo"): 60}
    )
    unknown = rounds(relief.last_mile(), iterations=1500, starts=1)
    surprised = drive(unknown, closed.roads)
    known = rounds(closed, iterations=1500, starts=1)
    assert surprised.trips == unknown.trips
    assert surprised.cost > known.cost > unknown.cost
    assert drive(surprised, relief.last_mile().roads) == unknown
    beyond = {"Cayo Mambi", "Sagua de Tanamo", "Moa"}
    for plan in (known, surprised):
        for leg in (leg for legs in plan.legs for leg in legs):
            assert leg.arrives > 60 or not beyond & {*leg.way}


def test_a_truck_takes_the_detour_or_waits_whichever_is_sooner():
    short = Road("depot", "a", 30, opens=10)
    roads, van = [short, Road("depot", "b", 90), Road("b", "a", 90)], Truck("van", 9, 30)
    case = LastMile("depot", roads, [van], [Load("a", "all", "water", 1, 1)], LACKS)
    assert [leg.arrives for leg in rounds(case, iterations=1).legs[0]] == [6, 11]
    sooner = [replace(short, opens=2), *case.roads[1:]]
    first, _ = drive(rounds(case, iterations=1), sooner).legs[0]
    assert (first.leaves, first.arrives, first.way) == (2, 3, ("depot", "a"))


def test_rows_are_read_from_tables():
    frame = pd.DataFrame(
        {"source": ["depot"], "destination": ["a"], "length": [60], "main": [False]}
    )
    assert [Road(**row) for row in frame.to_dict("records")] == [Road("depot", "a", 60, False)]


def test_routes_are_for_kilometres_and_rounds_for_waiting():
    """First loads: PyVRP drives less, and people wait for longer; given deadlines or not."""
    case = relief.last_mile({"four-wheel": 4})
    case = replace(case, loads=[load for load in case.loads if "water" in load.bundle], horizon=0)
    search = Dispatcher(case)
    names = ["Holguin", *(str(n) for n in range(len(case.loads)))]
    towns = ["Holguin", *(load.town for load in case.loads)]
    table = [[search.ways[0][here][there][0][2] for there in towns] for here in towns]
    waited = rounds(case, iterations=2000, starts=1)
    for latest in (math.inf, 48.0):
        wanted = {name: Stop(load.weight, latest=latest, service=1)
                  for name, load in zip(names[1:], case.loads, strict=True)}  # fmt: skip
        tours = route(names, [table, np.array(table) / 30], Fleet(len(names), 5000, earliest=12),
                      demand=wanted, iterations=100)  # fmt: skip
        trips = [tuple(int(stop) for stop in tour[1:-1]) for _, tour in
                 sorted(zip(tours.lengths, tours.tours, strict=True))]  # fmt: skip
        routed = search.plan([tuple(trips[k::4]) for k in range(4)])
        assert routed.distance == pytest.approx(tours.distance)
        assert routed.distance < waited.distance
        assert routed.cost > 1.2 * waited.cost


def test_the_case_loads_what_its_towns_need():
    case = relief.last_mile()
    assert (len(case.loads), len({load.town for load in case.loads})) == (60, 13)
    served = sum(load.people for load in case.loads if "water" in load.bundle)
    tables = [row for row in relief.goods.rows("towns") if row["name"] != "Holguin"]
    assert served == pytest.approx(0.1 * sum(row["need"] for row in tables))
    weight = served * (0.302 + 1.222 + 3.749 + 3 * 7.77 * 3 / 14)
    assert sum(load.weight for load in case.loads) == pytest.approx(weight)
    assert [truck.count for truck in case.trucks] == [2, 2]
    assert all(road.opens == 0 for road in case.roads)
    assert max(load.weight for load in relief.last_mile({"four-wheel": 1}).loads) <= 5000


def case_with(**change):
    given = {"depot": "d", "roads": [Road("d", "a", 9)], "trucks": [Truck("van", 9, 30)],
             "loads": [Load("a", "all", "water", 1, 1)], "deprivations": LACKS}  # fmt: skip
    return LastMile(**(given | change))


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: case_with(depot="x"), ScenarioError, "no road to 'x'; known are: a, d"),
        (lambda: case_with(loads=[Load("b", "all", "water", 1, 1)]), ScenarioError, "road to 'b'"),
        (lambda: case_with(loads=[Load("a", "all", "watr", 1, 1)]), ScenarioError,
         "no deprivation of 'watr'; did you mean 'water'"),
        (lambda: case_with(deprivations=[Deprivation("milk", 5)]), ScenarioError, "no deprivation"),
        (lambda: case_with(deprivations=[Deprivation("water", 5, like="milk")]), ScenarioError,
         r"no level \(say by like\) of 'milk'; known are: water, food"),
        (lambda: case_with(loads=2 * [Load("a", "all", "water", 1, 1)]), ScenarioError, "once"),
        (lambda: case_with(deprivations=2 * LACKS), ScenarioError, "once"),
        (lambda: case_with(loads=[]), ScenarioError, "1 kinds of trucks and 0 loads: give"),
        (lambda: case_with(trucks=[]), ScenarioError, "0 kinds of trucks and 1 loads: give"),
        (lambda: case_with(horizon=math.inf), ScenarioError, "horizon must be a finite number"),
        (lambda: case_with(loads=[Load("a", "all", "water", 9, 1), Load("a", "all", "food", 8, 1)]),
         ScenarioError, "group 'all' of 'a' has 9 people, and 8: make two groups"),
        (lambda: case_with(roads=[]), ScenarioError, "no road to 'd'"),
        (lambda: case_with(daylight=(18, 6)), ScenarioError, r"daylight \(18, 6\): give"),
        (lambda: case_with(daylight=(0, 25)), ScenarioError, "give hours such as"),
        (lambda: case_with(daylight=(math.nan, 5)), ScenarioError, "daylight"),
        (lambda: case_with(horizon=-1), ScenarioError, "horizon must be a finite number"),
        (lambda: rounds(case_with(trucks=[Truck("van", 0.5, 30)])), SolverError,
         "no truck takes 1 kg and has a way to 'a'"),
        (lambda: rounds(case_with(roads=[Road("d", "a", 9, False)],
                                  trucks=[Truck("van", 9, 30, main_only=True)])), SolverError,
         "has a way to 'a'.*add a truck or a road"),
        (lambda: rounds(case_with(roads=[Road("d", "b", 9), Road("a", "c", 9)])), SolverError,
         "way to 'a'"),
        (lambda: rounds(case_with(), iterations=0), ScenarioError, "iterations"),
        (lambda: rounds(case_with(), starts=0), ScenarioError, "starts"),
        (lambda: rounds(case_with(), ceiling=-1), ScenarioError, "ceiling"),
        (lambda: drive(rounds(case_with(), iterations=1), [Road("d", "b", 9), Road("a", "c", 9)]),
         SolverError, "way to 'a'"),
        (lambda: Road("d", "a", math.nan), NetworkError, "length is a number in km"),
        (lambda: Road("d", "a", 9, "no"), NetworkError, "main is yes or no"),
        (lambda: Road("d", "a", "9"), NetworkError, "length is a number"),
        (lambda: Truck("van", 9, 0), NetworkError, "speed must be at least 0.1"),
        (lambda: Load("a", "all", "water", -1, 1), NetworkError, "people must be at least"),
        (lambda: relief.last_mile({}), ScenarioError, "0 kinds of trucks"),
        (lambda: relief.last_mile({"bike": 1}), ScenarioError, "known are: four-wheel, ten-tonner"),
        (lambda: relief.last_mile(closed={("Moa", "Holguin"): 60}), ScenarioError, "no road"),
    ],
)  # fmt: skip
def test_mistakes_are_taught(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


def test_a_plan_is_not_driven_where_its_truck_may_not():
    heavy = Truck("big", 9, 30, main_only=True)
    case = case_with(trucks=[heavy, Truck("van", 1, 30, start=50)], daylight=(0, 24))
    plan = rounds(case, iterations=50, starts=1)
    assert plan.trips == (((0,),), ())
    with pytest.raises(SolverError, match="cannot bring its loads on these roads: plan anew"):
        drive(plan, [Road("d", "a", 9, False)])


def test_levels_are_those_of_the_table_to_a_few_millionths():
    search = Dispatcher(case_with(loads=[Load("a", "all", "water", 1, 1)]))
    for hours in np.random.default_rng(1).uniform(0, 2000, 50):
        exact = 5e4 * float(waiting_level(hours, tangent=True))
        assert search.burden(0, {0: hours})[0] == pytest.approx(exact, rel=3e-6)


def test_a_road_is_closed_whichever_end_is_named_first():
    there, back = (relief.last_mile(closed={ends: 60}).roads
                   for ends in (("Cueto", "Mayari"), ("Mayari", "Cueto")))  # fmt: skip
    assert there == back
    assert max(road.opens for road in back) == 60
