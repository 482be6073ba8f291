"""Outages: heard of and inferred, by what stands still; and what a look ahead makes of them."""

import json

import numpy as np
import pytest

import twinlab as tl
from tests.technology.chains import factory, linked, shop
from twinlab.modeling.inference.outages import (
    Flows,
    Standstill,
    StockBelief,
    believed,
    perhaps,
    time_left,
)
from twinlab.scope.distributions import mean_of
from twinlab.technology import Bus, EventStore, Faults, Message, Plant, Sensors
from twinlab.technology.messages import DAY
from twinlab.twin import Mode, Twin

START, RECOVERS = 60, 28
UNTOLD = Sensors(reporting=False)


def works(**nodes):
    """Farm → works → two shops; a farm that closes takes 28 days to open again."""
    network = tl.Network(
        [tl.Product("ore"), tl.Product("bike")],
        [tl.Node("farm", "supplier", time_to_recover=RECOVERS),
         tl.Node("works", "plant", capacity=60),
         tl.Node("north", "retailer"), tl.Node("south", "retailer")],
        [tl.Lane("farm", "works", "ore", lead_time=tl.Gamma(5, 1.5)),
         tl.Lane("works", "north", "bike", lead_time=tl.Poisson(2)),
         tl.Lane("works", "south", "bike", lead_time=tl.Poisson(3))],
        [tl.Recipe("works", "bike", {"ore": 1}, production_time=1, good_share=tl.Uniform(0.9, 1))],
        [tl.Demand("north", "bike", tl.Poisson(10), backorder_cost=10),
         tl.Demand("south", "bike", tl.Poisson(12), backorder_cost=10)],
        [tl.Stock("works", "ore", 150, 0.1), tl.Stock("works", "bike", 80, 0.5),
         tl.Stock("north", "bike", 50, 1), tl.Stock("south", "bike", 65, 1)],
    )  # fmt: skip
    levels = {("works", "ore"): 200, ("works", "bike"): 90, "north": 50, "south": 70}
    return tl.Scenario(network, {at: tl.BaseStock(up) for at, up in levels.items()}, days=200)


CALM = works()


def lived(truth, days, seed=1, model=None, sensors=None, link=None):
    plant = Plant(truth, Bus(link, seed), seed, sensors)
    twin = Twin(model or truth.change(disruptions=()), plant.link)
    plant.advance(days)
    twin.sync()
    return plant, twin


def looked(days_closed, seed, after=4, start=START, replications=100, **sensors):
    """A twin of the works, some days after its farm closed, and its forecast of 40 days."""
    truth = CALM.disrupt(tl.Outage("farm", start=start, days=days_closed))
    plant, twin = lived(truth, start + after, seed, sensors=Sensors(**sensors))
    return plant, twin, np.asarray(twin.forecast(40, replications).kpis.fill_rate)


def truly(plant, days=40, replications=400):
    """The mean fill rate of the days to come, by the true state and the true end."""
    ahead = plant.truth.change(days=plant.day + days)
    batch = tl.replicate(ahead, replications, 0, start=plant.state.copy())
    return float(batch.kpis.fill_rate.mean())


def test_an_outage_whose_end_is_known_is_forecast_as_it_is():
    plant, twin, rates = looked(60, seed=1, replications=400, foretelling=True)
    (one,) = twin.outages
    assert (one.where, one.since, one.probability, one.told) == ("farm", START, 1.0, "heard")
    assert (one.days_left, twin.outlook.disruptions) == (56.0, (one.disruption,))
    assert abs(rates.mean() - truly(plant)) <= 0.05
    deaf = tl.replicate(CALM.change(days=104), 400, 0, start=twin.state).kpis.fill_rate.mean()
    assert deaf > rates.mean() + 0.4


def came(plant, days=40):
    """The fill rate of the days to come, as this plant then lives them."""
    today = plant.day
    run = tl.simulate(plant.truth.change(days=today + days), plant.seed)
    served, asked = (
        sum(run.series(what, at)[today:].sum() for at in ("north", "south"))
        for what in ("on_time", "demand")
    )
    return served / asked


