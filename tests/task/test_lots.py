"""Discounts, joint orders and shares of scarce stock: published instances and enumeration."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.task import inventory

# -- quantity discounts --


def test_a_discount_on_all_units_is_worth_a_larger_lot():
    """Order 1,200 of 25,000 a year at 3.60: 250 for orders + 324 for stock + 90,000 to buy."""
    prices = {1: 4.40, 800: 4.00, 1200: 3.60}
    best = inventory.EconomicLot(12, 0.15, 25_000, prices=prices)
    assert (best.quantity, best.cost()) == (1200, pytest.approx(90_574))
    shuffled = {1200: 3.60, 1: 4.40, 800: 4.00}
    assert inventory.EconomicLot(12, 0.15, 25_000, prices=shuffled).cost() == best.cost()


def test_one_price_is_the_plain_lot_and_its_purchase():
    plain = inventory.EconomicLot(8, 0.225, 1300, backorder_cost=5, production_rate=1700)
    priced = inventory.EconomicLot(8, 0.3, 1300, 5, 1700, prices={0: 0.75})
    assert priced.quantity == pytest.approx(plain.quantity, rel=1e-12)
    assert priced.backordered_share == pytest.approx(plain.backordered_share, rel=1e-12)
    assert priced.cost() == pytest.approx(plain.cost() + 1300 * 0.75, rel=1e-12)


def bill(prices, lot, incremental):
    """What a lot costs to buy, step by step."""
    steps = sorted(prices)
    if not incremental:
        return lot * prices[max(step for step in steps if step <= max(lot, steps[0]))]
    ends = [*steps[1:], math.inf]
    steps[0] = 0.0
    rows = zip(steps, ends, sorted(prices.values(), reverse=True), strict=True)
    return sum(max(0.0, min(lot, end) - start) * price for start, end, price in rows)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.floats(1, 500), st.floats(0.05, 1), st.floats(10, 5000), st.booleans(),
       st.integers(0, 99))  # fmt: skip
def test_no_lot_beats_the_best_of_all_prices(fixed, share, demand, incremental, seed):
    """Cost = orders + purchase + a holding cost by the mean price paid; on a fine grid of lots."""
    luck = np.random.default_rng(seed)
    steps = [1.0, *np.sort(luck.uniform(5, 900, 3)).tolist()]
    prices = dict(zip(steps, np.sort(luck.uniform(1, 9, 4))[::-1].tolist(), strict=True))
    wait = math.inf if incremental else luck.choice([math.inf, 2.0])
    speed = luck.choice([math.inf, 1.5])
    lot = inventory.EconomicLot(
        fixed, share, demand, wait, speed * demand, prices=prices, incremental=incremental
    )

    def by_hand(units):
        mean = bill(prices, units, incremental) / units
        held = share * mean * (1 - 1 / speed)
        served = 1.0 if math.isinf(wait) else wait / (held + wait)
        return fixed * demand / units + demand * mean + held * served * units / 2

    grid = [*np.geomspace(0.1, 20, 80) * lot.quantity, *steps, *(s - 1e-6 for s in steps)]
    for units in grid:
        assert lot.cost(float(units)) == pytest.approx(by_hand(units), rel=1e-9)
    assert lot.cost() <= min(map(by_hand, grid)) * (1 + 1e-12)
    assert lot.cost(lot.quantity) == lot.cost()


PRICES = [
    ({1: 5, 800: 5}, "prices must fall, got 5 from 1 units and 5 from 800 units"),
    ({1: 5, 800: 6}, "prices must fall, got 5 from 1 units and 6 from 800"),
    ({100: 5}, "prices begin at 100 units: say what the first costs"),
    ({-1: 5}, "prices begin at -1 units"),
    ({1: math.nan}, "prices is a number in USD/unit by least quantity, got nan"),
    ({math.nan: 5}, "prices is a number .* got nan"),
    ({1: math.inf}, "prices is a finite number"),
    ({1: -3}, "prices must be at least 1e-12"),
    ({1: 0}, "prices must be at least 1e-12"),
    ({"1": 5}, "prices is a number .* got '1'"),
    ({True: 5}, "prices is a number .* got True"),
    ([(1, 5)], "prices is a mapping"),
    (5, "prices is a mapping"),
    (None, "prices is a mapping"),
]


@pytest.mark.parametrize(("prices", "words"), PRICES)
def test_a_table_that_is_none_of_prices_is_told(prices, words):
    with pytest.raises(tl.TwinError, match=words):
        inventory.EconomicLot(12, 0.15, 2500, prices=prices)


def test_intervals_in_powers_of_two_are_for_lots_without_prices():
    with pytest.raises(tl.ScenarioError, match="power_of_two: with prices"):
        inventory.power_of_two(inventory.EconomicLot(12, 0.15, 2500, prices={1: 5}), 0.1)


@pytest.mark.parametrize("more", [{"backorder_cost": 3, "prices": {1: 5, 9: 4}}, {}])
def test_incremental_prices_that_have_no_formula_are_told(more):
    with pytest.raises(tl.ScenarioError, match="with prices and without backorder_cost"):
        inventory.EconomicLot(12, 0.15, 2500, incremental=True, **more)


# -- joint replenishment --


def shelf(fixed, holding, demand):
    """Items a, b, c, … of these costs and demands."""
    rows = zip("abcdefgh", fixed, holding, demand, strict=False)
    return {name: inventory.EconomicLot(*numbers) for name, *numbers in rows}


SILVER = shelf([15] * 4, [0.24] * 4, [86_000, 12_500, 1_400, 3_000])
BEST_BUY = shelf([1000] * 3, [100] * 3, [12_000, 1_200, 120])
STOCKPYL = shelf([120, 840, 300], [160, 20, 50], [1, 1, 1])


@pytest.mark.parametrize(
    ("major", "items", "multiples", "cycle", "cost"),
    [
        # Silver, Pyke & Thomas (2017) chapter 10: demand in USD a year, 24 % of it to keep.
        (40, SILVER, [1, 1, 4, 3], 0.0762, 2067.65),
        # Chopra & Meindl, tailored aggregation of three computers: 11.47 orders a year.
        (4000, BEST_BUY, [1, 2, 5], 1 / 11.47, 130_767),
        # stockpyl 1.0.2, joint_replenishment_problem_silver_heuristic
        (600, STOCKPYL, [1, 3, 1], 3.103164454170876, 837.8544026261366),
    ],
)
def test_published_joint_orders_are_met(major, items, multiples, cycle, cost):
    found = inventory.joint_replenishment(major, items)
    assert list(found.multiples.values()) == multiples
    assert found.cycle == pytest.approx(cycle, rel=1e-3)
    assert found.cost == pytest.approx(cost, rel=1e-6)


def every_plan(major, items, base, choices):
    """The cost of the best plan by trying all multiples."""
    fixed = np.array([lot.fixed_cost for lot in items.values()])
    kept = np.array([lot.holding_cost * lot.demand / 2 for lot in items.values()])
    k = np.array(list(product(choices, repeat=len(items))))
    once, held = major + (fixed / k).sum(axis=1), k @ kept
    ideal = np.sqrt(once / held)
    low = np.maximum(1, ideal // base) * base if base else ideal
    cycles = np.array([low, low + base])
    return float((once / cycles + held * cycles).min())


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize(("base", "powers"), [(0, False), (0.5, False), (0, True), (0.5, True)])
def test_no_joint_plan_is_cheaper(seed, base, powers):
    luck = np.random.default_rng(seed)
    count = int(luck.integers(1, 5))
    items = shelf(10 ** luck.uniform(-0.5, 2, count), 10 ** luck.uniform(-1, 1, count),
                  10 ** luck.uniform(-1, 1, count))  # fmt: skip
    major = float(10 ** luck.uniform(0.5, 2.5))
    found = inventory.joint_replenishment(major, items, base, powers=powers)
    best = every_plan(major, items, base, (1, 2, 4, 8, 16) if powers else range(1, 13))
    assert found.cost <= best * (1 + 1e-9)
    if max(found.multiples.values()) <= 12:
        assert found.cost == pytest.approx(best, rel=1e-9)
    whole = found.cycle / base if base else 1
    assert whole == pytest.approx(round(whole))
    alone = sum(lot.cost() for lot in items.values())
    assert alone < found.cost < alone + 2 * math.sqrt(major * sum(
        lot.holding_cost * lot.demand / 2 for lot in items.values()))  # fmt: skip


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(st.tuples(*[st.floats(0.1, 100)] * 3), min_size=1, max_size=8), st.floats(0.1, 100))
def test_powers_of_two_cost_at_most_two_percent_more(rows, major):
    items = shelf(*zip(*rows, strict=True))
    best = inventory.joint_replenishment(major, items)
    power = inventory.joint_replenishment(major, items, powers=True)
    assert {math.log2(k) % 1 for k in power.multiples.values()} == {0.0}
    assert best.cost <= power.cost * (1 + 1e-9) <= 1.0201 * best.cost


def test_one_item_alone_has_the_economic_lot():
    lot = inventory.EconomicLot(8, 0.225, 1300, backorder_cost=5)
    found = inventory.joint_replenishment(12, {"shoe": lot})
    own = inventory.EconomicLot(20, 0.225, 1300, backorder_cost=5)
    assert found.cycle == pytest.approx(own.cycle)
    assert found.cost == pytest.approx(own.cost())
    assert found.up_to["shoe"] == pytest.approx(own.quantity * (1 - own.backordered_share))


def test_many_items_and_a_small_major_cost_take_no_time():
    luck = np.random.default_rng(1)
    rows = zip(*luck.uniform(1, 100, (3, 300)).tolist(), strict=True)
    items = {str(at): inventory.EconomicLot(*row) for at, row in enumerate(rows)}
    alone = sum(lot.cost() for lot in items.values())
    assert 1 < inventory.joint_replenishment(0.01, items).cost / alone < 1.001


def test_joint_orders_cost_in_a_twin_what_they_promise():
    """As many trucks, and at night half a day's demand more than the formula has on average."""
    items = shelf([40, 300, 5], [1, 0.2, 0.5], [10, 4, 6])
    found = inventory.joint_replenishment(600, items, base=1)
    assert sorted(found.multiples.values()) == [1, 1, 3]
    chain = tl.Network(
        products=[tl.Product(name) for name in items],
        nodes=[tl.Node("depot"), tl.Node("shop", review_period=int(found.cycle))],
        lanes=[tl.Lane("depot", "shop", p, lead_time=0) for p in items],
        demands=[tl.Demand("shop", name, lot.demand) for name, lot in items.items()],
    )
    rules = {("shop", p): tl.MinMax(found.reorder_point[p], found.up_to[p]) for p in items}
    days = 3 * int(found.cycle) * 20
    run = tl.simulate(tl.Scenario(chain, rules, days=days))
    for name, lot in items.items():
        orders = run.series("shipped", "depot", name)
        gaps = np.diff(np.flatnonzero(orders))
        assert set(gaps) == {found.multiples[name] * found.cycle}
        assert set(orders[orders > 0][1:].round(9)) == {lot.demand * gaps[0]}
        mean = run.series("on_hand", "shop", name).mean()
        assert mean == pytest.approx(lot.demand * (gaps[0] + 1) / 2, rel=1e-9)
    trucks = sum(run.series("shipped", "depot", name) for name in items) > 0
    assert trucks.sum() == days / found.cycle


