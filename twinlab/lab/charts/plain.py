"""Plain charts of numbers: lines with bands and marks, and bars with intervals; words included.

Pictures for decisions: the resilience triangle, and the frontier of portfolios under a budget.

How well a twin follows its plant: the true stock beside the believed one, day by day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.lab.charts.daily import gist, number
from twinlab.lab.charts.drawing import (
    BLUE,
    CLOSED,
    FONT,
    INK,
    LOOKS,
    ORANGE,
    VERMILLION,
    Chart,
    plot,
)
from twinlab.management.mitigation import Frontier
from twinlab.management.resilience import Curve
from twinlab.scope import ScenarioError
from twinlab.technology.fidelity import fidelity
from twinlab.technology.plant import Plant
from twinlab.twin import Twin

__all__ = ["Words", "bars", "budget", "follow", "lines", "triangle"]


Point = tuple[float, float]


@dataclass(frozen=True)
class Words:
    """What stands around a picture: title and axes, with units, and one sentence that sums it up.

    >>> Words("What a lot costs", "lot size [units]", "cost [EUR/day]").title
    'What a lot costs'
    """

    title: str
    x: str = ""
    y: str = ""
    gist: str = ""


def lines(
    x: Sequence[float],
    series: Mapping[str, Sequence[float]],
    words: Words,
    *,
    bands: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    marks: Mapping[str, Point] | None = None,
) -> Chart:
    """Draw lines over x, each named at its end, with bands around some and marked points.

    Raises:
        ScenarioError: a line is not as long as x, or there are too many to tell apart.

    >>> lines([1, 2, 3], {"cost": [4, 2, 3]}, Words("Cost", "lot [units]", "cost [EUR/day]"))
    Cost: cost [EUR/day] over lot [units], 1 to 3
    cost: first 4, lowest 2 (at 2), highest 4 (at 1), last 3
    """
    if not 0 < len(series) <= len(LOOKS):
        raise ScenarioError(f"lines: {len(series)} lines; between 1 and {len(LOOKS)} can be read")
    figure, axes = plot(4.2, words.title, words.x, words.y)
    said = [words.gist or f"{words.title}: {words.y} over {words.x}, {x[0]:g} to {x[-1]:g}"]
    for look, (name, values) in zip(LOOKS, series.items(), strict=False):
        line = np.asarray(values, dtype=np.float64)
        if len(line) != len(x):
            raise ScenarioError(f"lines: {name!r} has {len(line)} values for {len(x)} places")
        axes.plot(x, line, color=look.colour, linestyle=look.dashes, linewidth=2.5, label=name)
        if bands and name in bands:
            axes.fill_between(x, *bands[name], color=look.colour, alpha=0.18, linewidth=0)
        said.append(f"{name}: {_gist(x, line)}")
    for name, (across, up) in (marks or {}).items():
        axes.plot([across], [up], "o", color=INK, markersize=9, zorder=5)
        axes.annotate(name, (across, up), (8, 8), textcoords="offset points", fontsize=FONT - 1)
        said.append(f"{name}: {number(up)} at {number(across)}")
    if len(series) > 1:
        axes.legend(fontsize=FONT - 1, frameon=False, loc="best")
    return Chart(figure, "\n".join(said))


def bars(
    values: Mapping[str, float],
    words: Words,
    *,
    intervals: Mapping[str, Point] | None = None,
    highlight: Sequence[str] = (),
) -> Chart:
    """Draw a bar per name, longest names readable, with intervals (low, high) where given.

    Raises:
        ScenarioError: there is nothing to draw.

    >>> bars({"plan": 3.0, "none": 5.0}, Words("Loss", "loss [EUR/day]"))
    Loss: loss [EUR/day]
    plan: 3; none: 5
    """
    if not values:
        raise ScenarioError("bars: there is nothing to draw")
    names, numbers = list(values), np.array(list(values.values()), dtype=np.float64)
    figure, axes = plot(1.4 + 0.45 * len(names), words.title, words.x, words.y)
    axes.grid(visible=False, axis="y")
    axes.grid(axis="x", color="#E5E5E5", linewidth=0.8)
    colours = [LOOKS[1].colour if name in highlight else LOOKS[0].colour for name in names]
    ends = intervals or {}
    low = [max(v - ends[n][0], 0.0) if n in ends else 0.0 for n, v in values.items()]
    high = [max(ends[n][1] - v, 0.0) if n in ends else 0.0 for n, v in values.items()]
    # Given to the bars, not drawn over them: so the labels stand clear of the intervals.
    error: dict[str, Any] = {"xerr": (low, high), "ecolor": INK, "capsize": 4} if ends else {}
    drawn = axes.barh(names, numbers, color=colours, height=0.65, **error)
    axes.bar_label(drawn, [f" {number(v)}" for v in numbers], fontsize=FONT - 1, padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    told = "; ".join(f"{name}: {_with(name, v, intervals)}" for name, v in values.items())
    return Chart(figure, f"{words.gist or f'{words.title}: {words.x}'}\n{told}")


def _gist(x: Sequence[float], line: Any) -> str:
    """How a line goes, in the words of ``charts.gist`` but for any x."""
    whole = range(len(line))
    said = gist(whole, line)
    for at in (int(np.nanargmin(line)), int(np.nanargmax(line))):
        said = said.replace(f"(day {at})", f"(at {number(float(x[at]))})")
    return said


def _with(name: str, value: float, intervals: Mapping[str, Point] | None) -> str:
    if not intervals or name not in intervals:
        return number(value)
    low, high = intervals[name]
    return f"{number(value)} [{number(low)}, {number(high)}]"


def triangle(curve: Curve) -> Chart:
    """Draw a performance curve and the area lost above it: the resilience triangle.

    >>> from twinlab.management import Curve
    >>> triangle(Curve([0, 5, 5, 15], [100, 100, 40, 100]))
    performance falls to 40 % from day 5, is back after 10 days; 300 %·days lost
    """
    figure, axes = plot(3.9, "What is served, of what the calm chain serves", "day", "% of calm")
    axes.axhline(100, color=INK, linewidth=1)
    axes.fill_between(
        curve.times,
        curve.quality,
        100,
        color=ORANGE,
        alpha=0.45,
        hatch="//",
        edgecolor="white",
        linewidth=0,
    )
    axes.plot(curve.times, curve.quality, color=BLUE, linewidth=2.5)
    axes.set_ylim(0, 108)
    axes.set_xlim(curve.times[0], curve.times[-1])
    start, lasted = curve.fallen(), curve.time_to_recover()
    if start is not None:
        end = min(start + lasted, float(curve.times[-1]))
        axes.annotate(
            f"{number(curve.loss)} %·days lost",
            ((start + end) / 2, 103),
            ha="center",
            fontsize=FONT,
            annotation_clip=False,
        )
    return Chart(figure, str(curve))


def budget(portfolios: Frontier, available: float) -> Chart:
    """Draw the loss that each efficient portfolio leaves, and what a budget [USD/year] buys.

    Steps, because between two portfolios there is nothing to buy. The band is the 95 % interval of
    the simulated loss; the dashed line is what adding up single savings promises.

    >>> hasty = Demand("shop", "unit", Normal(5, 1), backorders=False, lost_sale_cost=40)
    >>> chain = serial(["mine", "shop"], demand=hasty, on_hand={"shop": 10})
    >>> risky = Scenario(chain, BaseStock(10), days=365).disrupt(Outage("mine", rate=0.01, days=5))
    >>> more = Change({"shop.up_to": 20}, "more stock", cost=500)
    >>> print(budget(frontier(risky, [more], 64, seed=1), 1000))
    1,000 USD a year buy: more stock, for 500 USD
    loss 1,542 [1,347, 1,736] USD a year, promised 1,542
    """
    best, line = portfolios.best(available), portfolios.efficient
    cost = np.array([each.cost for each in line]) / 1000
    end = max(cost[-1], available / 1000) * 1.05 or 1.0
    edges = np.append(cost, end)

    money = [(each.loss.mean, each.loss.low, each.loss.high, each.promised) for each in line]
    loss, low, high, promised = np.transpose([*money, money[-1]]) / 1000

    figure, axes = plot(
        4.2,
        "What is left of the loss",
        "cost of the portfolio [1,000 USD/year]",
        "loss [1,000 USD/year]",
    )
    axes.axvspan(0, available / 1000, color=CLOSED, label="budget")
    axes.fill_between(edges, low, high, step="post", color=BLUE, alpha=0.18, linewidth=0)
    axes.step(edges, loss, where="post", color=BLUE, linewidth=2.5, label="simulated")
    axes.step(
        edges,
        promised,
        where="post",
        color=VERMILLION,
        linewidth=2.5,
        linestyle=(0, (5, 1.5)),
        label="promised by adding up",
    )
    spot = [best.cost / 1000], [best.loss.mean / 1000]
    axes.plot(*spot, "o", color=INK, markersize=9, label="bought")
    axes.axhline(0, color=INK, linewidth=1)
    axes.set_xlim(0, end)
    axes.legend(fontsize=FONT - 1, frameon=False, loc="upper right")
    said = [
        f"{number(available)} USD a year buy: {best.options}, for {number(best.cost)} USD",
        f"loss {best.loss.short} USD a year, promised {number(best.promised)}",
    ]
    return Chart(figure, "\n".join(said))


def follow(
    plant: Plant, twin: Twin, node: str, days: int = 60, every: int = 1, ask_again: bool = False
) -> Chart:
    """Live through some days, let the twin sync every so often, and draw what each knows.

    Only a laboratory can draw this: in the field nobody sees the true stock.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(9), days=90)
    >>> bus = Bus()
    >>> print(follow(Plant(chain, bus, seed=1), Twin(chain, bus), "shop", days=10))
    stock of shop on 10 mornings: fidelity 1.000 on average, 1.000 at worst
    0 messages missing, 0.0 days stale
    true: first 0, lowest 0 (at 1), highest 6.82 (at 9), last 2.98
    as the twin knows it: first 0, lowest 0 (at 1), highest 6.82 (at 9), last 2.98
    """
    mornings: list[int] = []
    true: list[float] = []
    known: list[float] = []
    scores: list[float] = []
    for _ in range(days):
        plant.advance()
        if plant.day % every == 0:
            twin.sync(ask_again)
        state = twin.state
        mornings.append(plant.day)
        for series, source in ((true, plant.state), (known, state)):
            series.append(sum(units for item, units in source.on_hand.items() if item[0] == node))
        scores.append(fidelity(state, plant.state).score)
    said = (
        f"stock of {node} on {days} mornings: fidelity {np.mean(scores):.3f} on average, "
        f"{np.min(scores):.3f} at worst\n"
        f"{len(twin.gaps())} messages missing, {twin.staleness:.1f} days stale"
    )
    words = Words(f"{node}: stock in the morning", "day", "units", said)
    return lines(mornings, {"true": true, "as the twin knows it": known}, words)
