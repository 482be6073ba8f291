"""Many histories at once: ``replicate`` runs them, ``Batch`` says what they amount to."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.modeling.batch_engine import BatchEngine
from twinlab.modeling.kpis import KPIs, evaluate
from twinlab.modeling.ledger import record_rows
from twinlab.modeling.luck import BLOCK, draw_luck, join_luck
from twinlab.modeling.measures import MEASURES, measure
from twinlab.modeling.plan import Plan, make_plan
from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

if TYPE_CHECKING:
    import pandas as pd

# Numbers in one piece of work: small enough for a processor's cache, large enough that NumPy's
# work outweighs its calls.
_PIECE = 100_000


@dataclass(frozen=True)
class Piece:
    """What one piece of work brings back: totals over days, by row and replication."""

    totals: Array
    squares: dict[str, Array]
    traces: dict[str, Array] = field(default_factory=dict)


def live_through(
    scenario: Scenario, seed: int, blocks: Sequence[int], columns: int, start: State | None,
    bands: Iterable[tuple[str, str, str]] = (),
) -> Piece:  # fmt: skip
    """Run the first replications of some consecutive blocks and add up their days."""
    plan = make_plan(scenario)
    luck = join_luck([draw_luck(scenario, seed, block) for block in blocks], columns)
    begun = start.copy() if start else State.initial(scenario.network)
    engine = BatchEngine(plan, luck, columns, begun)
    books, days = engine.books, range(begun.day, scenario.days)
    totals = np.zeros_like(books.record)
    squares = {
        "ordered": np.zeros_like(books.ordered),
        "asked": np.zeros_like(books.asked_today),
        "demand": np.zeros(columns),
    }
    traces = {"|".join(band): np.empty((len(days), columns)) for band in bands}
    for at, day in enumerate(days):
        books.flows_only.fill(0.0)
        engine.live(day)
        totals += books.record
        squares["ordered"] += books.ordered * books.ordered
        squares["asked"] += books.asked_today * books.asked_today
        squares["demand"] += books.demanded.sum(axis=0) ** 2
        for band, trace in traces.items():
            trace[at] = _today(plan, books.record, *band.split("|"))
    return Piece(totals, squares, traces)


def _today(plan: Plan, record: Array, name: str, node: str, product: str) -> Array:
    """One measure of today, summed over the items of a node and product, by replication."""
    rows = record_rows(plan)
    found = measure(plan, {key: record[part].T for key, part in rows.items()})[name]
    keys = [item.key for item in plan.items]
    columns = [at for at, (n, p) in enumerate(keys) if node in ("", n) and product in ("", p)]
    return np.asarray(found[:, columns].sum(axis=1))


def replicate(
    scenario: Scenario,
    replications: int = 1000,
    seed: int = 0,
    *,
    start: State | None = None,
    bands: Iterable[str | tuple[str, ...]] = (),
    workers: int | None = None,
) -> Batch:
    """Live through many histories of a scenario at once, and keep what each amounts to.

    Replication r is the history ``simulate(scenario, seed, replication=r)``, to the last bit.
    ``start`` is a state to go on from. ``bands`` names measures whose daily values are kept, such
    as ``"backlog"`` or ``("on_hand", "shop")``. ``workers`` processes share the work (needs joblib;
    if not given, those of the ``joblib.parallel_config`` in force) and change nothing else.

    Raises:
        ScenarioError: a rule cannot decide for many histories at once, or returns no quantity.

    >>> from twinlab import BaseStock, Normal, Scenario, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> replicate(shop, 100, seed=1)
    Batch(100 replications × 50 days, 2 nodes, seed 1)
    """
    if not isinstance(replications, int) or isinstance(replications, bool) or replications < 1:
        raise ScenarioError(f"replications is a whole number of at least 1, got {replications!r}")
    plan = make_plan(scenario)
    wanted = [_band(plan, band) for band in bands]
    width = max(1, min(64, _PIECE // (len(plan.items) * BLOCK)))
    blocks = range(-(-replications // BLOCK))
    work = []
    for first in blocks[::width]:
        some = blocks[first : first + width]
        columns = min(replications - first * BLOCK, len(some) * BLOCK)
        work.append((scenario, seed, some, columns, start, wanted))
    pieces = list(_run(work, workers))
    return Batch(
        plan=plan,
        seed=seed,
        replications=replications,
        start=start.copy() if start else State.initial(scenario.network),
        totals=np.hstack([p.totals for p in pieces]),
        squares={
            name: np.concatenate([p.squares[name] for p in pieces], axis=-1)
            for name in pieces[0].squares
        },
        traces={name: np.hstack([p.traces[name] for p in pieces]) for name in pieces[0].traces},
    )


def _run(work: Sequence[tuple[Any, ...]], workers: int | None) -> Iterator[Piece]:
    """Do the pieces of work here, or share them among joblib's workers."""
    # Somebody who set a joblib.parallel_config has imported joblib.
    if workers is None and "joblib" not in sys.modules:
        return (live_through(*piece) for piece in work)
    try:
        from joblib import Parallel, delayed
    except ModuleNotFoundError:
        raise ScenarioError(
            f"workers={workers} needs joblib: install it with pip install 'twinlab-scom[cluster]'"
        ) from None
    done = Parallel(n_jobs=workers)(delayed(live_through)(*piece) for piece in work)
    return iter(done)


