"""Prescribe how much at once: economic lots, lots from a failing supplier, lots over periods."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import optimize
from twinlab.scope.ranges import Amount, Positive
from twinlab.task.recommendation import Answer


@dataclass(frozen=True)
class EconomicLot(Row):
    """The economic order quantity (EOQ): a fixed cost per order against the cost of keeping stock.

    Q* = √(2KD/h′ · (h′ + b)/b) with h′ = h(1 − D/P) [fixed cost K, demand D, holding h,
    backorder cost b (∞: nobody waits), production rate P (∞: the lot arrives at once)].
    Time is whatever the rates are in. Source: Harris (1913); Snyder & Shen (2019) chapter 3.

    >>> lot = EconomicLot(fixed_cost=8, holding_cost=0.225, demand=1300)  # Example 3.1
    >>> round(lot.quantity, 4), round(lot.cost(), 4)
    (304.0468, 68.4105)
    """

    fixed_cost: float = column("USD/order", meaning="fixed cost of an order K", low=1e-12)
    holding_cost: float = column("USD/unit/time", meaning="holding cost h", low=1e-12)
    demand: float = column("units/time", meaning="demand rate D", low=1e-12)
    backorder_cost: float = column(
        "USD/unit/time", math.inf, "cost of a waiting unit b; ∞: nobody waits", low=1e-12
    )
    production_rate: float = column("units/time", math.inf, "production rate P", low=1e-12)

    def check(self) -> None:
        """See that a lot is made faster than it is used."""
        if self.production_rate <= self.demand:
            raise ScenarioError(
                f"EconomicLot: production_rate {self.production_rate:g} must be above the demand "
                f"{self.demand:g}: the line never stops"
            )

    @property
    def quantity(self) -> float:
        """The lot that costs least, Q* [units]."""
        return math.sqrt(2 * self.fixed_cost * self.demand / (self._holding * self._served))

    @property
    def cycle(self) -> float:
        """Time from one order to the next, Q*/D [time]."""
        return self.quantity / self.demand

    @property
    def backordered_share(self) -> float:
        """The share of the demand that waits, h′ / (h′ + b)."""
        return 1.0 - self._served

    def cost(self, quantity: Positive | None = None) -> float:
        """What a lot costs per time (the best one, if none is given) [USD/time].

        K D/Q + h′ Q/2 · b/(h′ + b), with the best share of backorders for that Q.
        """
        lot = self.quantity if quantity is None else quantity
        return self.fixed_cost * self.demand / lot + self._holding * self._served * lot / 2

    @property
    def _holding(self) -> float:
        return self.holding_cost * (1 - self.demand / self.production_rate)

    @property
    def _served(self) -> float:
        if math.isinf(self.backorder_cost):
            return 1.0
        return self.backorder_cost / (self._holding + self.backorder_cost)


@dataclass(frozen=True)
class DisruptedLot(Row):
    """The EOQ when the supplier fails and demand in the meantime is lost (EOQD), exact.

    g(Q) = (K + hQ²/(2D) + pDψ/μ) / (Q/D + ψ/μ), ψ = λ/(λ+μ) · (1 − e^(−(λ+μ)Q/D)): the chance that
    the supplier is down when the stock is out [λ disruptions, μ recoveries per time].
    Source: Parlar & Berkin (1991), Berk & Arreola-Risa (1994); Snyder & Shen (2019) Example 9.1.

    >>> lot = DisruptedLot(8, 0.225, 1300, lost_sale_cost=5, disruptions=1.5, recoveries=14)
    >>> round(lot.quantity, 3), round(lot.cost(), 3)  # Example 9.1
    (772.811, 173.95)
    """

    fixed_cost: float = column("USD/order", meaning="fixed cost of an order K", low=1e-12)
    holding_cost: float = column("USD/unit/time", meaning="holding cost h", low=1e-12)
    demand: float = column("units/time", meaning="demand rate D", low=1e-12)
    lost_sale_cost: float = column("USD/unit", meaning="cost of a lost unit p", low=0)
    disruptions: float = column("1/time", meaning="rate of disruptions λ", low=0)
    recoveries: float = column("1/time", meaning="rate of recoveries μ", low=1e-12)

    @property
    def quantity(self) -> float:
        """The lot that costs least [units]; no formula, found by search."""
        # With ψ at its largest, and at zero, the best lot has a formula; the answer lies between.
        wait = self._wait(math.inf)
        units, loss = self.demand * wait, self.lost_sale_cost * self.demand * wait
        low = math.sqrt(units**2 + 2 * self.fixed_cost * self.demand / self.holding_cost) - units
        top = math.sqrt(2 * self.demand * (self.fixed_cost + loss) / self.holding_cost)
        found = optimize.minimize_scalar(
            self.cost, bounds=(low / 2, 2 * top), method="bounded", options={"xatol": 1e-9 * top}
        )
        return float(found.x)

    def cost(self, quantity: Positive | None = None) -> float:
        """What a lot costs per time (the best one, if none is given) [USD/time]."""
        lot = self.quantity if quantity is None else quantity
        wait = self._wait(lot)
        keeping = self.holding_cost * lot**2 / (2 * self.demand)
        losing = self.lost_sale_cost * self.demand * wait
        return (self.fixed_cost + keeping + losing) / (lot / self.demand + wait)

    def _wait(self, lot: float) -> float:
        """Expected time without supplier at the end of a cycle, ψ/μ."""
        both = self.disruptions + self.recoveries
        down = self.disruptions / both * -math.expm1(-both * lot / self.demand)
        return down / self.recoveries


def power_of_two(lot: EconomicLot, base: Positive) -> int:
    """Order every 1, 2, 4, 8, … base periods: never more than 6.1 % dearer than the best interval.

    The least 2^k · base that is at least T*/√2; the bound needs a base period of at most √2 T*.
    Source: Roundy (1985).

    >>> power_of_two(EconomicLot(8, 0.225, 1300), base=1 / 52)
    16
    """
    power = math.ceil(math.log2(lot.cycle / (math.sqrt(2) * base)) - 1e-12)
    return int(2 ** max(0, power))  # no calendar is finer than its base


@dataclass(frozen=True)
class LotPlan(Answer):
    """When to order how much, for demand that is known by period."""

    orders: tuple[float, ...] = column("units", meaning="order of each period")
    cost: float = column("USD", meaning="cost of all periods, purchase included")


def wagner_whitin(
    demand: Sequence[Amount], setup: Amount, holding: Amount,
    unit_costs: Sequence[Amount] | None = None,
) -> LotPlan:  # fmt: skip
    """Plan lots for known demand so that set-ups and stock cost least in all.

    An order covers whole periods: θ(t) = min over s > t of K + c_t ΣD + h Σ (j − t) D_j + θ(s).
    Source: Wagner & Whitin (1958); Snyder & Shen (2019) Example 3.9.

    Raises:
        ScenarioError: negative numbers, or as many unit costs as there are not periods.

    >>> print(wagner_whitin([90, 120, 80, 70], setup=500, holding=2))
    orders 210, 0, 150, 0 units · cost 1,380 USD
    """
    count = len(demand)
    prices = list(unit_costs) if unit_costs is not None else [0.0] * count
    if len(prices) != count or not count:
        raise ScenarioError(f"wagner_whitin: {count} periods and {len(prices)} unit costs")
    least, until = [0.0] * (count + 1), [0] * count
    for t in reversed(range(count)):
        carried, units, choices = 0.0, 0.0, []
        for s in range(t, count):
            units += demand[s]
            carried += holding * (s - t) * demand[s]
            choices.append((setup if units else 0.0) + prices[t] * units + carried + least[s + 1])
        least[t] = min(choices)
        until[t] = t + choices.index(least[t]) + 1
    orders, t = [0.0] * count, 0
    while t < count:
        orders[t] = float(sum(demand[t : until[t]]))
        t = until[t]
    return LotPlan(tuple(orders), least[0])
