"""What is graded in notebook 10: a rule of upkeep, judged on luck that nobody has seen."""

from functools import cache

import twinlab as tl
from twinlab.cases.factory import factory, jobs_of, signals
from twinlab.task.maintenance import cost_rate

PLANT = tl.AtAge(170)  # minutes: the rule in force
SEEDS = (2101, 2102)  # of the hidden luck


@cache
def met():
    """The jobs that the machine meets, and what breaks its tools."""
    return jobs_of(signals(factory().readings[7000:]))


def beats(answer, planned, failure):
    """Does the rule cost less than the plant's, on the same hidden jobs and luck?"""
    jobs, truth = met()
    costs, saved = (planned, failure), []
    for seed in SEEDS:
        old, new = (cost_rate(rule, truth, jobs, costs, seed) for rule in (PLANT, answer))
        saved += [*(old - new)]
    found = tl.modeling.estimate(saved)
    if found.low > 0:
        return True
    return (
        f"against the plant's rule yours saves {100 * found.mean:.2f} cents a minute "
        f"[{100 * found.low:.2f}, {100 * found.high:.2f}]: the whole interval must be above 0."
    )


SOLUTIONS = {"10.3": tl.course.Solution(judge=beats)}
