"""Jobs, hazards, rules of upkeep, set-ups, energy, and a line that goes on from where it stood."""

import json
from itertools import pairwise

import numpy as np
import pytest

import twinlab as tl
from tests.known.test_known_lines import near
from twinlab import Constant, Gamma, ScenarioError, TwinError
from twinlab.modeling import (
    AtAge,
    ControlLimit,
    Fault,
    Hazard,
    Inspection,
    Jobs,
    Line,
    MachineView,
    Released,
    RunToFailure,
    Station,
    Weibull,
    feed,
    replicate_line,
    run_line,
)
from twinlab.modeling.line.engine import LineEngine, keep
from twinlab.task import production

JOBS = Jobs(minutes=[2, 3, 5], power=[6.0, 5.0, 8.0], kind=["L", "M", "H"])
# Light jobs never break a tool, heavy ones half of the time from an age of 30 minutes.
RISK = Hazard(np.array([[0.0] * 60, [0.0] * 60, [0.0] * 30 + [0.5] * 30]))
MILL = Station("mill", jobs=JOBS, hazard=RISK, time_to_repair=20, time_to_replace=4)


def events(run, kind):
    return [e for e in run.events if e.kind == kind]


def test_a_part_draws_its_job_by_its_number_whatever_the_rule():
    free, kept = (
        run_line(Line([station]), days=3, seed=1)
        for station in (MILL, Line([MILL]).set("mill.maintain", AtAge(20)).stations[0])
    )
    jobs, same = ([e.note for e in events(run, "finished")] for run in (free, kept))
    assert jobs[:100] == same[:100]
    assert {0, 1, 2} == set(jobs)
    assert len(events(kept, "replaced")) > 10
    assert not events(free, "replaced")


def test_only_jobs_that_can_break_the_tool_break_it_and_once_a_part():
    run = run_line(Line([MILL]), days=20, seed=2, warm_up=0)
    rows = {e.part: e.note for e in events(run, "finished")}
    broken = [e.part for e in events(run, "failed")]
    assert len(broken) == len(set(broken)) > 20
    assert {rows[part] for part in broken if part in rows} == {2}
    tools, near_half = 0, []
    for e in run.events:
        if e.kind == "started" and e.part in rows and rows[e.part] == 2:
            near_half.append(e.part in set(broken))
            tools += 1
    assert 0 < np.mean(near_half) < 0.5


def test_the_moment_of_a_failure_is_uniform_over_the_job():
    heavy = Station("mill", jobs=Jobs(minutes=[10.0]), hazard=Hazard(np.array([[0.2]])))
    run = run_line(Line([heavy]), days=60, seed=3, warm_up=0)
    begun = {e.part: e.minute for e in events(run, "started")}
    after = [e.minute - begun[e.part] for e in events(run, "failed")]
    near(after, 5.0)
    near([float(p in {e.part for e in events(run, "failed")}) for p in begun], 0.2)


def test_a_control_limit_replaces_before_the_jobs_that_are_not_worth_it():
    rule = ControlLimit(RISK, rate=1.0, saving=100.0)  # 50 USD at risk against 5 USD of work
    careful = replicate_line(Line([MILL]).set("mill.maintain", rule), days=12, replications=4)
    blind = replicate_line(Line([MILL]), days=12, replications=4)
    assert {run["mill"].failures for run in careful.runs} == {0}
    assert all(run["mill"].replacements > 0 for run in careful.runs)
    assert careful.difference(blind, "throughput").low > 0


def test_the_oldest_tool_for_a_job_is_that_which_the_rule_replaces():
    rule, minutes = ControlLimit(RISK, rate=1.0, saving=100.0), MILL.jobs["minutes"]
    for job, oldest in enumerate(rule.oldest(minutes)):
        ages = range(1, RISK.chances.shape[1] + 5)
        told = [rule(MachineView("mill", a, job, "", minutes[job], 0)) for a in ages]
        assert told == ["replace" if age >= oldest else "continue" for age in ages]


