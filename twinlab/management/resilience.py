"""Resilience: how deep performance falls, for how long; who is hit when, and what stock absorbs."""

from dataclasses import field

import numpy as np

from twinlab.management.kpi_tree import History, grouped
from twinlab.modeling import Run
from twinlab.scope.base import DUST, Amount, Array, Positive, Result, ScenarioError, column, shown

__all__ = ["Curve", "hits", "performance"]


class Curve(Result, frozen=True, eq=False):
    """Performance over time in % of normal, straight between its points.

    Two points at one time are a jump. The area lost is the resilience triangle,
    R = ∫ (100 − Q(t)) dt. Source: Bruneau et al. (2003).

    >>> Curve([0, 0, 10], [100, 50, 100])
    performance falls to 50 % from day 0, is back after 10 days; 250 %·days lost

    Raises:
        ScenarioError: times run backwards, or times and qualities differ in number.
    """

    times: Array
    quality: Array

    def __post_init__(self) -> None:
        times, quality = (np.array(v, dtype=np.float64) for v in (self.times, self.quality))
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "quality", quality)
        super().__post_init__()
        if times.ndim != 1 or times.shape != quality.shape or len(times) < 2:
            problem = "a curve needs as many times as qualities, at least 2"
            raise ScenarioError(f"{problem}; got {times.shape} and {quality.shape}")
        if not (np.isfinite(times).all() and np.isfinite(quality).all()):
            raise ScenarioError("a curve's times and qualities are finite numbers")
        if (np.diff(times) < 0).any():
            raise ScenarioError(f"a curve's times never decrease, got {times.tolist()[:8]}")

    @property
    def loss(self) -> float:
        """The resilience triangle: area between 100 % and the curve [%·days]."""
        missing = 100.0 - self.quality
        return float(((missing[1:] + missing[:-1]) / 2 * np.diff(self.times)).sum())

    @property
    def lowest(self) -> float:
        """The lowest performance [%]."""
        return float(self.quality.min())

    def fallen(self) -> float | None:
        """When performance first lies below 100; None if never."""
        below = np.flatnonzero(self.quality < 100.0 - 1e-6)
        return float(self.times[below[0]]) if len(below) else None

    def time_to_recover(self, tolerance: Amount = 1e-6) -> float:
        """Days from the first fall until it is back for good; 0: never fell, inf: not yet."""
        target = 100.0 - tolerance
        below = np.flatnonzero(self.quality < target)
        if not len(below):
            return 0.0
        at = int(below[-1])
        if at + 1 == len(self.times):
            return float("inf")
        # On the straight line from the last low point, the moment it crosses the target.
        step = (target - self.quality[at]) / (self.quality[at + 1] - self.quality[at])
        end = self.times[at] + step * (self.times[at + 1] - self.times[at])
        return float(end - self.times[below[0]])

    def predicted_resilience(self, longest: Positive) -> float:
        """Part of the performance over the longest acceptable time that was kept (0 to 1).

        R = 1 − loss / (100 · T*), with the longest acceptable time T* in days. A sudden loss X that
        recovers in a straight line over T keeps 1 − X · T / (2 · T*). Source: Zobel (2011).
        """
        return 1.0 - self.loss / (100.0 * longest)

    def _sentence(self) -> str:
        start, lasted = self.fallen(), self.time_to_recover()
        if start is None:
            return "performance never falls"
        after = f"is back after {shown(lasted)} days" if np.isfinite(lasted) else "is not back yet"
        said = f"performance falls to {shown(self.lowest)} % from day {shown(start)}, {after}"
        return f"{said}; {shown(self.loss)} %·days lost"


def performance(
    hit: History, calm: History, measure: str = "on_time", node: str = "", product: str = ""
) -> Curve:
    """Compare a history with the calm one of the same seed: its daily measure in % of the calm.

    Q(day) = 100 · measure / measure in calm, cut at 100 (catching up later is no credit); 100 on
    days without any. Each day's value holds for the day. Of two batches it is that of the means;
    both then need ``daily=[measure]`` (with node and product, if given).

    Raises:
        ScenarioError: the two are not of the same days and seed.

    >>> calm = Scenario(serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}),
    ...                 BaseStock(20), days=40)
    >>> performance(simulate(calm.disrupt(Outage("mine", start=10, days=6))), simulate(calm))
    performance falls to 0 % from day 14, is back after 3 days; 300 %·days lost
    """
    if (hit.days, hit.seed) != (calm.days, calm.seed):
        problem = "performance compares two replications of the same seed and days:"
        raise ScenarioError(f"{problem} simulate both with the same seed; got {hit!r} and {calm!r}")

    def daily(history: History) -> Array:
        found = history.series(measure, node, product)
        return found if isinstance(history, Run) else np.asarray(found.mean(axis=1))

    now, usual = daily(hit), daily(calm)
    quality = np.full(len(now), 100.0)
    np.divide(100.0 * now, usual, out=quality, where=usual > 0)
    days = np.arange(hit.days.start, hit.days.stop, dtype=np.float64)
    return Curve(np.stack([days, days + 1], axis=1).ravel(), np.minimum(100.0, quality).repeat(2))


