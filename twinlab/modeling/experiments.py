"""Experiments on common random numbers: grids, columns that matter, best values, proposals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from twinlab.modeling.compare import USUAL_KPIS, Change
from twinlab.modeling.doubt import Ranking, rank
from twinlab.modeling.simulation.kpis import check_kpis, cost
from twinlab.modeling.simulation.output_analysis import Seeds, estimate, other_seed
from twinlab.modeling.simulation.replicate import Precision, beyond, replicate, share
from twinlab.modeling.simulation.replications import Replications
from twinlab.organization.orders import SOURCING, Maintain, Order, SetRules, SetSourcing
from twinlab.organization.view import PriorityFailover, Shares, View
from twinlab.scope import Estimate, Listing, Result, Scenario, ScenarioError, State, SyncError
from twinlab.scope.base import column, find, lane_paths, optimize, parts, pd, stats, targets, warn
from twinlab.scope.entities import Disruption
from twinlab.scope.result import words
from twinlab.scope.state import apply

__all__ = ["Sobol", "sobol", "sweep", "tornado", "tune"]

Grid = Mapping[str, Sequence[Any]]  # values to try, by path
_WIDE = 1024  # replications in one piece of work that are worth a worker


def sweep(
    scenario: Scenario,
    grid: Grid,
    replications: int | Precision = 200,
    seed: int = 0,
    *,
    kpis: Sequence[str] = USUAL_KPIS,
    warm_up: int | str = 0,
) -> "pd.DataFrame":
    """Try every combination of some columns' values, on common random numbers.

    ``grid`` maps paths such as ``"shop.up_to"`` to the values to try; for ``warm_up`` see
    ``replicate``. The table has a row per combination: values, each KPI's mean and interval.
    Workers of the ``joblib.parallel_config`` in force share the combinations; no number changes.

    Raises:
        ScenarioError: a path leads nowhere, or an unknown KPI.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> table = sweep(shop, {"shop.up_to": [6, 7, 8]}, 100, seed=1, kpis=["fill_rate"])
    >>> table["fill_rate"].is_monotonic_increasing
    True
    """
    check_kpis(kpis)
    rows = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    found = _try_all(scenario, rows, kpis, (replications, seed, warm_up), "sweeping")
    for row, estimates in zip(rows, found, strict=True):
        for kpi, each in zip(kpis, estimates, strict=True):
            row |= parts(each, kpi, f"{kpi}_low", f"{kpi}_high")
    return pd.DataFrame(rows)


def _try_all(
    scenario: Scenario, tried: Sequence[Any], kpis: Sequence[str], draws: Any, doing: str
) -> list[list[Estimate]]:
    """Estimate KPIs under each of some values; workers share the finer cut of the work."""
    count, seed, out = draws

    def found(values: Mapping[str, Any]) -> list[Estimate]:
        batch = replicate(scenario.set(values), count, seed, warm_up=out)
        return [batch.estimate(kpi) for kpi in kpis]

    long = isinstance(count, int) and count > _WIDE * len(tried)
    return share(found, [(values,) for values in tried], doing, inside=long)


Ranges = Mapping[str, tuple[float, float]]
KPI = "total_cost"  # of which is asked, if no other is named
Objective = Callable[[Replications], Any]


def tornado(
    scenario: Scenario, ranges: Ranges, kpi: str = KPI, replications: int = 200, seed: int = 0
) -> "pd.DataFrame":
    """Move each column to the ends of its range, alone, and rank what that does to a KPI.

    The table has one row per path, the widest swing first: the KPI's mean at the low end, as it
    is, and at the high end, and the swing between the ends. Workers share them as in ``sweep``.

    Raises:
        ScenarioError: a path leads nowhere, a range is empty, or an unknown KPI.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> shop = Scenario(chain, BaseStock(8), days=50)
    >>> ranges = {"shop.up_to": (7, 9), "shop.holding_cost": (0.9, 1.1)}
    >>> tornado(shop, ranges, replications=100, seed=1)["path"].tolist()
    ['shop.up_to', 'shop.holding_cost']
    """
    check_kpis([kpi])
    check_ranges(ranges)
    tried = [{}, *({path: end} for path, ends in ranges.items() for end in ends)]
    found = _try_all(scenario, tried, [kpi], (replications, seed, 0), "tornado")
    means = [estimates[0].mean for estimates in found]
    rows = [(path, *ends) for path, ends in ranges.items()]
    table = pd.DataFrame(rows, columns=["path", "low", "high"])
    table["at_low"], table["as_is"], table["at_high"] = means[1::2], means[0], means[2::2]
    table["swing"] = (table["at_high"] - table["at_low"]).abs()
    return table.sort_values("swing", ascending=False, ignore_index=True)


class SobolIndex(Result, frozen=True):
    """How much of a KPI's variance one column explains."""

    path: str = column("label", meaning="which column")
    first: float = column("share", meaning="of the variance, alone")
    total: float = column("share", meaning="of the variance, with all that it acts through")


