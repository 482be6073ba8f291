"""Days added up to weeks: what must stay the same, and what is lost and said."""

import math

import numpy as np
import pytest

import twinlab as tl
from twinlab.scope import restrict
from twinlab.scope.distributions import in_periods, summed, whole_periods
from twinlab.scope.periods import coarse_network, coarsen_disruptions

LAWS = [tl.Normal(50, 8), tl.Poisson(4), tl.Gamma(5, 3), tl.NegativeBinomial(4, 3),
        tl.LogNormal(5, 3), tl.Uniform(2, 9), tl.Empirical((0.0, 5.0, 12.5))]  # fmt: skip


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_week_of_demand_has_seven_times_the_mean_and_variance(law):
    """Draws of the sum against sums of draws: mean and spread within four standard errors."""
    draw = np.random.default_rng(7)
    days = law.draw(draw, np.ones(7 * 4000), 1).reshape(-1, 7).sum(axis=1)
    weeks = summed(law, 7).draw(draw, np.ones(4000), 1).ravel()
    error = math.hypot(days.std(), weeks.std()) / math.sqrt(4000)
    assert abs(days.mean() - weeks.mean()) < 4 * error
    assert days.std() == pytest.approx(weeks.std(), rel=0.1)


def test_a_trace_is_added_up_week_by_week():
    assert summed(tl.Trace(tuple(range(15))), 7) == tl.Trace((21.0, 70.0))


class Dice:
    average, lowest = 3.5, 1.0

    def draw(self, generator, scale, width):
        return generator.integers(1, 7, (len(scale), width)) * scale[:, None]


def test_a_distribution_of_ones_own_is_added_up_by_drawing():
    """Seven dice have the mean 24.5 and the variance 7 × 35/12."""
    week = summed(Dice(), 7)
    assert week.mean == pytest.approx(24.5)
    assert week.sd == pytest.approx(math.sqrt(7 * 35 / 12), rel=0.01)


@pytest.mark.parametrize(
    ("days", "weeks"), [(0, 0), (3, 0), (4, 1), (7, 1), (10, 1), (11, 2), (14, 2)]
)
def test_times_are_rounded_to_whole_weeks(days, weeks):
    assert in_periods(tl.Constant(days), 7) == tl.Constant(weeks)


def test_a_drawn_time_keeps_its_spread():
    assert in_periods(tl.Normal(21, 7), 7) == tl.Normal(3, 1)
    assert in_periods(tl.Empirical((7.0, 14.0)), 7) == tl.Empirical((1.0, 2.0))


def test_a_cycle_keeps_a_period_of_lead_time():
    there, back = tl.Lane("a", "b", "unit", lead_time=1), tl.Lane("b", "a", "unit", lead_time=1)
    network = tl.Network([tl.Product("unit")], [tl.Node("a"), tl.Node("b")], [there, back])
    assert [v.lead_time.average for v in coarse_network(network, 7).lanes] == [1, 1]


@pytest.mark.parametrize("lead_time", [0, 2, 5, 10, 30])
def test_no_goods_are_lost_or_found(lead_time):
    """Stock, goods under way and in process hold as many units in weeks as in days."""
    network = tl.Network(
        products=[tl.Product("ore"), tl.Product("tin")],
        nodes=[tl.Node("mine"), tl.Node("mill"), tl.Node("shop")],
        lanes=[tl.Lane("mine", "mill", "ore", lead_time=lead_time, initial_pipeline=8),
               tl.Lane("mill", "shop", "tin", lead_time=6, initial_pipeline=3)],
        recipes=[tl.Recipe("mill", "tin", {"ore": 2}, production_time=lead_time,
                           initial_in_process=4)],
        demands=[tl.Demand("shop", "tin", 4)],
        stocks=[tl.Stock("mill", "ore", 5)],
    )  # fmt: skip
    units = []
    for one in (network, coarse_network(network, 7)):
        start = tl.State.initial(one)
        units.append({item: start.on_hand.get(item, 0.0) + start.on_order[item]
                      for item in start.on_order})  # fmt: skip
    assert units[0] == pytest.approx(units[1])