def test_a_rule_may_remember_and_its_answer_is_checked():
    def every_tenth(view):
        view.memory["jobs"] = view.memory.get("jobs", 0) + 1
        return "replace" if view.memory["jobs"] % 10 == 0 else "continue"

    run = run_line(Line([Station("cut", 2, maintain=every_tenth)]), days=2, warm_up=0)
    assert run["cut"].replacements == run["cut"].started // 10
    with pytest.raises(ScenarioError, match="'now' on day 0: a rule of upkeep says one of"):
        run_line(Line([Station("cut", 2, maintain=lambda view: "now")]), days=1, warm_up=0)


def test_a_set_up_when_the_kind_changes_takes_its_time():
    cut = Station("cut", 2, setup=5)
    one, two = (
        run_line(Line([cut], mix=mix), days=20, warm_up=0, seed=1)
        for mix in ({"bike": 1.0}, {"bike": 3.0, "trike": 1.0})
    )
    assert one["cut"].setup == 0
    kinds = [p.kind for p in two.parts]
    near([float(kind == "trike") for kind in kinds], 0.25)
    changes = sum(a != b for a, b in pairwise(kinds))
    assert two["cut"].setup * 20 * 480 == pytest.approx(5 * changes, abs=5)
    found = production.describe(two, "cut")
    assert found.availability == pytest.approx(two["cut"].working)  # lost to set-ups alone
    assert found.loading == 1.0


def test_energy_is_power_times_minutes_per_part_and_per_good_part():
    bad = Station(
        "mill", jobs=JOBS, faults=Fault("burr", 0.5), inspection=Inspection(), idle_power=0.5
    )
    run = run_line(Line([bad]), days=30, seed=4)
    seen = run["mill"]
    rows = [e.note for e in events(run, "finished") if e.minute >= run.start]
    assert seen.energy == pytest.approx(JOBS.energy[rows].mean(), rel=0.01)
    near(JOBS.energy[rows].tolist(), JOBS.energy.mean())
    assert seen.idle_energy == 0.0  # it always works
    assert run.energy == pytest.approx(seen.energy / run.good_share, rel=0.01)
    slow = run_line(Line([Station("feed", 10), bad]), days=30, seed=4)["mill"]
    idle = (slow.starved + slow.blocked) * 28 * 480 / slow.started
    assert slow.idle_energy == pytest.approx(0.5 * idle / 60, rel=1e-6)


def test_effectiveness_by_machine():
    """A waits for B half of its time, which is no loss of its own; what B spoils is B's."""
    spoils = Station("B", 4, buffer=3, faults=Fault("crack", 0.2), inspection=Inspection())
    run = run_line(Line([Station("A", 2), spoils]), days=22, seed=1)
    a, b = (production.describe(run, name) for name in "AB")
    assert (a.availability, a.performance, a.quality) == (1.0, 1.0, 1.0)
    assert a.loading == pytest.approx(0.5, abs=0.005)
    assert b.quality == pytest.approx(0.796, abs=0.0005)
    assert b.loading == 1.0


# -- a line that goes on ----------------------------------------------------------------------

TOUGH = Line(
    [
        Station("cut", Gamma(2, 1), machines=2, time_to_failure=Weibull(3, 90), time_to_repair=9),
        Station("mill", jobs=JOBS, hazard=RISK, time_to_repair=20, time_to_replace=4, setup=1,
                buffer=2, stop=Gamma(0.5, 0.5), maintain=AtAge(50), faults=Fault("burr", 0.2)),
        Station("test", 1, buffer=1, inspection=Inspection(0.8, "mill", 0.7)),
    ],
    source=Released(),
    crews=1,
)  # fmt: skip


def days(line, restart_every, seed=1, many=12):
    """Release 100 parts a day; now and then write the line down and go on from what is written."""
    engine, out = LineEngine(line, seed, 0), []
    for day in range(many):
        if day and day % restart_every == 0:
            told = json.loads(json.dumps(keep(engine)))
            engine = LineEngine(line, seed, 0, kept=told)
        engine.release(100)
        engine.step((day + 1) * 480)
        out.append((*engine.take(), engine.present, engine.released))
    left = {p.number: p.left for p in engine.parts if p.fate != "in process"}
    return out, left


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("every", [1, 3])
def test_a_line_goes_on_from_what_was_kept_of_it_as_if_nothing_had_been(seed, every):
    whole, left = days(TOUGH, 99, seed)
    parts, again = days(TOUGH, every, seed)
    assert parts == whole
    assert max(abs(left[n] - minute) for n, minute in again.items()) < 1e-7
    assert sum(out for out, *_ in whole) + whole[-1][2] + whole[-1][3] == 12 * 100


