"""Drift: has demand, a lead time, yield, capacity or a share changed since the model was made?

Every observation becomes u = F(x), the model's own distribution function at it (for whole numbers a
random point in its jump), and z = Φ⁻¹(u), which is standard normal while the model is right. Two
CUSUMs watch z: C⁺ = max(0, C⁺ + z − k) and C⁻ = max(0, C⁻ − z − k), with an alarm above h. So the
published run lengths hold whatever the distribution (Page 1954; Montgomery 2013 section 9.1).

What is certain in a model, such as a capacity, has a tolerance: z = (x − model) / tolerance.
"""

import math
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np

from twinlab.modeling.formulas.run_length import cusum_limit
from twinlab.modeling.simulation.output_analysis import wilson
from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope import Lane, Network, Result, Scenario, State, distributions
from twinlab.scope.base import Array, Distribution, Level, column, find, lane_paths, pd, stats

__all__ = ["Alarm", "Observations", "fidelity", "verify", "watch"]

# Families of which a multiple is of the family.
_SCALED: tuple[type, ...] = (distributions.Normal, distributions.LogNormal, distributions.Gamma)
_SCALED += (distributions.Uniform, distributions.Empirical)
REFERENCE = 0.5  # k: half of a shift of one standard deviation
_SAMPLE = 40_000


@dataclass(frozen=True)
class Observations:
    """What was observed of one column of the model: demands by day, lead times by arrival day.

    ``tolerance``: the everyday spread of what is certain in the model; there one observation counts
    ``reach`` standard deviations at most. No value is above ``most`` (1 for a share).

    >>> seen = Observations("shop/bike.pattern", Normal(5, 1), (0, 1), (5.2, 4.9), (1, 1), False)
    >>> seen.since(1).values
    (4.9,)
    """

    path: str
    law: Distribution
    days: tuple[int, ...]
    values: tuple[float, ...]
    scales: tuple[float, ...]
    whole: bool = False
    tolerance: float = 0.0
    reach: float = 4.0
    most: float = math.inf

    def since(self, day: int) -> "Observations":
        """Only what was observed from a day on."""
        at = bisect_left(self.days, day)
        if not at:
            return self
        return replace(self, days=self.days[at:], values=self.values[at:], scales=self.scales[at:])


class Alarm(Result, frozen=True):
    """Something is no longer as the model says.

    ``since`` is the first day after the sum was last zero. After few observations their law and
    mean say as much of the chance that raised the alarm as of the change.

    >>> print(Alarm("shop/bike.pattern", 60, 52, 20.0, 25.4, Normal(25.4, 4), 9))
    day 60: shop/bike.pattern has changed, probably on day 52: the mean is 25.4, not 20
    """

    path: str = column("words", meaning="which column of the model")
    day: int = column("day", meaning="when it was noticed")
    since: int = column("day", meaning="when the change probably began")
    expected: float = column("", meaning="the mean in the model")
    observed: float = column("", meaning="the mean since then")
    law: Distribution = column("words", meaning="of the observations since then")
    count: int = column("observations", meaning="since then")

    def _sentence(self) -> str:
        said = f"day {self.day}: {self.path} has changed, probably on day {self.since}"
        return f"{said}: the mean is {self.observed:.3g}, not {self.expected:.3g}"


def lane_name(lane: Lane, network: Network) -> str:
    """The shortest path that leads to this lane alone."""
    near = [lane_paths(v) for v in network.between[lane.source, lane.destination]]
    return next(path for path in lane_paths(lane) if sum(path in one for one in near) == 1)


def update_law(model: Scenario, alarm: Alarm) -> Scenario:
    """The model with what was observed; a ScenarioError if it has no such row.

    The other suppliers of an item share what one of them leaves as they did before.
    """
    name = alarm.path.rpartition(".")[2]
    certain = {"order_delay": round(alarm.observed), "capacity": alarm.observed}
    certain["sourcing_share"] = share = min(1.0, alarm.observed)
    values: dict[str, Any] = {alarm.path: certain.get(name, alarm.law)}
    if name == "sourcing_share":
        lane = find(model, alarm.path).holders[0]
        others = [v for v in model.network.into[lane.destination, lane.product] if v != lane]
        left = (1 - share) / (sum(v.sourcing_share for v in others) or 1.0)
        for v in others:
            values[f"{lane_paths(v)[-1]}.{name}"] = min(1.0, left * v.sourcing_share)
    return model.set(values)


