"""When to order and how much: (r, Q), (s, S), exact; economic, joint, planned lots; fair shares."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise

import numpy as np

from twinlab.modeling import newsvendor, newsvendor_cost, probabilities
from twinlab.scope import Normal, Result, ScenarioError
from twinlab.scope.base import DUST, Amount, Array, Distribution, Positive, Row, column
from twinlab.scope.later import integrate, optimize, signal

__all__ = ["ContinuousReview", "DisruptedLot", "EconomicLot", "JointOrders", "Levels", "LotPlan"]
__all__ += ["PeriodicReview", "joint_replenishment", "power_of_two", "share_out", "wagner_whitin"]

Series = Sequence[Amount]  # by period
Amounts = Mapping[str, Amount]  # by name


class Levels(Result, frozen=True):
    """A reorder point with a lot, or with an order-up-to level, and what they cost on average."""

    reorder_point: float = column("units", meaning="r, or s: order at or below it")
    lot: float = column("units", meaning="Q, or S − s")
    cost: float = column("USD/time", meaning="orders, stock and waiting customers")

    @property
    def up_to(self) -> float:
        """The order-up-to level S = s + lot (or r + Q) [units]."""
        return self.reorder_point + self.lot


class ContinuousReview(Row, frozen=True):
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
            return self._rate(self.point(lot)) - self.cost(self.point(lot), lot)

        # The EOQ with backorders is a lower bound (Zheng 1992); chance only adds to the lot.
        eoq = EconomicLot(self.fixed_cost, self.holding_cost, self.demand, self.backorder_cost)
        low, high = eoq.quantity, 2 * eoq.quantity
        while excess(high) < 0:
            high *= 2
        lot = float(optimize.brentq(excess, low / 2, high, xtol=1e-9 * high))
        point = self.point(lot)
        return Levels(point, lot, self._rate(point))

    def cost(self, point: float, lot: Positive) -> float:
        """What a reorder point and a lot cost on average [USD/time]."""
        band = integrate.quad(self._rate, point, point + lot, epsrel=1e-12)[0]
        return float(self.fixed_cost * self.demand + band) / lot

    def point(self, lot: Positive) -> float:
        """The best reorder point for a given lot: where g(r) = g(r + Q) [units]."""
        # g is convex: r lies within Q below its least point.
        least = newsvendor(self._asked, self.holding_cost, self.backorder_cost).level
        best = optimize.brentq(lambda r: self._rate(r + lot) - self._rate(r), least - lot, least)
        return float(best)

    @cached_property
    def _asked(self) -> Normal:
        """The demand of the lead time."""
        return Normal(self.demand * self.lead_time, self.demand_sd * math.sqrt(self.lead_time))

    def _rate(self, level: float) -> float:
        return newsvendor_cost(self._asked, level, self.holding_cost, self.backorder_cost)


class PeriodicReview(Row, frozen=True):
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
        start = np.eye(1, high - low)[0]  # a renewal: m(j) = [j = 0] + Σ chance of i × m(j − i)
        held = signal.lfilter([1.0], np.append(1.0 - self._chance[0], -self._chance[1:]), start)
        rates = np.array([self._rate(level) for level in range(high, low, -1)])
        return float((self.fixed_cost + held @ rates) / held.sum())

    @cached_property
    def _chance(self) -> Array:
        """The probability that a period asks for 0, 1, 2, … units."""
        units, chances = probabilities(self.demand)
        if (units != np.round(units)).any() or not units.any():
            raise ScenarioError(f"(s, S): {self.demand} is not in whole units above 0: round it")
        return np.bincount(units.astype(np.intp), chances).astype(np.float64)

    @cached_property
    def _rate(self) -> Callable[[int], float]:
        """G: cost of a period that begins with a position."""
        costs = (self.holding_cost, self.backorder_cost)
        return cache(lambda level: newsvendor_cost(self.demand, level, *costs, self.periods))


class EconomicLot(Row, frozen=True):
    """The economic order quantity (EOQ): a fixed cost per order against the cost of keeping stock.

    Q* = √(2KD/h′ · (h′ + b)/b) with h′ = h(1 − D/P) [fixed cost K, demand D, holding h,
    backorder cost b (∞: nobody waits), production rate P (∞: the lot arrives at once)].
    Time is whatever the rates are in. Source: Harris (1913); Snyder & Shen (2019) chapter 3.
    ``prices`` by least quantity (discounts) make ``holding_cost`` a share of the mean price of a
    unit per time, and purchase a part of cost: prices of all units of a lot or, ``incremental``, of
    those beyond the quantity. Exact: Hadley & Whitin (1963); Snyder & Shen (2019) section 3.4.

    Raises:
        ScenarioError: a line that never stops, or prices that do not fall from the first unit on.

    >>> lot = EconomicLot(fixed_cost=8, holding_cost=0.225, demand=1300)  # Example 3.1
    >>> round(lot.quantity, 4), round(lot.cost(), 4)
    (304.0468, 68.4105)
    >>> lot = EconomicLot(8, 0.3, 1300, prices={0: 0.75, 400: 0.72, 800: 0.68})
    >>> lot.quantity, round(lot.cost(), 4)
    (800.0, 978.6)
    """

    fixed_cost: float = column("USD/order", meaning="fixed cost of an order K", low=1e-12)
    holding_cost: float = column("USD/unit/time", meaning="holding cost h", low=1e-12)
    demand: float = column("units/time", meaning="demand rate D", low=1e-12)
    backorder_cost: float = column(
        "USD/unit/time", math.inf, "cost of a waiting unit b; ∞: nobody waits", low=1e-12
    )
    production_rate: float = column("units/time", math.inf, "production rate P", low=1e-12)
    prices: Mapping[float, float] = column(
        "USD/unit by least quantity", {}, "discounts; holding_cost is then a share/time", low=1e-12
    )
    incremental: bool = column("yes/no", False, "a price is of the units beyond its quantity only")

    def check(self) -> None:
        """See that a lot is made faster than it is used, and that prices fall from the start."""
        wrong, breaks = "", sorted(self.prices.items())
        if self.production_rate <= self.demand:
            rates = f"{self.production_rate:g} must be above the demand {self.demand:g}"
            wrong = f"production_rate {rates}: the line never stops"
        if breaks and not 0 <= breaks[0][0] <= 1:
            wrong = f"prices begin at {breaks[0][0]:g} units: say what the first costs, {{1: …}}"
        for (least, price), (more, low) in pairwise(breaks):
            if low >= price:
                steps = f"{price:g} from {least:g} units and {low:g} from {more:g}"
                wrong = f"prices must fall, got {steps} units: drop that step"
        if self.incremental and (not breaks or self.backorder_cost < math.inf):
            wrong = "incremental is for lots with prices and without backorder_cost: drop one"
        if wrong:
            raise ScenarioError(f"EconomicLot: {wrong}")

    @property
    def quantity(self) -> float:
        """The lot that costs least, Q* [units]."""
        lots = []
        for least, price, once in self._offers:
            orders = 2 * (self.fixed_cost + once) * self.demand
            lots.append(max(least, math.sqrt(orders / self._rates(price)[0])))
        return min(lots, key=self.cost)

    @property
    def cycle(self) -> float:
        """Time from one order to the next, Q*/D [time]."""
        return self.quantity / self.demand

    @property
    def backordered_share(self) -> float:
        """The share of the demand that waits, h′ / (h′ + b)."""
        return self._rates(self._price(self.quantity))[1]

    def cost(self, quantity: Positive | None = None) -> float:
        """What a lot costs per time (the best one, if none is given) [USD/time].

        K D/Q + h′ Q/2 · b/(h′ + b), with the best backorders for that Q; and purchase at prices.
        """
        lot = self.quantity if quantity is None else quantity
        price = self._price(lot)
        bought = self.demand * price if self.prices else 0.0
        return self.fixed_cost * self.demand / lot + self._rates(price)[0] * lot / 2 + bought

    @cached_property
    def _offers(self) -> tuple[tuple[float, float, float], ...]:
        """From how many units on, a price, and what a lot pays for its first units beside it."""
        (_, price), *more = sorted(self.prices.items()) or [(0.0, 1.0)]  # h is a share of 1 USD
        offers = [(0.0, price, 0.0)]
        for least, price in more:
            once = offers[-1][2] + (offers[-1][1] - price) * least * self.incremental
            offers.append((least, price, once))
        return tuple(offers)

    def _price(self, lot: float) -> float:
        """The mean price of a unit of a lot."""
        _, price, once = [offer for offer in self._offers if offer[0] <= lot][-1]
        return price + once / lot

    def _rates(self, price: float) -> tuple[float, float]:
        """What the units of a lot at a price cost in stock or waiting, and the share that waits."""
        held = self.holding_cost * price * (1 - self.demand / self.production_rate)
        wait = self.backorder_cost
        served = 1.0 if math.isinf(wait) else wait / (held + wait)
        return held * served, 1.0 - served


class DisruptedLot(Row, frozen=True):
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
        """The lot that costs least [units]; no formula, found by search from the EOQ on."""
        plain = math.log(EconomicLot(self.fixed_cost, self.holding_cost, self.demand).quantity)
        best = optimize.minimize_scalar(lambda x: self.cost(math.exp(x)), (plain, plain + 0.1))
        return math.exp(best.x)

    def cost(self, quantity: Positive | None = None) -> float:
        """What a lot costs per time (the best one, if none is given) [USD/time]."""
        lot = self.quantity if quantity is None else quantity
        both = self.disruptions + self.recoveries
        # The expected time without supplier at the end of a cycle, ψ/μ.
        wait = self.disruptions / both * -math.expm1(-both * lot / self.demand) / self.recoveries
        keeping = self.holding_cost * lot**2 / (2 * self.demand)
        losing = self.lost_sale_cost * self.demand * wait
        return (self.fixed_cost + keeping + losing) / (lot / self.demand + wait)


def power_of_two(lot: EconomicLot, base: Positive) -> int:
    """Order every 1, 2, 4, 8, … base periods: never more than 6.1 % dearer than the best interval.

    The least 2^k · base ≥ T*/√2, for a base period of at most √2 T*. Source: Roundy (1985).

    >>> power_of_two(EconomicLot(8, 0.225, 1300), base=1 / 52)
    16
    """
    if lot.prices:
        raise ScenarioError("power_of_two: with prices, none need be near the best: compare costs")
    power = math.ceil(math.log2(lot.cycle / (math.sqrt(2) * base)) - 1e-12)
    return int(2 ** max(0, power))  # no calendar is finer than its base


class LotPlan(Result, frozen=True):
    """When to order how much, for demand that is known by period."""

    orders: tuple[float, ...] = column("units", meaning="order of each period")
    cost: float = column("USD", meaning="cost of all periods, purchase included")


def wagner_whitin(
    demand: Series, setup: Amount, holding: Amount, unit_costs: Series | None = None
) -> LotPlan:
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
    least, until, asked = [0.0] * (count + 1), [0] * count, np.array(demand, dtype=np.float64)
    for t in reversed(range(count)):
        units, carried = np.cumsum(asked[t:]), np.cumsum(holding * np.arange(count - t) * asked[t:])
        choices = np.where(units > 0, setup, 0.0) + prices[t] * units + carried + least[t + 1 :]
        least[t], until[t] = float(choices.min()), t + int(choices.argmin()) + 1
    orders, t = [0.0] * count, 0
    while t < count:
        orders[t] = float(sum(demand[t : until[t]]))
        t = until[t]
    return LotPlan(tuple(orders), least[0])


class JointOrders(Result, frozen=True):
    """What to order together: a twin's ``review_period``, and a ``MinMax`` for each item."""

    cycle: float = column("time", meaning="from one joint order to the next")
    multiples: Mapping[str, int] = column("cycles", meaning="from one order of an item to the next")
    reorder_point: Mapping[str, float] = column("units", meaning="half a cycle before it is due")
    up_to: Mapping[str, float] = column("units", meaning="without the demand of the lead time")
    cost: float = column("USD/time", meaning="orders, stock and waiting customers")


