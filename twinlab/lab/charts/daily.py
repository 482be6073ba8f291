"""What a group of nodes has, owes and sends by day, and when its nodes were closed.

One measure by day, for groups of nodes, of one run or of several side by side.

Forecasts as fans: the past as a line, the future as bands of many replications.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from twinlab.lab.charts.drawing import CLOSED, FONT, INK, LOOKS, WIDTH, Chart, blank, dress, plot
from twinlab.management.kpi_tree import grouped
from twinlab.modeling.simulation.measures import MEASURES
from twinlab.modeling.simulation.replications import Replications
from twinlab.modeling.simulation.run import Run
from twinlab.scope import ScenarioError
from twinlab.scope.distributions import Array
from twinlab.scope.errors import did_you_mean

__all__ = ["chart", "fan"]


def total(run: Run, measures: Iterable[str], nodes: Collection[str]) -> Array:
    """Measures per day, added up over all products of some nodes.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 5})
    >>> total(simulate(Scenario(shop, BaseStock(5), days=2)), ["on_hand", "backlog"], ["shop"])
    array([2., 1.])
    """
    at = [item.number for item in run.plan.items if item.key[0] in nodes]
    return np.asarray(sum(run.measures[name][:, at].sum(axis=1) for name in measures))


def closures(run: Run) -> list[tuple[str, int, int]]:
    """List node, first day and last day (included) of every closure of a node, as it happened.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> closures(simulate(shop.disrupt(Outage("mine", start=10, days=5))))
    [('mine', 10, 14)]
    """
    found: list[tuple[str, int, int]] = []
    since: dict[tuple[str, str], int] = {}
    for event in run.log.of("disrupted", "recovered"):
        if event.note == "Outage":
            key = (event.node, event.product)
            if event.kind == "disrupted":
                since[key] = event.day
            else:
                found.append((event.node, since.pop(key, run.days[0]), event.day - 1))
    return found + [(node, day, run.days[-1]) for (node, _), day in since.items()]


def chart(
    runs: Run | Mapping[str, Run],
    measure: str = "on_hand",
    by: str = "tier",
    *,
    nodes: Sequence[str] = (),
    days: tuple[int, int] | None = None,
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
    first = _checked(named, measure, nodes)
    shown = _shown(first, days)
    lines = {
        (group, name): _window(run, measure, members, shown)
        for group, members in _picked(first, by, nodes).items()
        for name, run in named.items()
    }
    unit, meaning = MEASURES[measure]
    title = f"{meaning} [{unit}]"
    panels: dict[str, dict[str, Array]] = {}
    for (group, name), line in lines.items():
        panel, label = (group, name) if len(named) > 1 else (title, group)
        panels.setdefault(panel, {})[label] = line
    words = [f"{title}, days {shown[0]} to {shown[-1]}"]
    words += [f"{', '.join(filter(None, key))}: {gist(shown, v)}" for key, v in lines.items()]
    figure = blank(WIDTH, max(3.8, 2.2 * len(panels)))
    room = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (panel, labelled) in zip(room, panels.items(), strict=True):
        dress(axes, panel, ylabel=unit)
        draw_lines(axes, shown, labelled)
        shade(axes, {span[1:] for run in named.values() for span in closures(run)})
    room[-1].set_xlabel("day", fontsize=FONT)
    if len(named) > 1:
        figure.suptitle(title, fontsize=FONT + 1, x=0.01, ha="left")
    return Chart(figure, "\n".join(words))


def gist(days: range, line: Array) -> str:
    """Say in a few numbers how a line goes.

    >>> gist(range(60, 63), np.array([5.0, 0.25, 7.0]))
    'first 5, lowest 0.25 (day 61), highest 7 (day 62), last 7'
    """
    low, high = int(np.nanargmin(line)), int(np.nanargmax(line))
    if line[low] == line[high]:
        return f"{number(line[low])} throughout"
    return (
        f"first {number(line[0])}, lowest {number(line[low])} (day {days[low]}), "
        f"highest {number(line[high])} (day {days[high]}), "
        f"last {number(line[np.isfinite(line)][-1])}"
    )


def number(value: float) -> str:
    """Round for reading: thousands with commas, small numbers with three digits.

    >>> number(12345.6), number(0.0421), number(3.0)
    ('12,346', '0.0421', '3')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def draw_lines(axes: Axes, days: range, lines: Mapping[str, Array]) -> None:
    """Draw lines that differ in colour and dashes, each with its name at its end."""
    for look, line in zip(LOOKS, lines.values(), strict=False):
        axes.plot(days, line, color=look.colour, linestyle=look.dashes, linewidth=2)
    top = max(float(np.nanmax(line)) for line in lines.values())
    axes.set_ylim(-0.02 * top, top * 1.05 or 1.0)
    axes.set_xlim(days[0], max(days[-1], days[0] + 1))
    share = 0.25 * len(axes.figure.axes) / axes.figure.bbox.height * axes.figure.dpi
    ends = [float(line[np.isfinite(line)][-1]) for line in lines.values()]
    heights = _spread(ends, share * axes.get_ylim()[1])
    for look, label, end, height in zip(LOOKS, lines, ends, heights, strict=False):
        axes.annotate(
            label,
            (days[-1], end),
            (days[-1] + 0.03 * len(days), height),
            color=INK,
            fontsize=FONT - 1,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": look.colour,
                "linestyle": look.dashes,
                "linewidth": 2,
                "shrinkA": 2,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )


