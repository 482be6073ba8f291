"""Calendar dates: of day 0, where a day is wanted, and back again."""

import datetime
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import twinlab as tl

CHAIN = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), lead_time=2, on_hand=20)
CALM = tl.Scenario(CHAIN, tl.BaseStock(20), days=60)
DATED = CALM.change(start="2026-03-01")
FIRST = datetime.date(2026, 3, 1)
FORMS = ["2026-03-01", " 2026-03-01 ", "2026-03-01T14:30", FIRST, datetime.datetime(2026, 3, 1, 14),
         pd.Timestamp("2026-03-01 14:30"), pd.Timestamp("2026-03-01", tz="Asia/Tokyo"),
         np.datetime64("2026-03-01"), np.datetime64("2026-03-01T14:30", "ns")]  # fmt: skip
WRONG = ["", "x", "60", "2026", "2026-02-30", 60, 2.5, True, float("nan"), pd.NaT,
         np.datetime64("NaT"), [1], "01.02.03.04"]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=repr)
def test_every_form_of_a_date_is_the_same_date(form):
    for scenario in (tl.Scenario(CHAIN, tl.BaseStock(20), 60, start=form),
                     CALM.change(start=form), replace(CALM, start=form)):  # fmt: skip
        assert type(scenario.start) is datetime.date
        assert scenario == DATED
    struck = CALM.change(start="2026-02-01").disrupt(tl.Outage("mine", start=form, days=3))
    assert struck.disruptions == (tl.Outage("mine", start=28, days=3),)
    assert CALM.change(start="2026-02-01").day_of(form) == 28


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_what_is_no_date_is_refused(wrong):
    with pytest.raises(tl.ScenarioError, match=r"start must be a date such as '2026-03-01', got"):
        CALM.change(start=wrong)
    if not isinstance(wrong, int) or isinstance(wrong, bool):
        with pytest.raises(tl.ScenarioError, match="date must be a whole number"):
            DATED.day_of(wrong)
        with pytest.raises(tl.NetworkError, match=r"Outage 'mine': start .* got"):
            tl.Outage("mine", start=wrong)


READINGS = {
    "03/04/2026": "write '2026-04-03' or '2026-03-04'",
    "3.4.2026": "write '2026-04-03' or '2026-03-04'",
    "25/12/2026": "write '2026-12-25', as",
    "12/25/2026": "write '2026-12-25', as",
    "2026/12/25": "write '2026-12-25', as",
    "25.12.26": "write '2026-12-25', as",
    "03-04-26": "write '2026-04-03' or '2026-03-04'",
    "04/04/2026": "write '2026-04-04', as",
}


@pytest.mark.parametrize("text", READINGS)
def test_a_date_that_is_not_iso_is_refused_with_its_readings(text):
    for call in (lambda: CALM.change(start=text), lambda: DATED.day_of(text)):
        with pytest.raises(tl.ScenarioError, match=READINGS[text]):
            call()
    with pytest.raises(tl.NetworkError, match=READINGS[text]):
        tl.Outage("mine", start=text)


@given(st.dates(datetime.date(1, 1, 1), datetime.date(9990, 1, 1)), st.integers(0, 3000),
       st.integers(1, 31), st.data())  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_days_and_dates_are_each_others_inverse(start, day, period, data):
    scenario = replace(CALM, days=1, start=start, period=1)
    date = scenario.date(day)
    assert scenario.day_of(date) == scenario.day_of(date.isoformat()) == day
    assert (date - start).days == day
    coarse = replace(scenario, period=period)
    within = data.draw(st.integers(0, period - 1))
    span = datetime.timedelta(day * period + within)
    assume(start.toordinal() + span.days <= datetime.date.max.toordinal())
    later = start + span
    assert coarse.day_of(later) == day
    assert coarse.date(day) == later - datetime.timedelta(within)


def test_every_copy_keeps_the_start():
    copies = [DATED.disrupt(tl.Outage("mine", start=3, days=2)), DATED.change(days=90),
              DATED.decide({"shop": tl.BaseStock(9)}), DATED.set("shop.up_to", 9),
              DATED.set("mine->shop.lead_time", 3), DATED.share({"shop": tl.OwnOrders()}),
              DATED.nest({}), tl.scope.restrict(DATED, tier=1).scenario,
              tl.scope.restrict(DATED, period=7).scenario, pickle.loads(pickle.dumps(DATED)),
              tl.simulate(DATED).scenario, tl.replicate(DATED, 2).scenario,
              DATED.disrupt().decide({}), replace(DATED, days=9)]  # fmt: skip
    assert {copy.start for copy in copies} == {FIRST}
    assert "60 days from 2026-03-01" in repr(DATED)
    assert CALM.start is None
    assert "from" not in repr(CALM)


def test_a_week_is_a_step_of_the_calendar_in_a_coarse_scenario():
    struck = DATED.disrupt(tl.Outage("mine", start="2026-03-15", days=7))
    weeks = tl.scope.restrict(struck, period=7).scenario
    assert weeks.disruptions == (tl.Outage("mine", start=2, days=1),)
    assert (weeks.date(2), weeks.day_of("2026-03-21")) == (datetime.date(2026, 3, 15), 2)
    assert weeks.disrupt(tl.Outage("mine", start="2026-03-22")).disruptions[-1].start == 3


