"""Centres and designed networks against every possible choice; searches that stop; mistakes."""

import math
from dataclasses import replace
from itertools import combinations, pairwise, permutations, product

import numpy as np
import pytest
from scipy.optimize import linprog

import twinlab as tl
from twinlab.modeling.formulas.programs import Constraint, minimize
from twinlab.organization import OwnOrders
from twinlab.task import logistics
from twinlab.task.logistics import Arc, Search, Site, centres, facilities, network_flow

INF = math.inf


# -- centres and service distance -------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_centres_are_the_best_of_all_choices(seed):
    draw = np.random.default_rng(seed)
    sites, customers, count = "uvwxyz", "abcdefg", int(draw.integers(1, 4))
    far = {pair: INF if draw.random() < 0.25 else float(draw.integers(0, 40))
           for pair in product(sites, customers)}  # fmt: skip
    best = min(max(min(far[s, c] for s in some) for c in customers)
               for some in combinations(sites, count))  # fmt: skip
    if math.isinf(best):
        with pytest.raises(tl.SolverError, match=f"{count} of 6 sites do not reach everybody"):
            centres(far, count)
        return
    plan = centres(far, count)
    assert plan.distance == best == max(far[plan.nearest[c], c] for c in customers)
    assert len(plan.open) <= count
    assert {*plan.nearest.values()} <= {*plan.open}


def test_a_service_distance_costs_more_and_is_kept():
    cost = {("n", "a"): 1, ("n", "b"): 2, ("s", "a"): 9, ("s", "b"): 1}
    far = {("n", "a"): 10, ("n", "b"): 70, ("s", "a"): 20, ("s", "b"): 10}
    sites, demand = {"n": Site(3), "s": Site(50)}, {"a": 4, "b": 4}
    free, near = (facilities(sites, demand, {p: usd if far[p] <= most else INF
                                             for p, usd in cost.items()})
                  for most in (INF, 50))  # fmt: skip
    assert (free.open, free.cost) == (("n",), 15)
    assert (near.open, near.cost) == (("n", "s"), 61)
    assert near.links == (("n", "a", 4), ("s", "b", 4))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: centres({}, 1), "no distance for any pair"),
        (lambda: centres({("n", "a"): 1, ("s", "b"): 1}, 1), r"no distance for .*'n', 'b'"),
        (lambda: centres({("n", "a"): math.nan}, 1), "must be a number of at least 0, or inf"),
        (lambda: centres({("n", "a"): -1}, 1), "must be a number of at least 0, or inf"),
        (lambda: centres({("n", "a"): 1}, 0), "count must be a whole number of at least 1"),
        (lambda: centres({("n", "a"): INF}, 1), "do not reach everybody: allow more"),
        (lambda: Search(gap=math.nan), "gap is a number in share"),
        (lambda: Search(gap=-0.1), "gap must be at least 0"),
        (lambda: Search(time_limit=-1), "time_limit must be at least 0"),
    ],
)  # fmt: skip
def test_distances_of_no_sense_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


# -- a search that stops before the proof -----------------------------------------------------


def knapsack(search):
    """Sixty things in thirty sacks: a proof takes seconds."""
    draw = np.random.default_rng(0)
    weights, worth = draw.integers(1, 100, (30, 60)), draw.integers(1, 100, 60)
    rows = [Constraint(dict(enumerate(map(float, w))), high=w.sum() / 2) for w in weights]
    costs = {at: -float(usd) for at, usd in enumerate(worth)}
    return minimize(costs, rows, "too heavy", dict.fromkeys(costs, (0, 1)), {*costs}, search)


def test_a_search_that_may_stop_says_how_far_the_optimum_may_be():
    """The bound -2,120 is below the optimum -2,090; what is found lies within its gap of it."""
    near = knapsack(Search(gap=0.05))
    assert 0 < near.gap <= 0.05
    assert near.cost * (1 + near.gap) <= -2090 <= near.cost


