"""Places in the plane, and the routes of vehicles over them.

On the map of the humanitarian case: a storm, the depots and those in need.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from twinlab.cases.relief.goods import rows
from twinlab.cases.relief.season import places, track
from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel
from twinlab.scope.base import ScenarioError, check_known, shown
from twinlab.task.logistics.relief_plan import Flow, ReliefPlan

__all__ = ["flow_map", "route_map", "storm_map"]

Points = Mapping[str, pen.Point]
Way = tuple[str, str]


def route_map(
    points: Points,
    routes: Sequence[Sequence[str]],
    *,
    loads: Mapping[str, float] | None = None,
    arrivals: Sequence[Sequence[float]] = (),
    unit: str = "km",
    title: str = "Routes",
) -> Chart:
    """Draw each vehicle's route over the places, such as ``RoutePlan.tours``; dots grow with loads.

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
    for at, route in enumerate(routes):
        for name in route:
            check_known(name, points, f"no coordinates of {name!r}")
        looks = pen.LOOKS[at % len(pen.LOOKS)] | {"linewidth": 2.2, "zorder": 1}
        looks |= {"label": f"route {at + 1}"} if len(routes) <= len(pen.LOOKS) else {}
        marks.append(pen.line(*_across(points, route), **looks))
        minutes = [round(60 * time) for time in (arrivals[at] if arrivals else ())]
        clock = [f" {each // 60}:{each % 60:02}" for each in minutes] or [""] * len(route)
        stops = [name + time for name, time in zip(route, clock, strict=True)]
        told |= dict(zip(route[1:-1], stops[1:-1], strict=True))
        said.append(f"route {at + 1}: {' → '.join(stops)}")
    starts = sorted({route[0] for route in routes if route})
    sizes, most = loads or {}, max((loads or {}).values(), default=0.0)
    stops = [name for name in points if name not in starts]
    areas = [60 + 240 * sizes.get(name, 0.0) / most if most > 0 else 90 for name in stops]
    ring: pen.Style = {"color": pen.PAPER, "edgecolor": pen.INK, "linewidth": 1.6, "zorder": 2}
    read = [sizes.get(name, 0.0) for name in stops]
    marks += [
        pen.dots(*_across(points, stops), areas, stops, read, **ring),
        pen.line(*_across(points, starts), color=pen.INK, marker="s", markersize=12, linestyle=""),
    ]
    if len(points) <= 25:  # more names would lie on one another
        marks += _names({told.get(name, name): place for name, place in points.items()})
    return _map(points, marks, said, title, unit)


