"""Arrivals predicted, sites, flows and routes chosen; against enumeration."""

import sys
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.known.answers import known
from twinlab.task import logistics

SITES, CUSTOMERS = ["n", "e", "s"], ["a", "b", "c", "d"]


def two_sources():
    """A near source with little capacity and a far one, for two shops."""
    return tl.Network(
        products=[tl.Product("bike", weight=20)],
        nodes=[tl.Node("near", capacity=12), tl.Node("far"), tl.Node("east"), tl.Node("west")],
        lanes=[
            tl.Lane("near", "east", "bike", cost_per_unit=1, distance=10, sourcing_rank=2),
            tl.Lane("far", "east", "bike", cost_per_unit=6, distance=90, sourcing_rank=1),
            tl.Lane("near", "west", "bike", cost_per_unit=2, distance=20, sourcing_rank=2),
            tl.Lane("far", "west", "bike", cost_per_unit=9, distance=120, sourcing_rank=1),
        ],
        demands=[
            tl.Demand("east", "bike", tl.Poisson(5)),
            tl.Demand("west", "bike", tl.Poisson(5)),
        ],
        stocks=[tl.Stock("east", "bike", 9), tl.Stock("west", "bike", 9)],
    )


# -- predict ----------------------------------------------------------------------------------


def test_what_is_under_way_counts_as_long():
    """Lead times of 1 to 9 days watched for 10: leaving out late ones would say too few."""
    luck = np.random.default_rng(1)
    sent, days = luck.integers(0, 10, 4000), luck.integers(1, 10, 4000)
    arrived = sent + days <= 10
    found = logistics.transit_time(days[arrived], 10 - sent[~arrived])
    assert days[arrived].mean() < 4
    assert found.mean == pytest.approx(5, abs=4 * 2.58 / np.sqrt(arrived.sum()) + 0.1)


def test_an_arrival_counts_the_days_already_waited():
    """Poisson lead times of mean 6 from a run's log: after 7 days, what is left of those above."""
    chain = tl.serial(["mine", "shop"], demand=tl.Poisson(5), lead_time=tl.Poisson(6))
    run = tl.simulate(tl.Scenario(chain, tl.BaseStock(50), days=3000), seed=2)
    seen = logistics.describe(run.log, "mine", "shop")
    assert seen.mean == pytest.approx(6, abs=4 * np.sqrt(6 / 2900))
    draws = np.random.default_rng(3).poisson(6, 200_000)
    left = draws[draws > 7] - 7
    eta = logistics.predict(seen, age=7)
    assert eta.mean == pytest.approx(left.mean(), abs=0.25)
    assert (eta.low, eta.high) == (1, pytest.approx(np.quantile(left, 0.95), abs=1))


def orders_a_day(sd, days=1000, seed=7):
    """Lead times of 40 days on average, one order a day; the spread may change on the way."""
    luck, sds = np.random.default_rng(seed), np.broadcast_to(sd, days)
    took = luck.gamma((40 / sds) ** 2, sds**2 / 40)
    return np.arange(days), np.arange(days) + took


def test_a_law_of_lead_times_is_that_of_the_orders_open_ones_included():
    ordered, delivered = orders_a_day(10)
    law = logistics.lead_time_law(ordered, delivered, today=800)
    assert law.average == pytest.approx(40, abs=4 * 10 / np.sqrt(730))
    later = (delivered - ordered)[800:]
    low, high = np.quantile(law.values, (0.05, 0.95))
    assert np.mean((low < later) & (later < high)) == pytest.approx(0.9, abs=4 * 0.3 / 200**0.5)
    untold = np.where(delivered <= 800, delivered, np.nan)[:801]  # the future is not looked at
    again = logistics.lead_time_law(ordered[:801], untold, today=800)
    np.testing.assert_array_equal(again.values, law.values)


def test_a_law_of_lead_times_widens_where_it_missed():
    """The spread trebles on day 500: without learning from misses the law holds 0.8 of them."""
    ordered, delivered = orders_a_day(np.repeat([6.0, 18.0], [500, 500]))
    later = (delivered - ordered)[600:]
    law = logistics.lead_time_law(ordered, delivered, today=650)
    plain = (delivered - ordered)[delivered <= 650]
    held = []
    for values in (plain, law.values):
        low, high = np.quantile(values, (0.05, 0.95))
        held.append(np.mean((low < later) & (later < high)))
    assert held[0] < 0.82
    assert held[1] > 0.88
    assert np.median(law.values) == pytest.approx(np.median(plain), abs=2)


# -- prescribe: sites -------------------------------------------------------------------------


