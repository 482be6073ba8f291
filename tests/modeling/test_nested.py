"""A line inside a node: what goes down and comes up, restarts, and what a twin hears."""

import json
from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from twinlab import ScenarioError
from twinlab.cases.factory import factory, jobs_of, learned_hazard, signals
from twinlab.modeling import (
    AtAge,
    ControlLimit,
    Fault,
    Hazard,
    Inspection,
    Jobs,
    Line,
    Never,
    Released,
    Station,
    feed,
    replicate_line,
    run_line,
)
from twinlab.modeling.line.engine import LineEngine, keep
from twinlab.scope.snapshot import from_plain, to_plain
from twinlab.task import production
from twinlab.task.maintenance import control_limit
from twinlab.technology.messages import Message

CASE = factory()
PANEL = ("factory", "panel")


def scenario(wanted=130.0, days=30, line=CASE.line):
    """The factory with its line inside."""
    demand = replace(CASE.scenario.network.demands[0], pattern=tl.Normal(wanted, 20))
    network = CASE.scenario.network.change(demand)
    whole = CASE.scenario.change(network=network, days=days)
    return whole.set("factory/panel.production_time", 1).nest({"factory": line})


def flows(run, kind):
    found = np.zeros(run.scenario.days)
    for event in run.log.of(kind):
        if event.item == PANEL:
            found[event.day] += event.quantity
    return found


def test_what_is_ordered_goes_down_and_what_is_done_comes_up_a_day_later():
    """The same releases give the same days to a line alone."""
    run = tl.simulate(scenario(), seed=3)
    started, finished = flows(run, "started"), flows(run, "finished")
    alone = LineEngine(replace(CASE.line, source=Released()), 3, 0)
    for day in range(30):
        assert alone.take()[1] == finished[day]
        alone.release(int(started[day]))
        alone.step((day + 1) * 480)
    assert finished.sum() > 3000


def test_parts_are_conserved():
    run = tl.simulate(scenario(), seed=4)
    out = sum(e.note for e in run.log.of("finished"))
    state = run.state
    assert flows(run, "started").sum() == out + state.in_process[PANEL]
    line = state.memory["factory", ""]
    assert state.in_process[PANEL] == len(line["parts"]) + line["released"]
    assert sum(lot.started for lot in state.lots[PANEL]) == state.in_process[PANEL]
    assert all(float(n).is_integer() for n in flows(run, "started"))


@pytest.mark.parametrize("day", [1, 7, 20])
def test_a_history_goes_on_from_any_morning(day):
    nest = scenario()
    whole = tl.simulate(nest, seed=5)
    state = from_plain(json.loads(json.dumps(to_plain(whole.state_on(day)))), nest.network)
    rest = tl.simulate(nest, seed=5, start=state)
    for kind in ("started", "finished", "served"):
        assert flows(rest, kind)[day:].tolist() == flows(whole, kind)[day:].tolist(), kind
    ours, theirs = (r.state.machines["factory", "machining"] for r in (rest, whole))
    assert ours == pytest.approx(theirs)


def test_a_line_that_nobody_knows_begins_with_what_is_in_process():
    nest = scenario()
    state = tl.simulate(nest, seed=6).state_on(12)
    del state.memory["factory", ""]
    state.machines["factory", "machining"]["age"] = 120.0
    run = tl.simulate(nest, seed=7, start=state)
    assert run.log.of("finished")[0].note > 90
    line = run.state.memory["factory", ""]
    assert run.state.in_process[PANEL] == len(line["parts"]) + line["released"]


def test_a_closed_node_stands_still_inside_too():
    shut = scenario().disrupt(tl.Outage("factory", start=10, days=5, stock_ships=True))
    run = tl.simulate(shut, seed=3)
    finished = flows(run, "finished")
    assert finished[11:16].tolist() == [0.0] * 5
    assert finished[10] > 100
    half = scenario().disrupt(tl.Outage("factory", start=10, days=5, loss=0.5))
    assert 40 < flows(tl.simulate(half, seed=3), "finished")[11:16].mean() < 80


