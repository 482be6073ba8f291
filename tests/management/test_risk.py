"""Risk with rates: by hand, by sampled years, by enumeration and by simulation."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import twinlab as tl
from tests.management.chain import CALM, NETWORK
from twinlab.management import risk as module
from twinlab.management.risk import (
    Buffer,
    RiskEvent,
    Standby,
    closures,
    common_causes,
    cvar,
    expected_loss,
    protect,
    rehearse,
    supplier_costs,
)

STEADY = CALM.change(
    network=NETWORK.change(*(replace(d, pattern=d.pattern.average) for d in NETWORK.demands))
)
EVENTS = [
    RiskEvent("frames", ["frames"], 25, 0.05),
    RiskEvent("wheels", ["wheels A"], 50, 0.04),
    RiskEvent("fire", ["plant"], 12, 0.06),
    RiskEvent("storm", ["frames", "wheels A"], 30, 0.03),
    RiskEvent("strike", ["wheels B"], 30, 0.2),
]
MEASURES = [
    Buffer("plant", "frame", 60, 110),
    Buffer("plant", "wheel", 120, 40),
    Standby("frames", 0.5, 90),
    Standby("wheels A", 0.3, 45),
    Standby("plant", 0.4, 150),
    Buffer("south", "bike", 20, 80),
    Standby("frames", 0.8, 130),
]
RISK = expected_loss(CALM, EVENTS)


def test_joint_closures_by_hand():
    """10 bikes a day, 70 made. Frames: 60 more, so 25 days lose 120 bikes; the plant: 20 of its 70
    ship, 12 days lose 50. Wheels A: 12 wheels a day make 6 bikes, and 80 lie there: 50 days
    lose 500 − 70 − 40 − 300 = 90. The storm of 30 days: wheels for 40 + 180, frames for 60, so
    it loses what frames alone would, 170: parts of a bike are complements."""
    lost = {event.name: event.loss for event in RISK}
    wanted = {"frames": 12_000, "wheels": 9_000, "fire": 5_000, "storm": 17_000, "strike": 0}
    assert lost == pytest.approx(wanted)
    assert RISK.expected == pytest.approx(600 + 360 + 300 + 510)
    assert [event.name for event in RISK] == ["frames", "storm", "wheels", "fire", "strike"]
    assert RISK.bad_years == pytest.approx(1 - np.exp(-0.18))


def test_closed_together_makers_of_one_part_are_worse_than_one_by_one():
    """Substitutes: without one maker of wheels the other goes on."""
    both = expected_loss(CALM, [RiskEvent("both", ["wheels A", "wheels B"], 30, 0.1)])
    one = expected_loss(CALM, [RiskEvent(s, [s], 30, 0.1) for s in ("wheels A", "wheels B")])
    assert both.expected == pytest.approx(0.1 * 100 * (300 - 70 - 40))
    assert one.expected == pytest.approx(0.1 * 100 * (300 - 70 - 40 - 180))


def test_measures_by_hand():
    """A buffer of 60 frames makes 60 bikes, half of the frames' flow makes 125 in 25 days."""
    least = RISK.program.least_loss
    for measure, saved in ((MEASURES[0], 60), (MEASURES[2], 120), (Standby("frames", 0.2, 0), 50)):
        loss, units = least(["frames"], 25, module._aid(RISK, [measure], 25))
        assert (loss, units) == pytest.approx(((120 - saved) * 100, 120 - saved), abs=1e-6)
    none = least(["plant"], 12, module._aid(RISK, [MEASURES[0]], 12))[0]
    assert none == pytest.approx(5_000), "frames do not help a plant that is closed"


def test_expected_loss_is_the_mean_of_sampled_years():
    lived = RISK.years(200_000, seed=5) @ RISK.losses
    error = lived.std() / len(lived) ** 0.5
    assert abs(lived.mean() - RISK.expected) < 4 * error
    assert abs((lived > 0).mean() - RISK.bad_years) < 4 * (0.25 / len(lived)) ** 0.5


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_cvar_is_the_tail_mean_and_the_least_of_rockafellar_and_uryasev(level):
    losses = np.random.default_rng(3).gamma(0.5, 100.0, 2000)
    worst = np.sort(losses)[-round(2000 * (1 - level)) :]
    found = cvar(losses, level)
    assert found.mean == pytest.approx(worst.mean())
    grid = [eta + np.maximum(losses - eta, 0).mean() / (1 - level) for eta in [0.0, *losses]]
    assert found.mean == pytest.approx(min(grid))