def outages(count, seed=5):
    """Exponential times to recover that outlast four days, rounded up."""
    drawn = np.ceil(np.random.default_rng(seed).exponential(RECOVERS, count * 3))
    return [int(days) for days in drawn if days > 4][:count]


def test_intervals_hold_what_comes_of_two_hundred_outages():
    inside, errors = 0, []
    for seed, days in enumerate(outages(200)):
        plant, _, rates = looked(days, seed, start=20, replications=60)
        (low, high), truth = np.quantile(rates, [0.05, 0.95]), came(plant)
        inside += low - 1e-9 <= truth <= high + 1e-9
        errors.append(abs(rates.mean() - truth))
    assert inside / 200 >= 0.86
    assert np.mean(errors) < 0.3  # 0.38 for a twin that is deaf


def test_unheard_is_as_good_as_heard_after_two_days():
    errors = {True: [], False: []}
    for seed, days in enumerate(outages(16, seed=6)):
        for told in errors:
            plant, twin, rates = looked(days, seed, after=2, replications=60, reporting=told)
            assert [one.where for one in twin.outages] == ["farm"]
            errors[told].append(abs(rates.mean() - came(plant)))
    assert np.mean(errors[False]) <= np.mean(errors[True]) + 0.05


def nights(monkeypatch):
    """Every lane and night, and whether an outage of it was believed then."""
    seen, night = [], Flows.night

    def kept(self, *given):
        found = night(self, *given)
        seen.extend(found.get(lane, Standstill()).stands for lane in self.lanes)
        return found

    monkeypatch.setattr(Flows, "night", kept)
    return seen


def serial(rule=None, days=260):
    network = tl.serial(
        ["mine", "plant", "shop"], demand=tl.Poisson(10), lead_time=tl.Gamma(5, 1.5),
        on_hand={"plant": 80, "shop": 60},
    )  # fmt: skip
    return tl.Scenario(network, {"plant": rule or tl.BaseStock(90), "shop": tl.BaseStock(70)}, days)


CALMS = {
    "daily": (serial(), ()),
    "short of stock": (serial(tl.BaseStock(45)), ()),
    "lots": (serial(tl.MinMax(60, 120)), ()),
    "pauses": (serial(), (tl.Outage("mine", rate=0.1, days=2),)),
    "works": (CALM, ()),
    "factory": (factory(), ()),
}


@pytest.mark.parametrize("name", CALMS)
def test_ordinary_rest_is_no_alarm(name, monkeypatch):
    calm, pauses = CALMS[name]
    seen, lives = nights(monkeypatch), 10 if pauses else 3
    for seed in range(lives):
        lived(calm.disrupt(*pauses), 200, seed, calm, UNTOLD)
    assert len(seen) >= lives * 2 * 195
    assert sum(seen) <= 0.001 * len(seen)


def test_holes_in_what_is_known_are_no_alarm(monkeypatch):
    seen = nights(monkeypatch)
    for seed in range(5):
        plant = Plant(serial(), Bus(Faults(loss=0.3), seed), seed, UNTOLD)
        twin = Twin(serial(), plant.link)
        for _ in range(120):
            plant.advance()
            twin.sync(ask_again=False)
    assert len(seen) > 1000
    assert sum(seen) <= 0.001 * len(seen)


def test_a_slow_hand_over_is_learned(monkeypatch):
    """A system that takes three days over every order, and tells nothing of it, is no outage."""
    seen = nights(monkeypatch)
    truth = serial(tl.MinMax(60, 120)).set("mine->plant.order_delay", 3)
    plant, twin = Plant(truth, Bus(), 3, UNTOLD), Twin(serial(tl.MinMax(60, 120)), None)
    plant.advance(200)
    told = [Message.decode(raw) for raw in twin_letters(plant)]
    for message in told:
        if message.kind == "ordered":
            message.data.pop("due", None)
    whole = [m for m in told if m.kind != "accepted"]
    tracker = twin._tracker
    tracker.fold(whole)
    assert len(seen) > 300
    assert sum(seen[150:]) <= 0.001 * len(seen)


def twin_letters(plant):
    return plant.link.receive("reader", most=10**6)


