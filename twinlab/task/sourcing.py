"""Sourcing: who brings it, how sure is that, and is a second source worth it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress, product
from typing import Any

import numpy as np

from twinlab.management.flows import mean_flows, stopped_costs
from twinlab.modeling import Change, Run, estimate
from twinlab.modeling.simulation.random_streams import draw_streams
from twinlab.organization import PriorityFailover, Shares, View
from twinlab.scope import Estimate, Lane, Listing, Network, Node, Result, Scenario, ScenarioError
from twinlab.scope.base import ItemKey, Row, State, check_known, column, lane_paths, pd, shown
from twinlab.scope.kinds import Amount, Count, Positive, Share, Whole


class Supplier(Result, frozen=True):
    """What a supplier has sent of an item."""

    supplier: str = column("name", meaning="who")
    sent: float = column("units", meaning="in the whole history")
    share: float = column("", meaning="of what all have sent")
    freight: float = column("USD", meaning="for all that was sent")
    lead_time: float = column("days", meaning="from leaving to arrival, in the mean of the units")


class Suppliers(Listing, frozen=True):
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


class Availability(Result, frozen=True):
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
    ahead = scenario.change(days=max(scenario.days, today + 1))
    streams = draw_streams(ahead, seed, 0, replications, state)
    ways, every = _open(network, streams, item), np.ones((ahead.days, replications), dtype=bool)
    lanes = zip(network.into[item], ways, strict=True)
    works = {f"{v.source}, {v.mode}": (every & way)[today:] for v, way in lanes}
    enough = np.sum([*works.values()], axis=0) >= needed
    each = {name: estimate(works_on.mean(axis=0)) for name, works_on in works.items()}
    return Availability(needed, estimate(enough.mean(axis=0)), each)


def _open(network: Network, streams: Any, item: ItemKey, passed: Any = None) -> list[Any]:
    """When each lane can bring an item; with ``passed`` as if nobody upstream had stock."""
    if item not in network.into:
        raise ScenarioError(f"no lane brings {item[1]!r} to {item[0]!r}: give a (node, product)")
    found = []
    for lane in network.into[item]:
        items = [(lane.source, lane.product)]
        left = streams.shipping if items[0] in network.brought else streams.making
        works = np.multiply(left.get(items[0], 1.0), streams.moving.get(lane.key, 1.0)) > 0
        for one in items if passed is not None else ():
            if one in network.made:
                items += [(one[0], part) for part in network.made[one].components]
            elif one in network.into and one not in passed:
                ways = _open(network, streams, one, (*passed, one))
                works = works & np.any(np.broadcast_arrays(*ways), axis=0)
        found.append(works)
    return found


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
    then = dict(zip(paths, (v.sourcing_share for v in lanes), strict=True))
    before = {path: v.sourcing_share for path, v in zip(paths[1:], others, strict=True)}
    reason = f"{100 * share:g} % of every order of {item[0]!r}"
    if not share:
        reason = f"{item[0]!r} orders there while its first source is shut"
    title, how = f"second source {lane.source!r}", partial(prescribe, lane=lane, share=share)
    return Change(then, title, reason, changed, before, how=lambda chain: how(chain).scenario)


class Offer(Row, frozen=True):
    """What a supplier offers, and how surely it delivers."""

    name: str = column("name", meaning="who offers")
    price: float = column("USD/unit", 0.0, "paid for what comes", low=0)
    capacity: float = column("units/period", np.inf, "most that it delivers", low=0)
    down: float = column("share", 0.0, "chance that it is down by itself", low=0, high=1)
    fixed_cost: float = column("USD/period", 0.0, "of having it as a supplier", low=0)
    least: float = column("units/period", 0.0, "least order of who is chosen", low=0)
    group: str = column("label", "", "whom a common event strikes together")


class SupplierChoice(Result, frozen=True):
    """Whom to have as suppliers, for what, and what that costs in the mean of all cases."""

    orders: Mapping[str, float] = column("units/period", meaning="while all are up; 0: stands by")
    cost: float = column("USD/period", meaning="of suppliers, purchases and what lacks")
    lacking: float = column("units/period", meaning="that do not come")


def choose_suppliers(
    offers: Sequence[Offer],
    demand: Positive,
    lost: Amount,
    common: Share | Mapping[str, Share] = 0.0,
    fewest: Whole = 1,
    most: Count | None = None,
) -> SupplierChoice:
    """Choose how many suppliers to have, which, and their orders, at least expected cost.

    Each is down by its own chance; an event takes all down by the chance ``common``, or those of a
    group by {group: chance}. Then the others deliver more, the cheapest first, up to capacity, and
    each unit that lacks costs ``lost`` [USD]. All sets are tried in all cases: with demand 1 and no
    prices it is the least C(n) + L (P* + (1 − P*) Uⁿ). Source: Berger, Gerstenfeld & Zeng (2004).

    Raises:
        ScenarioError: a name twice, an unknown group, over 4,096 cases, or no set fits.

    >>> offers = [Offer(name, down=0.05, fixed_cost=15_000) for name in "ABC"]
    >>> choose_suppliers(offers, 1, lost=400_000, common=0.03)  # Heizer & Render, problem S11.2
    orders A 1, B 0 units/period · cost 42,970 USD/period · lacking 0.03242 units/period
    """
    if len({o.name for o in offers}) < max(1, len(offers)):
        raise ScenarioError(f"offers: give each its own name, got {[o.name for o in offers]}")
    events = [({o.name}, o.down) for o in offers]
    for group, chance in (common if isinstance(common, Mapping) else {"": common}).items():
        check_known(group, {"", *(o.group for o in offers)}, f"common: no group {group!r}")
        events.append(({o.name for o in offers if group in ("", o.group)}, chance))
    cases = {frozenset[str](): 1.0}  # who is down, how probably
    for struck, chance in events:
        before, cases = cases, {case: p * (1 - chance) for case, p in cases.items()}
        for case, p in before.items() if chance else ():
            cases[case | struck] = cases.get(case | struck, 0.0) + p * chance
    return _choose(offers, demand, lost, cases, (fewest, most or len(offers)))


def _choose(
    offers: Sequence[Offer], demand: float, lost: float, cases: Any, number: tuple[int, int]
) -> SupplierChoice:
    """The set of suppliers that costs least, over who is down how probably."""
    best, ranked = SupplierChoice({}, np.inf, 0.0), sorted(offers, key=lambda o: o.price)
    up = {o.name: np.array([o.name not in case for case in [*cases, ()]]) for o in offers}
    odds = np.array([*cases.values(), 0.0])  # the last case is that all are up
    sets = sorted(product((1, 0), repeat=len(offers)), key=sum) if len(cases) <= 4096 else ()
    for chosen in ([*compress(ranked, one)] for one in sets):
        firm, few = sum(o.least for o in chosen), any(o.least > o.capacity for o in chosen)
        if few or firm > demand or not number[0] <= len(chosen) <= number[1]:
            continue
        terms = [(o.least, min(o.capacity, demand) * (o.price < lost)) for o in chosen]
        come, lacks = _asked(demand + 0.0 * odds, terms, [up[o.name] for o in chosen])
        bought = sum(o.price * units for o, units in zip(chosen, come, strict=True))
        cost = float(odds @ (bought + lost * lacks)) + sum(o.fixed_cost for o in chosen)
        if cost < best.cost:
            orders = {o.name: units[-1].item() for o, units in zip(chosen, come, strict=True)}
            best = SupplierChoice(orders, cost, float(odds @ lacks))
    if best.cost == np.inf:
        why = f"least orders do not fit {demand:g} units, or {len(cases)} cases are too many"
        raise ScenarioError(f"no {number[0]} to {number[1]} of {len(offers)} suppliers: {why}")
    return best


def _asked(need: Any, terms: Any, up: Sequence[Any]) -> tuple[list[Any], Any]:
    """Who is up its least order, the first of them the rest up to capacity; and what lacks."""
    firm = [least * is_up for (least, _), is_up in zip(terms, up, strict=True)]
    left, asked = need - sum(firm), []
    for units, (_, most), is_up in zip(firm, terms, up, strict=True):
        more = np.where(is_up, np.clip(most - units, 0.0, left), 0.0)
        asked.append(units + more)
        left = left - more
    return asked, left


@dataclass(frozen=True)
class CheapestOpen:
    """Split every order as ``choose_suppliers`` does: by who is open, the cheapest first."""

    terms: tuple[tuple[int, float, float], ...]  # number of the source, least and most share

    def __call__(self, view: View, quantity: Any) -> list[Any]:
        """What nobody has capacity for is asked of all in proportion; all shut: by shares."""
        ranked = [at for at, _, _ in self.terms]
        is_open = [view.suppliers[at].open > 0 for at in ranked]
        asked, left = _asked(1.0, [pair for _, *pair in self.terms], is_open)
        some, parts = left < 1, dict(zip(ranked, asked, strict=True))
        return [
            quantity * np.where(some, parts.get(at, 0.0) / np.where(some, 1.0 - left, 1.0), s.share)
            for at, s in enumerate(view.suppliers)
        ]


def choose_sources(
    scenario: Scenario,
    item: ItemKey,
    seed: int = 0,
    *,
    lost: Amount | None = None,
    least: Share = 0.05,
    most: Count | None = None,
) -> Change:
    """Recommend which lanes bring an item, and by which shares of every order.

    ``choose_suppliers`` on what is simulated: a unit costs its lane and its source's recipe, a lane
    its shipment every review; who is down together is drawn from the disruptions, upstream too, as
    if nobody there had stock. A unit that lacks costs ``lost`` [USD], else what it stops. The
    chosen get at least a share of ``least`` while they are open, the cheapest of them the rest.
    Left out: the buyer's stock, lead times, and who else asks the same source.

    Raises:
        ScenarioError: no lane brings the item, nobody asks for it, or its lack costs too little.

    >>> lanes = [Lane("mine", "shop", "unit"), Lane("pit", "shop", "unit", cost_per_unit=1)]
    >>> net = Network([Product("unit", value=50)], [Node("mine"), Node("pit"), Node("shop")], lanes,
    ...               (), [Demand("shop", "unit", 5)])
    >>> shop = Scenario(net, BaseStock(8)).disrupt(Outage.two_state("mine", 0.02, 0.1))
    >>> choose_sources(shop, ("shop", "unit"))
    2 of 2 sources: expected 1.043 USD/day, 0 units/day lacking
      mine->shop/unit/road.sourcing_share: 0 → 0.95
      pit->shop/unit/road.sourcing_share: 0 → 0.05
    """
    network, demand, offers = scenario.network, mean_flows(scenario).get(item, 0.0), []
    streams, days = draw_streams(scenario, seed, 0, 256), np.ones((scenario.days, 256), dtype=bool)
    ways = [(days & way).ravel() for way in _open(network, streams, item, (item,))]
    for v in network.into[item]:
        made = network.made.get((v.source, item[1]))
        price = v.cost_per_unit + (made.cost if made else 0.0)
        room = min(v.capacity, network.node(v.source).mean_output)
        fixed = v.cost_per_shipment / network.node(item[0]).review_period
        rest = room, 0.0, fixed, min(room, least * demand)
        offers.append(Offer(lane_paths(v)[-1], price, *rest))
    missing = stopped_costs(network)[item] if lost is None else lost
    codes, counts = np.unique(ways, axis=1, return_counts=True)
    names = np.array([o.name for o in offers])
    down = (frozenset(names[~code].tolist()) for code in codes.T)
    cases = dict(zip(down, counts / days.size, strict=True))
    found = _choose(offers, demand, missing, cases, (1, most or len(offers)))
    total = sum(found.orders.values())
    if not total or missing <= min(o.price for o in offers):
        wrong = "nobody asks or can deliver, or what lacks costs too little: give lost"
        raise ScenarioError(f"{item}: {wrong}")
    share = {name: units / total for name, units in found.orders.items()}
    then = {f"{o.name}.sourcing_share": share.get(o.name, 0.0) for o in offers}
    rule = CheapestOpen(
        tuple(
            (at, o.least / demand, min(o.capacity / demand, 1.0) * (o.price < missing))
            for at, o in sorted(enumerate(offers), key=lambda pair: pair[1].price)
            if o.name in share
        )
    )

    def how(chain: Scenario) -> Scenario:
        return chain.set(then).change(sourcing={**chain.sourcing, item: rule})

    reason = f"expected {shown(found.cost)} USD/day, {shown(found.lacking)} units/day lacking"
    before = {path: scenario.value(path) for path in then}
    title = f"{len(share)} of {len(offers)} sources"
    return Change(then, title, reason, how(scenario), before, how=how)
