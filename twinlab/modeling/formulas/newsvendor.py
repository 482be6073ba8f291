"""The newsvendor: one order before demand is known, by formula and by linear programming.

Overage o: what a unit too many costs (``cost − salvage``, or a day of holding). Underage u: what a
unit too few costs (``price − cost``, or a day of owing it). All answers aim at the same point: the
least S with P(D ≤ S) ≥ u / (u + o). A contract on a season makes a newsvendor of the retailer: how
much it orders, and who earns what.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.organization.contracts import Contract, Profits, Season, Wholesale, settle
from twinlab.scope import distributions as laws
from twinlab.scope.base import Amount, Result, ScenarioError, column, optimize, words
from twinlab.scope.later import integrate, special, stats

__all__ = ["Deal", "Newsvendor", "best_wholesale", "chain_quantity", "critical_ratio", "deal"]
__all__ += ["expected_sales", "newsvendor", "newsvendor_cost", "newsvendor_profit"]
__all__ += ["newsvendor_sampled", "probabilities", "retailer_quantity"]

Chances = laws.Distribution | Mapping[float, float]
_AT_MOST = 1e-12  # what rounding may take from a probability before it decides about a level


class Newsvendor(Result, frozen=True):
    """The best level of a newsvendor and what it costs on average.

    >>> Newsvendor(level=56.604, cost=1.9976, critical_ratio=0.79545)
    level 56.6 units · cost 1.998 USD/period · critical ratio 0.7954
    """

    level: float = column("units", meaning="to have at the start of the period")
    cost: float = column("USD/period", meaning="on average, of units too many and too few")
    critical_ratio: float = column("share", meaning="of periods in which it is enough")


def critical_ratio(overage: float, underage: float) -> float:
    """The share of periods in which stock should be enough: u / (u + o).

    Source: Arrow, Harris & Marschak (1951); Snyder & Shen (2019) section 4.3.

    Raises:
        ScenarioError: a cost that is not above zero.

    >>> round(critical_ratio(overage=0.18, underage=0.70), 4)
    0.7955
    """
    for name, value in {"overage": overage, "underage": underage}.items():
        if not 0 < value < np.inf:
            problem = f"{name} must be above 0 USD/unit, got {value!r}"
            raise ScenarioError(f"{problem}: a newsvendor loses something either way")
    return underage / (underage + overage)


def newsvendor(demand: Chances, overage: float, underage: float, periods: float = 1) -> Newsvendor:
    """Find the level that balances units too many against units too few.

    The least S with F(S) ≥ u / (u + o), where F is the distribution of the demand of ``periods``
    independent periods: those that pass from ordering until the next order could arrive. In this
    library's order of a day, where today's demand is seen before ordering, these are the L days of
    the lead time; else L + 1. For a normal demand S = μ + z σ. ``demand`` is a distribution (what
    has no formula is drawn) or ``{units: probability}``. Source: Snyder & Shen (2019) section 4.3.

    Raises:
        ScenarioError: a cost that is not above zero, or a part of a period of a drawn demand.

    >>> newsvendor(Normal(50, 8), overage=0.18, underage=0.70)  # Example 4.3
    level 56.6 units · cost 1.998 USD/period · critical ratio 0.7955
    """
    ratio = critical_ratio(overage, underage)
    law = _law(demand, periods)
    level = law.quantile(ratio)
    return Newsvendor(level, _cost(law, level, overage, underage), ratio)


def newsvendor_cost(
    demand: Chances, level: float, overage: float, underage: float, periods: float = 1
) -> float:
    """What a level costs per period on average [USD/period].

    o E(S − D)⁺ + u E(D − S)⁺. Source: Snyder & Shen (2019) section 4.3.

    >>> round(newsvendor_cost(Normal(50, 8), 40, overage=0.18, underage=0.70), 4)
    7.3561
    """
    critical_ratio(overage, underage)
    return _cost(_law(demand, periods), level, overage, underage)


def newsvendor_profit(
    demand: Chances, level: float, price: float, cost: float, salvage: float = 0.0
) -> float:
    """What a level earns per period on average [USD/period].

    (price − cost) E D − o E(S − D)⁺ − u E(D − S)⁺ with o = cost − salvage, u = price − cost.
    Source: Snyder & Shen (2019) Example 4.2.

    >>> level = newsvendor(Normal(50, 8), overage=0.3 - 0.12, underage=1 - 0.3).level
    >>> round(newsvendor_profit(Normal(50, 8), level, price=1, cost=0.3, salvage=0.12), 4)
    33.0024
    """
    lost = newsvendor_cost(demand, level, cost - salvage, price - cost)
    return (price - cost) * _law(demand, 1).mean - lost


class _Law(NamedTuple):
    """What the formulas need of a demand: mean, quantiles, and E(D − S)⁺."""

    mean: float
    quantile: Callable[[float], float]
    loss: Callable[[float], float]


def _cost(law: _Law, level: float, overage: float, underage: float) -> float:
    short = law.loss(level)
    return overage * (level - law.mean + short) + underage * short


def _law(demand: Chances, periods: float) -> _Law:
    if not 0 < periods < np.inf:
        raise ScenarioError(f"periods must be above 0, got {periods!r}")
    if isinstance(demand, laws.Normal):
        return _normal(demand.mean * periods, demand.sd * np.sqrt(periods))
    if isinstance(demand, laws.Poisson | laws.NegativeBinomial | laws.Empirical | Mapping):
        return _discrete(*probabilities(demand, periods))
    known = as_scipy(demand, periods)
    if known is not None:
        return _Law(
            mean=float(known.mean()),
            quantile=lambda ratio: float(known.ppf(ratio)),
            loss=lambda level: float(integrate.quad(known.sf, level, np.inf)[0]),
        )
    values = np.sort(laws.outcomes(demand, periods))
    return _discrete(values, np.full(len(values), 1 / len(values)))


def as_scipy(demand: Any, periods: float = 1) -> Any:
    """The law of the demand of some periods as SciPy knows it, None where it has none."""
    if isinstance(demand, laws.Poisson):
        return stats.poisson(demand.mean * periods)
    if isinstance(demand, laws.NegativeBinomial):
        successes = periods * demand.mean**2 / (demand.sd**2 - demand.mean)
        return stats.nbinom(successes, demand.mean / demand.sd**2)
    if isinstance(demand, laws.Gamma):
        shape = periods * (demand.mean / demand.sd) ** 2
        return stats.gamma(shape, scale=demand.sd**2 / demand.mean)
    if isinstance(demand, laws.Uniform) and periods == 1:
        return stats.uniform(demand.low, demand.high - demand.low)
    if isinstance(demand, laws.LogNormal) and periods == 1:
        spread = np.sqrt(np.log1p((demand.sd / demand.mean) ** 2))
        return stats.lognorm(spread, scale=demand.mean * np.exp(-(spread**2) / 2))
    return None


def _normal(mean: float, sd: float) -> _Law:
    def loss(level: float) -> float:
        z = (level - mean) / sd
        return float(sd * (np.exp(-z * z / 2) / np.sqrt(2 * np.pi) - z * special.ndtr(-z)))

    return _Law(mean, lambda ratio: float(mean + sd * special.ndtri(ratio)), loss)


def _discrete(units: laws.Array, chances: laws.Array) -> _Law:
    def quantile(ratio: float) -> float:
        return float(units[np.searchsorted(np.cumsum(chances), ratio - _AT_MOST)])

    def loss(level: float) -> float:
        return float(np.maximum(0.0, units - level) @ chances)

    return _Law(float(units @ chances), quantile, loss)


def newsvendor_sampled(demands: Sequence[float], overage: float, underage: float) -> Newsvendor:
    """Find the best level for a sample of demands by linear programming.

    Sample average approximation: minimise Σ (o xᵢ + u yᵢ) / n over S, xᵢ, yᵢ ≥ 0 with
    S − xᵢ + yᵢ = dᵢ, solved by HiGHS. It needs demands and no distribution; its level is a quantile
    of the sample, so it errs by about √(r (1 − r) / n) / f(S) with r the critical ratio.
    Source: Kleywegt, Shapiro & Homem-de-Mello (2002).

    Raises:
        ScenarioError: no demands.
        SolverError: HiGHS did not finish.

    >>> newsvendor_sampled([2, 3, 5, 9, 4], overage=1, underage=3).level
    5.0
    """
    ratio, drawn = critical_ratio(overage, underage), np.asarray(demands, dtype=np.float64).ravel()
    if not len(drawn) or not np.all(np.isfinite(drawn)):
        raise ScenarioError(f"demands must be finite numbers, at least one, got {demands!r}")
    each = range(len(drawn))
    costs = {"level": 0.0} | {("over", at): overage / len(drawn) for at in each}
    costs |= {("under", at): underage / len(drawn) for at in each}
    rows = [
        Constraint({"level": 1.0, ("over", at): -1.0, ("under", at): 1.0}, units, units)
        for at, units in enumerate(drawn.tolist())
    ]
    found = minimize(costs, rows, "no level found: give finite demands and costs")
    return Newsvendor(found.values["level"], found.cost, ratio)


def probabilities(demand: Chances, periods: float = 1) -> tuple[laws.Array, laws.Array]:
    """List the values that whole-numbered demand can take, rising, and their probabilities.

    Raises:
        ScenarioError: chances that are negative or do not add up to 1, or not a discrete demand.

    >>> units, chances = probabilities({0: 0.5, 1: 0.5}, periods=2)
    >>> units.tolist(), chances.tolist()
    ([0.0, 1.0, 2.0], [0.25, 0.5, 0.25])
    """
    if isinstance(demand, laws.Poisson | laws.NegativeBinomial):
        counted = as_scipy(demand, periods)
        units = np.arange(float(counted.isf(1e-16)) + 2)  # what lies beyond is lost in rounding
        return units, np.asarray(counted.pmf(units))
    if isinstance(demand, laws.Empirical):
        units, counts = np.unique(demand.values, return_counts=True)
        chances = counts / len(demand.values)
    elif isinstance(demand, Mapping):
        units = np.array(sorted(demand), dtype=np.float64)
        chances = np.array([demand[value] for value in sorted(demand)], dtype=np.float64)
        if not len(chances) or chances.min() < 0 or abs(chances.sum() - 1) > 1e-9:
            said = f"got {dict(demand)!r}"
            raise ScenarioError(f"probabilities must be at least 0 and add up to 1, {said}")
    elif laws.is_distribution(demand) and not (laws.outcomes(demand, periods) % 1).any():
        units, counts = np.unique(laws.outcomes(demand, periods), return_counts=True)
        return units, counts / counts.sum()
    else:
        raise ScenarioError(f"{demand} is no discrete demand")
    if periods != int(periods):
        raise ScenarioError(f"{periods:g} periods of {demand}: give a whole number of them")
    found, odds = units, chances
    for _ in range(int(periods) - 1):
        sums, where = np.unique(np.add.outer(found, units), return_inverse=True)
        weights = np.multiply.outer(odds, chances).ravel()
        odds = np.bincount(where.ravel(), weights).astype(np.float64)
        found = sums
    return found, odds


_GRID = 24  # prices


class Deal(Result, frozen=True):
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

    def _sentence(self) -> str:
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
