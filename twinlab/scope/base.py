"""What every floor builds with: rows and results, laws, kinds of values, errors that teach."""

from twinlab.scope.calendar import DUST, upstream_items
from twinlab.scope.columns import Day, Row, column, frozen, schema
from twinlab.scope.distributions import Array, Constant, Distribution, is_distribution, mean_of
from twinlab.scope.entities import Disruption, ItemKey
from twinlab.scope.errors import ScenarioError, SyncError, check_known, did_you_mean, warn
from twinlab.scope.kinds import Amount, Count, Level, Limit, Number, Positive, Share, Whole, ranged
from twinlab.scope.later import needs, nx, optimize, pd, special, stats
from twinlab.scope.log import EventRow
from twinlab.scope.network import grouped
from twinlab.scope.result import Estimate, Listing, Result, html_of, parts, shown, words
from twinlab.scope.scenario import find, lane_paths, targets
from twinlab.scope.state import State

__all__ = ["DUST", "Amount", "Array", "Constant", "Count", "Day", "Disruption", "Distribution"]
__all__ += ["Estimate", "EventRow", "ItemKey", "Level", "Limit", "Listing", "Number", "Positive"]
__all__ += ["Result", "Row", "ScenarioError", "Share", "State", "SyncError", "Whole", "check_known"]
__all__ += ["column", "did_you_mean", "find", "frozen", "grouped", "html_of", "is_distribution"]
__all__ += ["lane_paths", "mean_of", "needs", "nx", "optimize", "parts", "pd", "ranged", "schema"]
__all__ += ["shown", "special", "stats", "targets", "upstream_items", "warn", "words"]
