"""A hurricane season lived with a twin: what it hears, foresees, advises; and the plant obeys."""

import copy
from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from tests.technology.chains import factory, linked
from twinlab.cases import Case
from twinlab.cases.humanitarian import (
    Standby,
    humanitarian,
    relief_cost,
    strikes,
    waiting_loss,
)
from twinlab.management.flows import waiting_level
from twinlab.modeling.experiments import under
from twinlab.modeling.inference.foreseen import Assessment
from twinlab.organization.view import Supplier, View
from twinlab.technology import Bus, EventStore, FileLink, Message, Plant
from twinlab.technology.messages import DAY, TYPES
from twinlab.twin import Twin

CASE = humanitarian()
GOODS = [product.name for product in CASE.network.products]


@pytest.fixture(scope="module")
def day_100():
    """The plant and the twin on the morning after Ike; both are looked at only."""
    return CASE.twin(seed=3, day=100)


def by_ref(twin):
    return {(one.node, one.product, one.ref): one for one in twin.assessments}


# -- the season --------------------------------------------------------------------------------


def test_a_storm_leaves_needs_and_closes_what_it_hits():
    gustav, centre, east, west, paloma = CASE.strikes
    assert (gustav.region, gustav.day, gustav.people) == ("West", 90, 173_713 + 31_983)
    assert (east.day, east.people, east.wind) == (99, 186_083, 107.5)
    assert (west.day, paloma.day) == (100, 161)
    true = [one._replace(people=1.25 * one.people) for one in (centre, east)]
    struck = CASE.struck(CASE, [*true, paloma])
    assert [(type(d).__name__, *d.place[:2], d.start) for d in struck.disruptions] == [
        ("StockLoss", "Camaguey", "", 99), ("Outage", "Camaguey", "", 99),
        ("LaneOutage", "Camaguey", "Centre", 99), ("StockLoss", "Holguin", "", 99),
        ("Outage", "Holguin", "", 99), ("LaneOutage", "Holguin", "East", 99),
    ]  # fmt: skip
    assert [d.share for d in struck.disruptions[::3]] == [0.5, 1.0]
    asked = {p: tl.simulate(struck, 1).series("demand", "East", p) for p in GOODS}
    people = 1.25 * 0.1 * 186_083
    assert asked["food"][[99, 100, 120, 121]] == pytest.approx([0, people, people, 0], rel=1e-3)
    assert asked["water"][99:104] == pytest.approx(np.array([0, 1, 1, 1, 0]) * people / 3)


def test_other_storms_and_what_is_no_season():
    allen = humanitarian(["Ivan 2004", "Charley 2004"], part=0.2)
    assert str(allen.start) == "2004-06-01"
    assert {one.storm for one in allen.strikes} <= {"Ivan 2004", "Charley 2004"}
    assert allen.part == 0.2
    with pytest.raises(tl.ScenarioError, match="'Gustave 2008' struck no region; did you mean"):
        humanitarian(["Gustave 2008"])
    assert {one.storm for one in humanitarian("Ike 2008").strikes} == {"Ike 2008"}
    with pytest.raises(tl.ScenarioError, match="nobody asks for"):
        CASE.twin(sensors=tl.Sensors(assessments=[Assessment(1, "Mars", "food", (3,))]))
    with pytest.raises(tl.ScenarioError, match="nobody waits in 'Est'; did you mean 'East'"):
        waiting_loss(tl.simulate(CASE.change(days=5), 1), "Est")
    with pytest.raises(tl.ScenarioError, match=r"of one season, not of \[2004, 2008\]"):
        humanitarian(["Ike 2008", "Ivan 2004"])
    assert sum(bool(strikes(season)) for season in range(1975, 2025)) > 10


def test_the_plant_lives_the_true_season_whatever_it_is_told(day_100):
    plant, twin = day_100
    truth = CASE.lived(3)[0]
    assert plant.run.log == tl.simulate(truth.change(days=100), 3).log
    assert twin.model == CASE
    assert not CASE.disruptions
    told = Plant(truth, Bus(), 3)  # nobody assesses anything
    told.advance(100)
    assert told.run.log == plant.run.log
    drawn = humanitarian(true_need={})
    totals = [drawn.twin(seed=s).plant.truth.network.demands[0].pattern.draw(
        None, np.ones(200), 1).sum() for s in (1, 1, 2)]  # fmt: skip
    assert totals[0] == totals[1] != totals[2]


# -- what the twin hears -----------------------------------------------------------------------


