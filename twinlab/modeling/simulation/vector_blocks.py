"""Blocks of work on arrays: rows, steps and sums; who decides, makes and hands over together."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.simulation.plan import ItemPlan
from twinlab.scope.distributions import Array
from twinlab.scope.later import sparse

Rows = Any  # a slice where rows follow each other (a window is free), else an array of row numbers
Entry = tuple[int, float]  # a row, and what its numbers count for


def span(numbers: Iterable[int]) -> Rows:
    """Row numbers as a slice, if they follow each other.

    >>> span([3, 4, 5]), span([3, 5]).tolist()
    (slice(3, 6, None), [3, 5])
    """
    rows = np.fromiter(numbers, dtype=np.intp)
    first = int(rows[0]) if len(rows) else 0
    same = np.array_equal(rows, np.arange(first, first + len(rows)))
    return slice(first, first + len(rows)) if same else rows


def numbers(rows: Rows) -> list[int]:
    """Row numbers, one by one.

    >>> numbers(slice(3, 6))
    [3, 4, 5]
    """
    return list(range(rows.start, rows.stop)) if isinstance(rows, slice) else rows.tolist()


class Step(NamedTuple):
    """The j-th entries of some lists: of which lists, their rows, their factors if not all 1."""

    which: Rows
    rows: Rows
    factors: Array | None


def steps(lists: Sequence[Sequence[Entry]]) -> list[Step]:
    """The first entries of all lists, then the second ones, and so on.

    >>> [step.rows for step in steps([[(4, 1.0), (7, 1.0)], [(5, 1.0)]])]
    [slice(4, 6, None), slice(7, 8, None)]
    """
    found, which = [], list(range(len(lists)))
    for at in range(max(map(len, lists), default=0)):
        which = [k for k in which if len(lists[k]) > at]
        rows, factors = zip(*(lists[k][at] for k in which), strict=True)
        column = np.array(factors)[:, None]
        found.append(Step(span(which), span(rows), None if (column == 1.0).all() else column))
    return found


class Sums:
    """Sums of rows of a table, added up entry by entry in the order given.

    Factors are multiplied first, so that no machine fuses a product with a sum.

    >>> Sums([[(0, 1.0), (2, 0.5)], []])(np.array([[1.0], [5.0], [4.0]])).tolist()
    [[3.0], [0.0]]
    """

    def __init__(self, lists: Sequence[Sequence[Entry]]) -> None:
        """Take the entries (row of the table, factor) of each sum."""
        entries = [entry for each in lists for entry in each]
        self.index = np.array([row for row, _ in entries], dtype=np.intp)
        self.rows = span(self.index)
        self.factors = np.array([factor for _, factor in entries])[:, None]
        self.whole = bool((self.factors == 1.0).all())
        self.plain = all(len(each) == 1 for each in lists)
        self.ends = np.cumsum([0, *map(len, lists)])
        self._matrix: Any = None

    def __call__(self, table: Array) -> Array:
        """Add up; the answer may be a window on the table."""
        if not self.whole:
            table = table[self.rows] * self.factors
        elif self.plain:
            return table[self.rows]
        if self._matrix is None:
            rows = self.index if self.whole else np.arange(self.ends[-1])
            shape = (len(self.ends) - 1, len(table))
            self._matrix = sparse.csr_array((np.ones(len(rows)), rows, self.ends), shape)
        return table if self.plain else np.asarray(self._matrix @ table)


class Facts(NamedTuple):
    """What decides the blocks beside the plan, by number of lane, recipe or item."""

    instant: tuple[int, ...]  # lanes that may take no time
    gated: frozenset[int]  # lanes of items with several, that may be closed
    late: tuple[int, ...]  # lanes, and recipes as ~number, whose orders may be seen on a later day
    lasting: frozenset[int]  # items whose requests may add up over days before they decide
    remembering: frozenset[int]  # items that remember something from before


@dataclass
class Decision:
    """A block of items that decide at one moment by rules of one kind."""

    items: tuple[ItemPlan, ...]
    alone: bool  # one item, whose rule is asked with rows of numbers, not with tables
    split: str  # how an order goes to several suppliers; "" where one gets all
    rows: slice  # of the items
    placed: slice  # of their orders, by lane or recipe
    backlog: Sums  # what is owed and to be made
    asks: Sums  # what was asked before they decide today
    since: Rows  # where that adds up over days; None where today says all
    now: tuple[Rows, Rows] | None  # orders that are seen at once, and where they add up
    later: tuple[Rows, Rows, Array] | None  # others: their place among late ones, and delays
    lanes: list[Step]  # orders by place among the suppliers, and their shares
    ranks: list[Step]  # the same, by rank
    on_order: Sums  # what is on order with these orders, where they are split
    ordered: Sums  # and what they are together


class Handover(NamedTuple):
    """A block of items that hand over what they owe, claim by claim."""

    stage: int
    supply: int  # 0 from stock, 1 from an endless source, then sources of limited nodes in turn
    proportional: bool
    items: tuple[ItemPlan, ...]
    rows: Rows  # theirs, or those of their nodes among the limited ones
    steps: list[tuple[Step, Rows]]  # claims by place in the line, and whose they are


class Making(NamedTuple):
    """A block of recipes that make goods at one moment."""

    stage: int
    recipes: Rows
    nodes: Rows  # among the limited nodes; None where capacity has no limit
    components: list[Step]
    at_once: tuple[Rows, Rows] | None  # done the same day: which of these, and of all recipes
    later: tuple[Rows, Rows] | None


def kind_of_rule(rule: Any) -> Hashable:
    """What rules must share to be asked together; None for a rule that is asked by itself.

    Rules of the library decide number by number, unless they say that they are ``alone``. Fields
    that are floats may differ from item to item.

    >>> kind_of_rule(BaseStock(5)) == kind_of_rule(BaseStock(8)), kind_of_rule(lambda view: 5)
    (True, None)
    """
    kind = type(rule)
    own = is_dataclass(rule) and kind.__module__.partition(".")[0] == "twinlab"
    if not own or getattr(kind, "alone", False):
        return None
    parts: list[Any] = [kind]
    for value in (getattr(rule, f.name) for f in fields(rule)):
        inner = kind_of_rule(value) if callable(value) else value
        if callable(value) and inner is None:
            return None
        parts.append(float if isinstance(value, float) else inner)
    return tuple(parts)


def stack(rules: Sequence[Any]) -> Any:
    """One rule in place of many of one kind: a field of floats is a column of numbers.

    >>> stack([BaseStock(5), BaseStock(8)]).up_to.tolist()
    [[5.0], [8.0]]
    """
    one = object.__new__(type(rules[0]))
    for f in fields(rules[0]):
        values = [getattr(rule, f.name) for rule in rules]
        value = stack(values) if callable(values[0]) else values[0]
        value = np.array(values)[:, None] if isinstance(value, float) else value
        object.__setattr__(one, f.name, value)
    return one
