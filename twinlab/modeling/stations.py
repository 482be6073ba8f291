"""A factory line as it is described: stations, faults, inspection, and where parts come from.

Time is continuous, in working minutes. Parts pass the stations in their order; each station has
machines side by side and a buffer in front. ``line`` runs it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.scope.chance import Array, Constant, Distribution, Law, Trace
from twinlab.scope.columns import Row, column
from twinlab.scope.errors import ScenarioError, did_you_mean


@dataclass(frozen=True)
class Weibull(Law):
    """Lives of things that wear: P(life > t) = exp(−(t / scale)^shape).

    Shape 1 fails at any age alike (the exponential), above 1 the old fail sooner.
    Source: Weibull (1951).

    >>> round(Weibull(shape=3, scale=150).average, 2)
    133.95
    """

    shape: float
    scale: float
    _above_zero = ("shape", "scale")

    @property
    def average(self) -> float:
        """The expected life: scale × Γ(1 + 1 / shape)."""
        return self.scale * math.gamma(1 + 1 / self.shape)

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw scale × Weibull lives."""
        level = self.scale * generator.standard_exponential((len(scale), width)) ** (1 / self.shape)
        return np.asarray(scale[:, None] * level)


@dataclass(frozen=True)
class Never:
    """What never happens: the life of a machine that does not fail.

    >>> Never().average
    inf
    """

    average = math.inf
    lowest = math.inf

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Give infinity, one column for all replications."""
        return np.full((len(scale), 1), math.inf)


@dataclass(frozen=True)
class Fault(Row):
    """Something that can go wrong with a part at a station: P = rate + wear × age of the tool.

    >>> Fault("scratch", rate=0.01, wear=0.0001).chance(age=100)
    0.02
    """

    name: str = column("name", meaning="class of the fault")
    rate: float = column("share", meaning="parts that get it from a new tool", low=0, high=1)
    wear: float = column("share/minute", 0.0, "what each minute of the tool's work adds", low=0)

    def chance(self, age: float) -> float:
        """The probability that a part gets it from a tool that has worked so many minutes."""
        return min(1.0, self.rate + self.wear * age)


@dataclass(frozen=True)
class Inspection(Row):
    """A look at each part after a station's work: what is found is made again or scrapped.

    >>> Inspection(detects=0.9, rework_to="mill", rework_share=0.8).rework_to
    'mill'
    """

    detects: float = column("share", 1.0, "faults that are found", low=0, high=1)
    rework_to: str = column("station", "", "where found parts go again; empty: to scrap")
    rework_share: float = column("share", 1.0, "found parts worth making again", low=0, high=1)


@dataclass(frozen=True)
class Station(Row):
    """A step of a line: machines side by side, the buffer in front, and how they wear.

    A machine fails when its work since it was last renewed reaches its life; the part waits in it.
    Repair and replacement make it as good as new. ``replace_at`` is the preventive age; a ``stop``
    is a small one that has nothing to do with age (mostly 0 minutes).

    >>> Station("press", time=2, machines=3).rate
    1.5
    """

    name: str = column("name", meaning="how results call it")
    time: Distribution = column("minutes/unit", meaning="work on one part", low=0)
    machines: int = column("machines", 1, "machines side by side", low=1)
    buffer: float = column("units", math.inf, "places in front of it", low=0)
    time_to_failure: Distribution = column(
        "minutes of work", Never(), "life of a machine as good as new", low=0
    )
    time_to_repair: Distribution = column("minutes", Constant(0), "from failure on", low=0)
    replace_at: float = column(
        "minutes of work", math.inf, "age at which it is replaced, between two parts", low=0
    )
    time_to_replace: Distribution = column("minutes", Constant(0), "preventive work", low=0)
    stop: Distribution = column(
        "minutes/unit", Constant(0), "standing still after a part; it spares the tool", low=0
    )
    faults: tuple[Fault, ...] = ()
    inspection: Inspection | None = None

    def check(self) -> None:
        """Something takes time or wears, and what is drawn does not end."""
        if isinstance(self.faults, Fault):
            object.__setattr__(self, "faults", (self.faults,))
        for name in ("time", "time_to_failure", "time_to_repair", "time_to_replace", "stop"):
            if isinstance(getattr(self, name), Trace):
                raise ScenarioError(
                    f"{self.title}: {name} is a trace, which ends: take Empirical(…) for recorded "
                    "times"
                )
        if self.replace_at == 0 or self.time_to_failure.average == 0:
            raise ScenarioError(
                f"{self.title}: it would be renewed without end: give replace_at and "
                "time_to_failure more than 0 minutes"
            )

    @property
    def rate(self) -> float:
        """Parts per minute if it never starved, was never blocked and never failed."""
        return self.machines / self.time.average if self.time.average else math.inf


@dataclass(frozen=True)
class Saturated:
    """There is always another part for the first station."""


@dataclass(frozen=True)
class Conwip(Row):
    """Constant work in process: a part enters when another one leaves.

    Source: Spearman, Woodruff & Hopp (1990).

    >>> Conwip(4).limit
    4
    """

    limit: int = column("units", meaning="parts in the line", low=1)


@dataclass(frozen=True)
class Arrivals(Row):
    """Parts arrive one by one; who finds the first buffer full is turned away.

    >>> Arrivals(5).between
    Constant(value=5.0)
    """

    between: Distribution = column("minutes", meaning="between two arrivals", low=0)
    rank: int = column("rank", 1, "rank 1 is worked on first, at every station", low=1)
    name: str = column("label", "parts", "what arrives")

    def check(self) -> None:
        """Time passes between arrivals, and they do not end."""
        if isinstance(self.between, Trace) or self.between.average == 0:
            raise ScenarioError(
                f"{self.title}: arrivals need time between them, drawn without end: take "
                "Constant(…) above 0, Gamma(…) or Empirical(…)"
            )


Source = Saturated | Conwip | tuple[Arrivals, ...]


@dataclass(frozen=True)
class Line:
    """Stations in a row, the day's working minutes, where parts come from, and repair crews.

    ``source`` is ``Saturated()``, ``Conwip(limit)``, ``Arrivals(…)`` or a tuple of several.

    Raises:
        ScenarioError: stations without or with the same name, or rework to no station before.

    >>> line = Line([Station("cut", 2), Station("weld", 3, buffer=4)])
    >>> line.bottleneck.name, line.set("weld.machines", 2).bottleneck.name
    ('weld', 'cut')
    """

    stations: tuple[Station, ...]
    minutes_per_day: float = 480.0
    source: Source = Saturated()
    crews: float = math.inf

    def __post_init__(self) -> None:
        """Check that names differ and that rework goes back."""
        object.__setattr__(self, "stations", tuple(self.stations))
        if isinstance(self.source, Arrivals):
            object.__setattr__(self, "source", (self.source,))
        names = [s.name for s in self.stations]
        if not names or len(set(names)) < len(names):
            raise ScenarioError(f"a line has stations with different names, got {names}")
        if self.minutes_per_day <= 0 or self.crews < 1:
            raise ScenarioError(
                f"a line needs working minutes and a repair crew, got minutes_per_day="
                f"{self.minutes_per_day:g}, crews={self.crews:g}"
            )
        ends = (Saturated, self.stations[:1]), (Conwip, self.stations)
        if any(isinstance(self.source, kind) and not sum(s.time.average for s in worked)
               for kind, worked in ends):  # fmt: skip
            raise ScenarioError(
                f"{self.stations[0].title}: parts would pass without end in no time: give it a "
                "time above 0 minutes"
            )
        for at, station in enumerate(self.stations):
            back = station.inspection.rework_to if station.inspection else ""
            if back and back not in names[: at + 1]:
                raise ScenarioError(
                    f"{station.title}: rework_to {back!r} is no station up to here; "
                    f"{did_you_mean(back, names[: at + 1])}"
                )

    def station(self, name: str) -> Station:
        """The station of a name.

        Raises:
            ScenarioError: there is none.
        """
        for station in self.stations:
            if station.name == name:
                return station
        known = [s.name for s in self.stations]
        raise ScenarioError(f"no station {name!r}; {did_you_mean(name, known)}")

    @property
    def bottleneck(self) -> Station:
        """The station with the least rate when everything runs."""
        return min(self.stations, key=lambda s: s.rate)

    def change(self, *stations: Station) -> Line:
        """Return a line in which these stations take the place of those of their names.

        Raises:
            ScenarioError: there is no station of such a name.
        """
        given = {self.station(s.name).name: s for s in stations}
        return replace(self, stations=tuple(given.get(s.name, s) for s in self.stations))

    def set(self, path: str, value: Any) -> Line:
        """Return a line in which one value of a station differs, such as ``"weld.buffer"``.

        A fault's rate is ``"weld.spatter"``, an inspection's share ``"weld.inspection.detects"``.

        Raises:
            ScenarioError: the path leads nowhere.

        >>> line = Line([Station("weld", 3, faults=(Fault("spatter", 0.02),))])
        >>> line.set("weld.spatter", 0.01).stations[0].faults[0].rate
        0.01
        """
        name, _, field = path.partition(".")
        station = self.station(name)
        inner, _, detail = field.partition(".")
        columns = [f for f in station.__dataclass_fields__ if f != "name"]
        faults = {fault.name: fault for fault in station.faults}
        if field in columns:
            return self.change(replace(station, **{field: value}))
        if field in faults:
            given = (replace(f, rate=value) if f.name == field else f for f in station.faults)
            return self.change(replace(station, faults=tuple(given)))
        looked = station.inspection
        if inner == "inspection" and looked and detail in looked.__dataclass_fields__:
            return self.change(replace(station, inspection=replace(looked, **{detail: value})))
        raise ScenarioError(
            f"{path!r}: station {name!r} has no {field!r}; "
            f"{did_you_mean(field, [*columns, *faults])}"
        )


def each(source: Source) -> Iterable[Arrivals]:
    """The arrivals of a source, none if parts do not arrive by themselves.

    >>> list(each(Saturated()))
    []
    """
    return source if isinstance(source, tuple) else ()
