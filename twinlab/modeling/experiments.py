"""Experiments: scenarios compared pair by pair, and swept over grids, on common random numbers.

Sensitivity: which columns matter, one at a time (tornado) and all together (Sobol).

Simulation-optimisation: the best values of any columns, on common random numbers.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import product
from typing import Any

import numpy as np

from twinlab.modeling.simulation.kpis import KPIs, check_kpis
from twinlab.modeling.simulation.output_analysis import (
    Estimate,
    Seeds,
    beyond,
    estimate,
    run_longer,
)
from twinlab.modeling.simulation.replicate import Precision, replicate
from twinlab.modeling.simulation.replications import Replications
from twinlab.scope.columns import Sealed, schema
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import optimize, pd, stats
from twinlab.scope.scenario import Scenario, find

__all__ = ["Comparison", "Sobol", "Tuning", "compare", "sobol", "sweep", "tornado", "tune"]


USUAL_KPIS = ("fill_rate", "mean_stock", "total_cost")


@dataclass(frozen=True, repr=False)
class Comparison(Sealed):
    """Scenarios side by side; differences are paired with the first one, history by history.

    ``seeds`` says on which luck values were chosen (by ``tune``) and on which they are judged.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> print(found.difference("safe", "fill_rate"))
    0.01685 [0.01577, 0.01793]: mean of 200 replications, 95 % interval
    """

    batches: Mapping[str, Replications]
    kpis: tuple[str, ...]
    confidence: float = 0.95
    seeds: Seeds | None = None

    def difference(self, name: str, kpi: str) -> Estimate:
        """How much a scenario differs from the first one in a KPI, paired by history.

        Raises:
            ScenarioError: no such scenario or KPI was compared.
        """
        if name not in self.batches:
            raise ScenarioError(f"no scenario {name!r}; {did_you_mean(name, self.batches)}")
        if kpi not in self.kpis:
            raise ScenarioError(f"{kpi!r} was not compared; {did_you_mean(kpi, self.kpis)}")
        first, other = next(iter(self.batches.values())), self.batches[name]
        pairs = getattr(other.kpis, kpi) - getattr(first.kpis, kpi)
        note = other.horizon.note or first.horizon.note
        return replace(estimate(pairs, self.confidence), note=note)

    def longer(self) -> Comparison:
        """The same scenarios over twice the days, on the same luck: what a longer run changes."""
        return replace(self, batches={name: run_longer(b) for name, b in self.batches.items()})

    @property
    def notes(self) -> list[str]:
        """What must be known beside the table: what still moves, and on which luck it is judged."""
        notes = [f"{n}: {b.horizon.note}" for n, b in self.batches.items() if b.horizon.note]
        notes += ["compare twice the days: .longer()"] if notes else []
        return [*notes, f"values {self.seeds}"] if self.seeds else notes

    @property
    def table(self) -> pd.DataFrame:
        """One row per scenario and KPI: mean, interval, paired difference with its interval."""
        units = {c.name: c.unit for c in schema(KPIs)}
        rows = []
        for kpi in self.kpis:
            for name, batch in self.batches.items():
                here, change = batch.estimate(kpi, self.confidence), self.difference(name, kpi)
                rows.append(
                    (
                        kpi,
                        name,
                        here.mean,
                        here.low,
                        here.high,
                        change.mean,
                        change.low,
                        change.high,
                        units[kpi],
                    )
                )
        head = [
            "kpi",
            "scenario",
            "mean",
            "low",
            "high",
            "difference",
            "difference_low",
            "difference_high",
            "unit",
        ]
        return pd.DataFrame(rows, columns=head)

    def __str__(self) -> str:
        table = self.table.to_string(index=False, float_format="{:.4g}".format)
        return "\n".join([table, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = str(self.table.to_html(index=False, float_format="{:.4g}".format))
        return table + "".join(f"<p>{escape(note)}</p>" for note in self.notes)


def compare(
    scenarios: Mapping[str, Scenario],
    replications: int | Precision = 200,
    seed: int = 0,
    *,
    kpis: Sequence[str] = USUAL_KPIS,
    warm_up: int | str = 0,
) -> Comparison:
    """Compare scenarios on the same luck: paired differences from the first one, with intervals.

    The same seed gives every scenario the same customers and the same lead times, so a difference
    between two replications of one number is the scenarios' own. ``Precision`` and ``warm_up`` are
    as in ``replicate``, and settled by the first scenario. Values that this seed has chosen (in
    ``tune``) are judged on luck that did not. Source: Law (2015) section 11.2.

    Raises:
        ScenarioError: nothing to compare with, or an unknown KPI.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> found.difference("safe", "mean_stock").low > 1
    True
    """
    if not isinstance(scenarios, Mapping) or len(scenarios) < 2:
        how = "compare needs at least two scenarios by name, such as {'as it is': a, 'new': b}"
        raise ScenarioError(f"{how}, got {scenarios!r:.60}")
    check_kpis(kpis)
    chosen = any(seed in scenario.chosen_on for scenario in scenarios.values())
    seeds = Seeds.of(seed) if chosen else None
    batches: dict[str, Replications] = {}
    for name, scenario in progress(scenarios.items(), "comparing"):
        first = next(iter(batches.values()), None)
        count, out = (first.replications, first.warm_up) if first else (replications, warm_up)
        batches[name] = replicate(scenario, count, seeds.judged if seeds else seed, warm_up=out)
    return Comparison(batches, tuple(kpis), seeds=seeds)


def sweep(
    scenario: Scenario,
    grid: Mapping[str, Sequence[Any]],
    replications: int | Precision = 200,
    seed: int = 0,
    *,
    kpis: Sequence[str] = USUAL_KPIS,
    warm_up: int | str = 0,
) -> pd.DataFrame:
    """Try every combination of some columns' values, on the same luck.

    ``grid`` maps paths such as ``"shop.up_to"`` to the values to try; for ``warm_up`` see
    ``replicate``. The table has a row per combination: values, each KPI's mean and interval.

    Raises:
        ScenarioError: a path leads nowhere, or an unknown KPI.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> table = sweep(shop, {"shop.up_to": [6, 7, 8]}, 100, seed=1, kpis=["fill_rate"])
    >>> table["fill_rate"].is_monotonic_increasing
    True
    """
    check_kpis(kpis)
    rows = []
    for values in progress(list(product(*grid.values())), "sweeping"):
        changed = scenario
        for path, value in zip(grid, values, strict=True):
            changed = changed.set(path, value)
        batch = replicate(changed, replications, seed, warm_up=warm_up)
        row = dict(zip(grid, values, strict=True))
        for kpi in kpis:
            found = batch.estimate(kpi)
            row |= {kpi: found.mean, f"{kpi}_low": found.low, f"{kpi}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)


def progress(work: Any, doing: str) -> Any:
    """Show a progress bar over work of more than two seconds, where tqdm is installed.

    The environment variable ``TQDM_DISABLE=1`` silences it.
    """
    if os.environ.get("TQDM_DISABLE") == "1":  # tqdm itself asks only in a terminal
        return work
    try:
        from tqdm.auto import tqdm  # an extra
    except ModuleNotFoundError:
        return work
    silent = os.environ.get("TQDM_DISABLE", "0") != "0"  # the notebook's bar does not look
    return tqdm(work, desc=doing, delay=2, leave=False, disable=silent)


Ranges = Mapping[str, tuple[float, float]]


def tornado(
    scenario: Scenario,
    ranges: Ranges,
    kpi: str = "total_cost",
    replications: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
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
    scenario: Scenario,
    ranges: Ranges,
    kpi: str = "total_cost",
    samples: int = 64,
    replications: int = 64,
    seed: int = 0,
) -> Sobol:
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
    first, total = (
        tuple(float(x) for x in np.atleast_1d(part))
        for part in (found.first_order, found.total_order)
    )
    return Sobol(tuple(ranges), first, total, kpi, samples)


def check_ranges(ranges: Ranges) -> None:
    """Every range has its low end below its high one."""
    for path, (low, high) in ranges.items():
        if not low < high:
            raise ScenarioError(f"range of {path!r}: low {low!r} must be below high {high!r}")


Goal = Callable[[Replications], Any]


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

    def values(batch: Replications) -> Any:
        return np.asarray(goal(batch), dtype=np.float64)

    lows, highs = zip(*ranges.values(), strict=True)
    found = optimize.direct(
        lambda point: float(values(replicate(at(point), replications, seed)).mean()),
        optimize.Bounds(lows, highs),
        maxfun=evaluations,
        maxiter=evaluations,
        locally_biased=True,
    )
    seeds, best = Seeds.of(seed), at(found.x)
    best = replace(best, chosen_on=best.chosen_on | {seed})
    chosen = {
        path: float(round(v) if bounds[path] else v)
        for path, v in zip(ranges, found.x, strict=True)
    }
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