def test_the_twin_hears_of_storms_over_the_link(day_100):
    plant, twin = day_100
    told = by_ref(twin)
    assert told["East", "water", "Ike 2008"].error == 0.35
    assert told["West", "food", "Gustav 2008"].error == 0.1  # the better one came on day 96
    assert ("Centre", "food", "Paloma 2008") not in told
    ike = told["East", "food", "Ike 2008"]
    assert (ike.day, len(ike.quantities)) == (100, 21)
    assert ike.quantities[0] == pytest.approx(18_608, rel=1e-3)  # not 1.25 times as many
    assert {one.where for one in twin.outages.outages} == {
        "Camaguey", "Holguin", "Camaguey->Centre", "Holguin->East"
    }  # fmt: skip
    assert twin.state.on_hand == pytest.approx(plant.state.on_hand)
    assert twin.state.on_hand["Holguin", "water"] == 0.0


def test_a_better_assessment_takes_the_place_of_the_first():
    pair = CASE.twin(seed=3, day=99)
    pair.live(1)
    first = by_ref(pair.twin)["East", "water", "Ike 2008"]
    pair.live(5)
    told = by_ref(pair.twin)
    better = told["East", "food", "Ike 2008"]
    assert (better.day, better.error, len(better.quantities)) == (105, 0.1, 16)
    assert better.quantities[0] == pytest.approx(1.25 * 18_608, rel=0.4)
    assert first.day == 100
    assert ("East", "water", "Ike 2008") not in told  # all of that was asked for
    assert pair.twin.sync().dead == 0


def test_a_customer_who_tells_ahead_is_expected_and_nobody_else():
    """The same for any chain and any source: here a feed without numbers, of which one is late."""
    plant, twin = linked(factory())
    link = Bus()
    link.name = "edi"
    twin.listen(link)
    plant.advance(20)
    said = {"node": "shop", "product": "bike", "quantities": [30, 0, 9], "ref": "fair"}

    def tell(day, name, **more):
        return Message("/shop/crm", None, TYPES["forecast"], day * DAY, {**said, **more}, name)

    link.now = 20.0
    link.send([tell(20, "b", error=0.2).encode(), tell(19, "a", ref="tender").encode(),
               tell(18, "c", quantities=[99, 99, 99]).encode()])  # fmt: skip
    assert twin.sync().dead == 0
    calm = factory()
    days = np.arange(300)
    wanted = np.where(days == 20, 30, 0) + np.where(days == 22, 9, 0)  # fair
    wanted = wanted + np.where(days == 19, 30, 0) + np.where(days == 21, 9, 0)  # tender
    usual, more = (tl.simulate(s, 5).series("demand", "shop") for s in (calm, twin.outlook))
    assert more - usual == pytest.approx(wanted)
    assert twin.outlook.network.lanes == calm.network.lanes
    plant.advance(1)
    link.now = 21.0
    link.send([tell(20, "d", node="mine").encode(), tell(20, "e", quantities=[-1]).encode(),
               tell(20, "f", quantities=None).encode()])  # fmt: skip
    assert twin.sync().dead == 3
    plant.advance(2)
    twin.sync()
    assert not twin.assessments  # all those days are over


def test_what_is_expected_outlives_a_process(tmp_path):
    link, store = FileLink(str(tmp_path / "link.db")), str(tmp_path / "twin.db")
    pair = CASE.twin(seed=3, day=98, link=link, store=EventStore(store))
    pair.live(2)
    told = by_ref(pair.twin)
    pair.twin.store.keep("checkpoint", pair.twin._tracker.plain())
    again = Twin(CASE, link, EventStore(store))
    again.sync()
    assert by_ref(again) == told
    assert again.outages.outages == pair.twin.outages.outages


# -- what it foresees and advises --------------------------------------------------------------


def kept():
    return [(n, d.node, d.product) for n in ("demand", "backlog") for d in CASE.network.demands]


def test_a_forecast_is_a_mixture_of_worlds(day_100):
    twin = day_100.twin
    some = twin.worlds(24, seed=1, more=CASE.later_storms(100))
    mixed = twin.forecast(30, 96, kept(), some)
    plain = twin.forecast(30, 4, kept())
    water = mixed.series("demand", "East", "water")
    assert water[:3].sum(axis=0).mean() == pytest.approx(18_608, rel=4 * 0.35 / np.sqrt(24))
    assert plain.series("demand", "East", "water")[:3].std(axis=1).max() == pytest.approx(0)
    factors = water[0] / plain.series("demand", "East", "water")[0, 0]
    assert len(np.unique(factors.round(9))) == 24
    food = mixed.series("demand", "Centre", "food")[0]
    assert factors == pytest.approx(food / plain.series("demand", "Centre", "food")[0, 0])