def scores(seen: Observations, seed: int = 0) -> Array:
    """The observations as standard normal scores under the model's distribution."""
    if seen.tolerance:
        off = (np.array(seen.values) - seen.law.average) / seen.tolerance
        return np.clip(off, -seen.reach, seen.reach)
    inside = stream(seed, 0, "drift", seen.path).random(len(seen.values))
    values, scales, sums = np.array(seen.values), np.array(seen.scales), np.empty_like(inside)
    if isinstance(seen.law, _SCALED):
        # Scaled, it is the same law in other units: one sample does for every day of a trend.
        alive = scales > 0
        values, scales = values / np.where(alive, scales, 1.0), alive.astype(float)
    # Rounded, so that the jumps of a law stay where they are.
    values, scales = values.round(9), scales.round(6)
    for scale in np.unique(scales):
        at = np.flatnonzero(scales == scale)
        sample = _sample(cast(Hashable, seen.law), float(scale), seen.whole).round(9)
        sample = np.minimum(sample, seen.most)
        low, high = (np.searchsorted(sample, values[at], side) for side in ("left", "right"))
        sums[at] = (low + inside[at] * (high - low)) / len(sample)
    return np.asarray(stats.norm.ppf(np.clip(sums, 0.5 / _SAMPLE, 1 - 0.5 / _SAMPLE)))


