"""What a decision maker sees when it decides: its own books, its suppliers, what others share."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twinlab.scope.errors import NoSuchName, did_you_mean


@dataclass(slots=True, eq=False)
class Supplier:
    """One way to get a product, as its buyer sees it.

    ``open`` is 1.0, or 0.0 while its node or lane is wholly closed (always, with a capacity of 0);
    numbers are floats in the event engine and arrays over replications in the batch engine.
    """

    node: str
    mode: str
    rank: int
    share: float
    capacity: float
    open: Any = 1.0  # kept up to date by the engine; the rest is what the lane's row says


class View:
    """One node's books for one product, at the moment of deciding.

    ``on_hand``: units in stock. ``on_order``: units ordered and not yet received, wherever they
    are. ``backlog``: units asked of the node and not yet delivered, today's included. ``demand``:
    units asked since the last decision. ``memory``: a dict that is the rule's own and lasts.
    A view is filled anew for every decision: copy what you want to keep into ``memory``.

    >>> view = View("shop", "bike")
    >>> view.on_hand, view.on_order, view.backlog = 6.0, 4.0, 3.0
    >>> view.inventory_position, view.net_stock
    (7.0, 3.0)
    """

    __slots__ = ("backlog", "day", "demand", "echelon", "memory", "node", "on_hand", "on_order",
                 "product", "sales", "suppliers")  # fmt: skip

    def __init__(self, node: str, product: str, suppliers: Sequence[Supplier] = ()) -> None:
        self.node = node
        self.product = product
        self.suppliers = suppliers
        self.day = 0
        self.on_hand: Any = 0.0
        self.on_order: Any = 0.0
        self.backlog: Any = 0.0
        self.demand: Any = 0.0
        self.memory: dict[str, Any] = {}
        self.echelon: Callable[[], Any] = lambda: self.inventory_position
        self.sales: Callable[[], Any] = lambda: self.demand

    @property
    def inventory_position(self) -> Any:
        """Units on hand and on order, less the backlog."""
        return self.on_hand + self.on_order - self.backlog

    @property
    def net_stock(self) -> Any:
        """Units on hand, less the backlog."""
        return self.on_hand - self.backlog

    @property
    def echelon_position(self) -> Any:
        """Inventory position of the node and everything downstream of it (Clark & Scarf 1960).

        Units here, on order, on the way to and at all nodes that are fed from here, less what
        customers wait for; products made from it count with their recipe's quantity.

        Raises:
            ScenarioError: the sharing regime does not show it.
        """
        return self.echelon()

    @property
    def point_of_sale(self) -> Any:
        """What final customers asked for today, here and downstream, in units of this product.

        Units of products made from it count with their recipe's quantity, and items that buy from
        several suppliers with the share that comes from here, as in the echelon.

        Raises:
            ScenarioError: the sharing regime does not show it.
        """
        return self.sales()

    def __getattr__(self, name: str) -> Any:
        """Say in which line of which rule stands a name that a view does not have."""
        if name[0] == "_":
            raise AttributeError(name)
        asking = sys._getframe(1)
        known = (n for n in dir(self) if n[0] != "_")
        raise NoSuchName(
            f"the rule of {self.node!r} for {self.product!r}, line {asking.f_lineno} of "
            f"{asking.f_code.co_name}: a view has no {name!r}; {did_you_mean(name, known)}"
        )

    def __repr__(self) -> str:
        return (
            f"View(day {self.day}, {self.node} {self.product}: {self.on_hand:g} on hand, "
            f"{self.on_order:g} on order, {self.backlog:g} owed, {self.demand:g} asked)"
        )
