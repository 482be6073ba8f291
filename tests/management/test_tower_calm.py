"""A calm morning is quiet, in every case and whatever the lanes' laws; a true exception is not."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from twinlab import cases
from twinlab.management import Limits, Tickets, control_tower
from twinlab.management.control_tower import Situation

LAWS = [
    tl.Constant(14),
    tl.Gamma(14, 4),
    tl.LogNormal(14, 6),
    tl.Uniform(7, 21),
    tl.Empirical((12, 13, 13, 14, 14, 15, 17)),
    tl.Normal(14, 3),
]
CASES = {
    "automotive": (cases.automotive, (60, 100)),
    "factory": (lambda: cases.factory().scenario, (40, 60, 80, 110)),
    "humanitarian": (cases.humanitarian, (60, 120, 200, 300)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_calm_morning_of_a_case_is_quiet(name):
    """Whether arrival days are known or only expected."""
    make, days = CASES[name]
    case = make()
    free = {d.product: 120 for d in case.network.demands if not (d.lost_sale_cost or d.price)}
    for seed in (1, 2):
        run, tickets = tl.simulate(case.change(days=days[-1]), seed), Tickets()
        for day in days:
            state = run.state_on(day)
            state.tracked = (seed + day // 20) % 2 == 0
            found = control_tower(case, state, shortage_cost=free or None)
            # Relief stock waits for a storm: nobody uses it, and the tower says so.
            told = [a for a in found.alerts if name != "humanitarian" or a.kind != "overstock"]
            assert len(told) <= 3, found
            tickets.hear(replace(found, alerts=tuple(told)))
            assert len(tickets.open) <= 3


def chain(law, shops=4, safety=1.0):
    """A hub and its shops, stocked for the spread of demand and time."""
    names = [f"shop {at}" for at in range(shops)]
    network = tl.distribution("hub", names, demand=tl.Normal(10, 3), lead_time=law, on_hand=150)
    rules = {name: tl.BaseStock(150 + 90 * safety + 60) for name in names}
    rules["hub"] = tl.BaseStock(shops * (150 + 60 * safety))
    return tl.Scenario(network, rules, days=140)


@pytest.mark.parametrize("law", LAWS[1:5], ids=lambda law: type(law).__name__)
def test_what_is_called_late_is_as_rare_as_promised(law):
    """One calm morning in twenty at most, whatever the law; mornings far apart, of 24 lives."""
    late = {True: [], False: []}
    for seed in range(24):
        run = tl.simulate(chain(law), seed)
        for day, tracked in itertools.product((70, 140), late):
            state = run.state_on(day)
            state.tracked = tracked
            here = Situation(chain(law), state, None, Limits(), {"unit": 1.0})
            lanes = here.under_way.values()
            late[tracked].append(any(days for goods in lanes for _, days, _ in goods))
    for found in late.values():
        assert np.mean(found) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / len(found))


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_a_ship_that_is_truly_late_comes_first(law, tracked):
    """All that is under way to a shop left 60 days ago, and its shelf is nearly empty."""
    scenario = chain(law)
    state = tl.simulate(scenario, seed=4).state_on(140)
    (lane,) = scenario.network.between["hub", "shop 2"]
    late = [goods._replace(left=80, due=160) for goods in state.under_way[lane.key]]
    state.under_way[lane.key] = late
    state.on_hand["shop 2", "unit"], state.tracked = 5.0, tracked
    found = control_tower(scenario, state, shortage_cost={"unit": 40})
    assert {a.kind for a in found.alerts[:2]} == {"late shipment", "run-out"}
    assert {a.node for a in found.alerts[:2]} == {"shop 2"}


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_a_run_out_and_a_closure_come_first(law):
    scenario = chain(law)
    state = tl.simulate(scenario, seed=5).state_on(140)
    state.on_hand["shop 1", "unit"] = 0.0
    (lane,) = scenario.network.between["hub", "shop 1"]
    state.under_way[lane.key] = []
    found = control_tower(scenario, state, shortage_cost={"unit": 40})
    assert (found.alerts[0].kind, found.alerts[0].node) == ("run-out", "shop 1")
    closed = scenario.disrupt(tl.Outage("supplier", start=130, days=60))
    found = control_tower(closed, state, shortage_cost={"unit": 40})
    assert (found.alerts[0].kind, found.alerts[0].node) == ("closed site", "supplier")