def test_pyomos_warehouses():
    inputs, expected = known("loc_pyomo_warehouse")
    distance = {tuple(pair.split("|")): far for pair, far in inputs["distance"].items()}
    sites, customers = ({pair[end]: one for pair in distance}
                        for end, one in ((0, logistics.Site()), (1, 1.0)))  # fmt: skip
    for count, names in zip(inputs["P"], expected["open"], strict=True):
        assert set(logistics.facilities(sites, customers, distance, count).open) == set(names)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 30), min_size=12, max_size=12),
    st.lists(st.integers(0, 60), min_size=3, max_size=3),
    st.lists(st.integers(1, 9), min_size=4, max_size=4),
)
def test_the_best_sites_by_trying_all(rates, fixed, needs):
    cost = dict(zip([(s, c) for s in SITES for c in CUSTOMERS], rates, strict=True))
    sites = {s: logistics.Site(f) for s, f in zip(SITES, fixed, strict=True)}
    demand = dict(zip(CUSTOMERS, needs, strict=True))
    tried = [
        sum(sites[s].fixed_cost for s in some)
        + sum(demand[c] * min(cost[s, c] for s in some) for c in CUSTOMERS)
        for many in (1, 2, 3) for some in combinations(SITES, many)
    ]  # fmt: skip
    found = logistics.facilities(sites, demand, cost)
    assert found.cost == pytest.approx(min(tried))
    served = {c: sum(a for _, to, a in found.links if to == c) for c in CUSTOMERS}
    assert served == pytest.approx(demand)


def test_a_capacity_splits_a_customer():
    cost = {("n", "a"): 1.0, ("s", "a"): 3.0}
    sites = {"n": logistics.Site(20, capacity=6), "s": logistics.Site(5)}
    found = logistics.facilities(sites, {"a": 10}, cost)
    assert (found.open, found.cost) == (("s",), 35)
    both = logistics.facilities(sites, {"a": 10}, cost, count=2)
    assert both.links == (("n", "a", pytest.approx(6)), ("s", "a", pytest.approx(4)))


def test_gravity_stands_still_on_a_heavy_place():
    """A weight of half of all or more holds the optimum; Weiszfeld's plain step divides by 0."""
    spot = logistics.gravity_location([(0, 0), (4, 0), (-4, 0)], [5, 1, 1])
    assert (spot.x, spot.y, spot.cost) == (0, 0, 8)
    spot = logistics.gravity_location([(3, 3), (4, 0), (0, 8)], [10, 1, 1])
    assert (spot.x, spot.y) == pytest.approx((3, 3), abs=1e-9)


# -- prescribe: flows -------------------------------------------------------------------------


def test_prices_lie_between_what_one_unit_less_and_more_would_change():
    """Williams' plan is degenerate, so a unit more and a unit less may differ."""
    inputs, _ = known("net_williams_distribution_1")
    ways = [logistics.Arc(*arc.split("->"), cost=c) for arc, c in inputs["cost"].items()]
    given = [inputs["factories"], inputs["demand"], inputs["depot_throughput"]]
    plan = logistics.network_flow(ways, *given)

    def step(table, place, units):
        changed = [dict(g) for g in given]
        changed[table][place] += units
        return logistics.network_flow(ways, *changed).cost - plan.cost

    for place, price in plan.price.items():
        assert -step(1, place, -1) - 1e-6 <= price <= step(1, place, 1) + 1e-6
    for table in (0, 2):
        for place in given[table]:
            saved = plan.relief[place]
            assert -step(table, place, 1) - 1e-6 <= saved <= step(table, place, -1) + 1e-6
    came = dict.fromkeys([*given[1], *given[2]], 0.0)
    for way, amount in zip(ways, plan.by_arc, strict=True):
        came[way.destination] += amount
    assert {place: came[place] for place in given[1]} == pytest.approx(given[1])


def test_parallel_ways_fill_in_order_of_cost():
    ways = [logistics.Arc("a", "b", 5), logistics.Arc("a", "b", 2, capacity=3)]
    plan = logistics.network_flow(ways, {"a": 10}, {"b": 4})
    assert plan.by_arc == (1, 3)
    assert (plan.cost, plan.relief["a → b"]) == (11, 3)


def test_a_plan_of_lanes_costs_less_in_simulation():
    """Rank 1 is the dear source; the near one can bring all: 5 × 1 + 5 × 2 a day."""
    now = tl.Scenario(two_sources(), tl.BaseStock(14), days=200)
    advice = logistics.prescribe(now, "bike")
    assert advice.reason == "15 USD/day by averages"
    compared = advice.compare(now, 64, seed=1, kpis=["transport_cost", "fill_rate"])
    assert compared.difference(advice.title, "transport_cost").high < -50
    assert compared.difference(advice.title, "fill_rate").low > -0.05


# -- prescribe: routes ------------------------------------------------------------------------


def table_of(places):
    return np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_tour_by_trying_all(seed):
    """Fractions of a distance are scaled to whole numbers without losing the best tour."""
    table = table_of(np.random.default_rng(seed).random((8, 2)))
    tours = ([0, *order, 0] for order in permutations(range(1, 8)))
    best = min(sum(table[a, b] for a, b in pairwise(t)) for t in tours)
    plan = logistics.route(list("DABCEFG"), table[:7, :7], logistics.Fleet(1), iterations=200)
    assert len(plan.tours) == 1
    whole = logistics.route(list("DABCEFGH"), table, logistics.Fleet(1), iterations=200)
    assert whole.distance == pytest.approx(best, rel=1e-6)
    assert plan.distance <= whole.distance


