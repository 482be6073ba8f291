"""KPIs of short replications, worked out by hand."""

import math

import numpy as np
import pytest

import twinlab as tl


def planned(*quantities):
    """A rule that orders what was planned for the day."""
    return lambda view: float(quantities[view.day]) if view.day < len(quantities) else 0.0


@pytest.fixture(scope="module")
def week():
    """Four days of a base-stock shop with S = 5.

    day  demand  order  received  served  on hand  owed  under way
    0    3       3      0         3       2        0     3
    1    6       6      3         5       0        1     6
    2    1       1      6         2       4        0     1
    3    4       4      1         4       1        0     4
    """
    network = tl.Network(
        products=[tl.Product("unit", weight=1000, value=7)],
        nodes=[tl.Node("mine", holding_cost=1), tl.Node("shop", holding_cost=9)],
        lanes=[tl.Lane("mine", "shop", "unit", cost_per_unit=0.5, cost_per_shipment=3,
                       distance=100, emission_factor=0.1)],
        demands=[tl.Demand("shop", "unit", tl.Trace((3, 6, 1, 4)), backorder_cost=10, price=20)],
        stocks=[tl.Stock("shop", "unit", on_hand=5, holding_cost=2)],
    )  # fmt: skip
    return tl.simulate(tl.Scenario(network, tl.BaseStock(5), days=4))


def test_the_trace_is_the_one_in_the_table(week):
    rows = ("demand", "ordered", "received", "served", "on_hand", "backlog")
    assert [week.series(name, "shop").tolist() for name in rows] == [
        [3, 6, 1, 4], [3, 6, 1, 4], [0, 3, 6, 1], [3, 5, 2, 4], [2, 0, 4, 1], [0, 1, 0, 0],
    ]  # fmt: skip
    assert week.series("in_transit", "mine").tolist() == [3, 6, 1, 4]


def test_service(week):
    """13 of 14 units on time, three of four orders in full, three of four cycles without lack."""
    assert tl.fill_rate(week) == 13 / 14
    assert tl.on_time_in_full(week) == 0.75
    assert tl.cycle_service_level(week) == 0.75


def test_stock(week):
    assert tl.mean_stock(week) == 7 / 4
    assert tl.mean_backlog(week) == 1 / 4
    assert tl.days_of_cover(week, "shop") == 7 / 14


def test_costs_by_kind(week):
    """The stock row's rate holds on hand, the sender's rate on the way."""
    by_kind = {"holding": 2 * 7 / 4, "transit": 14 / 4, "owing": 10 / 4, "lost_sales": 0,
               "transport": 0.5 * 14 / 4 + 3, "production": 0}  # fmt: skip
    assert {kind: tl.cost(week, kind) for kind in by_kind} == by_kind
    assert tl.cost(week) == sum(by_kind.values())
    assert tl.cost(week, "holding", "mine") == 0
    assert tl.cost(week, "transport", "mine") == by_kind["transport"]
    assert week.series("revenue").tolist() == [60, 100, 40, 80]


def test_emissions_of_a_tonne(week):
    """One unit is a tonne: 100 km × 0.1 kg per tonne-km."""
    assert tl.emissions(week) == 10 * 14 / 4


def test_lead_time_by_littles_law(week):
    """Mean on order 14/4 over mean received 10/4."""
    assert tl.lead_time(week, "shop") == 14 / 10


def test_a_whole_run_has_them_all(week):
    """The table of KPIs holds the same numbers, and prints with units."""
    kpis = week.kpis
    assert kpis.fill_rate == tl.fill_rate(week)
    assert kpis.total_cost == tl.cost(week)
    assert kpis.lost_sales == 0
    assert list(kpis.table.index) == list(tl.KPIs.__dataclass_fields__)
    assert "fill rate 0.9286" in str(kpis)
    assert "USD/day" in kpis._repr_html_()


def test_nothing_asked_is_no_perfect_score(week):
    for ratio in (tl.fill_rate, tl.on_time_in_full, tl.days_of_cover):
        assert math.isnan(ratio(idle()))
    assert math.isnan(tl.fill_rate(week, "mine"))


def idle():
    """Three days on which nobody asks."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(0), on_hand={"shop": 5})
    return tl.simulate(tl.Scenario(network, tl.BaseStock(5), days=3))


def test_lost_sales_by_hand():
    """Two of five are lost once, at 4 USD each over two days; nothing is owed."""
    impatient = tl.Demand("shop", "unit", tl.Trace((5, 0)), backorders=False, lost_sale_cost=4)
    network = tl.serial(["mine", "shop"], demand=impatient, on_hand={"shop": 3})
    run = tl.simulate(tl.Scenario(network, planned(), days=2))
    assert tl.lost_sales(run) == 2
    assert tl.cost(run) == tl.cost(run, "lost_sales") == 2 * 4 / 2
    assert tl.fill_rate(run) == 3 / 5
    assert tl.cycle_service_level(run) == 0


def test_cycles_run_from_receipt_to_receipt():
    """Receipts on days 2 and 4 make three cycles; one of them holds both days of lack."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(2), on_hand={"shop": 4})
    run = tl.simulate(tl.Scenario(network, planned(0, 1, 0, 9), days=6))
    assert run.series("received", "shop").tolist() == [0, 0, 1, 0, 9, 0]
    assert run.series("backlog").tolist() == [0, 0, 1, 3, 0, 0]
    assert tl.cycle_service_level(run) == 2 / 3


