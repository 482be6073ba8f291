"""Charts, capability and run lengths: against published tables, and against simulation."""

from dataclasses import replace

import numpy as np
import pytest

from twinlab import ScenarioError
from twinlab.modeling.formulas.run_length import (
    cusum_limit,
    cusum_run_length,
    ewma_limit,
    ewma_run_length,
    shewhart_limit,
    shewhart_run_length,
)
from twinlab.task import quality

SHIFTS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3]
# Montgomery, Introduction to Statistical Quality Control: the CUSUM chapter's table and example.
CUSUM_TABLE = {
    4: [168, 74.2, 26.6, 13.3, 8.38, 4.75, 3.34, 2.19],
    5: [465, 139, 38.0, 17.0, 10.4, 5.75, 4.01, 2.57],
}
BATCHES = [9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51,
           9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08,
           10.38, 11.62, 11.31, 10.52]  # fmt: skip
# NIST/SEMATECH e-Handbook section 6.3.2.4.
NIST = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8,
        51.2, 52.6, 52.4, 53.6, 52.1]  # fmt: skip


@pytest.mark.parametrize("limit", CUSUM_TABLE)
def test_cusum_run_lengths_are_montgomerys(limit):
    found = [cusum_run_length(shift, 0.5, limit) for shift in SHIFTS]
    printed = CUSUM_TABLE[limit]
    digits = np.array([1.0 if p > 100 else 0.1 if p > 10 else 0.01 for p in printed])
    assert (np.abs(np.array(found) - printed) <= 0.55 * digits).all()


def test_siegmunds_approximation_is_near():
    def side(drift, b=5 + 1.166):
        return (np.exp(-2 * drift * b) + 2 * drift * b - 1) / (2 * drift**2)

    approximated = 1 / (1 / side(-0.5) + 1 / side(-0.5))
    assert approximated == pytest.approx(469.1, abs=0.05)
    assert cusum_run_length(0) == pytest.approx(approximated, rel=0.01)


@pytest.mark.parametrize(
    ("weight", "limit", "shifted"),
    [(0.4, 3.054, 14.3), (0.25, 2.998, 11.1), (0.2, 2.962, 10.5), (0.1, 2.814, 10.3),
     (0.05, 2.615, 11.4)],
)  # fmt: skip
def test_ewma_run_lengths_are_lucas_and_saccuccis(weight, limit, shifted):
    assert ewma_run_length(0, weight, limit) == pytest.approx(500, abs=0.5)
    assert ewma_run_length(1, weight, limit) == pytest.approx(shifted, abs=0.051)
    assert ewma_limit(500, weight) == pytest.approx(limit, abs=0.0006)


@pytest.mark.parametrize(
    ("run_length", "limit", "shifted"),
    [(370, 4.774, 9.92), (465, 4.999, 10.37), (1000, 5.757, 11.89), (2000, 6.447, 13.27),
     (5000, 7.361, 15.09), (10000, 8.053, 16.48)],
)  # fmt: skip
def test_a_cusum_limit_gives_its_run_length(run_length, limit, shifted):
    found = cusum_limit(run_length)
    assert found == pytest.approx(limit, abs=0.0006)
    assert cusum_run_length(0, 0.5, found) == pytest.approx(run_length, rel=1e-6)
    assert cusum_run_length(1, 0.5, found) == pytest.approx(shifted, abs=0.006)


def test_an_ewma_of_weight_one_is_a_shewhart_chart():
    for shift in (0, 1, 2):
        assert ewma_run_length(shift, 1.0, 3.0) == pytest.approx(shewhart_run_length(shift))
    assert shewhart_limit(shewhart_run_length(0)) == pytest.approx(3)
    assert shewhart_run_length(1, size=5) == pytest.approx(4.495, abs=0.001)


