"""Going on from a state when the tables have changed since, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling.simulation.vector_engine import replay
from twinlab.scope.state import Shipment, fit


def bakery(**recipe):
    """Six loaves a day, made in four days."""
    network = tl.assembly("bakery", {"flour": 1}, demand=tl.Constant(6), on_hand={"bakery": 48})
    made = replace(network.recipes[0], **({"production_time": 4} | recipe))
    return tl.Scenario(network.change(made), tl.BaseStock(48), days=20)


def shop(days=20, **lane):
    """Six a day from a mine; orders travel three days, goods two."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(6), lead_time=2, on_hand={"shop": 60})
    row = replace(network.lanes[0], **({"order_delay": 3} | lane))
    return tl.Scenario(network.change(row), tl.BaseStock(60), days=days)


def both(scenario, start):
    """The history from a state, by both engines."""
    run = tl.simulate(scenario, start=start)
    for name, numbers in replay(scenario, 0, 0, start).items():
        assert np.array_equal(numbers, run.nights[name]), name
    return run


@pytest.mark.parametrize("days", [0, 1, 2, 4, 7])
def test_goods_in_process_keep_their_day_whatever_the_production_time_is_now(days):
    start = tl.simulate(bakery()).state_on(9)
    run = both(bakery(production_time=days), start)
    due = [6.0 * (day < 9 + 4) + 6.0 * (day >= 9 + days) for day in range(9, 20)]
    assert run.series("finished", "bakery").tolist() == due
    assert run.series("in_process", "bakery")[-1] == 6.0 * days


@pytest.mark.parametrize("delay", [0, 1, 3, 5])
def test_open_orders_are_seen_on_their_day_whatever_the_order_delay_is_now(delay):
    start = tl.simulate(shop()).state_on(9)
    run = both(shop(order_delay=delay), start)
    sent = [6.0 * (day < 9 + 3) + 6.0 * (day >= 9 + delay) for day in range(9, 20)]
    assert run.series("shipped", "mine").tolist() == sent


@pytest.mark.parametrize("evening", [True, False])
def test_orders_of_last_night_are_carried_out_though_nobody_decides_at_night_now(evening):
    def kitchen(evening):
        now = shop(order_delay=0).network
        return shop().change(network=now.change(tl.Node("shop", evening_review=evening)))

    start = tl.simulate(kitchen(True)).state_on(9)
    run = both(kitchen(evening), start)
    assert run.series("shipped", "mine").tolist() == [6.0 if evening else 12.0, *[6.0] * 10]
    oven = bakery().network
    night = bakery().change(network=oven.change(tl.Node("bakery", evening_review=True)))
    run = both(bakery(), tl.simulate(night).state_on(9))
    assert run.series("started").tolist() == [12.0, *[6.0] * 10]


def test_what_was_asked_since_the_last_review_is_not_forgotten():
    weekly = shop().network.change(tl.Node("shop", review_period=5))
    seen = tl.Scenario(weekly, tl.LotForLot(), days=20)
    run = both(seen.change(network=shop().network), tl.simulate(seen).state_on(8))
    assert run.series("ordered").tolist() == [18.0, *[6.0] * 11]