def test_routes_keep_within_capacity_and_reach():
    luck = np.random.default_rng(6)
    names = ["depot", *(f"p{i}" for i in range(12))]
    table = table_of(luck.uniform(0, 100, (13, 2)))
    demand = dict(zip(names[1:], luck.uniform(1, 5, 12), strict=True))
    fleet = logistics.Fleet(6, capacity=12, reach=260)
    plan = logistics.route(names, table, fleet, demand=demand, iterations=500)
    assert max(plan.loads) <= 12
    assert max(plan.lengths) <= 260
    visited = [name for tour in plan.tours for name in tour[1:-1]]
    assert sorted(visited) == sorted(names[1:])
    assert plan == logistics.route(names, table, fleet, demand=demand, iterations=500)


def test_one_way_streets_are_driven_in_their_direction():
    ring = np.full((5, 5), 10.0)
    for at in range(5):
        ring[at, (at + 1) % 5] = 1.0
    plan = logistics.route(list("Dabcd"), ring, logistics.Fleet(1), iterations=100)
    assert plan.tours == (("D", "a", "b", "c", "d", "D"),)
    assert plan.distance == 5


def test_without_pyvrp_there_is_a_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    with pytest.raises(tl.TwinError, match=r"pip install 'twinlab-scom\[methods\]'"):
        logistics.route(["a", "b"], [[0, 1], [1, 0]], logistics.Fleet(1))


PAIR = [[0, 1], [1, 0]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: logistics.network_flow([logistics.Arc("A", "x", 1)], {"A": 1}, {"x": 2}),
         tl.SolverError, "2 units are wanted and 1 supplied"),
        (lambda: logistics.network_flow([logistics.Arc("A", "y", 1)], {"A": 9}, {"x": 2}),
         tl.ScenarioError, "no way begins or ends at 'x'"),
        (lambda: logistics.network_flow([logistics.Arc("A", "x", 1, 1)], {"A": 9}, {"x": 2}),
         tl.SolverError, "capacities that are too small"),
        (lambda: logistics.facilities({"n": logistics.Site()}, {"a": 1}, {}), tl.ScenarioError,
         "no cost per unit"),
        (lambda: logistics.facilities({"n": logistics.Site(0, 1)}, {"a": 2}, {("n", "a"): 1}),
         tl.SolverError, "sum to 1 and 2 is wanted"),
        (lambda: logistics.facilities({"n": logistics.Site()}, {"a": 1}, {("n", "a"): 1}, 2),
         tl.SolverError, "no choice of 2 of 1 sites"),
        (lambda: logistics.gravity_location([(0, 0)], [0]), tl.ScenarioError, r"weights.0. must"),
        (lambda: logistics.route(["D", "a"], [[0, 1]], logistics.Fleet(1)), tl.ScenarioError,
         "2 rows and columns"),
        (lambda: logistics.route(["D", "a"], PAIR, logistics.Fleet(1), demand={"b": 1}),
         tl.ScenarioError, "demand of"),
        (lambda: logistics.route(["D", "a"], PAIR, logistics.Fleet(2, 3), demand={"a": 4}),
         tl.SolverError, "4 in one place"),
        (lambda: logistics.route(["D", "a"], PAIR, logistics.Fleet(1, reach=1), iterations=20),
         tl.SolverError, "to .a. and back is 2 long"),
        (lambda: logistics.transit_time([]), tl.ScenarioError, "nothing has arrived"),
        (lambda: logistics.lead_time_law([1, 2], [3], today=2), tl.ScenarioError,
         "2 orders and 1 deliveries"),
        (lambda: logistics.lead_time_law([1, 2], [3, 4], today=2), tl.ScenarioError,
         "nothing has arrived"),
        (lambda: logistics.predict(logistics.transit_time([2, 3]), age=3), tl.ScenarioError,
         "ask the carrier"),
        (lambda: logistics.describe(tl.Log([]), "a", "b"), tl.ScenarioError, "no shipment"),
        (lambda: logistics.prescribe(tl.Scenario(two_sources(), tl.BaseStock(9)), "car"),
         tl.ScenarioError, "no lane carries 'car'"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_way_that_is_not_there_is_never_driven():
    """Only b leads to a, but no vehicle may load both: even where all other ways are free."""
    no = np.inf
    table = [[0, no, 1], [0, 0, no], [0, 0, 0]]
    plan = logistics.route(["depot", "a", "b"], table, logistics.Fleet(2, capacity=2),
                           demand={"a": 1, "b": 1}, iterations=50)  # fmt: skip
    assert plan.tours == (("depot", "b", "a", "depot"),)
    with pytest.raises(tl.SolverError):
        logistics.route(["depot", "a", "b"], table, logistics.Fleet(2, capacity=1),
                        demand={"a": 1, "b": 1}, iterations=50)  # fmt: skip
