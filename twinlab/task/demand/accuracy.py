"""How far forecasts were off, in the field's measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.columns import column
from twinlab.scope.errors import ScenarioError
from twinlab.task.demand.patterns import as_series
from twinlab.task.recommendation import Answer

# -- describe ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accuracy(Answer):
    """Errors of forecasts; error = actual − forecast, so a positive bias is demand missed.

    Source: Hyndman & Koehler (2006); sMAPE as in the M4 competition, RMSSE as in the M5.

    >>> accuracy([12, 14], [10, 15], insample=[8, 10, 9]).mae
    1.5
    """

    mae: float = column("units", meaning="mean absolute error")
    rmse: float = column("units", meaning="root of the mean squared error")
    mape: float = column("%", meaning="mean absolute error in percent of the actual")
    smape: float = column("%", meaning="the same, of the mean of actual and forecast")
    wape: float = column("%", meaning="sum of absolute errors in percent of the sum of actuals")
    bias: float = column("units", meaning="mean error")
    tracking_signal: float = column("number", meaning="sum of errors over their mean size")
    mase: float = column("number", meaning="mean absolute error over that of naive in sample")
    rmsse: float = column("number", meaning="root mean squared error over that of naive in sample")


def accuracy(
    actual: Sequence[float], forecast: Sequence[float], insample: Sequence[float], season: int = 1
) -> Accuracy:
    """Measure how far forecasts were from what came, also against the naive forecast in sample.

    MASE = MAE / mean |y(t) − y(t − m)| over the in-sample periods [season m], RMSSE with squares.

    Raises:
        ScenarioError: the lengths differ, or the in-sample series is no longer than a season.

    >>> round(accuracy([12, 14], [10, 15], insample=[8, 10, 9]).mase, 3)
    1.0
    """
    y, f = as_series(actual), as_series(forecast)
    if len(y) != len(f):
        raise ScenarioError(f"accuracy: {len(y)} actual values and {len(f)} forecasts")
    errors, scales = y - f, naive_scales(as_series(insample), season)
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
            mase=size / scales[0],
            rmsse=(squared / scales[1]) ** 0.5,
        )


def naive_scales(insample: Array, season: int = 1) -> tuple[float, float]:
    """Mean absolute and mean squared error of the naive forecast in sample.

    Raises:
        ScenarioError: the series is no longer than a season, or never changes.
    """
    if len(insample) <= season:
        raise ScenarioError(
            f"scaled errors need more than one season of {season} periods before the forecasts, "
            f"got {len(insample)}"
        )
    steps = insample[season:] - insample[:-season]
    if not steps.any():
        raise ScenarioError("scaled errors need a series that changes; this one is constant")
    return float(np.abs(steps).mean()), float((steps**2).mean())
