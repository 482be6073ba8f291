"""Where tables lie: a folder, a workbook, frames, a database; read when asked for, never run."""

import csv
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import partial, reduce
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree
from zipfile import ZipFile

from twinlab.scope.dialect import NUMBER, Dialect, decoded, parted
from twinlab.scope.errors import NetworkError, TwinError, brief
from twinlab.scope.later import needs, pd

Source = Any  # a folder of CSV files, a workbook, a dict of frames, an SQLAlchemy connection
TEXTS, BOOKS = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm", ".xls")
_MOST, _LARGEST = 3 * 10**8, 10**7  # bytes that a workbook may unpack to, cells of a sheet
_LONGEST = 32_767  # letters in a cell of a workbook


class Sheet(NamedTuple):
    """A table as it was found: rows of cells, the first filled one of which names the columns."""

    title: str
    rows: Sequence[Sequence[Any]]
    dialect: Dialect = Dialect()
    line: int = 0  # of the first row in a workbook, where rows have numbers; 0: none


class Lines(NamedTuple):
    """A table to be written: rows of cells as texts, and which columns hold numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[str] = frozenset()
    always: bool = True  # without rows, too

    @property
    def frame(self) -> "pd.DataFrame":
        """The table as a frame; a column that holds nothing but numbers is one of numbers."""
        cells = [[cell or None for cell in row] for row in self.rows]
        frame = pd.DataFrame(cells, columns=pd.Index(self.header))
        for name in self.numbers:
            with suppress(ValueError, TypeError):
                frame[name] = frame[name].astype(float)
        return frame


Loader = Callable[[], Sheet]


def plain_name(name: Any) -> str:
    """A name as it is compared: small letters, one _ for what parts its words."""
    return re.sub(r"[\W_]+", "_", str(name).strip().lower()).strip("_")


def open_source(source: Source, dialect: Dialect, asked: Iterable[str] = ()) -> dict[str, Loader]:
    """List the tables of a source by their plain names, each with what reads it.

    ``asked``: names of tables, some of which may be of another schema of a database.
    """
    pairs: list[tuple[Any, Loader]]
    if isinstance(source, Mapping):
        pairs = [(n, partial(_frame, f"table {n}", table)) for n, table in source.items()]
    elif hasattr(source, "execution_options"):
        pairs = _database(source, asked)
    elif type(source).__name__ == "DataFrame" or hasattr(source, "__arrow_c_stream__"):
        pairs = [("", partial(_frame, "the frame", source))]
    elif not isinstance(source, str | Path):
        problem = f"a source of tables is a folder, a workbook or a dict of frames, got {source!r}"
        raise NetworkError(f"{problem:.160}: write 'my_folder' or {{'nodes': frame, …}}")
    elif (path := Path(source)).is_dir():
        kinds = (*TEXTS, *BOOKS)
        files = [file for file in sorted(path.iterdir()) if file.suffix.lower() in kinds]
        shown = [file for file in files if file.name[0] not in "~."]  # ~: Excel has it open
        pairs = [(file.stem, partial(_first_of, file, dialect)) for file in shown]
    elif path.suffix.lower() in (*TEXTS, *BOOKS):
        pairs = _file(path, dialect)
    else:
        problem = f"{path} is not a folder: give the folder that holds nodes.csv"
        raise NetworkError(f"{problem}, or a workbook (.xlsx)")
    found: dict[str, Loader] = {}
    for name, load in pairs:
        own = plain_name(name)
        found[own] = partial(_refuse_twins, own) if own in found else load
    return found


def _refuse_twins(name: str) -> Sheet:
    raise NetworkError(f"two tables are called {name!r}: keep one of them")


def _file(path: Path, dialect: Dialect) -> list[tuple[Any, Loader]]:
    try:
        return tables_of(path.read_bytes(), path.name, dialect)
    except OSError as problem:
        raise NetworkError(f"{path} cannot be read as a table: {problem.strerror}") from None


def tables_of(raw: bytes, title: str, dialect: Dialect) -> list[tuple[Any, Loader]]:
    """The tables of a file: what it is tells its content, since ERP systems call a text .xls."""
    if not is_book(raw):
        return [(Path(title).stem, partial(_text, raw, title, dialect))]
    return [(n, partial(_sheet, raw, title, n)) for n in _opened(raw, title).sheet_names]


def _first_of(path: Path, dialect: Dialect) -> Sheet:
    tables = _file(path, dialect)
    sheet, count = tables[0][1](), len(tables)
    return sheet._replace(title=f"{sheet.title} (first of {count})") if count > 1 else sheet


def _text(raw: bytes, title: str, dialect: Dialect) -> Sheet:
    try:
        text, encoding = decoded(raw, dialect.encoding)
        rows, separator = parted(text, dialect.separator)
    except (ValueError, csv.Error) as problem:
        why = "a quote is never closed" if "end of data" in str(problem) else problem
        raise NetworkError(f"{title} cannot be read as a table: {why}") from None
    return Sheet(title, rows, Dialect(encoding, separator, dialect.decimal))


# -- workbooks --


def is_book(raw: bytes) -> bool:
    """Whether bytes are those of a workbook: a zip, or what Excel wrote before, or encrypts."""
    return raw[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def _opened(raw: bytes, title: str) -> Any:
    library = needs("python_calamine", "tables")
    try:
        if (size := sum(part.file_size for part in ZipFile(BytesIO(raw)).infolist())) > _MOST:
            raise ValueError(f"it unpacks to {size:,} bytes")
        return library.load_workbook(BytesIO(raw))
    except Exception as problem:  # the library's own, and what a broken file makes it raise
        why = f"{title} cannot be read as a workbook: {problem}"
        raise NetworkError(f"{why}; save it as .xlsx, without a password") from None


def _sheet(raw: bytes, title: str, name: str) -> Sheet:
    title, book = f"{title} sheet {name}", _opened(raw, title)
    try:
        _check_cells(_part(raw, name), title)
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except TwinError:
        raise
    except Exception as problem:  # as above
        raise NetworkError(f"{title} cannot be read: {problem!r}; save it again as .xlsx") from None
    return Sheet(title, [[None if cell == "" else cell for cell in row] for row in rows], line=1)


def _part(raw: bytes, name: str) -> bytes:
    """The XML of a sheet, whose file's name says nothing of the sheet's."""
    book = ZipFile(BytesIO(raw))
    parts = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    listed, links = (ElementTree.fromstring(book.read(part)) for part in parts)
    sheets = [node.attrib for node in listed.iter() if node.tag.endswith("}sheet")]
    [own] = [v for at in sheets if at["name"] == name for k, v in at.items() if k[-3:] == "}id"]
    target = next(link.attrib["Target"] for link in links if link.attrib["Id"] == own)
    return book.read(target[1:] if target[0] == "/" else f"xl/{target}")


# A cell of a formula that went wrong, or that was never calculated: both would look blank.
_WRONG = re.compile(
    rb"<(?:\w+:)?c\b(?=[^>]*\bt=[\"']e[\"'])([^>]*)>.{,9999}?v>([^<]*)<"
    rb"|<(?:\w+:)?c\b(?![^>]*\bt=[\"']str[\"'])([^>]*[^>/])>"
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*[^/]>[^<]*</[^>]*>|>[^<]*</[^>]*>)(?:<\w*:?v></|<\w*:?v ?/|</)",
    re.DOTALL,
)


def _check_cells(xml: bytes, title: str) -> None:
    """See that no cell is blank only because its formula went wrong, or far from all others."""
    rows = {int(row) for row in re.findall(rb"\br=[\"'][A-Z]*(\d+)", xml)} or {0}
    last = max({*re.findall(rb"\br=[\"']([A-Z]+)\d", xml)}, key=lambda a: (len(a), a), default=b"")
    if max(rows) * reduce(lambda n, letter: 26 * n + letter - 64, last, 0) > _LARGEST:
        far = f"{title} has cells up to {last.decode()}{max(rows)}"
        raise NetworkError(f"{far}: delete what stands so far out, and save it")
    if found := _WRONG.search(xml):
        at, error, blank = (b"" if one is None else one for one in found.groups())
        what = f"the error {error.decode()}" if at else "a formula that was never calculated"
        cell = re.search(rb"\br=[\"'](\w+)", at or blank)
        where = f"{title}, cell {cell[1].decode() if cell else '?'}"
        raise NetworkError(f"{where} holds {what}: mend it, calculate the workbook and save it")


# -- frames and databases --


def _frame(title: str, table: Any) -> Sheet:
    """A table of any library that can share frames, as rows."""
    try:
        if hasattr(table, "__arrow_c_stream__") and not isinstance(table, pd.DataFrame):
            table = needs("pyarrow", "arrow").table(table).to_pandas()
        elif hasattr(table, "__dataframe__") and not isinstance(table, pd.DataFrame):
            with warnings.catch_warnings(action="ignore"):  # it is old, but some have no other
                table = pd.api.interchange.from_dataframe(table)
        frame = pd.DataFrame(table if table is not None else "")
    except TwinError:
        raise
    except Exception as problem:  # whatever a library says of what it was given
        raise NetworkError(f"{title} is no table: {problem}; give a data frame") from None
    if frame.index.names != [None] or frame.index.dtype.kind not in "iu":
        frame = frame.reset_index()  # an index that says something is a column
    cells = frame.astype(object).where(frame.notna(), None)
    return Sheet(title, [list(frame.columns), *cells.to_numpy().tolist()])


def _database(connection: Any, asked: Iterable[str]) -> list[tuple[Any, Loader]]:
    sql = needs("sqlalchemy", "tables")

    def answered(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except sql.exc.SQLAlchemyError as problem:
            why = f"the database does not answer: {problem}"
            raise NetworkError(f"{why:.400}; give an engine or a connection") from None

    def load(name: str) -> Sheet:
        schema, _, own = ("", "", name) if name in names else name.rpartition(".")
        found = {"schema": schema or None, "autoload_with": connection}
        table = answered(lambda: sql.Table(own, sql.MetaData(), **found))
        rows = answered(lambda: pd.read_sql_query(sql.select(table), connection))
        return _frame(f"table {name}", rows)

    seen = answered(lambda: sql.inspect(connection))
    names = answered(lambda: [*seen.get_table_names(), *seen.get_view_names()])
    foreign = [name for name in asked if "." in name and name not in names]
    return [(name, partial(load, name)) for name in [*names, *foreign]]


# -- writing --


def put_tables(
    target: Source, tables: Mapping[str, Lines], notes: Mapping[str, str] | None = None
) -> None:
    """Write tables to a folder, a workbook, a dict or a database, over those that are ours.

    ``notes``: what stands in a column, by ``"nodes.capacity"``.
    """
    if isinstance(target, MutableMapping):
        _check_ours(target, tables)
        for key in [key for key in target if plain_name(key) in tables]:
            del target[key]
        target.update({name: lines.frame for name, lines in _filled(tables)})
    elif hasattr(target, "execution_options"):
        _put_database(target, tables)
    elif not isinstance(target, str | Path):
        problem = f"tables are written to a folder, a workbook or a dict, got {brief(target)}"
        raise NetworkError(f"{problem}: write 'my_folder' or 'my_chain.xlsx'")
    elif (path := Path(target)).suffix.lower() == ".xlsx":
        _put_workbook(path, tables, notes or {})
    elif path.suffix.lower() in (*TEXTS, *BOOKS):
        raise NetworkError(f"{path} holds one table: write to a folder, or to an .xlsx")
    else:
        _put_folder(path, tables)


def _filled(tables: Mapping[str, Lines]) -> list[tuple[str, Lines]]:
    return [(name, lines) for name, lines in tables.items() if lines.rows or lines.always]


def _check_ours(target: Source, tables: Mapping[str, Lines]) -> None:
    """See that only tables with our columns are written over."""
    for name, load in open_source(target, Dialect()).items():
        if name in tables:
            sheet = load()
            head: Sequence[Any] = next((row for row in sheet.rows if any(row)), ())
            if other := [cell for cell in head if cell and cell not in tables[name].header]:
                why = f"{sheet.title} has a column {brief(other[0])}, which would be lost"
                raise NetworkError(f"{why}: write elsewhere, or drop it first")


def _put_folder(path: Path, tables: Mapping[str, Lines]) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise NetworkError(f"{path} cannot be a folder: {problem.strerror}") from None
    _check_ours(path, tables)
    for file in [file for file in path.iterdir() if plain_name(file.stem) in tables]:
        if file.suffix.lower() in BOOKS:
            raise NetworkError(f"{path} has {file.name}: move it away, or write to another folder")
        if file.suffix.lower() in TEXTS:
            file.unlink()
    for name, lines in _filled(tables):
        put_text(path / f"{name}.csv", lines)


def put_text(path: Path, lines: Lines) -> None:
    """Write a CSV file."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([lines.header, *lines.rows])
    except OSError as problem:
        raise NetworkError(f"{path} cannot be written: {problem.strerror}") from None


