"""From complaints to a better design: what comes back, what to change, and whether it helped."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twinlab.modeling import Line, LineRun, estimate, replicate_line
from twinlab.modeling.line.engine import PartDraws
from twinlab.scope import Estimate, Result, Uniform
from twinlab.scope.columns import column
from twinlab.scope.errors import ScenarioError, check_known
from twinlab.scope.kinds import Amount, Count, Positive, Share, Whole

__all__ = ["Complaints", "Pareto", "compare_returns", "complaints", "house_of_quality", "pareto"]


@dataclass(frozen=True)
class Complaints(Result):
    """How many parts customers got, and how many they sent back, by the fault they name."""

    delivered: int = column("parts", meaning="that customers got")
    counts: Mapping[str, int] = column("parts", meaning="that they sent back, by fault")
    rate: float = column("per 1,000", meaning="sent back of those delivered")


def complaints(
    run: LineRun, returned: Mapping[str, Share], seed: Whole = 0, replication: Whole = 0
) -> Complaints:
    """Let customers find what inspection did not, and send back some of it.

    ``returned`` gives for each fault the share of parts with it that come back. A part comes back
    once, for the first of its faults that its customer minds. Whether a customer minds is the
    part's own random number, so two designs meet the same customers.

    >>> line = Line([Station("press", 1, faults=Fault("dent", 0.1))])
    >>> complaints(run_line(line, days=12, seed=1), {"dent": 0.5})
    delivered 4,800 parts · counts dent 222 parts · rate 46.25 per 1,000
    """
    faults = [fault.name for station in run.line.stations for fault in station.faults]
    for fault in faults:
        if fault not in returned:
            raise ScenarioError(f"returned[{fault!r}] is missing: the share that returns, 0 to 1")
    for name in returned:
        check_known(name, faults, f"returned: no fault {name!r}")
    minds = {f: PartDraws(seed, replication, Uniform(0, 1), "customer", f) for f in faults}
    delivered = [p for p in run.parts if p.fate == "delivered" and p.left >= run.start]
    minded = ([f for f in part.faults if minds[f](part.number) < returned[f]] for part in delivered)
    counts = Counter(faults[0] for faults in minded if faults)
    rate = 1000 * counts.total() / len(delivered) if delivered else np.nan
    return Complaints(len(delivered), dict(counts.most_common()), rate)


@dataclass(frozen=True)
class Pareto(Result):
    """Causes from the most to the least frequent.

    >>> chart = pareto({"dent": 10, "scratch": 75, "stain": 15})
    >>> chart.cumulative, chart.vital_few()
    ((0.75, 0.9, 1.0), ('scratch', 'stain'))
    """

    causes: tuple[str, ...] = column("name", meaning="from the most to the least frequent")
    counts: tuple[float, ...] = column("times", meaning="how often each occurred")
    cumulative: tuple[float, ...] = column("share", meaning="of it and those before it")

    def vital_few(self, share: Share = 0.8) -> tuple[str, ...]:
        """The fewest causes that make up at least this share of all."""
        return self.causes[: sum(total < share - 1e-12 for total in self.cumulative) + 1]


def pareto(counts: Mapping[str, Amount], group: Mapping[str, str] | None = None) -> Pareto:
    """Sort causes by how often they occur; ``group`` adds them up, such as faults by part.

    Source: Juran (1951), who named the principle after Pareto.

    >>> pareto({"dent": 4, "stain": 9, "run": 2}, {"dent": "press", "stain": "coat", "run": "coat"})
    causes coat, press · counts 11, 4 times · cumulative 0.7333, 1
    """
    totals: Counter[str] = Counter()
    for cause, count in counts.items():
        if group is not None:
            check_known(cause, group, f"pareto: {cause!r} is in no group")
        totals[group[cause] if group is not None else cause] += count  # type: ignore[assignment]
    ordered = dict(totals.most_common())
    sums = np.cumsum([*ordered.values()])
    shares = (sums / sums[-1]).tolist() if any(ordered.values()) else ()
    return Pareto(tuple(ordered), tuple(ordered.values()), tuple(shares))


@dataclass(frozen=True)
class HouseOfQuality(Result):
    """How much each feature of a design weighs for customers, the weightiest first."""

    weights: Mapping[str, float] = column("points", meaning="of each feature")

    @property
    def first(self) -> str:
        """The feature to work on first."""
        return next(iter(self.weights))


def house_of_quality(
    importance: Mapping[str, Amount], relations: Mapping[str, Mapping[str, float]]
) -> HouseOfQuality:
    """Weigh features of a design: weight = Σ over needs of importance × relation.

    ``relations[need][feature]`` is 9 (strong), 3 (medium), 1 (weak) or absent.
    Source: Akao (1990); Hauser & Clausing (1988).

    >>> house = {"no dents": {"tool": 9, "rack": 3}, "no stains": {"rack": 1, "bath": 9}}
    >>> house_of_quality({"no dents": 5, "no stains": 2}, house).weights
    {'tool': 45, 'bath': 18, 'rack': 17}
    """
    if set(importance) != set(relations):
        odd = sorted(set(importance) ^ set(relations))
        raise ScenarioError(f"house_of_quality: {odd} need both an importance and relations")
    weights: dict[str, float] = {}
    for need, features in relations.items():
        for feature, relation in features.items():
            if relation not in (1, 3, 9):
                raise ScenarioError(
                    f"house_of_quality: {need!r} and {feature!r} are related 9, 3 or 1, got "
                    f"{relation!r}: leave it out if they are not"
                )
            weights[feature] = weights.get(feature, 0) + importance[need] * relation
    if not weights:
        raise ScenarioError("house_of_quality: nothing is related to any need")
    return HouseOfQuality(dict(sorted(weights.items(), key=lambda pair: -pair[1])))


@dataclass(frozen=True)
class ReturnsCompared(Result):
    """Returns per 1,000 delivered before and after a change, and their paired difference."""

    before: Estimate = column("per 1,000", meaning="sent back of the parts of the line as it is")
    after: Estimate = column("per 1,000", meaning="sent back of those of the changed line")
    difference: Estimate = column("per 1,000", meaning="after less before, paired")


def compare_returns(
    before: Line,
    after: Line,
    returned: Mapping[str, Share],
    *,
    days: Positive = 12,
    replications: Count = 10,
    seed: Whole = 0,
) -> ReturnsCompared:
    """Prove a change of design: both lines make the same parts for the same customers.

    >>> line = Line([Station("press", 2, faults=Fault("dent", 0.1))])
    >>> compare_returns(line, line.set("press.dent", 0.02), {"dent": 1}, replications=20).difference
    -80.73 [-83.41, -78.05]: mean of 20 replications, 95 % interval
    """
    old, new = (
        np.array([complaints(run, returned, seed, at).rate for at, run in enumerate(lived.runs)])
        for lived in (replicate_line(line, days, replications, seed) for line in (before, after))
    )
    return ReturnsCompared(estimate(old), estimate(new), estimate(new - old))
