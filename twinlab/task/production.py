"""Production: what limits the line, and what must each department do for a required throughput?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinlab.modeling.formulas.queues import mmc
from twinlab.modeling.line.results import LineRun, replicate_line
from twinlab.modeling.line.stations import Line, Saturated, Station
from twinlab.scope.columns import column
from twinlab.scope.distributions import mean_of
from twinlab.scope.errors import SolverError
from twinlab.scope.kinds import Amount, Level, Positive
from twinlab.scope.later import pd
from twinlab.scope.result import Estimate, Result

SHIFT = 480.0  # minutes

# -- describe: how well the machines are used -------------------------------------------------


@dataclass(frozen=True)
class Oee(Result):
    """Overall equipment effectiveness: availability × performance × quality.

    Source: Nakajima (1988).
    """

    availability: float = column("share", meaning="time up of the time with work and room for it")
    performance: float = column("share", meaning="ideal time of time up: small stops are lost")
    quality: float = column("share", meaning="of its own works, those without a new fault")
    waiting: float = column("share", meaning="of planned time, starved or blocked by others")

    @property
    def oee(self) -> float:
        """The product of the three [share]."""
        return self.availability * self.performance * self.quality


def oee(run: LineRun, station: str) -> Oee:
    """Read the effectiveness of a station's machines from a run of its line.

    What a machine waits for others (starved or blocked) is no loss of its own and stands apart:
    OEE × (1 − waiting) is the share of planned time in good work.

    >>> from twinlab.modeling.line.results import run_line
    >>> run = run_line(Line([Station("cut", 2), Station("weld", 4, buffer=2)]), days=3, warm_up=1)
    >>> print(oee(run, "cut"))
    availability 1 share · performance 1 share · quality 1 share · waiting 0.5 share
    """
    seen = run[station]
    waiting, up = seen.starved + seen.blocked, seen.working + seen.stopped
    asked, ran = (seen.working + seen.down) or 1.0, up or 1.0
    return Oee(up / asked, seen.working / ran, seen.good_share, waiting)


# -- predict: what each station can do, and which one limits -----------------------------------


@dataclass(frozen=True)
class Load(Result):
    """What one delivered unit takes of a station, and how many the station allows."""

    station: str = column("name")
    visits: float = column("works/unit", meaning="begun per delivered unit: scrap and rework")
    minutes: float = column("minutes/work", meaning="with the time lost to failures")
    capacity: float = column("units/day", meaning="delivered, if no other station limits")


def loads(line: Line) -> tuple[Load, ...]:
    """Explode one delivered unit backwards through the line, yields and failures included.

    Visits: what leaves a station goes on, back to rework, or to scrap; these flows balance
    (linear equations), scaled to one delivered unit. Minutes: work, the expected repair and
    replacement per minute of work, and small stops.
    Capacity = machines × minutes per day / (visits × minutes).
    Source: Hopp & Spearman (2011) chapters 8 and 12.

    >>> from twinlab.modeling.line.stations import Fault, Inspection
    >>> scrap = Station("weld", 3, faults=(Fault("crack", 0.2),), inspection=Inspection())
    >>> [round(found.capacity, 1) for found in loads(Line([Station("cut", 2), scrap]))]
    [192.0, 128.0]
    """
    visits = _visits(line.stations)
    minutes = [mean_of(s.time) * (1 + _lost_per_minute(s)) + mean_of(s.stop) for s in line.stations]
    return tuple(
        Load(s.name, v, m, s.machines * line.minutes_per_day / (v * m) if m else math.inf)
        for s, v, m in zip(line.stations, visits, minutes, strict=True)
    )


def bottleneck(line: Line) -> Load:
    """The station that limits the line, with scrap, rework and failures counted.

    >>> bottleneck(Line([Station("cut", 2), Station("weld", 3)])).station
    'weld'
    """
    return min(loads(line), key=lambda found: found.capacity)


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


def _lost_per_minute(station: Station) -> float:
    """Minutes of repair and replacement per minute of work, a renewal at a time."""
    life = mean_of(station.time_to_failure)
    if math.isinf(station.replace_at):
        return mean_of(station.time_to_repair) / life
    drawn = station.time_to_failure.draw(np.random.default_rng(0), np.ones(20_000), 1)
    fails = float((drawn < station.replace_at).mean())
    lost = fails * mean_of(station.time_to_repair)
    lost += (1 - fails) * mean_of(station.time_to_replace)
    return lost / float(np.minimum(drawn, station.replace_at).mean())


# -- prescribe: takt, kanban, and instructions for a required throughput ----------------------


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
class Proof:
    """What the instructed line delivered when it was simulated, beside what is wanted."""

    wanted: float = column("units/day")
    throughput: Estimate = column("units/day")

    @property
    def holds(self) -> bool:
        """Whether even the low end of the interval reaches what is wanted."""
        return self.throughput.low >= self.wanted

    def __str__(self) -> str:
        verdict = "proved" if self.holds else "NOT proved"
        return f"{verdict}: {self.wanted:g} units/day wanted, simulated {self.throughput}"


@dataclass(frozen=True)
class Instructions:
    """What every department must do so that the line delivers what is ``wanted`` [units/day]."""

    wanted: float
    shifts: int
    departments: tuple[Department, ...]
    line: Line

    @property
    def table(self) -> pd.DataFrame:
        """One row per department."""
        return pd.DataFrame(vars(d) for d in self.departments).set_index("station")

    def prove(self, days: float = 20, replications: int = 10, seed: int = 0) -> Proof:
        """Simulate the line as instructed, and see whether it delivers."""
        batch = replicate_line(self.line, days, replications, seed)
        return Proof(self.wanted, batch.estimate("throughput"))


def plan_departments(line: Line, wanted: Positive, *, most_busy: Level = 0.9) -> Instructions:
    """Tell each department what to do for a throughput: start rate, machines, cards, shifts.

    Backwards from the customers: starts = wanted × visits (``loads``). The fewest shifts of 480
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
    needs = loads(line)
    # Minutes of one machine a day, shared by those that there are.
    shares = [
        wanted * n.visits * n.minutes / s.machines
        for n, s in zip(needs, line.stations, strict=True)
    ]
    shifts = max(1, math.ceil(max(shares) / (SHIFT * most_busy) - 1e-9))
    if shifts > 3:
        worst = shares.index(max(shares))
        short = math.ceil(shares[worst] * line.stations[worst].machines / (3 * SHIFT * most_busy))
        raise SolverError(
            f"plan_departments: {wanted:g} units/day would keep {needs[worst].station!r} busy for "
            f"{max(shares) / SHIFT:.1f} shifts a day: it needs {short} machines, or ask for less"
        )
    minutes = shifts * SHIFT
    told, built = [], []
    for need, station in zip(needs, line.stations, strict=True):
        rate = wanted * need.visits / minutes
        machines = max(1, math.ceil(rate * need.minutes / most_busy - 1e-9))
        wait = mmc(rate, 1 / need.minutes, machines).wait if need.minutes else 0.0
        cards = max(machines + 1, kanban(rate, wait + need.minutes, safety=0.5))
        busy = rate * need.minutes / machines
        told.append(Department(station.name, 60 * rate, machines, cards, busy))
        built.append(replace(station, machines=machines, buffer=cards - machines))
    instructed = replace(line, stations=tuple(built), minutes_per_day=minutes, source=Saturated())
    return Instructions(wanted, shifts, tuple(told), instructed)
