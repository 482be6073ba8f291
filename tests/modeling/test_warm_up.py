"""Leaving out a warm-up: a cold start against the exact steady state, in both engines alike."""

import numpy as np
import pytest
from scipy.stats import poisson

import twinlab as tl
from twinlab.modeling.simulation.kpis import KPIs
from twinlab.scope.columns import schema


def cold(days=200, mean=10, lead_time=10, level=105, **changes):
    """A shop that starts with nothing in stock and nothing under way."""
    chain = tl.serial(["mine", "shop"], demand=tl.Poisson(mean), lead_time=lead_time,
                      holding_cost={"shop": 1})  # fmt: skip
    return tl.Scenario(chain, tl.BaseStock(level), days=days, **changes)


def exact_fill_rate(mean, lead_time, level):
    """E[min(D, (S − X)⁺)] / E[D]: in the morning S less the demand X of L − 1 days is there,

    as an order is placed after the day's demand and arrives on the morning L days later.
    """
    before = poisson(mean * (lead_time - 1))
    today = np.arange(int(mean + 12 * mean**0.5) + 10)
    left = np.arange(level + 1)
    served = np.minimum(today[:, None], left[None, :])
    chance = poisson(mean).pmf(today)[:, None] * before.pmf(level - left)[None, :]
    return float((served * chance).sum() / mean)


@pytest.mark.parametrize(("mean", "lead_time", "level"), [(10, 10, 105), (3, 6, 20), (25, 2, 60)])
def test_after_the_warm_up_a_cold_start_serves_exactly_as_the_formula_says(mean, lead_time, level):
    scenario = cold(120, mean, lead_time, level)
    exact = exact_fill_rate(mean, lead_time, level)
    served = tl.replicate(scenario, 400, seed=3, warm_up=lead_time + 1).kpis.fill_rate
    assert abs(served.mean() - exact) < 4 * served.std(ddof=1) / 20
    everything = tl.replicate(scenario, 400, seed=3).kpis.fill_rate
    assert everything.mean() < exact - 0.01


def test_mser5_finds_it():
    batch = tl.replicate(cold(), 200, seed=3, warm_up="mser5")
    assert 10 <= batch.warm_up <= 25
    exact = exact_fill_rate(10, 10, 105)
    values = batch.kpis.fill_rate
    assert abs(values.mean() - exact) < 4 * values.std(ddof=1) / np.sqrt(200)
    assert f"200 replications × {200 - batch.warm_up} days after a warm-up of" in repr(batch)
    run = tl.simulate(cold(), seed=3).after("mser5")
    assert 10 <= run.warm_up <= 60
    never = cold(60).set("mine.capacity", 8)
    with pytest.warns(UserWarning, match="run much longer"):
        tl.replicate(never, 64, warm_up="mser5")


HIT = cold(90).disrupt(tl.Outage("mine", start=10, days=tl.Gamma(4, 4), rate=0.05))


@pytest.mark.parametrize("warm_up", [0, 7, 31])
@pytest.mark.parametrize("backorders", [True, False])
def test_a_run_and_a_batch_leave_out_the_same(warm_up, backorders):
    chain = HIT.network.change(tl.Demand("shop", "unit", tl.Poisson(10), backorders=backorders,
                                         backorder_cost=2, lost_sale_cost=5))  # fmt: skip
    scenario = HIT.change(network=chain)
    batch = tl.replicate(scenario, 70, seed=5, warm_up=warm_up, daily=["backlog"])
    for replication in (0, 69):
        run = tl.simulate(scenario, 5, replication).after(warm_up)
        assert run.days == batch.days == range(warm_up, 90)
        assert batch.history(replication).equals(run.daily)
        assert np.array_equal(batch.series("backlog")[:, replication], run.series("backlog"))
        for column in schema(KPIs):
            many = getattr(batch.kpis, column.name)[replication]
            assert many == pytest.approx(getattr(run.kpis, column.name), rel=1e-9, nan_ok=True)
        alone = tl.bullwhip(run, "shop", "unit")
        assert tl.bullwhip(batch, "shop", "unit")[replication] == pytest.approx(alone, rel=1e-9)


def test_what_is_left_out_is_said_and_what_is_left_adds_up():
    whole = tl.simulate(cold(), seed=2)
    run = whole.after(30)
    assert repr(run).startswith("Run(170 days after a warm-up of 30, 2 nodes, ")
    assert run.after(10).days == range(40, 200)
    assert run.after(10).warm_up == 40
    assert run.daily.equals(whole.daily[whole.daily["day"] >= 30].reset_index(drop=True))
    assert run.total("served") == whole.series("served")[30:].sum()
    assert run.state == whole.state
    assert run.state_on(50) == whole.state_on(50)
    assert {event.day for event in run.log} == set(range(30, 200))
    assert "days 30 to 199" in str(tl.lab.chart(run, nodes=["shop"]))


def test_a_cycle_begins_when_counting_begins():
    """Short from day 2 on, goods on day 6 alone: days 3 to 5 are one spoilt cycle."""

    def planned(view):
        return np.where(view.day == 5, 30.0, 0.0) + 0 * view.on_hand

    chain = tl.serial(["mine", "shop"], demand=tl.Constant(5), on_hand={"shop": 10})
    scenario = tl.Scenario(chain, planned, days=10)
    for warm_up, wanted in [(0, (2, 2)), (3, (2, 2)), (6, (1, 1)), (7, (1, 1))]:
        run = tl.simulate(scenario).after(warm_up)
        batch = tl.replicate(scenario, 1, warm_up=warm_up)
        for history in (run, batch):
            names = ("cycles", "cycles_spoilt")
            assert tuple(np.sum(history.total(name, "shop")) for name in names) == wanted


def test_comparisons_and_sweeps_leave_it_out_too():
    two = {"low": cold(60), "high": cold(60, level=115)}
    found = tl.compare(two, 20, seed=1, warm_up=20)
    assert {batch.days for batch in found.batches.values()} == {range(20, 60)}
    assert found.longer().batches["low"].days == range(20, 100)
    swept = tl.sweep(cold(60), {"shop.up_to": [105]}, 20, seed=1, warm_up=20)
    assert swept["fill_rate"][0] == found.batches["low"].estimate("fill_rate").mean


MISTAKES = [-1, 200, 3.5, True, "mser", None]


@pytest.mark.parametrize("wrong", MISTAKES)
def test_a_warm_up_that_is_none_is_taught(wrong):
    words = "warm_up (is|must be) a whole number .*, got"
    with pytest.raises(tl.ScenarioError, match=words):
        tl.replicate(cold(), 4, warm_up=wrong)
    with pytest.raises(tl.ScenarioError, match=words):
        tl.simulate(cold()).after(wrong)
