"""One question, four ways: the newsvendor by formula, LP, simulation and an agent that learns."""

import numpy as np
import pytest
from scipy.stats import norm

import twinlab as tl
from tests.known.answers import case
from twinlab.modeling import (
    newsvendor,
    newsvendor_cost,
    newsvendor_sampled,
    probabilities,
)

OVER, UNDER = 0.18, 0.70  # Snyder & Shen (2019) Example 4.3
DEMANDS = [
    tl.Normal(50, 8), tl.Poisson(6), tl.NegativeBinomial(4, 3), tl.Gamma(10, 5), tl.Uniform(5, 9),
    tl.LogNormal(14, 4), tl.Empirical((2, 3, 3, 9)), {0: 0.3, 4: 0.5, 11: 0.2},
]  # fmt: skip


def shop(rule, days=365, demand=None):
    """A shop that is refilled overnight: each day is a newsvendor's."""
    asked = tl.Demand("shop", "unit", demand or tl.Normal(50, 8), backorder_cost=UNDER)
    chain = tl.serial(["press", "shop"], demand=asked, holding_cost={"shop": OVER},
                      on_hand={"shop": 56.6})  # fmt: skip
    return tl.Scenario(chain, rule, days=days)


@pytest.mark.parametrize("demand", DEMANDS, ids=str)
def test_no_other_level_costs_less(demand):
    best = newsvendor(demand, OVER, UNDER)
    others = [
        newsvendor_cost(demand, best.level + step, OVER, UNDER) for step in (-1, -0.1, 0.1, 1)
    ]
    assert best.cost == newsvendor_cost(demand, best.level, OVER, UNDER)
    assert best.cost < min(others)


@pytest.mark.parametrize("demand", DEMANDS[:-1], ids=str)
def test_the_formula_s_cost_is_that_of_drawn_demands(demand):
    level = newsvendor(demand, OVER, UNDER).level
    drawn = demand.draw(np.random.default_rng(3), np.ones(40_000), 1)[:, 0]
    costs = OVER * np.maximum(0, level - drawn) + UNDER * np.maximum(0, drawn - level)
    error = costs.std() / np.sqrt(len(costs))
    assert abs(costs.mean() - newsvendor_cost(demand, level, OVER, UNDER)) < 4 * error


def test_several_periods_add_up():
    """By convolution what a family knows by its sum, and the spread of a normal by its root."""
    thrice = newsvendor(tl.Poisson(4), 1, 4, periods=3)
    assert thrice == newsvendor(tl.Poisson(12), 1, 4)
    units, chances = probabilities(tl.Poisson(4))
    listed = dict(zip(units.tolist(), chances / chances.sum(), strict=True))
    assert newsvendor(listed, 1, 4, periods=3).level == thrice.level
    assert newsvendor(listed, 1, 4, periods=3).cost == pytest.approx(thrice.cost, rel=1e-9)
    four = newsvendor(tl.Normal(50, 8), OVER, UNDER, periods=4)
    assert four.level == pytest.approx(200 + 16 * norm.ppf(UNDER / (OVER + UNDER)))


def test_the_linear_program_finds_the_sample_s_quantile():
    drawn = np.random.default_rng(1).normal(50, 8, 501)
    found = newsvendor_sampled(drawn, OVER, UNDER)
    assert found.level == pytest.approx(np.quantile(drawn, UNDER / (OVER + UNDER), method="higher"))
    costs = OVER * np.maximum(0, found.level - drawn) + UNDER * np.maximum(0, drawn - found.level)
    assert found.cost == pytest.approx(costs.mean())


def test_the_linear_program_nears_the_formula_as_theory_says():
    """Its level errs by √(r (1 − r) / n) / f(S): 200 samples of 400 demands, 4 standard errors."""
    best = newsvendor(tl.Normal(50, 8), OVER, UNDER)
    ratio = best.critical_ratio
    generator = np.random.default_rng(2)
    errors = [newsvendor_sampled(generator.normal(50, 8, 400), OVER, UNDER).level - best.level
              for _ in range(200)]  # fmt: skip
    wanted = np.sqrt(ratio * (1 - ratio) / 400) / norm.pdf(best.level, 50, 8)
    assert abs(np.mean(errors)) < 4 * wanted / np.sqrt(200)
    assert abs(np.std(errors) - wanted) < 4 * wanted / np.sqrt(2 * 200)


def test_the_simulated_cost_is_the_formula_s():
    best = newsvendor(tl.Normal(50, 8), OVER, UNDER)
    batch = tl.replicate(shop(tl.BaseStock(best.level)), 400, seed=5)
    costs = batch.kpis.holding_cost + batch.kpis.owing_cost
    error = costs.std(ddof=1) / np.sqrt(len(costs))
    assert abs(costs.mean() - best.cost) < 4 * error


