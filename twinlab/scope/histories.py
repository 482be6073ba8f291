"""Recorded quantities of items, by day, week or month, with the days on which nobody was open.

What a table does not say of a day is a closed day, or a day on which nothing was asked: which, is
found out or told, and stands in the report. What is not known is NaN and never counts as zero.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from twinlab.scope.cells import BLANK, as_text
from twinlab.scope.columns import Column
from twinlab.scope.dialect import MONTH, WEEK, day_first, read_date
from twinlab.scope.distributions import Constant, Gamma, NegativeBinomial, Normal, Poisson
from twinlab.scope.entities import Demand, ItemKey
from twinlab.scope.errors import NetworkError, check_known
from twinlab.scope.later import pd
from twinlab.scope.reading import TOTALS, Reader, Report, Table, in_our_unit
from twinlab.scope.result import Page

__all__ = ["History"]

_QUANTITY = Column("quantity", float, 0.0, "units", "what was asked", 0, float("inf"))
_NAMES = {name: Column(name, str, "", "", "", 0, 0) for name in ("node", "product")}
_NUMBERED = re.compile(r"(?:d|day)?[ _]?(\d{1,4})", re.ASCII | re.IGNORECASE)
_MONTHLY = re.compile(rf"{MONTH.pattern}|[A-Za-z]+[- ]\d{{2,4}}", re.ASCII)
_DAYS = {"day": "D", "week": "7D", "month": "MS"}
_FAR = 20  # times the median
_RARE, _LONG = 0.05, 28  # a share of days without rows; days that tell the weekdays
_LONGEST, _MOST = 20_000, 10**8  # days; days of all items


@dataclass(frozen=True, eq=False, repr=False)
class History(Page):
    """What was asked or sold of items: a column for each (node, product), NaN where closed.

    ``table`` has a row for each ``step`` (day, week, month): by its first date, or by number.

    >>> sold = pd.DataFrame({"date": ["2026-03-02", "2026-03-03"], "node": "shop",
    ...                      "product": "bike", "quantity": [4, 6]})
    >>> history = read_history(sold)
    >>> history, f"{history.end}"
    (History of 1 item by day, 2 days from 2026-03-02, '2026-03-04')
    """

    table: "pd.DataFrame"
    step: str
    report: Report

    def __repr__(self) -> str:
        count, items = len(self.table), len(self.items)
        said = f"History of {items} item{'s' * (items != 1)} by {self.step}, {count} {self.step}s"
        return f"{said}{f' from {self.start}' if self.start else ''}"

    @property
    def items(self) -> tuple[ItemKey, ...]:
        """Each (node, product) that it tells of."""
        return tuple(self.table.columns)  # type: ignore[arg-type]

    @property
    def start(self) -> date | None:
        """Its first day; None if its days are numbers."""
        return self.table.index[0].date() if self._dated else None

    @property
    def end(self) -> date | None:
        """The day after its last one, from which a scenario goes on; None if they are numbers."""
        return self.start + timedelta(days=int(self._lengths.sum())) if self.start else None

    @property
    def _dated(self) -> bool:
        return isinstance(self.table.index, pd.DatetimeIndex)

    @property
    def _lengths(self) -> Any:
        """The days of each step."""
        if self.step == "month":
            return pd.DatetimeIndex(self.table.index).days_in_month.to_numpy()
        return np.full(len(self.table), 7 if self.step == "week" else 1)

    def series(self, item: ItemKey) -> "pd.Series":
        """What is known of an item, oldest first; closed days are left out."""
        check_known(item, self.items, f"the history tells nothing of {item!r}", NetworkError)
        return self.table[item].dropna()

    def days(self) -> dict[ItemKey, list[float]]:
        """Each item day by day, for a ``Trace``: 0 where closed; weeks, months in equal parts."""
        lengths = self._lengths
        daily = np.nan_to_num(self.table.to_numpy() / lengths[:, None])
        return dict(zip(self.items, np.repeat(daily, lengths, axis=0).T.tolist(), strict=True))

    def demand(self, row: Demand, start: Any = None) -> Demand:
        """Let customers ask by a law of chance around the mean of each weekday, as they did here.

        Whole numbers follow a Poisson or negative binomial law, others a normal or gamma one.
        Weekdays that were always closed ask nothing; the others are told apart by four weeks of
        days. ``start`` is the date of the scenario's day 0 (default: ``end``). NetworkError: there
        is no demand to learn from, or ``start`` of days without dates.
        """
        known = self.series(item := (row.node, row.product))
        if not known.sum():
            raise NetworkError(f"{' '.join(item)}: the history has no demand: leave it out")
        if start is not None and not self._dated:
            raise NetworkError(f"start {start!r}: the history's days are numbers: leave it out")
        lengths = self._lengths[self.table[item].notna().to_numpy()]
        usual, season = known.sum() / lengths.sum() * lengths, pd.Series([1.0])
        mean, first = usual[0] / lengths[0], 0
        if self.step == "day" and len(self.table) >= 7:
            week = pd.DatetimeIndex(known.index).day_of_week if self._dated else known.index % 7
            each = known.groupby(week).transform("mean") if len(self.table) >= _LONG else mean
            usual = (known * 0 + each).to_numpy()
            season = pd.Series(usual).groupby(week).first().reindex(range(7)).fillna(0.0)
            mean, season = season.mean(), season / season.mean()
            last = 0 if self._dated else int(self.table.index[-1])
            first = read_date(start or self.end).weekday() if self._dated else last + 1
        factors = tuple(np.roll(season, -first)) if season.nunique() > 1 else ()
        law = _law(float(mean), known.to_numpy(), usual, lengths)
        return replace(row, pattern=law, season=factors, season_days=7 if factors else 365, trend=0)


def _law(mean: float, known: Any, usual: Any, lengths: Any) -> Any:
    """The law of a day that varies as what is known does around what is usual."""
    known, usual, lengths = (values[usual > 0] for values in (known, usual, lengths))
    square = (known - usual) ** 2 * len(known) / max(1, len(known) - len({*usual}))
    if not square.sum():
        return Constant(mean)
    if (known % 1 == 0).all():  # variance: mean + share × mean², as it is drawn in a season
        share = (square - usual).sum() / (usual**2 / lengths).sum()
        sd = float(np.sqrt(max(0.0, mean + share * mean**2)))
        return NegativeBinomial(mean, sd) if sd**2 > mean * 1.001 else Poisson(mean)
    sd = mean * float(np.sqrt(square.sum() / (usual**2 / lengths).sum()))
    return Normal(mean, sd) if mean > 3 * sd else Gamma(mean, sd)


def history_of(reader: Reader, name: str, fixed: Mapping[str, str], gaps: str = "") -> History:
    """Read a table of recorded quantities: a row for each day and item, or wide."""
    if gaps not in ("", "closed", "zero", "trace"):
        raise NetworkError(f"gaps are 'closed' or 'zero' (or '': as the table tells), got {gaps!r}")
    for word in fixed:
        check_known(word, ("node", "product"), f"fixed has no {word!r}", NetworkError)
    table = _told(reader, name)
    rows = list(_cells(reader, table, fixed))
    if not rows:
        raise NetworkError(f"{table.title} tells nothing: write a row for each day and item")
    frame = pd.DataFrame(rows, columns=["at", "node", "product", "units", "there"])
    at, step = _periods(frame["at"].tolist(), table, gaps)
    frame["at"] = frame["at"].map(at)
    items = list(dict.fromkeys(zip(frame["node"], frame["product"], strict=True)))
    every = _every(table.title, pd.Index(frame["at"].unique()), step)
    if len(every) * len(items) > _MOST:
        size = f"{len(items):,} items in {len(every):,} {step}s"
        raise NetworkError(f"{table.title}: {size} are too many: read some of them")
    grouped = frame.groupby(["at", "node", "product"])
    if twice := len(frame) - len(grouped):
        reader.note("assumed", table.title, f"{twice} rows of a day and item add to others")
    asked = grouped["units"].sum(min_count=1).unstack(["node", "product"])[items]
    there = grouped["there"].any().unstack(["node", "product"])[items]
    asked = asked.reindex(every)
    there = there.reindex(every).fillna(False).astype(bool)
    if gaps != "trace" or isinstance(asked.index, pd.DatetimeIndex):
        asked = _without_gaps(reader, table.title, asked, there, gaps)
        _note_oddities(reader, table.title, asked, there)
    days = " (gaps='closed' or 'zero' takes them as days)" * (step == "week")
    reader.note("read", table.title, f"by {step}, from {asked.index[0]!s:.10}{days}")
    return History(asked, step, reader.report)


def _told(reader: Reader, name: str) -> Table:
    """The table, and what it leaves out."""
    known = dict.fromkeys(("node", "product", "date", "day", "unit")) | {"quantity": _QUANTITY}
    table = reader.table(name, known, _wide)
    if sums := [text for text in table.kept if text.lower() in TOTALS]:
        reader.note("left out", table.title, f"{', '.join(sums)}, of totals")
        table.kept = [text for text in table.kept if text not in sums]
    if table.kept and any({"date", "day"} & row.keys() for _, row in table.rows):
        reader.note("assumed", table.title, f"columns are items: {', '.join(table.kept)}"[:200])
    if any({"date", "day"} <= row.keys() for _, row in table.rows):
        reader.note("left out", table.title, "day, where there is a date")
    return table


def _wide(heads: Mapping[str, str | None]) -> list[str]:
    """Of the headers that are none of ours: those that are days, or else items beside days."""
    free = [text for text, ours in heads.items() if text and ours == ""]
    if "quantity" in heads.values():
        return []
    days = [text for text in free if _NUMBERED.fullmatch(text) or _is_date(text)]
    return days or (free if {"date", "day"} & {*heads.values()} else [])


def _is_date(text: str) -> bool:
    for days_first in (True, False):
        with suppress(ValueError):
            return bool(read_date(text, days_first))
    return False


def _cells(reader: Reader, table: Table, fixed: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """Each (day as it stands, node, product, units, whether it is told)."""
    seen: dict[Any, float] = {}
    for where, row in table.rows:
        at, names = row.get("date", row.get("day")), _names(where, table, row, fixed)
        own = [(at, names, row.get("quantity"))] if not table.kept else []
        for text in table.kept:
            item = names if at is None else _item(where, text, names)
            own.append((text if at is None else at, item, row.get(text)))
        for day, item, cell in own:
            missing = [n for n in names if not item[n]] + ["date"] * (day is None)
            if missing:
                raise NetworkError(f"{where}: {missing[0]} is missing: fixed={{...}} may say it")
            if cell not in seen:
                seen[cell] = _units(where, table, cell)
            units = seen[cell]
            if "unit" in row or table.units:
                units = in_our_unit(reader, table, (where, row | item), _QUANTITY, units)
            yield day, item["node"], item["product"], units, cell is not None or not table.kept


def _names(where: str, table: Table, row: Mapping[str, Any], fixed: Any) -> dict[str, str]:
    told = {name: row.get(name, fixed.get(name, "")) for name in _NAMES}
    names = {
        n: c if isinstance(c, str) else table.value(where, _NAMES[n], c) for n, c in told.items()
    }
    for word, said in fixed.items():
        if names[word] != said:
            problem = f"{where}: {word} {names[word]!r}, but fixed says {said!r}"
            raise NetworkError(f"{problem}: leave it out of fixed")
    return names


def _units(where: str, table: Table, cell: Any) -> float:
    """A recorded quantity; NaN if it is blank."""
    if cell is None or str(cell).strip().lower() in BLANK:
        return float("nan")
    units: float = table.value(where, _QUANTITY, cell)
    if not 0 <= units < float("inf"):
        problem = f"quantity is a number of at least 0, got {cell!r}"
        raise NetworkError(f"{where}: {problem}: returns stand apart")
    return units


def _item(where: str, text: str, names: Mapping[str, str]) -> dict[str, str]:
    """Which item a column is of: "shop/bike", or the one of both that nothing else says."""
    left = [name for name in ("node", "product") if not names[name]]
    parts = text.split("/") if len(left) == 2 else [text]
    if len(left) != len(parts):
        remedy = "Write shop/bike, or say what all are of: fixed={'product': 'bike'}"
        raise NetworkError(f"{where}: column {text!r} is of which node and product? {remedy}")
    return {**names, **dict(zip(left, map(str.strip, parts), strict=True))}


def _periods(cells: Any, table: Table, gaps: str) -> tuple[dict[Any, Any], str]:
    """Each day as it stands as a date or number, and the step from one to the next."""
    every = list(dict.fromkeys(cells))
    numbers = [_NUMBERED.fullmatch(as_text(cell)) for cell in every]
    if all(numbers):
        days = [int(found[1]) for found in numbers if found]
        if min(days) > 1900 and max(days) < 2200 and as_text(every[0]).isdigit():
            raise NetworkError(f"{table.title}: {every[0]} is a year: write its months or days")
        first = min(days) if table.kept and "day" not in table.units else 0
        return {cell: day - first for cell, day in zip(every, days, strict=True)}, "day"
    first_day = day_first(cell for cell in every if isinstance(cell, str))
    dates = {cell: _date(cell, first_day, table) for cell in every}
    told, texts = sorted({*dates.values()}), [as_text(cell) for cell in every]
    months = [12 * day.year + day.month for day in told]
    ends = all((day + timedelta(days=1)).day == 1 for day in told)
    monthly = len({*months}) == len(told) and (ends or len({d.day for d in told}) == 1)
    span, weekly = (told[-1] - told[0]).days, all((day - told[0]).days % 7 == 0 for day in told)
    if all(map(_MONTHLY.fullmatch, texts)) or (monthly and _dense(told, months[-1] - months[0])):
        return {cell: pd.Timestamp(day.replace(day=1)) for cell, day in dates.items()}, "month"
    weekly &= _dense(told, span // 7) and not gaps
    step = "week" if weekly or all(map(WEEK.fullmatch, texts)) else "day"
    return {cell: pd.Timestamp(day) for cell, day in dates.items()}, step


def _dense(told: Sequence[date], span: int) -> bool:
    """Whether half of the weeks or months of a span are there, so that days are none of them."""
    return len(told) > 1 and 2 * len(told) > span + 1


def _date(cell: Any, first_day: bool | None, table: Table) -> date:
    try:
        return read_date(cell, first_day)
    except ValueError as problem:
        places = (at for at, row in table.rows if cell in (row.get("date"), row.get("day")))
        raise NetworkError(f"{next(places, table.title)}: date {problem}") from None


def _every(title: str, index: Any, step: str) -> Any:
    """Every day, week or month from the first to the last."""
    if isinstance(index, pd.DatetimeIndex):
        if (days := (index.max() - index.min()).days) > _LONGEST:
            ends = f"{index.min():%Y-%m-%d} and {index.max():%Y-%m-%d}"
            raise NetworkError(f"{title}: {ends} lie {days:,} days apart: mend or drop one of them")
        return pd.date_range(index.min(), index.max(), freq=_DAYS[step], name="date")
    return pd.RangeIndex(int(index.min()), int(index.max()) + 1, name="day")


def _without_gaps(reader: Reader, title: str, asked: Any, there: Any, gaps: str) -> Any:
    """Say of each day and item that the table leaves out whether it is a 0 or not known."""
    filled, zeros = asked.copy(), bool((asked == 0).any(axis=None))
    for node in dict.fromkeys(asked.columns.get_level_values("node")):
        own = [item for item in asked.columns if item[0] == node]
        told = there[own].any(axis=1)
        shut = _shut(told, gaps, zeros)
        nothing = ~there[own]
        if gaps != "zero" and (zeros or gaps == "closed"):
            nothing &= False  # who writes his zeros has left out what is not known
        nothing.loc[shut] = False
        filled[own] = filled[own].mask(nothing, 0.0)
        silent, none = nothing.loc[told].to_numpy().sum(), int((nothing.all(axis=1) & ~told).sum())
        for count, what in (
            (int(shut.sum()), "days without rows are closed days, not days of 0"),
            (none, "days without rows are days of 0"),
            (int(silent), "items are not told of on an open day: 0"),
        ):
            if count:
                reader.note("assumed", title, f"{node}: {count} {what}")
    if unknown := int((asked.isna() & there).sum().sum()):
        reader.note("assumed", title, f"{unknown} blank cells are not known, and no 0")
    return filled


def _note_oddities(reader: Reader, title: str, asked: Any, there: Any) -> None:
    """Tell of a day far above all others, and of one that lies far behind them."""
    for item in asked.columns:
        some = asked[item][asked[item] > 0]
        if len(some) >= _LONG // 2 and some.max() > _FAR * some.median():
            what = f"{some.max():g} on {some.idxmax()!s:.10}, half of the others below"
            reader.note("odd", title, f"{' '.join(item)}: {what} {some.median():g}")
    told = there.index[there.any(axis=1)]
    steps = told[1:] - told[:-1]
    if len(told) > _LONG // 2 and 2 * (far := steps.max()) > told[-1] - told[0]:
        at = int(steps.argmax())
        reader.note("odd", title, f"{told[at + 1]!s:.10} lies far behind {told[at]!s:.10}: {far}")


def _shut(told: Any, gaps: str, zeros: bool) -> Any:
    """On which days without rows a node was closed: on weekdays without any, or if they are few."""
    if gaps == "zero":
        return ~told & False
    if gaps == "closed" or zeros or not isinstance(told.index, pd.DatetimeIndex):
        return ~told
    never = ~told.groupby(told.index.day_of_week).transform("any")
    rest = ~told & ~never
    return never | (rest if rest.sum() <= _RARE * (~never).sum() else rest & False)
