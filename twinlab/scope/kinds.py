"""Kinds of values: an annotation says what is wanted, reads what fits and teaches what does not.

A plain number has a range that stands with the parameter and is checked before it counts. numpy's
numbers and flags are plain ones, arrays and columns of tables are lists, one row is a list of one,
a number is a constant chance. A range stands with its type, and so do words that say it better
(``Annotated[Rule, "a rule such as BaseStock(50)"]``).
"""

import inspect
import math
import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, wraps
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

import numpy as np

from twinlab.scope.distributions import Array, Constant, Distribution, is_distribution
from twinlab.scope.errors import NAMES, brief, way_to

F = TypeVar("F", bound=Callable[..., Any])
_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?"
_MOST = float(np.finfo(np.float64).max)  # whatever is finite


@dataclass(frozen=True)
class Range:
    """What a number may be, and how to say so; ``open``: the ends themselves are left out."""

    wanted: str
    low: float = -_MOST
    high: float = _MOST
    open: bool = False
    whole: bool = False


Numbers = Annotated[Any, Range("a number or a list of numbers")]
Number = Annotated[float, Range("a finite number")]
Positive = Annotated[float, Range("a finite number above 0", 0, open=True)]
Amount = Annotated[float, Range("a finite number of at least 0", 0)]
Limit = Annotated[float, Range("a number of at least 0, or inf", 0, math.inf)]
Share = Annotated[float, Range("a share from 0 to 1", 0, 1)]
Level = Annotated[float, Range("a share above 0 and below 1", 0, 1, open=True)]
Count = Annotated[int, Range("a whole number of at least 1", 1, whole=True)]
Whole = Annotated[int, Range("a whole number of at least 0", 0, whole=True)]
Date = date


def ranged(function: F) -> F:
    """Check what a function is given against the ranges in its annotations, before it runs."""

    @cache  # when first called: an import stays quick, and the door stands on what is below it
    def door() -> Any:
        from twinlab.scope.door import Door

        method = next(iter(inspect.signature(function).parameters), "") == "self"
        return Door(function, function.__qualname__.replace(".__call__", ""), skip=int(method))

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        given, named = door().read(given, named)
        return function(*given, **named)

    call.door = door  # type: ignore[attr-defined]
    return cast(F, call)


def _usual(names: str, hint: Any, meant: Any) -> dict[tuple[str, Any], Any]:
    return {(name, hint): meant for name in names.split()}


_COUNTS = "replications samples every evaluations origins rounds horizon iterations period batch"
# Words that mean the same wherever they are a parameter of this type.
USUAL: dict[tuple[str, Any], Any] = {
    **_usual("seed replication history days first", int, Whole),
    **_usual(f"{_COUNTS} season", int, Count),
    **_usual("confidence service", float, Level),
    **_usual("values quantity sold hours", Any, Numbers),
    **_usual("series samples inside", Any, Array),
    **_usual("nodes", Any, Iterable[str]),
    **_usual("levels", Sequence[float], Sequence[Level]),
    **_usual("periods", float, Positive),
    **_usual("z", float, Number),
    **_usual("days hours budget lot", float, Amount),
}


class Unfit(Exception):
    """A value is of another kind; the text says what to do, ``instead`` what to give.

    If it stands inside of what was given, ``inner`` says where, what is wanted there, what it is.
    """

    def __init__(self, text: str = "", instead: str = "") -> None:
        super().__init__(text)
        self.instead, self.inner = instead, ()


@dataclass(frozen=True)
class Kind:
    """What is wanted, and how to read it: ``fit`` gives the plain value or raises ``Unfit``."""

    wanted: str
    fit: Callable[[Any], Any]
    rank: int = 0  # of several kinds, those with a lower rank are tried first; numbers: -1


def kind_of(hint: Any) -> Kind | None:
    """Give the kind that an annotation asks for; None, if anything will do."""
    origin, args = get_origin(hint), get_args(hint)
    origin = get_origin(getattr(origin, "__value__", None)) or origin  # NDArray since NumPy 2.5
    if hint in _PLAIN:
        return _PLAIN[hint]
    shapes = _SHAPES.items() if inspect.isclass(origin) else ()
    make = _MAKERS.get(origin) or next((m for c, m in shapes if issubclass(origin, c)), None)
    if make is not None:
        return make(origin, args)
    return _instance(hint) if origin is None and inspect.isclass(hint) else None


