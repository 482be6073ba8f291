"""Experiments: pairing, sweeps, sensitivity and search, with known answers where there are any."""

import json
from pathlib import Path

import numpy as np
import pytest

import twinlab as tl

KNOWN = Path(__file__).parents[1] / "known"


def newsvendor(level=50, days=200):
    """Snyder & Shen (2019) Example 4.3: h = 0.18, p = 0.70, N(50, 8); S* = 56.60, cost 1.9976."""
    demand = tl.Demand("shop", "unit", tl.Normal(50, 8), backorder_cost=0.70)
    chain = tl.serial(["mine", "shop"], demand=demand, holding_cost={"shop": 0.18},
                      on_hand={"shop": level})  # fmt: skip
    return tl.Scenario(chain, tl.BaseStock(level), days=days)


def test_law_interval_of_ten_observations():
    """sim_ci_ten_obs: Law & Kelton, 90 % interval of ten observations."""
    case = json.loads((KNOWN / "sim_ci_ten_obs.json").read_text())
    found = tl.estimate(case["inputs"]["x"], case["inputs"]["confidence"])
    assert found.mean == pytest.approx(case["expected"]["mean"], rel=1e-9)
    assert found.high - found.mean == pytest.approx(case["expected"]["half_width"], rel=1e-9)


def lcgrand(count, seed=12345):
    """Marse & Roberts' generator (modulus 2³¹ − 1, multiplier 630360016), as uniforms."""
    values = []
    for _ in range(count):
        seed = seed * 630360016 % (2**31 - 1)
        values.append(seed / (2**31 - 1))
    return np.array(values)


def test_mser5_truncation():
    """sim_mser5: a decaying start on uniform noise."""
    case = json.loads((KNOWN / "sim_mser5.json").read_text())
    series = 10 * 0.93 ** np.arange(400) + lcgrand(400)
    np.testing.assert_allclose(series[:5], case["inputs"]["first_values"], rtol=1e-6)
    found = tl.mser5(series)
    assert found.observations == case["expected"]["truncation_observations"]
    assert found.statistic == pytest.approx(case["expected"]["mser"], rel=1e-6)
    assert found.mean == pytest.approx(case["expected"]["truncated_mean"], rel=1e-6)


def test_mser5_finds_the_start_of_an_empty_chain():
    """A shop that starts empty fills up within its lead time; a full one has no warm-up."""
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), lead_time=20)
    run = tl.simulate(tl.Scenario(chain, tl.BaseStock(120), days=500), seed=1)
    found = tl.mser5(run.series("on_hand", "shop") - run.series("backlog", "shop"))
    assert 20 <= found.observations <= 30


def test_a_series_that_never_settles_gets_advice():
    assert "run much longer" in str(tl.mser5(np.arange(100.0)))


def test_pairing_narrows_a_difference():
    """On the same luck a difference is known far better than from independent replications."""
    found = tl.compare({"lean": newsvendor(54), "safe": newsvendor(58)}, 100, seed=1,
                       kpis=["mean_stock"])  # fmt: skip
    paired = found.difference("safe", "mean_stock")
    one = tl.replicate(newsvendor(54), 100, seed=1).kpis.mean_stock
    other = tl.replicate(newsvendor(58), 100, seed=2).kpis.mean_stock
    apart = tl.estimate(other - one)
    assert paired.low <= apart.mean + (apart.high - apart.low)
    assert (paired.high - paired.low) < 0.2 * (apart.high - apart.low)
    assert found.difference("lean", "mean_stock").mean == 0.0


def test_a_comparison_is_a_tidy_table():
    table = tl.compare({"lean": newsvendor(54), "safe": newsvendor(58)}, 50, seed=1).table
    assert list(table["scenario"]) == ["lean", "safe"] * 3
    assert (table["low"] <= table["mean"]).all()


def test_precision_of_the_first_scenario_counts_for_all():
    until = tl.Precision(relative=0.01, kpi="total_cost")
    found = tl.compare({"a": newsvendor(54), "b": newsvendor(58)}, until, seed=1)
    assert len({batch.replications for batch in found.batches.values()}) == 1


def test_a_sweep_tries_every_combination():
    grid = {"shop.up_to": [54, 58], "shop.holding_cost": [0.1, 0.2]}
    table = tl.sweep(newsvendor(), grid, 50, seed=1)
    assert table[["shop.up_to", "shop.holding_cost"]].to_numpy().tolist() == [
        [54, 0.1], [54, 0.2], [58, 0.1], [58, 0.2],
    ]  # fmt: skip
    doubled = table.iloc[1]["total_cost"] - table.iloc[0]["total_cost"]
    assert doubled == pytest.approx(0.1 * table.iloc[0]["mean_stock"])


def test_a_tornado_ranks_what_matters():
    ranges = {"shop.holding_cost": (0.17, 0.19), "shop.up_to": (50, 70)}
    table = tl.tornado(newsvendor(56), ranges, replications=50, seed=1)
    assert list(table["path"]) == ["shop.up_to", "shop.holding_cost"]


