"""Scenarios compared pair by pair on common random numbers, and what a change of one gains."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np

from twinlab.modeling.doubt import Ranking, rank
from twinlab.modeling.simulation.kpis import KPIs, check_kpis
from twinlab.modeling.simulation.output_analysis import Seeds, estimate
from twinlab.modeling.simulation.replicate import Precision, progress, replicate, run_longer
from twinlab.modeling.simulation.replications import Replications
from twinlab.scope import Estimate, Listing, Result, Scenario, ScenarioError, State
from twinlab.scope.base import check_known, column, html_of, parts, pd, schema, words

__all__ = ["Change", "Comparison", "Saving", "Savings", "compare"]

USUAL_KPIS = ("fill_rate", "mean_stock", "total_cost")


class Comparison(Result, frozen=True):
    """Scenarios side by side; differences are paired with the first one, history by history.

    ``seeds`` says which seed chose values (by ``tune``) and which judges; ``own``: KPIs of yours.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> print(found.difference("safe", "fill_rate"))
    0.01685 [0.01577, 0.01793]: mean of 200 replications, 95 % interval
    """

    batches: Mapping[str, Replications]
    kpis: tuple[str, ...]
    confidence: float = 0.95
    seeds: Seeds | None = None
    own: Mapping[str, tuple[Callable[[Replications], Any], str]] = field(default_factory=dict)

    def _values(self, name: str, kpi: str) -> Any:
        """A KPI of a scenario, by history."""
        batch = self.batches[name]
        return np.asarray(self.own[kpi][0](batch) if kpi in self.own else getattr(batch.kpis, kpi))

    def difference(self, name: str, kpi: str) -> Estimate:
        """How much a scenario differs in a KPI from the first one, paired; else a ScenarioError."""
        check_known(name, self.batches, f"no scenario {name!r}")
        check_known(kpi, self.kpis, f"{kpi!r} was not compared")
        first = next(iter(self.batches))
        pairs = self._values(name, kpi) - self._values(first, kpi)
        note = self.batches[name].horizon.note or self.batches[first].horizon.note
        return replace(estimate(pairs, self.confidence), note=note)

    def rank(self, kpi: str = "total_cost", most: bool = False) -> Ranking:
        """Rank the scenarios by a KPI, least first or ``most``: is the best established?"""
        check_known(kpi, self.kpis, f"{kpi!r} was not compared")
        return rank({name: (-1) ** most * self._values(name, kpi) for name in self.batches})

    def longer(self) -> "Comparison":
        """The same scenarios over twice the days and the same seed: what a longer run changes."""
        return replace(self, batches={name: run_longer(b) for name, b in self.batches.items()})

    @property
    def notes(self) -> list[str]:
        """What must be known beside the table: what still moves, and by which seed it is judged."""
        notes = [f"{n}: {b.horizon.note}" for n, b in self.batches.items() if b.horizon.note]
        notes += ["compare twice the days: .longer()"] if notes else []
        return [*notes, f"values {self.seeds}"] if self.seeds else notes

    @property
    def table(self) -> "pd.DataFrame":
        """One row per scenario and KPI: mean, interval, paired difference with its interval."""
        units = {c.name: c.unit for c in schema(KPIs)}
        units |= {kpi: unit for kpi, (_, unit) in self.own.items()}
        change = ("difference", "difference_low", "difference_high")
        rows = [
            {"kpi": kpi, "scenario": name}
            | parts(estimate(self._values(name, kpi), self.confidence), "mean", "low", "high")
            | parts(self.difference(name, kpi), *change)
            | {"unit": units[kpi]}
            for kpi in self.kpis
            for name in self.batches
        ]
        return pd.DataFrame(rows)

    def _sentence(self) -> str:
        return "\n".join([self.table.map(words).to_string(index=False), *self.notes])

    def _repr_html_(self) -> str:
        against = f"differences from {next(iter(self.batches))!r}"
        return html_of(self.table.set_index("kpi"), "\n".join([against, *self.notes]))


def compare(
    scenarios: Mapping[str, Scenario],
    replications: int | Precision = 200,
    seed: int = 0,
    *,
    kpis: Sequence[str] = USUAL_KPIS,
    warm_up: int | str = 0,
    start: State | None = None,
) -> Comparison:
    """Compare scenarios on common random numbers: paired differences from the first one.

    The same seed gives every scenario the same customers and the same lead times, so a difference
    between two replications of one number is the scenarios' own. ``Precision``, ``warm_up`` and
    ``start`` are as in ``replicate``, the first two settled by the first scenario. Values that this
    seed has chosen (in ``tune``) are judged by another seed. Source: Law (2015) section 11.2.

    Raises:
        ScenarioError: nothing to compare with, or an unknown KPI.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> found = compare({"lean": shop, "safe": shop.set("shop.up_to", 8)}, 200, seed=1)
    >>> found.difference("safe", "mean_stock").low > 1
    True
    """
    if not isinstance(scenarios, Mapping) or len(scenarios) < 2:
        how = "compare needs at least two scenarios by name, such as {'as it is': a, 'new': b}"
        raise ScenarioError(f"{how}, got {scenarios!r:.60}")
    check_kpis(kpis)
    chosen = any(seed in scenario.chosen_on for scenario in scenarios.values())
    seeds = Seeds.of(seed) if chosen else None
    batches: dict[str, Replications] = {}
    for name, scenario in progress(scenarios.items(), "comparing"):
        first = next(iter(batches.values()), None)
        count, out = (first.replications, first.warm_up) if first else (replications, warm_up)
        own = seeds.judged if seeds else seed
        batches[name] = replicate(scenario, count, own, warm_up=out, start=start)
    return Comparison(batches, tuple(kpis), seeds=seeds)


class Change(Result, frozen=True):
    """New values in the place of old ones: what changes, why, and what it gains.

    ``values`` are by path such as ``"shop.up_to"``, or rules by (node, product); what else is done
    to a scenario is told by ``how``. ``gain`` is how much lower a goal is than before, paired by
    replication, ``goal`` the goal with the new values; ``seeds`` chose them and judged them.
    ``tried`` is the table of what was tried, its ``ranking`` says who came second and whether other
    luck would choose the same; ``edges`` are paths whose value lies on the edge of its range.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> more = Change.of(shop, {"shop.up_to": 8}, "more stock", "customers wait")
    >>> more
    more stock: customers wait
      shop.up_to: 6 → 8
    >>> more.compare(shop, 200, seed=1).difference("more stock", "fill_rate").low > 0
    True
    """

    values: Mapping[Any, Any]
    title: str = ""
    reason: str = ""
    scenario: Any = None  # the changed scenario (or line); of(…) makes it
    before: Mapping[Any, Any] = field(default_factory=dict)
    gain: Estimate | None = None
    goal: Estimate | None = None
    seeds: Seeds | None = None
    tried: "pd.DataFrame | None" = field(default=None, compare=False)
    ranking: Ranking | None = field(default=None, compare=False)
    edges: tuple[str, ...] = ()
    cost: float = 0.0  # USD/year
    how: Callable[[Scenario], Scenario] | None = None

    @classmethod
    def of(
        cls, baseline: Scenario, values: Mapping[Any, Any], title: str = "", reason: str = ""
    ) -> "Change":
        """Change some values of a scenario, and keep what they were before.

        Raises a ScenarioError where a path leads nowhere, or a name decides nothing.
        """
        changed, before = baseline.set(values), {where: baseline.value(where) for where in values}
        return cls(dict(values), title, reason, changed, before)

    @property
    def worth(self) -> bool:
        """Whether the interval of the gain lies above zero."""
        return self.gain is not None and self.gain.low > 0

    def apply(self, scenario: Scenario) -> Scenario:
        """The scenario with this change: simulate it before you believe it."""
        return self.how(scenario) if self.how else scenario.set(self.values)

    def compare(
        self,
        baseline: Scenario,
        replications: int = 200,
        seed: int = 0,
        *,
        kpis: Sequence[str] = USUAL_KPIS,
        start: State | None = None,
    ) -> Comparison:
        """Simulate it beside the baseline, from a start on, on common random numbers."""
        changed = self.apply(baseline) if self.scenario is None else self.scenario
        both = {"as it is": baseline, self.title or "changed": changed}
        return compare(both, replications, seed, kpis=kpis, start=start)

    @property
    def table(self) -> "pd.DataFrame":
        """One row per value: where it stands, what it was before, and what it is now."""
        before = {where: self.before.get(where) for where in self.values}
        both = {"before": map(words, before.values()), "value": map(words, self.values.values())}
        return pd.DataFrame(both, index=pd.Index(map(_place, before), name="path"))

    def _sentence(self) -> str:
        head, rows = ": ".join(filter(None, (self.title, self.reason))), []
        for where, value in self.values.items():
            was = f"{words(self.before[where])} → " if where in self.before else ""
            edge = " (on the edge of its range)" if where in self.edges else ""
            rows.append(f"{_place(where)}: {was}{words(value)}{edge}")
        lines = [head, *("  " + row for row in rows)] if head else ["; ".join(rows)]
        lines += [f"goal {self.goal}"] if self.goal else []
        judged = f"; {self.seeds}" if self.seeds else ""
        lines += [f"gain {self.gain.short}, {self.gain.verdict}{judged}"] if self.gain else []
        return "\n".join(lines)


def _place(where: Any) -> str:
    return where if isinstance(where, str) else "/".join(where)


class Saving(Result, frozen=True):
    """What to do about something, what that saves, and what would have come next.

    >>> lean, safe = np.array([3.0, 5.0, 4.0]), np.array([5.0, 2.0, 5.5])
    >>> Saving.of("stock", {"as it is": np.array([6.0, 7.0, 6.5]), "lean": lean, "safe": safe})
    stock: lean saves 2.5 [1.258, 3.742] USD/year, then safe with 2.333 [-3.404, 8.07]
    """

    about: str = column("label", meaning="what is decided")
    choice: str = column("label", meaning="what saves most; today's way, if luck could explain it")
    saves: Estimate = column("USD/year", meaning="by the choice, against today's way")
    runner_up: str = column("label", meaning="the next best")
    it_saves: Estimate = column("USD/year", meaning="by the runner-up, against today's way")

    @classmethod
    def of(cls, about: str, costs: Mapping[str, Any], times: float = 1.0) -> "Saving":
        """Choose the cheapest way, and stay with the first one, today's, if luck could explain it.

        ``costs``: by way those of each history, or how much more than the first [USD]; ``times``
        makes them USD a year. Ways that were not lived alike are an error.
        """
        given = [cost for cost in costs.values() if not isinstance(cost, Estimate)]
        if len(costs) < 2 or len({np.shape(cost) for cost in given}) > 1:
            least = "at least two ways, each with a cost for every one of the same histories"
            raise ScenarioError(f"Saving {about!r}: give {least}; got {sorted(costs)}")
        today = next(iter(costs))

        def saved(cost: Any) -> Estimate:
            more = cost if isinstance(cost, Estimate) else estimate(np.subtract(cost, costs[today]))
            return more.times(-times)

        saves = {name: saved(cost) for name, cost in costs.items()}
        first, *others = sorted(saves, key=lambda name: -saves[name].mean)
        if saves[first].low <= 0 and first != today:
            first, others = today, [first, *(name for name in others if name != today)]
        return cls(about, first, saves[first], others[0], saves[others[0]])

    def _sentence(self) -> str:
        second = f"{self.runner_up} with {self.it_saves.short}"
        return f"{self.about}: {self.choice} saves {self.saves.short} USD/year, then {second}"


class Savings(Listing, frozen=True):
    """What to do about several things, one line each.

    >>> nap = Saving.of("noon", {"work": np.array([5.0, 6.0]), "nap": np.array([4.0, 5.0])})
    >>> Savings((nap,)).table.index.tolist()
    ['noon']
    """

    caption = "What to do, and what it saves against today"
    savings: tuple[Saving, ...]

    def _repr_html_(self) -> str:
        """Estimates in one cell each: narrow enough for a page."""
        rows = [[s.about, s.choice, s.saves.short, s.runner_up, s.it_saves.short] for s in self]
        heads = ["about", "choice", "saves [USD/year]", "runner-up", "it saves"]
        return html_of(pd.DataFrame(rows, columns=heads).set_index("about"), self.caption)
