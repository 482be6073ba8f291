"""What a player's decisions tell of a model's parameters; what they cannot is *not identified*."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from twinlab.modeling.simulation.run import Run
from twinlab.scope import Listing, Result, ScenarioError
from twinlab.scope.base import Amount, Array, Number, column, optimize, special

__all__ = ["Fit", "Parameter", "fit_newsvendor", "fit_ordering"]

CONFIDENCE = 0.95
_UNTOLD = "the decisions do not depend on it"


class Parameter(Result, frozen=True):
    """One fitted parameter: value, standard error, interval.

    >>> Parameter("beta", 0.34, 0.05, 0.24, 0.44)
    beta 0.34 ± 0.05 [0.24, 0.44]
    """

    name: str = column("name", meaning="which parameter")
    value: float = column("", meaning="the estimate")
    error: float = column("", meaning="standard error")
    low: float = column("", meaning="lower end of the interval")
    high: float = column("", meaning="upper end of the interval")
    remark: str = column("words", "", "why the data cannot tell it")
    edge: str = column("words", "", "whether it lies on the edge of its range")

    def _sentence(self) -> str:
        if self.remark:
            return f"{self.name} not identified: {self.remark}"
        ends = f"[{self.low:.2f}, {self.high:.2f}]{self.edge and ', ' + self.edge}"
        return f"{self.name} {self.value:.2f} ± {self.error:.2f} {ends}"


class Fit(Listing, frozen=True):
    """A model fitted to a player's decisions; ``spread`` is what it leaves unexplained [units].

    >>> Fit((Parameter("beta", 0.34, 0.05, 0.24, 0.44),), spread=2.5, decisions=32)
    32 decisions, give or take 2.5 units; 95 % intervals
    beta 0.34 ± 0.05 [0.24, 0.44]
    """

    parameters: tuple[Parameter, ...]
    spread: float
    decisions: int
    caption = "Fitted parameters"

    def _sentence(self) -> str:
        spread = f"{self.decisions} decisions, give or take {self.spread:.1f} units"
        return f"{spread}; {100 * CONFIDENCE:.0f} % intervals"


def _errors(slopes: Array, miss: Array) -> tuple[Array, float]:
    """Standard errors √(s² diag (JᵀJ)⁻¹), infinite where the data tell nothing, and Student's t."""
    size = np.linalg.norm(slopes, axis=0)
    size = np.where(size > 0, size, 1.0)
    _, strength, directions = np.linalg.svd(slopes / size, full_matrices=False)
    told = strength > 1e-7 * max(strength.max(), 1e-300)
    diagonal = np.sum((directions[told] / strength[told, None]) ** 2, axis=0) / size**2
    # A parameter that moves along a direction in which nothing changes cannot be told.
    untold = np.abs(directions[~told]).max(axis=0, initial=0.0) > 1e-3
    free = len(miss) - slopes.shape[1]
    errors = np.where(untold, np.inf, np.sqrt(float(miss @ miss) / free * diagonal))
    return errors, float(special.stdtrit(free, (1 + CONFIDENCE) / 2))


def _fit(parameters: Sequence[Parameter], miss: Array) -> Fit:
    spread = float(np.sqrt(float(miss @ miss) / (len(miss) - len(parameters))))
    return Fit(tuple(parameters), spread, len(miss))


