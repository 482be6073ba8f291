"""Acceptance sampling: against printed tables, against enumeration, against drawn lots."""

from itertools import count
from math import comb, inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.task import quality
from twinlab.task.quality import SamplingPlan, sampling_plan

# Montgomery, Introduction to Statistical Quality Control, the table of the OC curve of n 89, c 2.
PRINTED = {0.005: 0.9897, 0.01: 0.9397, 0.02: 0.7366, 0.03: 0.4985, 0.04: 0.3042, 0.05: 0.1721,
           0.06: 0.0919, 0.07: 0.0468, 0.08: 0.0230, 0.09: 0.0109}  # fmt: skip


def test_the_oc_curve_is_montgomerys():
    plan = SamplingPlan(89, 2)
    for bad, chance in PRINTED.items():
        assert plan.acceptance(bad) == pytest.approx(chance, abs=0.5001e-4)


def test_outgoing_quality_and_inspection_are_montgomerys():
    """N 10,000: ATI at 1 % is 687; AOQL is about 0.0155 in the figure."""
    plan = SamplingPlan(89, 2, lot=10_000)
    assert plan.inspected(0.01) == pytest.approx(687, abs=0.5)
    assert plan.outgoing_limit == pytest.approx(0.0155, abs=0.0005)
    assert plan.outgoing(0.01) == pytest.approx(0.01 * 0.9397 * 9911 / 10_000, abs=1e-6)
    assert (plan.inspected(0), plan.inspected(1)) == (89, 10_000)
    assert (SamplingPlan(89, 2).inspected(0), SamplingPlan(89, 2).inspected(0.01)) == (89, inf)


def test_the_handbooks_plan():
    """NIST/SEMATECH e-Handbook section 6.2.3.2: n 52, c 3, lots of 10,000."""
    plan = SamplingPlan(52, 3, lot=10_000)
    printed = [0.998, 0.980, 0.930, 0.845, 0.739, 0.620, 0.502, 0.394, 0.300, 0.223, 0.162, 0.115]
    found = [plan.acceptance(p / 100) for p in range(1, 13)]
    assert found == pytest.approx(printed, abs=0.0011)
    assert plan.outgoing_limit == pytest.approx(0.0372, abs=0.0001)
    assert plan.inspected(0.01) == pytest.approx(70, abs=0.5)


def by_counting(sample, accept, lot, held):
    """Chance of acceptance, and mean share of bad ones let through, by all ways to draw."""
    ways = {x: comb(held, x) * comb(lot - held, sample - x) for x in range(accept + 1)}
    total = comb(lot, sample)
    return (sum(ways.values()) / total,
            sum(w * (held - x) for x, w in ways.items()) / total / lot)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_one_lot_by_counting(data):
    lot = data.draw(st.integers(2, 40))
    sample = data.draw(st.integers(1, lot))
    accept = data.draw(st.integers(0, sample - 1))
    plan = SamplingPlan(sample, accept, lot, isolated=True)
    passed = []
    for held in range(lot + 1):
        chance, left = by_counting(sample, accept, lot, held)
        assert plan.acceptance(held / lot) == pytest.approx(chance, abs=1e-9)
        assert plan.outgoing(held / lot) == pytest.approx(left, abs=1e-9)
        passed.append(left)
    assert plan.outgoing_limit == pytest.approx(max(passed), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 200), st.data())
def test_no_share_lets_more_through_than_the_limit(sample, data):
    accept = data.draw(st.integers(0, sample - 1))
    plan = SamplingPlan(sample, accept, lot=1000)
    worst = max(plan.outgoing(p) for p in np.linspace(0, 1, 501))
    assert worst <= plan.outgoing_limit * (1 + 1e-6)


def smallest(aql, ltpd, alpha, beta, lot):
    """The smallest sample that keeps both risks, by trying every plan."""
    for n in range(1, lot + 1) if lot else count(1):
        for c in range(n):
            plan = SamplingPlan(n, c, lot or inf, lot is not None)
            if plan.acceptance(aql) >= 1 - alpha and plan.acceptance(ltpd) <= beta:
                return n
    return None