class Sobol(Listing, frozen=True):
    """How much of a KPI's variance each column explains, alone and with all others.

    >>> Sobol((SobolIndex("shop.up_to", 0.9, 0.95),), "total_cost", 64)
    shares of the variance of total_cost, by 64 samples
    path shop.up_to · first 0.9 · total 0.95
    """

    indices: tuple[SobolIndex, ...]
    kpi: str
    samples: int

    def _sentence(self) -> str:
        return f"shares of the variance of {self.kpi}, by {self.samples} samples"


def sobol(
    scenario: Scenario,
    ranges: Ranges,
    kpi: str = KPI,
    samples: int = 64,
    replications: int = 64,
    seed: int = 0,
) -> Sobol:
    """Split a KPI's variance among columns that vary uniformly in their ranges.

    First-order and total indices by Saltelli's estimator (``scipy.stats.sobol_indices``), which
    simulates ``samples × (paths + 2)`` scenarios on common random numbers; ``samples`` is a power
    of 2. Workers share them as in ``sweep``. Source: Sobol (1993); Saltelli et al. (2010).

    Raises:
        ScenarioError: a path leads nowhere, a range is empty, or an unknown KPI.

    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1), holding_cost={"shop": 1})
    >>> ranges = {"shop.up_to": (8, 12), "shop.holding_cost": (0.99, 1.01)}
    >>> found = sobol(Scenario(chain, BaseStock(8), days=20), ranges, samples=16, replications=8)
    >>> found["shop.up_to"].total > 0.9 > found["shop.holding_cost"].total
    True
    """
    check_kpis([kpi])
    check_ranges(ranges)
    if len(ranges) < 2:
        raise ScenarioError(f"sobol shares variance out among levers: give two, got {[*ranges]}")
    if samples < 2 or samples & (samples - 1):
        raise ScenarioError(f"samples is a power of 2 (64, 128, …), got {samples!r}")

    def values(points: Any) -> Any:
        tried = [dict(zip(ranges, point, strict=True)) for point in points.T.tolist()]
        found = _try_all(scenario, tried, [kpi], (replications, seed, 0), "Sobol")
        return np.array([estimates[0].mean for estimates in found])

    laws = [stats.uniform(loc=low, scale=high - low) for low, high in ranges.values()]
    found = stats.sobol_indices(func=values, n=samples, dists=laws, rng=np.random.default_rng(seed))
    shares = zip(ranges, found.first_order.tolist(), found.total_order.tolist(), strict=True)
    return Sobol(tuple(SobolIndex(*each) for each in shares), kpi, samples)


def check_ranges(ranges: Ranges) -> None:
    """Every range has its low end below its high one."""
    for path, (low, high) in ranges.items():
        if not low < high:
            raise ScenarioError(f"range of {path!r}: low {low!r} must be below high {high!r}")


