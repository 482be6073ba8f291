"""What chance can do: distributions of demand, lead time and yield, and fixed traces.

Each is frozen, prints as the text that a table holds (``Normal(mean=5.0, sd=1.0)``) and draws.
What a law amounts to as the engines draw it (mean, spread, whole days) is told by formula, or by
drawing from a stream that belongs to these questions alone: the same law, the same answer.
"""

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from twinlab.scope.errors import NetworkError, ScenarioError, brief

__all__ = ["Constant", "Empirical", "Gamma", "LogNormal", "NegativeBinomial", "Normal", "Poisson"]
__all__ += ["Trace", "Uniform"]

Array = NDArray[np.float64]


@runtime_checkable
class Distribution(Protocol):
    """Anything that has a mean, a lowest value, and can draw days × replications."""

    @property
    def average(self) -> float:
        """The expected value."""

    @property
    def lowest(self) -> float:
        """The smallest value it can give."""

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw ``len(scale)`` days × ``width`` replications (× 1 if all are alike).

        Day d is scaled by ``scale[d]``; the first days do not depend on how many there are.
        """


def is_distribution(value: Any) -> bool:
    """Tell whether a value can draw (and is not merely a number)."""
    return isinstance(value, Law | Distribution)


class Law:
    """A family of chances: parameters checked when it is made, printed as it is written."""

    _above_zero: tuple[str, ...] = ()
    _most, _range = np.inf, "above 0"

    def __post_init__(self) -> None:
        for f in fields(self):  # type: ignore[arg-type]
            value, many = getattr(self, f.name), f.name == "values"
            try:
                given: Any = "no number" if isinstance(value, str | bool | dict | set) else value
                number: Any = _floats(given) if many else float(given)
            except (TypeError, ValueError, OverflowError):
                number = np.nan
            if not np.all(np.isfinite(number)):
                what = f"{f.name} is a {'list of ' * many}finite number{'s' * many}"
                raise NetworkError(f"{type(self).__name__}: {what}, got {brief(value)}")
            if f.name in self._above_zero and not 0 < number <= self._most:
                raise NetworkError(f"{self}: {f.name} must be {self._range}, got {brief(value)}")
            object.__setattr__(self, f.name, number)

    @property
    def lowest(self) -> float:
        """The smallest value it can give (draws below zero are cut to zero)."""
        return 0.0

    @property
    def average(self) -> float:
        """The expected value, its parameter ``mean`` (before draws are cut at zero)."""
        return float(self.mean)  # type: ignore[attr-defined]


def _floats(given: Any) -> Array:
    """An array of one's own that is only read; arrays and columns of tables are lists."""
    plain = getattr(getattr(given, "dtype", None), "kind", "") in [*"fiu"] and given.ndim == 1
    values = np.asarray(given, np.float64) if plain else np.fromiter(map(float, given), np.float64)
    values = values + 0.0  # a copy, without zeros below zero: equal traces have equal bytes
    values.flags.writeable = False
    return values


@lru_cache(4096, typed=True)
def alike(value: Any, days: int) -> Any:
    """A table of days × 1 that shows one value on every day, and holds it once (stride 0)."""
    return np.broadcast_to(np.asarray(value), (days, 1))


@dataclass(frozen=True)
class Constant(Law):
    """The same value every day.

    >>> Constant(3).average
    3.0
    """

    value: float

    average = lowest = property(attrgetter("value"), doc="The value itself.")

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Give the scaled value, one column for all replications (one number, if all are alike)."""
        if not scale.strides[0]:
            return alike(self.value * float(scale[0]), len(scale))  # type: ignore[no-any-return]
        return self.value * scale[:, None]


@dataclass(frozen=True, eq=False, repr=False)
class Listed(Law):
    """Values that are given one by one; ``values`` is an array that is only read."""

    values: Any

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((type(self), self.values.tobytes()))

    def __str__(self) -> str:
        return f"{type(self).__name__}(values={tuple(self.values.tolist())})"

    def __repr__(self) -> str:
        if len(self.values) <= 8:
            return str(self)
        first = ", ".join(map(str, self.values[:3].tolist()))
        return f"{type(self).__name__}({len(self.values):,} values: {first}, ...)"

    @property
    def average(self) -> float:
        """The mean of the values."""
        return float(self.values.mean()) if len(self.values) else 0.0

    @property
    def lowest(self) -> float:
        """The smallest value."""
        return float(self.values.min()) if len(self.values) else 0.0


@dataclass(frozen=True, eq=False, repr=False)
class Trace(Listed):
    """Values that are known day by day, for example a recorded demand.

    Tuples, lists, arrays and columns of tables become one array, which every history shares.

    >>> Trace((3, 4, 3)).average, Trace(range(1941))
    (3.3333333333333335, Trace(1,941 values: 0.0, 1.0, 2.0, ...))
    """

    values: Any = ()

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Give each day's scaled value, one column for all replications; shared, not copied."""
        values: Array = self.values[: len(scale), None]
        return values if not scale.strides[0] and scale[0] == 1.0 else values * scale[:, None]


