"""A rule that is not array-friendly, asked for one history after the other."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from twinlab.organization.view import View


@dataclass(frozen=True)
class OneByOne:
    """Ask a rule that decides for one history at a time once for every history.

    Slow and exact: a loop over replications, for rules with ``if`` and ``max``. Memory is kept
    per history; the rule sees no suppliers, and of others what the sharing regime shows.

    >>> rule = OneByOne(lambda view: max(0.0, 10.0 - view.inventory_position))
    >>> view = View("shop", "bike")
    >>> view.on_hand, view.on_order = np.array([4.0, 12.0]), np.zeros(2)
    >>> view.backlog, view.demand = np.zeros(2), np.zeros(2)
    >>> rule(view).tolist()
    [6.0, 0.0]
    """

    rule: Callable[[View], Any]

    def __call__(self, view: View) -> Any:
        """Ask the rule for each history."""
        width = np.ndim(view.on_hand) and len(view.on_hand)
        if not width:
            return self.rule(view)
        if "one by one" not in view.memory:
            view.memory["one by one"] = [deepcopy(view.memory) for _ in range(width)]
        memories = view.memory["one by one"]
        answers = np.empty(width)
        shared: dict[str, Any] = {}  # what others share, worked out once for all histories

        def look(what: str, at: int) -> float:
            if what not in shared:
                shared[what] = np.broadcast_to(getattr(view, what), width)
            return float(shared[what][at])

        for at in range(width):
            one = View(view.node, view.product)
            one.day, one.memory = view.day, memories[at]
            one.on_hand, one.on_order = float(view.on_hand[at]), float(view.on_order[at])
            one.backlog, one.demand = float(view.backlog[at]), float(view.demand[at])
            one.echelon = partial(look, "echelon_position", at)
            one.sales = partial(look, "point_of_sale", at)
            answers[at] = self.rule(one)
        return answers
