"""What pictures are drawn from: statuses of nodes, groups, closures, means by tier."""

import numpy as np
import pytest

from twinlab import (
    BaseStock,
    Constant,
    Normal,
    Outage,
    Poisson,
    Scenario,
    State,
    Trace,
    assembly,
    serial,
    simulate,
)  # fmt: skip
from twinlab.management import Curve, flows, node_status
from twinlab.management.by_tier import by_tier, result_row
from twinlab.management.kpi_tree import grouped, kpi_tree
from twinlab.task.logistics.routing import on_the_way

SHOP = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)


def test_measures_are_added_up_over_products():
    shop = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 5})
    run = simulate(Scenario(shop, BaseStock(5), days=2))
    assert node_status.total(run, ["on_hand", "backlog"], ["shop"]).tolist() == [2, 1]


def test_a_closure_is_told_with_its_first_and_last_day():
    run = simulate(SHOP.disrupt(Outage("mine", start=10, days=5)))
    assert node_status.closed_days(run) == [("mine", 10, 14)]


def test_what_went_between_groups_is_listed():
    net = serial(["mine", "shop"], demand=Constant(5), lead_time=9)
    sent = node_status.sent(simulate(Scenario(net, BaseStock(50), days=2)), [["mine"], ["shop"]])
    assert sent.tolist() == [[0, 9, 0, 1, 55], [1, 10, 0, 1, 5]]


def test_the_worst_day_is_the_first_on_which_most_owe():
    net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 15})
    chain = Scenario(net, BaseStock(20), days=40).disrupt(Outage("mine", start=9, days=9))
    seen = node_status.NodeStatus(simulate(chain))
    assert (seen.worst_day, [status.name for status in seen.on(14)]) == (13, ["CLOSED", "SHORT"])


def test_a_box_says_what_is_owed_and_how_long_stock_lasts():
    state = State(on_hand={("shop", "unit"): 12.0}, owed={("mine", "shop", "unit", "road"): 3.0})
    boxes = node_status.cover_boxes(SHOP, state, {("shop", "unit"): 40.0})
    assert [words for _, words in boxes.values()] == ["■ owes 3", "▲ low stock, 2.4 days"]


def test_numbers_are_rounded_for_reading():
    assert result_row("fill rate", np.array([0.98, 0.99, np.nan]), "share").text == "98.5 %"
    cost = result_row("cost", np.array([1000.0, 1010.0, 1020.0]), "USD/day")
    assert cost.interval == "[985, 1,035]"


def test_a_calm_chain_by_tier():
    chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 10})
    seen = by_tier(Scenario(chain, BaseStock(10), days=20), seed=1)
    assert [row.text for row in seen.rows] == ["100.0 %", "0", "–", "0", "5", "0"]


def test_groups_stand_upstream_first():
    chain = serial(["mine", "plant", "shop"], demand=Normal(5, 1))
    assert [*grouped(chain)] == ["tier 2: mine", "tier 1: plant", "tier 0: shop"]


def test_flows_explode_and_what_they_stop():
    bike = assembly("plant", {"frame": 1, "wheel": 2}, demand=Poisson(3))
    assert flows.mean_flows(Scenario(bike, BaseStock(9)), day=0)["wheel supplier", "wheel"] == 6
    assert flows.stopped_costs(bike, {"unit": 900})["wheel supplier", "wheel"] == 450


def test_a_quarter_of_the_way():
    assert on_the_way([(-10.0, 0.0)], [(30.0, 0.0)], [0.25]) == pytest.approx(np.zeros((1, 2)))


def test_costs_are_split_by_node():
    shop = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 9}, holding_cost=2)
    found = kpi_tree(simulate(Scenario(shop, BaseStock(9), days=2))).drill("CO.1.1", "node")
    lines = ["CO.1.1 Total Supply Chain Management Costs: 18 USD/day"]
    assert repr(found).splitlines() == [*lines, "  mine: 7 USD/day", "  shop: 11 USD/day"]


def test_a_curve_comes_back_and_keeps_a_part():
    assert Curve([0, 1, 1, 5], [100, 100, 60, 100]).time_to_recover(tolerance=0) == 4
    kept = Curve([0, 0, 12], [100, 70, 100]).predicted_resilience(longest=30)
    assert kept == pytest.approx(0.94)
