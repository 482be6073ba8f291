"""Places in the plane, and the routes of vehicles over them.

On the map of the humanitarian case: a storm, the depots and those in need.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection

from twinlab.cases.folders import outlines
from twinlab.cases.relief.season import places, track
from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel
from twinlab.scope.base import ScenarioError, check_known, grouped, shown
from twinlab.task.logistics.relief_plan import ReliefPlan

__all__ = ["flow_map", "route_map", "storm_map"]

Points = Mapping[str, pen.Point]
Way = tuple[str, str]
Window = tuple[pen.Point, pen.Point]
Marks = list[pen.Mark]


def route_map(
    points: Points,
    routes: Sequence[Sequence[str]],
    *,
    arrivals: Sequence[Sequence[float]] = (),
    unit: str = "km",
    title: str = "Routes",
) -> Chart:
    """Draw each vehicle's route over the places, such as ``RoutePlan.tours``.

    ``points`` are (x, y), for instance (longitude, latitude) with the unit "degrees"; ``arrivals``
    (``RoutePlan.arrivals``), in hours of the day, are told by the clock.

    Raises:
        ScenarioError: a route visits a place without coordinates, or has not as many arrivals.

    >>> corners = {"depot": (0, 0), "a": (0, 3), "b": (4, 3)}
    >>> route_map(corners, [("depot", "a", "b", "depot")])
    Routes: 3 places, 1 route
    route 1: depot → a → b → depot
    >>> route_map(corners, [("depot", "a", "depot")], arrivals=[(8, 8.5, 9.25)])
    Routes: 3 places, 1 route
    route 1: depot 8:00 → a 8:30 → depot 9:15
    """
    many, told = f"{len(routes)} route{'s' * (len(routes) != 1)}", dict[str, str]()
    said, marks = [f"{title}: {len(points)} places, {many}"], list[pen.Mark]()
    if arrivals and [*map(len, arrivals)] != [*map(len, routes)]:
        raise ScenarioError("route_map: give an arrival for each place of each route")
    ways = [{frozenset(way) for way in pairwise(route)} for route in routes]
    for at, route in enumerate(routes):
        hides = sum(not ways[at].isdisjoint(later) for later in ways[at + 1 :])
        looks = pen.LOOKS[at % len(pen.LOOKS)] | {"linewidth": 2.2 + 2.2 * hides, "zorder": 1}
        looks |= {"label": f"route {at + 1}"} if len(routes) <= len(pen.LOOKS) else {}
        marks.append(pen.line(*across(points, route), **looks))
        minutes = [round(60 * time) for time in (arrivals[at] if arrivals else ())]
        clock = [f" {each // 60}:{each % 60:02}" for each in minutes] or [""] * len(route)
        stops = [name + time for name, time in zip(route, clock, strict=True)]
        told |= dict(zip(route[1:-1], stops[1:-1], strict=True))
        said.append(f"route {at + 1}: {' → '.join(stops)}")
    starts = sorted({route[0] for route in routes if route})
    turn = {name: at for route in routes for at, name in enumerate(route[1:-1], 1)}
    calls = {name: turn.get(name, np.nan) for name in points if name not in starts}
    ring: pen.Style = {"color": pen.PAPER, "edgecolor": pen.INK, "linewidth": 1.6, "zorder": 2}
    marks += [
        dots(points, calls, [90] * len(calls), [*calls.values()], **ring),
        pen.line(*across(points, starts), color=pen.INK, marker="s", markersize=12, linestyle=""),
    ]
    if len(points) <= 25:  # more names would lie on one another
        marks += names_beside({told.get(n, n): place for n, place in points.items()}, bbox=HALO)
    return drawn(_around(points), marks, said, title, unit)


def flow_map(
    points: Points, flows: Mapping[Way, float], sites: Mapping[str, float], title: str = "Flows"
) -> Chart:
    """Draw who sends how much where: sites open, full or closed, customers, and ways.

    ``flows`` are by (from, to), a way that could be taken and is not with 0; ``sites`` are the most
    that each can send (inf: no limit). Ways are the thicker the more they carry.

    Raises:
        ScenarioError: a way or site leads to a place without coordinates.

    >>> corners = {"north": (0, 4), "south": (0, 0), "shop": (3, 0)}
    >>> flows = {("south", "shop"): 5.0, ("north", "shop"): 0.0}
    >>> flow_map(corners, flows, {"north": 9, "south": 5})
    Flows: 1 of 2 ways taken, 1 of 2 sites open
    south (full): 5 to shop
    """
    taken = {way: units for way, units in flows.items() if units > 0}
    sent, got = (Counter[str]() for _ in range(2))
    for (source, to), units in taken.items():
        sent[source] += units  # type: ignore[assignment]
        got[to] += units  # type: ignore[assignment]
    full = [s for s, units in sent.items() if units >= sites.get(s, np.inf) - 1e-6]
    left = flows.keys() - taken.keys()
    grey: pen.Style = {"color": pen.GREY, "linewidth": 0.7, "label": "not taken"}
    marks = [_ways(points, sorted(left), **grey)] if left else []
    marks += _carrying(points, taken, max(taken.values(), default=1.0))
    for label, names, face, told in (
        ("customer", [*got], pen.PAPER, got),
        ("open", [s for s in sent if s not in full], pen.BLUE, sent),
        ("open and full", full, pen.VERMILLION, sent),
        ("closed", [s for s in sites if s not in sent], pen.PAPER, sent),
    ):
        ring: pen.Style = {"facecolor": face, "edgecolor": pen.INK, "zorder": 5, "label": label}
        areas = [90 + 700 * units / sum(got.values()) for units in got.values()]
        ring |= {"marker": "s"} if told is sent else {}
        sizes, read = areas if told is got else [50.0] * len(names), [told[n] for n in names]
        marks += [dots(points, names, sizes, read, **ring)] if names else []
    marks += names_beside(points, zorder=4, bbox=HALO)
    many = f"{len(taken)} of {len(flows)} ways taken, {len(sent)} of {len(sites)} sites open"
    said = [f"{title}: {many}"]
    for source in sent:
        parts = [f"{shown(units)} to {to}" for (at, to), units in taken.items() if at == source]
        said.append(f"{source}{' (full)' * (source in full)}: {', '.join(parts)}")
    return drawn(_around(points), marks, said, title, "km")


def _around(points: Points) -> Window:
    """From where to where a map goes, with room for names at the edges."""
    where = np.array([*points.values()], dtype=np.float64)
    room = _ROOM * (np.ptp(where, axis=0).max() or 1.0)
    (west, south), (east, north) = where.min(axis=0) - room, where.max(axis=0) + room
    return (west, east), (south, north)


def drawn(at: Window, marks: Any, said: Any, title: str, unit: str, still: Any = ()) -> Chart:
    """Marks on a map over those that stand ``still``; degrees east are shorter in the north."""
    (west, east), (south, north), globe = *at, unit == "degrees"
    aspect = 1 / np.cos(np.radians((south + north) / 2)) if globe else 1.0

    def ground(axes: Axes, dark: bool) -> None:
        axes.set_aspect(aspect)
        if globe and east - west > 3:  # the table's coasts are too coarse for less
            land(axes, dark)
        for mark in still:
            mark.put(axes, *mark.at, **pen.tinted(mark.looks, dark))

    x, y = ("longitude", "latitude") if globe else ("x", "y")
    looks: pen.Style = {"along": "xy", "grid": "", "finish": ground}
    panel = Panel(marks, title, f"{x} [{unit}]", f"{y} [{unit}]", *at, **looks)
    high = aspect * (north - south) / (east - west)
    wide = 8.0 if high > 0.5 else pen.WIDTH
    return Chart([panel], "\n".join(said), (wide, min(6.2, 1.6 + (wide - 1) * high)))


def _ways(points: Points, ways: Iterable[Way], **looks: Any) -> pen.Mark:
    """Ways as one line with gaps between them."""
    x, y = across(points, (end for way in ways for end in way))
    line = np.insert(np.array([x, y], dtype=float), range(2, len(x) + 1, 2), np.nan, axis=1)
    return pen.line(*line, **{"zorder": 3} | looks)


def _carrying(points: Points, taken: Any, most: float, **looks: Any) -> Marks:
    """Ways, the thicker the more they carry, in three steps."""
    order, looks = sorted(taken.items(), key=itemgetter(1)), {"color": pen.BLUE} | looks
    steps = grouped((int(2.99 * units / most), way) for way, units in order)
    return [_ways(points, ways, linewidth=1.5 + 1.5 * at, **looks) for at, ways in steps.items()]


def dots(points: Points, names: Iterable[str], sizes: Any, told: Any, **looks: Any) -> pen.Mark:
    """A dot at each place, as large as it counts, and what is told of it."""
    return pen.dots(*across(points, names), sizes, [*names], told, **looks)


def across(points: Points, names: Iterable[str]) -> tuple[list[float], list[float]]:
    """The coordinates of some places, x and y apart."""
    known = [*names]
    for name in known:
        check_known(name, points, f"no coordinates of {name!r}")
    return [points[name][0] for name in known], [points[name][1] for name in known]


def names_beside(points: Points, gap: float = 11, others: Any = (), **looks: Any) -> Marks:
    """Each name beside its place, where least is in its way: names, places and ``others``."""
    where, notes = np.array([*points.values()], dtype=np.float64), dict[str, pen.Mark]()
    room = _ROOM * (np.ptp(where, axis=0).max() or 1.0)
    scale = ((500, 380) / (np.ptp(where, axis=0) + 2 * room)).min()  # of the picture, nearly
    spots, most = (where - where.min(axis=0) + room) * scale, 9e3
    more = (np.reshape([*others], (-1, 2)) - where.min(axis=0) + room) * scale
    east, north = spots.max(axis=0) + room * scale
    edges = [(-most, -most), (east, -most), (-most, -most), (-most, north)]
    # Of names, places, and what lies beyond the edges.
    low = np.vstack([spots, spots - 8, more - 6, edges])
    ends = [(0, most), (most, most), (most, 0), (most, most)]
    high = np.vstack([spots, spots + 8, more + 6, ends])
    ways = _SIDES / np.hypot(*_SIDES.T)[:, None]
    for at, name in [*enumerate(points)] * 3:  # each gives way to all others, three times
        rows, spot = name.split("\n"), spots[at]
        half = np.array([3.2 * max(map(len, rows)), 7.5 * len(rows)])
        middle = spot + gap * ways + _SIDES * half
        first, last = (np.delete(each, at, axis=0) for each in (low, high))
        both = np.minimum((middle + half)[:, None], last)
        both = both - np.maximum((middle - half)[:, None], first)
        near = spots[np.hypot(*(spots - spot).T) < 90]
        away = ways @ (spot - near.mean(axis=0) + (spot - spots.mean(axis=0)) / 99)
        best = np.lexsort((-away, both.clip(0).prod(axis=2).sum(axis=1).round()))[0]
        low[at], high[at] = middle[best] - half, middle[best] + half
        side = ("right", "center", "left")[_SIDES[best, 0] + 1]
        to = tuple(gap * ways[best] + _SIDES[best] * (0, half[1]))
        notes[name] = pen.note(name, tuple(where[at]), to, ha=side, va="center", **looks)
    return [*notes.values()]


_ROOM = np.array([0.18, 0.08])  # beside the places, for names: parts of the larger span
_SIDES = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)])
HALO: pen.Style = {"facecolor": pen.PAPER, "alpha": 0.6, "edgecolor": "none", "pad": 0.5}
_DASHES = {"road": "-", "sea": (0, (5, 2)), "air": (0, (1, 1.2))}
# What a disc is made of, from its core outwards.
_PARTS = {"from depots": pen.BLUE, "bought with cash": pen.GREEN, "missing": pen.VERMILLION}


def storm_map(plan: ReliefPlan, hit: str, where: Points | None = None) -> Chart:
    """Draw a hit over a plan: what comes from where and how, what is bought, and who lacks what.

    A disc is what a place needs, all goods together: its core comes from depots, a ring is bought
    with cash, the outer ring is missing. Squares, depots, are filled as far as their stock can be
    used. ``where`` are your own places (longitude, latitude); else they are those of the relief
    case, over which the storm's track goes, larger where it was stronger.

    Raises:
        ScenarioError: the plan knows no such hit, or there are no coordinates of a place.

    >>> from twinlab.task.logistics import Depot, Good, Hit, ReliefProblem, Way
    >>> from twinlab.task.logistics import ReliefSeason, judge
    >>> storm = Hit("storm", {"town": 30, "isle": 50}, shops={"town": 0.5})
    >>> ways = [Way("port", "town", "road"), Way("port", "isle", "sea", cost=1)]
    >>> year = ReliefSeason("year", 1, [storm])
    >>> problem = ReliefProblem([Good("food", 1, 2, cash=1)], [Depot("port", 60)], ways, [year])
    >>> spots = {"port": (0, 0), "town": (2, 1), "isle": (3, -1)}
    >>> storm_map(judge(problem, {"port": {"food": 60}}), "storm", spots)
    storm: 80 covers needed: 60 from depots, 15 bought with cash, 5 missing
    from port: 15 by road to town, 45 by sea to isle
    missing: 5 in isle
    """
    table, spots = plan.outcome(hit), where or places()
    part = table.how.replace("cash", "bought with cash")
    table["part"] = part.where(part.isin([*_PARTS, "lost", "left"]), "from depots")
    ends = {"place": [*_PARTS], "depot": ["lost", "from depots", "left"]}
    needs, stocks = (
        table[table[end] != ""]
        .pivot_table("covers", end, "part", "sum", 0.0)
        .reindex(columns=parts, fill_value=0.0)
        for end, parts in ends.items()
    )
    sent = table[table.part == "from depots"]
    ways = sent.groupby(["how", "depot", "place"], sort=False).covers.sum()
    marks: Any = [] if where else _track(hit)
    for mode, some in ways.groupby("how", sort=False):
        looks: pen.Style = {"linestyle": _DASHES.get(str(mode), "-."), "label": f"by {mode}"}
        marks += _carrying(spots, some.droplevel("how").to_dict(), ways.max(), **looks)
    total, ring = needs.sum(axis=1), {"edgecolor": pen.PAPER, "linewidth": 0.5, "zorder": 5}
    for name, colour in reversed(_PARTS.items()):  # the outermost first, so that cores lie on them
        areas = needs.loc[:, :name].sum(axis=1) * (200 / total + 700 / total.max())
        looks = ring | {"facecolor": colour, "label": name}
        marks.append(dots(spots, needs.index, areas, needs[name], **looks))
    full = {depot: sum(covers.values()) for depot, covers in plan.stocks.items()}
    full = {depot: covers for depot, covers in full.items() if covers >= 0.5}
    usable = stocks[["from depots", "left"]].sum(axis=1).reindex([*full], fill_value=0.0)
    square: pen.Style = {"marker": "s", "edgecolor": pen.INK, "linewidth": 1.2, "zorder": 6}
    marks.append(dots(spots, full, 60.0, usable, facecolor=pen.PAPER, label="depot", **square))
    square |= {"facecolor": pen.SKY, "label": "stock it can use"}
    marks.append(dots(spots, full, 60 * usable / [*full.values()], usable, **square))
    seen = {name: spots[name] for name in (*needs.index, *full)}
    told = {n: f"{n}\nstock {usable[n]:,.0f}" if n in full else n for n in seen}
    marks += names_beside({told[name]: at for name, at in seen.items()}, 17, zorder=7, bbox=HALO)
    said, title = _storm_words(hit, needs, ways, stocks.lost), f"{hit} over this plan [covers]"
    return drawn(_around(seen), marks, said, title, "degrees")


def _storm_words(hit: str, needs: Any, ways: Any, lost: Any) -> Iterator[str]:
    """Say what a map of a storm shows."""
    share = ", ".join(f"{covers:,.0f} {name}" for name, covers in needs.sum().items())
    yield f"{hit}: {needs.sum().sum():,.0f} covers needed: {share}"
    for depot, some in ways.groupby("depot", sort=False):
        legs = (f"{covers:,.0f} by {how} to {to}" for (how, _, to), covers in some.items())
        yield f"from {depot}: {', '.join(legs)}"
    for word, short in (("missing", needs.missing), ("spoilt", lost)):
        some = short[short >= 0.5].sort_values(ascending=False).items()
        if listed := ", ".join(f"{covers:,.0f} in {name}" for name, covers in some):
            yield f"{word}: {listed}"


def _track(storm: str) -> Marks:
    """Where the storm went."""
    x, y, wind = zip(*track(storm), strict=True)
    orange: pen.Style = {"color": pen.ORANGE, "edgecolor": pen.PAPER, "linewidth": 0.6, "zorder": 3}
    sizes, named = [(knots / 12) ** 2 for knots in wind], [f"{storm}, wind [knots]"] * len(x)
    eyes = pen.dots(x, y, sizes, named, wind, label="storm", **orange)
    return [pen.line(x, y, color=pen.GREY, linewidth=1.5), eyes]


def land(axes: Axes, dark: bool) -> None:
    """Draw sea and land under a map in degrees, which may lie over the date line."""
    axes.patch.set(alpha=1.0, facecolor=pen.tinted(pen.SEA, dark))
    looks = pen.tinted({"facecolor": pen.LAND, "edgecolor": pen.COAST}, dark)
    shapes = [each + np.array([turn, 0]) for turn in (-360, 0, 360) for each in outlines()]
    axes.add_collection(PolyCollection(shapes, linewidth=0.7, zorder=0.5, **looks), autolim=False)
