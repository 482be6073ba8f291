"""Production: what limits the line, and what must each department do for a required throughput?

=========  ===================================================================================
describe   ``describe``: how well the machines of a station are used (OEE)
predict    ``predict``: what each station can deliver, and which one limits the line
prescribe  ``plan_departments`` for a throughput, ``prescribe``: the line changed so; ``takt``,
           ``kanban``
=========  ===================================================================================
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinlab.modeling import (
    AtAge,
    Change,
    Line,
    LineRun,
    RunToFailure,
    Saturated,
    Station,
    mmc,
    replicate_line,
    run_line,
)
from twinlab.modeling.line.machines import STATES
from twinlab.scope import Estimate, Listing, Result, SolverError, State
from twinlab.scope.columns import column
from twinlab.scope.distributions import mean_of
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import check_known
from twinlab.scope.kinds import Amount, Level, Positive, Whole

SHIFT = 480.0  # minutes
KNOWN = AtAge | RunToFailure


@dataclass(frozen=True)
class Oee(Result):
    """Overall equipment effectiveness: availability × performance × quality.

    Source: Nakajima (1988).
    """

    availability: float = column("share", meaning="time up of the time with work and room for it")
    performance: float = column("share", meaning="ideal time of time up: small stops are lost")
    quality: float = column("share", meaning="of its own works, those without a new fault")
    loading: float = column("share", meaning="of planned time, with work and room for it")
    oee: float = column("share", meaning="the product of the first three")


def describe(seen: LineRun | State, station: str | ItemKey) -> Oee:
    """Read the effectiveness of a station's machines from a run of its line, or from a state.

    In a state (of a plant, or what its twin believes) a station is ``(node, name)``.

    What a machine waits for others (starved or blocked) is no loss of its own and stands apart:
    OEE × loading is the share of planned time in good work. Terms as in ISO 22400-2: set-ups,
    repairs and replacements are lost to availability, small stops to performance.

    >>> run = run_line(Line([Station("cut", 2), Station("weld", 4, buffer=2)]), days=3, warm_up=1)
    >>> describe(run, "cut")
    availability 1 · performance 1 · quality 1 · loading 0.5
    · oee 1
    """
    if isinstance(seen, State):
        check_known(station, seen.machines, f"nobody has told of a station {station!r}")
        told = seen.machines[station]  # type: ignore[index]
        minutes = {state: told.get(state, 0.0) for state in STATES}
        total, works = sum(minutes.values()) or 1.0, told.get("worked", 0.0)
        good = told.get("good", 0.0) / works if works else math.nan
    else:
        run = seen[str(station)]
        minutes, total, good = {name: getattr(run, name) for name in STATES}, 1.0, run.good_share
    up = minutes["working"] + minutes["stopped"]
    loading = up + minutes["down"] + minutes["setup"]
    three = (up / (loading or 1.0), minutes["working"] / (up or 1.0), good)
    return Oee(*three, loading / total, math.prod(three))


@dataclass(frozen=True)
class Load(Result):
    """What one delivered unit takes of a station, and how many the station allows."""

    station: str = column("name")
    visits: float = column("works/unit", meaning="begun per delivered unit: scrap and rework")
    minutes: float = column("minutes/work", meaning="with the time lost to failures")
    capacity: float = column("units/day", meaning="delivered, if no other station limits")


@dataclass(frozen=True)
class Loads(Listing):
    """What one delivered unit takes of every station."""

    caption = "What one delivered unit takes of every station"
    stations: tuple[Load, ...]

    @property
    def bottleneck(self) -> Load:
        """The station that limits the line, with scrap, rework and failures counted."""
        return min(self.stations, key=lambda found: found.capacity)


def predict(line: Line, seed: Whole = 0) -> Loads:
    """Explode one delivered unit backwards through the line, yields and failures included.

    Visits: what leaves a station goes on, back to rework, or to scrap; these flows balance
    (linear equations), scaled to one delivered unit. Minutes: work, the expected repair and
    replacement per minute of work (lives that are cut short are drawn), and small stops.
    Capacity = machines × minutes per day / (visits × minutes).
    Source: Hopp & Spearman (2011) chapters 8 and 12.

    >>> scrap = Station("weld", 3, faults=(Fault("crack", 0.2),), inspection=Inspection())
    >>> found = predict(Line([Station("cut", 2), scrap]))
    >>> [round(each.capacity, 1) for each in found], found.bottleneck.station
    ([192.0, 128.0], 'weld')
    """
    found = []
    for s, visits in zip(line.stations, _visits(line.stations), strict=True):
        minutes = mean_of(s.time) * (1 + _lost_per_minute(s, seed)) + mean_of(s.stop)
        capacity = s.machines * line.minutes_per_day / (visits * minutes) if minutes else math.inf
        found.append(Load(s.name, visits, minutes, capacity))
    return Loads(tuple(found))


def _visits(stations: Sequence[Station]) -> list[float]:
    """Works begun at each station per delivered unit."""
    names = [s.name for s in stations]
    flows = np.eye(len(stations) + 1)  # visits − what comes from others = what enters
    faulty = 0.0
    for at, station in enumerate(stations):
        for fault in station.faults:
            faulty = 1 - (1 - faulty) * (1 - fault.rate)
        passed = 1.0
        if look := station.inspection:
            found = faulty * look.detects
            passed = 1 - found
            faulty = (faulty - found) / passed if passed else 0.0
            if look.rework_to:
                flows[names.index(look.rework_to), at] -= found * look.rework_share
        flows[at + 1, at] -= passed  # after the last station: delivered
    visits = np.linalg.solve(flows, np.eye(len(stations) + 1)[0])
    return [float(v) for v in visits[:-1] / visits[-1]]


def _lost_per_minute(station: Station, seed: int) -> float:
    """Minutes of repair, replacement and set-up per minute of work, a renewal at a time."""
    if station.hazard or mean_of(station.setup) or not isinstance(station.maintain, KNOWN):
        alone = replace(station, machines=1, faults=(), inspection=None)
        seen = run_line(Line((alone,)), days=60, seed=seed, log=False).stations[0]
        return (seen.down + seen.setup) / seen.working
    life = mean_of(station.time_to_failure)
    age = station.maintain.age if isinstance(station.maintain, AtAge) else math.inf
    if math.isinf(age):
        return mean_of(station.time_to_repair) / life
    drawn = station.time_to_failure.draw(np.random.default_rng(seed), np.ones(20_000), 1)
    fails = float((drawn < age).mean())
    lost = fails * mean_of(station.time_to_repair)
    lost += (1 - fails) * mean_of(station.time_to_replace)
    return lost / float(np.minimum(drawn, age).mean())


def takt(minutes: Positive, units: Positive) -> float:
    """The beat of customers: working time over units wanted in it [minutes/unit].

    >>> takt(minutes=450, units=90)
    5.0
    """
    return minutes / units


def kanban(rate: Amount, lead_time: Amount, container: Positive = 1.0, safety: Amount = 0.1) -> int:
    """How many cards a loop needs: demand during the lead time, with safety, in containers.

    ⌈d L (1 + α) / C⌉ [rate d, lead time L in the same time, safety α, container C].
    Source: Monden (1983).

    >>> kanban(rate=100, lead_time=0.5, container=10, safety=0.1)
    6
    """
    return max(1, math.ceil(rate * lead_time * (1 + safety) / container - 1e-9))


@dataclass(frozen=True)
class Department(Result):
    """What one department is told."""

    station: str = column("name")
    start_per_hour: float = column("units/hour", meaning="works to begin, with scrap and rework")
    machines: int = column("machines", meaning="to man")
    wip_limit: int = column("units", meaning="kanban cards: most in the department")
    busy: float = column("share", meaning="of the manned machines' time")


@dataclass(frozen=True)
class Proof(Result):
    """What the instructed line delivered when it was simulated, beside what is wanted."""

    wanted: float = column("units/day", meaning="by the customers")
    throughput: Estimate = column("units/day", meaning="simulated")

    @property
    def holds(self) -> bool:
        """Whether even the low end of the interval reaches what is wanted."""
        return self.throughput.low >= self.wanted

    def sentence(self) -> str:
        """The verdict, and the two numbers."""
        verdict = "proved" if self.holds else "NOT proved"
        return f"{verdict}: {self.wanted:g} units/day wanted, simulated {self.throughput}"


@dataclass(frozen=True)
class Instructions(Listing):
    """What every department must do so that the line delivers what is ``wanted`` [units/day]."""

    departments: tuple[Department, ...]
    wanted: float
    shifts: int
    line: Line

    def sentence(self) -> str:
        """What all departments together must do."""
        return f"{self.wanted:g} units/day in {self.shifts} shift{'s' * (self.shifts > 1)}"

    def prove(self, days: float = 20, replications: int = 10, seed: int = 0) -> Proof:
        """Simulate the line as instructed, and see whether it delivers."""
        lived = replicate_line(self.line, days, replications, seed)
        return Proof(self.wanted, lived.estimate("throughput"))


def plan_departments(line: Line, wanted: Positive, *, most_busy: Level = 0.9) -> Instructions:
    """Tell each department what to do for a throughput: start rate, machines, cards, shifts.

    Backwards from the customers: starts = wanted × visits (``predict``). The fewest shifts of 480
    minutes, then the fewest of each station's machines, with which nobody is busier than
    ``most_busy``. Cards: Little's law on the time in the department (an M/M/c queue's wait and the
    work) and half as many again. The line is then one of finite buffers; ``prove`` simulates it.
    Source: Orlicky (1975) for the explosion; Hopp & Spearman (2011) chapters 8 and 12.

    Raises:
        SolverError: even three shifts are too short, with the department that lacks machines.

    >>> line = Line([Station("cut", 2), Station("weld", 5, machines=3)])
    >>> told = plan_departments(line, wanted=200)
    >>> [(d.station, d.machines, d.start_per_hour) for d in told.departments]
    [('cut', 1, 25.0), ('weld', 3, 25.0)]
    """
    needs = predict(line).stations
    machines = [station.machines for station in line.stations]
    # Minutes of one machine a day, shared by those that there are.
    shares = [wanted * n.visits * n.minutes / m for n, m in zip(needs, machines, strict=True)]
    shifts = max(1, math.ceil(max(shares) / (SHIFT * most_busy) - 1e-9))
    if shifts > 3:
        worst = shares.index(max(shares))
        short = math.ceil(shares[worst] * machines[worst] / (3 * SHIFT * most_busy))
        raise SolverError(
            f"plan_departments: {wanted:g} units/day would keep {needs[worst].station!r} busy for "
            f"{max(shares) / SHIFT:.1f} shifts a day: it needs {short} machines, or ask for less"
        )
    minutes = shifts * SHIFT
    told, built = [], []
    for need, station in zip(needs, line.stations, strict=True):
        rate = wanted * need.visits / minutes
        manned = max(1, math.ceil(rate * need.minutes / most_busy - 1e-9))
        wait = mmc(rate, 1 / need.minutes, manned).wait if need.minutes else 0.0
        cards = max(manned + 1, kanban(rate, wait + need.minutes, safety=0.5))
        busy = rate * need.minutes / manned
        told.append(Department(station.name, 60 * rate, manned, cards, busy))
        built.append(replace(station, machines=manned, buffer=cards - manned))
    instructed = replace(line, stations=tuple(built), minutes_per_day=minutes, source=Saturated())
    return Instructions(tuple(told), wanted, shifts, instructed)


def prescribe(line: Line, wanted: Positive, *, most_busy: Level = 0.9) -> Change:
    """Change a line so that it delivers what is wanted, as ``plan_departments`` tells it.

    Raises:
        SolverError: even three shifts are too short, with the department that lacks machines.

    >>> prescribe(Line([Station("cut", 2), Station("weld", 5, machines=4, buffer=9)]), wanted=200)
    200 units/day in 1 shift: nobody is busier than 90 % of the time
      cut.buffer: inf → 7
      weld.machines: 4 → 3
      weld.buffer: 9 → 2
    """
    told, values, before = plan_departments(line, wanted, most_busy=most_busy), {}, {}
    for old, new in zip(line.stations, told.line.stations, strict=True):
        for name in ("machines", "buffer"):
            if getattr(new, name) != getattr(old, name):
                values[f"{new.name}.{name}"] = getattr(new, name)
                before[f"{new.name}.{name}"] = getattr(old, name)
    reason = f"nobody is busier than {100 * most_busy:g} % of the time"
    return Change(values, told.sentence(), reason, told.line, before)
