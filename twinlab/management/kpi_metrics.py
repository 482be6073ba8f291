"""What the figures of the KPI tree are made of: parts above and below the line, by item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from twinlab.modeling.batch import Batch
from twinlab.modeling.kpis import Value
from twinlab.modeling.measures import COSTS
from twinlab.modeling.run import Run
from twinlab.scope.entities import ItemKey

History = Run | Batch
Part = tuple[Value, Value]  # what stands above and below the line
Parts = dict[ItemKey, Part]


@dataclass(frozen=True)
class Metric:
    """How a figure is computed from the parts of each (node, product).

    ``ratio``: Σ above / Σ below; otherwise a sum, Σ above / days.
    """

    attribute: str
    code: str
    name: str
    unit: str
    parts: Callable[[History], Parts]
    ratio: bool = True


def _items(history: History, asked_only: bool = False) -> Iterable[ItemKey]:
    if asked_only:
        return [(d.node, d.product) for d in history.scenario.network.demands]
    return [item.key for item in history.plan.items]


def _totals(
    above: Sequence[str], below: Sequence[str] = (), asked_only: bool = False
) -> Callable[[History], Parts]:
    """Σ of some measures above the line, Σ of others below it."""

    def parts(history: History) -> Parts:
        return {
            item: (
                sum(history.total(name, *item) for name in above),
                sum((history.total(name, *item) for name in below), start=0.0),
            )
            for item in _items(history, asked_only)
        }

    return parts


def costs(kinds: Sequence[str]) -> Callable[[History], Parts]:
    """Costs of some kinds together."""
    return _totals(kinds)


def _unspoilt_cycles(history: History) -> Parts:
    def total(name: str, item: ItemKey) -> Value:
        return history.total(name, *item)

    return {
        item: (total("cycles", item) - total("cycles_spoilt", item), total("cycles", item))
        for item in _items(history, asked_only=True)
    }


def _spare_capacity(history: History) -> Parts:
    """Capacity less what is made or supplied, over capacity, of nodes that have a limit."""
    network, days = history.scenario.network, len(history.days)
    brought = {(v.destination, v.product) for v in network.lanes}
    made = {(r.node, r.product) for r in network.recipes}
    found: Parts = {}
    for node in network.nodes:
        if np.isfinite(node.capacity):
            here = [item for item in network.items if item[0] == node.name]
            supplied = [item for item in here if item not in brought and item not in made]
            used = sum(history.total("started", *item) for item in here)
            used += sum(history.total(name, *item) for item in supplied
                        for name in ("shipped", "served"))  # fmt: skip
            found[node.name, ""] = (node.capacity * days - used, node.capacity * days)
    return found


SERVICE = (
    Metric("reliability", "RL.1.1", "Perfect Order Fulfillment", "share",
           _totals(["lines_in_full"], ["lines"], asked_only=True)),
    Metric("reliability", "", "fill rate", "share",
           _totals(["on_time"], ["demand"], asked_only=True)),
    Metric("reliability", "", "cycle service level", "share", _unspoilt_cycles),
    # Little's law: mean units owed / mean units handed over, where customers ask.
    Metric("responsiveness", "RS.1.1", "Order Fulfillment Cycle Time", "days",
           _totals(["backlog"], ["served", "shipped"], asked_only=True)),
    Metric("responsiveness", "", "replenishment lead time", "days",
           _totals(["on_order"], ["received", "finished", "scrap"])),
    Metric("agility", "", "spare capacity", "share", _spare_capacity),
)  # fmt: skip
MONEY = (
    Metric("cost", "CO.1.1", "Total Supply Chain Management Costs", "USD/day", costs(COSTS),
           ratio=False),
    *(Metric("cost", "", f"{kind.replace('_', ' ')} cost", "USD/day", costs([kind]), ratio=False)
      for kind in COSTS),
)  # fmt: skip
ASSETS = (
    Metric("assets", "AM.2.2", "Inventory Days of Supply", "days",
           _totals(["on_hand"], ["outflow"])),
    Metric("assets", "", "mean stock", "units", _totals(["on_hand"]), ratio=False),
    Metric("sustainability", "", "transport emissions", "kg CO2e/day", _totals(["emissions"]),
           ratio=False),
)  # fmt: skip
