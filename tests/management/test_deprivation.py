"""Deprivation cost of water and the Gini index."""

import numpy as np
import pytest

from twinlab import ScenarioError
from twinlab.management import deprivation_cost, gini, waiting_cost, waiting_level, waits


def test_nobody_pays_for_not_waiting():
    """Copies that add the constant instead of taking it off give 9 USD here."""
    assert deprivation_cost(0) == 0


def test_the_last_calibrated_hour_is_the_last():
    assert deprivation_cost(120) == pytest.approx(5.76e6, rel=0.01)
    for hours in (120.1, -0.1, float("nan"), [5, 200]):
        with pytest.raises(ScenarioError, match=r"0 to 120 hours|hours must be a number"):
            deprivation_cost(hours)


def test_the_cost_is_convex_and_goes_on_straight_along_its_tangent():
    costs = deprivation_cost(np.arange(0.0, 121.0))
    assert np.all(np.diff(costs, 2) > 0)
    beyond = deprivation_cost(np.array([120.0, 120.001, 200.0, 280.0]), tangent=True)
    assert beyond[0] == deprivation_cost(120)
    assert np.diff(beyond[[0, 1]]) == pytest.approx(0.001 * 0.1172 * (beyond[0] + np.exp(1.5031)))
    assert beyond[3] - beyond[2] == pytest.approx(beyond[2] - beyond[0])
    assert waiting_cost([], 130, tangent=True) == deprivation_cost(130, tangent=True)


@pytest.mark.parametrize("good", ["water", "food", "shelter", "health"])
def test_a_level_rises_from_nothing_to_the_whole_loss(good):
    levels = waiting_level(np.arange(0.0, 1000.0), good)
    assert levels[0] == 0
    assert levels[-1] == pytest.approx(1)
    assert np.all(np.diff(levels) >= 0)
    assert np.all(np.diff(levels[:120]) > 0)


def test_only_water_goes_on_beyond_the_whole_loss():
    assert waiting_level(240) == 1 < waiting_level(240, tangent=True)
    assert waiting_level(240, "food", tangent=True) == waiting_level(240, "food") < 1


def test_half_of_the_loss_is_where_the_logistic_says():
    """Food: L(x) = 1/2 of the way from its value at 0 to 1, solved for x by hand."""
    none = 1 / (1 + np.exp(4.2280))
    days = (4.2280 - np.log(1 / (0.5 * (1 + none)) - 1)) / 0.7407
    assert waiting_level(24 * days, "food") == pytest.approx(0.5)


def by_units(demand, owed):
    """Each unit by itself: a queue of whole units; what was owed before stands in front of it."""
    nights = []
    queue = [-1] * int(max(owed[0] - demand[0], 0))
    for night, (wanted, left) in enumerate(zip(demand, owed, strict=True)):
        queue += [night] * int(wanted)
        served, queue = queue[: len(queue) - int(left)], queue[len(queue) - int(left) :]
        nights += [night - day for day in served if day >= 0]
    nights += [len(demand) - day for day in queue if day >= 0]
    return [sum(each > longest for each in nights) for longest in range(len(demand))]


@pytest.mark.parametrize("seed", range(20))
def test_waits_are_those_of_a_queue_of_units(seed):
    generator = np.random.default_rng(seed)
    demand = generator.integers(0, 5, 12) * generator.integers(0, 2, 12)
    owed, histories = np.zeros((12, 3)), 3
    for history in range(histories):
        left = generator.integers(0, 8)
        for night in range(12):
            left = max(left + demand[night] - generator.integers(0, 5), 0)
            owed[night, history] = left
    found = waits(demand, owed)
    assert found.shape == (12, 3)
    for history in range(histories):
        assert found[:, history].tolist() == by_units(demand, owed[:, history])
    assert np.array_equal(waits(np.tile(demand[:, None], 3), owed), found)


def test_fractions_that_do_not_add_up_to_the_last_bit_are_served():
    assert not waits([0.1] * 30, [0.0] * 30).any()
    assert not waits([0.1, 0.2, 0.7], [0.0, 0.0, 1e-17]).any()


@pytest.mark.parametrize("split", [1, 8, 20, 23, 25, 40])
def test_equal_waits_are_the_cheapest(split):
    assert waiting_cost([24], 48) < waiting_cost([split], 48)


def test_a_delivery_now_changes_nothing():
    assert waiting_cost([0, 30], 48) == pytest.approx(waiting_cost([30], 48))


@pytest.mark.parametrize("deliveries", [[20, 10], [50]])
def test_deliveries_must_be_in_order(deliveries):
    with pytest.raises(ScenarioError, match="must rise from 0 to 48"):
        waiting_cost(deliveries, 48)


def test_gini_by_lorenz_curve():
    """Another definition: one minus twice the area under the Lorenz curve."""
    generator = np.random.default_rng(3)
    values, heads = generator.exponential(5, 40), generator.integers(1, 9, 40, np.intp)
    everyone = np.sort(np.repeat(values, heads))
    lorenz = np.concatenate([[0], np.cumsum(everyone) / everyone.sum()])
    area = np.trapezoid(lorenz, dx=1 / len(everyone))
    assert gini(values, heads) == pytest.approx(1 - 2 * area, rel=1e-12)


def test_gini_knows_no_unit_and_no_size_of_town():
    assert gini([2, 4, 8]) == pytest.approx(gini([20, 40, 80]))
    assert gini([2, 4, 8], [5, 5, 5]) == pytest.approx(gini([2, 4, 8]))
    assert gini([0, 0]) == 0


@pytest.mark.parametrize(
    "given", [([],), ([1, 2], [1]), ([-1, 2],), ([1, 2], [0, 0]), ([1, 2], [-1, 2])]
)
def test_gini_refuses_nonsense(given):
    with pytest.raises(ScenarioError, match="gini"):
        gini(*given)
