"""What the lanes of a chain carried, how full they ran, and what that cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twinlab.modeling.batch import Batch
from twinlab.modeling.ledger import record_rows
from twinlab.modeling.run import Run

if TYPE_CHECKING:
    import pandas as pd

# -- describe ---------------------------------------------------------------------------------


def lane_summary(history: Run | Batch) -> pd.DataFrame:
    """Summarise each lane: units, shipments, tonne-km and cost a day, load factor, cost per unit.

    tonne-km = units · weight/1000 · distance; load factor = units shipped / (shipments · lane
    capacity), empty for a lane without limit; of a batch, means over its histories.

    >>> from twinlab import BaseStock, Constant, Lane, Product, Scenario, serial, simulate
    >>> chain = serial(["mine", "shop"], demand=Constant(4), on_hand={"shop": 4}).change(
    ...     Product("unit", weight=500),
    ...     Lane("mine", "shop", "unit", capacity=8, distance=100, cost_per_unit=2,
    ...          cost_per_shipment=40))
    >>> table = lane_summary(simulate(Scenario(chain, BaseStock(4), days=10)))
    >>> table[["units/day", "tonne-km/day", "load factor", "USD/unit"]].iloc[0].tolist()
    [4.0, 200.0, 0.5, 12.0]
    """
    import pandas as pd  # half a second; `import twinlab` stays quick

    plan = history.plan
    weights = {p.name: p.weight / 1000.0 for p in plan.scenario.network.products}
    shipped, sent = (_per_day(history, name) for name in ("shipped", "sent"))
    rows = []
    for lane, units, shipments in zip(plan.lanes, shipped, sent, strict=True):
        v = lane.row
        cost = units * v.cost_per_unit + shipments * v.cost_per_shipment
        room = shipments * v.capacity if v.capacity < np.inf else 0.0
        rows.append({
            "lane": f"{v.source} → {v.destination}", "product": v.product, "mode": v.mode,
            "units/day": units, "shipments/day": shipments,
            "tonne-km/day": units * weights[v.product] * v.distance,
            "load factor": units / room if room > 0 else np.nan,
            "USD/day": cost, "USD/unit": cost / units if units > 0 else np.nan,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _per_day(history: Run | Batch, name: str) -> Any:
    """A record by lane, per day."""
    if isinstance(history, Run):
        return history.nights[name].mean(axis=0)
    rows = record_rows(history.plan)[name]
    return history.totals[rows].mean(axis=1) / len(history.days)
