"""Reading a planner's tables: which column is which, what is converted, and what is to be told.

A ``Reader`` opens a source and gives its tables under our names. Whatever it takes, assumes,
converts or leaves out becomes a note of its report.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from twinlab.scope.cells import BLANK, as_text, parse_cell
from twinlab.scope.columns import Column, column
from twinlab.scope.dialect import Dialect, day_first, decimal_sign, read_number
from twinlab.scope.errors import NetworkError, TwinError, did_you_mean
from twinlab.scope.measures import MASS, factor, in_their_unit, scaled, unit_of
from twinlab.scope.result import Listing, Result
from twinlab.scope.sources import Sheet, Source, open_source, plain_name

__all__ = ["Note", "Report"]

Names = Mapping[str, Any]
Known = Mapping[str, Column | None]
# Where a blank cell would be a guess: unknown is neither a day nor nothing.
NEVER_BLANK = ("lead_time", "production_time", "on_hand", "days")
_HELPERS = {"columns": ("theirs", "ours", "table"), "rates": ("currency", "rate")}
_HELPERS["units"] = ("product", "unit", "pieces")
_WORDS = ("node", "product", "name", "kind", "unit", "currency", "theirs", "ours", "table")
Keep = Callable[[Mapping[str, str | None]], Sequence[str]]


def _nothing(_: Mapping[str, str | None]) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Note(Result):
    """One thing that is to be known of tables that were read.

    >>> Note("left out", "nodes.csv", "Remark")
    left out: nodes.csv: Remark
    """

    kind: str = column("label", meaning="read, assumed, converted, left out, or odd")
    where: str = column("name", meaning="which table")
    what: str = column("words", meaning="what is to be known")

    def sentence(self) -> str:
        """The note in words."""
        return f"{self.kind}: {self.where}{': ' * bool(self.what)}{self.what}"


@dataclass(frozen=True)
class Report(Listing):
    """What was read from tables, assumed, converted and left out, and what looks odd.

    >>> Report((Note("read", "nodes.csv", "4 rows"),))
    What was read
    read: nodes.csv: 4 rows
    """

    caption: ClassVar[str] = "What was read"
    keys: ClassVar[int] = 2

    notes: tuple[Note, ...]

    @property
    def odd(self) -> tuple[str, ...]:
        """What looks odd, in words."""
        return tuple(note.what for note in self.notes if note.kind == "odd")


@dataclass
class Table:
    """A table under our names: where each row stands, its filled cells, and how to read them."""

    title: str
    units: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    decimal: str = ""
    days_first: bool | None = None
    kept: Sequence[str] = ()

    def value(self, where: str, col: Column, cell: Any) -> Any:
        """Read a cell; a NetworkError says where it stands."""
        try:
            return parse_cell(col, cell, self.decimal, self.days_first)
        except (ValueError, TwinError) as problem:
            raise NetworkError(f"{where}: {col.name} {problem}") from None


class Reader:
    """Gives the tables of a source under our names, and notes what is to be told."""

    def __init__(
        self, source: Source, columns: Names | None, tables: Names | None, dialect: Dialect | None
    ) -> None:
        self.dialect = dialect or Dialect()
        self.loaders = open_source(source, self.dialect)
        self.folder = isinstance(source, str | Path) and Path(source).is_dir()
        self.called = {ours: plain_name(theirs) for ours, theirs in (tables or {}).items()}
        self.notes: list[Note] = []
        self.seen: set[str] = set()
        self.weights: dict[str, float] = {}
        self.converted: Counter[tuple[str, str, str]] = Counter()
        self.ours: dict[tuple[str, str], Any] = {}
        for theirs, ours in (columns or {}).items():
            inner = ours if isinstance(ours, Mapping) else {theirs: ours}
            table = str(theirs) if isinstance(ours, Mapping) else ""
            self.ours |= {(table, _key(head)): name for head, name in inner.items()}
        for _, row in self.helper("columns", ("theirs",)):
            self.ours.setdefault((row.get("table", ""), _key(row["theirs"])), row.get("ours"))
        rates = self.helper("rates", ("currency", "rate"))
        self.money = {row["currency"]: _factor(at, row, "rate") for at, row in rates}
        self.pieces: dict[str, dict[str, float]] = defaultdict(dict)
        for at, row in self.helper("units", ("unit", "pieces")):
            self.pieces[row.get("product", "")][row["unit"]] = _factor(at, row, "pieces")

    @property
    def report(self) -> Report:
        """All notes, with what was converted, and the tables that nobody asked for."""
        told = [
            Note("converted", title, f"{name} from {unit} ({count} rows)")
            for (title, name, unit), count in self.converted.items()
        ]
        rest = [name for name in self.loaders if name not in self.seen]
        left = [Note("left out", name, "no table of a network has this name") for name in rest]
        return Report((*self.notes, *told, *left))

    def note(self, kind: str, table: str, what: str) -> None:
        """Note what is to be told."""
        self.notes.append(Note(kind, table, what))

    def has(self, name: str) -> str:
        """The name by which the source has a table, in our word or in theirs; empty if not."""
        if name in self.called and self.called[name] not in self.loaders:
            hint = did_you_mean(self.called[name], self.loaders)
            raise NetworkError(f"tables: the source has no {self.called[name]!r}; {hint}")
        names = (self.called.get(name, name), name.removesuffix("s"))
        return next((one for one in names if one in self.loaders), "")

    def want(self, name: str) -> None:
        """See that a table is there; the only one of a file is taken for it."""
        if not self.has(name):
            if len(self.loaders) != 1 or self.folder:
                hint = did_you_mean(name, self.loaders)
                raise NetworkError(f"the source has no table {name!r}; {hint}")
            self.called[name] = next(iter(self.loaders))

    def helper(self, name: str, needed: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
        """The rows of a small table that says how to read the others; none if it is not there."""
        if not self.has(name):
            return []
        rows = self.table(name, dict.fromkeys(_HELPERS[name])).rows
        for where, row in rows:
            for word in needed:
                if word not in row:
                    raise NetworkError(f"{where}: {word} is missing")
        return [(at, {key: as_text(cell) for key, cell in row.items()}) for at, row in rows]

    def table(self, name: str, known: Known, keep: Keep = _nothing) -> Table:
        """Read a table; ``known`` are our columns, ``keep`` chooses others to stay as they are."""
        own = self.has(name)
        self.seen.add(own)
        sheet = self.loaders[own]()
        filled = [at for at, row in enumerate(sheet.rows) if any(map(_filled, row))]
        if not filled:
            return Table(sheet.title)
        heads = (self._named(name, sheet.rows[at], known, keep) for at in filled[:20])
        found = next(((n, head) for n, head in enumerate(heads) if _is_header(head)), None)
        above, head = found or (0, self._named(name, sheet.rows[filled[0]], known, keep))
        start = filled[above]
        _check_header(sheet.title, head, known)
        left = [each.text for each in head if each.text and each.ours is None]
        for what in (f"{above} rows above the header" * (above > 0), ", ".join(left)):
            if what:
                self.note("left out", sheet.title, what)
        units = {each.ours: each.unit for each in head if each.ours and each.unit}
        rows = list(_records(sheet, start, filled[above + 1 :], head))
        decimal = self.dialect.decimal or _decimal(rows, known)
        days = (row.get(n, "") for n, col in known.items() if _is_day(n, col) for _, row in rows)
        first = day_first(day for day in days if isinstance(day, str))
        told = Dialect(sheet.dialect.encoding, sheet.dialect.separator, decimal)
        count = f"{len(rows)} row{'s' * (len(rows) != 1)}"
        self.note("read", sheet.title, ", ".join(filter(None, [count, str(told)])))
        kept = [each.text for each in head if each.ours and each.ours not in known]
        return Table(sheet.title, units, rows, decimal, first, kept)

    def _named(self, table: str, heads: Sequence[Any], known: Known, keep: Keep) -> list["Head"]:
        """What each column is called by them and by us."""
        found = []
        for text in (as_text(cell) if _filled(cell) else "" for cell in heads):
            short, unit = unit_of(text)
            keys = [(t, _key(word)) for word in (text, short) for t in (table, "")]
            key = next((key for key in keys if key in self.ours), None)
            name = next((n for n in map(plain_name, (text, short)) if n in known), "")
            if key is not None:
                name, given = unit_of(self.ours[key] or "")
                found.append(Head(text, name or None, given or unit, bool(name)))
            else:
                found.append(Head(text, name, unit if name != plain_name(text) else ""))
        kept = {*keep({each.text: each.ours for each in found})}
        rest = None if ("", "*") in self.ours else ""
        others = {each.text: each.text if each.text in kept else rest for each in found}
        return [
            each if each.ours != "" else Head(each.text, others[each.text], "") for each in found
        ]

    def blank(self, table: Table, where: str, col: Column, cell: Any) -> bool:
        """Whether a cell says that there is nothing, as "-" does; it is told."""
        if col.type is str or not isinstance(cell, str) or cell.lower() not in BLANK:
            return False
        if col.name in NEVER_BLANK:
            raise NetworkError(f"{where}: {col.name} {cell!r} tells nothing: fill it in")
        self.converted[table.title, col.name, f"{cell!r} to its default"] += 1
        return True

    def converted_value(
        self, table: Table, where: str, row: Mapping[str, Any], col: Column, value: Any
    ) -> Any:
        """A value in our unit, from that of its header and row; NetworkError if it has none."""
        ours = col.unit
        unit, currency = (as_text(row.get(name, "")) for name in ("unit", "currency"))
        theirs = in_their_unit(table.units.get(col.name, ours), unit, currency)
        if theirs == ours or value is None or isinstance(value, str | bool):
            return value
        product = as_text(row.get("product", row.get("name", "")))
        pieces = self.pieces[""] | self.pieces[product]
        if weight := self.weights.get(product):
            pieces = {mass: kg / weight for mass, kg in MASS.items()} | pieces
        self.converted[table.title, col.name, theirs] += 1
        try:
            return scaled(value, factor(ours, theirs, self.money, pieces))
        except ValueError as problem:
            raise NetworkError(
                f"{where}: {col.name} {problem} (product {product!r}): known are measures of the "
                f"table units (product, unit, pieces), {', '.join(pieces) or 'none so far'}, and "
                f"currencies of rates (currency, rate in USD), {', '.join(self.money) or 'none'}"
            ) from None


def _factor(where: str, row: Mapping[str, str], name: str) -> float:
    try:
        if (number := read_number(row[name])) > 0:
            return number
        problem = f"must be above 0, got {number:g}"
    except ValueError as wrong:
        problem = f"is a number, got {wrong}"
    raise NetworkError(f"{where}: {name} {problem}")


class Head(NamedTuple):
    """What a column is called: by them, by us (None: left out, empty: unknown), and its unit."""

    text: str
    ours: str | None
    unit: str
    mapped: bool = False


def _key(head: Any) -> str:
    return plain_name(head) or str(head)


def _is_header(head: Sequence[Head]) -> bool:
    """Whether most of the cells of a row are names of columns."""
    named = sum(bool(each.text) for each in head)
    return 2 * sum(bool(each.ours) for each in head) > named


def _check_header(title: str, head: Sequence[Head], known: Known) -> None:
    wrong = [each for each in head if each.text and each.ours == ""]
    wrong += [each for each in head if each.mapped and each.ours not in known]
    if wrong:
        first, *others = wrong
        said = first.ours if first.mapped else first.text
        part = "part columns by commas; " if {*";\t"} & {*first.text} else ""
        hint = did_you_mean(plain_name(said), known)
        also = "".join(f", nor is {each.text!r}" for each in others[:5])
        raise NetworkError(
            f"{title}: unknown column {said!r}{also}; {part}{hint} "
            f"(columns={{{first.text!r}: 'our name'}} says what it is, None that it is left out)"
        )
    for ours, count in Counter(each.ours for each in head if each.ours).items():
        if count > 1:
            texts = " and ".join(repr(each.text) for each in head if each.ours == ours)
            problem = f"{title}: two columns are called {ours!r} ({texts})"
            raise NetworkError(f"{problem}: drop one of them")


def _records(
    sheet: Sheet, start: int, rows: Sequence[int], head: Sequence[Head]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each row stands, and its filled cells by our names."""
    names = [each.ours for each in head]
    for at in rows:
        number = f"line {at + sheet.line}" if sheet.line else f"row {at - start}"
        where = f"{sheet.title} {number}"
        cells = sheet.rows[at]
        if any(map(_filled, cells[len(head) :])):
            problem = f"{where}: {len(cells)} cells, but the header has {len(head)} columns"
            raise NetworkError(f"{problem}: put text that holds a comma in quotes")
        for name, cell in zip(names, cells, strict=False):
            if name == "" and _filled(cell):
                raise NetworkError(f"{where}: {cell!r} stands in a column without a name: give one")
        pairs = zip(names, cells, strict=False)
        filled = {
            name: cell.strip() if isinstance(cell, str) else cell
            for name, cell in pairs
            if name and _filled(cell)
        }
        for name in NEVER_BLANK:
            if name in names and name not in filled:
                raise NetworkError(
                    f"{where}: {name} is blank, which nobody can tell from unknown: fill it in, "
                    "or drop the whole column to take its default"
                )
        yield where, filled


def _filled(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(cell.strip())
    return cell is not None


def _is_day(name: str, col: Column | None) -> bool:
    return name in ("day", "date") or (col is not None and col.unit == "day")


def _decimal(rows: Sequence[tuple[str, dict[str, Any]]], known: Known) -> str:
    """The decimal sign of a table's numbers, which must be one; empty if none tells."""
    places: dict[str, str] = {}
    words = {n for n, col in known.items() if _is_day(n, col) or (col and col.type in (str, bool))}
    words |= {*_WORDS}
    for where, row in rows:
        for name, cell in row.items():
            if name in words or not isinstance(cell, str) or not {".", ","} & {*cell}:
                continue
            parts = re.split(r"[;:\s]+", cell) if "(" not in cell else ()
            for sign in {decimal_sign(part) for part in parts} & {".", ","}:
                places.setdefault(sign, f"{where}: {name} {cell!r}")
    if len(places) > 1:
        one, other = places.values()
        raise NetworkError(f"{one} and {other} differ in the decimal sign: write them alike")
    return next(iter(places), "")
