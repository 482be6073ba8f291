"""Goals: a KPI with a target, judged on many histories: how probably is it met?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinlab.management.tables import html_of, shown, table_of
from twinlab.modeling.batch import Batch
from twinlab.modeling.kpis import KPIs
from twinlab.scope.columns import Row, column, schema
from twinlab.scope.errors import ScenarioError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

# Of these KPIs more is better; of all others (stocks, waiting, cost, emissions) less is.
MORE_IS_BETTER = ("fill_rate", "cycle_service_level", "on_time_in_full")


@dataclass(frozen=True)
class Share:
    """A share of histories with its Wilson score interval.

    >>> print(wilson(9, 10))
    0.900 [0.596, 0.982]: 9 of 10 histories, 95 % interval
    """

    share: float
    low: float
    high: float
    met: int
    count: int
    confidence: float

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"{self.share:.3f} [{self.low:.3f}, {self.high:.3f}]: {self.met:,} of {self.count:,} "
            f"histories, {100 * self.confidence:g} % interval"
        )


def wilson(met: int, count: int, confidence: float = 0.95) -> Share:
    """Estimate a probability from how often something happened, with Wilson's score interval.

    (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), p = met / n. Unlike p ± z √(p(1 − p)/n)
    it leaves room for doubt when all or none succeed. Source: Wilson (1927).

    Raises:
        ScenarioError: no history, or more met than there are.

    >>> round(wilson(20, 20).low, 3)  # twenty of twenty is no certainty
    0.839
    """
    from scipy.special import ndtri  # a fifth of a second

    if count < 1 or not 0 <= met <= count:
        raise ScenarioError(f"a share needs 0 ≤ met ≤ count and count ≥ 1, got {met} of {count}")
    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    p, room = met / count, 1 + z2 / count
    centre = (p + z2 / (2 * count)) / room
    half = math.sqrt(z2 * p * (1 - p) / count + (z2 / (2 * count)) ** 2) / room
    # Exactly 0 and 1 at the ends, where rounding would leave a speck.
    low, high = centre - half if met else 0.0, centre + half if met < count else 1.0
    return Share(p, low, high, met, count, confidence)


@dataclass(frozen=True)
class Goal(Row):
    """A KPI that should reach a target; more or less is better, as the KPI says.

    >>> Goal("fill_rate", 0.98), Goal("total_cost", 5000).direction
    (Goal(kpi='fill_rate', target=0.98, weight=0.0), 'at most')
    """

    kpi: str = column("name", meaning="which KPI; see KPIs")
    target: float = column("KPI's unit", meaning="what it should reach")
    weight: float = column(
        "USD/KPI's unit", 0.0, "money, or points, per unit by which the target is missed", low=0
    )

    def check(self) -> None:
        """The KPI is one of those that there are."""
        known = [c.name for c in schema(KPIs)]
        if self.kpi not in known:
            raise ScenarioError(f"Goal: no KPI {self.kpi!r}; {did_you_mean(self.kpi, known)}")

    @property
    def direction(self) -> str:
        """Whether the KPI should be at least or at most the target."""
        return "at least" if self.kpi in MORE_IS_BETTER else "at most"

    @property
    def unit(self) -> str:
        """The KPI's unit."""
        return next(c.unit for c in schema(KPIs) if c.name == self.kpi)

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.kpi.replace('_', ' ')} {self.direction} {shown(self.target)} {self.unit}"


@dataclass(frozen=True)
class Verdict:
    """How a goal fared over the histories of a batch."""

    goal: str = column("words", meaning="the goal")
    mean: float = column("KPI's unit", meaning="mean of the KPI")
    met: float = column("share", meaning="histories that meet the target")
    met_low: float = column("share", meaning="Wilson interval")
    met_high: float = column("share", meaning="Wilson interval")
    missed_by: float = column("KPI's unit", meaning="mean shortfall, 0 where it is met")
    penalty: float = column("USD", meaning="weight × mean shortfall")


@dataclass(frozen=True, repr=False)
class Scorecard:
    """Verdicts on some goals, and in how many histories all of them are met together."""

    verdicts: tuple[Verdict, ...]
    together: Share

    @property
    def penalty(self) -> float:
        """The penalties of all goals together [USD]."""
        return sum(v.penalty for v in self.verdicts)

    @property
    def table(self) -> pd.DataFrame:
        """One row per goal."""
        return table_of(self.verdicts, Verdict)

    def __repr__(self) -> str:
        """One line per goal, and one for all together."""
        lines = [f"{v.goal}: met in {v.met:.3f} [{v.met_low:.3f}, {v.met_high:.3f}] of histories, "
                 f"mean {shown(v.mean)}" for v in self.verdicts]  # fmt: skip
        return "\n".join([*lines, f"all together: {self.together}"])

    def _repr_html_(self) -> str:
        return html_of(self.table, f"Goals; all together {self.together}")


def judge(goals: Iterable[Goal], batch: Batch, confidence: float = 0.95) -> Scorecard:
    """Judge goals on a batch: probability of meeting each, with interval, and the mean shortfall.

    A history without the KPI (no customers, say) does not meet the goal, and misses it by nothing.

    Raises:
        ScenarioError: there is no goal.

    >>> from twinlab import BaseStock, Normal, Scenario, replicate, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> judge([Goal("fill_rate", 0.96)], replicate(shop, 200, seed=1))
    fill rate at least 0.96 share: met in 0.660 [0.592, 0.722] of histories, mean 0.9628
    all together: 0.660 [0.592, 0.722]: 132 of 200 histories, 95 % interval
    """
    listed, verdicts = list(goals), []
    if not listed:
        raise ScenarioError("judge needs at least one goal, such as Goal('fill_rate', 0.98)")
    everything = np.ones(batch.replications, dtype=bool)
    for goal in listed:
        values = np.asarray(getattr(batch.kpis, goal.kpi), dtype=np.float64)
        sign = 1.0 if goal.direction == "at least" else -1.0
        short = sign * (goal.target - values)
        met = short <= 0
        everything &= met
        found = wilson(int(met.sum()), len(values), confidence)
        missed = float(np.where(short > 0, short, 0.0).mean())
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else math.nan
        verdicts.append(Verdict(str(goal), mean, found.share, found.low, found.high, missed,
                                goal.weight * missed))  # fmt: skip
    together = wilson(int(everything.sum()), len(everything), confidence)
    return Scorecard(tuple(verdicts), together)
