"""The last mile after Ike: what the search finds, what a ceiling, a message and PyVRP are worth.

Given are figures that another program found. In its loads a full group is 1,500 people, the rest of
a town is another group, and shelter for 1,500 people weighs 5 t, not 5.6; ``last_mile`` has
equal groups and true weights, which costs a tenth more. So its loads are set up here.
"""

import math
from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pyvrp

from tests.study.beside import FULL, beside
from twinlab.cases import relief
from twinlab.cases.relief.goods import figures, rows
from twinlab.management import deprivation_cost
from twinlab.task.logistics import (
    Deprivation,
    LastMile,
    Load,
    Road,
    Truck,
    drive,
    great_circle,
    rounds,
)
from twinlab.task.logistics.rounds import Dispatcher

SEEDS = 4 if FULL else 2
LONG = 80_000 if FULL else 10_000
CUT = dict.fromkeys([("Mayari", "Cayo Mambi"), ("Mayari", "Sagua de Tanamo")], 60)


def as_given(closed=None):
    """The last mile with the loads of the given figures."""
    loads, share = [], figures()["agency_share"]
    for row in (row for row in rows("towns") if row["name"] != "Holguin"):
        left, group = row["need"] * share, 0
        while left > 1:
            people = min(left, 1500.0)
            who = row["name"], str(group)
            kilos = people * 0.555 * 3
            loads.append(Load(*who, "water+health+food", people, kilos + people * 1.52))
            loads += [Load(*who, "food", people, kilos, turn, 72 * turn - 24) for turn in (1, 2)]
            loads.append(Load(*who, "shelter", people, min(people * 3.75, 5000)))
            left, group = left - people, group + 1
    return replace(relief.last_mile(closed=closed), loads=loads)


def several(case, iterations, seeds=SEEDS, **more):
    """One start each of several seeds."""
    return [rounds(case, iterations=iterations, starts=1, seed=n, **more) for n in range(seeds)]


def spread(plans):
    """Best, mean and worst cost of plans [million USD]."""
    costs = [plan.cost / 1e6 for plan in plans]
    return {"best": min(costs), "mean": float(np.mean(costs)), "worst": max(costs)}


def without_shelter(plan):
    """How unevenly the burden of water, health and food is shared."""
    lacks = [lack for lack in plan.problem.deprivations if lack.good != "shelter"]
    free = Deprivation("shelter", 0.0)
    return Dispatcher(replace(plan.problem, deprivations=[*lacks, free])).plan(plan.trips).gini


