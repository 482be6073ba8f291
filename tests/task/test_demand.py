"""Forecasts: methods by hand, evaluation without peeking, and levels that serve as promised."""

import sys

import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from twinlab.task import demand

RARE = [0, 0, 3, 0, 5, 0, 0, 2, 0, 4]


def season(periods=200, seed=1):
    """A week's rhythm with noise."""
    week = np.array([20, 25, 30, 28, 22, 10, 5.0])
    return np.resize(week, periods) + np.random.default_rng(seed).normal(0, 2, periods)


def shop(level, law=None):
    network = tl.serial(["mine", "shop"], demand=law or tl.Normal(20, 4), lead_time=3,
                        on_hand={"shop": level})  # fmt: skip
    return tl.Scenario(network, tl.BaseStock(level), days=400)


def test_methods_on_a_rare_demand_are_those_of_statsforecast():
    """Croston and SBA to all printed digits, TSB started at the first period."""
    found = [method(RARE, 3)[2] for method in (demand.Croston(), demand.SBA(), demand.TSB())]
    assert found == pytest.approx([1.12522171, 1.06896062, 0.9131512], abs=5e-9)


def test_croston_is_biased_and_its_correction_is_not():
    """Demand with probability 0.2 and mean size 5: 1 a period; α = 0.15 as Syntetos and Boylan."""
    generator = np.random.default_rng(4)
    means = {}
    for name, method in {"croston": demand.Croston(0.15), "sba": demand.SBA(0.15)}.items():
        series = (generator.random((300, 200)) < 0.2) * generator.geometric(0.2, (300, 200))
        made = np.array([method(row, 1)[0] for row in series])
        means[name] = (made.mean(), made.std() / np.sqrt(len(made)))
    assert means["croston"][0] - 1 > 0.02
    assert abs(means["sba"][0] - 1) < 4 * means["sba"][1]


def test_the_four_kinds_of_demand():
    generator = np.random.default_rng(1)
    often, rarely = np.ones(400), generator.random(400) < 0.3
    even, varied = generator.normal(20, 2, 400), generator.lognormal(2, 1.2, 400)
    kinds = [demand.describe(when * size).name
             for when in (often, rarely) for size in (even, varied)]  # fmt: skip
    assert kinds == ["smooth", "erratic", "intermittent", "lumpy"]


def test_nobody_sees_the_future():
    """Each origin is given what lay before it, and judged by what came."""
    given = []

    def spy(history, horizon):
        given.append(len(history))
        return np.full(horizon, history[-1])

    rolled = demand.roll(spy, np.arange(20.0), horizon=3, origins=5)
    assert given == [13, 14, 15, 16, 17]
    assert rolled.actuals[0].tolist() == [13, 14, 15]
    assert rolled.actuals[-1].tolist() == [17, 18, 19]


def test_a_band_knows_only_errors_that_were_known():
    """A shock at the end widens no band that was given before it came."""
    calm, shocked = np.tile([4.0, 6.0], 30), np.tile([4.0, 6.0], 30)
    shocked[-1] = 1000.0
    bands = [demand.roll(demand.Naive(), y, 2, 40).bands() for y in (calm, shocked)]
    for quiet, loud in zip(*bands, strict=True):
        np.testing.assert_array_equal(quiet, loud)


def test_intervals_hold_as_often_as_they_say():
    judged = demand.evaluate({"mean": demand.MovingAverage(30)},
                             np.random.default_rng(2).normal(50, 9, 900), origins=800)  # fmt: skip
    assert abs(judged["mean"].coverage - 0.9) < 4 * np.sqrt(0.09 / 790)