def test_what_is_new_in_the_tables_is_empty():
    """Also its stock: what a table says of the first morning is of that morning alone."""
    depot = tl.Lane("depot", "shop", "unit", lead_time=1, sourcing_rank=2)
    feed = tl.Lane("mine", "depot", "unit", lead_time=1, initial_pipeline=9)
    more = shop().network.change(tl.Node("depot"), depot, feed, tl.Stock("depot", "unit", 50))
    rules = {"shop": tl.BaseStock(60), "depot": tl.LotForLot()}
    run = both(shop().change(network=more, rules=rules), tl.simulate(shop()).state_on(9))
    assert run.series("on_hand", "depot").tolist() == [0.0] * 11
    assert run.total("received", "shop") == 66.0
    nobody = shop().network.change(tl.Node("kiosk"), tl.Lane("shop", "kiosk", "unit"),
                                   tl.Demand("kiosk", "unit", tl.Constant(2)))  # fmt: skip
    run = both(shop().change(network=nobody), tl.simulate(shop()).state_on(9))
    assert run.total("served", "kiosk") == 22.0


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        (
            "lanes",
            "18 units in open orders at mine → shop → unit → road have no place in these table",
        ),
        ("recipes", "24 units in process at bakery → unit have no place"),
        ("demands", "6 units owed at late → unit have no place"),
    ],
)
def test_what_has_no_place_any_more_is_refused_by_name_in_both_engines(gone, words):
    now = {"lanes": shop(), "recipes": bakery()}.get(gone)
    if now is None:
        lane = tl.Lane("mine", "late", "unit")
        late = tl.Network([tl.Product("unit")], [tl.Node("mine"), tl.Node("late")], [lane],
                          demands=[tl.Demand("late", "unit", 6)])  # fmt: skip
        now = tl.Scenario(late, tl.BaseStock(0), days=20)
    start = tl.simulate(now).state_on(9)
    rows = {name: getattr(now.network, name)
            for name in ("products", "nodes", "lanes", "recipes", "demands", "stocks")}  # fmt: skip
    rows[gone], rows["stocks"] = (), ()
    if gone == "lanes":
        rows[gone] = (replace(now.network.lanes[0], mode="rail"),)
    if gone == "recipes":
        start.on_hand["bakery", "unit"] = 0.0
        start.owed["bakery", "unit"] = 0.0
        rows["demands"] = ()
    less = tl.Scenario(tl.Network(**rows), tl.BaseStock(60), days=20)
    for live in (tl.simulate, tl.replicate):
        with pytest.raises(tl.ScenarioError, match=words):
            live(less, start=start)


def test_a_lane_that_carries_nothing_may_go():
    spare = tl.Lane("spare", "shop", "unit", sourcing_rank=2)
    with_spare = shop().network.change(tl.Node("spare"), spare)
    start = tl.simulate(shop().change(network=with_spare)).state_on(9)
    assert both(shop(), start).total("received") == 66.0


def test_what_is_overdue_comes_today():
    start = tl.simulate(shop(order_delay=0)).state_on(9)
    start.under_way["mine", "shop", "unit", "road"] = [Shipment(5, 12.0, 3)]
    run = both(shop(), start)
    assert run.series("received").tolist()[:3] == [12.0, 0.0, 0.0]


@pytest.mark.parametrize("live", [tl.simulate, tl.replicate])
def test_a_start_that_does_not_fit_is_refused_alike(live):
    start = tl.simulate(shop()).state_on(12)
    with pytest.raises(tl.ScenarioError, match="start is day 12, the scenario lasts 10 days"):
        live(shop(days=10), start=start)
    with pytest.raises(tl.ScenarioError, match="take a state of this network"):
        live(bakery(), start=start)
    with pytest.raises(tl.ScenarioError, match=r"start must be a State, .*: write start=run.state"):
        live(shop(), start=tl.simulate(shop()))


def test_a_fitted_state_is_a_copy():
    start = tl.simulate(shop()).state_on(9)
    mine = fit(start, shop().network)
    assert mine == start
    mine.open_orders["mine", "shop", "unit", "road"].clear()
    assert mine != start


def test_copies_of_a_state_share_nothing():
    state = tl.simulate(shop()).state_on(9)
    state.memory["shop", "unit"] = {"seen": [1.0], "deep": {"er": [2.0]}}
    copies = [state.copy(), fit(state, shop().network)]
    for table in ("owed", "open_orders", "owed_since", "under_way"):
        getattr(copies[0], table).clear()
    copies[0].memory["shop", "unit"]["seen"].append(3.0)
    copies[1].memory["shop", "unit"]["deep"]["er"].append(3.0)
    assert state.memory["shop", "unit"] == {"seen": [1.0], "deep": {"er": [2.0]}}
    assert state.owed
    assert state.open_orders


def test_what_is_gone_and_empty_leaves_no_trace():
    spare = tl.Lane("spare", "shop", "unit", sourcing_rank=2)
    with_spare = shop().network.change(tl.Node("spare"), spare)
    start = tl.simulate(shop().change(network=with_spare)).state_on(9)
    assert fit(start, shop().network) == tl.simulate(shop()).state_on(9)
