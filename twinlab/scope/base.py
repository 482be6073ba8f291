"""What every floor builds with: rows and results, laws, kinds of values, errors that teach."""

from twinlab.scope.calendar import DUST
from twinlab.scope.columns import Day, Row, column, schema
from twinlab.scope.distributions import Array, Distribution, mean_of
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, SyncError, check_known, did_you_mean, warn
from twinlab.scope.kinds import Amount, Count, Level, Limit, Number, Positive, Share, Whole, ranged
from twinlab.scope.later import needs, nx, optimize, pd, special, stats
from twinlab.scope.log import EventRow
from twinlab.scope.result import Estimate, Listing, Result, parts, shown, words

__all__ = ["DUST", "Amount", "Array", "Count", "Distribution", "Estimate", "EventRow", "ItemKey"]
__all__ += ["Level", "Listing", "Number", "Positive", "Result", "Row", "ScenarioError", "Share"]
__all__ += ["SyncError", "Whole", "check_known", "column", "did_you_mean", "mean_of", "needs", "nx"]
__all__ += ["optimize", "parts", "pd", "ranged", "schema", "shown", "special", "stats", "warn"]
__all__ += ["Day", "Limit", "words"]
