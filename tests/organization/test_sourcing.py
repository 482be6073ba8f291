"""Who is asked when there are several suppliers."""

import math

import numpy as np
import pytest

import twinlab as tl
from twinlab.organization import Supplier

SHARES = {"shop": tl.Shares()}


def two_suppliers(near=None, far=None):
    """A shop that two outside sources can supply."""
    return tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("near"), tl.Node("far"), tl.Node("shop")],
        lanes=[
            tl.Lane("near", "shop", "unit", **(near or {})),
            tl.Lane("far", "shop", "unit", **(far or {})),
        ],
    )


def asked(network, *disruptions, sourcing=None, days=4):
    """What near and far were asked each day by a shop that orders 8."""
    scenario = tl.Scenario(
        network, lambda view: 8.0, days=days, disruptions=disruptions, sourcing=sourcing or {}
    )
    run = tl.simulate(scenario)
    return [run.series("asked", name).tolist() for name in ("near", "far")]


SECOND = {"sourcing_rank": 2}


@pytest.mark.parametrize(
    "shut", [tl.Outage("near", start=1, days=2), tl.LaneOutage("near", "shop", start=1, days=2)]
)
def test_failover_turns_to_the_second_while_the_first_is_shut(shut):
    """The order of the morning on which the first is shut goes to the second, and back again."""
    assert asked(two_suppliers(far=SECOND), shut) == [[8, 0, 0, 8], [0, 8, 8, 0]]


def test_failover_goes_by_rank_and_at_equal_rank_by_table():
    assert asked(two_suppliers(near=SECOND)) == [[0] * 4, [8] * 4]
    assert asked(two_suppliers()) == [[8] * 4, [0] * 4]


def test_failover_is_not_moved_by_a_partial_outage():
    half = tl.Outage("near", loss=0.5, days=4)
    assert asked(two_suppliers(far=SECOND), half) == [[8] * 4, [0] * 4]


def test_when_all_are_shut_the_first_is_asked():
    shut = (tl.Outage("near", start=1, days=2), tl.Outage("far", start=2, days=1))
    assert asked(two_suppliers(far=SECOND), *shut) == [[8, 0, 8, 8], [0, 8, 0, 0]]


def test_failover_answers_arrays_as_it_answers_numbers():
    """Each replication has its own open suppliers."""
    suppliers = [Supplier("a", "road", 2, 0, 1e9), Supplier("b", "road", 1, 0, 1e9)]
    suppliers[0].open, suppliers[1].open = np.array([1.0, 1, 0, 0]), np.array([1.0, 0, 1, 0])
    split = tl.PriorityFailover()(tl.View("shop", "unit", suppliers), np.full(4, 8.0))
    assert [part.tolist() for part in split] == [[0, 8, 0, 0], [8, 0, 8, 8]]


def test_shares_split_every_order():
    """Shares of 0.6 and 0.2 are three quarters and one quarter, open or shut."""
    network = two_suppliers({"sourcing_share": 0.6}, {"sourcing_share": 0.2})
    split = asked(network, tl.Outage("near", days=2), sourcing=SHARES)
    assert split[0] == pytest.approx([6] * 4)
    assert split[1] == pytest.approx([2] * 4)


def test_a_sourcing_rule_may_be_any_function():
    """It sees the view and the quantity, and gives one number per supplier."""
    seen = []

    def cautious(view, quantity):
        seen.append([(s.node, s.mode, s.rank, s.share, s.capacity) for s in view.suppliers])
        return [quantity - view.day, view.day]

    network = two_suppliers({"capacity": 5}, {"sourcing_rank": 2, "sourcing_share": 0.5})
    assert asked(network, sourcing={"shop": cautious}) == [[8, 7, 6, 5], [0, 1, 2, 3]]
    assert seen[0] == [("near", "road", 1, 0.0, 5.0), ("far", "road", 2, 0.5, math.inf)]


def test_sourcing_may_differ_by_product():
    """What is said for (node, product) goes before what is said for the node."""
    network = two_suppliers({"sourcing_share": 0.5}, {"sourcing_share": 0.5}).change(
        tl.Product("tea"), tl.Lane("near", "shop", "tea"), tl.Lane("far", "shop", "tea")
    )
    sourcing = {"shop": tl.Shares(), ("shop", "tea"): tl.PriorityFailover()}
    run = tl.simulate(tl.Scenario(network, lambda view: 8.0, days=1, sourcing=sourcing))
    assert run.series("asked", "far", "unit") == 4
    assert run.series("asked", "far", "tea") == 0


def test_a_buyer_sees_that_its_only_supplier_is_shut():
    seen = []

    def watched(view):
        seen.append(float(view.suppliers[0].open))
        return 4.0

    network = tl.serial(["mine", "shop"], demand=tl.Constant(4))
    tl.simulate(tl.Scenario(network, watched, days=4).disrupt(tl.Outage("mine", start=1, days=2)))
    assert seen == [1, 0, 0, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda view, quantity: quantity,
        lambda view, quantity: [quantity],
        lambda view, quantity: [quantity + 5, -5.0],
        lambda view, quantity: [quantity, math.nan],
    ],
    ids=["a number", "too few", "negative", "not a number"],
)
def test_a_sourcing_rule_that_gives_no_split_is_taught(wrong):
    with pytest.raises(tl.ScenarioError, match="sourcing"):
        asked(two_suppliers(), sourcing={"shop": wrong}, days=1)
