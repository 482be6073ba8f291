"""Task, floor 7: the decisions that a twin supports, each in a room with three doors.

``describe(…)`` says what is, ``predict(…)`` what will be, ``prescribe(…)`` what to do: a
``Change``, whose ``compare`` simulates it. Beneath the doors stand the methods, by their own names:

============ ====================== ============================ ==============================
room         describe               predict                      prescribe
============ ====================== ============================ ==============================
inventory    stock and its cover    run-out date                 what to order, lots, levels
sourcing     shares by supplier     availability                 suppliers, a second source
production   OEE of the machines    loads, bottleneck            takt, kanban, instructions
warehousing  pick activity          dock queue, travel           slotting, number of docks
logistics    days under way         arrival of a shipment        sites, flows, routes
demand       its pattern            forecasts, rolling tests     a level from a method's errors
maintenance  MTBF, availability     Weibull fit, remaining life  age of replacement
quality      charts, complaints     run lengths                  what to do, a house of quality
============ ====================== ============================ ==============================

``learning`` is no room but a tool of all: estimators fitted on what was known, judged by money.
"""

from twinlab.scope.door import guard

from . import demand, inventory, logistics, maintenance, production, quality, sourcing, warehousing
from . import learning as learning

guard(vars(learning))

__all__ = ["demand", "inventory", "logistics", "maintenance", "production", "quality"]
__all__ += ["sourcing", "warehousing"]
