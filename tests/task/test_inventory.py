"""Lots, levels and run-out dates: formulas against enumeration and against the simulated chain."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import twinlab as tl
from twinlab.management.flows import mean_flows
from twinlab.scope.distributions import sd_of
from twinlab.scope.state import Shipment
from twinlab.task import inventory

ITEM = ("shop", "unit")
AMOUNT = st.floats(0.01, 1000)


def shop(demand, level, *, lead_time=3, on_hand=0.0, days=200, **columns):
    network = tl.serial(["mine", "shop"], demand=tl.Demand("shop", "unit", demand, **columns),
                        lead_time=lead_time, on_hand={"shop": on_hand})  # fmt: skip
    return tl.Scenario(network, tl.BaseStock(level), days=days)


def standard_error(chance, replications):
    return np.sqrt(np.maximum(chance * (1 - chance), 1e-4) / replications)


def short_by_formula(on_hand, demand, days, arrivals=()):
    """P(D(t) > stock), D(t) the demand of t days; with arrivals the largest of the days so far."""
    time = np.arange(1, days + 1)
    stock = on_hand + np.cumsum([dict(arrivals).get(t, 0.0) for t in time])
    if isinstance(demand, tl.Poisson):
        return np.maximum.accumulate(stats.poisson(demand.mean * time).sf(stock))
    law = stats.norm(demand.mean * time, demand.sd * np.sqrt(time))
    return np.maximum.accumulate(law.sf(stock))


# -- describe --


def test_cover_reads_the_books_of_the_state():
    """On a morning in the middle: the table says what the night before left."""
    chain = shop(tl.Poisson(20), 75)
    run = tl.simulate(chain, seed=3)
    last = run.daily[(run.daily.day == 59) & (run.daily.node == "shop")].iloc[0]
    row = inventory.describe(chain, run.state_on(60)).table.loc[ITEM]
    assert row["on hand [units]"] == last.on_hand
    assert row["on order [units]"] == last.on_order
    assert row["backlog [units]"] == last.backlog
    assert row["cover [days]"] == last.on_hand / 20


def test_backlog_counts_what_a_node_owes_to_other_nodes():
    """The shop owes today's 7, and has asked the empty depot for those and for its 21."""
    network = tl.serial(["mine", "depot", "shop"], demand=tl.Constant(7), lead_time=2)
    state = tl.simulate(tl.Scenario(network, tl.BaseStock(21), days=1)).state_on(1)
    table = inventory.describe(tl.Scenario(network, tl.BaseStock(21)), state).table
    assert table.loc[("depot", "unit"), "backlog [units]"] == 28
    assert table.loc[ITEM, "backlog [units]"] == 7


def test_a_component_owes_what_its_production_waits_for():
    """The position read from a state is the one that the rule saw the evening before."""
    seen = []

    def watched(view):
        seen.append(view.inventory_position)
        return 20.0

    network = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(15), lead_time=2)
    rules = {("plant", "wheel"): watched, "plant": tl.BaseStock(0)}
    chain = tl.Scenario(network, rules, days=12)
    state = tl.simulate(chain).state_on(10)
    tl.simulate(chain)
    row = inventory.describe(chain, state).table.loc[("plant", "wheel")]
    assert row["backlog [units]"] > 100
    # On day 10 the rule sees 15 bikes more, each of two wheels.
    assert row["position cover [days]"] * 30 == pytest.approx(seen[10] + 30)


def test_a_component_is_out_when_production_waits():
    network = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(15)).change(
        tl.Stock("plant", "wheel", 100)
    )
    chain = tl.Scenario(network, tl.BaseStock(0))
    wheels = ("plant", "wheel")
    still = inventory.stop_ordering(chain, wheels)
    found = inventory.predict(still, wheels, days=5, replications=64)
    assert found.chance.tolist() == [0, 0, 0, 1, 1]


def test_requirements_explode_through_recipes_yields_and_shares():
    """5 bikes: 10 wheels, and 12.5 started for them at a yield of 0.8; 30 % come from A."""
    network = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(5)).change(
        tl.Recipe("plant", "unit", {"wheel": 2}, good_share=0.8),
        tl.Lane("wheel supplier", "plant", "wheel", sourcing_share=0.7),
        tl.Node("A"),
        tl.Lane("A", "plant", "wheel", sourcing_share=0.3, sourcing_rank=2),
    )
    chain = tl.Scenario(network, tl.BaseStock(20))
    assert mean_flows(chain)["wheel supplier", "wheel"] == pytest.approx(12.5)
    assert mean_flows(chain)["A", "wheel"] == 0
    split = chain.change(sourcing={("plant", "wheel"): tl.Shares()})
    assert mean_flows(split)["A", "wheel"] == pytest.approx(0.3 * 12.5)
    with pytest.raises(tl.ScenarioError, match="did you mean 'plant, wheel'"):
        mean_flows(chain, wanted={("plant", "wheels"): 1.0})


