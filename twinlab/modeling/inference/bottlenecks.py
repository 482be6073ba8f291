"""Bottlenecks: what has limited a flow on a night, and so what the flow says of a model.

Production says something of its node's capacity on nights on which work is left and components for
it are at hand; goods that leave say something of their source's handling if nothing else kept them.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import numpy as np

from twinlab.modeling.inference.drift import Observations, lane_name
from twinlab.organization.view import Shares
from twinlab.scope import Constant, Empirical, Event, Lane, Network, Scenario, State
from twinlab.scope.base import DUST, Distribution
from twinlab.scope.state import apply, widen

STOCK = {"received": 1, "finished": 1, "consumed": -1, "scrapped": -1, "served": -1}
NARROW = 0.02  # what is nearly used up has limited a flow
SHARE, DAYS = 0.05, 1.0  # everyday spread of what is certain in a model


class Account:
    """What is to be done and at hand, event by event; ``rows`` hold days and values by column."""

    def __init__(self, network: Network, state: State) -> None:
        self.network, self.lanes = network, {lane.key: lane for lane in network.lanes}
        self.rows = defaultdict[tuple[str, Any], list[tuple[int, float]]](list)
        self.begin(state)

    def begin(self, state: State) -> None:
        """Take over what a state holds; nobody knows when that was ordered."""
        self.state = widen(state, self.network)
        self.state.on_hand = defaultdict(lambda: inf, self.state.on_hand)  # sources never end
        # Orders whose goods have not left: day, nights hindered before, units.
        self.hindered, self.waiting = Counter[Any](), defaultdict[Any, Any](deque)  # by lane
        for lane in self.lanes:
            self.state.under_way[lane] = []  # when they arrive is of no matter here
            unseen = sum(order.quantity for order in state.open_orders.get(lane, ()))
            self.waiting[lane].append((-1, -1, self.state.owed[lane] + unseen))
        self._begin_day()

    def _begin_day(self) -> None:
        # Units started by item or shipped by lane; ordered by lane; ordered too late for the day.
        self.done, self.parts, self.late = (defaultdict[Any, float](float) for _ in range(3))
        self.again = set[Any]()  # items of which orders were withdrawn, and placed elsewhere

    def read(self, event: Event) -> None:
        """Let an event change the account; an order without a due day may be for tomorrow."""
        day, kind, node, product, units, partner, mode, due, note = event
        if kind in STOCK:
            self.state.on_hand[event.item] += STOCK[kind] * units
            if kind == "finished" and note:
                self.rows["good_share", event.item].append((day, units / note))
            return
        if kind == "ordered":
            self._ordered(event, event.item if partner == node else (partner, node, product, mode))
        elif kind == "withdrawn":
            self._leave((partner, node, product, mode), units)
            self.again.add(event.item)
        elif kind == "shipped":
            self._shipped((node, partner, product, mode), day, units)
        elif kind == "started":
            self.done[event.item] += units
        event = event if due is not None else event._replace(due=day)
        apply(self.state, event, self.network.made)

    def _ordered(self, event: Event, claim: Any) -> None:
        self.late[claim] += event.quantity * (event.due is None)
        if len(claim) == 4:
            self.waiting[claim].append((event.day, self.hindered[claim], event.quantity))
            self.parts[claim] += event.quantity

    def _shipped(self, lane: Any, day: int, left: float) -> None:
        """The youngest of the orders that leave says how long it has waited."""
        self.done[lane] += left
        placed, before = self._leave(lane, left)
        if before == self.hindered[lane]:
            night = self.network.named[lane[1]].evening_review
            self.rows["order_delay", lane].append((day, float(day - placed - night)))

    def _leave(self, lane: Any, left: float) -> tuple[int, int]:
        """The oldest orders leave first; when the youngest was placed, and hindered before."""
        orders, placed, before = self.waiting[lane], -1, -1
        while orders and left > DUST:
            placed, before, units = orders.popleft()
            if units > left + DUST:
                orders.appendleft((placed, before, units - left))
            left -= units
        return placed, before

    def end_day(self, day: int, known: set[str], closed: set[str]) -> None:
        """Judge a night, at nodes of which everything is known; some are closed."""
        used = defaultdict[str, float](float)
        for claim, units in self.done.items():
            used[claim[0]] += units * (claim[::2] not in self.network.brought)
        for key, lane in self.lanes.items():
            self.hindered[key] += not (known >= {*key[:2]} and self._is_free(lane, used))
        nodes = {claim[0] for claim in self.done if self._has_more(claim)}
        more = (n for n in used if used[n] > self.network.named[n].capacity * (1 + NARROW))
        for node in nodes.union(more) & known:
            self.rows["capacity", node].append((day, used[node]))
        for item in {lane[1:3] for lane in self.parts if lane[1] in known} - self.again:
            keys = [lane.key for lane in self.network.into[item]]
            total = sum(self.parts[key] for key in keys)
            if total > DUST and closed.isdisjoint(key[0] for key in keys):
                for key in keys:
                    self.rows["sourcing_share", key].append((day, self.parts[key] / total))
        self._begin_day()

    def _is_free(self, lane: Lane, used: Mapping[str, float]) -> bool:
        """Nothing but handling keeps at the source tonight what has been ordered there."""
        item, source = (lane.source, lane.product), self.network.named[lane.source]
        if item not in self.network.brought and source.may_be_full(used[lane.source], 1 - NARROW):
            return False
        if any(self.done[v.key] >= v.capacity * (1 - NARROW) for v in self._rivals(lane)):
            return False
        ordered = sum(units for *_, units in self.waiting[lane.key])
        return bool(self.state.on_hand[item] >= ordered - DUST)

    def _rivals(self, lane: Lane) -> list[Lane]:
        """Lanes that keep goods from one when they are full: their source shares out fairly."""
        if not self.network.named[lane.source].proportional:
            return [lane]
        item = (lane.source, lane.product)
        return [v for v in self.lanes.values() if (v.source, v.product) == item]

    def _has_more(self, claim: Any) -> bool:
        """It could have gone on with a claim tonight, but for its node's capacity."""
        recipe, state = self.network.made.get(claim), self.state
        if recipe is None:
            freely = all(v.capacity == inf for v in self._rivals(self.lanes[claim]))
            limited = freely and claim[::2] not in self.network.brought
            return limited and state.owed[claim] - self.late[claim] > DUST
        left = min(state.to_make[claim] - self.late[claim], self.network.named[claim[0]].capacity)
        needs = recipe.components.items()
        return left > DUST and all(state.on_hand[claim[0], n] >= left * q - DUST for n, q in needs)


