"""How each node of a run fares, night by night: ok, low in stock, owing, or closed."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np

from twinlab.management.flows import mean_flows
from twinlab.modeling import Run
from twinlab.scope import Scenario, ScenarioError, State
from twinlab.scope.base import DUST, Array, ItemKey, shown

MANY = 20  # nodes; more say less each


def total(run: Run, measures: Iterable[str], nodes: Collection[str]) -> Array:
    """Measures per day, added up over all products of some nodes."""
    at = [item.number for item in run.plan.items if item.key[0] in nodes]
    return np.asarray(sum(run.measures[name][:, at].sum(axis=1) for name in measures))


def closed_days(run: Run) -> list[tuple[str, int, int]]:
    """List node, first day and last day (included) of every closure of a node, as it happened."""
    found: list[tuple[str, int, int]] = []
    since: dict[tuple[str, str], int] = {}
    for event in run.log.of("disrupted", "recovered"):
        key = (event.node, event.product)
        if event.note == "Outage" and event.kind == "disrupted":
            since[key] = event.day
        elif event.note == "Outage":
            found.append((event.node, since.pop(key, run.days[0]), event.day - 1))
    return found + [(node, day, run.days[-1]) for (node, _), day in since.items()]


def sent(run: Run, ends: Sequence[Collection[str]]) -> Array:
    """List what went between groups of nodes: day, day due, from, to (their numbers), units."""
    home, units = {name: at for at, names in enumerate(ends) for name in names}, Counter[Any]()
    for day, _, node, _, shipped, partner, _, due, *_ in run.log.of("shipped").rows:
        if node in home and partner in home and home[node] != home[partner]:
            units[day, due, home[node], home[partner]] += shipped
    return np.array([(*key, each) for key, each in units.items()], dtype=float).reshape(-1, 5)


class Status(IntEnum):
    """How a node fares: a ``sign``, a shape for those who see no colour, and what it means."""

    OK = 0, "●", "ok"
    LOW = 1, "▲", "low: under a third of its median stock"
    SHORT = 2, "■", "short: owes or loses goods"
    CLOSED = 3, "✕", "closed"

    sign: str
    words: str

    def __new__(cls, number: int, *told: str) -> "Status":
        """A whole number that knows its sign and words."""
        status = int.__new__(cls, number)
        status._value_, (status.sign, status.words) = number, told
        return status


Boxes = dict[str, tuple[Status, str]]  # of each node, and what stands in its box


@dataclass(frozen=True)
class NodeStatus:
    """A run, read node by node."""

    run: Run

    @cached_property
    def names(self) -> list[str]:
        """The nodes, in table order."""
        return [n.name for n in self.run.scenario.network.nodes]

    owed = cached_property(lambda self: self._of("backlog", "lost"))  # units by day and node
    lost = cached_property(lambda self: self._of("lost"))  # of these

    closures = cached_property(lambda self: closed_days(self.run))

    @cached_property
    def statuses(self) -> Array:
        """Every node's status (a number of ``Status``) by day and node."""
        stock = self._of("on_hand")
        statuses = np.where(stock < 1 / 3 * np.median(stock, axis=0), Status.LOW, Status.OK)
        statuses = np.where(self.owed > DUST, Status.SHORT, statuses)
        for node, first, last in self.closures:
            days = slice(first - self.run.days[0], last + 1 - self.run.days[0])
            statuses[days, self.names.index(node)] = Status.CLOSED
        return statuses

    @property
    def worst_day(self) -> int:
        """The first of the days on which most nodes owe or lose."""
        return self.run.days[int((self.owed > DUST).sum(axis=1).argmax())]

    def on(self, day: int) -> list[Status]:
        """The statuses on a day, in the order of ``names``."""
        return [Status(int(status)) for status in self.statuses[self._at(day)]]

    def boxes(self, day: int, brief: bool = False) -> Boxes:
        """Each node's status on a day and words for its box: a sign and a number if ``brief``."""
        at = self._at(day)
        amounts, words = zip(self.owed[at], self.lost[at], strict=True), _brief if brief else _words
        rows = zip(self.names, self.on(day), amounts, strict=True)
        return {name: (status, words(status, *units)) for name, status, units in rows}

    def summary(self, day: int) -> str:
        """The day in one line."""
        statuses, owed = self.on(day), self.owed[self._at(day)] > DUST
        closed = sum(status is Status.CLOSED for status in statuses)
        verbs = ("owes", "owes or loses") if owed.sum() == 1 else ("owe", "owe or lose")
        verb = verbs[bool(self.lost[self._at(day)].any())]
        words = f"day {day}: {owed.sum()} of {len(statuses)} nodes {verb} goods"
        words += f", {closed} {'is' if closed == 1 else 'are'} closed" if closed else ""
        return str(self.run.scenario.dated(words + self._first_short(day)))

    def _first_short(self, day: int) -> str:
        """Who was the first to owe since the last closure began, the closed node left aside."""
        spans = [span for span in self.closures if span[1] <= day]
        since = max((first for _, first, _ in spans), default=self.run.days[0])
        others = [at for at, name in enumerate(self.names) if name not in {s[0] for s in spans}]
        window = self.owed[self._at(since) : self._at(day) + 1, others] > DUST
        if not window.any():
            return ""
        later, which = np.argwhere(window)[0].tolist()
        return f"; first short: {self.names[others[which]]} (day {since + later})"

    def _of(self, *measures: str) -> Array:
        return np.column_stack([total(self.run, measures, [name]) for name in self.names])

    def _at(self, day: int) -> int:
        if day not in self.run.days:
            ends = f"{self.run.days[0]} to {self.run.days[-1]}"
            raise ScenarioError(f"day={day} was not lived through: give one from {ends}")
        return day - self.run.days[0]


