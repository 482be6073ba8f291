"""The newsvendor game: demand that does not depend on orders, and simulated players."""

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
    alone = people.design(50, arms=["alone"])
    for problem, observed in zip((HIGH, LOW), people.HUMAN_ORDERS, strict=True):
        pull = 1 - problem.adjustment(observed)
        student = people.Students(pull=pull, pull_spread=0, chasing=0.2, mood=10, problem=problem)
        means = people.classes_of(alone, student, size=80, seed=2).own[0].mean(axis=1)
        assert abs(means.mean() - observed) <= 4 * means.std() / np.sqrt(len(means))


def test_expected_profit_is_the_mean_over_all_demands():
    """Of whole and broken orders, beyond the highest demand too."""
    demands = np.arange(1, 301)
    for order in (0, 1, 75, 150.5, 225.25, 300, 350):
        each = [HIGH.profit(order, demand) for demand in demands]
        assert HIGH.expected_profit(order) == pytest.approx(np.mean(each))
    assert HIGH.expected_profit(np.array([225.0, 150.0]))[0] == HIGH.expected_profit(225) == 1017


def test_a_scripted_round_makes_the_best_order_look_worst():
    for problem in (HIGH, LOW):
        game = people.NewsvendorGame(problem, rounds=5, seed=1)
        game.script(3)
        while not game.over:
            game.order(150)
        assert game.demands[2] == problem.worst
        assert problem.demands(5, seed=1)[3:] == game.demands[3:], "other rounds are as drawn"
        best, own = (problem.profit(q, problem.worst) for q in (problem.optimum, problem.mean))
        assert best < own


def test_a_problem_without_profit_is_refused():
    with pytest.raises(tl.ScenarioError, match="cost 12 must be below price 12"):
        people.NewsvendorProblem(cost=12)
