"""A storm, the depots and those in need, on the map of the humanitarian case."""

from itertools import groupby
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from twinlab.cases.relief.storms import places, track
from twinlab.cases.relief.tables import rows
from twinlab.lab.drawing import BLUE, FONT, GREY, INK, ORANGE, VERMILLION, Chart, blank, dress
from twinlab.task.logistics.storms import StormOutcome, StormPlan

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
    axes.scatter(x, y, [(knots / 12) ** 2 for knots in wind], color=ORANGE, zorder=3,
                 label="storm (larger: stronger)", linewidth=0.6, edgecolor="white")  # fmt: skip
    most = max(outcome.shipments.values(), default=1.0)
    for (depot, place), units in outcome.shipments.items():
        ends = zip(where[depot], where[place], strict=True)
        axes.plot(*ends, color=BLUE, linewidth=1 + 3 * units / most, zorder=4)
    _sites(axes, plan, outcome)
    dress(axes, f"{storm} over this plan", "longitude [degrees east]", "latitude [degrees north]")
    axes.grid(visible=False)
    axes.set(xlim=_VIEW[:2], ylim=_VIEW[2:], aspect=1.08)  # a degree is shorter at 22° north
    axes.legend(loc="lower left", borderaxespad=0.3, fontsize=FONT - 1, framealpha=0.9)
    return Chart(figure, _words(plan, outcome))


def _ground(axes: Axes) -> None:
    axes.set_facecolor(_SEA)
    for _, points in groupby(rows("land"), key=lambda row: row["outline"]):
        outline = [(float(row["longitude"]), float(row["latitude"])) for row in points]
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
        axes.annotate(f"{name} {stock:,.0f}" if stock > 0 else name, where[name], (right, up),
                      textcoords="offset points", ha=side, fontsize=FONT - 1, color=INK, zorder=7,
                      path_effects=_HALO)  # fmt: skip


def _unserved(outcome: StormOutcome) -> dict[str, float]:
    """Kits that are missing, by place."""
    gaps = dict(outcome.needs)
    for (_, place), units in outcome.shipments.items():
        gaps[place] -= units
    return {place: gap for place, gap in gaps.items() if gap > 0.5}


def _words(plan: StormPlan, outcome: StormOutcome) -> str:
    said = [
        f"{outcome.storm}: {outcome.need:,.0f} kits needed, {outcome.served:,.0f} served "
        f"({outcome.coverage * 100:.0f} %), {outcome.lost_stock:,.0f} lost in depots"
    ]
    for depot in dict.fromkeys(depot for depot, _ in outcome.shipments):
        parts = [f"{units:,.0f} to {place}" for (d, place), units in outcome.shipments.items()
                 if d == depot]  # fmt: skip
        said.append(f"from {depot}: {', '.join(parts)}")
    gaps = sorted(_unserved(outcome).items(), key=lambda pair: -pair[1])
    said.append(f"not fully served: {', '.join(place for place, _ in gaps) or 'nobody'}")
    said.append(
        f"all seasons: {plan.first_stage:,.0f} USD before the storm, {plan.coverage * 100:.0f} % "
        f"of the need served, {plan.reliability * 100:.0f} % without shortage"
    )
    return "\n".join(said)
