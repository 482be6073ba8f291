"""Demand: what it is like, what is coming, and how high to fill up for it.

=========  ====================================================================================
describe   ``describe`` (smooth, erratic, intermittent, lumpy), ``accuracy`` of past forecasts
predict    methods ``Naive``, ``SeasonalNaive``, ``MovingAverage``, ``Smoothing``,
           ``HoltWinters``, ``Croston``, ``SBA``, ``TSB``; ``forecast`` with intervals;
           ``evaluate``: rolling origins, scaled errors, coverage, value added to naive
prescribe  ``order_up_to``: a level from a method's own errors; ``recommend_level``: the best
           method's level as a changed scenario
=========  ====================================================================================
"""

from twinlab.task.demand.accuracy import Accuracy, accuracy
from twinlab.task.demand.evaluation import (
    Evaluation,
    Forecast,
    Rolling,
    Score,
    evaluate,
    forecast,
    roll,
)
from twinlab.task.demand.levels import Level, days_to_cover, order_up_to, recommend_level
from twinlab.task.demand.methods import (
    SBA,
    TSB,
    Croston,
    HoltWinters,
    MovingAverage,
    Naive,
    SeasonalNaive,
    Smoothing,
    SmoothingFit,
    fit_smoothing,
)
from twinlab.task.demand.patterns import Pattern, describe

__all__ = [
    "SBA",
    "TSB",
    "Accuracy",
    "Croston",
    "Evaluation",
    "Forecast",
    "HoltWinters",
    "Level",
    "MovingAverage",
    "Naive",
    "Pattern",
    "Rolling",
    "Score",
    "SeasonalNaive",
    "Smoothing",
    "SmoothingFit",
    "accuracy",
    "days_to_cover",
    "describe",
    "evaluate",
    "fit_smoothing",
    "forecast",
    "order_up_to",
    "recommend_level",
    "roll",
]
