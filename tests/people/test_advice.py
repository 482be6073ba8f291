"""Advice followed or overridden: outcomes on common random numbers, and decisions one by one."""

import numpy as np
import pytest

import twinlab as tl
from twinlab import people

GOOD = people.AnchorAndAdjust(0, 1, 1, 28, starts=4)
STUBBORN = people.TakesAdvice(own=people.average_person(), advice=GOOD, weight=0.4)


def advised_game(orders):
    game = people.BeerGame("retailer", adviser=GOOD)
    for extra in orders:
        game.order(max(0.0, game.advice + extra))
    return game


def test_following_the_advice_is_worth_nothing():
    game = advised_game([0.0] * 32)
    value = game.override_value()
    assert value.value == 0
    alone = people.beer_cost(tl.simulate(game.scenario.decide({"retailer": GOOD})))
    assert value.taken == value.followed == alone


def test_decisions_add_up_to_the_whole():
    extra = np.random.default_rng(2).normal(0, 3, 32).round()
    game = advised_game(extra)
    value = game.override_value()
    assert value.taken == pytest.approx(people.beer_cost(game.run))
    assert value.value == pytest.approx(sum(d.value for d in value.decisions))
    assert len(value.decisions) == 32
    assert [d.day for d in value.decisions] == list(range(4, 36))
    assert value.table["override [units]"].sum() == pytest.approx(
        sum(d.override for d in value.decisions)
    )


def test_one_override_is_worth_what_two_runs_differ():
    """The same game with the third decision six cases higher, all other advice followed."""
    game = advised_game([0, 0, 6] + [0] * 29)
    value = game.override_value()
    assert [d.day for d in value.decisions if d.value] == [6]

    def once_more(view):
        return GOOD(view) + (6.0 if view.day == 6 else 0.0)

    costs = [
        people.beer_cost(tl.simulate(game.scenario.decide({"retailer": rule})))
        for rule in (GOOD, once_more)
    ]
    assert value.value == pytest.approx(costs[0] - costs[1])


def test_a_game_must_end_before_it_is_judged():
    with pytest.raises(tl.ScenarioError, match="not over"):
        people.BeerGame(adviser=GOOD).override_value()


def test_advice_is_asked_once_per_decision():
    asked = []
    chain = people.beer_chain(weeks=8)
    game = people.BeerGame(adviser=lambda v: asked.append(v.day) or 5.0, chain=chain)
    while game.view:
        assert game.advice == game.advice == 5.0
        game.order(game.advice)
    assert asked == list(range(8))
    assert game.advice is None


def test_a_simulated_overrider_is_judged_on_common_random_numbers():
    """Paired: the estimate is the mean of the differences of single replications."""
    chain = people.beer_chain({"retailer": STUBBORN}, demand=tl.Poisson(8))
    found = people.override_value(chain, "retailer", 64, seed=5, outcome=people.beer_cost)
    follow = chain.decide({"retailer": GOOD})
    costs = [[people.beer_cost(tl.simulate(s, 5, r)) for r in range(64)] for s in (follow, chain)]
    assert found.mean == pytest.approx(np.mean(np.subtract(*costs)))
    with pytest.raises(tl.ScenarioError, match="hears no advice"):
        people.override_value(chain, "factory", outcome=people.beer_cost)


def test_the_log_keeps_advice_and_decision():
    chain = people.beer_chain({"retailer": STUBBORN})
    run = tl.simulate(chain)
    notes = [e.note for e in run.log.of("remembered") if e.node == "retailer"]
    assert len(notes) == 36
    for ordered, note in zip(run.series("ordered", "retailer"), notes, strict=True):
        assert ordered == pytest.approx(0.4 * note["advised"] + 0.6 * note["own idea"])


def test_two_rules_in_one_head_do_not_mix_their_memories():
    """Weight 1 is the adviser alone, weight 0 the own rule alone, although both remember."""
    for weight, alone in ((1.0, GOOD), (0.0, people.average_person())):
        mixed = people.TakesAdvice(own=people.average_person(), advice=GOOD, weight=weight)
        runs = [tl.simulate(people.beer_chain({"retailer": rule})) for rule in (mixed, alone)]
        assert runs[0].daily.equals(runs[1].daily)
