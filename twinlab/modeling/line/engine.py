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
from typing import Any, NamedTuple

import numpy as np
import simpy

from twinlab.modeling.line.stations import Arrivals, Conwip, Line, Saturated, Station
from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope.distributions import Distribution, Uniform

LOT = 128  # drawn ahead: a call of NumPy costs as much as a hundred numbers


class LineEvent(NamedTuple):
    """Something that happened at a station: a part was started, a machine failed."""

    minute: float
    kind: str
    station: str = ""
    part: int = -1
    note: str = ""


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


STATES = ("working", "starved", "blocked", "down", "stopped")
Process = Generator[simpy.Event, Any, None]


class Machine:
    """One machine: its state, its age in minutes of work, and the age at which it fails."""

    def __init__(self, engine: "LineEngine", place: "Place", number: int) -> None:
        self.engine, self.place = engine, place
        station, what = place.station, (place.name, str(number))
        self.lives = engine.draws(station.time_to_failure, *what, "life")
        self.repairs = engine.draws(station.time_to_repair, *what, "repair")
        self.replacements = engine.draws(station.time_to_replace, *what, "replacement")
        self.state, self.since = "starved", 0.0
        self.age, self.renewals, self.life = 0.0, 0, self.lives(0)

    def turn(self, state: str) -> None:
        """Go into a state, and add up the minutes of the last one."""
        now = self.engine.env.now
        self.place.minutes[self.state] += max(0.0, now - max(self.since, self.engine.warm))
        self.state, self.since = state, now

    def live(self) -> Process:
        """Take parts, work on them and hand them on, for ever."""
        engine, place = self.engine, self.place
        while True:
            part = engine.next_part(place)
            if part is None:
                self.turn("starved")
                call = engine.env.event()
                place.idle.append(call)
                part = yield call
            yield from self.work(part)
            yield from self.hand_on(part)
            if self.age >= place.station.replace_at:
                yield from self.renew("replaced", self.replacements(self.renewals))

    def work(self, part: Part) -> Process:
        """Work on a part; a failure interrupts, and the rest is done after the repair."""
        engine, place = self.engine, self.place
        left = place.times(part.number, part.rounds)
        self.turn("working")
        if engine.env.now >= engine.warm:
            place.waited += engine.env.now - part.queued
        engine.note("started", place, part.number)
        while self.life - self.age < left:
            worked = self.life - self.age
            left -= worked
            yield engine.env.timeout(worked)
            engine.note("failed", place, part.number)
            yield from self.renew("repaired", self.repairs(self.renewals))
            self.turn("working")
        yield engine.env.timeout(left)
        self.age += left
        pause = place.stops(part.number, part.rounds)
        if pause:
            self.turn("stopped")
            yield engine.env.timeout(pause)
        engine.note("finished", place, part.number)
        new = [
            fault.name
            for fault, chance in place.faults
            if chance(part.number, part.rounds) < fault.chance(self.age)
        ]
        part.faults += new
        place.counts["flawed"] += bool(new) and engine.env.now >= engine.warm

    def renew(self, kind: str, minutes: float) -> Process:
        """Stand still, as soon as a crew is free, until the machine is as good as new."""
        engine = self.engine
        self.turn("down")
        if engine.crews is None:
            yield engine.env.timeout(minutes)
        else:
            with engine.crews.request() as crew:
                yield crew
                yield engine.env.timeout(minutes)
        self.renewals += 1
        self.age, self.life = 0.0, self.lives(self.renewals)
        engine.note(kind, self.place)

    def hand_on(self, part: Part) -> Process:
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
        self.faults = [(f, engine.draws(even, name, "fault", f.name)) for f in station.faults]
        self.sight = engine.draws(even, name, "found")
        self.worth = engine.draws(even, name, "rework")
        names, look = [s.name for s in engine.line.stations], station.inspection
        self.back = names.index(look.rework_to) if look and look.rework_to else -1

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
    """A line on SimPy's clock."""

    def __init__(self, line: Line, seed: int, replication: int, warm: float, log: bool) -> None:
        self.line, self.seed, self.replication, self.warm = line, seed, replication, warm
        self.env = simpy.Environment()
        few = line.crews < np.inf
        self.crews = simpy.Resource(self.env, int(line.crews)) if few else None
        self.events: list[LineEvent] | None = [] if log else None
        self.parts: list[Part] = []
        self.present, self.since, self.order = 0, 0.0, 0
        self.levels: defaultdict[int, float] = defaultdict(float)
        self.places = [Place(self, station, at) for at, station in enumerate(line.stations)]
        self.machines = [
            Machine(self, place, number)
            for place in self.places
            for number in range(place.station.machines)
        ]
        for machine in self.machines:
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
        self.count(0)
        for machine in self.machines:
            machine.turn(machine.state)

    def draws(self, distribution: Distribution, *name: str) -> PartDraws:
        """A named source of chance of this replication."""
        return PartDraws(self.seed, self.replication, distribution, *name)

    def note(self, kind: str, place: Place, part: int = -1, note: str = "") -> None:
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
        part = Part(len(self.parts), kind, rank, self.env.now, self.env.now)
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
        elif not part and place.at == 0 and isinstance(self.line.source, Saturated):
            part = self.enter("parts", 1)
        return part

    def leave(self, part: Part, place: Place, fate: str) -> None:
        """A part leaves the line; with constant work in process another one enters."""
        part.left, part.fate = self.env.now, fate
        self.note(fate, place, part.number, ", ".join(part.faults))
        self.count(-1)
        if isinstance(self.line.source, Conwip):
            self.accept(self.places[0], self.enter("parts", 1))
