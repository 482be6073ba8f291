"""What a contract makes of a season: how much the retailer orders, and who earns what."""

from dataclasses import dataclass

import numpy as np

from twinlab.modeling.formulas.newsvendor import newsvendor, newsvendor_profit
from twinlab.organization.contracts import Contract, Profits, Season, Wholesale, settle
from twinlab.scope.base import Amount, Result, ScenarioError, column, optimize, words

__all__ = ["Deal", "best_wholesale", "chain_quantity", "deal", "expected_sales"]
__all__ += ["retailer_quantity"]

_GRID = 24  # prices


@dataclass(frozen=True)
class Deal(Result):
    """A contract, the quantity that is ordered under it, and the profits that both may expect.

    >>> deal(Season(Uniform(0, 100), price=10, cost=2), Wholesale(6))
    Wholesale(price=6.0): 40 units; retailer 80 + supplier 160 = 240 USD, efficiency 0.75
    """

    contract: Contract = column("label", meaning="under which is ordered")
    quantity: float = column("units", meaning="ordered")
    profits: Profits = column("USD", meaning="of both")
    efficiency: float = column(
        "share", meaning="profit over that of one firm that owned both; NaN if it ordered nothing"
    )

    def sentence(self) -> str:
        """What is ordered, and who earns what."""
        p = self.profits
        earned = f"retailer {words(p.retailer)} + supplier {words(p.supplier)} = {words(p.chain)}"
        ordered = f"{self.contract}: {words(self.quantity)} units"
        return f"{ordered}; {earned} USD, efficiency {words(self.efficiency)}"


def expected_sales(season: Season, quantity: Amount) -> float:
    """How many of the ordered units are sold on average: E min(D, q) [units/season].

    >>> expected_sales(Season(Uniform(0, 100), price=10, cost=2), 40)
    32.0
    """
    # A unit that costs 1 and sells at 2 earns twice the sales less the quantity; of 0 units, what
    # a normal law that the engines cut at zero has below it.
    earned, cut = (newsvendor_profit(season.demand, q, price=2, cost=1) for q in (quantity, 0.0))
    return (earned + quantity - cut) / 2


def chain_quantity(season: Season) -> float:
    """What one firm that owned supplier and retailer would order: F(q) = (p − c) / (p − v).

    >>> chain_quantity(Season(Uniform(0, 100), price=10, cost=2))
    80.0
    """
    over, under = season.cost - season.salvage, season.price - season.cost
    return max(0.0, newsvendor(season.demand, over, under).level)


def retailer_quantity(season: Season, contract: Contract) -> float:
    """What the retailer orders for its own best: F(q) = (p − w) / (p − b).

    Raises:
        ScenarioError: a contract under which it would order nothing, or without end.

    >>> retailer_quantity(Season(Uniform(0, 100), price=10, cost=2), Wholesale(6))
    40.0
    """
    credit = contract.credit(season)
    if not credit < contract.price < season.price:
        raise ScenarioError(
            f"{contract}: credit for unsold units {credit:g} < wholesale price "
            f"{contract.price:g} < retail price {season.price:g} must hold, or the retailer "
            "orders nothing or without end"
        )
    over, under = contract.price - credit, season.price - contract.price
    return max(0.0, newsvendor(season.demand, over, under).level)


def deal(season: Season, contract: Contract, quantity: Amount | None = None) -> Deal:
    """Work out what both sides may expect of a contract; the retailer chooses the quantity.

    With a ``quantity`` given, that is what is ordered. Source: Cachon (2003) section 2.

    >>> deal(Season(Uniform(0, 100), price=10, cost=2), BuyBack(6, 5))
    BuyBack(price=6.0, buy_back=5.0): 80 units; retailer 160 + supplier 160 = 320 USD, efficiency 1
    """
    ordered = retailer_quantity(season, contract) if quantity is None else quantity
    found = settle(season, contract, ordered, expected_sales(season, ordered))
    best = chain_quantity(season)
    most = settle(season, contract, best, expected_sales(season, best)).chain
    return Deal(contract, ordered, found, found.chain / most if most > 0 else np.nan)


def best_wholesale(season: Season) -> Wholesale:
    """Find the wholesale price that the supplier would set, knowing how the retailer orders.

    It maximises (w − c) q(w) and leaves the chain short: double marginalization. Searched on a
    grid first, since whole-numbered demand has many peaks. Source: Lariviere & Porteus (2001).

    >>> best_wholesale(Season(Uniform(0, 100), price=10, cost=2))
    Wholesale(price=6.0)
    """

    def lost(price: float) -> float:
        return (season.cost - price) * retailer_quantity(season, Wholesale(float(price)))

    prices = np.linspace(season.cost, season.price, _GRID + 2)[1:-1]
    best = prices[int(np.argmin([lost(price) for price in prices]))]
    step = prices[1] - prices[0]
    around = (max(best - step, season.cost), min(best + step, season.price))
    found = optimize.minimize_scalar(lost, bounds=around, method="bounded", options={"xatol": 1e-7})
    best = min(float(found.x), float(best), key=lost)
    plain = round(best, 4)  # no worse as far as anybody can see, unless demand is in whole units
    return Wholesale(plain if lost(plain) <= lost(best) * (1 - 1e-6) else best)
