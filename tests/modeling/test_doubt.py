"""Doubt about choices: known answers, coverage on luck of its own, and mistakes."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

import twinlab as tl
from twinlab import ScenarioError, hold_out, rank, redraw
from twinlab.management.goals import best_response
from twinlab.modeling.experiments import propose
from twinlab.organization.contracts import Organization, Role

NEED = np.random.default_rng(3).gamma(2, 10, 30)
STOCKS = np.arange(0, 80, 2.0)


def cost(stock, need=NEED):
    return stock + 4 * np.maximum(0, need - stock)


def least(weights):
    return min(STOCKS, key=lambda stock: weights @ cost(stock))


def test_a_redraw_by_hand():
    """Weights are shares of whole scenarios; plan, gap and optimism are done again."""
    found = redraw(least, cost, 30, resamples=25, seed=5)
    assert found.weights.sum(axis=1) == pytest.approx(1)
    assert np.allclose(found.weights * 30 % 1, 0)
    assert found.plan == least(np.full(30, 1 / 30))
    best = [min(w @ cost(stock) for stock in STOCKS) for w in found.weights]
    gaps = [w @ cost(found.plan) - z for w, z in zip(found.weights, best, strict=True)]
    assert found.gaps == pytest.approx(gaps)
    assert min(found.gaps) >= -1e-9
    half = 1.7109 * np.std(gaps, ddof=1) / 5  # t of 24 degrees of freedom, one-sided 95 %
    assert found.gap.high == pytest.approx(np.mean(gaps) + half, rel=1e-4)
    out = [
        cost(p)[w == 0].mean() - z for p, w, z in zip(found.plans, found.weights, best, strict=True)
    ]
    assert found.optimism.mean == pytest.approx(np.mean(out))
    assert sum(found.choices.values()) == pytest.approx(1)
    again = redraw(least, cost, 30, resamples=25, seed=5)
    assert again.choices == found.choices


def test_a_sure_choice_is_made_again_and_again():
    sure = redraw(lambda w: "only", lambda plan: np.full(9, 7.0), 9)
    assert sure.choices == {"only": 1.0}
    assert (sure.gap.mean, sure.gap.high) == (0, 0)


def test_what_has_a_name_is_called_by_it():
    class Plan:
        name = "near + far"

    assert redraw(lambda w: Plan(), lambda p: np.ones(4), 4).choices == {"near + far": 1.0}


def test_held_out_scenarios_are_each_judged_once_by_who_did_not_see_them():
    found = hold_out(least, cost, 30, folds=30)
    wanted = [cost(least(np.where(np.arange(30) == i, 0, 1 / 29)))[i] for i in range(30)]
    assert found.costs == pytest.approx(wanted)
    assert found.unseen.mean == pytest.approx(np.mean(wanted))
    assert found.paper == pytest.approx(min(cost(stock).mean() for stock in STOCKS))
    assert found.rosy == pytest.approx(1 - found.paper / found.unseen.mean)
    assert sum(found.choices.values()) == 30


CHANCES, WANTED = np.array([0.5, 0.2, 0.3]), np.array([3.0, 20.0, 9.0])


def likely(weights):
    return min(WANTED, key=lambda stock: weights @ cost(stock, WANTED))


def test_chances_of_scenarios_against_every_resample_there_is():
    """Three scenarios give 27 series of draws: their expectations beside those of many redraws."""
    found = redraw(likely, lambda s: cost(s, WANTED), CHANCES, 4000, seed=1)
    assert found.plan == likely(CHANCES) != likely(np.full(3, 1 / 3))
    p, gap, out, never = np.zeros(3), 0.0, 0.0, 0.0
    for series in product(range(3), repeat=3):
        chance = CHANCES[[*series]].prod()
        w = np.bincount(series, minlength=3) / 3
        p += chance * w
        gap += chance * (w @ cost(found.plan, WANTED) - w @ cost(likely(w), WANTED))
        if (w == 0).any():
            left = np.average(cost(likely(w), WANTED)[w == 0], weights=CHANCES[w == 0])
            out, never = out + chance * (left - w @ cost(likely(w), WANTED)), never + chance
    assert p == pytest.approx(CHANCES)
    assert found.weights.mean(axis=0) == pytest.approx(CHANCES, abs=4 * 0.3 / np.sqrt(4000))
    assert abs(found.gaps.mean() - gap) < 4 * found.gaps.std() / np.sqrt(4000)
    error = (found.optimism.high - found.optimism.mean) / 1.96
    assert abs(found.optimism.mean - out / never) < 4 * error


def test_held_out_means_are_weighted_by_chances():
    found = hold_out(likely, lambda s: cost(s, WANTED), CHANCES, folds=3)
    others = [np.where(np.arange(3) == i, 0, CHANCES) for i in range(3)]
    wanted = [cost(likely(w), WANTED)[i] for i, w in enumerate(others)]
    assert found.costs == pytest.approx(wanted)
    assert found.unseen.mean == pytest.approx(CHANCES @ wanted)
    assert found.paper == pytest.approx(min(CHANCES @ cost(s, WANTED) for s in WANTED))
    spread = np.sqrt(1.5 * (CHANCES**2 * (wanted - CHANCES @ wanted) ** 2).sum())
    assert found.unseen.high - found.unseen.mean == pytest.approx(4.302653 * spread)


def test_what_costs_nothing_is_not_rosy():
    assert hold_out(lambda w: "any", lambda plan: np.zeros(4), 4, folds=2).rosy == 0


@pytest.mark.parametrize("way", [redraw, hold_out])
def test_equal_chances_are_a_number_of_scenarios(way):
    told = [way(least, cost, n, 7, seed=2) for n in (30, np.full(30, 1 / 30), [1 / 30] * 30)]
    assert repr(told[0]) == repr(told[1]) == repr(told[2])
    assert (told[0].costs == told[1].costs).all()


def test_paper_is_rosier_than_the_future_on_average():
    """Few scenarios, many laws' draws: what is held out says what will come, paper does not."""
    luck, paper, unseen, truth = np.random.default_rng(1), [], [], []
    future = luck.gamma(2, 10, 20_000)
    for _ in range(100):
        need = luck.gamma(2, 10, 6)
        found = hold_out(
            lambda w, need=need: min(STOCKS, key=lambda s: w @ cost(s, need)),
            lambda s, need=need: cost(s, need), 6, folds=6)  # fmt: skip
        paper.append(found.paper)
        unseen.append(found.unseen.mean)
        truth.append(cost(min(STOCKS, key=lambda s: cost(s, need).mean()), future).mean())
    error = np.std(np.subtract(unseen, truth), ddof=1) / np.sqrt(100)
    assert np.mean(paper) < np.mean(truth)
    # Five teach a little less than six: what is held out errs to the careful side.
    assert -4 * error < np.mean(unseen) - np.mean(truth) < 4 * error + 0.06 * np.mean(truth)


