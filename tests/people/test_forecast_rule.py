"""The rule that forecasts, and the bullwhip that it makes (Chen et al. 2000)."""

import math

import numpy as np
import pytest

import twinlab as tl
from tests.known.answers import known
from twinlab.organization import FullSharing, OwnOrders, PointOfSale
from twinlab.people import ForecastBaseStock

MEAN, DAYS, HISTORIES = 1000.0, 2000, 64  # far above the spread: no order is cut at zero
STAGES = {"shop": 2, "depot": 1, "plant": 3}  # lead times, downstream first


def chain(periods, shared):
    """A serial chain that forecasts, with the regime that its rule needs."""
    nodes = ["mine", *reversed(STAGES)]
    network = tl.serial(nodes, demand=tl.Normal(MEAN, 20), lead_time=STAGES | {"mine": 1},
                        on_hand={n: lead * MEAN for n, lead in STAGES.items()})  # fmt: skip
    rules = {
        n: ForecastBaseStock(periods, lead, 0.0, from_point_of_sale=shared, first_guess=MEAN)
        for n, lead in STAGES.items()
    }
    sharing = PointOfSale() if shared else OwnOrders()
    return tl.Scenario(network, rules, days=DAYS, sharing=sharing)


def ratios(periods, shared):
    """Var(orders) / Var(demand) of every stage, as replications × 1."""
    batch = tl.replicate(chain(periods, shared), HISTORIES, seed=2000)
    return {name: tl.end_to_end_bullwhip(batch, name) for name in STAGES}


def exact(periods, shared):
    """The same by algebra: orders are a filter of independent demands, Σ of squared weights."""
    change = np.zeros(periods + 1)  # of the moving average, from yesterday to today
    change[0], change[-1] = 1 / periods, -1 / periods
    orders, found = np.ones(1), {}
    for name, lead in STAGES.items():
        signal = np.ones(1) if shared else orders
        more = lead * np.convolve(signal, change)
        orders = np.pad(orders, (0, max(0, len(more) - len(orders)))) + np.pad(
            more, (0, max(0, len(orders) - len(more)))
        )
        found[name] = float(orders @ orders)
    return found


def bound(lead, periods):
    return 1 + 2 * lead / periods + 2 * lead**2 / periods**2


@pytest.mark.parametrize("shared", [False, True], ids=["own orders", "point of sale"])
@pytest.mark.parametrize("periods", [4, 10])
def test_the_bullwhip_of_every_stage_is_the_variance_of_its_filter(periods, shared):
    """Mean over replications against the exact ratio, within four standard errors."""
    lived = ratios(periods, shared)
    for name, value in exact(periods, shared).items():
        found = lived[name]
        # In the first p days the forecast still rests on the first guess and moves less.
        error = 4 * found.std(ddof=1) / math.sqrt(HISTORIES) + 2 * value * periods / DAYS
        assert abs(found.mean() - value) < error, (name, found.mean(), value)


@pytest.mark.parametrize("periods", [4, 10])
def test_shared_demand_meets_the_bound_of_centralized_information(periods):
    """Chen et al. (2000) section 3: 1 + 2ΣL/p + 2(ΣL)²/p², with equality where nothing is cut."""
    leads = np.cumsum(list(STAGES.values()))
    wanted = {n: bound(lead, periods) for n, lead in zip(STAGES, leads, strict=True)}
    assert exact(periods, shared=True) == pytest.approx(wanted)


@pytest.mark.parametrize("periods", [4, 10])
def test_own_orders_amplify_at_least_by_the_product_of_the_bounds(periods):
    """Chen et al. (2000) section 3, decentralized: the product over stages is a lower bound."""
    product = 1.0
    for name, lead in STAGES.items():
        product *= bound(lead, periods)
        own, shared = exact(periods, False)[name], exact(periods, True)[name]
        assert own >= product - 1e-9
        assert own >= shared - 1e-9
    assert own > 1.2 * shared  # sharing helps upstream, but does not end the bullwhip
    assert shared > 1.2


@pytest.mark.parametrize("case", range(8))
def test_it_is_the_policy_of_the_known_answer(case):
    """bw_moving_average_ar1: Chen et al. (2000) Theorem 2.2, AR(1) demand."""
    inputs, expected = known("bw_moving_average_ar1")
    given = inputs["cases"][case]
    shocks = np.random.default_rng(case).standard_normal(20_000)
    demand = np.empty_like(shocks)
    demand[0] = shocks[0] / math.sqrt(1 - given["rho"] ** 2)
    for day in range(1, len(demand)):
        demand[day] = given["rho"] * demand[day - 1] + shocks[day]
    rule = ForecastBaseStock(given["p"], given["L"], first_guess=MEAN)
    network = tl.serial(["mine", "shop"], demand=tl.Trace(tuple(MEAN + demand)),
                        on_hand={"shop": given["L"] * MEAN})  # fmt: skip
    batch = tl.replicate(tl.Scenario(network, rule, days=len(demand)), 1)
    wanted = expected["ratio"][case]
    assert tl.bullwhip(batch, "shop")[0] == pytest.approx(wanted, rel=0.03)


def test_levels_by_hand():
    """p = 2, L = 3: forecasts 4, 5, 8 and levels 12, 15, 24; positions fall by the demand."""
    network = tl.serial(["mine", "shop"], demand=tl.Trace((4, 6, 10)), on_hand={"shop": 12})
    run = tl.simulate(tl.Scenario(network, ForecastBaseStock(2, 3), days=3))
    assert run.series("ordered", "shop").tolist() == [4, 6 + 3, 10 + 9]


def test_a_level_that_falls_fast_orders_nothing():
    network = tl.serial(["mine", "shop"], demand=tl.Trace((9, 0, 0)), on_hand={"shop": 27})
    orders = tl.simulate(tl.Scenario(network, ForecastBaseStock(1, 3), days=3)).series("ordered")
    assert orders.tolist() == [9, 0, 0]


def test_without_point_of_sale_it_says_what_to_do():
    rule = ForecastBaseStock(3, 2, from_point_of_sale=True)
    network = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(9, 1))
    scenario = tl.Scenario(network, rule, days=9, sharing={"plant": OwnOrders()})
    with pytest.raises(tl.ScenarioError, match=r"OwnOrders.. does not show 'plant'"):
        tl.replicate(scenario, 64)
    assert tl.replicate(scenario.share({"plant": FullSharing()}), 64).replications == 64
