"""Plain charts of numbers: lines with bands and marks, and bars with intervals; words included.

Drawn with them: the resilience triangle, the frontier of portfolios under a budget, and how well a
twin follows its plant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.daily import gist
from twinlab.lab.charts.drawing import LOOKS, Chart, Style
from twinlab.management import Curve, Frontier
from twinlab.scope import ScenarioError
from twinlab.scope.result import shown
from twinlab.technology import Plant, fidelity
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
    figure, axes = pen.plot(4.2, words.title, words.x, words.y)
    said = [words.gist or f"{words.title}: {words.y} over {words.x}, {x[0]:g} to {x[-1]:g}"]
    for look, (name, values) in zip(LOOKS, series.items(), strict=False):
        line = np.asarray(values, dtype=np.float64)
        if len(line) != len(x):
            raise ScenarioError(f"lines: {name!r} has {len(line)} values for {len(x)} places")
        axes.plot(x, line, label=name, **look.line)
        if bands and name in bands:
            axes.fill_between(x, *bands[name], **pen.area(look.colour))
        said.append(f"{name}: {gist(x, line, 'at')}")
    for name, (across, up) in (marks or {}).items():
        axes.plot([across], [up], **pen.MARK)
        axes.annotate(name, (across, up), (8, 8), **pen.NEAR)
        said.append(f"{name}: {shown(up)} at {shown(across)}")
    if len(series) > 1:
        axes.legend(loc="best", **pen.LEGEND)
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
    figure, axes = pen.plot(1.4 + 0.45 * len(names), words.title, words.x, words.y, grid="x")
    ends = intervals or {}
    low, high = np.array([ends.get(name, (v, v)) for name, v in values.items()]).T
    reach = np.maximum([numbers - low, high - numbers], 0.0)
    # Given to the bars, not drawn over them: so the labels stand clear of the intervals.
    error: Style = {"xerr": reach, "ecolor": pen.INK, "capsize": 4} if ends else {}
    colours = [pen.VERMILLION if name in highlight else pen.BLUE for name in names]
    drawn = axes.barh(names, numbers, color=colours, height=0.65, **error)
    labels = [f" {shown(v)}" for v in numbers]
    axes.bar_label(drawn, labels, fontsize=pen.FONT - 1, padding=4)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    told = [
        f"{name}: {shown(v)}"
        + (" [{}, {}]".format(*map(shown, ends[name])) if name in ends else "")
        for name, v in values.items()
    ]
    return Chart(figure, f"{words.gist or f'{words.title}: {words.x}'}\n{'; '.join(told)}")


def triangle(curve: Curve) -> Chart:
    """Draw a performance curve and the area lost above it: the resilience triangle.

    >>> from twinlab.management import Curve
    >>> triangle(Curve([0, 5, 5, 15], [100, 100, 40, 100]))
    performance falls to 40 % from day 5, is back after 10 days; 300 %·days lost
    """
    times, quality = curve.times, curve.quality
    figure, axes = pen.plot(
        3.9, "What is served, of what the calm chain serves", "day", "% of calm"
    )
    axes.axhline(100, color=pen.INK, linewidth=1)
    axes.fill_between(times, quality, 100, color=pen.ORANGE, alpha=0.45, **pen.HATCHED)
    axes.plot(times, quality, **LOOKS[0].line)
    axes.set(xlim=(times[0], times[-1]), ylim=(0, 108))
    start, lasted = curve.fallen(), curve.time_to_recover()
    if start is not None:
        middle = (start + min(start + lasted, float(times[-1]))) / 2
        lost = f"{shown(curve.loss)} %·days lost"
        axes.text(middle, 103, lost, ha="center", fontsize=pen.FONT)
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
    title, thousands = "What is left of the loss", "[1,000 USD/year]"
    figure, axes = pen.plot(4.2, title, f"cost of the portfolio {thousands}", f"loss {thousands}")
    axes.axvspan(0, available / 1000, color=pen.CLOSED, label="budget")
    axes.fill_between(edges, low, high, step="post", **pen.area(pen.BLUE))
    axes.step(edges, loss, where="post", label="simulated", **LOOKS[0].line)
    axes.step(edges, promised, where="post", label="promised by adding up", **LOOKS[1].line)
    axes.plot([best.cost / 1000], [best.loss.mean / 1000], label="bought", **pen.MARK)
    axes.axhline(0, color=pen.INK, linewidth=1)
    axes.set_xlim(0, end)
    axes.legend(loc="upper right", **pen.LEGEND)
    return Chart(
        figure,
        f"{shown(available)} USD a year buy: {best.options}, for {shown(best.cost)} USD\n"
        f"loss {best.loss.short} USD a year, promised {shown(best.promised)}",
    )


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
    true: first 0, lowest 0 (at 1), highest 6.825 (at 9), last 2.983
    as the twin knows it: first 0, lowest 0 (at 1), highest 6.825 (at 9), last 2.983
    """
    mornings: list[int] = []
    stock: dict[str, list[float]] = {"true": [], "as the twin knows it": []}
    scores: list[float] = []
    for _ in range(days):
        plant.advance()
        if plant.day % every == 0:
            twin.sync(ask_again)
        true, known = plant.state, twin.state
        mornings.append(plant.day)
        for series, state in zip(stock.values(), (true, known), strict=True):
            series.append(sum(units for item, units in state.on_hand.items() if item[0] == node))
        scores.append(fidelity(known, true).score)
    said = (
        f"stock of {node} on {days} mornings: fidelity {np.mean(scores):.3f} on average, "
        f"{np.min(scores):.3f} at worst\n"
        f"{len(twin.gaps())} messages missing, {twin.staleness:.1f} days stale"
    )
    return lines(mornings, stock, Words(f"{node}: stock in the morning", "day", "units", said))
