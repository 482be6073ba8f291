"""What a function gives back: described columns that print, tabulate and show in one way.

A ``Result`` is a frozen dataclass whose columns carry units. Its text is one line of words, its
``table`` has a row per column, and a notebook shows it as a table with its caption. A ``Listing``
holds rows of one kind: its text has a line for each, its table a row. A class that can say it
better overrides ``_sentence``, nothing else.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from html import escape
from textwrap import shorten
from typing import Any, ClassVar, get_args, get_type_hints

import numpy as np

from twinlab.scope.columns import Column, Sealed, column, schema
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.later import pd

__all__ = ["Estimate", "Listing", "Result"]

MOST_ROWS, MOST_LETTERS = 20, 72  # that a notebook shows of a table, and of a cell
_UNSAID = ("name", "label", "words", "yes/no", "")  # units of what is said in words
_MANY = 12  # values of a list that are said


def shown(number: float) -> str:
    """Write a number for reading: thousands apart, four digits, small ones not rounded away."""
    if np.isnan(number):
        return "–"
    return f"{number:,.0f}" if abs(number) >= 999.5 else f"{number + 0.0:.4g}"


def gist(places: Sequence[float], line: Any, place: str = "day") -> str:
    """Say in a few numbers how a line goes."""
    low, high = int(np.nanargmin(line)), int(np.nanargmax(line))
    if line[low] == line[high]:
        return f"{shown(line[low])} throughout"
    ends = (f"{shown(line[at])} ({place} {shown(places[at])})" for at in (low, high))
    last = shown(line[np.isfinite(line)][-1])
    return "first {}, lowest {}, highest {}, last {}".format(shown(line[0]), *ends, last)


def words(value: Any) -> str:
    """Write any value for reading: of replications the mean, of an estimate its interval too."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.number):
        return shown(float(value))
    if isinstance(value, np.ndarray):
        return shown(_mean(value))
    if isinstance(value, Mapping):
        return _several(f"{words(key)} {words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return _several(map(words, value))
    return "–" if value is None else value.short if isinstance(value, Estimate) else str(value)


def _several(said: Iterable[str]) -> str:
    every = list(said)
    return ", ".join(every[:_MANY]) + (", …" if len(every) > _MANY else "")


def html_of(table: "pd.DataFrame", caption: str) -> str:
    """Give a table with its caption as HTML, its values written for reading and long ones cut."""
    said = escape(caption).replace("\n", "<br>")
    if not len(table):
        return f"<p>{said}</p>"
    if len(table) > MOST_ROWS:
        said += f" ({MOST_ROWS // 2} rows from each end of {len(table)}; all of them: .table)"
    cells = table.map(lambda value: shorten(words(value), MOST_LETTERS, placeholder=" …"))
    text = str(cells.to_html(max_rows=MOST_ROWS))
    return text.replace("<thead>", f"<caption>{said}</caption><thead>", 1)


class Page:
    """Whatever has a table: a notebook shows it, under what it prints."""

    def _repr_html_(self) -> str:
        return html_of(self.table, repr(self))  # type: ignore[attr-defined]


class Result(Sealed):
    """A frozen result whose columns carry units, made with ``frozen=True``.

    >>> class Cupboard(Result, frozen=True):
    ...     length: float = column("m", meaning="from wall to wall")
    ...     cost: float | None = column("USD", None)
    >>> Cupboard(2.5)
    length 2.5 m · cost –
    >>> Cupboard(2.5, 1200).table["unit"].to_dict()
    {'length': 'm', 'cost': 'USD'}
    """

    caption: ClassVar[str] = ""  # what stands above its table; empty: its class in words

    def __init_subclass__(cls, **how: bool) -> None:
        """Keep the words of a result: dataclass would write a ``__repr__`` of its own."""
        cls.__repr__ = cls.__repr__  # type: ignore[method-assign]
        super().__init_subclass__(**how)

    def sentence(self) -> str:
        """What it says in words: each column with its value and unit, or what its class says."""
        return self._sentence()

    def _sentence(self) -> str:
        said = []
        for col in schema(type(self)):
            value = getattr(self, col.name)
            unit = "" if value is None or col.unit in (*_UNSAID, "share") else f" {col.unit}"
            said.append(f"{_spaced(col.name)} {words(value)}{unit}")
        return " · ".join(said)

    @property
    def table(self) -> "pd.DataFrame":
        """One row per column: its value (of an estimate the interval too), unit and meaning."""
        columns = schema(type(self))
        names = pd.Index([col.name for col in columns], name="name")
        values = (getattr(self, name) for name in names)
        table = pd.DataFrame([parts(value, "value", "low", "high") for value in values], names)
        return table.assign(unit=[c.unit for c in columns], meaning=[c.meaning for c in columns])

    def __repr__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        kind = type(self)
        plain = (kind.sentence, kind._sentence) == (Result.sentence, Result._sentence)
        return html_of(self.table, self._above if plain or self.caption else self.sentence())

    @property
    def _above(self) -> str:
        return self.caption or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).capitalize()


