"""Charts of one number at a time: Shewhart, EWMA and CUSUM, which to choose, and how to react.

Samples are numbered from 1, as on the wall of a workshop; hence ``values[:chart.change_point]`` are
the observations before the change. Samples of several values have X-bar and R charts, and more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated, Any

import numpy as np

from twinlab.modeling.compare import Change
from twinlab.modeling.formulas import run_length as lengths
from twinlab.scope.base import Array, Listing, Result, Row, ScenarioError, column, shown
from twinlab.scope.kinds import Amount, Count, Number, Numbers, Positive, Range, ranged
from twinlab.scope.later import signal, special

__all__ = """Capability ControlChart Cusum Ewma Monitor Shewhart chart_constants choose_chart
describe describe_counts predict prescribe run_rules""".split()


Values = Sequence[float]
# How many of how many values in a row lie beyond how many σ on the same side.
RULES = {"beyond 3 σ": (1, 1, 3.0), "2 of 3 beyond 2 σ": (2, 3, 2.0)}
RULES |= {"4 of 5 beyond 1 σ": (4, 5, 1.0), "8 on one side": (8, 8, 0.0)}


def run_rules(values: Sequence[Number]) -> dict[int, tuple[str, ...]]:
    """Which samples (from 1) complete which runs of the Western Electric rules.

    Values are standard deviations from the center; in control they complete one in 91.75 samples
    (Champ & Woodall 1987). Source: Western Electric, Statistical Quality Control Handbook (1956).

    >>> run_rules([0.2, 2.1, -0.3, 2.4, 3.1])
    {5: ('beyond 3 σ', '2 of 3 beyond 2 σ'), 4: ('2 of 3 beyond 2 σ',)}
    """
    z, found = np.asarray(values, dtype=np.float64), dict[int, tuple[str, ...]]()
    for name, (count, row, beyond) in RULES.items() if len(z) else ():
        for side in (z > beyond, -z > beyond):
            complete = side & (np.convolve(side, np.ones(row))[: len(side)] >= count)
            for at in np.flatnonzero(complete).tolist():
                found[at + 1] = (*found.get(at + 1, ()), name)
    return found


class ControlChart(Result, frozen=True, eq=False):
    """What is plotted sample by sample, with its center line, its limits and its signals.

    ``standard`` holds the observations in standard deviations from the target.

    >>> Shewhart(limit=3).chart([10.1, 9.8, 14.2], target=10, sigma=1)
    Shewhart chart: 3 samples, center 10, limits 7 to 13; signals at sample 3
    """

    series: Mapping[str, Array]
    standard: Array
    title: str = column("label", meaning="kind of chart")
    center: float = column("units of measure", meaning="where the line lies")
    lower: float = column("units of measure", meaning="lower limit")
    upper: float = column("units of measure", meaning="upper limit")
    rules: bool = False  # whether runs signal, too
    memory: Any = None  # of what came before, for a chart that goes on from here
    since: int = 0  # the last sample after which something was done

    def after(self, before: "ControlChart | None") -> "ControlChart":
        """The chart of the samples before, and of its own."""
        if before is None:
            return self
        series = {k: np.append(before.series[k], values) for k, values in self.series.items()}
        return replace(self, series=series, standard=np.append(before.standard, self.standard))

    @property
    def signals(self) -> tuple[int, ...]:
        """Numbers of the samples outside the limits or at the end of a run, counted from 1."""
        rows = np.array(list(self.series.values()))
        outside = np.flatnonzero(((rows > self.upper) | (rows < self.lower)).any(axis=0)) + 1
        runs = run_rules(self.standard.tolist()) if self.rules else ()
        return tuple(sorted({*outside.tolist(), *runs}))

    @property
    def first(self) -> int:
        """Number of the first signal, since something was done; 0: there is none."""
        return next((at for at in self.signals if at > self.since), 0)

    @property
    def change_point(self) -> int | None:
        """Number of the last sample before the change, estimated at the first signal.

        τ = arg max over t of (T − t) · mean(z after t)², the likelihood's maximum for a step in
        the mean [T: sample of the signal]. Source: Samuel, Pignatiello & Calvin (1998).
        """
        if not self.first:
            return None
        seen = self.standard[self.since : self.first]
        after = np.cumsum(seen[::-1])[::-1]
        return self.since + int(np.argmax(after**2 / np.arange(len(seen), 0, -1)))

    @property
    def shift(self) -> float:
        """Mean of the observations since the change until the signal [σ of one].

        Right after a signal it is overestimated, because a signal needs large ones.
        """
        change = self.change_point
        return 0.0 if change is None else float(self.standard[change : self.first].mean())

    def _sentence(self) -> str:
        found = ", ".join(map(str, self.signals[:8])) + (" …" if len(self.signals) > 8 else "")
        said = f"signals at sample {found}" if found else "no signal"
        limits = f"center {self.center:.5g}, limits {self.lower:.5g} to {self.upper:.5g}"
        return f"{self.title}: {len(self.standard)} samples, {limits}; {said}"


class CusumChart(ControlChart):
    """A CUSUM's two sums; its own estimate of the change is the last time its sum was zero."""

    @property
    def change_point(self) -> int | None:
        """Number of the last sample at which the sum that signalled was still zero."""
        if not (first := self.first):
            return None
        above, below = self.series.values()
        zeros = np.flatnonzero((above if above[first - 1] > self.upper else below)[:first] == 0.0)
        return int(zeros[-1]) + 1 if len(zeros) else 0


