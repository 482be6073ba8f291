"""Quality: is the process in control, how soon would we know, and what to do?

=========  =====================================================================================
describe   charts of samples (``xbar_r``, ``xbar_s``) and of single values (``Shewhart``, ``Ewma``,
           ``Cusum``), ``capability``; ``complaints`` and their ``pareto``
predict    how long until a signal: each design's ``run_length`` (formulas in
           ``modeling.run_length``); ``compare_returns`` of two designs
prescribe  ``choose_chart`` for a wanted rate of false alarms, ``react`` to a signal,
           ``house_of_quality``
=========  =====================================================================================
"""

from twinlab.task.quality.capabilities import Capability, capability
from twinlab.task.quality.charts import (
    Constants,
    SampleCharts,
    chart_constants,
    xbar_r,
    xbar_s,
)
from twinlab.task.quality.choice import (
    Candidate,
    ChartChoice,
    Reaction,
    choose_chart,
    react,
)
from twinlab.task.quality.complaints import (
    Complaints,
    HouseOfQuality,
    Pareto,
    ReturnsCompared,
    compare_returns,
    complaints,
    house_of_quality,
    pareto,
)
from twinlab.task.quality.designs import ControlChart, Cusum, CusumChart, Ewma, Shewhart

__all__ = [
    "Candidate",
    "Capability",
    "ChartChoice",
    "Complaints",
    "Constants",
    "ControlChart",
    "Cusum",
    "CusumChart",
    "Ewma",
    "HouseOfQuality",
    "Pareto",
    "Reaction",
    "ReturnsCompared",
    "SampleCharts",
    "Shewhart",
    "capability",
    "chart_constants",
    "choose_chart",
    "compare_returns",
    "complaints",
    "house_of_quality",
    "pareto",
    "react",
    "xbar_r",
    "xbar_s",
]
