"""A serial chain by formula, by simulation, by local and echelon rules, and its quick bounds."""

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling import (
    SerialChain,
    SerialPlan,
    Stage,
    clark_scarf,
    serial_cost,
    shang_song,
)


def network(demand, lead_times=(2, 1, 1), cost=37.12):
    """Example 6.1: three stages; 2, 4 and 7 USD/unit/day from upstream."""
    stages = ["factory", "depot", "shop"]
    asked = tl.Demand("shop", "unit", demand, backorder_cost=cost)
    return tl.serial(["mine", *stages], demand=asked,
                     lead_time=dict(zip(stages, lead_times, strict=True)),
                     holding_cost=dict(zip(stages, (2, 4, 7), strict=True)))  # fmt: skip


def costs(demand, plan, rule, levels, lead_times=(2, 1, 1)):
    """Mean daily cost of each history of a plan, after the first 20 days."""
    chain = network(demand, lead_times)
    for name, level in plan.local.items():
        chain = chain.change(tl.Stock(name, "unit", level))
    rules = {name: rule(level) for name, level in levels.items()}
    scenario = tl.Scenario(chain, rules, days=620)
    # A history's first days do not depend on how many follow, so theirs can be taken off.
    whole, start = (tl.replicate(scenario.change(days=n), 192, seed=8).kpis for n in (620, 20))
    return (620 * whole.total_cost - 20 * start.total_cost) / 600


def mean_of(values):
    """A mean and its standard error."""
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def simulated(*given):
    """Mean daily cost of a plan and its standard error."""
    return mean_of(costs(*given))


@pytest.mark.parametrize("demand", [tl.Normal(5, 1), tl.Poisson(5)], ids=str)
@pytest.mark.parametrize("lead_times", [(2, 1, 1), (0, 2, 1), (3, 1, 2)])
def test_the_simulated_cost_is_the_formula_s(demand, lead_times):
    chain = SerialChain.of(network(demand, lead_times))
    plan = clark_scarf(chain)
    off = serial_cost(chain, {k: v + 1 for k, v in plan.echelon.items()})
    for found in (plan, off):
        mean, error = simulated(demand, found, tl.BaseStock, found.local, lead_times)
        assert abs(mean - found.cost) < 4 * error
    assert off.cost > plan.cost


def test_local_and_echelon_rules_are_one_policy():
    demand, plan = tl.Poisson(5), clark_scarf(SerialChain.of(network(tl.Poisson(5))))
    local = simulated(demand, plan, tl.BaseStock, plan.local)
    assert local == simulated(demand, plan, tl.EchelonBaseStock, plan.echelon)


def test_no_other_level_costs_less():
    chain = SerialChain.of(network(tl.Poisson(5)))
    best = clark_scarf(chain)
    for name in best.echelon:
        for step in (-1, 1):
            other = dict(best.echelon) | {name: best.echelon[name] + step}
            assert serial_cost(chain, other).cost > best.cost


def test_levels_far_off_cost_what_their_distance_costs():
    """100 too many at the factory cost 2 USD a day each; 10 too few everywhere are owed."""
    chain = SerialChain.of(network(tl.Poisson(5)))
    high = serial_cost(chain, {"factory": 300, "depot": 15, "shop": 9}).cost
    higher = serial_cost(chain, {"factory": 400, "depot": 15, "shop": 9}).cost
    assert higher - high == pytest.approx(200)
    low, lower = (
        serial_cost(chain, dict.fromkeys(["factory", "depot", "shop"], s)).cost for s in (-50, -60)
    )
    assert lower - low == pytest.approx(10 * 37.12)


@pytest.mark.parametrize(
    "levels", [(24.3, 15, 8), (24.5, 15.6, 8.8), (26, 15.5, 8), (30, 18, 11.5)]
)
def test_levels_between_whole_units_cost_what_is_simulated(levels):
    """Against the whole levels below, on the same luck: orders keep each position's fraction."""
    chain, names = SerialChain.of(network(tl.Poisson(5))), ["factory", "depot", "shop"]
    here, below = (serial_cost(chain, dict(zip(names, at, strict=True)))
                   for at in (levels, map(int, levels)))  # fmt: skip
    seen = [costs(tl.Poisson(5), plan, tl.BaseStock, plan.local) for plan in (here, below)]
    mean, error = mean_of(seen[0] - seen[1])
    assert abs(mean - (here.cost - below.cost)) < 4 * error
    assert abs(here.cost - below.cost) > 4 * error  # so the fraction is seen


def test_half_a_unit_costs_the_mean_of_its_neighbours():
    alone = SerialChain((Stage("shop", 3, 2.0),), tl.Poisson(2), 18.0)
    eight, half, nine = (serial_cost(alone, {"shop": level}).cost for level in (8, 8.5, 9))
    assert half == pytest.approx((eight + nine) / 2, rel=1e-12)
    quarter = serial_cost(alone, {"shop": 8.25}).cost
    assert quarter == pytest.approx(0.75 * eight + 0.25 * nine, rel=1e-12)


def test_the_cost_of_a_normal_chain_has_no_steps():
    chain = SerialChain.of(network(tl.Normal(5, 1)))
    best = clark_scarf(chain)
    near = [serial_cost(chain, best.echelon | {"shop": 5.5 + k / 1000}).cost for k in range(9)]
    steps = np.diff(near)
    assert (steps < 0).all()
    assert steps == pytest.approx([steps.mean()] * 8, rel=0.05)