@lru_cache(maxsize=256)
def _sample(law: Any, scale: float, whole: bool) -> Array:
    """A large sorted sample of a distribution, as draws come in a history."""
    drawn = law.draw(stream(0, 0, "law", repr(law)), np.full(_SAMPLE // 40, scale), 40).ravel()
    return np.sort(np.maximum(0, np.rint(drawn)) if whole else drawn)


def watch(
    observations: Iterable[Observations], run_length: float = 1000.0, seed: int = 0
) -> list[Alarm]:
    """Watch all streams at once; the earliest alarm of each stream, oldest first.

    ``run_length`` is the mean number of observations between two false alarms of all m streams
    together: each gets the limit h for m times as many. What is certain needs a tolerance.

    >>> asked = (50.0, 45.0, 52.0, 56.0) * 5 + (63.0, 60.0, 58.0, 66.0) * 5
    >>> days, scales = tuple(range(40)), (1.0,) * 40
    >>> print(*watch([Observations("a.b", Normal(50, 8), days, asked, scales, whole=False)]))
    day 25: a.b has changed, probably on day 19: the mean is 61.5, not 50
    """
    drawn = (o for o in observations if not isinstance(o.law, distributions.Trace))
    kept = [o for o in drawn if o.tolerance or np.ptp(_sample(cast(Hashable, o.law), 1.0, False))]
    found, chances = [], sum(not o.tolerance for o in kept)
    limit = cusum_limit(run_length * max(1, chances), REFERENCE) if kept else 0.0
    for seen in kept:
        hit = cusum(scores(seen, seed), limit)
        if hit is not None:
            at, begun = hit
            # All that is known by now speaks of the new law, not only what raised the alarm.
            values = np.array(seen.values[begun:]) / np.maximum(seen.scales[begun:], 1e-12)
            law, days = refit(seen.law, values), (seen.days[at], seen.days[begun])
            means = (seen.law.average, float(values.mean()))
            found.append(Alarm(seen.path, *days, *means, law, len(values)))
    return sorted(found, key=lambda alarm: alarm.day)


def cusum(z: Array, limit: float) -> tuple[int, int] | None:
    """Where the sums first pass the limit and where the passing one was last zero, if they do."""
    sums, begun = [0.0, 0.0], [0, 0]
    for at, value in enumerate(z):
        for side, sign in enumerate((1.0, -1.0)):
            sums[side] = max(0.0, sums[side] + sign * value - REFERENCE)
            if sums[side] == 0.0:
                begun[side] = at + 1
            elif sums[side] > limit:
                return at, begun[side]
    return None


def refit(law: Distribution, values: Array) -> Distribution:
    """The same family with the mean (and spread) of the values; else the values themselves."""
    mean, spread = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    names = {f.name for f in fields(law)} if is_dataclass(law) else set[str]()
    if {"mean"} <= names <= {"mean", "sd"}:
        told = {"mean": mean, "sd": max(spread, 0.05 * mean)}
        with suppress(Exception):  # the family cannot have this mean and spread
            return replace(law, **{name: told[name] for name in names})  # type: ignore[type-var]
    return distributions.Empirical(tuple(values.tolist()))


class Fidelity(Result, frozen=True):
    """How far a believed state is from the true one.

    ``score`` = 1 − Σ|believed − true| / Σ true over stock, goods under way and what is owed, not
    below 0; 1 means that every number is right. ``error`` is the sum of the differences in units.
    """

    score: float
    error: float
    believed: State
    true: State

    def _sentence(self) -> str:
        return f"fidelity {self.score:.3f}: {self.error:,.1f} units in the wrong place"

    @property
    def table(self) -> "pd.DataFrame":
        """Believed and true units of everything that differs, worst first."""
        pairs = (one for one in _pairs(self.believed, self.true) if abs(one[2] - one[3]) > 1e-9)
        rows = [(what, " → ".join(filter(None, key)), *both) for what, key, *both in pairs]
        rows.sort(key=lambda row: -abs(row[2] - row[3]))
        return pd.DataFrame(rows, columns=["what", "where", "believed [units]", "true [units]"])


def _pairs(believed: State, true: State) -> Iterator[Any]:
    """What, where, believed and true units."""
    for name, what in {"on_hand": "stock", "in_transit": "under way", "owed": "owed"}.items():
        mine, theirs = getattr(believed, name), getattr(true, name)
        yield from ((what, key, mine.get(key, 0), theirs.get(key, 0)) for key in theirs | mine)


def fidelity(believed: State, true: State) -> Fidelity:
    """Compare a believed state with the true one; only a laboratory can do that.

    >>> true = State.initial(serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 8}))
    >>> wrong = true.copy()
    >>> wrong.on_hand["shop", "unit"] = 6.0
    >>> print(fidelity(wrong, true))
    fidelity 0.750: 2.0 units in the wrong place
    """
    pairs = list(_pairs(believed, true))
    error = float(sum(abs(mine - theirs) for _, _, mine, theirs in pairs))
    size = sum(abs(theirs) for *_, theirs in pairs)
    score = max(0.0, 1.0 - error / size) if size else float(error == 0.0)
    return Fidelity(score, error, believed, true)


class Verification(Result, frozen=True):
    """How often what came lay inside the interval that a forecast had promised.

    ``low`` and ``high`` bound the share of hits (Wilson 1927, 95 %). They count every value as an
    independent one; nights of one forecast hang together, so the truth is wider.
    """

    promised: float = column("share", meaning="of the values, as forecast")
    hits: int = column("values", meaning="inside their interval")
    of: int = column("values", meaning="in all")
    low: float = column("share", meaning="of hits, at least")
    high: float = column("share", meaning="of hits, at most")

    def _sentence(self) -> str:
        share = f"{self.hits / self.of:.0%}" if self.of else "none"
        said = f"{self.hits} of {self.of} values inside their {self.promised:.0%} interval"
        return f"{said}: {share} [{self.low:.0%}, {self.high:.0%}]"


def verify(inside: Any, promised: Level) -> Verification:
    """Judge intervals by what came: ``inside`` says of each value whether it lay within.

    >>> print(verify([True] * 9 + [False], 0.9))
    9 of 10 values inside their 90% interval: 90% [60%, 98%]
    """
    of, hits = len(inside), int(np.count_nonzero(inside))
    if not of:
        return Verification(promised, 0, 0, 0.0, 1.0)
    share = wilson(hits, of)
    return Verification(promised, hits, of, share.low, share.high)
