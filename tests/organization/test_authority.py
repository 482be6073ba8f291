"""Who may decide alone, who must ask, and what a meeting agrees on."""

import numpy as np
import pytest

import twinlab as tl
from twinlab.modeling.simulation.vector_engine import replay
from twinlab.organization import Authority, Channel, Meeting
from twinlab.people import ForecastBaseStock, LearningLevel, ScalarRule
from twinlab.people.rules import View

FREE, NEVER = 1e9, 10**6
FORECAST = ForecastBaseStock(3, 4, 10, False, 20)


def shop(rule, period=1, days=50, **more):
    network = tl.serial(["mine", "shop"], demand=tl.Normal(20, 8), lead_time=2, on_hand=60)
    network = network.change(tl.Node("shop", review_period=period))
    return tl.Scenario(network, rule, days=days, **more)


def orders(scenario, seed=1):
    run = tl.simulate(scenario, seed)
    nights = replay(scenario, seed, 0)
    assert all((nights[name] == run.nights[name]).all() for name in nights)
    return run.series("ordered").tolist()


def wishes(*levels):
    """A rule that wants these levels, day by day."""
    return lambda view: np.maximum(0.0, levels[view.day] - view.inventory_position)


def acted(rule, days):
    view, found = View("shop", "bike"), []
    for view.day in days:
        rule(view)
        found.append(tuple(float(view.memory[n]) for n in ("asked", "approved", "acted")))
    return found


def test_asking_by_hand():
    """Two days to an answer, four units of freedom: 30 is the plan."""
    rule = Authority(wishes(40, 28, 31, 50, 50, 50), plan=30, band=4, delay=2)
    wanted = [(40, 30, 34), (28, 30, 28), (31, 40, 36), (50, 28, 32), (50, 31, 35), (50, 50, 50)]
    assert acted(rule, range(6)) == wanted


def test_answers_come_when_they_are_due_however_seldom_one_decides():
    """On days 0, 3 and 6, with an answer after 4 days: that of day 0 stands on day 6."""
    rule = Authority(wishes(40, 0, 0, 50, 0, 0, 60), plan=30, delay=4)
    assert acted(rule, (0, 3, 6)) == [(40, 30, 30), (50, 30, 30), (60, 40, 40)]


@pytest.mark.parametrize("period", [1, 3])
@pytest.mark.parametrize(
    "own", [tl.BaseStock(70), FORECAST, LearningLevel(60, 1, 9, 5), tl.BaseStock(0)],
    ids=lambda rule: type(rule).__name__,
)  # fmt: skip
def test_an_endless_band_and_an_answer_at_once_are_the_rule_itself(own, period):
    plain = orders(shop(own, period))
    assert orders(shop(Authority(own, 10, FREE, 7), period)) == plain
    assert orders(shop(Authority(own, 10, 0, 0), period)) == plain


@pytest.mark.parametrize("lots", [tl.MinMax(30, 80), tl.FixedLot(50, 40)], ids=str)
def test_a_rule_that_waits_for_a_reorder_point_wants_no_level(lots):
    """Its lots would be lost without a word: it would become a base stock."""
    judges = Authority(lots, 0, FREE), Meeting([(FORECAST, 1), (lots, 1)])
    for rule in (*judges, Authority(judges[0], 50), Authority(ScalarRule(lots), 50)):
        for engine in (tl.simulate, tl.replicate):
            with pytest.raises(tl.ScenarioError, match="of 'shop' waits for a reorder point"):
                engine(shop(rule))


def test_no_band_and_no_answer_are_the_plan():
    assert orders(shop(Authority(FORECAST, 77, 0, NEVER))) == orders(shop(tl.BaseStock(77)))


def test_a_chain_of_bosses_adds_their_delays():
    one = Authority(FORECAST, 80, delay=5)
    two = Authority(Authority(FORECAST, 80, delay=2), 80, delay=3)
    three = Authority(Authority(Authority(FORECAST, 80, delay=1), 80, delay=1), 80, delay=3)
    assert orders(shop(one)) == orders(shop(two)) == orders(shop(three))
    assert orders(shop(one)) != orders(shop(Authority(FORECAST, 80, delay=4)))


def test_bosses_have_bands_of_their_own():
    """The person may go 2 from the depot's answer; the depot itself 5 from the centre's plan."""
    rule = Authority(Authority(wishes(*[60] * 9), 30, band=5, delay=NEVER), 30, band=2, delay=1)
    assert [done for *_, done in acted(rule, range(3))] == [32, 35, 35]


