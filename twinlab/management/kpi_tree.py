"""The KPI tree: a chain's figures by SCOR attribute, each split until somebody can be asked.

Names and codes are those of SCOR 12.0 where a figure corresponds to one (SCOR DS keeps most names);
the texts are ASCM's, the formulas are ours. RL.1.1 is judged by time and quantity only: nobody
damages goods or loses papers here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinlab.management.groups import BY, grouped
from twinlab.management.kpi_metrics import ASSETS, MONEY, SERVICE, History, Metric, Parts, costs
from twinlab.management.money import unit_worth
from twinlab.management.tables import html_of, shown
from twinlab.modeling.kpis import Value
from twinlab.modeling.measures import COSTS
from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of the tree and what explains it: value = Σ weight × value of its children.

    Of a batch, value and weight are arrays over histories; ``mean`` is for reading.
    """

    name: str
    code: str
    unit: str
    value: Value
    weight: Value = 1.0
    children: tuple[Figure, ...] = ()

    @property
    def mean(self) -> float:
        """The value; of many histories, its mean over those that have one."""
        known = np.asarray(self.value)[~np.isnan(self.value)]
        return float(known.mean()) if known.size else float("nan")

    @property
    def explained(self) -> Value:
        """What the children amount to: the value, if there are any."""
        held = [c for c in self.children if np.any(np.asarray(c.weight) != 0)]
        return sum(np.where(c.weight == 0, 0.0, c.weight * np.nan_to_num(c.value)) for c in held)

    def lines(self, indent: str = "") -> Iterable[str]:
        """The figure and its children as indented lines."""
        label = f"{self.code} {self.name}".strip()
        yield f"{indent}{label}: {shown(self.mean)} {self.unit}"
        for child in self.children:
            yield from child.lines(indent + "  ")

    def __repr__(self) -> str:
        """The figure and its children."""
        return "\n".join(self.lines())

    @property
    def table(self) -> pd.DataFrame:
        """One row per child: its mean value, and its mean weight in this figure."""
        import pandas as pd  # half a second; `import twinlab` stays quick

        rows = [(c.name, c.mean, float(np.nanmean(c.weight))) for c in self.children]
        head = [self.name, f"value [{self.unit}]", "weight"]
        return pd.DataFrame(rows, columns=head).set_index(self.name)

    def _repr_html_(self) -> str:
        return html_of(self.table, f"{self.code} {self.name}: {shown(self.mean)} {self.unit}")


@dataclass(frozen=True, eq=False, repr=False)
class KPITree:
    """The figures of a history under SCOR's attributes.

    >>> from twinlab import BaseStock, Scenario, Trace, serial, simulate
    >>> shop = serial(["mine", "shop"], demand=Trace((3, 6)), on_hand={"shop": 5})
    >>> kpi_tree(simulate(Scenario(shop, BaseStock(5), days=2)))["RL.1.1"]
    RL.1.1 Perfect Order Fulfillment: 0.5 share
    """

    history: History
    metrics: tuple[Metric, ...]

    def __getitem__(self, name: str) -> Figure:
        """A figure by its code or name."""
        return self._figure(self._metric(name), ())

    def drill(self, name: str, *by: str) -> Figure:
        """Split a figure by tier, role, country, node or product; by two of them in turn.

        Raises:
            ScenarioError: no such figure, or nothing to split by.

        >>> from twinlab import BaseStock, Trace, Scenario, serial, simulate
        >>> chain = serial(["mine", "shop"], demand=Trace((3, 4)), on_hand={"shop": 9},
        ...                holding_cost=2)
        >>> kpi_tree(simulate(Scenario(chain, BaseStock(9), days=2))).drill("CO.1.1", "node")
        CO.1.1 Total Supply Chain Management Costs: 18 USD/day
          mine: 7 USD/day
          shop: 11 USD/day
        """
        for word in by:
            if word not in (*BY, "product"):
                raise ScenarioError(f"drill by {word!r}: {did_you_mean(word, (*BY, 'product'))}")
        return self._figure(self._metric(name), by)

    def _metric(self, name: str) -> Metric:
        for metric in self.metrics:
            if name in (metric.code, metric.name) and name:
                return metric
        known = [m.code or m.name for m in self.metrics]
        raise ScenarioError(f"no figure {name!r}; {did_you_mean(name, known)}")

    def _figure(self, metric: Metric, by: Sequence[str]) -> Figure:
        upstream_first = list(grouped(self.history.scenario.network, "node"))
        found = metric.parts(self.history)
        parts = dict(sorted(found.items(), key=lambda part: upstream_first.index(part[0][0])))
        return _split(metric, parts, self._labels(by), len(self.history.days), metric.name)

    def _labels(self, by: Sequence[str]) -> list[Callable[[ItemKey], str]]:
        network = self.history.scenario.network
        found: list[Callable[[ItemKey], str]] = []
        for word in by:
            if word == "product":
                found.append(lambda item: item[1] or "all products")
            else:
                groups = grouped(network, word)
                of = {node: label for label, nodes in groups.items() for node in nodes}
                found.append(lambda item, of=of: of[item[0]])  # type: ignore[misc]
        return found

    @property
    def table(self) -> pd.DataFrame:
        """One row per figure, under its attribute."""
        import pandas as pd  # half a second; `import twinlab` stays quick

        figures = [(m, self._figure(m, ())) for m in self.metrics]
        rows = [(m.attribute, m.code or "–", m.name, f.mean, m.unit) for m, f in figures]
        head = ["attribute", "SCOR code", "KPI", "value", "unit"]
        return pd.DataFrame(rows, columns=head).set_index("KPI")

    def __repr__(self) -> str:
        """One line per figure, under its attribute."""
        lines, last = [], ""
        for metric in self.metrics:
            lines += [metric.attribute] if metric.attribute != last else []
            last = metric.attribute
            lines += self._figure(metric, ()).lines("  ")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_of(self.table, "KPI tree")