def test_pinball_charges_both_sides_of_both_ends():
    """By a loop over what was forecast: τ of what lies above an end, 1 − τ of what lies below."""
    series = season(80).round()
    judged = demand.evaluate({"naive": demand.Naive()}, series, horizon=2, origins=30, level=0.8)
    rolled, losses = demand.roll(demand.Naive(), series, 2, 30), []
    for end, share in zip(rolled.bands(0.8), (0.1, 0.9), strict=True):
        for level, came in zip(end.ravel(), rolled.actuals.ravel(), strict=True):
            if not np.isnan(level):
                above = came > level
                losses.append(share * (came - level) if above else (1 - share) * (level - came))
    naive = np.abs(np.diff(series[:49])).mean()
    assert len(losses) > 2 * 20
    assert judged.table.loc["naive", "pinball"] == pytest.approx(np.mean(losses) / naive)


def test_intervals_from_few_errors_hold_too():
    """400 series with 12 errors each: ordinary sample quantiles would hold in 80 % only."""
    held = []
    for seed in range(400):
        y = np.random.default_rng(seed).normal(50, 9, 1013)
        ahead = demand.predict(y[:1012], 1, demand.MovingAverage(1000), level=0.8, origins=12)
        held.append(ahead.low[0] <= y[1012] <= ahead.high[0])
    assert abs(np.mean(held) - 0.8) < 4 * np.sqrt(0.16 / 400)


def test_a_season_is_found_by_those_who_look():
    methods = {"naive": demand.Naive(), "flat": demand.Smoothing(0.2),
               "week": demand.SeasonalNaive(7), "Holt–Winters": demand.HoltWinters(7)}  # fmt: skip
    judged = demand.evaluate(methods, season(), horizon=3, origins=30)
    assert judged.best == "Holt–Winters"
    added = judged.table["value added"]
    assert added["naive"] == 0
    assert added["Holt–Winters"] > added["week"] > 0.5
    ahead = demand.predict(season(), 7, methods["Holt–Winters"])
    came = season(207)[200:]
    assert (ahead.low < ahead.mean).all()
    assert np.abs(ahead.mean - came).mean() < 3


def test_lags_learn_a_law_of_their_own():
    """y(t) = 0.6 y(t − 1) + 0.3 y(t − 2) + noise: the forecast is the law's, lead by lead."""
    y = [10.0, 10.0]
    for noise in np.random.default_rng(3).normal(1, 0.05, 600):
        y.append(0.6 * y[-1] + 0.3 * y[-2] + noise)
    first = 0.6 * y[-1] + 0.3 * y[-2] + 1
    second = 0.6 * first + 0.3 * y[-1] + 1
    assert demand.Lags(season=1, lags=4)(y, 2) == pytest.approx([first, second], rel=0.01)


def test_lags_take_any_estimator_and_leave_it_as_it_was():
    from sklearn.linear_model import LinearRegression

    plain, series = LinearRegression(), np.resize([1.0, 2.0, 4.0, 0.0], 40)
    assert demand.Lags(plain, season=4, lags=4)(series, 5) == pytest.approx([1, 2, 4, 0, 1])
    assert not hasattr(plain, "coef_")


def test_lags_are_scaled_where_demand_can_be_zero():
    """Shares of the mean: what is a thousand times as much is foreseen a thousand times as high."""
    one = demand.Lags(season=7, lags=7)(season().round().clip(0), 7)
    many = demand.Lags(season=7, lags=7)(season().round().clip(0) * 1000, 7)
    assert many == pytest.approx(one * 1000)


def test_without_scikit_learn_there_is_a_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(tl.TwinError, match=r"pip install 'twinlab-scom\[methods\]'"):
        demand.Lags(season=7, lags=7)(season(), 3)


def test_intervals_widen_after_misses_and_narrow_again():
    """Errors three times as large from the 200th on; the band follows, and then lets go."""
    noise = np.random.default_rng(5).normal(0, 1, 600) * np.repeat([1, 3, 1], 200)
    roll = demand.roll(lambda y, h: np.full(h, 50.0), 50 + noise, 1, 590)
    low, high = roll.bands(0.9)
    width = (high - low)[:, 0]
    before, during, after = width[150:190].mean(), width[250:390].mean(), width[500:].mean()
    assert during > 2 * before
    assert after < 0.5 * during
    held = (np.abs(noise[-390:]) <= width[-390:] / 2).mean()
    assert held == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 390))


