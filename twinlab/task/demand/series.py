"""What a demand series is like, and how far forecasts of it were off."""

import re
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from twinlab.scope.columns import column
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.kinds import Count
from twinlab.scope.later import pd
from twinlab.scope.result import Result

__all__ = ["accuracy", "describe"]

Series = Sequence[float] | Array
INTERVAL_CUT, VARIATION_CUT = 1.32, 0.49  # Syntetos, Boylan & Croston (2005)


def as_series(series: Series, low: float = 0.0) -> Array:
    """A series as finite numbers of at least ``low``, one for each period, oldest first."""
    row = np.asarray(series)
    if row.ndim != 1 or not row.size:
        raise ScenarioError(f"a series is a row of finite numbers, got the shape {row.shape}")
    if isinstance(index := getattr(series, "index", None), Sized):
        _check_dates(index)
    if row.dtype.kind not in "iuf":  # None and what stands for missing in a table are NaN
        row = np.array([v if isinstance(v, int | float) else np.nan for v in row.tolist()])
    for at in np.flatnonzero(~((row >= low) & (row < np.inf)))[:1]:
        raise ScenarioError(
            f"series: period {at + 1} must be a finite number{' of at least 0' * (low == 0)}, got "
            f"{np.asarray(series).tolist()[at]!r}: fill in or leave out what is missing"
        )
    return row.astype(np.float64)


def _check_dates(index: Any) -> None:
    """See that dates, if a series has any, are in order and leave out no period."""
    if isinstance(index[0], str) and re.search(r"\d[-./]\d", index[0]):
        raise ScenarioError(f"dates are text ({index[0]!r}): convert them with pd.to_datetime(…)")
    if not isinstance(index[0], date | pd.Period):
        return
    periods = isinstance(index, pd.PeriodIndex)  # they have a frequency, and may leave some out
    dates = index.to_timestamp() if periods else pd.DatetimeIndex(index)
    steps: Any = dates[1:] - dates[:-1]
    for at in np.flatnonzero(~(steps > pd.Timedelta(0)))[:1].tolist():
        raise ScenarioError(
            f"dates: {dates[at + 1]} follows {dates[at]}: give each date once, in order, such as "
            "series.groupby(level=0).sum()"
        )
    months, places = np.diff(12 * dates.year + dates.month), dates.tz_localize(None)
    rhythms = [steps, days := places[1:] - places[:-1], *[months] * bool(months.all())]
    stated = dates.freq is not None and not periods  # such as "B" after resample
    if not stated and all(len(np.unique(rhythm)) > 1 for rhythm in rhythms):
        usual, after = _usual(dates, days if days.min() >= pd.Timedelta("1D") else steps, months)
        usual = index.freqstr if periods else usual
        raise ScenarioError(
            f"dates: they do not follow each other by {usual!r} or leave some out, the first after "
            f"{dates[after]}: series.resample({usual!r}).sum() if nothing was sold, "
            ".mean().interpolate() for a line, or series.to_numpy() to ignore it"
        )


def _usual(dates: Any, steps: Any, months: Array) -> tuple[str, int]:
    """The frequency of dates with gaps, in pandas' words, and the place before their first gap."""
    least, every, day = steps.min(), int(months.min()), pd.Timedelta(days=1)
    whole = not (steps.to_numpy() % least.to_timedelta64()).astype(bool).any()
    name, gaps = "D", steps > least
    if every > 0 and ((dates.day == dates.day[0]).all() or not whole):
        name, gaps = f"{every}{'ME' if dates.is_month_end.all() else 'MS'}", months > every
    elif least == day and (dates.day_of_week < 5).all():
        name = "B"
    elif whole:
        name = f"W-{dates[0]:%a}".upper() if least == 7 * day else f"{least / day:g}D"
        name = name if least >= day else pd.tseries.frequencies.to_offset(least).freqstr
    return pd.tseries.frequencies.to_offset(name).freqstr, int(np.argmax(gaps))