def test_time_that_runs_out_leaves_a_plan_with_its_gap_or_says_that_there_is_none():
    with pytest.raises(tl.SolverError, match=r"no plan found in 1e-09 s: give more time .*HiGHS"):
        knapsack(Search(time_limit=1e-9))
    late = knapsack(Search(time_limit=0.5))
    assert late.gap > 0
    assert late.cost * (1 + late.gap) <= -2090 <= late.cost
    with pytest.raises(tl.SolverError, match="no plan found in 0 s"):
        facilities({"n": Site(3)}, {"a": 4}, {("n", "a"): 1}, search=Search(time_limit=0))


def test_sites_that_may_be_a_tenth_too_dear_say_how_much():
    draw = np.random.default_rng(4)
    at, to = draw.random((15, 2)), draw.random((30, 2))
    sites = {str(i): Site(float(draw.uniform(30, 60)), 150) for i in range(15)}
    demand = {str(j): float(draw.uniform(5, 30)) for j in range(30)}
    cost = {(str(i), str(j)): float(np.hypot(*(at[i] - to[j]))) for i in range(15)
            for j in range(30)}  # fmt: skip
    near = facilities(sites, demand, cost, search=Search(gap=0.1))
    best = facilities(sites, demand, cost)
    assert 0 < near.gap <= 0.1
    assert best.gap == 0
    assert near.cost * (1 - near.gap) <= best.cost + 1e-6
    assert best.cost <= near.cost


def test_a_proven_plan_has_no_gap():
    plan = facilities({"n": Site(3)}, {"a": 4}, {("n", "a"): 1}, search=Search(0.1, 60))
    assert (plan.cost, plan.gap) == (7, 0)


# -- networks ---------------------------------------------------------------------------------

SITES = ["plant 2", "DC 1", "DC 2"]
DAYS = [range(60), range(60, 120)]


def small(seed):
    """Two plants make two products, one of a part and with scrap, for three shops by two DCs."""
    draw = np.random.default_rng(seed)

    def usd(low, high):
        return float(draw.integers(low, high))

    nodes = [tl.Node("mine", holding_cost=usd(0, 3)), tl.Node("plant 1", capacity=usd(20, 60)),
             tl.Node("plant 2", capacity=usd(20, 60)), tl.Node("DC 1", holding_cost=usd(0, 3)),
             tl.Node("DC 2", capacity=usd(8, 30)), *map(tl.Node, "xyz")]  # fmt: skip
    plants, centres_, shops = ["plant 1", "plant 2"], ["DC 1", "DC 2"], [*"xyz"]
    lanes = [tl.Lane("mine", p, "part", cost_per_unit=usd(0, 4)) for p in plants]
    lanes += [tl.Lane(p, d, g, cost_per_unit=usd(1, 9), lead_time=int(draw.integers(1, 4)))
              for p in plants for d in centres_ for g in "ab"]  # fmt: skip
    lanes += [tl.Lane(d, s, g, cost_per_unit=usd(1, 9),
                      capacity=usd(6, 15) if draw.random() < 0.2 else INF)
              for d in centres_ for s in shops for g in "ab" if draw.random() < 0.9]  # fmt: skip
    lanes += [tl.Lane("plant 1", s, g, cost_per_unit=usd(12, 20)) for s in shops for g in "ab"]
    recipes = [tl.Recipe(p, "a", {"part": 2}, good_share=0.8, cost=usd(1, 4)) for p in plants]
    recipes += [tl.Recipe(p, "b", cost=usd(1, 4)) for p in plants]
    demands = [tl.Demand(s, g, usd(1, 8), season=(1.0, usd(0, 3)), season_days=120)
               for s in shops for g in "ab"]  # fmt: skip
    products = [tl.Product(p) for p in ("part", "a", "b")]
    network = tl.Network(products, nodes, lanes, recipes, demands)
    choices = {
        s: logistics.Choice(bool(draw.random() < 0.5), usd(5, 60), (o := usd(0, 900)),
                            INF if draw.random() < 0.3 else usd(-o, 400))
        for s in SITES
    }  # fmt: skip
    choices["DC 2"] = replace(choices["DC 2"], step=usd(5, 20), step_cost=usd(100, 900))
    return tl.Scenario(network, tl.BaseStock(60), days=120), choices


