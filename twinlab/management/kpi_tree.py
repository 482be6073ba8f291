"""The KPI tree: a chain's figures by SCOR attribute, each split until somebody can be asked.

Names and codes are those of SCOR 12.0 where a figure corresponds to one (SCOR DS keeps most names);
the texts are ASCM's, the formulas ours. RL.1.1 is judged by time and quantity only, not by damage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinlab.modeling import Replications, Run
from twinlab.modeling.simulation.kpis import Value, ratio
from twinlab.modeling.simulation.measures import COSTS
from twinlab.scope import Network, Result, ScenarioError, tiers
from twinlab.scope.base import ItemKey, check_known, did_you_mean, pd, shown

__all__ = ["kpi_tree"]

BY = ("tier", "role", "country", "node")


def grouped(network: Network, by: str = "tier") -> dict[str, list[str]]:
    """List the nodes of every group under its label, upstream first."""
    check_known(by, BY, f"by={by!r}")
    tier = tiers(network)
    groups: dict[str, list[str]] = {}
    for node in sorted(network.nodes, key=lambda node: -tier[node.name]):
        label = tier[node.name] if by == "tier" else getattr(node, "name" if by == "node" else by)
        groups.setdefault(str(label) or f"no {by}", []).append(node.name)
    if by != "tier":
        return groups
    roles = {n.name: n.role for n in network.nodes}
    return {f"tier {key}: {_gist(names, roles)}": names for key, names in groups.items()}


def _gist(names: list[str], roles: dict[str, str]) -> str:
    """Few words for some nodes: their names, else their roles, else how many they are."""
    kinds = [role for role in dict.fromkeys(roles[name] for name in names) if role]
    for words in (", ".join(names), ", ".join(kinds)):
        if words and len(words) <= 30:  # letters; a longer list is counted instead
            return words
    return f"{kinds[0]} and {len(kinds) - 1} other kinds" if kinds[1:] else f"{len(names)} sites"


History = Run | Replications
Parts = dict[ItemKey, tuple[Value, Value]]  # what each item adds above and below the line
Labels = dict[ItemKey, str]


@dataclass(frozen=True)
class Metric:
    """A figure as a formula of measures: Σ (plus − minus) over Σ over, or over days without any."""

    attribute: str
    code: str
    name: str
    unit: str
    plus: str = ""  # names of measures
    over: str = ""
    minus: str = ""
    asked: bool = False  # only of items that customers ask

    def parts(self, history: History) -> Parts:
        """What each (node, product) adds above and below the line."""
        network = history.scenario.network
        items = [(d.node, d.product) for d in network.demands] if self.asked else network.items
        formula = (self.plus, self.minus, self.over)
        sums = ((item, [_total(history, names, item) for names in formula]) for item in items)
        return {item: (plus - minus, over) for item, (plus, minus, over) in sums}


@dataclass(frozen=True)
class SpareCapacity(Metric):
    """Mean capacity less what is made or supplied, over capacity, of nodes that have a limit."""

    def parts(self, history: History) -> Parts:
        """What is spare, and what there is, of each node."""
        network, days = history.scenario.network, len(history.days)
        found: Parts = {}
        for node in network.nodes:
            if np.isfinite(node.capacity):
                here = [item for item in network.items if item[0] == node.name]
                used = sum(_total(history, "started", item) for item in here)
                given = (item for item in here if item not in network.brought)
                used += sum(_total(history, "shipped served", item) for item in given)
                found[node.name, ""] = (node.mean_output * days - used, node.mean_output * days)
        return found


def _total(history: History, names: str, item: ItemKey) -> Value:
    return sum((history.total(name, *item) for name in names.split()), start=0.0)


_COSTS = " ".join(COSTS)
_FIGURES: dict[str, list[tuple[Any, ...]]] = {
    "reliability": [
        ("RL.1.1", "Perfect Order Fulfillment", "share", "lines_in_full", "lines", "", True),
        ("", "fill rate", "share", "on_time", "demand", "", True),
        ("", "cycle service level", "share", "cycles", "cycles", "cycles_spoilt", True),
    ],
    "responsiveness": [
        # Little's law: mean units owed / mean units handed over, where customers ask.
        ("RS.1.1", "Order Fulfillment Cycle Time", "days", "backlog", "served shipped", "", True),
        ("", "replenishment lead time", "days", "on_order", "received finished scrap"),
    ],
    "agility": [("", "spare capacity", "share", "", "capacity")],
    "cost": [
        ("CO.1.1", "Total Supply Chain Management Costs", "USD/day", _COSTS),
        *(("", f"{kind.replace('_', ' ')} cost", "USD/day", kind) for kind in COSTS),
    ],
    # Where sales are lost, costs alone fall when a site closes.
    "profit": [("", "profit", "USD/day", "revenue", "", _COSTS)],
    "assets": [
        ("AM.2.2", "Inventory Days of Supply", "days", "on_hand", "outflow"),
        ("", "mean stock", "units", "on_hand"),
    ],
    "sustainability": [("", "transport emissions", "kg CO2e/day", "emissions")],
}
METRICS = tuple(
    (SpareCapacity if attribute == "agility" else Metric)(attribute, *row)
    for attribute, rows in _FIGURES.items()
    for row in rows
)


class Figure(Result, frozen=True, eq=False):
    """A figure of the tree and what explains it: value = Σ weight × value of its children.

    Of a batch, value and weight are arrays over replications; ``mean`` is for reading.
    """

    name: str
    code: str
    unit: str
    value: Value
    children: "tuple[Figure, ...]" = ()
    weight: Value = 1.0

    @property
    def mean(self) -> float:
        """The value; of many replications, its mean over those that have one."""
        known = np.asarray(self.value)[~np.isnan(self.value)]
        return float(known.mean()) if known.size else float("nan")

    def lines(self, indent: str = "") -> Iterable[str]:
        """The figure and its children as indented lines."""
        yield f"{indent}{f'{self.code} {self.name}'.strip()}: {shown(self.mean)} {self.unit}"
        for child in self.children:
            yield from child.lines(indent + "  ")

    def _sentence(self) -> str:
        return "\n".join(self.lines())


class KPITree(Result, frozen=True, eq=False):
    """The figures of a history under SCOR's attributes."""

    caption = "KPI tree"
    history: History
    metrics: tuple[Metric, ...]

    def __getitem__(self, name: str) -> Figure:
        return self.drill(name)

    def drill(self, name: str, *by: str) -> Figure:
        """Split a figure by tier, role, country, node or product; by two of them in turn.

        Raises a ScenarioError where there is no such figure, or nothing to split by.
        """
        metric = next((m for m in self.metrics if name and name in (m.code, m.name)), None)
        if metric is None:
            known = [m.code or m.name for m in self.metrics]
            raise ScenarioError(f"no figure {name!r}; {did_you_mean(name, known)}")
        order = list(grouped(self.history.scenario.network, "node"))
        found = metric.parts(self.history)
        parts = {item: found[item] for item in sorted(found, key=lambda i: order.index(i[0]))}
        labels = [self._labels(word, list(parts)) for word in by]
        return replace(_split(metric, parts, labels, len(self.history.days)), code=metric.code)

    def _labels(self, word: str, items: Iterable[ItemKey]) -> Labels:
        if word == "product":
            return {item: item[1] or "all products" for item in items}
        check_known(word, (*BY, "product"), f"drill by {word!r}")
        groups = grouped(self.history.scenario.network, word)
        of = {node: label for label, nodes in groups.items() for node in nodes}
        return {item: of[item[0]] for item in items}

    @property
    def table(self) -> "pd.DataFrame":
        """One row per figure, under its attribute."""
        rows = [
            (m.attribute, m.code or "–", m.name, self[m.name].mean, m.unit) for m in self.metrics
        ]
        head = ["attribute", "SCOR code", "KPI", "value", "unit"]
        return pd.DataFrame(rows, columns=head).set_index("KPI")

    def _sentence(self) -> str:
        lines = []
        for attribute in dict.fromkeys(metric.attribute for metric in self.metrics):
            names = [m.name for m in self.metrics if m.attribute == attribute]
            lines += [attribute, *(line for name in names for line in self[name].lines("  "))]
        return "\n".join(lines)


