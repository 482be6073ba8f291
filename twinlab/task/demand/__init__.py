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

from twinlab.task.demand.evaluation import evaluate, forecast, roll
from twinlab.task.demand.levels import days_to_cover, order_up_to, recommend_level
from twinlab.task.demand.methods import (
    SBA,
    TSB,
    Croston,
    HoltWinters,
    MovingAverage,
    Naive,
    SeasonalNaive,
    Smoothing,
)  # fmt: skip
from twinlab.task.demand.series import accuracy, describe

__all__ = [
    "SBA", "TSB", "Croston", "HoltWinters", "MovingAverage", "Naive", "SeasonalNaive",
    "Smoothing", "accuracy", "days_to_cover", "describe", "evaluate", "forecast", "order_up_to",
    "recommend_level", "roll",
]  # fmt: skip