def cheapest_flow(scenario, t, shut, more):
    """The least cost a day of serving everybody in a period: a linear program of its own."""
    network = scenario.network
    ways = [v for v in network.lanes if not {v.source, v.destination} & shut]
    batches = [r for r in network.recipes if r.node not in shut]
    items, nodes = [*network.items], [n.name for n in network.nodes]
    a, b = np.zeros((len(items), len(ways) + len(batches))), np.zeros(len(items))
    able, most, price = np.zeros((len(nodes), a.shape[1])), [], []
    for at, v in enumerate(ways):
        a[items.index((v.destination, v.product)), at] += 1
        a[items.index((v.source, v.product)), at] -= 1
        if v.source.startswith("DC"):
            able[nodes.index(v.source), at] = 1
        most.append(v.capacity)
        price.append(v.cost_per_unit + network.node(v.source).holding_cost * v.lead_time.average)
    for at, r in enumerate(batches, len(ways)):
        a[items.index((r.node, r.product)), at] = r.good_share.average
        for part, units in r.components.items():
            a[items.index((r.node, part)), at] = -units
        able[nodes.index(r.node), at] = 1
        most.append(INF)
        price.append(r.cost)
    for d in network.demands:
        b[items.index((d.node, d.product))] = d.pattern.average * d.season[t]
    kept = [at for at, item in enumerate(items) if item in network.brought]
    limits = [n.capacity + more * (n.name == "DC 2") for n in network.nodes]
    found = linprog(price, able, np.minimum(limits, 1e9), a[kept], b[kept],
                    [(0, m) for m in most])  # fmt: skip
    return found.fun if found.success else INF


def by_trying_all(scenario, choices):
    """The least cost over what is open and added in both periods."""
    some = [frozenset(c) for n in range(4) for c in combinations(SITES, n)]
    flow = {(t, shut, more): 60 * cheapest_flow(scenario, t, shut, more * choices["DC 2"].step)
            for t in (0, 1) for shut in some for more in (0, 1)}  # fmt: skip
    best = INF
    for first, second, one, two in product(some, some, (0, 1), (0, 1)):
        cost = flow[0, first, one] + flow[1, second, two]
        if (one and "DC 2" in first) or (two and "DC 2" in second):
            continue
        cost += choices["DC 2"].step_cost * (one + max(0, two - one))
        for name, c in choices.items():
            pattern = [c.is_open, name not in first, name not in second]
            cost += 60 * c.fixed_cost * sum(pattern[1:])
            for before, after in pairwise(pattern):
                turn = c.opening_cost if after > before else c.closing_cost
                cost += turn if after != before else 0
        best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(8))
def test_a_designed_network_is_the_best_of_all(seed):
    scenario, choices = small(seed)
    best = by_trying_all(scenario, choices)
    if math.isinf(best):
        with pytest.raises(tl.SolverError, match="do not reach"):
            logistics.design_network(scenario, choices, DAYS)
        return
    plan = logistics.design_network(scenario, choices, DAYS)
    assert plan.cost == pytest.approx(best)
    assert plan.gap == 0
    parts = plan.fixed_cost + plan.opening_cost + plan.production_cost + plan.transport_cost
    assert parts == pytest.approx(plan.cost)