def test_minutes_of_machines_add_up_and_give_their_effectiveness():
    run = tl.simulate(scenario(wanted=200.0), seed=1)
    seen = run.state.machines["factory", "machining"]
    states = ("working", "starved", "blocked", "down", "stopped", "setup")
    assert sum(seen.get(s, 0.0) for s in states) == pytest.approx(29 * 480)
    found = production.describe(run.state, ("factory", "machining"))
    alone = production.describe(run_line(CASE.line, days=30, seed=1, warm_up=0), "machining")
    assert found.oee == pytest.approx(alone.oee, abs=0.02)
    assert seen["worked"] > seen["good"] > 0


def test_an_order_changes_a_rule_inside_the_line():
    nest = scenario(line=CASE.line.set("machining.maintain", AtAge(400)))
    assert nest.value("factory.machining.maintain.age") == 400
    early = nest.set("factory.machining.maintain.age", 60)
    run = tl.simulate(early, seed=1)
    assert len(run.log.of("maintained")) > 3 * len(tl.simulate(nest, seed=1).log.of("maintained"))
    assert nest.set("factory.coating.buffer", 2).value("factory.coating.buffer") == 2


def test_many_histories_ask_for_the_law():
    with pytest.raises(ScenarioError, match=r"feed\(scenario, 'factory', replicate_line"):
        tl.replicate(scenario(), 10)
    both = feed(scenario(), "factory", replicate_line(CASE.line, 5, 3))
    assert len(tl.replicate(both, 10).kpis.fill_rate) == 10
    for kind in ("started", "finished"):  # the law is nothing to a history with the line itself
        lived, again = (flows(tl.simulate(one, seed=3), kind) for one in (both, scenario()))
        assert lived.tolist() == again.tolist()


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda: CASE.scenario.nest({"factory": CASE.line}), "production_time' to 1"),
        (lambda: scenario().nest({"mill": CASE.line}), "'mill' is not a node"),
        (lambda: scenario().nest({"warehouse": CASE.line}), "makes one product"),
        (lambda: scenario().value("factory.coting.buffer"), "leads nowhere"),
    ],
)
def test_mistakes_are_named(mistake, words):
    with pytest.raises(ScenarioError, match=words):
        mistake()


def works(**press):
    """A line with kinds, set-ups, tools that break, one crew, and rework of what is flawed."""
    jobs = Jobs([2.0, 3.0, 4.0], kind=[1, 2, 3], power=[1.0, 2.0, 3.0])
    hazard = Hazard(np.full((3, 9), 0.02))
    return Line(
        [
            Station("press", jobs=jobs, machines=2, setup=tl.Constant(0.3), hazard=hazard,
                    time_to_repair=tl.Gamma(9, 3)),
            Station("paint", tl.Gamma(2, 1), buffer=3, faults=Fault("run", 0.3),
                    inspection=Inspection(0.8, "press", 0.7)),
        ],
        crews=1,
        mix={"1": 2, "2": 1, "3": 1},
    )  # fmt: skip


def test_what_is_remembered_of_a_line_is_not_touched_afterwards():
    """Parts in process get faults later; the log of the day before does not know of them."""
    chain = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(120), on_hand=400)
    nest = tl.Scenario(chain, tl.BaseStock(500), 20).set("plant/unit.production_time", 1)
    nest = nest.nest({"plant": works()})
    whole = tl.simulate(nest, seed=2)
    for day in range(3, 18):
        state = from_plain(json.loads(json.dumps(to_plain(whole.state_on(day)))), chain)
        rest = tl.simulate(nest, seed=2, start=state)
        for kind in ("finished", "worked", "faulted", "energy"):
            ours = [(e.partner, e.quantity, e.note) for e in rest.log.of(kind) if e.day >= day]
            theirs = [(e.partner, e.quantity, e.note) for e in whole.log.of(kind) if e.day >= day]
            assert ours == theirs, (day, kind)


def test_nobody_enters_a_closed_line():
    """A part that entered on a day of no minutes would be in no place that is remembered."""
    engine = LineEngine(replace(works(), source=Released()), 1, 0)
    for released, minutes in ((9, 200), (5, 0), (0, 0)):
        engine.release(released)
        engine.step(engine.env.now + minutes)
    kept, out = json.loads(json.dumps(keep(engine))), engine.take()[0]
    assert (engine.entered, kept["released"]) == (9, 5)
    again = LineEngine(engine.line, 1, 0, kept=kept)
    for one in (engine, again):
        one.step(9999)
    assert again.left == engine.left == (14 - out, engine.left[1])