@settings(max_examples=7, deadline=None)
@given(st.floats(0.02, 0.1), st.floats(3, 8), st.sampled_from([0.02, 0.05, 0.1]),
       st.sampled_from([0.05, 0.1, 0.2]), st.sampled_from([None, 20, 60]))  # fmt: skip
def test_the_plan_is_the_smallest(aql, times, alpha, beta, lot):
    ltpd = aql * times
    least = smallest(aql, ltpd, alpha, beta, lot)
    if least is None:
        with pytest.raises(tl.ScenarioError, match="no sample tells"):
            sampling_plan(aql, ltpd, alpha, beta, lot)
        return
    plan = sampling_plan(aql, ltpd, alpha, beta, lot)
    assert plan.sample == least
    assert plan.acceptance(aql) >= 1 - alpha
    assert plan.acceptance(ltpd) <= beta


def test_the_nomographs_plan_misses_the_producers_risk():
    """Montgomery reads n 89, c 2 for 1 % at 0.95 and 6 % at 0.10; exactly it takes 110."""
    read, found = SamplingPlan(89, 2), sampling_plan(0.01, 0.06, 0.05, 0.10)
    assert read.acceptance(0.01) < 0.95
    assert read.acceptance(0.06) < 0.10
    assert (found.sample, found.accept) == (110, 3)
    assert (sampling_plan(0.01, 0.06, 0.0604, 0.10).sample) == 88


def test_drawn_lots_are_accepted_as_often():
    """40,000 lots of a process, four standard errors."""
    luck, plan, bad, lots = np.random.default_rng(5), SamplingPlan(50, 1, lot=500), 0.03, 40_000
    held = luck.binomial(500, bad, lots)
    seen = luck.hypergeometric(held, 500 - held, 50)
    passed = seen <= 1
    for found, said in ((passed, plan.acceptance(bad)),
                        (passed * (held - seen) / 500, plan.outgoing(bad)),
                        (np.where(passed, 50, 500), plan.inspected(bad))):  # fmt: skip
        assert abs(found.mean() - said) < 4 * found.std() / np.sqrt(lots)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sampling_plan(0.06, 0.01), "ltpd further above aql"),
        (lambda: sampling_plan(0.05, 0.05), "ltpd further above aql"),
        (lambda: sampling_plan(nan, 0.05), "aql must be a share above 0"),
        (lambda: sampling_plan(0.01, 0.05, 0), "producer_risk must be a share above 0"),
        (lambda: sampling_plan(0.01, 0.05, 0.05, 0.1, lot=10), "no sample tells 0.05 bad"),
        (lambda: sampling_plan(0.01, 0.05, lot=10.5), "lot must be a whole number"),
        (lambda: SamplingPlan(10, 10), "c < n ≤ N"),
        (lambda: SamplingPlan(10, 2, lot=9), "c < n ≤ N"),
        (lambda: SamplingPlan(10, 2, lot=20.5), "whole numbers"),
        (lambda: SamplingPlan(10, 2, isolated=True), "c < n ≤ N"),
        (lambda: SamplingPlan(0, 0), "sample must be at least 1"),
        (lambda: SamplingPlan(10, nan), "accept is a number"),
        (lambda: SamplingPlan(10, 2).acceptance(1.2), "a share from 0 to 1"),
        (lambda: SamplingPlan(10, 2).outgoing(nan), "a share from 0 to 1"),
    ],
)
def test_mistakes_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


def test_runs_signal_on_charts_of_samples_and_of_counts():
    samples = [[10, 12], [9, 11], *[[9.6, 11.6]] * 8]
    assert quality.describe(samples).means.signals == ()
    assert quality.describe(samples, baseline=2, rules=True).means.signals == (10,)
    counts = [10, 8, 6, *[9] * 8]
    for sizes in (None, 50, [50, 60, *[50] * 9]):
        assert quality.describe_counts(counts, sizes, baseline=3).signals == ()
        assert quality.describe_counts(counts, sizes, 3, rules=True).signals == (11,)
