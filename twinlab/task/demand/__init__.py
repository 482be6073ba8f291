"""Demand: what it is like, what is coming, and how high to fill up for it.

=========  ====================================================================================
describe   ``describe`` (smooth, erratic, intermittent, lumpy), ``accuracy`` of past forecasts
predict    ``predict``: a forecast with intervals, by ``Naive``, ``SeasonalNaive``, ``Lags``,
           ``MovingAverage``, ``Smoothing``, ``HoltWinters``, ``Croston``, ``SBA`` or ``TSB``;
           ``evaluate``: rolling origins, scaled errors, coverage, value added to naive;
           ``pooled``: many short series as examples to learn from, such as spare parts
prescribe  ``prescribe``: the best method's level as a change of the scenario;
           ``order_up_to``: a level from a method's own errors
=========  ====================================================================================
"""

from twinlab.scope import door
from twinlab.task.demand.evaluation import *
from twinlab.task.demand.methods import *

__all__ = door.offered(globals())
