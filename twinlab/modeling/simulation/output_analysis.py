"""Output analysis: means with intervals, warm-up, and how long to run.

The horizon: does anything still move on the last day, and what would a longer run change?
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twinlab.modeling.simulation.plan import Plan
from twinlab.modeling.simulation.vector_state import record_rows
from twinlab.scope.columns import Sealed
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import special
from twinlab.scope.result import Estimate
from twinlab.scope.scenario import Scenario

if TYPE_CHECKING:
    from twinlab.modeling.simulation.replications import Replications

__all__ = [
    "Horizon",
    "Seeds",
    "WarmUp",
    "estimate",
    "horizon_of",
    "mser5",
    "other_seed",
    "run_longer",
]


class Seeds(NamedTuple):
    """The luck that chose, and the luck to judge by: the best of many looks better than it is.

    >>> print(Seeds.of(1))
    chosen on seed 1, judged on seed 8416231834
    """

    chosen: int
    judged: int

    @classmethod
    def of(cls, seed: int) -> Seeds:
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

    mean ± t(n − 1, 1 − α/2) · s / √n. Values that are NaN (a ratio without anything below its
    line) are left out. Source: Law (2015) equation 4.12.

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
        raise ScenarioError(
            f"an interval needs at least 2 replications with a value, got {len(numbers)}: raise "
            "replications"
        )
    mean = float(numbers.mean())
    error = float(numbers.std(ddof=1) / np.sqrt(len(numbers)))
    half = float(special.stdtrit(len(numbers) - 1, (1 + confidence) / 2)) * error
    return Estimate(mean, mean - half, mean + half, len(numbers), confidence)


@dataclass(frozen=True)
class WarmUp:
    """How many observations at the start to leave out, and what the rest amounts to.

    >>> print(WarmUp(observations=5, statistic=0.01, mean=1.4, count=55))
    leave out the first 5 of 55 days
    """

    observations: int
    statistic: float
    mean: float
    count: int

    def __str__(self) -> str:
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
    spread = [
        float(((means[d:] - means[d:].mean()) ** 2).sum() / (count - d) ** 2)
        for d in range(count // 2 + 1)
    ]
    best = int(np.argmin(spread))
    return WarmUp(best * batch, spread[best], float(means[best:].mean()), len(values))


SETTLING = ("on_hand", "backlog", "on_order")  # what must have settled when a warm-up is over


def days_left_out(warm_up: Any, lived: int, series: Callable[[], Iterable[Any]]) -> int:
    """A warm-up in days: as given, or the longest that ``mser5`` finds in some series."""
    if warm_up == "mser5":
        found = max((mser5(each) for each in series()), key=lambda each: each.observations)
        if "longer" in str(found):
            warnings.warn(f"mser5: {found}", stacklevel=3)
        warm_up = found.observations
    whole = isinstance(warm_up, int | np.integer) and not isinstance(warm_up, bool)
    if not whole or not 0 <= warm_up < max(lived, 1):
        raise ScenarioError(
            f"warm_up is a whole number of days below the {lived} lived through, or 'mser5', got "
            f"{warm_up!r}"
        )
    return int(warm_up)


class Spread:
    """Variances over days, added up around the first day's values so that digits are kept.

    >>> spread = Spread()
    >>> for day in (1e9, 1e9 + 1, 1e9 + 2):
    ...     spread.add(np.array([day]))
    >>> spread.variances()[0].tolist()
    [0.666667]
    """

    def __init__(self) -> None:
        self.count = 0
        self.series: list[tuple[Any, ...]] = []

    def add(self, *today: Any) -> None:
        """Add a day of some series."""
        if not self.count:
            self.series = [(v.copy(), *(np.zeros_like(v) for _ in range(3))) for v in today]
        self.count += 1
        for values, (first, total, square, beyond) in zip(today, self.series, strict=True):
            np.subtract(values, first, out=beyond)
            total += beyond
            beyond *= beyond
            square += beyond

    def variances(self) -> list[Any]:
        """The variance over the days of each series."""
        n = max(1, self.count)
        return [np.maximum(0.0, s / n - (total / n) ** 2) for _, total, s, _ in self.series]


FALSE_ALARMS = 0.01  # of batches that have settled, one in so many is said to move
PHASE = 0.05  # of its level: less may be the phase of lots, as a stretch is no whole number of them
TRIFLE = 0.001  # of what an item has on hand, on order and owes


@dataclass(frozen=True)
class Horizon(Sealed):
    """What still moves by the last day: by (measure, node, product), how much higher it is."""

    said: str
    moving: Mapping[tuple[str, str, str], Estimate]

    @property
    def note(self) -> str:
        """What a result must say of it: empty if all has settled, or if nobody can tell."""
        return self.said if self.moving else ""

    def __str__(self) -> str:
        return self.said


def horizon_of(batch: Replications, calm: Replications | None = None) -> Horizon:
    """Tell whether backlog, lost sales, stock or orders of any item still move on the last day.

    The mean of the last quarter of the days is compared with that of the quarter before, paired by
    history (of a season or review period, whole ones are compared); with ``calm``, with the same
    days of that batch of the same luck: what a disruption did must be over. Something moves if the
    interval of its change leaves out 0 (Student's t, one false alarm in 100 batches over all
    items), and it changes by more than a twentieth of its level. Few replications tell little.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=60)
    >>> print(horizon_of(replicate(shop, 100, seed=1)))
    settled: the last 15 days are like those before
    >>> print(horizon_of(replicate(shop.set("mine.capacity", 4), 100, seed=1)).note)
    still moving on day 60: backlog of shop/unit by 15.03 [14.2, 15.86], ..., and 1 more
    """
    days, whole = stretch(batch.scenario, len(batch.days))
    if batch.replications < 2 or not days or not (whole or calm):
        said = f"{len(batch.days)} days hold no two whole seasons or review periods to compare"
        said = said if batch.replications > 1 else "one history cannot tell luck from its course"
        return Horizon(f"whether it has settled cannot be told: {said}", {})
    rest = calm.stretches[1] if calm else batch.stretches[0]
    moving = _moving(
        batch.plan, *(_levels(batch.plan, s) / days for s in (batch.stretches[1], rest))
    )
    if not moving:
        against = "the calm twin's" if calm else "those before"
        return Horizon(f"settled: the last {days} days are like {against}", {})
    named = [f"{k.replace('_', ' ')} of {n}/{p} by {by.short}" for (k, n, p), by in moving.items()]
    named = [*named[:2], f"and {len(named) - 2} more"] if len(named) > 2 else named
    return Horizon(f"still moving on day {batch.days.stop}: {', '.join(named)}", moving)


def stretch(scenario: Scenario, days: int) -> tuple[int, bool]:
    """How many last days are compared with as many before, and whether they are whole cycles."""
    seasons = [round(row.season_days) for row in scenario.network.demands if row.season]
    cycle = math.lcm(*seasons, *(node.review_period for node in scenario.network.nodes))
    whole = 2 * cycle <= days
    return (max(days // 4 // cycle, 1) * cycle if whole else days // 4), whole


def watched_rows(plan: Plan) -> Any:
    """Which rows of a record are watched: on hand, on order, owed and lost."""
    rows = (record_rows(plan)[name] for name in ("on_hand", "on_order", "owed", "lost"))
    return np.concatenate([np.arange(part.start, part.stop) for part in rows])


def _levels(plan: Plan, sums: Array) -> Array:
    """Sums of the watched rows by measure and item: lost, backlog, on hand, on order."""
    items, lanes = len(plan.items), len(plan.lanes)
    on_hand, on_order, owed, backlog, lost = np.split(sums, np.cumsum([items, items, lanes, items]))
    backlog = backlog.copy()
    np.add.at(backlog, [lane.source for lane in plan.lanes], owed)
    return np.stack([lost, backlog, on_hand, on_order])


def _moving(plan: Plan, now: Array, rest: Array) -> dict[tuple[str, str, str], Estimate]:
    """What is higher or lower than where it should rest (measures × items × replications)."""
    change, level = now - rest, np.maximum(now.mean(axis=2), rest.mean(axis=2))
    mean, found = np.abs(change.mean(axis=2)), {}
    confidence = 1 - FALSE_ALARMS / max(1, int(np.count_nonzero(change.any(axis=2))))
    large = np.argwhere(mean > PHASE * level + TRIFLE * level[1:].sum(axis=0)).tolist()
    for at, item in sorted(large, key=lambda x: (x[0], -mean[x[0], x[1]] / level[x[0], x[1]])):
        by = estimate(change[at, item], confidence)
        if by.low > 0 or by.high < 0:
            found[("lost", "backlog", "on_hand", "on_order")[at], *plan.items[item].key] = by
    return found


def run_longer(batch: Replications) -> Replications:
    """Live through twice the days of a batch, on the same luck: its first half is the batch.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=60)
    >>> run_longer(replicate(shop, 100, seed=1))
    Replications(100 replications × 120 days, 2 nodes, seed 1)
    """
    from twinlab.modeling.simulation.replicate import replicate

    out, ahead = batch.warm_up, batch.scenario.change(days=batch.days.stop + len(batch.days))
    return replicate(ahead, batch.replications, batch.seed, start=batch.given, warm_up=out)


def beyond(batch: Replications, goal: Callable[[Replications], Any]) -> str:
    """Say what still moves, and what twice the days change in a goal; empty if all has settled."""
    if not (note := batch.horizon.note):
        return ""
    try:
        by = estimate(np.asarray(goal(run_longer(batch))) - np.asarray(goal(batch)))
    except ScenarioError as problem:
        return f"{note}; what a longer run would change is not known: {problem}"
    return f"{note}; twice the days change it by {by.short}"
