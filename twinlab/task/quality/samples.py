"""Samples of several values: X-bar and R charts, their factors, and what the process can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np

from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import special
from twinlab.scope.ranges import Count, Number, Range, ranged
from twinlab.task.quality.charts import ControlChart

SampleSize = Annotated[int, Range("a whole number from 2 to 100", 2, 100, whole=True)]


@dataclass(frozen=True)
class Constants:
    """Factors for the limits of X-bar, R and S charts, from small normal samples."""

    d2: float
    d3: float
    c4: float
    A2: float
    A3: float
    D3: float
    D4: float
    B3: float
    B4: float


@ranged
@cache
def chart_constants(size: SampleSize) -> Constants:
    """Constants of the X-bar, R and S charts for samples of a size.

    d2, d3: mean and standard deviation of the range of normal samples (σ = 1), by integration;
    c4 = √(2/(n−1)) Γ(n/2)/Γ((n−1)/2); A2 = 3/(d2 √n), A3 = 3/(c4 √n), D3, D4 = 1 ∓ 3 d3/d2,
    B3, B4 = 1 ∓ 3 √(1 − c4²)/c4, none below 0. Source: Montgomery, Statistical Quality Control,
    appendix of factors; d2 after Tippett (1925).

    >>> round(chart_constants(5).d2, 3), round(chart_constants(2).D4, 3)
    (2.326, 3.267)
    """
    # Range W: P(W ≤ w) = n ∫ φ(x) (Φ(x + w) − Φ(x))ⁿ⁻¹ dx, summed on a fine grid.
    x, step = np.linspace(-8.0, 8.0, 801, retstep=True)
    w = np.linspace(0.0, 12.0, 1201)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    within = special.ndtr(x[None, :] + w[:, None]) - special.ndtr(x)[None, :]
    survival = 1.0 - size * (density * within ** (size - 1)).sum(axis=1) * step
    d2 = float(np.trapezoid(survival, w))
    d3 = float(np.sqrt(2 * np.trapezoid(w * survival, w) - d2**2))
    log_ratio = special.gammaln(size / 2) - special.gammaln((size - 1) / 2)
    c4 = float(np.sqrt(2 / (size - 1)) * np.exp(log_ratio))
    ranges, spreads = 3 * d3 / d2, 3 * np.sqrt(1 - c4**2) / c4
    root = np.sqrt(size)
    return Constants(
        d2, d3, c4, float(3 / (d2 * root)), float(3 / (c4 * root)), max(0.0, 1 - ranges),
        1 + ranges, max(0.0, float(1 - spreads)), float(1 + spreads),
    )  # fmt: skip


@dataclass(frozen=True)
class SampleCharts:
    """The chart of the samples' means and that of their spread, and the sigma within samples."""

    means: ControlChart
    spread: ControlChart
    sigma: float


def xbar_r(samples: Sequence[Sequence[Number]], baseline: Count | None = None) -> SampleCharts:
    """Chart the means and ranges of samples (one per row): X-bar and R charts.

    Means: x̿ ± A2 R̄; ranges: D3 R̄ to D4 R̄; σ = R̄/d2. The first ``baseline`` samples set the
    limits (all, if not given). Source: Montgomery, Statistical Quality Control.

    Raises:
        ScenarioError: fewer than 2 samples or values in a sample, or no variation.

    >>> charts = xbar_r([[9, 11, 10], [10, 12, 11], [8, 10, 9]])
    >>> round(charts.means.upper, 3), charts.spread.center
    (12.047, 2.0)
    """
    sizes = [len(sample) for sample in samples]
    if len(sizes) < 2 or min(sizes) < 2 or len(set(sizes)) > 1:
        raise ScenarioError(f"samples: at least 2 rows of at least 2 values each, got {sizes[:9]}")
    table = np.asarray(samples, dtype=np.float64)
    c, ranges, means = chart_constants(table.shape[1]), np.ptp(table, axis=1), table.mean(axis=1)
    width = float(ranges[:baseline].mean())
    sigma, center = width / c.d2, float(means[:baseline].mean())
    if not sigma > 0:
        raise ScenarioError("the samples do not vary: a chart needs a spread within samples")
    reach = c.A2 * width
    z = (means - center) * 3 / reach
    still = np.zeros_like(z)  # of the means: a chart of ranges does not date their change
    limits = (width, c.D3 * width, c.D4 * width)
    return SampleCharts(
        ControlChart("X-bar chart", {"mean": means}, center, center - reach, center + reach, z),
        ControlChart("R chart", {"range": ranges}, *limits, still),
        sigma,
    )


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
        """Check that the limits are in order."""
        if self.lower >= self.upper:
            raise ScenarioError(f"lower {self.lower:g} must be below upper {self.upper:g}")

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
        low, high = (self.lower - self.mean) / self.sigma, (self.mean - self.upper) / self.sigma
        return float(1e6 * (special.ndtr(low) + special.ndtr(high)))
