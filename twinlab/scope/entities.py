"""What is twinned: products, nodes, lanes, recipes, customers' demand and starting stocks.

Each is one row of one table; a column carries its unit, meaning and range (see ``columns``). What
can go wrong is data as well: closures, blocked lanes, delays and shifts of demand.

A disruption starts on a day and holds for some days, then recovers in a straight line over its
recovery days. With ``rate`` it strikes at random: each day it is not felt, it starts with that
probability; ``days`` may then be a distribution. The first day on which it can strike again is the
one after it was last felt, recovery included: one may follow at once on another, unless a ``pause``
stands between. Severity is 1 while it holds, and falls to 0 in recovery; no other draw changes.
"""

import math
from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twinlab.scope.columns import Row, column, schema
from twinlab.scope.distributions import Array, Constant, Distribution, Gamma, mean_of
from twinlab.scope.errors import NetworkError, ScenarioError

__all__ = ["Delay", "Demand", "DemandShift", "Lane", "LaneOutage", "Node", "Outage", "Product"]
__all__ += ["Recipe", "Stock", "StockLoss"]

ItemKey = tuple[str, str]
LaneKey = tuple[str, str, str, str]


class Product(Row, frozen=True):
    """Something that is made, stored and moved.

    >>> Product("engine", weight=150).weight
    150.0
    """

    name: str = column("name", meaning="how the other tables call it")
    weight: float = column("kg/unit", 0.0, "weight of one unit, for emissions", low=0)
    value: float = column("USD/unit", 0.0, "worth of one unit, for turns and stock value", low=0)

    def check(self) -> None:
        """A name can stand in a list of components."""
        if ";" in self.name:
            wrong = "a name holds no ';', which parts components: drop it"
            raise NetworkError(f"{self.title}: {wrong}")


class Node(Row, frozen=True):
    """A site that makes, stores or sells.

    >>> Node("plant", capacity=120).capacity
    120.0
    """

    name: str = column("name", meaning="how the other tables call it")
    role: str = column("label", "", "what kind of site it is, for pictures")
    tier: int = column("tier", 0, "steps upstream of the final customers, for pictures", low=0)
    country: str = column("label", "", "where it stands")
    latitude: float | None = column("degrees north", None, "where it stands", low=-90, high=90)
    longitude: float | None = column("degrees east", None, "where it stands", low=-180, high=180)
    capacity: float = column(
        "units/day", math.inf, "most it can make (or, as a source, supply) in a day", low=0
    )
    holding_cost: float = column(
        "USD/unit/day",
        0.0,
        "cost of keeping one unit for one day, here or on the way from here",
        low=0,
    )
    backlog_cost: float = column(
        "USD/unit/day", 0.0, "cost of owing one unit to another node for one day", low=0
    )
    proportional: bool = column(
        "yes/no", False, "scarce stock is shared in proportion to what is owed, not by rank"
    )
    evening_review: bool = column(
        "yes/no", False, "it decides at night, and its order leaves the next morning"
    )
    review_period: int = column("days", 1, "it decides every so many days", low=1)
    time_to_recover: int = column("days", 0, "how long it takes to reopen after a closure", low=0)
    output: Distribution = column(
        "share", Constant(1), "part of its capacity, that of its best day, it has on a day", low=0
    )

    def check(self) -> None:
        """Its output is a share of a capacity."""
        if self.output.average > 1 or (math.isinf(self.capacity) and self.output != Constant(1)):
            problem = f"{self.title}: output {self.output} is a part of the capacity on a best day"
            remedy = f"give that one (it is {self.capacity:g}), and a share from 0 to 1"
            raise NetworkError(f"{problem}: {remedy}")

    @property
    def mean_output(self) -> float:
        """Units that it can make on a day, on average."""
        return self.capacity * mean_of(self.output, most=1)

    def may_be_full(self, units: float, nearly: float = 1.0) -> bool:
        """Whether so many units may be (nearly) all that it was able to make on a day."""
        made = units > 0 or not self.capacity
        return made and units >= nearly * self.capacity * self.output.lowest


