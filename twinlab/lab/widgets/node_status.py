"""Where each node stands in the picture, and how it fares: ok, low in stock, owing, or closed."""

import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np

from twinlab.lab.charts.daily import closed_days, total
from twinlab.lab.charts.drawing import GREEN, INK, ORANGE, VERMILLION
from twinlab.management.flows import mean_flows
from twinlab.modeling import Run
from twinlab.scope import Network, Scenario, ScenarioError, State, tiers
from twinlab.scope.base import DUST, Array, ItemKey, grouped, nx, shown

MANY = 20  # nodes; more say less each
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
        """A node's name and words in lines that fit its box.

        >>> layout = NodeLayout({}, 110, 54, True, ())
        >>> layout.label("Philippines packaging", " ■ 12").splitlines()
        ['Philippines', 'packaging ■ 12']
        """
        width = max(10, int(self.box / (7.2 if self.brief else 7.8)))
        lines = textwrap.wrap(name + words if self.brief else name, width, break_long_words=False)
        return "\n".join([*lines, *([words] if words and not self.brief else [])])


def node_layout(network: Network) -> NodeLayout:
    """Set the nodes in columns by tier, upstream left, neighbours level with one another.

    >>> points = node_layout(serial(["mine", "plant", "shop"], demand=Normal(5, 1))).points
    >>> points["mine"] < points["plant"] < points["shop"]
    True
    """
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


class Status(IntEnum):
    """How a node fares, and how that looks.

    ``colour`` is the border of its box (Okabe & Ito) and ``fill`` the inside, on which the ``ink``
    can be read; ``sign`` is a shape for those who do not see the colour, ``words`` what it means.
    """

    OK = 0, GREEN, "#FFFFFF", INK, "●", "ok"
    LOW = 1, ORANGE, "#FBE3B0", INK, "▲", "low: under a third of its median stock"
    SHORT = 2, VERMILLION, "#F2A571", INK, "■", "short: owes or loses goods"
    CLOSED = 3, "#000000", "#000000", "#FFFFFF", "✕", "closed"

    colour: str
    fill: str
    ink: str
    sign: str
    words: str

    def __new__(cls, number: int, *looks: str) -> "Status":
        """A whole number that knows its looks."""
        status = int.__new__(cls, number)
        status._value_ = number
        status.colour, status.fill, status.ink, status.sign, status.words = looks
        return status


Boxes = dict[str, tuple[Status, str]]  # of each node, and what stands in its box