@pytest.mark.parametrize("level", [np.nan, np.inf, "8", None])
def test_a_level_of_no_sense_is_told(level):
    chain = SerialChain((Stage("shop", 3, 2.0),), tl.Poisson(2), 18.0)
    with pytest.raises(tl.TwinError, match=r"echelon\['shop'\] must be a finite number"):
        serial_cost(chain, {"shop": level})


def test_two_stages_of_one_name_and_costs_of_no_sense_are_told():
    with pytest.raises(tl.ScenarioError, match="a name of its own"):
        SerialChain((Stage("shop", 3, 2.0), Stage("shop", 1, 3.0)), tl.Poisson(2), 18.0)
    for cost in (np.nan, np.inf, 0, -1):
        with pytest.raises(tl.TwinError, match=r"above 0|is a finite number, got inf"):
            SerialChain((Stage("shop", 3, 2.0),), tl.Poisson(2), cost)


def test_one_stage_is_a_newsvendor():
    chain = SerialChain((Stage("shop", 3, 2.0),), tl.Poisson(4), 18.0)
    plan, alone = clark_scarf(chain), tl.modeling.newsvendor(tl.Poisson(4), 2, 18, periods=3)
    assert plan.echelon["shop"] == alone.level
    assert plan.cost == pytest.approx(alone.cost)


@pytest.mark.parametrize(
    "demand", [tl.Normal(5, 1), tl.Poisson(5), tl.Empirical((2, 5, 8))], ids=str
)
def test_the_bounds_hold_the_best_level_between_them(demand):
    chain = SerialChain.of(network(demand))
    bounds, best = shang_song(chain), clark_scarf(chain)
    for name, level in best.echelon.items():
        assert bounds.low[name] - 0.01 <= level <= bounds.high[name] + 0.01
    assert bounds.low["shop"] == bounds.high["shop"]


def test_an_echelon_level_above_the_one_upstream_is_never_reached():
    assert SerialPlan({"depot": 10.0, "shop": 12.0}, 1.0).local == {"depot": 0.0, "shop": 10.0}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (tl.Lane("mine", "factory", "unit", lead_time=tl.Poisson(2)), "constant lead times"),
        (tl.Lane("mine", "factory", "unit", order_delay=1), "seen at once"),
        (tl.Node("mine", holding_cost=1), "charges for its stock"),
        (tl.Node("depot", holding_cost=4, capacity=9), "a capacity"),
        (tl.Lane("factory", "shop", "unit"), "one lane into each node"),
        (tl.Demand("shop", "unit", tl.Poisson(5), backorders=False), "customers who wait"),
        (tl.Demand("shop", "unit", tl.Poisson(5)), "backorder_cost must be above 0"),
        (tl.Node("shop", holding_cost=3), "never fall"),
        (tl.Node("shop", holding_cost=7, review_period=7), "every morning"),
        (tl.Node("depot", holding_cost=4, evening_review=True), "every morning"),
        (tl.Lane("factory", "depot", "unit", capacity=6), "a capacity"),
        (tl.Demand("shop", "unit", tl.Poisson(5), season=(1, 2), backorder_cost=9), "season"),
        (tl.Demand("shop", "unit", tl.Poisson(5), trend=0.01, backorder_cost=9), "trend"),
    ],
)
def test_a_chain_without_formula_says_why(change, words):
    with pytest.raises(tl.ScenarioError, match=words):
        SerialChain.of(network(tl.Poisson(5)).change(change))


def test_lead_times_are_those_of_the_engines():
    """3.6 days are 4, half a day is the even one."""
    found = [SerialChain.of(network(tl.Poisson(5), times)).stages
             for times in ((3.6, 1.4, 2.5), (4, 1, 2))]  # fmt: skip
    assert found[0] == found[1]


def test_levels_must_name_the_stages():
    chain = SerialChain.of(network(tl.Poisson(5)))
    with pytest.raises(tl.ScenarioError, match="did you mean 'shop'"):
        serial_cost(chain, {"factory": 26, "depot": 15, "shp": 9})
    fractions = SerialChain((Stage("shop", 1, 2.0),), tl.Empirical((0.5, 1.5)), 18.0)
    with pytest.raises(tl.ScenarioError, match="whole-numbered or normal"):
        clark_scarf(fractions)


def test_far_from_the_best_level_a_unit_costs_what_one_unit_costs():
    """Too low a level lacks each unit of it (37.12 a day), too high a one keeps it (7 a day)."""
    chain = SerialChain((Stage("shop", 4, 7.0),), tl.Poisson(20), 37.12)
    costs = {level: serial_cost(chain, {"shop": level}).cost for level in (0, 1, 300, 301)}
    assert costs[0] == pytest.approx(37.12 * 80)
    assert costs[0] - costs[1] == pytest.approx(37.12)
    assert costs[300] == pytest.approx(7 * (300 - 80))
    assert costs[301] - costs[300] == pytest.approx(7)


def test_formulas_read_the_network_itself():
    asked = tl.Demand("shop", "unit", tl.Normal(5, 1), backorder_cost=37.12)
    network = tl.serial(["mine", "depot", "shop"], demand=asked,
                        lead_time={"depot": 2, "shop": 1},
                        holding_cost={"depot": 2, "shop": 7})  # fmt: skip
    chain = tl.SerialChain.of(network)
    assert tl.SerialChain.of(chain) is chain
    plan = tl.clark_scarf(network)
    assert plan == tl.clark_scarf(chain)
    assert tl.serial_cost(network, plan.echelon).cost == pytest.approx(plan.cost)
    assert tl.shang_song(network) == tl.shang_song(chain)
