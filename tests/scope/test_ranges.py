"""Senseless numbers are refused by name, value and range, in every plain function."""

import math

import numpy as np
import pandas as pd
import pytest

import twinlab as tl
from twinlab import management, modeling
from twinlab.modeling import Line, Station, Weibull
from twinlab.organization import Wholesale
from twinlab.organization.contracts import Season
from twinlab.scope.kinds import Count, Limit, Share, ranged
from twinlab.task import inventory, logistics, maintenance, production, quality, warehousing

WEAR = Weibull(2, 10)
SEASON = Season(tl.Uniform(0, 100), price=10, cost=2)
LINE = Line([Station("cut", 2)])
SKUS = [warehousing.Sku("screws", 30)]
LOT = inventory.EconomicLot(8, 1, 5)

# A call that works, by function; each of its numbers is then spoilt in turn.
CALLS = {
    modeling.mmc: {"arrival_rate": 2, "service_rate": 3, "servers": 2},
    modeling.mg1: {"arrival_rate": 0.5, "service_time": 1, "service_cv": 1},
    modeling.priority_waits: {"arrival_rates": [0.3, 0.4], "service_rate": 1},
    modeling.machine_repair: {"machines": 5, "failure_rate": 0.1, "repair_rate": 1, "crews": 1},
    modeling.make_to_stock: {"arrival_rate": 0.8, "service_rate": 1, "base_stock": 3},
    modeling.two_station_throughput: {"buffer": 2},
    modeling.LineBounds(0.5, 8, 4).cycle_time: {"throughput": 0.4},
    modeling.shewhart_run_length: {"shift": 1, "limit": 3, "size": 5},
    modeling.cusum_run_length: {"shift": 1, "reference": 0.5, "limit": 5},
    modeling.ewma_run_length: {"shift": 1, "weight": 0.1, "limit": 3},
    modeling.shewhart_limit: {"run_length": 370},
    modeling.cusum_limit: {"run_length": 370, "reference": 0.5},
    modeling.ewma_limit: {"run_length": 370, "weight": 0.1},
    modeling.expected_sales: {"season": SEASON, "quantity": 40},
    modeling.deal: {"season": SEASON, "contract": Wholesale(6), "quantity": 40},
    modeling.run_line: {"line": LINE, "days": 2, "seed": 1, "warm_up": 1, "replication": 0},
    modeling.replicate_line: {"line": LINE, "days": 2, "replications": 2, "seed": 1, "warm_up": 1},
    LOT.cost: {"quantity": 3},
    inventory.power_of_two: {"lot": LOT, "base": 0.1},
    inventory.joint_replenishment: {"major": 9, "items": {"a": LOT}, "base": 1},
    inventory.share_out: {"stock": 9, "wanted": {"a": 5, "b": 8}, "by": {"a": 1, "b": 2}},
    inventory.wagner_whitin: {"demand": [9, 12], "setup": 5, "holding": 2, "unit_costs": [1, 2]},
    warehousing.dock: {"arrivals": 1, "minutes": 30, "docks": 2, "variation": 1},
    warehousing.slotting: {"skus": SKUS, "distances": [5, 10]},
    warehousing.predict: {"skus": SKUS, "layout": {"screws": [5]}, "seed": 0, "picks": 9},
    warehousing.prescribe: {"skus": SKUS, "layout": {"screws": [5]}, "seed": 0},
    maintenance.describe: {"up_times": [80, 100], "repair_times": [8, 12]},
    maintenance.fit_weibull: {"ages": [16, 34, 53]},
    maintenance.predict: {"law": WEAR, "age": 3, "level": 0.9},
    maintenance.replacement_cost: {"law": WEAR, "age": 3, "planned_cost": 2, "failure_cost": 8},
    maintenance.prescribe: {"law": WEAR, "planned_cost": 2, "failure_cost": 8},
    production.takt: {"minutes": 450, "units": 90},
    production.kanban: {"rate": 100, "lead_time": 0.5, "container": 10, "safety": 0.1},
    production.plan_departments: {"scenario": LINE, "wanted": 100, "most_busy": 0.9},
    quality.Shewhart().chart: {"values": [1, 2], "target": 1, "sigma": 1},
    quality.Ewma().chart: {"values": [1, 2], "target": 1, "sigma": 1},
    quality.Cusum().chart: {"values": [1, 2], "target": 1, "sigma": 1},
    quality.Cusum().run_length: {"shift": 1},
    quality.choose_chart: {"run_length": 370, "shift": 1},
    quality.chart_constants: {"size": 5},
    quality.describe: {"samples": [[9, 11], [10, 13]], "baseline": 2},
    quality.run_rules: {"values": [0.5, 2.5]},
    quality.describe_counts: {"counts": [3, 5, 4], "baseline": 2},
    quality.pareto: {"counts": {"dent": 4}},
    quality.pareto({"dent": 4}).vital_few: {"share": 0.8},
    quality.house_of_quality: {"complaints": {"dry": 5}, "relations": {"dry": {"seal": 9}}},
    management.Curve([0, 0, 9], [100, 50, 100]).predicted_resilience: {"longest": 30},
    management.Curve([0, 0, 9], [100, 50, 100]).time_to_recover: {"tolerance": 0},
    management.waiting_cost: {"deliveries": [12], "horizon": 24},
    management.gini: {"values": [1, 2], "weights": [1, 1]},
    logistics.transit_time: {"days": [2, 4], "under_way": [3]},
    logistics.predict: {"transit": logistics.transit_time([2, 4]), "age": 1, "level": 0.9},
}  # fmt: skip
SPOILT = [math.nan, -math.inf, math.inf, "12", True, 10**400]


