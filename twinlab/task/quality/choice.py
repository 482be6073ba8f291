"""Quality, prescribed: which chart to run, and what to do when it signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinlab.modeling.run_length import cusum_limit, ewma_limit, shewhart_limit
from twinlab.scope.errors import ScenarioError
from twinlab.task.quality.designs import ControlChart, Cusum, Design, Ewma, Shewhart

if TYPE_CHECKING:
    import pandas as pd

# -- prescribe --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A chart with its mean run lengths: between false alarms, and until it sees the shift.

    >>> Candidate(Shewhart(3.0), false_alarm=370.4, detection=43.9).detection
    43.9
    """

    design: Design
    false_alarm: float
    detection: float


@dataclass(frozen=True)
class ChartChoice:
    """Charts with the same peace of mind, ranked by how soon they see the shift.

    >>> print(choose_chart(500, shift=3).best.design)
    CUSUM (k 1.5, h 1.708)
    """

    shift: float
    candidates: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        """The chart that sees the shift soonest."""
        return self.candidates[0]

    @property
    def table(self) -> pd.DataFrame:
        """One row per chart, the best first."""
        import pandas as pd

        return pd.DataFrame(
            [(str(c.design), c.false_alarm, c.detection) for c in self.candidates],
            columns=["chart", "samples between false alarms", f"samples until {self.shift:g} σ"],
        )

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False, float_format="{:.4g}".format))


def choose_chart(
    run_length: float, shift: float, weights: Sequence[float] = (0.05, 0.1, 0.2, 0.4)
) -> ChartChoice:
    """Choose the chart that sees a shift soonest among those with the same rate of false alarms.

    Compared are Shewhart, EWMA with some weights, and CUSUM with reference k = shift/2, each with
    the limit that gives the wanted mean run length. Source: Montgomery, CUSUM and EWMA chapters.

    Raises:
        ScenarioError: the shift is not above 0, or the run length out of reach.

    >>> choice = choose_chart(500, shift=1)
    >>> str(choice.best.design), round(choice.best.detection, 2)
    ('EWMA (λ 0.1, L 2.814)', 10.33)
    """
    if not shift > 0:
        raise ScenarioError(f"choose_chart: a shift to be seen is above 0 σ, got {shift:g}")
    designs: list[Design] = [Shewhart(shewhart_limit(run_length))]
    designs += [Ewma(weight, ewma_limit(run_length, weight)) for weight in weights]
    designs.append(Cusum(shift / 2.0, cusum_limit(run_length, shift / 2.0)))
    found = [Candidate(d, d.run_length(0.0), d.run_length(shift)) for d in designs]
    return ChartChoice(shift, tuple(sorted(found, key=lambda c: c.detection)))


@dataclass(frozen=True)
class Reaction:
    """What to do after a signal: since when the process is off, by how much, and what to hold.

    >>> print(react(Cusum().chart([10, 10, 13, 13, 13], target=10, sigma=1)))
    sample 5 signals: off since sample 3 by 3 σ; hold samples 3 to 5, look for what changed there
    """

    signal: int | None
    last_good: int | None
    shift: float

    def __str__(self) -> str:
        """Say it in a line."""
        if self.signal is None or self.last_good is None:
            return "no signal: leave the process alone"
        first = self.last_good + 1
        return (
            f"sample {self.signal} signals: off since sample {first} by {self.shift:.3g} σ; "
            f"hold samples {first} to {self.signal}, look for what changed there"
        )


def react(chart: ControlChart) -> Reaction:
    """Say what to do about a chart: nothing, or hold what was made since the estimated change.

    The shift is the mean of the observations since then, in standard deviations of one; right
    after a signal it is overestimated, because a signal needs large ones.

    >>> str(react(Shewhart().chart([10, 10.5, 9.8], target=10, sigma=1)))
    'no signal: leave the process alone'
    """
    last_good = chart.last_good
    if last_good is None:
        return Reaction(None, None, 0.0)
    signal = chart.signals[0]
    return Reaction(signal, last_good, float(chart.standard[last_good:signal].mean()))
