"""Plain charts of numbers: lines with bands and marks, and bars with intervals; words included.

Drawn with them: the resilience triangle, and how well a twin follows its plant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.maps import HALO
from twinlab.lab.charts.pictures import Chart, Panel
from twinlab.management import Curve
from twinlab.modeling import estimate, fidelity
from twinlab.scope import Estimate, Scenario, ScenarioError
from twinlab.scope.result import gist, shown
from twinlab.technology import Bus, Faults, Plant
from twinlab.twin import Twin

__all__ = ["Words", "bars", "follow", "follow_links", "lines", "triangle"]


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
    marks: Mapping[str, pen.Point] | None = None,
    calendar: Scenario | None = None,
) -> Chart:
    """Draw lines over x (days of a ``calendar``?), named at the end, with bands and marked points.

    Raises:
        ScenarioError: a line is not as long as x, or there are too many to tell apart.

    >>> lines([1, 2, 3], {"cost": [4, 2, 3]}, Words("Cost", "lot [units]", "cost [EUR/day]"))
    Cost: cost [EUR/day] over lot [units], 1 to 3
    cost: first 4, lowest 2 (at 2), highest 4 (at 1), last 3
    """
    if not 0 < len(series) <= len(pen.LOOKS):
        most = len(pen.LOOKS)
        raise ScenarioError(f"lines: {len(series)} lines; between 1 and {most} can be read")
    said = [words.gist or f"{words.title}: {words.y} over {words.x}, {x[0]:g} to {x[-1]:g}"]
    drawn: list[pen.Mark] = []
    for look, (name, values) in zip(pen.LOOKS, series.items(), strict=False):
        seen = np.asarray(values, dtype=np.float64)
        if len(seen) != len(x):
            raise ScenarioError(f"lines: {name!r} has {len(seen)} values for {len(x)} places")
        drawn.append(pen.line(x, seen, name, **look))
        if bands and name in bands:
            low, high = bands[name]
            drawn.append(pen.band(x, low, high, **pen.area(look["color"])))
        said.append(f"{name}: {gist(x, seen, 'at')}")
    for name, (across, up) in (marks or {}).items():
        sides = across + np.array([-0.05, 0.05]) * np.ptp(x)
        ends = [np.interp(sides, x, each) for each in series.values()]
        rises = any(before < up < after for before, after in ends)
        drawn += [pen.line([across], [up], **pen.MARK)]
        looks = {"ha": "right" if rises else "left", "bbox": HALO, "zorder": 4}  # off the line
        drawn += [pen.note(name, (across, up), (-8 if rises else 8, 8), **looks)]
        said.append(f"{name}: {shown(up)} at {shown(across)}")
    return Chart([Panel(drawn, words.title, words.x, words.y)], "\n".join(said), calendar=calendar)


def bars(
    values: Mapping[str, float | Estimate],
    words: Words,
    *,
    intervals: Mapping[str, pen.Point] | None = None,
) -> Chart:
    """Draw a bar per name, longest names readable, with intervals: of estimates, or (low, high).

    Raises:
        ScenarioError: there is nothing to draw.

    >>> bars({"plan": 3.0, "none": 5.0}, Words("Loss", "loss [EUR/day]"))
    Loss: loss [EUR/day]
    plan: 3; none: 5
    """
    if not values:
        raise ScenarioError("bars: there is nothing to draw")
    known = {name: v for name, v in values.items() if isinstance(v, Estimate)}
    means = {name: v.mean if isinstance(v, Estimate) else v for name, v in values.items()}
    names, numbers = list(means), np.array(list(means.values()), dtype=np.float64)
    at, ends = np.arange(len(names)), intervals or {n: (v.low, v.high) for n, v in known.items()}
    low, high = np.array([ends.get(name, (v, v)) for name, v in means.items()]).T
    marks = [pen.lying(at, numbers, words.x.partition(" [")[0] or "value", color=pen.BLUE)]
    if ends:
        gaps = np.full(len(names), np.nan)
        reach, rows = np.column_stack([low, high, gaps]), np.column_stack([at, at, gaps])
        caps: pen.Style = {"color": pen.INK, "linewidth": 1.5, "marker": "|", "markersize": 9}
        marks.append(pen.line(reach.ravel(), rows.ravel(), **caps))
    for row, number in enumerate(numbers):
        marks.append(pen.note(shown(number), (max(number, high[row]), row), (6, 0), va="center"))
    least, most = min(0.0, low.min(), numbers.min()), max(0.0, high.max(), numbers.max())
    xlim = (1.12 * least, 1.12 * most or 1.0)
    panel = Panel(marks, words.title, words.x, words.y, xlim, names=names, along="y", grid="x")
    within = {name: " [{}, {}]".format(*map(shown, pair)) for name, pair in ends.items()}
    told = (f"{name}: {shown(v)}{within.get(name, '')}" for name, v in means.items())
    said = f"{words.gist or f'{words.title}: {words.x}'}\n{'; '.join(told)}"
    return Chart([panel], said, (pen.WIDTH, 1.4 + 0.45 * len(names)), legend=False)


def triangle(curve: Curve) -> Chart:
    """Draw a performance curve and the area lost above it: the resilience triangle.

    >>> from twinlab.management import Curve
    >>> triangle(Curve([0, 5, 5, 15], [100, 100, 40, 100]))
    performance falls to 40 % from day 5, is back after 10 days; 300 %·days lost
    """
    times, quality = curve.times, curve.quality
    start, lasted = curve.fallen(), curve.time_to_recover()
    marks = [
        pen.rule(100),
        pen.band(times, quality, 100.0, color=pen.ORANGE, alpha=0.45, **pen.HATCHED),
        pen.line(times, quality, "served", **pen.LOOKS[0]),
    ]
    if start is not None:
        middle = (start + min(start + lasted, float(times[-1]))) / 2
        words = f"{shown(curve.loss)} %·days lost"
        marks.append(pen.note(words, (middle, 103), (0, 0), ha="center"))
    ends = (float(times[0]), float(times[-1])), (0.0, 108.0)
    panel = Panel(marks, "What is served, of what the calm chain serves", "day", "% of calm", *ends)
    return Chart([panel], str(curve), (pen.WIDTH, 3.9))


def follow(
    plant: Plant, twin: Twin, node: str, days: int = 60, every: int = 1, ask_again: bool = True
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
    mornings, scores = list[int](), list[float]()
    stock: dict[str, list[float]] = {"true": [], "as the twin knows it": []}
    for _ in range(days):
        plant.advance()
        if plant.day % every == 0:
            twin.sync(ask_again)
        true, known = plant.state, twin.state
        mornings.append(plant.day)
        for series, state in zip(stock.values(), (true, known), strict=True):
            series.append(sum(units for item, units in state.on_hand.items() if item[0] == node))
        scores.append(fidelity(known, true).score)
    fidelities = f"{np.mean(scores):.3f} on average, {np.min(scores):.3f} at worst"
    said = f"stock of {node} on {days} mornings: fidelity {fidelities}\n"
    said += f"{len(twin.gaps())} messages missing, {twin.staleness:.1f} days stale"
    words = Words(f"{node}: stock in the morning", "day", "units", said)
    return lines(mornings, stock, words, calendar=twin.model)


def follow_links(
    model: Scenario, links: Mapping[str, Faults], days: int, lives: int = 8, ask_again: bool = True
) -> Chart:
    """Draw how true a twin is that syncs every morning, by links of several qualities.

    Every life has luck of its own, on all links; the bands are 95 % intervals of their mean.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(9), days=90)
    >>> print(follow_links(chain, {"cable": Faults(), "radio": Faults(loss=0.1)}, 20, lives=4))
    mean fidelity of 4 lives on 20 mornings, 95 % interval
    cable: 1.000 [1.000, 1.000], 0.0 days stale
    radio: 0.789 [0.589, 0.989], 0.9 days stale
    """
    told = [f"mean fidelity of {lives} lives on {days} mornings, 95 % interval"]
    means, bands, found = dict[str, Any](), dict[str, Any](), np.zeros((2, lives, days))
    for name, faults in links.items():
        for life in range(lives):
            bus = Bus(faults, life)
            plant, twin = Plant(model, bus, life), Twin(model, bus)
            for day in range(days):
                plant.advance()
                twin.sync(ask_again)
                found[:, life, day] = fidelity(twin.state, plant.state).score, twin.staleness
        ends = [estimate(each) for each in (found[0].mean(1), *found[0].T)]
        low, high = np.clip([(each.low, each.high) for each in ends], 0, 1).T
        means[name], bands[name] = found[0].mean(0), (low[1:], high[1:])
        within = f"{ends[0].mean:.3f} [{low[0]:.3f}, {high[0]:.3f}]"
        told.append(f"{name}: {within}, {found[1].mean():.1f} days stale")
    asks = "asks" if ask_again else "does not ask"
    words = Words(f"The twin {asks} again: mean of {lives} lives", "day", "fidelity")
    chart = lines(range(1, days + 1), means, words, bands=bands)
    return Chart([replace(chart.panels[0], ylim=(0, 1.04))], "\n".join(told), calendar=model)