def two_echelons(sites, demand, cost):
    """The network of a location problem: sites and customers, a lane for each finite cost."""
    lanes = [tl.Lane(s, c, "unit", cost_per_unit=usd) for (s, c), usd in cost.items() if usd < INF]
    nodes = [tl.Node(name, capacity=site.capacity) for name, site in sites.items()]
    demands = [tl.Demand(name, "unit", units) for name, units in demand.items()]
    network = tl.Network([tl.Product("unit")], [*nodes, *map(tl.Node, demand)], lanes, [], demands)
    return tl.Scenario(network, tl.BaseStock(9), days=1)


@pytest.mark.parametrize("seed", range(12))
def test_two_echelons_are_a_location_problem(seed):
    """Forbidden pairs, single sources and a service distance cost what `facilities` says."""
    draw = np.random.default_rng(seed)
    sites = {s: Site(float(draw.integers(0, 60)), float(draw.integers(6, 16))) for s in "xyz"}
    demand = {c: float(draw.integers(1, 8)) for c in "abcd"}
    cost = {pair: INF if draw.random() < 0.2 and pair[0] != "x" else float(draw.integers(1, 20))
            for pair in product(sites, demand)}  # fmt: skip
    far = {pair: float(draw.integers(1, 100)) for pair in cost}
    scenario = two_echelons(sites, demand, cost)
    lanes = [replace(v, distance=far[v.source, v.destination]) for v in scenario.network.lanes]
    scenario = scenario.change(network=scenario.network.change(*lanes))
    choices = {s: logistics.Choice(fixed_cost=site.fixed_cost) for s, site in sites.items()}
    for single, within in product((True, False), (INF, 75, 50)):
        limits = logistics.Limits(single=single, within=within)
        near = {p: usd if far[p] <= within else INF for p, usd in cost.items()}
        try:
            best = facilities(sites, demand, near, single=single).cost
        except tl.SolverError:
            with pytest.raises(tl.SolverError, match="do not reach"):
                logistics.design_network(scenario, choices, limits=limits)
            continue
        plan = logistics.design_network(scenario, choices, limits=limits)
        assert plan.cost == pytest.approx(best)
        ways = [way.split("->") for way in plan.flow]
        assert all(far[start, end.split("/")[0]] <= within for start, end in ways)
        assert len(ways) == len(demand) or not single


def test_ways_are_opened_like_arcs_with_a_fixed_cost():
    draw = np.random.default_rng(5)
    supply, demand = {"a": 9.0, "b": 9.0}, {"x": 4.0, "y": 5.0, "z": 6.0}
    arcs = [Arc(*pair, float(draw.integers(1, 9)), 7, float(draw.integers(5, 25)))
            for pair in product(supply, demand)]  # fmt: skip
    sites = {name: Site(0, units) for name, units in supply.items()}
    scenario = two_echelons(sites, demand, {(a.source, a.destination): a.cost for a in arcs})
    lanes = [replace(v, capacity=7) for v in scenario.network.lanes]
    scenario = scenario.change(network=scenario.network.change(*lanes))
    choices = {f"{a.source}->{a.destination}": logistics.Choice(False, a.fixed_cost) for a in arcs}
    plan = logistics.design_network(scenario, choices)
    assert plan.cost == pytest.approx(network_flow(arcs, supply, demand).cost)
    gone = {name for name, (is_open,) in plan.open.items() if not is_open}
    kept = {"->".join(v.key[:2]) for v in plan.change.scenario.network.lanes}
    assert kept == {*choices} - gone
    assert gone


def test_no_more_nodes_are_open_than_asked_for():
    sites = {s: Site() for s in "xyz"}
    cost = {(s, c): abs(at - 3 * number) for at, c in enumerate("abcdefg")
            for number, s in enumerate("xyz")}  # fmt: skip
    scenario = two_echelons(sites, dict.fromkeys("abcdefg", 1.0), cost)
    choices = dict.fromkeys(sites, logistics.Choice())
    for count in (1, 2, 3):
        limits = logistics.Limits(most=count)
        plan = logistics.design_network(scenario, choices, limits=limits)
        assert plan.cost == facilities(sites, dict.fromkeys("abcdefg", 1), cost, count).cost
        assert sum(x for (x,) in plan.open.values()) <= count


