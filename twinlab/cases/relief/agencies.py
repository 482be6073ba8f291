"""Agencies that prepare for the seasons each alone, share their stocks, or make one plan."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations

from twinlab.cases.relief.goods import rows
from twinlab.cases.relief.season import problem
from twinlab.modeling.doubt import rank
from twinlab.organization.pooling import CostGame
from twinlab.scope.base import Estimate, Result, ScenarioError, Share, column, grouped
from twinlab.task.logistics.relief_plan import ReliefPlan, ReliefProblem, judge, preposition

__all__ = ["agencies"]


class Agencies(Result, frozen=True):
    """What agencies pay by coalition (``game``), and save if plans stay and seasons are redrawn."""

    game: CostGame
    plans: Mapping[tuple[str, ...], ReliefPlan]
    alone: float = column("USD/season", meaning="of all, each with its own plan and stock")
    sharing: Estimate = column("USD/season", meaning="saved if own plans stay, stocks are shared")
    joint: Estimate = column("USD/season", meaning="saved by one plan for all")


def agencies(
    shares: Mapping[str, Mapping[str, Share]] | None = None,
    setup: Callable[..., ReliefProblem] = problem,
) -> Agencies:
    """Compare agencies that prepare alone, share what each has stored, and make one plan.

    ``shares``: the part of each place's need that an agency looks after (``assumed/agencies``);
    ``setup`` makes the problem of a ``share``, such as ``partial(problem, shortage=5)``. Stocks
    that are shared stay in depots that each agency keeps open for itself. A common plan has one
    depot a place and one limit of air freight, as each has alone: where they bind, it costs more.

    Raises:
        ScenarioError: fewer than two agencies, an unknown place, or more than all of its need.

    >>> parts = {"A": {"Camaguey": 0.02}, "B": {"Holguin": 0.02, "Camaguey": 0.02}}
    >>> found = agencies(parts, lambda share: problem([2007, 2008], share=share))
    >>> found.game.members, found.alone > found.game.costs["A", "B"]
    (('A', 'B'), True)
    """
    told = grouped((r["agency"], (r["place"], r["share"])) for r in rows("assumed/agencies"))
    given = {name: dict(told[name]) for name in told} if shares is None else shares
    plans, stocks = dict[tuple[str, ...], ReliefPlan](), defaultdict[str, Counter[str]](Counter)
    for who in (who for size in range(len(given)) for who in combinations(given, size + 1)):
        part = dict.fromkeys((place for parts in given.values() for place in parts), 0.0)
        for place, share in (each for name in who for each in given[name].items()):
            part[place] += share
            if part[place] > 1 + 1e-9:
                raise ScenarioError(f"agencies: {place!r} is looked after {part[place]:g} times")
        plans[who] = preposition(whole := setup(share=part))
    game, own = CostGame({who: p.cost for who, p in plans.items()}), [plans[n,] for n in given]
    for depot, covers in (each for plan in own for each in plan.stocks.items()):
        stocks[depot].update(covers)
    roomy = tuple(replace(d, capacity=len(own) * d.capacity) for d in whole.depots)
    shared = judge(replace(whole, depots=roomy), stocks)
    alone, kept = sum(p.costs for p in own), sum(p.first_stage for p in own) - shared.first_stage
    ways = {"alone": alone, "sharing": shared.costs + kept, "joint": plans[game.members].costs}
    found, cost = rank(ways, chances=whole.weights), sum(plan.cost for plan in own)
    return Agencies(game, plans, cost, found["sharing"].gain, found["joint"].gain)
