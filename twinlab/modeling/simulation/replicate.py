"""``replicate`` lives many replications in chunks, here or on the workers of joblib in force."""

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import fields, replace
from typing import Any

import numpy as np

from twinlab.modeling.simulation import replications as records
from twinlab.modeling.simulation.kpis import check_kpis
from twinlab.modeling.simulation.output_analysis import SETTLING, days_left_out, estimate
from twinlab.modeling.simulation.plan import Plan, make_plan
from twinlab.modeling.simulation.random_streams import BLOCK, RandomStreams, draw_streams
from twinlab.modeling.simulation.replications import Daily, Replications, read_daily, world_seeds
from twinlab.modeling.simulation.vector_compiled import compiles, loops
from twinlab.modeling.simulation.vector_engine import VectorEngine, open_engine
from twinlab.scope import Scenario, ScenarioError, StockLoss
from twinlab.scope.base import Array, Distribution, Row, column, schema, warn
from twinlab.scope.state import State, go_on

__all__ = ["Precision", "replicate", "run_longer"]

_PATIENCE = 3  # losses of processes, one after the other, between which no piece was finished


def progress(work: Any, doing: str, pieces: int | None = None) -> Any:
    """Show a bar over work that has a name and takes more than two seconds, if tqdm is installed.

    The environment variable ``TQDM_DISABLE=1`` silences it.
    """
    if not doing or os.environ.get("TQDM_DISABLE", "0") != "0":  # not every bar of tqdm looks
        return work
    try:
        from tqdm.auto import tqdm  # an extra
    except ModuleNotFoundError:
        return work
    return tqdm(work, desc=doing, delay=2, leave=False, total=pieces)


def workers() -> int:
    """How many workers the ``joblib.parallel_config`` in force has; inside of shared work one."""
    joblib: Any = sys.modules.get("joblib")  # whoever has set a parallel_config has imported it
    return max(1, joblib.effective_n_jobs(None)) if joblib else 1


