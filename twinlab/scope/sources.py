"""Where tables lie: a folder, a workbook, frames or a database, opened and written in one way.

Opening lists the tables; a table is read when it is asked for. Nothing in them is ever run.
"""

import csv
import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from twinlab.scope.dialect import Dialect, decoded, parted
from twinlab.scope.errors import NetworkError, TwinError
from twinlab.scope.later import needs, pd

Source = Any  # a folder of CSV files, a workbook, a dict of frames, an SQLAlchemy connection
TEXTS, BOOKS = (".csv", ".tsv", ".txt"), (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_MOST = 10**9  # bytes that a workbook may unpack to


class Sheet(NamedTuple):
    """A table as it was found: rows of cells, the first filled one of which names the columns."""

    title: str
    rows: Sequence[Sequence[Any]]
    dialect: Dialect = Dialect()
    line: int = 0  # of the first row in a workbook, where rows have numbers; 0: none


Loader = Callable[[], Sheet]


def open_source(source: Source, dialect: Dialect) -> dict[str, Loader]:
    """List the tables of a source by their names, in small letters, each with what reads it.

    Raises:
        NetworkError: it is no source, or cannot be read.
    """
    if isinstance(source, Mapping):
        return {plain_name(n): partial(_frame, f"table {n}", t) for n, t in source.items()}
    if hasattr(source, "execution_options"):
        return _database(source)
    if isinstance(source, str | Path):
        path = Path(source)
        if path.suffix.lower() in BOOKS:
            return _workbook(path)
        if path.suffix.lower() in TEXTS:
            return {plain_name(path.stem): partial(_text_file, path, dialect)}
        if path.is_dir():
            return _folder(path, dialect)
        raise NetworkError(
            f"{path} is not a folder: give the folder that holds nodes.csv, or a workbook (.xlsx)"
        )
    if type(source).__name__ == "DataFrame" or hasattr(source, "__arrow_c_stream__"):
        return {"": partial(_frame, "the frame", source)}
    problem = f"a source of tables is a folder, a workbook or a dict of frames, got {source!r:.80}"
    raise NetworkError(f"{problem}: write 'my_folder', 'my_chain.xlsx' or {{'nodes': frame, …}}")


def plain_name(name: Any) -> str:
    """A name as it is compared: small letters, one _ for what parts its words.

    >>> plain_name(" Lead time"), plain_name("Lead-Time")
    ('lead_time', 'lead_time')
    """
    return re.sub(r"[\W_]+", "_", str(name).strip().lower()).strip("_")


def read_file(path: Path) -> bytes:
    """The bytes of a file; a NetworkError says why they cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        why = f"{path} cannot be read as a table: {problem.strerror}"
        raise NetworkError(why) from None


def _folder(path: Path, dialect: Dialect) -> dict[str, Loader]:
    found: dict[str, Loader] = {}
    for file in sorted(path.iterdir()):
        kind, name = file.suffix.lower(), plain_name(file.stem)
        if kind not in (*TEXTS, *BOOKS) or file.name[0] in "~.":
            continue  # what Excel keeps beside an open file begins with ~
        if name in found:
            raise NetworkError(f"{path} has two tables {name!r}: keep one of the files")
        text = kind in TEXTS
        found[name] = partial(_text_file, file, dialect) if text else partial(_first_sheet, file)
    return found


def _text_file(path: Path, dialect: Dialect) -> Sheet:
    try:
        rows, told = text_rows(read_file(path), dialect)
    except (ValueError, csv.Error) as problem:
        raise NetworkError(f"{path.name} cannot be read as a table: {problem}") from None
    return Sheet(path.name, rows, told)


def text_rows(raw: bytes, dialect: Dialect) -> tuple[list[list[str]], Dialect]:
    """The rows of a text, and how it was written; ValueError or csv.Error if it is no table."""
    text, encoding = decoded(raw, dialect.encoding)
    rows, separator = parted(text, dialect.separator)
    return rows, Dialect(encoding, separator, dialect.decimal)


def _workbook(path: Path) -> dict[str, Loader]:
    raw = read_file(path)
    names = {plain_name(n): n for n in _opened(raw, path.name).sheet_names}
    return {name: partial(_sheet, raw, path.name, own) for name, own in names.items()}


def _first_sheet(path: Path) -> Sheet:
    return next(iter(_workbook(path).values()))()


def _opened(raw: bytes, title: str) -> Any:
    library = needs("python_calamine", "tables")
    with suppress(BadZipFile):
        size = sum(part.file_size for part in ZipFile(BytesIO(raw)).infolist())
        if size > _MOST:
            raise NetworkError(f"{title} unpacks to {size:,} bytes: that is no table")
    try:
        return library.load_workbook(BytesIO(raw))
    except Exception as problem:  # the library's own, and what a broken file makes it raise
        why = f"{title} cannot be read as a workbook: {problem}"
        raise NetworkError(f"{why}; save it again, without a password") from None


def workbook_rows(raw: bytes, name: str = "", title: str = "workbook") -> list[list[Any]]:
    """The rows of a sheet, the first if none is named; a NetworkError if they cannot be read."""
    book = _opened(raw, title)
    name = name or book.sheet_names[0]
    _check_formulas(raw, title, name)
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return [[None if cell == "" else cell for cell in row] for row in rows]


def _sheet(raw: bytes, title: str, name: str) -> Sheet:
    return Sheet(f"{title} sheet {name}", workbook_rows(raw, name, title), line=1)


# A cell of a formula that went wrong, or that was never calculated: both would look blank.
_WRONG = re.compile(
    rb'<c r="([A-Z]+\d+)"[^>]*? t="e"[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?<v>([^<]*)</v>'
    rb'|<c r="([A-Z]+\d+)"(?:(?! t="str")[^>])*><f[^>]*>[^<]*</f>(?:<v></v>|<v */>|</c>)'
)


def _check_formulas(raw: bytes, title: str, name: str) -> None:
    """See that no cell of a sheet is blank only because its formula went wrong."""
    try:
        book = ZipFile(BytesIO(raw))
        parts = {n: book.read(n) for n in book.namelist() if n.startswith("xl/worksheets/sheet")}
        places = {n: found for n, xml in parts.items() if (found := _WRONG.search(xml))}
    except (BadZipFile, KeyError):
        return  # of another make
    if not places:
        return
    listed = needs("openpyxl", "tables").load_workbook(BytesIO(raw), read_only=True)
    part = f"xl/worksheets/sheet{listed.sheetnames.index(name) + 1}.xml"
    if found := places.get(part):
        wrong, error, blank = (b"" if one is None else one for one in found.groups())
        what = f"the error {error.decode()}" if error else "a formula that was never calculated"
        cell = f"{title} sheet {name}, cell {(wrong or blank).decode()}"
        raise NetworkError(f"{cell} holds {what}: mend it, calculate the workbook and save it")


def _frame(title: str, table: Any) -> Sheet:
    """A table of any library that can share frames, as rows."""
    try:
        if hasattr(table, "__arrow_c_stream__") and not isinstance(table, pd.DataFrame):
            table = needs("pyarrow", "arrow").table(table).to_pandas()
        elif hasattr(table, "__dataframe__") and not isinstance(table, pd.DataFrame):
            table = pd.api.interchange.from_dataframe(table)
        frame = pd.DataFrame(table)
    except TwinError:
        raise
    except Exception as problem:  # whatever a library says of what it was given
        raise NetworkError(f"{title} is no table: {problem}; give a data frame") from None
    if frame.index.names != [None]:  # an index with a name is a column
        frame = frame.reset_index()
    cells = frame.astype(object).where(frame.notna(), None)
    return Sheet(title, [list(frame.columns), *cells.to_numpy().tolist()])


def _database(connection: Any) -> dict[str, Loader]:
    sql = needs("sqlalchemy", "tables")
    try:
        seen = sql.inspect(connection)
        names = [*seen.get_table_names(), *seen.get_view_names()]
    except sql.exc.SQLAlchemyError as problem:
        raise NetworkError(f"the database does not answer: {problem}") from None

    def load(name: str) -> Sheet:
        table = sql.Table(name, sql.MetaData(), autoload_with=connection)
        return _frame(f"table {name}", pd.read_sql_query(sql.select(table), connection))

    return {plain_name(name): partial(load, name) for name in names}


class Lines(NamedTuple):
    """A table to be written: rows of cells as texts, and which columns hold numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[str] = frozenset()

    @property
    def frame(self) -> "pd.DataFrame":
        """The table as a frame; a column that holds nothing but numbers is one of numbers."""
        cells = [[cell or None for cell in row] for row in self.rows]
        frame = pd.DataFrame(cells, columns=pd.Index(self.header))
        for name in self.numbers:
            with suppress(ValueError, TypeError):
                frame[name] = frame[name].astype(float)
        return frame


def put_tables(target: Source, tables: Mapping[str, Lines], notes: Mapping[str, str]) -> None:
    """Write tables to a folder, a workbook, a dict or a database; those there are are replaced.

    ``notes`` say of columns, ``"nodes.capacity"``, what stands in them.

    Raises:
        NetworkError: nothing can be written there.
    """
    if isinstance(target, MutableMapping):
        target.update({name: lines.frame for name, lines in tables.items()})
    elif hasattr(target, "execution_options"):
        for name, lines in tables.items():
            lines.frame.to_sql(name, target, index=False, if_exists="replace")
    elif not isinstance(target, str | Path):
        problem = f"tables are written to a folder, a workbook or a dict, got {target!r:.80}"
        raise NetworkError(f"{problem}: write 'my_folder' or 'my_chain.xlsx'")
    elif Path(target).suffix.lower() == ".xlsx":
        _put_workbook(Path(target), tables, notes)
    else:
        try:
            Path(target).mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise NetworkError(f"{target} cannot be a folder: {problem.strerror}") from None
        for name, lines in tables.items():
            put_text(Path(target) / f"{name}.csv", lines)


def put_text(path: Path, lines: Lines) -> None:
    """Write a CSV file."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([lines.header, *lines.rows])
    except OSError as problem:
        raise NetworkError(f"{path} cannot be written: {problem.strerror}") from None


def _put_workbook(path: Path, tables: Mapping[str, Lines], notes: Mapping[str, str]) -> None:
    library = needs("openpyxl", "tables")
    book = library.load_workbook(path) if path.exists() else library.Workbook()
    for name in [n for n in book.sheetnames if n in tables or not path.exists()]:
        del book[name]
    for name, lines in tables.items():
        sheet = book.create_sheet(name)
        for line, row in enumerate([lines.header, *lines.rows], 1):
            for at, (column, text) in enumerate(zip(lines.header, row, strict=True), 1):
                number = line > 1 and column in lines.numbers and text and _finite(text)
                cell = sheet.cell(line, at, float(text) if number else text or None)
                cell.data_type = cell.data_type if number else "s"  # "=…" is no formula
        for at, column in enumerate(lines.header, 1):
            sheet.cell(1, at).font = library.styles.Font(bold=True)
            sheet.column_dimensions[sheet.cell(1, at).column_letter].width = 14
            if note := notes.get(f"{name}.{column}"):
                sheet.cell(1, at).comment = library.comments.Comment(note, "twinlab", 90, 320)
        sheet.freeze_panes = "A2"
    try:
        book.save(path)
    except OSError as problem:
        why = f"{problem.strerror}: is it open elsewhere, and is there such a folder?"
        raise NetworkError(f"{path} cannot be written: {why}") from None


def _finite(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False
