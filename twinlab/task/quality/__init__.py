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

from twinlab.scope import door
from twinlab.task.quality.charts import *
from twinlab.task.quality.complaints import *

__all__ = door.offered(globals())
