"""Logistics: how long lanes take, when things arrive, and where to send what on which way.

=========  ====================================================================================
describe   ``transit_of`` a log, ``transit_time``: the days that a lane takes
predict    ``eta`` of such a transit time: when a shipment of some age arrives
prescribe  ``facilities``, ``gravity_location``: where to open;
           ``network_flow``: who sends how much where, with shadow prices;
           ``preposition``: where relief stock lies before a storm, ``worth_of_storms``;
           ``route``: which vehicle visits whom; ``plan_lanes``: the flow as a changed scenario
=========  ====================================================================================
"""

from twinlab.task.logistics.flow import Way, network_flow, plan_lanes
from twinlab.task.logistics.location import Site, facilities, gravity_location
from twinlab.task.logistics.prepositioning import judge_stocks, preposition, worth_of_storms
from twinlab.task.logistics.routing import Fleet, route
from twinlab.task.logistics.storms import Depot, Storm, StormOutcome, StormPlan, StormSeason
from twinlab.task.logistics.transit import transit_of, transit_time

__all__ = [
    "Depot", "Fleet", "Site", "Storm", "StormOutcome", "StormPlan", "StormSeason", "Way",
    "facilities", "gravity_location", "judge_stocks", "network_flow", "plan_lanes",
    "preposition", "route", "transit_of", "transit_time", "worth_of_storms",
]  # fmt: skip
