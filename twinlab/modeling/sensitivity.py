"""Sensitivity: which columns matter, one at a time (tornado) and all together (Sobol)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.modeling.experiments import progress
from twinlab.modeling.kpis import check_kpis
from twinlab.modeling.replicate import replicate
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import pd, stats
from twinlab.scope.scenario import Scenario

Ranges = Mapping[str, tuple[float, float]]


def tornado(
    scenario: Scenario, ranges: Ranges, kpi: str = "total_cost", replications: int = 200,
    seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Move each column to the ends of its range, alone, and rank what that does to a KPI.

    The table has one row per path, the widest swing first: the KPI's mean at the low end, as it
    is, and at the high end, and the swing between the ends.

    Raises:
        ScenarioError: a path leads nowhere, a range is empty, or an unknown KPI.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> shop = Scenario(chain, BaseStock(8), days=50)
    >>> ranges = {"shop.up_to": (7, 9), "shop.holding_cost": (0.9, 1.1)}
    >>> tornado(shop, ranges, replications=100, seed=1)["path"].tolist()
    ['shop.up_to', 'shop.holding_cost']
    """
    check_kpis([kpi])
    check_ranges(ranges)

    def mean(changed: Scenario) -> float:
        return replicate(changed, replications, seed).estimate(kpi).mean

    middle = mean(scenario)
    rows = []
    for path, (low, high) in progress(ranges.items(), "tornado"):
        ends = mean(scenario.set(path, low)), mean(scenario.set(path, high))
        rows.append((path, low, high, ends[0], middle, ends[1], abs(ends[1] - ends[0])))
    head = ["path", "low", "high", "at_low", "as_is", "at_high", "swing"]
    table = pd.DataFrame(rows, columns=head)
    return table.sort_values("swing", ascending=False, ignore_index=True)


@dataclass(frozen=True)
class Sobol:
    """How much of a KPI's variance each column explains, alone and with all others.

    >>> Sobol(("shop.up_to",), (0.9,), (0.95,), "total_cost", 64).total
    (0.95,)
    """

    paths: tuple[str, ...]
    first: tuple[float, ...]
    total: tuple[float, ...]
    kpi: str
    samples: int

    @property
    def table(self) -> pd.DataFrame:
        """One row per path: first-order and total index."""
        return pd.DataFrame({"path": self.paths, "first": self.first, "total": self.total})


def sobol(
    scenario: Scenario, ranges: Ranges, kpi: str = "total_cost", samples: int = 64,
    replications: int = 64, seed: int = 0,
) -> Sobol:  # fmt: skip
    """Split a KPI's variance among columns that vary uniformly in their ranges.

    First-order and total indices by Saltelli's estimator (``scipy.stats.sobol_indices``), which
    simulates ``samples × (paths + 2)`` scenarios on the same luck; ``samples`` is a power of 2.
    Source: Sobol (1993); Saltelli et al. (2010).

    Raises:
        ScenarioError: a path leads nowhere, a range is empty, or an unknown KPI.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> ranges = {"shop.up_to": (8, 12), "shop.holding_cost": (0.99, 1.01)}
    >>> found = sobol(Scenario(chain, BaseStock(8), days=20), ranges, samples=16, replications=8)
    >>> found.total[0] > 0.9 > found.total[1]
    True
    """
    check_kpis([kpi])
    check_ranges(ranges)
    if len(ranges) < 2:
        raise ScenarioError(f"sobol shares variance out among levers: give two, got {[*ranges]}")
    if samples < 2 or samples & (samples - 1):
        raise ScenarioError(f"samples is a power of 2 (64, 128, …), got {samples!r}")

    def values(points: Any) -> Any:
        means = []
        for point in progress(points.T, "Sobol"):
            changed = scenario
            for path, value in zip(ranges, point, strict=True):
                changed = changed.set(path, float(value))
            means.append(replicate(changed, replications, seed).estimate(kpi).mean)
        return np.array(means)

    spread = [stats.uniform(loc=low, scale=high - low) for low, high in ranges.values()]
    luck = np.random.default_rng(seed)
    found = stats.sobol_indices(func=values, n=samples, dists=spread, rng=luck)
    first, total = (tuple(float(x) for x in np.atleast_1d(part))
                    for part in (found.first_order, found.total_order))  # fmt: skip
    return Sobol(tuple(ranges), first, total, kpi, samples)


def check_ranges(ranges: Ranges) -> None:
    """Every range has its low end below its high one."""
    for path, (low, high) in ranges.items():
        if not low < high:
            raise ScenarioError(f"range of {path!r}: low {low!r} must be below high {high!r}")
