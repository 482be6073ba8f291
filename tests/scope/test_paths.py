"""Paths: every column of a scenario can be named, read and changed."""

import pytest

import twinlab as tl
from twinlab.scope.scenario import find


@pytest.fixture
def scenario():
    """A plant that makes bikes of frames that come by road and by air, and a shop."""
    network = tl.Network(
        products=[tl.Product("bike"), tl.Product("frame")],
        nodes=[tl.Node("smith"), tl.Node("plant", capacity=50), tl.Node("shop")],
        lanes=[
            tl.Lane("smith", "plant", "frame", lead_time=5),
            tl.Lane("smith", "plant", "frame", "air", lead_time=1, sourcing_rank=2),
            tl.Lane("plant", "shop", "bike", lead_time=2),
        ],
        recipes=[tl.Recipe("plant", "bike", {"frame": 1}, cost=7)],
        demands=[tl.Demand("shop", "bike", tl.Poisson(4), price=300)],
        stocks=[tl.Stock("shop", "bike", on_hand=12)],
    )
    rules = {"shop": tl.BaseStock(20), ("plant", "bike"): tl.LotForLot(),
             ("plant", "frame"): tl.MinMax(10, 40)}  # fmt: skip
    return tl.Scenario(network, rules, disruptions=[tl.Outage("smith", start=60, days=28)])


COLUMNS = [
    # path, value, another value, unit
    ("shop.up_to", 20, 25.0, "units"),
    ("shop/bike.up_to", 20, 25.0, "units"),
    ("plant/frame.reorder_point", 10, 12.0, "units"),
    ("plant.capacity", 50, 60.0, "units/day"),
    ("plant->shop.lead_time", tl.Constant(2), tl.Normal(3, 1), "days"),
    ("smith -> plant.capacity", float("inf"), 9.0, "units/day"),
    ("smith->plant/frame/air.sourcing_rank", 2, 3, "rank"),
    ("smith -> plant/frame/air.cost_per_unit", 0, 4.0, "USD/unit"),
    ("plant->shop/bike.distance", 0, 80.0, "km"),
    ("plant/bike.cost", 7, 8.0, "USD/unit"),
    ("shop/bike.price", 300, 250.0, "USD/unit"),
    ("shop/bike.on_hand", 12, 15.0, "units"),
    ("disruptions[0].start", 60, 90, "day"),
    ("disruptions[0].days", tl.Constant(28), tl.Gamma(28, 7), "days"),
]


@pytest.mark.parametrize(("path", "value", "other", "unit"), COLUMNS)
def test_a_path_reads_changes_and_describes_one_column(scenario, path, value, other, unit):
    """The old scenario stays as it was; putting the old value back gives it again."""
    assert scenario.value(path) == value
    changed = scenario.set(path, other)
    assert changed.value(path) == other
    assert scenario.value(path) == value
    assert changed.set(path, value) == scenario
    assert find(scenario, path).column.unit == unit


def test_a_change_is_nowhere_else(scenario):
    for path, _, other, _ in COLUMNS:
        changed = scenario.set(path, other)
        for second, value, _, _ in COLUMNS:
            if second not in (path, "shop.up_to", "shop/bike.up_to"):
                assert changed.value(second) == value, (path, second)


def test_a_lanes_path_is_for_all_its_products_and_modes(scenario):
    changed = scenario.set("smith->plant.lead_time", 3)
    assert [lane.lead_time.average for lane in changed.network.lanes] == [3, 3, 2]


def test_a_nodes_path_is_for_all_its_rules(scenario):
    """Where a node decides on several products with like rules, all of them change."""
    both = scenario.decide({("plant", "bike"): tl.MinMax(5, 30)})
    changed = both.set("plant.up_to", 99)
    assert {rule.up_to for (node, _), rule in changed.rules.items() if node == "plant"} == {99}
    with pytest.raises(tl.ScenarioError, match="'plant' has no 'up_to'"):
        scenario.set("plant.up_to", 99)


def test_a_set_value_is_checked_like_any_other(scenario):
    with pytest.raises(tl.NetworkError, match="capacity must be at least 0 units/day, got -1"):
        scenario.set("plant.capacity", -1)
    with pytest.raises(tl.ScenarioError, match=r"up_to 5 must be above reorder_point 10"):
        scenario.set("plant/frame.up_to", 5)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("shop/bike.pric", "did you mean 'price'"),
        ("plant->shp.lead_time", "did you mean 'plant->shop'"),
        ("disruptions[1].days", "leads nowhere"),
        ("up_to", "leads nowhere"),
        ("shop", "leads nowhere"),
    ],
)
def test_a_path_that_leads_nowhere_says_so(scenario, path, words):
    with pytest.raises(tl.ScenarioError, match=words):
        scenario.value(path)


@pytest.mark.parametrize("path", ["smith.name", "plant->shop.mode", "shop/bike.product"])
def test_a_name_is_no_column_to_set(scenario, path):
    """What identifies a row is not changed by a slider: it would add a second row."""
    with pytest.raises(tl.TwinError, match="name"):
        scenario.set(path, "frame")
