"""Resilience: how deep performance falls, how long it takes to recover, and the area between."""

from dataclasses import dataclass

import numpy as np

from twinlab.modeling.batch import Batch
from twinlab.modeling.run import Run
from twinlab.scope.chance import Array
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import ScenarioError
from twinlab.scope.ranges import Amount, Positive


@dataclass(frozen=True, eq=False, repr=False)
class Curve(Sealed):
    """Performance over time in % of normal, straight between its points.

    Two points at one time are a jump. The area lost is the resilience triangle,
    R = ∫ (100 − Q(t)) dt. Source: Bruneau et al. (2003).

    >>> Curve([0, 0, 10], [100, 50, 100])
    performance falls to 50 % from day 0, is back after 10 days; 250 %·days lost

    Raises:
        ScenarioError: times run backwards, or times and qualities differ in number.
    """

    times: Array
    quality: Array

    def __post_init__(self) -> None:
        times, quality = (np.array(v, dtype=np.float64) for v in (self.times, self.quality))
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "quality", quality)
        super().__post_init__()
        if times.ndim != 1 or times.shape != quality.shape or len(times) < 2:
            raise ScenarioError(
                f"a curve needs as many times as qualities, at least 2; got {times.shape} and "
                f"{quality.shape}"
            )
        if not (np.isfinite(times).all() and np.isfinite(quality).all()):
            raise ScenarioError("a curve's times and qualities are finite numbers")
        if (np.diff(times) < 0).any():
            raise ScenarioError(f"a curve's times never decrease, got {times.tolist()[:8]}")

    @property
    def loss(self) -> float:
        """The resilience triangle: area between 100 % and the curve [%·days]."""
        missing = 100.0 - self.quality
        return float(((missing[1:] + missing[:-1]) / 2 * np.diff(self.times)).sum())

    @property
    def lowest(self) -> float:
        """The lowest performance [%]."""
        return float(self.quality.min())

    def fallen(self) -> float | None:
        """When performance first lies below 100; None if never."""
        below = np.flatnonzero(self.quality < 100.0 - 1e-6)
        return float(self.times[below[0]]) if len(below) else None

    def time_to_recover(self, tolerance: Amount = 1e-6) -> float:
        """Time from the first fall until it is back for good [days]; 0: never fell, inf: not yet.

        >>> Curve([0, 1, 1, 5], [100, 100, 60, 100]).time_to_recover(tolerance=0)
        4.0
        """
        goal = 100.0 - tolerance
        below = np.flatnonzero(self.quality < goal)
        if not len(below):
            return 0.0
        at = int(below[-1])
        if at + 1 == len(self.times):
            return float("inf")
        # On the straight line from the last low point, the moment it crosses the goal.
        step = (goal - self.quality[at]) / (self.quality[at + 1] - self.quality[at])
        end = self.times[at] + step * (self.times[at + 1] - self.times[at])
        return float(end - self.times[below[0]])

    def predicted_resilience(self, longest: Positive) -> float:
        """Part of the performance over the longest acceptable time that was kept (0 to 1).

        R = 1 − loss / (100 · T*), with the longest acceptable time T* in days. A sudden loss X that
        recovers in a straight line over T keeps 1 − X · T / (2 · T*). Source: Zobel (2011).

        >>> Curve([0, 0, 12], [100, 70, 100]).predicted_resilience(longest=30)
        0.94
        """
        return 1.0 - self.loss / (100.0 * longest)

    def __repr__(self) -> str:
        start, lasted = self.fallen(), self.time_to_recover()
        if start is None:
            return "performance never falls"
        after = f"is back after {lasted:.4g} days" if np.isfinite(lasted) else "is not back yet"
        return (
            f"performance falls to {self.lowest:.4g} % from day {start:.4g}, {after}; "
            f"{self.loss:,.4g} %·days lost"
        )


def performance(
    hit: Run | Batch, calm: Run | Batch, measure: str = "on_time", node: str = "", product: str = ""
) -> Curve:
    """Compare a history with the calm one of the same luck: its daily measure in % of the calm.

    Q(day) = 100 · measure / measure in calm, cut at 100 (catching up later is no credit); 100 on
    days without any. Each day's value holds for the day. Of two batches it is that of the means;
    both then need ``bands=[measure]`` (with node and product, if given).

    Raises:
        ScenarioError: the two are not of the same days and seed.

    >>> calm = Scenario(serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}),
    ...                 BaseStock(20), days=40)
    >>> performance(simulate(calm.disrupt(Outage("mine", start=10, days=6))), simulate(calm))
    performance falls to 0 % from day 14, is back after 3 days; 300 %·days lost
    """
    if (hit.days, hit.seed) != (calm.days, calm.seed):
        raise ScenarioError(
            "performance compares two histories of the same seed and days: simulate both with the "
            f"same seed; got {hit!r} and {calm!r}"
        )

    def daily(history: Run | Batch) -> Array:
        if isinstance(history, Run):
            return history.series(measure, node, product)
        return np.asarray(history.band(measure, (node,) if node else (), product).mean(axis=1))

    now, usual = daily(hit), daily(calm)
    quality = np.full(len(now), 100.0)
    np.divide(100.0 * now, usual, out=quality, where=usual > 0)
    days = np.arange(hit.days.start, hit.days.stop, dtype=np.float64)
    times = np.stack([days, days + 1], axis=1).ravel()
    return Curve(times, np.minimum(100.0, quality).repeat(2))
