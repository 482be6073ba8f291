"""Every case is lived with a twin: a plant lives it, a model hears of it."""

import pickle

import pytest

import twinlab as tl
from tests.technology.chains import factory, shop
from twinlab import cases
from twinlab.cases import Case
from twinlab.technology import Bus, Faults, FileLink, Plant, Sensors
from twinlab.twin import Twin

CLOSED = tl.Outage("mine", start=8, days=6)
CASES = {
    "automotive": (cases.automotive, tl.Outage("Taiwan logic fab", start=3, days=20)),
    "factory": (cases.factory, tl.Outage("steel mill", start=3, days=20)),
    "humanitarian": (cases.humanitarian, tl.Outage("hub", start=3, days=20)),
}


def case(chain=shop):
    made = chain()
    return Case(made.network, made.rules, made.days)


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_lived_with_a_twin_that_is_not_told_what_is_hidden(name):
    load, hidden = CASES[name]
    plant, twin = load().twin(hidden, seed=1)
    plant.advance(8)
    assert twin.sync().dead == 0
    assert twin.day == plant.day == 8
    assert twin.state.on_hand == pytest.approx(plant.state.on_hand)
    assert plant.truth.disruptions[-1:] == (hidden,)
    assert twin.model.disruptions == ()
    assert plant.run.log == tl.simulate(plant.truth.change(days=8), seed=1).log


def test_a_case_is_a_scenario_and_whatever_is_made_of_it_is_a_case():
    one, plain = case(), shop()
    assert one == plain
    assert plain == one
    assert hash(type(one)) != hash(type(plain))
    assert one != plain.change(days=3)
    assert one != 7
    for made in (one.disrupt(CLOSED), one.set("shop.up_to", 9), one.change(days=7)):
        assert isinstance(made, Case)
        assert isinstance(pickle.loads(pickle.dumps(made)), Case)
    assert isinstance(cases.chip_shortage().scenario, Case)


def test_a_truth_is_another_scenario():
    truth = shop(demand=tl.Normal(30, 4))
    plant, twin = case().twin(CLOSED, truth=truth, seed=4, sensors=Sensors(tracking=True))
    assert plant.truth == truth.disrupt(CLOSED)
    assert twin.model == case()
    assert (twin.seed, plant.seed, plant.sensors.tracking) == (4, 4, True)


@pytest.mark.parametrize("chain", [shop, factory])
@pytest.mark.parametrize(
    "link", [Bus, lambda: Bus(Faults(loss=0.1), 2), lambda: FileLink(":memory:")]
)
def test_who_meets_on_a_later_day_knows_what_is_there(chain, link):
    plant, twin = case(chain).twin(CLOSED, seed=1, day=20, link=link())
    plant.advance(15)
    for _ in range(5):
        twin.sync()
        twin._asked_at = -1e9  # time to ask has come
    assert (twin.day, twin.gaps()) == (35, [])
    assert twin.state.on_hand == plant.state.on_hand
    assert twin.state.in_transit == plant.state.in_transit
    whole = tl.simulate(plant.truth.change(days=35), seed=1)
    assert plant.run.log == whole.log


def test_days_of_which_nobody_hears_change_nothing_else(tmp_path):
    path, true = str(tmp_path / "link.db"), Plant(factory(), Bus(), seed=1)
    true.advance(40)
    plant = Plant(factory(), FileLink(path), seed=1)
    plant.advance(10, untold=True)
    plant.advance(5)
    plant = Plant(factory(), FileLink(path), seed=1)  # in another process
    assert plant.day == 15
    plant.advance(10, untold=True)
    plant = Plant(factory(), FileLink(path), seed=1)
    plant.advance(15)
    assert plant.state == true.state
    twin = Twin(factory(), FileLink(path))
    assert twin.sync().dead == 0
    assert twin.state.on_hand == true.state.on_hand
    heard = {m.time // 86_400_000_000 for m in twin.store.messages() if m.kind != "opened"}
    assert heard == {*range(10, 15), *range(25, 40)}


def test_a_case_says_what_does_not_fit():
    with pytest.raises(tl.ScenarioError, match="story ends on day 400: it is day 0"):
        case().twin(day=401)
    with pytest.raises(tl.ScenarioError, match=r"Case\.twin: hidden must be"):
        case().twin("mine")
    with pytest.raises(tl.ScenarioError, match="'mien' is not a node; did you mean 'mine'"):
        case().twin(tl.Outage("mien"))
