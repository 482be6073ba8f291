"""People, floor 5: decision makers, their biases, their games, and what advice is worth.

============  ========================================================================
rules         BaseStock MinMax FixedLot EchelonBaseStock ForecastBaseStock LotForLot ScalarRule
              Planned LearningLevel; biased: AnchorAndAdjust PullToCentre DemandChasing Panic
              NoisyRule
games         beer_chain BeerGame BeerScore beer_cost average_person benchmark_team;
              NewsvendorProblem NewsvendorGame NewsvendorPlayer
fitting       fit_ordering fit_newsvendor Fit Parameter; what advice is worth: TakesAdvice
              override_value OverrideValue Decision
============  ========================================================================
"""

from twinlab.people.fitting import *
from twinlab.people.games import *
from twinlab.people.rules import *
from twinlab.scope import door

__all__ = door.offered(globals())
