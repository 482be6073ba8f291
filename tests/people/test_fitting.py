"""Parameters put in are found again, with intervals that cover them as often as they say."""

import numpy as np
import pytest

import twinlab as tl
from twinlab import people
from twinlab.people.fitting import _Evenings

TRUE = people.AnchorAndAdjust(starts=4)
NAMES = ("theta", "alpha", "beta", "desired_stock")
SEEDS = 100


def covered(station, spread, **game):
    """How often each parameter's interval covers the truth, over many simulated players."""
    hits = np.zeros(len(NAMES))
    for seed in range(SEEDS):
        moody = people.NoisyRule(TRUE, spread, seed=seed, whole=False)
        run = tl.simulate(people.beer_chain({station: moody}, **game), seed=seed)
        fit = people.fit_ordering(run, station, first=4)
        hits += [fit[name].low <= getattr(TRUE, name) <= fit[name].high for name in NAMES]
    return hits / SEEDS


def error_of(share):
    return np.sqrt(share * (1 - share) / SEEDS)


def test_a_rule_is_found_again_exactly():
    run = tl.simulate(people.beer_chain())
    for station in people.STATIONS:
        fit = people.fit_ordering(run, station, first=4)
        for name in NAMES:
            assert fit[name].value == pytest.approx(getattr(TRUE, name), abs=1e-3), station


@pytest.mark.slow
def test_intervals_cover_the_truth_where_demand_varies():
    """A long game with varying demand: 95 % of the intervals hold, within 4 standard errors."""
    found = covered("retailer", 1.0, weeks=80, demand=tl.Normal(8, 2))
    assert (np.abs(found - 0.95) <= 4 * error_of(0.95)).all(), found


@pytest.mark.slow
def test_intervals_in_the_classic_game_are_a_little_narrow():
    """Customers change their mind once: θ and S' are hard to tell, and 32 decisions are few."""
    found = covered("wholesaler", 1.0)
    assert (np.abs(found - 0.92) <= 4 * error_of(0.92)).all(), found


def test_what_the_decisions_cannot_tell_is_said():
    """Who passes demand on has some θ = 1; every gap being zero, nothing tells the rest."""
    game = people.BeerGame("retailer")
    while not game.over:
        game.order(8)
    fit = game.fit
    assert not fit["theta"].remark
    assert all(fit[name].remark for name in ("alpha", "beta", "desired_stock"))
    assert "not identified" in str(fit)


def test_a_player_who_never_adjusts_may_seem_to():
    """The limit that the docstring admits: stock is a random walk, and α comes out above zero."""
    found = []
    for seed in range(20):
        moody = people.NoisyRule(people.AnchorAndAdjust(alpha=0, starts=4), 1.5, seed=seed)
        run = tl.simulate(people.beer_chain({"retailer": moody}))
        found.append(people.fit_ordering(run, "retailer", first=4)["alpha"].low > 0)
    assert np.mean(found) > 0.05 + 4 * np.sqrt(0.05 * 0.95 / len(found))


def test_errors_are_the_spread_of_estimates():
    """Standard errors of the regression against the spread over many seeds."""
    fits = newsvendor_fits(300, seed=1)
    values, errors = ([[getattr(p, what) for p in f] for f in fits] for what in ("value", "error"))
    ratio = np.std(values, axis=0) / np.sqrt(np.mean(np.square(errors), axis=0))
    assert (np.abs(ratio - 1) <= 4 / np.sqrt(2 * 300)).all(), ratio


def newsvendor_fits(persons, seed):
    """Fits of simulated students who order by themselves, all with one pull."""
    student = people.Students(pull=0.5, pull_spread=0, chasing=0.15, mood=12)
    alone = people.design(30, arms=["alone"])
    made, paper = people.classes_of(alone, student, persons, seed=seed), student.problem
    rounds = zip(made.own[0], made.demand[0], strict=True)
    return [people.fit_newsvendor(*each, paper.optimum, paper.mean) for each in rounds]


def test_newsvendor_intervals_cover_the_truth():
    fits = newsvendor_fits(400, seed=2)
    for name, truth in (("pull to centre", 0.5), ("chasing", 0.15)):
        share = np.mean([fit[name].low <= truth <= fit[name].high for fit in fits])
        assert abs(share - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / len(fits)), name


def test_a_constant_newsvendor_chases_nothing():
    game = people.NewsvendorGame(rounds=10, seed=1)
    while not game.over:
        game.order(200)
    assert game.fit["chasing"].value == pytest.approx(0, abs=1e-12)
    assert game.fit["pull to centre"].value == pytest.approx(25 / 74.5)


def test_mistakes_are_named():
    shop = tl.Scenario(tl.serial(["mine", "shop"], demand=tl.Normal(5, 1)), tl.BaseStock(8), days=9)
    with pytest.raises(tl.ScenarioError, match="every evening"):
        people.fit_ordering(tl.simulate(shop), "shop")
    with pytest.raises(tl.ScenarioError, match="at least 8 weeks"):
        people.fit_ordering(tl.simulate(people.beer_chain(weeks=10)), "retailer", first=4)
    with pytest.raises(tl.ScenarioError, match="at least 5 rounds"):
        people.fit_newsvendor([1, 2], [3, 4], 225, 150.5)
    with pytest.raises(tl.ScenarioError, match=r"no 'bta'.*beta"):
        people.fit_ordering(tl.simulate(people.beer_chain()), "retailer")["bta"]


def test_a_value_on_the_edge_of_its_range_says_so():
    """The benchmark never smooths (θ = 0); a team with θ = 0.3 lies well inside."""
    edge = people.fit_ordering(tl.simulate(people.beer_chain(people.benchmark_team())),
                               "wholesaler", first=4)  # fmt: skip
    assert edge["theta"].edge == "on the edge of its range 0 to 1"
    assert "theta 0.00" in str(edge["theta"])
    assert str(edge["theta"]).endswith(", on the edge of its range 0 to 1")
    assert edge["alpha"].edge == ""


def test_goals_are_looked_for_as_far_as_the_books_reach():
    """Ten times the largest number on the books, be it stock, orders, or what is owed."""
    plain = np.array([1.0, 2.0, 3.0])
    for owed, most in ((-50.0, 50.0), (-1.0, 9.0)):
        books = _Evenings(plain, np.array([3.0, owed, 2.0]), 2 * plain, 3 * plain)
        assert books.most == most
