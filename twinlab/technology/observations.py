"""Observations: what messages tell of the columns of a model."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from twinlab.modeling.inference.drift import Observations, lane_name
from twinlab.scope import Scenario
from twinlab.technology.message_check import MessageCheck
from twinlab.technology.messages import DAY, Message

__all__ = ["observe"]


def observe(messages: Iterable[Message], model: Scenario) -> list[Observations]:
    """Collect what messages tell of the model's demands [units by day] and lead times [days].

    A day is left out while a message of its customers is missing: it may have been a sale.

    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=90)
    >>> bus = Bus()
    >>> plant = Plant(chain, bus, seed=1)
    >>> plant.advance(10)
    >>> messages = [Message.decode(raw) for raw in bus.receive("anna")]
    >>> [(seen.path, len(seen.values)) for seen in observe(messages, chain)]
    [('shop/unit.pattern', 10), ('mine->shop.lead_time', 9)]
    """
    network, check = model.network, MessageCheck(model)
    asked: dict[Any, dict[int, float]] = defaultdict(lambda: defaultdict(float))  # units by day
    moved = defaultdict[Any, list[tuple[int, float]]](list)  # days of arrival and under way
    heard = defaultdict[str, Counter[int]](Counter)  # messages by day
    closed = defaultdict[str, dict[int, int]](dict)  # messages until the closing of a day
    for message in messages:
        source, day = message.source, message.time // DAY
        heard[source][day] += 1
        if message.kind == "closed":
            closed[source][day] = message.data["count"]
        elif message.kind in ("demanded", "received"):
            event = check.event(message)
            lane = (event.partner, event.node, event.product, event.mode)
            if message.kind == "demanded":
                asked[event.item][day] += event.quantity
            moved[lane] += [(day, float(day - left)) for left in message.data.get("left", ())]
    found = []
    for row in network.demands:
        told, source = asked[row.node, row.product], f"/{row.node}/crm"
        days = _whole_days(closed[source], heard[source])
        if not days and told:
            days = tuple(range(min(told), max(told) + 1))
        # A day without a message is a day on which nobody asked for anything.
        values, scales = tuple(told.get(day, 0.0) for day in days), tuple(map(row.scale, days))
        path = f"{row.node}/{row.product}.pattern"
        found.append(Observations(path, row.pattern, days, values, scales, whole=False))
    for way in network.lanes:
        path, there = f"{lane_name(way, network)}.lead_time", moved[way.key]
        days, values = tuple(day for day, _ in there), tuple(value for _, value in there)
        found.append(Observations(path, way.lead_time, days, values, (1.0,) * len(days), True))
    return found


def _whole_days(closed: dict[int, int], heard: Counter[int]) -> tuple[int, ...]:
    """The days that a source closed, and of which every message is there."""
    return tuple(
        day
        for day, count in sorted(closed.items())
        if (day == 0 or day - 1 in closed) and heard[day] >= count - closed.get(day - 1, 0)
    )