@pytest.mark.parametrize("machines", [1, 3])
def test_a_line_with_parts_in_it_goes_on_with_more_or_fewer_machines(machines):
    chain = tl.assembly("plant", {"wheel": 2}, demand=tl.Constant(90), on_hand=400)
    nest = tl.Scenario(chain, tl.BaseStock(500), 20).set("plant/unit.production_time", 1)
    nest = nest.nest({"plant": works()})
    bus = tl.Bus()
    plant, twin = tl.Plant(nest, bus, seed=2), tl.Twin(nest, bus)
    plant.advance(5)
    twin.sync()
    for path, value in (("press.machines", machines), ("paint.buffer", 1)):
        order = twin.propose(tl.SetRules({f"plant.{path}": value}), "it is better")
        twin.approve(order.id, "maria", "inventory planner", "so do I think")
        plant.advance(3)
        twin.sync()
        assert twin.orders[order.id].step == "done"
    plant.advance(9)
    started, left = (
        sum(e.quantity if kind == "started" else e.note for e in plant.run.log.of(kind))
        for kind in ("started", "finished")
    )
    line = plant.state.memory["plant", ""]
    assert started == left + len(line["parts"]) + line["released"]
    other = nest.nest({"plant": Line(works().stations[:1])})
    with pytest.raises(ScenarioError, match="with the stations that it had"):
        tl.simulate(other, start=tl.simulate(nest).state_on(9))


# -- the twin hears of machines ---------------------------------------------------------------


def test_a_twin_knows_the_machines_from_their_messages():
    nest = scenario(line=CASE.line.set("machining.maintain", AtAge(150)))
    bus = tl.Bus()
    plant, twin = tl.Plant(nest, bus, seed=2), tl.Twin(nest, bus)
    plant.advance(20)
    assert twin.sync().dead == 0
    ours, theirs = twin.state, plant.state
    assert ours.on_hand == theirs.on_hand
    assert ours.in_process == theirs.in_process
    assert ours.machines.keys() == theirs.machines.keys()
    for key, seen in theirs.machines.items():
        assert ours.machines[key] == pytest.approx(seen), key
    assert ("factory", "") not in ours.memory  # nobody sees the line itself
    assert not twin.outages.outages


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("mes.worked.v1", {"quantity": 9, "note": 10}),
        ("mes.worked.v1", {"quantity": 9, "note": -1}),
        ("mes.worked.v1", {"quantity": 9, "note": "all"}),
        ("iot.sensed.v1", {"signal": "working", "value": 1e9}),
    ],
)
def test_what_no_machine_can_have_done_is_a_dead_letter(kind, told):
    nest, bus = scenario(), tl.Bus()
    bus.receive("spy")
    plant, twin = tl.Plant(nest, bus, seed=2), tl.Twin(nest, bus)
    plant.advance(3)
    twin.sync()
    letters = [json.loads(bytes(raw)) for raw in bus.receive("spy")]
    seen, forged = twin.state.machines, next(one for one in letters[::-1] if one["type"] == kind)
    del forged["sequence"]
    bus.send([json.dumps(forged | {"id": "forged", "data": forged["data"] | told}).encode()])
    assert twin.sync().dead == 1
    assert twin.state.machines == seen


def test_a_rule_of_upkeep_is_ordered_and_obeyed():
    nest = scenario(line=CASE.line.set("machining.maintain", AtAge(300)))
    bus = tl.Bus()
    plant, twin = tl.Plant(nest, bus, seed=2), tl.Twin(nest, bus)
    plant.advance(5)
    twin.sync()
    order = twin.propose(tl.SetRules({"factory.machining.maintain.age": 170}), "tools fail at 218")
    twin.approve(order.id, "maria", "inventory planner", "so do I think")
    plant.advance(10)
    twin.sync()
    assert plant.truth.value("factory.machining.maintain.age") == 170
    assert twin.model.value("factory.machining.maintain.age") == 170
    assert twin.state.machines["factory", "machining"]["maintained"] > 5


