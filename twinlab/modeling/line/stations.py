"""A factory line as it is described: stations in a row, in continuous time of working minutes.

And the upkeep of machines: what a job is like, how likely it breaks the tool, and when to replace
it. A rule of upkeep looks at a machine before each job, as a replenishment rule looks at a node. A
law of failure that was fitted or learned enters as a table, ``Hazard``: nothing here knows more.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twinlab.scope.base import Array, Row, ScenarioError, check_known, column, did_you_mean
from twinlab.scope.distributions import Constant, Distribution, Empirical, Law, Trace

__all__ = ["Arrivals", "AtAge", "ControlLimit", "Conwip", "Fault", "Hazard", "Inspection", "Jobs"]
__all__ += ["Line", "MachineView", "Never", "Released", "RunToFailure", "Saturated", "Station"]
__all__ += ["Weibull"]


class Jobs(Mapping[str, Array]):
    """A table of jobs that a station has had: what it reads as signals, column by column [jobs].

    A part draws one row by its number, so that work, load and kind of a part belong together, and
    two rules of upkeep meet the same jobs. ``minutes`` are those of work; ``power`` [kW] while it
    works makes energy; ``kind`` is the product, a change a set-up; ``signals``: the rest.

    Raises:
        ScenarioError: columns differ in length, or minutes or power are no numbers of at least 0.

    >>> jobs = Jobs([2, 3], power=[6.0, 5.5], kind=["L", "M"], signals={"torque": [40, 55]})
    >>> jobs, jobs.mean("minutes"), jobs.energy.round(3).tolist()
    (Jobs(2 rows: minutes, power, kind, torque), 2.5, [0.2, 0.275])
    """

    def __init__(
        self,
        minutes: Sequence[float] | Array,
        power: Sequence[float] | Array | None = None,
        kind: Sequence[str] | Array | None = None,
        signals: Mapping[str, Any] | None = None,
    ) -> None:
        given = {"minutes": minutes, "power": power, "kind": kind} | dict(signals or {})
        self._columns = {k: np.array(v) for k, v in given.items() if v is not None}
        shapes = {name: values.shape for name, values in self._columns.items()}
        if len(set(shapes.values())) > 1 or self["minutes"].ndim != 1 or not len(self):
            raise ScenarioError(f"Jobs: columns are rows of equal length, got {shapes}")
        for name in ("minutes", "power"):
            found = self._columns.get(name, np.zeros(1))
            if found.dtype.kind not in "iuf" or not ((found >= 0) & (found < np.inf)).all():
                raise ScenarioError(f"Jobs: {name} must be finite numbers of at least 0")
        for values in self._columns.values():
            values.setflags(write=False)

    def __getitem__(self, name: str) -> Array:
        return self._columns[name]

    def __iter__(self) -> Any:
        return iter(self._columns)

    def __eq__(self, other: object) -> bool:
        return self is other  # as a ``Hazard``

    __hash__ = object.__hash__

    def __len__(self) -> int:
        return len(self._columns["minutes"])

    def __repr__(self) -> str:
        return f"Jobs({len(self):,} rows: {', '.join(self)})"

    def mean(self, name: str, mix: Mapping[str, float] | None = None) -> float:
        """The mean of a column, of kinds in these proportions (else of all rows)."""
        weights = np.ones(len(self))
        if mix and "kind" in self:
            for kind, rows in ((k, self["kind"].astype(str) == k) for k in mix):
                weights[rows] = mix[kind] / max(1, rows.sum())
        return float(np.average(self[name], weights=weights))

    @property
    def energy(self) -> Array:
        """What each job takes [kWh]: power × minutes / 60; zero where no power is known."""
        return np.asarray(self.get("power", np.zeros(len(self))) * self["minutes"] / 60)


@dataclass(frozen=True, eq=False, repr=False)
class Hazard:
    """The probability that a job breaks the tool, by row of ``Jobs`` and minutes of its age.

    ``chances`` is [jobs × ages]; a tool older than the last column has the last one's chance.

    >>> Hazard(np.array([[0.0, 0.1, 0.3]])).chance(job=0, age=7.5)
    0.3
    """

    chances: Array

    def __post_init__(self) -> None:
        table = np.array(self.chances, dtype=np.float64)
        if table.ndim != 2 or not table.size or not ((table >= 0) & (table <= 1)).all():
            rows = "one row per job and one column per minute of age"
            raise ScenarioError(f"Hazard: chances from 0 to 1, {rows}, got the shape {table.shape}")
        table.setflags(write=False)
        object.__setattr__(self, "chances", table)

    def chance(self, job: int, age: float) -> float:
        """The probability that this job breaks a tool of this age."""
        if not (0 <= job < len(self.chances) and age >= 0):
            raise ScenarioError(f"Hazard: no job {job!r} of age {age!r} in {self!r}")
        return float(self.chances[job, min(int(age), self.chances.shape[1] - 1)])

    def __repr__(self) -> str:
        rows, ages = self.chances.shape
        return f"Hazard({rows:,} jobs × {ages:,} minutes)"


@dataclass(slots=True)
class MachineView:
    """What a rule of upkeep may look at before a job: the machine, the job, and its own memory.

    >>> MachineView("press", age=120.0, job=4, kind="L", minutes=2.0, day=3).age
    120.0
    """

    station: str
    age: float  # minutes of work since the tool was new
    job: int  # row of the station's jobs, -1 without any
    kind: str  # of the part
    minutes: float  # of work that the job takes
    day: int
    memory: dict[str, Any] = field(default_factory=dict)


Upkeep = Callable[[MachineView], str]
ANSWERS = ("continue", "replace")


class RunToFailure(Row, frozen=True):
    """Replace nothing before it breaks.

    >>> RunToFailure()(MachineView("press", 500.0, -1, "parts", 2.0, 9))
    'continue'
    """

    def __call__(self, view: MachineView) -> str:
        """Go on."""
        return "continue"


NO_UPKEEP = RunToFailure()


class AtAge(Row, frozen=True):
    """Replace the tool at an age of work.

    Source: Barlow & Proschan (1965) chapter 4.

    >>> AtAge(170)(MachineView("press", 171.0, -1, "parts", 2.0, 9))
    'replace'
    """

    age: float = column("minutes", math.inf, "of work since it was new", low=1e-9)

    def __call__(self, view: MachineView) -> str:
        """Replace once the age is reached."""
        return "replace" if view.age >= self.age else "continue"


class ControlLimit(Row, frozen=True):
    """Replace before a job whose expected loss is above what going on is worth.

    (c_f − c_p) · P(fails | age, job) ≥ g · minutes of the job, with the cost g of the best rule per
    minute of work: see ``task.maintenance``. Source: Makis & Jardine (1992).

    >>> rule = ControlLimit(Hazard(np.array([[0.0, 0.5]])), rate=0.3, saving=240)
    >>> [rule(MachineView("press", age, 0, "L", 2.0, 9)) for age in (0.0, 1.0)]
    ['continue', 'replace']
    >>> rule.oldest([2.0]).tolist()
    [1.0]
    """

    hazard: Hazard
    rate: float = column("USD/minute", meaning="long-run cost g of the best rule", low=0)
    saving: float = column("USD", meaning="c_f − c_p: what a failure costs more", low=0)

    def __call__(self, view: MachineView) -> str:
        """Weigh this job on this tool; a new tool is never replaced."""
        loss = self.saving * self.hazard.chance(view.job, view.age)
        return "replace" if view.age > 0 and 0 < loss >= self.rate * view.minutes else "continue"

    def oldest(self, minutes: Array) -> Array:
        """From which age on a tool is replaced before each job [minutes]; infinite if never."""
        loss = self.saving * self.hazard.chances
        due = (loss > 0) & (loss >= self.rate * np.reshape(minutes, (-1, 1)))
        return np.where(due.any(axis=1), due.argmax(axis=1), np.inf)


@dataclass(frozen=True)
class Weibull(Law):
    """Lives of things that wear: P(life > t) = exp(−(t / scale)^shape).

    Shape 1 fails at any age alike, above 1 the old fail sooner. Source: Weibull (1951).

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

    >>> Station("cut", time=3).time_to_failure.average
    inf
    """

    average = math.inf
    lowest = math.inf

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Give infinity."""
        return np.full((len(scale), 1), math.inf)