def numeric(value):
    return isinstance(value, int | float | list | dict)


def spoil(value, bad):
    """The value with its first number replaced."""
    if isinstance(value, dict):
        first = next(iter(value))
        return {**value, first: spoil(value[first], bad)}
    return [spoil(value[0], bad), *value[1:]] if isinstance(value, list) else bad


CASES = [
    pytest.param(function, given, name, id=f"{function.__qualname__}-{name}")
    for function, given in CALLS.items()
    for name, value in given.items()
    if numeric(value) and name not in ("relations", "skus", "items")
]


@pytest.mark.parametrize(("function", "given", "name"), CASES)
def test_a_senseless_number_is_refused_by_name(function, given, name):
    assert function(**given) is not None
    for bad in SPOILT:
        with pytest.raises(tl.TwinError, match=name) as caught:
            function(**{**given, name: spoil(given[name], bad)})
        assert "must be" in str(caught.value)
        assert len(str(caught.value)) < 250


@pytest.mark.parametrize(("function", "given", "name"), CASES)
def test_what_cannot_be_negative_is_not(function, given, name):
    if name in ("shift", "target", "values", "samples"):
        return  # these may be
    with pytest.raises(tl.TwinError, match=name):
        function(**{**given, name: spoil(given[name], -1)})


def test_large_numbers_are_no_trouble():
    """Ten thousand servers, three thousand machines, a shift of a hundred σ."""
    busy = modeling.mmc(9_900, 1, 10_000)
    assert busy.must_wait == pytest.approx(0.2228, abs=1e-4)  # Halfin and Whitt (1981): 0.2234
    assert modeling.machine_repair(3000, 1, 1, crews=5).mean_down == pytest.approx(2995)
    assert modeling.cusum_run_length(100) == pytest.approx(1)
    assert modeling.cusum_run_length(4) == pytest.approx(2.01, abs=0.01)
    for call in (
        lambda: modeling.cusum_run_length(0, 9),
        lambda: modeling.cusum_run_length(0, 2, 30),
    ):
        with pytest.raises(tl.ScenarioError, match="1e12 is out of reach"):
            call()
    for call in (lambda: modeling.shewhart_run_length(0, 40), lambda: modeling.ewma_limit(9, 1e-9)):
        with pytest.raises(tl.ScenarioError, match=r"limit must be|weight must be"):
            call()
    with pytest.raises(tl.ScenarioError, match="nothing lives to 1000 days"):
        maintenance.predict(WEAR, 1000)


@pytest.mark.parametrize("kind", [np.array, tuple, pd.Series, lambda v: pd.Series(v, [7, 9, 11])])
def test_rows_of_numbers_come_in_any_form(kind):
    plain = inventory.wagner_whitin([90, 120, 80], 500, 2)
    assert inventory.wagner_whitin(kind([90, 120, 80]), 500, np.float64(2)) == plain
    assert logistics.transit_time(kind([2, 4, 9])).mean == 5
    assert maintenance.describe(kind([1, 2, 3]), [1]).mtbf == 2


@pytest.mark.parametrize("given", ["123", 3, {"a": 3}, None, [[1]]])
def test_what_is_no_row_of_numbers_is_told(given):
    with pytest.raises(tl.TwinError, match="demand"):
        inventory.wagner_whitin(given, 500, 2)


@ranged
def portion(share: Share = 0.5, *, parts: Count | None = None, most: Limit = math.inf) -> object:
    """Give back what came in."""
    return share, parts, most


def test_ends_belong_to_a_range_and_types_are_plain():
    assert portion(0) == (0, None, math.inf)
    assert portion(1, parts=np.int64(3), most=0) == (1, 3, 0)
    assert type(portion(parts=2.0)[1]) is int


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"share": 1.01}, "portion: share must be a share from 0 to 1, got 1.01"),
        ({"parts": 2.5}, "parts must be a whole number of at least 1, got 2.5"),
        ({"parts": 0}, "parts must be a whole number of at least 1, got 0"),
        ({"most": -1}, "most must be a number of at least 0, or inf, got -1"),
        ({"share": math.nan}, "got nan: fill in or leave out what is missing"),
        ({"share": 10**8000}, "got a number of thousands of digits"),
    ],
)
def test_a_refusal_says_what_is_wanted(given, words):
    with pytest.raises(tl.ScenarioError, match=words):
        portion(**given)
