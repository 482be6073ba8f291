"""Production and shipping: who gets what when something is scarce, worked out by hand."""

import pytest

import twinlab as tl


def planned(*quantities):
    """A rule that orders what was planned for the day."""
    return lambda view: float(quantities[view.day]) if view.day < len(quantities) else 0.0


def series(run, name, node="", product=""):
    return run.series(name, node, product).tolist()


def maker(demand, on_hand=0, capacity=float("inf"), **recipe):
    """A plant that makes units from nothing for its own customers."""
    return tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("plant", capacity=capacity)],
        recipes=[tl.Recipe("plant", "unit", **recipe)],
        demands=[tl.Demand("plant", "unit", tl.Trace(demand))],
        stocks=[tl.Stock("plant", "unit", on_hand)],
    )


def live(network, rules, days):
    return tl.simulate(tl.Scenario(network, rules, days=days))


# -- production --


def test_production_takes_its_time_and_is_served_the_day_it_ends():
    """Started on day 0 with a production time of 2, in stock and served on day 2."""
    run = live(maker((4, 0, 0), production_time=2), planned(4), 3)
    assert series(run, "started") == [4, 0, 0]
    assert series(run, "in_process") == [4, 4, 0]
    assert series(run, "finished") == [0, 0, 4]
    assert series(run, "served") == [0, 0, 4]


def test_production_without_time_is_served_the_same_day():
    run = live(maker((4,)), tl.LotForLot(), 1)
    assert series(run, "on_time") == [4]


def test_scrap_is_made_up_for_by_the_next_order():
    """Half of ten is scrap, by the share of the day it started; base stock orders the rest."""
    network = maker((0,) * 4, production_time=1, good_share=tl.Trace((0.5, 1, 1, 1)))
    run = live(network, tl.BaseStock(10), 4)
    assert series(run, "ordered") == [10, 0, 5, 0]
    assert series(run, "finished") == [0, 5, 0, 5]
    assert series(run, "scrap") == [0, 5, 0, 0]
    assert series(run, "on_order") == [10, 0, 5, 0]


def test_capacity_limits_what_is_started_and_the_rest_waits():
    run = live(maker((0,) * 3, capacity=4), planned(10), 3)
    assert series(run, "started") == [4, 4, 2]


@pytest.mark.parametrize("listed", [["a", "b"], ["b", "a"]])
def test_two_recipes_share_a_nodes_capacity(listed):
    """The product that stands first among the products takes what it needs, the other the rest."""
    network = tl.Network(
        products=[tl.Product("a"), tl.Product("b")],
        nodes=[tl.Node("plant", capacity=10)],
        recipes=[tl.Recipe("plant", product) for product in listed],
    )
    rules = {("plant", "a"): planned(7), ("plant", "b"): planned(6)}
    run = live(network, rules, 2)
    assert series(run, "started", product="a") == [7, 0]
    assert series(run, "started", product="b") == [3, 3]


def bicycles(wheels):
    """A plant that makes bikes of a frame and two wheels; frames abound."""
    return tl.Network(
        products=[tl.Product("bike"), tl.Product("frame"), tl.Product("wheel")],
        nodes=[tl.Node("smith"), tl.Node("plant")],
        lanes=[tl.Lane("smith", "plant", "frame"), tl.Lane("smith", "plant", "wheel")],
        recipes=[tl.Recipe("plant", "bike", {"frame": 1, "wheel": 2})],
        stocks=[tl.Stock("plant", "frame", 10), tl.Stock("plant", "wheel", wheels)],
    )


def test_a_missing_component_stops_production_until_it_comes():
    """Seven wheels make 3.5 of five bikes; the wheels ordered that day make the rest tomorrow."""
    rules = {("plant", "bike"): planned(5), ("plant", "wheel"): planned(3),
             ("plant", "frame"): planned()}  # fmt: skip
    run = live(bicycles(wheels=7), rules, 2)
    assert series(run, "started", "plant", "bike") == [3.5, 1.5]
    assert series(run, "consumed", "plant", "wheel") == [7, 3]
    assert series(run, "consumed", "plant", "frame") == [3.5, 1.5]
    assert series(run, "on_hand", "plant", "frame") == [6.5, 5]
    assert series(run, "on_order", "plant", "bike") == [1.5, 0]


def test_what_production_still_waits_for_is_the_components_backlog():
    """1.5 bikes that could not be started ask for three wheels the next morning."""
    seen = []

    def watch(view):
        seen.append((view.backlog, view.demand))
        return 0.0

    rules = {("plant", "bike"): planned(5), ("plant", "wheel"): watch,
             ("plant", "frame"): planned()}  # fmt: skip
    live(bicycles(wheels=7), rules, 2)
    assert seen == [(10.0, 10.0), (3.0, 0.0)]


def test_a_node_makes_part_and_product_on_one_day():
    """Recipes run components first, in whatever order they are listed."""
    network = tl.Network(
        products=[tl.Product("product"), tl.Product("part"), tl.Product("raw")],
        nodes=[tl.Node("mine"), tl.Node("plant")],
        lanes=[tl.Lane("mine", "plant", "raw", lead_time=0)],
        recipes=[tl.Recipe("plant", "product", {"part": 1}),
                 tl.Recipe("plant", "part", {"raw": 2})],
        demands=[tl.Demand("plant", "product", tl.Trace((3,)))],
    )  # fmt: skip
    run = live(network, tl.LotForLot(), 1)
    assert series(run, "ordered", "plant", "raw") == [6]
    assert series(run, "on_time", "plant", "product") == [3]
    assert series(run, "on_hand") == [0]


