"""The twin: it sees only the stream, predicts with honest intervals, advises and orders."""

import gc

import numpy as np
import pytest

import twinlab as tl
from tests.loops import pinball_loss
from tests.technology.chains import factory, shop
from twinlab.modeling import Alarm, Change
from twinlab.technology import Bus, Faults, Plant
from twinlab.twin import Mode, Twin


def linked(truth, model=None, seed=1, link=None, mode=Mode.SHADOW):
    bus = Bus(link, seed)
    plant, twin = Plant(truth, bus, seed), Twin(model or truth, bus)
    twin.mode = mode
    return plant, twin


def reachable(thing):
    """Everything that can be got at from a thing, modules and types left aside."""
    seen, todo = set(), [thing]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type) or type(one).__name__ in (
            "module", "function", "builtin_function_or_method", "method"):  # fmt: skip
            continue
        seen.add(id(one))
        yield one
        todo += gc.get_referents(one)


def test_the_twin_never_sees_the_plants_parameters():
    truth = shop(tl.Normal(33.25, 7.5))
    plant, twin = linked(truth, model=shop())
    plant.advance(30)
    twin.sync()
    twin.forecast(10, 64)
    things = list(reachable(twin))
    assert len(things) > 500
    assert not any(thing is plant or thing is truth or thing is truth.network for thing in things)
    assert not any(isinstance(thing, Plant) for thing in things)
    assert not any(isinstance(thing, float) and thing == 33.25 for thing in things)


def test_model_shadow_and_twin():
    plant, twin = linked(shop(), mode=Mode.MODEL)
    plant.advance(40)
    assert twin.sync().new == 0
    assert twin.day == 40
    assert twin.state.on_hand != plant.state.on_hand
    twin.mode = Mode.SHADOW
    assert twin.sync().new > 0
    assert twin.state.on_hand == plant.state.on_hand
    assert twin.propose(Change({"shop.up_to": 200})).step == "proposed"
    assert repr(twin) == "Twin(shadow, day 40, 0.0 days stale)"


def test_a_model_does_not_live_on_its_plants_luck():
    """Even with the plant's scenario and seed it has customers of its own, so all stocks differ."""
    bus = Bus()
    plant, twin = Plant(shop(), bus, 1), Twin(shop(), bus, seed=1)
    twin.mode = Mode.MODEL
    true, alone = [], []
    for _ in range(20):
        plant.advance(10)
        true.append(plant.state.on_hand["shop", "unit"])
        alone.append(twin.state.on_hand["shop", "unit"])
    assert abs(np.corrcoef(true, alone)[0, 1]) < 4 / np.sqrt(20)
    assert not set(true) & set(alone) - {0.0}


def test_an_order_is_obeyed_and_the_model_follows():
    plant, twin = linked(shop(), mode=Mode.TWIN)
    plant.advance(10)
    twin.sync()
    order = twin.propose(Change({"shop.up_to": np.float64(260)}))
    assert order.step == "sent"
    plant.advance(1)
    twin.sync()
    assert twin.orders[order.id].step == "done"
    assert twin.model.value("shop.up_to") == plant.truth.value("shop.up_to") == 260
    ordered = plant.run.series("ordered", "shop")
    assert ordered[10] > ordered[:10].max() + 50
    assert len(ordered) == 11


def test_an_order_that_came_too_late_is_refused():
    plant, twin = linked(shop(), mode=Mode.TWIN)
    late = twin.propose(Change({"shop.up_to": 260}), valid_days=-1)
    plant.advance(1)
    twin.sync()
    assert twin.orders[late.id].reason == "it was valid until day -1: it is day 0"
    assert plant.truth == shop()


def test_a_recommendation_is_simulated_from_today():
    costly = factory().set("shop/bike.up_to", 600)
    plant, twin = linked(costly)
    plant.advance(30)
    twin.sync()
    found = twin.recommend({"shop/bike.up_to": [120, 170, 600]}, days=40, replications=64)
    assert found.worth
    assert found.values["shop/bike.up_to"] < 600
    assert list(found.tried.columns) == ["shop/bike.up_to", "goal"]
    same = twin.recommend({"shop/bike.up_to": [600]}, days=40, replications=64)
    assert not same.worth
    assert "its interval includes 0: luck could explain it" in str(same)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_the_twin_never_looks_ahead_on_the_plants_luck(seed):
    """With one seed for plant and twin, no forecast and no advice knows what customers will ask."""
    plant, twin = linked(shop(tl.Normal(30, 9)), seed=seed)
    twin.seed = seed
    plant.advance(20)
    twin.sync()
    batch = twin.forecast(15, 64, daily=[("demand", "shop")])
    tried = []
    twin.recommend(
        {"shop.up_to": [200, 300]}, 15, 64, lambda b: tried.append(b) or b.kpis.lost_sales
    )
    plant.advance(15)
    future = plant.run.series("demand", "shop")[20:]
    assert not (np.abs(batch.series("demand", "shop") - future[:, None]).max(axis=0) < 1e-9).any()
    assert len({each.seed for each in tried}) == 2
    for each in tried:
        assert np.abs(each.total("demand", "shop") - future.sum()).min() > 1e-9


def test_forecast_intervals_hold_what_they_promise():
    """Forecasts every 15 days of 10 plants: about nine of ten nights lie inside. Nights of one
    forecast hang together, so the spread is measured over the plants."""
    shares = []
    for seed in range(10):
        plant, twin = linked(shop(), seed=seed)
        for _ in range(14):
            plant.advance(15)
            twin.sync()
            twin.forecast(10, 256)
        plant.advance(15)
        twin.sync()
        kept = twin.verify()
        assert kept.of == 140
        shares.append(kept.hits / kept.of)
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - 0.9) <= 4 * error + 0.01


