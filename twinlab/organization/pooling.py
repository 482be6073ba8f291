"""Who pays what of a cost that is lower together: games of cost, their core, and fair splits."""

from collections.abc import Mapping
from dataclasses import field
from itertools import chain, combinations, permutations
from math import comb
from typing import Any

import numpy as np

from twinlab.scope.base import Amount, Array, Number, ScenarioError, check_known, optimize
from twinlab.scope.columns import Sealed, column
from twinlab.scope.result import Listing, Result, shown

__all__ = ["CostGame"]


class Member(Result, frozen=True):
    """What one of them pays."""

    member: str = column("name")
    alone: float = column("USD", meaning="what it would pay by itself")
    pays: float = column("USD", meaning="its part of the common cost")
    saving: float = column("%", meaning="of what it would pay by itself")


class Split(Listing, frozen=True):
    """What each pays, and who would pay less by leaving: nobody, if the split is in the core."""

    members: tuple[Member, ...]
    way: str = column("words", meaning="how the cost is split")
    objections: Mapping[str, float] = column("USD", meaning="what a coalition saves by leaving")
    least: float = column("USD", meaning="saved so by somebody in any split (0: there is a core)")

    def _sentence(self) -> str:
        said = f"{self.way}: saves {shown(sum(row.alone - row.pays for row in self))} USD"
        if not self.objections:
            return f"{said}; in the core"
        gain, who = max((gain, who) for who, gain in self.objections.items())
        empty = f"; the core is empty: somebody would save {shown(self.least)} in any split"
        return f"{said}; {who} would save {shown(gain)} more by leaving{empty * (self.least > 0)}"


class CostGame(Sealed, frozen=True):
    """Members who can share a cost, and what each coalition of them, or one alone, pays by itself.

    Raises:
        ScenarioError: a coalition has no cost or two, a name has none alone, or there is only one.

    >>> game = CostGame({"A": 9, "B": 8, ("A", "B"): 12})
    >>> game.shapley()
    Shapley value: saves 5 USD; in the core
    member A · alone 9 USD · pays 6.5 USD · saving 27.78 %
    member B · alone 8 USD · pays 5.5 USD · saving 31.25 %
    >>> game.equal_saving()["A"]
    member A · alone 9 USD · pays 6.353 USD · saving 29.41 %
    >>> game.check({"A": 2, "B": 10}, "as A offers").objections
    {'B': 2.0}
    """

    costs: Mapping[str | tuple[str, ...] | frozenset[str], Amount]
    members: tuple[str, ...] = field(init=False)
    _table: Any = field(init=False, repr=False, compare=False)  # who is in which coalition; costs

    def __post_init__(self) -> None:
        said = [(names,) if isinstance(names, str) else names for names in self.costs]
        given = dict(zip(map(frozenset, said), self.costs.values(), strict=True))
        members = [name for names in said if len(names) == 1 for name in names]
        for name in sorted(frozenset().union(*given)):
            check_known(name, members, f"CostGame: {name!r} has no cost alone")
        if len(members) < 2 or not all(given) or [*map(len, said)] != [*map(len, given)]:
            raise ScenarioError("CostGame: give each coalition of two members or more once")
        every = chain.from_iterable(combinations(members, at + 1) for at in range(len(members)))
        if len(given) < 2 ** len(members) - 1:
            lacks = next(who for who in every if frozenset(who) not in given)
            raise ScenarioError(f"CostGame: give the cost of {' + '.join(lacks)} too")
        costs = {who: given[frozenset(who)] for who in every}
        inside = np.array([[float(name in who) for name in members] for who in costs])
        table = inside, np.array([*costs.values()], dtype=np.float64)
        for name, value in (("costs", costs), ("members", tuple(members)), ("_table", table)):
            object.__setattr__(self, name, value)
        super().__post_init__()

    def shapley(self) -> Split:
        """Let each pay what it adds to the cost, on average over all orders (Shapley 1953)."""
        (inside, costs), count = self._table, len(self.members)
        size = inside.sum(1).astype(int)
        weight = np.array([*(1 / count / comb(count - 1, others) for others in range(count)), 0])
        pays = inside.T @ (weight[size - 1] * costs) - (1 - inside).T @ (weight[size] * costs)
        return self.check(dict(zip(self.members, pays, strict=True)), "Shapley value")

    def equal_saving(self) -> Split:
        """Make savings, as parts of the cost alone, as equal as the core (the least core) allows.

        First the greatest difference becomes least (Frisk et al. 2010), then the sum of all.
        """
        (inside, costs), count, widest = self._table, len(self.members), np.inf
        if not costs[:count].all():
            raise ScenarioError("equal_saving: who pays 0 alone saves no part of it: leave it out")
        rates = np.diag(costs.max() / costs[:count])
        rows = np.array([one - other for one, other in permutations(rates, 2)])
        most = np.append(np.zeros(len(rows)), costs[:-1] + self._least())
        for slack in (np.ones((len(rows), 1)), np.eye(len(rows))):
            pays, slacks = self._program(np.vstack([rows, inside[:-1]]), most, slack, widest)
            widest = slacks.max() + 1e-9 * costs.max()
        return self.check(dict(zip(self.members, pays, strict=True)), "equal saving")

    def check(self, pays: Mapping[str, Number], way: str = "as agreed") -> Split:
        """Tell who would pay less by leaving, if each pays so much [USD] (core: Gillies 1959)."""
        inside, costs = self._table
        paid, dust = np.array([pays.get(name, np.nan) for name in self.members]), 1e-6 * costs.max()
        if len(pays) > len(paid) or not abs(paid.sum() - costs[-1]) <= dust:
            due = f"of {', '.join(self.members)}, {costs[-1]:g} in all"
            raise ScenarioError(f"check: pays must be a part for each {due}, got {dict(pays)}")
        gains = zip(self.costs, (inside @ paid - costs).tolist(), strict=True)
        against = {" + ".join(who): gain for who, gain in gains if gain > dust}
        told = zip(self.members, costs.tolist(), paid.tolist(), strict=False)
        rows = (Member(n, c, p, 100 * (1 - p / c) if c else np.nan) for n, c, p in told)
        least = self._least()
        return Split(tuple(rows), way, against, least if least > dust else 0.0)

    def _least(self) -> float:
        """The most that any coalition saves by leaving, if that is made least: the least core."""
        inside, costs = self._table
        return float(self._program(inside[:-1], costs[:-1], np.ones((len(costs) - 1, 1)))[1][0])

    def _program(self, rows: Array, most: Array, slack: Array, widest: float = np.inf) -> Any:
        """Split and slacks of least sum: rows x split <= most, the first rows but for a slack."""
        costs, (count, more) = self._table[1], (len(self.members), slack.shape[1])
        unit, goal = costs.max() or 1.0, np.repeat([0.0, 1.0], [count, more])
        both = np.hstack([rows, -np.pad(slack, ((0, len(rows) - len(slack)), (0, 0)))])
        bounds = [(None, None)] * count + [(0, widest / unit)] * more
        whole = 1 - goal[None], costs[-1:] / unit
        found = optimize.linprog(goal, both, most / unit, *whole, bounds).x * unit
        return found[:count], found[count:]
