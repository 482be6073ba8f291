"""Milk runs on a scenario: what the tours cost is what the simulation charges."""

from dataclasses import replace

import pandas as pd
import pytest

import twinlab as tl
from twinlab.task import logistics
from twinlab.task.logistics import Fleet, milk_run, route

AT = {"dc": (0, 0), "a": (0, 1), "b": (0, 2), "c": (1, 1), "mine": (5, 5)}
PRODUCTS = {"tea": 4, "salt": 2}


def chain(**lane):
    """A mine, a warehouse and three shops that sell tea and salt, every day as much."""
    shops = ["a", "b", "c"]
    lanes = [tl.Lane("dc", shop, product, **{"cost_per_shipment": 100} | lane)
             for shop in shops for product in PRODUCTS]  # fmt: skip
    network = tl.Network(
        products=[tl.Product(name) for name in PRODUCTS],
        nodes=[tl.Node(name, latitude=y, longitude=x) for name, (x, y) in AT.items()],
        lanes=[*lanes, *(tl.Lane("mine", "dc", product) for product in PRODUCTS)],
        demands=[tl.Demand(s, p, tl.Constant(d)) for s in shops for p, d in PRODUCTS.items()],
        stocks=[tl.Stock(n, p, 200) for n in ["dc", *shops] for p in PRODUCTS],
    )
    return tl.Scenario(network, tl.BaseStock(220), days=60)


KM = pd.DataFrame([[0, 3, 4, 5], [3, 0, 6, 7], [4, 6, 0, 2], [5, 7, 2, 0]],
                  [*"cab", "dc"], [*"cab", "dc"])  # fmt: skip


def test_the_simulation_charges_what_the_tours_cost():
    """Every shop orders both products each day."""
    before, fleet = chain(), Fleet(2, 12, fixed_cost=50, cost_per_distance=2)
    change = milk_run(before, "dc", fleet, distances=KM)
    names = ["dc", "a", "b", "c"]
    table = KM.loc[names, names].to_numpy()
    plan = route(names, table, fleet, demand={"a": 6, "b": 6, "c": 6})
    assert len(plan.tours) == 2
    assert plan.cost == 100 + 2 * plan.distance
    run = tl.simulate(change.scenario)
    spent = sum(run.total("transport", "dc", product) for product in PRODUCTS)
    assert spent == pytest.approx(plan.cost * 60, rel=0.06)  # the first days order less
    assert change.reason == f"28 km a day on direct trips, {plan.distance:g} on tours"
    costs = {path: value for path, value in change.values.items() if "cost" in path}
    assert len(costs) == 6
    assert sum(costs.values()) == pytest.approx(plan.cost)
    assert costs["dc->a/tea/road.cost_per_shipment"] == pytest.approx(
        2 * costs["dc->a/salt/road.cost_per_shipment"]
    )
    assert change.apply(before).value("dc->a/tea.distance") == change.scenario.value(
        "dc->a/tea.distance"
    )


def test_goods_ride_to_their_stop():
    """One tour dc → b → c → a → dc, or back: a lane is as long as the ride of its goods."""
    change = milk_run(chain(), "dc", Fleet(1), distances=KM)
    km = {shop: change.scenario.value(f"dc->{shop}/tea/road.distance") for shop in "abc"}
    assert sorted(km) == ["a", "b", "c"]
    assert km in ({"b": 2, "c": 6, "a": 9}, {"a": 7, "c": 10, "b": 14})
    assert change.reason.endswith("16 on tours")


def test_every_other_day_brings_twice_as_much():
    itself = KM.where(KM > 0)  # which says nothing
    change = milk_run(chain(), "dc", Fleet(3, 12), distances=itself, every=2)
    assert change.values["a.review_period"] == 2
    assert change.reason == "28 km a day on direct trips, 14 on tours"  # 3 trips, each other day
    again = milk_run(change.scenario, "dc", Fleet(3, 12), distances=KM, every=2)
    assert again.values == {}
    assert again.reason == "14 km a day on direct trips, 14 on tours"
    with pytest.raises(tl.SolverError, match="36 units are wanted"):
        milk_run(chain(), "dc", Fleet(2, 12), distances=KM, every=2)


def test_it_is_compared_with_direct_trips():
    before = chain()
    change = milk_run(before, "dc", Fleet(1, 40, fixed_cost=90, cost_per_distance=0.1))
    gain = change.compare(before, 4, seed=1, kpis=["total_cost"])
    assert gain.difference("milk run from dc", "total_cost").high < 0


def test_kilometres_are_great_circles():
    """A degree of a meridian is 111.19 km; from pole to pole is half the way around."""
    assert logistics.great_circle((0, 0), (0, 1)) == pytest.approx(111.195, abs=0.001)
    assert logistics.great_circle((7, -90), (120, 90)) == pytest.approx(20015.1, abs=0.1)
    assert milk_run(chain(), "dc", Fleet(1)).reason.startswith("981.7 km a day on direct trips")


def test_mistakes_are_explained():
    lost = chain()
    lost = lost.change(network=lost.network.change(replace(lost.network.node("b"), latitude=None)))
    with pytest.raises(tl.ScenarioError, match=r"\['b'\] have no latitude"):
        milk_run(lost, "dc", Fleet(1))
    with pytest.raises(tl.ScenarioError, match=r"'a' sends nothing; known are: dc, mine"):
        milk_run(lost, "a", Fleet(1))
    with pytest.raises(tl.ScenarioError, match="'dc' → 'b' must be a number"):
        milk_run(lost, "dc", Fleet(1), distances=KM.drop("b", axis=1))
    with pytest.raises(tl.ScenarioError, match="distances must be a DataFrame"):
        milk_run(lost, "dc", Fleet(1), distances=[[0, 1], [1, 0]])
    with pytest.raises(tl.SolverError, match="6 in one place, 'a': vehicles carry 5"):
        milk_run(lost, "dc", Fleet(9, 5), distances=KM)
