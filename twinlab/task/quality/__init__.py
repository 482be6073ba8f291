"""Quality: is the process in control, how soon would we know, and what to do?

=========  =====================================================================================
describe   charts of samples (``xbar_r``) and of single values (``Shewhart``, ``Ewma``,
           ``Cusum``), ``Capability``; ``complaints`` and their ``pareto``
predict    how long until a signal: each design's ``run_length`` (formulas in
           ``modeling.run_length``); ``compare_returns`` of two designs
prescribe  ``choose_chart`` for a wanted rate of false alarms, ``react`` to a signal,
           ``house_of_quality``
=========  =====================================================================================
"""

from twinlab.task.quality.charts import ControlChart, Cusum, Ewma, Shewhart, choose_chart, react
from twinlab.task.quality.complaints import (
    Complaints,
    Pareto,
    compare_returns,
    complaints,
    house_of_quality,
    pareto,
)
from twinlab.task.quality.samples import Capability, chart_constants, xbar_r

__all__ = [
    "Capability", "Complaints", "ControlChart", "Cusum", "Ewma", "Pareto", "Shewhart",
    "chart_constants", "choose_chart", "compare_returns", "complaints", "house_of_quality",
    "pareto", "react", "xbar_r",
]  # fmt: skip
