"""The alarm is as honest as its published run lengths."""

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling.formulas.run_length import cusum_limit, cusum_run_length
from twinlab.modeling.inference.drift import (
    Alarm,
    Observations,
    cusum,
    scores,
    update_law,
    watch,
)

LIMIT, RUNS = 5.0, 300


def seen(law, values, whole=False, **more):
    values = tuple(np.asarray(values, dtype=float).tolist())
    return Observations(
        "a.b", law, tuple(range(len(values))), values, (1.0,) * len(values), whole, **more
    )


def run_lengths(model, truth, whole=False, length=6000):
    """How many observations until the alarm, many times."""
    generator, found = np.random.default_rng(11), []
    for _ in range(RUNS):
        drawn = truth.draw(generator, np.ones(length), 1).ravel()
        hit = cusum(scores(seen(model, np.rint(drawn) if whole else drawn, whole)), LIMIT)
        found.append(length if hit is None else hit[0] + 1)
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("law", "whole"),
    [(tl.Normal(50, 8), False), (tl.Gamma(6, 3), True), (tl.Poisson(4), False)],
)
def test_false_alarms_come_as_rarely_as_published(law, whole):
    """CUSUM with k = 1/2, h = 5: a false alarm every 465 observations (Montgomery 2013, Table 9.3),
    whatever the distribution, because it watches probability-integral transforms."""
    lengths = run_lengths(law, law, whole)
    error = lengths.std(ddof=1) / np.sqrt(RUNS)
    assert cusum_run_length(0.0, 0.5, LIMIT) == pytest.approx(465, rel=0.01)
    assert abs(lengths.mean() - cusum_run_length(0.0, 0.5, LIMIT)) <= 4 * error


def test_a_shift_of_one_standard_deviation_is_found_as_fast_as_published():
    lengths = run_lengths(tl.Normal(50, 8), tl.Normal(58, 8), length=300)
    error = lengths.std(ddof=1) / np.sqrt(RUNS)
    assert abs(lengths.mean() - cusum_run_length(1.0, 0.5, LIMIT)) <= 4 * error


def test_several_streams_share_one_rate_of_false_alarms():
    """What rings a bell that hangs alone is still silent among nine: each has a ninth of the rate.

    The sum rises by 1 each day, so it passes every limit between two whole numbers.
    """
    alone, among = (cusum_limit(1000 * streams, 0.5) for streams in (1, 9))
    days = int(alone) + 1
    assert days < among
    rising = seen(tl.Normal(50, 8), [50 + 1.5 * 8] * days)
    silent = [seen(tl.Normal(50, 8), [50.0] * days)] * 8
    constant = [seen(tl.Constant(5), [5.0] * days)] * 8
    assert len(watch([rising])) == len(watch([rising, *constant])) == 1
    assert watch([rising, *silent]) == []
    assert len(watch([rising, *silent], run_length=1000 / 9)) == 1


def test_what_does_not_vary_is_not_watched():
    assert watch([seen(tl.Constant(5), [9.0] * 50), seen(tl.Trace((1, 2)), [9.0] * 50)]) == []


def test_what_is_certain_is_watched_by_its_tolerance_and_raises_no_limit():
    """Half a tolerance is everyday; twice as much passes when its sum does, after five days."""
    certain = seen(tl.Constant(10), [10.5] * 300, tolerance=1.0)
    assert watch([certain]) == []
    limit = cusum_limit(1000, 0.5)
    late = seen(tl.Constant(10), [10.0] * 20 + [12.0] * 9, tolerance=1.0)
    [alarm] = watch([late])
    assert (alarm.day, alarm.since, alarm.observed) == (20 + int(limit / 1.5), 20, 12)
    silent = [seen(tl.Constant(10), [10.0] * 29, tolerance=1.0)] * 50
    assert watch([*silent, late]) == [alarm]


def test_one_observation_counts_as_far_as_its_stream_reaches():
    once = [10.0] * 9 + [1000.0] + [10.0] * 9
    assert watch([seen(tl.Constant(10), once, tolerance=1.0)]) == []
    [alarm] = watch([seen(tl.Constant(10), once, tolerance=1.0, reach=np.inf)])
    assert (alarm.day, alarm.since) == (9, 9)


def test_three_suppliers_share_what_a_fourth_leaves_as_before():
    lanes = [tl.Lane(name, "plant", "chip", sourcing_share=part)
             for name, part in zip("ABCD", (0.4, 0.3, 0.2, 0.1), strict=True)]  # fmt: skip
    network = tl.Network([tl.Product("chip")], [*map(tl.Node, "ABCD"), tl.Node("plant")], lanes,
                         demands=[tl.Demand("plant", "chip", tl.Poisson(9))])  # fmt: skip
    model = tl.Scenario(network, tl.BaseStock(20), days=9)
    alarm = Alarm("A->plant.sourcing_share", 9, 1, 0.4, 0.7, tl.Constant(0.7), 8)
    shares = [lane.sourcing_share for lane in update_law(model, alarm).network.lanes]
    assert shares == pytest.approx([0.7, 0.15, 0.1, 0.05])


def test_scores_are_standard_normal_while_the_model_is_right():
    law = tl.NegativeBinomial(4, 3)
    values = law.draw(np.random.default_rng(2), np.ones(4000), 1).ravel()
    z = scores(seen(law, values))
    assert abs(z.mean()) <= 4 / np.sqrt(4000)
    assert abs(z.std() - 1) <= 4 / np.sqrt(2 * 4000)


def test_scores_of_shares_are_standard_normal_where_a_plant_cuts_them_at_one():
    law = tl.Normal(0.97, 0.05)
    values = np.minimum(law.draw(np.random.default_rng(2), np.ones(4000), 1).ravel(), 1.0)
    assert abs(scores(seen(law, values, most=1.0)).mean()) <= 4 / np.sqrt(4000)
    assert abs(scores(seen(law, values)).mean()) > 4 / np.sqrt(4000)
