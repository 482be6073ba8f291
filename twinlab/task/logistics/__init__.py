"""Logistics: how long lanes take, when things arrive, and where to send what on which way.

=========  ====================================================================================
describe   ``transit_of`` a log, ``transit_time``: the days that a lane takes
predict    ``eta`` of such a transit time: when a shipment of some age arrives
prescribe  ``facilities``, ``gravity_location``: where to open;
           ``network_flow``: who sends how much where, with shadow prices;
           ``preposition``: where relief stock lies before a storm,
           ``value_of_stochastic_solution``;
           ``route``: which vehicle visits whom; ``plan_lanes``: the flow as a changed scenario
=========  ====================================================================================
"""

from twinlab.scope import door
from twinlab.task.logistics.location import *
from twinlab.task.logistics.routing import *
from twinlab.task.logistics.storms import *
from twinlab.task.logistics.transport import *

__all__ = door.offered(globals())