def fit_newsvendor(
    orders: Sequence[Amount], demands: Sequence[Amount], optimum: Number, mean: Number
) -> Fit:
    """Fit pull to centre and demand chasing to a newsvendor's rounds.

    Regression of the order on the demand of the round before: q = a + c (d − μ). The chasing weight
    is c; the pull to the centre is w = (q* − a) / (q* − μ), as a is the order after a mean demand.
    The chase is this slope, not how often orders moved to the last demand: Lau & Bearden (2013).

    Raises:
        ScenarioError: too few rounds, or the optimum is the mean.

    >>> demands = [120, 250, 30, 180, 90, 260]
    >>> orders = [176] + [0.65 * 150.5 + 0.35 * 225 + 0.2 * (d - 150.5) for d in demands[:-1]]
    >>> fit = fit_newsvendor(orders, demands, optimum=225, mean=150.5)
    >>> round(fit["pull to centre"].value, 3), round(fit["chasing"].value, 3)
    (0.65, 0.2)
    """
    if len(orders) < 5 or len(orders) != len(demands) or optimum == mean:
        got = f"{len(orders)} orders, {len(demands)} demands, optimum {optimum:g}, mean {mean:g}"
        way = "give at least 5 rounds, a demand for each, and an optimum off the mean"
        raise ScenarioError(f"fit_newsvendor: {got}: {way}")
    before = np.asarray(demands, dtype=np.float64)[:-1] - mean
    after = np.asarray(orders, dtype=np.float64)[1:]
    columns = np.column_stack([np.full(len(before), mean - optimum), before])
    found = np.linalg.lstsq(columns, after - optimum, rcond=None)[0]
    miss = columns @ found - after + optimum
    errors, far = _errors(columns, miss)
    numbers = np.column_stack([found, errors, found - far * errors, found + far * errors])
    remarks = np.where(np.isfinite(errors), "", _UNTOLD).tolist()
    rows = zip(("pull to centre", "chasing"), *numbers.T.tolist(), remarks, strict=True)
    return _fit([Parameter(*row) for row in rows], miss)


_SPECK = 1e-6  # a sum of squares below it is rounding
_SCALE = np.array([0.3, 0.3, 0.3, 10.0])  # how far θ, α, β and S' move in a step that matters


def fit_ordering(run: Run, station: str, first: int = 0) -> Fit:
    """Fit anchoring and adjustment to what a station ordered: θ, α, β and the desired stock S'.

    Least squares of O = max(0, L̂ + α (S' − S − β SL)) on the run's log, from day ``first`` on;
    errors from the Jacobian at the solution. The first forecast is what was asked on the first day.

    Intervals are found by profile: all values of a parameter with which, the others at their best,
    the sum of squares stays below S (1 + t² / (n − 4)). Value ± 2 errors would be too narrow where
    θ is hard to tell, as it is in the classic game, whose customers change their mind once.
    Whoever never adjusts (α = 0) often seems to: stock is then a random walk, and a regression on
    a random walk finds pull where there is none (Dickey & Fuller 1979).
    Source: Sterman (1989); profile intervals: Bates & Watts (1988).

    Raises:
        ScenarioError: the station decides in the morning, about several products, or too seldom.

    >>> fit = fit_ordering(simulate(beer_chain(benchmark_team())), "wholesaler", first=4)
    >>> [round(fit[name].value, 3) for name in ("theta", "alpha", "beta", "desired_stock")]
    [0.0, 1.0, 1.0, 28.0]
    """
    seen = _evenings(run, station, first)
    low, high = np.zeros(4), np.array([1.0, 2.0, 2.0, 10 * max(seen.most, 1.0)])
    # Several starts: in θ the sum of squares may have more than one valley. Given θ the rest is
    # linear but for the cut at zero, so a line gives each start.
    starts = [np.clip(seen.line(theta), low, high) for theta in (0.02, 0.2, 0.4, 0.6, 0.9)]
    limits = {"bounds": (low, high), "x_scale": _SCALE}
    found = [optimize.least_squares(seen.miss, x, **limits) for x in starts]
    best = min(found, key=lambda each: each.cost)
    errors, far = _errors(best.jac, best.fun)
    valley = _Valley(seen.miss, best.x, low, high, far**2 / (len(best.fun) - 4))
    parameters = []
    for at, name in enumerate(("theta", "alpha", "beta", "desired_stock")):
        value, error = float(best.x[at]), float(errors[at])
        start, end = valley.ends(at, far * error)
        wide = start <= low[at] and end >= high[at]
        untold = "its interval covers its whole range" if wide else ""
        remark = untold if np.isfinite(error) else _UNTOLD
        on_edge = min(value - low[at], high[at] - value) <= 1e-3 * (high[at] - low[at])
        edge = f"on the edge of its range {low[at]:g} to {high[at]:g}" if on_edge else ""
        parameters.append(Parameter(name, value, error, start, end, remark, edge))
    return _fit(parameters, best.fun)


