"""Drift: has demand or a lead time changed since the model was made?

Every observation becomes u = F(x), the model's own distribution function at it (for whole numbers a
random point in its jump), and z = Φ⁻¹(u), which is standard normal while the model is right. Two
CUSUMs watch z: C⁺ = max(0, C⁺ + z − k) and C⁻ = max(0, C⁻ − z − k), with an alarm above h. So the
published run lengths hold whatever the distribution (Page 1954; Montgomery 2013 section 9.1).
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np

from twinlab.modeling.formulas.run_length import cusum_limit
from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope import Demand, Lane, Network, Result, Scenario, distributions
from twinlab.scope.columns import column
from twinlab.scope.distributions import Array, Distribution
from twinlab.scope.later import stats
from twinlab.technology.message_check import MessageCheck
from twinlab.technology.messages import DAY, Message

__all__ = ["Alarm", "Observations", "observe", "watch"]

# Families of which a multiple is of the family.
_SCALED: tuple[type, ...] = (distributions.Normal, distributions.LogNormal, distributions.Gamma)
_SCALED += (distributions.Uniform, distributions.Empirical)
REFERENCE = 0.5  # k: half of a shift of one standard deviation
_SAMPLE = 40_000


@dataclass(frozen=True)
class Observations:
    """What was observed of one row of the model: a demand by day, or lead times by arrival day.

    ``path`` names the column of the model that it speaks of.

    >>> seen = Observations("shop/bike.pattern", Normal(5, 1), (0, 1), (5.2, 4.9), (1, 1), False)
    >>> seen.since(1).values
    (4.9,)
    """

    path: str
    law: Distribution
    days: tuple[int, ...]
    values: tuple[float, ...]
    scales: tuple[float, ...]
    whole: bool

    def since(self, day: int) -> "Observations":
        """Only what was observed from a day on."""
        at = next((i for i, d in enumerate(self.days) if d >= day), len(self.days))
        return replace(self, days=self.days[at:], values=self.values[at:], scales=self.scales[at:])


@dataclass(frozen=True)
class Alarm(Result):
    """Something is no longer as the model says.

    ``since`` is the day on which the change probably began: the first after the sum was last zero.
    ``law`` and the mean are those of the ``count`` observations since then: after few of them they
    say as much of the chance that raised the alarm as of the change.

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

    def sentence(self) -> str:
        """What has changed, since when, and by how much."""
        return (
            f"day {self.day}: {self.path} has changed, probably on day {self.since}: the mean is "
            f"{self.observed:.3g}, not {self.expected:.3g}"
        )


