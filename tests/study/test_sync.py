"""Departments in sync: a line alone, and a network of 90 days with a season and free seventh days.

The page's own network served parts on the day on which they were begun, while it planned two days
for it; a line inside a node and a lane take these two days. So its table is that of a plan with two
days to spare, whose customers begin two days later; and it kept its first 700 sheets. Beside it
stands what is planned to the day.
"""

from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from tests.study.beside import FULL, beside
from twinlab.modeling import estimate, replicate_line
from twinlab.task.production import plan_departments, predict

DAYS, HISTORIES = 90, 8 if FULL else 2
SHEET, PANEL = ("factory", "sheet"), ("factory", "panel")


@pytest.fixture(scope="module")
def case():
    return tl.cases.factory()


# wanted, what the page found, and what a proof said that looked at one side only
LINE = {50: (50.0, 134.7), 100: (99.8, 134.8), 125: (124.8, 138.5)}


@pytest.mark.parametrize("wanted", LINE if FULL else [100])
def test_a_line_delivers_what_is_wanted(case, wanted):
    told = plan_departments(case.line, wanted=wanted)
    proof = told.prove(replications=8 if FULL else 4)
    actual = proof["finished line/unit"].actual
    beside(f"{wanted} wanted", {"made": actual.mean}, {"made": LINE[wanted][0]}, rel=0.005)
    assert proof.holds, str(proof)
    assert actual.low - 0.5 < wanted < actual.high + 0.5
    assert wanted * 1.02 < LINE[wanted][1]


def factory(case, spare):
    """The chain with the line inside; its customers begin when the days to spare are over."""
    measured = replicate_line(case.line, days=32, replications=4, seed=5)
    can = measured.values("throughput").mean() / measured.values("good_share").mean()
    season = 115 + 25 * np.sin(2 * np.pi * np.arange(DAYS) / 45)
    wanted = np.where(np.arange(DAYS) % 7 == 6, 0.0, season * 7 / 6)
    network = case.scenario.network
    network = network.change(
        replace(network.demands[0], pattern=tl.Trace(np.append(np.zeros(spare), wanted))),
        replace(network.recipes[0], production_time=1 + spare),
        replace(network.node("factory"), capacity=can),
        *(replace(lane, initial_pipeline=0) for lane in network.lanes),
        tl.Stock(*SHEET, 700), tl.Stock(*PANEL, 0), tl.Stock("warehouse", "panel", 280),
    )  # fmt: skip
    scenario = tl.Scenario(network, tl.BaseStock(0), DAYS + spare).nest({"factory": case.line})
    return scenario, tl.State.initial(network)


def lived(case, spare, kept, safety_time=0):
    """What a plan promises, and what came of it in some histories."""
    scenario, seen = factory(case, spare)
    seen.on_hand[SHEET] -= kept  # what a plan does not see, it does not use up
    told = plan_departments(scenario, seen, safety_time=safety_time, most_busy=0.97)
    good = np.array(told["factory/panel"].by_day) * predict(case.line).good_share
    weeks = good[:84].reshape(-1, 7).sum(axis=1)  # it comes on the day after
    rows = []
    for history in range(HISTORIES):
        run = tl.simulate(told.scenario, 11, history)
        made = run.series("finished", *PANEL)[1:85].reshape(-1, 7).sum(axis=1)
        owed = run.series("backlog", "warehouse", "panel")
        off = np.abs(made - weeks)[1:-1].max() / weeks.mean()
        short = (run.series("on_hand", *SHEET) < 1).sum()
        rows.append((made[1:-1].sum() / weeks[1:-1].sum(), off, owed.mean(), short))
    names = ("made / planned", "worst week off", "mean owed", "days short of sheets")
    found = {name: estimate(values) for name, values in zip(names, np.array(rows).T, strict=True)}
    return told["factory/panel"].late, found


def test_a_network_obeys_its_plan(case):
    late, found = lived(case, spare=2, kept=700)
    means = {name: each.mean for name, each in found.items()} | {"pushed before day 0": late}
    page = {"made / planned": 1.004, "pushed before day 0": 68.0}
    beside("As on the page", means, page)
    print({name: each.short for name, each in found.items()})
    assert means["worst week off"] < 0.1
    assert means["mean owed"] < 1
    assert means["days short of sheets"] < 4


@pytest.mark.skipif(not FULL, reason="half a minute of lines: make study")
def test_safety_time_in_place_of_kept_sheets(case):
    """Planned to the day, with no sheet more than needed: each day of safety time is worth it."""
    ways = [lived(case, spare=2, kept=0, safety_time=days)[1] for days in (0, 2, 4)]
    for name in ("days short of sheets", "mean owed", "worst week off"):
        print(name, [each[name].short for each in ways])
    short = [each["days short of sheets"] for each in ways]
    assert short[0].low > short[1].high
    assert short[1].low > short[2].high
    tight = lived(case, spare=0, kept=700)[1]["mean owed"]
    print("owed, planned to the day:", tight.short)
    assert tight.low > 1