def test_an_ewmas_run_length_is_that_of_its_markov_chain():
    """Brook & Evans (1972): many narrow states instead of an integral."""
    weight, limit, states, shift = 0.2, 2.962, 401, 0.5
    from scipy.special import ndtr

    edge = limit * np.sqrt(weight / (2 - weight))
    width = 2 * edge / states
    mid = -edge + width * (np.arange(states) + 0.5)
    reach = (mid[None, :] - (1 - weight) * mid[:, None]) / weight - shift
    moves = ndtr(reach + width / 2 / weight) - ndtr(reach - width / 2 / weight)
    length = np.linalg.solve(np.eye(states) - moves, np.ones(states))[states // 2]
    assert ewma_run_length(shift, weight, limit) == pytest.approx(length, rel=1e-3)


@pytest.mark.parametrize(
    "design", [quality.Shewhart(2.5), quality.Ewma(0.2, 2.5), quality.Cusum(0.5, 4)], ids=str
)
@pytest.mark.parametrize("shift", [0.0, -1.0])
def test_charts_signal_as_late_as_their_run_length_says(design, shift):
    """400 processes: the mean number of samples to the first signal, within 4 standard errors."""
    luck = np.random.default_rng(5)
    first = [design.chart(luck.normal(20 + 3 * shift, 3, 4000), 20, 3).signals[0]
             for _ in range(400)]  # fmt: skip
    error = np.std(first, ddof=1) / np.sqrt(len(first))
    assert abs(np.mean(first) - design.run_length(shift)) < 4 * error


def test_cusum_on_montgomerys_example():
    """The sum reaches 5.28 at sample 29; it was zero until sample 22; the mean shifted there."""
    chart = quality.Cusum().chart(BATCHES, target=10, sigma=1)
    assert chart.series["C+"][28] == pytest.approx(5.28)
    assert chart.signals == (29, 30)
    assert chart.change_point == 22
    assert quality.prescribe(chart).values == {"hold": "samples 23 to 29"}
    assert chart.shift == pytest.approx(np.mean(BATCHES[22:29]) - 10)


def test_ewma_on_nists_example():
    chart = quality.Ewma(0.3, 3).chart(NIST, target=50, sigma=2.0539)
    printed = [50.60, 49.52, 50.56, 51.99]
    assert chart.series["EWMA"][[0, 1, 2, 19]] == pytest.approx(printed, abs=0.006)
    assert (chart.lower, chart.upper) == pytest.approx((47.4115, 52.5884), abs=1e-3)
    assert chart.signals == ()
    assert str(quality.prescribe(chart)) == "no signal: leave the process alone"


def test_charts_of_samples_find_sigma_and_seldom_signal():
    luck = np.random.default_rng(3)
    charts = quality.describe(luck.normal(50, 2, (4000, 5)))
    assert charts.sigma == pytest.approx(2, rel=0.02)
    share = len(charts.means.signals) / 4000
    assert abs(share - 0.0027) < 4 * np.sqrt(0.0027 / 4000)


def test_the_first_samples_set_the_limits():
    """A shift of the later ones is seen; a CUSUM sees it within a few samples."""
    luck = np.random.default_rng(8)
    table = luck.normal(50, 2, (60, 5))
    table[40:] += 3
    charts = quality.describe(table, baseline=40)
    calm = quality.describe(table[:40])
    assert (charts.means.center, charts.means.upper) == (calm.means.center, calm.means.upper)
    assert set(charts.means.signals) & set(range(41, 51))
    means, error = table[40:].mean(axis=1), charts.sigma / 5**0.5
    cusum = quality.Cusum().chart(means, charts.means.center, error)
    assert cusum.change_point == 0
    assert cusum.signals[0] <= 5


def test_capability_counts_what_falls_outside():
    luck = np.random.default_rng(2)
    values = luck.normal(10, 1, 200_000)
    found = quality.Capability(values.mean(), values.std(ddof=1), lower=7, upper=12.5)
    outside = ((values < 7) | (values > 12.5)).mean() * 1e6
    assert abs(found.ppm - outside) < 4 * np.sqrt(outside * 1e6 / len(values))
    assert found.cpk < found.cp == pytest.approx(5.5 / 6, rel=0.01)


def test_choices_are_equally_calm_and_ranked():
    for shift in (0.5, 1, 3):
        choice = quality.choose_chart(370, shift)
        assert [c.false_alarm for c in choice.candidates] == pytest.approx([370] * 6, rel=1e-5)
        seen = [c.detection for c in choice.candidates]
        assert seen == sorted(seen)
        assert choice.best.detection == min(seen)
    slowest = quality.choose_chart(370, 0.5).candidates[-1]
    assert isinstance(slowest.design, quality.Shewhart)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: quality.chart_constants(1), "from 2 to 100, got 1"),
        (lambda: quality.describe([[1, 2]]), "at least 2 rows"),
        (lambda: quality.describe([[3, 3], [3, 3]]), "do not vary"),
        (lambda: quality.Cusum().chart([1, 2], 0, 0), "sigma must be a finite number above 0"),
        (lambda: quality.Capability(0, 1, 3, -3), "must be below upper"),
        (lambda: quality.choose_chart(370, 0), "shift must be a finite number above 0"),
        (lambda: quality.choose_chart(1, 1), "above 1 sample, got 1"),
        (lambda: cusum_limit(1e60), "out of reach"),
        (lambda: quality.describe_counts([3, 4], 2), "none above their size"),
        (lambda: quality.describe_counts([0, 0]), "some are bad"),
        (lambda: quality.describe_counts([3, 4, 5], [9, 9]), "each of 3 samples, got 2"),
        (lambda: quality.describe_counts([-3, 4], 9), "at least 0, got -3"),
        (lambda: quality.Monitor(quality.Cusum(), 0, 1).update(None), "value must be a number"),
        (lambda: quality.describe_counts([]), "some are bad"),
        (lambda: quality.predict(quality.Shewhart(rules=True)), "no formula knows it"),
        (lambda: quality.Monitor(quality.Cusum(), 0, 0).update(3), "sigma must be a finite"),
    ],
)
def test_mistakes_are_explained(call, words):
    with pytest.raises(ScenarioError, match=words):
        call()


