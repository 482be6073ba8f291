"""Sourcing: who brings it, how sure is that, and is a second source worth it?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twinlab.modeling.run import Run
from twinlab.organization.sourcing import PriorityFailover, Shares
from twinlab.scope.chance import Distribution
from twinlab.scope.columns import Row, column
from twinlab.scope.entities import ItemKey, Lane, Node
from twinlab.scope.errors import ScenarioError, SolverError
from twinlab.scope.scenario import Scenario
from twinlab.task.recommendation import Answer, Recommendation

if TYPE_CHECKING:
    import pandas as pd

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

    >>> from twinlab import BaseStock, Constant, serial, simulate
    >>> chain = serial(["mine", "shop"], demand=Constant(5), lead_time=2, on_hand={"shop": 15})
    >>> table = suppliers(simulate(Scenario(chain, BaseStock(15), days=50)), ("shop", "unit"))
    >>> table.loc["mine", ["units", "share"]].tolist()
    [250.0, 1.0]
    """
    import pandas as pd  # half a second; `import twinlab` stays quick

    node, product = item
    rows: dict[str, list[float]] = {}
    rates = {v.key: v.cost_per_unit for v in run.scenario.network.lanes}
    for sent in run.log.of("shipped"):
        if (sent.partner, sent.product) == item and sent.due is not None:
            cost = rates[sent.node, node, product, sent.mode] * sent.quantity
            row = rows.setdefault(sent.node, [0.0, 0.0, 0.0])
            days = (sent.due - sent.day) * sent.quantity
            rows[sent.node] = [row[0] + sent.quantity, row[1] + cost, row[2] + days]
    total = sum(row[0] for row in rows.values())
    table = {
        name: {"units": units, "share": units / total, "freight [USD]": cost,
               "lead time [days]": days / units}
        for name, (units, cost, days) in rows.items()
    }  # fmt: skip
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("supplier")


# -- predict: will somebody deliver, and how late? --------------------------------------------


def availability(up: float, down: float) -> float:
    """Share of time in which a supplier can deliver: MTBF / (MTBF + MTTR).

    >>> round(availability(up=200, down=20), 4)
    0.9091
    """
    if up <= 0 or down < 0:
        raise ScenarioError(f"availability: up {up:g} is above 0 and down {down:g} at least 0")
    return up / (up + down)


def at_least(needed: int, availabilities: Sequence[float]) -> float:
    """The chance that at least so many of some independent suppliers can deliver.

    One of two: 1 − (1 − a)². Sums over who is up, one supplier at a time (no formula is needed
    where they differ). Source: textbook reliability, k out of n.

    >>> round(at_least(1, [0.9, 0.9]), 4), round(at_least(2, [0.9, 0.9, 0.5]), 4)
    (0.99, 0.9)
    """
    if not all(0 <= a <= 1 for a in availabilities):
        raise ScenarioError(f"at_least: availabilities lie in 0 to 1, got {list(availabilities)}")
    chances = np.ones(1)
    for a in availabilities:
        chances = np.convolve(chances, [1 - a, a])
    return float(chances[max(0, needed) :].sum())


@dataclass(frozen=True)
class Lateness(Answer):
    """How often and how much later than promised goods arrive."""

    chance: float = column("share", meaning="of deliveries after the promised day")
    mean_days: float = column("days", meaning="mean delay of the late ones")


def lateness(
    lead_time: Distribution, promised: float, draws: int = 20_000, seed: int = 0
) -> Lateness:
    """Predict how late deliveries come, from the lead time's distribution in whole days.

    >>> from twinlab import Empirical
    >>> print(lateness(Empirical((8, 9, 9, 12)), promised=9))
    chance 0.2494 share · mean days 3 days
    """
    generator = np.random.default_rng(seed)
    days = np.round(lead_time.draw(generator, np.ones(draws), 1)).ravel()
    late = days[days > promised] - promised
    return Lateness(len(late) / len(days), float(late.mean()) if len(late) else 0.0)


# -- prescribe: split the volume, or take a second source -------------------------------------


@dataclass(frozen=True)
class Offer(Row):
    """What a supplier offers: a price, and how much it can bring.

    >>> Offer("A", price=5, capacity=60).price
    5.0
    """

    supplier: str = column("name", meaning="who offers")
    price: float = column("USD/unit", meaning="price with freight and duty", low=0)
    capacity: float = column("units/day", math.inf, "most it can bring", low=0)


