"""Places in the plane: routes of vehicles, and sites with those whom they serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from twinlab.lab.charts import number
from twinlab.lab.drawing import FONT, GREY, INK, LOOKS, VERMILLION, Chart, blank, dress
from twinlab.scope import ScenarioError
from twinlab.scope.errors import did_you_mean

Places = Mapping[str, tuple[float, float]]
NAMED = 25  # more names than these would lie on one another


def route_map(
    points: Places,
    routes: Sequence[Sequence[str]],
    *,
    loads: Mapping[str, float] | None = None,
    unit: str = "km",
    title: str = "Routes",
) -> Chart:
    """Draw each vehicle's route over the places, such as ``RoutePlan.tours``; dots grow with loads.

    ``points`` are (x, y), for instance (longitude, latitude) with the unit "degrees".

    Raises:
        ScenarioError: a route visits a place without coordinates.

    >>> corners = {"depot": (0, 0), "a": (0, 3), "b": (4, 3)}
    >>> route_map(corners, [("depot", "a", "b", "depot")])
    Routes: 3 places, 1 route
    route 1: depot → a → b → depot
    """
    figure = blank(8.0, 6.0)
    axes = figure.subplots()
    many = f"{len(routes)} route{'' if len(routes) == 1 else 's'}"
    said = [f"{title}: {len(points)} places, {many}"]
    for at, route in enumerate(routes):
        look = LOOKS[at % len(LOOKS)]
        xs, ys = zip(*(_place(points, name) for name in route), strict=True)
        axes.plot(xs, ys, color=look.colour, linestyle=look.dashes, linewidth=2.2, zorder=1,
                  label=f"route {at + 1}")  # fmt: skip
        said.append(f"route {at + 1}: {' → '.join(route)}")
    starts = {route[0] for route in routes if route}
    _dots(axes, points, {n for n in points if n not in starts}, loads)
    for start in sorted(starts):
        axes.plot(*points[start], "s", color=INK, markersize=12, zorder=3)
    _finish(axes, points, title, unit)
    if 1 < len(routes) <= len(LOOKS):
        axes.legend(fontsize=FONT - 1, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Chart(figure, "\n".join(said))


def location_map(
    points: Places,
    links: Sequence[tuple[str, str, float]],
    *,
    sites: Mapping[str, bool],
    sizes: Mapping[str, float] | None = None,
    unit: str = "km",
    title: str = "Who serves whom",
) -> Chart:
    """Draw sites (open: filled square; closed: hollow), those they serve, and how much on each way.

    ``links`` are (site, customer, amount), such as ``Facilities.links``.

    Raises:
        ScenarioError: a link ends at a place without coordinates.

    >>> where = {"north": (0, 1), "south": (0, -1), "shop": (1, 1)}
    >>> location_map(where, [("north", "shop", 5.0)], sites={"north": True, "south": False})
    Who serves whom: 1 of 2 sites open (north)
    north: serves 5 to shop
    """
    figure = blank(8.0, 6.0)
    axes = figure.subplots()
    open_sites = [name for name, is_open in sites.items() if is_open]
    said = [f"{title}: {len(open_sites)} of {len(sites)} sites open ({', '.join(open_sites)})"]
    most = max((amount for *_, amount in links), default=0.0)
    for source, customer, amount in links:
        (x, y), (to_x, to_y) = _place(points, source), _place(points, customer)
        wide = 1.0 + 4.0 * amount / most if most > 0 else 1.0
        axes.plot([x, to_x], [y, to_y], color=LOOKS[0].colour, linewidth=wide, alpha=0.6, zorder=1)
    for site in open_sites:
        served = [f"{number(a)} to {to}" for source, to, a in links if source == site]
        said.append(f"{site}: serves {', '.join(served) or 'nobody'}")
    _dots(axes, points, {n for n in points if n not in sites}, sizes)
    for site, is_open in sites.items():
        axes.plot(*_place(points, site), "s", markersize=13, zorder=3, markeredgewidth=2,
                  markeredgecolor=VERMILLION if is_open else GREY,
                  markerfacecolor=VERMILLION if is_open else "white")  # fmt: skip
    _finish(axes, points, title, unit)
    return Chart(figure, "\n".join(said))


def _place(points: Places, name: str) -> tuple[float, float]:
    if name not in points:
        raise ScenarioError(f"no coordinates of {name!r}; {did_you_mean(name, points)}")
    return points[name]


def _dots(axes: Axes, points: Places, names: set[str], sizes: Mapping[str, float] | None) -> None:
    """Round dots whose area grows with the sizes."""
    most = max((sizes or {}).values(), default=0.0)
    shown = [name for name in points if name in names]
    areas = [60 + 240 * (sizes or {}).get(n, 0.0) / most if most > 0 else 90 for n in shown]
    xs, ys = [points[n][0] for n in shown], [points[n][1] for n in shown]
    axes.scatter(xs, ys, s=areas, color="white", edgecolor=INK, linewidth=1.6, zorder=2)


def _finish(axes: Axes, points: Places, title: str, unit: str) -> None:
    dress(axes, title, f"x [{unit}]", f"y [{unit}]")
    axes.grid(visible=False)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    if len(points) > NAMED:
        return
    near = 0.15 * max(max(p[0] for p in points.values()) - min(p[0] for p in points.values()), 1e-9)
    for name, (x, y) in points.items():
        # To the left where a neighbour at the right would be written over.
        crowded = any(0 < a - x < near and abs(b - y) < near / 3 for a, b in points.values())
        axes.annotate(name, (x, y), (-9 if crowded else 9, 7), textcoords="offset points",
                      ha="right" if crowded else "left", fontsize=FONT - 1)  # fmt: skip