@dataclass(frozen=True)
class MeanAndSpread(Law):
    """A family that is stated by its own mean and standard deviation."""

    mean: float
    sd: float
    _above_zero = ("mean", "sd")


@dataclass(frozen=True)
class Normal(MeanAndSpread):
    """The normal distribution, cut at zero.

    >>> Normal(mean=5, sd=1)
    Normal(mean=5.0, sd=1.0)
    """

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × (mean + sd × z), and zero where that is negative."""
        drawn = generator.standard_normal((len(scale), width)) * self.sd
        drawn += self.mean
        drawn *= scale[:, None]  # to look for the lowest is quicker than to cut it
        return drawn if drawn.min(initial=0.0) >= 0.0 else np.maximum(0.0, drawn)


@dataclass(frozen=True)
class Poisson(Law):
    """Whole units that arrive independently of each other; the scale multiplies the mean.

    >>> Poisson(4).average
    4.0
    """

    mean: float
    _above_zero = ("mean",)
    _most, _range = 1e18, "above 0 and at most 1e18, which is all that numpy can draw"

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw whole units with mean ``mean × scale``."""
        rates = np.repeat(self.mean * scale[:, None], width, axis=1)
        return generator.poisson(rates).astype(np.float64)


@dataclass(frozen=True)
class NegativeBinomial(MeanAndSpread):
    """Whole units that vary more than Poisson: variance sd² above the mean.

    The number of failures before n successes, n = mean² / (sd² − mean).

    >>> NegativeBinomial(mean=4, sd=3).average
    4.0
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sd**2 <= self.mean:
            problem = f"{self}: sd² = {self.sd**2:g} must be above the mean {self.mean:g}"
            raise NetworkError(f"{problem}: take Poisson or Normal for steadier demand")

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw Poisson units whose mean itself is gamma distributed."""
        shape = self.mean**2 / (self.sd**2 - self.mean)
        # Two streams, so that a longer horizon begins with the days of a shorter one.
        levels, counts = generator.spawn(2)
        level = levels.standard_gamma(shape, (len(scale), width))
        rates = level * (self.mean * scale[:, None] / shape)
        return np.asarray(counts.poisson(rates).astype(np.float64))


@dataclass(frozen=True)
class LogNormal(MeanAndSpread):
    """Positive values with a long right tail, stated by their own mean and sd.

    >>> LogNormal(mean=14, sd=4).average
    14.0
    """

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × exp(normal), with the stated mean and sd."""
        variance = np.log1p((self.sd / self.mean) ** 2)
        z = np.sqrt(variance) * generator.standard_normal((len(scale), width))
        return np.asarray(scale[:, None] * np.exp(np.log(self.mean) - variance / 2 + z))


@dataclass(frozen=True)
class Gamma(MeanAndSpread):
    """Positive values, stated by their mean and sd (sd = mean is the exponential).

    >>> Gamma(mean=10, sd=10).average
    10.0
    """

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × gamma with the stated mean and sd."""
        shape = (self.mean / self.sd) ** 2
        level = generator.standard_gamma(shape, (len(scale), width))
        return np.asarray(level * (self.mean / shape * scale[:, None]))


