"""Sourcing rules: ``rule(view, quantity) -> units to order from each of view.suppliers``."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.organization.view import View
from twinlab.scope.columns import Row
from twinlab.scope.errors import ScenarioError


@dataclass(frozen=True)
class Shares(Row):
    """Split every order by the lanes' ``sourcing_share``.

    >>> from twinlab.organization.view import Supplier
    >>> view = View("plant", "chip", [Supplier("A", "sea", 1, 0.75, 1e9), Supplier("B", "air", 2, 0.25, 1e9)])
    >>> Shares()(view, 8.0)
    [6.0, 2.0]
    """  # noqa: E501 (a doctest line)

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        """Give each supplier its share; shares are scaled to sum to one."""
        total = sum(s.share for s in view.suppliers)
        if total <= 0:
            raise ScenarioError(
                f"Shares: no lane brings {view.product!r} to {view.node!r} with a sourcing_share "
                "above 0: set it on the lanes, or use PriorityFailover()"
            )
        return [quantity * (s.share / total) for s in view.suppliers]


@dataclass(frozen=True)
class PriorityFailover(Row):
    """Ask the supplier of the lowest ``sourcing_rank`` that is open; the first one if all are shut.

    >>> from twinlab.organization.view import Supplier
    >>> main, spare = Supplier("A", "sea", 1, 0, 1e9), Supplier("B", "air", 2, 0, 1e9)
    >>> view = View("plant", "chip", [main, spare])
    >>> PriorityFailover()(view, 8.0)
    [8.0, 0.0]
    >>> main.open = 0.0
    >>> PriorityFailover()(view, 8.0)
    [0.0, 8.0]
    """

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        """Give the whole order to the best open supplier."""
        places = sorted(range(len(view.suppliers)), key=lambda at: view.suppliers[at].rank)
        split: list[Any] = [0.0] * len(places)
        left = quantity
        for at in places:
            split[at] = left * view.suppliers[at].open
            left = left - split[at]
        split[places[0]] = split[places[0]] + left
        return split


def split_order(rule: Any, view: View, quantity: Any) -> list[Any]:
    """Ask a sourcing rule and check its answer: one part per supplier, together the order.

    Raises:
        ScenarioError: a wrong number of parts, a part below zero, or another sum.

    >>> from twinlab.organization.view import Supplier
    >>> view = View("plant", "chip", [Supplier("A", "sea", 1, 0.75, 1e9), Supplier("B", "air", 2, 0.25, 1e9)])
    >>> split_order(lambda view, quantity: [quantity / 2, quantity / 2], view, 8.0)
    [4.0, 4.0]
    """  # noqa: E501 (a doctest line)
    parts = rule(view, quantity)
    wanted = f"{len(view.suppliers)} numbers of at least 0 that sum to the order"
    place = f"sourcing {rule!r} of {view.node!r} for {view.product!r} on day {view.day}"
    try:
        numbers = [np.asarray(part, dtype=np.float64) for part in parts]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != len(view.suppliers):
        raise ScenarioError(f"{place} returned {parts!r}: it returns {wanted}")
    total = np.asarray(sum(numbers))
    off = np.abs(total - quantity) > 1e-6 * np.maximum(1.0, quantity)
    if not all((part >= 0.0).all() for part in numbers) or np.isnan(total).any() or off.any():
        raise ScenarioError(f"{place} returned {parts!r} for {quantity!r}: it returns {wanted}")
    return list(parts)
