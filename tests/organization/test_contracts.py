"""Contracts: who earns what, by formula and by simulated seasons."""

import math

import numpy as np
import pytest

import twinlab as tl
from tests.known.answers import known
from twinlab.modeling import (
    best_wholesale,
    chain_quantity,
    deal,
    expected_sales,
    retailer_quantity,
)  # fmt: skip
from twinlab.organization import BuyBack, Season, Wholesale, coordinating_buy_back, settle

SEASON = Season(tl.Normal(100, 30), price=10, cost=2, salvage=1)
LAWS = [tl.Normal(100, 20), tl.Poisson(12), tl.Gamma(100, 60), tl.Uniform(20, 180),
        tl.LogNormal(100, 50), tl.NegativeBinomial(20, 9)]  # fmt: skip


def test_one_firm_is_the_newsvendor_of_the_textbook():
    """inv_newsvendor_explicit: Snyder & Shen (2019) Example 4.2, quantity and profit."""
    given, expected = known("inv_newsvendor_explicit")
    demand = tl.Normal(given["mean"], given["sd"])
    season = Season(demand, given["revenue"], given["purchase_cost"], given["salvage"])
    assert chain_quantity(season) == pytest.approx(expected["S"], rel=1e-6)
    best = deal(season, Wholesale(0.5), chain_quantity(season)).profits.chain
    assert best == pytest.approx(expected["expected_profit"], rel=1e-6)


def test_a_retailer_is_the_newsvendor_of_the_textbook_too():
    """inv_newsvendor_poisson: overage w − v and underage p − w are the h and p of the cases."""
    given, expected = known("inv_newsvendor_poisson")
    for case, wanted in list(zip(given["instances"], expected["S"], strict=True))[:2]:
        low = 1000.0
        price = low + case["h"] + case["p"]
        season = Season(tl.Poisson(case["poisson_mean"]), price, low + case["h"] / 2, low)
        assert retailer_quantity(season, Wholesale(low + case["h"])) == wanted


def test_double_marginalization_by_hand():
    """Uniform demand on 0 … 100, p = 10, c = 2: w = 6, q = 40 where 80 is best; 240 of 320 USD."""
    season = Season(tl.Uniform(0, 100), price=10, cost=2)
    found = deal(season, best_wholesale(season))
    assert found.contract.price == pytest.approx(6, abs=1e-5)
    assert (found.quantity, chain_quantity(season)) == pytest.approx((40, 80), abs=1e-3)
    assert (found.profits.retailer, found.profits.supplier) == pytest.approx((80, 160), rel=1e-5)
    assert found.efficiency == pytest.approx(0.75, rel=1e-5)


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("price", [2.5, 5.0, 8.0])
def test_the_right_buy_back_coordinates_the_chain(law, price):
    """Pasternack (1985): the quantity and the profit of one firm; λ of every unit's profit."""
    season = Season(law, price=10, cost=2, salvage=1)
    contract = coordinating_buy_back(season, price)
    found, whole = deal(season, contract), chain_quantity(season)
    assert found.quantity == pytest.approx(whole)
    assert found.efficiency == pytest.approx(1)
    part = (season.price - contract.buy_back) / (season.price - season.salvage)
    for quantity in (0.5 * whole, whole, 1.3 * whole):
        profits = deal(season, contract, quantity).profits
        assert profits.retailer == pytest.approx(part * profits.chain)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_wholesale_price_above_cost_leaves_the_chain_short(law):
    season = Season(law, price=10, cost=2, salvage=1)
    plain = deal(season, Wholesale(6))
    assert plain.quantity < chain_quantity(season)
    assert plain.efficiency < 1
    assert deal(season, Wholesale(2)).efficiency == pytest.approx(1)  # supplier earns nothing
    assert deal(season, Wholesale(2)).profits.supplier == pytest.approx(0)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_the_best_wholesale_price_is_better_than_its_neighbours(law):
    season = Season(law, price=10, cost=2, salvage=1)
    best = best_wholesale(season)
    earned = deal(season, best).profits.supplier
    for price in np.linspace(2.3, 9.9, 20):
        assert deal(season, Wholesale(price)).profits.supplier <= earned * 1.02
    for price in np.linspace(2, 10, 24 + 2)[1:-1]:  # the grid on which it begins to search
        assert deal(season, Wholesale(price)).profits.supplier <= earned + 1e-9


@pytest.mark.parametrize("contract", [Wholesale(6), BuyBack(6, 4), BuyBack(8, 7)], ids=str)
def test_expected_profits_are_the_means_of_simulated_seasons(contract):
    """The event of a season in the vector engine: stock q, one day of sales, what is left."""
    found = deal(SEASON, contract)
    asked = tl.Demand("shop", "unit", SEASON.demand, backorders=False)
    network = tl.serial(["maker", "shop"], demand=asked, on_hand={"shop": found.quantity})
    batch = tl.replicate(tl.Scenario(network, tl.LotForLot(), days=1), 20_000, seed=1985)
    sold, left = batch.total("served", "shop"), batch.total("on_hand", "shop")
    np.testing.assert_allclose(sold + left, found.quantity)
    seasons = settle(SEASON, contract, found.quantity, sold)
    for mine, wanted in [(seasons.retailer, found.profits.retailer),
                         (seasons.supplier, found.profits.supplier)]:  # fmt: skip
        error = 4 * mine.std(ddof=1) / math.sqrt(len(mine)) + 1e-9
        assert abs(mine.mean() - wanted) < error


def test_sales_never_exceed_demand_or_order():
    for quantity in (0.0, 50.0, 100.0, 300.0):
        assert expected_sales(SEASON, quantity) <= min(quantity, 100.01) + 1e-9  # cut at 0: 100.003


MISTAKES = [
    (lambda: Season(tl.Normal(9, 1), price=2, cost=3), "salvage 0 < cost 3 < price 2 must hold"),
    (lambda: coordinating_buy_back(SEASON, 11), "wholesale price 11: give one from the cost 2"),
    (lambda: deal(SEASON, Wholesale(10)), "wholesale price 10 < retail price 10 must hold"),
    (lambda: deal(SEASON, BuyBack(6, 6)), "credit for unsold units 6 < wholesale price 6"),
]


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_a_mistake_is_taught(mistake, words):
    with pytest.raises(tl.ScenarioError, match=words):
        mistake()


def test_a_normal_demand_is_cut_at_zero_as_it_is_drawn():
    """Normal(5, 6) lies below zero in a fifth of all seasons; sales are those of the draws."""
    season = Season(tl.Normal(5, 6), price=10, cost=2)
    drawn = season.demand.draw(np.random.default_rng(1), np.ones(1), 400_000).ravel()
    for quantity in (0, 3, 8, 40):
        sold = np.minimum(drawn, quantity)
        error = sold.std() / len(sold) ** 0.5
        assert abs(expected_sales(season, quantity) - sold.mean()) <= 4 * error + 1e-9


def test_a_chain_that_orders_nothing_has_no_efficiency():
    """One unit sells in 10 % of seasons: too rarely for a critical ratio of 0.4."""
    found = deal(Season(tl.Poisson(0.1), price=10, cost=6), Wholesale(8))
    assert (found.quantity, found.profits.chain) == (0, 0)
    assert math.isnan(found.efficiency)
