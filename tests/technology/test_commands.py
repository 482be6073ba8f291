"""Commands there and back, and memories."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.strategies import scenarios
from tests.technology.chains import linked, shop
from twinlab.modeling import Change
from twinlab.technology import Bus, EventStore, Message
from twinlab.technology.commands import Dispatch
from twinlab.technology.messages import DAY
from twinlab.technology.snapshot import pack, unpack
from twinlab.twin import Mode, Twin


@pytest.mark.parametrize(
    "raw",
    [b"{", b"[]", b"{}", b"\xff", b"[" * 5000,
     b'{"id": 0, "until": "soon", "changes": {"shop.up_to": 5}}',
     b'{"id": 77, "until": 9, "changes": {"shop.up_to": NaN}}',
     b'{"id": 77, "until": 9, "changes": {"shop.up_to": "many"}}',
     b'{"id": 77, "until": 9, "changes": {"shop.up_to": [1, 2]}}',
     b'{"id": 77, "until": 9, "changes": {"shpo.up_to": 5}}',
     b'{"id": 77, "until": 9, "changes": 5}'],
)  # fmt: skip
def test_a_command_that_is_none_is_refused_and_the_next_one_is_carried_out(raw):
    plant, twin = linked(shop())
    twin.mode = Mode.TWIN
    plant.link.send([raw], "commands")
    number = twin.command(Change({"shop.up_to": 200}))
    plant.advance()
    twin.sync()
    assert twin.reported(number) == "changed"
    kinds = [m.kind for m in twin.store.messages() if m.kind in ("refused", "changed")]
    assert kinds == ["refused", "changed"]


def test_a_command_that_cannot_travel_is_not_sent():
    dispatch = Dispatch("twin", Bus(), EventStore())
    for value in (np.arange(3), tl.Normal(5, 1), float("nan")):
        with pytest.raises(tl.SyncError, match="numbers and texts"):
            dispatch.send({"shop.up_to": value}, until=5)
    assert dispatch.send({"shop.up_to": 5}, until=5) == 0
    _, twin = linked(shop())
    twin.mode = Mode.TWIN
    with pytest.raises(tl.ScenarioError, match="leads nowhere"):
        twin.command(Change({"shpo.up_to": 5}))


def test_two_commands_in_one_morning_and_a_twin_restored_after_them():
    plant, twin = linked(shop())
    twin.mode = Mode.TWIN
    for level in (200, 230):
        twin.command(Change({"shop.up_to": level}))
    plant.advance(5)
    twin.sync()
    assert twin.model.value("shop.up_to") == plant.truth.value("shop.up_to") == 230
    again = Twin(shop(), plant.link, twin.store)
    again.mode = Mode.TWIN
    again.sync()
    assert again.model.value("shop.up_to") == 230
    number = again.command(Change({"shop.up_to": 250}))
    again.sync()
    assert again.reported(number) == "sent"
    assert len(plant.run.series("on_hand", "shop")) == 5


def test_a_reply_that_comes_late_does_not_undo_a_newer_one():
    def reply(day, level):
        said = {"day": day, "changes": {"shop.up_to": level}}
        return Message("/plant/sys", day, "sys.changed.v1", day * DAY, said)

    dispatch = Dispatch("twin", Bus(), EventStore())
    dispatch.hear(reply(8, 300))
    assert dispatch.decisions == {"shop.up_to": 300}
    for late in (reply(5, 200), reply(8, 300)):
        dispatch.hear(late)
    assert dispatch.decisions == {"shop.up_to": 300}


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
