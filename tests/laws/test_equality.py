"""Two engines, one answer: every number of every night, bit by bit, on random scenarios.

The vector engine is asked twice: on arrays, and in compiled loops where Numba is installed.
"""

import os
import re
from importlib.util import find_spec
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.strategies import DAYS, changed, scenarios, seeds
from twinlab.modeling.simulation.vector_engine import replay

# Levels of 0 for customers who do not wait are said, and lived.
pytestmark = pytest.mark.filterwarnings("ignore:.*customers who do not wait")

# `make proof` asks for more.
SCENARIOS = int(os.environ.get("TWINLAB_SCENARIOS", "200"))
many = settings(max_examples=SCENARIOS, deadline=None, suppress_health_check=list(HealthCheck))


WAYS = ("0", "1") if find_spec("numba") else ("0",)  # what TWINLAB_COMPILED may say


def replays(*asked):
    """What the vector engine records, on arrays and in compiled loops."""
    for way in WAYS:
        with mock.patch.dict(os.environ, TWINLAB_COMPILED=way):
            yield replay(*asked)


def assert_equal(batches, run):
    for nights in batches:
        assert nights.keys() == run.nights.keys()
        for name, numbers in run.nights.items():
            different = np.argwhere(nights[name] != numbers)
            assert not len(different), (name, different[0], run)


def test_compiled_loops_are_compared_as_well():
    pytest.importorskip("numba", reason="Numba is not installed: pip install 'twinlab-scom[fast]'")
    assert WAYS == ("0", "1")


@given(scenarios(), seeds, st.integers(0, 200))
@many
def test_both_engines_agree_to_the_last_bit(scenario, seed, replication):
    run = tl.simulate(scenario, seed, replication)
    assert_equal(replays(scenario, seed, replication), run)


@given(scenarios(), seeds, st.integers(1, DAYS - 1), st.booleans())
@settings(many, max_examples=SCENARIOS * 3 // 10)
def test_both_engines_agree_from_any_state(scenario, seed, day, tracked):
    """Also where nobody knows when the goods under way arrive."""
    start = tl.simulate(scenario, seed, 3).state_on(day)
    start.tracked = tracked
    run = tl.simulate(scenario, seed, 3, start=start)
    assert_equal(replays(scenario, seed, 3, start), run)


@given(scenarios(), seeds, st.integers(1, DAYS - 1), st.floats(0, 1))
@settings(many, max_examples=SCENARIOS * 2 // 10)
def test_both_engines_go_on_alike_from_what_was_redirected(scenario, seed, day, part):
    """What is owed along any lane, or part of it, goes to the next lane into the same item."""
    start = tl.simulate(scenario, seed, 3).state_on(day)
    rows, network = list[tl.Event](), scenario.network
    for old in (v for v in network.lanes if start.owed[v.key] > 1e-6):
        ways = network.into[old.destination, old.product]
        new = ways[ways.index(old) - 1]
        units, ends = start.owed[old.key] * (part or 1), (old.destination, old.product)
        seen = day + new.order_delay
        rows += [tl.Event(day, "withdrawn", *ends, units, old.source, old.mode),
                 tl.Event(day, "ordered", *ends, units, new.source, new.mode, seen)]  # fmt: skip
    then = tl.fold(rows, network, start)
    assert sum(then.on_order.values()) == pytest.approx(sum(start.on_order.values()))
    run = tl.simulate(scenario, seed, 3, start=then)
    assert_equal(replays(scenario, seed, 3, then), run)


@given(scenarios(), seeds, st.integers(1, DAYS - 1), st.booleans(), st.data())
@settings(many, max_examples=SCENARIOS * 3 // 10)
def test_both_engines_go_on_alike_when_the_tables_have_changed(scenario, seed, day, tracked, data):
    """What if from now on, or a model that is not like its plant."""
    start = tl.simulate(scenario, seed, 3).state_on(day)
    start.tracked = tracked
    other = data.draw(changed(scenario))
    try:
        run = tl.simulate(other, seed, 3, start=start)
    except tl.ScenarioError as refused:
        with pytest.raises(tl.ScenarioError, match=re.escape(str(refused))):
            list(replays(other, seed, 3, start))
    else:
        assert_equal(replays(other, seed, 3, start), run)
