"""The engine of a line: one SimPy process per machine, on a clock of working minutes.

A machine takes a part, works, fails and is repaired on the way, looks at the part, and hands it on;
if the next station has no room it holds the part: blocking after service. Rework waits on a rack
of its own and goes first, so that full buffers cannot lock a loop.

A machine's round: ``take`` a part, ``judge`` whether the tool is replaced first, ``prepare`` for
the kind of part, ``begin``, ``work`` (a failure interrupts: ``call`` a crew, ``renew``), ``stop``,
``hand`` the part on. What is kept of a line, to go on from there, are plain values.
"""

from collections import defaultdict, deque
from collections.abc import Generator
from copy import deepcopy
from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy

from twinlab.modeling.line.places import LineEvent, Part, PartDraws, Place
from twinlab.modeling.line.stations import Arrivals, Conwip, Line, Released, Saturated
from twinlab.scope.distributions import Distribution, Uniform
from twinlab.scope.errors import ScenarioError

STATES = ("working", "starved", "blocked", "down", "stopped", "setup")
Process = Generator[simpy.Event, Any, Any]


class Machine:
    """One machine: in which stage of its round, since when, and the age of its tool.

    What is ``kept`` of it does not tell its luck, which is drawn by number.
    """

    kept = ("stage", "begun", "job", "left", "broke", "kind", "why", "age", "renewals", "memory")

    def __init__(self, engine: Any, place: Place, number: int) -> None:
        self.engine, self.place, self.name = engine, place, f"{place.name}/{number}"
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
        env: simpy.Environment = self.engine.env
        return env.timeout(max(0.0, minutes - (0.0 if self.fresh else env.now - self.begun)))

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
        day = int(self.engine.env.now // self.engine.line.minutes_per_day)
        answer = "replace" if self.place.ordered else self.place.ask(self, part, day)
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

    def work(self, part: Part) -> Process:
        """Work on until the part is done or the tool breaks; the rest is done after the repair."""
        self.turn("working")
        if (worked := self.place.spare(self, part)) < self.left:
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
        for name in place.spoil(part, self.age):
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


def keep(engine: Any) -> dict[str, Any]:
    """All that a line needs to go on (with ``Released`` as its source), as plain values."""
    numbers = [m.part.number if m.part else -1 for m in engine.machines]
    here = [p for p in engine.parts if p.fate == "in process"]
    return {
        **{name: getattr(engine, name) for name in ("entered", "order", "released")},
        "now": engine.env.now,
        "parts": [[getattr(p, name) for name in Part.kept] for p in here],
        "machines": {
            m.name: [number, *(deepcopy(getattr(m, name)) for name in Machine.kept)]
            for number, m in zip(numbers, engine.machines, strict=True)
        },
        "places": {
            p.name: [
                [[rank, order, part.number] for rank, order, part in sorted(p.queue)],
                [part.number for part in p.rack],
                list(p.ordered),
            ]
            for p in engine.places
        },
    }


def go_on(engine: Any, kept: Any) -> None:
    """Stand where a line stood; what its tables have changed since holds from now on."""
    places = {p.name: p for p in engine.places}
    if places.keys() != kept["places"].keys():
        was = f"a line goes on with the stations that it had, {list(kept['places'])}"
        raise ScenarioError(f"{was}, got {list(places)}: change machines, buffers, times, rules")
    for name in ("entered", "order", "released"):
        setattr(engine, name, kept[name])
    here = {row[0]: Part(**dict(zip(Part.kept, row, strict=True))) for row in kept["parts"]}
    engine.parts, engine.present = list(here.values()), len(here)
    for name, (queue, rack, ordered) in kept["places"].items():
        place = places[name]
        place.queue = [(rank, order, here[number]) for rank, order, number in queue]
        place.rack, place.ordered = deque(here[number] for number in rack), deque(ordered)
    man(engine, dict(kept["machines"]), here)


def man(engine: Any, rows: dict[str, Any], here: dict[int, Part]) -> None:
    """Let machines go on with what they had; what one had that is no more is begun anew."""
    for machine in [m for m in engine.machines if m.name in rows]:
        number, *values = rows.pop(machine.name)
        for name, value in zip(Machine.kept, deepcopy(values), strict=True):
            setattr(machine, name, value)
        machine.part, machine.fresh = here.get(number), False
        if machine.part and machine.job >= len(machine.place.station.jobs or ()):
            machine.job = machine.place.work_on(machine.part)[0]
    for place in engine.places:
        lost = [row[0] for name, row in rows.items() if name.rpartition("/")[0] == place.name]
        place.rack.extend(here[number] for number in lost if number in here)


class LineEngine:
    """A line on SimPy's clock; it may go on from what was ``kept`` of it (``machines.keep``)."""

    def __init__(
        self, line: Line, seed: int, at: int, warm: float = 0, log: bool = True, kept: Any = None
    ) -> None:
        self.line, self.seed, self.replication, self.warm = line, seed, at, warm
        self.env = simpy.Environment(kept["now"] if kept else 0)
        self.crews = simpy.Resource(self.env, int(line.crews)) if line.crews < np.inf else None
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
        numbered = ((p, number) for p in self.places for number in range(p.station.machines))
        self.machines = [Machine(self, place, number) for place, number in numbered]
        if kept:
            go_on(self, kept)
        for machine in sorted(self.machines, key=lambda m: (m.stage != "renew", m.begun)):
            self.env.process(machine.live())
        if isinstance(line.source, tuple):
            for nth, arrivals in enumerate(line.source):
                self.env.process(arrive(self, arrivals, nth))
        elif isinstance(line.source, Conwip):
            for _ in range(line.source.limit):
                self.accept(self.places[0], self.enter("parts", 1))

    def close(self) -> None:
        """Add up what has not ended."""
        self.count(0)
        for machine in self.machines:
            machine.turn(machine.state)

    def step(self, until: float) -> None:
        """Work on until a minute, beginning with what has been released."""
        first = self.places[0]
        if until > self.env.now:  # nobody enters a closed line
            while first.idle and self.released:
                first.idle.popleft().succeed(self._ordered_part())
            self.env.run(until=until)

    def release(self, units: int) -> None:
        """Let so many parts enter, one by one, when the first station has a machine for them."""
        self.released += units

    @property
    def room(self) -> float:
        """How many parts may still be released."""
        limit = self.line.source.limit if isinstance(self.line.source, Released) else 0
        return max(0.0, limit - self.released - self.present)

    def take(self) -> tuple[int, int]:
        """How many parts have left since the last time, and how many of them are delivered."""
        taken, self.left = self.left, (0, 0)
        return taken

    def _ordered_part(self) -> Part:
        self.released -= 1
        return self.enter("parts", 1)

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


def arrive(engine: LineEngine, arrivals: Arrivals, at: int) -> Process:
    """Let parts of one kind arrive, one after the other."""
    between, first = engine.draws(arrivals.between, "arrivals", str(at)), engine.places[0]
    number = 0
    while True:
        yield engine.env.timeout(between(number))
        number += 1
        if first.room():
            part = engine.enter(arrivals.name, arrivals.rank)
            engine.note("arrived", first, part.number, arrivals.name)
            engine.accept(first, part)
        else:
            engine.note("turned away", first, note=arrivals.name)