def test_the_interval_of_cvar_holds_the_truth_in_95_of_100_samples():
    """Of an exponential law the tail mean is its quantile + 1."""
    luck, truth = np.random.default_rng(8), -np.log(0.05) + 1
    found = [cvar(luck.exponential(size=4000)) for _ in range(400)]
    covers = np.mean([each.low <= truth <= each.high for each in found])
    assert abs(covers - 0.95) < 4 * (0.95 * 0.05 / 400) ** 0.5


def test_where_losses_are_rare_cvar_is_the_mean_over_the_tail():
    """So who minds the tail pays 20 times as much for the same measure."""
    rare = expected_loss(CALM, [replace(event, rate=event.rate / 10) for event in EVENTS])
    assert rare.bad_years < 0.05
    assert "20 times the mean" in repr(rare)
    assert "20 times the mean" not in repr(RISK)
    lived = rare.years(20_000, seed=2) @ rare.losses
    assert cvar(lived).mean == pytest.approx(lived.mean() / 0.05)
    cheap = [replace(one, cost=one.cost / 20) for one in MEASURES]
    by_tail = protect(rare, MEASURES, 300, tail=(1.0, 0.95)).plans[0]
    by_mean = [
        protect(rare, own, budget).plans[0] for own, budget in ((MEASURES, 300), (cheap, 15))
    ]
    assert by_mean[0].bought != by_mean[1].bought == by_tail.bought


def test_what_costs_more_than_it_saves_is_not_bought():
    """A buffer of 20 for 900 a year saves 8; a little one for 5 saves 6; an idle one nothing."""
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), on_hand={"shop": 10})
    quake = RiskEvent("quake", ["mine"], days=8, rate=0.01)
    scenario = tl.Scenario(chain, tl.BaseStock(15))
    risk = expected_loss(scenario, [quake], shortage_cost={"unit": 40})
    dear, little = Buffer("shop", "unit", 20, 900), Buffer("shop", "unit", 15, 5)
    idle, late = Buffer("shop", "unit", 0, 5), Standby("mine", 0.001, 1e-4)
    found = protect(risk, [dear], 1000)
    assert [(p.bought, p.cost, p.total) for p in found] == [
        ("nothing", 0, pytest.approx(12)),
        ("20 unit at shop", 900, pytest.approx(904)),
    ]
    assert found.ranking.choices[0].name == "nothing"
    plans = protect(risk, [dear, little, idle], 1000).plans
    assert [p.bought for p in plans] == ["15 unit at shop", "nothing"]
    assert protect(risk, [idle], 100).plans[0].measures == ()
    assert late in protect(risk, [late, dear], 1000).plans[0].measures, "a little is worth little"
    dearer = replace(late, cost=2e-2)
    assert protect(risk, [dearer, dear], 1000).plans[0].measures == ()


def test_of_two_that_save_all_the_cheaper_is_bought():
    """Beside losses of millions a few dollars are seen."""
    hasty = tl.Demand("shop", "unit", tl.Constant(5), backorders=False, lost_sale_cost=40_000)
    chain = tl.serial(["mine", "shop"], demand=hasty, on_hand={"shop": 15})
    events = [RiskEvent("long", ["mine"], 30, 0.05), RiskEvent("short", ["mine"], 6, 0.05)]
    risk = expected_loss(tl.Scenario(chain, tl.BaseStock(15), days=90), events)
    full, nearly = Standby("mine", 1.0, 900), Standby("mine", 0.9, 800)
    both = [full, nearly, Buffer("shop", "unit", 140, 799)]
    assert [p.cost for p in protect(risk, both, 10_000)] == [799, 800, 0]


def test_standbys_of_one_site_make_no_more_than_its_flow():
    twice = module._aid(RISK, [Standby("frames", 0.8, 1), Standby("frames", 0.7, 1)], 25)
    once = module._aid(RISK, [Standby("frames", 1, 1)], 25)
    least = RISK.program.least_loss
    assert least(["frames"], 25, twice) == pytest.approx(least(["frames"], 25, once), abs=1e-6)


@pytest.fixture(scope="module")
def all_plans():
    """The losses of every event with every plan."""
    found = {}
    for size in range(len(MEASURES) + 1):
        for plan in combinations(MEASURES, size):
            aided = ((e, module._aid(RISK, plan, e.days)) for e in RISK)
            loss = [e.loss and RISK.program.least_loss(e.sites, e.days, a)[0] for e, a in aided]
            found[plan] = np.array(loss)
    return found


