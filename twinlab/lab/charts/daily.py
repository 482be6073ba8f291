"""One measure by day, for groups of nodes, of one run or of several side by side.

Forecasts are fans: bands of many replications. A ripple shows who
is hit when; its figures come from ``management.hits``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from IPython.display import display

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel
from twinlab.management.kpi_tree import grouped
from twinlab.management.node_status import closed_days, total
from twinlab.management.resilience import Hit, hits
from twinlab.modeling import Replications, Run
from twinlab.modeling.simulation.measures import MEASURES
from twinlab.scope.base import Array, Day, Listing, ScenarioError, check_known, shown
from twinlab.scope.result import gist

__all__ = ["Ripple", "chart", "fan", "ripple"]


def chart(
    runs: Run | Mapping[str, Run],
    measure: str = "on_hand",
    by: str = "tier",
    *,
    nodes: Sequence[str] = (),
    days: tuple[Day, Day] | None = None,
) -> Chart:
    """Draw a measure by day: a line per group of nodes, or a panel per group for several runs.

    ``measure`` is a column of ``run.daily``, in its unit. ``by`` groups the nodes: tier, role,
    country or node. ``nodes`` picks some, ``days`` the first and last day to draw. Grey: closures.

    Raises:
        ScenarioError: an unknown measure, group, node or day, or too many lines to tell apart.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4, 2)), on_hand={"shop": 5})
    >>> chart(simulate(Scenario(shop, BaseStock(5), days=3)), nodes=["shop"])
    stock at night [units], days 0 to 2
    tier 0: shop: first 2, lowest 1 (day 1), highest 3 (day 2), last 3
    """
    named = {"": runs} if isinstance(runs, Run) else dict(runs)
    check_known(measure, MEASURES, f"no measure {measure!r}")
    if not named:
        raise ScenarioError("there is no run to draw: give a run, or a dict of runs by name")
    first = next(iter(named.values()))
    lived, day_of = first.days, first.scenario.day_of
    span = range(day_of(days[0]), day_of(days[1]) + 1) if days else lived
    if not span or span[0] not in lived or span[-1] not in lived:
        ends = f"between {lived[0]} and {lived[-1]}"
        raise ScenarioError(f"days={days}: give a first and a last day {ends}")
    unit, meaning = MEASURES[measure]
    title, words = f"{meaning} [{unit}]", [f"{meaning} [{unit}], days {span[0]} to {span[-1]}"]
    panels: dict[str, dict[str, Array]] = {}
    for group, members in _picked(first, by, nodes).items():
        for name, run in named.items():
            panel, label = (group, name) if len(named) > 1 else ("", group)
            seen = total(run, [measure], members)[span[0] - run.days[0] :][: len(span)]
            seen = np.append(seen, np.full(len(span) - len(seen), np.nan))  # after the run's end
            panels.setdefault(panel, {})[label] = seen
            words.append(f"{', '.join(filter(None, (group, name)))}: {gist(span, seen)}")
    shut = pen.closed({closure[1:] for run in named.values() for closure in closed_days(run)})
    xlim, drawn = (span[0], max(span[-1], span[0] + 1)), list[Panel]()
    for group, each in panels.items():
        looks = zip(pen.LOOKS, each, strict=False)
        lines = (pen.line(span, each[name], name, **look) for look, name in looks)
        drawn.append(Panel([*shut, *lines], group, y=unit, xlim=xlim))
    drawn[0] = replace(drawn[0], title=" – ".join(filter(None, [title, drawn[0].title])))
    drawn[-1] = replace(drawn[-1], x="day")
    said, size = "\n".join(words), (pen.WIDTH, max(3.8, 2.2 * len(panels)))
    return Chart(drawn, said, size, calendar=first.scenario)


def _picked(run: Run, by: str, nodes: Sequence[str]) -> dict[str, list[str]]:
    """Groups of the nodes that are asked for, few enough to tell apart."""
    for node in nodes:
        run.plan.columns(node)  # refuses a name that is not here
    every = grouped(run.scenario.network, by).items()
    groups = {g: [n for n in members if n in (nodes or members)] for g, members in every}
    groups = {g: members for g, members in groups.items() if members}
    if len(groups) > len(pen.LOOKS):
        apart = f"group them by='tier', or pick up to {len(pen.LOOKS)} nodes=[…]"
        raise ScenarioError(f"{len(groups)} lines cannot be told apart: {apart}")
    return groups


def fan(
    batch: Replications, measure: str, node: str, product: str = "", *, truth: Sequence[float] = ()
) -> Chart:
    """Draw a forecast: median, five in ten and nine in ten replications, by day.

    ``measure`` of this node must have been asked for in ``daily``. ``truth`` is what came
    afterwards, if it is known.

    Raises:
        ScenarioError: the batch has no such daily values.

    >>> net = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 8})
    >>> shop = Scenario(net, BaseStock(9), days=10)
    >>> print(fan(replicate(shop, 64, seed=1, daily=[("on_hand", "shop")]), "on_hand", "shop"))
    shop: stock at night [units], forecast for days 0 to 9
    median 3.66 on the last day, nine in ten replications between 2.21 and 5.26
    """
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    low, lower, middle, upper, high = batch.quantiles(measure, node, product, levels=levels)
    unit, meaning = MEASURES[measure]
    days, what = np.array(batch.days), f"{node}{product and f', {product}'}: {meaning}"
    marks = [
        pen.band(days, low, high, "nine in ten replications", **pen.area(pen.BLUE, 0.15)),
        pen.band(days, lower, upper, "five in ten", **pen.area(pen.BLUE, 0.3)),
        pen.line(days, middle, "median", **pen.LOOKS[0]),
    ]
    ends = f"nine in ten replications between {shown(low[-1])} and {shown(high[-1])}"
    words = [f"{what} [{unit}], forecast for days {days[0]} to {days[-1]}"]
    words.append(f"median {shown(middle[-1])} on the last day, {ends}")
    if len(truth):
        came = np.asarray(truth, dtype=float)
        dots: pen.Style = {"color": pen.VERMILLION, "marker": "o", "linestyle": ""}
        marks.append(pen.line(days[: len(came)], came, "what came", **dots))
        inside = (low[: len(came)] <= came) & (came <= high[: len(came)])
        words.append(f"{inside.sum()} of {len(came)} nights came inside the band of nine in ten")
    top = max(float(np.max(each)) for each in (high, truth) if len(each))
    ylim = min(0.0, float(low.min())), 1.05 * top or 1.0
    panel = Panel(marks, what, "day", unit, ylim=ylim)
    return Chart([panel], "\n".join(words), calendar=batch.scenario)


class Ripple(Listing, frozen=True):
    """The hits of all groups, upstream first; shown as a chart and its table."""

    caption = "Hits, upstream first"
    hits: tuple[Hit, ...]
    run: Run

    def __getitem__(self, group: Any) -> Hit:
        """The hit of the first group whose label begins with these words."""
        for hit in self.hits:
            if hit.group.startswith(group):
                return hit
        known = ", ".join(hit.group for hit in self.hits)
        raise ScenarioError(f"no group {group!r}; there are: {known}")

    @cached_property
    def chart(self) -> Chart:
        """A panel per group: stock that is missing, and what is owed or lost on top of calm."""
        days, shut = self.run.days, pen.closed(closure[1:] for closure in closed_days(self.run))
        felt = np.flatnonzero(sum(hit.depleted + hit.cumulative_shortage for hit in self))
        ends = days[0], days[-1]
        if len(felt):
            ends = days[felt[0]] - 7, min(days[felt[-1]] + 14, days[-1])
        panels = [replace(_hit(days, hit, shut), xlim=ends) for hit in self]
        panels[-1] = replace(panels[-1], x="day")
        size = pen.WIDTH, 0.9 + 1.15 * len(self)
        return Chart(panels, repr(self), size, calendar=self.run.scenario)

    def __repr__(self) -> str:
        return str(self.run.scenario.dated(super().__repr__()))

    def _ipython_display_(self) -> None:
        display(self.chart)  # type: ignore[no-untyped-call]
        said = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        display(said, raw=True)  # type: ignore[no-untyped-call]


def ripple(run: Run, calm_run: Run, by: str = "tier") -> Ripple:
    """Show who is hit by a disruption, when and how deep; see ``management.hits``.

    >>> net = serial(["mine", "plant", "shop"], demand=Constant(5),
    ...              on_hand={"plant": 20, "shop": 15})
    >>> calm = Scenario(net, {"plant": BaseStock(25), "shop": BaseStock(20)}, days=60)
    >>> ripple(simulate(calm.disrupt(Outage("mine", start=20, days=10))), simulate(calm))
    Hits, upstream first
    tier 2: mine: short on 10 days from day 20, deepest 50 units (day 29)
    tier 1: plant: stock depleted from day 21, short on 6 days from day 25, deepest 30 units
        (day 30)
    tier 0: shop: stock depleted from day 26, short on 3 days from day 29, deepest 15 units (day 31)
    """
    return Ripple(hits(run, calm_run, by), run)


def _hit(days: range, hit: Hit, shut: list[pen.Mark]) -> Panel:
    """Missing stock as a line, shortage as a hatched area, each on the scale of the panel."""
    words = f"short from day {hit.short_from}"
    if hit.short_from is None:
        words = "not hit" if hit.depleted_from is None else "never short"
    stock = f" (stock absorbed {hit.absorbed_days} days)" if hit.absorbed_days is not None else ""
    short, missing = hit.cumulative_shortage, hit.depleted
    owed = "owed, or lost so far, on top of calm [units]"
    highest = max(float(short.max()), float(missing.max()))
    marks = [
        *shut,
        pen.band(days, 0.0, short, owed, color=pen.VERMILLION, alpha=0.75, **pen.HATCHED),
        pen.line(days, missing, "stock missing [units]", **pen.LOOKS[4]),
    ]
    ylim, title = (0.0, highest * 1.05 or 1.0), f"{hit.group} – {words}{stock}"
    return Panel(marks, title, ylim=ylim, finish=lambda a, _: highest or a.set_yticks([]))
