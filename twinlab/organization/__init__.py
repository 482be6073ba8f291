"""Organization, floor 2: who sees what, who decides what, and who pays whom.

===========  ======================================================================
view         View Supplier; Shares PriorityFailover; OwnOrders PointOfSale FullSharing
channels     Channel: what others tell comes late, as a mean, with errors
authority    Authority: a plan, a band, and who must be asked; Meeting: a level agreed on
orders       what a plant may be told, and Rights: who may approve what, and how far it goes
contracts    Role Organization; Season Wholesale BuyBack RevenueSharing QuantityFlexibility settle
pooling      CostGame: who pays what of a cost that is lower together
===========  ======================================================================
"""

from twinlab.organization.authority import *
from twinlab.organization.channels import *
from twinlab.organization.contracts import *
from twinlab.organization.orders import *
from twinlab.organization.pooling import *
from twinlab.organization.view import *
from twinlab.scope import door

__all__ = door.offered(globals())
