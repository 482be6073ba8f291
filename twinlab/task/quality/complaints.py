"""From complaints to what weighs in a design: what is heard, what is to come, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from twinlab.modeling import LineRun
from twinlab.modeling.line.places import PartDraws
from twinlab.scope import Event, Gamma, Listing, Log, Result, ScenarioError, Uniform
from twinlab.scope.base import Amount, Count, Share, Whole, check_known, column, special

__all__ = ["Pareto", "complaint_rates", "complaints", "house_of_quality", "pareto"]

Shares = Mapping[str, Share]  # by fault
DELAY = Gamma(40.0, 40.0 / 2**0.5)  # days from delivery to complaint: shape 2


def complaints(
    run: LineRun, returned: Shares, seed: Whole = 0, replication: Whole = 0, delay: Gamma = DELAY
) -> Log:
    """Let customers find what inspection did not, and complain of some of it, days later.

    ``returned`` gives for each fault the share of parts with it that come back. A part comes back
    once, for the first of its faults that its customer minds; whether and when is the part's own
    chance, so two designs meet the same customers. The log tells what was ``served`` on each day
    after the warm-up and what was ``complained``, some of it after the run has ended.

    >>> line = Line([Station("press", 1, faults=Fault("dent", 0.1))])
    >>> log = complaints(run_line(line, days=12, seed=1), {"dent": 0.5})
    >>> len(log.of("complained")), complaint_rates(log)["dent"].heard
    (222, 8)
    """
    faults = [fault.name for station in run.line.stations for fault in station.faults]
    for fault in faults:
        if fault not in returned:
            raise ScenarioError(f"returned[{fault!r}] is missing: the share that returns, 0 to 1")
    for name in returned:
        check_known(name, faults, f"returned: no fault {name!r}")
    minds = {f: PartDraws(seed, replication, Uniform(0, 1), "customer", f) for f in faults}
    waits, rows = PartDraws(seed, replication, delay, "customer", "delay"), list[Any]()
    served = Counter[int]()
    for part in run.parts:
        if part.fate == "delivered" and part.left >= run.start:
            day = int((part.left - run.start) // run.line.minutes_per_day)
            served[day] += 1
            for fault in [f for f in part.faults if minds[f](part.number) < returned[f]][:1]:
                told = int(day + waits(part.number))
                rows.append((told, "complained", "customers", "parts", 1.0, "", "", day, fault))
    rows += [(day, "served", "customers", "parts", float(n)) for day, n in served.items()]
    return Log(sorted(rows, key=lambda row: row[:2]))


class ComplaintRate(Result, frozen=True):
    """How often customers complain of a fault, sooner or later, with a 95 % interval."""

    fault: str = column("name", meaning="that complaints name")
    heard: int = column("complaints", meaning="heard by now")
    exposure: float = column("parts", meaning="whose complaint would be here by now")
    rate: float = column("per 1,000", meaning="heard / exposure")
    low: float = column("per 1,000", meaning="lower end")
    high: float = column("per 1,000", meaning="upper end")


class ComplaintRates(Listing, frozen=True):
    """Rates of complaints, the most heard first."""

    faults: tuple[ComplaintRate, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many complaints of each fault were heard."""
        return {one.fault: one.heard for one in self.faults}


def complaint_rates(
    events: Iterable[Event],
    deliveries: Sequence[Amount] | None = None,
    delay: Gamma | None = DELAY,
    until: Count | None = None,
    since: Whole | Mapping[str, Whole] = 0,
) -> ComplaintRates:
    """Rate of each fault = heard / Σ parts · F(age): of young parts complaints are still to come.

    F is the distribution function of the ``delay``; None gives the naive rate, heard / delivered.
    ``deliveries`` are parts by day, or else what ``events`` say was served; ``until`` is the
    morning of today, ``since`` the first day of the deliveries that count (or that by fault). The
    interval is a Poisson count's (Garwood 1936). Source: Lawless (1994).

    Raises:
        ScenarioError: nothing was delivered, or a complaint does not say on which day its part was.

    >>> told = [Event(50, "complained", "shop", "bike", 6.0, due=30, note="dent")]
    >>> rate = complaint_rates(told, [100] * 60)["dent"].rate
    >>> naive = complaint_rates(told, [100] * 60, delay=None)["dent"].rate
    >>> round(rate, 2), naive
    (2.36, 1.0)
    """
    told, counts = list(events), Counter[str]()
    served = np.array([(e.day, e.quantity) for e in told if e.kind == "served"] or [(0, 0)])
    made = np.bincount(served[:, 0].astype(int), served[:, 1]) if deliveries is None else deliveries
    end = len(made) if until is None else until
    parts = np.pad(np.asarray(made, dtype=float), (0, end))[:end]
    if not parts.any():
        raise ScenarioError("complaint_rates: nothing was delivered by then: give deliveries")
    for event in told:
        if event.kind == "complained" and event.day < end:
            first = since.get(event.note, 0) if isinstance(since, Mapping) else since
            if first and event.due is None:
                raise ScenarioError(f"{event}: due is the day of the delivery, which is missing")
            counts[event.note] += ceil(event.quantity) * (not first or (event.due or 0) >= first)
    if delay is not None:
        shape = (delay.mean / delay.sd) ** 2
        parts *= special.gammainc(shape, np.arange(end, 0, -1) * shape / delay.mean)
    found = []
    for fault, n in counts.most_common():
        first = since.get(fault, 0) if isinstance(since, Mapping) else since
        exposure = parts[first:].sum()
        ends = np.nan_to_num(special.gammaincinv([n, n + 1], [0.025, 0.975]))
        with np.errstate(divide="ignore", invalid="ignore"):
            rates = 1000 * np.array([n, *ends]) / exposure
        found.append(ComplaintRate(fault, n, float(exposure), *map(float, rates)))
    return ComplaintRates(tuple(found))


class Pareto(Result, frozen=True):
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


def house_of_quality(
    complaints: Mapping[str, Amount], relations: Mapping[str, Mapping[str, float]]
) -> Pareto:
    """Weigh features of a design, the weightiest first: Σ over needs of complaints × relation.

    ``complaints`` are counts or rates by need (of faults: ``pareto`` groups them);
    ``relations[need][feature]`` is 9 (strong), 3 (medium), 1 (weak) or absent.
    Source: Akao (1990); Hauser & Clausing (1988).

    >>> house = {"no dents": {"tool": 9, "rack": 3}, "no stains": {"rack": 1, "bath": 9}}
    >>> house_of_quality({"no dents": 5, "no stains": 2}, house)
    causes tool, bath, rack · counts 45, 18, 17 times · cumulative 0.5625, 0.7875, 1
    """
    weights = dict[str, float]()
    for need, features in relations.items():
        for feature, relation in features.items():
            if relation not in (1, 3, 9):
                problem = f"house_of_quality: {need!r} and {feature!r} are related 9, 3 or 1"
                raise ScenarioError(f"{problem}, got {relation!r}: leave it out if they are not")
            weights[feature] = 0.0
    if not weights:
        raise ScenarioError("house_of_quality: nothing is related to any need")
    for need, count in complaints.items():
        check_known(need, relations, f"house_of_quality: need {need!r} has no relations")
        for feature, relation in relations[need].items():
            weights[feature] += count * relation
    return pareto(weights)
