"""Pictures of a factory: what machines do with their time, Pareto's chart.

And a control chart: what was plotted, center, limits, signals and the change.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.ticker import PercentFormatter

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel
from twinlab.modeling.line.results import LineRun
from twinlab.scope.base import ScenarioError, State, shown
from twinlab.task.production import describe
from twinlab.task.quality import Pareto
from twinlab.task.quality.charts import ControlChart, CusumChart

__all__ = ["control_chart", "line_states", "pareto_chart"]

_RING: pen.Style = {"markersize": 12, "markeredgewidth": 2.5, "markerfacecolor": "none"}
_RING |= {"marker": "o", "linestyle": "", "markeredgecolor": pen.VERMILLION}


def control_chart(chart: ControlChart, *, ylabel: str = "", title: str = "") -> Chart:
    """Draw a control chart; signals are ringed, and a line stands before the estimated change.

    >>> from twinlab.task.quality import Cusum
    >>> control_chart(Cusum().chart([10, 10, 13, 13, 13], target=10, sigma=1))
    CUSUM chart: 5 samples, center 0, limits -5 to 5; signals at sample 5
    estimated change: after sample 2
    """
    sums = isinstance(chart, CusumChart)
    unit = "sum of deviations [σ]" if sums else f"{next(iter(chart.series))} [units of measure]"
    said, marks = [repr(chart)], list[pen.Mark]()
    for look, (name, values) in zip(pen.LOOKS[::2], chart.series.items(), strict=False):
        samples = np.arange(1, len(values) + 1)
        dots: pen.Style = {"marker": "o", "markersize": 5 if len(values) <= 120 else 0}
        out = (values > chart.upper) | (values < chart.lower)
        marks.append(pen.line(samples, values, name, color=look["color"], linewidth=1.8, **dots))
        marks.append(pen.line(samples[out], values[out], **_RING))
    limit: pen.Style = {"color": pen.VERMILLION, "linestyle": (0, (5, 2))}
    beside: pen.Style = {"xycoords": ("axes fraction", "data"), "va": "center"}
    for name, looks in ("center", {"color": pen.GREY}), ("upper", limit), ("lower", limit):
        level, words = getattr(chart, name), f"{name} {shown(getattr(chart, name))}"
        marks.append(pen.rule(level, **looks | {"linewidth": 1.5}))
        marks.append(pen.note(words, (1.0, level), (6, 0), **beside, color=looks["color"]))
    if chart.change_point is not None:
        where = chart.change_point + 0.5
        above: pen.Style = {"xycoords": ("data", "axes fraction"), "ha": "right", "va": "top"}
        marks.append(pen.post(where, **pen.DASHED))
        marks.append(pen.note("change?", (where, 1.0), (-5, -4), **above))
        said.append(f"estimated change: after sample {chart.change_point}")
    panel = Panel(marks, title or chart.title, "sample", ylabel or unit, grid="")
    (low, high) = panel.limits[1]
    panel = replace(panel, ylim=(low, high + 0.12 * (high - low)))  # for the word
    return Chart([panel], "\n".join(said), (pen.WIDTH, 4.0))


# Colour and hatch together, so that a state is known without its colour.
STATES = {
    "working": (pen.BLUE, ""),
    "down": (pen.VERMILLION, "//"),
    "stopped": (pen.PURPLE, "xx"),
    "setup": (pen.SKY, "++"),
    "blocked": (pen.ORANGE, ".."),
    "starved": (pen.PAPER, ""),
}
_INKS = {"working": pen.PAPER, "down": pen.PAPER, "starved": pen.INK}
RARE = ("stopped", "setup")


def line_states(seen: LineRun | State, node: str = "") -> Chart:
    """Draw what the machines of each station did with their time, and what the line delivered.

    A state, such as a twin's, knows the machines of its nodes: OEE and energy are told with them.

    >>> from twinlab.modeling import Line, Station, run_line
    >>> line_states(run_line(Line([Station("cut", 2), Station("weld", 4, buffer=2)]), days=3))
    120 units/day, yield 100 %, cycle time 16 minutes, 4 units in process
    cut: working 50 %, down 0 %, blocked 50 %, starved 0 %
    weld: working 100 %, down 0 %, blocked 0 %, starved 0 %
    """
    if isinstance(seen, State):
        names, shares, title = _of_state(seen, node)
        said = [title]
    else:
        names, stations = [station.name for station in seen.stations], seen.stations
        shares = {state: np.array([getattr(s, state) for s in stations]) for state in STATES}
        title, said = f"{seen.throughput:.1f} units/day delivered", [seen.sentence()]
    shares = {k: share for k, share in shares.items() if share.any() or k not in RARE}
    at, left, marks = np.arange(len(names)), np.zeros(len(names)), list[pen.Mark]()
    edge = {"edgecolor": pen.GREY, "linewidth": 0.8}
    for state in shares:
        colour, hatch = STATES[state]
        looks: pen.Style = {"color": colour, "hatch": hatch, **edge}
        marks.append(pen.lying(at, shares[state], state, left, **looks))
        inside: pen.Style = {"ha": "center", "va": "center", "zorder": 3}
        inside |= {"color": _INKS.get(state, "black")}  # the other colours are bright by night too
        inside |= {"bbox": {"facecolor": colour, "edgecolor": "none", "pad": 1.5}}
        for row, share in enumerate(shares[state]):
            words = f"{share:.0%}" if share >= 0.04 else ""
            marks.append(pen.note(words, (left[row] + share / 2, row), (0, 0), **inside))
        left = left + shares[state]
    lie: pen.Style = {"xlim": (0, 1), "names": names, "along": "y", "grid": ""}
    lie["finish"] = lambda axes, _: axes.xaxis.set_major_formatter(PercentFormatter(1))
    panel = Panel(marks, title, "share of the machines' time", **lie)
    for row, name in enumerate(names):
        parts = [f"{state} {100 * share[row]:.0f} %" for state, share in shares.items()]
        said.append(f"{name}: {', '.join(parts)}")
    return Chart([panel], "\n".join(said), (pen.WIDTH, 1.6 + 0.55 * len(names)))


def _of_state(seen: State, node: str) -> tuple[list[str], dict[str, Any], str]:
    """Machines of a node that a state knows, their shares of time, and what there is to say."""
    told = {at: m for at, m in seen.machines.items() if at[0] == node and "worked" in m}
    if not told:
        raise ScenarioError(f"line_states: no machine at {node!r} has told what it does")
    minutes = {state: np.array([m.get(state, 0.0) for m in told.values()]) for state in STATES}
    total = np.maximum(sum(minutes.values()), 1.0)
    shares = {state: each / total for state, each in minutes.items()}
    energy = sum(m["energy"] for m in told.values())
    oee = ", ".join(f"{place[1]} {describe(seen, place).oee:.2f}" for place in told)
    return [name for _, name in told], shares, f"day {seen.day}: {energy:,.0f} kWh; OEE {oee}"


def pareto_chart(causes: Pareto) -> Chart:
    """Draw causes from the most to the least frequent, and the share of all that they add up to.

    >>> from twinlab.task.quality import pareto
    >>> pareto_chart(pareto({"dent": 10, "scratch": 75, "stain": 15}))
    scratch 75 (75 %), stain 15 (90 %), dent 10 (100 %)
    """
    if not causes.causes:
        raise ScenarioError("pareto_chart: there are no causes to draw")
    few = causes.vital_few()
    title = f"{len(few)} of {len(causes.causes)} causes make up four fifths"
    colours = [pen.VERMILLION if cause in few else pen.GREY for cause in causes.causes]
    rows = list(zip(causes.causes, causes.counts, causes.cumulative, strict=True))
    total, sums, at = sum(causes.counts), np.cumsum(causes.counts), np.arange(len(rows))
    marks = [
        pen.bars(at, causes.counts, "of this cause", color=colours),
        pen.line(at, sums, "all so far", color=pen.INK, marker="o", linewidth=1.8),
    ]
    # The counts stand under the names: above low bars there is a line, inside them no room.
    names = [f"{cause}\n{count:g}" for cause, count, _ in rows]

    def shares(axes: Any, dark: bool) -> None:
        """Shares on the right, of the same heights."""
        scales, ink = (lambda v: v / total, lambda v: v * total), pen.tinted(pen.INK, dark)
        right = axes.secondary_yaxis("right", functions=scales)
        right.yaxis.set_major_formatter(PercentFormatter(1))
        right.set_ylabel("share of all so far", fontsize=pen.FONT, color=ink)
        right.tick_params(labelsize=pen.FONT - 1, color=ink, labelcolor=ink)

    panel = Panel(marks, title, y="complaints", ylim=(0, 1.08 * total), names=names, finish=shares)
    said = (f"{cause} {count:g} ({100 * share:.0f} %)" for cause, count, share in rows)
    return Chart([panel], ", ".join(said), (pen.WIDTH, 3.8), legend=False)