class Lane(Row, frozen=True):
    """A way for one product from a source to a destination by one transport mode.

    >>> Lane("plant", "shop", "bike", lead_time=2).lead_time
    Constant(value=2.0)
    """

    source: str = column("node", meaning="who sends")
    destination: str = column("node", meaning="who orders and receives")
    product: str = column("product", meaning="what is sent")
    mode: str = column("label", "road", "means of transport; tells parallel lanes apart")
    lead_time: Distribution = column(
        "days", Constant(1), "from shipping to arrival; rounded to whole days", low=0
    )
    order_delay: int = column("days", 0, "from ordering until the source sees the order", low=0)
    capacity: float = column("units/day", math.inf, "most that can be sent in a day", low=0)
    cost_per_unit: float = column("USD/unit", 0.0, "cost of moving one unit", low=0)
    cost_per_shipment: float = column("USD/shipment", 0.0, "cost of each day's shipment", low=0)
    distance: float = column("km", 0.0, "length of the way, for emissions", low=0)
    emission_factor: float = column("kg CO2e/tonne-km", 0.0, "emissions of the mode", low=0)
    sourcing_rank: int = column("rank", 1, "the destination asks rank 1 first", low=1)
    sourcing_share: float = column(
        "share", 0.0, "part of the orders it gets where orders are shared out", low=0, high=1
    )
    service_rank: int = column("rank", 1, "the source serves rank 1 first", low=1)
    initial_pipeline: float = column(
        "units/day", 0.0, "units due on each day of the first lead time", low=0
    )
    initial_orders: float = column(
        "units/day", 0.0, "units ordered that the source sees on each day of the order delay", low=0
    )

    @property
    def key(self) -> LaneKey:
        """Source, destination, product and mode: what tells this lane from all others."""
        return (self.source, self.destination, self.product, self.mode)

    def check(self) -> None:
        """A lane leads to another node."""
        if self.source == self.destination:
            problem = f"{self.title}: source and destination are the same node: drop the lane"
            raise NetworkError(f"{problem}, or use a Recipe if the node makes the product")
        if not self.mode:
            raise NetworkError(f"{self.title}: mode is empty: name it, or leave it out for 'road'")


class Recipe(Row, frozen=True):
    """How a node makes a product: components per unit, time, share that turns out good, cost.

    A recipe without components makes it from nothing that is followed (a mine, a chip fab).

    >>> Recipe("plant", "bike", {"frame": 1, "wheel": 2}).components
    {'frame': 1.0, 'wheel': 2.0}
    """

    node: str = column("node", meaning="who makes it")
    product: str = column("product", meaning="what is made")
    components: Mapping[str, float] = column(
        "units/unit", {}, "units of each component in one unit made", low=0
    )
    production_time: int = column("days", 0, "from start to finish", low=0)
    good_share: Distribution = column(
        "share", Constant(1), "part of what was started that turns out good (yield)", low=0
    )
    cost: float = column("USD/unit", 0.0, "cost of making one unit", low=0)
    initial_in_process: float = column(
        "units/day", 0.0, "units due on each day of the first production time", low=0
    )

    def check(self) -> None:
        """A component is another product, and some of it is needed."""
        if self.product in self.components:
            problem = f"{self.title}: {self.product!r} is a component of itself"
            raise NetworkError(f"{problem}: name another product")
        for component, quantity in self.components.items():
            if quantity <= 0:
                problem = f"{self.title}: needs {quantity:g} of {component!r}"
                raise NetworkError(f"{problem}: give a number above 0, or drop the component")
        if self.good_share.average > 1:
            problem = f"{self.title}: good_share {self.good_share} is above 1"
            raise NetworkError(f"{problem}: a share lies between 0 and 1 (0.98 for 2 % scrap)")


class Demand(Row, frozen=True):
    """What customers ask of a node: pattern × season × trend, backordered or lost.

    On day t the pattern is scaled by ``season[t] × (1 + trend × t)``.

    >>> Demand("shop", "bike", Poisson(4), backorder_cost=5).pattern
    Poisson(mean=4.0)
    """

    node: str = column("node", meaning="where customers ask")
    product: str = column("product", meaning="what they ask for")
    pattern: Distribution = column("units/day", meaning="what they ask for in a day", low=0)
    season: tuple[float, ...] = column(
        "factor", (), "factors for equal parts of the season, in turn", low=0
    )
    season_days: float = column("days", 365.0, "length of the whole season", low=1)
    trend: float = column("share/day", 0.0, "growth per day, of the level on day 0")
    backorders: bool = column("yes/no", True, "customers wait for what is not in stock")
    backorder_cost: float = column("USD/unit/day", 0.0, "cost of one waiting unit", low=0)
    lost_sale_cost: float = column("USD/unit", 0.0, "cost of one unit not sold", low=0)
    price: float = column("USD/unit", 0.0, "paid by the customer", low=0)
    service_rank: int = column("rank", 1, "the node serves rank 1 first", low=1)

    def scale(self, day: int) -> float:
        """The factor of season and trend on a day (never below zero)."""
        return float(self.scales(np.array([day]))[0])

    def scales(self, days: NDArray[np.intp]) -> Array:
        """The factors of season and trend on some days."""
        parts, seasons = len(self.season), np.ones(len(days))
        if parts:  # multiplied before it is divided: whole numbers stay whole
            part = days % self.season_days * parts // self.season_days
            seasons = np.array(self.season)[np.minimum(part, parts - 1).astype(np.intp)]
        return np.maximum(0.0, seasons * (1.0 + self.trend * days)) + 0.0


class Stock(Row, frozen=True):
    """What a node has of a product on the first morning, and what keeping it costs there.

    >>> Stock("shop", "bike", on_hand=12).on_hand
    12.0
    """

    node: str = column("node", meaning="where it is kept")
    product: str = column("product", meaning="what is kept")
    on_hand: float = column("units", 0.0, "units on the first morning", low=0)
    holding_cost: float | None = column(
        "USD/unit/day", None, "instead of the node's holding cost", low=0
    )


