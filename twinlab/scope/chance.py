"""What chance can do: distributions of demand, lead time and yield, and fixed traces.

Each is frozen, prints as the text that a table holds (``Normal(mean=5.0, sd=1.0)``) and draws.
"""

from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from twinlab.scope.errors import NetworkError, shown

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
    """Tell whether a value can draw (and is not merely a number).

    >>> is_distribution(Poisson(4)), is_distribution(4)
    (True, False)
    """
    return isinstance(value, Distribution)


class Law:
    """A family of chances: parameters checked when it is made, printed as it is written."""

    _above_zero: tuple[str, ...] = ()
    _most, _range = np.inf, "above 0"

    def __post_init__(self) -> None:
        """Check that parameters are numbers and that spreads are above zero."""
        for f in fields(self):  # type: ignore[arg-type]
            value, many = getattr(self, f.name), "tuple" in str(f.type)
            try:  # arrays and columns of tables are lists, a text is none
                given = "no number" if isinstance(value, str | bool) else value if many else [value]
                numbers = tuple(map(float, given))
            except (TypeError, ValueError, OverflowError):
                numbers = (np.nan,)
            if not np.all(np.isfinite(numbers)):
                what = f"{f.name} is a {'list of ' * many}finite number{'s' * many}"
                raise NetworkError(f"{type(self).__name__}: {what}, got {shown(value)}")
            if f.name in self._above_zero and not 0 < min(numbers, default=1) <= self._most:
                raise NetworkError(f"{self}: {f.name} must be {self._range}, got {shown(value)}")
            object.__setattr__(self, f.name, numbers if many else numbers[0])

    @property
    def lowest(self) -> float:
        """The smallest value it can give (draws below zero are cut to zero)."""
        return 0.0

    @property
    def average(self) -> float:
        """The expected value, its parameter ``mean`` (before draws are cut at zero)."""
        return float(self.mean)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Constant(Law):
    """The same value every day.

    >>> Constant(3).average
    3.0
    """

    value: float

    @property
    def average(self) -> float:
        """The value itself."""
        return self.value

    @property
    def lowest(self) -> float:
        """The value itself."""
        return self.value

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Give the scaled value, one column for all replications."""
        return self.value * scale[:, None]


@dataclass(frozen=True)
class Trace(Law):
    """Values that are known day by day, for example a recorded demand.

    >>> Trace((3, 4, 3)).average
    3.3333333333333335
    """

    values: tuple[float, ...] = ()

    @property
    def average(self) -> float:
        """The mean of the recorded values."""
        return float(np.mean(self.values)) if self.values else 0.0

    @property
    def lowest(self) -> float:
        """The smallest recorded value."""
        return min(self.values, default=0.0)

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Give each day's scaled value, one column for all replications."""
        return np.asarray(np.asarray(self.values[: len(scale)]) * scale)[:, None]


@dataclass(frozen=True)
class Normal(Law):
    """The normal distribution, cut at zero.

    >>> Normal(mean=5, sd=1)
    Normal(mean=5.0, sd=1.0)
    """

    mean: float
    sd: float
    _above_zero = ("mean", "sd")

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
class NegativeBinomial(Law):
    """Whole units that vary more than Poisson: variance sd² above the mean.

    The number of failures before n successes, n = mean² / (sd² − mean).

    >>> NegativeBinomial(mean=4, sd=3).average
    4.0
    """

    mean: float
    sd: float
    _above_zero = ("mean", "sd")

    def __post_init__(self) -> None:
        """Check that the variance is above the mean."""
        super().__post_init__()
        if self.sd**2 <= self.mean:
            raise NetworkError(
                f"{self}: sd² = {self.sd**2:g} must be above the mean {self.mean:g}: "
                "take Poisson or Normal for steadier demand"
            )

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw Poisson units whose mean itself is gamma distributed."""
        shape = self.mean**2 / (self.sd**2 - self.mean)
        # Two streams, so that a longer horizon begins with the days of a shorter one.
        levels, counts = generator.spawn(2)
        level = levels.standard_gamma(shape, (len(scale), width))
        rates = level * (self.mean * scale[:, None] / shape)
        return np.asarray(counts.poisson(rates).astype(np.float64))


@dataclass(frozen=True)
class LogNormal(Law):
    """Positive values with a long right tail, stated by their own mean and sd.

    >>> LogNormal(mean=14, sd=4).average
    14.0
    """

    mean: float
    sd: float
    _above_zero = ("mean", "sd")

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × exp(normal), with the stated mean and sd."""
        variance = np.log1p((self.sd / self.mean) ** 2)
        z = np.sqrt(variance) * generator.standard_normal((len(scale), width))
        level = np.exp(np.log(self.mean) - variance / 2 + z)
        return np.asarray(scale[:, None] * level)


@dataclass(frozen=True)
class Gamma(Law):
    """Positive values, stated by their mean and sd (sd = mean is the exponential).

    >>> Gamma(mean=10, sd=10).average
    10.0
    """

    mean: float
    sd: float
    _above_zero = ("mean", "sd")

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

    def __post_init__(self) -> None:
        """Check that low is not above high."""
        super().__post_init__()
        if self.low > self.high:
            raise NetworkError(f"{self}: low is above high: swap them")

    @property
    def average(self) -> float:
        """The middle between low and high."""
        return (self.low + self.high) / 2

    @property
    def lowest(self) -> float:
        """Low."""
        return self.low

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × (low + (high − low) × u)."""
        u = generator.random((len(scale), width))
        return np.asarray(scale[:, None] * (self.low + (self.high - self.low) * u))


@dataclass(frozen=True)
class Empirical(Law):
    """One of the observed values, each as likely as it was observed.

    >>> Empirical((2, 3, 3, 4)).average
    3.0
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check that something was observed."""
        super().__post_init__()
        if not self.values:
            raise NetworkError("Empirical: give at least one observed value")

    @property
    def average(self) -> float:
        """The mean of the observed values."""
        return float(np.mean(self.values))

    @property
    def lowest(self) -> float:
        """The smallest observed value."""
        return min(self.values)

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × one of the observed values."""
        picked = generator.integers(0, len(self.values), (len(scale), width))
        return np.asarray(scale[:, None] * np.asarray(self.values)[picked])
