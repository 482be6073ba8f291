"""The door of a floor: what a public function takes is read from its annotations and checked once.

``guard`` stands at the end of every floor. It puts a door before the floor's functions, and before
the constructors and methods of its classes. A caller from inside the library walks straight
through; anybody else gets plain values, or is told what is wanted and the nearest right call.
"""

import inspect
import sys
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, is_dataclass
from enum import Enum
from functools import cached_property, partial, wraps
from types import FunctionType
from typing import Any

from twinlab.scope import errors
from twinlab.scope.columns import Row, schema_text
from twinlab.scope.distributions import Law
from twinlab.scope.errors import NetworkError, NoSuchName, ScenarioError, brief, did_you_mean
from twinlab.scope.kinds import USUAL, Kind, Unfit, kind_of

_ROWS = ("builders", "distributions", "columns", "entities", "network", "periods", "tables")


class Unchangeable(ScenarioError, FrozenInstanceError):
    """Something frozen was written over."""


def offered(floor: dict[str, Any]) -> list[str]:
    """List what a floor (the globals of its module) offers: its names, but no modules."""
    return sorted(n for n, thing in floor.items() if n[0] != "_" and not inspect.ismodule(thing))


def guard(floor: dict[str, Any]) -> None:
    """Put a door before everything that a floor (the globals of its module) offers."""
    floor.setdefault("__getattr__", partial(not_offered, floor))
    floor.setdefault("__dir__", lambda: floor.get("__all__", list(floor)))
    own = [n for n in floor if getattr(floor[n], "__module__", "") == floor["__name__"]]
    for name in floor.get("__all__", [n for n in own if n[0] != "_"]):
        thing = floor[name]
        if inspect.ismodule(thing):
            guard(vars(thing))
        if not callable(thing) or not getattr(thing, "__module__", "").startswith("twinlab."):
            continue
        if inspect.isclass(thing):
            errors.PUBLIC[name] = thing
            _guard_class(thing)
        else:
            home = vars(sys.modules[inspect.unwrap(thing).__module__])
            if home[name] is thing and not hasattr(thing, "door"):
                home[name] = _door(thing, name)  # where pickle looks it up
            floor[name] = home[name]


def not_offered(floor: dict[str, Any], name: str) -> Any:
    """Say what a floor offers, to who asked for something else (its ``__getattr__``)."""
    hint = f"; {did_you_mean(name, floor.get('__all__', floor))}" if name[0] != "_" else ""
    raise NoSuchName(f"{floor['__name__']} has no {name!r}{hint}")


def _guard_class(cls: Any) -> None:
    if issubclass(cls, Exception | Enum | tuple) or hasattr(vars(cls).get("__init__"), "door"):
        return
    for name, made in list(vars(cls).items()):
        function = getattr(made, "__func__", made)
        public = (name[0] != "_" and name != "draw") or name == "__call__"
        if public and inspect.isfunction(function) and not hasattr(function, "door"):
            skip = 0 if isinstance(made, staticmethod) else 1
            title = f"{cls.__name__}(…)" if name == "__call__" else f"{cls.__name__}.{name}"
            door = _door(function, title, skip=skip)
            setattr(cls, name, door if made is function else type(made)(door))
    if "__init__" in vars(cls):
        cls.__init__ = _door(cls.__init__, cls.__name__, cls, skip=1)
    if is_dataclass(cls) and (columns := schema_text(cls)):
        cls.__doc__ = f"{inspect.cleandoc(cls.__doc__ or '')}\n\n{columns}"
    if not hasattr(cls, "__getattr__"):
        cls.__getattr__ = _no_such_name
    if is_dataclass(cls) and getattr(cls, "__dataclass_params__").frozen:  # noqa: B009 (private)
        cls.__setattr__ = _unchangeable  # type: ignore[method-assign]


def _no_such_name(self: Any, name: str) -> Any:
    inside = sys._getframe(1).f_code.co_filename.startswith(errors.HOME)
    if inside or name[0] == "_" or hasattr(type(self), name):
        return object.__getattribute__(self, name)  # says itself what is missing
    hint = did_you_mean(name, (n for n in dir(self) if n[0] != "_"))
    raise NoSuchName(f"a {type(self).__name__} has no {name!r}; {hint}")


def _unchangeable(self: Any, name: str, value: Any) -> None:
    kind = type(self).__name__
    way = f"{kind.lower()}.change(…)" if hasattr(self, "change") else "dataclasses.replace(…)"
    raise Unchangeable(f"a {kind} is never written over, nor is its {name}: make another by {way}")


def _door(function: Any, title: str, cls: Any = None, skip: int = 0) -> Any:
    """The function behind a door, with its own globals so that its doctests are found."""
    home, frame, door = errors.HOME, sys._getframe, Door(function, title, cls, skip)

    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not frame(1).f_code.co_filename.startswith(home):
            args, kwargs = door.read(args, kwargs)
        return function(*args, **kwargs)

    own = inspect.unwrap(function).__globals__
    made: Any = FunctionType(guarded.__code__, own, title, None, guarded.__closure__)
    made.door = door
    return wraps(function)(made)


