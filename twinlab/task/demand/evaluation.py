"""Methods judged by what they would have forecast, day by day; and how high to fill up by them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from twinlab.management.flows import use_on_order
from twinlab.modeling import Change, simulate
from twinlab.scope import Demand, Empirical, Listing, Result, Scenario, ScenarioError
from twinlab.scope.base import Array, Count, Level, Whole, column, pd, ranged, shown
from twinlab.task.demand.methods import USUAL, Method, Naive, Series, as_series, ask, needed
from twinlab.task.learning import FEW, Examples, adaptive

__all__ = ["accuracy", "days_to_cover", "demand_law", "evaluate"]
__all__ += ["order_up_to", "pooled", "predict", "prescribe", "roll"]


class Accuracy(Result, frozen=True):
    """Errors of forecasts; error = actual − forecast, so a positive bias is demand missed."""

    mae: float = column("units", meaning="mean absolute error")
    rmse: float = column("units", meaning="root of the mean squared error")
    mape: float = column("%", meaning="mean absolute error in percent of the actual")
    smape: float = column("%", meaning="the same, of the mean of actual and forecast")
    wape: float = column("%", meaning="sum of absolute errors in percent of the sum of actuals")
    bias: float = column("units", meaning="mean error")
    tracking_signal: float = column("number", meaning="sum of errors over their mean size")
    mase: float = column("number", meaning="mean absolute error over that of naive in sample")
    rmsse: float = column("number", meaning="root mean squared error over that of naive in sample")


def accuracy(actual: Series, forecast: Series, insample: Series, season: Count = 1) -> Accuracy:
    """Measure how far forecasts were from what came, also against the naive forecast in sample.

    MASE = MAE / mean |y(t) − y(t − m)| over the in-sample periods [season m], RMSSE with squares.
    Source: Hyndman & Koehler (2006); sMAPE as in the M4 competition, RMSSE as in the M5.

    Raises:
        ScenarioError: the lengths differ, or the in-sample series is too short or never changes.

    >>> errors = accuracy([12, 14], [10, 15], insample=[8, 10, 9])
    >>> errors.mae, errors.mase
    (1.5, 1.0)
    """
    y, f, known = (as_series(row, low=-np.inf) for row in (actual, forecast, insample))
    if len(y) != len(f):
        raise ScenarioError(f"accuracy: {len(y)} actual values and {len(f)} forecasts")
    steps = known[season:] - known[:-season]
    if not steps.any():
        wanted = f"more than one season of {season} periods before the forecasts"
        changes = f"a series that changes; got {len(known)} periods"
        raise ScenarioError(f"scaled errors need {wanted}, and {changes}")
    errors, sizes = y - f, np.abs(y - f)
    size, squared = float(sizes.mean()), float((errors**2).mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        return Accuracy(
            mae=size,
            rmse=squared**0.5,
            mape=float(100 * np.abs(errors / y).mean()) if (y != 0).all() else np.inf,
            smape=float(200 * np.nan_to_num(sizes / (np.abs(y) + np.abs(f))).mean()),
            wape=float(100 * sizes.sum() / np.abs(y).sum()),
            bias=float(errors.mean()),
            tracking_signal=float(errors.sum() / size) if size > 0 else 0.0,
            mase=size / float(np.abs(steps).mean()),
            rmsse=(squared / float((steps**2).mean())) ** 0.5,
        )


class Rolling(Result, frozen=True, eq=False):
    """Forecasts from many origins, each made with what was known then [origins × horizon]."""

    origins: Any
    forecasts: Array
    actuals: Array

    @property
    def errors(self) -> Array:
        """Actual minus forecast."""
        return self.actuals - self.forecasts

    def _sentence(self) -> str:
        (many, horizon), off = self.errors.shape, np.abs(self.errors).mean()
        return f"{many} origins × {horizon} periods, off by {shown(off)} units"

    def ends(self, level: Level) -> Array:
        """What ``adaptive`` adds, from each origin and from now [origins + 1 × horizon × 2]."""
        at = self.origins
        told = [adaptive(e, level, times=(at, at + h)) for h, e in enumerate(self.errors.T, 1)]
        return np.stack(told, axis=1)

    @ranged
    def bands(self, level: Level = 0.9) -> tuple[Array, Array]:
        """Intervals from each origin, adapted to the errors of that lead that were known then.

        Empty (NaN) where fewer than ten were known.
        """
        return _around(self.forecasts, self.ends(level)[:-1])

    def judge(self, level: float) -> tuple[float, float]:
        """Mean quantile loss of the interval ends [units], and the share of actuals inside."""
        (low, high), y = self.bands(level), self.actuals
        there = np.isfinite(low)
        if not there.any():
            return np.nan, np.nan
        # An end at probability p loses p × what lies above it, and 1 − p × what lies below.
        ends = ((1 - level) / 2, low), ((1 + level) / 2, high)
        losses = [np.maximum(p * (y - end), (p - 1.0) * (y - end)) for p, end in ends]
        inside = (y >= low) & (y <= high)
        return float(np.mean(losses, axis=0)[there].mean()), float(inside[there].mean())


def roll(method: Method, series: Series, horizon: Count, origins: Count) -> Rolling:
    """Let a method forecast from each of the last origins, seeing only what lay before.

    Source: Tashman (2000), rolling-origin evaluation.

    Raises:
        ScenarioError: the series is too short for so many origins.

    >>> roll(Naive(), [1, 2, 3, 4, 5], horizon=2, origins=2).errors.tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    numbers = as_series(series)
    if len(numbers) < (least := needed(method) + origins + horizon - 1):
        few = f"{len(numbers)} periods are too few for {origins} origins of {method}"
        raise ScenarioError(f"{few} and horizon {horizon}: at least {least}")
    days = len(numbers) - horizon + np.arange(1 - origins, 1)
    made = np.array([ask(method, numbers[:day], horizon) for day in days])
    return Rolling(days, made, np.array([numbers[day : day + horizon] for day in days]))