def pieces_of(begin: int, end: int, most: int) -> list[tuple[int, int]]:
    """Cut replications into whole blocks for all workers: the first of each piece, and how many."""
    width = min(most, -(-(end - begin) // (BLOCK * workers())) * BLOCK)
    return [(first, min(width, end - first)) for first in range(begin, end, width)]


def share(
    function: Callable[..., Any], work: Iterable[Any], doing: str = "", inside: bool = False
) -> list[Any]:
    """Do pieces of work here, or on the workers of the ``joblib.parallel_config`` in force.

    Results are in the order of the pieces. A piece runs whole where it runs: what it would share
    itself it does alone (``inside``: it shares, and the pieces stay here). What was lost with a
    process that died is done again, unless processes die time after time and nothing gets done.
    """
    pieces = list(work)
    if inside or len(pieces) < 2 or workers() == 1:
        return [function(*piece) for piece in progress(pieces, doing)]
    found = dict(progress(_share(function, pieces), doing, len(pieces)))
    return [found[at] for at in range(len(pieces))]


def _share(function: Callable[..., Any], pieces: list[Any]) -> Iterator[tuple[int, Any]]:
    """Each piece's number and result, as they come in."""
    from joblib import Parallel, delayed, parallel_config, wrap_non_picklable_objects
    from joblib.parallel import get_active_backend

    early = get_active_backend()[0].supports_return_generator  # others bring all at the end
    order = "generator_unordered" if early else "list"

    def whole(at: int, piece: tuple[Any, ...]) -> tuple[int, Any]:
        with parallel_config(backend="sequential"):
            return at, function(*piece)

    sent = delayed(wrap_non_picklable_objects(whole))
    missing, patience = dict(enumerate(pieces)), _PATIENCE
    while missing:
        todo = [sent(*each) for each in missing.items()]
        try:
            for at, result in Parallel(return_as=order)(todo):
                del missing[at]
                patience = _PATIENCE
                yield at, result
        except BrokenExecutor:  # joblib's processes are not replaced in mid-run, only anew
            patience -= 1
            if not patience:
                raise


# Replications in one chunk of work, times the root of the number of items: long rows, since NumPy's
# work must outweigh its calls, in tables that a processor's cache can hold.
_CHUNK = 6_000
_WIDTH = 256  # columns that ``replicate_many`` fills in one go


class Precision(Row, frozen=True):
    """Go on until the interval of a KPI's mean is narrow: half its width / the mean ≤ relative.

    Source: Law (2015) section 9.4.1, sequential procedure for relative precision.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> replicate(shop, Precision(relative=0.001), seed=1).replications
    384
    """

    relative: float = column("share", meaning="half the interval over the mean", low=1e-6, high=1)
    kpi: str = column("name", "fill_rate", "which KPI; see KPIs")
    confidence: float = column("share", 0.95, "of the interval", low=0.5, high=0.9999)
    most: int = column("replications", 100_000, "give up, with a warning, after so many", low=1)
    least: int = column("replications", BLOCK, "begin with so many", low=2)

    def check(self) -> None:
        """The KPI is one of those that there are."""
        check_kpis([self.kpi])

    def wanted(self, batch: Replications) -> int:
        """How many replications will probably do; no more than there are, if they do."""
        found = estimate(getattr(batch.kpis, self.kpi), self.confidence)
        goal = self.relative * abs(found.mean)
        half = (found.high - found.low) / 2
        if half <= goal:
            return batch.replications
        # The width falls with the square root; never more than tenfold at once.
        factor = min(10.0, (half / goal) ** 2) if goal > 0 else 10.0
        return max(batch.replications + BLOCK, math.ceil(batch.replications * factor))


# What one chunk of work brings back: what ``Replications`` keep from ``totals`` on.
Chunk = tuple[Array, Array, dict[str, Array], dict[Daily, Array]]


def replicate(
    scenario: Scenario,
    replications: int | Precision = 1000,
    seed: int = 0,
    *,
    start: State | None = None,
    daily: Iterable[str | tuple[Any, ...]] = (),
    warm_up: int | str = 0,
) -> Replications:
    """Live through many replications of a scenario at once, and keep what each amounts to.

    Replication r is the history ``simulate(scenario, seed, replication=r)``, to the last bit. In
    place of a number, a ``Precision`` adds replications in whole blocks until it holds. ``start``
    is a state to go on from. ``daily`` names measures whose daily values are kept, such as
    ``"backlog"`` or ``("on_hand", "shop")``. ``warm_up`` leaves the first days out of everything: a
    number of days, or ``"mser5"``, which finds it in the first block. Work is shared as the
    ``joblib.parallel_config`` in force says (processes, a Dask cluster, …); that changes no number.

    Raises:
        ScenarioError: a rule cannot decide for many replications at once, or returns no quantity;
            the start does not fit the scenario.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> replicate(shop, 100, seed=1, warm_up=10)
    Replications(100 replications × 40 days after a warm-up of 10, 2 nodes, seed 1)
    """
    until = replications if isinstance(replications, Precision) else None
    count: Any = -(-until.least // BLOCK) * BLOCK if until else replications
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        problem = "replications is a whole number of at least 1"
        raise ScenarioError(f"{problem}, or a Precision, got {replications!r}")

    def pilot() -> list[Array]:
        first = replicate(scenario, min(count, BLOCK), seed, start=start, daily=SETTLING)
        return [first.series(name).mean(axis=1) for name in SETTLING]

    for node in scenario.lines:
        if scenario.network.named[node].capacity == math.inf:
            raise ScenarioError(
                f"{node!r} has a line inside, which simulate lives; for many histories give the "
                f"law of its days: feed(scenario, {node!r}, replicate_line(line))"
            )
    plan = make_plan(scenario)
    start = None if start is None else go_on(start, scenario)
    out = days_left_out(warm_up, scenario.days - (start.day if start else 0), pilot)
    task = (plan, seed, start, tuple(read_daily(plan, each) for each in daily), out)
    chunks, done = list[Chunk](), 0
    while True:
        chunks += _run(plan, task, done, count)
        tables = [_join(each) for each in zip(*chunks, strict=True)]
        given, done = start.copy() if start else None, count
        batch = Replications(plan, seed, count, given, out, *tables)
        if until is None or until.wanted(batch) <= done:
            return batch
        if done >= until.most:
            warn(
                f"precision {until.relative:g} of {until.kpi} not reached after {done:,} "
                "replications: raise Precision(most=…), or ask for less"
            )
            return batch
        count = -(-min(until.wanted(batch), until.most) // BLOCK) * BLOCK


_Task = tuple[Plan, int, State | None, tuple[Daily, ...], int]


def _run(plan: Plan, task: _Task, begin: int, end: int) -> list[Chunk]:
    """Live through replications begin to end, in chunks of whole blocks, here or on workers."""
    width = max(1, min(64, int(_CHUNK / (math.sqrt(len(plan.items)) * BLOCK)))) * BLOCK
    if compiles(len(plan.items) * (end - begin) * plan.scenario.days):
        loops()  # they pay for all chunks together
    pieces = pieces_of(begin, end, width)
    return share(live_through, [(task, first // BLOCK, count) for first, count in pieces])


def live_through(task: _Task, block: int, columns: int) -> Chunk:
    """Live through some replications, beginning with those of a block, and add up their days."""
    plan, seed, start, daily, warm_up = task
    return live_days(open_engine(plan, seed, start, block, columns), daily, warm_up)


def live_days(engine: VectorEngine, daily: tuple[Daily, ...] = (), warm_up: int = 0) -> Chunk:
    """Live through the days that an engine has before it, and add up those after a warm-up."""
    plan = engine.plan
    days = range(engine.day + warm_up, plan.scenario.days)
    for day in range(engine.day, days.start):
        engine.live(day)
    engine.night.forget()
    state, wanted = engine.state, [records.daily_rows(plan, each) for each in daily]
    tonight = state.sums_of(wanted)
    watched = records.watched_rows(plan)
    length, _ = records.stretch(plan.scenario, len(days))
    marks = []  # what the watched rows have added up to, before each stretch and at the end
    kept = np.empty((len(daily), len(days), engine.width))
    for at, day in enumerate(days):
        if length and len(days) - at in (length, 2 * length):
            marks.append(state.amounts(watched))
        engine.live(day)
        if daily:
            kept[:, at] = tonight()
    totals = state.amounts()
    marks.append(totals[watched])
    variances = engine.night.variances()
    for part in (engine.morning, engine):  # they hold each other; now the tables go at once
        vars(part).clear()
    return totals, np.diff(marks, axis=0), variances, dict(zip(daily, kept, strict=True))


def _join(tables: Sequence[Any], columns: slice = slice(None)) -> Any:
    """Tables, or dicts of them, side by side; of each some columns."""
    if isinstance(tables[0], dict):
        return {key: _join([each[key] for each in tables], columns) for key in tables[0]}
    return np.concatenate([each[..., columns] for each in tables], axis=-1)


def replicate_many(
    scenarios: Sequence[Scenario], replications: int, seed: int = 0
) -> list[Replications]:
    """Replicate scenarios that differ only in laws of chance and disruptions, side by side.

    The engine's work is a row of numbers per item, however long the row: sixty closures of a few
    replications each cost little more than one. Each batch is that of ``replicate(scenario,
    replications, seed)``, to the last bit. Scenarios that differ in more are a ScenarioError.
    """
    if not scenarios:
        return []
    calm = scenarios[0].change(disruptions=())
    plan, *lived = _abreast(calm, scenarios, replications, [seed] * len(scenarios))
    batches = []
    for at, scenario in enumerate(scenarios):
        mine = slice(at * replications, (at + 1) * replications)
        tables = [_join([each], mine) for each in lived]
        own = replace(plan, scenario=scenario)
        batches.append(Replications(own, seed, replications, None, 0, *tables))
    return batches


def replicate_worlds(
    base: Scenario,
    worlds: Sequence[Scenario],
    replications: int,
    seed: int = 0,
    *,
    start: State | None = None,
    daily: Iterable[str | tuple[Any, ...]] = (),
) -> Replications:
    """Replicate worlds, any of which may be the true one, side by side as one batch: a mixture.

    Each has as many of the replications (at least one), in a row, and a seed of its own.
    """
    count, seeds = len(worlds), world_seeds(seed, len(worlds))
    each = max(1, -(-replications // max(1, count)))
    start = None if start is None else go_on(start, base)
    wanted = tuple(read_daily(make_plan(base), one) for one in daily)
    plan, *tables = _abreast(base, worlds, each, seeds, start, wanted)
    batch = Replications(plan, seed, each * count, start.copy() if start else None, 0, *tables)
    return replace(batch, worlds=tuple(worlds))


def _abreast(
    base: Scenario, worlds: Sequence[Scenario], width: int, seeds: Sequence[int], *more: Any
) -> Any:
    """The plan of scenarios that differ in luck alone, and their replications side by side."""
    usual, at_once = _certain(base), max(1, _WIDTH // max(1, width))
    if not worlds or any(_certain(one) != usual for one in worlds):
        alike = "side by side live scenarios (at least one) of the same rows, rules and days"
        raise ScenarioError(f"{alike}, which differ only in laws of chance and disruptions")
    losses = (d for world in worlds for d in world.disruptions if isinstance(d, StockLoss))
    plan = make_plan(base.change(disruptions=tuple(dict.fromkeys(losses))))

    def live(cut: slice, start: State | None = None, daily: tuple[Daily, ...] = ()) -> Chunk:
        pairs = zip(worlds[cut], seeds[cut], strict=True)
        each = [draw_streams(world, seed, 0, width, start) for world, seed in pairs]
        streams = _beside(each, width)
        for at in plan.losing:  # in some world, which may be none of these
            streams.keeping.setdefault(plan.items[at].key, np.ones((base.days, 1)))
        return live_days(VectorEngine(plan, streams, width * len(each), start), daily)

    cuts = [(slice(at, at + at_once), *more) for at in range(0, len(worlds), at_once)]
    lived = zip(*share(live, cuts, "replicating"), strict=True)
    return replace(plan, scenario=base), *map(_join, lived)


def _certain(scenario: Scenario) -> Any:
    """All that is not a law of chance or a disruption."""
    net = scenario.network
    rows = (*net.nodes, *net.lanes, *net.recipes, *net.demands, *net.stocks)
    cells = ((row, c) for row in rows for c in schema(type(row)) if c.type is not Distribution)
    table = [getattr(row, c.name) for row, c in cells]
    return table, scenario.days, scenario.rules, scenario.sourcing, scenario.sharing


def _beside(streams: Sequence[RandomStreams], width: int) -> RandomStreams:
    """Random numbers of several scenarios side by side; no disruption leaves a flow whole."""
    tables: dict[str, Any] = {}
    for name in (f.name for f in fields(RandomStreams) if f.name not in ("active", "arrivals")):
        each = [getattr(one, name) for one in streams]
        tables[name] = {
            key: _rows_beside([table.get(key) for table in each], width, whole=name != "held")
            for key in dict.fromkeys(key for table in each for key in table)
        }
    arrivals = {}
    for lane in streams[0].arrivals:
        goods = zip(*(one.arrivals[lane] for one in streams), strict=True)
        arrivals[lane] = [np.concatenate([np.broadcast_to(d, width) for d in g]) for g in goods]
    return RandomStreams(**tables, active=[], arrivals=arrivals)


def _rows_beside(parts: Sequence[Array | None], width: int, whole: bool) -> Array:
    known = next(part for part in parts if part is not None)
    if known.shape[1] == 1 and all(p is not None and np.array_equal(p, known) for p in parts):
        return known  # alike in every history of every scenario
    found = np.full((len(known), width * len(parts)), whole, dtype=known.dtype)
    for at, part in enumerate(parts):
        if part is not None:
            found[:, at * width : (at + 1) * width] = part
    return found


def run_longer(batch: Replications) -> Replications:
    """Live through twice the days of a batch, of the same seed: its first half is the batch.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=60)
    >>> run_longer(replicate(shop, 100, seed=1))
    Replications(100 replications × 120 days, 2 nodes, seed 1)
    """
    until, count = batch.days.stop + len(batch.days), batch.replications
    out, ahead = batch.warm_up, batch.scenario.change(days=until)
    if worlds := [world.change(days=until) for world in batch.worlds]:
        return replicate_worlds(ahead, worlds, count, batch.seed, start=batch.given)
    return replicate(ahead, batch.replications, batch.seed, start=batch.given, warm_up=out)


def beyond(batch: Replications, goal: Callable[[Replications], Any]) -> str:
    """Say what still moves, and what twice the days change in a goal; empty if all has settled."""
    if not (note := batch.horizon.note):
        return ""
    try:
        by = estimate(np.asarray(goal(run_longer(batch))) - np.asarray(goal(batch)))
    except ScenarioError as problem:
        return f"{note}; what a longer run would change is not known: {problem}"
    return f"{note}; twice the days change it by {by.short}"