class Shewhart(Row, frozen=True):
    """A chart of single observations or means that remembers nothing: limits ± L σ.

    With ``rules`` runs signal, too (``run_rules``). Source: Shewhart (1931); Montgomery, SQC.

    >>> Shewhart().chart([10.0, 13.5], target=10, sigma=1).signals
    (2,)
    """

    limit: float = column("σ", 3.0, "limit L", low=1e-12)
    rules: bool = column("", False, "whether runs signal, too")

    def chart(self, values: Values, target: float, sigma: float, after: Any = None) -> ControlChart:
        """Plot the values between target ± L σ [σ: of one plotted value], after those before."""
        z = _standard(values, target, sigma)
        plotted, reach = {"value": target + sigma * z}, self.limit * sigma
        limits = (target, target - reach, target + reach)
        return ControlChart(plotted, z, "Shewhart chart", *limits, self.rules).after(after)

    def __str__(self) -> str:
        return f"Shewhart (L {shown(self.limit)})"

    def run_length(self, shift: float) -> float:
        """Mean number of samples until a signal, for a shift in standard deviations."""
        if self.rules:
            raise ScenarioError("run_length: no formula knows it with run rules: simulate charts")
        return lengths.shewhart_run_length(shift, self.limit)


class Ewma(Row, frozen=True):
    """A chart of the exponentially weighted moving average E ← λ x + (1 − λ) E.

    Limits ± L σ √(λ/(2 − λ)), those of the long run from the first sample on, for which the run
    lengths hold. Source: Roberts (1959); Lucas & Saccucci (1990).

    >>> [round(e, 2) for e in Ewma(0.3, 3).chart([52, 47, 53], 50, 2.0539).series["EWMA"].tolist()]
    [50.6, 49.52, 50.56]
    """

    weight: float = column("share", 0.1, "weight λ of the newest", low=1e-12, high=1)
    limit: float = column("σ", 2.814, "limit L", low=1e-12)

    def chart(self, values: Values, target: float, sigma: float, after: Any = None) -> ControlChart:
        """Plot the moving average of the values, which starts at the target."""
        z, old = _standard(values, target, sigma), [0.0] if after is None else after.memory
        smooth, new = signal.lfilter([self.weight], [1.0, self.weight - 1.0], z, zi=old)
        reach = float(self.limit * sigma * np.sqrt(self.weight / (2.0 - self.weight)))
        smooth, limits = target + sigma * smooth, (target, target - reach, target + reach)
        return ControlChart({"EWMA": smooth}, z, "EWMA chart", *limits, memory=new).after(after)

    def __str__(self) -> str:
        return f"EWMA (λ {self.weight:g}, L {shown(self.limit)})"

    def run_length(self, shift: float) -> float:
        """Mean number of samples until a signal, for a shift in standard deviations."""
        return lengths.ewma_run_length(shift, self.weight, self.limit)


class Cusum(Row, frozen=True):
    """A chart of two sums that grow while observations lie on one side of the target.

    C⁺ ← max(0, C⁺ + z − k), C⁻ ← max(0, C⁻ − z − k), signal above h [z: standard deviations from
    the target]; C⁻ is drawn downwards. Source: Page (1954); Montgomery, CUSUM chapter.

    >>> Cusum().chart([10, 12, 13, 14], target=10, sigma=1).series["C+"].tolist()
    [0.0, 1.5, 4.0, 7.5]
    """

    reference: float = column("σ", 0.5, "reference k", low=0)
    limit: float = column("σ", 5.0, "limit h", low=1e-12)

    def chart(self, values: Values, target: float, sigma: float, after: Any = None) -> ControlChart:
        """Plot both sums of the standardised values."""
        z = _standard(values, target, sigma)
        above, below = np.zeros(len(z)), np.zeros(len(z))
        up, down = after.memory if after else (0.0, 0.0)
        for at, one in enumerate(z.tolist()):
            up, down = max(0.0, up + one - self.reference), max(0.0, down - one - self.reference)
            above[at], below[at] = up, -down
        sums, limits = {"C+": above, "C−": below}, (0.0, -self.limit, self.limit)
        return CusumChart(sums, z, "CUSUM chart", *limits, memory=(up, down)).after(after)

    def __str__(self) -> str:
        return f"CUSUM (k {self.reference:g}, h {shown(self.limit)})"

    def run_length(self, shift: float) -> float:
        """Mean number of samples until a signal, for a shift in standard deviations."""
        return lengths.cusum_run_length(shift, self.reference, self.limit)


