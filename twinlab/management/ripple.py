"""How a disruption runs through a chain: who is hit when, how deep, and what stock bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.management.goals import wilson
from twinlab.management.groups import grouped
from twinlab.management.tables import html_of, shown, table_of
from twinlab.modeling.replicate import replicate
from twinlab.modeling.run import Run
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array
from twinlab.scope.columns import column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Hit:
    """What a disruption did to a group of nodes, against the calm history of the same luck."""

    group: str = column("nodes", meaning="who was hit")
    eaten_from: int | None = column("day", meaning="first night with less stock than in calm")
    short_from: int | None = column("day", meaning="first night with more owed or lost")
    bought: int | None = column("days", meaning="delay that stock bought: between the two")
    days_short: int = column("days", meaning="nights with more owed or lost than in calm")
    deepest: float = column("units", meaning="most that was owed, or lost so far, on top of calm")
    deepest_on: int | None = column("day", meaning="the night of that")


@dataclass(frozen=True)
class GroupLosses:
    """What a group of nodes misses on each day, beyond the calm history of the same luck."""

    eaten: Array  # units of stock missing
    short: Array  # units owed or lost that day
    deep: Array  # units owed, or lost so far


def hits(run: Run, calm_run: Run, by: str = "tier") -> tuple[Hit, ...]:
    """Compare a disturbed history with the calm one of the same luck, group by group.

    A group's stock is *eaten* from the first night on which some item has less than in the calm
    history, and it is *short* from the first night on which its nodes owe or lose more.

    Raises:
        ScenarioError: the two histories are not of the same luck, days and nodes.

    >>> from twinlab import BaseStock, Constant, Outage, Scenario, serial, simulate
    >>> calm = Scenario(serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}),
    ...                 BaseStock(20), days=40)
    >>> hit = simulate(calm.disrupt(Outage("mine", start=10, days=6)))
    >>> [each.short_from for each in hits(hit, simulate(calm))]
    [10, 14]
    """
    keys = [[item.key for item in each.plan.items] for each in (run, calm_run)]
    luck = [(each.seed, each.replication, each.days) for each in (run, calm_run)]
    if keys[0] != keys[1] or luck[0] != luck[1]:
        raise ScenarioError(
            "ripple compares two histories of the same network, seed and days: simulate both with "
            f"the same seed; got {run!r} and {calm_run!r}"
        )
    groups = grouped(run.scenario.network, by)
    return tuple(_hit(run, calm_run, label, nodes) for label, nodes in groups.items())


def losses(run: Run, calm: Run, nodes: Sequence[str]) -> GroupLosses:
    """Add up what some nodes miss on each day, beyond the calm history of the same luck."""
    at = [item.number for item in run.plan.items if item.key[0] in nodes]

    def more(name: str) -> Array:
        return np.asarray(run.measures[name][:, at] - calm.measures[name][:, at])

    missing, owed, lost = -more("on_hand"), more("backlog"), more("lost")
    eaten = np.where(missing > DUST, missing, 0.0).sum(axis=1)
    short, deep = (owed + lost).sum(axis=1), (owed + np.cumsum(lost, axis=0)).sum(axis=1)
    return GroupLosses(eaten, _above_dust(short), _above_dust(deep))


def _hit(run: Run, calm: Run, label: str, nodes: list[str]) -> Hit:
    found = losses(run, calm, nodes)
    eaten_from, short_from = _first(run, found.eaten), _first(run, found.short)
    hit = Hit(label, eaten_from, short_from, None, int((found.short > DUST).sum()), 0.0, None)
    if short_from is not None:
        worst = int(found.deep.argmax())
        hit = replace(hit, deepest=float(found.deep[worst]), deepest_on=run.days[worst])
        if eaten_from is not None and eaten_from <= short_from:
            hit = replace(hit, bought=short_from - eaten_from)
    return hit


def _first(run: Run, amounts: Array) -> int | None:
    return run.days[int((amounts > DUST).argmax())] if (amounts > DUST).any() else None


def _above_dust(amounts: Array) -> Array:
    return np.where(amounts > DUST, amounts, 0.0)


# -- over many histories --


@dataclass(frozen=True)
class Wave:
    """What a disruption does to a group of nodes over many histories, each against its calm twin."""  # noqa: E501 (one sentence)

    group: str = column("nodes", meaning="who is hit")
    hit: float = column("share", meaning="histories in which it is ever short")
    hit_low: float = column("share", meaning="Wilson interval")
    hit_high: float = column("share", meaning="Wilson interval")
    early: float = column("day", meaning="first short: one in twenty of those hit is earlier")
    middle: float = column("day", meaning="first short: median of those hit")
    late: float = column("day", meaning="first short: one in twenty of those hit is later")
    days_short: float = column("days", meaning="mean nights with more owed or lost than in calm")
    deepest: float = column("units", meaning="mean of the most owed, or lost so far, beyond calm")


@dataclass(frozen=True, repr=False)
class Waves:
    """The waves of all groups, upstream first."""

    waves: tuple[Wave, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per group."""
        return table_of(self.waves, Wave)

    def __repr__(self) -> str:
        """One line per group."""
        return "\n".join(
            f"{w.group}: short in {w.hit:.3f} of histories"
            + (f", first on day {w.middle:.0f} ({w.early:.0f} to {w.late:.0f}), deepest "
               f"{shown(w.deepest)} units" if w.hit else "")
            for w in self.waves
        )  # fmt: skip

    def _repr_html_(self) -> str:
        return html_of(self.table, "The ripple over many histories")


