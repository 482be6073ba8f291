"""Prescribe when and how much under chance: (r, Q) and (s, S), exact."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from twinlab.modeling.newsvendor import newsvendor, newsvendor_cost, probabilities
from twinlab.scope.chance import Array, Distribution, Normal
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import integrate, optimize
from twinlab.task.recommendation import Answer


@dataclass(frozen=True)
class Levels(Answer):
    """A reorder point with a lot, or with an order-up-to level, and what they cost on average."""

    reorder_point: float = column("units", meaning="r, or s: order at or below it")
    lot: float = column("units", meaning="Q, or S − s")
    cost: float = column("USD/time", meaning="orders, stock and waiting customers")

    @property
    def up_to(self) -> float:
        """The order-up-to level S = s + lot (or r + Q) [units]."""
        return self.reorder_point + self.lot


@dataclass(frozen=True)
class ContinuousReview(Row):
    """(r, Q): when the position falls to r, order Q; exact for normal demand.

    Cost per time (K d + ∫ g(y) dy from r to r + Q) / Q, where g(y) is the newsvendor cost of a
    position y over the lead time [fixed cost K, demand d per time]. Best where
    g(r) = g(r + Q) = cost. Source: Zheng (1992); Snyder & Shen (2019) chapter 5.

    >>> print(ContinuousReview(1300, 150, 1 / 12, 8, 0.225, 7.5).best())  # Example 5.1
    reorder point 126.9 units · lot 328.4 units · cost 78.07 USD/time
    """

    demand: float = column("units/time", meaning="mean demand", low=1e-12)
    demand_sd: float = column("units/time", meaning="its sd over one unit of time", low=1e-12)
    lead_time: float = column("time", meaning="from order to arrival", low=1e-12)
    fixed_cost: float = column("USD/order", meaning="fixed cost of an order K", low=1e-12)
    holding_cost: float = column("USD/unit/time", meaning="holding cost", low=1e-12)
    backorder_cost: float = column("USD/unit/time", meaning="cost of a waiting unit", low=1e-12)

    def best(self) -> Levels:
        """The r and Q that cost least."""

        def excess(lot: float) -> float:
            """How far the ends of the band cost more than its average with orders: rises with Q."""
            point = self.point(lot)
            return self._rate(point) - self.cost(point, lot)

        # The EOQ with backorders is a lower bound (Zheng 1992); chance only adds to the lot.
        holding, backorder = self.holding_cost, self.backorder_cost
        low = math.sqrt(
            2 * self.fixed_cost * self.demand * (holding + backorder) / (holding * backorder)
        )
        high = 2 * low
        while excess(high) < 0:
            high *= 2
        lot = float(optimize.brentq(excess, low / 2, high, xtol=1e-9 * high))
        point = self.point(lot)
        return Levels(point, lot, self._rate(point))

    def cost(self, point: float, lot: float) -> float:
        """What a reorder point and a lot cost on average [USD/time]."""
        if lot <= 0:
            raise ScenarioError(f"(r, Q): a lot is above 0 units, got {lot!r}")
        band = integrate.quad(self._rate, point, point + lot, epsrel=1e-12)[0]
        return float(self.fixed_cost * self.demand + band) / lot

    def point(self, lot: float) -> float:
        """The best reorder point for a given lot: where g(r) = g(r + Q) [units]."""
        if lot <= 0:
            raise ScenarioError(f"(r, Q): a lot is above 0 units, got {lot!r}")
        # g is convex: r lies within Q below its least point.
        least = newsvendor(self._asked, self.holding_cost, self.backorder_cost).level
        found = optimize.brentq(lambda r: self._rate(r + lot) - self._rate(r), least - lot, least)
        return float(found)

    @cached_property
    def _asked(self) -> Normal:
        """The demand of the lead time."""
        return Normal(self.demand * self.lead_time, self.demand_sd * math.sqrt(self.lead_time))

    def _rate(self, level: float) -> float:
        return newsvendor_cost(self._asked, level, self.holding_cost, self.backorder_cost)


@dataclass(frozen=True)
class PeriodicReview(Row):
    """(s, S): at the end of a period, at or below s, order up to S; exact, in whole units.

    Cost per period (K + Σ m(j) G(S − j)) / Σ m(j), j from 0 to S − s − 1: G(y) is the newsvendor
    cost of a position y, m(j) the expected number of periods that begin with j units used up since
    the last order. ``periods`` are those that an order must cover: lead time + 1 in the textbook's
    order of a period, the lead time in a twin, which decides after the day's demand.
    Source: Zheng & Federgruen (1991); Snyder & Shen (2019) section 4.4.

    Raises:
        ScenarioError: demand that is not in whole units.

    >>> print(PeriodicReview(Poisson(6), fixed_cost=5, holding_cost=1, backorder_cost=4).best())
    reorder point 4 units · lot 6 units · cost 8.034 USD/time
    """

    demand: Distribution = column("units/period", meaning="in whole units")
    fixed_cost: float = column("USD/order", meaning="fixed cost of an order K", low=0)
    holding_cost: float = column("USD/unit/period", meaning="holding cost", low=1e-12)
    backorder_cost: float = column("USD/unit/period", meaning="cost of a waiting unit", low=1e-12)
    periods: int = column("periods", 1, "that an order must cover", low=1)

    def best(self) -> Levels:
        """The s and S that cost least."""
        costs = (self.holding_cost, self.backorder_cost)
        start = top = int(newsvendor(self.demand, *costs, self.periods).level)
        low = start - 1
        while self.cost(low, top) > self._rate(low):
            low -= 1
        least = self.cost(low, top)
        trial = start + 1
        while self._rate(trial) <= least:
            if self.cost(low, trial) < least:
                top = trial
                while self.cost(low, top) <= self._rate(low + 1):
                    low += 1
                least = self.cost(low, top)
            trial += 1
        return Levels(float(low), float(top - low), least)

    def cost(self, low: int, high: int) -> float:
        """What s and S cost on average [USD/period]."""
        if low >= high:
            raise ScenarioError(f"(s, S): S {high} must be above s {low}")
        chance, visits = self._chance, self._visits
        while len(visits) < high - low:
            asked = chance[1 : len(visits) + 1]
            visits.append(float(asked @ visits[::-1][: len(asked)]) / (1.0 - float(chance[0])))
        held = np.array(visits[: high - low])
        rates = np.array([self._rate(high - j) for j in range(high - low)])
        return float((self.fixed_cost + held @ rates) / held.sum())

    @cached_property
    def _chance(self) -> Array:
        """The probability that a period asks for 0, 1, 2, … units."""
        units, chances = probabilities(self.demand)
        if (units != np.round(units)).any() or not units.any():
            raise ScenarioError(f"(s, S): {self.demand} is not in whole units above 0: round it")
        found = np.zeros(int(units[-1]) + 1)
        found[units.astype(int)] = chances
        return found

    @cached_property
    def _visits(self) -> list[float]:
        """m(0), m(1), …, as far as they were needed."""
        return [1.0 / (1.0 - float(self._chance[0]))]

    @cached_property
    def _rate(self) -> Callable[[int], float]:
        """G: cost of a period that begins with a position."""
        costs = (self.holding_cost, self.backorder_cost)
        return cache(lambda level: newsvendor_cost(self.demand, level, *costs, self.periods))
