"""Random scenarios for the laws: every feature of a network, mixed.

A network grows node by node, upstream first. Each node may be an outside source of a product, buy
it from one or two earlier nodes, or make it from what it has; then customers, a lane that leads
back, disruptions and rules are drawn.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

import twinlab as tl
from twinlab.organization import Authority, Channel, FullSharing, Meeting, OwnOrders, PointOfSale
from twinlab.people import ForecastBaseStock, Planned

DAYS = 24


@dataclass(frozen=True)
class Smoothing:
    """A user's own rule with a memory: order up to some days of smoothed demand."""

    days: float

    def __call__(self, view):
        level = view.memory.get("level", 0.0)
        level = level + 0.3 * (view.demand - level)
        view.memory["level"] = level
        return np.maximum(0.0, self.days * level - view.inventory_position)


def numbers(low, high):
    return st.floats(low, high, allow_nan=False, width=32).map(float)


small = numbers(0, 20)
lead_times = st.one_of(
    st.integers(0, 3).map(float).map(tl.Constant),
    st.just(tl.Empirical((0.0, 1.0, 3.0))),
    st.builds(tl.Uniform, low=st.just(0.0), high=numbers(1, 4)),
    st.just(tl.LogNormal(mean=2, sd=1)),
)
patterns = st.one_of(
    st.builds(tl.Constant, small),
    st.lists(small, min_size=DAYS, max_size=DAYS).map(lambda v: tl.Trace(tuple(v))),
    st.builds(tl.Normal, mean=numbers(1, 9), sd=numbers(0.5, 3)),
    st.builds(tl.Poisson, mean=numbers(0.25, 9)),
    st.just(tl.NegativeBinomial(mean=4, sd=3)),
    st.builds(tl.LogNormal, mean=numbers(1, 9), sd=numbers(0.5, 3)),
    st.builds(tl.Gamma, mean=numbers(1, 9), sd=numbers(0.5, 3)),
    st.just(tl.Empirical((0.0, 0.0, 5.0, 12.5))),
)
rules = st.one_of(
    st.builds(tl.BaseStock, numbers(0, 60)),
    st.tuples(numbers(0, 20), numbers(1, 40)).map(lambda p: tl.MinMax(p[0], sum(p))),
    st.builds(tl.FixedLot, numbers(0, 30), numbers(1, 20)),
    st.builds(tl.EchelonBaseStock, numbers(0, 90)),
    st.just(tl.LotForLot()),
    st.lists(small, min_size=1, max_size=DAYS).map(lambda units: Planned(tuple(units))),
    st.builds(Smoothing, numbers(1, 6)),
)
forecasts = st.builds(
    ForecastBaseStock,
    st.integers(1, 4),
    numbers(0, 6),
    numbers(0, 9),
    st.booleans(),
    st.sampled_from([None, 3.0]),
)
levels = st.one_of(
    forecasts, st.builds(tl.EchelonBaseStock, numbers(0, 90)), st.builds(Smoothing, numbers(1, 6))
)
bands = st.sampled_from([0.0, 5.0, 1e9])
bosses = st.builds(Authority, levels, numbers(0, 40), bands, st.sampled_from([0, 2, 99]))
rules = st.one_of(
    rules,
    forecasts,
    bosses,
    st.builds(Authority, bosses, numbers(0, 40), bands, st.sampled_from([0, 3])),
    st.builds(
        Meeting,
        st.tuples(st.tuples(levels, numbers(0, 2)), st.tuples(levels, numbers(1, 3))),
        st.sampled_from([1, 7]),
    ),
)
capacities = st.one_of(st.just(float("inf")), numbers(0, 30))
outputs = st.sampled_from(
    [tl.Constant(1), tl.Constant(0.9), tl.Empirical((0.0, 0.6, 1.0)), tl.Normal(0.9, 0.2)]
)
money = st.sampled_from([0.0, 0.5, 2.0])


@st.composite
def networks(draw):
    """A random network in which somebody can be served."""
    names = [f"n{i}" for i in range(draw(st.integers(2, 6)))]
    products = [f"p{i}" for i in range(draw(st.integers(1, 3)))]
    lanes, recipes, has = [], [], {p: [] for p in products}
    brought = []
    for name in names:
        here = []
        for product in products:
            ways = _ways(here, has[product])
            way = draw(st.sampled_from(ways)) if ways else "skip"
            if way == "buy":
                sources = draw(st.lists(st.sampled_from(has[product]), min_size=1, max_size=2,
                                        unique=True))  # fmt: skip
                lanes += [draw(_lane(source, name, product)) for source in sources]
            elif way == "make":
                recipes.append(draw(_recipe(name, product, here)))
            if way != "skip":
                has[product].append(name)
            if way in ("buy", "make"):
                here.append(product)
                brought.append((name, product))
    if not brought:  # all are sources: give the last node something to sell
        lanes.append(draw(_lane(has[products[0]][0], "shop", products[0])))
        names.append("shop")
        brought.append(("shop", products[0]))
    lanes += draw(_way_back(lanes, recipes))
    sellers = draw(st.lists(st.sampled_from(brought), min_size=1, max_size=3, unique=True))
    return tl.Network(
        products=[tl.Product(p, weight=2.0, value=3.0) for p in products],
        nodes=[draw(_node(name)) for name in names],
        lanes=lanes,
        recipes=recipes,
        demands=[draw(_demand(*item)) for item in sellers],
        stocks=[tl.Stock(*item, on_hand=draw(small)) for item in brought if draw(st.booleans())],
    )


