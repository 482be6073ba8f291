"""Published answers on echelon policies, Poisson shops and suppliers, met by simulation."""

from itertools import combinations

import numpy as np
import pytest

import twinlab as tl
from tests.known.answers import STAGES, batch_means, cost_per_day, known
from twinlab.modeling.simulation.random_streams import draw_streams


@pytest.mark.parametrize(
    ("name", "demand"),
    [("me_clark_scarf_ex6_1", tl.Normal(5, 1)), ("me_clark_scarf_ex6_1_poisson", tl.Poisson(5))],
)
def test_echelon_base_stock_has_clark_and_scarfs_cost(name, demand):
    """Example 6.1: the echelon levels, simulated, cost what the recursion says."""
    inputs, expected = known(name)
    echelon = inputs["echelon_holding_downstream_first"]
    local = [sum(echelon[at:]) for at in range(len(echelon))]
    levels = expected["S_echelon_downstream_first"]
    row = tl.Demand("stage1", "unit", demand, backorder_cost=inputs["stockout_cost"])
    network = tl.serial(
        ["outside", *reversed(STAGES)], demand=row,
        lead_time=dict(zip(STAGES, inputs["lead_times_downstream_first"], strict=True)),
        holding_cost=dict(zip(STAGES, local, strict=True)),
    )  # fmt: skip
    rules = {s: tl.EchelonBaseStock(level) for s, level in zip(STAGES, levels, strict=True)}
    run = tl.simulate(tl.Scenario(network, rules, days=30_000), seed=61)
    mean, error = batch_means(cost_per_day(run)[100:])
    assert error < 0.01 * expected["cost"]
    assert abs(mean - expected["cost"]) <= 4 * error


@pytest.mark.parametrize("case", [0, 1, 2])
def test_poisson_newsvendor_cost_by_simulation(case):
    """inv_newsvendor_poisson: Example 4.7, Problem 4.8(a) and a lead time of four days."""
    inputs, expected = known("inv_newsvendor_poisson")
    given, level = inputs["instances"][case], expected["S"][case]
    demand = tl.Demand("shop", "unit", tl.Poisson(given.get("poisson_mean", 18)),
                       backorder_cost=given["p"])  # fmt: skip
    # The book orders before demand: a lead time of L there exposes L + 1 days, as L + 1 here.
    network = tl.serial(["outside", "shop"], demand=demand, lead_time=given.get("lead_time", 0) + 1,
                        holding_cost={"shop": given["h"]}, on_hand={"shop": level})  # fmt: skip
    run = tl.simulate(tl.Scenario(network, tl.BaseStock(level), days=20_000), seed=47)
    mean, error = batch_means(cost_per_day(run)[100:])
    assert abs(mean - expected["cost"][case]) <= 4 * error


def mean_and_error(columns):
    """Mean of the replications' means, and its standard error."""
    means = columns.mean(axis=0)
    return means.mean(), means.std(ddof=1) / np.sqrt(len(means))


def test_availability_of_suppliers():
    """res_supplier_availability: alone, either of two, two of three, all of three; outages a year.

    Each fails on one of 200 days on which it is up, and recovers on one of 20 on which it is down.
    """
    inputs, expected = known("res_supplier_availability")
    names = ["A", "B", "C"]
    network = tl.Network(
        products=[tl.Product("unit")],
        nodes=[*(tl.Node(name) for name in names), tl.Node("shop")],
        lanes=[tl.Lane(name, "shop", "unit") for name in names],
    )
    fail, recover = 1 / inputs["MTBF"], 1 / inputs["MTTR"]
    outages = [tl.Outage.two_state(name, fail, recover) for name in names]
    scenario = tl.Scenario(network, tl.LotForLot(), days=20_000, disruptions=outages)
    luck = draw_streams(scenario, seed=8)
    down = [active[2_000:] for active in luck.active]  # all are up on the first day
    up = 3 - sum(each.astype(int) for each in down)
    pairs = [~(a & b) for a, b in combinations(down, 2)]
    begins = (~down[0][:-1] & down[0][1:]) * 365.0
    for found, answer in (
        (~down[0], "availability"), (sum(pairs) / 3, "dual_source"), (up >= 2, "two_out_of_three"),
        (up == 3, "series_of_three"), (begins, "outages_per_year_365"),
    ):  # fmt: skip
        mean, error = mean_and_error(found)
        assert abs(mean - expected[answer]) <= 4 * error, answer


def test_how_long_repairs_take():
    """res_supplier_availability: an exponential repair of mean 20 lasts over 40 days in e^-2."""
    inputs, expected = known("res_supplier_availability")
    mean = inputs["MTTR"]
    network = tl.serial(["mine", "shop"], demand=tl.Constant(1))
    outage = tl.Outage("mine", days=tl.Gamma(mean, mean), rate=0.02, pause=1)
    scenario = tl.Scenario(network, tl.LotForLot(), days=20_000, disruptions=[outage])
    down = draw_streams(scenario, seed=9).active[0].T
    edges = np.diff(down.astype(int), prepend=0, append=0, axis=1)
    lengths = np.nonzero(edges == -1)[1] - np.nonzero(edges == 1)[1]
    share, answer = (lengths > 2 * mean).mean(), expected["prob_outage_longer_than_40"]
    assert len(lengths) > 10_000
    assert abs(share - answer) <= 4 * np.sqrt(answer * (1 - answer) / len(lengths))