def test_a_calm_year_costs_the_same_by_week_as_by_day():
    """Rates per day become rates per week: cost, demand and stock agree within two per cent."""
    network = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(50, 8),
                        lead_time={"plant": 14, "shop": 7}, holding_cost={"plant": 1, "shop": 2},
                        on_hand={"plant": 900, "shop": 600})  # fmt: skip
    day = tl.Scenario(network, {"plant": tl.BaseStock(1600), "shop": tl.BaseStock(1000)}, days=364)
    week = restrict(day, period=7).scenario
    assert week.days == 52
    daily, weekly = (tl.replicate(s, 64, seed=3) for s in (day, week))
    assert tl.cost(weekly).mean() / 7 == pytest.approx(tl.cost(daily).mean(), rel=0.02)
    assert weekly.total("demand").mean() == pytest.approx(daily.total("demand").mean(), rel=0.01)
    assert weekly.kpis.fill_rate.mean() == pytest.approx(1) == daily.kpis.fill_rate.mean()


def test_a_closure_takes_as_much_capacity_by_week_as_by_day():
    for start in range(8):
        for days in (1, 3, 7, 12, 28):
            shut = tl.Outage("mill", start=start, days=days, loss=0.5)
            parts = coarsen_disruptions([shut], 7)
            lost = sum(part.days.average * part.loss for part in parts)
            assert lost == pytest.approx(days * 0.5 / 7)
            assert len(parts) <= 3


def test_other_disruptions_by_week():
    surge, late, tiny, rare = coarsen_disruptions(
        [tl.DemandShift("shop", factor=3, start=7, days=7),
         tl.Delay("a", "b", extra=10, start=7, days=7), tl.Outage("c", rate=0.01, days=3),
         tl.LaneOutage("a", "b", rate=0.01, days=tl.Gamma(14, 7))], 7)  # fmt: skip
    assert (surge.factor, surge.start, surge.days.average) == (3, 1, 1)
    assert late.extra == 1
    assert tiny.rate == pytest.approx(1 - 0.99**7)
    assert tiny.loss == pytest.approx(3 / 7)
    assert rare.days == tl.Gamma(2, 1)
    assert rare.loss == 1
    assert coarsen_disruptions([tl.Delay("a", "b", extra=2, days=7)], 7) == ()
    at_once = [tl.StockLoss("c", share=0.5, start=12, days=9), tl.StockLoss("c", rate=0.01)]
    once, often = coarsen_disruptions(at_once, 7)
    assert (once.share, once.start, once.rate) == (0.5, 1, 0)
    assert (often.share, often.rate) == (1, pytest.approx(1 - 0.99**7))


def test_a_week_hides_a_short_closure_that_days_show():
    """A plant with capacity to spare catches up within the week: customers wait for days only."""
    network = tl.serial(["mine", "mill", "shop"], demand=tl.Constant(10),
                        on_hand={"mill": 10, "shop": 10})  # fmt: skip
    network = network.change(tl.Node("mill", tier=1), tl.Node("mine", tier=2, capacity=40))
    shut = tl.Outage("mine", start=28, days=4)
    day = tl.Scenario(network, tl.BaseStock(20), days=70, disruptions=[shut])
    seen = restrict(day, period=7)
    assert tl.simulate(day).kpis.fill_rate < 0.98
    assert tl.simulate(seen.scenario).kpis.fill_rate == 1
    what = [(s.what, s.name) for s in seen.blind_spots]
    assert ("disruption", "Outage 'mine'") in what
    assert ("decisions", "shop") in what


def test_a_season_within_the_week_is_named():
    asked = tl.Demand("shop", "unit", 4, season=(1.2, 1, 1, 1, 1, 0.4, 0.4), season_days=7)
    seen = restrict(
        tl.Scenario(tl.serial(["mine", "shop"], demand=asked), tl.BaseStock(9)), period=7
    )
    assert ("season", "changes every 1 days") in [(s.what, s.why) for s in seen.blind_spots]


def test_days_are_rounded_to_whole_periods_and_half_of_one_goes_up():
    assert [whole_periods(days, 7) for days in (3, 3.5, 10)] == [0, 1, 1]
