"""What could break a twin: lies, half days, odd rows of the model."""

import json

import numpy as np
import pytest

import twinlab as tl
from tests.technology.chains import factory, linked, shop
from twinlab.modeling.inference.drift import Alarm, Observations, scores
from twinlab.scope.snapshot import to_plain
from twinlab.scope.state import OpenOrder, ProductionLot, feasible
from twinlab.technology import Bus, Faults, Message, Plant
from twinlab.technology.messages import DAY
from twinlab.twin import Mode, Twin


def about_shop(kind, sequence=50, **data):
    """A message of day 0 that a plant could have sent, but for its data."""
    said = {"day": 0, "node": "shop", "product": "unit"} | data
    source = "/plant/sys" if kind.startswith("sys.o") or kind.startswith("sys.ch") else "/shop/x"
    if source == "/plant/sys":
        del said["node"]
    return Message(source, sequence, kind, DAY // 2, said).encode()


def opening(change):
    state = to_plain(tl.State.initial(shop().network))
    change(state)
    return about_shop("sys.opened.v1", state=state)


def deep(levels):
    return json.loads("[" * levels + "]" * levels)


LIES = {
    "an order without units": about_shop("erp.ordered.v1", partner="mine", mode="road"),
    "made where nothing is made": about_shop("mes.started.v1", quantity=1.0, note=1.0, due=3),
    "finished where nothing is made": about_shop("mes.finished.v1", quantity=1.0, note=1.0),
    "served where nobody sells": about_shop("wms.served.v1", quantity=1.0, node="mine"),
    "counted where nothing is kept": about_shop("wms.counted.v1", quantity=1.0, node="mine"),
    "consumed where nothing is kept": about_shop("mes.consumed.v1", quantity=1.0, node="mine"),
    "a number of 400 digits": about_shop("wms.served.v1", quantity=10**400),
    "1e999": about_shop("wms.served.v1", quantity=1.5).replace(b"1.5", b"1e999"),
    "a node that is a number": about_shop("wms.served.v1", quantity=1.0, node=7),
    "half a character in a name": about_shop("wms.received.v1", quantity=1.0, partner="\ud800"),
    "half a character in the source": about_shop("wms.served.v1").replace(b"/shop/x", b"\\ud800"),
    "a receipt from the future": about_shop("wms.received.v1", quantity=1.0, partner="mine",
                                            mode="road", left=[3]),
    "another day than its time": about_shop("wms.served.v1", quantity=1.0, day=3),
    "a memory that is none": about_shop("erp.remembered.v1", memory=5),
    "a memory of 600 levels": about_shop("erp.remembered.v1", memory={"a": deep(600)}),
    "a count below zero": about_shop("sys.closed.v1", count=-1),
    "a reply without a table": about_shop("sys.changed.v1", changes=5),
    "a state of another network": about_shop(
        "sys.opened.v1",
        state=to_plain(tl.State.initial(tl.serial(["a", "b"], demand=tl.Normal(5, 1)))),
    ),
    "a state of words": opening(lambda s: s["on_hand"][0].__setitem__(1, "many")),
    "a state without orders": opening(lambda s: s["owed_since"].clear()),
    "a state with an unknown lane": opening(
        lambda s: s["under_way"].append([["x", "y", "z", ""], [[None, 1.0, 0]]])
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_a_dead_letter_and_the_twin_lives_on(lie):
    plant, twin = linked(shop())
    plant.advance(3)
    plant.link.carry(LIES[lie])
    intake = twin.sync()
    assert intake.dead == 1
    assert intake.new > 10
    plant.advance(1)
    assert twin.sync().dead == 0
    assert twin.state.on_hand == plant.state.on_hand
    assert twin.alarms() == []


@pytest.mark.parametrize(
    "raw",
    [
        about_shop("wms.served.v1", sequence=10**15 - 1, quantity=0.0),
        about_shop("sys.closed.v1", sequence=7, count=10**15),
    ],
)
def test_whoever_claims_a_million_million_messages_does_not_stop_the_twin(raw):
    plant, twin = linked(shop())
    plant.advance(3)
    plant.link.carry(raw)
    assert twin.sync().dead == 1
    for _ in range(4):
        plant.advance()
        assert twin.sync().dead == 0
    assert (twin.gaps(), twin.staleness) == ([], 0.0)
    assert twin.state.on_hand == plant.state.on_hand


def test_the_opening_comes_before_all_that_happens_on_its_morning():
    """Also where a node's name stands before the plant's in the alphabet, and customers wait."""
    network = tl.serial(["mine", "dc"], demand=tl.Constant(20), lead_time=9, on_hand={"dc": 5})
    plant, twin = linked(tl.Scenario(network, tl.BaseStock(100), days=50), tracking=True)
    plant.advance(4)
    twin.sync()
    assert plant.state.owed["dc", "unit"] == 75
    assert twin.state == plant.state


def test_staleness_counts_from_the_last_complete_morning_not_from_the_last_complete_sync():
    plant, twin = linked(shop())
    plant.advance(32)
    told = plant.link.receive("twin")
    plant.link.acknowledge("twin")
    for raw in told:
        message = Message.decode(raw)
        if (message.kind, message.data["day"]) != ("demanded", 31):
            plant.link.carry(raw)
    twin.sync()
    assert len(twin.gaps()) == 1
    assert twin.staleness == 1.0


def test_a_plant_that_begins_anew_on_an_old_store_is_noticed():
    """Its messages have the numbers of others: they are no copies, and not lost in silence."""
    plant, twin = linked(shop())
    plant.advance(10)
    known, before = twin.sync().new, plant.link._count
    other = Plant(shop(), plant.link, seed=2)
    other.advance(10)
    said = other.link._count - before
    intake = twin.sync()
    assert intake.new + intake.copies + intake.dead == said
    assert intake.dead > known / 2
    assert "was another message" in twin.store.dead_letters()["reason"].iloc[-1]


def test_lost_messages_of_customers_are_not_days_without_demand():
    for seed in range(6):
        plant, twin = linked(shop(), seed=seed, link=Faults(loss=0.05))
        plant.advance(100)
        twin.sync()
        assert not [a for a in twin.alarms(10_000) if a.path == "shop/unit.pattern"]


def test_a_forecast_starts_in_the_morning_not_in_the_middle_of_a_day():
    """With a delay of hours a day's sales are known before its books are closed."""
    plant, twin = linked(shop(), link=Faults(delay=tl.Constant(0.3)))
    mornings = {}
    for _ in range(12):
        plant.advance()
        mornings[plant.day] = plant.state.copy()
        twin.sync()
    start = twin.forecast(5, 64).given
    assert start.day == 11
    assert start.asked == mornings[11].asked
    assert start.on_hand == mornings[11].on_hand


def test_a_model_has_luck_of_its_own_and_lives_on_beyond_its_days():
    bus = Bus()
    plant, twin = Plant(shop(), bus), Twin(shop().change(days=20), bus)
    twin.mode = Mode.MODEL
    assert twin.day == 0
    plant.advance(30)
    assert twin.day == 30
    assert twin.forecast(5, 64).given.day == 30
    assert twin.state.on_hand != plant.state.on_hand


def by_two_modes():
    network = shop().network
    ship = tl.Lane("mine", "shop", "unit", mode="ship", lead_time=tl.Gamma(30, 5),
                   sourcing_rank=2)  # fmt: skip
    return tl.Scenario(network.change(ship), tl.BaseStock(170), days=200)


def test_a_change_of_one_mode_is_adopted_for_that_mode_only():
    plant, twin = linked(by_two_modes())
    plant.advance(20)
    twin.sync()
    seen = tl.technology.observe(twin.store.messages(), twin.model)
    paths = [one.path for one in seen if one.path.endswith("lead_time")]
    road = twin.model.network.lanes[0].mode
    assert paths == [f"mine->shop/unit/{mode}.lead_time" for mode in (road, "ship")]
    twin.update_model(Alarm(paths[1], 20, 10, 30.0, 40.0, tl.Gamma(40, 5), 9))
    assert [v.lead_time.average for v in twin.model.network.lanes] == [6.0, 40.0]


def test_a_forecast_asked_for_twice_is_one_promise():
    plant, twin = linked(shop())
    plant.advance(10)
    twin.sync()
    for _ in range(3):
        twin.forecast(5, 64)
    plant.advance(5)
    twin.sync()
    assert twin.verify().of == 5


def test_open_orders_that_were_never_accepted_are_not_waited_for():
    state = tl.State.initial(factory().network)
    lane = next(key for key in state.open_orders if len(key) == 4)
    state.day = 5
    state.open_orders[lane] = [OpenOrder(3, 9.0), OpenOrder(5, 4.0)]
    assert [p.quantity for p in feasible(state).open_orders[lane]] == [4.0]
    assert feasible(state).owed[lane] == state.owed[lane] + 9.0  # the supplier has read it


def test_production_whose_end_nobody_told_is_in_stock():
    """Also where it is owed already, and the books show less than nothing."""
    state, made = tl.State.initial(factory().network), ("plant", "bike")
    state.day, state.on_hand[made], state.on_order[made] = 5, -3.0, 20.0
    state.in_process[made] = 20.0
    state.lots[made] = [ProductionLot(4, 10.0, 9.0, 2), ProductionLot(6, 10.0, 9.0, 4)]
    now = feasible(state)
    assert (now.on_hand[made], now.on_order[made], now.in_process[made]) == (6.0, 10.0, 10.0)
    assert now.lots[made] == [ProductionLot(6, 10.0, 9.0, 4)]


def test_scores_of_recorded_values_with_a_trend_are_standard_normal():
    """Values that jump: a scale must not move them off their jumps."""
    law, scales = tl.Empirical((0.1, 0.2, 0.3)), 1 + 0.001 * np.arange(2000)
    values = law.draw(np.random.default_rng(5), scales, 1).ravel()
    seen = Observations("a.b", law, tuple(range(2000)), tuple(values), tuple(scales), whole=False)
    z = scores(seen)
    assert abs(z.mean()) <= 4 / np.sqrt(2000)
    assert abs(z.std() - 1) <= 4 / np.sqrt(2 * 2000)


def test_a_lane_that_is_held_at_the_plant_is_seen_in_what_arrives():
    held = tl.LaneOutage("mine", "shop", start=10, days=8, holds_transit=True)
    plant, twin = linked(shop().disrupt(held), model=shop())
    for _ in range(40):
        plant.advance()
        twin.sync()
        assert twin.state.on_hand == plant.state.on_hand
        assert twin.state.in_transit == plant.state.in_transit
