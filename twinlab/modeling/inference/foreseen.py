"""What customers are expected to ask for, as somebody assesses it, and how wrong that may be."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter

import numpy as np

from twinlab.modeling.simulation.random_streams import stream
from twinlab.scope import Scenario, ScenarioError, Trace
from twinlab.scope.base import Array, Distribution, Row, check_known, column
from twinlab.scope.distributions import Law

__all__ = ["Assessment"]

World = Callable[[Scenario], Scenario]
More = Callable[[Scenario, np.random.Generator], Scenario] | None


@dataclass(frozen=True)
class Added(Law):
    """A law, and on top of it units by day that are known ahead; no day falls below zero."""

    law: Distribution
    units: Trace
    average = property(attrgetter("law.average"), doc="The law's own: of days not known ahead.")

    def __post_init__(self) -> None:
        """Its parts were checked when they were made."""

    def draw(self, generator: np.random.Generator, scale: Array, width: int) -> Array:
        """Draw the law, and add what is known of each day, whatever the scale."""
        known, drawn = self.units.values[: len(scale)], self.law.draw(generator, scale, width)
        if len(drawn) < len(scale):
            told = f"a trace has {len(drawn)} days, the scenario {len(scale)}"
            raise ScenarioError(f"{told}: shorten it with days={len(drawn)}, or lengthen the trace")
        more = np.pad(known, (0, len(scale) - len(known)))[:, None]
        return np.asarray(np.maximum(0.0, drawn + more))


class Assessment(Row, frozen=True):
    """What customers are said to ask for on some days, on top of what they usually do.

    >>> Assessment(2, "East", "food", (50, 60), error=0.35, ref="Ike").units.tolist()
    [0.0, 0.0, 50.0, 60.0]
    """

    day: int = column("day", meaning="on whose morning it is told, the first it is about", low=0)
    node: str = column("node", meaning="where customers will ask")
    product: str = column("product", meaning="what they will ask for")
    quantities: tuple[float, ...] = column("units/day", meaning="by day", low=0)
    error: float = column("sd/mean", 0.0, "of what is true, given what is said", low=0)
    ref: str = column("label", "", "what it is about: a later one of the same takes its place")

    @property
    def units(self) -> Array:
        """Units by day, from day 0 on."""
        return np.pad(self.quantities, (self.day, 0))

    def told(self, days: int, error: float) -> "Assessment":
        """The same told so many days later, of what is left, with an error."""
        return replace(self, day=self.day + days, quantities=self.quantities[days:], error=error)


def mistake(error: float, generator: np.random.Generator) -> float:
    """What is true over what is said: lognormal, of mean 1 and a relative error [sd/mean]."""
    spread = np.log1p(error**2)
    return float(np.exp(np.sqrt(spread) * generator.standard_normal() - spread / 2))


def ask_more(
    scenario: Scenario, told: Iterable[Assessment], factors: Iterable[float] | None = None
) -> Scenario:
    """A scenario whose customers ask for what is told, times factors, on top of what they do."""
    rows = {(row.node, row.product): row for row in scenario.network.demands}
    told = tuple(told)
    for one, factor in zip(told, factors or np.ones(len(told)), strict=True):
        item = (one.node, one.product)
        check_known(item, rows, f"nobody asks for {item}")
        law = Added(rows[item].pattern, Trace(factor * one.units))
        rows[item] = replace(rows[item], pattern=law)
    return scenario.change(network=scenario.network.change(*rows.values()))


def worlds(told: Sequence[Assessment], count: int, seed: int = 0, more: More = None) -> list[World]:
    """Give worlds, in each of which what was told is wrong by a factor of its own for each ref.

    ``more(scenario, generator)`` does more to each. They do the same to whatever scenario.
    """

    def world(at: int, scenario: Scenario) -> Scenario:
        luck = (stream(seed, at, "assessment", one.ref) for one in told)
        off = [mistake(one.error, each) - 1 for one, each in zip(told, luck, strict=True)]
        asked = ask_more(scenario, told, off)
        return more(asked, stream(seed, at, "more")) if more else asked

    return [partial(world, at) for at in range(count)]
