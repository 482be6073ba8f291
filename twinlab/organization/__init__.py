"""Organization, floor 2: who sees what, who decides what, and who pays whom.

===========  ======================================================================
view         View Supplier
sharing      OwnOrders PointOfSale FullSharing
sourcing     Shares PriorityFailover
control      Role Organization
contracts    Season Wholesale BuyBack Profits settle coordinating_buy_back
===========  ======================================================================
"""

from twinlab.organization.contracts import (
    BuyBack,
    Profits,
    Season,
    Wholesale,
    coordinating_buy_back,
    settle,
)
from twinlab.organization.control import Organization, Role
from twinlab.organization.sharing import FullSharing, OwnOrders, PointOfSale
from twinlab.organization.sourcing import PriorityFailover, Shares
from twinlab.organization.view import Supplier, View

__all__ = [
    "BuyBack", "FullSharing", "Organization", "OwnOrders", "PointOfSale", "PriorityFailover",
    "Profits", "Role", "Season", "Shares", "Supplier", "View", "Wholesale",
    "coordinating_buy_back", "settle",
]  # fmt: skip
