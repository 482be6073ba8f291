"""Inventory: how long does it last, and what to order today?

========== ===================================================================================
describe   ``describe``: stock, position and days of cover of every item
predict    ``predict``: when it runs out, by simulation from a state; ``stop_ordering``
prescribe  ``prescribe``: a base-stock level; ``first_levels``: some to begin with;
           ``order_today``, ``reorder_point``;
           ``EconomicLot`` (EOQ, backorders, EPQ, discounts), ``DisruptedLot`` (its supplier fails),
           ``joint_replenishment``, ``power_of_two``, ``wagner_whitin``; ``share_out``: what is
           scarce; ``ContinuousReview`` (r, Q), ``PeriodicReview`` (s, S); ``newsvendor``,
           ``newsvendor_cost``, ``newsvendor_profit``
========== ===================================================================================
"""

from twinlab.modeling.formulas.newsvendor import newsvendor, newsvendor_cost, newsvendor_profit
from twinlab.scope import door
from twinlab.task.inventory.lots import *
from twinlab.task.inventory.stock import *

__all__ = door.offered(globals())
