"""A network to look at: who feeds whom, and how every node fares on a day of a run.

The live picture is built by pyvis and shown offline by the vis-network that it bundles.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import pyvis.network
import traitlets

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import THEME, Chart, Panel, Picture, still
from twinlab.lab.charts.world import World
from twinlab.lab.widgets.levers import Lever, LeverRow
from twinlab.lab.widgets.node_status import COLOURS, NodeLayout, node_layout
from twinlab.lab.widgets.views import Latest, LiveView
from twinlab.management.node_status import Boxes, NodeStatus, Status
from twinlab.modeling import Run
from twinlab.scope import Network, Scenario, tiers
from twinlab.scope.base import DUST, Day

__all__ = ["NetworkView", "network", "world_map"]

# The newest of the versions that pyvis carries; its own pages would ask a server for it.
_VIS = max(Path(pyvis.network.__file__).parent.glob("templates/lib/vis-*/vis-network.min.js"))
_SCRIPT = Path(__file__).with_suffix(".js")
_LANE, _PLAIN = "#B0B0B0", (pen.BLUE, pen.PAPER, pen.INK)
Seen = NodeStatus | None


def model(network: Network, layout: NodeLayout) -> pyvis.network.Network:
    """Build the pyvis network: plain Python values, fixed places, one edge per pair of nodes."""
    height = f"{layout.height:.0f}px"
    built = pyvis.network.Network(height=height, directed=True, cdn_resources="in_line")
    built.toggle_physics(False)
    looks: pen.Style = {"shape": "box", "color": _colours(pen.BLUE, pen.PAPER), "margin": 3}
    looks |= {"font": {"size": 14 if layout.brief else 15, "color": pen.INK}, "physics": False}
    looks |= {"widthConstraint": {"minimum": layout.box, "maximum": layout.box}}
    for node in network.nodes:
        x, y = map(float, layout.points[node.name])
        label, facts = layout.label(node.name), _facts(node.name, network)
        built.add_node(node.name, label, x=x, y=y, title=facts, **looks)
    for words, x, y in layout.heads:
        place: pen.Style = {"x": float(x), "y": float(y), "physics": False}
        built.add_node(f"{words} at {x:.0f}", words, shape="text", **place)
    for source, destination in network.between:
        built.add_edge(source, destination, color=_LANE, id=f"{source}→{destination}")
    return built


def _colours(border: str, fill: str) -> pen.Style:
    same = {"border": border, "background": fill}
    return same | {"highlight": same, "hover": same}


def _facts(name: str, network: Network) -> str:
    """What the pointer over a node tells: its role, products and neighbours."""
    node = network.node(name)
    sides = {
        "products": network.held.get(name, []),
        "from": sorted(start for start, end in network.between if end == name),
        "to": sorted(end for start, end in network.between if start == name),
    }
    parts = [f"{side}: {', '.join(names)}" for side, names in sides.items() if names]
    return "\n".join([f"{name} ({node.role})" if node.role else name, *parts])


class NetworkWidget(anywidget.AnyWidget):
    """The drawing on the page; the Python side only sends what changed."""

    _esm = "\n;\n".join(path.read_text("utf-8") for path in (_VIS, THEME, _SCRIPT))
    _css = _SCRIPT.with_suffix(".css")
    nodes: Any = traitlets.List().tag(sync=True)
    edges: Any = traitlets.List().tag(sync=True)
    height = traitlets.Int(400).tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    key: Any = traitlets.List().tag(sync=True)  # words, border, ground and ink of each sign
    night = traitlets.Dict(pen.NIGHT).tag(sync=True)  # what stands for a colour on a dark page

    def __init__(self, network: Network, layout: NodeLayout) -> None:
        self.pyvis = model(network, layout)
        self._network, self._layout, self._boxes = network, layout, Boxes()
        super().__init__(nodes=self.pyvis.nodes, edges=self.pyvis.edges, height=int(layout.height))

    def colour(self, boxes: Boxes, shut: Collection[str] = ()) -> None:
        """Show every node's status, in colour and words, and the lanes that are ``shut``."""
        self._boxes, changed = boxes, []
        for node in self.pyvis.nodes:
            if node["id"] in boxes:
                status, text = boxes[node["id"]]
                border, fill, ink = COLOURS[status]
                node = node | {"label": self._layout.label(node["id"], text)}
                node |= {"color": _colours(border, fill), "font": node["font"] | {"color": ink}}
            changed.append(node)
        # A lane that nothing can be sent on for want of goods is drawn like its sender.
        dry = {n: COLOURS[status][0] for n, (status, _) in boxes.items() if status >= Status.SHORT}
        with self.hold_sync():
            self.edges = [
                edge | {"color": dry.get(edge["from"], _LANE), "dashes": edge["from"] in dry}
                if edge["id"] not in shut
                else edge
                | {"color": COLOURS[Status.CLOSED][0], "dashes": True, "label": "✕ closed"}
                for edge in self.pyvis.edges
            ]
            self.nodes = changed

    @property
    def still(self) -> str:
        """The same picture for readers without a kernel, as PNG in base64."""
        return still(still_network(self._network, self._layout, self._boxes).figure)


