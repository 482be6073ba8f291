"""How long goods are on their way, and when this shipment will arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import stats
from twinlab.scope.log import Log
from twinlab.scope.ranges import Amount, Level, ranged

# -- describe ---------------------------------------------------------------------------------


def transit_of(log: Log, source: str, destination: str) -> TransitTime:
    """Measure a lane's transit time from a log, counting what is still under way at its end.

    Raises:
        ScenarioError: nothing has arrived on that lane.

    >>> chain = Scenario(serial(["mine", "shop"], demand=4, lead_time=3), BaseStock(16), days=20)
    >>> transit_of(simulate(chain).log, "mine", "shop").mean
    3.0
    """
    ways = [e for e in log.of("shipped") if (e.node, e.partner) == (source, destination)]
    if not ways:
        raise ScenarioError(f"the log has no shipment from {source!r} to {destination!r}")
    today = log[-1].day
    done = [e.due - e.day for e in ways if e.due is not None and e.due <= today]
    return transit_time(done, [today - e.day for e in ways if e.due is None or e.due > today])


def transit_time(days: Sequence[Amount], under_way: Sequence[Amount] = ()) -> TransitTime:
    """Estimate transit times from those of arrived shipments and the ages of those under way.

    The product-limit estimate of Kaplan & Meier (1958): leaving out what is still under way would
    make a lane look quick. What is left above the longest time seen is put there.

    Raises:
        ScenarioError: nothing has arrived, or a time is negative.

    >>> transit_time([2, 4], under_way=[3, 3]).shares
    (0.25, 0.75)
    """
    if not days:
        raise ScenarioError("transit_time: nothing has arrived yet: give at least one shipment")
    seen = stats.ecdf(stats.CensoredData(uncensored=days, right=under_way)).cdf
    arrived = np.isin(seen.quantiles, days)
    reached = seen.probabilities[arrived]
    reached[-1] = 1.0
    shares = np.diff(reached, prepend=0.0)
    return TransitTime(tuple(seen.quantiles[arrived].tolist()), tuple(shares.tolist()))


# -- predict ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class TransitTime:
    """The distribution of the days that a lane takes, as it was seen."""

    days: tuple[float, ...]
    shares: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean days under way."""
        return float(np.dot(self.days, self.shares))

    @ranged
    def eta(self, age: Amount = 0.0, level: Level = 0.9) -> Arrival:
        """Predict the arrival of a shipment that has been under way for some days.

        Shipments that took no longer than that are ruled out, so the time already waited counts.

        Raises:
            ScenarioError: none has ever taken longer than this age.

        >>> print(transit_time([2, 2, 3, 5]).eta(age=2))
        arrives in 2 days after 2 days under way; 90 % between 1 and 3
        """
        days, shares = np.array(self.days), np.array(self.shares)
        later = days > age if age > 0 else days >= 0
        if not later.any():
            raise ScenarioError(f"none took more than {age:g} days so far: ask the carrier")
        days, shares = days[later], shares[later] / shares[later].sum()
        ends, tails = np.cumsum(shares), ((1 - level) / 2, (1 + level) / 2)
        low, high = (float(days[np.searchsorted(ends, t - 1e-12)] - age) for t in tails)
        return Arrival(age, float(days @ shares) - age, low, high, level)


@dataclass(frozen=True)
class Arrival:
    """When a shipment will arrive, in days from now: mean and interval."""

    age: float
    mean: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        return (
            f"arrives in {self.mean:.3g} days after {self.age:g} days under way; "
            f"{100 * self.level:g} % between {self.low:g} and {self.high:g}"
        )
