"""A run on the map of the world, day by day: goods under way, and nodes by how they fare."""

from collections import Counter

import numpy as np
from matplotlib.axes import Axes

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.maps import HALO, across, dots, drawn, names_beside
from twinlab.lab.charts.pictures import Chart
from twinlab.lab.widgets.node_status import COLOURS
from twinlab.management.node_status import MANY, NodeStatus, Status, sent
from twinlab.scope.base import Array, ScenarioError, grouped, shown
from twinlab.task.logistics.routing import on_the_way

_SHAPES = {"●": "o", "▲": "^", "■": "s", "✕": "X"}
_TITLE = "Goods under way, the larger the more; and how nodes fare"
_PARTS = np.linspace(0, 1, 121)  # of a way, which is bent


class World:
    """Where the nodes and goods of a run are on the map, read once; called with a day it draws it.

    Of more than 20 nodes those of a country are one end of ways; what moves within is not drawn.
    """

    def __init__(self, nodes: NodeStatus) -> None:
        """Find the places and what goes between them; in the widest gap the map ends."""
        places = {n.name: (n.longitude, n.latitude) for n in nodes.run.scenario.network.nodes}
        named = [name for name, place in places.items() if None not in place]
        if not named:
            raise ScenarioError("world_map: no node has a place: give latitude and longitude")
        self._nodes, self._many = nodes, len(named) > MANY
        where = np.array([places[name] for name in named], dtype=np.float64)
        lon = np.sort(where[:, 0])
        gaps = np.diff(lon, append=lon[0] + 360)
        first, span = (lon + gaps)[gaps.argmax()], 360 - gaps.max()
        self._wide = min(360.0, 1.4 * max(span, np.ptp(where[:, 1]), 2.0))
        self._west = (first - (self._wide - span) / 2 + 180) % 360 - 180
        where = _apart(self._turned(where), (0.0115 if self._many else 0.02) * self._wide)
        self._spots = dict(zip(named, map(tuple, where.tolist()), strict=True))
        known = nodes.run.scenario.network.named
        self._ends = grouped((self._many * known[n].country or n, n) for n in named)
        self._middles = np.array([np.mean(across(self._spots, n), 1) for n in self._ends.values()])
        self._goods = sent(nodes.run, [*self._ends.values()])
        ways = np.unique(self._goods[:, 2:4], axis=0).repeat(len(_PARTS), axis=0)
        x, y = self._between(ways, np.resize(_PARTS, len(ways))).T
        # A way over the map's edge goes on at the other; between two ways nothing is drawn.
        leaps = np.abs(np.diff(x)) > 180
        leaps[len(_PARTS) - 1 :: len(_PARTS)] = True
        bent = np.insert([x, y], np.flatnonzero(leaps) + 1, np.nan, axis=1)
        self._ways = pen.line(*bent, color=pen.GREY, linewidth=0.6, zorder=2)
        heights, room = np.append(y, where[:, 1]), 0.04 * self._wide
        ends = max(heights.min() - room, -90.0), min(heights.max() + room, 90.0)
        self._limits = (self._west, self._west + self._wide), ends
        words = "■ 00 of 00" if self._many else "owes 000,000"
        most = {f"{n}\n{words}": tuple(at) for n, at in zip(self._ends, self._middles, strict=True)}
        self._labels = names_beside(most, 12, self._spots.values(), zorder=7, bbox=HALO)

    def _turned(self, where: Array) -> Array:
        """Places, with longitudes from the map's western edge on."""
        return np.column_stack([(where[:, 0] - self._west) % 360 + self._west, where[:, 1]])

    def _between(self, ways: Array, parts: Array) -> Array:
        """Places a part of the way along."""
        starts, ends = (self._middles[each.astype(int)] for each in ways.T)
        return self._turned(on_the_way(starts, ends, parts))

    def __call__(self, day: int) -> Chart:
        """The map on the night of a day."""
        nodes, goods = self._nodes, self._goods
        boxes, usual = nodes.boxes(day), np.quantile(goods[:, 4], 0.98) if len(goods) else 1.0
        goods = goods[(goods[:, 0] <= day) & (day < goods[:, 1])]
        at = self._between(goods[:, 2:4], (day + 0.5 - goods[:, 0]) / (goods[:, 1] - goods[:, 0])).T
        looks: pen.Style = {"label": "goods under way", "color": pen.BLUE, "linewidth": 0}
        sizes = 3 + 45 * (goods[:, 4] / usual).clip(0, 1)
        marks = [pen.Mark(Axes.scatter, (*at, sizes), looks | {"zorder": 4})]
        owed = dict(zip(nodes.names, nodes.owed[day - nodes.run.days[0]], strict=True))
        for status in Status:
            names = [name for name in self._spots if boxes[name][0] is status]
            edge, face, _ = COLOURS[status]
            looks = {"facecolor": face, "edgecolor": edge, "linewidth": 1.6}
            looks |= {"marker": _SHAPES[status.sign], "label": status.words, "zorder": 5}
            size, told = 28.0 if self._many else 62.0, [owed[name] for name in names]
            marks.append(dots(self._spots, names, size, told, **looks))
        said = [nodes.summary(day), f"under way between places: {shown(goods[:, 4].sum())} units"]
        for label, (end, names) in zip(self._labels, self._ends.items(), strict=True):
            count = Counter(boxes[n][0] for n in names if boxes[n][0] > Status.OK)
            words = " ".join(f"{status.sign} {many}" for status, many in sorted(count.items()))
            alone = boxes[names[0]][1][2:]  # its shape is the sign
            words = words and (f"{words} of {len(names)}" if len(names) > 1 else alone)
            marks.append(label._replace(at=(f"{end}\n{words}".strip(), *label.at[1:])))
            said += [f"{end}: {words}"] if words else []
        when = str(nodes.run.scenario.dated(f"day {day}"))
        marks.append(pen.note(when, (0.01, 0.02), (0, 0), xycoords="axes fraction"))
        return drawn(self._limits, marks, said, _TITLE, "degrees", [self._ways])


def _apart(where: Array, gap: float) -> Array:
    """Move places that lie on one another until each can be seen."""
    turn = np.arange(len(where)) * 2.4
    where = where + gap / 99 * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(80):
        ways = where[:, None] - where
        far = np.hypot(*ways.T) + np.eye(len(where))
        where = where + (ways * ((gap - far).clip(0) / far / 3)[..., None]).sum(axis=1)
    return where
