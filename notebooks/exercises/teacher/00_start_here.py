"""Solutions of notebook 00: how many chips are enough."""

from bisect import bisect_left
from functools import cache

import numpy as np

import twinlab as tl

START = tl.course.read_exercises(0)
LEVELS = range(2400, 6601, 100)


@cache
def enough(days, seed):
    """The smallest level of chips, in hundreds, that serves 99 % in spite of the closure."""

    def mean_fill(level):
        hit = START.closed("chip maker", 60, days, "ECU plant/chip.up_to", level)
        return np.mean(tl.replicate(hit, 50, seed=seed).kpis.fill_rate)

    return LEVELS[bisect_left(LEVELS, 0.99, key=mean_fill)]


SOLUTIONS = {
    "0.3": tl.course.Solution(
        solve=enough,
        slips={
            "close, but on average fewer than 99 % are served on the day with this level.": (
                lambda days, seed: enough(days, seed) - 100
            ),
            "this is what has to be added; the question asks for the whole level.": (
                lambda days, seed: enough(days, seed) - 2400
            ),
        },
    ),
}
