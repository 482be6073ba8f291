"""Two engines, one answer: every number of every night, bit by bit, on random scenarios."""

import os
import re

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


def assert_equal(batch_nights, run):
    assert batch_nights.keys() == run.nights.keys()
    for name, numbers in run.nights.items():
        different = np.argwhere(batch_nights[name] != numbers)
        assert not len(different), (name, different[0], run)


@given(scenarios(), seeds, st.integers(0, 200))
@many
def test_both_engines_agree_to_the_last_bit(scenario, seed, replication):
    run = tl.simulate(scenario, seed, replication)
    assert_equal(replay(scenario, seed, replication), run)


@given(scenarios(), seeds, st.integers(1, DAYS - 1), st.booleans())
@settings(many, max_examples=SCENARIOS * 3 // 10)
def test_both_engines_agree_from_any_state(scenario, seed, day, tracked):
    """Also where nobody knows when the goods under way arrive."""
    start = tl.simulate(scenario, seed, 3).state_on(day)
    start.tracked = tracked
    run = tl.simulate(scenario, seed, 3, start=start)
    assert_equal(replay(scenario, seed, 3, start), run)


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
            replay(other, seed, 3, start)
    else:
        assert_equal(replay(other, seed, 3, start), run)
