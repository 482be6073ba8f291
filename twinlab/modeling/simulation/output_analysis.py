"""Output analysis: means and shares with intervals, seeds that choose and judge, warm-up."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

from twinlab.scope.base import Estimate, Result, ScenarioError, column, special, stats, warn

__all__ = ["Seeds", "estimate", "mser5", "other_seed", "wilson"]


class Seeds(NamedTuple):
    """The seed that chose, and the one to judge by: the best of many looks better than it is.

    >>> print(Seeds.of(1))
    chosen on seed 1, judged on seed 8416231834
    """

    chosen: int
    judged: int

    @classmethod
    def of(cls, seed: int) -> "Seeds":
        """A seed to choose by, and the one to judge by that follows from it."""
        return cls(seed, other_seed(seed, "judge"))

    def __str__(self) -> str:
        return f"chosen on seed {self.chosen}, judged on seed {self.judged}"


def other_seed(seed: int, purpose: str) -> int:
    """A seed for another purpose, always the same and above 2³², where nobody's own seed is.

    >>> other_seed(1, "judge") == other_seed(1, "judge") != other_seed(1, "forecast")
    True
    """
    digest = blake2b(f"{purpose}\x1f{seed}".encode(), digest_size=4).digest()
    return 2**32 + int.from_bytes(digest, "little")


def estimate(values: Any, confidence: float = 0.95) -> Estimate:
    """Estimate a mean from independent values, with Student's t interval.

    mean ± t(n − 1, 1 − α/2) · s / √n. Values that are NaN (a ratio with a denominator of 0)
    are left out. Source: Law (2015) equation 4.12.

    Raises:
        ScenarioError: fewer than two values, or a confidence that is no share.

    >>> round(estimate([1.2, 1.5, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.5, 1.09], 0.9).high, 2)
    1.58
    """
    if not 0 < confidence < 1:
        hint = f": write {confidence / 100:g}" if 1 < confidence < 100 else ", such as 0.95"
        raise ScenarioError(f"confidence is a share between 0 and 1, got {confidence!r}{hint}")
    numbers = np.asarray(values, dtype=np.float64).ravel()
    numbers = numbers[~np.isnan(numbers)]
    if len(numbers) < 2:
        problem = f"an interval needs at least 2 replications with a value, got {len(numbers)}"
        raise ScenarioError(f"{problem}: raise replications")
    mean = float(numbers.mean())
    error = float(numbers.std(ddof=1) / np.sqrt(len(numbers)))
    half = float(special.stdtrit(len(numbers) - 1, (1 + confidence) / 2)) * error
    return Estimate(mean, mean - half, mean + half, len(numbers), confidence)


def wilson(met: int, count: int) -> Estimate:
    """Estimate a probability from how often something happened, with Wilson's 95 % interval.

    Unlike p ± z √(p(1 − p)/n) it leaves room for doubt when all or none succeed, p = met / count.
    Source: Wilson (1927); the interval is scipy's.

    >>> round(wilson(20, 20).low, 3)  # twenty of twenty is no certainty
    0.839
    """
    ends = stats.binomtest(met, count).proportion_ci(0.95, method="wilson")
    return Estimate(met / count, float(ends.low), float(ends.high), count, 0.95)


class WarmUp(Result, frozen=True):
    """How many observations at the start to leave out, and what the rest amounts to."""

    observations: int = column("days", meaning="to leave out")
    statistic: float = column("", meaning="what is least there")
    mean: float = column("", meaning="of the rest")
    count: int = column("days", meaning="in all")

    def _sentence(self) -> str:
        late = self.observations > self.count // 3
        advice = "; run much longer, the start is still felt" if late else ""
        return f"leave out the first {self.observations} of {self.count} days{advice}"


def mser5(series: Any, batch: int = 5) -> WarmUp:
    """Find the warm-up that makes the rest most precise: MSER-5.

    Over means Y of consecutive batches of 5: the d (up to half of them) with the least
    Σ (Y_j − Ȳ)² / (n − d)². Source: White, Cobb & Spratt (2000).

    Raises:
        ScenarioError: fewer than four batches.

    >>> mser5([9, 7, 6, 5, 4] + [1, 2, 1, 2, 1] * 10).observations
    5
    """
    values = np.asarray(series, dtype=np.float64)
    count = len(values) // batch
    if count < 4:
        raise ScenarioError(f"MSER-5 needs at least {4 * batch} observations, got {len(values)}")
    means = values[: count * batch].reshape(count, batch).mean(axis=1)
    rests = [means[d:] for d in range(count // 2 + 1)]
    spread = [float(((rest - rest.mean()) ** 2).sum() / len(rest) ** 2) for rest in rests]
    best = int(np.argmin(spread))
    return WarmUp(best * batch, spread[best], float(means[best:].mean()), len(values))


SETTLING = ("on_hand", "backlog", "on_order")  # what must have settled when a warm-up is over


def days_left_out(warm_up: Any, lived: int, series: Callable[[], Iterable[Any]]) -> int:
    """A warm-up in days: as given, or the longest that ``mser5`` finds in some series."""
    if warm_up == "mser5":
        found = max((mser5(each) for each in series()), key=lambda each: each.observations)
        if "longer" in found.sentence():
            warn(f"mser5: {found}")
        warm_up = found.observations
    whole = isinstance(warm_up, int | np.integer) and not isinstance(warm_up, bool)
    if not whole or not 0 <= warm_up < max(lived, 1):
        problem = f"warm_up is a whole number of days below the {lived} lived through"
        raise ScenarioError(f"{problem}, or 'mser5', got {warm_up!r}")
    return int(warm_up)


class Spread:
    """Variances over days, added up around the first day's values so that digits are kept."""

    def __init__(self) -> None:
        self.count = 0
        self.series: list[tuple[Any, ...]] = []

    def add(self, *today: Any) -> None:
        """Add a day of some series."""
        if not self.count:
            self.series = [(v.copy(), np.zeros_like(v), np.zeros_like(v)) for v in today]
        self.count += 1
        for values, (first, square, beyond) in zip(today, self.series, strict=True):
            np.subtract(values, first, out=beyond)
            beyond *= beyond
            square += beyond

    def variances(self, *totals: Any) -> list[Any]:
        """The variance over the days of each series, given what its days add up to."""
        n, pairs = max(1, self.count), zip(totals, self.series, strict=False)
        return [np.maximum(0.0, s / n - (total / n - first) ** 2) for total, (first, s, _) in pairs]
