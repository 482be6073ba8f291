"""Sliders on a scenario: move one, and see at once what the chain does."""

from __future__ import annotations

import html
import inspect
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ipywidgets

from twinlab.lab.charts.drawing import as_png
from twinlab.lab.widgets.explorer_results import Outlook, draw, look_ahead, still
from twinlab.lab.widgets.levers import Latest, LeverRow, Levers, default_levers, lever
from twinlab.scope import Scenario, TwinError
from twinlab.technology.proposal import changed

__all__ = ["Explorer", "explore"]


_BIG = "font-size:15px;line-height:1.5"
_SLOW = 1.0  # seconds; a redraw that takes longer says that it is under way


def explore(
    scenario: Scenario,
    levers: Levers | None = None,
    seed: int = 1,
    days: int | None = None,
    replications: int = 200,
) -> Explorer:
    """Show a scenario with a slider for each lever, redrawn with the same luck after each move.

    ``levers`` are paths such as ``"shop.up_to"``, or a dict of path to (low, high); without them
    the first disruption and base-stock levels, eight in all. ``days`` changes how long it runs.
    Numbers are means of many ``replications`` with their intervals; the dark band holds nine
    stocks in ten.

    Raises:
        ScenarioError: a path leads nowhere, or to something that is no finite number.

    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 15})
    >>> chain = Scenario(net, BaseStock(20), days=60).disrupt(Outage("mine", start=20, days=2))
    >>> lab = explore(chain, levers={"disruptions[0].days": (1, 14)})
    >>> lab.rows[0].slider.value = 9
    >>> print(lab)
    Fill rate 90.0 % (before 100.0 %) · customers short on 6 days from day 24 · cost 0 USD/day
    mean of 200 replications, 95 % interval
    tl.replicate(chain.set("disruptions[0].days", 9), 200, seed=1).table
    """
    home = str(Path(__file__).parents[2])
    outside = (f for f, *_ in inspect.stack(0) if not f.f_code.co_filename.startswith(home))
    names = next(outside).f_globals
    name = next((n for n, v in names.items() if v is scenario and n[0] != "_"), "scenario")
    if days is not None:
        scenario, name = scenario.change(days=days), f"{name}.change(days={days})"
    return Explorer(scenario, levers, (seed, replications), name)


class Explorer(ipywidgets.VBox):
    """A scenario, its levers and what follows from them.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Constant(5)), BaseStock(20), days=60)
    >>> Explorer(chain, ["shop.up_to"], luck=(1, 200), name="chain").code
    'tl.replicate(chain, 200, seed=1).table'
    """

    def __init__(
        self, scenario: Scenario, levers: Levers | None, luck: tuple[int, int], name: str
    ) -> None:
        """Look ahead once; this first outlook stays in the picture as a pale line.

        ``luck`` is the seed and the number of replications.
        """
        paths = default_levers(scenario) if levers is None else levers
        ranges = paths if isinstance(paths, Mapping) else dict.fromkeys(paths)
        self._start, self._luck, self._name = scenario, luck, name
        self._latest = Latest(self._redraw)
        self.scenario, self.problem = scenario, ""
        self.rows = [LeverRow(lever(scenario, p, r), self._moved) for p, r in ranges.items()]
        started = time.monotonic()
        self._before = self._now = look_ahead(scenario, *luck)
        self._seconds = time.monotonic() - started
        reset = ipywidgets.Button(description="Reset", tooltip="put every lever back")
        reset.on_click(self._reset)
        self.status, self.picture, self.table, self._line = (ipywidgets.HTML() for _ in range(4))
        self.picture.layout = ipywidgets.Layout(flex="1 1 540px", max_width="930px")
        self.table.layout = ipywidgets.Layout(flex="0 0 430px")
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        super().__init__(
            [
                *self.rows,
                ipywidgets.HBox([reset, self.status], layout=wrap),
                ipywidgets.HBox([self.picture, self.table], layout=wrap),
                self._line,
            ]
        )
        self._show()

    # -- words --

    @property
    def code(self) -> str:
        """The line of Python that gives the same result."""
        moved = [f'.set("{r.lever.path}", {_literal(r.value)})' for r in self.rows if r.moved]
        seed, replications = self._luck
        return f"tl.replicate({self._name}{''.join(moved)}, {replications}, seed={seed}).table"

    @property
    def summary(self) -> str:
        """What follows from where the levers stand, in one line."""
        if self.problem:
            return self.problem
        now = {result.name: result for result in self._now.results}
        before = {result.name: result for result in self._before.results}
        short = now["days customers are short"]
        days = f"on {short} days from day {now['first such day']}" if short.value else "on no day"
        rate = f"{now['fill rate']} {now['fill rate'].interval}".strip()
        return (
            f"Fill rate {rate} (before {before['fill rate']}) · customers short {days} "
            f"· cost {now['cost']} USD/day"
        )

    def __repr__(self) -> str:
        """Say where the explorer stands and how to get there without it."""
        return f"{self.summary}\n{self._now.words}\n{self.code}"

    # -- moving --

    def _reset(self, _: Any) -> None:
        for row in self.rows:
            row.reset()

    def _moved(self) -> None:
        if self._seconds > _SLOW:
            self._say("working …")
        self._latest.ask()

    def _redraw(self) -> None:
        """Look ahead from where the levers stand now, and show it."""
        started = time.monotonic()
        try:
            moved = {row.lever.path: row.value for row in self.rows if row.moved}
            scenario = changed(self._start, moved)
            now = look_ahead(scenario, *self._luck)
        except Exception as problem:  # a rule of the student's own may raise anything
            taught = isinstance(problem, TwinError)
            where = "" if taught else f"{type(problem).__name__} in the simulation: "
            self.problem = f"{where}{problem}"
            self._say(self.problem)
            return
        self.scenario, self.problem, self._now = scenario, "", now
        self._show()
        self._seconds = time.monotonic() - started

    # -- showing --

    def _show(self) -> None:
        """Bring picture, table and words to the newest outlook."""
        self.picture.value = draw(self._before, self._now, self.summary)
        self.table.value = _table(self._before, self._now)
        self._say(self.summary)

    def _say(self, words: str) -> None:
        self.status.value = f'<span role="status" style="{_BIG}">{html.escape(words)}</span>'
        self._line.value = f"<code>{html.escape(self.code)}</code>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = dict(super()._repr_mimebundle_(**options) or {})
        return bundle | {
            "text/plain": repr(self),
            "image/png": as_png(still(self._before, self._now)),
        }


def _literal(value: float) -> str:
    """A number as one would type it."""
    return str(int(value)) if value == int(value) else repr(round(value, 9))


def _table(before: Outlook, now: Outlook) -> str:
    """The results of both outlooks as an HTML table."""
    rows = "".join(
        f"<tr><th scope='row' style='text-align:left;font-weight:normal'>{new.name}"
        f"{'' if new.unit == 'share' else f' [{new.unit}]'}</th>"
        f"<td style='text-align:right;white-space:nowrap;color:#666'>{old}</td>"
        f"<td style='text-align:right;white-space:nowrap;font-weight:bold'>{new}</td>"
        f"<td style='white-space:nowrap;color:#666'>{new.interval}</td></tr>"
        for old, new in zip(before.results, now.results, strict=True)
    )
    heads = "".join(
        f"<th scope='col' style='text-align:right'>{head}</th>"
        for head in ("before", "now", "interval")
    )
    return (
        f"<table style='{_BIG};border-spacing:10px 4px'>"
        f"<caption>{now.words.capitalize()}</caption>"
        f"<tr><td></td>{heads}</tr>{rows}</table>"
    )
