"""The horizon guard: what still moves on the last day is said, and what a longer run changes."""

import sys
from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling import horizon_of, run_longer
from twinlab.modeling.simulation.replicate import replicate_many
from twinlab.modeling.simulation.replications import stretch


def shop(days=120, capacity=1000, **columns):
    demand = tl.Demand("shop", "unit", columns.pop("pattern", tl.Normal(5, 1)), **columns)
    chain = tl.serial(["mine", "shop"], demand=demand, on_hand={"shop": 20}, lead_time=3,
                      holding_cost={"shop": 1})  # fmt: skip
    chain = chain.change(replace(chain.node("mine"), capacity=capacity))
    return tl.Scenario(chain, tl.BaseStock(24), days=days)


def test_a_chain_that_has_settled_is_rarely_said_to_move():
    """One false alarm in a hundred batches: of 60, three would be a surprise of 1 in 4,000."""
    moving = [horizon_of(tl.replicate(shop(), 32, seed)).moving for seed in range(60)]
    assert sum(map(bool, moving)) <= 3


def test_a_backlog_that_grows_by_a_unit_a_day():
    """Demand 5, capacity 4: each stretch of 30 days owes 30 more than the one before."""
    batch = tl.replicate(shop(capacity=4, pattern=tl.Constant(5)), 2)
    moving = horizon_of(batch).moving
    found = {(what, node): by.mean for (what, node, _), by in moving.items()}
    assert found == pytest.approx(
        {("backlog", "mine"): 30, ("backlog", "shop"): 30, ("on_order", "shop"): 30}
    )
    assert "still moving on day 120: backlog of shop/unit by 30" in horizon_of(batch).note


def test_lost_sales_that_grow():
    batch = tl.replicate(shop(capacity=6, backorders=False, trend=0.004), 32, seed=1)
    (what, node, _), change = next(iter(horizon_of(batch).moving.items()))
    assert (what, node) == ("lost", "shop")
    lost = tl.replicate(batch.scenario, 32, seed=1, daily=["lost"]).series("lost")
    by_hand = tl.estimate((lost[90:].sum(axis=0) - lost[60:90].sum(axis=0)) / 30)
    assert change.mean == pytest.approx(by_hand.mean)
    assert change.low < by_hand.low < by_hand.high < change.high


def test_the_stretches_are_the_sums_of_the_last_days():
    kept = ["on_hand", "on_order", "backlog", "lost"]
    scenario = shop(capacity=5, backorders=False)
    banded = tl.replicate(scenario, 70, seed=2, daily=kept)
    for batch in (banded, tl.replicate(scenario, 70, seed=2)):
        on_hand, on_order, backlog, lost = np.split(batch.stretches, [1, 2, 4], axis=1)
        for name, rows in zip(kept, (on_hand, on_order, backlog, lost), strict=True):
            daily = banded.series(name)
            for part, days in zip(rows.sum(axis=1), (slice(60, 90), slice(90, 120)), strict=True):
                np.testing.assert_allclose(part, daily[days].sum(axis=0), atol=1e-9)


def test_who_does_the_work_changes_nothing(monkeypatch):
    usual = tl.replicate(shop(), 300, seed=3)
    abreast = replicate_many([shop()], 300, seed=3)[0]
    monkeypatch.setattr(sys.modules["twinlab.modeling.simulation.replicate"], "_CHUNK", 1)
    for other in (abreast, tl.replicate(shop(), 300, seed=3)):
        assert np.array_equal(usual.stretches, other.stretches)


def test_what_a_longer_run_changes_is_measured():
    """A backlog of 1, 2, … a day is (n + 1) / 2 in the mean: twice 100 days add 50."""
    batch = tl.replicate(shop(100, 4, pattern=tl.Constant(5), backorder_cost=1), 2)
    longer = run_longer(batch)
    assert len(longer.days) == 200
    owed = tl.mean_backlog(longer, "shop") - tl.mean_backlog(batch, "shop")
    assert owed == pytest.approx([50, 50], abs=3)  # the stock of the first days apart
    start = tl.simulate(shop(), 1).state_on(20)
    later = tl.replicate(shop(60), 8, seed=1, start=start)
    assert run_longer(later).days == range(20, 100)
    again = tl.replicate(shop(100), 8, seed=1, start=start)
    assert np.array_equal(run_longer(later).totals, again.totals)


def test_a_season_is_compared_as_a_whole_or_not_at_all():
    yearly = shop(730, season=(0.5, 1.5), season_days=365)
    assert stretch(yearly, 730) == (365, True)
    assert not horizon_of(tl.replicate(yearly, 8)).moving
    short = horizon_of(tl.replicate(yearly.change(days=365), 8))
    assert (short.moving, short.note) == ({}, "")
    assert "cannot be told: 365 days hold no two whole seasons" in str(short)
    assert stretch(shop(season=(1, 2, 3), season_days=7), 120) == (28, True)


def test_one_history_tells_nothing():
    assert "one history cannot tell luck" in str(horizon_of(tl.replicate(shop(), 1)))


def test_every_result_says_it():
    narrow = shop(60, capacity=4)
    batch = tl.replicate(narrow, 20, seed=1)
    assert "still moving on day 60: backlog of shop" in str(batch.estimate("fill_rate"))
    assert "still moving on day 60" in batch.table
    found = tl.compare({"wide": shop(60), "narrow": narrow}, 20, seed=1)
    assert "narrow: still moving on day 60" in str(found)
    assert "narrow: still moving on day 60" in found._repr_html_()
    assert "wide: " not in str(found)
    assert "still moving" in str(found.difference("narrow", "total_cost"))
    assert found.longer().batches["narrow"].days == range(120)
    calm = tl.compare({"wide": shop(60), "same": shop(60)}, 20, seed=1)
    assert "still moving" not in str(calm)
    assert list(calm.table) == list(found.table)
    best = tl.tune(narrow, {"shop.up_to": (20, 30)}, tl.mean_backlog, 20, evaluations=8)
    assert "still moving on day 60" in str(best)
    assert "twice the days change it by " in str(best)


def test_nobody_knows_what_comes_after_a_trace():
    told = shop(60, capacity=4, pattern=tl.Trace((5.0,) * 60))
    best = tl.tune(told, {"shop.up_to": (20, 30)}, tl.mean_backlog, 4, evaluations=8)
    assert "what a longer run would change is not known: the trace of" in str(best)
