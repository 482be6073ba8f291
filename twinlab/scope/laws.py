"""What a law amounts to as the engines draw it: mean, spread, whole days, sums.

By formula where there is one; else, and for laws of one's own, by drawing from a stream that
belongs to these questions alone: the same law always has the same answer.
"""

from __future__ import annotations

import math

import numpy as np

from twinlab.scope import chance
from twinlab.scope.chance import Array, Constant, Distribution, Empirical, Normal, Trace, Uniform
from twinlab.scope.errors import NetworkError, ScenarioError

_ROWS, _WIDTH = 1024, 64  # a quantile at 95 % is known to a hundredth of the spread


def outcomes(law: Distribution, days: float = 1) -> Array:
    """Values that stand for what some independent days add up to, each as likely as the others.

    One day of a law that lists its values gives those; anything else is drawn, and cut as drawn.

    Raises:
        ScenarioError: a part of a day.
        NetworkError: it draws something that is no number of at least 0.

    >>> outcomes(Empirical((2, 3, 3))).tolist(), outcomes(Constant(4), days=3).tolist()
    ([2.0, 3.0, 3.0], [12.0])
    """
    if days != int(days):
        raise ScenarioError(f"{days:g} periods of {law}: give a whole number of them")
    days = int(days)
    if isinstance(law, Constant):
        return np.array([law.value * days])
    listed = law.values if isinstance(law, Empirical | Trace) else ()
    if listed and days == 1:
        return np.asarray(listed)
    source, generator = Empirical(listed) if listed else law, np.random.default_rng([8, 1])
    drawn = drawn_of(source, generator, np.ones(_ROWS * days), _WIDTH)
    return np.asarray(drawn.reshape(_ROWS, days, -1).sum(axis=1)).ravel()


def drawn_of(law: Distribution, generator: np.random.Generator, scale: Array, width: int) -> Array:
    """Draw from a law, and see that a user's own gives as many numbers of at least 0."""
    drawn = np.asarray(law.draw(generator, scale, width), dtype=np.float64)
    if (isinstance(law, chance.Law) and law.lowest >= 0) or (
        drawn.shape in [(len(scale), width), (len(scale), 1)]
        and (np.isfinite(drawn) & (drawn >= 0)).all()
    ):
        return drawn
    raise NetworkError(
        f"{law!r} drew {drawn.shape} numbers from {drawn.min():g} to {drawn.max():g}: draw() "
        "returns days × width finite numbers of at least 0"
    )


def mean_of(law: Distribution, most: float = math.inf) -> float:
    """The mean of what the engines take of a law: draws cut at zero (and at ``most``).

    A normal cut at zero has the mean μ Φ(μ/σ) + σ φ(μ/σ).

    >>> round(mean_of(Normal(2, 5)), 4), mean_of(Uniform(0.6, 1.0), most=1)
    (3.1522, 0.8)
    """
    if isinstance(law, Uniform) and law.high <= most:
        return law.average
    if isinstance(law, Constant | Empirical | Trace) or most < math.inf:
        return float(np.minimum(outcomes(law), most).mean())
    return _cut(law)[0] if isinstance(law, Normal) else float(law.average)


def sd_of(law: Distribution) -> float:
    """The standard deviation of what the engines take of a law, of one day.

    >>> sd_of(Normal(20, 4)), sd_of(Empirical((1, 3))), sd_of(Constant(3))
    (4.0, 1.0, 0.0)
    """
    if isinstance(law, Normal):
        return _cut(law)[1]
    known = getattr(law, "sd", None)
    return float(outcomes(law).std() if known is None else known)


def days_of(law: Distribution) -> float:
    """The mean of a time in whole days, as the engines round it: half a day to the even one.

    >>> days_of(Constant(3.6)), days_of(Empirical((1.2, 2.8)))
    (4.0, 2.0)
    """
    return float(np.rint(outcomes(law)).mean())


def _cut(law: Normal) -> tuple[float, float]:
    """Mean and standard deviation of a normal law cut at zero."""
    z = law.mean / law.sd
    if z >= 3:  # what is cut adds less than a part in 7,000 to the mean
        return law.mean, law.sd
    above = 0.5 * math.erfc(-z / math.sqrt(2))
    density = law.sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    mean = law.mean * above + density
    return mean, math.sqrt((law.mean**2 + law.sd**2) * above + law.mean * density - mean * mean)