def _quantiles(errors: Array, shares: Any) -> Array:
    """Levels below which a coming error lies with these probabilities, if it is like past ones.

    Position p (n + 1) of n sorted errors: the k-th exceeds a new one with chance k/(n + 1).
    """
    return np.asarray(np.quantile(errors, shares, axis=0, method="weibull"))


def _around(mean: Array, ends: Any) -> tuple[Array, Array]:
    """Demand around its mean: the interval holds the mean, and none below 0."""
    low, high = np.moveaxis(np.asarray(ends), -1, 0) + mean
    return np.minimum(mean, np.maximum(0.0, low)), np.maximum(mean, high)


class Forecast(Result, frozen=True, eq=False):
    """Coming demand: mean and interval of each period [units]; 0 ≤ low ≤ mean ≤ high.

    ``errors``: how many each rests on; a new one lies within n with chance (n − 1)/(n + 1).
    """

    mean: Array
    low: Array
    high: Array
    level: float
    errors: tuple[int, ...]

    @property
    def table(self) -> "pd.DataFrame":
        """One row per coming period: mean and interval [units]."""
        columns = {f"{name} [units]": getattr(self, name) for name in ("mean", "low", "high")}
        return pd.DataFrame(columns, pd.RangeIndex(1, 1 + len(self.mean), name="period"))

    def _sentence(self) -> str:
        few = min(self.errors)
        share = 100 * min(self.level, (few - 1) / (few + 1))
        return f"intervals of {100 * self.level:g} % from {few} past errors hold {share:.3g} %"


def predict(
    history: Series,
    horizon: Count = 1,
    method: Method = USUAL["Smoothing"],
    *,
    level: Level = 0.9,
    origins: Count = 40,
) -> Forecast:
    """Forecast demand with intervals from the method's own past errors, which learn from misses.

    The errors are those of forecasts from the last origins of the history (at most ``origins``),
    lead by lead; nothing is assumed about their law (``learning.adaptive``). Where the history has
    fewer than ten of a lead, those of the next shorter leads are added, and nothing adapts.

    Raises:
        ScenarioError: the history is shorter than what the method needs and two periods.

    >>> ahead = predict([4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4, 6, 4], 1, Naive())
    >>> ahead.mean.tolist(), ahead.low.tolist(), ahead.high.tolist()
    ([4.0], [2.0], [6.0])
    >>> print(ahead)
    intervals of 90 % from 12 past errors hold 84.6 %
    """
    numbers = as_series(history)
    if len(numbers) < (few := needed(method) + 2):
        raise ScenarioError(f"{method} and two past errors need {few} periods; got {len(numbers)}")
    mean = ask(method, numbers, horizon)
    many = min(origins, len(numbers) - horizon - needed(method) + 1)
    if many >= FEW:
        ends, counts = roll(method, numbers, horizon, many).ends(level)[-1], [many] * horizon
    else:
        errors = _few_errors(method, numbers, horizon)
        ends = np.array([_quantiles(e, ((1 - level) / 2, (1 + level) / 2)) for e in errors])
        counts = [len(e) for e in errors]
    return Forecast(mean, *_around(mean, ends), level, tuple(counts))


