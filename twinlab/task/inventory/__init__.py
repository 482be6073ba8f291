"""Inventory: how long does it last, and what to order today?

========== ===================================================================================
describe   cover: stock, position and days of cover of every item
predict    run_out, by simulation from a state; stop_ordering
prescribe  order_today, reorder_point, base_stock; EconomicLot (EOQ, backorders, EPQ),
           DisruptedLot (EOQ whose supplier fails), power_of_two, wagner_whitin;
           ContinuousReview (r, Q), PeriodicReview (s, S); newsvendor, newsvendor_cost,
           newsvendor_profit (from ``modeling.newsvendor``, beside its linear program)
========== ===================================================================================
"""

from twinlab.modeling.newsvendor import newsvendor, newsvendor_cost, newsvendor_profit
from twinlab.task.inventory.levels import ContinuousReview, Levels, PeriodicReview
from twinlab.task.inventory.lots import (
    DisruptedLot,
    EconomicLot,
    LotPlan,
    power_of_two,
    wagner_whitin,
)
from twinlab.task.inventory.service import base_stock
from twinlab.task.inventory.stock import (
    Order,
    RunOut,
    cover,
    order_today,
    reorder_point,
    run_out,
    stop_ordering,
)

__all__ = [
    "ContinuousReview", "DisruptedLot", "EconomicLot", "Levels", "LotPlan", "Order",
    "PeriodicReview", "RunOut", "base_stock", "cover", "newsvendor", "newsvendor_cost",
    "newsvendor_profit", "order_today", "power_of_two", "reorder_point", "run_out",
    "stop_ordering", "wagner_whitin",
]  # fmt: skip
