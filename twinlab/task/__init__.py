"""Task, floor 7: the decisions that a twin supports, each in three parts.

============ ===================== ========================== ================================
task         describe              predict                    prescribe
============ ===================== ========================== ================================
inventory    stock and its cover   run-out date               what to order, lots, levels
sourcing     shares by supplier    availability               a second source
production   OEE of the machines   loads, bottleneck          takt, kanban, instructions
warehousing  pick activity         dock queue, travel         slotting, number of docks
logistics    days under way        arrival of a shipment      sites, flows, routes
demand       its pattern           forecasts, rolling tests   a level from a method's errors
maintenance  MTBF, availability    remaining life             age of replacement
quality      charts, complaints    run lengths                choice of chart, what to do
============ ===================== ========================== ================================

A recommendation is a changed scenario: ``Change.compare`` simulates it.
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

__all__ = [
    "demand",
    "inventory",
    "logistics",
    "maintenance",
    "production",
    "quality",
    "sourcing",
    "warehousing",
]