def _band(plan: Plan, band: str | tuple[str, ...]) -> tuple[str, str, str]:
    """The measure, node and product of a band that was asked for."""
    named = (band,) if isinstance(band, str) else tuple(band)
    name, node, product = (*named, "", "")[:3]
    if name not in MEASURES:
        raise ScenarioError(f"bands: no measure {name!r}; {did_you_mean(name, MEASURES)}")
    nodes = dict.fromkeys(item.key[0] for item in plan.items)
    if node and node not in nodes:
        raise ScenarioError(f"bands: no node {node!r}; {did_you_mean(node, nodes)}")
    return name, node, product


@dataclass(frozen=True, eq=False, repr=False)
class Batch:
    """What many histories of a scenario amount to, one number per replication.

    >>> from twinlab import BaseStock, Normal, Scenario, fill_rate, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> batch = replicate(shop, 200, seed=1)
    >>> fill_rate(batch).shape
    (200,)
    """

    plan: Plan
    seed: int
    replications: int
    start: State
    totals: Array
    squares: dict[str, Array]
    traces: dict[str, Array]

    @property
    def scenario(self) -> Scenario:
        """What was simulated."""
        return self.plan.scenario

    @property
    def days(self) -> range:
        """The days lived through."""
        return range(self.start.day, self.scenario.days)

    @cached_property
    def _records(self) -> dict[str, Array]:
        return {name: self.totals[part].T for name, part in record_rows(self.plan).items()}

    @cached_property
    def _measures(self) -> dict[str, Array]:
        return measure(self.plan, self._records)

    def total(self, name: str, node: str = "", product: str = "") -> Array:
        """A measure, or a count such as ``cycles``, summed over days and items [replications].

        Raises:
            ScenarioError: there is no such measure, node or product.
        """
        table = self._measures if name in MEASURES else self._records
        if name not in table:
            raise ScenarioError(f"no measure {name!r}; {did_you_mean(name, MEASURES)}")
        return np.asarray(table[name][:, self.plan.columns(node, product)].sum(axis=1))

    def variance(self, name: str, node: str = "", product: str = "") -> Array:
        """The variance over days of one item's orders or requests, or of all demand.

        Raises:
            ScenarioError: it was not kept; histories are not stored.
        """
        rows: Any = self.plan.columns(node, product)
        if name == "demand" and not node and not product:
            squares, mean = self.squares["demand"], self.total("demand") / len(self.days)
        elif name in ("ordered", "asked") and len(rows) == 1:
            squares, mean = self.squares[name][rows[0]], self.total(name, node, product)
            mean = mean / len(self.days)
        else:
            raise ScenarioError(
                f"the variance of {name!r} is kept for one product at one node, not for "
                f"{len(rows)} items: name node and product"
            )
        return np.asarray(np.maximum(0.0, squares / len(self.days) - mean**2))

    @cached_property
    def kpis(self) -> KPIs:
        """Every KPI, as an array over replications."""
        return evaluate(self)

    def band(self, name: str, node: str = "", product: str = "") -> Array:
        """Daily values of a measure that was asked for with ``bands`` [days × replications].

        Raises:
            ScenarioError: it was not asked for.
        """
        found = self.traces.get(f"{name}|{node}|{product}")
        if found is None:
            asked = [tuple(key.split("|")) for key in self.traces]
            raise ScenarioError(
                f"no daily values of {(name, node, product)}: call replicate(…, bands=[…]); this "
                f"batch has {asked}"
            )
        return found

    def history(self, replication: int) -> pd.DataFrame:
        """One replication's daily table, lived through again by this engine.

        Raises:
            ScenarioError: the batch has no such replication.

        >>> from twinlab import BaseStock, Normal, Scenario, serial, simulate
        >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
        >>> replicate(shop, 100, seed=1).history(70).equals(simulate(shop, 1, 70).daily)
        True
        """
        from twinlab.modeling.run import daily_table

        if not 0 <= replication < self.replications:
            raise ScenarioError(
                f"replication {replication!r}: this batch has 0 to {self.replications - 1}"
            )
        nights = nights_of(self.scenario, self.seed, replication, self.start)
        return daily_table(self.plan, self.days, measure(self.plan, nights))

    def __repr__(self) -> str:
        """Say what was run."""
        nodes = len(self.scenario.network.nodes)
        return (
            f"Batch({self.replications:,} replications × {len(self.days)} days, {nodes} nodes, "
            f"seed {self.seed})"
        )


def nights_of(
    scenario: Scenario, seed: int, replication: int, start: State | None = None
) -> dict[str, Array]:
    """What the batch engine records on every night of one replication (days × numbers)."""
    plan = make_plan(scenario)
    block, column = divmod(replication, BLOCK)
    luck = join_luck([draw_luck(scenario, seed, block)], BLOCK)
    begun = start.copy() if start else State.initial(scenario.network)
    engine = BatchEngine(plan, luck, BLOCK, begun)
    books, nights = engine.books, []
    for day in range(begun.day, scenario.days):
        books.flows_only.fill(0.0)
        engine.live(day)
        nights.append(books.record[:, column].copy())
    recorded = np.array(nights).reshape(len(nights), len(books.record))
    return {name: recorded[:, part] for name, part in record_rows(plan).items()}
