"""A control chart as a picture: what was plotted, center, limits, signals and the change."""

import numpy as np
from matplotlib.axes import Axes

from twinlab.lab.drawing import FONT, GREY, INK, LOOKS, VERMILLION, Chart, plot
from twinlab.task.quality.charts import ControlChart, CusumChart


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
        axes.plot(numbers, values, color=look.colour, linewidth=1.8, marker="o", markersize=size,
                  label=name)  # fmt: skip
        out = (values > chart.upper) | (values < chart.lower)
        axes.plot(numbers[out], values[out], "o", markersize=12, markeredgewidth=2.5,
                  markerfacecolor="none", markeredgecolor=VERMILLION)  # fmt: skip
    _limits(axes, chart)
    if chart.last_good is not None:
        axes.axvline(chart.last_good + 0.5, color=INK, linestyle=(0, (2, 2)), linewidth=1.5)
        axes.annotate("change?", (chart.last_good + 0.5, 1.0), (-5, -4), ha="right", va="top",
                      xycoords=("data", "axes fraction"), textcoords="offset points",
                      fontsize=FONT - 1, color=INK)  # fmt: skip
        said.append(f"estimated change: after sample {chart.last_good}")
    if len(chart.series) > 1:
        axes.legend(fontsize=FONT - 1, frameon=False, loc="lower right", ncols=2,
                    bbox_to_anchor=(1.0, 1.0))  # fmt: skip
    return Chart(figure, "\n".join(said))


def _limits(axes: Axes, chart: ControlChart) -> None:
    """Center and limits, each named with its value at the right."""
    lines = {"center": (chart.center, GREY, "-"), "upper": (chart.upper, VERMILLION, (0, (5, 2))),
             "lower": (chart.lower, VERMILLION, (0, (5, 2)))}  # fmt: skip
    for name, (level, colour, dashes) in lines.items():
        axes.axhline(level, color=colour, linestyle=dashes, linewidth=1.5)
        axes.annotate(f"{name} {level:.4g}", (1.0, level), (6, 0), va="center",
                      xycoords=("axes fraction", "data"), textcoords="offset points",
                      fontsize=FONT - 1, color=colour)  # fmt: skip
    axes.margins(y=0.12)
