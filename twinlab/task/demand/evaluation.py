"""Methods judged by what they would have forecast, day by day, without knowing what came.

From a forecast to a decision: how high to fill up, and the scenario that tries it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.management.flows import use_on_order
from twinlab.modeling.compare import Change
from twinlab.scope.columns import Sealed
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.kinds import Count, Level, ranged
from twinlab.scope.later import pd
from twinlab.scope.scenario import Scenario
from twinlab.task.demand.methods import Method, Naive, ask, needed
from twinlab.task.demand.series import Series, accuracy, as_series

__all__ = ["days_to_cover", "evaluate", "forecast", "order_up_to", "recommend_level", "roll"]


FEW = 10  # past errors; an interval from fewer says little


@dataclass(frozen=True, eq=False)
class Rolling(Sealed):
    """Forecasts from many origins, each made with what was known then [origins × horizon]."""

    origins: Any
    forecasts: Array
    actuals: Array

    @property
    def errors(self) -> Array:
        """Actual minus forecast."""
        return self.actuals - self.forecasts

    @ranged
    def bands(self, level: Level = 0.9) -> tuple[Array, Array]:
        """Intervals from each origin, by the quantiles of the errors that were known then.

        Empty (NaN) where fewer than ten errors of that lead were known.
        """
        edges = np.full((2, *self.forecasts.shape), np.nan)
        for (at, lead), made in np.ndenumerate(self.forecasts):
            known = self.errors[self.origins + lead + 1 <= self.origins[at], lead]
            if len(known) >= FEW:
                edges[:, at, lead] = _interval(made, known, level)
        return edges[0], edges[1]


def roll(method: Method, series: Series, horizon: Count, origins: Count) -> Rolling:
    """Let a method forecast from each of the last origins, seeing only what lay before.

    Source: Tashman (2000), rolling-origin evaluation.

    Raises:
        ScenarioError: the series is too short for so many origins.

    >>> roll(Naive(), [1, 2, 3, 4, 5], horizon=2, origins=2).errors.tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    numbers = as_series(series)
    last = len(numbers) - horizon
    if len(numbers) < (least := needed(method) + origins + horizon - 1):
        raise ScenarioError(
            f"{len(numbers)} periods are too few for {origins} origins of {method} "
            f"and horizon {horizon}: at least {least}"
        )
    places = np.arange(last - origins + 1, last + 1)
    made = np.array([ask(method, numbers[:at], horizon) for at in places])
    return Rolling(places, made, np.array([numbers[at : at + horizon] for at in places]))


def error_quantile(errors: Array, shares: Sequence[float]) -> Array:
    """Levels below which a coming error lies with these probabilities, if it is like past ones.

    Position p (n + 1) among n sorted errors: the k-th exceeds a new one with probability k/(n + 1).
    The usual sample quantile is too narrow when errors are few.
    """
    return np.asarray(np.quantile(errors, shares, axis=0, method="weibull"))


def _tails(level: float) -> tuple[float, float]:
    return (1 - level) / 2, (1 + level) / 2


def _interval(mean: float, errors: Array, level: float) -> tuple[float, float]:
    """Demand around its mean, by quantiles of past errors: it holds the mean, and none below 0."""
    low, high = mean + error_quantile(errors, _tails(level))
    return min(mean, max(0.0, float(low))), max(mean, float(high))


@dataclass(frozen=True, eq=False)
class Forecast(Sealed):
    """Coming demand: mean and interval of each period [units]; 0 ≤ low ≤ mean ≤ high.

    ``errors``: how many each rests on; a new one lies within n with chance (n − 1)/(n + 1).
    """

    mean: Array
    low: Array
    high: Array
    level: float
    errors: tuple[int, ...]

    def __str__(self) -> str:
        few = min(self.errors)
        share = 100 * min(self.level, (few - 1) / (few + 1))
        return f"intervals of {100 * self.level:g} % from {few} past errors hold {share:.3g} %"


