"""Who is told late, must ask or meets: a history goes on anywhere, and a player sees the same."""

import json

import pytest

import twinlab as tl
from twinlab.modeling.simulation.vector_engine import replay
from twinlab.organization import Authority, Channel, Meeting
from twinlab.people import ForecastBaseStock, ScalarRule
from twinlab.scope.snapshot import pack, unpack

FORECAST = ForecastBaseStock(4, 6, 20, True, 20)
ASKS = Authority(Authority(tl.EchelonBaseStock(200), 150, 10, 3), 120, 20, 2)
RULES = [
    ASKS,
    Meeting([(FORECAST, 2), (ASKS, 1)], every=7),
    ScalarRule(Authority(lambda view: max(0.0, 150 - view.echelon_position), 100, 20, 4)),
]


def chain(rule, **depot):
    network = tl.serial(["mine", "depot", "shop"], demand=tl.Normal(20, 6), on_hand=90, lead_time=2)
    network = network.change(tl.Node("depot", **depot))
    told = Channel(delay=3, every=4, noise=0.3)  # one object for both nodes
    return tl.Scenario(network, {"depot": rule, "shop": tl.BaseStock(90)}, days=20, sharing=told)


@pytest.mark.parametrize("evening", [False, True])
@pytest.mark.parametrize("rule", RULES, ids=["bosses", "meeting", "one by one"])
def test_a_state_that_a_message_has_carried_goes_on_in_both_engines(rule, evening):
    """Also many histories from it, each as it would go on alone."""
    scenario = chain(rule, review_period=3, evening_review=evening)
    run = tl.simulate(scenario, 5, 2)
    for day in (5, 7, 9):
        start = run.state_on(day)
        kept = start.memory.items()
        start.memory = {item: unpack(json.loads(json.dumps(pack(told)))) for item, told in kept}
        rest, again = tl.simulate(scenario, 5, 2, start=start), replay(scenario, 5, 2, start)
        many = tl.replicate(scenario, 3, seed=5, start=start).kpis.mean_stock
        for name in ("ordered", "on_hand", "owed"):
            assert (rest.nights[name] == run.nights[name][day:]).all()
            assert (again[name] == rest.nights[name]).all()
        assert many[2] == pytest.approx(rest.kpis.mean_stock, rel=1e-12)


def test_who_plays_by_the_rule_lives_through_its_history():
    game = tl.Game(chain(ASKS), players=["depot"])
    while game.view:
        game.order(float(ASKS(game.view)))
    assert (game.run.nights["on_hand"] == tl.simulate(chain(ASKS)).nights["on_hand"]).all()
