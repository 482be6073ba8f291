"""Memories of rules: they travel, and a twin in the middle of a life knows what its plant is."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.strategies import scenarios
from tests.technology.chains import linked, shop
from twinlab.scope.snapshot import pack, unpack


class Odd:
    """A rule that remembers what JSON has no word for."""

    def __call__(self, view):
        seen = view.memory.get(1, (0, np.zeros(3)))
        count, recent = seen[0] + 1, np.append(seen[1][1:], view.demand)
        view.memory[1] = (count, recent)
        view.memory["best"] = {("a", 2): -np.inf}
        return float(recent.mean()) + (5.0 if count % 3 == 0 else 0.0)


@pytest.mark.parametrize("rule", [Odd(), tl.people.ForecastBaseStock(5, 8)])
def test_a_twin_restored_in_the_middle_has_the_memory_of_the_plant(rule):
    scenario = tl.Scenario(shop().network, rule, days=60)
    plant, twin = linked(scenario, seed=3, tracking=True)
    plant.advance(20)
    twin.sync()
    plant.advance(40)
    run = tl.simulate(scenario, 3, start=twin.state)
    assert (run.series("ordered", "shop") == plant.run.series("ordered", "shop")[20:]).all()


@pytest.mark.filterwarnings("ignore:.*customers who do not wait")
@settings(max_examples=25, deadline=None, derandomize=True)
@given(scenarios(), st.booleans())
def test_whatever_the_scenario_a_twin_in_the_middle_knows_what_the_plant_is(scenario, tracking):
    """Recipes, modes, lost sales, evening reviews, disruptions: synced daily, then gone on from."""
    plant, twin = linked(scenario, seed=4, tracking=tracking)
    half = max(1, scenario.days // 2)
    for _ in range(half):
        plant.advance()
        assert twin.sync().dead == 0
        assert twin.staleness == 0
    for name in (
        "on_hand",
        "owed",
        "owed_since",
        "on_order",
        "in_transit",
        "open_orders",
        "memory",
    ):
        assert getattr(twin.state, name) == getattr(plant.state, name), name
    if tracking:
        assert twin.state == plant.state
        plant.advance(scenario.days - half)
        run = tl.simulate(scenario, 4, start=twin.state)
        for name in ("on_hand", "owed", "in_transit", "ordered", "lost"):
            assert (plant.run.nights[name][half:] == run.nights[name]).all(), name


def test_what_cannot_travel_in_a_memory_is_refused():
    array = unpack(json.loads(json.dumps(pack({"~x": np.array([1, 2], dtype=np.int8)}))))["~x"]
    assert array.dtype == np.int8
    with pytest.raises(tl.SyncError, match="keep numbers, texts and lists"):
        pack({"shelf": object()})
