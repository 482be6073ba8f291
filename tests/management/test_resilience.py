"""Performance curves: areas, recovery, and a run against its calm twin."""

import numpy as np
import pytest

import twinlab as tl
from tests.management.chain import CALM
from twinlab.management import Curve, performance


def test_a_curve_is_read_between_its_points():
    curve = Curve([0, 2, 2, 6, 12], [100, 100, 30, 60, 100])
    assert (curve.loss, curve.lowest, curve.fallen()) == (340, 30, 2)
    assert curve.time_to_recover() == pytest.approx(10)
    assert curve.time_to_recover(tolerance=40) == pytest.approx(4)  # back at 60 on day 6
    assert curve.predicted_resilience(20) == pytest.approx(1 - 340 / 2000)


def test_what_never_falls_and_what_never_recovers():
    assert Curve([0, 5], [100, 100]).time_to_recover() == 0
    assert Curve([0, 5], [100, 80]).time_to_recover() == np.inf
    assert repr(Curve([0, 5], [100, 80])).startswith("performance falls to 80 % from day 5, is not")


def test_a_triangle_keeps_what_zobels_formula_says():
    for loss, recovery in ((0.3, 12), (0.6, 6), (1.0, 30), (0.0, 5)):
        curve = Curve([0, 0, recovery], [100, 100 * (1 - loss), 100])
        assert curve.predicted_resilience(30) == pytest.approx(1 - loss * recovery / (2 * 30))


def test_performance_of_the_fluid_outage():
    """Stock of 20 lasts 4 of 6 days; 2 days at nothing while goods arrive a day later."""
    calm = tl.Scenario(
        tl.serial(["mine", "shop"], demand=tl.Constant(5), on_hand={"shop": 25}),
        tl.BaseStock(25), days=40,
    )  # fmt: skip
    curve = performance(tl.simulate(calm.disrupt(tl.Outage("mine", start=10, days=6))),
                        tl.simulate(calm))  # fmt: skip
    # 20 on hand and 5 arriving on day 10 serve days 10 to 14; the next goods come on day 17.
    assert (curve.fallen(), curve.time_to_recover(), curve.loss) == (15, 2, 200)


def test_a_batch_has_the_curve_of_its_means():
    hit = CALM.disrupt(tl.Outage("frames", start=30, days=25))
    batches = [tl.replicate(s, 3, seed=1, daily=[("on_time", "north")]) for s in (hit, CALM)]
    curve = performance(*batches, node="north")
    runs = [[tl.simulate(s, 1, r).series("on_time", "north") for r in range(3)]
            for s in (hit, CALM)]  # fmt: skip
    means = [np.mean(each, axis=0) for each in runs]
    np.testing.assert_allclose(curve.quality[::2], np.minimum(100, 100 * means[0] / means[1]))
    assert curve.lowest == 0 < curve.loss


def test_curves_that_cannot_be_meant():
    with pytest.raises(tl.ScenarioError, match="never decrease"):
        Curve([0, 2, 1], [100, 50, 100])
    with pytest.raises(tl.ScenarioError, match="as many times as qualities"):
        Curve([0, 2], [100])
    with pytest.raises(tl.ScenarioError, match="finite"):
        Curve([0, 2], [100, float("nan")])
    with pytest.raises(tl.ScenarioError, match="same seed"):
        performance(tl.simulate(CALM, 1), tl.simulate(CALM, 2))
