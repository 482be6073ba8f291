"""Sliders on a scenario: move one, and see at once what the chain does.

It shows means of many replications, and small multiples of them: a row per tier, what it has, what
it owes and what it sends.
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import ipywidgets
from matplotlib.ticker import MaxNLocator

from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel
from twinlab.lab.widgets.levers import LeverRow, Levers, default_levers, lever
from twinlab.lab.widgets.views import Latest, LiveView
from twinlab.management.by_tier import ByTier, GroupSeries, by_tier
from twinlab.scope import Scenario
from twinlab.scope.base import shown
from twinlab.scope.result import gist

__all__ = ["Explorer", "explore"]


def small_multiples(before: ByTier, now: ByTier) -> Chart:
    """A row per group: what it has, owes and could send; what goes out."""
    pairs = zip(before.groups, now.groups, strict=True)
    panels = [panel for was, series in pairs for panel in _row(was, series, now)]
    panels[-2:] = (replace(panel, x="day") for panel in panels[-2:])
    panels[1] = replace(panels[1], title="going out [units/day, 7-day mean]")
    words = (f"{series.label}: stock {gist(now.days, series.stock)}" for series in now.groups)
    size = pen.WIDTH, 0.8 + 1.15 * len(now.groups)
    return Chart(panels, "\n".join(words), size, columns=(5, 3), calendar=now.scenario)


def _row(was: GroupSeries, series: GroupSeries, now: ByTier) -> Iterator[Panel]:
    """The two plots of a group, with what was and what is now; what is owed lies below zero."""
    days, (low, high) = now.days, series.spread
    bare: pen.Style = {"major_formatter": lambda y, _: shown(abs(y))}  # what is owed has no sign
    look: pen.Style = {"finish": lambda a, _: a.yaxis.set(major_locator=MaxNLocator(3), **bare)}
    old: pen.Style = {"color": pen.GREY, "linestyle": (0, (5, 3)), "linewidth": 1.3}
    new: pen.Style = {"color": pen.BLUE, "linewidth": 2}
    owed: pen.Style = {"color": pen.VERMILLION, "linewidth": 0}
    stock = [
        *pen.closed(now.closed),
        pen.band(days, 0.0, series.ready, "ready to send", color=pen.FAINT, linewidth=0),
        pen.band(days, low, high, "9 in 10 replications", **pen.area(pen.BLUE, 0.3)),
        pen.band(days, 0.0, -series.short, "owed, or lost so far", **owed),
        pen.line(days, was.stock, "before", **old),
        pen.line(days, -was.short, **old),
        pen.line(days, series.stock, "all stock", **new),
    ]
    flow = [
        *pen.closed(now.closed),
        pen.line(days, was.flow, "before", **old),
        pen.line(days, series.flow, "going out", label="_", **new),
    ]
    for title, marks, unit in (f"{series.label} [units]", stock, "units"), ("", flow, "units/day"):
        panel = Panel(marks, title, unit=unit, xlim=(days[0], max(days[-1], 1)), **look)
        bottom, top = panel.limits[1]
        yield replace(panel, ylim=(bottom if unit == "units" else 0.0, top))


def explore(
    scenario: Scenario, levers: Levers | None = None, seed: int = 1, replications: int = 200
) -> "Explorer":
    """Show a scenario with a slider for each lever, redrawn with the same seed after each move.

    ``levers`` are paths such as ``"shop.up_to"``, or a dict of path to (low, high); without them
    the first disruption and base-stock levels, eight in all.
    Numbers are means of many ``replications`` with their intervals; the dark band holds nine
    stocks in ten.

    Raises:
        ScenarioError: a path leads nowhere, or to something that is no finite number.

    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 15})
    >>> chain = Scenario(net, BaseStock(20), days=60).disrupt(Outage("mine", start=20, days=2))
    >>> lab = explore(chain, levers={"disruptions[0].days": (1, 14)})
    >>> lab.rows[0].value = 9
    >>> print(lab)
    Fill rate 90.0 % (before 100.0 %) · customers short on 6 days from day 24 · cost 0 USD/day
    mean of 200 replications, 95 % interval
    tl.replicate(chain.set("disruptions[0].days", 9), 200, seed=1).table
    """
    home = str(Path(__file__).parents[2])
    outside = (f for f, *_ in inspect.stack(0) if not f.f_code.co_filename.startswith(home))
    names = next(outside).f_globals
    name = next((n for n, v in names.items() if v is scenario and n[0] != "_"), "scenario")
    return Explorer(scenario, levers, seed, replications, name)


class Explorer(LiveView):
    """A scenario, its levers and what follows from them."""

    _where = " in the simulation"

    def __init__(
        self, scenario: Scenario, levers: Levers | None, seed: int, replications: int, name: str
    ) -> None:
        """Compute once; these first results stay in the picture as a pale line."""
        paths = default_levers(scenario) if levers is None else levers
        ranges = paths if isinstance(paths, Mapping) else dict.fromkeys(paths)
        self._start, self._name = scenario, name
        self._seed, self._replications = seed, replications
        self._latest = Latest(lambda: self._attempt(self._compute))
        super().__init__()
        self.rows = [LeverRow(lever(scenario, p, r), self._latest.ask) for p, r in ranges.items()]
        self._compute()
        self._before = self._now
        start = small_multiples(self._now, self._now)
        self._reach(start, dict(zip(ranges, self.rows, strict=True)), self._far)
        reset = ipywidgets.Button(description="Reset", tooltip="put every lever back")
        for row in self.rows:
            reset.on_click(row.reset)
        self.picture.layout = {"flex": "1 1 540px", "min_width": "0px"}
        self.table.layout = {"flex": "0 0 430px"}
        pairs = (reset, self.status), (self.picture, self.table)
        boxes = (ipywidgets.HBox(pair, layout={"flex_flow": "row wrap"}) for pair in pairs)
        self.children = [*self.rows, *boxes, self._line]
        self._show()

    @property
    def code(self) -> str:
        """The line of Python that gives the same result."""
        stands = ((row.lever.path, row.value) for row in self.rows if row.moved)
        moved = [f'.set("{at}", {int(v) if v == int(v) else v})' for at, v in stands]
        call = f"{self._name}{''.join(moved)}, {self._replications}, seed={self._seed}"
        return f"tl.replicate({call}).table"

    @property
    def summary(self) -> str:
        """What follows from where the levers stand, in one line."""
        if self.problem:
            return self.problem
        rate, short, first, *_, cost = self._now.rows
        days = f"on {short.text} days from day {first.text}" if short.value else "on no day"
        days = self.scenario.dated(days)
        before = self._before.rows[0].text
        filled = " ".join(filter(None, [rate.text, rate.interval, f"(before {before})"]))
        return f"Fill rate {filled} · customers short {days} · cost {cost.text} USD/day"

    def __repr__(self) -> str:
        return f"{self.summary}\n{self._now.words}\n{self.code}"

    def _far(self, path: str, end: float) -> Chart:
        """The picture at an end of a lever: few replications show how far the axes must go."""
        seen = by_tier(self._start.set(path, end), self._seed, min(self._replications, 8))
        return small_multiples(self._before, seen)

    def _compute(self) -> None:
        """Bring scenario and results to where the levers stand now."""
        scenario = self._start.set({row.lever.path: row.value for row in self.rows if row.moved})
        self._now = by_tier(scenario, self._seed, self._replications)
        self.scenario = scenario

    def _show(self) -> None:
        """Bring picture, table and words to the newest results."""
        before, now, cut = self._before, self._now, ""
        if not self.problem:
            cut = self.picture.show(small_multiples(before, now), self.summary)
            pairs = zip(before.rows, now.rows, strict=True)
            rows = ((new.label, old.text, new.text, new.interval) for old, new in pairs)
            grey, side = "white-space:nowrap;opacity:0.75", "white-space:nowrap;text-align:right"
            looks = f"{grey};text-align:right", f"{side};font-weight:bold", grey
            self._tabulate(now.words.capitalize(), ("before", "now", "interval"), rows, looks)
        self._say(" · ".join(filter(None, [self.summary, cut])), self.code)
