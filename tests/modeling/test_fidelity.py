"""Fidelity in numbers that can be added up by hand."""

import numpy as np
import pytest

import twinlab as tl
from tests.technology.chains import shop
from twinlab.modeling import pinball_loss

AHEAD = tl.replicate(shop().change(days=4), 64, seed=3, daily=[("on_hand", "shop")])


@pytest.mark.parametrize("came", [40.0, 100.0, 160.0], ids=["below", "within", "above"])
def test_pinball_charges_each_side_its_own_share(came):
    """A unit below the quantile of level τ costs 1 − τ, above it τ: by a loop over days."""
    losses = []
    for night in AHEAD.series("on_hand", "shop"):
        for level in (0.1, 0.5, 0.9):
            quantile = np.quantile(night, level)
            share = level if came > quantile else 1 - level
            losses.append(share * abs(came - quantile))
    assert pinball_loss(AHEAD, [came] * 4, "on_hand", "shop") == pytest.approx(np.mean(losses))