def tune(
    scenario: Scenario,
    ranges: Ranges,
    goal: Objective,
    replications: int = 200,
    seed: int = 0,
    evaluations: int = 200,
) -> Change:
    """Find the values of some columns that make the mean of a goal least.

    ``goal`` turns a batch into one number per replication; ``cost`` is one, and so is
    ``lambda batch: cost(batch) + 1000 * np.maximum(0, 0.95 - fill_rate(batch))``. All scenarios
    have common random numbers, so the goal is a plain function of the values, searched by dividing
    rectangles (``scipy.optimize.direct``; Jones et al. 1993) within a number of evaluations. What
    is found is judged by another seed, which did not choose it. Whole-numbered columns are searched
    in whole numbers; workers share each step's replications. Warns of a best value on the edge.

    Raises:
        ScenarioError: a path leads nowhere, or a range is empty.

    >>> demand = Demand("shop", "unit", Normal(50, 8), backorder_cost=0.70)
    >>> chain = serial(["mine", "shop"], demand=demand, holding_cost={"shop": 0.18},
    ...                on_hand={"shop": 56})
    >>> shop = Scenario(chain, BaseStock(50), days=300)
    >>> best = tune(shop, {"shop.up_to": (40, 80)}, cost, evaluations=40)
    >>> round(best.values["shop.up_to"])  # Snyder & Shen (2019) Example 4.3: 56.6
    57
    """
    check_ranges(ranges)
    columns = {path: find(scenario, path).column for path in ranges}
    whole = {path: column is not None and column.type is int for path, column in columns.items()}
    tried, goals = list[dict[str, float]](), list[Any]()

    def at(point: Any) -> dict[str, float]:
        pairs = zip(whole.items(), point.tolist(), strict=True)
        return {path: round(value) if counted else value for (path, counted), value in pairs}

    def values(batch: Replications) -> Any:
        return np.asarray(goal(batch), dtype=np.float64)

    def outcome(point: Any) -> float:
        chosen = at(point)
        goals.append(values(replicate(scenario.set(chosen), replications, seed)))
        tried.append(chosen)
        return float(goals[-1].mean())

    lows, highs = zip(*ranges.values(), strict=True)
    limits = {"maxfun": evaluations, "maxiter": evaluations}
    found = optimize.direct(outcome, optimize.Bounds(lows, highs), locally_biased=True, **limits)
    change, seeds = Change.of(scenario, at(found.x)), Seeds.of(seed)
    best = replace(change.scenario, chosen_on=scenario.chosen_on | {seed})
    before, after = (replicate(one, replications, seeds.judged) for one in (scenario, best))
    edges = list[str]()
    for path, ends in ranges.items():
        value = change.values[path]
        if min(abs(value - end) for end in ends) <= 0.01 * np.ptp(ends):
            edges.append(path)
            warn(f"{path} = {value:.3g} lies on the edge of its range {ends}: widen the range")
    return replace(
        change,
        scenario=best,
        goal=replace(estimate(values(after)), note=beyond(after, values)),
        gain=estimate(values(before) - values(after)),
        seeds=seeds,
        edges=tuple(edges),
        tried=pd.DataFrame(tried).assign(goal=[float(each.mean()) for each in goals]),
        ranking=_ranking(tried, goals),
    )


def propose(
    scenario: Scenario,
    start: State,
    options: Grid,
    goal: Objective = cost,
    replications: int = 200,
    seed: int = 0,
) -> Change:
    """Simulate every combination of some values from a state on, and propose the cheapest.

    The seed that chose a change flatters it: another judges. A path to nowhere is a ScenarioError.
    """

    def outcome(values: Mapping[str, Any], numbers: int) -> Any:
        return np.asarray(goal(replicate(scenario.set(values), replications, numbers, start=start)))

    empty = [path for path, values in options.items() if not values]
    if empty:
        raise ScenarioError(f"options: {empty[0]!r} has no values to try: give at least one")
    tried = [dict(zip(options, values, strict=True)) for values in product(*options.values())]
    seeds = Seeds.of(seed_ahead(seed))
    costs = share(outcome, [(one, seeds.chosen) for one in tried])
    means = [float(each.mean()) for each in costs]
    best = Change.of(scenario, tried[int(np.argmin(means))])
    before, after = (outcome(values, seeds.judged) for values in ({}, best.values))
    table = pd.DataFrame([one | {"goal": mean} for one, mean in zip(tried, means, strict=True)])
    gain, reached = estimate(before - after), estimate(after)
    ranking = _ranking(tried, costs)
    return replace(best, gain=gain, goal=reached, seeds=seeds, tried=table, ranking=ranking)


