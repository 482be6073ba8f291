"""Exercises of notebook 02: who makes the bullwhip?"""

from functools import cache

import twinlab as tl


def person(beta):
    """An average person who counts more or less of the pipeline, with the same stock in mind."""
    return tl.AnchorAndAdjust(beta=beta, desired_stock=17 + 24 * (beta - 0.34), starts=4)


@cache
def team_cost(**counting):
    """The team's cost with these betas at some stations, average people at the others [USD]."""
    rules = {name: person(beta) for name, beta in counting.items()}
    return float(tl.beer_cost(tl.simulate(tl.beer_chain(rules))))


def least_beta():
    """The smallest beta in steps of 0.05 with which the team pays less than 1,000 USD."""
    betas = [at / 20 for at in range(21)]
    return next(b for b in betas if team_cost(**dict.fromkeys(tl.people.STATIONS, b)) < 1000)


@cache
def found(students):
    """How often a class of so many students finds the effect of the label."""
    plan = tl.people.design(10, labels=tl.people.LABELS)
    return tl.people.power(plan, {"label": -0.05}, students, classes=1000, seed=1).power.mean


def smallest_class(power=0.7):
    """The smallest class in steps of 20 with a power of at least so much."""
    return next(students for students in range(20, 201, 20) if found(students) >= power)


EXERCISES = {
    "2.1": tl.course.Exercise(
        goal="02/1",
        solve=least_beta,
        tolerance=1e-6,
        hints=(
            "compute pays(person(beta)) for beta = 0, 0.05, …; stop at the first below 1,000.",
            "it is larger than twice the 0.34 of people.",
        ),
        slips={"that one pays less than 1,000 USD, but a smaller beta does, too.": lambda: 1.0},
    ),
    "2.2": tl.course.Exercise(
        goal="02/2",
        solve=smallest_class,
        tolerance=1e-6,
        unit="students",
        hints=(
            'people.power(labels, {"label": -0.05}, students, classes=1000, seed=1) for 20, 40, …',
            "look at power, not at found: how often the interval leaves out 0.",
        ),
        slips={
            "that one finds it, too, but a smaller class is enough.": lambda: smallest_class(0.9),
            "that class misses it in more than three of ten cases.": lambda: smallest_class() - 20,
        },
    ),
}