def test_requirements_say_where_goods_go_round():
    network = tl.serial(["a", "b"], demand=tl.Constant(1)).change(tl.Lane("b", "a", "unit"))
    with pytest.raises(tl.ScenarioError, match=r"in a circle through '[ab]'"):
        mean_flows(tl.Scenario(network, tl.BaseStock(5)))


# -- predict --


@pytest.mark.parametrize("demand", [tl.Normal(20, 4), tl.Poisson(20)])
def test_the_run_out_date_by_simulation_is_that_of_the_formula(demand):
    """Nobody orders: P(out by day t) = P(D(t) > stock), within 4 standard errors on every day."""
    chain = inventory.stop_ordering(shop(demand, 0, on_hand=130), ITEM)
    start = tl.State.initial(chain.network)
    seen = inventory.predict(chain, ITEM, start, seed=5, days=12, replications=2000)
    said = short_by_formula(130, demand, 12)
    assert 0.05 < said[5] < 0.95
    assert (np.abs(seen.chance - said) < 4 * standard_error(said, 2000)).all()


def test_goods_under_way_put_the_date_off():
    """From a state in the middle, with shipments due: the formula with arrivals is a lower bound,
    and near, as only one of the days is critical.
    """
    chain = shop(tl.Normal(20, 5), 110)
    state = tl.simulate(chain, seed=2).state_on(40)
    due = {}
    for shipment in state.under_way["mine", "shop", "unit", "road"]:
        due[shipment.due - state.day + 1] = shipment.quantity
    assert sum(due.values()) > 40
    still = inventory.stop_ordering(chain, ITEM)
    seen = inventory.predict(still, ITEM, state, seed=5, days=12, replications=2000)
    bound = short_by_formula(state.on_hand[ITEM], tl.Normal(20, 5), 12, due)
    error = 4 * standard_error(bound, 2000)
    assert (seen.chance > bound - error).all()
    assert (seen.chance < bound + error + 0.02).all()
    assert seen.quantile(0.5) == inventory.RunOut(bound).quantile(0.5)


def test_lost_sales_are_a_stock_out_too():
    chain = shop(tl.Constant(20), 0, on_hand=50, backorders=False)
    start = tl.State.initial(chain.network)
    with pytest.warns(UserWarning, match="orders for customers who do not wait"):
        found = inventory.predict(chain, ITEM, start, days=6, replications=64)
    assert found.chance.tolist() == [0, 0, 1, 1, 1, 1]
    assert found.quantile(0.5) == 3


def test_what_never_runs_out_has_no_date():
    assert inventory.RunOut(np.zeros(10)).quantile(0.5) == np.inf


# -- prescribe --


@settings(deadline=None)
@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT, st.floats(1.05, 10))
def test_no_lot_beats_the_economic_one(fixed, holding, demand, backorder, speed):
    lot = inventory.EconomicLot(fixed, holding, demand, backorder, speed * demand)
    others = lot.quantity * np.geomspace(0.1, 10, 21)
    assert min(lot.cost(float(q)) for q in others) >= lot.cost() * (1 - 1e-12)


@settings(deadline=None)
@given(AMOUNT, AMOUNT, AMOUNT, st.floats(1e-4, 1))
def test_powers_of_two_cost_at_most_six_percent_more(fixed, holding, demand, part):
    lot = inventory.EconomicLot(fixed, holding, demand)
    base = part * lot.cycle
    lot_then = inventory.power_of_two(lot, base) * base * demand
    assert lot.cost(lot_then) / lot.cost() <= (np.sqrt(2) + 1 / np.sqrt(2)) / 2 + 1e-12


def test_a_supplier_that_never_fails_gives_the_plain_lot():
    plain = inventory.EconomicLot(8, 0.225, 1300)
    steady = inventory.DisruptedLot(8, 0.225, 1300, 5, disruptions=0, recoveries=14)
    assert steady.quantity == pytest.approx(plain.quantity, rel=1e-6)
    assert steady.cost() == pytest.approx(plain.cost(), rel=1e-9)