def test_what_is_closed_is_told_by_what_else_moves():
    """A closed lane, a closed product and a closed site are told apart."""
    cases = {
        ("works->north (bike, road)", tl.LaneOutage("works", "north", start=40, days=30)),
        ("works", tl.Outage("works", start=40, days=30)),
        ("farm", tl.Outage("farm", start=40, days=30)),
    }
    for where, closure in cases:
        _, twin = lived(CALM.disrupt(closure), 44, 3, sensors=UNTOLD)
        assert [(one.where, one.told) for one in twin.outages] == [(where, "inferred")]
        assert 39 <= twin.outages[where].since <= 42


def test_production_that_stands_still_is_seen_where_stock_still_ships():
    closure = tl.Outage("works", start=40, days=60, stock_ships=True)
    _, twin = lived(CALM.disrupt(closure), 44, 3, sensors=UNTOLD)
    (one,) = twin.outages
    assert (one.where, one.disruption.stock_ships) == ("works (bike)", True)


@pytest.mark.parametrize("reporting", [True, False])
def test_an_outage_that_is_over_is_no_longer_believed(reporting):
    truth = CALM.disrupt(tl.Outage("farm", start=40, days=20, loss=1.0))
    plant, twin = lived(truth, 50, 2, sensors=Sensors(reporting=reporting))
    assert len(twin.outages) == 1
    plant.advance(13)
    twin.sync()
    assert not len(twin.outages)


def test_partial_losses_and_lanes_are_heard_as_they_are():
    truth = CALM.disrupt(
        tl.Outage("farm", "ore", start=30, days=50, loss=0.4, stock_ships=True),
        tl.LaneOutage("works", "north", start=31, days=50, holds_transit=True),
        tl.DemandShift("north", factor=2, start=32, days=50),
    )
    _, twin = lived(truth, 40, sensors=Sensors(foretelling=True))
    farm, lane = twin.outages.disruptions
    assert (farm.node, farm.product, farm.loss, farm.stock_ships) == ("farm", "ore", 0.4, True)
    assert (lane.place, lane.holds_transit, lane.start) == (("works", "north", "", ""), True, 40)
    assert (farm.days.average, lane.days.average) == (40, 41)


def test_what_somebody_told_of_a_lane_says_nothing_of_its_source():
    """What stands still for a reason that is known is not inferred once more, of the whole node."""
    truth = CALM.disrupt(tl.LaneOutage("farm", "works", start=40, days=20))
    _, twin = lived(truth, 55, sensors=Sensors(foretelling=True))
    assert [(v.where, v.told, v.days_left) for v in twin.outages] == [("farm->works", "heard", 5)]


@pytest.mark.parametrize("start", [0, 33])
def test_a_twin_that_was_not_told_of_a_loss_of_stock_keeps_step_with_the_plant(start):
    """A store burns down, and part of the shop's shelf: what is scrapped is told, and no outage."""
    truth = CALM.disrupt(tl.StockLoss("works", share=0.8, start=start),
                         tl.StockLoss("south", "bike", rate=0.1))  # fmt: skip
    plant, twin = lived(truth, 40, sensors=Sensors(tracking=True, foretelling=True))
    assert twin.state == plant.state
    assert not len(twin.outages)
    scrapped = plant.run.log.of("scrapped")
    assert {e.item for e in scrapped} == {*CALM.network.decided} - {("north", "bike")}
    assert list(twin.heard("scrapped")) == list(scrapped)


def believed_each_morning(truth, days, first=0, **sensors):
    """Where, since when and for how long yet, on every morning."""
    plant = Plant(truth, Bus(), 3, Sensors(**sensors))
    plant.advance(first, untold=True)
    twin, found = Twin(CALM, plant.link), {}
    for _ in range(first, days):
        plant.advance()
        twin.sync()
        found[twin.day] = [(one.where, one.since, round(one.days_left)) for one in twin.outages]
    return found


@pytest.mark.parametrize(("start", "days"), [(50, 30), (50, 10), (45, 50)])
def test_what_ends_is_not_all_that_strikes_a_place(start, days):
    """Two outages of one node overlap: it is closed until the later end."""
    two = (tl.Outage("farm", start=40, days=40), tl.Outage("farm", start=start, days=days))
    end = max(80, start + days)
    found = believed_each_morning(CALM.disrupt(*two), 100, foretelling=True)
    open_again = [day for day in found if day > 40 and not found[day]]
    assert open_again[0] == end
    assert all(found[day] == [("farm", 40, end - day)] for day in range(start + 1, end))