@pytest.mark.parametrize(("budget", "seed"), [(0, 1), (100, 2), (210, 3), (400, 4)])
@pytest.mark.parametrize("tail", [(0.0, 0.95), (0.6, 0.95), (1.0, 0.9), (0.5, 0.8)])
def test_the_program_finds_what_enumeration_finds(all_plans, tail, budget, seed):
    weight, level = tail
    rates, years = np.array([e.rate for e in RISK]), RISK.years(module.SAMPLED, seed)
    aims = {}
    for plan, losses in all_plans.items():
        if (cost := sum(m.cost for m in plan)) <= budget:
            worst = cvar(years @ losses, level).mean
            if RISK.bad_years < 1 - level:  # sampled years have no say
                worst = rates @ losses / (1 - level)
            aims[plan] = (1 - weight) * rates @ losses + weight * worst + cost
    found = protect(RISK, MEASURES, budget, tail=tail, seed=seed)
    ranked = sorted(aims, key=lambda plan: aims[plan])
    assert found["nothing"].measures == ()
    best, *others = found.plans
    assert aims[best.measures] == pytest.approx(aims[ranked[0]], rel=1e-9)
    assert [p.total for p in others] == sorted(p.total for p in others)
    if len(ranked) > 1:
        second = min(aims[p.measures] for p in others)
        assert second == pytest.approx(aims[ranked[1]], rel=1e-9)
    for plan in found:
        assert plan.expected == pytest.approx(rates @ all_plans[plan.measures])
        assert plan.total == plan.cost + plan.expected
    assert found.gap == 0


def test_plans_are_judged_in_years_that_did_not_choose_them():
    found = protect(RISK, MEASURES, 210, seed=1)
    best, second, nothing = found.plans
    assert nothing.bought == "nothing"
    assert best.total < second.total < nothing.total == pytest.approx(RISK.expected)
    for plan in found.plans:
        assert plan.fresh.low < plan.expected < plan.fresh.high
        assert plan.fresh.count == 20_000
    assert {each.name for each in found.ranking.choices} == {p.bought for p in found}
    assert second.cost <= 210


def test_of_no_measure_nothing_is_ranked():
    assert protect(RISK, [], 100).ranking is None
    assert [p.bought for p in protect(RISK, MEASURES[:1], 100)] == ["nothing"], "too dear"


def depot_chain(lost=40):
    """5 a day through a depot that makes nothing; 10 lie there and 10 in the shop."""
    hasty = tl.Demand("shop", "unit", tl.Constant(5), backorders=False, lost_sale_cost=lost)
    stocks = {"depot": 10, "shop": 10}
    chain = tl.serial(["mine", "depot", "shop"], demand=hasty, on_hand=stocks, lead_time=1)
    return tl.Scenario(chain, tl.BaseStock(15), days=90)


def test_a_closed_site_that_makes_nothing_is_a_closed_gate():
    """The program and the simulation mean the same: 28 days less stock, or all days of the shop."""
    events = [RiskEvent(s, [s], 30, 0.1) for s in ("mine", "depot", "shop")]
    calm = depot_chain()
    risk = expected_loss(calm, events)
    lost = {"mine": 40 * (150 - 20), "depot": 40 * (150 - 10), "shop": 40 * 150}
    assert {e.name: e.loss for e in risk} == pytest.approx(lost)
    here = Buffer("shop", "unit", 140, 1)
    found = rehearse(protect(risk, [here], 10), 2)
    by_hand = [tl.Outage("mine", start=20, days=30, stock_ships=True)]
    by_hand += [tl.Outage(site, start=20, days=30) for site in ("depot", "shop")]
    lived = [tl.simulate(calm.disrupt(each)).kpis.lost_sales * 40 for each in by_hand]
    costs = {each.name: each.cost.mean for each in found.choices}
    assert costs["nothing"] == pytest.approx(0.1 * sum(lived))
    assert lived[2] == pytest.approx(lost["shop"])
    assert lived[1] >= lost["depot"], "at best"