class _Valley(NamedTuple):
    """The bottom of a sum of squares, and how far it is to where it has risen by a share."""

    miss: Callable[[Array], Array]
    bottom: Array
    low: Array
    high: Array
    rise: float

    def ends(self, at: int, half: float) -> tuple[float, float]:
        """The interval of a parameter, from a first idea of its half width."""
        lowest, highest = float(self.low[at]), float(self.high[at])
        if not np.isfinite(half):
            return lowest, highest
        if np.sum(self.miss(self.bottom) ** 2) < _SPECK:  # orders of a machine: no noise
            here, step = float(self.bottom[at]), 0.1 * float(_SCALE[at])
            near = [v for v in (here - step, here + step) if lowest <= v <= highest]
            loose = min(self._held(at, v) for v in near) < _SPECK
            return (lowest, highest) if loose else (here, here)
        return self._end(at, -half, lowest), self._end(at, half, highest)

    def _end(self, at: int, reach: float, limit: float) -> float:
        """Where the sum of squares has risen enough, or the limit.

        The square root of the rise grows nearly in proportion to the way, so a few steps do.
        """
        here, bottom = float(self.bottom[at]), float(np.sum(self.miss(self.bottom) ** 2))
        for _ in range(6):
            outside = (here + reach - limit) * np.sign(reach) >= 0
            value = limit if outside else here + reach
            if value == here:
                return value
            risen = self._held(at, value) / bottom - 1.0
            if (outside and risen <= self.rise) or abs(risen / self.rise - 1.0) < 0.02:
                return value
            reach = (value - here) * float(np.sqrt(self.rise / max(risen, self.rise / 9)))
        return float(np.clip(here + reach, self.low[at], self.high[at]))

    def _held(self, at: int, value: float) -> float:
        """The lowest sum of squares with one parameter held."""
        rest = np.arange(len(self.bottom)) != at
        found = optimize.least_squares(
            lambda others: self.miss(np.insert(others, at, value)),
            self.bottom[rest],
            bounds=(self.low[rest], self.high[rest]),
            x_scale=_SCALE[rest],
        )
        return 2.0 * float(found.cost)


class _Evenings(NamedTuple):
    """What a station saw in the evenings before it ordered, and what it ordered."""

    asked: Array  # from the first day of the run, for the forecast
    net_stock: Array
    on_order: Array
    ordered: Array

    @property
    def most(self) -> float:
        """The largest number on the books."""
        return float(max(np.abs(self.net_stock).max(), self.on_order.max(), self.ordered.max()))

    def forecast(self, theta: float) -> Array:
        """The forecast after each day's demand, smoothed from the first one on."""
        level, levels = self.asked[0], []
        for today in self.asked:
            level = theta * today + (1.0 - theta) * level
            levels.append(level)
        return np.array(levels[-len(self.ordered) :])

    def miss(self, parameters: Array) -> Array:
        """How far the rule with these θ, α, β, S' is off, evening by evening."""
        theta, alpha, beta, desired = parameters
        gap = desired - self.net_stock - beta * self.on_order
        return np.asarray(np.maximum(0.0, self.forecast(theta) + alpha * gap) - self.ordered)

    def line(self, theta: float) -> Array:
        """The parameters that a straight line finds for a given θ, where anything was ordered."""
        some = self.ordered > 0
        books = np.column_stack([np.ones(len(some)), -self.net_stock, -self.on_order])[some]
        above = (self.ordered - self.forecast(theta))[some]
        level, alpha, pipeline = np.linalg.lstsq(books, above, rcond=None)[0]
        alpha = max(alpha, 0.02)
        return np.array([theta, alpha, pipeline / alpha, level / alpha])


def _evenings(run: Run, station: str, first: int) -> _Evenings:
    """Read the books from a run; an evening's own order is not yet in the pipeline."""
    node = run.scenario.network.node(station)
    items = [key for key in run.scenario.network.decided if key[0] == station]
    if not node.evening_review or node.review_period != 1 or len(items) != 1:
        told = f"fit_ordering: {station!r} must decide about one product, every evening"
        raise ScenarioError(f"{told} (evening_review=True, review_period=1), as in the beer game")
    ordered = run.series("ordered", station)
    if len(ordered) - first < 8:
        told = f"fit_ordering: {len(ordered) - first} decisions of {station!r} are too few for"
        raise ScenarioError(f"{told} four parameters: play at least 8 weeks")
    net = run.series("on_hand", station) - run.series("backlog", station)
    coming = run.series("on_order", station) - ordered
    return _Evenings(run.series("asked", station), net[first:], coming[first:], ordered[first:])
