"""Solutions of notebook 03: stock that outlasts a supplier."""

from bisect import bisect_left
from functools import cache

import twinlab as tl

loss = tl.course.read_exercises(3).loss


@cache
def enough(p1, s1, p2):
    """The smallest stock of P1 without a loss."""
    return bisect_left(range(300), True, key=lambda cars: loss(cars, p1, s1, p2) < 1e-6)


SOLUTIONS = {
    "3.3": tl.course.Solution(
        solve=enough,
        slips={
            "that is the gap of both models; P2's stock covers part of it.": (
                lambda p1, s1, p2: enough(p1, s1, p2) + p2
            ),
            "that is what one week lacks; S2 is back after two.": (
                lambda p1, s1, p2: p1 + 50 - s1 - 60 - p2
            ),
        },
    ),
}
