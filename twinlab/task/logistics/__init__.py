"""Logistics: what the lanes carry, when things arrive, and where to send what on which way.

=========  ====================================================================================
describe   ``lane_summary``: tonne-km, load factor and cost per unit of a run or batch
predict    ``transit_of`` a log, ``transit_time``: the days a lane takes; ``eta`` of a shipment
prescribe  ``facilities``, ``p_median``, ``gravity_location``: where to open;
           ``transport``, ``network_flow``: who sends how much where, with shadow prices;
           ``preposition``: where relief stock lies before a storm, ``worth_of_storms``;
           ``route``: which vehicle visits whom; ``plan_lanes``: the flow as a changed scenario
=========  ====================================================================================
"""

from twinlab.task.logistics.flow import Flow, Way, network_flow, transport
from twinlab.task.logistics.lanes import lane_summary
from twinlab.task.logistics.location import (
    Facilities,
    Site,
    Spot,
    facilities,
    gravity_location,
    p_median,
)
from twinlab.task.logistics.plan import plan_lanes
from twinlab.task.logistics.prepositioning import (
    StormWorth,
    judge_stocks,
    preposition,
    worth_of_storms,
)
from twinlab.task.logistics.routing import Fleet, RoutePlan, route
from twinlab.task.logistics.storms import Depot, Storm, StormOutcome, StormPlan, StormSeason
from twinlab.task.logistics.transit import Arrival, TransitTime, transit_of, transit_time

__all__ = [
    "Arrival",
    "Depot",
    "Facilities",
    "Fleet",
    "Flow",
    "RoutePlan",
    "Site",
    "Spot",
    "Storm",
    "StormOutcome",
    "StormPlan",
    "StormSeason",
    "StormWorth",
    "TransitTime",
    "Way",
    "facilities",
    "gravity_location",
    "judge_stocks",
    "lane_summary",
    "network_flow",
    "p_median",
    "plan_lanes",
    "preposition",
    "route",
    "transit_of",
    "transit_time",
    "transport",
    "worth_of_storms",
]