def test_what_is_decided_in_the_evening_is_seen_by_production_the_next_morning():
    """Only then are the components asked, and their own evening's decision sees it."""
    network = bicycles(wheels=10).change(tl.Node("plant", evening_review=True))
    rules = {("plant", "bike"): planned(4), "plant": tl.LotForLot()}
    run = live(network, rules, 3)
    first = run.log.of("accepted")[0]
    assert (first.day, first.partner) == (1, "plant")
    assert series(run, "started", "plant", "bike") == [0, 4, 0]
    assert series(run, "ordered", "plant", "wheel") == [0, 8, 0]
    assert series(run, "received", "plant", "wheel") == [0, 0, 0]


# -- shipping --


def hub(stock, north=None, south=None, customers=None, **node):
    """A hub with a stock and no supply, asked by two lanes and its own customers."""
    lanes = [
        tl.Lane("hub", "north", "unit", **(north or {})),
        tl.Lane("hub", "south", "unit", **(south or {})),
    ]
    return tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("mine"), tl.Node("hub", **node), tl.Node("north"), tl.Node("south")],
        lanes=[tl.Lane("mine", "hub", "unit"), *lanes],
        demands=[tl.Demand("hub", "unit", **{"pattern": 0, **(customers or {})})],
        stocks=[tl.Stock("hub", "unit", stock)],
    )


def shared_out(network, north, south, days=1):
    """What went to north, to south and to the hub's customers."""
    rules = {"hub": planned(), "north": planned(north), "south": planned(south)}
    run = live(network, rules, days)
    lanes = run.nights["shipped"][:, 1:].T.tolist()
    return [*lanes, series(run, "served", "hub")]


def test_scarce_stock_goes_by_service_rank():
    network = hub(10, north={"service_rank": 2}, south={"service_rank": 1})
    assert shared_out(network, 6, 6) == [[4], [6], [0]]


def test_ties_go_by_the_table_of_lanes_and_then_to_customers():
    network = hub(10, customers={"pattern": 4})
    assert shared_out(network, 4, 4) == [[4], [4], [2]]


def test_customers_of_a_better_rank_come_first():
    network = hub(10, {"service_rank": 2}, {"service_rank": 2}, {"pattern": 4})
    assert shared_out(network, 4, 4) == [[4], [2], [4]]


def test_scarce_stock_in_proportion_to_what_is_owed():
    network = hub(8, {"service_rank": 3}, {}, {"pattern": 8}, proportional=True)
    assert shared_out(network, 6, 2) == [[3], [1], [4]]


def test_proportion_gives_everybody_everything_when_there_is_enough():
    network = hub(20, customers={"pattern": 8}, proportional=True)
    assert shared_out(network, 6, 2) == [[6], [2], [8]]


def test_a_lane_carries_no_more_than_its_capacity_a_day():
    assert shared_out(hub(20, {"capacity": 3}), 8, 8, days=4) == [
        [3, 3, 2, 0], [8, 0, 0, 0], [0, 0, 0, 0],
    ]  # fmt: skip


def test_customers_who_wait_are_owed_and_those_who_do_not_are_lost():
    for backorders, owed, lost in ((True, [2, 2], [0, 0]), (False, [0, 0], [2, 0])):
        row = {"pattern": tl.Trace((5, 0)), "backorders": backorders}
        run = live(hub(3, customers=row), planned(), 2)
        assert series(run, "served") == [3, 0]
        assert series(run, "backlog") == owed
        assert series(run, "lost") == lost


def fed(**mine):
    """A mine that feeds two shops."""
    return tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("mine", **mine), tl.Node("north"), tl.Node("south")],
        lanes=[tl.Lane("mine", "north", "unit"), tl.Lane("mine", "south", "unit")],
    )


@pytest.mark.parametrize(
    ("mine", "orders", "north", "south"),
    [
        ({"capacity": 10}, (7, 6), [7, 0], [3, 3]),
        ({"capacity": 10, "proportional": True}, (12, 8), [6, 6], [4, 4]),
        ({}, (1e6, 1e6), [1e6, 0], [1e6, 0]),
    ],
)
def test_a_source_gives_up_to_its_capacity_and_without_one_everything(mine, orders, north, south):
    rules = {"north": planned(orders[0]), "south": planned(orders[1])}
    run = live(fed(**mine), rules, 2)
    assert run.nights["shipped"].T.tolist() == [north, south]
    assert series(run, "on_hand", "mine") == [0, 0]


def test_a_source_shares_its_capacity_between_its_products():
    """Six units a day are for all products together, in the order of the products."""
    network = tl.Network(
        products=[tl.Product("a"), tl.Product("b")],
        nodes=[tl.Node("mine", capacity=6), tl.Node("shop")],
        lanes=[tl.Lane("mine", "shop", "b"), tl.Lane("mine", "shop", "a")],
    )
    run = live(network, planned(4), 2)
    assert series(run, "shipped", "mine", "a") == [4, 0]
    assert series(run, "shipped", "mine", "b") == [2, 2]
