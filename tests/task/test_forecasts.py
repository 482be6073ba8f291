"""Every forecast of demand is finite, in order and never negative; dates have no hidden gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.task import demand

METHODS = [
    demand.Naive(), demand.SeasonalNaive(4), demand.MovingAverage(5), demand.Smoothing(0.3),
    demand.Croston(0.2), demand.SBA(0.2), demand.TSB(0.2, 0.3),
    demand.HoltWinters(3, trend=True, alpha=0.3, beta=0.2, gamma=0.4),
    demand.HoltWinters(), demand.HoltWinters(trend=True), demand.HoltWinters(season=4),
    demand.HoltWinters(season=4, trend=True), demand.Lags(season=2, lags=2),
]  # fmt: skip
FALLING = [float(k) for k in range(79, -1, -1)]

sizes = st.one_of(st.just(0.0), st.integers(0, 30).map(float), st.floats(0, 1e6))
replications = st.lists(sizes, min_size=10, max_size=40)


def is_demand(method, history, horizon, level):
    ahead = demand.predict(history, horizon, method, level=level, origins=10)
    for row in (ahead.low, ahead.mean, ahead.high):
        assert row.shape == (horizon,)
        assert np.isfinite(row).all()
    assert (ahead.low >= 0).all()
    assert (ahead.low <= ahead.mean).all()
    assert (ahead.mean <= ahead.high).all()
    assert len(ahead.errors) == horizon
    assert min(ahead.errors) >= 2
    np.testing.assert_array_equal(ahead.mean, method(history, horizon))


@pytest.mark.parametrize("method", METHODS[:8], ids=str)
@settings(max_examples=40, deadline=None, derandomize=True)
@given(history=replications, horizon=st.integers(1, 9), level=st.floats(0.05, 0.99))
def test_a_forecast_is_demand(method, history, horizon, level):
    is_demand(method, history, horizon, level)


@pytest.mark.parametrize("method", METHODS[8:], ids=str)
@settings(max_examples=2, deadline=None, derandomize=True)
@given(history=replications, level=st.floats(0.05, 0.99))
def test_a_fitted_forecast_is_demand(method, history, level):
    is_demand(method, history[:16], 2, level)


@pytest.mark.parametrize("method", METHODS[:8], ids=str)
@settings(max_examples=10, deadline=None, derandomize=True)
@given(history=replications, horizon=st.integers(1, 9))
def test_a_surer_interval_holds_a_less_sure_one(method, history, horizon):
    some, sure = (demand.predict(history, horizon, method, level=level) for level in (0.5, 0.9))
    assert (sure.low <= some.low).all()
    assert (some.high <= sure.high).all()


@pytest.mark.parametrize("slope", [1.0, 0.4])
def test_a_product_that_is_phased_out_ends_at_zero(slope):
    history = slope * np.array(FALLING)
    ahead = demand.predict(history, 12, demand.HoltWinters(trend=True), origins=10)
    assert (ahead.low >= 0).all()
    assert (ahead.low <= ahead.mean).all()
    assert (ahead.mean <= ahead.high).all()
    assert ahead.mean[-1] == 0


def test_whatever_a_method_of_one_s_own_says_is_cut_to_demand():
    def gloomy(history, horizon):
        return np.full(horizon, -5.0)

    ahead = demand.predict(FALLING, 2, gloomy)
    assert ahead.mean.tolist() == ahead.low.tolist() == [0, 0]
    assert (demand.roll(gloomy, FALLING, 1, 5).forecasts == 0).all()


@pytest.mark.parametrize("said", [[1.0], [1.0, np.nan], 3.0])
def test_what_is_no_forecast_is_refused(said):
    with pytest.raises(tl.ScenarioError, match="2 finite numbers are a forecast"):
        demand.predict(FALLING, 2, lambda history, horizon: said)


# -- short replications --------------------------------------------------------------------------


def months(count, season=12):
    t = np.arange(count)
    return 100 + t + 10 * np.sin(2 * np.pi * t / season)


@pytest.mark.parametrize(
    ("count", "season", "horizon"),
    [(48, 12, 6), (36, 12, 12), (26, 12, 1), (26, 12, 12), (20, 7, 7)],
)
def test_a_few_years_are_enough_for_a_forecast(count, season, horizon):
    method = demand.HoltWinters(season, trend=True)
    ahead = demand.predict(months(count, season), horizon, method, origins=10)
    truth = months(count + horizon, season)[count:]
    assert np.abs(ahead.mean - truth).max() < 6
    assert (ahead.low <= ahead.mean).all()
    assert (ahead.mean <= ahead.high).all()


@pytest.mark.parametrize(("count", "periods"), [(25, "need 26 periods; got 25"), (3, "26 .*got 3")])
def test_too_short_a_history_says_how_many_periods_it_needs(count, periods):
    with pytest.raises(tl.ScenarioError, match=periods):
        demand.predict(months(count), 6, demand.HoltWinters(12))


def test_an_interval_says_what_it_rests_on():
    """Of three years 24 months start the method; leads 1 to 3 then have 12, 11 and 10 errors."""
    ahead = demand.predict(months(36), 3, demand.SeasonalNaive(24))
    assert ahead.errors == (10, 10, 10)
    assert "from 10 past errors hold 81.8 %" in str(ahead)
    many = demand.predict(months(200), 3, demand.Naive(), origins=60)
    assert str(many) == "intervals of 90 % from 60 past errors hold 90 %"
    few = demand.predict(months(27), 3, demand.SeasonalNaive(24))
    assert few.errors == (3, 5, 6)
    assert str(few).endswith("hold 50 %")


def test_few_errors_of_a_lead_are_those_of_the_leads_before_it():
    """Naive on 0, 1, 3, 6: lead 1 was off by 1, 2, 3; lead 2 by 3, 5; lead 3 by 6."""
    ahead = demand.predict([0, 1, 3, 6], 3, demand.Naive(), level=0.99)
    assert (ahead.high - ahead.mean).tolist() == [3, 5, 6]
    assert ahead.errors == (3, 5, 6)
    assert (ahead.low == ahead.mean).all()


def test_methods_are_judged_on_as_many_origins_as_there_are():
    methods = {"naive": demand.Naive(), "year": demand.HoltWinters(12, trend=True)}
    judged = demand.evaluate(methods, months(28), season=12)
    assert judged.best == "year"


# -- dates ------------------------------------------------------------------------------------

DAYS = pd.date_range("2024-01-01", periods=56)


def dated(dates):
    return pd.Series(np.arange(len(dates), dtype=float), index=dates)


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (DAYS[DAYS.day_of_week != 6], "by .D. .* after 2024-01-06"),
        (DAYS[DAYS.day_of_week < 5], "by .B. .* after 2024-01-05"),
        (DAYS.delete(20), "by .D. .* after 2024-01-20"),
        (
            pd.date_range("2020-01-31", periods=50, freq="ME").delete(3),
            "by .ME. .* after 2020-03-31",
        ),
        (pd.period_range("2020-01", periods=50, freq="M").delete(7), "by .M. .* after 2020-07-01"),
        (DAYS[::-1], "follows 2024-02-25"),
        (DAYS[[0, 1, 1, *range(2, 20)]], "2024-01-02 00:00:00 follows 2024-01-02"),
        (DAYS.astype(str), "text .'2024-01-01'.: convert them"),
        (
            pd.DatetimeIndex(["2024-01-01", "2024-01-02 07:00", "2024-01-05"]),
            "do not follow each other",
        ),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_series_whose_dates_leave_something_out_is_refused(dates, words):
    for method in (demand.Naive(), demand.SeasonalNaive(2), demand.Croston()):
        with pytest.raises(tl.ScenarioError, match=words):
            method(dated(dates), 2)
    with pytest.raises(tl.ScenarioError, match=words):
        demand.predict(dated(dates), 2, demand.Naive())


@pytest.mark.parametrize(
    "dates",
    [
        DAYS, DAYS.tz_localize("Europe/Berlin"), pd.Index([day.date() for day in DAYS]),
        pd.date_range("2024-03-30", periods=90, freq="h", tz="Europe/Berlin"),
        pd.date_range("2024-03-01", periods=60, tz="Europe/Berlin"),
        pd.date_range("2020-01-31", periods=50, freq="ME"),
        pd.date_range("2020-01-01", periods=20, freq="QS"),
        pd.date_range("2020-01-01", periods=20, freq="YS"),
        pd.date_range("2020-01-01", periods=20, freq="28D"),
        pd.period_range("2020-01", periods=50, freq="M"), pd.RangeIndex(9), DAYS[:1],
    ],
    ids=lambda index: f"{type(index).__name__}-{getattr(index, 'freqstr', '')}",
)  # fmt: skip
def test_complete_dates_change_nothing(dates):
    series = dated(dates)
    assert demand.Naive()(series, 2).tolist() == demand.Naive()(series.to_list(), 2).tolist()


def test_the_remedies_for_gaps_work():
    """Each is a choice: Sundays without sales, a straight line, or open days only."""
    week = dated(DAYS)[DAYS.day_of_week != 6]
    with pytest.raises(tl.ScenarioError, match=r"resample.'(.*)'.*interpolate.*to_numpy") as caught:
        demand.SeasonalNaive(7)(week, 1)
    days = week.resample(str(caught.value).split("'")[1])
    assert demand.SeasonalNaive(7)(days.sum(), 1)[0] == 0
    assert demand.Naive()(days.mean().interpolate()[:21], 1)[0] == 20
    assert demand.SeasonalNaive(6)(week.to_numpy(), 1)[0] == 49
    year = pd.date_range("2020-01-31", periods=12, freq="ME").delete(4)
    with pytest.raises(tl.ScenarioError, match="after 2020-04-30"):
        demand.Naive()(dated(year), 1)
    demand.Naive()(dated(year).resample("MS").sum(), 1)


@pytest.mark.parametrize(
    ("first", "freq"),
    [("2020-01-31", "ME"), ("2020-01-01", "MS"), ("2020-02-01", "3MS"), ("2020-12-31", "12ME"),
     ("2024-01-01", "W-MON"), ("2024-01-03", "14D"), ("2024-01-01", "B"), ("2024-01-01", "D"),
     ("2024-01-01 03:00", "6h"), ("2024-03-30", "h"), ("2024-01-01", "15min")],
)  # fmt: skip
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("gone", [[6], [2, 3, 17]], ids=str)
def test_the_remedy_names_the_frequency_that_the_dates_keep(first, freq, zone, gone):
    """It fills exactly the gaps, and what it gives is taken."""
    full = pd.date_range(first, periods=60, freq=freq, tz=zone)
    with pytest.raises(tl.ScenarioError) as caught:
        demand.Naive()(dated(full.delete(gone)), 1)
    assert f"resample({freq!r})" in str(caught.value)
    assert f"first after {full[gone[0] - 1]}" in str(caught.value) or freq == "B"
    filled = dated(full.delete(gone)).resample(freq).sum()
    assert np.flatnonzero(filled == 0).tolist() == [0, *gone]
    assert len(filled) == 60
    demand.Naive()(filled, 1)


# pandas 2.2 meant to do without it; pandas 3 does not.
@pytest.mark.filterwarnings("ignore:Resampling with a PeriodIndex:FutureWarning")
def test_the_remedy_for_dates_of_the_middle_of_the_month_and_for_periods():
    middle = pd.date_range("2020-01-15", periods=30, freq=pd.DateOffset(months=1))
    for dates in (middle, pd.period_range("2020Q1", periods=30, freq="Q")):
        with pytest.raises(tl.ScenarioError) as caught:
            demand.Naive()(dated(dates.delete(9)), 1)
        filled = dated(dates.delete(9)).resample(
            str(caught.value).split("resample('")[1].split("'")[0]
        )
        whole = filled.sum().fillna(0)  # pandas 2 leaves a period without a row empty
        assert whole.tolist() == [*range(9), 0, *range(9, 29)]
        demand.Naive()(whole, 1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1, None, 3], "period 2 must be a finite number of at least 0, got None"),
        ([1, float("nan"), 3], "period 2 .* got nan: fill in or leave out"),
        ([1, float("inf")], "period 2 .* got inf"),
        ([3, 2, -1], "period 3 must be a finite number of at least 0, got -1"),
        (["3", "4"], "period 1 .* got '3'"),
        ("345", "history must be a list of number"),
        ([[1, 2], [3, 4]], "a row of finite numbers"),
        (pd.DataFrame({"a": [1.0]}), "a row of finite numbers"),
        (pd.array([1, None]), "period 2"),
        (7, "history must be a list of number"),
    ],
)
def test_what_is_no_series_of_demand_is_told(given, words):
    for method in (demand.Naive(), demand.HoltWinters(), demand.TSB()):
        with pytest.raises(tl.ScenarioError, match=words):
            method(given, 1)


@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("horizon", [0, -1, 1.5, "3", None])
def test_a_horizon_is_a_whole_number_of_periods(method, horizon):
    with pytest.raises(tl.ScenarioError, match="horizon must be a whole number of at least 1"):
        method(FALLING, horizon)


def test_what_is_foreseen_becomes_the_law_of_a_model():
    """Day by day the model asks what the method foresees, and varies as it was wrong."""
    luck, week = np.random.default_rng(1), np.array([1.2, 1.1, 1, 1, 1, 1.2, 0.5])
    past = np.resize(week, 140) * luck.normal(200, 20, 140)
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(99, 1), on_hand={"shop": 900})
    method = demand.SeasonalNaive(7)
    law = demand.demand_law(chain.demands[0], past, 14, method, day=3)
    model = tl.Scenario(chain.change(law), tl.BaseStock(900), days=17)
    asked = tl.replicate(model, 2000, seed=1, daily=["demand"]).series("demand")
    means, foreseen = asked[3:].mean(axis=1), method(past, 14)
    errors = asked[3:].std(axis=1) / 2000**0.5
    assert (np.abs(means - foreseen) < 4 * errors).all()
    ratios = past[-40:] / past[-47:-7]
    spread = asked[3:].std(axis=1) / means
    assert spread == pytest.approx(ratios.std() / ratios.mean(), rel=0.1)
    assert (law.node, law.product, law.backorders) == ("shop", "unit", True)


def test_no_law_of_a_demand_that_nobody_foresees():
    with pytest.raises(tl.ScenarioError, match="foresees no demand"):
        demand.demand_law(tl.Demand("shop", "bike", 5), [0.0] * 20, 3, demand.Naive())
