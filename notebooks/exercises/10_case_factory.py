"""Exercises of notebook 10: a factory with a twin."""

from functools import cache

import twinlab as tl
from twinlab.cases.factory import factory, fit_tools
from twinlab.modeling import run_line
from twinlab.task import maintenance, quality

HOUSE = {
    **{f"{kind} scratch": {"padded rack": 9, "tool age": 1} for kind in "KZ"},
    **{fault: {"bath filter": 9, "padded rack": 3} for fault in ("pastry", "stain", "dirt")},
    "bump": {"tool age": 9, "bath filter": 1},
}
COAT = ("pastry", "stain", "dirt")


@cache
def case():
    """The case, read once."""
    return factory()


def age(failure_cost):
    """The age at which to change tools if a failure costs so much [USD]."""
    law = fit_tools(case().tools[: case().training]).law
    advice = maintenance.prescribe(law, planned_cost=60, failure_cost=failure_cost)
    return advice.values["replacement_age"]


@cache
def heard():
    """How many complaints of each fault came within 120 days."""
    letters = quality.complaints(run_line(case().line, 122, seed=1), case().returned, seed=1)
    return quality.complaint_rates(letters).counts


def first(times):
    """The weightiest feature, if customers complain so many times as often of the coat."""
    counts = {fault: n * (times if fault in COAT else 1) for fault, n in heard().items()}
    return quality.house_of_quality(counts, HOUSE).causes[0]


EXERCISES = {
    "10.1": tl.course.Exercise(
        goal="10/1",
        solve=lambda: age(120),
        unit="minutes of work",
        hints=(
            "a failure costs less now: will it pay to change tools earlier or later?",
            "the formula needs the same law of lives and the two costs.",
            "`maintenance.prescribe(lives, planned_cost=60, failure_cost=120)`",
        ),
        slips={
            "that is the age for a failure of 300 USD.": lambda: age(300),
            "that is the scale of the law: by then 63 % of the tools have failed.": (
                lambda: fit_tools(case().tools[: case().training]).law.scale
            ),
        },
    ),
    "10.2": tl.course.Exercise(
        goal="10/2",
        solve=lambda: first(10),
        such_as="a name",
        hints=(
            "multiply the counts of three faults by ten, and build the house again.",
            "`rates.counts` are the counts as they are here; `|` puts others in their place.",
            "`quality.house_of_quality(rates.counts | coat, house)`: its first cause.",
        ),
        slips={"that is the first one with complaints as they are here.": lambda: first(1)},
    ),
}
