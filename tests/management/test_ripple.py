"""Ripples over many histories, against the same histories one by one."""

import numpy as np
import pytest

import twinlab as tl
from tests.management.chain import CALM
from twinlab.management import hits, waves

CLOSED = CALM.disrupt(tl.Outage("frames", start=30, days=25))


def test_waves_are_the_hits_of_the_single_histories():
    found = {wave.group: wave for wave in waves(CLOSED, 6, seed=1, by="node").waves}
    single = [hits(tl.simulate(CLOSED, 1, r), tl.simulate(CALM, 1, r), "node") for r in range(6)]
    for at, hit in enumerate(single[0]):
        wave, mine = found[hit.group], [each[at] for each in single]
        first = [h.short_from for h in mine if h.short_from is not None]
        assert wave.hit == len(first) / 6
        if first:
            assert wave.middle == np.quantile(first, 0.5)
        assert wave.days_short == pytest.approx(np.mean([h.days_short for h in mine]))
        assert wave.deepest == pytest.approx(np.mean([h.deepest for h in mine]), abs=1e-6)
    assert found["frames"].middle < found["plant"].middle < found["north"].middle


def test_a_calm_scenario_makes_no_wave():
    with pytest.raises(tl.ScenarioError, match="add a disruption"):
        waves(CALM)
