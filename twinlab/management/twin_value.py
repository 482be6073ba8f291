"""What a twin is worth: what decisions with it saved, on the same random numbers as without it."""

from collections.abc import Callable, Sequence

import numpy as np

from twinlab.modeling import Run, estimate
from twinlab.modeling.simulation.replicate import share
from twinlab.scope import Estimate, Result, ScenarioError
from twinlab.scope.base import column, shown

__all__ = ["value_of_twin"]

Life = Callable[[int], Run]
Cost = Callable[[Run], float]


class TwinValue(Result, frozen=True):
    """Daily cost without and with the twin, and the difference, paired by history."""

    without: Estimate = column("USD/day", meaning="cost without the twin")
    with_twin: Estimate = column("USD/day", meaning="cost with it")
    saved: Estimate = column("USD/day", meaning="difference, paired by history")

    def _sentence(self) -> str:
        return f"the twin saves {self.saved.short} USD/day of {shown(self.without.mean)}"


def value_of_twin(
    without: Life, with_twin: Life, seeds: Sequence[int] = range(20), cost: Cost | None = None
) -> TwinValue:
    """Live through the same seeds without and with a twin, and compare what it cost.

    ``without`` and ``with_twin`` live through one history for a seed and give its run. ``cost`` is
    what such a history cost [USD], as a default all costs. Where customers do not wait, who loses
    sales also makes less: there ``total_shortage_cost``, say, tells more. Workers share the seeds.

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

    def lived(seed: int) -> tuple[float, float]:
        one, other = without(seed), with_twin(seed)
        if one.days != other.days:
            raise ScenarioError(f"the lives have other days: {one.days} and {other.days}")
        if cost is None:
            return one.kpis.total_cost, other.kpis.total_cost
        return cost(one) / len(one.days), cost(other) / len(other.days)

    without_twin, with_it = np.array(share(lived, [(seed,) for seed in seeds], "living")).T
    return TwinValue(*map(estimate, (without_twin, with_it, without_twin - with_it)))
