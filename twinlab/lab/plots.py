"""Plain charts of numbers: lines with bands and marks, and bars with intervals; words included."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.lab.charts import gist, number
from twinlab.lab.drawing import FONT, INK, LOOKS, Chart, plot
from twinlab.scope import ScenarioError

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