def _number(value: Any) -> Any:
    if isinstance(value, str | bytes):
        raise Unfit("write it without quotes" if re.fullmatch(_NUMBER, str(value)) else "")
    if isinstance(value, bool | np.bool_ | np.datetime64) or getattr(value, "ndim", False):
        raise Unfit
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Unfit from None
    except OverflowError:
        raise Unfit("that is larger than any number a computer counts with") from None
    if math.isnan(number):
        raise Unfit("fill in or leave out what is missing")
    return value if type(value) in (int, float) else number


def _whole(value: Any) -> int:
    number = _number(value)
    if math.isinf(number) or number != int(number):
        raise Unfit
    return int(number)


def _flag(value: Any) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise Unfit("write True or False")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise Unfit("put it in quotes" if isinstance(value, int | float) else "")


def as_date(value: Any) -> date:
    """Read a date: one of Python, its ISO text, or a moment on it, of pandas or numpy too."""
    text, read = str(value).strip(), dict[str, None]()
    with suppress(ValueError):
        if isinstance(value, str | date | np.datetime64):
            return datetime.fromisoformat(text).date()
    for order in ("%d-%m-%Y", "%m-%d-%Y", "%Y-%m-%d", "%d-%m-%y", "%m-%d-%y"):
        with suppress(ValueError):
            read[repr(str(datetime.strptime(re.sub(r"\W+", "-", text), order).date()))] = None
    raise Unfit(f"write {' or '.join(read) or 'a date as 2026-03-01'}, as it is meant")


def _none(value: Any) -> None:
    if value is not None:
        raise Unfit


_PLAIN: dict[Any, Kind | None] = {
    Any: None,
    object: None,
    NoneType: Kind("None", _none),
    str: Kind("a text", _text),
    int: Kind("a whole number", _whole, -1),
    float: Kind("a number", _number, -1),
    bool: Kind("yes or no", _flag),
    date: Kind("a date such as '2026-03-01'", as_date),
}


def _annotated(origin: Any, args: tuple[Any, ...]) -> Kind | None:
    """A type in a range, or in better words."""
    plain, more = kind_of(args[0]), args[1]
    if plain is None:
        return replace(_array(origin, args), wanted=more.wanted)
    if not isinstance(more, Range):

        def fit(value: Any) -> Any:
            try:
                return plain.fit(value)
            except Unfit as problem:
                problem.instead = ""  # the words say it better
                raise

        return more and replace(plain, wanted=more, fit=fit)

    return in_range(more)


def in_range(span: Range) -> Kind:
    """The kind of a number in a range."""

    def fit(value: Any) -> Any:
        number = _whole(value) if span.whole else _number(value)
        if span.low <= number <= span.high and not (span.open and number in (span.low, span.high)):
            return number
        raise Unfit(f"write {number / 100:g}" if span.high == 1 < number <= 100 else "")

    return Kind(span.wanted, fit, -1)


def _instance(cls: Any) -> Kind:
    """An object of a class, or whatever has the names of a protocol."""
    protocol = getattr(cls, "_is_protocol", False)
    needed = {n for n in vars(cls) if n[0] != "_" or n == "__call__"} if protocol else ()
    name = NAMES.get(cls.__name__, cls.__name__)

    def fit(value: Any) -> Any:
        if inspect.isclass(value):
            raise Unfit(f"that is a class: write {value.__name__}(…)")
        if cls is Distribution and not is_distribution(value):
            return Constant(_number(value))
        if {*dir(value)}.issuperset(needed) if protocol else isinstance(value, cls):
            return value
        raise Unfit(instead=way_to(cls, type(value).__name__))

    return Kind(f"{'an' if name[0] in 'AEIO' else 'a'} {name}", fit)


def _function(origin: Any, args: tuple[Any, ...]) -> Kind:
    """A function that can be called with so many values."""
    count = len(args[0]) if args and isinstance(args[0], list) else None

    def fit(value: Any) -> Any:
        if inspect.isclass(value):
            raise Unfit(f"that is a class: write {value.__name__}(…)")
        if not callable(value):
            raise Unfit
        try:
            if count is not None:
                inspect.signature(value).bind(*[None] * count)
        except ValueError:
            pass  # a function in C does not say what it takes
        except TypeError:
            raise Unfit(f"it is called with {count} value{'s' * (count != 1)}") from None
        return value

    return Kind("a function", fit)


def _array(origin: Any, args: tuple[Any, ...]) -> Kind:
    def fit(value: Any) -> Any:
        try:
            numbers = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise Unfit("give a list of numbers") from None
        if isinstance(value, str) or value is None or (origin is np.ndarray and not numbers.ndim):
            raise Unfit("write […]")
        return np.asarray(value) if isinstance(value, list | tuple) else value

    return Kind("an array of numbers", fit)


