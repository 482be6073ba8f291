"""What is right of notebook 07's exercise that counts."""

from functools import cache

import twinlab as tl

OLD = (740.0, 123.0)  # kg, what the notebook's search has found


@cache
def lived(levels, waiting, closed):
    """What 500 years cost that chose nothing [USD/day]."""
    chain = tl.course.read_exercises(7).chain(*levels)
    chain = chain.set("shop/coffee.backorder_cost", waiting)
    chain = chain.set("disruptions[0].days", tl.Gamma(closed, closed / 2))
    return tl.cost(tl.replicate(chain, 500, seed=40_707))


def better(answer, waiting, closed):
    """At least five dollars a day cheaper than the notebook's levels, with 95 % confidence."""
    if not all(0 <= level <= 5000 for level in answer):
        return "levels between 0 and 5,000 kg, the roaster's first."
    gain = lived(OLD, waiting, closed) - lived(tuple(map(float, answer)), waiting, closed)
    found = tl.estimate(gain)
    return bool(found.low > 5) or f"on other luck it saves {found.short} USD/day."


SOLUTIONS = {"7.4": tl.course.Solution(solve=lambda: (900.0, 130.0), judge=better)}
