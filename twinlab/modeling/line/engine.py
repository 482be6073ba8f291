"""The engine of a line: one SimPy process per machine, on a clock of working minutes.

A machine takes a part, works, fails and is repaired on the way, looks at the part, and hands it on;
if the next station has no room it holds the part: blocking after service. Rework waits on a rack
of its own and goes first, so that full buffers cannot lock a loop.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from typing import Any, ClassVar, NamedTuple

import numpy as np
import simpy

from twinlab.modeling.line.stations import Arrivals, Conwip, Line, Orders, Saturated, Station
from twinlab.modeling.line.upkeep import ANSWERS, NO_UPKEEP, MachineView
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

    A part keeps its numbers whatever happens to those before it, so two lines that differ in one
    station can be compared part by part (common random numbers).
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


STATES = ("working", "starved", "blocked", "down", "stopped", "setup")
Process = Generator[simpy.Event, Any, Any]


class Machine:
    """One machine: which stage of its round it is in, since when, and the age of its tool.

    A round: ``take`` a part, ``judge`` whether the tool is replaced first, ``prepare`` it for the
    kind of part, ``begin``, ``work`` (a failure interrupts: ``call`` a crew, ``renew``), ``stop``,
    ``hand`` the part on. What is kept of it does not tell its luck, which is drawn by number.
    """

    kept = ("stage", "begun", "job", "left", "broke", "kind", "why", "age", "renewals", "memory")

    def __init__(self, engine: "LineEngine", place: "Place", number: int) -> None:
        self.engine, self.place = engine, place
        station, what = place.station, (place.name, str(number))
        self.lives = engine.draws(station.time_to_failure, *what, "life")
        self.repairs = engine.draws(station.time_to_repair, *what, "repair")
        self.replacements = engine.draws(station.time_to_replace, *what, "replacement")
        self.state, self.since = "starved", engine.env.now
        self.stage, self.begun, self.fresh = "take", engine.env.now, True
        self.part: Part | None = None
        self.job, self.left, self.broke = -1, 0.0, False
        self.kind, self.why = "", "repaired"
        self.age, self.renewals, self.memory = 0.0, 0, dict[str, Any]()
        self.crew: simpy.resources.resource.Request | None = None

    def turn(self, state: str) -> None:
        """Go into a state, and add up the minutes of the last one."""
        now = self.engine.env.now
        self.place.minutes[self.state] += max(0.0, now - max(self.since, self.engine.warm))
        self.state, self.since = state, now

    def live(self) -> Process:
        """Go from stage to stage for ever."""
        while True:
            if self.fresh:
                self.begun = self.engine.env.now
            self.stage = yield from getattr(self, self.stage)(self.part)
            self.fresh = True

    def rest(self, minutes: float) -> simpy.Event:
        """Wait for what is left of a stage."""
        gone = 0.0 if self.fresh else self.engine.env.now - self.begun
        return self.engine.env.timeout(max(0.0, minutes - gone))

    def take(self, part: None) -> Process:
        """Take the next part, and see what work it is."""
        place = self.place
        self.part = self.engine.next_part(place)
        if self.part is None:
            self.turn("starved")
            call = self.engine.env.event()
            place.idle.append(call)
            self.part = yield call
        self.job, self.left = place.work_on(self.part)
        self.broke = False
        return "judge"

    def judge(self, part: Part) -> Process:
        """Let the rule of upkeep look, unless a replacement has been ordered."""
        yield from ()
        place, now = self.place, self.engine.env.now
        answer = "replace" if place.ordered else "continue"
        if not place.ordered and place.station.maintain != NO_UPKEEP:
            day = int(now // self.engine.line.minutes_per_day)
            seen = (place.name, self.age, self.job, part.kind, self.left, day, self.memory)
            answer = place.station.maintain(MachineView(*seen))
            if answer not in ANSWERS:
                raise ScenarioError(
                    f"{place.station.maintain!r} of {place.name!r} answered {answer!r} on day "
                    f"{day}: a rule of upkeep says one of {ANSWERS}"
                )
        self.why = "replaced"
        return "call" if answer == "replace" else "prepare"

    def prepare(self, part: Part) -> Process:
        """Set the machine up, if the last part was of another kind."""
        other, self.kind = self.kind not in ("", part.kind), part.kind
        if (other or not self.fresh) and (minutes := self.place.setups(part.number, part.rounds)):
            self.turn("setup")
            yield self.rest(minutes)
        return "begin"

    def begin(self, part: Part) -> Process:
        """Begin the work on a part."""
        yield from ()
        engine, place = self.engine, self.place
        if engine.env.now >= engine.warm:
            place.waited += engine.env.now - part.queued
            place.energy += place.energies[self.job] if self.job >= 0 else 0.0
        engine.note("started", place, part.number)
        return "work"

    def spare(self, part: Part) -> float:
        """Minutes of work until the tool breaks, this part being what it is."""
        hazard = self.place.station.hazard
        if hazard is None:
            return self.lives(self.renewals) - self.age
        chance = 0.0 if self.broke else hazard.chance(self.job, self.age)
        drawn = self.place.breaks(part.number, part.rounds)
        return self.left * drawn / chance if drawn < chance else np.inf

    def work(self, part: Part) -> Process:
        """Work on until the part is done or the tool breaks; the rest is done after the repair."""
        self.turn("working")
        if (worked := self.spare(part)) < self.left:
            yield self.rest(worked)
            self.left -= worked
            self.broke, self.why = True, "repaired"
            self.engine.note("failed", self.place, part.number)
            return "call"
        yield self.rest(self.left)
        self.age += self.left
        return "stop"

    def call(self, part: Part) -> Process:
        """Stand still until a crew is free."""
        self.turn("down")
        if self.engine.crews is not None:
            self.crew = self.engine.crews.request()
            yield self.crew
        return "renew"

    def renew(self, part: Part) -> Process:
        """Stand still until the machine is as good as new."""
        engine, place = self.engine, self.place
        if engine.crews is not None and self.crew is None:  # going on from a state
            yield from self.call(part)
        self.state = "down"
        drawn = self.repairs if self.why == "repaired" else self.replacements
        yield self.rest(drawn(self.renewals))
        if engine.crews is not None and self.crew is not None:
            engine.crews.release(self.crew)
            self.crew = None
        self.renewals, self.age = self.renewals + 1, 0.0
        order = place.ordered.popleft() if self.why == "replaced" and place.ordered else ""
        engine.note(self.why, place, note=order)
        return "work" if self.why == "repaired" else "prepare"

    def stop(self, part: Part) -> Process:
        """A small stop, perhaps; then the part is finished, with or without a new fault."""
        engine, place = self.engine, self.place
        if pause := place.stops(part.number, part.rounds):
            self.turn("stopped")
            if self.fresh:
                engine.note("stopped", place, part.number, pause)
            yield self.rest(pause)
        engine.note("finished", place, part.number, self.job if self.job >= 0 else "")
        new = [
            fault.name
            for fault, chance in place.faults
            if chance(part.number, part.rounds) < fault.chance(self.age)
        ]
        part.faults += new
        place.counts["flawed"] += bool(new) and engine.env.now >= engine.warm
        for name in new:
            engine.note("faulted", place, part.number, name)
        return "hand"

    def hand(self, part: Part) -> Process:
        """Send a part where it goes next, and hold it while there is no room."""
        engine, place = self.engine, self.place
        verdict = place.verdict(part)
        if verdict == "reworked":
            part.rounds += 1
            engine.note("reworked", place, part.number)
            engine.accept(engine.places[place.back], part, rack=True)
        elif verdict == "scrapped" or place.at == len(engine.places) - 1:
            engine.leave(part, place, verdict or "delivered")
        elif (following := engine.places[place.at + 1]).room():
            engine.accept(following, part)
        else:
            self.turn("blocked")
            freed = engine.env.event()
            following.blocked.append((part, freed))
            yield freed
        self.part = None
        return "take"


class Place:
    """A station in operation: its queue, who waits for it, and its minutes by state."""

    def __init__(self, engine: "LineEngine", station: Station, at: int) -> None:
        self.station, self.at, self.name = station, at, station.name
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
            self.of = {kind: np.flatnonzero(jobs["kind"] == kind) for kind in set(self.kinds)}
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
        part.faults.clear()
        return "reworked"


class LineEngine:
    """A line on SimPy's clock; it may go on from what was ``kept`` of it (see ``keep``)."""

    def __init__(
        self,
        line: Line,
        seed: int,
        replication: int,
        warm: float = 0.0,
        log: bool = True,
        kept: Any = None,
    ) -> None:
        self.line, self.seed, self.replication, self.warm = line, seed, replication, warm
        self.env = simpy.Environment(kept["now"] if kept else 0)
        few = line.crews < np.inf
        self.crews = simpy.Resource(self.env, int(line.crews)) if few else None
        self.events: list[LineEvent] | None = [] if log else None
        self.parts: list[Part] = []
        self.present, self.since, self.order = 0, self.env.now, 0
        self.entered, self.released = 0, 0  # parts so far; orders that wait for a machine
        self.left = (0, 0)
        self.levels: defaultdict[int, float] = defaultdict(float)
        mix = np.array(list(line.mix.values())) if line.mix else np.ones(1)
        self.mix = (np.cumsum(mix / mix.sum()), list(line.mix) or ["parts"])
        self.luck = self.draws(Uniform(0, 1), "mix")
        self.places = [Place(self, station, at) for at, station in enumerate(line.stations)]
        self.machines = [
            Machine(self, place, number)
            for place in self.places
            for number in range(place.station.machines)
        ]
        if kept:
            self._go_on(kept)
        for machine in sorted(self.machines, key=lambda m: (m.stage != "renew", m.begun)):
            self.env.process(machine.live())
        if isinstance(line.source, tuple):
            for at, arrivals in enumerate(line.source):
                self.env.process(self.arrive(arrivals, at))
        elif isinstance(line.source, Conwip):
            for _ in range(line.source.limit):
                self.accept(self.places[0], self.enter("parts", 1))

    def run(self, minutes: float) -> None:
        """Let the line work so many minutes, and close the books."""
        self.env.run(until=minutes)
        self.close()

    def close(self) -> None:
        """Add up what has not ended."""
        self.count(0)
        for machine in self.machines:
            machine.turn(machine.state)

    def step(self, until: float) -> None:
        """Work on until a minute, beginning with what has been released."""
        first = self.places[0]
        while first.idle and self.released:
            first.idle.popleft().succeed(self._ordered_part())
        if until > self.env.now:
            self.env.run(until=until)

    def release(self, units: int) -> None:
        """Let so many parts enter, one by one, when the first station has a machine for them."""
        self.released += units

    @property
    def room(self) -> float:
        """How many parts may still be released."""
        limit = self.line.source.limit if isinstance(self.line.source, Orders) else 0
        return max(0.0, limit - self.released - self.present)

    def take(self) -> tuple[int, int]:
        """How many parts have left since the last time, and how many of them are delivered."""
        taken, self.left = self.left, (0, 0)
        return taken

    def _ordered_part(self) -> Part:
        self.released -= 1
        return self.enter("parts", 1)

    def keep(self) -> dict[str, Any]:
        """All that a line needs to go on (with ``Orders`` as its source), as plain values."""
        numbers = [m.part.number if m.part else -1 for m in self.machines]
        here = [p for p in self.parts if p.fate == "in process"]
        return {
            **{name: getattr(self, name) for name in ("entered", "order", "released")},
            "now": self.env.now,
            "parts": [[getattr(p, name) for name in Part.kept] for p in here],
            "machines": [
                [number, *(getattr(m, name) for name in Machine.kept)]
                for number, m in zip(numbers, self.machines, strict=True)
            ],
            "places": [
                [
                    [[rank, order, part.number] for rank, order, part in sorted(p.queue)],
                    [part.number for part in p.rack],
                    list(p.ordered),
                ]
                for p in self.places
            ],
        }

    def _go_on(self, kept: Any) -> None:
        """Stand where a line stood; what its tables have changed since holds from now on."""
        for name in ("entered", "order", "released"):
            setattr(self, name, kept[name])
        here = {row[0]: Part(**dict(zip(Part.kept, row, strict=True))) for row in kept["parts"]}
        self.parts, self.present = list(here.values()), len(here)
        for part in here.values():
            part.faults = list(part.faults)
        for machine, (number, *values) in zip(self.machines, kept["machines"], strict=True):
            for name, value in zip(Machine.kept, values, strict=True):
                setattr(machine, name, value)
            machine.part, machine.fresh = here.get(number), False
        for place, (queue, rack, ordered) in zip(self.places, kept["places"], strict=True):
            place.queue = [(rank, order, here[number]) for rank, order, number in queue]
            place.rack, place.ordered = deque(here[number] for number in rack), deque(ordered)

    def draws(self, distribution: Distribution, *name: str) -> PartDraws:
        """A named source of chance of this replication."""
        return PartDraws(self.seed, self.replication, distribution, *name)

    def note(self, kind: str, place: Place, part: int = -1, note: Any = "") -> None:
        """Log an event, and count it once warm."""
        if self.env.now >= self.warm:
            place.counts[kind] += 1
        if self.events is not None:
            self.events.append(LineEvent(self.env.now, kind, place.name, part, note))

    def count(self, change: int) -> None:
        """Add up how long how many parts were in the line, then let their number change."""
        now = self.env.now
        self.levels[self.present] += max(0.0, now - max(self.since, self.warm))
        self.present, self.since = self.present + change, now

    def enter(self, kind: str, rank: int) -> Part:
        """A new part."""
        if kind == "parts" and self.line.mix:
            bounds, kinds = self.mix
            kind = kinds[int(np.searchsorted(bounds, self.luck(self.entered), "right"))]
        part = Part(self.entered, kind, rank, self.env.now, self.env.now)
        self.entered += 1
        self.parts.append(part)
        self.count(1)
        return part

    def arrive(self, arrivals: Arrivals, at: int) -> Process:
        """Let parts of one kind arrive, one after the other."""
        between, first = self.draws(arrivals.between, "arrivals", str(at)), self.places[0]
        number = 0
        while True:
            yield self.env.timeout(between(number))
            number += 1
            if first.room():
                part = self.enter(arrivals.name, arrivals.rank)
                self.note("arrived", first, part.number, arrivals.name)
                self.accept(first, part)
            else:
                self.note("turned away", first, note=arrivals.name)

    def accept(self, place: Place, part: Part, rack: bool = False) -> None:
        """Give a part to an idle machine, else put it in the queue (or on the rack of rework)."""
        part.queued = self.env.now
        if place.idle:
            place.idle.popleft().succeed(part)
        elif rack:
            place.rack.append(part)
        else:
            self.order += 1
            heappush(place.queue, (part.rank, self.order, part))

    def next_part(self, place: Place) -> Part | None:
        """What a machine works on next: rework, then the queue, then who is blocked, then new."""
        if place.rack:
            return place.rack.popleft()
        part = heappop(place.queue)[2] if place.queue else None
        if place.blocked:
            held, freed = place.blocked.popleft()
            if part:
                self.accept(place, held)
            else:
                held.queued, part = self.env.now, held
            freed.succeed()
        elif not part and place.at == 0:
            if isinstance(self.line.source, Saturated):
                part = self.enter("parts", 1)
            elif self.released:
                part = self._ordered_part()
        return part

    def leave(self, part: Part, place: Place, fate: str) -> None:
        """A part leaves the line; with constant work in process another one enters."""
        part.left, part.fate = self.env.now, fate
        self.left = (self.left[0] + 1, self.left[1] + (fate == "delivered"))
        self.note(fate, place, part.number, ", ".join(part.faults))
        self.count(-1)
        if isinstance(self.line.source, Conwip):
            self.accept(self.places[0], self.enter("parts", 1))
