"""Biased rules on traces worked out by hand, and the same in both engines."""

import numpy as np
import pytest

import twinlab as tl
from twinlab import people
from twinlab.organization.view import ask

ANCHOR, GOOD = people.AnchorAndAdjust(), people.AnchorAndAdjust(0, 1, 1, 28)
CHAINS = {
    "anchoring": ANCHOR,
    "pulled": people.PullToCentre(optimum=60, mean=30, weight=0.5),
    "chasing": people.DemandChasing(ANCHOR, 0.3),
    "panic": people.Panic(ANCHOR, 0.4),
    "wavering": people.NoisyRule(people.Panic(ANCHOR, 0.1), 2.0, seed=5),
    "advised": lambda view: 0.7 * ask(ANCHOR, view, "own") + 0.3 * ask(GOOD, view, "adviser"),
}


def view(**books):
    found = tl.View("shop", "unit")
    for name, value in books.items():
        setattr(found, name, value)
    return found


def test_anchoring_and_adjustment_by_hand():
    """L̂ = 0.5 × 8 + 0.5 × 4 = 6, then 7; gap = 20 − (2 − 5) − 0.5 × 10 = 18, a quarter of it."""
    rule = people.AnchorAndAdjust(theta=0.5, alpha=0.25, beta=0.5, desired_stock=20, forecast=4)
    seen = view(demand=8.0, on_hand=2.0, backlog=5.0, on_order=10.0)
    assert rule(seen) == 6 + 0.25 * 18
    assert rule(seen) == 7 + 0.25 * 18
    seen.on_hand = 200.0
    assert rule(seen) == 0.0, "an order is never below zero"


def test_it_orders_its_first_forecast_until_it_starts_but_listens():
    rule = people.AnchorAndAdjust(theta=1, alpha=0, forecast=4, starts=2)
    seen = view(demand=9.0, day=1)
    assert rule(seen) == 4.0
    assert seen.memory["forecast"] == 9.0


def test_full_weight_on_the_pipeline_is_base_stock():
    """α = β = 1 and θ = 0: order-up-to with S = S' + L̂, Sterman's rational benchmark."""
    seen = view(on_hand=6.0, backlog=1.0, on_order=7.0)
    rational = people.AnchorAndAdjust(0, 1, 1, desired_stock=20, forecast=4)
    assert rational(seen) == tl.BaseStock(24)(seen)


def test_no_bias_is_the_rule_itself():
    seen = view(on_hand=6.0, backlog=3.0, demand=9.0)
    rule = tl.BaseStock(20)
    for unbiased in (people.Panic(rule, 0), people.DemandChasing(rule, 0),
                     people.NoisyRule(rule, 0), people.PullToCentre(20, 9, weight=0)):  # fmt: skip
        assert unbiased(seen) == rule(seen)


@pytest.mark.parametrize("rule", CHAINS.values(), ids=CHAINS)
def test_both_engines_live_the_same_history(rule):
    chain = people.beer_chain(rule, demand=tl.Poisson(8))
    batch = tl.replicate(chain, 70, seed=3)
    for replication in (0, 69):
        run = tl.simulate(chain, 3, replication)
        assert batch.history(replication).equals(run.daily)
    assert np.isclose(people.beer_cost(batch)[69], people.beer_cost(run))


@pytest.mark.parametrize("path", ["retailer.beta", "factory.theta", "wholesaler.desired_stock"])
def test_a_slider_reaches_a_bias(path):
    assert people.beer_chain().set(path, 0.5).value(path) == 0.5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: people.AnchorAndAdjust(beta=-1), "beta must be 0 to 2 share, got -1"),
        (lambda: people.Panic(ANCHOR, strength=-1), "strength must be at least 0"),
        (lambda: people.DemandChasing(ANCHOR, weight=2), "weight must be 0 to 1 share, got 2"),
    ],
)
def test_a_strength_out_of_range_is_refused(wrong, words):
    with pytest.raises(tl.TwinError, match=words):
        wrong()


def test_the_pipeline_forgotten_makes_the_bullwhip():
    """Sterman's finding: with β = 0.34 orders swing; the same people with β = 1 hardly do."""
    swings = {}
    for beta, desired in ((0.34, 17.0), (1.0, 28.0)):
        run = tl.simulate(
            people.beer_chain(people.AnchorAndAdjust(beta=beta, desired_stock=desired, starts=4))
        )
        swings[beta] = [run.variance("ordered", station) for station in people.STATIONS]
    assert swings[0.34] == sorted(swings[0.34]), "each station upstream swings more"
    assert swings[0.34][-1] > 10 * swings[1.0][-1]


def test_a_mood_depends_on_seed_node_and_day_only():
    rule = people.NoisyRule(lambda seen: 100.0, 5, seed=1, whole=False)
    seen = view(day=3)
    assert rule(seen) == rule(seen) != rule(view(day=4))
    assert people.NoisyRule(lambda seen: 100.0, 5, seed=2, whole=False)(seen) != rule(seen)
    moods = np.array([rule(view(day=day)) for day in range(2000)])
    assert abs(moods.mean() - 100) <= 4 * 5 / np.sqrt(2000)
    assert abs(moods.std() - 5) <= 4 * 5 / np.sqrt(2 * 2000)


def test_asking_under_a_name_leaves_the_start_as_it_was():
    """A run that starts from a state must not write into that state's memory."""
    start = {"adviser": {"forecast": 4.0}}
    seen = view(demand=8.0, memory=dict(start))
    ask(ANCHOR, seen, "adviser")
    assert start == {"adviser": {"forecast": 4.0}}
    assert seen.memory["adviser"]["forecast"] > 4.0


def test_two_rules_in_one_head_do_not_mix_their_memories():
    """Weight 1 is the adviser alone, weight 0 the own rule alone, although both remember."""
    for weight, alone in ((1.0, GOOD), (0.0, ANCHOR)):

        def mixed(seen, w=weight):
            return w * ask(GOOD, seen, "adviser") + (1 - w) * ask(ANCHOR, seen, "own")

        runs = [tl.simulate(people.beer_chain({"retailer": rule})) for rule in (mixed, alone)]
        assert runs[0].daily.equals(runs[1].daily)
