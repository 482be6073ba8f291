"""Predict: on which day will the stock run out, and how likely is that?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twinlab.modeling.newsvendor import probabilities
from twinlab.modeling.replicate import replicate
from twinlab.organization.view import View
from twinlab.scope.chance import Array, Distribution, Normal
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State

_SPECK = 1e-9  # flows below this do not happen


@dataclass(frozen=True)
class RunOut:
    """The chance that an item has run out by the end of each day from now on.

    ``chance[0]`` is that of today, which is day 1.

    >>> print(RunOut(np.array([0.0, 0.2, 0.7, 1.0])))
    out after 3 days (half of all futures), after 2 days in one of ten
    """

    chance: Array = field(repr=False)

    def before(self, days: int) -> float:
        """The chance that it runs out within so many days."""
        if not 0 <= days <= len(self.chance):
            raise ScenarioError(f"RunOut: asked for {days} of {len(self.chance)} days")
        return float(self.chance[days - 1]) if days else 0.0

    def quantile(self, share: float) -> float:
        """The day by which it has run out in this share of all futures (inf: later, or never)."""
        reached = np.flatnonzero(self.chance >= share)
        return float(reached[0] + 1) if len(reached) else math.inf

    def __str__(self) -> str:
        """Say when."""
        half, early = self.quantile(0.5), self.quantile(0.1)
        return f"out after {half:g} days (half of all futures), after {early:g} days in one of ten"


def run_out(
    scenario: Scenario,
    state: State,
    item: ItemKey,
    days: int = 60,
    *,
    replications: int = 1000,
    seed: int = 0,
) -> RunOut:
    """Simulate many futures from a state, and count on which day an item first runs out.

    Out is who owes or loses units at night; a component also when nothing is left for production.
    Everybody goes on deciding by the scenario's rules; see also ``stop_ordering``.

    Raises:
        ScenarioError: there is no such item, or no day to simulate.

    >>> from twinlab import BaseStock, Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 22})
    >>> nothing = stop_ordering(Scenario(shop, BaseStock(30)), ("shop", "unit"))
    >>> print(run_out(nothing, State.initial(shop), ("shop", "unit"), 10, replications=200))
    out after 5 days (half of all futures), after 4 days in one of ten
    """
    part = any(r.node == item[0] and item[1] in r.components for r in scenario.network.recipes)
    wanted = [(name, *item) for name in ("backlog", "lost", "on_hand")]
    future = scenario.change(days=state.day + days)
    batch = replicate(future, replications, seed, start=state, bands=wanted)
    short = batch.band("backlog", *item) + batch.band("lost", *item) > _SPECK
    if part:
        short |= batch.band("on_hand", *item) <= _SPECK
    return RunOut(np.asarray(np.logical_or.accumulate(short, axis=0).mean(axis=1)))


def stop_ordering(scenario: Scenario, item: ItemKey) -> Scenario:
    """Give the scenario in which nobody orders any more of an item; what is under way arrives.

    >>> from twinlab import BaseStock, Normal, serial
    >>> chain = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(30))
    >>> stop_ordering(chain, ("shop", "unit")).rules["shop", "unit"](View("shop", "unit"))
    0.0
    """
    return scenario.decide({item: _nothing})


def _nothing(view: View) -> Any:
    """Order nothing."""
    return 0.0 * view.on_hand


def run_out_formula(
    on_hand: float, demand: Distribution, days: int = 60,
    arrivals: Mapping[int, float] | None = None,
) -> RunOut:  # fmt: skip
    """Compute the chance of running out by formula: P(D(t) > stock), D(t) the demand of t days.

    For normal demand 1 − Φ((stock − μt) / (σ√t)). ``arrivals`` are units that come on day 1, 2, …
    from now; then the result is a lower bound: the largest chance of the days so far. Demand below
    zero is not cut here. Source: elementary; compare Snyder & Shen (2019) section 4.3.

    Raises:
        ScenarioError: the demand is neither normal nor in whole units.

    >>> round(run_out_formula(100, Normal(20, 5)).before(5), 6)
    0.5
    """
    stock = on_hand + np.cumsum([(arrivals or {}).get(t + 1, 0.0) for t in range(days)])
    if isinstance(demand, Normal):
        from scipy.special import ndtr  # a fifth of a second

        time = np.arange(1, days + 1)
        short = ndtr((demand.mean * time - stock) / (demand.sd * np.sqrt(time)))
    else:
        short = np.array([_beyond(demand, t + 1, stock[t]) for t in range(days)])
    return RunOut(np.maximum.accumulate(short))


def _beyond(demand: Distribution, periods: int, stock: float) -> float:
    units, chances = probabilities(demand, periods)
    return float(chances[units > stock + _SPECK].sum())