Design = Shewhart | Ewma | Cusum


class Monitor:
    """A chart fed message by message, with a value or a sample, which says what to do at a signal.

    What it says at a signal is of the samples since the last one, for which it has been said.

    >>> monitor = Monitor(Cusum(), target=10, sigma=1)
    >>> [change.title for value in [10, 10, 13, 13, 13] if (change := monitor.update(value))]
    ['sample 5 signals']
    """

    def __init__(self, design: Design, target: Number, sigma: Positive) -> None:
        self.design, self.given = design, (target, sigma)
        self.chart: ControlChart | None = None  # of all values so far

    def update(self, value: Numbers) -> Change | None:
        """Take in a value (or the mean of a sample); if the chart signals now, what to do."""
        since = self.chart.signals[-1] if self.chart and self.chart.signals else 0
        chart = self.design.chart([float(np.mean(value))], *self.given, self.chart)
        self.chart = replace(chart, since=since)
        return prescribe(self.chart) if len(chart.standard) in chart.signals else None


@ranged
def _standard(values: Sequence[Number], target: Number, sigma: Positive) -> Array:
    if not values:
        raise ScenarioError("a chart needs values in a row, got none")
    return (np.asarray(values, dtype=np.float64) - target) / sigma


class Detection(Result, frozen=True):
    """What a design of a chart sees, and how often it is wrong: mean run lengths."""

    design: Design
    chart: str = column("label", meaning="kind and numbers of the chart")
    false_alarm: float = column("samples", meaning="between false alarms")
    detection: float = column("samples", meaning="until it sees the shift")


def predict(design: Design, shift: Number = 1.0) -> Detection:
    """Predict how soon a chart sees a shift, and how often it signals without any.

    ``shift`` is in standard deviations of one plotted observation.

    >>> predict(Shewhart(), shift=1)
    chart Shewhart (L 3) · false alarm 370.4 samples · detection 43.89 samples
    """
    return Detection(design, str(design), design.run_length(0.0), design.run_length(shift))


class ChartChoice(Listing, frozen=True):
    """Charts with the same peace of mind, ranked by how soon they see the shift."""

    caption = "Charts as rarely wrong, the soonest to see the shift first"
    candidates: tuple[Detection, ...]

    @property
    def best(self) -> Detection:
        """The chart that sees the shift soonest."""
        return self.candidates[0]


def choose_chart(run_length: lengths.RunLength, shift: Positive) -> ChartChoice:
    """Choose the chart that sees a shift soonest among those with the same rate of false alarms.

    Compared are Shewhart, EWMA with four weights, and CUSUM with reference k = shift/2, each with
    the limit that gives the wanted mean run length. Source: Montgomery, CUSUM and EWMA chapters.

    Raises:
        ScenarioError: the run length is out of reach.

    >>> choice = choose_chart(500, shift=1)
    >>> str(choice.best.design), round(choice.best.detection, 2)
    ('EWMA (λ 0.1, L 2.814)', 10.33)
    """
    designs: list[Design] = [Shewhart(lengths.shewhart_limit(run_length))]
    weights = (0.05, 0.1, 0.2, 0.4)  # from patient to quick
    designs += [Ewma(weight, lengths.ewma_limit(run_length, weight)) for weight in weights]
    designs.append(Cusum(shift / 2.0, lengths.cusum_limit(run_length, shift / 2.0)))
    found = [predict(design, shift) for design in designs]
    return ChartChoice(tuple(sorted(found, key=lambda c: c.detection)))


def prescribe(chart: ControlChart) -> Change:
    """Say what to do about a chart: nothing, or hold what was made since the estimated change.

    >>> prescribe(Cusum().chart([10, 10, 13, 13, 13], target=10, sigma=1))
    sample 5 signals: off since sample 3 by 3 σ, look for what changed there
      hold: samples 3 to 5
    """
    if chart.change_point is None:
        return Change({}, "no signal", "leave the process alone")
    first, last = chart.change_point + 1, chart.first
    reason = f"off since sample {first} by {chart.shift:.3g} σ, look for what changed there"
    return Change({"hold": f"samples {first} to {last}"}, f"sample {last} signals", reason)


