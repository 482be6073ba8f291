"""Storms, depots and what became of a plan: what ``prepositioning`` decides about."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from twinlab.scope.columns import Row, Sealed, column
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.ranges import Amount

Way = tuple[str, str]


@dataclass(frozen=True)
class Depot(Row):
    """A place where relief stock could lie.

    >>> Depot("Panama", capacity=40_000, fixed_cost=60_000, unit_cost=1.8).capacity
    40000.0
    """

    name: str = column("name", meaning="how the storms call it")
    capacity: float = column("units", meaning="most it can hold", low=0)
    fixed_cost: float = column("USD/season", 0.0, "cost of keeping it open", low=0)
    unit_cost: float = column("USD/unit/season", 0.0, "cost of holding one unit ready", low=0)


@dataclass(frozen=True)
class Storm(Row):
    """One thing that may happen: what is needed where, and what is left of each depot's stock.

    A depot that ``surviving`` does not name keeps everything.

    >>> Storm("hit", 0.5, {"town": 40, "city": 60}, {"near": 0}).total
    100.0
    """

    name: str = column("name", meaning="what it is called")
    probability: float = column("share", meaning="chance that a season brings it", low=0, high=1)
    need: Mapping[str, float] = column("units", {}, "by place", low=0)
    surviving: Mapping[str, float] = column("share", {}, "usable stock by depot", low=0, high=1)

    @property
    def total(self) -> float:
        """What is needed in all places together [units]."""
        return sum(self.need.values())


@dataclass(frozen=True)
class StormSeason(Sealed):
    """What is known before the season; ``shortage_cost`` is that of a missing unit [USD].

    ``transport`` gives USD/unit by (depot, place); a pair that is missing cannot be served.

    Raises:
        ScenarioError: probabilities do not sum to one, or a name is unknown.
    """

    depots: tuple[Depot, ...]
    storms: tuple[Storm, ...]
    transport: Mapping[Way, float]
    shortage_cost: Amount

    def __post_init__(self) -> None:
        object.__setattr__(self, "depots", tuple(self.depots))
        object.__setattr__(self, "storms", tuple(self.storms))
        super().__post_init__()
        total = math.fsum(storm.probability for storm in self.storms)
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ScenarioError(
                f"season: probabilities sum to {total:g}, not 1: add a calm Storm('calm', p)"
            )
        for rows in (self.depots, self.storms):
            if len({row.name for row in rows}) < len(rows):
                raise ScenarioError(f"season: {[r.name for r in rows]}: each name stands once")
        for way, rate in [*self.transport.items(), ("shortage_cost", self.shortage_cost)]:
            if not 0 <= rate < math.inf:
                raise ScenarioError(
                    f"season: {way} is {rate!r} USD/unit: it is at least 0, or left out"
                )
        names = [depot.name for depot in self.depots]
        used = [*(d for s in self.storms for d in s.surviving), *(d for d, _ in self.transport)]
        for name in used:
            if name not in names:
                raise ScenarioError(f"season: {name!r} is not a depot; {did_you_mean(name, names)}")

    @cached_property
    def mean_storm(self) -> Storm:
        """The average storm: every need and every surviving share at its expected value."""
        places = dict.fromkeys(place for storm in self.storms for place in storm.need)
        need = {p: sum(s.probability * s.need.get(p, 0.0) for s in self.storms) for p in places}
        left = {d.name: sum(s.probability * s.surviving.get(d.name, 1.0) for s in self.storms)
                for d in self.depots}  # fmt: skip
        # Sums of probabilities may pass one by a rounding speck.
        return Storm("average", 1.0, need, {d: min(1.0, share) for d, share in left.items()})


@dataclass(frozen=True)
class StormOutcome(Sealed):
    """How one storm goes with a plan: units needed, served and lost, and by which ways.

    ``cost`` is transport plus shortage [USD].
    """

    storm: str
    probability: float
    needs: Mapping[str, float]
    served: float
    lost_stock: float
    cost: float
    shipments: Mapping[Way, float]

    @property
    def need(self) -> float:
        """What is needed in all places together [units]."""
        return sum(self.needs.values())

    @property
    def coverage(self) -> float:
        """The share of the need that is served (1 if nothing is needed)."""
        return self.served / self.need if self.need > 0 else 1.0


@dataclass(frozen=True, repr=False)
class StormPlan(Sealed):
    """Where stock lies [units by depot], and how every storm goes then.

    Costs in USD/season: ``first_stage`` is paid in any case, ``second_stage`` is expected.
    """

    stocks: Mapping[str, float]
    first_stage: float
    second_stage: float
    outcomes: tuple[StormOutcome, ...]

    @property
    def cost(self) -> float:
        """Expected cost of a season [USD]."""
        return self.first_stage + self.second_stage

    @property
    def coverage(self) -> float:
        """The expected share of the need that is served: expected served / expected needed."""
        need = sum(o.probability * o.need for o in self.outcomes)
        served = sum(o.probability * o.served for o in self.outcomes)
        return served / need if need > 0 else 1.0

    @property
    def reliability(self) -> float:
        """The probability that a season goes by with everybody served."""
        return sum(o.probability for o in self.outcomes if o.served >= o.need * (1 - 1e-9))

    def outcome(self, storm: str) -> StormOutcome:
        """Look up how a storm goes, by its name."""
        by_name = {outcome.storm: outcome for outcome in self.outcomes}
        if storm not in by_name:
            raise ScenarioError(f"plan: no storm {storm!r}; {did_you_mean(storm, by_name)}")
        return by_name[storm]

    def __repr__(self) -> str:
        kept = [f"{name} {units:,.0f}" for name, units in self.stocks.items() if units > 0]
        return (
            f"stock: {', '.join(kept) or 'none'}\n"
            f"cost {self.cost:,.0f} USD/season: {self.first_stage:,.0f} before the storm, "
            f"{self.second_stage:,.0f} expected after it\n"
            f"serves {self.coverage:.1%} of the need; {self.reliability:.0%} of the seasons "
            "without shortage"
        )