def test_a_distance_that_no_lane_says_is_the_great_circle():
    """One degree on the equator is 111.2 km."""
    nodes = [tl.Node("near", latitude=0, longitude=1), tl.Node("far", latitude=0, longitude=2),
             tl.Node("shop", latitude=0, longitude=0)]  # fmt: skip
    lanes = [tl.Lane("near", "shop", "unit", cost_per_unit=5), tl.Lane("far", "shop", "unit")]
    network = tl.Network([tl.Product("unit")], nodes, lanes, [], [tl.Demand("shop", "unit", 1)])
    scenario = tl.Scenario(network, tl.BaseStock(9), days=10)
    for within, cost in ((223, 0), (222, 50), (112, 50)):
        plan = logistics.design_network(scenario, {}, limits=logistics.Limits(within=within))
        assert plan.cost == pytest.approx(cost)
    with pytest.raises(tl.SolverError, match="1 units/day of 'unit' do not reach 'shop'"):
        logistics.design_network(scenario, {}, limits=logistics.Limits(within=111))
    blind = scenario.change(network=network.change(tl.Node("far")))
    with pytest.raises(tl.ScenarioError, match=r"\['far'\] have no latitude.* or distances"):
        logistics.design_network(blind, {}, limits=logistics.Limits(within=111))


# -- the scenario that has the design ---------------------------------------------------------


