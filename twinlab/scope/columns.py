"""A quantity is described once, with its field: CSV, docs, sliders, errors take it from there."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from math import inf, isinf, isnan, nan
from typing import Any, NoReturn, dataclass_transform, get_args, get_type_hints

import numpy as np

from twinlab.scope.distributions import Constant, Distribution, is_distribution
from twinlab.scope.errors import NetworkError, TwinError, brief
from twinlab.scope.kinds import Date, Unfit, Whole, as_date

Day = Whole | Date


@dataclass(frozen=True)
class Column:
    """One described field of a row: its name, type, unit, default, meaning and range."""

    name: str
    type: Any
    default: Any
    unit: str
    meaning: str
    low: float
    high: float

    @property
    def required(self) -> bool:
        """Whether a row must state it."""
        return self.default is MISSING


def column(
    unit: str, default: Any = MISSING, meaning: str = "", *, low: float = -inf, high: float = inf
) -> Any:
    """Describe a dataclass field by unit, default, meaning and sensible range."""
    described = {"unit": unit, "meaning": meaning, "low": low, "high": high}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: dict(default), metadata=described)
    return field(default=default, metadata=described)


def schema(row_type: Any) -> tuple[Column, ...]:
    """List the described columns of a row type, in the order of its table."""
    return _read_schema(row_type)


@cache
def _read_schema(row_type: Any) -> tuple[Column, ...]:
    hints = get_type_hints(row_type)
    described = (f for f in fields(row_type) if f.metadata)
    return tuple(Column(f.name, hints[f.name], _default(f), **f.metadata) for f in described)


def _default(described: Any) -> Any:
    return {} if described.default_factory is not MISSING else described.default


def schema_text(row_type: Any) -> str:
    """Describe the columns of a row type in lines: what ``?`` and ``help`` show of a class."""
    lines = []
    for f in fields(row_type):
        if about := f.metadata:
            given = "" if (default := _default(f)) is MISSING else f" = {default!r}"
            unit = f" [{about['unit']}]" if about["unit"] else ""
            bounds = _bounds_text(about["low"], about["high"])
            lines.append(f"    {f.name}{given}{unit}: {about['meaning']}{bounds and '; ' + bounds}")
    return "\n".join(["Columns:", *lines]) if lines else ""


@dataclass_transform(frozen_default=True)
class Described:
    """What becomes a dataclass by saying how: ``class Shelf(Row, frozen=True)``."""

    def __init_subclass__(cls, **how: bool) -> None:
        super().__init_subclass__()
        if how:
            dataclass(**how)(cls)


class Row(Described):
    """A frozen row whose values are checked against their columns when it is made."""

    _dated = ""  # the column of a day that may be a date, until a scenario has the row

    def __post_init__(self) -> None:
        """Bring every value to its column's type, or say what is wrong with it."""
        for col in schema(type(self)):
            value = getattr(self, col.name)
            if value is col.default:  # it fits
                continue
            moment = col.name == self._dated and isinstance(value, str | Date | np.datetime64)
            try:
                object.__setattr__(self, col.name, as_date(value) if moment else _fit(col, value))
            except (TypeError, ValueError, Unfit) as problem:
                got = f"is a day or a date, got {brief(value)}: " * moment
                raise NetworkError(f"{self.title}: {col.name} {got}{problem}") from None
        self.check()

    def check(self) -> None:
        """Check what concerns several columns of this row (nothing by default)."""

    @property
    def title(self) -> str:
        """What to call this row in a message: its type and its first key words."""
        words = [getattr(self, c.name) for c in schema(type(self)) if c.required]
        return " ".join(
            [type(self).__name__, "→".join(b for w in words if (b := brief(w)) != "{}")]
        ).strip()


def _fit(col: Column, value: Any) -> Any:
    """The value in its column's type and range; ValueError says what to change."""
    if col.type is bool:
        return _fit_bool(value)
    if col.type is str:
        return _fit_text(col, value)
    if col.type in (int, float, float | None):
        return None if value is None and col.type == (float | None) else _fit_number(col, value)
    if col.type is Distribution:
        return _fit_distribution(col, value)
    if col.type in (tuple[float, ...], tuple[str, ...]):
        fit, of = (_fit_text, "") if col.type == tuple[str, ...] else (_fit_number, "numbers in ")
        if isinstance(value, str | Mapping | set) or not isinstance(value, Iterable):
            raise ValueError(f"is a list of {of}{col.unit}, got {brief(value)}: write (…,)")
        return tuple(fit(col, v) for v in value)
    if not isinstance(value, Mapping):
        raise ValueError(f"is a mapping of names to {col.unit}, got {brief(value)}: write {{…: 1}}")
    key = _fit_text if get_args(col.type)[0] is str else _fit_number
    return frozen({key(replace(col, low=-inf), k): _fit_number(col, v) for k, v in value.items()})


class Frozen(dict[Any, Any]):
    """A dict that is only read: what is part of a frozen value does not change either."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TwinError("this is part of a frozen value: change a copy, dict(…), or make a new one")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> Any:
        return Frozen, (dict(self),)


def frozen(value: Any) -> Any:
    """Give a value that cannot be written over: its dicts and arrays are only read."""
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    if type(value) is dict:
        return Frozen({key: frozen(each) for key, each in value.items()})
    return tuple(map(frozen, value)) if type(value) is tuple else value


class Sealed(Described):
    """A frozen dataclass whose dicts and arrays cannot be written over either."""

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, frozen(getattr(self, f.name)))


def _fit_bool(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ValueError(f"is yes or no, got {brief(value)}: write True or False")


def _fit_text(col: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is a text, got {brief(value)}: put it in quotes")
    if col.required and not value.strip():
        raise ValueError("is empty: give it a name")
    if re.search("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]", value.strip()):
        raise ValueError(f"holds a line break or what is no letter, got {value!r}: drop it")
    return str(value.strip())


def _fit_number(col: Column, value: Any) -> float | int:
    try:
        number = nan if isinstance(value, str | bool | np.bool_) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = nan
    if isnan(number):
        wrong = f"is a number in {col.unit}"
    elif isinf(number) and col.default != inf:
        wrong = f"is a finite number of {col.unit}"
    elif not col.low <= number <= col.high:
        wrong = f"must be {_bounds_text(col.low, col.high)} {col.unit}"
    elif col.type is int and not number.is_integer():
        wrong = f"is a whole number of {col.unit}"
    else:
        return int(number) if col.type is int else number
    missing = isinstance(value, float) and isnan(value)
    raise ValueError(f"{wrong}, got {brief(value)}{': leave it out for the default' * missing}")


def _bounds_text(low: float, high: float) -> str:
    """A range in words; empty, if it has no ends."""
    if isinf(high):
        return "" if isinf(low) else f"at least {low:g}"
    return f"at most {high:g}" if isinf(low) else f"{low:g} to {high:g}"


def _fit_distribution(col: Column, value: Any) -> Distribution:
    if isinstance(value, type):
        raise ValueError(f"is a distribution, got the class {value.__name__}: give it its numbers")
    law: Any = value if is_distribution(value) else Constant(float(_fit_number(col, value)))
    if (low := law.lowest) < col.low:
        raise ValueError(f"must be at least {col.low:g} {col.unit}, but {law!r} can give {low:g}")
    return law  # type: ignore[no-any-return]
