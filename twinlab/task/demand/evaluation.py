"""Methods judged by what they would have forecast, day by day, without knowing what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError
from twinlab.task.demand.accuracy import naive_scales
from twinlab.task.demand.methods import Method, Naive
from twinlab.task.demand.patterns import as_series

if TYPE_CHECKING:
    import pandas as pd

FEW = 10  # an interval from fewer errors would say nothing

# -- predict ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Rolling:
    """Forecasts from many origins, each made with what was known then [origins × horizon]."""

    origins: Any
    forecasts: Array
    actuals: Array

    @property
    def errors(self) -> Array:
        """Actual minus forecast."""
        return self.actuals - self.forecasts

    def bands(self, level: float = 0.9) -> tuple[Array, Array]:
        """Intervals from each origin, by the quantiles of the errors that were known then.

        Empty (NaN) where fewer than ten errors of that lead were known.
        """
        low, high = np.full_like(self.forecasts, np.nan), np.full_like(self.forecasts, np.nan)
        tails = [(1 - level) / 2, (1 + level) / 2]
        for at, origin in enumerate(self.origins):
            for lead in range(self.forecasts.shape[1]):
                known = self.errors[self.origins + lead + 1 <= origin, lead]
                if len(known) >= FEW:
                    edges = self.forecasts[at, lead] + error_quantile(known, tails)
                    low[at, lead], high[at, lead] = edges
        return low, high


def roll(method: Method, series: Sequence[float], horizon: int, origins: int) -> Rolling:
    """Let a method forecast from each of the last origins, seeing only what lay before.

    Source: Tashman (2000), rolling-origin evaluation.

    Raises:
        ScenarioError: the series is too short for so many origins.

    >>> roll(Naive(), [1, 2, 3, 4, 5], horizon=2, origins=2).errors.tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    numbers = as_series(series)
    last = len(numbers) - horizon
    first = last - origins + 1
    if first < 1 or horizon < 1 or origins < 1:
        raise ScenarioError(
            f"roll: {len(numbers)} periods are too few for {origins} origins and a horizon of "
            f"{horizon}: ask for fewer"
        )
    places = np.arange(first, last + 1)
    made = np.array([method(numbers[:at], horizon) for at in places], dtype=np.float64)
    came = np.array([numbers[at : at + horizon] for at in places])
    return Rolling(places, made, came)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Coming demand: mean and interval of each period.

    >>> ahead = forecast(Naive(), [4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4], horizon=1)
    >>> ahead.mean.tolist(), ahead.low.tolist(), ahead.high.tolist()
    ([4.0], [2.0], [6.0])
    """

    mean: Array
    low: Array
    high: Array
    level: float


def forecast(
    method: Method, history: Sequence[float], horizon: int, level: float = 0.9, origins: int = 40
) -> Forecast:
    """Forecast demand with intervals from the quantiles of the method's own past errors.

    The errors are those of forecasts from the last origins of the history, lead by lead; nothing
    is assumed about their law. At most ``origins`` are used, and at least ten.

    Raises:
        ScenarioError: the history is too short for ten errors.
    """
    numbers = as_series(history)
    many = min(origins, len(numbers) - horizon)
    if many < FEW:
        raise ScenarioError(
            f"forecast: intervals need {FEW} past errors, so {FEW + horizon} periods; got "
            f"{len(numbers)}"
        )
    errors = roll(method, history, horizon, many).errors
    mean = np.asarray(method(numbers, horizon), dtype=np.float64)
    low, high = error_quantile(errors, [(1 - level) / 2, (1 + level) / 2])
    floor = 0.0 if numbers.min() >= 0 else -np.inf  # where demand was never below 0
    return Forecast(mean, np.maximum(mean + low, floor), mean + high, level)


@dataclass(frozen=True)
class Score:
    """How a method did: scaled errors, interval loss and coverage, and what it adds to naive."""

    mase: float
    rmsse: float
    pinball: float
    coverage: float
    value_added: float


@dataclass(frozen=True)
class Evaluation:
    """Methods side by side on the same origins; the best has the least RMSSE."""

    scores: Mapping[str, Score]
    methods: Mapping[str, Method]
    level: float

    @property
    def best(self) -> str:
        """Name of the method with the least RMSSE, which unlike MASE does not reward zeros."""
        return min(self.scores, key=lambda name: self.scores[name].rmsse)

    @property
    def table(self) -> pd.DataFrame:
        """One row per method, the best first."""
        import pandas as pd

        rows = {
            name: (s.mase, s.rmsse, s.pinball, s.coverage, s.value_added)
            for name, s in sorted(self.scores.items(), key=lambda pair: pair[1].rmsse)
        }
        head = ["MASE", "RMSSE", "pinball", f"coverage of {100 * self.level:g} %", "value added"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=head)

    def _repr_html_(self) -> str:
        return str(self.table.to_html(float_format="{:.3f}".format))


def evaluate(
    methods: Mapping[str, Method],
    series: Sequence[float],
    *,
    horizon: int = 1,
    origins: int = 60,
    season: int = 1,
    level: float = 0.9,
) -> Evaluation:
    """Judge methods by rolling-origin forecasts of the last periods of a series.

    MASE and RMSSE scale by the naive error before the first origin; pinball is the mean quantile
    loss of both interval ends, scaled as MASE; value added = 1 − MAE / MAE of naive on the same
    periods. Source: Hyndman & Koehler (2006); Gilliland (2010), forecast value added.

    Raises:
        ScenarioError: the series is too short.

    >>> series = [5, 7, 6, 8, 5, 7, 6, 9] * 6
    >>> from twinlab.task.demand.methods import SeasonalNaive
    >>> judged = evaluate({"naive": Naive(), "season": SeasonalNaive(8)}, series, origins=24)
    >>> judged.best, judged.scores["season"].value_added
    ('season', 1.0)
    """
    numbers = as_series(series)
    rolled = {name: roll(method, series, horizon, origins) for name, method in methods.items()}
    plain = np.abs(roll(Naive(), series, horizon, origins).errors).mean()
    scales = naive_scales(numbers[: len(numbers) - horizon - origins + 1], season)
    scores = {
        name: _score(made, scales, level, float(plain)) for name, made in rolled.items()
    }  # fmt: skip
    return Evaluation(scores, dict(methods), level)


def _score(made: Rolling, scales: tuple[float, float], level: float, plain: float) -> Score:
    size, squared = float(np.abs(made.errors).mean()), float((made.errors**2).mean())
    low, high = made.bands(level)
    there = np.isfinite(low)
    inside = (made.actuals >= low) & (made.actuals <= high)
    loss = _pinball(made.actuals, low, (1 - level) / 2) + _pinball(
        made.actuals, high, (1 + level) / 2
    )
    some = bool(there.any())
    return Score(
        mase=size / scales[0],
        rmsse=(squared / scales[1]) ** 0.5,
        pinball=float(loss[there].mean()) / 2 / scales[0] if some else np.nan,
        coverage=float(inside[there].mean()) if some else np.nan,
        value_added=1.0 - size / plain if plain > 0 else 0.0,
    )


def error_quantile(errors: Array, shares: Sequence[float] | float) -> Array:
    """Levels below which a coming error lies with these probabilities, if it is like past ones.

    Position p (n + 1) among n sorted errors: the k-th exceeds a new one with probability k/(n + 1).
    The usual sample quantile is too narrow when errors are few.
    """
    return np.asarray(np.quantile(errors, shares, axis=0, method="weibull"))


def _pinball(actual: Array, quantile: Array, share: float) -> Array:
    """Loss of a quantile forecast: share × what lay above it, 1 − share × what lay below."""
    gap = actual - quantile
    return np.asarray(np.maximum(share * gap, (share - 1.0) * gap))
