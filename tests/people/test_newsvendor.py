"""The newsvendor game: demand that does not depend on orders, simulated players, advice."""

import numpy as np
import pytest

import twinlab as tl
from twinlab import people

HIGH, LOW = people.NewsvendorProblem(cost=3), people.NewsvendorProblem(cost=9)


@pytest.mark.parametrize("problem", [HIGH, LOW])
def test_no_order_beats_the_optimum(problem):
    profits = [problem.expected_profit(order) for order in range(problem.highest + 1)]
    assert max(profits) == profits[problem.optimum]


def test_demand_does_not_depend_on_orders():
    games = [people.NewsvendorGame(LOW, rounds=10, seed=4) for _ in range(2)]
    for game, order in zip(games, (10, 290), strict=True):
        while not game.over:
            game.order(order)
    assert games[0].demands == games[1].demands
    assert games[0].demands == LOW.demands(50, seed=4)[:10], "more rounds only add some"


def test_demand_is_uniform():
    drawn = np.array(HIGH.demands(20_000, seed=8))
    assert (drawn.min(), drawn.max()) == (1, 300)
    error = np.sqrt((300**2 - 1) / 12 / len(drawn))
    assert abs(drawn.mean() - HIGH.mean) <= 4 * error


def test_a_game_in_numbers():
    game = people.NewsvendorGame(HIGH, rounds=2, seed=1)
    assert HIGH.demands(2, seed=1) == (142, 154)
    game.order(100)
    game.order(200)
    assert game.profit == 100 * 9 + (154 * 12 - 200 * 3)
    assert (game.over, game.round) == (True, 2)
    with pytest.raises(tl.ScenarioError, match="the game is over"):
        game.order(1)
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(tl.ScenarioError, match="units must be a finite number of at least 0"):
            people.NewsvendorGame().order(wrong)


def test_simulated_players_order_too_few_of_the_good_and_too_many_of_the_bad():
    """Schweitzer and Cachon's mean orders, by a player with their pull: 4 standard errors."""
    for problem, observed in zip((HIGH, LOW), people.HUMAN_ORDERS, strict=True):
        player = people.NewsvendorPlayer(1 - problem.adjustment(observed), 0.2, 10, whole=False)
        game = people.NewsvendorGame(problem, rounds=4000, seed=2)
        player.play(game, seed=3)
        error = np.std(game.orders) / np.sqrt(len(game.orders))
        assert abs(np.mean(game.orders) - observed) <= 4 * error


def test_overrides_are_worth_what_the_rounds_say():
    game = people.NewsvendorGame(HIGH, rounds=3, seed=1, adviser=lambda game: 225)
    for order in (225, 150, 225):
        game.order(order)
    value = game.override_value()
    assert [d.override for d in value.decisions] == [0, -75, 0]
    # Demand 154: the advice would have left 71 over, the override lacks 4.
    assert value.value == pytest.approx(75 * 3 - 4 * 12)
    assert value.table["value [USD]"].sum() == pytest.approx(value.value)
    with pytest.raises(tl.ScenarioError, match="nobody advised"):
        people.NewsvendorGame().override_value()


def test_a_problem_without_profit_is_refused():
    with pytest.raises(tl.ScenarioError, match="cost 12 must be below price 12"):
        people.NewsvendorProblem(cost=12)