def test_a_ranking_by_hand():
    costs = {"as it is": [5, 9, 7, 8.0], "lean": [4, 7, 6, 7.0], "safe": [6, 6, 6, 5.0]}
    found = rank(costs)
    assert [row.name for row in found] == ["safe", "lean", "as it is"]
    assert [row.cost.mean for row in found] == [5.75, 6, 7.25]
    assert [row.gain.mean for row in found] == [1.5, 1.25, 0]
    assert [row.behind.mean for row in found] == [0, 0.25, 1.5]
    assert sum(row.again for row in found) == pytest.approx(1)
    assert not found.established
    assert "not established" in str(found)
    wider = stats.t(3).ppf(0.975) / stats.norm.ppf(0.975) * np.sqrt(4 / 3)
    assert found["lean"].gain.low == pytest.approx(1.25 - wider * 0.25)  # each gains 1 or 2
    assert rank(costs, base="lean")["as it is"].gain.mean == -1.25


def test_intervals_of_a_ranking_hold_the_truth():
    """A paired difference of 1: about 95 % of intervals of 40 scenarios hold it."""
    luck, inside = np.random.default_rng(2), 0
    for seed in range(100):
        common = luck.gamma(2, 10, 40)
        found = rank({"a": common, "b": common + luck.normal(1, 2, 40)}, seed=seed)
        inside += found["b"].gain.low <= -1 <= found["b"].gain.high
    assert abs(inside / 100 - 0.94) < 4 * np.sqrt(0.94 * 0.06 / 100)


def test_replications_of_one_world_are_drawn_together():
    world = np.repeat(np.random.default_rng(4).normal(size=25), 20)
    costs = {"a": world, "b": world * 0}
    apart, together = rank(costs), rank(costs, groups=np.repeat(np.arange(25), 20))
    width = [np.ptp([f["a"].cost.low, f["a"].cost.high]) for f in (apart, together)]
    assert width[1] == pytest.approx(width[0] * np.sqrt(20), rel=0.15)


def test_many_scenarios_are_drawn_in_blocks():
    values = np.random.default_rng(6).normal(size=50_000)
    found = rank({"a": values, "b": values + 1})
    assert np.ptp([found["a"].cost.low, found["a"].cost.high]) == pytest.approx(
        2 * 1.96 / np.sqrt(50_000), rel=0.1
    )