def _either(origin: Any, args: tuple[Any, ...]) -> Kind | None:
    kinds = [kind for kind in map(kind_of, args) if kind is not None]
    if len(kinds) < len(args):
        return None  # one of them takes anything

    def fit(value: Any) -> Any:
        problems = []
        for kind in sorted(kinds, key=lambda kind: kind.rank):
            try:
                return kind.fit(value)
            except Unfit as problem:
                problems.append(problem)
                if kind.rank < 0 and isinstance(value, int | float):
                    break  # a number that is the wrong number: to write it as a text is no remedy
        raise max(problems, key=lambda p: (bool(p.inner), bool(str(p) or p.instead)))

    return Kind(" or ".join(k.wanted for k in kinds if k.wanted != "None"), fit)


# Inside of several: a number may be missing, and a name be a whole number.
_SPARED: dict[Any, Callable[[Any], bool]] = {
    float: lambda value: isinstance(value, float) and math.isnan(value),
    str: lambda value: type(value) is int,
}


def _inside(hint: Any) -> Kind | None:
    """The kind of one of several values."""
    kind, spared = kind_of(hint), _SPARED.get(hint)
    if kind is None or spared is None:
        return kind
    return replace(kind, fit=lambda value: value if spared(value) else kind.fit(value))


def _one(kind: Kind | None, value: Any, where: str) -> Any:
    """One of several values; what is wrong with it says which one it is."""
    try:
        return value if kind is None else kind.fit(value)
    except Unfit as problem:
        at, *rest = problem.inner or ("", kind and kind.wanted, value)
        problem.inner = (where + at, *rest)
        raise


def _list(origin: Any, args: tuple[Any, ...]) -> Kind:
    """A list, or a tuple of fixed length; one alone is a list of one, an array a plain list."""
    long = not (origin is tuple and args and args[-1] is not ...)
    each = [_inside(arg) for arg in args if arg is not ...]
    make = origin if origin in (list, set, frozenset) else tuple

    def fit(value: Any) -> Any:
        if long and each and each[0] and each[0].rank >= 0 and not isinstance(value, list | tuple):
            try:
                return make((each[0].fit(value),))  # so a name is no list of letters
            except Unfit:
                pass
        table = hasattr(value, "columns") or isinstance(value, str | bytes)
        table = table or (isinstance(value, Mapping) and origin is not Iterable)
        if not isinstance(value, Iterable) or table:
            raise Unfit(f"write [{brief(value)}]" if isinstance(value, str) and long else "")
        rows = value.tolist() if hasattr(value, "tolist") else value
        rows = rows if isinstance(rows, list | tuple) else list(rows)
        kinds = each * len(rows) if long else each
        if len(rows) != len(kinds) and each:
            raise Unfit(f"it has {len(rows)} values")
        read = [_one(*pair, f"[{at}]") for at, pair in enumerate(zip(kinds, rows, strict=False))]
        same = isinstance(value, Collection) and not hasattr(value, "tolist")
        return value if same and all(map(operator.is_, read, value)) else make(read or rows)

    many = f"a list of {re.sub(r'number', 'numbers', _many(args[:1]), count=1)}"
    return Kind(many if long else f"a tuple ({_many(args)})", fit, 2)


def _mapping(origin: Any, args: tuple[Any, ...]) -> Kind:
    keys, values = map(_inside, args or (Any, Any))

    def fit(value: Any) -> Any:
        given = value.to_dict() if hasattr(value, "to_dict") else value
        if not isinstance(given, Mapping):
            raise Unfit(f"write {{{_many(args[:1])}: {_many(args[1:])}}}" if keys or values else "")
        read = {_one(keys, k, " key"): _one(values, v, f"[{k!r}]") for k, v in given.items()}
        return given if all(map(operator.is_, read.values(), given.values())) else read

    return Kind(f"a mapping of {_many(args[:1])} to {_many(args[1:])}", fit, 1)


def _many(args: tuple[Any, ...]) -> str:
    """What stands in a list or mapping, in words: ``text, number``."""
    kinds = [kind_of(arg) for arg in args]
    return ", ".join(k.wanted.partition(" ")[2] or k.wanted if k else "anything" for k in kinds)


Maker = Callable[[Any, tuple[Any, ...]], Kind | None]
_MAKERS: dict[Any, Maker] = {Annotated: _annotated, np.ndarray: _array, Callable: _function}
_MAKERS |= dict.fromkeys((Union, UnionType), _either)
_SHAPES: dict[Any, Maker] = {Mapping: _mapping, Iterable: _list}
