"""A change: what it sets, what was before, and what it gains beside the baseline."""

import numpy as np
import pytest

import twinlab as tl

SHOP = tl.Scenario(
    tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), holding_cost={"shop": 1}),
    tl.BaseStock(6), days=50,
)  # fmt: skip
MORE = tl.Change.of(SHOP, {"shop.up_to": 8, "mine->shop.lead_time": 2}, "more", "customers wait")


def test_a_change_knows_what_was_before_and_gives_the_changed_scenario():
    assert MORE.before == {"shop.up_to": 6, "mine->shop.lead_time": tl.Constant(1)}
    assert MORE.scenario == MORE.apply(SHOP) == SHOP.set("shop.up_to", 8).set(
        "mine->shop.lead_time", 2
    )  # fmt: skip
    assert MORE.table.loc["shop.up_to"].tolist() == ["6", "8"]
    assert str(MORE).splitlines()[1] == "  shop.up_to: 6 → 8"


def test_a_rule_is_changed_by_its_item():
    item = ("shop", "unit")
    change = tl.Change.of(SHOP, {item: tl.MinMax(3, 9)})
    assert change.before[item] == SHOP.rules[item]
    assert change.scenario.rules[item] == tl.MinMax(3, 9)
    assert str(change) == f"shop/unit: {SHOP.rules[item]} → {tl.MinMax(3, 9)}"


def test_a_change_by_hand_is_tried_on_any_scenario():
    bare = tl.Change({"shop.up_to": 8})
    assert str(bare) == "shop.up_to: 8"
    assert not bare.worth
    found = bare.compare(SHOP, 100, seed=1)
    assert found.difference("changed", "fill_rate").low > 0
    second = tl.Change({}, "longer", how=lambda chain: chain.change(days=9), cost=500)
    assert second.apply(SHOP).days == 9


def test_a_change_is_compared_on_the_same_random_numbers():
    same = tl.Change.of(SHOP, {"shop.up_to": 6}, "nothing").compare(SHOP, 100, seed=1)
    difference = same.difference("nothing", "total_cost")
    assert (difference.low, difference.mean, difference.high) == (0, 0, 0)


def test_a_change_is_compared_from_a_morning_on():
    """Yesterday's stock counts: what a state has too much of, it has in both."""
    now = tl.simulate(SHOP.change(days=20), seed=3).state
    now.on_hand["shop", "unit"] += 500
    found = MORE.compare(SHOP, 50, seed=1, start=now)
    means = [batch.kpis.mean_stock.mean() for batch in found.batches.values()]
    assert min(means) > 300
    assert found.difference("more", "total_cost").mean == pytest.approx(0, abs=1e-6)
    assert all(batch.days == range(20, 50) for batch in found.batches.values())


@pytest.mark.filterwarnings("ignore:.*edge of its range")
def test_what_tune_finds_is_a_change_with_its_gain():
    found = tl.tune(SHOP, {"shop.up_to": (5, 9)}, tl.cost, 64, evaluations=20)
    assert found.before == {"shop.up_to": 6}
    assert len(found.tried) >= 20
    best = found.tried.loc[found.tried["goal"].idxmin()]
    assert best["shop.up_to"] == found.values["shop.up_to"]
    assert found.worth == (found.gain.low > 0)
    assert f"gain {found.gain.short}" in str(found)
    assert "on the edge of its range" in str(found)
    assert "<caption>shop.up_to: 6 →" in found._repr_html_()


# -- what a decision saves ----------------------------------------------------------------------


def test_todays_way_stays_if_luck_could_explain_the_gain():
    """Paired: a way that saves 1 in every history is chosen, one that saves 2 ± 5 is not."""
    luck = np.array([3.0, 9.0, 5.0, 7.0])
    sure = {"today": luck, "sure": luck - np.array([1.0, 1.1, 0.9, 1.0])}
    chosen = tl.Saving.of("it", sure, times=365)
    assert (chosen.choice, chosen.runner_up) == ("sure", "today")
    assert chosen.saves.mean == pytest.approx(365)
    assert chosen.it_saves.short == "0 [0, 0]"
    unsure = tl.Saving.of("it", sure | {"sure": luck - np.array([9.0, -5.0, 7.0, -3.0])})
    assert (unsure.choice, unsure.runner_up) == ("today", "sure")
    dear = tl.Saving.of("it", {"today": luck, "dear": luck + 1})
    assert (dear.choice, dear.saves.mean, dear.it_saves.mean) == ("today", 0, -1)


def test_estimates_of_differences_are_as_good_as_histories():
    luck, less = np.array([3.0, 9.0, 5.0]), np.array([1.0, 2.0, 1.5])
    by_history = tl.Saving.of("it", {"today": luck, "less": luck - less}, 10)
    estimates = {"today": tl.modeling.estimate(0 * less), "less": tl.modeling.estimate(-less)}
    assert tl.Saving.of("it", estimates, 10).saves.short == by_history.saves.short
