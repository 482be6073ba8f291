"""Plan and luck, which both engines share, against a plain reading of the law from the tables."""

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import twinlab as tl
from tests.laws import account
from tests.strategies import DAYS, scenarios, seeds
from twinlab.modeling.simulation.plan import make_plan
from twinlab.modeling.simulation.random_streams import arrival, draw_streams

pytestmark = pytest.mark.filterwarnings("ignore:.*customers who do not wait")
some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def diamond():
    """A part goes into two halves, and both into what is sold: 2 × 3 + 5 × 1 parts in each."""
    parts = {"left": {"part": 2}, "right": {"part": 5}, "whole": {"left": 3, "right": 1}}
    return tl.Scenario(
        tl.Network(
            products=[tl.Product(name) for name in ("whole", "left", "part", "right")],
            nodes=[tl.Node("maker"), tl.Node("plant"), tl.Node("shop")],
            lanes=[tl.Lane("maker", "plant", "part"), tl.Lane("plant", "shop", "whole")],
            recipes=[tl.Recipe("plant", name, needs, good_share=tl.Normal(0.95, 0.2))
                     for name, needs in parts.items()],
            demands=[tl.Demand("shop", "whole", tl.Normal(5, 1), season=(1.0, 0.5, 2.0),
                               season_days=7, trend=-0.05)],
        ),
        tl.EchelonBaseStock(40),
        days=24,
        disruptions=[tl.Outage("plant", rate=0.2, days=tl.Gamma(2, 2), recovery=2, pause=1),
                     tl.Outage("plant", loss=0.5, start=3, days=9),
                     tl.LaneOutage("plant", "shop", start=2, days=6, holds_transit=True)],
    )  # fmt: skip


@given(scenarios())
@example(diamond())
@some
def test_the_plan_is_what_the_tables_say(scenario):
    network, plan = scenario.network, make_plan(scenario)
    keys = account.items_of(network)
    number, order = {key: at for at, key in enumerate(keys)}, account.items_upstream(network)
    bought = {(v.destination, v.product): [] for v in network.lanes}
    for at, v in enumerate(network.lanes):
        bought[v.destination, v.product].append(at)
    made = {(r.node, r.product): at for at, r in enumerate(network.recipes)}
    assert [item.key for item in plan.items] == keys
    assert list(plan.upstream) == [number[key] for key in order]
    assert list(plan.deciders) == [
        number[key] for key in reversed(order) if key in bought or key in made
    ]
    own = {(s.node, s.product): s.holding_cost for s in network.stocks}
    for item in plan.items:
        assert item.node == network.node(item.key[0])
        assert list(item.claims) == account.claims_of(network, item.key)
        assert list(item.lanes_in) == bought.get(item.key, [])
        assert item.made == made.get(item.key)
        assert item.unlimited == (item.key not in bought and item.key not in made)
        assert list(item.users) == [
            (at, r.components[item.key[1]])
            for at, r in enumerate(network.recipes)
            if r.node == item.key[0] and item.key[1] in r.components
        ]
        rate = own.get(item.key)
        assert item.holding_cost == (item.node.holding_cost if rate is None else rate)
        sold = [at for at, d in enumerate(network.demands) if (d.node, d.product) == item.key]
        assert item.customers == (sold[0] if sold else None)
    for lane, v in zip(plan.lanes, network.lanes, strict=True):
        assert (lane.source, lane.destination) == (
            number[v.source, v.product], number[v.destination, v.product])  # fmt: skip
        assert lane.delay == v.order_delay + (
            1 if network.node(v.destination).evening_review else 0
        )


@given(scenarios())
@example(diamond())
@some
def test_the_turns_of_the_afternoon_are_what_the_tables_say(scenario):
    network, plan = scenario.network, make_plan(scenario)
    keys, order = account.items_of(network), account.items_upstream(network)
    assert [turn.node.name for turn in plan.turns] == account.nodes_upstream(network)
    for turn in plan.turns:
        here = turn.node.name
        assert list(turn.lanes_in) == [
            at for at, v in enumerate(network.lanes) if v.destination == here
        ]
        recipes = [r for r in network.recipes if r.node == here]
        recipes.sort(key=lambda r: order.index((r.node, r.product)))
        assert [network.recipes[at] for at in turn.recipes] == recipes
        assert [keys[at] for at in turn.items] == [
            key for key in keys if key[0] == here and account.claims_of(network, key)
        ]


@given(scenarios())
@example(diamond())
@some
def test_an_echelon_weighs_every_way_downstream(scenario):
    plan, order = make_plan(scenario), account.items_upstream(scenario.network)
    for item in plan.items:
        weights = {key: account.weight(scenario, order, item.key, key) for key in order}
        found = {plan.items[at].key: weight for at, weight in plan.echelon(item.number)}
        assert found == pytest.approx({key: w for key, w in weights.items() if w})
        assert [at for at, _ in plan.echelon(item.number)] == sorted(
            (at for at, _ in plan.echelon(item.number)), key=plan.upstream.index
        )
        sold = {at: weights[d.node, d.product] for at, d in enumerate(scenario.network.demands)}
        assert dict(plan.customers(item.number)) == pytest.approx(
            {at: w for at, w in sold.items() if w}
        )


@given(scenarios(), seeds, st.sampled_from([0, 3]))
@example(diamond(), 5, 1)
@some
def test_luck_is_what_the_named_streams_say(scenario, seed, block):
    luck, own = draw_streams(scenario, seed, block), account.Chance(scenario, seed, block)
    for name in ("demand", "lead_time", "good_share", "making", "shipping", "moving", "whole",
                 "keeping", "held"):  # fmt: skip
        mine, theirs = getattr(own, name), getattr(luck, name)
        assert mine.keys() == theirs.keys(), name
        for key, numbers in mine.items():
            assert np.array_equal(np.broadcast_to(theirs[key], numbers.shape), numbers), (name, key)
    for key in own.held:  # as the vector engine reckons arrivals, many at once
        due = arrival(np.arange(DAYS)[:, None], luck.lead_time[key], luck.held[key])
        due = np.broadcast_to(due, (DAYS, 64))
        for day in range(0, DAYS, 3):
            days = own.lead_time[key][day]
            assert due[day, ::9].tolist() == [
                own.arrival(key, column, day, days[column]) for column in range(0, 64, 9)
            ]
    for mine, theirs in zip(own.active, luck.active, strict=True):
        assert np.array_equal(mine, np.broadcast_to(theirs, mine.shape))


@given(scenarios(), seeds, st.integers(0, 130))
@example(diamond(), 5, 70)
@some
def test_goods_arrive_when_lead_time_and_closures_say(scenario, seed, replication):
    run = tl.simulate(scenario, seed, replication)
    block, column = divmod(replication, 64)
    own = account.Chance(scenario, seed, block)
    for event in run.log.of("shipped"):
        key = (event.node, event.partner, event.product, event.mode)
        days = own.lead_time[key][event.day, column]
        assert event.due == own.arrival(key, column, event.day, days)
    for v in scenario.network.lanes:  # and what was under way on the first morning
        slots = range(round(v.lead_time.average)) if v.initial_pipeline else ()
        assert [s.due for s in run.start.under_way[v.key]] == [
            own.arrival(v.key, column, -1, slot + 1) for slot in slots
        ]
    for event in run.log.of("demanded"):
        assert event.quantity == own.demand[event.node, event.product][event.day, column]
    for event in run.log.of("started"):
        share = own.good_share[event.node, event.product][event.day, column]
        assert event.note == event.quantity * share