SampleSize = Annotated[int, Range("a whole number from 2 to 100", 2, 100, whole=True)]


class Constants(Result, frozen=True):
    """Factors for the limits of X-bar, R and S charts, from small normal samples."""

    d2: float = column("", meaning="mean range of normal samples, in σ")
    d3: float = column("", meaning="standard deviation of the range, in σ")
    c4: float = column("", meaning="mean standard deviation of samples, in σ")
    A2: float = column("", meaning="limits of means, in mean ranges")
    A3: float = column("", meaning="limits of means, in mean standard deviations")
    D3: float = column("", meaning="lower limit of ranges, in mean ranges")
    D4: float = column("", meaning="upper limit of ranges, in mean ranges")
    B3: float = column("", meaning="lower limit of standard deviations, in their mean")
    B4: float = column("", meaning="upper limit of standard deviations, in their mean")


@ranged
@cache
def chart_constants(size: SampleSize) -> Constants:
    """Constants of the X-bar, R and S charts for samples of a size.

    d2, d3: mean and standard deviation of the range of normal samples (σ = 1), by integration;
    c4 = √(2/(n−1)) Γ(n/2)/Γ((n−1)/2); A2 = 3/(d2 √n), A3 = 3/(c4 √n), D3, D4 = 1 ∓ 3 d3/d2,
    B3, B4 = 1 ∓ 3 √(1 − c4²)/c4, none below 0. Source: Montgomery, SQC, appendix; Tippett (1925).

    >>> round(chart_constants(5).d2, 3), round(chart_constants(2).D4, 3)
    (2.326, 3.267)
    """
    # Range W: P(W ≤ w) = n ∫ φ(x) (Φ(x + w) − Φ(x))ⁿ⁻¹ dx, summed on a fine grid.
    x, step = np.linspace(-8.0, 8.0, 801, retstep=True)
    w = np.linspace(0.0, 12.0, 1201)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    within = special.ndtr(x[None, :] + w[:, None]) - special.ndtr(x)[None, :]
    survival = 1.0 - size * (density * within ** (size - 1)).sum(axis=1) * step
    d2 = float(np.trapezoid(survival, w))
    d3 = float(np.sqrt(2 * np.trapezoid(w * survival, w) - d2**2))
    log_ratio = special.gammaln(size / 2) - special.gammaln((size - 1) / 2)
    c4 = float(np.sqrt(2 / (size - 1)) * np.exp(log_ratio))
    ranges, spreads = 3 * d3 / d2, 3 * np.sqrt(1 - c4**2) / c4
    root = np.sqrt(size)
    factors = (d2, d3, c4, 3 / (d2 * root), 3 / (c4 * root), max(0.0, 1 - ranges), 1 + ranges)
    return Constants(*map(float, (*factors, max(0.0, 1 - spreads), 1 + spreads)))


class SampleCharts(Result, frozen=True, eq=False):
    """Charts of the samples' means and of their spread, and the sigma within samples."""

    means: ControlChart = column("label", meaning="chart of the means")
    spread: ControlChart = column("label", meaning="chart of the ranges")
    deviations: ControlChart = column("label", meaning="chart of the standard deviations")
    sigma: float = column("units of measure", meaning="standard deviation within samples")


def describe(
    samples: Sequence[Sequence[Number]], baseline: Count | None = None, rules: bool = False
) -> SampleCharts:
    """Chart means, ranges and standard deviations of samples (one per row): X-bar, R, S charts.

    Means: x̿ ± A2 R̄; ranges: D3 R̄ to D4 R̄; deviations: B3 S̄ to B4 S̄; σ = R̄/d2. The first
    ``baseline`` samples set the limits (all, if not given); with ``rules`` runs of the means
    signal, too (``run_rules``). Source: Montgomery, SQC.

    Raises:
        ScenarioError: fewer than 2 samples or values in a sample, or no variation.

    >>> charts = describe([[9, 11, 10], [10, 12, 11], [8, 10, 9]])
    >>> round(charts.means.upper, 3), charts.spread.center
    (12.047, 2.0)
    """
    sizes = [len(sample) for sample in samples]
    if len(sizes) < 2 or min(sizes) < 2 or len(set(sizes)) > 1:
        raise ScenarioError(f"samples: at least 2 rows of at least 2 values each, got {sizes[:9]}")
    table = np.asarray(samples, dtype=np.float64)
    c, ranges, means = chart_constants(table.shape[1]), np.ptp(table, axis=1), table.mean(axis=1)
    width = float(ranges[:baseline].mean())
    sigma, center = width / c.d2, float(means[:baseline].mean())
    if not sigma > 0:
        raise ScenarioError("the samples do not vary: a chart needs a spread within samples")
    reach = c.A2 * width
    z = (means - center) * 3 / reach
    limits = (center, center - reach, center + reach)
    of_means = ControlChart({"mean": means}, z, "X-bar chart", *limits, rules)
    still = np.zeros_like(z)  # of the means: a chart of ranges does not date their change
    of_ranges = ControlChart({"range": ranges}, still, "R chart", width, c.D3 * width, c.D4 * width)
    each = table.std(axis=1, ddof=1)
    limits = (mean := float(each[:baseline].mean()), c.B3 * mean, c.B4 * mean)
    of_deviations = ControlChart({"deviation": each}, still, "S chart", *limits)
    return SampleCharts(of_means, of_ranges, of_deviations, sigma)


