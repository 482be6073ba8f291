"""Answers of notebook 09 by another way: plain loops over storms, and trips driven one by one."""

import pytest

from twinlab.cases import relief
from twinlab.cases.relief import last_mile
from twinlab.lab.exercises.humanitarian import EXERCISES


def test_food_for_two_weeks_by_hand():
    assert EXERCISES["9.1"].answer() == pytest.approx(17_000 * 14 * 0.555 / 1000)


def season_cost(depot, kits=10_000):
    """One depot: what survives serves the nearest first; each kit sent saves a missing one."""
    season = relief.storm_season()
    place = next(d for d in season.depots if d.name == depot)
    cost = place.fixed_cost + kits * place.unit_cost
    for storm in season.storms:
        left = kits * storm.surviving.get(depot, 1.0)
        for town in sorted(storm.need, key=lambda town: season.transport[depot, town]):
            sent = min(left, storm.need[town])
            left -= sent
            worth = min(season.transport[depot, town], season.shortage_cost)
            missing = storm.need[town] - sent
            cost += storm.probability * (sent * worth + missing * season.shortage_cost)
    return cost


def test_a_lone_depot_serves_the_nearest_first():
    wanted = season_cost("Panama hub") - season_cost("Pinar del Rio")
    assert EXERCISES["9.2"].answer() == pytest.approx(wanted, rel=1e-4)


def longest_wait(trucks):
    """Drive the schedule's trips anew: each goes to the truck that is back first."""
    plan, figure = relief.social_schedule(trucks), last_mile.figures()
    where = {
        r["name"]: (float(r["longitude"]), float(r["latitude"])) for r in last_mile.rows("towns")
    }
    reached = dict(zip(range(len(plan.waits)), plan.waits, strict=True))
    assert min(reached.values()) > figure["start_hours"]
    back, latest = [figure["start_hours"]] * trucks, 0.0
    for trip in plan.trips:
        truck = back.index(min(back))
        now, here = back[truck], last_mile.DEPOT
        for town in trip:
            km = figure["road_circuity"] * last_mile.distance(where[here], where[town])
            now += km / figure["truck_speed"]
            latest = max(latest, now)
            now, here = now + figure["stop_hours"], town
        home = figure["road_circuity"] * last_mile.distance(where[here], where[last_mile.DEPOT])
        back[truck] = now + home / figure["truck_speed"]
    return latest


def test_trucks_by_driving_every_trip():
    """A trip names its towns once: two loads for one town may make the true wait a stop longer."""
    wait = {n: longest_wait(n) for n in (5, 6)}
    for trucks, latest in wait.items():
        planned = relief.social_schedule(trucks).longest_wait
        assert latest <= planned + 1e-9
        assert planned - latest < 1.5
    assert EXERCISES["9.3"].answer() == next(n for n in (2, 3, 4, 5, 6) if longest_wait(n) <= 30)