def test_two_outages_that_begin_on_one_day_are_told_apart():
    struck = (tl.Outage("works", "ore", start=9, days=50, loss=0.4), tl.Outage("works", start=9))
    _, twin = lived(CALM.disrupt(*struck), 10, sensors=Sensors(foretelling=True))
    assert [(one.where, one.disruption.loss) for one in twin.outages] == [("works (ore)", 0.4)]


def test_what_a_full_source_does_not_send_is_no_outage():
    """All that the mine can do goes into ore: coal has to wait, and nothing is closed."""
    parts = ("ore", "coal")
    network = tl.Network(
        [tl.Product("bike"), *map(tl.Product, parts)],
        [tl.Node("mine", capacity=20), tl.Node("shop")],
        [tl.Lane("mine", "shop", part, lead_time=3) for part in parts],
        demands=[tl.Demand("shop", part, tl.Poisson(25)) for part in parts],
        stocks=[tl.Stock("shop", part, 60) for part in parts],
    )
    _, twin = lived(tl.Scenario(network, tl.BaseStock(100), days=90), 80, sensors=UNTOLD)
    assert not len(twin.outages)


def test_who_joins_late_hears_what_is_closed():
    truth = CALM.disrupt(tl.Outage("farm", start=20, days=60), tl.Outage("works", start=10, days=9))
    found = believed_each_morning(truth, 32, first=30, foretelling=True)
    assert found == {31: [("farm", 30, 49)], 32: [("farm", 30, 48)]}
    bus = Bus()
    plant, twin = Plant(truth, bus, 3, Sensors(foretelling=True)), Twin(CALM, bus)
    plant.advance(30, untold=True)
    assert twin.sync().dead == 0
    assert [(one.where, one.days_left) for one in twin.outages] == [("farm", 50)]


def test_what_moves_again_is_open_although_nobody_said_so():
    """Its recovery was lost: it counts as closed until the end that was told."""
    plant, twin = lived(CALM, 39)
    plant.link.send([said("farm", "disrupted", 0, day=39, expected_end=45).encode()])
    closed = []
    for _ in range(10):
        plant.advance()
        twin.sync()
        closed += [twin.day for one in twin.outages if one.told == "heard"]
    assert closed == [40, 41, 42, 43, 44]


def test_pauses_that_are_told_teach_nothing_of_rest():
    """After many of them, an outage that is not told is found as if there had been none."""
    found, heard = [], [tl.Outage("farm", start=at, days=6) for at in range(20, 60, 10)]
    for pauses in (heard, []):
        plant = Plant(CALM.disrupt(*pauses, tl.Outage("farm", start=80, days=60)), Bus(), 3)
        twin = Twin(CALM, plant.link)
        plant.advance(80)
        twin.sync()
        plant.sensors = plant._voice.sensors = UNTOLD
        plant.advance(4)
        twin.sync()
        found.append([(one.where, one.told) for one in twin.outages])
    assert found == [[("farm", "inferred")]] * 2


def test_what_is_believed_outlives_the_process(tmp_path, monkeypatch):
    monkeypatch.setattr("twinlab.technology.sync.KEEP_EVERY", 200)
    truth = CALM.disrupt(tl.Outage("farm", start=40, days=60), tl.Outage("works", start=42, days=9))
    plant = Plant(truth, Bus(), 3, Sensors(reporting=False, counting=True, count_error=0.1))
    twin = Twin(CALM, plant.link, EventStore(f"{tmp_path}/twin.db"))
    for _ in range(50):
        plant.advance()
        twin.sync()
    again = Twin(CALM, plant.link, EventStore(f"{tmp_path}/twin.db"))
    again.sync()
    assert len(twin.outages) > 0
    assert str(again.outages) == str(twin.outages)
    kept, now = (json.dumps(each._tracker.books.plain()) for each in (again, twin))
    assert kept == now


def said(node, kind, number=10_000, **data):
    source = f"/{node}/iot"
    data = {"day": 30, "node": node} | data
    return Message(source, number, f"iot.{kind}.v1", data["day"] * DAY + 5, data)


