"""What a node can make differs from day to day: a law of its own, as a share of its best day."""

import numpy as np
import pytest

import twinlab as tl
from tests.technology.test_outages import UNTOLD, lived
from twinlab.management.stress_test import risk_exposure
from twinlab.modeling import Fault, Inspection, Line, Station, feed, replicate_line, run_line
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.scope.periods import coarse_network

LAW = tl.Empirical((0.5, 0.8, 0.9, 1.0))


ALL = tl.Constant(1)


def works(output=ALL, capacity=100.0, pattern=75.0, days=120, **node):
    """A plant of which customers ask a little less than what it makes on average."""
    chain = tl.assembly("plant", {"wheel": 2}, demand=pattern, on_hand={"plant": 30})
    plant = tl.Node("plant", capacity=capacity, output=output, **node)
    return tl.Scenario(chain.change(plant), tl.BaseStock(1000), days=days)


def made(scenario, seed=1, days=slice(None)):
    daily = tl.simulate(scenario, seed).daily
    return daily[(daily["node"] == "plant") & (daily["product"] == "unit")]["started"].array[days]


def test_a_busy_node_makes_the_share_of_its_best_day_that_is_drawn():
    units = made(works(LAW, pattern=300.0, days=800), days=slice(1, None))  # wheels come
    assert set(units.round(6)) == {50.0, 80.0, 90.0, 100.0}
    assert abs(units.mean() - 80) < 4 * LAW.values.std() * 100 / np.sqrt(len(units))


def test_it_is_never_more_than_the_best_day():
    assert made(works(tl.Normal(0.9, 0.3), pattern=300.0)).max() == 100.0


def test_no_other_draw_changes_with_it():
    random = works(pattern=tl.Normal(75, 9))
    plain, lawful = draw_streams(random, 1), draw_streams(random.set("plant.output", LAW), 1)
    assert lawful.whole["plant"].shape == (120, 64)
    assert not plain.whole
    for name in ("demand", "lead_time", "good_share", "making", "shipping", "moving"):
        one, other = getattr(plain, name), getattr(lawful, name)
        assert one.keys() == other.keys()
        assert all(np.array_equal(one[key], other[key]) for key in one)


def test_a_closure_takes_its_part_of_what_is_left():
    shut = works(LAW, pattern=300.0).disrupt(tl.Outage("plant", start=10, days=5, loss=0.5))
    calm = made(works(LAW, pattern=300.0))
    assert made(shut)[10:15] == pytest.approx(calm[10:15] / 2)
    assert made(shut)[15:] == pytest.approx(calm[15:])


def test_some_days_together_are_steadier():
    week = coarse_network(works(LAW).network, 7).node("plant")
    assert week.capacity == 700
    assert week.output.average == pytest.approx(0.8)
    assert week.output.sd == pytest.approx(LAW.values.std() / np.sqrt(7))
    assert coarse_network(works().network, 7).node("plant").output == tl.Constant(1)
    days = tl.Trace((0.5, 1.0, 0.75, 0.25))
    assert coarse_network(works(days, days=4).network, 2).node("plant").output == tl.Trace(
        (0.75, 0.5)
    )


@pytest.mark.parametrize(
    ("output", "capacity", "says"),
    [(tl.Constant(1.1), 100, "a share from 0 to 1"), (LAW, float("inf"), "it is inf"),
     (tl.Uniform(-0.1, 0.5), 100, "output")],
)  # fmt: skip
def test_a_share_of_the_best_day_lies_between_0_and_1(output, capacity, says):
    with pytest.raises(tl.NetworkError, match=says):
        tl.Node("plant", capacity=capacity, output=output)


def test_a_trace_of_outputs_lasts_as_long_as_the_scenario():
    with pytest.raises(tl.ScenarioError, match="has 2 days, the scenario 120"):
        works(tl.Trace((0.5, 1.0)))


# -- what others make of it --------------------------------------------------------------------


def test_plans_count_on_the_mean_day():
    """Of 90 asked a day the calm plant makes 80: 10 a day are lost, at 9 USD."""
    closed = (
        risk_exposure(works(*node, 90.0).network, ["plant"], shortage_cost={"unit": 9})
        for node in ((LAW, 100.0), (ALL, 80.0))
    )
    lawful, plain = closed
    assert lawful.table.equals(plain.table)
    assert lawful.calm_loss == pytest.approx(90)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bad_day_is_no_alarm_and_no_closure(seed):
    """Two products share the plant; on bad days the second gets nothing, and that is usual."""
    network = works(tl.Empirical((0.5, 0.9, 1.0)), 100.0, tl.Normal(50, 9)).network.change(
        tl.Product("spare"),
        tl.Recipe("plant", "spare", {"wheel": 1}),
        tl.Demand("plant", "spare", tl.Normal(22, 6)),
        tl.Stock("plant", "spare", 20),
        tl.Stock("plant", "wheel", 400),
    )
    calm = tl.Scenario(network, tl.BaseStock(250), days=160)
    _, twin = lived(calm, 150, seed, sensors=UNTOLD)
    assert not twin.outages.outages
    assert not twin.alarms(run_length=1e5)


# -- a line feeds it ---------------------------------------------------------------------------

MILL = Station("mill", tl.Gamma(5, 10), faults=(Fault("burr", 0.1),), inspection=Inspection())


def test_a_fed_node_makes_what_left_the_line_on_good_days_too():
    """The mean day as capacity would cut the good days off, so backlog would be far more."""
    batch = replicate_line(Line([MILL]), 42, 5, seed=3)
    daily = np.array([run.daily for run in batch.runs])
    assert daily.shape == (5, 40)
    assert daily.mean(axis=1) == pytest.approx(batch.values("throughput"))
    fed = feed(works(pattern=0.97 * daily.mean(), days=400), "plant", batch)
    node, share = fed.network.node("plant"), batch.values("good_share").mean()
    assert node.capacity == pytest.approx(daily.max() / share)
    assert node.mean_output == pytest.approx(daily.mean() / share)
    lived = tl.replicate(fed, 20, seed=1)
    cut = fed.change(network=fed.network.change(
        tl.Node("plant", capacity=node.mean_output, output=node.output)))  # fmt: skip
    wrong = tl.replicate(cut, 20, seed=1)
    assert wrong.kpis.mean_backlog.mean() > 2 * lived.kpis.mean_backlog.mean()


def test_days_that_are_alike_need_no_law():
    fed = feed(works(), "plant", run_line(Line([Station("weld", 4)]), days=3, warm_up=1))
    assert fed.network.node("plant").output == tl.Constant(1)


def test_half_a_day_is_no_day():
    half = run_line(Line([Station("weld", 4)]), days=1.5, warm_up=1)
    assert half.daily == ()
    with pytest.raises(tl.ScenarioError, match="whole day"):
        feed(works(), "plant", half)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_calm_fed_factory_gives_no_alarm(seed):
    case = tl.cases.factory()
    batch = replicate_line(case.line, 32, 4, seed=5)
    network = feed(case.scenario, "factory", batch).network
    sold = tl.Demand("warehouse", network.demands[0].product, tl.Normal(125, 15))
    calm = case.scenario.change(network=network.change(sold), days=160)
    _, twin = lived(calm, 150, seed, sensors=UNTOLD)
    assert not twin.outages.outages
    assert not twin.alarms(run_length=1e5)
