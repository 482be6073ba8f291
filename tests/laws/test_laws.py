"""Laws that every history of every network keeps, on random scenarios."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.strategies import DAYS, changed, rules, scenarios, seeds
from twinlab.modeling.simulation.history import History
from twinlab.modeling.simulation.measures import MEASURES
from twinlab.modeling.simulation.random_streams import draw_streams

# Levels of 0 for customers who do not wait are said, and lived.
pytestmark = pytest.mark.filterwarnings("ignore:.*customers who do not wait")

many = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@given(scenarios(), seeds, st.integers(0, 200))
@many
def test_units_are_conserved(scenario, seed, replication):
    """Units in = units out + change in stock + scrap + lost, item by item, day by day."""
    assert_conserved(tl.simulate(scenario, seed, replication))


def assert_conserved(run):
    m, nights, start = run.measures, run.nights, run.start
    keys = [item.key for item in run.plan.items]

    def change(name, first):
        return np.diff(np.vstack([first, nights[name]]), axis=0)

    stocked = [at for at, item in enumerate(run.plan.items) if not item.unlimited]
    first = [start.on_hand.get(key, 0.0) for key in keys]
    gain = m["received"] + m["finished"] - m["shipped"] - m["served"] - m["consumed"]
    gain -= m["scrapped"]
    np.testing.assert_allclose(gain[:, stocked], change("on_hand", first)[:, stocked], atol=1e-6)

    first = [start.in_transit.get(lane.row.key, 0.0) for lane in run.plan.lanes]
    arrived = nights["shipped"] - change("in_transit", np.array(first).reshape(1, -1))
    into = np.zeros_like(m["received"])
    for at, lane in enumerate(run.plan.lanes):
        into[:, lane.destination] += arrived[:, at]
    np.testing.assert_allclose(into, m["received"], atol=1e-6)

    made = [keys[recipe.item] for recipe in run.plan.recipes]
    first = [start.in_process.get(key, 0.0) for key in made]
    change_in_process = change("in_process", np.array(first).reshape(1, -1))
    for at, recipe in enumerate(run.plan.recipes):
        came_out = m["started"][:, recipe.item] - change_in_process[:, at]
        expected = m["finished"][:, recipe.item] + m["scrap"][:, recipe.item]
        np.testing.assert_allclose(came_out, expected, atol=1e-6)

    lanes = len(run.plan.lanes)
    owed = nights["owed"][:, lanes:]
    first = np.array([start.owed.get(key, 0.0) for key in keys])
    waiting = np.diff(np.vstack([first, owed]), axis=0)
    np.testing.assert_allclose(m["demand"] - m["served"] - m["lost"], waiting, atol=1e-6)


@given(scenarios(), seeds)
@many
def test_nothing_is_negative_or_missing(scenario, seed):
    run = tl.simulate(scenario, seed)
    for name in MEASURES:
        assert np.isfinite(run.measures[name]).all(), name
        assert (run.measures[name] >= 0).all(), name


@given(scenarios(), seeds)
@many
def test_capacities_hold(scenario, seed):
    run = tl.simulate(scenario, seed)
    for at, lane in enumerate(run.plan.lanes):
        assert (run.nights["shipped"][:, at] <= lane.row.capacity).all()
    used = {name for name, _ in scenario.network.items}
    for node in (n for n in scenario.network.nodes if n.name in used):
        made = run.series("started", node.name)
        supplied = sum(
            run.measures["shipped"][:, item.number]
            for item in run.plan.items
            if item.unlimited and item.node.name == node.name
        )
        assert (made + supplied <= node.capacity * (1 + 1e-12)).all()


@given(scenarios(), seeds)
@many
def test_the_log_folds_to_the_state_that_was_lived(scenario, seed):
    """To the night's records, too; and what is listed one by one adds up to its sum."""
    history = History(scenario, seed)
    history.live()
    run, state = history.run(), history.state
    assert run.state == state
    assert state.day == scenario.days
    for name, keys in run.plan.stock_keys.items():
        numbers = run.nights[name][-1].tolist()
        assert numbers == [getattr(state, name).get(key, 0.0) for key in keys]
    for one_by_one, units, speck in (
        (state.under_way, state.in_transit, 1e-9),
        (state.owed_since, state.owed, 1e-6),
        (state.lots, state.in_process, 1e-9),
    ):
        assert one_by_one.keys() == units.keys()
        for key, rows in one_by_one.items():
            assert sum(row[1] for row in rows) == pytest.approx(units[key], abs=speck)


@given(scenarios(), seeds, st.integers(0, 200))
@many
def test_same_seed_same_log(scenario, seed, replication):
    first = tl.simulate(scenario, seed, replication)
    assert first.log == tl.simulate(scenario, seed, replication).log


