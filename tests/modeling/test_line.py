"""The line: blocking, wear, faults and rework, its luck, and the node that it feeds."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from tests.known.test_known_lines import near
from twinlab import Constant, Gamma, ScenarioError, TwinError
from twinlab.cases.factory import factory
from twinlab.modeling import (
    Arrivals,
    AtAge,
    Conwip,
    Fault,
    Inspection,
    Line,
    Saturated,
    Station,
    Weibull,
    feed,
    replicate_line,
    run_line,
)  # fmt: skip

RANDOM = Gamma(2, 2)
WORN = Station("press", 1, time_to_failure=Weibull(3, 150), time_to_repair=10, maintain=AtAge(80),
               time_to_replace=5)  # fmt: skip
LOOP = Line([
    Station("mill", RANDOM, faults=(Fault("burr", 0.2),)),
    Station("polish", RANDOM, buffer=1, faults=(Fault("scratch", 0.1), Fault("dent", 0.05))),
    Station("test", 1, buffer=0,
            inspection=Inspection(detects=0.8, rework_to="mill", rework_share=0.7)),
])  # fmt: skip


def minutes(run, kind, station):
    return [e.minute for e in run.events if (e.kind, e.station) == (kind, station)]


# -- how parts move ---------------------------------------------------------------------------


def test_a_finished_part_stays_where_it_is_until_there_is_room():
    """Two minutes each, then five, no place between: the first holds its second part from 4 to 7.

    Blocking after service: it works meanwhile on nothing, and starts its third part at minute 7.
    """
    line = Line([Station("cut", 2), Station("weld", 5, buffer=0)], minutes_per_day=60)
    run = run_line(line, days=1, warm_up=0)
    assert minutes(run, "started", "cut")[:4] == [0, 2, 7, 12]
    assert minutes(run, "started", "weld")[:3] == [2, 7, 12]


def test_a_place_between_lets_the_first_station_go_on():
    line = Line([Station("cut", 2), Station("weld", 5, buffer=1)], minutes_per_day=60)
    run = run_line(line, days=1, warm_up=0)
    assert minutes(run, "started", "cut")[:5] == [0, 2, 4, 7, 12]


def test_machines_side_by_side_share_a_queue_in_the_order_of_arrival():
    """One slow part does not hold up those behind it, and nobody is overtaken in the queue."""
    line = Line([Station("feed", 1), Station("oven", Gamma(3, 3), machines=3)])
    run = run_line(line, days=1, warm_up=0, seed=2)
    first = {}
    for event in run.events:
        if (event.kind, event.station) == ("started", "oven"):
            first[event.part] = event.minute
    assert sorted(first, key=first.get) == sorted(first)
    finished = [e.part for e in run.events if (e.kind, e.station) == ("finished", "oven")]
    assert finished != sorted(finished)


@pytest.mark.parametrize("line", [LOOP, Line([WORN, Station("pack", 1.2, buffer=3)])])
def test_every_minute_of_every_machine_has_one_state(line):
    run = run_line(line, days=7, seed=3)
    for station in run.stations:
        total = station.working + station.starved + station.blocked + station.down
        total += station.stopped + station.setup
        assert total == pytest.approx(1.0)


def test_every_part_ends_once_and_none_gets_lost():
    run = run_line(LOOP, days=6, seed=1)
    fates = [p.fate for p in run.parts]
    ends = [e for e in run.events if e.kind in ("delivered", "scrapped")]
    assert len(ends) == len(fates) - fates.count("in process")
    # Three machines, one place, and the mill's rack of rework.
    assert fates.count("in process") < 20
    assert all((p.fate == "in process") == math.isnan(p.left) for p in run.parts)


def test_littles_law():
    """Work in process = throughput × cycle time, with random arrivals (nothing is scrapped)."""
    line = Line([Station("a", RANDOM), Station("b", RANDOM)], source=Arrivals(Gamma(3, 3)))
    run = run_line(line, days=400, seed=1, warm_up=5, log=False)
    expected = run.throughput / line.minutes_per_day * run.cycle_time
    assert run.work_in_process == pytest.approx(expected, rel=0.01)
    assert sum(share for _, share in run.levels) == pytest.approx(1.0)


def test_constant_work_in_process_is_constant():
    run = run_line(Line(LOOP.stations, source=Conwip(3)), days=4, seed=1)
    assert run.levels == ((3, pytest.approx(1.0)),)


def test_who_finds_the_yard_full_is_turned_away():
    """Erlang's loss formula: one server, no place, load 1: half of all are turned away."""
    line = Line([Station("dock", RANDOM, buffer=0)], source=Arrivals(RANDOM))
    runs = [run_line(line, days=20, seed=5, replication=n).events for n in range(40)]
    shares = []
    for events in runs:
        away = sum(e.kind == "turned away" for e in events)
        shares.append(away / (away + sum(e.kind == "arrived" for e in events)))
    near(shares, 0.5)