def _ways(here, holders):
    """How a node may get a product: its first node is a source or makes it."""
    ways = ["buy", "buy", "skip"] if holders else ["source", "make"]
    return ways + (["make"] if here else [])


def _lane(source, destination, product):
    return st.builds(
        tl.Lane,
        st.just(source),
        st.just(destination),
        st.just(product),
        lead_time=lead_times,
        order_delay=st.sampled_from([0, 0, 1, 3]),
        capacity=capacities,
        cost_per_unit=money,
        cost_per_shipment=money,
        distance=st.just(100.0),
        emission_factor=st.sampled_from([0.0, 0.1]),
        sourcing_rank=st.integers(1, 2),
        sourcing_share=st.sampled_from([0.25, 0.75]),
        service_rank=st.integers(1, 2),
        initial_pipeline=st.sampled_from([0.0, 2.5]),
        initial_orders=st.sampled_from([0.0, 1.5]),
    )


def _recipe(node, product, here):
    parts = st.dictionaries(st.sampled_from(here), st.sampled_from([1.0, 2.0, 0.3]), max_size=2)
    return st.builds(
        tl.Recipe,
        st.just(node),
        st.just(product),
        parts if here else st.just({}),
        production_time=st.integers(0, 4),
        good_share=st.sampled_from(
            [tl.Constant(1), tl.Constant(0.9), tl.Uniform(0.5, 1), tl.Normal(0.95, 0.1)]
        ),
        cost=money,
        initial_in_process=st.sampled_from([0.0, 1.25]),
    )


def _limited(name, capacity, output, **more):
    """An output is a share of a capacity that there is."""
    output = output if capacity < float("inf") else tl.Constant(1)
    return tl.Node(name, capacity=capacity, output=output, **more)


def _node(name):
    return st.builds(
        _limited,
        st.just(name),
        capacities,
        outputs,
        holding_cost=money,
        backlog_cost=money,
        proportional=st.booleans(),
        evening_review=st.sampled_from([False, False, True]),
        review_period=st.sampled_from([1, 1, 3]),
    )


def _demand(node, product):
    return st.builds(
        tl.Demand,
        st.just(node),
        st.just(product),
        patterns,
        season=st.sampled_from([(), (1.0, 0.5, 1.5)]),
        season_days=st.just(7),
        trend=st.sampled_from([0.0, 0.01, -0.02]),
        backorders=st.booleans(),
        backorder_cost=money,
        lost_sale_cost=money,
        price=money,
        service_rank=st.integers(1, 2),
    )


def _way_back(lanes, recipes):
    """Sometimes a lane that leads back to where the goods came from, with a lead time."""
    made = {(r.node, r.product) for r in recipes}
    forth = {v.key[:3] for v in lanes}
    buyers = {(v.destination, v.product) for v in lanes}
    back = [
        (v.destination, v.source, v.product) for v in lanes
        if (v.source, v.product) in buyers and (v.source, v.product) not in made
        and (v.destination, v.source, v.product) not in forth
    ]  # fmt: skip
    if not back:
        return st.just([])
    lane = st.builds(
        lambda ends, time: tl.Lane(*ends, lead_time=time, sourcing_rank=2),
        st.sampled_from(back),
        st.sampled_from([2, tl.Normal(2, 1)]),
    )
    return st.lists(lane, max_size=1)


@st.composite
def disruptions(draw, network):
    """One disruption of something that the network has."""
    when = {
        "start": draw(st.integers(0, DAYS - 2)),
        "days": draw(st.sampled_from([tl.Constant(4), tl.Gamma(4, 4)])),
        "recovery": draw(st.integers(0, 3)),
        "rate": draw(st.sampled_from([0.0, 0.0, 0.1])),
        "pause": draw(st.sampled_from([0, 0, 2])),
    }
    node, product = draw(st.sampled_from(network.items))
    product = draw(st.sampled_from(["", product]))
    loss = draw(st.sampled_from([1.0, 1.0, 0.5]))
    kinds = [
        lambda: tl.Outage(node, product, loss=loss, stock_ships=draw(st.booleans()), **when),
        lambda: tl.StockLoss(*kept, share=draw(st.sampled_from([1.0, 0.3])), **when),
        lambda: tl.DemandShift(demand.node, factor=draw(numbers(0, 3)), **when),
    ]
    demand = draw(st.sampled_from(network.demands))
    kept = draw(st.sampled_from(network.decided))
    kept = (kept[0], draw(st.sampled_from(["", kept[1]])))
    if network.lanes:
        lane = draw(st.sampled_from(network.lanes))
        ends = {"source": lane.source, "destination": lane.destination}
        held = draw(st.booleans())
        kinds += [
            lambda: tl.LaneOutage(**ends, loss=loss, holds_transit=held, **when),
            lambda: tl.Delay(**ends, extra=3, **when),
        ]
    return draw(st.sampled_from(kinds))()


