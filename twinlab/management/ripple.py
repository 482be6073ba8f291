"""How a disruption runs through a chain: who is hit when, how deep, and what stock bought."""

from dataclasses import dataclass, field

import numpy as np

from twinlab.management.groups import grouped
from twinlab.modeling.run import Run
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array
from twinlab.scope.columns import Sealed, column
from twinlab.scope.errors import ScenarioError


@dataclass(frozen=True)
class Hit(Sealed):
    """What a disruption did to a group of nodes, against the calm history of the same luck."""

    eaten: Array = field(repr=False, compare=False)  # units of stock missing, by day
    deep: Array = field(repr=False, compare=False)  # units owed, or lost so far, by day
    group: str = column("nodes", meaning="who was hit")
    eaten_from: int | None = column("day", meaning="first night with less stock than in calm")
    short_from: int | None = column("day", meaning="first night with more owed or lost")
    bought: int | None = column("days", meaning="delay that stock bought: between the two")
    days_short: int = column("days", meaning="nights with more owed or lost than in calm")
    deepest: float = column("units", meaning="most that was owed, or lost so far, on top of calm")
    deepest_on: int | None = column("day", meaning="the night of that")


def hits(run: Run, calm_run: Run, by: str = "tier") -> tuple[Hit, ...]:
    """Compare a disturbed history with the calm one of the same luck, group by group.

    A group's stock is *eaten* from the first night on which some item has less than in the calm
    history, and it is *short* from the first night on which its nodes owe or lose more.

    Raises:
        ScenarioError: the two histories are not of the same luck, days and nodes.

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


def _hit(run: Run, calm: Run, label: str, nodes: list[str]) -> Hit:
    at = [item.number for item in run.plan.items if item.key[0] in nodes]

    def more(name: str) -> Array:
        return np.asarray(run.measures[name][:, at] - calm.measures[name][:, at])

    def first(amounts: Array) -> int | None:
        return run.days[int((amounts > 0).argmax())] if amounts.any() else None

    owed, lost = more("backlog"), more("lost")
    eaten = _above_dust(-more("on_hand")).sum(axis=1)
    short = _above_dust((owed + lost).sum(axis=1))
    deep = _above_dust((owed + np.cumsum(lost, axis=0)).sum(axis=1))
    eaten_from, short_from = first(eaten), first(short)
    bought = None
    if eaten_from is not None and short_from is not None and eaten_from <= short_from:
        bought = short_from - eaten_from
    never = short_from is None
    return Hit(eaten, deep, label, eaten_from, short_from, bought, int((short > 0).sum()),
               0.0 if never else float(deep.max()),
               None if never else run.days[int(deep.argmax())])  # fmt: skip


def _above_dust(amounts: Array) -> Array:
    return np.where(amounts > DUST, amounts, 0.0)