def test_four_trucks_sixty_loads_and_a_ceiling():
    """Given: 0.587 to 0.610 in 8 s a seed, 0.590 to 0.655 in 2 s; 35 to 31.6 h within the noise."""
    case = as_given()
    found = {"loads": len(case.loads), "t": sum(load.weight for load in case.loads) / 1000}
    quick, slow = several(case, 20_000), several(case, LONG)
    capped = several(case, LONG // 2, ceiling=31.6)
    named = {"20,000": quick, "80,000": slow, "ceiling 31.6 h": capped}
    for name, plans in named.items() if FULL else [("20,000", quick)]:
        found |= {f"{name}: {word}": cost for word, cost in spread(plans).items()}
    found["own loads: best"] = spread(several(relief.last_mile(), LONG))["best"]
    found["first load at last [h]"] = float(np.mean([plan.last_wait for plan in slow]))
    found["with the ceiling [h]"] = min(plan.last_wait for plan in capped)
    page = {"loads": 60, "t": 110, "80,000: best": 0.587, "80,000: worst": 0.610,
            "20,000: best": 0.590, "20,000: worst": 0.655, "ceiling 31.6 h: best": 0.587,
            "first load at last [h]": 35, "with the ceiling [h]": 31.6}  # fmt: skip
    beside("four trucks [million USD]", found, page if FULL else {}, rel=0.08)
    assert found["20,000: best"] <= 0.655
    assert found["with the ceiling [h]"] <= 31.61 or not FULL


def test_the_message_of_closed_roads_and_who_bears_it():
    """Given: 9.97 known, 35.4 not, so 25.4; plans for open roads that cost alike differ in that."""
    case, cut = as_given(), as_given(CUT)
    opened, known = several(case, LONG, 2 * SEEDS), several(cut, LONG // 2)
    unknown = [drive(plan, cut.roads).cost / 1e6 for plan in opened]
    best = spread(known)["best"]
    error = np.std(unknown, ddof=1) / math.sqrt(len(unknown))
    found = {"known": best, "not known: least": min(unknown), "not known: mean": np.mean(unknown)}
    found |= {"not known: most": max(unknown), "message: mean": np.mean(unknown) - best}
    found |= {"message: standard error": error}
    least = min(opened, key=lambda plan: plan.cost)
    evenness = without_shelter(least), without_shelter(known[0])
    found |= {"Gini, open (another plan: 0.48)": evenness[0], "Gini, cut": evenness[1]}
    page = {"known": 9.97, "Gini, cut": 0.85}
    beside("two roads cut to hour 60 [million USD]", found, page, rel=0.06)
    assert min(unknown) - best - 0.5 < 25.4 < max(unknown) - best + 0.5
    assert min(unknown) > best
    assert abs(np.mean(unknown) - best - 25.4) < 4 * error
    assert evenness[0] < 0.55
    assert evenness[1] > 0.8


def by_pyvrp(case, deadline):
    """First loads by PyVRP with reloads and a deadline [h]; it is not told of daylight."""
    model, search = pyvrp.Model(), Dispatcher(case)
    places = [case.depot, *dict.fromkeys(load.town for load in case.loads)]
    at = {name: model.add_location(x=0, y=0) for name in places}
    depot = model.add_depot(at[case.depot])
    for load in case.loads:
        model.add_client(at[load.town], delivery=[int(load.weight)], service_duration=60,
                         tw_late=int(deadline * 60))  # fmt: skip
    for truck in case.trucks:
        ways = search.ways[search.fleet.index(truck)]
        profile = model.add_profile()
        model.add_vehicle_type(
            truck.count, capacity=[int(truck.capacity)], start_depot=depot, end_depot=depot,
            tw_early=12 * 60, tw_late=96 * 60, unit_distance_cost=int(truck.cost),
            unit_duration_cost=1, profile=profile, reload_depots=[depot], max_reloads=12,
        )  # fmt: skip
        for here, there in permutations(places, 2):
            km = ways[here][there][0][2] if there in ways[here] else 9999
            model.add_edge(at[here], at[there], distance=int(km * 10),
                           duration=int(km / truck.speed * 60), profile=profile)  # fmt: skip
    best = model.solve(stop=pyvrp.stop.MaxIterations(400), display=False, seed=1).best
    trips, free = [[] for _ in search.fleet], [[0, 1], [2, 3]]
    for tour in best.routes():
        mine, trip = trips[free[tour.vehicle_type()].pop(0)], []
        for visit in [*tour.schedule(), None]:
            if visit is not None and visit.is_client():
                trip.append(visit.idx)
            elif trip:
                mine.append(tuple(trip))
                trip = []
    return search.plan([tuple(every) for every in trips])


def test_pyvrp_is_for_kilometres():
    """Given: 3.8 to 6.9 by PyVRP with deadlines, 0.50 by waiting; first loads only."""
    case = as_given()
    lacks = [each for each in case.deprivations if each.good in ("water", "health")]
    firsts = [load for load in case.loads if load.bundle.startswith("water")]
    firsts = [replace(load, bundle="water+health") for load in firsts]
    case = replace(case, loads=firsts, deprivations=lacks, horizon=0.0)
    routed = [by_pyvrp(case, deadline) for deadline in (60, 42, 36)]
    waited = min(several(case, 8000), key=lambda plan: plan.cost)
    found = {f"PyVRP: {word}": cost for word, cost in spread(routed).items()}
    found |= {"rounds": waited.cost / 1e6, "PyVRP [km]": routed[0].distance}
    found |= {"rounds [km]": waited.distance}
    page = {"PyVRP: best": 3.8, "PyVRP: worst": 6.9, "rounds": 0.50}
    beside("first loads [million USD]", found, page, rel=0.1)
    assert min(plan.distance for plan in routed) < waited.distance


def test_the_older_loads():
    """Twenty-two loads of 5 t, all needed at once, by 2 to 6 trucks, without night or tracks."""
    figure = figures()
    each = 2 * (0.555 + 3.0)  # kg per person: two days of food and drinking water
    loads = []
    for row in (row for row in rows("towns") if row["name"] != "Holguin"):
        left, group = row["need"] * figure["agency_share"] * each, 0
        while left > 1e-6:
            kilos = min(5000.0, left)
            loads.append(Load(row["name"], str(group), "water", kilos / each, kilos))
            left, group = left - kilos, group + 1
    where = {row["name"]: (row["longitude"], row["latitude"]) for row in rows("towns")}
    roads = [Road(a, b, 1.4 * great_circle(where[a], where[b])) for a, b in combinations(where, 2)]
    water = [Deprivation("water", float(deprivation_cost(120)))]
    found = {"loads": len(loads)}
    for count in (2, 3, 4, 6):
        truck = Truck("four-wheel", 5000, 30, 2, count=count, start=12)
        case = LastMile("Holguin", roads, [truck], loads, water)
        found[f"{count} trucks"] = spread(several(case, 20_000 if FULL else 6000))["best"]
    page = {"loads": 22, "2 trucks": 7.84, "3 trucks": 1.59, "4 trucks": 0.804, "6 trucks": 0.443}
    beside("twenty-two loads [million USD]", found, page, rel=0.06)
