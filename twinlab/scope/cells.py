"""What a cell of a table says: a number, a text, or a distribution as it prints."""

import csv
import re
from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from itertools import chain, count
from numbers import Real
from typing import Any

from twinlab.scope import distributions
from twinlab.scope.columns import Column
from twinlab.scope.dialect import NUMBER, read_date, read_number, write_number
from twinlab.scope.distributions import Constant, Distribution, Trace
from twinlab.scope.errors import NetworkError, TwinError, brief, did_you_mean

FAMILIES: dict[str, Any] = {name: getattr(distributions, name) for name in distributions.__all__}

BLANK = ("-", "–", "—", "n/a", "na", "null", "none", "nan")  # what stands for no number
_YES = {"true", "yes", "y", "x", "1", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "si", "vero"}
_NO = {"false", "no", "n", "0", "falsch", "nein", "faux", "non", "falso"}
# Read in one way only, from left to right: what cannot be read costs no more time.
_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_ARGUMENT = re.compile(rf"\s*(?:(\w+)\s*=\s*)?(\([^()]*\)|{NUMBER})\s*(?:,|$)", re.ASCII)


def parse_distribution(text: str, decimal: str = "") -> Any:
    """Read a distribution from the text of a table cell; a bare number is a constant.

    Where the decimal sign is a comma, semicolons part its numbers.
    """
    wanted, call = "is a distribution such as Normal(mean=5, sd=1), got", _CALL.fullmatch(text)
    if text.strip()[:1] in "-+.,(0123456789":
        try:
            return Constant(read_number(text, decimal))
        except ValueError as problem:
            raise ValueError(f"{wanted} {problem}") from None
    if not call:
        raise ValueError(f"{wanted} {brief(text)}")
    name, inside = call.groups()
    if name not in FAMILIES:
        raise ValueError(f"has no distribution {name!r}; {did_you_mean(name, FAMILIES)}")
    alone = len(fields(FAMILIES[name])) == 1 and "(" not in inside
    if decimal == "," and (";" in inside or alone):
        inside = inside.replace(",", ".").replace(";", ",")
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
    """Write a value as the text of a table cell."""
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
        problem = f"{row.title}: {col.name} {brief(value)} cannot be read back from a table"
        remedy = "one of twinlab's own distributions, such as Empirical(…) of some hundred draws"
        raise NetworkError(f"{problem}: take {remedy}")
    return text


def parse_cell(col: Column, cell: Any, decimal: str = "", days_first: bool | None = None) -> Any:
    """Read a cell by its column's type; ValueError if it is nothing of it."""
    if isinstance(cell, Iterable) and not isinstance(cell, str):
        raise ValueError(f"is one value, got {brief(cell)}")
    if col.type in (str, bool):
        return as_text(cell) if col.type is str else _flag(cell)
    if col.unit == "day" and not isinstance(cell, int | float):
        dated = not isinstance(cell, str) or re.search(r"\d[-/.]\d", cell)
        return read_date(cell, days_first) if dated else _number(col, cell, decimal)
    if col.type is Distribution:
        number = isinstance(cell, Real | Decimal) and not isinstance(cell, bool)
        return Constant(float(cell)) if number else parse_distribution(str(cell), decimal)
    if col.type in (int, float, float | None):
        return _number(col, cell, decimal)
    if col.type == tuple[float, ...]:
        return tuple(_number(col, one, decimal) for one in re.split(r"[;\s]+", str(cell)) if one)
    return _named_numbers(col, str(cell), decimal)


def as_text(cell: Any) -> str:
    """A cell as text; a number that a spreadsheet made of a name loses its .0."""
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def _flag(cell: Any) -> bool:
    word = as_text(cell).lower()
    if word not in _YES | _NO:
        raise ValueError(f"is true or false, got {cell!r}")
    return word in _YES


def _named_numbers(col: Column, text: str, decimal: str) -> dict[str, float]:
    pairs = [part.rpartition(":") for part in text.split(";") if part.strip()]
    names = [name.strip() for name, _, _ in pairs]
    for name in names:
        if not name:
            raise ValueError(f"is written 'frame: 1; wheel: 2', got {brief(text)}")
        if names.count(name) > 1:
            raise ValueError(f"names {name!r} {names.count(name)} times: add its units up")
    return dict(zip(names, (_number(col, each[2], decimal) for each in pairs), strict=True))


def _number(col: Column, text: Any, decimal: str) -> float:
    if isinstance(text, Real | Decimal) and not isinstance(text, bool):
        return float(text)
    try:
        percent = col.unit.startswith("share") and str(text).rstrip().endswith("%")
        number = read_number(str(text).rstrip().rstrip("%") if percent else str(text), decimal)
        return number / 100 if percent else number
    except ValueError as problem:
        raise ValueError(f"is a number in {col.unit}, got {problem}") from None
