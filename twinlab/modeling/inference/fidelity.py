"""Fidelity: how true a twin is to its plant, seen from the laboratory and from the field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinlab.modeling.simulation.output_analysis import wilson
from twinlab.modeling.simulation.replications import Replications
from twinlab.scope import Result, State
from twinlab.scope.base import Level, column, pd

__all__ = ["Fidelity", "Verification", "fidelity", "pinball_loss", "verify"]


@dataclass(frozen=True)
class Fidelity(Result):
    """How far a believed state is from the true one.

    ``score`` = 1 − Σ|believed − true| / Σ true over stock, goods under way and what is owed, not
    below 0; 1 means that every number is right. ``error`` is the sum of the differences in units.

    >>> print(Fidelity(0.9, 12.0, State(), State()))
    fidelity 0.900: 12.0 units in the wrong place
    """

    score: float
    error: float
    believed: State
    true: State

    def sentence(self) -> str:
        """How much is right, and how many units are in the wrong place."""
        return f"fidelity {self.score:.3f}: {self.error:,.1f} units in the wrong place"

    @property
    def table(self) -> "pd.DataFrame":
        """Believed and true units of everything that differs, worst first."""
        rows = [
            (what, " → ".join(filter(None, key)), mine, theirs)
            for what, key, mine, theirs in _pairs(self.believed, self.true)
            if abs(mine - theirs) > 1e-9
        ]
        rows.sort(key=lambda row: -abs(row[2] - row[3]))
        return pd.DataFrame(rows, columns=["what", "where", "believed [units]", "true [units]"])


def _pairs(believed: State, true: State) -> Iterator[tuple[str, Any, float, float]]:
    for name, what in {"on_hand": "stock", "in_transit": "under way", "owed": "owed"}.items():
        mine, theirs = getattr(believed, name), getattr(true, name)
        yield from ((what, key, mine.get(key, 0), theirs.get(key, 0)) for key in theirs | mine)


def fidelity(believed: State, true: State) -> Fidelity:
    """Compare a believed state with the true one; only a laboratory can do that.

    >>> true = State.initial(serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 8}))
    >>> wrong = true.copy()
    >>> wrong.on_hand["shop", "unit"] = 6.0
    >>> print(fidelity(wrong, true))
    fidelity 0.750: 2.0 units in the wrong place
    """
    pairs = list(_pairs(believed, true))
    error = float(sum(abs(mine - theirs) for _, _, mine, theirs in pairs))
    size = sum(abs(theirs) for *_, theirs in pairs)
    score = max(0.0, 1.0 - error / size) if size else float(error == 0.0)
    return Fidelity(score, error, believed, true)


@dataclass(frozen=True)
class Verification(Result):
    """How often what came lay inside the interval that a forecast had promised.

    ``low`` and ``high`` bound the share of hits (Wilson 1927, 95 %). They count every value as an
    independent one; nights of one forecast hang together, so the truth is wider.

    >>> Verification(0.9, hits=9, of=10, low=0.6, high=0.98)
    9 of 10 values inside their 90% interval: 90% [60%, 98%]
    """

    promised: float = column("share", meaning="of the values, as forecast")
    hits: int = column("values", meaning="inside their interval")
    of: int = column("values", meaning="in all")
    low: float = column("share", meaning="of hits, at least")
    high: float = column("share", meaning="of hits, at most")

    def sentence(self) -> str:
        """How many hits of how many, against what was promised."""
        share = f"{self.hits / self.of:.0%}" if self.of else "none"
        said = f"{self.hits} of {self.of} values inside their {self.promised:.0%} interval"
        return f"{said}: {share} [{self.low:.0%}, {self.high:.0%}]"


def verify(inside: Any, promised: Level) -> Verification:
    """Judge intervals by what came: ``inside`` says of each value whether it lay within.

    >>> print(verify([True] * 9 + [False], 0.9))
    9 of 10 values inside their 90% interval: 90% [60%, 98%]
    """
    of, hits = len(inside), int(np.count_nonzero(inside))
    if not of:
        return Verification(promised, 0, 0, 0.0, 1.0)
    share = wilson(hits, of)
    return Verification(promised, hits, of, share.low, share.high)


def pinball_loss(
    batch: Replications, came: Sequence[float], measure: str, node: str = "", product: str = ""
) -> float:
    """How far a forecast's 10, 50 and 90 % quantiles were from what came [units]; low is good.

    The mean of τ(y − q) where y lies above the quantile q of level τ, and (1 − τ)(q − y) below it.
    Source: Koenker & Bassett (1978); Gneiting & Raftery (2007) section 6.

    Raises:
        ScenarioError: the batch has no such daily values.

    >>> net = serial(["mine", "shop"], demand=Constant(5), on_hand={"shop": 8})
    >>> batch = replicate(Scenario(net, BaseStock(9), days=1), 64, daily=[("on_hand", "shop")])
    >>> round(pinball_loss(batch, [5.0], "on_hand", "shop"), 9)
    1.0
    """
    levels = np.array([[0.1], [0.5], [0.9]])
    quantiles = batch.quantiles(measure, node, product, levels=levels.ravel().tolist())
    short = np.asarray(came) - quantiles
    return float(np.maximum(levels * short, (levels - 1) * short).mean())
