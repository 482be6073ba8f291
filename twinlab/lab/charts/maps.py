"""Places in the plane, and the routes of vehicles over them.

On the map of the humanitarian case: a storm, the depots and those in need.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from twinlab.cases.relief.goods import rows
from twinlab.cases.relief.season import places, track
from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.drawing import LOOKS, Chart, Style
from twinlab.scope.errors import check_known
from twinlab.task.logistics.storms import StormOutcome, StormPlan

__all__ = ["route_map", "storm_map"]

Points = Mapping[str, tuple[float, float]]
_NAMED = 25  # more names than these would lie on one another


def route_map(
    points: Points,
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
    figure = pen.blank(8.0, 6.0)
    axes = figure.subplots()
    many = f"{len(routes)} route{'' if len(routes) == 1 else 's'}"
    said = [f"{title}: {len(points)} places, {many}"]
    for at, route in enumerate(routes):
        for name in route:
            check_known(name, points, f"no coordinates of {name!r}")
        looks = LOOKS[at % len(LOOKS)].line | {"linewidth": 2.2, "zorder": 1}
        axes.plot(*_across(points, route), label=f"route {at + 1}", **looks)
        said.append(f"route {at + 1}: {' → '.join(route)}")
    starts = sorted({route[0] for route in routes if route})
    sizes = loads or {}
    most = max(sizes.values(), default=0.0)
    stops = [name for name in points if name not in starts]
    areas = [60 + 240 * sizes.get(name, 0.0) / most if most > 0 else 90 for name in stops]
    dots: Style = {"color": "white", "edgecolor": pen.INK, "linewidth": 1.6, "zorder": 2}
    axes.scatter(*_across(points, stops), s=areas, **dots)
    axes.plot(*_across(points, starts), "s", color=pen.INK, markersize=12, zorder=3)
    pen.dress(axes, title, f"x [{unit}]", f"y [{unit}]", grid="")
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.08)
    if len(points) <= _NAMED:
        _name(axes, points)
    if 1 < len(routes) <= len(LOOKS):
        axes.legend(**pen.LEGEND, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return Chart(figure, "\n".join(said))


def _across(points: Points, names: Iterable[str]) -> tuple[list[float], list[float]]:
    """The coordinates of some places, x and y apart."""
    found = [points[name] for name in names]
    return [x for x, _ in found], [y for _, y in found]


def _name(axes: Axes, points: Points) -> None:
    """Write each name beside its place: to the left where a neighbour would be written over."""
    xs, _ = _across(points, points)
    near = 0.15 * max(max(xs) - min(xs), 1e-9)
    for name, (x, y) in points.items():
        crowded = any(0 < a - x < near and abs(b - y) < near / 3 for a, b in points.values())
        right, side = (-9, "right") if crowded else (9, "left")
        axes.annotate(name, (x, y), (right, 7), ha=side, **pen.NEAR)


_LAND, _SEA, _COAST = "#E9E4D8", "#F6FAFC", "#B9B2A0"
_VIEW = (-94.0, -71.0, 7.8, 28.6)  # degrees: west, east, south, north
_HALO = [withStroke(linewidth=3, foreground="white", alpha=0.8)]
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


def storm_map(plan: StormPlan, storm: str) -> Chart:
    """Draw a storm of the past over a plan: who is served from where, and who is not.

    Raises:
        ScenarioError: the plan knows no such storm.

    >>> from twinlab.cases.relief import storm_season
    >>> from twinlab.task.logistics import judge_stocks
    >>> print(storm_map(judge_stocks(storm_season(), {"Havana": 5000}), "Ike 2008"))
    Ike 2008: 22,260 kits needed, 5,000 served (22 %), 0 lost in depots
    from Havana: 36 to Pinar del Rio, 10 to Cienfuegos, 3,605 to Camaguey, 1,349 to Holguin
    not fully served: Holguin
    all seasons: 28,805 USD before the storm, 30 % of the need served, 74 % without shortage
    """
    outcome, where = plan.outcome(storm), places()
    figure = pen.blank(7.8, 6.4)
    axes = figure.subplots()
    axes.set_facecolor(_SEA)
    for _, coast in groupby(rows("land"), key=lambda row: row["outline"]):
        outline = zip(*((row["longitude"], row["latitude"]) for row in coast), strict=True)
        axes.fill(*outline, facecolor=_LAND, edgecolor=_COAST, linewidth=0.7)
    x, y, wind = zip(*track(storm), strict=True)
    axes.plot(x, y, color=pen.GREY, linewidth=1.5)
    dots: Style = {"color": pen.ORANGE, "edgecolor": "white", "linewidth": 0.6, "zorder": 3}
    strength = [(knots / 12) ** 2 for knots in wind]
    axes.scatter(x, y, strength, label="storm (larger: stronger)", **dots)
    most = max(outcome.shipments.values(), default=1.0)
    for ends, units in outcome.shipments.items():
        width = 1 + 3 * units / most
        axes.plot(*_across(where, ends), color=pen.BLUE, linewidth=width, zorder=4)
    _sites(axes, plan, outcome)
    title = f"{storm} over this plan"
    pen.dress(axes, title, "longitude [degrees east]", "latitude [degrees north]", grid="")
    axes.set(xlim=_VIEW[:2], ylim=_VIEW[2:], aspect=1.08)  # a degree is shorter at 22° north
    axes.legend(loc="lower left", borderaxespad=0.3, fontsize=pen.FONT - 1, framealpha=0.9)
    return Chart(figure, _storm_words(plan, outcome))


def _sites(axes: Axes, plan: StormPlan, outcome: StormOutcome) -> None:
    """Depots as squares, needs as circles: filled as far as they are stocked or served."""
    where, missing = places(), _missing(outcome)
    depots: Style = {"marker": "s", "edgecolor": pen.BLUE, "zorder": 6, "alpha": 1.0}
    needs: Style = {"marker": "o", "edgecolor": pen.INK, "zorder": 5, "alpha": 0.85}
    sizes = {place: 110 + 450 * units / outcome.need for place, units in outcome.needs.items()}
    for label, names, face, looks in (
        ("depot with stock", [d for d, u in plan.stocks.items() if u > 0], pen.BLUE, depots),
        ("depot without", [d for d, u in plan.stocks.items() if u <= 0], "white", depots),
        ("served", [p for p in outcome.needs if p not in missing], "white", needs),
        ("not fully served", list(missing), pen.VERMILLION, needs),
    ):
        if names:
            area = [60.0 if looks is depots else sizes[name] for name in names]
            looks = looks | {"facecolor": face, "linewidth": 1.6, "label": label}
            axes.scatter(*_across(where, names), area, **looks)
    for name in dict.fromkeys([*plan.stocks, *outcome.needs]):
        stock = plan.stocks.get(name, 0.0)
        text = f"{name} {stock:,.0f}" if stock > 0 else name
        right, up, side = _NAMES.get(name, (10, 6, "left"))
        looks = {"color": pen.INK, "zorder": 7, "path_effects": _HALO}
        axes.annotate(text, where[name], (right, up), ha=side, **looks, **pen.NEAR)


def _missing(outcome: StormOutcome) -> dict[str, float]:
    """Kits that are missing, by place."""
    gaps = dict(outcome.needs)
    for (_, place), units in outcome.shipments.items():
        gaps[place] -= units
    return {place: gap for place, gap in gaps.items() if gap > 0.5}


def _storm_words(plan: StormPlan, outcome: StormOutcome) -> str:
    said = [
        f"{outcome.storm}: {outcome.need:,.0f} kits needed, {outcome.served:,.0f} served "
        f"({outcome.coverage * 100:.0f} %), {outcome.lost_stock:,.0f} lost in depots"
    ]
    sent: dict[str, list[str]] = {}
    for (depot, place), units in outcome.shipments.items():
        sent.setdefault(depot, []).append(f"{units:,.0f} to {place}")
    said += [f"from {depot}: {', '.join(parts)}" for depot, parts in sent.items()]
    missing = _missing(outcome)
    worst_first = sorted(missing, key=lambda place: -missing[place])
    said.append(f"not fully served: {', '.join(worst_first) or 'nobody'}")
    said.append(
        f"all seasons: {plan.first_stage:,.0f} USD before the storm, {plan.coverage * 100:.0f} % "
        f"of the need served, {plan.reliability * 100:.0f} % without shortage"
    )
    return "\n".join(said)