def demand_law(
    demand: Demand,
    history: Series,
    horizon: Count,
    method: Method = USUAL["Smoothing"],
    *,
    day: Whole = 0,
    origins: Count = 40,
) -> Demand:
    """Let customers ask as a method foresees it: the law of the coming days, for a twin's model.

    Each of the days from ``day`` on has its own mean; around it demand has the ratios of what was
    asked and foreseen a period ahead before, with mean 1. After the horizon its days come again.

    Raises:
        ScenarioError: the history is too short, or nothing is foreseen.

    >>> law = demand_law(Demand("shop", "bike", 5), [4, 6, 4, 6, 4, 6, 4, 6], 3, Naive(), day=9)
    >>> law.pattern.average, law.scales(np.arange(9, 12)).tolist()
    (6.0, [1.0, 1.0, 1.0])
    """
    numbers = as_series(history)
    means = ask(method, numbers, horizon)
    made = roll(method, numbers, 1, max(1, min(origins, len(numbers) - needed(method))))
    known, level = made.forecasts[:, 0] > 0, float(means.mean())
    if not (level > 0 and made.actuals[known].sum() > 0):
        raise ScenarioError(f"demand_law: {method} foresees no demand: give a longer history")
    ratios = made.actuals[known, 0] / made.forecasts[known, 0]
    seasons = tuple(np.roll(means / level, day % horizon))
    pattern = Empirical(level * ratios / ratios.mean())
    return replace(demand, pattern=pattern, season=seasons, season_days=horizon, trend=0.0)


def _few_errors(method: Method, numbers: Array, horizon: int) -> list[Array]:
    """Errors of each lead, and as many of shorter leads as make ten."""
    end, first = len(numbers), needed(method)
    days = range(max(first, end - FEW - horizon), end)
    made = {day: ask(method, numbers[:day], horizon) for day in days}
    errors: list[Array] = []
    for lead in range(horizon):
        own = [numbers[day + lead] - said[lead] for day, said in made.items() if day + lead < end]
        lent = list(errors[-1]) if errors else []
        errors.append(np.array(own + lent[: max(0, FEW - len(own))]))
    return errors


class Judged(Result, frozen=True):
    """How good the forecasts of a method were."""

    method: str = column("name", meaning="which")
    MASE: float = column("", meaning="mean absolute error over that of naive in sample")
    RMSSE: float = column("", meaning="root mean squared error over that of naive in sample")
    pinball: float = column("", meaning="quantile loss of both interval ends, scaled as MASE")
    coverage: float = column("share", meaning="of what came that lay in its interval")
    value_added: float = column("", meaning="1 − MAE / MAE of naive")


class Evaluation(Listing, frozen=True, eq=False):
    """Methods side by side on the same origins, the best first.

    The best has the least RMSSE, which unlike MASE does not reward forecasts of zero.
    """

    caption = "Forecasts judged, the best first"
    judged: tuple[Judged, ...]
    methods: Mapping[str, Method]

    @property
    def best(self) -> str:
        """Name of the best method."""
        return self.judged[0].method


