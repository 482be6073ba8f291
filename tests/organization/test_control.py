"""Roles that decide for themselves, and one planner for all."""

import math
import warnings

import numpy as np
import pytest

import twinlab as tl
from twinlab.management import align, best_response
from twinlab.organization import Organization, Role


def two_stages():
    """A supplier and a retailer as in Cachon & Zipkin: both pay when customers wait."""
    asked = tl.Demand("shop", "unit", tl.Poisson(10), backorder_cost=20)
    network = tl.serial(["mine", "plant", "shop"], demand=asked, lead_time=3,
                        holding_cost={"plant": 0.2, "shop": 2},
                        on_hand={"plant": 30, "shop": 30})  # fmt: skip
    return tl.Scenario(network, {"plant": tl.BaseStock(30), "shop": tl.BaseStock(30)}, days=100)


LEVELS = {"plant": {"plant.up_to": (0.0, 60.0)}, "shop": {"shop.up_to": (15.0, 90.0)}}


def own(name, share):
    """The cost of one's own stock, and a share of what waiting customers cost."""

    def kpi(history):
        return (tl.cost(history, "holding", name) + tl.cost(history, "transit", name)
                + share * tl.cost(history, "owing"))  # fmt: skip

    return Role(name, LEVELS[name], kpi, "USD/day")


def test_everybody_for_himself_costs_the_network_more_than_one_planner():
    """Cachon & Zipkin (1999): the equilibrium of local costs is no optimum, and has less stock."""
    roles = Organization([own("plant", 0.03), own("shop", 0.97)], tl.cost)
    scenario = two_stages()
    alone = best_response(scenario, roles, 64, seed=3)
    assert alone.settled
    assert not alone.edges
    with warnings.catch_warnings(action="error"):
        together = tl.tune(scenario, roles.decides, tl.cost, 64, seed=3)
    ways = {"together": together.scenario, "each alone": alone.scenario}
    batches = {name: tl.replicate(way, 256, seed=99) for name, way in ways.items()}  # another seed
    found = align(roles, batches)
    dearer = found.difference("each alone", "the network")
    assert dearer.low > 0.05 * batches["together"].kpis.total_cost.mean()
    stock = [batch.kpis.mean_stock.mean() for batch in batches.values()]
    assert stock[1] < stock[0]
    parts = sum(np.asarray(role.kpi(batches["each alone"])) for role in roles.roles)
    np.testing.assert_allclose(parts, batches["each alone"].kpis.total_cost)


def test_where_it_settles_nobody_gains_by_moving_alone():
    roles = Organization([own("plant", 0.03), own("shop", 0.97)], tl.cost)
    there = best_response(two_stages(), roles, 64, seed=3).scenario
    for role in roles.roles:
        now = role.objective(tl.replicate(there, 64, seed=3)).mean()
        for path, (low, high) in role.decides.items():
            for level in np.linspace(low, high, 21):
                other = tl.replicate(there.set(path, float(level)), 64, seed=3)
                assert role.objective(other).mean() >= now * (1 - 0.005)


def test_a_kpi_without_a_counterweight_drives_to_the_edge():
    """Purchasing empties its shelves, and whoever is paid by stock fills them to the ceiling."""
    purchasing = Role("purchasing", LEVELS["plant"], lambda h: tl.cost(h, "holding", "plant"))
    hoarder = Role(
        "hoarder", LEVELS["shop"], lambda h: tl.mean_stock(h, "shop"), "units", more_is_better=True
    )
    found = best_response(two_stages(), Organization([purchasing, hoarder], tl.cost), 64, seed=3,
                    evaluations=25)  # fmt: skip
    assert found.edges == ("shop.up_to",)
    assert found.rounds[-1]["shop.up_to"] > 89
    after = tl.replicate(found.scenario.change(days=200), 64, seed=4)
    assert tl.cost(after, "holding", "plant").mean() < 0.05 * 30  # what it began with runs out
    assert str(found).startswith("settled after")


def test_alignment_is_paired_and_judges_everybody():
    roles = Organization([own("plant", 0.03), own("shop", 0.97)], tl.cost)
    scenario = two_stages()
    ways = {
        "now": tl.replicate(scenario, 64),
        "more": tl.replicate(scenario.set("shop.up_to", 40), 64),
    }
    found = align(roles, ways)
    pairs = tl.cost(ways["more"]) - tl.cost(ways["now"])
    change = found.difference("more", "the network")
    assert change.mean == pytest.approx(pairs.mean())
    half = 1.9983 * pairs.std(ddof=1) / math.sqrt(64)  # Student's t with 63 degrees of freedom
    assert change.low == pytest.approx(pairs.mean() - half, rel=1e-3)
    assert found.table["scenario"].tolist() == ["now", "more"] * 3
    assert found.table["kpi"].tolist()[-2:] == ["the network"] * 2
    assert found.table["unit"].tolist()[-2:] == ["USD/day"] * 2
    assert found.difference("now", "shop").mean == 0


