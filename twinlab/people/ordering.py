"""Fitting anchoring and adjustment to the orders of a station: θ, α, β and the goal S'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from twinlab.modeling.run import Run
from twinlab.people.fitting import Fit, report
from twinlab.scope.chance import Array
from twinlab.scope.errors import ScenarioError


def fit_ordering(run: Run, station: str, first: int = 0) -> Fit:
    """Fit anchoring and adjustment to what a station ordered: θ, α, β and the goal S'.

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

    >>> from twinlab import simulate
    >>> from twinlab.people import beer_chain, benchmark_team
    >>> fit = fit_ordering(simulate(beer_chain(benchmark_team())), "wholesaler", first=4)
    >>> [round(fit[name].value, 3) for name in ("theta", "alpha", "beta", "goal")]
    [0.0, 1.0, 1.0, 28.0]
    """
    from scipy.optimize import least_squares  # a third of a second

    seen = _Books.of(run, station, first)
    low, high = np.zeros(4), np.array([1.0, 2.0, 2.0, 10 * max(seen.most, 1.0)])

    def miss(parameters: Array) -> Array:
        return seen.ordered_by(*parameters) - seen.ordered

    # Several starts: in θ the sum of squares may have more than one valley. Given θ the rest is
    # linear but for the cut at zero, so a line gives each start.
    starts = [np.clip(seen.line(theta), low, high) for theta in (0.02, 0.2, 0.4, 0.6, 0.9)]
    found = [least_squares(miss, x, bounds=(low, high), x_scale=_SCALE) for x in starts]
    best = min(found, key=lambda each: each.cost)
    valley = _Valley(miss, best.x, low, high)
    fit = report(("theta", "alpha", "beta", "goal"), best.x, (best.jac, best.fun), valley.ends)
    told = [
        replace(p, remark=p.remark or "its interval covers its whole range")
        if p.low <= least and p.high >= most
        else p
        for p, least, most in zip(fit.parameters, low, high, strict=True)
    ]
    return replace(fit, parameters=tuple(told))


_SPECK = 1e-6  # a sum of squares below it is rounding
_SCALE = np.array([0.3, 0.3, 0.3, 10.0])  # how far θ, α, β and S' move in a step that matters


@dataclass(frozen=True)
class _Valley:
    """The bottom of a sum of squares, and how far it is up to a given height."""

    miss: Callable[[Array], Array]
    bottom: Array
    low: Array
    high: Array

    def ends(self, at: int, half: float, free: float) -> tuple[float, float]:
        """The interval of a parameter, from a first idea of its half width."""
        lowest, highest = float(self.low[at]), float(self.high[at])
        if not np.isfinite(half):
            return lowest, highest
        if np.sum(self.miss(self.bottom) ** 2) < _SPECK:  # orders of a machine: no noise
            here, step = float(self.bottom[at]), 0.1 * float(_SCALE[at])
            near = [v for v in (here - step, here + step) if lowest <= v <= highest]
            loose = min(self._held(at, v) for v in near) < _SPECK
            return (lowest, highest) if loose else (here, here)
        return (self._end(at, -half, free, lowest), self._end(at, half, free, highest))

    def _end(self, at: int, reach: float, rise: float, limit: float) -> float:
        """Where the sum of squares has risen by this share, or the limit.

        The square root of the rise grows nearly in proportion to the way, so a few steps do.
        """
        here, bottom = float(self.bottom[at]), float(np.sum(self.miss(self.bottom) ** 2))
        for _ in range(6):
            value = here + reach
            outside = (value - limit) * np.sign(reach) >= 0
            value = limit if outside else value
            if value == here:
                return value
            risen = self._held(at, value) / bottom - 1.0
            if (outside and risen <= rise) or abs(risen / rise - 1.0) < 0.02:
                return value
            reach = (value - here) * float(np.sqrt(rise / max(risen, rise / 9)))
        return float(np.clip(here + reach, self.low[at], self.high[at]))

    def _held(self, at: int, value: float) -> float:
        """The lowest sum of squares with one parameter held."""
        from scipy.optimize import least_squares

        rest = np.arange(len(self.bottom)) != at

        def miss(others: Array) -> Array:
            return self.miss(np.insert(others, at, value))

        return 2.0 * float(
            least_squares(
                miss, self.bottom[rest], bounds=(self.low[rest], self.high[rest]),
                x_scale=_SCALE[rest],
            ).cost
        )  # fmt: skip


@dataclass(frozen=True)
class _Books:
    """What a station saw in the evenings before it ordered, and what it ordered."""

    asked: Array  # from the first day of the run, for the forecast
    net_stock: Array
    on_order: Array
    ordered: Array
    first: int

    @classmethod
    def of(cls, run: Run, station: str, first: int) -> _Books:
        """Read the books from a run; an evening's own order is not yet in the pipeline."""
        node = run.scenario.network.node(station)
        items = [key for key in run.scenario.decided_items() if key[0] == station]
        if not node.evening_review or node.review_period != 1 or len(items) != 1:
            raise ScenarioError(
                f"fit_ordering: {station!r} must decide about one product, every evening "
                "(evening_review=True, review_period=1), as in the beer game"
            )
        ordered = run.series("ordered", station)
        if len(ordered) - first < 8:
            raise ScenarioError(
                f"fit_ordering: {len(ordered) - first} decisions of {station!r} are too few for "
                "four parameters: play at least 8 weeks"
            )
        net = run.series("on_hand", station) - run.series("backlog", station)
        coming = run.series("on_order", station) - ordered
        asked = run.series("asked", station)
        return cls(asked, net[first:], coming[first:], ordered[first:], first)

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
        return np.array(levels[self.first :])

    def ordered_by(self, theta: float, alpha: float, beta: float, goal: float) -> Array:
        """What the rule with these parameters would have ordered, evening by evening."""
        gap = goal - self.net_stock - beta * self.on_order
        return np.maximum(0.0, self.forecast(theta) + alpha * gap)

    def line(self, theta: float) -> Array:
        """The parameters that a straight line finds for a given θ, where anything was ordered."""
        some = self.ordered > 0
        columns = np.column_stack(
            [np.ones(some.sum()), -self.net_stock[some], -self.on_order[some]]
        )
        level, alpha, pipeline = np.linalg.lstsq(
            columns, (self.ordered - self.forecast(theta))[some], rcond=None
        )[0]
        alpha = max(alpha, 0.02)
        return np.array([theta, alpha, pipeline / alpha, level / alpha])
