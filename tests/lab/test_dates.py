"""Dates in pictures, their words and their tables, where a scenario has a start."""

import json
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.cases.folders import Case
from twinlab.lab.charts import drawing as pen
from twinlab.lab.charts.pictures import Chart, Panel, Sheet

CHAIN = tl.serial(["mine", "plant", "shop"], demand=tl.Normal(5, 1), lead_time=2, on_hand=20)
CALM = tl.Scenario(CHAIN, tl.BaseStock(20), days=60)
STRUCK = CALM.disrupt(tl.Outage("mine", start=20, days=9))
DATED = STRUCK.change(start="2026-03-01")
RUN, DATED_RUN = tl.simulate(STRUCK, seed=1), tl.simulate(DATED, seed=1)


def ticks(figure):
    """Places and words below the last panel."""
    axes = figure.axes[-1]
    return axes.get_xticks(), [label.get_text() for label in axes.get_xticklabels()]


@cache
def charts(start=None):
    """Every picture by day of the scenario with a start."""
    return [*drawn(STRUCK.change(start=start))]


def drawn(scenario):
    run, calm = tl.simulate(scenario, seed=1), tl.simulate(scenario.change(disruptions=()), seed=1)
    batch = tl.replicate(scenario, 8, seed=1, daily=[("on_hand", "shop")])
    yield tl.lab.chart(run)
    yield tl.lab.chart({"calm": calm, "struck": run}, "backlog")
    yield tl.lab.ripple(run, calm).chart
    yield tl.lab.fan(batch, "on_hand", "shop")
    explorer = tl.lab.explore(scenario, {"shop.up_to": (10, 30)}, replications=8)
    yield explorer.picture.chart
    yield tl.lab.network(run).course.chart
    yield tl.lab.lines(range(60), {"stock": run.series("on_hand")}, tl.lab.Words("Stock", "day"),
                       calendar=scenario)  # fmt: skip
    plant, twin = Case(CHAIN, tl.BaseStock(20), days=60, start=scenario.start).twin(seed=1)
    yield tl.lab.follow(plant, twin, "shop", days=9)


def test_every_picture_by_day_is_one_by_date():
    for by_day, by_date in zip(charts(), charts("2026-03-01"), strict=True):
        assert by_day.figure.axes[-1].get_xlabel() == "day"
        assert by_date.figure.axes[-1].get_xlabel() == "date"
        assert by_day.limits == by_date.limits
        places, words = ticks(by_date.figure)
        assert [str(DATED.dates(at))[: len(word)] for at, word in zip(places, words, strict=True)] \
            == words  # fmt: skip
        table = by_date.table()
        assert isinstance(table.index, pd.DatetimeIndex)
        days = (table.index - pd.Timestamp("2026-03-01")).days
        assert days.tolist() == by_day.table().index.to_list()
        np.testing.assert_array_equal(table, by_day.table())


def test_words_say_the_date_of_their_days():
    calm = tl.simulate(DATED.change(disruptions=()), seed=1)
    assert str(tl.lab.chart(DATED_RUN)).startswith(
        "stock at night [units], days 0 to 59, 2026-03-01 to 2026-04-29\n"
    )
    told = str(tl.lab.ripple(DATED_RUN, calm))
    assert "short on 9 days from day 20, 2026-03-21, deepest" in told
    assert told == repr(tl.lab.ripple(DATED_RUN, calm).chart)
    assert str(tl.lab.network(DATED_RUN, day=25)).startswith("day 25, 2026-03-26: ")
    explorer = tl.lab.explore(DATED, {"shop.up_to": (10, 30)}, replications=8)
    assert "from day 28, 2026-03-29 ·" in str(explorer)
    plant, twin = Case(CHAIN, tl.BaseStock(20), days=60, start="2026-03-01").twin(day="2026-03-06")
    assert (plant.day, twin.day) == (5, 5)
    assert "day 5, 2026-03-06" in repr(plant)
    assert "day 5, 2026-03-06" in repr(twin)


def test_without_a_start_no_picture_changes():
    for chart in charts():
        plain = Chart(chart.panels, chart.words, chart.size, chart.columns, chart.legend)
        assert (chart.words, chart.parts) == (plain.words, plain.parts)
        seen, bare = Sheet(chart, dpi=40), Sheet(plain, dpi=40)
        assert seen.png() == bare.png()
        assert seen.data(chart) == bare.data(plain)
        assert "2026" not in chart.words
        pd.testing.assert_frame_equal(chart.table(), plain.table())


def test_a_date_where_a_day_is_wanted():
    by_day = tl.lab.chart(DATED_RUN, days=(5, 20))
    by_date = tl.lab.chart(DATED_RUN, days=("2026-03-06", "2026-03-21"))
    assert by_day.words == by_date.words
    with pytest.raises(tl.ScenarioError, match="give a first and a last day"):
        tl.lab.chart(DATED_RUN, days=("2026-03-06", "2027-03-21"))
    with pytest.raises(tl.ScenarioError, match="no day since start=None"):
        tl.lab.chart(RUN, days=("2026-03-06", "2026-03-21"))
    assert tl.lab.network(DATED_RUN, day="2026-03-26").day == 25
    with pytest.raises(tl.ScenarioError, match="no day since start=None"):
        tl.lab.network(RUN, day="2026-03-26")


def test_the_pointer_reads_dates():
    chart = tl.lab.chart(DATED_RUN)
    panel = json.loads(Sheet(chart).data(chart))["panels"][0]
    assert panel["place"] == "date"
    assert panel["series"][0]["x"][:2] == [0, 1]
    assert panel["series"][0]["at"][:2] == ["2026-03-01", "2026-03-02"]


def test_a_kept_sheet_is_not_kept_for_another_start():
    one, other = (tl.lab.chart(tl.simulate(STRUCK.change(start=start), seed=1))
                  for start in ("2026-03-01", "2026-03-02"))  # fmt: skip
    assert one.parts != other.parts


@given(st.dates(pd.Timestamp("1700-01-01").date()), st.integers(2, 4000), st.integers(1, 31),
       st.sampled_from([(1,), (5, 3)]))  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_dates_on_an_axis_are_few_and_true_and_do_not_touch(start, days, period, columns):
    if start.year + days * period / 365 > 9990:
        return
    calendar = tl.Scenario(CHAIN, tl.BaseStock(20), days=days, start=start, period=period)
    panel = Panel([pen.line(range(days), np.zeros(days))], x="day", xlim=(0, days - 1))
    figure = Chart([panel] * len(columns), "", columns=columns, calendar=calendar).figure
    places, words = ticks(figure)
    exact = [np.datetime64(word).astype("M8[D]") for word in words]
    began = np.datetime64(start)
    assert [(date - began).astype(int) / period for date in exact] == pytest.approx(list(places))
    assert all(0 <= at <= days - 1 for at in places)
    boxes = [label.get_window_extent() for label in figure.axes[-1].get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert words or (days - 1) * period < 366
    assert len(set(words)) == len(words)
