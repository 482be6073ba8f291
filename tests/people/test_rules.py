"""What each rule orders, on short traces worked out by hand."""

from itertools import accumulate

import numpy as np
import pytest

import twinlab as tl

RULES = [
    tl.BaseStock(20), tl.MinMax(5, 20), tl.FixedLot(9, 4), tl.EchelonBaseStock(30),
    tl.LotForLot(),
]  # fmt: skip


def ordered(demand, on_hand, rule, lead_time=1):
    """What a shop orders each day, and its run."""
    network = tl.serial(["mine", "shop"], demand=tl.Trace(demand), on_hand={"shop": on_hand},
                        lead_time=lead_time)  # fmt: skip
    run = tl.simulate(tl.Scenario(network, rule, days=len(demand)))
    return run.series("ordered", "shop").tolist()


def test_base_stock_orders_what_the_position_lacks():
    """After the first order, each order is the demand; a level below the start waits."""
    assert ordered((3, 6, 2), 0, tl.BaseStock(10)) == [13, 6, 2]
    assert ordered((3, 6, 2), 18, tl.BaseStock(10)) == [0, 1, 2]


def test_min_max_fills_up_at_or_below_the_reorder_point():
    """Positions 7, 4, 7, 4 with s = 4 and S = 10: it orders where the position is exactly s."""
    assert ordered((3, 3, 3, 3), 10, tl.MinMax(4, 10)) == [0, 6, 0, 6]


def test_fixed_lot_orders_as_few_whole_lots_as_lift_it_above():
    """Position 4 takes one lot of 4, position -1 two of them, and position 5 = r again one."""
    assert ordered((6, 9, 2), 10, tl.FixedLot(5, 4)) == [4, 8, 4]


def test_pass_through_keeps_the_position():
    network = tl.serial(["mine", "shop"], demand=tl.Poisson(5), on_hand={"shop": 17}, lead_time=3)
    positions = []

    def watched(view):
        positions.append(view.inventory_position + view.demand)
        return tl.LotForLot()(view)

    tl.simulate(tl.Scenario(network, watched, days=50))
    assert positions == [17.0] * 50


def test_any_function_of_a_view_is_a_rule():
    assert ordered((3, 6), 5, lambda view: 2 * view.demand) == [6, 12]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_a_rule_answers_arrays_as_it_answers_numbers(rule):
    """One line serves both engines: elementwise, it gives what it gives one by one."""

    def view(on_hand, on_order, backlog, demand):
        found = tl.View("shop", "unit")
        found.on_hand, found.on_order = on_hand, on_order
        found.backlog, found.demand = backlog, demand
        return found

    books = np.random.default_rng(1).integers(0, 15, (4, 100)).astype(float)
    together = rule(view(*books))
    apart = [float(rule(view(*column))) for column in books.T.tolist()]
    assert together.tolist() == apart
    assert len(set(apart)) > 1


@pytest.mark.parametrize("lead_times", [(1, 1, 1), (2, 1, 3), (0, 2, 1)])
def test_echelon_base_stock_is_local_base_stock_on_a_serial_chain(lead_times):
    """Clark & Scarf: levels summed from the customers up give the orders of the local levels."""
    nodes = ["factory", "depot", "shop"]
    local = {"shop": 14.0, "depot": 9.0, "factory": 21.0}
    echelon = dict(zip(local, accumulate(local.values()), strict=True))
    network = tl.serial(
        ["mine", *nodes], demand=tl.Poisson(5), on_hand=local | {"mine": 0.0},
        lead_time=dict(zip(nodes, lead_times, strict=True)),
    )  # fmt: skip
    logs = [
        tl.simulate(tl.Scenario(network, rules, days=200), seed=6).log
        for rules in (
            {name: tl.BaseStock(level) for name, level in local.items()},
            {name: tl.EchelonBaseStock(level) for name, level in echelon.items()},
        )
    ]
    assert logs[0] == logs[1]


def test_an_echelon_counts_everything_downstream():
    """4 at the depot, 2 on order there, 3 at the shop, 5 sent, and 6 that customers wait for."""
    seen = []
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("mine"), tl.Node("depot"), tl.Node("shop")],
        lanes=[
            tl.Lane("mine", "depot", "unit", lead_time=3, order_delay=1, initial_orders=2),
            tl.Lane("depot", "shop", "unit", initial_pipeline=5),
        ],
        demands=[tl.Demand("shop", "unit", tl.Trace((6,)))],
        stocks=[tl.Stock("depot", "unit", 4), tl.Stock("shop", "unit", 3)],
    )

    def watched(view):
        seen.append((view.inventory_position, view.echelon_position))
        return 0.0

    tl.simulate(tl.Scenario(network, {"depot": watched, "shop": tl.BaseStock(0)}, days=1))
    assert seen == [(4 + 2, 4 + 2 + 3 + 5 - 6)]


def test_orders_that_nobody_has_seen_are_no_goods():
    """What the shop has posted and the depot not yet seen is not in the depot's echelon."""
    seen = []

    def watched(view):
        seen.append(view.echelon_position)
        return 0.0

    network = tl.serial(["mine", "depot", "shop"], demand=tl.Trace((6, 0, 0)),
                        on_hand={"depot": 9, "shop": 8})  # fmt: skip
    network = network.change(tl.Lane("depot", "shop", "unit", order_delay=1))
    tl.simulate(tl.Scenario(network, {"depot": watched, "shop": tl.LotForLot()}, days=3))
    assert seen == [9 + 8 - 6] * 3


def test_an_echelon_counts_products_by_what_is_in_them():
    """Ten wheels, three bikes in stock and one being made hold 10 + 2 × (3 + 1) wheels."""
    seen = []
    network = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(0), on_hand={"plant": 3})
    network = network.change(
        tl.Recipe("plant", "unit", {"wheel": 2}, production_time=1, initial_in_process=1),
        tl.Stock("plant", "wheel", 10),
    )

    def watched(view):
        seen.append(view.echelon_position)
        return 0.0

    tl.simulate(tl.Scenario(network, {("plant", "wheel"): watched, "plant": lambda v: 5.0}, days=3))
    assert seen == [18.0] * 3


@pytest.mark.parametrize("days", [1, 2, 4])
def test_a_level_of_zero_serves_few_who_do_not_wait_and_says_so(days):
    """What is ordered for customers of today finds other customers, one day in L + 1."""
    row = tl.Demand("shop", "unit", tl.Constant(5), backorders=False)
    network = tl.serial(["mine", "shop"], demand=row, lead_time=days)
    scenario = tl.Scenario(network, tl.BaseStock(0), days=60)
    for live in (lambda s: tl.simulate(s), lambda s: tl.replicate(s, 1)):
        with pytest.warns(UserWarning, match=r"BaseStock\(up_to=0.0\) of 'shop' for 'unit' orders"):
            served = live(scenario).total("served")
        assert np.sum(served) == 60 * 5 / (days + 1)


def test_a_level_of_zero_is_all_right_where_somebody_waits_or_goods_come_at_once():
    for row, days in ((tl.Demand("shop", "unit", 5), 2),
                      (tl.Demand("shop", "unit", 5, backorders=False), 0)):  # fmt: skip
        network = tl.serial(["mine", "shop"], demand=row, lead_time=days)
        run = tl.simulate(tl.Scenario(network, tl.BaseStock(0), days=60))
        assert run.total("served") == 5 * (60 - days)