def shipped(scenario, first):
    """Units a day on each lane, in ten means of twenty days from a day on."""
    sent = {v.key: np.zeros(10) for v in scenario.network.lanes}
    for e in tl.simulate(scenario, seed=1).log.of("shipped"):
        if first <= e.day < first + 200:
            sent[e.node, e.partner, e.product, e.mode][(e.day - first) // 20] += e.quantity / 20
    return {tl.scope.scenario.lane_paths(v)[-1]: sent[v.key] for v in scenario.network.lanes}


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_the_designed_scenario_moves_what_was_planned(seed):
    """Mean flows of each lane in both periods within 4 standard errors, when stocks have filled."""
    scenario, choices = small(seed)
    chance = [replace(d, pattern=tl.Poisson(d.pattern.average), season_days=700)
              for d in scenario.network.demands]  # fmt: skip
    scenario = scenario.change(network=scenario.network.change(*chance), days=700)
    plan = logistics.design_network(scenario, choices, [range(350), range(350, 700)])
    then = plan.change.scenario
    closed = {name for name, is_open in plan.open.items() if not any(is_open)}
    assert {*then.network.named} == {*scenario.network.named} - closed
    for period, first in enumerate((150, 500)):
        sent = shipped(then, first)
        assert {*plan.flow} <= {*sent}
        for way, units in sent.items():
            planned = plan.flow.get(way, (0.0, 0.0))[period]
            error = units.std(ddof=1) / np.sqrt(10)
            assert abs(units.mean() - planned) <= 4 * error + 1e-9, (way, period)


def detour(**change):
    """From mine to shop by two depots, one after the other, or dearly at once."""
    lanes = [tl.Lane("mine", "A", "unit"), tl.Lane("A", "B", "unit"), tl.Lane("B", "shop", "unit"),
             tl.Lane("mine", "shop", "unit", cost_per_unit=3)]  # fmt: skip
    network = tl.Network([tl.Product("unit")], [tl.Node(n) for n in ("mine", "A", "B", "shop")],
                         lanes, [], [tl.Demand("shop", "unit", tl.Poisson(5))],
                         [tl.Stock("B", "unit", 4), tl.Stock("shop", "unit", 9)])  # fmt: skip
    given = {"rules": tl.BaseStock(20), "days": 100, "disruptions": [tl.Outage("A", start=5)]}
    return tl.Scenario(network, **(given | change))


def test_what_is_closed_takes_along_what_it_alone_supplied():
    """A costs more than it saves; B, which only A feeds, is no source from nothing."""
    scenario = detour(sharing={"A": OwnOrders()}, sourcing={"B": tl.organization.Shares()},
                      disruptions=[tl.Outage(name, start=5) for name in ("A", "mine")])  # fmt: skip
    plan = logistics.design_network(scenario, {"A": logistics.Choice(True, 16, closing_cost=7)})
    then = plan.change.scenario
    assert (plan.cost, plan.opening_cost, plan.flow) == (1507, 7, {"mine->shop/unit/road": (5,)})
    assert {v.key[:2] for v in then.network.lanes} == {("mine", "shop")}
    assert [stock.node for stock in then.network.stocks] == ["shop"]
    assert [outage.node for outage in then.disruptions] == ["mine"]
    assert {*then.rules} == {("shop", "unit")}
    assert tl.simulate(then).kpis.fill_rate > 0.9
    assert str(plan.change) == "network design: 1,507 USD by averages\n  A.open: yes → no"
    stays = logistics.design_network(scenario, {"A": logistics.Choice(True, 14, closing_cost=7)})
    assert (stays.cost, stays.change.scenario.network.lanes[3].sourcing_share) == (1400, 0)
    assert stays.change.scenario.disruptions == scenario.disruptions


def test_a_season_opens_a_site_and_closes_it_again():
    """Ten days of 10 units, then ten of 1, then ten of 10: by A at 9 USD/day, or for 3 a unit."""
    demand = tl.Demand("shop", "unit", 10, season=(1, 0.1, 1), season_days=30)
    scenario = detour(days=30).change(network=detour().network.change(demand))
    spans = [range(10), range(10, 20), range(20, 30)]
    choice = logistics.Choice(False, 9, 100, closing_cost=0)
    plan = logistics.design_network(scenario, {"A": choice}, spans)
    assert (plan.open["A"], plan.cost) == ((True, True, True), 100 + 30 * 9)
    cheap = {"A": replace(choice, opening_cost=20)}
    plan = logistics.design_network(scenario, cheap, spans)
    assert (plan.open["A"], plan.cost) == ((True, False, True), 2 * (20 + 90) + 30)
    assert plan.flow["mine->shop/unit/road"] == (0, 1, 0)
    late = [way for way in (e.node for e in tl.simulate(plan.change.scenario).log.of("shipped")
                            if e.partner == "shop" and 10 <= e.day < 20)]  # fmt: skip
    assert {*late} == {"mine"}
    assert logistics.design_network(scenario, cheap).cost == 20 + 270
    stuck = {"A": replace(choice, opening_cost=20, closing_cost=INF)}
    plan = logistics.design_network(scenario, stuck, spans)
    assert (plan.open["A"], plan.cost) == ((True, True, True), 290)


def test_an_expansion_costs_once_stays_while_open_and_is_in_the_scenario():
    """A puts out half of 8 units on average, and each step of 4 another 2: three make 10."""
    demand = tl.Demand("shop", "unit", 10, season=(1, 0.1, 1), season_days=30)
    half = tl.Node("A", capacity=8, output=tl.Empirical((0, 1)))
    scenario = detour(days=30).change(network=detour().network.change(demand, half))
    choice = logistics.Choice(False, 10, 20, closing_cost=0, step=4, step_cost=15, steps=5)
    plan = logistics.design_network(scenario, {"A": choice})
    assert (plan.added, plan.cost) == ({"A": (8,)}, 20 + 2 * 15 + 30 * 10)  # 7 units a day
    assert plan.change.scenario.value("A.capacity") == 16
    spans = [range(10), range(10, 20), range(20, 30)]
    plan = logistics.design_network(scenario, {"A": choice}, spans)
    assert plan.open == {"A": (True, False, True)}
    assert plan.added == {"A": (12, 0, 12)}
    assert plan.cost == 2 * (20 + 3 * 15 + 100) + 30
    few = {"A": replace(choice, steps=1)}
    assert logistics.design_network(scenario, few).flow["A->B/unit/road"] == (6,)


def test_nobody_earns_by_closing_what_stays_open():
    saving = {"A": logistics.Choice(True, closing_cost=-30)}
    plan = logistics.design_network(detour(), saving)
    assert (plan.open, plan.cost, str(plan.change)) == (
        {"A": (True,)}, 0, "network design: 0 USD by averages",
    )  # fmt: skip
    dear = detour().network.change(tl.Lane("mine", "A", "unit", cost_per_unit=3.05))
    plan = logistics.design_network(detour().change(network=dear), saving)
    assert (plan.open, plan.opening_cost, plan.cost) == ({"A": (False,)}, -30, 1470)
    never = {"A": logistics.Choice(opening_cost=9, closing_cost=-300)}  # not there: nothing to sell
    plan = logistics.design_network(detour().change(network=dear), never)
    assert (plan.open, plan.opening_cost, plan.cost) == ({"A": (False,)}, 0, 1500)


def test_stock_on_the_way_costs_what_its_own_row_says():
    """Two days on the way at 3 USD instead of the node's 1, for 5 units a day in 100 days."""
    way = tl.Lane("B", "shop", "unit", lead_time=2)
    stock = tl.Stock("B", "unit", 4, holding_cost=3)
    network = detour().network.change(tl.Node("B", holding_cost=1), way)
    network = network.change(replace(network.lanes[3], cost_per_unit=30))
    for rows, rate in (((), 1), ((stock,), 3)):
        scenario = detour().change(network=network.change(*rows))
        assert logistics.design_network(scenario, {}).transport_cost == 5 * 100 * 2 * rate


def test_goods_in_a_circle_are_not_cut_off():
    """Three towns pass goods around, one way only; the plant reaches the first of them alone."""
    ring = [("A", "B"), ("B", "C"), ("C", "A")]
    for order in permutations(range(4)):
        lanes = [tl.Lane("plant", "A", "unit"), *(tl.Lane(*ends, "unit") for ends in ring)]
        nodes = [*map(tl.Node, ("plant", "A", "B", "C"))]
        network = tl.Network([tl.Product("unit")], [nodes[at] for at in order],
                             [lanes[at] for at in order], [],
                             [tl.Demand(town, "unit", 5) for town in "ABC"])  # fmt: skip
        scenario = tl.Scenario(network, tl.BaseStock(9), days=1)
        plan = logistics.design_network(scenario, {"plant": logistics.Choice(fixed_cost=1)})
        assert plan.flow["plant->A/unit/road"] == pytest.approx((15,))


def test_small_items_count_beside_large_ones():
    """Of nine items with a thousandth to 100,000 units a day each gets exactly what is asked."""
    goods = {f"g{at}": 10.0 ** (at - 3) for at in range(9)}
    network = tl.Network(
        [tl.Product(name) for name in goods],
        [tl.Node("plant", capacity=2e5), *map(tl.Node, ("near", "far", "x", "y"))],
        [tl.Lane(a, b, g, cost_per_unit=1 + (a == "far")) for g in goods for a, b in
         [("plant", "near"), ("plant", "far"), *product(("near", "far"), "xy")]], [],
        [tl.Demand(town, g, units / 2) for g, units in goods.items() for town in "xy"],
    )  # fmt: skip
    scenario = tl.Scenario(network, tl.BaseStock(9), days=1)
    choices = {"near": logistics.Choice(fixed_cost=2e5), "far": logistics.Choice(fixed_cost=9)}
    plan = logistics.design_network(scenario, choices)
    assert plan.open == {"near": (False,), "far": (True,)}
    for name, units in goods.items():
        assert plan.flow[f"plant->far/{name}/road"] == pytest.approx((units,), rel=1e-6)
        assert plan.flow[f"far->x/{name}/road"] == pytest.approx((units / 2,), rel=1e-6)


HERE = {"A": logistics.Choice(True, 16, closing_cost=7)}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: logistics.design_network(detour(), {"a": HERE["A"]}), "no node or way 'a'; did"),
        (lambda: logistics.design_network(detour(), {"A->C": HERE["A"]}), "no node or way 'A->C'"),
        (lambda: logistics.design_network(detour(), {"A": Site(3)}), "must be a Choice"),
        (lambda: logistics.design_network(detour(), {"A": logistics.Choice(step=3)}),
         "'A' has no capacity to add to"),
        (lambda: logistics.design_network(detour(), {"A->B": logistics.Choice(step=3)}),
         "'A->B' has no capacity to add to"),
        (lambda: logistics.design_network(detour(), HERE, [range(50), range(40, 90)]),
         r"range\(40, 90\) after range\(0, 50\): give days in turn"),
        (lambda: logistics.design_network(detour(), HERE, range(90, 101)),
         r"up to range\(…, 100\)"),
        (lambda: logistics.design_network(detour(), HERE, range(0, 90, 2)), "give days in turn"),
        (lambda: logistics.design_network(detour(), HERE, range(0)), "give days in turn"),
        (lambda: logistics.design_network(detour(), HERE, 30), "periods must be a list of range"),
        (lambda: logistics.design_network(detour(), HERE, limits=4), "limits must be a Limits"),
        (lambda: logistics.design_network(
            detour(), {"A": logistics.Choice(True)}, limits=logistics.Limits(most=0)),
         "no plan keeps to all limits"),
        (lambda: logistics.design_network(
            detour(), HERE, limits=logistics.Limits(time_limit=0)), "no plan found in 0 s"),
        (lambda: logistics.Choice(fixed_cost=-1), "fixed_cost must be at least 0"),
        (lambda: logistics.Choice(opening_cost=math.nan), "opening_cost is a number in USD"),
        (lambda: logistics.Choice(closing_cost=-INF), "closing_cost must be at least"),
        (lambda: logistics.Choice(steps=1.5), "steps is a whole number"),
        (lambda: logistics.Limits(within=-3), "within must be at least 0 km"),
        (lambda: logistics.Limits(most=math.nan), "most is a number"),
        (lambda: logistics.Limits(single=1), "single is yes or no"),
    ],
)  # fmt: skip
def test_designs_of_no_sense_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


