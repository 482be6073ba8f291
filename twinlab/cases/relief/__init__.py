"""The parts of the humanitarian case, from need to lead time.

==========  ===========================================================================
needs       what so many people need for so many days
storms      Atlantic storms of 1975 to 2024 as a season to prepare for; kits, depots
food        the cheapest basket and its way through Syria
last_mile   trucks from Holguín to its towns after a hurricane: cheap, or kind
lead_times  days from order to delivery by mode, fitted and checked on later years
==========  ===========================================================================

``twinlab.cases.humanitarian()`` is the food pipeline as a scenario that both engines run.
"""

from twinlab.cases.relief.food import Basket, general_ration, least_cost_basket
from twinlab.cases.relief.last_mile import (
    Schedule,
    cheapest_schedule,
    schedules,
    social_schedule,
    towns_in_need,
)
from twinlab.cases.relief.lead_times import Check, LeadTime, check, fit, lead_times
from twinlab.cases.relief.needs import Needs, needs
from twinlab.cases.relief.storms import kit, places, storm_season, track
from twinlab.scope.door import guard

__all__ = [
    "Basket", "Check", "LeadTime", "Needs", "Schedule", "cheapest_schedule", "check", "fit",
    "general_ration", "kit", "lead_times", "least_cost_basket", "needs", "places", "schedules",
    "social_schedule", "storm_season", "towns_in_need", "track",
]  # fmt: skip

guard(globals())