@ranged
def evaluate(
    methods: Mapping[str, Method],
    series: Series,
    *,
    horizon: int = 1,
    origins: int = 60,
    season: int = 1,
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
    >>> judged.best, judged["season"].value_added
    ('season', 1.0)
    """
    if not methods:
        raise ScenarioError("evaluate: methods are one or more, such as {'naive': Naive()}")
    numbers = as_series(series)
    first = max(season + 1, *map(needed, methods.values()))
    origins = min(origins, max(1, len(numbers) - horizon - first + 1))
    plain = float(np.abs(roll(Naive(), numbers, horizon, origins).errors).mean())
    known = numbers[: len(numbers) - horizon - origins + 1]
    rows = []
    for name, method in methods.items():
        made = roll(method, numbers, horizon, origins)
        errors = accuracy(made.actuals.ravel(), made.forecasts.ravel(), known, season)
        loss, coverage = made.judge(level)
        loss /= float(np.abs(known[season:] - known[:-season]).mean())
        added = 1.0 - errors.mae / plain if plain > 0 else 0.0
        rows.append(Judged(name, errors.mase, errors.rmsse, loss, coverage, added))
    return Evaluation(tuple(sorted(rows, key=lambda row: row.RMSSE)), methods)


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

    >>> order_up_to(Naive(), [4, 6] * 10 + [4], days=1, service=0.9)
    6.0
    """
    numbers = as_series(history)
    many = min(max(FEW, origins), len(numbers) - days - needed(method) + 1)
    if many < FEW:
        wanted = f"{FEW} past errors of {method} over {days} days"
        least = f"{FEW - 1 + days + needed(method)} periods; got {len(numbers)}"
        raise ScenarioError(f"order_up_to: {wanted} need {least}")
    errors = roll(method, numbers, days, many).errors.sum(axis=1)
    season = getattr(method, "season", 1)
    ahead = ask(method, numbers, days + (season - 1 if days % season else 0))
    sums = np.convolve(ahead, np.ones(days), "valid")  # from each day of a season on
    return max(0.0, float(_quantiles(np.add.outer(sums, errors).ravel(), service)))


def pooled(series: "pd.DataFrame", horizon: Count = 1, season: Count = 12) -> Examples:
    """What is known of each item [items × periods] at each origin, and the demand of each lead.

    Rows from the last origin have no outcome yet (NaN): that is what to foresee. ``smoothed`` is
    simple exponential smoothing (α 0.1); times count periods from 0.

    Raises:
        ScenarioError: too few periods, or numbers that are no demand.

    >>> sold = pd.DataFrame([[0, 2] * 6, [1, 0] * 6], ["cap", "nut"])
    >>> found = pooled(sold, horizon=2, season=4)
    >>> found.features.shape, found.target[:4], found.known_at[:4]
    ((28, 17), array([0., 1., 2., 0.]), array([6, 6, 7, 7]))
    """
    y = np.array([as_series(row) for row in series.to_numpy()])
    if y.shape[-1] < season + horizon or season < 4:
        raise ScenarioError(f"pooled: {season + horizon} periods or more, a season of at least 4")
    rows, target, times, level = [], [], list[tuple[int, int]](), y[:, 0]
    for now in range(1, y.shape[1] + 1):
        past, sold = y[:, :now], y[:, :now] > 0
        level = level + 0.1 * (y[:, now - 1] - level)
        if now < season + horizon:
            continue
        seen = {f"mean of {k}": past[:, -k:].mean(1) for k in (season // 4, season // 2, season)}
        seen |= {f"newest {k}": past[:, -k] for k in (1, 2, 3)}
        seen |= {"smoothed": level, "mean": past.mean(1), "sd": past.std(1), "most": past.max(1)}
        seen |= {
            "size": past.sum(1) / np.maximum(sold.sum(1), 1),
            "often": sold.mean(1),
            "often of late": sold[:, -season:].mean(1),
            "since": np.where(sold.any(1), sold[:, ::-1].argmax(1), now),
        }
        for day in range(now, now + horizon):
            ago = {"a season ago": y[:, day - season * (1 + (day - now) // season)]}
            rows.append(pd.DataFrame(seen | ago | {"place": day % season, "lead": day - now + 1}))
            target.append(y[:, day] if day < y.shape[1] else np.full(len(y), np.nan))
            times.append((now, day))
    asked, known = np.repeat(times, len(y), axis=0).T
    table, items = pd.concat(rows, ignore_index=True), np.tile(series.index, len(times))
    return Examples(table, np.concatenate(target), known, items, asked)


def days_to_cover(scenario: Scenario, node: str, product: str) -> int:
    """Days that an order of a node must last, by the order of a day.

    Order delay and lead time in whole days (in the mean of what is drawn, and of the sources that
    share the orders), plus the review period less one, plus one if the node reviews in the evening;
    at least one. How lead times vary is not in it: ``inventory.prescribe`` simulates that.

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


def prescribe(
    scenario: Scenario,
    item: tuple[str, str],
    history: Series | None = None,
    methods: Mapping[str, Method] = USUAL,
    *,
    service: Level = 0.95,
    origins: Count = 120,
) -> Change:
    """Recommend an order-up-to level: that of the method which rolling evaluation finds best.

    ``item`` is the (node, product), whose rule has an ``up_to`` level; ``history`` is its demand by
    day, oldest first (none given: that of one simulated history). A level is as sure as its errors
    are many: sums over several days overlap, so 120 origins of 3 days are worth about 40. Of a
    method with a trend, it is the level of the next days; of all: ``inventory.prescribe``.

    Raises:
        ScenarioError: the history is too short, or the rule has no ``up_to``.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(5), days=100)
    >>> prescribe(shop, ("shop", "unit"))
    shop up to 7.661: Smoothing forecast best; covers 1 day(s) at 95 % service
      shop/unit.up_to: 5 → 7.661
    """
    node, product = item
    past = simulate(scenario).series("demand", node, product) if history is None else history
    days, many = days_to_cover(scenario, node, product), min(origins, len(past) // 2)
    judged = evaluate(methods, past, horizon=days, origins=many)
    level = order_up_to(judged.methods[judged.best], past, days, service, many)
    reason = f"{judged.best} forecast best; covers {days} day(s) at {100 * service:g} % service"
    values = {f"{node}/{product}.up_to": level}
    return Change.of(scenario, values, f"{node} up to {shown(level)}", reason)
