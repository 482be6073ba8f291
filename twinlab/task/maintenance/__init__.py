"""Maintenance: how long machines last, how long this one will, and when to replace it.

=========  ===================================================================================
describe   ``reliability`` (MTBF, MTTR, availability), ``kaplan_meier``
predict    ``fit_weibull`` to lives of which some have not ended; ``Weibull.remaining`` at an age
prescribe  ``age_replacement``: the age at which a planned replacement costs least
=========  ===================================================================================
"""

from twinlab.task.maintenance.lives import RemainingLife, Weibull, WeibullFit, fit_weibull
from twinlab.task.maintenance.records import (
    Reliability,
    Survival,
    kaplan_meier,
    reliability,
)
from twinlab.task.maintenance.replacement import (
    AgePolicy,
    age_replacement,
    replacement_cost,
)

__all__ = [
    "AgePolicy",
    "Reliability",
    "RemainingLife",
    "Survival",
    "Weibull",
    "WeibullFit",
    "age_replacement",
    "fit_weibull",
    "kaplan_meier",
    "reliability",
    "replacement_cost",
]