def test_an_item_that_is_none_is_told():
    priced = inventory.EconomicLot(12, 0.15, 2500, prices={1: 5})
    for items in ({}, {"a": priced}):
        with pytest.raises(tl.ScenarioError, match="one or more EconomicLot without prices"):
            inventory.joint_replenishment(600, items)
    for major in (0, -1, math.nan, math.inf):
        with pytest.raises(tl.ScenarioError, match="major must be a finite number above 0"):
            inventory.joint_replenishment(major, STOCKPYL)
    with pytest.raises(tl.ScenarioError, match="items"):
        inventory.joint_replenishment(600, {"a": 5})


# -- scarce stock --


def by_hand(stock, wanted, by):
    """In exact fractions: give all who still want some a little more, until it is gone."""
    left, parts = Fraction(stock), dict.fromkeys(wanted, Fraction(0))
    while left and (open_ := [n for n in wanted if parts[n] < wanted[n]]):
        pace = {n: Fraction(wanted[n]) if by == "rate" else Fraction(1) for n in open_}
        step = min([left / sum(pace.values())] + [(wanted[n] - parts[n]) / pace[n] for n in open_])
        for name in open_:
            parts[name] += step * pace[name]
        left -= step * sum(pace.values())
    return parts


amounts = st.one_of(st.integers(0, 40), st.integers(0, 400).map(lambda n: n / 8))


