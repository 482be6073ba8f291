"""What a demand series is like: smooth, erratic, intermittent or lumpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError

INTERVAL_CUT, VARIATION_CUT = 1.32, 0.49  # Syntetos, Boylan & Croston (2005)

# -- describe ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pattern:
    """How often demand comes, how much its size varies, and what such demand is called.

    >>> print(describe([0, 0, 5, 0, 0, 0, 3, 0, 0, 4]))
    intermittent: demand every 3.33 periods, squared variation of its size 0.062
    """

    interval: float
    variation: float
    name: str

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.name}: demand every {self.interval:.2f} periods, squared variation of its "
            f"size {self.variation:.2g}"
        )


def describe(series: Sequence[float]) -> Pattern:
    """Classify a demand series by how often and how evenly demand comes.

    Average demand interval = periods / periods with demand; CV² = (s/mean)² of the demands that
    are not zero (s with n − 1). Below 1.32 and 0.49 demand is smooth; more variable: erratic;
    rarer: intermittent; both: lumpy. Source: Syntetos, Boylan & Croston (2005).

    Raises:
        ScenarioError: fewer than 2 periods with demand.

    >>> describe([4, 5, 4, 6, 5]).name
    'smooth'
    """
    numbers = as_series(series)
    sizes = numbers[numbers > 0]
    if len(sizes) < 2:
        raise ScenarioError(f"describe: at least 2 periods with demand, got {len(sizes)}")
    interval = len(numbers) / len(sizes)
    variation = float((sizes.std(ddof=1) / sizes.mean()) ** 2)
    rare, varied = interval >= INTERVAL_CUT, variation >= VARIATION_CUT
    names = {(False, False): "smooth", (False, True): "erratic",
             (True, False): "intermittent", (True, True): "lumpy"}  # fmt: skip
    return Pattern(interval, variation, names[rare, varied])


def as_series(series: Sequence[float] | Array) -> Array:
    """A series as numbers.

    Raises:
        ScenarioError: it is empty, or holds something that is not a finite number.
    """
    numbers = np.asarray(series, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers) or not np.isfinite(numbers).all():
        raise ScenarioError(
            f"a series is a row of finite numbers, oldest first; got shape {numbers.shape}: fill "
            "or cut what is missing"
        )
    return numbers
