"""Functional KPIs against the network's: who gains and who pays when each decides for itself."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twinlab.modeling.experiments import tune
from twinlab.modeling.simulation.output_analysis import estimate
from twinlab.modeling.simulation.replications import Replications
from twinlab.organization.contracts import Organization
from twinlab.scope.columns import Sealed, column
from twinlab.scope.errors import ScenarioError
from twinlab.scope.result import Listing
from twinlab.scope.scenario import Scenario

__all__ = ["align", "best_response"]


@dataclass(frozen=True)
class Standing:
    """One judge's KPI under one way of deciding, and how it differs from the first way."""

    judged: str = column("name", meaning="a role, or the network")
    way: str = column("label", meaning="how the chain is run")
    mean: float = column("", meaning="the KPI")
    low: float = column("", meaning="interval of the KPI")
    high: float = column("", meaning="interval of the KPI")
    change: float = column("", meaning="difference from the first way, paired by history")
    change_low: float = column("", meaning="interval of the difference")
    change_high: float = column("", meaning="interval of the difference")
    unit: str = column("label", meaning="of these numbers")

    def __str__(self) -> str:
        interval = f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"
        return f"{self.judged}, {self.way}: {interval} {self.unit}"


@dataclass(frozen=True, repr=False)
class Alignment(Listing):
    """Each role's KPI and the network's, under several ways of deciding on the same luck."""

    rows: tuple[Standing, ...]
    caption = "Who gains, who pays"


def align(organization: Organization, batches: Mapping[str, Replications]) -> Alignment:
    """Judge every role and the network under several ways of deciding.

    The batches must have lived on the same luck (same seed, same number of replications), so that
    differences are paired. Intervals are those of 95 %.

    Raises:
        ScenarioError: batches of different seeds or sizes.

    >>> from twinlab.organization import Role
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> sales = Role("sales", {"shop.up_to": (5, 9)}, fill_rate, "share", more_is_better=True)
    >>> ways = {"lean": replicate(shop, 200, seed=1),
    ...         "safe": replicate(shop.set("shop.up_to", 8), 200, seed=1)}
    >>> round(align(Organization([sales], cost), ways).rows[1].change, 5)
    0.01685
    """
    luck = {(batch.seed, batch.replications) for batch in batches.values()}
    if len(luck) != 1:
        raise ScenarioError(
            f"batches of {len(luck)} different seeds or sizes, {sorted(luck)}: replicate all of "
            "them with the same replications and seed"
        )
    judges = [(role.name, role.kpi, role.unit) for role in organization.roles]
    rows = []
    for name, kpi, unit in [*judges, ("the network", organization.kpi, organization.unit)]:
        values = {way: np.asarray(kpi(batch)) for way, batch in batches.items()}
        first = next(iter(values.values()))
        for way, own in values.items():
            here, moved = estimate(own), estimate(own - first)
            rows.append(
                Standing(
                    name,
                    way,
                    here.mean,
                    here.low,
                    here.high,
                    moved.mean,
                    moved.low,
                    moved.high,
                    unit,
                )
            )
    return Alignment(tuple(rows))


@dataclass(frozen=True)
class BestResponses(Sealed):
    """Where roles end that answer each other, and the levels after every round.

    ``settled``: in the last round nobody moved by more than the tolerance. ``edges``: levels that
    ended on the edge of their range, since nothing in their role's KPI speaks against it.
    """

    scenario: Scenario
    rounds: tuple[Mapping[str, float], ...]
    settled: bool
    edges: tuple[str, ...]

    def __str__(self) -> str:
        levels = ", ".join(f"{path} = {value:.4g}" for path, value in self.rounds[-1].items())
        how = "settled" if self.settled else "still moving"
        return f"{how} after {len(self.rounds)} rounds: {levels}"


def best_response(
    scenario: Scenario,
    organization: Organization,
    replications: int = 200,
    seed: int = 0,
    *,
    evaluations: int = 40,
    rounds: int = 8,
) -> BestResponses:
    """Let every role in turn choose what is best for its own KPI, until nobody wants to move.

    Each answer is a search by ``tune`` over the role's own ranges, with everybody else's decisions
    as they are and on the same luck. Where it settles, no role gains by moving alone: a Nash
    equilibrium of the game on these replications, as far as the search sees (a hundredth of a
    range). Source: Cachon & Zipkin (1999), the competitive two-stage supply chain.

    >>> from twinlab.organization import Role
    >>> demand = Demand("shop", "unit", Normal(50, 8), backorder_cost=0.70)
    >>> chain = serial(["mine", "shop"], demand=demand, holding_cost={"shop": 0.18})
    >>> shop = Scenario(chain, BaseStock(50), days=300)
    >>> alone = Organization([Role("shop", {"shop.up_to": (40, 80)}, cost)], cost)
    >>> print(best_response(shop, alone))  # nobody to answer: the optimum 56.6 of Example 4.3
    settled after 2 rounds: shop.up_to = 56.67
    """
    levels = {path: float(scenario.value(path)) for path in organization.decides}
    lived: list[Mapping[str, float]] = []
    edges: dict[str, tuple[str, ...]] = {}
    settled = False
    while not settled and len(lived) < rounds:
        before = dict(levels)
        for role in organization.roles:
            with warnings.catch_warnings(action="ignore"):  # the edges are in the answer
                answer = tune(scenario, role.decides, role.goal, replications, seed, evaluations)
            scenario, edges[role.name] = answer.scenario, answer.edges
            levels |= answer.values
        lived.append(dict(levels))
        moves = [
            abs(levels[path] - before[path]) <= 0.01 * (high - low)
            for path, (low, high) in organization.decides.items()
        ]
        settled = all(moves)
    return BestResponses(
        scenario, tuple(lived), settled, tuple(e for own in edges.values() for e in own)
    )
