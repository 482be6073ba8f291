"""Inventory: how long does it last, and what to order today?

========== ===================================================================================
describe   cover (stock, position and days of cover of every item), abc (who matters most)
predict    run_out (by simulation from a state), stop_ordering, run_out_formula, RunOut
prescribe  reorder_point, order_today, base_stock; EconomicLot (EOQ, backorders, EPQ),
           DisruptedLot (EOQ whose supplier fails), power_of_two, wagner_whitin;
           newsvendor, newsvendor_cost, newsvendor_profit; reorder_lot (r, Q), min_max (s, S),
           disrupted_level
========== ===================================================================================

The newsvendor stands in ``modeling.newsvendor``, beside its linear program.
"""

from twinlab.modeling.newsvendor import (
    Newsvendor,
    newsvendor,
    newsvendor_cost,
    newsvendor_profit,
)
from twinlab.task.inventory.describe import abc, cover
from twinlab.task.inventory.levels import (
    Levels,
    disrupted_level,
    min_max,
    min_max_cost,
    reorder_lot,
    reorder_lot_cost,
    reorder_point_for,
)
from twinlab.task.inventory.lots import (
    DisruptedLot,
    EconomicLot,
    LotPlan,
    PowerOfTwo,
    power_of_two,
    wagner_whitin,
)
from twinlab.task.inventory.predict import RunOut, run_out, run_out_formula, stop_ordering
from twinlab.task.inventory.today import Order, base_stock, order_today, reorder_point

__all__ = [
    "DisruptedLot",
    "EconomicLot",
    "Levels",
    "LotPlan",
    "Newsvendor",
    "Order",
    "PowerOfTwo",
    "RunOut",
    "abc",
    "base_stock",
    "cover",
    "disrupted_level",
    "min_max",
    "min_max_cost",
    "newsvendor",
    "newsvendor_cost",
    "newsvendor_profit",
    "order_today",
    "power_of_two",
    "reorder_lot",
    "reorder_lot_cost",
    "reorder_point",
    "reorder_point_for",
    "run_out",
    "run_out_formula",
    "stop_ordering",
    "wagner_whitin",
]
