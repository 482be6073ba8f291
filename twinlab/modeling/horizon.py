"""The horizon: does anything still move on the last day, and what would a longer run change?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinlab.modeling.ledger import record_rows
from twinlab.modeling.output import Estimate, estimate
from twinlab.modeling.plan import Plan
from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario

if TYPE_CHECKING:
    from twinlab.modeling.batch import Batch

WATCHED = ("lost", "backlog", "on_hand", "on_order")
FALSE_ALARMS = 0.01  # of batches that have settled, one in so many is said to move
PHASE = 0.05  # of its level: less may be the phase of lots, as a stretch is no whole number of them
TRIFLE = 0.001  # of what an item has on hand, on order and owes


@dataclass(frozen=True)
class Moving:
    """One thing that has not settled: how much higher it is than where it should rest, by day.

    >>> print(Moving("backlog", "shop", "bike", Estimate(7.0, 6.5, 7.5, 200, 0.999)))
    backlog of shop/bike +7 [6.5, 7.5]
    """

    measure: str
    node: str
    product: str
    change: Estimate

    def __str__(self) -> str:
        """Say it in a few words."""
        by = self.change
        what = self.measure.replace("_", " ")
        return f"{what} of {self.node}/{self.product} {by.mean:+.3g} [{by.low:.3g}, {by.high:.3g}]"


@dataclass(frozen=True)
class Horizon:
    """What still moves in the last days of a batch, the most marked first; nothing if it settled.

    ``days`` is how long the stretch is that was looked at; ``unknown`` says why nobody can tell.

    >>> print(Horizon(60, 15, ()))
    settled: its last 15 days are like those before
    """

    end: int
    days: int
    moving: tuple[Moving, ...]
    unknown: str = ""
    against: str = "those before"

    @property
    def note(self) -> str:
        """What a result must say of it: empty if it has settled, or if nobody can tell."""
        more = f" and {len(self.moving) - 2} more" if len(self.moving) > 2 else ""
        named = "; ".join(map(str, self.moving[:2]))
        return f"still moving on day {self.end}: {named}{more}" if named else ""

    @property
    def column(self) -> dict[str, str]:
        """A table's column that says what moves; none if nothing does."""
        what = ", ".join(f"{one.measure} of {one.node}" for one in self.moving[:2])
        return {f"still moving on day {self.end}": what} if what else {}

    def __str__(self) -> str:
        """Say it in a sentence."""
        if not self.moving:
            return self.unknown or f"settled: its last {self.days} days are like {self.against}"
        named = "; ".join(map(str, self.moving))
        return (
            f"still moving on day {self.end}: {named} (last {self.days} days less {self.against})"
        )


def horizon_of(batch: Batch, calm: Batch | None = None) -> Horizon:
    """Tell whether backlog, lost sales, stock or orders of any item still move on the last day.

    The mean of the last quarter of the days is compared with that of the quarter before, paired by
    history (of a season or review period, whole ones are compared); with ``calm``, with the same
    days of that batch of the same luck: what a disruption did must be over. Something moves if the
    interval of its change leaves out 0 (Student's t, one false alarm in 100 batches over all
    items), and it changes by more than a twentieth of its level. Few histories tell little.

    >>> from twinlab import BaseStock, Normal, Outage, Scenario, replicate, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=60)
    >>> print(horizon_of(replicate(shop, 100, seed=1)))
    settled: its last 15 days are like those before
    >>> narrow = replicate(shop.set("mine.capacity", 4), 100, seed=1)
    >>> [(one.measure, round(one.change.mean)) for one in horizon_of(narrow).moving]
    [('backlog', 15), ('backlog', 15), ('on_order', 15)]
    """
    plan, stretches = batch.plan, batch.stretches
    days, fits = stretch(plan.scenario, len(batch.days))
    end = batch.days.stop
    unknown, against = "", "the calm twin's" if calm else "those before"
    if batch.replications < 2:
        unknown = "one history cannot tell its luck from its course: replicate more"
    elif days == 0 or not (fits or calm):
        unknown = (
            f"whether it has settled cannot be told: {len(batch.days)} days hold no two stretches "
            "(of whole seasons and review periods) to compare"
        )
    if unknown:
        return Horizon(end, days, (), unknown)
    rest = calm.stretches[1] if calm else stretches[0]
    found = _moving(plan, _levels(plan, stretches[1]) / days, _levels(plan, rest) / days)
    return Horizon(end, days, found, "", against)


