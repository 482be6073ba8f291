"""The factory case: tables against sources, laws on held-out tools, loops that close."""

import csv
import math
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import twinlab as tl
from twinlab.cases.factory import factory, fit_tools, signals
from twinlab.modeling import AtAge
from twinlab.modeling.line.results import feed, replicate_line, run_line
from twinlab.task import quality
from twinlab.task.maintenance import prescribe

DATA = Path(__file__).parents[2] / "datasets" / "factory"
FACTS = os.environ.get("TWINLAB_FACTS")


@pytest.fixture(scope="module")
def case():
    return factory()


@pytest.fixture(scope="module")
def plan(case):
    """The age at which the first tools' law says to change them."""
    figures = case.figures
    law = fit_tools(case.tools[: int(case.figures["training_tools"])]).law
    advice = prescribe(law, figures["planned_cost"], figures["failure_cost"])
    return advice.values["replacement_age"]


@pytest.fixture(scope="module")
def lines(case, plan):
    """The line with tools that run to failure, and with tools changed in time, on the same luck."""
    changed = case.line.set("machining.maintain", AtAge(round(plan)))
    return [replicate_line(each, days=12, replications=12, seed=1) for each in (case.line, changed)]


# -- the tables -------------------------------------------------------------------------------


@pytest.mark.skipif(not FACTS, reason="TWINLAB_FACTS does not name the folder of raw data")
def test_the_tables_are_derived_again_to_the_last_bit(tmp_path):
    root = str(DATA.parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    command = [sys.executable, "-B", str(DATA / "derive.py"), "--facts", FACTS, "--out",
               str(tmp_path)]  # fmt: skip
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": path})
    made = sorted(path.name for path in tmp_path.iterdir())
    kept = sorted(path.name for path in DATA.iterdir() if path.suffix in (".csv", ".json"))
    assert made == kept
    for name in made:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_the_tables_are_small():
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 720_000


def test_every_column_is_described():
    import json

    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    described = {r["path"]: [f["name"] for f in r["schema"]["fields"]]
                 for r in package["resources"]}  # fmt: skip
    assert {path.name for path in DATA.glob("*.csv")} == set(described)
    for path in DATA.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            assert next(csv.reader(file)) == described[path.name], path.name
        assert f"{path.stem}" in (DATA / "README.md").read_text(encoding="utf-8")


def test_machining_takes_and_stops_as_long_as_was_seen(case):
    """6,000 parts of 2 min, 2,997 of 3 and 1,003 of 5; 207 stops of 15 min in 10,000 parts."""
    seen = {s.name: s for s in case.line.stations}["machining"]
    assert sorted(seen.time.values) == [2] * 6 + [3] * 3 + [5]
    assert seen.stop.average == pytest.approx(15 * 207 / 10_000, rel=0.02)
    others = [s.stop.average for s in case.line.stations if s.name != "machining"]
    assert others == [0, 0, 0]


def test_the_published_counts_of_failures_and_faults(case):
    """Matzka (2020): 46 wear, 115 heat, 95 power, 98 overstrain, 19 random; 1,941 plates."""
    modes = Counter(mode for r in case.readings for mode in r.failure.split("|") if mode)
    assert modes == {"TWF": 46, "HDF": 115, "PWF": 95, "OSF": 98, "RNF": 19}
    plates = {c.name: c.plates for c in case.fault_classes}
    assert list(plates.values()) == [402, 391, 190, 158, 72, 55, 673]


def test_rows_are_the_order_in_which_tools_saw_the_parts(case):
    """Wear grows by the minutes of the part, or a new tool begins at 0."""
    minutes = {"L": 2, "M": 3, "H": 5}
    for before, after in zip(case.readings, case.readings[1:], strict=False):
        assert after.wear in (0.0, before.wear + minutes[before.quality])
    assert len(case.tools) == 1 + sum(r.wear == 0 for r in case.readings[1:])


def test_stops_and_work_are_as_often_as_they_were_seen(case):
    machining = case.line.station("machining")
    stopped = sum("HDF" in r.failure or "PWF" in r.failure for r in case.readings)
    assert machining.stop.average == pytest.approx(15 * stopped / 10_000, rel=0.01)
    assert machining.time.average == pytest.approx(
        np.mean([{"L": 2, "M": 3, "H": 5}[r.quality] for r in case.readings]), rel=0.01
    )


# -- failure risk -----------------------------------------------------------------------------


def test_the_law_of_the_first_tools_holds_for_the_others(case):
    """Failures among the held-out tools: as many as expected, within 2 standard errors.

    Under the true law, failures less the hazards gone through have mean 0 and a variance that is
    the expected number (Cox & Snell 1968).
    """
    later = case.tools[int(case.figures["training_tools"]) :]
    seen = sum(tool.failed for tool in later)

    def expected(fitted):
        """Σ (life / scale)^shape: the hazards that they went through."""
        return sum((tool.life / fitted.law.scale) ** fitted.law.shape for tool in later)

    assert abs(expected(fit_tools(later)) - seen) < 0.01  # its own law: exactly
    found = expected(fit_tools(case.tools[: int(case.figures["training_tools"])]))
    assert abs(seen - found) < 2 * math.sqrt(found)


def test_tools_wear_out(case):
    """The shape lies far above 1, at which tools would fail at any age alike."""
    fitted = fit_tools(case.tools[: int(case.figures["training_tools"])])
    assert fitted.law.shape - 4 * fitted.shape_error > 1


def test_tools_that_were_changed_are_not_counted_as_failed(case):
    """Taking changes for failures shortens the life that is estimated."""
    wrong = fit_tools([tool._replace(failed=True) for tool in case.tools])
    assert wrong.law.scale < fit_tools(case.tools).law.scale - 2


def test_changing_tools_in_time_is_worth_throughput(lines, plan):
    """Half an hour against six minutes: the planned age lies before nearly all failures."""
    worn, changed = lines
    assert 160 < plan < 180
    assert changed.difference(worn, "throughput").low > 5
    failures = [sum(each.values("machining.failures")) for each in lines]
    assert failures[1] < 0.1 * failures[0]


# -- sensors ----------------------------------------------------------------------------------


def test_a_reading_is_smoothed_before_the_next_one_comes(case):
    """z ← z + 0.1 (x − z) from the first x; what comes later changes nothing."""
    seen = signals(case.readings)["smoothed"]
    heat = [reading.process - reading.air for reading in case.readings[:100]]
    level, levels = heat[0], []
    for one in heat:
        level += 0.1 * (one - level)
        levels.append(level)
    assert seen[:100].tolist() == pytest.approx(levels)
    assert signals(case.readings[:100])["smoothed"].tolist() == seen[:100].tolist()


# -- the loops closed -------------------------------------------------------------------------


def test_the_line_feeds_the_chain_and_maintenance_serves_its_customers(case, lines):
    """As much is asked as the line makes when tools run to failure: customers feel the rest."""
    worn, changed = (tl.replicate(feed(case.scenario, "factory", m), 64, seed=1) for m in lines)
    assert changed.estimate("fill_rate").low > worn.estimate("fill_rate").high
    assert changed.estimate("fill_rate").mean > 0.98


def test_complaints_lead_to_a_design_with_fewer_returns(case):
    """Pareto names cutting; what is worth it is revised, and fewer parts come back."""
    heard = quality.complaints(run_line(case.line, days=80, seed=1, log=False), case.returned, 1)
    found = quality.complaint_rates(heard)
    assert quality.pareto(found.counts, case.departments).causes[0] == "cutting"
    # Each escaped fault times who minds it, per 1,000 delivered.
    shares = {c.name: c.fault.rate + c.fault.wear * 100 for c in case.fault_classes if c.station}
    for name in ("K scratch", "bump"):
        expected = 1000 * 0.2 * shares[name] * case.returned[name]
        assert found[name].low < expected < found[name].high
    world = quality.ProductLife(case.line, case.returned)
    ways = {"nothing": quality.keep_design, "worth it": quality.worth_it}
    assert quality.compare_designers(ways, world, lives=8)["worth it"].difference.high < 0