class Hit(Result, frozen=True):
    """What a disruption did to a group of nodes, against the calm history of the same seed."""

    depleted: Array = field(compare=False)  # units of stock missing, by day
    cumulative_shortage: Array = field(compare=False)  # units owed, or lost so far, by day
    group: str = column("nodes", meaning="who was hit")
    depleted_from: int | None = column("day", meaning="first night with less stock than in calm")
    short_from: int | None = column("day", meaning="first night with more owed or lost")
    absorbed_days: int | None = column("days", meaning="delay by stock: between these two nights")
    days_short: int = column("days", meaning="nights with more owed or lost than in calm")
    worst_shortage: float = column("units", meaning="most owed, or lost so far, on top of calm")
    worst_on: int | None = column("day", meaning="the night of that")

    def _sentence(self) -> str:
        said = []
        if self.depleted_from is not None:
            said += [f"stock depleted from day {self.depleted_from}"]
        if self.short_from is not None:
            said += [f"short on {self.days_short} days from day {self.short_from}"]
            said += [f"deepest {shown(self.worst_shortage)} units (day {self.worst_on})"]
        elif said:
            said += ["never short"]
        return f"{self.group}: {', '.join(said) or 'not hit'}"


def hits(run: Run, calm_run: Run, by: str = "tier") -> tuple[Hit, ...]:
    """Compare a disturbed history with the calm one of the same seed, group by group.

    A group's stock is *depleted* from the first night on which some item has less than in the calm
    history, and it is *short* from the first night on which its nodes owe or lose more.

    Raises:
        ScenarioError: the two histories are not of the same seed, days and nodes.

    >>> calm = Scenario(serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 20}),
    ...                 BaseStock(20), days=40)
    >>> hits(simulate(calm.disrupt(Outage("mine", start=10, days=6))), simulate(calm))[1]
    tier 0: shop: stock depleted from day 11, short on 3 days from day 14, deepest 15 units (day 16)
    """
    one, other = (
        ([item.key for item in each.plan.items], each.seed, each.replication, each.days)
        for each in (run, calm_run)
    )
    if one != other:
        problem = "ripple compares two replications of the same network, seed and days"
        remedy = f"simulate both with the same seed; got {run!r} and {calm_run!r}"
        raise ScenarioError(f"{problem}: {remedy}")
    groups = grouped(run.scenario.network, by)
    return tuple(_hit(run, calm_run, label, nodes) for label, nodes in groups.items())


def _hit(run: Run, calm: Run, label: str, nodes: list[str]) -> Hit:
    at = [item.number for item in run.plan.items if item.key[0] in nodes]

    def more(name: str) -> Array:
        return np.asarray(run.measures[name][:, at] - calm.measures[name][:, at])

    def first(amounts: Array) -> int | None:
        return run.days[int((amounts > 0).argmax())] if amounts.any() else None

    owed, lost = more("backlog"), more("lost")
    depleted = _above_dust(-more("on_hand")).sum(axis=1)
    short = _above_dust((owed + lost).sum(axis=1))
    total = _above_dust((owed + np.cumsum(lost, axis=0)).sum(axis=1))
    began, ended, absorbed = first(depleted), first(short), None
    if began is not None and ended is not None and began <= ended:
        absorbed = ended - began
    worst, night = (0.0, None) if ended is None else (float(total.max()), int(total.argmax()))
    worst_on = None if night is None else run.days[night]
    days_short = int((short > 0).sum())
    return Hit(depleted, total, label, began, ended, absorbed, days_short, worst, worst_on)


def _above_dust(amounts: Array) -> Array:
    return np.where(amounts > DUST, amounts, 0.0)
