"""The lab: everything that shows a twin in a notebook; no other floor imports a plot or a widget.

========  ==============================================================================
network   who feeds whom, live; of a run, how every node fares on a day
explore   sliders on a scenario; every move prints the line of code that does the same
chart     one measure by day, of one run or of several
ripple    which tier a disruption hits when, how deep, and what delay stock bought
fan       a forecast as bands of many histories; ``follow``: a twin beside its plant
play      sliders and menus on any function that draws a chart
lines     lines with bands and marks; ``bars``: bars with intervals
games     ``beer_game`` and ``newsvendor_game``: a person plays, keyboard only
check     your answer to an exercise, with hints that come one after the other
maps      ``route_map``: vehicles' routes; ``storm_map``: a storm, depots and those in need
quality   ``control_chart``: limits, signals and the estimated change
factory   ``line_states``: a line's machines; ``heat_chart``: warnings; ``pareto_chart``: causes
triangle  what a closure takes from service, and for how long; ``budget``: what money buys
========  ==============================================================================

Everything shown carries its words: a line of text that is the same every time, an alternative text
for each picture, and a table beside it.
"""

from twinlab.lab.charts import chart
from twinlab.lab.checks import Exercise, Verdict, check
from twinlab.lab.control_charts import control_chart
from twinlab.lab.decisions import budget, triangle
from twinlab.lab.drawing import Chart
from twinlab.lab.explorer import Explorer, explore
from twinlab.lab.factory_charts import heat_chart, line_states, pareto_chart
from twinlab.lab.fans import fan
from twinlab.lab.following import follow
from twinlab.lab.games import BeerTable, NewsvendorTable, beer_game, newsvendor_game
from twinlab.lab.maps import route_map
from twinlab.lab.netview import NetworkView, network
from twinlab.lab.player import Player, play
from twinlab.lab.plots import Words, bars, lines
from twinlab.lab.relief_maps import storm_map
from twinlab.lab.ripples import Ripple, ripple
from twinlab.scope.door import guard

__all__ = [
    "BeerTable", "Chart", "Exercise", "Explorer", "NetworkView", "NewsvendorTable", "Player",
    "Ripple", "Verdict", "Words", "bars", "beer_game", "budget", "chart", "check",
    "control_chart", "explore", "fan", "follow", "heat_chart", "line_states", "lines",
    "network", "newsvendor_game", "pareto_chart", "play", "ripple", "route_map", "storm_map",
    "triangle",
]  # fmt: skip

guard(globals())
