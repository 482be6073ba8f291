"""A control chart as a picture: what was plotted, center, limits, signals and the change.

Pictures of a factory: what machines do with their time, heat warnings, and Pareto's chart.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from twinlab.cases.factory import Factory, heat_watch, smoothed
from twinlab.lab.charts.drawing import (
    BLUE,
    FONT,
    GREY,
    INK,
    LOOKS,
    ORANGE,
    SKY,
    VERMILLION,
    Chart,
    plot,
)
from twinlab.modeling.line.results import LineRun
from twinlab.scope.errors import ScenarioError
from twinlab.task.quality import Pareto
from twinlab.task.quality.charts import ControlChart, CusumChart

__all__ = ["control_chart", "heat_chart", "line_states", "pareto_chart"]


def control_chart(chart: ControlChart, *, ylabel: str = "", title: str = "") -> Chart:
    """Draw a control chart; signals are ringed, and a line stands before the estimated change.

    >>> from twinlab.task.quality import Cusum
    >>> control_chart(Cusum().chart([10, 10, 13, 13, 13], target=10, sigma=1))
    CUSUM chart: 5 samples, center 0, limits -5 to 5; signals at sample 5
    estimated change: after sample 2
    """
    sums = isinstance(chart, CusumChart)
    unit = "sum of deviations [σ]" if sums else f"{next(iter(chart.series))} [units of measure]"
    figure, axes = plot(4.0, title or chart.title, "sample", ylabel or unit)
    axes.grid(visible=False)
    said = [repr(chart)]
    for look, (name, values) in zip(LOOKS[::2], chart.series.items(), strict=False):
        numbers = np.arange(1, len(values) + 1)
        size = 5 if len(values) <= 120 else 0
        axes.plot(
            numbers,
            values,
            color=look.colour,
            linewidth=1.8,
            marker="o",
            markersize=size,
            label=name,
        )
        out = (values > chart.upper) | (values < chart.lower)
        axes.plot(
            numbers[out],
            values[out],
            "o",
            markersize=12,
            markeredgewidth=2.5,
            markerfacecolor="none",
            markeredgecolor=VERMILLION,
        )
    _limits(axes, chart)
    if chart.change_point is not None:
        axes.axvline(chart.change_point + 0.5, color=INK, linestyle=(0, (2, 2)), linewidth=1.5)
        axes.annotate(
            "change?",
            (chart.change_point + 0.5, 1.0),
            (-5, -4),
            ha="right",
            va="top",
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=FONT - 1,
            color=INK,
        )
        said.append(f"estimated change: after sample {chart.change_point}")
    if len(chart.series) > 1:
        axes.legend(
            fontsize=FONT - 1, frameon=False, loc="lower right", ncols=2, bbox_to_anchor=(1.0, 1.0)
        )
    return Chart(figure, "\n".join(said))


def _limits(axes: Axes, chart: ControlChart) -> None:
    """Center and limits, each named with its value at the right."""
    lines = {
        "center": (chart.center, GREY, "-"),
        "upper": (chart.upper, VERMILLION, (0, (5, 2))),
        "lower": (chart.lower, VERMILLION, (0, (5, 2))),
    }
    for name, (level, colour, dashes) in lines.items():
        axes.axhline(level, color=colour, linestyle=dashes, linewidth=1.5)
        axes.annotate(
            f"{name} {level:.4g}",
            (1.0, level),
            (6, 0),
            va="center",
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=FONT - 1,
            color=colour,
        )
    axes.margins(y=0.12)


# Colour and hatch together, so that a state is known without its colour.
STATES = {
    "working": (BLUE, ""),
    "down": (VERMILLION, "//"),
    "blocked": (ORANGE, ".."),
    "starved": ("#FFFFFF", ""),
}


def line_states(run: LineRun) -> Chart:
    """Draw what the machines of each station did with their time, and what the line delivered.

    >>> from twinlab.modeling import Line, Station, run_line
    >>> line_states(run_line(Line([Station("cut", 2), Station("weld", 4, buffer=2)]), days=3))
    120.0 units/day, yield 100.0%, cycle time 16.0 minutes, 4.0 units in process
    cut: working 50 %, down 0 %, blocked 50 %, starved 0 %
    weld: working 100 %, down 0 %, blocked 0 %, starved 0 %
    """
    title = f"{run.throughput:.1f} units/day delivered"
    figure, axes = plot(1.6 + 0.55 * len(run.stations), title, "share of the machines' time")
    axes.grid(visible=False)
    names = [station.name for station in run.stations]
    left = np.zeros(len(names))
    for state, (colour, hatch) in STATES.items():
        shares = np.array([getattr(station, state) for station in run.stations])
        drawn = axes.barh(
            names,
            shares,
            left=left,
            color=colour,
            hatch=hatch,
            height=0.65,
            edgecolor=GREY,
            linewidth=0.8,
            label=state,
        )
        told = [f"{share:.0%}" if share >= 0.04 else "" for share in shares]
        dark = state in ("working", "down")
        axes.bar_label(
            drawn,
            told,
            label_type="center",
            fontsize=FONT - 1,
            color="white" if dark else INK,
            bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.5},
        )
        left += shares
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(
        fontsize=FONT - 1, frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0)
    )
    said = [
        f"{s.name}: " + ", ".join(f"{state} {100 * getattr(s, state):.0f} %" for state in STATES)
        for s in run.stations
    ]
    return Chart(figure, "\n".join([str(run), *said]))


def heat_chart(case: Factory, limit: float) -> Chart:
    """Draw the smoothed heat dissipation, the parts made under a warning, and the heat failures.

    >>> from twinlab.cases.factory import factory
    >>> heat_chart(factory(), limit=9.0)
    limit 9.0 K. warnings: first at part 2,838 (first heat failure: 3,237), 15.8% of parts, 100.0% of heat failures under a warning
    """  # noqa: E501 (one line of output)
    level = np.array(list(smoothed(case.readings)))
    part = np.array([reading.part for reading in case.readings])
    struck = np.array(["HDF" in reading.failure for reading in case.readings])
    watch = heat_watch(case.readings, limit)
    title = (
        f"Heat dissipation: {watch.warned_share:.0%} of parts under a warning, "
        f"{watch.caught_share:.0%} of failures among them"
    )
    figure, axes = plot(4.0, title, "part", "process − air temperature [K]")
    low, high = level.min() - 0.5, level.max() + 1.0
    axes.fill_between(
        part,
        low,
        high,
        where=level < limit,
        color=SKY,
        alpha=0.35,
        linewidth=0,
        label="under a warning",
    )
    axes.plot(part[::10], level[::10], color=BLUE, linewidth=1.8, label="smoothed")
    axes.axhline(limit, color=INK, linestyle=(0, (5, 2)), linewidth=1.5, label="limit")
    axes.plot(
        part[struck],
        np.full(struck.sum(), low + 0.2),
        "|",
        color=VERMILLION,
        markersize=14,
        markeredgewidth=1.5,
        label="heat failure",
    )
    axes.set_ylim(low, high)
    axes.set_xlim(0, len(part))
    axes.legend(fontsize=FONT - 1, frameon=False, ncols=2, loc="upper right")
    return Chart(figure, f"limit {limit:.1f} K. {watch}")


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
    figure, axes = plot(3.8, title, "", "complaints")
    colours = [VERMILLION if cause in few else GREY for cause in causes.causes]
    axes.bar(causes.causes, causes.counts, color=colours, width=0.65)
    # The counts stand under the names: above low bars there is a line, inside them no room.
    pairs = zip(causes.causes, causes.counts, strict=True)
    named = [f"{cause}\n{count:g}" for cause, count in pairs]
    axes.set_xticks(range(len(named)), named)
    shares = axes.twinx()
    shares.plot(causes.causes, causes.cumulative, "o-", color=INK, linewidth=1.8)
    shares.set_ylim(0, 1.08)
    shares.yaxis.set_major_formatter(PercentFormatter(1))
    shares.set_ylabel("share of all so far", fontsize=FONT)
    shares.tick_params(labelsize=FONT - 1)
    shares.spines["top"].set_visible(False)
    axes.set_ylim(0, sum(causes.counts) * 1.08)
    said = [
        f"{cause} {count:g} ({100 * share:.0f} %)"
        for cause, count, share in zip(causes.causes, causes.counts, causes.cumulative, strict=True)
    ]
    return Chart(figure, ", ".join(said))