def test_a_disrupted_lot_costs_what_simulated_cycles_cost():
    """Renewal reward over drawn outages: K + stock + losses per cycle over its length."""
    lot = inventory.DisruptedLot(8, 0.225, 1300, 5, disruptions=1.5, recoveries=14)
    rng, n, q, up, down = np.random.default_rng(1), 200_000, 400.0, 1.5, 14.0
    length = q / 1300
    state_down = rng.random(n) < up / (up + down) * (1 - np.exp(-(up + down) * length))
    wait = np.where(state_down, rng.exponential(1 / down, n), 0.0)
    spent = 8 + 0.225 * q * length / 2 + 5 * 1300 * wait
    ratio = spent.mean() / (length + wait).mean()
    error = (spent - ratio * (length + wait)).std() / (length + wait).mean() / np.sqrt(n)
    assert abs(lot.cost(q) - ratio) < 4 * error


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.integers(0, 200), st.integers(0, 5))
def test_wagner_whitin_is_the_best_of_all_plans(demand, setup, holding):
    """Every choice of order periods, tried."""
    plan = inventory.wagner_whitin(demand, setup, holding)
    costs = []
    for chosen in product([0, 1], repeat=len(demand)):
        stock, cost = 0, 0.0
        for t, order in enumerate(chosen):
            until = next((s for s in range(t + 1, len(demand)) if chosen[s]), len(demand))
            if order:
                stock += sum(demand[t:until])
                cost += setup if sum(demand[t:until]) else 0
            stock -= demand[t]
            if stock < 0:
                break
            cost += holding * stock
        else:
            costs.append(cost)
    assert plan.cost == pytest.approx(min(costs))
    assert sum(plan.orders) == sum(demand)


@pytest.mark.parametrize("lead_time", [1, 3])
def test_min_max_costs_in_the_twin_what_the_formula_says(lead_time):
    """The twin decides after the day's demand: an order covers as many days as its lead time."""
    best = inventory.PeriodicReview(tl.Poisson(6), 5, 1, 4, periods=lead_time).best()
    rule = tl.MinMax(best.reorder_point, best.up_to)
    chain = shop(tl.Poisson(6), 0, lead_time=lead_time, on_hand=best.up_to, days=400,
                 backorder_cost=4)  # fmt: skip
    lane = tl.Lane("mine", "shop", "unit", lead_time=lead_time, cost_per_shipment=5)
    network = chain.network.change(lane, tl.Node("shop", holding_cost=1))
    batch = tl.replicate(chain.change(network=network, rules={"shop": rule}), 400, seed=1)
    cost = sum(batch.total(kind, "shop") for kind in ("holding", "owing"))
    cost = (cost + batch.total("transport")) / 400
    error = cost.std(ddof=1) / np.sqrt(len(cost))
    # The start is full: over 400 days that is worth less than a tenth of a percent.
    assert abs(cost.mean() - best.cost) < 4 * error + 0.001 * best.cost


def test_min_max_beats_its_neighbours():
    review = inventory.PeriodicReview(tl.Poisson(6), 20, 1, 4, periods=3)
    best = review.best()
    low, top = int(best.reorder_point), int(best.up_to)
    around = [(low + i, top + j) for i in range(-3, 4) for j in range(-6, 7)]
    costs = [review.cost(*levels) for levels in around]
    assert best.cost == pytest.approx(min(costs))


def test_the_reorder_lot_beats_its_neighbours():
    review = inventory.ContinuousReview(1300, 150, 1 / 12, 8, 0.225, 7.5)
    best = review.best()
    for point, lot in product((-5, 0, 5), (-20, 0, 20)):
        assert review.cost(best.reorder_point + point, best.lot + lot) >= best.cost - 1e-9


@pytest.mark.parametrize("period", [1, 3])
@pytest.mark.parametrize("evening", [False, True])
def test_the_recommended_base_stock_serves_as_promised(period, evening):
    """95 % of the days in full, at daily and at slower review: customers ask every day."""
    chain = shop(tl.Normal(20, 6), 60, lead_time=4, days=303)
    row = tl.Node("shop", review_period=period, evening_review=evening)
    chain = chain.change(network=chain.network.change(row))
    advice = inventory.prescribe(chain, ITEM, service=0.95)
    batch = tl.replicate(advice.scenario, 400, seed=2, daily=[("backlog", "shop")])
    late = (batch.series("backlog", "shop")[30:] > 1e-9).mean(axis=0)
    # Chosen on 256 replications, judged on 400.
    error = late.std(ddof=1) * np.sqrt(1 / 256 + 1 / 400)
    assert abs(late.mean() - 0.05) < 4 * error


