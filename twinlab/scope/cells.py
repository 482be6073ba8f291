"""Cells: the values of a row as the text of a table, read back exactly."""

import csv
from typing import Any

from twinlab.scope.chance import Distribution, Trace
from twinlab.scope.columns import Column
from twinlab.scope.errors import NetworkError, TwinError, shown
from twinlab.scope.notation import parse_distribution, read_number, write_number


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
            f"{row.title}: {col.name} {shown(value)} cannot be read back from a table: take one of "
            "twinlab's own distributions, such as Empirical(…) of some hundred draws"
        )
    return text


def parse_cell(col: Column, text: str) -> Any:
    """Read a cell by its column's type; the row's own check then looks at range and unit.

    >>> from twinlab.scope.columns import schema
    >>> from twinlab import Recipe
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
            raise ValueError(f"is written 'frame: 1; wheel: 2', got {shown(text)}")
        if names.count(name) > 1:
            raise ValueError(f"names {name!r} {names.count(name)} times: add its units up")
    return {name: _number(col, units) for name, (_, _, units) in zip(names, pairs, strict=True)}


def _number(col: Column, text: str) -> float:
    try:
        return read_number(text)
    except ValueError as problem:
        raise ValueError(f"is a number in {col.unit}, got {problem}") from None
