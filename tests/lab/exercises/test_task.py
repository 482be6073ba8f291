"""Answers of notebook 06 by another way: a search over lots, and lamps that walk one by one."""

import numpy as np
import pytest

from twinlab.lab.exercises.task import EXERCISES


def test_the_cheapest_lot_by_trying_all():
    lots = np.arange(1, 4001)
    cost = 50 * 200 / lots + 0.02 * lots / 2  # USD/day: orders, and half a lot in stock
    assert lots[int(np.argmin(cost))] == pytest.approx(EXERCISES["6.1"].answer(), abs=1)


def passes(lamps=400_000, seed=8):
    """How many tests a delivered lamp costs: each lamp is mounted until it passes or is scrap."""
    luck = np.random.default_rng(seed)
    tests = delivered = 0
    on_line = lamps
    while on_line:
        tests += on_line
        found = luck.random(on_line) < 0.06 * 0.95
        again = int((luck.random(int(found.sum())) < 0.8).sum())
        delivered += on_line - int(found.sum())
        on_line = again
    return tests / delivered


def test_the_bottleneck_of_three_solder_machines():
    """480 minutes of one tester at 1.5 minutes a test; mounting and soldering have more room."""
    tests = passes()
    assert EXERCISES["6.2"].answer() == pytest.approx(480 / (1.5 * tests), rel=0.003)
    assert 3 * 480 / (4.4 * tests) > 480 / (1.5 * tests)
