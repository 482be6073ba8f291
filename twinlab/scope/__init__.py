"""Scope, floor 1: what is twinned, the order of a day, the log and the state."""

from twinlab.scope import door
from twinlab.scope.boundary import *
from twinlab.scope.builders import *
from twinlab.scope.dialect import *
from twinlab.scope.distributions import *
from twinlab.scope.entities import *
from twinlab.scope.errors import *
from twinlab.scope.histories import *
from twinlab.scope.log import *
from twinlab.scope.network import *
from twinlab.scope.periods import *
from twinlab.scope.reading import *
from twinlab.scope.result import *
from twinlab.scope.scenario import *
from twinlab.scope.state import *
from twinlab.scope.tables import *

__all__ = door.offered(globals())
