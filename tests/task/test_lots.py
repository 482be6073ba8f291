"""Discounts, joint orders and shares of scarce stock: published instances and enumeration."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.task import inventory

# -- quantity discounts --


def test_a_discount_on_all_units_is_worth_a_larger_lot():
    """Order 1,200 of 25,000 a year at 3.60: 250 for orders + 324 for stock + 90,000 to buy."""
    prices = {1: 4.40, 800: 4.00, 1200: 3.60}
    best = inventory.EconomicLot(12, 0.15, 25_000, prices=prices)
    assert (best.quantity, best.cost()) == (1200, pytest.approx(90_574))
    shuffled = {1200: 3.60, 1: 4.40, 800: 4.00}
    assert inventory.EconomicLot(12, 0.15, 25_000, prices=shuffled).cost() == best.cost()


def test_one_price_is_the_plain_lot_and_its_purchase():
    plain = inventory.EconomicLot(8, 0.225, 1300, backorder_cost=5, production_rate=1700)
    priced = inventory.EconomicLot(8, 0.3, 1300, 5, 1700, prices={0: 0.75})
    assert priced.quantity == pytest.approx(plain.quantity, rel=1e-12)
    assert priced.backordered_share == pytest.approx(plain.backordered_share, rel=1e-12)
    assert priced.cost() == pytest.approx(plain.cost() + 1300 * 0.75, rel=1e-12)


def bill(prices, lot, incremental):
    """What a lot costs to buy, step by step."""
    steps = sorted(prices)
    if not incremental:
        return lot * prices[max(step for step in steps if step <= max(lot, steps[0]))]
    ends = [*steps[1:], math.inf]
    steps[0] = 0.0
    rows = zip(steps, ends, sorted(prices.values(), reverse=True), strict=True)
    return sum(max(0.0, min(lot, end) - start) * price for start, end, price in rows)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.floats(1, 500), st.floats(0.05, 1), st.floats(10, 5000), st.booleans(),
       st.integers(0, 99))  # fmt: skip
def test_no_lot_beats_the_best_of_all_prices(fixed, share, demand, incremental, seed):
    """Cost = orders + purchase + a holding cost by the mean price paid; on a fine grid of lots."""
    luck = np.random.default_rng(seed)
    steps = [1.0, *np.sort(luck.uniform(5, 900, 3)).tolist()]
    prices = dict(zip(steps, np.sort(luck.uniform(1, 9, 4))[::-1].tolist(), strict=True))
    wait = math.inf if incremental else luck.choice([math.inf, 2.0])
    speed = luck.choice([math.inf, 1.5])
    lot = inventory.EconomicLot(
        fixed, share, demand, wait, speed * demand, prices=prices, incremental=incremental
    )

    def by_hand(units):
        mean = bill(prices, units, incremental) / units
        held = share * mean * (1 - 1 / speed)
        served = 1.0 if math.isinf(wait) else wait / (held + wait)
        return fixed * demand / units + demand * mean + held * served * units / 2

    grid = [*np.geomspace(0.1, 20, 80) * lot.quantity, *steps, *(s - 1e-6 for s in steps)]
    for units in grid:
        assert lot.cost(float(units)) == pytest.approx(by_hand(units), rel=1e-9)
    assert lot.cost() <= min(map(by_hand, grid)) * (1 + 1e-12)
    assert lot.cost(lot.quantity) == lot.cost()


PRICES = [
    ({1: 5, 800: 5}, "prices must fall, but 5 from 800 units on is not below 5 from 1 on"),
    ({1: 5, 800: 6}, "prices must fall, but 6 from 800"),
    ({100: 5}, "prices begin at 100 units: say what the first unit costs"),
    ({-1: 5}, "prices begin at -1 units"),
    ({1: math.nan}, "prices is a number in USD/unit by least quantity, got nan"),
    ({math.nan: 5}, "prices is a number .* got nan"),
    ({1: math.inf}, "prices is a finite number"),
    ({1: -3}, "prices must be at least 1e-12"),
    ({1: 0}, "prices must be at least 1e-12"),
    ({"1": 5}, "prices is a number .* got '1'"),
    ({True: 5}, "prices is a number .* got True"),
    ([(1, 5)], "prices is a mapping"),
    (5, "prices is a mapping"),
    (None, "prices is a mapping"),
]


@pytest.mark.parametrize(("prices", "words"), PRICES)
def test_a_table_that_is_none_of_prices_is_told(prices, words):
    with pytest.raises(tl.TwinError, match=words):
        inventory.EconomicLot(12, 0.15, 2500, prices=prices)


@pytest.mark.parametrize("more", [{"backorder_cost": 3, "prices": {1: 5, 9: 4}}, {}])
def test_incremental_prices_that_have_no_formula_are_told(more):
    with pytest.raises(tl.ScenarioError, match="with prices and without backorder_cost"):
        inventory.EconomicLot(12, 0.15, 2500, incremental=True, **more)
