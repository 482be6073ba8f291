"""Distributions: what they draw, the least they can give, and how they are written."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from twinlab.scope.cells import parse_distribution
from twinlab.scope.distributions import is_distribution

NUMBER = {
    # each with its mean, its sd and the least it can give
    tl.Normal(50, 8): (50, 8, 0),
    tl.Poisson(4): (4, 2, 0),
    tl.NegativeBinomial(4, 3): (4, 3, 0),
    tl.LogNormal(14, 4): (14, 4, 0),
    tl.Gamma(10, 10): (10, 10, 0),
    tl.Uniform(2, 5): (3.5, 3 / math.sqrt(12), 2),
    tl.Empirical((2, 3, 3, 8)): (4, math.sqrt(5.5), 2),
    tl.Constant(3): (3, 0, 3),
}
ONES = np.ones(2000)


def drawn(law, scale=ONES, width=50):
    # What does not vary is drawn once for all replications.
    return np.broadcast_to(law.draw(np.random.default_rng(20), scale, width), (len(scale), width))


def name(law):
    return type(law).__name__


@pytest.mark.parametrize("law", NUMBER, ids=name)
def test_draws_have_the_stated_mean_and_sd(law):
    """Within four standard errors over 100,000 draws; the sd's error from the fourth moment."""
    mean, sd, lowest = NUMBER[law]
    draws = drawn(law).ravel()
    assert law.average == mean
    assert law.lowest == lowest <= draws.min()
    assert abs(draws.mean() - mean) <= 4 * sd / math.sqrt(draws.size)
    fourth = ((draws - mean) ** 4).mean()
    error = math.sqrt(max(0.0, fourth - sd**4) / draws.size)
    assert abs(draws.var() - sd**2) <= 4 * error + 1e-12


@pytest.mark.parametrize("law", NUMBER, ids=name)
def test_the_scale_of_a_day_multiplies_its_mean(law):
    """Days that are scaled by 3 have three times the mean; days scaled by 0 have nothing."""
    scale = np.tile([1.0, 3.0, 0.0], 2000)
    draws = drawn(law, scale).reshape(2000, 3, 50)
    single, triple, nothing = (draws[:, at].mean() for at in range(3))
    error = NUMBER[law][1] / math.sqrt(2000 * 50)
    assert abs(triple - 3 * single) <= 4 * math.sqrt(9 + 9) * error + 1e-12
    assert nothing == 0


@pytest.mark.parametrize("law", NUMBER, ids=name)
def test_a_longer_horizon_begins_with_the_shorter_one(law):
    assert np.array_equal(drawn(law)[:100], drawn(law, ONES[:100]))


@pytest.mark.parametrize("law", [tl.Poisson(4), tl.NegativeBinomial(4, 3)], ids=name)
def test_counts_are_whole_even_when_scaled(law):
    draws = drawn(law, 0.3 * ONES)
    assert np.array_equal(draws, np.rint(draws))


def test_a_normal_draw_below_zero_is_zero():
    """With mean 1 and sd 2 about 31 % are cut; the rest is as it was."""
    draws = drawn(tl.Normal(1, 2))
    assert draws.min() == 0
    assert (draws == 0).mean() == pytest.approx(0.3085, abs=0.006)


def test_a_trace_is_what_was_recorded():
    draws = drawn(tl.Trace((3, 4, 5)), scale=np.array([1.0, 2.0]), width=2)
    assert draws.tolist() == [[3, 3], [8, 8]]
    assert (tl.Trace((3, 4, 5)).average, tl.Trace((3, 4, 5)).lowest) == (4, 3)


@pytest.mark.parametrize("law", [*NUMBER, tl.Empirical((2,)), tl.Normal(1e-07, 1e20)], ids=str)
def test_a_distribution_reads_back_from_its_text(law):
    assert parse_distribution(str(law)) == law


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("7", tl.Constant(7)),
        (" 1.5e1 ", tl.Constant(15)),
        ("Normal(5, 1)", tl.Normal(5, 1)),
        ("Normal( sd = 1 , mean = 5 )", tl.Normal(5, 1)),
        ("Empirical((2, 3))", tl.Empirical((2, 3))),
        ("Trace()", tl.Trace()),
    ],
)
def test_what_a_student_may_write(text, law):
    assert parse_distribution(text) == law


@pytest.mark.parametrize(
    "text", ["Normal(5)", "Normal(5, 1, 2)", "Normal(5; 1)", "Normal 5", "Normal(mean=five, sd=1)"]
)
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"Normal"):
        parse_distribution(text)


class Coin:
    """A user's own distribution: heads is one unit."""

    average, lowest = 0.5, 0.0

    def draw(self, generator, scale, width):
        return (generator.random((len(scale), width)) < 0.5).astype(float)


def test_a_students_own_distribution_is_one():
    """Anything that has an average and a lowest value and can draw."""
    assert is_distribution(Coin())
    scenario = tl.Scenario(tl.serial(["mine", "shop"], demand=Coin()), tl.LotForLot(), days=200)
    demand = tl.simulate(scenario, seed=5).series("demand")
    assert set(demand) == {0.0, 1.0}
    assert abs(demand.mean() - 0.5) <= 4 * 0.5 / math.sqrt(200)


@pytest.mark.parametrize(
    "network",
    [
        tl.serial(["mine", "shop"], demand=tl.Constant(4), lead_time=tl.Trace((1, 2))),
        tl.assembly("plant", {"frame": 1}, demand=tl.Constant(4)).change(
            tl.Recipe("plant", "unit", {"frame": 1}, good_share=tl.Trace((1, 0.9)))
        ),
    ],
    ids=["lead time", "good share"],
)
def test_a_trace_that_is_too_short_is_taught_wherever_it_stands(network):
    with pytest.raises(tl.ScenarioError, match="2 days"):
        tl.simulate(tl.Scenario(network, tl.LotForLot(), days=10))


def test_an_endless_whole_number_is_refused_as_a_range_is():
    """An integer column answers infinity with its message, not with an OverflowError."""
    with pytest.raises(tl.NetworkError, match="review_period is a finite number of days, got inf"):
        tl.Node("plant", review_period=math.inf)


@pytest.mark.parametrize("family", [tl.Trace, tl.Empirical])
def test_listed_values_are_one_array_of_their_own_that_is_only_read(family):
    """Whatever lists them: equal values are one law, with one hash; a long one prints short."""
    numbers = [3.0, 0.0, 4.0]
    given = np.array(numbers)
    law = family(given)
    given[0] = 9.0
    ways = (tuple(numbers), numbers, iter(numbers), np.array([3, 0, 4]), pd.Series(numbers))
    for other in (*map(family, ways), family((3, -0.0, 4)), pickle.loads(pickle.dumps(law))):
        assert (other, hash(other)) == (law, hash(law))
        assert isinstance(other.values, np.ndarray)
    assert law not in (family((3, 0)), family((3, 0, 5)), numbers)
    assert tl.Trace(numbers) != tl.Empirical(numbers)
    with pytest.raises(ValueError, match="read-only"):
        law.values[0] = 5
    assert repr(law) == str(law) == f"{family.__name__}(values=(3.0, 0.0, 4.0))"
    long = family(range(1000))
    assert repr(long) == f"{family.__name__}(1,000 values: 0.0, 1.0, 2.0, ...)"
    assert str(long).count(",") == 999
    with pytest.raises(tl.NetworkError, match="values is a list of finite numbers, got "):
        family(np.array([1.0, np.nan]))