def test_the_agent_is_the_same_in_both_engines():
    scenario = shop(tl.LearningLevel(start=40, overage=OVER, underage=UNDER, pace=10), days=80)
    batch = tl.replicate(scenario, 5, seed=4)
    for at in (0, 4):
        assert batch.history(at).equals(tl.simulate(scenario, seed=4, replication=at).daily)


@pytest.mark.parametrize("start", [20, 80])
def test_the_agent_learns_the_best_level_wherever_it_begins(start):
    """After 3,000 days 400 agents pay on average less than one per cent above the best."""
    agent = tl.LearningLevel(start=start, overage=OVER, underage=UNDER, pace=10)
    demand, view = tl.Normal(50, 8), tl.View("shop", "unit")
    for today in demand.draw(np.random.default_rng(6), np.ones(3000), 400):
        view.demand = today
        agent(view)
    best = newsvendor(demand, OVER, UNDER)
    paid = [newsvendor_cost(demand, level, OVER, UNDER) for level in view.memory["level"]]
    assert best.cost < np.mean(paid) < 1.01 * best.cost


def test_the_agent_s_step_is_worked_out_by_hand():
    """o = 1, u = 3: up 3/4 of the pace after a shortage, then down 1/4 of pace / √2."""
    agent, view = tl.LearningLevel(start=10, overage=1, underage=3, pace=4), tl.View("shop", "unit")
    view.demand = 11.0
    agent(view)
    view.demand = 11.0
    agent(view)
    assert view.memory["level"] == pytest.approx(10 + 3 - 1 / np.sqrt(2))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: newsvendor(tl.Poisson(4), 0, 1), "overage must be above 0 USD/unit, got 0"),
        (lambda: newsvendor(tl.Poisson(4), 1, -2), "underage must be above 0"),
        (lambda: newsvendor(tl.Uniform(1, 2), 1, 1, periods=2.5), "give a whole number of them"),
        (lambda: newsvendor(tl.Empirical((1, 2)), 1, 1, 1.5), "give a whole number of them"),
        (
            lambda: newsvendor(tl.Poisson(4), 1, 1, periods=0),
            "periods must be a finite number above 0, got 0",
        ),
        (lambda: newsvendor({1: 0.5, 2: 0.6}, 1, 1), "add up to 1"),
        (lambda: newsvendor({}, 1, 1), "add up to 1"),
        (lambda: newsvendor_sampled([], 1, 1), "at least one"),
        (lambda: newsvendor_sampled([1, np.nan], 1, 1), "finite numbers"),
        (lambda: probabilities(tl.Normal(5, 1)), "no discrete demand"),
    ],
)
def test_mistakes_are_explained(call, words):
    with pytest.raises(tl.ScenarioError, match=words):
        call()


def test_the_book_s_cost_beside_the_best_level():
    """Example 4.3 at S = 40: the case's own answer, by the formula at any level."""
    expected, inputs = (case("inv_newsvendor_normal")[key] for key in ("expected", "inputs"))
    cost = newsvendor_cost(tl.Normal(inputs["mean"], inputs["sd"]), 40, inputs["h"], inputs["p"])
    assert cost == pytest.approx(expected["cost_ex4_3_at_S40"])


class Packs:
    """A law of one's own: a Poisson number of orders, each of some units."""

    def __init__(self, orders, units):
        self.average, self.lowest, self.units = orders * units, 0.0, units

    def draw(self, generator, scale, width):
        mean = self.average / self.units * scale[:, None]
        return generator.poisson(np.repeat(mean, width, axis=1)) * self.units


def test_a_law_of_ones_own_has_the_level_of_its_draws():
    """Packs of two and a half: the level is that of the number of packs, over one day or three."""
    for days in (1, 3):
        packs = newsvendor(tl.Poisson(4), 1, 4, periods=days)
        found = newsvendor(Packs(4, 2.5), 1, 4, periods=days)
        assert found.level == 2.5 * packs.level
        assert found.cost == pytest.approx(2.5 * packs.cost, rel=0.02)
    whole, chances = probabilities(Packs(4, 2.0))
    assert set(whole % 2) == {0.0}
    assert chances @ whole == pytest.approx(8, rel=0.01)
    with pytest.raises(tl.ScenarioError, match="no discrete demand"):
        probabilities(Packs(4, 2.5))


def test_sums_without_a_formula_are_drawn():
    """Two uniform days have a triangle; certain days are certain."""
    found = newsvendor(tl.Uniform(0, 1), 1, 1, periods=2)
    assert found.level == pytest.approx(1, abs=0.01)
    assert found.cost == pytest.approx(1 / 3, rel=0.02)
    assert newsvendor(tl.Constant(3), 1, 9, periods=4) == newsvendor({12: 1.0}, 1, 9)
