"""Sourcing: who brings it, how sure is that, and is a second source worth it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinlab.modeling import Change, Run, estimate
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.organization import PriorityFailover, Shares
from twinlab.scope import Estimate, Lane, Listing, Node, Result, Scenario, ScenarioError, State
from twinlab.scope.base import Amount, Count, ItemKey, Positive, Share, column, pd


def concentration(units: Mapping[str, Amount]) -> float:
    """Measure how concentrated purchases are: the Herfindahl–Hirschman index, 1/n to 1.

    Σ share². Its inverse is the number of equal suppliers that would be as concentrated.
    Source: Herfindahl (1950), Hirschman (1964).

    >>> concentration({"A": 75, "B": 25})
    0.625
    """
    total = sum(units.values())
    if not total:
        raise ScenarioError(f"concentration: somebody must sell more than 0, got {dict(units)}")
    return sum((value / total) ** 2 for value in units.values())


@dataclass(frozen=True)
class Supplier(Result):
    """What a supplier has sent of an item."""

    supplier: str = column("name", meaning="who")
    sent: float = column("units", meaning="in the whole history")
    share: float = column("", meaning="of what all have sent")
    freight: float = column("USD", meaning="for all that was sent")
    lead_time: float = column("days", meaning="from leaving to arrival, in the mean of the units")


@dataclass(frozen=True)
class Suppliers(Listing):
    """Who has sent how much of an item."""

    suppliers: tuple[Supplier, ...]


def describe(run: Run, item: ItemKey) -> Suppliers:
    """Show who sent how much of an item in a history, for how much freight, and after how long.

    >>> chain = serial(["mine", "shop"], demand=Constant(5), lead_time=2, on_hand={"shop": 15})
    >>> describe(simulate(Scenario(chain, BaseStock(15), days=50)), ("shop", "unit"))
    Suppliers
    supplier mine · sent 250 units · share 1 · freight 0 USD · lead time 2 days
    """
    rate = {v.key: v.cost_per_unit for v in run.scenario.network.lanes}
    rows = [
        (e.node, e.quantity, e.quantity * rate[e.node, *item, e.mode], e.quantity * (e.due - e.day))
        for e in run.log.of("shipped")
        if (e.partner, e.product) == item and e.due is not None
    ]
    sent = pd.DataFrame(rows, columns=["supplier", "units", "freight", "unit-days"])
    sums = sent.groupby("supplier", sort=False).sum().astype(float)
    total = float(sums["units"].sum())
    found = [Supplier(n, u, u / total, f, days / u) for n, u, f, days in sums.itertuples()]
    return Suppliers(tuple(found))


@dataclass(frozen=True)
class Availability(Result):
    """On which share of the days an item's suppliers can deliver."""

    needed: int = column("suppliers", meaning="that must be able to deliver")
    enough: Estimate = column("", meaning="share of the days on which at least so many can")
    suppliers: Mapping[str, Estimate] = column("", meaning="share of the days on which each can")


def predict(
    scenario: Scenario,
    item: ItemKey,
    state: State | None = None,
    seed: int = 0,
    *,
    needed: Count = 1,
    replications: int = 256,
) -> Availability:
    """Simulate the scenario's disruptions: on how many days to come can who deliver an item?

    A supplier can deliver while its outages and those of its lane leave some of the flow.
    Independent suppliers of known MTBF and MTTR: ``availability``, ``k_out_of_n``.

    Raises:
        ScenarioError: no lane brings the item.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=500)
    >>> shut = shop.disrupt(Outage.two_state("mine", fail=0.02, recover=0.1))
    >>> predict(shut, ("shop", "unit"))
    needed 1 suppliers · enough 0.8327 [0.825, 0.8405] · suppliers mine, road 0.8327 [0.825, 0.8405]
    """
    network, today = scenario.network, state.day if state else 0
    if item not in network.into:
        raise ScenarioError(f"no lane brings {item[1]!r} to {item[0]!r}: give a (node, product)")
    ahead = scenario.change(days=max(scenario.days, today + 1))
    streams = draw_streams(ahead, seed, 0, replications, state)
    works, full = {}, np.ones((ahead.days, replications))
    for lane in network.into[item]:
        source = (lane.source, lane.product)
        left = streams.shipping if source in network.brought else streams.making
        works_on = full * left.get(source, 1.0) * streams.moving.get(lane.key, 1.0) > 0
        works[f"{lane.source}, {lane.mode}"] = works_on[today:]
    enough = np.sum([*works.values()], axis=0) >= needed
    each = {name: estimate(works_on.mean(axis=0)) for name, works_on in works.items()}
    return Availability(needed, estimate(enough.mean(axis=0)), each)


