"""Every column of a scenario has a path, so that sliders, sweeps and searches can name it.

========================== =====================================================
``shop.up_to``             a field of the rule of that node, else a column of the node
``shop/bike.up_to``        the same for one product of the node: its rule, else its
                           recipe, demand or stock row
``plant->shop.lead_time``  a column of the lane (all its products and modes)
``disruptions[0].days``    a column of the first disruption
========================== =====================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from twinlab.scope.columns import Column, schema
from twinlab.scope.errors import ScenarioError, did_you_mean
from twinlab.scope.scenario import Scenario


@dataclass(frozen=True)
class Place:
    """Where a path leads: the rows or rules that hold the column, and how to change them."""

    path: str
    name: str
    holders: tuple[Any, ...]
    put_back: Callable[[tuple[Any, ...]], Scenario]

    @property
    def value(self) -> Any:
        """The value of the column in the first holder."""
        return getattr(self.holders[0], self.name)

    @property
    def column(self) -> Column | None:
        """The description of the column, if its holder has one (a plain rule has none)."""
        return next((c for c in schema(type(self.holders[0])) if c.name == self.name), None)

    def put(self, value: Any) -> Scenario:
        """The scenario with this value in every holder."""
        return self.put_back(tuple(replace(h, **{self.name: value}) for h in self.holders))


def find(scenario: Scenario, path: str) -> Place:
    """Follow a path to its column.

    Raises:
        ScenarioError: nothing has that name, or it has no such column.

    >>> from twinlab import BaseStock, Normal, serial
    >>> calm = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), rules=BaseStock(8))
    >>> find(calm, "shop.up_to").column.unit
    'units'
    """
    where, _, name = path.rpartition(".")
    numbered = re.fullmatch(r"disruptions\[(\d+)\]", where)
    places = [_of_disruption(scenario, int(numbered[1]))] if numbered else []
    # A name may hold "->", "/" or "." itself, so a path is compared with those that there are.
    places += [_of_lanes(scenario, where), *_of_rules(scenario, where), *_of_rows(scenario, where)]
    if not any(holders for holders, _ in places):
        raise ScenarioError(f"path {path!r} leads nowhere: {_hint(scenario, where)}")
    if name in _NAMES:
        raise ScenarioError(f"path {path!r}: {name!r} is a name, and other rows refer to it")
    for holders, put_back in places:
        if holders and all(name in _fields(h) for h in holders):
            return Place(path, name, holders, put_back)
    known = dict.fromkeys(f for holders, _ in places if holders for f in _fields(holders[0]))
    raise ScenarioError(f"path {path!r}: {where!r} has no {name!r}; {did_you_mean(name, known)}")


# Columns that tell a row from the others of its table.
_NAMES = ("name", "node", "product", "source", "destination", "mode")

_Found = tuple[tuple[Any, ...], Callable[[tuple[Any, ...]], Scenario]]


def _of_disruption(scenario: Scenario, at: int) -> _Found:
    def put_back(changed: tuple[Any, ...]) -> Scenario:
        rest = scenario.disruptions
        return scenario.change(disruptions=(*rest[:at], *changed, *rest[at + 1 :]))

    return scenario.disruptions[at : at + 1], put_back


def _of_lanes(scenario: Scenario, where: str) -> _Found:
    plain = "->".join(part.strip() for part in where.split("->"))
    lanes = tuple(
        v for v in scenario.network.lanes if f"{v.source}->{v.destination}" in (where, plain)
    )
    return lanes, lambda changed: scenario.change(network=scenario.network.change(*changed))


def _of_rules(scenario: Scenario, where: str) -> list[_Found]:
    rules: dict[Any, Any] = dict(scenario.rules)  # type: ignore[arg-type]
    items = [(node, product) for node, product in rules if where in (node, f"{node}/{product}")]

    def put_back(changed: tuple[Any, ...]) -> Scenario:
        return scenario.decide(dict(zip(items, changed, strict=True)))

    return [(tuple(rules[item] for item in items), put_back)] if items else []


def _of_rows(scenario: Scenario, where: str) -> list[_Found]:
    network = scenario.network
    rows: list[Any] = [n for n in network.nodes if n.name == where]
    for table in (network.recipes, network.demands, network.stocks):
        rows += [r for r in table if f"{r.node}/{r.product}" == where]
    return [((row,), lambda changed: scenario.change(network=network.change(*changed)))
            for row in rows]  # fmt: skip


def _fields(holder: Any) -> list[str]:
    return [f.name for f in fields(holder)] if is_dataclass(holder) else []


def _hint(scenario: Scenario, where: str) -> str:
    nodes = [n.name for n in scenario.network.nodes]
    lanes = [f"{v.source}->{v.destination}" for v in scenario.network.lanes]
    return did_you_mean(where, lanes if "->" in where else nodes)