def shade(axes: Axes, spans: Iterable[tuple[int, int]]) -> None:
    """Grey the days on which something is closed."""
    for first, last in spans:
        axes.axvspan(first, last + 1, color=CLOSED, linewidth=0, zorder=0)


def _spread(heights: list[float], step: float) -> list[float]:
    """Move labels apart until neighbours differ by a step, lowest first."""
    placed = list(heights)
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + step)
    return placed


def _checked(named: Mapping[str, Run], measure: str, nodes: Sequence[str]) -> Run:
    """The first run, if what is asked of it exists."""
    if measure not in MEASURES:
        raise ScenarioError(f"no measure {measure!r}; {did_you_mean(measure, MEASURES)}")
    if not named:
        raise ScenarioError("there is no run to draw: give a run, or a dict of runs by name")
    first = next(iter(named.values()))
    for node in nodes:
        first.series(measure, node)
    return first


def _shown(run: Run, days: tuple[int, int] | None) -> range:
    """The days to draw, all of them lived through."""
    shown = range(days[0], days[1] + 1) if days else run.days
    if not shown or shown[0] not in run.days or shown[-1] not in run.days:
        raise ScenarioError(
            f"days={days}: give a first and a last day between {run.days[0]} and {run.days[-1]}"
        )
    return shown


def _picked(run: Run, by: str, nodes: Sequence[str]) -> dict[str, list[str]]:
    """Groups of the nodes that are asked for, few enough to tell apart."""
    groups = grouped(run.scenario.network, by)
    if nodes:
        groups = {g: [n for n in members if n in nodes] for g, members in groups.items()}
    groups = {g: members for g, members in groups.items() if members}
    if len(groups) > len(LOOKS):
        raise ScenarioError(
            f"{len(groups)} lines cannot be told apart: group them by='tier', or pick up to "
            f"{len(LOOKS)} nodes=[…]"
        )
    return groups


def _window(run: Run, measure: str, members: Sequence[str], shown: range) -> Array:
    """A group's measure on the days shown, empty after the run's end."""
    line = np.full(len(shown), np.nan)
    values = total(run, [measure], members)
    first = shown[0] - run.days[0]
    found = values[first : first + len(shown)]
    line[: len(found)] = found
    return line


def fan(
    batch: Replications,
    measure: str,
    node: str,
    product: str = "",
    *,
    past: Sequence[float] = (),
    truth: Sequence[float] = (),
) -> Chart:
    """Draw a forecast: median, five in ten and nine in ten replications, by day.

    ``measure`` of this node must have been asked for in ``daily``. ``past`` are the values of the
    nights before the forecast, ``truth`` what came afterwards, if it is known.

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
    days = np.array(batch.days)
    figure, axes = plot(4.2, f"{node}: {meaning}", "day", unit)
    colour = LOOKS[0].colour
    axes.fill_between(days, low, high, color=colour, alpha=0.15, label="nine in ten replications")
    axes.fill_between(days, lower, upper, color=colour, alpha=0.3, label="five in ten")
    axes.plot(days, middle, color=colour, linewidth=2.5, label="median")
    if len(past):
        axes.plot(
            days[0] - len(past) + np.arange(len(past)),
            past,
            color=INK,
            linewidth=2,
            label="past, as the twin knows it",
        )
        axes.axvline(days[0] - 0.5, color=INK, linewidth=1, linestyle=":")
    words = [
        f"{node}: {meaning} [{unit}], forecast for days {days[0]} to {days[-1]}",
        f"median {number(middle[-1])} on the last day, nine in ten replications between "
        f"{number(low[-1])} and {number(high[-1])}",
    ]
    if len(truth):
        came = np.asarray(truth, dtype=float)
        axes.plot(days[: len(came)], came, "o", color=LOOKS[1].colour, label="what came")
        inside = (low[: len(came)] <= came) & (came <= high[: len(came)])
        words.append(f"{inside.sum()} of {len(came)} nights came inside the band of nine in ten")
    axes.set_ylim(bottom=min(0.0, float(low.min())))
    axes.legend(fontsize=FONT - 1, frameon=False, loc="best")
    return Chart(figure, "\n".join(words))