def test_knowing_the_age_of_what_is_under_way_makes_forecasts_better():
    """Against whoever expects everything after the mean lead time (in step, but naive)."""
    pinball = {"age": 0.0, "expected": 0.0}
    for seed in range(40):
        plant, twin = linked(
            shop(
                tl.Constant(20),
            ),
            seed=seed,
        )
        plant.advance(60)
        twin.sync()
        naive = twin.state
        naive.tracked = True
        ahead = twin.model.change(days=66)
        guesses = {"age": twin.state, "expected": naive}
        plant.advance(6)
        true = plant.run.series("on_hand", "shop")[60:66]
        for name, start in guesses.items():
            batch = tl.replicate(ahead, 256, 9, start=start, daily=[("on_hand", "shop")])
            pinball[name] += pinball_loss(batch, true, "on_hand", "shop")
    assert pinball["age"] < 0.9 * pinball["expected"]


def test_drift_is_noticed_adopted_and_worth_money():
    """Demand is a quarter higher than the model says; a twin notices and orders more."""
    plant, twin = linked(shop(tl.Normal(25, 4)), model=shop(), mode=Mode.TWIN, seed=3)
    plant.advance(60)
    twin.sync()
    [alarm] = twin.alarms()
    assert alarm.path == "shop/unit.pattern"
    assert alarm.since <= 5
    assert alarm.day < 40
    assert abs(alarm.observed - 25) < 4 * 4 / np.sqrt(55)
    twin.update_model(alarm)
    assert twin.model.value("shop/unit.pattern").average == pytest.approx(alarm.observed)
    assert twin.alarms() == []


def test_a_longer_lead_time_is_noticed():
    truth = shop().set("mine->shop.lead_time", tl.Gamma(9, 2))
    plant, twin = linked(truth, model=shop())
    plant.advance(80)
    twin.sync()
    [alarm] = twin.alarms()
    assert isinstance(alarm, Alarm)
    assert alarm.path == "mine->shop.lead_time"
    assert 8 < alarm.observed < 10


def test_nothing_is_noticed_where_nothing_changed():
    plant, twin = linked(factory())
    plant.advance(150)
    twin.sync()
    assert twin.alarms(run_length=10_000) == []


def test_a_stale_twin_says_so():
    plant, twin = linked(shop(), link=Faults(delay=tl.Constant(3)))
    plant.advance(20)
    twin.sync()
    assert twin.day == 17
    assert twin.staleness == 3.0


def spare(scenario):
    """The same with a second source that stands by, a node that the plant does not have."""
    lane = tl.Lane("spare", "shop", "unit", lead_time=2, sourcing_rank=2)
    return scenario.change(network=scenario.network.change(tl.Node("spare"), lane))


@pytest.mark.parametrize("when", ["before the first day", "on the way"])
def test_a_model_with_a_lane_that_its_plant_lacks_looks_ahead(when):
    truth = shop()
    plant, twin = linked(truth, spare(truth) if when == "before the first day" else None)
    plant.advance(10)
    assert twin.sync().dead == 0
    twin.model = spare(truth)
    ahead = [twin.forecast(12, 16)]
    plant.advance(5)
    assert twin.sync().dead == 0
    assert twin.state.on_hand == plant.state.on_hand
    ahead.append(twin.forecast(12, 16))
    for batch in ahead:  # what nobody uses changes nothing
        alone = tl.replicate(batch.scenario.change(network=truth.network), 16, batch.seed,
                             start=batch.given, daily=[("on_hand", "shop", "unit")])  # fmt: skip
        stocks = [each.series("on_hand", "shop", "unit") for each in (batch, alone)]
        assert np.array_equal(*stocks)


MORE = {
    "a product": [tl.Product("bell")],
    "customers": [tl.Node("kiosk"), tl.Lane("shop", "kiosk", "unit"),
                  tl.Demand("kiosk", "unit", tl.Poisson(2))],
    "a recipe": [tl.Product("kit"), tl.Recipe("shop", "kit", {"unit": 2}, production_time=1),
                 tl.Demand("shop", "kit", tl.Poisson(2))],
    "its source's recipe": [tl.Recipe("mine", "unit", production_time=2)],
    "a lane without capacity": [tl.Node("spare"), tl.Lane("spare", "shop", "unit", capacity=0)],
}  # fmt: skip


@pytest.mark.parametrize("what", MORE)
def test_a_model_with_more_rows_than_its_plant_looks_ahead(what):
    """What only the model has is empty at first, and lives from there on."""
    plant, twin = linked(shop())
    plant.advance(10)
    twin.sync()
    then = shop().network.change(*MORE[what])
    twin.model = shop().change(network=then, rules={at: tl.BaseStock(170) for at in then.decided})
    for _ in range(2):
        ahead = twin.forecast(20, 16, daily=["on_hand"])
        assert ahead.total("served").min() > 0
        new = set(then.decided) - plant.state.on_hand.keys()
        assert {ahead.given.on_hand[item] for item in new} <= {0.0}
        assert all(ahead.total("ordered", *item).min() > 0 for item in new)
        plant.advance(5)
        assert twin.sync().dead == 0
        assert {k: twin.state.on_hand[k] for k in plant.state.on_hand} == plant.state.on_hand


def test_a_model_that_learns_of_a_lane_follows_what_comes_on_it():
    """Messages of a lane that the model did not have before are folded from then on."""
    truth = spare(shop()).disrupt(tl.Outage("mine", start=12, days=300))
    plant, twin = linked(truth, shop())
    plant.advance(12)
    twin.sync()
    twin.model = truth
    plant.advance(6)
    assert twin.sync().dead == 0
    assert twin.state.on_hand == plant.state.on_hand
    assert twin.state.in_transit == plant.state.in_transit
