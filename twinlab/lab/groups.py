"""What a group of nodes has, owes and sends by day, and when its nodes were closed."""

from collections.abc import Collection, Iterable

import numpy as np

from twinlab.modeling.run import Run
from twinlab.scope.chance import Array


def total(run: Run, measures: Iterable[str], nodes: Collection[str]) -> Array:
    """Measures per day, added up over all products of some nodes.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 5})
    >>> total(simulate(Scenario(shop, BaseStock(5), days=2)), ["on_hand", "backlog"], ["shop"])
    array([2., 1.])
    """
    at = [item.number for item in run.plan.items if item.key[0] in nodes]
    return np.asarray(sum(run.measures[name][:, at].sum(axis=1) for name in measures))


def closures(run: Run) -> list[tuple[str, int, int]]:
    """List node, first day and last day (included) of every closure of a node, as it happened.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> closures(simulate(shop.disrupt(Outage("mine", start=10, days=5))))
    [('mine', 10, 14)]
    """
    found: list[tuple[str, int, int]] = []
    since: dict[tuple[str, str], int] = {}
    for event in run.log.of("disrupted", "recovered"):
        if event.note == "Outage":
            key = (event.node, event.product)
            if event.kind == "disrupted":
                since[key] = event.day
            else:
                found.append((event.node, since.pop(key, run.days[0]), event.day - 1))
    return found + [(node, day, run.days[-1]) for (node, _), day in since.items()]