def joint_replenishment(
    major: Positive, items: Mapping[str, EconomicLot], base: Amount = 0.0, *, powers: bool = False
) -> JointOrders:
    """Order items together, each in every k-th cycle T, so that orders and stock cost least: exact.

    (A + Σ a/k)/T + T Σ g k [A: ``major`` cost of a cycle, a: an item's own, 2√(ag): what it costs
    alone]. The best k change at known T; all are tried, from √((A + Σ a)/Σ g) down to where A/T and
    all items alone are dearer than the best. T in whole multiples of ``base`` (a day), k among the
    ``powers`` of two. Demand is certain; a cycle in which nothing is due is paid for too. Source:
    Goyal (1974); Viswanathan (1996); Roundy (1985); Silver, Pyke & Thomas (2017) chapter 10.

    Raises:
        ScenarioError: no items, or discounts.

    >>> shelf = {"a": EconomicLot(120, 160, 1), "b": EconomicLot(840, 20, 1)}
    >>> joint_replenishment(600, shelf | {"c": EconomicLot(300, 50, 1)}).multiples
    {'a': 1, 'b': 3, 'c': 1}
    """
    if not items or any(lot.prices for lot in items.values()):
        raise ScenarioError("joint_replenishment: items are one or more EconomicLot without prices")
    fixed, alone = np.array([(lot.fixed_cost, lot.cost()) for lot in items.values()]).T
    kept, best = alone**2 / (4 * fixed), (math.inf,)
    at = math.sqrt((major + fixed.sum()) / kept.sum()) + base
    while at >= base and at * (best[0] * (1 - 1e-9) - alone.sum()) > major:
        own = np.sqrt(fixed / kept) / at
        k = 2 ** np.ceil(np.log2(own) - 0.5) if powers else np.ceil(np.sqrt(0.25 + own**2) - 0.5)
        k = np.maximum(1, k)
        once, held = major + (fixed / k).sum(), (kept * k).sum()
        unit = base or math.sqrt(once / held)
        low = max(1, math.sqrt(once / held) // unit) * unit
        best = min(best, *((once / t + held * t, t, *k) for t in (low, low + unit)))
        at = np.sqrt(fixed / (kept * k * (2 * k if powers else k + 1))).max() * (1 - 1e-12)
    cost, cycle, *each = map(float, best)
    every, points, levels = dict(zip(items, map(int, each), strict=True)), {}, {}
    for name, lot in items.items():
        due, made = lot.demand * cycle, lot.demand / lot.production_rate
        levels[name] = due * every[name] * (1 - (1 - made) * lot.backordered_share)
        points[name] = levels[name] - due * (every[name] - 0.5)
    return JointOrders(cycle, every, points, levels, cost)


def share_out(
    stock: Amount, wanted: Amounts, by: str | Amounts = "amount", *, whole: bool = False
) -> dict[str, float]:
    """Share scarce stock out by equal "amount", "rate" or rank, and to nobody more than is wanted.

    min(w, λ), or λ w, of what is wanted w, so that all goes that can; by a rank of each, the lowest
    takes all it wants first. In ``whole`` units, the largest remainders are rounded up. A twin
    shares by rank or, at a ``proportional`` node, by rate. Source: Thomson (2003), constrained
    equal awards, proportional; Balinski & Young (2001), largest remainders.

    Raises:
        ScenarioError: another way to share, or ranks of others than those who want some.

    >>> share_out(10, {"north": 2, "south": 9, "west": 6})
    {'north': 2.0, 'south': 4.0, 'west': 4.0}
    """
    ranks = by if isinstance(by, Mapping) else {}
    size = (lambda units: math.floor(units + DUST)) if whole else float
    if by not in ("amount", "rate") and (not ranks or ranks.keys() != wanted.keys()):
        way = f'"amount", "rate" or a rank for each of {list(wanted)!r:.80}'
        raise ScenarioError(f"share_out: by is {way}, got {by!r:.80}")
    asked = {name: float(size(units)) for name, units in wanted.items()}
    dues = asked if by == "rate" else dict.fromkeys(asked, 1.0)
    left, rest, parts = float(size(stock)), sum(dues.values()), {}
    for name in sorted(asked, key=(ranks or asked).__getitem__):
        fair = left if ranks or not asked[name] else left * dues[name] / rest
        parts[name] = min(asked[name], fair)
        left, rest = max(0.0, left - parts[name]), rest - dues[name]
    units = {name: float(size(parts[name])) for name in asked}
    spare = round(sum(parts.values()) - sum(units.values()))  # none but in whole units
    for name in sorted(asked, key=lambda name: units[name] - parts[name])[:spare]:
        units[name] += 1
    return units