def waves(scenario: Scenario, replications: int = 200, seed: int = 0, *, by: str = "tier") -> Waves:
    """Live through a disturbed scenario and its calm twin many times: when is who short?

    The calm twin is the scenario without its disruptions, on the same luck.

    Raises:
        ScenarioError: the scenario has no disruption.

    >>> from twinlab import BaseStock, Normal, Outage, Scenario, serial
    >>> calm = Scenario(serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 20}),
    ...                 BaseStock(20), days=40)
    >>> waves(calm.disrupt(Outage("mine", start=10, days=6)), 64, seed=1)
    tier 1: mine: short in 1.000 of histories, first on day 10 (10 to 10), deepest 29.87 units
    tier 0: shop: short in 1.000 of histories, first on day 13 (13 to 14), deepest 15.18 units
    """
    if not scenario.disruptions:
        raise ScenarioError("waves compares with the calm twin: add a disruption, as Outage(…)")
    groups = grouped(scenario.network, by)
    known = {node for node, _ in scenario.network.items}
    within = {label: tuple(n for n in nodes if n in known) for label, nodes in groups.items()}
    bands = [(name, nodes) for nodes in within.values() if nodes for name in ("backlog", "lost")]
    hit, calm = (
        replicate(each, replications, seed, bands=bands)
        for each in (scenario, scenario.change(disruptions=()))
    )

    def more(name: str, nodes: tuple[str, ...]) -> Any:
        return hit.band(name, nodes) - calm.band(name, nodes)

    found = []
    for label, nodes in within.items():
        owed, lost = (more(name, nodes) if nodes else np.zeros((len(hit.days), replications))
                      for name in ("backlog", "lost"))  # fmt: skip
        deep = _above_dust(owed + np.cumsum(lost, axis=0))
        found.append(_wave(label, hit.days, _above_dust(owed + lost), deep))
    return Waves(tuple(found))


def _wave(label: str, days: range, short: Array, deep: Array) -> Wave:
    """One group's wave from days × histories."""
    ever = np.asarray(short.any(axis=0))
    share = wilson(int(ever.sum()), len(ever))
    first = days.start + (short > 0).argmax(axis=0)[ever]
    early, middle, late = np.quantile(first, (0.05, 0.5, 0.95)) if len(first) else [np.nan] * 3
    return Wave(
        label, share.share, share.low, share.high, float(early), float(middle), float(late),
        days_short=float((short > 0).sum(axis=0).mean()), deepest=float(deep.max(axis=0).mean()),
    )  # fmt: skip
