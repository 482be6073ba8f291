"""Capability: how well a process in control fits between its specification limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError

# -- describe ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Capability(Row):
    """A normal process between two specification limits.

    Cp = (USL − LSL)/6σ, Cpk = min(USL − μ, μ − LSL)/3σ, parts per million outside by the normal
    law. Source: Montgomery, Statistical Quality Control, process capability.

    >>> six_sigma = Capability(mean=1.5, sigma=1, lower=-6, upper=6)
    >>> six_sigma.cp, six_sigma.cpk, round(six_sigma.ppm, 1)
    (2.0, 1.5, 3.4)
    """

    mean: float = column("units of measure", meaning="mean of the process")
    sigma: float = column("units of measure", meaning="its standard deviation", low=1e-300)
    lower: float = column("units of measure", meaning="lower specification limit")
    upper: float = column("units of measure", meaning="upper specification limit")

    def check(self) -> None:
        """The limits are in order."""
        if self.lower >= self.upper:
            raise ScenarioError(
                f"Capability: lower {self.lower:g} must be below upper {self.upper:g}"
            )

    @property
    def cp(self) -> float:
        """What the process could do if it were centred."""
        return (self.upper - self.lower) / (6.0 * self.sigma)

    @property
    def cpk(self) -> float:
        """What it does where it stands."""
        return min(self.upper - self.mean, self.mean - self.lower) / (3.0 * self.sigma)

    @property
    def ppm(self) -> float:
        """Parts per million outside the limits."""
        from scipy.special import ndtr

        low, high = (self.lower - self.mean) / self.sigma, (self.mean - self.upper) / self.sigma
        return float(1e6 * (ndtr(low) + ndtr(high)))


def capability(
    values: Sequence[float], lower: float, upper: float, sigma: float | None = None
) -> Capability:
    """Measure a process against its specification limits.

    σ is the values' own standard deviation (long-term: then Cp is called Pp), unless that within
    samples is given, such as ``xbar_r(samples).sigma``.

    Raises:
        ScenarioError: fewer than 2 values, or the limits are not in order.

    >>> round(capability([9.9, 10.0, 10.1], lower=9.7, upper=10.3).cp, 2)
    1.0
    """
    numbers = np.asarray(values, dtype=np.float64).ravel()
    if len(numbers) < 2:
        raise ScenarioError(f"capability: at least 2 values, got {len(numbers)}")
    spread = float(numbers.std(ddof=1)) if sigma is None else sigma
    return Capability(float(numbers.mean()), spread, lower, upper)
