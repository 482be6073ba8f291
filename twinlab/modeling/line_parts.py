"""What moves on a line: parts, the events they leave behind, and the luck that each part keeps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from twinlab.modeling.luck import stream
from twinlab.scope.chance import Distribution

# Numbers are drawn ahead in lots: a call of NumPy costs as much as a hundred numbers.
LOT = 128


class LineEvent(NamedTuple):
    """Something that happened at a station: a part was started, a machine failed."""

    minute: float
    kind: str
    station: str = ""
    part: int = -1
    note: str = ""


class Draws:
    """One source of chance: the number of each part (or life), however often it comes back.

    A part keeps its luck whatever happens to the parts before it, so two lines that differ in one
    station can be compared part by part (common random numbers).
    """

    def __init__(self, seed: int, history: int, distribution: Distribution, *name: str) -> None:
        """Open the source; nothing is drawn yet."""
        self.seed, self.history, self.name = seed, history, name
        self.distribution = distribution
        self.rounds: list[tuple[np.random.Generator, list[float]]] = []

    def __call__(self, number: int, again: int = 0) -> float:
        """The draw of a number, on its first or a later round."""
        while len(self.rounds) <= again:
            name = (*self.name, str(len(self.rounds)))
            self.rounds.append((stream(self.seed, self.history, "line", *name), []))
        generator, values = self.rounds[again]
        while len(values) <= number:
            values += self.distribution.draw(generator, np.ones(LOT), 1)[:, 0].tolist()
        return values[number]


@dataclass(eq=False, slots=True)
class Part:
    """A part on its way; ``rounds`` counts how often it was sent back."""

    number: int
    kind: str
    rank: int
    entered: float
    left: float = math.nan
    fate: str = "in process"
    faults: list[str] = field(default_factory=list)
    rounds: int = 0
    queued: float = 0.0
