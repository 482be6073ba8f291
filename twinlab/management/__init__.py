"""Management, floor 6: how well goals are met.

The formulas stand in ``modeling.kpis``, where both engines can use them.
"""

from twinlab.modeling.kpis import (
    KPIs,
    bullwhip,
    cost,
    cycle_service_level,
    days_of_cover,
    emissions,
    end_to_end_bullwhip,
    fill_rate,
    lead_time,
    lost_sales,
    mean_backlog,
    mean_stock,
    on_time_in_full,
)

__all__ = [
    "KPIs",
    "bullwhip",
    "cost",
    "cycle_service_level",
    "days_of_cover",
    "emissions",
    "end_to_end_bullwhip",
    "fill_rate",
    "lead_time",
    "lost_sales",
    "mean_backlog",
    "mean_stock",
    "on_time_in_full",
]
