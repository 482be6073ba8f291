"""Doubt about a choice under sampled scenarios: would others win, is it as good as it looks?"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from twinlab.modeling.simulation.output_analysis import estimate
from twinlab.scope import Estimate, Listing, Result, ScenarioError
from twinlab.scope.base import Array, Count, Share, Whole, check_known, column, pd
from twinlab.scope.kinds import Numbers
from twinlab.scope.later import special

__all__ = ["hold_out", "rank", "redraw"]

Choose = Callable[[Array], Any]  # weights of the scenarios, which sum to 1: what is best then
Judge = Callable[[Any], Any]  # what was chosen: its cost in each scenario
Scenarios = Count | Sequence[Share]  # how many, all as likely; or their chances
DRAWS, MOST = 2000, 1000  # of a bootstrap; scenarios that it draws one by one, not in blocks
FEW = 50  # fewer scenarios or groups: percentiles alone are too narrow


def redraws(groups: Any, luck: np.random.Generator, draws: int = DRAWS) -> tuple[Any, Array]:
    """Number the groups; how often each is drawn, draws × groups, once each in the first row."""
    at = pd.factorize(np.asarray(groups), sort=True, use_na_sentinel=False)[0]
    shares = np.full(many := int(at.max(initial=0)) + 1, 1 / many)
    return at, np.vstack([0 * shares + 1, luck.multinomial(many, shares, draws)])


def spread(draws: Array, many: float = math.inf) -> Any:
    """What the first draw says, with the interval of the others; of few groups it is widened.

    By t √(n / (n − 1)) / z: the quantile of Student's t, and the spread that drawing from n loses.
    """
    ends = np.nanquantile(draws[1:], (0.025, 0.975))
    if many < FEW:
        t, z = special.stdtrit(many - 1, 0.975), special.ndtri(0.975)
        ends = draws[0] + t / z * math.sqrt(many / (many - 1)) * (ends - draws[0])
    low, high = map(float, ends)
    return Estimate(float(draws[0]), low, high, len(draws) - 1, 0.95, "bootstrap")


class Ranked(Result, frozen=True):
    """One of several choices, under the same scenarios as the others."""

    name: str = column("label", meaning="which choice")
    cost: Estimate = column("", meaning="mean over the scenarios")
    gain: Estimate = column("", meaning="over the base, in pairs")
    behind: Estimate = column("", meaning="what it costs more than the best, in pairs")
    again: float = column("share", meaning="of redraws in which it is the best")


class Ranking(Listing, frozen=True):
    """Choices in the order of their mean cost."""

    choices: tuple[Ranked, ...]
    unit: str = ""  # of their costs

    @property
    def established(self) -> bool:
        """Whether, of every other choice, the interval of what it costs more lies above zero."""
        return not self.rivals

    @property
    def rivals(self) -> tuple[Ranked, ...]:
        """Those that are not established to cost more than the best."""
        return tuple(one for one in self.choices[1:] if not one.behind.low > 0)

    def _sentence(self) -> str:
        best, second = self.choices[:2]
        others = ", ".join(one.name for one in self.rivals if one is not second)
        doubt = f"not established, as {others} may cost no more" if others else "established"
        doubt = doubt if second not in self.rivals else "not established, its interval includes 0"
        wins = f"{best.name} costs least, in {best.again:.0%} of redraws too"
        return f"{wins}; {second.name} costs {second.behind.short} more: {doubt}"

    __repr__ = Result.sentence


def rank(
    costs: Mapping[str, Numbers],
    base: str = "",
    groups: Any = None,
    seed: Whole = 0,
    chances: Any = None,
    unit: str = "",
) -> Ranking:
    """Rank choices by mean cost over the same scenarios, with paired bootstrap intervals (95 %).

    Gains are over the ``base``, by default the first choice. Scenarios of one of the ``groups``
    are drawn together, such as replications of one world. ``chances`` weigh scenarios that are
    not as likely as the others. Source: Efron & Tibshirani (1993) chapter 13.

    Raises:
        ScenarioError: fewer than two choices or groups, unequal lengths, or a cost is no number.

    >>> rank({"none": [5, 9, 7, 8], "some": [4, 7, 6, 6]})
    some costs least, in 100% of redraws too; none costs 1.5 [0.5625, 2.437] more: established
    """
    told = {name: np.asarray(each, dtype=np.float64).ravel() for name, each in costs.items()}
    rest = [np.shape(each) for each in (groups, chances) if each is not None]
    shapes = {each.shape for each in told.values()}.union(rest)
    if len(told) < 2 or len(shapes) > 1 or not all(np.isfinite(e).all() for e in told.values()):
        sizes = ", ".join(sorted("×".join(map(str, shape)) for shape in shapes))
        what = f"{len(told)} choices with {sizes} scenarios, groups or chances"
        raise ScenarioError(f"rank: {what}: two or more, each with as many costs that are finite")
    check_known(base := base or next(iter(told)), told, f"rank: no choice {base!r}")
    blocks = np.arange(count := shapes.pop()[0]) * min(count, MOST) // max(count, 1)
    at, times = redraws(blocks if groups is None else groups, np.random.default_rng(seed))
    if times.shape[1] < 2:
        raise ScenarioError("rank: a single scenario or group shows no luck: give two or more")
    weights = np.ones(count) if chances is None else np.asarray(chances, dtype=np.float64)
    if not (np.all(weights >= 0) and np.isfinite(weights).all() and weights.any()):
        raise ScenarioError(f"rank: chances are numbers of at least 0, got {chances!r:.60}")
    size = times @ np.bincount(at, weights)
    drawn = {n: times @ np.bincount(at, weights * each) / size for n, each in told.items()}
    order = sorted(drawn, key=lambda name: drawn[name][0])
    wins = Counter(np.argmin([drawn[name] for name in order], axis=0)[1:].tolist())
    least, usual = drawn[order[0]], drawn[base]
    rows = [(drawn[name], name, wins[n] / DRAWS) for n, name in enumerate(order)]
    wide = partial(spread, many=times.shape[1])
    ranked = (Ranked(n, wide(d), wide(usual - d), wide(d - least), w) for d, n, w in rows)
    return Ranking(tuple(ranked), unit)


class Doubt(Result, frozen=True):
    """What is chosen in resamples of the scenarios, and how much less than the plan that costs.

    ``weights`` and ``costs`` of the resamples' ``plans`` are by resample and scenario.
    """

    plan: Any
    plans: tuple[Any, ...]
    weights: Array
    costs: Array
    gaps: Array
    choices: Mapping[str, float] = column("share", meaning="of resamples in which it is chosen")
    gap: Estimate = column("", meaning="what the plan costs more; high: one-sided 95 % bound")
    optimism: Estimate = column("", meaning="cost in scenarios left out, less that on paper")


def redraw(
    choose: Choose, judge: Judge, scenarios: Scenarios, resamples: Count = 40, seed: Whole = 0
) -> Doubt:
    """Choose again under resampled scenarios: is it the same choice, and how good is the first?

    ``scenarios`` are their number, if all are as likely, or their chances. Gap: cost of the plan
    less the least in each resample, mean Ḡ, bound Ḡ + t(n − 1, 95 %) s / √n. Mak, Morton & Wood
    (1999) draw new scenarios for it; resamples miss what no scenario shows: it is too low by that.

    Raises:
        ScenarioError: fewer than two of either, chances not of sum 1, or a cost that is no number.

    >>> need = np.array([3.0, 5.0, 9.0, 4.0])
    >>> judge = lambda stock: stock + 4 * np.maximum(0, need - stock)
    >>> found = redraw(lambda w: min(need, key=lambda stock: w @ judge(stock)), judge, 4)
    >>> float(found.plan), found.gap.mean >= 0, round(sum(found.choices.values()), 9)
    (5.0, True, 1.0)
    """
    count, luck = len(shares := _shares(scenarios)), np.random.default_rng(seed)
    if min(count, resamples) < 2:
        raise ScenarioError(f"redraw: {count} scenarios, {resamples} resamples: two or more")
    if (shares == 1).all():
        drawn = luck.integers(0, count, (resamples, count))
        weights = np.array([np.bincount(each, minlength=count) for each in drawn]) / count
    else:
        weights = luck.multinomial(count, shares / shares.sum(), resamples) / count
    plan, plans = choose(shares / shares.sum()), tuple(map(choose, weights))
    costs = np.array([_costs(judge, each, count) for each in plans])
    least = (weights * costs).sum(axis=1)
    gaps, unseen = weights @ _costs(judge, plan, count) - least, shares * (weights == 0)
    out = (unseen * costs).sum(axis=1) / np.where(unseen.any(axis=1), unseen.sum(axis=1), np.nan)
    gap = Estimate(float(gaps.mean()), 0.0, estimate(gaps, 0.9).high, resamples, 0.95, "one-sided")
    choices = {name: n / resamples for name, n in Counter(map(_name, plans)).most_common()}
    return Doubt(plan, plans, weights, costs, gaps, choices, gap, estimate(out - least))


class HeldOut(Result, frozen=True):
    """What choices cost in scenarios that did not choose them."""

    costs: Array
    paper: float = column("", meaning="mean cost of the choice in the scenarios that chose it")
    unseen: Estimate = column("", meaning="mean cost in scenarios left out")
    rosy: float = column("share", meaning="of the unseen cost that paper does not show")
    choices: Mapping[str, int] = column("folds", meaning="in which it is chosen")


def hold_out(
    choose: Choose, judge: Judge, scenarios: Scenarios, folds: Count = 10, seed: Whole = 0
) -> HeldOut:
    """Choose without some scenarios, fold by fold, and judge by those: is paper too rosy?

    ``scenarios`` are their number or their chances, by which means are weighted.

    Raises:
        ScenarioError: too few or many folds, chances not of sum 1, or a cost that is no number.

    >>> need = np.array([3.0, 5.0, 9.0, 4.0])
    >>> judge = lambda stock: stock + 4 * np.maximum(0, need - stock)
    >>> hold_out(lambda w: min(need, key=lambda stock: w @ judge(stock)), judge, 4, folds=4).paper
    9.0
    """
    count = len(shares := _shares(scenarios))
    if not 2 <= folds <= count:
        raise ScenarioError(f"hold_out: {folds} folds of {count} scenarios: 2 to all of them")
    costs, names = np.zeros(count), Counter[str]()
    for out in np.array_split(np.random.default_rng(seed).permutation(count), folds):
        kept = np.where(np.isin(np.arange(count), out), 0.0, shares)
        names[_name(plan := choose(kept / kept.sum()))] += 1
        costs[out] = _costs(judge, plan, count)[out]
    paper = float((shares * _costs(judge, choose(shares / shares.sum()), count)).mean())
    mean = (shares * costs).mean()
    unseen = estimate(mean + shares * (costs - mean))  # the interval of a weighted mean
    rosy = 1 - paper / unseen.mean if unseen.mean else 0.0
    return HeldOut(costs, paper, unseen, rosy, dict(names))


def _shares(scenarios: Any) -> Array:
    """Chances of scenarios as multiples of an equal one: of equal ones that is exactly 1."""
    if np.ndim(scenarios) == 0:
        return np.ones(scenarios)
    chances = np.asarray(scenarios, dtype=np.float64)
    if not (chances > 0).all() or not math.isclose(chances.sum(), 1.0, rel_tol=1e-6):
        told = f"scenarios: chances sum to {chances.sum():g}, or one is 0"
        raise ScenarioError(f"{told}: give their number, or chances above 0 that sum to 1")
    return np.round(len(chances) * chances, 12)


def _name(plan: Any) -> str:
    return str(getattr(plan, "name", plan))


def _costs(judge: Judge, plan: Any, scenarios: int) -> Array:
    costs = np.asarray(judge(plan), dtype=np.float64)
    if costs.shape != (scenarios,) or not np.isfinite(costs).all():
        told = f"{costs.shape}, {np.isfinite(costs).sum()} finite"
        raise ScenarioError(f"judge: one finite cost for each of {scenarios} scenarios, got {told}")
    return costs
