"""Places of a line: parts, their draws, and a station in operation, of which machines are part."""

from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
import simpy

from twinlab.modeling.line.stations import ANSWERS, NO_UPKEEP, MachineView, Station
from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope.distributions import Distribution, Uniform
from twinlab.scope.errors import ScenarioError

LOT = 128  # drawn ahead: a call of NumPy costs as much as a hundred numbers


class LineEvent(NamedTuple):
    """Something that happened at a station: a part was started, a machine failed."""

    minute: float
    kind: str
    station: str = ""
    part: int = -1
    note: Any = ""  # what is faulty, how long it stops, which row of the jobs it was


@dataclass(slots=True)
class Part:
    """A part, sent back so many ``rounds``: ``delivered``, ``scrapped`` or still ``in process``."""

    number: int
    kind: str
    rank: int
    entered: float
    queued: float
    left: float = np.nan
    fate: str = "in process"
    faults: list[str] = field(default_factory=list)
    rounds: int = 0

    kept: ClassVar = ("number", "kind", "rank", "entered", "queued", "faults", "rounds")


class PartDraws:
    """One source of chance: the number of each part (or life), however often it comes back.

    A part keeps its numbers whatever happens before it: two lines are compared part by part.
    """

    def __init__(self, seed: int, replication: int, distribution: Distribution, *name: str) -> None:
        self.stream = partial(stream, seed, replication, "line", *name)
        self.distribution = distribution
        self.rounds: list[tuple[np.random.Generator, list[float]]] = []

    def __call__(self, number: int, again: int = 0) -> float:
        """The draw of a number, on its first or a later round."""
        while len(self.rounds) <= again:
            self.rounds.append((self.stream(str(len(self.rounds))), []))
        generator, values = self.rounds[again]
        while len(values) <= number:
            values += self.distribution.draw(generator, np.ones(LOT), 1)[:, 0].tolist()
        return values[number]


class Place:
    """A station in operation: its queue, who waits for it, and its minutes by state."""

    def __init__(self, engine: Any, station: Station, at: int) -> None:
        self.engine, self.station, self.at, self.name = engine, station, at, station.name
        self.minutes: defaultdict[str, float] = defaultdict(float)
        self.counts: Counter[str] = Counter()
        self.waited = 0.0
        self.queue: list[tuple[int, int, Part]] = []
        self.rack: deque[Part] = deque()
        self.idle: deque[simpy.Event] = deque()
        self.blocked: deque[tuple[Part, simpy.Event]] = deque()
        even, name = Uniform(0, 1), station.name
        self.times = engine.draws(station.time, name, "time")
        self.stops = engine.draws(station.stop, name, "stop")
        self.setups = engine.draws(station.setup, name, "setup")
        self.rows, self.breaks = engine.draws(even, name, "job"), engine.draws(even, name, "break")
        self.ordered = deque[Any]()  # replacements, by what they are called
        self.energy, jobs = 0.0, station.jobs
        if jobs is not None:
            self.work = jobs["minutes"].tolist()
            self.energies, self.all = jobs.energy.tolist(), np.arange(len(jobs))
            self.kinds = [str(kind) for kind in jobs.get("kind", ())]
            self.of = {k: np.flatnonzero(jobs["kind"].astype(str) == k) for k in set(self.kinds)}
        self.faults = [(f, engine.draws(even, name, "fault", f.name)) for f in station.faults]
        self.sight = engine.draws(even, name, "found")
        self.worth = engine.draws(even, name, "rework")
        names, look = [s.name for s in engine.line.stations], station.inspection
        self.back = names.index(look.rework_to) if look and look.rework_to else -1

    def work_on(self, part: Part) -> tuple[int, float]:
        """Which row of the jobs a part is, -1 without any, and its minutes of work."""
        number, again = part.number, part.rounds
        if self.station.jobs is None:
            return -1, self.times(number, again)
        rows = self.of.get(part.kind, self.all)
        job = int(rows[int(self.rows(number, again) * len(rows))])
        part.kind = self.kinds[job] if self.kinds else part.kind
        return job, self.work[job]

    def ask(self, machine: Any, part: Part, day: int) -> str:
        """What the rule of upkeep says before a job."""
        rule = self.station.maintain
        if rule == NO_UPKEEP:
            return "continue"
        job = (machine.job, part.kind, machine.left)
        answer = rule(MachineView(self.name, machine.age, *job, day, machine.memory))
        if answer not in ANSWERS:
            problem = f"{rule!r} of {self.name!r} answered {answer!r} on day {day}"
            raise ScenarioError(f"{problem}: a rule of upkeep says one of {ANSWERS}")
        return answer

    def spare(self, machine: Any, part: Part) -> float:
        """Minutes of work until the tool of a machine breaks, this part being what it is."""
        hazard = self.station.hazard
        if hazard is None:
            return float(machine.lives(machine.renewals) - machine.age)
        chance = 0.0 if machine.broke else hazard.chance(machine.job, machine.age)
        drawn = self.breaks(part.number, part.rounds)
        return float(machine.left * drawn / chance) if drawn < chance else np.inf

    def spoil(self, part: Part, age: float) -> list[str]:
        """The new faults of a part that a tool of this age has worked on."""
        drawn = ((fault, luck(part.number, part.rounds)) for fault, luck in self.faults)
        new = [fault.name for fault, number in drawn if number < fault.chance(age)]
        part.faults = part.faults + new  # the list of before is kept in the log
        self.counts["flawed"] += bool(new) and self.engine.env.now >= self.engine.warm
        return new

    def room(self) -> bool:
        """Whether another part may come in."""
        return bool(self.idle) or len(self.queue) < self.station.buffer

    def verdict(self, part: Part) -> str:
        """What inspection says of a part: nothing, ``reworked`` or ``scrapped``."""
        look = self.station.inspection
        if not look or not part.faults or self.sight(part.number, part.rounds) >= look.detects:
            return ""
        if self.back < 0 or self.worth(part.number, part.rounds) >= look.rework_share:
            return "scrapped"
        part.faults = []
        return "reworked"
