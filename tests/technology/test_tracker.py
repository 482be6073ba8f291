"""The fold: in any order, from any checkpoint, with as little as foreign systems tell."""

import random
from dataclasses import replace

import pytest

import twinlab as tl
from tests.technology.chains import factory, shop, told
from twinlab.scope.snapshot import to_plain
from twinlab.technology import Message, Tracker
from twinlab.technology.messages import DAY

CHAINS = {"shop": shop, "factory": factory}
FOREIGN = {"shipped", "received", "served", "started", "finished", "consumed"}


def foreign(messages, keep=FOREIGN, ref=None):
    """What another company's system tells: no numbers, no orders, no ages."""
    for at, message in enumerate(m for m in messages if m.kind in keep):
        data = {k: v for k, v in message.data.items() if k not in ("left", "note", "mode", "due")}
        if ref is not None and message.kind in ("shipped", "received"):
            data |= ref(message)
        yield replace(message, sequence=None, id=f"{message.kind}-{at}", data=data)


def goods(state):
    return {lane: sum(row.quantity for row in rows) for lane, rows in state.under_way.items()}


def whole(tracker):
    return (to_plain(tracker.state), to_plain(tracker.morning), tracker.nights)


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("late", [1, 3, 150])
def test_one_message_that_comes_late_changes_nothing_in_the_end(chain, late):
    messages, plant = told(CHAINS[chain](), 170)
    straight = Tracker(plant.truth)
    straight.fold(messages)
    held = next(m for m in messages if m.kind == "served" and m.time // DAY == 12)
    tracker, here, read = Tracker(plant.truth), [], []

    def history(since):
        read.append(since)
        return sorted((m for m in here if m.time >= since), key=lambda m: m.place)

    for day in range(170):
        fresh = [m for m in messages if m.time // DAY == day and m is not held]
        fresh += [held] * (day == 12 + late)
        here += fresh
        tracker.fold(fresh, history)
    assert whole(tracker) == whole(straight)
    assert len(read) == 1
    assert len(tracker._points) <= 12
    # Checkpoints are dense near today: what is a day late costs few days.
    assert late > 3 or 12 + late - read[0] // DAY <= 2 * late + 2


@pytest.mark.parametrize("chain", CHAINS)
def test_in_whatever_order_and_pieces_messages_come_the_state_is_the_same(chain):
    messages, plant = told(CHAINS[chain](), 60, counting=True, count_error=0.1)
    straight = Tracker(plant.truth)
    straight.fold(messages)
    for seed in range(4):
        rng, here = random.Random(seed), []
        mixed = rng.sample(messages, len(messages))
        tracker = Tracker(plant.truth)

        def history(since, here=here):
            return sorted((m for m in here if m.time >= since), key=lambda m: m.place)

        while mixed:
            size = rng.randrange(1, 400)
            fresh, mixed = mixed[:size], mixed[size:]
            here += fresh
            tracker.fold(fresh, history)
        assert to_plain(tracker.state) == to_plain(straight.state)


@pytest.mark.parametrize("chain", CHAINS)
def test_foreign_streams_without_orders_and_ages_give_the_same_stock_and_transit(chain):
    """Receipts take the oldest goods: what is listed under way is what is there."""
    messages, plant = told(CHAINS[chain](), 120)
    tracker = Tracker(plant.truth)
    tracker.fold(foreign(messages), until=120 * DAY)
    assert tracker.state.day == tracker.morning.day == 120
    assert tracker.state.on_hand == pytest.approx(plant.state.on_hand, abs=1e-6)
    assert tracker.state.in_transit == pytest.approx(plant.state.in_transit, abs=1e-6)
    assert goods(tracker.state) == pytest.approx(goods(plant.state), abs=1e-6)
    assert min(tracker.state.owed.values()) >= 0


def test_a_receipt_with_a_reference_takes_the_goods_of_that_reference():
    lane = ("mine", "shop", "unit", "road")

    def at(day, kind, quantity, ref):
        moved = {"shipped": ("mine", "shop"), "received": ("shop", "mine")}[kind]
        data = {"node": moved[0], "partner": moved[1], "product": "unit", "quantity": quantity}
        return Message("/erp", None, f"wms.{kind}.v1", day * DAY + 5, data | ref, f"{kind}{day}")

    sent = [at(1, "shipped", 4.0, {"ref": "A"}), at(2, "shipped", 6.0, {"ref": "B"})]
    for ref, left in ({"ref": "B"}, [1, 2]), ({}, [2]), ({"ref": "A"}, [2]):
        tracker = Tracker(shop())
        tracker.fold([*sent, at(4, "received", 4.0, ref)], until=5 * DAY)
        rows = tracker.state.under_way[lane]
        assert [row.left for row in rows] == left, ref
        assert sum(row.quantity for row in rows) == pytest.approx(6.0)
        assert tracker.state.in_transit[lane] == pytest.approx(6.0)


def test_a_checkpoint_is_plain_and_another_tracker_goes_on_from_it():
    messages, plant = told(factory(), 60)
    first, second = Tracker(plant.truth), Tracker(plant.truth)
    first.fold(messages)
    kept = first.plain()
    assert kept["time"] == 60 * DAY
    second.resume(kept, only=True)
    assert to_plain(second.state) == to_plain(first.state)
    assert second.oldest == 60 * DAY


def test_what_passed_the_door_and_cannot_be_folded_is_named():
    tracker = Tracker(shop())
    odd = Message("/shop/wms", 0, "wms.served.v1", 5, {"node": "nowhere", "quantity": 1.0})
    with pytest.raises(tl.SyncError, match="cannot be folded") as caught:
        tracker.fold([odd])
    assert caught.value.message is odd


def test_scrap_and_what_has_no_effect_on_stock():
    messages, plant = told(factory(), 20)
    tracker = Tracker(plant.truth)
    tracker.fold(messages)
    before = to_plain(tracker.state)
    silent = {
        "mes.state.v1": {"node": "plant", "asset": "saw", "note": "down"},
        "iot.sensed.v1": {"node": "plant", "asset": "saw", "signal": "heat", "value": 61.5},
        "iot.energy.v1": {"node": "plant", "kwh": 12.5},
        "qms.inspected.v1": {"node": "plant", "product": "bike", "sampled": 50, "bad": 2},
        "mes.maintained.v1": {"node": "plant", "asset": "saw", "what": "blade"},
        "crm.complained.v1": {"node": "shop", "product": "bike", "quantity": 1, "note": "dent"},
        "crm.forecast.v1": {"node": "shop", "product": "bike", "quantities": [5, 6]},
        "plm.revised.v1": {"path": "plant.capacity", "value": 45, "from": "2026-02-01"},
    }
    for at, (kind, data) in enumerate(silent.items()):
        message = Message("/plant/x", None, kind, 20 * DAY + at, data, kind)
        tracker.check.check(message, mapped=True)
        tracker.fold([message])
    after = to_plain(tracker.state)
    machines = dict((tuple(key), seen) for key, seen in after.pop("machines"))
    assert machines["plant", "saw"] == {"down": 0, "heat": 61.5, "maintained": 1, "age": 0}
    assert machines["plant", ""] == {"energy": 12.5}
    assert before.pop("machines") == []
    assert after == before
    bike = tracker.state.on_hand["plant", "bike"]
    lost = {"node": "plant", "product": "bike", "quantity": min(bike, 2.0), "cause": "scratch"}
    tracker.fold([Message("/plant/x", None, "mes.scrapped.v1", 20 * DAY + 50, lost, "s")])
    assert tracker.state.on_hand["plant", "bike"] == bike - min(bike, 2.0)
