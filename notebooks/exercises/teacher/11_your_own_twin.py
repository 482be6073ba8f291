"""What is graded in notebook 11: an own rule, against the notebook's, on luck not seen."""

from functools import partial

import numpy as np

import twinlab as tl
from twinlab.course import read_exercises

OWN = read_exercises(11)
MARGINS, HISTORIES, SEED = 2.0, 100, 2111  # the notebook's best safety; the hidden luck


def dear(twin, times):
    """The chain in which a unit short costs so many times what it costs now."""
    kind = {True: "backorder_cost", False: "lost_sale_cost"}
    paths = [f"{d.node}/{d.product}.{kind[d.backorders]}" for d in twin.network.demands]
    return twin.set({path: times * twin.value(path) for path in paths})


def week_ahead(twin):
    """The notebook's rule for all shops: what the coming days will ask, and safety."""
    made, uses = twin.network.made, tl.task.inventory.describe(twin)
    rules = {}
    for row in twin.network.demands:
        item = row.node, row.product
        days = (
            made[item].production_time
            if item in made
            else tl.task.demand.days_to_cover(twin, *item)
        )
        use, factors = uses[item].demand, row.scales(np.arange(999))
        margin = twin.value(f"{'/'.join(item)}.up_to") - days * use
        rules[item] = partial(up_to, days, use * factors, MARGINS * margin)
    return rules


def up_to(days, means, safety, view):
    """Order up to what the coming days will ask, and safety."""
    coming = means[view.day + 1 :][:days].sum()
    return np.maximum(0, coming + safety - view.inventory_position)


def beats(answer, times):
    """Does the rule cost less than the notebook's, in the chain where it was written?"""
    written = getattr(answer, "func", answer)  # a partial
    twin = getattr(written, "__globals__", {}).get("twin")
    twin = twin if isinstance(twin, tl.Scenario) else OWN.first()
    chain, usual = dear(twin, times), week_ahead(twin)
    new, old = (
        tl.cost(tl.replicate(chain.decide(rules), HISTORIES, seed=SEED))
        for rules in (dict.fromkeys(usual, answer), usual)
    )
    found = tl.modeling.estimate(old - new)
    return found.low > 0 or (
        f"against the notebook's rule yours saves {found.short} USD a day: the whole interval "
        "must be above 0."
    )


SOLUTIONS = {"11.3": tl.course.Solution(judge=beats)}
