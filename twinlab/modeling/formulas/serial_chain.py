"""The serial chain by formula: best echelon levels, what any levels cost, and quick bounds.

Stages stand upstream first, as in ``serial``. Stage j feels the demand D of its own lead time L and
is charged its echelon holding cost h: its local one less that of the stage upstream, on everything
from here down. The order of a day is that of the engines, so simulated costs agree.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from twinlab.modeling.formulas.newsvendor import newsvendor, probabilities
from twinlab.scope import Network, Result, ScenarioError
from twinlab.scope.base import Number, Positive, Row, column, did_you_mean, special
from twinlab.scope.distributions import Array, Constant, Distribution, Normal, days_of

__all__ = ["SerialChain", "SerialPlan", "Stage", "clark_scarf", "serial_cost", "shang_song"]

_FINE = 200  # lattice points in the least standard deviation of a lead time's demand
_WIDE = 8.5  # standard deviations; beyond them lies less than rounding


class Stage(Row, frozen=True):
    """One stock of a serial chain.

    >>> Stage("shop", lead_time=1, holding_cost=7).holding_cost
    7.0
    """

    name: str = column("name", meaning="which stock it is")
    lead_time: float = column("days", meaning="from the stage upstream to here", low=0)
    holding_cost: float = column("USD/unit/day", meaning="of a unit kept here (local)", low=0)


@dataclass(frozen=True)
class SerialChain:
    """Stages upstream first, the customers of the last one, and what a waiting unit costs.

    >>> asked = Demand("shop", "unit", Normal(5, 1), backorder_cost=37.12)
    >>> SerialChain.of(serial(["mine", "shop"], demand=asked, holding_cost={"shop": 7})).stages
    (Stage(name='shop', lead_time=1.0, holding_cost=7.0),)
    """

    stages: tuple[Stage, ...]
    demand: Distribution
    backorder_cost: Positive

    def __post_init__(self) -> None:
        costs = [stage.holding_cost for stage in self.stages]
        if len({stage.name for stage in self.stages}) < len(costs):
            raise ScenarioError(f"{self.stages[0].title}: each stage has a name of its own")
        if not costs or costs[0] <= 0 or any(a > b for a, b in pairwise(costs)):
            problem = f"holding costs are {costs} from upstream"
            remedy = "they must start above 0 and never fall, since goods gain value on their way"
            raise ScenarioError(f"{problem}: {remedy}")
        if not 0 < self.backorder_cost < math.inf:
            raise ScenarioError(f"backorder_cost must be above 0, got {self.backorder_cost!r}")

    @property
    def echelon_costs(self) -> list[float]:
        """What each stage adds to the holding cost [USD/unit/day], upstream first."""
        costs = [stage.holding_cost for stage in self.stages]
        return [cost - above for above, cost in pairwise([0.0, *costs])]

    @classmethod
    def of(cls, network: "Network | SerialChain") -> "SerialChain":
        """Read the chain from the tables of a network (a chain is one already).

        It has backorders, sure lead times, a source that holds nothing, and no limits.
        """
        if isinstance(network, SerialChain):
            return network
        place = {lane.destination: lane for lane in network.lanes}
        holding = {node.name: node.holding_cost for node in network.nodes}
        holding |= {s.node: s.holding_cost for s in network.stocks if s.holding_cost is not None}
        if len(network.demands) != 1 or len(place) != len(network.lanes) or network.recipes:
            raise ScenarioError("no serial chain: one demand, no recipes, one lane into each node")
        demand, stages = network.demands[0], []
        at = demand.node
        while at in place:
            lane, node = place.pop(at), network.node(at)
            sure = isinstance(lane.lead_time, Constant) and not lane.order_delay
            alike = demand.backorders and not demand.season and not demand.trend
            if not (sure and alike) or node.evening_review or node.review_period > 1:
                wanted = "constant lead times, orders of every morning that are seen at once"
                asked = "customers who wait and ask without season or trend: simulate this chain"
                raise ScenarioError(f"{lane.title}: the formula is for {wanted}, and {asked}")
            stages.append(Stage(at, days_of(lane.lead_time), holding[at]))
            at = lane.source
        limits = [node.capacity for node in network.nodes]
        limits += [lane.capacity for lane in network.lanes]
        if place or holding[at] or np.isfinite(limits).any():
            beside = f"beside {[s.name for s in stages]} there are lanes to {list(place)}"
            more = f"{at!r} charges for its stock, or there is a capacity"
            raise ScenarioError(f"no serial chain that has a formula: {beside}, or {more}")
        return cls(tuple(stages[::-1]), demand.pattern, demand.backorder_cost)


class SerialPlan(Result, frozen=True):
    """Echelon base-stock levels by stage, upstream first, and what they cost on average.

    >>> plan = SerialPlan({"depot": 12.0, "shop": 6.5}, cost=9.75)
    >>> plan.local
    {'depot': 5.5, 'shop': 6.5}
    """

    echelon: Mapping[str, float] = column("units", meaning="base-stock level, from here down")
    cost: float = column("USD/day", meaning="of holding and waiting, on average")

    @property
    def local(self) -> dict[str, float]:
        """The same policy in local levels: each echelon level less the next one downstream.

        A level above that of the stage upstream counts as that: Axsäter & Rosling (1993).
        """
        steps = pairwise([*accumulate(self.echelon.values(), min), 0.0])
        return {n: here - below for n, (here, below) in zip(self.echelon, steps, strict=True)}


def clark_scarf(chain: SerialChain | Network) -> SerialPlan:
    """Find the echelon base-stock levels that cost least, and that cost.

    From the customers up, with C₀(x) = (b + Σ h) x⁻ and b the cost of a waiting unit:
    Cⱼ(y) = E[hⱼ (y − Dⱼ) + Cⱼ₋₁(min(Sⱼ₋₁, y − Dⱼ))], and Sⱼ minimises Cⱼ. Whole-numbered demand is
    summed exactly, normal demand on a lattice. Stock on the way is charged at the sender's rate.
    Source: Clark & Scarf (1960); Chen & Zheng (1994); Snyder & Shen (2019) section 6.2.

    Raises:
        ScenarioError: a demand whose sum over a lead time is neither normal nor discrete.

    >>> stages = Stage("3", 2, 2), Stage("2", 1, 4), Stage("1", 1, 7)
    >>> clark_scarf(SerialChain(stages, Normal(5, 1), backorder_cost=37.12))  # Example 6.1
    echelon 3 22.71, 2 12.02, 1 6.49 units · cost 47.66 USD/day
    """
    return _recursion(SerialChain.of(chain), {})


def serial_cost(chain: SerialChain | Network, echelon: Mapping[str, Number]) -> SerialPlan:
    """Find what given echelon base-stock levels cost on average [USD/day].

    The recursion of ``clark_scarf`` with these levels, on the levels' own fractions.

    Raises:
        ScenarioError: a stage without level, or a level of no stage.

    >>> stages = Stage("3", 2, 2), Stage("2", 1, 4), Stage("1", 1, 7)
    >>> chain = SerialChain(stages, Normal(5, 1), backorder_cost=37.12)
    >>> round(serial_cost(chain, {"3": 24, "2": 12, "1": 6.5}).cost, 1)
    49.0
    """
    chain = SerialChain.of(chain)
    names = [stage.name for stage in chain.stages]
    for one in {*names, *echelon}:
        if one not in names or one not in echelon:
            raise ScenarioError(f"levels: {one!r} is not on both sides; {did_you_mean(one, names)}")
    return _recursion(chain, echelon)


def _recursion(chain: SerialChain, given: Mapping[str, float]) -> SerialPlan:
    """From the customers up, on all levels that any stage may need."""
    up = list(zip(chain.stages, chain.echelon_costs, strict=True))[::-1]
    step, sums = _lattice(chain)
    ratios = [round(given[s.name] / step, 9) if given else 0.0 for s, _ in up]
    wanted = [math.floor(ratio) for ratio in ratios] if given else []
    # One row for each fraction of a step by which levels lie above the lattice.
    rows = np.unique(np.mod(ratios, 1.0).round(9))[:, None]
    # Each stage narrows what is known: by its largest demand below, by its least above.
    lows = list(accumulate(first for first, _ in sums))
    highs = list(accumulate(first + len(odds) - 1 for first, odds in sums))
    low = min(lows + wanted) - highs[-1]
    high = max(highs + wanted) + sum(abs(first) for first, _ in sums)
    levels = (np.arange(low, high + 1.0) + rows) * step
    # Below zero each missing unit costs b, and the h of every stage that thought it had it.
    cost = (chain.backorder_cost + sum(chain.echelon_costs)) * np.maximum(0.0, -levels)
    found: dict[str, float] = {}
    for (stage, holding), (first, odds), ratio in zip(up, sums, ratios, strict=True):
        cost = np.array([np.convolve(row, odds, "valid") for row in cost + holding * levels])
        low, high = low + first + len(odds) - 1, high + first
        levels = (np.arange(low, high + 1.0) + rows) * step
        at = int(np.argmin(np.abs(rows - ratio % 1)))
        best = math.floor(ratio) - low if given else int(np.argmin(cost[at]))
        found[stage.name] = float(given.get(stage.name, levels[at, best]))
        least = float(cost[at, best])
        cost[levels >= levels[at, best]] = least  # what lies above the level is not reached
    return SerialPlan(dict(reversed(found.items())), least)


def _lattice(chain: SerialChain) -> tuple[float, list[tuple[int, Array]]]:
    """The lattice's step, and each lead time's demand on it: its first point, and its chances."""
    times, demand = [stage.lead_time for stage in reversed(chain.stages)], chain.demand
    step, nothing = 1.0, (0, np.ones(1))
    if isinstance(demand, Normal):
        step = demand.sd * math.sqrt(min((t for t in times if t), default=1.0)) / _FINE
        return step, [_normal_sum(demand, t, step) if t else nothing for t in times]
    return step, [_whole_sum(demand, t) if t else nothing for t in times]


def _normal_sum(demand: Normal, time: float, step: float) -> tuple[int, Array]:
    mean, sd = demand.mean * time / step, demand.sd * np.sqrt(time) / step
    points = np.arange(np.floor(mean - _WIDE * sd), mean + _WIDE * sd + 1)
    odds = special.ndtr((points + 0.5 - mean) / sd) - special.ndtr((points - 0.5 - mean) / sd)
    return int(points[0]), odds / odds.sum()


def _whole_sum(demand: Distribution, time: float) -> tuple[int, Array]:
    units, chances = probabilities(demand, time)
    if np.any(units != np.round(units)):
        raise ScenarioError(f"{demand}: give whole-numbered or normal demand, or simulate")
    first = int(units[0])
    return first, np.bincount((units - first).astype(int), chances).astype(np.float64)


class SerialBounds(Result, frozen=True):
    """Two newsvendor levels that hold each best echelon level between them, upstream first."""

    low: Mapping[str, float] = column("units", meaning="least that the best level can be")
    high: Mapping[str, float] = column("units", meaning="most that the best level can be")

    @property
    def middle(self) -> dict[str, float]:
        """The heuristic's levels: half-way between the bounds (round them as you need)."""
        return {name: (self.low[name] + self.high[name]) / 2 for name in self.low}


