"""Published bullwhip ratios, met by simulation; each test is named by its source."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import twinlab as tl


def known(name):
    """A known answer: its inputs and what is expected."""
    case = json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    return case["inputs"], case["expected"], case["tolerance"]["simulation_rel"]


DAYS = 20_000
MEAN = 1000.0  # far above the spread, so that no order would have to be negative


def autoregressive(rho, seed):
    """AR(1) demand around MEAN whose shocks have sd 1."""
    shocks = np.random.default_rng(seed).standard_normal(DAYS)
    demand = [shocks[0] / np.sqrt(1 - rho**2)]
    for shock in shocks[1:]:
        demand.append(rho * demand[-1] + shock)
    return MEAN + np.array(demand)


def lived(demand, rule):
    """A shop whose orders follow a rule; its stock is such that it never has to wait."""
    network = tl.serial(["mine", "shop"], demand=tl.Trace(tuple(demand)),
                        on_hand={"shop": 10 * MEAN})  # fmt: skip
    return tl.simulate(tl.Scenario(network, rule, days=DAYS))


@dataclass(frozen=True)
class MovingAverage:
    """Order up to L times the mean of the last p demands, and a constant."""

    horizon: int
    length: int

    def __call__(self, view):
        recent = [*view.memory.get("recent", [MEAN] * self.length), view.demand][-self.length :]
        view.memory["recent"] = recent
        level = 10 * MEAN + self.horizon * (sum(recent) / self.length - MEAN)
        return np.maximum(0.0, level - view.inventory_position)


@dataclass(frozen=True)
class BestForecast:
    """Order up to the best forecast of AR(1) demand over L days, and a constant."""

    horizon: int
    rho: float

    def __call__(self, view):
        ahead = self.rho * (1 - self.rho**self.horizon) / (1 - self.rho)
        level = 10 * MEAN + ahead * (view.demand - MEAN)
        return np.maximum(0.0, level - view.inventory_position)


@pytest.mark.parametrize("case", range(8))
def test_moving_average_of_ar1_demand(case):
    """bw_moving_average_ar1: Chen et al. (2000) Theorem 2.2; orders are D + L (F - F before)."""
    inputs, expected, tolerance = known("bw_moving_average_ar1")
    given = inputs["cases"][case]
    horizon, length = given["L"], given["p"]
    demand = autoregressive(given["rho"], seed=case)
    run = lived(demand, MovingAverage(horizon, length))
    mean = np.convolve(demand, np.ones(length) / length, "valid")
    orders = demand[length:] + horizon * np.diff(mean)
    np.testing.assert_allclose(run.series("ordered")[length:], orders, atol=1e-6)
    assert tl.bullwhip(run, "shop") == pytest.approx(expected["ratio"][case], rel=tolerance)


@pytest.mark.parametrize("case", range(5))
def test_best_forecast_of_ar1_demand(case):
    """bw_lee_mmse_ar1: Lee, Padmanabhan & Whang (1997) Theorem 1."""
    inputs, expected, tolerance = known("bw_lee_mmse_ar1")
    given = inputs["cases"][case]
    run = lived(
        autoregressive(given["rho"], seed=50 + case), BestForecast(given["L"], given["rho"])
    )
    assert tl.bullwhip(run, "shop") == pytest.approx(expected["ratio"][case], rel=tolerance)


@dataclass(frozen=True)
class OnceInAWhile:
    """Order up to a level, but only on every period-th day, from a first one on."""

    level: float
    period: int
    first: int

    def __call__(self, view):
        order = tl.BaseStock(self.level)(view)
        return order if view.day % self.period == self.first else 0.0


def aggregate_orders(inputs, phases, days):
    """Orders of each shop by day; shop k orders on the days of phase k, all it was asked since."""
    shops = [f"shop {k}" for k in range(inputs["N"])]
    law = tl.Normal(inputs["demand_mean"], inputs["demand_sd"])
    demands, stocks = dict.fromkeys(shops, law), dict.fromkeys(shops, 500.0)
    network = tl.distribution("DC", shops, demand=demands, on_hand=stocks)
    rules = {"DC": tl.LotForLot()}
    for shop, phase in zip(shops, phases, strict=True):
        rules[shop] = OnceInAWhile(500, inputs["R"], phase)
    run = tl.simulate(tl.Scenario(network, rules, days=days), seed=1997)
    first = inputs["R"]  # each shop's first order may be for less than a whole period
    orders = np.array([run.series("ordered", shop)[first:] for shop in shops])
    return orders, run.series("ordered", "DC")[first:], run.series("demand")[first:]


@pytest.mark.parametrize("ordering", ["positively_correlated", "balanced", "random"])
def test_order_batching(ordering):
    """bw_order_batching: Lee, Padmanabhan & Whang (1997); ten shops that order every four days."""
    inputs, expected, tolerance = known("bw_order_batching")
    same, spread = [0] * inputs["N"], [k % inputs["R"] for k in range(inputs["N"])]
    phases = same if ordering == "positively_correlated" else spread
    shops, together, demand = aggregate_orders(inputs, phases, days=8_000)
    # Shops that choose their day at random are independent: their variances add up.
    variance = shops.var(axis=1).sum() if ordering == "random" else together.var()
    assert variance == pytest.approx(expected["var_aggregate_orders"][ordering], rel=tolerance)
    assert demand.var() == pytest.approx(expected["var_aggregate_demand"], rel=0.05)


def test_a_review_period_batches_orders():
    """bw_order_batching: all on the same day is what review_period=4 does at every shop."""
    inputs, expected, tolerance = known("bw_order_batching")
    shops = [f"shop {k}" for k in range(inputs["N"])]
    law = tl.Normal(inputs["demand_mean"], inputs["demand_sd"])
    network = tl.distribution("DC", shops, demand=dict.fromkeys(shops, law)).change(
        *(tl.Node(shop, review_period=inputs["R"]) for shop in shops)
    )
    run = tl.simulate(tl.Scenario(network, tl.LotForLot(), days=8_000), seed=1997)
    variance = run.series("ordered", "DC")[4:].var()
    wanted = expected["var_aggregate_orders"]["positively_correlated"]
    assert variance == pytest.approx(wanted, rel=tolerance)
