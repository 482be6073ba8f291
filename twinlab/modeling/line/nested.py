"""A line that works inside a node of a network, in the event engine.

Orders to make go down at the node's turn of a day, as whole parts; what has left the line comes up
at the next turn, with what its machines did meanwhile. The line keeps minutes of its own, which
stand still while its node is closed. What it is like in the evening is part of the chain's state.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from twinlab.modeling.line.engine import LineEngine, keep
from twinlab.modeling.line.stations import Line, Released
from twinlab.scope.base import EventRow, ItemKey, State

# What is told of an event of a line: its kind, a quantity, and its note, if not the event's own.
NOTES = {"failed": ("state", 0.0, "failed"), "faulted": ("faulted", 1.0, "")}
NOTES["replaced"] = ("maintained", 1.0, "")


class Nested:
    """The line of a node.

    Parts go down and come up a day later:
    """

    def __init__(self, line: Line, item: ItemKey, state: State, seed: int, number: int) -> None:
        self.item, self.seed, self.replication = item, seed, number
        self.memory = (item[0], "")  # where the state keeps the line
        self.open(line, state.memory.get(self.memory))
        if self.memory not in state.memory:  # nobody knows where the parts in process are
            self.engine.release(math.floor(state.in_process.get(item, 0.0)))
            for machine in self.engine.machines:
                machine.age = state.machines.get((item[0], machine.place.name), {}).get("age", 0.0)

    def open(self, line: Line, kept: Mapping[str, Any] | None) -> None:
        """Work by another description from now on."""
        self.line = line
        fed = line if isinstance(line.source, Released) else replace(line, source=Released())
        self.engine = LineEngine(fed, self.seed, self.replication, kept=kept)
        self.read = {  # by station: what its sensors read of each job
            s.name: [(n, v) for n, v in s.jobs.items() if v.dtype.kind in "iuf" and n != "minutes"]
            for s in line.stations
            if s.jobs is not None
        }

    def release(self, units: int, day: int) -> EventRow:
        """Give the line so many parts to make; how it stands then, for the state."""
        self.engine.release(units)
        return day, "remembered", *self.memory, 0.0, "", "", None, keep(self.engine)

    def order(self, station: str, name: str) -> None:
        """Replace a tool before the station's next part, and say by which order."""
        places = {place.name: place for place in self.engine.places}
        places[station].ordered.append(name)

    def step(self, open_share: float) -> tuple[float, float]:
        """Work for a day, as far as the node was open; parts that left, and the good ones."""
        self.engine.step(self.engine.env.now + open_share * self.line.minutes_per_day)
        self.engine.close()
        return self.engine.take()

    def tell(self, day: int) -> Iterator[EventRow]:
        """What the machines did since the last time, as events of the network."""
        engine, (node, product) = self.engine, self.item
        told, engine.events = engine.events or [], []
        flawed = {(e.station, e.part, e.minute) for e in told if e.kind == "faulted"}
        works = {place.name: [0, 0] for place in engine.places}  # all, and those without a fault
        for e in told:
            if e.kind in NOTES:
                kind, quantity, note = NOTES[e.kind]
                said = note or e.note or None
                yield day, kind, node, product, quantity, e.station, "", None, said
            elif e.kind == "finished":
                works[e.station][0] += 1
                works[e.station][1] += (e.station, e.part, e.minute) not in flawed
                for name, values in self.read.get(e.station, ()):
                    yield day, "sensed", node, product, float(values[e.note]), e.station, name
        for place in engine.places:
            count, good = works[place.name]
            yield day, "worked", node, product, float(count), place.name, "", None, float(good)
            for state, minutes in place.minutes.items():
                yield day, "state", node, product, minutes, place.name, "", None, state
            yield day, "energy", node, product, place.energy, place.name
            age = float(np.mean([m.age for m in engine.machines if m.place is place]))
            yield day, "sensed", node, product, age, place.name, "age"
            place.energy = 0.0
            place.minutes.clear()


def follow(lines: dict[str, Nested], scenario: Any) -> None:
    """From now on, let lines work as a scenario describes them."""
    for node, line in scenario.lines.items():
        if line != lines[node].line:
            lines[node].open(line, keep(lines[node].engine))


def nested(scenario: Any, state: State, seed: int, number: int) -> dict[str, Nested]:
    """The lines of a scenario, by node, as they stand in a state."""
    made = {node: (node, product) for node, product in scenario.network.made}
    return {n: Nested(line, made[n], state, seed, number) for n, line in scenario.lines.items()}
