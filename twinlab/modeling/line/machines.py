"""Machines of a line, each one SimPy process, and what is kept of them to go on from there.

A machine's round: ``take`` a part, ``judge`` whether the tool is replaced first, ``prepare`` for
the kind of part, ``begin``, ``work`` (a failure interrupts: ``call`` a crew, ``renew``), ``stop``,
``hand`` the part on.
"""

from collections import deque
from collections.abc import Generator
from copy import deepcopy
from typing import Any

import simpy

from twinlab.modeling.line.places import Part, Place
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
        gone = 0.0 if self.fresh else env.now - self.begun
        return env.timeout(max(0.0, minutes - gone))

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
