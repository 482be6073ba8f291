"""People, floor 5: decision makers, their biases, their games, and what advice is worth.

============  ========================================================================
rules         BaseStock MinMax FixedLot EchelonBaseStock ForecastBaseStock PassThrough OneByOne
biases        AnchorAndAdjust PullToCentre DemandChasing Panic Wavering
beer_game     beer_chain BeerGame BeerScore beer_cost average_person benchmark_team
newsvendor    NewsvendorProblem NewsvendorGame NewsvendorPlayer
fitting       fit_ordering fit_newsvendor Fit Parameter
advice        TakesAdvice override_value OverrideValue Decision
============  ========================================================================
"""

from twinlab.people.advice import Decision, OverrideValue, TakesAdvice, override_value
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
from twinlab.people.fitting import Fit, Parameter, fit_newsvendor, fit_ordering
from twinlab.people.newsvendor import (
    HUMAN_ORDERS,
    NewsvendorGame,
    NewsvendorPlayer,
    NewsvendorProblem,
)
from twinlab.people.one_by_one import OneByOne
from twinlab.people.rules import (
    BaseStock,
    EchelonBaseStock,
    FixedLot,
    ForecastBaseStock,
    MinMax,
    PassThrough,
)

__all__ = [
    "HUMAN_COSTS", "HUMAN_ORDERS", "STATIONS", "AnchorAndAdjust", "BaseStock", "BeerGame",
    "BeerScore", "Decision", "DemandChasing", "EchelonBaseStock", "Fit", "FixedLot",
    "ForecastBaseStock", "MinMax", "NewsvendorGame", "NewsvendorPlayer", "NewsvendorProblem",
    "OneByOne", "OverrideValue", "Panic", "Parameter", "PassThrough", "PullToCentre",
    "TakesAdvice", "Wavering", "average_person", "beer_chain", "beer_cost", "benchmark_team",
    "fit_newsvendor", "fit_ordering", "override_value",
]  # fmt: skip
