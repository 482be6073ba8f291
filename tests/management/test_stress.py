"""The stress test: by hand on constant demand, and side by side to the last bit."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import twinlab as tl
from tests.management.chain import CALM, NETWORK
from twinlab.management import Closure, stress_test, total_shortage_cost
from twinlab.modeling.simulation.measures import MEASURES
from twinlab.modeling.simulation.replicate import replicate_many

STEADY = CALM.change(
    network=NETWORK.change(*(replace(d, pattern=d.pattern.average) for d in NETWORK.demands))
)


def test_a_closure_loses_what_stocks_do_not_cover():
    """Frames for 25 days: 60 + 70 − 10 a day of the first night's position last 13 days."""
    found = stress_test(STEADY, 2, seed=1, sites={"frames": 25, "wheels B": 25},
                        closure=Closure(start=20))  # fmt: skip
    frames = found["frames"]
    loss = frames.loss
    assert loss.mean == pytest.approx(100 * frames.unserved)
    assert loss.low == pytest.approx(loss.mean) == pytest.approx(loss.high)
    hit = tl.simulate(STEADY.disrupt(tl.Outage("frames", start=20, days=25)))
    assert frames.unserved == pytest.approx(hit.kpis.lost_sales)
    assert found["wheels B"].loss.mean == 0
    assert (frames.index, found["wheels B"].index) == (1.0, 0.0)


def test_days_come_from_the_mapping_the_node_or_the_closure():
    found = stress_test(CALM, 4, seed=1, sites={"frames": 3, "plant": 4}, closure=Closure(days=9))
    assert (found["frames"].closed, found["plant"].closed) == (3, 4)
    found = stress_test(CALM, 4, seed=1, closure=Closure(days=9))
    closed = {s.site: s.closed for s in found.sites}
    assert closed == {"wheels A": 20, "wheels B": 10, "frames": 15, "plant": 9}


def test_losses_are_paired_with_the_calm_twin():
    found = stress_test(CALM, 16, seed=2, sites=["plant"], closure=Closure(start=20, days=12))
    hit = tl.replicate(CALM.disrupt(tl.Outage("plant", start=20, days=12)), 16, seed=2)
    pairs = total_shortage_cost(hit) - total_shortage_cost(tl.replicate(CALM, 16, seed=2))
    wanted = tl.estimate(pairs)
    assert found["plant"].loss == wanted
    assert found.table.index.tolist() == ["plant"]


def test_side_by_side_is_one_by_one_to_the_last_bit():
    """With what disruptions can do: closures, half closures, delays, surges, held goods, chance."""
    kinds = [
        (),
        (tl.Outage("plant", start=9, days=8, loss=0.5, recovery=3),),
        (tl.Outage("frames", rate=0.05, days=tl.Uniform(2, 6)),),
        (tl.LaneOutage("frames", "plant", start=5, days=9, holds_transit=True),),
        (tl.Delay("plant", "north", extra=3, start=10, days=9),),
        (tl.DemandShift("south", factor=2.0, start=15, days=9), tl.Outage("wheels A", start=20)),
        (tl.StockLoss("plant", share=0.5, start=9), tl.StockLoss("north", rate=0.1)),
    ]
    work = [CALM.disrupt(*each).change(days=60) for each in kinds]
    for scenario, batch in zip(work, replicate_many(work, 70, seed=4), strict=True):
        alone = tl.replicate(scenario, 70, seed=4)
        for name, node in product(MEASURES, dict.fromkeys(i.key[0] for i in batch.plan.items)):
            np.testing.assert_array_equal(batch.total(name, node), alone.total(name, node))
        for name, values in alone.variances.items():
            np.testing.assert_array_equal(batch.variances[name], values)
        assert batch.scenario == scenario


def test_a_loss_that_still_grows_is_said_and_measured_over_twice_the_days():
    """Frames for 120 days from day 20: by day 120 the shops are still empty, and lose on."""
    found = stress_test(STEADY, 2, seed=1, sites={"frames": 120, "wheels B": 25},
                        closure=Closure(start=20))  # fmt: skip
    hit, calm = (
        tl.simulate(s.change(days=240))
        for s in (STEADY.disrupt(tl.Outage("frames", start=20, days=120)), STEADY)
    )
    wanted = total_shortage_cost(hit) - total_shortage_cost(calm)
    frames = found["frames"]
    assert "still moving on day 120: lost of" in frames.moving
    assert frames.later == pytest.approx(wanted)
    assert frames.later > frames.loss.mean
    assert f"{wanted:,.0f} USD in twice the days" in str(frames)
    assert (found["wheels B"].moving, found["wheels B"].later) == ("", None)


def test_a_loss_that_has_not_begun_is_said_too():
    """Wheels stop on day 100: stocks fall, and no customer has noticed by day 120."""
    found = stress_test(STEADY, 2, sites={"wheels A": 90}, closure=Closure(start=100))["wheels A"]
    assert found.loss.mean == 0
    assert "still moving on day 120: backlog of wheels B/wheel by 56" in found.moving
    assert found.later > 0


def test_only_disruptions_may_differ():
    with pytest.raises(tl.ScenarioError, match="differ only in laws of chance and disruptions"):
        replicate_many([CALM, CALM.change(days=50)], 4)


def test_mistakes_are_named():
    with pytest.raises(tl.ScenarioError, match="did you mean 'frames'"):
        stress_test(CALM, 4, sites=["frame"])
    with pytest.raises(tl.ScenarioError, match="ends after 120 days"):
        stress_test(CALM, 4, closure=Closure(start=120))
    with pytest.raises(tl.ScenarioError, match="no 'frames'"):
        stress_test(CALM, 4, sites=["plant"])["frames"]
    free = CALM.change(
        network=NETWORK.change(*(replace(d, lost_sale_cost=0.0) for d in NETWORK.demands))
    )
    with pytest.raises(tl.ScenarioError, match="cost nothing here"):
        stress_test(free, 4, sites=["plant"])
    assert stress_test(free, 4, sites=["plant"], shortage_cost={"bike": 5})["plant"].loss.mean > 0
    with pytest.raises(tl.ScenarioError, match="no customer asks for 'bikes'"):
        stress_test(CALM, 4, sites=["plant"], shortage_cost={"bikes": 5})