def test_sobol_indices_of_a_product():
    """Holding cost h × mean stock: with stock fixed, h explains everything."""
    ranges = {"shop.holding_cost": (0.1, 0.5), "mine.capacity": (1000, 2000)}
    found = tl.sobol(newsvendor(90), ranges, samples=64, replications=8, seed=1)
    assert found["shop.holding_cost"].first == pytest.approx(1, abs=0.1)
    assert found["mine.capacity"].total == pytest.approx(0, abs=1e-6)


def test_tuning_finds_the_newsvendor():
    """The simulated optimum costs next to no more than the textbook's, on luck of neither."""
    found = tl.tune(newsvendor(), {"shop.up_to": (40, 80)}, tl.cost, evaluations=60)
    best = found.values["shop.up_to"]
    assert 55.5 < best < 57.7
    textbook = newsvendor().set("shop.up_to", 56.60395592743389)
    assert found.seeds.chosen == 0
    at_textbook = tl.cost(tl.replicate(textbook, 200, found.seeds.judged))
    assert found.goal.mean == pytest.approx(at_textbook.mean(), rel=2e-3)
    assert not found.edges
    assert found.gain.low > 0


def test_what_tuning_gains_is_told_from_luck_that_did_not_choose():
    """Three short replications flatter their own choice; other luck tells what it is worth."""
    flattered, judged = [], []
    for seed in range(12):
        start = newsvendor(56, days=10)
        found = tl.tune(start, {"shop.up_to": (50, 64)}, tl.cost, 3, seed, evaluations=25)
        gains = {
            luck: tl.cost(tl.replicate(start, 3, luck)) - tl.cost(tl.replicate(best, 3, luck))
            for best in [found.scenario] for luck in found.seeds
        }  # fmt: skip
        assert found.gain.mean == pytest.approx(gains[found.seeds.judged].mean())
        flattered.append(gains[seed].mean())
        judged.append(found.gain.mean)
        doubt = found.gain.low <= 0 <= found.gain.high
        assert ("luck could explain it" in str(found)) == doubt
        assert f"chosen on seed {seed}, judged on seed {found.seeds.judged}" in str(found)
    assert min(flattered) >= 0
    assert np.mean(flattered) > 2 * np.mean(judged)


def test_tuned_rules_are_compared_on_luck_that_did_not_choose_them():
    best = tl.tune(newsvendor(), {"shop.up_to": (40, 80)}, tl.cost, 20, 3, evaluations=20)
    two = {"as it is": newsvendor(), "tuned": best.scenario.change(days=150).change(days=200)}
    found = tl.compare(two, 20, seed=3)
    assert {batch.seed for batch in found.batches.values()} == {best.seeds.judged}
    assert found.difference("tuned", "total_cost").mean == pytest.approx(-best.gain.mean)
    assert str(best.seeds) in str(found)
    other = tl.compare(two, 20, seed=4)
    assert (other.seeds, other.batches["tuned"].seed) == (None, 4)


def test_tuning_in_whole_numbers():
    scenario = newsvendor().disrupt(tl.Outage("mine", start=20, days=5))
    found = tl.tune(scenario, {"disruptions[0].start": (10, 60)}, tl.mean_stock, 20, evaluations=20)
    assert found.scenario.disruptions[0].start == found.values["disruptions[0].start"]


def test_a_best_value_on_the_edge_is_said():
    with pytest.warns(UserWarning, match=r"shop\.up_to = 50 lies on the edge"):
        found = tl.tune(newsvendor(), {"shop.up_to": (40, 50)}, tl.cost, 20, evaluations=30)
    assert found.edges == ("shop.up_to",)
    assert "shop.up_to: 50 → 50 (on the edge of its range)" in str(found)


MISTAKES = [
    (lambda: tl.compare({"one": newsvendor()}), "at least two scenarios by name, such as"),
    (lambda: tl.compare([newsvendor(), newsvendor()]), "a mapping of text to Scenario, got"),
    (lambda: tl.compare(newsvendor(), 20), "a mapping of text to Scenario, got"),
    (lambda: tl.compare({"a": newsvendor(), "b": newsvendor()}, kpis=["fill"]), "no KPI 'fill'"),
    (lambda: tl.sweep(newsvendor(), {"shop.upto": [1]}), "did you mean 'up_to'"),
    (lambda: tl.tornado(newsvendor(), {"shop.up_to": (9, 9)}), "low 9 must be below high 9"),
    (lambda: tl.sobol(newsvendor(), {"shop.up_to": (9, 10)}, samples=60), "give two"),
    (
        lambda: tl.sobol(
            newsvendor(), {"shop.up_to": (9, 10), "shop.holding_cost": (1, 2)}, samples=60
        ),
        "power of 2",
    ),
    (lambda: tl.tune(newsvendor(), {"shop.up_to": (9, 3)}, tl.cost), "low 9 must be below high 3"),
    (lambda: tl.estimate([1, 2, 3], 95), "above 0 and below 1, got 95: write 0.95"),
    (lambda: tl.estimate([1, 2, 3], 1), "above 0 and below 1, got 1"),
    (lambda: tl.estimate([1, 2, 3], -0.5), "above 0 and below 1, got -0.5"),
    (lambda: tl.mser5([1, 2, 3]), "needs at least 20 observations, got 3"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_a_mistake_is_taught(mistake, words):
    with pytest.raises(tl.ScenarioError, match=words):
        mistake()
