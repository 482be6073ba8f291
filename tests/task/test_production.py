"""Loads, bounds and instructions: flow equations against lines that are simulated."""

from dataclasses import replace

import pytest

import twinlab as tl
from twinlab.modeling.line.results import replicate_line, run_line
from twinlab.modeling.line.stations import Arrivals, AtAge, Conwip, Fault, Inspection, Line, Station
from twinlab.task import production


def scrapping(**last):
    """Cut, weld and paint; a fifth is cracked and a tenth of the paint runs; the last one looks."""
    weld = Station("weld", tl.Gamma(3, 1.5), 2, faults=(Fault("crack", 0.2),),
                   time_to_failure=tl.Gamma(300, 300), time_to_repair=30)  # fmt: skip
    paint = Station("paint", 2, faults=(Fault("run", 0.1),), inspection=Inspection(0.9, **last))
    return Line([Station("cut", tl.Gamma(1.5, 1.5)), weld, paint])


@pytest.mark.parametrize("last", [{}, {"rework_to": "weld", "rework_share": 0.6}])
def test_loads_are_what_a_line_does(last):
    """Visits and delivered units of 15 simulated days, with 60 parts always in the line."""
    line = replace(scrapping(**last), source=Conwip(60))
    batch = replicate_line(line, days=17, replications=8, seed=1)
    for load in production.predict(line):
        begun = batch.values(f"{load.station}.started") / (15 * batch.values("throughput"))
        error = begun.std(ddof=1) / 8**0.5
        # Parts in process at the two ends blur the ratio a little.
        assert abs(begun.mean() - load.visits) < 4 * error + 0.02 * load.visits
    limit = production.predict(line).bottleneck
    found = batch.estimate("throughput")
    assert found.mean == pytest.approx(limit.capacity, rel=0.03)


def test_preventive_replacement_takes_its_time_too():
    """Lives of 100 minutes, replaced after 50 for 5 minutes: a tenth is lost."""
    steady = Station("press", 1, time_to_failure=100, time_to_repair=60, maintain=AtAge(50),
                     time_to_replace=5)  # fmt: skip
    assert production.predict(Line([steady])).bottleneck.minutes == pytest.approx(1.1)
    late = Station("press", 1, time_to_failure=100, time_to_repair=60)
    assert production.predict(Line([late])).bottleneck.minutes == pytest.approx(1.6)


def test_oee_multiplies_what_was_measured():
    run = run_line(scrapping(), days=10, seed=2)
    for name in ("cut", "weld", "paint"):
        seen, found = run[name], production.describe(run, name)
        assert found.loading == pytest.approx(1 - seen.starved - seen.blocked)
        assert found.oee * found.loading == pytest.approx(seen.working * seen.good_share)
        assert seen.working + seen.down == pytest.approx(found.loading)


def test_a_machine_answers_for_its_own_faults_and_stops_only():
    """Cut makes no faults and is held up half the time; a fifth of the welds, a tenth of the paint
    are bad, whatever inspection finds; paint stands still for one minute in five."""
    weld = Station("weld", 4, faults=(Fault("crack", 0.2), Fault("hole", 0.1)))
    paint = Station("paint", 2, stop=0.5, faults=(Fault("run", 0.1),), inspection=Inspection(0.9))
    run = run_line(Line([Station("cut", 2, buffer=1), replace(weld, buffer=2), paint]), days=60)
    cut, weld, paint = (production.describe(run, name) for name in ("cut", "weld", "paint"))
    count = run["weld"].started
    assert (cut.availability, cut.performance, cut.quality) == (1, 1, 1)
    assert cut.loading == pytest.approx(0.5, abs=0.01)
    assert abs(weld.quality - 0.8 * 0.9) < 4 * (0.72 * 0.28 / count) ** 0.5
    assert abs(paint.quality - 0.9) < 4 * (0.09 / count) ** 0.5
    assert (paint.availability, paint.performance) == (1, pytest.approx(0.8, abs=0.01))
    assert paint.loading == pytest.approx(2.5 / 4, abs=0.01)
    assert run.good_share < weld.quality


def test_repairs_are_availability_not_performance():
    """Work of 50 minutes, then a repair of 25; parts come for a third of the time."""
    press = Station("press", 1, time_to_failure=50, time_to_repair=25)
    line = Line([press], source=Arrivals(tl.Constant(4)))
    found = production.describe(run_line(line, days=200), "press")
    assert found.performance == 1
    assert found.availability == pytest.approx(2 / 3, abs=0.01)
    assert found.loading == pytest.approx(1.5 / 4, abs=0.01)


def test_a_machine_without_parts_has_no_effect():
    line = Line([Station("press", 1)], source=Arrivals(tl.Constant(1e6)))
    found = production.describe(run_line(line, days=3), "press")
    assert (found.availability, found.performance, found.loading) == (0, 0, 0)


@pytest.mark.parametrize("wanted", [120, 200, 400])
def test_instructions_are_proved_by_simulation(wanted):
    line = scrapping(rework_to="weld", rework_share=0.6)
    line = line.change(Station("cut", tl.Gamma(1.5, 1.5), 2))
    told = production.plan_departments(line, wanted=wanted, horizon=20)
    proof = told.prove(replications=6, seed=1)
    assert proof.holds, str(proof)
    assert str(proof).startswith("proved within 2 %")
    assert all(d.busy <= 0.9 for d in told if d.does == "work")


def test_instructions_that_cannot_work_are_not_proved():
    """The same machines with no place between them: the proof is able to fail."""
    line = Line([Station("cut", tl.Gamma(2, 2)), Station("weld", tl.Gamma(2, 2))])
    told = production.plan_departments(line, wanted=200)
    bare = replace(told, scenario=told.scenario.set("line.weld.buffer", 0))
    assert told.prove(replications=6).holds
    assert not bare.prove(replications=6).holds


def test_more_shifts_before_more_than_there_is():
    line = Line([Station("cut", 2, machines=4), Station("weld", 3)])
    assert production.prescribe(line, 140).title == "140 units/day in 1 shift"
    assert production.prescribe(line, 150).title == "150 units/day in 2 shifts"
    told = production.plan_departments(line, wanted=140)
    assert {d.name: d.machines for d in told} == {
        "line/unit": None, "line.cut": 1, "line.weld": 1
    }  # fmt: skip
    with pytest.raises(tl.SolverError, match=r"'weld' busy for 4.2 shifts .* needs 2"):
        production.plan_departments(line, wanted=672)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: production.takt(480, 0), "above 0"),
        (
            lambda: production.kanban(10, 1, container=0),
            "container must be a finite number above 0",
        ),
        (
            lambda: production.plan_departments(Line([Station("cut", 2)]), wanted=0),
            "wanted must be a finite number above 0, got 0",
        ),
    ],
)
def test_mistakes_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


def test_a_loop_has_at_least_one_card():
    cards = [production.kanban(rate, 0.5, container=10, safety=0.1) for rate in (0, 1, 100, 182)]
    assert cards == [1, 1, 6, 11]


def test_a_plan_begins_on_a_morning_as_one_history_stands_then():
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), lead_time=2, on_hand=10)
    calm = tl.Scenario(chain, tl.BaseStock(12), days=40)
    by_day, by_state = (
        production.plan_departments(calm, start, 8)["mine->shop"].by_day
        for start in (10, tl.simulate(calm).state_on(10))
    )
    assert by_day == by_state
    assert sum(by_day) > 0
