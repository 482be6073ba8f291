"""What rules remember: every day of it can be read again, and only what is new is copied."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twinlab as tl
from twinlab.scope import memory as memories
from twinlab.scope.memory import Past


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


def test_what_is_copied_of_a_growing_memory_grows_with_the_days(monkeypatch):
    """Twice the days are twice the copies, in living and in asking for the last state."""
    looked, kept, plain = [], memories._kept, memories.deepcopy
    monkeypatch.setattr(memories, "_kept", lambda *given: looked.append(1) or kept(*given))
    monkeypatch.setattr(
        memories, "deepcopy", lambda value: looked.append(np.size(value)) or plain(value)
    )

    def listing(view):
        view.memory.setdefault("demand", []).append(view.demand)
        return 5.0

    copies = {}
    for days in (50, 100, 200):
        looked.clear()
        run = tl.simulate(shop(days).change(rules=listing))
        assert len(run.state.memory["shop", "unit"]["demand"]) == days
        rows = [row[8] for row in run.log.rows if row[1] == "remembered"]
        lists = {id(past.parts[1].parts): past.parts[1].parts for past in rows}
        copies[days] = sum(looked) + sum(map(len, lists.values()))
    assert copies[200] - copies[100] == 2 * (copies[100] - copies[50]) > 0


def test_what_a_rule_does_to_its_memory_afterwards_changes_nothing_that_was():
    memory = {"a": [1.0, [2.0]], "b": np.arange(3)}
    first = Past.of(memory)
    was = deepcopy(memory)
    memory["a"][1].append(3.0)
    memory["b"][0] = 9
    second = Past.of(memory, first)
    told = first.value
    assert told["a"] == was["a"]
    assert told["b"].tolist() == [0, 1, 2]
    assert second.value["a"] == [1.0, [2.0, 3.0]]
    assert second.value["b"].tolist() == [9, 1, 2]
    told["a"].clear()
    assert first.value["a"] == was["a"]


def test_two_futures_of_one_memory_do_not_meet():
    first = Past.of({"a": [1]})
    one, two = Past.of({"a": [1, 2]}, first), Past.of({"a": [1, 3]}, first)
    assert (first.value, one.value, two.value) == ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 3]})


def test_one_thing_under_two_names_stays_one_thing():
    both = [1.0]
    back = Past.of({"a": both, "b": both}).value
    assert back["a"] is back["b"]
    circle = []
    circle.append(circle)
    told = Past.of({"a": circle}).value["a"]
    assert told[0] is told


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
    memory, kept, days = {}, None, []
    for name, how, value in steps:
        if how == 0:
            memory[name] = value
        elif how == 1:
            memory.pop(name, None)
        elif isinstance(memory.get(name), list):
            memory[name][len(memory[name]) if how == 2 else 0 :] = [value]
        else:
            memory[name] = [value]
        kept = Past.of(memory, kept)
        days.append((kept, deepcopy(memory)))
    for past, was in days:
        assert repr(past.value) == repr(was)