# Montgomery, Introduction to Statistical Quality Control: piston rings, juice cans, circuit boards.
RINGS = """
74.030 74.002 74.019 73.992 74.008  73.995 73.992 74.001 74.011 74.004
73.988 74.024 74.021 74.005 74.002  74.002 73.996 73.993 74.015 74.009
73.992 74.007 74.015 73.989 74.014  74.009 73.994 73.997 73.985 73.993
73.995 74.006 73.994 74.000 74.005  73.985 74.003 73.993 74.015 73.988
74.008 73.995 74.009 74.005 74.004  73.998 74.000 73.990 74.007 73.995
73.994 73.998 73.994 73.995 73.990  74.004 74.000 74.007 74.000 73.996
73.983 74.002 73.998 73.997 74.012  74.006 73.967 73.994 74.000 73.984
74.012 74.014 73.998 73.999 74.007  74.000 73.984 74.005 73.998 73.996
73.994 74.012 73.986 74.005 74.007  74.006 74.010 74.018 74.003 74.000
73.984 74.002 74.003 74.005 73.997  74.000 74.010 74.013 74.020 74.003
73.982 74.001 74.015 74.005 73.996  74.004 73.999 73.990 74.006 74.009
74.010 73.989 73.990 74.009 74.014  74.015 74.008 73.993 74.000 74.010
73.982 73.984 73.995 74.017 74.013
"""
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9,
        12, 7, 13, 9, 6]  # fmt: skip
BOARDS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24,
          16, 19, 17, 15]  # fmt: skip


def test_deviations_of_montgomerys_piston_rings():
    charts = quality.describe(np.array(RINGS.split(), dtype=float).reshape(25, 5))
    assert charts.means.center == pytest.approx(74.001, abs=5e-4)
    s, r = charts.deviations, charts.spread
    assert (s.center, s.lower, s.upper) == pytest.approx((0.0094, 0, 0.0196), abs=6e-5)
    assert (r.center, r.lower, r.upper) == pytest.approx((0.023, 0, 0.049), abs=6e-4)
    assert s.signals == r.signals == charts.means.signals == ()


def test_shares_of_montgomerys_juice_cans():
    chart = quality.describe_counts(CANS, sizes=50)
    assert (chart.center, chart.lower, chart.upper) == pytest.approx(
        (0.2313, 0.0524, 0.4102), abs=5e-5
    )
    assert chart.signals == (15, 23)


def test_counts_of_montgomerys_circuit_boards():
    chart = quality.describe_counts(BOARDS)
    assert (chart.center, chart.lower, chart.upper) == pytest.approx((19.85, 6.48, 33.22), abs=0.01)
    assert chart.signals == (6, 20)


def test_samples_of_different_sizes_are_judged_by_their_own_limits():
    """By hand: p = 0.1; 0.2 of 400 lie beyond 3 · √(0.09 / 400), 0.2 of 25 do not."""
    sizes = [400, 400, 25, 400, 375, 400]
    chart = quality.describe_counts([40, 40, 5, 80, 35, 0], sizes)
    assert chart.series["p"] == pytest.approx(
        [
            (b / n - 0.1) / (0.09 / n) ** 0.5
            for b, n in zip([40, 40, 5, 80, 35, 0], sizes, strict=True)
        ]
    )
    assert chart.signals == (4, 6)
    early = quality.describe_counts([40, 40, 80], 400, baseline=2)
    assert early.center == 0.1


