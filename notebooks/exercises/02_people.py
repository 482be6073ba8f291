"""Exercises of notebook 02: who makes the bullwhip?"""

from functools import cache

import twinlab as tl

BAD = tl.NewsvendorProblem(cost=9)


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


def train_first():
    """Whose training saves the team most."""
    return min(tl.people.STATIONS, key=lambda name: team_cost(**{name: 1.0}))


def dearest():
    """Who pays most in a team of average people."""
    run = tl.simulate(tl.beer_chain(tl.average_person()))
    return max(tl.people.STATIONS, key=lambda name: float(tl.beer_cost(run, name)))


def lost(order):
    """Expected profit lost by an order, each round [USD]."""
    return BAD.expected_profit(BAD.optimum) - BAD.expected_profit(order)


def pulled(weight):
    """An order between mean and optimum [units]."""
    return weight * BAD.mean + (1 - weight) * BAD.optimum


EXERCISES = {
    "2.1": tl.lab.Exercise(
        answer=least_beta,
        tolerance=1e-6,
        hints=(
            "compute pays(person(beta)) for beta = 0, 0.05, …; stop at the first below 1,000.",
            "it is larger than twice the 0.34 of people.",
        ),
        slips={"that one pays less than 1,000 USD, but a smaller beta does, too.": lambda: 1.0},
    ),
    "2.2": tl.lab.Exercise(
        answer=train_first,
        hints=(
            "train one station at a time: beer_chain({name: person(1.0)}), the others stay as "
            "they are.",
            "compare what the whole team pays, not what the trained station pays.",
        ),
        slips={
            "it pays most itself, but much of that is made by the stations that order from it. "
            "Try it: train one station at a time.": dearest
        },
    ),
    "2.3": tl.lab.Exercise(
        answer=lambda: lost(pulled(0.78)),
        unit="USD",
        tolerance=0.01,
        hints=(
            "the order is 0.78 × 150.5 + 0.22 × 75; problem.expected_profit gives its profit.",
            "compare with problem.expected_profit(problem.optimum), where problem has cost=9.",
        ),
        slips={
            "the pull is towards the mean: 0.78 is its weight, not that of the optimum.": (
                lambda: lost(pulled(0.22))
            ),
            "that is the profit which is left; asked is the profit that is lost.": (
                lambda: BAD.expected_profit(pulled(0.78))
            ),
        },
    ),
}
