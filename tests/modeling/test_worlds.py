"""Worlds side by side: each is what it would be alone; what is told may be wrong by a factor."""

from dataclasses import replace

import numpy as np
import pytest

import twinlab as tl
from tests.technology.chains import factory, shop
from twinlab.management import fill_rate
from twinlab.management.flows import mean_flows
from twinlab.modeling.inference.foreseen import Assessment, ask_more, mistake, worlds
from twinlab.modeling.simulation.replicate import replicate_worlds
from twinlab.modeling.simulation.replications import world_seeds

SHOP = shop().change(days=60)
DAILY = [("on_hand", "shop"), ("demand", "shop", "unit")]


def changed(scenario, at):
    """A world: another demand, another lead time, another disruption; now and then all three."""
    rows = scenario.network
    if at % 2:
        rows = rows.change(replace(rows.demands[0], pattern=tl.Normal(15 + 3 * at, 4)))
    if at % 3:
        rows = rows.change(replace(rows.lanes[0], lead_time=tl.Gamma(4 + at, 2)))
    harm = [tl.StockLoss("shop", share=0.2 * (at % 5), start=50)]
    harm += [tl.Outage("mine", start=45, days=at + 1)]
    return scenario.change(network=rows).disrupt(*(harm if at % 4 == 1 else ()))


@pytest.mark.parametrize("tracked", [True, False])
def test_each_world_of_a_mixture_is_what_it_would_be_alone(tracked):
    """To the last bit, also from a morning on with goods under way, and in several engines."""
    start = tl.simulate(SHOP, 7).state_on(40)
    start.tracked = tracked
    some = [changed(SHOP, at) for at in range(9)]
    each = 40  # 256 columns hold six worlds
    mixed = replicate_worlds(SHOP, some, 9 * each, 3, start=start, daily=DAILY)
    assert mixed.replications == 9 * each
    for at, (world, seed) in enumerate(zip(some, world_seeds(3, 9), strict=True)):
        alone = tl.replicate(world, each, seed, start=start, daily=DAILY)
        mine = slice(at * each, (at + 1) * each)
        for name in ("demand", "served", "scrapped", "holding", "received"):
            assert (mixed.total(name)[mine] == alone.total(name)).all(), (at, name)
        for one in DAILY:
            assert (mixed.series(*one)[:, mine] == alone.series(*one)).all()
        assert (mixed.kpis.fill_rate[mine] == alone.kpis.fill_rate).all()
    assert mixed.history(8 * each + 5).equals(alone.history(5))
    assert "of 9 worlds" in repr(mixed)


def test_a_mixture_is_as_wide_as_its_worlds_and_goes_on_longer():
    five = Assessment(0, "shop", "unit", (5.0,) * 60)
    low, high = (ask_more(SHOP, [five], [sign]) for sign in (-1, 1))
    mixed = replicate_worlds(SHOP, [low, high], 100)
    assert mixed.total("demand")[:50].mean() == pytest.approx(900, rel=0.02)
    assert mixed.total("demand")[50:].mean() == pytest.approx(1500, rel=0.02)
    longer = tl.run_longer(mixed)
    assert len(longer.days) == 120
    assert len(longer.worlds) == 2
    first = replicate_worlds(SHOP, [low, high], 100, daily=DAILY).series(*DAILY[1])[0]
    again = replicate_worlds(SHOP, [low, high], 2, daily=DAILY).series(*DAILY[1])[0]
    assert (again == first[[0, 50]]).all()  # more histories are more of the same


def test_what_is_no_mixture_is_told():
    with pytest.raises(tl.ScenarioError, match="at least one"):
        replicate_worlds(SHOP, [], 10)
    for other in (SHOP.set("shop.up_to", 9), SHOP.change(days=61), factory(),
                  SHOP.set("shop.holding_cost", 2)):  # fmt: skip
        with pytest.raises(tl.ScenarioError, match="differ only in laws of chance and disruptions"):
            replicate_worlds(SHOP, [SHOP, other], 10)


