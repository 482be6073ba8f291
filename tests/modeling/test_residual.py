"""Goods that have been travelling for a while: how much longer?"""

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.scope.state import Shipment


def arrivals(lead_time, ages, blocks=4, today=100):
    """Days still to go of shipments of these ages, shipments × replications."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(1), lead_time=lead_time)
    scenario = tl.Scenario(network, tl.BaseStock(5), days=1)
    key = network.lanes[0].key
    start = tl.State.initial(network)
    start.day, start.tracked = today, False
    start.under_way[key] = [Shipment(today, 1.0, today - int(age)) for age in ages]
    scenario = scenario.change(days=today + 1)
    luck = draw_streams(scenario, 3, 0, blocks * 64, start)
    return np.array([np.broadcast_to(due, blocks * 64) for due in luck.arrivals[key]]) - today


def test_the_mean_residual_of_an_erlang_lead_time_seen_at_a_random_time():
    """Renewal theory: a lead time S seen at a random moment has E[S²]/(2 E[S]) still to go: 6.25
    for Erlang-4 of mean 10 (Ross 2014, section 7.7). Drawing S anew would say 10."""
    generator = np.random.default_rng(5)
    mean = 1000  # days, so that rounding to whole days does not matter
    law = tl.Gamma(mean=mean, sd=mean / 2)  # shape 4
    # Shipments leave at a steady rate; those still under way have ages with density P(S > a).
    lead_times = generator.gamma(4, mean / 4, size=40_000)
    left = generator.uniform(0, 6 * mean, size=40_000)
    ages = left[lead_times > left][:400]
    residual = arrivals(law, ages, blocks=1, today=10_000).mean(axis=1)
    error = residual.std(ddof=1) / np.sqrt(len(residual))
    assert abs(residual.mean() - 6.25 * mean / 10) <= 4 * error


def test_a_constant_lead_time_is_certain():
    assert (arrivals(7, [2]) == 5).all()


def test_goods_older_than_any_lead_time_arrive_today():
    assert (arrivals(tl.Uniform(2, 5), [9]) == 0).all()


def test_the_law_is_that_of_lead_times_that_outlast_the_age():
    """Uniform over the days 1 to 6, three days old: 3, 4, 5 or 6 days in all, equally likely."""
    law = tl.Empirical((1, 2, 3, 4, 5, 6))
    rest = arrivals(law, [3], blocks=64)[0]
    shares = np.array([(rest == days).mean() for days in range(4)])
    assert shares.sum() == pytest.approx(1.0)
    assert (np.abs(shares - 0.25) <= 4 * np.sqrt(0.25 * 0.75 / rest.size) + 0.02).all()


def test_goods_stand_still_while_their_lane_is_known_to_be_held():
    network = tl.serial(["mine", "shop"], demand=tl.Constant(1), lead_time=tl.Constant(4))
    scenario = tl.Scenario(network, tl.BaseStock(5), days=40).disrupt(
        tl.LaneOutage("mine", "shop", start=8, days=10, holds_transit=True)
    )
    start, key = tl.State.initial(network), network.lanes[0].key
    start.day, start.tracked = 10, False
    start.under_way[key] = [Shipment(11, 3.0, 7)]  # due tomorrow, but for the closure
    assert draw_streams(scenario, 1, 0, 64, start).arrivals[key][0].tolist() == [19] * len(
        draw_streams(scenario, 1, 0, 64, start).arrivals[key][0]
    )


def test_a_recorded_lead_time_is_known_and_before_the_record_it_is_the_mean():
    law = tl.Trace((4,) * 60 + (9,) * 60)
    assert (arrivals(law, [5], today=70) == 4).all()  # left on day 65
    assert (arrivals(law, [75], today=70) == 0).all()  # left before day 0