class Fault(Row, frozen=True):
    """Something that can go wrong with a part at a station: P = rate + wear × age of the tool.

    >>> Fault("scratch", rate=0.01, wear=0.0001).chance(age=100)
    0.02
    """

    name: str = column("name", meaning="class of the fault")
    rate: float = column("share", meaning="parts that get it from a new tool", low=0, high=1)
    wear: float = column("share/minute", 0.0, "what each minute of the tool's work adds", low=0)

    def chance(self, age: float) -> float:
        """The probability that a part gets it from a tool of this age."""
        return min(1.0, self.rate + self.wear * age)


class Inspection(Row, frozen=True):
    """A look at each part after a station's work: what is found is made again or scrapped.

    >>> look = Inspection(detects=0.5)
    >>> paint = Station("paint", time=3, faults=Fault("run", rate=0.2), inspection=look)
    >>> run = run_line(Line([paint]), days=200)
    >>> abs(run.good_share - 0.9) < 0.01 and abs(run.escaped_share - 0.1 / 0.9) < 0.01
    True
    """

    detects: float = column("share", 1.0, "faults that are found", low=0, high=1)
    rework_to: str = column("station", "", "where found parts go again; empty: to scrap")
    rework_share: float = column("share", 1.0, "found parts worth making again", low=0, high=1)


