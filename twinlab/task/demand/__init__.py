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

from twinlab.scope import door
from twinlab.task.demand.evaluation import *
from twinlab.task.demand.methods import *
from twinlab.task.demand.series import *

__all__ = door.offered(globals())
