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

from twinlab.modeling.formulas.newsvendor import newsvendor, newsvendor_cost, newsvendor_profit
from twinlab.scope import door
from twinlab.task.inventory.lots import *
from twinlab.task.inventory.stock import *

__all__ = door.offered(globals())