def both(share=0.03):
    return Organization([own("plant", share), own("shop", 1 - share)], tl.cost)


def test_who_takes_over_a_decision_takes_over_a_charge():
    """The sum of both costs stays; a role without a decision is judged, and moves nothing."""
    batch = tl.replicate(two_stages(), 64, seed=1)

    def stock(history):
        return tl.cost(history, "holding", "shop")

    firm, vendor = both(), both().give("shop.up_to", "plant", stock)
    assert vendor.decides == firm.decides
    assert [len(role.decides) for role in vendor.roles] == [2, 0]
    for name, sign in (("plant", 1), ("shop", -1)):
        moved = vendor[name].objective(batch) - firm[name].objective(batch)
        np.testing.assert_allclose(moved, sign * stock(batch))
    silent = firm.give("shop.up_to", "plant")
    np.testing.assert_array_equal(silent["shop"].kpi(batch), firm["shop"].kpi(batch))
    back = vendor.give("shop.up_to", "shop", stock)
    np.testing.assert_allclose(back["shop"].kpi(batch), firm["shop"].kpi(batch))
    judged = align(vendor, {"now": batch})
    assert judged.table["kpi"].tolist() == ["plant", "shop", "the network"]


def test_a_charge_lowers_what_should_be_high():
    sales = Role("sales", LEVELS["shop"], lambda h: 9 * tl.fill_rate(h), "USD/day", True)
    given = Organization([own("plant", 0), sales], tl.cost).give(
        "plant.up_to", "sales", lambda history: 0.25
    )
    batch = tl.replicate(two_stages(), 64, seed=1)
    np.testing.assert_allclose(given["sales"].kpi(batch), 9 * tl.fill_rate(batch) - 0.25)
    np.testing.assert_allclose(given["plant"].kpi(batch), own("plant", 0).kpi(batch) - 0.25)


@pytest.mark.parametrize("unit", ["share", ""])
def test_money_is_not_added_to_a_kpi_in_another_unit(unit):
    sales = Role("sales", LEVELS["shop"], tl.fill_rate, unit, more_is_better=True)
    firm = Organization([own("plant", 0), sales], tl.cost)
    for path, to in (("plant.up_to", "sales"), ("shop.up_to", "plant")):
        assert firm.give(path, to)[to].kpi is firm[to].kpi
        with pytest.raises(tl.ScenarioError, match=rf"added to a KPI in '{unit}': give"):
            firm.give(path, to, lambda history: 0.25)


def test_who_decides_alone_answers_nobody():
    """One role decides both levels; the other has no answer to give, and all settles at once."""
    vendor = both(1.0).give("shop.up_to", "plant", lambda h: tl.cost(h, "holding", "shop"))
    found = best_response(two_stages(), vendor, 16, seed=3, evaluations=10, rounds=1)
    assert [*found.rankings] == ["plant"]
    assert set(found.rounds[-1]) == {"plant.up_to", "shop.up_to"}


MISTAKES = [
    (lambda: both().give("plant.up_too", "shop"), "nobody decides 'plant.up_too'.*'plant.up_to'"),
    (lambda: both().give("plant.up_to", "shp"), "no role 'shp'; did you mean 'shop'"),
    (lambda: both().give("shop.up_to", "shop"), "'shop' decides 'shop.up_to' already"),
    (lambda: Role("vague", LEVELS["shop"], 0.95), "kpi must be a function, got 0.95"),
    (lambda: Organization([own("shop", 1), own("shop", 1)], tl.cost), "two roles are called"),
    (lambda: Organization([own("shop", 1)], tl.cost)["shpo"], "did you mean 'shop'"),
    (lambda: align(Organization([own("shop", 1)], tl.cost),
                   {"a": tl.replicate(two_stages(), 64), "b": tl.replicate(two_stages(), 65)}),
     "replicate all of them with the same replications and seed"),
    (lambda: best_response(two_stages(), Organization([Role("x", {"shp.up_to": (1, 2)}, tl.cost)],
                                                tl.cost)), "path 'shp.up_to' leads nowhere"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "words"), MISTAKES)
def test_a_mistake_is_taught(mistake, words):
    with pytest.raises(tl.ScenarioError, match=words):
        mistake()
