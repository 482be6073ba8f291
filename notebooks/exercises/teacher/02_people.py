"""Solutions of notebook 02: how small a class may be."""

from functools import cache

import twinlab as tl


@cache
def found(effect, students, seed, classes=200):
    """How often a class of so many students finds the effect of the label."""
    plan = tl.people.design(10, labels=tl.people.LABELS)
    effects = {"label": effect}
    return tl.people.power(plan, effects, students, classes=classes, seed=seed).power.mean


def smallest_class(effect, seed):
    """The smallest class in steps of 20 with a power of at least 0.7."""
    return next(size for size in range(20, 401, 20) if found(effect, size, seed) >= 0.7)


SOLUTIONS = {
    "2.3": tl.course.Solution(
        solve=smallest_class,
        slips={
            "that one finds it, too, but a smaller class is enough.": (
                lambda effect, seed: smallest_class(effect, seed) + 20
            ),
            "that class misses it in more than three of ten cases.": (
                lambda effect, seed: smallest_class(effect, seed) - 20
            ),
        },
    ),
}