# -- wear -------------------------------------------------------------------------------------


def test_a_failure_interrupts_a_part_and_the_rest_is_done_after_the_repair():
    station = Station("press", 4, time_to_failure=Constant(10), time_to_repair=3)
    run = run_line(Line([station]), days=1, warm_up=0)
    assert minutes(run, "failed", "press")[:2] == [10, 23]
    assert minutes(run, "finished", "press")[:4] == [4, 8, 15, 19]


def test_age_replacement_costs_what_the_formula_says():
    """Renewals per minute of work: F/m failures and R/m replacements, m = E[min(life, age)]."""
    age, life = 83.0, Weibull(3, 150)  # a machine is replaced between two parts of a minute
    line = Line([Station("press", 1, time_to_failure=life, maintain=AtAge(age))])
    runs = replicate_line(line, days=10, replications=40, seed=1, warm_up=0).runs
    reliability = math.exp(-((age / life.scale) ** life.shape))
    steps = np.linspace(0, age, 10_001)
    mean = np.trapezoid(np.exp(-((steps / life.scale) ** life.shape)), steps)
    costs = [(8 * r.stations[0].failures + 2 * r.stations[0].replacements) / 4800 for r in runs]
    near(costs, (8 * (1 - reliability) + 2 * reliability) / mean)


def test_a_worn_tool_makes_more_faults():
    """From age 0 to 100 the chance rises from 0 to 0.2: one part in ten on average."""
    press = Station("press", 1, maintain=AtAge(100), faults=(Fault("dent", 0, wear=0.002),))
    runs = replicate_line(Line([press]), days=10, replications=40, seed=2, warm_up=0).runs
    near([run.escaped_share for run in runs], np.mean(0.002 * np.arange(1, 101)))


def test_few_crews_make_machines_wait():
    press = replace(WORN, machines=6)
    many, one = (run_line(Line([press], crews=c), days=10, seed=1) for c in (6, 1))
    assert one["press"].down > many["press"].down
    assert one.throughput < many.throughput


def test_weibull_lives_have_their_mean():
    drawn = Weibull(3, 150).draw(np.random.default_rng(1), np.ones(20_000), 1)[:, 0]
    assert drawn.mean() == pytest.approx(Weibull(3, 150).average, rel=4 * drawn.std() / 134 / 141)


# -- faults, inspection, rework ---------------------------------------------------------------


def test_what_is_found_is_scrapped_and_the_rest_escapes():
    """One part in ten is faulty, 80 % are found: yield 0.92, and 0.02 of 0.92 escape."""
    line = Line([Station("mill", 1, faults=Fault("burr", 0.1), inspection=Inspection(0.8))])
    runs = replicate_line(line, days=12, replications=40, seed=1).runs
    near([run.good_share for run in runs], 0.92)
    near([run.escaped_share for run in runs], 0.02 / 0.92)


def test_rework_takes_time_and_saves_parts():
    """Each look sends 0.2 back: 1 / 0.8 works per part, nothing scrapped, nothing escapes."""
    mill = Station("mill", 1, faults=Fault("burr", 0.2), inspection=Inspection(rework_to="mill"))
    runs = replicate_line(Line([mill]), days=12, replications=40, seed=1).runs
    near([run.throughput for run in runs], 480 * 0.8)
    assert {run.good_share for run in runs} == {1.0}
    assert {run.escaped_share for run in runs} == {0.0}


def test_rework_loops_with_full_buffers_do_not_lock():
    tight = LOOP.set("polish.buffer", 0).set("test.inspection.rework_share", 1)
    run = run_line(tight.set("mill.burr", 0.5), days=20, seed=1)
    assert max(e.minute for e in run.events) > 19.9 * 480


# -- luck -------------------------------------------------------------------------------------


