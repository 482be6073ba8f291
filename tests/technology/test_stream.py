"""The stream of messages: what arrives, in whatever order, gives one state; what is none changes
nothing."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from tests.technology.chains import factory, shop
from twinlab.technology import Bus, EventStore, Faults, Intake, Message, Plant, Sensors
from twinlab.technology.message_check import MessageCheck
from twinlab.technology.messages import DAY
from twinlab.technology.tracker import Tracker
from twinlab.twin import Twin

CHAINS = {"shop": shop, "factory": factory}


def believe(messages, model):
    """The fold of messages."""
    tracker = Tracker(model)
    tracker.fold(messages)
    return tracker


def told(scenario, days, seed=1, **sensors):
    """Everything a plant says in some days, and the plant."""
    bus = Bus()
    plant = Plant(scenario, bus, seed, Sensors(**sensors))
    plant.advance(days)
    return bus.receive("twin", most=10**9), plant


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("day", [1, 37, 80])
def test_a_twin_restored_in_the_middle_goes_on_exactly_as_the_plant(chain, day):
    """The same luck, from messages through JSON and SQLite: every number of every later night."""
    scenario = CHAINS[chain]()
    raws, plant = told(scenario, day, seed=4, tracking=True)
    store = EventStore()
    store.take(raws)
    state = believe(store.messages(), scenario).state
    assert state == plant.state
    plant.advance(60)
    ahead = scenario.change(days=day + 60)
    nights = tl.simulate(ahead, seed=4, start=state).nights
    for name, numbers in plant.run.nights.items():
        # Whoever starts to watch counts a new replenishment cycle: that is the watcher's, not the
        # plant's.
        if not name.startswith("cycles"):
            assert (numbers[day:] == nights[name]).all(), name


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("tracking", [True, False])
def test_shuffled_and_doubled_messages_give_the_identical_state(chain, tracking):
    scenario = CHAINS[chain]()
    raws, _ = told(scenario, 60, tracking=tracking, counting=True, count_error=0.1)
    states = []
    for seed in range(4):
        mixed = raws + random.Random(seed).sample(raws, len(raws) // 5)
        random.Random(seed).shuffle(mixed)
        store = EventStore()
        for at in range(0, len(mixed), 97):
            store.take(mixed[at : at + 97])
        assert store.sequences().keys() == {Message.decode(raw).source for raw in raws}
        states.append(believe(store.messages(), scenario).state)
    assert all(state == states[0] for state in states)


@pytest.mark.parametrize("chain", CHAINS)
def test_without_tracking_stock_and_debts_are_right_and_arrivals_are_expected(chain):
    scenario = CHAINS[chain]()
    raws, plant = told(scenario, 80)
    store = EventStore()
    store.take(raws)
    state = believe(store.messages(), scenario).state
    for name in ("on_hand", "owed", "on_order", "in_transit", "to_make", "in_process", "memory"):
        assert getattr(state, name) == getattr(plant.state, name), name
    assert not state.tracked
    for lane, goods in plant.state.under_way.items():
        assert [(s.quantity, s.left) for s in goods] == [
            (s.quantity, s.left) for s in state.under_way[lane]
        ]


def test_a_message_tells_neither_arrival_days_nor_yields():
    """What only the plant knows is not in the stream."""
    raws, _ = told(factory(), 60)
    kinds = set()
    for raw in raws:
        message = Message.decode(raw)
        kinds.add(message.kind)
        if message.kind == "shipped":
            assert message.data["due"] is None
        if message.kind == "started":
            assert "note" not in message.data
        if message.kind == "opened":
            goods = [row for _, rows in message.data["state"]["under_way"] for row in rows]
            assert goods
            assert all(due is None for due, *_ in goods)
    assert kinds >= {"opened", "started", "shipped"}


GOOD = Message("/shop/wms", 900, "wms.served.v1", 3 * DAY + 5, {
    "day": 3, "node": "shop", "product": "unit", "quantity": 1.0})  # fmt: skip


def broken(rng):
    """A message with one thing wrong in it."""
    envelope = json.loads(GOOD.encode())

    def with_data(**changes):
        return json.dumps(envelope | {"data": envelope["data"] | changes}).encode()

    def without(name):
        return json.dumps({k: v for k, v in envelope.items() if k != name}).encode()

    raw = GOOD.encode()
    return rng.choice([
        lambda: raw[: rng.randrange(len(raw) - 1)],
        lambda: bytes(rng.randrange(256) for _ in range(50)),
        lambda: b"[" * 5000,
        lambda: b"null",
        lambda: without(rng.choice(["id", "source", "type", "time", "specversion", "data"])),
        lambda: json.dumps(envelope | {"type": "wms.vanished.v1"}).encode(),
        lambda: json.dumps(envelope | {"type": "wms.served.v2"}).encode(),
        lambda: json.dumps(envelope | {"type": "erp.served.v1"}).encode(),
        lambda: json.dumps(envelope | {"time": "2026-01-01T00:00:00"}).encode(),
        lambda: json.dumps(envelope | {"time": "soon"}).encode(),
        lambda: json.dumps(envelope | {"sequence": -1}).encode(),
        lambda: json.dumps(envelope | {"id": 0}).encode(),
        lambda: raw.replace(b"1.0}", b"NaN}"),
        lambda: with_data(quantity=-1),
        lambda: with_data(quantity="many"),
        lambda: with_data(quantity=True),
        lambda: with_data(day=3.5),
        lambda: with_data(day=-1),
        lambda: with_data(node="shpo"),
        lambda: with_data(product="bike"),
        lambda: with_data(ref=5),
        lambda: b'{"specversion": "1.0", "data": {"x": "' + b"y" * 1_100_000 + b'"}}',
    ])()  # fmt: skip


def test_a_hundred_malformed_messages_end_as_dead_letters_and_change_nothing():
    scenario = shop()
    bus = Bus()
    plant, twin = Plant(scenario, bus, seed=2), Twin(scenario, bus)
    plant.advance(20)
    twin.sync()
    before, alone = twin.state, twin.store.sequences()
    rng = random.Random(7)
    sent = [broken(rng) for _ in range(150)]
    for letter in sent:
        bus.carry(letter)
    different = len(set(sent))
    assert different > 25
    assert twin.sync() == Intake(new=0, copies=150 - different, dead=different)
    assert twin.state == before
    assert twin.store.sequences() == alone
    letters = twin.store.dead_letters()
    assert len(letters) == different
    assert letters["reason"].str.len().min() > 10
    plant.advance(1)
    assert twin.sync().dead == 0
    assert twin.day == 21


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("closed", {"day": 3, "count": "many"}),
        ("closed", {"day": 3}),
        ("changed", {"day": 3, "changes": {"shop.up_to": 10**400}}),
        ("changed", {"day": 3, "changes": {"mine.capacity": 0}}),
        ("changed", {"day": 3, "changes": {"mine->shop.lead_time": 60}}),
        ("opened", {"day": 0, "state": {"day": 0}}),
        ("opened", {"day": 0}),
    ],
)
def test_a_message_of_the_plant_that_cannot_be_folded_is_refused(kind, data):
    with pytest.raises(tl.TwinError):
        MessageCheck(shop()).check(
            Message("/plant/sys", 1, f"sys.{kind}.v1", data["day"] * DAY, data)
        )


def test_a_receipt_that_names_no_days_is_refused():
    data = {"day": 3, "node": "shop", "product": "unit", "quantity": 1.0, "partner": "mine",
            "mode": shop().network.lanes[0].mode, "left": [1, "two"]}  # fmt: skip
    with pytest.raises(tl.SyncError, match="left is a list of days"):
        MessageCheck(shop()).check(Message("/shop/wms", 1, "wms.received.v1", 3 * DAY, data))


def test_a_lossy_link_shows_its_gaps_and_asking_again_closes_them():
    scenario = factory()
    bus = Bus(Faults(delay=tl.Gamma(0.3, 0.3), loss=0.1, duplicates=0.1, disorder=0.1), seed=3)
    plant, twin = Plant(scenario, bus, seed=3), Twin(scenario, bus)
    plant.advance(50)
    twin.sync()
    assert twin.gaps()
    assert twin.staleness > 0
    for _ in range(12):
        bus.now += 2
        twin.sync(ask_again=True)
    assert not twin.gaps()
    assert twin.state.on_hand == plant.state.on_hand
    assert twin.state.owed == plant.state.owed


@pytest.mark.parametrize("delay", [0.01, 0.7, 2.3])
def test_a_late_twin_is_where_the_plant_was(delay):
    """Synced every day: what has been folded is not folded again, and nothing of today is lost."""
    scenario = factory()
    bus = Bus(Faults(delay=tl.Constant(delay)))
    plant, twin = Plant(scenario, bus, seed=6), Twin(scenario, bus)
    states = {}
    for _ in range(40):
        plant.advance()
        states[plant.day] = plant.state.copy()
        twin.sync()
        morning = twin._tracker.morning
        if morning.day:
            assert morning.on_hand == states[morning.day].on_hand
            assert morning.owed == states[morning.day].owed
    assert morning.day == 40 - int(np.ceil(delay))
    assert not twin.gaps() or delay > 0.5


def test_a_store_on_disk_is_read_again_by_another_twin(tmp_path):
    scenario, bus = shop(), Bus()
    plant = Plant(scenario, bus, seed=5)
    path = str(tmp_path / "events.db")
    first = Twin(scenario, bus, EventStore(path))
    plant.advance(40)
    first.sync()
    first.store.close()
    second = Twin(scenario, bus, EventStore(path))
    assert second.sync() == Intake(0, 0, 0, 0)
    assert second.state == first.state
    assert second.state.on_hand == plant.state.on_hand


def test_the_bus_is_the_same_by_its_seed_and_as_bad_as_its_link_says():
    def lived(seed):
        bus = Bus(Faults(loss=0.2, duplicates=0.3), seed)
        Plant(shop(), bus, seed=1).advance(100)
        [[sent]] = bus._rows("SELECT COUNT(*) FROM letters WHERE channel = 'sent'")
        return sent, bus.receive("twin")

    sent, raws = lived(1)
    assert (sent, raws) == lived(1)
    share, expected = len(raws) / sent, 0.8 * 1.3
    assert abs(share - expected) <= 4 * 0.55 / sent**0.5
    assert len(set(raws)) < len(raws)


def test_counts_correct_what_lost_messages_spoilt():
    def error(counting):
        bus = Bus(Faults(loss=0.1), seed=8)
        plant = Plant(shop(), bus, seed=8, sensors=Sensors(counting=counting, count_error=0.02))
        twin = Twin(shop(), bus)
        plant.advance(120)
        twin.sync(ask_again=False)
        return abs(twin.state.on_hand["shop", "unit"] - plant.state.on_hand["shop", "unit"])

    assert error(counting=True) < error(counting=False) / 5


@pytest.mark.parametrize("box", [lambda inner: [inner], lambda inner: {"in": inner}],
                         ids=["lists", "tables"])  # fmt: skip
def test_what_is_nested_too_deep_is_refused_before_anybody_walks_into_it(box):
    deep = 1.0
    for _ in range(400):
        deep = box(deep)
    shallow = replace(GOOD, data={**GOOD.data, "more": box(box(1.0))})
    assert Message.decode(shallow.encode()) == shallow
    with pytest.raises(tl.SyncError, match="levels of lists and tables"):
        Message.decode(replace(GOOD, data={**GOOD.data, "more": deep}).encode())
