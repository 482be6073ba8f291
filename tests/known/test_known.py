"""Published and recomputed answers, met by simulation; each test is named by its source."""

import numpy as np
import pytest

import twinlab as tl
from tests.known.answers import STAGES, batch_means, cost_per_day, known


def net_stock(run, node):
    return run.series("on_hand", node) - run.series("backlog", node)


def example_6_1(inputs, demand, days):
    """Snyder & Shen (2019) Example 6.1: three stages in series with local base-stock rules."""

    def by_stage(key):
        return dict(zip(STAGES, inputs[key], strict=True))

    network = tl.serial(
        ["outside", *reversed(STAGES)],
        demand=tl.Demand("stage1", "unit", demand, backorder_cost=inputs["stockout_cost"]),
        lead_time=by_stage("lead_times_downstream_first"),
        holding_cost=by_stage("local_holding_downstream_first"),
    )
    levels = (
        inputs.get("base_stock_downstream_first") or inputs["local_base_stock_downstream_first"]
    )
    rules = {stage: tl.BaseStock(s) for stage, s in zip(STAGES, levels, strict=True)}
    return tl.Scenario(network, rules, days=days)


def test_snyder_shen_example_6_1_trace():
    """me_trace_serial_ex6_1: 100 days from empty, day by day to 1e-6."""
    inputs, expected = known("me_trace_serial_ex6_1")
    run = tl.simulate(example_6_1(inputs, tl.Trace(tuple(inputs["demand"])), days=100))
    for stage in STAGES:
        wanted = expected[f"net_inventory_{stage}"]
        np.testing.assert_allclose(net_stock(run, stage), wanted, rtol=0, atol=1e-6)
    orders = run.series("ordered", "stage3")
    np.testing.assert_allclose(orders, expected["orders_stage3"], rtol=0, atol=1e-6)
    assert cost_per_day(run).sum() == pytest.approx(expected["total_cost"], abs=1e-6)


def test_single_stage_integer_trace():
    """me_trace_single_integer: whole units, exact."""
    inputs, expected = known("me_trace_single_integer")
    network = tl.serial(
        ["outside", "shop"],
        demand=tl.Demand("shop", "unit", tl.Trace(tuple(inputs["demand"])),
                         backorder_cost=inputs["stockout"]),
        lead_time=inputs["lead_time"],
        holding_cost={"shop": inputs["holding"]},
        on_hand={"shop": inputs["initial_inventory"]},
    )  # fmt: skip
    rules = {"shop": tl.BaseStock(inputs["base_stock"])}
    run = tl.simulate(tl.Scenario(network, rules, days=100))
    assert net_stock(run, "shop").tolist() == expected["net_inventory"]
    assert run.series("ordered").tolist() == expected["orders"]
    assert cost_per_day(run).sum() == expected["total_cost"]


def test_snyder_shen_example_6_1_long_run():
    """me_sim_longrun_ex6_1: the simulated long-run cost agrees with Clark & Scarf's optimum."""
    inputs, expected = known("me_sim_longrun_ex6_1")
    run = tl.simulate(example_6_1(inputs, tl.Normal(5, 1), inputs["periods"]), seed=2019)
    mean, error = batch_means(cost_per_day(run)[inputs["warmup"] :])
    assert error <= 0.15
    assert abs(mean - expected["mean_cost_per_period"]) <= 4 * error


@pytest.mark.parametrize(
    ("level", "answer"), [("S_ex4_3", "cost_ex4_3"), (40, "cost_ex4_3_at_S40")]
)
def test_newsvendor_cost_by_simulation(level, answer):
    """inv_newsvendor_normal: Example 4.3; lead time 1 exposes one day of demand."""
    inputs, expected = known("inv_newsvendor_normal")
    level = expected.get(level, level)
    mean, error = simulated_newsvendor(inputs, level, lead_time=1)
    assert abs(mean - expected[answer]) <= 4 * error