class Station(Row, frozen=True):
    """A step of a line: machines side by side, the buffer in front, and how they wear.

    A machine fails when its work since it was renewed (repaired, replaced) reaches its life, or, if
    there is a ``hazard``, by the chance that this job breaks this tool; the part waits in it. Its
    rule ``maintain`` looks before each job. With ``jobs`` a part draws one of them.

    >>> run_line(Line([Station("press", time=6, machines=2)]), days=3, warm_up=1).throughput
    160.0
    """

    name: str = column("name", meaning="how results call it")
    time: Distribution = column("minutes/unit", Constant(0), "work on one; of jobs, theirs", low=0)
    machines: int = column("machines", 1, "machines side by side", low=1)
    buffer: float = column("units", math.inf, "places in front of it", low=0)
    time_to_failure: Distribution = column("minutes", Never(), "work from new to failure", low=0)
    time_to_repair: Distribution = column("minutes", Constant(0), "from failure on", low=0)
    time_to_replace: Distribution = column("minutes", Constant(0), "preventive work", low=0)
    stop: Distribution = column("minutes/unit", Constant(0), "standing still after a part", low=0)
    setup: Distribution = column("minutes", Constant(0), "when the kind of part changes", low=0)
    idle_power: float = column("kW", 0.0, "drawn by a machine that does not work", low=0)
    faults: tuple[Fault, ...] = ()
    inspection: Inspection | None = None
    jobs: Jobs | None = None
    hazard: Hazard | None = None
    maintain: Upkeep = NO_UPKEEP

    def check(self) -> None:
        """Something takes time or wears, and what is drawn does not end."""
        if isinstance(self.faults, Fault):
            object.__setattr__(self, "faults", (self.faults,))
        if self.jobs is not None:
            object.__setattr__(self, "time", Empirical(tuple(self.jobs["minutes"].tolist())))
        wanted = 1 if self.jobs is None else len(self.jobs)
        if self.hazard and (rows := len(self.hazard.chances)) != wanted:
            problem = f"{self.title}: the hazard has {rows} rows"
            raise ScenarioError(f"{problem}, and there are {wanted} jobs")
        for name in "time time_to_failure time_to_repair time_to_replace stop setup".split():
            if isinstance(getattr(self, name), Trace):
                where = f"{self.title}: {name}"
                raise ScenarioError(f"{where} is a trace, which ends: take Empirical(…)")
        if self.time_to_failure.average == 0:
            raise ScenarioError(f"{self.title}: renewed without end: time_to_failure is above 0")


@dataclass(frozen=True)
class Saturated:
    """There is always another part for the first station.

    >>> run_line(Line([Station("cut", 2), Station("weld", 3)]), days=3, warm_up=1).throughput
    160.0
    """


class Conwip(Row, frozen=True):
    """Constant work in process: a part enters when another leaves (Spearman et al. 1990).

    >>> stations = [Station("cut", 2), Station("weld", 3)]
    >>> run_line(Line(stations, source=Conwip(1)), days=3, warm_up=1).cycle_time
    5.0
    """

    limit: int = column("units", meaning="parts in the line", low=1)


class Arrivals(Row, frozen=True):
    """Parts arrive one by one; who finds the first buffer full is turned away.

    >>> rare = Arrivals(between=Constant(6))
    >>> run_line(Line([Station("cut", 2)], source=rare), days=3, warm_up=1)["cut"].starved
    0.666667
    """

    between: Distribution = column("minutes", meaning="between two arrivals", low=0)
    rank: int = column("rank", 1, "rank 1 is worked on first, at every station", low=1)
    name: str = column("label", "parts", "what arrives")

    def check(self) -> None:
        """Time passes between arrivals, and they do not end."""
        if isinstance(self.between, Trace) or self.between.average == 0:
            problem = f"{self.title}: arrivals need time between them, without end"
            raise ScenarioError(f"{problem}: take Gamma(…)")


