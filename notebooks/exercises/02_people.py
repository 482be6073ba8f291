"""Exercises of notebook 02: who makes the bullwhip?"""

from functools import cache

import twinlab as tl


def person(beta, alpha=0.26):
    """An average person who counts more or less of the pipeline, with the same stock in mind."""
    desired = 17 + 24 * (beta - 0.34)
    return tl.AnchorAndAdjust(alpha=alpha, beta=beta, desired_stock=desired, starts=4)


@cache
def team_cost(beta, alpha=0.26):
    """What a team of such people pays in the classic game [USD]."""
    return float(tl.beer_cost(tl.simulate(tl.beer_chain(person(beta, alpha)))))


def least_beta(alpha, budget):
    """The smallest beta in steps of 0.05 with which the team pays less than the budget."""
    return next(at / 20 for at in range(21) if team_cost(at / 20, alpha) < budget)


def pull(cost, order):
    """The pull to the centre of a newsvendor's mean order."""
    return float(1 - tl.people.NewsvendorProblem(cost=cost).adjustment(order))


def paper(luck):
    """A price, and a mean order somewhere between the best order and the mean of demand."""
    cost = luck.choice([1, 2, 3, 4, 8, 9, 10, 11])
    way, best = luck.uniform(0.3, 0.75), 300 * (1 - cost / 12)
    way += 0.15 * (way > 0.45)  # not half of it: what is left would be as much
    return {"cost": cost, "order": round(best + way * (150.5 - best), 2)}


EXERCISES = {
    "2.1": tl.course.Exercise(
        goal="02/1",
        draw=lambda luck: {
            "alpha": luck.randint(20, 40) / 100,
            "budget": luck.randint(1000, 1800),
        },
        solve=least_beta,
        tolerance=1e-6,
        hints=(
            "people.beer_cost of a simulated beer_chain(person(beta, mine.alpha)), for 0, 0.05, …",
            "it is larger than the 0.34 of people.",
        ),
        slips={
            "with that one the team still pays too much.": (
                lambda alpha, budget: least_beta(alpha, budget) - 0.05
            ),
            "that one pays less than the budget, but a smaller beta does, too.": lambda: 1.0,
        },
    ),
    "2.2": tl.course.Exercise(
        goal="02/2",
        draw=paper,
        solve=pull,
        tolerance=0.02,
        hints=(
            "the best order is that which demand exceeds with probability cost / price.",
            "how far is `order` from the best order, as a share of the way to 150.5?",
        ),
        slips={
            "that is how far it went from the mean; the pull is what is left of the way.": (
                lambda cost, order: 1 - pull(cost, order)
            ),
        },
    ),
    "2.3": tl.course.Exercise(
        goal="02/3",
        draw=lambda luck: {
            "effect": -luck.randint(25, 60) / 1000,
            "seed": luck.randint(1, 999),
        },
        tolerance=1e-6,
        unit="students",
        hints=(
            'people.power(labels, {"label": mine.effect}, students, classes=200, seed=mine.seed)',
            "look at power, not at found: how often the interval leaves out 0.",
        ),
    ),
    "2.4": tl.course.Exercise(
        goal="02/1", judge=tl.course.played("beer"), such_as="played", points=2
    ),
}