def availability(up: Positive, down: Amount) -> float:
    """Share of time in which a supplier can deliver: MTBF / (MTBF + MTTR).

    >>> round(availability(up=200, down=20), 4)
    0.9091
    """
    return up / (up + down)


def k_out_of_n(needed: int, availabilities: Sequence[Share]) -> float:
    """The chance that at least so many of some independent suppliers can deliver.

    One of two: 1 − (1 − a)². Sums over who is up, one supplier at a time, so they may differ.
    Source: textbook reliability, k out of n.

    >>> round(k_out_of_n(1, [0.9, 0.9]), 4), round(k_out_of_n(2, [0.9, 0.9, 0.5]), 4)
    (0.99, 0.9)
    """
    chances = np.ones(1)
    for a in availabilities:
        chances = np.convolve(chances, [1 - a, a])
    return float(chances[max(0, needed) :].sum())


def prescribe(scenario: Scenario, lane: Lane, *, share: Share = 0.0) -> Change:
    """Recommend a second source for a share of every order, or for all while the first is shut.

    ``lane`` leads from the new source (a node that is added if there is none) to the buyer. With a
    share above 0 orders are split (``Shares``); with 0 it stands by (``PriorityFailover``).

    Raises:
        ScenarioError: the buyer has no source of this product yet.

    >>> shop = Scenario(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8), days=50)
    >>> prescribe(shop, Lane("quarry", "shop", "unit", lead_time=3), share=0.3)
    second source 'quarry': 30 % of every order of 'shop'
      quarry->shop.sourcing_share: 0.3
      mine->shop.sourcing_share: 0 → 0.7
    """
    network, item = scenario.network, (lane.destination, lane.product)
    others = [v for v in network.into.get(item, ()) if v.key != lane.key]
    if not others:
        buyer, product = item
        raise ScenarioError(f"second source: {buyer!r} has no first source of {product!r}: add one")
    total = sum(v.sourcing_share for v in others)
    parts = [(1 - share) * (v.sourcing_share / total if total else 1 / len(others)) for v in others]
    rank = max(v.sourcing_rank for v in others) + 1
    lanes = [replace(lane, sourcing_share=share, sourcing_rank=rank)]
    lanes += [replace(v, sourcing_share=p) for v, p in zip(others, parts, strict=True)]
    nodes = {node.name: node for node in network.nodes}
    new = Node(lane.source, "supplier", nodes[others[0].source].tier)
    wider = network.change(nodes.get(lane.source, new), *lanes)
    rules = {**scenario.sourcing, item: Shares() if share else PriorityFailover()}
    changed = scenario.change(network=wider, sourcing=rules)
    paths = [f"{v.source}->{v.destination}.sourcing_share" for v in lanes]
    return Change(
        dict(zip(paths, (v.sourcing_share for v in lanes), strict=True)),
        f"second source {lane.source!r}",
        f"{100 * share:g} % of every order of {item[0]!r}"
        if share
        else f"{item[0]!r} orders there while its first source is shut",
        changed,
        before={path: v.sourcing_share for path, v in zip(paths[1:], others, strict=True)},
        how=lambda chain: prescribe(chain, lane, share=share).scenario,
    )
