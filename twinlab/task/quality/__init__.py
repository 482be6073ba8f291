"""Quality: is the process in control, how soon would we know, and what to do?

=========  =====================================================================================
describe   ``describe`` samples (X-bar, R, S charts), ``describe_counts`` (p, c); single values:
           ``Shewhart``, ``Ewma``, ``Cusum``, ``run_rules``; message by message: ``Monitor``;
           ``Capability``; ``complaints`` and their ``pareto``
predict    ``predict`` how soon a chart sees a shift (``modeling.formulas.run_length``);
           ``choose_chart`` of those with the same rate of false alarms; ``complaint_rates``
prescribe  ``prescribe`` what to do about a signal; ``house_of_quality``; what design to revise:
           ``compare_designers``, ``revision_effect``; what an alarm does: ``compare_reactions``;
           what sample tells good lots from bad ones: ``sampling_plan``
=========  =====================================================================================
"""

from twinlab.scope import door
from twinlab.task.quality.charts import *
from twinlab.task.quality.complaints import *
from twinlab.task.quality.revisions import *
from twinlab.task.quality.sampling import *

__all__ = door.offered(globals())
