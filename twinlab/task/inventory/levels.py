"""Prescribe when and how much under chance: (r, Q) and (s, S), exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twinlab.modeling.newsvendor import Newsvendor, newsvendor, newsvendor_cost, probabilities
from twinlab.scope.chance import Distribution, Normal
from twinlab.scope.columns import column
from twinlab.scope.errors import ScenarioError
from twinlab.task.recommendation import Answer


@dataclass(frozen=True)
class Levels(Answer):
    """A reorder point, a lot or an order-up-to level, and what they cost on average."""

    reorder_point: float = column("units", meaning="r, or s: order at or below it")
    lot: float = column("units", meaning="Q, or S − s")
    cost: float = column("USD/time", meaning="orders, stock and waiting customers")

    @property
    def up_to(self) -> float:
        """The order-up-to level S = s + lot (or r + Q) [units]."""
        return self.reorder_point + self.lot


def reorder_lot(
    demand: Normal, lead_time: float, fixed_cost: float, holding: float, backorder: float
) -> Levels:
    """Find the best (r, Q) under continuous review: at r, order Q.

    ``demand`` is that of one unit of time. Best where g(r) = g(r + Q) = cost. Exact for normal
    demand of the lead time; holding and backorder cost per unit and time.
    Source: Zheng (1992); Snyder & Shen (2019) chapter 5.

    Raises:
        ScenarioError: a number that is not above zero.

    >>> found = reorder_lot(Normal(1300, 150), 1 / 12, fixed_cost=8, holding=0.225, backorder=7.5)
    >>> print(found)  # Example 5.1
    reorder point 126.9 units · lot 328.4 units · cost 78.07 USD/time
    """
    from scipy.optimize import brentq  # a third of a second

    area = _Area(demand, lead_time, holding, backorder)

    def excess(lot: float) -> float:
        """How far the ends of the band cost more than the band with its orders: rises with Q."""
        point = area.point_for(lot)
        spread = area.between(point, point + lot)
        return area.rate(point) * lot - spread - fixed_cost * demand.mean

    if fixed_cost <= 0:
        raise ScenarioError(f"reorder_lot: fixed_cost is above 0, got {fixed_cost!r}")
    # The EOQ with backorders is a lower bound (Zheng 1992); chance only adds to the lot.
    low = math.sqrt(2 * fixed_cost * demand.mean * (holding + backorder) / (holding * backorder))
    high = 2 * low
    while excess(high) < 0:
        high *= 2
    lot = float(brentq(excess, low / 2, high, xtol=1e-9 * high))
    point = area.point_for(lot)
    return Levels(point, lot, area.rate(point))


def reorder_lot_cost(
    levels: tuple[float, float], demand: Normal, lead_time: float, fixed_cost: float,
    holding: float, backorder: float,
) -> float:  # fmt: skip
    """What an (r, Q) costs on average per time: (KD + ∫ g(y) dy from r to r + Q) / Q.

    >>> round(reorder_lot_cost((100, 250), Normal(1300, 150), 1 / 12, 8, 0.225, 7.5), 4)
    87.3465
    """
    point, lot = levels
    area = _Area(demand, lead_time, holding, backorder)
    if lot <= 0:
        raise ScenarioError(f"reorder_lot_cost: a lot is above 0 units, got {lot!r}")
    return (fixed_cost * demand.mean + area.between(point, point + lot)) / lot


def reorder_point_for(
    lot: float, demand: Normal, lead_time: float, holding: float, backorder: float
) -> float:
    """The best reorder point for a given lot: where g(r) = g(r + Q) [units].

    >>> round(reorder_point_for(318, Normal(1300, 150), 1 / 12, 0.225, 7.5), 4)
    127.788
    """
    return _Area(demand, lead_time, holding, backorder).point_for(lot)


class _Area:
    """The cost rate g(y) of a position y under normal lead-time demand, and its integral."""

    def __init__(self, demand: Normal, lead_time: float, holding: float, backorder: float) -> None:
        if min(lead_time, holding, backorder) <= 0:
            raise ScenarioError(
                f"(r, Q): lead_time {lead_time:g}, holding {holding:g} and backorder "
                f"{backorder:g} must be above 0"
            )
        self.mean = demand.mean * lead_time
        self.sd = demand.sd * math.sqrt(lead_time)
        self.holding, self.backorder = holding, backorder

    def rate(self, level: float) -> float:
        """g(y) = h (y − μ) + (h + b) n(y), n(y) = E(D − y)⁺."""
        z = (level - self.mean) / self.sd
        short = self.sd * (_density(z) - z * _tail(z))
        return self.holding * (level - self.mean) + (self.holding + self.backorder) * short

    def between(self, low: float, high: float) -> float:
        """∫ g from low to high, by the second-order loss ∫ n = σ²/2 ((1 + z²)Φ(−z) − zφ(z))."""
        middle = (low + high) / 2 - self.mean
        short = self._second(low) - self._second(high)
        return self.holding * middle * (high - low) + (self.holding + self.backorder) * short

    def _second(self, level: float) -> float:
        z = (level - self.mean) / self.sd
        return self.sd**2 / 2 * ((1 + z * z) * _tail(z) - z * _density(z))

    def point_for(self, lot: float) -> float:
        """The r with g(r) = g(r + Q): g is convex, so it lies within Q below its least point."""
        from scipy.optimize import brentq  # a third of a second

        if lot <= 0:
            raise ScenarioError(f"(r, Q): a lot is above 0 units, got {lot!r}")
        best = newsvendor(Normal(self.mean, self.sd), self.holding, self.backorder).level
        gap: Callable[[float], float] = lambda r: self.rate(r + lot) - self.rate(r)  # noqa: E731
        return float(brentq(gap, best - lot, best, xtol=1e-10 * self.sd))


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _tail(z: float) -> float:
    return math.erfc(z / math.sqrt(2)) / 2


def min_max(
    demand: Distribution, fixed_cost: float, holding: float, backorder: float, periods: int = 1
) -> Levels:
    """Find the best (s, S) for demand in whole units, exact: at or below s, order up to S.

    Reviewed every period; ``periods`` are those that an order must cover (lead time + 1 in the
    textbook's order of a period; the lead time in days in a twin, which decides after the day's
    demand). Source: Zheng & Federgruen (1991); Snyder & Shen (2019) section 4.4.

    Raises:
        ScenarioError: demand that is not in whole units, or a cost that is not above zero.

    >>> from twinlab import Poisson
    >>> found = min_max(Poisson(6), fixed_cost=5, holding=1, backorder=4)  # Example 4.7
    >>> found.reorder_point, found.up_to, round(found.cost, 4)
    (4.0, 10.0, 8.0341)
    """
    renewal = _Renewal(demand, fixed_cost, holding, backorder, periods)
    best = top = int(newsvendor(demand, holding, backorder, periods).level)
    low = best - 1
    while renewal.cost(low, top) > renewal.rate(low):
        low -= 1
    least = renewal.cost(low, top)
    trial = best + 1
    while renewal.rate(trial) <= least:
        if renewal.cost(low, trial) < least:
            top = trial
            while renewal.cost(low, top) <= renewal.rate(low + 1):
                low += 1
            least = renewal.cost(low, top)
        trial += 1
    return Levels(float(low), float(top - low), least)


def min_max_cost(
    levels: tuple[int, int], demand: Distribution, fixed_cost: float, holding: float,
    backorder: float, periods: int = 1,
) -> float:  # fmt: skip
    """What an (s, S) costs on average per period.

    (K + Σ m(j) G(S − j)) / Σ m(j), j from 0 to S − s − 1, m(j) the expected number of periods that
    begin with j units used up since the last order. Source: Snyder & Shen (2019) section 4.4.

    >>> from twinlab import Poisson
    >>> round(min_max_cost((6, 18), Poisson(6), 5, 1, 4), 4)
    10.1938
    """
    low, high = levels
    if low >= high:
        raise ScenarioError(f"min_max_cost: S {high} must be above s {low}")
    return _Renewal(demand, fixed_cost, holding, backorder, periods).cost(low, high)


def disrupted_level(
    demand: float, holding: float, backorder: float, disruption: float, recovery: float
) -> Newsvendor:
    """Find the base-stock level for steady demand whose supplier fails, a newsvendor over outages.

    After n periods of outage n + 1 periods of demand are due: P(n) = αβ/(α+β) (1−β)^(n−1), P(0) =
    β/(α+β) [chance α to fail, β to recover, each period].
    Source: Tomlin (2006); Snyder & Shen (2019) section 9.3.

    Raises:
        ScenarioError: a chance that is not between 0 and 1.

    >>> found = disrupted_level(2000, holding=0.25, backorder=3, disruption=0.04, recovery=0.25)
    >>> found.level, round(found.cost, 3)
    (8000.0, 2737.069)
    """
    if not (0 < disruption < 1 and 0 < recovery < 1):
        raise ScenarioError(
            f"disrupted_level: chances {disruption!r} and {recovery!r} lie between 0 and 1"
        )
    most = math.ceil(math.log(1e-16) / math.log(1 - recovery))  # the rest is lost in rounding
    chances = {demand: recovery / (disruption + recovery)}
    for n in range(1, most + 1):
        longer = (1 - recovery) ** (n - 1)
        chances[(n + 1) * demand] = disruption * chances[demand] * longer
    return newsvendor(chances, holding, backorder)


class _Renewal:
    """One order cycle after another: costs of levels, and how long positions are held."""

    def __init__(
        self, demand: Distribution, fixed: float, holding: float, backorder: float, periods: int
    ) -> None:
        units, chances = probabilities(demand)
        if (units != np.round(units)).any():
            raise ScenarioError(f"min_max: {demand} is not in whole units: round it, or use (r, Q)")
        self.chance = np.zeros(int(units[-1]) + 1)
        self.chance[units.astype(int)] = chances
        self.fixed = fixed
        self.visits = [1.0 / (1.0 - float(self.chance[0]))]
        self.rates: dict[int, float] = {}
        self.of = (demand, holding, backorder, periods)

    def rate(self, level: int) -> float:
        """G(y): cost of a period that begins with the position y."""
        if level not in self.rates:
            demand, holding, backorder, periods = self.of
            self.rates[level] = newsvendor_cost(demand, level, holding, backorder, periods)
        return self.rates[level]

    def cost(self, low: int, high: int) -> float:
        """Cost per period of (s, S)."""
        while len(self.visits) < high - low:
            asked = self.chance[1 : len(self.visits) + 1]
            held = np.array(self.visits[::-1][: len(asked)])
            self.visits.append(float(asked @ held) / (1.0 - float(self.chance[0])))
        held = np.array(self.visits[: high - low])
        rates = np.array([self.rate(high - j) for j in range(high - low)])
        return float((self.fixed + held @ rates) / held.sum())