def demands(account: Account, whole: Mapping[str, list[int]]) -> Iterator[Observations]:
    """Demand by day; a day without a message is one on which nobody asked for anything."""
    for row in account.network.demands:
        asked, days = defaultdict[int, float](float), whole.get(f"/{row.node}/crm")
        for day, units in account.rows["pattern", (row.node, row.product)]:
            asked[day] += units
        days = days or list(range(min(asked, default=0), max(asked, default=-1) + 1))
        values = tuple(asked[day] for day in days)
        scales = tuple(row.scales(np.array(days, dtype=np.intp)).tolist())
        path = f"{row.node}/{row.product}.pattern"
        yield Observations(path, row.pattern, tuple(days), values, scales)


def flows(account: Account, model: Scenario) -> Iterator[Observations]:
    """The columns of recipes, nodes and lanes."""
    for item, recipe in model.network.made.items():
        law = recipe.good_share
        certain = NARROW * law.average * isinstance(law, Constant)
        yield _seen(account, "good_share", item, "/".join(item), law, tolerance=certain, most=1.0)
    for name, most, output in ((n.name, n.capacity, n.output) for n in model.network.nodes):
        if 0 < most < inf and output == Constant(1):  # else: seen only on days too bad for the work
            law, certain = Constant(most), NARROW * most
            yield _seen(account, "capacity", name, name, law, tolerance=certain, reach=inf)
    for key, lane in account.lanes.items():
        name = lane_name(lane, model.network)
        yield _seen(account, "lead_time", key, name, lane.lead_time, whole=True)
        yield _seen(account, "order_delay", key, name, Constant(lane.order_delay), tolerance=DAYS)
        total = sum(way.sourcing_share for way in model.network.into[key[1:3]])
        if total and isinstance(model.sourcing.get(key[1:3]), Shares):
            # A buyer may also give whole orders to one supplier at a time.
            parts = {part for _, part in account.rows["sourcing_share", key]}
            share = lane.sourcing_share / total
            lots, ones = parts and parts <= {0.0, 1.0}, round(100 * share)
            law = Empirical((1.0,) * ones + (0.0,) * (100 - ones)) if lots else Constant(share)
            yield _seen(account, "sourcing_share", key, name, law, tolerance=0.0 if lots else SHARE)


def _seen(
    account: Account, column: str, key: Any, name: str, law: Distribution, **more: Any
) -> Observations:
    rows = account.rows[column, key]
    days, values = tuple(day for day, _ in rows), tuple(value for _, value in rows)
    return Observations(f"{name}.{column}", law, days, values, (1.0,) * len(days), **more)
