"""Plans: what is kept between two of them, and what an echelon counts."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings

import twinlab as tl
from tests.strategies import scenarios
from twinlab.modeling.simulation import plan as plans
from twinlab.modeling.simulation.plan import make_plan


@pytest.fixture(autouse=True)
def _nothing_kept():
    plans._KEPT.clear()


def anew(scenario):
    plans._KEPT.clear()
    return make_plan(scenario)


def same(one, two):
    """Whether two plans say the same, whatever they share."""
    named = [f.name for f in fields(one) if f.name[0] != "_" and f.name != "scenario"]
    return all(getattr(one, name) == getattr(two, name) for name in named)


def chain():
    network = tl.assembly("plant", {"frame": 1, "wheel": 2}, demand=tl.Normal(5, 1), on_hand=20)
    network = network.change(
        tl.Node("shop"), tl.Lane("plant", "shop", "unit"), tl.Demand("shop", "unit", 3),
        tl.Stock("shop", "unit", 4),
    )  # fmt: skip
    return tl.Scenario(network, tl.BaseStock(40), days=20)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("shop.up_to", 12),
        ("plant/unit.production_time", 3),
        ("plant/unit.components", {"frame": 2, "wheel": 3}),
        ("plant->shop.service_rank", 2),
        ("wheel supplier.capacity", 0),
        ("shop/unit.backorders", False),
        ("shop/unit.holding_cost", 7),
    ],
)
def test_a_lever_that_moves_changes_the_plan_and_not_the_order_of_its_items(path, value):
    calm = chain()
    before = make_plan(calm)
    moved = calm.set(path, value)
    after = make_plan(moved)
    assert moved.network.upstream is calm.network.upstream
    assert after.upstream == before.upstream
    assert same(after, anew(moved))
    assert not same(after, before)


def test_who_asks_whom_and_who_sees_what_are_read_again():
    calm = chain()
    make_plan(calm)
    other = calm.share({"shop": tl.OwnOrders()}).change(sourcing={"shop": tl.Shares()})
    assert same(make_plan(other), anew(other))
    make_plan(other)
    assert same(make_plan(calm), anew(calm))


def test_the_same_scenario_has_its_plan_still_and_others_take_its_place():
    calm = chain()
    first = make_plan(calm)
    assert make_plan(calm) is first
    for days in range(30, 34):
        make_plan(calm.change(days=days))
    assert len(plans._KEPT) == 4
    assert make_plan(calm) is not first


def test_few_plans_of_many_items_are_kept(monkeypatch):
    calm = chain()
    monkeypatch.setattr(plans, "_MOST", 2 * len(calm.network.items))
    for days in range(30, 34):
        latest = make_plan(calm.change(days=days))
    assert len(plans._KEPT) == 2
    monkeypatch.setattr(plans, "_MOST", 1)
    latest = make_plan(calm)
    assert list(plans._KEPT) == [latest]


def walked(plan, number):
    """An echelon by a walk over everything that comes later in the plan's order."""
    later = plan.upstream[plan.upstream.index(number) :]
    weights, seen = {number: 1.0}, set()
    for at in later:
        seen.add(at)
        for fed, share in plan.feeds[at] if at in weights else ():
            if share and fed not in seen:
                weights[fed] = weights.get(fed, 0.0) + share * weights[at]
    return tuple((at, weights[at]) for at in later if at in weights)


@pytest.mark.filterwarnings("ignore:.*customers who do not wait")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_an_echelon_is_what_its_item_feeds_in_the_order_of_the_plan(scenario):
    plan = make_plan(scenario)
    for item in plan.items:
        assert plan.echelon(item.number) == walked(plan, item.number)


def test_an_echelon_looks_at_its_own_items_and_no_others():
    """Of two hundred chains beside each other, each echelon asks for three items."""
    names = [f"{at:03d}" for at in range(200)]
    nodes = [tl.Node(word + n) for n in names for word in ("mine", "plant", "shop")]
    lanes = [tl.Lane("mine" + n, "plant" + n, "unit") for n in names]
    lanes += [tl.Lane("plant" + n, "shop" + n, "unit") for n in names]
    demands = [tl.Demand("shop" + n, "unit", 4) for n in names]
    network = tl.Network([tl.Product("unit")], nodes, lanes, demands=demands)
    plan = make_plan(tl.Scenario(network, tl.BaseStock(9), days=3))
    asked = []

    class Feeds(list):
        def __getitem__(self, at):
            asked.append(at)
            return super().__getitem__(at)

    vars(plan)["feeds"] = Feeds(plan.feeds)
    for item in plan.items:
        plan.echelon(item.number)
    assert len(asked) == 200 * (3 + 2 + 1)