KEY = [(f"{status.sign} {status.words}", *looks) for status, looks in COLOURS.items()]
_SHOWN = 12  # rows of the table of nodes in trouble


def network(thing: Network | Scenario | Run, day: Day | None = None) -> "NetworkView":
    """Draw a network tier by tier, and of a run every node's status on a day.

    Of a run, a slider moves the ``day``; without it the view opens on the first of the days on
    which most nodes owe goods.

    Raises:
        ScenarioError: there is no such day, or the thing has no network.

    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 15})
    >>> network(net)
    2 nodes on 2 tiers, 1 lane
    >>> chain = Scenario(net, BaseStock(20), days=40).disrupt(Outage("mine", start=9, days=9))
    >>> network(simulate(chain), day=14)
    day 14: 2 of 2 nodes owe goods, 1 is closed; first short: shop (day 13)
    """
    nodes = NodeStatus(thing) if isinstance(thing, Run) else None
    scenario = thing.scenario if isinstance(thing, Run) else thing
    return NetworkView(scenario.network if isinstance(scenario, Scenario) else scenario, nodes, day)


def world_map(run: Run, day: Day | None = None) -> "NetworkView":
    """Draw a run on the map of the world: goods under way, and how every node fares on a day.

    A slider moves the ``day`` and a button plays: a closure's ripple is a gap in the goods, and
    shows in the nodes' colours and shapes. Ways are great circles, no routes of ships. Nodes with
    no latitude and longitude are left out; of more than 20, those of a country send together. What
    was under way before the run is not drawn.

    Raises:
        ScenarioError: no node has a place, or the day was not lived through.

    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 45}, lead_time=9)
    >>> here = Node("mine", latitude=-23, longitude=-68), Node("shop", latitude=48, longitude=2)
    >>> chain = Scenario(net.change(*here), BaseStock(60), days=40)
    >>> world_map(simulate(chain.disrupt(Outage("mine", start=9, days=9))))
    day 9: 1 of 2 nodes owes goods, 1 is closed
    """
    nodes = NodeStatus(run)
    return NetworkView(run.scenario.network, nodes, day, World(nodes))