@pytest.mark.parametrize("backorders", [True, False])
def test_a_rounding_speck_is_no_stock_out(backorders):
    """Seven units that come in three parts are seven units: every cycle is served."""
    lanes = [tl.Lane("mine", "shop", "unit", mode, sourcing_share=share)
             for mode, share in (("road", 0.1), ("rail", 0.2), ("sea", 0.7))]  # fmt: skip
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("mine"), tl.Node("shop")],
        lanes=lanes,
        demands=[tl.Demand("shop", "unit", 7, backorders=backorders)],
        stocks=[tl.Stock("shop", "unit", 7)],
    )
    sourcing = {"shop": tl.Shares()}
    run = tl.simulate(tl.Scenario(network, tl.BaseStock(7), days=30, sourcing=sourcing))
    assert tl.on_time_in_full(run) == 1
    assert tl.cycle_service_level(run) == 1


def test_what_production_costs():
    """Charged when it starts, scrap included; stock in process is held at the maker's rate."""
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("plant", holding_cost=2)],
        recipes=[tl.Recipe("plant", "unit", production_time=1, good_share=0.5, cost=3)],
    )
    run = tl.simulate(tl.Scenario(network, planned(8), days=2))
    assert run.series("production").tolist() == [24, 0]
    assert run.series("holding").tolist() == [16, 8]
    assert tl.lead_time(run) == 1


def test_what_owing_to_another_node_costs():
    """Four units owed to the shop over one night at the sender's backlog cost."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(0)).change(
        tl.Node("mine", backlog_cost=6)
    )
    outage = tl.Outage("mine", days=1)
    run = tl.simulate(tl.Scenario(network, planned(4), days=2, disruptions=[outage]))
    assert run.series("owing", "mine").tolist() == [24, 0]
    assert tl.cost(run, "owing") == 12


def test_bullwhip_by_stage_and_end_to_end():
    """Demand varies by 1, the shop's orders by 4, the plant's by 16: 4 by stage, 16 in all."""
    demand = tl.Trace((1, 3, 1, 3))
    network = tl.serial(["mine", "plant", "shop"], demand=demand, on_hand={"shop": 20, "plant": 20})
    rules = {"shop": planned(4, 0, 4, 0), "plant": planned(8, 0, 8, 0)}
    run = tl.simulate(tl.Scenario(network, rules, days=4))
    assert tl.bullwhip(run, "shop") == 4
    assert tl.bullwhip(run, "plant") == 4
    assert tl.end_to_end_bullwhip(run, "shop") == 4
    assert tl.end_to_end_bullwhip(run, "plant") == 16


@pytest.mark.parametrize("demand", [4.4, 0.1, 1e-6, 3e9, 1 / 3])
@pytest.mark.parametrize("days", [1, 50, 365])
def test_demand_that_does_not_vary_is_not_amplified(demand, days):
    """Nothing varies but by rounding: the ratio is undefined, in both engines."""
    network = tl.serial(["mine", "plant", "shop"], demand=tl.Constant(demand),
                        on_hand={"shop": 10.3 * demand, "plant": 10.3 * demand})  # fmt: skip
    scenario = tl.Scenario(network, tl.BaseStock(10.3 * demand), days=days)
    for history in (tl.simulate(scenario), tl.replicate(scenario, 2)):
        for measure in (tl.bullwhip, tl.end_to_end_bullwhip):
            for node in ("plant", "shop"):
                assert np.isnan(measure(history, node)).all()


def test_a_variation_far_below_the_mean_is_still_one():
    """A million and a few: orders follow demand by one day, so the ratio is 1."""
    values = tuple(1e6 + 0.25 * (day % 7) for day in range(70))
    network = tl.serial(["mine", "shop"], demand=tl.Trace(values), on_hand={"shop": 2e6})
    scenario = tl.Scenario(network, tl.BaseStock(2e6), days=70)
    run, batch = tl.simulate(scenario), tl.replicate(scenario, 2)
    assert tl.bullwhip(run, "shop") == pytest.approx(1, abs=1e-6)
    assert (tl.bullwhip(batch, "shop") == tl.bullwhip(run, "shop")).all()
    assert run.variance("demand") == pytest.approx(np.var(values), rel=1e-9)


def test_littles_law_meets_the_mean_of_the_lead_times():
    """Over a long history W is the mean time from order to arrival, each unit weighed."""
    network = tl.serial(["mine", "shop"], demand=tl.Poisson(20), lead_time=tl.Uniform(1, 9))
    run = tl.simulate(tl.Scenario(network, tl.BaseStock(150), days=4000), seed=11)
    shipped = [(event.quantity, event.due - event.day) for event in run.log.of("shipped")]
    mean = sum(units * days for units, days in shipped) / sum(units for units, _ in shipped)
    assert tl.lead_time(run, "shop") == pytest.approx(mean, rel=0.005)
    assert mean == pytest.approx(5, rel=0.03)


def test_the_cover_of_a_chain_is_that_of_its_stock():
    """All stock is at the shop, so the whole chain's cover is the shop's."""
    network = tl.serial(["mine", "shop"], demand=tl.Constant(4), on_hand={"shop": 20})
    run = tl.simulate(tl.Scenario(network, tl.BaseStock(20), days=100))
    assert run.kpis.days_of_cover == tl.days_of_cover(run, "shop")


def test_an_unknown_measure_is_answered_with_the_known_ones(week):
    with pytest.raises(tl.ScenarioError, match="no measure 'onhand'; did you mean 'on_hand'"):
        week.total("onhand")


def test_an_unknown_cost_is_answered_with_the_known_ones(week):
    with pytest.raises(tl.ScenarioError, match="did you mean 'holding'"):
        tl.cost(week, "holdings")