@given(scenarios(), seeds, st.data())
@many
def test_other_rules_and_outages_leave_every_draw_unchanged(scenario, seed, data):
    """Common random numbers: only what a disruption says changes."""
    other = scenario.change(rules=data.draw(rules), sharing={})
    node, _ = data.draw(st.sampled_from(scenario.network.items))
    other = other.disrupt(tl.Outage(node, start=3, days=tl.Gamma(4, 4), rate=0.2))
    one, two = draw_streams(scenario, seed), draw_streams(other, seed)
    for table in ("demand", "lead_time", "good_share", "moving"):
        before, after = getattr(one, table), getattr(two, table)
        assert before.keys() == after.keys()
        assert all(np.array_equal(before[key], after[key]) for key in before)
    for before, after in zip(one.active, two.active, strict=False):
        assert np.array_equal(before, after)
    asked = [tl.simulate(s, seed).series("demand") for s in (scenario, other)]
    assert np.array_equal(*asked)


@given(scenarios(), seeds, st.integers(0, DAYS))
@many
def test_a_restart_continues_identically(scenario, seed, day):
    whole = tl.simulate(scenario, seed)
    rest = tl.simulate(scenario, seed, start=whole.state_on(day))
    assert [e for e in whole.log if e.day >= day] == list(rest.log)
    for name in MEASURES:
        assert np.array_equal(whole.measures[name][day:], rest.measures[name]), name
    assert rest.state == whole.state


UNITS = {
    "on_hand": None,
    "owed": None,
    "to_make": None,
    "open_orders": 1,
    "under_way": 1,
    "lots": 1,
}


def holds(state, known=None):
    """The units of a state by table, of all keys or of those that some tables know."""
    found = {}
    for name, column in UNITS.items():
        for key, entry in getattr(state, name).items():
            if known is None or key in getattr(known, name):
                units = entry if column is None else sum(row[column] for row in entry)
                found[name] = found.get(name, 0.0) + units
    return {name: units for name, units in found.items() if units > 1e-9}


@given(scenarios(), seeds, st.integers(1, DAYS - 1), st.data())
@settings(many, max_examples=80)
def test_nothing_vanishes_or_hurries_when_the_tables_have_changed(scenario, seed, day, data):
    """What is under way comes on its day, and what has no place any more is refused by name."""
    start = tl.simulate(scenario, seed).state_on(day)
    before, other = start.copy(), data.draw(changed(scenario))
    fresh, refused = tl.State.initial(other.network), ""
    try:
        run = tl.simulate(other, seed, start=start)
    except tl.ScenarioError as problem:
        refused = str(problem)
    assert start == before
    if refused:
        if start.asked.keys() & fresh.asked.keys():
            assert "have no place in these tables" in refused
            assert holds(start) != holds(start, fresh)
        return
    assert holds(run.start) == pytest.approx(holds(start))
    assert_conserved(run)
    for kind, table, sent in (
        ("received", "under_way", "shipped"),
        ("accepted", "open_orders", "ordered"),
        ("finished", "lots", "started"),
    ):
        assert due_in(run, getattr(start, table), sent) == pytest.approx(came_in(run, kind))


def due_in(run, under_way, sent):
    """Units by what they are about and the day they are due: of the start, and sent since."""
    due = Counter()
    for key, rows in under_way.items():
        for row in rows:
            due[key, row.due] += row[1]
    for event in run.log.of(sent):
        if sent != "ordered" or event.due > event.day:
            due[claim_of(event, sent == "shipped"), event.due] += event.quantity
    return {at: units for at, units in due.items() if units and at[1] < DAYS}


def came_in(run, kind):
    came = Counter()
    for event in run.log.of(kind):
        units = event.note if kind == "finished" else event.quantity
        came[claim_of(event, kind == "accepted"), event.day] += units
    return dict(came)


def claim_of(event, at_supplier):
    """The lane (or what is made) that an event is about."""
    if not event.partner or event.partner == event.node:
        return (event.node, event.product)
    ends = (event.node, event.partner) if at_supplier else (event.partner, event.node)
    return (*ends, event.product, event.mode)


@given(scenarios(), seeds, st.integers(1, DAYS))
@many
def test_a_longer_horizon_begins_with_the_shorter(scenario, seed, days):
    short = tl.simulate(scenario.change(days=days), seed)
    assert short.log == tl.simulate(scenario, seed).log.before(days)


@given(scenarios())
@many
def test_tables_round_trip_exactly(tmp_path_factory, scenario):
    folder = tmp_path_factory.mktemp("tables")
    scenario.network.to_tables(folder)
    assert tl.Network.from_tables(folder) == scenario.network
    tl.write_disruptions(scenario.disruptions, folder / "disruptions.csv")
    back = tl.read_disruptions(folder / "disruptions.csv")
    assert tuple(back) == scenario.disruptions


@pytest.mark.parametrize("lead_time", [0, 1, 4])
def test_stock_at_night_is_the_level_minus_the_demand_of_the_last_lead_time(lead_time):
    """The law of the day for a base-stock shop with an unlimited source."""
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(50, 8), lead_time=lead_time,
                      on_hand={"shop": 260})  # fmt: skip
    run = tl.simulate(tl.Scenario(chain, tl.BaseStock(260), days=200), seed=3)
    demand = run.series("demand")
    recent = [demand[max(0, t - lead_time + 1) : t + 1].sum() for t in range(200)]
    net = run.series("on_hand") - run.series("backlog", "shop")
    np.testing.assert_allclose(net[10:], 260 - np.array(recent)[10:], atol=1e-8)
