"""The value of the twin: what decisions with it saved, on the same luck as decisions without it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.modeling.output import Estimate, estimate
from twinlab.modeling.run import Run
from twinlab.scope.errors import ScenarioError

Life = Callable[[int], Run]


@dataclass(frozen=True)
class Value:
    """Daily cost without and with the twin, and the difference, paired by history [USD/day].

    >>> print(Value(estimate([5.0, 7.0]), estimate([4.0, 5.5]), estimate([1.0, 1.5])).saved)
    1.25 [-1.927, 4.427]: mean of 2 histories, 95 % interval
    """

    without: Estimate
    with_twin: Estimate
    saved: Estimate

    def __str__(self) -> str:
        saved = f"{self.saved.mean:.4g} USD/day [{self.saved.low:.4g}, {self.saved.high:.4g}]"
        return f"the twin saves {saved} of {self.without.mean:.4g}"


def value_of_twin(without: Life, with_twin: Life, seeds: Sequence[int] = range(20)) -> Value:
    """Live through the same luck without and with a twin, and compare what it cost.

    ``without`` and ``with_twin`` live through one history for a seed and give its run.

    Raises:
        ScenarioError: fewer than two seeds, or the two lives are not of the same days.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> shop = Scenario(net, BaseStock(20), days=50)
    >>> found = value_of_twin(lambda seed: simulate(shop, seed),
    ...                       lambda seed: simulate(shop.set("shop.up_to", 15), seed), range(4))
    >>> round(found.saved.mean, 2)
    5.0
    """
    if len(seeds) < 2:
        raise ScenarioError(f"value_of_twin needs at least two seeds, got {list(seeds)}")
    pairs = [(without(seed), with_twin(seed)) for seed in seeds]
    for one, other in pairs:
        if one.days != other.days:
            raise ScenarioError(f"the lives have other days: {one.days} and {other.days}")
    costs = np.array([[one.kpis.total_cost, other.kpis.total_cost] for one, other in pairs])
    return Value(estimate(costs[:, 0]), estimate(costs[:, 1]), estimate(costs[:, 0] - costs[:, 1]))
