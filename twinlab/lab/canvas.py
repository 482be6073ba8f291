"""The live picture of a network: built by pyvis, shown offline by the vis-network it bundles."""

from pathlib import Path
from typing import Any

import anywidget
import pyvis.network
import traitlets

from twinlab.lab.conditions import State
from twinlab.lab.drawing import INK
from twinlab.lab.places import Places, label_of
from twinlab.scope import Network

_HERE = Path(__file__).parent
# The newest of the versions that pyvis carries; its own pages would ask a server for it.
_VIS = max(Path(pyvis.network.__file__).parent.glob("templates/lib/vis-*/vis-network.min.js"))
_PLAIN = {"colour": "#0072B2", "fill": "#FFFFFF"}
_LANE = "#B0B0B0"
_OPTIONS = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    # The wheel belongs to the page; buttons zoom.
    "interaction": {"zoomView": False, "dragNodes": False, "hover": True},
    "nodes": {"font": {"face": "sans-serif"}, "borderWidth": 3},
    "edges": {"smooth": {"type": "cubicBezier", "forceDirection": "horizontal", "roundness": 0.5},
              "arrows": {"to": {"enabled": True, "scaleFactor": 0.6}}},
}  # fmt: skip


def model(network: Network, places: Places) -> pyvis.network.Network:
    """Build the pyvis network: plain Python values, fixed places, one edge per pair of nodes.

    >>> from twinlab.lab.places import layered
    >>> chain = serial(["mine", "plant", "shop"], demand=Normal(5, 1))
    >>> built = model(chain, layered(chain))
    >>> built.get_node("plant")["label"], built.num_edges()
    ('plant', 2)
    """
    built = pyvis.network.Network(
        height=f"{places.height:.0f}px", directed=True, cdn_resources="in_line"
    )
    built.toggle_physics(False)
    font = {"size": 14 if places.brief else 15, "color": INK}
    for node in network.nodes:
        x, y = places.points[node.name]
        built.add_node(
            node.name, label_of(node.name, "", places), shape="box", color=_colours(**_PLAIN),
            x=float(x), y=float(y), physics=False, title=_facts(node.name, network),
            widthConstraint={"minimum": places.box, "maximum": places.box}, margin=3, font=font,
        )  # fmt: skip
    for words, x, y in places.heads:
        built.add_node(
            f"{words} at {x:.0f}", words, shape="text", x=float(x), y=float(y), physics=False
        )
    for source, destination in dict.fromkeys((v.source, v.destination) for v in network.lanes):
        built.add_edge(source, destination, color=_LANE, id=f"{source}→{destination}")
    return built


def _colours(colour: str, fill: str) -> dict[str, Any]:
    same = {"border": colour, "background": fill}
    return same | {"highlight": same, "hover": same}


def _facts(name: str, network: Network) -> str:
    """What the pointer over a node tells: its role, products and neighbours."""
    node = network.node(name)
    parts = [f"{name} ({node.role})" if node.role else name]
    parts += [f"products: {', '.join(p for n, p in network.items if n == name)}"]
    sides = {"from": {v.source for v in network.lanes if v.destination == name},
             "to": {v.destination for v in network.lanes if v.source == name}}  # fmt: skip
    parts += [f"{way}: {', '.join(sorted(names))}" for way, names in sides.items() if names]
    return "\n".join(parts)


class Canvas(anywidget.AnyWidget):
    """The drawing on the page; the Python side only sends what changed."""

    _esm = _VIS.read_text("utf-8") + "\n;\n" + (_HERE / "canvas.js").read_text("utf-8")
    _css = """
    .twinlab-network { border: 1px solid #ccc; background: #fff; }
    .twinlab-network > div:last-child { text-align: right; padding: 4px; }
    .twinlab-network button { font-size: 15px; min-width: 30px; margin-left: 4px; }
    .twinlab-network .vis-tooltip {
      position: absolute; visibility: hidden; white-space: pre; pointer-events: none; z-index: 5;
      padding: 6px; font-size: 14px; color: #222; background: #fff; border: 1px solid #767676;
    }"""
    nodes: Any = traitlets.List().tag(sync=True)
    edges: Any = traitlets.List().tag(sync=True)
    options = traitlets.Dict(_OPTIONS).tag(sync=True)
    height = traitlets.Int(400).tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)

    def __init__(self, network: Network, places: Places) -> None:
        """Draw a network whose nodes have no state yet."""
        self.pyvis = model(network, places)
        self._places = places
        super().__init__(nodes=self.pyvis.nodes, edges=self.pyvis.edges, height=int(places.height))

    def colour(self, names: list[str], states: list[State], words: list[str]) -> None:
        """Show every node's state, in colour and words."""
        now = {name: (state, text) for name, state, text in zip(names, states, words, strict=True)}
        changed = []
        for node in self.pyvis.nodes:
            changed.append(node)
            if node["id"] in now:
                state, text = now[node["id"]]
                label = label_of(node["id"], text, self._places)
                look = {"label": label, "color": _colours(state.colour, state.fill),
                        "font": node["font"] | {"color": state.ink}}  # fmt: skip
                changed[-1] = node | look
        # A lane that nothing can be sent on for want of goods is drawn like its sender.
        dry = {name: state.colour for name, (state, _) in now.items() if state >= State.SHORT}
        with self.hold_sync():
            self.edges = [
                edge | {"color": dry.get(edge["from"], _LANE), "dashes": edge["from"] in dry}
                for edge in self.pyvis.edges
            ]
            self.nodes = changed
