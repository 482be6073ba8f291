"""Experiments: scenarios compared pair by pair, and swept over grids, on common random numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import product
from typing import Any

from twinlab.modeling.batch import Batch
from twinlab.modeling.horizon import run_longer
from twinlab.modeling.kpis import KPIs, check_kpis
from twinlab.modeling.output import Estimate, Seeds, estimate
from twinlab.modeling.replicate import Precision, replicate
from twinlab.scope.columns import Sealed, schema
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import pd
from twinlab.scope.scenario import Scenario

USUAL_KPIS = ("fill_rate", "mean_stock", "total_cost")


@dataclass(frozen=True, repr=False)
class Comparison(Sealed):
    """Scenarios side by side; differences are paired with the first one, history by history.

    ``seeds`` says on which luck values were chosen (by ``tune``) and on which they are judged.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> print(found.difference("safe", "fill_rate"))
    0.01685 [0.01577, 0.01793]: mean of 200 histories, 95 % interval
    """

    batches: Mapping[str, Batch]
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
                rows.append((kpi, name, here.mean, here.low, here.high,
                             change.mean, change.low, change.high, units[kpi]))  # fmt: skip
        head = ["kpi", "scenario", "mean", "low", "high", "difference", "difference_low",
                "difference_high", "unit"]  # fmt: skip
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
    between two histories of one number is the scenarios' own. ``Precision`` and ``warm_up`` are as
    in ``replicate``, and settled by the first scenario. Values that this seed has chosen (in
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
    batches: dict[str, Batch] = {}
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
