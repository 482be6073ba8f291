"""What a law amounts to as the engines draw it, against integrals and the law's own draws."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import twinlab as tl
from twinlab.scope.distributions import days_of, mean_of, outcomes, sd_of


@dataclass(frozen=True)
class Debts:
    """A law that draws less than nothing."""

    average: float = -1.0

    def draw(self, generator, scale, width):
        return -np.ones((len(scale), width))


@pytest.mark.parametrize("law", [tl.Poisson(0.5), tl.Uniform(0, 1), tl.NegativeBinomial(0.4, 1)])
@pytest.mark.parametrize("days", [1, 3])
def test_days_without_demand_are_outcomes_too(law, days):
    found = outcomes(law, days)
    assert found.min() < 0.5
    error = found.std() / np.sqrt(found.size)
    assert abs(found.mean() - days * law.average) < 4 * error


def test_less_than_nothing_is_refused():
    with pytest.raises(tl.NetworkError, match="finite numbers of at least 0"):
        outcomes(Debts())


@dataclass(frozen=True)
class Draws:
    """A law that promises 1 and draws whatever it is told to."""

    said: str
    average: float = 1.0
    lowest: float = 0.0

    def draw(self, generator, scale, width):
        rows = {"nan": (len(scale), width), "less": (len(scale), 1), "few": (width,)}[self.said]
        return np.full(rows, {"nan": np.nan, "less": -1.0, "few": 1.0}[self.said])


@pytest.mark.parametrize("said", ["nan", "less", "few"])
@pytest.mark.parametrize("live", [tl.simulate, tl.replicate])
def test_no_engine_lives_on_what_is_no_number_of_at_least_zero(said, live):
    """A law of one's own as demand, lead time, yield and duration of a closure."""
    law, sure = Draws(said), tl.Poisson(3)
    calm = tl.Scenario(tl.serial(["mine", "shop"], demand=sure), tl.BaseStock(9), days=9)
    made = tl.assembly("shop", {"part": 1}, demand=sure)
    lanes = tl.serial(["mine", "shop"], demand=sure, lead_time=law)
    for wrong in (
        calm.change(network=tl.serial(["mine", "shop"], demand=law)),
        calm.change(network=lanes),
        tl.Scenario(made.change(replace(made.recipes[0], good_share=law)), tl.BaseStock(9), days=9),
        calm.disrupt(tl.Outage("mine", rate=0.5, days=law)),
    ):
        with pytest.raises(tl.NetworkError, match="finite numbers of at least 0"):
            live(wrong)


@dataclass  # as a student writes it: not frozen, and so without a hash
class Dice:
    """A law of one's own that may be written to."""

    pips: int = 6
    average: float = 3.5
    lowest: float = 0.0

    def draw(self, generator, scale, width):
        return generator.integers(1, self.pips + 1, (len(scale), width))


@pytest.mark.parametrize("live", [tl.simulate, lambda one: tl.replicate(one, 4)])
def test_a_law_that_may_be_written_to_is_drawn_as_it_is_now(live):
    law = Dice()
    scenario = tl.Scenario(tl.serial(["mine", "shop"], demand=law), tl.BaseStock(9), days=30)
    six = np.max(live(scenario).total("demand", "shop"))
    assert six == np.max(live(scenario).total("demand", "shop"))
    law.pips = 1
    assert np.max(live(scenario).total("demand", "shop")) == 30 < six


@pytest.mark.parametrize("law", [tl.Uniform(0.8, 1.2), tl.Normal(0.9, 0.2), tl.Uniform(0.2, 0.7)])
def test_a_mean_of_what_is_cut_on_both_sides(law):
    """E[min(max(X, 0), 1)] by integration: ∫ P(X > x) dx from 0 to 1."""
    if isinstance(law, tl.Normal):
        beyond = norm(law.mean, law.sd).sf
    else:

        def beyond(x):
            return np.clip((law.high - x) / (law.high - law.low), 0, 1)

    exact = quad(beyond, 0, 1, limit=200)[0]
    assert mean_of(law, most=1) == pytest.approx(exact, rel=0.005)


@pytest.mark.parametrize("law", [tl.Normal(2, 5), tl.Normal(10, 4), tl.Normal(0.1, 3)])
def test_mean_and_spread_of_a_normal_law_cut_at_zero(law):
    drawn = np.maximum(0, np.random.default_rng(6).normal(law.mean, law.sd, 400_000))
    assert abs(mean_of(law) - drawn.mean()) < 4 * drawn.std() / 632
    assert sd_of(law) == pytest.approx(drawn.std(), rel=0.01)


def test_a_trend_ends_at_zero():
    """4 units that fall by 2 % of these a day are used up on day 50; no day asks for less."""
    asked = tl.Demand("shop", "bike", 4, trend=-0.02, season=(0.5, 1.5), season_days=2)
    assert asked.scale(10) == pytest.approx(0.5 * 0.8)
    assert asked.scale(11) == pytest.approx(1.5 * 0.78)
    assert [asked.scale(day) for day in (50, 51, 400)] == [0, 0, 0]


def test_a_time_counts_in_whole_days_and_half_a_day_goes_to_the_even_one():
    assert days_of(tl.Constant(3.6)) == days_of(tl.Constant(4.5)) == 4.0
    assert days_of(tl.Empirical((1.2, 2.8))) == 2.0
