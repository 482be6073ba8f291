"""What waiting costs people, and how evenly the wait is shared: deprivation cost and Gini index."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from twinlab.scope.base import Amount, ScenarioError

__all__ = ["deprivation_cost", "gini", "waiting_cost"]

INTERCEPT = 1.5031
PER_HOUR = 0.1172
CALIBRATED_HOURS = 120.0


def deprivation_cost(hours: float | Sequence[float]) -> Any:
    """Say what it costs one person, in their own valuation, to be without water for some hours.

    g(t) = exp(1.5031 + 0.1172 t) − exp(1.5031) [USD/person; t = ``hours``]. It grows faster
    and faster: the second day costs seventeen times the first. Takes a number or an array.

    Raises:
        ScenarioError: below 0, or beyond the 120 h for which it was estimated.

    Source: Holguín-Veras et al. (2013), J. Operations Management 31: 262–280, water.

    >>> [round(float(deprivation_cost(t)), 2) for t in (0, 24, 48)]
    [0.0, 70.39, 1242.76]
    """
    time = np.asarray(hours, dtype=np.float64)
    good = (time >= 0) & (time <= CALIBRATED_HOURS)
    if not np.all(good):
        worst = np.extract(~good, time)[0]
        raise ScenarioError(
            f"deprivation_cost: {worst:g} hours: the function was estimated for 0 to "
            f"{CALIBRATED_HOURS:g} hours and says nothing beyond; split the wait, or report hours"
        )
    return np.exp(INTERCEPT + PER_HOUR * time) - np.exp(INTERCEPT)


def waiting_cost(deliveries: Sequence[Amount], horizon: Amount) -> float:
    """Add up one person's deprivation cost over the waits between deliveries.

    Σ g(tₖ − tₖ₋₁) from hour 0 to the horizon: a delivery sets the wait back to zero, so equal waits
    are the cheapest [USD/person].

    Raises:
        ScenarioError: deliveries are not in order within 0 to ``horizon``, or a wait is too long.

    >>> round(waiting_cost([24], horizon=48), 2), round(waiting_cost([12], horizon=48), 2)
    (140.77, 314.96)
    """
    moments = [0.0, *deliveries, horizon]
    if any(later < sooner for sooner, later in pairwise(moments)):
        raise ScenarioError(
            f"waiting_cost: deliveries {list(deliveries)!r} must rise from 0 to {horizon:g} hours"
        )
    return float(sum(deprivation_cost(later - sooner) for sooner, later in pairwise(moments)))


def gini(values: Sequence[Amount], weights: Sequence[Amount] | None = None) -> float:
    """Measure how unevenly something is shared: 0 if all have the same, near 1 if one has all.

    G = Σᵢⱼ wᵢ wⱼ |xᵢ − xⱼ| / (2 W² x̄) [W = Σ w; weights are heads, 1 each by default].

    Raises:
        ScenarioError: nothing is given, something is negative, or lengths differ.

    Source: Gini (1912); for relief, Gutjahr & Fischer (2018), EJOR 270: 185–197.

    >>> gini([5, 5, 5]), gini([0, 0, 0, 8])
    (0.0, 0.75)
    """
    x = np.asarray(values, dtype=np.float64)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)
    if x.size == 0 or x.shape != w.shape:
        raise ScenarioError(f"gini: {x.size} values and {w.size} weights: give as many, at least 1")
    if not w.sum() > 0:
        raise ScenarioError("gini: no weight is above 0: give each its number of heads")
    total = w.sum()
    mean = (w * x).sum() / total
    if mean == 0:
        return 0.0
    gaps = np.abs(x[:, None] - x[None, :])
    return float((w[:, None] * w[None, :] * gaps).sum() / (2 * total**2 * mean))
