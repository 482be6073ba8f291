"""The newsvendor: one order before demand is known, by formula and by linear programming.

Overage o: what a unit too many costs (``cost − salvage``, or a day of holding). Underage u: what a
unit too few costs (``price − cost``, or a day of owing it). All answers aim at the same point: the
least S with P(D ≤ S) ≥ u / (u + o). A contract on a season makes a newsvendor of the retailer.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.organization import contracts
from twinlab.organization.contracts import Contract, Profits, Season, Wholesale, settle
from twinlab.scope import distributions as laws
from twinlab.scope.base import Amount, Result, ScenarioError, column, optimize, words
from twinlab.scope.later import special, stats

__all__ = ["Newsvendor", "best_wholesale", "chain_quantity", "coordinating", "critical_ratio"]
__all__ += ["deal", "expected_sales", "newsvendor", "newsvendor_cost", "newsvendor_profit"]
__all__ += ["newsvendor_sampled", "probabilities", "retailer_quantity"]

Chances = laws.Distribution | Mapping[float, float]
_Term = Amount | None
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
    level = float(law.quantile(ratio))
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
    return (price - cost) * _law(demand).mean - lost


class _Law(NamedTuple):
    """What the formulas need of a demand: mean, quantiles, P(D ≤ S) and E(D − S)⁺."""

    mean: float
    quantile: Callable[[float], float]
    below: Callable[[float], float]
    loss: Callable[[Any], Any]

    def expect(self, told: Callable[[laws.Array], Any], most: float) -> float:
        """E f(min(D, q)): f(0) + Σ slope × E(sales in a step); steps are halved where f bends."""
        ends = np.linspace(0.0, most, 65)
        for _ in range(24):
            middle, at = (ends[1:] + ends[:-1]) / 2, told(ends)
            bend = abs(2 * told(middle) - at[1:] - at[:-1]) / (1 + abs(at).max())
            most_bent = [step for step in np.argsort(bend)[-64:] if bend[step] > 1e-12]
            if not most_bent:
                break
            ends = np.sort(np.append(ends, middle[most_bent]))
        at, steps = told(ends), np.maximum(np.diff(ends), 1e-300)  # of nothing, nothing is sold
        return float(at[0] - np.diff(at) / steps @ np.diff(self.loss(ends)))


def _cost(law: _Law, level: float, overage: float, underage: float) -> float:
    short = law.loss(level)
    return float(overage * (level - law.mean + short) + underage * short)


def _law(demand: Chances, periods: float = 1) -> _Law:
    if not 0 < periods < np.inf:
        raise ScenarioError(f"periods must be above 0, got {periods!r}")
    if isinstance(demand, laws.Normal):
        return _normal(demand.mean * periods, demand.sd * np.sqrt(periods))
    if isinstance(demand, laws.Poisson | laws.NegativeBinomial | laws.Empirical | Mapping):
        return _discrete(*probabilities(demand, periods))
    known = as_scipy(demand, periods)
    if known is not None:
        return _Law(known.mean(), known.ppf, known.cdf, partial(_loss, known))
    values = np.sort(laws.outcomes(demand, periods))
    return _discrete(values, np.full(len(values), 1 / len(values)))


def _loss(known: Any, level: Any) -> Any:
    """E(D − S)⁺ = E D 1(D > S) − S P(D > S), of a uniform, gamma or lognormal law."""
    over, first = known.sf(level), known.args[0]
    if known.dist.name == "uniform":
        return over * ((np.maximum(level, first) + sum(known.args)) / 2 - level)
    if known.dist.name == "gamma":
        return known.mean() * stats.gamma(first + 1, **known.kwds).sf(level) - level * over
    return known.mean() * known.sf(level * np.exp(-(first**2))) - level * over


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


def _normal(m: float, sd: float) -> _Law:
    def loss(level: Any) -> Any:
        z = (level - m) / sd
        return sd * (np.exp(-z * z / 2) / np.sqrt(2 * np.pi) - z * special.ndtr(-z))

    return _Law(m, lambda p: m + sd * special.ndtri(p), lambda x: special.ndtr((x - m) / sd), loss)


def _discrete(units: laws.Array, chances: laws.Array) -> _Law:
    def quantile(ratio: float) -> float:
        return float(units[np.searchsorted(np.cumsum(chances), ratio - _AT_MOST)])

    tail = [np.append(np.cumsum(each[::-1])[::-1], 0.0) for each in (chances, units * chances)]

    def loss(level: Any) -> Any:
        over, sold = (each[np.searchsorted(units, level, "right")] for each in tail)
        return sold - level * over

    return _Law(float(units @ chances), quantile, lambda at: chances[units <= at].sum(), loss)


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
        found, where = np.unique(np.add.outer(found, units), return_inverse=True)
        weights = np.multiply.outer(odds, chances).ravel()
        odds = np.bincount(where.ravel(), weights).astype(np.float64)
    return found, odds


class Deal(Result, frozen=True):
    """A contract, the quantity that is ordered under it, and the profits that both may expect."""

    contract: Contract = column("label", meaning="under which is ordered")
    quantity: float = column("units", meaning="ordered")
    profits: Profits = column("USD", meaning="of both")
    efficiency: float = column("share", meaning="of what one owner of both earns; NaN of nothing")

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
    return _law(season.demand).expect(lambda sold: sold, quantity)


def chain_quantity(season: Season) -> float:
    """What one firm that owned supplier and retailer would order: F(q) = (p − c) / (p − v).

    >>> chain_quantity(Season(Uniform(0, 100), price=10, cost=2))
    80.0
    """
    over, under = season.cost - season.salvage, season.price - season.cost
    return max(0.0, newsvendor(season.demand, over, under).level)


def retailer_quantity(season: Season, contract: Contract) -> float:
    """What the retailer orders for its own best: F(q) ≥ (p − w) / (p − b), or found by a search.

    Raises:
        ScenarioError: a contract under which it would order nothing, or without end.

    >>> retailer_quantity(Season(Uniform(0, 100), price=10, cost=2), Wholesale(6))
    40.0
    """
    law = _law(season.demand)

    def earned(quantity: float) -> float:
        return law.expect(lambda sold: settle(season, contract, quantity, sold).retailer, quantity)

    sold, unsold = (float(settle(season, contract, 1.0, units).retailer) for units in (1.0, 0.0))
    if type(contract) in (Wholesale, contracts.BuyBack, contracts.RevenueSharing):
        if unsold < 0 < sold:
            return max(0.0, newsvendor(season.demand, -unsold, sold).level)
    else:
        most = 1.2 * law.quantile(1 - 1e-6)
        found = _highest(earned, 0.0, most)
        found = max(float(round(found)), found, key=earned)  # demand may come in whole units
        if max(earned(0.0), earned(2 * most)) < earned(found) - 1e-9:
            return found
    lacks = f"earn on a unit sold and lose on one unsold, got {sold:g} and {unsold:g} USD"
    raise ScenarioError(f"{contract}: the retailer must {lacks}: it orders nothing or without end")


def _highest(value: Callable[[float], float], low: float, high: float) -> float:
    """Where a function is highest: on a grid first (whole units make peaks), then around it."""
    step = (high - low) / 25
    best = max((low + step * at for at in range(1, 25)), key=value)
    around = {"bounds": (best - step, best + step), "options": {"xatol": 1e-7}}
    found = optimize.minimize_scalar(lambda at: -value(float(at)), method="bounded", **around)
    return max(best, float(found.x), key=value)


def deal(season: Season, contract: Contract, quantity: Amount | None = None) -> Deal:
    """Work out what both sides may expect of a contract; the retailer chooses the quantity.

    With a ``quantity`` given, that is what is ordered. Source: Cachon (2003) section 2.

    >>> deal(Season(Uniform(0, 100), price=10, cost=2), BuyBack(6, 5))
    BuyBack(price=6.0, buy_back=5.0): 80 units; retailer 160 + supplier 160 = 320 USD, efficiency 1
    """
    ordered = retailer_quantity(season, contract) if quantity is None else quantity
    every = (ordered, chain_quantity(season))
    chain, most = (settle(season, contract, q, expected_sales(season, q)).chain for q in every)
    law, own = _law(season.demand), partial(settle, season, contract, ordered)
    supplier = law.expect(lambda sold: own(sold).supplier, ordered)
    found = Profits(chain - supplier, supplier)
    return Deal(contract, ordered, found, chain / most if most > 0 else np.nan)


def coordinating(
    season: Season, *, price: _Term = None, share: _Term = None, flexibility: _Term = None
) -> Contract:
    """Find the terms under which the retailer orders what is best for the chain, from one of them.

    A wholesale price w: the buy-back b = p − (p − w) (p − v) / (p − c). The share φ of the revenue
    that the retailer keeps: the price φ c. A flexibility δ: the price w = (p s + v x) / (s + x),
    s = (c − v) / (p − v), x = (1 − δ) F((1 − δ) q*), at which a unit more than q* earns it nothing.
    Source: Pasternack (1985); Cachon & Lariviere (2005); Cachon (2003) sections 2.3 to 2.5.

    Raises:
        ScenarioError: none or several of these, or one out of its range.

    >>> season = Season(Normal(100, 30), price=10, cost=2, salvage=1)
    >>> coordinating(season, price=6), coordinating(season, flexibility=0.2)
    (BuyBack(price=6.0, buy_back=5.5), QuantityFlexibility(price=2.6435, flexibility=0.2))
    """
    p, c, v = season.price, season.cost, season.salvage
    given = [term for term in (price, share, flexibility) if term is not None]
    low, high = (0.0, 1.0) if price is None else (c, p)
    if len(given) != 1 or not low <= given[0] < high:
        one = f"price (from the cost {c:g} to below {p:g}), share, flexibility (from 0 to below 1)"
        raise ScenarioError(f"coordinating: give one of {one}, got {given or 'none'}")
    if price is not None:
        return contracts.BuyBack(price, p - (p - price) / (p - c) * (p - v))
    if share is not None:
        return contracts.RevenueSharing(share * c, share)
    rest, spare = 1 - given[0], 1 - season.critical_ratio
    often = _law(season.demand).below(rest * chain_quantity(season))
    x = rest * min(often, season.critical_ratio)  # of whole units enough is more than enough
    if not x:
        raise ScenarioError(f"flexibility {given[0]:g} leaves the retailer no risk: give less")
    return contracts.QuantityFlexibility((p * spare + v * x) / (spare + x), given[0])


def best_wholesale(season: Season) -> Wholesale:
    """Find the wholesale price that the supplier would set, knowing how the retailer orders.

    It maximises (w − c) q(w): double marginalization. Source: Lariviere & Porteus (2001).

    >>> best_wholesale(Season(Uniform(0, 100), price=10, cost=2))
    Wholesale(price=6.0)
    """

    def earned(price: float) -> float:
        return (price - season.cost) * retailer_quantity(season, Wholesale(price))

    best = _highest(earned, season.cost, season.price)
    plain = round(best, 4)  # no worse as far as anybody can see, unless demand is in whole units
    return Wholesale(plain if earned(plain) >= earned(best) * (1 - 1e-6) else best)