def forecast(
    method: Method, history: Series, horizon: Count, level: Level = 0.9, origins: Count = 40
) -> Forecast:
    """Forecast demand with intervals from the quantiles of the method's own past errors.

    The errors are those of forecasts from the last origins of the history (at most ``origins``),
    lead by lead; nothing is assumed about their law. Where the history has fewer than ten of a
    lead, those of the next shorter leads are added.

    Raises:
        ScenarioError: the history is shorter than what the method needs and two periods.

    >>> ahead = forecast(Naive(), [4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4], horizon=1)
    >>> ahead.mean.tolist(), ahead.low.tolist(), ahead.high.tolist()
    ([4.0], [2.0], [6.0])
    >>> print(ahead)
    intervals of 90 % from 12 past errors hold 84.6 %
    """
    numbers = as_series(history)
    if len(numbers) < (few := needed(method) + 2):
        raise ScenarioError(f"{method} and two past errors need {few} periods; got {len(numbers)}")
    mean = ask(method, numbers, horizon)
    errors = _past_errors(method, numbers, horizon, origins)
    low, high = np.transpose([_interval(*one, level) for one in zip(mean, errors, strict=True)])
    return Forecast(mean, low, high, level, tuple(map(len, errors)))


def _past_errors(method: Method, numbers: Array, horizon: int, origins: int) -> list[Array]:
    """Errors of each lead; where there are few, as many of shorter leads as make ten."""
    end, first = len(numbers), needed(method)
    many = min(origins, end - horizon - first + 1)
    if many >= FEW:
        return list(roll(method, numbers, horizon, many).errors.T)
    made = {
        at: ask(method, numbers[:at], horizon) for at in range(max(first, end - FEW - horizon), end)
    }
    found: list[Array] = []
    for lead in range(horizon):
        own = [numbers[at + lead] - said[lead] for at, said in made.items() if at + lead < end]
        lent = list(found[-1]) if found else []
        found.append(np.array(own + lent[: max(0, FEW - len(own))]))
    return found


@dataclass(frozen=True, eq=False)
class Evaluation(Sealed):
    """Methods side by side on the same origins, one row of the table each, the best first.

    The best has the least RMSSE, which unlike MASE does not reward forecasts of zero.
    """

    table: pd.DataFrame
    methods: Mapping[str, Method]

    @property
    def best(self) -> str:
        """Name of the best method."""
        return str(self.table.index[0])


@ranged
def evaluate(
    methods: Mapping[str, Method],
    series: Series,
    *,
    horizon: Count = 1,
    origins: Count = 60,
    season: Count = 1,
    level: Level = 0.9,
) -> Evaluation:
    """Judge methods by rolling forecasts from the last origins of a series, as many as it has.

    MASE and RMSSE scale by the naive error before the first origin; pinball is the mean quantile
    loss of both interval ends, scaled as MASE; value added = 1 − MAE / MAE of naive on the same
    periods. Source: Hyndman & Koehler (2006); Gilliland (2010), forecast value added.

    Raises:
        ScenarioError: the series is too short.

    >>> series = [5, 7, 6, 8, 5, 7, 6, 9] * 6
    >>> from twinlab.task.demand.methods import SeasonalNaive
    >>> judged = evaluate({"naive": Naive(), "season": SeasonalNaive(8)}, series, origins=24)
    >>> judged.best, float(judged.table.loc["season", "value added"])
    ('season', 1.0)
    """
    numbers = as_series(series)
    first = max(season + 1, *map(needed, methods.values()))
    origins = min(origins, max(1, len(numbers) - horizon - first + 1))
    plain = float(np.abs(roll(Naive(), numbers, horizon, origins).errors).mean())
    known = numbers[: len(numbers) - horizon - origins + 1]
    rows = {}
    for name, method in methods.items():
        made = roll(method, numbers, horizon, origins)
        found = accuracy(made.actuals.ravel(), made.forecasts.ravel(), known, season)
        loss, coverage = _intervals(made, level)
        loss /= float(np.abs(known[season:] - known[:-season]).mean())
        added = 1.0 - found.mae / plain if plain > 0 else 0.0
        rows[name] = found.mase, found.rmsse, loss, coverage, added
    head = ["MASE", "RMSSE", "pinball", f"coverage of {100 * level:g} %", "value added"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=head)
    return Evaluation(table.sort_values("RMSSE", kind="stable"), dict(methods))


