"""What is graded in notebook 08: which measures to buy under a budget."""

import twinlab as tl
from twinlab.course import read_exercises

CARS = read_exercises(8)


def least(closures, losses, costs, budget):
    """Measures and losses of the best plan that the budget pays for [thousand USD a year]."""
    return min(both for spent, both in CARS.plans(closures, losses, costs) if spent <= budget)


SOLUTIONS = {
    "8.3": tl.course.Solution(
        solve=least,
        slips={
            "that is what the losses cost if nothing is bought.": (
                lambda closures, losses: sum(CARS.expected(closures, losses))
            ),
            "that is what the measures save: asked is what they and the losses left cost.": (
                lambda closures, losses, costs, budget: (
                    sum(CARS.expected(closures, losses)) - least(closures, losses, costs, budget)
                )
            ),
        },
    )
}
