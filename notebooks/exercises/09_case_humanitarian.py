"""The exercises of notebook 09: storms, kits and trucks."""

from functools import cache

import twinlab as tl
from twinlab.cases import relief

ENOUGH = 30.0  # hours that nobody should wait longer than
PANAMA, PINAR = "Panama hub", "Pinar del Rio"


@cache
def judged(depot):
    """Food for ten thousand people in one depot."""
    return tl.task.logistics.judge(relief.problem(), {depot: {"food": 10_000}})


def trucks():
    """The fewest trucks with which every group has its first load within the hours."""
    return next(n for n in range(2, 20) if last_wait(n) <= ENOUGH)


@cache
def last_wait(trucks):
    """Hours until the last group has its first load, with so many four-wheel trucks."""
    case = relief.last_mile({"four-wheel": trucks})
    return tl.task.logistics.rounds(case, iterations=4000, starts=1).last_wait


EXERCISES = {
    "9.1": tl.lab.Exercise(
        answer=lambda: relief.needs(17_000, days=14).food,
        unit="t",
        hints=(
            "`relief.needs(people, days)` has a property `food`.",
            "17,000 people × 14 days × 555 g, in tonnes.",
        ),
        slips={
            "that is one day; the question is about two weeks.": (
                lambda: relief.needs(17_000, 1).food
            ),
            "that is a month: `needs` takes 30 days unless you say `days=14`.": (
                lambda: relief.needs(17_000).food
            ),
        },
    ),
    "9.2": tl.lab.Exercise(
        answer=lambda: judged(PANAMA).cost - judged(PINAR).cost,
        unit="USD/season",
        hints=(
            "`tl.task.logistics.judge(problem, {'Panama hub': {'food': 10_000}})` gives a plan.",
            "subtract `.cost` of Pinar del Rio from `.cost` of the Panama hub.",
        ),
        slips={
            "that is the expected cost after the storm only; take `.cost`, with the first stage.": (
                lambda: judged(PANAMA).second_stage - judged(PINAR).second_stage
            ),
            "the sign is turned: Panama minus Pinar del Rio.": (
                lambda: judged(PINAR).cost - judged(PANAMA).cost
            ),
        },
    ),
    "9.3": tl.lab.Exercise(
        answer=trucks,
        unit="trucks",
        tolerance=0.0,
        hints=(
            "`case = relief.last_mile({'four-wheel': n})` for n = 2, 3, 4, …",
            "`tl.task.logistics.rounds(case, iterations=4000, starts=1).last_wait`",
            "the first n for which it is at most 30 hours.",
        ),
    ),
}
