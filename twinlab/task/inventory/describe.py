"""Describe: what is in stock now, how many days it covers, and which items matter most."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from twinlab.scope.entities import ItemKey
from twinlab.scope.errors import ScenarioError
from twinlab.scope.network import Network
from twinlab.scope.scenario import Scenario
from twinlab.scope.state import State
from twinlab.task.flows import requirements

if TYPE_CHECKING:
    import pandas as pd


def backlog_of(network: Network, state: State, item: ItemKey) -> float:
    """Units that an item owes to customers, to other nodes and to its node's own production.

    >>> from twinlab import Normal, serial
    >>> chain = serial(["mine", "shop"], demand=Normal(5, 1))
    >>> backlog_of(chain, State.initial(chain), ("shop", "unit"))
    0.0
    """
    node, product = item
    lanes = [v.key for v in network.lanes if (v.source, v.product) == item]
    owed = math.fsum(state.owed.get(claim, 0.0) for claim in [*lanes, item])
    made = [r for r in network.recipes if r.node == node and product in r.components]
    return owed + math.fsum(state.to_make[node, r.product] * r.components[product] for r in made)


def cover(scenario: Scenario, state: State | None = None) -> pd.DataFrame:
    """Show stock, inventory position and days of cover of every item that keeps stock.

    days of cover = on hand / average demand; position cover = (on hand + on order − backlog) /
    average demand. Demand of an upstream item is what customers' average demand takes of it
    (``requirements``). Without a state: the first morning.

    >>> from twinlab import BaseStock, Normal, serial
    >>> shop = serial(["mine", "shop"], demand=Normal(5, 1), on_hand={"shop": 20})
    >>> float(cover(Scenario(shop, BaseStock(30))).loc[("shop", "unit"), "cover [days]"])
    4.0
    """
    import pandas as pd  # half a second; `import twinlab` stays quick

    now = state if state is not None else State.initial(scenario.network)
    rates = requirements(scenario)
    rows = {}
    for item, on_hand in now.on_hand.items():
        owed = backlog_of(scenario.network, now, item)
        position = on_hand + now.on_order.get(item, 0.0) - owed
        rate = rates[item] if rates[item] > 0 else math.nan
        rows[item] = {
            "on hand [units]": on_hand,
            "on order [units]": now.on_order.get(item, 0.0),
            "backlog [units]": owed,
            "demand [units/day]": rates[item],
            "cover [days]": on_hand / rate,
            "position cover [days]": position / rate,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["node", "product"])


def abc(turnover: Mapping[str, float], a: float = 0.8, b: float = 0.95) -> dict[str, str]:
    """Class items by their share of the turnover: A up to 80 %, B up to 95 %, C the rest.

    The item that crosses a border belongs to the better class. Source: Dickie (1951).

    Raises:
        ScenarioError: a turnover below zero, or borders that do not rise from 0 to 1.

    >>> abc({"engine": 700, "radio": 180, "mat": 90, "cap": 30})
    {'engine': 'A', 'radio': 'A', 'mat': 'B', 'cap': 'C'}
    """
    if not 0 < a <= b <= 1 or min(turnover.values(), default=0.0) < 0:
        raise ScenarioError(
            f"abc: borders {a:g} and {b:g} must rise from 0 to 1, and no turnover is below 0"
        )
    total, before, found = sum(turnover.values()), 0.0, {}
    for name, value in sorted(turnover.items(), key=lambda row: -row[1]):
        share = before / total if total else 1.0
        found[name] = "A" if share < a else "B" if share < b else "C"
        before += value
    return found
