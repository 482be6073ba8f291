"""Places in the plane, and the routes of vehicles over them.

A storm, the depots and those in need, on the map of the humanitarian case.

The picture and table of a ripple, whose figures come from ``management.ripple``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from twinlab.cases.relief.goods import rows
from twinlab.cases.relief.season import places, track
from twinlab.lab.charts.daily import closures, number, shade
from twinlab.lab.charts.drawing import (
    BLUE,
    CLOSED,
    FONT,
    GREY,
    INK,
    LOOKS,
    ORANGE,
    VERMILLION,
    Chart,
    blank,
    dress,
    show_picture,
)
from twinlab.management.resilience import Hit, hits
from twinlab.modeling.simulation.run import Run
from twinlab.scope import ScenarioError
from twinlab.scope.errors import did_you_mean
from twinlab.scope.later import pd
from twinlab.scope.result import Listing
from twinlab.task.logistics.storms import StormOutcome, StormPlan

__all__ = ["Ripple", "ripple", "route_map", "storm_map"]


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
        axes.plot(
            xs,
            ys,
            color=look.colour,
            linestyle=look.dashes,
            linewidth=2.2,
            zorder=1,
            label=f"route {at + 1}",
        )
        said.append(f"route {at + 1}: {' → '.join(route)}")
    starts = {route[0] for route in routes if route}
    sizes = loads or {}
    most = max(sizes.values(), default=0.0)
    shown = [name for name in points if name not in starts]
    areas = [60 + 240 * sizes.get(name, 0.0) / most if most > 0 else 90 for name in shown]
    axes.scatter(
        [points[n][0] for n in shown],
        [points[n][1] for n in shown],
        s=areas,
        color="white",
        edgecolor=INK,
        linewidth=1.6,
        zorder=2,
    )
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
        axes.annotate(
            name,
            (x, y),
            (-9 if crowded else 9, 7),
            textcoords="offset points",
            ha="right" if crowded else "left",
            fontsize=FONT - 1,
        )


_LAND, _SEA = "#E9E4D8", "#F6FAFC"
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
    figure = blank(7.8, 6.4)
    axes = figure.subplots()
    _ground(axes)
    x, y, wind = zip(*track(storm), strict=True)
    axes.plot(x, y, color=GREY, linewidth=1.5)
    axes.scatter(
        x,
        y,
        [(knots / 12) ** 2 for knots in wind],
        color=ORANGE,
        zorder=3,
        label="storm (larger: stronger)",
        linewidth=0.6,
        edgecolor="white",
    )
    most = max(outcome.shipments.values(), default=1.0)
    for (depot, place), units in outcome.shipments.items():
        ends = zip(where[depot], where[place], strict=True)
        axes.plot(*ends, color=BLUE, linewidth=1 + 3 * units / most, zorder=4)
    _sites(axes, plan, outcome)
    dress(axes, f"{storm} over this plan", "longitude [degrees east]", "latitude [degrees north]")
    axes.grid(visible=False)
    axes.set(xlim=_VIEW[:2], ylim=_VIEW[2:], aspect=1.08)  # a degree is shorter at 22° north
    axes.legend(loc="lower left", borderaxespad=0.3, fontsize=FONT - 1, framealpha=0.9)
    return Chart(figure, _relief_words(plan, outcome))


def _ground(axes: Axes) -> None:
    axes.set_facecolor(_SEA)
    for _, points in groupby(rows("land"), key=lambda row: row["outline"]):
        outline = [(row["longitude"], row["latitude"]) for row in points]
        axes.fill(*zip(*outline, strict=True), facecolor=_LAND, edgecolor="#B9B2A0", linewidth=0.7)


def _sites(axes: Axes, plan: StormPlan, outcome: StormOutcome) -> None:
    """Depots as squares, needs as circles: filled as far as they are stocked or served."""
    where, unserved = places(), _unserved(outcome)
    depots: dict[str, Any] = {"marker": "s", "edgecolor": BLUE, "zorder": 6, "alpha": 1.0}
    needs: dict[str, Any] = {"marker": "o", "edgecolor": INK, "zorder": 5, "alpha": 0.85}
    sizes = {place: 110 + 450 * units / outcome.need for place, units in outcome.needs.items()}
    for label, names, face, looks in (
        ("depot with stock", [d for d, u in plan.stocks.items() if u > 0], BLUE, depots),
        ("depot without", [d for d, u in plan.stocks.items() if u <= 0], "white", depots),
        ("served", [p for p in outcome.needs if p not in unserved], "white", needs),
        ("not fully served", list(unserved), VERMILLION, needs),
    ):
        if names:
            x, y = zip(*(where[name] for name in names), strict=True)
            area = [60.0 if looks is depots else sizes[name] for name in names]
            axes.scatter(x, y, area, facecolor=face, linewidth=1.6, label=label, **looks)
    for name in dict.fromkeys([*plan.stocks, *outcome.needs]):
        stock = plan.stocks.get(name, 0.0)
        right, up, side = _NAMES.get(name, (10, 6, "left"))
        axes.annotate(
            f"{name} {stock:,.0f}" if stock > 0 else name,
            where[name],
            (right, up),
            textcoords="offset points",
            ha=side,
            fontsize=FONT - 1,
            color=INK,
            zorder=7,
            path_effects=_HALO,
        )


def _unserved(outcome: StormOutcome) -> dict[str, float]:
    """Kits that are missing, by place."""
    gaps = dict(outcome.needs)
    for (_, place), units in outcome.shipments.items():
        gaps[place] -= units
    return {place: gap for place, gap in gaps.items() if gap > 0.5}


def _relief_words(plan: StormPlan, outcome: StormOutcome) -> str:
    said = [
        f"{outcome.storm}: {outcome.need:,.0f} kits needed, {outcome.served:,.0f} served "
        f"({outcome.coverage * 100:.0f} %), {outcome.lost_stock:,.0f} lost in depots"
    ]
    for depot in dict.fromkeys(depot for depot, _ in outcome.shipments):
        parts = [
            f"{units:,.0f} to {place}"
            for (d, place), units in outcome.shipments.items()
            if d == depot
        ]
        said.append(f"from {depot}: {', '.join(parts)}")
    gaps = sorted(_unserved(outcome).items(), key=lambda pair: -pair[1])
    said.append(f"not fully served: {', '.join(place for place, _ in gaps) or 'nobody'}")
    said.append(
        f"all seasons: {plan.first_stage:,.0f} USD before the storm, {plan.coverage * 100:.0f} % "
        f"of the need served, {plan.reliability * 100:.0f} % without shortage"
    )
    return "\n".join(said)


@dataclass(frozen=True, repr=False)
class Ripple(Listing):
    """The hits of all groups, upstream first; shown as a chart and its table.

    >>> net = serial(["mine", "plant", "shop"], demand=Constant(5),
    ...              on_hand={"plant": 20, "shop": 15})
    >>> calm = Scenario(net, {"plant": BaseStock(25), "shop": BaseStock(20)}, days=60)
    >>> ripple(simulate(calm.disrupt(Outage("mine", start=20, days=10))), simulate(calm))
    tier 2: mine: short on 10 days from day 20, deepest 50 units (day 29)
    tier 1: plant: stock depleted from day 21, short on 6 days from day 25,
    deepest 30 units (day 30)
    tier 0: shop: stock depleted from day 26, short on 3 days from day 29, deepest 15 units (day 31)
    """

    hits: tuple[Hit, ...]
    run: Run

    def __getitem__(self, group: str) -> Hit:
        """The hit of the first group whose label begins with these words."""
        for hit in self.hits:
            if hit.group.startswith(group):
                return hit
        raise ScenarioError(
            f"no group {group!r}; there are: {', '.join(h.group for h in self.hits)}"
        )

    def __repr__(self) -> str:
        """Say it in one line per group."""
        return "\n".join(map(str, self.hits))

    @property
    def table(self) -> pd.DataFrame:
        """One row per group; the columns are those of ``Hit``, with their units."""

        def text(value: object) -> str:
            return number(value) if isinstance(value, float) else str(value)

        return super().table.map(text).rename_axis(None)

    @cached_property
    def chart(self) -> Chart:
        """A strip per group: stock that is missing, and what is owed or lost on top of calm."""
        figure = blank(9.5, 0.9 + 1.15 * len(self.hits))
        rows = figure.subplots(len(self.hits), 1, sharex=True, squeeze=False)[:, 0]
        for axes, hit in zip(rows, self.hits, strict=True):
            _draw(axes, self.run.days, hit)
            shade(axes, [span[1:] for span in closures(self.run)])
        days = np.flatnonzero(sum(hit.depleted + hit.cumulative_shortage for hit in self.hits))
        if len(days):
            end = min(self.run.days[days[-1]] + 14, self.run.days[-1])
            rows[-1].set_xlim(self.run.days[days[0]] - 7, end)
        rows[-1].set_xlabel("day", fontsize=FONT)
        handles, labels = rows[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside upper left", ncols=3, fontsize=FONT - 1, frameon=False
        )
        return Chart(figure, repr(self))

    def _ipython_display_(self) -> None:
        show_picture(self.chart.figure, repr(self))
        display(self.table)  # type: ignore[no-untyped-call]


def ripple(run: Run, calm_run: Run, by: str = "tier") -> Ripple:
    """Show who is hit by a disruption, when and how deep; see ``management.hits``.

    >>> calm = Scenario(serial(["mine", "shop"], demand=Constant(5)), BaseStock(9), days=40)
    >>> ripple(simulate(calm), simulate(calm))
    tier 1: mine: not hit
    tier 0: shop: not hit
    """
    return Ripple(hits(run, calm_run, by), run)


def _draw(axes: Axes, days: range, hit: Hit) -> None:
    """Missing stock as a line, shortage as a hatched area, each on the scale of the strip."""
    words = f"short from day {hit.short_from}"
    if hit.short_from is None:
        words = "not hit" if hit.depleted_from is None else "never short"
    stock = f" (stock absorbed {hit.absorbed_days} days)" if hit.absorbed_days is not None else ""
    dress(axes, f"{hit.group} – {words}{stock}")
    axes.fill_between(
        days,
        hit.cumulative_shortage,
        color=VERMILLION,
        alpha=0.75,
        linewidth=0,
        hatch="//",
        edgecolor="white",
        label="owed, or lost so far, on top of calm [units]",
    )
    axes.plot(
        days,
        hit.depleted,
        color=ORANGE,
        linewidth=2.5,
        linestyle=(0, (4, 1)),
        label="stock missing [units]",
    )
    axes.fill_between([], [], color=CLOSED, label="closed")
    highest = max(float(hit.cumulative_shortage.max()), float(hit.depleted.max()))
    axes.set_ylim(0, highest * 1.05 or 1.0)
    if not highest:
        axes.set_yticks([])