def describe_counts(
    counts: Sequence[Amount],
    sizes: Sequence[Positive] | Positive | None = None,
    baseline: Count | None = None,
    rules: bool = False,
) -> ControlChart:
    """Chart the share of bad ones in samples of some sizes (p chart); without sizes, a c chart.

    p̄ ± 3 √(p̄ (1 − p̄)/n), in standard deviations where sizes differ; c̄ ± 3 √c̄; none below 0. The
    first ``baseline`` samples set the limits; with ``rules`` runs signal, too (``run_rules``).
    Source: Montgomery, Statistical Quality Control.

    Raises:
        ScenarioError: more are bad than there are, or none or all of them are; sizes are missing.

    >>> describe_counts([12, 15, 8, 10, 4], sizes=50)
    p chart: 5 samples, center 0.196, limits 0.027581 to 0.36442; no signal
    """
    bad, title = np.asarray(counts, dtype=np.float64), "c" if sizes is None else "p"
    given = np.asarray(1.0 if sizes is None else sizes, dtype=np.float64)
    if given.shape not in ((), bad.shape):
        raise ScenarioError(f"sizes: one for each of {len(bad)} samples, got {len(given)}")
    size = np.broadcast_to(given, bad.shape)
    center = float(bad[:baseline].sum() / size[:baseline].sum()) if len(bad) else 0.0
    spread = center * (1 - center) if title == "p" else center
    if not spread > 0 or (title == "p" and (bad > size).any()):
        raise ScenarioError(f"counts: some are bad, none above their size, got {counts!r:.60}")
    z = (bad / size - center) / np.sqrt(spread / size)
    if np.ptp(size):
        return ControlChart({"p": z}, z, "p chart in σ", 0.0, -3.0, 3.0, rules)
    reach = 3 * float(np.sqrt(spread / size[0]))
    limits = (center, max(0.0, center - reach), center + reach)
    return ControlChart({title: bad / size}, z, f"{title} chart", *limits, rules)


class Capability(Row, frozen=True):
    """A normal process between two specification limits.

    Cp = (USL − LSL)/6σ, Cpk = min(USL − μ, μ − LSL)/3σ, parts per million outside by the normal
    law. Source: Montgomery, Statistical Quality Control, process capability.

    >>> six_sigma = Capability(mean=1.5, sigma=1, lower=-6, upper=6)
    >>> six_sigma.cp, six_sigma.cpk, round(six_sigma.ppm, 1)
    (2.0, 1.5, 3.4)
    """

    mean: float = column("units of measure", meaning="mean of the process")
    sigma: float = column("units of measure", meaning="its standard deviation", low=1e-300)
    lower: float = column("units of measure", meaning="lower specification limit")
    upper: float = column("units of measure", meaning="upper specification limit")

    def check(self) -> None:
        """Check that the limits are in order."""
        if self.lower >= self.upper:
            raise ScenarioError(f"lower {self.lower:g} must be below upper {self.upper:g}")

    @property
    def cp(self) -> float:
        """What the process could do if it were centred."""
        return (self.upper - self.lower) / (6.0 * self.sigma)

    @property
    def cpk(self) -> float:
        """What it does where it stands."""
        return min(self.upper - self.mean, self.mean - self.lower) / (3.0 * self.sigma)

    @property
    def ppm(self) -> float:
        """Parts per million outside the limits."""
        low, high = (self.lower - self.mean) / self.sigma, (self.mean - self.upper) / self.sigma
        return float(1e6 * (special.ndtr(low) + special.ndtr(high)))