def _split(metric: Metric, parts: Parts, labels: Sequence[Labels], days: int) -> Figure:
    """The figure of some parts, split by the first labels, those in turn by the next."""
    above = sum((a for a, _ in parts.values()), start=0.0)
    below = sum((b for _, b in parts.values()), start=0.0) if metric.over else days
    groups: dict[str, Parts] = {}
    for item, part in parts.items() if labels else ():
        groups.setdefault(labels[0][item], {})[item] = part
    children = []
    for label, group in groups.items():
        child = _split(metric, group, labels[1:], days)
        weight = ratio(sum(b for _, b in group.values()), below) if metric.over else 1.0
        children.append(replace(child, name=label, weight=weight))
    return Figure(metric.name, "", metric.unit, ratio(above, below), tuple(children))


def kpi_tree(history: History) -> KPITree:
    """Arrange the KPIs of a run or a batch by SCOR attribute, ready to drill down.

    Profit = revenue − costs is among them if customers pay a price.

    >>> shop = serial(["mine", "shop"], demand=Trace((3, 6)), on_hand={"shop": 5})
    >>> kpi_tree(simulate(Scenario(shop, BaseStock(5), days=2)))["RL.1.1"]
    RL.1.1 Perfect Order Fulfillment: 0.5 share
    """
    sold = any(d.price for d in history.scenario.network.demands)
    return KPITree(history, tuple(m for m in METRICS if sold or m.name != "profit"))
