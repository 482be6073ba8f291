"""Who decides what and is judged by what; and contracts for a season that is ordered once.

The retailer bears the risk of the season and so orders less than the chain would; a contract shares
that risk by what is paid for what was ordered and sold. ``deal`` tells what each side expects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from twinlab.scope.base import Distribution, Result, Row, ScenarioError, check_known, column, frozen

__all__ = ["BuyBack", "Organization", "Profits", "QuantityFlexibility", "RevenueSharing", "Role"]
__all__ += ["Season", "Wholesale", "settle"]
_Charge = Callable[[Any], Any]


@dataclass(frozen=True)
class Role:
    """A department or firm: what it sets, within which range, and the KPI it is judged by.

    ``decides``: ranges by path of a scenario, or empty; ``kpi``: a number of a run or batch.

    >>> sales = Role("sales", {"shop.up_to": (40, 80)}, lambda history: 0.98, "share", True)
    >>> sales.objective(None)
    -0.98
    """

    name: str
    decides: Mapping[str, tuple[float, float]]
    kpi: Callable[[Any], Any]
    unit: str = ""
    more_is_better: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "decides", frozen(dict(self.decides)))

    def objective(self, history: Any) -> Any:
        """What this role makes as small as it can: its KPI, or minus it if more is better."""
        return -self.kpi(history) if self.more_is_better else self.kpi(history)

    def _now(self, decides: Any, charge: _Charge | None, sign: int) -> "Role":
        kpi, sign = self.kpi, -sign if self.more_is_better else sign
        changed = (lambda history: kpi(history) + sign * charge(history)) if charge else kpi
        return replace(self, decides=decides, kpi=changed)


@dataclass(frozen=True)
class Organization:
    """Roles that together run a chain, and the KPI of the whole.

    Raises:
        ScenarioError: two roles of one name, or two that decide the same thing.

    >>> level = {"shop.up_to": (40, 80)}
    >>> Organization([Role("sales", level, len), Role("finance", level, len)], len)
    Traceback (most recent call last):
    twinlab.scope.errors.ScenarioError: 'shop.up_to' is decided by 'sales' and by 'finance': give
    it to one of them
    """

    roles: Sequence[Role]
    kpi: Callable[[Any], Any]
    unit: str = field(default="USD/day")

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", tuple(self.roles))
        owners: dict[str, str] = {}
        for role in self.roles:
            if sum(role.name == other.name for other in self.roles) > 1:
                raise ScenarioError(f"two roles are called {role.name!r}: rename one")
            for path in role.decides:
                if path in owners:
                    problem = f"{path!r} is decided by {owners[path]!r} and by {role.name!r}"
                    raise ScenarioError(f"{problem}: give it to one of them")
                owners[path] = role.name

    def __getitem__(self, name: str) -> Role:
        named = {role.name: role for role in self.roles}
        check_known(name, named, f"no role {name!r}")
        return named[name]

    @property
    def decides(self) -> dict[str, tuple[float, float]]:
        """Everything that anybody decides: what one planner for all would set."""
        return {path: ends for role in self.roles for path, ends in role.decides.items()}

    def give(self, path: str, to: str, charge: _Charge | None = None) -> "Organization":
        """Let role ``to`` decide ``path``, and bear a charge that its former owner bore.

        ``charge`` is a cost of a run or a batch, and both KPIs are in USD/day. Who has nothing to
        decide is judged still. With ``Scenario.share`` this is vendor-managed inventory.

        Raises:
            ScenarioError: nobody decides it, no such role, it does already, or a KPI of other unit.

        >>> two = [Role(n, {f"{n}.up_to": (0, 9)}, len, "USD/day") for n in ("shop", "plant")]
        >>> vendor = Organization(two, len).give("shop.up_to", "plant", lambda history: 5)
        >>> [(role.name, len(role.decides), role.kpi([])) for role in vendor.roles]
        [('shop', 0, -5), ('plant', 2, 5)]
        """
        owners = {each: role for role in self.roles for each in role.decides}
        check_known(path, owners, f"nobody decides {path!r}")
        owner, taker = owners[path], self[to]
        if owner is taker:
            raise ScenarioError(f"{to!r} decides {path!r} already: give it to another role")
        if charge and (other := {owner.unit, taker.unit} - {"USD/day"}):
            problem = f"a charge [USD/day] cannot be added to a KPI in {max(other)!r}"
            raise ScenarioError(f'{problem}: give {owner.name!r} and {to!r} unit="USD/day"')
        kept = {each: ends for each, ends in owner.decides.items() if each != path}
        more = {**taker.decides, path: owner.decides[path]}
        new = {owner.name: owner._now(kept, charge, -1), to: taker._now(more, charge, 1)}
        return replace(self, roles=[new.get(role.name, role) for role in self.roles])


class Season(Row, frozen=True):
    """One selling season of a product: what customers ask and pay, and what it costs the chain.

    >>> Season(Normal(100, 30), price=10, cost=2, salvage=1).critical_ratio
    0.8888888888888888
    """

    demand: Distribution = column("units/season", meaning="what customers ask for", low=0)
    price: float = column("USD/unit", meaning="what customers pay", low=0)
    cost: float = column("USD/unit", meaning="what making one unit costs the supplier", low=0)
    salvage: float = column("USD/unit", 0.0, "what an unsold unit is still worth", low=0)

    def check(self) -> None:
        """Selling pays, and throwing away does not."""
        if not self.salvage < self.cost < self.price:
            told = f"Season: salvage {self.salvage:g} < cost {self.cost:g} < price {self.price:g}"
            raise ScenarioError(f"{told} must hold, or the best quantity is nothing or without end")

    @property
    def critical_ratio(self) -> float:
        """How probably one chain would have enough: (price − cost) / (price − salvage)."""
        return (self.price - self.cost) / (self.price - self.salvage)


@runtime_checkable
class Contract(Protocol):
    """Any class that says what the retailer pays, less the salvage value of what it returns."""

    def transfer(self, season: Season, quantity: Any, sold: Any) -> Any:
        """What is paid for the season in all [USD]; numbers or arrays of them."""


class Wholesale(Row, frozen=True):
    """The retailer pays a price per unit, and keeps what it does not sell (Spengler 1950).

    >>> Wholesale(price=6).transfer(Season(Normal(100, 30), price=10, cost=2), 100, sold=90)
    600.0
    """

    price: float = column("USD/unit", meaning="what the retailer pays the supplier", low=0)

    def transfer(self, season: Season, quantity: Any, sold: Any) -> Any:
        """What the retailer pays [USD]: w q."""
        return self.price * quantity


class BuyBack(Wholesale, frozen=True):
    """The supplier takes unsold units back for a credit (Pasternack 1985).

    >>> BuyBack(price=6, buy_back=5).transfer(Season(Normal(100, 30), price=10, cost=2), 100, 90)
    550.0
    """

    buy_back: float = column("USD/unit", meaning="what it gets for an unsold unit", low=0)

    def transfer(self, season: Season, quantity: Any, sold: Any) -> Any:
        """What the retailer pays [USD]: w q − (b − v) unsold."""
        return self.price * quantity - (self.buy_back - season.salvage) * (quantity - sold)


class RevenueSharing(Wholesale, frozen=True):
    """The retailer keeps a share of what customers and salvage pay (Cachon & Lariviere 2005).

    >>> RevenueSharing(price=1, share=0.5).transfer(Season(100, price=10, cost=2), 100, sold=90)
    550.0
    """

    share: float = column("share", meaning="of the revenue that the retailer keeps", low=0, high=1)

    def transfer(self, season: Season, quantity: Any, sold: Any) -> Any:
        """What the retailer pays [USD]: w q + (1 − φ) (p sold + v unsold)."""
        revenue = season.price * sold + season.salvage * (quantity - sold)
        return self.price * quantity + (1 - self.share) * revenue


class QuantityFlexibility(Wholesale, frozen=True):
    """The retailer gets the price back for unsold units, up to a share of its order (Tsay 1999).

    >>> settle(Season(100, price=10, cost=2), QuantityFlexibility(6, 0.1), 100, sold=80)
    retailer 260 USD · supplier 340 USD
    """

    flexibility: float = column("share", meaning="of the order that may go back", low=0, high=1)

    def transfer(self, season: Season, quantity: Any, sold: Any) -> Any:
        """What the retailer pays [USD]: w q − (w − v) min(unsold, δ q)."""
        back = np.minimum(quantity - sold, self.flexibility * quantity)
        return self.price * quantity - (self.price - season.salvage) * back


class Profits(Result, frozen=True):
    """What each side earns in a season.

    >>> Profits(retailer=250.0, supplier=350.0).chain
    600.0
    """

    retailer: Any = column("USD", meaning="what it sells for, less what it pays")
    supplier: Any = column("USD", meaning="what it is paid, less what making costs")

    @property
    def chain(self) -> Any:
        """What both earn together."""
        return self.retailer + self.supplier


def settle(season: Season, contract: Contract, quantity: Any, sold: Any) -> Profits:
    """Share out what a season brought, when so much was ordered and so much of it sold.

    Retailer: p sold + v unsold − what it pays. Supplier: what it is paid − c ordered.

    >>> season = Season(Normal(100, 30), price=10, cost=2)
    >>> settle(season, BuyBack(price=6, buy_back=5), quantity=100, sold=90)
    retailer 350 USD · supplier 350 USD
    """
    try:
        paid = contract.transfer(season, quantity, sold) + 0 * sold  # as many as there are sales
    except ValueError as problem:
        why = f"{type(contract).__name__}.transfer fails for many seasons at once ({problem})"
        raise ScenarioError(f"{why}: write it with np.where(…) and np.maximum(…)") from None
    revenue = season.price * sold + season.salvage * (quantity - sold)
    return Profits(retailer=revenue - paid, supplier=paid - season.cost * quantity)
