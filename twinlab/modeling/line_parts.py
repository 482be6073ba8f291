"""What moves on a line: parts, the events they leave behind, and the luck that each part keeps."""

import math
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

from twinlab.modeling.luck import stream
from twinlab.scope.chance import Distribution

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
    left: float = math.nan
    fate: str = "in process"
    faults: list[str] = field(default_factory=list)
    rounds: int = 0


class Draws:
    """One source of chance: the number of each part (or life), however often it comes back.

    A part keeps its luck whatever happens to the parts before it, so two lines that differ in one
    station can be compared part by part (common random numbers).
    """

    def __init__(self, seed: int, history: int, distribution: Distribution, *name: str) -> None:
        self.stream = partial(stream, seed, history, "line", *name)
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