def test_a_machine_s_state_and_a_lane_s_name_are_understood():
    plant, twin = lived(CALM, 30)
    heard = [
        said("farm", "state", asset="farm", note="down"),
        said("works", "state", asset="bike", note="down"),
        said("works", "state", 10_001, asset="press 3", note="down"),
        said("works", "disrupted", 10_002, lane="works->south", loss=0.5, expected_end=44),
    ]
    plant.link.send([message.encode() for message in heard])
    for message in heard:
        twin._tracker.fold([message], twin.store.messages)
    names = {one.where: one.days_left for one in twin.outages}
    expected = pytest.approx(RECOVERS, rel=0.02)
    assert names == {"farm": expected, "works (bike)": expected, "works->south": 14.0}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"partner": "moon"}, "the network has no lane works → moon that could be disrupted"),
        ({"lane": "works->moon"}, "no lane works → moon"),
        ({"product": "cheese"}, "no 'cheese' at 'works'"),
        ({"loss": 7}, "loss is a share from 0 to 1, got 7"),
        ({"expected_end": 3}, "expected_end is a day from its own on"),
    ],
)
def test_an_outage_of_nothing_is_refused(data, words):
    _, twin = lived(CALM, 30)
    with pytest.raises(tl.SyncError, match=words):
        twin._tracker.check.check(said("works", "disrupted", **data))


def test_a_model_by_itself_believes_in_no_outage():
    _, twin = lived(CALM.disrupt(tl.Outage("farm", start=5, days=60)), 30)
    assert len(twin.outages) == 1
    twin.mode = Mode.MODEL
    assert not len(twin.outages)


def test_what_is_left_forgets_how_long_it_lasted_or_not():
    """Exponential times have no memory; with k = 1 the law's mean is the mean whatever the age."""
    left = [mean_of(time_left(age, 28)) for age in (0, 10, 100)]
    assert left == pytest.approx([28] * 3, rel=0.02)
    shorter = [mean_of(time_left(age, 28, shape=3)) for age in (0, 10, 30, 60)]
    assert shorter == sorted(shorter, reverse=True)
    assert shorter[0] == pytest.approx(28, rel=0.01)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_an_outage_that_is_only_likely_strikes_so_often(probability):
    closed = CALM.change(days=30).disrupt(
        tl.Outage("farm", start=3, days=perhaps(tl.Constant(10), probability))
    )
    batch = tl.replicate(closed, 2000, 1, daily=[("shipped", "farm")])
    struck = (batch.series("shipped", "farm")[4] == 0).mean()
    assert abs(struck - probability) <= 4 * np.sqrt(probability * (1 - probability) / 2000)


def test_a_flow_learns_how_long_it_rests():
    """Three nights of rest before each move are no outage, once learned; ten are."""
    flow, highest = Standstill(), 0.0
    for day in range(120):
        flow = flow.night(day, moved=day % 4 == 3)
        highest = max(highest, flow.probability) if day > 20 else 0.0
    assert highest < 0.5
    for day in range(120, 130):
        flow = flow.night(day, moved=False)
    assert flow.stands
    assert believed(Flows(shop().network), {}, {}, 5).disruptions == ()


def test_hidden_shrinkage_is_learned_from_counts():
    """The books alone are further off than any count; together they are closer than a count."""
    errors = {"books": [], "counts": [], "both": []}
    for seed in range(10):
        for counting in (False, True):
            sensors = {"counting": counting, "count_error": 0.1, "shrinkage": 0.01}
            plant, twin = linked(shop(), seed=seed, **sensors)
            off = []
            for _ in range(150):
                plant.advance()
                twin.sync()
                off.append(twin.state.on_hand["shop", "unit"] - plant.state.on_hand["shop", "unit"])
            errors["both" if counting else "books"] += off[50:]
        errors["counts"] += [0.1 * plant.state.on_hand["shop", "unit"]]
    typical = {name: np.sqrt(np.mean(np.square(off))) for name, off in errors.items()}
    assert typical["both"] < typical["counts"] / 1.5
    assert typical["both"] < typical["books"] / 5