def observe(messages: Iterable[Message], model: Scenario) -> list[Observations]:
    """Collect what messages tell of the model's demands and lead times.

    Demands are in units by day, lead times in days by the day of arrival. A day is left out while a
    message of its customers is missing: it may have been a sale.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant = Plant(chain, bus, seed=1)
    >>> plant.advance(10)
    >>> messages = [Message.decode(raw) for raw in bus.receive("anna")]
    >>> [(seen.path, len(seen.values)) for seen in observe(messages, chain)]
    [('shop/unit.pattern', 10), ('mine->shop.lead_time', 9)]
    """
    network, reading = model.network, MessageCheck(model)
    asked: dict[Any, dict[int, float]] = {(d.node, d.product): {} for d in network.demands}
    moved: dict[Any, list[tuple[int, float]]] = {lane.key: [] for lane in network.lanes}
    closed, heard = dict[tuple[str, int], int](), Counter[tuple[str, int]]()
    for message in messages:
        heard[message.source, message.time // DAY] += 1
        if message.kind == "demanded":
            event = reading.event(message)
            asked[event.item][event.day] = asked[event.item].get(event.day, 0.0) + event.quantity
        elif message.kind == "received":
            event = reading.event(message)
            lane = (event.partner, event.node, event.product, event.mode)
            left = message.data.get("left", ())
            moved[lane] += [(event.day, float(event.day - day)) for day in left]
        elif message.kind == "closed":
            closed[message.source, message.time // DAY] = message.data["count"]
    found = []
    for row in network.demands:
        told = asked[row.node, row.product]
        known = _known_days(f"/{row.node}/crm", closed, heard) or range(
            min(told, default=0), max(told, default=-1) + 1
        )
        found.append(_of_demand(row, told, known))
    return found + [_of_lane(v, _lane_name(v, network), moved[v.key]) for v in network.lanes]


def _known_days(
    source: str, closed: dict[tuple[str, int], int], heard: Counter[tuple[str, int]]
) -> list[int]:
    """The days that a source closed, and of which every message is there."""
    counts = {day: count for (name, day), count in closed.items() if name == source}
    return [
        day
        for day, count in sorted(counts.items())
        if (day == 0 or day - 1 in counts) and heard[source, day] >= count - counts.get(day - 1, 0)
    ]


def _of_demand(row: Demand, asked: dict[int, float], days: Sequence[int]) -> Observations:
    # A day without a message is a day on which nobody asked for anything.
    values = tuple(asked.get(day, 0.0) for day in days)
    path, scales = f"{row.node}/{row.product}.pattern", tuple(map(row.scale, days))
    return Observations(path, row.pattern, tuple(days), values, scales, whole=False)


def _of_lane(row: Lane, name: str, moved: Sequence[tuple[int, float]]) -> Observations:
    days, values = (tuple(column) for column in zip(*moved, strict=True)) if moved else ((), ())
    scales = (1.0,) * len(days)
    return Observations(f"{name}.lead_time", row.lead_time, days, values, scales, whole=True)


def _lane_name(lane: Lane, network: Network) -> str:
    """The ends of a lane, and what tells it from others with the same ends."""
    ends = (lane.source, lane.destination)
    alone = [(v.source, v.destination) for v in network.lanes].count(ends) == 1
    which = "" if alone else f" ({', '.join(filter(None, (lane.product, lane.mode)))})"
    return "->".join(ends) + which


def update_law(model: Scenario, alarm: Alarm) -> Scenario:
    """The model with the law that was observed, in the row that the alarm is about.

    Raises:
        ScenarioError: the model has no such row.
    """
    network = model.network
    for lane in network.lanes:
        if f"{_lane_name(lane, network)}.lead_time" == alarm.path:
            return model.change(network=network.change(replace(lane, lead_time=alarm.law)))
    return model.set(alarm.path, alarm.law)


def scores(seen: Observations, seed: int = 0) -> Array:
    """The observations as standard normal scores under the model's distribution.

    >>> seen = Observations("shop/unit.pattern", Normal(50, 8), (0, 1), (50.0, 58.0), (1.0, 1.0),
    ...                     whole=False)
    >>> scores(seen).round(1).tolist()
    [0.0, 1.0]
    """
    inside = stream(seed, 0, "drift", seen.path).random(len(seen.values))
    sums, law = np.empty(len(seen.values)), cast(Hashable, seen.law)
    values, scales = np.array(seen.values), np.array(seen.scales)
    if isinstance(seen.law, _SCALED):
        # Scaled, it is the same law in other units: one sample does for every day of a trend.
        alive = scales > 0
        values, scales = values / np.where(alive, scales, 1.0), alive.astype(float)
    # Rounded, so that the jumps of a law stay where they are.
    values, scales = values.round(9), scales.round(6)
    for scale in np.unique(scales):
        at = np.flatnonzero(scales == scale)
        sample = _sample(law, float(scale), seen.whole).round(9)
        low = np.searchsorted(sample, values[at], "left")
        high = np.searchsorted(sample, values[at], "right")
        sums[at] = (low + inside[at] * (high - low)) / len(sample)
    edge = 0.5 / _SAMPLE
    return np.asarray(stats.norm.ppf(np.clip(sums, edge, 1 - edge)))


@lru_cache(maxsize=256)
def _sample(law: Any, scale: float, whole: bool) -> Array:
    """A large sorted sample of a distribution, as draws come in a history."""
    drawn = law.draw(stream(0, 0, "law", repr(law)), np.full(_SAMPLE // 40, scale), 40).ravel()
    return np.sort(np.maximum(0, np.rint(drawn)) if whole else drawn)


def watch(
    observations: Iterable[Observations], run_length: float = 1000.0, seed: int = 0
) -> list[Alarm]:
    """Watch all streams at once; the earliest alarm of each stream, oldest first.

    ``run_length`` is the mean number of observations between two false alarms, of all streams
    together: with m streams each one gets the limit h for m times as many. A recorded trace and a
    constant have no chance in them, so they are not watched.

    >>> asked = (50.0, 45.0, 52.0, 56.0) * 5 + (63.0, 60.0, 58.0, 66.0) * 5
    >>> seen = Observations("shop/unit.pattern", Normal(50, 8), tuple(range(40)), asked,
    ...                     scales=(1.0,) * 40, whole=False)
    >>> print(watch([seen])[0])
    day 25: shop/unit.pattern has changed, probably on day 19: the mean is 61.5, not 50
    """
    drawn = (o for o in observations if not isinstance(o.law, distributions.Trace))
    watched = [o for o in drawn if _varies(o.law)]
    if not watched:
        return []
    limit = cusum_limit(run_length * len(watched), REFERENCE)
    found = [alarm for seen in watched if (alarm := _first_alarm(seen, limit, seed)) is not None]
    return sorted(found, key=lambda alarm: alarm.day)


def cusum(z: Array, limit: float) -> tuple[int, int] | None:
    """Where the sums first pass the limit and where the passing one was last zero, if they do.

    >>> cusum(np.array([0.1, -0.2, 2.0, 2.0, 2.0, 2.0]), limit=5.0)
    (5, 2)
    """
    sums, begun = [0.0, 0.0], [0, 0]
    for at, value in enumerate(z):
        for side, sign in enumerate((1.0, -1.0)):
            sums[side] = max(0.0, sums[side] + sign * value - REFERENCE)
            if sums[side] == 0.0:
                begun[side] = at + 1
            elif sums[side] > limit:
                return at, begun[side]
    return None


def _first_alarm(seen: Observations, limit: float, seed: int) -> Alarm | None:
    hit = cusum(scores(seen, seed), limit)
    if hit is None:
        return None
    at, begun = hit
    # All that is known by now speaks of the new law, not only what raised the alarm.
    values = np.array(seen.values[begun:]) / np.maximum(np.array(seen.scales[begun:]), 1e-12)
    days, mean = seen.days, float(values.mean())
    law, count = refit(seen.law, values), len(values)
    return Alarm(seen.path, days[at], days[begun], seen.law.average, mean, law, count)


def refit(law: Distribution, values: Array) -> Distribution:
    """The same family with the mean (and spread) of the values; else the values themselves.

    >>> refit(Normal(5, 1), np.array([7.0, 8.0, 9.0, 8.0]))
    Normal(mean=8.0, sd=0.816496580927726)
    """
    names: set[str] = {f.name for f in fields(law)} if is_dataclass(law) else set()
    mean, spread = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    try:
        if names == {"mean", "sd"}:
            return replace(law, mean=mean, sd=max(spread, 0.05 * mean))  # type: ignore[type-var]
        if names == {"mean"}:
            return replace(law, mean=mean)  # type: ignore[type-var]
    except Exception:  # the family cannot have this mean and spread
        pass
    return distributions.Empirical(tuple(values.tolist()))


def _varies(law: Distribution) -> bool:
    sample = _sample(cast(Hashable, law), 1.0, whole=False)
    return bool(sample[0] < sample[-1])