KINDS = [tl.Outage("mine", start="2026-03-11", days=3),
         tl.LaneOutage("mine", "shop", start="2026-03-11", days=3),
         tl.Delay("mine", "shop", extra=2, start="2026-03-11", days=3),
         tl.DemandShift("shop", factor=2, start="2026-03-11", days=3),
         tl.Outage("mine", start="2026-03-11", rate=0.1)]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_disruption_with_a_date_is_that_with_its_day(kind):
    by_day, by_date = CALM.disrupt(replace(kind, start=10)), DATED.disrupt(kind)
    assert by_day.disruptions == by_date.disruptions
    assert tl.simulate(by_day, seed=1).log == tl.simulate(by_date, seed=1).log
    moved = by_date.set("disruptions[0].start", "2026-03-21")
    assert moved.value("disruptions[0].start") == 20
    assert by_date.change(start="2026-01-01").disruptions == by_day.disruptions  # days stay


def test_a_date_without_a_start_or_before_it_is_refused():
    outage = tl.Outage("mine", start="2026-02-28")
    with pytest.raises(
        tl.ScenarioError, match=r"Outage 'mine': 2026-02-28 is no day since start=None"
    ):
        CALM.disrupt(outage)
    with pytest.raises(tl.ScenarioError, match="no day since start=2026-03-01: give"):
        DATED.disrupt(outage)
    with pytest.raises(tl.ScenarioError, match=r"change\(start='2026-02-28'\) or an earlier"):
        DATED.day_of("2026-02-28")
    for scenario, day in ((CALM, 3), (DATED, 10**20)):
        with pytest.raises(tl.ScenarioError, match=rf"day {day} has no date since start=.*: give"):
            scenario.date(day)
    with pytest.raises(tl.ScenarioError, match="up to the year 9999"):
        CALM.change(start="9999-12-01")
    assert CALM.change(start="9999-11-01").date(60).year == 9999


def test_change_says_what_it_takes():
    assert CALM.change(start=None) == CALM
    assert DATED.change(start=None, days=60) == DATED
    with pytest.raises(tl.ScenarioError, match=r"has no 'strt'; did you mean 'start'\?"):
        CALM.change(strt="2026-03-01")


WORDS = {
    "short from day 3 on": "short from day 3, 2026-03-04 on",
    "lowest 1 (day 59), last 2": "lowest 1 (day 59, 2026-04-29), last 2",
    "stock, days 0 to 59": "stock, days 0 to 59, 2026-03-01 to 2026-04-29",
    "day 2.5, 0.5 days stale": "day 2.5, 2026-03-03, 0.5 days stale",
    "day 3\nday 4": "day 3, 2026-03-04\nday 4, 2026-03-05",
    "5 days, 3 USD/day, 12 a day": "5 days, 3 USD/day, 12 a day",
    "Sunday 3, today 4": "Sunday 3, today 4",
    "on day 1,234 of many": "on day 1,234 of many",
    "": "",
}


@pytest.mark.parametrize("text", WORDS)
def test_words_keep_the_day_and_gain_its_date(text):
    assert DATED.dated(text) == WORDS[text]
    assert DATED.dated(WORDS[text]) == WORDS[text]
    assert CALM.dated(text) == text


def test_tables_of_days_have_dates():
    by_day, by_date = tl.simulate(CALM, seed=1).daily, tl.simulate(DATED, seed=1).daily
    assert list(by_date.columns[:3]) == ["day", "date", "node"]
    pd.testing.assert_frame_equal(by_date.drop(columns="date"), by_day)
    assert (by_date["date"] - pd.Timestamp(FIRST)).dt.days.tolist() == by_day["day"].tolist()
    later = tl.simulate(DATED, seed=1).after(10).daily
    assert later["date"].iloc[0] == pd.Timestamp("2026-03-11")
    weeks = tl.simulate(tl.scope.restrict(DATED, period=7).scenario).daily
    assert weeks["date"].unique().tolist()[:2] == [pd.Timestamp(FIRST), pd.Timestamp("2026-03-08")]
    log = DATED.dated(tl.simulate(DATED, seed=1).log.table)
    assert (log["date"] - pd.Timestamp(FIRST)).dt.days.tolist() == log["day"].tolist()
    batch = tl.replicate(DATED, 2, seed=1)
    assert "date" not in tl.replicate(CALM, 2, seed=1).kpis.table
    assert batch.scenario.start == FIRST


def test_a_date_where_a_day_is_wanted():
    run = tl.simulate(DATED, seed=1)
    assert run.state_on("2026-03-21") == run.state_on(20)
    with pytest.raises(tl.ScenarioError, match="day 92 is outside the run's days"):
        run.state_on("2026-06-01")
    flows = tl.management.flows.mean_flows
    assert flows(DATED, "2026-03-05") == flows(DATED, 4)
    assert flows(CALM, range(3)) == flows(DATED, range(3))
    close = tl.management.Closure
    price = {"shortage_cost": {"unit": 9}, "sites": {"mine": 5}}
    by_day, by_date = (
        tl.stress_test(DATED, 4, closure=close(start=start), **price)
        for start in (20, "2026-03-21")
    )
    assert by_day == by_date
    with pytest.raises(tl.ScenarioError, match="2026-03-21 is no day since start=None"):
        tl.stress_test(CALM, 4, closure=close(start="2026-03-21"), **price)


def test_without_a_start_nothing_changes():
    by_day, by_date = tl.simulate(CALM, seed=1), tl.simulate(DATED, seed=1)
    assert by_day.log == by_date.log
    assert repr(by_day) == repr(by_date)
    one, other = (tl.replicate(each, 8, seed=1).kpis.total_cost for each in (CALM, DATED))
    assert one.tolist() == other.tolist()
