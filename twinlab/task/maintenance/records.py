"""How often machines fail and how long repairs take: what the records say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError

# -- describe ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reliability(Row):
    """How long a machine runs, how long its repair takes, and the share of time it is up.

    >>> Reliability(mtbf=90, mttr=10).availability
    0.9
    """

    mtbf: float = column("days", meaning="mean time between failures", low=0)
    mttr: float = column("days", meaning="mean time to repair", low=0)

    @property
    def availability(self) -> float:
        """Share of time up: MTBF / (MTBF + MTTR)."""
        return self.mtbf / (self.mtbf + self.mttr)


def reliability(up_times: Sequence[float], repair_times: Sequence[float]) -> Reliability:
    """Measure MTBF, MTTR and availability from complete times up and times in repair.

    Raises:
        ScenarioError: there are none, or one is negative.

    >>> round(reliability([80, 100], [8, 12, 10]).availability, 3)
    0.9
    """
    up, down = ages_of(up_times), ages_of(repair_times)
    return Reliability(float(up.mean()), float(down.mean()))


@dataclass(frozen=True, eq=False)
class Survival:
    """Share of machines that live longer than each age, with its interval.

    >>> kaplan_meier([5, 8, 8, 12], [True, True, False, True]).share.tolist()
    [0.75, 0.5, 0.0]
    """

    ages: Array
    share: Array
    low: Array
    high: Array


def kaplan_meier(
    ages: Sequence[float], failed: Sequence[bool] | None = None, confidence: float = 0.95
) -> Survival:
    """Estimate survival without assuming a law, from lives of which some have not ended.

    S(t) = Π (1 − d/n) over the failures' ages up to t [d failed, n still at risk]; interval by
    Greenwood's variance on the log-log scale. Source: Kaplan & Meier (1958); Greenwood (1926).

    Raises:
        ScenarioError: no life, a negative age, or nothing failed.

    >>> kaplan_meier([1, 2, 3, 4]).share.tolist()
    [0.75, 0.5, 0.25, 0.0]
    """
    from scipy.special import ndtri

    times, ended = censored(ages, failed)
    places = np.unique(times[ended])
    risk = np.array([(times >= at).sum() for at in places], dtype=np.float64)
    deaths = np.array([(times[ended] == at).sum() for at in places], dtype=np.float64)
    share = np.cumprod(1.0 - deaths / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(deaths / (risk * (risk - deaths)))
        width = ndtri((1 + confidence) / 2) * np.sqrt(greenwood) / np.log(share)
        low, high = share ** np.exp(-width), share ** np.exp(width)
    none_left = share == 0.0
    return Survival(
        places, np.asarray(share), np.where(none_left, 0.0, low), np.where(none_left, 0.0, high)
    )


def ages_of(times: Sequence[float]) -> Array:
    """Times as an array of numbers that are not negative."""
    found = np.asarray(times, dtype=np.float64).ravel()
    if not len(found) or not (found >= 0).all():
        raise ScenarioError("times are a list of at least one number of days, none below 0")
    return found


def censored(ages: Sequence[float], failed: Sequence[bool] | None) -> tuple[Array, Array]:
    """Ages, and whether each ended in a failure."""
    times = ages_of(ages)
    ended = np.ones(len(times), dtype=bool) if failed is None else np.asarray(failed, dtype=bool)
    if len(ended) != len(times) or not ended.any():
        raise ScenarioError(
            f"failed says yes or no for each of the {len(times)} ages, at least one yes; "
            f"got {len(ended)} words, {int(ended.sum())} yes"
        )
    return times, ended
