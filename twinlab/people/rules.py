"""Replenishment rules: ``rule(view) -> units to order``, one array-friendly line each.

A rule may be any function of a view. Those here are frozen dataclasses, so their fields can be
shown, swept and tuned, and the same rule runs in both engines (floats in one, arrays in the other).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from twinlab.organization.view import View
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError


@dataclass(frozen=True)
class BaseStock(Row):
    """Order up to a level: order = max(0, S − inventory position) [S = ``up_to``].

    Source: Snyder & Shen (2019) section 4.3.4.

    >>> view = View("shop", "bike")
    >>> view.on_hand, view.on_order, view.backlog = 6.0, 4.0, 3.0
    >>> float(BaseStock(up_to=10)(view))
    3.0
    """

    up_to: float = column("units", meaning="base-stock level S")

    keeps_nothing: ClassVar[bool] = True

    def __call__(self, view: View) -> Any:
        """Order what the position lacks."""
        return np.maximum(0.0, self.up_to - view.inventory_position)


@dataclass(frozen=True)
class MinMax(Row):
    """At or below the reorder point, order up to the maximum: (s, S).

    Source: Snyder & Shen (2019) section 4.4 (order when the position is ≤ s).

    >>> view = View("shop", "bike")
    >>> view.on_hand = 4.0
    >>> float(MinMax(reorder_point=4, up_to=10)(view)), float(MinMax(3, 10)(view))
    (6.0, 0.0)
    """

    reorder_point: float = column("units", meaning="reorder point s")
    up_to: float = column("units", meaning="order-up-to level S")

    def check(self) -> None:
        """S lies above s."""
        if self.up_to <= self.reorder_point:
            raise ScenarioError(
                f"MinMax: up_to {self.up_to:g} must be above reorder_point {self.reorder_point:g}"
            )

    keeps_nothing: ClassVar[bool] = True

    def __call__(self, view: View) -> Any:
        """Fill up, but only from the reorder point down."""
        position = view.inventory_position
        return np.where(position <= self.reorder_point, self.up_to - position, 0.0)


@dataclass(frozen=True)
class FixedLot(Row):
    """At or below the reorder point, order as many whole lots as lift the position above it: (r, Q).

    Source: Snyder & Shen (2019) section 5.1; whole multiples of Q after Axsäter (2015) section 5.3.

    >>> view = View("shop", "bike")
    >>> view.on_hand = 4.0
    >>> float(FixedLot(reorder_point=5, lot=10)(view)), float(FixedLot(25, 10)(view))
    (10.0, 30.0)
    """  # noqa: E501 (one sentence)

    reorder_point: float = column("units", meaning="reorder point r")
    lot: float = column("units", meaning="lot size Q", low=1e-9)

    keeps_nothing: ClassVar[bool] = True

    def __call__(self, view: View) -> Any:
        """Order whole lots from the reorder point down."""
        short = self.reorder_point - view.inventory_position
        return np.where(short >= 0.0, self.lot * (np.floor(short / self.lot) + 1.0), 0.0)


@dataclass(frozen=True)
class EchelonBaseStock(Row):
    """Order up to a level of the echelon: everything here and downstream counts.

    Source: Clark & Scarf (1960); Snyder & Shen (2019) section 6.2.

    >>> view = View("plant", "bike")
    >>> view.echelon = lambda: 17.0
    >>> float(EchelonBaseStock(up_to=20)(view))
    3.0
    """

    up_to: float = column("units", meaning="echelon base-stock level")

    keeps_nothing: ClassVar[bool] = True

    def __call__(self, view: View) -> Any:
        """Order what the echelon position lacks."""
        return np.maximum(0.0, self.up_to - view.echelon_position)


@dataclass(frozen=True)
class PassThrough(Row):
    """Order exactly what was asked since the last decision.

    >>> view = View("shop", "bike")
    >>> view.demand = 7.0
    >>> PassThrough()(view)
    7.0
    """

    keeps_nothing: ClassVar[bool] = True

    def __call__(self, view: View) -> Any:
        """Pass the demand on."""
        return view.demand
