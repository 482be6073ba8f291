"""What every task hands back: answers with units, and recommendations that can be tried out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twinlab.modeling.experiments import USUAL_KPIS, Comparison, compare
from twinlab.scope.columns import Sealed, schema
from twinlab.scope.scenario import Scenario


class Answer:
    """A frozen result whose columns carry units: it prints as words.

    >>> from twinlab.scope.columns import column
    >>> @dataclass(frozen=True)
    ... class Shelf(Answer):
    ...     length: float = column("m")
    >>> print(Shelf(2.5))
    length 2.5 m
    """

    def __str__(self) -> str:
        said = [(c.name, _plain(getattr(self, c.name)), c.unit) for c in schema(type(self))]
        return " · ".join(f"{name.replace('_', ' ')} {value} {unit}" for name, value, unit in said)


def _plain(value: Any) -> str:
    """A value in words; four digits of a number are enough to decide on."""
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return str(value)


@dataclass(frozen=True)
class Recommendation(Sealed):
    """A changed scenario, with what was changed and why: simulate it before you believe it.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> more = recommend(shop, "more stock", "customers wait", {"shop.up_to": 8})
    >>> print(more)
    more stock: customers wait
      shop.up_to: 6 → 8
    >>> more.compare(shop, 200, seed=1).difference("more stock", "fill_rate").low > 0
    True
    """

    title: str
    reason: str
    change: Mapping[str, Any]
    scenario: Scenario = field(repr=False)
    before: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def compare(
        self,
        baseline: Scenario,
        replications: int = 200,
        seed: int = 0,
        *,
        kpis: Sequence[str] = USUAL_KPIS,
    ) -> Comparison:
        """Simulate it beside the baseline, on the same luck."""
        both = {"as it is": baseline, self.title: self.scenario}
        return compare(both, replications, seed, kpis=kpis)

    def __str__(self) -> str:
        rows = [f"{self.title}: {self.reason}"]
        for path, value in self.change.items():
            was = f"{_short(self.before[path])} → " if path in self.before else ""
            rows.append(f"  {path}: {was}{_short(value)}")
        return "\n".join(rows)


def _short(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def recommend(
    baseline: Scenario, title: str, reason: str, change: Mapping[str, Any]
) -> Recommendation:
    """Make a recommendation out of paths and their new values (see ``scope.paths``).

    Raises:
        ScenarioError: a path leads nowhere.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> recommend(shop, "more stock", "customers wait", {"shop.up_to": 8}).before
    {'shop.up_to': 6.0}
    """
    changed = baseline
    for path, value in change.items():
        changed = changed.set(path, value)
    before = {path: baseline.value(path) for path in change}
    return Recommendation(title, reason, dict(change), changed, before)


def recommend_rules(
    baseline: Scenario, title: str, reason: str, rules: Mapping[Any, Any]
) -> Recommendation:
    """Make a recommendation out of nodes (or (node, product) pairs) and their new rules.

    Raises:
        ScenarioError: a name decides nothing.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(6), days=50)
    >>> print(recommend_rules(shop, "lots", "a truck costs 50 USD", {"shop": FixedLot(5, 40)}))
    lots: a truck costs 50 USD
      shop/unit: BaseStock(up_to=6.0) → FixedLot(reorder_point=5.0, lot=40.0)
    """
    changed = baseline.decide(rules)
    old: Any = baseline.rules
    moved = {item: rule for item, rule in changed.rules.items() if rule != old[item]}  # type: ignore[union-attr]
    return Recommendation(
        title,
        reason,
        {"/".join(item): rule for item, rule in moved.items()},
        changed,
        {"/".join(item): old[item] for item in moved},
    )
