"""Logistics: how long lanes take, when things arrive, and where to send what on which way.

=========  ====================================================================================
describe   ``describe`` a lane in a log, ``transit_time`` of shipments: the days that it takes
predict    ``predict`` from such a transit time when a shipment of some age arrives;
           ``lead_time_law``: a lane's lead times, widened by what such laws missed
prescribe  ``prescribe``: the flow of least cost as a changed scenario; ``network_flow``: who
           sends how much where, on which ways, with shadow prices; ``route``: who visits whom
           and when, ``milk_run``: tours on a scenario; ``design_network``: what of a scenario
           to open, close and expand; ``facilities`` (p-median), ``centres`` (p-centre),
           ``gravity_location``: where to open; ``preposition``: which relief goods lie where
           before a season, ``near_plans``, ``judge`` and what that is ``worth``; ``rounds``: the
           last mile by waiting, ``drive``: the same plan on other roads
=========  ====================================================================================
"""

from twinlab.scope import door
from twinlab.task.logistics.design import *
from twinlab.task.logistics.relief_plan import *
from twinlab.task.logistics.rounds import *
from twinlab.task.logistics.routing import *
from twinlab.task.logistics.transport import *

__all__ = door.offered(globals())
