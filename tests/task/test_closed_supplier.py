"""Cover and order advice reckon with what is closed: planned, or believed by a twin."""

import pytest

import twinlab as tl
from twinlab.management.flows import asked_lanes
from twinlab.task import inventory

SHOP = ("shop", "unit")


def shop(*, sourcing=None, spare=True):
    """A shop that sells 10 a day: a mine two days away, and a quarry of rank 2 five days away."""
    lanes = [tl.Lane("mine", "shop", "unit", lead_time=2, sourcing_share=0.5)]
    lanes += [
        tl.Lane("quarry", "shop", "unit", lead_time=5, sourcing_rank=2, sourcing_share=0.5)
    ] * spare
    nodes = [tl.Node("mine"), *[tl.Node("quarry")] * spare, tl.Node("shop")]
    network = tl.Network(
        [tl.Product("unit")], nodes, lanes, demands=[tl.Demand("shop", "unit", tl.Constant(10))],
        stocks=[tl.Stock("shop", "unit", 30)],
    )  # fmt: skip
    rules = {"shop": sourcing} if sourcing else {}
    return tl.Scenario(network, tl.BaseStock(30), days=60, sourcing=rules)


def morning(scenario, day=22):
    return tl.simulate(scenario, seed=1).state_on(day)


def test_cover_counts_nothing_that_a_closed_supplier_owes():
    closed = shop(spare=False).disrupt(tl.Outage("mine", start=20, days=15))
    state = morning(closed)
    owed = state.owed["mine", "shop", "unit", "road"]
    assert owed > 0
    row = inventory.describe(closed, state)[SHOP]
    here = row.on_hand + row.on_order - row.backlog
    assert row.position_cover == pytest.approx((here - owed) / 10)
    blind = inventory.describe(shop(spare=False), state)[SHOP]
    assert blind.position_cover == pytest.approx(here / 10)


def test_an_order_goes_to_the_next_source_and_says_so():
    """From the quarry an order takes five days and not two: it must last for three more."""
    closed = shop().disrupt(tl.Outage("mine", start=20, days=15))
    state = morning(shop(), 20)
    now, calm = (inventory.order_today(each, SHOP, state) for each in (closed, shop()))
    assert now.note == "mine is closed: quarry asked"
    assert now.quantity == pytest.approx(calm.quantity + 3 * 10)
    assert (calm.note, "note" in repr(calm)) == ("", False)
    assert repr(now).endswith("note mine is closed: quarry asked")


def test_an_order_that_waits_at_a_closed_lane_is_no_larger():
    """It comes on day 37 with all that is ordered until then: no more of it helps before."""
    shut = shop(spare=False).disrupt(tl.LaneOutage("mine", "shop", start=20, days=15))
    state = morning(shop(spare=False), 20)
    now, calm = (inventory.order_today(each, SHOP, state) for each in (shut, shop(spare=False)))
    assert now.note == "mine is closed: mine asked"
    assert now.quantity == pytest.approx(calm.quantity)


def test_orders_that_are_shared_out_go_on_being_shared():
    """Shares do not ask who is open, as in the engines; failover does."""
    for sourcing, asked in ((None, ["quarry"]), (tl.Shares(), ["mine", "quarry"])):
        chain = shop(sourcing=sourcing)
        (spare,) = chain.network.between["quarry", "shop"]
        assert [lane.source for lane, _ in asked_lanes(chain, SHOP, [spare])] == asked
