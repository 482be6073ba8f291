"""Where each node stands in the picture of its network, and how its status looks."""

import textwrap
from dataclasses import dataclass

from twinlab.lab.charts import drawing as pen
from twinlab.management.node_status import MANY, Status
from twinlab.scope import Network, tiers
from twinlab.scope.base import grouped, nx

# The border of a box, its inside, and the ink that can be read on it.
COLOURS = {
    Status.OK: (pen.GREEN, pen.PAPER, pen.INK),
    Status.LOW: (pen.ORANGE, pen.LOW, pen.INK),
    Status.SHORT: (pen.VERMILLION, pen.SHORT, pen.INK),
    Status.CLOSED: ("#000000", "#000000", pen.PAPER),
}
_TALLEST = 13  # boxes in a column; a longer tier is set in several
Roles = dict[str, int]  # the number of each node's role


@dataclass(frozen=True)
class NodeLayout:
    """The centre of every box in pixels, the room it has, and the words above the columns."""

    points: dict[str, tuple[float, float]]
    box: float
    row: float
    brief: bool
    heads: tuple[tuple[str, float, float], ...]

    @property
    def height(self) -> float:
        """How high the drawing is, in pixels."""
        ys = [y for _, y in self.points.values()]
        return max(ys) - min(ys) + 2 * self.row

    def label(self, name: str, words: str = "") -> str:
        """A node's name and words in lines that fit its box."""
        width = max(10, int(self.box / (7.2 if self.brief else 7.8)))
        lines = textwrap.wrap(name + words if self.brief else name, width, break_long_words=False)
        return "\n".join([*lines, *([words] if words and not self.brief else [])])


def node_layout(network: Network) -> NodeLayout:
    """Set the nodes in columns by tier, upstream left, neighbours level with one another."""
    numbers = {role: at for at, role in enumerate(dict.fromkeys(n.role for n in network.nodes))}
    roles = {n.name: numbers[n.role] for n in network.nodes}  # in the order of the table
    tier, columns = tiers(network), list[tuple[str, list[str]]]()
    for level in sorted(set(tier.values()), reverse=True):
        names = [n.name for n in network.nodes if tier[n.name] == level]
        columns += [(f"tier {level}", column) for column in _packed(names, roles)]
    heights = _levelled(network, roles, [names for _, names in columns])
    spacing, brief = 1150.0 / len(columns), len(network.nodes) > MANY  # pixels
    row = 54.0 if brief else 64.0
    places = ((name, at) for at, (_, names) in enumerate(columns) for name in names)
    points = {name: (at * spacing, heights[name] * row) for name, at in places}
    top = min(y for _, y in points.values()) - row
    heads = tuple((head, at * spacing, top) for at, (head, _) in enumerate(columns))
    return NodeLayout(points, min(0.9 * spacing, 180.0), row, brief, heads)


def _packed(names: list[str], roles: Roles) -> list[list[str]]:
    """One column if it is short enough, else roles packed into columns, the largest role first."""
    if len(names) <= _TALLEST:
        return [names]
    blocks, packed = grouped((roles[name], name) for name in names), list[list[str]]()
    for block in sorted(blocks.values(), key=len, reverse=True):
        for start in range(0, len(block), _TALLEST):
            part = block[start : start + _TALLEST]
            room = next((c for c in packed if len(c) + len(part) <= _TALLEST), None)
            if room is None:
                packed.append(room := [])
            room += part
    return packed


def _levelled(network: Network, roles: Roles, columns: list[list[str]]) -> dict[str, float]:
    """Heights in rows: neighbours level with one another, so that lanes cross less."""
    beside = nx.Graph([*network.between])
    beside.add_nodes_from(network.named)
    heights = {name: y for names in columns for name, y in _centred(names)}
    for _ in range(4):
        for names in columns:
            near = {name: [heights[other] for other in beside[name] or [name]] for name in names}
            names.sort(key=lambda name: (roles[name], round(sum(near[name]) / len(near[name]), 6)))
            heights |= dict(_centred(names))
    return heights


def _centred(names: list[str]) -> list[tuple[str, float]]:
    return [(name, at - (len(names) - 1) / 2) for at, name in enumerate(names)]
