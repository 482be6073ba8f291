"""Scenarios that differ only in what goes wrong, lived through side by side in one batch.

The batch engine's work is a row of numbers per item, however long the row: sixty closures of a few
replications each cost little more than one. Each scenario's luck fills its own columns of the row.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from twinlab.modeling.compare import progress
from twinlab.modeling.simulation.plan import Plan, make_plan
from twinlab.modeling.simulation.random_streams import RandomStreams, draw_streams
from twinlab.modeling.simulation.replicate import live_days, share
from twinlab.modeling.simulation.replications import Replications
from twinlab.modeling.simulation.vector_engine import BatchEngine
from twinlab.scope.distributions import Array
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario

_WIDTH = 256  # columns in one go: long rows, and bounded memory


def replicate_many(
    scenarios: Sequence[Scenario], replications: int, seed: int = 0
) -> list[Replications]:
    """Replicate scenarios that differ only in their disruptions, side by side.

    Each batch is that of ``replicate(scenario, replications, seed)``, to the last bit.

    Raises:
        ScenarioError: the scenarios differ in more than their disruptions.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> shut = shop.disrupt(Outage("mine", start=20, days=5))
    >>> both = replicate_many([shop, shut], 10, seed=1)
    >>> bool((fill_rate(both[1]) == fill_rate(replicate(shut, 10, seed=1))).all())
    True
    """
    if not scenarios:
        return []
    calm = scenarios[0].change(disruptions=())
    if any(each.change(disruptions=()) != calm for each in scenarios):
        raise ScenarioError(
            "replicate_many takes scenarios that differ only in their disruptions: replicate "
            "the others one by one"
        )
    plan, at_once = make_plan(calm), max(1, _WIDTH // replications)
    parts = [scenarios[at : at + at_once] for at in range(0, len(scenarios), at_once)]
    work = [(plan, part, replications, seed) for part in parts]
    return [batch for part in share(_live, progress(work, "replicating")) for batch in part]


def _live(plan: Plan, scenarios: Sequence[Scenario], width: int, seed: int) -> list[Replications]:
    """Live through the scenarios' replications in columns of one engine."""
    luck = _beside([draw_streams(each, seed, 0, width) for each in scenarios], width)
    lived = live_days(BatchEngine(plan, luck, width * len(scenarios)))
    batches = []
    for at, scenario in enumerate(scenarios):
        mine = slice(at * width, (at + 1) * width)
        variances = {name: values[..., mine].copy() for name, values in lived.variances.items()}
        totals, last = lived.totals[:, mine].copy(), lived.stretches[..., mine].copy()
        own = replace(plan, scenario=scenario)
        batches.append(Replications(own, seed, width, None, 0, totals, last, variances, {}))
    return batches


def _beside(lucks: Sequence[RandomStreams], width: int) -> RandomStreams:
    """Several lucks of one width as one luck, side by side; no disruption leaves a flow whole."""
    tables: dict[str, Any] = {}
    for name in (f.name for f in fields(RandomStreams) if f.name not in ("active", "arrivals")):
        each = [getattr(luck, name) for luck in lucks]
        tables[name] = {
            key: _rows_beside([table.get(key) for table in each], width, whole=name != "held")
            for key in dict.fromkeys(key for table in each for key in table)
        }
    return RandomStreams(**tables, active=[])


def _rows_beside(parts: Sequence[Array | None], width: int, whole: bool) -> Array:
    known = next(part for part in parts if part is not None)
    if known.shape[1] == 1 and all(p is not None and np.array_equal(p, known) for p in parts):
        return known  # alike in every history of every scenario
    found = np.full((len(known), width * len(parts)), whole, dtype=known.dtype)
    for at, part in enumerate(parts):
        if part is not None:
            found[:, at * width : (at + 1) * width] = part
    return found
