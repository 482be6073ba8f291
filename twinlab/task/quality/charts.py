"""Charts of samples: X-bar with R or S, and the factors that their limits need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError
from twinlab.task.quality.designs import ControlChart

# -- describe ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Constants:
    """What the mean range and the mean standard deviation of small normal samples amount to.

    >>> round(chart_constants(5).A2, 3)
    0.577
    """

    d2: float
    d3: float
    c4: float
    A2: float
    A3: float
    D3: float
    D4: float
    B3: float
    B4: float


@cache
def chart_constants(size: int) -> Constants:
    """Constants of the X-bar, R and S charts for samples of a size.

    d2, d3: mean and standard deviation of the range of normal samples (σ = 1), by integration;
    c4 = √(2/(n−1)) Γ(n/2)/Γ((n−1)/2); A2 = 3/(d2 √n), A3 = 3/(c4 √n), D3, D4 = 1 ∓ 3 d3/d2,
    B3, B4 = 1 ∓ 3 √(1 − c4²)/c4, none below 0. Source: Montgomery, Statistical Quality Control,
    appendix of factors; d2 after Tippett (1925).

    Raises:
        ScenarioError: a sample has fewer than 2 values, or more than 100.

    >>> round(chart_constants(5).d2, 3), round(chart_constants(2).D4, 3)
    (2.326, 3.267)
    """
    from scipy.special import gammaln, ndtr

    if not 2 <= size <= 100:
        raise ScenarioError(f"chart_constants: samples of 2 to 100 values, got {size}")
    # Range W: P(W ≤ w) = n ∫ φ(x) (Φ(x + w) − Φ(x))ⁿ⁻¹ dx, summed on a fine grid.
    x, step = np.linspace(-8.0, 8.0, 801, retstep=True)
    w = np.linspace(0.0, 12.0, 1201)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    within = ndtr(x[None, :] + w[:, None]) - ndtr(x)[None, :]
    survival = 1.0 - size * (density * within ** (size - 1)).sum(axis=1) * step
    d2 = float(np.trapezoid(survival, w))
    d3 = float(np.sqrt(2 * np.trapezoid(w * survival, w) - d2**2))
    c4 = float(np.sqrt(2 / (size - 1)) * np.exp(gammaln(size / 2) - gammaln((size - 1) / 2)))
    ranges, spreads = 3 * d3 / d2, 3 * np.sqrt(1 - c4**2) / c4
    root = np.sqrt(size)
    return Constants(
        d2, d3, c4, float(3 / (d2 * root)), float(3 / (c4 * root)), max(0.0, 1 - ranges),
        1 + ranges, max(0.0, float(1 - spreads)), float(1 + spreads),
    )  # fmt: skip


@dataclass(frozen=True)
class SampleCharts:
    """The chart of the samples' means and that of their spread, and the sigma within samples.

    >>> xbar_r([[9, 11], [10, 10], [11, 9]]).sigma > 0
    True
    """

    means: ControlChart
    spread: ControlChart
    sigma: float


def xbar_r(samples: Any, baseline: int | None = None) -> SampleCharts:
    """Chart the means and ranges of samples (one per row): X-bar and R charts.

    Means: x̿ ± A2 R̄; ranges: D3 R̄ to D4 R̄; σ = R̄/d2. The first ``baseline`` samples set the
    limits (all, if not given). Source: Montgomery, Statistical Quality Control.

    Raises:
        ScenarioError: fewer than 2 samples or values in a sample, or no variation.

    >>> charts = xbar_r([[9, 11, 10], [10, 12, 11], [8, 10, 9]])
    >>> round(charts.means.upper, 3), charts.spread.center
    (12.047, 2.0)
    """
    table = _samples(samples)
    c, ranges = chart_constants(table.shape[1]), np.ptp(table, axis=1)
    mean = float(ranges[:baseline].mean())
    limits = (mean, c.D3 * mean, c.D4 * mean)
    spread = ControlChart("R chart", {"range": ranges}, *limits, standard=np.zeros(len(table)))
    return _pair(table, baseline, spread, mean / c.d2)


def xbar_s(samples: Any, baseline: int | None = None) -> SampleCharts:
    """Chart the means and standard deviations of samples (one per row): X-bar and S charts.

    Means: x̿ ± A3 s̄; standard deviations: B3 s̄ to B4 s̄; σ = s̄/c4. The first ``baseline``
    samples set the limits (all, if not given). Source: Montgomery, Statistical Quality Control.

    Raises:
        ScenarioError: fewer than 2 samples or values in a sample, or no variation.

    >>> round(xbar_s([[9, 11, 10], [10, 12, 11], [8, 10, 9]]).means.upper, 3)
    11.954
    """
    table = _samples(samples)
    c, spreads = chart_constants(table.shape[1]), table.std(axis=1, ddof=1)
    mean = float(spreads[:baseline].mean())
    limits = (mean, c.B3 * mean, c.B4 * mean)
    spread = ControlChart("S chart", {"s": spreads}, *limits, standard=np.zeros(len(table)))
    return _pair(table, baseline, spread, mean / c.c4)


def _pair(table: Array, baseline: int | None, spread: ControlChart, sigma: float) -> SampleCharts:
    if not sigma > 0:
        raise ScenarioError("the samples do not vary: a chart needs a spread within samples")
    means, error = table.mean(axis=1), sigma / np.sqrt(table.shape[1])
    center = float(means[:baseline].mean())
    low, high = float(center - 3 * error), float(center + 3 * error)
    z = (means - center) / error
    chart = ControlChart("X-bar chart", {"mean": means}, center, low, high, z)
    return SampleCharts(chart, spread, sigma)


def _samples(samples: Any) -> Array:
    table = np.asarray(samples, dtype=np.float64)
    if table.ndim != 2 or len(table) < 2 or table.shape[1] < 2:
        raise ScenarioError(
            f"samples are rows of at least 2 values, at least 2 rows; got shape {table.shape}"
        )
    return table
