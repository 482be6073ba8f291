"""Deprivation cost of water and the Gini index."""

import numpy as np
import pytest

from twinlab import ScenarioError
from twinlab.management import deprivation_cost, gini, waiting_cost


def test_nobody_pays_for_not_waiting():
    """Copies that add the constant instead of taking it off give 9 USD here."""
    assert deprivation_cost(0) == 0


def test_the_last_calibrated_hour_is_the_last():
    assert deprivation_cost(120) == pytest.approx(5.76e6, rel=0.01)
    for hours in (120.1, -0.1, float("nan"), [5, 200]):
        with pytest.raises(ScenarioError, match=r"0 to 120 hours|hours must be a number"):
            deprivation_cost(hours)


def test_the_cost_is_convex():
    costs = deprivation_cost(np.arange(0.0, 121.0))
    assert np.all(np.diff(costs, 2) > 0)


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
