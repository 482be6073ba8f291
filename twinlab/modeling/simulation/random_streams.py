"""Every random number of a history, drawn from named streams in blocks of replications.

Each source of chance has a stream of its own, keyed by seed, name and block: ``demand`` by node and
product, as ``yield`` and ``channel``, ``lead time`` by lane, ``output`` by node, ``disruption``
by what it strikes. One number is drawn per day whether it is used or not, so a disruption, another
rule or a longer horizon leaves every other draw as it was (common random numbers). Blocks are of 64
replications: 100 are the first 100 of 1,000, whatever draws them.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinlab.scope import Network, ScenarioError, distributions, entities
from twinlab.scope.distributions import Array, Constant, Distribution, Law, Trace, Uniform
from twinlab.scope.entities import Disruption, ItemKey, Lane, LaneKey, Outage, StockLoss
from twinlab.scope.scenario import Scenario, targets
from twinlab.scope.state import Shipment, State

BLOCK = 64
TRIES = 64  # lead times that are drawn, per replication, to find those that outlast a shipment
BEYOND = 366  # days beyond a scenario's end on which closed lanes are known to hold goods

Days = NDArray[np.intp]
_ALL = Constant(1)


def stream(seed: int, block: int, *name: str) -> np.random.Generator:
    """Open the stream of one source of chance for one block of replications."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise ScenarioError(f"seed is a whole number of at least 0, got {seed!r}")
    digest = blake2b("\x1f".join(name).encode(), digest_size=16).digest()
    words = [int.from_bytes(digest[at : at + 4], "little") for at in range(0, 16, 4)]
    return np.random.Generator(np.random.SFC64([int(seed), block, *words]))


@dataclass(frozen=True)
class RandomStreams:
    """All draws of a block: arrays of days × replications (or × 1 where all are alike).

    They are only read: what is certain is shared, and what is alike on every day stands in them
    once (stride 0).
    ``demand`` by (node, product) in units, shifts included; ``lead_time`` by lane in days, delays
    included; ``good_share`` by (node, product); the rest holds what disruptions leave, 1.0 if
    nothing is wrong: ``making``, ``shipping``, ``keeping`` (a stock) by item, ``moving`` by lane.
    ``whole`` is what is left of the node as a whole, its own output included. ``held`` marks the
    days on which goods on a lane stand still, ``active`` those on which each disruption is felt.
    ``arrivals`` holds the days on which goods arrive that are under way at the start and that
    nobody tracks, by lane; ``noise`` standard normals, by item, of what a noisy channel tells it.
    """

    demand: dict[ItemKey, Array]
    lead_time: dict[LaneKey, Days]
    good_share: dict[ItemKey, Array]
    making: dict[ItemKey, Array]
    shipping: dict[ItemKey, Array]
    moving: dict[LaneKey, Array]
    keeping: dict[ItemKey, Array]
    whole: dict[str, Array]
    held: dict[LaneKey, NDArray[np.bool_]]
    active: list[NDArray[np.bool_]]
    arrivals: dict[LaneKey, list[Days]] = field(default_factory=dict)
    noise: dict[ItemKey, Array] = field(default_factory=dict)