@pytest.mark.parametrize("count", [1000, 150, 0])
def test_a_stock_that_was_never_as_told_does_not_vanish_or_grow_from_night_to_night(count):
    belief, books = StockBelief().night(100.0)
    belief, books = belief.counted(books, count, error=0.0)
    for _ in range(30):
        belief, books = belief.night(books)
    assert (belief.share, books) == (0, count)


def test_a_silent_source_is_the_link_s_fault():
    """The mine's systems are cut off: nothing is inferred, and the table of sources says so."""
    plant, deaf = Plant(serial(), Bus(), 1, UNTOLD), Bus()
    twin = Twin(serial(), deaf)
    for day in range(90):
        raws = plant.link.receive("relay", most=10**6)
        plant.link.acknowledge("relay")
        whole = [raw for raw in raws if Message.decode(raw).source.split("/")[1] != "mine"]
        deaf.send([bytes(raw) for raw in (raws if day < 60 else whole)])
        deaf.now = float(plant.day)
        twin.sync()
        plant.advance()
    assert not len(twin.outages)
    sources = twin.sources.set_index("source")
    assert sources[sources.index.str.startswith("/mine")]["silent"].all()
    assert not sources[sources.index.str.startswith("/plant")]["silent"].any()


def grown(seed):
    """A chain that nothing was tried on: suppliers → plant → depots → shops, drawn by a seed."""
    luck = np.random.default_rng([seed, 12])
    parts, shops = [f"part {i}" for i in range(luck.integers(1, 4))], range(luck.integers(2, 5))
    nodes = [tl.Node(f"maker {p}", time_to_recover=int(luck.integers(10, 40))) for p in parts]
    nodes += [tl.Node("plant"), tl.Node("east"), tl.Node("west")]
    nodes += [tl.Node(f"shop {i}") for i in shops]
    asked = {f"shop {i}": float(luck.integers(4, 20)) for i in shops}
    depots = {at: ("east", "west")[i % 2] for i, at in enumerate(asked)}
    through = {d: sum(asked[at] for at in asked if depots[at] == d) for d in ("east", "west")}
    flows = through | {"plant": sum(asked.values())}

    def lane(source, destination, product):
        mean = float(luck.integers(2, 9))
        return tl.Lane(source, destination, product, lead_time=tl.Gamma(mean, mean / 4))

    lanes = [lane(f"maker {p}", "plant", p) for p in parts]
    lanes += [lane("plant", d, "car") for d in through] + [lane(depots[a], a, "car") for a in asked]
    took = {(v.destination, v.product): v.lead_time.average for v in lanes}
    rules = {i: 1.3 * (days + 1) * (flows | asked)[i[0]] for i, days in took.items()}
    rules["plant", "car"] = 3 * flows["plant"]
    network = tl.Network(
        [tl.Product("car"), *map(tl.Product, parts)], nodes, lanes,
        [tl.Recipe("plant", "car", dict.fromkeys(parts, 1.0))],
        [tl.Demand(at, "car", tl.Poisson(mean), backorder_cost=5) for at, mean in asked.items()],
        [tl.Stock(*item, units) for item, units in rules.items()],
    )  # fmt: skip
    return tl.Scenario(network, {i: tl.BaseStock(up) for i, up in rules.items()}, days=200), parts


@pytest.mark.parametrize("seed", range(4))
def test_on_a_chain_that_was_not_used_while_building_the_same_holds(seed, monkeypatch):
    calm, parts = grown(seed)
    seen, closed = nights(monkeypatch), f"maker {parts[seed % len(parts)]}"
    lived(calm, 120, seed, sensors=UNTOLD)
    assert sum(seen) <= 0.001 * len(seen)
    truth = calm.disrupt(tl.Outage(closed, start=60, days=60))
    plant, twin = lived(truth, 63, seed, sensors=UNTOLD)
    assert [one.where for one in twin.outages] == [closed]
    _, told = lived(truth, 63, seed, sensors=Sensors(foretelling=True))
    ahead = plant.truth.change(days=103)
    real = tl.replicate(ahead, 200, 0, start=plant.state.copy()).kpis.fill_rate.mean()
    assert abs(told.forecast(40, 200).kpis.fill_rate.mean() - real) <= 0.05
