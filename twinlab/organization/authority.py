"""Who may decide alone, who must ask, and how long the answer takes."""

from collections.abc import Callable
from copy import copy
from typing import Any, ClassVar

import numpy as np

from twinlab.organization.view import View, ask
from twinlab.scope.base import Row, ScenarioError, column

__all__ = ["Authority", "Meeting"]

Rule = Callable[[View], Any]


def level_of(rule: Rule, view: View, name: str) -> Any:
    """The level that a rule wants: what it orders with nothing on hand, on order or owed."""
    if hasattr(getattr(rule, "rule", rule), "reorder_point"):
        problem = f"{rule!r} of {view.node!r} waits for a reorder point, so it wants no level"
        raise ScenarioError(f"{problem}: give a rule that orders up to one, such as BaseStock(…)")
    empty = copy(view)
    empty.on_hand = empty.on_order = empty.backlog = 0.0 * view.on_hand
    empty.echelon = lambda: view.echelon_position - view.inventory_position
    return ask(rule, empty, name)


class Authority(Row, frozen=True):
    """Order up to a level that one may set oneself within a band; beyond it somebody must agree.

    At each decision the level that ``own`` wants (what it would order with nothing on hand, on
    order or owed) is asked for, and comes into force ``delay`` days later. One moves freely within
    ± ``band`` of the level in force, at first the ``plan``. A band wider than any level (1e9) is
    autonomy; none, and a delay beyond the horizon, are the plan alone. ``own`` orders up to a level
    of at least 0 (no lots), or is an Authority: a chain of bosses agrees. All stands in the memory.

    >>> rule = Authority(lambda view: 40 - view.inventory_position, plan=30, band=4, delay=2)
    >>> view = View("shop", "bike")
    >>> for view.day in range(3):
    ...     print(float(rule(view)), end=" ")
    34.0 34.0 40.0
    """

    own: Rule
    plan: float = column("units", meaning="level in force before anything is approved")
    band: float = column("units", 0.0, "how far from the level in force one may go alone", low=0)
    delay: int = column("days", 0, "from asking for a level to its coming into force", low=0)

    def __call__(self, view: View) -> Any:
        """Ask for what is wanted, and order up to what is allowed."""
        wanted = level_of(self.own, view, "own")
        waiting = [*view.memory.get("waiting", ()), (view.day + self.delay, wanted)]
        approved = view.memory.get("approved", self.plan)
        while waiting and waiting[0][0] <= view.day:
            approved = waiting.pop(0)[1]
        acted = np.maximum(np.minimum(wanted, approved + self.band), approved - self.band)
        view.memory.update(waiting=waiting, asked=wanted, approved=approved, acted=acted)
        return np.maximum(0.0, acted - view.inventory_position)


class Meeting(Row, frozen=True):
    """Order up to a level on which a meeting agrees: the mean of what its participants want.

    ``participants`` are rules, each with the weight of its voice. All follow the business every
    day; from one meeting to the next, ``every`` so many days from day 0 on, the level stays.

    >>> rule = Meeting([(lambda view: 40.0, 3), (lambda view: 20.0, 1)])
    >>> float(rule(View("shop", "bike", on_hand=5.0)))
    30.0
    """

    alone: ClassVar = True  # its participants may be anybody's rules
    participants: tuple[tuple[Rule, float], ...]
    every: int = column("days", 30, "from one meeting to the next", low=1)

    def check(self) -> None:
        """Somebody has a voice."""
        object.__setattr__(self, "participants", tuple(map(tuple, self.participants)))
        weights = [weight for _, weight in self.participants]
        if not all(0 <= weight < np.inf for weight in weights) or not any(weights):
            problem = f"Meeting: participants have the weights {weights}"
            raise ScenarioError(f"{problem}: give (rule, weight) pairs, at least one above 0")

    def __call__(self, view: View) -> Any:
        """Meet if it is time, and order up to the level agreed on."""
        total, memory, voices = 0.0, view.memory, sum(weight for _, weight in self.participants)
        for at, (rule, weight) in enumerate(self.participants):
            total = total + weight * level_of(rule, view, f"participant {at}")
        if view.day >= memory.get("next", 0):
            memory.update(level=total / voices, next=(view.day // self.every + 1) * self.every)
        return np.maximum(0.0, memory["level"] - view.inventory_position)
