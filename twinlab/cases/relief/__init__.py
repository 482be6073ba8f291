"""The parts of the humanitarian case, from need to lead time.

==========  ===========================================================================
needs       what so many people need for so many days
problem     Atlantic storms of 1975 to 2024 as seasons to prepare for: goods, depots, ways
food        what a ration holds and lacks; the cheapest basket
last_mile   trucks from Holguín to its towns after hurricane Ike, for ``rounds``
agencies    what they pay alone, with shared stocks, and by one plan
stock       whom it covers with complete sets; that of Madagascar
assumed     every assumed figure with its range
lead_times  days from order to delivery by mode, fitted and checked on later ``shipments``
==========  ===========================================================================
"""

from twinlab.cases.relief.agencies import *
from twinlab.cases.relief.goods import *
from twinlab.cases.relief.last_mile import *
from twinlab.cases.relief.season import *
from twinlab.scope import door

__all__ = door.offered(globals())

door.guard(globals())
