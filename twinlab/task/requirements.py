"""Requirements planning: what each department does on which day so that customers get their wants.

Gross to net, downstream first: what is asked, less what is there or comes anyway, must come. It is
begun a lead time before, earlier still where a day has no room for it (backward finite loading),
and asks its components and suppliers. Source: Orlicky (1975); Hopp & Spearman (2011) chapter 3.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from twinlab.management.flows import asked_lanes, feeders, flowing
from twinlab.modeling.inference.drift import lane_name
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.people import Planned
from twinlab.scope import Constant, Result, Scenario, State, Trace
from twinlab.scope.base import Array, Distribution, ItemKey, column, mean_of, schema

ANY = 1e15  # units: a day has room for them


class Department(Result, frozen=True):
    """What one department is told: a node that makes, a station of its line, or a lane."""

    name: str = column("name", meaning="as in a path of the scenario")
    does: str = column("label", meaning="make (begin), work, buy (order) or ship (send)")
    mean: float = column("units/day", meaning="until the last day that begins anything")
    most: float = column("units/day", meaning="on the busiest day")
    late: float | None = column("units", meaning="of it, what should have begun before")
    machines: int | None = column("machines", None, "to man")
    wip_limit: float | None = column("units", None, "kanban cards: most in the department")
    busy: float | None = column("share", None, "of the machines' time on that day")
    by_day: tuple[float, ...] = ()


def told(name: str, does: str, units: Array, late: float | None, *staff: Any) -> Department:
    """Tell a department what to do by day."""
    days = len(np.trim_zeros(units, "b")) or 1  # what is wanted after the last day is not begun
    found = Department(name, does, float(units.sum()) / days, float(units.max()), late, *staff)
    return replace(found, by_day=tuple(units.tolist()))


def expected(scenario: Scenario, days: int) -> Scenario:
    """The scenario with every law at its mean; disruptions that strike at random do not."""
    network, rows = scenario.network, list[Any]()
    every: Any = (*network.nodes, *network.lanes, *network.recipes, *network.demands)
    for row in every:
        laws = ((c, getattr(row, c.name)) for c in schema(type(row)) if c.type is Distribution)
        drawn = ((c.name, v, 1.0 if c.unit == "share" else np.inf) for c, v in laws)
        means = {n: Constant(mean_of(v, most)) for n, v, most in drawn if not isinstance(v, Trace)}
        rows.append(replace(row, **means))
    known = [replace(d, days=Constant(mean_of(d.days))) for d in scenario.disruptions if not d.rate]
    return scenario.change(network=network.change(*rows), disruptions=known, days=days)


class Explosion:
    """What is asked, comes anyway and has room by day; plans all items as it is gone through."""

    def __init__(self, scenario: Scenario, state: State, busy: float, safety: int) -> None:
        self.order = [item for item, _ in flowing(scenario)]  # refuses circles
        self.scenario, self.state, self.safety = scenario, state, safety
        self.network, self.days = scenario.network, scenario.days - state.day
        self.draws, made = draw_streams(scenario, 0, columns=1), self.network.made
        caps: list[Any] = [("whole", n.name, busy * n.capacity) for n in self.network.nodes]
        caps += [("moving", v.key, v.capacity) for v in self.network.lanes]
        self.left = {key: min(most, ANY) * self._daily(name, key) for name, key, most in caps}
        self.gross, self.comes = ({i: np.zeros(self.days) for i in state.asked} for _ in "ab")
        self.begun = dict[ItemKey, Array]()  # of what is made
        self.rules, self.flows = dict[ItemKey, Planned](), dict[tuple[str, str, str], Array]()
        for item in self.draws.demand:
            self.flows["served", *item] = units = self._daily("demand", item)
            units[0] += state.owed[item]
            self.gross[item] += units
        coming: Any = [(way[1:3], 1.0, goods) for way, goods in state.under_way.items()]
        coming += [(i, made[i].good_share.average, lots) for i, lots in state.lots.items()]
        for item, share, goods in coming:
            for due, units, *_ in goods:
                if due < scenario.days:
                    self.comes[item][max(0, due - state.day)] += units * share

    def _daily(self, name: str, key: Any) -> Array:
        found = getattr(self.draws, name).get(key)
        return np.ones(self.days) if found is None else found[self.state.day :, 0].astype(float)

    def __iter__(self) -> Iterator[Department]:
        for item in reversed(self.order):
            if item in self.network.brought:
                yield from self._plan(item)

    def _plan(self, item: ItemKey) -> Iterator[Department]:
        """Net what an item is asked, offset and load it, and ask its components and suppliers."""
        network, lanes = self.network, asked_lanes(self.scenario, item)
        node, recipe = network.named[item[0]], network.made.get(item)
        outside = {v.key for v, _ in lanes if (v.source, item[1]) not in network.brought}
        delay, share, spare = int(node.evening_review), 1.0, self.safety if outside else 0
        uses: list[tuple[Any, float]] = [(item[0], 1.0)]
        if recipe:
            share, time = recipe.good_share.average, recipe.production_time
        else:
            time = int(max(self._daily("lead_time", v.key).max() for v, _ in lanes))
            delay += max(v.order_delay for v, _ in lanes)
            uses = [(v.key, part) for v, part in lanes]
            uses += [(v.source, part) for v, part in lanes if v.key in outside]
        short = np.cumsum(self.gross[item] - self.comes[item]) - self.state.on_hand[item]
        must = np.diff(np.maximum.accumulate(np.maximum(short, 0.0)), prepend=0.0) / share
        room = np.min([self.left[key] / units for key, units in uses], axis=0)
        begun, late = earlier(must, time + spare, room * (self._daily("making", item) > 0))
        orders, asked, unseen = self._ordered(item, begun, delay)
        for key, units in uses:
            self.left[key] = np.maximum(0.0, self.left[key] - begun * units)
        for feeder, units in feeders(self.scenario, item).items():
            self.gross[feeder] += asked * share * units
        self.rules[item] = Planned((0.0,) * self.state.day + tuple(orders.tolist()))
        if recipe:
            self.begun[item] = begun
            self.flows["finished", *item] = flow = self.comes[item].copy()
            flow[time:] += begun[: max(0, self.days - time)] * share
            yield told("/".join(item), "make", begun, max(late, unseen))
        for v, part in lanes:
            does, by_day = ("buy", orders) if v.key in outside else ("ship", begun)
            yield told(lane_name(v, network), does, by_day * part, max(late, unseen) * part)

    def _ordered(self, item: ItemKey, begun: Array, delay: int) -> tuple[Array, Array, float]:
        """Orders, when others see them, and what is late; what waits already is begun first."""
        state, lanes = self.state, [v.key for v in self.network.into.get(item, ())]
        keys: list[Any] = lanes or [item]
        waits = sum(state.owed[key] for key in lanes) if lanes else state.to_make[item]
        waits += sum(order.quantity for key in keys for order in state.open_orders[key])
        orders, late = earlier(begun, delay, np.full(self.days, np.inf))
        days, period = np.arange(self.days), self.network.named[item[0]].review_period
        at = days - (state.day + days) % period  # the last day before on which it decides
        at[at < 0] += period
        total = np.maximum(np.cumsum(np.bincount(at, orders, self.days)[: self.days]), waits)
        seen = np.append(np.zeros(delay), total)[: self.days]
        return np.diff(total, prepend=waits), np.diff(seen, prepend=0.0), late


def earlier(units: Array, days: int, room: Array) -> tuple[Array, float]:
    """The same some days earlier, what exceeds a day's room earlier still; and what is too late."""
    moved, missed = np.append(units, np.zeros(days))[days:], float(units[:days].sum())
    moved[0] += missed
    for day in range(len(moved) - 1, 0, -1):
        over = max(0.0, moved[day] - room[day])
        moved[day - 1 : day + 1] += (over, -over)
    return moved, max(missed, float(moved[0] - room[0]))
