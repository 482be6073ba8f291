"""Answers of notebook 10 by another way: tools that live and die one by one, sums by hand."""

import numpy as np
import pytest

from twinlab.cases.factory import factory, fit_tools
from twinlab.lab.exercises.factory import EXERCISES, policy


def spent(age, lives, planned=60.0, failure=120.0):
    """USD per minute of work if each tool is changed at an age or when it fails before."""
    cost = np.where(lives < age, failure, planned)
    return cost.sum() / np.minimum(lives, age).sum()


def test_the_best_age_costs_least_among_tools_drawn_one_by_one():
    law = fit_tools(factory().tools[:60]).law
    lives = law.scale * np.random.default_rng(3).weibull(law.shape, 200_000)
    ages = np.arange(150.0, 221.0, 1.0)
    costs = [spent(age, lives) for age in ages]
    best = EXERCISES["10.1"].answer()
    assert spent(best, lives) <= min(costs) * 1.001
    assert ages[int(np.argmin(costs))] == pytest.approx(best, abs=5)  # the curve is flat there
    dear = [spent(age, lives, failure=300) for age in ages]
    assert spent(policy(300).age, lives, failure=300) <= min(dear) * 1.001


@pytest.mark.parametrize(("coat", "best"), [(2, "padded rack"), (8, "bath filter")])
def test_the_weightiest_feature_by_hand(coat, best):
    weights = {
        "padded rack": 9 * 5 + 3 * coat,
        "tool age": 1 * 5 + 9 * 3,
        "bath filter": 1 * 3 + 9 * coat,
    }
    assert max(weights, key=weights.get) == best
    answer = EXERCISES["10.2"].answer() if coat == 8 else EXERCISES["10.2"].slips.values()
    assert best == (answer if coat == 8 else next(iter(answer))())
