"""Pictures of a factory: what machines do with their time, heat warnings, Pareto's chart.

And a control chart: what was plotted, center, limits, signals and the change.
"""

import numpy as np
from matplotlib.ticker import PercentFormatter

from twinlab.cases.factory import Factory, heat_watch, smoothed
from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.drawing import LOOKS, Chart, Style
from twinlab.modeling.line.results import LineRun
from twinlab.scope.errors import ScenarioError
from twinlab.scope.result import shown, words
from twinlab.task.quality import Pareto
from twinlab.task.quality.charts import ControlChart, CusumChart

__all__ = ["control_chart", "heat_chart", "line_states", "pareto_chart"]

_RING: Style = {"markersize": 12, "markeredgewidth": 2.5, "markerfacecolor": "none"}
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
    figure, axes = pen.plot(4.0, title or chart.title, "sample", ylabel or unit, grid="")
    said = [repr(chart)]
    for look, (name, values) in zip(LOOKS[::2], chart.series.items(), strict=False):
        samples = np.arange(1, len(values) + 1)
        dots: Style = {"marker": "o", "markersize": 5 if len(values) <= 120 else 0}
        axes.plot(samples, values, color=look.colour, linewidth=1.8, label=name, **dots)
        out = (values > chart.upper) | (values < chart.lower)
        axes.plot(samples[out], values[out], **_RING)
    limit: Style = {"color": pen.VERMILLION, "linestyle": (0, (5, 2))}
    for name, level, looks in (
        ("center", chart.center, {"color": pen.GREY}),
        ("upper", chart.upper, limit),
        ("lower", chart.lower, limit),
    ):
        axes.axhline(level, linewidth=1.5, **looks)
        beside: Style = {"xycoords": ("axes fraction", "data"), "color": looks["color"]}
        axes.annotate(
            f"{name} {shown(level)}", (1.0, level), (6, 0), va="center", **beside, **pen.NEAR
        )
    axes.margins(y=0.12)
    if chart.change_point is not None:
        where = chart.change_point + 0.5
        axes.axvline(where, color=pen.INK, linestyle=(0, (2, 2)), linewidth=1.5)
        above: Style = {"xycoords": ("data", "axes fraction"), "ha": "right", "va": "top"}
        axes.annotate("change?", (where, 1.0), (-5, -4), color=pen.INK, **above, **pen.NEAR)
        said.append(f"estimated change: after sample {chart.change_point}")
    if len(chart.series) > 1:
        axes.legend(ncols=2, **pen.ABOVE)
    return Chart(figure, "\n".join(said))


# Colour and hatch together, so that a state is known without its colour.
STATES = {
    "working": (pen.BLUE, ""),
    "down": (pen.VERMILLION, "//"),
    "blocked": (pen.ORANGE, ".."),
    "starved": ("#FFFFFF", ""),
}


def line_states(run: LineRun) -> Chart:
    """Draw what the machines of each station did with their time, and what the line delivered.

    >>> from twinlab.modeling import Line, Station, run_line
    >>> line_states(run_line(Line([Station("cut", 2), Station("weld", 4, buffer=2)]), days=3))
    120 units/day, yield 100 %, cycle time 16 minutes, 4 units in process
    cut: working 50 %, down 0 %, blocked 50 %, starved 0 %
    weld: working 100 %, down 0 %, blocked 0 %, starved 0 %
    """
    title, stations = f"{run.throughput:.1f} units/day delivered", run.stations
    figure, axes = pen.plot(
        1.6 + 0.55 * len(stations), title, "share of the machines' time", grid=""
    )
    names = [station.name for station in stations]
    shares = {state: np.array([getattr(s, state) for s in stations]) for state in STATES}
    left = np.zeros(len(names))
    for state, (colour, hatch) in STATES.items():
        looks: Style = {"color": colour, "hatch": hatch, "edgecolor": pen.GREY, "linewidth": 0.8}
        drawn = axes.barh(names, shares[state], left=left, height=0.65, label=state, **looks)
        axes.bar_label(
            drawn,
            [f"{share:.0%}" if share >= 0.04 else "" for share in shares[state]],
            label_type="center",
            fontsize=pen.FONT - 1,
            color="white" if state in ("working", "down") else pen.INK,
            bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.5},
        )
        left += shares[state]
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(ncols=4, **pen.ABOVE)
    said = [run.sentence()]
    for at, name in enumerate(names):
        parts = [f"{state} {100 * share[at]:.0f} %" for state, share in shares.items()]
        said.append(f"{name}: {', '.join(parts)}")
    return Chart(figure, "\n".join(said))


def heat_chart(case: Factory, limit: float) -> Chart:
    """Draw the smoothed heat dissipation, the parts made under a warning, and the heat failures.

    >>> from twinlab.cases.factory import factory
    >>> heat_chart(factory(), limit=9.0)
    limit 9.0 K: 16% of parts under a warning, 100% of failures among them
    first warning at part 2,838, first failure at part 3,237
    """
    level = np.array(list(smoothed(case.readings)))
    part = np.array([reading.part for reading in case.readings])
    failed = part[["HDF" in reading.failure for reading in case.readings]]
    watch = heat_watch(case.readings, limit)
    told = f"{watch.warned_share:.0%} of parts under a warning, "
    told += f"{watch.caught_share:.0%} of failures among them"
    figure, axes = pen.plot(
        4.0, f"Heat dissipation: {told}", "part", "process − air temperature [K]"
    )
    low, high = level.min() - 0.5, level.max() + 1.0
    warned = pen.area(pen.SKY, 0.35)
    axes.fill_between(part, low, high, where=level < limit, label="under a warning", **warned)
    axes.plot(part[::10], level[::10], color=pen.BLUE, linewidth=1.8, label="smoothed")
    axes.axhline(limit, label="limit", **pen.DASHED)
    tick: Style = {"color": pen.VERMILLION, "markersize": 14, "markeredgewidth": 1.5}
    axes.plot(failed, np.full(len(failed), low + 0.2), "|", label="heat failure", **tick)
    axes.set(xlim=(0, len(part)), ylim=(low, high))
    axes.legend(ncols=2, loc="upper right", **pen.LEGEND)
    firsts = words(watch.first_warning), words(watch.first_failure)
    said = "first warning at part {}, first failure at part {}".format(*firsts)
    return Chart(figure, f"limit {limit:.1f} K: {told}\n{said}")


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
    figure, axes = pen.plot(3.8, title, "", "complaints")
    colours = [pen.VERMILLION if cause in few else pen.GREY for cause in causes.causes]
    axes.bar(causes.causes, causes.counts, color=colours, width=0.65)
    axes.set_ylim(0, sum(causes.counts) * 1.08)
    rows = list(zip(causes.causes, causes.counts, causes.cumulative, strict=True))
    # The counts stand under the names: above low bars there is a line, inside them no room.
    axes.set_xticks(range(len(rows)), [f"{cause}\n{count:g}" for cause, count, _ in rows])
    shares = axes.twinx()
    shares.plot(causes.causes, causes.cumulative, "o-", color=pen.INK, linewidth=1.8)
    shares.set_ylim(0, 1.08)
    shares.yaxis.set_major_formatter(PercentFormatter(1))
    shares.set_ylabel("share of all so far", fontsize=pen.FONT)
    shares.tick_params(labelsize=pen.FONT - 1)
    shares.spines["top"].set_visible(False)
    said = (f"{cause} {count:g} ({100 * share:.0f} %)" for cause, count, share in rows)
    return Chart(figure, ", ".join(said))