def _words(status: Status, owed: float, lost: float) -> str:
    parts, told = ["closed"] * (status is Status.CLOSED), {"owes": owed - lost, "loses": lost}
    parts += [f"{verb} {shown(units)}" for verb, units in told.items() if units > DUST]
    parts = parts or ["low stock" if status is Status.LOW else "ok"]
    return f"{status.sign} {', '.join(parts)}"


def _brief(status: Status, owed: float, _: float) -> str:
    units = f"\N{NO-BREAK SPACE}{shown(owed)}" if owed > DUST else ""
    return "" if status is Status.OK else f" {status.sign}{units}"


def cover_boxes(
    model: Scenario, state: State, usual: Mapping[ItemKey, float], shut: Collection[str] = ()
) -> Boxes:
    """Each node's status on a morning, and for how many days its scarcest stock lasts.

    At the mean use of the next month; low is under a third of what is ``usual`` of a stock.
    """
    use = mean_flows(model, range(state.day, state.day + 28))
    statuses = dict.fromkeys(model.network.named, Status.OK)
    owed, cover = dict.fromkeys(statuses, 0.0), dict.fromkeys(statuses, np.inf)
    for item, units in state.on_hand.items():
        if use[item] > DUST:
            cover[item[0]] = min(cover[item[0]], units / use[item])
            if units < usual.get(item, 0.0) / 3:
                statuses[item[0]] = Status.LOW
    for claim, units in state.owed.items():
        owed[claim[0]] += units
    statuses |= {node: Status.SHORT for node, units in owed.items() if units > DUST}
    statuses |= {node: Status.CLOSED for node in shut if node in statuses}
    boxes, brief = Boxes(), len(statuses) > MANY
    for name, status in statuses.items():
        days = f"{cover[name]:.{int(cover[name] < 9.95)}f}" if cover[name] < np.inf else ""
        said = ["closed"] * (status is Status.CLOSED) + ["low stock"] * (status is Status.LOW)
        said += [f"owes {shown(owed[name])}"] * (owed[name] > DUST) + [f"{days} days"] * bool(days)
        sign = "" if status is Status.OK else status.sign
        short = f"\N{NO-BREAK SPACE}{sign}{days and days + 'd'}"
        boxes[name] = status, short if brief else f"{status.sign} {', '.join(said) or 'ok'}"
    return boxes
