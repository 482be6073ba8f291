"""Scenarios that differ only in what goes wrong, lived through side by side in one batch.

The batch engine's work is a row of numbers per item, however long the row: sixty closures of a few
histories each cost little more than one. Each scenario's luck fills its own columns of the row.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from twinlab.modeling.batch import Batch
from twinlab.modeling.batch_engine import BatchEngine
from twinlab.modeling.experiments import progress
from twinlab.modeling.ledger import SETTLE, record_rows
from twinlab.modeling.luck import Luck, draw_luck
from twinlab.modeling.output import Spread
from twinlab.modeling.plan import Plan, make_plan
from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario

_WIDTH = 256  # columns in one go: long rows, and bounded memory


def replicate_abreast(
    scenarios: Sequence[Scenario], replications: int, seed: int = 0
) -> list[Batch]:
    """Replicate scenarios that differ only in their disruptions, side by side.

    Each batch is that of ``replicate(scenario, replications, seed)``, to the last bit.

    Raises:
        ScenarioError: the scenarios differ in more than their disruptions.

    >>> from twinlab import BaseStock, Normal, Outage, fill_rate, replicate, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> shut = shop.disrupt(Outage("mine", start=20, days=5))
    >>> both = replicate_abreast([shop, shut], 10, seed=1)
    >>> bool((fill_rate(both[1]) == fill_rate(replicate(shut, 10, seed=1))).all())
    True
    """
    if not scenarios:
        return []
    calm = scenarios[0].change(disruptions=())
    if any(each.change(disruptions=()) != calm for each in scenarios):
        raise ScenarioError(
            "replicate_abreast takes scenarios that differ only in their disruptions: replicate "
            "the others one by one"
        )
    plan, at_once = make_plan(calm), max(1, _WIDTH // replications)
    work = [scenarios[at : at + at_once] for at in range(0, len(scenarios), at_once)]
    # Whoever has set a joblib.parallel_config has imported joblib.
    if "joblib" not in sys.modules:
        found = [_live(plan, part, replications, seed) for part in progress(work, "replicating")]
    else:
        from joblib import Parallel, delayed  # an extra

        found = list(Parallel()(delayed(_live)(plan, part, replications, seed) for part in work))
    return [batch for part in found for batch in part]


def _live(plan: Plan, scenarios: Sequence[Scenario], width: int, seed: int) -> list[Batch]:
    """Live through the scenarios' histories in columns of one engine."""
    luck = _beside([draw_luck(each, seed, 0, width) for each in scenarios], width)
    engine, spread = BatchEngine(plan, luck, width * len(scenarios)), Spread()
    books = engine.books
    totals = np.zeros(books.today.shape)
    for day in range(plan.scenario.days):
        books.asked_today.fill(0.0)
        engine.live(day)
        if day % SETTLE == SETTLE - 1:
            books.settle()
        totals += books.today
        spread.add(books.decided, books.asked_today, engine.service.demanded.sum(axis=0))
    books.settle()
    books.today[:] = totals
    rows = record_rows(plan)
    sums = [books.record[rows[name]] for name in ("ordered", "asked_today", "demanded")]
    variances = spread.variances(sums[0], sums[1], sums[2].sum(axis=0))
    batches = []
    for at, scenario in enumerate(scenarios):
        mine = slice(at * width, (at + 1) * width)
        own = {name: values[..., mine].copy() for name, values in variances.items()}
        part = books.record[:, mine].copy()
        batches.append(Batch(replace(plan, scenario=scenario), seed, width, None, part, own, {}))
    return batches


def _beside(lucks: Sequence[Luck], width: int) -> Luck:
    """Several lucks of one width as one luck, side by side; no disruption leaves a flow whole."""
    tables = {
        f.name: _tables_beside([getattr(luck, f.name) for luck in lucks], width, f.name == "held")
        for f in fields(Luck)
        if f.name not in ("active", "arrivals")
    }
    return Luck(**tables, active=[])


def _tables_beside(tables: Sequence[dict[Any, Any]], width: int, held: bool) -> dict[Any, Any]:
    keys: dict[Hashable, None] = {key: None for table in tables for key in table}
    return {key: _rows_beside([table.get(key) for table in tables], width, held) for key in keys}


def _rows_beside(parts: Sequence[Array | None], width: int, held: bool) -> Array:
    known = next(part for part in parts if part is not None)
    if known.shape[1] == 1 and all(p is not None and np.array_equal(p, known) for p in parts):
        return known  # alike in every history of every scenario
    whole = np.full((len(known), width * len(parts)), not held, dtype=known.dtype)
    for at, part in enumerate(parts):
        if part is not None:
            whole[:, at * width : (at + 1) * width] = part
    return whole
