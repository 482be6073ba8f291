"""The lab: everything that shows a twin in a notebook; no other floor imports a plot or a widget.

========  ==============================================================================
network   who feeds whom, live; of a run, how every node fares on a day; ``world_map``: where
explore   sliders on a scenario; every move prints the line of code that does the same
chart     one measure by day, of one run or of several
ripple    which tier a disruption hits when, how deep, and what delay stock absorbed
fan       a forecast as bands of many replications; ``follow``: a twin beside its plant
play      sliders and menus on any function that draws a chart
lines     lines with bands and marks; ``bars``: bars with intervals
games     ``beer_game`` and ``newsvendor_game``: a person plays, keyboard only
maps      ``route_map``: vehicles' routes; ``flow_map``: open sites and ways; ``storm_map``: a storm
quality   ``control_chart``: limits, signals and the estimated change
factory   ``line_states``: a line's machines; ``pareto_chart``: causes, the most frequent first
panel     ``twin_panel``: a running twin, what it knows, and its orders to approve
triangle  what a closure takes from service, and for how long; ``budget``: what money buys
========  ==============================================================================

Everything shown carries its words: a text that is the same every time, and is the alternative text
of its picture. What a live view or a ripple computes stands in a table beside it.
"""

from twinlab.lab.charts.daily import *
from twinlab.lab.charts.factory import *
from twinlab.lab.charts.maps import *
from twinlab.lab.charts.pictures import *
from twinlab.lab.charts.plain import *
from twinlab.lab.widgets.explorer import *
from twinlab.lab.widgets.games import *
from twinlab.lab.widgets.levers import *
from twinlab.lab.widgets.network_widget import *
from twinlab.lab.widgets.panel import *
from twinlab.scope import door

__all__ = door.offered(globals())

door.guard(globals())