def flow_map(
    points: Points,
    flows: Mapping[Way, float],
    sites: Mapping[str, float],
    *,
    unit: str = "km",
    title: str = "Flows",
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
    for name in (*sites, *(end for way in flows for end in way)):
        check_known(name, points, f"no coordinates of {name!r}")
    taken = {way: units for way, units in flows.items() if units > 0}
    sent, got = (Counter[str]() for _ in range(2))
    for (source, to), units in taken.items():
        sent[source] += units  # type: ignore[assignment]
        got[to] += units  # type: ignore[assignment]
    full = [s for s, units in sent.items() if units >= sites.get(s, np.inf) - 1e-6]
    left = flows.keys() - taken.keys()
    grey: pen.Style = {"color": pen.GREY, "linewidth": 0.7, "label": "not taken"}
    marks = [_ways(points, sorted(left), **grey)] if left else []
    for third in range(3):  # thin, thicker, thick
        most = max(taken.values(), default=1.0)
        ways = [way for way, units in taken.items() if int(2.99 * units / most) == third]
        marks.append(_ways(points, ways, color=pen.BLUE, linewidth=1.5 + 1.5 * third))
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
        marks += [pen.dots(*_across(points, names), sizes, names, read, **ring)] if names else []
    marks += _names(points, zorder=4, bbox=_HALO)
    many = f"{len(taken)} of {len(flows)} ways taken, {len(sent)} of {len(sites)} sites open"
    said = [f"{title}: {many}"]
    for source in sent:
        parts = [f"{shown(units)} to {to}" for (at, to), units in taken.items() if at == source]
        said.append(f"{source}{' (full)' * (source in full)}: {', '.join(parts)}")
    return _map(points, marks, said, title, unit)


def _map(points: Points, marks: Any, said: Sequence[str], title: str, unit: str) -> Chart:
    """Marks with room for names at the edges; a degree of longitude is shorter in the north."""
    where = np.array([*points.values()], dtype=np.float64)
    room = 0.08 * np.ptp(where, axis=0).max() or 1.0
    (west, south), (east, north) = where.min(axis=0) - room, where.max(axis=0) + room
    aspect = 1 / np.cos(np.radians((south + north) / 2)) if unit == "degrees" else 1.0
    looks: pen.Style = {"xlim": (west, east), "ylim": (south, north), "along": "xy", "grid": ""}
    looks["finish"] = lambda axes, _: axes.set_aspect(aspect)
    panel = Panel(marks, title, f"x [{unit}]", f"y [{unit}]", **looks)
    high = 1.6 + 7 * aspect * (north - south) / (east - west)
    return Chart([panel], "\n".join(said), (8.0, min(6.2, high)))


def _ways(points: Points, ways: Iterable[Way], **looks: Any) -> pen.Mark:
    """Ways as one line with gaps between them."""
    ends = [p for way in ways for p in (points[way[0]], points[way[1]], (np.nan, np.nan))]
    x, y = np.transpose(ends or [(np.nan, np.nan)])
    return pen.line(x, y, **{"zorder": 3} | looks)


def _across(points: Points, names: Iterable[str]) -> tuple[list[float], list[float]]:
    """The coordinates of some places, x and y apart."""
    found = [points[name] for name in names]
    return [x for x, _ in found], [y for _, y in found]


def _names(points: Points, **looks: Any) -> list[pen.Mark]:
    """Each name beside its place, on the side that is away from its neighbours."""
    where, notes = np.array([*points.values()], dtype=np.float64), list[pen.Mark]()
    near = 0.13 * np.ptp(where, axis=0).max()
    for name, at in zip(points, where, strict=True):
        away = at - where[np.hypot(*(where - at).T) < near].mean(axis=0)
        away = away if away.any() else at - where.mean(axis=0) + 1e-6
        right, up = 14 * away / np.hypot(*away)
        side = "left" if right > 5 else "right" if right < -5 else "center"
        notes.append(pen.note(name, tuple(at), (right, up), ha=side, va="center", **looks))
    return notes


_VIEW = (-94.0, -71.0, 7.8, 28.6)  # degrees: west, east, south, north
_HALO: pen.Style = {"facecolor": pen.PAPER, "alpha": 0.6, "edgecolor": "none", "pad": 0.5}
# Where a name stands by its place [points], so that the names of Cuba do not lie on one another.
_NAMES = {
    "Pinar del Rio": (-10, 8, "right"),
    "Havana": (0, 13, "center"),
    "Cienfuegos": (-8, -34, "center"),
    "Camaguey": (2, 12, "left"),
    "Holguin": (10, -14, "left"),
    "George Town": (10, -16, "left"),
    "Freeport": (-10, 6, "right"),
    "Merida": (-10, 10, "right"),
    "Cancun": (0, -26, "center"),
}


def storm_map(plan: ReliefPlan, storm: str) -> Chart:
    """Draw a storm of the past over a plan: who is served from where, and who is not.

    Raises:
        ScenarioError: the plan knows no such storm.

    >>> from twinlab.cases import relief
    >>> from twinlab.task.logistics import judge
    >>> print(storm_map(judge(relief.problem(), {"Havana": {"food": 9000}}), "Ike 2008"))
    Ike 2008: 89,039 covers needed, 2,958 met (3%), 2,958 of them by cash; 0 lost in depots
    not fully served: Holguin, Camaguey, Pinar del Rio, Cienfuegos
    all seasons: 35,728 USD before the season, 13% of the need met
    """
    check_known(storm, dict.fromkeys(f.hit for f in plan.flows), f"storm_map: no storm {storm!r}")
    flows, where = {f: x for f, x in plan.flows.items() if f.hit == storm}, places()
    sent = _covers((f[3:5], x) for f, x in flows.items() if f.depot and f.place)
    x, y, wind = zip(*track(storm), strict=True)
    orange: pen.Style = {"color": pen.ORANGE, "edgecolor": pen.PAPER, "linewidth": 0.6, "zorder": 3}
    sizes, named = [(knots / 12) ** 2 for knots in wind], [f"{storm}, wind [knots]"] * len(x)
    marks = [
        pen.line(x, y, color=pen.GREY, linewidth=1.5),
        pen.dots(x, y, sizes, named, wind, label="storm (larger: stronger)", **orange),
    ]
    most = max(sent.values(), default=1.0)
    for third in range(3):  # thin, thicker, thick: what is sent on a way
        ways = [e for e, units in sent.items() if int(2.99 * units / most) == third]
        marks.append(_ways(where, ways, color=pen.BLUE, linewidth=1.5 + third, zorder=4))
    marks, title = [*marks, *_sites(plan, flows)], f"{storm} over this plan"
    looks: pen.Style = {
        "xlim": _VIEW[:2],
        "ylim": _VIEW[2:],
        "along": "xy",
        "grid": "",
        "finish": _land,
    }
    panel = Panel(marks, title, "longitude [degrees east]", "latitude [degrees north]", **looks)
    needs, missing = _needs(flows)
    need, came = sum(needs.values()), sum(needs.values()) - sum(missing.values())
    cash, lost = (sum(x for f, x in flows.items() if f.how == how) for how in ("cash", "lost"))
    told: dict[str, list[str]] = {}
    for (depot, place), units in sent.items():
        told.setdefault(depot, []).append(f"{units:,.0f} to {place}")
    said = [
        f"{storm}: {need:,.0f} covers needed, {came:,.0f} met ({came / need:.0%}), {cash:,.0f} of "
        f"them by cash; {lost:,.0f} lost in depots",
        *(f"from {depot}: {', '.join(parts)}" for depot, parts in told.items()),
        f"not fully served: {', '.join(sorted(missing, key=lambda p: -missing[p])) or 'nobody'}",
        f"all seasons: {plan.first_stage:,.0f} USD before the season, {plan.coverage:.0%} of the "
        "need met",
    ]
    return Chart([panel], "\n".join(said), (7.8, 6.4))


def _land(axes: Axes, dark: bool) -> None:
    """What a storm comes over; a degree is shorter at 22° north."""
    axes.patch.set(alpha=1.0, facecolor=pen.tinted(pen.SEA, dark))
    looks = pen.tinted({"facecolor": pen.LAND, "edgecolor": pen.COAST}, dark)
    for _, coast in groupby(rows("land"), key=lambda row: row["outline"]):
        outline = zip(*((row["longitude"], row["latitude"]) for row in coast), strict=True)
        axes.fill(*outline, linewidth=0.7, zorder=0.5, **looks)
    axes.set_aspect(1.08)


def _sites(plan: ReliefPlan, flows: Mapping[Flow, float]) -> list[pen.Mark]:
    """Depots as squares, needs as circles: filled as far as they are stocked or served."""
    where, (needed, missing) = places(), _needs(flows)
    kept = {depot: sum(covers.values()) for depot, covers in plan.stocks.items()}
    depots: pen.Style = {"marker": "s", "edgecolor": pen.BLUE, "zorder": 6, "alpha": 1.0}
    needs: pen.Style = {"marker": "o", "edgecolor": pen.INK, "zorder": 5, "alpha": 0.85}
    most = sum(needed.values())
    sizes = {place: 110 + 450 * units / most for place, units in needed.items()}
    marks: list[pen.Mark] = []
    for label, told, face, looks in (
        ("depot with stock", {d: u for d, u in kept.items() if u > 0}, pen.BLUE, depots),
        ("depot without", {d: u for d, u in kept.items() if u <= 0}, pen.PAPER, depots),
        ("served", {p: u for p, u in needed.items() if p not in missing}, pen.PAPER, needs),
        ("not fully served", missing, pen.VERMILLION, needs),
    ):
        area = [60.0 if looks is depots else sizes[name] for name in told]
        looks = looks | {"facecolor": face, "linewidth": 1.6, "label": label}
        marks.append(pen.dots(*_across(where, told), area, [*told], [*told.values()], **looks))
    for name, at in where.items():
        stock, there = kept.get(name, 0.0), name in kept or name in needed
        text = f"{name} {stock:,.0f}" if stock > 0 else name * there
        right, up, side = _NAMES.get(name, (10, 6, "left"))
        looks = {"zorder": 7, "ha": side, "bbox": _HALO}
        marks.append(pen.note(text, at, (right, up), **looks))
    return marks


def _covers(pairs: Iterable[tuple[Any, float]]) -> dict[Any, float]:
    found: dict[Any, float] = {}
    for key, covers in pairs:
        found[key] = found.get(key, 0.0) + covers
    return found


def _needs(flows: Mapping[Flow, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Covers that are needed and missing, by place."""
    needed = _covers((f.place, x) for f, x in flows.items() if f.place)
    return needed, _covers((f.place, x) for f, x in flows.items() if f.how == "missing")