@pytest.mark.parametrize(
    ("level", "answer"), [("S_ex4_4", "cost_ex4_4"), (180, "cost_ex4_4_at_S180")]
)
def test_base_stock_with_lead_time_by_simulation(level, answer):
    """inv_newsvendor_normal: Example 4.4 exposes lead time + 1 days, here a lead time of 5."""
    inputs, expected = known("inv_newsvendor_normal")
    level = expected.get(level, level)
    mean, error = simulated_newsvendor(inputs, level, lead_time=inputs["lead_time_ex4_4"] + 1)
    assert abs(mean - expected[answer]) <= 4 * error


def simulated_newsvendor(inputs, level, lead_time):
    """Mean daily cost and its standard error of a base-stock shop."""
    demand = tl.Demand("shop", "unit", tl.Normal(inputs["mean"], inputs["sd"]),
                       backorder_cost=inputs["p"])  # fmt: skip
    network = tl.serial(["outside", "shop"], demand=demand, lead_time=lead_time,
                        holding_cost={"shop": inputs["h"]}, on_hand={"shop": level})  # fmt: skip
    run = tl.simulate(tl.Scenario(network, tl.BaseStock(level), days=20_000), seed=43)
    return batch_means(cost_per_day(run)[100:])


@pytest.mark.parametrize("case", [0, 1])
def test_min_max_cost_by_simulation(case):
    """inv_sS_poisson_ex4_7: exact (s, S) cost; the fixed cost is paid per shipment."""
    inputs, expected = known("inv_sS_poisson_ex4_7")
    given = inputs["instances"][case]
    s, up_to = expected["sS"][case]
    demand = tl.Demand("shop", "unit", tl.Poisson(given["mean"]), backorder_cost=given["p"])
    # The book orders before demand, with no lead time. Here the order follows today's demand and
    # arrives before tomorrow's: the same stock faces the same demand, one day later.
    network = tl.serial(["outside", "shop"], demand=demand, lead_time=1,
                        holding_cost={"shop": given["h"]}, on_hand={"shop": up_to})  # fmt: skip
    lane = tl.Lane("outside", "shop", "unit", lead_time=1, cost_per_shipment=given["K"])
    scenario = tl.Scenario(network.change(lane), tl.MinMax(s, up_to), days=20_000)
    run = tl.simulate(scenario, seed=47)
    mean, error = batch_means(cost_per_day(run) + run.series("transport"))
    assert abs(mean - expected["cost"][case]) <= 4 * error


def test_single_source_outage():
    """res_single_source_outage_fluid: the fluid model's times, met by small time steps."""
    inputs, expected = known("res_single_source_outage_fluid")
    steps = 20  # a day of the engine is a twentieth of the case's time unit
    demand, capacity = inputs["demand_rate"] / steps, inputs["capacity"] / steps
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[tl.Node("plant", capacity=capacity)],
        recipes=[tl.Recipe("plant", "unit")],
        demands=[tl.Demand("plant", "unit", tl.Constant(demand))],
        stocks=[tl.Stock("plant", "unit", on_hand=inputs["initial_inventory"])],
    )
    stop = tl.Outage("plant", start=0, days=inputs["outage_length"] * steps, stock_ships=True)
    rules = tl.BaseStock(inputs["initial_inventory"])
    run = tl.simulate(tl.Scenario(network, rules, days=40 * steps).disrupt(stop))
    backlog, stock = run.series("backlog"), run.series("on_hand")
    late = np.flatnonzero(backlog > 1e-9)
    assert late[0] / steps == pytest.approx(expected["stockout_starts"], abs=1 / steps)
    assert backlog.max() == pytest.approx(expected["peak_backlog"], rel=0.01)
    assert (late[-1] + 1) / steps == pytest.approx(expected["backlog_cleared_at"], abs=2 / steps)
    full = np.flatnonzero(stock < inputs["initial_inventory"] - 1e-9)[-1] + 1
    assert full / steps == pytest.approx(expected["inventory_restored_at"], abs=2 / steps)
    units = backlog.sum() / steps
    assert units == pytest.approx(expected["backlog_unit_weeks"], rel=0.01)
