"""What blocks of work on arrays are made of: rows, steps, sums, stacked rules, and records."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np

from twinlab.modeling.simulation.measures import BY_LANE, FLOWS
from twinlab.modeling.simulation.plan import STOCKS, Plan
from twinlab.scope.distributions import Array
from twinlab.scope.later import sparse

Rows = Any  # a slice where rows follow each other (a window is free), else an array of row numbers
Entry = tuple[int, float]  # a row, and what its numbers count for
SPAN = 32  # days of a table that are put side by side at once


def span(numbers: Iterable[int]) -> Rows:
    """Row numbers as a slice, if they follow each other."""
    rows = np.fromiter(numbers, dtype=np.intp)
    first = int(rows[0]) if len(rows) else 0
    same = np.array_equal(rows, np.arange(first, first + len(rows)))
    return slice(first, first + len(rows)) if same else rows


def index(rows: Rows) -> Any:
    """Row numbers, one by one."""
    return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


class Step(NamedTuple):
    """The j-th entries of some lists: of which lists, their rows, their factors (or 1 for all)."""

    which: Rows
    rows: Rows
    factors: Any


def steps(lists: Sequence[Sequence[Entry]]) -> list[Step]:
    """The first entries of all lists, then the second ones, and so on."""
    found, which = [], list(range(len(lists)))
    for at in range(max(map(len, lists), default=0)):
        which = [k for k in which if len(lists[k]) > at]
        rows, factors = zip(*(lists[k][at] for k in which), strict=True)
        column = np.array(factors)[:, None]
        found.append(Step(span(which), span(rows), 1.0 if (column == 1.0).all() else column))
    return found


def by_place(lists: Iterable[Sequence[int]]) -> list[int]:
    """The first numbers of all lists, then the second ones, and so on."""
    ranked = [(at, k, number) for k, each in enumerate(lists) for at, number in enumerate(each)]
    return [number for _, _, number in sorted(ranked)]


class Sums:
    """Sums of rows of a table, added up entry by entry in the order given.

    Factors are multiplied first, so that no machine fuses a product with a sum.
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


class Days:
    """Tables of days × replications (or × 1), row by row: a table of rows × replications a day."""

    def __init__(self, tables: Sequence[Array]) -> None:
        """Put the tables side by side, a few days at a time."""
        self.tables, self.part = tables, -1
        self.width = max((table.shape[1] for table in tables), default=1)
        self.span = 0 if all(map(certain, tables)) else SPAN
        self.rows: Array = np.zeros((1, 0, 1))

    def __getitem__(self, day: int) -> Any:
        part = day // self.span if self.span else 0
        if part != self.part and self.tables:
            days = slice(part * self.span, (part + 1) * self.span or 1)
            some = [table[days] for table in self.tables]
            if self.width > 1:
                some = [np.broadcast_to(one, (len(one), self.width)) for one in some]
            self.part, self.rows = part, np.stack(some, axis=1)
        return self.rows[day % self.span if self.span else 0]


def certain(table: Any) -> bool:
    """Whether a table of days holds one number for all days and replications."""
    return table.shape[1] == 1 and (table.strides[0] == 0 or bool((table == table[:1]).all()))


class Ring:
    """What is due on later days: a table of rows × replications for each of them."""

    def __init__(self, days: int, rows: int, width: int) -> None:
        self.table = np.zeros((days + 1, rows, width))

    def due(self, day: int) -> Any:
        """What is due on a day: a window."""
        return self.table[day % len(self.table)]

    def add(self, days: Any, rows: Rows, units: Array) -> None:
        """Put units where they are due, row by row."""
        self.table[days % len(self.table), index(rows)] += units


def kind_of_rule(rule: Any) -> Hashable:
    """What rules must share to be asked together; None for a rule that is asked by itself.

    Rules of the library decide number by number, unless they say that they are ``alone``. Fields
    that are floats may differ from item to item.
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
    """One rule in place of many of one kind: a field of floats is a column of numbers."""
    one = object.__new__(type(rules[0]))
    for f in fields(rules[0]):
        values = [getattr(rule, f.name) for rule in rules]
        value = stack(values) if callable(values[0]) else values[0]
        value = np.array(values)[:, None] if isinstance(value, float) else value
        object.__setattr__(one, f.name, value)
    return one


class Records:
    """The rows of a record: by stock or flow, of which items, lanes, recipes or claims."""

    def __init__(self, plan: Plan) -> None:
        """Number the rows."""
        items, lanes = plan.items, list(range(len(plan.lanes)))
        sold, made = sorted(plan.sellers), sorted(recipe.item for recipe in plan.recipes)
        decided = [item.number for item in items if not item.unlimited]
        numbers = dict.fromkeys((*STOCKS, *FLOWS), sold)
        numbers |= dict.fromkeys(("on_hand", "on_order", "ordered"), decided)
        numbers |= dict.fromkeys((*BY_LANE.values(),), lanes)
        numbers |= dict.fromkeys(("started", "finished", "scrap"), made)
        numbers["owed"] = [*lanes, *(len(lanes) + item for item in sold)]
        numbers["in_process"] = list(range(len(plan.recipes)))
        numbers["asked_today"] = list(range(len(items)))
        numbers["received"] = [item.number for item in items if item.lanes_in]
        numbers["scrapped"] = list(plan.losing)
        numbers["consumed"] = sorted({c for recipe in plan.recipes for c, _ in recipe.components})
        self.numbers = numbers
        ends = np.cumsum([len(each) for each in numbers.values()]).tolist()
        self.rows = {
            name: slice(end - len(each), end)
            for end, (name, each) in zip(ends, numbers.items(), strict=True)
        }
        self.sizes = dict.fromkeys(FLOWS, len(items)) | dict.fromkeys(BY_LANE.values(), len(lanes))
        self.sizes |= {name: len(keys) for name, keys in plan.stock_keys.items()}

    def whole(self, name: str, record: Array) -> Array:
        """A stock or flow of all items (lanes, …), from rows of a record: what has no row is 0."""
        found = np.zeros((self.sizes[name], *record.shape[1:]))
        found[self.numbers[name]] = record[self.rows[name]]
        return found

    def rows_of(self, name: str, numbers: Any) -> list[int]:
        """The rows of some items (lanes, …), as far as they have any."""
        wanted, begin = set(numbers), self.rows[name].start
        return [begin + at for at, number in enumerate(self.numbers[name]) if number in wanted]
