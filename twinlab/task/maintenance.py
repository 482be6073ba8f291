"""Maintenance: how long machines last, how long this one will, and when to replace it.

=========  ===================================================================================
describe   ``describe``: MTBF, MTTR and availability from records
predict    ``fit_weibull`` to lives of which some have not ended; ``predict``: the life that
           is left at an age
prescribe  ``prescribe``: the age at which a planned replacement costs least;
           ``control_limit``: before which job, by a hazard (``cost_rate``)
=========  ===================================================================================
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from twinlab.modeling.compare import Change
from twinlab.modeling.line import stations as line
from twinlab.modeling.line.stations import Weibull as Weibull
from twinlab.modeling.simulation.output_analysis import estimate
from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope import Estimate, Result, ScenarioError
from twinlab.scope.base import Array, column, optimize, shown, special
from twinlab.scope.kinds import Amount, Level, Positive, ranged


class Reliability(Result, frozen=True):
    """How long a machine runs, how long its repair takes, and the share of time it is up."""

    mtbf: float = column("days", meaning="mean time between failures")
    mttr: float = column("days", meaning="mean time to repair")
    availability: float = column("share", meaning="MTBF / (MTBF + MTTR)")


def describe(up_times: Sequence[Amount], repair_times: Sequence[Amount]) -> Reliability:
    """Measure MTBF, MTTR and availability from complete times up and times in repair.

    >>> describe([80, 100], [8, 12, 10])
    mtbf 90 days · mttr 10 days · availability 0.9
    """
    up, down = float(_days(up_times).mean()), float(_days(repair_times).mean())
    return Reliability(up, down, up / (up + down))


def _days(times: Sequence[float]) -> Array:
    if not times:
        raise ScenarioError("times are a list of at least one number of days, got none")
    return np.asarray(times, dtype=np.float64)


class WeibullFit(Result, frozen=True):
    """A fitted Weibull law with the standard errors of its shape and scale."""

    law: Weibull
    shape_error: float = column("", meaning="standard error of the shape")
    scale_error: float = column("days", meaning="standard error of the scale")
    log_likelihood: float = column("", meaning="of the lives under this law")
    failures: int = column("lives", meaning="that have ended")
    count: int = column("lives", meaning="in all")

    def _sentence(self) -> str:
        law, failed = self.law, f"{self.failures} of {self.count} failed"
        said = f"shape {law.shape:.3f} ± {self.shape_error:.2f}, scale {law.scale:.2f} ± "
        return f"{said}{self.scale_error:.2f} days (± one standard error; {failed})"


@ranged
def fit_weibull(ages: Sequence[Positive], failed: Sequence[bool] | None = None) -> WeibullFit:
    """Fit a Weibull law to lives by maximum likelihood; lives that have not ended count too.

    Shape: Σtᵏ ln t / Σtᵏ − 1/k = mean ln t of the failures; scale η = (Σtᵏ / failures)^(1/k);
    standard errors from the observed information. Leaving out machines that still run would make
    lives look short. Source: NIST/SEMATECH e-Handbook section 8.4.1.

    Raises:
        ScenarioError: fewer than 2 different ages of failure.

    >>> fit_weibull([16, 34, 53, 75, 93, 120])
    shape 1.933 ± 0.65, scale 73.53 ± 16.32 days (± one standard error; 6 of 6 failed)
    """
    times = _days(ages)
    ended = np.ones(len(times), dtype=bool) if failed is None else np.asarray(failed, dtype=bool)
    if len(ended) != len(times):
        raise ScenarioError(f"failed is a yes or no for each of {len(times)} ages: {len(ended)}")
    if len(np.unique(times[ended])) < 2:
        raise ScenarioError("fit_weibull: at least 2 different ages of failure")
    unit = float(times.max())  # powers of numbers up to 1 cannot overflow
    log, count = np.log(times / unit), int(ended.sum())

    def score(shape: float) -> float:
        power = np.exp(shape * log)
        return float(power @ log / power.sum() - 1.0 / shape - log[ended].mean())

    high = 1.0
    while score(high) < 0.0:
        high *= 2.0
    shape = float(optimize.brentq(score, 1e-3, high, xtol=1e-14, rtol=1e-14))
    scale = unit * float(np.exp(shape * log).sum() / count) ** (1.0 / shape)
    # Standard errors: the inverse of minus the second derivatives of the log-likelihood.
    k, logs = shape, np.log(times / scale)
    z = np.exp(k * logs)
    mixed = (count - (z * (1 + k * logs)).sum()) / scale
    curve = (k * (k + 1) * z.sum() - count * k) / scale**2
    information = [[count / k**2 + (z * logs**2).sum(), mixed], [mixed, curve]]
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    likelihood = count * math.log(k / scale) + (k - 1) * logs[ended].sum() - z.sum()
    law, (of_shape, of_scale) = Weibull(shape, scale), errors.tolist()
    return WeibullFit(law, of_shape, of_scale, float(likelihood), count, len(times))


class TimeLeft(Result, frozen=True):
    """How much longer something takes or lives that has reached an age: mean and interval."""

    age: float = column("days", meaning="that it has reached")
    mean: float = column("days", meaning="mean of what is left")
    low: float = column("days", meaning="lower end of the interval")
    high: float = column("days", meaning="upper end of the interval")
    level: float = column("share", meaning="of such cases that end in the interval")


def predict(law: Weibull, age: Amount = 0.0, level: Level = 0.9) -> TimeLeft:
    """Predict the life that is left at an age a, from R(a + t)/R(a): mean and interval.

    Mean: ∫ₐ R(t) dt / R(a); quantile left by a share p: (aᵏ − ηᵏ ln p)^(1/k) − a.

    >>> predict(Weibull(2, 10), age=7)
    age 7 days · mean 4.661 days · low 0.3573 days · high 11.67 days · level 0.9
    """
    k, hazard = law.shape, math.exp(min(700.0, law.shape * math.log(age / law.scale or 1e-300)))
    if hazard > 500:
        raise ScenarioError(f"predict: by this law nothing lives to {age:g} days")
    mean = law.average * float(special.gammaincc(1.0 / k, hazard)) * math.exp(hazard)
    shares = ((1.0 + level) / 2.0, (1.0 - level) / 2.0)
    low, high = ((age**k - law.scale**k * math.log(p)) ** (1.0 / k) - age for p in shares)
    return TimeLeft(age, mean, low, high, level)


def replacement_cost(
    law: Weibull, age: Positive, planned_cost: Amount, failure_cost: Amount
) -> float:
    """Cost per day of replacing at an age T, or at failure if that comes first.

    C(T) = (c_p R(T) + c_f (1 − R(T))) / ∫₀ᵀ R(t) dt. Source: Barlow & Proschan (1965) chapter 4.

    >>> round(replacement_cost(Weibull(3, 150), 100, planned_cost=2, failure_cost=8), 5)
    0.03798
    """
    alive = _survival(law, age)
    return (planned_cost * alive + failure_cost * (1.0 - alive)) / _lived(law, age)


def prescribe(law: Weibull, planned_cost: Positive, failure_cost: Positive) -> Change:
    """Find the age at which a planned replacement costs least per day.

    The optimum solves h(T) ∫₀ᵀ R dt + R(T) = c_f/(c_f − c_p) with failure rate h(T); machines that
    do not wear out (shape ≤ 1) and failures that cost no more are left to run. The replaced
    machine is as good as new. Source: Barlow & Proschan (1965) chapter 4.

    >>> prescribe(Weibull(3, 150), planned_cost=2, failure_cost=8)
    replace at 83.12 days: 0.03685 per day; run to failure: 0.05973 per day (38 % saved)
      replacement_age: inf → 83.12
    gain 0.02287 [0.02287, 0.02287], worth it
    """
    waiting, never = failure_cost / law.average, {"replacement_age": math.inf}
    if law.shape <= 1.0 or failure_cost <= planned_cost:
        return Change(never, "never replace early", f"run to failure at {shown(waiting)} per day")
    goal = failure_cost / (failure_cost - planned_cost)

    def slope(age: float) -> float:
        rate = law.shape / law.scale * math.pow(age / law.scale, law.shape - 1.0)
        return rate * _lived(law, age) + _survival(law, age) - goal

    high = law.scale
    while slope(high) < 0.0:
        high *= 2.0
    age = float(optimize.brentq(slope, 0.0, high, xtol=1e-10 * law.scale))
    cost = replacement_cost(law, age, planned_cost, failure_cost)
    saved, told = waiting - cost, f"{shown(cost)} per day; run to failure: {shown(waiting)} per day"
    reason = f"{told} ({100 * saved / waiting:.0f} % saved)"
    values, gain = {"replacement_age": age}, Estimate(saved, saved, saved, 1, 1.0, "by formula")
    return Change(values, f"replace at {age:.2f} days", reason, before=never, gain=gain)


def _survival(law: Weibull, age: float) -> float:
    """Share of machines that live longer than an age: R(t) = exp(−(t/η)ᵏ)."""
    return math.exp(-((age / law.scale) ** law.shape))


def _lived(law: Weibull, age: float) -> float:
    """Mean days lived until an age or failure, whichever comes first: ∫₀ᵃ R(t) dt."""
    return law.average * float(special.gammainc(1.0 / law.shape, (age / law.scale) ** law.shape))


def cost_rate(
    rule: line.Upkeep, hazard: line.Hazard, jobs: line.Jobs, costs: Any, seed: int = 0
) -> Array:
    """What a rule of upkeep costs per minute of work, in 20 spans of 1,000 jobs [USD/minute].

    ``costs`` are those of a planned replacement and of a failure [USD]. All rules meet the same
    jobs, drawn at random, and the same luck: compare spans in pairs.

    >>> brittle = Hazard(np.array([[0.0, 0.0, 0.0, 0.0, 1.0]]))  # breaks at an age of 4 minutes
    >>> float(cost_rate(RunToFailure(), brittle, Jobs([2.0]), (60, 300)).mean())
    75.0
    """
    luck, (planned, failure), spent = stream(seed, 0, "upkeep"), costs, np.zeros(20_000)
    rows, drawn = luck.integers(0, len(jobs), len(spent)), luck.random(len(spent))
    minutes, view = jobs["minutes"][rows], line.MachineView("", 0, 0, "", 0, 0)
    for part, (row, long, u) in enumerate(zip(*map(list, (rows, minutes, drawn)), strict=True)):
        view.job, view.minutes = row, long
        if rule(view) == "replace":
            spent[part], view.age = planned, 0.0
        if u < hazard.chance(row, view.age):
            spent[part], view.age = spent[part] + failure, 0.0
        view.age += long
    return np.asarray(spent.reshape(20, -1).sum(axis=1) / minutes.reshape(20, -1).sum(axis=1))


def control_limit(
    station: line.Station, hazard: line.Hazard, planned_cost: Positive, failure_cost: Positive
) -> Change:
    """Recommend to replace a tool before a job that costs more than going on is worth.

    That is (c_f − c_p) · P(fails | age, job) ≥ g · minutes, where g is what this rule itself costs
    per minute: a fixed point, found from running to failure by simulating the hazard's law, as is
    the gain over the rule in force: judge it on the line, too. Where loads of jobs differ much it
    replaces too early: compare ``AtAge``. Source: Makis & Jardine (1992).

    Raises:
        ScenarioError: the hazard is not one of the station's jobs.

    >>> press = Station("press", jobs=Jobs([2.0]), maintain=AtAge(9))
    >>> control_limit(press, Hazard(np.array([[0.0, 0.0, 0.0, 0.0, 1.0]])), 60, 300).gain.verdict
    'worth it'
    """
    jobs, costs, rate = station.jobs, (planned_cost, failure_cost), math.inf
    if jobs is None or len(jobs) != len(hazard.chances):
        raise ScenarioError(f"control_limit: {station.title} needs a hazard of its jobs: {hazard}")
    rule: Any = line.RunToFailure()
    before, never = (cost_rate(each, hazard, jobs, costs) for each in (station.maintain, rule))
    spent = never
    while spent.mean() < (1 - 1e-6) * rate:
        rate = float(spent.mean())
        rule = line.ControlLimit(hazard, rate, max(0.0, failure_cost - planned_cost))
        spent = cost_rate(rule, hazard, jobs, costs)
    title = "replace in time"
    why = f"before a job that costs more than {shown(rate)} USD per minute"
    if spent.mean() >= never.mean():
        rule, spent = line.RunToFailure(), never
        title, why = "never replace early", "it costs more"
    values, was = ({f"{station.name}.maintain": each} for each in (rule, station.maintain))
    return Change(values, title, why, before=was, gain=estimate(before - spent))