def test_the_same_seed_lives_the_same_history():
    assert run_line(LOOP, seed=4).events == run_line(LOOP, seed=4).events
    assert run_line(LOOP, seed=4).events != run_line(LOOP, seed=5).events
    batch = replicate_line(LOOP, days=4, replications=3, seed=4)
    assert batch.runs[2] == run_line(LOOP, days=4, seed=4, replication=2, log=False)


def test_changing_one_station_leaves_the_luck_of_the_others():
    """Upstream of unlimited buffers nothing at all may change; downstream, parts keep theirs."""
    line = Line([Station("a", RANDOM), Station("b", RANDOM), Station("c", RANDOM)])
    slow = line.set("b.time", Gamma(3, 1)).set("b.time_to_failure", Gamma(50, 50))
    slow = slow.set("b.time_to_repair", 5)
    first, other = (run_line(each, days=3, seed=1) for each in (line, slow))
    assert minutes(first, "finished", "a") == minutes(other, "finished", "a")

    def work(run):
        began = {e.part: e.minute for e in run.events if (e.kind, e.station) == ("started", "c")}
        return {e.part: e.minute - began[e.part] for e in run.events
                if (e.kind, e.station) == ("finished", "c")}  # fmt: skip

    ours, theirs = work(first), work(other)
    assert all(theirs[p] == pytest.approx(ours[p]) for p in theirs if p in ours)


def test_a_better_design_never_makes_a_part_worse():
    """The luck of a fault is the part's own: with a lower rate, only fewer parts get it."""
    line = Line([Station("mill", RANDOM, faults=(Fault("burr", 0.1), Fault("dent", 0.1)))])
    before, after = (run_line(each, days=3, seed=1) for each in (line, line.set("mill.burr", 0.04)))
    for old, new in zip(before.parts, after.parts, strict=True):
        assert set(new.faults) <= set(old.faults)
        assert ("dent" in new.faults) == ("dent" in old.faults)
    assert before.parts != after.parts


def test_pairs_are_narrower_than_two_batches():
    line = Line([Station("a", RANDOM), Station("b", RANDOM, buffer=2)])
    less, more = (replicate_line(line.set("b.buffer", b), 6, 15, seed=1) for b in (2, 3))
    gain = more.difference(less, "throughput")
    assert gain.low > 0
    apart = more.estimate("throughput")
    assert gain.high - gain.low < (apart.high - apart.low) / 2


# -- the node it feeds ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chain():
    network = tl.assembly("plant", {"wheel": 2}, demand=Constant(100))
    return tl.Scenario(network, tl.BaseStock(300), days=40)


def test_a_node_makes_what_its_line_was_measured_to_make(chain):
    """A bottleneck of 5 minutes starts 96 a day; one in ten is scrap: 86.4 good units a day."""
    mill = Station("mill", 5, faults=Fault("burr", 0.1), inspection=Inspection())
    measured = run_line(Line([mill]), days=50, warm_up=2)
    fed = feed(chain, "plant", measured)
    assert fed.network.node("plant").mean_output == pytest.approx(96, abs=0.1)
    assert fed.network.node("plant").capacity == max(measured.daily) / measured.good_share
    daily = tl.simulate(fed, seed=1).daily
    made = daily[(daily["node"] == "plant") & (daily["product"] == "unit")]["finished"]
    error = np.std(measured.daily) / math.sqrt(20)
    assert abs(made.tail(20).mean() - measured.throughput) < 4 * error
    assert chain.network.node("plant").capacity == math.inf


def test_many_histories_feed_their_mean(chain):
    batch = replicate_line(LOOP, days=4, replications=3)
    fed = feed(chain, "plant", batch)
    recipe = next(r for r in fed.network.recipes if r.node == "plant")
    assert recipe.good_share == Constant(batch.values("good_share").mean())


# -- mistakes ---------------------------------------------------------------------------------