def test_a_standby_for_a_site_without_limit_makes_its_share_and_no_more():
    """A share of no limit would be no limit: as with a capacity, a fifth of the flow is 1 a day."""
    costs = []
    for capacity in (np.inf, 6.0, 30.0):
        calm = depot_chain()
        calm = calm.change(network=calm.network.change(tl.Node("mine", capacity=capacity)))
        risk = expected_loss(calm, [RiskEvent("closed", ["mine"], 30, 0.5)])
        found = rehearse(protect(risk, [Standby("mine", 0.2, 60)], 100), 2)
        costs.append({each.name: each.cost.mean for each in found.choices})
    saved = [each["nothing"] - each["20% of mine"] for each in costs]
    assert saved == pytest.approx([0.5 * 40 * 30 - 60] * 3)


def test_rehearsed_by_hand():
    """Of constant demand: frames for 25 days, from the first night's position, lose 120 bikes."""
    calm = STEADY.change(days=100)
    risk = expected_loss(calm, EVENTS[:1])
    cheap = Standby("frames", 0.5, 200)
    found = rehearse(protect(risk, [Buffer("plant", "frame", 60, 100), cheap], 250), 2, seed=1)
    hit = calm.disrupt(tl.Outage("frames", start=20, days=25, stock_ships=True))
    nothing = 0.05 * tl.simulate(hit).kpis.lost_sales * 100
    more = hit.set("plant/frame.up_to", 150).set("plant/frame.on_hand", 120)
    stock = 100 + 0.05 * tl.simulate(more).kpis.lost_sales * 100
    # Half of the mean flow of 10 is a quarter of the capacity of 20.
    half = calm.disrupt(tl.Outage("frames", start=20, days=25, stock_ships=True, loss=0.75))
    spare = 200 + 0.05 * tl.simulate(half).kpis.lost_sales * 100
    costs = {each.name: each.cost.mean for each in found.choices}
    assert sorted(costs.values()) == pytest.approx(sorted([nothing, stock, spare]))
    assert costs["nothing"] == pytest.approx(nothing)


def test_how_many_suppliers_are_best():
    """By simulation of a million years: none is up with a common cause, or if each one is down."""
    luck, years = np.random.default_rng(4), 1_000_000
    formula = supplier_costs(10_000, 2e6, own=0.1, common=0.02)
    assert np.argmin(formula) == 2
    for count in (1, 2, 3):
        down = (luck.random((years, count)) < 0.1).all(axis=1) | (luck.random(years) < 0.02)
        sampled = 10_000 * count + 2e6 * down
        assert abs(sampled.mean() - formula[count - 1]) < 4 * sampled.std() / years**0.5


def test_events_of_a_network():
    named = NETWORK.change(replace(NETWORK.node("frames"), country="DK"))
    found = closures(named, 0.1, {"supplier": 0.2, "frames": 0.4})
    assert {e.sites for e in found} == {("wheels A",), ("wheels B",), ("frames",)}
    assert sum(e.rate for e in found) == pytest.approx(0.2 + 0.2 + 0.4)
    regional = common_causes(named, {"DK": 0.5, "": 0.2}, draws=3, seed=1)
    assert sum(e.rate for e in regional) == pytest.approx(0.7)
    assert {e.sites for e in regional if e.name.startswith("DK")} == {("frames",)}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: expected_loss(CALM, []), "no event: give some"),
        (lambda: expected_loss(CALM, [RiskEvent("x", ["frame"], 1, 1)]), "no site 'frame'.*frames"),
        (lambda: closures(NETWORK, rates={"mill": 1}), "rates: 'mill'"),
        (lambda: common_causes(NETWORK, {"DK": 1}), "no site to close in 'DK'"),
        (lambda: protect(RISK, [Standby("mill", 0.5, 1)], 9), "measures: no 'mill'"),
        (lambda: protect(RISK, [Standby("south", 0.5, 1)], 9), "measures: no 'south'; known are"),
        (lambda: protect(RISK, [MEASURES[0]] * 2, 9), "60 frame at plant twice: give it once"),
        (
            lambda: expected_loss(CALM.set("plant.capacity", 5), EVENTS),
            "with nothing closed .* USD are lost in 50 days: give capacity",
        ),
        (lambda: protect(RISK, [Buffer("plant", "car", 5, 1)], 9), "measures: no .'plant', 'car'."),
        (lambda: rehearse(protect(RISK, [], 9), start=100), "ends after day 120: give more days"),
    ],
)
def test_what_cannot_be_meant_is_told(call, words):
    with pytest.raises(tl.ScenarioError, match=words):
        call()