class NetworkView(LiveView):
    """The picture, and for a run the day's slider, result line, course of trouble and table."""

    def __init__(self, network: Network, nodes: Seen, day: Day | None, world: Any = None) -> None:
        super().__init__()
        self._network, self._layout, self._nodes = network, node_layout(network), nodes
        self._world: Any = world
        if not world:
            self.picture = NetworkWidget(network, self._layout)
            self.picture.key = KEY if nodes else []
        self.children = [self.status, self.picture]
        if nodes:
            days, day_of = nodes.run.days, nodes.run.scenario.day_of
            day = nodes.worst_day if day is None else day_of(day)
            nodes.on(day)  # refuses a day that was not lived through
            lever = Lever("day", "day", day, days[0], max(days[-1], days[0] + 1), True)
            self.row = LeverRow(lever, Latest(self._show).ask)
            ends = {"min": days[0], "max": days[-1]}
            play = ipywidgets.Play(value=day, interval=250, show_repeat=False, **ends)
            ipywidgets.jslink((play, "value"), (self.row, "value"))
            self.course = Picture()
            self.row.layout, bar = {"flex": "1 1 auto"}, ipywidgets.HBox([self.row, play])
            self.children = [bar, self.status, self.picture, self.course, self.table]
        self._show()

    @property
    def day(self) -> int | None:
        """The day that is shown, if it is a run."""
        return min(int(self.row.value), self._nodes.run.days[-1]) if self._nodes else None

    def __repr__(self) -> str:
        if self._nodes and self.day is not None:
            return self._nodes.summary(self.day)
        net = self._network
        count = {"node": net.nodes, "tier": set(tiers(net).values()), "lane": net.lanes}
        words = (f"{len(n)} {what}{'s' * (len(n) != 1)}" for what, n in count.items())
        return "{} on {}, {}".format(*words)

    def _show(self) -> None:
        """Bring colours, words and marks to the day."""
        if self._nodes and self.day is not None:
            day, nodes = self.day, self._nodes
            boxes = sorted(nodes.boxes(day).items(), key=lambda box: -box[1][0])
            if self._world:
                self.picture.show(self._world(day))
            else:
                self.picture.colour(nodes.boxes(day, self._layout.brief))
            self.course.show(_course(nodes, day))
            trouble = [(name, words) for name, (status, words) in boxes if status > Status.OK]
            more = [(f"and {len(trouble) - _SHOWN} more", "")] * (len(trouble) > _SHOWN)
            head = f"Not ok on day {day}" if trouble else f"All nodes are ok on day {day}"
            self._tabulate(f"{head} (units)", (), trouble[:_SHOWN] + more, [""])
        if not self._world:
            self.picture.alt = f"network: {self}"
        self._say(repr(self))


def _course(nodes: NodeStatus, day: int) -> Chart:
    """How many nodes owe goods, by day, with a mark on the day that is shown."""
    count, days = (nodes.owed > DUST).sum(axis=1), nodes.run.days
    most = max(1, int(count.max()))
    marks = [
        *pen.closed(closure[1:] for closure in nodes.closures),
        pen.band(days, 0.0, count, "nodes", color=pen.VERMILLION, linewidth=0, label="_"),
        pen.post(day, color=pen.BLUE, linewidth=3),
    ]
    title, xlim = "nodes that owe goods (grey: closed)", (days[0], max(days[-1], days[0] + 1))
    words = f"nodes that owe goods by day, at most {most}; day {day} is marked"
    panel = Panel(marks, title, "day", xlim=xlim, ylim=(0, most), finish=pen.whole)
    return Chart([panel], words, (pen.WIDTH, 1.5), legend=False, calendar=nodes.run.scenario)


def still_network(network: Network, layout: NodeLayout, boxes: Boxes) -> Chart:
    """Boxes and arrows on paper, and of a run every node's status in colour and words."""
    xs, ys = zip(*layout.points.values(), strict=True)
    half, row, marks = layout.box / 2, layout.row, list[pen.Mark]()
    scale = 10.5 / (max(xs) - min(xs) + 2.2 * half)  # inches per pixel
    arrow: pen.Style = {"textcoords": "data", "arrowprops": {"arrowstyle": "->", "color": _LANE}}
    for start, end in network.between:
        (x, y), (to_x, to_y) = layout.points[start], layout.points[end]
        marks.append(pen.note("", (to_x - half, to_y), (x + half, y), zorder=1, **arrow))
    middle: pen.Style = {"ha": "center", "va": "center"}
    size = min(pen.FONT, (12.5 if layout.brief else 15) * 72 * scale)
    for name, at in layout.points.items():
        status, words = boxes.get(name, (None, ""))
        border, fill, ink = COLOURS[status] if status is not None else _PLAIN
        box: pen.Style = {"boxstyle": "round", "linewidth": 2, "edgecolor": border}
        box["facecolor"] = fill
        looks: pen.Style = {"color": ink, "fontsize": size, "linespacing": 1.1, "bbox": box}
        marks.append(pen.note(layout.label(name, words), at, (0, 0), **middle, **looks))
    marks += [pen.note(head, (x, y), (0, 0), **middle) for head, x, y in layout.heads]
    limits = (min(xs) - 1.1 * half, max(xs) + 1.1 * half), (max(ys) + row, min(ys) - 1.5 * row)
    panel = Panel(marks, "", "", "", *limits, grid="", finish=lambda axes, _: axes.set_axis_off())
    return Chart([panel], "", (10.5, max(1.6, (layout.height + row) * scale)), legend=False)
