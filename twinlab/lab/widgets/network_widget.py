"""The live picture of a network: built by pyvis, shown offline by the vis-network it bundles.

A network to look at: who feeds whom, and how every node fares on a day of a run.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import pyvis.network
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from twinlab.lab.charts.daily import closures
from twinlab.lab.charts.drawing import BLUE, CLOSED, FONT, INK, VERMILLION, as_png
from twinlab.lab.widgets.levers import Latest, Lever, LeverRow
from twinlab.lab.widgets.node_layout import Places, label_of, layered
from twinlab.lab.widgets.node_status import Conditions, State
from twinlab.modeling.simulation.run import Run
from twinlab.scope import Network, Scenario
from twinlab.scope.boundary import tiers
from twinlab.scope.calendar import DUST

__all__ = ["NetworkView", "network"]


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
    "edges": {
        "smooth": {"type": "cubicBezier", "forceDirection": "horizontal", "roundness": 0.5},
        "arrows": {"to": {"enabled": True, "scaleFactor": 0.6}},
    },
}


def model(network: Network, places: Places) -> pyvis.network.Network:
    """Build the pyvis network: plain Python values, fixed places, one edge per pair of nodes.

    >>> from twinlab.lab.widgets.node_layout import layered
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
            node.name,
            label_of(node.name, "", places),
            shape="box",
            color=_colours(**_PLAIN),
            x=float(x),
            y=float(y),
            physics=False,
            title=_facts(node.name, network),
            widthConstraint={"minimum": places.box, "maximum": places.box},
            margin=3,
            font=font,
        )
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
    sides = {
        "from": {v.source for v in network.lanes if v.destination == name},
        "to": {v.destination for v in network.lanes if v.source == name},
    }
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
                look = {
                    "label": label,
                    "color": _colours(state.colour, state.fill),
                    "font": node["font"] | {"color": state.ink},
                }
                changed[-1] = node | look
        # A lane that nothing can be sent on for want of goods is drawn like its sender.
        dry = {name: state.colour for name, (state, _) in now.items() if state >= State.SHORT}
        with self.hold_sync():
            self.edges = [
                edge | {"color": dry.get(edge["from"], _LANE), "dashes": edge["from"] in dry}
                for edge in self.pyvis.edges
            ]
            self.nodes = changed


_BIG = "font-size:15px;line-height:1.5"
_SHOWN = 12  # rows of the table of nodes in trouble


def network(
    thing: Network | Scenario | Run, day: int | None = None, measure: str = "backlog"
) -> NetworkView:
    """Draw a network tier by tier, and of a run every node's state on a day.

    Of a run, a slider moves the ``day``; without it the view opens on the first of the days on
    which most nodes owe goods. ``measure`` (a column of ``run.daily``) stands in the boxes.

    Raises:
        ScenarioError: there is no such day or measure, or the thing has no network.

    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 15})
    >>> network(net)
    2 nodes on 2 tiers, 1 lane
    >>> chain = Scenario(net, BaseStock(20), days=40).disrupt(Outage("mine", start=9, days=9))
    >>> network(simulate(chain), day=14)
    day 14: 2 of 2 nodes owe goods, 1 is closed; first short: shop (day 13)
    """
    seen = Conditions(thing, measure) if isinstance(thing, Run) else None
    scenario = thing.scenario if isinstance(thing, Run) else thing
    drawn = scenario.network if isinstance(scenario, Scenario) else scenario
    return NetworkView(drawn, layered(drawn), seen, day)


