"""Organization, floor 2: who sees what, who decides what, and who pays whom.

===========  ======================================================================
view         View Supplier; Shares PriorityFailover; OwnOrders PointOfSale FullSharing
contracts    Role Organization; Season Wholesale BuyBack Profits settle coordinating_buy_back
===========  ======================================================================
"""

from twinlab.organization.contracts import *
from twinlab.organization.view import *
from twinlab.scope import door

__all__ = door.offered(globals())