@dataclass(frozen=True)
class Uniform(Law):
    """Any value between low and high, all equally likely.

    >>> Uniform(low=0.9, high=1.0).average
    0.95
    """

    low: float
    high: float
    lowest = property(attrgetter("low"), doc="Low.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low > self.high:
            raise NetworkError(f"{self}: low is above high: swap them")

    @property
    def average(self) -> float:
        """The middle between low and high."""
        return (self.low + self.high) / 2

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × (low + (high − low) × u)."""
        u = generator.random((len(scale), width))
        return np.asarray(scale[:, None] * (self.low + (self.high - self.low) * u))


@dataclass(frozen=True, eq=False, repr=False)
class Empirical(Listed):
    """One of the observed values, each as likely as it was observed.

    >>> Empirical((2, 3, 3, 4)).average
    3.0
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not len(self.values):
            raise NetworkError("Empirical: give at least one observed value")

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × one of the observed values."""
        picked = generator.integers(0, len(self.values), (len(scale), width))
        return np.asarray(scale[:, None] * self.values[picked])


_ROWS, _WIDTH = 1024, 64  # a quantile at 95 % is known to a hundredth of the spread


def outcomes(law: Distribution, days: float = 1) -> Array:
    """Values that stand for what some independent days add up to, each as likely as the others.

    One day of a law that lists its values gives those; anything else is drawn, and cut as drawn.
    """
    if days != int(days):
        raise ScenarioError(f"{days:g} periods of {law}: give a whole number of them")
    days = int(days)
    if isinstance(law, Constant):
        return np.array([law.value * days])
    listed = law.values if isinstance(law, Listed) else ()
    if len(listed) and days == 1:
        return np.asarray(listed)
    source, generator = Empirical(listed) if len(listed) else law, np.random.default_rng([8, 1])
    drawn = drawn_of(source, generator, np.ones(_ROWS * days), _WIDTH)
    return np.asarray(drawn.reshape(_ROWS, days, -1).sum(axis=1)).ravel()


def drawn_of(law: Distribution, generator: np.random.Generator, scale: Array, width: int) -> Array:
    """Draw from a law, and see that a user's own gives as many numbers of at least 0."""
    drawn = np.asarray(law.draw(generator, scale, width), dtype=np.float64)
    fits = drawn.shape in [(len(scale), width), (len(scale), 1)]
    ours = isinstance(law, Law) and law.lowest >= 0
    if ours or (fits and (np.isfinite(drawn) & (drawn >= 0)).all()):
        return drawn
    problem = f"{law!r} drew {drawn.shape} numbers from {drawn.min():g} to {drawn.max():g}"
    raise NetworkError(f"{problem}: draw() returns days × width finite numbers of at least 0")


def mean_of(law: Distribution, most: float = math.inf) -> float:
    """The mean of what the engines take of a law: draws cut at zero (and at ``most``).

    A normal cut at zero has the mean μ Φ(μ/σ) + σ φ(μ/σ).
    """
    if isinstance(law, Uniform) and law.high <= most:
        return law.average
    if isinstance(law, Constant | Listed) or most < math.inf:
        return float(np.minimum(outcomes(law), most).mean())
    return _cut(law)[0] if isinstance(law, Normal) else float(law.average)


def sd_of(law: Distribution) -> float:
    """The standard deviation of what the engines take of a law, of one day."""
    if isinstance(law, Normal):
        return _cut(law)[1]
    known = getattr(law, "sd", None)
    return float(outcomes(law).std() if known is None else known)


def days_of(law: Distribution) -> float:
    """The mean of a time in whole days, as the engines round it: half a day to the even one."""
    return float(np.rint(outcomes(law)).mean())


def _cut(law: Normal) -> tuple[float, float]:
    """Mean and standard deviation of a normal law cut at zero."""
    z = law.mean / law.sd
    if z >= 3:  # what is cut adds less than a part in 7,000 to the mean
        return law.mean, law.sd
    above = 0.5 * math.erfc(-z / math.sqrt(2))
    density = law.sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    mean = law.mean * above + density
    return mean, math.sqrt((law.mean**2 + law.sd**2) * above + law.mean * density - mean * mean)


def whole_periods(days: float, period: int) -> int:
    """Round a number of days to whole periods, half a period up."""
    return math.floor(days / period + 0.5)


def summed(law: Any, days: int) -> Distribution:
    """What several independent days of a distribution add up to.

    Exact for Constant, Normal (if draws are seldom cut at zero), Poisson, Gamma and
    NegativeBinomial, and for a Trace, whose last days are left out if they fill no period. Others,
    your own included, become a Gamma of the same mean and spread.
    """
    if isinstance(law, Constant):
        return Constant(law.value * days)
    if isinstance(law, Poisson):
        return Poisson(law.mean * days)
    if isinstance(law, Trace):
        whole = len(law.values) // days * days
        return Trace(np.reshape(law.values[:whole], (-1, days)).sum(axis=1))
    if isinstance(law, NegativeBinomial) or (isinstance(law, Normal) and law.mean >= 3 * law.sd):
        return type(law)(law.mean * days, law.sd * math.sqrt(days))
    mean, sd = mean_of(law) * days, sd_of(law) * math.sqrt(days)
    return Gamma(mean, sd) if sd > 0 else Constant(mean)


def in_periods(law: Any, period: int) -> Distribution:
    """A time in days as a time in periods, rounded where it is certain."""
    if isinstance(law, Constant):
        return Constant(whole_periods(law.value, period))
    if isinstance(law, Uniform):
        return Uniform(law.low / period, law.high / period)
    if isinstance(law, Empirical):
        return Empirical(law.values / period)
    if isinstance(law, Trace):
        return Trace(law.values[::period] / period)
    mean, sd = (law.mean, law.sd) if isinstance(law, Normal) else (mean_of(law), sd_of(law))
    family: Any = {Normal: Normal, LogNormal: LogNormal}.get(type(law), Gamma)
    found: Distribution = family(mean / period, sd / period) if sd else Constant(mean / period)
    return found