class Released(Row, frozen=True):
    """Parts enter as they are released, such as by the node of a network in which the line works.

    >>> Line([Station("cut", 2)], source=Released(limit=40)).source.limit
    40.0
    """

    limit: float = column("units", math.inf, "most that are released and not out yet", low=1)


Source = Saturated | Conwip | Released | tuple[Arrivals, ...]


class Line(Row, frozen=True):
    """Stations in a row, the day's working minutes, where parts come from, and repair crews.

    ``source`` is ``Saturated()``, ``Conwip(limit)``, ``Released()``, ``Arrivals(…)`` or several.

    Raises:
        ScenarioError: stations without or with the same name, or rework to no station before.

    >>> line = Line([Station("cut", 2), Station("weld", 3, buffer=4)])
    >>> line.set("weld.buffer", 2).station("weld").buffer
    2.0
    """

    stations: tuple[Station, ...]
    minutes_per_day: float = column("working minutes", 480.0, "of a day", low=1e-9)
    source: Source = Saturated()
    crews: float = column("repair crews", math.inf, "that are there", low=1)
    mix: Mapping[str, float] = column("parts by kind", {}, "in which proportion they enter")

    def check(self) -> None:
        """See that stations have names of their own, parts take time, and rework goes back."""
        object.__setattr__(self, "stations", tuple(self.stations))
        if self.crews < math.inf and self.crews % 1:
            raise ScenarioError(f"{self.title}: crews are whole, got {self.crews:g}")
        if isinstance(self.source, Arrivals):
            object.__setattr__(self, "source", (self.source,))
        names = [s.name for s in self.stations]
        if not names or len(set(names)) < len(names):
            raise ScenarioError(f"a line has stations with different names, got {names}")
        worked = self.stations[:1] if isinstance(self.source, Saturated) else self.stations
        if not isinstance(self.source, tuple) and not sum(s.time.average for s in worked):
            wrong = f"{self.stations[0].title}: parts would pass in no time"
            raise ScenarioError(f"{wrong}: give it a time above 0")
        self._check_mix()
        for at, station in enumerate(self.stations):
            back = station.inspection.rework_to if station.inspection else ""
            if back:
                problem = f"{station.title}: rework_to {back!r} is no station up to here"
                check_known(back, names[: at + 1], problem)

    def _check_mix(self) -> None:
        if self.mix and not (min(self.mix.values()) >= 0 and sum(self.mix.values()) > 0):
            raise ScenarioError(f"a line's mix has parts of some kind, none below 0: {self.mix}")
        for title, jobs in [(s.title, s.jobs) for s in self.stations if s.jobs]:
            kinds = [str(kind) for kind in jobs.get("kind", ())]
            for kind in self.mix if kinds else ():
                check_known(kind, kinds, f"{title}: no job is of the mix's kind {kind!r}")

    def station(self, name: str) -> Station:
        """The station of a name, or an error with the nearest name."""
        known = {s.name: s for s in self.stations}
        check_known(name, known, f"no station {name!r}")
        return known[name]

    def change(self, *stations: Station) -> "Line":
        """Return a line in which these stations take the place of those of their names."""
        given = {self.station(s.name).name: s for s in stations}
        return replace(self, stations=tuple(given.get(s.name, s) for s in self.stations))

    def set(self, path: str, value: Any) -> "Line":
        """Return a line in which one value of a station differs, such as ``"weld.buffer"``.

        A fault's rate is ``"weld.spatter"``, an inspection's share ``"weld.inspection.detects"``.
        """
        name, _, field = path.partition(".")
        station = self.station(name)
        inner: dict[str, Any] = {"inspection": station.inspection, "maintain": station.maintain}
        faults = {f.name: f for f in station.faults}
        part, _, detail = field.partition(".")
        columns = [f for f in station.__dataclass_fields__ if f != "name"]
        if field in columns:
            changed = {field: value}
        elif field in faults:
            faults[field] = replace(faults[field], rate=value)
            changed = {"faults": tuple(faults.values())}
        elif part in inner and detail in getattr(inner[part], "__dataclass_fields__", ()):
            changed = {part: replace(inner[part], **{detail: value})}
        else:
            nearest = did_you_mean(field, [*columns, *faults])
            raise ScenarioError(f"{path!r}: station {name!r} has no {field!r}; {nearest}")
        return self.change(replace(station, **changed))
