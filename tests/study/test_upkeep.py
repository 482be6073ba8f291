"""Replace the tool before this job? A hazard learned from readings, by money, and on the line.

Learned from the first 7,000 parts, tried on the jobs of the last 3,000; the truth is the case's.
"""

import runpy
from dataclasses import replace
from time import process_time

import numpy as np
import pandas as pd
import pytest

from tests.study.beside import FULL, beside
from twinlab.cases.factory import factory, fit_tools, jobs_of, learned_hazard, signals
from twinlab.cases.folders import dataset
from twinlab.modeling import AtAge, RunToFailure, estimate, replicate_line
from twinlab.modeling.line.stations import Hazard
from twinlab.task.learning import Examples, learn
from twinlab.task.maintenance import control_limit, cost_rate, prescribe

DERIVE = runpy.run_path(str(dataset("factory") / "derive.py"))
COSTS = (60, 300)  # USD of a planned replacement and of a failure
FEW = ["wear", "low", "medium"]  # what is known without the job's card


def tabulate(learned, at):
    """A model asked once for all jobs at each age, of which `at` gives the features."""
    return Hazard(np.column_stack([learned.predict(at(age)) for age in range(300)]))


def rules_of(case, station, seen, hazards):
    """Rules for a station: those without learning, and one for each hazard; tools as a whole."""
    first, last = seen["tool"].min(), seen["tool"].max()
    law = fit_tools(case.tools[first + (first > 0) : last]).law
    rules = {"run to failure": RunToFailure()}
    rules["age"] = AtAge(prescribe(law, *COSTS).values["replacement_age"])
    found = {name: control_limit(station, hazard, *COSTS) for name, hazard in hazards.items()}
    return rules | {name: each.values["machining.maintain"] for name, each in found.items()}


@pytest.fixture(scope="module")
def case():
    return factory()


@pytest.fixture(scope="module")
def seen(case):
    return signals(case.readings)


@pytest.fixture(scope="module")
def station(case, seen):
    """Machining with the jobs of the last 3,000 parts, and the truth of how they break tools."""
    jobs, truth = jobs_of(seen[int(case.figures["training_parts"]) :])
    return replace(case.line.station("machining"), jobs=jobs, hazard=truth)


@pytest.fixture(scope="module")
def fitted(seen):
    return DERIVE["wear_model"](seen[:7000])


def known_without_cards(seen, jobs):
    """A hazard that knows wear and quality, but not the torque of the job."""
    early = seen[:7000]
    broke = early["failure"].str.contains("TWF|OSF")
    boosting = DERIVE["wear_model"](early).model.set_params(monotonic_cst=[1, 0, 0])
    model = learn(boosting, Examples(early[FEW], broke, early["part"]))
    at = pd.DataFrame({name: jobs[name] for name in ("low", "medium")})
    return tabulate(model, lambda age: at.assign(wear=float(age))[FEW])


@pytest.fixture(scope="module")
def rules(case, seen, station):
    hazards = {"learned": learned_hazard(station.jobs), "all-knowing": station.hazard}
    if FULL:
        hazards["no torque"] = known_without_cards(seen, station.jobs)
    return rules_of(case, station, seen[:7000], hazards)


def test_per_480_minutes_of_work(rules, station):
    seeds = range(5 if FULL else 1)
    spans = {
        name: 480 * np.concatenate(
            [cost_rate(rule, station.hazard, station.jobs, COSTS, seed) for seed in seeds]
        )
        for name, rule in rules.items()
    }  # fmt: skip
    page = {"run to failure": 681, "age": 180.0, "learned": 152.1, "all-knowing": 145.4}
    found = {name: float(each.mean()) for name, each in spans.items()}
    beside("USD per 480 minutes of work", found, page | ({"no torque": 182.9} if FULL else {}))
    assert estimate(spans["age"] - spans["learned"]).low > 0
    assert found["all-knowing"] < found["learned"] < found["age"] < found["run to failure"]
    if FULL:  # what the old rule sees as well is worth nothing
        assert estimate(spans["age"] - spans["no torque"]).low < 5


