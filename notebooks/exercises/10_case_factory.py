"""Exercises of notebook 10: what the factory knows before we do."""

from functools import cache

import twinlab as tl
from twinlab.cases.factory import factory, fit_tools

RELATIONS = {
    "no scratches": {"padded rack": 9, "tool age": 1},
    "flat surface": {"tool age": 9, "bath filter": 1},
    "even coat": {"bath filter": 9, "padded rack": 3},
}


@cache
def case():
    """The case, read once."""
    return factory()


def age(failure_cost):
    """The age at which to change tools if a failure costs so much [USD]."""
    law = fit_tools(case().tools[: case().training]).law
    advice = tl.task.maintenance.prescribe(law, planned_cost=60, failure_cost=failure_cost)
    return advice.values["replacement_age"]


def first(even_coat):
    """The weightiest feature if customers weigh an even coat so."""
    needs = {"no scratches": 5, "flat surface": 3, "even coat": even_coat}
    return tl.task.quality.house_of_quality(needs, RELATIONS).causes[0]


EXERCISES = {
    "10.1": tl.lab.Exercise(
        answer=lambda: age(120),
        unit="minutes of work",
        hints=(
            "a failure costs less now: will it pay to change tools earlier or later?",
            "the formula needs the same law of lives and the two costs.",
            "`tl.task.maintenance.prescribe(law, planned_cost=60, failure_cost=120)`",
        ),
        slips={
            "that is the age for a failure of 300 USD.": lambda: age(300),
            "that is the scale of the law: by then 63 % of the tools have failed.": (
                lambda: fit_tools(case().tools[: case().training]).law.scale
            ),
        },
    ),
    "10.2": tl.lab.Exercise(
        answer=lambda: first(8),
        hints=(
            "work out the three weights again, with 8 in place of 2.",
            "padded rack: 5 · 9 + 8 · 3; tool age: 5 · 1 + 3 · 9; bath filter: 3 · 1 + 8 · 9.",
            "which of 69, 32 and 75 is the largest?",
        ),
        slips={"that was the first one with a weight of 2.": lambda: first(2)},
    ),
}
