"""A network as a graph of networkx, which GraphML and GEXF can hold."""

from typing import Any

from twinlab.scope.cells import format_cell
from twinlab.scope.columns import schema
from twinlab.scope.later import nx
from twinlab.scope.network import Network, grouped


def graph_of(network: Network) -> "nx.MultiDiGraph[str]":
    """Nodes and lanes with their columns; see ``Network.graph``."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from((node.name, _columns(node)) for node in network.nodes)
    for table in ("recipes", "demands", "stocks"):
        for name, rows in grouped((r.node, r) for r in getattr(network, table)).items():
            graph.nodes[name][table] = "; ".join(map(repr, rows))
    for lane in network.lanes:
        ends, key = lane.key[:2], "/".join(["->".join(lane.key[:2]), *lane.key[2:]])
        while graph.has_edge(*ends, key):  # a name may hold "/" itself
            key += "'"
        graph.add_edge(*ends, key=key, **_columns(lane))
    return graph


def _columns(row: Any) -> dict[str, Any]:
    """The filled columns of a row but its names, as numbers and texts."""
    rest = (c for c in schema(type(row)) if c.name not in ("name", "source", "destination"))
    cells = {c.name: (v := getattr(row, c.name), format_cell(v)) for c in rest}
    return {n: v if isinstance(v, int | float) else text for n, (v, text) in cells.items() if text}
