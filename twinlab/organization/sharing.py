"""Sharing regimes: what a decision maker gets to see beyond its own books.

========================  ===========  =============  ================
a view shows              own books    point_of_sale  echelon_position
========================  ===========  =============  ================
``OwnOrders()``           yes
``PointOfSale()``         yes          yes
``FullSharing()``         yes          yes            yes
========================  ===========  =============  ================

A regime is called with a view once, before the first decision, and closes what it does not show.
A scenario that says nothing shares everything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twinlab.organization.view import View
from twinlab.scope.columns import Row
from twinlab.scope.errors import ScenarioError

__all__ = ["FullSharing", "OwnOrders", "PointOfSale"]


@dataclass(frozen=True)
class OwnOrders(Row):
    """Everybody sees its own stock and the orders it gets, and nothing of anybody else.

    Source: Lee, Padmanabhan & Whang (1997): the cause of the bullwhip that they call demand signal
    processing.

    >>> view = View("plant", "bike")
    >>> OwnOrders()(view)
    >>> try:
    ...     view.point_of_sale
    ... except ScenarioError as error:
    ...     print(str(error).partition(":")[0])
    OwnOrders() does not show 'plant' the point_of_sale of 'bike'
    """

    def __call__(self, view: View) -> None:
        """Close what others know."""
        view.sales = _closed(self, view, "point_of_sale", "PointOfSale()")
        view.echelon = _closed(self, view, "echelon_position", "FullSharing()")


@dataclass(frozen=True)
class PointOfSale(Row):
    """Everybody also sees what the final customers asked for today, but nobody else's stock.

    Source: Chen, Drezner, Ryan & Simchi-Levi (2000) section 3, centralized demand information.

    >>> view = View("plant", "bike", sales=lambda: 40.0)
    >>> PointOfSale()(view)
    >>> view.point_of_sale
    40.0
    """

    def __call__(self, view: View) -> None:
        """Close the stocks of others."""
        view.echelon = _closed(self, view, "echelon_position", "FullSharing()")


@dataclass(frozen=True)
class FullSharing(Row):
    """Everybody sees the final customers' demand and all stock downstream.

    Source: Clark & Scarf (1960), whose echelon stock it takes to be known.

    >>> view = View("plant", "bike", echelon=lambda: 120.0)
    >>> FullSharing()(view)
    >>> view.echelon_position
    120.0
    """

    def __call__(self, view: View) -> None:
        """Close nothing."""


def _closed(regime: Any, view: View, what: str, remedy: str) -> Callable[[], Any]:
    """What stands in a view in place of something that is not shared."""

    def refuse() -> Any:
        raise ScenarioError(
            f"{regime!r} does not show {view.node!r} the {what} of {view.product!r}: let it see "
            f"more with Scenario(sharing={{{view.node!r}: {remedy}}}), or give it a rule that "
            "does without"
        )

    return refuse
