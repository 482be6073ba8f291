"""From a forecast to a decision: how high to fill up, and the scenario that tries it."""

from collections.abc import Mapping

import numpy as np

from twinlab.management.flows import use_on_order, ways_in
from twinlab.scope.errors import ScenarioError
from twinlab.scope.ranges import Count, Level
from twinlab.scope.scenario import Scenario
from twinlab.task.demand.evaluation import FEW, error_quantile, evaluate, roll
from twinlab.task.demand.methods import Method, ask, needed
from twinlab.task.demand.series import Series, as_series
from twinlab.task.recommendation import Recommendation, recommend


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
    if (node, product) not in ways_in(scenario):
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
) -> Recommendation:
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
      shop/unit.up_to: 5 → 7.08059
    """
    node, product = item
    days = days_to_cover(scenario, node, product)
    many = min(origins, len(history) // 2)
    judged = evaluate(methods, history, horizon=days, origins=many)
    level = order_up_to(judged.methods[judged.best], history, days, service, many)
    return recommend(
        scenario, f"{node} up to {level:.4g}",
        f"{judged.best} forecast best; covers {days} day(s) at {100 * service:g} % service",
        {f"{node}/{product}.up_to": level},
    )  # fmt: skip