@dataclass(frozen=True)
class NodeStatus:
    """A run, read node by node.

    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 15})
    >>> chain = Scenario(net, BaseStock(20), days=40).disrupt(Outage("mine", start=9, days=9))
    >>> seen = NodeStatus(simulate(chain), "on_hand")
    >>> seen.worst_day, [status.name for status in seen.on(14)]
    (13, ['CLOSED', 'SHORT'])
    """

    run: Run
    measure: str = "backlog"

    def __post_init__(self) -> None:
        self.run.series(self.measure)  # refuses what the run does not measure

    @cached_property
    def names(self) -> list[str]:
        """The nodes, in table order."""
        return [n.name for n in self.run.scenario.network.nodes]

    @cached_property
    def owed(self) -> Array:
        """Units owed or lost by day and node."""
        return self._of("backlog", "lost")

    @cached_property
    def lost(self) -> Array:
        """Units lost by day and node."""
        return self._of("lost")

    @cached_property
    def _values(self) -> Array:
        """What stands in the boxes, by day and node."""
        return self._of(self.measure)

    @cached_property
    def statuses(self) -> Array:
        """Every node's status (a number of ``Status``) by day and node."""
        stock = self._of("on_hand")
        statuses = np.where(stock < 1 / 3 * np.median(stock, axis=0), Status.LOW, Status.OK)
        statuses = np.where(self.owed > DUST, Status.SHORT, statuses)
        for node, first, last in self.closures:
            days = slice(first - self.run.days[0], last + 1 - self.run.days[0])
            statuses[days, self.names.index(node)] = Status.CLOSED
        return statuses

    @cached_property
    def closures(self) -> list[tuple[str, int, int]]:
        """Node, first day and last day of every closure."""
        return closed_days(self.run)

    @property
    def worst_day(self) -> int:
        """The first of the days on which most nodes owe or lose."""
        return self.run.days[int((self.owed > DUST).sum(axis=1).argmax())]

    def on(self, day: int) -> list[Status]:
        """The statuses on a day, in the order of ``names``."""
        return [Status(int(status)) for status in self.statuses[self._at(day)]]

    def boxes(self, day: int, brief: bool = False) -> Boxes:
        """Each node's status on a day and words for its box: a sign and a number if ``brief``."""
        at = self._at(day)
        amounts = zip(self.owed[at], self.lost[at], self._values[at], strict=True)
        words = _brief if brief else self._words
        rows = zip(self.names, self.on(day), amounts, strict=True)
        return {name: (status, words(status, *units)) for name, status, units in rows}

    def summary(self, day: int) -> str:
        """The day in one line."""
        statuses, owed = self.on(day), self.owed[self._at(day)] > DUST
        closed = sum(status is Status.CLOSED for status in statuses)
        verbs = ("owes", "owes or loses") if owed.sum() == 1 else ("owe", "owe or lose")
        verb = verbs[bool(self.lost[self._at(day)].any())]
        words = f"day {day}: {owed.sum()} of {len(statuses)} nodes {verb} goods"
        words += f", {closed} {'is' if closed == 1 else 'are'} closed" if closed else ""
        return str(self.run.scenario.dated(words + self._first_short(day)))

    def _first_short(self, day: int) -> str:
        """Who was the first to owe since the last closure began, the closed node left aside."""
        spans = [span for span in self.closures if span[1] <= day]
        since = max((first for _, first, _ in spans), default=self.run.days[0])
        others = [at for at, name in enumerate(self.names) if name not in {s[0] for s in spans}]
        window = self.owed[self._at(since) : self._at(day) + 1, others] > DUST
        if not window.any():
            return ""
        later, which = np.argwhere(window)[0].tolist()
        return f"; first short: {self.names[others[which]]} (day {since + later})"

    def _words(self, status: Status, owed: float, lost: float, value: float) -> str:
        parts, told = ["closed"] * (status is Status.CLOSED), {"owes": owed - lost, "loses": lost}
        parts += [f"{verb} {shown(units)}" for verb, units in told.items() if units > DUST]
        parts = parts or ["low stock" if status is Status.LOW else "ok"]
        if self.measure not in ("backlog", "lost"):
            parts += [f"{self.measure.replace('_', ' ')} {shown(value)}"]
        return f"{status.sign} {', '.join(parts)}"

    def _of(self, *measures: str) -> Array:
        return np.column_stack([total(self.run, measures, [name]) for name in self.names])

    def _at(self, day: int) -> int:
        if day not in self.run.days:
            ends = f"{self.run.days[0]} to {self.run.days[-1]}"
            raise ScenarioError(f"day={day} was not lived through: give one from {ends}")
        return day - self.run.days[0]


def _brief(status: Status, owed: float, *_: float) -> str:
    units = f"\N{NO-BREAK SPACE}{shown(owed)}" if owed > DUST else ""
    return "" if status is Status.OK else f" {status.sign}{units}"


def cover_boxes(
    model: Scenario, state: State, usual: Mapping[ItemKey, float], shut: Collection[str] = ()
) -> Boxes:
    """Each node's status on a morning, and for how many days its scarcest stock lasts.

    At the mean use of the next month; low is under a third of what is ``usual`` of a stock.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(20))
    >>> owed = {("mine", "shop", "unit", "road"): 3.0}
    >>> state = State(on_hand={("shop", "unit"): 12.0}, owed=owed)
    >>> [words for _, words in cover_boxes(chain, state, {("shop", "unit"): 40.0}).values()]
    ['■ owes 3', '▲ low stock, 2.4 days']
    """
    use = mean_flows(model, range(state.day, state.day + 28))
    statuses = dict.fromkeys(model.network.named, Status.OK)
    owed, cover = dict.fromkeys(statuses, 0.0), dict.fromkeys(statuses, np.inf)
    for item, units in state.on_hand.items():
        if use[item] > DUST:
            cover[item[0]] = min(cover[item[0]], units / use[item])
            if units < usual.get(item, 0.0) / 3:
                statuses[item[0]] = Status.LOW
    for claim, units in state.owed.items():
        owed[claim[0]] += units
    statuses |= {node: Status.SHORT for node, units in owed.items() if units > DUST}
    statuses |= {node: Status.CLOSED for node in shut if node in statuses}
    boxes, brief = Boxes(), len(statuses) > MANY
    for name, status in statuses.items():
        days = f"{cover[name]:.{int(cover[name] < 9.95)}f}" if cover[name] < np.inf else ""
        said = ["closed"] * (status is Status.CLOSED) + ["low stock"] * (status is Status.LOW)
        said += [f"owes {shown(owed[name])}"] * (owed[name] > DUST) + [f"{days} days"] * bool(days)
        sign = "" if status is Status.OK else status.sign
        short = f"\N{NO-BREAK SPACE}{sign}{days and days + 'd'}"
        boxes[name] = status, short if brief else f"{status.sign} {', '.join(said) or 'ok'}"
    return boxes
