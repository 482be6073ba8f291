"""A network as a networkx graph: GraphML and GEXF take it, and give the same back."""

import io
from math import inf
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.strategies import networks

FOLDERS = sorted(at.parent for at in (Path(__file__).parents[2] / "datasets").rglob("lanes.csv"))
WAYS = [
    (nx.write_graphml, lambda raw: nx.read_graphml(raw, force_multigraph=True)),
    (nx.write_gexf, nx.read_gexf),
]


def told(graph):
    """The nodes of a graph with what they hold, and its edges by their ends and key."""
    nodes, edges = dict(graph.nodes(data=True)), {}
    for own in nodes.values():
        own.pop("label", None)  # what GEXF adds
    many = graph.is_multigraph()  # GEXF of no parallel lanes is read without keys
    for *ends, own in graph.edges(data=True, **({"keys": True} if many else {})):
        own.pop("id", None)
        path = f"{'->'.join(ends[:2])}/{own['product']}/{own['mode']}"
        edges[tuple(ends if many else [*ends, path])] = own
    return nodes, edges


def there_and_back(network, write, read):
    """The nodes and edges of the graph, and those of what a file of it says."""
    graph, file = network.graph(), io.BytesIO()
    write(graph, file)
    file.seek(0)
    return told(graph), told(read(file))


def same(network):
    for write, read in WAYS:
        (nodes, edges), (read_nodes, read_edges) = there_and_back(network, write, read)
        assert len(nodes) == len(network.nodes)
        assert len(edges) == len(network.lanes)
        assert read_nodes == nodes
        assert read_edges == edges


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda at: at.name)
def test_the_networks_of_the_cases(folder):
    same(tl.Network.from_tables(folder))


def test_there_are_cases():
    assert len(FOLDERS) >= 3


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_any_network(network):
    same(network)


def named(names):
    source, shop, product, mode = names
    lanes = [tl.Lane(source, shop, product, mode=mode, lead_time=tl.Normal(3, 1))]
    asked = [tl.Demand(shop, product, tl.Poisson(3))]
    return tl.Network([tl.Product(product)], [tl.Node(source), tl.Node(shop)], lanes, (), asked)


def sayable(name):
    try:
        return tl.Node(name).name == name and ";" not in name
    except tl.NetworkError:
        return False


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(min_size=1).filter(sayable), min_size=4, max_size=4, unique=True))
def test_any_names(names):
    same(named(names))


@pytest.mark.parametrize("text", ["\ufffe", "\uffff", "a\x0bb", "\ud800"])
def test_a_name_that_no_xml_can_hold_is_told(text):
    with pytest.raises(tl.NetworkError, match="what is no letter"):
        tl.Node(f"x{text}")


def test_special_characters_and_parallel_lanes_that_sound_alike():
    names = ["<b>&'\"", "Gießerei 名前"]
    lanes = [tl.Lane(*names, "a/b", mode="c"), tl.Lane(*names, "a", mode="b/c", capacity=5)]
    network = tl.Network([tl.Product("a/b"), tl.Product("a")], [tl.Node(n) for n in names], lanes)
    same(network)
    capacities = {key: own for *_, key, own in network.graph().edges(keys=True, data="capacity")}
    assert list(capacities.values()) == [inf, 5]


def test_what_stands_in_the_graph():
    """Numbers stay numbers, laws are as in a table, what is blank is left out."""
    bike = tl.Recipe("shop", "bike", {"frame": 2}, production_time=1)
    network = tl.Network(
        [tl.Product("frame"), tl.Product("bike")],
        [tl.Node("mine", latitude=3), tl.Node("shop", capacity=4, evening_review=True)],
        [tl.Lane("mine", "shop", "frame", lead_time=tl.Normal(3, 1))],
        [bike], [tl.Demand("shop", "bike", 4)],
    )  # fmt: skip
    graph = network.graph()
    assert graph.nodes["mine"]["latitude"] == 3
    assert "latitude" not in graph.nodes["shop"]
    assert graph.nodes["shop"]["capacity"] == 4
    assert graph.nodes["shop"]["evening_review"] is True
    assert eval(graph.nodes["shop"]["recipes"], vars(tl)) == bike
    lane = graph.edges["mine", "shop", "mine->shop/frame/road"]
    assert lane["lead_time"] == str(tl.Normal(3, 1))
    assert lane["product"] == "frame"
    assert nx.to_pandas_edgelist(graph, edge_key="lane").shape[0] == 1
    path = "mine->shop/frame/road.lead_time"
    assert tl.Scenario(network, tl.BaseStock(9)).value(path) == network.lanes[0].lead_time
