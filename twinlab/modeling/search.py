"""Simulation-optimisation: the best values of any columns, on common random numbers."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.modeling.batch import Batch
from twinlab.modeling.horizon import beyond
from twinlab.modeling.output import Estimate, Seeds, estimate
from twinlab.modeling.replicate import replicate
from twinlab.modeling.sensitivity import check_ranges
from twinlab.scope.columns import Sealed
from twinlab.scope.later import optimize
from twinlab.scope.paths import find
from twinlab.scope.scenario import Scenario

Goal = Callable[[Batch], Any]


@dataclass(frozen=True)
class Tuning(Sealed):
    """The best values found, what they gain, and whether they lie on the edge of their range.

    ``goal`` estimates the goal at the best values, ``gain`` how much lower it is than before,
    paired by history, both on luck that did not choose the values (see ``seeds``).

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> import warnings
    >>> with warnings.catch_warnings(action="ignore"):
    ...     found = tune(Scenario(chain, BaseStock(8), days=20), {"shop.up_to": (9, 12)}, cost)
    >>> found.edges
    ('shop.up_to',)
    """

    scenario: Scenario
    values: Mapping[str, float]
    goal: Estimate
    gain: Estimate
    edges: tuple[str, ...]
    evaluations: int
    seeds: Seeds

    def __str__(self) -> str:
        best = ", ".join(
            f"{path} = {value:.4g}" + " (on the edge of its range)" * (path in self.edges)
            for path, value in self.values.items()
        )
        gain = f"gain {self.gain.short}, {self.gain.verdict}"
        return f"{best}: goal {self.goal}\n{gain}; {self.seeds}"


def tune(
    scenario: Scenario,
    ranges: Mapping[str, tuple[float, float]],
    goal: Goal,
    replications: int = 200,
    seed: int = 0,
    evaluations: int = 200,
) -> Tuning:
    """Find the values of some columns that make the mean of a goal least.

    ``goal`` turns a batch into one number per replication; ``cost`` is one, and so is
    ``lambda batch: cost(batch) + 1000 * np.maximum(0, 0.95 - fill_rate(batch))``. All scenarios
    live on the same luck, so the goal is a plain function of the values, searched by dividing
    rectangles (``scipy.optimize.direct``; Jones et al. 1993) within a number of evaluations. What
    is found is judged on other luck, which did not choose it. Whole-numbered columns are searched
    in whole numbers. Warns when a best value lies on the edge of its range.

    Raises:
        ScenarioError: a path leads nowhere, or a range is empty.

    >>> demand = Demand("shop", "unit", Normal(50, 8), backorder_cost=0.70)
    >>> chain = serial(["mine", "shop"], demand=demand, holding_cost={"shop": 0.18},
    ...                on_hand={"shop": 56})
    >>> shop = Scenario(chain, BaseStock(50), days=300)
    >>> best = tune(shop, {"shop.up_to": (40, 80)}, cost, evaluations=40)
    >>> round(best.values["shop.up_to"])  # Snyder & Shen (2019) Example 4.3: 56.6
    57
    """
    bounds = _bounds(scenario, ranges)

    def at(point: Any) -> Scenario:
        changed = scenario
        for (path, whole), value in zip(bounds.items(), point, strict=True):
            changed = changed.set(path, round(value) if whole else float(value))
        return changed

    def values(batch: Batch) -> Any:
        return np.asarray(goal(batch), dtype=np.float64)

    lows, highs = zip(*ranges.values(), strict=True)
    found = optimize.direct(
        lambda point: float(values(replicate(at(point), replications, seed)).mean()),
        optimize.Bounds(lows, highs),
        maxfun=evaluations, maxiter=evaluations, locally_biased=True,
    )  # fmt: skip
    seeds, best = Seeds.of(seed), at(found.x)
    best = replace(best, chosen_on=best.chosen_on | {seed})
    chosen = {path: float(round(v) if bounds[path] else v)
              for path, v in zip(ranges, found.x, strict=True)}  # fmt: skip
    before, after = (replicate(one, replications, seeds.judged) for one in (scenario, best))
    goal_after = replace(estimate(values(after)), note=beyond(after, values))
    gain = estimate(values(before) - values(after))
    near = {path: 0.01 * (high - low) for path, (low, high) in ranges.items()}
    edges = tuple(p for p, v in chosen.items() if min(abs(v - e) for e in ranges[p]) <= near[p])
    for path in edges:
        warnings.warn(
            f"{path} = {chosen[path]:.3g} lies on the edge of its range {ranges[path]}: widen the "
            "range",
            stacklevel=2,
        )
    return Tuning(best, chosen, goal_after, gain, edges, int(found.nfev), seeds)


def _bounds(scenario: Scenario, ranges: Mapping[str, tuple[float, float]]) -> dict[str, bool]:
    """Whether each path's column takes whole numbers."""
    check_ranges(ranges)
    columns = {path: find(scenario, path).column for path in ranges}
    return {path: column is not None and column.type is int for path, column in columns.items()}
