"""How networks and tiers are laid out, and looks by night."""

from twinlab import BaseStock, Constant, Normal, Scenario, serial
from twinlab.lab.charts import drawing as pen
from twinlab.lab.widgets.explorer import small_multiples
from twinlab.lab.widgets.network_widget import model, still_network
from twinlab.lab.widgets.node_status import NodeLayout, node_layout
from twinlab.management.by_tier import by_tier

CHAIN = serial(["mine", "plant", "shop"], demand=Normal(5, 1))


def test_what_stands_upstream_stands_left():
    points = node_layout(CHAIN).points
    assert points["mine"] < points["plant"] < points["shop"]


def test_words_fit_their_box():
    lines = NodeLayout({}, 110, 54, True, ()).label("Philippines packaging", " ■ 12").splitlines()
    assert lines == ["Philippines", "packaging ■ 12"]


def test_a_drawing_has_an_edge_for_each_pair_of_nodes():
    built = model(CHAIN, node_layout(CHAIN))
    assert (built.get_node("plant")["label"], built.num_edges()) == ("plant", 2)
    drawn = still_network(CHAIN, node_layout(CHAIN), {}).figure.axes[0]
    assert len(drawn.texts) == 8  # arrows, names, heads


def test_a_look_by_night():
    night = pen.tinted({"color": pen.INK, "arrowprops": {"color": pen.BLUE}}, dark=True)
    assert night == {"color": "#E8E8E8", "arrowprops": {"color": "#4FA8E0"}}


def test_small_multiples_say_how_stock_goes():
    chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 10})
    seen = by_tier(Scenario(chain, BaseStock(10), days=20), seed=1)
    words = "tier 1: mine: stock 0 throughout\ntier 0: shop: stock 5 throughout"
    assert repr(small_multiples(seen, seen)) == words