def _ranking(tried: Sequence[Mapping[str, Any]], costs: Sequence[Any]) -> Ranking | None:
    """Rank the best five: who came second, and how often does other luck choose the same?"""
    named = {words(one): cost for one, cost in zip(tried, costs, strict=True)}
    best = {name: named[name] for name in sorted(named, key=lambda name: named[name].mean())[:5]}
    enough = min(len(best), len(costs[0])) > 1 and np.isfinite([*best.values()]).all()
    return rank(best) if enough else None


def around(
    scenario: Scenario, closed: Iterable[Disruption], usual: Mapping[str, float]
) -> tuple[dict[str, float], Scenario]:
    """Ask others for what is shared out to who is closed: the shares to set, and a scenario.

    ``usual``: shares to come back to, by path, on the day on which what is closed opens.
    """
    network, sourcing = scenario.network, dict(scenario.sourcing)
    shut, values = set[Any](), dict[str, float]()
    for each in closed:
        if getattr(each, "loss", 0.0) == 1.0 and not getattr(each, "stock_ships", False):
            hit = targets(each, network)
            shut |= {v.key for v in network.lanes if v in hit or (v.source, v.product) in hit}
    for item, rule in scenario.sourcing.items():
        lanes = {f"{lane_paths(v)[-1]}.sourcing_share": v for v in network.into.get(item, ())}
        usually = {path: usual.get(path, lane.sourcing_share) for path, lane in lanes.items()}
        there = {path: usually[path] for path, lane in lanes.items() if lane.key not in shut}
        if not isinstance(rule, Shares) or not there:
            continue
        if not any(there.values()):
            there[min(there, key=lambda path: lanes[path].sourcing_rank)] = 1.0
            sourcing[item] = PriorityFailover()
        elif len(there) < len(lanes):
            sourcing[item] = shares_of_open
        then = {path: there.get(path, 0.0) for path in lanes}
        values |= {path: v for path, v in then.items() if v != lanes[path].sourcing_share}
    return values, scenario.set(usual).change(sourcing=sourcing)


def shares_of_open(view: View, quantity: Any) -> list[Any]:
    """Shares of who is open; while nobody is, of all."""
    some = sum(s.share * s.open for s in view.suppliers) > 0
    fit = [s.share * np.where(some, s.open, 1.0) for s in view.suppliers]
    return [quantity * (each / sum(fit)) for each in fit]


def seed_ahead(seed: int) -> int:
    """The seed of a look ahead: never a plant's own, whatever the seeds, as that is its future."""
    return other_seed(seed, "ahead")


def order_of(what: Change | Order) -> Order:
    """An order as it is, or the one that makes a change; a SyncError if no kind does."""
    if isinstance(what, Order):
        return what
    if what.how is not None or not what.values or not all(isinstance(p, str) for p in what.values):
        raise SyncError(f"{what.title or 'this change'} is more than numbers by path: no order")
    lanes = [path for path in what.values if path.endswith(SOURCING)]
    if 0 < len(lanes) < len(what.values):
        raise SyncError(f"rules and sourcing are two orders: propose {lanes} by itself")
    return (SetSourcing if lanes else SetRules)(what.values)


Option = Change | Order | Sequence[Order] | Mapping[Any, Any]


def under(option: Option, model: Scenario, start: State, until: int) -> tuple[Scenario, State]:
    """The model and the state if an option is taken up this morning, for a look until a day."""
    if isinstance(option, Change | Mapping):
        return option.apply(model) if isinstance(option, Change) else model.set(option), start
    state, day = start.copy(), start.day
    for order in (option,) if isinstance(option, Order) else option:
        effect, ends = order.effect(model, state, day), order.ends(day)
        if day < ends < until and not isinstance(order, Maintain):
            remedy = f"look at most {ends - day} days ahead"
            raise SyncError(f"{order} would be done on day {ends}: {remedy}")
        model = effect.scenario
        for row in effect.rows:
            apply(state, row, model.network.made)
    return model, state
