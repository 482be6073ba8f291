"""Places in the plane, and the routes of vehicles over them."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from twinlab.lab.drawing import FONT, INK, LOOKS, Chart, blank, dress
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
        for name in route:
            if name not in points:
                raise ScenarioError(f"no coordinates of {name!r}; {did_you_mean(name, points)}")
        look = LOOKS[at % len(LOOKS)]
        xs, ys = zip(*(points[name] for name in route), strict=True)
        axes.plot(xs, ys, color=look.colour, linestyle=look.dashes, linewidth=2.2, zorder=1,
                  label=f"route {at + 1}")  # fmt: skip
        said.append(f"route {at + 1}: {' → '.join(route)}")
    starts = {route[0] for route in routes if route}
    sizes = loads or {}
    most = max(sizes.values(), default=0.0)
    shown = [name for name in points if name not in starts]
    areas = [60 + 240 * sizes.get(name, 0.0) / most if most > 0 else 90 for name in shown]
    axes.scatter([points[n][0] for n in shown], [points[n][1] for n in shown], s=areas,
                 color="white", edgecolor=INK, linewidth=1.6, zorder=2)  # fmt: skip
    for start in sorted(starts):
        axes.plot(*points[start], "s", color=INK, markersize=12, zorder=3)
    dress(axes, title, f"x [{unit}]", f"y [{unit}]")
    axes.grid(visible=False)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    if len(points) <= NAMED:
        _name(axes, points)
    if 1 < len(routes) <= len(LOOKS):
        axes.legend(fontsize=FONT - 1, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Chart(figure, "\n".join(said))


def _name(axes: Axes, points: Places) -> None:
    """Write each name beside its place: to the left where a neighbour would be written over."""
    near = 0.15 * max(max(p[0] for p in points.values()) - min(p[0] for p in points.values()), 1e-9)
    for name, (x, y) in points.items():
        crowded = any(0 < a - x < near and abs(b - y) < near / 3 for a, b in points.values())
        axes.annotate(name, (x, y), (-9 if crowded else 9, 7), textcoords="offset points",
                      ha="right" if crowded else "left", fontsize=FONT - 1)  # fmt: skip
