"""Management, floor 6: goals, what endangers them, and what is worth doing about it.

==============  ===========================================================================
goals           ``Goal``, ``judge``: how probably a KPI reaches its target
kpi_tree        ``kpi_tree``: KPIs under SCOR's names, split by tier, node or product
control_tower   ``control_tower``: today's exceptions, by money at risk, with owner and action
exposure        ``risk_exposure``: time to survive and least loss without each site (LP)
stress          ``stress_test``: the same by simulation, on the same luck
ripple          ``hits``: which tier is short when, how deep, and what delay stock bought
resilience      ``performance``: how deep it falls, how long it takes, the area lost
mitigation      ``frontier``: which measures to buy at each budget, promised and simulated
money           ``customers_loss``: what customers who are not served cost
value           ``value_of_twin``: what decisions with it saved, on the same luck
deprivation     ``deprivation_cost``, ``gini``: what waiting does to people, and how unequally
roles           ``align``, ``respond``: functional KPIs against the network's
==============  ===========================================================================

The KPI formulas stand in ``modeling.kpis``, where both engines can use them.
"""

from twinlab.management.control_tower import control_tower
from twinlab.management.deprivation import deprivation_cost, gini, waiting_cost
from twinlab.management.desk import Action, Limits
from twinlab.management.exposure import ExposureModel, risk_exposure
from twinlab.management.goals import Goal, judge
from twinlab.management.kpi_tree import kpi_tree
from twinlab.management.mitigation import Frontier, Measure, Plan, frontier
from twinlab.management.money import customers_loss
from twinlab.management.resilience import Curve, performance
from twinlab.management.ripple import hits
from twinlab.management.roles import align, respond
from twinlab.management.stress import Closure, StressTest, stress_test
from twinlab.management.value import value_of_twin
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
    "Action", "Closure", "Curve", "ExposureModel", "Frontier", "Goal", "KPIs", "Limits",
    "Measure", "Plan", "StressTest", "align", "bullwhip", "control_tower", "cost",
    "customers_loss", "cycle_service_level", "days_of_cover", "deprivation_cost", "emissions",
    "end_to_end_bullwhip", "fill_rate", "frontier", "gini", "hits", "judge", "kpi_tree",
    "lead_time", "lost_sales", "mean_backlog", "mean_stock", "on_time_in_full", "performance",
    "respond", "risk_exposure", "stress_test", "value_of_twin", "waiting_cost",
]  # fmt: skip
