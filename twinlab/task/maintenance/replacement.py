"""When to replace a machine that wears out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twinlab.scope.errors import ScenarioError
from twinlab.task.maintenance.lives import Weibull

# -- prescribe --------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgePolicy:
    """The age at which to replace, what that costs a day, and what waiting for failures costs.

    >>> print(age_replacement(Weibull(3, 150), planned_cost=2, failure_cost=8))
    replace at 83.12 days: 0.03685 per day; run to failure: 0.05973 per day (38 % saved)
    """

    age: float
    cost_rate: float
    run_to_failure: float

    def __str__(self) -> str:
        """Say it in a line."""
        if math.isinf(self.age):
            return f"never replace early: run to failure at {self.run_to_failure:.4g} per day"
        saved = 1.0 - self.cost_rate / self.run_to_failure
        return (
            f"replace at {self.age:.2f} days: {self.cost_rate:.4g} per day; run to failure: "
            f"{self.run_to_failure:.4g} per day ({100 * saved:.0f} % saved)"
        )


def replacement_cost(law: Weibull, age: float, planned_cost: float, failure_cost: float) -> float:
    """Cost per day of replacing at an age, or at failure if that comes first.

    C(T) = (c_p R(T) + c_f (1 − R(T))) / ∫₀ᵀ R(t) dt. Source: Barlow & Proschan (1965) chapter 4.

    >>> round(replacement_cost(Weibull(3, 150), 100, planned_cost=2, failure_cost=8), 5)
    0.03798
    """
    alive = law.survival(age)
    return (planned_cost * alive + failure_cost * (1.0 - alive)) / law.lived(age)


def age_replacement(law: Weibull, planned_cost: float, failure_cost: float) -> AgePolicy:
    """Find the age at which a planned replacement costs least per day.

    The optimum solves h(T) ∫₀ᵀ R dt + R(T) = c_f/(c_f − c_p) with failure rate h(T); machines that
    do not wear out (shape ≤ 1) and failures that cost no more are left to run. The replaced
    machine is as good as new. Source: Barlow & Proschan (1965) chapter 4.

    Raises:
        ScenarioError: a cost is not above 0.
    """
    from scipy.optimize import brentq

    if planned_cost <= 0 or failure_cost <= 0:
        raise ScenarioError(
            f"age_replacement: costs are above 0, got {planned_cost:g} and {failure_cost:g}"
        )
    waiting = failure_cost / law.mean
    if law.shape <= 1.0 or failure_cost <= planned_cost:
        return AgePolicy(math.inf, waiting, waiting)
    goal = failure_cost / (failure_cost - planned_cost)

    def slope(age: float) -> float:
        rate = law.shape / law.scale * math.pow(age / law.scale, law.shape - 1.0)
        return rate * law.lived(age) + law.survival(age) - goal

    high = law.scale
    while slope(high) < 0.0:
        high *= 2.0
    age = float(brentq(slope, 0.0, high, xtol=1e-10 * law.scale))
    return AgePolicy(age, replacement_cost(law, age, planned_cost, failure_cost), waiting)
