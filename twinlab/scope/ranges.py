"""Plain numbers have a range that stands with the parameter and is checked before they count."""

import inspect
import math
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from twinlab.scope.errors import ScenarioError

F = TypeVar("F", bound=Callable[..., Any])
_MOST = sys.float_info.max  # whatever is finite


@dataclass(frozen=True)
class Range:
    """What a number may be, and how to say so; ``open``: the ends themselves are left out."""

    wanted: str
    low: float = -_MOST
    high: float = _MOST
    open: bool = False
    whole: bool = False

    def fit(self, value: Any, where: str) -> Any:
        """The value as a plain number, or an error that says what is wanted there."""
        try:
            number = math.nan if isinstance(value, bool | str | bytes) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        inside = self.low < number < self.high if self.open else self.low <= number <= self.high
        if not inside or (self.whole and not number.is_integer()):
            missing = isinstance(value, float) and math.isnan(value)
            remedy = ": fill in or leave out what is missing" if missing else ""
            raise ScenarioError(f"{where} must be {self.wanted}, got {_short(value)}{remedy}")
        return int(number) if self.whole else value if type(value) in (int, float) else number


Number = Annotated[float, Range("a finite number")]
Positive = Annotated[float, Range("a finite number above 0", 0, open=True)]
Amount = Annotated[float, Range("a finite number of at least 0", 0)]
Limit = Annotated[float, Range("a number of at least 0, or inf", 0, math.inf)]
Share = Annotated[float, Range("a share from 0 to 1", 0, 1)]
Level = Annotated[float, Range("a share above 0 and below 1", 0, 1, open=True)]
Count = Annotated[int, Range("a whole number of at least 1", 1, whole=True)]
Whole = Annotated[int, Range("a whole number of at least 0", 0, whole=True)]


def ranged(function: F) -> F:
    """Check what a function is given against the ranges in its annotations, before it runs.

    Raises:
        ScenarioError: a number out of its range, with the parameter's name, value and range.

    >>> @ranged
    ... def left(hours: Positive, share: Share = 0.5) -> float:
    ...     return hours * (1 - share)
    >>> try:
    ...     left(8, share=-0.1)
    ... except ScenarioError as error:
    ...     print(error)
    left: share must be a share from 0 to 1, got -0.1
    """

    @cache  # when first called: an import stays quick
    def read() -> tuple[inspect.Signature, dict[str, Any]]:
        own = {k: v for k, v in function.__annotations__.items() if k != "return"}
        bare: Any = SimpleNamespace(__annotations__=own)
        hints = get_type_hints(bare, inspect.unwrap(function).__globals__, include_extras=True)
        ranges = {name: kind for name, kind in hints.items() if _has_range(kind)}
        return inspect.signature(function), ranges

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        signature, ranges = read()
        bound = signature.bind(*given, **named)
        for name, kind in ranges.items():
            if name in bound.arguments:
                where = f"{function.__qualname__.replace('.__call__', '')}: {name}"
                bound.arguments[name] = _fit(kind, bound.arguments[name], where)
        return function(*bound.args, **bound.kwargs)

    return cast(F, call)


def _has_range(kind: Any) -> bool:
    return any(isinstance(part, Range) or _has_range(part) for part in get_args(kind))


def _fit(kind: Any, value: Any, where: str) -> Any:
    """The value with every number that is in it checked."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return next(part for part in inside if isinstance(part, Range)).fit(value, where)
    if origin in (Union, UnionType):
        if value is None and NoneType in inside:
            return None
        return _fit(next(part for part in inside if _has_range(part)), value, where)
    if origin is Mapping:
        if not hasattr(value, "items"):
            raise ScenarioError(f"{where} must be numbers by name, {{…: …}}, got {_short(value)}")
        return {k: _fit(inside[1], v, f"{where}[{k!r}]") for k, v in value.items()}
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise ScenarioError(f"{where} must be a list of numbers, got {_short(value)}")
    return [_fit(inside[0], v, f"{where}[{at}]") for at, v in enumerate(value)]


def _short(value: Any) -> str:
    long = isinstance(value, int) and value.bit_length() > 10_000  # repr would refuse it
    return "a number of thousands of digits" if long else reprlib.repr(value)
