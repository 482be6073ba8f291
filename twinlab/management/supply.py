"""How long an item's stock lasts, counting only goods that are certain to come."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from twinlab.scope.calendar import DUST
from twinlab.scope.entities import ItemKey, Lane
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State


@dataclass(frozen=True)
class Supply:
    """An item's stock from today until an order of today arrives, at the mean rate of use."""

    on_hand: float  # units
    receipts: dict[int, float]  # day → units that are under way, in the mail or in process
    horizon: int  # day on which an order of today arrives
    ends_on: int | None  # first day on which something is missing
    missing: float  # most units missing before the horizon, on top of what is owed already


def supply_of(
    scenario: Scenario, state: State, item: ItemKey, flow: float, lanes: Sequence[Lane]
) -> Supply:
    """Project an item's stock day by day: on hand + receipts − owed − mean use so far.

    What its suppliers owe it is not counted: nobody knows when it comes. ``flow`` in units/day;
    an order of today comes by the quickest of ``lanes``, or from own production.

    >>> from twinlab import BaseStock, Constant, serial
    >>> chain = Scenario(serial(["mine", "shop"], demand=Constant(5), lead_time=4), BaseStock(9))
    >>> start = State(on_hand={("shop", "unit"): 12.0})
    >>> supply_of(chain, start, ("shop", "unit"), 5.0, chain.network.lanes)
    Supply(on_hand=12.0, receipts={}, horizon=4, ends_on=2, missing=8.0)
    """
    waits = [wait(lane) for lane in lanes]
    waits += [r.production_time for r in scenario.network.recipes if (r.node, r.product) == item]
    horizon = state.day + max(1, math.ceil(min(waits, default=1)))
    receipts = _receipts(scenario, state, item)
    owed = sum(units for claim, units in state.owed.items() if seller(claim) == item)
    on_hand = state.on_hand.get(item, 0.0)
    stock, ends_on, missing = on_hand - owed, None, 0.0
    for day in range(state.day, horizon):
        stock += receipts.get(day, 0.0) - flow
        if stock < -DUST:
            ends_on = day if ends_on is None else ends_on
            missing = max(missing, -stock)
    return Supply(on_hand, receipts, horizon, ends_on, max(0.0, missing - owed))


def wait(lane: Lane) -> float:
    """Mean days from ordering on a lane to arrival."""
    return lane.lead_time.average + lane.order_delay


def _receipts(scenario: Scenario, state: State, item: ItemKey) -> dict[int, float]:
    """What is certain to come on which day."""
    receipts: dict[int, float] = defaultdict(float)
    for lane in scenario.network.lanes:
        if (lane.destination, lane.product) == item:
            for goods in state.under_way.get(lane.key, ()):
                receipts[max(goods.due, state.day)] += goods.quantity
            for posted in state.mail.get(lane.key, ()):
                receipts[math.ceil(posted.due + lane.lead_time.average)] += posted.quantity
    for batch in state.batches.get(item, ()):
        receipts[max(batch.due, state.day)] += batch.good
    return dict(receipts)


def seller(claim: tuple[str, ...]) -> ItemKey:
    """The item that a claim is made on: of a lane, or of a node's own customers."""
    return (claim[0], claim[1]) if len(claim) == 2 else (claim[0], claim[2])
