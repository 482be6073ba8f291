"""Forecasting methods: ``method(history, horizon) -> mean demand of each coming period``.

A method may be any such function. Those here are frozen dataclasses: they print as what they are.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError, TwinError
from twinlab.scope.kinds import Count, ranged
from twinlab.task.demand.series import Series, as_series

__all__ = [
    "SBA",
    "TSB",
    "Croston",
    "HoltWinters",
    "MovingAverage",
    "Naive",
    "SeasonalNaive",
    "Smoothing",
]

Method = Callable[[Array, int], Array]


class Flat(Row):
    """A method whose forecast is the same for every coming period."""

    @ranged
    def __call__(self, history: Series, horizon: Count) -> Array:
        """Repeat the level that the history ends with."""
        return np.full(horizon, self._level(_enough(self, as_series(history))))

    def _level(self, numbers: Array) -> float:
        raise NotImplementedError


@dataclass(frozen=True)
class Naive(Flat):
    """Tomorrow will be as today was: the forecast that every other one must beat.

    >>> Naive()([3, 5, 4], 2).tolist()
    [4.0, 4.0]
    """

    def _level(self, numbers: Array) -> float:
        return float(numbers[-1])


@dataclass(frozen=True)
class SeasonalNaive(Row):
    """Each period will be as the same one a season ago.

    >>> SeasonalNaive(3)([1, 2, 3, 4, 5, 6], 4).tolist()
    [4.0, 5.0, 6.0, 4.0]
    """

    season: int = column("periods", meaning="length of the season", low=1)

    @ranged
    def __call__(self, history: Series, horizon: Count) -> Array:
        """Repeat the last season."""
        return np.resize(_enough(self, as_series(history))[-self.season :], horizon)


@dataclass(frozen=True)
class MovingAverage(Flat):
    """The mean of the last periods goes on.

    >>> MovingAverage(2)([3, 5, 4], 2).tolist()
    [4.5, 4.5]
    """

    window: int = column("periods", meaning="how many are averaged", low=1)

    def _level(self, numbers: Array) -> float:
        return float(numbers[-self.window :].mean())


@dataclass(frozen=True)
class Smoothing(Flat):
    """Simple exponential smoothing: level ← α y + (1 − α) level, from the first observation.

    Source: Brown (1959); Hyndman & Athanasopoulos, exponential smoothing chapter.

    >>> Smoothing(0.5)([4, 8], 2).tolist()
    [6.0, 6.0]
    """

    alpha: float = column("share", 0.2, "weight of the newest observation", low=0, high=1)

    def _level(self, numbers: Array) -> float:
        return _smooth(numbers, self.alpha)


@dataclass(frozen=True)
class HoltWinters(Row):
    """Level, trend and season, each smoothed, with the weights that fit best (additive).

    Through ``statsmodels``. Source: Holt (1957); Winters (1960).

    >>> HoltWinters(season=4)([1, 2, 3, 4] * 6, 4).round(3).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """

    season: int = column("periods", 1, "length of the season; 1 for none", low=1)
    trend: bool = column("yes/no", False, "the level grows or falls")

    @property
    def least(self) -> int:
        """How many periods it needs: eight, and two seasons."""
        return max(8, 2 * self.season)

    @ranged
    def __call__(self, history: Series, horizon: Count) -> Array:
        """Fit the weights to the history and go on from its end, never below 0."""
        try:
            from statsmodels.tsa import api  # type: ignore[import-untyped]
        except ModuleNotFoundError:
            raise TwinError(
                "this method needs statsmodels: pip install 'twinlab-scom[methods]'"
            ) from None
        numbers, seasonal = _enough(self, as_series(history)), self.season > 1
        long = len(numbers) >= 10 + self.season // 2 * 2  # statsmodels asks for that
        model = api.ExponentialSmoothing(
            numbers,
            trend="add" if self.trend else None,
            seasonal="add" if seasonal else None,
            seasonal_periods=self.season if seasonal else None,
            initialization_method="heuristic" if seasonal and long else "estimated",
        )
        with warnings.catch_warnings():  # on convergence: ``evaluate`` judges the forecasts anyway
            warnings.simplefilter("ignore")
            return np.maximum(0.0, np.asarray(model.fit().forecast(horizon), dtype=np.float64))


@dataclass(frozen=True)
class Croston(Flat):
    """Demand that comes now and then: smoothed size over smoothed interval.

    Size and interval are smoothed when demand comes; the first ones start them, the first interval
    counted from the start of the series. Source: Croston (1972).

    >>> Croston(0.5)([0, 4, 0, 6], 1).tolist()
    [2.5]
    """

    alpha: float = column("share", 0.1, "weight of the newest demand", low=0, high=1)

    def _level(self, numbers: Array) -> float:
        places = np.flatnonzero(numbers)
        if not len(places):
            return 0.0
        intervals = np.diff(places, prepend=-1).astype(np.float64)
        return _smooth(numbers[places], self.alpha) / _smooth(intervals, self.alpha)


@dataclass(frozen=True)
class SBA(Croston):
    """Croston's forecast without its bias: times 1 − α/2.

    Source: Syntetos & Boylan (2005).

    >>> SBA(0.5)([0, 4, 0, 6], 1).tolist()
    [1.875]
    """

    def _level(self, numbers: Array) -> float:
        return (1 - self.alpha / 2) * super()._level(numbers)


@dataclass(frozen=True)
class TSB(Flat):
    """Demand that may die out: probability of demand, smoothed every period, times its size.

    The size starts at the first demand, the probability at the first period (0 or 1).
    Source: Teunter, Syntetos & Babai (2011).

    >>> TSB(0.5, 0.5)([0, 4, 0, 6], 1).tolist()
    [3.125]
    """

    alpha: float = column("share", 0.1, "weight of the newest size", low=0, high=1)
    beta: float = column("share", 0.1, "weight of the newest yes or no", low=0, high=1)

    def _level(self, numbers: Array) -> float:
        came = numbers != 0
        size = _smooth(numbers[came], self.alpha) if came.any() else 0.0
        return size * _smooth(came.astype(np.float64), self.beta)


def _smooth(numbers: Array, weight: float) -> float:
    """The last level, starting at the first number."""
    level = float(numbers[0])
    for number in numbers[1:].tolist():
        level += weight * (number - level)
    return level


def needed(method: Method) -> int:
    """How many periods a method needs: its window, its season, or what it calls its ``least``."""
    return max(getattr(method, name, 1) for name in ("window", "season", "least"))


def _enough(method: Method, numbers: Array) -> Array:
    if len(numbers) < needed(method):
        raise ScenarioError(f"{method} needs at least {needed(method)} periods, got {len(numbers)}")
    return numbers


def ask(method: Method, numbers: Array, horizon: int) -> Array:
    """What a method forecasts, as demand: a finite number for each period, none below 0."""
    said = np.asarray(method(numbers, horizon), dtype=np.float64)
    if said.shape != (horizon,) or not np.isfinite(said).all():
        raise ScenarioError(f"{method}: {horizon} finite numbers are a forecast, got {said}")
    return np.maximum(0.0, said)