class Door:
    """What a function takes, and what is said to who gives something else."""

    def __init__(self, function: Any, title: str, cls: Any = None, skip: int = 0) -> None:
        """Nothing is read before the first call; ``skip``: parameters that Python fills."""
        self.function, self.title, self.cls, self.skip = function, title, cls, skip
        row = function.__module__.removeprefix("twinlab.scope.") in _ROWS
        self.error = NetworkError if row else ScenarioError

    @cached_property
    def takes(self) -> dict[str, inspect.Parameter]:
        """The parameters that a caller may give, by name."""
        return dict([*inspect.signature(self.function).parameters.items()][self.skip :])

    @cached_property
    def places(self) -> tuple[list[str], str, list[str]]:
        """Who may be given by place, who takes all the rest, and who must be given."""
        every = self.takes.values()
        rest = [p.name for p in every if p.kind == p.VAR_POSITIONAL]
        needed = [p.name for p in every if p.default is p.empty and p.name not in rest]
        places = [p.name for p in every if p.kind <= p.POSITIONAL_OR_KEYWORD]
        return places, rest[0] if rest else "", needed

    @cached_property
    def kinds(self) -> dict[str, Kind | None]:
        """What each parameter takes; columns and chances are checked where they are described."""
        known = {**inspect.unwrap(self.function).__globals__}
        kinds = {n: _kind(p, known) for n, p in self.takes.items()}
        for f in fields(self.cls) if self.cls and issubclass(self.cls, Row | Law) else ():
            if "unit" in f.metadata or issubclass(self.cls, Law):
                kinds[f.name] = None
        return kinds

    def read(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """The plain values of what was given; a TwinError if it is not what the function takes."""
        places, rest, needed = self.places
        own, args = args[: self.skip], args[self.skip :]
        more = args[len(places) :]
        given = dict(zip(places, args, strict=False)) | kwargs
        twice = len(given) < len(args) - len(more) + len(kwargs)
        known = self.takes.keys() >= kwargs.keys() and given.keys() >= set(needed)
        if twice or not known or (more and not rest):
            raise self.error(self._misnamed(args, kwargs))
        read = {name: self._fit(name, value, given) for name, value in given.items()}
        if len(more) == 1 and isinstance(more[0], list | tuple):
            more = tuple(more[0])
        more = tuple(self._fit(rest, value, {}) for value in more)
        return (*own, *(read[n] for n in places[: len(args)]), *more), {n: read[n] for n in kwargs}

    def _misnamed(self, args: Any, kwargs: Any) -> str:
        """Which value has no parameter, or two of them, or which parameter has no value."""
        places, _, needed = self.places
        call = f"write {self.title}({', '.join(f'{n}=…' for n in needed)})"
        for name in kwargs:
            if name not in self.takes:
                return f"{self.title} has no {name!r}; {did_you_mean(name, self.takes)}"
            if name in places[: len(args)]:
                return f"{self.title}: {name} is given by place and by name: drop one"
        if len(args) > len(places):
            said = f"{self.title} takes {len(places)} values by place, got {len(args)}"
            return f"{said}: {call}, and name all others of {', '.join(self.takes)}"
        missing = next(name for name in needed if name not in (*places[: len(args)], *kwargs))
        return f"{self.title}: {missing} is missing: {call}"

    def _fit(self, name: str, value: Any, given: dict[str, Any]) -> Any:
        kind = self.kinds[name]
        if kind is None or (value is None and self.takes[name].default is None):
            return value
        value = list(value) if isinstance(value, Iterator) else value  # it is read more than once
        try:
            return kind.fit(value)
        except Unfit as unfit:
            problem = unfit
        for other, got in given.items():
            wanted = self.kinds[other]
            if other == name or wanted is None or {type(value), type(got)} <= {int, float}:
                continue  # of two numbers, either may be the wrong one
            if _fits(wanted, value) and _fits(kind, got):
                order = ", ".join(n for n in self.takes if n in given)
                problem = Unfit(f"{name} and {other} are swapped: write {self.title}({order})")
        call = "{}" if problem.inner else f"{name}={{}}"
        if name == next(iter(self.takes)) and not problem.inner:
            call = f"{self.title}({{}})"
        raise self.error(taught(problem, kind, value, f"{self.title}: {name}", call)) from None


def taught(problem: Unfit, kind: Kind, value: Any, where: str, call: str = "{}") -> str:
    """Say what is wanted somewhere, what was got, and the nearest right call."""
    at, wanted, got = problem.inner or ("", kind.wanted, value)
    remedy = str(problem) or (problem.instead and f"write {call.format(problem.instead)}")
    return f"{where}{at} must be {wanted}, got {brief(got)}" + (f": {remedy}" if remedy else "")


def _fits(kind: Kind, value: Any) -> bool:
    try:
        kind.fit(value)
    except (Unfit, errors.TwinError):
        return False
    return True


def _kind(parameter: inspect.Parameter, known: dict[str, Any]) -> Kind | None:
    """The kind of an annotation or its text; names may be imported for type checkers only."""
    hint = parameter.annotation
    while isinstance(hint, str):
        try:
            hint = eval(hint, known)
        except NameError as missing:
            name = str(missing.name)
            own = (vars(m) for at, m in sys.modules.items() if at.startswith("twinlab."))
            known[name] = next((at[name] for at in (errors.PUBLIC, *own) if name in at), None)
            if known[name] is None:
                return None
    return None if hint is parameter.empty else kind_of(USUAL.get((parameter.name, hint), hint))
