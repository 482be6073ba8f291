"""How long machines live by Weibull's law, and how long this one has left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError
from twinlab.task.maintenance.records import censored

# -- predict ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RemainingLife:
    """How much longer a machine of a certain age will live: mean and interval [days].

    >>> print(Weibull(2, 10).remaining(7))
    4.66 days more at age 7; 90 % between 0.35 and 11.7
    """

    age: float
    mean: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.mean:.3g} days more at age {self.age:g}; {100 * self.level:g} % between "
            f"{self.low:.3g} and {self.high:.3g}"
        )


@dataclass(frozen=True)
class Weibull(Row):
    """A law of lives: R(t) = exp(−(t/η)ᵏ); above shape 1 machines wear out, at 1 they do not age.

    >>> round(Weibull(shape=3, scale=150).mean, 2)
    133.95
    """

    shape: float = column("number", meaning="k; above 1 the failure rate grows", low=1e-3)
    scale: float = column("days", meaning="η; 63.2 % have failed by this age", low=1e-300)

    @property
    def mean(self) -> float:
        """Mean life: η Γ(1 + 1/k) [days]."""
        return self.scale * math.gamma(1.0 + 1.0 / self.shape)

    def survival(self, age: float) -> float:
        """Share that lives longer than an age."""
        return math.exp(-((age / self.scale) ** self.shape))

    def lived(self, age: float) -> float:
        """Mean days lived until an age or failure, whichever comes first: ∫₀ᵃ R(t) dt."""
        from scipy.special import gammainc

        return self.mean * float(gammainc(1.0 / self.shape, (age / self.scale) ** self.shape))

    def remaining(self, age: float, level: float = 0.9) -> RemainingLife:
        """Predict the life that is left at an age: R = (aᵏ + ηᵏ E)^(1/k) − a, E exponential.

        Raises:
            ScenarioError: the age is negative.
        """
        from scipy.special import gammaincc

        if age < 0:
            raise ScenarioError(f"an age is at least 0 days, got {age:g}")
        hazard = (age / self.scale) ** self.shape
        mean = self.mean * float(gammaincc(1.0 / self.shape, hazard)) * math.exp(hazard)
        tails = ((1.0 + level) / 2.0, (1.0 - level) / 2.0)
        low, high = (self.residual(age, -math.log(tail)) for tail in tails)
        return RemainingLife(age, mean, float(low), float(high), level)

    def residual(self, age: float, exponential: Array | float) -> Array | float:
        """Turn exponential numbers of mean 1 into remaining lives at an age [days].

        >>> Weibull(1, 20).residual(age=5, exponential=0.5)
        10.0
        """
        whole = (age**self.shape + self.scale**self.shape * exponential) ** (1.0 / self.shape)
        return np.asarray(whole - age) if np.ndim(whole) else float(whole - age)


@dataclass(frozen=True)
class WeibullFit:
    """A fitted Weibull law with the standard errors of its shape and scale.

    >>> print(fit_weibull([16, 34, 53, 75, 93, 120]))
    shape 1.933 ± 0.65, scale 73.53 ± 16.32 days (± one standard error; 6 of 6 failed)
    """

    law: Weibull
    shape_error: float
    scale_error: float
    log_likelihood: float
    failures: int
    count: int

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"shape {self.law.shape:.3f} ± {self.shape_error:.2f}, scale {self.law.scale:.2f} ± "
            f"{self.scale_error:.2f} days (± one standard error; {self.failures} of {self.count} "
            "failed)"
        )


def fit_weibull(ages: Sequence[float], failed: Sequence[bool] | None = None) -> WeibullFit:
    """Fit a Weibull law to lives by maximum likelihood; lives that have not ended count too.

    Shape: Σtᵏ ln t / Σtᵏ − 1/k = mean ln t of the failures; scale η = (Σtᵏ / failures)^(1/k);
    standard errors from the observed information. Leaving out machines that still run would make
    lives look short. Source: NIST/SEMATECH e-Handbook section 8.4.1.

    Raises:
        ScenarioError: fewer than 2 different ages of failure, or an age not above 0.
    """
    from scipy.optimize import brentq

    times, ended = censored(ages, failed)
    if len(np.unique(times[ended])) < 2 or times.min() <= 0:
        raise ScenarioError("fit_weibull: at least 2 different ages of failure, all ages above 0")
    unit = float(times.max())  # powers of numbers up to 1 cannot overflow
    log, count = np.log(times / unit), int(ended.sum())

    def score(shape: float) -> float:
        power = np.exp(shape * log)
        return float(power @ log / power.sum() - 1.0 / shape - log[ended].mean())

    high = 1.0
    while score(high) < 0.0:
        high *= 2.0
    shape = float(brentq(score, 1e-3, high, xtol=1e-14, rtol=1e-14))
    scale = unit * float(np.exp(shape * log).sum() / count) ** (1.0 / shape)
    return _with_errors(Weibull(shape, scale), times, ended)


def _with_errors(law: Weibull, times: Array, ended: Array) -> WeibullFit:
    """Standard errors: the inverse of minus the second derivatives of the log-likelihood."""
    k, scale, count = law.shape, law.scale, int(ended.sum())
    log = np.log(times / scale)
    z = np.exp(k * log)
    information = np.empty((2, 2))
    information[0, 0] = count / k**2 + (z * log**2).sum()
    information[1, 1] = (k * (k + 1) * z.sum() - count * k) / scale**2
    information[0, 1] = information[1, 0] = (count - (z * (1 + k * log)).sum()) / scale
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    likelihood = count * math.log(k / scale) + (k - 1) * log[ended].sum() - z.sum()
    return WeibullFit(law, float(errors[0]), float(errors[1]), float(likelihood), count, len(times))