def test_pooled_examples_know_only_what_was_sold_before():
    """A change of a month changes no feature of an origin before it, and its own row's target."""
    sold = pd.DataFrame(np.random.default_rng(1).poisson(0.4, (5, 30)), list("abcde"))
    later = sold.copy()
    later[20] += 7
    one, two = (demand.pooled(table, 3) for table in (sold, later))
    early = one.asked_at <= 20
    pd.testing.assert_frame_equal(one.features[early], two.features[early])
    np.testing.assert_array_equal(two.target - one.target == 7, one.known_at == 20)
    assert (np.isnan(one.target) == (one.known_at >= 30)).all()
    last = one.features[(one.asked_at == 30) & (one.group == "c")]
    smoothed = demand.Smoothing(0.1)(sold.loc["c"], 3)
    assert last["smoothed"].tolist() == pytest.approx(smoothed.tolist())
    assert last["a season ago"].tolist() == sold.loc["c", 18:20].tolist()


def test_holt_winters_follows_a_trend():
    line = 3 + 2 * np.arange(40.0)
    ahead = demand.HoltWinters(trend=True)(line, 5)
    assert ahead == pytest.approx(3 + 2 * np.arange(40, 45), rel=1e-3)


def smoothed_by_hand(y, season, weights, start, factors):
    """The textbook's three equations, with whole lists of levels, trends and indices."""
    alpha, beta, gamma = weights
    levels, slopes, indices = [start[0]], [start[1]], list(start[2:])
    for at, sold in enumerate(y):
        index, ahead = indices[at], levels[-1] + slopes[-1]
        levels.append(alpha * (sold / index if factors else sold - index) + (1 - alpha) * ahead)
        slopes.append(beta * (levels[-1] - levels[-2]) + (1 - beta) * slopes[-1])
        new = sold / levels[-1] if factors else sold - levels[-1]
        indices.append(gamma * new + (1 - gamma) * index)
    lines = [levels[-1] + lead * slopes[-1] for lead in range(1, 2 * season + 1)]
    last = indices[-season:] * 2
    return [line * s if factors else line + s for line, s in zip(lines, last, strict=True)]


@pytest.mark.parametrize("factors", [True, False])
@pytest.mark.parametrize("season", [2, 5, 12])
def test_given_weights_are_used_as_they_are(season, factors):
    luck = np.random.default_rng(season)
    y, weights = luck.uniform(20, 40, 4 * season + 3), luck.uniform(0, 0.5, 3)
    index = luck.uniform(0.5, 1.5, season)
    start = (30.0, 0.3, *(index if factors else 10 * (index - index.mean())))
    names = dict(zip(("alpha", "beta", "gamma"), weights, strict=True))
    method = demand.HoltWinters(season, trend=True, multiplicative=factors, start=start, **names)
    by_hand = smoothed_by_hand(y, season, weights, start, factors)
    assert method(y, 2 * season) == pytest.approx(by_hand, rel=1e-12)
    scaled = demand.HoltWinters(season, trend=True, multiplicative=factors, **names)
    assert scaled(1000 * y, 9) == pytest.approx(1000 * scaled(y, 9), rel=1e-9)


@pytest.mark.parametrize("season", [1, 4, 7])
@pytest.mark.parametrize("trend", [True, False])
def test_a_line_with_a_season_goes_on_whatever_the_weights(season, trend):
    """Exactly, but that R takes the level of the middle of a rising first season for its end's."""
    t = np.arange(4 * season + 8.0)
    wave = np.sin(2 * np.pi * np.arange(season) / season) if season > 1 else np.zeros(1)
    weights = {"alpha": 0.3, "beta": 0.2 if trend else None, "gamma": 0.4 if season > 1 else None}
    for factors in {False, season > 1}:
        line = 50 + (2 * t if trend and not factors else 0)
        y = line * (1 + wave / 2)[t.astype(int) % season] if factors else (
            line + 9 * wave[t.astype(int) % season])  # fmt: skip
        method = demand.HoltWinters(season, trend, multiplicative=factors, **weights)
        near = 0.02 if trend and season > 1 and not factors else 1e-9
        assert method(y[:-6], 6) == pytest.approx(y[-6:], rel=near)