def test_orders_are_all_that_enters_and_their_number_is_limited():
    engine = LineEngine(Line([Station("cut", 2)], source=Released(limit=50)), 0, 0)
    assert engine.room == 50
    engine.release(30)
    assert engine.room == 20
    engine.step(480)
    assert engine.take() == (30, 30)
    assert engine.take() == (0, 0)


MISTAKES = [
    (lambda: Jobs(minutes=[1, 2], power=[1]), "columns are rows of equal length"),
    (lambda: Jobs(minutes=[-1]), "minutes must be finite numbers of at least 0"),
    (lambda: Hazard(np.array([0.1])), "one row per job"),
    (lambda: Hazard(np.array([[1.2]])), "chances from 0 to 1"),
    (lambda: Station("a", 1, hazard=RISK), "the hazard has 3 rows, and there are 1 jobs"),
    (lambda: Line([Station("a", 1)], crews=1.5), "crews are whole, got 1.5"),
    (lambda: AtAge(0), "at least 1e-09 minutes"),
]


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_mistakes_are_named(mistake, words):
    with pytest.raises(TwinError, match=words):
        mistake()


def test_run_to_failure_is_what_there_is_without_a_rule():
    assert Station("a", 1).maintain == RunToFailure()


@pytest.mark.parametrize("source", ["mix", "jobs"])
def test_what_a_station_can_do_depends_on_the_mix(source):
    """Long jobs are rare in the table, not in the mix; kinds of the first station set up the next.

    Two machines weld, so set-ups of the second station are those of parts in any order.
    """
    jobs = Jobs([2.0] * 9 + [8.0], kind=["S"] * 9 + ["X"])
    many = Jobs([2.0, 8.0], kind=["S", "X"])
    first = Station("weld", jobs=jobs if source == "mix" else many, machines=2)
    paint = Station("paint", Constant(3), setup=Constant(4))
    line = Line([first, paint], mix={"S": 1, "X": 1} if source == "mix" else {})
    found = production.predict(line)
    assert [round(each.minutes, 1) for each in found] == pytest.approx([5.0, 5.0], abs=0.1)
    run = run_line(line, days=60, seed=3)
    assert run.throughput == pytest.approx(found.bottleneck.capacity, rel=0.03)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: Line([Station("a", 1)], mix={"S": -1, "X": 2}), "none below 0"),
        (lambda: Line([Station("a", 1)], mix={"S": 0}), "parts of some kind"),
        (
            lambda: Line([Station("a", jobs=Jobs([1.0], kind=["S"]))], mix={"X": 1}),
            "no job is of the mix's kind 'X'",
        ),
        (lambda: production.predict(Line([scrap("")])), "all are scrapped"),
        (lambda: production.predict(Line([scrap("a")])), "worked on again without end"),
    ],
)
def test_what_no_line_can_do_is_taught(mistake, words):
    with pytest.raises(ScenarioError, match=words):
        mistake()


def scrap(back):
    return Station("a", 1, faults=Fault("f", 1.0), inspection=Inspection(1.0, back))


def test_kinds_may_be_numbers():
    jobs = Jobs([1.0, 2.0], kind=[1, 2])
    run = run_line(Line([Station("a", jobs=jobs), Station("b", jobs=jobs)]), days=4)
    assert {part.kind for part in run.parts} == {"1", "2"}


def test_a_slow_line_may_feed_a_node():
    """On some days, and in some histories, no part leaves it."""
    slow = Line([Station("a", Gamma(300, 50)), Station("b", Gamma(1000, 900))])
    lived = replicate_line(slow, 4, 6)
    assert np.isnan(lived.values("good_share")).any()
    chain = tl.Scenario(tl.assembly("plant", {"wheel": 2}, demand=Constant(1)), tl.BaseStock(9))
    assert feed(chain, "plant", lived).network.node("plant").capacity == 1
