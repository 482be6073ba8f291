"""Safety stock where it costs least: HiGHS against trying every promise."""

import math
from itertools import product

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling import ServiceStage, guaranteed_service

ARCS = [("a", "c"), ("b", "c"), ("c", "d"), ("c", "e"), ("b", "e")]  # with a loop: no tree


def stages(seed):
    """Five stages with drawn times, costs and promises."""
    draw = np.random.default_rng(seed)
    found = []
    for name in "abcde":
        last = name in "de"
        found.append(ServiceStage(
            name, int(draw.integers(0, 4)), float(draw.uniform(0.5, 3)),
            float(draw.uniform(1, 3)) if last else 0.0, int(draw.integers(0, 2)) if last else None,
            int(draw.integers(0, 3)) if name in "ab" else 0,
        ))  # fmt: skip
    return found


def by_trying(rows, z):
    """The least cost over all whole promises, written down without a solver."""
    rows = {row.name: row for row in rows}
    sd = {n: rows[n].demand_sd for n in "de"}
    spread = sd | {"c": math.hypot(*sd.values()), "a": math.hypot(*sd.values())}
    spread["b"] = spread["a"]
    best = math.inf
    choices = [range(12) if rows[n].promise is None else range(int(rows[n].promise) + 1)
               for n in "abcde"]  # fmt: skip
    for promised in product(*choices):
        said = dict(zip("abcde", promised, strict=True))
        cost = 0.0
        for name, row in rows.items():
            waits = max([row.inbound, *(said[up] for up, down in ARCS if down == name)])
            net = waits + row.time - said[name]
            cost += row.holding_cost * z * spread[name] * math.sqrt(net) if net >= 0 else math.inf
        best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(4))
def test_highs_finds_the_best_of_all_promises(seed):
    rows = stages(seed)
    plan = guaranteed_service(rows, ARCS, z=1.5)
    assert plan.cost == pytest.approx(by_trying(rows, 1.5), rel=1e-9)
    for row in rows:  # the plan's own promises give its net times
        waits = max([row.inbound, *(plan.promises[up] for up, d in ARCS if d == row.name)])
        assert plan.net_times[row.name] == waits + row.time - plan.promises[row.name]


@pytest.mark.parametrize(
    ("arcs", "words"),
    [
        ([("a", "x")], "'x' is not a stage"),
        ([*ARCS, ("e", "a")], "in a circle"),
        (ARCS[:2], "give its promise in days"),
    ],
)
def test_mistakes_are_explained(arcs, words):
    with pytest.raises(tl.NetworkError, match=words):
        guaranteed_service(stages(0), arcs, z=1)
