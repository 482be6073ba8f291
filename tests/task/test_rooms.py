"""Eight rooms of one shape: each describes, predicts and prescribes, and says it in one way."""

import inspect
from functools import cache

import numpy as np
import pytest

import twinlab as tl
from twinlab import task
from twinlab.modeling import Line, Station, run_line

DOORS = {"describe": tl.Result, "predict": tl.Result, "prescribe": tl.Change}
SHARED = {"state": None, "seed": 0}  # parameters that mean the same everywhere, and their defaults


@cache
def run():
    """Fifty days of a shop with its mine."""
    chain = tl.serial(["mine", "shop"], demand=tl.Normal(5, 1), lead_time=2, on_hand=15)
    return tl.simulate(tl.Scenario(chain, tl.BaseStock(15), days=50))


def lane():
    return task.logistics.describe(run().log, "mine", "shop")


def line():
    return Line([Station("cut", 2), Station("weld", 5, machines=3, buffer=2)])


def chart():
    return task.quality.Cusum().chart([10, 10, 13, 13, 13], target=10, sigma=1)


def samples():
    return np.random.default_rng(1).normal(10, 1, (20, 5))


WEAR, ITEM = tl.Weibull(3, 150), ("shop", "unit")
SERIES = [4.0, 6, 5, 7, 5, 6, 4] * 6
SKUS = [task.warehousing.Sku("screws", 30), task.warehousing.Sku("pipes", 10)]

# What each door is asked, by room and door.
EXAMPLES = {
    ("demand", "describe"): lambda: (SERIES,),
    ("demand", "predict"): lambda: (SERIES,),
    ("demand", "prescribe"): lambda: (run().scenario, ITEM),
    ("inventory", "describe"): lambda: (run().scenario,),
    ("inventory", "predict"): lambda: (run().scenario, ITEM),
    ("inventory", "prescribe"): lambda: (run().scenario, ITEM),
    ("sourcing", "describe"): lambda: (run(), ITEM),
    ("sourcing", "predict"): lambda: (run().scenario, ITEM),
    ("sourcing", "prescribe"): lambda: (run().scenario, tl.Lane("pit", "shop", "unit")),
    ("warehousing", "describe"): lambda: (SKUS,),
    ("warehousing", "predict"): lambda: (SKUS, {"pipes": [5], "screws": [15]}),
    ("warehousing", "prescribe"): lambda: (SKUS, {"pipes": [5], "screws": [15]}),
    ("production", "describe"): lambda: (run_line(line(), days=3, warm_up=1), "cut"),
    ("production", "predict"): lambda: (line(),),
    ("production", "prescribe"): lambda: (line(), 200),
    ("logistics", "describe"): lambda: (run().log, "mine", "shop"),
    ("logistics", "predict"): lambda: (lane(),),
    ("logistics", "prescribe"): lambda: (run().scenario, "unit"),
    ("maintenance", "describe"): lambda: ([80, 100], [8, 12, 10]),
    ("maintenance", "predict"): lambda: (WEAR,),
    ("maintenance", "prescribe"): lambda: (WEAR, 2, 8),
    ("quality", "describe"): lambda: (samples(),),
    ("quality", "predict"): lambda: (task.quality.Cusum(),),
    ("quality", "prescribe"): lambda: (chart(),),
}


def test_all_rooms_have_the_same_three_doors():
    assert set(EXAMPLES) == {(room, name) for room in task.__all__ for name in DOORS}


def door(room, name):
    return getattr(getattr(task, room), name)


@pytest.mark.parametrize(("room", "name"), EXAMPLES)
def test_a_door_answers_with_a_result_that_prints_and_tabulates(room, name):
    found = door(room, name)(*EXAMPLES[room, name]())
    assert isinstance(found, DOORS[name])
    assert str(found) == repr(found) == found.sentence() or isinstance(found, tl.Listing)
    assert " object at " not in str(found)
    assert len(found.table) > 0
    assert found._repr_html_().startswith("<")


@pytest.mark.parametrize(("room", "name"), EXAMPLES)
def test_shared_parameters_have_one_default(room, name):
    takes = inspect.signature(door(room, name)).parameters
    for shared, default in SHARED.items():
        if shared in takes:
            assert takes[shared].default == default


@pytest.mark.parametrize("room", sorted({room for room, _ in EXAMPLES}))
def test_a_description_says_its_units(room):
    """The table of a result has a column of units, that of a listing has them in its headings."""
    found = door(room, "describe")(*EXAMPLES[room, "describe"]())
    heads = " ".join(map(str, found.table.columns))
    assert "unit" in heads or "[" in heads


@pytest.mark.parametrize("room", sorted({room for room, _ in EXAMPLES}))
def test_a_prescription_says_what_changes_and_why(room):
    change = door(room, "prescribe")(*EXAMPLES[room, "prescribe"]())
    assert change.title
    assert change.reason
    assert change.values
    assert set(change.before) <= set(change.values)
