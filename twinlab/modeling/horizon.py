"""The horizon: does anything still move on the last day, and what would a longer run change?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.modeling.ledger import record_rows
from twinlab.modeling.output import Estimate, estimate
from twinlab.modeling.plan import Plan
from twinlab.scope.chance import Array
from twinlab.scope.columns import Sealed
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario

if TYPE_CHECKING:
    from twinlab.modeling.batch import Batch

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


def horizon_of(batch: Batch, calm: Batch | None = None) -> Horizon:
    """Tell whether backlog, lost sales, stock or orders of any item still move on the last day.

    The mean of the last quarter of the days is compared with that of the quarter before, paired by
    history (of a season or review period, whole ones are compared); with ``calm``, with the same
    days of that batch of the same luck: what a disruption did must be over. Something moves if the
    interval of its change leaves out 0 (Student's t, one false alarm in 100 batches over all
    items), and it changes by more than a twentieth of its level. Few histories tell little.

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
    """What is higher or lower than where it should rest (measures × items × histories)."""
    change, level = now - rest, np.maximum(now.mean(axis=2), rest.mean(axis=2))
    mean, found = np.abs(change.mean(axis=2)), {}
    confidence = 1 - FALSE_ALARMS / max(1, int(np.count_nonzero(change.any(axis=2))))
    large = np.argwhere(mean > PHASE * level + TRIFLE * level[1:].sum(axis=0)).tolist()
    for at, item in sorted(large, key=lambda x: (x[0], -mean[x[0], x[1]] / level[x[0], x[1]])):
        by = estimate(change[at, item], confidence)
        if by.low > 0 or by.high < 0:
            found[("lost", "backlog", "on_hand", "on_order")[at], *plan.items[item].key] = by
    return found


def run_longer(batch: Batch) -> Batch:
    """Live through twice the days of a batch, on the same luck: its first half is the batch.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=60)
    >>> run_longer(replicate(shop, 100, seed=1))
    Batch(100 replications × 120 days, 2 nodes, seed 1)
    """
    from twinlab.modeling.replicate import replicate

    out, ahead = batch.warm_up, batch.scenario.change(days=batch.days.stop + len(batch.days))
    return replicate(ahead, batch.replications, batch.seed, start=batch.given, warm_up=out)


def beyond(batch: Batch, goal: Callable[[Batch], Any]) -> str:
    """Say what still moves, and what twice the days change in a goal; empty if all has settled."""
    if not (note := batch.horizon.note):
        return ""
    try:
        by = estimate(np.asarray(goal(run_longer(batch))) - np.asarray(goal(batch)))
    except ScenarioError as problem:
        return f"{note}; what a longer run would change is not known: {problem}"
    return f"{note}; twice the days change it by {by.short}"
