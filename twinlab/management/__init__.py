"""Management, floor 6: goals, what endangers them, and what is worth doing about it.

==============  ===========================================================================
goals           ``Goal``, ``judge``: how probably a KPI reaches its target;
                ``align``, ``best_response``: functional KPIs against the network's
kpi_tree        ``kpi_tree``: KPIs under SCOR's names, split by tier, node or product
control_tower   ``control_tower``: today's exceptions, by money at risk, with owner and action
tickets         ``Tickets``: what towers ask of somebody, acknowledged, decided and closed
flows           ``total_shortage_cost``: what it costs that customers are not served;
                ``waits``, ``waiting_level``, ``deprivation_cost``, ``gini``: how long people wait,
                what that does to them, and how unequally
stress_test     ``risk_exposure``: time to survive and least loss without each site (LP);
                ``stress_test``: the same by simulation, on common random numbers
risk            ``expected_loss``: closures and common causes with rates, what a year costs;
                ``protect``, ``rehearse``: what to buy against it within a budget (MILP), simulated
resilience      ``performance``: how deep it falls, how long it takes, the area lost;
                ``hits``: which tier is short when, how deep, and what delay stock absorbed
memo            ``memo``: a choice on one page, to sign; ``break_even``: what would change it
==============  ===========================================================================

The KPI formulas stand in ``modeling``, where both engines can use them.
"""

from twinlab.management.control_tower import *
from twinlab.management.flows import *
from twinlab.management.goals import *
from twinlab.management.kpi_tree import *
from twinlab.management.memo import *
from twinlab.management.resilience import *
from twinlab.management.risk import *
from twinlab.management.stress_test import *
from twinlab.management.tickets import *
from twinlab.modeling.simulation.kpis import *
from twinlab.scope import door

__all__ = door.offered(globals())
