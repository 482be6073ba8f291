"""Exercises of notebook 08: a closure behind the cars Americans buy."""

from bisect import bisect_right
from functools import cache

from twinlab.cases.automotive import automotive
from twinlab.lab.checks import Exercise
from twinlab.lab.ripples import ripple
from twinlab.modeling import Run, simulate
from twinlab.scope import Constant, Outage

CLOSURES = range(90, 130, 10)  # days: one loses nothing, the other a lot


def run(node: str, closed: int, days: int) -> Run:
    """A history in which a node is closed from day 60 (0 days: the calm one)."""
    calm = automotive(days)
    return simulate(
        calm.disrupt(Outage(node, start=60, days=Constant(closed))) if closed else calm, seed=1
    )


@cache
def too_long() -> int:
    """The shortest of the closures of the resin plant that loses a sale [days]."""

    def loses(days: int) -> bool:
        return run("Germany resin", days, 240).kpis.lost_sales > 0

    return CLOSURES[bisect_right(CLOSURES, False, key=loses)]


@cache
def first_short() -> int | None:
    """The day on which a first assembly plant misses the wires from Mexico."""
    # The first days do not depend on how many follow, and 100 are lived through sooner than 240.
    hit, calm = run("Mexico wiring", 120, 100), run("Mexico wiring", 0, 100)
    return ripple(hit, calm)["tier 1"].short_from


EXERCISES = {
    "8.1": Exercise(
        answer=too_long,
        unit="days",
        tolerance=0.001,
        hints=(
            "the dealers' stock of eleven weeks comes after the assembly plants' stock.",
            "read `kpis.lost_sales` of runs with closures from 90 days on, in steps of ten.",
            "the shortest closure whose `lost_sales` is above 0, while ten days less lose nothing.",
        ),
        slips={
            "this is the longest closure that no buyer notices; the question asks for the next.":
                lambda: too_long() - 10,
            "with this one sales are lost, but ten days less lose some, too.":
                lambda: too_long() + 10,
        },
    ),
    "8.2": Exercise(
        answer=first_short,
        unit="(day)",
        tolerance=0.001,
        hints=(
            "tier 2 is one step from the assembly plants: sooner than with the resin (day 89).",
            'close "Mexico wiring" from day 60 for 120 days and look at the ripple by tier.',
            'read `tl.lab.ripple(run, calm_run)["tier 1"].short_from`.',
        ),
        slips={
            "count the days from day 0, not from the closure on day 60.":
                lambda: (first_short() or 0) - 60,
        },
    ),
}  # fmt: skip