@st.composite
def scenarios(draw):
    """A random scenario: a network, rules, sourcing, sharing, disruptions."""
    network = draw(networks())
    brought = list(network.decided)
    shared = {
        item: tl.Shares() for item in brought
        if any((v.destination, v.product) == item for v in network.lanes) and draw(st.booleans())
    }  # fmt: skip
    decided = {item: draw(rules) for item in brought}
    enough = {item: _enough(rule) for item, rule in decided.items()}
    return tl.Scenario(
        network,
        rules=decided,
        days=DAYS,
        disruptions=draw(st.lists(disruptions(network), max_size=3)),
        sourcing=shared,
        sharing={item: draw(regime) for item, regime in enough.items() if draw(st.booleans())},
    )


def _enough(rule):
    """Regimes that show a rule what it needs, at once or through a channel."""
    if isinstance(rule, tl.EchelonBaseStock | Authority | Meeting):
        regimes = [FullSharing()]
    else:
        regimes = [FullSharing(), PointOfSale()]
        if not getattr(rule, "from_point_of_sale", False):
            regimes.append(OwnOrders())
    sees = st.sampled_from(regimes)
    ways = st.integers(0, 3), st.sampled_from([1, 1, 4]), st.sampled_from([0.0, 0.4])
    return st.one_of(sees, st.builds(Channel, sees, *ways))


seeds = st.integers(0, 2**32)


@st.composite
def changed(draw, scenario):
    """The scenario with some rows of its tables altered, taken away or added."""
    tables = {
        name: list(getattr(scenario.network, name))
        for name in ("products", "nodes", "lanes", "recipes", "demands", "stocks")
    }
    ways = [_altered, _altered, _altered, _altered, _altered, _added, _removed]
    for way in draw(st.lists(st.sampled_from(ways), min_size=1, max_size=4)):
        way(draw, tables)
    try:
        network = tl.Network(**tables)
        decided = list(network.decided)
        return tl.Scenario(
            network,
            rules={item: scenario.rules.get(item, tl.LotForLot()) for item in decided},
            days=DAYS,
            disruptions=scenario.disruptions if len(tables["lanes"]) else (),
            sourcing={k: v for k, v in scenario.sourcing.items() if k in decided},
        )
    except tl.TwinError:  # a table of which something hung on what is gone
        return scenario


ALTERED = {
    "lanes": {"lead_time": lead_times, "order_delay": st.integers(0, 4), "capacity": capacities,
              "sourcing_rank": st.integers(1, 2), "service_rank": st.integers(1, 2)},
    "recipes": {"production_time": st.integers(0, 5),
                "good_share": st.sampled_from([tl.Constant(1), tl.Uniform(0.5, 1)])},
    "nodes": {"evening_review": st.booleans(), "review_period": st.sampled_from([1, 2, 3]),
              "capacity": capacities, "proportional": st.booleans(), "output": outputs},
    "demands": {"pattern": patterns, "backorders": st.booleans()},
}  # fmt: skip


def _altered(draw, tables):
    """A column of some rows; what is shorter now than it was asks most of an engine."""
    name = draw(st.sampled_from([name for name in ALTERED if tables[name]]))
    column = draw(st.sampled_from(list(ALTERED[name])))
    for at, row in enumerate(tables[name]):
        if draw(st.booleans()):
            with suppress(tl.NetworkError):  # an output of no capacity
                tables[name][at] = replace(row, **{column: draw(ALTERED[name][column])})


def _removed(draw, tables):
    names = [name for name in ("lanes", "recipes", "demands", "nodes") if len(tables[name]) > 1]
    if not names:
        return
    name = draw(st.sampled_from(names))
    row = draw(st.sampled_from(tables[name]))
    tables[name].remove(row)
    if name == "nodes":  # and all that hangs on it
        tables["lanes"] = [v for v in tables["lanes"] if row.name not in v.key[:2]]
        for kind in ("recipes", "demands", "stocks"):
            tables[kind] = [r for r in tables[kind] if r.node != row.name]


def _added(draw, tables):
    """A source of its own for something that is bought, customers, or a source that now buys."""
    lane, name = draw(st.sampled_from(tables["lanes"] or [None])), f"new{len(tables['nodes'])}"
    tables["nodes"].append(tl.Node(name))
    if lane is not None:
        end = draw(st.sampled_from([lane.source, lane.destination]))
        tables["lanes"].append(draw(_lane(name, end, lane.product)))
        if not any((d.node, d.product) == (end, lane.product) for d in tables["demands"]):
            tables["demands"] += draw(st.lists(_demand(end, lane.product), max_size=1))
