"""The picture and table of a ripple, whose figures come from ``management.ripple``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes

from twinlab.lab.charts import number, shade
from twinlab.lab.drawing import CLOSED, FONT, ORANGE, VERMILLION, Chart, blank, dress, show_picture
from twinlab.lab.groups import closures
from twinlab.management.listing import Listing
from twinlab.management.ripple import Hit, hits
from twinlab.modeling.run import Run
from twinlab.scope import ScenarioError
from twinlab.scope.later import pd


@dataclass(frozen=True, repr=False)
class Ripple(Listing):
    """The hits of all groups, upstream first; shown as a chart and its table.

    >>> net = serial(["mine", "plant", "shop"], demand=Constant(5),
    ...              on_hand={"plant": 20, "shop": 15})
    >>> calm = Scenario(net, {"plant": BaseStock(25), "shop": BaseStock(20)}, days=60)
    >>> ripple(simulate(calm.disrupt(Outage("mine", start=20, days=10))), simulate(calm))
    tier 2: mine: short on 10 days from day 20, deepest 50 units (day 29)
    tier 1: plant: stock eaten from day 21, short on 6 days from day 25, deepest 30 units (day 30)
    tier 0: shop: stock eaten from day 26, short on 3 days from day 29, deepest 15 units (day 31)
    """

    hits: tuple[Hit, ...]
    run: Run
    kind = Hit

    def __getitem__(self, group: str) -> Hit:
        """The hit of the first group whose label begins with these words."""
        for hit in self.hits:
            if hit.group.startswith(group):
                return hit
        raise ScenarioError(
            f"no group {group!r}; there are: {', '.join(h.group for h in self.hits)}"
        )

    def __repr__(self) -> str:
        """Say it in one line per group."""
        return "\n".join(map(_words, self.hits))

    @property
    def table(self) -> pd.DataFrame:
        """One row per group; the columns are those of ``Hit``, with their units."""

        def text(value: object) -> str:
            return number(value) if isinstance(value, float) else str(value)

        return super().table.map(text).rename_axis(None)

    @cached_property
    def chart(self) -> Chart:
        """A strip per group: stock that is missing, and what is owed or lost on top of calm."""
        figure = blank(9.5, 0.9 + 1.15 * len(self.hits))
        rows = figure.subplots(len(self.hits), 1, sharex=True, squeeze=False)[:, 0]
        for axes, hit in zip(rows, self.hits, strict=True):
            _draw(axes, self.run.days, hit)
            shade(axes, [span[1:] for span in closures(self.run)])
        days = np.flatnonzero(sum(hit.eaten + hit.deep for hit in self.hits))
        if len(days):
            end = min(self.run.days[days[-1]] + 14, self.run.days[-1])
            rows[-1].set_xlim(self.run.days[days[0]] - 7, end)
        rows[-1].set_xlabel("day", fontsize=FONT)
        handles, labels = rows[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=FONT - 1,
                      frameon=False)  # fmt: skip
        return Chart(figure, repr(self))

    def _ipython_display_(self) -> None:
        show_picture(self.chart.figure, repr(self))
        display(self.table)  # type: ignore[no-untyped-call]


def ripple(run: Run, calm_run: Run, by: str = "tier") -> Ripple:
    """Show who is hit by a disruption, when and how deep; see ``management.hits``.

    >>> calm = Scenario(serial(["mine", "shop"], demand=Constant(5)), BaseStock(9), days=40)
    >>> ripple(simulate(calm), simulate(calm))
    tier 1: mine: not hit
    tier 0: shop: not hit
    """
    return Ripple(hits(run, calm_run, by), run)


def _draw(axes: Axes, days: range, hit: Hit) -> None:
    """Missing stock as a line, shortage as a hatched area, each on the scale of the strip."""
    words = f"short from day {hit.short_from}"
    if hit.short_from is None:
        words = "not hit" if hit.eaten_from is None else "never short"
    stock = f" (stock bought {hit.bought} days)" if hit.bought is not None else ""
    dress(axes, f"{hit.group} – {words}{stock}")
    axes.fill_between(
        days, hit.deep, color=VERMILLION, alpha=0.75, linewidth=0, hatch="//", edgecolor="white",
        label="owed, or lost so far, on top of calm [units]",
    )  # fmt: skip
    axes.plot(days, hit.eaten, color=ORANGE, linewidth=2.5, linestyle=(0, (4, 1)),
              label="stock missing [units]")  # fmt: skip
    axes.fill_between([], [], color=CLOSED, label="closed")
    axes.set_ylim(0, max(float(hit.deep.max()), float(hit.eaten.max())) * 1.05 or 1.0)
    if not (hit.eaten.any() or hit.deep.any()):
        axes.set_yticks([])


def _words(hit: Hit) -> str:
    parts = [f"stock eaten from day {hit.eaten_from}"] if hit.eaten_from is not None else []
    if hit.short_from is not None:
        parts += [f"short on {hit.days_short} days from day {hit.short_from}"]
        parts += [f"deepest {number(hit.deepest)} units (day {hit.deepest_on})"]
    elif parts:
        parts += ["never short"]
    return f"{hit.group}: {', '.join(parts) or 'not hit'}"
