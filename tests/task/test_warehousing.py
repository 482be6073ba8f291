"""Slotting against all layouts, walks against drawn picks, docks against their queue."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.task import warehousing
from twinlab.task.warehousing import Sku


def way(skus, layout):
    return warehousing.predict(skus, layout, picks=2).expected


SKUS = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 3)), min_size=1, max_size=5)


@settings(deadline=None)
@given(SKUS)
def test_no_order_of_items_walks_less_than_cube_per_order(rows):
    """All orders in which items may be lined up from the door, tried."""
    skus = [Sku(f"s{n}", picks, slots=slots) for n, (picks, slots) in enumerate(rows)]
    distances = np.arange(5.0, 5.0 + 3 * sum(s.slots for s in skus), 3.0).tolist()
    best = way(skus, warehousing.slotting(skus, distances))
    for order in permutations(s.name for s in skus):
        layout = warehousing.slotting(
            skus, distances, lambda sku, order=order: order.index(sku.name)
        )
        assert best <= way(skus, layout) + 1e-9


def test_expected_walks_are_simulated_walks():
    skus = [Sku("a", 50), Sku("b", 30, slots=2), Sku("c", 5, slots=3), Sku("d", 15)]
    layouts = {"now": {"a": [30], "b": [5, 25], "c": [10, 15, 20], "d": [35]},
               "better": warehousing.slotting(skus, range(5, 40, 5))}  # fmt: skip
    found = {
        name: warehousing.predict(skus, layout, 1, picks=20_000) for name, layout in layouts.items()
    }
    for walk in found.values():
        error = (walk.simulated.high - walk.simulated.mean) / 1.96
        assert abs(walk.simulated.mean - walk.expected) < 4 * error
    assert found["better"].simulated.high < found["now"].simulated.low


def test_a_prescribed_layout_uses_the_same_slots_and_gains_what_the_walks_differ_by():
    skus, now = [Sku("a", 50), Sku("b", 30, slots=2)], {"b": [5, 25], "a": [30], "free": [10, 45]}
    change = warehousing.prescribe(skus, now, seed=1)
    assert change.values == {"a": [5], "b": [10, 25]}
    assert change.before == {"a": [30], "b": [5, 25]}
    walks = [warehousing.predict(skus, one, seed=1) for one in (now, change.values)]
    assert change.gain.mean == pytest.approx(walks[0].simulated.mean - walks[1].simulated.mean)
    assert change.worth


def test_little_holds_at_the_docks():
    for docks, variation in ((1, 0.5), (4, 1.0), (4, 0.3)):
        queue = warehousing.dock(1.9 * docks, 25, docks, variation)
        assert queue.present == pytest.approx(1.9 * docks * queue.time_present)


def test_several_docks_with_even_unloading_wait_near_the_approximation():
    """Two docks, unloading times of cv 0.5, by Lindley's way of counting."""
    rng, n = np.random.default_rng(2), 200_000
    arrive = np.cumsum(rng.exponential(1 / 3.2, n))
    work = rng.gamma(4, 0.125, n)
    free, waits = [0.0, 0.0], []
    for come, last in zip(arrive.tolist(), work.tolist(), strict=True):
        first = free.index(min(free))
        start = max(come, free[first])
        free[first] = start + last
        waits.append(start - come)
    said = warehousing.dock(3.2, 30, 2, variation=0.5).wait
    assert said == pytest.approx(np.mean(waits), rel=0.08)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: warehousing.slotting([Sku("a", 1, slots=3)], [5, 10]), "3 slots are needed"),
        (lambda: warehousing.predict([Sku("a", 1)], {"b": [5]}), "'a' has 0 slots"),
        (lambda: warehousing.dock(9, 20, 3), "grows for ever"),
        (lambda: warehousing.predict([Sku("a", 0)], {"a": [5]}), "nobody picks"),
    ],
)
def test_mistakes_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()
