"""Task, floor 7: the decisions that a twin supports, each in three parts.

============ ===================== ========================== ================================
task         describe              predict                    prescribe
============ ===================== ========================== ================================
inventory    stock and its cover   run-out date               what to order, lots, levels
sourcing     shares by supplier    availability, lateness     allocation, second source
production   OEE of the machines   loads, bottleneck, bounds  takt, kanban, instructions
warehousing  space, pick activity  dock queue, travel         slotting, number of docks
logistics    what lanes carry      days under way             sites, flows, routes
demand       its pattern           forecasts, rolling tests   a level from a method's errors
maintenance  MTBF, survival        remaining life             age of replacement
quality      charts, complaints    run lengths                choice of chart, what to do
============ ===================== ========================== ================================

A recommendation is a changed scenario: ``Recommendation.compare`` simulates it.
"""

from twinlab.task import (
    demand,
    inventory,
    logistics,
    maintenance,
    production,
    quality,
    sourcing,
    warehousing,
)
from twinlab.task.flows import requirements
from twinlab.task.recommendation import Recommendation, recommend, recommend_rules

__all__ = [
    "Recommendation",
    "demand",
    "inventory",
    "logistics",
    "maintenance",
    "production",
    "quality",
    "recommend",
    "recommend_rules",
    "requirements",
    "sourcing",
    "warehousing",
]