def test_on_the_line(case, rules, station):
    """The rule that knows the job's torque saves money and makes more good units."""
    line = case.line.change(station)
    long = {"days": 22, "warm_up": 2, "replications": 12 if FULL else 4, "seed": 1}
    page = {"run to failure": 537.5, "age": 151.8, "learned": 130.2, "all-knowing": 125.8}
    made = {"run to failure": 139.0, "age": 151.9, "learned": 152.7, "all-knowing": 152.7}
    lived = {
        name: replicate_line(line.set("machining.maintain", rules[name]), **long)
        for name in (page if FULL else ("age", "learned"))
    }
    usd = {name: spent(each, 20) for name, each in lived.items()}
    units = {name: each.values("throughput") for name, each in lived.items()}
    means = {name: float(each.mean()) for name, each in usd.items()}
    beside("USD per day on the line", means, page if FULL else {})
    good = {name: float(each.mean()) for name, each in units.items()}
    beside("good units per day", good, made if FULL else {})
    saved, more = estimate(usd["age"] - usd["learned"]), estimate(units["learned"] - units["age"])
    print(f"saved {saved.short} USD/day, page 21.5 [12.8, 30.3]; {more.short} units/day, page 0.81")
    assert saved.low > 0
    assert saved.low < 30.3
    assert saved.high > 12.8
    assert not FULL or more.low > 0


def spent(lived, days):
    planned, failed = (lived.values(f"machining.{what}") for what in ("replacements", "failures"))
    return (COSTS[0] * planned + COSTS[1] * failed) / days


def test_a_value_that_nobody_tuned(case, seen):
    """Another split and another seed than above: learned from the last parts, the first ones' jobs.

    The rule by age is fitted to the tools of the same parts.
    """
    first, late = seen[:3000], seen[3000:]
    jobs, truth = jobs_of(first)
    station = replace(case.line.station("machining"), jobs=jobs, hazard=truth)
    learned = tabulate(DERIVE["wear_model"](late), lambda age: DERIVE["at_age"](first, age))
    rules = rules_of(case, station, late, {"learned": learned})
    both = {name: rules[name] for name in ("age", "learned")}
    work = [480 * cost_rate(rule, truth, jobs, COSTS, seed=2026) for rule in both.values()]
    saved = estimate(work[0] - work[1])
    print(f"saved {saved.short} USD per 480 minutes of work")
    assert saved.low > 0
    if FULL:
        line, long = case.line.change(station), {"days": 22, "warm_up": 2, "replications": 12}
        lines = [line.set("machining.maintain", rule) for rule in both.values()]
        lived = [spent(replicate_line(each, **long, seed=2026), 20) for each in lines]
        saved = estimate(lived[0] - lived[1])
        print(f"saved {saved.short} USD per day on the line")
        assert saved.low > 0


def test_the_shipped_hazard_is_what_is_learned(seen, station, fitted):
    """The cache: fitted anew it says the same, and decides alike, of nearly all jobs and ages."""
    ages = np.arange(0, 300, 5 if FULL else 20)
    late = seen[7000:]
    anew = np.column_stack([fitted.predict(DERIVE["at_age"](late, age)) for age in ages])
    shipped = learned_hazard(station.jobs).chances[:, ages]
    apart = np.abs(np.log(np.maximum(anew, 0.0008) / np.maximum(shipped, 0.0008)))
    assert (apart < np.log(1.5)).mean() > 0.97
    limit = 150 / 480 * station.jobs["minutes"][:, None]  # what going on is worth
    assert ((240 * anew >= limit) == (240 * shipped >= limit)).mean() > 0.995
    assert (np.diff(anew, axis=1) >= 0).all()  # the older the tool, the likelier


@pytest.mark.skipif(not FULL, reason="make study")
def test_a_model_is_asked_once_for_all_jobs_not_part_by_part(seen, fitted):
    """The trap: one call for each part costs a hundred times as much as one for all."""
    late = DERIVE["at_age"](seen[7000:], 100)
    begun = process_time()
    fitted.predict(late)
    together = (process_time() - begun) / len(late)
    begun = process_time()
    for row in range(30):
        fitted.predict(late.iloc[row : row + 1])
    assert (process_time() - begun) / 30 > 20 * together
