"""People, floor 5: decision makers, their biases, their games, and what advice is worth.

============  ========================================================================
rules         BaseStock MinMax FixedLot EchelonBaseStock ForecastBaseStock LotForLot ScalarRule
              Planned LearningLevel; biased: AnchorAndAdjust PullToCentre DemandChasing Panic
              NoisyRule
games         beer_chain BeerGame BeerScore beer_cost average_person benchmark_team; CLASSIC
              drawn_demand NewsvendorProblem NewsvendorGame
fitting       fit_ordering fit_newsvendor Fit Parameter
advised       AdvisedGame: own order, advice, final order, by a design of Blocks; by_rule: an
              adviser; what was decided: Decisions Round read_decisions
experiment    analyse by_arm weight_of_advice: what advice did to a class; Students classes_of
              power: simulated classes, and what one of some size can find
============  ========================================================================
"""

from twinlab.people.advised import *
from twinlab.people.experiment import *
from twinlab.people.fitting import *
from twinlab.people.games import *
from twinlab.people.rules import *
from twinlab.scope import door

__all__ = door.offered(globals())