def _put_database(target: Any, tables: Mapping[str, Lines]) -> None:
    sql = needs("sqlalchemy", "tables")
    if not hasattr(target, "in_transaction"):
        with target.connect() as connection:
            return _put_database(connection, tables)
    own = not target.in_transaction()
    try:
        _check_ours(target, tables)
        for name, lines in tables.items():
            sql.Table(name, sql.MetaData()).drop(target, checkfirst=True)
            if lines.rows or lines.always:
                lines.frame.to_sql(name, target, index=False)
    except sql.exc.SQLAlchemyError as problem:
        raise NetworkError(f"the database takes no tables: {problem!s:.300}") from None
    if own:
        target.commit()


def _book_of(path: Path, tables: Mapping[str, Lines]) -> Any:
    """A workbook without the tables that are to be written anew."""
    library = needs("openpyxl", "tables")
    if not path.exists():
        book = library.Workbook()
        del book[book.sheetnames[0]]
        return book
    _check_ours(path, tables)
    _opened(path.read_bytes(), path.name)
    parts = " ".join(ZipFile(path).namelist())
    if lost := re.search(r"xl/(charts|media|pivot|drawings/d|vba)[^ ]*", parts):
        raise NetworkError(f"{path} holds {lost[0]}, which would be lost: write elsewhere")
    book = library.load_workbook(path)
    for name in [name for name in book.sheetnames if plain_name(name) in tables]:
        del book[name]
    return book


