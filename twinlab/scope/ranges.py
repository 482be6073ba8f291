"""Plain numbers have a range that stands with the parameter and is checked before they count."""

import inspect
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from typing import Annotated, Any, TypeVar, cast

from twinlab.scope.chance import Array
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
        from twinlab.scope.door import taught
        from twinlab.scope.kinds import Unfit, in_range

        kind = in_range(self)
        try:
            return kind.fit(value)
        except Unfit as problem:
            raise ScenarioError(taught(problem, kind, value, where)) from None

    def holds(self, number: float) -> bool:
        """Tell whether a number lies in it."""
        return self.low < number < self.high if self.open else self.low <= number <= self.high


Numbers = Annotated[Any, Range("a number or a list of numbers")]
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

    >>> from twinlab import ScenarioError
    >>> @ranged
    ... def left(hours: Positive, share: Share = 0.5) -> float:
    ...     return hours * (1 - share)
    >>> try:
    ...     left(8, share=-0.1)
    ... except ScenarioError as error:
    ...     print(error)
    left: share must be a share from 0 to 1, got -0.1
    """

    @cache  # when first called: an import stays quick, and the door stands on what is below it
    def door() -> Any:
        from twinlab.scope.door import Door

        method = next(iter(inspect.signature(function).parameters), "") == "self"
        title = function.__qualname__.replace(".__call__", "")
        return Door(function, title, skip=int(method))

    @wraps(function)
    def call(*given: Any, **named: Any) -> Any:
        given, named = door().read(given, named)
        return function(*given, **named)

    call.door = door  # type: ignore[attr-defined]
    return cast(F, call)


# Words that mean the same wherever they are a parameter of this type.
USUAL: dict[tuple[str, Any], Any] = {
    **dict.fromkeys([("seed", int), ("replication", int), ("history", int), ("days", int),
                     ("first", int)], Whole),
    **dict.fromkeys([("replications", int), ("histories", int), ("samples", int), ("every", int),
                     ("evaluations", int), ("origins", int), ("rounds", int), ("horizon", int),
                     ("iterations", int), ("period", int), ("batch", int), ("season", int)], Count),
    **dict.fromkeys([("confidence", float), ("service", float)], Level),
    **dict.fromkeys([("values", Any), ("quantity", Any), ("sold", Any), ("hours", Any)], Numbers),
    **dict.fromkeys([(name, Any) for name in ("series", "samples", "inside")], Array),
    ("nodes", Any): Iterable[str], ("levels", Sequence[float]): Sequence[Level],
    ("periods", float): Positive, ("z", float): Number,
    **dict.fromkeys([("days", float), ("hours", float), ("budget", float), ("lot", float)], Amount),
}  # fmt: skip
