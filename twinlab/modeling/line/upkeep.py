"""Upkeep of machines: what a job is like, how likely it breaks the tool, and when to replace it.

A rule of upkeep looks at a machine before each job, as a replenishment rule looks at a node. A law
of failure that was fitted or learned enters as a table of numbers, ``Hazard``; so nothing here
knows where it came from.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twinlab.scope.base import Array, Row, ScenarioError, column

__all__ = ["AtAge", "ControlLimit", "Hazard", "Jobs", "MachineView", "RunToFailure"]


class Jobs(Mapping[str, Array]):
    """A table of jobs that a station has had: what it reads as signals, column by column [jobs].

    A part draws one row by its number, so that work, load and kind of a part belong together, and
    two rules of upkeep meet the same jobs. ``minutes`` are those of work; ``power`` [kW] while it
    works makes energy; ``kind`` is the product, and a machine may need a set-up when it changes.
    ``signals`` are whatever else was read.

    Raises:
        ScenarioError: columns differ in length, or minutes or power are no numbers of at least 0.

    >>> jobs = Jobs([2, 3], power=[6.0, 5.5], kind=["L", "M"], signals={"torque": [40, 55]})
    >>> jobs, jobs.mean("minutes"), jobs.energy.round(3).tolist()
    (Jobs(2 rows: minutes, power, kind, torque), 2.5, [0.2, 0.275])
    """

    def __init__(
        self,
        minutes: Sequence[float] | Array,
        power: Sequence[float] | Array | None = None,
        kind: Sequence[str] | Array | None = None,
        signals: Mapping[str, Any] | None = None,
    ) -> None:
        given = {"minutes": minutes, "power": power, "kind": kind} | dict(signals or {})
        self._columns = {k: np.array(v) for k, v in given.items() if v is not None}
        shapes = {name: values.shape for name, values in self._columns.items()}
        if len(set(shapes.values())) > 1 or self["minutes"].ndim != 1 or not len(self):
            raise ScenarioError(f"Jobs: columns are rows of equal length, got {shapes}")
        for name in ("minutes", "power"):
            found = self._columns.get(name, np.zeros(1))
            if found.dtype.kind not in "iuf" or not ((found >= 0) & (found < np.inf)).all():
                raise ScenarioError(f"Jobs: {name} must be finite numbers of at least 0")
        for values in self._columns.values():
            values.setflags(write=False)

    def __getitem__(self, name: str) -> Array:
        return self._columns[name]

    def __iter__(self) -> Any:
        return iter(self._columns)

    def __eq__(self, other: object) -> bool:
        return self is other  # as a ``Hazard``

    __hash__ = object.__hash__

    def __len__(self) -> int:
        return len(self._columns["minutes"])

    def __repr__(self) -> str:
        return f"Jobs({len(self):,} rows: {', '.join(self)})"

    def mean(self, name: str, mix: Mapping[str, float] | None = None) -> float:
        """The mean of a column, of kinds in these proportions (else of all rows)."""
        weights = np.ones(len(self))
        if mix and "kind" in self:
            for kind, rows in ((k, self["kind"].astype(str) == k) for k in mix):
                weights[rows] = mix[kind] / max(1, rows.sum())
        return float(np.average(self[name], weights=weights))

    @property
    def energy(self) -> Array:
        """What each job takes [kWh]: power × minutes / 60; zero where no power is known."""
        return np.asarray(self.get("power", np.zeros(len(self))) * self["minutes"] / 60)


@dataclass(frozen=True, eq=False, repr=False)
class Hazard:
    """The probability that a job breaks the tool, by row of ``Jobs`` and minutes of its age.

    ``chances`` is [jobs × ages]; a tool older than the last column has the last one's chance.

    >>> Hazard(np.array([[0.0, 0.1, 0.3]])).chance(job=0, age=7.5)
    0.3
    """

    chances: Array

    def __post_init__(self) -> None:
        table = np.array(self.chances, dtype=np.float64)
        if table.ndim != 2 or not table.size or not ((table >= 0) & (table <= 1)).all():
            raise ScenarioError(
                f"Hazard: chances from 0 to 1, one row per job and one column per minute of age, "
                f"got the shape {table.shape}"
            )
        table.setflags(write=False)
        object.__setattr__(self, "chances", table)

    def chance(self, job: int, age: float) -> float:
        """The probability that this job breaks a tool of this age."""
        return float(self.chances[job, min(int(age), self.chances.shape[1] - 1)])

    def __repr__(self) -> str:
        rows, ages = self.chances.shape
        return f"Hazard({rows:,} jobs × {ages:,} minutes)"


@dataclass(slots=True)
class MachineView:
    """What a rule of upkeep may look at before a job: the machine, the job, and its own memory.

    >>> MachineView("press", age=120.0, job=4, kind="L", minutes=2.0, day=3).age
    120.0
    """

    station: str
    age: float  # minutes of work since the tool was new
    job: int  # row of the station's jobs, -1 without any
    kind: str  # of the part
    minutes: float  # of work that the job takes
    day: int
    memory: dict[str, Any] = field(default_factory=dict)


Upkeep = Callable[[MachineView], str]
ANSWERS = ("continue", "replace")


@dataclass(frozen=True)
class RunToFailure(Row):
    """Replace nothing before it breaks.

    >>> RunToFailure()(MachineView("press", 500.0, -1, "parts", 2.0, 9))
    'continue'
    """

    def __call__(self, view: MachineView) -> str:
        """Go on."""
        return "continue"


NO_UPKEEP = RunToFailure()


@dataclass(frozen=True)
class AtAge(Row):
    """Replace the tool at an age of work.

    Source: Barlow & Proschan (1965) chapter 4.

    >>> AtAge(170)(MachineView("press", 171.0, -1, "parts", 2.0, 9))
    'replace'
    """

    age: float = column("minutes", math.inf, "of work since it was new", low=1e-9)

    def __call__(self, view: MachineView) -> str:
        """Replace once the age is reached."""
        return "replace" if view.age >= self.age else "continue"


@dataclass(frozen=True)
class ControlLimit(Row):
    """Replace before a job whose expected loss is above what going on is worth.

    (c_f − c_p) · P(fails | age, job) ≥ g · minutes of the job, with the cost g of the best rule per
    minute of work: see ``task.maintenance``. Source: Makis & Jardine (1992).

    >>> rule = ControlLimit(Hazard(np.array([[0.0, 0.5]])), rate=0.3, saving=240)
    >>> [rule(MachineView("press", age, 0, "L", 2.0, 9)) for age in (0.0, 1.0)]
    ['continue', 'replace']
    >>> rule.oldest([2.0]).tolist()
    [1.0]
    """

    hazard: Hazard
    rate: float = column("USD/minute", meaning="long-run cost g of the best rule", low=0)
    saving: float = column("USD", meaning="c_f − c_p: what a failure costs more", low=0)

    def __call__(self, view: MachineView) -> str:
        """Weigh this job on this tool; a new tool is never replaced."""
        loss = self.saving * self.hazard.chance(view.job, view.age)
        worth = view.age > 0 and 0 < loss >= self.rate * view.minutes
        return "replace" if worth else "continue"

    def oldest(self, minutes: Array) -> Array:
        """From which age on a tool is replaced before each job [minutes]; infinite if never."""
        loss = self.saving * self.hazard.chances
        due = (loss > 0) & (loss >= self.rate * np.reshape(minutes, (-1, 1)))
        return np.where(due.any(axis=1), due.argmax(axis=1), np.inf)
