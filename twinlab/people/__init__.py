"""People, floor 5: decision makers, their biases, their games, and what advice is worth.

============  ========================================================================
rules         BaseStock MinMax FixedLot EchelonBaseStock ForecastBaseStock PassThrough OneByOne
biases        AnchorAndAdjust PullToCentre DemandChasing Panic Wavering
beer_game     beer_chain BeerGame BeerScore beer_cost average_person benchmark_team
newsvendor    NewsvendorProblem NewsvendorGame NewsvendorPlayer
ordering      fit_ordering
fitting       fit_newsvendor Fit Parameter
advice        TakesAdvice AdvisedGame OverrideValue Decision override_value decisions_in
============  ========================================================================
"""

from twinlab.people.advice import (
    AdvisedGame,
    Decision,
    OverrideValue,
    TakesAdvice,
    decisions_in,
    override_value,
    total_cost,
)
from twinlab.people.beer_game import (
    HUMAN_COSTS,
    STATIONS,
    BeerGame,
    BeerScore,
    average_person,
    beer_chain,
    beer_cost,
    benchmark_team,
)
from twinlab.people.biases import AnchorAndAdjust, DemandChasing, Panic, PullToCentre, Wavering
from twinlab.people.fitting import Fit, Parameter, fit_newsvendor
from twinlab.people.newsvendor import (
    HUMAN_ORDERS,
    NewsvendorGame,
    NewsvendorPlayer,
    NewsvendorProblem,
)
from twinlab.people.one_by_one import OneByOne
from twinlab.people.ordering import fit_ordering
from twinlab.people.rules import (
    BaseStock,
    EchelonBaseStock,
    FixedLot,
    ForecastBaseStock,
    MinMax,
    PassThrough,
)

__all__ = [
    "HUMAN_COSTS",
    "HUMAN_ORDERS",
    "STATIONS",
    "AdvisedGame",
    "AnchorAndAdjust",
    "BaseStock",
    "BeerGame",
    "BeerScore",
    "Decision",
    "DemandChasing",
    "EchelonBaseStock",
    "Fit",
    "FixedLot",
    "ForecastBaseStock",
    "MinMax",
    "NewsvendorGame",
    "NewsvendorPlayer",
    "NewsvendorProblem",
    "OneByOne",
    "OverrideValue",
    "Panic",
    "Parameter",
    "PassThrough",
    "PullToCentre",
    "TakesAdvice",
    "Wavering",
    "average_person",
    "beer_chain",
    "beer_cost",
    "benchmark_team",
    "decisions_in",
    "fit_newsvendor",
    "fit_ordering",
    "override_value",
    "total_cost",
]