def _split(
    metric: Metric, parts: Parts, labels: Sequence[Callable[[ItemKey], str]], days: int, name: str
) -> Figure:
    """The figure of some parts, split by the first label, and so on."""
    above: Value = sum((a for a, _ in parts.values()), start=0.0)
    below: Value = sum((b for _, b in parts.values()), start=0.0) if metric.ratio else days
    groups: dict[str, Parts] = {}
    for item, part in parts.items() if labels else ():
        groups.setdefault(labels[0](item), {})[item] = part
    children = [_split(metric, part, labels[1:], days, label) for label, part in groups.items()]
    if metric.ratio:
        weights = [_over(sum(b for _, b in part.values()), below) for part in groups.values()]
        children = [_weighed(c, w) for c, w in zip(children, weights, strict=True)]
    top = name == metric.name
    return Figure(name, metric.code if top else "", metric.unit, _over(above, below), 1.0,
                  tuple(children))  # fmt: skip


def _weighed(figure: Figure, weight: Value) -> Figure:
    return Figure(figure.name, "", figure.unit, figure.value, weight, figure.children)


def _over(above: Value, below: Value) -> Value:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.asarray(below) > 0, np.divide(above, below), np.nan)
    return ratio if ratio.ndim else float(ratio)


def kpi_tree(history: History, prices: Mapping[str, float] | None = None) -> KPITree:
    """Arrange the KPIs of a run or a batch by SCOR attribute, ready to drill down.

    With prices (USD per unit sold, by product; else those of the demand rows, if any), profit =
    revenue − costs is one of them: where sales are lost, costs alone fall when a site closes.

    Raises:
        ScenarioError: a price of something that no customer asks for.

    >>> from twinlab import BaseStock, Scenario, Trace, serial, simulate
    >>> shop = serial(["mine", "shop"], demand=Trace((3, 4)), holding_cost=2, on_hand={"shop": 9})
    >>> tree = kpi_tree(simulate(Scenario(shop, BaseStock(9), days=2)), prices={"unit": 10})
    >>> tree["profit"].value  # sells 3.5 units a day for 10 USD, and pays 18 USD a day
    17.0
    """
    price = unit_worth(history.scenario.network, prices) if prices else {}
    metrics = [*SERVICE, *MONEY]
    if prices or any(d.price for d in history.scenario.network.demands):

        def profit(of: History) -> Parts:
            return {item: (_revenue(of, item, price) - cost, 1.0)
                    for item, (cost, _) in costs(COSTS)(of).items()}  # fmt: skip

        metrics.append(Metric("profit", "", "profit", "USD/day", profit, ratio=False))
    return KPITree(history, tuple([*metrics, *ASSETS]))


def _revenue(history: History, item: ItemKey, price: Mapping[ItemKey, float]) -> Value:
    if price:
        return history.total("served", *item) * price.get(item, 0.0)
    return history.total("revenue", *item)
