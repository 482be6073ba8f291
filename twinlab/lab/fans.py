"""Forecasts as fans: the past as a line, the future as bands of many histories."""

from collections.abc import Sequence

import numpy as np

from twinlab.lab.charts import number
from twinlab.lab.drawing import FONT, INK, LOOKS, Chart, plot
from twinlab.modeling.batch import Batch
from twinlab.modeling.measures import MEASURES


def fan(
    batch: Batch,
    measure: str,
    node: str,
    product: str = "",
    *,
    past: Sequence[float] = (),
    truth: Sequence[float] = (),
) -> Chart:
    """Draw a forecast: median, five in ten and nine in ten histories, by day.

    ``measure`` of this node must have been asked for in ``bands``. ``past`` are the values of the
    nights before the forecast, ``truth`` what came afterwards, if it is known.

    Raises:
        ScenarioError: the batch has no such band.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 8})
    >>> shop = Scenario(net, BaseStock(9), days=10)
    >>> print(fan(replicate(shop, 64, seed=1, bands=[("on_hand", "shop")]), "on_hand", "shop"))
    shop: stock at night [units], forecast for days 0 to 9
    median 3.66 on the last day, nine in ten histories between 2.21 and 5.26
    """
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    low, lower, middle, upper, high = batch.quantiles(measure, node, product, levels=levels)
    unit, meaning = MEASURES[measure]
    days = np.array(batch.days)
    figure, axes = plot(4.2, f"{node}: {meaning}", "day", unit)
    colour = LOOKS[0].colour
    axes.fill_between(days, low, high, color=colour, alpha=0.15, label="nine in ten histories")
    axes.fill_between(days, lower, upper, color=colour, alpha=0.3, label="five in ten")
    axes.plot(days, middle, color=colour, linewidth=2.5, label="median")
    if len(past):
        axes.plot(days[0] - len(past) + np.arange(len(past)), past, color=INK, linewidth=2,
                  label="past, as the twin knows it")  # fmt: skip
        axes.axvline(days[0] - 0.5, color=INK, linewidth=1, linestyle=":")
    words = [f"{node}: {meaning} [{unit}], forecast for days {days[0]} to {days[-1]}",
             f"median {number(middle[-1])} on the last day, nine in ten histories between "
             f"{number(low[-1])} and {number(high[-1])}"]  # fmt: skip
    if len(truth):
        came = np.asarray(truth, dtype=float)
        axes.plot(days[: len(came)], came, "o", color=LOOKS[1].colour, label="what came")
        inside = (low[: len(came)] <= came) & (came <= high[: len(came)])
        words.append(f"{inside.sum()} of {len(came)} nights came inside the band of nine in ten")
    axes.set_ylim(bottom=min(0.0, float(low.min())))
    axes.legend(fontsize=FONT - 1, frameon=False, loc="best")
    return Chart(figure, "\n".join(words))