def test_the_recommendation_is_simulated_and_compared():
    chain = shop(tl.Normal(20, 6), 70, lead_time=4)
    advice = inventory.prescribe(chain, ITEM, service=0.95)
    assert advice.scenario.value("shop.up_to") == advice.values["shop/unit.up_to"]
    found = advice.compare(chain, 100, seed=1)
    assert found.difference("base stock for 95 %", "fill_rate").low > 0


def test_todays_order_fills_the_position_to_its_level():
    chain = shop(tl.Normal(20, 6), 75, lead_time=4)
    state = tl.simulate(chain, seed=1).state_on(50)
    order = inventory.order_today(chain, ITEM, state)
    row = inventory.describe(chain, state).table.loc[ITEM]
    assert order.position == pytest.approx(20 * row["position cover [days]"])
    assert order.quantity == pytest.approx(order.level - order.position)
    bulk = inventory.order_today(chain, ITEM, state, lot=25)
    assert bulk.quantity % 25 == 0
    assert 0 <= bulk.quantity - order.quantity < 25
    # Ordered by hand, and nothing more: 95 % of all futures have enough on the last day covered.
    lane = ("mine", "shop", "unit", "road")
    placed = state.copy()
    placed.on_order[ITEM] += order.quantity
    placed.in_transit[lane] += order.quantity
    due = Shipment(state.day + 4, order.quantity, state.day)
    placed.under_way[lane].append(due)
    still = inventory.stop_ordering(chain, ITEM).change(days=state.day + 5)
    batch = tl.replicate(still, 2000, seed=3, start=placed, daily=[("backlog", "shop")])
    short = (batch.series("backlog", "shop")[-1] > 1e-9).mean()
    assert abs(short - 0.05) < 4 * standard_error(0.05, 2000)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: inventory.EconomicLot(8, 0, 5), "holding_cost must be at least"),
        (lambda: inventory.EconomicLot(8, 1, 5, production_rate=4), "line never stops"),
        (
            lambda: inventory.EconomicLot(8, 1, 5).cost(0),
            "quantity must be a finite number above 0",
        ),
        (
            lambda: inventory.reorder_point(20, 4, 9, service=1.0),
            "a share above 0 and below 1",
        ),
        (lambda: inventory.wagner_whitin([1, 2], 3, 1, [1]), "2 periods and 1 unit costs"),
        (lambda: inventory.PeriodicReview(tl.Normal(5, 1), 5, 1, 4).cost(2, 5), "discrete"),
        (lambda: inventory.PeriodicReview(tl.Poisson(5), 5, 1, 4).cost(5, 5), "above s 5"),
        (lambda: inventory.PeriodicReview(tl.Constant(0), 5, 1, 4).best(), "units above 0"),
        (lambda: inventory.ContinuousReview(5, 1, 1, 5, 1, 4).cost(3, 0), "lot must be a finite"),
        (lambda: inventory.prescribe(shop(tl.Poisson(2), 5), ("mine", "unit")), "did you mean"),
    ],
)
def test_mistakes_are_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()


def test_first_levels_are_reorder_points_of_what_is_on_order():
    """A works of two parts, and a depot of two shops, one of which looks every third day."""
    levels = tl.task.inventory.first_levels
    kit = tl.assembly("works", {"frame": 1, "wheel": 2}, demand=tl.Normal(10, 3), lead_time=4)
    rules = levels(tl.Scenario(kit, tl.LotForLot()), 0.9).scenario.rules
    for part, units in (("frame", 1), ("wheel", 2)):
        point = tl.task.inventory.reorder_point(10 * units, 3 * units, 4, service=0.9)
        assert rules["works", part].up_to == math.ceil(point)
    lanes = [
        tl.Lane("sea", "depot", "ore", lead_time=tl.Uniform(6, 8)),
        tl.Lane("depot", "a", "ore", lead_time=2),
        tl.Lane("depot", "b", "ore", lead_time=0),
    ]
    asked = [tl.Demand("a", "ore", tl.Poisson(9)), tl.Demand("b", "ore", tl.Poisson(16))]
    names = ["sea", "depot", "a", "b"]
    nodes = [tl.Node(name, review_period=1 + 2 * (name == "a")) for name in names]
    net = tl.Network([tl.Product("ore")], nodes, lanes, demands=asked)
    rules = levels(tl.Scenario(net, tl.LotForLot())).scenario.rules
    point = tl.task.inventory.reorder_point
    late = sd_of(tl.Uniform(6, 8))
    assert rules["depot", "ore"].up_to == pytest.approx(point(25, 5, 7, late), abs=1)
    assert rules["a", "ore"].up_to == math.ceil(point(9, 3, 4))
    assert rules["b", "ore"].up_to == math.ceil(point(16, 4, 1))
