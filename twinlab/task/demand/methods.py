"""What a demand series is like, and methods ``(history, horizon) -> mean demand`` of what comes."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence, Sized
from datetime import date
from typing import Any

import numpy as np

from twinlab.scope.base import Array, Count, Result, Row, ScenarioError, column, needs, pd, ranged

__all__ = ["SBA", "TSB", "Croston", "HoltWinters", "Lags", "MovingAverage", "Naive"]
__all__ += ["SeasonalNaive", "Smoothing", "describe"]

Series = Sequence[float] | Array
Method = Callable[[Array, int], Array]


def as_series(series: Series, low: float = 0.0) -> Array:
    """A series as finite numbers of at least ``low``, one for each period, oldest first."""
    row = np.asarray(series)
    if row.ndim != 1 or not row.size:
        raise ScenarioError(f"a series is a row of finite numbers, got the shape {row.shape}")
    if isinstance(index := getattr(series, "index", None), Sized):
        _check_dates(index)
    if row.dtype.kind not in "iuf":  # None and what stands for missing in a table are NaN
        row = np.array([float(v) if hasattr(v, "__float__") else np.nan for v in row.tolist()])
    for wrong in np.flatnonzero(~((row >= low) & np.isfinite(row)))[:1]:
        wanted = f"period {wrong + 1} must be a finite number{' of at least 0' * (low == 0)}"
        got = f"got {np.asarray(series).tolist()[wrong]!r}"
        raise ScenarioError(f"series: {wanted}, {got}: fill in or leave out what is missing")
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
    for back in np.flatnonzero(~(steps > pd.Timedelta(0)))[:1].tolist():
        remedy = "give each date once, in order, such as series.groupby(level=0).sum()"
        raise ScenarioError(f"dates: {dates[back + 1]} follows {dates[back]}: {remedy}")
    months, places = np.diff(12 * dates.year + dates.month), dates.tz_localize(None)
    rhythms = [steps, days := places[1:] - places[:-1], *[months] * bool(months.all())]
    stated = dates.freq is not None and not periods  # such as "B" after resample
    if not stated and all(len(np.unique(rhythm)) > 1 for rhythm in rhythms):
        usual, after = _usual(dates, days if days.min() >= pd.Timedelta("1D") else steps, months)
        usual = index.freqstr if periods else usual
        gaps = f"do not follow each other by {usual!r} or leave some out, the first after"
        zeros = f"series.resample({usual!r}).sum() if nothing was sold"
        others = ".mean().interpolate() for a line, or series.to_numpy() to ignore it"
        raise ScenarioError(f"dates: they {gaps} {dates[after]}: {zeros}, {others}")


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


class Pattern(Result, frozen=True):
    """How often demand comes, how much its size varies, and what that is called."""

    name: str = column("name", meaning="smooth, erratic, intermittent or lumpy")
    interval: float = column("periods", meaning="from one period with demand to the next")
    variation: float = column("CV²", meaning="of the sizes: squared sd over squared mean")


def describe(series: Series) -> Pattern:
    """Classify a demand series by how often and how evenly demand comes.

    Average demand interval = periods / periods with demand; CV² = (s/mean)² of the demands that
    are not zero (s with n − 1). Below 1.32 and 0.49 demand is smooth; more variable: erratic;
    rarer: intermittent; both: lumpy. Source: Syntetos, Boylan & Croston (2005).

    Raises:
        ScenarioError: fewer than 2 periods with demand.

    >>> describe([0, 0, 5, 0, 0, 0, 3, 0, 0, 4])
    name intermittent · interval 3.333 periods · variation 0.0625 CV²
    """
    numbers = as_series(series)
    sizes = numbers[numbers > 0]
    if len(sizes) < 2:
        raise ScenarioError(f"describe: at least 2 periods with demand, got {len(sizes)}")
    interval, variation = len(numbers) / len(sizes), float((sizes.std(ddof=1) / sizes.mean()) ** 2)
    names = ("smooth", "erratic"), ("intermittent", "lumpy")
    return Pattern(names[interval >= 1.32][variation >= 0.49], interval, variation)


class Forecaster(Row):
    """A method that asks for as many periods as it needs, and repeats what it says of the next."""

    @ranged
    def __call__(self, history: Series, horizon: Count) -> Array:
        """Forecast the mean demand of each coming period."""
        numbers = as_series(history)
        if len(numbers) < needed(self):
            raise ScenarioError(f"{self} needs at least {needed(self)} periods, got {len(numbers)}")
        return np.resize(self._ahead(numbers, horizon), horizon)

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        """What comes next: a level, a season, or each period."""
        raise NotImplementedError


class Naive(Forecaster, frozen=True):
    """Tomorrow will be as today was: the forecast that every other one must beat.

    >>> Naive()([3, 5, 4], 2).tolist()
    [4.0, 4.0]
    """

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        return numbers[-1]


class SeasonalNaive(Forecaster, frozen=True):
    """Each period will be as the same one a season ago.

    >>> SeasonalNaive(3)([1, 2, 3, 4, 5, 6], 4).tolist()
    [4.0, 5.0, 6.0, 4.0]
    """

    season: int = column("periods", meaning="length of the season", low=1)

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        return numbers[-self.season :]


class MovingAverage(Forecaster, frozen=True):
    """The mean of the last periods goes on.

    >>> MovingAverage(2)([3, 5, 4], 2).tolist()
    [4.5, 4.5]
    """

    window: int = column("periods", meaning="how many are averaged", low=1)

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        return numbers[-self.window :].mean()


class Smoothing(Forecaster, frozen=True):
    """Simple exponential smoothing: level ← α y + (1 − α) level, from the first observation.

    Source: Brown (1959); Hyndman & Athanasopoulos, exponential smoothing chapter.

    >>> Smoothing(0.5)([4, 8], 2).tolist()
    [6.0, 6.0]
    """

    alpha: float = column("share", 0.2, "weight of the newest observation", low=0, high=1)

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        return _smooth(numbers, self.alpha)


class HoltWinters(Forecaster, frozen=True):
    """Level, trend and season, each smoothed, with the weights that fit best or with given ones.

    l ← α (y − s) + (1 − α) (l + b), b ← β Δl + (1 − β) b, s ← γ (y − l) + (1 − γ) s; for factors
    y/s, y/l. Given weights are used as they are, from a ``start`` before the first period, or from
    R's after a season: the line (or mean) of the moving average of two, and what lies off it.
    ``statsmodels`` fits the others. Source: Holt (1957); Winters (1960).

    >>> HoltWinters(season=4)([1, 2, 3, 4] * 6, 4).round(3).tolist()
    [1.0, 2.0, 3.0, 4.0]
    >>> float(HoltWinters(trend=True, alpha=0.5, beta=0.5, start=(9, 1))([12], 1)[0])
    12.5
    """

    season: int = column("periods", 1, "length of the season; 1 for none", low=1)
    trend: bool = column("yes/no", False, "the level grows or falls")
    multiplicative: bool = column("yes/no", False, "the season is a factor, not an addend")
    alpha: float | None = column("share", None, "weight of the newest level", low=0, high=1)
    beta: float | None = column("share", None, "weight of the newest trend", low=0, high=1)
    gamma: float | None = column("share", None, "weight of the newest season", low=0, high=1)
    start: tuple[float, ...] = column("units", (), "level, trend and the season's indices")

    def check(self) -> None:
        """See that each part that is smoothed has a weight and a start, or none has."""
        given = [weight is not None for weight in (self.alpha, self.beta, self.gamma)]
        parts = [True, self.trend, self.season > 1]
        size, wrong = any(given) * (1 + self.trend + self.season * parts[2]), ""
        least = min(self.start[:1] + self.start[1 + self.trend :], default=1)
        if given not in (parts, [False] * 3):
            wrong = "alpha, beta with trend=True and gamma with a season: give all of them, or none"
        elif len(self.start) not in (0, size):
            wrong = f"start is {size} numbers (level, trend, indices of what has weights), or none"
        elif self.multiplicative and (not parts[2] or least <= 0):
            wrong = "multiplicative is a season of 2 periods or more, its start above 0: give them"
        if wrong:
            raise ScenarioError(f"HoltWinters: {wrong}")

    @property
    def least(self) -> int:
        """How many periods it needs: to fit, eight and two seasons; with weights, a start."""
        return 1 if self.start else max(8 * (self.alpha is None), 2 * self.season)

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        if self.multiplicative and numbers.min() <= 0:
            raise ScenarioError(f"{self.title}: a factor needs demand above 0 in every period")
        if self.alpha is not None:
            return np.maximum(0.0, self._smoothed(numbers, horizon))
        seasonal = ("mul" if self.multiplicative else "add") if self.season > 1 else None
        long = len(numbers) >= 10 + self.season // 2 * 2  # statsmodels asks for that
        model = needs("statsmodels.tsa.api", "methods").ExponentialSmoothing(
            numbers,
            trend="add" if self.trend else None,
            seasonal=seasonal,
            seasonal_periods=self.season if seasonal else None,
            initialization_method="heuristic" if seasonal and long else "estimated",
        )
        with warnings.catch_warnings():  # on convergence: ``evaluate`` judges the forecasts anyway
            warnings.simplefilter("ignore")
            return np.maximum(0.0, np.asarray(model.fit().forecast(horizon), dtype=np.float64))

    def _smoothed(self, y: Array, horizon: int) -> Any:
        """The forecast by the weights as they are."""
        off, on = (np.divide, np.multiply) if self.multiplicative else (np.subtract, np.add)
        alpha, beta, gamma = (weight or 0.0 for weight in (self.alpha, self.beta, self.gamma))
        level, *rest = self.start or self._begin(y, off)
        slope, index = rest.pop(0) if self.trend else 0.0, np.array(rest or [0.0])
        m, past = self.season, 0 if self.start or self.season == 1 else self.season
        for at, sold in enumerate(y[past:], past):
            before, season = level, index[at % m]
            level = alpha * off(sold, season) + (1 - alpha) * (level + slope)
            slope = beta * (level - before) + (1 - beta) * slope
            index[at % m] = gamma * off(sold, level) + (1 - gamma) * season
        leads = np.arange(1, horizon + 1)
        return on(level + slope * leads, index[(len(y) - 1 + leads) % m])

    def _begin(self, y: Array, off: Any) -> tuple[float, ...]:
        m, window = self.season, np.convolve(np.ones(self.season), np.ones(2 - self.season % 2))
        first = y[: 2 * m if m > 1 else 1 + self.trend]
        middle = np.convolve(first, window / window.sum(), "valid")
        places = m // 2 + np.arange(len(middle))
        *slope, level = np.polyfit(1 + places - m // 2, middle, int(self.trend))
        index = np.bincount(places % m, off(first[places], middle)) / np.bincount(places % m)
        return (level, *slope, *off(index, index.mean()))


class Lags(Forecaster, frozen=True):
    """Regression on how the last periods lay beside the newest, and on the place in the season.

    Each lead has a fit of its own (direct). In logs where demand is always above zero, else in
    shares of the mean. ``estimator`` is any of scikit-learn's; by default ridge regression, its
    penalty found by leave-one-out. Source: Hoerl & Kennard (1970); Ben Taieb et al. (2012), leads.

    >>> Lags(season=4)([1, 2, 4, 2] * 8, 4).round(2).tolist()
    [1.0, 2.0, 4.0, 2.0]
    """

    estimator: Any = None
    season: int = column("periods", 12, "length of the season; 1 for none", low=1)
    lags: int = column("periods", 12, "how many before the newest it sees", low=1)

    @property
    def least(self) -> int:
        """How many periods it needs: its lags, two seasons, and two to learn from."""
        return self.lags + 2 * self.season + 2

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        if len(numbers) < (few := self.lags + horizon + 2):
            raise ScenarioError(f"{self.title}: {horizon} periods ahead need {few}")
        logs, mean = numbers.min() > 0, numbers.mean() or 1.0
        z = np.log(numbers) if logs else numbers / mean
        newest = np.arange(self.lags, len(z))
        back = z[newest[:, None] - np.arange(1, self.lags + 1)] - z[newest, None]
        ridge, made = self.estimator, np.empty(horizon)
        if ridge is None:
            ridge = needs("sklearn.linear_model", "methods").RidgeCV(np.logspace(-3, 2, 8))
        for lead in range(1, horizon + 1):
            rows = np.hstack([back, np.eye(self.season)[(newest + lead) % self.season]])
            steps = z[self.lags + lead :] - z[self.lags : -lead]
            fitted = needs("sklearn.base", "methods").clone(ridge).fit(rows[:-lead], steps)
            made[lead - 1] = z[-1] + fitted.predict(rows[-1:])[0]
        return np.exp(made) if logs else made * mean


class Croston(Forecaster, frozen=True):
    """Demand that comes now and then: smoothed size over smoothed interval.

    Size and interval are smoothed when demand comes; the first ones start them, the first interval
    counted from the start of the series. Source: Croston (1972).

    >>> Croston(0.5)([0, 4, 0, 6], 1).tolist()
    [2.5]
    """

    alpha: float = column("share", 0.1, "weight of the newest demand", low=0, high=1)

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        places = np.flatnonzero(numbers)
        if not len(places):
            return 0.0
        intervals = np.diff(places, prepend=-1).astype(np.float64)
        return _smooth(numbers[places], self.alpha) / _smooth(intervals, self.alpha)


class SBA(Croston, frozen=True):
    """Croston's forecast without its bias: times 1 − α/2.

    Source: Syntetos & Boylan (2005).

    >>> SBA(0.5)([0, 4, 0, 6], 1).tolist()
    [1.875]
    """

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        return (1 - self.alpha / 2) * super()._ahead(numbers, horizon)


class TSB(Forecaster, frozen=True):
    """Demand that may die out: probability of demand, smoothed every period, times its size.

    The size starts at the first demand, the probability at the first period (0 or 1).
    Source: Teunter, Syntetos & Babai (2011).

    >>> TSB(0.5, 0.5)([0, 4, 0, 6], 1).tolist()
    [3.125]
    """

    alpha: float = column("share", 0.1, "weight of the newest size", low=0, high=1)
    beta: float = column("share", 0.1, "weight of the newest yes or no", low=0, high=1)

    def _ahead(self, numbers: Array, horizon: int) -> Any:
        came = numbers != 0
        size = _smooth(numbers[came], self.alpha) if came.any() else 0.0
        return size * _smooth(came.astype(np.float64), self.beta)


def _smooth(numbers: Array, weight: float) -> float:
    """The last level, starting at the first number."""
    level = float(numbers[0])
    for number in numbers[1:].tolist():
        level += weight * (number - level)
    return level


def needed(method: Any) -> int:
    """How many periods a method needs: its window, its season, or what it calls its ``least``."""
    names = ("least",) if hasattr(method, "least") else ("window", "season")
    return max(getattr(method, name, 1) for name in names)


def ask(method: Method, numbers: Array, horizon: int) -> Array:
    """What a method forecasts, as demand: a finite number for each period, none below 0."""
    said = np.asarray(method(numbers, horizon), dtype=np.float64)
    if said.shape != (horizon,) or not np.isfinite(said).all():
        raise ScenarioError(f"{method}: {horizon} finite numbers are a forecast, got {said}")
    return np.maximum(0.0, said)


_FOUR = (Naive(), MovingAverage(7), Smoothing(), SBA())
USUAL: Mapping[str, Method] = {method.title: method for method in _FOUR}
