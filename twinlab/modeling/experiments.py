"""Experiments: scenarios compared pair by pair, and swept over grids, on common random numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from twinlab.modeling.batch import Batch
from twinlab.modeling.kpis import KPIs
from twinlab.modeling.output import Estimate, estimate
from twinlab.modeling.replicate import Precision, replicate
from twinlab.scope.columns import schema
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

USUAL_KPIS = ("fill_rate", "mean_stock", "total_cost")


@dataclass(frozen=True)
class Comparison:
    """Scenarios side by side; differences are paired with the first one, history by history.

    >>> from twinlab import BaseStock, Normal, Scenario, compare, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> print(found.difference("safe", "fill_rate"))
    0.01685 [0.01577, 0.01793]: mean of 200 histories, 95 % interval
    """

    batches: Mapping[str, Batch]
    kpis: tuple[str, ...]
    confidence: float = 0.95

    def difference(self, name: str, kpi: str) -> Estimate:
        """How much a scenario differs from the first one in a KPI, paired by history.

        Raises:
            ScenarioError: no such scenario or KPI was compared.
        """
        if name not in self.batches:
            raise ScenarioError(f"no scenario {name!r}; {did_you_mean(name, self.batches)}")
        if kpi not in self.kpis:
            raise ScenarioError(f"{kpi!r} was not compared; {did_you_mean(kpi, self.kpis)}")
        first = next(iter(self.batches.values()))
        pairs = getattr(self.batches[name].kpis, kpi) - getattr(first.kpis, kpi)
        return estimate(pairs, self.confidence)

    @property
    def table(self) -> pd.DataFrame:
        """One row per scenario and KPI: mean, interval, paired difference with its interval."""
        import pandas as pd  # half a second; `import twinlab` stays quick

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

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False, float_format="{:.4g}".format))


def compare(
    scenarios: Mapping[str, Scenario],
    replications: int = 200,
    seed: int = 0,
    *,
    kpis: Sequence[str] = USUAL_KPIS,
    until: Precision | None = None,
) -> Comparison:
    """Compare scenarios on the same luck: paired differences from the first one, with intervals.

    The same seed gives every scenario the same customers and the same lead times, so a difference
    between two histories of one number is the scenarios' own. With ``until``, every scenario gets
    as many histories as the first one needs. Source: Law (2015) section 11.2.

    Raises:
        ScenarioError: nothing to compare with, or an unknown KPI.

    >>> from twinlab import BaseStock, Normal, Scenario, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> found.difference("safe", "mean_stock").low > 1
    True
    """
    if len(scenarios) < 2:
        raise ScenarioError(f"compare needs at least two scenarios, got {list(scenarios)}")
    check_kpis(kpis)
    batches: dict[str, Batch] = {}
    for name, scenario in progress(scenarios.items(), "comparing"):
        count = next((b.replications for b in batches.values()), replications)
        batches[name] = replicate(scenario, count, seed, until=None if batches else until)
    return Comparison(batches, tuple(kpis))


def sweep(
    scenario: Scenario,
    grid: Mapping[str, Sequence[Any]],
    replications: int = 200,
    seed: int = 0,
    *,
    kpis: Sequence[str] = USUAL_KPIS,
) -> pd.DataFrame:
    """Try every combination of some columns' values, on the same luck.

    ``grid`` maps paths such as ``"shop.up_to"`` to the values to try. The table has one row per
    combination: its values, and each KPI's mean and interval.

    Raises:
        ScenarioError: a path leads nowhere, or an unknown KPI.

    >>> from twinlab import BaseStock, Normal, Scenario, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> table = sweep(shop, {"shop.up_to": [6, 7, 8]}, 100, seed=1, kpis=["fill_rate"])
    >>> table["fill_rate"].is_monotonic_increasing
    True
    """
    import pandas as pd  # half a second; `import twinlab` stays quick

    check_kpis(kpis)
    rows = []
    for values in progress(list(product(*grid.values())), "sweeping"):
        changed = scenario
        for path, value in zip(grid, values, strict=True):
            changed = changed.set(path, value)
        batch = replicate(changed, replications, seed)
        row = dict(zip(grid, values, strict=True))
        for kpi in kpis:
            found = batch.estimate(kpi)
            row |= {kpi: found.mean, f"{kpi}_low": found.low, f"{kpi}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)


def check_kpis(kpis: Sequence[str]) -> None:
    """Every name is a KPI's, or a ScenarioError says which is meant."""
    known = [c.name for c in schema(KPIs)]
    for kpi in kpis:
        if kpi not in known:
            raise ScenarioError(f"no KPI {kpi!r}; {did_you_mean(kpi, known)}")


def progress(work: Any, doing: str) -> Any:
    """Show a progress bar over work of more than two seconds, where tqdm is installed.

    The environment variable ``TQDM_DISABLE=1`` silences it.
    """
    if os.environ.get("TQDM_DISABLE") == "1":
        return work
    try:
        from tqdm.auto import tqdm  # an extra
    except ModuleNotFoundError:
        return work
    return tqdm(work, desc=doing, delay=2, leave=False)
