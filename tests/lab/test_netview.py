"""The network of a run: colours, signs and words follow the day."""

import html
import json

import pytest

from tests.lab.chains import CALM, CLOSED, NETWORK
from twinlab import Demand, Lane, Network, Node, Product, ScenarioError, lab, simulate
from twinlab.cases import automotive
from twinlab.lab.widgets.node_status import node_layout
from twinlab.management.node_status import NodeStatus, Status
from twinlab.scope.boundary import tiers

RUN = simulate(CLOSED.set("disruptions[0].days", 15), seed=1)


def box(view, name):
    return next(node for node in view.picture.nodes if node["id"] == name)


def test_a_network_is_counted():
    assert repr(lab.network(NETWORK)) == repr(lab.network(CALM)) == "3 nodes on 3 tiers, 2 lanes"


def test_the_day_colours_and_words_the_nodes():
    view = lab.network(RUN, day=30)
    mine, shop = box(view, "mine"), box(view, "shop")
    assert (mine["color"]["border"], shop["color"]["border"]) == ("#000000", "#D55E00")
    assert mine["label"] == "mine\n✕ closed, owes 55"
    assert shop["label"].startswith("shop\n■ owes ")
    view.row.value = 10
    assert box(view, "shop")["label"] == "shop\n● ok"
    assert repr(view) == "day 10: 0 of 3 nodes owe goods"
    assert html.escape(repr(view)) in view.status.value


def test_the_slider_changes_status_course_table_and_alternative_text():
    view = lab.network(RUN, day=30)
    before = [view.status.value, view.course.png, view.table.value, view.picture.alt]
    view.row.value = 25
    after = [view.status.value, view.course.png, view.table.value, view.picture.alt]
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert 'role="status"' in view.status.value
    assert view.course.alt == "nodes that owe goods by day, at most 3; day 25 is marked"


def test_without_a_day_it_opens_where_most_nodes_owe():
    view = lab.network(RUN)
    owing = (NodeStatus(RUN).owed > 1e-9).sum(axis=1)
    assert owing[view.day] == owing.max()
    assert (owing[: view.day] < owing.max()).all()


def test_low_stock_is_told_from_owing():
    found = {day: NodeStatus(RUN).on(day) for day in RUN.days}
    shop = [found[day][2] for day in range(20, 60)]
    assert shop.index(Status.LOW) < shop.index(Status.SHORT)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lab.network(RUN, day=99), "give one from 0 to 59"),
        (lambda: lab.network("chain"), "must be a Network"),
    ],
)
def test_what_cannot_be_drawn_is_explained(call, words):
    with pytest.raises(ScenarioError, match=words):
        call()


def test_pyvis_is_the_model_and_holds_plain_values():
    view = lab.network(RUN, day=30)
    assert view.picture.pyvis.num_edges() == 2
    # What JSON takes, the browser takes: no NumPy number, no tuple as a key.
    assert json.loads(json.dumps(view.picture.nodes)) == view.picture.nodes
    assert json.loads(json.dumps(view.picture.edges)) == view.picture.edges


def test_the_network_is_left_as_it_was():
    before = repr(NETWORK.graph().nodes(data=True))
    lab.network(NETWORK)
    assert repr(NETWORK.graph().nodes(data=True)) == before


def test_places_are_the_same_every_time_and_no_two_boxes_touch():
    network = automotive(days=1).network
    layout = node_layout(network)
    assert layout == node_layout(network)
    points = list(layout.points.values())
    for at, (x, y) in enumerate(points):
        for u, v in points[at + 1 :]:
            assert abs(x - u) >= layout.box or abs(y - v) >= layout.row, (x, y, u, v)


def test_upstream_stands_on_the_left():
    network = automotive(days=1).network
    tier, points = tiers(network), node_layout(network).points
    for a in points:
        for b in points:
            assert tier[a] <= tier[b] or points[a][0] < points[b][0]


def test_tiers_are_counted_from_the_customers_if_no_row_says():
    bare = Network(
        products=[Product("unit")],
        nodes=[Node(name) for name in ("mine", "plant", "shop")],
        lanes=[Lane("mine", "plant", "unit"), Lane("plant", "shop", "unit")],
        demands=[Demand("shop", "unit", 5.0)],
    )
    assert tiers(bare) == {"mine": 2, "plant": 1, "shop": 0}


def test_two_views_show_the_same_bytes():
    bundles = [lab.network(RUN, day=30).record for _ in range(2)]
    assert bundles[0]["text/plain"] == bundles[1]["text/plain"]
    assert bundles[0]["image/png"] == bundles[1]["image/png"]