MISTAKES = [
    (lambda: Line([]), "different names"),
    (lambda: Line([Station("a", 1), Station("a", 2)]), "different names"),
    (lambda: Line([Station("a", 0)]), "time above 0"),
    (lambda: Line([Station("a", 0), Station("b", 0)], source=Conwip(2)), "time above 0"),
    (lambda: Line([Station("a", 1)], crews=0), "at least 1 repair crew"),
    (lambda: Line([Station("a", 1)], minutes_per_day=-1), "1e-09 working minutes"),
    (lambda: Line([Station("a", 1)], minutes_per_day=math.nan), "minutes_per_day is a number"),
    (lambda: Line([Station("a", 1)], crews=0), "at least 1 repair crew"),
    (lambda: Line([Station("a", 1, inspection=Inspection(rework_to="b")), Station("b", 1)]),
     "no station up to here"),
    (lambda: Station("a", -1), "at least 0 minutes/unit"),
    (lambda: Station("a", 1, machines=1.5), "whole number"),
    (lambda: Station("a", tl.Trace((1, 2))), "take Empirical"),
    (lambda: Station("a", 1, time_to_failure=0), "renewed without end"),
    (lambda: Arrivals(0), "time between them"),
    (lambda: Conwip(0), "at least 1"),
    (lambda: Fault("burr", 1.2), "0 to 1"),
    (lambda: Weibull(0, 150), "above 0"),
    (lambda: run_line(LOOP, days=2, warm_up=2), "run longer"),
    (lambda: LOOP.station("pollish"), "did you mean 'polish'"),
    (lambda: LOOP.set("polish.bufer", 2), "did you mean 'buffer'"),
    (lambda: LOOP.change(Station("paint", 1)), "no station 'paint'"),
    (lambda: run_line(LOOP, days=1, warm_up=0).value("polish.bloked"), "did you mean 'blocked'"),
    (lambda: replicate_line(LOOP, 1, 2, warm_up=0).difference(
        replicate_line(LOOP, 1, 3, warm_up=0), "throughput"), "equally many"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_mistakes_are_named_with_their_remedy(mistake, words):
    with pytest.raises(TwinError, match=words):
        mistake()


def test_only_makers_can_be_fed(chain):
    run = run_line(Line([Station("mill", 5)]), days=1, warm_up=0)
    with pytest.raises(ScenarioError, match="makes nothing; did you mean 'plant'"):
        feed(chain, "plnat", run)
    with pytest.raises(ScenarioError, match="delivered nothing"):
        feed(chain, "plant", run_line(Line([Station("mill", 900)]), days=1, warm_up=0))


def test_tables_show_what_happened():
    run = run_line(LOOP, days=3, seed=1)
    assert run.table.index.tolist() == ["mill", "polish", "test"]
    assert len(pd.DataFrame(run.parts)) == len(run.parts)
    assert pd.DataFrame(run.events)["minute"].is_monotonic_increasing
    assert "units/day" in run._repr_html_()
    assert isinstance(Line([Station("a", 1)]).source, Saturated)


# -- what was -------------------------------------------------------------------------------------

# Lines without jobs, hazards, rules of upkeep and set-ups, as the engine lived them before it knew
# of such things: parts, sum of the minutes at which they left, mean cycle time, failures.
LIVED = {
    "loop": (1698, 4847311.366589, 9.832874795, 29),
    "certain": (2882, 8291508.0, 11.8, 576),
    "constant work in process": (2505, 7207008.0, 9.197986577, 500),
    "arrivals": (2561, 4651533.43058, 474.047848006, 29),
    "factory": (1679, 4881053.187973, 27.541280891, 21),
}


def lines_of_before():
    worn = {"time_to_failure": Weibull(3, 150), "time_to_repair": 10}
    polish = replace(LOOP.station("polish"), **worn)
    loop = replace(LOOP.change(polish), crews=1)
    stations = [
        Station("a", 2, machines=2, time_to_failure=Constant(10), time_to_repair=3),
        Station("b", 3, machines=2, buffer=1, stop=1),
        Station("c", 2, buffer=0),
    ]
    both = (Arrivals(Gamma(3, 3)), Arrivals(Gamma(9, 3), 2, "vip"))
    return {
        "loop": loop,
        "certain": Line(stations),
        "constant work in process": Line(stations, source=Conwip(4)),
        "arrivals": Line(loop.stations, source=both),
        "factory": factory().line,
    }


@pytest.mark.parametrize("name", LIVED)
def test_a_line_without_any_of_it_lives_as_it_always_did(name):
    run = run_line(lines_of_before()[name], days=12, seed=3)
    left = sum(p.left for p in run.parts if not math.isnan(p.left))
    failed = sum(e.kind == "failed" for e in run.events)
    expected = LIVED[name]
    assert (len(run.parts), failed) == (expected[0], expected[3])
    assert (left, run.cycle_time) == pytest.approx(expected[1:3], rel=1e-9)
