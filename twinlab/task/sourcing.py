"""Sourcing: who brings it, how sure is that, and is a second source worth it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from twinlab.modeling.compare import Change
from twinlab.modeling.simulation.run import Run
from twinlab.organization.view import PriorityFailover, Shares
from twinlab.scope.entities import ItemKey, Lane, Node
from twinlab.scope.errors import ScenarioError
from twinlab.scope.later import pd
from twinlab.scope.scenario import Scenario

# -- describe: who brings how much, and how concentrated that is ------------------------------


def concentration(units: Mapping[str, float]) -> float:
    """Measure how concentrated purchases are: the Herfindahl–Hirschman index, 1/n to 1.

    Σ share². Its inverse is the number of equal suppliers that would be as concentrated.
    Source: Herfindahl (1950), Hirschman (1964).

    >>> concentration({"A": 75, "B": 25})
    0.625
    """
    total = sum(units.values())
    if total <= 0 or min(units.values()) < 0:
        raise ScenarioError(f"concentration: purchases are at least 0 and not all 0, got {units}")
    return sum((value / total) ** 2 for value in units.values())


def suppliers(run: Run, item: ItemKey) -> pd.DataFrame:
    """Show who sent how much of an item in a history, for how much freight, and after how long.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), lead_time=2, on_hand={"shop": 15})
    >>> table = suppliers(simulate(Scenario(chain, BaseStock(15), days=50)), ("shop", "unit"))
    >>> table.loc["mine", ["units", "share"]].tolist()
    [250.0, 1.0]
    """
    rate = {v.key: v.cost_per_unit for v in run.scenario.network.lanes}
    rows = [
        (e.node, e.quantity, e.quantity * rate[e.node, *item, e.mode], e.quantity * (e.due - e.day))
        for e in run.log.of("shipped")
        if (e.partner, e.product) == item and e.due is not None
    ]
    sent = pd.DataFrame(rows, columns=["supplier", "units", "freight [USD]", "unit-days"])
    table = sent.groupby("supplier", sort=False).sum()
    table.insert(1, "share", table["units"] / table["units"].sum())
    table["lead time [days]"] = table.pop("unit-days") / table["units"]
    return table


# -- predict: will somebody deliver? ----------------------------------------------------------


def availability(up: float, down: float) -> float:
    """Share of time in which a supplier can deliver: MTBF / (MTBF + MTTR).

    >>> round(availability(up=200, down=20), 4)
    0.9091
    """
    if up <= 0 or down < 0:
        raise ScenarioError(f"availability: up {up:g} is above 0 and down {down:g} at least 0")
    return up / (up + down)


def k_out_of_n(needed: int, availabilities: Sequence[float]) -> float:
    """The chance that at least so many of some independent suppliers can deliver.

    One of two: 1 − (1 − a)². Sums over who is up, one supplier at a time, so they may differ.
    Source: textbook reliability, k out of n.

    >>> round(k_out_of_n(1, [0.9, 0.9]), 4), round(k_out_of_n(2, [0.9, 0.9, 0.5]), 4)
    (0.99, 0.9)
    """
    if not all(0 <= a <= 1 for a in availabilities):
        raise ScenarioError(f"k_out_of_n: availabilities lie in 0 to 1, got {list(availabilities)}")
    chances = np.ones(1)
    for a in availabilities:
        chances = np.convolve(chances, [1 - a, a])
    return float(chances[max(0, needed) :].sum())


# -- prescribe: take a second source ----------------------------------------------------------


def second_source(scenario: Scenario, lane: Lane, share: float = 0.0) -> Change:
    """Recommend a second source for a share of every order, or for all while the first is shut.

    ``lane`` leads from the new source (a node that is added if there is none) to the buyer. With a
    share above 0 orders are split (``Shares``); with 0 it stands by (``PriorityFailover``).

    Raises:
        ScenarioError: the buyer has no source of this product yet, or a share outside 0 to 1.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> print(second_source(shop, Lane("quarry", "shop", "unit", lead_time=3), share=0.3))
    second source 'quarry': 30 % of every order of 'shop'
      quarry->shop.sourcing_share: 0.3
      mine->shop.sourcing_share: 0.7
    """
    network, item = scenario.network, (lane.destination, lane.product)
    others = [v for v in network.into.get(item, ()) if v.key != lane.key]
    if not others or not 0 <= share <= 1:
        raise ScenarioError(
            f"second_source: {item[0]!r} buys {item[1]!r} from {len(others)} others, share "
            f"{share:g}: there must be a first source, and a share of 0 to 1"
        )
    total = sum(v.sourcing_share for v in others)
    left = {
        v: (1 - share) * (v.sourcing_share / total if total else 1 / len(others)) for v in others
    }
    rank = max(v.sourcing_rank for v in others) + 1
    rows: list[Lane | Node] = [replace(v, sourcing_share=part) for v, part in left.items()]
    rows.append(replace(lane, sourcing_share=share, sourcing_rank=rank))
    if lane.source not in [n.name for n in network.nodes]:
        rows.append(Node(lane.source, "supplier", network.node(others[0].source).tier))
    rule = Shares() if share else PriorityFailover()
    changed = scenario.change(
        network=network.change(*rows), sourcing={**scenario.sourcing, item: rule}
    )
    reason = f"{item[0]!r} orders there while its first source is shut"
    if share:
        reason = f"{100 * share:g} % of every order of {item[0]!r}"
    change = {
        f"{v.source}->{v.destination}.sourcing_share": part
        for v, part in {lane: share, **left}.items()
    }
    return Change(change, f"second source {lane.source!r}", reason, changed)