def test_later_storms_are_those_of_past_seasons():
    drawn = [CASE.later_storms(100)(CASE, np.random.default_rng(s)) for s in range(40)]
    harm = [d.start for each in drawn for d in each.disruptions]
    assert harm
    assert min(harm) > 100
    calm = sum(d.network.demands == CASE.network.demands for d in drawn)
    assert 10 < calm < 40


def test_the_best_option_is_ordered_and_the_plant_obeys():
    plant, twin = pair = CASE.twin(seed=3, day=100)
    options = CASE.options()
    some = twin.worlds(12, seed=2, more=CASE.later_storms(100))
    found = twin.rank(options, relief_cost, 30, 6, some)
    assert {one.name for one in found} == set(options)
    best = found.choices[0].name
    assert best == "air and cash"
    assert found["neighbour"].gain.high < 0  # what waits there takes from others
    for order, role in zip(options[best], ROLES, strict=True):
        proposed = twin.propose(order, found.sentence(), by="anna")
        assert twin.approve(proposed.id, "ben", role, "people wait").step == "sent"
    pair.live(30)
    assert [order.step for order in twin.orders] == ["done"] * 3
    truth = plant.truth
    assert truth.value("hub->Holguin/water/air.sourcing_rank") == 1
    assert truth.value("Holguin/water.up_to") == 12_000
    assert truth.value("market->East/food/cash.sourcing_share") == 0.4
    assert twin.model.rules == truth.rules
    log = [e for e in plant.run.log if e.day >= 100]
    flown = {e.product for e in log if e.kind == "shipped" and e.mode == "air"}
    assert flown == set(GOODS)
    assert {e.product for e in log if e.mode == "cash"} == {"food", "shelter"}
    alone = CASE.twin(seed=3, day=130).plant
    saved = (relief_cost(one.run)[0] for one in (alone, plant))
    assert next(saved) > next(saved) + 5e5


ROLES = ("sourcing manager", "inventory planner", "sourcing manager")