def test_an_echelon_level_is_that_of_one_s_own_books():
    """What lies downstream is told at once or late; the level wanted is what is left of it."""
    network = tl.serial(["mine", "depot", "shop"], demand=tl.Normal(20, 8), on_hand=60)
    for delay in (0, 2):
        sharing = {"depot": Channel(delay=delay)}
        rules = {"shop": tl.BaseStock(60), "depot": tl.EchelonBaseStock(150)}
        plain = tl.Scenario(network, rules, days=40, sharing=sharing)
        free = plain.decide({"depot": Authority(tl.EchelonBaseStock(150), 60, FREE)})
        np.testing.assert_allclose(orders(free), orders(plain), atol=1e-9)


def test_the_log_says_what_was_asked_approved_and_done():
    run = tl.simulate(shop(Authority(FORECAST, 80, 5, 2), days=6))
    notes = [event.note for event in run.log.of("remembered")]
    assert [n["approved"] for n in notes] == [80, 80, *(n["asked"] for n in notes[:-2])]
    assert all(abs(n["acted"] - n["approved"]) <= 5 + 1e-12 for n in notes)
    assert all(n["own"]["recent"] for n in notes)


@pytest.mark.parametrize("period", [1, 3])
@pytest.mark.parametrize(
    "rule",
    [
        Authority(Authority(FORECAST, 80, 5, 4), 90, 3, 5),
        Meeting([(FORECAST, 2), (Authority(FORECAST, 80, delay=3), 1)], every=7),
    ],
    ids=["authority", "meeting"],
)
def test_a_run_goes_on_in_mid_queue(rule, period):
    scenario = shop(rule, period)
    run = tl.simulate(scenario, 5, 2)
    for day in (1, 9, 10, 30):
        start = run.state_on(day)
        rest, again = tl.simulate(scenario, 5, 2, start=start), replay(scenario, 5, 2, start)
        for name in ("ordered", "on_hand", "owed"):
            numbers = run.nights[name]
            assert (rest.nights[name] == numbers[day:]).all()
            assert (again[name] == numbers[day:]).all()


def test_many_shops_with_plans_of_their_own_decide_together():
    names = [f"shop {at}" for at in range(3)]
    network = tl.distribution("dc", names, demand=tl.Demand("x", "unit", tl.Normal(20, 6)),
                              lead_time=3, on_hand=90)  # fmt: skip
    rules = {name: Authority(FORECAST, 70 + 10 * at, at, 4) for at, name in enumerate(names)}
    scenario = tl.Scenario(network, rules | {"dc": tl.BaseStock(300)}, days=40)
    run, nights = tl.simulate(scenario, 1), replay(scenario, 1, 0)
    assert all((nights[name] == run.nights[name]).all() for name in nights)


def test_a_meeting_by_hand():
    """Every 3 days from day 0 on; who decides on days 2 and 4 has missed the one of day 3."""
    rule = Meeting([(wishes(40, 0, 0, 20, 8, 0), 3), (lambda view: 20.0, 1)], every=3)
    view, found = View("shop", "bike"), []
    for view.day in (0, 1, 2, 4, 5):
        found.append(float(rule(view)))
    assert found == [35, 35, 35, 11, 11]


def test_who_attends_a_meeting_follows_the_business_every_day():
    """A meeting of one, every day, is that one."""
    assert orders(shop(Meeting([(FORECAST, 2)], every=1))) == orders(shop(FORECAST))
    view, rule = View("shop", "bike"), Meeting([(FORECAST, 1)], every=4)
    for view.day, view.demand in enumerate((10.0, 40.0, 40.0, 40.0, 40.0)):
        level = rule(view)
    assert level == 4 * 40 + 10


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Authority(FORECAST, 30, band=float("inf")), "band is a finite number of units"),
        (lambda: Authority(FORECAST, 30, delay=-1), "Authority .*delay .*at least 0"),
        (lambda: Authority(FORECAST, 30, band=-1), "Authority .*band .*at least 0"),
        (lambda: Authority(FORECAST, 30, delay=1.5), "delay .*whole"),
        (lambda: Meeting([(FORECAST, 0)]), "at least one above 0"),
        (lambda: Meeting([(FORECAST, -1), (FORECAST, 2)]), "at least one above 0"),
        (lambda: Meeting([(FORECAST, 1)], every=0), "every .*at least 1"),
    ],
)
def test_what_cannot_be_is_refused(make, problem):
    with pytest.raises(tl.TwinError, match=problem):
        make()
