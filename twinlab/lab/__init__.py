"""The lab: everything that shows a twin in a notebook; no other floor imports a plot or a widget.

========  ==============================================================================
network   who feeds whom, live; of a run, how every node fares on a day
explore   sliders on a scenario; every move prints the line of code that does the same
chart     one measure by day, of one run or of several
ripple    which tier a disruption hits when, how deep, and what delay stock bought
========  ==============================================================================

Everything shown carries its words: a line of text that is the same every time, an alternative text
for each picture, and a table beside it.
"""

from twinlab.lab.charts import chart
from twinlab.lab.drawing import Chart
from twinlab.lab.explorer import Explorer, explore
from twinlab.lab.netview import NetworkView, network
from twinlab.lab.ripples import Hit, Ripple, ripple

__all__ = [
    "Chart",
    "Explorer",
    "Hit",
    "NetworkView",
    "Ripple",
    "chart",
    "explore",
    "network",
    "ripple",
]
