"""Replenishment rules: ``rule(view) -> units to order``, one array-friendly line each.

A rule may be any function of a view. Those here are frozen dataclasses, so their fields can be
shown, swept and tuned, and the same rule runs in both engines (floats in one, arrays in the other).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.organization.view import View
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError


@dataclass(frozen=True)
class BaseStock(Row):
    """Order up to a level: order = max(0, S − inventory position) [S = ``up_to``].

    A level of 0 orders what is asked, when it is asked. Customers who do not wait are gone when it
    comes, after L days: it serves those of one day in L + 1 (a simulation warns of it).
    Source: Snyder & Shen (2019) section 4.3.4.

    >>> view = View("shop", "bike")
    >>> view.on_hand, view.on_order, view.backlog = 6.0, 4.0, 3.0
    >>> float(BaseStock(up_to=10)(view))
    3.0
    """

    up_to: float = column("units", meaning="base-stock level S")

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

    def __call__(self, view: View) -> Any:
        """Pass the demand on."""
        return view.demand


@dataclass(frozen=True)
class ForecastBaseStock(Row):
    """Order up to a level that follows a moving average of demand: L days of it, and safety.

    S = L F + safety, with F the mean of the last p decisions' demand (fewer at first): of the
    orders that the node got, or of the point of sale. Its orders vary more than demand does:
    with independent demand Var(orders) / Var(demand) = 1 + 2L/p + 2L²/p², as long as no order is
    cut at zero. Source: Chen, Drezner, Ryan & Simchi-Levi (2000) Theorem 2.2.

    >>> view = View("shop", "bike")
    >>> rule = ForecastBaseStock(periods=2, horizon=3)
    >>> view.demand = 4.0
    >>> float(rule(view))  # 3 days of 4
    12.0
    >>> view.on_order, view.demand = 12.0, 6.0
    >>> float(rule(view))  # 3 days of (4 + 6) / 2
    3.0
    """

    periods: int = column("decisions", meaning="length p of the moving average", low=1)
    horizon: float = column("days", meaning="days L of demand that the level covers", low=0)
    safety: float = column("units", 0.0, "safety stock on top")
    from_point_of_sale: bool = column(
        "yes/no", False, "forecast what final customers ask, not what the node is asked"
    )
    first_guess: float | None = column(
        "units/day", None, "what it takes demand for before it has seen any", low=0
    )

    def __call__(self, view: View) -> Any:
        """Update the forecast, and order what the position lacks."""
        guesses = () if self.first_guess is None else (self.first_guess,) * self.periods
        today = view.point_of_sale if self.from_point_of_sale else view.demand
        recent = (*view.memory.get("recent", guesses), today)[-self.periods :]
        view.memory["recent"] = recent
        total = recent[0]
        for demand in recent[1:]:  # not sum(): for floats it rounds otherwise than for arrays
            total = total + demand
        level = self.horizon * (total / len(recent)) + self.safety
        return np.maximum(0.0, level - view.inventory_position)