def draw_streams(
    scenario: Scenario, seed: int, block: int = 0, columns: int = BLOCK, start: State | None = None
) -> RandomStreams:
    """Draw everything that chance decides in the replications that begin with those of a block."""
    network, days = scenario.network, scenario.days
    sources = Sources(seed, range(block, block - (-columns // BLOCK)), columns)
    told = sources.errors(scenario.sharing, days)
    streams = RandomStreams({}, {}, {}, {}, {}, {}, {}, {}, {}, [], noise=told)
    circles, steady = network.circles, np.broadcast_to(1.0, days)
    for demand in network.demands:
        key, changing = (demand.node, demand.product), demand.season or demand.trend
        scale = demand.scales(np.arange(days)) if changing else steady
        streams.demand[key] = sources.draw(("demand", *key), demand.pattern, scale)
    for n in (n for n in network.nodes if n.output != _ALL):
        streams.whole[n.name] = _each(sources.draw(("output", n.name), n.output, steady), _to_one)
    for lane in network.lanes:
        times = sources.draw(("lead time", *lane.key), lane.lead_time, steady)
        circle = circles.get(lane.source)
        back = circle is not None and circle == circles.get(lane.destination)
        least = int(back and lane.lead_time.average > 0)
        streams.lead_time[lane.key] = _each(
            times, lambda each, least=least: np.maximum(least, np.rint(each)).astype(np.intp)
        )
    for recipe in network.recipes:
        key = (recipe.node, recipe.product)
        streams.good_share[key] = _each(
            sources.draw(("yield", *key), recipe.good_share, steady), _to_one
        )
    same: Counter[tuple[str, ...]] = Counter()
    for disruption in scenario.disruptions:
        where = (type(disruption).__name__, *disruption.place)
        severity = _severity(
            disruption, sources, ("disruption", *where, str(same[where])), days + BEYOND
        )
        same[where] += 1
        streams.active.append(severity[:days] > 0)
        _strike(streams, scenario, disruption, severity)
    if start is not None and not start.tracked:
        _draw_due(streams, network, sources, start)
    return streams


_to_one = partial(np.minimum, 1.0)


def _each(table: Array, change: Callable[..., Any]) -> Any:
    """A table with every number changed, once for all days on which it is alike."""
    if table.strides[0]:
        return change(table)
    return distributions.alike(change(table[0, 0]), len(table))


class Draws:
    """What chance decides in one history: lists by day, under the names of its random streams."""

    def __init__(self, streams: RandomStreams, column: int) -> None:
        """Read one column of a block of replications."""

        def by_day(array: Any) -> Any:
            if array.strides[0]:
                return array[:, column % array.shape[1]].tolist()
            return [array[0, 0].item()] * len(array)  # alike on every day

        def table(arrays: Mapping[Any, Any]) -> dict[Any, list[Any]]:
            return {key: by_day(array) for key, array in arrays.items()}

        self.demand, self.lead_time = table(streams.demand), table(streams.lead_time)
        self.good_share, self.held = table(streams.good_share), table(streams.held)
        self.making, self.shipping = table(streams.making), table(streams.shipping)
        self.moving, self.whole = table(streams.moving), table(streams.whole)
        self.keeping, self.noise = table(streams.keeping), table(streams.noise)
        self.active = [by_day(array) for array in streams.active]
        told: Any = streams.arrivals.items()
        self.arrivals = {lane: [int(d[column % len(d)]) for d in goods] for lane, goods in told}

    def settle(self, start: State, fresh: bool) -> None:
        """Say when goods under way arrive that nobody tracks, or that are held from the start."""
        for lane, goods in start.under_way.items():
            days = self.arrivals.get(lane)
            if fresh and lane in self.held:
                days = [self.arrival(lane, -1, shipment.due + 1) for shipment in goods]
            if days is not None:
                goods[:] = [s._replace(due=due) for s, due in zip(goods, days, strict=True)]
        start.tracked = True

    def arrival(self, lane: Any, day: int, left: int) -> int:
        """The day on which goods arrive that have days of moving left; held days do not count."""
        held = self.held.get(lane)
        if held is None:
            return day + left
        while left > 0:
            day += 1
            left -= int(day >= len(held) or not held[day])
        return day


def left_of(table: Mapping[Any, Sequence[float]], key: Any, day: int) -> float:
    """What disruptions leave of a flow on a day; 1.0 where none touches it."""
    return table[key][day] if key in table else 1.0


def _draw_due(streams: RandomStreams, network: Network, sources: "Sources", start: State) -> None:
    """When goods arrive that nobody tracks; what stands still from today on is known."""
    yesterday = start.day - 1
    for lane in network.lanes:
        held = streams.held.get(lane.key)
        due = [_outlasting(lane, s, start.day, sources) for s in start.under_way.get(lane.key, ())]
        streams.arrivals[lane.key] = [arrival(yesterday, d - yesterday, held) for d in due]


def arrival(days: Any, left: Any, held: Any) -> Any:
    """Arrival days of what has some days of moving left after a day; held days do not count."""
    if held is None:
        return np.atleast_1d(days + left)
    columns = np.arange(held.shape[1])
    left = np.array(np.broadcast_arrays(left, held[:1])[0])
    due = np.array(np.broadcast_to(days, left.shape))
    while (left > 0).any():
        due += left > 0
        left -= (left > 0) & ~((due < len(held)) & held[np.minimum(due, len(held) - 1), columns])
    return due[0] if np.ndim(days) == 0 else due


def _outlasting(lane: Lane, goods: Shipment, today: int, sources: "Sources") -> Days:
    """Arrival days, by replication, of goods of which only the age is known.

    The lead time L is one that outlasts the age a, given L ≥ a; what is older still arrives today.
    """
    age = today - goods.left
    if isinstance(lane.lead_time, Trace):
        values = lane.lead_time.values
        told = values[goods.left] if 0 <= goods.left < len(values) else lane.lead_time.average
        return np.array([max(today, goods.left + round(told))])
    name = ("age", *lane.key, str(goods.left))
    parts = []
    for block in sources.blocks:
        generator = stream(sources.seed, block, *name)
        drawn = np.rint(lane.lead_time.draw(generator, np.ones(TRIES), BLOCK)).astype(np.intp)
        lasting = drawn[drawn >= age]
        if not len(lasting):
            lasting = np.array([age])
        parts.append(goods.left + lasting[generator.integers(len(lasting), size=BLOCK)])
    return np.concatenate(parts)[: sources.columns]


@dataclass(frozen=True)
class Sources:
    """The streams of some consecutive blocks, side by side, of which the first columns count."""

    seed: int
    blocks: range
    columns: int

    def draw(self, name: tuple[str, ...], distribution: Distribution, scale: Array) -> Array:
        """Draw one source of chance (days × columns, or × 1 where all are alike).

        What is certain needs no stream. The latest 128 MB of other draws are kept.
        """
        if isinstance(distribution, Constant | Trace):
            return distribution.draw(_UNUSED, scale, 1)
        scaled = scale.tobytes() if scale.strides[0] else len(scale)
        make = partial(self._draw, name, distribution, scale)
        return self.kept((name, scaled), distribution, make)

    def errors(self, sharing: Any, days: int) -> dict[ItemKey, Array]:
        """Draw standard normals (days × columns) for whoever is told by a noisy channel."""
        drawn, size = dict[ItemKey, Array](), (days, BLOCK)
        for key in (key for key, seen in sharing.items() if getattr(seen, "noise", 0.0)):
            luck = (stream(self.seed, block, "channel", *key) for block in self.blocks)
            drawn[key] = np.hstack([z.standard_normal(size) for z in luck])[:, : self.columns]
        return drawn

    def kept(self, name: Hashable, law: Distribution, make: Callable[[], Array]) -> Array:
        """What was drawn from a law under a name, if it is still kept; else it is made."""
        if not isinstance(law, Law):  # a user's own may change, or be unhashable
            return make()
        return _CACHE.get((self, name, law), make)

    def _draw(self, name: tuple[str, ...], distribution: Distribution, scale: Array) -> Array:
        drawn = np.empty((len(scale), self.columns))
        for block in self.blocks:
            generator = stream(self.seed, block, *name)
            part = distributions.drawn_of(distribution, generator, scale, BLOCK)
            if part.shape[1] == 1:
                return part.copy()
            begin = (block - self.blocks.start) * BLOCK
            drawn[:, begin : begin + BLOCK] = part[:, : self.columns - begin]
        return drawn


class DrawCache:
    """The latest draws, so that moving a slider does not draw them again; the oldest go."""

    def __init__(self, most: int) -> None:
        self.most, self.held, self._lock = most, 0, Lock()
        self._arrays: OrderedDict[Hashable, Array] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """The array kept under a key; if there is none it is made, and the longest unused go."""
        with self._lock:
            if (found := self._arrays.get(key)) is not None:
                self._arrays.move_to_end(key)
                return found
        found = make()
        found.flags.writeable = False
        with self._lock:
            if found.nbytes <= self.most // 4 and key not in self._arrays:
                self._arrays[key] = found
                self.held += found.nbytes
            while self.held > self.most:
                self.held -= self._arrays.popitem(last=False)[1].nbytes
        return found


_CACHE, _UNUSED = DrawCache(128_000_000), np.random.default_rng(0)


def _severity(disruption: Disruption, sources: Sources, name: tuple[str, ...], days: int) -> Array:
    """How strongly it strikes, days × replications: 1 while it holds, falling in recovery."""
    when = (disruption.start, disruption.recovery, disruption.rate, disruption.pause, days)
    make = partial(_felt, disruption, sources, name, days)
    return sources.kept((name, when), disruption.days, make)


def _felt(disruption: Disruption, sources: Sources, name: tuple[str, ...], days: int) -> Array:
    steady, day = np.broadcast_to(1.0, days), np.arange(days)[:, None]
    drawn = sources.draw((*name, "duration"), disruption.days, steady)
    lengths = np.ceil(drawn).astype(np.intp)  # of 0 days: it does not strike
    idle = disruption.recovery + disruption.pause
    # Before the first one, as if the last were long over.
    if disruption.rate == 0:  # once, on its start day, for as long as drawn for it
        begin = disruption.start
        ends, once = np.full(lengths.shape, -1 - idle), lengths[begin : begin + 1]
        ends[begin:] = np.where(once, begin + once, -1 - idle)
    else:
        strikes = sources.draw((*name, "strike"), Uniform(0, 1), steady) < disruption.rate
        strikes = strikes & (lengths > 0)
        strikes[: disruption.start] = False
        lengths, ends = np.broadcast_to(lengths, strikes.shape), np.full(strikes.shape, -1 - idle)
        for at in range(days):
            last = ends[max(at - 1, 0)]
            ends[at] = np.where(strikes[at] & (at >= last + idle), at + lengths[at], last)
    if isinstance(disruption, StockLoss):  # at once
        return (np.diff(ends, axis=0, prepend=-1 - idle) > 0).astype(float)
    # Whole until the end, then one step down on each day of the recovery.
    left = 1.0 - (day - ends + 1) / (disruption.recovery + 1)
    return np.clip(np.where(day < ends, 1.0, left), 0.0, 1.0)


def _strike(
    streams: RandomStreams, scenario: Scenario, disruption: Disruption, severity: Array
) -> None:
    """Let a disruption act on what it strikes; several on one target multiply."""
    beyond, severity = severity, severity[: scenario.days]
    if isinstance(disruption, StockLoss):
        for item in targets(disruption, scenario.network):
            _multiply(streams.keeping, item, 1.0 - disruption.share * severity)
        return
    loss = getattr(disruption, "loss", 0.0)
    left = 1.0 - loss * severity
    if isinstance(disruption, Outage):
        _strike_node(streams, scenario.network, disruption, left)
        return
    holds = getattr(disruption, "holds_transit", False) and loss == 1.0
    more = getattr(disruption, "factor", 1.0) - 1
    extra = np.rint(getattr(disruption, "extra", 0) * severity).astype(np.intp)
    for row in targets(disruption, scenario.network):
        if isinstance(disruption, entities.Delay):
            streams.lead_time[row.key] = streams.lead_time[row.key] + extra
        elif isinstance(disruption, entities.DemandShift):
            _multiply(streams.demand, (row.node, row.product), 1 + more * severity)
        else:
            _multiply(streams.moving, row.key, left)
            if holds:
                streams.held[row.key] = streams.held.get(row.key, np.False_) | (beyond == 1.0)


def _strike_node(streams: RandomStreams, network: Network, outage: Outage, left: Array) -> None:
    """Let a node make, and unless its stock ships send, what an outage leaves of it."""
    if not outage.product:
        _multiply(streams.whole, outage.node, left)
    for item in targets(outage, network):
        _multiply(streams.making, item, left)
        if item in network.brought and not outage.stock_ships:
            # A maker's finished stock leaves unless the site is wholly shut.
            leaves = np.where(left == 0.0, 0.0, 1.0) if item in network.made else left
            _multiply(streams.shipping, item, leaves)


def _multiply(table: dict[Any, Array], key: Any, factor: Array) -> None:
    table[key] = table[key] * factor if key in table else factor
