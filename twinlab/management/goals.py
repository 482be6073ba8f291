"""Goals: a KPI with a target, judged on many replications: how probably is it met?"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from twinlab.modeling.simulation.kpis import KPIs, check_kpis
from twinlab.modeling.simulation.output_analysis import wilson
from twinlab.modeling.simulation.replications import Replications
from twinlab.scope.columns import Row, column, schema
from twinlab.scope.errors import ScenarioError
from twinlab.scope.result import Estimate, Listing, Result, shown

__all__ = ["Goal", "judge"]

# Of these KPIs more is better; of all others (stocks, waiting, cost, emissions) less is.
MORE_IS_BETTER = ("fill_rate", "cycle_service_level", "on_time_in_full")


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
        check_kpis([self.kpi])

    @property
    def direction(self) -> str:
        """Whether the KPI should be at least or at most the target."""
        return "at least" if self.kpi in MORE_IS_BETTER else "at most"

    def __str__(self) -> str:
        unit = next(c.unit for c in schema(KPIs) if c.name == self.kpi)
        return f"{self.kpi.replace('_', ' ')} {self.direction} {shown(self.target)} {unit}"


@dataclass(frozen=True)
class Verdict(Result):
    """How a goal fared over the replications of a batch."""

    goal: str = column("words", meaning="the goal")
    mean: float = column("KPI's unit", meaning="mean of the KPI")
    met: Estimate = column("share", meaning="replications that meet the target, after Wilson")
    missed_by: float = column("KPI's unit", meaning="mean shortfall, 0 where it is met")
    penalty: float = column("USD", meaning="weight × mean shortfall")

    def sentence(self) -> str:
        """The goal, how often it is met, and the mean of its KPI."""
        share = _share(self.met)
        return f"{self.goal}: met in {share} of replications, mean {shown(self.mean)}"


@dataclass(frozen=True)
class Scorecard(Listing):
    """Verdicts on some goals, and in how many replications all of them are met together."""

    verdicts: tuple[Verdict, ...]
    together: Estimate

    @property
    def penalty(self) -> float:
        """The penalties of all goals together [USD]."""
        return sum(v.penalty for v in self.verdicts)

    def sentence(self) -> str:
        """All goals together, in words."""
        met = self.together
        return (
            f"Goals; all together {_share(met)}: {met.mean * met.count:,.0f} of {met.count:,} "
            f"replications, 95 % interval{met.note and '; ' + met.note}"
        )


def _share(met: Estimate) -> str:
    return f"{met.mean:.3f} [{met.low:.3f}, {met.high:.3f}]"


def judge(goals: Iterable[Goal], batch: Replications) -> Scorecard:
    """Judge goals on a batch: probability of meeting each, with interval, and the mean shortfall.

    A history without the KPI (no customers, say) does not meet the goal, and misses it by nothing.

    Raises:
        ScenarioError: there is no goal.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> judge([Goal("fill_rate", 0.96)], replicate(shop, 200, seed=1))
    Goals; all together 0.660 [0.592, 0.722]: 132 of 200 replications, 95 % interval
    fill rate at least 0.96 share: met in 0.660 [0.592, 0.722] of replications, mean 0.9628
    """
    listed = list(goals)
    if not listed:
        raise ScenarioError("judge needs at least one goal, such as Goal('fill_rate', 0.98)")
    verdicts, everything = [], np.ones(batch.replications, dtype=bool)
    for goal in listed:
        values = np.asarray(getattr(batch.kpis, goal.kpi), dtype=np.float64)
        short = goal.target - values if goal.direction == "at least" else values - goal.target
        met = short <= 0
        everything &= met
        missed = float(np.where(short > 0, short, 0.0).mean())
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else math.nan
        share = wilson(int(met.sum()), len(met))
        verdicts.append(Verdict(str(goal), mean, share, missed, goal.weight * missed))
    together = wilson(int(everything.sum()), len(everything))
    return Scorecard(tuple(verdicts), replace(together, note=batch.horizon.note))
