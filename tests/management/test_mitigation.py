"""Mitigation: the knapsack against a solver, and plans that are simulated, not believed."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import milp

import twinlab as tl
from tests.management.chain import CALM
from twinlab.management import Measure, customers_loss, frontier
from twinlab.management.mitigation import undominated

RISKY = CALM.change(days=365).disrupt(
    tl.Outage("frames", rate=0.004, days=20), tl.Outage("wheels A", rate=0.004, days=30)
)
MEASURES = [
    Measure("frames", 900, lambda s: s.set("plant/frame.up_to", 190)),
    Measure("more frames", 1500, lambda s: s.set("plant/frame.up_to", 290)),
    Measure("wheels", 700, lambda s: s.set("plant/wheel.up_to", 320)),
]
FOUND = frontier(RISKY, MEASURES, 40, seed=1, every_plan=True)


@pytest.mark.parametrize("seed", range(5))
def test_undominated_plans_are_the_solvers_at_every_budget(seed):
    generator = np.random.default_rng(seed)
    costs, gains = generator.integers(1, 9, 7), generator.uniform(-1, 9, 7)
    plans = undominated(costs, gains)
    for budget in range(int(costs.sum()) + 1):
        best = milp(-gains, integrality=np.ones(7), bounds=(0, 1), constraints=(costs, 0, budget))
        ours = max(gains[list(p)].sum() for p in plans if costs[list(p)].sum() <= budget)
        assert ours == pytest.approx(-best.fun)


def test_every_plan_is_simulated_on_the_same_luck():
    assert len(FOUND.plans) == 8
    assert FOUND.plans[0].measures == "nothing"
    plan = next(p for p in FOUND.plans if p.measures == "frames + wheels")
    changed = MEASURES[2].change(MEASURES[0].change(RISKY))
    assert FOUND.seeds.chosen == 1
    loss = customers_loss(tl.replicate(changed, 40, seed=FOUND.seeds.judged))
    assert (plan.cost, plan.loss) == (1600, pytest.approx(loss.mean()))


def test_a_plan_is_chosen_on_one_luck_and_judged_on_another():
    """Efficient by the luck that chooses; what a plan saves is from luck that did not choose it."""
    best = np.inf
    for plan in FOUND.plans:
        changed = RISKY
        for measure in MEASURES:
            if measure.name in plan.measures.split(" + "):
                changed = measure.change(changed)
        chosen = customers_loss(tl.replicate(changed, 40, seed=1)).mean()
        assert plan.efficient == (chosen < best)
        best = min(best, chosen)
    less, more = FOUND.efficient[:2]
    assert more.saved == pytest.approx(less.loss - more.loss)
    assert more.saved_low < more.saved < more.saved_high
    assert repr(FOUND).endswith(
        f"chosen on seed 1, judged on seed {tl.modeling.Seeds.of(1).judged}"
    )


def test_a_plan_that_luck_could_explain_says_so():
    """Three replications choose a bit of stock; on other luck nobody can tell that it saves."""
    bit = Measure("a bit", 9, lambda s: s.set("plant/frame.up_to", 92))
    _, plan = frontier(RISKY, [bit], 3, seed=1).efficient
    assert plan.saved_low <= 0
    assert "luck could explain" in str(plan)
    assert "luck could explain" not in str(FOUND["frames"])


def test_adding_up_promises_what_simulation_finds_only_for_one_measure():
    """Two measures that raise the same stock overlap: together they save less than promised."""
    for plan in FOUND.plans:
        if "+" not in plan.measures:
            assert plan.interaction == pytest.approx(0, abs=1e-6)
    both = next(p for p in FOUND.plans if p.measures == "frames + more frames")
    assert both.interaction_low > 0
    assert both.loss == pytest.approx(both.promised + both.interaction)


def test_a_plan_promises_the_savings_of_its_measures_added_up():
    """Of two and of three measures, from the table of the plans alone."""
    loss = {plan.measures: plan.loss for plan in FOUND.plans}
    for plan in FOUND.plans:
        names = plan.measures.split(" + ") if plan.cost else []
        saved = sum(loss["nothing"] - loss[name] for name in names)
        assert plan.promised == pytest.approx(loss["nothing"] - saved)
    assert max(plan.measures.count("+") for plan in FOUND.plans) == 2
    assert loss["nothing"] > 1.05 * loss["frames"]


def test_the_frontier_falls_and_no_cheaper_plan_beats_it():
    costs = [p.cost for p in FOUND.efficient]
    losses = [p.loss for p in FOUND.efficient]
    assert costs == sorted(costs)
    assert losses == sorted(losses, reverse=True)
    for plan, other in combinations(FOUND.plans, 2):
        assert not (other.efficient and plan.cost <= other.cost and plan.loss <= other.loss)
    for budget in (0, 800, 1600, 9999):
        best = FOUND.best(budget)
        assert best.cost <= budget
        assert best.loss == min(p.loss for p in FOUND.plans if p.cost <= budget)


def test_without_every_plan_only_promising_ones_are_simulated():
    """Here the dear way to save less is dominated, with whatever else is bought."""
    dear = Measure("dear frames", 5000, MEASURES[0].change)
    few = frontier(RISKY, [*MEASURES[::2], dear], 20, seed=1)
    found = {p.measures for p in few.plans}
    assert {"nothing", "frames", "wheels", "frames + wheels", "dear frames"} <= found
    assert "wheels + dear frames" not in found
    assert not next(p for p in few.plans if p.measures == "dear frames").efficient


def test_mistakes_are_named():
    with pytest.raises(tl.NetworkError, match="at least 0 USD/year"):
        Measure("gift", -1, lambda s: s)
    with pytest.raises(tl.ScenarioError, match="change must be a function"):
        Measure("stock", 1, "shop.up_to")
    with pytest.raises(tl.ScenarioError, match="name of their own"):
        frontier(RISKY, [MEASURES[0], MEASURES[0]], 4)
    with pytest.raises(tl.ScenarioError, match="at most 64"):
        frontier(CALM.change(days=2), [Measure(str(i), i, lambda s: s) for i in range(7)], 2,
                 every_plan=True)  # fmt: skip
    with pytest.raises(tl.ScenarioError, match="at least 0"):
        FOUND.best(-1)
