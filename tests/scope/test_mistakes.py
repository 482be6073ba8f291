"""Deliberate student mistakes: each gives a message with value, place and remedy."""

import math

import pytest

import twinlab as tl
from twinlab.organization import OwnOrders, PointOfSale

PRODUCT = tl.Product("bike")


def shop(**changes):
    """A plant that makes bikes of frames, a shop that sells them; one part may be wrong."""
    parts = {
        "products": [PRODUCT, tl.Product("frame")],
        "nodes": [tl.Node("smith"), tl.Node("plant"), tl.Node("shop")],
        "lanes": [tl.Lane("smith", "plant", "frame"), tl.Lane("plant", "shop", "bike")],
        "recipes": [tl.Recipe("plant", "bike", {"frame": 1})],
        "demands": [tl.Demand("shop", "bike", 4)],
    }
    return tl.Network(**(parts | changes))


def run(**changes):
    """A run of the bike chain in which the scenario's parts may be wrong."""
    given = {"network": shop(), "rules": tl.BaseStock(20), "days": 10} | changes
    return tl.simulate(tl.Scenario(**given))


def nothing(view):
    """A rule that forgets to return."""


def spaced(tmp_path, name, text):
    """The bike chain as CSV files, one of them overwritten."""
    shop().to_tables(tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tl.Network.from_tables(tmp_path)


MISTAKES = [
    # what a student writes; the error; words of the message
    (lambda: tl.Node("plant", capacity=-5), tl.NetworkError,
     "Node 'plant': capacity must be at least 0 units/day, got -5"),
    (lambda: tl.Node("plant", capacity="many"), tl.NetworkError,
     "capacity is a number in units/day, got 'many'"),
    (lambda: tl.Node("plant", holding_cost=math.nan), tl.NetworkError,
     "holding_cost is a number in USD/unit/day, got nan: leave it out for the default"),
    (lambda: tl.Node(""), tl.NetworkError, "name is empty: give it a name"),
    (lambda: tl.Node(7), tl.NetworkError, "name is a text, got 7: put it in quotes"),
    (lambda: tl.Node("plant", review_period=1.5), tl.NetworkError,
     "review_period is a whole number of days, got 1.5"),
    (lambda: tl.Node("plant", evening_review="yes"), tl.NetworkError,
     "evening_review is yes or no, got 'yes': write True or False"),
    (lambda: tl.Node("plant", latitude=123), tl.NetworkError,
     "latitude must be -90 to 90 degrees north, got 123"),
    (lambda: tl.Lane("plant", "shop", "bike", lead_time=-1), tl.NetworkError,
     "lead_time must be at least 0 days"),
    (lambda: tl.Lane("plant", "plant", "bike"), tl.NetworkError,
     "source and destination are the same node: drop the lane, or use a Recipe"),
    (lambda: tl.Recipe("plant", "bike", {"bike": 1}), tl.NetworkError,
     "'bike' is a component of itself"),
    (lambda: tl.Recipe("plant", "bike", {"frame": 0}), tl.NetworkError,
     "needs 0 of 'frame': give a number above 0, or drop the component"),
    (lambda: tl.Recipe("plant", "bike", good_share=98), tl.NetworkError,
     "good_share Constant(value=98.0) is above 1: a share lies between 0 and 1"),
    (lambda: tl.Normal(5, 0), tl.NetworkError, "sd must be above 0, got 0"),
    (lambda: tl.NegativeBinomial(9, 2), tl.NetworkError,
     "sd² = 4 must be above the mean 9: take Poisson or Normal"),
    (lambda: tl.Uniform(4, 2), tl.NetworkError, "low is above high: swap them"),
    (lambda: tl.Empirical(()), tl.NetworkError, "give at least one observed value"),
    (lambda: shop(nodes=[tl.Node("smith"), tl.Node("plant"), tl.Node("Shop")]), tl.NetworkError,
     "lanes.csv row 2: destination 'shop' is not a node; did you mean 'Shop'?"),
    (lambda: shop(products=[PRODUCT, tl.Product("frames")]), tl.NetworkError,
     "product 'frame' is not a product; did you mean 'frames'?"),
    (lambda: shop(nodes=[tl.Node("smith"), tl.Node("plant"), tl.Node("shop"), tl.Node("shop")]),
     tl.NetworkError, "nodes: 'shop' stands 2 times: keep one"),
    (lambda: shop(lanes=[tl.Lane("smith", "plant", "frame"),
                         *[tl.Lane("plant", "shop", "bike")] * 2]), tl.NetworkError,
     "stands 2 times: give parallel lanes different modes"),
    (lambda: shop(lanes=[tl.Lane("plant", "shop", "bike")]), tl.NetworkError,
     "'plant' needs 'frame' for 'bike', but has no supplier of it: add a lane to 'plant'"),
    (lambda: shop(lanes=[tl.Lane("smith", "plant", "frame")]), tl.NetworkError,
     "customers ask 'shop' for 'bike', which no lane or recipe brings there"),
    (lambda: shop(demands=[tl.Demand("market", "bike", 4)]), tl.NetworkError,
     "demands.csv row 1: node 'market' is not a node"),
    (lambda: shop(lanes=[tl.Lane("smith", "plant", "frame"), tl.Lane("smith", "plant", "bike"),
                         tl.Lane("plant", "shop", "bike")]), tl.NetworkError,
     "'plant' both makes 'bike' (recipe) and orders it from 'smith' (lane): keep one"),
    (lambda: shop(lanes=[tl.Lane("smith", "plant", "frame", lead_time=0),
                         tl.Lane("plant", "shop", "bike", lead_time=0),
                         tl.Lane("shop", "smith", "bike", lead_time=0)]), tl.NetworkError,
     "form a cycle without lead time, so nobody can act first: give one of them lead_time=1"),
    (lambda: shop(recipes=[tl.Recipe("plant", "bike", {"frame": 1}),
                           tl.Recipe("plant", "frame", {"bike": 1})],
                  lanes=[tl.Lane("plant", "shop", "bike")]), tl.NetworkError,
     "need each other: break the circle"),
    (lambda: shop(stocks=[tl.Stock("smith", "frame", on_hand=5)]), tl.NetworkError,
     "'smith' is an unlimited outside source of 'frame'"),
    (lambda: shop(stocks=[tl.Stock("shop", "bike", on_hand=-5)]), tl.NetworkError,
     "on_hand must be at least 0 units, got -5"),
    (lambda: shop(nodes=[PRODUCT]), tl.NetworkError,
     "Network: nodes[0] must be a Node, got Product(name='bike', weight=0.0, value=0.0): write No"),
    (lambda: shop(nodes=[], lanes=[], recipes=[], demands=[]), tl.NetworkError,
     "nodes is empty: a network needs at least one of them"),
    (lambda: tl.serial(["plant", "shop"], demand=tl.Normal(5, 1), lead_time={"shp": 2}),
     tl.NetworkError, "lead_time: 'shp' is not a node; did you mean 'shop'?"),
    (lambda: tl.serial(["plant", "shop", "plant"], demand=tl.Normal(5, 1)), tl.NetworkError,
     "serial: 'plant' stands 2 times in ['plant', 'shop', 'plant']: give each"),
    (lambda: tl.distribution("DC", ["north", "north"], demand=tl.Normal(5, 1)), tl.NetworkError,
     "distribution: 'north' stands 2 times in ['supplier', 'DC', 'north', 'north']"),
    (lambda: tl.distribution("DC", ["DC"], demand=tl.Normal(5, 1)), tl.NetworkError,
     "distribution: 'DC' stands 2 times"),
    (lambda: run(rules={"shop": tl.BaseStock(20)}), tl.ScenarioError,
     "no one decides for 'plant' ('bike'), 'plant' ('frame'): give Scenario(rules={node: rule})"),
    (lambda: run(rules={"shpo": tl.BaseStock(20)}), tl.ScenarioError,
     "rules: 'shpo' is not a node; did you mean 'shop'?"),
    (lambda: run(rules={"smith": tl.BaseStock(20), "plant": tl.BaseStock(9),
                        "shop": tl.BaseStock(9)}), tl.ScenarioError,
     "'smith' decides nothing: no lane or recipe brings it anything, so drop it"),
    (lambda: run(rules={"shop": 20, "plant": tl.BaseStock(9)}), tl.ScenarioError,
     "'shop' has 20, which cannot be called: give a rule such as BaseStock(50)"),
    (lambda: run(rules=tl.BaseStock), tl.ScenarioError, "that is a class: write BaseStock(…)"),
    (lambda: run(rules=20), tl.ScenarioError,
     "rules must be a rule such as BaseStock(50) or a function of a view or a mapping"),
    (lambda: run(sharing=OwnOrders), tl.ScenarioError, "that is a class: write OwnOrders(…)"),
    (lambda: run(sharing="full"), tl.ScenarioError,
     "sharing must be a regime such as OwnOrders() or FullSharing() or a mapping {node: …}"),
    (lambda: run(sharing={"shpo": OwnOrders()}), tl.ScenarioError,
     "sharing: 'shpo' is not a node; did you mean 'shop'?"),
    (lambda: run(rules=tl.EchelonBaseStock(9), sharing=PointOfSale()), tl.ScenarioError,
     "PointOfSale() does not show 'shop' the echelon_position of 'bike': let it see more with "
     "Scenario(sharing={'shop': FullSharing()}), or give it a rule that does without"),
    (lambda: run(rules=lambda view: view.point_of_sale, sharing=OwnOrders()), tl.ScenarioError,
     "OwnOrders() does not show 'shop' the point_of_sale of 'bike': let it see more with "
     "Scenario(sharing={'shop': PointOfSale()}), or give it a rule that does without"),
    (lambda: run(rules=lambda view: math.nan), tl.ScenarioError,
     "for 'bike' returned nan on day 0: a rule returns one number of units of at least 0"),
    (lambda: run(rules=lambda view: 20 - view.inventory_position - 99), tl.ScenarioError,
     "a rule returns one number of units of at least 0"),
    (lambda: run(rules=nothing), tl.ScenarioError, "returned None on day 0"),
    (lambda: run(days=0), tl.ScenarioError, "days must be a whole number of at least 1, got 0"),
    (lambda: run(days=30.5), tl.ScenarioError,
     "days must be a whole number of at least 1, got 30.5"),
    (lambda: run(network=shop(demands=[tl.Demand("shop", "bike", tl.Trace((4, 4)))])),
     tl.ScenarioError, "has 2 days, the scenario 10: shorten the scenario with days=2"),
    (lambda: run(disruptions=[tl.Outage("Plant")]), tl.ScenarioError,
     "'Plant' is not a node; did you mean 'plant'?"),
    (lambda: run(disruptions=[tl.Outage("plant", "wheel")]), tl.ScenarioError,
     "'plant' has no product 'wheel'; known are: bike, frame"),
    (lambda: run(disruptions=[tl.LaneOutage("shop", "plant")]), tl.ScenarioError,
     "'shop' has no such lane to 'plant'"),
    (lambda: run(disruptions=[tl.DemandShift("plant", factor=2)]), tl.ScenarioError,
     "'plant' has no such customers"),
    (lambda: run(disruptions=[tl.StockLoss("smith")]), tl.ScenarioError,
     "'smith' has no such stock: known are: plant, shop"),
    (lambda: run(disruptions=["plant"]), tl.ScenarioError,
     "disruptions[0] must be a Disruption, got 'plant': write Delay(…) or"),
    (lambda: tl.Outage("plant", loss=50), tl.NetworkError, "loss must be 0 to 1 share, got 50"),
    (lambda: tl.MinMax(reorder_point=20, up_to=10), tl.ScenarioError,
     "up_to 10 must be above reorder_point 20"),
    (lambda: tl.simulate(tl.Scenario(shop(), tl.BaseStock(9)), seed="lucky"), tl.ScenarioError,
     "seed must be a whole number of at least 0, got 'lucky'"),
    (lambda: tl.simulate(tl.Scenario(shop(), tl.BaseStock(9)), replication=-1), tl.ScenarioError,
     "replication must be a whole number of at least 0, got -1"),
    (lambda: run().series("on_hnd"), tl.ScenarioError,
     "no measure 'on_hnd'; did you mean 'on_hand'?"),
    (lambda: run().series("on_hand", "shp"), tl.ScenarioError, "did you mean 'shop'?"),
    (lambda: run().state_on(99), tl.ScenarioError, "day 99 is outside the run's days"),
    (lambda: tl.Game(tl.Scenario(shop(), tl.BaseStock(9)), players=["smith"]), tl.ScenarioError,
     "players: 'smith' decides nothing"),
    (lambda: tl.Scenario(shop(), tl.BaseStock(9)).set("shop.upto", 5), tl.ScenarioError,
     "'shop' has no 'upto'; did you mean 'up_to'?"),
    (lambda: tl.Scenario(shop(), tl.BaseStock(9)).set("shp.up_to", 5), tl.ScenarioError,
     "path 'shp.up_to' leads nowhere: did you mean 'shop'?"),
    (lambda: tl.simulate(tl.Scenario(shop(), tl.BaseStock(9), sourcing={"plant": tl.Shares()})),
     None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "error", "words"), MISTAKES)
def test_a_mistake_is_taught(mistake, error, words):
    if error is None:  # not a mistake: one supplier needs no shares
        mistake()
        return
    with pytest.raises(error) as caught:
        mistake()
    assert words in str(caught.value)


def test_shares_without_any_share():
    """Two suppliers, orders shared out, but no lane has a share."""
    lanes = [
        tl.Lane("smith", "plant", "frame"),
        tl.Lane("smith", "plant", "frame", "air"),
        tl.Lane("plant", "shop", "bike"),
    ]
    scenario = tl.Scenario(shop(lanes=lanes), tl.BaseStock(9), sourcing={"plant": tl.Shares()})
    with pytest.raises(tl.ScenarioError, match="no lane brings 'frame' to 'plant' with a sourcing"):
        tl.simulate(scenario)


FILES = [
    ("nodes.csv", "name,capcity\nplant,5\n",
     "nodes.csv: unknown column 'capcity'; did you mean 'capacity'?"),
    ("nodes.csv", "name,capacity\nsmith,\nplant,5\nshop,-1\n",
     "nodes.csv row 3: Node 'shop': capacity must be at least 0 units/day"),
    ("lanes.csv", "source,destination,product\nsmith,plant,frame\nplant,shpo,bike\n",
     "lanes.csv row 2: destination 'shpo' is not a node; did you mean 'shop'?"),
    ("lanes.csv", 'source,destination,product,lead_time\nsmith,plant,frame,"1,5,2"\n',
     "lanes.csv row 1: lead_time is a distribution such as Normal(mean=5, sd=1), got '1,5,2'"),
    ("lanes.csv", "source,destination,product,lead_time\nsmith,plant,frame,Norml(mean=5)\n",
     "lead_time has no distribution 'Norml'; did you mean 'Normal'?"),
    ("lanes.csv", "source,destination,product,lead_time\nsmith,plant,frame,Poisson(mu=5)\n",
     "Poisson has no 'mu'; known are: mean"),
    ("lanes.csv", "source,destination\nsmith,plant\n", "lanes.csv row 1: product is missing"),
    ("nodes.csv", 'name,capacity\nsmith,"1,5"\nplant,2.5\n',
     "nodes.csv row 1: capacity '1,5' and nodes.csv row 2: capacity '2.5' differ in the decimal"),
    ("nodes.csv", "name,proportional\nsmith,maybe\n", "proportional is true or false, got 'maybe'"),
    ("nodes.csv", "name,role\nsmith,maker,of,frames\n",
     "4 cells, but the header has 2 columns: put text that holds a comma in quotes"),
    ("traces.csv", "node,product,day,quantity\nshop,bike,0,4\n",
     "('shop', 'bike') has a trace, but pattern Constant(value=4.0) in its demand: write Trace()"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "words"), FILES)
def test_a_mistake_in_a_file_names_its_place(tmp_path, name, text, words):
    with pytest.raises(tl.NetworkError) as caught:
        spaced(tmp_path, name, text)
    assert words in str(caught.value)


def test_a_trace_lists_every_day(tmp_path):
    shop(demands=[tl.Demand("shop", "bike", tl.Trace((4, 5)))]).to_tables(tmp_path)
    path = tmp_path / "traces.csv"
    path.write_text(path.read_text().replace("bike,1,", "bike,2,"))
    with pytest.raises(tl.NetworkError, match="day 2 follows day 0: list every day in order"):
        tl.Network.from_tables(tmp_path)


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(tl.NetworkError, match="is not a folder"):
        tl.Network.from_tables(tmp_path / "nowhere")
    with pytest.raises(tl.NetworkError, match=r"has no products, nodes, lanes"):
        tl.Network.from_tables(tmp_path)


def test_an_unknown_disruption_in_a_file(tmp_path):
    path = tmp_path / "disruptions.csv"
    path.write_text("kind,node\nOutge,plant\n")
    with pytest.raises(
        tl.NetworkError, match=r"row 1: kind 'Outge' is no disruption; did you mean"
    ):
        tl.read_disruptions(path)
    path.write_text("kind,node,source\nOutage,plant,smith\n")
    with pytest.raises(tl.NetworkError, match="Outage has no source: leave the cell blank"):
        tl.read_disruptions(path)


def test_unknown_keywords_are_refused():
    with pytest.raises(tl.NetworkError, match="Node has no 'capcity'; did you mean 'capacity'"):
        tl.Node("plant", capcity=5)
