"""The lab: everything that shows a twin in a notebook; no other floor imports a plot or a widget.

========  ==============================================================================
network   who feeds whom, live; of a run, how every node fares on a day
explore   sliders on a scenario; every move prints the line of code that does the same
chart     one measure by day, of one run or of several
ripple    which tier a disruption hits when, how deep, and what delay stock bought
play      sliders and menus on any function that draws a chart
lines     lines with bands and marks; ``bars``: bars with intervals
check     your answer to an exercise, with hints that come one after the other
========  ==============================================================================

Everything shown carries its words: a line of text that is the same every time, an alternative text
for each picture, and a table beside it.
"""

from twinlab.lab.charts import chart
from twinlab.lab.checks import Exercise, Verdict, check
from twinlab.lab.drawing import Chart
from twinlab.lab.explorer import Explorer, explore
from twinlab.lab.netview import NetworkView, network
from twinlab.lab.player import Player, play
from twinlab.lab.plots import Words, bars, lines
from twinlab.lab.ripples import Hit, Ripple, ripple

__all__ = [
    "Chart",
    "Exercise",
    "Explorer",
    "Hit",
    "NetworkView",
    "Player",
    "Ripple",
    "Verdict",
    "Words",
    "bars",
    "chart",
    "check",
    "explore",
    "lines",
    "network",
    "play",
    "ripple",
]
