"""Reading a planner's tables: which column is which, what is converted, and what is reported."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from twinlab.scope.cells import BLANK, as_text, parse_cell
from twinlab.scope.columns import Column, column
from twinlab.scope.dialect import Dialect, day_first, decimal_sign
from twinlab.scope.errors import NetworkError, TwinError, check_known, did_you_mean
from twinlab.scope.measures import MASS, factor, in_their_unit, scaled, unit_of
from twinlab.scope.result import Listing, Result
from twinlab.scope.sources import Sheet, Source, open_source, plain_name

__all__ = ["Note", "Report"]

Names = Mapping[str, Any]
Known = Mapping[str, Column | None]
Rows = Sequence[tuple[str, dict[str, Any]]]
Keep = Callable[[Mapping[str, str | None]], Sequence[str]]
# Where a blank cell would be a guess: unknown is neither a day nor nothing.
NEVER_BLANK = ("lead_time", "production_time", "on_hand", "days")
_WORDS = ("node", "product", "name", "kind", "unit", "currency", "theirs", "ours", "table")
_FACTOR = Column("factor", float, 1.0, "units or USD", "", 0, float("inf"))
_HELPERS: dict[str, Known] = {
    "columns": dict.fromkeys(("theirs", "ours", "table")),
    "rates": {"currency": None, "rate": _FACTOR},
    "units": {"product": None, "unit": None, "pieces": _FACTOR},
    "tables": dict.fromkeys(("ours", "theirs")),
}
_WIDEST = 100_000  # columns of a table
# What only the table of this name has in its header: so it is known under any other name.
_SIGNS = [("disruptions", {"kind", "start"}), ("lanes", {"source", "destination"})]
_SIGNS += [("demands", {"node", "product", "pattern"}), ("sales", {"date", "quantity"})]
_SIGNS += [("stocks", {"node", "product", "on_hand"})]
_SIGNS += [("recipes", {"node", "product", part}) for part in ("component", "components")]
_FIGURES = ("capacity", "latitude", "role", "country")
_SIGNS += [("nodes", {name, word}) for name in ("name", "node") for word in _FIGURES]
_SIGNS += [("products", {n, word}) for n in ("name", "product") for word in ("weight", "value")]
# What others call our columns; which it was taken for is told.
_USUAL = {
    "source": "from origin ship_from sender supplier",
    "destination": "to ship_to receiver consignee customer",
    "node": "site location store warehouse shop facility place customer",
    "product": "item sku material article part",
    "name": "node site location store warehouse facility product item sku material article",
    "pattern": "demand daily_demand demand_per_day units_per_day quantity_per_day",
    "quantity": "qty units sold sales demand volume",
    "on_hand": "stock inventory stock_on_hand",
    "lead_time": "lead_time_days transit transit_time transit_days",
    "cost_per_unit": "unit_cost cost freight freight_cost transport_cost",
    "date": "period week month",
}
_OURS = {*_HELPERS, *(name for name, _ in _SIGNS), "traces"}
_MAY_BE_BLANK = ("ours", "table", "product")
TOTALS = {"total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtergebnis", "somme"}
TOTALS |= {*"total général,totale,suma,razem,toplam,итого,всего,合計,合计,总计".split(",")}


class Note(Result, frozen=True):
    """One thing that is to be known of tables that were read.

    >>> Note("left out", "nodes.csv", "Remark")
    left out: nodes.csv: Remark
    """

    kind: str = column("label", meaning="read, assumed, converted, left out, or odd")
    where: str = column("name", meaning="which table")
    what: str = column("words", meaning="what is to be known")

    def _sentence(self) -> str:
        return f"{self.kind}: {self.where}{': ' * bool(self.what)}{self.what}"


class Report(Listing, frozen=True):
    """What was read from tables, assumed, converted and left out, and what looks odd.

    >>> Report((Note("read", "nodes.csv", "4 rows"),))
    What was read
    read: nodes.csv: 4 rows
    """

    caption, keys = "What was read", 2
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
    rows: Rows = ()
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
        self.dialect, self.called = dialect or Dialect(), dict(tables or {})
        self.loaders = open_source(source, self.dialect, map(str, self.called.values()))
        self.folder = isinstance(source, str | Path) and Path(source).is_dir()
        self.notes: list[Note] = []
        self.asked: set[str] = set()  # tables, by our names and theirs
        self.used: set[tuple[str, str]] = set()  # keys of what is mapped
        self.weights: dict[str, float] = {}
        self.given: set[tuple[str, str]] = set()  # tables and their filled columns
        self.converted: Counter[tuple[str, str, str]] = Counter()
        self.ours: dict[tuple[str, str], Any] = {}
        for theirs, ours in (columns or {}).items():
            inner = ours if isinstance(ours, Mapping) else {theirs: ours}
            table = str(theirs) if isinstance(ours, Mapping) else ""
            self.ours |= {(table, _key(head)): name for head, name in inner.items()}
        for ours in self.called:
            check_known(ours, sorted(_OURS), f"tables: {ours!r} is none of ours", NetworkError)
        for row in _helper(self, "tables"):
            self.called.setdefault(row["ours"], row["theirs"])
        for row in _helper(self, "columns"):
            self.ours.setdefault((row["table"], _key(row["theirs"])), row["ours"] or None)
        for (_, head), name in self.ours.items():
            if not isinstance(name, str | None) or (name and head == "*"):
                problem = f"columns={{{head!r}: {name!r}}}"
                raise NetworkError(f"{problem}: give our name of a column, or None to leave it out")
        self.money = {row["currency"]: row["rate"] for row in _helper(self, "rates")}
        self.pieces: dict[str, dict[str, float]] = defaultdict(dict)
        for row in _helper(self, "units"):
            self.pieces[row["product"]][row["unit"]] = row["pieces"]

    @property
    def report(self) -> Report:
        """All notes, with what was converted, what nobody asked for, and what fits nothing."""
        found = list(self.notes)
        for (title, name, unit), count in self.converted.items():
            found.append(Note("converted", title, f"{name} from {unit} ({count} rows)"))
        sales = plain_name(self.called.get("sales", "sales"))
        for name in sorted(self.loaders.keys() - self.asked):
            told = ("sales", "for read_history"), (name, "no table of a network has this name")
            found.append(Note("left out", *told[name != sales]))
        for table, head in sorted(self.ours.keys() - self.used):
            if head != "*":
                where = f"columns{f' of {table}' if table else ''}"
                found.append(Note("odd", where, f"{head!r} is mapped, but no header is called so"))
        return Report(tuple(found))

    def note(self, kind: str, table: str, what: str) -> None:
        """Note what is to be told."""
        self.notes.append(Note(kind, table, what))

    def has(self, name: str) -> str | None:
        """The name by which the source has a table, in our word or in theirs; None if not."""
        said = self.called.get(name)
        names = [name, name.removesuffix("s")] if said is None else [plain_name(said)]
        found = [one for one in dict.fromkeys(names) if one in self.loaders]
        if said is not None and not found:
            hint = did_you_mean(said, self.loaders)
            raise NetworkError(f"tables: the source has no {said!r}; {hint}")
        if len(found) > 1:
            raise NetworkError(f"the source has {' and '.join(found)}: keep one of them")
        self.asked |= {name, *found}
        return found[0] if found else None

    def want(self, name: str) -> None:
        """See that a table is there; the only one of a file is taken for it."""
        if self.has(name) is None:
            recognise(self)
        if self.has(name) is None:
            if len(self.loaders) != 1 or self.folder:
                hint = did_you_mean(name, self.loaders)
                raise NetworkError(f"the source has no table {name!r}; {hint}")
            self.called[name] = next(iter(self.loaders))

    def table(self, name: str, known: Known, keep: Keep = lambda heads: ()) -> Table:
        """Read a table; ``known`` are our columns, ``keep`` chooses others to stay as they are."""
        sheet = self.loaders[str(self.has(name) or "")]()
        filled = (at for at, row in enumerate(sheet.rows) if any(map(_filled, row)))
        top = {at: self._named(name, sheet.rows[at], known, keep) for at in islice(filled, 20)}
        if not top:
            self.note("read", sheet.title, "0 rows")
            return Table(sheet.title)
        titled = (at for at, head in top.items() if sum(bool(each.text) for each in head) > 1)
        usual = next(titled, next(iter(top)))  # above them stand titles
        start = next((at for at, head in top.items() if _is_header(head)), usual)
        above, head = [*top].index(start), top[start]
        _check_header(sheet.title, head, known)
        self.used |= {each.key for each in head if each.key}
        others = (each for each in head if not each.key and each.ours in _USUAL)
        others = (each for each in others if plain_name(unit_of(each.text)[0]) != each.ours)
        if words := ", ".join(f"{each.text!r} is {each.ours}" for each in others):
            self.note("assumed", sheet.title, words)
        rows = list(_records(sheet, start, [*[*top][above + 1 :], *filled], head))
        totals = _totals(rows)
        left = [f"{above} rows above the header"] * (above > 0)
        left += [f"{at.removeprefix(sheet.title).strip()}, of totals" for at in totals]
        left += [", ".join(each.text for each in head if each.text and each.ours is None)]
        for what in filter(None, left):
            self.note("left out", sheet.title, what)
        return self._told(sheet, head, [row for row in rows if row[0] not in totals], known)

    def _told(self, sheet: Sheet, head: Sequence["Head"], rows: Rows, known: Known) -> Table:
        """A table with what is found out of how it is written."""
        decimal = self.dialect.decimal or _decimal(rows, known)
        days = (row.get(n, "") for n, col in known.items() if _is_day(n, col) for _, row in rows)
        first = day_first(day for day in days if isinstance(day, str))
        told = Dialect(sheet.dialect.encoding, sheet.dialect.separator, decimal)
        count = f"{len(rows)} row{'s' * (len(rows) != 1)}"
        self.note("read", sheet.title, ", ".join(filter(None, [count, str(told)])))
        kept = [each.text for each in head if each.ours and each.ours not in known]
        units = {each.ours: each.unit for each in head if each.ours and each.unit}
        return Table(sheet.title, units, rows, decimal, first, kept)

    def _named(self, table: str, heads: Sequence[Any], known: Known, keep: Keep) -> list["Head"]:
        """What each column is called by them and by us."""
        if len(heads) > _WIDEST:
            raise NetworkError(f"{table}: {len(heads):,} columns: that is no table")
        found = []
        for text in (as_text(cell) if _filled(cell) else "" for cell in heads):
            short, unit = unit_of(text)
            keys = [(t, _key(word)) for t in (table, "") for word in (text, short)]
            key = next((key for key in keys if text and key in self.ours), None)
            if key is not None:
                name, given = unit_of(self.ours[key] or "")
                found.append(Head(text, name or None, given or unit, key))
            elif (name := plain_name(short)) in known:
                found.append(Head(text, name, unit))
            else:
                found.append(Head(text, name if (name := plain_name(text)) in known else "", ""))
        rest = None if {("", "*"), (table, "*")} & self.ours.keys() else ""
        found = _as_usual(found, known) if rest == "" else found
        kept = {*keep({each.text: each.ours for each in found})}
        others = {each.text: each.text if each.text in kept else rest for each in found}
        return [h if h.ours != "" else h._replace(ours=others[h.text], unit="") for h in found]


def value_of(reader: Reader, table: Table, at: tuple[str, Any], col: Column, cell: Any) -> Any:
    """What a cell says in our unit, from that of its header and row; None if it says nothing.

    ``at``: where its row stands, and the row.
    """
    where = at[0]
    if col.type is not str and isinstance(cell, str) and cell.lower() in BLANK:
        if col.name in NEVER_BLANK:
            raise NetworkError(f"{where}: {col.name} {cell!r} tells nothing: fill it in")
        reader.converted[table.title, col.name, f"{cell!r} to its default"] += 1
        return None
    value = cell if isinstance(cell, dict) else table.value(where, col, cell)
    return in_our_unit(reader, table, at, col, value)


def in_our_unit(reader: Reader, table: Table, at: tuple[str, Any], col: Column, value: Any) -> Any:
    """A value in our unit, from that of its header and row; NetworkError if it has none."""
    where, row = at
    unit, currency = (as_text(row.get(name, "")) for name in ("unit", "currency"))
    given = table.units.get(col.name, col.unit)
    for said, word in ((unit, r"\bunits?\b"), (currency, r"\bUSD\b")):
        ours = re.search(word, col.unit) and not re.search(word, given)
        if said and ours and said.lower() not in given.lower():
            problem = f"{where}: {col.name} in {given!r} by its header, in {said!r} by its row"
            raise NetworkError(f"{problem}: write it once")
    theirs = in_their_unit(given, unit, currency)
    if theirs == col.unit or value is None or isinstance(value, str | bool):
        return value
    product = as_text(row.get("product", row.get("name", "")))
    pieces = reader.pieces[""] | reader.pieces[product]
    if weight := reader.weights.get(product):
        pieces = {mass: kg / weight for mass, kg in MASS.items()} | pieces
    reader.converted[table.title, col.name, theirs] += 1
    try:
        return scaled(value, factor(col.unit, theirs, reader.money, pieces))
    except ValueError as problem:
        told = f"{where}: {col.name} {problem} (product {product!r}): known are measures of the"
        units = f"table units (product, unit, pieces), {', '.join(pieces) or 'none so far'}"
        money = f"rates (currency, rate in USD), {', '.join(reader.money) or 'none'}"
        raise NetworkError(f"{told} {units}, and currencies of {money}") from None


def recognise(reader: Reader) -> None:
    """Take tables that have names of their own for ours, by their headers; it is told."""
    said = {*map(plain_name, reader.called.values())}
    for theirs in [n for n in reader.loaders if not {n, f"{n}s"} & _OURS and n not in said]:
        try:
            sheet = reader.loaders[theirs]()
        except NetworkError:  # it is read if it is asked for by its name
            continue
        rows = sheet.rows[: 0 if reader.folder and sheet.line else 20]  # no book beside files
        for ours, sign in _SIGNS:
            known: Known = dict.fromkeys(sign)
            found = (reader._named("", row[:99], known, lambda heads: ()) for row in rows)
            names = {head.ours for heads in found for head in heads}
            if sign <= names and reader.has(ours) is None:
                reader.called[ours] = theirs
                told = ("left out", "sales", f"{theirs}, for read_history")
                named = ("assumed", theirs, f"it is our table {ours}, by its columns")
                reader.note(*(told if ours == "sales" else named))
                reader.has(ours)
                break


def _helper(reader: Reader, name: str) -> list[dict[str, Any]]:
    """The rows of a small table that says how to read the others; none if it is not there."""
    if reader.has(name) is None:
        return []
    known, found = _HELPERS[name], dict[Any, dict[str, Any]]()
    table = reader.table(name, known)
    for where, cells in table.rows:
        for word in known:
            if word not in (*cells, *_MAY_BE_BLANK):
                raise NetworkError(f"{where}: {word} is missing")
        row: dict[str, Any] = {word: as_text(cells.get(word, "")) for word in known}
        texts = (word for word, col in known.items() if not col and word != "ours")
        key = tuple(row[word].lower() for word in texts)
        for word in (word for word, col in known.items() if col):
            row[word] = table.value(where, replace(_FACTOR, name=word), cells[word])
            if not 0 < row[word] < float("inf"):
                raise NetworkError(f"{where}: {word} must be above 0, got {row[word]:g}")
        if key in found:
            raise NetworkError(f"{where}: {' '.join(key).strip()} stands there twice: keep one")
        found[key] = row
    return [*found.values()]


class Head(NamedTuple):
    """What a column is called: by them, by us (None: left out, empty: unknown), and its unit."""

    text: str
    ours: str | None
    unit: str
    key: tuple[str, str] | None = None  # of what is mapped


def _key(head: Any) -> str:
    return plain_name(head) or str(head)


def _as_usual(heads: list[Head], known: Known) -> list[Head]:
    """The same, where what nobody knows is taken for our column that others call so."""
    taken = {head.ours for head in heads}
    for at, head in enumerate(heads):
        short, unit = unit_of(head.text)
        names = (ours for ours, words in _USUAL.items() if plain_name(short) in words.split())
        ours = next((name for name in names if name in known and name not in taken), "")
        if head.ours == "" and head.text and ours:
            heads[at] = Head(head.text, ours, unit)
            taken.add(ours)
    return heads


def _is_header(head: Sequence[Head]) -> bool:
    """Whether most of the cells of a row are names of columns."""
    named = sum(bool(each.text) for each in head)
    return 2 * sum(bool(each.ours or each.key) for each in head) > named


def _check_header(title: str, head: Sequence[Head], known: Known) -> None:
    wrong = [each for each in head if each.text and each.ours == ""]
    wrong += [each for each in head if each.key and each.ours and each.ours not in known]
    if wrong:
        first, *others = wrong
        said = first.ours if first.key and first.ours else first.text
        part = "part columns by commas; " if {*";\t"} & {*first.text} else ""
        hint = did_you_mean(plain_name(said), known)
        also = "".join(f", nor is {each.text!r:.80}" for each in others[:5])
        way = f"columns={{{first.text!r:.80}: 'our name'}} says what it is, None: it is left out"
        raise NetworkError(f"{title}: unknown column {said!r:.80}{also}; {part}{hint} ({way})")
    for ours, count in Counter(each.ours for each in head if each.ours).items():
        if count > 1:
            texts = " and ".join(repr(each.text) for each in head if each.ours == ours)[:160]
            problem = f"{title}: two columns are called {ours!r} ({texts})"
            raise NetworkError(f"{problem}: drop one of them")


def _records(
    sheet: Sheet, start: int, rows: Sequence[int], head: Sequence[Head]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where each row stands, and its filled cells by our names."""
    names = [each.ours for each in head]
    blank = [name for name in NEVER_BLANK if name in names]
    for at in rows:
        number = f"line {at + sheet.line}" if sheet.line else f"row {at - start}"
        where = f"{sheet.title} {number}"
        cells = sheet.rows[at]
        if any(map(_filled, cells[len(head) :])):
            problem = f"{where}: {len(cells)} cells, but the header has {len(head)} columns"
            raise NetworkError(f"{problem}: put text that holds a comma in quotes")
        pairs = [(name, c) for name, c in zip(names, cells, strict=False) if _filled(c)]
        told = [(name, c) for name, c in pairs if name is not None]  # None: left out
        filled = {name: c.strip() if isinstance(c, str) else c for name, c in told}
        if "" in filled:
            named = f"{filled['']!r} stands in a column without a name"
            raise NetworkError(f"{where}: {named}: give one")
        for name in blank:
            if name not in filled:
                problem = f"{where}: {name} is blank, which nobody can tell from unknown"
                remedy = "fill it in, or drop the whole column to take its default"
                raise NetworkError(f"{problem}: {remedy}")
        yield where, filled


def _totals(rows: Rows) -> list[str]:
    """Where rows of totals stand: they lack what all others have, and say so."""
    most = max((len(row) for _, row in rows), default=0)
    some = [
        (at, row)
        for at, row in rows
        if len(row) < most and any(str(cell).lower().rstrip(":") in TOTALS for cell in row.values())
    ]
    sums = [at for at, row in rows if str(row.get("date", "")).lower().rstrip(":") in TOTALS]
    others = [row.keys() for at, row in rows if some and (at, row) not in some]
    always = set.intersection(*map(set, others)) if others else set()
    return sums + [at for at, row in some if always - row.keys() and at not in sums]


def _filled(cell: Any) -> bool:
    if isinstance(cell, str):
        return bool(cell.strip())
    return cell is not None


def _is_day(name: str, col: Column | None) -> bool:
    return name in ("day", "date") or (col is not None and col.unit == "day")


def _decimal(rows: Rows, known: Known) -> str:
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