def stretch(scenario: Scenario, days: int) -> tuple[int, bool]:
    """How many last days are compared with as many before, and whether they are whole cycles.

    >>> from twinlab import BaseStock, Normal, serial
    >>> stretch(Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6)), 365)
    (91, True)
    """
    network = scenario.network
    seasons = [round(row.season_days) for row in network.demands if row.season]
    cycle = math.lcm(*seasons, *(node.review_period for node in network.nodes))
    if 2 * cycle > days:
        return days // 4, False
    return max(days // 4 // cycle, 1) * cycle, True


def watched_rows(plan: Plan) -> NDArray[np.int64]:
    """Which rows of a record are watched: on hand, on order, owed and lost."""
    rows = record_rows(plan)
    parts = (rows[name] for name in ("on_hand", "on_order", "owed", "lost"))
    return np.concatenate([np.arange(part.start, part.stop) for part in parts])


def _levels(plan: Plan, sums: Array) -> Array:
    """Sums of the watched rows by measure and item, in the order of ``WATCHED``."""
    items, lanes = len(plan.items), len(plan.lanes)
    on_hand, on_order, owed, customers, lost = np.split(
        sums, np.cumsum([items, items, lanes, items])
    )
    backlog = customers.copy()
    np.add.at(backlog, [lane.source for lane in plan.lanes], owed)
    return np.stack([lost, backlog, on_hand, on_order])


def _moving(plan: Plan, now: Array, rest: Array) -> tuple[Moving, ...]:
    """What is higher or lower than where it should rest (measures × items × histories)."""
    from scipy.special import stdtrit  # a fifth of a second

    change = now - rest
    level = np.maximum(now.mean(axis=2), rest.mean(axis=2))
    least = PHASE * level + TRIFLE * level[1:].sum(axis=0)
    mean = change.mean(axis=2)
    tried = max(1, int(np.count_nonzero(change.any(axis=2))))
    confidence, count = 1 - FALSE_ALARMS / tried, change.shape[2]
    error = change.std(axis=2, ddof=1) / math.sqrt(count)
    half = error * float(stdtrit(count - 1, (1 + confidence) / 2))
    share = np.abs(mean) / np.maximum(level, 1e-300)
    marked = (np.abs(mean) > half) & (np.abs(mean) > least)
    found = []
    for at, item in sorted(
        np.argwhere(marked).tolist(), key=lambda x: (x[0] > 1, -share[tuple(x)])
    ):
        middle, beside = float(mean[at, item]), float(half[at, item])
        by = Estimate(middle, middle - beside, middle + beside, count, confidence)
        found.append(Moving(WATCHED[at], *plan.items[item].key, by))
    return tuple(found)


def run_longer(batch: Batch) -> Batch:
    """Live through twice the days of a batch, on the same luck: its first half is the batch.

    Raises:
        ScenarioError: a trace ends, so nobody knows what comes after the last day.

    >>> from twinlab import BaseStock, Normal, Scenario, lost_sales, replicate, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=60)
    >>> run_longer(replicate(shop, 100, seed=1))
    Batch(100 replications × 120 days, 2 nodes, seed 1)
    """
    from twinlab.modeling.replicate import replicate

    longer = batch.scenario.change(days=batch.days.stop + len(batch.days))
    return replicate(longer, batch.replications, batch.seed, start=batch.given)


def beyond(batch: Batch, goal: Callable[[Batch], Any], against: Batch | None = None) -> str:
    """Measure in words what twice the days change in a goal (less that of another batch)."""
    try:
        longer, other = run_longer(batch), run_longer(against) if against else None
    except ScenarioError as problem:
        return f"what a longer run would change is not known: {problem}"
    change = np.asarray(goal(longer)) - np.asarray(goal(batch))
    if against is not None:
        change = change - np.asarray(goal(other)) + np.asarray(goal(against))  # type: ignore[arg-type]
    by = estimate(change)
    return f"twice the days change it by {by.mean:+.4g} [{by.low:.4g}, {by.high:.4g}]"
