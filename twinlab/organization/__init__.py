"""Organization, floor 2: who sees what, who decides what, and who pays whom.

===========  ======================================================================
view         View Supplier; Shares PriorityFailover; OwnOrders PointOfSale FullSharing
orders       what a plant may be told, and Rights: who may approve what, and how far it goes
contracts    Role Organization; Season Wholesale BuyBack Profits settle coordinating_buy_back
pooling      CostGame: who pays what of a cost that is lower together
===========  ======================================================================
"""

from twinlab.organization.contracts import *
from twinlab.organization.orders import *
from twinlab.organization.pooling import *
from twinlab.organization.view import *
from twinlab.scope import door

__all__ = door.offered(globals())
