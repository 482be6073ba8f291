"""Fitting a model of a decision maker to a player: their own parameters, with standard errors.

What the data cannot tell is said: a parameter whose interval covers all that it could be is marked
*not identified*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95
# A parameter's number, a first idea of its half interval, and t² / (n − p) → its interval.
Ends = Callable[[int, float, float], tuple[float, float]]


@dataclass(frozen=True)
class Parameter:
    """One fitted parameter: value, standard error, interval, and whether the data can tell it.

    >>> print(Parameter("beta", 0.34, 0.05, 0.24, 0.44))
    beta 0.34 ± 0.05 [0.24, 0.44]
    """

    name: str
    value: float
    error: float
    low: float
    high: float
    remark: str = ""

    @property
    def identified(self) -> bool:
        """Whether the data can tell it."""
        return not self.remark

    def __str__(self) -> str:
        """Say it in a line."""
        if self.remark:
            return f"{self.name} not identified: {self.remark}"
        return f"{self.name} {self.value:.2f} ± {self.error:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, repr=False)
class Fit:
    """A model fitted to a player's decisions.

    ``spread`` is what the model leaves unexplained [units, standard deviation].

    >>> Fit((Parameter("beta", 0.34, 0.05, 0.24, 0.44),), spread=1.2, decisions=32)
    beta 0.34 ± 0.05 [0.24, 0.44]
    32 decisions, give or take 1.2 units; 95 % intervals
    """

    parameters: tuple[Parameter, ...]
    spread: float
    decisions: int

    def __getitem__(self, name: str) -> Parameter:
        """Look up a parameter by its name."""
        found = {p.name: p for p in self.parameters}
        if name not in found:
            raise ScenarioError(f"no parameter {name!r} was fitted; {did_you_mean(name, found)}")
        return found[name]

    @property
    def table(self) -> pd.DataFrame:
        """One row per parameter: value, standard error, interval, remark."""
        import pandas as pd

        rows = [vars(p) for p in self.parameters]
        return pd.DataFrame(rows).set_index("name")

    def __repr__(self) -> str:
        """Say it, a parameter a line."""
        lines = [str(p) for p in self.parameters]
        lines.append(
            f"{self.decisions} decisions, give or take {self.spread:.1f} units; "
            f"{100 * CONFIDENCE:.0f} % intervals"
        )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return str(self.table.to_html(float_format="{:.2f}".format))


def fit_newsvendor(
    orders: Sequence[float], demands: Sequence[float], optimum: float, mean: float
) -> Fit:
    """Fit pull to centre and demand chasing to a newsvendor's rounds.

    Regression of the order on the demand of the round before: q = a + c (d − μ). The chasing weight
    is c; the pull to the centre is w = (q* − a) / (q* − μ), as a is the order after a mean demand.
    Measuring the chase by this slope, and not by how often orders moved towards the last demand,
    follows Lau & Bearden (2013).

    Raises:
        ScenarioError: too few rounds, or the optimum is the mean.

    >>> demands = [120, 250, 30, 180, 90, 260]
    >>> orders = [176] + [0.65 * 150.5 + 0.35 * 225 + 0.2 * (d - 150.5) for d in demands[:-1]]
    >>> fit = fit_newsvendor(orders, demands, optimum=225, mean=150.5)
    >>> round(fit["pull to centre"].value, 3), round(fit["chasing"].value, 3)
    (0.65, 0.2)
    """
    if len(orders) < 5 or len(orders) != len(demands) or optimum == mean:
        raise ScenarioError(
            f"fit_newsvendor: {len(orders)} orders, {len(demands)} demands, optimum {optimum:g}, "
            f"mean {mean:g}: give at least 5 rounds, a demand for each, and an optimum off the mean"
        )
    before = np.asarray(demands, dtype=np.float64)[:-1] - mean
    after = np.asarray(orders, dtype=np.float64)[1:]
    columns = np.column_stack([np.full(len(before), mean - optimum), before])
    found = np.linalg.lstsq(columns, after - optimum, rcond=None)[0]
    miss = columns @ found - after + optimum

    def ends(at: int, half: float, _: float) -> tuple[float, float]:
        return float(found[at] - half), float(found[at] + half)

    return report(("pull to centre", "chasing"), found, (columns, miss), ends)


def report(names: Sequence[str], values: Array, solution: tuple[Array, Array], ends: Ends) -> Fit:
    """Standard errors and intervals: covariance = s² (JᵀJ)⁻¹, Student's t with n − p degrees."""
    from scipy.special import stdtrit

    slopes, miss = solution
    free = len(miss) - len(values)
    variance = float(miss @ miss) / free
    diagonal = _inverse_diagonal(slopes)
    errors = np.full(len(values), np.inf)
    errors[np.isfinite(diagonal)] = np.sqrt(variance * diagonal[np.isfinite(diagonal)])
    far = float(stdtrit(free, (1 + CONFIDENCE) / 2))
    parameters = []
    for at, name in enumerate(names):
        low, high = ends(at, far * float(errors[at]), far**2 / free)
        remark = "" if np.isfinite(errors[at]) else "the decisions do not depend on it"
        parameters.append(Parameter(name, float(values[at]), float(errors[at]), low, high, remark))
    return Fit(tuple(parameters), float(np.sqrt(variance)), len(miss))


def _inverse_diagonal(slopes: Array) -> Array:
    """The diagonal of (JᵀJ)⁻¹; infinite for a parameter that some direction of no change moves."""
    size = np.linalg.norm(slopes, axis=0)
    scaled = slopes / np.where(size > 0, size, 1.0)
    _, strength, directions = np.linalg.svd(scaled, full_matrices=False)
    told = strength > 1e-7 * max(strength.max(), 1e-300)
    diagonal = np.sum((directions[told] / strength[told, None]) ** 2, axis=0)
    untold = np.abs(directions[~told]).max(axis=0, initial=0.0) > 1e-3
    with np.errstate(divide="ignore"):
        return np.where(untold | (size == 0), np.inf, diagonal / np.where(size > 0, size, 1.0) ** 2)
