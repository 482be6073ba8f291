"""Loads, bounds and instructions: flow equations against lines that are simulated."""

from dataclasses import replace

import pytest

import twinlab as tl
from twinlab.modeling.line import replicate_line, run_line
from twinlab.modeling.stations import Conwip, Fault, Inspection, Line, Station
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
    batch = replicate_line(line, days=17, histories=8, seed=1)
    for load in production.loads(line):
        begun = batch.values(f"{load.station}.started") / (15 * batch.values("throughput"))
        error = begun.std(ddof=1) / 8**0.5
        # Parts in process at the two ends blur the ratio a little.
        assert abs(begun.mean() - load.visits) < 4 * error + 0.02 * load.visits
    limit = production.bottleneck(line)
    found = batch.estimate("throughput")
    assert found.mean == pytest.approx(limit.capacity, rel=0.03)


def test_preventive_replacement_takes_its_time_too():
    """Lives of 100 minutes, replaced after 50 for 5 minutes: a tenth is lost."""
    steady = Station("press", 1, time_to_failure=100, time_to_repair=60, replace_at=50,
                     time_to_replace=5)  # fmt: skip
    assert production.bottleneck(Line([steady])).minutes == pytest.approx(1.1)
    late = Station("press", 1, time_to_failure=100, time_to_repair=60)
    assert production.bottleneck(Line([late])).minutes == pytest.approx(1.6)


def test_oee_multiplies_what_was_measured():
    run = run_line(scrapping(), days=10, seed=2)
    for name in ("cut", "weld"):
        seen, found = run.station(name), production.oee(run, name)
        assert found.oee == pytest.approx(seen.working * run.good_share)


@pytest.mark.parametrize("wanted", [120, 200, 400])
def test_instructions_are_proved_by_simulation(wanted):
    line = scrapping(rework_to="weld", rework_share=0.6)
    line = line.change(Station("cut", tl.Gamma(1.5, 1.5), 2))
    told = production.instruct(line, wanted)
    proof = told.prove(days=10, histories=6, seed=1)
    assert proof.holds, str(proof)
    assert str(proof).startswith("proved")
    assert all(d.busy <= 0.9 for d in told.departments)


def test_instructions_that_cannot_work_are_not_proved():
    """The same machines with no place between them: the proof is able to fail."""
    line = Line([Station("cut", tl.Gamma(2, 2)), Station("weld", tl.Gamma(2, 2))])
    told = production.instruct(line, 200)
    tight = told.line.set("weld.buffer", 0)
    bare = production.Instructions(200, told.shifts, told.departments, tight)
    assert told.prove(days=10, histories=6).holds
    assert not bare.prove(days=10, histories=6).holds


def test_more_shifts_before_more_than_there_is():
    line = Line([Station("cut", 2, machines=4), Station("weld", 3)])
    assert production.instruct(line, 140).shifts == 1
    assert production.instruct(line, 150).shifts == 2
    machines = {d.station: d.machines for d in production.instruct(line, 140).departments}
    assert machines == {"cut": 1, "weld": 1}
    with pytest.raises(tl.SolverError, match=r"'weld' busy for 4.2 shifts .* needs 2"):
        production.instruct(line, 672)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: production.takt(480, 0), "above 0"),
        (
            lambda: production.kanban(10, 1, container=0),
            "container must be a finite number above 0",
        ),
        (
            lambda: production.instruct(Line([Station("cut", 2)]), 0),
            "wanted must be a finite number above 0, got 0",
        ),
    ],
)
def test_mistakes_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()
