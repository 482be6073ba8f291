"""A solver that finds nothing is told by name, wherever one is asked."""

import pytest
import scipy.optimize

import twinlab as tl
from twinlab.cases.relief import least_cost_basket
from twinlab.management import risk_exposure
from twinlab.modeling import ServiceStage, guaranteed_service, newsvendor_sampled
from twinlab.task.logistics import (
    Arc,
    Depot,
    Good,
    Hit,
    ReliefProblem,
    ReliefSeason,
    Site,
    Way,
    facilities,
    judge,
    network_flow,
    preposition,
)

PROBLEM = ReliefProblem([Good("kit", 1, 2)], [Depot("far", 100, 10)], [Way("far", "town", "road")],
                        [ReliefSeason("year", 1, [Hit("storm", {"town": 40})])])  # fmt: skip
ASKED = {
    "preposition": lambda: preposition(PROBLEM),
    "judge": lambda: judge(PROBLEM, {"far": {"kit": 30}}),
    "facilities": lambda: facilities({"north": Site(30)}, {"a": 4}, {("north", "a"): 1}),
    "network_flow": lambda: network_flow([Arc("plant", "shop", 5)], {"plant": 9}, {"shop": 3}),
    "newsvendor_sampled": lambda: newsvendor_sampled([2, 3, 5], overage=1, underage=3),
    "guaranteed_service": lambda: guaranteed_service(
        [ServiceStage("a", 2, 1), ServiceStage("b", 1, 2, demand_sd=1, promise=0)], [("a", "b")],
        z=1,
    ),
    "risk_exposure": lambda: risk_exposure(
        tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), on_hand={"shop": 10}),
        shortage_cost={"unit": 40}, recover={"mine": 3},
    ),
    "least_cost_basket": least_cost_basket,
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_a_solver_that_finds_nothing_is_told(monkeypatch, name):
    ASKED[name]()  # as it is, it finds a plan

    def lost(*_, **__):
        return scipy.optimize.OptimizeResult(
            x=None, fun=None, success=False, status=4, message="the solver lost its way."
        )

    monkeypatch.setattr(scipy.optimize, "linprog", lost)
    monkeypatch.setattr(scipy.optimize, "milp", lost)
    with pytest.raises(tl.SolverError, match="the solver lost its way"):
        ASKED[name]()