def test_an_option_is_looked_at_as_a_plant_obeys_it():
    """Units ordered today by an order, or values set: the look ahead of a certain chain is true."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(5), lead_time=3, on_hand={"shop": 20})
    chain = tl.Scenario(network, tl.BaseStock(20), days=40)
    move, level = tl.Transfer("mine", "shop", "unit", 15), tl.SetRules({"shop.up_to": 30})
    for option in (move, level, [level, move]):
        plant, twin = linked(chain)
        plant.advance(10)
        twin.sync()
        ahead, start = under(option, twin.outlook, twin.state, 20)
        looked = tl.replicate(ahead.change(days=20), 2, start=start, daily=["on_hand"])
        for order in option if isinstance(option, list) else [option]:
            name = twin.propose(order, by="anna").id
            twin.approve(name, "ben", twin.rights[order.kind].roles.split(", ")[0], "try")
        plant.advance(10)
        assert looked.series("on_hand")[:, 0].tolist() == plant.run.series("on_hand")[10:].tolist()
    same = under({"shop.up_to": 30}, chain, twin.state, 20)[0]
    assert same == under(tl.Change.of(chain, {"shop.up_to": 30}), chain, twin.state, 20)[0]
    for late in (
        tl.Transfer("mine", "shop", "unit", 1, day=25),
        tl.Expedite("shop", "unit", days=5),
    ):
        with pytest.raises(tl.SyncError, match=r"look at most (15|5) days"):
            under(late, chain, twin.state, 40)
    with pytest.raises(tl.ScenarioError, match="two or more"):
        twin.rank({"one": {}})
    with pytest.raises(tl.ScenarioError, match="a world gives a Scenario for a Scenario, not None"):
        twin.forecast(5, 8, worlds=[lambda _: None])


def test_what_is_owed_behind_a_closed_road_is_redirected():
    """As the twin foresees it, the plant does it: what waits for one lane goes by another."""
    asked = tl.Demand("shop", "unit", tl.Constant(5))
    lanes = [
        tl.Lane(n, "shop", "unit", lead_time=d, sourcing_rank=d)
        for n, d in (("mine", 1), ("pit", 2))
    ]
    nodes = [tl.Node("mine", "supplier"), tl.Node("pit", "supplier"), tl.Node("shop", "retailer")]
    net = tl.Network([tl.Product("unit")], nodes, lanes, demands=[asked])
    chain = tl.Scenario(net, tl.BaseStock(12), days=40, sourcing={"shop": Standby()})
    chain = chain.set({"mine->shop.sourcing_share": 1})
    closed = tl.LaneOutage("mine", "shop", start=8, days=20)
    plant, twin = Case(chain.network, chain.rules, 40, sourcing=chain.sourcing).twin(
        closed, sensors=tl.Sensors(foretelling=True)
    )
    plant.advance(12)
    twin.sync()
    assert twin.state.owed["mine", "shop", "unit", "road"] == 20

    def backlog(batch):
        return batch.series("backlog", "shop", "unit").sum(axis=0)

    order = tl.Redirect("mine", "shop", "unit", to_source="pit")
    found = twin.rank({"wait": {}, "redirect": order}, backlog, 8, 4)
    ahead, start = under(order, twin.outlook, twin.state, 20)
    looked = tl.replicate(ahead.change(days=20), 2, start=start, daily=["backlog"])
    name = twin.propose(order, by="anna").id
    twin.approve(name, "ben", "sourcing manager", "the road is closed")
    plant.advance(8)
    assert looked.series("backlog")[:, 0].tolist() == plant.run.series("backlog")[12:].tolist()
    assert found["redirect"].gain.mean > 0


def test_the_tower_names_what_a_storm_has_closed():
    pair = CASE.twin(seed=3, day=101)
    free = dict.fromkeys(GOODS, 50)
    struck = pair.twin.tower(shortage_cost=free)
    assert {"Holguin", "East"} & {alert.node for alert in struck.alerts[:3]}, struck


# -- waiting, and who steps in -----------------------------------------------------------------


def test_waiting_costs_by_level_of_the_wait():
    """Of three units of water two are in the depot; the last one comes by sea, and waits longer."""
    net = CASE.network
    row = next(d for d in net.demands if (d.node, d.product) == ("East", "water"))
    asks = net.change(replace(row, pattern=tl.Trace((3.0, *[0] * 19))),
                      tl.Stock("Holguin", "water", 2.0))  # fmt: skip
    few = tl.Scenario(asks, {**CASE.rules, ("Holguin", "water"): tl.BaseStock(0)}, days=20,
                      sourcing=CASE.sourcing)  # fmt: skip
    served = [e for e in tl.simulate(few, 1).log.of("served") if e.node == "East"]
    assert (served[0].day, served[0].quantity) == (1, 2.0)
    assert sum(e.quantity for e in served) == 3
    assert served[-1].day > 5
    expected = 3.8 * 10 * sum(e.quantity * float(waiting_level(24 * e.day)) for e in served)
    assert waiting_loss(tl.simulate(few, 1)) == pytest.approx([expected])
    batch = tl.replicate(few, 3, daily=kept())
    assert waiting_loss(batch) == pytest.approx([expected] * 3)
    assert waiting_loss(batch, "West") == pytest.approx([0, 0, 0])
    assert relief_cost(batch) == pytest.approx(waiting_loss(batch) + batch.total("transport"))


@pytest.mark.parametrize(
    ("ranks", "shares", "opens", "wanted"),
    [
        ((1, 2, 3), (1, 0, 0), (1, 1, 1), (8, 0, 0)),
        ((1, 2, 3), (1, 0, 0), (0, 1, 1), (8, 0, 0)),  # they wait
        ((1, 1, 3), (1, 0, 0), (0, 1, 1), (0, 8, 0)),  # the neighbour steps in
        ((1, 1, 3), (1, 0, 0), (0, 0, 1), (8, 0, 0)),
        ((1, 2, 3), (0.75, 0, 0.25), (0, 1, 1), (6, 0, 2)),  # cash is no more than its share
        ((1, 1, 3), (0.75, 0, 0.25), (0, 1, 1), (0, 6, 2)),
        ((1, 2, 3), (0.75, 0, 0.25), (1, 1, 0), (8, 0, 0)),
        ((2, 3, 3), (1, 0, 0), (0, 1, 1), (8, 0, 0)),
    ],
)
def test_who_steps_in(ranks, shares, opens, wanted):
    ways = [Supplier("x", "road", r, s, 9.0, float(o)) for r, s, o in zip(ranks, shares, opens,
                                                                         strict=True)]  # fmt: skip
    assert list(map(float, Standby()(View("East", "food", ways), 8.0))) == list(map(float, wanted))
    many = copy.deepcopy(ways)
    for way in many:
        way.open = np.array([way.open, 1.0])
    first, calm = np.array(Standby()(View("E", "f", many), np.array([8.0, 4.0]))).T
    assert first.tolist() == list(map(float, wanted))
    assert calm.tolist() == [4 * s for s in shares]