@dataclass(frozen=True)
class Allocation(Answer):
    """Who should bring how much, and what a unit more of each capacity would save."""

    units: Mapping[str, float] = column("units/day", meaning="by supplier")
    cost: float = column("USD/day", meaning="of all purchases")
    worth: Mapping[str, float] = column("USD/unit", meaning="of one more unit of capacity")


def allocate(need: float, offers: Sequence[Offer], most_share: float = 1.0) -> Allocation:
    """Split a need over suppliers so that it costs least, within their capacities.

    min Σ p_s x_s with Σ x_s = need, 0 ≤ x_s ≤ min(capacity_s, most_share · need): a linear program
    (HiGHS). ``most_share`` below 1 forces a second source. The worth of capacity is its dual price.

    Raises:
        SolverError: the suppliers together cannot bring the need.

    >>> print(allocate(100, [Offer("near", 6), Offer("far", 5, capacity=60)]))
    units near 40, far 60 units/day · cost 540 USD/day · worth near 0, far 1 USD/unit
    """
    from scipy.optimize import linprog  # a third of a second

    tops = [min(o.capacity, most_share * need) for o in offers]
    if sum(tops) < need:
        raise SolverError(
            f"allocate: {need:g} units/day are needed, {sum(tops):g} can be bought: add an offer, "
            "or raise most_share"
        )
    prices = [o.price for o in offers]
    found = linprog(
        prices, A_eq=[[1.0] * len(offers)], b_eq=[need], bounds=[(0, t) for t in tops],
        method="highs",
    )  # fmt: skip
    if found.status != 0:
        raise SolverError(f"allocate: {found.message}")
    names = [o.supplier for o in offers]
    bound = [o.capacity <= most_share * need for o in offers]
    worth = [
        0.0 - price if own else 0.0 for price, own in zip(found.upper.marginals, bound, strict=True)
    ]
    return Allocation(
        dict(zip(names, map(float, found.x), strict=True)), float(found.fun),
        dict(zip(names, map(float, worth), strict=True)),
    )  # fmt: skip


def second_source(scenario: Scenario, lane: Lane, share: float = 0.0) -> Recommendation:
    """Recommend a second source: it gets a share of every order, or all orders while the first is shut.

    ``lane`` leads from the new source (a node that is added if there is none) to the buyer. With a
    share above 0 orders are split (``Shares``); with 0 it stands by (``PriorityFailover``).

    Raises:
        ScenarioError: the buyer has no source of this product yet, or a share outside 0 to 1.

    >>> from twinlab import BaseStock, Normal, serial
    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> print(second_source(shop, Lane("quarry", "shop", "unit", lead_time=3), share=0.3))
    second source 'quarry': 30 % of every order of 'shop'
      quarry->shop.sourcing_share: 0.3
      mine->shop.sourcing_share: 0.7
    """  # noqa: E501 (one sentence)
    network, item = scenario.network, (lane.destination, lane.product)
    others = [v for v in network.lanes if (v.destination, v.product) == item and v.key != lane.key]
    if not others or not 0 <= share <= 1:
        raise ScenarioError(
            f"second_source: {item[0]!r} buys {item[1]!r} from {len(others)} others, share "
            f"{share:g}: there must be a first source, and a share of 0 to 1"
        )
    total = sum(v.sourcing_share for v in others)
    rank = max(v.sourcing_rank for v in others) + 1
    left = {v.key: (1 - share) * (v.sourcing_share / total if total else 1 / len(others))
            for v in others}  # fmt: skip
    rows: list[Lane | Node] = [replace(v, sourcing_share=left[v.key]) for v in others]
    rows.append(replace(lane, sourcing_share=share, sourcing_rank=rank))
    if lane.source not in [n.name for n in network.nodes]:
        tier = network.node(others[0].source).tier
        rows.append(Node(lane.source, "supplier", tier))
    rule = Shares() if share else PriorityFailover()
    changed = scenario.change(
        network=network.change(*rows), sourcing={**scenario.sourcing, item: rule}
    )
    buyer = lane.destination
    standby = f"{buyer!r} orders there while its first source is shut"
    reason = f"{100 * share:g} % of every order of {buyer!r}" if share else standby
    change = {f"{lane.source}->{lane.destination}.sourcing_share": share}
    change |= {f"{v.source}->{v.destination}.sourcing_share": left[v.key] for v in others}
    return Recommendation(f"second source {lane.source!r}", reason, change, changed)
