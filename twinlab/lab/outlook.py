"""What the explorer draws of a scenario: the seam between the engine and the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twinlab.lab.groups import closures, grouped, total
from twinlab.modeling.event_engine import simulate
from twinlab.modeling.run import Run
from twinlab.scope import Scenario
from twinlab.scope.calendar import DUST
from twinlab.scope.chance import Array

_WEEK = 7


@dataclass(frozen=True)
class Strip:
    """A group of nodes by day.

    ``stock``: all units on hand. ``ready``: those of products that are sent or sold from here.
    ``short``: units owed, or lost so far. ``flow``: units a day sent or served, mean of a week.
    """

    label: str
    stock: Array
    ready: Array
    short: Array
    flow: Array


@dataclass(frozen=True)
class Figure:
    """One number of the result table, with its unit."""

    name: str
    value: float
    unit: str

    def __str__(self) -> str:
        """Round for reading.

        >>> str(Figure("fill rate", 0.9876, "share")), str(Figure("cost", 1234.5, "USD/day"))
        ('98.8 %', '1,234')
        """
        if math.isnan(self.value):
            return "–"
        if self.unit == "share":
            return f"{100 * self.value:.1f} %"
        return f"{self.value:,.0f}"


@dataclass(frozen=True)
class Outlook:
    """One future of a scenario, ready to be drawn and read."""

    days: range
    strips: tuple[Strip, ...]
    closed: tuple[tuple[int, int], ...]
    figures: tuple[Figure, ...]


def look_ahead(scenario: Scenario, seed: int) -> Outlook:
    """Turn a scenario into what is drawn; the only place where the explorer meets an engine.

    >>> from twinlab import BaseStock, Constant, serial
    >>> chain = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 10})
    >>> seen = look_ahead(Scenario(chain, BaseStock(10), days=20), seed=1)
    >>> [str(figure) for figure in seen.figures]
    ['100.0 %', '0', '–', '0', '5', '0']
    """
    run = simulate(scenario, seed)
    groups = grouped(scenario.network)
    strips = tuple(_strip(run, label, nodes) for label, nodes in groups.items())
    waiting = run.series("demand") - run.series("on_time")
    short = np.flatnonzero(waiting > DUST)
    figures = (
        Figure("fill rate", run.kpis.fill_rate, "share"),
        Figure("days customers are short", len(short), "days"),
        Figure("first such day", float(run.days[short[0]]) if len(short) else math.nan, "day"),
        Figure("not served on the day, in all", float(waiting.sum()), "units"),
        Figure("stock, mean", run.kpis.mean_stock, "units"),
        Figure("cost", run.kpis.total_cost, "USD/day"),
    )
    return Outlook(run.days, strips, tuple(span[1:] for span in closures(run)), figures)


def _strip(run: Run, label: str, nodes: list[str]) -> Strip:
    sent = [item.number for item in run.plan.items if item.claims and item.key[0] in nodes]
    return Strip(
        label,
        stock=total(run, ["on_hand"], nodes),
        ready=np.asarray(run.measures["on_hand"][:, sent].sum(axis=1)),
        short=total(run, ["backlog"], nodes) + np.cumsum(total(run, ["lost"], nodes)),
        flow=_weekly(total(run, ["shipped", "served"], nodes)),
    )


def _weekly(flow: Array) -> Array:
    """The mean of the last seven days, or of as many as there are."""
    sums = np.cumsum(np.concatenate([np.zeros(1), flow]))
    ends = np.arange(1, len(flow) + 1)
    starts = np.maximum(0, ends - _WEEK)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))