@settings(deadline=None, max_examples=150, derandomize=True)
@given(amounts, st.lists(amounts, max_size=6), st.sampled_from(["amount", "rate"]))
def test_stock_is_shared_as_by_hand(stock, sizes, by):
    wanted = dict(zip("abcdef", sizes, strict=False))
    found, exact = inventory.share_out(stock, wanted, by), by_hand(stock, wanted, by)
    assert list(found) == list(wanted)
    assert found == pytest.approx({n: float(part) for n, part in exact.items()}, rel=1e-12)
    assert sum(found.values()) == pytest.approx(min(stock, sum(sizes)))


@settings(deadline=None, max_examples=150, derandomize=True)
@given(st.integers(0, 60), st.lists(st.integers(0, 30), max_size=6), st.integers(0, 9))
def test_whole_units_are_all_shared_and_near_the_exact_share(stock, sizes, seed):
    wanted = dict(zip("abcdef", sizes, strict=False))
    ranks = dict(zip(wanted, np.random.default_rng(seed).integers(1, 4, 6).tolist(), strict=False))
    for by in ("amount", "rate", *([ranks] if ranks else [])):
        found = inventory.share_out(stock, wanted, by, whole=True)
        exact = inventory.share_out(stock, wanted, by)
        assert sum(found.values()) == min(stock, sum(sizes))
        for name, units in found.items():
            assert units == int(units) <= wanted[name]
            assert abs(units - exact[name]) < 1


