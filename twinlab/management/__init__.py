"""Management, floor 6: goals, what endangers them, and what is worth doing about it.

==============  ===========================================================================
goals           ``Goal``, ``judge``: how probably a KPI reaches its target
kpi_tree        ``kpi_tree``: KPIs under SCOR's names, split by tier, node or product
control_tower   ``control_tower``: today's exceptions, by money at risk, with owner and action
exposure        ``risk_exposure``: time to survive and least loss without each site (LP)
stress          ``stress_test``: the same by simulation, on the same luck
ripple          ``hits``, ``waves``: who is short when, in one history or in many
resilience      ``performance``: how deep it falls, how long it takes, the area lost
mitigation      ``frontier``: which measures to buy at each budget, promised and simulated
money           ``customers_loss``: what customers who are not served cost
value           ``value_of_twin``: what decisions with it saved, on the same luck
deprivation     ``deprivation_cost``, ``gini``: what waiting does to people, and how unequally
roles           ``align``, ``respond``: functional KPIs against the network's
==============  ===========================================================================

The KPI formulas stand in ``modeling.kpis``, where both engines can use them.
"""

from twinlab.management.alerts import Alert
from twinlab.management.control_tower import Tower, control_tower
from twinlab.management.deprivation import deprivation_cost, gini, waiting_cost
from twinlab.management.desk import Action, Limits
from twinlab.management.exposure import Exposure, ExposureModel, Risk, risk_exposure
from twinlab.management.flows import mean_demand, mean_flows
from twinlab.management.goals import Goal, Scorecard, Share, judge, wilson
from twinlab.management.kpi_tree import Figure, KPITree, kpi_tree
from twinlab.management.mitigation import Frontier, Measure, Plan, frontier
from twinlab.management.money import customers_loss, stopped_worth, unit_worth, unserved
from twinlab.management.resilience import Curve, performance, triangle_resilience
from twinlab.management.ripple import Hit, Wave, Waves, hits, waves
from twinlab.management.roles import Alignment, Responses, Standing, align, respond
from twinlab.management.stress import Closure, SiteStress, StressTest, stress_test
from twinlab.management.value import Value, value_of_twin
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
    "Action",
    "Alert",
    "Alignment",
    "Closure",
    "Curve",
    "Exposure",
    "ExposureModel",
    "Figure",
    "Frontier",
    "Goal",
    "Hit",
    "KPITree",
    "KPIs",
    "Limits",
    "Measure",
    "Plan",
    "Responses",
    "Risk",
    "Scorecard",
    "Share",
    "SiteStress",
    "Standing",
    "StressTest",
    "Tower",
    "Value",
    "Wave",
    "Waves",
    "align",
    "bullwhip",
    "control_tower",
    "cost",
    "customers_loss",
    "cycle_service_level",
    "days_of_cover",
    "deprivation_cost",
    "emissions",
    "end_to_end_bullwhip",
    "fill_rate",
    "frontier",
    "gini",
    "hits",
    "judge",
    "kpi_tree",
    "lead_time",
    "lost_sales",
    "mean_backlog",
    "mean_demand",
    "mean_flows",
    "mean_stock",
    "on_time_in_full",
    "performance",
    "respond",
    "risk_exposure",
    "stopped_worth",
    "stress_test",
    "triangle_resilience",
    "unit_worth",
    "unserved",
    "value_of_twin",
    "waiting_cost",
    "waves",
    "wilson",
]
