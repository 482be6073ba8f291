"""Exercises of notebook 08: a closure behind the cars Americans buy."""

from bisect import bisect_left
from functools import cache

import numpy as np

import twinlab as tl

CLOSURES = range(100, 160, 10)  # days: the first loses nothing, the last in every replication


def run(node, closed, days):
    """A run in which a node is closed from day 60 (0 days: the calm one)."""
    scenario = tl.cases.automotive(days)
    if closed:
        scenario = scenario.disrupt(tl.Outage(node, start=60, days=closed))
    return tl.simulate(scenario, seed=1)


@cache
def losing(days):
    """In which share of replications a closure of the resin plant loses sales."""
    hit = tl.cases.automotive(240).disrupt(tl.Outage("Germany resin", start=60, days=days))
    return float(np.mean(tl.replicate(hit, 20, seed=1).kpis.lost_sales > 0))


@cache
def too_long():
    """The shortest of the closures that loses sales in nine replications of ten [days]."""
    return CLOSURES[bisect_left(CLOSURES, 0.9, key=losing)]


@cache
def first_short():
    """The day on which a first assembly plant misses the wires from Mexico."""
    # The first days do not depend on how many follow, and 100 are lived through sooner than 240.
    hit, calm = run("Mexico wiring", 120, 100), run("Mexico wiring", 0, 100)
    return tl.lab.ripple(hit, calm)["tier 1"].short_from


EXERCISES = {
    "8.1": tl.course.Exercise(
        goal="08/1",
        solve=too_long,
        unit="days",
        tolerance=0.001,
        hints=(
            "the linear program knows the time to survive of the mean; chance adds a little.",
            "replicate 20 replications of 240 days for closures from 100 days on, in steps of ten.",
            "`(batch.kpis.lost_sales > 0).mean()` is the share of replications that lose sales.",
        ),
        slips={
            "some replications lose sales with this one, and some do not: nine in ten are asked "
            "for.": lambda: too_long() - 10,
            "with this one all lose sales, but with ten days less they do, too.": (
                lambda: too_long() + 10
            ),
        },
    ),
    "8.2": tl.course.Exercise(
        goal="08/2",
        solve=first_short,
        unit="(day)",
        tolerance=0.001,
        hints=(
            "tier 2 is one step from the assembly plants: sooner than with the resin (day 89).",
            'close "Mexico wiring" from day 60 for 120 days and look at the ripple by tier.',
            'read `tl.lab.ripple(run, calm_run)["tier 1"].short_from`.',
        ),
        slips={
            "count the days from day 0, not from the closure on day 60.": (
                lambda: (first_short() or 0) - 60
            ),
        },
    ),
}