def test_remainders_decide_who_gets_one_more():
    """10 of 6, 6, 2: rates give 4.29, 4.29, 1.43; the largest remainder gets the last one."""
    wanted = {"a": 6, "b": 6, "c": 2}
    assert inventory.share_out(10, wanted, "rate", whole=True) == {"a": 4, "b": 4, "c": 2}
    assert inventory.share_out(7, wanted, whole=True) == {"a": 3, "b": 2, "c": 2}
    assert inventory.share_out(0.1 + 0.2 + 2.7, {"a": 9}, whole=True) == {"a": 3}


@pytest.mark.parametrize("proportional", [True, False])
def test_stock_is_shared_as_a_node_shares_it(proportional):
    wanted, ranks = {"north": 20, "south": 30, "west": 10}, {"north": 2, "south": 1, "west": 3}
    chain = tl.Network(
        products=[tl.Product("kit")],
        nodes=[tl.Node("port"), tl.Node("hub", proportional=proportional), *map(tl.Node, wanted)],
        lanes=[tl.Lane("port", "hub", "kit", lead_time=9)]
        + [tl.Lane("hub", name, "kit", service_rank=ranks[name], lead_time=0) for name in wanted],
        demands=[tl.Demand(name, "kit", units) for name, units in wanted.items()],
        stocks=[tl.Stock("hub", "kit", on_hand=45)],
    )
    run = tl.simulate(tl.Scenario(chain, tl.BaseStock(0), days=1))
    served = {name: run.total("served", name) for name in wanted}
    found = inventory.share_out(45, wanted, "rate" if proportional else ranks)
    assert served == pytest.approx(found)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: inventory.share_out(9, {"a": 5}, "need"), 'by is "amount", "rate" or a rank'),
        (lambda: inventory.share_out(9, {"a": 5}, {"b": 1}), "a rank for each of .'a'.*got"),
        (lambda: inventory.share_out(9, {"a": 5}, {}), "a rank for each"),
        (lambda: inventory.share_out(9, {"a": 5}, {"a": math.nan}), "by"),
        (lambda: inventory.share_out(math.nan, {"a": 5}), "stock must be a finite number"),
        (lambda: inventory.share_out(-1, {"a": 5}), "stock must be a finite number of at least 0"),
        (lambda: inventory.share_out(9, {"a": math.nan}), "wanted.*got nan"),
        (lambda: inventory.share_out(9, {"a": -5}), "wanted.*got -5"),
        (lambda: inventory.share_out(9, [5, 3]), "wanted must be a mapping"),
    ],
)
def test_a_share_that_is_none_is_told(call, words):
    with pytest.raises(tl.TwinError, match=words):
        call()