def _put_workbook(path: Path, tables: Mapping[str, Lines], notes: Mapping[str, str]) -> None:
    library, book = needs("openpyxl", "tables"), _book_of(path, tables)
    for name, lines in _filled(tables):
        sheet = book.create_sheet(name)
        for line, row in enumerate([lines.header, *lines.rows], 1):
            for at, (column, text) in enumerate(zip(lines.header, row, strict=True), 1):
                number = line > 1 and column in lines.numbers and _exact(text)
                cell = sheet.cell(line, at, float(text) if number else _escaped(text) or None)
                cell.data_type = cell.data_type if number else "s"  # "=…" is no formula
        for cell in sheet[1]:
            cell.font = library.styles.Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = 14
            note = notes.get(f"{name}.{cell.value}")
            cell.comment = library.comments.Comment(note, "twinlab", 90, 320) if note else None
        sheet.freeze_panes = "A2"
    try:
        book.save(path)
    except OSError as problem:
        why = f"{problem.strerror}: is it open elsewhere, and is there such a folder?"
        raise NetworkError(f"{path} cannot be written: {why}") from None


def _exact(text: str) -> bool:
    """Whether a text is a number that a workbook holds to the last digit."""
    number = float(text) if re.fullmatch(NUMBER, text, re.ASCII) else float("nan")
    return float(f"{number:.15g}") == number


def _escaped(text: str) -> str:
    """A text as a workbook holds it, which reads _x0041_ as A."""
    text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    if len(text) > _LONGEST:
        raise NetworkError(f"{brief(text)} is too long for a cell of a workbook: write a folder")
    return text
