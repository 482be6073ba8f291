"""Who decides what and is judged by what; and contracts for a season that is ordered once.

The retailer bears the risk of the season and so orders less than the chain would; what a contract
pays for unsold units shares that risk; ``deal`` computes what each side expects.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twinlab.scope.base import Distribution, Result, Row, ScenarioError, check_known, column, frozen

__all__ = ["BuyBack", "Organization", "Profits", "Role", "Season", "Wholesale"]
__all__ += ["coordinating_buy_back", "settle"]


@dataclass(frozen=True)
class Role:
    """A department or firm: what it sets, within which range, and the KPI it is judged by.

    ``decides`` maps paths of a scenario to their ranges; ``kpi`` turns a run or a batch into a
    number (per history).

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
        if not self.decides:
            problem = f"role {self.name!r} decides nothing: give it paths and ranges"
            raise ScenarioError(f"{problem}, such as {{'shop.up_to': (20, 60)}}")

    def objective(self, history: Any) -> Any:
        """What this role makes as small as it can: its KPI, or minus it if more is better."""
        return -self.kpi(history) if self.more_is_better else self.kpi(history)


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
            raise ScenarioError(
                f"Season: salvage {self.salvage:g} < cost {self.cost:g} < price {self.price:g} "
                "must hold, or the best quantity is nothing or without end"
            )

    @property
    def critical_ratio(self) -> float:
        """How probably one chain would have enough: (price − cost) / (price − salvage)."""
        return (self.price - self.cost) / (self.price - self.salvage)


class Wholesale(Row, frozen=True):
    """The retailer pays a price per unit, and keeps what it does not sell.

    Source: Spengler (1950), double marginalization; Cachon (2003) section 2.2.

    >>> Wholesale(price=6).credit(Season(Normal(100, 30), price=10, cost=2, salvage=1))
    1.0
    """

    price: float = column("USD/unit", meaning="what the retailer pays the supplier", low=0)

    def credit(self, season: Season) -> float:
        """What the retailer gets for an unsold unit: its salvage value [USD/unit]."""
        return season.salvage


class BuyBack(Wholesale, frozen=True):
    """The retailer pays a price per unit, and the supplier takes unsold units back for a credit.

    Source: Pasternack (1985); Cachon (2003) section 2.3.

    >>> BuyBack(price=6, buy_back=5).credit(Season(Normal(100, 30), price=10, cost=2))
    5.0
    """

    buy_back: float = column("USD/unit", meaning="what it gets for an unsold unit", low=0)

    def credit(self, season: Season) -> float:
        """What the retailer gets for an unsold unit [USD/unit]."""
        return self.buy_back


Contract = Wholesale  # or any that credits unsold units in another way


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

    Retailer: p sold + b unsold − w ordered. Supplier: (w − c) ordered − (b − v) unsold, with the
    salvage value v of what came back. Both are linear, so means give mean profits.

    >>> season = Season(Normal(100, 30), price=10, cost=2)
    >>> settle(season, BuyBack(price=6, buy_back=5), quantity=100, sold=90)
    retailer 350 USD · supplier 350 USD
    """
    unsold, credit = quantity - sold, contract.credit(season)
    return Profits(
        retailer=season.price * sold + credit * unsold - contract.price * quantity,
        supplier=(contract.price - season.cost) * quantity - (credit - season.salvage) * unsold,
    )


def coordinating_buy_back(season: Season, price: float) -> BuyBack:
    """Find the buy-back credit with which the retailer orders what is best for the chain.

    b = p − (p − w) (p − v) / (p − c): the retailer's critical ratio (p − w) / (p − b) is then the
    chain's, and it earns the share (p − b) / (p − v) of the chain's profit at every quantity.
    Source: Pasternack (1985), partial credit for all returns; Cachon (2003) section 2.3.

    Raises:
        ScenarioError: a wholesale price that leaves one side nothing.

    >>> coordinating_buy_back(Season(Normal(100, 30), price=10, cost=2), price=6)
    BuyBack(price=6.0, buy_back=5.0)
    """
    if not season.cost <= price < season.price:
        raise ScenarioError(
            f"wholesale price {price!r}: give one from the cost {season.cost:g} to below the "
            f"retail price {season.price:g}"
        )
    margins = (season.price - price) / (season.price - season.cost)
    return BuyBack(price, season.price - margins * (season.price - season.salvage))
