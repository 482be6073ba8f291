"""Mitigation: the knapsack against a solver, and plans that are simulated, not believed."""

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import milp

import twinlab as tl
from tests.management.chain import CALM
from twinlab import Change
from twinlab.management import frontier, total_shortage_cost
from twinlab.management.mitigation import undominated

RISKY = CALM.change(days=365).disrupt(
    tl.Outage("frames", rate=0.004, days=20), tl.Outage("wheels A", rate=0.004, days=30)
)
OPTIONS = [
    Change({"plant/frame.up_to": 190}, "frames", cost=900),
    Change({"plant/frame.up_to": 290}, "more frames", cost=1500),
    Change({"plant/wheel.up_to": 320}, "wheels", cost=700),
]
FOUND = frontier(RISKY, OPTIONS, 40, seed=1, every_portfolio=True)


@pytest.mark.parametrize("seed", range(5))
def test_undominated_plans_are_the_solvers_at_every_budget(seed):
    generator = np.random.default_rng(seed)
    costs, gains = generator.integers(1, 9, 7), generator.uniform(-1, 9, 7)
    plans = undominated(costs, gains)
    for budget in range(int(costs.sum()) + 1):
        best = milp(-gains, integrality=np.ones(7), bounds=(0, 1), constraints=(costs, 0, budget))
        ours = max(gains[list(p)].sum() for p in plans if costs[list(p)].sum() <= budget)
        assert ours == pytest.approx(-best.fun)


def test_every_portfolio_is_simulated_on_common_random_numbers():
    assert len(FOUND.portfolios) == 8
    assert FOUND.portfolios[0].options == "nothing"
    plan = next(p for p in FOUND.portfolios if p.options == "frames + wheels")
    changed = OPTIONS[2].apply(OPTIONS[0].apply(RISKY))
    assert FOUND.seeds.chosen == 1
    loss = total_shortage_cost(tl.replicate(changed, 40, seed=FOUND.seeds.judged))
    assert (plan.cost, plan.loss.mean) == (1600, pytest.approx(loss.mean()))


def test_a_plan_is_chosen_on_one_seed_and_judged_on_another():
    """Efficient by the seed that chooses; what a plan saves is from one that did not choose it."""
    best = np.inf
    for plan in FOUND.portfolios:
        changed = RISKY
        for option in OPTIONS:
            if option.title in plan.options.split(" + "):
                changed = option.apply(changed)
        chosen = total_shortage_cost(tl.replicate(changed, 40, seed=1)).mean()
        assert plan.efficient == (chosen < best)
        best = min(best, chosen)
    less, more = FOUND.efficient[:2]
    assert more.saved.mean == pytest.approx(less.loss.mean - more.loss.mean)
    assert more.saved.low < more.saved.mean < more.saved.high
    assert repr(FOUND).endswith(
        f"chosen on seed 1, judged on seed {tl.modeling.Seeds.of(1).judged}"
    )


def test_a_plan_that_chance_could_explain_says_so():
    """Three replications choose a bit of stock; with another seed nobody can tell that it saves."""
    bit = Change({"plant/frame.up_to": 92}, "a bit", cost=9)
    _, plan = frontier(RISKY, [bit], 3, seed=1).efficient
    assert plan.saved.low <= 0
    assert "chance could explain" in str(plan)
    assert "chance could explain" not in str(FOUND["frames"])


def test_adding_up_promises_what_simulation_finds_only_for_one_option():
    """Two options that raise the same stock overlap: together they save less than promised."""
    for plan in FOUND.portfolios:
        if "+" not in plan.options:
            assert plan.interaction.mean == pytest.approx(0, abs=1e-6)
    both = next(p for p in FOUND.portfolios if p.options == "frames + more frames")
    assert both.interaction.low > 0
    assert both.loss.mean == pytest.approx(both.promised + both.interaction.mean)


def test_a_plan_promises_the_savings_of_its_options_added_up():
    """Of two and of three measures, from the table of the plans alone."""
    loss = {plan.options: plan.loss.mean for plan in FOUND.portfolios}
    for plan in FOUND.portfolios:
        names = plan.options.split(" + ") if plan.cost else []
        saved = sum(loss["nothing"] - loss[name] for name in names)
        assert plan.promised == pytest.approx(loss["nothing"] - saved)
    assert max(plan.options.count("+") for plan in FOUND.portfolios) == 2
    assert loss["nothing"] > 1.05 * loss["frames"]


def better(plan, other):
    return plan.cost <= other.cost and plan.loss.mean <= other.loss.mean


def test_the_frontier_falls_and_no_cheaper_plan_beats_it():
    costs = [p.cost for p in FOUND.efficient]
    losses = [p.loss.mean for p in FOUND.efficient]
    assert costs == sorted(costs)
    assert losses == sorted(losses, reverse=True)
    for plan, other in combinations(FOUND.portfolios, 2):
        assert not (other.efficient and better(plan, other))
    for budget in (0, 800, 1600, 9999):
        best = FOUND.best(budget)
        assert best.cost <= budget
        assert best.loss.mean == min(p.loss.mean for p in FOUND.portfolios if p.cost <= budget)


def test_without_every_portfolio_only_promising_ones_are_simulated():
    """Here the dear way to save less is dominated, with whatever else is bought."""
    dear = Change(OPTIONS[0].values, "dear frames", cost=5000)
    few = frontier(RISKY, [*OPTIONS[::2], dear], 20, seed=1)
    found = {p.options for p in few.portfolios}
    assert {"nothing", "frames", "wheels", "frames + wheels", "dear frames"} <= found
    assert "wheels + dear frames" not in found
    assert not next(p for p in few.portfolios if p.options == "dear frames").efficient


def test_mistakes_are_named():
    with pytest.raises(tl.ScenarioError, match="'gift': cost must be at least 0 USD/year"):
        frontier(RISKY, [Change({}, "gift", cost=-1)], 4)
    with pytest.raises(tl.ScenarioError, match="how must be a function"):
        Change({}, "stock", how="shop.up_to")
    with pytest.raises(tl.ScenarioError, match="title of their own"):
        frontier(RISKY, [OPTIONS[0], OPTIONS[0]], 4)
    with pytest.raises(tl.ScenarioError, match="at most 64"):
        frontier(CALM.change(days=2), [Change({}, str(i), cost=i) for i in range(7)], 2,
                 every_portfolio=True)  # fmt: skip
    with pytest.raises(tl.ScenarioError, match="at least 0"):
        FOUND.best(-1)
