"""How long goods are on their way, and when this shipment will arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.scope.errors import ScenarioError
from twinlab.scope.log import Log

# -- predict ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrival:
    """When a shipment will arrive, in days from now: mean and interval.

    >>> print(Arrival(age=3, mean=2.5, low=1, high=4, level=0.9))
    arrives in 2.5 days after 3 days under way; 90 % between 1 and 4
    """

    age: float
    mean: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"arrives in {self.mean:.3g} days after {self.age:g} days under way; "
            f"{100 * self.level:g} % between {self.low:g} and {self.high:g}"
        )


@dataclass(frozen=True)
class TransitTime:
    """The distribution of the days that a lane takes, as it was seen.

    >>> seen = transit_time([2, 2, 3, 5])
    >>> seen.mean, seen.on_time(3)
    (3.0, 0.75)
    """

    days: tuple[float, ...]
    shares: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean days under way."""
        return float(np.dot(self.days, self.shares))

    def on_time(self, promise: float, age: float = 0.0) -> float:
        """Probability to arrive within the promised days, for a shipment of an age.

        >>> transit_time([2, 2, 3, 5]).on_time(3, age=2)
        0.5
        """
        days, shares = self._left(age)
        return float(shares[days <= promise].sum())

    def eta(self, age: float = 0.0, level: float = 0.9) -> Arrival:
        """Predict the arrival of a shipment that has been under way for some days.

        Shipments that took no longer than that are ruled out, so the time already waited counts.

        Raises:
            ScenarioError: none has ever taken longer than this age.

        >>> print(transit_time([2, 2, 3, 5]).eta(age=2))
        arrives in 2 days after 2 days under way; 90 % between 1 and 3
        """
        days, shares = self._left(age)
        ends = np.cumsum(shares)
        tails = ((1 - level) / 2, (1 + level) / 2)
        low, high = (float(days[np.searchsorted(ends, t - 1e-12)] - age) for t in tails)
        return Arrival(age, float(days @ shares) - age, low, high, level)

    def _left(self, age: float) -> tuple[np.ndarray, np.ndarray]:
        days, shares = np.array(self.days), np.array(self.shares)
        later = days > age if age > 0 else days >= 0
        if not later.any():
            raise ScenarioError(
                f"eta: none has been under way for more than {age:g} days (the longest took "
                f"{days[-1]:g}): ask the carrier"
            )
        return days[later], shares[later] / shares[later].sum()


def transit_time(days: Sequence[float], under_way: Sequence[float] = ()) -> TransitTime:
    """Estimate transit times from those of arrived shipments and the ages of those under way.

    The product-limit estimate of Kaplan & Meier (1958): leaving out what is still under way would
    make a lane look quick. What is left above the longest time seen is put there.

    Raises:
        ScenarioError: nothing has arrived, or a time is negative.

    >>> transit_time([2, 4], under_way=[3, 3]).shares
    (0.25, 0.75)
    """
    times, ages = np.asarray(days, dtype=np.float64), np.asarray(under_way, dtype=np.float64)
    if not len(times) or times.min() < 0:
        raise ScenarioError("transit_time: at least one arrived shipment, and no negative days")
    places = np.unique(times)
    left, shares = 1.0, []
    for at in places:
        risk = (times >= at).sum() + (ages >= at).sum()
        shares.append(left * (times == at).sum() / risk)
        left -= shares[-1]
    shares[-1] += left
    return TransitTime(tuple(map(float, places)), tuple(map(float, shares)))


def transit_of(log: Log, source: str, destination: str) -> TransitTime:
    """Estimate a lane's transit time from a log, counting what is still under way at its end.

    Raises:
        ScenarioError: nothing has arrived on that lane.

    >>> from twinlab import BaseStock, Constant, Scenario, serial, simulate
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
