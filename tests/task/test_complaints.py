"""Complaints: who sends back what, what to change first, and whether it helped."""

import numpy as np
import pytest

from tests.known.test_known_lines import near
from twinlab import ScenarioError
from twinlab.modeling import Fault, Inspection, Line, Station, run_line
from twinlab.task.quality import (
    compare_returns,
    complaints,
    house_of_quality,
    pareto,
)  # fmt: skip

LINE = Line([
    Station("press", 1, faults=(Fault("dent", 0.1), Fault("crack", 0.02))),
    Station("coat", 1, faults=(Fault("stain", 0.05),), inspection=Inspection(detects=0.5)),
])  # fmt: skip
MINDED = {"dent": 0.5, "crack": 1.0, "stain": 0.1}
DAYS = 12


def of(line, replication=0, minded=MINDED):
    return complaints(
        run_line(line, DAYS, 1, replication=replication, log=False), minded, 1, replication
    )


def test_as_many_come_back_as_escape_and_are_minded():
    """A fault of 0.1, half found and scrapped: 0.05 of 0.95 escape, 0.4 of those come back."""
    line = Line([Station("press", 1, faults=Fault("dent", 0.1), inspection=Inspection(0.5))])
    near([of(line, n, {"dent": 0.4}).rate for n in range(30)], 1000 * 0.4 * 0.05 / 0.95)


def test_only_parts_of_the_measured_days_are_counted():
    run = run_line(LINE, days=5, seed=1, warm_up=3, log=False)
    assert complaints(run, MINDED, 1).delivered == round(run.throughput * 2)


def test_nobody_complains_about_what_nobody_minds():
    calm = of(LINE, minded=dict.fromkeys(MINDED, 0.0))
    assert calm.counts == {}
    assert calm.rate == 0
    assert "rate 0 per 1,000" in str(calm)


def test_a_part_comes_back_once():
    everything = dict.fromkeys(MINDED, 1.0)
    run = run_line(LINE, DAYS, 1, log=False)
    faulty = sum(bool(p.faults) for p in run.parts
                 if p.fate == "delivered" and p.left >= run.start)  # fmt: skip
    assert sum(complaints(run, everything).counts.values()) == faulty


def test_two_designs_meet_the_same_customers():
    """With a lower rate of one fault, no customer complains who did not before."""
    before, after = of(LINE), of(LINE.set("press.crack", 0.0))
    assert "crack" in before.counts
    assert "crack" not in after.counts
    assert abs(after.counts["dent"] - before.counts["dent"]) < 0.1 * before.counts["dent"]


def test_a_change_that_changes_nothing_changes_nothing():
    same = compare_returns(LINE, LINE, MINDED, days=4, replications=3)
    assert (same.difference.mean, same.difference.low, same.difference.high) == (0, 0, 0)
    assert "difference 0 [0, 0]" in str(same)


def test_pairs_find_what_two_samples_would_miss():
    found = compare_returns(LINE, LINE.set("press.dent", 0.09), MINDED, days=8, replications=12)
    assert found.difference.high < 0
    assert found.after.high > found.before.low


def test_the_vital_few():
    chart = pareto({"a": 50, "b": 30, "c": 15, "d": 5})
    assert chart.vital_few(0.8) == ("a", "b")
    assert chart.vital_few(0.81) == ("a", "b", "c")
    assert chart.vital_few(1.0) == ("a", "b", "c", "d")
    assert pareto({}).cumulative == ()


def test_a_house_of_quality_in_whole_numbers():
    """Three needs, three features: 5·9 + 2·3 = 51, 5·3 + 3·9 = 42, 3·1 + 2·9 = 21."""
    house = house_of_quality(
        {"no scratches": 5, "flat": 3, "even colour": 2},
        {
            "no scratches": {"padded rack": 9, "tool age": 3},
            "flat": {"tool age": 9, "bath filter": 1},
            "even colour": {"bath filter": 9, "padded rack": 3},
        },
    )
    assert house.weights == {"padded rack": 51, "tool age": 42, "bath filter": 21}
    assert house.first == "padded rack"


MISTAKES = [
    (lambda: of(LINE, minded={"dent": 0.5}), r"returned\['crack'\]"),
    (lambda: of(LINE, minded=MINDED | {"dent": 2}), "0 to 1, got 2"),
    (lambda: of(LINE, minded=MINDED | {"dnet": 0.1}), "did you mean 'dent'"),
    (
        lambda: pareto({"dent": -1}),
        r"counts\[\'dent\'\] must be a finite number of at least 0, got -1",
    ),
    (lambda: pareto({"dent": 1}, {"stain": "coat"}), "in no group"),
    (lambda: house_of_quality({"flat": 3}, {}), "both an importance and relations"),
    (lambda: house_of_quality({"flat": 3}, {"flat": {"tool": 5}}), "related 9, 3 or 1"),
    (lambda: house_of_quality({"flat": 3}, {"flat": {}}), "nothing is related"),
    (
        lambda: compare_returns(LINE, LINE, MINDED, replications=1, days=3),
        "at least 2 replications",
    ),
]


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_mistakes_are_named_with_their_remedy(mistake, words):
    with pytest.raises(ScenarioError, match=words):
        mistake()


def test_the_share_of_nothing_is_no_number():
    found = complaints(run_line(Line([Station("press", 1e6)]), days=3), {})
    assert found.delivered == 0
    assert np.isnan(found.rate)