def test_who_cannot_be_served_is_told():
    lanes = detour().network.lanes
    alone = detour(disruptions=()).change(network=detour().network.without(lanes[3]))
    sites = {"A": logistics.Choice(True, closing_cost=0), "B": logistics.Choice()}
    with pytest.raises(tl.SolverError, match=r"5 units/day of 'unit' do not reach 'shop' in per"):
        logistics.design_network(alone, sites, limits=logistics.Limits(most=1))
    assert logistics.design_network(alone, sites).open == {"A": (True,), "B": (True,)}
    town = alone.change(network=alone.network.change(tl.Node("B", capacity=3)))
    with pytest.raises(tl.SolverError, match=r": 2 units/day of 'unit' do not reach 'shop'"):
        logistics.design_network(town, sites)


def test_who_is_not_served_is_not_said_before_it_is_known(monkeypatch):
    """A search for who is left out may itself run out of time: then nobody is named."""
    minimize, asked = logistics.design.minimize, []

    def late(*given):
        asked.append(given)
        if len(asked) == 1:
            raise tl.SolverError("no plan found in 3 s")
        found = minimize(*given)
        return found._replace(values=found.values | dict.fromkeys(given[3], 1.0), gap=INF, cost=5)

    monkeypatch.setattr(logistics.design, "minimize", late)
    with pytest.raises(tl.SolverError, match="no plan found in 3 s"):
        logistics.design_network(detour(), HERE)
    assert len(asked) == 2
