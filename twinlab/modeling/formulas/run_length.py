"""Run lengths: how many samples a control chart takes, on average, until it signals.

The shift is that of the mean, in standard deviations of what is plotted; without a shift (0) every
signal is a false alarm. Integral equations are solved at Gauss–Legendre nodes, to printed digits.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import numpy as np

from twinlab.scope.base import ScenarioError, optimize, special
from twinlab.scope.kinds import Count, Range, ranged

__all__ = ["cusum_limit", "cusum_run_length", "ewma_limit", "ewma_run_length"]
__all__ += ["shewhart_limit", "shewhart_run_length"]

RunLength = Annotated[float, Range("a mean run length above 1 sample", 1, open=True)]
Weight = Annotated[float, Range("a weight from 0.001 to 1", 0.001, 1)]
Shift = Annotated[float, Range("a number of at most 1000 standard deviations", -1e3, 1e3)]
Reference = Annotated[float, Range("from 0 to 30 standard deviations", 0, 30)]
Sigmas = Annotated[float, Range("above 0 and at most 30 standard deviations", 1e-12, 30)]


@ranged
def shewhart_run_length(shift: Shift, limit: Sigmas = 3.0, size: Count = 1) -> float:
    """Mean number of samples until a mean falls outside ± limit standard errors.

    ARL = 1 / (Φ(−L − δ√n) + Φ(−L + δ√n)) [shift δ, limit L, sample size n].
    Source: Montgomery, Introduction to Statistical Quality Control, operating characteristics.

    >>> round(shewhart_run_length(0), 1), round(shewhart_run_length(1, size=5), 3)
    (370.4, 4.495)
    """
    drift = shift * math.sqrt(size)
    return float(1.0 / (special.ndtr(-limit - drift) + special.ndtr(-limit + drift)))


@ranged
def cusum_run_length(shift: Shift, reference: Reference = 0.5, limit: Sigmas = 5.0) -> float:
    """Mean number of observations until a two-sided CUSUM that starts at 0 signals.

    Each side: L(u) = 1 + L(0) Φ(k − δ − u) + ∫₀ʰ L(y) φ(y + k − δ − u) dy; together
    1/L = 1/L⁺ + 1/L⁻ [reference k, limit h, shift δ]. Source: Page (1954); Montgomery,
    Introduction to Statistical Quality Control (k = 0.5, h = 5: 465 and 10.4).

    >>> round(cusum_run_length(0), 1), round(cusum_run_length(1), 2)
    (465.4, 10.38)
    """
    sides = (_one_sided(shift - reference, limit), _one_sided(-shift - reference, limit))
    if min(sides) == math.inf:
        raise ScenarioError("a run length above 1e12 is out of reach: lower limit or reference")
    return 1.0 / sum(1.0 / side for side in sides)


def _one_sided(drift: float, limit: float) -> float:
    """Run length from 0 of max(0, C + Z + drift) until it is above the limit."""
    if drift * (limit + 1.166) < -17:  # beyond 1e12 the equations are ill-conditioned
        return math.inf
    places, weights = _nodes(0.0, limit, 1.0)
    starts = np.append(0.0, places)
    passing = _density(places[None, :] - drift - starts[:, None]) * weights
    # The mass at zero is a start of its own beside the nodes.
    system = np.eye(len(starts)) - np.column_stack([special.ndtr(-drift - starts), passing])
    return float(np.linalg.solve(system, np.ones(len(starts)))[0])


@ranged
def ewma_run_length(shift: Shift, weight: Weight = 0.1, limit: Sigmas = 2.814) -> float:
    """Mean number of observations until an EWMA that starts at its target signals.

    L(u) = 1 + 1/λ ∫ L(y) φ((y − (1 − λ)u)/λ − δ) dy over ± L √(λ/(2 − λ)) [weight λ, limit L in
    asymptotic standard deviations, shift δ]. Source: Crowder (1987); Lucas & Saccucci (1990).

    >>> round(ewma_run_length(0), 1), round(ewma_run_length(1), 1)
    (499.6, 10.3)
    """
    edge = limit * math.sqrt(weight / (2.0 - weight))
    places, weights = _nodes(-edge, edge, weight)
    steps = (places[None, :] - (1.0 - weight) * np.append(0.0, places)[:, None]) / weight - shift
    passing = _density(steps) * weights / weight
    inside = np.linalg.solve(np.eye(len(places)) - passing[1:], np.ones(len(places)))
    return float(1.0 + passing[0] @ inside)


def shewhart_limit(run_length: RunLength) -> float:
    """Limit of a Shewhart chart with this mean run length between false alarms.

    L = Φ⁻¹(1 − 1/(2 ARL)) [standard errors].

    >>> round(shewhart_limit(370.4), 3)
    3.0
    """
    return float(-special.ndtri(0.5 / run_length))


@ranged
def cusum_limit(run_length: RunLength, reference: Reference = 0.5) -> float:
    """Limit h of a two-sided CUSUM with this mean run length between false alarms.

    Raises:
        ScenarioError: the run length is out of reach.

    >>> round(cusum_limit(1000), 3)
    5.757
    """
    return _solved(lambda h: cusum_run_length(0.0, reference, h), run_length)


def ewma_limit(run_length: RunLength, weight: Weight = 0.1) -> float:
    """Limit L of an EWMA with this mean run length between false alarms.

    Raises:
        ScenarioError: the run length is out of reach.

    >>> round(ewma_limit(500), 3)
    2.815
    """
    return _solved(lambda limit: ewma_run_length(0.0, weight, limit), run_length)


def _solved(run_length_of: Callable[[float], float], wanted: float) -> float:
    goal = math.log(wanted)
    low, high = 0.01, 1.0
    while (reached := math.log(run_length_of(high))) < goal:
        low, high = high, high + 1.0
        if high > 30 or reached > math.log(1e9):  # beyond this the equations are ill-conditioned
            raise ScenarioError(f"a run length of {wanted:g} is out of reach: ask for less")
    if math.log(run_length_of(low)) > goal:
        raise ScenarioError(f"a run length of {wanted:g} is below that of any chart: ask for more")
    return float(optimize.brentq(lambda x: math.log(run_length_of(x)) - goal, low, high, xtol=1e-7))


def _nodes(low: float, high: float, sigma: float) -> tuple[Any, Any]:
    """Places and weights between two ends, close enough for a bell of this width."""
    places, weights = _legendre(24 + 2 * int((high - low) / sigma))
    return (low + high + (high - low) * places) / 2.0, weights * (high - low) / 2.0


_legendre = cache(np.polynomial.legendre.leggauss)


def _density(x: Any) -> Any:
    return np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