def shang_song(chain: SerialChain | Network) -> SerialBounds:
    """Bound each stage's best echelon level by two newsvendors that need no recursion.

    With i counted upstream from the customers, and F the distribution of the demand of all lead
    times from j down: F⁻¹((b + Σ_{i>j} hᵢ) / (b + Σ hᵢ)), where the sum below the line runs over
    all stages for the lower bound and over i ≥ j for the upper one. Source: Shang & Song (2003).

    >>> # Table 1, row 17: rounded up they are 27, 22, 17 and 11.
    >>> stages = [Stage(name, 0.25, cost) for name, cost in zip("4321", (0.25, 0.5, 0.75, 1))]
    >>> shang_song(SerialChain(tuple(stages), Poisson(16), backorder_cost=99)).middle
    {'4': 27.0, '3': 22.0, '2': 16.5, '1': 11.0}
    """
    chain, low, high = SerialChain.of(chain), dict[str, float](), dict[str, float]()
    costs, total, time = chain.echelon_costs, sum(chain.echelon_costs), 0.0
    for at in range(len(costs) - 1, -1, -1):
        name, above = chain.stages[at].name, chain.backorder_cost + sum(costs[:at])
        time += chain.stages[at].lead_time
        for found, every in ((low, total - sum(costs[:at])), (high, costs[at])):
            found[name] = newsvendor(chain.demand, every, above, time).level
    return SerialBounds(dict(reversed(low.items())), dict(reversed(high.items())))