def _intervals(made: Rolling, level: float) -> tuple[float, float]:
    """Mean quantile loss of the interval ends [units], and the share of actuals inside."""
    ends, y = made.bands(level), made.actuals
    there = np.isfinite(ends[0])
    if not there.any():
        return np.nan, np.nan
    # An end at probability p loses p × what lies above it, and 1 − p × what lies below.
    losses = [
        np.maximum(p * (y - end), (p - 1.0) * (y - end))
        for p, end in zip(_tails(level), ends, strict=True)
    ]
    inside = (y >= ends[0]) & (y <= ends[1])
    return float(np.mean(losses, axis=0)[there].mean()), float(inside[there].mean())


def order_up_to(
    method: Method, history: Series, days: Count, service: Level = 0.95, origins: Count = 60
) -> float:
    """Turn a method into an order-up-to level [units], by the errors it made before.

    S = quantile (service) of Σ forecast over the days + past errors of such sums; the sums begin on
    every day of the method's season, as a level stands all year. ``days`` is what one order must
    last: lead time and order delay, plus review period less one.
    Source: Snyder & Shen (2019) section 4.3.4, with empirical quantiles instead of a normal law.

    Raises:
        ScenarioError: the history is too short for ten errors.

    >>> from twinlab.task.demand.methods import Naive
    >>> order_up_to(Naive(), [4, 6] * 10 + [4], days=1, service=0.9)
    6.0
    """
    numbers = as_series(history)
    many = min(max(FEW, origins), len(numbers) - days - needed(method) + 1)
    if many < FEW:
        raise ScenarioError(
            f"order_up_to: {FEW} past errors of {method} over {days} days need "
            f"{FEW - 1 + days + needed(method)} periods; got {len(numbers)}"
        )
    errors = roll(method, numbers, days, many).errors.sum(axis=1)
    season = getattr(method, "season", 1)
    ahead = ask(method, numbers, days + (season - 1 if days % season else 0))
    sums = np.convolve(ahead, np.ones(days), "valid")  # from each day of a season on
    level = error_quantile(np.add.outer(sums, errors).ravel(), [service])[0]
    return max(0.0, float(level))


def days_to_cover(scenario: Scenario, node: str, product: str) -> int:
    """Days that an order of a node must last, by the order of a day.

    Order delay and lead time in whole days (in the mean of what is drawn, and of the sources that
    share the orders), plus the review period less one, plus one if the node reviews in the evening;
    at least one. How lead times vary is not in it: ``base_stock`` simulates that.

    Raises:
        ScenarioError: no lane brings the product there.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), lead_time=3)
    >>> days_to_cover(Scenario(chain, BaseStock(20)), "shop", "unit")
    3
    """
    if (node, product) not in scenario.network.into:
        raise ScenarioError(f"days_to_cover: no lane brings {product!r} to {node!r}")
    days = use_on_order(scenario, (node, product)) + scenario.network.node(node).review_period
    return max(1, round(days - 1))


def recommend_level(
    scenario: Scenario,
    item: tuple[str, str],
    history: Series,
    methods: Mapping[str, Method],
    service: float = 0.95,
    origins: int = 120,
) -> Change:
    """Recommend an order-up-to level: that of the method which rolling evaluation finds best.

    ``item`` is the (node, product), whose rule has an ``up_to`` level; ``history`` is its demand by
    day, oldest first. A level is as sure as its errors are many: sums over several days overlap,
    so 120 origins of 3 days are worth about 40. Of a method with a trend, it is the level of the
    days that come next; ``inventory.base_stock`` finds one that serves all days.

    Raises:
        ScenarioError: the history is too short, or the rule has no ``up_to``.

    >>> from twinlab.task.demand.methods import MovingAverage, Naive
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(5), days=100)
    >>> past = simulate(shop, seed=1).series("demand", "shop")
    >>> tried = {"naive": Naive(), "mean of 20": MovingAverage(20)}
    >>> print(recommend_level(shop, ("shop", "unit"), past, tried))
    shop up to 7.081: mean of 20 forecast best; covers 1 day(s) at 95 % service
      shop/unit.up_to: 5 → 7.081
    """
    node, product = item
    days = days_to_cover(scenario, node, product)
    many = min(origins, len(history) // 2)
    judged = evaluate(methods, history, horizon=days, origins=many)
    level = order_up_to(judged.methods[judged.best], history, days, service, many)
    return Change.of(
        scenario,
        {f"{node}/{product}.up_to": level},
        f"{node} up to {level:.4g}",
        f"{judged.best} forecast best; covers {days} day(s) at {100 * service:g} % service",
    )
