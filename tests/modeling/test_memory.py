"""What rules remember: every day of it can be read again, and only what is new is copied."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.scope.memory import remembered


def diary(view):
    """A rule whose memory grows: a list, a list of lists, a dict by day, and a count."""
    memory = view.memory
    memory["days"] = memory.get("days", 0) + 1
    memory.setdefault("demand", []).append(view.demand)
    memory.setdefault("pairs", {})[view.day] = (view.day, view.on_hand)
    memory.setdefault("weeks", [])
    if view.day % 7 == 0:
        memory["weeks"].append([])
    memory["weeks"][-1].append(view.day)
    return 5.0 if len(memory["demand"]) < 3 else float(np.mean(memory["demand"][-3:]))


def written(day):
    """What the days of the diary are on a day, with demand n on day n."""
    days = range(day + 1)
    return {"days": day + 1, "demand": [1.0 * d for d in days], "weeks":
            [[d for d in days if d // 7 == week] for week in range(day // 7 + 1)]}  # fmt: skip


def shop(days):
    network = tl.serial(["mine", "shop"], demand=tl.Trace(range(days)), on_hand=9)
    return tl.Scenario(network, diary, days=days)


def test_every_day_of_a_growing_memory_is_in_the_log_and_in_the_states():
    run = tl.simulate(shop(40))
    notes = {event.day: event.note for event in run.log.of("remembered")}
    for day in range(40):
        assert {name: notes[day][name] for name in written(day)} == written(day)
        assert list(notes[day]["pairs"]) == list(range(day + 1))
        assert run.state_on(day + 1).memory["shop", "unit"] == notes[day]
    assert run.state.memory["shop", "unit"] == notes[39]
    assert pickle.loads(pickle.dumps(run.log)) == run.log


@pytest.mark.parametrize("day", [1, 13, 30])
def test_a_restart_from_any_day_goes_on_as_if_nothing_had_been(day):
    whole = tl.simulate(shop(40))
    start = whole.state_on(day)
    rest = tl.simulate(shop(40), start=start)
    assert [e for e in whole.log if e.day >= day] == list(rest.log)
    start.memory["shop", "unit"]["demand"].clear()
    assert whole.state_on(day).memory["shop", "unit"]["days"] == day
    assert len(whole.state_on(day).memory["shop", "unit"]["demand"]) == day


@pytest.mark.parametrize("inside", [False, True], ids=["in sight", "in a memory of its own"])
def test_what_is_kept_of_a_growing_memory_grows_with_the_days(inside):
    """All days of a list or dict share one list, which holds each of its parts once."""

    def listing(view):
        memory = view.memory.setdefault("mine", {}) if inside else view.memory
        memory.setdefault("demand", []).append(view.demand)
        memory.setdefault("by day", {})[view.day] = (view.day, view.demand)
        return 5.0

    run = tl.simulate(shop(50).change(rules=listing))
    rows = [row[8]["mine"] if inside else row[8] for row in run.log.rows if row[1] == "remembered"]
    for name, parts in (("demand", 50), ("by day", 100)):
        assert len(rows) == 50
        assert {id(row[name].parts) for row in rows} == {id(rows[0][name].parts)}
        assert len(rows[0][name].parts) == parts


def test_what_a_rule_does_to_its_memory_afterwards_changes_nothing_that_was():
    memory = {"a": [1.0, [2.0]], "b": np.arange(3)}
    first = remembered(memory, {})
    was = deepcopy(memory)
    memory["a"][1].append(3.0)
    memory["b"][0] = 9
    second = deepcopy(remembered(memory, first))
    told = deepcopy(first)
    assert told["a"] == was["a"]
    assert told["b"].tolist() == [0, 1, 2]
    assert second["a"] == [1.0, [2.0, 3.0]]
    assert second["b"].tolist() == [9, 1, 2]
    told["a"].clear()
    assert deepcopy(first)["a"] == was["a"]


def test_two_futures_of_one_memory_do_not_meet():
    first = remembered({"a": [1]}, {})
    all_three = first, remembered({"a": [1, 2]}, first), remembered({"a": [1, 3]}, first)
    assert deepcopy(all_three) == ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 3]})


def test_one_thing_under_two_names_stays_one_thing():
    both = [1.0]
    back = deepcopy(remembered({"a": both, "b": both}, {}))
    assert back["a"] is back["b"]
    circle = []
    circle.append(circle)
    around = {}
    around["d"] = around
    told = deepcopy(remembered({"a": circle, "b": around}, {}))
    assert told["a"][0] is told["a"]
    assert told["b"]["d"] is told["b"]


values = st.recursive(
    st.integers(0, 2) | st.floats(0, 1) | st.text(max_size=2) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner)
    | st.tuples(inner, inner) | st.builds(lambda: np.array([1])).map(list),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3), values), max_size=25))
def test_whatever_is_done_to_a_memory_each_day_of_it_is_kept(steps):
    """Set, taken away, added to a list, put into the midst of it."""
    memory, kept, days = {}, {}, []
    for name, how, value in steps:
        if how == 0:
            memory[name] = value
        elif how == 1:
            memory.pop(name, None)
        elif isinstance(memory.get(name), list):
            memory[name][len(memory[name]) if how == 2 else 0 :] = [value]
        else:
            memory[name] = [value]
        kept = remembered(memory, kept)
        days.append((kept, deepcopy(memory)))
    for past, was in days:
        assert repr(deepcopy(past)) == repr(was)
