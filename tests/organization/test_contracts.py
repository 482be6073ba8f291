"""Contracts: who earns what, by formula and by simulated seasons."""

import math

import numpy as np
import pytest
from scipy.stats import norm, poisson

import twinlab as tl
from tests.known.answers import known
from twinlab.modeling import (
    best_wholesale,
    chain_quantity,
    coordinating,
    deal,
    expected_sales,
    retailer_quantity,
)  # fmt: skip
from twinlab.modeling.formulas.newsvendor import as_scipy
from twinlab.organization import (
    BuyBack,
    QuantityFlexibility,
    RevenueSharing,
    Season,
    Wholesale,
    settle,
)  # fmt: skip

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
    contract = coordinating(season, price=price)
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


def listed(law):
    """Demands, all equally likely, that stand for a law: the middles of 20,000 parts of it."""
    law = law if hasattr(law, "ppf") else as_scipy(law) or norm(law.mean, law.sd)
    return np.maximum(0.0, law.ppf((np.arange(20_000) + 0.5) / 20_000))


def by_hand(season, contract, quantity, demands):
    """What both earn on average, with no more than the contract's own transfer."""
    sold = np.minimum(demands, quantity)
    paid = np.mean(contract.transfer(season, quantity, sold))
    kept = np.mean(season.price * sold + season.salvage * (quantity - sold))
    return kept - paid, paid - season.cost * quantity


class Rebate:
    """A class of one's own: 4 USD back for every unit sold above 80."""

    def transfer(self, season, quantity, sold):
        return 6 * quantity - 4 * np.maximum(0, sold - 80)


class Bonus(Rebate):
    """90 USD at once for a season that sells 80, and help with what is left."""

    def transfer(self, season, quantity, sold):
        return 6 * quantity - 90 * (sold >= 80) - 3 * np.sqrt(quantity - sold)


CONTRACTS = [Wholesale(6), BuyBack(6, 4), RevenueSharing(2, 0.6), QuantityFlexibility(5, 0.3),
             QuantityFlexibility(4, 0.123), Rebate(), Bonus()]  # fmt: skip


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("law", LAWS, ids=str)
def test_profits_are_those_of_listed_demands_under_every_contract(law, contract):
    season, demands = Season(law, price=10, cost=2, salvage=1), listed(law)
    for quantity in (0.0, 0.6 * law.average, 1.4 * law.average, 85.0):
        found = deal(season, contract, quantity).profits
        wanted = by_hand(season, contract, quantity, demands)
        assert (found.retailer, found.supplier) == pytest.approx(wanted, rel=3e-4, abs=0.02)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("law", LAWS, ids=str)
def test_no_order_of_a_grid_earns_the_retailer_more(law, contract):
    season, demands = Season(law, price=10, cost=2, salvage=1), listed(law)[::5]
    found = deal(season, contract)
    for quantity in np.linspace(0, 3 * law.average, 30):
        earned = by_hand(season, contract, quantity, demands)[0]
        assert earned <= found.profits.retailer + 0.002 * abs(found.profits.retailer) + 0.02
        exact = deal(season, contract, quantity).profits.retailer
        assert exact <= found.profits.retailer + 1e-7


OTHERS = [Season(tl.Normal(100, 30), 10, 2, 1), Season(tl.Gamma(60, 40), 25, 9, 3),
          Season(tl.Poisson(12), 8, 5, 0), Season(tl.Uniform(0, 40), 10, 4, 2),
          Season(tl.Empirical((1, 4, 6, 9)), 10, 4, 1)]  # fmt: skip


@pytest.mark.parametrize("season", OTHERS, ids=str)
@pytest.mark.parametrize("flexibility", [0.0, 0.1, 0.2, 0.4])
def test_the_right_price_of_flexibility_coordinates_the_chain(season, flexibility):
    """Of all prices of a grid, only those next to the formula's make the best order best."""
    contract, whole = coordinating(season, flexibility=flexibility), chain_quantity(season)
    found = deal(season, contract)
    assert found.quantity == pytest.approx(whole, abs=1e-4)
    assert found.efficiency == pytest.approx(1)
    assert season.cost - 1e-9 <= contract.price < season.price
    if not isinstance(season.demand, tl.Poisson | tl.Empirical):  # there a range of prices does
        for step in (-0.02, 0.02):
            other = QuantityFlexibility(contract.price * (1 + step), flexibility)
            assert abs(retailer_quantity(season, other) / whole - 1) > 1e-4


def test_whole_demand_is_met_by_the_least_order_that_is_enough_often_enough():
    season = Season(tl.Poisson(12), price=8, cost=5)
    units = np.arange(60)
    for contract in (coordinating(season, price=6), coordinating(season, share=0.3)):
        enough = poisson(12).cdf(units) >= season.critical_ratio
        assert retailer_quantity(season, contract) == units[enough][0]


@pytest.mark.parametrize("price", [3.0, 6.0, 9.0])
def test_revenue_sharing_pays_what_a_buy_back_pays_season_by_season(price):
    """Cachon & Lariviere (2005): the share (p − b) / (p − v), the price that share of the cost."""
    bought = coordinating(SEASON, price=price)
    share = (SEASON.price - bought.buy_back) / (SEASON.price - SEASON.salvage)
    shared = coordinating(SEASON, share=share)
    assert shared.price == pytest.approx(share * SEASON.cost)
    sold = np.minimum(np.random.default_rng(1).normal(100, 30, 100_000), 136.6)
    paid = [each.transfer(SEASON, 136.6, sold) for each in (bought, shared)]
    assert abs(paid[0] - paid[1]).max() < 5e-13 * abs(paid[0]).max()


@pytest.mark.parametrize("contract", [Wholesale(6), BuyBack(6, 4), RevenueSharing(2, 0.6),
                                      QuantityFlexibility(5, 0.3)], ids=str)  # fmt: skip
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


class OneByOne:
    """4 USD back for every unit sold above 80, with an if."""

    def transfer(self, season, quantity, sold):
        return 6 * quantity - (4 * (sold - 80) if sold > 80 else 0)


def test_a_contract_for_one_season_is_refused_many():
    assert settle(SEASON, OneByOne(), 100, 90).supplier == 600 - 40 - 200
    with pytest.raises(tl.ScenarioError, match=r"OneByOne.transfer fails for many .*np\.where"):
        settle(SEASON, OneByOne(), 100, np.array([70.0, 90.0]))


class AllBack:
    def transfer(self, season, quantity, sold):
        return 6 * sold


MISTAKES = [
    (lambda: Season(tl.Normal(9, 1), price=2, cost=3), "salvage 0 < cost 3 < price 2 must hold"),
    (lambda: coordinating(SEASON, price=11), "price .from the cost 2 to below 10.*got .11"),
    (lambda: coordinating(SEASON, share=1), "share, flexibility .from 0 to below 1.*got .1"),
    (lambda: coordinating(SEASON), "give one of price .*got none"),
    (lambda: coordinating(SEASON, price=6, share=0.5), "give one of price .*got .6, 0.5"),
    (lambda: coordinating(Season(tl.Uniform(50, 90), 10, 2), flexibility=0.6), "give less"),
    (lambda: deal(SEASON, Wholesale(10)), "got 0 and -9 USD: it orders nothing"),
    (lambda: deal(SEASON, BuyBack(6, 6)), "lose on one unsold, got 4 and 0 USD"),
    (lambda: deal(SEASON, QuantityFlexibility(10, 0.5)), "orders nothing or without end"),
    (lambda: deal(SEASON, AllBack()), "orders nothing or without end"),
    (lambda: deal(SEASON, 6), "contract must be a Contract, got 6"),
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