class NetworkView(ipywidgets.VBox):
    """The picture, and for a run the day's slider, result line, course of trouble and table.

    >>> net = serial(["mine", "plant", "shop"], demand=Normal(5, 1))
    >>> NetworkView(net, layered(net), None, None).summary
    '3 nodes on 3 tiers, 2 lanes'
    """

    def __init__(
        self, network: Network, places: Places, seen: Conditions | None, day: int | None
    ) -> None:
        """Build the picture; of a run, show its day."""
        self._network, self._places, self._seen = network, places, seen
        self.canvas = Canvas(network, places)
        self.status, self.course, self.table = (ipywidgets.HTML() for _ in range(3))
        parts = [self.status, self.canvas]
        if seen:
            self.row = self._days(seen, seen.worst_day if day is None else day)
            parts = [self.row, *parts, self.course, self.table]
        super().__init__(parts)
        self._show()

    @property
    def day(self) -> int | None:
        """The day that is shown, if it is a run."""
        return min(int(self.row.value), self._seen.run.days[-1]) if self._seen else None

    @property
    def summary(self) -> str:
        """What the picture shows, in one line."""
        if self._seen and self.day is not None:
            return self._seen.summary(self.day)
        words = [
            _count(len(self._network.nodes), "node", " on "),
            _count(len(set(tiers(self._network).values())), "tier", ", "),
            _count(len(self._network.lanes), "lane", ""),
        ]
        return "".join(words)

    def __repr__(self) -> str:
        """Say what the picture shows."""
        return self.summary

    def _days(self, seen: Conditions, day: int) -> LeverRow:
        """The slider of the day, its number box, and a button that plays the days."""
        seen.on(day)
        days = seen.run.days
        lever = Lever("day", "day", day, days[0], max(days[-1], days[0] + 1), 1, True)
        row = LeverRow(lever, Latest(self._show).ask)
        row.box.layout = ipywidgets.Layout(width="150px")
        row.slider.layout = ipywidgets.Layout(flex="1 1 260px")
        player = ipywidgets.Play(
            value=day, min=days[0], max=days[-1], interval=250, show_repeat=False
        )
        ipywidgets.jslink((player, "value"), (row.slider, "value"))
        row.children = [*row.children, player]
        return row

    def _show(self) -> None:
        """Bring colours, words and marks to the day."""
        if self._seen and self.day is not None:
            day, seen = self.day, self._seen
            words = seen.words(day, self._places.brief)
            self.canvas.colour(seen.names, seen.on(day), words)
            self.course.value = _course(seen, day)
            self.table.value = _table(seen, day)
        said = html.escape(self.summary)
        self.canvas.alt = f"network: {self.summary}"
        self.status.value = f'<span role="status" style="{_BIG}">{said}</span>{_key(self._seen)}'

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(super()._repr_mimebundle_(**options) or {})
        return bundle | {"text/plain": self.summary, "image/png": as_png(self._still())}

    def _still(self) -> Figure:
        """The same picture for readers without a kernel."""
        states, words = None, None
        if self._seen and self.day is not None:
            states = self._seen.on(self.day)
            words = self._seen.words(self.day, self._places.brief)
        return _drawn(self._network, self._places, states, words)


def _count(number: int, what: str, after: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}{after}"


def _key(seen: Conditions | None) -> str:
    """What the colours and signs mean."""
    signs = "".join(
        f"<span style='border:3px solid {s.colour};padding:0 5px;margin-right:4px'>{s.sign}</span>"
        f"<span style='margin-right:18px'>{s.words}</span>"
        for s in State
    )
    return f"<div style='{_BIG};margin:4px 0'>{signs}</div>" if seen else ""