def test_what_is_asked_comes_on_top_and_changes_no_other_draw():
    more, told = np.array([0.0, 0, 50, 7]), Assessment(2, "shop", "unit", (50, 7))
    asked = ask_more(SHOP, [told, told], [1, -0.5])
    calm, busy = (tl.simulate(one, 5).series("demand", "shop") for one in (SHOP, asked))
    assert busy - calm == pytest.approx(np.pad(more / 2, (0, 56)))
    batch = tl.replicate(asked, 70, 5, daily=[DAILY[1]]).series(*DAILY[1])
    assert (batch[:, 0] == busy).all()
    none = ask_more(SHOP, [replace(told, quantities=(99,))], [-1])
    assert tl.simulate(none, 5).series("demand", "shop")[2] == 0.0
    assert mean_flows(asked, range(2, 4))["shop", "unit"] == pytest.approx(20 + 57 / 4)
    assert mean_flows(asked, range(9, 11))["shop", "unit"] == pytest.approx(20)
    short = SHOP.set("shop/unit.pattern", tl.Trace([5.0] * 60))
    with pytest.raises(tl.ScenarioError, match="a trace has 60 days, the scenario 61"):
        tl.simulate(ask_more(short, [told]).change(days=61), 5)
    with pytest.raises(tl.ScenarioError, match="nobody asks for"):
        ask_more(SHOP, [replace(told, node="mine")])


def test_a_mistake_has_mean_one_and_the_error_that_is_told():
    luck = np.random.default_rng(4)
    found = np.array([mistake(0.35, luck) for _ in range(40_000)])
    assert found.mean() == pytest.approx(1, abs=4 * 0.35 / 200)
    assert found.std() == pytest.approx(0.35, rel=0.03)
    assert mistake(0.0, luck) == 1.0


def test_a_world_is_wrong_by_one_factor_for_all_that_is_about_the_same():
    told = [
        Assessment(2, "shop", "bike", (4, 6), error=0.5, ref="fair"),
        Assessment(9, "shop", "bike", (8,), error=0.5, ref="fair"),
        Assessment(5, "shop", "bike", (3,), error=0.5, ref="feast"),
        Assessment(1, "shop", "bike", (7,)),
    ]
    calm = factory().change(days=20)
    calm = calm.set("shop/bike.pattern", tl.Constant(0))
    said = ask_more(calm, told)
    asked = [tl.simulate(w(said), 1).series("demand", "shop") for w in worlds(told, 50, seed=8)]
    fair = [day[2] / 4 for day in asked]
    for day, factor in zip(asked, fair, strict=True):
        assert day[[1, 2, 3, 9]] == pytest.approx([7, 4 * factor, 6 * factor, 8 * factor])
    feast = [day[5] / 3 for day in asked]
    assert abs(np.corrcoef(fair, feast)[0, 1]) < 4 / np.sqrt(50)
    again = worlds(told[:2], 50, seed=8)[7]  # whatever else was told, and however many worlds
    said = ask_more(calm, told[:2])
    assert tl.simulate(again(said), 1).series("demand", "shop")[2] / 4 == pytest.approx(fair[7])


def test_more_may_be_done_to_a_world_by_luck_of_its_own():
    def closed(scenario, generator):
        return scenario.disrupt(tl.Outage("mine", start=int(generator.integers(9)), days=3))

    some = worlds([], 30, 1, closed)
    starts = [world(SHOP).disruptions[0].start for world in some]
    assert len(set(starts)) > 4
    assert starts == [world(SHOP).disruptions[0].start for world in some]
    assert fill_rate(replicate_worlds(SHOP, [w(SHOP) for w in some], 60)).shape == (60,)


@pytest.mark.parametrize(
    "wrong", [{"day": -1}, {"quantities": (3, -1)}, {"quantities": 4}, {"error": -0.1},
              {"error": float("nan")}]
)  # fmt: skip
def test_a_wrong_assessment_is_refused(wrong):
    fine = {"day": 1, "node": "shop", "product": "unit", "quantities": (3,)}
    with pytest.raises(tl.NetworkError, match=next(iter(wrong))):
        Assessment(**fine | wrong)