class Disruption(Row, frozen=True, kw_only=True):
    """When something goes wrong: start (a day or a date), duration, recovery; fixed or random."""

    _dated = "start"
    start: int = column("day", 0, "first day; with a rate, the first day it can strike", low=0)
    days: Distribution = column(
        "days", Constant(1), "how long it holds, rounded up; 0: not at all", low=0
    )
    recovery: int = column("days", 0, "how long it takes to fade out afterwards", low=0)
    rate: float = column(
        "1/day", 0.0, "probability of striking on a day; 0: once, on the start day", low=0, high=1
    )
    pause: int = column(
        "days", 0, "with a rate: days after it is over on which it cannot strike", low=0
    )

    @property
    def place(self) -> tuple[str, ...]:
        """Where it strikes: the names of its node, lane, product and mode."""
        return tuple(getattr(self, c.name) for c in schema(type(self)) if c.type is str)

    def check(self) -> None:
        """What it does must be possible."""
        if self.days.average <= 0:
            raise ScenarioError(f"{self.title}: lasts {self.days} days: give a number above 0")


class Outage(Disruption, frozen=True):
    """A node (or one product at it) loses some or all of its capacity.

    What it makes or supplies shrinks to ``1 - loss`` of capacity (of what is wanted, where
    capacity is unlimited). A node that only stores ships ``1 - loss`` of what it owes. At a full
    loss nothing leaves the node, unless ``stock_ships``: then finished stock still goes out.
    Goods that arrive are received, and the node goes on ordering.

    >>> Outage("S-112", start=60, days=28).loss
    1.0
    """

    node: str = column("node", meaning="which node")
    product: str = column("product", "", "only this product; empty: all of them")
    loss: float = column("share", 1.0, "part of the capacity that is lost", low=0, high=1)
    stock_ships: bool = column("yes/no", False, "finished stock still leaves the node")

    @classmethod
    def two_state(cls, node: str, fail: float, recover: float) -> Self:
        """A supplier that fails on a day with one probability, and recovers with another.

        Up the day before, it is down today with probability a [``fail``]; down, it is up with b
        [``recover``]: geometric times of 1/a and 1/b days, up on b / (a + b) of all days. Before
        the first day it is up. Source: Snyder & Shen (2019) chapter 9 (a, b: disruption, recovery).
        """
        for name, value in (("fail", fail), ("recover", recover)):
            if not 0 < value <= 1:
                raise ScenarioError(f"{name} is a probability above 0, at most 1, got {value!r}")
        # An exponential time, rounded up to whole days, is geometric.
        mean = -1 / math.log1p(-recover) if recover < 1 else 0.0
        return cls(node, rate=fail, days=Gamma(mean, mean) if mean else Constant(1), pause=1)


class LaneOutage(Disruption, frozen=True):
    """A lane loses some or all of its capacity.

    Goods under way arrive as planned; with ``holds_transit`` they stand while it is wholly closed.

    >>> LaneOutage("port", "plant", start=10, days=5).holds_transit
    False
    """

    source: str = column("node", meaning="where the lane starts")
    destination: str = column("node", meaning="where the lane ends")
    product: str = column("product", "", "only this product; empty: all of them")
    mode: str = column("label", "", "only this mode; empty: all of them")
    loss: float = column("share", 1.0, "part of the capacity that is lost", low=0, high=1)
    holds_transit: bool = column("yes/no", False, "goods under way stand still while it is closed")


class Delay(Disruption, frozen=True):
    """Goods shipped on a lane meanwhile take longer; goods already under way do not.

    >>> Delay("port", "plant", extra=7, start=10, days=5).extra
    7
    """

    source: str = column("node", meaning="where the lane starts")
    destination: str = column("node", meaning="where the lane ends")
    extra: int = column("days", meaning="days added to the lead time, rounded in recovery", low=0)
    product: str = column("product", "", "only this product; empty: all of them")
    mode: str = column("label", "", "only this mode; empty: all of them")


class DemandShift(Disruption, frozen=True):
    """Customers of a node ask for more or less: a surge or a drop.

    >>> DemandShift("shop", factor=1.5, start=10, days=5).factor
    1.5
    """

    node: str = column("node", meaning="whose customers")
    factor: float = column("factor", meaning="what their demand is multiplied by", low=0)
    product: str = column("product", "", "only this product; empty: all of them")


class StockLoss(Disruption, frozen=True):
    """Stock at a node is destroyed, on the first morning of each strike and before any order.

    What is under way or in production is spared, and what was ordered stays ordered. How long it
    lasts matters with a ``rate`` alone: it strikes anew once it is over.

    >>> StockLoss("depot", share=0.4, start=90).share
    0.4
    """

    node: str = column("node", meaning="where it is kept")
    product: str = column("product", "", "only this product; empty: all of them")
    share: float = column("share", 1.0, "part of the stock on hand that is lost", low=0, high=1)


KINDS: dict[str, type[Disruption]] = {k.__name__: k for k in Disruption.__subclasses__()}