def test_a_tool_is_replaced_by_order_before_the_next_part():
    nest = scenario()
    bus = tl.Bus()
    plant, twin = tl.Plant(nest, bus, seed=2), tl.Twin(nest, bus)
    plant.advance(5)
    twin.sync()
    with pytest.raises(tl.SyncError, match="nobody has told of"):
        twin.propose(tl.Maintain("factory", asset="painting"), "worn")
    told = tl.Maintain("factory", day=8, asset="machining")
    order = twin.propose(told, "it is old")
    twin.approve(order.id, "maria", "maintenance manager", "yes")
    plant.advance(7)
    twin.sync()
    assert twin.orders[order.id].step == "done"
    assert [(e.day, e.note) for e in plant.run.log.of("maintained")] == [(8, order.id)]
    assert twin.state.machines["factory", "machining"]["maintained"] == 1
    assert not twin.planned


def test_a_plant_of_the_automotive_case_has_a_line_inside_and_its_twin_forecasts_by_its_law():
    name = "Asian-brand US assembly"
    shops = [
        Station("body", tl.Gamma(48, 8)),
        Station("paint", tl.Gamma(46, 4), buffer=4, time_to_failure=tl.Weibull(2, 4000),
                time_to_repair=tl.Gamma(240, 120)),
        Station("assembly", tl.Gamma(48, 6), buffer=6),
    ]  # fmt: skip
    line = Line(shops, minutes_per_day=960)
    case = tl.cases.automotive(days=120)
    model = feed(case, name, replicate_line(line, 22, 4))
    plant, twin = model.twin(truth=model.nest({name: line}), seed=1)
    plant.advance(40)
    assert twin.sync().dead == 0
    assert twin.state.on_hand == plant.state.on_hand
    seen = production.describe(twin.state, (name, "paint"))
    assert 0.5 < seen.availability <= 1
    assert twin.forecast(14, 64).kpis.fill_rate.mean() > 0.5
    assert not twin.outages.outages
    assert sum(e.note for e in plant.run.log.of("finished") if e.node == name) > 400


def test_a_learned_rule_is_ordered_and_tools_no_longer_break():
    """The machine has the learned table; until the order its rule waits for a certain loss."""
    jobs, truth = jobs_of(signals(CASE.readings)[7000:])
    learned = learned_hazard(jobs)
    mill = replace(CASE.line.station("machining"), jobs=jobs, hazard=truth, time_to_failure=Never())
    limit = control_limit(mill, learned, 60, 300).values["machining.maintain"].rate
    waits = replace(mill, maintain=ControlLimit(learned, rate=1000, saving=240))
    bus, nest = tl.Bus(), scenario(line=CASE.line.change(waits), days=40)
    plant, twin = tl.Plant(nest, bus, seed=2), tl.Twin(nest, bus)
    plant.advance(15)
    twin.sync()
    before = twin.state.machines["factory", "machining"]
    order = tl.SetRules({"factory.machining.maintain.rate": limit})
    twin.propose(order, "worth it", by="maria")
    twin.approve("twin-0", "otto", "supply planner", "shown by simulation")
    plant.advance(15)
    twin.sync()
    after = twin.state.machines["factory", "machining"]
    assert twin.orders["twin-0"].step == "done"
    assert before["failed"] > 20
    assert before.get("maintained", 0.0) == 0.0
    assert after["failed"] - before["failed"] < before["failed"] / 5
    assert after["maintained"] > 20
    assert after["torque"] in jobs["torque"]  # the newest reading of its sensor


def test_a_reading_in_words_is_no_number_of_a_machine():
    bus, nest = tl.Bus(), scenario()
    twin = tl.Twin(nest, bus)
    tl.Plant(nest, bus, seed=2).advance(1)
    said = {"node": "factory", "asset": "coating", "signal": "colour", "value": "blue"}
    check = twin._tracker.check
    message = Message("/factory/iot", 900, "iot.sensed.v1", 1, said)
    assert check.event(message).note == "blue"
    state = tl.fold([check.event(message)], nest.network)
    assert state.machines == {("factory", "coating"): {}}
