"""What can go wrong, as data: closures, blocked lanes, delays and shifts of demand.

A disruption starts on a day and holds for some days, then recovers in a straight line over its
recovery days. With ``rate`` it strikes at random: each day it is not felt, it starts with that
probability; ``days`` may then be a distribution. The first day on which it can strike again is the
one after it was last felt, recovery included: one may follow at once on another, unless a ``pause``
stands between. Its severity is 1 while it holds and falls to 0 over the recovery. What a disruption
does not say, it leaves alone: no other random draw changes.
"""

import math
from dataclasses import dataclass
from typing import Self

from twinlab.scope.chance import Constant, Distribution, Gamma
from twinlab.scope.columns import Row, column, schema
from twinlab.scope.errors import ScenarioError


@dataclass(frozen=True, kw_only=True)
class Disruption(Row):
    """When something goes wrong: start, duration and recovery, fixed or random."""

    start: int = column("day", 0, "first day; with a rate, the first day it can strike", low=0)
    days: Distribution = column("days", Constant(1), "how long it holds, rounded up", low=0)
    recovery: int = column("days", 0, "how long it takes to fade out afterwards", low=0)
    rate: float = column(
        "1/day", 0.0, "probability of striking on a day; 0: once, on the start day", low=0, high=1
    )
    pause: int = column("days", 0, "with a rate: days after it is over on which it cannot strike",
                        low=0)  # fmt: skip

    @property
    def place(self) -> tuple[str, ...]:
        """Where it strikes: the names of its node, lane, product and mode."""
        return tuple(getattr(self, c.name) for c in schema(type(self)) if c.type is str)

    def check(self) -> None:
        """What it does must be possible."""
        if self.days.average <= 0:
            raise ScenarioError(f"{self.title}: lasts {self.days} days: give a number above 0")


@dataclass(frozen=True)
class Outage(Disruption):
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

        Raises:
            ScenarioError: a probability is not above 0 and at most 1.

        >>> Outage.two_state("S-112", fail=0.01, recover=1)
        Outage(start=0, days=Constant(value=1.0), recovery=0, rate=0.01, pause=1, node='S-112', ...)
        """
        for name, value in (("fail", fail), ("recover", recover)):
            if not 0 < value <= 1:
                raise ScenarioError(f"{name} is a probability above 0, at most 1, got {value!r}")
        # An exponential time, rounded up to whole days, is geometric.
        mean = -1 / math.log1p(-recover) if recover < 1 else 0.0
        return cls(node, rate=fail, days=Gamma(mean, mean) if mean else Constant(1), pause=1)


@dataclass(frozen=True)
class LaneOutage(Disruption):
    """A lane loses some or all of its capacity.

    Goods already under way arrive as planned, unless ``holds_transit``: then they stand still on
    every day on which the lane is wholly closed.

    >>> LaneOutage("port", "plant", start=10, days=5).holds_transit
    False
    """

    source: str = column("node", meaning="where the lane starts")
    destination: str = column("node", meaning="where the lane ends")
    product: str = column("product", "", "only this product; empty: all of them")
    mode: str = column("label", "", "only this mode; empty: all of them")
    loss: float = column("share", 1.0, "part of the capacity that is lost", low=0, high=1)
    holds_transit: bool = column("yes/no", False, "goods under way stand still while it is closed")


@dataclass(frozen=True)
class Delay(Disruption):
    """Goods shipped on a lane meanwhile take longer; goods already under way do not.

    >>> Delay("port", "plant", extra=7, start=10, days=5).extra
    7
    """

    source: str = column("node", meaning="where the lane starts")
    destination: str = column("node", meaning="where the lane ends")
    extra: int = column("days", meaning="days added to the lead time, rounded in recovery", low=0)
    product: str = column("product", "", "only this product; empty: all of them")
    mode: str = column("label", "", "only this mode; empty: all of them")


@dataclass(frozen=True)
class DemandShift(Disruption):
    """Customers of a node ask for more or less: a surge or a drop.

    >>> DemandShift("shop", factor=1.5, start=10, days=5).factor
    1.5
    """

    node: str = column("node", meaning="whose customers")
    factor: float = column("factor", meaning="what their demand is multiplied by", low=0)
    product: str = column("product", "", "only this product; empty: all of them")


KINDS: dict[str, type[Disruption]] = {
    kind.__name__: kind for kind in (Outage, LaneOutage, Delay, DemandShift)
}
