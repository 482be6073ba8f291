"""The chip shortage: the measured months, and the two years replayed."""

import csv
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from twinlab import DemandShift, Outage, ScenarioError, replicate
from twinlab.cases import automotive, chip_shortage
from twinlab.cases.automotive import measured_months

DATA = Path(__file__).parents[2] / "datasets" / "automotive" / "chip_shortage.csv"


@pytest.fixture(scope="module")
def months():
    return {m.Index: m for m in measured_months().itertuples()}


@pytest.fixture(scope="module")
def replay():
    return chip_shortage()


@pytest.fixture(scope="module")
def table(replay):
    return replay.against(replay.live(4))


def error(table, kind, since):
    pair = table[kind].loc[since:]
    return math.sqrt(((pair["model"] - pair["measured"]) ** 2).mean())


def test_four_years_of_months_follow_each_other(months):
    days = list(months.values())
    assert [days[0].Index, days[-1].Index, len(days)] == ["2019-01", "2022-12", 48]
    assert months["2020-01"].start == 0
    assert months["2020-02"].days == 29
    assert all(a.start + a.days == b.start for a, b in pairwise(days))


def test_shares_are_of_the_year_before_the_pandemic(months):
    with DATA.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for name in ("production", "sales"):
        base = [r for r in rows if "2019-03" <= r["month"] <= "2020-02"]
        assert np.mean([float(r[f"{name}_share"]) for r in base]) == pytest.approx(1, abs=1e-4)
        ratios = [float(r[name]) / float(r[f"{name}_share"]) for r in rows]
        assert np.std(ratios) / np.mean(ratios) < 0.002  # rounding of the share of April 2020
    assert months["2020-02"].stock == 1
    assert math.isnan(months["2022-02"].stock)  # the series ends in January 2022


def test_months_that_stood_still_are_in_the_data(months):
    assert months["2020-04"].production < 0.02
    assert months["2021-09"].stock < 0.2


def test_the_measured_stock_is_not_used(replay, months):
    """Every factor follows from production and sales alone."""
    asked = {d.start: d.factor for d in replay.scenario.disruptions if isinstance(d, DemandShift)}
    before = {m.start: m.sales for m in months.values() if "2020-03" <= m.Index < "2021-01"}
    late = np.mean([months[f"2020-{month}"].sales for month in (10, 11, 12)])
    assert asked == pytest.approx(before | {months["2021-01"].start: late})
    shut = {d.start: d.loss for d in replay.scenario.disruptions
            if isinstance(d, Outage) and d.node == "Mexico assembly"}  # fmt: skip
    for month in (m for m in months.values() if "2020-03" <= m.Index < "2022-01"):
        # Plants have 30 % more capacity than they need in the calm year (figures of the case).
        assert shut[month.start] == pytest.approx(1 - month.production / 1.3, abs=2e-3)


def test_what_is_built_is_what_was_built(table):
    assert error(table, "production", "2020-03") < 0.05


def test_the_dealers_stock_follows_although_it_was_not_given(table):
    """The claims of datasets/automotive/README.md."""
    stock = table["stock"]
    spring = stock.loc["2020-03":"2020-12"]
    assert (spring["model"] - spring["measured"]).abs().max() < 0.12
    assert stock.loc["2020-03":].corr().iloc[0, 1] > 0.9
    assert 0.1 < error(table, "stock", "2020-03") < 0.2
    late = {who: (values < 0.5).idxmax() for who, values in stock.items()}
    assert late == {"measured": "2021-05", "model": "2021-08"}


def test_a_known_gap_real_sales_fell_before_the_lots_were_empty(table):
    sales = table["sales"].loc["2021-06":]
    assert sales["model"].min() > 0.8
    assert sales["measured"].iloc[2:].max() < 0.7
    assert error(table, "sales", "2021-01") > 0.1


def test_more_demand_would_fit_the_stock_better_and_sales_worse(table):
    """Why a lever tuned on the test series is no success (notebook 08)."""
    eager = chip_shortage(late_demand=1.0)
    tuned = eager.against(eager.live(2))
    assert error(tuned, "stock", "2020-03") < error(table, "stock", "2020-03") - 0.03
    assert error(tuned, "sales", "2021-01") > error(table, "sales", "2021-01") + 0.02


def test_no_shortage_empties_no_lots():
    calm = chip_shortage(depth=0.0)
    assert calm.against(calm.live(2))["stock"]["model"].min() > 0.95


def test_the_whole_chain_says_the_same(replay):
    """Suppliers lack nothing while plants build less; so they may be left out."""
    markets = [d.node for d in replay.scenario.network.demands]
    days = 150  # the shutdown of spring 2020 and the first weeks after it
    strikes = [d for d in replay.scenario.disruptions if d.start < days]
    parts = (automotive(days).disrupt(*strikes), replay.scenario.change(
        days=days, disruptions=tuple(strikes)))  # fmt: skip
    band = ("on_hand", markets, "vehicle")
    whole, end = (replicate(each, 2, 1, daily=[band]).series(*band) for each in parts)
    assert end == pytest.approx(whole, rel=0.01)


@pytest.mark.parametrize("depth", [-0.1, 1.5])
def test_a_depth_is_a_share(depth):
    with pytest.raises(ScenarioError, match="depth must be a share from 0 to 1"):
        chip_shortage(depth)
