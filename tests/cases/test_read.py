"""What the cases read from their tables."""

import pytest

from twinlab import BaseStock, Normal, serial
from twinlab.cases import Case
from twinlab.cases.automotive import measured_months
from twinlab.cases.factory import factory, fit_tools, jobs_of, learned_hazard, plates, signals
from twinlab.cases.folders import base_stock_chain, figures, outlines, rows
from twinlab.organization.orders import SetRules


def test_tables_are_read_as_numbers_and_words():
    grain = rows("humanitarian", "ration")[0]
    assert (grain["commodity"], grain["grams"]) == ("cereal", 400)
    assert figures("factory")["minutes_per_day"] == 480
    assert len(outlines()) == 287
    months = measured_months()
    assert months.loc["2021-09", ["production", "stock"]].tolist() == [0.4011, 0.1631]


def test_everybody_keeps_the_position_of_the_tables():
    chain = base_stock_chain(serial(["mine", "shop"], demand=Normal(5, 1), on_hand=8), 30)
    assert chain.rules == {("shop", "unit"): BaseStock(up_to=8.0)}


def test_what_sensors_left():
    case = factory()
    law = fit_tools(case.tools[:60]).law
    assert (round(law.shape, 1), round(law.scale)) == (16.8, 218)
    row = signals(case.readings).loc[69, ["power", "strain", "limit", "failed"]].tolist()
    assert row == pytest.approx([9.7009, 12548.7, 11000, True], rel=1e-5)
    jobs, truth = jobs_of(signals(case.readings[7000:]))
    assert float(jobs.energy.mean()) == pytest.approx(0.274, abs=5e-4)
    chances = truth.chance(job=0, age=100), truth.chance(job=0, age=200)
    assert chances == pytest.approx((0, 0.0574), abs=5e-5)
    assert learned_hazard(jobs).chance(job=0, age=240) > 0.02


def test_plates_stand_in_batches():
    found = plates()
    shape = found.features.shape, len(found.classes), len(set(found.group))
    assert shape == ((1941, 27), 7, 239)


def test_a_pair_lives_and_acts():
    pair = Case(serial(["mine", "shop"], demand=Normal(5, 1)), BaseStock(8)).twin()
    assert [state.day for state in pair.live(3)] == [1, 2, 3]
    pair.act([SetRules({"shop.up_to": 9})], "Ana", "the week's plan")
    assert (pair.plant.day, pair.twin.model.value("shop.up_to")) == (4, 9)
    assert pair.twin.orders.orders[0].step == "done"