@dataclass(frozen=True)
class Pattern:
    """How often demand comes [periods], how much its size varies [CV²], and its name."""

    interval: float
    variation: float
    name: str

    def __str__(self) -> str:
        return (
            f"{self.name}: demand every {self.interval:.2f} periods, squared variation of its "
            f"size {self.variation:.2g}"
        )


def describe(series: Series) -> Pattern:
    """Classify a demand series by how often and how evenly demand comes.

    Average demand interval = periods / periods with demand; CV² = (s/mean)² of the demands that
    are not zero (s with n − 1). Below 1.32 and 0.49 demand is smooth; more variable: erratic;
    rarer: intermittent; both: lumpy. Source: Syntetos, Boylan & Croston (2005).

    Raises:
        ScenarioError: fewer than 2 periods with demand.

    >>> print(describe([0, 0, 5, 0, 0, 0, 3, 0, 0, 4]))
    intermittent: demand every 3.33 periods, squared variation of its size 0.062
    """
    numbers = as_series(series)
    sizes = numbers[numbers > 0]
    if len(sizes) < 2:
        raise ScenarioError(f"describe: at least 2 periods with demand, got {len(sizes)}")
    interval = len(numbers) / len(sizes)
    variation = float((sizes.std(ddof=1) / sizes.mean()) ** 2)
    often, rarely = ("smooth", "erratic"), ("intermittent", "lumpy")
    names = rarely if interval >= INTERVAL_CUT else often
    return Pattern(interval, variation, names[variation >= VARIATION_CUT])


@dataclass(frozen=True)
class Accuracy(Result):
    """Errors of forecasts; error = actual − forecast, so a positive bias is demand missed."""

    mae: float = column("units", meaning="mean absolute error")
    rmse: float = column("units", meaning="root of the mean squared error")
    mape: float = column("%", meaning="mean absolute error in percent of the actual")
    smape: float = column("%", meaning="the same, of the mean of actual and forecast")
    wape: float = column("%", meaning="sum of absolute errors in percent of the sum of actuals")
    bias: float = column("units", meaning="mean error")
    tracking_signal: float = column("number", meaning="sum of errors over their mean size")
    mase: float = column("number", meaning="mean absolute error over that of naive in sample")
    rmsse: float = column("number", meaning="root mean squared error over that of naive in sample")


def accuracy(actual: Series, forecast: Series, insample: Series, season: Count = 1) -> Accuracy:
    """Measure how far forecasts were from what came, also against the naive forecast in sample.

    MASE = MAE / mean |y(t) − y(t − m)| over the in-sample periods [season m], RMSSE with squares.
    Source: Hyndman & Koehler (2006); sMAPE as in the M4 competition, RMSSE as in the M5.

    Raises:
        ScenarioError: the lengths differ, or the in-sample series is no longer than a season or
            never changes.

    >>> found = accuracy([12, 14], [10, 15], insample=[8, 10, 9])
    >>> found.mae, found.mase
    (1.5, 1.0)
    """
    y, f, known = (as_series(row, low=-np.inf) for row in (actual, forecast, insample))
    if len(y) != len(f):
        raise ScenarioError(f"accuracy: {len(y)} actual values and {len(f)} forecasts")
    steps = known[season:] - known[:-season]
    if not steps.any():
        raise ScenarioError(
            f"scaled errors need more than one season of {season} periods before the forecasts, "
            f"and a series that changes; got {len(known)} periods"
        )
    errors = y - f
    size, squared = float(np.abs(errors).mean()), float((errors**2).mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        return Accuracy(
            mae=size,
            rmse=squared**0.5,
            mape=float(100 * np.abs(errors / y).mean()) if (y != 0).all() else np.inf,
            smape=float(200 * np.nan_to_num(np.abs(errors) / (np.abs(y) + np.abs(f))).mean()),
            wape=float(100 * np.abs(errors).sum() / np.abs(y).sum()),
            bias=float(errors.mean()),
            tracking_signal=float(errors.sum() / size) if size > 0 else 0.0,
            mase=size / float(np.abs(steps).mean()),
            rmsse=(squared / float((steps**2).mean())) ** 0.5,
        )
