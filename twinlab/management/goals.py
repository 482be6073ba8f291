"""Goals: how probably a KPI meets its target, and who pays when each role follows its own KPI."""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import field, replace

import numpy as np

from twinlab.modeling import Comparison, Replications, tune, wilson
from twinlab.modeling.doubt import Ranking
from twinlab.modeling.simulation.kpis import KPIs, check_kpis
from twinlab.organization.contracts import Organization
from twinlab.scope import Estimate, Listing, Result, Scenario, ScenarioError
from twinlab.scope.base import Row, column, schema, shown

__all__ = ["Goal", "align", "best_response", "judge"]

# Of these KPIs more is better; of all others (stocks, waiting, cost, emissions) less is.
MORE_IS_BETTER = ("fill_rate", "cycle_service_level", "on_time_in_full")


class Goal(Row, frozen=True):
    """A KPI that should reach a target; more or less is better, as the KPI says.

    >>> Goal("fill_rate", 0.98), Goal("total_cost", 5000).direction
    (Goal(kpi='fill_rate', target=0.98, weight=0.0), 'at most')
    """

    kpi: str = column("name", meaning="which KPI; see KPIs")
    target: float = column("KPI's unit", meaning="what it should reach")
    weight: float = column(
        "USD/KPI's unit", 0.0, "money, or points, per unit by which the target is missed", low=0
    )

    def check(self) -> None:
        """The KPI is one of those that there are."""
        check_kpis([self.kpi])

    @property
    def direction(self) -> str:
        """Whether the KPI should be at least or at most the target."""
        return "at least" if self.kpi in MORE_IS_BETTER else "at most"

    def __str__(self) -> str:
        unit = next(c.unit for c in schema(KPIs) if c.name == self.kpi)
        return f"{self.kpi.replace('_', ' ')} {self.direction} {shown(self.target)} {unit}"


class Judgement(Result, frozen=True):
    """How a goal fared over the replications of a batch."""

    goal: str = column("words", meaning="the goal")
    mean: float = column("KPI's unit", meaning="mean of the KPI")
    met: Estimate = column("share", meaning="replications that meet the target, after Wilson")
    missed_by: float = column("KPI's unit", meaning="mean shortfall, 0 where it is met")
    penalty: float = column("USD", meaning="weight × mean shortfall")

    def _sentence(self) -> str:
        return f"{self.goal}: met in {_share(self.met)} of replications, mean {shown(self.mean)}"


class Scorecard(Listing, frozen=True):
    """Judgements of some goals, and in how many replications all of them are met together."""

    judgements: tuple[Judgement, ...]
    together: Estimate

    @property
    def penalty(self) -> float:
        """The penalties of all goals together [USD]."""
        return sum(v.penalty for v in self.judgements)

    def _sentence(self) -> str:
        met = self.together
        said = f"Goals; all together {_share(met)}: {met.mean * met.count:,.0f} of {met.count:,}"
        return f"{said} replications, 95 % interval{met.note and '; ' + met.note}"


def _share(met: Estimate) -> str:
    return f"{met.mean:.3f} [{met.low:.3f}, {met.high:.3f}]"


def judge(goals: Iterable[Goal], batch: Replications) -> Scorecard:
    """Judge goals on a batch: probability of meeting each, with interval, and the mean shortfall.

    A history without the KPI (no customers, say) does not meet the goal, and misses it by nothing.

    Raises:
        ScenarioError: there is no goal.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> judge([Goal("fill_rate", 0.96)], replicate(shop, 200, seed=1))
    Goals; all together 0.660 [0.592, 0.722]: 132 of 200 replications, 95 % interval
    fill rate at least 0.96 share: met in 0.660 [0.592, 0.722] of replications, mean 0.9628
    """
    listed = list(goals)
    if not listed:
        raise ScenarioError("judge needs at least one goal, such as Goal('fill_rate', 0.98)")
    judgements, everything = [], np.ones(batch.replications, dtype=bool)
    for goal in listed:
        values = np.asarray(getattr(batch.kpis, goal.kpi), dtype=np.float64)
        short = goal.target - values if goal.direction == "at least" else values - goal.target
        met = short <= 0
        everything &= met
        missed = float(np.where(short > 0, short, 0.0).mean())
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else np.nan
        share = wilson(int(met.sum()), len(met))
        judgements.append(Judgement(str(goal), mean, share, missed, goal.weight * missed))
    together = wilson(int(everything.sum()), len(everything))
    return Scorecard(tuple(judgements), replace(together, note=batch.horizon.note))


def align(organization: Organization, batches: Mapping[str, Replications]) -> Comparison:
    """Judge every role and the network in several scenarios: who gains, who pays.

    The batches must have the same seed and number of replications: differences are paired, at 95 %.

    Raises:
        ScenarioError: batches of different seeds or sizes.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> sales = Role("sales", {"shop.up_to": (5, 9)}, fill_rate, "share", more_is_better=True)
    >>> both = {"lean": replicate(shop, 200, seed=1),
    ...         "safe": replicate(shop.set("shop.up_to", 8), 200, seed=1)}
    >>> print(align(Organization([sales], cost), both).difference("safe", "sales"))
    0.01685 [0.01577, 0.01793]: mean of 200 replications, 95 % interval
    """
    drawn = {(batch.seed, batch.replications) for batch in batches.values()}
    if len(drawn) != 1:
        problem = f"batches of {len(drawn)} different seeds or sizes, {sorted(drawn)}"
        raise ScenarioError(f"{problem}: replicate all of them with the same replications and seed")
    own = {role.name: (role.kpi, role.unit) for role in organization.roles}
    own["the network"] = (organization.kpi, organization.unit)
    return Comparison(batches, tuple(own), own=own)


class BestResponses(Result, frozen=True):
    """Where roles end that answer each other, and the levels after every round.

    ``settled``: in the last round nobody moved by more than the tolerance. ``edges``: levels that
    ended on the edge of their range, since nothing in their role's KPI speaks against it.
    """

    scenario: Scenario
    rounds: tuple[Mapping[str, float], ...]
    settled: bool
    edges: tuple[str, ...]
    rankings: Mapping[str, Ranking | None] = field(default_factory=dict)  # last answers, by role

    def _sentence(self) -> str:
        levels = ", ".join(f"{path} = {shown(value)}" for path, value in self.rounds[-1].items())
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
    as they are and on common random numbers. Where it settles, no role gains by moving alone: a
    Nash equilibrium of the game on these replications, as far as the search sees (a hundredth of a
    range). Source: Cachon & Zipkin (1999), the competitive two-stage supply chain.

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
    rankings: dict[str, Ranking | None] = {}
    settled = False
    while not settled and len(lived) < rounds:
        before = dict(levels)
        for role in (role for role in organization.roles if role.decides):
            with warnings.catch_warnings(action="ignore"):  # the edges are in the answer
                best = tune(scenario, role.decides, role.objective, replications, seed, evaluations)
            scenario, edges[role.name] = best.scenario, best.edges
            rankings[role.name] = best.ranking
            levels |= best.values
        lived.append(dict(levels))
        moves = ((levels[p] - before[p], ends) for p, ends in organization.decides.items())
        settled = all(abs(move) <= 0.01 * (high - low) for move, (low, high) in moves)
    on_edge = tuple(path for own in edges.values() for path in own)
    return BestResponses(scenario, tuple(lived), settled, on_edge, rankings)