def test_run_rules_by_hand():
    one, two, side = "beyond 3 σ", "2 of 3 beyond 2 σ", "8 on one side"
    assert quality.run_rules([0.1] * 8 + [-0.1]) == {8: (side,)}
    assert quality.run_rules([2.1, -2.1, 0.0]) == {}  # on different sides
    assert quality.run_rules([2.1, 0.0, 2.1]) == {3: (two,)}
    assert quality.run_rules([2.1, 2.1, 0.0]) == {2: (two,)}  # not at the third, which is fine
    assert quality.run_rules([-1.1] * 4) == {4: ("4 of 5 beyond 1 σ",)}
    assert quality.run_rules([3.1]) == {1: (one,)}
    assert quality.run_rules([]) == {}
    chart = quality.Shewhart(rules=True).chart([0.1] * 9, target=0, sigma=1)
    assert chart.signals == (8, 9)
    assert quality.Shewhart().chart([0.1] * 9, target=0, sigma=1).signals == ()


def test_run_rules_signal_as_often_as_champ_and_woodall_computed():
    """All four rules: 91.75 samples in control, 9.22 after a shift of 1 σ (1987)."""
    luck = np.random.default_rng(11)
    for shift, wanted in ((0.0, 91.75), (1.0, 9.22)):
        first = [min(quality.run_rules(luck.normal(shift, 1, 1500))) for _ in range(500)]
        assert abs(np.mean(first) - wanted) < 4 * np.std(first) / 500**0.5


DESIGNS = [quality.Shewhart(), quality.Shewhart(2, rules=True), quality.Ewma(0.2, 2.5),
           quality.Cusum(0.5, 4)]  # fmt: skip


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_a_stream_gives_the_chart_of_all_its_values(design):
    values = np.random.default_rng(6).normal(20, 3, 300)
    values[200:] += 3
    monitor, said = quality.Monitor(design, 20, 3), {}
    for at, value in enumerate(values, 1):
        if change := monitor.update(value):
            said[at] = change.values["hold"]
    whole = design.chart(values, 20, 3)
    for name, series in whole.series.items():
        assert monitor.chart.series[name].tolist() == series.tolist()
    assert tuple(said) == whole.signals == monitor.chart.signals
    assert replace(monitor.chart, since=0).change_point == whole.change_point
    assert said[whole.signals[0]] == f"samples {whole.change_point + 1} to {whole.signals[0]}"


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_a_second_alarm_is_of_what_came_after_the_first(design):
    """A passing fault and, much later, a lasting one: no message holds what was held before."""
    values = np.random.default_rng(1).normal(0, 0.4, 300)
    values[50:52] += 6
    values[200:] += 3
    monitor = quality.Monitor(design, 0, 1)
    said = {at: change for at, value in enumerate(values, 1) if (change := monitor.update(value))}
    late = [at for at in said if at > 150]
    assert min(said) in (51, 52)
    assert late[0] <= 203
    assert said[late[0]].title == f"sample {late[0]} signals"
    assert said[late[0]].values["hold"] == f"samples 201 to {late[0]}"


def test_samples_stream_like_their_chart():
    table = np.random.default_rng(7).normal(50, 2, (60, 5))
    charts = quality.describe(table)
    monitor = quality.Monitor(
        quality.Shewhart(), charts.means.center, (charts.means.upper - charts.means.center) / 3
    )
    for sample in table:
        monitor.update(sample)
    assert monitor.chart.series["value"] == pytest.approx(charts.means.series["mean"])
    assert monitor.chart.signals == charts.means.signals


def test_limits_of_small_samples_do_not_fall_below_zero():
    """Montgomery's appendix: D3 is 0 up to samples of 6, B3 up to samples of 5."""
    for size in range(2, 8):
        found = quality.chart_constants(size)
        printed = {6: (0, 0.030), 7: (0.076, 0.118)}.get(size, (0, 0))
        ranges, spreads = found.D3, found.B3
        assert (ranges, spreads) == pytest.approx(printed, abs=5e-4), size