def test_without_season_and_trend_it_is_plain_smoothing():
    assert demand.HoltWinters(alpha=0.3)([4, 8, 5], 2) == pytest.approx(
        demand.Smoothing(0.3)([4, 8, 5], 2), rel=1e-12
    )
    falling = demand.HoltWinters(trend=True, alpha=1, beta=1)([9, 6, 3], 3)
    assert falling.tolist() == [0, 0, 0]


def test_a_season_of_factors_is_fitted_too():
    t = np.arange(60)
    y = (50 + t) * np.array([0.5, 1.0, 1.7, 0.8])[t % 4]
    ahead = demand.HoltWinters(4, trend=True, multiplicative=True)(y[:52], 8)
    assert ahead == pytest.approx(y[52:], rel=0.02)


def test_a_level_is_the_quantile_of_demand():
    """Independent normal demand: μ days + z σ √days, as the textbook says."""
    past = np.random.default_rng(3).normal(20, 4, 3000)
    level = demand.order_up_to(demand.MovingAverage(300), past, days=3, origins=2000)
    assert level == pytest.approx(60 + 1.645 * 4 * np.sqrt(3), rel=0.02)


def test_a_recommended_level_serves_as_promised():
    """Too lean a shop: the level from its own demand record serves 95 % of days, simulated."""
    lean = shop(50)
    past = tl.simulate(lean.change(days=2000), seed=1).series("demand", "shop")
    methods = {"naive": demand.Naive(), "mean of 60": demand.MovingAverage(60)}
    advice = demand.prescribe(lean, ("shop", "unit"), past, methods, origins=1500)
    assert "mean of 60" in advice.reason
    compared = advice.compare(lean, 64, seed=2, kpis=["on_time_in_full", "mean_stock"])
    assert compared.difference(advice.title, "on_time_in_full").low > 0.3
    served = tl.replicate(advice.scenario, 64, seed=2).estimate("on_time_in_full").mean
    # The level is a quantile of 1,500 sums of 3 days, about 500 of them apart.
    assert abs(served - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 500)


@pytest.mark.parametrize(
    ("change", "days"),
    [({}, 3), ({"shop.review_period": 5}, 7), ({"shop.evening_review": True}, 4),
     ({"mine->shop.order_delay": 2}, 5), ({"mine->shop.lead_time": 0}, 1),
     ({"mine->shop.lead_time": 3.4}, 3), ({"mine->shop.lead_time": 4.5}, 4)],
)  # fmt: skip
def test_days_that_an_order_must_last(change, days):
    scenario = shop(50)
    for path, value in change.items():
        scenario = scenario.set(path, value)
    assert demand.days_to_cover(scenario, "shop", "unit") == days


