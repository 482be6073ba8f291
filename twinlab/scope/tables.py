"""Networks as CSV files with a datapackage.json; what is written is read back exactly.

A cell holds a number, a text, or a distribution as it prints: ``Normal(mean=5.0, sd=1.0)``. One
file per table, a blank cell for a default, ``traces.csv`` for recorded demand. The header, the
check of every cell and the data package all come from the columns of the row types.
"""

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from io import BytesIO, StringIO
from itertools import chain, count
from pathlib import Path
from typing import Any

from twinlab.scope import distributions
from twinlab.scope.columns import Column, schema
from twinlab.scope.distributions import Constant, Distribution, Trace
from twinlab.scope.entities import KINDS, Demand, Disruption, Lane, Node, Product, Recipe, Stock
from twinlab.scope.errors import NetworkError, TwinError, brief, did_you_mean
from twinlab.scope.later import needs
from twinlab.scope.network import Network, rows_of

__all__ = ["read_disruptions", "write_disruptions"]

FAMILIES: dict[str, Any] = {name: getattr(distributions, name) for name in distributions.__all__}

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
# Read in one way only, from left to right: what cannot be read costs no more time.
_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_ARGUMENT = re.compile(rf"\s*(?:(\w+)\s*=\s*)?(\([^()]*\)|{_NUMBER})\s*(?:,|$)", re.ASCII)
_PLAIN = re.compile(rf"{_NUMBER}|[-+]?inf|nan", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def write_number(value: float) -> str:
    """Write a number so that every country reads the same: 1.125 could be taken for 1125.

    >>> write_number(1.125), write_number(0.125), write_number(1125.0)
    ('1.1250', '0.125', '1125.0')
    """
    text = repr(value)
    return text + "0" if _GROUPED.fullmatch(text) else text


def read_number(text: str) -> float:
    """Read a number that all countries read alike.

    >>> read_number("1.95"), read_number("1950")
    (1.95, 1950.0)

    Raises:
        ValueError: it is no number, or 1.95 in one country and 1950 in another.
    """
    text = text.strip()
    if _GROUPED.fullmatch(text):
        one, other = float(text.replace(",", ".")), float(re.sub("[.,]", "", text))
        problem = f"{text!r} is {one:g} in some countries and {other:g} in others"
        raise ValueError(f"{problem}: write {write_number(one)} or {write_number(other)}")
    if not _PLAIN.fullmatch(text):
        comma = "; write a decimal point, not a comma" if "," in text else ""
        raise ValueError(f"{brief(text)}{comma}")
    return float(text)


def parse_distribution(text: str) -> Any:
    """Read a distribution from the text of a table cell; a bare number is a constant.

    >>> parse_distribution("Normal(mean=5, sd=1)")
    Normal(mean=5.0, sd=1.0)
    >>> parse_distribution("2")
    Constant(value=2.0)
    """
    wanted, call = "is a distribution such as Normal(mean=5, sd=1), got", _CALL.fullmatch(text)
    if text.strip()[:1] in "-+.0123456789":
        try:
            return Constant(read_number(text))
        except ValueError as problem:
            raise ValueError(f"{wanted} {problem}") from None
    if not call:
        raise ValueError(f"{wanted} {brief(text)}")
    name, inside = call.groups()
    if name not in FAMILIES:
        raise ValueError(f"has no distribution {name!r}; {did_you_mean(name, FAMILIES)}")
    return FAMILIES[name](**_arguments(FAMILIES[name], inside))


def _arguments(law: Any, inside: str) -> dict[str, Any]:
    """The named parameters in the text between the brackets of a distribution."""
    known = [f.name for f in fields(law)]
    found: dict[str, Any] = {}
    at, places = 0, chain(known, (f"#{number}" for number in count(len(known) + 1)))
    while match := _ARGUMENT.match(inside, at):
        at, place = match.end(), next(places)
        name = match[1] or place
        if name not in known:
            raise ValueError(f"{law.__name__} has no {name!r}; {did_you_mean(name, known)}")
        found[name] = _values(match[2])
    if at != len(inside) or (set(known) - set(found) and law is not Trace):
        wanted = ", ".join(f"{k}=…" for k in known)
        problem = f"cannot read {law.__name__}({brief(inside)[1:-1]})"
        raise ValueError(f"{problem}: write {law.__name__}({wanted})")
    return found


def _values(text: str) -> float | tuple[float, ...]:
    several = text.startswith("(")
    return tuple(map(float, filter(str.strip, text[1:-1].split(",")))) if several else float(text)


def format_cell(value: Any) -> str:
    """Write a value as the text of a table cell.

    >>> [format_cell(v) for v in (0.5, None, True, (1.0, 2.0), {"wheel": 4.0})]
    ['0.5', '', 'true', '1.0 2.0', 'wheel: 4.0']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return write_number(value)
    if isinstance(value, tuple):
        return " ".join(write_number(v) for v in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {write_number(units)}" for name, units in value.items())
    return str(value)


def read_back(row: Any, col: Column) -> str:
    """The cell of a row, which can be read back; a demand's trace has a file of its own."""
    value = getattr(row, col.name)
    if col.name == "pattern" and isinstance(value, Trace):
        return "Trace()"
    text = format_cell(value)
    try:
        short = len(text) <= csv.field_size_limit()
        same = value is None or (short and parse_cell(col, text) == value)
    except (ValueError, TwinError):
        same = False
    if not same:
        raise NetworkError(
            f"{row.title}: {col.name} {brief(value)} cannot be read back from a table: take one of "
            "twinlab's own distributions, such as Empirical(…) of some hundred draws"
        )
    return text


def parse_cell(col: Column, text: str) -> Any:
    """Read a cell by its column's type; the row's own check then looks at range and unit.

    >>> from twinlab.scope.columns import schema
    >>> parse_cell(schema(Recipe)[2], "wheel: 2; frame: 1")
    {'wheel': 2.0, 'frame': 1.0}
    """
    if col.type is str:
        return text
    if col.type is bool:
        if text.lower() not in ("true", "false"):
            raise ValueError(f"is true or false, got {text!r}")
        return text.lower() == "true"
    if col.type is Distribution:
        return parse_distribution(text)
    if col.type == tuple[float, ...]:
        return tuple(_number(col, part) for part in text.split())
    if col.type in (int, float, float | None):
        return _number(col, text)
    return _named_numbers(col, text)


def _named_numbers(col: Column, text: str) -> dict[str, float]:
    pairs = [part.rpartition(":") for part in text.split(";") if part.strip()]
    names = [name.strip() for name, _, _ in pairs]
    for name in names:
        if not name:
            raise ValueError(f"is written 'frame: 1; wheel: 2', got {brief(text)}")
        if names.count(name) > 1:
            raise ValueError(f"names {name!r} {names.count(name)} times: add its units up")
    return {name: _number(col, units) for name, (_, _, units) in zip(names, pairs, strict=True)}


def _number(col: Column, text: str) -> float:
    try:
        return read_number(text)
    except ValueError as problem:
        raise ValueError(f"is a number in {col.unit}, got {problem}") from None


TABLES = {f"{row.__name__.lower()}s": row for row in (Product, Node, Lane, Recipe, Demand, Stock)}
_NEEDED = ("products", "nodes")
# Where a blank cell would be a guess: unknown is neither a day nor nothing.
_NEVER_BLANK = ("lead_time", "production_time", "on_hand", "days")
_TRACE_HEADER = ("node", "product", "day", "quantity")


def read_network(folder: str | Path) -> Network:
    """Read a network from a folder of CSV files.

    Raises:
        NetworkError: names the file, row and column, the value, and what to do.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NetworkError(f"{folder} is not a folder: give the folder that holds nodes.csv")
    rows: dict[str, Any] = {}
    for name, row_type in TABLES.items():
        path = folder / f"{name}.csv"
        if path.exists():
            records = _records(path, [c.name for c in schema(row_type)])
            rows[name] = [_row(row_type, cells, where) for where, cells in records]
        elif name in _NEEDED:
            raise NetworkError(f"{folder} has no {name}.csv: a network needs one")
    rows["demands"] = _with_traces(rows.get("demands", []), folder / "traces.csv")
    return Network(**rows)


def write_network(network: Network, folder: str | Path) -> None:
    """Write a network's tables, and a data package that describes their columns.

    Raises:
        NetworkError: something that cannot be read back, such as a distribution of your own.
    """
    folder = Path(folder)
    cells = {
        name: [[read_back(row, c) for c in schema(TABLES[name])] for row in rows]
        for name, rows in rows_of(network)
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise NetworkError(f"{folder} cannot be a folder: {problem.strerror}") from None
    for name, lines in cells.items():
        _write(folder / f"{name}.csv", [c.name for c in schema(TABLES[name])], lines)
    resources = [_describe(name) for name in cells]
    recorded = {(d.node, d.product): d.pattern for d in network.demands}
    traced = {k: law for k, law in recorded.items() if isinstance(law, Trace)}
    days = {key: enumerate(law.values.tolist()) for key, law in traced.items()}
    traces = [(*key, day, write_number(value)) for key in days for day, value in days[key]]
    if traces:
        _write(folder / "traces.csv", _TRACE_HEADER, traces)
        resources.append({"name": "traces", "path": "traces.csv"})
    else:
        (folder / "traces.csv").unlink(missing_ok=True)
    package = {"name": folder.resolve().name.lower(), "resources": resources}
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")


def read_disruptions(path: str | Path) -> list[Disruption]:
    """Read disruptions from a CSV file: a ``kind`` column, then the columns of the kinds.

    Raises:
        NetworkError: names the row, the value, and what to do.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_disruptions([Outage("mine", start=5, days=3)], f"{folder}/trouble.csv")
    ...     read_disruptions(f"{folder}/trouble.csv")[0].start
    5
    """
    found: list[Disruption] = []
    for where, cells in _records(Path(path), ["kind", *_disruption_columns()]):
        kind = cells.pop("kind", "")
        if kind not in KINDS:
            hint = did_you_mean(kind, KINDS)
            raise NetworkError(f"{where}: kind {kind!r} is no disruption; {hint}")
        found.append(_row(KINDS[kind], cells, where))
    return found


def write_disruptions(disruptions: Iterable[Disruption], path: str | Path) -> None:
    """Write disruptions as a CSV file that ``read_disruptions`` reads back exactly.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_disruptions([Outage("mine", start=5, days=3)], f"{folder}/trouble.csv")
    ...     print(pathlib.Path(folder, "trouble.csv").read_text()[:15])
    kind,start,days
    """
    names = _disruption_columns()
    rows = [
        [type(d).__name__, *(format_cell(getattr(d, name, None)) for name in names)]
        for d in disruptions
    ]
    _write(Path(path), ["kind", *names], rows)


def _disruption_columns() -> list[str]:
    return list(dict.fromkeys(c.name for kind in KINDS.values() for c in schema(kind)))


def _records(path: Path, known: Sequence[str]) -> Iterable[tuple[str, dict[str, str]]]:
    """Each row of a file as (where it stands, its filled cells); unknown columns are refused."""
    rows = _lines(path)
    header = [name.strip() for name in rows[0]] if rows else []
    _check_header(path, header, known)
    for number, cells in enumerate(rows[1:], 1):
        where = f"{path.name} row {number}"
        if len(cells) > len(header):
            problem = f"{where}: {len(cells)} cells, but the header has {len(header)} columns"
            raise NetworkError(f"{problem}: put text that holds a comma in quotes")
        filled = {k: v.strip() for k, v in zip(header, cells, strict=False) if v.strip()}
        for name in _NEVER_BLANK if filled else ():
            if name in header and name not in filled:
                raise NetworkError(
                    f"{where}: {name} is blank, which nobody can tell from unknown: fill it in, "
                    "or drop the whole column to take its default"
                )
        if filled:
            yield where, filled


def _check_header(path: Path, header: list[str], known: Sequence[str]) -> None:
    for name in header:
        if name not in known:
            parted = "part columns by commas; " if ";" in name or "\t" in name else ""
            hint = parted + did_you_mean(name, known)
            raise NetworkError(f"{path.name}: unknown column {name!r}; {hint}")
        if header.count(name) > 1:
            raise NetworkError(f"{path.name}: two columns are called {name!r}: drop one of them")


def _lines(path: Path) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.reader(file))
    except UnicodeDecodeError as problem:
        raise NetworkError(
            f"{path.name} is not in UTF-8 (byte {problem.start}): save it as 'CSV UTF-8'"
        ) from None
    except (OSError, csv.Error) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise NetworkError(f"{path} cannot be read as a table: {why}") from None


def _row(row_type: Any, cells: dict[str, str], where: str) -> Any:
    """One row object; every error says where its cell stands."""
    columns = {c.name: c for c in schema(row_type)}
    values = {}
    for name, text in cells.items():
        if name not in columns:
            raise NetworkError(f"{where}: {row_type.__name__} has no {name}: leave the cell blank")
        try:
            values[name] = parse_cell(columns[name], text)
        except (ValueError, TwinError) as problem:
            raise NetworkError(f"{where}: {name} {problem}") from None
    for name, col in columns.items():
        if col.required and name not in values:
            raise NetworkError(f"{where}: {name} is missing: {col.meaning} ({col.unit})")
    try:
        return row_type(**values)
    except TwinError as problem:
        raise NetworkError(f"{where}: {problem}") from None


def _with_traces(demands: Sequence[Demand], path: Path) -> list[Demand]:
    """Demands whose pattern is ``Trace()`` with their recorded values."""
    recorded: dict[tuple[str, str], list[float]] = {}
    for where, cells in _records(path, _TRACE_HEADER) if path.exists() else ():
        missing = [name for name in _TRACE_HEADER if name not in cells]
        if missing:
            raise NetworkError(f"{where}: {missing[0]} is missing")
        values = recorded.setdefault((cells["node"], cells["product"]), [])
        try:
            day = read_number(cells["day"])
            values.append(read_number(cells["quantity"]))
        except ValueError as problem:
            raise NetworkError(f"{where}: day or quantity is a number, got {problem}") from None
        if day != len(values) - 1:
            raise NetworkError(
                f"{where}: day {day:g} follows day {len(values) - 2}: list every day in order, "
                "starting with day 0"
            )
    rows = {(d.node, d.product): d for d in demands if isinstance(d.pattern, Trace)}
    for stray in (key for key in recorded if key not in rows):
        raise NetworkError(
            f"{path.name}: {stray!r} has a trace, but no row of demands.csv with pattern Trace()"
        )
    traced = {k: replace(row, pattern=Trace(recorded.get(k, ()))) for k, row in rows.items()}
    return [traced.get((d.node, d.product), d) for d in demands]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
    except OSError as problem:
        raise NetworkError(f"{path} cannot be written: {problem.strerror}") from None


def _describe(name: str) -> dict[str, Any]:
    """The data-package entry of a table: each column's type, unit, meaning and range."""
    words = {int: "integer", float: "number", float | None: "number", bool: "boolean"}
    described = []
    for col in schema(TABLES[name]):
        bounds = {"minimum": col.low, "maximum": col.high}
        limits = {k: v for k, v in bounds.items() if abs(v) < float("inf") and col.type in words}
        about = {"name": col.name, "type": words.get(col.type, "string"), "unit": col.unit}
        demanded = {"required": col.required, **limits}
        described.append(about | {"description": col.meaning, "constraints": demanded})
    return {"name": name, "path": f"{name}.csv", "schema": {"fields": described}}


def records_of(raw: bytes, kind: str) -> dict[str, dict[str, Any]]:
    r"""The rows of a table that others wrote, below the first, which names the columns.

    ``kind``: ``.xlsx``, or a text; its separator and encoding (UTF-8, UTF-16, cp1252) are found.

    Raises:
        ValueError: it is not whole, or a row is none of its table.

    >>> records_of("Nr;Ort\n1;Köln\n".encode("cp1252"), ".csv")
    {'row 1': {'Nr': '1', 'Ort': 'Köln'}}
    """
    table = [[c.strip() if isinstance(c, str) else c for c in row] for row in _cells(raw, kind)]
    head, *rows = table or [[]]
    filled = {n: cells for n, cells in enumerate(rows, 1) if {*cells} - {None, ""}}
    if twice := [name for name in head if name and head.count(name) > 1]:
        raise ValueError(f"two columns are called {twice[0]!r}: drop one of them")
    if more := [n for n, cells in filled.items() if any(cells[len(head) :])]:
        why = f"more than {len(head)} cells: put text with separators in quotes"
        raise ValueError(f"row {more[0]} has {why}")
    names = [str(name) for name in head]
    return {f"row {n}": dict(zip(names, cells, strict=False)) for n, cells in filled.items()}


def _cells(raw: bytes, kind: str) -> Iterable[Sequence[Any]]:
    if kind == ".xlsx":
        book = needs("openpyxl", "link").load_workbook(BytesIO(raw), data_only=True)
        return list(book.worksheets[0].values)
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    if text and text[-1] not in "\r\n":
        raise ValueError("its last row has no line end")
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=lambda sign: len(next(csv.reader([first], delimiter=sign), ())))
    return csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
