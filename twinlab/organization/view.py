"""What a decision maker sees when it decides: its own books, its suppliers, what others share.

A sourcing rule splits an order: ``rule(view, quantity) -> units for each of view.suppliers``.

A regime is called with a view once, before the first decision; a scenario without one shares all.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twinlab.scope.columns import Row
from twinlab.scope.errors import NoSuchName, ScenarioError, did_you_mean

__all__ = ["FullSharing", "OwnOrders", "PointOfSale", "PriorityFailover", "Shares", "Supplier"]
__all__ += ["View"]


@dataclass(slots=True, eq=False)
class Supplier:
    """One way to get a product, as its buyer sees it.

    ``open`` is 1.0, or 0.0 while its node or lane is wholly closed (always, with a capacity of 0);
    numbers are floats in the event engine and arrays over replications in the vector engine.

    >>> Supplier("mine", "sea", rank=1, share=1.0, capacity=1e9).open
    1.0
    """

    node: str
    mode: str
    rank: int
    share: float
    capacity: float
    open: Any = 1.0  # kept up to date by the engine; the rest is what the lane's row says


@dataclass(slots=True, eq=False, repr=False)
class View:
    """One node's books for one product, at the moment of deciding.

    ``on_hand``: units in stock. ``on_order``: units ordered and not yet received, wherever they
    are. ``backlog``: units asked of the node and not yet delivered, today's included. ``demand``:
    units asked since the last decision. ``memory``: a dict that is the rule's own and lasts.
    A view is filled anew for every decision: copy what you want to keep into ``memory``.

    >>> view = View("shop", "bike", on_hand=6.0, on_order=4.0, backlog=3.0)
    >>> view.inventory_position, view.net_stock
    (7.0, 3.0)
    """

    node: str
    product: str
    suppliers: Sequence[Supplier] = ()
    day: int = 0
    on_hand: Any = 0.0
    on_order: Any = 0.0
    backlog: Any = 0.0
    demand: Any = 0.0
    memory: dict[str, Any] = field(default_factory=dict)
    echelon: Callable[[], Any] | None = None  # how others' books are asked, by the engine
    sales: Callable[[], Any] | None = None
    own: dict[str, Callable[[], Any]] = field(default_factory=dict)  # of both, this node's part
    luck: Callable[[], Any] | None = None  # today's standard normal of what others tell, if noisy
    feed: Callable[[], None] | None = None  # a regime's: the engine calls it on every day
    told: dict[str, Any] = field(default_factory=dict)  # what a regime keeps, beside the memory

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
        customers wait for; products made from it count with their recipe's quantity. It is a
        ScenarioError where the sharing regime does not show it.
        """
        return self.echelon() if self.echelon else self.inventory_position

    @property
    def point_of_sale(self) -> Any:
        """What final customers asked for today, here and downstream, in units of this product.

        Units of products made from it count with their recipe's quantity, and items that buy from
        several suppliers with the share that comes from here, as in the echelon, with its error.
        """
        return self.sales() if self.sales else self.demand

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
        said = f"View(day {self.day}, {self.node} {self.product}: {self.on_hand:g} on hand"
        return f"{said}, {self.on_order:g} on order, {self.backlog:g} owed, {self.demand:g} asked)"


def ask(rule: Callable[[View], Any], view: View, name: str) -> Any:
    """Ask a rule that has a memory of its own, by name, beside others asked about one view."""
    whole = view.memory
    # A copy: the memory of the state that a run starts from is not ours to change.
    view.memory = dict(whole.get(name, {}))
    try:
        answer = rule(view)
        whole[name] = view.memory
    finally:
        view.memory = whole
    return answer


class Shares(Row, frozen=True):
    """Split every order by the ``sourcing_share`` of the lanes, if they have a capacity.

    >>> sea, air = Supplier("A", "sea", 1, 0.75, 1e9), Supplier("B", "air", 2, 0.25, 1e9)
    >>> Shares()(View("plant", "chip", [sea, air]), 8.0)
    [6.0, 2.0]
    """

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        """Give each supplier its share; shares are scaled to sum to one."""
        total = sum(s.share for s in view.suppliers)
        if total <= 0:
            told = f"Shares: no lane brings {view.product!r} to {view.node!r} with a sourcing_share"
            raise ScenarioError(f"{told} above 0: set it on the lanes, or use PriorityFailover()")
        return [quantity * (s.share / total) for s in view.suppliers]


class PriorityFailover(Row, frozen=True):
    """Ask the supplier of the lowest ``sourcing_rank`` that is open; if none, who has a capacity.

    >>> main, spare = Supplier("A", "sea", 1, 0, 1e9), Supplier("B", "air", 2, 0, 1e9)
    >>> view = View("plant", "chip", [main, spare])
    >>> main.open = 0.0
    >>> PriorityFailover()(view, 8.0)
    [0.0, 8.0]
    """

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        """Give the whole order to the best open supplier."""
        ranks = [(s.capacity == 0.0, s.rank) for s in view.suppliers]
        places = sorted(range(len(ranks)), key=ranks.__getitem__)
        split: list[Any] = [0.0] * len(places)
        left = quantity
        for at in places:
            split[at] = left * view.suppliers[at].open
            left = left - split[at]
        split[places[0]] = split[places[0]] + left
        return split


def split_order(rule: Any, view: View, quantity: Any) -> list[Any]:
    """Ask a sourcing rule and check its answer: one part per supplier, together the order."""
    parts = rule(view, quantity)
    try:
        numbers = [np.float64(part) for part in parts]  # arrays stay arrays
    except (TypeError, ValueError):
        numbers = []
    fit = np.bool_(len(numbers) == len(view.suppliers))
    if fit:
        fit = abs(sum(numbers) - quantity) <= 1e-6 * np.maximum(1.0, quantity)
        for part in numbers:
            fit = fit & (part >= 0.0)
    if not fit.all():
        raise ScenarioError(
            f"sourcing {rule!r} of {view.node!r} for {view.product!r} on day {view.day} returned "
            f"{parts!r} for {quantity!r}: it returns {len(view.suppliers)} numbers of at least 0 "
            "that sum to the order"
        )
    return list(parts)


class OwnOrders(Row, frozen=True):
    """Everybody sees its own stock and the orders it gets, and nothing of anybody else.

    Source: Lee, Padmanabhan & Whang (1997): a cause of the bullwhip, "demand signal processing".

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


class PointOfSale(Row, frozen=True):
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


class FullSharing(Row, frozen=True):
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
        told = f"{regime!r} does not show {view.node!r} the {what} of {view.product!r}: let it see "
        told += f"more with Scenario(sharing={{{view.node!r}: {remedy}}}), or give it a rule that"
        raise ScenarioError(f"{told} does without")

    return refuse