def _course(seen: Conditions, day: int) -> str:
    """How many nodes owe goods, by day, with a mark on the day that is shown."""
    count = (seen.owed > DUST).sum(axis=1)
    days, most = seen.run.days, max(1, int(count.max()))
    step = 860 / max(1, len(days) - 1)

    def x(at: int) -> str:
        return f"{60 + step * (at - days[0]):.1f}"

    line = "L".join(f"{x(at)} {60 - 40 * n / most:.1f}" for at, n in zip(days, count, strict=True))
    shut = "".join(
        f"<path d='M{x(first)} 20H{x(last + 1)}V60H{x(first)}z' fill='{CLOSED}'/>"
        for _, first, last in closures(seen.run)
    )
    return (
        f'<svg role="img" aria-label="nodes that owe goods by day, at most {most}; day {day} is '
        f'marked" viewBox="0 0 930 88" style="width:100%;max-width:930px;background:#fff" '
        f'font-family="sans-serif" font-size="16">{shut}'
        f"<text x='2' y='13' fill='{INK}'>nodes that owe goods (grey: closed)</text>"
        f"<text x='52' y='28' text-anchor='end' fill='{INK}'>{most}</text>"
        f"<text x='52' y='64' text-anchor='end' fill='{INK}'>0</text>"
        f"<path d='M{x(days[0])} 60L{line}V60z' fill='{VERMILLION}'/>"
        f"<path d='M60 60H920' stroke='{INK}'/>"
        f"<path d='M{x(day)} 16V66' stroke='{BLUE}' stroke-width='3'/>"
        f"<text x='{min(float(x(day)), 890)}' y='80' text-anchor='middle' fill='{INK}'>day {day}"
        "</text></svg>"
    )


def _table(seen: Conditions, day: int) -> str:
    """The nodes that are not ok on a day, as an HTML table."""
    rows = list(zip(seen.names, seen.on(day), seen.words(day), strict=True))
    trouble = sorted((r for r in rows if r[1] is not State.OK), key=lambda r: -r[1])
    cells = "".join(
        f"<tr><th scope='row' style='text-align:left;font-weight:normal'>{html.escape(name)}</th>"
        f"<td>{html.escape(words)}</td></tr>"
        for name, _, words in trouble[:_SHOWN]
    )
    left = len(trouble) - _SHOWN
    more = f"<tr><td colspan='2'>and {left} more</td></tr>" if left > 0 else ""
    head = f"Not ok on day {day}" if trouble else f"All nodes are ok on day {day}"
    return (
        f"<table style='{_BIG};border-spacing:10px 2px'>"
        f"<caption style='text-align:left'>{head} (units)</caption>{cells}{more}</table>"
    )


def _drawn(
    network: Network, places: Places, states: list[State] | None, words: list[str] | None
) -> Figure:
    """Boxes and arrows by matplotlib."""
    xs, ys = zip(*places.points.values(), strict=True)
    half, wide = places.box / 2, max(xs) - min(xs) + 1.1 * places.box
    scale = 10.5 / wide  # inches per pixel
    figure = Figure(figsize=(10.5, max(1.6, (places.height + places.row) * scale)))
    axes = figure.add_axes(
        (0.0, 0.0, 1.0, 1.0),
        xlim=(min(xs) - 1.1 * half, max(xs) + 1.1 * half),
        ylim=(max(ys) + places.row, min(ys) - 1.5 * places.row),
    )
    axes.set_axis_off()
    for source, destination in dict.fromkeys((v.source, v.destination) for v in network.lanes):
        (x, y), (to_x, to_y) = places.points[source], places.points[destination]
        axes.annotate(
            "",
            (to_x - half, to_y),
            (x + half, y),
            zorder=1,
            arrowprops={"arrowstyle": "->", "color": "#9A9A9A"},
        )
    for at, node in enumerate(network.nodes):
        state = State.OK if states is None else states[at]
        x, y = places.points[node.name]
        edge, fill = (state.colour, state.fill) if states else (BLUE, "white")
        corner, high = (x - half + 4, y - 0.36 * places.row), 0.72 * places.row
        box = FancyBboxPatch(
            corner,
            places.box - 8,
            high,
            boxstyle="round,pad=4",
            linewidth=2,
            edgecolor=edge,
            facecolor=fill,
        )
        axes.add_patch(box)
        text = label_of(node.name, words[at] if words else "", places)
        axes.text(
            x,
            y,
            text,
            ha="center",
            va="center",
            linespacing=1.1,
            color=state.ink,
            fontsize=min(FONT, (12.5 if places.brief else 15) * 72 * scale),
        )
    for head, x, y in places.heads:
        axes.text(x, y, head, ha="center", va="center", fontsize=FONT, color=INK)
    return figure