def test_without_statsmodels_there_is_a_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.api", None)
    with pytest.raises(tl.TwinError, match=r"pip install 'twinlab-scom\[methods\]'"):
        demand.HoltWinters(7)(season(), 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: demand.describe([0, 0, 3]), "2 periods with demand, got 1"),
        (lambda: demand.Naive()([], 1), "a row of finite numbers"),
        (
            lambda: demand.Naive()([1, float("nan")], 1),
            "period 2 must be a finite number of at least 0, got nan: fill in",
        ),
        (lambda: demand.SeasonalNaive(7)([1, 2], 1), "at least 7 periods, got 2"),
        (lambda: demand.HoltWinters(4, alpha=0.1, beta=0.1, gamma=0.1), "beta with trend=True"),
        (lambda: demand.HoltWinters(4, trend=True, alpha=0.1, beta=0.1), "gamma with a season"),
        (lambda: demand.HoltWinters(4, gamma=0.1), "give all of them, or none"),
        (lambda: demand.HoltWinters(trend=True, alpha=2, beta=0.1), "alpha must be 0 to 1"),
        (lambda: demand.HoltWinters(alpha=float("nan")), "alpha is a number"),
        (lambda: demand.HoltWinters(alpha=0.1, start=(1, 2)), "start is 1 numbers"),
        (lambda: demand.HoltWinters(start=(1,)), "start is 0 numbers"),
        (lambda: demand.HoltWinters(alpha=0.1, start=(float("nan"),)), "start is a number"),
        (lambda: demand.HoltWinters(alpha=0.1, multiplicative=True), "season of 2 periods or"),
        (
            lambda: demand.HoltWinters(
                2, multiplicative=True, alpha=0.1, gamma=0.1, start=(9, 0, 2)
            ),
            "its start above 0",
        ),
        (
            lambda: demand.HoltWinters(2, multiplicative=True)([1, 0] * 6, 1),
            "a factor needs demand above 0",
        ),
        (lambda: demand.HoltWinters(4, alpha=0.1, gamma=0.1)([1] * 7, 1), "at least 8 periods"),
        (lambda: demand.Lags()([1] * 37, 1), "at least 38 periods, got 37"),
        (lambda: demand.Lags()([1] * 40, 36), "Lags: 36 periods ahead need 50"),
        (lambda: demand.accuracy([1], [1, 2], [1, 2]), "1 actual values and 2 forecasts"),
        (lambda: demand.accuracy([1], [2], [3, 3, 3]), "a series that changes"),
        (lambda: demand.roll(demand.Naive(), [1, 2, 3], 2, 2), "too few for 2 origins"),
        (lambda: demand.predict([1, 2], 1, demand.Naive()), "need 3 periods; got 2"),
        (
            lambda: demand.order_up_to(demand.Naive(), RARE * 3, 1, 1.5),
            "service must be a share above 0 and below 1",
        ),
        (lambda: demand.days_to_cover(shop(9), "mine", "unit"), "no lane brings"),
        (lambda: demand.pooled(pd.DataFrame([[1] * 12]), 1), "pooled: 13 periods or more"),
        (lambda: demand.pooled(pd.DataFrame([[1, -1] * 9]), 1), "period 2 must be .* at least 0"),
    ],
)
def test_mistakes_are_explained(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


@pytest.mark.parametrize("periods", [8, 13, 60])
def test_a_forecast_s_own_errors_are_made_without_peeking(periods):
    """Short or long: every forecast but the last is asked with less than the whole history."""
    given = []

    def spy(history, horizon):
        given.append(list(history))
        return np.full(horizon, history[-1])

    series = list(range(1, periods + 1))
    ahead = demand.predict(series, 3, spy)
    whole = [history for history in given if len(history) == periods]
    assert len(whole) == 1
    assert len(given) > 3
    assert all(history == series[: len(history)] for history in given)
    # A line that rises by 1 a period: the naive error is 1, 2 and 3, known exactly.
    assert ahead.high.tolist() == pytest.approx([series[-1] + lead for lead in (1, 2, 3)])


@pytest.mark.parametrize("last", range(3))
def test_a_level_stands_on_every_day_of_the_season(last):
    rows = tl.Demand("shop", "unit", tl.Poisson(5), season=(1, 1, 1, 1, 1, 3, 0.2), season_days=7)
    chain = tl.serial(["mine", "shop"], demand=rows, lead_time=2, on_hand={"shop": 30})
    weekly = tl.Scenario(chain, tl.BaseStock(30), days=700)
    past = tl.simulate(weekly, seed=9).series("demand", "shop")[: 700 - 2 * last]
    tried = {"a week ago": demand.SeasonalNaive(7)}
    advice = demand.prescribe(weekly, ("shop", "unit"), past, tried, service=0.95)
    served = tl.on_time_in_full(tl.replicate(advice.scenario, 50, seed=7, warm_up=20)).mean()
    assert served > 0.93  # the days that come next would be served, others in two of three cases