class Listing(Result):
    """A frozen result whose first field holds described rows, such as the risks of all sites.

    >>> class Cupboard(Result, frozen=True):
    ...     name: str = column("name")
    ...     length: float = column("m")
    >>> class Goods(Listing, frozen=True):
    ...     caption = "Goods on sale"
    ...     goods: tuple[Cupboard, ...]
    >>> sale = Goods((Cupboard("oak", 2.5),))
    >>> sale
    Goods on sale
    name oak · length 2.5 m
    >>> sale["oak"].length, list(sale.table.columns)
    (2.5, ['length [m]'])
    """

    keys: ClassVar[int] = 1  # how many columns name a row

    @property
    def _rows(self) -> tuple[Any, ...]:
        return tuple(getattr(self, fields(self)[0].name))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, name: str | tuple[str, ...]) -> Any:
        words = [col.name for col in _columns(type(self))[: self.keys]]
        named = {tuple(getattr(row, word) for word in words): row for row in self._rows}
        given = name if isinstance(name, tuple) else (name,)
        if given not in named:
            hint = did_you_mean(_said(given), map(_said, named))
            raise ScenarioError(f"{self._above}: no {name!r}; {hint}")
        return named[given]

    def _sentence(self) -> str:
        return self._above

    @property
    def table(self) -> "pd.DataFrame":
        """One row each, under headings such as ``loss [USD]``; what names it is the index.

        An estimate fills three columns: ``loss [USD]``, ``loss low [USD]``, ``loss high [USD]``.
        """
        units = {c.name: "" if c.unit in _UNSAID else f" [{c.unit}]" for c in _columns(type(self))}
        ends = ("", " low", " high")
        heads = {name: [_spaced(name) + end + unit for end in ends] for name, unit in units.items()}
        rows = []
        for row in self._rows:
            told = (parts(getattr(row, name), *three) for name, three in heads.items())
            rows.append({head: part for each in told for head, part in each.items()})
        names = [head for head, *_ in heads.values()]
        table = pd.DataFrame(rows) if rows else pd.DataFrame(columns=names)
        return table.set_index(names[: self.keys])

    def __repr__(self) -> str:
        return "\n".join(filter(None, [self.sentence(), *map(str, self._rows)]))


def _columns(listing: Any) -> tuple[Column, ...]:
    """The columns of a listing's rows, from the type of its first field: ``tuple[Row, ...]``."""
    kind, *_ = get_args(get_type_hints(listing)[fields(listing)[0].name])
    return schema(kind)


def parts(value: Any, head: str, low: str, high: str) -> dict[str, Any]:
    """A value under its heading; of an estimate the ends too, of many replications the mean."""
    if isinstance(value, Estimate):
        return {head: value.mean, low: value.low, high: value.high}
    if isinstance(value, np.ndarray):
        return {head: _mean(value)}
    return {head: "–" if value is None else value}


def _mean(values: Any) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def _said(key: tuple[Any, ...]) -> str:
    return ", ".join(map(str, key))


def _spaced(name: str) -> str:
    return name.replace("_", " ")


class Estimate(Result, frozen=True):
    """A mean over independent replications, with its confidence interval.

    >>> print(Estimate(mean=0.9, low=0.88, high=0.92, count=1000, confidence=0.95))
    0.9 [0.88, 0.92]: mean of 1,000 replications, 95 % interval
    """

    mean: float = column("", meaning="over the replications")
    low: float = column("", meaning="lower end of the interval")
    high: float = column("", meaning="upper end of the interval")
    count: int = column("replications", meaning="that have a value")
    confidence: float = column("share", meaning="of such intervals that hold the true mean")
    note: str = column("words", "", "what must be known beside it: that the chain still moves, say")

    @property
    def short(self) -> str:
        """The mean and its interval."""
        return f"{shown(self.mean)} [{shown(self.low)}, {shown(self.high)}]"

    def times(self, factor: float) -> "Estimate":
        """So many times as much, such as USD a year of USD a day."""
        ends = sorted((factor * self.low, factor * self.high))
        return replace(self, mean=factor * self.mean, low=ends[0], high=ends[1])

    @property
    def verdict(self) -> str:
        """Whether luck alone could explain a gain, in words."""
        doubt = "its interval includes 0: luck could explain it" if self.high >= 0 else "a loss"
        return "worth it" if self.low > 0 else doubt

    def _sentence(self) -> str:
        beside = f"{100 * self.confidence:g} % interval{self.note and '; ' + self.note}"
        return f"{self.short}: mean of {self.count:,} replications, {beside}"
