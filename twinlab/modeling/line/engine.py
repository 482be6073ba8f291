"""The engine of a line: one SimPy process per machine, on a clock of working minutes.

A machine takes a part, works, fails and is repaired on the way, looks at the part, and hands it on;
if the next station has no room it holds the part: blocking after service. Rework waits on a rack
of its own and goes first, so that full buffers cannot lock a loop.
"""

from collections import defaultdict
from heapq import heappop, heappush
from typing import Any

import numpy as np
import simpy

from twinlab.modeling.line.machines import Machine, Process, go_on
from twinlab.modeling.line.places import LineEvent, Part, PartDraws, Place
from twinlab.modeling.line.stations import Arrivals, Conwip, Line, Released, Saturated
from twinlab.scope.distributions import Distribution, Uniform


class LineEngine:
    """A line on SimPy's clock; it may go on from what was ``kept`` of it (``machines.keep``)."""

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
            for at, arrivals in enumerate(line.source):
                self.env.process(arrive(self, arrivals, at))
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
