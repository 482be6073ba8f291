"""Methods judged by what they would have forecast, day by day, without knowing what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError
from twinlab.task.demand.methods import Method, Naive
from twinlab.task.demand.series import Series, accuracy, as_series

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
        edges = np.full((2, *self.forecasts.shape), np.nan)
        for (at, lead), made in np.ndenumerate(self.forecasts):
            known = self.errors[self.origins + lead + 1 <= self.origins[at], lead]
            if len(known) >= FEW:
                edges[:, at, lead] = made + error_quantile(known, _tails(level))
        return edges[0], edges[1]


def roll(method: Method, series: Series, horizon: int, origins: int) -> Rolling:
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
            f"roll: {len(numbers)} periods are too few for {origins} origins, horizon {horizon}"
        )
    places = np.arange(first, last + 1)
    made = np.array([method(numbers[:at], horizon) for at in places], dtype=np.float64)
    return Rolling(places, made, np.array([numbers[at : at + horizon] for at in places]))


def error_quantile(errors: Array, shares: Sequence[float]) -> Array:
    """Levels below which a coming error lies with these probabilities, if it is like past ones.

    Position p (n + 1) among n sorted errors: the k-th exceeds a new one with probability k/(n + 1).
    The usual sample quantile is too narrow when errors are few.
    """
    return np.asarray(np.quantile(errors, shares, axis=0, method="weibull"))


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


@dataclass(frozen=True, eq=False)
class Forecast:
    """Coming demand: mean and interval of each period [units]."""

    mean: Array
    low: Array
    high: Array


def forecast(
    method: Method, history: Series, horizon: int, level: float = 0.9, origins: int = 40
) -> Forecast:
    """Forecast demand with intervals from the quantiles of the method's own past errors.

    The errors are those of forecasts from the last origins of the history, lead by lead; nothing
    is assumed about their law. At most ``origins`` are used, and at least ten.

    Raises:
        ScenarioError: the history is too short for ten errors.

    >>> ahead = forecast(Naive(), [4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4], horizon=1)
    >>> ahead.mean.tolist(), ahead.low.tolist(), ahead.high.tolist()
    ([4.0], [2.0], [6.0])
    """
    numbers = as_series(history)
    many = min(origins, len(numbers) - horizon)
    if many < FEW:
        raise ScenarioError(
            f"forecast: {FEW} past errors need {FEW + horizon} periods; got {len(numbers)}"
        )
    mean = np.asarray(method(numbers, horizon), dtype=np.float64)
    errors = roll(method, numbers, horizon, many).errors
    low, high = mean + error_quantile(errors, _tails(level))
    floor = 0.0 if numbers.min() >= 0 else -np.inf  # where demand was never below 0
    return Forecast(mean, np.maximum(low, floor), high)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Methods side by side on the same origins, one row of the table each, the best first.

    The best has the least RMSSE, which unlike MASE does not reward forecasts of zero.
    """

    table: pd.DataFrame
    methods: Mapping[str, Method]

    @property
    def best(self) -> str:
        """Name of the best method."""
        return str(self.table.index[0])


def evaluate(
    methods: Mapping[str, Method],
    series: Series,
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
    >>> judged.best, float(judged.table.loc["season", "value added"])
    ('season', 1.0)
    """
    import pandas as pd  # half a second; `import twinlab` stays quick

    numbers = as_series(series)
    plain = float(np.abs(roll(Naive(), numbers, horizon, origins).errors).mean())
    known = numbers[: len(numbers) - horizon - origins + 1]
    rows = {}
    for name, method in methods.items():
        made = roll(method, numbers, horizon, origins)
        found = accuracy(made.actuals.ravel(), made.forecasts.ravel(), known, season)
        loss, coverage = _intervals(made, level)
        loss /= float(np.abs(known[season:] - known[:-season]).mean())
        added = 1.0 - found.mae / plain if plain > 0 else 0.0
        rows[name] = found.mase, found.rmsse, loss, coverage, added
    head = ["MASE", "RMSSE", "pinball", f"coverage of {100 * level:g} %", "value added"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=head)
    return Evaluation(table.sort_values("RMSSE", kind="stable"), dict(methods))


def _intervals(made: Rolling, level: float) -> tuple[float, float]:
    """Mean quantile loss of the interval ends [units], and the share of actuals inside."""
    ends, y = made.bands(level), made.actuals
    there = np.isfinite(ends[0])
    if not there.any():
        return np.nan, np.nan
    # An end at probability p loses p × what lies above it, and 1 − p × what lies below.
    losses = [np.maximum(p * (y - end), (p - 1.0) * (y - end))
              for p, end in zip(_tails(level), ends, strict=True)]  # fmt: skip
    inside = (y >= ends[0]) & (y <= ends[1])
    return float(np.mean(losses, axis=0)[there].mean()), float(inside[there].mean())