def test_whoever_chooses_by_histories_says_who_came_second():
    demand = tl.Demand("shop", "unit", tl.Normal(50, 8), backorder_cost=0.70)
    chain = tl.serial(["mine", "shop"], demand=demand, holding_cost={"shop": 0.18})
    shop = tl.Scenario(chain, tl.BaseStock(50), days=100)
    tuned = tl.tune(shop, {"shop.up_to": (40, 80)}, tl.cost, 50, evaluations=20)
    first, second = tuned.ranking.choices[:2]
    least = tuned.tried.groupby("shop.up_to").goal.first().nsmallest(2)
    assert [first.cost.mean, second.cost.mean] == pytest.approx(least.tolist())
    assert 0 < second.again <= first.again < 1
    start = tl.State.initial(chain)
    found = propose(shop, start, {"shop.up_to": [30, 60]}, replications=50)
    assert found.ranking.established
    assert found.ranking.choices[0].name == "shop.up_to 60"
    assert propose(shop, start, {"shop.up_to": [60]}, replications=50).ranking is None
    both = tl.compare({"lean": shop, "safe": shop.set("shop.up_to", 58)}, 50, kpis=["fill_rate"])
    difference = both.difference("safe", "fill_rate").mean
    assert both.rank("fill_rate", most=True)["safe"].gain.mean == pytest.approx(difference)
    role = Role("shop", {"shop.up_to": (40, 80)}, tl.cost)
    answer = best_response(shop, Organization([role], tl.cost), 20, evaluations=10, rounds=2)
    assert set(answer.rankings) == {"shop"}


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: rank({}), "0 choices"),
        (lambda: rank({"a": [1, 2]}), "1 choices with 2 scenarios"),
        (lambda: rank({"a": [1, 2], "b": [1]}), "as many costs"),
        (lambda: rank({"a": [1, 2], "b": [1, np.nan]}), "that are finite"),
        (lambda: rank({"a": [1, 2], "b": [1, 3]}, base="c"), "no choice 'c'"),
        (lambda: rank({"a": [1, 2], "b": [1, 3]}, groups=[1]), "as many costs"),
        (lambda: rank({"a": [1, 2], "b": [1, 3]}, groups=[1, 1]), "a single scenario or group"),
        (lambda: rank({"a": [1], "b": [3]}), "a single scenario or group"),
        (lambda: rank({"a": [], "b": []}), "a single scenario or group"),
        (lambda: redraw(least, cost, 1), "1 scenarios, 40 resamples: two or more"),
        (lambda: redraw(least, cost, 30, resamples=1), "two or more"),
        (lambda: redraw(lambda w: 3, cost, 12), "one finite cost for each of 12 scenarios, got"),
        (lambda: redraw(lambda w: 3, lambda p: np.full(4, np.nan), 4), "0 finite"),
        (lambda: redraw(least, cost, [0.5, 0.6]), "chances sum to 1.1, or one is 0: give their"),
        (lambda: hold_out(least, cost, [1.0, 0.0], 2), "chances sum to 1, or one is 0"),
        (lambda: redraw(least, cost, []), "chances sum to 0"),
        (lambda: redraw(least, cost, [0.5, np.nan]), r"scenarios\[1\] must be a share"),
        (lambda: redraw(least, cost, [1.0]), "1 scenarios, 40 resamples: two or more"),
        (lambda: hold_out(least, cost, 30, folds=1), "1 folds of 30 scenarios"),
        (lambda: hold_out(least, cost, 30, folds=31), "31 folds"),
    ],
)
def test_mistakes_are_explained(mistake, words):
    with pytest.raises(ScenarioError, match=words):
        mistake()


def test_scenarios_weigh_as_much_as_they_are_likely():
    costs = {"none": [0.0, 100.0], "some": [10.0, 20.0]}
    assert rank(costs).choices[0].name == "some"
    likely = rank(costs, chances=[0.95, 0.05])
    assert likely.choices[0].name == "none"
    assert likely["some"].behind.mean == pytest.approx(0.95 * 10 - 0.05 * 80)
    with pytest.raises(ScenarioError, match="rank: chances are numbers of at least 0"):
        rank(costs, chances=[0, 0])
    with pytest.raises(ScenarioError, match="2 choices with 2, 2×1 scenarios, groups or chances"):
        rank(costs, groups=[[1], [2]])


@pytest.mark.parametrize("many", [8, 16, 60])
def test_as_good_choices_are_rarely_established(many):
    """Two choices that cost the same on average: 5 % by chance, within 4 standard errors."""
    luck, tries = np.random.default_rng(7), 400
    drawn = luck.standard_normal((tries, many))
    found = [rank({"a": 0 * one, "b": one}, seed=n).established for n, one in enumerate(drawn)]
    assert abs(np.mean(found) - 0.05) < 4 * (0.05 * 0.95 / tries) ** 0.5


def test_a_choice_is_established_against_all_others_not_the_next_alone():
    """The next is surely dearer; the third may well be the best, so nothing is established."""
    luck = np.random.default_rng(1).standard_normal((2, 60))
    luck -= luck.mean(axis=1, keepdims=True)
    found = rank({"A": 0 * luck[0], "B": 1 + 0.1 * luck[0], "C": 1.5 + 40 * luck[1]})
    assert [one.name for one in found.rivals] == ["C"]
    assert not found.established
    assert "not established, as C may cost no more" in str(found)
